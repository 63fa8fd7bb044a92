"""One notebook, run with papermill in this very Python, and cleaned of all that differs from run to run."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
import papermill
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.exceptions import PapermillExecutionError

from outreach_metrics.errors import OutreachMetricsError, UnknownNameError
from outreach_metrics.reports.environment import KERNEL
from outreach_metrics.resources import notebooks_folder

PROGRAM_NOTEBOOK = "program_evaluation"
STANDARD_NOTEBOOKS = (PROGRAM_NOTEBOOK, "portfolio")
PLAIN_TYPES = (str, int, float, bool, type(None))
VOLATILE_METADATA = ("papermill", "execution")
MEMORY_ADDRESS = re.compile(r" at 0x[0-9a-f]+")
TEXT_KINDS = {"text", "text/plain", "text/html"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Notebook:
    """A notebook that can be run: its name, where it is, its SHA-256 and the parameters it takes."""

    name: str
    path: Path
    sha256: str
    parameters: tuple[str, ...]

    @property
    def per_program(self) -> bool:
        """Whether it is run for each program; otherwise once for the whole study."""
        return "program_id" in self.parameters


class NotebookFailedError(OutreachMetricsError):
    """A cell raised, took too long or killed its kernel.

    Parameters
    ----------
    message : str
        Last line of what was raised.
    cell : int or None
        Number of the cell as the notebook shows it, `In [5]`.
    executed : nbformat.NotebookNode
        The notebook as far as it came.
    """

    def __init__(self, message: str, cell: int | None, executed: nbformat.NotebookNode) -> None:
        super().__init__(message)
        self.cell = cell
        self.executed = executed


def find_notebooks(names: Sequence[str] = ()) -> tuple[Notebook, ...]:
    """Return notebooks by name, or by path where a name ends in .ipynb; without names the standard ones.

    Raises
    ------
    UnknownNameError
        A name that is not a notebook of the package nor a file; the message lists the names.
    """
    known = {path.stem: path for path in sorted(notebooks_folder().glob("*.ipynb"))}
    found: dict[str, Notebook] = {}
    for name in names or STANDARD_NOTEBOOKS:
        path = Path(name) if name.endswith(".ipynb") else known.get(name)
        if path is None or not path.is_file():
            raise UnknownNameError("notebook", name, known)
        found[path.stem] = read_notebook(path)
    return tuple(found.values())


def read_notebook(path: Path) -> Notebook:
    """Return what has to be known about a notebook before it is run."""
    parameters = tuple(papermill.inspect_notebook(str(path)))
    return Notebook(
        name=path.stem,
        path=path.resolve(),
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
        parameters=parameters,
    )


def checked_parameters(notebook: Notebook, given: Mapping[str, object]) -> dict[str, object]:
    """Return the parameters when the notebook takes every one of them and each is a plain value.

    papermill only warns of a misspelt parameter and runs with the default, and it writes names and values of
    unknown types into the notebook as code.

    Raises
    ------
    UnknownNameError
        A parameter that the notebook does not take; the message lists those it takes.
    TypeError
        A value that is not text, a number, a boolean, None or a list of these.
    """
    for name, value in given.items():
        if name not in notebook.parameters:
            raise UnknownNameError(f"parameter of {notebook.name}", name, notebook.parameters)
        for item in value if type(value) is list else [value]:
            if type(item) not in PLAIN_TYPES:
                raise TypeError(
                    f"parameter {name} of {notebook.name}: {type(item).__name__} is not a plain value"
                )
    return dict(given)


def execute_here(
    notebook: Notebook, parameters: Mapping[str, object], before_cell: Callable[[int], None]
) -> nbformat.NotebookNode:
    """Run a notebook from start to end in this process, which is to end afterwards, in an empty folder.

    Parameters
    ----------
    notebook : Notebook
    parameters : mapping of str to object
    before_cell : callable
        Called with the number of each cell before it runs.

    Raises
    ------
    NotebookFailedError
        A cell failed; the notebook as far as it came is in `executed`.
    """
    from outreach_metrics.reports.in_process import NAME, CellFailedError

    with TemporaryDirectory(prefix="outreach-metrics-") as scratch:
        try:
            return _run(notebook, parameters, scratch, engine_name=NAME, before_cell=before_cell)
        except CellFailedError as error:
            message = str(error).splitlines()
            raise NotebookFailedError(message[-1], error.cell, error.executed) from error


def execute(
    notebook: Notebook, parameters: Mapping[str, object], time_limit: float | None = None
) -> nbformat.NotebookNode:
    """Run a notebook from start to end in a kernel of its own, in an empty working folder.

    Parameters
    ----------
    notebook : Notebook
    parameters : mapping of str to object
    time_limit : float, optional
        Seconds that a cell may take.

    Raises
    ------
    NotebookFailedError
        A cell failed; the notebook as far as it came is in `executed`.
    """
    limit = None if time_limit is None else round(time_limit)
    with TemporaryDirectory(prefix="outreach-metrics-") as scratch:
        written = Path(scratch) / "executed.ipynb"
        try:
            return _run(notebook, parameters, scratch, written, execution_timeout=limit)
        except PapermillExecutionError as error:
            message = f"{error.ename}: {error.evalue}".strip().splitlines()
            raise NotebookFailedError(message[-1], error.exec_count, _read(written, notebook)) from error
        except (DeadKernelError, CellTimeoutError) as error:
            raise NotebookFailedError(_last_line(error), None, _read(written, notebook)) from error


def _run(
    notebook: Notebook,
    parameters: Mapping[str, object],
    scratch: str,
    written: Path | None = None,
    **engine: object,
) -> nbformat.NotebookNode:
    """Hand a notebook to papermill, with what is particular to an engine."""
    return papermill.execute_notebook(
        nbformat.read(notebook.path, as_version=4),
        written,
        checked_parameters(notebook, parameters),
        kernel_name=KERNEL,
        language="python",
        progress_bar=False,
        cwd=scratch,
        **engine,
    )


def scrub(executed: nbformat.NotebookNode, study_folder: Path) -> int:
    """Take out of an executed notebook, in place, what differs from run to run or tells about the machine.

    Times, durations, cell identifiers, addresses, paths and what libraries wrote to stderr go; code,
    parameters and outputs stay. The study's folder is told by its name alone.

    Returns
    -------
    int
        How many cells had messages on stderr, which were taken out.
    """
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
            data = output.get("data", output)
            for kind in TEXT_KINDS & set(data):
                text = data[kind].replace(str(study_folder), study_folder.name)
                data[kind] = MEMORY_ADDRESS.sub("", text)
    return hidden


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


def _read(written: Path, notebook: Notebook) -> nbformat.NotebookNode:
    return nbformat.read(written if written.exists() else notebook.path, as_version=4)


def _last_line(error: BaseException) -> str:
    lines = re.sub(r"\x1b\[[0-9;]*m", "", str(error)).strip().splitlines()
    return lines[-1] if lines else type(error).__name__
