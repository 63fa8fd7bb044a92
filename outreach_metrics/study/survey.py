"""The codebook and the answers: item columns -> numbers, codes that are no answer -> missing."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pandas as pd

from outreach_metrics.errors import Problem
from outreach_metrics.study.model import Settings
from outreach_metrics.study.reading import Draft
from outreach_metrics.study.tables import TABLES
from outreach_metrics.study.values import parse_number
from outreach_metrics.study.wording import listing, plural, suggestion

WIDE = 10
"""Steps of a scale from which it is doubted when all answers lie in its lowest quarter."""
FEW_OF_A_WAVE = 0.05
"""Answers of a wave, as a share of the largest one's, below which its name is doubted."""


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
    _leave_out_own_names(items)
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


def _leave_out_own_names(items: Draft) -> None:
    """Leave out items named like a column of responses that is no item, such as weight or wave."""
    own = {column.name for column in TABLES["responses"].columns}
    rows = list(items.frame.index[items.frame["item"].isin(own)])
    messages = [
        f"{items.frame.loc[row, 'item']!r} is a column of responses with a meaning of its own, and no item; "
        "give the item another name there and here"
        for row in rows[:5]
    ]
    items.tell_rows(rows, messages, "item_name", column="item")
    items.drop(rows, "named like another column of responses")


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
    codes = {_code(text) for text in missing_codes(item.missing_codes)}
    texts = cells.where(~cells.map({text: _code(text) in codes for text in cells.dropna().unique()}).eq(True))
    numbers = texts.map({text: _number_or_none(text) for text in texts.dropna().unique()}).astype("float64")
    outside = (texts.notna() & numbers.isna()) | (numbers < item.low) | (numbers > item.high)
    if outside.any():
        rows = table_rows(outside)
        found = [repr(text) for text in texts[outside].unique() if _may_be_shown(text)]
        message = (
            f"{plural(len(rows), 'answer')} outside the scale {item.low:g} to {item.high:g}"
            f"{f' ({listing(found)})' if found else ''} "
            f"{'is' if len(rows) == 1 else 'are'} treated as missing; "
            "list codes that are no answer in missing_codes"
        )
        responses.tell(message, "outside_scale", "warning", row=rows[0], column=item.item)
    kept = numbers.where(~outside)
    highest, wide = kept.max(), item.high - item.low
    if wide > WIDE and highest <= item.low + wide / 4:
        message = (
            f"no answer is above {highest:g}, on a scale from {item.low:g} to {item.high:g}; "
            "check low and high of the item"
        )
        responses.tell(message, "scale_too_wide", "warning", column=item.item)
    return kept


def _may_be_shown(text: str) -> bool:
    """Whether an answer is short and a number: all else may be a name or phone number in the wrong column."""
    return len(text) <= 4 and _number_or_none(text) is not None


def _code(text: str) -> float | str:
    """Return a code as codes are compared: 9, 9.0 and 09 are one."""
    number = _number_or_none(text)
    return text if number is None else number


def raking_problems(settings: Settings, tables: Mapping[str, pd.DataFrame]) -> list[Problem]:
    """Return a warning for each variable of survey.rake that the answers or the benchmarks do not hold."""
    if "responses" not in tables:
        return []
    benchmarks = tables.get("benchmarks")
    places = {
        "a column of responses": set(tables["responses"].columns),
        "a variable of benchmarks": set() if benchmarks is None else set(benchmarks["variable"]),
    }
    return [
        Problem(
            severity="warning",
            file="study.toml",
            column="survey.rake",
            message=f"{name!r} is not {place}, so that no answer is weighted by it{suggestion(name, known)}",
            rule="rake",
        )
        for name in settings.rake
        for place, known in places.items()
        if name not in known
    ]


