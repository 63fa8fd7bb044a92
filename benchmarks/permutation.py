"""Permutation of treated areas against a loop over statsmodels, and how our cost grows."""

from __future__ import annotations

import numpy as np
import statsmodels
import statsmodels.api as sm

from benchmarks.comparison import Comparison, seconds
from outreach_metrics.inference.area_effect import area_effect
from outreach_metrics.inference.resampling import permute_areas, random_sets

BLOCKS, TREATED, DRAWS, PEER_DRAWS = 9642, 39, 9999, 100
LINEAR = "ourselves at half the size, twice"
GROWTH = "1 is a cost in proportion to the size, 0.5 one in proportion to its square"


def city(areas: int, treated: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw counts of blocks before and after, and which blocks are treated."""
    random = np.random.default_rng(1)
    cells = random.poisson(random.gamma(0.7, 8, (areas, 1)) * [1.0, 0.95])
    return cells, np.arange(areas) < treated


def regression(change: np.ndarray, chosen: np.ndarray) -> float:
    """Return the coefficient of a set of areas in a regression of the areas' changes."""
    member = np.zeros(len(change))
    member[chosen] = 1
    return float(sm.OLS(change, sm.add_constant(member)).fit().params[1])


def against_a_loop() -> Comparison:
    """Measure the difference in differences of a city's blocks under random sets of treated blocks."""
    cells, treated = city(BLOCKS, TREATED)
    change = (cells[:, 1] - cells[:, 0]).astype(float)
    sets = random_sets(BLOCKS, TREATED, PEER_DRAWS, np.random.default_rng(0))
    observed = TREATED * regression(change, np.flatnonzero(treated))
    drawn = np.array([TREATED * regression(change, chosen) for chosen in sets])
    small = permute_areas(cells, treated, statistic="difference", draws=PEER_DRAWS)[0]
    assert np.isclose(small.estimate, observed)
    assert np.isclose(small.p_value, (1 + (np.abs(drawn) >= abs(observed)).sum()) / (1 + PEER_DRAWS))
    return Comparison(
        work=f"{DRAWS:,} permutations over {BLOCKS:,} areas, with interval",
        peer=f"loop over statsmodels {statsmodels.__version__} OLS",
        ours=seconds(lambda: permute_areas(cells, treated, statistic="difference", draws=DRAWS), 3),
        theirs=seconds(lambda: [regression(change, chosen) for chosen in sets], 1) * DRAWS / PEER_DRAWS,
        wanted=10,
        note=f"peer timed on {PEER_DRAWS} permutations and scaled; it makes no interval",
    )


def permutation(areas: int, draws: int) -> float:
    """Return the seconds of a permutation of one area in a hundred."""
    cells, treated = city(areas, areas // 100)
    return seconds(lambda: permute_areas(cells, treated, draws=draws), 3)


def effect(areas: int) -> float:
    """Return the seconds of a relative effect."""
    cells, treated = city(areas, areas // 100)
    return seconds(lambda: area_effect(cells, np.ones(cells.shape), treated), 5)


def compare() -> list[Comparison]:
    """Return the loop, and the growth with areas and with draws, two by two."""
    few, many = 10_000, 20_000
    sizes = {(areas, draws): permutation(areas, draws) for areas in (few, many) for draws in (2_000, 4_000)}
    pairs = [
        (f"areas from {few:,} to {many:,}, 2,000 permutations", sizes[few, 2_000], sizes[many, 2_000]),
        (f"areas from {few:,} to {many:,}, 4,000 permutations", sizes[few, 4_000], sizes[many, 4_000]),
        (f"permutations from 2,000 to 4,000, {few:,} areas", sizes[few, 2_000], sizes[few, 4_000]),
        (f"permutations from 2,000 to 4,000, {many:,} areas", sizes[many, 2_000], sizes[many, 4_000]),
        ("relative effect, areas from 200,000 to 400,000", effect(200_000), effect(400_000)),
    ]
    grown = [
        Comparison(work=work, peer=LINEAR, ours=after, theirs=2 * before, wanted=0.6, note=GROWTH)
        for work, before, after in pairs
    ]
    return [against_a_loop(), *grown]
