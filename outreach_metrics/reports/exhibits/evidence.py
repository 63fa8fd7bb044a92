"""The answer, what speaks against it, what is missing, and how every number was made."""

from __future__ import annotations

import re
from collections.abc import Iterable

from outreach_metrics.evaluation import Evaluation
from outreach_metrics.evidence.design import SCALE
from outreach_metrics.evidence.wording import label
from outreach_metrics.registry import registered_metrics
from outreach_metrics.reports.exhibits.cells import TOLD_ABOVE, merged, program_type
from outreach_metrics.reports.exhibits.kinds import Prose, bullets, definitions, paragraphs

NO_EFFECT = "There is no estimate of an effect, so there is nothing to weigh here"
NO_THREAT = "The data point to no other explanation; that does not rule one out."

_INTRODUCTIONS: dict[str, tuple[tuple[str, ...], str]] = {
    "crime": (
        ("crime_rate_before", "crime_rate_after", "crime_rate_ratio", "crime_relative_effect"),
        "Recorded crime in the areas where the program works, before and after it started. Where comparison "
        "areas are given, the change is set against theirs: what happened everywhere is then no longer "
        "mistaken for the program's effect.",
    ),
    "attendance": (
        ("attendance_total", "attendance_unique"),
        "Who came shows what was done and whom it reached. It does not show whether it worked.",
    ),
    "sentiment": (
        ("sentiment_score",),
        "Answers to several questions make up each measure, from 0 (lowest) to 100 (highest); questions "
        "that are put the other way round are turned.",
    ),
}
MEASURES: dict[str, tuple[str, str]] = {
    "crime_rate_before": (
        "Rate before",
        "Recorded incidents a year before the start, for the number of residents.",
    ),
    "crime_rate_after": (
        "Rate after",
        "Recorded incidents a year after the start, for the number of residents.",
    ),
    "crime_rate_ratio": (
        "Change in rate",
        "The rate after the start compared with the rate before, in the program areas alone.",
    ),
    "crime_relative_effect": (
        "Change relative to comparison",
        "The change in the program areas compared with the change in the comparison areas, in percent.",
    ),
    "crime_difference": (
        "Incidents more or fewer",
        "How many incidents more or fewer there were than if both had changed alike per resident.",
    ),
    "attendance_total": ("Attendances", "Everybody at every event added up; who comes twice counts twice."),
    "attendance_events": ("Events held", "How many events are recorded."),
    "attendance_unique": ("Different people", "How many people came at least once."),
    "attendance_mean": ("People per event", "Attendances divided by events."),
    "attendance_reach": ("Share of residents who came", "Different people, of all residents of the areas."),
    "attendance_repeat_share": ("Share who came more than once", "Of the people who signed in."),
    "attendance_trend": ("Change in attendance per year", "Whether events drew more or fewer people."),
    "sentiment_response_count": ("Number of people", "How many people answered, in each wave."),
    "sentiment_score": ("Mean score", "The average of the answers, from 0 (lowest) to 100 (highest)."),
    "sentiment_favourable": ("Share of favorable answers", "How many of the answers were favorable."),
    "sentiment_change": (
        "Change in the program group",
        "How far the mean score moved from the first wave to a later one.",
    ),
    "sentiment_relative_change": (
        "Relative to the comparison group",
        "How much further the program group moved than the comparison group.",
    ),
}
"""What the tables call each metric, and what it is in plain words."""


def about(evaluation: Evaluation) -> Prose:
    """Return what the program is, who leads it, and since when."""
    program = evaluation.program
    started = f"started on {program.start:%B} {program.start.day}, {program.start.year}"
    ended = f" and ended on {program.end:%B} {program.end.day}, {program.end.year}" if program.end else ""
    led = f"led by {program.lead_agency}" if program.lead_agency else ""
    kind = ", ".join(filter(None, [program_type(program).lower(), led]))
    facts = f"{program.name}{f' ({kind})' if kind else ''} {started}{ended}."
    return paragraphs(*filter(None, [facts, program.description]))


def introduction(evaluation: Evaluation, strand: str) -> Prose:
    """Return how to read a strand's charts and tables; nothing where it has none.

    Parameters
    ----------
    evaluation : Evaluation
    strand : {"crime", "attendance", "sentiment"}
    """
    main, text = _INTRODUCTIONS[strand]
    there = any(e.made for e in evaluation.estimates if e.strand == strand and e.metric in main)
    return paragraphs(text, kind="intro") if there else TOLD_ABOVE


def answer(evaluation: Evaluation) -> Prose:
    """Return the answer in three sentences: what changed, how sure, how strong the evidence."""
    return paragraphs(" ".join(evaluation.answer), kind="answer")


def threats(evaluation: Evaluation) -> Prose:
    """Return what speaks against reading the numbers as the program's effect."""
    if not evaluation.threats:
        return paragraphs(
            NO_THREAT if evaluation.design_level else f"{NO_EFFECT}; attendance does not show an effect."
        )
    return bullets(evaluation.threats, lead="Other explanations that this report cannot rule out:")


def missing_evidence(evaluation: Evaluation) -> Prose:
    """Return the evidence that the study does not hold, and what each would add."""
    if not evaluation.missing:
        return paragraphs("Crime, attendance and survey data are all there.")
    return bullets(evaluation.missing, lead="Evidence that this study does not hold, and what it would add:")


def methods(evaluation: Evaluation) -> Prose:
    """Return how every number in the report was made, and what its notes say.

    Methods and notes that differ in numbers alone between outcomes or waves are told once, with the range.
    """
    known = registered_metrics()
    entries = []
    for metric in dict.fromkeys(e.metric for e in evaluation.estimates if e.made):
        made = [e for e in evaluation.select(metric=metric) if e.made]
        summary = known[metric].summary if metric in known else ""
        heading, plain = MEASURES.get(metric, (label(metric), summary))
        technical = [summary if plain != summary else "", *merged(e.method for e in made)]
        technical += merged(e.note for e in made)
        entries.append((heading, [plain, *_told_once(technical, heading, plain)]))
    scale = f"Strength of evidence is the {SCALE}: 1 is weakest, 5 is random assignment."
    several = "P-values are adjusted for several outcomes by the Benjamini-Hochberg procedure."
    return definitions([*entries, ("Strength of evidence and chance", [f"{scale} {several}"])])


def _told_once(texts: Iterable[str], *told: str) -> list[str]:
    """Return the sentences of texts without those whose every word is in one told before."""
    before = [_words(text) for text in told]
    kept = []
    for sentence in (part for text in texts for part in re.split(r"(?<=[.!?]) (?=[A-Z])", text)):
        found = _words(sentence)
        if not any(found <= other for other in before):
            kept.append(f"{sentence[:1].upper()}{sentence[1:].removesuffix('.')}.")
            before.append(found)
    return kept


def _words(text: str) -> set[str]:
    return set(re.findall(r"[\w.]*\w", text.lower()))
