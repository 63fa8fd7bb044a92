"""One notebook, run with papermill in this very Python."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
import papermill
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.exceptions import PapermillExecutionError

from outreach_metrics.errors import NameTakenError, OutreachMetricsError, UnknownNameError
from outreach_metrics.reports.environment import KERNEL, PREFIX
from outreach_metrics.resources import notebooks_folder

PROGRAM_NOTEBOOK = "program_evaluation"
STANDARD_NOTEBOOKS = (PROGRAM_NOTEBOOK, "portfolio")
PLAIN_TYPES = (str, int, float, bool, type(None))


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
    NameTakenError
        Two notebooks whose files have the same name: their reports would lie in the same place.
    """
    known = {path.stem: path for path in sorted(notebooks_folder().glob("*.ipynb"))}
    found: dict[str, tuple[str, Notebook]] = {}
    for name in names or STANDARD_NOTEBOOKS:
        path = Path(name) if name.endswith(".ipynb") else known.get(name)
        if path is None or not path.is_file():
            raise UnknownNameError("notebook", name, known)
        notebook = read_notebook(path)
        other, same = found.setdefault(notebook.name.casefold(), (name, notebook))
        if same.path != notebook.path:
            raise NameTakenError(
                f"notebooks {other!r} and {name!r} have the same name, and a report is named after its "
                "notebook: rename one of the files"
            )
    return tuple(notebook for _, notebook in found.values())


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

    with TemporaryDirectory(prefix=PREFIX) as scratch:
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
    with TemporaryDirectory(prefix=PREFIX) as scratch:
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


def _read(written: Path, notebook: Notebook) -> nbformat.NotebookNode:
    return nbformat.read(written if written.exists() else notebook.path, as_version=4)


def _last_line(error: BaseException) -> str:
    lines = re.sub(r"\x1b\[[0-9;]*m", "", str(error)).strip().splitlines()
    return lines[-1] if lines else type(error).__name__
