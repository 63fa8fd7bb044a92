"""Labels of answers -> codes. A scale is the shortest known one that explains all labels of its wording."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

NO_ANSWER = NOT_APPLICABLE, DONT_KNOW, REFUSED = ("97", "98", "99")
_NO_ANSWERS = {
    DONT_KNOW: "don't know|dont know|do not know|i don't know|i do not know|not sure|unsure|i'm not sure"
    "|no opinion|can't say|cannot say|can't choose|unable to judge|no basis to judge|dk",
    REFUSED: "prefer not to say|prefer not to answer|prefer not to disclose|i prefer not to say"
    "|rather not say|i prefer not to answer|i'd rather not say|refused|decline to answer"
    "|declined|decline to state",
    NOT_APPLICABLE: "not applicable|n/a|na|does not apply|doesn't apply|not applicable to me|no contact",
}
MISSING = {label: code for code, labels in _NO_ANSWERS.items() for label in labels.split("|")}
_NUMERIC_MISSING = {"-1", "-8", "-9", "-99", "-98", "-97", "77", "88", "97", "98", "99", "999", "998"}

_YES_NO = {"no": "0", "n": "0", "false": "0", "yes": "1", "y": "1", "true": "1"}
_FREQUENCY = {
    "never": "never", "almost never": "rarely", "rarely": "rarely", "seldom": "rarely",
    "hardly ever": "rarely",
    "sometimes": "sometimes", "occasionally": "sometimes", "about half the time": "half", "often": "often",
    "frequently": "often", "fairly often": "often", "usually": "often", "most of the time": "often",
    "almost always": "often", "always": "always", "very often": "always", "all of the time": "always",
    "all the time": "always",
}  # fmt: skip
_QUALITY = {
    "terrible": "very poor", "very poor": "very poor", "very bad": "very poor", "poor": "poor", "bad": "poor",
    "fair": "fair", "average": "fair", "ok": "fair", "okay": "fair", "acceptable": "fair", "good": "good",
    "very good": "very good", "excellent": "excellent",
}  # fmt: skip
_WORDS = (("frequency", _FREQUENCY), ("quality", _QUALITY))
_LADDERS = {
    "frequency": (
        "never rarely sometimes often always", "never sometimes half often always",
        "never rarely sometimes often", "never sometimes often always", "never sometimes always",
    ),
    "quality": (
        "very_poor poor fair good very_good", "poor fair good very_good excellent",
        "very_poor poor fair good excellent", "poor fair good excellent",
        "very_poor poor fair good very_good excellent", "poor fair good",
    ),
    "bipolar": ("-3 -2 0 2 3", "-3 -2 2 3", "-3 -2 -1 0 1 2 3", "-3 -2 -1 1 2 3", "-2 0 2", "-2 2"),
    "unipolar": ("0 1 2 3 4", "0 1 2 3", "0 1 3", "0 2 3", "0 1 2"),
}  # fmt: skip
_PAIRS = {
    "agree": "disagree", "safe": "unsafe", "satisfied": "dissatisfied", "likely": "unlikely",
    "comfortable": "uncomfortable", "important": "unimportant", "helpful": "unhelpful", "fair": "unfair",
    "easy": "difficult", "effective": "ineffective", "confident": "unconfident", "better": "worse",
    "positive": "negative", "favorable": "unfavorable", "favourable": "unfavourable", "willing": "unwilling",
    "respectful": "disrespectful", "support": "oppose", "improved": "worsened", "increased": "decreased",
    "trust": "distrust", "supportive": "unsupportive", "fairly": "unfairly",
    "respectfully": "disrespectfully",
}  # fmt: skip
_NEGATIVE = {negative: positive for positive, negative in _PAIRS.items()}
_STRENGTH = {
    "strongly": 3, "very": 3, "extremely": 3, "completely": 3, "totally": 3, "definitely": 3, "much": 3,
    "": 2,
    "moderately": 2, "fairly": 2, "generally": 2, "mostly": 2, "somewhat": 1, "slightly": 1, "a little": 1,
    "a bit": 1, "tend to": 1, "rather": 1, "quite": 2, "probably": 2,
}  # fmt: skip
_AMOUNT = {
    "not at all": 0, "not": 0, "none at all": 0, "not very": 1, "not so": 1, "not too": 1, "not really": 1,
    "not much": 1, "slightly": 1, "a little": 1, "a little bit": 1, "a bit": 1, "somewhat": 2,
    "moderately": 2,
    "fairly": 2, "some": 2, "a moderate amount": 2, "to some extent": 2, "very": 3, "quite": 3, "a lot": 3,
    "quite a bit": 3, "very much": 3, "mostly": 3, "extremely": 4, "completely": 4, "a great deal": 4,
    "to a great extent": 4,
}  # fmt: skip
_NEUTRAL = re.compile(
    r"neutral|neither|undecided|mixed|no change|(about |stayed )?the same|neither (\w+) n?or (\w+)|no "
    r"difference"
)
_NUMBERED = re.compile(r"(-?\d{1,3})(?:\.0)?(?:\s*[-–—:=.)]\s*(\S.*)|\s+\(?(\D[^)]*)\)?)?")
_NUMBER_LAST = re.compile(r"(\D.*?)\s*[([-]\s*(\d{1,2})\s*[)\]]?")
_ENOUGH = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """How the answers to one item are coded. `codes` holds every answer seen, codes of no answer too."""

    codes: Mapping[str, str]
    low: int
    high: int
    missing: tuple[str, ...] = ()
    assumed: str = ""

    @property
    def favourable_from(self) -> str:
        """First code above the middle; empty for scales of more than 7 points."""
        points = self.high - self.low + 1
        return str(self.low + (points + 1) // 2) if points <= 7 else ""


@dataclass(slots=True)
class _Reading:
    """What the labels of one item mean before the scale is chosen: label -> step."""

    family: tuple[str, str]
    steps: dict[str, str]
    missing: dict[str, str] = field(default_factory=dict)


def read_scales(answers: Sequence[Mapping[str, int]], points: int | None = None) -> list[Scale | None]:
    """Return the scale of each item, None where a label is not understood.

    Parameters
    ----------
    answers : sequence of mapping of answer to count
        One an item, without empty answers.
    points : int, optional
        Points of labeled scales where not every label occurs.

    Notes
    -----
    Items of the same wording (agree, safe, ...) share a scale. A scale without a middle is taken only when
    all its labels occur, in at least five times as many answers; else one with a middle is assumed, and told.

    Examples
    --------
    >>> scale = read_scales([{"Agree": 9, "Strongly agree": 3, "Strongly Disagree": 1, "Neutral": 2}])[0]
    >>> scale.codes["Strongly agree"], scale.low, scale.high, scale.favourable_from
    ('5', 1, 5, '4')
    >>> read_scales([{"Blue": 3}])
    [None]
    """
    pools = _Pools(answers)
    return [
        pools.scale(reading, counts, points) for reading, counts in zip(pools.readings, answers, strict=True)
    ]


class _Pools:
    """The labels of all items, by wording."""

    def __init__(self, answers: Sequence[Mapping[str, int]]) -> None:
        self.negated = {word for counts in answers for word in _negated(counts)}
        self.readings = [self._read(counts) for counts in answers]
        self.steps: dict[tuple[str, str], set[str]] = defaultdict(set)
        self.count: dict[tuple[str, str], int] = defaultdict(int)
        for reading, counts in zip(self.readings, answers, strict=True):
            if reading is not None:
                self.steps[reading.family] |= set(reading.steps.values())
                self.count[reading.family] += sum(counts[label] for label in reading.steps)

    def _read(self, counts: Mapping[str, int]) -> _Reading | None:
        missing = {label: code for label in counts if (code := missing_code(label))}
        labels = [label for label in counts if label not in missing]
        reading = _read_numbers(labels) or self._read_labels(labels) if labels else None
        if reading is not None:
            reading.missing |= missing
        return reading

    def _read_labels(self, labels: list[str]) -> _Reading | None:
        plain = {label: plain_label(label) for label in labels}
        if all(word in _YES_NO for word in plain.values()):
            return _Reading(("yes_no", ""), {label: _YES_NO[word] for label, word in plain.items()})
        for family, words in _WORDS:
            if all(word in words for word in plain.values()):
                return _distinct(
                    (family, ""), {la: words[wo].replace(" ", "_") for la, wo in plain.items()}, plain
                )
        return self._bipolar(plain) or _unipolar(plain)

    def _bipolar(self, plain: dict[str, str]) -> _Reading | None:
        steps, pair = {}, ""
        for label, word in plain.items():
            if neutral := _NEUTRAL.fullmatch(word):
                steps[label] = "0"
                named = neutral[3] if neutral.lastindex and neutral.lastindex >= 3 else ""
            else:
                strength, _, adjective = _split(word, _STRENGTH)
                named = _NEGATIVE.get(adjective, adjective if adjective in _PAIRS else "")
                if not named or strength is None:
                    return None
                steps[label] = str(-strength if adjective in _NEGATIVE else strength)
            named = _NEGATIVE.get(named, named)
            if named and pair and named != pair:
                return None
            pair = pair or named
        if not pair or pair in self.negated:
            return None
        return _distinct(("bipolar", pair), steps, plain)

    def scale(self, reading: _Reading | None, counts: Mapping[str, int], points: int | None) -> Scale | None:
        """Return the scale that explains what all items of the wording say."""
        if reading is None:
            return None
        family = reading.family[0]
        if family in ("yes_no", "number"):
            steps = {label: int(step) for label, step in reading.steps.items()}
            low, high, assumed = (
                (0, 1, "") if family == "yes_no" else _number_range(set(steps.values()), points)
            )
            codes = {label: str(step) for label, step in steps.items()}
        else:
            step_of = _merging(self.steps[reading.family]) if family == "bipolar" else {}
            seen = {step_of.get(step, step) for step in self.steps[reading.family]}
            ladder, assumed = _ladder(family, seen, self.count[reading.family], points)
            if not ladder:
                return None
            low, high = 1, len(ladder)
            codes = {
                label: str(ladder.index(step_of.get(step, step)) + 1) for label, step in reading.steps.items()
            }
        missing = tuple(sorted(set(reading.missing.values())))
        return Scale(codes=codes | reading.missing, low=low, high=high, missing=missing, assumed=assumed)


def plain_label(text: str) -> str:
    """Return a label as labels are compared.

    Examples
    --------
    >>> plain_label("Strongly  Agree."), plain_label("Don’t know")
    ('strongly agree', "don't know")
    """
    return " ".join(text.casefold().replace("’", "'").replace("‘", "'").split()).strip(' .!,*"')


def missing_code(label: str) -> str:
    """Return the code of a label that is no answer, "" for an answer.

    Examples
    --------
    >>> [missing_code(label) for label in ("Don't know / Prefer not to say", "Prefer not to say", "Agree")]
    ['98', '99', '']
    """
    plain = plain_label(label)
    if plain in MISSING:
        return MISSING[plain]
    parts = [MISSING.get(part.strip(), "") for part in re.split(r"/| or |,", plain)]
    if len(parts) > 1 and all(parts):
        return parts[0]
    match = _NUMBERED.fullmatch(plain)
    text = (match[2] or match[3] or "") if match else ""
    return match[1] if match and text and missing_code(text) else ""


def _number_of(label: str) -> tuple[str, str]:
    """Return the number that a label begins or ends with, and the words beside it."""
    plain = plain_label(label)
    if match := _NUMBERED.fullmatch(plain):
        return match[1], match[2] or match[3] or ""
    if match := _NUMBER_LAST.fullmatch(plain):
        return match[2], match[1]
    return "", plain


def _read_numbers(labels: list[str]) -> _Reading | None:
    """Return a reading when every label has a number, and the numbers can be an answer scale."""
    found = {label: _number_of(label)[0] for label in labels}
    if not all(found.values()):
        return None
    numbers = {int(number) for number in found.values()}
    missing = {number for number in found.values() if number in _NUMERIC_MISSING}
    rest = numbers - {int(number) for number in missing}
    if rest and max(rest) in (8, 9) and max(rest - {8, 9}, default=0) in (3, 4, 5):
        missing |= {str(number) for number in rest & {8, 9}}
        rest -= {8, 9}
    if not rest or min(rest) < 0 or max(rest) > 10:
        return None
    steps = {label: number for label, number in found.items() if number not in missing}
    return _Reading(
        ("number", ""), steps, {label: number for label, number in found.items() if number in missing}
    )


def _number_range(seen: set[int], points: int | None) -> tuple[int, int, str]:
    """Return the ends of a numbered scale; what is not seen at both ends is assumed."""
    low, high = min(seen), max(seen)
    if points:
        start = 0 if low == 0 else 1
        return start, max(high, start + points - 1), ""
    ends = next(
        (one, other)
        for one, other in ((0, 1), (1, 5), (1, 7), (1, 10), (0, 5), (0, 10))
        if one <= low and high <= other and (other > 1 or seen == {0, 1})
    )
    return *ends, "" if ends == (low, high) else f"numbers {low} to {high} occur"


def _split(word: str, strengths: Mapping[str, int]) -> tuple[int | None, str, str]:
    """Return the strength of a label's first words, those words, and the rest."""
    words = word.split()
    for length in range(min(4, len(words)), -1, -1):
        start = " ".join(words[:length])
        if start in strengths:
            return strengths[start], start, " ".join(words[length:])
    return None, "", word


