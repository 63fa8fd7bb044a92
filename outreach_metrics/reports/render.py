"""An executed notebook -> one HTML file that opens offline, with numbered exhibits and without scripts.

Everything happens at nbconvert's own extension points: preprocessors, and the template in `template/`.
"""

from __future__ import annotations

import base64
import re
import struct
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import nbformat
from nbconvert import HTMLExporter
from nbconvert.preprocessors import Preprocessor, TagRemovePreprocessor
from nbconvert.preprocessors.sanitize import SanitizeHTML
from nbformat import NotebookNode
from traitlets.config import Config

from outreach_metrics.errors import OutreachMetricsError
from outreach_metrics.plots.colors import STRAND_COLORS
from outreach_metrics.reports.outline import AddGlossary, DropEmptySections, Outline, PlaceContents
from outreach_metrics.reports.words import Translate, page_style
from outreach_metrics.words import read_words

TEMPLATES = Path(__file__).parent / "template"
LEFT_OUT_TAG = "not-in-report"
PIXELS_PER_INCH = 96
METRE = 0.0254
_TABLE = re.compile(r"<table\b.*?</table>", re.DOTALL)
_CAPTION = re.compile(r"(<caption\b[^>]*>)(.*?)(?=</caption>)", re.DOTALL)

HTML_TAGS = re.findall(
    r"\w+",
    "a abbr b blockquote br caption cite code col colgroup dd del details dfn div dl dt em h3 h4 h5 hr i ins "
    "kbd li mark ol p pre q s samp small span strong sub summary sup table tbody td tfoot th thead tr ul",
)
HTML_ATTRIBUTES = {
    "*": ["aria-label", "class", "id", "lang", "title"],
    "a": ["href"],
    "col": ["span"],
    "colgroup": ["span"],
    "ol": ["start"],
    "td": ["colspan", "headers", "rowspan"],
    "th": ["abbr", "colspan", "rowspan", "scope"],
    "time": ["datetime"],
}


class RenderingError(OutreachMetricsError):
    """A notebook that cannot become a report that everybody can read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """What a report says of itself: whose it is, what it is about, its language; paper of PDF and Word."""

    title: str
    agency: str = ""
    study: str = ""
    language: str = "en"
    paper: str = "letter"
    software: str = ""
    home: str = "index.html"


class RequireAltText(Preprocessor):
    """Refuse a picture without a text that tells what it shows."""

    def preprocess_cell(self, cell: NotebookNode, resources: dict, index: int) -> tuple[NotebookNode, dict]:
        """Raise RenderingError for a picture without alt text."""
        if cell.cell_type == "markdown" and re.search(r"!\[\s*\]|<img\b", cell.source):
            raise RenderingError(f"cell {index + 1}: a picture in the text has no alt text")
        for output in cell.get("outputs", []):
            for kind in output.get("data", {}):
                if kind.startswith("image/") and not _figure(output, kind).get("alt", "").strip():
                    raise RenderingError(f"cell {index + 1}: a figure has no alt text")
        return cell, resources


class NumberExhibits(Preprocessor):
    """Number figures and tables in their order, and let wide tables scroll on small screens."""

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        """Put "Figure 1" into the metadata of each figure and "Table 1." into the caption of each table."""
        self.figures = self.tables = 0
        self.labels = resources["words"].page
        for cell in nb.cells:
            for output in cell.get("outputs", []):
                self._number(output)
        return nb, resources

    def _number(self, output: NotebookNode) -> None:
        data = output.get("data", {})
        if "image/png" in data:
            self.figures += 1
            figure = output.metadata.setdefault("image/png", NotebookNode())
            figure["number"] = self.figures
            figure["label"] = self.labels["figure"].format(number=self.figures)
            figure["width"], figure["height"] = displayed_size(base64.b64decode(data["image/png"]))
        elif "text/html" in data:
            data["text/html"] = _TABLE.sub(self._table, data["text/html"])

    def _table(self, match: re.Match) -> str:
        self.tables += 1
        label = self.labels["table"].format(number=self.tables)
        numbered = _CAPTION.sub(rf'\1<span class="number">{label}.</span> \2', match[0], count=1)
        return f'<div class="scroll" role="region" tabindex="0" aria-label="{label}">{numbered}</div>'


class CleanHtml(SanitizeHTML):
    """Keep only harmless HTML in outputs: nothing that runs, nothing that loads."""

    def preprocess_cell(self, cell: NotebookNode, resources: dict, index: int) -> tuple[NotebookNode, dict]:
        """Clean outputs; the Markdown of a notebook holds no data and stays."""
        if cell.cell_type == "code":
            cell.outputs = self.sanitize_code_outputs(cell.outputs)
        return cell, resources


class ExtractCharts(Preprocessor):
    """Give every figure as files too: charts/figure-1.png, and figure-1.txt with its caption and alt text."""

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        """Put the files into resources["outputs"], as nbconvert's own extraction does."""
        files = resources.setdefault("outputs", {})
        for output in (output for cell in nb.cells for output in cell.get("outputs", [])):
            if "image/png" in output.get("data", {}):
                figure = _figure(output, "image/png")
                name = f"charts/figure-{figure['number']}"
                texts = (figure.get("caption", ""), figure["alt"], figure.get("source", ""))
                files[f"{name}.png"] = base64.b64decode(output.data["image/png"])
                files[f"{name}.txt"] = ("\n\n".join(filter(None, texts)) + "\n").encode()
        return nb, resources


