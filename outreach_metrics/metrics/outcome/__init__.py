"""Other counted outcomes (tips, referrals, use of force): every design that crime has, and shares of them."""

# Metrics are registered, and shown, in this order.
# isort: off
from outreach_metrics.metrics.outcome.direction import WANTED, as_wanted, wanted_note, wanted_way
from outreach_metrics.metrics.outcome.designs import DESIGNS, study_of
from outreach_metrics.metrics.outcome.shares import (
    DIVERSION,
    outcome_share_after,
    outcome_share_before,
    outcome_share_ratio,
    outcome_share_relative_effect,
    shares_of,
)
from outreach_metrics.metrics.outcome.series import outcome_series

# isort: on

__all__ = [
    "DESIGNS",
    "DIVERSION",
    "WANTED",
    "as_wanted",
    "outcome_series",
    "outcome_share_after",
    "outcome_share_before",
    "outcome_share_ratio",
    "outcome_share_relative_effect",
    "shares_of",
    "study_of",
    "wanted_note",
    "wanted_way",
]
