"""The study in memory: settings, checked tables, counts by area and period, and what reading cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from outreach_metrics.errors import Problem, UnknownNameError
from outreach_metrics.showing import Listing, in_words, listed
from outreach_metrics.study.tables import TABLES

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

# The row of `Study.offenses` that counts every offense, whatever its label.
EVERY_OFFENSE = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What study.toml says, defaults filled in. Field names follow its keys."""

    title: str = ""
    agency: str = ""
    currency: str = "USD"
    language: str = "en"
    paper: str = "letter"
    unit: str = "month"
    before: int = 24
    after: int = 24
    transition: int = 0
    rate_per: float = 1000.0
    outcomes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    placebo_outcomes: tuple[str, ...] = ()
    wanted: Mapping[str, str] = field(default_factory=dict)
    share_of: Mapping[str, str] = field(default_factory=dict)
    incidents: Mapping[str, object] = field(default_factory=dict)
    scale: tuple[float, float] | None = None
    favourable_from: float | None = None
    minimum_responses: int = 0
    rake: tuple[str, ...] = ()
    weight_limit: float = 0.0
    equivalence_margin: float = 3.0
    training_threshold: float | None = None
    discount_rate: float = 0.03
    price_year: int | None = None
    cost_outcomes: tuple[str, ...] = ()
    min_cell: int = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class InputFile:
    """One file that was read: its name in the study folder, its SHA-256 and the rows it held."""

    file: str
    sha256: str
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TableQuality:
    """How many rows of a table were read and used, and why the others were dropped; the three balance.

    Examples
    --------
    >>> TableQuality(table="events", file="events.csv", rows_read=10, rows_used=9,
    ...              dropped={"unknown program": 1}).balanced
    True
    """

    table: str
    file: str
    rows_read: int
    rows_used: int
    dropped: Mapping[str, int] = field(default_factory=dict)
    unknown_columns: tuple[str, ...] = ()

    @property
    def balanced(self) -> bool:
        """Whether every row read is used or dropped for a reason."""
        return self.rows_read == self.rows_used + sum(self.dropped.values())

    def _repr_html_(self) -> str:
        return in_words(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class CountPanel:
    """Counts by outcome, area and period, and the residents behind them.

    Parameters
    ----------
    outcomes : tuple of str, length o
    area_ids : tuple of str, length a
    periods : pandas.PeriodIndex, length t
        Every period of the covered span in order, without gaps.
    counts : ndarray of int, shape (o, a, t)
    population : ndarray of float, shape (a, t)
        Residents; NaN where they are not known.
    """

    outcomes: tuple[str, ...]
    area_ids: tuple[str, ...]
    periods: pd.PeriodIndex
    counts: np.ndarray
    population: np.ndarray

    def of(self, outcome: str, area_ids: tuple[str, ...]) -> np.ndarray:
        """Return the counts of one outcome, shape (len(area_ids), t); unknown areas raise."""
        return self.counts[self.outcomes.index(outcome), self.rows(area_ids)]

    def rows(self, area_ids: tuple[str, ...]) -> np.ndarray:
        """Return the positions of the given areas along the area axis."""
        import numpy as np

        place = _places(self.area_ids)
        missing = next((area for area in area_ids if area not in place), None)
        if missing is not None:
            raise UnknownNameError("area", missing, self.area_ids)
        return np.array([place[area] for area in area_ids], dtype=int)


@dataclass(frozen=True, slots=True, kw_only=True)
class HourCounts:
    """Incidents by weekday and hour, over whole weeks.

    Parameters
    ----------
    outcomes : tuple of str, length o
    counts : ndarray of int, shape (o, 2, 7, 24)
        Even and odd weeks apart (their difference tells how much counts vary), Monday first.
    untimed : ndarray of int, shape (o,)
        Incidents without a time; with `midnight`, those at exactly 00:00 are among them.
    first, last : datetime.date
    midnight : bool
        Whether so many stand at exactly 00:00 that it is taken for no time at all.
    """

    outcomes: tuple[str, ...]
    counts: np.ndarray
    untimed: np.ndarray
    first: date
    last: date
    midnight: bool


@lru_cache(maxsize=8)
def _places(area_ids: tuple[str, ...]) -> dict[str, int]:
    return {area: place for place, area in enumerate(area_ids)}


# In place of the hash of a person, where a sign-in row names nobody.
NOBODY = -(1 << 63)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Linkage:
    """How the rows of the sign-in sheets became people.

    Parameters
    ----------
    rows : int
        Sign-in rows that can be used.
    named : int
        Those that hold a name with a first and a last part, so that it can be compared with others.
    spellings : int
        Different people when only what is equal is joined: number, e-mail address, or name without accents,
        case, punctuation, titles and order of its parts.
    people : int
        Different people after spellings that are alike are joined too.
    linked : int
        Spellings joined by similarity: `spellings - people`.
    match_rate : float
        Share of the sign-in rows whose person also signed at another event; NaN without rows.
    review : pandas.DataFrame
        One row a pair that was joined by similarity, or was near and left apart: `row_1`, `row_2` (rows of
        the attendance file as a spreadsheet numbers them, the first of either spelling), `program_id` (that
        of row_1), `person_1`, `person_2` (hashes in hexadecimal, the same when joined), `score` (evidence as
        a logarithm of odds to the base 2, joined from `study.matching.ENOUGH` on), `decision` ("joined" or
        "left apart"), `reason`. Best first. It holds no names.
    nameless : int
        Sign-in rows that name nobody ("Guest", "N/A", "???"): each counts in the attendance of its event,
        and is not one of the `people`; its `attendee_id` is `NOBODY`.
    """

    rows: int
    named: int
    spellings: int
    people: int
    linked: int
    match_rate: float
    review: pd.DataFrame
    nameless: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """One outreach program and the areas it worked in, by role."""

    program_id: str
    name: str
    type: str
    start: date
    end: date | None = None
    lead_agency: str = ""
    description: str = ""
    assignment: str = ""
    areas: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    area_starts: Mapping[str, date] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"<Program {self.program_id}: {self.name}, started {self.start.isoformat()}>"

    def _repr_html_(self) -> str:
        return in_words(self)

    @property
    def treatment(self) -> tuple[str, ...]:
        """Areas that the program worked in."""
        return self.areas.get("treatment", ())

    @property
    def comparison(self) -> tuple[str, ...]:
        """Areas that it is compared with."""
        return self.areas.get("comparison", ())


@dataclass(frozen=True, kw_only=True, eq=False)
class Study:
    """A folder of spreadsheets, read and checked.

    Parameters
    ----------
    folder : pathlib.Path
    settings : Settings
    programs : mapping of program_id to Program
        The programs that can be used, in the order of the file.
    tables : mapping of table name to pandas.DataFrame
        The rows that can be used of every table that is there, typed as `study.tables` says
        (dates are datetime64, identifiers str, booleans nullable boolean). Names, e-mails and phones are
        gone; `attendee_id`, `respondent_id` and `trainee_id` are keyed hashes (int64) that stand for people,
        the same in all three tables; comments keep their text.
    linkage : Linkage or None
        How the sign-in rows became people; None without attendance.
    panel : CountPanel or None
        Crime counts; None without incidents and counts.
    counted : mapping of outcome to CountPanel
        Counts of everything else that the table counts holds (tips, referrals, use of force), a panel of one
        outcome each, over the periods in which that was counted.
    hours : HourCounts or None
        Incidents of the last two years by weekday and hour; None without a time of any.
    offenses : CountPanel or None
        The same areas and periods as `panel`, counted by offense label (trimmed, in lower case) instead of
        by outcome: the labels with a harm weight or a group that occur, sorted, and last `EVERY_OFFENSE`.
        None when no label of the data has either.
    harm_weights : mapping of label to float
        Harm of one offense, for the labels of `offenses` that have a weight; another label has none, not 0.
    harm_unit, harm_source : str
        What the weights count, and where they are from.
    offense_groups : mapping of group to labels
        Labels of `offenses` that are "reporting_sensitive" and "always_recorded"; a group without any is
        not there.
    group_sources : mapping of group to str
        Why its labels are in the group.
    problems : tuple of Problem
    quality : tuple of TableQuality
    inputs : tuple of InputFile
    """

    folder: Path
    settings: Settings
    programs: Mapping[str, Program]
    tables: Mapping[str, pd.DataFrame]
    linkage: Linkage | None = None
    panel: CountPanel | None = None
    counted: Mapping[str, CountPanel] = field(default_factory=dict)
    hours: HourCounts | None = None
    offenses: CountPanel | None = None
    harm_weights: Mapping[str, float] = field(default_factory=dict)
    harm_unit: str = ""
    harm_source: str = ""
    offense_groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    group_sources: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    quality: tuple[TableQuality, ...] = ()
    inputs: tuple[InputFile, ...] = ()

    def __post_init__(self) -> None:
        listed(self, "problems", "quality", "inputs")

    def __repr__(self) -> str:
        held = f"{len(self.programs)} programs, {len(self.tables)} tables, {len(self.problems)} problems"
        return f"<Study {self.settings.title!r}: {held}>"

    def _repr_html_(self) -> str:
        return in_words(self)

    def program(self, program_id: str) -> Program:
        """Return the program of that identifier; an unknown one raises and lists those there are."""
        if program_id not in self.programs:
            raise UnknownNameError("program", program_id, self.programs)
        return self.programs[program_id]

    def has(self, table: str) -> bool:
        """Whether the table is there with at least one usable row."""
        return table in self.tables and len(self.tables[table]) > 0

    def table(self, name: str) -> pd.DataFrame:
        """Return a table's usable rows; an absent table is an empty one with the contract's columns."""
        import pandas as pd

        if name not in TABLES:
            raise UnknownNameError("table", name, TABLES)
        if name in self.tables:
            return self.tables[name]
        return pd.DataFrame(columns=[c.name for c in TABLES[name].columns if c.required or not c.personal])

    def errors(self) -> tuple[Problem, ...]:
        """Problems that left something out."""
        return Listing(problem for problem in self.problems if problem.severity == "error")

    def warnings(self, program_id: str | None = None) -> tuple[Problem, ...]:
        """Problems that were used and are told; of one program and the whole study when one is named."""
        wanted = (None,) if program_id is None else ("", program_id)
        return Listing(
            problem
            for problem in self.problems
            if problem.severity == "warning" and (program_id is None or problem.program_id in wanted)
        )
