"""How many people newsletters, social media, apps and tip lines reach, and how many of them answer."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd

from outreach_metrics.estimate import Estimate
from outreach_metrics.inference.design_based import contrast, share_interval
from outreach_metrics.inference.sampling import Design
from outreach_metrics.inference.survey import ratio
from outreach_metrics.inference.trend import count_trend
from outreach_metrics.registry import metric
from outreach_metrics.study import Study

CONTACTS = "Contacts, not people: whoever is reached twice counts twice."
LEAST_MONTHS = 12
_MONTHS_A_YEAR = 12

Make = Callable[[pd.DataFrame, Estimate], Estimate]


def _posts(study: Study, program_id: str) -> pd.DataFrame:
    """Return the rows of a program's channels in order: `month`, `channel`, `reach`, `engagements`."""
    study.program(program_id)
    rows = study.table("channels")
    rows = rows[rows["program_id"] == program_id].sort_values(["channel", "date"], kind="stable")
    frame = pd.DataFrame({"channel": rows["channel"].astype(str)})
    frame["month"] = pd.PeriodIndex(pd.to_datetime(rows["date"]), freq="M")
    for name in ("reach", "engagements"):
        frame[name] = pd.to_numeric(rows[name]).astype(float) if name in rows else np.nan
    return frame.reset_index(drop=True)


def _each_channel(study: Study, program_id: str, empty: Estimate, make: Make) -> list[Estimate]:
    """Make an estimate of each channel (`outcome`); of few people reached or answering there is none."""
    posts = _posts(study, program_id)
    if posts.empty:
        return [empty.declined("The study has no channels of this program.")]
    made = [
        make(own, replace(empty, outcome=str(name))) for name, own in posts.groupby("channel", sort=False)
    ]
    return [replace(one, note=_joined(one.note)) for one in made]


def _template(program_id: str, name: str, unit: str, method: str) -> Estimate:
    return Estimate(program_id=program_id, strand="outcome", metric=name, unit=unit, method=method)


def _joined(*notes: str) -> str:
    return " ".join(note for note in notes if note)


def _few(study: Study, people: float, empty: Estimate, what: str = "reached") -> Estimate | None:
    """Return the estimate without a number where it is about a few people; None otherwise."""
    least = study.settings.min_cell
    return empty.declined(f"Suppressed: fewer than {least} people {what}.") if 0 < people < least else None


def _left_out(posts: pd.DataFrame, kept: pd.Series, why: str) -> str:
    count = int((~kept).sum())
    return f"{count} of {len(posts)} rows {'is' if count == 1 else 'are'} left out: {why}." if count else ""


@metric("channel_reach", strand="outcome")
def channel_reach(study: Study, program_id: str) -> list[Estimate]:
    """Contacts made through each channel: in all, and a month.

    The sum over all rows, a full count; group "per month" is the mean over months with a t interval. Rows
    without a number are left out. Reach of several rows counts the same people again.
    """
    empty = _template(program_id, "channel_reach", "contacts", "sum over rows")
    totals = _each_channel(study, program_id, empty, lambda own, one: _total(study, own, one))
    monthly = replace(empty, unit="contacts per month", method="mean over months, t interval")
    monthly = replace(monthly, group="per month")
    if not any(one.made for one in totals):
        return totals
    return [*totals, *_each_channel(study, program_id, monthly, lambda own, one: _monthly(study, own, one))]


def _total(study: Study, own: pd.DataFrame, empty: Estimate) -> Estimate:
    known = own["reach"].notna()
    if not known.any():
        return empty.declined("The reach of this channel is not recorded.")
    total = float(own["reach"].sum())
    note = _joined(
        "A full count of what was recorded: it has no sampling interval.",
        CONTACTS,
        _left_out(own, known, "their reach is not recorded"),
    )
    made = replace(empty, estimate=total, n_after=float(known.sum()), note=note)
    return _few(study, total, empty) or made


def _monthly(study: Study, own: pd.DataFrame, empty: Estimate) -> Estimate:
    months = own.dropna(subset=["reach"]).groupby("month")["reach"].sum()
    if months.empty:
        return empty.declined("The reach of this channel is not recorded.")
    few = _few(study, float(months.sum()), empty)
    if few:
        return few
    result = contrast([months.to_numpy()], [1.0]).result()
    bare = math.isnan(result.conf_low)
    values = result._replace(p_value=math.nan, conf_low=math.nan if bare else max(result.conf_low, 0.0))
    note = _joined("Too few or too even months for an interval." if bare else "", CONTACTS)
    return replace(empty, **values._asdict(), n_after=float(len(months)), note=note)


@metric("channel_engagement_rate", strand="outcome")
def channel_engagement_rate(study: Study, program_id: str) -> list[Estimate]:
    """Answers (shares, clicks, tips) for each contact, of each channel.

    Engagements / reach over all rows, so that a row weighs as many contacts as it made; its standard error
    is linearised over the rows (Cochran WG (1977) Sampling Techniques, section 2.11), so that it holds when
    rows differ by more than chance, and the interval is set on the logit scale. A row without both numbers,
    or with engagements and nobody reached, is left out. R: `survey::svyratio(~engagements, ~reach, design)`.
    """
    how = "engagements / reach, linearised ratio over rows, logit interval"
    empty = _template(program_id, "channel_engagement_rate", "share", how)
    return _each_channel(study, program_id, empty, lambda own, one: _rate(study, own, one))


