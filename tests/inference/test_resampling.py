"""Wild bootstraps and permutations against the same tests done one draw at a time."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach_metrics.inference.resampling import (
    permute_areas,
    random_sets,
    relative_ratio,
    wild_cluster_bootstrap,
    wild_score_bootstrap,
)

CELLS = np.array([[40, 22], [31, 20], [25, 16], [28, 31], [44, 40], [36, 37], [29, 27], [33, 35]])


def regression(seed, clusters=7, size=4):
    random = np.random.default_rng(seed)
    labels = np.repeat(np.arange(clusters), size)
    treated = (labels < clusters // 2) * (np.tile(np.arange(size), clusters) >= size // 2)
    design = np.column_stack([np.ones(len(labels)), random.normal(size=len(labels)), treated])
    y = random.normal(size=clusters)[labels] + random.normal(size=len(labels)) + 0.6 * treated
    return y, design, labels


def clustered_t(y, design, labels, null):
    """Cluster-robust t of the last column, from its definition."""
    inverse = np.linalg.inv(design.T @ design)
    coefficients = inverse @ design.T @ y
    scores = design * (y - design @ coefficients)[:, None]
    summed = np.stack([scores[labels == label].sum(axis=0) for label in np.unique(labels)])
    variance = inverse @ summed.T @ summed @ inverse
    return (coefficients[-1] - null) / math.sqrt(variance[-1, -1])


def wild_p(y, design, labels, null):
    """Refit the regression for every pattern of signs, the null imposed on the residuals."""
    others = design[:, :-1]
    free = y - null * design[:, -1]
    fitted = others @ np.linalg.lstsq(others, free)[0]
    observed = abs(clustered_t(y, design, labels, null))
    far = []
    for signs in itertools.product([1, -1], repeat=labels.max() + 1):
        drawn = fitted + null * design[:, -1] + np.array(signs)[labels] * (free - fitted)
        far.append(abs(clustered_t(drawn, design, labels, null)) >= observed - 1e-9)
    return np.mean(far)


@pytest.mark.parametrize("seed", [1, 2])
def test_wild_bootstrap_is_that_of_refitting_every_pattern(seed):
    # R: fwildclusterboot::boottest(lm(y ~ x + d), clustid = "g", param = "d", B = 2^7, type = "rademacher")
    # does the same, but does not count ties: its p is lower by those two of 2^7, the signs all alike
    y, design, labels = regression(seed)
    found, method = wild_cluster_bootstrap(y, design, labels, 2)
    assert "all 128 sign changes of 7 clusters" in method
    assert found.p_value == pytest.approx(wild_p(y, design, labels, 0))
    for limit in (found.conf_low, found.conf_high):
        outwards = 1e-3 * (limit - found.estimate)
        assert wild_p(y, design, labels, limit - outwards) >= 0.05
        assert wild_p(y, design, labels, limit + outwards) < 0.05


@given(st.integers(0, 60), st.floats(-5, 5), st.floats(0.1, 20))
def test_wild_bootstrap_moves_and_stretches_with_its_data(seed, shift, factor):
    y, design, labels = regression(seed)
    one = wild_cluster_bootstrap(y, design, labels, 2)[0]
    other = wild_cluster_bootstrap(factor * (y + shift * design[:, 2]), design, labels, 2)[0]
    assert np.array(other[:3]) == pytest.approx(factor * (np.array(one[:3]) + shift), rel=1e-4, abs=1e-4)
    assert (one.p_value < 0.05) == (not one.conf_low <= 0 <= one.conf_high)


def test_wild_bootstrap_of_many_clusters_is_drawn_and_the_same_every_time():
    y, design, labels = regression(4, clusters=14)
    found, method = wild_cluster_bootstrap(y, design, labels, 2, draws=999)
    assert "999 random sign changes of 14 clusters" in method
    assert found == wild_cluster_bootstrap(y, design, labels, 2, draws=999)[0]
    assert found.p_value * 1000 == pytest.approx(round(found.p_value * 1000))


def test_wild_bootstrap_declines_one_treated_cluster():
    y, design, labels = regression(4)
    design[:, 2] = labels == 0
    found, method = wild_cluster_bootstrap(y, design, labels, 2)
    assert "one cluster holds half" in method
    assert math.isfinite(found.estimate)
    assert math.isnan(found.p_value)
    assert math.isnan(found.conf_low)
    design[:, 2] = 1
    assert math.isnan(wild_cluster_bootstrap(y, design, labels, 2)[0].estimate)
    assert "2 areas with counts" in wild_score_bootstrap(CELLS, np.arange(8) < 1)[1]


def test_few_clusters_cannot_reject():
    y, design, labels = regression(1, clusters=5)
    found = wild_cluster_bootstrap(y + 100 * design[:, 2], design, labels, 2)[0]
    assert found.p_value >= 2 / 2**5
    assert (found.conf_low, found.conf_high) == (-math.inf, math.inf)


def test_wild_score_bootstrap_is_the_weighted_regression_under_the_null():
    # The linear wild bootstrap of the scores over the counts of their areas, counts as weights.
    member, cells = np.arange(8) < 3, CELLS.astype(float)
    sizes = cells.sum(axis=1)
    scores = cells[:, 1] - sizes * cells[:, 1].sum() / sizes.sum()
    weighted = np.sqrt(sizes)[:, None] * np.column_stack([np.ones(8), member])
    y = scores / np.sqrt(sizes)
    p = wild_cluster_bootstrap(y, weighted, np.arange(8), 1)[0].p_value
    found, method = wild_score_bootstrap(cells, member)
    assert found.p_value == pytest.approx(p)
    assert "all 256 sign changes of 8 areas" in method


def studentised(cells, member):
    change, variance = [], []
    for group in (cells[member], cells[~member]):
        before, after = group.sum(axis=0)
        share = (after + 0.5) / (before + after + 1)
        change.append(math.log(share / (1 - share)))
        residuals = group[:, 1] - share * group.sum(axis=1)
        information = (before + after + 1) * share * (1 - share)
        variance.append(len(group) / (len(group) - 1) * (residuals**2).sum() / information**2)
    return (change[0] - change[1]) / math.sqrt(sum(variance))


def permuted_p(cells, member, ratio):
    """Go through every set of areas; the ratio is taken out of the treated counts after first."""
    without = cells / np.where(member, ratio, 1)[:, None] ** np.array([0, 1])
    observed, areas = abs(studentised(without, member)), np.arange(len(cells))
    sets = itertools.combinations(areas.tolist(), member.sum())
    return np.mean([abs(studentised(without, np.isin(areas, chosen))) >= observed - 1e-9 for chosen in sets])


def test_permutation_is_that_of_every_set_of_areas():
    member = np.arange(8) < 3
    found, method = permute_areas(CELLS, member)
    assert method == "permutation of the treated areas, all 56 sets of 3 areas of 8"
    assert found.estimate == pytest.approx(relative_ratio(CELLS, member, np.ones((8, 2))))
    assert found.p_value == pytest.approx(permuted_p(CELLS, member, 1.0))
    for limit in (found.conf_low, found.conf_high):
        outwards = (limit / found.estimate) ** 1e-3
        assert permuted_p(CELLS, member, limit / outwards) >= 0.05
        assert permuted_p(CELLS, member, limit * outwards) < 0.05


def test_permutation_of_the_difference():
    member = np.arange(8) < 3
    found = permute_areas(CELLS, member, statistic="difference")[0]
    change = CELLS[:, 1] - CELLS[:, 0]
    sets = [np.isin(np.arange(8), chosen) for chosen in itertools.combinations(range(8), 3)]
    all_sets = np.array([change[chosen].sum() - change[~chosen].sum() * 3 / 5 for chosen in sets])
    assert found.estimate == pytest.approx(change[:3].sum() - change[3:].sum() * 3 / 5)
    assert found.p_value == (np.abs(all_sets) >= abs(found.estimate) - 1e-9).mean()
    assert found.conf_low < found.estimate < found.conf_high


def test_random_sets_come_near_all_sets():
    random = np.random.default_rng(6)
    cells, member = random.poisson(12, (40, 2)), np.arange(40) < 3
    cells[:3, 1] += [9, 5, 2]
    every = permute_areas(cells, member, draws=9_999)[0]
    assert "all 9,880 sets" in permute_areas(cells, member, draws=9_999)[1]
    drawn, method = permute_areas(cells, member, draws=4_999)
    assert method == "permutation of the treated areas, 4,999 random sets of 3 areas of 40"
    assert drawn.p_value == pytest.approx(every.p_value, abs=4 * math.sqrt(0.25 / 4_999))
    many = permute_areas(cells, np.arange(40) < 18, draws=999)[0]
    assert many.p_value * 1000 == pytest.approx(round(many.p_value * 1000))
    assert every.conf_low < every.estimate < every.conf_high


@pytest.mark.parametrize("k", [3, 10])
def test_every_area_is_drawn_as_often_as_any_other(k):
    sets = random_sets(40, k, 20_000, np.random.default_rng(0))
    assert all(len(set(chosen)) == k for chosen in sets[:200].tolist())
    times = np.bincount(sets.ravel(), minlength=40)
    assert (abs(times - 500 * k) < 5 * math.sqrt(500 * k)).all()


@given(st.integers(0, 40), st.sampled_from(["ratio", "difference"]), st.integers(1, 4))
def test_permutation_interval_matches_its_p(seed, statistic, k):
    random = np.random.default_rng(seed)
    cells, member = random.poisson(15, (9, 2)), np.arange(9) < k
    cells[:k, 1] //= 2
    found = permute_areas(cells, member, np.full((9, 2), 3.0), statistic)[0]
    null = 1 if statistic == "ratio" else 0
    assert (found.p_value < 0.05) == (not found.conf_low <= null <= found.conf_high)
    order = random.permutation(9)
    again = permute_areas(cells[order], member[order], np.ones((9, 2)), statistic)[0]
    assert again == pytest.approx(found, rel=1e-6)


@settings(max_examples=25)
@given(st.integers(0, 40), st.floats(0.2, 5))
def test_wild_score_interval_matches_its_p(seed, factor):
    random = np.random.default_rng(seed)
    cells, member = 1 + random.poisson(15, (8, 2)), np.arange(8) < 3
    exposure = np.column_stack([np.ones(8), np.where(member, factor, 1)])
    found = wild_score_bootstrap(cells, member, exposure)[0]
    assert (found.p_value < 0.05) == (not found.conf_low <= 1 <= found.conf_high)
    plain = wild_score_bootstrap(cells, member)[0]
    assert np.array(found[:3]) * factor == pytest.approx(np.array(plain[:3]), rel=1e-4)


def test_zeros_and_wrong_inputs():
    member = np.arange(8) < 3
    none_after = CELLS * np.where(member, 0, 1)[:, None] ** np.array([0, 1])
    ratio = permute_areas(none_after, member)[0]
    assert ratio[:2] == (0, 0)
    assert 0 < ratio.conf_high < 1
    assert ratio.p_value == pytest.approx(1 / 56)
    assert math.isnan(permute_areas(none_after[:, ::-1], member)[0].estimate)
    assert wild_score_bootstrap(none_after, member)[0].estimate == 0
    assert math.isnan(permute_areas(np.zeros((8, 2)), member, statistic="difference")[0].conf_low)
    for cells, treated, exposure, message in [
        (-CELLS, member, None, "counts"),
        (CELLS, np.zeros(8), None, "comparison"),
        (CELLS, member, np.zeros((8, 2)), "exposures"),
    ]:
        with pytest.raises(ValueError, match=message):
            permute_areas(cells, treated, exposure)
