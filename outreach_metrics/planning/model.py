"""What a plan holds: designs, what each finds after how long, and a survey. Nothing in it is rounded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from outreach_metrics.evidence import plans
from outreach_metrics.showing import listed, paragraphs, table
from outreach_metrics.study import Program, Study

ASKED = (0.9, 0.8, 0.7)
"""Falls that people ask about: by 10, 20 and 30 %."""

HORIZONS: dict[str, tuple[int, ...]] = {
    "month": (6, 12, 24, 36),
    "week": (26, 52, 104, 156),
    "quarter": (2, 4, 8, 12),
    "year": (1, 2, 3),
}
"""Periods after the start that are planned for."""


class Reach(NamedTuple):
    """What a design finds when so many periods have passed after the start.

    `after` and `before` are the periods that it would use; `fall` and `rise` the ratios nearest to 1 that are
    found with the power of the plan, `half` the fall that is found half the time; `powers` those of falls by
    10, 20 and 30 %. NaN where nothing is found.
    """

    periods: int
    before: int
    after: int
    fall: float
    rise: float
    half: float
    powers: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DesignPlan:
    """One way to evaluate: what it finds, after how long, or why it cannot be planned.

    Parameters
    ----------
    design : str
        Key of `evidence.plans.DESIGNS`.
    reaches : tuple of Reach
        One a horizon; empty when the design cannot be planned.
    needed : tuple of float
        Periods after the start until a fall by 10, 20 and 30 % is found; NaN when never within 5 years.
    method : str
    reason : str
        Why it cannot be planned; empty when it can.
    """

    design: str
    reaches: tuple[Reach, ...] = ()
    needed: tuple[float, ...] = ()
    method: str = ""
    reason: str = ""

    @property
    def made(self) -> bool:
        """Whether there are numbers."""
        return bool(self.reaches)


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyPlan:
    """Answers that each wave needs to find a change of 5 points, or of 5 in 100 favorable answers.

    Parameters
    ----------
    answers : float
        When other people are asked in each wave.
    answers_compared : float
        Of each group, when the change is compared with that of a comparison group.
    answers_share : float
        For the share of favorable answers instead of the mean score.
    sd : float
        Standard deviation of the scores, 0-100.
    design_effect : float
        What weights cost.
    observed : int
        Answers that these two were taken from; 0 when both are assumed.
    """

    answers: float
    answers_compared: float
    answers_share: float
    sd: float
    design_effect: float = 1.0
    observed: int = 0


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What an evaluation of one program could find.

    Parameters
    ----------
    study : Study
    program : Program
    outcome : str
        Crime outcome planned for; empty without counts.
    power, conf_level : float
    designs : tuple of DesignPlan
        Every design, those that cannot be planned with the reason.
    advised : str
        Design that is recommended; empty when none can be.
    horizon : int
        Periods after the start that are recommended; 0 without a design.
    history : tuple of datetime.date
        First days of the first and last period whose level is carried on; empty without.
    per_period : mapping of role to float
        Counts a period that are expected without a program.
    dispersion : mapping of role to float
        How many times more than by chance those counts vary.
    areas : tuple of float
        Areas with the program, with as many comparison areas, that a fall by 10, 20 and 30 % needs.
    outcomes : mapping of str to float
        Fall that the recommended design finds for every outcome of the study.
    survey : SurveyPlan
    recommendation, conditions, to_collect, notes : tuple of str
        Sentences: what to do; what must be true; what to write down from now on; what else to know.
    """

    study: Study
    program: Program
    outcome: str
    power: float
    conf_level: float
    designs: tuple[DesignPlan, ...]
    survey: SurveyPlan
    advised: str = ""
    horizon: int = 0
    history: tuple[date, ...] = ()
    per_period: dict[str, float]
    dispersion: dict[str, float]
    areas: tuple[float, ...] = ()
    outcomes: dict[str, float]
    recommendation: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    to_collect: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        listed(self, "recommendation", "conditions", "to_collect", "notes")

    def __repr__(self) -> str:
        advised = f"{self.advised}, {self.horizon} {self.unit}s" if self.horizon else "no design"
        return f"<Plan {self.program.program_id}: {advised}>"

    def _repr_html_(self) -> str:
        rows = [
            [
                plans.DESIGNS[design.design],
                f"{plans.LEVELS[design.design]} of 5",
                *(plans.fall(reach.fall) for reach in design.reaches),
            ]
            for design in self.designs
            if design.made
        ]
        heading = ("Way to evaluate", "Strength", *(f"After {plans.span(self, n)}" for n in self.horizons))
        caption = f"Smallest fall in {plans.subject(self)} found by {plans.chances(self.power)} evaluations"
        found = table(caption, rows, heading=heading) if rows else ""
        return paragraphs(f"{self.program.name}: {' '.join(self.recommendation)}") + found

    @property
    def unit(self) -> str:
        """Month, week, quarter or year."""
        return self.study.settings.unit

    @property
    def horizons(self) -> tuple[int, ...]:
        """Periods after the start that are planned for."""
        return HORIZONS[self.unit]

    def design(self, name: str) -> DesignPlan:
        """Return a design by its key."""
        return next(design for design in self.designs if design.design == name)

    def reach(self, name: str, periods: int) -> Reach | None:
        """Return what a design finds after so many periods; None when it was not planned."""
        return next((reach for reach in self.design(name).reaches if reach.periods == periods), None)
