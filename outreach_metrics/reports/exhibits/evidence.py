"""The answer, what speaks against it, what may and must not be said of it, and what is missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from outreach_metrics.check import Check
from outreach_metrics.evaluation import Evaluation
from outreach_metrics.evidence import claims, gaps, limits
from outreach_metrics.evidence.checks import (
    SURVEY_CHECKS,
    VERDICTS,
    cautions,
    finding,
    meaning,
    question,
)
from outreach_metrics.evidence.claims import (
    DESIGN_METRICS,
    claim,
    further_claims,
    headline,
    strongest,
    supported,
)
from outreach_metrics.evidence.wording import label
from outreach_metrics.reports.exhibits.cells import TOLD_ABOVE, asked, program_type, within
from outreach_metrics.reports.exhibits.kinds import Column, Prose, Table, bullets, paragraphs
from outreach_metrics.study import Study

_ORDER = ("caution", "clear", "unknown")
NO_EFFECT = "There is no estimate of an effect, so there is nothing to weigh here"
NO_THREAT = "The data point to no other explanation; that does not rule one out."

_SURVEY_FILES = ("responses", "items", "codes")

_UNTOLD = {
    "crime": ("recorded crime", "crime_rate_ratio"),
    "sentiment": ("what people think", "sentiment_change"),
    "attendance": ("who came", "attendance_total"),
    "responsiveness": ("what became of concerns", "concern_count"),
}
"""What a strand is about, and the metric whose note says why it cannot be told."""
_DONE = ("attendance", "responsiveness")
"""Strands that tell what was done, not what it changed."""

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
    "responsiveness": (
        ("concern_count",),
        "Trust grows when people see their concerns dealt with. What counts as resolved is what the program "
        "wrote down, not what residents think of the answer.",
    ),
}


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


def answer(evaluation: Evaluation, strand: str = "") -> Prose:
    """Return the answer in three sentences: what changed, how sure, how strong the evidence.

    For attendance and responsiveness it is what was done.

    Parameters
    ----------
    evaluation : Evaluation
    strand : {"", "crime", "sentiment", "attendance", "responsiveness"}
        Empty for every strand.
    """
    if not strand:
        return paragraphs(" ".join(evaluation.answer), kind="answer")
    own = evaluation.select(strand=strand)
    done = claims.claims(own) if strand in _DONE else ()
    if done:
        return paragraphs(" ".join(done), kind="answer")
    if headline(own) is None:
        what, metric = _UNTOLD[strand]
        asked_for = what if strand in _DONE else f"whether {what} changed"
        reason = next((within(e.note) for e in own if e.metric == metric and e.note), "it holds no data")
        told = reason.removeprefix("suppressed: ").replace("the study has", "it has", 1)
        return paragraphs(f"This study cannot tell {asked_for}: {told}.", kind="answer")
    outcome = evaluation.outcome if strand == "crime" else ""
    told = claims.answer(own, outcome, own_checks(evaluation, strand))
    return paragraphs(" ".join(told), kind="answer")


def threats(evaluation: Evaluation, strand: str = "") -> Prose:
    """Return what speaks against reading the numbers as the program's effect, beyond what the checks say.

    Parameters
    ----------
    evaluation : Evaluation
    strand : {"", "crime", "sentiment"}
        Empty for every strand.
    """
    own = [*own_checks(evaluation), *own_checks(evaluation, "sentiment")]
    if strand:
        own = own_checks(evaluation, strand)
    told, found = set(cautions(own)), evaluation.threats
    if strand:
        estimates = evaluation.select(strand=strand)
        found = gaps.threats(_told_by(evaluation.study, strand), evaluation.program, estimates, own)
    others = [threat for threat in found if threat not in told]
    if not others:
        if found:
            return TOLD_ABOVE
        effect = any(e.made and e.design_level for e in evaluation.select(strand=strand))
        if strand == "sentiment" and not effect:
            return TOLD_ABOVE
        return paragraphs(NO_THREAT if effect else f"{NO_EFFECT}; attendance does not show an effect.")
    also = "Also, other" if told else "Other"
    return bullets(others, lead=f"{also} explanations that this report cannot rule out:")


def _told_by(study: Study, strand: str) -> Study:
    """Return the study with those problems alone that are about a strand; of crime with all."""
    if strand != "sentiment":
        return study
    return replace(study, problems=tuple(p for p in study.problems if p.file.startswith(_SURVEY_FILES)))


def own_checks(evaluation: Evaluation, strand: str = "crime") -> list[Check]:
    """Return the checks of the outcome asked for, and those of the program as a whole.

    Of a survey they are those of the first construct that has a change.
    """
    of_strand = _of_strand(evaluation, strand)
    outcome = evaluation.outcome if strand == "crime" else next((c.outcome for c in of_strand), "")
    return [check for check in of_strand if check.outcome in ("", outcome)]


def _of_strand(evaluation: Evaluation, strand: str) -> list[Check]:
    if strand not in ("crime", "sentiment"):
        return []
    survey = strand == "sentiment"
    return [check for check in evaluation.checks if (check.name in SURVEY_CHECKS) == survey]


def checks(evaluation: Evaluation, strand: str = "crime", *, brief: bool = False) -> Table | Prose:
    """Return every check of the outcome asked for: what was asked, found, and why it matters.

    What speaks against another outcome with a clear change stands below the table.

    Parameters
    ----------
    evaluation : Evaluation
    strand : {"crime", "sentiment"}
    brief : bool
        Rows for what calls for caution alone; the other questions are listed below.
    """
    own = sorted(own_checks(evaluation, strand), key=lambda check: _ORDER.index(check.verdict))
    if not own:
        return TOLD_ABOVE
    what = asked(evaluation) if strand == "crime" else label(own[0].outcome).lower()
    others = _other_outcomes(_of_strand(evaluation, strand), own)
    shown = [check for check in own if check.verdict == "caution" or not brief]
    notes = [*_other_questions(own), *others] if brief else others
    if not shown:
        return paragraphs(f"No check of the answer on {what} calls for caution.", *notes)
    columns = [
        Column("Question", number=False),
        Column("What was found", number=False),
        Column("Problem?", number=False),
        Column("Why it matters", number=False),
    ]
    which = "that call for caution" if brief else "those that call for caution first"
    return Table(
        caption=f"Checks of the answer on {what}{' ' if brief else ', '}{which}",
        columns=columns,
        rows=[[question(c), finding(c), VERDICTS[c.verdict], meaning(c)] for c in shown],
        notes=notes,
    )


def _other_questions(own: Sequence[Check]) -> list[str]:
    """Return the questions without a sign of a problem, and those that cannot be told by their reason."""
    told: dict[str, list[str]] = {}
    for check in own:
        if check.verdict != "caution":
            reason = f", as {check.reason}:" if check.reason else ":"
            verdict = "No sign of a problem" if check.verdict == "clear" else VERDICTS[check.verdict]
            told.setdefault(f"{verdict}{reason}", []).append(question(check))
    return [f"{lead} {' '.join(questions)}" for lead, questions in told.items()]


def _other_outcomes(every: Sequence[Check], own: Sequence[Check]) -> list[str]:
    """Return what speaks against each other outcome with a clear change."""
    found: dict[str, list[str]] = {}
    told = {finding(check) for check in own}
    for check in every:
        if check.verdict == "caution" and check not in own and finding(check) not in told:
            found.setdefault(check.outcome, []).append(finding(check))
    return [f"{label(name)}, which changed too: {' '.join(texts)}" for name, texts in found.items()]


def may_be_said(evaluation: Evaluation, strand: str = "") -> Prose:
    """Return the sentences that may be copied, clear changes first; of a survey without one, the last wave.

    Parameters
    ----------
    evaluation : Evaluation
    strand : {"", "crime", "attendance", "sentiment"}
        Empty for every strand.
    """
    told = strongest(evaluation.select(strand=strand))
    last = {(e.strand, e.outcome): e for e in told}.values()
    changed = [e for e in told if supported(e)]
    sentences = [claim(e) for e in (*changed, *(e for e in last if not supported(e)))]
    sentences += further_claims(evaluation.select(strand=strand))
    if not any(sentences):
        return paragraphs("There is no estimate of a change, so no sentence on a change may be said.")
    return bullets(
        filter(None, sentences),
        lead="These sentences may be copied, whole, with the interval where there is one:",
    )


def may_be_added(evaluation: Evaluation) -> Prose:
    """Return what other designs say of the outcome asked for: to be said beside the answer, never alone."""
    outcomes = (evaluation.outcome, "harm")
    sentences = [
        claim(e) for e in evaluation.estimates if e.metric in DESIGN_METRICS and e.outcome in outcomes
    ]
    sentences = [sentence for sentence in sentences if sentence]
    if not sentences:
        return TOLD_ABOVE
    return bullets(sentences, lead="Other designs say this; use it beside the answer, never in its place:")


def must_not_be_said(evaluation: Evaluation, strand: str = "") -> Prose:
    """Return what the estimates do not bear, each with its reason.

    Parameters
    ----------
    evaluation : Evaluation
    strand : {"", "crime", "attendance", "sentiment"}
        Empty for every strand.
    """
    sentences = evaluation.must_not_be_said
    if strand:
        own = own_checks(evaluation, strand)
        sentences = limits.must_not_be_said(evaluation.select(strand=strand), own)
    changes = strand in ("", "crime", "sentiment")
    if not (sentences or changes or any(e.made for e in evaluation.select(strand=strand))):
        return TOLD_ABOVE
    if not sentences:
        return paragraphs("Do not say that the program changed anything: there is no estimate of a change.")
    return bullets(sentences)


def missing_evidence(evaluation: Evaluation) -> Prose:
    """Return the evidence that the study does not hold, and what each would add."""
    if not evaluation.missing:
        return paragraphs("Data on crime, attendance, views, partners, costs and concerns are all there.")
    return bullets(evaluation.missing, lead="Evidence that this study does not hold, and what it would add:")
