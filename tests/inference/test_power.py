"""Power: against published values, statsmodels, closed forms, and the tests whose power it is."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.power import tt_ind_solve_power
from statsmodels.stats.rates import power_poisson_ratio_2indep

from outreach_metrics.inference.comparison import relative_effect
from outreach_metrics.inference.displacement import displacement_difference
from outreach_metrics.inference.power import (
    between_area_sd,
    needed_answers,
    needed_answers_share,
    needed_areas,
    needed_count,
    needed_periods,
    power_of_areas,
    power_of_difference,
    power_of_ratio,
    smallest_detectable_ratio,
)
from outreach_metrics.inference.rates import rate_ratio_overdispersed
from outreach_metrics.inference.simulated_power import (
    detectable,
    draw_counts,
    power_of_interrupted,
    power_of_staggered,
)


@pytest.mark.parametrize(
    ("rate", "people", "power"),
    [(1.8, 29, 0.90056), (1.9, 39, 0.90649), (2.2, 115, 0.90014), (2.4, 404, 0.90064)],
)
def test_power_of_ratio_as_pass_prints_it(rate, people, power):
    # PASS documentation, "Non-inferiority tests for the ratio of two Poisson rates": rate 2.2 in the
    # reference group, exposure 2.5, bound 1.2, one-sided 0.025; as quoted by statsmodels in
    # stats/tests/test_rates_poisson.py.
    count = 2.2 * 2.5 * people
    assert power_of_ratio(rate / 2.2, [count, count], null=1.2) == pytest.approx(power, abs=5e-5)


@pytest.mark.parametrize("ratio", [0.5, 0.8, 0.95, 1.3])
@pytest.mark.parametrize("dispersion", [1.0, 2.5])
@pytest.mark.parametrize("longer", [0.5, 1.0, 2.0])
def test_power_of_ratio_is_that_of_statsmodels(ratio, dispersion, longer):
    peer = power_poisson_ratio_2indep(
        ratio, 1.0, longer * 150, nobs_ratio=1 / longer, value=1, dispersion=dispersion,
        alternative="smaller" if ratio < 1 else "larger", alpha=0.025, return_results=False,
    )  # fmt: skip
    assert power_of_ratio(ratio, [150, 150 * longer], dispersion) == pytest.approx(float(peer), abs=1e-9)


def test_survey_samples_are_those_of_r():
    # R: power.t.test(power = .90, delta = 1)                 n = 22.02110
    assert needed_answers(1, 1, power=0.9) == 23
    # R: power.t.test(delta = 5, sd = 25, power = .8)
    assert needed_answers(5, 25) == math.ceil(tt_ind_solve_power(0.2, alpha=0.05, power=0.8))
    # R: power.prop.test(p1 = .50, p2 = .75, power = .90)     n = 76.7
    assert needed_answers_share(0.5, 0.25, power=0.9) == pytest.approx(76.7, abs=0.05)


def test_a_survey_needs_more_when_compared_or_clustered_and_less_of_the_same_people():
    plain = needed_answers(5, 25)
    assert needed_answers(5, 25, compared=True) == pytest.approx(2 * plain, abs=3)
    assert needed_answers(5, 25, design_effect=1.5) == pytest.approx(1.5 * plain, abs=2)
    assert needed_answers(5, 25, correlation=0.6) == pytest.approx(0.4 * plain, abs=3)
    assert needed_answers_share(0.5, 0.05, design_effect=2) == pytest.approx(
        2 * needed_answers_share(0.5, 0.05)
    )


@given(
    before=st.floats(30, 5000),
    after=st.floats(30, 5000),
    dispersion=st.floats(1, 5),
    df=st.floats(3, 200),
    power=st.floats(0.55, 0.95),
)
def test_the_smallest_detectable_change_has_the_power_asked_for(before, after, dispersion, df, power):
    found = smallest_detectable_ratio([before, after], dispersion, df, power=power)
    for ratio in found:
        if not math.isnan(ratio):
            assert power_of_ratio(ratio, [before, after], dispersion, df) == pytest.approx(power, abs=1e-6)
    assert math.isnan(found.fall) or (found.fall < 1 < found.rise and found.fall * found.rise < 1)


@given(count=st.floats(50, 3000), times=st.floats(1.05, 4), ratio=st.floats(0.4, 0.97))
def test_power_grows_with_counts_and_falls_with_dispersion(count, times, ratio):
    cells = np.array([[count, count], [2 * count, 2 * count]])
    plain = power_of_ratio(ratio, cells)
    assert power_of_ratio(ratio, cells * times) >= plain
    assert power_of_ratio(ratio, cells, times) <= plain
    assert power_of_ratio(ratio, cells[0]) >= plain, "a comparison costs power"


@given(
    ratio=st.floats(0.3, 0.95), longer=st.floats(0.3, 3), size=st.floats(0.5, 5), dispersion=st.floats(1, 4)
)
def test_needed_count_is_the_inverse_of_power(ratio, longer, size, dispersion):
    shares = np.array([[1, longer], [size, size * longer]])
    count = needed_count(ratio, shares, dispersion)
    assert power_of_ratio(ratio, shares * count, dispersion) == pytest.approx(0.8, abs=1e-6)


def test_few_areas_need_a_large_change_and_more_areas_are_the_least_that_is_enough():
    assert power_of_areas(0.8, (2, 2), (200, 200), 0.1) < power_of_areas(0.8, (8, 8), (200, 200), 0.1)
    areas = needed_areas(0.8, (200, 200), 0.1)
    assert power_of_areas(0.8, (areas, areas), (200, 200), 0.1) >= 0.8
    assert power_of_areas(0.8, (areas - 1, areas - 1), (200, 200), 0.1) < 0.8
    assert needed_areas(0.5, (1000, 1000)) == 2


def test_needed_periods_stop_where_the_time_before_sets_the_limit():
    assert math.isnan(needed_periods(lambda n: float(power_of_ratio(0.9, [100, 10 * n]))))
    enough = needed_periods(lambda n: float(power_of_ratio(0.7, [300, 10 * n])))
    assert power_of_ratio(0.7, [300, 10 * enough]) >= 0.8 > power_of_ratio(0.7, [300, 10 * (enough - 1)])


def test_no_counts_have_no_power_and_too_few_find_no_fall():
    assert np.isnan(power_of_ratio([0.5, 2.0], [0, 10])).all()
    assert np.isnan(power_of_difference(0.5, np.zeros((2, 2)), np.ones((2, 2))))
    assert np.isnan(power_of_areas(0.5, (1, 1), (10, 10)))
    assert np.isnan(power_of_areas(0.5, (3, 3), (0, 10)))
    assert math.isnan(smallest_detectable_ratio([4, 4]).fall)
    assert smallest_detectable_ratio([4, 4]).rise > 2
    assert math.isnan(needed_areas(0.8, (0, 0)))
    assert math.isnan(between_area_sd(np.array([[5, 0], [0, 5], [3, 3], [2, 2]])))
    assert needed_count(1.0) == math.inf


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: power_of_ratio(0.0, [10, 10]),
        lambda: power_of_ratio(0.5, [-1, 10]),
        lambda: power_of_ratio(0.5, [1, 2, 3]),
        lambda: power_of_difference(-1, np.ones((2, 2)), np.ones((2, 2))),
        lambda: power_of_areas(0, (2, 2), (9, 9)),
        lambda: smallest_detectable_ratio([10, 10], power=1.0),
        lambda: needed_count(0.5, [1, 0]),
        lambda: needed_answers(0, 25),
        lambda: needed_answers(5, 25, design_effect=0.5),
        lambda: needed_answers_share(0.98, 0.05),
    ],
)
def test_a_broken_contract_raises(wrong):
    with pytest.raises(ValueError, match=r"must|below 1"):
        wrong()


def test_drawn_counts_have_the_mean_dispersion_and_memory_asked_for():
    counts = draw_counts(np.full((3000, 40), 20.0), 2.0, 0.3, np.random.default_rng(1))
    assert counts.mean() == pytest.approx(20, rel=0.01)
    assert counts.var() / 20 == pytest.approx(2, rel=0.05)
    pairs = np.corrcoef(counts[:, 1:].ravel(), counts[:, :-1].ravel())[0, 1]
    assert pairs == pytest.approx(0.3, abs=0.03)
    plain = draw_counts(np.full((3000, 40), 20.0), 1.0, 0.5, np.random.default_rng(1))
    assert plain.var() / 20 == pytest.approx(1, rel=0.03)


def test_interrupted_series_find_a_little_less_than_the_information_matrix_says():
    """Autocorrelation that has to be estimated costs power where there is none."""
    after = np.arange(60) >= 30
    time = np.arange(60.0)
    design = np.stack([np.ones(60), after, time, np.where(after, time - 30, 0)], axis=1)
    ratios = np.array([0.6, 0.7, 0.8, 1.3, 1.5])
    simulated = power_of_interrupted(ratios, np.full(60, 40.0), after, periods_per_year=1, replications=1500)
    for ratio, power in zip(ratios, simulated, strict=True):
        mean = np.where(after, 40 * ratio, 40.0)
        variance = np.linalg.inv(design.T @ (mean[:, None] * design))[1, 1]
        # The same cells as a ratio of two counts with this variance.
        count = 1 / (variance / (1 + 1 / ratio))
        bound = float(power_of_ratio(ratio, [count, count]))
        assert bound - 0.15 < power < bound + 0.03


def test_interrupted_series_keep_false_alarms_down_and_need_more_with_memory():
    expected = 30 * (1 + 0.3 * np.sin(np.arange(60) * np.pi / 6))
    after = np.arange(60) >= 36
    near_none = power_of_interrupted([0.9999, 1.0001], expected, after, 12, 2.0, 0.3, replications=1000)
    assert near_none.sum() <= 0.06
    plain, remembering = (
        power_of_interrupted([0.6], expected, after, 12, 2.0, memory, replications=600)[0]
        for memory in (0.0, 0.5)
    )
    assert remembering < plain
    again = power_of_interrupted([0.6], expected, after, 12, 2.0, 0.0, replications=600)[0]
    assert again == plain, "seeded"
    assert np.isnan(power_of_interrupted([0.6], np.zeros(60), after, 12)).all()
    assert power_of_interrupted([0.6], expected[32:38], after[32:38], 12, replications=20)[0] == 0


def test_areas_that_start_together_are_a_difference_in_differences():
    first = np.array([24] * 8 + [-1] * 8)
    ratios = np.array([0.75, 0.85])
    simulated = power_of_staggered(ratios, np.full((16, 48), 6.0), first, between_sd=0.1, replications=600)
    formula = power_of_areas(ratios, (8, 8), (6 * 24, 6 * 24), 0.1)
    assert simulated == pytest.approx(formula, abs=0.07)
    none = power_of_staggered([0.9999], np.full((16, 48), 6.0), first, between_sd=0.1)
    assert none[0] <= 0.05
    assert np.isnan(power_of_staggered([0.5], np.full((3, 48), 6.0), np.array([24, -1, -1]))).all()


def test_detectable_lies_between_the_ratios_that_were_simulated():
    found = detectable(np.array([0.5, 0.9, 0.7, 1.5]), np.array([0.99, 0.3, 0.7, 0.85]))
    assert 0.5 < found.fall < 0.7
    assert 1 < found.rise < 1.5
    assert math.isnan(detectable(np.array([0.5, 1.5]), np.array([0.7, 0.9])).fall)


def overdispersed(generator, mean, dispersion, size):
    """Negative binomial counts with variance = dispersion x mean."""
    if dispersion == 1:
        return generator.poisson(mean, size)
    return generator.negative_binomial(mean / (dispersion - 1), 1 / dispersion, size)


def share_found(results, ratio, none=1.0):
    """Share of results that find a change in the direction of the true one."""
    limits = np.array([[result.conf_low, result.conf_high] for result in results])
    return (limits[:, 1] < none).mean() if ratio < 1 else (limits[:, 0] > none).mean()


@pytest.mark.slow
@pytest.mark.parametrize("dispersion", [1.0, 2.0, 4.0])
@pytest.mark.parametrize("ratio", [0.75, 1.3])
def test_before_after_is_found_as_often_as_planned(ratio, dispersion):
    generator = np.random.default_rng(7)
    before = overdispersed(generator, 300, dispersion, 3000)
    after = overdispersed(generator, 200 * ratio, dispersion, 3000)
    results = [
        rate_ratio_overdispersed(b, 1.5, a, 1.0, dispersion, 1e6) for b, a in zip(before, after, strict=True)
    ]
    planned = power_of_ratio(ratio, [300, 200], dispersion)
    assert share_found(results, ratio) == pytest.approx(planned, abs=0.03)


@pytest.mark.slow
@pytest.mark.parametrize(("ratio", "dispersion"), [(0.75, 1.0), (0.7, 3.0), (1.4, 2.0)])
def test_a_relative_change_is_found_as_often_as_planned(ratio, dispersion):
    generator = np.random.default_rng(8)
    expected = np.array([[250.0, 250.0], [400.0, 400.0]])
    drawn = overdispersed(generator, expected * [[1, ratio], [1, 1]], dispersion, (2500, 2, 2))
    spread = dispersion * generator.chisquare(10, (2500, 2)) / 10
    results = [
        relative_effect(cells, np.ones((2, 2)), own, 10.0) for cells, own in zip(drawn, spread, strict=True)
    ]
    planned = power_of_ratio(ratio, expected, dispersion, 10.0)
    assert share_found(results, ratio) == pytest.approx(planned, abs=0.03)


@pytest.mark.slow
@pytest.mark.parametrize("groups", [2, 4])
def test_a_difference_in_incidents_is_found_as_often_as_planned(groups):
    generator = np.random.default_rng(9)
    expected = np.array([[200.0, 200], [300, 300], [150, 150], [150, 150]])[:groups]
    weights = np.array([[1.0, 1], [0.6, 0.6], [0.5, 0.5], [0.5, 0.5]])[:groups]
    changed = expected.copy()
    changed[0, 1] *= 0.65
    results = [
        displacement_difference(cells, weights, 2.0, 1e6)
        for cells in overdispersed(generator, changed, 2.0, (3000, groups, 2))
    ]
    planned = power_of_difference(0.65, expected, weights, 2.0)
    assert share_found(results, 0.65, none=0.0) == pytest.approx(planned, abs=0.03)


@pytest.mark.slow
def test_a_survey_of_the_size_needed_finds_the_change():
    from scipy import stats

    generator, answers = np.random.default_rng(10), int(needed_answers(5, 25))
    waves = generator.normal([[[60]], [[65]]], 25, (2, 4000, answers))
    found = stats.ttest_ind(waves[1], waves[0], axis=1)
    assert ((found.pvalue < 0.05) & (found.statistic > 0)).mean() == pytest.approx(0.8, abs=0.02)
