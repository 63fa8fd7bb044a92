"""A study and a program -> estimates. A module a strand; none imports another."""

from outreach_metrics.metrics import attendance, crime, sentiment, training

__all__ = ["attendance", "crime", "sentiment", "training"]
