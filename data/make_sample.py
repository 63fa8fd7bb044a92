"""Make the sample study Riverton: `python data/make_sample.py [--out DIR]`, the same bytes every time."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import pandas as pd
from riverton import city, comments, crime, gatherings, people, records, survey
from riverton.programs import PROGRAMS
from riverton.writing import Row, frame, write_json, write_tables, write_text

SEED = 2026  # how it was chosen stands in data/sample/README.md
RESIDENTS = 3000
ROLES = ("treatment", "comparison", "displacement", "displacement_comparison")
DEMOGRAPHICS = tuple(city.DEMOGRAPHICS)
NOTE = (
    "Everything that was planted in this sample. Effects are factors on the rate of recorded incidents in "
    "the program's areas from its first day on: 0.70 is a fall by 30 %. naive_ratio is what after / before "
    "in the treatment areas would show on average without any comparison; comparison_ratio is the same in "
    "the comparison areas (whole months, as many after as before, at most 24). Scores run from 0 to 100."
)


def make_programs() -> dict[str, pd.DataFrame]:
    """Return programs and program_areas."""
    programs, areas = [], []
    for plan in PROGRAMS:
        programs.append(
            {
                "program_id": plan.program_id,
                "name": plan.name,
                "type": plan.type,
                "start_date": plan.start,
                "end_date": plan.end,
                "lead_agency": plan.agency,
                "description": plan.description,
                "assignment": plan.assignment,
            }
        )
        for role in ROLES if plan.crime else ():
            for area in getattr(plan.crime, role):
                start = plan.crime.area_starts.get(area, "") if role == "treatment" else ""
                row = {"program_id": plan.program_id, "area_id": area, "role": role, "start_date": start}
                areas.append(row)
    return {"programs": frame("programs", programs), "program_areas": frame("program_areas", areas)}


def make_records(events: list[Row], rng: np.random.Generator) -> dict[str, list[Row]]:
    """Return the rows about partners, referrals, costs, concerns, channels and training."""
    partnerships = list(records.partnerships(rng))
    return {
        "partnerships": partnerships,
        "event_partners": list(records.event_partners(events, partnerships, rng)),
        "referrals": list(records.referrals(rng)),
        "costs": list(records.costs(rng)),
        "concerns": list(records.concerns(rng)),
        "channels": list(records.channels(rng)),
        "training": list(records.training(rng)),
    }


def make_study(seed: int = SEED) -> tuple[dict[str, pd.DataFrame], dict[str, object]]:
    """Return every table of the sample, and the truth about them."""
    rng = np.random.default_rng(seed)
    areas = crime.make_areas(rng)
    expected = crime.expected_counts(areas, rng)
    counts = crime.draw_counts(expected.planted, rng)
    incidents, flaws = crime.soil(crime.make_incidents(areas, counts, rng), rng)

    residents = people.make_residents(RESIDENTS, rng)
    sheets = {plan.program_id: gatherings.hold(plan, residents, rng) for plan in PROGRAMS}
    events = [row for sheet in sheets.values() for row in sheet.events]
    attendance = [row for sheet in sheets.values() for row in sheet.attendance]
    responses = [row for plan in PROGRAMS if plan.survey for row in survey.ask(plan, rng)]
    kept = make_records(events, rng)

    items = tuple(item.name for item in survey.items())
    tables = make_programs() | {
        "areas": areas,
        "incidents": incidents,
        "events": frame("events", events),
        "attendance": frame("attendance", attendance, DEMOGRAPHICS),
        "responses": frame("responses", responses, (*items, *DEMOGRAPHICS)),
        "items": survey.make_items(),
        "benchmarks": people.make_benchmarks(areas, rng),
        **{name: frame(name, rows) for name, rows in kept.items()},
        "codes": frame("codes", comments.code_comments(responses, rng)),
    }
    programs = {plan.program_id: _truth_of(plan, areas, expected, sheets, kept) for plan in PROGRAMS}
    truth = {
        "city": "Riverton",
        "seed": seed,
        "note": NOTE,
        "incidents": _incident_truth(incidents, flaws),
        "comments": _comment_truth(responses),
        "programs": programs,
        "misspelt_signatures": [row for sheet in sheets.values() for row in sheet.spellings],
    }
    return tables, truth


def _truth_of(plan, areas, expected, sheets, kept) -> Row:
    return {
        "verdict": plan.verdict,
        "story": plan.story,
        "start_date": plan.start,
        "crime": crime.crime_truth(plan, areas["area_id"], expected) if plan.crime else None,
        "attendance": sheets[plan.program_id].truth,
        "sentiment": survey.sentiment_truth(plan) if plan.survey else None,
        "records": records.records_truth(plan, kept),
    }


def _incident_truth(incidents: pd.DataFrame, flaws: dict[str, int]) -> Row:
    return {
        "rows": len(incidents),
        "rows_with_flaws": flaws,
        "trend_from": city.TREND_FROM,
        "trend_factor_per_year": round(float(np.exp(city.TREND_PER_YEAR)), 6),
        "offense_dispersion_by_area_and_month": city.DISPERSION,
        "area_month_coefficient_of_variation": city.AREA_MONTH_SPREAD,
        "city_month_shock_log_sd": city.CITY_SHOCK,
    }


def _comment_truth(responses: list[Row]) -> Row:
    written = [str(row["comment"]) for row in responses if row["comment"]]
    return {
        "written": len(written),
        "with_name_phone_or_email": sum(map(comments.is_personal, written)),
        "spanish": sum(map(comments.is_spanish, written)),
    }


def study_toml() -> str:
    """Return study.toml."""
    outcomes = "\n".join(f"{name} = {json.dumps(labels)}" for name, labels in city.OUTCOMES.items())
    return f"""# The sample study: an invented city. README.md tells its story, truth.json what was planted.
[study]
title = "Outreach in Riverton, 2020-2024"
agency = "City of Riverton"
currency = "USD"
language = "en"

[periods]
unit = "month"
before = 24
after = 24
transition = 0

[crime]
rate_per = 1000

[crime.outcomes]
{outcomes}

[survey]
scale = [1, 5]
favourable_from = 4
minimum_responses = 30

[privacy]
min_cell = 10
"""


def main() -> None:
    """Write the sample into the folder that --out names (default: data/sample)."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path(__file__).resolve().parent / "sample")
    folder = parser.parse_args().out
    tables, truth = make_study()
    write_tables(tables, folder)
    write_text(study_toml(), folder / "study.toml")
    write_json(truth, folder / "truth.json")


if __name__ == "__main__":
    main()
