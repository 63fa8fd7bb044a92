"""Further published results, each with its source and the call that made it."""

import math

import numpy as np
import pytest
from scipy import stats

from outreach_metrics.inference.displacement import displacement_parts, displacement_weights, harm_difference
from outreach_metrics.inference.multiplicity import benjamini_hochberg
from outreach_metrics.inference.panel import by_kind, goodman_bacon, linear_regression, two_way_effect
from outreach_metrics.inference.pooling import pool
from outreach_metrics.inference.power import power_of_difference
from outreach_metrics.inference.rate_tests import e_test, rate_difference, rate_ratio_test
from outreach_metrics.inference.rates import poisson_rate, rate_ratio, rate_ratio_overdispersed
from outreach_metrics.inference.staggered import aggregate, group_time_effects

GU = (30, 54308.7, 60, 51477.5)
NG = (15, 19017, 41, 28010)

# Rates


def test_one_rate():
    # R: exactci::poisson.exact(15, 400, tsmethod = "central"); DescTools::PoissonCI(15, 400,
    # method = "exact"); digits of the tests of statsmodels
    assert poisson_rate(15, 400)[:3] == pytest.approx((0.0375, 0.0209884653319583, 0.0618505471787146))


def test_exact_ratio_of_rates():
    # R: rateratio.test::rateratio.test(c(2, 9), n = c(17877, 16660)), the example of its help page
    assert rate_ratio(9, 16660, 2, 17877) == pytest.approx(
        (0.207094155743, 0.0217740627591, 1.00054910449, 0.0501064956141), rel=1e-9
    )


@pytest.mark.parametrize(
    ("method", "alternative", "p"),
    [
        ("midp", "less", 0.9949053964701466),
        ("midp", "greater", 0.005094603529853279),
        ("exact", "greater", 0.006651774552714537),
        ("exact", "less", 0.9964625674930079),
    ],
)
def test_one_sided_against_a_ratio_of_1_2(method, alternative, p):
    # R: exactci::poisson.exact(c(60, 30), c(51477.5, 54308.7), r = 1.2, alternative, midp)
    assert rate_ratio_test(*GU, method, alternative, 1.2) == pytest.approx(p, rel=1e-12)


@pytest.mark.parametrize(
    ("alternative", "p"),
    [
        ("two-sided", (0.07136366497984171, 0.0840167525117227, 0.0804675114297235, 0.09054824785458056)),
        ("greater", (0.03568183248992086, 0.04200837625586135, 0.04023375571486175, 0.043751060642682936)),
        ("less", (0.9643181675100791, 0.9579916237441386, 0.9597662442851382, 0.9672396898656999)),
    ],
)
def test_few_counts_against_a_ratio_of_1_2(alternative, p):
    # statsmodels.stats.rates.test_poisson_2indep(6, 51, 1, 54, value=1.2, method, alternative), methods
    # "wald", "score", "sqrt" and "etest"; digits of its own tests
    few = (1, 54.0, 6, 51.0)
    found = [rate_ratio_test(*few, method, alternative, 1.2) for method in ("wald", "score", "sqrt")]
    assert [*found, e_test(*few, alternative, 1.2)] == pytest.approx(p, rel=1e-10)


def test_e_test_and_difference_of_ng():
    # Ng HKT, Gu K & Tang ML (2007) CSDA 51:3085, 41/28010 against 15/19017: score test z 2.0818, one-sided p
    # 0.0187; E-test: digits of the tests of statsmodels
    assert e_test(*NG) == pytest.approx(0.03782053187021494, abs=1e-12)
    assert rate_difference(*NG).p_value / 2 == pytest.approx(0.0187, abs=5e-5)
    assert stats.norm.isf(rate_difference(*NG).p_value / 2) == pytest.approx(2.0818, abs=5e-4)


def test_score_interval_of_a_difference():
    # R: ratesci::scoreci(60, 51477.5 / 1000, 30, 54308.7 / 1000, distrib = "poi", contrast = "RD",
    # skew = FALSE)
    found = rate_difference(30, 54.3087, 60, 51.4775)
    assert found[1:3] == pytest.approx((0.265796, 0.989192), abs=5e-7)


