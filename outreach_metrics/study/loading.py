"""A folder -> a `Study`: find, read, check, link and count, in that order, and tell every problem at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from outreach_metrics.errors import Problem, StudyError
from outreach_metrics.study import areas as geography
from outreach_metrics.study import counts, offenses, records, rules, survey
from outreach_metrics.study.checks import check_cells, typed
from outreach_metrics.study.incident_files import find_incidents
from outreach_metrics.study.incidents import panel_from_incidents
from outreach_metrics.study.linkage import PEOPLE, number_people, shared_addresses
from outreach_metrics.study.model import (
    CountPanel,
    HourCounts,
    InputFile,
    Linkage,
    Settings,
    Study,
    TableQuality,
)
from outreach_metrics.study.reading import Draft, Source, find_sources, input_file, read_table
from outreach_metrics.study.settings import FILE, read_settings
from outreach_metrics.study.tables import TABLES
from outreach_metrics.study.wording import listing, plural, suggestion
from outreach_metrics.words import use_language


@dataclass(slots=True)
class _Work:
    """What is known of a study while it is loaded."""

    folder: Path
    settings: Settings
    problems: list[Problem]
    sources: dict[str, Source] = field(default_factory=dict)
    drafts: dict[str, Draft] = field(default_factory=dict)
    polygons: geography.Polygons | None = None
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    linkage: Linkage | None = None
    panel: CountPanel | None = None
    counted: dict[str, CountPanel] = field(default_factory=dict)
    offenses: CountPanel | None = None
    hours: HourCounts | None = None
    quality: list[TableQuality] = field(default_factory=list)
    inputs: list[InputFile] = field(default_factory=list)

    def file(self, table: str) -> str:
        """Return the name of the file of a table, as the user knows it."""
        return self.drafts[table].file if table in self.drafts else f"{table}.csv"


def resolve_study(path: str | Path) -> Path:
    """Return the folder of a study.

    Parameters
    ----------
    path : str or Path
        The folder, or its study.toml. A relative path is looked for in the working folder and then in
        each folder above it.

    Raises
    ------
    StudyError
        There is no such folder.
    """
    wanted = Path(path).expanduser()
    for base in [Path.cwd(), *Path.cwd().parents]:
        candidate = base / wanted
        if candidate.is_dir():
            return candidate
        if candidate.name == FILE and candidate.is_file():
            return candidate.parent
    message = f"there is no such folder{_folder_hint(wanted)}"
    raise StudyError([Problem(severity="error", file=str(path), message=message, rule="missing_study")])


def _folder_hint(wanted: Path) -> str:
    parent = wanted.parent if wanted.parent.is_dir() else Path.cwd()
    return suggestion(wanted.name, (entry.name for entry in parent.iterdir() if entry.is_dir()))


def load_study(path: str | Path) -> Study:
    """Read and check a study; charts are drawn in its language from then on.

    Parameters
    ----------
    path : str or Path
        Folder of the study, see `resolve_study`.

    Returns
    -------
    Study
        With the rows that can be used, and every problem. Identifiers are text, dates datetime64, numbers
        float64 with NaN where missing; people are numbers, the same in attendance, responses and training.

    Raises
    ------
    StudyError
        Nothing can be evaluated: no folder, no usable study.toml, no usable program, no further table.

    Examples
    --------
    >>> from outreach_metrics import sample_study
    >>> study = load_study(sample_study())                                       # doctest: +SKIP
    """
    folder = resolve_study(path)
    study = _known.get(folder.resolve())
    if study is None:
        study, reasons = _load(folder)
        if reasons:
            raise StudyError(study.problems)
    use_language(study.settings.language)
    return study


_known: dict[Path, Study] = {}


def remember(study: Study) -> None:
    """Let `load_study` give this study for its folder, without reading it again, while the process lives.

    For a process that makes many reports: all of them show the data as they were read, once.
    """
    _known[study.folder.resolve()] = study


def check_study(path: str | Path) -> tuple[Problem, ...]:
    """Return every problem of a study, errors first; never raises for bad data.

    Parameters
    ----------
    path : str or Path
        Folder of the study, see `resolve_study`.

    Examples
    --------
    >>> print(check_study("no-such-folder")[0])
    no-such-folder: there is no such folder
    """
    try:
        return _load(resolve_study(path))[0].problems
    except StudyError as error:
        return error.problems


def _load(folder: Path) -> tuple[Study, bool]:
    """Return the study as far as it goes, and whether it goes too short a way to be evaluated."""
    settings, problems = read_settings(folder / FILE)
    fatal = any(problem.severity == "error" for problem in problems)
    work = _Work(folder, settings, problems)
    work.sources, found = find_sources(folder)
    work.problems += found
    _read_tables(work)
    _check_tables(work)
    _type_tables(work)
    known = offenses.offense_tables(work.drafts)
    _count(work, known.labels)
    known = known.among(work.offenses.outcomes if work.offenses is not None else ())
    programs = {}
    if "programs" in work.tables:
        programs = rules.make_programs(work.tables["programs"], work.tables.get("program_areas"))
    _check_programs(work, programs, work.panel)
    fatal |= _tell_nothing_to_evaluate(work, programs)
    _close(work)
    ordered = sorted(dict.fromkeys(work.problems), key=lambda problem: problem.severity != "error")
    study = Study(
        folder=folder,
        settings=settings,
        programs=programs,
        tables={name: table.reset_index(drop=True) for name, table in work.tables.items()},
        linkage=work.linkage,
        panel=work.panel,
        counted=work.counted,
        offenses=work.offenses,
        hours=work.hours,
        harm_weights=known.weights,
        harm_unit=known.unit,
        harm_source=known.source,
        offense_groups=known.groups,
        group_sources={group: known.group_sources[group] for group in known.groups},
        problems=tuple(ordered),
        quality=tuple(work.quality),
        inputs=tuple(work.inputs),
    )
    return study, fatal


def _read_tables(work: _Work) -> None:
    for name, source in work.sources.items():
        if name != "incidents":
            work.drafts[name] = read_table(TABLES[name], source)
    _read_polygons(work)


def _read_polygons(work: _Work) -> None:
    """Read areas.geojson; it stands for the table areas unless that is there too."""
    path = work.folder / geography.FILE
    if not path.is_file():
        return
    draft = Draft(TABLES["areas"], path.name, pd.DataFrame())
    work.polygons = geography.read_polygons(path, draft)
    work.inputs.append(input_file(path, draft.rows_read))
    table = work.drafts.get("areas")
    if table is None or not table.usable:
        work.drafts["areas"] = draft
        return
    work.problems += draft.problems
    if work.polygons is not None and "area_id" in table.frame:
        work.problems += _differences(work.polygons, set(table.frame["area_id"]), path.name, table.file)


def _differences(polygons: geography.Polygons, listed: set[str], shapes: str, file: str) -> list[Problem]:
    drawn = set(polygons.area_ids)
    sides = (
        (drawn - listed, shapes, f"areas without a row in {file}, which are left out", "unlisted_polygon"),
        (
            listed - drawn - {""},
            file,
            f"areas without a polygon in {shapes}, so that no point is theirs",
            "no_polygon",
        ),
    )
    problems = []
    for names, where, words, rule in sides:
        if names:
            message = f"{words}: {listing(sorted(names))}"
            problems.append(
                Problem(severity="warning", file=where, column="area_id", message=message, rule=rule)
            )
    return problems


def _check_tables(work: _Work) -> None:
    drafts = work.drafts
    if "items" in drafts:
        survey.fill_scale(drafts["items"], work.settings)
    rules.check_empty(drafts, _has_incidents(work))
    named = rules.known_ids(drafts)
    for draft in drafts.values():
        draft.program_ids = frozenset(named.get("programs", ()))
        check_cells(draft)
    rules.check_date_order(drafts)
    offenses.check_units(drafts)
    ordered = {name: drafts[name] for name in TABLES if name in drafts}
    rules.check_references(ordered, named)
    if "program_areas" in drafts:
        rules.check_roles(drafts["program_areas"])
    rules.check_events(drafts)
    records.check_records(drafts)
    if "items" in drafts:
        survey.check_items(drafts["items"], drafts.get("responses"))
    if "responses" in drafts:
        survey.check_waves(drafts["responses"])
        survey.check_weights(drafts["responses"])
        survey.check_wave_sizes(drafts["responses"])


def _has_incidents(work: _Work) -> bool:
    """Whether there are incidents, and not just a file with their header."""
    source = work.sources.get("incidents")
    if source is None or source.path.suffix != ".csv":
        return source is not None or "path" in work.settings.incidents
    with source.path.open("rb") as stream:
        next(stream, b"")
        return any(line.strip() for line in stream)


def _type_tables(work: _Work) -> None:
    work.tables = {name: typed(draft) for name, draft in work.drafts.items() if draft.usable}
    if {"items", "responses"} <= set(work.tables):
        items, responses = work.tables["items"], work.tables["responses"]
        draft = work.drafts["responses"]
        work.tables["responses"] = survey.answers(draft, items, responses)
        draft.unknown_columns = tuple(
            name for name in draft.unknown_columns if name not in set(items["item"])
        )
    if "attendance" in work.tables:
        _drop_shared_addresses(work.drafts["attendance"], work.tables["attendance"])
    work.problems += survey.raking_problems(work.settings, work.tables)
    work.problems += survey.asked_problems(work.tables)
    files = [work.sources[name].path for name in PEOPLE if name in work.tables]
    people, work.linkage = number_people(work.tables, files)
    if {"codes", "responses"} <= set(work.tables):
        asked = work.tables["responses"]
        hashes = people["responses"]["respondent_id"]
        work.tables["codes"] = survey.link_codes(work.drafts["codes"], work.tables["codes"], asked, hashes)
    work.tables |= people


def _drop_shared_addresses(draft: Draft, table: pd.DataFrame) -> None:
    """Blank the e-mail addresses that stand for several people, so that each is known by name."""
    names = table["attendee_id"].where(table["name"].isna(), table["name"])
    shared = shared_addresses(table["event_id"], names, table["email"])
    if shared.any():
        table["email"] = table["email"].where(~shared)
        message = (
            f"{plural(int(shared.sum()), 'row')} with an e-mail address that stands with several names "
            "at one event; there the name tells who came, not the address"
        )
        draft.tell(message, "shared_address", "warning", row=int(table.index[shared][0]), column="email")


def _count(work: _Work, listed: frozenset[str]) -> None:
    """Make the panels by outcome and by offense label, of the incidents or else of the counts."""
    areas = work.tables.get("areas")
    source = find_incidents(work.folder, work.settings, work.sources.get("incidents"), work.problems)
    labels: Iterable[str] = ()
    if source is not None:
        reading = panel_from_incidents(source, work.settings, areas, work.polygons, listed)
        work.problems += reading.problems
        work.quality.append(reading.quality)
        work.inputs.append(input_file(source.path, reading.quality.rows_read))
        work.panel, work.offenses, labels = reading.panel, reading.offenses, reading.labels
        work.hours = reading.hours
    if "counts" in work.tables:
        draft = work.drafts["counts"]
        incidents = work.panel is not None
        work.counted, parts = counts.panels_of_others(draft, work.settings, areas, every=incidents)
        if work.panel is None:
            work.panel = counts.panel_from_counts(parts[0], work.settings, areas)
            if work.panel is not None:
                work.offenses = counts.offenses_from_counts(parts[0], work.panel, work.settings.unit, listed)
                labels = parts[0].frame["outcome"].unique()
        counts.take_back(draft, parts)
        work.tables["counts"] = typed(draft)
    if work.panel is not None:
        offenses.tell_unseen(work.drafts, labels)
    if work.panel is not None and areas is not None:
        work.problems += counts.population_problems(areas, work.panel.periods, work.file("areas"))


def _check_programs(work: _Work, programs, panel: CountPanel | None) -> None:
    if "program_areas" in work.tables:
        work.problems += rules.program_problems(programs, work.file("program_areas"))
    if "areas" in work.tables:
        work.problems += rules.population_problems_of(programs, work.tables["areas"], work.file("areas"))
    elif panel is not None and any(program.treatment for program in programs.values()):
        what = "the table areas cannot be used" if "areas" in work.drafts else "there is no table areas"
        message = f"{what}, so that no rate per resident can be made"
        work.problems.append(
            Problem(severity="warning", file=work.file("areas"), message=message, rule="no_population")
        )
    if panel is not None and "program_areas" in work.drafts:
        rules.area_start_problems(work.drafts["program_areas"], panel)
    if panel is not None:
        work.problems += rules.start_problems(programs, panel, work.settings, work.file("programs"))


def _tell_nothing_to_evaluate(work: _Work, programs) -> bool:
    """Tell why nothing can be evaluated, and return whether that is so."""
    if "programs" not in work.sources:
        message = "there is no table programs: every study needs programs.csv"
        work.problems.append(
            Problem(severity="error", file="programs.csv", message=message, rule="missing_file")
        )
    elif not programs:
        message = "no program can be used"
        work.problems.append(
            Problem(severity="error", file=work.sources["programs"].file, message=message, rule="no_program")
        )
    others = set(work.sources) - {"programs", "price_index", *offenses.LABELED}
    if not others and work.polygons is None and "path" not in work.settings.incidents:
        message = "a study needs one more table than programs: incidents, counts, events, responses, ..."
        work.problems.append(
            Problem(severity="error", file=str(work.folder.name), message=message, rule="no_table")
        )
        return True
    return not programs


def _close(work: _Work) -> None:
    """Gather what the drafts hold: problems, row balances, fingerprints of the files; causes come first."""
    lost = [problem for draft in work.drafts.values() if not draft.usable for problem in draft.problems]
    work.problems = lost + work.problems
    for name, draft in work.drafts.items():
        work.problems += draft.problems
        work.quality.append(draft.quality())
        if name in work.sources and not work.sources[name].sheet:
            work.inputs.append(input_file(work.sources[name].path, draft.rows_read))
    books = {source.path for source in work.sources.values() if source.sheet}
    for path in books:
        rows = sum(
            d.rows_read for n, d in work.drafts.items() if n in work.sources and work.sources[n].path == path
        )
        work.inputs.append(input_file(path, rows))
    if (work.folder / FILE).is_file():
        work.inputs.insert(0, input_file(work.folder / FILE, 0))
    order = list(TABLES)
    work.quality.sort(key=lambda quality: order.index(quality.table))
