"""Executed notebooks and messages without what differs from run to run or tells about the machine."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import nbformat
from papermill.execute import remove_error_markers

from outreach_metrics.reports.environment import PREFIX

VOLATILE_METADATA = ("papermill", "execution")
TEXT_KINDS = ("text", "text/plain", "text/html", "ename", "evalue", "traceback")
WORKING_FOLDER = "working-folder"

_MEMORY_ADDRESS = re.compile(r" at 0x[0-9a-f]+")
_COLOR = re.compile(r"\x1b\[[0-9;]*m")
_RUNNING = rf"{re.escape(PREFIX)}\w{{8}}"
_TEMPORARY = re.compile(rf"[^\s'\"<>()=,;]*{_RUNNING}(?:[/\\](?:temporary|{_RUNNING}))*")


def scrub(executed: nbformat.NotebookNode, study_folder: Path) -> int:
    """Take out of an executed notebook, in place, what differs from run to run or tells about the machine.

    Times, durations, cell identifiers, addresses, paths and what libraries wrote to stderr go; code,
    parameters and outputs stay, tracebacks too. The study's folder is told by its name alone.

    Returns
    -------
    int
        How many cells had messages on stderr, which were taken out.
    """
    remove_error_markers(executed)
    _forget(executed.metadata)
    executed.metadata["kernelspec"] = {"display_name": "Python 3", "language": "python", "name": "python3"}
    executed.metadata["language_info"] = {"name": "python"}
    hidden = 0
    for position, cell in enumerate(executed.cells, start=1):
        cell["id"] = f"cell-{position}"
        _forget(cell.metadata)
        cell["source"] = cell["source"].replace(str(study_folder), study_folder.name)
        outputs = cell.get("outputs", [])
        kept = _joined(output for output in outputs if output.get("name") != "stderr")
        hidden += any(output.get("name") == "stderr" for output in outputs)
        if outputs:
            cell["outputs"] = kept
        for output in kept:
            told = told_anywhere if output["output_type"] == "error" else _told_in_output
            data = output.get("data", output)
            for kind in set(TEXT_KINDS).intersection(data):
                data[kind] = _each(data[kind], lambda text, told=told: told(text, study_folder))
    return hidden


def told_anywhere(message: str, study_folder: Path) -> str:
    """Return an error's message or traceback as it reads on every machine.

    The study's folder is told by its name, a file of a library by its path within the library, what is in the
    user's own folder from ``~`` on.

    Examples
    --------
    >>> told_anywhere(f"{re.__file__}: no county/town/events.csv", Path("county/town"))
    're/__init__.py: no town/events.csv'
    """
    text = _COLOR.sub("", _told_in_output(message, study_folder))
    home = os.path.expanduser("~")  # noqa: PTH111 - that of Path raises where there is no home
    for folder in sorted({entry for entry in sys.path if _names_much(entry)}, key=len, reverse=True):
        shortened = f"~{folder.removeprefix(home)}" if folder.startswith(home) else folder
        text = _below(shortened).sub("", _below(folder).sub("", text))
    return _below(home).sub("~/", text) if _names_much(home) else text


def found_from(folder: Path, study_folder: Path) -> str:
    """Return the study's path as `load_study` finds it from a folder: from the nearest folder above both.

    Where no folder is above both, as on two drives, it is the whole path.

    Examples
    --------
    >>> found_from(Path("county/reports/watch"), Path("county/data/sample"))
    'data/sample'
    >>> found_from(Path("county/town/reports/watch"), Path("county/town"))
    'town'
    """
    for above in folder.parents:
        if above in study_folder.parents:
            return study_folder.relative_to(above).as_posix()
    return str(study_folder)


def _told_in_output(text: str, study_folder: Path) -> str:
    named = _TEMPORARY.sub(WORKING_FOLDER, text.replace(str(study_folder), study_folder.name))
    return _MEMORY_ADDRESS.sub("", named)


def _names_much(folder: str) -> bool:
    """Whether a folder is more than the root of a file system, or nothing."""
    return Path(folder).is_absolute() and Path(folder) != Path(folder).parent


def _below(folder: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w.~-]){re.escape(folder)}[/\\]+")


def _each(value: str | list[str], change: Callable[[str], str]) -> str | list[str]:
    return [change(text) for text in value] if isinstance(value, list) else change(value)


def _joined(outputs: Iterable[nbformat.NotebookNode]) -> list[nbformat.NotebookNode]:
    """Join texts of the same stream: where a kernel cuts them depends on how fast it is."""
    joined: list[nbformat.NotebookNode] = []
    for output in outputs:
        last = joined[-1] if joined else {}
        if output["output_type"] == "stream" and last.get("name") == output["name"]:
            last["text"] += output["text"]
        else:
            joined.append(output)
    return joined


def _forget(metadata: nbformat.NotebookNode) -> None:
    for name in VOLATILE_METADATA:
        metadata.pop(name, None)
