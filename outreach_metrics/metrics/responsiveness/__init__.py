"""Did anyone answer: concerns that residents raised, how many were resolved, and how long that took."""

# Metrics are registered, and shown, in this order.
# isort: off
from outreach_metrics.metrics.responsiveness.case import DONE, OTHERS, concern_groups
from outreach_metrics.metrics.responsiveness.raised import concern_count, concern_rate, concern_trend
from outreach_metrics.metrics.responsiveness.resolved import (
    WITHIN_DAYS,
    concern_days_to_resolve,
    concern_resolution_share,
    resolution_curve,
)
from outreach_metrics.metrics.responsiveness.follow_up import FOLLOWED_KINDS, concern_follow_up_share
from outreach_metrics.metrics.responsiveness.periods import concerns_by_period, kept_back

# isort: on

__all__ = [
    "DONE",
    "FOLLOWED_KINDS",
    "OTHERS",
    "WITHIN_DAYS",
    "concern_count",
    "concern_days_to_resolve",
    "concern_follow_up_share",
    "concern_groups",
    "concern_rate",
    "concern_resolution_share",
    "concern_trend",
    "concerns_by_period",
    "kept_back",
    "resolution_curve",
]