class ReportExporter(HTMLExporter):
    """HTML report from an executed notebook, with the package's own template."""

    @property
    def default_config(self) -> Config:
        """Preprocessors in the order in which they run, and what may be in an output."""
        own = Config()
        own.TagRemovePreprocessor.update(enabled=True, remove_cell_tags={LEFT_OUT_TAG})
        own.CleanHtml.update(
            tags=HTML_TAGS,
            attributes=HTML_ATTRIBUTES,
            strip=True,
            safe_output_keys={"text/plain", "image/png"},
            sanitized_output_types={"text/html"},
        )
        own.NbConvertBase.display_data_priority = ["text/html", "image/png", "text/plain"]
        config = super().default_config
        config.merge(own)
        return config

    def __init__(self, **settings) -> None:
        super().__init__(
            template_name=TEMPLATES.name,
            extra_template_basedirs=[str(TEMPLATES.parent)],
            exclude_anchor_links=True,
            optimistic_validation=True,
            filters={"page_style": page_style},
            preprocessors=[
                TagRemovePreprocessor,
                Translate,
                Outline,
                DropEmptySections,
                PlaceContents,
                RequireAltText,
                CleanHtml,
                AddGlossary,
                NumberExhibits,
                ExtractCharts,
            ],
            **settings,
        )

    def from_notebook_node(
        self, nb: NotebookNode, resources: dict | None = None, **others
    ) -> tuple[str, dict]:
        """Convert a notebook, without nbconvert's last step: it reads the whole page once more.

        It would put a stand-in where a picture has no alt text; `RequireAltText` refuses such a picture.
        """
        return super(HTMLExporter, self).from_notebook_node(nb, resources, **others)


@lru_cache(maxsize=4)
def exporter(language: str) -> ReportExporter:
    """Return the exporter of a language; making one takes longer than using it."""
    made = ReportExporter(language_code=language)
    made.environment.globals["strand_colors"] = STRAND_COLORS
    made.template  # noqa: B018 - reading it compiles it
    return made


def warm_up(language: str) -> None:
    """Render a page that nobody sees, so that all that a language's pages need is loaded."""
    shown = nbformat.v4.new_output("display_data", data={"text/html": "<p>text</p>"})
    cells = [nbformat.v4.new_markdown_cell("## Answer"), nbformat.v4.new_code_cell("", outputs=[shown])]
    render(nbformat.v4.new_notebook(cells=cells), Cover(title="", language=language))


def render(executed: NotebookNode, cover: Cover) -> tuple[str, dict[str, bytes]]:
    """Return a report's HTML and the files of its charts.

    Parameters
    ----------
    executed : nbformat.NotebookNode
        A notebook that was run; it is not changed.
    cover : Cover

    Returns
    -------
    html : str
        One self-contained page.
    files : dict of str to bytes
        Charts and their texts by path ("charts/figure-1.png").

    Raises
    ------
    RenderingError
        A figure has no alt text.
    """
    given = {"cover": cover, "words": read_words(cover.language)}
    html, resources = exporter(cover.language).from_notebook_node(executed, resources=given)
    return html, resources["outputs"]


def displayed_size(png: bytes) -> tuple[int, int]:
    """Return the size in CSS pixels at which a PNG has its printed size; its pixels when it does not tell.

    Parameters
    ----------
    png : bytes
        A PNG file; its pHYs chunk tells the pixels a metre (PNG specification, third edition, 11.3.4.3).
    """
    width, height = struct.unpack(">II", png[16:24])
    place = png.find(b"pHYs", 24, 4096)
    per_metre = struct.unpack(">I", png[place + 4 : place + 8])[0] if place > 0 else PIXELS_PER_INCH / METRE
    scale = PIXELS_PER_INCH / (per_metre * METRE)
    return round(width * scale), round(height * scale)


def _figure(output: NotebookNode, kind: str) -> dict:
    return output.get("metadata", {}).get(kind) or {}
