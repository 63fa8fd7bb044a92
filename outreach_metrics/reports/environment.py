"""The environment that notebooks run in: this very Python, one thread each, nothing of the user's own."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

KERNEL = "outreach-metrics"
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


def prepare_environment(scratch: Path) -> None:
    """Set this process's environment so that its kernels are this Python, and single-threaded.

    Kernels that the user has installed, start-up files of IPython and more than one thread a kernel would
    make the report depend on the machine.
    """
    kernel = scratch / "kernels" / KERNEL
    kernel.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    spec = {"argv": command, "display_name": "Python 3", "language": "python"}
    (kernel / "kernel.json").write_text(json.dumps(spec), encoding="utf-8")
    os.environ.update(dict.fromkeys(ONE_THREAD, "1"))
    os.environ.update(
        JUPYTER_PATH=str(scratch),
        JUPYTER_RUNTIME_DIR=str(scratch / "runtime"),
        IPYTHONDIR=str(scratch / "ipython"),
        PYTHONHASHSEED="0",
        PYTHONPATH=_python_path(),
    )


def _python_path() -> str:
    """Return where kernels find this package when it runs from a checkout and is not installed."""
    root = Path(__file__).resolve().parents[2]
    before = os.environ.get("PYTHONPATH", "")
    if root.name in ("site-packages", "dist-packages"):
        return before
    return os.pathsep.join(filter(None, [str(root), before]))
