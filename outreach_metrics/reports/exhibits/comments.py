"""What people wrote: themes that people gave to comments, their number, and what a computer suggests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from outreach_metrics import plots
from outreach_metrics.estimate import Estimate
from outreach_metrics.evaluation import Evaluation
from outreach_metrics.evidence.wording import MISSING, label, listing, number, percent, plural
from outreach_metrics.metrics.sentiment.comments import (
    BOTH_ARMS,
    OF_COMMENTS,
    OTHER_LANGUAGE,
    UNSCORED,
    WRITTEN,
)
from outreach_metrics.metrics.sentiment.comments import comment_topics as suggested_topics
from outreach_metrics.plots.sentiment import wave_and_arm
from outreach_metrics.reports.exhibits.cells import (
    TOLD_ABOVE,
    amount_cell,
    change_text,
    first,
    hidden,
    level_heading,
    limits,
    nothing,
    source,
)
from outreach_metrics.reports.exhibits.drawn import estimates_drawn
from outreach_metrics.reports.exhibits.kinds import Cell, Column, Figure, Prose, Table, paragraphs
from outreach_metrics.text import Topics, accuracy

MOST_THEMES = 8
"""Themes in one chart, so that it fits a page."""

_MOST_TOLD, _MOST_ALIKE = 5, 3
_TOPIC_WORDS, _TOPIC_COMMENTS = 5, 2
_RELIABLE, _TENTATIVE = 0.8, 2 / 3
"""Krippendorff's (2004) limits of alpha: for conclusions, and for tentative ones."""


def comment_themes(evaluation: Evaluation) -> Figure | Prose:
    """Return the chart of the themes that people gave to comments, by wave."""
    shares = evaluation.select(metric="sentiment_comment_theme")
    if not _written(evaluation):
        return TOLD_ABOVE
    made = [replace(e, unit="share") for e in shares if e.made]
    if not made:
        return nothing("the themes of the comments", shares)
    drawn = _most_frequent(made)
    title = themes_title(
        drawn, [e for e in evaluation.select(metric="sentiment_comment_agreement") if e.made]
    )
    axes = plots.theme_bars(
        drawn, title=title, subtitle=f"Share of each wave's coded comments, with {level_heading(drawn)}"
    )
    told = "; ".join(f"{label(e.outcome)}: {change_text(e)}" for e in _ranked(drawn)[:_MOST_TOLD])
    rarer = len({e.outcome for e in made} - {e.outcome for e in drawn})
    notes = [
        "People gave the themes; one comment can have several. Where lines overlap, the order may be chance.",
        OF_COMMENTS,
        *["Program and comparison group together."] * any(BOTH_ARMS in e.note for e in made),
        *[f"{plural(rarer, 'rarer theme')} not drawn."] * bool(rarer),
    ]
    return Figure(
        axes=axes,
        name="comment-themes",
        title=title,
        data=estimates_drawn([label(e.outcome) for e in drawn], drawn),
        strand="sentiment",
        alt=f"{title}. Chart of the share of comments on each theme, by wave. In {drawn[-1].group}: {told}.",
        caption=" ".join(notes),
        source=source(evaluation.study, "codes", "responses"),
    )


def _written(evaluation: Evaluation) -> bool:
    """Whether comments may be told of at all."""
    return any(e.made for e in evaluation.select(metric="sentiment_comment_count"))


def _ranked(shares: Sequence[Estimate]) -> list[Estimate]:
    """Return the shares of the last wave, the largest first."""
    last = [e for e in shares if e.group == shares[-1].group]
    return sorted(last, key=lambda e: -e.estimate)


def _most_frequent(shares: Sequence[Estimate]) -> list[Estimate]:
    kept = {e.outcome for e in _ranked(shares)[:MOST_THEMES]}
    return [e for e in shares if e.outcome in kept]


def _same_notes(estimates: Sequence[Estimate]) -> dict[str, None]:
    return dict.fromkeys(e.note for e in estimates if e.note)


