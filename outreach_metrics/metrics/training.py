"""What trainees learned: scores before and after a training, and who reached the score asked for."""

from __future__ import annotations

import math
from dataclasses import replace

import pandas as pd

from outreach_metrics.estimate import Estimate
from outreach_metrics.inference.design_based import wilson
from outreach_metrics.inference.paired import Paired, mcnemar, paired_change
from outreach_metrics.registry import metric
from outreach_metrics.study import Study

NO_THRESHOLD = "study.toml does not say which score is asked for ([training] threshold)."


def _training(program_id: str, name: str, unit: str, **rest) -> Estimate:
    return Estimate(program_id=program_id, strand="outcome", metric=name, unit=unit, **rest)


def _trainees(study: Study, program_id: str) -> tuple[pd.DataFrame, int]:
    """Return the trainees with both scores, the first and the last of several, and how many lack one."""
    rows = study.table("training")
    rows = rows[rows["program_id"] == program_id] if len(rows) else rows
    if rows.empty:
        return pd.DataFrame(columns=["pre", "post"]), 0
    if "date" in rows:
        rows = rows.sort_values("date", kind="stable")
    people = rows.groupby("trainee_id").agg(pre=("pre", "first"), post=("post", "last"))
    both = people.dropna()
    return both.astype(float), len(people) - len(both)


def _declined(study: Study, template: Estimate, both: pd.DataFrame, lost: int) -> list[Estimate]:
    """Return why nothing can be told; empty when it can."""
    if both.empty:
        reason = (
            "Nobody has a score before and after." if lost else "The study has no training of this program."
        )
        return [template.declined(reason)]
    if len(both) < study.settings.min_cell:
        return [template.declined(f"Suppressed: fewer than {study.settings.min_cell} trainees.")]
    return []


def _note(study: Study, lost: int) -> str:
    if not lost:
        return ""
    number = f"fewer than {study.settings.min_cell}" if lost < study.settings.min_cell else str(lost)
    return f"Trainees with only one score are left out ({number})."


@metric("training_gain", strand="outcome")
def training_gain(study: Study, program_id: str) -> list[Estimate]:
    """Mean gain in score from before to after a training, the same people, paired t interval.

    Assumes nothing of those without a second score. Nobody without training was tested, so that a gain by
    taking the test twice is part of it: design level 2.
    """
    template = _training(program_id, "training_gain", "points", design_level=2)
    both, lost = _trainees(study, program_id)
    declined = _declined(study, template, both, lost)
    return declined or [
        _gain(study, template, paired_change(both["pre"].to_numpy(), both["post"].to_numpy()), lost)
    ]


def _gain(study: Study, template: Estimate, made: Paired, lost: int) -> Estimate:
    if math.isnan(made.change.conf_low):
        return template.declined(made.reason or "The gains vary too little for an interval.")
    return replace(
        template,
        **made.change._asdict(),
        n_before=float(made.n),
        n_after=float(made.n),
        method="paired difference, t interval",
        note=_note(study, lost),
    )


@metric("training_effect_size", strand="outcome")
def training_effect_size(study: Study, program_id: str) -> list[Estimate]:
    """Mean gain in standard deviations of the gain (d_z), small-sample corrected, noncentral t interval."""
    template = _training(program_id, "training_effect_size", "standard deviations")
    both, lost = _trainees(study, program_id)
    declined = _declined(study, template, both, lost)
    if declined:
        return declined
    made = paired_change(both["pre"].to_numpy(), both["post"].to_numpy(), hedges=True)
    made_estimate = _gain(study, template, replace(made, change=made.d_z), lost)
    return [
        replace(made_estimate, method="d_z, noncentral t interval") if made_estimate.made else made_estimate
    ]


@metric("training_threshold_share", strand="outcome")
def training_threshold_share(study: Study, program_id: str) -> list[Estimate]:
    """Share of trainees who reach the score asked for after the training, Wilson interval."""
    template = _training(program_id, "training_threshold_share", "share")
    both, lost = _trainees(study, program_id)
    threshold = study.settings.training_threshold
    declined = _declined(study, template, both, lost)
    if declined or threshold is None:
        return declined or [template.declined(NO_THRESHOLD)]
    reached = int((both["post"] >= threshold).sum())
    if _shows_few(study, reached, len(both)):
        return [template.declined(f"Suppressed: fewer than {study.settings.min_cell} trainees.")]
    result = wilson(reached, len(both))
    how = f"share with {threshold:g} or more, Wilson interval"
    n = {"n_after": float(len(both))}
    return [replace(template, **result._asdict(), **n, method=how, note=_note(study, lost))]


@metric("training_threshold_gain", strand="outcome")
def training_threshold_gain(study: Study, program_id: str) -> list[Estimate]:
    """Change in the share of trainees who reach the score asked for, Newcombe's paired interval (1998)."""
    template = _training(program_id, "training_threshold_gain", "change in share", design_level=2)
    both, lost = _trainees(study, program_id)
    threshold = study.settings.training_threshold
    declined = _declined(study, template, both, lost)
    if declined or threshold is None:
        return declined or [template.declined(NO_THRESHOLD)]
    before, after = both["pre"] >= threshold, both["post"] >= threshold
    if any(_shows_few(study, int(side.sum()), len(both)) for side in (before, after)):
        return [template.declined(f"Suppressed: fewer than {study.settings.min_cell} trainees.")]
    cells = {"kept": before & after, "gained": ~before & after}
    cells |= {"lost": before & ~after, "never": ~before & ~after}
    made = mcnemar(**{name: int(cell.sum()) for name, cell in cells.items()})
    n = {"n_before": float(made.n), "n_after": float(made.n)}
    how = f"paired difference of shares with {threshold:g} or more, Newcombe interval"
    return [replace(template, **made.difference._asdict(), **n, method=how, note=_note(study, lost))]


def _shows_few(study: Study, some: int, everybody: int) -> bool:
    """Whether a share would show a group of few people, those who reached it or those who did not."""
    return any(0 < size < study.settings.min_cell for size in (some, everybody - some))
