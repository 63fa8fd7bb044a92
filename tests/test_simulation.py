"""Coverage and false alarms of the headline crime metrics, by seeded simulation."""

import numpy as np
import pytest

from outreach_metrics.metrics.crime import crime_difference, crime_rate_ratio, crime_relative_effect
from tests.conftest import crime_study

pytestmark = pytest.mark.slow

REPETITIONS = 800
FOUR_ERRORS = 4 * (0.95 * 0.05 / REPETITIONS) ** 0.5  # Monte Carlo, over 72 shares
SEASON = np.tile(1 + 0.3 * np.sin(np.arange(12) / 12 * 2 * np.pi), 4)


def draw(random, areas, mean, dispersion):
    """Draw monthly counts, shape (areas, 48), with season and variance / mean of `dispersion`."""
    level = mean * SEASON * np.ones((areas, 1))
    if dispersion == 1:
        return random.poisson(level)
    size = level / (dispersion - 1)
    return random.negative_binomial(size, size / (size + level))


@pytest.mark.parametrize("effect", [1.0, 0.8])
@pytest.mark.parametrize("treated", [1, 3, 8])
@pytest.mark.parametrize("mean", [2.0, 20.0])
@pytest.mark.parametrize("dispersion", [1, 3])
def test_intervals_cover_their_truth(effect, treated, mean, dispersion):
    random = np.random.default_rng([treated, int(mean), dispersion, int(10 * effect)])
    covered = dict.fromkeys((crime_rate_ratio, crime_relative_effect), 0)
    averted_covered = 0
    for _ in range(REPETITIONS):
        counts = draw(random, treated + 10, mean, dispersion)
        counts[:treated, 24:] = draw(random, treated, mean * effect, dispersion)[:, 24:]
        study = crime_study(counts, treated=treated)
        for metric in covered:
            made = metric(study, "p")[0]
            covered[metric] += made.conf_low <= effect <= made.conf_high
        averted = crime_difference(study, "p")[0]
        truth = treated * mean * 24 * (effect - 1)
        averted_covered += averted.conf_low <= truth <= averted.conf_high
    shares = [n / REPETITIONS for n in (*covered.values(), averted_covered)]
    assert min(shares) > 0.95 - FOUR_ERRORS, shares
    assert max(shares) < 0.995, shares
