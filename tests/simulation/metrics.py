"""The metrics that are tried, what each should find, and what counts as a warning."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from outreach_metrics import registered_metrics
from tests.simulation.draws import GRAVE_SHARE, HARM, World

WARNINGS = (
    "read with care",
    "can look like an effect",
    "smallest possible p-value",
    "the ratios may be biased",
    "intervals may be too narrow",
    "wider than they need be",
    "A few grave incidents decide",
    "slow changes cannot be told from an effect",
)
"""Texts in a note that tell a reader to be careful; every other sentence of a note only informs."""

Kind = Literal["ratio", "difference", "quotient"]


@dataclass(frozen=True)
class Tried:
    """A metric on trial.

    Parameters
    ----------
    name : str
        As registered.
    truth : callable
        What the metric should find in a world: its own estimand, from the expected counts.
    kind : {"ratio", "difference", "quotient"}
        The bias of a ratio is that of its geometric mean, of a difference that of its mean as a share of
        what would have been; a quotient of two differences has no mean, and its bias is not asked for.
    weight : float
        What an incident counts for in a difference, on average.
    """

    name: str
    truth: Callable[[World], float]
    kind: Kind = "ratio"
    weight: float = 1.0

    @property
    def null(self) -> float:
        """Return the value without any effect."""
        return 1.0 if self.kind == "ratio" else 0.0


AVERAGE_HARM = GRAVE_SHARE * HARM["grave"] + (1 - GRAVE_SHARE) * HARM["minor"]


def _change(made: World) -> float:
    before, after = made.windows("treatment")
    return after / before


def _moved(made: World) -> float:
    """Return the displacement quotient of the expected counts; without effect nothing moves."""
    if not made.regime.displacement:
        return math.nan
    if made.effect == 1:
        return 0.0
    treated, other, beside = (made.windows(r) for r in ("treatment", "comparison", "displacement"))
    shares = [after / other[1] - before / other[0] for before, after in (beside, treated)]
    return shares[0] / shares[1]


TRIED: tuple[Tried, ...] = (
    Tried("crime_rate_ratio", _change),
    Tried("crime_relative_effect", lambda made: made.effect),
    Tried("crime_difference", World.averted, "difference"),
    Tried("crime_displacement", _moved, "quotient"),
    Tried("crime_its_level", lambda made: made.effect),
    Tried("crime_its_slope", lambda made: 1.0),
    Tried("crime_synthetic_effect", lambda made: made.effect),
    Tried("crime_att", lambda made: made.effect),
    Tried("crime_harm_change", lambda made: AVERAGE_HARM * made.averted(), "difference", AVERAGE_HARM),
)


def on_trial() -> tuple[Tried, ...]:
    """Return the metrics on trial that are registered."""
    known = registered_metrics()
    return tuple(tried for tried in TRIED if tried.name in known)


def warned(note: str) -> bool:
    """Whether a note tells the reader to be careful."""
    return any(text in note for text in WARNINGS)
