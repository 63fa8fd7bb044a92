"""A study and a program -> estimates. A module a strand; none imports another."""

from outreach_metrics.metrics import attendance, cost, crime, partnership, sentiment, training

__all__ = ["attendance", "cost", "crime", "partnership", "sentiment", "training"]
