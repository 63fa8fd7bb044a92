"""A papermill engine that runs the cells of a notebook in this very process, without a kernel.

It is for a process that does nothing else and then ends: a fork of `outreach_metrics.reports.preloaded`.
The cells run in IPython's own shell, as in a kernel; what they show is kept as a kernel's outputs are.
"""

from __future__ import annotations

import io
import sys
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from nbformat import NotebookNode
from nbformat.v4 import new_output
from papermill.engines import Engine, NotebookExecutionManager, papermill_engines
from traitlets.config import Config

NAME = "in-process"


class CellFailedError(Exception):
    """A cell raised; `executed` is the notebook as far as it came, `cell` its number as in `In [5]`."""

    def __init__(self, message: str, cell: int, executed: NotebookNode) -> None:
        super().__init__(message)
        self.cell = cell
        self.executed = executed


class Outputs(list[NotebookNode]):
    """What the cell that runs has shown so far, in its order.

    `clear_output(wait=True)` clears when the next output comes, and an output with a display identifier can
    be replaced later, in this cell or in one before it.
    """

    def __init__(self) -> None:
        super().__init__()
        self._identified: dict[str, list[NotebookNode]] = {}
        self._clear_at_next = False

    def show(self, output: NotebookNode, identifier: str = "") -> None:
        """Add an output, or add to the last one when both are text of the same stream."""
        if self._clear_at_next:
            self.clear()
            self._clear_at_next = False
        if identifier:
            self._identified.setdefault(identifier, []).append(output)
        last = self[-1] if self else None
        if last and output.output_type == "stream" == last.output_type and last.name == output.name:
            last["text"] += output.text
            return
        self.append(output)

    def replace(self, data: dict, metadata: dict, identifier: str) -> None:
        """Replace what was shown under an identifier."""
        for output in self._identified.get(identifier, []):
            output.update(data=data, metadata=metadata)

    def clear_later(self) -> None:
        """Clear when the next output comes."""
        self._clear_at_next = True

    def next_cell(self) -> list[NotebookNode]:
        """Return what was shown, and begin anew."""
        shown = list(self)
        self.clear()
        self._clear_at_next = False
        return shown


class Publisher(DisplayPublisher):
    """Keep what `display` shows."""

    outputs: Outputs

    def publish(self, data, metadata=None, source=None, *, transient=None, update=False, **others) -> None:
        """Keep an output, or replace the earlier one of the same identifier."""
        identifier = (transient or {}).get("display_id", "")
        data, metadata = plain_data(data), metadata or {}
        if update:
            self.outputs.replace(data, metadata, identifier)
            return
        self.outputs.show(new_output("display_data", data=data, metadata=metadata), identifier)

    def clear_output(self, wait: bool = False) -> None:
        """Forget what the cell has shown."""
        self.outputs.clear_later() if wait else self.outputs.clear()


class Hook(DisplayHook):
    """Keep the last value of a cell."""

    outputs: Outputs

    def write_output_prompt(self) -> None:
        """Write nothing: the number stands in the output."""

    def write_format_data(self, format_dict, md_dict=None) -> None:
        """Keep the value in all its forms."""
        self.outputs.show(
            new_output(
                "execute_result",
                data=plain_data(format_dict),
                metadata=md_dict or {},
                execution_count=self.prompt_count,
            )
        )

    def finish_displayhook(self) -> None:
        """Write nothing."""


class Shell(InteractiveShell):
    """IPython's shell, without a history file and without a terminal."""

    def __init__(self, **settings) -> None:
        self.outputs = Outputs()
        super().__init__(**settings)
        self.display_pub.outputs = self.displayhook.outputs = self.outputs

    def enable_gui(self, gui=None) -> None:
        """Do nothing: there is no window."""

    def _showtraceback(self, etype, evalue, stb) -> None:
        traceback = stb if isinstance(stb, list) else [stb]
        error = new_output("error", ename=etype.__name__, evalue=str(evalue), traceback=traceback)
        self.outputs.show(error)


class Stream(io.TextIOBase):
    """Standard output or standard error of a cell."""

    encoding = "utf-8"

    def __init__(self, outputs: Outputs, name: str) -> None:
        self._outputs = outputs
        self._name = name

    def writable(self) -> bool:
        """Tell that it can be written to."""
        return True

    def write(self, text: str) -> int:
        """Keep the text."""
        if text:
            self._outputs.show(new_output("stream", name=self._name, text=text))
        return len(text)


class InProcessEngine(Engine):
    """Run cells here, one after another, up to the first that fails."""

    @classmethod
    def execute_managed_notebook(
        cls,
        nb_man: NotebookExecutionManager,
        kernel_name: str,
        *,
        before_cell: Callable[[int], None] = lambda number: None,
        **others,
    ) -> None:
        """Run the cells and put their outputs into the notebook.

        Parameters
        ----------
        nb_man : papermill.engines.NotebookExecutionManager
        kernel_name : str
            Not used.
        before_cell : callable
            Called with the number of each cell before it runs.

        Raises
        ------
        CellFailedError
            A cell raised; those after it have not run.
        """
        shell = new_shell()
        for index, cell in enumerate(nb_man.nb.cells):
            if cell.cell_type != "code" or not cell.source.strip():
                continue
            before_cell(shell.execution_count)
            nb_man.cell_start(cell, index)
            with streams(shell.outputs):
                result = shell.run_cell(cell.source, store_history=True)
            cell.execution_count = result.execution_count
            cell.outputs = shell.outputs.next_cell()
            if not result.success:
                nb_man.cell_exception(cell, cell_index=index)
                error = result.error_before_exec or result.error_in_exec
                message = f"{type(error).__name__}: {error}".strip()
                raise CellFailedError(message, result.execution_count, nb_man.nb)
            nb_man.cell_complete(cell, cell_index=index)


def new_shell() -> Shell:
    """Return the shell that the cells of a process run in; a process has one."""
    settings = Config()
    settings.HistoryManager.enabled = False
    settings.InteractiveShell.colors = "nocolor"
    return Shell.instance(config=settings, display_pub_class=Publisher, displayhook_class=Hook)


@contextmanager
def streams(outputs: Outputs) -> Iterator[None]:
    """Keep what is written to standard output and standard error."""
    with redirect_stdout(Stream(outputs, "stdout")), redirect_stderr(Stream(outputs, "stderr")):
        yield
        sys.stdout.flush()


def plain_data(data: Mapping[str, object]) -> dict[str, object]:
    """Return the forms of a value as they stand in a notebook file: bytes in base 64."""
    return {
        kind: b64encode(value).decode("ascii") if isinstance(value, bytes) else value
        for kind, value in data.items()
    }


papermill_engines.register(NAME, InProcessEngine)