def test_deaths_of_doctors_who_smoke():
    # Rothman KJ, Greenland S & Lash TL (2008) Modern Epidemiology, table 15-2. R: metafor::escalc(measure =
    # "IRR", x1i, x2i, t1i, t2i), summary(transf = exp); by age, and crude
    smokers, years = np.array([32, 104, 206, 186, 102]), np.array([52407, 43248, 28612, 12663, 5317])
    others, other_years = np.array([2, 12, 28, 28, 31]), np.array([18790, 10673, 5710, 2585, 1462])
    published = [
        (5.7366, 1.3748, 23.9371),
        (2.1388, 1.1767, 3.8876),
        (1.4682, 0.9894, 2.1789),
        (1.3561, 0.9115, 2.0176),
        (0.9047, 0.6053, 1.3524),
    ]
    for cells, expected in zip(zip(others, other_years, smokers, years, strict=True), published, strict=True):
        assert rate_ratio_overdispersed(*cells, 1.0, math.inf)[:3] == pytest.approx(expected, abs=5.1e-5)
    crude = (others.sum(), other_years.sum(), smokers.sum(), years.sum())
    assert rate_ratio_overdispersed(*crude, 1.0, math.inf)[:3] == pytest.approx(
        (1.7198, 1.394, 2.1219), abs=5.1e-5
    )


# Displacement


def test_displacement_with_areas_of_different_size():
    # ptools, tests/testthat/test-wdd.R: wdd(c(308, 318), c(207, 110), c(150, 140), c(178, 157),
    # area_weights = c(0.9, 1.2, 1.6, 1.5), alpha = 0.05); its areas: comparison, treated, comparison of the
    # displacement areas, displacement areas
    counts = np.array([[207, 110], [308, 318], [178, 157], [150, 140]])
    total = displacement_parts(counts, displacement_weights(area=(1.2, 0.9, 1.5, 1.6))).total
    assert (total.estimate, total.standard_error, total.z) == pytest.approx(
        (-99.69444444, 35.4280755, -2.813995483)
    )
    assert total[1:3] == pytest.approx((-169.1321965, -30.25669241))


@pytest.mark.parametrize(
    ("counts", "weights", "printed"),
    [
        ([[120, 100], [130, 150]], displacement_weights(area=(1, 1)), (-40, 22.4, -76.8, -3.2)),
        (
            [[120, 100], [130, 150], [40, 25], [30, 25]],
            displacement_weights(area=(1, 1, 1, 1)),
            (-50, 24.9, -91.0, -9.0),
        ),
        ([[100, 20], [200, 100]], displacement_weights(time=(2, 1)), (-30, 14.0, -53.0, -7.0)),
        (
            [[200, 100], [400, 200], [40, 20], [80, 40]],
            displacement_weights(area=(1, 2, 1, 2)),
            (0, 23.2, -38.2, 38.2),
        ),
    ],
)
def test_displacement_as_crimepy_prints_it(counts, weights, printed):
    # crimepy, notebooks/WDD_Examples.ipynb: wdd((130, 150), (120, 100)), ..., 90 % intervals
    total = displacement_parts(np.array(counts), weights, conf_level=0.9).total
    assert (total.estimate, total.standard_error, *total[1:3]) == pytest.approx(printed, abs=0.051)


@pytest.mark.parametrize(
    ("counts", "change", "error", "z", "low", "high"),
    [
        ([[130, 74], [133, 91]], -14, 20.688161, -0.676716, -48.028996, 20.028996),
        ([[327, 202], [388, 305]], -42, 34.957117, -1.201472, -99.499340, 15.499340),
        ([[398, 190], [148, 97]], -157, 28.861739, -5.439728, -204.473337, -109.526663),
        ([[144, 92], [86, 64]], -30, 19.646883, -1.526960, -62.316246, 2.316246),
        ([[183, 96], [94, 67]], -60, 20.976177, -2.860388, -94.502741, -25.497259),
    ],
)
def test_displacement_of_each_offence(counts, change, error, z, low, high):
    # The same notebook: the five differences that the harm-weighted one is made of. Harm 1 is no weighting.
    found = harm_difference(np.array([counts]), np.ones(1), np.ones((2, 2)), conf_level=0.9)
    assert (found.estimate, found.standard_error, found.z) == pytest.approx((change, error, z), abs=6e-7)
    assert found[1:3] == pytest.approx((low, high), abs=6e-7)


