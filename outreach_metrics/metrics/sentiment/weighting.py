"""Weights that give every group of the community its share of the answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from outreach_metrics.inference.raking import Raked, rake, trim
from outreach_metrics.study import Program, Study
from outreach_metrics.study.community import Community, community
from outreach_metrics.study.wording import listing

MARGIN = "margin:"
"""Prefix of the columns that hold the categories raked to."""
HELD = "held at"
"""In `weighting` of weights that were trimmed, so that they no longer meet the community."""
SMALL = 0.05
"""Share of the community up to which a category that nobody answered in may be left out of a wave."""
NEVER_ASKED = 1 / 3
"""The same for categories without an answer in the whole survey, as children in one of adults."""


def raked(study: Study, program_id: str, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the answers with weights raked to the community, if study.toml asks for it.

    Every wave and arm is raked on its own, the comparison arm to the residents of the comparison areas.
    People whose category is not known keep the weight that they had. Where raking fails, the weights stay as
    they were, and `weighting` says why.

    Parameters
    ----------
    study : Study
    program_id : str
    rows : DataFrame
        With `wave`, `arm`, `weight`.

    Returns
    -------
    DataFrame
        With `weighting` (how the weights were made; "" as given), `base_weight` (as it was before) and a
        column `margin:VARIABLE` a variable.
    """
    names = [name for name in study.settings.rake if name in rows]
    given = {f"{MARGIN}{name}": rows[name] for name in names}
    rows = rows.assign(weighting="", base_weight=rows["weight"], **given)
    if not study.settings.rake or rows.empty:
        return rows
    if len(names) < len(study.settings.rake):
        lacking = ", ".join(name for name in study.settings.rake if name not in names)
        return rows.assign(weighting=f"not raked: the answers have no column {lacking}")
    weight, how = rows["weight"].astype(float), rows["weighting"].astype(object)
    base = weight.copy()
    for (_, arm), cell in rows.groupby(["wave", "arm"], observed=True, sort=False):
        people, never = asked_of(make_up(study, study.program(program_id), arm), rows, names)
        made, told = _raked_cell(study, cell, names, people)
        words = [
            f"; nobody asked has the {name} {listing(list(shares.index))}" for name, shares in never.items()
        ]
        weight.loc[cell.index], how.loc[cell.index] = made, "".join([told, *words])
        base.loc[cell.index] = base_weights(cell)
    return rows.assign(weight=weight, base_weight=base, weighting=how)


def make_up(study: Study, program: Program, arm: str) -> Community:
    """Return the community that an arm stands for: the residents of its areas."""
    return community(study, program.comparison if arm == "comparison" else program.treatment)


def asked_of(
    people: Community, rows: pd.DataFrame, names: Sequence[str]
) -> tuple[Community, dict[str, pd.Series]]:
    """Return the community without categories that nobody in the whole survey has, and their shares.

    A survey of adults does not speak for children. Where such categories are a third of the community or
    more, they stay, so that raking fails and says so.
    """
    kept, left_out = dict(people.counts), {}
    for name in (name for name in names if name in kept and kept[name].sum() > 0):
        counts = kept[name]
        never = ~counts.index.isin(rows[name].dropna()) & (counts.to_numpy() > 0)
        shares = counts[never] / counts.sum()
        if 0 < shares.sum() < NEVER_ASKED:
            kept[name], left_out[name] = counts[~never], shares
    return replace(people, counts=kept), left_out


def _raked_cell(
    study: Study, cell: pd.DataFrame, names: Sequence[str], people: Community
) -> tuple[np.ndarray, str]:
    base = base_weights(cell)
    made = rake_to(cell, base, names, people)
    if isinstance(made, str):
        return base, f"not raked: {made}"
    limit, how = study.settings.weight_limit, f"raked to {' and '.join(names)} of {people.words}"
    highest = limit * float(made.mean())
    if not limit or made.max() <= highest:
        return made, how
    return trim(made, 0.0, highest), f"{how}, weights {HELD} {limit:g} times their mean"


def base_weights(cell: pd.DataFrame) -> np.ndarray:
    """Return the weights given, 1 where nobody has one, 0 for people without one where others have it."""
    if cell["weight"].isna().all():
        return np.ones(len(cell))
    return cell["weight"].fillna(0.0).to_numpy(float)


def rake_to(
    cell: pd.DataFrame, base: np.ndarray, names: Sequence[str], people: Community
) -> np.ndarray | str:
    """Return weights of mean 1 raked to a community, or why they could not be made.

    People with an unknown category keep their own weight, scaled to mean 1. A small category in which nobody
    answered is left out; the others keep their proportions.
    """
    lacking = [name for name in names if name not in people.counts or not people.counts[name].sum() > 0]
    if lacking:
        return f"benchmarks counts nobody by {', '.join(lacking)}"
    codes = [_codes(cell[name], people.counts[name]) for name in names]
    known = np.all([code >= 0 for code in codes], axis=0) & (base > 0)
    if not known.any():
        return "nobody has a known category"
    targets = []
    for name, code in zip(names, codes, strict=True):
        target = people.counts[name].to_numpy(float) / people.counts[name].sum()
        empty = np.setdiff1d(np.flatnonzero(target > 0), code[known])
        if target[empty].max(initial=0.0) > SMALL:
            category = people.counts[name].index[empty[target[empty].argmax()]]
            return f"nobody answered whose {name} is {category!r}"
        target[empty] = 0.0
        targets.append(target / target.sum())
    made: Raked = rake(base[known], [code[known] for code in codes], targets)
    if not made.converged:
        return made.reason
    weights = base / base[base > 0].mean()
    weights[known] = made.weights / made.weights.mean()
    return weights


def _codes(cells: pd.Series, counts: pd.Series) -> np.ndarray:
    return pd.Index(counts.index).get_indexer(cells.astype(object))
