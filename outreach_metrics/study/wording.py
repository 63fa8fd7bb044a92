"""Sentences about data, in words that a person acts on who is no programmer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from outreach_metrics.errors import Problem


def plural(count: int, noun: str, nouns: str = "") -> str:
    """Return a count with its noun.

    Examples
    --------
    >>> plural(1, "row"), plural(12000, "row"), plural(2, "category", "categories")
    ('1 row', '12,000 rows', '2 categories')
    """
    return f"{count:,} {noun if count == 1 else nouns or noun + 's'}"


def listing(items: Iterable[object], most: int = 3) -> str:
    """Return the first items in one line, and how many there are beyond.

    Examples
    --------
    >>> listing(["B1", "B2"]), listing(range(9))
    ('B1 and B2', '0, 1, 2 and 6 more')
    """
    names = [str(item) for item in items]
    shown, beyond = names[:most], len(names) - most
    if beyond > 0:
        return f"{', '.join(shown)} and {beyond:,} more"
    return " and ".join(filter(None, [", ".join(shown[:-1]), shown[-1]])) if shown else "none"


def suggestion(name: str, known: Iterable[str]) -> str:
    """Return ' (did you mean ...?)' when a known name is close, else nothing.

    Examples
    --------
    >>> suggestion("tretment", ["treatment", "comparison"]), suggestion("x", ["treatment"])
    (" (did you mean 'treatment'?)", '')
    """
    names = {name_.casefold(): name_ for name_ in known}
    close = get_close_matches(plain_name(name), names, n=1, cutoff=0.7)
    return f" (did you mean {names[close[0]]!r}?)" if close else ""


def plain_name(name: str) -> str:
    """Return a header as the contract would write it: 'Program ID' -> 'program_id'."""
    return "_".join(name.strip().casefold().replace("-", " ").split())


def normal_label(label: str) -> str:
    """Return an offense label as labels are compared: trimmed, in lower case."""
    return label.strip().lower()


def shortened(value: str, most: int = 40) -> str:
    """Return a value for a message, in quotes, cut when it is long."""
    return repr(value if len(value) <= most else value[: most - 3] + "...")


def check_text(problems: Sequence[Problem], study: str = "The study") -> str:
    """Return what `check` prints: errors, then warnings, each under what it means.

    Parameters
    ----------
    problems : sequence of Problem
    study : str
        How to name the study in the closing line.

    Examples
    --------
    >>> print(check_text([]))
    The study: no problems found.
    """
    if not problems:
        return f"{study}: no problems found."
    meanings = {
        "error": "what is named is left out until it is mended",
        "warning": "used, and told in the report",
    }
    lines: list[str] = []
    counts: list[str] = []
    for severity, meaning in meanings.items():
        found = [problem for problem in problems if problem.severity == severity]
        counts.append(plural(len(found), severity))
        if found:
            lines += [f"{counts[-1]} ({meaning}):", *(f"  {problem}" for problem in found), ""]
    return "\n".join([*lines, f"{study}: {' and '.join(counts)}."])
