"""Design-based means against R survey's published values, t tests and closed forms."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach_metrics.inference.design_based import Contrast, contrast, share_interval, wilson
from outreach_metrics.inference.multiplicity import benjamini_hochberg
from outreach_metrics.inference.trend import count_trend
from tests.conftest import SHARED

values = st.lists(st.floats(0, 100), min_size=3, max_size=30)


def test_weighted_mean_is_that_of_r_survey(cases):
    # R survey 4.1.1: svymean(~api00, svydesign(id = ~1, weights = ~pw, data = apistrat))
    frame = pd.read_csv(SHARED / "reference" / "data" / "apistrat.csv")
    expected = cases["api_strat_mean_weights_only"]["expected"]
    made = contrast([frame["api00"].to_numpy(float)], [1], [frame["pw"].to_numpy(float)])
    assert made.estimate == pytest.approx(expected["mean"]["value"], abs=1e-6)
    assert made.standard_error == pytest.approx(expected["se"]["value"], abs=1e-6)


def test_two_samples_are_welch():
    # R: t.test(extra ~ group, data = sleep): t = -1.8608, df = 17.776, p = 0.07939
    first = np.array([0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0])
    second = np.array([1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4])
    made = contrast([first, second], [1, -1])
    assert made.estimate / made.standard_error == pytest.approx(-1.8608, abs=1e-4)
    assert made.df == pytest.approx(17.776, abs=1e-3)
    assert made.result().p_value == pytest.approx(0.07939, abs=1e-5)


def test_paired_is_the_paired_t_test():
    # R: t.test(extra ~ group, data = sleep, paired = TRUE): t = -4.0621, p = 0.002833
    difference = np.array([1.2, 2.4, 1.3, 1.3, 0.0, 1.0, 1.8, 0.8, 4.6, 1.4])
    result = contrast([difference], [1]).result()
    assert result.p_value == pytest.approx(0.00283289, abs=1e-8)
    assert result.estimate == pytest.approx(1.58)


def test_people_who_answer_twice_as_clusters_come_to_the_paired_variance():
    random = np.random.default_rng(7)
    first = random.normal(50, 10, 200)
    second = first + random.normal(2, 3, 200)
    people = np.arange(200)
    paired = contrast([second - first], [1])
    clustered = contrast([second, first], [1, -1], clusters=[people, people])
    assert clustered.standard_error == pytest.approx(paired.standard_error, rel=1e-9)
    assert contrast([second, first], [1, -1]).standard_error > 3 * paired.standard_error


def test_strata_narrow_and_clusters_widen():
    random = np.random.default_rng(3)
    stratum = np.repeat(["a", "b"], 50)
    answers = np.where(stratum == "a", 20.0, 80.0) + random.normal(0, 5, 100)
    plain = contrast([answers], [1])
    assert contrast([answers], [1], strata=[stratum]).standard_error < plain.standard_error / 3
    school = np.repeat(np.arange(10), 10)
    clustered = contrast([answers], [1], clusters=[school])
    assert clustered.standard_error > plain.standard_error
    assert clustered.df == 9


def test_too_little_gives_no_interval():
    assert math.isnan(contrast([np.array([])], [1]).estimate)
    one = contrast([np.array([4.0])], [1])
    assert one.estimate == 4
    assert math.isnan(one.result().conf_low)
    assert math.isnan(contrast([np.full(5, 3.0)], [1]).result().conf_low)
    assert math.isnan(contrast([np.arange(4.0)], [1], clusters=[np.zeros(4)]).standard_error)
    assert math.isnan(contrast([np.arange(4.0)], [1], weights=[np.zeros(4)]).estimate)


@given(values, values, st.floats(0.1, 50))
def test_scaling_the_weights_changes_nothing(first, second, factor):
    cells = [np.array(first), np.array(second)]
    weights = [np.arange(1.0, len(cell) + 1) for cell in cells]
    one = contrast(cells, [1, -1], weights)
    other = contrast(cells, [1, -1], [weight * factor for weight in weights])
    assert other.estimate == pytest.approx(one.estimate, rel=1e-9, abs=1e-9)
    assert other.standard_error == pytest.approx(one.standard_error, rel=1e-6, abs=1e-9)


def test_wilson_of_newcombe():
    # Newcombe (1998): 81/263; R: prop.test(81, 263, correct = FALSE)$conf.int
    assert wilson(81, 263)[1:3] == pytest.approx((0.2552885199, 0.366209577), abs=1e-8)
    assert wilson(0, 10).conf_low == pytest.approx(0, abs=1e-12)
    assert math.isnan(wilson(0, 0).estimate)


@given(st.integers(0, 40), st.integers(2, 40))
def test_a_share_stays_between_none_and_all(count, rest):
    answers = np.repeat([1.0, 0.0], [count, rest])
    result = share_interval(contrast([answers], [1]), len(answers))
    assert 0 <= result.conf_low <= result.estimate + 1e-12
    assert result.estimate <= result.conf_high + 1e-12 <= 1 + 1e-9


def test_a_share_near_none_with_one_degree_of_freedom_is_anything():
    made = share_interval(Contrast(1e-5, 0.1, 1), 3)
    assert (made.conf_low, made.conf_high) == (0, 1)


def test_share_of_nothing_is_nothing():
    assert math.isnan(share_interval(Contrast(math.nan, math.nan, math.nan), 0).estimate)


def test_benjamini_hochberg_is_p_adjust():
    # R: p.adjust(c(0.01, 0.02, 0.03, 0.04, 0.5), "BH") -> 0.05 0.05 0.05 0.05 0.50
    assert benjamini_hochberg(np.array([0.01, 0.02, 0.03, 0.04, 0.5])) == pytest.approx([0.05] * 4 + [0.5])
    assert np.isnan(benjamini_hochberg(np.array([np.nan, np.nan]))).all()


@pytest.mark.parametrize("true", [0.7, 1.0, 1.5])
def test_count_trend_recovers_its_truth(true):
    random = np.random.default_rng(11)
    time = np.sort(random.uniform(0, 4, 150))
    counts = random.negative_binomial(5, 5 / (5 + 40 * true**time))
    result, method = count_trend(counts, time)
    assert method.startswith("negative binomial")
    assert result.conf_low < true < result.conf_high
    assert 0 < result.p_value <= 1


def test_count_trend_without_overdispersion_or_data():
    even = np.array([20, 21, 19, 20, 22, 20, 19, 21])
    result, method = count_trend(even, np.arange(8.0))
    assert method.startswith("quasi-Poisson")
    assert result.conf_low < 1 < result.conf_high
    assert math.isnan(count_trend(np.array([3, 4]), np.arange(2.0))[0].estimate)
    assert math.isnan(count_trend(np.zeros(10), np.arange(10.0))[0].estimate)


def cells_of(seed, sizes=(30, 50), groups=6):
    random = np.random.default_rng(seed)
    made = {name: [] for name in ("values", "weights", "strata", "clusters")}
    for n in sizes:
        made["values"].append(random.normal(50, 10, n))
        made["weights"].append(random.uniform(0.5, 3, n))
        made["clusters"].append(random.integers(0, groups, n))
        made["strata"].append(made["clusters"][-1] % 2)
    return made


@given(st.integers(0, 10_000), st.integers(0, 10_000))
def test_order_of_people_and_of_cells_changes_nothing(seed, other):
    cells, random = cells_of(seed), np.random.default_rng(other)
    orders = [random.permutation(len(cell)) for cell in cells["values"]]
    turned = {
        name: [column[order] for column, order in zip(columns, orders, strict=True)][::-1]
        for name, columns in cells.items()
    }
    first, second = contrast(coefficients=[1, -1], **cells), contrast(coefficients=[-1, 1], **turned)
    assert second.estimate == pytest.approx(first.estimate)
    assert second.standard_error == pytest.approx(first.standard_error)
    assert second.df == pytest.approx(first.df)


def test_clusters_of_two_samples_are_two_samples():
    # two surveys of other schools: Welch of the school means where schools are of one size
    random = np.random.default_rng(8)
    schools = [random.normal(50, 5, (count, 12)) for count in (6, 10)]
    clusters = [np.repeat(np.arange(6), 12), np.repeat(np.arange(100, 110), 12)]
    made = contrast([answers.ravel() for answers in schools], [1, -1], clusters=clusters)
    welch = contrast([answers.mean(axis=1) for answers in schools], [1, -1])
    assert made.standard_error == pytest.approx(welch.standard_error)
    assert made.df == pytest.approx(welch.df)


def test_the_same_strata_in_two_samples_are_two_designs():
    cells = cells_of(4, sizes=(40, 40))
    alone = [contrast([cells["values"][i]], [1], None, [cells["strata"][i]]) for i in (0, 1)]
    both = contrast(cells["values"], [1, -1], None, cells["strata"])
    assert both.standard_error == pytest.approx(math.hypot(*(one.standard_error for one in alone)))


def test_unequal_weights_widen_and_count_as_fewer_people():
    random = np.random.default_rng(1)
    cells = [random.normal(50, 10, 40) for _ in range(2)]
    heavy = [np.repeat([8.0, 1.0], [4, 36]) for _ in cells]
    plain, weighted = contrast(cells, [1, -1]), contrast(cells, [1, -1], heavy)
    assert weighted.df < 15 < 60 < plain.df
    # unbiased for the variance sum w^2 s^2 / (sum w)^2 that equal spread gives; 68 = 4 * 8 + 36
    errors = []
    for _ in range(400):
        cells = [random.normal(50, 10, 40) for _ in range(2)]
        errors.append(contrast(cells, [1, -1], heavy).standard_error ** 2)
    assert np.mean(errors) == pytest.approx(2 * 100 * (4 * 64 + 36) / 68**2, rel=0.08)


def test_a_whole_population_changes_without_error():
    cells = cells_of(2)
    del cells["clusters"]
    whole = [np.bincount(stratum)[stratum] for stratum in cells["strata"]]
    made = contrast(coefficients=[1, -1], population=whole, **cells)
    assert made.standard_error == 0
    half = contrast(coefficients=[1, -1], population=[2 * sizes for sizes in whole], **cells)
    none = contrast(coefficients=[1, -1], **cells)
    assert half.standard_error == pytest.approx(none.standard_error * math.sqrt(0.5))


def test_margins_take_out_what_they_explain():
    random = np.random.default_rng(3)
    groups = [random.integers(0, 2, 200) for _ in range(2)]
    cells = [20.0 * group + random.normal(50, 2, 200) for group in groups]
    margins = [np.stack([group == 0, group == 1], axis=1) for group in groups]
    raked = contrast(cells, [1, -1], margins=margins)
    assert raked.standard_error < contrast(cells, [1, -1]).standard_error / 3
    within = sum(
        (np.bincount(g) * [c[g == k].var(ddof=1) for k in (0, 1)]).sum()
        for c, g in zip(cells, groups, strict=True)
    )
    assert raked.standard_error == pytest.approx(math.sqrt(within) / 200, rel=0.01)


def test_a_stratum_of_one_in_one_of_the_cells():
    made = contrast(
        [np.array([1.0, 2, 3, 9]), np.array([2.0, 4, 6])], [1, -1], strata=[[0, 0, 0, 1], [0, 0, 0]]
    )
    assert made.standard_error > 0
    assert made.df >= 1


def test_people_without_weight_do_not_count():
    cells = cells_of(6)
    del cells["strata"], cells["clusters"]
    more = [np.append(cell, 99.0) for cell in cells["values"]]
    weights = [np.append(weight, 0.0) for weight in cells["weights"]]
    made, more = contrast(coefficients=[1, -1], **cells), contrast(more, [1, -1], weights)
    assert more.standard_error == pytest.approx(made.standard_error)
    assert more.df == pytest.approx(made.df)
