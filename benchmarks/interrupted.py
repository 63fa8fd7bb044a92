"""A hundred interrupted time series at once against a loop of formulas, on the same seeded counts."""

from __future__ import annotations

from importlib.metadata import version

import numpy as np
from scipy import stats

from benchmarks.comparison import Comparison, seconds
from outreach_metrics.inference.interrupted import interrupted_many

SERIES, PERIODS = 100, 60
FORMULA = "count ~ after + time + after:since + np.sin(6.283185307179586 * time)"
FORMULA += " + np.cos(6.283185307179586 * time)"


def _counts() -> np.ndarray:
    months = np.arange(PERIODS)
    mean = 40 * np.exp(0.2 * np.sin(2 * np.pi * months / 12) - 0.004 * months)
    return np.random.default_rng(0).negative_binomial(mean / 2, 1 / 3, (SERIES, PERIODS))


def _formulas(counts: np.ndarray) -> np.ndarray:
    """Return the log level and its standard error of each series."""
    import pandas as pd
    import statsmodels.api as sm
    import statsmodels.formula.api as smf

    months = np.arange(PERIODS)
    frame = pd.DataFrame({"time": months / 12, "after": (months >= PERIODS // 2).astype(float)})
    frame["since"] = frame["time"] - PERIODS / 24
    found = []
    for row in counts:
        model = smf.glm(FORMULA, frame.assign(count=row), family=sm.families.Poisson())
        fit = model.fit(scale="X2")
        found.append((fit.params["after"], fit.bse["after"]))
    return np.array(found)


def compare() -> list[Comparison]:
    """Quasi-Poisson fits with step, change of trend and season."""
    counts, after = _counts(), np.arange(PERIODS) >= PERIODS // 2

    def ours(covariance: str = "independent") -> object:
        return interrupted_many(counts, after, harmonics=1, covariance=covariance)

    theirs = _formulas(counts)
    level = ours().level
    np.testing.assert_allclose(np.log(level.estimate), theirs[:, 0], atol=1e-8)
    reach = np.log(level.conf_high / level.estimate) / stats.t.ppf(0.975, PERIODS - 6)
    np.testing.assert_allclose(reach, theirs[:, 1], atol=1e-7)
    slow = seconds(lambda: _formulas(counts), repeat=2)
    peer = f"statsmodels {version('statsmodels')}, a formula a series"
    work = f"{SERIES} interrupted time series of {PERIODS} months"
    return [
        Comparison(work=work, peer=peer, ours=seconds(ours), theirs=slow, wanted=10),
        Comparison(
            work=f"{work}, autocorrelation by restricted likelihood",
            peer=peer,
            ours=seconds(lambda: ours("autoregressive")),
            theirs=slow,
            wanted=10,
            note="the peer fits without autocorrelation",
        ),
    ]
