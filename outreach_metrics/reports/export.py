"""The command `export`: the charts of a program as files to work with, each with data and words."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pandas as pd

from outreach_metrics.errors import reason
from outreach_metrics.evaluation import Evaluation, evaluate_program
from outreach_metrics.evidence.claims import claims
from outreach_metrics.evidence.design import design_level, strength
from outreach_metrics.evidence.limits import must_not_be_said
from outreach_metrics.output import write_file
from outreach_metrics.plots.page import below_title, print_png, svg
from outreach_metrics.reports.exhibits import PROGRAM_CHARTS, Figure
from outreach_metrics.reports.exhibits.evidence import own_checks
from outreach_metrics.reports.files import clean_leftovers, csv_text, partial_folder, put
from outreach_metrics.reports.forms import CHART_FORMATS, require
from outreach_metrics.reports.forms.slides import Slide, pptx
from outreach_metrics.reports.numbers import Failure, chosen_programs
from outreach_metrics.reports.progress import progress
from outreach_metrics.study import Study
from outreach_metrics.words import say

README, SLIDES = "README.txt", "charts.pptx"
_NO_EFFECT = "Do not say that the program changed anything: no effect is estimated here."
_NOTHING = "Nothing beyond what the chart shows."


def make_charts(
    study: Study, out: Path, program_ids: Iterable[str] = (), formats: Sequence[str] = CHART_FORMATS
) -> list[Failure]:
    """Write a folder of charts for each program.

    Parameters
    ----------
    study : Study
    out : pathlib.Path
        Made when it is not there. Each program's folder appears in it whole, in place of an earlier one.
    program_ids : iterable of str
        All programs when empty.
    formats : sequence of {"svg", "png", "pptx"}

    Returns
    -------
    list of Failure
        Programs without a folder, and why; the others are there.

    Raises
    ------
    UnknownNameError
        A program that the study does not have, before anything is written.
    MissingFormError
        A format whose library is not there, before anything is written.
    """
    require(formats)
    chosen = chosen_programs(study, program_ids)
    out.mkdir(parents=True, exist_ok=True)
    clean_leftovers(out)
    failures = []
    with progress(len(chosen), "Charts") as tell:
        for program_id in chosen:
            try:
                _put_charts(evaluate_program(study, program_id), out, formats)
            except Exception as error:
                failures.append(Failure(name=program_id, reason=reason(error)))
            tell(program_id)
    return failures


def program_charts(evaluation: Evaluation) -> list[Figure]:
    """Return the charts that have something to show, each once."""
    made = (chart(evaluation) for chart in PROGRAM_CHARTS)
    return list({figure.name: figure for figure in made if isinstance(figure, Figure)}.values())


def _put_charts(evaluation: Evaluation, out: Path, formats: Sequence[str]) -> None:
    folder = out / evaluation.program.program_id
    if folder.exists() and not (folder / README).is_file():
        raise FileExistsError(
            f"{folder.name} in the folder of charts is something else; choose another --out"
        )
    with partial_folder(folder) as partial:
        for name, content in chart_files(evaluation, formats):
            write_file(partial / name, content)
        put(partial, folder)


def chart_files(evaluation: Evaluation, formats: Sequence[str]) -> Iterator[tuple[str, str | bytes]]:
    """Yield name and content of every file of a program's charts."""
    charts, slides = program_charts(evaluation), []
    for figure in charts:
        yield f"{figure.name}.csv", data_csv(figure.data)
        yield f"{figure.name}.txt", chart_text(evaluation, figure)
        if "svg" in formats:
            yield f"{figure.name}.svg", svg(figure.axes, title=say(figure.title), description=say(figure.alt))
        if "png" in formats or "pptx" in formats:
            picture = print_png(figure.axes)
            slides.append(_slide(evaluation, figure, below_title(figure.axes, picture)))
            if "png" in formats:
                yield f"{figure.name}.png", picture
    if "pptx" in formats and charts:
        settings = evaluation.study.settings
        title = f"{evaluation.program.name}: charts"
        yield SLIDES, pptx(slides, title=title, author=settings.agency, language=settings.language)
    yield README, _readme(evaluation, charts, formats)


