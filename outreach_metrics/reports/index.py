"""index.html: every program with its headline and how strong the evidence is; the data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from outreach_metrics.evaluation import Evaluation
from outreach_metrics.evidence.design import strength
from outreach_metrics.evidence.wording import label, number
from outreach_metrics.reports.exhibits.cells import program_type
from outreach_metrics.reports.exhibits.quality import told_once
from outreach_metrics.reports.manifest import RunRecord
from outreach_metrics.reports.render import TEMPLATES
from outreach_metrics.study import Program, Study


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One program on the index page; `report` is empty, and `failure` says why, when it has none.

    `others` are further reports on it: title to path.
    """

    name: str
    type: str
    headline: str = ""
    strength: str = ""
    report: str = ""
    failure: str = ""
    others: Mapping[str, str] = field(default_factory=dict)


def program_entry(
    program: Program,
    evaluation: Evaluation | None,
    record: RunRecord | None,
    failure: str = "",
    others: Mapping[str, str] = MappingProxyType({}),
) -> Entry:
    """Return what the index tells about a program.

    Parameters
    ----------
    program : Program
    evaluation : Evaluation or None
        None when it failed; `failure` says why.
    record : RunRecord or None
        The run of its report; None when none was asked for.
    failure : str
    others : mapping of str to str
        Further reports on the program: title to path.
    """
    return Entry(
        name=program.name,
        type=program_type(program),
        headline=next(iter(evaluation.answer), "") if evaluation else "",
        strength=strength(evaluation.design_level) if evaluation else "",
        report=record.report if record and record.status == "done" else "",
        failure=record.error if record and record.status == "failed" else failure,
        others=others,
    )


def index_html(study: Study, entries: Sequence[Entry], studies: Mapping[str, str], software: str) -> str:
    """Return the page that leads to all reports of a study.

    Parameters
    ----------
    study : Study
    entries : sequence of Entry
        In the order in which they are shown.
    studies : mapping of str to str
        Reports over the whole study: title to path.
    software : str
        Name and version of what made the page.

    Returns
    -------
    str
        One self-contained page without scripts; all data are escaped.
    """
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("contents.html.j2").render(
        settings=study.settings,
        entries=[entry for entry in entries if not entry.failure],
        failures=[entry for entry in entries if entry.failure],
        studies=studies,
        quality=study.quality,
        errors=told_once(study.errors(), study.programs),
        warnings=told_once(study.warnings(), study.programs),
        count=lambda value: number(float(value)),
        label=label,
        software=software,
    )
