"""The codebook and the answers: item columns -> numbers, codes that are no answer -> missing."""

from __future__ import annotations

import re

import pandas as pd

from outreach_metrics.study.model import Settings
from outreach_metrics.study.reading import Draft
from outreach_metrics.study.values import parse_number
from outreach_metrics.study.wording import listing, plural


def fill_scale(items: Draft, settings: Settings) -> None:
    """Give items without a scale that of study.toml, before they are checked."""
    if not items.usable:
        return
    low, high = settings.scale or (None, None)
    for name, value in (("low", low), ("high", high), ("favourable_from", settings.favourable_from)):
        if value is None:
            continue
        if name not in items.frame:
            items.frame[name] = ""
        items.frame[name] = items.frame[name].where(items.frame[name] != "", f"{value:g}")


def check_items(items: Draft, responses: Draft | None) -> None:
    """Leave out items whose scale is upside down; warn of items and answers without each other."""
    if not items.usable or items.frame.empty:
        return
    low, high = (pd.to_numeric(items.frame[name]) for name in ("low", "high"))
    wrong = list(items.frame.index[low >= high])
    messages = [f"the lowest code {low[row]:g} is not below the highest {high[row]:g}" for row in wrong[:5]]
    items.tell_rows(wrong, messages, "scale", column="low")
    items.drop(wrong, "low is not below high")
    if responses is None or not responses.usable:
        return
    absent = list(items.frame.index[~items.frame["item"].isin(responses.frame.columns)])
    messages = [f"{items.frame.loc[row, 'item']!r} is not a column of {responses.file}" for row in absent[:5]]
    items.tell_rows(absent, messages, "item_without_column", "warning", column="item")
    _tell_unlisted(items, responses)


def _tell_unlisted(items: Draft, responses: Draft) -> None:
    """Warn of columns that are named and filled like an item but are not in the codebook."""
    stems = {re.sub(r"\d+", "", item) for item in items.frame["item"] if re.search(r"\d", item)}
    listed = set(items.frame["item"])
    like = [
        name
        for name in responses.unknown_columns
        if name not in listed and re.search(r"\d", name) and re.sub(r"\d+", "", name) in stems
    ]
    if like:
        others = f" (as do {listing(like[1:])})" if like[1:] else ""
        message = f"looks like a survey item, but is not in {items.file}{others}"
        responses.tell(message, "item_not_listed", "warning", column=like[0])


def answers(responses: Draft, items: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    """Return the responses with their item columns as numbers.

    Parameters
    ----------
    responses : Draft
        Receives the warnings.
    items : DataFrame
        The typed codebook.
    table : DataFrame
        The typed responses, item columns as text.

    Returns
    -------
    DataFrame
        Item columns are float64; codes that mean no answer, and answers outside the scale, are NaN.
    """
    columns = {}
    for item in items.itertuples(index=False):
        if item.item in table and item.item in responses.unknown_columns:
            columns[item.item] = _answers_to(responses, item, table[item.item])
    return table.assign(**columns)


def _answers_to(responses: Draft, item, cells: pd.Series) -> pd.Series:
    codes = missing_codes(item.missing_codes)
    texts = cells.where(~cells.isin(codes))
    numbers = texts.map({text: _number_or_none(text) for text in texts.dropna().unique()}).astype("float64")
    outside = (texts.notna() & numbers.isna()) | (numbers < item.low) | (numbers > item.high)
    if outside.any():
        rows = table_rows(outside)
        found = listing([repr(text) for text in texts[outside].unique()])
        message = (
            f"{plural(len(rows), 'answer')} outside the scale {item.low:g} to {item.high:g} ({found}) "
            f"{'is' if len(rows) == 1 else 'are'} treated as missing; "
            "list codes that are no answer in missing_codes"
        )
        responses.tell(message, "outside_scale", "warning", row=rows[0], column=item.item)
    return numbers.where(~outside)


def table_rows(mask: pd.Series) -> list[int]:
    """Return the row numbers at which a mask holds."""
    return [int(row) for row in mask.index[mask]]


def _number_or_none(text: str) -> float | None:
    try:
        return parse_number(text)
    except ValueError:
        return None


def missing_codes(text: object) -> set[str]:
    """Return the codes that are no answer.

    Examples
    --------
    >>> sorted(missing_codes("8; 9 99"))
    ['8', '9', '99']
    """
    return set(re.split(r"[\s;,|]+", text.strip())) - {""} if isinstance(text, str) else set()


def check_waves(responses: Draft) -> None:
    """Warn of waves without any date, because waves are ordered by theirs."""
    frame = responses.frame
    if not responses.usable or frame.empty or frame["wave"].nunique() < 2:
        return
    dated = set(frame.loc[frame["date"] != "", "wave"]) if "date" in frame else set()
    without = [wave for wave in frame["wave"].unique() if wave not in dated]
    if without:
        message = f"the wave {listing(map(repr, without))} has no date, so that waves are ordered by name"
        responses.tell(message, "wave_without_date", "warning", column="date")
