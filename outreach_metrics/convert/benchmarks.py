"""Columns of an export that hold the categories of benchmarks -> the names that benchmarks has."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from pathlib import Path

import pandas as pd

from outreach_metrics.convert.headings import is_make_up, safe_name
from outreach_metrics.convert.model import Converted, Options
from outreach_metrics.convert.scales import missing_code, plain_label
from outreach_metrics.convert.writing import read_existing
from outreach_metrics.study.wording import listing, shortened

_SAYS_NOTHING = {"yes", "no", "true", "false", "other"}
_COMMON = {"group", "category", "band", "level", "status", "of", "the", "in", "is", "your", "what"}
_SAME = {
    "sex": "gender",
    "ethnicity": "race",
    "ethnic": "race",
    "old": "age",
    "neighbourhood": "neighborhood",
}


def read_benchmarks(folder: Path) -> dict[str, dict[str, str]]:
    """Return the categories of benchmarks.csv in a folder: variable -> plain category -> category."""
    table = read_existing(folder / "benchmarks.csv")
    if table is None or not {"variable", "category"} <= set(table):
        return {}
    found: dict[str, dict[str, str]] = {}
    for variable, category in zip(table["variable"], table["category"], strict=True):
        if variable.strip() and category.strip():
            found.setdefault(variable.strip(), {}).setdefault(plain_category(category), category.strip())
    return found


def plain_category(text: str) -> str:
    """Return a category as categories are compared.

    Examples
    --------
    >>> plain_category("18 – 34"), plain_category("18 to 34"), plain_category("Non-Hispanic White")
    ('18-34', '18-34', 'non-hispanic white')
    """
    plain = re.sub(r"(?<=\d)\s+to\s+(?=\d)", "-", plain_label(text))
    return re.sub(r"\s*[-‐‑‒–—]\s*", "-", plain)


def benchmark_column(
    heading: str, cells: pd.Series, taken: Collection[str], options: Options, result: Converted
) -> tuple[str, pd.Series] | None:
    """Return the variable that a column is, and its cells in the words of benchmarks; None for others.

    Every answer must be a category, but for "prefer not to say" and the like. Where several variables have
    the categories, or they are yes and no or numbers, which mean anything, the heading decides.
    """
    answers = {text for text in cells.unique() if text and not missing_code(text)}
    if not options.benchmarks or not answers:
        return None
    plain = {text: plain_category(text) for text in answers}
    free = {name: known for name, known in options.benchmarks.items() if name not in taken}
    named = [name for name in free if _words(name) & _words(heading)]
    fits = [name for name, known in free.items() if set(plain.values()) <= set(known)]
    generic = all(text in _SAYS_NOTHING or text.isdigit() for text in plain.values())
    chosen = [name for name in fits if name in named] or ([] if generic else fits)
    chosen = [name for name in chosen if safe_name(name) == safe_name(heading)] or chosen
    if len(chosen) == 1:
        known = free[chosen[0]]
        result.note(f"{shortened(heading, 60)} is {chosen[0]} of benchmarks")
        return chosen[0], cells.map(lambda text: known[plain[text]] if text in plain else text)
    _tell_other(heading, plain, named, free, result)
    return None


def _words(text: str) -> set[str]:
    return {_SAME.get(word, word) for word in safe_name(text).split("_")} - _COMMON


def _tell_other(
    heading: str,
    plain: Mapping[str, str],
    named: Collection[str],
    known: Mapping[str, Mapping[str, str]],
    result: Converted,
) -> None:
    """Tell that a column seems to be a variable of benchmarks, and has other categories."""
    for name in named:
        if is_make_up(heading) or safe_name(heading) == safe_name(name):
            others = listing(
                sorted(text for text, words in plain.items() if words not in known[name]), most=4
            )
            message = (
                f"{shortened(heading, 60)} is kept under its own name, because not all of its answers are "
                f"categories of {name} in benchmarks ({others or 'several variables have these'})"
            )
            told = [problem.message for problem in result.problems]
            if message not in told:
                result.tell("benchmarks.csv", message, "other_categories", column=name)