def themes_title(shares: Sequence[Estimate], agreements: Sequence[Estimate] = ()) -> str:
    """Return what comments of the last wave were about most often, or that it cannot be told.

    Themes whose interval reaches the most frequent theme's are named with it. Nothing is claimed of themes
    that coders did not agree on, or that all came up alike.

    Examples
    --------
    >>> from functools import partial
    >>> share = partial(Estimate, program_id="a", strand="sentiment", metric="sentiment_comment_theme")
    >>> themes_title([share(outcome=theme, group="spring", estimate=part, n_after=24.0)
    ...               for theme, part in (("street_lights", 0.5), ("trust", 0.25))])
    'Street lights came up most often: in 50% of the 24 comments coded in spring'
    """
    most = _ranked(shares)[0]
    if not most.estimate:
        return f"None of the themes came up in {most.group}"
    alike = [e for e in _ranked(shares) if e.estimate == most.estimate or e.conf_high >= most.conf_low]
    agreed = min(
        (e.estimate for e in agreements if e.outcome in ("", *(a.outcome for a in alike))), default=1.0
    )
    if len(alike) > _MOST_ALIKE or agreed < _TENTATIVE:
        why = "coders did not agree well" if agreed < _TENTATIVE else "no theme stands out"
        return f"What the {number(most.n_after)} comments coded in {most.group} were about; {why}"
    told = listing([label(e.outcome).lower() for e in alike])
    where = f"of the {number(most.n_after)} comments coded in {most.group}"
    lowest = percent(alike[-1].estimate)
    share = f"in {lowest}" if len(alike) == 1 else f"each in {_from_to(lowest, percent(most.estimate))}"
    return f"{told[:1].upper()}{told[1:]} came up most often: {share} {where}"


def _from_to(low: str, high: str) -> str:
    return low if low == high else f"{low} to {high}"


def comment_table(evaluation: Evaluation) -> Table | Prose:
    """Return how many comments were written and scored, how favorable their words are, and coders' agreement.

    What a computer makes of the words stands under how often it is right.
    """
    counts = evaluation.select(metric="sentiment_comment_count")
    groups = list(dict.fromkeys(e.group for e in counts if e.outcome == WRITTEN and e.made))
    if not groups:
        few = f"Fewer than {evaluation.study.settings.min_cell} people wrote a comment"
        kept_back = paragraphs(f"{few} in each wave, so nothing is told of their comments.")
        return kept_back if any(map(hidden, counts)) else TOLD_ABOVE
    right = accuracy().policing
    tests = f"{percent(right.estimate)} ({percent(right.conf_low)} to {percent(right.conf_high)})"
    columns = [
        Column("Wave", number=False),
        Column("Group", number=False),
        Column("Comments"),
        Column("In another language"),
        Column("Not scored"),
        Column("Favorable words, by computer", f"exploration; right for {percent(right.estimate)} of tests"),
    ]
    notes = [
        "Favorable words: exploration, not a headline. A computer counted words, nobody read for sense; of "
        f"{right.n} test comments that people had labeled it judged {tests} rightly. Those are invented: on "
        f"real ones expect less. It is too rough to compare groups or waves. {OF_COMMENTS}",
        *_agreements(evaluation.select(metric="sentiment_comment_agreement")),
    ]
    rows = [_comment_row(evaluation, group) for group in groups]
    return Table(caption="Comments that people wrote", columns=columns, rows=rows, notes=notes)


def _comment_row(evaluation: Evaluation, group: str) -> list[Cell | str]:
    counts = [
        first(evaluation.estimates, metric="sentiment_comment_count", outcome=outcome, group=group)
        for outcome in (WRITTEN, OTHER_LANGUAGE, UNSCORED)
    ]
    favorable = first(evaluation.estimates, metric="sentiment_comment_polarity", group=group)
    words = _share_cell(evaluation, favorable)
    return [*wave_and_arm(group), *(_count_cell(evaluation, count) for count in counts), words]


