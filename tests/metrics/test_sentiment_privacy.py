"""What is told of a survey never shows a group of few people, alone or beside the other numbers."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach_metrics.evidence.checks import finding
from outreach_metrics.metrics import sentiment
from outreach_metrics.registry import registered_metrics
from tests.metrics.test_sentiment import answers, survey, wave

LEAST = 10
OF_PROGRAM = (
    "change",
    "equivalence",
    "effect_size",
    "dominance",
    "item_change",
    "item_favourable_change",
    "item_shift",
)


def drawn(first, later, arm="program", seed=1, **more):
    """Two waves of an arm: numbers of the people who answered each."""
    random = np.random.default_rng(seed)
    days = ("2021-01-01", "2022-01-01")
    return [
        wave(str(place + 1), day, people, answers(random, len(people), 2 + 0.3 * place), arm=arm, **more)
        for place, (day, people) in enumerate(zip(days, (first, later), strict=True))
        if len(people)
    ]


def checks_of(study):
    return {check.name: check for check in sentiment.sentiment_checks(study, "p", "trust")}


def of_survey(study):
    """Every estimate of the survey."""
    metrics = [m for m in registered_metrics().values() if m.strand == "sentiment"]
    return [estimate for metric in metrics for estimate in metric.function(study, "p")]


def few(number):
    return 0 < abs(number) < LEAST


@settings(max_examples=25)
@given(
    first=st.integers(1, 40), stayed=st.integers(0, 40), new=st.integers(0, 30), other=st.integers(0, 40),
    gone=st.integers(0, 40),
)  # fmt: skip
def test_no_number_of_people_is_small_nor_the_difference_of_two(first, stayed, new, other, gone):
    own = drawn(range(first), [*range(min(first, stayed)), *range(100, 100 + new)])
    beside = drawn(range(200, 200 + other), range(200, 200 + max(other - gone, 0)), "comparison", 2)
    study = survey(own + beside)
    estimates = of_survey(study)
    sizes = [n for e in estimates for n in (e.n_before, e.n_after) if not math.isnan(n)]
    assert not [n for n in sizes if few(n)]
    named = [e for e in estimates if e.metric.removeprefix("sentiment_") in OF_PROGRAM and e.made]
    named = [e for e in named if "comparison group" not in e.method]
    for side in ("n_before", "n_after"):
        told = {getattr(e, side) for e in named}
        assert not [pair for pair in itertools.combinations(told, 2) if few(pair[0] - pair[1])]
    table = sentiment.response_table(study, "p")
    assert not (table["people"].between(1, LEAST - 1) | table["again"].between(1, LEAST - 1)).any()
    assert table.loc[table["people"].isna(), ["first_day", "last_day"]].isna().all(axis=None)
    for check in checks_of(study).values():
        people = [check.values[name] for name in ("first", "stayed", "answers") if name in check.values]
        assert not [n for n in people if few(n)], check
        if "first" in check.values:
            assert not few(check.values["first"] - check.values["stayed"])


def test_the_mean_of_a_few_in_the_comparison_arm_is_not_told():
    own = drawn(range(60), range(100, 160))
    study = survey(own + drawn(range(200, 203), range(300, 340), "comparison"))
    check = checks_of(study)["alike_at_first"]
    assert check.verdict == "unknown"
    assert not check.values
    assert "fewer than 10" in finding(check)
    assert (
        "gap"
        in checks_of(survey(own + drawn(range(200, 240), range(300, 340), "comparison")))[
            "alike_at_first"
        ].values
    )


def test_the_smallest_group_is_one_whose_change_is_told():
    own = drawn(range(60), range(100, 160))
    study = survey(own + drawn(range(200, 240), range(300, 304), "comparison"))
    assert checks_of(study)["few_answers"].values["answers"] == 60
    assert not any(e.made for e in sentiment.sentiment_relative_change(study, "p"))


def test_people_of_the_comparison_arm_who_left_are_not_told_when_few():
    own = drawn(range(60), range(40))
    for left, known in ((2, False), (20, True)):
        study = survey(own + drawn(range(200, 240), range(200, 240 - left), "comparison"))
        assert math.isnan(checks_of(study)["attrition"].values["uneven"]) is not known


@pytest.mark.parametrize(("later", "made"), [(60, True), (58, False), (40, True)])
def test_a_shift_does_not_tell_of_the_few_who_answered_once(later, made):
    found = sentiment.sentiment_item_shift(survey(drawn(range(60), range(later))), "p")
    assert {e.made for e in found} == {made}


def test_reliability_leaves_out_an_arm_of_few():
    """Beside the people of the program arm, its number would tell those of the other."""
    own = drawn(range(60), range(100, 160))
    (alpha,) = sentiment.sentiment_reliability(survey(own + drawn(range(200, 204), [], "comparison")), "p")
    assert alpha.n_after == 60
    (both,) = sentiment.sentiment_reliability(survey(own + drawn(range(200, 230), [], "comparison")), "p")
    assert both.n_after == 90


def test_notes_do_not_count_the_few_without_a_weight():
    frames = drawn(range(60), range(100, 160), weight=1.0)
    frames[1].loc[:1, "weight"] = np.nan
    notes = [e.note for e in of_survey(survey(frames)) if "without a survey weight" in e.note]
    assert notes
    assert not [note for note in notes if "2 people" in note]
