"""Write a large invented study: sign-in sheets with misspelt names, and a survey.

``python -m benchmarks.large_study FOLDER [ROWS] [PEOPLE] [RESPONSES]`` writes the folder; the same numbers
give the same bytes. Benchmarks call `attendance` for the sheets alone.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd

ITEMS = 17
PROGRAMS = 4
EVENTS = 1_000
_STARTS = "B BR C CH D DR F FL G GR H J K KL L M N P PR R S SH ST T TR V W Z".title().split()
_MIDDLES = ["a", "e", "i", "o", "u", "ai", "ea", "ou"]
_ENDS = ["l", "ll", "n", "nd", "r", "rt", "s", "st", "t", "x", "m", "ck"]
_LASTS = ["son", "ton", "field", "ley", "man", "er", "berg", "well", "wood", "ston", "kins", "ward"]
_AGES = ("under 18", "18-34", "35-54", "55 and over")
_RACES = ("Asian", "Black", "Hispanic", "White", "other")
_GENDERS = ("female", "male", "another gender")


def names(count: int, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return first and last names, common ones far more often than rare ones."""
    first = np.unique([start + middle + end + tail for start in _STARTS for middle in _MIDDLES[:5]
                       for end in _ENDS[:6] for tail in ("a", "o", "in", "elle")])  # fmt: skip
    last = np.unique([start + middle + end + tail for start in _STARTS for middle in _MIDDLES
                      for end in _ENDS for tail in _LASTS])  # fmt: skip
    return tuple(
        pool[random.choice(len(pool), count, p=_shares(len(pool), power))]
        for pool, power in ((random.permutation(first), 0.6), (random.permutation(last), 0.7))
    )


def _shares(size: int, power: float) -> np.ndarray:
    shares = 1 / np.arange(1, size + 1) ** power
    return shares / shares.sum()


def misspelt(name: str, random: np.random.Generator) -> str:
    """Return a name with one letter of its last word left out, doubled, swapped or replaced."""
    first, _, last = name.rpartition(" ")
    at = int(random.integers(1, len(last) - 1))
    kind = random.integers(4)
    if kind == 0:
        return f"{first} {last[:at]}{last[at + 1 :]}"
    if kind == 1:
        return f"{first} {last[:at]}{last[at]}{last[at:]}"
    if kind == 2:
        return f"{first} {last[:at]}{last[at + 1]}{last[at]}{last[at + 2 :]}"
    return f"{first} {last[:at]}{'aeiorstn'[random.integers(8)]}{last[at + 1 :]}"


