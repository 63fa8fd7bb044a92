"""What programs write down besides: partners, referrals, costs, concerns, channels and training."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

import numpy as np
import pandas as pd

from riverton import city
from riverton.programs import PROGRAMS, Plan
from riverton.writing import Row

DAYS_TO_SERVICE = 16  # median of a log-normal with spread 0.7
DAYS_TO_RESOLVE = 24  # median of a log-normal with spread 0.9
RESOLVED = 0.72
TRAINING_GAIN = 12.0  # points of 100

AGENCIES = {
    "Riverton Police Department": "law enforcement",
    "Riverton County Sheriff": "law enforcement",
    "Riverton Public Schools": "education",
    "Riverton Community College": "education",
    "Riverton Health Department": "health",
    "Lakeside Behavioral Health": "health",
    "St. Elm Hospital": "health",
    "Riverton Parks and Recreation": "city services",
    "Riverton Public Works": "city services",
    "Riverton Public Library": "city services",
    "Riverton Emergency Management": "city services",
    "Riverton Office of Violence Prevention": "city services",
    "Harbor Residents Association": "residents",
    "Eastside Residents Council": "residents",
    "Oakridge Homeowners League": "residents",
    "Interfaith Table of Riverton": "faith",
    "New Dawn Chapel": "faith",
    "Riverton Chamber of Commerce": "business",
    "Market Street Merchants": "business",
    "Second Step Youth Center": "nonprofit",
    "Open Door Housing": "nonprofit",
    "Riverton Legal Aid": "nonprofit",
    "Casa Puente": "nonprofit",
}
GRANT_PAID = ("street_outreach", "crisis_intervention", "safety_audit")
NEEDS = {
    "housing": "Open Door Housing",
    "counseling": "Lakeside Behavioral Health",
    "job training": "Riverton Community College",
    "youth program": "Second Step Youth Center",
    "legal help": "Riverton Legal Aid",
    "health care": "Riverton Health Department",
}
ROLES = ("host", "referrals", "outreach", "funding")
TOPICS = (
    "speeding",
    "street lights",
    "loitering",
    "noise",
    "abandoned cars",
    "officer conduct",
    "school zone",
)
_LEVELS = {"social": (2600, 0.045), "newsletter": (3800, 0.21), "app": (1500, 0.08), "tip_line": (900, 0.06)}
_GROWTH = {"social": 0.010, "newsletter": 0.014, "app": 0.018, "tip_line": 0.020}


def _life(plan: Plan) -> tuple[pd.Timestamp, int]:
    """Return the first day and the number of days until the program, or the data, end."""
    start = pd.Timestamp(plan.start)
    last = pd.Timestamp(plan.end) if plan.end else city.LAST_DAY
    return start, (last - start).days


def _months(plan: Plan) -> pd.PeriodIndex:
    start, days = _life(plan)
    return pd.period_range(start, start + pd.Timedelta(days=days), freq="M")


def _days(plan: Plan, count: int, rng: np.random.Generator) -> list[pd.Timestamp]:
    """Return days of the program's life, in order."""
    start, days = _life(plan)
    return [start + pd.Timedelta(days=int(day)) for day in np.sort(rng.integers(0, days, count))]


def _wait(median: float, spread: float, rng: np.random.Generator) -> pd.Timedelta:
    return pd.Timedelta(days=int(np.ceil(rng.lognormal(np.log(median), spread))))