def _count_cell(evaluation: Evaluation, count: Estimate | None) -> Cell:
    if count is not None and count.made:
        return Cell(number(count.estimate))
    return amount_cell(count, evaluation.study)


def _share_cell(evaluation: Evaluation, share: Estimate | None) -> Cell:
    if share is None or not share.made:
        return amount_cell(share, evaluation.study)
    return Cell(change_text(replace(share, unit="share")))


def _agreements(estimates: Sequence[Estimate]) -> list[str]:
    """Return how far coders agree, by theme where each was judged alone, in words."""
    made = [e for e in estimates if e.made]
    if not made:
        return []
    told = "; ".join(map(_agreement, made))
    lead = f"Coders' agreement beyond chance (Krippendorff's alpha, {level_heading(made)}): {told}."
    meaning = (
        "1 is full agreement, 0 chance; from 0.80 on themes are usually held reliable, from 0.67 on good "
        "enough for tentative conclusions."
    )
    return [" ".join([lead, meaning, *_same_notes(made)])]


def _agreement(estimate: Estimate) -> str:
    theme = f"{label(estimate.outcome).lower()} " if estimate.outcome else ""
    alpha = replace(estimate, unit="alpha (0-1)")
    span = limits(alpha)
    within = f" ({span})" if span != MISSING else ""
    return f"{theme}{number(estimate.estimate, 2)}{within}, {agreement_words(estimate.estimate)}"


def agreement_words(alpha: float) -> str:
    """Return what an agreement of coders is good for (Krippendorff 2004).

    Examples
    --------
    >>> agreement_words(0.85), agreement_words(0.7), agreement_words(0.3)
    ('reliable', 'tentative', 'not reliable')
    """
    if alpha >= _RELIABLE:
        return "reliable"
    return "tentative" if alpha >= _TENTATIVE else "not reliable"


def comment_topics(evaluation: Evaluation) -> Table | Prose:
    """Return the topics that a computer suggests, each with comments of which names were taken out."""
    if not _written(evaluation):
        return TOLD_ABOVE
    found = suggested_topics(evaluation.study, evaluation.program.program_id)
    if not found.words:
        reason = found.reason.removeprefix("Suppressed: ")
        return paragraphs(f"No topics are suggested. {reason[:1].upper()}{reason[1:]}")
    columns = [
        Column("Words that go together", number=False),
        Column("Share of comments"),
        Column("For example", number=False),
    ]
    least = evaluation.study.settings.min_cell
    rows = [
        [
            ", ".join(words[:_TOPIC_WORDS]),
            _topic_share(found, topic, least),
            " ".join(f"“{comment}”" for comment in _examples(found, topic)),
        ]
        for topic, words in enumerate(found.words)
    ]
    notes = [
        "Suggested by a computer from words that stand together, not read by a person: a person has to read "
        "the comments, name the topics and check them. Program and comparison group, all waves together; "
        "what belongs to no topic is in no share. Names, addresses, phones and e-mails are taken out. "
        "Method: Lee DD & Seung HS (1999) Nature 401:788."
    ]
    return Table(
        caption="Topics suggested by a computer, not read by a person",
        columns=columns,
        rows=rows,
        notes=notes,
    )


def _topic_share(found: Topics, topic: int, least: int) -> str:
    share = float(found.share[topic])
    few = 0 < round(share * float(found.counts.sum())) < least
    return f"fewer than {least} comments" if few else percent(share)


def _examples(found: Topics, topic: int) -> list[str]:
    """Return representative comments, without those that only add a few words to another."""
    chosen: list[str] = []
    for comment in found.comments(topic):
        if not any(comment.startswith(other.rstrip(".")) for other in chosen):
            chosen.append(comment)
    return chosen[:_TOPIC_COMMENTS]
