"""Survey estimates against R survey's published output, other estimators that they must equal, and limits."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from outreach_metrics.inference import survey
from outreach_metrics.inference.design_based import contrast
from outreach_metrics.inference.rao_scott import rao_scott
from outreach_metrics.inference.sampling import Design
from tests.conftest import SHARED

# R: data(fpc, package = "survey")
STRATUM = np.repeat([1, 2], [5, 3])
X = np.array([2.8, 4.1, 6.8, 6.8, 9.2, 3.7, 6.6, 4.2])
WEIGHT, SIZE = np.repeat([3.0, 4.0], [5, 3]), np.repeat([15.0, 12.0], [5, 3])
# survey/tests/deff.R (Tsuchiya)
SALES = np.array([15, 143, 21, 51, 337, 50, 274, 145, 15, 86.0])
UNEQUAL = np.array([20, 200, 11, 25, 550, 30, 250, 100, 10, 55.0])


def reference(name: str) -> pd.DataFrame:
    path = SHARED / "reference" / "data" / f"{name}.csv"
    if not path.exists():
        pytest.skip("the shared reference data are not beside this checkout")
    return pd.read_csv(path)


def api_strat() -> tuple[pd.DataFrame, Design]:
    frame = reference("apistrat")
    weights, fpc = frame["pw"].to_numpy(), frame["fpc"].to_numpy()
    return frame, Design(weights, frame["stype"].to_numpy(), population=fpc)


def api_clus() -> tuple[pd.DataFrame, Design]:
    frame = reference("apiclus1")
    weights, fpc = frame["pw"].to_numpy(), frame["fpc"].to_numpy()
    return frame, Design(weights, clusters=frame["dnum"].to_numpy(), population=fpc)


def agree(case: dict, made: dict[str, float]) -> None:
    """Every expected number of a reference case within its tolerance."""
    for name, expected in case["expected"].items():
        assert made[name] == pytest.approx(expected["value"], abs=expected["tol"] or 1e-12), name


FRACTION = np.repeat([5 / 15, 3 / 12], [5, 3])


@pytest.mark.parametrize(("population", "error"), [(None, 0.7413), (SIZE, 0.616), (FRACTION, 0.616)])
def test_finite_population_of_r_survey(population, error):
    # R: svymean(~x, svydesign(ids=~psuid, strata=~stratid, weights=~weight, fpc=~Nh, data=fpc, nest=TRUE))
    # survey/tests/fpc.Rout.save: 5.4481, SE 0.7413 without and 0.616 with fpc, as sizes or as fractions nh/Nh
    made = survey.mean(X, Design(WEIGHT, STRATUM, population=population))
    assert made.estimate == pytest.approx(5.4481, abs=5e-5)
    assert made.standard_error == pytest.approx(error, abs=5e-5)
    assert made.df == 6
    sizes = None if population is None else [population]
    same = contrast([X], [1], [WEIGHT], [STRATUM], population=sizes)
    assert (same.estimate, same.standard_error, same.df) == pytest.approx(
        (made.estimate, made.standard_error, 6)
    )


def test_design_effects_of_r_survey():
    # survey/tests/deff.Rout.save: svymean and svytotal with deff = TRUE and deff = "replace"
    equal, unequal = Design(np.full(10, 100.0)), Design(UNEQUAL)
    assert survey.mean(SALES, equal).standard_error == pytest.approx(35.626, abs=5e-4)
    assert survey.design_effect(SALES, equal) == pytest.approx(1.010101, abs=1e-6)
    assert survey.design_effect(SALES, equal, of_total=True) == pytest.approx(1.010101, abs=1e-6)
    assert survey.mean(SALES, unequal).estimate == pytest.approx(243.914, abs=5e-4)
    assert survey.mean(SALES, unequal).standard_error == pytest.approx(48.752, abs=5e-4)
    assert survey.design_effect(SALES, unequal, replace=True) == pytest.approx(1.974067, abs=1e-6)
    assert survey.total(SALES, unequal).standard_error == pytest.approx(184965, abs=0.5)
    assert survey.design_effect(SALES, unequal, replace=True, of_total=True) == pytest.approx(
        18.15669, abs=1e-5
    )


def test_case_stratified_mean(cases):
    frame, design = api_strat()
    values = frame["api00"].to_numpy(float)
    made = survey.mean(values, design)
    result = made.result()
    numbers = {"mean": made.estimate, "se": made.standard_error, "df": made.df}
    numbers |= {"ci_t_lo": result.conf_low, "ci_t_hi": result.conf_high}
    agree(cases["api_strat_mean"], numbers | {"deff": survey.design_effect(values, design)})
    alone = survey.mean(values, Design(frame["pw"].to_numpy()))
    agree(cases["api_strat_mean_weights_only"], {"mean": alone.estimate, "se": alone.standard_error})


def test_case_domain_means(cases):
    frame, design = api_strat()
    made = survey.domain_means(frame["api00"].to_numpy(float), frame["stype"].to_numpy(), design)
    numbers = dict(zip("EHM", made.estimate, strict=True))
    numbers |= {f"{level}_se": made.one(place).standard_error for place, level in enumerate("EHM")}
    agree(cases["api_strat_domain_means"], numbers)


def test_case_rao_scott(cases):
    frame, design = api_strat()
    rows, columns = (pd.factorize(frame[name])[0] for name in ("sch.wide", "stype"))
    made = rao_scott(rows, columns, design)
    numbers = {"F": made.statistic, "ndf": made.df, "ddf": made.df_denominator, "p": made.p_value}
    agree(cases["api_strat_chisq_raoscott"], numbers)


def test_case_t_test(cases):
    frame, design = api_strat()
    made = survey.t_test(frame["api00"].to_numpy(float), (frame["sch.wide"] == "Yes").to_numpy(), design)
    result = made.result()
    numbers = {"diff": made.estimate, "t": made.estimate / made.standard_error, "p": result.p_value}
    agree(cases["api_strat_ttest"], numbers)
    # R: svyttest(api00 ~ sch.wide, dstrat)$conf.int
    assert result[1:3] == pytest.approx((40.57965, 124.98752), abs=1e-5)


def test_case_clustered_mean(cases):
    frame, design = api_clus()
    values = frame["api00"].to_numpy(float)
    made = survey.mean(values, design)
    numbers = {"mean": made.estimate, "se": made.standard_error}
    agree(cases["api_clus_mean"], numbers | {"deff": survey.design_effect(values, design)})


def test_totals_of_r_survey():
    # survey/tests/api.Rout.save, vignette: svytotal(~enroll, dstrat), svytotal(~enroll + stype, dclus1)
    frame, design = api_strat()
    made = survey.total(frame["enroll"].to_numpy(float), design)
    assert (made.estimate, made.standard_error) == pytest.approx((3687178, 114642), abs=0.5)
    frame, design = api_clus()
    made = survey.total(frame["enroll"].to_numpy(float), design)
    assert (made.estimate, made.standard_error) == pytest.approx((3404940, 932235), abs=0.5)
    for level, total, error in (("E", 4873.97, 1333.32), ("H", 473.86, 158.70), ("M", 846.17, 167.55)):
        made = survey.total((frame["stype"] == level).to_numpy(float), design)
        assert (made.estimate, made.standard_error) == pytest.approx((total, error), abs=5e-3)


@pytest.mark.parametrize(
    ("lonely", "error", "known"),
    [
        ("fail", None, 5.7344),
        ("certainty", 5.8058, 5.7344),
        ("adjust", 5.8281, 5.7344),
        ("average", 6.0096, 5.7344),
    ],
)
def test_a_stratum_of_one_is_as_r_survey_has_it(lonely, error, known):
    # survey/tests/lonely.psu.Rout.save: options(survey.lonely.psu = ...), strata = ~dnum; then with
    # fpc = ifelse(dnum == 413, 1, 1000): known to be a stratum taken whole
    frame, _ = api_clus()
    values, weights, stratum = (frame[name].to_numpy(float) for name in ("api00", "pw", "dnum"))
    made = survey.mean(values, Design(weights, stratum, lonely=lonely))
    assert made.estimate == pytest.approx(644.17, abs=5e-3)
    if error is None:
        assert math.isnan(made.standard_error)
    else:
        assert made.standard_error == pytest.approx(error, abs=5e-5)
    whole = Design(weights, stratum, population=np.where(stratum == 413, 1, 1000), lonely=lonely)
    assert survey.mean(values, whole).standard_error == pytest.approx(known, abs=5e-5)


def test_regression_and_ratio_and_median_of_another_library():
    # svy 0.35.0 on apistrat: glm.fit("api00", ["ell", "meals"]), estimation.ratio, estimation.median,
    # estimation.prop (logit)
    frame, design = api_strat()
    number = {name: frame[name].to_numpy(float) for name in ("api00", "api99", "ell", "meals")}
    table = np.stack([np.ones(len(frame)), number["ell"], number["meals"]], axis=1)
    made = survey.regression(number["api00"], table, design)
    assert made.estimate == pytest.approx([823.85793, -0.50573, -3.11063], abs=1e-5)
    assert np.sqrt(np.diag(made.covariance)) == pytest.approx([8.75949, 0.38792, 0.27577], abs=1e-5)
    assert made.joint_df == 195
    made = survey.ratio(number["api00"], number["api99"], design)
    assert (made.estimate, made.standard_error) == pytest.approx((1.0523, 0.0036), abs=5e-5)
    assert survey.quantile(number["api00"], 0.5, design)[:3] == (668, 642, 694)
    made = survey.share((frame["sch.wide"] == "Yes").to_numpy(float), design)
    assert made[:3] == pytest.approx((0.8279, 0.7745, 0.8708), abs=5e-5)


def test_two_stages_add_the_variance_within():
    # Lohr (2010) Sampling, eq. 5.24: N^2 (1 - n/N) s_t^2 / n + N/n sum M_i^2 (1 - m_i/M_i) s_i^2 / m_i
    # R: svydesign(id = ~cluster + person, fpc = ~N + M)
    values = np.array([1.0, 3, 2, 6, 4, 5, 5, 9, 7])
    cluster, sizes = np.repeat([0, 1, 2], 3), np.array([6, 9, 12.0])
    clusters = np.stack([cluster, np.arange(9)], axis=1)
    population = np.stack([np.full(9, 10.0), sizes[cluster]], axis=1)
    design = Design(10 / 3 * sizes[cluster] / 3, clusters=clusters, population=population)
    made = survey.total(values, design)
    totals = sizes * values.reshape(3, 3).mean(axis=1)
    within = (sizes**2 * (1 - 3 / sizes) * values.reshape(3, 3).var(axis=1, ddof=1) / 3).sum()
    expected = 100 * (1 - 0.3) * totals.var(ddof=1) / 3 + 10 / 3 * within
    assert made.standard_error == pytest.approx(math.sqrt(expected))
    assert made.df == 2


def test_rao_scott_of_a_simple_random_sample_is_pearson():
    rows, columns = np.random.default_rng(5).integers(0, 3, (2, 400))
    table = np.zeros((3, 3))
    np.add.at(table, (rows, columns), 1)
    pearson = stats.chi2_contingency(table, correction=False)
    first = rao_scott(rows, columns, Design(np.ones(400)), statistic="Chisq")
    assert first.statistic == pytest.approx(pearson.statistic)
    assert first.p_value == pytest.approx(stats.chi2.sf(pearson.statistic * 399 / 400, 4))
    second = rao_scott(rows, columns, Design(np.full(400, 7.0)))
    assert second.df == pytest.approx(4, abs=0.2)
    assert second.p_value == pytest.approx(first.p_value, abs=0.01)


def test_regression_is_the_sandwich():
    import statsmodels.api as sm

    random = np.random.default_rng(2)
    table = sm.add_constant(random.normal(size=(50, 2)))
    outcome, weights = random.normal(size=50) + table[:, 1], random.uniform(0.5, 2, 50)
    fit = sm.WLS(outcome, table, weights=weights).fit(cov_type="HC0")
    made = survey.regression(outcome, table, Design(weights))
    assert made.estimate == pytest.approx(fit.params)
    assert np.sqrt(np.diag(made.covariance)) == pytest.approx(fit.bse * math.sqrt(50 / 49))
    assert made.joint_df == 47
    assert np.isnan(survey.regression(outcome, table[:, [0, 0]], Design(weights)).estimate).all()


values = st.lists(st.floats(0, 100), min_size=3, max_size=30)


@given(values)
def test_equal_weights_are_the_usual_t(numbers):
    array = np.array(numbers)
    made = survey.mean(array, Design(np.full(len(array), 3.0)))
    assert made.estimate == pytest.approx(array.mean())
    assert made.standard_error == pytest.approx(stats.sem(array), abs=1e-9)
    assert made.df == len(array) - 1


@given(values, st.floats(0.1, 50), st.integers(0, 1000))
def test_scale_and_order_change_nothing(numbers, factor, seed):
    random = np.random.default_rng(seed)
    n = len(numbers)
    array, weights = np.array(numbers), random.uniform(1, 5, n)
    stratum, cluster, order = random.integers(0, 2, n), random.integers(0, 5, n), random.permutation(n)
    first = survey.mean(array, Design(weights, stratum, cluster))
    other = survey.mean(array[order], Design(weights[order] * factor, stratum[order], cluster[order]))
    assert other.estimate == pytest.approx(first.estimate, rel=1e-9, abs=1e-9)
    assert other.standard_error == pytest.approx(first.standard_error, rel=1e-6, abs=1e-7, nan_ok=True)
    assert other.df == first.df


def test_a_domain_has_the_mean_of_its_subset_and_the_clusters_of_all():
    random = np.random.default_rng(9)
    array, cluster = random.normal(50, 10, 60), np.repeat(np.arange(12), 5)
    weights, inside = random.uniform(1, 3, 60), random.random(60) < 0.4
    inside[:10] = False
    design = Design(weights, clusters=cluster)
    made = survey.mean(array, design, inside)
    assert made.estimate == pytest.approx(np.average(array[inside], weights=weights[inside]))
    assert made.df == len(set(cluster[inside])) - 1
    scores = np.bincount(cluster, weights * inside * (array - made.estimate)) / weights[inside].sum()
    assert made.standard_error == pytest.approx(math.sqrt(12 * scores.var(ddof=1)))
    missing = survey.mean(np.where(inside, array, np.nan), design)
    assert missing == made
    groups = survey.domain_means(array, inside, design, levels=np.array([True]))
    assert groups.one(0).standard_error == pytest.approx(made.standard_error)


def test_groups_compared_are_the_regression():
    random = np.random.default_rng(1)
    array, group = random.normal(50, 10, 80), random.integers(0, 2, 80)
    design = Design(random.uniform(1, 3, 80), clusters=np.repeat(np.arange(16), 5))
    difference = survey.domain_means(array, group, design).contrast(np.array([-1, 1]))
    tested = survey.t_test(array, group == 1, design)
    assert tested.estimate == pytest.approx(difference.estimate)
    assert tested.standard_error == pytest.approx(difference.standard_error)
    assert tested.df == difference.df - 1 == 14


def test_the_whole_population_has_no_error():
    design = Design(np.ones(8), STRATUM, population=np.repeat([5, 3], [5, 3]))
    assert survey.mean(X, design).standard_error == 0
    assert math.isnan(survey.mean(X, design).result().p_value)


def test_shares_at_the_ends_and_by_two_methods():
    design = Design(np.ones(20), clusters=np.repeat(np.arange(5), 4))
    none = survey.share(np.zeros(20), design)
    # R: binom::binom.confint(0, 5, methods = "wilson"): 0 to 0.4344825
    assert none[:3] == pytest.approx((0, 0, 0.4344825), abs=1e-6)
    some = np.tile([1.0, 0, 0, 0], 5)
    some[1] = 1.0
    logit, beta = survey.share(some, design), survey.share(some, design, method="beta")
    assert 0 < logit.conf_low < 0.3 < logit.conf_high < 1
    assert logit[1:3] != beta[1:3] == pytest.approx(logit[1:3], abs=0.02)
    with pytest.raises(ValueError, match="logit"):
        survey.share(some, design, method="wald")


def test_beta_interval_of_equal_weights_is_clopper_pearson_at_the_effective_size():
    # n p (1 - p) / var of n equal weights is n - 1: R svyciprop(method = "beta") on svydesign(id = ~1)
    made = survey.share(np.repeat([1.0, 0.0], [12, 28]), Design(np.ones(40)), method="beta")
    low = stats.beta.ppf(0.025, 39 * 0.3, 39 * 0.7 + 1)
    high = stats.beta.ppf(0.975, 39 * 0.3 + 1, 39 * 0.7)
    assert made[1:3] == pytest.approx((low, high))


def test_too_little_is_told_as_nothing():
    empty = Design(np.array([]))
    assert math.isnan(survey.mean(np.array([]), empty).estimate)
    assert math.isnan(survey.quantile(np.array([]), 0.5, empty).estimate)
    one = survey.mean(np.array([4.0]), Design(np.ones(1)))
    assert one.estimate == 4
    assert math.isnan(one.standard_error)
    assert math.isnan(survey.mean(np.arange(4.0), Design(np.ones(4), clusters=np.zeros(4))).standard_error)
    assert math.isnan(survey.mean(np.full(3, np.nan), Design(np.ones(3))).estimate)
    assert math.isnan(survey.mean(np.arange(3.0), Design(np.zeros(3))).estimate)
    assert math.isnan(survey.design_effect(np.full(4, 2.0), Design(np.full(4, 9.0))))
    assert math.isnan(rao_scott(np.zeros(5, int), np.arange(5), Design(np.ones(5))).p_value)
    groups = survey.domain_means(np.arange(4.0), np.array([1, 1, 2, 2]), Design(np.ones(4)), np.array([1, 3]))
    assert groups.estimate[0] == 0.5
    assert math.isnan(groups.one(1).standard_error)


@pytest.mark.parametrize(
    "wrong",
    [
        {"lonely": "guess"},
        {"strata": np.zeros(3)},
        {"population": np.array([0.5, 2, 2, 2])},
        {"population": 3},
        {"population": np.array([5.0, 6, 5, 5])},
        {"weights": np.array([1, np.nan, 1, 1])},
    ],
)
def test_a_design_that_contradicts_itself_is_refused(wrong):
    with pytest.raises(ValueError, match=r"must|smaller"):
        Design(**({"weights": np.ones(4)} | wrong))