def _usable(own: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """Return the rows with contacts and answers, and what is told of the others."""
    known = own["reach"].notna() & own["engagements"].notna()
    odd = known & (own["reach"] == 0) & (own["engagements"] > 0)
    notes = [
        _left_out(own, known, "reach or engagements are not recorded"),
        _left_out(own, ~odd, "they have engagements and a reach of 0, which cannot be"),
    ]
    return own[known & (own["reach"] > 0)], _joined(*notes)


def _rate(study: Study, own: pd.DataFrame, empty: Estimate) -> Estimate:
    rows, told = _usable(own)
    if rows.empty:
        return empty.declined(_joined("There is no row with a reach above 0 and engagements.", told))
    reach, answers = rows["reach"].to_numpy(), rows["engagements"].to_numpy()
    few = _few(study, reach.sum(), empty) or _few(study, answers.sum(), empty, "engaged")
    if few:
        return few
    if answers.sum() > reach.sum():
        reason = "There are more engagements than contacts: people engage several times, so it is no share."
        return empty.declined(_joined(reason, told))
    found = ratio(answers, reach, Design(np.ones(len(rows))))
    several = int((answers > reach).sum())
    more = f"In {several} of {len(rows)} rows there are more engagements than contacts." if several else ""
    if len(rows) < 2 or not found.standard_error > 0:
        bare = "Too few or too even rows for an interval."
        return replace(
            empty, estimate=found.estimate, n_after=float(len(rows)), note=_joined(bare, told, more)
        )
    result = share_interval(found, float(reach.sum()))
    return replace(empty, **result._asdict(), n_after=float(len(rows)), note=_joined(told, more))


@metric("channel_reach_trend", strand="outcome")
def channel_reach_trend(study: Study, program_id: str) -> list[Estimate]:
    """Factor by which the contacts of a month change per year, of each channel.

    Negative binomial regression on time; takes 12 months, with 24 the season is taken out.
    """
    empty = _template(
        program_id, "channel_reach_trend", "ratio per year", "negative binomial regression on time"
    )
    return _each_channel(study, program_id, empty, lambda own, one: _trend(study, own, one, "reach"))


@metric("channel_engagement_trend", strand="outcome")
def channel_engagement_trend(study: Study, program_id: str) -> list[Estimate]:
    """Factor by which the share of contacts that answer changes per year, of each channel.

    Negative binomial regression of a month's engagements on time, with its contacts as exposure.
    """
    empty = _template(
        program_id, "channel_engagement_trend", "ratio per year", "negative binomial regression on time"
    )
    return _each_channel(study, program_id, empty, lambda own, one: _trend(study, own, one, "engagements"))


def _trend(study: Study, own: pd.DataFrame, empty: Estimate, column: str) -> Estimate:
    rows, told = _usable(own) if column == "engagements" else (own.dropna(subset=["reach"]), "")
    months = rows.groupby("month")[["reach", "engagements"]].sum()
    total = float(months[column].sum())
    few = _few(study, total, empty, "engaged" if column == "engagements" else "reached")
    if few:
        return few
    if len(months) < LEAST_MONTHS:
        return empty.declined(f"A trend takes at least {LEAST_MONTHS} months with numbers.")
    place = months.index.year * _MONTHS_A_YEAR + months.index.month
    years, season = np.asarray(place) / _MONTHS_A_YEAR, np.asarray(months.index.month) / _MONTHS_A_YEAR
    exposure = months["reach"].to_numpy() if column == "engagements" else None
    result, method = count_trend(months[column].to_numpy(), years, season=season, exposure=exposure)
    if math.isnan(result.estimate):
        return empty.declined("The numbers do not vary enough over the months to fit a trend.")
    per = ", contacts as exposure" if column == "engagements" else ""
    return replace(empty, **result._asdict(), n_after=float(len(months)), method=f"{method}{per}", note=told)


def channel_months(study: Study, program_id: str) -> pd.DataFrame:
    """Return reach and engagements by channel and month, for charts and tables.

    Parameters
    ----------
    study : Study
    program_id : str

    Returns
    -------
    pandas.DataFrame
        `channel`, `month` (its first day), `reach`, `engagements`, `rate` (engagements / reach; NaN without
        reach). A number of 1 to `min_cell` - 1 people is NaN, and the rate with it.
    """
    posts = _posts(study, program_id)
    if posts.empty:
        return pd.DataFrame(columns=["channel", "month", "reach", "engagements", "rate"])
    sums = posts.groupby(["channel", "month"], sort=False)[["reach", "engagements"]].sum(min_count=1)
    sums = sums.mask((sums > 0) & (sums < study.settings.min_cell))
    frame = sums.reset_index()
    reach = frame["reach"].where(frame["reach"] > 0)
    return frame.assign(month=frame["month"].dt.to_timestamp(), rate=frame["engagements"] / reach)
