"""Counts drawn from a regime, the study around them, and what is true in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd
from scipy import stats

from outreach_metrics.study import CountPanel, Study
from tests.conftest import crime_study
from tests.simulation.regimes import Regime

BEFORE = AFTER = 24
MONTHS_BETWEEN_STARTS = 3
FIRST = pd.Period("2019-01", "M")

AREA_SHAPE = 8.0
"""Areas differ in size as a gamma variable of this shape (a standard deviation of 35 %)."""

DISPLACED = 0.5
"""Share of what the treatment areas are rid of that moves to the areas beside them."""

GRAVE_SHARE, HARM = 0.1, {"grave": 10.0, "minor": 1.0}
"""One incident in ten is of the graver kind, and weighs ten times as much."""


@dataclass(frozen=True)
class World:
    """What is expected in every area and month, without and with the program.

    Parameters
    ----------
    without, expected : ndarray, shape (areas, months)
        Expected counts without, and with, the effect; treatment areas first, then comparison areas, then
        those beside the treatment areas.
    starts : ndarray of int, shape (treated,)
        Month in which each treatment area starts.
    """

    regime: Regime
    effect: float
    without: np.ndarray
    expected: np.ndarray
    starts: np.ndarray

    def rows(self, role: str) -> slice:
        """Areas of a role."""
        edges = np.cumsum([0, *_areas(self.regime)])
        place = ("treatment", "comparison", "displacement").index(role)
        return slice(edges[place], edges[place + 1])

    def windows(self, role: str) -> np.ndarray:
        """Expected counts of a role before the first and after the last start, shape (2,)."""
        first, last = self.starts[0], self.starts[-1]
        counts = self.expected[self.rows(role)].sum(axis=0)
        return np.array([counts[first - BEFORE : first].sum(), counts[last : last + AFTER].sum()])

    def averted(self) -> float:
        """Incidents that the program adds to the treatment areas after the last start (below 0: averts)."""
        gone = (self.expected - self.without)[self.rows("treatment")].sum(axis=0)
        return float(gone[self.starts[-1] :].sum())

    def counterfactual(self) -> float:
        """Incidents that the treatment areas would have had after the last start."""
        return float(self.without[self.rows("treatment"), self.starts[-1] :].sum())


def _areas(regime: Regime) -> tuple[int, int, int]:
    return regime.treated, regime.comparison, regime.displacement


def _sizes(regime: Regime) -> np.ndarray:
    """Return sizes of areas, in each role the quantiles of a gamma variable, with mean 1."""
    sizes = [stats.gamma.ppf((np.arange(areas) + 0.5) / areas, AREA_SHAPE) for areas in _areas(regime)]
    return np.concatenate([size / size.mean() for size in sizes if len(size)])


def world(regime: Regime, effect: float) -> World:
    """Make the expected counts of a regime; residents are in proportion to the size of an area."""
    order = np.sort(np.arange(regime.treated) % regime.starts)
    starts = BEFORE + MONTHS_BETWEEN_STARTS * order
    months = np.arange(starts[-1] + AFTER)
    wave = 1 + regime.season * np.sin(2 * np.pi * months / 12)
    drift = (1 + regime.trend) ** ((months - BEFORE / 2) / 12)
    without = regime.mean * _sizes(regime)[:, None] * wave * drift
    made = World(regime, effect, without, without.copy(), starts)
    started = months >= starts[:, None]
    made.expected[made.rows("treatment")][started] *= effect
    if regime.displacement:
        rid = (made.without - made.expected)[made.rows("treatment")].sum(axis=0)
        beside = made.expected[made.rows("displacement")]
        beside += DISPLACED * rid * beside / beside.sum(axis=0)
    return made


def draw(made: World, draws: int, random: np.random.Generator) -> np.ndarray:
    """Draw counts, shape (draws, areas, months), negative binomial about what is expected.

    Behind the counts of an area is a gamma variable of mean 1 that moves from month to month as the
    beta-gamma autoregression of Lewis, McKenzie & Hugus (1989, Stochastic Models 5:1), which has exactly
    this distribution, and correlation r, r^2, ... from month to month.
    """
    expected, regime = made.expected, made.regime
    if regime.dispersion == 1:
        return random.poisson(np.broadcast_to(expected, (draws, *expected.shape)))
    shape = made.without.mean(axis=1) / (regime.dispersion - 1)
    kept = regime.autocorrelation
    behind = random.gamma(shape, size=(draws, len(shape)))
    counts = np.empty((draws, *expected.shape), dtype=np.int64)
    for month in range(expected.shape[1]):
        counts[:, :, month] = random.poisson(expected[:, month] * behind / shape)
        new = random.gamma(shape * (1 - kept), size=behind.shape)
        stays = random.beta(shape * kept, shape * (1 - kept), size=behind.shape) if kept else 0.0
        behind = stays * behind + new
    return counts


def _empty_study(made: World) -> Study:
    """Return the study of a world, with no counts yet."""
    start = [(FIRST + int(month)).start_time.date() for month in made.starts]
    area = np.arange(len(made.expected))
    roles = ("treatment", "comparison", "displacement")
    study = crime_study(
        np.zeros(made.expected.shape, dtype=np.int64),
        roles={role: tuple(int(i) for i in area[made.rows(role)]) for role in roles},
        start=start[0],
        first=str(FIRST),
        population=1000 * _sizes(made.regime)[:, None],
        before=BEFORE,
        after=AFTER,
        area_starts=_own_starts(start),
    )
    return replace(study, harm_weights=HARM, harm_unit="weighted incidents")


def _own_starts(start: list[date]) -> dict[str, date]:
    return {f"{area:04d}": day for area, day in enumerate(start)} if len(set(start)) > 1 else {}


def studies(made: World, draws: int) -> Iterator[Study]:
    """Yield one study a draw; the same world gives the same studies."""
    random = np.random.default_rng([*made.regime.name.encode(), round(100 * made.effect)])
    empty = _empty_study(made)
    for counts in draw(made, draws, random):
        grave = random.binomial(counts, GRAVE_SHARE)
        panel = replace(empty.panel, counts=counts[None])
        offenses = _offenses(panel, np.stack([grave, counts - grave, counts]))
        yield replace(empty, panel=panel, offenses=offenses)


def _offenses(panel: CountPanel, counts: np.ndarray) -> CountPanel:
    return replace(panel, outcomes=(*HARM, "*"), counts=counts)
