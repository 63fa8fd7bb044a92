"""No sentence claims what its estimate does not bear."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach_metrics.estimate import Estimate
from outreach_metrics.evidence.claims import (
    CHANGE_METRICS,
    HEADLINE_METRICS,
    answer,
    claim,
    claims,
    supported,
)
from outreach_metrics.evidence.design import LEVELS, strength

CLAIMING = (" fell ", " rose ", " was ")


@st.composite
def estimates(draw):
    metric = draw(st.sampled_from([*HEADLINE_METRICS, *CHANGE_METRICS]))
    ratio = metric in HEADLINE_METRICS
    limits = st.floats(0.05, 20) if ratio else st.floats(-60, 60)
    low, middle, high = sorted(draw(st.tuples(limits, limits, limits)))
    p = draw(st.floats(0, 1))
    return Estimate(
        program_id="p",
        strand="crime" if ratio else "sentiment",
        metric=metric,
        outcome=draw(st.sampled_from(["all", "burglary", "perceived_safety"])),
        group="" if ratio else "2021 to 2022",
        estimate=middle,
        conf_low=low,
        conf_high=high,
        p_value=p,
        p_adjusted=min(1.0, p * draw(st.floats(1, 5))),
        unit="ratio" if ratio else "change in points (0-100)",
        design_level=draw(st.sampled_from([2, 3, 5])),
    )


@given(estimates())
def test_a_claim_needs_its_interval_and_its_adjusted_p(estimate):
    sentence = claim(estimate)
    none = 1 if estimate.unit == "ratio" else 0
    bears = (estimate.conf_low > none or estimate.conf_high < none) and estimate.p_adjusted < 0.05
    assert supported(estimate) == bears
    assert sentence.startswith("No clear change") != bears
    assert "95% interval" in sentence
    if bears:
        rise = estimate.estimate > none
        assert any(word in sentence for word in ((" rose ", " higher") if rise else (" fell ", " lower")))


@given(estimates())
def test_words_fit_the_design(estimate):
    sentence = claim(estimate)
    for causal in ("because", "caused", "thanks to", "due to", "led to", "worked"):
        assert causal not in sentence
    if estimate.metric in ("crime_rate_ratio", "sentiment_change"):
        assert "relative to" not in sentence


@given(st.lists(estimates(), max_size=6))
def test_the_answer_is_three_sentences(made):
    sentences = answer(made)
    assert len(sentences) == 3
    assert all(sentence.endswith(".") for sentence in sentences)
    assert "nan" not in " ".join(sentences).lower().split()
    if not any(supported(e) for e in made):
        assert not any(word in sentences[0].split("(")[0] for word in (" fell ", " rose "))


def test_the_strongest_design_speaks_for_an_outcome():
    shared = {"program_id": "p", "strand": "crime", "unit": "ratio", "outcome": "all", "p_value": 0.001}
    naive = Estimate(
        metric="crime_rate_ratio", estimate=0.7, conf_low=0.6, conf_high=0.8, design_level=2, **shared
    )
    relative = Estimate(
        metric="crime_relative_effect", estimate=1.0, conf_low=0.9, conf_high=1.1, design_level=3, **shared
    )
    assert claims([naive, relative])[0].startswith("No clear change")
    assert "level 3 of 5" in answer([naive, relative])[2]


def test_an_outcome_that_is_clear_alone_but_not_together():
    lone = Estimate(
        program_id="p", strand="crime", metric="crime_relative_effect", unit="ratio", outcome="burglary",
        estimate=0.8, conf_low=0.66, conf_high=0.97, p_value=0.03, p_adjusted=0.12, design_level=3,
    )  # fmt: skip
    assert "once we allow for having looked at several outcomes" in claim(lone)


def test_nothing_made_says_so():
    sentences = answer([])
    assert "cannot tell" in sentences[0]
    empty = Estimate(program_id="p", strand="crime", metric="crime_rate_ratio")
    assert claim(empty) == ""
    assert not supported(empty)
    assert math.isnan(empty.estimate)


@pytest.mark.parametrize("level", [None, *LEVELS])
def test_every_level_has_words(level):
    assert strength(level)


def test_a_paired_change_is_one_of_those_who_answered_twice():
    change = Estimate(
        program_id="p", strand="sentiment", metric="sentiment_change", outcome="trust", group="1 to 2",
        estimate=6.0, conf_low=3.0, conf_high=9.0, p_value=0.001, unit="change in points (0-100)",
        n_before=84.0, n_after=84.0, method="paired difference, unweighted", design_level=2,
    )  # fmt: skip
    assert "among the 84 people who answered both times" in claim(change)
    assert "among those asked" in claim(replace(change, method="difference of wave means, unweighted"))


def test_attendance_is_told_as_activity():
    names = {"attendance_events": 4.0, "attendance_total": 120.0, "attendance_unique": 80.0}
    made = [
        Estimate(program_id="p", strand="attendance", metric=name, estimate=value)
        for name, value in names.items()
    ]
    assert claims(made) == ("4 events drew 120 attendances, of 80 different people by name.",)
    reach = Estimate(
        program_id="p", strand="attendance", metric="attendance_reach", estimate=0.016, unit="share"
    )
    assert "1.6% of the residents if all of them live" in claims([*made, reach])[0]
    assert claims(made[:1]) == ()
    assert claims([made[0], made[1].declined("Suppressed")]) == ()
