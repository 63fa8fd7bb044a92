"""A program at a glance: what was recorded around its start, and its main change, each as a small picture."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from outreach_metrics.estimate import Estimate
from outreach_metrics.evaluation import Evaluation
from outreach_metrics.evidence.claims import supported
from outreach_metrics.evidence.wording import number, ratio_change
from outreach_metrics.metrics.attendance import attendance_by_event
from outreach_metrics.metrics.attendance.protection import hidden_cells
from outreach_metrics.metrics.crime import program_windows
from outreach_metrics.plots.spark import change_line, event_bars, interval_mark
from outreach_metrics.reports.exhibits.cells import asked, first
from outreach_metrics.study.windows import PERIODS_PER_YEAR
from outreach_metrics.study.wording import plural

POINTS_A_YEAR = 4
SPREADS = (0.25, 0.5, 1.0)
"""How far from the average before lines may reach: the first that holds nearly all is taken."""
RATIO_EDGES = (1.25, 1.5, 2.0, 3.0)
POINT_EDGES = (10.0, 20.0, 40.0)
"""Where the pictures of intervals may end: the first that holds nearly all is taken."""
NEARLY_ALL = 0.95
_DAYS_A_YEAR = 365.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """Recorded crime around a start, relative to its average before.

    Parameters
    ----------
    before, after : tuple of float
        By quarter of a year (by year where the study counts by year), counted from the start.
    slots : int
        How many of them the study asks for on either side.
    name : str
        What is counted.
    told : str
        The rates before and after; empty where they could not be made.
    kind : str
        What the page calls such a picture.
    """

    before: tuple[float, ...]
    after: tuple[float, ...]
    slots: int
    name: str
    told: str
    kind: str = "course"

    def draw(self, scale: Scale) -> Markup:
        """Return the course as a line around the start."""
        low, high = (ratio_change(end((*self.before, *self.after))) for end in (min, max))
        text = f"Runs from {low} to {high}"
        return change_line(self.before, self.after, slots=self.slots, spread=scale.spread, label=text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gatherings:
    """Events of a program; those of few people are not among them.

    Parameters
    ----------
    events : tuple of (float, float)
        When each was, as a share of the time after the start that the study asks for, and how large, as a
        share of the largest.
    told : str
        How many people came to how many events.
    name, kind : str
        As of a course.
    """

    events: tuple[tuple[float, float], ...]
    told: str
    name: str = "Attendance"
    kind: str = "met"

    def draw(self, scale: Scale) -> Markup:
        """Return the events as bars after the start; their height has a scale of its own."""
        return event_bars(self.events, label="People at each event")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """The one scale of all pictures of a page: how far lines reach, and where intervals end.

    Parameters
    ----------
    spread : float
        Lines reach from this share below the average before to this share above.
    ratio, points : float
        The right edge of an interval that is a ratio, or is in points (of 100).
    """

    spread: float
    ratio: float
    points: float

    def place(self, estimate: Estimate, value: float) -> float:
        """Return where a value of an estimate is, from -1 (left edge) through 0 (no change) to 1.

        Examples
        --------
        >>> change = Estimate(program_id="a", strand="crime", metric="crime_rate_ratio", unit="ratio")
        >>> Scale(spread=0.5, ratio=2.0, points=20.0).place(change, 0.5)
        -1.0
        """
        if estimate.unit.startswith("ratio"):
            return math.log(value) / math.log(self.ratio) if value > 0 else -math.inf
        return value / (self.points / 100 if estimate.unit == "change in share" else self.points)

    @property
    def edges(self) -> tuple[str, str]:
        """The left and the right edge of a ratio, in words."""
        return ratio_change(1 / self.ratio), ratio_change(self.ratio)


def picture_of(evaluation: Evaluation) -> Course | Gatherings | None:
    """Return recorded crime around the start, or else the events, or None where neither can be shown."""
    return _course(evaluation) or _gatherings(evaluation)


def _course(evaluation: Evaluation) -> Course | None:
    study, program = evaluation.study, evaluation.program
    if study.panel is None or not program.treatment or not evaluation.outcome:
        return None
    windows = program_windows(study, program)
    counts = study.panel.of(evaluation.outcome, program.treatment).sum(axis=0)
    before, after = counts[windows.all_before], counts[windows.all_after]
    step = max(round(PERIODS_PER_YEAR[windows.unit] / POINTS_A_YEAR), 1)
    left, right = before[len(before) % step :], after[: len(after) // step * step]
    if not (len(left) and len(right) and before.sum()):
        return None
    levels = [side.reshape(-1, step).mean(axis=1) / before.mean() for side in (left, right)]
    wanted = max(study.settings.before, study.settings.after)
    return Course(
        before=tuple(levels[0].tolist()),
        after=tuple(levels[1].tolist()),
        slots=-(-wanted // step),
        name=asked(evaluation).capitalize(),
        told=_rates(evaluation),
    )


def _rates(evaluation: Evaluation) -> str:
    before, after = (
        first(evaluation.estimates, metric=f"crime_rate_{side}", outcome=evaluation.outcome)
        for side in ("before", "after")
    )
    if not (before and after and before.made and after.made):
        return ""
    return f"{number(before.estimate, 1)} → {number(after.estimate, 1)}"


def _gatherings(evaluation: Evaluation) -> Gatherings | None:
    study, program = evaluation.study, evaluation.program
    total, held = (first(evaluation.estimates, metric=f"attendance_{name}") for name in ("total", "events"))
    if total is None or not total.made:
        return None
    events = attendance_by_event(study, program.program_id).dropna(subset=["date", "attended"])
    came = events["attended"].to_numpy(dtype=float)
    shown = (came > 0) & ~hidden_cells(came, study.settings.min_cell)
    years = study.settings.after / PERIODS_PER_YEAR[study.settings.unit]
    since = (events["date"] - np.datetime64(program.start)).dt.days.to_numpy() / (_DAYS_A_YEAR * years)
    shown &= (since >= 0) & (since <= 1)
    if not shown.any():
        return None
    where = f" at {plural(int(held.estimate), 'event')}" if held and held.made else ""
    return Gatherings(
        events=tuple(zip(since[shown].tolist(), (came / came[shown].max())[shown].tolist(), strict=True)),
        told=f"{plural(int(total.estimate), 'attendance')}{where}",
    )


def common_scale(courses: Iterable[Course], effects: Iterable[Estimate]) -> Scale:
    """Return the smallest of a few scales that holds nearly all of what a page shows."""
    ends: dict[bool, list[float]] = {True: [], False: []}
    for effect in effects:
        ends[effect.unit.startswith("ratio")] += [effect.conf_low, effect.conf_high]
    return Scale(
        spread=_holding(SPREADS, [abs(level - 1) for c in courses for level in (*c.before, *c.after)]),
        ratio=_holding(RATIO_EDGES, [max(end, 1 / end) if end > 0 else math.inf for end in ends[True]]),
        points=_holding(POINT_EDGES, [abs(end) for end in ends[False]]),
    )


def _holding(edges: Sequence[float], values: Iterable[float]) -> float:
    """Return the first edge that nearly all known values lie within, or else the last."""
    known = np.array([value for value in values if not math.isnan(value)])
    return next((edge for edge in edges if (known <= edge).sum() >= NEARLY_ALL * len(known)), edges[-1])


def drawn_change(estimate: Estimate, scale: Scale) -> Markup:
    """Return a change with its interval beside the line of no change; nothing without an interval."""
    if math.isnan(estimate.conf_low) or math.isnan(estimate.conf_high):
        return Markup()
    low, middle, high = (
        scale.place(estimate, value) for value in (estimate.conf_low, estimate.estimate, estimate.conf_high)
    )
    text = f"{'Below' if high < 0 else 'Above' if low > 0 else 'Across'} no change"
    return interval_mark(low, middle, high, clear=supported(estimate), label=text)
