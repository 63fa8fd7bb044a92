"""Tell whether a law-enforcement outreach program works.

>>> import outreach_metrics as om
>>> study = om.load_study(om.sample_study())                                     # doctest: +SKIP
>>> evaluation = om.evaluate_program(study, "harbor-watch")                      # doctest: +SKIP
>>> om.tidy(evaluation.estimates)                                                # doctest: +SKIP

Public names load their modules when they are first used, so that the import costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from outreach_metrics.errors import OutreachMetricsError, Problem, StudyError, UnknownNameError
from outreach_metrics.estimate import Estimate, tidy
from outreach_metrics.registry import get_metric, metric, registered_metrics

if TYPE_CHECKING:
    from outreach_metrics.evaluation import Evaluation, evaluate_program, evaluate_study
    from outreach_metrics.planning import plan_program
    from outreach_metrics.resources import notebooks_folder, sample_study
    from outreach_metrics.study import Study
    from outreach_metrics.study.codebooks import codebook
    from outreach_metrics.study.loading import load_study

__version__ = "0.1.0"

_LAZY = {
    "Evaluation": "outreach_metrics.evaluation",
    "Study": "outreach_metrics.study",
    "codebook": "outreach_metrics.study.codebooks",
    "evaluate_program": "outreach_metrics.evaluation",
    "evaluate_study": "outreach_metrics.evaluation",
    "load_study": "outreach_metrics.study.loading",
    "notebooks_folder": "outreach_metrics.resources",
    "plan_program": "outreach_metrics.planning",
    "sample_study": "outreach_metrics.resources",
}

__all__ = [
    "Estimate",
    "Evaluation",
    "OutreachMetricsError",
    "Problem",
    "Study",
    "StudyError",
    "UnknownNameError",
    "codebook",
    "evaluate_program",
    "evaluate_study",
    "get_metric",
    "load_study",
    "metric",
    "notebooks_folder",
    "plan_program",
    "registered_metrics",
    "sample_study",
    "tidy",
]


def __getattr__(name: str):
    if name in _LAZY:
        return getattr(import_module(_LAZY[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
