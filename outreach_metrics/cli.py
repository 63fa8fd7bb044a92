"""Arguments -> calls. Modules that take time to load are loaded by the command that needs them."""

from __future__ import annotations

import argparse
import gc
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from outreach_metrics import __version__
from outreach_metrics.errors import (
    NameTakenError,
    OutreachMetricsError,
    Problem,
    StudyError,
    UnknownNameError,
)
from outreach_metrics.reports.forms import CHART_FORMATS, REPORT_FORMATS, MissingFormError, require
from outreach_metrics.study.wording import plural

if TYPE_CHECKING:
    from outreach_metrics.study import Study

DONE, FAILED, WRONG_USAGE, INTERRUPTED = 0, 1, 2, 130
SELDOM = 100_000
"""Objects made between two collections of garbage in a run that keeps nearly all of them."""
ARMS = ("program", "comparison", "partner")


class UsageError(OutreachMetricsError):
    """The command was called in a way that cannot work."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments : sequence of str, optional
        Those of the process when not given.

    Returns
    -------
    int
        0 done, warnings or not; 1 the data or a program failed; 2 wrong usage; 130 interrupted.
    """
    options = _parser().parse_args(arguments)
    try:
        code = options.command(options)
        sys.stdout.flush()
        return code
    except StudyError as error:
        _tell(*error.problems, _count(error.problems))
        return FAILED
    except (UsageError, UnknownNameError, NameTakenError, MissingFormError) as error:
        _tell(f"outreach-metrics {options.name}: {error}")
        return WRONG_USAGE
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except OSError as error:
        _tell(
            f"outreach-metrics {options.name}: {error.strerror or error}: {error.filename or ''}".rstrip(": ")
        )
        return FAILED
    except KeyboardInterrupt:
        _tell("Interrupted. What was finished is kept; `report --resume` makes the rest.")
        return INTERRUPTED


def init(options: argparse.Namespace) -> int:
    """Make a new study folder."""
    from outreach_metrics.reports.starting import start_study

    try:
        start_study(options.dir, sample=options.sample)
    except FileExistsError as error:
        raise UsageError(str(error)) from None
    if options.sample:
        steps = [f"outreach-metrics report {options.dir} --out reports"]
    else:
        steps = [f"fill in the tables in {options.dir}", f"outreach-metrics check {options.dir}"]
    print(f"{options.dir} is ready. Next: {', then '.join(steps)}")
    return DONE


def check(options: argparse.Namespace) -> int:
    """Tell every problem of a study."""
    from outreach_metrics.study.loading import check_study

    problems = sorted(check_study(_study_folder(options)), key=lambda problem: problem.severity != "error")
    if options.json:
        print(json.dumps([problem.as_dict() for problem in problems], ensure_ascii=False, indent=1))
    else:
        for problem in problems:
            print(f"{problem.severity.capitalize()}: {problem}")
        print(_count(problems))
    return FAILED if any(problem.severity == "error" for problem in problems) else DONE


def evaluate(options: argparse.Namespace) -> int:
    """Write the numbers."""
    gc.set_threshold(SELDOM)  # a million rows are millions of objects that all live to the end
    study = _load(options)
    from outreach_metrics.reports.numbers import make_evaluation

    failures = make_evaluation(study, options.out, options.program)
    return _end(options, study, failures, "estimates.csv")


def report(options: argparse.Namespace) -> int:
    """Write the numbers and the reports."""
    require(options.format)
    gc.set_threshold(SELDOM)
    from outreach_metrics.reports.environment import without_addresses
    from outreach_metrics.reports.preloaded import preloaded

    with preloaded() as ahead:
        study = _load(options)
        with without_addresses():
            from outreach_metrics.reports.making import make_reports

        failures = make_reports(
            study,
            options.out,
            options.program,
            options.notebook,
            formats=options.format,
            jobs=options.jobs,
            resume=options.resume,
            ahead=ahead,
        )
    return _end(options, study, failures, "index.html")


def export(options: argparse.Namespace) -> int:
    """Write the charts of programs as files, each with its data and words."""
    require(options.format)
    study = _load(options)
    from outreach_metrics.reports.export import make_charts

    failures = make_charts(study, options.out, options.program, options.format)
    return _end(options, study, failures, "")


def plan(options: argparse.Namespace) -> int:
    """Print what an evaluation of each program could find."""
    study = _read(options)
    from outreach_metrics.evidence.plans import plan_text
    from outreach_metrics.planning import plan_study

    failures = []
    for program_id, result in plan_study(study, options.program or None, options.outcome):
        if isinstance(result, Exception):
            failures.append(f"{program_id}: {type(result).__name__}: {result}")
        else:
            print(plan_text(result), end="\n\n", flush=True)
    return _tell_all(options, study, failures)


