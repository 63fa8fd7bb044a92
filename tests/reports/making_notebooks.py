"""A small study in memory, small notebooks, and a reader of HTML: what the tests of the reports share."""

from __future__ import annotations

import base64
import struct
import zlib
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import nbformat

from outreach_metrics import Estimate
from outreach_metrics.evaluation import Evaluation
from outreach_metrics.study import InputFile, Program, Settings, Study, TableQuality

HOSTILE = "Pay $5 & <script>alert('$x$')</script>"
KERNELSPEC = {"display_name": "Python 3", "language": "python", "name": "python3"}


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int = 200, height: int = 100, per_inch: float = 192.0) -> bytes:
    """Make a grey picture that tells its resolution."""
    head = _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    size = _chunk(b"pHYs", struct.pack(">IIB", round(per_inch / 0.0254), round(per_inch / 0.0254), 1))
    rows = zlib.compress(b"".join(b"\0" + b"\xdd" * width for _ in range(height)))
    return b"\x89PNG\r\n\x1a\n" + head + size + _chunk(b"IDAT", rows) + _chunk(b"IEND", b"")


def figure_output(alt: str | None = "Crime fell.", caption: str = "Crime & time", kind: str = "image/png"):
    metadata = {kind: {"alt": alt, "caption": caption, "source": "incidents.csv"}} if alt is not None else {}
    data = {kind: base64.b64encode(png()).decode(), "text/plain": alt or ""}
    return nbformat.v4.new_output("execute_result", data=data, metadata=metadata, execution_count=1)


def html_output(html: str):
    return nbformat.v4.new_output("display_data", data={"text/html": html, "text/plain": "plain"})


def executed(*cells) -> nbformat.NotebookNode:
    """Make an executed notebook from Markdown (text) and outputs."""
    made = [
        nbformat.v4.new_markdown_cell(cell)
        if isinstance(cell, str)
        else nbformat.v4.new_code_cell("secret_source()", outputs=[cell])
        for cell in cells
    ]
    return nbformat.v4.new_notebook(cells=made, metadata={"kernelspec": KERNELSPEC})


def write_notebook(path: Path, parameters: str, *sources: str) -> Path:
    """Write a notebook with a parameters cell and code cells; a source that begins with # is Markdown."""
    cells = [nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters"]})]
    for source in sources:
        make = nbformat.v4.new_markdown_cell if source.startswith("#") else nbformat.v4.new_code_cell
        cells.append(make(source))
    for position, cell in enumerate(cells):
        cell["id"] = f"id-{position}"
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": KERNELSPEC}), path)
    return path


def small_study(folder: Path, names: tuple[str, ...] = ("alpha", "beta")) -> Study:
    folder.mkdir(parents=True, exist_ok=True)
    programs = {
        key: Program(program_id=key, name=f"{key.title()} {HOSTILE}", type="tip_line", start=date(2022, 1, 1))
        for key in names
    }
    return Study(
        folder=folder,
        settings=Settings(title="Town <b>study</b>", agency="Town & County", outcomes={"all": ("*",)}),
        programs=programs,
        tables={},
        quality=(
            TableQuality(
                table="events", file="events.csv", rows_read=3, rows_used=2, dropped={"unknown program": 1}
            ),
        ),
        inputs=(InputFile(file="events.csv", sha256="ab" * 32, rows=3),),
    )


def evaluation_of(study: Study, program_id: str) -> Evaluation:
    effect = Estimate(
        program_id=program_id,
        strand="crime",
        metric="crime_relative_effect",
        outcome="=cmd|' /C calc'!A0",
        estimate=1 / 3,
        conf_low=0.1,
        conf_high=float("inf"),
        n_before=120.0,
        unit="ratio",
        design_level=3,
        note="+note, with comma",
    )
    return Evaluation(
        study=study,
        program=study.programs[program_id],
        estimates=(effect, effect.declined("no comparison")),
        design_level=3,
        answer=("Crime fell <much>.", "Fairly sure.", "Moderate."),
        claims=("Crime fell.",),
        threats=("Season.",),
        missing=(),
    )


def contents(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


class Page(HTMLParser):
    """Tags, attributes and text of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data

    def named(self, *names: str) -> list[dict]:
        return [attributes for tag, attributes in self.tags if tag in names]

    def loaded(self) -> list[str]:
        """Return everything that a browser would fetch."""
        keys = ("src", "srcset", "data", "poster", "background")
        addresses = [attributes.get(key) for _, attributes in self.tags for key in keys]
        addresses += [attributes.get("href") for attributes in self.named("link", "image", "use", "base")]
        return [address for address in addresses if address and not address.startswith("data:")]
