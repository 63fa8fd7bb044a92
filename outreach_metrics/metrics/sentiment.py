"""What people answered: construct scores and favourable shares by wave, and their change."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import pandas as pd

from outreach_metrics.estimate import Estimate
from outreach_metrics.inference.design_based import contrast, share_interval
from outreach_metrics.registry import metric
from outreach_metrics.study import Study

SCORE_UNIT = "points (0-100)"
CHANGE_UNIT = "change in points (0-100)"
LEAST_ANSWERED = 0.5
"""Share of a construct's items that a person has to answer for a score."""

_KEEP = ("respondent_id", "wave", "arm", "date", "weight", "stratum", "cluster")


def construct_scores(study: Study, program_id: str) -> pd.DataFrame:
    """Return every respondent's construct scores.

    Parameters
    ----------
    study : Study
    program_id : str

    Returns
    -------
    pandas.DataFrame
        One row a respondent, wave and construct with a score: `respondent_id`, `wave`, `arm` ("program" where
        none is given), `weight`, `stratum`, `cluster`, `construct`, `score` (0-100, high is more of the
        construct; mean of the items answered, at least half of them) and `favourable` (share of the
        items answered favourably; NaN when no item says from which answer on). Constructs are
        in order of the codebook, waves in order of date.
    """
    study.program(program_id)
    return _scores(study, program_id).copy()


@lru_cache(maxsize=8)
def _scores(study: Study, program_id: str) -> pd.DataFrame:
    columns = ["respondent_id", "wave", "arm", "weight", "stratum", "cluster"]
    columns += ["construct", "score", "favourable"]
    rows, items = study.table("responses"), study.table("items")
    rows = rows[rows["program_id"] == program_id] if len(rows) else rows
    if not len(rows) or not len(items):
        return pd.DataFrame(columns=columns)
    base = pd.DataFrame({name: rows.get(name, np.nan) for name in _KEEP}, index=rows.index)
    base["arm"] = base["arm"].astype(object).where(base["arm"].notna() & (base["arm"] != ""), "program")
    frames = []
    for construct, codebook in items.groupby("construct", sort=False):
        scored = _score(rows, codebook, study.settings.favourable_from)
        frames.append(base.assign(construct=construct, **scored).dropna(subset=["score"]))
    long = pd.concat(frames, ignore_index=True)
    order = _wave_order(base)
    long["wave"] = pd.Categorical(long["wave"].astype(str), categories=order, ordered=True)
    long["construct"] = pd.Categorical(long["construct"], categories=items["construct"].unique())
    return long.sort_values(["construct", "wave", "arm"], kind="stable", ignore_index=True)[columns]


def _wave_order(rows: pd.DataFrame) -> list[str]:
    dates = pd.to_datetime(rows["date"]).groupby(rows["wave"].astype(str)).min()
    return sorted(dates.index, key=lambda wave: (pd.isna(dates[wave]), dates[wave], wave))


def _score(rows: pd.DataFrame, codebook: pd.DataFrame, default_from: float | None) -> dict[str, np.ndarray]:
    """Score the items of one construct: reverse keys turned, 0-100, at least half of the items answered."""
    codebook = codebook[codebook["item"].isin(rows.columns)]
    shape = (len(rows), len(codebook))
    answers, favourable = np.full(shape, np.nan), np.full(shape, np.nan)
    for position, item in enumerate(codebook.to_dict("records")):
        low, high = float(item["low"]), float(item["high"])
        values = pd.to_numeric(rows[item["item"]], errors="coerce").to_numpy(dtype=float, na_value=np.nan)
        values = np.where((values >= low) & (values <= high), values, np.nan)
        turned = item.get("reversed")
        if turned is not None and not pd.isna(turned) and bool(turned):
            values = low + high - values
        answers[:, position] = 100 * (values - low) / (high - low)
        threshold = item.get("favourable_from")
        threshold = default_from if threshold is None or pd.isna(threshold) else float(threshold)
        if threshold is not None:
            favourable[:, position] = np.where(np.isnan(values), np.nan, values >= threshold)
    answered = (~np.isnan(answers)).sum(axis=1)
    enough = answered >= max(1, LEAST_ANSWERED * shape[1])
    return {"score": _row_mean(answers, enough), "favourable": _row_mean(favourable, enough)}


def _row_mean(values: np.ndarray, enough: np.ndarray) -> np.ndarray:
    count = (~np.isnan(values)).sum(axis=1)
    mean = np.divide(np.nansum(values, axis=1), count, out=np.full(len(values), np.nan), where=count > 0)
    return np.where(enough, mean, np.nan)


