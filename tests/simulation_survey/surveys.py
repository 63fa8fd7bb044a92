"""Surveys drawn from a population whose scores are known, and what their metrics should find."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
from scipy import stats

from outreach_metrics.study import Program, Settings, Study
from tests.simulation_survey.trial import Tried, World

LOW, HIGH, FAVOURABLE = 1, 5, 4
PERSON, SLIP = 0.7, 0.8
"""Standard deviations of a person's lasting opinion and of one answer, on a scale from 1 to 5."""
PLACE, PLACE_WAVE = 0.25, 0.15
"""The same of a place where people are interviewed together, lasting and in one wave."""

AGES, SEXES = ("18-34", "35-54", "55 and over"), ("female", "male")
AGE_SHARE, SEX_SHARE = np.array([0.30, 0.38, 0.32]), np.array([0.52, 0.48])
AGE_CHANCE, SEX_CHANCE = np.array([0.35, 1.0, 1.9]), np.array([1.25, 0.75])
AGE_OPINION, SEX_OPINION = np.array([-0.5, 0.0, 0.45]), np.array([0.15, -0.15])
STRATUM_SHARE, STRATUM_CHANCE = np.array([0.5, 0.3, 0.2]), np.array([0.6, 1.2, 1.7])
STRATUM_OPINION = np.array([-0.2, 0.1, 0.35])

DRIFT, LIFT = 0.15, 0.4
"""What everybody, and the program arm beside, moves to a later wave where something happens."""

ITEMS = pd.DataFrame(
    {
        "item": ["t1", "t2", "t3"],
        "construct": "trust",
        "low": float(LOW),
        "high": float(HIGH),
        "reversed": pd.array([False, True, False], dtype="boolean"),
        "favourable_from": float(FAVOURABLE),
    }
)

Weights = Literal["none", "known", "uneven", "raked", "trimmed"]


@dataclass(frozen=True)
class Regime:
    """One kind of survey.

    Parameters
    ----------
    people : int
        Answers of each wave and arm.
    weights : {"none", "known", "uneven", "raked", "trimmed"}
        Everybody had the same chance; chances differ by age and sex and are known; and by much that has
        nothing to do with the answers; are not known, and answers are raked to the community; and the
        weights are held at three times their mean.
    strata : bool
        Three strata of different opinions and chances.
    clusters : int
        Places of each arm in which people were interviewed; 0: people drawn one by one.
    same_places : bool
        Whether every wave is taken in the same places.
    stay : float
        Share of the first wave's people who answer the later one; the others are replaced unless all stay.
    replaced : bool
        Whether those who do not stay are replaced by other people.
    level : float
        Middle of the answers, 1 to 5.
    waves : int
    questions : bool
        Whether what is told of single questions is tried too.
    """

    people: int = 150
    weights: Weights = "none"
    strata: bool = False
    clusters: int = 0
    same_places: bool = True
    stay: float = 0.0
    replaced: bool = True
    level: float = 3.0
    waves: int = 2
    questions: bool = False

    @property
    def title(self) -> str:
        """The kind of survey in words."""
        weights = {
            "none": "",
            "known": "known weights",
            "uneven": "very uneven weights",
            "raked": "raked",
            "trimmed": "raked and trimmed",
        }[self.weights]
        where = "in the same" if self.same_places else "each time in other"
        parts = [
            f"{self.people} answers",
            weights,
            "3 strata" * self.strata,
            f"{where} {self.clusters} places" * (self.clusters > 0),
            f"{self.stay:.0%} asked again" * (self.stay > 0),
            "not replaced" * (self.stay > 0 and not self.replaced),
            "most at the top of the scale" * (self.level > 4),
            f"{self.waves} waves" * (self.waves > 2),
        ]
        return ", ".join(part for part in parts if part)


