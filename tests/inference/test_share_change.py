"""Change in a share against statsmodels (the numbers of R's glm), closed forms and simulation."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from outreach_metrics.inference.share_change import share_change

AFTER = np.arange(12) > 5
CALLS = np.array([50, 62, 48, 70, 55, 61, 58, 66, 49, 72, 60, 57])
DIVERTED = np.array([8, 19, 7, 15, 20, 9, 25, 14, 21, 33, 15, 24])
OTHER_CALLS = np.array([90, 84, 77, 95, 88, 91, 86, 93, 80, 97, 89, 85])
OTHER = np.array([20, 11, 24, 18, 13, 25, 17, 26, 12, 22, 24, 15])


def fitted(counts, totals):
    """R: glm(cbind(count, total - count) ~ after * group, family = quasibinomial(link = "log")).

    Return the log ratio, its standard error, the Pearson dispersion and the degrees of freedom.
    """
    import statsmodels.api as sm

    group = np.repeat(np.arange(len(counts))[::-1], len(AFTER))
    after = np.tile(AFTER, len(counts)).astype(float)
    terms = [np.ones(len(after)), after]
    terms += [group, after * group] if len(counts) > 1 else []
    count, total = np.concatenate(counts), np.concatenate(totals)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        family = sm.families.Binomial(sm.families.links.Log())
        model = sm.GLM(np.column_stack([count, total - count]), np.column_stack(terms), family=family).fit()
    mean = model.fittedvalues
    spread = (total * (count / total - mean) ** 2 / (mean * (1 - mean))).sum() / model.df_resid
    return model.params[-1], model.bse[-1] * np.sqrt(spread), spread, model.df_resid


@pytest.mark.parametrize("pairs", [1, 2])
def test_ratio_error_and_dispersion_are_those_of_the_regression(pairs):
    counts, totals = [DIVERTED, OTHER][:pairs], [CALLS, OTHER_CALLS][:pairs]
    found, (log_ratio, error, spread, df) = share_change(counts, totals, AFTER), fitted(counts, totals)
    # These residuals go up and down, so that the correlation adds nothing to the dispersion.
    assert (found.ratio.estimate, found.df) == (pytest.approx(np.exp(log_ratio), rel=1e-6), df)
    assert found.dispersion == pytest.approx(spread, rel=1e-6)
    assert spread > 1
    reach = np.log(found.ratio.conf_high / found.ratio.estimate)
    assert reach == pytest.approx(stats.t.ppf(0.975, df) * error, rel=1e-6)


def test_periods_without_a_total_tell_nothing():
    padded = [np.append(column, 0) for column in (DIVERTED, CALLS)]
    after = np.append(AFTER, True)
    assert share_change([padded[0]], [padded[1]], after) == share_change([DIVERTED], [CALLS], AFTER)


@pytest.mark.parametrize(
    "counts, totals, reason",
    [
        (np.where(AFTER, DIVERTED, 0), CALLS, "no count"),
        (np.where(AFTER, DIVERTED, 0), np.where(AFTER, CALLS, 0), "no total"),
    ],
)
def test_an_empty_side_gives_a_reason(counts, totals, reason):
    found = share_change([counts], [totals], AFTER)
    assert np.isnan(found.ratio.estimate)
    assert reason in found.reason


def test_all_counted_has_no_interval_and_a_few_periods_neither():
    whole = share_change([CALLS], [CALLS], AFTER)
    assert whole.ratio.estimate == 1
    assert np.isnan(whole.ratio.conf_low) and whole.reason
    short = share_change([DIVERTED[4:8]], [CALLS[4:8]], AFTER[4:8])
    assert np.isnan(short.ratio.conf_low) and "few periods" in short.reason


@pytest.mark.parametrize("counts, totals", [([3, 4], [2, 5]), ([-1, 1], [2, 2]), ([1, 2, 3], [4, 4])])
def test_a_count_above_its_total_is_refused(counts, totals):
    with pytest.raises(ValueError):
        share_change([np.array(counts)], [np.array(totals)], np.array([False, True]))


@given(st.integers(0, 10_000))
def test_swapping_periods_or_groups_inverts_the_ratio(seed):
    rng = np.random.default_rng(seed)
    totals = [rng.integers(20, 80, 12) for _ in range(2)]
    counts = [rng.binomial(total, 0.3) for total in totals]
    found = share_change(counts, totals, AFTER)
    if not np.isfinite(found.ratio.conf_low):
        return
    swapped = share_change(counts[::-1], totals[::-1], AFTER)
    assert swapped.ratio.estimate == pytest.approx(1 / found.ratio.estimate)
    assert (found.ratio.p_value < 0.05) == (not found.ratio.conf_low <= 1 <= found.ratio.conf_high)
    backwards = share_change([c[::-1] for c in counts], [t[::-1] for t in totals], ~AFTER[::-1])
    assert backwards.ratio.conf_low == pytest.approx(1 / found.ratio.conf_high)


def test_shares_that_vary_more_than_chance_and_follow_each_other_seldom_alarm():
    rng, alarms, draws = np.random.default_rng(3), 0, 400
    after = np.arange(24) > 11
    for _ in range(draws):
        noise = rng.normal(size=24)
        for t in range(1, 24):
            noise[t] = 0.4 * noise[t - 1] + np.sqrt(1 - 0.16) * noise[t]
        total = rng.poisson(80, 24)
        count = rng.binomial(total, 1 / (1 + np.exp(1 - 0.3 * noise)))
        alarms += share_change([count], [total], after).ratio.p_value < 0.05
    assert alarms / draws < 0.085
