"""Estimates -> cells of a table, and the words that several exhibits share."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

from outreach_metrics.estimate import Estimate
from outreach_metrics.evaluation import Evaluation
from outreach_metrics.evidence.claims import outcome_name, supported
from outreach_metrics.evidence.wording import MISSING, interval_level, label, listing, number, percent, value
from outreach_metrics.reports.exhibits.kinds import Cell, Prose, paragraphs
from outreach_metrics.study import Program, Study

_SUPPRESSED = "Suppressed"
_SMALL_SHARE = 0.1
_ALT_LETTERS = 350
_NUMBER = re.compile(r"(?<![\w.,−-])\d[\d,]*(?:\.\d+)?(?![\w-]|\.\d)")


def first(estimates: Iterable[Estimate], **names: str) -> Estimate | None:
    """Return the first estimate whose fields have the given values; None when there is none."""
    return next((e for e in estimates if all(getattr(e, key) == name for key, name in names.items())), None)


def hidden(estimate: Estimate) -> bool:
    """Whether an estimate is kept back because it is about too few people."""
    return not estimate.made and estimate.note.startswith(_SUPPRESSED)


def amount_cell(estimate: Estimate | None, study: Study) -> Cell:
    """Return an estimate's number; "fewer than 10" or "not shown" where suppressed, a dash without one."""
    if estimate is None:
        return Cell(MISSING)
    if estimate.made:
        return Cell(_shown(estimate, estimate.estimate))
    if hidden(estimate):
        few = f"fewer than {study.settings.min_cell}" if estimate.unit == "people" else "not shown"
        return Cell(few, privacy(study))
    return Cell(MISSING, estimate.note)


def _shown(estimate: Estimate, amount: float) -> str:
    """Return a number of an estimate; a share below 10% and its limits have one decimal."""
    if estimate.unit == "share" and abs(estimate.estimate) < _SMALL_SHARE:
        return percent(amount, 1)
    return value(amount, estimate.unit)


def difference_cell(estimate: Estimate | None, study: Study) -> Cell:
    """Return a difference in incidents with its sign and its interval, in whole incidents."""
    if estimate is None or not estimate.made:
        return amount_cell(estimate, study)
    ends = [_signed(end) for end in (estimate.conf_low, estimate.conf_high)]
    limits = "" if MISSING in ends else f" ({ends[0]} to {ends[1]})"
    return Cell(f"{_signed(estimate.estimate)}{limits}", "" if limits else estimate.note)


def _signed(amount: float) -> str:
    text = number(amount)
    return f"+{text}" if amount > 0 and text != "0" else text


def limits(estimate: Estimate | None) -> str:
    """Return the limits of an interval; a dash without one."""
    if estimate is None or math.isnan(estimate.conf_low) or math.isnan(estimate.conf_high):
        return MISSING
    low = _shown(estimate, estimate.conf_low)
    if math.isinf(estimate.conf_high):
        return f"{low} or more"
    return f"{low} to {_shown(estimate, estimate.conf_high)}"


def change_text(estimate: Estimate | None) -> str:
    """Return a number with its interval, as "−22% (−33% to −10%)"; a dash when it was not made."""
    if estimate is None or not estimate.made:
        return MISSING
    interval = limits(estimate)
    shown = _shown(estimate, estimate.estimate)
    return shown if interval == MISSING else f"{shown} ({interval})"


def change_cell(estimate: Estimate | None, study: Study) -> Cell:
    """Return a number with its interval; what `amount_cell` returns when it was not made."""
    if estimate is None or not estimate.made:
        return amount_cell(estimate, study)
    return Cell(change_text(estimate))


def ratio(estimate: Estimate | None) -> str:
    """Return a ratio as it is in estimates.csv, to two digits."""
    return number(estimate.estimate, 2) if estimate and estimate.made else MISSING


def level_heading(estimates: Iterable[Estimate]) -> str:
    """Return "95% interval" for the level that the estimates have."""
    made = [e for e in estimates if e.made]
    return interval_level(made[0]) if made else "Interval"


def privacy(study: Study) -> str:
    """Return the note that goes with a suppressed number."""
    return f"Numbers about fewer than {study.settings.min_cell} people are not shown, to protect them."


def nothing(what: str, estimates: Iterable[Estimate]) -> Prose:
    """Return that a strand has no numbers, with the reasons that its estimates give."""
    reasons = dict.fromkeys(e.note for e in estimates if e.note)
    return paragraphs(" ".join([f"There is nothing to show on {what}.", *reasons]))


def few_people(estimates: Iterable[Estimate], study: Study) -> Prose | None:
    """Return the one sentence that stands for a strand whose every number is kept back; None otherwise."""
    estimates = list(estimates)
    if any(e.made for e in estimates) or not any(map(hidden, estimates)):
        return None
    return paragraphs(
        f"Fewer than {study.settings.min_cell} people took part, so their numbers are not shown."
    )


