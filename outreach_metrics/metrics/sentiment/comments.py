"""What people wrote: how many comments, the themes given to them, how far coders agree, and polarity."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

import numpy as np
import pandas as pd

from outreach_metrics.estimate import Estimate
from outreach_metrics.inference.agreement import krippendorff_interval
from outreach_metrics.inference.design_based import wilson
from outreach_metrics.metrics.sentiment.answers import group_name, respondents, sentiment
from outreach_metrics.registry import metric
from outreach_metrics.study import Study
from outreach_metrics.text import Topics, accuracy, language, polarity, sign, topics

OF_COMMENTS = "Of the comments, not of residents: whoever writes one is not like everybody."
BOTH_ARMS = "Both arms together."
WRITTEN, OTHER_LANGUAGE, UNSCORED = "written", "in another language", "unscored"


def comment_signs(study: Study, program_id: str) -> pd.DataFrame:
    """Return what is known of each comment of a program's survey, without its text and its writer.

    Parameters
    ----------
    study : Study
    program_id : str

    Returns
    -------
    pandas.DataFrame
        One row a comment: `wave`, `arm`, `language` (empty where it cannot be told), `polarity` (-1 to 1; NaN
        when not in English) and `sign` (-1, 0, 1; NaN).
    """
    study.program(program_id)
    return _signs(study, program_id)[["wave", "arm", "language", "polarity", "sign"]].copy()


def comment_topics(study: Study, program_id: str, count: int | None = None) -> Topics:
    """Return topics that the comments of a program suggest, with redacted comments that represent them.

    Parameters
    ----------
    study : Study
    program_id : str
    count : int, optional
        See `text.topics.topics`.

    Returns
    -------
    Topics
        Without any, and with a reason, when fewer than `min_cell` people wrote in the study's language.
    """
    study.program(program_id)
    rows = _comments(study, program_id)
    main = study.settings.language
    spoken = rows[rows["comment"].map(_by_text(rows["comment"], language)) == main]
    if spoken["respondent_id"].nunique() < study.settings.min_cell:
        return Topics(reason=_few(study))
    return topics(spoken["comment"], count=count, main=main)


def _by_text(texts: pd.Series, function) -> dict[str, object]:
    return {text: function(text) for text in texts.unique()}


def _few(study: Study) -> str:
    return f"Suppressed: fewer than {study.settings.min_cell} people wrote a comment."


@lru_cache(maxsize=8)
def _comments(study: Study, program_id: str) -> pd.DataFrame:
    """Return the comments of a program: respondent_id, wave, arm, comment."""
    rows = respondents(study, program_id)
    text = rows["comment"] if "comment" in rows else pd.Series("", index=rows.index)
    text = text.astype(object).where(text.notna(), "").astype(str).str.strip()
    kept = rows.assign(comment=text)[["respondent_id", "wave", "arm", "comment"]]
    return kept[kept["comment"] != ""].reset_index(drop=True)


@lru_cache(maxsize=8)
def _signs(study: Study, program_id: str) -> pd.DataFrame:
    rows = _comments(study, program_id)
    found = rows["comment"].map(_by_text(rows["comment"], language)).astype(object)
    scores = polarity(rows["comment"])
    return rows.drop(columns="comment").assign(language=found, polarity=scores, sign=sign(scores))


def _cells(rows: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    for (wave, arm), cell in rows.groupby(["wave", "arm"], observed=True, sort=False):
        yield group_name(str(wave), str(arm)), cell


def _none(study: Study, template: Estimate) -> list[Estimate]:
    if not study.has("responses"):
        return [template.declined("The study has no responses table.")]
    return [template.declined("Nobody wrote a comment about this program.")]


def _ordered(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.sort_values(["wave", "arm"], kind="stable", key=_program_first)


def _program_first(column: pd.Series) -> pd.Series:
    return column.cat.codes if column.name == "wave" else (column != "program").astype(int)


@metric("sentiment_comment_count", strand="sentiment")
def sentiment_comment_count(study: Study, program_id: str) -> list[Estimate]:
    """Comments written, those in another language and those left unscored, per wave and arm."""
    template = sentiment(program_id, "sentiment_comment_count", "comments", method="count")
    estimates = []
    for group, cell in _cells(_ordered(_signs(study, program_id))):
        main = study.settings.language
        others = {
            WRITTEN: pd.Series(True, index=cell.index),
            OTHER_LANGUAGE: ~cell["language"].isin(["", main]),
            UNSCORED: cell["sign"].isna(),
        }
        for outcome, which in others.items():
            named = replace(template, outcome=outcome, group=group)
            estimates.append(_count(study, named, cell, which))
    return estimates or _none(study, template)


def _count(study: Study, named: Estimate, cell: pd.DataFrame, which: pd.Series) -> Estimate:
    """Count some comments of a cell; suppressed when they, or the others, are those of a few people."""
    people = [cell.loc[side, "respondent_id"].nunique() for side in (which, ~which)]
    if any(0 < number < study.settings.min_cell for number in people):
        return named.declined(_few(study))
    note = "A full count of what was written: it has no sampling interval."
    if named.outcome == UNSCORED:
        note += " Only English comments are scored."
    number = float(which.sum())
    return replace(named, estimate=number, n_after=number, note=note)


@metric("sentiment_comment_polarity", strand="sentiment")
def sentiment_comment_polarity(study: Study, program_id: str) -> list[Estimate]:
    """Share of favorable comments among those scored, per wave and arm; exploration, not a headline."""
    template = sentiment(program_id, "sentiment_comment_polarity", "share of scored comments")
    estimates = []
    for group, cell in _cells(_ordered(_signs(study, program_id))):
        named = replace(template, group=group)
        scored = cell.dropna(subset=["sign"])
        if scored["respondent_id"].nunique() < study.settings.min_cell:
            estimates.append(named.declined(_few(study)))
            continue
        found = wilson(float((scored["sign"] > 0).sum()), len(scored))
        told = cell.loc[cell["sign"].isna(), "respondent_id"].nunique() not in range(
            1, study.settings.min_cell
        )
        n = float(len(scored)) if told else math.nan
        method = "sign of VADER's compound score with the policing lexicon, English comments, Wilson interval"
        note = f"{polarity_note()} {OF_COMMENTS}"
        estimates.append(replace(named, **found._asdict(), n_after=n, method=method, note=note))
    return estimates or _none(study, template)


def polarity_note() -> str:
    """Return what has to be read beside every polarity: what it is for, and how often it is right."""
    found = accuracy()
    own, stock = found.policing, found.stock
    limits = f"{own.conf_low:.0%} to {own.conf_high:.0%}"
    return (
        "Exploration, not a headline: by machine, from words. Its sign (favorable, neutral, unfavorable) is "
        f"right for {own.estimate:.0%} ({limits}) of {own.n} hand-labeled comments that were held out, VADER "
        f"without the policing lexicon for {stock.estimate:.0%}. Those comments are invented: on real ones "
        "expect less."
    )


@lru_cache(maxsize=8)
def _codes(study: Study, program_id: str) -> pd.DataFrame:
    """Return the themes given to a program's comments, each once, with respondent_id, wave and arm."""
    codes, rows = study.table("codes"), respondents(study, program_id)
    keys = ["program_id", "respondent_id", "wave"]
    if not len(codes) or not len(rows) or not set(keys) <= set(codes.columns):
        return pd.DataFrame(columns=["comment", "respondent_id", "wave", "arm", "coder", "theme"])
    given = codes[codes["program_id"] == program_id].assign(theme=codes["theme"].astype(str).str.strip())
    people = rows[["respondent_id", "wave", "arm"]].drop_duplicates(["respondent_id", "wave"])
    given = given.assign(
        wave=pd.Categorical(given["wave"].astype(str), rows["wave"].cat.categories, ordered=True)
    )
    linked = given.merge(people, on=["respondent_id", "wave"]).rename(columns={"comment_id": "comment"})
    linked = linked[["comment", "respondent_id", "wave", "arm", "coder", "theme"]]
    return linked[linked["theme"] != ""].drop_duplicates(["comment", "coder", "theme"], ignore_index=True)


