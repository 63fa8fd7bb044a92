"""Estimates and frames -> Axes. The only room that imports matplotlib; it computes nothing."""

from outreach_metrics.plots.attendance import attendance_by_event
from outreach_metrics.plots.crime import crime_series
from outreach_metrics.plots.forest import forest
from outreach_metrics.plots.page import png
from outreach_metrics.plots.sentiment import sentiment_waves

__all__ = ["attendance_by_event", "crime_series", "forest", "png", "sentiment_waves"]
