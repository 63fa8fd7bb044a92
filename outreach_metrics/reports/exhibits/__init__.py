"""What the notebooks show: each function takes evaluations and returns a Figure, a Table or Prose.

A strand without data gives Prose that says so; nothing here computes an estimate.
"""

from outreach_metrics.reports.exhibits.attendance import attendance_chart, attendance_table
from outreach_metrics.reports.exhibits.crime import (
    crime_effect_table,
    crime_forest,
    crime_series,
    crime_table,
)
from outreach_metrics.reports.exhibits.evidence import (
    about,
    answer,
    introduction,
    methods,
    missing_evidence,
    threats,
)
from outreach_metrics.reports.exhibits.kinds import Figure, Prose, Table
from outreach_metrics.reports.exhibits.portfolio import (
    Results,
    portfolio_answer,
    portfolio_failures,
    portfolio_forest,
    portfolio_strength,
    portfolio_table,
)
from outreach_metrics.reports.exhibits.quality import data_quality, data_warnings, input_files, provenance
from outreach_metrics.reports.exhibits.sentiment import (
    sentiment_chart,
    sentiment_table,
    sentiment_wave_table,
)

__all__ = [
    "Figure",
    "Prose",
    "Results",
    "Table",
    "about",
    "answer",
    "attendance_chart",
    "attendance_table",
    "crime_effect_table",
    "crime_forest",
    "crime_series",
    "crime_table",
    "data_quality",
    "data_warnings",
    "input_files",
    "introduction",
    "methods",
    "missing_evidence",
    "portfolio_answer",
    "portfolio_failures",
    "portfolio_forest",
    "portfolio_strength",
    "portfolio_table",
    "provenance",
    "sentiment_chart",
    "sentiment_table",
    "sentiment_wave_table",
    "threats",
]
