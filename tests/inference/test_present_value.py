"""Net present value and benefit-cost ratio against numpy-financial; sensitivity one assumption at a time."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach_metrics.inference.present_value import (
    benefit_cost,
    discount_factors,
    net_present_value,
    one_way,
)
from tests.conftest import SHARED

FLOWS = np.array([-40000.0, 5000, 8000, 12000, 30000])
rates = st.floats(0.0, 0.3)
amounts = st.lists(st.floats(-1e5, 1e5), min_size=1, max_size=12).map(np.array)


def test_net_present_value_is_numpy_financial():
    # numpy_financial.npv(0.08, [-40_000, 5_000, 8_000, 12_000, 30_000]) -> 3065.22267 (its docstring)
    assert net_present_value(FLOWS, 0.08) == pytest.approx(3065.22267, abs=1e-5)


def test_the_reference_case(cases):
    case = cases["npv_doc"]
    flows = pd.read_csv(SHARED / "reference" / case["dataset_file"])["cashflow"].to_numpy()
    gains, costs = np.where(flows > 0, flows, 0.0), np.where(flows < 0, -flows, 0.0)
    found = benefit_cost(gains, costs, 0.08)
    values = {"npv": found.net, "pv_benefits": found.benefits, "bcr": found.ratio}
    for name, expected in case["expected"].items():
        assert values[name] == pytest.approx(expected["value"], abs=expected["tol"])


@given(amounts, rates, st.floats(-50, 50))
def test_it_is_linear(flows, rate, factor):
    value = net_present_value(flows, rate)
    assert net_present_value(flows * factor, rate) == pytest.approx(value * factor, rel=1e-9, abs=1e-4)
    half = net_present_value(flows / 2, rate)
    assert half + half == pytest.approx(value, rel=1e-9, abs=1e-6)


@given(amounts, rates)
def test_times_of_whole_years_are_the_default(flows, rate):
    times = np.arange(len(flows))
    assert net_present_value(flows, rate, times) == net_present_value(flows, rate)


@given(rates)
def test_later_money_is_worth_less(rate):
    factors = discount_factors(np.array([0.0, 0.5, 1.0, 10.0]), rate)
    assert factors[0] == 1 and (np.diff(factors) <= 0).all()


@given(amounts.map(np.abs), amounts.map(np.abs), rates, st.floats(0.1, 10))
def test_the_ratio_does_not_depend_on_the_unit_of_money(gains, costs, rate, level):
    one, other = benefit_cost(gains, costs, rate), benefit_cost(gains * level, costs * level, rate)
    if math.isnan(one.ratio) or math.isnan(other.ratio):
        assert one.costs <= 1e-3
        return
    assert other.ratio == pytest.approx(one.ratio, rel=1e-6)
    assert other.net == pytest.approx(one.net * level, rel=1e-6, abs=1e-3)


def test_corners():
    assert net_present_value(np.array([]), 0.03) == 0.0
    assert math.isnan(benefit_cost(np.array([5.0]), np.array([0.0]), 0.03).ratio)
    assert benefit_cost(np.array([5.0]), np.array([]), 0.03).net == 5.0
    with pytest.raises(ValueError, match="above -1"):
        discount_factors(np.array([1.0]), -1.0)
    with pytest.raises(ValueError, match="differ in number"):
        net_present_value(np.ones(3), 0.03, np.ones(2))


def test_one_way_changes_one_assumption_and_puts_the_widest_first():
    found = one_way(
        lambda a, b, c: a * b - c,
        {"a": 2.0, "b": 3.0, "c": 1.0},
        {"c": ({"c": 0.0}, {"c": 2.0}), "a": ({"a": 1.0}, {"a": 9.0}), "none": ({}, {})},
    )
    assert [(s.name, s.low, s.high, s.width) for s in found] == [
        ("a", 2.0, 26.0, 24.0),
        ("c", 6.0, 4.0, 2.0),
        ("none", 5.0, 5.0, 0.0),
    ]
    with pytest.raises(ValueError, match="no such assumption: d"):
        one_way(lambda a: a, {"a": 1.0}, {"d": ({"d": 1.0}, {})})