class Change(NamedTuple):
    """A contrast to be made: its design and coefficients, what it is, what is to be told, and its people."""

    design: dict
    coefficients: list[float]
    what: str
    note: str
    people: tuple[int, int]


def _group(wave: str, arm: str) -> str:
    return wave if arm == "program" else f"{wave} ({arm})"


def _sentiment(program_id: str, name: str, unit: str, **rest) -> Estimate:
    return Estimate(program_id=program_id, strand="sentiment", metric=name, unit=unit, **rest)


def _absent(study: Study, template: Estimate) -> list[Estimate]:
    lacking = [name for name in ("responses", "items") if not study.has(name)]
    if lacking:
        return [template.declined(f"The study has no {' and no '.join(lacking)} table.")]
    return [template.declined("The study has no survey answers about this program.")]


def _by_group(scores: pd.DataFrame) -> Iterator[tuple[str, str, pd.DataFrame]]:
    for (construct, wave, arm), cell in scores.groupby(
        ["construct", "wave", "arm"], observed=True, sort=False
    ):
        yield construct, _group(wave, arm), cell


def _too_few(study: Study, *sizes: int) -> str:
    """Return why so few answers may not be shown; empty when they may."""
    smallest, settings = min(sizes), study.settings
    if smallest < settings.min_cell:
        return f"Suppressed: fewer than {settings.min_cell} people answered."
    if smallest < settings.minimum_responses:
        return f"Fewer than {settings.minimum_responses} people answered, the least that study.toml asks for."
    return ""


def _design(
    cells: list[pd.DataFrame], value: str, *, people: bool = False
) -> dict[str, list[np.ndarray] | None]:
    """Values, weights, strata and clusters of the given cells, as `contrast` takes them.

    Where a cell has weights, its people without one are left out; a cell without any counts everybody alike.
    """
    cells = [cell.dropna(subset=["weight"]) if cell["weight"].notna().any() else cell for cell in cells]
    together = pd.concat(cells)

    def part(column: str, missing: Callable[[pd.DataFrame], object]) -> list[np.ndarray] | None:
        if together[column].isna().all():
            return None
        return [cell[column].where(cell[column].notna(), missing(cell)).to_numpy() for cell in cells]

    weights = part("weight", lambda cell: 1.0)
    clusters = part("cluster", lambda cell: "person " + cell["respondent_id"].astype(str))
    if clusters is None and people:
        clusters = [cell["respondent_id"].to_numpy() for cell in cells]
    return {
        "values": [cell[value].to_numpy(dtype=float) for cell in cells],
        "weights": weights and [weight.astype(float) for weight in weights],
        "strata": part("stratum", lambda cell: "without a stratum"),
        "clusters": clusters,
    }


def _unweighted(cells: list[pd.DataFrame], design: dict) -> str:
    """Tell how many people were left out for want of a weight."""
    lost = sum(map(len, cells)) - sum(map(len, design["values"]))
    return f"{lost} people without a survey weight are left out." if lost else ""


def _effective(design: dict) -> float:
    """Answers that count in one cell: Kish's effective number, no more than there are clusters."""
    weights = np.ones(len(design["values"][0])) if design["weights"] is None else design["weights"][0]
    kish = float(weights.sum() ** 2 / (weights**2).sum()) if weights.sum() else 0.0
    return kish if design["clusters"] is None else min(kish, len(set(design["clusters"][0])))


def _named(design: dict, what: str) -> str:
    how = [what, "weighted" if design["weights"] is not None else "unweighted"]
    if design["strata"] is not None:
        how.append("by strata")
    if design["clusters"] is not None:
        how.append("by clusters")
    return ", ".join([*how, "linearized standard error, t interval"])


@metric("sentiment_response_count", strand="sentiment")
def sentiment_response_count(study: Study, program_id: str) -> list[Estimate]:
    """People with a score, per construct, wave and arm."""
    template = _sentiment(program_id, "sentiment_response_count", "people", method="count")
    estimates = []
    for construct, group, cell in _by_group(_scores(study, program_id)):
        count = float(len(cell))
        note = "A full count of the answers received: it has no sampling interval."
        made = replace(template, outcome=construct, group=group, estimate=count, n_after=count, note=note)
        few = len(cell) < study.settings.min_cell
        reason = f"Suppressed: fewer than {study.settings.min_cell} people answered."
        estimates.append(made.declined(reason) if few else made)
    return estimates or _absent(study, template)


