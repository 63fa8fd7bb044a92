"""What was planted in the sample city is found again, and what was not is not claimed."""

import json

import pytest

from outreach_metrics import evaluate_program, sample_study
from outreach_metrics.evidence.claims import supported

TRUTH = json.loads((sample_study() / "truth.json").read_text(encoding="utf-8"))["programs"]
WITH_COMPARISON = [p for p, truth in TRUTH.items() if truth.get("crime") and p != "school-liaison"]
CHANGING = [
    (p, outcome)
    for p in WITH_COMPARISON
    for outcome, told in TRUTH[p]["crime"]["outcomes"].items()
    if outcome == TRUTH[p]["crime"].get("headline_outcome") and told["effect"] != 1
]


@pytest.fixture(scope="module")
def evaluations(sample):
    return {program_id: evaluate_program(sample, program_id) for program_id in sample.programs}


def one(evaluation, metric, outcome):
    (found,) = evaluation.select(metric=metric, outcome=outcome)
    return found


@pytest.mark.parametrize(("program_id", "outcome"), CHANGING)
def test_planted_effects_are_found(evaluations, program_id, outcome):
    truth = TRUTH[program_id]["crime"]["outcomes"][outcome]["effect"]
    made = one(evaluations[program_id], "crime_relative_effect", outcome)
    assert made.conf_low < truth < made.conf_high
    assert not made.conf_low <= 1 <= made.conf_high
    assert (made.estimate < 1) == (truth < 1)


def test_planted_effects_stand_when_several_outcomes_are_allowed_for(evaluations):
    told = [supported(one(evaluations[p], "crime_relative_effect", outcome)) for p, outcome in CHANGING]
    assert sum(told) >= len(told) - 1


def test_intervals_cover_the_truth_as_often_as_they_say(evaluations):
    inside, outside = 0, []
    for program_id in WITH_COMPARISON:
        for outcome, told in TRUTH[program_id]["crime"]["outcomes"].items():
            made = one(evaluations[program_id], "crime_relative_effect", outcome)
            if made.conf_low <= told["effect"] <= made.conf_high:
                inside += 1
            else:
                outside.append((program_id, outcome, told["effect"], made.estimate))
    assert inside / (inside + len(outside)) >= 0.88, outside


def test_nothing_is_claimed_where_nothing_was_planted(evaluations):
    claimed = [
        (program_id, outcome)
        for program_id in WITH_COMPARISON
        for outcome, told in TRUTH[program_id]["crime"]["outcomes"].items()
        if told["effect"] == 1 and supported(one(evaluations[program_id], "crime_relative_effect", outcome))
    ]
    assert len(claimed) <= 1, claimed


def test_the_city_wide_fall_looks_like_an_effect_only_without_a_comparison(evaluations):
    evaluation = evaluations["oakridge-watch"]
    naive = one(evaluation, "crime_rate_ratio", "all")
    assert supported(naive)
    assert naive.estimate < 1
    assert naive.design_level == 2
    assert not supported(one(evaluation, "crime_relative_effect", "all"))
    assert evaluation.answer[0].startswith("No clear change in recorded crime")


def test_more_reports_are_told_as_a_rise_of_what_hangs_on_reporting(evaluations):
    evaluation = evaluations["coffee-eastside"]
    (found,) = [c for c in evaluation.checks if c.name == "reporting" and c.outcome == "all"]
    assert found.verdict == "caution"
    assert found.values["sensitive_low"] > 1
    assert any("hang on people's reporting show a 36% rise" in threat for threat in evaluation.threats)
    assert any("people report more" in threat for threat in evaluation.threats)


def test_without_comparison_areas_the_level_is_two(evaluations):
    evaluation = evaluations["school-liaison"]
    crime = [e for e in evaluation.select(strand="crime") if e.made and e.design_level]
    assert {e.design_level for e in crime} == {2}
    assert any("comparison areas" in text for text in evaluation.missing)


def test_a_short_window_is_told(evaluations):
    (made,) = evaluations["crisis-team"].select(metric="crime_relative_effect", outcome="all")
    assert "of 24 months after are used" in made.note


@pytest.mark.parametrize("program_id", [p for p, truth in TRUTH.items() if truth.get("sentiment")])
def test_planted_changes_of_opinion_are_covered(evaluations, program_id):
    truth = TRUTH[program_id]["sentiment"]
    constructs = truth["constructs"]
    misses = []
    for construct, told in constructs.items():
        found = [
            e
            for e in evaluations[program_id].select(metric="sentiment_relative_change", outcome=construct)
            if e.made
        ]
        if found and not found[-1].conf_low <= told["relative_change"] <= found[-1].conf_high:
            misses.append((construct, told["relative_change"], found[-1].estimate))
    if truth.get("attrition_depends_on_trust"):
        return
    assert len(misses) <= 1, misses


def test_attendance_is_counted_as_planted(evaluations):
    for program_id, truth in TRUTH.items():
        told = truth.get("attendance")
        if not told:
            continue
        events = one(evaluations[program_id], "attendance_events", "")
        assert events.estimate == told["events"]
        people = one(evaluations[program_id], "attendance_unique", "")
        if people.made:
            assert told["unique_people"] * 0.98 <= people.estimate <= told["unique_signatures"]


def test_seven_people_are_never_shown(evaluations):
    for estimate in evaluations["porch-talks"].estimates:
        if estimate.strand in ("attendance", "sentiment") and estimate.metric != "attendance_events":
            assert not estimate.made, estimate
