"""The rule that chooses the interval of a relative effect, and that each interval is what it says."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from outreach_metrics.inference.area_effect import area_effect
from outreach_metrics.inference.comparison import relative_effect
from outreach_metrics.inference.panel import poisson_two_way

CELLS = np.array(
    [[40, 22], [31, 20], [25, 16], [28, 31], [44, 40], [36, 37], [29, 27], [33, 35], [51, 40], [20, 26]]
)


def first(areas, treated):
    return np.arange(areas) < treated


def even(areas):
    return np.ones((areas, 2))


MORE = np.vstack([CELLS, [[33, 30], [27, 29]]])


def test_one_treated_area_is_never_surer_than_its_series():
    noisy = area_effect(CELLS, even(10), first(10, 1), np.array([9.0, 4.0]), 20)
    calm = area_effect(CELLS, even(10), first(10, 1), np.array([1.0, 1.0]), 200)
    unknown = area_effect(CELLS, even(10), first(10, 1))
    assert "from the series" in noisy.method
    assert "changes of all 10 areas" in calm.method
    assert calm.result == unknown.result
    assert noisy.result.conf_high / noisy.result.conf_low > calm.result.conf_high / calm.result.conf_low


def test_the_rule():
    told = {
        (12, 6): "cluster-robust by leaving out one area at a time",
        (10, 5): "changes of all 10 areas",
        (3, 1): "changes of all 3 areas",
        (2, 1): "dispersion 1.50 and 1.20 from the series",
    }
    for (areas, treated), expected in told.items():
        found = area_effect(MORE[:areas], even(areas), first(areas, treated), np.array([1.5, 1.2]), 46)
        assert expected in found.method
        assert bool(found.caution) == (areas <= 3)
    drawn = area_effect(CELLS, even(10), first(10, 4), randomised=True)
    assert "all 210 sets of 4 areas of 10" in drawn.method
    assert "permutation" not in area_effect(CELLS, even(10), first(10, 3), randomised=True).method


def test_leaving_out_one_area_at_a_time():
    # R: the jackknife of each group by hand; CR3 of MacKinnon, Nielsen & Webb (2023), a group at a time
    member = first(12, 6)

    def log_change(cells):
        before, after = cells.sum(axis=0)
        return math.log(after / before)

    parts, df = [], []
    for group in (MORE[member], MORE[~member]):
        each = np.array([log_change(np.delete(group, area, axis=0)) for area in range(len(group))])
        parts.append((len(group) - 1) / len(group) * ((each - log_change(group)) ** 2).sum())
        sizes = group.sum(axis=1)
        df.append(sizes.sum() ** 2 / (sizes**2).sum() - 1)
    variance = sum(parts)
    freedom = variance**2 / (parts[0] ** 2 / df[0] + parts[1] ** 2 / df[1])
    found = area_effect(MORE, even(12), member).result
    reach = stats.t.ppf(0.975, freedom) * math.sqrt(variance)
    assert np.log(found[1:3]) == pytest.approx([math.log(found[0]) - reach, math.log(found[0]) + reach])


def test_one_spread_for_all_areas_is_the_quasi_poisson_regression():
    # R: glm(count ~ area + after + treated:after, family = quasipoisson)
    import statsmodels.api as sm

    shift = np.array([9, -8, 5, -4, 10, -9, 3, 7, -11, -2])
    cells, area = 40 + np.outer(shift, [-1, 1]), np.repeat(np.eye(10), 2, axis=0)
    after = np.tile([0, 1], 10)
    design = np.column_stack([area, after, after * np.repeat(first(10, 3), 2)])
    fit = sm.GLM(cells.ravel(), design, family=sm.families.Poisson()).fit(scale="X2")
    found = area_effect(cells, even(10), first(10, 3))
    assert f"dispersion {fit.scale:.2f} from the changes of all 10 areas, t on 8 df" in found.method
    reach = stats.t.ppf(0.975, 8) * fit.bse[-1]
    assert math.log(found.result.conf_high / found.result.estimate) == pytest.approx(reach, rel=1e-6)


def test_random_changes_count_for_more_in_large_treated_areas():
    random = np.random.default_rng(3)
    sizes = np.where(first(12, 2), 2000, 100)
    changes = np.exp(random.normal(0, 0.3, 12))
    cells = np.column_stack([sizes, (sizes * changes).round()])
    found = area_effect(cells, even(12), first(12, 2))
    assert "random changes of areas" in found.method
    poisson = relative_effect(np.stack([cells[:2].sum(axis=0), cells[2:].sum(axis=0)]), np.ones((2, 2)))
    width, narrow = (math.log(result.conf_high / result.conf_low) for result in (found.result, poisson))
    assert width > 3 * narrow


def test_the_estimate_is_that_of_the_regression():
    member = first(10, 4)
    dose = member[:, None] * np.array([0, 1])
    exposure = np.tile([2.0, 3.0], (10, 1))
    regression = poisson_two_way(CELLS, exposure, dose)
    assert area_effect(CELLS, exposure, member).result.estimate == pytest.approx(
        regression.estimate, rel=1e-9
    )


def test_larger_treated_areas_are_told():
    larger = CELLS * np.where(first(10, 2), 5, 1)[:, None]
    found = area_effect(larger, even(10), first(10, 2))
    assert "times the counts of a comparison area" in found.caution


def test_one_area_that_holds_nearly_all_counts_is_not_four():
    uneven = CELLS * np.where(np.arange(10) == 0, 100, 1)[:, None]
    assert "changes of all 10 areas" in area_effect(uneven, even(10), first(10, 4)).method


def test_zero_counts():
    none_after = CELLS * np.where(first(10, 3), 0, 1)[:, None] ** np.array([0, 1])
    found = area_effect(none_after, even(10), first(10, 3))
    assert found.result[:2] == (0, 0)
    assert 0 < found.result.conf_high < 1
    assert "exact conditional" in found.method
    none_before = area_effect(none_after[:, ::-1], even(10), first(10, 3))
    assert all(math.isnan(number) for number in none_before.result)
    empty = np.vstack([CELLS, np.zeros((4, 2), dtype=int)])
    more = area_effect(empty, even(14), np.append(first(10, 4), [False] * 4))
    assert more == area_effect(CELLS, even(10), first(10, 4))
    alike = area_effect(np.tile([10, 8], (10, 1)), even(10), first(10, 5)).result
    assert alike == pytest.approx(relative_effect(np.array([[50, 40]] * 2), np.ones((2, 2)), 1.0, 4))
    one_each = area_effect(CELLS[:2], even(2), first(2, 1))
    assert "assumed" in one_each.method


@given(st.integers(0, 200), st.integers(2, 12), st.floats(0.2, 5))
def test_p_matches_and_exposure_scales(seed, areas, factor):
    random = np.random.default_rng(seed)
    cells, member = random.poisson(6, (areas, 2)), first(areas, random.integers(1, areas))
    one = area_effect(cells, even(areas), member).result
    if math.isnan(one.conf_low):
        return
    assert (one.p_value < 0.05) == (not one.conf_low <= 1 <= one.conf_high)
    exposure = np.column_stack([np.ones(areas), np.where(member, factor, 1)])
    scaled = area_effect(cells, exposure, member).result
    assert np.array(scaled[:3]) * factor == pytest.approx(np.array(one[:3]), rel=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("areas, treated", [(6, 1), (12, 3), (12, 6), (40, 5)])
@pytest.mark.parametrize("spread", [0.0, 0.3])
def test_intervals_cover_their_truth(areas, treated, spread):
    random = np.random.default_rng([areas, treated, int(10 * spread)])
    member, covered = first(areas, treated), 0
    for _ in range(1000):
        level = 60 * np.exp(random.normal(0, spread, (areas, 2)))
        cells = random.poisson(level * np.where(member, 0.8, 1)[:, None] ** np.array([0, 1]))
        found = area_effect(cells, even(areas), member).result
        covered += found.conf_low <= 0.8 <= found.conf_high
    assert 0.93 <= covered / 1000 <= (0.98 if spread else 1)  # counts never vary less than Poisson counts