def alt_text(finding: str, kind: str, values: Iterable[str]) -> str:
    """Return the alt text of a chart: the finding, what is drawn, and the values where they are few."""
    text = f"{finding}. {kind}"
    told = f"{text} {'; '.join(values)}."
    return told if len(told) <= _ALT_LETTERS else f"{text} Values in the table below."


TOLD_ABOVE = Prose("", "")
"""What the other exhibits of a strand are when its first one has said that there are no data."""


def measure(estimate: Estimate) -> str:
    """Return what an estimate is about, as a row of a table or chart names it."""
    everything = estimate.strand == "crime" and estimate.outcome == "all"
    return "All crime" if everything else label(estimate.outcome)


def within(note: str) -> str:
    """Return a note as it stands within a sentence, without the name of a file."""
    text = re.sub(r" \(\w+\)$", "", note.rstrip("."))
    return text if text[1:2].isupper() else f"{text[:1].lower()}{text[1:]}"


def asked(evaluation: Evaluation) -> str:
    """Return the crime outcome that the answer is about as it stands within a sentence."""
    return outcome_name(Estimate(program_id="", strand="crime", metric="", outcome=evaluation.outcome))


def changes_title(estimates: Iterable[Estimate], against: str, noun: str) -> str:
    """Return which outcomes fell or rose, and in how many others no change is clear.

    Examples
    --------
    >>> fell = Estimate(program_id="a", strand="crime", metric="crime_rate_ratio", outcome="burglary",
    ...                 unit="ratio", estimate=0.7, conf_low=0.6, conf_high=0.8, p_value=0.001)
    >>> changes_title([fell], "after the start", "outcome")
    'Burglary fell after the start'
    """
    made = [e for e in estimates if e.made]
    groups: dict[str, list[str]] = {"fell": [], "rose": []}
    for estimate in filter(supported, made):
        none = 1 if estimate.unit.startswith("ratio") else 0
        groups["fell" if estimate.estimate < none else "rose"].append(measure(estimate).lower())
    others = len(made) - sum(map(len, groups.values()))
    told = " and ".join(f"{listing(names, most=4)} {verb}" for verb, names in groups.items() if names)
    if not told and others == 1:
        return f"No clear change in {measure(made[0]).lower()} {against}"
    if not told:
        return f"No clear change {against} in any of {others} {noun}s"
    rest = f"; no clear change in {others} other {noun}{'s' * (others > 1)}" if others else ""
    return f"{told[:1].upper()}{told[1:]} {against}{rest}"


def allowed_for(estimates: Iterable[Estimate]) -> str:
    """Return why a line beside no change may be no clear change; nothing where there is no such line."""
    for e in estimates:
        none = 1 if e.unit.startswith("ratio") else 0
        if e.made and not supported(e) and (e.conf_low > none or e.conf_high < none):
            return (
                "A line that misses 0% need not be a clear change: the title allows for having looked at "
                "several outcomes."
            )
    return ""


def source(study: Study, *tables: str) -> str:
    """Return the source line of a chart: who holds the data, and the files."""
    files = dict.fromkeys(quality.file for quality in study.quality if quality.table in tables)
    holder = study.settings.agency or study.settings.title
    return ", ".join(filter(None, [holder, *files]))


def merged(texts: Iterable[str]) -> list[str]:
    """Return texts once each; those that differ in numbers alone become one with the range of each number.

    Examples
    --------
    >>> merged(["dispersion 1.2 on 21 months", "dispersion 1.8 on 21 months", "count"])
    ['dispersion 1.2 to 1.8 on 21 months', 'count']
    """
    groups: dict[str, list[list[str]]] = {}
    for text in filter(None, texts):
        groups.setdefault(_NUMBER.sub("\0", text), []).append(_NUMBER.findall(text))
    merged_texts = []
    for template, found in groups.items():
        ranges = iter([_range(column) for column in zip(*found, strict=True)])
        merged_texts.append(re.sub("\0", lambda _, ranges=ranges: next(ranges), template))
    return merged_texts


def _range(numbers: Iterable[str]) -> str:
    ordered = sorted(set(numbers), key=lambda text: float(text.replace(",", "")))
    return ordered[0] if len(ordered) == 1 else f"{ordered[0]} to {ordered[-1]}"


def program_type(program: Program) -> str:
    """Return what kind of program it is; empty where that tells nothing beyond the program's name.

    Examples
    --------
    >>> from datetime import date
    >>> program_type(Program(program_id="a", name="Bay", type="tip_line", start=date(2024, 1, 1)))
    'Tip line'
    """
    words = label(program.type)
    return "" if words == "Other" or words.lower() in program.name.lower() else words