@metric("sentiment_score", strand="sentiment")
def sentiment_score(study: Study, program_id: str) -> list[Estimate]:
    """Mean construct score, 0-100, per wave and arm, with a design-based interval."""
    template = _sentiment(program_id, "sentiment_score", SCORE_UNIT)
    estimates = []
    for construct, group, cell in _by_group(_scores(study, program_id)):
        named = replace(template, outcome=construct, group=group)
        reason = _too_few(study, len(cell))
        if reason:
            estimates.append(named.declined(reason))
            continue
        design = _design([cell], "score")
        result = contrast(coefficients=[1.0], **design).result()._replace(p_value=math.nan)
        low, high = max(result.conf_low, 0.0), min(result.conf_high, 100.0)
        limits = {} if math.isnan(result.conf_low) else {"conf_low": low, "conf_high": high}
        values = {**result._asdict(), **limits}
        note = (
            "" if limits else "The answers vary too little, or come from too few clusters, for an interval."
        )
        note = f"{note} {_unweighted([cell], design)}".strip()
        n = float(len(design["values"][0]))
        estimates.append(replace(named, **values, n_after=n, method=_named(design, "mean"), note=note))
    return estimates or _absent(study, template)


@metric("sentiment_favourable", strand="sentiment")
def sentiment_favourable(study: Study, program_id: str) -> list[Estimate]:
    """Share of favorable answers to a construct's items, per wave and arm, with a logit interval."""
    template = _sentiment(program_id, "sentiment_favourable", "share")
    estimates = []
    for construct, group, cell in _by_group(_scores(study, program_id)):
        named = replace(template, outcome=construct, group=group)
        answered = cell.dropna(subset=["favourable"])
        if answered.empty:
            estimates.append(
                named.declined("items.favourable_from does not say which answers are favourable.")
            )
            continue
        reason = _too_few(study, len(answered))
        if reason:
            estimates.append(named.declined(reason))
            continue
        design = _design([answered], "favourable")
        result = share_interval(contrast(coefficients=[1.0], **design), _effective(design))
        kind = "logit interval" if 0 < result.estimate < 1 else "Wilson interval"
        method = _named(design, "share of favorable answers").replace("t interval", kind)
        note = _unweighted([answered], design)
        if math.isnan(result.conf_low):
            note = f"The answers come from too few clusters for an interval. {note}".strip()
        n = float(len(design["values"][0]))
        estimates.append(replace(named, **result._asdict(), n_after=n, method=method, note=note))
    return estimates or _absent(study, template)


def _paired(first: pd.DataFrame, later: pd.DataFrame, least: int) -> pd.DataFrame | None:
    """Differences of the people who answered twice; None when they are not most of the smaller wave.

    None too when only a few people answered once: set against the waves' means, the change of the others
    would tell what those few said.
    """
    both = later.merge(first[["respondent_id", "score"]], on="respondent_id", suffixes=("", "_first"))
    if len(both) < max(least, 2, min(len(first), len(later)) / 2):
        return None
    if any(0 < len(wave) - len(both) < least for wave in (first, later)):
        return None
    return both.assign(difference=both["score"] - both["score_first"])


def _changes(study: Study, scores: pd.DataFrame) -> Iterator[tuple[str, str, dict[str, list[pd.DataFrame]]]]:
    """Construct, group and, by arm, the first wave's and a later wave's answers."""
    for construct, part in scores.groupby("construct", sort=False, observed=True):
        waves = [wave for wave in part["wave"].cat.categories if (part["wave"] == wave).any()]
        for later in waves[1:]:
            arms = {
                arm: [cell[cell["wave"] == waves[0]], cell[cell["wave"] == later]]
                for arm, cell in part.groupby("arm", sort=False)
            }
            yield construct, f"{waves[0]} to {later}", arms


OVERLAP = "Some people answered both times; it is taken into account."


def _change(study: Study, cells: list[pd.DataFrame]) -> Change:
    """Change of one arm's mean score."""
    first, later = cells
    pairs = _paired(first, later, study.settings.min_cell)
    if pairs is not None:
        design = _design([pairs], "difference")
        kept = f"{len(pairs)} people answered both times, of {len(first)} at first and {len(later)} later."
        return Change(design, [1.0], "paired difference", _notes(kept, [pairs], design), (len(pairs),) * 2)
    overlap = bool(first["respondent_id"].isin(later["respondent_id"]).any())
    design = _design([later, first], "score", people=overlap)
    note = _notes(OVERLAP if overlap else "", [later, first], design)
    return Change(design, [1.0, -1.0], "difference of wave means", note, (len(first), len(later)))


