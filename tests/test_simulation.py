"""Coverage, false alarms and bias of the crime metrics, on the regimes of `tests.simulation`."""

from dataclasses import replace

import numpy as np
import pytest

from outreach_metrics.metrics.crime import crime_att
from tests.conftest import ROOT
from tests.simulation.draws import draw, studies, world
from tests.simulation.metrics import TRIED, on_trial
from tests.simulation.regimes import EFFECTS, REGIMES, Regime
from tests.simulation.trial import Score, failures, share_limits, try_regime, verdict

DRAWS = 400
ERRORS = 4.0
PAGE = ROOT / "docs" / "simulation.md"
LEVELS = {
    "areas": (3, 40),
    "mean": (0.5, 50.0),
    "dispersion": (1.0, 5.0),
    "autocorrelation": (0.0, 0.5),
    "trend": (-0.08, 0.08),
    "season": (0.0, 0.3),
    "starts": (1, 5),
}


@pytest.mark.slow
@pytest.mark.parametrize("regime", REGIMES, ids=lambda regime: regime.name)
def test_a_metric_holds_or_says_that_it_does_not(regime):
    scores = try_regime(regime, DRAWS)
    for tried in on_trial():
        found = [score for score in scores if score.metric == tried.name]
        beyond = [(score, failures(score, ERRORS)) for score in found]
        assert verdict(found, ERRORS) != "FAILS", beyond


def test_the_page_is_in_step_with_the_regimes():
    text = PAGE.read_text(encoding="utf-8")
    missing = [regime.name for regime in REGIMES if text.count(f"| {regime.name} |") < 3]
    assert not missing
    assert f"{len(REGIMES)} kinds of data" in text


def test_the_page_holds_every_metric_on_trial_and_no_failure():
    text = PAGE.read_text(encoding="utf-8")
    assert {tried.name for tried in TRIED} == {tried.name for tried in on_trial()}
    for tried in TRIED:
        assert f"\n### {tried.name}\n" in text
    rows = [line for line in text.splitlines() if " areas, mean " in line]
    assert rows
    assert not [row for row in rows if "| FAILS" in row]


def test_the_regimes_cover_every_level_that_is_promised():
    values = {name: {getattr(regime, name) for regime in REGIMES} for name in LEVELS if name != "areas"}
    values["areas"] = {regime.treated + regime.comparison for regime in REGIMES if not regime.displacement}
    for name, ends in LEVELS.items():
        assert (min(values[name]), max(values[name])) == ends


@pytest.mark.parametrize(("dispersion", "correlation"), [(1.0, 0.0), (3.0, 0.0), (3.0, 0.5)])
def test_draws_have_the_mean_spread_and_correlation_of_their_regime(dispersion, correlation):
    regime = Regime(1, 1, 10.0, dispersion, correlation, 0.0, 0.0)
    counts = draw(world(regime, 1.0), 20_000, np.random.default_rng(1))[:, 0]
    assert counts.mean() == pytest.approx(10.0, rel=0.01)
    assert counts[:, 5].var() / counts[:, 5].mean() == pytest.approx(dispersion, rel=0.05)
    found = [np.corrcoef(counts[:, 5], counts[:, 5 + lag])[0, 1] for lag in (1, 2)]
    expected = [correlation**lag * (dispersion - 1) / dispersion for lag in (1, 2)]
    assert found == pytest.approx(expected, abs=0.03)


def test_an_effect_begins_at_each_area_s_own_start():
    made = world(Regime(4, 2, starts=2, displacement=2), 0.75)
    ratio = made.expected / made.without
    assert made.starts.tolist() == [24, 24, 27, 27]
    assert np.allclose(ratio[:4, :24], 1) and np.allclose(ratio[:2, 24:], 0.75)
    assert np.allclose(ratio[2:4, 24:27], 1) and np.allclose(ratio[2:4, 27:], 0.75)
    gone, come = (made.without - made.expected)[:4].sum(), (made.expected - made.without)[6:].sum()
    assert come == pytest.approx(gone / 2)


def test_the_same_regime_gives_the_same_studies():
    first, second = (next(studies(world(REGIMES[0], effect), 1)) for effect in (EFFECTS[0], EFFECTS[0]))
    assert np.array_equal(first.panel.counts, second.panel.counts)
    assert np.array_equal(first.offenses.counts[:2].sum(axis=0), first.panel.counts[0])


def test_programs_of_one_type_count_like_areas_with_their_own_starts():
    study = next(studies(world(Regime(4, 8, starts=2), 0.75), 1))
    one = study.program("p")
    programs = {}
    for name, areas in (("p", one.treatment[:2]), ("q", one.treatment[2:])):
        roles = {"treatment": areas, "comparison": one.comparison}
        start = one.area_starts[areas[0]]
        programs[name] = replace(one, program_id=name, start=start, areas=roles, area_starts={})
    (together,), (apart,) = (crime_att(given, "p") for given in (study, replace(study, programs=programs)))
    assert together.made
    assert (together.estimate, together.conf_low) == (apart.estimate, apart.conf_low)


def score(**changed) -> Score:
    given = {"metric": "m", "effect": 1.0, "draws": 1000, "made": 1000, "limited": 1000, "told": 0}
    given |= {
        "reason": "",
        "covered": 950,
        "alarms": 50,
        "null": True,
        "bias": 0.0,
        "bias_error": 0.001,
        "width": 1.5,
    }
    return Score(**(given | changed))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, "holds"),
        ({"covered": 880, "alarms": 50}, "FAILS"),
        ({"covered": 999, "alarms": 1}, "FAILS"),
        ({"alarms": 100}, "FAILS"),
        ({"alarms": 100, "null": False}, "holds"),
        ({"bias": -0.04}, "FAILS"),
        ({"covered": 880, "told": 940}, "FAILS"),
        ({"covered": 880, "told": 960}, "warned"),
        ({"made": 50, "limited": 50, "covered": 20, "alarms": 30, "told": 950}, "declines"),
    ],
)
def test_a_verdict_says_what_the_numbers_say(changed, said):
    assert verdict([score(**changed)], 2.0) == said


def test_limits_of_a_share_are_clopper_and_pearson_s():
    # R: binom.test(8, 10)$conf.int
    assert share_limits(8, 10, 1.959964) == pytest.approx((0.4439045, 0.9747893), abs=1e-6)
    assert share_limits(0, 10, 1.959964)[0] == 0.0
    assert share_limits(10, 10, 1.959964)[1] == 1.0
