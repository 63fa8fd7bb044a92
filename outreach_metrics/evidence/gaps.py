"""What speaks against a result, and what evidence a study does not hold."""

from __future__ import annotations

from collections.abc import Sequence

from outreach_metrics.check import Check
from outreach_metrics.estimate import Estimate
from outreach_metrics.evidence.checks import SURVEY_CHECKS, cautions
from outreach_metrics.evidence.wording import label, listing
from outreach_metrics.metrics.crime import UNSTABLE_BELOW
from outreach_metrics.study import Program, Study

_OVERLAPS = ("overlapping_programs", "treated_comparison")
"""Warnings that name the other program of an overlap."""

_WORTH: dict[str, str] = {
    "comparison": "No comparison areas: they would tell the program's effect from what changed everywhere.",
    "treatment": "No treatment areas: with them, crime before and after could be counted.",
    "displacement": "No neighboring areas marked: they would show crime that only moved away.",
    "crime": "No incidents or counts: with them, crime before and after could be compared.",
    "attendance": "No attendance: with sign-in sheets, who came and who came back could be counted.",
    "survey": "No survey: asked before and after, it would show whether residents' views changed.",
    "arm": "No comparison group in the survey: it would tell the effect from what changed for everybody.",
    "waves": "Only one survey wave: asked again, it would show whether views changed.",
    "costs": "No costs: with them, what an attendance and a point of trust cost could be told.",
    "partners": "No partner agencies: with them, who works with whom, and who stays, could be shown.",
    "concerns": "No concerns of residents: with them, how many were dealt with, and how soon, could be told.",
}

REPORTED = (
    "Recorded crime is reported crime: a program that builds trust can raise it, because people report more."
)


def missing_evidence(study: Study, program: Program, estimates: Sequence[Estimate]) -> tuple[str, ...]:
    """Return the evidence that a study does not hold about a program, each with what it would add."""
    made = {e.metric for e in estimates if e.made}
    lacking = []
    if study.panel is None:
        lacking.append("crime")
    elif not program.treatment:
        lacking.append("treatment")
    else:
        lacking += [role for role in ("comparison", "displacement") if not program.areas.get(role)]
    hidden = {e.strand for e in estimates if e.note.startswith("Suppressed")}
    if not made & {"attendance_total", "attendance_unique"} and "attendance" not in hidden:
        lacking.append("attendance")
    if "sentiment_score" not in made:
        lacking += [] if "sentiment" in hidden else ["survey"]
    elif "sentiment_change" not in made:
        lacking.append("waves")
    elif "sentiment_relative_change" not in made:
        lacking.append("arm")
    others = {
        "costs": "cost_total",
        "partners": "partnership_agencies",
        "concerns": "concern_resolution_share",
    }
    for name, metric in others.items():
        asked = [e for e in estimates if e.metric == metric]
        if asked and not any(e.made or e.note.startswith("Suppressed") for e in asked):
            lacking.append(name)
    return tuple(_WORTH[name] for name in lacking)


def threats(
    study: Study, program: Program, estimates: Sequence[Estimate], checks: Sequence[Check] = ()
) -> tuple[str, ...]:
    """Return what speaks against reading the numbers as the program's effect, in plain words."""
    found: list[str] = []
    crime = [e for e in estimates if e.strand == "crime" and e.made]
    if crime:
        warned = any(
            p.rule in _OVERLAPS and p.program_id == program.program_id
            for p in study.warnings(program.program_id)
        )
        of_crime = [check for check in checks if check.name not in SURVEY_CHECKS]
        found.extend(_crime_threats(program, crime, of_crime, warned=warned))
    before_after = [e for e in estimates if e.metric == "sentiment_change" and e.made]
    if before_after:
        found.append(
            "People who answer a survey again, or answer at all, may differ from those who do not: "
            "a change among them need not be a change among all."
        )
        found.extend(cautions(check for check in checks if check.name in SURVEY_CHECKS))
        if program.assignment == "self_selected":
            found.append("People chose to take part: they may have been about to change in any case.")
    outside = any(check.name == "overlap" and check.verdict == "clear" for check in checks)
    found.extend(
        f"{_plain(problem.message, study)}."
        for problem in study.warnings(program.program_id)
        if problem.program_id == program.program_id and not (outside and problem.rule in _OVERLAPS)
    )
    return tuple(dict.fromkeys(text.replace("..", ".") for text in found))


def _plain(message: str, study: Study) -> str:
    """Return a problem's message with the programs' names in place of their ids."""
    for program in study.programs.values():
        message = message.replace(f"'{program.program_id}'", program.name)
    return f"{message[:1].upper()}{message[1:]}"


def _crime_threats(
    program: Program, crime: Sequence[Estimate], checks: Sequence[Check], *, warned: bool
) -> list[str]:
    found = []
    if not any(e.metric == "crime_relative_effect" for e in crime):
        found.append("Without comparison areas, a change that happened everywhere looks like an effect.")
    told = ("low_counts", *(["overlap"] if warned else []))
    found.extend(cautions(check for check in checks if check.name not in told))
    if program.assignment == "self_selected":
        found.append("The areas chose to take part: they may have been about to change in any case.")
    if not (program.areas.get("displacement") or program.assignment == "random"):
        found.append("No neighboring areas are given, so crime that only moved away cannot be seen.")
    ratios = [e for e in crime if e.metric == "crime_rate_ratio"]
    low = sorted({label(e.outcome).lower() for e in ratios if min(e.n_before, e.n_after) < UNSTABLE_BELOW})
    if low:
        found.append(f"Few incidents ({listing(low)}): those rates swing by chance.")
    found.append(REPORTED)
    return found
