"""Three waves of a survey in two arms: items, answers, weights, attrition, comments."""

from __future__ import annotations

from dataclasses import dataclass
from math import erf, sqrt

import numpy as np
import pandas as pd

from riverton import city
from riverton.comments import write_comment
from riverton.programs import CONSTRUCTS, Plan, Survey
from riverton.writing import Row, frame

WAVES = {"baseline": (-60, 0.0), "first year": (300, 0.6), "second year": (600, 1.0)}
LOW, HIGH, DONT_KNOW = 1, 5, 9
LEVEL = {
    "trust": 3.10,
    "procedural_justice": 3.00,
    "perceived_safety": 3.15,
    "willingness_to_report": 3.45,
    "satisfaction": 3.10,
}
AGE = {"under 18": -0.35, "18-34": -0.15, "35-54": 0.05, "55 and over": 0.25}
SAMPLED_AGE = {"under 18": 0.12, "18-34": 0.22, "35-54": 0.30, "55 and over": 0.36}
PERSON, OPINION, SLIP = 0.5, 0.5, 0.7  # standard deviations: person, person and construct, single answer
_TEXTS = {
    "trust": (
        ("I trust the police in my neighborhood.", False),
        ("The police here can be counted on to do what is right.", False),
        ("I am wary of the police here.", True),
        ("The police have the same sense of right and wrong as I have.", False),
    ),
    "procedural_justice": (
        ("Officers treat people with respect.", False),
        ("Officers listen before they decide.", False),
        ("Officers treat some people worse than others.", True),
        ("Officers explain what they do.", False),
    ),
    "perceived_safety": (
        ("I feel safe walking here after dark.", False),
        ("I worry about my home being broken into.", True),
        ("Children can play outside here.", False),
    ),
    "willingness_to_report": (
        ("I would report a crime that I saw.", False),
        ("I would give a statement as a witness.", False),
        ("I would call if I saw something suspicious.", False),
    ),
    "satisfaction": (
        ("I am satisfied with how the police work with residents.", False),
        ("My last contact with the police went well.", False),
        ("The police take too long to come.", True),
    ),
}


@dataclass(frozen=True, slots=True)
class Item:
    """One question: column, construct, wording, whether it is reverse-keyed, how easily it is agreed to."""

    name: str
    construct: str
    text: str
    reversed: bool
    ease: float


def items() -> list[Item]:
    """Return the 17 items in the order of their columns (trust_1, trust_2, ...)."""
    return [
        Item(f"{construct}_{number}", construct, text, turned, 0.1 * (number % 3 - 1))
        for construct in CONSTRUCTS
        for number, (text, turned) in enumerate(_TEXTS[construct], start=1)
    ]


def make_items() -> pd.DataFrame:
    """Return the codebook."""
    rows = (
        {
            "item": item.name,
            "construct": item.construct,
            "text": item.text,
            "low": LOW,
            "high": HIGH,
            "reversed": str(item.reversed).lower(),
            "favourable_from": 4,
            "missing_codes": DONT_KNOW,
        }
        for item in items()
    )
    return frame("items", rows)


def shift(survey: Survey, arm: str, wave: str, construct: str) -> float:
    """Return the planted shift on the 1-5 scale against the baseline."""
    shifts = survey.shifts if arm == "program" else survey.comparison_shifts
    return shifts.get(construct, 0.0) * WAVES[wave][1]


def ask(plan: Plan, rng: np.random.Generator) -> list[Row]:
    """Return the answers to one program's survey, both arms, all waves."""
    assert plan.survey is not None
    rows: list[Row] = []
    for arm, size in (("program", plan.survey.program), ("comparison", plan.survey.comparison)):
        people, first = _draw_people(size, rng), 1
        for wave in WAVES:
            if size == 0:
                continue
            if plan.survey.stays is None and wave != "baseline":
                first += size
                people = _draw_people(size, rng)
            elif wave != "baseline":
                people = people[_stay(people, plan.survey, rng)]
            rows += _answers(plan, arm, wave, people, first, rng)
    return rows


def _draw_people(size: int, rng: np.random.Generator) -> pd.DataFrame:
    """Return people with demographics and lasting opinions (columns named by construct)."""
    shares = city.DEMOGRAPHICS | {"age_group": SAMPLED_AGE}
    people = pd.DataFrame(
        {name: rng.choice(list(share), size=size, p=list(share.values())) for name, share in shares.items()}
    )
    person = rng.normal(0, PERSON, size)
    for construct in CONSTRUCTS:
        people[construct] = person + rng.normal(0, OPINION, size)
    return people


