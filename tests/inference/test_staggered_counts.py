"""Observed against expected counts: the plain ratio, a regression, brute force and a simulation."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach_metrics.inference.staggered_counts import staggered_ratio

BINS = (-24, -18, -12, -6, 0, 6, 12, 18, 24)


def draw(
    random: np.random.Generator,
    treated: int = 6,
    others: int = 10,
    cohorts: int = 3,
    mean: float = 5.0,
    dispersion: float = 2.0,
    correlation: float = 0.3,
    effect: float = 1.0,
) -> tuple[np.ndarray, np.ndarray]:
    """Make 84 months of counts with season, a common fall, unequal areas and autocorrelated log frailty."""
    areas, months = treated + others, np.arange(84)
    starts = np.linspace(30, 54, cohorts).astype(int)
    cohort = np.concatenate([np.resize(starts, treated), np.full(others, np.inf)])
    level = mean * np.exp(random.normal(-0.125, 0.5, (areas, 1)))
    expected = level * np.exp(0.25 * np.cos(2 * np.pi * months / 12) - 0.004 * (months - 42))
    expected = expected * np.where(months >= cohort[:, None], effect, 1)
    noise = random.normal(size=(areas, 84))
    for month in range(1, 84):
        noise[:, month] = correlation * noise[:, month - 1] + math.sqrt(1 - correlation**2) * noise[:, month]
    variance = np.log1p((dispersion - 1) / expected)
    return random.poisson(expected * np.exp(np.sqrt(variance) * noise - variance / 2)), cohort


def example(**settings) -> tuple[np.ndarray, np.ndarray]:
    return draw(np.random.default_rng(11), **settings)


def test_one_cohort_is_the_plain_ratio_of_ratios():
    counts, cohort = example(cohorts=1)
    found = staggered_ratio(counts, np.ones(16), cohort, event_bins=BINS)
    treated, other = counts[cohort == 30].sum(axis=0), counts[np.isinf(cohort)].sum(axis=0)
    after, before = slice(30, 54), slice(6, 30)
    plain = (treated[after].sum() / treated[before].sum()) / (other[after].sum() / other[before].sum())
    assert found.overall.estimate == pytest.approx(plain, rel=1e-12)
    assert (found.observed, found.areas, found.comparison_areas) == (treated[after].sum(), 6, 10)
    assert found.reason == ""


def test_one_cohort_has_the_cluster_robust_error_of_the_regression():
    # R: sandwich::vcovCL(glm(count ~ area + period + treated:after, family = poisson), ~area, type = "HC0"),
    # here with the leverage of equal shares, n / (n - 1) an arm, taken off again
    import statsmodels.api as sm

    from outreach_metrics.inference.staggered_cells import base_window, cohort_cells, influence

    counts, cohort = example(cohorts=1)
    counts = counts[:, 6:54].astype(float)
    cohort = cohort - 6
    one = cohort_cells(counts, np.ones(counts.shape), cohort, 24, base_window(24, 48, 24, 12), "never")
    after = (np.arange(48) >= 24)[None]
    ours = influence([one], after, counts)
    area, period = np.indices(counts.shape)
    design = np.column_stack(
        [
            np.eye(16)[area.ravel()],
            np.eye(48)[period.ravel()][:, 1:],
            (cohort[area] <= period).ravel().astype(float),
        ]
    )
    fit = sm.GLM(counts.ravel(), design, family=sm.families.Poisson()).fit(
        cov_type="cluster", cov_kwds={"groups": area.ravel(), "use_correction": False}
    )
    assert ours.log_ratio == pytest.approx(fit.params[-1], abs=1e-8)
    assert math.sqrt((ours.areas**2).sum()) == pytest.approx(fit.bse[-1], rel=1e-6)


@pytest.mark.parametrize("comparison", ["never", "not_yet"])
def test_gradient_is_the_derivative_of_the_log_ratio(comparison):
    from outreach_metrics.inference.staggered_cells import base_window, cohort_cells, influence

    counts, cohort = example()
    exposure = np.random.default_rng(2).uniform(0.5, 2, counts.shape)

    def found(y):
        cells = [
            cohort_cells(y, exposure, cohort, start, base_window(start, 84, 24, 12), comparison)
            for start in (30, 42, 54)
        ]
        held = np.isfinite([one.expected for one in cells]) & (np.arange(84) >= [[30], [42], [54]])
        return influence(cells, held, y)

    whole, step = found(counts.astype(float)), 1e-5
    for area, month in [(0, 20), (0, 60), (1, 41), (2, 70), (12, 25), (15, 60), (3, 2)]:
        moved = counts.astype(float)
        moved[area, month] += step
        slope = (found(moved).log_ratio - whole.log_ratio) / step
        # a comparison month without a count has no weight, so its derivative is never used
        if counts[area, month] > 0:
            assert whole.gradient[area, month] == pytest.approx(slope, abs=1e-6)


def brute_force(counts, cohort, comparison):
    observed = expected = 0.0
    for start in np.unique(cohort[np.isfinite(cohort)]).astype(int):
        base = slice(start - 24, start)
        for month in range(start, min(start + 24, 84)):
            later = np.isinf(cohort) if comparison == "never" else cohort > month
            if counts[later, base].sum() == 0:
                continue
            observed += counts[cohort == start, month].sum()
            ratio = counts[later, month].sum() / counts[later, base].sum()
            expected += counts[cohort == start, base].sum() * ratio
    return observed, expected


@pytest.mark.parametrize("comparison", ["never", "not_yet"])
def test_sums_are_those_of_the_definition(comparison):
    counts, cohort = example(effect=0.8)
    found = staggered_ratio(counts, np.ones(16), cohort, comparison=comparison)
    assert (found.observed, found.expected) == pytest.approx(brute_force(counts, cohort, comparison))


def test_without_never_treated_the_last_cohort_is_only_comparison():
    counts, cohort = example(treated=12, others=0, cohorts=4)
    found = staggered_ratio(counts, np.ones(12), cohort, comparison="not_yet")
    assert found.without_comparison == (54,)
    assert (found.areas, found.comparison_areas) == (9, 9)
    assert (found.observed, found.expected) == pytest.approx(brute_force(counts, cohort, "not_yet"))
    assert math.isfinite(found.overall.conf_low)


def test_parts_add_up():
    counts, cohort = example()
    years = 2016 + np.arange(84) // 12
    found = staggered_ratio(counts, np.ones(16), cohort, event_bins=BINS, years=years)
    for parts in (found.cohorts, found.years, [part for part in found.events if part.label >= 0]):
        assert sum(part.observed for part in parts) == found.observed
        assert sum(part.expected for part in parts) == pytest.approx(found.expected)
    before = [part for part in found.events if part.label < 0]
    assert sum(part.observed for part in before) == pytest.approx(sum(part.expected for part in before))
    assert [part.label for part in found.cohorts] == [30, 42, 54]
    assert [part.label for part in found.years] == [2018, 2019, 2020, 2021, 2022]
    assert all(part.areas == 6 for part in found.events)


def test_bands_hold_the_intervals():
    counts, cohort = example()
    found = staggered_ratio(counts, np.ones(16), cohort, event_bins=BINS)
    for part in found.events:
        assert part.band_low < part.result.conf_low < part.result.conf_high < part.band_high
    assert all(math.isnan(part.band_low) for part in found.cohorts)
    assert found == staggered_ratio(counts, np.ones(16), cohort, event_bins=BINS)


def test_the_base_is_whole_years_where_there_is_one():
    counts, cohort = example(cohorts=1)
    early = np.where(np.isfinite(cohort), 17, cohort)
    found = staggered_ratio(counts, np.ones(16), early)
    treated, other = counts[early == 17].sum(axis=0), counts[np.isinf(early)].sum(axis=0)
    plain = treated[17:41].sum() / treated[5:17].sum() / (other[17:41].sum() / other[5:17].sum())
    assert found.overall.estimate == pytest.approx(plain)
    assert found.partial_base == ()
    assert staggered_ratio(counts, np.ones(16), np.where(np.isfinite(cohort), 7, cohort)).partial_base == (7,)


def test_transition_leaves_the_first_periods_out():
    counts, cohort = example(cohorts=1)
    found = staggered_ratio(counts, np.ones(16), cohort, transition=3, after=12)
    assert found.observed == counts[cohort == 30, 33:42].sum()


@pytest.mark.parametrize("comparison", ["never", "not_yet"])
def test_residents_that_move_are_no_effect(comparison):
    _, cohort = example()
    residents = np.exp(np.random.default_rng(8).normal(0, 0.2, (16, 84)).cumsum(axis=1) / 4)
    rate = 5 + 3 * np.cos(np.arange(84) / 2) + np.arange(84) / 20
    counts = residents * rate * np.where(np.arange(84) >= cohort[:, None], 0.8, 1)
    found = staggered_ratio(counts, residents, cohort, comparison=comparison, event_bins=BINS)
    assert found.overall.estimate == pytest.approx(0.8, rel=1e-12)
    assert [part.result.estimate for part in found.events] == pytest.approx([1] * 4 + [0.8] * 4)


def test_a_pre_trend_is_found():
    counts, cohort = example(mean=20, dispersion=1, treated=12)
    drift = np.exp(0.03 * (np.arange(84) - cohort[:12, None]))
    treated = np.random.default_rng(5).poisson(counts[:12] * drift)
    found = staggered_ratio(np.vstack([treated, counts[12:]]), np.ones(22), cohort, event_bins=BINS)
    assert found.pre_trend.df == 3
    assert found.pre_trend.p_value < 0.001
    assert staggered_ratio(counts, np.ones(22), cohort, event_bins=BINS).pre_trend.p_value > 0.05


def test_fewer_than_three_treated_areas_are_refused():
    counts, cohort = example(treated=2, cohorts=2)
    found = staggered_ratio(counts, np.ones(12), cohort)
    assert all(math.isnan(number) for number in found.overall)
    assert found.reason == "There are fewer than 3 treated areas."
    assert (found.lonely, found.cohorts) == ((30, 54), ())
    assert found.observed > 0


def test_a_bin_over_the_start_is_an_error():
    counts, cohort = example()
    with pytest.raises(ValueError, match="0 must be one"):
        staggered_ratio(counts, np.ones(16), cohort, event_bins=(-6, 6))


def test_no_comparison_is_refused():
    counts, cohort = example(others=2)
    counts[-2:, :60] = 0
    found = staggered_ratio(counts, np.ones(8), cohort)
    assert math.isnan(found.overall.estimate)
    assert found.without_comparison == (30, 42, 54)
    assert "no comparison counts" in found.reason


def test_no_count_in_the_base_leaves_the_cohort_out():
    counts, cohort = example()
    counts[cohort == 42, :42] = 0
    found = staggered_ratio(counts, np.ones(16), cohort)
    assert (found.without_base, found.areas) == ((42,), 4)
    assert [part.label for part in found.cohorts] == [30, 54]


def test_no_treated_area_is_refused():
    found = staggered_ratio(np.ones((3, 30)), np.ones(3), np.array([0, np.inf, 40]))
    assert (found.areas, found.dropped, found.events) == (0, 1, ())
    assert math.isnan(found.overall.estimate)
    assert "No treated area" in found.reason


def test_no_count_after_is_a_ratio_of_nothing_without_interval():
    counts, cohort = example()
    counts[:6, 30:] = 0
    counts[cohort == 42, 36] = counts[cohort == 54, 40] = 3
    found = staggered_ratio(counts, np.ones(16), cohort, event_bins=BINS)
    assert found.overall.estimate == 0
    assert math.isnan(found.overall.conf_high)
    assert "no count after" in found.reason


def test_one_comparison_area_has_no_interval():
    counts, cohort = example(others=1)
    found = staggered_ratio(counts, np.ones(7), cohort)
    assert found.overall.estimate > 0
    assert math.isnan(found.overall.conf_low)
    assert "One area" in found.reason


@pytest.mark.parametrize(
    ("counts", "exposure"),
    [(-np.ones((3, 9)), np.ones(3)), (np.ones((3, 9)), np.zeros(3)), (np.ones(9), 1.0)],
)
def test_a_broken_contract_is_an_error(counts, exposure):
    with pytest.raises(ValueError, match="counts must"):
        staggered_ratio(counts, exposure, np.array([3, 4, np.inf]))


@given(st.integers(0, 200), st.sampled_from(["never", "not_yet"]), st.floats(0.1, 9))
def test_order_of_areas_and_unit_of_residents_do_not_matter(seed, comparison, unit):
    random = np.random.default_rng(seed)
    counts, cohort = draw(random, mean=2)
    exposure, order = random.uniform(1, 2, 16), random.permutation(16)
    one = staggered_ratio(counts, exposure, cohort, comparison=comparison)
    other = staggered_ratio(counts[order], exposure[order] * unit, cohort[order], comparison=comparison)
    assert other.overall == pytest.approx(one.overall, rel=1e-8)


@given(st.integers(0, 200), st.floats(0.5, 0.99), st.floats(0.5, 1.2))
def test_interval_and_p_value_match(seed, conf_level, effect):
    counts, cohort = draw(np.random.default_rng(seed), mean=2, effect=effect)
    found = staggered_ratio(counts, np.ones(16), cohort, event_bins=BINS, conf_level=conf_level)
    for result in (found.overall, *(part.result for part in found.events)):
        assert (result.p_value < 1 - conf_level) == (result.conf_low > 1 or result.conf_high < 1)


REGIMES = [  # treated areas, cohorts, comparison areas, monthly mean, dispersion, autocorrelation, effect
    (4, 2, 6, 1, 4, 0.3, 0.8),
    (4, 4, 20, 20, 1, 0.0, 1.0),
    (6, 3, 6, 1, 1, 0.0, 1.0),
    (6, 3, 20, 5, 2, 0.3, 0.8),
    (12, 4, 6, 20, 4, 0.3, 1.0),
    (12, 4, 20, 1, 4, 0.3, 0.8),
]


@pytest.mark.slow
@pytest.mark.parametrize("comparison", ["never", "not_yet"])
def test_intervals_cover_and_tests_keep_their_size(comparison):
    covered, alarms = [], []
    for number, (treated, cohorts, others, mean, dispersion, correlation, effect) in enumerate(REGIMES):
        random, hits = np.random.default_rng(number), []
        for _ in range(300):
            counts, cohort = draw(random, treated, others, cohorts, mean, dispersion, correlation, effect)
            found = staggered_ratio(
                counts, np.ones(len(counts)), cohort, comparison=comparison, event_bins=BINS
            )
            hits.append(found.overall.conf_low <= effect <= found.overall.conf_high)
            alarms.append(found.pre_trend.p_value < 0.05)
        covered.append(np.mean(hits))
    assert min(covered) > 0.925  # 0.95 less two standard errors of 300 draws
    assert 0.94 < np.mean(covered) < 0.985
    assert np.mean(alarms) < 0.06
