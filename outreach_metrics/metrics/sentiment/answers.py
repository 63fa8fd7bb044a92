"""Answers -> scores: what every metric of the survey stands on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
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
        items answered favourably; NaN when no item says from which answer on). Constructs are
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
    arm = rows["arm"].astype(object)
    rows = rows.assign(arm=arm.where(arm.notna() & (arm != ""), PROGRAM))
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


def demographics(study: Study, rows: pd.DataFrame) -> list[str]:
    """Return the demographic columns of the answers: those that the contract and the codebook do not name."""
    known = {column.name for column in TABLES["responses"].columns} | set(study.table("items")["item"])
    listed = set(study.table("benchmarks")["variable"])
    own = [name for name in rows.columns if name not in known and rows[name].notna().any()]
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


def sampled(cells: Sequence[pd.DataFrame], value: str, *, people: bool = False) -> Sampled:
    """Return values, weights, strata and clusters of the given cells.

    Where a cell has weights, its people without one are left out; a cell without any counts everybody alike.

    Parameters
    ----------
    cells : sequence of DataFrame
    value : str
        Column.
    people : bool
        Whether a person is a cluster where no clusters are given, because some are in several cells.
    """
    asked = sum(map(len, cells))
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
    return Sampled(
        answers=[cell[value].to_numpy(dtype=float) for cell in cells],
        weights=weights and [weight.astype(float) for weight in weights],
        strata=part("stratum", lambda cell: "without a stratum"),
        clusters=clusters,
        margins=_margins(cells),
        base_weights=[cell["base_weight"].to_numpy(float) for cell in cells] if _raked(cells) else None,
        weighting="; ".join(dict.fromkeys(how for how in together["weighting"].unique() if how)),
        lost=asked - len(together),
    )


def _raked(cells: Sequence[pd.DataFrame]) -> bool:
    """Whether the weights of all cells meet the community; trimmed ones do not."""
    how = pd.concat([cell["weighting"] for cell in cells])
    return bool((how.str.startswith("raked") & ~how.str.contains(HELD, regex=False)).all())


def _margins(cells: Sequence[pd.DataFrame]) -> list[np.ndarray] | None:
    """Indicators of the categories raked to, shape (n, categories) a cell; None when a cell was not raked."""
    if not _raked(cells):
        return None
    names = [name for name in cells[0].columns if name.startswith(MARGIN)]
    return [pd.get_dummies(cell[names].astype(object), dtype=float).to_numpy() for cell in cells]


def overlapping(first: pd.DataFrame, later: pd.DataFrame) -> bool:
    """Whether somebody answered in both waves."""
    return bool(first["respondent_id"].isin(later["respondent_id"]).any())


def pairs(first: pd.DataFrame, later: pd.DataFrame, least: int, value: str = "score") -> pd.DataFrame | None:
    """Return the people who answered twice, with `difference`; None unless they are most of the smaller wave.

    None too when only a few people answered once: set against the waves' means, the change of the others
    would tell what those few said.
    """
    both = joined(first, later, value)
    if len(both) < max(least, 2, min(len(first), len(later)) / 2):
        return None
    if any(0 < len(wave) - len(both) < least for wave in (first, later)):
        return None
    return both


def joined(first: pd.DataFrame, later: pd.DataFrame, value: str = "score") -> pd.DataFrame:
    """Return the later answers of the people who answered twice, with the first one and `difference`."""
    before = first[["respondent_id", value]].dropna()
    both = later.dropna(subset=[value]).merge(before, on="respondent_id", suffixes=("", "_first"))
    return both.assign(difference=both[value] - both[f"{value}_first"])
