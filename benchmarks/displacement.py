"""Weighted displacement difference: 100,000 pairs of areas as arrays, and one call a pair."""

from __future__ import annotations

import math

import numpy as np
from scipy.stats import norm

from benchmarks.comparison import Comparison, seconds
from outreach_metrics.inference.displacement import displacement_difference

PAIRS, TIMED = 100_000, 5_000


def published(
    control: tuple[int, int],
    treated: tuple[int, int],
    time_weights: tuple[float, float] = (1, 1),
    area_weights: tuple[float, float] = (1, 1),
    alpha: float = 0.05,
) -> tuple[float, ...]:
    """Return estimate and limits of one pair by the formulas of Wheeler & Ratcliffe (2018)."""
    (before, after), (control_area, treated_area) = time_weights, area_weights
    cells = [
        (treated[1], after * treated_area, 1),
        (treated[0], before * treated_area, -1),
        (control[1], after * control_area, -1),
        (control[0], before * control_area, 1),
    ]
    estimate = sum(sign * count / weight for count, weight, sign in cells)
    error = math.sqrt(sum(count / weight**2 for count, weight, _ in cells))
    half = norm.ppf(1 - alpha / 2) * error
    return estimate, estimate - half, estimate + half


def compare() -> list[Comparison]:
    """Measure all pairs as arrays against the published formulas pair by pair."""
    counts = np.random.default_rng(0).poisson(60, (PAIRS, 2, 2))
    calls = [(tuple(control), tuple(treated)) for treated, control in counts[:TIMED].tolist()]
    ours = np.column_stack(displacement_difference(counts, np.ones((2, 2))))
    theirs = np.array([published(*call) for call in calls])
    np.testing.assert_allclose(ours[:TIMED, :3], theirs, rtol=1e-10, atol=1e-10)
    return [
        Comparison(
            work=f"weighted displacement difference, {PAIRS:,} pairs of areas",
            peer="the published formulas, one call a pair",
            ours=seconds(lambda: displacement_difference(counts, np.ones((2, 2))), repeat=20),
            theirs=seconds(lambda: [published(*call) for call in calls], repeat=3) * PAIRS / TIMED,
            wanted=500,
            note=f"the peer timed on {TIMED:,} pairs and scaled",
        )
    ]
