"""index.html: every program with its headline, how strong the evidence is, and where its reports are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from shlex import quote

from markupsafe import Markup

from outreach_metrics.estimate import Estimate
from outreach_metrics.evaluation import Evaluation
from outreach_metrics.evidence.claims import headline, supported
from outreach_metrics.evidence.design import LEVELS, STRENGTH
from outreach_metrics.evidence.wording import label, listing, number
from outreach_metrics.reports.exhibits.cells import change_text, measure
from outreach_metrics.reports.filters import Filter, Key, filter_by, keys, unmatched
from outreach_metrics.reports.glance import Course, Gatherings, Scale, common_scale, drawn_change, picture_of
from outreach_metrics.reports.manifest import RunRecord
from outreach_metrics.reports.pages import page
from outreach_metrics.reports.quality_page import in_short
from outreach_metrics.study import Program, Study
from outreach_metrics.study.wording import plural

FORMS = {"html": "Web page", "pdf": "PDF", "docx": "Word"}
"""Forms of a report as the page calls them; the suffix of the file is the name of the form."""

KINDS = {
    "fall": "Clear fall",
    "rise": "Clear rise",
    "unclear": "No clear change",
    "none": "No estimate",
}
"""Results of the main measure, in the order in which they are offered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A report in one or more forms: what it is called, and the path of each form by its name.

    The title is empty where the report is what its place is about, as the evaluation of a program is.
    """

    title: str
    links: Mapping[str, str]

    @property
    def main(self) -> str:
        """Path of the form to open first."""
        return next(iter(self.links.values()))

    @property
    def further(self) -> Mapping[str, str]:
        """The other forms."""
        return {form: path for form, path in self.links.items() if path != self.main}


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """A report, or an evaluation, that failed: the cell, the reason, and the notebook to look at."""

    title: str
    reason: str
    cell: int | None = None
    notebook: str = ""

    @property
    def command(self) -> str:
        """What opens the notebook, from the folder of the index; empty where there is none.

        Examples
        --------
        >>> Failed(title="Bay Watch", reason="no events", notebook="bay watch/failed.ipynb").command
        "jupyter lab 'bay watch/failed.ipynb'"
        """
        return f"jupyter lab {quote(self.notebook)}" if self.notebook else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One program on the index page.

    Parameters
    ----------
    name, type : str
    headline : str
        First sentence of the answer; empty when the program could not be evaluated.
    level : int or None
        Level of the design.
    effect : Estimate or None
        The main measure of change; None without one.
    picture : Course, Gatherings or None
        What was recorded around the start.
    reports : tuple of Report
        The evaluation in all its forms first, then further reports on the program.
    """

    name: str
    type: str
    headline: str = ""
    level: int | None = None
    effect: Estimate | None = None
    picture: Course | Gatherings | None = None
    reports: tuple[Report, ...] = ()

    @property
    def kind(self) -> str:
        """Which of `KINDS` the main measure shows."""
        if self.effect is None:
            return "none"
        if not supported(self.effect):
            return "unclear"
        return "fall" if self.effect.estimate < (1 if self.effect.unit.startswith("ratio") else 0) else "rise"

    @property
    def strength(self) -> str:
        """The strength of evidence in words."""
        return _strength(self.level)

    @property
    def measure(self) -> str:
        """What the main measure is, and what it is relative to."""
        if self.effect is None:
            return ""
        against = "against comparison" if "relative" in self.effect.metric else "against before"
        return f"{measure(self.effect)}, {against}"

    @property
    def change(self) -> str:
        """The main measure with its interval."""
        return change_text(self.effect) if self.effect else ""

    def line(self, scale: Scale) -> Markup:
        """Return what was recorded as a small picture."""
        return self.picture.draw(scale) if self.picture else Markup()

    def mark(self, scale: Scale) -> Markup:
        """Return the interval of the main measure as a small picture."""
        return drawn_change(self.effect, scale) if self.effect else Markup()


def report_of(record: RunRecord, title: str = "") -> Report:
    """Return a finished run as a report with the paths of its forms, the executed notebook last.

    Examples
    --------
    >>> record = RunRecord(notebook="portfolio", program_id="", status="done", report="portfolio.html",
    ...                    fingerprint="", parameters={}, formats=("html", "pdf"))
    >>> dict(report_of(record, "All programs").links)
    {'Web page': 'portfolio.html', 'PDF': 'portfolio.pdf', 'Notebook': 'portfolio.ipynb'}
    """
    stem = record.report.removesuffix(".html")
    links = {FORMS.get(form, form.upper()): f"{stem}.{form}" for form in record.formats}
    return Report(title=title, links={**links, "Notebook": f"{stem}.ipynb"})


def program_entry(program: Program, evaluation: Evaluation | None, reports: Iterable[Report] = ()) -> Entry:
    """Return what the index tells about a program.

    Parameters
    ----------
    program : Program
    evaluation : Evaluation or None
        None when it failed.
    reports : iterable of Report
        Its evaluation first, where that has a report.
    """
    if evaluation is None:
        return Entry(name=program.name, type=label(program.type), reports=tuple(reports))
    return Entry(
        name=program.name,
        type=label(program.type),
        headline=next(iter(evaluation.answer), ""),
        level=evaluation.design_level,
        effect=headline(evaluation.estimates, evaluation.outcome),
        picture=picture_of(evaluation),
        reports=tuple(reports),
    )


