"""Every estimator of surveys and attendance with nothing, one, only equal, missing or infinite numbers."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import math
import warnings
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import pytest

from outreach_metrics.inference import (
    Result,
    agreement,
    association,
    concentration,
    design_based,
    effect_size,
    equivalence,
    mixed,
    network,
    ordinal,
    paired,
    raking,
    rao_scott,
    reliability,
    representation,
    sampling,
    scales,
    survey,
    survival,
    trend,
    waves,
)

MODULES = [agreement, association, concentration, design_based, effect_size, equivalence, mixed, ordinal]
MODULES += [paired, raking, rao_scott, reliability, representation, sampling, scales, survey]
MODULES += [survival, trend, waves]

INPUTS = {
    "empty": np.empty(0),
    "missing": np.full(8, math.nan),
    "one": np.array([1.0]),
    "one and missing": np.array([1.0] + [math.nan] * 7),
    "equal": np.ones(8),
    "zeros": np.zeros(8),
    "infinite": np.array([0.0, 1, 1, 0, 1, 0, 0, math.inf]),
    "all infinite": np.full(8, math.inf),
    "two": np.array([0.0, 1.0]),
}
NOTHING = ("empty", "missing", "all infinite")
ONE = ("one", "one and missing")
ALIKE = ("equal", "zeros")
"""Inputs from which no interval can be made, unless the model itself knows the variance."""


class Case(NamedTuple):
    """How an estimator is called with numbers; what no effect is; where there may be an interval."""

    call: Callable[[np.ndarray], Any]
    null: float = 0.0
    bounded: tuple[str, ...] = ()


def ones(values: np.ndarray) -> sampling.Design:
    return sampling.Design(np.ones(len(values)))


def halves(values: np.ndarray) -> np.ndarray:
    return np.arange(len(values)) % 2 == 1


def steps(values: np.ndarray) -> np.ndarray:
    return np.arange(float(len(values)))


def pairs(values: np.ndarray) -> np.ndarray:
    return np.column_stack([values, values[::-1]])


def table(values: np.ndarray) -> np.ndarray:
    return np.resize(values, (2, 2)) if len(values) else np.empty((0, 0))


def total(values: np.ndarray) -> float:
    return float(values.sum())


COUNTED = (*ONE, *ALIKE)
CASES = {
    "agreement.krippendorff_alpha": Case(lambda v: agreement.krippendorff_alpha(pairs(v).T)),
    "agreement.krippendorff_interval": Case(
        lambda v: [
            agreement.krippendorff_interval(pairs(v).T, level, draws=20) for level in ("nominal", "ratio")
        ]
    ),
    "agreement.percent_agreement": Case(lambda v: agreement.percent_agreement(pairs(v).T)),
    "agreement.cohen_kappa": Case(
        lambda v: [agreement.cohen_kappa(table(v), w) for w in (None, "linear")], bounded=COUNTED
    ),
    "agreement.fleiss_kappa": Case(lambda v: agreement.fleiss_kappa(pairs(v))),
    "association.dose_response": Case(lambda v: association.dose_response(steps(v), v)),
    "concentration.gini": Case(concentration.gini),
    "concentration.gini_interval": Case(lambda v: concentration.gini_interval(v, corrected=True)),
    "concentration.lorenz": Case(concentration.lorenz),
    "concentration.top_share": Case(concentration.top_share),
    "design_based.contrast": Case(
        lambda v: [
            design_based.contrast([v], [1]).result(),
            design_based.contrast([v], [1], small_sample=True).result(),
            design_based.contrast([v, v], [1, -1]).result(),
        ]
    ),
    "design_based.share_interval": Case(
        lambda v: design_based.share_interval(design_based.contrast([v], [1]), len(v)), bounded=COUNTED
    ),
    "design_based.wilson": Case(lambda v: design_based.wilson(total(v), len(v)), bounded=COUNTED),
    "effect_size.cohens_d": Case(
        lambda v: [effect_size.cohens_d(v, v[::-1], pooled=p, hedges=not p) for p in (True, False)]
    ),
    "effect_size.cliffs_delta": Case(
        lambda v: [
            effect_size.cliffs_delta(v, v + 1, variance=kind, reference=scale)
            for kind, scale in (("unbiased", "t"), ("consistent", "normal"))
        ],
        bounded=("equal", "zeros"),
    ),
    "effect_size.mann_whitney": Case(lambda v: effect_size.mann_whitney(v, v + 1)),
    "effect_size.newcombe_difference": Case(
        lambda v: effect_size.newcombe_difference(total(v), len(v), 0, len(v)), bounded=COUNTED
    ),
    "equivalence.equivalence": Case(
        lambda v: [equivalence.equivalence(one, one, one, 1.0) for one in v], bounded=(*ONE, "equal")
    ),
    "mixed.random_effects": Case(
        lambda v: [
            mixed.random_effects(v, np.arange(len(v)) // 2),
            mixed.random_effects(v, np.arange(len(v)) // 4, steps(v), slopes=True),
            mixed.random_effects(steps(v), np.arange(len(v)) // 4, v),
        ]
    ),
    "network.Network": Case(
        lambda v: [
            [made.density, made.degree_centralization, made.betweenness_centralization, made.transitivity]
            for made in (
                network.Network(range(len(v)), []),
                network.Network(range(len(v)), [(0, one) for one in range(len(v))]),
            )
        ]
    ),
    "ordinal.ordinal_logit": Case(
        lambda v: [
            ordinal.ordinal_logit(v, steps(v)[:, None]),
            ordinal.ordinal_logit(v, np.empty((len(v), 0))),
            ordinal.ordinal_logit(steps(v), v[:, None]),
        ],
        null=1.0,
    ),
    "ordinal.ordinal_change": Case(lambda v: ordinal.ordinal_change(v, v[::-1]), null=1.0),
    "paired.paired_change": Case(
        lambda v: [paired.paired_change(v, v[::-1]), paired.paired_change(v, v + 1)]
    ),
    "paired.both_answered": Case(lambda v: paired.both_answered(v, v)),
    "paired.mcnemar": Case(
        lambda v: paired.mcnemar(kept=0, gained=total(v), lost=0, never=len(v)).difference,
        bounded=(*COUNTED, "empty"),
    ),
    "paired.stuart_maxwell": Case(lambda v: paired.stuart_maxwell(table(v))),
    "paired.bowker": Case(lambda v: paired.bowker(table(v))),
    "paired.signed_rank": Case(
        lambda v: [paired.signed_rank(v, v[::-1]), paired.signed_rank(v, v + 1)], bounded=(*ONE, *ALIKE)
    ),
    "raking.rake": Case(
        lambda v: [
            raking.rake(v, [halves(v).astype(int)], [np.array([3.0, 4])]),
            raking.rake(np.ones(len(v)), [halves(v).astype(int)], [v]),
        ]
    ),
    "raking.poststratify": Case(lambda v: raking.poststratify(v, halves(v).astype(int), np.ones(2), least=2)),
    "raking.calibrate": Case(
        lambda v: [
            raking.calibrate(v, np.ones((len(v), 1)), np.array([5.0])),
            raking.calibrate(np.ones(len(v)), v[:, None], np.array([5.0])),
        ]
    ),
    "raking.trim": Case(lambda v: [raking.trim(v, 0.5, 2.0), raking.trim(v, strict=False)]),
    "raking.kish_effective": Case(raking.kish_effective),
    "raking.kish_design_effect": Case(raking.kish_design_effect),
    "rao_scott.rao_scott": Case(
        lambda v: [rao_scott.rao_scott(v, halves(v), ones(v), statistic=kind) for kind in ("F", "Chisq")]
    ),
    "reliability.cronbach_alpha": Case(
        lambda v: [reliability.cronbach_alpha(pairs(v), missing=how) for how in ("pairwise", "listwise")]
    ),
    "reliability.icc": Case(lambda v: [reliability.icc(pairs(v)), reliability.icc(np.column_stack([v, v]))]),
    "reliability.cluster_icc": Case(lambda v: reliability.cluster_icc(v, np.arange(len(v)) // 2)),
    "representation.representation_ratio": Case(
        lambda v: representation.representation_ratio(total(v), len(v), 0.5), null=1.0, bounded=COUNTED
    ),
    "representation.standardized_difference": Case(
        lambda v: representation.standardized_difference(v, v[::-1], deviation="pooled")
    ),
    "representation.standardized_share_difference": Case(
        lambda v: representation.standardized_share_difference(v, v[::-1])
    ),
    "representation.mean_standardized_difference": Case(
        lambda v: representation.mean_standardized_difference([v, v])
    ),
    "representation.goodness_of_fit": Case(
        lambda v: [
            representation.goodness_of_fit(v, np.ones(len(v)), draws=9),
            representation.goodness_of_fit(np.ones(len(v)), v, statistic="likelihood", draws=9),
        ]
    ),
    "representation.r_indicator": Case(
        lambda v: [
            representation.r_indicator(np.column_stack([np.ones(len(v)), v]), halves(v)),
            representation.r_indicator(np.ones((len(v), 1)), halves(v), counts=v),
        ]
    ),
    "representation.r_indicator_of_categories": Case(
        lambda v: representation.r_indicator_of_categories(v, np.full(len(v), 2.0))
    ),
    "sampling.codes_of": Case(lambda v: sampling.codes_of(v)),
    "sampling.Design": Case(
        lambda v: [sampling.Design(v).degrees_of_freedom(), sampling.Design(np.ones(len(v)), population=v)]
    ),
    "scales.turned": Case(lambda v: scales.turned(pairs(v), 0, 1, [False, True])),
    "scales.score": Case(lambda v: scales.score(pairs(v), 0, 1)),
    "scales.floor_share": Case(lambda v: [scales.floor_share(v), scales.floor_share(np.ones(len(v)), v)]),
    "scales.ceiling_share": Case(lambda v: scales.ceiling_share(v, np.ones(len(v)))),
    "scales.answer_shares": Case(lambda v: scales.answer_shares(pairs(v), 0, 1)),
    "scales.likert_summary": Case(scales.likert_summary),
    "scales.net_promoter": Case(scales.net_promoter),
    "scales.net_promoter_from_counts": Case(lambda v: scales.net_promoter_from_counts(total(v), 0, len(v))),
    "survey.mean": Case(lambda v: survey.mean(v, ones(v)).result()),
    "survey.ratio": Case(
        lambda v: [survey.ratio(v, steps(v) + 1, ones(v)).result(), survey.ratio(v, v, ones(v)).result()],
        bounded=("equal",),
    ),
    "survey.total": Case(lambda v: survey.total(v, ones(v)).result()),
    "survey.share": Case(
        lambda v: [survey.share(v, ones(v), method=method) for method in survey.SHARE_METHODS],
        bounded=(*ALIKE, "one and missing"),
    ),
    "survey.effective_size": Case(lambda v: survey.effective_size(ones(v))),
    "survey.domain_means": Case(lambda v: survey.domain_means(v, halves(v), ones(v))),
    "survey.quantile": Case(lambda v: survey.quantile(v, 0.5, ones(v))),
    "survey.regression": Case(lambda v: survey.regression(v, np.ones((len(v), 1)), ones(v))),
    "survey.t_test": Case(lambda v: survey.t_test(v, halves(v), ones(v)).result()),
    "survey.design_effect": Case(lambda v: survey.design_effect(v, ones(v), replace=True)),
    "survival.kaplan_meier": Case(
        lambda v: [
            (curve, curve.at(0.5), curve.median(), curve.restricted_mean(0.5))
            for curve in (survival.kaplan_meier(v, np.ones(len(v))), survival.kaplan_meier(v, halves(v)))
        ]
    ),
    "survival.log_rank": Case(lambda v: survival.log_rank(v, np.ones(len(v)), halves(v))),
    "trend.count_regression": Case(
        lambda v: [
            trend.count_regression(v, np.ones((len(v), 1))),
            trend.count_regression(steps(v), pairs(v)),
        ]
    ),
    "trend.count_trend": Case(
        lambda v: [trend.count_trend(v, steps(v)), trend.count_trend(steps(v), v)], null=1.0, bounded=ALIKE
    ),
    "trend.relative_trend": Case(
        lambda v: [
            trend.relative_trend(v, steps(v), np.ones(len(v)), steps(v)),
            trend.relative_trend(steps(v), steps(v), np.ones(len(v)), v),
            trend.relative_trend(steps(v), steps(v), v, steps(v)),
        ],
        null=1.0,
        bounded=ALIKE,
    ),
    "waves.trend_in_shares": Case(
        lambda v: [
            waves.trend_in_shares(v, np.full(len(v), 3.0)),
            waves.trend_in_shares(np.ones(len(v)), np.full(len(v), 3.0), v),
        ],
        bounded=ALIKE,
    ),
    "waves.wave_trend": Case(
        lambda v: [
            waves.wave_trend(v, steps(v)),
            waves.wave_trend(steps(v), v),
            waves.wave_trend(v, steps(v) % 4, np.arange(len(v)) // 4, model="slopes"),
        ]
    ),
    "waves.friedman": Case(lambda v: waves.friedman(pairs(v))),
}
HELPERS = {
    "effect_size.answered", "effect_size.varies", "effect_size.hedges_factor", "effect_size.standardized",
    "effect_size.noncentrality", "effect_size.square_and_add", "effect_size.wilson_limits",
    "effect_size.matched", "mixed.times_seen", "sampling.sums",
}  # fmt: skip
"""Steps of other functions, which have no input of their own that a file could bring."""


def results(found: Any) -> Iterator[Result]:
    """Yield every result within what an estimator returned."""
    if isinstance(found, Result):
        yield found
    elif isinstance(found, dict):
        yield from results(list(found.values()))
    elif isinstance(found, list | tuple):
        for part in found:
            yield from results(part)
    elif dataclasses.is_dataclass(found):
        yield from results([getattr(found, field.name) for field in dataclasses.fields(found)])


def test_every_public_function_has_its_corners_tried():
    for module in MODULES:
        short = module.__name__.rpartition(".")[2]
        own = [name for name, part in inspect.getmembers(module, inspect.isfunction)
               if part.__module__ == module.__name__ and not name.startswith("_")]  # fmt: skip
        assert own
        assert {f"{short}.{name}" for name in own} <= CASES.keys() | HELPERS
    for name in HELPERS:
        assert hasattr(
            importlib.import_module(f"outreach_metrics.inference.{name.split('.')[0]}"), name.split(".")[1]
        )


@pytest.mark.parametrize("kind", INPUTS)
@pytest.mark.parametrize("name", CASES)
def test_corners_give_no_interval_and_no_crash(name, kind):
    case, values = CASES[name], INPUTS[kind].copy()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            found = case.call(values)
        except ValueError as error:
            assert type(error) is ValueError
            return
    assert np.array_equal(values, INPUTS[kind], equal_nan=True)
    for one in results(found):
        estimate, low, high, p = one
        interval = math.isfinite(low) and math.isfinite(high)
        if kind in (*NOTHING, *ONE, *ALIKE) and kind not in case.bounded:
            assert not interval, one
        if interval:
            assert low <= estimate + 1e-9 and estimate - 1e-9 <= high, one
        if not math.isnan(p):
            assert 0 <= p <= 1
            assert not (math.isnan(low) or math.isnan(high)), one
            if abs(p - 0.05) > 1e-9:
                assert (p < 0.05) == (case.null < low or high < case.null), one
