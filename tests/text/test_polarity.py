"""Signs of sentences about police, VADER as published, and the accuracy that is told beside them."""

import csv
import re

import numpy as np
import pandas as pd
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
The kids are not afraid of officers anymore.
I used to be afraid of the police but not anymore.
We used to have break-ins every week, not now.
Zero complaints.
Zero break-ins this year.
Zero problems with the officers.
They stopped a robbery.
The shootings stopped.
The officer stopped the fight.
The gunshots have stopped.
They stopped the drug dealing on my corner.
Officers stopped ignoring us.
I have never felt safer.
Never felt safer!
We've never been happier with the police.
The block has never been quieter.
I do not feel unsafe.
It is not unsafe.
Not unsafe at night.
The park isn't dangerous anymore.
I couldn't be happier.
We couldn't be happier with the new patrols.
Could not be more pleased.
No complaints.
No complaints from me!
I have nothing but praise for them.
Nothing but good things to say.
Fewer break-ins.
There are fewer break-ins on our block.
Less crime.
Fewer shootings this summer.
Less speeding since the patrols started.
The officers are not rude.
They weren't rude at all.
I wouldn't change a thing.
You won't find better officers.
Can't say anything bad about them.
I feel safer with the lights on.
Thank you, keep us safe.
They keep us safe.
My kids no longer fear officers.
They finally listened.
Officers actually care about us.
Could not have asked for better help.
Safer than ever.
Better than ever.
Nothing bad to say.
They treated my mother with respect.
Nobody was rude.
No one got hurt thanks to them.""".splitlines()
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
Where are the police when you need them?
I used to feel safe here.
We used to feel safe walking to the store.
This used to be a nice neighborhood.
It used to be safe.
Officers used to be friendly.
They should be more respectful.
Police should listen to residents.
They need to treat people fairly.
Officers need to be more polite.
I wish they were friendly.
I wish the police cared.
I wish I felt safe.
I wish I could trust them.
If only they listened.
If only officers were more helpful.
If only someone would respond.
It would be nice if they showed up.
They ought to be kinder.
They could be more helpful.
Would be great if they called back.
They only help rich people.
They only care about downtown.
They only come when someone is shot.
They only respect people with money.
The only good thing is the coffee.
Only one officer was helpful.
I have zero trust in the police.
Zero respect for residents.
Zero help from the police.
They stopped coming.
They stopped listening to us.
They stopped helping.
Police stopped answering our calls.
They stopped patrolling.
I have never felt less safe.
I have never felt so unsafe.
I have never felt safe here.
Fewer patrols.
Less respect than before.
Fewer officers on the street now.
More break-ins than last year.
More crime now.
Not helpful.
Not very helpful at all.
not friendly
I don't think they care.
I don't think the program helped.
I doubt they will come.
Hardly helpful.
Far from safe.
Anything but helpful.
There is no respect.
Lack of respect.
They fail to protect us.
They failed to show up.
Refused to help us.
The officer refused to take my report.
They pretend to listen.
The officer was supposed to help.
Wish it was safer.
I want to feel safe.
We want to be treated with respect.
We deserve to feel safe.
Hope they improve.
It would be good to feel safe again.
I'd feel safer if there were lights.
They don't keep us safe.
Nobody seems to care.
There is never an officer around.
Not once did they come.
It was safe before.
Not as safe as before.
No longer safe.
I no longer trust them.
We no longer feel safe.
Less safe than ever.
Worse than ever.
Nothing good to say.
Nothing good came of it.
Too few officers.
Not enough officers.
Not enough help.
Nobody was helpful.""".splitlines()
NEUTRAL = ["How do I report a crime?", "Is there a meeting next month?", "The meeting was on Tuesday."]
WISHES = [
    "More patrols needed.",
    "More patrols needed please",
    "We need more patrols.",
    "We need more officers at night.",
    "Please send more patrols to our street.",
    "Hope they improve.",
    "We want to be treated with respect.",
]


@pytest.mark.parametrize("text", FAVORABLE)
def test_favorable(text):
    assert sign(polarity([text]))[0] == 1


@pytest.mark.parametrize("text", UNFAVORABLE)
def test_unfavorable(text):
    assert sign(polarity([text]))[0] == -1


@pytest.mark.parametrize("text", NEUTRAL)
def test_neutral(text):
    assert sign(polarity([text]))[0] == 0


@pytest.mark.parametrize("text", WISHES)
def test_a_wish_is_no_praise(text):
    assert sign(polarity([text]))[0] <= 0


def test_one_text_alone_is_refused_and_missing_ones_are_unscored():
    with pytest.raises(TypeError, match=r"polarity\(\[text\]\)"):
        polarity("a string")
    with pytest.raises(TypeError, match="not int"):
        polarity([3])
    assert np.isnan(polarity([None, np.nan, pd.NA])).all()


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
