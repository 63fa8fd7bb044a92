"""Residents with invented names, and the ways in which a name is written on a sign-in sheet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from riverton import city
from riverton.writing import frame

_FIRST_NAMES = (
    "Abel Ada Alba Amara Anselm Bao Basil Beatriz Bruno Camila Cedric Celeste Dario Delia Dimitri Edda "
    "Elio Esme Farid Fern Flora Gideon Greta Hana Hector Ida Imani Inez Ivo Jamal Joaquin Juno Kaya "
    "Keisha Lars Leila Linh Lucia Magnus Mara Marisol Mei Milo Nadia Noor Odette Omar Oscar Otis Paloma "
    "Petra Priya Quincy Ramona Rosa Rufus Selma Soren Tamika Tobias Uma Vera Viktor Wanda Xavier Yusuf "
    "Zelda"
)
_ROOTS = "Quill Marrow Tangle Fen Brindle Cobble Thistle Wren Hollow Larch Pebble Saffron Ember Nettle Otter"
_ENDINGS = "brook wick by shaw field mere combe stead"


@dataclass(frozen=True, slots=True)
class Resident:
    """One invented person."""

    number: int
    first: str
    last: str
    email: str
    phone: str
    age_group: str
    race_ethnicity: str
    gender: str

    @property
    def name(self) -> str:
        """First and last name as the person writes it with care."""
        return f"{self.first} {self.last}"


def make_residents(count: int, rng: np.random.Generator) -> list[Resident]:
    """Return invented residents, all with different names; a third give an e-mail, a seventh a phone."""
    lasts = [root + ending for root in _ROOTS.split() for ending in _ENDINGS.split()]
    firsts = _FIRST_NAMES.split()
    chosen = rng.permutation(len(firsts) * len(lasts))[:count]
    groups = [
        rng.choice(list(shares), size=count, p=list(shares.values())) for shares in city.DEMOGRAPHICS.values()
    ]
    contact = rng.random((count, 2))
    residents = []
    for number, place in enumerate(chosen):
        first, last = firsts[place // len(lasts)], lasts[place % len(lasts)]
        email = f"{first}.{last}@example.org".lower() if contact[number, 0] < 1 / 3 else ""
        phone = f"555-01{rng.integers(0, 100):02d}" if contact[number, 1] < 1 / 7 else ""
        residents.append(
            Resident(number, first, last, email, phone, *(str(group[number]) for group in groups))
        )
    return residents


def misspell(resident: Resident, kind: str, rng: np.random.Generator) -> str:
    """Return the name as it is signed in haste: `case`, `order` or `typo`."""
    if kind == "case":
        return f"  {resident.first.upper()}  {resident.last.lower()}"
    if kind == "order":
        return f"{resident.last}, {resident.first}"
    last, place = resident.last, int(rng.integers(1, len(resident.last) - 1))
    if rng.random() < 0.5:
        return f"{resident.first} {last[:place]}{last[place + 1 :]}"
    return f"{resident.first} {last[:place]}{last[place]}{last[place:]}"


def make_benchmarks(areas: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return the make-up of the city (no area) and of every area; the areas add up to the city."""
    return frame("benchmarks", _benchmark_rows(areas, rng))


def _benchmark_rows(areas: pd.DataFrame, rng: np.random.Generator) -> Iterator[dict[str, object]]:
    for variable, shares in city.DEMOGRAPHICS.items():
        tilted = np.array(list(shares.values())) * rng.lognormal(0, 0.25, (len(areas), len(shares)))
        tilted *= np.array(list(shares.values())) / tilted.mean(axis=0)
        tilted /= tilted.sum(axis=1, keepdims=True)
        people = areas["population"].to_numpy(int)
        counts = np.floor(tilted * people[:, None]).astype(int)
        counts[:, 0] += people - counts.sum(axis=1)
        for category, total in zip(shares, counts.sum(axis=0), strict=True):
            yield {"variable": variable, "category": category, "count": int(total), "area_id": ""}
        for area, row in zip(areas["area_id"], counts, strict=True):
            for category, count in zip(shares, row, strict=True):
                yield {"variable": variable, "category": category, "count": int(count), "area_id": area}
