"""Where the notebooks and the sample study are: in the installed package, or beside it in a checkout."""

from __future__ import annotations

from pathlib import Path


def _resource(*parts: str) -> Path:
    package = Path(__file__).resolve().parent
    for root in (package, package.parent):
        candidate = root.joinpath(*parts)
        if candidate.is_dir():
            return candidate
    raise FileNotFoundError(f"{'/'.join(parts)} is neither in the installed package nor beside it")


def notebooks_folder() -> Path:
    """Return the folder of the notebooks that came with the package."""
    return _resource("notebooks")


def sample_study() -> Path:
    """Return the folder of the sample study Riverton."""
    return _resource("data", "sample")
