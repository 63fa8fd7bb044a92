"""Answers -> scores: what every metric of the survey stands on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd

from outreach_metrics.estimate import Estimate
from outreach_metrics.inference.raking import kish_effective
from outreach_metrics.inference.scales import score
from outreach_metrics.metrics.sentiment.weighting import HELD, MARGIN, raked
from outreach_metrics.study import Study
from outreach_metrics.study.tables import TABLES

LEAST_ANSWERED = 0.5
"""Share of a construct's items that a person has to answer for a score."""

GIVEN = ("respondent_id", "wave", "arm", "date", "weight", "stratum", "cluster")
KEPT = (*GIVEN, "base_weight", "weighting")
PROGRAM, COMPARISON = "program", "comparison"
DESIGN = ("respondent_id", "weight", "stratum", "cluster", "base_weight", "weighting")

Cell = pd.DataFrame | Mapping[str, np.ndarray]
"""Answers of one wave and arm with the columns `KEPT`."""


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
        none is given), `date`, `weight`, `stratum`, `cluster`, `construct`, `score` (0-100, high is more of
        the construct; mean of the items answered, at least half of them) and `favourable` (share of the
        items answered favourably; NaN when no item says from which answer on). Items that a whole wave and
        arm was not asked are in no score (`asked_in_part`). Constructs are
        in order of the codebook, waves in order of date. Weights are those of the table, or raked to the
        community where study.toml asks for it.
    """
    study.program(program_id)
    return scores_of(study, program_id).copy()


@lru_cache(maxsize=8)
def respondents(study: Study, program_id: str) -> pd.DataFrame:
    """Return the answers to one program's survey, one row a person and wave, with `KEPT` filled in.

    Item columns and demographic columns stand as they were read. `wave` is an ordered categorical.
    """
    rows = study.table("responses")
    rows = rows[rows["program_id"] == program_id] if len(rows) else rows
    for name in GIVEN:
        if name not in rows:
            rows = rows.assign(**{name: np.nan})
    words = {name: rows[name].astype(object) for name in ("arm", "stratum", "cluster")}
    arm = words.pop("arm")
    rows = rows.assign(arm=arm.where(arm.notna() & (arm != ""), PROGRAM), **words)
    order = _wave_order(rows)
    wave = pd.Categorical(rows["wave"].astype(str), categories=order, ordered=True)
    return raked(study, program_id, rows.assign(wave=wave).reset_index(drop=True))


def _wave_order(rows: pd.DataFrame) -> list[str]:
    dates = pd.to_datetime(rows["date"]).groupby(rows["wave"].astype(str)).min()
    return sorted(dates.index, key=lambda wave: (pd.isna(dates[wave]), dates[wave], wave))


def codebook(study: Study, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the items that were asked, in order of the codebook, `reversed` and `favourable_from` filled."""
    items = study.table("items")
    items = items[items["item"].isin(rows.columns)]
    turned = items["reversed"] if "reversed" in items else pd.Series(False, index=items.index)
    own = items["favourable_from"] if "favourable_from" in items else pd.Series(np.nan, index=items.index)
    default = study.settings.favourable_from
    threshold = own.astype(float).fillna(np.nan if default is None else float(default))
    return items.assign(reversed=turned.fillna(False).astype(bool), favourable_from=threshold)


def answers_to(rows: pd.DataFrame, items: pd.DataFrame) -> np.ndarray:
    """Return the answers to some items as written, shape (n, items); NaN where there is none."""
    columns = [
        pd.to_numeric(rows[item], errors="coerce").to_numpy(float, na_value=np.nan) for item in items["item"]
    ]
    return np.column_stack(columns) if columns else np.empty((len(rows), 0))


@lru_cache(maxsize=8)
def scores_of(study: Study, program_id: str) -> pd.DataFrame:
    """Return `construct_scores` without a copy, with the row of `respondents` in the column `row`."""
    rows = respondents(study, program_id)
    items = codebook(study, rows)
    margins = [name for name in rows.columns if name.startswith(MARGIN)]
    columns = [*KEPT, *margins, "row", "construct", "score", "favourable"]
    if not len(rows) or not len(items):
        return pd.DataFrame(columns=columns)
    base = rows[[*KEPT, *margins]].assign(row=np.arange(len(rows)))
    frames = []
    for construct, part in items.groupby("construct", sort=False):
        part = part[~part["item"].isin(asked_in_part(rows, part))]
        numbers = [part[name].to_numpy(float) for name in ("low", "high")]
        scored = score(
            answers_to(rows, part),
            *numbers,
            part["reversed"].to_numpy(bool),
            part["favourable_from"].to_numpy(float),
            least_answered=LEAST_ANSWERED,
        )
        named = base.assign(construct=construct, score=scored.score, favourable=scored.favourable)
        frames.append(named.dropna(subset=["score"]))
    long = pd.concat(frames, ignore_index=True)
    long["construct"] = pd.Categorical(long["construct"], categories=items["construct"].unique())
    return long.sort_values(["construct", "wave", "arm"], kind="stable", ignore_index=True)[columns]


