"""What an evaluation of a program could find, told before it begins, from the counts there are already."""

from outreach_metrics.planning.model import ASKED, HORIZONS, DesignPlan, Plan, Reach, SurveyPlan
from outreach_metrics.planning.program import plan_program, plan_study

__all__ = [
    "ASKED",
    "HORIZONS",
    "DesignPlan",
    "Plan",
    "Reach",
    "SurveyPlan",
    "plan_program",
    "plan_study",
]
