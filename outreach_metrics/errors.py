"""Problems of the data, told so that a person who is no programmer can mend them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Literal

from outreach_metrics.showing import in_words

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong in one file.

    Parameters
    ----------
    severity : {"error", "warning"}
        An error: the row, table or program named is left out and the command ends with exit code 1.
        A warning: the data are used, and the report tells it.
    file : str
        File name inside the study folder, as the user knows it ("programs.csv", "study.xlsx, sheet events").
    message : str
        The rule that is broken, as a sentence ("'13/45/2023' is not a date (expected YYYY-MM-DD)").
    rule : str
        Short stable name of the rule, for programs ("date", "required", "unknown_program").
    row : int or None
        Row number as a spreadsheet shows it: the header is row 1.
    column : str
        Column name, empty when the problem is not in one column.
    value : str
        The offending value, empty where it could identify a person.
    program_id : str
        The program that the problem concerns, empty for the whole study.

    Examples
    --------
    >>> print(Problem(severity="error", file="programs.csv", row=7, column="start_date", rule="date",
    ...               value="13/45/2023", message="'13/45/2023' is not a date (expected YYYY-MM-DD)"))
    programs.csv, row 7, start_date: '13/45/2023' is not a date (expected YYYY-MM-DD)
    """

    severity: Severity
    file: str
    message: str
    rule: str
    row: int | None = None
    column: str = ""
    value: str = ""
    program_id: str = ""

    def __str__(self) -> str:
        place = [self.file]
        if self.row is not None:
            place.append(f"row {self.row}")
        if self.column:
            place.append(self.column)
        return f"{', '.join(place)}: {self.message}"

    def _repr_html_(self) -> str:
        return in_words(self)

    def as_dict(self) -> dict[str, object]:
        """Return the problem as plain values, for JSON."""
        return asdict(self)


class OutreachMetricsError(Exception):
    """Base of every error that this package raises for what a user can mend."""


class StudyError(OutreachMetricsError):
    """The study cannot be evaluated at all; `problems` tells every reason at once."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class UnknownNameError(OutreachMetricsError, KeyError):
    """A name that is not known; the message lists the names that are."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        from difflib import get_close_matches

        names = sorted(known)
        close = get_close_matches(name, names, n=1)
        hint = f" Did you mean {close[0]!r}?" if close else ""
        self.text = f"Unknown {kind} {name!r}.{hint} Known: {', '.join(names) or 'none'}."
        super().__init__(self.text)

    def __str__(self) -> str:
        return self.text


class NameTakenError(OutreachMetricsError):
    """Two things would lie in the same place, because of their names; the message tells which to rename."""


def reason(error: Exception) -> str:
    """Return why something failed, in one line; the package's own errors are sentences already."""
    text = str(error).strip().partition("\n")[0]
    return text if isinstance(error, OutreachMetricsError) else f"{type(error).__name__}: {text}"
