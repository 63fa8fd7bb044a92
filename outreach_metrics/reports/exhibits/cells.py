"""Estimates -> cells of a table, and the words that several exhibits share."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

from outreach_metrics.estimate import Estimate
from outreach_metrics.evidence.claims import supported
from outreach_metrics.evidence.wording import MISSING, interval_level, label, listing, number, value
from outreach_metrics.reports.exhibits.kinds import Cell, Prose, paragraphs
from outreach_metrics.study import Study

_SUPPRESSED = "Suppressed"
_NUMBER = re.compile(r"(?<![\w.,−-])\d[\d,]*(?:\.\d+)?(?![\w-]|\.\d)")


def first(estimates: Iterable[Estimate], **names: str) -> Estimate | None:
    """Return the first estimate whose fields have the given values; None when there is none."""
    return next((e for e in estimates if all(getattr(e, key) == name for key, name in names.items())), None)


def amount_cell(estimate: Estimate | None, study: Study) -> Cell:
    """Return an estimate's number; "fewer than 10" where suppressed, a dash and the reason without one."""
    if estimate is None:
        return Cell(MISSING)
    if estimate.made:
        return Cell(value(estimate.estimate, estimate.unit))
    if estimate.note.startswith(_SUPPRESSED):
        return Cell(f"fewer than {study.settings.min_cell}", privacy(study))
    return Cell(MISSING, estimate.note)


def difference_cell(estimate: Estimate | None, study: Study) -> Cell:
    """Return a difference in incidents with its sign and its interval, in whole incidents."""
    if estimate is None or not estimate.made:
        return amount_cell(estimate, study)
    limits = f"{_signed(estimate.conf_low)} to {_signed(estimate.conf_high)}"
    return Cell(f"{_signed(estimate.estimate)} ({limits})")


def _signed(amount: float) -> str:
    return f"+{number(amount)}" if round(amount) > 0 else number(amount)


def limits(estimate: Estimate | None) -> str:
    """Return the limits of an interval; a dash without one."""
    if estimate is None or math.isnan(estimate.conf_low) or math.isnan(estimate.conf_high):
        return MISSING
    if math.isinf(estimate.conf_high):
        return f"{value(estimate.conf_low, estimate.unit)} or more"
    return f"{value(estimate.conf_low, estimate.unit)} to {value(estimate.conf_high, estimate.unit)}"


def change_text(estimate: Estimate | None) -> str:
    """Return a number with its interval, as "−22% (−33% to −10%)"; a dash when it was not made."""
    if estimate is None or not estimate.made:
        return MISSING
    return f"{value(estimate.estimate, estimate.unit)} ({limits(estimate)})"


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


TOLD_ABOVE = Prose("", "")
"""What the other exhibits of a strand are when its first one has said that there are no data."""


def measure(estimate: Estimate) -> str:
    """Return what an estimate is about, as a row of a table or chart names it."""
    everything = estimate.strand == "crime" and estimate.outcome == "all"
    return "All crime" if everything else label(estimate.outcome)


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