def test_displacement_without_a_time_before():
    # ptools, help of wdd: wdd(c(0, 20), c(0, 10)), two-sided p "~0.068", e_test(20, 10) "~0.069"
    total = displacement_parts(np.array([[0, 10], [0, 20]]), np.ones((2, 2))).total
    assert total.p_value == pytest.approx(0.068, abs=5e-4)
    assert e_test(10, 1, 20, 1) == pytest.approx(0.069, abs=5e-4)


# Staggered starts. Medicaid expansions, 46 states, 2008 to 2019: means of the states' shares insured (`dins`)
# by the year of their start, made from ehec_data.csv of the course Advanced DID of the Causal Inference
# Mixtape, whose exercise 1 has the results (solutions in R). Estimates, unlike their errors, depend on the
# states only by these means, so that each state has its cohort's here.

STARTS = np.array([2014, 2015, 2016, 2017, 2019, np.inf])
STATES = np.array([22, 3, 2, 1, 2, 16])
MEANS = """
.664082773 .647053668 .646668668 .649506432 .657039355 .662422082
.753714527 .808016795 .828967718 .820870427 .820476500 .818192077
.702548100 .695547700 .666489967 .666045700 .673010367 .668586900
.711387867 .792012567 .804061967 .816991333 .813450467 .811656900
.555857250 .544332250 .586986250 .564000500 .544319050 .591317200
.606418350 .674944050 .719029350 .721941900 .747953000 .756014750
.584597100 .580977900 .558996100 .562862800 .586867900 .592963600
.631523700 .666504600 .716650500 .763652300 .782904500 .768143500
.708036550 .712472650 .680570050 .659281400 .668241500 .685510550
.730389550 .752141950 .748228800 .756371400 .760176400 .786727900
.631947812 .618600144 .606809256 .614177081 .621595219 .620691494
.669643794 .697572850 .709659600 .708519844 .706134275 .696141562
"""
INSURED = np.array(MEANS.split(), dtype=float).reshape(6, 12)