def convert(options: argparse.Namespace) -> int:
    """Turn exports of other tools into tables."""
    from outreach_metrics.convert import Options, WrongUseError
    from outreach_metrics.convert.running import run, summary

    asked = {name: value for name, value in vars(options).items() if name in Options.__dataclass_fields__}
    key = os.environ.get("OUTREACH_METRICS_KEY", "")
    try:
        converted, written = run(
            options.kind, options.file, options.out, Options(**asked, key=key), append=options.append
        )
    except WrongUseError as error:
        raise UsageError(str(error)) from None
    errors = [problem for problem in converted.problems if problem.severity == "error"]
    _tell(*(f"{problem.severity.capitalize()}: {problem}" for problem in converted.problems))
    print(*summary(converted, written), sep="\n")
    return FAILED if errors or not written else DONE


def _load(options: argparse.Namespace) -> Study:
    folder = _study_folder(options)
    if options.out.exists() and not options.out.is_dir():
        raise UsageError(f"--out {options.out} is a file, not a folder")
    if options.out.resolve() == folder.resolve():
        raise UsageError("--out must be another folder than the study")
    return _read(options)


def _read(options: argparse.Namespace) -> Study:
    """Read the study; a program asked for that is not there, or was left out, ends the command."""
    folder = _study_folder(options)
    from outreach_metrics.study.loading import load_study

    study = load_study(folder)
    left_out = [program_id for program_id in options.program if program_id not in study.programs]
    errors = [problem for problem in study.errors() if problem.program_id in left_out]
    if errors:
        raise StudyError(errors)
    for program_id in left_out:
        study.program(program_id)
    return study


def _study_folder(options: argparse.Namespace) -> Path:
    if not options.study.exists():
        raise UsageError(f"there is no folder {options.study}")
    return options.study if options.study.is_dir() else options.study.parent


def _end(options: argparse.Namespace, study: Study, failures: Sequence[object], result: str) -> int:
    code = _tell_all(options, study, failures)
    print(options.out / result)
    return code


def _tell_all(options: argparse.Namespace, study: Study, failures: Sequence[object]) -> int:
    """Tell what was left out and what failed; return the exit code."""
    errors, warnings = study.errors(), study.warnings()
    _tell(*(f"Error: {problem}" for problem in errors), *(f"Failed: {failure}" for failure in failures))
    if warnings:
        _tell(f"{plural(len(warnings), 'warning')}; `outreach-metrics check {options.study}` tells them.")
    return FAILED if errors or failures else DONE


def _count(problems: Sequence[Problem]) -> str:
    errors = sum(problem.severity == "error" for problem in problems)
    return f"{plural(errors, 'error')}, {plural(len(problems) - errors, 'warning')}."


def _tell(*lines: object) -> None:
    for line in lines:
        print(line, file=sys.stderr)


def _report_formats(text: str) -> list[str]:
    return list(dict.fromkeys(["html", *_formats(text, REPORT_FORMATS)]))


def _chart_formats(text: str) -> list[str]:
    return _formats(text, CHART_FORMATS)


def _formats(text: str, known: Sequence[str]) -> list[str]:
    formats = [name.strip() for name in text.split(",")]
    for name in formats:
        if name not in known:
            raise argparse.ArgumentTypeError(f"{name!r} is not a format; known: {', '.join(known)}")
    return list(dict.fromkeys(formats))