def asked_in_part(rows: pd.DataFrame, part: pd.DataFrame) -> list[str]:
    """Return the items of a construct that a wave and arm lack which has others of it; none if all do.

    A mean over other questions in another wave is no change of mind, so that they stay out of the score.
    """
    given = rows[list(part["item"])].notna().groupby([rows["wave"], rows["arm"]], observed=True).any()
    given = given[given.any(axis=1)]
    lacking = list(given.columns[~given.all(axis=0)])
    return lacking if len(lacking) < len(part) else []


def demographics(study: Study, rows: pd.DataFrame) -> list[str]:
    """Return the demographic columns of the answers: those that the contract and the codebook do not name."""
    known = {column.name for column in TABLES["responses"].columns} | set(study.table("items")["item"])
    listed = set(study.table("benchmarks")["variable"])
    known |= set(KEPT)
    own = [
        name
        for name in rows.columns
        if name not in known and not name.startswith(MARGIN) and rows[name].notna().any()
    ]
    return [name for name in own if name in listed or rows[name].nunique() <= max(2, len(rows) // 20)]


def group_name(wave: str, arm: str) -> str:
    """Return the name of a wave and arm in the column `group`."""
    return wave if arm == PROGRAM else f"{wave} ({arm})"


def by_group(scores: pd.DataFrame) -> Iterator[tuple[str, str, pd.DataFrame]]:
    """Yield construct, group and answers of each wave and arm."""
    cells = scores.groupby(["construct", "wave", "arm"], observed=True, sort=False)
    for (construct, wave, arm), cell in cells:
        yield construct, group_name(wave, arm), cell


def comparisons(scores: pd.DataFrame) -> Iterator[tuple[str, str, dict[str, list[pd.DataFrame]]]]:
    """Yield construct, group and, by arm, the first wave's and a later wave's answers."""
    for construct, part in scores.groupby("construct", sort=False, observed=True):
        waves = [wave for wave in part["wave"].cat.categories if (part["wave"] == wave).any()]
        for later in waves[1:]:
            arms = {
                arm: [cell[cell["wave"] == waves[0]], cell[cell["wave"] == later]]
                for arm, cell in part.groupby("arm", sort=False)
            }
            yield construct, f"{waves[0]} to {later}", arms


def sentiment(program_id: str, name: str, unit: str, **rest) -> Estimate:
    """Return the estimate of a sentiment metric before it is made."""
    return Estimate(program_id=program_id, strand="sentiment", metric=name, unit=unit, **rest)


def absent(study: Study, template: Estimate) -> list[Estimate]:
    """Return the one estimate that says that there is no survey to answer from."""
    lacking = [name for name in ("responses", "items") if not study.has(name)]
    if lacking:
        return [template.declined(f"The study has no {' and no '.join(lacking)} table.")]
    return [template.declined("The study has no survey answers about this program.")]


def too_few(study: Study, *sizes: int) -> str:
    """Return why so few answers may not be shown; empty when they may."""
    smallest, settings = min(sizes), study.settings
    if smallest < settings.min_cell:
        return f"Suppressed: fewer than {settings.min_cell} people answered."
    if smallest < settings.minimum_responses:
        return f"Fewer than {settings.minimum_responses} people answered, the least that study.toml asks for."
    return ""


@dataclass(frozen=True, slots=True)
class Sampled:
    """Answers of some cells (waves, arms) as the sample design made them; parts as `contrast` takes them."""

    answers: list[np.ndarray]
    weights: list[np.ndarray] | None
    strata: list[np.ndarray] | None
    clusters: list[np.ndarray] | None
    margins: list[np.ndarray] | None
    base_weights: list[np.ndarray] | None
    weighting: str
    lost: int

    @property
    def parts(self) -> dict[str, list[np.ndarray] | None]:
        """Keyword arguments of `inference.design_based.contrast`."""
        design = ("weights", "strata", "clusters", "margins", "base_weights")
        return {"values": self.answers} | {name: getattr(self, name) for name in design}

    @property
    def note(self) -> str:
        """What is to be told of the weights: how they were made, who was left out for want of one."""
        told = [f"{self.weighting[:1].upper()}{self.weighting[1:]}."] * bool(self.weighting)
        told += ["People without a survey weight are left out."] * (self.lost > 0)
        return " ".join(told)

    @property
    def effective(self) -> float:
        """Answers that count in the first cell: Kish's effective number, no more than there are clusters."""
        weights = np.ones(len(self.answers[0])) if self.weights is None else self.weights[0]
        kish = kish_effective(weights)
        return kish if self.clusters is None else min(kish, len(set(self.clusters[0])))

    def method(self, what: str) -> str:
        """Return how an estimate was made."""
        raked_to = "raked" if self.margins is not None else "weighted"
        how = [what, "unweighted" if self.weights is None else raked_to]
        how += ["by strata"] * (self.strata is not None) + ["by clusters"] * (self.clusters is not None)
        return ", ".join([*how, "linearized standard error, t interval"])


def sampled(cells: Sequence[Cell], value: str, *, people: bool = False, rakes: bool = True) -> Sampled:
    """Return values, weights, strata and clusters of the given cells.

    Where a cell has weights, its people without one are left out; a cell without any counts everybody alike.

    Parameters
    ----------
    cells : sequence of DataFrame, or of mappings of column name to array
    value : str
        Column.
    people : bool
        Whether a person is a cluster where no clusters are given, because some are in several cells.
    rakes : bool
        Whether the cells are all that was raked; a part of them does not meet the community by itself.
    """
    parts = [_weighted(cell, value) for cell in cells]
    kept = sum(len(part[value]) for part in parts)
    weights, strata, clusters = (_given(parts, name) for name in ("weight", "stratum", "cluster"))
    if clusters is None and people:
        clusters = [part["respondent_id"] for part in parts]
    how = list(dict.fromkeys(words for part in parts for words in pd.unique(part["weighting"])))
    met = rakes and all(words.startswith("raked") and HELD not in words for words in how)
    return Sampled(
        answers=[part[value].astype(float) for part in parts],
        weights=weights and [weight.astype(float) for weight in weights],
        strata=strata,
        clusters=clusters,
        margins=[_margins(part) for part in parts] if met else None,
        base_weights=[part["base_weight"].astype(float) for part in parts] if met else None,
        weighting="; ".join(filter(None, how)),
        lost=sum(len(cell[value]) for cell in cells) - kept,
    )


def weights_of(cell: pd.DataFrame) -> np.ndarray:
    """Return the weights of answers; 0 for people without one where others have one."""
    weights = cell["weight"].to_numpy(float)
    return np.ones(len(cell)) if np.isnan(weights).all() else np.nan_to_num(weights)


def _weighted(cell: Cell, value: str) -> dict[str, np.ndarray]:
    """Return columns of a cell: of the people who have a weight, of everybody where nobody has one."""
    names = [*DESIGN, value, *(name for name in cell if name.startswith(MARGIN))]
    columns = {name: np.asarray(cell[name]) for name in names}
    held = ~np.isnan(columns["weight"].astype(float))
    if held.all() or not held.any():
        return columns
    return {name: column[held] for name, column in columns.items()}


def _given(parts: Sequence[Mapping[str, np.ndarray]], name: str) -> list[np.ndarray] | None:
    """Return a column of every cell, filled where it is missing; None where no cell has it."""
    there = [~pd.isna(part[name]) for part in parts]
    if not any(given.any() for given in there):
        return None
    fill = {
        "weight": lambda part: 1.0,
        "stratum": lambda part: "without a stratum",
        "cluster": lambda part: [f"person {person}" for person in part["respondent_id"]],
    }[name]
    return [
        part[name] if given.all() else np.where(given, part[name], fill(part))
        for part, given in zip(parts, there, strict=True)
    ]


def _margins(part: Mapping[str, np.ndarray]) -> np.ndarray:
    """Indicators of the categories raked to, shape (n, categories)."""
    categories = {name: column.astype(object) for name, column in part.items() if name.startswith(MARGIN)}
    return pd.get_dummies(pd.DataFrame(categories, index=range(len(part["weight"]))), dtype=float).to_numpy()


def overlapping(first: pd.DataFrame, later: pd.DataFrame) -> bool:
    """Whether somebody answered in both waves."""
    return bool(first["respondent_id"].isin(later["respondent_id"]).any())


def pairs(first: pd.DataFrame, later: pd.DataFrame, least: int) -> pd.DataFrame | None:
    """Return the later answers of the people who answered twice, with `score_first` and `difference`.

    None unless `mostly_paired`.
    """
    one, other = matched(first["respondent_id"].to_numpy(), later["respondent_id"].to_numpy())
    if not mostly_paired(len(one), len(first), len(later), least):
        return None
    before, both = first["score"].to_numpy()[one], later.iloc[other].reset_index(drop=True)
    return both.assign(score_first=before, difference=both["score"] - before)


def mostly_paired(both: int, first: int, later: int, least: int) -> bool:
    """Whether those who answered twice are most of the smaller wave and may stand for both waves."""
    return both >= max(least, 2, min(first, later) / 2) and not few_once(both, first, later, least)


def few_once(both: int, first: int, later: int, least: int) -> bool:
    """Whether a few people answered once, and the others' change beside both waves tells what they said."""
    return any(0 < wave - both < least for wave in (first, later))


def matched(first: np.ndarray, later: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the places of the same people in two waves, in the order of the later one."""
    order = np.argsort(first, kind="stable")
    starts, ends = (np.searchsorted(first[order], later, side) for side in ("left", "right"))
    times = ends - starts
    other = np.repeat(np.arange(len(later)), times)
    again = np.arange(len(other)) - np.repeat(np.cumsum(times) - times, times)
    return order[starts[other] + again], other
