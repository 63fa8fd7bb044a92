"""Topics: those planted come back, the same every time, redacted; none of too few comments."""

import numpy as np
import pytest

from outreach_metrics.text import topics

LIGHT = ["street", "light", "lamp", "dark", "alley", "corner"]
SPEED = ["speeding", "cars", "racing", "traffic", "crosswalk", "school"]


def comments(words, count, seed):
    random = np.random.default_rng(seed)
    return [f"The {' '.join(random.choice(words, 3, replace=False))} here and there" for _ in range(count)]


def test_planted_topics_come_back():
    found = topics(comments(LIGHT, 60, 1) + comments(SPEED, 30, 2), count=2)
    assert [set(words[:6]) for words in found.words] == [set(LIGHT), set(SPEED)]
    assert found.share == pytest.approx([2 / 3, 1 / 3])
    assert found.weights.shape == (len(found.texts), 2)
    assert found.counts.sum() == 90
    assert all(any(word in text for word in LIGHT) for text in found.comments(0))


def test_same_every_time_and_in_any_order():
    texts = comments(LIGHT, 40, 1) + comments(SPEED, 40, 2)
    first, again = topics(texts), topics(texts[::-1])
    assert first.words == again.words
    assert first.representative == again.representative
    np.testing.assert_array_equal(first.weights, again.weights)


def test_duplicates_are_one_text_that_counts_often():
    texts = comments(LIGHT, 30, 1) * 3
    found = topics(texts, count=2)
    assert len(found.texts) == len(set(texts))
    assert found.counts.sum() == len(texts)
    assert all(len(set(places)) == len(places) for places in found.representative)


def test_only_the_main_language_and_only_redacted():
    personal = [
        f"{text}, call Wanda Thistlewick at 555-01{i:02d}" for i, text in enumerate(comments(LIGHT, 40, 3))
    ]
    spanish = ["Nadie contesta cuando llamamos en español."] * 30
    found = topics(personal + spanish)
    together = " ".join(found.texts) + " ".join(word for words in found.words for word in words)
    assert "Wanda" not in together
    assert "555" not in together
    assert "contesta" not in together
    assert "[phone]" in together


@pytest.mark.parametrize("texts", [[], ["Good"], ["The light is out."] * 100, ["谢谢"] * 50])
def test_too_few_comments_tell_why(texts):
    found = topics(texts)
    assert found.reason
    assert found.words == ()
    assert found.share.size == 0


def test_no_word_in_common_and_no_topics_asked_for():
    letters = "bcdfghjklmnpqrstvwxz"
    texts = [f"the {letter}a{letter}o{letter}e is here" for letter in letters]
    assert "in common" in topics(texts).reason
    with pytest.raises(ValueError, match="count"):
        topics(comments(LIGHT, 60, 1), count=0)