def _not_coded(study: Study, template: Estimate) -> list[Estimate]:
    if not study.has("codes"):
        return [template.declined("The study has no codes table: nobody gave themes to comments.")]
    return [template.declined("No coded comment belongs to this program's survey.")]


@metric("sentiment_comment_theme", strand="sentiment")
def sentiment_comment_theme(study: Study, program_id: str) -> list[Estimate]:
    """Share of the coded comments with each theme, per wave, with a Wilson interval.

    A comment counts for a theme by the share of its coders who gave it: one of two is a half. The interval
    takes each comment as all or nothing, which makes it rather too wide where coders disagree. The arms are
    taken together: themes tell what people write about, and are no comparison.
    """
    template = sentiment(program_id, "sentiment_comment_theme", "share of coded comments")
    codes = _codes(study, program_id)
    estimates = []
    for wave, cell in codes.groupby("wave", observed=True) if len(codes) else ():
        shares = _theme_shares(cell)
        people = cell["respondent_id"].nunique()
        for theme in sorted(codes["theme"].unique()):
            named = replace(template, outcome=theme, group=str(wave))
            if people < study.settings.min_cell:
                estimates.append(named.declined(_few(study)))
                continue
            given = float(shares[theme].sum()) if theme in shares else 0.0
            found = wilson(given, len(shares))
            method = "share of coded comments, mean over coders, Wilson interval"
            note = f"{OF_COMMENTS} {BOTH_ARMS if len(cell['arm'].unique()) > 1 else ''}".strip()
            n = float(len(shares))
            estimates.append(replace(named, **found._asdict(), n_after=n, method=method, note=note))
    return estimates or _not_coded(study, template)


