"""A study and a program -> estimates. A module a strand; none imports another."""

from outreach_metrics.metrics import (
    attendance,
    channels,
    cost,
    crime,
    outcome,
    partnership,
    responsiveness,
    sentiment,
    training,
)

__all__ = [
    "attendance",
    "channels",
    "cost",
    "crime",
    "outcome",
    "partnership",
    "responsiveness",
    "sentiment",
    "training",
]
