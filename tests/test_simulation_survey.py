"""Coverage of the survey and attendance metrics, on the data of `tests.simulation_survey`."""

import numpy as np
import pytest

from outreach_metrics.metrics.sentiment import construct_scores
from tests.conftest import ROOT
from tests.simulation_survey.gatherings import frequency_world, reach_world
from tests.simulation_survey.page import page
from tests.simulation_survey.run import worlds
from tests.simulation_survey.surveys import Population, Regime, draw_survey, survey_world
from tests.simulation_survey.trial import Score, failures, try_world, verdict

DRAWS = 300
ERRORS = 3.5
PAGE = ROOT / "docs" / "simulation_survey.md"
CHANGES = ("sentiment_change", "sentiment_relative_change")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("regime", "effect"),
    [
        (Regime(weights="known"), "none"),
        (Regime(weights="known"), "rise"),
        (Regime(people=300, clusters=12, weights="known"), "rise"),
        (Regime(weights="raked"), "none"),
        (Regime(stay=0.3, weights="known"), "rise"),
    ],
    ids=lambda given: getattr(given, "title", given),
)
def test_the_weighted_change_is_covered(regime, effect):
    for score in try_world(survey_world(regime, effect), DRAWS, CHANGES):
        assert score.limited == DRAWS
        assert failures(score, ERRORS) == [], score


@pytest.mark.slow
@pytest.mark.parametrize(
    "world",
    [reach_world(2000, 0.05), reach_world(400, 0.5), reach_world(1500, 0.2, slips=0.15)],
    ids=lambda world: world.title,
)
def test_reach_is_covered(world):
    (score,) = try_world(world, DRAWS)
    assert score.limited >= 0.95 * DRAWS
    assert failures(score, ERRORS) == [], score


def test_the_page_holds_every_kind_of_data_and_metric_and_nothing_outside():
    text = PAGE.read_text(encoding="utf-8")
    assert [world.title for world in worlds() if f"| {world.title}" not in text] == []
    for metric in {tried.metric for world in worlds() for tried in world.tried}:
        assert f"\n### {metric}\n" in text
    assert "| OUTSIDE (" not in text


@pytest.mark.parametrize(
    "regime", [Regime(weights="known", strata=True), Regime(clusters=12), Regime(level=4.4)]
)
def test_the_truth_is_what_large_surveys_find(regime):
    """Weighted scores of 40 surveys of 2,000 people come to the expected score by integration."""
    large = Population(Regime(**{**vars(regime), "people": 2000}), "rise")
    found = []
    for seed in range(40):
        scores = construct_scores(draw_survey(large, np.random.default_rng(seed)), "p")
        own = scores[(scores["arm"] == "program") & (scores["wave"] == "wave 2")]
        weights = own["weight"].fillna(1.0)
        found.append(np.average(own["score"], weights=weights))
    error = np.std(found, ddof=1) / np.sqrt(len(found))
    assert np.mean(found) == pytest.approx(large.score(large.moved("program", 1)), abs=4 * error)
    assert large.change("program") > large.change("comparison") > 0


def test_frequencies_are_those_of_the_beta_binomial():
    world = frequency_world(20_000)
    made = {score.metric: score for score in try_world(world, 1)}
    for name in ("attendance_repeat_share", "attendance_dosage", "attendance_concentration"):
        assert made[name].mean == pytest.approx(made[name].truth, rel=0.03)


def test_the_same_kind_of_data_gives_the_same_studies():
    first, second = (next(survey_world(Regime(people=30), "none").studies(1)) for _ in range(2))
    assert first.table("responses").equals(second.table("responses"))


def score(**changed) -> Score:
    given = {"metric": "m", "title": "t", "effect": "none", "draws": 1000, "made": 1000, "limited": 1000}
    given |= {"tested": 1000, "covered": 950, "alarms": 50, "null": True, "interval": True, "truth": 0.0}
    return Score(**(given | {"mean": 0.0, "error": 0.1, "width": 1.0, "reason": ""} | changed))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, "holds"),
        ({"covered": 880}, "OUTSIDE (too narrow)"),
        ({"covered": 999}, "OUTSIDE (wider than need be)"),
        ({"alarms": 120}, "OUTSIDE (false alarms)"),
        ({"alarms": 120, "null": False}, "holds"),
        ({"alarms": 120, "covered": 880, "interval": False}, "OUTSIDE (false claims)"),
        ({"covered": 880, "limit": "households come together"}, "limit (too narrow)"),
        ({"limited": 50, "tested": 50, "covered": 20}, "declines"),
    ],
)
def test_a_verdict_says_what_the_numbers_say(changed, said):
    assert verdict(score(**changed), 2.0) == said
    assert f"| {said} |" in page([score(**changed)])
