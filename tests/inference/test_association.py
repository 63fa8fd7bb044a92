"""Dose against outcome, against closed forms."""

import math

import numpy as np
import pytest

from outreach_metrics.inference.association import dose_response


def people(seed: int = 0, n: int = 60, slope: float = 0.5) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    dose = random.poisson(3, n).astype(float)
    return dose, slope * dose + random.normal(0, 1 + dose / 3, n)


def test_the_slope_is_least_squares_with_hc3():
    # R: coeftest(lm(y ~ x), vcovHC(fit, "HC3")): (X'X)^-1 X' diag(e^2 / (1 - h)^2) X (X'X)^-1
    dose, outcome = people()
    design = np.column_stack([np.ones(60), dose])
    inverse = np.linalg.inv(design.T @ design)
    coefficients = inverse @ design.T @ outcome
    leverage = np.einsum("ij,jk,ik->i", design, inverse, design)
    scaled = design * ((outcome - design @ coefficients) / (1 - leverage))[:, None]
    error = math.sqrt((inverse @ (scaled.T @ scaled) @ inverse)[1, 1])
    found = dose_response(dose, outcome)
    assert found.slope.estimate == pytest.approx(coefficients[1])
    assert found.slope.conf_high - found.slope.estimate == pytest.approx(
        2.0017174841 * error
    )  # qt(0.975, 58)
    assert (found.people, found.clusters) == (60, 60)


def test_clusters_are_not_independent():
    # R: vcovCL(lm(y ~ x), cluster, type = "HC1"): factor G / (G - 1) * (n - 1) / (n - 2), t on G - 1
    dose, outcome = people(n=60)
    group = np.repeat(np.arange(12), 5)
    design = np.column_stack([np.ones(60), dose])
    inverse = np.linalg.inv(design.T @ design)
    scores = design * (outcome - design @ (inverse @ design.T @ outcome))[:, None]
    totals = scores.reshape(12, 5, 2).sum(axis=1)
    error = math.sqrt((inverse @ (totals.T @ totals) @ inverse)[1, 1] * 12 / 11 * 59 / 58)
    found = dose_response(dose, outcome, clusters=group)
    assert found.slope.conf_high - found.slope.estimate == pytest.approx(
        2.2009851601 * error
    )  # qt(0.975, 11)
    assert found.clusters == 12
    assert math.isnan(found.rank_correlation.conf_low)


def test_weights_repeat_people():
    dose, outcome = people(n=12)
    times = np.tile([1, 2, 3], 4)
    weighted = dose_response(dose, outcome, weights=times)
    repeated = dose_response(np.repeat(dose, times), np.repeat(outcome, times))
    assert weighted.slope.estimate == pytest.approx(repeated.slope.estimate)


def test_spearman_and_its_interval():
    # R: cor(x, y, method = "spearman") 0.8285714; atanh(rho) +- 1.959964 * sqrt((1 + rho^2 / 2) / (n - 3))
    found = dose_response(np.arange(6), np.array([1.0, 0, 3, 2, 5, 4])).rank_correlation
    reach = 1.959963985 * math.sqrt((1 + 0.8285714286**2 / 2) / 3)
    assert found.estimate == pytest.approx(0.8285714286)
    assert found.conf_low == pytest.approx(math.tanh(math.atanh(0.8285714286) - reach))
    assert (found.p_value < 0.05) == (found.conf_low > 0)


def test_what_cannot_be_made():
    few = dose_response(np.arange(3), np.array([1.0, 2, 4]))
    assert np.isnan(few.slope).all()
    assert few.people == 3
    assert np.isnan(dose_response(np.ones(9), np.arange(9.0)).slope).all()
    assert np.isnan(dose_response(np.arange(9.0), np.ones(9)).slope).all()
    assert np.isnan(dose_response(np.empty(0), np.empty(0)).slope).all()
    assert np.isnan(
        dose_response(np.arange(9), np.arange(9) ** 2, clusters=np.repeat([0, 1], [4, 5])).slope
    ).all()
    alone = dose_response(np.array([0, 0, 0, 0, 5.0]), np.array([1.0, 2, 3, 4, 9]))
    assert alone.slope.estimate == pytest.approx(1.3)
    assert math.isnan(alone.slope.conf_low)
    gaps = dose_response(np.array([0, 1, 2, 3, math.nan]), np.array([1.0, 3, 2, 5, 7]))
    assert gaps.people == 4
    with pytest.raises(ValueError, match="length"):
        dose_response(np.ones(3), np.ones(4))


@pytest.mark.slow
def test_the_interval_holds_the_truth():
    slopes = [dose_response(*people(seed, 40)).slope for seed in range(800)]
    assert 0.93 < np.mean([s.conf_low < 0.5 < s.conf_high for s in slopes]) < 0.975
