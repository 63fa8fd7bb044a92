"""What a conversion is asked for and what it gives."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from outreach_metrics.errors import OutreachMetricsError, Problem

if TYPE_CHECKING:
    import pandas as pd

SURVEY_OPTIONS = ("wave", "arm", "person", "finished_only", "points", "date_format", "day_first")


class WrongUseError(OutreachMetricsError):
    """The command was called in a way that cannot work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Codebook:
    """What an earlier conversion into the same folder decided: question -> item, item -> answer -> code.

    A question is its plain text and a number, 1 for the first question of that text.
    """

    items: Mapping[tuple[str, int], str] = field(default_factory=dict)
    codes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    scales: Mapping[str, tuple[int, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the user says of the files.

    Parameters
    ----------
    program : str
        The program_id of every row.
    wave, arm : str
        Survey wave (default: the file's name) and arm of every row.
    event, date : str
        event_id and ISO day of the event, for one file.
    date_format : str
        `strptime` form of the dates; empty: found from the dates.
    day_first : bool or None
        Whether 5/10/2026 is the 5th of October; None: found from the dates.
    person : str
        Heading of the column that tells the same person in every wave; "email" finds the e-mail column.
    key : str
        Secret text that turns a person into a respondent_id.
    finished_only : bool
        Leave out answers that were not finished.
    points : int or None
        Points of labeled scales, where not every label occurs in the answers.
    least_minutes : float
        Shortest stay that counts as attending.
    codebook : Codebook
        Decisions of earlier conversions that this one keeps to.
    benchmarks : mapping of variable to mapping of plain category to category
        The community's make-up, whose names the columns take that hold its categories.
    """

    program: str = ""
    wave: str = ""
    arm: str = ""
    event: str = ""
    date: str = ""
    date_format: str = ""
    day_first: bool | None = None
    person: str = ""
    key: str = ""
    finished_only: bool = False
    points: int | None = None
    least_minutes: float = 0.0
    codebook: Codebook = field(default_factory=Codebook)
    benchmarks: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(slots=True)
class Converted:
    """Tables, and the balance of rows: `read` equals `used` plus everything in `dropped`."""

    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    read: int = 0
    used: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def tell(self, file: str, message: str, rule: str, severity: str = "warning", **place: object) -> None:
        """Add a problem of a file."""
        self.problems.append(
            Problem(severity=severity, file=file, message=message, rule=rule, **place)  # type: ignore[arg-type]
        )

    def note(self, sentence: str) -> None:
        """Add a sentence, once."""
        if sentence not in self.notes:
            self.notes.append(sentence)
