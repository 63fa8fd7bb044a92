"""The answer, what speaks against it, what is missing, and how every number was made."""

from __future__ import annotations

from outreach_metrics.evaluation import Evaluation
from outreach_metrics.evidence.design import SCALE
from outreach_metrics.evidence.wording import label
from outreach_metrics.registry import registered_metrics
from outreach_metrics.reports.exhibits.cells import merged
from outreach_metrics.reports.exhibits.kinds import Prose, bullets, definitions, paragraphs


def about(evaluation: Evaluation) -> Prose:
    """Return what the program is, who leads it, and since when."""
    program = evaluation.program
    started = f"started on {program.start:%B} {program.start.day}, {program.start.year}"
    ended = f" and ended on {program.end:%B} {program.end.day}, {program.end.year}" if program.end else ""
    led = f", led by {program.lead_agency}" if program.lead_agency else ""
    facts = f"{program.name} ({label(program.type).lower()}{led}) {started}{ended}."
    return paragraphs(*filter(None, [facts, program.description]))


def answer(evaluation: Evaluation) -> Prose:
    """Return the answer in three sentences: what changed, how sure, how strong the evidence."""
    return paragraphs(" ".join(evaluation.answer), kind="answer")


def threats(evaluation: Evaluation) -> Prose:
    """Return what speaks against reading the numbers as the program's effect."""
    if not evaluation.threats:
        return paragraphs("Nothing was found that speaks against the numbers beyond their intervals.")
    return bullets(evaluation.threats)


def missing_evidence(evaluation: Evaluation) -> Prose:
    """Return the evidence that the study does not hold, and what each would add."""
    if not evaluation.missing:
        return paragraphs("The study holds every kind of evidence that this report can use.")
    return bullets(evaluation.missing)


def methods(evaluation: Evaluation) -> Prose:
    """Return how every number in the report was made, and what its notes say.

    Methods and notes that differ in numbers alone between outcomes or waves are told once, with the range.
    """
    known = registered_metrics()
    entries = []
    for metric in dict.fromkeys(e.metric for e in evaluation.estimates if e.made):
        made = [e for e in evaluation.select(metric=metric) if e.made]
        summary = known[metric].summary if metric in known else ""
        new = [text for text in merged(e.method for e in made) if text.lower() not in summary.lower()]
        how = [f"{text[:1].upper()}{text[1:]}." for text in new]
        entries.append((label(metric), [*filter(None, [summary]), *how, *merged(e.note for e in made)]))
    scale = f"Strength of evidence is the {SCALE}: 1 is weakest, 5 is random assignment."
    several = "P-values are adjusted for several outcomes by the Benjamini-Hochberg procedure."
    return definitions([*entries, ("Strength of evidence and chance", [scale, several])])
