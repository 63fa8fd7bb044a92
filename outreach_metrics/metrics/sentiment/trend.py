"""The course of views over several waves."""

from __future__ import annotations

import math
from dataclasses import replace

import pandas as pd

from outreach_metrics.estimate import Estimate
from outreach_metrics.inference.waves import wave_trend
from outreach_metrics.metrics.sentiment.answers import (
    COMPARISON,
    PROGRAM,
    absent,
    sampled,
    scores_of,
    sentiment,
    too_few,
)
from outreach_metrics.registry import metric
from outreach_metrics.study import Study

YEAR = 365.25
LEAST_WAVES = 3


@metric("sentiment_trend", strand="sentiment")
def sentiment_trend(study: Study, program_id: str) -> list[Estimate]:
    """Change in mean score per year over three waves or more, of each arm and of one less the other.

    A mixed model where the same people answer again, least squares with a jackknife otherwise. Shocks that a
    whole wave has in common cannot be told from a trend.
    """
    template = sentiment(program_id, "sentiment_trend", "points (0-100) per year", design_level=2)
    scores = scores_of(study, program_id)
    if scores.empty:
        return absent(study, template)
    estimates = []
    for construct, part in scores.groupby("construct", sort=False, observed=True):
        named = replace(template, outcome=str(construct))
        arms = {arm: cells for arm, cells in part.groupby("arm", sort=False) if arm in (PROGRAM, COMPARISON)}
        for arm, cells in arms.items():
            estimates.append(_trend(study, replace(named, group=str(arm)), cells))
        if len(arms) == 2:
            both = pd.concat(arms.values())
            estimates.append(
                _trend(study, replace(named, group="program less comparison", design_level=3), both)
            )
    return estimates


def _trend(study: Study, named: Estimate, cells: pd.DataFrame) -> Estimate:
    sizes = cells.groupby(["wave", "arm"], observed=True).size()
    if cells["wave"].nunique() < LEAST_WAVES:
        return named.declined("A trend takes three survey waves or more.")
    reason = too_few(study, int(sizes.min()))
    if reason:
        return named.declined(reason)
    middle = pd.to_datetime(cells["date"]).groupby(cells["wave"], observed=True).mean()
    if middle.isna().any():
        return named.declined("A wave has no date.")
    years = ((middle - middle.min()).dt.days / YEAR).reindex(cells["wave"].cat.categories)
    design = sampled([cells], "score")
    kept = cells.dropna(subset=["weight"]) if design.lost else cells
    two_arms = kept["arm"].nunique() == 2
    made = wave_trend(
        design.answers[0],
        years.to_numpy()[kept["wave"].cat.codes],
        kept["respondent_id"].to_numpy(),
        program=(kept["arm"] == PROGRAM).to_numpy() if two_arms else None,
        weights=design.weights and design.weights[0],
        clusters=design.clusters and design.clusters[0],
    )
    if math.isnan(made.slope.conf_low):
        return named.declined(made.reason or "The answers vary too little for a trend.")
    note = " ".join(filter(None, [f"{cells['wave'].nunique()} waves.", made.reason, design.note]))
    return replace(named, **made.slope._asdict(), n_after=float(made.answers), method=made.method, note=note)
