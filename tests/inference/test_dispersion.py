"""How much counts vary: known spread is found again, and correlation from month to month is allowed for."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach_metrics.inference.dispersion import clustered_dispersion, exceeds, long_run_dispersion

AFTER = np.arange(48) >= 24
EVEN = np.full(48, 20.0)


def correlated(random, draws, dispersion, kept):
    """Draw counts of mean 20 whose level is a gamma autoregression, shape (draws, 48)."""
    shape = 20 / (dispersion - 1)
    behind, columns = random.gamma(shape, size=draws), []
    for _ in range(48):
        columns.append(random.poisson(20 * behind / shape))
        stays = random.beta(shape * kept, shape * (1 - kept), draws)
        behind = stays * behind + random.gamma(shape * (1 - kept), size=draws)
    return np.column_stack(columns)


def test_poisson_counts_have_the_dispersion_one():
    counts = np.random.default_rng(1).poisson(20.0, (400, 48))
    found = [long_run_dispersion(row.astype(float), EVEN, 46, AFTER)[0] for row in counts]
    assert 1.0 <= np.median(found) < 1.1


def test_correlation_from_month_to_month_widens_the_spread_of_the_total():
    counts = correlated(np.random.default_rng(2), 400, 4.0, 0.5)
    true = counts[:, 24:].sum(axis=1).var() / (24 * 20)
    found = np.median([long_run_dispersion(row.astype(float), EVEN, 46, AFTER)[0] for row in counts])
    at_once = np.mean(np.square(counts - 20.0).mean(axis=1) / 20)
    assert found > 1.4 * at_once
    assert found == pytest.approx(true, rel=0.35)


def test_drift_along_the_windows_is_no_spread():
    counts = 100 + np.arange(48.0)
    expected = np.where(AFTER, counts[AFTER].mean(), counts[~AFTER].mean())
    assert long_run_dispersion(counts, expected, 46, AFTER)[0] == 1.0


def test_nothing_left_is_nan():
    found, df = long_run_dispersion(np.zeros(48), np.zeros(48), 46, AFTER)
    assert np.isnan(found)
    assert df == 0
    assert np.isnan(long_run_dispersion(EVEN, EVEN, 1, AFTER)[0])


def test_clustered_dispersion_of_poisson_areas_is_near_one_and_of_unlike_changes_is_not():
    random = np.random.default_rng(3)
    size = random.gamma(2.0, 50.0, 60)
    even = np.column_stack([random.poisson(size), random.poisson(size)])
    assert clustered_dispersion(even)[0] < 1.6
    unlike = np.column_stack([even[:, 0], random.poisson(size * random.gamma(4, 1 / 4, 60))])
    assert clustered_dispersion(unlike)[0] > 5


def test_one_large_area_leaves_few_degrees_of_freedom():
    counts = np.array([[1000, 900], [5, 5], [5, 6], [4, 5], [6, 5]])
    assert clustered_dispersion(counts)[1] < 0.1
    assert clustered_dispersion(counts[:1]) == (pytest.approx(np.nan, nan_ok=True), 0.0)


@given(
    st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=2, max_size=12), st.integers(2, 5)
)
def test_clustered_dispersion_grows_with_counts_of_the_same_shares(cells, times):
    counts = np.array(cells)
    once, df = clustered_dispersion(counts)
    more, same_df = clustered_dispersion(counts * times)
    assert df == pytest.approx(same_df)
    if not np.isnan(once):
        assert more >= once >= 1
        assert more == pytest.approx(once * times) or once == 1.0


def test_the_larger_dispersion_must_be_larger_by_more_than_chance():
    assert exceeds(4.0, 10, 1.5, 30)
    assert not exceeds(1.8, 10, 1.5, 30)
    assert exceeds(1.0, 10, np.nan, 0)