@dataclass(frozen=True)
class Population:
    """The people of a regime and what they think, before and after something happened."""

    regime: Regime
    effect: str

    def moved(self, arm: str, wave: int) -> float:
        """How far opinions of an arm have moved by a wave, in codes."""
        if self.effect == "none":
            return 0.0
        return (DRIFT + LIFT * (arm == "program")) * wave / (self.regime.waves - 1)

    @cached_property
    def _spread(self) -> float:
        places = PLACE**2 + PLACE_WAVE**2 if self.regime.clusters else 0.0
        return float(np.sqrt(places + PERSON**2 + SLIP**2))

    def share_from(self, code: int, moved: float) -> float:
        """Share of the population whose answer to one question is a code or higher."""
        strata = zip(STRATUM_OPINION, STRATUM_SHARE, strict=True) if self.regime.strata else [(0.0, 1.0)]
        total = 0.0
        for opinion, part in strata:
            for age, sex in np.ndindex(len(AGES), len(SEXES)):
                centre = self.regime.level + moved + opinion + AGE_OPINION[age] + SEX_OPINION[sex]
                above = stats.norm.sf((code - 0.5 - centre) / self._spread)
                total += part * AGE_SHARE[age] * SEX_SHARE[sex] * above
        return float(total)

    def score(self, moved: float) -> float:
        """Mean score of the population, 0-100."""
        above = [self.share_from(code, moved) for code in range(LOW + 1, HIGH + 1)]
        return 100 * sum(above) / (HIGH - LOW)

    def change(self, arm: str) -> float:
        """Change of the mean score of an arm from the first wave to the last."""
        return self.score(self.moved(arm, self.regime.waves - 1)) - self.score(0.0)

    def relative(self) -> float:
        """Change of the program arm less that of the comparison arm."""
        return self.change("program") - self.change("comparison")

    def favourable(self, arm: str, wave: int) -> float:
        """Share of favorable answers."""
        return self.share_from(FAVOURABLE, self.moved(arm, wave))


def _people(regime: Regime, arm: str, count: int, random: np.random.Generator) -> dict[str, np.ndarray]:
    """Draw people with their chances to be drawn; with strata and places, places lie within strata."""
    open_chance = regime.weights == "none"
    age = _drawn(AGE_SHARE, np.ones(3) if open_chance else AGE_CHANCE, count, random)
    sex = _drawn(SEX_SHARE, np.ones(2) if open_chance else SEX_CHANCE, count, random)
    made = {"age": age, "sex": sex}
    chance = np.ones(count) if open_chance else AGE_CHANCE[age] * SEX_CHANCE[sex]
    opinion = AGE_OPINION[age] + SEX_OPINION[sex] + random.normal(0, PERSON, count)
    if regime.clusters:
        made["place"] = random.choice(regime.clusters, count, p=_busyness(regime))
    if regime.strata:
        stratum = _stratum_of_place(regime)[made["place"]] if regime.clusters else _allotted(count)
        made["stratum"] = stratum
        opinion += STRATUM_OPINION[stratum]
        chance *= (np.bincount(stratum, minlength=3) / count / STRATUM_SHARE)[stratum]
    if regime.weights == "uneven":
        extra = random.lognormal(0, 0.7, count)
        chance *= extra
    return made | {"opinion": opinion, "weight": 1 / chance, "number": random.integers(0, 2**62, count)}


def _drawn(share: np.ndarray, chance: np.ndarray, count: int, random: np.random.Generator) -> np.ndarray:
    return random.choice(len(share), count, p=share * chance / (share @ chance))


def _allotted(count: int) -> np.ndarray:
    """Stratum of each of a number of people: sizes are set by design."""
    edges = np.cumsum(STRATUM_SHARE * STRATUM_CHANCE) / (STRATUM_SHARE @ STRATUM_CHANCE)
    return np.searchsorted(edges[:-1], (np.arange(count) + 0.5) / count)


def _stratum_of_place(regime: Regime) -> np.ndarray:
    return np.arange(regime.clusters) % 3