def _theme_shares(cell: pd.DataFrame) -> pd.DataFrame:
    """Return the share of each comment's coders who gave each theme, comments by themes."""
    coders = cell.groupby("comment")["coder"].nunique()
    return pd.crosstab(cell["comment"], cell["theme"]).div(coders, axis=0)


@metric("sentiment_comment_agreement", strand="sentiment")
def sentiment_comment_agreement(study: Study, program_id: str) -> list[Estimate]:
    """Krippendorff's alpha of the coders, all waves together; per theme where comments have several."""
    template = sentiment(program_id, "sentiment_comment_agreement", "alpha")
    codes = _codes(study, program_id)
    if codes.empty:
        return _not_coded(study, template)
    if not codes.duplicated(["comment", "coder"]).any():
        return [_agreement(study, template, codes, _single(codes))]
    themes = sorted(codes["theme"].unique())
    return [
        _agreement(study, replace(template, outcome=theme), codes, _whether(codes, theme)) for theme in themes
    ]


def _single(codes: pd.DataFrame) -> np.ndarray:
    """Return the number of the one theme each coder gave each comment, shape (coders, comments)."""
    numbered = codes.assign(theme=pd.factorize(codes["theme"], sort=True)[0].astype(float))
    return numbered.pivot_table(index="coder", columns="comment", values="theme").to_numpy()


def _whether(codes: pd.DataFrame, theme: str) -> np.ndarray:
    """Return whether each coder gave each comment the theme, NaN where the comment has none from them."""
    marked = codes.assign(given=(codes["theme"] == theme).astype(float))
    return marked.pivot_table(index="coder", columns="comment", values="given", aggfunc="max").to_numpy()


def _agreement(study: Study, named: Estimate, codes: pd.DataFrame, data: np.ndarray) -> Estimate:
    twice = codes.groupby("comment")["coder"].transform("nunique") > 1
    people = codes.loc[twice, "respondent_id"].nunique()
    if 0 < people < study.settings.min_cell:
        return named.declined(_few(study))
    found = krippendorff_interval(data)
    if math.isnan(found.result.estimate):
        return named.declined(found.reason)
    coded = f"{found.coders} coders, {found.units} comments coded by two or more"
    note = f"{coded}; pairs of codes agree for {found.percent:.0%}."
    method = "Krippendorff's alpha, nominal, percentile bootstrap over comments"
    told = f"{note} {found.reason}".strip()
    return replace(named, **found.result._asdict(), n_after=float(found.units), method=method, note=told)
