"""Numbers as words: the only place that rounds. Used by claims, tables and charts alike."""

from __future__ import annotations

import math

from outreach_metrics.estimate import Estimate
from outreach_metrics.study import wording as study_wording

MISSING = "–"
QUOTIENT = "displacement quotient"


def number(value: float, digits: int = 0) -> str:
    """Return a number with thousands separated and a true minus sign; a dash where there is none.

    Examples
    --------
    >>> number(12345.6), number(-3.25, 1), number(float("nan"))
    ('12,346', '−3.2', '–')
    """
    if math.isnan(value):
        return MISSING
    text = f"{value:,.{digits}f}"
    zero = float(text.replace(",", "")) == 0
    return text.replace("-", "" if zero else "−")


def percent(share: float, digits: int = 0) -> str:
    """Return a share as a percentage.

    Examples
    --------
    >>> percent(0.256), percent(0.004), percent(0.0)
    ('26%', '0.4%', '0%')
    """
    if math.isnan(share):
        return MISSING
    if digits == 0 and 0 < abs(share) < 0.01:
        digits = 1
    return f"{number(100 * share, digits)}%"


def p_value(p: float) -> str:
    """Return a p-value as people print it; never 0.000.

    Examples
    --------
    >>> p_value(0.00004), p_value(0.0312), p_value(0.2)
    ('<0.001', '0.031', '0.20')
    """
    if math.isnan(p):
        return MISSING
    if p < 0.001:
        return "<0.001"
    text = f"{p:.3f}" if p < 0.1 else f"{p:.2f}"
    return f"{p:.4f}" if text == "0.050" else text


def ratio_change(ratio: float) -> str:
    """Return a ratio as a signed percentage change.

    Examples
    --------
    >>> ratio_change(0.78), ratio_change(1.09), ratio_change(1.0)
    ('−22%', '+9%', '0%')
    """
    if math.isnan(ratio):
        return MISSING
    if math.isinf(ratio):
        return "no upper limit"
    text = percent(ratio - 1)
    return f"+{text}" if ratio > 1 and text.strip("0.%") else text


def fall_or_rise(ratio: float) -> str:
    """Return a ratio as a noun phrase.

    Examples
    --------
    >>> fall_or_rise(0.78), fall_or_rise(1.09), fall_or_rise(1.0)
    ('a 22% fall', 'a 9% rise', 'no change')
    """
    if math.isinf(ratio):
        return "a rise without a known limit"
    size = percent(abs(ratio - 1))
    if not size.strip("0.%"):
        return "no change"
    article = "an" if size.startswith(("8", "11%", "18%")) else "a"
    return f"{article} {size} {'fall' if ratio < 1 else 'rise'}"


def points(value: float) -> str:
    """Return a change in points as a signed number.

    Examples
    --------
    >>> points(3.14), points(-0.5)
    ('+3.1', '−0.5')
    """
    text = number(value, 1)
    return f"+{text}" if value > 0 and text != "0.0" else text


def interval_level(estimate: Estimate) -> str:
    """Return the level of an estimate's interval.

    Examples
    --------
    >>> interval_level(Estimate(program_id="a", strand="crime", metric="crime_rate_ratio", conf_level=0.9))
    '90% interval'
    """
    return f"{percent(estimate.conf_level)} interval"


def interval(estimate: Estimate) -> str:
    """Return the limits of an interval in words fit for the estimate's unit; empty when there is none.

    Examples
    --------
    >>> interval(Estimate(program_id="a", strand="crime", metric="crime_rate_ratio", unit="ratio",
    ...                   estimate=0.8, conf_low=0.7, conf_high=1.02))
    'a 30% fall to a 2% rise'
    """
    low, high = estimate.conf_low, estimate.conf_high
    if math.isnan(low) or math.isnan(high):
        return ""
    if estimate.unit.startswith("ratio") and estimate.unit not in PLAIN_RATIOS:
        return f"{fall_or_rise(low)} to {fall_or_rise(high)}"
    if estimate.unit in ("incidents", "cases") or estimate.unit == QUOTIENT:
        words = moved_or_gained if estimate.unit == QUOTIENT else fewer_or_more
        return f"{words(low)} to {words(high)}"
    if estimate.metric == "crime_harm_change":
        return f"{more_or_less(low)} to {more_or_less(high)}"
    names = {"change in share": " percentage points", "standard deviations": " standard deviations"}
    unit = " points" if "points" in estimate.unit else names.get(estimate.unit, "")
    return f"{value(low, estimate.unit)} to {value(high, estimate.unit)}{unit}"