def attendance(rows: int, people: int, seed: int = 1) -> tuple[pd.DataFrame, np.ndarray]:
    """Return sign-in rows, and the person behind each.

    3 % of the rows are misspelt, 3 % turned (Last, First) and 4 % in capitals; a third of the people give an
    e-mail address, a seventh a phone.
    """
    random = np.random.default_rng(seed)
    first, last = names(people, random)
    full = np.char.add(np.char.add(first, " "), last).astype(object)
    person = random.integers(0, people, rows)
    event = random.integers(0, max(1, min(EVENTS, rows // 10)), rows)
    once = ~pd.DataFrame({"person": person, "event": event}).duplicated().to_numpy()
    person, event = person[once], event[once]
    signed = full[person]
    kind = random.choice(4, len(person), p=[0.90, 0.03, 0.03, 0.04])
    for row in np.flatnonzero(kind == 1):
        signed[row] = misspelt(signed[row], random)
    signed[kind == 2] = [f"{last[p]}, {first[p]}" for p in person[kind == 2]]
    signed[kind == 3] = [name.upper() for name in signed[kind == 3]]
    mails = np.array(
        [f"{n.lower().replace(' ', '.')}.{p}@example.org" for p, n in enumerate(full)], dtype=object
    )
    mails[random.random(people) > 1 / 3] = ""
    phones = np.array([f"555-{p // 10_000:03d}-{p % 10_000:04d}" for p in range(people)], dtype=object)
    phones[random.random(people) > 1 / 7] = ""
    columns = {"event_id": np.array([f"E{e:05d}" for e in range(EVENTS)], dtype=object)[event],
               "attendee_id": signed, "email": mails[person], "phone": phones[person]}  # fmt: skip
    for name, categories in (("age_group", _AGES), ("race_ethnicity", _RACES), ("gender", _GENDERS)):
        answers = random.integers(0, len(categories), people)[person]
        columns[name] = np.array(categories, dtype=object)[answers]
    return pd.DataFrame(columns), person


def responses(count: int, random: np.random.Generator) -> pd.DataFrame:
    """Return survey answers of three waves, of people who are asked again."""
    wave = np.arange(count) % 3
    person = np.arange(count) // 3
    days = pd.to_datetime(["2022-01-10", "2023-03-10", "2024-03-10"])[wave]
    columns = {
        "respondent_id": np.array([f"R{p:06d}" for p in person], dtype=object),
        "program_id": np.array([f"program-{p % PROGRAMS}" for p in person], dtype=object),
        "wave": np.array(["baseline", "first year", "second year"], dtype=object)[wave],
        "date": days.strftime("%Y-%m-%d"),
        "arm": np.where(person % 8 < 4, "program", "comparison"),
        "weight": np.round(random.uniform(0.5, 2, count), 3),
    }
    level = random.normal(3, 0.7, person[-1] + 1)[person]
    for item in range(ITEMS):
        answer = np.clip(np.round(level + random.normal(0, 0.8, count) + 0.1 * wave), 1, 5)
        columns[f"trust_{item + 1}"] = answer.astype(int)
    columns["age_group"] = np.array(_AGES, dtype=object)[person % 4]
    return pd.DataFrame(columns)


def write_study(folder: Path, rows: int = 1_000_000, people: int = 200_000, answers: int = 100_000) -> None:
    """Write the study folder.

    Parameters
    ----------
    folder : pathlib.Path
        Made if it is not there; its tables are replaced.
    rows, people, answers : int
        Sign-in rows, people who sign in, and survey responses.
    """
    random = np.random.default_rng(2)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "study.toml").write_text('[study]\ntitle = "A large invented study"\n', encoding="utf-8")
    ids = [f"program-{number}" for number in range(PROGRAMS)]
    days = pd.date_range("2022-03-01", "2024-12-20", periods=EVENTS).strftime("%Y-%m-%d")
    number = np.arange(EVENTS)
    tables = {
        "programs": pd.DataFrame(
            {"program_id": ids, "name": ids, "type": "community_policing", "start_date": "2022-03-01"}
        ),
        "program_areas": pd.DataFrame({"program_id": ids, "area_id": ids, "role": "treatment"}),
        "areas": pd.DataFrame({"area_id": ids, "population": max(people // 2, 100)}),
        "events": pd.DataFrame({
            "event_id": [f"E{n:05d}" for n in number],
            "program_id": np.array(ids)[number % PROGRAMS],
            "date": days, "capacity": 2 * rows // EVENTS, "staff_hours": 12.0, "hours": 2.0,
        }),
        "items": pd.DataFrame({
            "item": [f"trust_{n + 1}" for n in range(ITEMS)],
            "construct": ["trust"] * 6 + ["perceived_safety"] * 6 + ["satisfaction"] * (ITEMS - 12),
            "low": 1, "high": 5, "favourable_from": 4,
        }),
        "benchmarks": pd.DataFrame({"variable": "age_group", "category": _AGES, "count": people // 4}),
        "attendance": attendance(rows, people)[0],
        "responses": responses(answers, random),
    }  # fmt: skip
    for name, table in tables.items():
        table.to_csv(folder / f"{name}.csv", index=False, lineterminator="\n")


if __name__ == "__main__":
    write_study(Path(sys.argv[1]), *map(int, sys.argv[2:]))
