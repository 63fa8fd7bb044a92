"""Group-time effects against the published results of R did, and two peers when they are there."""

import math
from importlib.util import find_spec

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach_metrics.inference.staggered import aggregate, event_study, group_time_effects, pre_trend_test
from tests.conftest import SHARED

KINDS = ("simple", "dynamic", "group", "calendar")


def made_up(
    units: int = 90, periods: int = 7, seed: int = 3, never: bool = True
) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    cohort = random.choice([2.0, 4, 5, np.inf] if never else [2.0, 4, 5], units)
    panel = random.normal(size=(units, 1)) + random.normal(size=(units, periods)).cumsum(axis=1)
    return panel + (np.arange(periods) >= cohort[:, None]) * 0.7, cohort


def mpdta(cases) -> tuple[np.ndarray, np.ndarray, int]:
    frame = pd.read_csv(SHARED / "reference" / cases["cs_mpdta_gt"]["dataset_file"])
    wide = frame.pivot_table(index="countyreal", columns="year", values="lemp")
    start = frame.groupby("countyreal")["first.treat"].first().reindex(wide.index).to_numpy()
    first = int(wide.columns[0])
    return wide.to_numpy(), np.where(start > 0, start - first, np.inf), first


def disagreements(case: dict, found: dict[str, float]) -> dict[str, tuple[float, float]]:
    wanted = {name: (one["value"], one["tol"]) for name, one in case["expected"].items()}
    return {
        name: (found[name], value)
        for name, (value, tolerance) in wanted.items()
        if abs(found[name] - value) > tolerance
    }


def test_group_time_effects_of_minimum_wages(cases):
    panel, cohort, first = mpdta(cases)
    effects = group_time_effects(panel, cohort)
    found = {}
    cells = zip(effects.groups, effects.times, effects.att, effects.standard_errors, strict=True)
    for group, time, att, error in cells:
        found[f"att_{group + first}_{time + first}"] = att
        found[f"se_{group + first}_{time + first}_analytic"] = error
        found[f"se_{group + first}_{time + first}_analytic_csdid"] = error
    assert disagreements(cases["cs_mpdta_gt"], found) == {}


def test_aggregations_of_minimum_wages(cases):
    panel, cohort, first = mpdta(cases)
    effects = group_time_effects(panel, cohort)
    averaged = {kind: aggregate(effects, kind) for kind in KINDS}
    found = {kind: one.overall.estimate for kind, one in averaged.items()}
    found |= {f"se_{kind}_analytic": one.standard_error for kind, one in averaged.items()}
    for event, part in zip(averaged["dynamic"].labels, averaged["dynamic"].parts, strict=True):
        found[f"es_{'m' if event < 0 else ''}{abs(event)}"] = part.estimate
    for group, part in zip(averaged["group"].labels, averaged["group"].parts, strict=True):
        found[f"g{group + first}"] = part.estimate
    assert disagreements(cases["cs_mpdta_agg"], found) == {}


def test_pre_trend_of_minimum_wages(cases):
    # README of did: att_gt(..., xformla = ~1): "P-value for pre-test of parallel trends assumption: 0.16812"
    panel, cohort, _ = mpdta(cases)
    assert pre_trend_test(group_time_effects(panel, cohort)).p_value == pytest.approx(0.16812, abs=5e-6)


def test_one_cohort_and_two_periods_is_the_difference_of_mean_changes():
    # R: t.test(after - before ~ treated): difference of means; did uses the variance with n, not n - 1
    panel, cohort = made_up(periods=2)
    cohort = np.where(cohort < 5, 1.0, np.inf)
    change, treated = panel[:, 1] - panel[:, 0], cohort == 1
    result = aggregate(group_time_effects(panel, cohort))
    assert result.overall.estimate == pytest.approx(change[treated].mean() - change[~treated].mean())
    variance = change[treated].var() / treated.sum() + change[~treated].var() / (~treated).sum()
    assert result.standard_error == pytest.approx(math.sqrt(variance))


