"""The command: files of one kind -> tables in a folder, and what is said about it."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path

from outreach_metrics.convert.benchmarks import read_benchmarks
from outreach_metrics.convert.kinds import Kind, get_kind
from outreach_metrics.convert.model import Converted, Options, WrongUseError
from outreach_metrics.convert.writing import read_codebook, write_tables
from outreach_metrics.study.checks import PROGRAM_ID
from outreach_metrics.study.identity import KEY_VARIABLE
from outreach_metrics.study.values import parse_date
from outreach_metrics.study.wording import plural

SHORTEST_KEY = 16


def run(
    name: str, files: Sequence[Path], out: Path, options: Options, *, append: bool = False
) -> tuple[Converted, list[str]]:
    """Convert files of one kind and write the tables.

    Parameters
    ----------
    name : str
        Kind of export, see `outreach_metrics.convert.KINDS`.
    files : sequence of Path
    out : Path
        Folder of the tables.
    options : Options
    append : bool
        Add to the tables that are there.

    Returns
    -------
    converted : Converted
        With the problems; without tables when no file could be used, and then nothing is written.
    written : list of str
        A sentence a table.

    Raises
    ------
    UnknownNameError
        No such kind.
    WrongUseError
        Options that the kind does not take, or lacks; files or tables that are in the way.
    """
    kind = get_kind(name)
    _check_use(kind, files, out, options)
    if append and "wave" in kind.takes:
        options = replace(options, codebook=read_codebook(out))
    options = replace(options, benchmarks=read_benchmarks(out))
    converted = kind.load().convert(files, options)
    if not converted.tables:
        return converted, []
    if options.person:
        converted.note(
            f"people are named with the key {fingerprint(options.key)}: every wave and event converted with "
            "this key is linked, with another key none"
        )
    return converted, write_tables(converted.tables, out, append)


def balance(converted: Converted) -> str:
    """Return the balance of rows as a sentence.

    Examples
    --------
    >>> from collections import Counter
    >>> balance(Converted(read=120, used=117, dropped=Counter({"preview": 2, "test": 1})))
    '120 rows read, 117 used; left out: 2 preview, 1 test'
    """
    reasons = [f"{count:,} {reason}" for reason, count in converted.dropped.items() if count]
    left_out = f"; left out: {', '.join(reasons)}" if reasons else ""
    return f"{plural(converted.read, 'row')} read, {converted.used:,} used{left_out}"


def fingerprint(key: str) -> str:
    """Return eight characters by which a user sees that two conversions used one key, not what it is.

    Examples
    --------
    >>> fingerprint("correct horse battery")
    'a55a-6487'
    """
    mark = hmac.new(key.encode(), b"outreach-metrics: fingerprint of a key", hashlib.sha256).hexdigest()
    return f"{mark[:4]}-{mark[4:8]}"


def summary(converted: Converted, written: Sequence[str]) -> list[str]:
    """Return what the command prints: the balance, what became of the columns, the files."""
    nothing = [] if written else ["nothing is written"]
    return [balance(converted), *converted.notes, *written, *nothing]


def _check_use(kind: Kind, files: Sequence[Path], out: Path, options: Options) -> None:
    missing = [f"--{name}" for name in kind.needs if not getattr(options, name)]
    if missing:
        raise WrongUseError(
            f"{kind.name} needs {' and '.join(missing)}: the program_id that programs.csv gives it"
        )
    allowed = {*kind.needs, *kind.takes, "key", "codebook", "benchmarks"}
    for option in fields(Options):
        if option.name not in allowed and getattr(options, option.name) != option.default:
            raise WrongUseError(f"{kind.name} does not take {_flag(option.name, options)}")
    if options.program and not re.fullmatch(PROGRAM_ID, options.program):
        raise WrongUseError(f"--program {options.program!r}: use letters, digits, '-', '_' and '.' only")
    if options.person:
        _check_key(options.key)
    if options.event and len(files) > 1:
        raise WrongUseError(
            "--event names one event, and there are several files: convert one file at a time"
        )
    if options.date:
        try:
            parse_date(options.date)
        except ValueError as error:
            raise WrongUseError(f"--date {error}") from error
    for path in files:
        if not path.is_file():
            raise WrongUseError(f"there is no file {path}" if not path.exists() else f"{path} is a folder")
    if len({path.resolve() for path in files}) < len(files):
        raise WrongUseError("a file is named twice")
    if out.exists() and not out.is_dir():
        raise WrongUseError(f"--out {out} is a file, not a folder")


def _check_key(key: str) -> None:
    if not key.strip():
        raise WrongUseError(
            "--person needs a key, so that nobody can find a person by trying addresses: set the environment "
            f"variable {KEY_VARIABLE} to a long secret text, and keep it, the same for every wave"
        )
    if len(key.strip()) < SHORTEST_KEY:
        raise WrongUseError(
            f"the key in {KEY_VARIABLE} has {plural(len(key.strip()), 'character')}, which can be guessed: "
            f"use at least {SHORTEST_KEY}, such as five words that nobody knows"
        )


def _flag(name: str, options: Options) -> str:
    if name == "day_first":
        return "--day-first" if options.day_first else "--month-first"
    return "--" + name.replace("_", "-")