def link_codes(codes: Draft, table: pd.DataFrame, responses: pd.DataFrame, people: pd.Series) -> pd.DataFrame:
    """Return the themes given to comments with the answer that each comment stands beside.

    Parameters
    ----------
    codes : Draft
        Is told the comments that belong to no answer; their rows are dropped.
    table : DataFrame
        The typed codes. `comment_id` is "respondent/wave", or the respondent alone, who has then one answer.
    responses : DataFrame
        The typed responses, before people became hashes.
    people : Series
        The hash of each respondent, along `responses`.

    Returns
    -------
    DataFrame
        `comment_id` is a number, and `respondent_id`, `program_id`, `wave` stand beside it.
    """
    named = responses["respondent_id"].astype(str)
    answers = pd.DataFrame(
        {
            "respondent_id": people,
            "program_id": responses["program_id"],
            "wave": responses["wave"].astype(str),
        }
    )
    whole = answers.assign(comment_id=named + "/" + answers["wave"])
    alone = answers.assign(comment_id=named)[~named.duplicated(keep=False)]
    known = pd.concat([whole, alone]).drop_duplicates("comment_id").set_index("comment_id")
    found = table["comment_id"].astype(str).map(pd.Series(range(len(known)), index=known.index))
    lost = table_rows(found.isna())
    if lost:
        message = "belongs to no answer in responses (write respondent_id/wave)"
        codes.tell_rows(
            lost, [message] * min(len(lost), 5), "unknown_comment", "warning", column="comment_id"
        )
        codes.drop(lost, "no such comment")
    kept = table[found.notna()]
    places = found[found.notna()].astype(int)
    linked = known.iloc[places.to_numpy()].set_axis(kept.index)
    return kept.assign(comment_id=places, **{name: linked[name] for name in linked.columns})


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
    """Warn of waves without any date: they follow those that have one, by name."""
    frame = responses.frame
    if not responses.usable or frame.empty or frame["wave"].nunique() < 2:
        return
    dated = set(frame.loc[frame["date"] != "", "wave"]) if "date" in frame else set()
    undated = frame.index[~frame["wave"].isin(dated)]
    if not len(undated):
        return
    number = frame.loc[undated, "wave"].nunique()
    order = "follow those that have one, in the order of their names" if dated else "are ordered by name"
    message = f"{plural(number, 'wave')} without any date; waves without a date {order}"
    responses.tell(message, "wave_without_date", "warning", row=int(undated[0]), column="date")


def check_weights(responses: Draft) -> None:
    """Warn of rows without a weight where others have one."""
    if not responses.usable or "weight" not in responses.frame:
        return
    bare = responses.frame["weight"] == ""
    if bare.any() and not bare.all():
        rows = table_rows(bare)
        message = (
            f"{plural(len(rows), 'row')} without a weight, where others have one; "
            f"{'it is' if len(rows) == 1 else 'they are'} left out of weighted results"
        )
        responses.tell(message, "missing_weight", "warning", row=rows[0], column="weight")


def check_wave_sizes(responses: Draft) -> None:
    """Warn of waves of a handful of answers beside large ones: their name is likely a slip."""
    frame = responses.frame
    if not responses.usable or frame.empty:
        return
    for program_id, rows in frame.groupby("program_id", sort=False):
        sizes = rows["wave"].value_counts()
        small = sizes[sizes < FEW_OF_A_WAVE * sizes.max()]
        for wave, size in small.items():
            row = int(rows.index[rows["wave"] == wave][0])
            others = [name for name in sizes.index if name != wave]
            message = (
                f"the wave {wave!r} of {program_id} has {plural(int(size), 'answer')}, others have up to "
                f"{sizes.max():,}; check its name{suggestion(str(wave), others)}"
            )
            responses.tell(message, "small_wave", "warning", row=row, column="wave")


def asked_problems(tables: Mapping[str, pd.DataFrame]) -> list[Problem]:
    """Return a warning for each item that a whole wave was not asked while others of its construct were."""
    if not {"responses", "items"} <= tables.keys():
        return []
    responses, items = tables["responses"], tables["items"]
    items = items[items["item"].isin(responses.columns)]
    problems = []
    for construct, part in items.groupby("construct", sort=False):
        places = [responses[name] for name in ("program_id", "wave")]
        given = responses[list(part["item"])].notna().groupby(places).any()
        given = given[given.any(axis=1)]
        for item in given.columns[~given.all(axis=0)]:
            where = listing([f"{wave!r} of {program}" for program, wave in given.index[~given[item]]])
            message = (
                f"the item {item!r} was not asked in {where}, where others of {construct!r} were; scores are "
                "of the items that every wave was asked"
            )
            problems.append(
                Problem(
                    severity="warning", file="items", column="item", message=message, rule="asked_in_part"
                )
            )
    return problems
