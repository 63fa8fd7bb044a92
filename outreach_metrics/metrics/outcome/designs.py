"""The designs of crime for counts of anything else: the same numbers, under names and words of their own."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache

from outreach_metrics.estimate import Estimate
from outreach_metrics.metrics.outcome.direction import wanted_note
from outreach_metrics.registry import MetricFunction, get_metric, metric
from outreach_metrics.study import Study

DESIGNS: dict[str, str] = {
    "rate_before": "Count a year before the start, for the residents of the treatment areas.",
    "rate_after": "Count a year after the start, for the residents of the treatment areas.",
    "rate_ratio": "Rate after / before in the treatment areas; says nothing about why it changed.",
    "relative_effect": "Change in the treatment areas relative to the comparison areas.",
    "difference": "Counts more or fewer than an equal change per resident would have brought.",
    "displacement": "Change in the neighboring areas per unit of fall in the treatment areas.",
    "its_level": "Step at the start of the program in the treated series, against its own trend and season.",
    "its_slope": "Yearly trend after the start / yearly trend before it, in the treated series.",
    "synthetic_effect": "Observed / synthetic count after the start, against a mix of areas that tracked it.",
    "att": "Change over all areas of programs of this type, each from its own start.",
    "event_study": "Observed / expected count by time before and after the start, over programs of one type.",
}
"""What follows outcome_ in the name of a metric, as it follows crime_, and what it is."""

NO_COUNTS = "The study has no counts of other outcomes than crime (table counts)."


@lru_cache(maxsize=64)
def study_of(study: Study, outcome: str) -> Study:
    """Return the study as if the counts of one outcome were its crime; one object an outcome."""
    return replace(study, panel=study.counted[outcome], offenses=None, harm_weights={}, counted={})


def _design(name: str) -> MetricFunction:
    def design(study: Study, program_id: str) -> list[Estimate]:
        empty = Estimate(program_id=program_id, strand="outcome", metric=f"outcome_{name}", unit="ratio")
        study.program(program_id)
        if not study.counted:
            return [empty.declined(NO_COUNTS)]
        source = get_metric(f"crime_{name}").function
        return [
            _renamed(estimate, f"outcome_{name}", outcome, wanted_note(study, outcome))
            for outcome in study.counted
            for estimate in source(study_of(study, outcome), program_id)
        ]

    design.__doc__ = DESIGNS[name]
    design.__name__ = f"outcome_{name}"
    return design


for _name in DESIGNS:
    metric(f"outcome_{_name}", strand="outcome")(_design(_name))


def _renamed(estimate: Estimate, name: str, outcome: str, wanted: str) -> Estimate:
    """Return an estimate of crime as one of another count."""
    note = f"{wanted} {_worded(estimate.note)}".strip() if estimate.made else _worded(estimate.note)
    return replace(
        estimate,
        strand="outcome",
        metric=name,
        outcome=outcome,
        unit=_worded(estimate.unit),
        method=_worded(estimate.method),
        note=note,
    )


def _worded(text: str) -> str:
    """Return words on incidents as words on cases of anything."""
    text = re.sub(r"\b([Ii])ncident(s?)\b", lambda m: f"{'C' if m[1] == 'I' else 'c'}ase{m[2]}", text)
    return text.replace("The crime data hold", "The counts hold").replace("incidents or counts", "counts")
