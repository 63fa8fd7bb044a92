"""What systematic reviews found for each type of program: `reviews.csv`, and the words that go with it."""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from outreach_metrics.estimate import Estimate
from outreach_metrics.evidence.wording import label, ratio_change

SAME = "this"
"""`fit` of a review of just this type of program; "related" is one of something that it resembles."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """One finding of one review, as published.

    Parameters
    ----------
    program_type : str
    fit : {"this", "related"}
        Whether the review is of this type of program, or of something like it.
    practice : str
        What the reviewed programs did.
    outcome, finding : str
        What it is about; what was found, in a sentence.
    measure, effect : str
        Kind of number and the number, as published; empty where the source that was read gives none.
    conf_low, conf_high : float
        Its interval, in the unit of `effect`; NaN where the source gives none.
    change_low, change_high : float
        The same as a ratio as in estimates.csv (0.8 is a fall by 20 %), where the review says so; else NaN.
    studies, citation : str
    year : int
    link, verified_in : str
        Where the review is; where the figure was read.
    note : str
    """

    program_type: str
    fit: str
    practice: str
    outcome: str
    finding: str
    measure: str
    effect: str
    conf_low: float
    conf_high: float
    change_low: float
    change_high: float
    studies: str
    citation: str
    year: int
    link: str
    verified_in: str
    note: str

    @property
    def number(self) -> str:
        """The published number with its measure and interval; empty without one.

        Examples
        --------
        >>> reviews_of("public_safety_education")[0].number
        'Standardized mean difference (d): 0.023 (−0.04 to 0.08)'
        """
        if not self.effect:
            return ""
        known = not math.isnan(self.conf_low)
        limits = f" ({self.conf_low:g} to {self.conf_high:g})".replace("-", "−") if known else ""
        return f"{label(self.measure)}: {self.effect}{limits}"

    @property
    def change(self) -> str:
        """The published change in percent, as this package prints changes; empty where there is none.

        Examples
        --------
        >>> reviews_of("neighborhood_watch")[0].change, reviews_of("safety_audit")[0].change
        ('−26% to −16%', '−14%')
        """
        if math.isnan(self.change_low):
            return ""
        ends = dict.fromkeys(ratio_change(end) for end in (self.change_low, self.change_high))
        return " to ".join(ends)

    @property
    def source(self) -> str:
        """Citation, year and link in one line."""
        return f"{self.citation} ({self.year}), {self.link}"


_NUMBERS = ("conf_low", "conf_high", "change_low", "change_high")


@lru_cache(maxsize=1)
def reviews() -> tuple[Review, ...]:
    """Return every finding of the table, in its order.

    Examples
    --------
    >>> len({review.program_type for review in reviews()}) > 8
    True
    """
    text = (files("outreach_metrics.evidence") / "reviews.csv").read_text(encoding="utf-8")
    return tuple(
        Review(
            **row | {name: float(row[name] or "nan") for name in _NUMBERS} | {"year": int(row["year"])}  # type: ignore[arg-type]
        )
        for row in csv.DictReader(text.splitlines())
    )


def reviews_of(program_type: str) -> tuple[Review, ...]:
    """Return the findings for a type of program, those of just this type first; empty where there are none.

    Examples
    --------
    >>> reviews_of("tip_line")
    ()
    """
    own = [review for review in reviews() if review.program_type == program_type]
    return tuple(sorted(own, key=lambda review: review.fit != SAME))


def no_review(program_type: str) -> str:
    """Return the sentence that no review of this type is known; empty where one is.

    Examples
    --------
    >>> no_review("tip_line"), no_review("neighborhood_watch")
    ('We know of no systematic review of this type of program (tip line).', '')
    >>> no_review("safety_audit")
    'We know of no systematic review of this type of program (safety audit); what is shown is of something
    related.'
    """
    known = reviews_of(program_type)
    if any(review.fit == SAME for review in known):
        return ""
    name = f" ({label(program_type).lower()})" if program_type != "other" else ""
    related = "; what is shown is of something related" if known else ""
    return f"We know of no systematic review of this type of program{name}{related}."


def why_they_differ(estimate: Estimate | None) -> tuple[str, ...]:
    """Return why a program's own estimate may differ from what reviews found, as sentences.

    Parameters
    ----------
    estimate : Estimate or None
        The program's own estimate that stands beside them.
    """
    told = [
        "A review is the mean over many programs; single programs lie on both sides of it.",
        "The programs reviewed were elsewhere and earlier, and what was done under the same name may differ.",
    ]
    if estimate is not None and (estimate.design_level or 0) < 3:
        told.insert(
            0,
            "This program's change is measured over time alone; the reviews rest on comparisons. "
            "The two numbers are not of one kind.",
        )
    if estimate is not None and not math.isnan(estimate.conf_low):
        told.append(
            "Where a review's figure lies inside this program's interval, chance alone could explain it."
        )
    return tuple(told)


NEEDS: dict[str, str] = {
    "crime": "High or rising crime",
    "violence": "High or rising violence",
    "trust": "Low trust",
    "reach": "Few residents reached",
    "groups": "Groups that are not reached",
}
"""Kinds of need, as a table names them."""

SPEAKS_TO: dict[str, tuple[str, ...]] = {
    "crime": ("neighborhood_watch", "safety_audit", "safety_campaign", "community_policing"),
    "violence": ("street_outreach", "youth_engagement", "school_resource_officer"),
    "trust": ("community_policing", "coffee_with_a_cop", "citizen_academy"),
    "reach": ("digital_outreach", "public_safety_education", "safety_campaign"),
    "groups": ("youth_engagement", "digital_outreach", "coffee_with_a_cop"),
}
"""Types of program that set out to meet each need; whether they do is for the reviews to say."""

_ABOUT: dict[str, tuple[str, ...]] = {
    "crime": ("crime", "crime and fear of crime"),
    "violence": ("violence", "crime", "crime and violence", "delinquency"),
    "trust": ("trust and satisfaction",),
}


def speaks_to(need: str) -> tuple[tuple[str, tuple[Review, ...]], ...]:
    """Return the types of program that set out to meet a need, each with the findings that are about it.

    Parameters
    ----------
    need : str
        Key of `NEEDS`.

    Examples
    --------
    >>> [(kind, len(found)) for kind, found in speaks_to("trust")]
    [('community_policing', 3), ('coffee_with_a_cop', 1), ('citizen_academy', 0)]
    """
    about = _ABOUT.get(need, ())
    return tuple(
        (kind, tuple(review for review in reviews_of(kind) if review.outcome in about))
        for kind in SPEAKS_TO[need]
    )