def _notes(note: str, cells: list[pd.DataFrame], design: dict) -> str:
    return f"{note} {_unweighted(cells, design)}".strip()


@metric("sentiment_change", strand="sentiment")
def sentiment_change(study: Study, program_id: str) -> list[Estimate]:
    """Change in mean score from the first wave to each later one; paired where people answered twice."""
    template = _sentiment(program_id, "sentiment_change", CHANGE_UNIT, design_level=2)
    scores = _scores(study, program_id)
    if scores.empty:
        return _absent(study, template)
    estimates = []
    for construct, group, arms in _changes(study, scores):
        named = replace(template, outcome=construct, group=group)
        cells = arms.get("program", [scores.iloc[:0]] * 2)
        if not (len(cells[0]) and len(cells[1])):
            estimates.append(named.declined("There are no answers of the program arm in one of the waves."))
            continue
        reason = _too_few(study, len(cells[0]), len(cells[1]))
        if reason:
            estimates.append(named.declined(reason))
            continue
        estimates.append(_made(named, _change(study, cells)))
    return estimates or [template.declined("There is only one survey wave.")]


def _made(named: Estimate, change: Change) -> Estimate:
    result = contrast(coefficients=change.coefficients, **change.design).result()
    if math.isnan(result.conf_low):
        return named.declined("The answers vary too little, or are too few, to tell how sure a change is.")
    n = {"n_before": float(change.people[0]), "n_after": float(change.people[1])}
    method = _named(change.design, change.what)
    return replace(named, **result._asdict(), **n, method=method, note=change.note)


@metric("sentiment_relative_change", strand="sentiment")
def sentiment_relative_change(study: Study, program_id: str) -> list[Estimate]:
    """Change in the program arm less change in the comparison arm, in points.

    Assumes that without the program both arms would have changed by the same number of points.
    """
    template = _sentiment(program_id, "sentiment_relative_change", CHANGE_UNIT, design_level=3)
    scores = _scores(study, program_id)
    if scores.empty:
        return _absent(study, template)
    estimates = []
    for construct, group, arms in _changes(study, scores):
        named = replace(template, outcome=construct, group=group)
        if "program" not in arms or "comparison" not in arms:
            estimates.append(named.declined("The survey has no comparison arm."))
            continue
        cells = [*arms["program"], *arms["comparison"]]
        if not all(len(cell) for cell in cells):
            estimates.append(named.declined("One arm has no answers in one of the waves."))
            continue
        reason = _too_few(study, *(len(cell) for cell in cells))
        if reason:
            estimates.append(named.declined(reason))
            continue
        change = _relative_change(study, cells)
        drawn = study.program(program_id).assignment == "random" and _several_clusters(cells)
        estimates.append(_made(replace(named, design_level=5 if drawn else 3), change))
    return estimates or [template.declined("There is only one survey wave.")]


def _several_clusters(cells: list[pd.DataFrame]) -> bool:
    """Whether each arm has at least two clusters, the units that chance can have assigned."""
    return all(pd.concat(arm)["cluster"].nunique() >= 2 for arm in (cells[:2], cells[2:]))


def _relative_change(study: Study, cells: list[pd.DataFrame]) -> Change:
    """Change of the program arm less change of the comparison arm."""
    pairs = [_paired(cells[i], cells[i + 1], study.settings.min_cell) for i in (0, 2)]
    if pairs[0] is not None and pairs[1] is not None:
        design = _design(pairs, "difference")
        kept = f"{len(pairs[0])} program and {len(pairs[1])} comparison respondents answered both times."
        what, note = "difference of paired changes", _notes(kept, pairs, design)
        return Change(design, [1.0, -1.0], what, note, (len(pairs[0]),) * 2)
    program, comparison = cells[:2], cells[2:]
    overlap = any(bool(a["respondent_id"].isin(b["respondent_id"]).any()) for a, b in (program, comparison))
    ordered = [cells[1], cells[0], cells[3], cells[2]]
    design = _design(ordered, "score", people=overlap)
    note = _notes(OVERLAP if overlap else "", ordered, design)
    what = "difference of changes in wave means"
    return Change(design, [1.0, -1.0, -1.0, 1.0], what, note, (len(cells[0]), len(cells[1])))
