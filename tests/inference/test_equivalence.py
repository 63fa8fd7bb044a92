"""Two one-sided tests against TOSTER's formulas, and what they must never do."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from outreach_metrics.inference.equivalence import equivalence

estimates, errors = st.floats(-10, 10), st.floats(0.01, 10)
margins = st.floats(0.01, 20)


def test_lakens_example():
    # Lakens 2017, eyes: TOSTER::tsum_TOST(m1 = 4.55, sd1 = 1.05, n1 = 15, m2 = 4.87, sd2 = 1.11, n2 = 15,
    # hypothesis = "EQU", eqb = 0.5, var.equal = FALSE): p of both one-sided tests from their t
    error = math.sqrt((1.05**2 + 1.11**2) / 15)
    df = (1.05**2 + 1.11**2) ** 2 / ((1.05**4 + 1.11**4) / 14)
    made = equivalence(4.55 - 4.87, error, df, margin=0.5)
    assert made.p_value == pytest.approx(stats.t.cdf((4.55 - 4.87 + 0.5) / -error, df))
    assert made.p_difference == pytest.approx(2 * stats.t.sf(0.32 / error, df))
    assert made.verdict == "undecided"


def test_the_three_verdicts():
    assert equivalence(0.0, 1.0, math.inf, margin=3).verdict == "equivalent"
    assert equivalence(0.5, 0.1, math.inf, margin=3).verdict == "equivalent"
    assert equivalence(5.0, 1.0, math.inf, margin=3).verdict == "different"
    assert equivalence(2.5, 2.0, math.inf, margin=3).verdict == "undecided"
    # 1.645 standard errors from a margin of 3
    assert equivalence(0.0, 3 / 1.6448, math.inf, margin=3).verdict == "undecided"
    assert equivalence(0.0, 3 / 1.6449, math.inf, margin=3).verdict == "equivalent"


@given(estimates, errors, st.floats(2, 300), margins, margins)
def test_p_falls_as_the_margin_grows(estimate, error, df, margin, other):
    small, large = sorted([margin, other])
    narrow, wide = (equivalence(estimate, error, df, size) for size in (small, large))
    assert wide.p_value <= narrow.p_value
    assert narrow.verdict != "equivalent" or wide.verdict == "equivalent"


@given(estimates, errors, st.floats(2, 300), margins)
def test_equivalent_exactly_when_the_interval_lies_within_the_margin(estimate, error, df, margin):
    made = equivalence(estimate, error, df, margin)
    if abs(made.p_value - 0.05) > 1e-9:
        within = -margin < made.interval.conf_low and made.interval.conf_high < margin
        assert within == (made.verdict == "equivalent")
        assert within == (made.p_value < 0.05)
    assert equivalence(-estimate, error, df, margin).p_value == pytest.approx(made.p_value)


@pytest.mark.parametrize("error", [0.0, math.nan, math.inf])
def test_without_a_standard_error_nothing_is_decided(error):
    made = equivalence(0.0, error, 10, margin=3)
    assert math.isnan(made.p_value)
    assert math.isnan(made.interval.conf_low)
    assert made.verdict == "undecided"
    assert made.reason


def test_a_margin_of_nothing_is_refused():
    for margin in (0, -1, math.nan):
        with pytest.raises(ValueError, match="margin"):
            equivalence(0, 1, 10, margin=margin)
