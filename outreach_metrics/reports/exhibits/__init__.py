"""What the notebooks show: each function takes evaluations and returns a Figure, a Table or Prose.

A strand without data gives Prose that says so; nothing here computes an estimate.
"""

from outreach_metrics.reports.exhibits.attendance import attendance_chart, attendance_table
from outreach_metrics.reports.exhibits.attendance_people import (
    attendance_dose_chart,
    attendance_dose_table,
    attendance_linkage,
    attendance_representation_chart,
    attendance_representation_table,
    attendance_retention_chart,
)
from outreach_metrics.reports.exhibits.comments import comment_table, comment_themes, comment_topics
from outreach_metrics.reports.exhibits.crime import (
    crime_change_table,
    crime_effect_table,
    crime_forest,
    crime_series,
    crime_table,
)
from outreach_metrics.reports.exhibits.crime_designs import crime_designs, crime_designs_table
from outreach_metrics.reports.exhibits.crime_events import crime_displacement, crime_events
from outreach_metrics.reports.exhibits.crime_specifications import crime_specifications
from outreach_metrics.reports.exhibits.evidence import (
    about,
    answer,
    checks,
    introduction,
    may_be_added,
    may_be_said,
    missing_evidence,
    must_not_be_said,
    threats,
)
from outreach_metrics.reports.exhibits.kinds import Figure, Prose, Table
from outreach_metrics.reports.exhibits.methods import methods, sources
from outreach_metrics.reports.exhibits.plan import (
    plan_about,
    plan_answer,
    plan_chart,
    plan_conditions,
    plan_methods,
    plan_needed_table,
    plan_notes,
    plan_outcomes_table,
    plan_survey_table,
    plan_table,
    plan_to_collect,
)
from outreach_metrics.reports.exhibits.portfolio import (
    Results,
    portfolio_answer,
    portfolio_failures,
    portfolio_forest,
    portfolio_strength,
    portfolio_table,
    portfolio_types,
)
from outreach_metrics.reports.exhibits.quality import data_quality, data_warnings, input_files, provenance
from outreach_metrics.reports.exhibits.sentiment import (
    sentiment_chart,
    sentiment_table,
    sentiment_wave_table,
)
from outreach_metrics.reports.exhibits.survey import (
    survey_answers,
    survey_dumbbell,
    survey_item_table,
    survey_quality_table,
    survey_respondents,
    survey_size_table,
    survey_trend_table,
    survey_waves,
    training_table,
)

__all__ = [
    "Figure",
    "Prose",
    "Results",
    "Table",
    "about",
    "answer",
    "attendance_chart",
    "attendance_dose_chart",
    "attendance_dose_table",
    "attendance_linkage",
    "attendance_representation_chart",
    "attendance_representation_table",
    "attendance_retention_chart",
    "attendance_table",
    "checks",
    "comment_table",
    "comment_themes",
    "comment_topics",
    "crime_change_table",
    "crime_designs",
    "crime_designs_table",
    "crime_displacement",
    "crime_effect_table",
    "crime_events",
    "crime_forest",
    "crime_series",
    "crime_specifications",
    "crime_table",
    "data_quality",
    "data_warnings",
    "input_files",
    "introduction",
    "may_be_added",
    "may_be_said",
    "methods",
    "missing_evidence",
    "must_not_be_said",
    "plan_about",
    "plan_answer",
    "plan_chart",
    "plan_conditions",
    "plan_methods",
    "plan_needed_table",
    "plan_notes",
    "plan_outcomes_table",
    "plan_survey_table",
    "plan_table",
    "plan_to_collect",
    "portfolio_answer",
    "portfolio_failures",
    "portfolio_forest",
    "portfolio_strength",
    "portfolio_table",
    "portfolio_types",
    "provenance",
    "sentiment_chart",
    "sentiment_table",
    "sentiment_wave_table",
    "sources",
    "survey_answers",
    "survey_dumbbell",
    "survey_item_table",
    "survey_quality_table",
    "survey_respondents",
    "survey_size_table",
    "survey_trend_table",
    "survey_waves",
    "threats",
    "training_table",
]