def _busyness(regime: Regime) -> np.ndarray:
    """Share of the answers of each place: the busiest has three times the people of the quietest."""
    size = np.linspace(1, 3, regime.clusters)
    return size / size.sum()


def _stayed(
    people: dict[str, np.ndarray], other: dict[str, np.ndarray], regime: Regime, random: np.random.Generator
) -> dict[str, np.ndarray]:
    """Return the later wave's people: those who stay, by chance, and others in their stead."""
    stays = random.random(len(people["age"])) < regime.stay
    if not regime.replaced:
        return {name: part[stays] for name, part in people.items()}
    return {name: np.where(stays, part, other[name]) for name, part in people.items()}


def _answers(
    population: Population, arm: str, wave: int, people: dict[str, np.ndarray], lasting: np.ndarray,
    random: np.random.Generator,
) -> pd.DataFrame:  # fmt: skip
    regime, count = population.regime, len(people["age"])
    level = regime.level + population.moved(arm, wave) + people["opinion"]
    frame: dict[str, object] = {
        "respondent_id": people["number"],
        "program_id": "p",
        "wave": f"wave {wave + 1}",
        "date": pd.Timestamp(2021 + wave, 3, 1),
        "arm": arm,
        "age_group": np.array(AGES, dtype=object)[people["age"]],
        "sex": np.array(SEXES, dtype=object)[people["sex"]],
    }
    if regime.clusters:
        in_wave = random.normal(0, PLACE_WAVE, regime.clusters)
        level = level + (lasting + in_wave)[people["place"]]
        name = arm if regime.same_places else f"{arm}, wave {wave}"
        frame["cluster"] = np.array([f"{name}, place {i}" for i in range(regime.clusters)], dtype=object)[
            people["place"]
        ]
    if regime.strata:
        frame["stratum"] = np.array([f"{arm} {i}" for i in range(3)], dtype=object)[people["stratum"]]
    if regime.weights in ("known", "uneven") or (regime.strata and regime.weights == "none"):
        frame["weight"] = people["weight"]
    for item, turned in zip(ITEMS["item"], ITEMS["reversed"], strict=True):
        code = np.clip(np.floor(level + random.normal(0, SLIP, count) + 0.5), LOW, HIGH)
        frame[item] = LOW + HIGH - code if turned else code
    return pd.DataFrame(frame)


def draw_survey(population: Population, random: np.random.Generator) -> Study:
    """Draw one survey of both arms and all waves."""
    regime, frames = population.regime, []
    for arm in ("program", "comparison"):
        people = _people(regime, arm, regime.people, random)
        lasting = random.normal(0, PLACE, regime.clusters)
        for wave in range(regime.waves):
            if wave:
                other = _people(regime, arm, regime.people, random)
                people = _stayed(people, other, regime, random) if regime.stay else other
                lasting = lasting if regime.same_places else random.normal(0, PLACE, regime.clusters)
            frames.append(_answers(population, arm, wave, people, lasting, random))
    raked = regime.weights in ("raked", "trimmed")
    settings = Settings(
        rake=("age_group", "sex") if raked else (),
        weight_limit=3.0 if regime.weights == "trimmed" else 0.0,
        equivalence_margin=abs(population.relative()) or 3.0,
    )
    program = Program(program_id="p", name="P", type="other", start=date(2021, 6, 1))
    tables = {"responses": pd.concat(frames, ignore_index=True), "items": ITEMS, "benchmarks": BENCHMARKS}
    return Study(folder=Path(), settings=settings, programs={"p": program}, tables=tables)


BENCHMARKS = pd.DataFrame(
    {
        "variable": ["age_group"] * 3 + ["sex"] * 2,
        "category": [*AGES, *SEXES],
        "count": [*(AGE_SHARE * 100_000), *(SEX_SHARE * 100_000)],
        "area_id": "",
    }
)


