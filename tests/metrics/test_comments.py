"""Counts, themes, agreement and polarity of comments; small groups suppressed, no writer told."""

import math
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from outreach_metrics.inference.agreement import krippendorff_alpha
from outreach_metrics.metrics.sentiment.comments import (
    comment_signs,
    comment_topics,
    sentiment_comment_agreement,
    sentiment_comment_count,
    sentiment_comment_polarity,
    sentiment_comment_theme,
)
from outreach_metrics.study import Program, Settings, Study

GOOD, BAD, SPANISH = "I trust the officers.", "They never show up when we call.", "Muy amable con mi familia."


def study(comments, codes=None, wave="first", **settings):
    """Make a study in which person i wrote comment i in one wave."""
    rows = pd.DataFrame(
        {
            "respondent_id": np.arange(len(comments), dtype=np.int64) + 100,
            "program_id": "p",
            "wave": wave,
            "date": pd.Timestamp("2022-01-01"),
            "comment": comments,
        }
    )
    tables = {"responses": rows}
    if codes is not None:
        given = pd.DataFrame(codes, columns=["respondent_id", "coder", "theme"])
        tables["codes"] = given.assign(comment_id=given["respondent_id"], program_id="p", wave=wave)
    program = Program(program_id="p", name="P", type="other", start=date(2022, 1, 1))
    return Study(folder=Path(), settings=Settings(**settings), programs={"p": program}, tables=tables)


def test_counts_by_language():
    made = study([GOOD] * 20 + [SPANISH] * 12 + ["", None] * 5)
    found = {e.outcome: e for e in sentiment_comment_count(made, "p")}
    assert {name: e.estimate for name, e in found.items()} == {
        "written": 32,
        "in another language": 12,
        "unscored": 12,
    }
    assert {e.group for e in found.values()} == {"first"}


def test_a_few_in_another_language_are_suppressed_on_either_side():
    for comments in ([GOOD] * 20 + [SPANISH] * 3, [GOOD] * 3 + [SPANISH] * 20):
        found = {e.outcome: e for e in sentiment_comment_count(study(comments), "p")}
        assert found["written"].estimate == 23
        assert math.isnan(found["in another language"].estimate)
        assert "Suppressed" in found["in another language"].note
    none = sentiment_comment_count(study([GOOD] * 20), "p")[1]
    assert none.estimate == 0


def test_polarity_is_the_share_of_favorable_comments_and_never_without_its_accuracy():
    (found,) = sentiment_comment_polarity(study([GOOD] * 15 + [BAD] * 5 + [SPANISH] * 12), "p")
    assert (found.estimate, found.n_after) == (0.75, 20)
    # prop.test(15, 20, correct = FALSE)$conf.int
    assert (found.conf_low, found.conf_high) == pytest.approx((0.5312931, 0.8881319), abs=1e-5)
    assert "not a headline" in found.note
    assert "of 127 hand-labeled comments" in found.note
    assert found.design_level is None
    assert math.isnan(found.p_value)


def test_polarity_of_a_few_is_suppressed():
    (found,) = sentiment_comment_polarity(study([GOOD] * 9 + [SPANISH] * 20), "p")
    assert not found.made
    assert math.isnan(found.n_after)
    assert "Suppressed" in found.note


def test_a_theme_counts_by_the_share_of_its_coders():
    codes = [(100 + i, coder, "safety") for i in range(10) for coder in "AB"]
    codes += [
        (110 + i, coder, theme) for i in range(10) for coder, theme in (("A", "trust"), ("B", "safety"))
    ]
    found = {e.outcome: e for e in sentiment_comment_theme(study([GOOD] * 20, codes), "p")}
    assert (found["safety"].estimate, found["trust"].estimate) == (0.75, 0.25)
    assert found["safety"].conf_high == pytest.approx(0.8881319, abs=1e-5)
    assert found["trust"].n_after == 20


def test_themes_of_a_few_and_without_codes():
    few = sentiment_comment_theme(study([GOOD] * 20, [(100 + i, "A", "safety") for i in range(9)]), "p")
    assert [e.made for e in few] == [False]
    assert "Suppressed" in few[0].note
    assert "no codes" in sentiment_comment_theme(study([GOOD] * 20), "p")[0].note
    stranger = sentiment_comment_theme(study([GOOD] * 20, [(7, "A", "safety")]), "p")
    assert "No coded comment" in stranger[0].note


def test_agreement_is_that_of_the_inference_room():
    random = np.random.default_rng(3)
    first = random.choice(["safety", "trust", "contact"], 30)
    second = np.where(random.random(30) < 0.8, first, "trust")
    codes = [
        (100 + i, coder, theme) for i in range(30) for coder, theme in (("A", first[i]), ("B", second[i]))
    ]
    (found,) = sentiment_comment_agreement(study([GOOD] * 30, codes), "p")
    assert found.estimate == pytest.approx(krippendorff_alpha(np.array([first, second])))
    assert found.conf_low < found.estimate < found.conf_high
    assert found.n_after == 30


def test_agreement_is_by_theme_where_a_comment_has_several():
    codes = [(100 + i, coder, theme) for i in range(12) for coder in "AB" for theme in ("safety", "trust")]
    codes += [(112 + i, coder, "safety") for i in range(8) for coder in "AB"]
    found = {e.outcome: e for e in sentiment_comment_agreement(study([GOOD] * 20, codes), "p")}
    assert set(found) == {"safety", "trust"}
    assert found["trust"].estimate == 1
    assert not found["safety"].made
    assert found["safety"].note


def test_one_coder_cannot_agree():
    (found,) = sentiment_comment_agreement(
        study([GOOD] * 20, [(100 + i, "A", "safety") for i in range(20)]), "p"
    )
    assert not found.made
    assert "two people" in found.note


def test_topics_are_redacted_and_need_people():
    words = ["light", "lamp", "alley", "corner", "bus", "park", "store", "noise"]
    random = np.random.default_rng(1)
    told = [
        f"The {' '.join(random.choice(words, 3, replace=False))} again, call me at 555-01{i:02d}"
        for i in range(60)
    ]
    found = comment_topics(study(told), "p")
    assert len(found.words) > 1
    assert "555" not in " ".join(found.texts)
    assert "Suppressed" in comment_topics(study(told[:9]), "p").reason


def test_what_is_known_of_comments_names_nobody():
    frame = comment_signs(study([GOOD, BAD, SPANISH]), "p")
    assert list(frame.columns) == ["wave", "arm", "language", "polarity", "sign"]
    assert frame["sign"].tolist()[:2] == [1, -1]
    assert frame["language"].tolist() == ["en", "en", "es"]


def test_without_comments_every_metric_says_why():
    empty = study([None, ""])
    for metric in (sentiment_comment_count, sentiment_comment_polarity):
        (found,) = metric(empty, "p")
        assert "Nobody wrote" in found.note


def test_sample(sample):
    program_id = "harbor-watch"
    written = [e for e in sentiment_comment_count(sample, program_id) if e.outcome == "written" and e.made]
    assert written
    shown = comment_topics(sample, program_id)
    assert not any(mark in " ".join(shown.texts) for mark in ("555", "Wanda", "Thistlewick", "@", "hollowby"))