def _jobs(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of 1 or more")
    return int(text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="outreach-metrics",
        description="Tell whether a law-enforcement outreach program works: crime, attendance and sentiment.",
        epilog="Exit code: 0 done, 1 the data or a program failed, 2 wrong usage.",
    )
    parser.add_argument("--version", action="version", version=f"outreach-metrics {__version__}")
    commands = parser.add_subparsers(dest="name", required=True, metavar="COMMAND")

    command = commands.add_parser("init", help="make a new study folder")
    command.add_argument("dir", type=Path, metavar="DIR", help="folder to make; must be new or empty")
    command.add_argument("--sample", action="store_true", help="fill it with the sample study Riverton")
    command.set_defaults(command=init)

    command = commands.add_parser("check", help="tell every problem in every table")
    _add_study(command)
    command.add_argument("--json", action="store_true", help="as a JSON list")
    command.set_defaults(command=check)

    command = commands.add_parser("evaluate", help="write estimates.csv, results.json, quality.json")
    _add_study(command)
    _add_choice(command)
    command.set_defaults(command=evaluate)

    command = commands.add_parser("report", help="write a report for each program, and an index of them")
    _add_study(command)
    _add_choice(command)
    command.add_argument(
        "--notebook",
        nargs="+",
        action="extend",
        default=[],
        metavar="NAME",
        help="notebooks to run, by name or path to an .ipynb file (default: program_evaluation portfolio)",
    )
    command.add_argument(
        "--format",
        type=_report_formats,
        default=["html"],
        metavar="LIST",
        help="forms of the reports: html (always made), pdf, docx; with commas between them (default: html)",
    )
    command.add_argument("--jobs", type=_jobs, metavar="N", help="how many at a time (default: processors)")
    command.add_argument("--resume", action="store_true", help="keep reports that are there and up to date")
    command.set_defaults(command=report)

    command = commands.add_parser("export", help="write the charts of programs as files, with their data")
    _add_study(command)
    _add_choice(command, required=True)
    command.add_argument(
        "--format",
        type=_chart_formats,
        default=list(CHART_FORMATS),
        metavar="LIST",
        help="svg, png, pptx, with commas between them (default: all three)",
    )
    command.set_defaults(command=export)

    command = commands.add_parser("plan", help="tell how small a change an evaluation could find")
    _add_study(command)
    _add_programs(command)
    command.add_argument(
        "--outcome", default="", metavar="NAME", help="crime outcome to plan for (default: the first)"
    )
    command.set_defaults(command=plan)
    _add_convert(commands)
    return parser


def _add_convert(commands) -> None:
    from outreach_metrics.convert.kinds import KINDS

    kinds = "\n".join(f"  {kind.name:<16} {kind.summary}" for kind in KINDS.values())
    command = commands.add_parser(
        "convert",
        help="turn the export of another tool into tables",
        description="Turn exports of other tools into the tables of a study.",
        epilog=f"kinds:\n{kinds}\n\n"
        "Tables that are in DIR already are never overwritten.\n"
        "Exit code: 0 done, 1 the data failed, 2 wrong usage.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("kind", metavar="KIND", help="kind of export, see below")
    command.add_argument("file", type=Path, nargs="+", metavar="FILE", help="exported files of that kind")
    command.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder to write to")
    command.add_argument("--append", action="store_true", help="add to the tables in DIR, each row once")
    command.add_argument("--program", default="", metavar="ID", help="program_id of every row (needed)")
    command.add_argument(
        "--person",
        default="",
        metavar="COLUMN",
        help="column that tells the same person in every wave, such as email; only a hash of it is written, "
        "made with the environment variable OUTREACH_METRICS_KEY",
    )
    order = command.add_mutually_exclusive_group()
    order.add_argument("--day-first", action="store_true", default=None, help="5/10/2026 is in October")
    order.add_argument("--month-first", action="store_false", dest="day_first", help="5/10/2026 is in May")
    order.add_argument(
        "--date-format", default="", metavar="FORM", help="form of dates, such as %%d.%%m.%%Y %%H:%%M"
    )
    _add_survey_options(command.add_argument_group("surveys"))
    _add_event_options(command.add_argument_group("events"))
    command.set_defaults(command=convert)


def _add_survey_options(group) -> None:
    group.add_argument("--wave", default="", metavar="NAME", help="survey wave (default: the file's name)")
    group.add_argument("--arm", default="", choices=ARMS, help="arm of every row")
    group.add_argument(
        "--finished-only", action="store_true", help="leave out answers that were not finished"
    )
    group.add_argument(
        "--points", type=_jobs, metavar="N", help="points of labeled scales, where not every label occurs"
    )


def _add_event_options(group) -> None:
    group.add_argument("--event", default="", metavar="ID", help="event_id (default: the file's name)")
    group.add_argument("--date", default="", metavar="DAY", help="day of the event, YYYY-MM-DD")
    group.add_argument(
        "--least-minutes", type=_minutes, default=0.0, metavar="N", help="zoom: shortest stay that counts"
    )


def _minutes(text: str) -> float:
    try:
        minutes = float(text)
    except ValueError:
        minutes = -1.0
    if not 0 <= minutes < 1e6:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of minutes")
    return minutes


def _add_study(command: argparse.ArgumentParser) -> None:
    command.add_argument("study", type=Path, metavar="STUDY", help="folder of the study")


def _add_choice(command: argparse.ArgumentParser, *, required: bool = False) -> None:
    command.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder to write to")
    _add_programs(command, required=required)


def _add_programs(command: argparse.ArgumentParser, *, required: bool = False) -> None:
    command.add_argument(
        "--program",
        nargs="+",
        action="extend",
        default=[],
        required=required,
        metavar="ID",
        help="only these programs" if required else "only these programs (default: all)",
    )


if __name__ == "__main__":
    sys.exit(main())