def _tried(population: Population) -> tuple[Tried, ...]:
    """What every metric of the survey should find."""
    regime, nothing = population.regime, population.effect == "none"
    last = f"wave {regime.waves}"
    group = f"wave 1 to {last}"
    change, relative = population.change("program"), population.relative()
    limit = "weights that are held back no longer meet the community, and move a mean" * (
        regime.weights == "trimmed"
    )
    levels = [
        Tried("sentiment_score", population.score(0.0), group="wave 1", limit=limit),
        Tried("sentiment_favourable", population.favourable("program", 0), group="wave 1", limit=limit),
    ]
    changes = [
        Tried("sentiment_change", change, 0.0, group=group),
        Tried("sentiment_relative_change", relative, 0.0, group=group),
    ]
    shares = [population.favourable("program", wave) for wave in (0, regime.waves - 1)]
    item = Tried("sentiment_item_favourable_change", shares[1] - shares[0], 0.0, outcome="t1", group=group)
    questions = [item] * regime.questions
    if not nothing:
        claim = Tried("sentiment_equivalence", relative, group=group, claim=True)
        return (*levels, *changes, *questions, claim)
    if regime.waves > 2:
        arms = ("program", "program less comparison")
        return (*changes, *(Tried("sentiment_trend", 0.0, 0.0, group=arm) for arm in arms))
    if not regime.questions:
        return tuple(changes)
    alike = [
        Tried("sentiment_item_change", 1.0, 1.0, outcome="t1", group=group),
        Tried("sentiment_effect_size", 0.0, 0.0, group=group),
        Tried("sentiment_dominance", 0.0, 0.0, group=group),
    ]
    if regime.stay:
        alike.append(Tried("sentiment_item_shift", 0.0, 0.0, outcome="t1", group=group))
    return (*changes, *questions, *alike)


def survey_world(regime: Regime, effect: str) -> World:
    """Make the world of a regime with "none" or a "rise"."""
    population = Population(regime, effect)
    return World(
        title=regime.title,
        effect=effect,
        tried=_tried(population),
        draw=lambda random: draw_survey(population, random),
    )


REGIMES: tuple[Regime, ...] = (
    Regime(questions=True),
    Regime(people=30, questions=True),
    Regime(level=4.4, questions=True),
    Regime(weights="known", questions=True),
    Regime(people=40, weights="known"),
    Regime(weights="uneven"),
    Regime(people=40, weights="uneven"),
    Regime(strata=True, weights="known"),
    Regime(clusters=8),
    Regime(clusters=20),
    Regime(people=400, clusters=8, weights="known"),
    Regime(people=300, clusters=12, weights="known", same_places=False),
    Regime(people=300, clusters=12, strata=True, weights="known"),
    Regime(people=400, clusters=20, strata=True, weights="known"),
    Regime(weights="raked"),
    Regime(people=60, weights="raked"),
    Regime(people=400, weights="raked"),
    Regime(weights="trimmed"),
    Regime(people=300, clusters=12, weights="raked"),
    Regime(stay=1.0, questions=True),
    Regime(people=40, stay=1.0),
    Regime(stay=0.7, replaced=False, weights="known"),
    Regime(stay=0.7, replaced=False, weights="raked"),
    Regime(stay=0.3, weights="known", questions=True),
    Regime(stay=0.3, weights="raked"),
    Regime(people=300, stay=0.7, replaced=False, clusters=12, weights="known"),
    Regime(waves=4, weights="known"),
    Regime(people=300, waves=4, clusters=12, weights="known"),
    Regime(waves=4, stay=0.8, replaced=False),
)
EFFECTS = ("none", "rise")


def survey_worlds() -> list[World]:
    """Return every world of a survey; with more than two waves only the one in which nothing happened."""
    return [survey_world(r, effect) for r in REGIMES for effect in EFFECTS[: 1 if r.waves > 2 else 2]]
