"""What all measures of responsiveness stand on: a program's concerns, and how long each was followed."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import pandas as pd

from outreach_metrics.estimate import Estimate
from outreach_metrics.study import Study

FULL_COUNT = "A full count of what was recorded: it has no sampling interval."
OTHERS = "all others"
"""Group of the concerns whose own topic or area has too few of them to be shown."""

DONE = ("resolved", "closed", "completed", "complete", "done", "fixed", "finished", "solved")
"""What a status says of a concern that is resolved, in any case."""

_PARTS = {"topic": "topic", "area": "area_id"}


@dataclass(frozen=True, eq=False)
class Case:
    """The concerns of one program, in order of the day they were raised.

    Parameters
    ----------
    raised, resolved : ndarray of datetime64[D], shape (n,)
        Day raised, and day resolved; NaT where that is not recorded.
    done : ndarray of bool, shape (n,)
        Resolved by its day or, without a day, by its status.
    end : datetime64[D]
        Last day on which the study's concerns, of any program, were raised or resolved: until then a concern
        without an answer was seen to be open.
    frame : pandas.DataFrame
        The rows of the table, in the same order.
    conflicts : tuple of str
        Sentences on statuses that contradict the dates.
    """

    raised: np.ndarray
    resolved: np.ndarray
    done: np.ndarray
    end: np.datetime64
    frame: pd.DataFrame
    conflicts: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.raised)

    @property
    def dated(self) -> np.ndarray:
        """Concerns that are open, or resolved on a known day: those that can be followed in time."""
        return ~self.done | ~np.isnat(self.resolved)

    @property
    def days(self) -> np.ndarray:
        """Days from raising to resolution, or to the end of the records while open; NaN where not known."""
        stop = np.where(np.isnat(self.resolved), self.end, self.resolved)
        days = (stop - self.raised).astype("timedelta64[D]").astype(float)
        return np.where(self.dated, days, np.nan)

    def take(self, rows: np.ndarray) -> Case:
        """Return the case of some of the concerns (mask)."""
        return replace(
            self,
            raised=self.raised[rows],
            resolved=self.resolved[rows],
            done=self.done[rows],
            frame=self.frame[rows],
        )


@lru_cache(maxsize=32)
def concern_case(study: Study, program_id: str) -> Case:
    """Return the concerns of a program."""
    study.program(program_id)
    every = study.table("concerns")
    rows = every[every["program_id"] == program_id].sort_values(["raised_on", "concern_id"])
    raised, resolved = (_days(rows, name) for name in ("raised_on", "resolved_on"))
    seen = np.concatenate([_days(every, "raised_on"), _days(every, "resolved_on")])
    end = np.max(seen[~np.isnat(seen)], initial=np.datetime64("1900-01-01"))
    said, known = _said_done(rows)
    missing, against = said & np.isnat(resolved), known & ~said & ~np.isnat(resolved)
    done = said | ~np.isnat(resolved)
    return Case(raised, resolved, done, end, rows.reset_index(drop=True), _conflicts(missing, against))


def _days(frame: pd.DataFrame, column: str) -> np.ndarray:
    if column not in frame:
        return np.full(len(frame), np.datetime64("NaT"), dtype="datetime64[D]")
    return pd.to_datetime(frame[column]).to_numpy(dtype="datetime64[D]")


def _said_done(rows: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return where the status says that a concern is resolved, and where there is a status at all."""
    if "status" not in rows:
        nothing = np.zeros(len(rows), dtype=bool)
        return nothing, nothing
    words = rows["status"].fillna("").astype(str).map(lambda text: re.sub(r"[\W_]+", " ", text).strip())
    return words.str.lower().isin(DONE).to_numpy(dtype=bool), words.ne("").to_numpy(dtype=bool)


def _conflicts(missing: np.ndarray, against: np.ndarray) -> tuple[str, ...]:
    told = []
    if missing.any():
        count = _concerns(int(missing.sum()))
        told.append(f"{count} said to be resolved without a day: resolved, but not in what is told in days.")
    if against.any():
        count = _concerns(int(against.sum()))
        told.append(f"{count} with a day of resolution and another status: the day is taken, so resolved.")
    return tuple(told)


def _concerns(count: int) -> str:
    return f"{count} concern{'s are' if count > 1 else ' is'}"


def concern_groups(study: Study, program_id: str, part: str) -> dict[str, np.ndarray]:
    """Return which concerns are of each topic, or area, that may be shown.

    Parameters
    ----------
    study : Study
    program_id : str
    part : {"topic", "area"}
        An area is the `area_id` of the concern, which the table may hold as a further column.

    Returns
    -------
    dict of name to ndarray of bool, shape (concerns,)
        Most concerns first; together they hold every concern once. A group of fewer concerns than
        `min_cell` is put together with the others that are as small, and with the smallest of the
        larger ones while that is still too small to be shown: so no group can be told from the total.
        Empty where nothing is known of the part, or all concerns would be one group.
    """
    case, least = concern_case(study, program_id), study.settings.min_cell
    column = _PARTS[part]
    if column not in case.frame or case.frame[column].isna().all():
        return {}
    names = case.frame[column].fillna(f"no {part} given").astype(str)
    sizes = names.value_counts()
    ordered = sorted(sizes.index, key=lambda name: (-sizes[name], name))
    few = [name for name in ordered if sizes[name] < least]
    kept = [name for name in ordered if sizes[name] >= least]
    while few and kept and sum(sizes[name] for name in few) < least:
        few.insert(0, kept.pop())
    if not kept:
        return {}
    groups = {name: (names == name).to_numpy() for name in kept}
    return groups | ({OTHERS: names.isin(few).to_numpy()} if few else {})


def template(program_id: str, name: str, unit: str, method: str, note: str = "") -> Estimate:
    """Return an estimate of responsiveness that has no number yet."""
    return Estimate(
        program_id=program_id, strand="responsiveness", metric=name, unit=unit, method=method, note=note
    )


def refusal(study: Study, case: Case) -> str:
    """Return why nothing may be told of the concerns; empty when it may."""
    if not len(case):
        return "The study has no concerns of this program."
    if len(case) < study.settings.min_cell:
        return f"Suppressed: fewer than {study.settings.min_cell} concerns were raised."
    return ""


def with_groups(
    study: Study, program_id: str, empty: Estimate, make: Callable[[Case, Estimate], list[Estimate]]
) -> list[Estimate]:
    """Make estimates of all concerns, then of each topic and area that may be shown.

    A topic or area is the `group`, and `outcome` says which of the two it is.
    """
    case = concern_case(study, program_id)
    why = refusal(study, case)
    if why:
        return [empty.declined(why)]
    made = make(case, empty)
    for part in _PARTS:
        for name, rows in concern_groups(study, program_id, part).items():
            made += make(case.take(rows), replace(empty, outcome=part, group=name))
    return made


def sentences(*notes: str) -> str:
    """Join the sentences of a note; empty ones fall away."""
    return " ".join(note for note in notes if note)
