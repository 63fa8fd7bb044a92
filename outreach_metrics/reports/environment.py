"""The environment that notebooks run in: this very Python, one thread each, nothing of the user's own."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

KERNEL = "outreach-metrics"
PREFIX = "outreach-metrics-"
"""How the names of folders begin that are there while a run lasts."""
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")

_GRAMMAR = "rfc3987_syntax"


def prepare_environment(scratch: Path) -> None:
    """Set this process's environment so that its kernels are this Python, and single-threaded.

    Kernels that the user has installed, start-up files of IPython and more than one thread a kernel would
    make the report depend on the machine. Temporary files lie in `scratch`, which is removed at the end:
    nothing is left of a process that is killed.
    """
    kernel = scratch / "kernels" / KERNEL
    kernel.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    spec = {"argv": command, "display_name": "Python 3", "language": "python"}
    (kernel / "kernel.json").write_text(json.dumps(spec), encoding="utf-8")
    temporary = scratch / "temporary"
    temporary.mkdir(exist_ok=True)
    tempfile.tempdir = str(temporary)
    os.environ.update(dict.fromkeys(ONE_THREAD, "1"))
    os.environ.update(
        JUPYTER_PATH=str(scratch),
        JUPYTER_RUNTIME_DIR=str(scratch / "runtime"),
        IPYTHONDIR=str(scratch / "ipython"),
        TMPDIR=str(temporary),
        PYTHONHASHSEED="0",
        PYTHONPATH=_python_path(),
    )


@contextmanager
def without_addresses() -> Iterator[None]:
    """Import notebooks' libraries in the block a second faster.

    jsonschema makes a parser of internationalized addresses when it is imported, if it finds the grammar; the
    schema of notebooks has no address.
    """
    known = _GRAMMAR in sys.modules
    if not known:
        sys.modules[_GRAMMAR] = None
    try:
        yield
    finally:
        if not known:
            del sys.modules[_GRAMMAR]


def _python_path() -> str:
    """Return where kernels find this package when it runs from a checkout and is not installed."""
    root = Path(__file__).resolve().parents[2]
    before = os.environ.get("PYTHONPATH", "")
    if root.name in ("site-packages", "dist-packages"):
        return before
    return os.pathsep.join(filter(None, [str(root), before]))
