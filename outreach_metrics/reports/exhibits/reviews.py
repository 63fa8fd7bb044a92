"""A program's own estimate beside what systematic reviews found for its type."""

from __future__ import annotations

from outreach_metrics.estimate import Estimate
from outreach_metrics.evaluation import Evaluation
from outreach_metrics.evidence.claims import CHANGE_METRICS, HEADLINE_METRICS, outcome_name
from outreach_metrics.evidence.reviews import SAME, Review, no_review, reviews_of, why_they_differ
from outreach_metrics.evidence.wording import MISSING, label
from outreach_metrics.reports.exhibits.cells import change_text
from outreach_metrics.reports.exhibits.kinds import Cell, Column, Prose, Table, paragraphs

_VIEWS = ("trust", "satisfaction", "perceived_safety")
"""Constructs that reviews speak of, the one that is most like theirs first."""


def context(evaluation: Evaluation) -> Table | Prose:
    """Return what reviews found for the program's type, below its own estimates.

    Without a review of the type it says so plainly; with one of something related, both.
    """
    kind = evaluation.program.type
    found, none = reviews_of(kind), no_review(kind)
    if not found:
        return paragraphs(
            f"{none} That is no evidence for or against it; only what this study found can be shown here."
        )
    own = _own(evaluation)
    rows = [_own_row(estimate) for estimate in own] + [_row(review) for review in found]
    notes = [none, *why_they_differ(own[0] if own else None)]
    if not own:
        notes.insert(1, "This study has no estimate of an effect of its own to set beside them.")
    return Table(
        caption=f"What systematic reviews found: {label(kind).lower()}",
        columns=[
            Column("What was looked at", number=False),
            Column("Outcome", number=False),
            Column("Change"),
            Column("As published", number=False),
            Column("Studies", number=False),
        ],
        rows=rows,
        notes=[note for note in notes if note],
    )


def _own(evaluation: Evaluation) -> list[Estimate]:
    """Return the program's change in crime and in one view, each from the strongest design."""
    crime = next(
        (
            e
            for metric in HEADLINE_METRICS
            for e in evaluation.select(metric=metric, outcome=evaluation.outcome)
            if e.made and evaluation.outcome
        ),
        None,
    )
    views = [
        e
        for construct in _VIEWS
        for metric in CHANGE_METRICS
        for e in evaluation.select(metric=metric, outcome=construct)[-1:]
        if e.made
    ]
    return [e for e in (crime, *views[:1]) if e is not None]


def _own_row(estimate: Estimate) -> list[Cell | str]:
    compared = "against a comparison" if (estimate.design_level or 0) >= 3 else "over time alone"
    return [
        Cell(f"This program, {compared}"),
        outcome_name(estimate),
        f"{change_text(estimate)}{_points(estimate)}",
        MISSING,
        "this study",
    ]


def _points(estimate: Estimate) -> str:
    return " points" if "points" in estimate.unit else ""


def _row(review: Review) -> list[Cell | str]:
    related = "" if review.fit == SAME else "Related: "
    told = " ".join(filter(None, [review.finding, review.number and f"{review.number}."]))
    note = " ".join(filter(None, [f"{review.source}.", review.note]))
    return [
        Cell(f"{related}{review.practice}", note),
        review.outcome,
        review.change or MISSING,
        told,
        review.studies or MISSING,
    ]
