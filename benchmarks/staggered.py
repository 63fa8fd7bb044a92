"""Group-time effects and their four averages, against csdid and diff-diff."""

from __future__ import annotations

import contextlib
import io
import math
import warnings
from importlib.metadata import version

import numpy as np
import pandas as pd

from benchmarks.comparison import Comparison, seconds
from outreach_metrics.inference.staggered import GroupTimeEffects, aggregate, group_time_effects

KINDS = ("simple", "dynamic", "group", "calendar")
GROUPS = "group-time effects, never treated"
ALL = "group-time effects and four averages, never treated"


def panel() -> tuple[np.ndarray, np.ndarray]:
    """Return log employment made up in the shape of mpdta of R did: 500 counties, 5 years, 3 cohorts."""
    random = np.random.default_rng(2004)
    cohort = np.repeat([1, 3, 4, np.inf], [20, 40, 131, 309])
    level = random.normal(5.8, 1.5, (500, 1)) + random.normal(0, 0.1, (500, 5)).cumsum(axis=1)
    return level - 0.04 * (np.arange(5) >= cohort[:, None]), cohort


def frame(outcome: np.ndarray, cohort: np.ndarray) -> pd.DataFrame:
    """Return the panel in the long form of the peers; their cohort 0 is never."""
    unit, period = np.indices(outcome.shape)
    start = np.where(np.isfinite(cohort), cohort + 1, 0.0)
    columns = {"unit": unit.ravel(), "period": period.ravel() + 1, "y": outcome.ravel()}
    return pd.DataFrame(columns | {"start": start[unit.ravel()]})


def compare() -> list[Comparison]:
    """Measure both peers on the same panel; a peer that is not installed is told."""
    outcome, cohort = panel()
    effects = group_time_effects(outcome, cohort)
    ours = seconds(lambda: group_time_effects(outcome, cohort), repeat=20)
    whole = seconds(lambda: averages(group_time_effects(outcome, cohort)), repeat=20)
    made = frame(outcome, cohort)
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        return [
            *with_csdid(made, effects, ours, whole),
            with_diff_diff(made, effects, ours),
        ]


def averages(effects: GroupTimeEffects) -> np.ndarray:
    """Return the four overall averages."""
    return np.array([aggregate(effects, kind).overall.estimate for kind in KINDS])


def with_csdid(made: pd.DataFrame, effects: GroupTimeEffects, ours: float, whole: float) -> list[Comparison]:
    """Compare with csdid: the effects alone, and with the averages."""
    works = ((GROUPS, ours), (ALL, whole))
    try:
        from csdid.att_gt import ATTgt
    except ImportError:
        return [absent(work, "csdid", mine) for work, mine in works]

    def fit() -> ATTgt:
        peer = ATTgt(
            yname="y", tname="period", idname="unit", gname="start", data=made, control_group="nevertreated"
        )
        return peer.fit(est_method="reg", bstrap=False)

    def fit_and_average() -> list[float]:
        fitted = fit()
        return [float(fitted.aggte(typec=kind, bstrap=False).atte["overall_att"]) for kind in KINDS]

    np.testing.assert_allclose(np.array(fit().results["att"], dtype=float), effects.att, atol=1e-9)
    np.testing.assert_allclose(fit_and_average(), averages(effects), atol=1e-9)
    theirs = (seconds(fit, repeat=5), seconds(fit_and_average, repeat=3))
    return [measured(work, "csdid", mine, peer) for (work, mine), peer in zip(works, theirs, strict=True)]


def with_diff_diff(made: pd.DataFrame, effects: GroupTimeEffects, ours: float) -> Comparison:
    """Compare with diff-diff: the effects, which it makes along with its simple average."""
    try:
        from diff_diff import CallawaySantAnna
    except ImportError:
        return absent(GROUPS, "diff-diff", ours)

    def fit() -> dict[tuple[float, float], dict[str, float]]:
        peer = CallawaySantAnna(control_group="never_treated", estimation_method="reg")
        found = peer.fit(made, outcome="y", unit="unit", time="period", first_treat="start")
        return found.group_time_effects

    theirs = fit()
    cells = zip(effects.groups + 1, effects.times + 1, effects.att, strict=True)
    mine = {(group, time): att for group, time, att in cells}
    for cell, found in theirs.items():
        np.testing.assert_allclose(found["effect"], mine[cell], atol=1e-9)
    return measured(GROUPS, "diff-diff", ours, seconds(fit))


def measured(work: str, peer: str, ours: float, theirs: float) -> Comparison:
    """Return a comparison of one work; the panel is told in the note."""
    note = "500 units, 5 periods, 3 cohorts, the shape of mpdta; from arrays here, from a frame there"
    return Comparison(
        work=work, peer=f"{peer} {version(peer)}", ours=ours, theirs=theirs, wanted=1, note=note
    )


def absent(work: str, peer: str, ours: float) -> Comparison:
    """Return a comparison with a peer that is not there."""
    return Comparison(
        work=work, peer=peer, ours=ours, theirs=math.nan, wanted=1, note=f"{peer} is not installed"
    )