def medicaid(ever_treated: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Return the share insured, (states, years), and the column in which each state started."""
    held = np.isfinite(STARTS) if ever_treated else STARTS > 0
    return np.repeat(INSURED[held], STATES[held], axis=0), np.repeat(STARTS[held] - 2008, STATES[held])


def test_group_time_effects_of_medicaid():
    # R: did::att_gt("dins", "year", "stfips", "yexp2", data = df, control_group = "notyettreated"); the
    # effects of cohort g in the years from 2009 on
    published = {
        2014: ".0467 .0692 .0785 .0725 .0738 .0803",
        2015: ".0491 .0526 .0682 .0663 .0738",
        2016: ".0317 .0368 .0645 .0825",
        2017: ".0471 .0681 .0650",
        2019: ".0365",
    }
    before = {
        2014: "-.0065 .0111 .0015 .0016 .0009",
        2015: ".0071 -.0245 -.0027 .0003 -.0100 -.0020",
        2016: ".0022 .0511 -.0262 -.0276 .0440 -.0322 .0409",
        2017: ".0102 -.0161 .0019 .0177 .0012 -.0063 .0036 .0398",
        2019: ".0189 -.0269 -.0244 .0024 .0129 .0003 -.0108 -.0182 .0093 .0062",
    }
    effects = group_time_effects(*medicaid(), "not_yet")
    for start in published:
        expected = [float(number) for number in (before[start] + " " + published[start]).split()]
        assert effects.att[effects.groups == start - 2008] == pytest.approx(expected, abs=5.1e-5)
    first = (effects.groups == 6) & (effects.times == 6)
    assert effects.att[first] == pytest.approx(0.04670243, abs=1e-7)  # "by hand" in the exercise
    assert effects.lonely == (9,)


@pytest.mark.parametrize(
    ("ever_treated", "growth", "published"),
    [(False, 0.0, 0.068), (True, 0.0, 0.0728), (True, 0.01, 0.0917)],
)
def test_simple_aggregation_of_medicaid(ever_treated, growth, published):
    # R: did::aggte(type = "simple"): all states; only those that start; these with 0.01 more a year
    insured, start = medicaid(ever_treated)
    grown = insured + growth * np.maximum(np.arange(12) - start[:, None], 0)
    averaged = aggregate(group_time_effects(grown, start, "not_yet"))
    assert averaged.overall.estimate == pytest.approx(published, abs=5.1e-5)


def test_two_way_effect_of_medicaid_and_what_it_is_made_of():
    # R: fixest::feols(dins ~ postTreated | stfips + year); bacondecomp::bacon(dins ~ postTreated, df,
    # "stfips", "year"): share and mean estimate by kind, and some of the 25 pairs
    insured, start = medicaid()
    dose = np.arange(12) >= start[:, None]
    assert two_way_effect(insured, dose).estimate == pytest.approx(0.070321, abs=5.1e-7)
    pairs = goodman_bacon(insured, np.where(np.isfinite(start), start, np.nan))
    kinds = by_kind(pairs)
    assert kinds["earlier against later"] == pytest.approx((0.14911, 0.06983), abs=5.1e-6)
    assert kinds["later against earlier"] == pytest.approx((0.05827, 0.04486), abs=5.1e-6)
    assert kinds["treated against untreated"] == pytest.approx((0.79262, 0.07228), abs=5.1e-6)
    made = {(pair.start + 2008, pair.other_start + 2008): (pair.weight, pair.estimate) for pair in pairs}
    assert len(made) == 25
    for key, weight, estimate in [
        ((2014, math.inf), 0.6215420836, 0.074935691),
        ((2019, math.inf), 0.0172650579, 0.030943646),
        ((2014, 2019), 0.0647439670, 0.088170864),
        ((2019, 2014), 0.0107906612, 0.025483405),
        ((2015, 2016), 0.0020600353, 0.004156228),
        ((2017, 2016), 0.0002942908, 0.031975667),
    ]:
        assert made[key] == pytest.approx((weight, estimate), abs=1e-7)


def test_two_way_effect_of_medicaid_among_those_that_start():
    # R: the same two calls with filter(!is.na(yexp2))
    insured, start = medicaid(ever_treated=True)
    effect = two_way_effect(insured, np.arange(12) >= start[:, None])
    assert effect.estimate == pytest.approx(0.062817, abs=5.1e-7)
    kinds = by_kind(goodman_bacon(insured, start))
    assert set(kinds) == {"earlier against later", "later against earlier"}
    assert kinds["earlier against later"] == pytest.approx((0.71902, 0.06983), abs=5.1e-6)
    assert kinds["later against earlier"] == pytest.approx((0.28098, 0.04486), abs=5.1e-6)


# Robust standard errors, on data that statsmodels holds; Stata's results from its own tests


@pytest.fixture(scope="module")
def grunfeld():
    from statsmodels.datasets import grunfeld

    frame = grunfeld.load_pandas().data
    frame = frame[frame["firm"] != "American Steel"]
    design = np.column_stack([frame["value"], frame["capital"], np.ones(len(frame))])
    return frame["invest"].to_numpy(), design, frame["firm"].to_numpy(), frame["year"].to_numpy()


def test_clusters_of_grunfeld(grunfeld):
    # Stata: regress invest mvalue kstock, vce(cluster company)
    invest, design, firm, _ = grunfeld
    fit = linear_regression(invest, design, "cluster", clusters=firm)
    assert fit.coefficients == pytest.approx((0.11556215606596, 0.23067848754982, -42.714369016733))
    assert fit.standard_errors == pytest.approx((0.01589433647768, 0.08496711097464, 20.425202580078))
    assert fit.df == 9
    published = (0.11556215606596, 0.07960666895505, 0.15151764317688, 0.00004710548549)
    assert fit.result(0) == pytest.approx(published, rel=1e-6)


def test_clusters_of_grunfeld_without_correction(grunfeld):
    # Stata: ivreg2 invest mvalue kstock, cluster(company); cluster(company time)
    invest, design, firm, year = grunfeld
    by_firm = linear_regression(invest, design, "cluster", clusters=firm, small_sample=False)
    assert by_firm.standard_errors == pytest.approx((0.01500272788516, 0.08020079648691, 19.27943055305))
    labels = np.column_stack([firm, year])
    both = linear_regression(invest, design, "cluster", clusters=labels, small_sample=False)
    assert both.standard_errors == pytest.approx((0.01543448599542, 0.07407184066336, 18.411420987265))


@pytest.mark.parametrize(
    ("small_sample", "errors"),
    [
        (False, (0.32878742225811, 0.29361854972141, 1.1770944273439)),
        (True, (0.33125644884286, 0.29582347593197, 1.1859338087713)),
    ],
)
def test_newey_west_of_investment_and_product(small_sample, errors):
    # Stata: ivreg2 g_realinv g_realgdp L.realint, robust bw(5); newey g_realinv g_realgdp L.realint, lag(4)
    from statsmodels.datasets import macrodata

    frame = macrodata.load_pandas().data
    growth = 400 * np.diff(np.log(frame[["realinv", "realgdp"]].to_numpy()), axis=0)
    design = np.column_stack([growth[:, 1], frame["realint"].to_numpy()[:-1], np.ones(len(growth))])
    fit = linear_regression(growth[:, 0], design, "newey_west", lags=4, small_sample=small_sample)
    assert fit.coefficients == pytest.approx((4.3742216647032, -0.61399696947899, -9.4816727746549))
    assert fit.standard_errors == pytest.approx(errors)


# Pooling

STUDIES = """
.03 .12 -.14 1.18 .26 -.06 -.02 -.32 .27 .80 .54 .18 -.02 .23 -.18 -.06 .30 .07 -.07
.0156 .0216 .0279 .1391 .1362 .0106 .0106 .0484 .0269 .0630
.0912 .0497 .0835 .0841 .0253 .0279 .0193 .0088 .0303
"""
TEACHERS = np.array(STUDIES.split(), dtype=float).reshape(2, 19)


@pytest.mark.parametrize(
    ("method", "knapp_hartung", "published"),
    [
        ("REML", False, (0.019, 0.084, 0.052, 1.621, -0.018, 0.185)),
        ("DL", False, (0.026, 0.089, 0.056, 1.601, -0.020, 0.199)),
        ("REML", True, (0.019, 0.084, 0.062, 1.359, -0.046, 0.213)),
        ("DL", True, (0.026, 0.089, 0.064, 1.405, -0.044, 0.223)),
    ],
)
def test_expectations_of_teachers(method, knapp_hartung, published):
    # Raudenbush SW (2009), table 16.3; metadat::dat.raudenbush1985. R: metafor::rma(yi, vi, method =, test =
    # "z" or "knha"): tau2, mean, error, statistic, limits, as tests/testthat of metafor has them
    effects, variances = TEACHERS
    pooled = pool(effects, np.sqrt(variances), method, knapp_hartung)
    statistic = pooled.mean.estimate / pooled.standard_error
    found = (pooled.tau2, pooled.mean.estimate, pooled.standard_error, statistic, *pooled.mean[1:3])
    assert found == pytest.approx(published, abs=5.1e-4)
    assert pooled.q == pytest.approx(35.83, abs=5.1e-3)


FIRST = """
-.581 .530 .771 1.031 .553 .295 .078 .573 -.176 -.232
.023 .052 .060 .115 .095 .203 .200 .211 .051 .040
"""
SECOND = """
.100 -.162 -.090 -.049 -.046 -.010 -.431 -.261 .134 .019 .175 .056 .045 .103 .121 -.482 .290 .342
.016 .015 .050 .050 .032 .052 .036 .024 .034 .033 .031 .034 .039 .167 .134 .096 .016 .035
"""


@pytest.mark.parametrize(
    ("studies", "method", "tau2", "share"),
    [
        (FIRST, "DL", 0.277, 80.44),
        (FIRST, "REML", 0.223, 76.84),
        (SECOND, "DL", 0.013, 27.53),
        (SECOND, "REML", 0.016, 32.02),
    ],
)
def test_variances_between_studies_of_viechtbauer(studies, method, tau2, share):
    # Viechtbauer W (2005) J Educ Behav Stat 30:261, p. 271 and 272. R: metafor::rma(yi, vi, method =)
    effects, variances = np.array(studies.split(), dtype=float).reshape(2, -1)
    pooled = pool(effects, np.sqrt(variances), method)
    assert pooled.tau2 == pytest.approx(tau2, abs=5.1e-4)
    assert 100 * pooled.i2 == pytest.approx(share, abs=5.1e-3)


@pytest.mark.parametrize(
    ("knapp_hartung", "error", "limits"),
    [
        (False, 0.245749668040304, (61.9084781058787, 62.8717991030221)),
        (True, 0.29477605699879, (61.710383798052, 63.0698934108488)),
    ],
)
def test_laboratories_of_kacker(knapp_hartung, error, limits):
    # Kacker RN (2004) Metrologia 41:132. R: metafor::rma(y, v, method = "DL", test = "z" or "knha"); digits
    # of the tests of statsmodels
    effects = np.array([61.00, 61.40, 62.21, 62.30, 62.34, 62.60, 62.70, 62.84, 65.90])
    variances = np.array([0.2025, 1.2100, 0.0900, 0.2025, 0.3844, 0.5625, 0.0676, 0.0225, 1.8225])
    pooled = pool(effects, np.sqrt(variances), "DL", knapp_hartung)
    assert pooled.tau2 == pytest.approx(0.288049246973751, rel=1e-8)
    assert (pooled.mean.estimate, pooled.standard_error) == pytest.approx(
        (62.3901386044504, error), rel=1e-10
    )
    assert pooled.mean[1:3] == pytest.approx(limits, rel=1e-10)
    assert (pooled.i2, pooled.q) == pytest.approx((0.67744403741711, 24.801897741835), rel=1e-8)


def test_prediction_interval_of_meta():
    # R: meta::metabin(e2i, nei, c2i, nci, sm = "OR", method = "Inverse", method.tau = "DL", hakn = TRUE),
    # whose prediction interval has k - 2 degrees of freedom; data and digits of the tests of statsmodels
    events = np.array([18, 22, 21, 14, 42, 80, 13, 37, 23, 19, 106, 170, 34, 18, 13, 12, 42])
    treated = np.array([19, 34, 72, 22, 70, 183, 26, 61, 36, 45, 246, 386, 59, 45, 14, 26, 74])
    others = np.array([12, 12, 15, 5, 13, 33, 18, 30, 12, 14, 76, 46, 17, 3, 14, 10, 40])
    compared = np.array([22, 35, 68, 20, 32, 94, 50, 55, 25, 35, 208, 141, 32, 15, 18, 19, 75])
    cells = np.array([events, treated - events, others, compared - others])
    log_odds_ratios = np.log(cells[0] * cells[3] / cells[1] / cells[2])
    pooled = pool(log_odds_ratios, np.sqrt((1 / cells).sum(axis=0)), "DL")
    assert pooled.mean == pytest.approx(
        (0.429520368698268, 0.235347059333852, 0.623693678062684, 0.000246175101510513), rel=1e-10
    )
    assert pooled.standard_error == pytest.approx(0.0915952752397692, rel=1e-10)
    assert pooled.prediction == pytest.approx((0.215650965184522, 0.643389772212014), rel=1e-10)
    assert (pooled.tau2, pooled.i2) == pytest.approx((0.0016783981912744, 0.0112088293538659), rel=1e-9)
    assert (pooled.q, pooled.q_p_value) == pytest.approx((16.181374262823, 0.440375456698129), rel=1e-10)


# Several outcomes, and power


def test_discovery_rate_of_benjamini_and_hochberg():
    # Benjamini Y & Hochberg Y (1995) JRSS B 57:289, section 3.2: at 0.05 four of fifteen hypotheses fall
    p = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459]
    p += [0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0]
    adjusted = benjamini_hochberg(np.array(p))
    assert np.flatnonzero(adjusted <= 0.05).tolist() == [0, 1, 2, 3]
    assert adjusted[:4] == pytest.approx((0.0015, 0.003, 0.0095, 0.035625))


def test_power_of_a_difference_as_pass_prints_it():
    # PASS, chapter 436: rates 10 and 15, 8 and 6 units, one-sided 0.05, power 0.82566; as quoted by
    # the tests of statsmodels
    power = power_of_difference(1.5, [[80, 60]], [[1 / 8, 1 / 6]], conf_level=0.9)
    assert power == pytest.approx(0.82566, abs=5e-6)