def _negated(labels: Iterable[str]) -> set[str]:
    """Return the words that stand after 'not at all', 'not very' and the like."""
    words = set()
    for label in labels:
        _, start, rest = _split(plain_label(label), _AMOUNT)
        if rest and start.startswith("not"):
            words.add(rest)
    return words


def _merging(steps: set[str]) -> dict[str, str]:
    """Take the weaker step of a side for the middle one, unless a side has both."""
    both = {"1", "2"} <= steps or {"-1", "-2"} <= steps
    return {} if both else {"1": "2", "-1": "-2"}


def _unipolar(plain: dict[str, str]) -> _Reading | None:
    steps, words = {}, set()
    for label, word in plain.items():
        amount, _, rest = _split(word, _AMOUNT)
        if amount is None:
            return None
        steps[label] = str(amount)
        words.add(rest)
    if len(words - {""}) > 1:
        return None
    return _distinct(("unipolar", max(words)), steps, plain)


def _distinct(family: tuple[str, str], steps: dict[str, str], plain: dict[str, str]) -> _Reading | None:
    """Return a reading unless two different labels would be one step."""
    by_step: dict[str, set[str]] = defaultdict(set)
    for label, step in steps.items():
        by_step[step].add(plain[label])
    if any(len(labels) > 1 for step, labels in by_step.items() if (family[0], step) != ("bipolar", "0")):
        return None
    return _Reading(family, steps)


def _ladder(family: str, seen: set[str], count: int, points: int | None) -> tuple[list[str], str]:
    """Return the steps of the scale, lowest first, and what is assumed about it."""
    ladders = [ladder.split() for ladder in _LADDERS[family]]
    holding = [ladder for ladder in ladders if seen <= set(ladder)]
    for ladder in holding:
        if len(ladder) == points or (not points and seen == set(ladder) and count >= _ENOUGH * len(ladder)):
            return ladder, ""
    if not holding:
        return [], ""
    default = holding[0]
    unseen = len(default) - len(seen)
    return default, f"{unseen} of its {len(default)} labels do not occur" if unseen else ""
