"""Random-effects pooling against published results of metafor, statsmodels and a likelihood written out."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize

from outreach_metrics.inference.pooling import pool

# metadat::dat.bcg, columns tpos, tneg, cpos, cneg (Colditz GA et al., 1994, JAMA 271:698)
BCG = np.array(
    [
        (4, 119, 11, 128),
        (6, 300, 29, 274),
        (3, 228, 11, 209),
        (62, 13536, 248, 12619),
        (33, 5036, 47, 5761),
        (180, 1361, 372, 1079),
        (8, 2537, 10, 619),
        (505, 87886, 499, 87892),
        (29, 7470, 45, 7232),
        (17, 1699, 65, 1600),
        (186, 50448, 141, 27197),
        (5, 2493, 3, 2338),
        (27, 16886, 29, 17825),
    ],
    dtype=float,
)


def log_risk_ratios() -> tuple[np.ndarray, np.ndarray]:
    # R: metafor::escalc(measure = "RR", ai = tpos, bi = tneg, ci = cpos, di = cneg, data = dat.bcg)
    a, b, c, d = BCG.T
    return np.log(a / (a + b) * (c + d) / c), np.sqrt(1 / a - 1 / (a + b) + 1 / c - 1 / (c + d))


def test_reml_of_metafor():
    # R: metafor::rma(yi, vi, data = dat, method = "REML"); digits of the tests of broom (tidy, glance),
    # where the scoring stops at a change of 1e-5
    pooled = pool(*log_risk_ratios(), knapp_hartung=False)
    assert pooled.mean.estimate == pytest.approx(-0.714532348365101, abs=1e-7)
    assert pooled.standard_error == pytest.approx(0.179781531780361, abs=1e-7)
    assert pooled.mean[1:3] == pytest.approx((-1.06689767574005, -0.362167020990149), abs=1e-6)
    assert pooled.mean.p_value == pytest.approx(7.05426734852063e-05, rel=1e-5)
    assert pooled.tau2 == pytest.approx(0.313243325980895, abs=1e-6)
    assert pooled.i2 == pytest.approx(0.922213860749656, abs=1e-6)
    assert pooled.q == pytest.approx(152.233008082373, abs=1e-9)
    assert pooled.q_p_value == pytest.approx(1.99676459084592e-26, rel=1e-9)


def test_dersimonian_laird_of_metafor_and_stata():
    # R: metafor::rma(yi, vi, data = dat, method = "DL"); metafor's tests, compared there with Stata's metan
    pooled = pool(*log_risk_ratios(), method="DL", knapp_hartung=False)
    assert pooled.mean[:3] == pytest.approx((-0.7141, -1.0644, -0.3638), abs=6e-5)
    assert pooled.mean.estimate / pooled.standard_error == pytest.approx(-3.9952, abs=6e-5)
    assert pooled.tau2 == pytest.approx(0.3088, abs=6e-5)
    assert pooled.i2 == pytest.approx(0.921173, abs=6e-7)


@pytest.mark.parametrize("knapp_hartung", [False, True])
def test_dersimonian_laird_of_statsmodels(knapp_hartung):
    from statsmodels.stats.meta_analysis import combine_effects

    effects, errors = log_risk_ratios()
    peer = combine_effects(effects, errors**2, method_re="dl")
    pooled = pool(effects, errors, method="DL", knapp_hartung=knapp_hartung)
    assert pooled.tau2 == pytest.approx(peer.tau2, rel=1e-9)
    assert pooled.mean.estimate == pytest.approx(peer.mean_effect_re, rel=1e-9)
    expected = peer.sd_eff_w_re_hksj if knapp_hartung else peer.sd_eff_w_re
    assert pooled.standard_error == pytest.approx(expected, rel=1e-9)


def restricted(tau2: float, effects: np.ndarray, errors: np.ndarray) -> float:
    weight = 1 / (errors**2 + tau2)
    mean = weight @ effects / weight.sum()
    return 0.5 * (-np.log(weight).sum() + math.log(weight.sum()) + weight @ (effects - mean) ** 2)


@pytest.mark.parametrize("seed", range(8))
def test_reml_is_at_the_top_of_the_restricted_likelihood(seed):
    random = np.random.default_rng(seed)
    errors = random.uniform(0.1, 0.6, 9)
    effects = random.normal(0, 0.2 * (seed % 4)) + random.normal(0, np.hypot(errors, 0.1 * seed))
    best = optimize.minimize_scalar(
        restricted, bounds=(0, 4), args=(effects, errors), method="bounded", options={"xatol": 1e-10}
    )
    tau2 = pool(effects, errors).tau2
    assert tau2 == pytest.approx(best.x, abs=1e-5)
    assert restricted(tau2, effects, errors) <= best.fun + 1e-9


def test_prediction_interval_has_two_degrees_fewer_than_programs():
    # Higgins et al. (2009), eq. 12; here 4 programs, t quantile 4.3026527297
    pooled = pool(np.array([-0.4, -0.1, 0.0, -0.6]), np.array([0.1, 0.1, 0.2, 0.2]))
    half = 4.302652729696142 * math.sqrt(pooled.tau2 + pooled.standard_error**2)
    assert pooled.prediction == pytest.approx((pooled.mean.estimate - half, pooled.mean.estimate + half))


def test_equal_effects_are_the_fixed_effect_mean_and_no_narrower():
    effects, errors = np.full(4, 0.2), np.array([0.1, 0.2, 0.3, 0.4])
    pooled = pool(effects, errors)
    assert (pooled.tau2, pooled.i2, pooled.q_p_value) == (0, 0, 1)
    assert pooled.standard_error == pytest.approx((1 / errors**2).sum() ** -0.5)
    assert pooled.df == 3


def test_what_cannot_be_pooled_is_left_out_and_counted():
    effects, errors = np.array([0.1, np.nan, 0.4, -np.inf, 0.2]), np.array([0.1, 0.1, 0.2, 0.1, np.nan])
    pooled = pool(effects, errors)
    alone = pool(effects[[0, 2]], errors[[0, 2]])
    assert (pooled.programs, pooled.left_out) == (2, 3)
    assert pooled.mean == alone.mean
    assert pooled.weights[[1, 3, 4]].tolist() == [0, 0, 0]
    assert math.isnan(pooled.prediction[0])
    assert pooled.reason == "There are two programs, so no prediction interval."


def test_one_program_is_itself():
    pooled = pool(np.array([-0.3]), np.array([0.1]))
    assert pooled.mean[:3] == pytest.approx((-0.3, -0.3 - 0.1959963985, -0.3 + 0.1959963985))
    assert math.isnan(pooled.tau2)
    assert pooled.reason == "There is one program, so nothing to pool."


def test_no_program_is_nothing():
    pooled = pool(np.array([np.nan]), np.array([0.1]))
    assert math.isnan(pooled.mean.estimate)
    assert (pooled.programs, pooled.left_out) == (0, 1)
    assert pooled.reason


def test_a_standard_error_of_none_is_refused():
    with pytest.raises(ValueError, match="above 0"):
        pool(np.array([0.1, 0.2]), np.array([0.1, 0.0]))


programs = st.lists(
    st.tuples(st.floats(-2, 2), st.floats(0.05, 1)), min_size=3, max_size=9, unique_by=lambda pair: pair[0]
)


@given(programs, st.floats(-1, 1), st.sampled_from(["REML", "DL"]))
def test_a_shift_moves_the_mean_and_nothing_else(pairs, shift, method):
    effects, errors = np.array(pairs).T
    one, other = pool(effects, errors, method), pool(effects + shift, errors, method)
    assert other.mean.estimate == pytest.approx(one.mean.estimate + shift, abs=1e-5)
    assert other.tau2 == pytest.approx(one.tau2, abs=1e-5)


@given(programs, st.booleans(), st.floats(0.5, 0.99))
def test_interval_and_p_value_match(pairs, knapp_hartung, conf_level):
    effects, errors = np.array(pairs).T
    mean = pool(effects, errors, knapp_hartung=knapp_hartung, conf_level=conf_level).mean
    if abs(mean.p_value - (1 - conf_level)) > 1e-9:
        assert (mean.p_value < 1 - conf_level) == (mean.conf_low > 0 or mean.conf_high < 0)
