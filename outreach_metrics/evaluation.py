"""One program through every metric: its estimates, adjusted for several outcomes, and what may be said."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist

import numpy as np

from outreach_metrics.check import Check
from outreach_metrics.errors import UnknownNameError
from outreach_metrics.estimate import Estimate
from outreach_metrics.evidence.claims import answer, claims, strongest, supported
from outreach_metrics.evidence.design import design_level
from outreach_metrics.evidence.gaps import missing_evidence, threats
from outreach_metrics.evidence.limits import must_not_be_said
from outreach_metrics.evidence.showing import estimate_words, estimates_table, interval_words
from outreach_metrics.evidence.wording import interval_level, label, listing, percent
from outreach_metrics.inference.multiplicity import benjamini_hochberg
from outreach_metrics.inference.pooling import pool
from outreach_metrics.metrics.crime import crime_checks, several_outcomes
from outreach_metrics.metrics.sentiment import sentiment_checks, several_measures
from outreach_metrics.registry import registered_metrics
from outreach_metrics.showing import Listing, listed, table
from outreach_metrics.study import Program, Study


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """Everything that is known about one program.

    Parameters
    ----------
    study : Study
    program : Program
    estimates : tuple of Estimate
        Of every registered metric, p-values adjusted over the outcomes of a metric.
    design_level : int or None
        The strongest design among the estimates of an effect that could be made.
    answer : tuple of str
        Three sentences: what changed, how sure, how strong the evidence.
    claims : tuple of str
        Sentences that may be used, with their intervals.
    threats : tuple of str
        What speaks against reading the numbers as the program's effect, in plain words.
    checks : tuple of Check
        Named checks of the outcome asked for and of every outcome with a clear change.
    must_not_be_said : tuple of str
        What the estimates do not bear, each with its reason.
    missing : tuple of str
        Evidence that the study does not hold, and what it would add.
    outcome : str
        The crime outcome that the answer is about; empty without counts.
    """

    study: Study
    program: Program
    estimates: tuple[Estimate, ...]
    design_level: int | None
    answer: tuple[str, ...]
    claims: tuple[str, ...]
    threats: tuple[str, ...]
    missing: tuple[str, ...]
    checks: tuple[Check, ...] = ()
    must_not_be_said: tuple[str, ...] = ()
    outcome: str = ""

    def __post_init__(self) -> None:
        listed(self, "estimates", "answer", "claims", "threats", "missing", "checks", "must_not_be_said")

    def __repr__(self) -> str:
        return (
            f"<Evaluation {self.program.program_id}: {len(self.estimates)} estimates, "
            f"design level {self.design_level or 'none'}>"
        )

    def _repr_html_(self) -> str:
        rows = list(zip(("What changed", "How sure", "How strong"), self.answer, strict=False))
        told = {
            "May be said": ("claims", self.claims),
            "Must not be said": ("must_not_be_said", self.must_not_be_said),
            "Other explanations": ("threats", self.threats),
            "Evidence that is missing": ("missing", self.missing),
        }
        rows += [(name, f"{len(texts)}, in .{field}") for name, (field, texts) in told.items()]
        last = {(e.strand, e.outcome): e for e in strongest(self.estimates)}
        changes = f"Changes; all {len(self.estimates)} estimates are in .estimates"
        shown = estimates_table(tuple(last.values()), changes) if last else ""
        return table(f"{self.program.name} ({self.program.program_id})", rows) + shown

    def select(self, *, strand: str = "", metric: str = "", outcome: str = "") -> tuple[Estimate, ...]:
        """Return the estimates that match every name given."""
        return Listing(
            e
            for e in self.estimates
            if strand in ("", e.strand) and metric in ("", e.metric) and outcome in ("", e.outcome)
        )


def adjusted(estimates: Sequence[Estimate]) -> list[Estimate]:
    """Return the estimates with Benjamini-Hochberg p-values over the outcomes of each metric and program."""
    families: dict[tuple[str, str], list[int]] = {}
    for position, estimate in enumerate(estimates):
        families.setdefault((estimate.program_id, estimate.metric), []).append(position)
    result = list(estimates)
    for positions in families.values():
        p_values = benjamini_hochberg(np.array([estimates[i].p_value for i in positions]))
        for position, p in zip(positions, p_values, strict=True):
            result[position] = replace(estimates[position], p_adjusted=float(p))
    return result


def evaluate_program(study: Study, program_id: str, outcome: str = "") -> Evaluation:
    """Evaluate one program with every registered metric.

    Parameters
    ----------
    study : Study
    program_id : str
    outcome : str
        Crime outcome that the answer is about; empty for the study's first.

    Raises
    ------
    UnknownNameError
        The study has no such program, or no such outcome; the message lists those there are.
    """
    program = study.program(program_id)
    outcomes = study.panel.outcomes if study.panel is not None else ()
    if outcome and outcome not in outcomes:
        raise UnknownNameError("outcome", outcome, outcomes)
    outcome = outcome or next(iter(outcomes), "")
    known = _known.get((program_id, outcome))
    if known is not None and known.study is study:
        return known
    made = [e for metric in registered_metrics().values() for e in metric.function(study, program_id)]
    estimates = tuple(adjusted(made))
    level = design_level(estimates)
    survey = _survey_checks(study, program_id, estimates)
    checks = (*_checks(study, program_id, estimates, outcome), *survey)
    first = survey[0].outcome if survey else ""
    own = [check for check in checks if check.outcome in ("", outcome, first)]
    return Evaluation(
        study=study,
        program=program,
        estimates=estimates,
        design_level=level,
        answer=answer(estimates, outcome, own),
        claims=claims(estimates),
        threats=threats(study, program, estimates, own),
        missing=missing_evidence(study, program, estimates),
        checks=checks,
        must_not_be_said=must_not_be_said(estimates, own, program.assignment),
        outcome=outcome,
    )


_known: dict[tuple[str, str], Evaluation] = {}


def remember(evaluations: Iterable[Evaluation]) -> None:
    """Let `evaluate_program` give these evaluations for their study without making them again."""
    _known.update({(made.program.program_id, made.outcome): made for made in evaluations})


def _checks(
    study: Study, program_id: str, estimates: tuple[Estimate, ...], outcome: str
) -> tuple[Check, ...]:
    """Check the outcome asked for, and every other that will be told as changed."""
    told = [e.outcome for e in strongest(estimates) if e.strand == "crime" and supported(e)]
    checks = [
        check
        for name in dict.fromkeys([outcome, *told])
        if name
        for check in crime_checks(study, program_id, name)
    ]
    return (*checks, several_outcomes(program_id, estimates, outcome)) if checks else ()


def _survey_checks(study: Study, program_id: str, estimates: tuple[Estimate, ...]) -> tuple[Check, ...]:
    """Check the first construct of the codebook that has a change, and every other told as changed."""
    changes = [e for e in estimates if e.metric == "sentiment_change" and e.made]
    told = [e.outcome for e in strongest(estimates) if e.strand == "sentiment" and supported(e)]
    constructs = dict.fromkeys([*(e.outcome for e in changes[:1]), *told])
    found = [check for name in constructs for check in sentiment_checks(study, program_id, name)]
    return (*found, several_measures(program_id, estimates, found[0].outcome)) if found else ()


def evaluate_study(
    study: Study, program_ids: Iterable[str] | None = None, outcome: str = ""
) -> Iterator[tuple[str, Evaluation | Exception]]:
    """Evaluate programs one after another; one that fails gives its exception and the others go on.

    Parameters
    ----------
    study : Study
    program_ids : iterable of str, optional
        All programs of the study when not given.
    outcome : str
        As for `evaluate_program`.

    Yields
    ------
    program_id : str
    result : Evaluation or Exception
    """
    for program_id in study.programs if program_ids is None else program_ids:
        try:
            yield program_id, evaluate_program(study, program_id, outcome)
        except Exception as error:
            yield program_id, error


SHARED = "Programs share comparison areas, so that there is no interval for their mean; see crime_att."


@dataclass(frozen=True, kw_only=True)
class PooledType:
    """Programs of one type together, for one crime outcome.

    Parameters
    ----------
    type, outcome : str
    program_ids : tuple of str
        Programs with an estimate and an interval.
    estimate : Estimate
        Mean relative effect of the programs, a ratio.
    prediction : tuple of float
        Where the true effect of one more such program would lie; NaN with fewer than 3 programs.
    heterogeneity : float
        Share of the differences between programs that chance does not explain (I squared), 0 to 1.
    """

    type: str
    outcome: str
    program_ids: tuple[str, ...]
    estimate: Estimate
    prediction: tuple[float, float]
    heterogeneity: float

    def __repr__(self) -> str:
        return f"<PooledType {self.type} {self.outcome}: {len(self.program_ids)} programs, {self.estimate!r}>"

    def _repr_html_(self) -> str:
        low, high = (replace(self.estimate, estimate=end) for end in self.prediction)
        one_more = f"{estimate_words(low)} to {estimate_words(high)}" if low.made else ""
        rows = [
            ("Programs", listing(list(self.program_ids), most=20)),
            ("Mean effect", estimate_words(self.estimate)),
            (interval_level(self.estimate), interval_words(self.estimate)),
            ("One more such program", one_more),
            ("Differences beyond chance", percent(self.heterogeneity)),
            ("Method", self.estimate.method),
            ("Note", self.estimate.note),
        ]
        return table(f"{label(self.type)}, {label(self.outcome).lower()}", [row for row in rows if row[1]])


def pooled_by_type(evaluations: Iterable[Evaluation]) -> tuple[PooledType, ...]:
    """Pool the relative effects on crime over the programs of each type that has two or more.

    Parameters
    ----------
    evaluations : iterable of Evaluation
        Each for the outcome it was asked for.

    Returns
    -------
    tuple of PooledType
        Random effects, restricted maximum likelihood, Knapp-Hartung interval; without an interval where
        programs share comparison areas, for then their estimates go up and down together. A program's
        standard error is taken from its interval as if that were normal, which never makes it too small.
    """
    groups: dict[tuple[str, str], list[Estimate]] = {}
    compared: dict[tuple[str, str], list[str]] = {}
    for evaluation in evaluations:
        for e in evaluation.select(metric="crime_relative_effect", outcome=evaluation.outcome):
            if e.made and 0 < e.conf_low < e.conf_high < math.inf and e.estimate > 0:
                key = (evaluation.program.type, e.outcome)
                groups.setdefault(key, []).append(e)
                compared.setdefault(key, []).extend(evaluation.program.comparison)
    return tuple(
        _pooled(*key, found, shared=len(set(compared[key])) < len(compared[key]))
        for key, found in groups.items()
        if len(found) > 1
    )


def _pooled(kind: str, outcome: str, found: list[Estimate], *, shared: bool) -> PooledType:
    logs = np.log([[e.estimate, e.conf_low, e.conf_high] for e in found])
    level = found[0].conf_level
    errors = (logs[:, 2] - logs[:, 1]) / (2 * NormalDist().inv_cdf((1 + level) / 2))
    pooled = pool(logs[:, 0], errors, conf_level=level)
    ratio, low, high = (math.exp(value) for value in pooled.mean[:3])
    estimate = Estimate(
        program_id="",
        strand="crime",
        metric="crime_relative_effect",
        outcome=outcome,
        group=kind,
        estimate=ratio,
        conf_low=low,
        conf_high=high,
        p_value=pooled.mean.p_value,
        conf_level=level,
        unit="ratio",
        method="random effects, restricted maximum likelihood, Knapp-Hartung interval",
        design_level=min(e.design_level or 1 for e in found),
        note=pooled.reason,
    )
    prediction = (math.exp(pooled.prediction[0]), math.exp(pooled.prediction[1]))
    if shared:
        nothing = {"conf_low": math.nan, "conf_high": math.nan, "p_value": math.nan}
        estimate = replace(estimate, **nothing, note=SHARED)
        prediction = (math.nan, math.nan)
    names = tuple(e.program_id for e in found)
    return PooledType(
        type=kind,
        outcome=outcome,
        program_ids=names,
        estimate=estimate,
        prediction=prediction,
        heterogeneity=pooled.i2,
    )
