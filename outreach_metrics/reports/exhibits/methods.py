"""How every number was made, and whose methods they are."""

from __future__ import annotations

import re
from collections.abc import Iterable

from outreach_metrics.evaluation import Evaluation
from outreach_metrics.evidence.design import LEVELS, SCALE
from outreach_metrics.evidence.wording import label
from outreach_metrics.registry import registered_metrics
from outreach_metrics.reports.exhibits.cells import TOLD_ABOVE, merged
from outreach_metrics.reports.exhibits.kinds import Prose, bullets, definitions
from outreach_metrics.reports.exhibits.measures import MEASURES, SOURCES

RAKING = (
    "Weights raked to the community: Deming WE & Stephan FF (1940) Annals of Mathematical Statistics 11:427; "
    "Deville JC & Särndal CE (1992) Journal of the American Statistical Association 87:376."
)
STRENGTH = (
    "Strength of evidence: Farrington DP, Gottfredson DC, Sherman LW & Welsh BC (2002) in Evidence-Based "
    "Crime Prevention."
)
SEVERAL = (
    "Several outcomes: Benjamini Y & Hochberg Y (1995) Journal of the Royal Statistical Society B 57:289."
)
OTHER_WAYS = "Other ways to ask: Simonsohn U, Simmons JP & Nelson LD (2020) Nature Human Behaviour 4:1208."

_ALWAYS: dict[str, tuple[str, ...]] = {
    "crime": (STRENGTH, SEVERAL, OTHER_WAYS),
    "sentiment": (STRENGTH, SEVERAL),
    "attendance": (SEVERAL,),
    "partnership": (SEVERAL,),
    "cost": (),
    "responsiveness": (SEVERAL,),
    "outcome": (SEVERAL,),
}


def sources(evaluation: Evaluation, strand: str = "crime") -> Prose:
    """Return whose methods the estimates of a strand are made by.

    Parameters
    ----------
    evaluation : Evaluation
    strand : {"crime", "attendance", "sentiment"}
    """
    made = {e.metric for e in evaluation.select(strand=strand) if e.made}
    found = [text for metric, text in SOURCES.items() if metric in made]
    if not found:
        return TOLD_ABOVE
    raking = [RAKING] * (strand == "sentiment" and _raked(evaluation))
    return bullets([*found, *raking, *_ALWAYS[strand]], lead="The methods come from:")


def _raked(evaluation: Evaluation) -> bool:
    """Whether answers were weighted to the community, for the estimates or to check them."""
    checked = any(c.name == "nonresponse" and c.verdict != "unknown" for c in evaluation.checks)
    return checked or any("raked" in e.method for e in evaluation.select(strand="sentiment"))


SHOWN = (
    *(
        f"crime_{name}"
        for name in ("rate_before", "rate_after", "rate_ratio", "relative_effect", "difference")
    ),
    *(
        f"attendance_{name}"
        for name in ("events", "total", "mean", "unique", "reach", "repeat_share", "trend")
    ),
    *(f"attendance_{name}" for name in ("show_rate", "capacity_use", "staff_hours", "representation")),
    *(f"sentiment_{name}" for name in ("score", "change", "relative_change", "equivalence")),
    *(f"training_{name}" for name in ("gain", "effect_size", "threshold_share", "threshold_gain")),
)
"""Metrics that the program report shows."""


def methods(evaluation: Evaluation, strand: str = "", *, brief: bool = False) -> Prose:
    """Return how every number in the report was made, and what its notes say.

    Methods and notes that differ in numbers alone between outcomes or waves are told once, with the range.

    Parameters
    ----------
    evaluation : Evaluation
    strand : {"", "crime", "attendance", "sentiment"}
        Empty for every strand.
    brief : bool
        Only what the program report shows.
    """
    known = registered_metrics()
    entries = []
    chosen = dict.fromkeys(e.metric for e in evaluation.select(strand=strand) if e.made)
    for metric in (name for name in chosen if name in SHOWN or not brief):
        made = [e for e in evaluation.select(metric=metric) if e.made]
        summary = known[metric].summary if metric in known else ""
        heading, plain = MEASURES.get(metric, (label(metric), summary))
        technical = [summary if plain != summary else "", *merged(e.method for e in made)]
        technical += merged(e.note for e in made)
        entries.append((heading, [plain, *_told_once(technical, heading, plain)]))
    if strand not in ("", "crime", "sentiment") and not entries:
        return TOLD_ABOVE
    several = "P-values are adjusted for several outcomes by the Benjamini-Hochberg procedure."
    if strand in ("attendance", "partnership", "responsiveness"):
        return definitions([*entries, ("Chance", [several])])
    levels = "; ".join(f"{level} {words}" for level, words in LEVELS.items())
    scale = f"Strength of evidence is the {SCALE}: {levels}."
    return definitions([*entries, ("Strength of evidence and chance", [f"{scale} {several}"])])


def _told_once(texts: Iterable[str], *told: str) -> list[str]:
    """Return the sentences of texts without those whose every word is in one told before."""
    before = [_words(text) for text in told]
    kept = []
    for sentence in (part for text in texts for part in re.split(r"(?<=[.!?]) (?=[A-Z])", text)):
        found = _words(sentence)
        if not any(found <= other for other in before):
            kept.append(f"{sentence[:1].upper()}{sentence[1:].removesuffix('.')}.")
            before.append(found)
    return kept


def _words(text: str) -> set[str]:
    return set(re.findall(r"[\w.]*\w", text.lower()))
