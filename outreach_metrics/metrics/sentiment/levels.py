"""What people answered: how many, construct scores and favorable shares by wave and arm."""

from __future__ import annotations

import math
from dataclasses import replace

from outreach_metrics.estimate import Estimate
from outreach_metrics.inference.design_based import contrast, share_interval
from outreach_metrics.metrics.sentiment.answers import (
    absent,
    by_group,
    sampled,
    scores_of,
    sentiment,
    too_few,
)
from outreach_metrics.registry import metric
from outreach_metrics.study import Study

SCORE_UNIT = "points (0-100)"


@metric("sentiment_response_count", strand="sentiment")
def sentiment_response_count(study: Study, program_id: str) -> list[Estimate]:
    """People with a score, per construct, wave and arm."""
    template = sentiment(program_id, "sentiment_response_count", "people", method="count")
    estimates = []
    for construct, group, cell in by_group(scores_of(study, program_id)):
        count = float(len(cell))
        note = "A full count of the answers received: it has no sampling interval."
        made = replace(template, outcome=construct, group=group, estimate=count, n_after=count, note=note)
        few = len(cell) < study.settings.min_cell
        reason = f"Suppressed: fewer than {study.settings.min_cell} people answered."
        estimates.append(made.declined(reason) if few else made)
    return estimates or absent(study, template)


@metric("sentiment_score", strand="sentiment")
def sentiment_score(study: Study, program_id: str) -> list[Estimate]:
    """Mean construct score, 0-100, per wave and arm, with a design-based interval."""
    template = sentiment(program_id, "sentiment_score", SCORE_UNIT)
    estimates = []
    for construct, group, cell in by_group(scores_of(study, program_id)):
        named = replace(template, outcome=construct, group=group)
        reason = too_few(study, len(cell))
        if reason:
            estimates.append(named.declined(reason))
            continue
        design = sampled([cell], "score")
        result = (
            contrast(coefficients=[1.0], small_sample=True, **design.parts)
            .result()
            ._replace(p_value=math.nan)
        )
        low, high = max(result.conf_low, 0.0), min(result.conf_high, 100.0)
        limits = {} if math.isnan(result.conf_low) else {"conf_low": low, "conf_high": high}
        note = (
            "" if limits else "The answers vary too little, or come from too few clusters, for an interval."
        )
        values = {**result._asdict(), **limits, "n_after": float(len(design.answers[0]))}
        note = f"{note} {design.note}".strip()
        estimates.append(replace(named, **values, method=design.method("mean"), note=note))
    return estimates or absent(study, template)


@metric("sentiment_favourable", strand="sentiment")
def sentiment_favourable(study: Study, program_id: str) -> list[Estimate]:
    """Share of favorable answers to a construct's items, per wave and arm, with a logit interval."""
    template = sentiment(program_id, "sentiment_favourable", "share")
    estimates = []
    for construct, group, cell in by_group(scores_of(study, program_id)):
        named = replace(template, outcome=construct, group=group)
        answered = cell.dropna(subset=["favourable"])
        if answered.empty:
            estimates.append(
                named.declined("items.favourable_from does not say which answers are favourable.")
            )
            continue
        reason = too_few(study, len(answered))
        if reason:
            estimates.append(named.declined(reason))
            continue
        design = sampled([answered], "favourable")
        result = share_interval(
            contrast(coefficients=[1.0], small_sample=True, **design.parts), design.effective
        )
        kind = "logit interval" if 0 < result.estimate < 1 else "Wilson interval"
        method = design.method("share of favorable answers").replace("t interval", kind)
        note = design.note
        if math.isnan(result.conf_low):
            note = f"The answers come from too few clusters for an interval. {note}".strip()
        n = float(len(design.answers[0]))
        estimates.append(replace(named, **result._asdict(), n_after=n, method=method, note=note))
    return estimates or absent(study, template)
