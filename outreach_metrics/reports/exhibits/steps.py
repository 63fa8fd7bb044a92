"""The logic model of a program, drawn from what the study holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import pandas as pd

from outreach_metrics import plots
from outreach_metrics.estimate import Estimate
from outreach_metrics.evaluation import Evaluation
from outreach_metrics.evidence.claims import CHANGE_METRICS, HEADLINE_METRICS, supported
from outreach_metrics.evidence.wording import MISSING, label, listing, money, number, percent, value
from outreach_metrics.plots.steps import Box
from outreach_metrics.reports.exhibits.cells import hidden, limits, source
from outreach_metrics.reports.exhibits.drawn import estimates_drawn
from outreach_metrics.reports.exhibits.kinds import Figure

NO_EVIDENCE = "no evidence here"
Step = tuple[Box, Estimate | None]
"""A box, and the estimate that its number is of."""

_STEPS: dict[str, dict[str, str]] = {
    "Inputs": {"Cost": "cost_total", "Partner agencies": "partnership_agencies"},
    "Activities": {"Events held": "attendance_events", "Training gain": "training_gain"},
    "Outputs": {
        "Attendances": "attendance_total",
        "Different people": "attendance_unique",
        "Residents reached": "attendance_reach",
        "Messages seen": "channel_reach",
        "Referrals completed": "referral_completion",
    },
}
"""Stage -> step -> the metric whose whole estimate is its number."""

_RESOLVED = "concern_resolution_share"
_MOST_VIEWS = 5
_TABLES = (
    "costs", "partnerships", "events", "attendance", "training", "channels", "referrals",
    "incidents", "counts", "responses", "concerns",
)  # fmt: skip


def logic_model(evaluation: Evaluation) -> Figure:
    """Return the drawn logic model; steps without evidence are dashed and named in the title.

    Every number is an estimate of the evaluation. An outcome says whether its change is clear; an arrow is
    what the program intends. A number that is kept back to protect people is told as not shown.
    """
    stages = [
        (stage, [_step(evaluation, name, metric) for name, metric in steps.items()])
        for stage, steps in _STEPS.items()
    ]
    stages.append(("Outcomes", list(_outcomes(evaluation))))
    boxes = [box for _, part in stages for box, _ in part]
    missing = [box.name.lower() for box in boxes if not box.known]
    title = _title(len(boxes), missing)
    axes = plots.logic_model(
        [(stage, [box for box, _ in part]) for stage, part in stages],
        title=title,
        subtitle=f"{evaluation.program.name}: what the study holds, step by step",
    )
    told = (", ".join(filter(None, [f"{box.name}: {box.number}", box.detail])) for box in boxes)
    shown = "Diagram of four stages from left to right: inputs, activities, outputs, outcomes."
    return Figure(
        axes=axes,
        name="logic-model",
        title=title,
        data=_steps_drawn(stages),
        alt=f"{title}. {shown} {'; '.join(told)}.",
        caption="From what went in, on the left, to what came of it, on the right. Only the outcomes are "
        "changes that might be effects; how strong the evidence for them is stands in the answer.",
        source=source(evaluation.study, *_TABLES),
    )


def _steps_drawn(stages: Iterable[tuple[str, Sequence[Step]]]) -> pd.DataFrame:
    """Return a row a step; `shown` is what stands in the box, the number is missing where none is held."""
    blank = Estimate(program_id="", strand="", metric="")
    steps = [(stage, box, estimate or blank) for stage, part in stages for box, estimate in part]
    frame = estimates_drawn([box.name for _, box, _ in steps], [estimate for _, _, estimate in steps])
    return frame.assign(stage=[stage for stage, _, _ in steps], shown=[box.number for _, box, _ in steps])


def _title(steps: int, missing: list[str]) -> str:
    if not missing:
        return f"The study holds evidence on all {steps} steps from inputs to outcomes"
    held = steps - len(missing)
    return f"The study holds evidence on {held} of {steps} steps; nothing on {listing(missing, most=3)}"


def _step(evaluation: Evaluation, name: str, metric: str) -> Step:
    """Return the box of a metric's whole estimate; of several channels, that of the largest."""
    whole = [e for e in evaluation.select(metric=metric) if not e.group]
    made = [e for e in whole if e.made]
    if len(made) < 2:
        return _box(name, next(iter([*made, *whole]), None))
    largest = max(made, key=lambda e: e.estimate)
    box, _ = _box(name, largest)
    return box._replace(detail=f"{label(largest.outcome)}, largest of {len(made)}"), largest


def _box(name: str, estimate: Estimate | None, *, change: bool = False) -> Step:
    if estimate is not None and hidden(estimate):
        return Box(name, "not shown", "too few people"), estimate
    if estimate is None or not estimate.made:
        return Box(name, NO_EVIDENCE, known=False), estimate
    between = limits(estimate)
    detail = "" if between == MISSING else between
    if change and not supported(estimate):
        detail = f"{detail}, not clear" if detail else "not clear"
    return Box(name, _number(estimate), detail), estimate


def _number(estimate: Estimate) -> str:
    if estimate.strand == "cost":
        return money(estimate.estimate, estimate.unit)
    if estimate.unit == "share":
        return percent(estimate.estimate, 1 if estimate.estimate < 0.1 else 0)
    if "points" in estimate.unit:
        return f"{value(estimate.estimate, estimate.unit)} points"
    ratio = estimate.unit.startswith("ratio")
    whole = not ratio and estimate.estimate == round(estimate.estimate)
    return number(estimate.estimate) if whole else value(estimate.estimate, estimate.unit)


def _outcomes(evaluation: Evaluation) -> Iterator[Step]:
    """Yield crime, the views asked for, and concerns resolved."""
    crime = next(
        (
            e
            for metric in HEADLINE_METRICS
            for e in evaluation.select(metric=metric, outcome=evaluation.outcome)
            if e.made and evaluation.outcome
        ),
        None,
    )
    name = "Recorded crime" if evaluation.outcome in ("", "all") else label(evaluation.outcome)
    yield _box(name, crime, change=True)
    views = _views(evaluation)
    yield from (_box(label(e.outcome), e, change=True) for e in views)
    if not views:
        yield _box("What people think", None)
    yield _step(evaluation, "Concerns resolved", _RESOLVED)


def _views(evaluation: Evaluation) -> list[Estimate]:
    """Return the last change of each construct, in the order of the codebook, from the stronger design."""
    last: dict[str, Estimate] = {}
    for metric in reversed(CHANGE_METRICS):
        last |= {e.outcome: e for e in evaluation.select(metric=metric) if e.made}
    return list(last.values())[:_MOST_VIEWS]
