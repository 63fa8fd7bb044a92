"""How well the questions of a construct go together, and whether their scale had room."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import pandas as pd

from outreach_metrics.estimate import Estimate
from outreach_metrics.inference.reliability import Alpha, cronbach_alpha
from outreach_metrics.inference.scales import ceiling_share, floor_share
from outreach_metrics.metrics.sentiment.answers import (
    absent,
    answers_to,
    by_group,
    codebook,
    respondents,
    scores_of,
    sentiment,
    too_few,
)
from outreach_metrics.registry import metric
from outreach_metrics.study import Study


@dataclass(frozen=True)
class Scale:
    """The items of one construct in the first wave, without arms of few people, and their reliability."""

    construct: str
    wave: str
    items: pd.DataFrame
    alpha: Alpha
    people: int


@lru_cache(maxsize=8)
def scales(study: Study, program_id: str) -> tuple[Scale, ...]:
    """Return the reliability of every construct in its first wave."""
    return tuple(_scales(study, program_id))


def _scales(study: Study, program_id: str) -> Iterator[Scale]:
    rows = respondents(study, program_id)
    for construct, part in codebook(study, rows).groupby("construct", sort=False):
        given = answers_to(rows, part)
        there = ~np.isnan(given).all(axis=1)
        if not there.any():
            continue
        wave = rows.loc[there, "wave"].min()
        chosen = there & (rows["wave"] == wave).to_numpy()
        arm = rows["arm"].to_numpy()
        sizes = rows.loc[chosen, "arm"].value_counts()
        shown = np.isin(arm, sizes.index[sizes >= study.settings.min_cell])
        chosen = chosen & shown if (chosen & shown).any() else chosen
        alpha = cronbach_alpha(given[chosen], part["reversed"].to_numpy(bool))
        yield Scale(str(construct), str(wave), part, alpha, int(chosen.sum()))


@metric("sentiment_reliability", strand="sentiment")
def sentiment_reliability(study: Study, program_id: str) -> list[Estimate]:
    """Cronbach's alpha of a construct's items in its first wave, with Feldt's interval.

    0.7 is usually asked for (Nunnally & Bernstein 1994). The p-value is left out: that alpha is not 0 is no
    finding.
    """
    template = sentiment(program_id, "sentiment_reliability", "alpha (0-1)")
    estimates = []
    for scale in scales(study, program_id):
        named = replace(template, outcome=scale.construct, group=scale.wave, n_after=float(scale.people))
        reason = too_few(study, scale.people)
        if not reason and math.isnan(scale.alpha.result.estimate):
            reason = scale.alpha.reason or "The answers vary too little."
        if reason:
            estimates.append(named.declined(reason))
            continue
        result = scale.alpha.result._replace(p_value=math.nan)
        note = " ".join(filter(None, [_turned_wrong(scale), _better_without(scale)]))
        if math.isnan(result.conf_low):
            note = f"The items agree perfectly: there is no interval. {note}".strip()
        method = f"Cronbach's alpha of {len(scale.items)} items, Feldt interval"
        estimates.append(replace(named, **result._asdict(), method=method, note=note))
    return estimates or absent(study, template)


def _turned_wrong(scale: Scale) -> str:
    names = [scale.items["item"].iloc[place] for place in scale.alpha.negative]
    return f"Goes against the others, look at its key: {', '.join(names)}." if names else ""


def _better_without(scale: Scale) -> str:
    without = scale.alpha.alpha_if_dropped
    if np.isnan(without).all():
        return ""
    best = int(np.nanargmax(without))
    if without[best] <= scale.alpha.result.estimate:
        return ""
    return f"Without {scale.items['item'].iloc[best]} alpha would be {without[best]:.2f}."


def room(study: Study, program_id: str) -> pd.DataFrame:
    """Return the share of people at either end of each scale, by wave and arm.

    Parameters
    ----------
    study : Study
    program_id : str

    Returns
    -------
    pandas.DataFrame
        `construct`, `group`, `people`, `floor`, `ceiling`; groups of few people are not there. From 15 % on a
        scale has too little room to show a change (McHorney & Tarlov 1995).
    """
    found = []
    for construct, group, cell in by_group(scores_of(study, program_id)):
        if too_few(study, len(cell)):
            continue
        scores = cell["score"].to_numpy()
        ends = {"floor": floor_share(scores), "ceiling": ceiling_share(scores)}
        found.append({"construct": construct, "group": group, "people": len(cell)} | ends)
    return pd.DataFrame(found, columns=["construct", "group", "people", "floor", "ceiling"])