def test_cell_by_cell_definition_with_not_yet_treated():
    panel, cohort = made_up()
    effects = group_time_effects(panel, cohort, "not_yet", "universal")
    for group, time, att in zip(effects.groups, effects.times, effects.att, strict=True):
        change = panel[:, time] - panel[:, group - 1]
        other = (cohort > max(time, group - 1)) & (cohort != group)
        assert att == pytest.approx(change[cohort == group].mean() - change[other].mean(), abs=1e-12)


def test_universal_base_is_no_effect_in_the_base_period():
    effects = group_time_effects(*made_up(), base="universal")
    held = effects.times == effects.groups - 1
    assert effects.att[held].tolist() == [0, 0, 0]
    assert np.isnan(effects.standard_errors[held]).all()


def test_bases_agree_from_the_start_on():
    panel, cohort = made_up()
    varying, universal = (group_time_effects(panel, cohort, base=base) for base in ("varying", "universal"))
    one, other = (found.att[found.times >= found.groups] for found in (varying, universal))
    assert one == pytest.approx(other)


@pytest.mark.skipif(find_spec("csdid") is None, reason="csdid is not installed")
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("comparison", ["never", "not_yet"])
@pytest.mark.parametrize("base", ["varying", "universal"])
@pytest.mark.parametrize("never", [True, False])
def test_csdid_finds_the_same(comparison, base, never, capsys):
    from csdid.att_gt import ATTgt

    panel, cohort = made_up(never=never)
    effects = group_time_effects(panel, cohort, comparison, base)
    units, periods = np.indices(panel.shape)
    frame = pd.DataFrame({"id": units.ravel(), "t": periods.ravel() + 1, "y": panel.ravel()})
    frame["g"] = np.where(np.isfinite(cohort), cohort + 1, 0)[frame["id"]]
    group = {"never": "nevertreated", "not_yet": "notyettreated"}[comparison]
    peer = ATTgt(yname="y", gname="g", idname="id", tname="t", xformla="y~1", data=frame, control_group=group)
    fit = peer.fit(est_method="reg", base_period=base, bstrap=False)
    theirs = pd.Series(fit.results["att"], index=zip(fit.results["group"], fit.results["year"], strict=True))
    errors = pd.Series(fit.results["se"], index=theirs.index).astype(float)
    ours = pd.Series(effects.att, index=zip(effects.groups + 1, effects.times + 1, strict=True))
    assert ours.reindex(theirs.index).to_numpy() == pytest.approx(theirs.to_numpy(dtype=float), abs=1e-9)
    mine = pd.Series(effects.standard_errors, index=ours.index).reindex(theirs.index)
    held = (errors > 1e-9) & mine.notna()
    assert held.sum() >= len(theirs) - 3
    assert mine[held].to_numpy() == pytest.approx(errors[held].to_numpy(), rel=1e-6)
    for kind in KINDS:
        found = fit.aggte(typec=kind, bstrap=False).atte
        mine = aggregate(effects, kind)
        assert mine.overall.estimate == pytest.approx(float(found["overall_att"]), abs=1e-9)
        assert mine.standard_error == pytest.approx(float(found["overall_se"]), rel=1e-6)
    capsys.readouterr()


@pytest.mark.skipif(find_spec("diff_diff") is None, reason="diff-diff is not installed")
@pytest.mark.filterwarnings("ignore")
def test_diff_diff_finds_the_same_with_not_yet_treated():
    from diff_diff import CallawaySantAnna

    panel, cohort = made_up()
    effects = group_time_effects(panel, cohort, "not_yet")
    units, periods = np.indices(panel.shape)
    frame = pd.DataFrame({"id": units.ravel(), "t": periods.ravel() + 1, "y": panel.ravel()})
    frame["g"] = np.where(np.isfinite(cohort), cohort + 1, 0)[frame["id"]]
    fit = CallawaySantAnna(control_group="not_yet_treated", estimation_method="reg").fit(
        frame, outcome="y", unit="id", time="t", first_treat="g"
    )
    cells = zip(effects.groups + 1, effects.times + 1, effects.att, effects.standard_errors, strict=True)
    ours = {(group, time): (att, error) for group, time, att, error in cells}
    for cell, theirs in fit.group_time_effects.items():
        assert ours[cell][0] == pytest.approx(theirs["effect"], abs=1e-9)
        assert ours[cell][1] == pytest.approx(theirs["se"], rel=1e-6)


