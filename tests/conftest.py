"""Small studies made in memory, and where the shared reference cases are, if they are there."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import settings

from outreach_metrics.study import CountPanel, Program, Settings, Study

settings.register_profile("same every time", derandomize=True, deadline=None)
settings.load_profile("same every time")

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"


@pytest.fixture(scope="session")
def cases() -> dict[str, dict]:
    """Reference cases by id; skips when they are not beside the checkout."""
    path = SHARED / "reference" / "cases.json"
    if not path.exists():
        pytest.skip("the shared reference cases are not beside this checkout")
    return {case["id"]: case for case in json.loads(path.read_text(encoding="utf-8"))}


@pytest.fixture(scope="session")
def sample():
    """Return the sample study, read once."""
    from outreach_metrics import load_study, sample_study

    return load_study(sample_study())


def crime_study(
    counts: np.ndarray,
    *,
    treated: int = 1,
    start: date = date(2022, 1, 1),
    first: str = "2020-01",
    unit: str = "month",
    population: float | np.ndarray = 1000.0,
    before: int = 24,
    after: int = 24,
    roles: dict[str, tuple[int, ...]] | None = None,
    **program,
) -> Study:
    """Make a study of one program "p" from counts of shape (outcomes, areas, periods) or (areas, periods)."""
    counts = np.asarray(counts)
    counts = counts[None] if counts.ndim == 2 else counts
    outcomes = tuple(["all", "burglary", "vehicle", "violent"][: len(counts)])
    frequency = {"month": "M", "week": "W-SUN", "quarter": "Q-DEC", "year": "Y-DEC"}[unit]
    area_ids = tuple(f"{i:04d}" for i in range(counts.shape[1]))
    roles = roles or {"treatment": tuple(range(treated)), "comparison": tuple(range(treated, len(area_ids)))}
    areas = {role: tuple(area_ids[i] for i in members) for role, members in roles.items() if members}
    residents = np.broadcast_to(np.asarray(population, dtype=float), counts.shape[1:]).copy()
    panel = CountPanel(
        outcomes=outcomes,
        area_ids=area_ids,
        periods=pd.period_range(first, periods=counts.shape[2], freq=frequency),
        counts=counts,
        population=residents,
    )
    made = Program(program_id="p", name="P", type="other", start=start, areas=areas, **program)
    table = pd.DataFrame({"area_id": area_ids, "population": residents[:, 0]})
    return Study(
        folder=Path(),
        settings=Settings(unit=unit, before=before, after=after),
        programs={"p": made},
        tables={"areas": table},
        panel=panel,
    )
