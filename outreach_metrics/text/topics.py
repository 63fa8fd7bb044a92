"""Topics that comments suggest, redacted and each different one once: for people to name and to check."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from outreach_metrics.text.language import language
from outreach_metrics.text.redaction import redact
from outreach_metrics.text.words import foreign_words

LEAST_COMMENTS = 20
"""Different comments that topics need."""
PER_TOPIC, MOST_TOPICS = 10, 8
SHOWN = 3
WORDS = 8
_TOKEN = r"(?<![\w'’])[^\W\d_]{2,}(?![\w'’])"
"""Words without an apostrophe: what has one is a stop word."""
_PLACEHOLDERS = ("mail", "phone", "address", "name", "number", "link")


@dataclass(frozen=True, slots=True, kw_only=True)
class Topics:
    """Topics of comments, the most frequent first; without any, and with a reason, where there are too few.

    Parameters
    ----------
    words : tuple of tuple of str, length k
        The words that weigh most in each topic.
    share : ndarray, shape (k,)
        Share of the comments whose heaviest topic it is; comments without a topic are in no share.
    weights : ndarray, shape (n, k)
        How much each text has of each topic.
    texts : tuple of str, length n
        Different comments, redacted, of the main language.
    counts : ndarray of int, shape (n,)
        How often each was written.
    representative : tuple of tuple of int, length k
        Places in `texts` of the comments that have most of each topic, and were written most often.
    reason : str
        Why there are none.
    """

    words: tuple[tuple[str, ...], ...] = ()
    share: np.ndarray = field(default_factory=lambda: np.zeros(0))
    weights: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))
    texts: tuple[str, ...] = ()
    counts: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=int))
    representative: tuple[tuple[int, ...], ...] = ()
    reason: str = ""

    def comments(self, topic: int) -> list[str]:
        """Return the representative comments of a topic, redacted."""
        return [self.texts[place] for place in self.representative[topic]]


def topics(texts: Iterable[str], count: int | None = None, seed: int = 0, main: str = "en") -> Topics:
    """Suggest topics by non-negative factors of the comments' weighted words.

    Parameters
    ----------
    texts : iterable of str
        Comments as written; they are redacted here, before anything else.
    count : int, optional
        Topics; else one for every 10 different comments, at least 2 and at most 8.
    seed : int
        The same seed gives the same topics.
    main : str
        Language of the comments that are used.

    Returns
    -------
    Topics
        None of them with fewer than 20 different comments in the main language.

    Notes
    -----
    TF-IDF of words in two comments at least, without stop words, each comment as
    often as written; Lee DD & Seung HS (1999) Nature 401:788,
    started by NNDSVDa (Boutsidis C & Gallopoulos E, 2008, Pattern Recognit 41:1350). A topic is a suggestion,
    no finding: its name is for people to give, and how many there are is a rule of thumb.

    Examples
    --------
    >>> topics(["The street light is out."] * 30).reason
    'Topics need 20 different comments in one language: here are 1.'
    """
    kept = Counter(redacted for redacted in map(redact, texts) if language(redacted) == main)
    if len(kept) < LEAST_COMMENTS:
        needed = f"Topics need {LEAST_COMMENTS} different comments in one language"
        return Topics(reason=f"{needed}: here are {len(kept)}.")
    distinct = tuple(sorted(kept))
    counts = np.array([kept[text] for text in distinct])
    wanted = min(MOST_TOPICS, max(2, len(distinct) // PER_TOPIC)) if count is None else count
    if wanted < 1:
        raise ValueError(f"count must be 1 or more, not {count}")
    return _factors(distinct, counts, wanted, seed, main)


def _factors(texts: tuple[str, ...], counts: np.ndarray, count: int, seed: int, main: str) -> Topics:
    from sklearn.decomposition import NMF
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(
        stop_words=_stop_words(main), min_df=2, token_pattern=_TOKEN, sublinear_tf=True
    )
    if not _repeated(vectorizer.build_analyzer(), texts):
        return Topics(texts=texts, counts=counts, reason="No two comments have a telling word in common.")
    matrix = vectorizer.fit_transform(texts)
    count = min(count, *matrix.shape)
    model = NMF(n_components=count, init="nndsvda", random_state=seed, max_iter=2000)
    often = np.sqrt(counts)[:, None]
    weighted = model.fit_transform(matrix.multiply(often).tocsr())
    weights = weighted / often
    leading = np.where(weights.max(axis=1) > 0, weights.argmax(axis=1), -1)
    share = np.array([counts[leading == topic].sum() for topic in range(count)]) / counts.sum()
    order = np.argsort(-share, kind="stable")
    names = vectorizer.get_feature_names_out()
    ranked = [np.argsort(-model.components_[topic], kind="stable")[:WORDS] for topic in order]
    words = [
        tuple(str(names[place]) for place in places if model.components_[topic, place] > 0)
        for topic, places in zip(order, ranked, strict=True)
    ]
    heaviest = [np.argsort(-weighted[:, topic], kind="stable") for topic in order]
    shown = [
        tuple(int(place) for place in places if leading[place] == topic)[:SHOWN]
        for topic, places in zip(order, heaviest, strict=True)
    ]
    return Topics(
        words=tuple(words),
        share=share[order],
        weights=weights[:, order],
        texts=texts,
        counts=counts,
        representative=tuple(shown),
    )


def _stop_words(main: str) -> list[str]:
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    if main == "en":
        return sorted({*ENGLISH_STOP_WORDS, *_PLACEHOLDERS})
    return sorted({*(word for word, codes in foreign_words().items() if main in codes), *_PLACEHOLDERS})


def _repeated(analyze, texts: tuple[str, ...]) -> bool:
    """Whether some word is in two texts."""
    seen: Counter[str] = Counter()
    for text in texts:
        seen.update(set(analyze(text)))
    return bool(seen) and seen.most_common(1)[0][1] > 1
