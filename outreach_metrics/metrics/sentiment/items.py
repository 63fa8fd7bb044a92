"""Single questions: how their answers are spread, and how they changed from one wave to a later one."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import pandas as pd

from outreach_metrics.estimate import Estimate
from outreach_metrics.inference import Result
from outreach_metrics.inference.design_based import contrast
from outreach_metrics.inference.effect_size import newcombe_difference
from outreach_metrics.inference.ordinal import ordinal_change
from outreach_metrics.inference.paired import mcnemar, stuart_maxwell
from outreach_metrics.inference.scales import answer_shares, turned
from outreach_metrics.metrics.sentiment.answers import (
    DESIGN,
    PROGRAM,
    absent,
    answers_to,
    codebook,
    few_once,
    group_name,
    matched,
    mostly_paired,
    respondents,
    sampled,
    sentiment,
    too_few,
)
from outreach_metrics.metrics.sentiment.weighting import MARGIN
from outreach_metrics.registry import metric
from outreach_metrics.study import Study

MOST_CODES = 11
"""Answers on longer scales (0 to 100) are no categories."""


@dataclass(frozen=True)
class Asked:
    """One question in the first wave and a later one, turned so that high is more of the construct.

    `first` and `later` are the places of those who answered it, `both` those of the people who did so twice.
    """

    item: str
    group: str
    people: Mapping[str, np.ndarray]
    answers: np.ndarray
    first: np.ndarray
    later: np.ndarray
    both: tuple[np.ndarray, np.ndarray]
    threshold: float
    reason: str

    def cell(self, places: np.ndarray, **values: np.ndarray) -> dict[str, np.ndarray]:
        """Return the columns of some people, with the values given."""
        return {name: column[places] for name, column in self.people.items()} | values

    def favourable(self, places: np.ndarray) -> np.ndarray:
        """Return 1 for a favorable answer, else 0."""
        return (self.answers[places] >= self.threshold).astype(float)


@lru_cache(maxsize=4)
def _answers(study: Study, program_id: str) -> tuple[pd.DataFrame, pd.DataFrame, np.ndarray]:
    """Return people, codebook, and answers turned, shape (people, items)."""
    rows = respondents(study, program_id)
    items = codebook(study, rows)
    low, high = (items[name].to_numpy(float) for name in ("low", "high"))
    if items.empty:
        return rows, items, np.empty((len(rows), 0))
    return rows, items, turned(answers_to(rows, items), low, high, items["reversed"].to_numpy(bool))


@lru_cache(maxsize=4)
def _asked(study: Study, program_id: str) -> tuple[Asked, ...]:
    return tuple(_each_asked(study, program_id))


def _each_asked(study: Study, program_id: str) -> Iterator[Asked]:
    rows, items, answers = _answers(study, program_id)
    own, wave = np.asarray(rows["arm"] == PROGRAM), rows["wave"]
    waves = {name: np.flatnonzero(own & np.asarray(wave == name)) for name in wave.cat.categories}
    people = {name: rows[name].to_numpy() for name in rows if name in DESIGN or name.startswith(MARGIN)}
    same = lru_cache(lambda first, later: _both(people["respondent_id"], waves[first], waves[later]))
    for item, given in zip(items.itertuples(index=False), answers.T, strict=True):
        there = ~np.isnan(given)
        places = {name: found[there[found]] for name, found in waves.items() if there[found].any()}
        first, *others = places or [None]
        for later in others:
            both = same(first, later)
            yield Asked(
                item.item,
                f"{first} to {later}",
                people,
                given,
                places[first],
                places[later],
                tuple(both[:, there[both].all(axis=0)]),
                float(item.favourable_from),
                too_few(study, len(places[first]), len(places[later])),
            )


def _both(people: np.ndarray, first: np.ndarray, later: np.ndarray) -> np.ndarray:
    """Return the places of the people who are in two waves, shape (2, n)."""
    one, other = matched(people[first], people[later])
    return np.stack([first[one], later[other]])


def answer_spread(study: Study, program_id: str) -> pd.DataFrame:
    """Return how the answers to each question are spread, by wave and arm.

    Parameters
    ----------
    study : Study
    program_id : str

    Returns
    -------
    pandas.DataFrame
        One row an item, wave, arm and code: `item`, `construct`, `text`, `wave`, `arm`, `group`, `code` (as
        turned: high is more of the construct), `share` (weighted, 0-1), `answers`, `favourable_from`, `low`,
        `high`. Groups of fewer people than may be shown, and scales that are no categories, are not there.
    """
    rows, items, answers = _answers(study, program_id)
    found = []
    for place, item in enumerate(items.itertuples(index=False)):
        text = str(getattr(item, "text", "") or item.item) + " (turned)" * bool(item.reversed)
        low, high = math.ceil(item.low), math.floor(item.high)
        if high - low >= MOST_CODES or not (item.low == low and item.high == high):
            continue
        for (wave, arm), cell in rows.groupby(["wave", "arm"], observed=True, sort=True):
            given = answers[cell.index.to_numpy(), place]
            weights = cell["weight"].fillna(0).to_numpy(float) if cell["weight"].notna().any() else None
            there = ~np.isnan(given)
            if too_few(study, int(there.sum())):
                continue
            shares = answer_shares(
                given[there][:, None], low, high, None if weights is None else weights[there]
            )[0]
            found.append(
                pd.DataFrame(
                    {
                        "item": item.item,
                        "construct": item.construct,
                        "text": text,
                        "wave": wave,
                        "arm": arm,
                        "group": group_name(wave, arm),
                        "code": np.arange(low, high + 1),
                        "share": shares,
                        "answers": int(there.sum()),
                        "favourable_from": item.favourable_from,
                        "low": low,
                        "high": high,
                    }
                )
            )
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame()


def _estimates(study: Study, template: Estimate, make) -> list[Estimate]:
    """Return an estimate a question and later wave."""
    found = []
    for asked in _asked(study, template.program_id):
        named = replace(template, outcome=asked.item, group=asked.group)
        n = {"n_before": float(len(asked.first)), "n_after": float(len(asked.later))}
        found.append(named.declined(asked.reason) if asked.reason else make(replace(named, **n), asked))
    if found:
        return found
    if respondents(study, template.program_id).empty or not study.has("items"):
        return absent(study, template)
    return [template.declined("There is only one survey wave with answers of the program arm.")]


@metric("sentiment_item_change", strand="sentiment")
def sentiment_item_change(study: Study, program_id: str) -> list[Estimate]:
    """Odds of a more favorable answer to one question later, over those at first, by ordinal logit.

    Proportional odds (McCullagh 1980), standard errors robust to people who answer twice and to clusters;
    above 1 is a shift to the favorable side. Assumes one odds ratio at every threshold; the note tells where
    Brant's test speaks against it.
    """
    template = sentiment(program_id, "sentiment_item_change", "ratio of odds", design_level=2)
    least = study.settings.min_cell
    return _estimates(study, template, lambda named, asked: _odds(named, asked, least))


def _odds(named: Estimate, asked: Asked, least: int) -> Estimate:
    both = len(asked.both[0])
    paired = mostly_paired(both, len(asked.first), len(asked.later), least)
    waves = asked.both if paired else (asked.first, asked.later)
    cells = [asked.cell(places, answer=asked.answers[places]) for places in waves]
    design = sampled(cells, "answer", people=both > 0)
    if len(np.unique(np.concatenate(design.answers))) > MOST_CODES:
        return named.declined("The answers are no categories.")
    people = design.clusters or [None, None]
    weights = design.weights or [None, None]
    made = ordinal_change(*design.answers, *people, *weights)
    if math.isnan(made.odds_ratio.conf_low):
        return named.declined(made.reason or "The answers vary too little for an ordinal model.")
    uneven = "The change is not the same at every answer (Brant's test)." * (made.proportional.p_value < 0.05)
    told = _kept(named, both) if paired else {"note": ""}
    return replace(
        named,
        **made.odds_ratio._asdict(),
        **{name: value for name, value in told.items() if name != "note"},
        method="proportional odds logit"
        + ", robust to people in both waves or clusters" * (design.clusters is not None),
        note=" ".join(filter(None, [told["note"], uneven, design.note])),
    )


@metric("sentiment_item_favourable_change", strand="sentiment")
def sentiment_item_favourable_change(study: Study, program_id: str) -> list[Estimate]:
    """Change in the share of people with a favorable answer to one question, later less first.

    The same people: McNemar's question with Newcombe's paired interval (1998, method 10); separate samples:
    Newcombe's interval; with weights, strata or clusters: linearized standard errors.
    """
    template = sentiment(program_id, "sentiment_item_favourable_change", "change in share", design_level=2)
    least = study.settings.min_cell

    def make(named: Estimate, asked: Asked) -> Estimate:
        if math.isnan(asked.threshold):
            return named.declined("items.favourable_from does not say which answers are favourable.")
        return _favourable(named, asked, least)

    return _estimates(study, template, make)


def _favourable(named: Estimate, asked: Asked, least: int) -> Estimate:
    before, after = (asked.favourable(places) for places in asked.both)
    paired = mostly_paired(len(after), len(asked.first), len(asked.later), least)
    if paired:
        cells, signs = [asked.cell(asked.both[1], value=after - before)], [1.0]
    else:
        waves, signs = (asked.later, asked.first), [1.0, -1.0]
        cells = [asked.cell(places, value=asked.favourable(places)) for places in waves]
    design = sampled(cells, "value", people=not paired and len(after) > 0, rakes=not paired)
    if not (design.weights is None and design.strata is None and design.clusters is None):
        result = contrast(coefficients=signs, small_sample=True, **design.parts).result()
        how = design.method("difference of shares")
    elif paired:
        kept, gained, lost, never = (
            int((was * now).sum()) for now in (after, 1 - after) for was in (before, 1 - before)
        )
        result = mcnemar(kept=kept, gained=gained, lost=lost, never=never).difference
        how = "paired difference of shares, Newcombe interval"
    else:
        (now, later), (was, first) = ((float(cell["value"].sum()), len(cell["value"])) for cell in cells)
        result = newcombe_difference(now, later, was, first)
        how = "difference of shares, Newcombe interval"
    if math.isnan(result.conf_low):
        return named.declined("The answers vary too little for an interval.")
    told = _kept(named, len(after)) if paired else {"note": ""}
    note = f"{told.pop('note')} {design.note}".strip()
    return replace(named, **result._asdict(), **told, method=how, note=note)


def _kept(named: Estimate, both: int) -> dict[str, float | str]:
    """Return the numbers of people, and the note, of a change of the same people."""
    note = (
        f"{both} people answered both times, of {named.n_before:.0f} at first and {named.n_after:.0f} later."
    )
    return {"n_before": float(both), "n_after": float(both), "note": note}


@metric("sentiment_item_shift", strand="sentiment")
def sentiment_item_shift(study: Study, program_id: str) -> list[Estimate]:
    """Share of the same people whose answer to one question rose less the share whose answer fell.

    The p-value is Stuart's and Maxwell's (1955, 1970) of the whole table of answers.
    """
    template = sentiment(program_id, "sentiment_item_shift", "share risen less share fallen", design_level=2)
    least = study.settings.min_cell
    return _estimates(study, template, lambda named, asked: _shift(named, asked, least))


def _shift(named: Estimate, asked: Asked, least: int) -> Estimate:
    before, after = (asked.answers[places] for places in asked.both)
    if len(after) < least:
        return named.declined("Too few people answered this question both times.")
    if few_once(len(after), len(asked.first), len(asked.later), least):
        return named.declined("Suppressed: beside both waves it would tell of a few people.")
    codes, place = np.unique(np.concatenate([before, after]), return_inverse=True)
    if len(codes) > MOST_CODES:
        return named.declined("The answers are no categories.")
    table = np.zeros((len(codes), len(codes)), dtype=np.int64)
    np.add.at(table, tuple(place.reshape(2, -1)), 1)
    test = stuart_maxwell(table)
    net, people = float(np.sign(after - before).mean()), len(after)
    note = f"{people} people answered both times, unweighted. The test of the whole table has no interval."
    values = Result(net, math.nan, math.nan, test.p_value)._asdict()
    n = {"n_before": float(people), "n_after": float(people)}
    return replace(named, **values, **n, method="Stuart-Maxwell test of marginal homogeneity", note=note)