def test_bands_are_wider_than_intervals_and_the_same_each_time():
    effects = group_time_effects(*made_up())
    one, other = event_study(effects), event_study(effects)
    assert one.critical == other.critical > 1.96
    assert all(low < part.conf_low for low, part in zip(one.band_low, one.parts, strict=True))
    rademacher = event_study(effects, multiplier="rademacher")
    assert rademacher.critical == pytest.approx(one.critical, abs=0.4)
    assert one.overall == aggregate(effects, "dynamic").overall


def test_critical_value_is_that_of_independent_normals():
    # many units, one cohort, so the parts are near normal; R: mvtnorm::qmvnorm(0.95, tail = "both", corr = R)
    random = np.random.default_rng(1)
    panel, cohort = random.normal(size=(2000, 5)), np.repeat([2, np.inf], 1000)
    effects = group_time_effects(panel, cohort)
    influence = aggregate(effects, "dynamic").influence
    draws = random.multivariate_normal(np.zeros(4), np.corrcoef(influence.T), 40_000)
    expected = np.quantile(np.abs(draws).max(axis=1), 0.95)
    assert event_study(effects, draws=4999).critical == pytest.approx(expected, abs=0.08)


def test_cohorts_of_one_and_units_always_treated_are_told():
    panel, cohort = made_up()
    cohort = cohort.copy()
    cohort[0], cohort[1:3] = 3, 0
    effects = group_time_effects(panel, cohort)
    assert effects.lonely == (3,)
    assert effects.dropped == 2
    assert not effects.truncated


def test_a_start_after_the_last_period_is_never():
    panel, cohort = made_up()
    late = np.where(np.isinf(cohort), 50, cohort)
    assert group_time_effects(panel, late).att == pytest.approx(group_time_effects(panel, cohort).att)


def test_without_never_treated_the_last_cohort_is_the_comparison():
    panel, cohort = made_up(never=False)
    effects = group_time_effects(panel, cohort)
    assert effects.truncated
    assert (set(effects.groups), effects.times.max()) == ({2, 4}, 4)


@pytest.mark.parametrize("cohort", [np.full(4, np.inf), np.full(4, 2.0), np.zeros(4)])
def test_nothing_to_compare_is_no_number(cohort):
    effects = group_time_effects(np.arange(16.0).reshape(4, 4), cohort)
    assert len(effects.att) == 0
    for kind in KINDS:
        assert math.isnan(aggregate(effects, kind).overall.estimate)
    study = event_study(effects)
    assert math.isnan(study.critical)
    assert math.isnan(study.pre_trend.p_value)


def test_shapes_are_checked():
    with pytest.raises(ValueError, match="shape"):
        group_time_effects(np.ones((3, 4)), np.ones(4))
    with pytest.raises(ValueError, match="balanced"):
        group_time_effects(np.array([[1.0, np.nan], [1.0, 2.0]]), np.array([1, 9]))


@given(st.floats(-5, 5), st.floats(0.1, 10), st.integers(0, 50), st.sampled_from(KINDS))
def test_levels_of_units_and_periods_do_not_matter_and_scale_does(shift, scale, seed, kind):
    panel, cohort = made_up(units=30, periods=6, seed=seed)
    moved = panel * scale + np.arange(30)[:, None] * shift + np.arange(6) ** 2 * shift
    one, other = (aggregate(group_time_effects(y, cohort), kind) for y in (panel, moved))
    assert other.overall.estimate == pytest.approx(one.overall.estimate * scale, abs=1e-8)
    assert other.standard_error == pytest.approx(one.standard_error * scale, rel=1e-6)


@given(st.integers(0, 50), st.floats(0.5, 0.99), st.sampled_from(KINDS))
def test_interval_and_p_value_match(seed, conf_level, kind):
    averaged = aggregate(group_time_effects(*made_up(units=30, seed=seed)), kind, conf_level)
    for result in (averaged.overall, *averaged.parts):
        assert (result.p_value < 1 - conf_level) == (result.conf_low > 0 or result.conf_high < 0)
