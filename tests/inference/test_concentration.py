"""Gini, Lorenz curve and top shares, against R's ineq and closed forms."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach_metrics.inference.concentration import gini, gini_interval, lorenz, top_share
from tests.conftest import SHARED

INCOME = np.array([541, 1463, 2445, 3438, 4437, 5401, 6392, 8304, 11904, 22261])
amounts = st.lists(st.integers(0, 30), min_size=3, max_size=40).filter(any).map(np.array)


def test_gini_is_ineq():
    # R: ineq::Gini(c(541, 1463, 2445, 3438, 4437, 5401, 6392, 8304, 11904, 22261)) -> 0.4620911
    assert gini(INCOME) == pytest.approx(0.4620911, abs=1e-6)
    assert gini(INCOME, corrected=True) == pytest.approx(0.5134345892, abs=1e-9)  # R: corr = TRUE


def test_the_reference_case(cases):
    case = cases["gini_ineq"]
    values = pd.read_csv(SHARED / "reference" / case["dataset_file"])["x"].to_numpy()
    for name, corrected in (("gini", False), ("gini_corrected", True)):
        expected = case["expected"][name]
        assert gini(values, corrected=corrected) == pytest.approx(expected["value"], abs=expected["tol"])


@given(amounts, st.floats(0.1, 50))
def test_gini_is_half_the_mean_difference_at_any_scale(values, scale):
    difference = np.abs(np.subtract.outer(values, values)).mean() / 2 / values.mean()
    assert gini(values) == pytest.approx(difference, abs=1e-9)
    assert gini(values * scale, corrected=True) == pytest.approx(gini(values, corrected=True), abs=1e-9)
    people, total = lorenz(values)
    assert gini(values) == pytest.approx(1 - (np.diff(people) @ (total[1:] + total[:-1])), abs=1e-9)


@given(amounts, st.booleans())
def test_the_jackknife_is_that_of_leaving_one_out(values, corrected):
    result = gini_interval(values, corrected=corrected)
    assert result.estimate == gini(values, corrected=corrected)
    if math.isnan(result.conf_low):
        return
    left = np.array([gini(np.delete(values, i), corrected=corrected) for i in range(len(values))])
    error = math.sqrt((len(values) - 1) / len(values) * np.square(left - left.mean()).sum())
    width = np.log(result.conf_high / (1 - result.conf_high)) - np.log(
        result.conf_low / (1 - result.conf_low)
    )
    quantile = pytest.importorskip("scipy.stats").t.ppf(0.975, len(values) - 1)
    expected = 2 * quantile * error / (result.estimate * (1 - result.estimate))
    if expected < 25:  # beyond it the limits are 0 and 1 to rounding
        assert width == pytest.approx(expected, rel=1e-5)


@given(amounts, st.floats(0, 1))
def test_the_top_have_at_least_their_share(values, share):
    assert top_share(values, share) >= share - 1e-12
    assert top_share(values, 1) == 1
    assert top_share(values, 0) == pytest.approx(0)


def test_what_cannot_be_made():
    assert math.isnan(gini(np.empty(0)))
    assert math.isnan(gini(np.zeros(4)))
    assert math.isnan(gini(np.array([3.0]), corrected=True))
    assert gini(np.array([3.0])) == 0
    assert gini(np.array([1, math.nan, 3])) == gini(np.array([1, 3]))
    assert math.isnan(gini_interval(np.ones(20)).conf_low)
    assert math.isnan(gini_interval(np.array([1, 2])).conf_low)
    assert math.isnan(gini_interval(np.array([0, 0, 0, 5])).conf_low)
    assert math.isnan(top_share(np.empty(0)))
    assert math.isnan(top_share(np.zeros(3)))
    with pytest.raises(ValueError, match="amounts"):
        gini(np.array([-1, 2]))
    with pytest.raises(ValueError, match="share"):
        top_share(INCOME, 1.2)


@pytest.mark.slow
def test_coverage_is_what_the_docstring_says():
    random = np.random.default_rng(3)
    true = 1 / 3  # geometric from 1 with p 1/2: G = (1 - p) / (2 - p)
    for n, lowest in ((15, 0.86), (100, 0.90), (400, 0.93)):
        results = [gini_interval(random.geometric(0.5, n), corrected=True) for _ in range(1000)]
        assert lowest < np.mean([r.conf_low < true < r.conf_high for r in results]) < 0.975
