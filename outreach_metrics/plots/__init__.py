"""Estimates and frames -> Axes. The only room that imports matplotlib; it computes nothing."""

from outreach_metrics.plots.attendance import attendance_by_event
from outreach_metrics.plots.crime import crime_series
from outreach_metrics.plots.events import event_study
from outreach_metrics.plots.forest import forest
from outreach_metrics.plots.page import png
from outreach_metrics.plots.plan import ReachLine, plan_reach
from outreach_metrics.plots.sentiment import sentiment_waves
from outreach_metrics.plots.specifications import Way, specification_curve

__all__ = [
    "ReachLine",
    "Way",
    "attendance_by_event",
    "crime_series",
    "event_study",
    "forest",
    "plan_reach",
    "png",
    "sentiment_waves",
    "specification_curve",
]
