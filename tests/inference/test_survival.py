"""Kaplan-Meier curves and the log-rank test, against R's survival package."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach_metrics.inference.survival import kaplan_meier, log_rank
from tests.conftest import SHARED

# survival::aml, time and status by group
MAINTAINED = (
    np.array([9, 13, 13, 18, 23, 28, 31, 34, 45, 48, 161]),
    np.array([1, 1, 0, 1, 1, 0, 1, 1, 0, 1, 0]),
)
OTHERS = (
    np.array([5, 5, 8, 8, 12, 16, 23, 27, 30, 33, 43, 45]),
    np.array([1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1]),
)
TIME, STATUS = (np.concatenate(pair) for pair in zip(MAINTAINED, OTHERS, strict=True))
GROUP = np.repeat(["Maintained", "Nonmaintained"], [11, 12])


def test_aml_is_survfit():
    # R 4.2, survival 3.5.3: summary(survfit(Surv(time, status) ~ x, aml, conf.type = "log-log"), times = 23)
    curve = kaplan_meier(*MAINTAINED)
    assert curve.at(23)[:3] == pytest.approx((0.613636, 0.265752, 0.835299), abs=1e-6)
    assert curve.at(9).estimate == curve.at(12.9).estimate == pytest.approx(10 / 11)
    # R: print(survfit(Surv(time, status) ~ x, aml, conf.type = "log"), rmean = "common")
    #   rmean 52.6 se 19.83, median 31 (18, NA); rmean 22.7 se 4.18, median 23 (8, NA)
    curve, other = (kaplan_meier(*data, interval="log") for data in (MAINTAINED, OTHERS))
    assert curve.median() == pytest.approx((31, 18, math.nan, math.nan), nan_ok=True)
    assert other.median() == pytest.approx((23, 8, math.nan, math.nan), nan_ok=True)
    assert curve.restricted_mean(161).estimate == pytest.approx(52.6, abs=0.05)
    assert curve.restricted_mean_error(161) == pytest.approx(19.83, abs=0.005)
    assert other.restricted_mean(161).estimate == pytest.approx(22.7, abs=0.05)
    assert other.restricted_mean_error(161) == pytest.approx(4.18, abs=0.005)
    assert curve.restricted_mean_error(48) == pytest.approx(4.527884712, abs=1e-8)


def test_aml_is_survdiff():
    # R: survdiff(Surv(time, status) ~ x, aml): chisq 3.3963887, p 0.065339322; rho = 1: chisq 2.78, p 0.0955
    assert log_rank(TIME, STATUS, GROUP) == pytest.approx((3.3963887, 1, 0.065339322), abs=1e-6)
    assert log_rank(TIME, STATUS, GROUP, rho=1) == pytest.approx((2.78, 1, 0.0955), abs=1e-3)


def test_the_reference_case(cases):
    case = cases["km_aml"]
    data = pd.read_csv(SHARED / "reference" / case["dataset_file"])
    curves = {name: kaplan_meier(part["time"], part["status"]) for name, part in data.groupby("x")}
    kept, other = curves["Maintained"], curves["Nonmaintained"]
    test = log_rank(data["time"], data["status"], data["x"])
    found = {
        "S9": kept.at(9).estimate,
        "S23": kept.at(23).estimate,
        "S48": kept.at(48).estimate,
        "S23_lo_loglog": kept.at(23).conf_low,
        "S23_hi_loglog": kept.at(23).conf_high,
        "median_M": kept.median().estimate,
        "median_N": other.median().estimate,
        "logrank": test.statistic,
        "p": test.p_value,
        "rmst_M": kept.restricted_mean(48).estimate,
        "rmst_se_M": kept.restricted_mean_error(48),
    }
    assert found.keys() == case["expected"].keys()
    for name, expected in case["expected"].items():
        assert found[name] == pytest.approx(expected["value"], abs=expected["tol"] or 1e-12), name


@pytest.mark.parametrize(
    ("interval", "low", "high"),
    [  # the formulas of survfit's conf.type at S = 0.6, log error e: 1.96 e = k
        ("plain", lambda p, k: p - p * k, lambda p, k: min(p + p * k, 1)),
        ("log", lambda p, k: p * math.exp(-k), lambda p, k: min(p * math.exp(k), 1)),
        (
            "log-log",
            lambda p, k: math.exp(-math.exp(math.log(-math.log(p)) - k / math.log(p))),
            lambda p, k: math.exp(-math.exp(math.log(-math.log(p)) + k / math.log(p))),
        ),
        (
            "logit",
            lambda p, k: 1 - 1 / (1 + math.exp(math.log(p / (1 - p)) - k / (1 - p))),
            lambda p, k: 1 - 1 / (1 + math.exp(math.log(p / (1 - p)) + k / (1 - p))),
        ),
        (
            "arcsin",
            lambda p, k: math.sin(max(0, math.asin(math.sqrt(p)) - k / 2 * math.sqrt(p / (1 - p)))) ** 2,
            lambda p, k: (
                math.sin(min(math.pi / 2, math.asin(math.sqrt(p)) + k / 2 * math.sqrt(p / (1 - p)))) ** 2
            ),
        ),
    ],
)
def test_every_interval_of_survfit(interval, low, high):
    curve = kaplan_meier(np.array([1, 2, 3, 4, 5.0]), np.ones(5), interval=interval)
    reach = 1.959963984540054 * math.sqrt(1 / 20 + 1 / 12)
    assert curve.at(2)[:3] == pytest.approx((0.6, low(0.6, reach), high(0.6, reach)), rel=1e-12)
    assert np.isnan(curve.at(5)[1:3]).all(), "nobody is left"
    assert curve.at(0).estimate == 1


def test_a_median_on_a_flat_step_is_its_middle():
    # R: quantile(survfit(Surv(c(1, 2, 3, 4)) ~ 1), 0.5) -> 2.5; with the last two censored 3
    time = np.array([1, 2, 3, 4.0])
    assert kaplan_meier(time, np.ones(4)).median().estimate == 2.5
    assert kaplan_meier(time, np.array([1, 1, 0, 0])).median().estimate == 3
    assert math.isnan(kaplan_meier(time, np.array([1, 0, 0, 0])).median().estimate)
    # R: median(survfit(Surv(1:100) ~ 1)) -> 50.5, although the product is 0.5 + 1.1e-16
    assert kaplan_meier(np.arange(1, 101), np.ones(100)).median().estimate == 50.5
    assert kaplan_meier(time, np.ones(4)).quantile(0).estimate == 0
    with pytest.raises(ValueError, match="share"):
        kaplan_meier(time, np.ones(4)).quantile(1.5)


def test_times_that_differ_by_rounding_are_one_time():
    near = kaplan_meier(np.array([0.1 + 0.2, 0.3, 1]), np.ones(3))
    assert near.times.tolist() == pytest.approx([0.3, 1])
    assert near.events.tolist() == [2, 1]


def test_late_entry_is_at_risk_after_it():
    # R: survfit(Surv(c(0, 0, 2, 2), c(2, 5, 4, 6), c(1, 0, 1, 1)) ~ 1)
    #   n.risk 2 3 2 1, survival 0.5 0.333 0.333 0
    curve = kaplan_meier(np.array([2, 5, 4, 6]), np.array([1, 0, 1, 1]), entry=np.array([0, 0, 2, 2]))
    assert curve.at_risk.tolist() == [2, 3, 2, 1]
    assert curve.survival == pytest.approx([1 / 2, 1 / 3, 1 / 3, 0])
    with pytest.raises(ValueError, match="enter"):
        kaplan_meier(np.array([2.0]), np.array([1]), entry=np.array([2.0]))


def test_what_cannot_be_made():
    empty = kaplan_meier(np.empty(0), np.empty(0))
    assert len(empty.times) == 0
    for result in (empty.at(1), empty.median(), empty.restricted_mean(5)):
        assert np.isnan(result).all()
    assert math.isnan(empty.restricted_mean_error(5))
    assert len(kaplan_meier(np.array([math.nan]), np.array([1])).times) == 0
    stayed = kaplan_meier(np.array([3.0, 4]), np.zeros(2))
    assert stayed.restricted_mean(4).estimate == 4
    assert math.isnan(stayed.restricted_mean(4).conf_low)
    assert math.isnan(stayed.restricted_mean(9).estimate)
    assert stayed.restricted_mean(9, extend=True).estimate == 9
    assert math.isnan(stayed.at(9).estimate)
    assert np.isnan(log_rank(np.array([1, 2]), np.ones(2), np.zeros(2))).all()
    assert np.isnan(log_rank(np.array([1, 2]), np.zeros(2), np.array([0, 1]))).all()
    assert np.isnan(log_rank(np.empty(0), np.empty(0), np.empty(0))).all()
    with pytest.raises(ValueError, match="observed"):
        kaplan_meier(np.array([1.0]), np.array([2]))
    with pytest.raises(ValueError, match="interval"):
        kaplan_meier(np.array([1.0]), np.array([1]), interval="wald")


@pytest.mark.parametrize("power", [0.0, 1.0])
def test_log_rank_is_statsmodels_with_groups_and_strata(power):
    from statsmodels.duration.survfunc import survdiff

    random = np.random.default_rng(4)
    time, status = random.integers(1, 12, 90), random.integers(0, 2, 90)
    group, strata = random.integers(0, 3, 90), random.integers(0, 2, 90)
    kind = {"weight_type": "fh", "fh_p": power} if power else {}
    assert log_rank(time, status, group, rho=power)[::2] == pytest.approx(
        survdiff(time, status, group, **kind)
    )
    if not power:
        together = log_rank(time, status, group, strata=strata)
        assert together[::2] == pytest.approx(survdiff(time, status, group, strata=strata))
        assert together.df == 2


times = st.lists(st.tuples(st.integers(1, 9), st.booleans()), min_size=1, max_size=30)


@given(times)
def test_a_curve_falls_within_its_limits(people):
    time, event = np.array([t for t, _ in people], dtype=float), np.array([e for _, e in people])
    curve = kaplan_meier(time, event)
    assert (np.diff(np.append(1, curve.survival)) <= 1e-12).all()
    held = ~np.isnan(curve.conf_low)
    assert (curve.conf_low[held] <= curve.survival[held]).all()
    assert (curve.survival[held] <= curve.conf_high[held]).all()
    mean = curve.restricted_mean(time.max()).estimate
    assert 0 < mean <= time.max() + 1e-9
    if event.all():
        assert mean == pytest.approx(time.mean())
        assert curve.restricted_mean_error(time.max()) == pytest.approx(time.std() / math.sqrt(len(time)))


@pytest.mark.slow
def test_intervals_hold_the_truth():
    random, held = np.random.default_rng(8), np.zeros(2)
    for _ in range(1500):
        event, seen = random.exponential(1, 60), random.uniform(0.5, 3, 60)
        curve = kaplan_meier(np.minimum(event, seen), event <= seen)
        share, mean = curve.at(0.5), curve.restricted_mean(1.0, extend=True)
        held += (
            share.conf_low < math.exp(-0.5) < share.conf_high,
            mean.conf_low < 1 - math.exp(-1) < mean.conf_high,
        )
    assert ((held / 1500 > 0.93) & (held / 1500 < 0.975)).all()