def fewer_or_more(incidents: float) -> str:
    """Return a difference of incidents in words.

    Examples
    --------
    >>> fewer_or_more(-83.8), fewer_or_more(12.0), fewer_or_more(0.2)
    ('84 fewer', '12 more', 'as many')
    """
    size = number(abs(incidents))
    return "as many" if size == "0" else f"{size} {'fewer' if incidents < 0 else 'more'}"


def more_or_less(amount: float) -> str:
    """Return a difference of a large amount in words, to three figures.

    Examples
    --------
    >>> more_or_less(-48488958.3), more_or_less(14048.0)
    ('48.5 million less', '14,000 more')
    """
    size = abs(amount)
    figures = float(f"{size:.3g}")
    text = f"{figures / 1e6:.3g} million" if figures >= 1e6 else number(figures)
    return f"{text} {'less' if amount < 0 else 'more'}"


def moved_or_gained(quotient: float) -> str:
    """Return a displacement quotient in words.

    Examples
    --------
    >>> moved_or_gained(-0.24), moved_or_gained(0.58)
    ('a rise of 24% of the fall', 'a fall of 58% more')
    """
    size = percent(abs(quotient))
    return f"a rise of {size} of the fall" if quotient < 0 else f"a fall of {size} more"


def effect_size(size: float) -> str:
    """Return a change in standard deviations in words (Cohen 1988).

    Examples
    --------
    >>> effect_size(0.1), effect_size(-0.3), effect_size(1.2)
    ('negligible', 'small fall', 'large rise')
    """
    if math.isnan(size):
        return MISSING
    words = next((word for limit, word in _SIZES if abs(size) < limit), "large")
    return words if words == "negligible" else f"{words} {'rise' if size > 0 else 'fall'}"


_SIZES = ((0.2, "negligible"), (0.5, "small"), (0.8, "medium"))

PLAIN_RATIOS = ("ratio of odds", "ratio of shares")
"""Ratios that are printed as they are, not as a change in percent."""
_SMALL_UNITS = (
    "standard deviations",
    "share above less share below",
    "share risen less share fallen",
    "alpha (0-1)",
    "Gini coefficient",
    "R-indicator",
    "staff hours per attendee",
)


_COUNTS = (
    "people",
    "events",
    "attendances",
    "answers",
    "hours",
    "comments",
    "agencies",
    "sectors",
    "days",
    "concerns",
    "referrals",
    "engagements",
)


def value(amount: float, unit: str) -> str:
    """Return one number as its unit is printed, without the unit's name.

    Examples
    --------
    >>> value(0.78, "ratio"), value(0.456, "share"), value(63.21, "points (0-100)"), value(1234, "people")
    ('−22%', '46%', '63.2', '1,234')
    """
    if unit in PLAIN_RATIOS or unit in _SMALL_UNITS:
        return number(amount, 2)
    if unit.startswith("ratio"):
        return ratio_change(amount)
    if unit == "share":
        return percent(amount)
    if unit == "change in share":
        return points(100 * amount)
    if unit in ("change in points (0-100)", "points (0-100) per year", "points"):
        return points(amount)
    return number(amount, 0 if unit in _COUNTS else 1)


def money(amount: float, currency: str) -> str:
    """Return an amount as people write it: cents below 100, whole units above, millions in words.

    Examples
    --------
    >>> money(69.836, "USD"), money(91632.84, "USD"), money(-4321418, "EUR"), money(float("nan"), "USD")
    ('$69.84', '$91,633', '−EUR 4.32 million', '–')
    """
    if math.isnan(amount):
        return MISSING
    sign = "$" if currency == "USD" else f"{currency} "
    size = abs(amount)
    if size >= 999_500:
        words = f"{number(size / 1e6, 2)} million"
    else:
        words = number(size, 2 if size < 99.995 else 0)
    minus = "−" if amount < 0 and any(digit in words for digit in "123456789") else ""
    return f"{minus}{sign}{words}"


def listing(names: list[str], most: int = 6) -> str:
    """Return names as a phrase, cut when there are many.

    Examples
    --------
    >>> listing(["a", "b", "c"]), listing(["a", "b", "c"], most=2)
    ('a, b and c', 'a, b and 1 more')
    """
    return study_wording.listing(names, most) if names else ""


_LABELS = {"race_ethnicity": "race and ethnicity", "age_group": "age"}


def label(name: str) -> str:
    """Return an identifier of the data as a reader would write it.

    Examples
    --------
    >>> label("perceived_safety"), label("all")
    ('Perceived safety', 'All')
    """
    words = _LABELS.get(name) or name.replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def plural(count: int, noun: str) -> str:
    """Return a count with its noun.

    Examples
    --------
    >>> plural(1, "incident"), plural(1200, "incident")
    ('1 incident', '1,200 incidents')
    """
    return study_wording.plural(count, noun)