def _stay(people: pd.DataFrame, survey: Survey, rng: np.random.Generator) -> np.ndarray:
    """Return who answers the next wave: the planted share on average, people with high trust more often."""
    assert survey.stays is not None
    odds = np.log(survey.stays / (1 - survey.stays)) + survey.loyal * people["trust"].to_numpy() / 0.7
    return rng.random(len(people)) < 1 / (1 + np.exp(-odds))


def _answers(
    plan: Plan, arm: str, wave: str, people: pd.DataFrame, first: int, rng: np.random.Generator
) -> list[Row]:
    codes = _codes(plan, arm, wave, people, rng)
    weights = _weights(people["age_group"]) if len(people) >= 50 else None
    opening = pd.Timestamp(plan.start) + pd.Timedelta(days=WAVES[wave][0])
    days, design = rng.integers(0, 21, len(people)), rng.integers(1, 9, len(people))
    names = [item.name for item in items()]
    rows = []
    for place, (index, person) in enumerate(people.iterrows()):
        row: Row = {
            "respondent_id": f"{plan.code}-{arm[0].upper()}{first + int(index):04d}",
            "program_id": plan.program_id,
            "wave": wave,
            "date": f"{opening + pd.Timedelta(days=int(days[place])):%Y-%m-%d}",
            "arm": arm,
            "weight": "" if weights is None else f"{weights[place]:.3f}",
            "comment": write_comment(codes[place], rng),
        }
        if plan.survey.sampled:
            stratum = f"{'N' if arm == 'program' else 'C'}{design[place] % 3 + 1}"
            row |= {"stratum": stratum, "cluster": f"{stratum}-{int(rng.integers(1, 7))}"}
        row |= dict(zip(names, codes[place], strict=True))
        rows.append(row | {name: person[name] for name in city.DEMOGRAPHICS})
    return rows


def _codes(
    plan: Plan, arm: str, wave: str, people: pd.DataFrame, rng: np.random.Generator
) -> list[list[object]]:
    """Return the answers as written on the form: reverse-keyed items as ticked, 9 for don't know, blanks."""
    age = people["age_group"].map(AGE).to_numpy(float)
    columns = []
    for item in items():
        level = LEVEL[item.construct] + item.ease + shift(plan.survey, arm, wave, item.construct)
        latent = level + age + people[item.construct].to_numpy() + rng.normal(0, SLIP, len(people))
        code = np.clip(np.floor(latent + 0.5), LOW, HIGH).astype(int)
        code = LOW + HIGH - code if item.reversed else code
        lost = rng.random(len(people))
        code = np.where(lost < 0.03, DONT_KNOW, code).astype(object)
        columns.append(np.where((lost >= 0.03) & (lost < 0.04), "", code))
    return np.column_stack(columns).tolist()


def _weights(ages: pd.Series) -> np.ndarray:
    """Return weights that give every age group its share of the city; their mean is 1."""
    sampled = ages.value_counts(normalize=True)
    return ages.map(lambda age: city.DEMOGRAPHICS["age_group"][age] / sampled[age]).to_numpy()


def sentiment_truth(plan: Plan) -> Row:
    """Return the true score of every arm, wave and construct (0-100), and the true changes from baseline."""
    survey = plan.survey
    assert survey is not None
    arms = ["program", "comparison"] if survey.comparison else ["program"]
    truth: Row = {
        "design": "new sample every wave" if survey.stays is None else "same people asked again",
        "asked_per_arm": {"program": survey.program, "comparison": survey.comparison},
        "attrition_depends_on_trust": survey.loyal > 0,
    }
    constructs = {}
    for construct in CONSTRUCTS:
        scores = {
            arm: {wave: _score(construct, shift(survey, arm, wave, construct)) for wave in WAVES}
            for arm in arms
        }
        change = {arm: round(score["second year"] - score["baseline"], 4) for arm, score in scores.items()}
        relative = round(change["program"] - change["comparison"], 4) if "comparison" in change else None
        constructs[construct] = {"score": scores, "change": change, "relative_change": relative}
    return truth | {"constructs": constructs}


def _score(construct: str, moved: float) -> float:
    """Return the city's expected score: answers are rounded and cut off at 1 and 5, so it is not linear."""
    spread = sqrt(PERSON**2 + OPINION**2 + SLIP**2)
    expected = 0.0
    chosen = [item for item in items() if item.construct == construct]
    for item in chosen:
        for age, share in city.DEMOGRAPHICS["age_group"].items():
            centre = LEVEL[construct] + item.ease + moved + AGE[age]
            above = (
                0.5 - 0.5 * erf((code - 0.5 - centre) / spread / sqrt(2)) for code in range(LOW + 1, HIGH + 1)
            )
            expected += share * sum(above) / len(chosen)
    return round(100 * expected / (HIGH - LOW), 4)