def may_and_must_not(evaluation: Evaluation, strand: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the sentences that may be said of a strand, and those that must not; of all when it is empty."""
    if not strand:
        return evaluation.claims, evaluation.must_not_be_said
    own = evaluation.select(strand=strand)
    limits = must_not_be_said(own, own_checks(evaluation, strand), evaluation.program.assignment)
    return claims(own), limits


def chart_text(evaluation: Evaluation, figure: Figure) -> str:
    """Return everything that goes with a chart in words, as plain text."""
    may, must_not = may_and_must_not(evaluation, figure.strand)
    parts = {
        "Title": [figure.title],
        "Program": [evaluation.program.name],
        "Alternative text": [figure.alt],
        "Caption": [figure.caption],
        "Source": [figure.source],
        "Strength of evidence": [_strength(evaluation, figure.strand)],
        "May be said, whole, with the interval": [f"- {sentence}" for sentence in may] or [_NOTHING],
        "Must not be said": [f"- {sentence}" for sentence in must_not] or [_NO_EFFECT],
    }
    told = ["\n".join(map(say, [heading, *lines])) for heading, lines in parts.items() if any(lines)]
    return "\n\n".join(told) + "\n"


def _strength(evaluation: Evaluation, strand: str) -> str:
    own = evaluation.select(strand=strand)
    return f"{strength(design_level(own) if strand else evaluation.design_level)}."


def data_csv(data: pd.DataFrame) -> str:
    r"""Return the numbers of a chart as CSV: never rounded, an empty cell for none, no formula in any.

    Examples
    --------
    >>> data_csv(pd.DataFrame({"name": ["=1+1"], "share": [1 / 3]}))
    "name,share\r\n'=1+1,0.3333333333333333\r\n"
    """
    return csv_text(data.columns, ([_drawn(value) for value in row] for row in data.itertuples(index=False)))


def _drawn(value: object) -> object:
    """Return a number of a chart: a limit that is not there is none, a moment is its day."""
    if pd.isna(value) or (isinstance(value, float) and math.isinf(value)):
        return None
    return value.date().isoformat() if isinstance(value, pd.Timestamp) else value


def _slide(evaluation: Evaluation, figure: Figure, picture: bytes) -> Slide:
    may, must_not = may_and_must_not(evaluation, figure.strand)
    notes = [
        f"Strength of evidence: {_strength(evaluation, figure.strand)}",
        "May be said, whole, with the interval:",
        *([f"– {sentence}" for sentence in may] or [_NOTHING]),
        "Must not be said:",
        *([f"– {sentence}" for sentence in must_not] or [_NO_EFFECT]),
    ]
    return Slide(
        title=say(figure.title),
        picture=picture,
        alt=say(figure.alt),
        caption=say(figure.caption),
        source=figure.source,
        notes=[say(sentence) for sentence in notes],
    )


def _readme(evaluation: Evaluation, charts: Sequence[Figure], formats: Sequence[str]) -> str:
    study = evaluation.study.settings.title
    pictures = {"svg": "NAME.svg: for web pages and layout, sharp at any size", "png": "NAME.png: for print"}
    lines = [
        f"Charts of {evaluation.program.name}{f' ({study})' if study else ''}",
        "",
        *(words for form, words in pictures.items() if form in formats),
        "NAME.csv: the numbers that the chart shows, unrounded; ratios below 1 are a fall",
        "NAME.txt: alternative text, caption, source, and what may and must not be said of it",
        *[f"{SLIDES}: a slide a chart, with what may be said in the notes"]
        * ("pptx" in formats and bool(charts)),
        "",
        *([f"{figure.name}: {figure.title}" for figure in charts] or ["There is nothing to draw."]),
    ]
    return "\n".join(map(say, lines)) + "\n"