def partnerships(rng: np.random.Generator) -> Iterator[Row]:
    """Yield the agencies of every program: the lead, and two to seven others, some of which leave."""
    for plan in PROGRAMS:
        start, days = _life(plan)
        others = [agency for agency in AGENCIES if agency != plan.agency]
        size = 1 if plan.program_id == "porch-talks" else int(rng.integers(3, 8))
        for place, agency in enumerate([plan.agency, *rng.permutation(others)[:size]]):
            joined = start + pd.Timedelta(days=int(rng.integers(0, days // 3)) if place > 1 else 0)
            leaves = place > 1 and rng.random() < 0.2
            left = joined + pd.Timedelta(days=int(rng.integers(90, max(91, days - days // 3))))
            yield {
                "program_id": plan.program_id,
                "agency": str(agency),
                "sector": AGENCIES[str(agency)],
                "role": "lead"
                if place == 0
                else str(rng.choice(["host", "referrals", "outreach", "funding"])),
                "start_date": f"{joined:%Y-%m-%d}",
                "end_date": f"{left:%Y-%m-%d}" if leaves and left < city.LAST_DAY else "",
                "hours": int(rng.integers(2, 60)) * 10,
                "amount": int(rng.integers(1, 30)) * 500 if rng.random() < 0.35 else "",
            }


def event_partners(events: Iterable[Row], partners: Iterable[Row], rng: np.random.Generator) -> Iterator[Row]:
    """Yield the agencies that held each event together: the lead and one or two partners."""
    agencies = defaultdict(list)
    for row in partners:
        agencies[row["program_id"]].append(row["agency"])
    for event in events:
        lead, *others = agencies[event["program_id"]]
        size = min(int(rng.integers(0, 3)), len(others))
        for agency in [lead, *sorted(rng.permutation(others)[:size])]:
            yield {"event_id": event["event_id"], "agency": str(agency)}


def referrals(rng: np.random.Generator) -> Iterator[Row]:
    """Yield hand-offs; `served` of them are completed, if the data do not end first."""
    for plan in PROGRAMS:
        for number, day in enumerate(_days(plan, plan.referrals, rng), start=1):
            need = str(rng.choice(list(NEEDS)))
            done = day + _wait(DAYS_TO_SERVICE, 0.7, rng)
            served = plan.served * plan.lost.get(need, 1.0)
            completed = rng.random() < served and done <= city.LAST_DAY
            to_agency = NEEDS[need] if NEEDS[need] != plan.agency else "St. Elm Hospital"
            yield {
                "referral_id": f"{plan.code}-R{number:03d}",
                "program_id": plan.program_id,
                "date": f"{day:%Y-%m-%d}",
                "from_agency": plan.agency,
                "to_agency": to_agency,
                "need": need,
                "completed_date": f"{done:%Y-%m-%d}" if completed else "",
            }


def costs(rng: np.random.Generator) -> Iterator[Row]:
    """Yield what every program cost: staff each month, supplies each quarter, gifts in kind and sponsors."""
    for plan in PROGRAMS:
        main = (
            "grant" if plan.type in ("street_outreach", "crisis_intervention", "safety_audit") else "budget"
        )
        for place, month in enumerate(_months(plan)):
            parts = [("staff", 0.8 * plan.monthly_cost * rng.uniform(0.95, 1.05), main)]
            if place % 3 == 0:
                parts.append(("supplies", 0.45 * plan.monthly_cost * rng.uniform(0.7, 1.3), "budget"))
                parts.append(("volunteer hours", 0.15 * plan.monthly_cost * rng.uniform(0.5, 1.5), "in_kind"))
            if place % 12 == 6:
                parts.append(("food and print", 0.25 * plan.monthly_cost * rng.uniform(0.5, 1.5), "sponsor"))
            for category, amount, source in parts:
                yield {
                    "program_id": plan.program_id,
                    "date": f"{month.start_time:%Y-%m-%d}",
                    "category": category,
                    "amount": f"{amount:.2f}",
                    "source": source,
                }


def concerns(rng: np.random.Generator) -> Iterator[Row]:
    """Yield concerns that residents raised; most are resolved, if the data do not end first."""
    for plan in PROGRAMS:
        for number, day in enumerate(_days(plan, plan.concerns, rng), start=1):
            done = day + _wait(DAYS_TO_RESOLVE, 0.9, rng)
            resolved = rng.random() < RESOLVED and done <= city.LAST_DAY
            yield {
                "concern_id": f"{plan.code}-Q{number:03d}",
                "program_id": plan.program_id,
                "raised_on": f"{day:%Y-%m-%d}",
                "topic": str(rng.choice(TOPICS)),
                "status": "resolved" if resolved else str(rng.choice(["open", "in progress"])),
                "resolved_on": f"{done:%Y-%m-%d}" if resolved else "",
            }


def channels(rng: np.random.Generator) -> Iterator[Row]:
    """Yield monthly reach and answers by channel; the newsletter's answers grow slower than its reach."""
    for plan in PROGRAMS:
        for channel in plan.channels:
            level, rate = _LEVELS[channel]
            for place, month in enumerate(_months(plan)):
                reach = int(rng.poisson(level * np.exp(_GROWTH[channel] * place) * rng.gamma(60, 1 / 60)))
                share = rate * (0.988**place if channel == "newsletter" else 1)
                yield {
                    "program_id": plan.program_id,
                    "date": f"{month.start_time:%Y-%m-%d}",
                    "channel": channel,
                    "reach": reach,
                    "engagements": int(rng.binomial(reach, share)),
                }


def training(rng: np.random.Generator) -> Iterator[Row]:
    """Yield scores before and after a training: 12 points better on average; a few skip the second test."""
    for plan in PROGRAMS:
        for number, day in enumerate(_days(plan, plan.trainees, rng), start=1):
            ability = rng.normal(58, 9)
            before, after = ability + rng.normal(0, 5), ability + TRAINING_GAIN + rng.normal(0, 5)
            yield {
                "trainee_id": f"{plan.code}-T{number:03d}",
                "program_id": plan.program_id,
                "date": f"{day:%Y-%m-%d}",
                "pre": int(np.clip(round(before), 0, 100)),
                "post": "" if rng.random() < 0.06 else int(np.clip(round(after), 0, 100)),
            }


def records_truth(plan: Plan, tables: dict[str, list[Row]]) -> Row:
    """Return exact counts of one program's records and the numbers that they were drawn from."""
    mine = {
        name: [row for row in rows if row.get("program_id") == plan.program_id]
        for name, rows in tables.items()
    }
    spent: Counter[str] = Counter()
    for row in mine["costs"]:
        spent[str(row["source"])] += round(100 * float(str(row["amount"])))
    truth: Row = {
        "agencies": len(mine["partnerships"]),
        "cost_total": round(sum(spent.values()) / 100, 2),
        "cost_by_source": {source: round(cents / 100, 2) for source, cents in sorted(spent.items())},
    }
    if plan.referrals:
        done = sum(bool(row["completed_date"]) for row in mine["referrals"])
        by_need = {need: round(plan.served * plan.lost.get(need, 1.0), 6) for need in NEEDS}
        share = round(sum(by_need.values()) / len(by_need), 6)
        truth["referrals"] = {"made": plan.referrals, "completed": done, "expected_share": share}
        if plan.lost:
            truth["referrals"]["expected_share_by_need"] = by_need
        truth["referrals"] |= {"expected_median_days": DAYS_TO_SERVICE}
    if plan.concerns:
        done = sum(bool(row["resolved_on"]) for row in mine["concerns"])
        truth["concerns"] = {"raised": plan.concerns, "resolved": done, "expected_share": RESOLVED}
        truth["concerns"] |= {"expected_median_days": DAYS_TO_RESOLVE}
    if plan.trainees:
        both = sum(row["post"] != "" for row in mine["training"])
        truth["training"] = {
            "trainees": plan.trainees,
            "with_both_scores": both,
            "expected_gain": TRAINING_GAIN,
        }
    return truth
