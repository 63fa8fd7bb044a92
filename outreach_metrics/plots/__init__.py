"""Estimates and frames -> Axes. The only room that imports matplotlib; it computes nothing."""

from outreach_metrics.plots.attendance import attendance_by_event
from outreach_metrics.plots.cost import (
    CostBar,
    cost_bars,
)
from outreach_metrics.plots.crime import crime_series
from outreach_metrics.plots.dose import dose_chart
from outreach_metrics.plots.dumbbell import Shift, dumbbell
from outreach_metrics.plots.events import event_study
from outreach_metrics.plots.forest import forest
from outreach_metrics.plots.hours import hour_grid
from outreach_metrics.plots.likert import likert_bars
from outreach_metrics.plots.needs import (
    NeedRow,
    need_rows,
)
from outreach_metrics.plots.network import (
    agency_stay,
    network_chart,
)
from outreach_metrics.plots.page import png
from outreach_metrics.plots.plan import ReachLine, plan_reach
from outreach_metrics.plots.referrals import (
    completion_curve,
    share_rows,
)
from outreach_metrics.plots.representation import representation_bars
from outreach_metrics.plots.responsiveness import (
    resolution_curve,
)
from outreach_metrics.plots.retention import retention_curve
from outreach_metrics.plots.sentiment import sentiment_waves
from outreach_metrics.plots.specifications import Way, specification_curve
from outreach_metrics.plots.steps import (
    Box,
    logic_model,
)
from outreach_metrics.plots.themes import theme_bars
from outreach_metrics.plots.timeline import (
    Panel,
    Track,
    timeline,
)
from outreach_metrics.plots.tornado import (
    TornadoBar,
    tornado,
)
from outreach_metrics.plots.trend import wave_trend

__all__ = [
    "Box",
    "CostBar",
    "NeedRow",
    "Panel",
    "ReachLine",
    "Shift",
    "TornadoBar",
    "Track",
    "Way",
    "agency_stay",
    "attendance_by_event",
    "completion_curve",
    "cost_bars",
    "crime_series",
    "dose_chart",
    "dumbbell",
    "event_study",
    "forest",
    "hour_grid",
    "likert_bars",
    "logic_model",
    "need_rows",
    "network_chart",
    "plan_reach",
    "png",
    "representation_bars",
    "resolution_curve",
    "retention_curve",
    "sentiment_waves",
    "share_rows",
    "specification_curve",
    "theme_bars",
    "timeline",
    "tornado",
    "wave_trend",
]
