"""Numbers about few people are not shown, nor what would give them away beside the others."""

from __future__ import annotations

import numpy as np

from outreach_metrics.estimate import Estimate
from outreach_metrics.metrics.attendance.case import Case, some

BESIDE = "Suppressed: beside the other numbers it would show a group of few people."
_FREQUENCIES_SOLVED = 3
"""With so many events or fewer, totals and shares together tell how many people came how often."""


def few(min_cell: int) -> str:
    """Return the reason of a number that is kept back because it is about few people."""
    return f"Suppressed: fewer than {min_cell} people."


def protected(estimate: Estimate, people: float, min_cell: int) -> list[Estimate]:
    """Suppress an estimate about fewer people than may be shown."""
    return [estimate.declined(few(min_cell)) if some([people], min_cell) else estimate]


def frequency_hidden(case: Case, min_cell: int) -> str:
    """Return why events a person must not be told: they would show a few people who came again.

    Attendances less people are the returns of those who came again. With up to three events, people,
    attendances and the share who came again give how many came once, twice and three times.
    """
    if some([len(case.people)], min_cell):
        return few(min_cell)
    cells = [case.again]
    if case.named_events <= _FREQUENCIES_SOLVED:
        cells += np.bincount(case.dose).tolist()
    return BESIDE if some(cells, min_cell) else ""


def number_hidden(case: Case, min_cell: int) -> str:
    """Return why the number of different people must not be told; empty where it may.

    Where every event is counted from its sheet, the total is known, and people beside it give what
    `frequency_hidden` keeps back.
    """
    if some([len(case.people)], min_cell):
        return few(min_cell)
    in_the_room = (case.events["counted"] == "headcount").any()
    return "" if in_the_room else frequency_hidden(case, min_cell)


def few_of_one_length(case: Case, min_cell: int) -> bool:
    """Whether few people came to the events of one length, or of unknown length.

    Attendances and hours together tell how many came to the events of each of two lengths.
    """
    hours = case.events["hours"].fillna(-1).to_numpy()
    return some([case.people_at(hours == length) for length in np.unique(hours)], min_cell)


def hidden_cells(counts: np.ndarray, min_cell: int) -> np.ndarray:
    """Return which cells of one table of people are kept back, its total being known.

    Parameters
    ----------
    counts : ndarray, shape (k,)
        People by category.
    min_cell : int

    Returns
    -------
    ndarray of bool, shape (k,)
        Cells of few people, and the smallest others until two cells at least, of `min_cell` people
        together, are hidden: what is missing from the total then tells neither. Empty cells are shown.

    Notes
    -----
    Secondary cell suppression: Willenborg L & de Waal T (2001) Elements of Statistical Disclosure Control.

    Examples
    --------
    >>> hidden_cells(np.array([60, 4, 25, 0, 30]), 10).tolist()
    [False, True, True, False, False]
    """
    hidden = (counts > 0) & (counts < min_cell)
    if not hidden.any():
        return hidden
    for cell in np.argsort(counts, kind="stable"):
        if hidden.sum() > 1 and counts[hidden].sum() >= min_cell:
            break
        hidden[cell] |= counts[cell] > 0
    return hidden
