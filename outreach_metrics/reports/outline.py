"""The outline of a report: sections and contents from a notebook's headings, and the glossary at the end.

Each step is a preprocessor of nbconvert; they run in the order in which they stand here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from html import unescape

import nbformat
from nbconvert.preprocessors import Preprocessor
from nbformat import NotebookNode

from outreach_metrics.estimate import STRANDS
from outreach_metrics.words import Words

_TITLE = re.compile(r"(?m)\A\s*# +(.+)$")
_SECTION = re.compile(r"(?m)^## +(.+)$")
_TAG = re.compile(r"<[^>]*>")
_ANSWER = 'class="answer"'


class Outline(Preprocessor):
    """Cut Markdown at its second-level headings, for the sections and the table of contents.

    The notebook's own title becomes the line above the report's title: a page has one first-level heading.
    """

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        """Put the notebook's title into resources["kicker"], (id, title) of sections into ["contents"]."""
        resources["kicker"], resources["contents"] = "", []
        cells = []
        for cell in nb.cells:
            if cell.cell_type != "markdown":
                cells.append(cell)
                continue
            title = _TITLE.match(cell.source)
            if title and not resources["kicker"]:
                resources["kicker"] = _plain_heading(title[1])
                cell.source = cell.source[title.end() :]
            cells += self._parts(cell, resources["contents"])
        nb.cells = cells
        return nb, resources

    def _parts(self, cell: NotebookNode, contents: list[tuple[str, str]]) -> list[NotebookNode]:
        parts = []
        for text in filter(str.strip, re.split(r"(?m)^(?=## )", cell.source)):
            part = nbformat.v4.new_markdown_cell(text)
            heading = _SECTION.match(text)
            if heading:
                title = _plain_heading(heading[1])
                contents.append((_unique_id(title, contents), title))
                part.metadata["section"] = contents[-1][0]
                part.metadata["strand"] = strand_of(cell.metadata)
            parts.append(part)
        return parts


class DropEmptySections(Preprocessor):
    """Leave out a heading whose cells below say nothing; one without cells stays."""

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        """Keep the sections, and the entries of resources["contents"], that say something."""
        sections: list[list[NotebookNode]] = [[]]
        for cell in nb.cells:
            if "section" in cell.metadata:
                sections.append([])
            sections[-1].append(cell)
        kept = [cells for cells in sections[1:] if len(cells) == 1 or any(map(_says_something, cells))]
        named = {section[0].metadata["section"] for section in kept}
        resources["contents"] = [entry for entry in resources["contents"] if entry[0] in named]
        nb.cells = [cell for section in (sections[0], *kept) for cell in section]
        return nb, resources


def _says_something(cell: NotebookNode) -> bool:
    if cell.cell_type != "code":
        return bool(_SECTION.sub("", cell.source, count=1).strip())
    return any(output.get("data", {}).get("text/html") != "" for output in cell.outputs)


class PlaceContents(Preprocessor):
    """Choose the section before which the contents stand: the answer, in words alone, comes first."""

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        """Put its identifier into resources["contents_before"], and the page's classes into ["classes"]."""
        sections = [name for name, _ in resources["contents"]]
        answered = len(sections) > 1 and _is_answer(_cells_of(nb, sections[0]))
        resources["contents_before"] = sections[answered] if sections and not is_brief(nb) else ""
        strand = strand_of(nb.metadata)
        resources["classes"] = ["brief"] * is_brief(nb) + [strand] * bool(strand)
        return nb, resources


def is_brief(nb: NotebookNode) -> bool:
    """Whether a notebook says in its metadata that it is to fit few pages: no contents, no glossary.

    Examples
    --------
    >>> is_brief(nbformat.v4.new_notebook(metadata={"outreach_metrics": {"brief": True}}))
    True
    """
    return bool(nb.metadata.get("outreach_metrics", {}).get("brief"))


def strand_of(metadata: Mapping) -> str:
    """Return the strand that a notebook, or the cell of a heading, says in its metadata it is about.

    Examples
    --------
    >>> strand_of({"outreach_metrics": {"strand": "cost"}}), strand_of({})
    ('cost', '')
    """
    strand = metadata.get("outreach_metrics", {}).get("strand", "")
    return strand if strand in STRANDS else ""


def _cells_of(nb: NotebookNode, section: str) -> Iterator[NotebookNode]:
    name = ""
    for cell in nb.cells:
        name = cell.metadata.get("section", name)
        if name == section:
            yield cell


def _is_answer(cells: Iterator[NotebookNode]) -> bool:
    shown = [output.get("data", {}) for cell in cells for output in cell.get("outputs", [])]
    texts = [data.get("text/html", "") for data in shown]
    exhibits = any("<table" in text for text in texts) or any("image/png" in data for data in shown)
    return not exhibits and any(_ANSWER in text for text in texts)


class AddGlossary(Preprocessor):
    """Explain, at the end, the terms that the page uses."""

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        """Put the terms into resources["glossary"] and the section's identifier into ["glossary_id"]."""
        words: Words = resources["words"]
        resources["glossary"] = () if is_brief(nb) else words.used_terms(" ".join(_texts(nb)))
        resources["glossary_id"] = _unique_id(words.page["glossary"], resources["contents"])
        return nb, resources


def _texts(nb: NotebookNode) -> Iterator[str]:
    """Yield what a reader finds in the cells, without markup."""
    for cell in nb.cells:
        if cell.cell_type == "markdown":
            yield cell.source
        for output in cell.get("outputs", []):
            html = output.get("data", {}).get("text/html", "")
            yield re.sub(r"\s+", " ", unescape(_TAG.sub(" ", html)))
            figure = output.get("metadata", {}).get("image/png", {})
            yield from (figure.get(name, "") for name in ("alt", "caption"))


def _plain_heading(markdown: str) -> str:
    return re.sub(r"[*`_]", "", markdown).strip(" #")


def _unique_id(title: str, contents: list[tuple[str, str]]) -> str:
    slug = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-") or "section"
    taken = sum(name == slug or name.startswith(f"{slug}-") for name, _ in contents)
    return f"{slug}-{taken + 1}" if taken else slug
