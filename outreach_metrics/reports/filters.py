"""Filters without scripts: every program has a class for each choice, and CSS shows those that are chosen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, product

Key = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One choice of a filter: the class of the items that it shows, and its words."""

    key: str
    words: str
    items: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What items can be chosen by; of its choices one holds at a time."""

    name: str
    legend: str
    choices: tuple[Choice, ...]


def filter_by(name: str, legend: str, values: Sequence[str], order: Sequence[str]) -> Filter:
    """Return a filter over items.

    Parameters
    ----------
    name : str
        A letter; choices are called by it and a number.
    legend : str
        What the items are chosen by.
    values : sequence of str
        The value of each item.
    order : sequence of str
        The values in the order in which they are offered; those that no item has are not.

    Examples
    --------
    >>> filter_by("t", "Type", ["Tip line", "Tip line"], ["Other", "Tip line"]).choices
    (Choice(key='t1', words='Tip line', items=2),)
    """
    found = Counter(values)
    offered = [value for value in order if value in found]
    return Filter(
        name=name,
        legend=legend,
        choices=tuple(
            Choice(key=f"{name}{place}", words=value, items=found[value])
            for place, value in enumerate(offered, start=1)
        ),
    )


def keys(filters: Sequence[Filter], values: Sequence[Sequence[str]]) -> list[Key]:
    """Return the classes of each item, one a filter.

    Parameters
    ----------
    filters : sequence of Filter
    values : sequence of sequence of str
        For each filter the value of each item.
    """
    of_value = [{choice.words: choice.key for choice in one.choices} for one in filters]
    return [
        tuple(known[value] for known, value in zip(of_value, item, strict=True))
        for item in zip(*values, strict=True)
    ]


def unmatched(there: set[Key]) -> list[Key]:
    """Return the smallest sets of choices that no item matches, so that a page can say so by CSS alone.

    Examples
    --------
    >>> unmatched({("t1", "s1", "k1"), ("t2", "s2", "k1")})
    [('t1', 's2'), ('t2', 's1')]
    """
    filters = range(len(next(iter(there), ())))
    values = [sorted({key[place] for key in there}) for place in filters]
    empty: list[Key] = []
    for size in filters:
        for places in combinations(filters, size + 1):
            found = {tuple(key[place] for place in places) for key in there}
            empty += [
                choices
                for choices in product(*(values[place] for place in places))
                if choices not in found and not any(set(fewer) <= set(choices) for fewer in empty)
            ]
    return empty
