"""Signs of sentences about police, VADER as published, and the accuracy that is told beside them."""

import csv
import re

import numpy as np
import pytest

from outreach_metrics.text import accuracy, polarity, sign
from outreach_metrics.text.polarity import LABELS
from outreach_metrics.text.words import read_rows, word_groups
from tests.conftest import SHARED

FAVORABLE = """\
I would report a crime to the police.
Crime is down and I feel safer walking at night.
I no longer feel afraid.
There is less crime now.
Fewer break-ins this year.
I trust the officers.
I used to be scared, now I am not.
No problem with the officers.
I'm not afraid to report crime.
I wouldn't hesitate to call the police.
Police showed up in five minutes.
It took only five minutes for police to arrive.
They stopped harassing our kids.
I have no complaints.
I couldn't be happier with our officers.
They don't talk down to us anymore.
Burglaries have stopped since the watch started.
The kids are not afraid of officers anymore.""".splitlines()
UNFAVORABLE = """\
They don't treat us with respect.
They never show up when we call.
They didn't come when we called.
It takes hours to respond.
Nobody follows up.
Nothing has changed.
I was harassed by an officer.
Racial profiling is still happening here.
I do not trust the police.
Could be better.
Crime has not gone down.
I would never call the police.
They won't listen.
No one showed up when I called 911.
I don't feel safe walking at night.
We don't feel heard.
I have lost trust in the police.
They make us feel like criminals.
Where are the police when you need them?""".splitlines()
NEUTRAL = ["How do I report a crime?", "Is there a meeting next month?", "The meeting was on Tuesday."]


@pytest.mark.parametrize("text", FAVORABLE)
def test_favorable(text):
    assert sign(polarity([text]))[0] == 1


@pytest.mark.parametrize("text", UNFAVORABLE)
def test_unfavorable(text):
    assert sign(polarity([text]))[0] == -1


@pytest.mark.parametrize("text", NEUTRAL)
def test_neutral(text):
    assert sign(polarity([text]))[0] == 0


def test_curly_apostrophes_and_capitals_change_no_sign():
    texts = ["They don’t treat us with respect.", "THEY NEVER SHOW UP WHEN WE CALL", "crime is down"]
    assert sign(polarity(texts)).tolist() == [-1, -1, 1]


def test_other_languages_and_nothing_are_unscored():
    texts = ["El oficial fue muy amable con mi familia.", "谢谢", "", "  ", "👍"]
    assert np.isnan(polarity(texts)).all()
    assert np.isnan(sign(polarity(texts))).all()
    assert polarity([]).shape == (0,)


def test_every_score_is_between_the_limits_and_belongs_to_its_text():
    texts = FAVORABLE + UNFAVORABLE
    scores = polarity(texts)
    assert (np.abs(scores) < 1).all()
    assert polarity(texts[::-1])[::-1].tolist() == scores.tolist()


def test_vader_as_published():
    # cjhutto/vaderSentiment README: "VADER is smart, handsome, and funny." {'compound': 0.8316}
    texts = [
        "VADER is smart, handsome, and funny.",
        "Today only kinda sux! But I'll get by, lol",
        "Not bad at all",
    ]
    assert polarity(texts, lexicon=None) == pytest.approx([0.8316, 0.5249, 0.431], abs=1e-4)
    assert polarity(["I would report a crime to the police."], lexicon=None)[0] == pytest.approx(
        -0.5423, abs=1e-4
    )
    with pytest.raises(ValueError, match="lexicon"):
        polarity(["Good"], lexicon="other")


def test_the_documented_sentences(cases):
    case = cases["vader_doc"]
    with (SHARED / "reference" / case["dataset_file"]).open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    scores = polarity([row["text"] for row in rows], lexicon=None)
    for name, expected in case["expected"].items():
        assert scores[int(name[1:]) - 1] == pytest.approx(expected["value"], abs=expected["tol"]), name


def test_accuracy_is_counted_on_comments_that_were_held_out():
    rows = read_rows("labelled_comments.csv")
    texts = [row["comment"] for row in rows]
    assert len(rows) >= 240
    assert len(set(texts)) == len(texts)
    assert {row["label"] for row in rows} == set(LABELS)
    found = accuracy()
    held_out = [row for row in rows if row["split"] == "held_out"]
    for agreement in found:
        assert agreement.n == len(held_out) == agreement.confusion.sum()
        assert agreement.estimate == np.trace(agreement.confusion) / agreement.n
        assert agreement.conf_low < agreement.estimate < agreement.conf_high
    # prop.test(65, 127, correct = FALSE)$conf.int
    assert found.stock[:4] == pytest.approx((127, 65 / 127, 0.4258142, 0.5971143), abs=1e-6)
    assert found.policing.estimate > 0.75
    assert found.policing.conf_low > found.stock.conf_high
    assert (
        found.policing.recall["negative"]
        == found.policing.confusion[0, 0] / found.policing.confusion[0].sum()
    )


def test_every_term_has_a_reason_and_known_groups():
    rows, groups = read_rows("lexicon.csv"), word_groups("word_groups.csv")
    assert len({row["term"] for row in rows}) == len(rows)
    for row in rows:
        assert row["why"], row["term"]
        assert -4 <= float(row["valence"]) <= 4
        assert set(re.findall(r"\{(\w+)\}", row["term"])) <= set(groups), row["term"]
