"""Files that are there whole or not at all, and cells that no spreadsheet takes for a formula."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

PARTIAL = ".partial"
# A spreadsheet takes text that begins so for a formula and runs it (OWASP, CSV injection).
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")
# Digits and the marks of numbers and phones alone can run nothing.
_NUMBER = re.compile(r"[+-][\d\s.,;()-]*\d[\d\s.,;()-]*")


def spreadsheet_text(text: str) -> str:
    """Return text that no spreadsheet takes for a formula; numbers stay numbers.

    Examples
    --------
    >>> spreadsheet_text("=HYPERLINK(1)"), spreadsheet_text("-1"), spreadsheet_text("burglary")
    ("'=HYPERLINK(1)", '-1', 'burglary')
    """
    return f"'{text}" if text.startswith(FORMULA_STARTS) and not _NUMBER.fullmatch(text) else text


def write_file(path: Path, content: str | bytes) -> None:
    """Write a file so that a reader sees the old one or the new one, never a part.

    Parameters
    ----------
    path : pathlib.Path
        Its folder is made when it is not there.
    content : str or bytes
        Text is written as UTF-8.

    Raises
    ------
    OSError
        The file cannot be written; the old one stays as it was.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     write_file(Path(folder) / "note.txt", "done")
    ...     (Path(folder) / "note.txt").read_text()
    'done'
    """
    write_files({path: content})


def write_files(contents: Mapping[Path, str | bytes]) -> None:
    """Write every file beside its place, then move them all; see `write_file`."""
    partial = {path: beside(path, f"{os.getpid()}{PARTIAL}") for path in contents}
    try:
        for path, content in contents.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            with partial[path].open("wb") as file:
                file.write(content.encode() if isinstance(content, str) else content)
                file.flush()
                os.fsync(file.fileno())
        for path in contents:
            partial[path].replace(path)
    finally:
        for path in partial.values():
            path.unlink(missing_ok=True)


def beside(path: Path, ending: str) -> Path:
    """Return the hidden path beside a file that stands for it while it is written."""
    return path.with_name(f".{path.name}.{ending}")
