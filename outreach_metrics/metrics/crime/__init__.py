"""Crime before and after a program: alone, against comparison areas, as a series, over several starts."""

# Metrics are registered, and shown, in this order.
# isort: off
from outreach_metrics.metrics.crime.case import UNSTABLE_BELOW, Case, crime_case, program_windows
from outreach_metrics.metrics.crime.rates import crime_rate_after, crime_rate_before, crime_rate_ratio
from outreach_metrics.metrics.crime.comparison import (
    crime_difference,
    crime_displacement,
    crime_harm_change,
    crime_relative_effect,
)
from outreach_metrics.metrics.crime.series import crime_its_level, crime_its_slope, crime_series
from outreach_metrics.metrics.crime.synthetic import crime_synthetic_effect
from outreach_metrics.metrics.crime.staggered import crime_att, crime_event_study
from outreach_metrics.metrics.crime.specifications import Specification, specification_curve
from outreach_metrics.metrics.crime.checks import crime_checks, several_outcomes

# isort: on

__all__ = [
    "UNSTABLE_BELOW",
    "Case",
    "Specification",
    "crime_att",
    "crime_case",
    "crime_checks",
    "crime_difference",
    "crime_displacement",
    "crime_event_study",
    "crime_harm_change",
    "crime_its_level",
    "crime_its_slope",
    "crime_rate_after",
    "crime_rate_before",
    "crime_rate_ratio",
    "crime_relative_effect",
    "crime_series",
    "crime_synthetic_effect",
    "program_windows",
    "several_outcomes",
    "specification_curve",
]