def index_html(
    study: Study,
    entries: Sequence[Entry],
    failures: Sequence[Failed],
    studies: Sequence[Report],
    software: str,
    earlier: Sequence[Report] = (),
) -> str:
    """Return the page that leads to all reports of a study.

    Parameters
    ----------
    study : Study
    entries : sequence of Entry
        In the order in which they are shown.
    failures : sequence of Failed
    studies : sequence of Report
        Reports over the whole study.
    software : str
        Name and version of what made the page.
    earlier : sequence of Report
        Reports on programs that are not among the entries, because an earlier run made them.

    Returns
    -------
    str
        One self-contained page without scripts; all data are escaped.
    """
    filters, classes = _filters(entries)
    courses = [entry.picture for entry in entries if isinstance(entry.picture, Course)]
    return page(
        "contents.html.j2",
        study.settings,
        title=study.settings.title or "Program evaluations",
        kicker="Program evaluations" if study.settings.title else "",
        entries=list(zip(entries, classes, strict=True)),
        failures=failures,
        studies=studies,
        earlier=earlier,
        summary=_summary(entries),
        counts=_counts(entries),
        kinds=list(KINDS.values()),
        filters=[one for one in filters if len(one.choices) > 1],
        unmatched=unmatched(set(classes)),
        scale=common_scale(courses, [entry.effect for entry in entries if entry.effect]),
        courses=bool(courses),
        gatherings=any(isinstance(entry.picture, Gatherings) for entry in entries),
        units={entry.effect.unit.startswith("ratio") for entry in entries if entry.effect},
        step="year" if study.settings.unit == "year" else "quarter of a year",
        after=plural(study.settings.after, study.settings.unit),
        rate_per=f"{study.settings.rate_per:,.15g}",
        levels=[(level, _strength(level), LEVELS[level]) for level in sorted(LEVELS, reverse=True)],
        quality=in_short(study),
        software=software,
    )


def _filters(entries: Sequence[Entry]) -> tuple[list[Filter], list[Key]]:
    """Return the filters, and the classes by which each program is found."""
    types = [entry.type for entry in entries]
    strengths = [STRENGTH[entry.level] for entry in entries]
    kinds = [KINDS[entry.kind] for entry in entries]
    filters = [
        filter_by("t", "Type of program", types, sorted(set(types))),
        filter_by("s", "Strength of evidence", strengths, [STRENGTH[level] for level in _levels(STRENGTH)]),
        filter_by("k", "Result of the main measure", kinds, list(KINDS.values())),
    ]
    return filters, keys(filters, [types, strengths, kinds])


def _levels(levels: Iterable[int | None]) -> list[int | None]:
    """Return levels of evidence once each, the strongest first."""
    return sorted(set(levels), key=lambda level: -(level or 0))


def _strength(level: int | None) -> str:
    return STRENGTH[level] if level is None else f"{STRENGTH[level]} ({level} of 5)"


def _counts(entries: Sequence[Entry]) -> list[tuple[str, list[int]]]:
    """Return how many programs there are by strength of evidence and kind of result."""
    found = Counter((entry.level, entry.kind) for entry in entries)
    levels = _levels(entry.level for entry in entries)
    return [(_strength(level), [found[level, kind] for kind in KINDS]) for level in levels]


def _summary(entries: Sequence[Entry]) -> list[str]:
    """Return how many programs there are, how many changed clearly, and how sure that is."""
    levels = Counter(entry.level for entry in entries)
    strengths = [
        f"{STRENGTH[level].lower() if level else 'no evidence of an effect'} for {levels[level]}"
        for level in _levels(levels)
    ]
    sentences = [_kinds_told(entries), f"By their designs there is {listing(strengths)}."]
    expected = sum(1 - entry.effect.conf_level for entry in entries if entry.effect)
    if expected:
        estimated = sum(entry.effect is not None for entry in entries)
        chance = number(expected, 0 if expected >= 9.5 else 1)
        sentences.append(
            "No clear change is no proof that nothing changed, and a clear change need not be the program's "
            f"doing: of {estimated} results, chance alone would make {chance} look clear on average."
        )
    return sentences


def _kinds_told(entries: Sequence[Entry]) -> str:
    kinds = Counter(entry.kind for entry in entries)
    clear = kinds["fall"] + kinds["rise"]
    told = [
        f"in {clear} the main measure changed clearly ({kinds['fall']} fell, {kinds['rise']} rose)"
        if clear
        else "in none did the main measure change clearly"
    ]
    told += [f"in {kinds['unclear']} no change is clear"] * bool(kinds["unclear"])
    told += [f"for {kinds['none']} no change can be estimated"] * bool(kinds["none"])
    return f"{plural(len(entries), 'program')}: {'; '.join(told)}."
