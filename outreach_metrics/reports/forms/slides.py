"""Charts -> a presentation: a slide a chart, its finding the title, what may be said in the notes."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from outreach_metrics.reports.forms import require
from outreach_metrics.reports.forms.archive import CORE_PART, core_properties, read_parts, write_parts

if TYPE_CHECKING:
    from pptx.slide import Slide as Page
    from pptx.text.text import TextFrame

WIDTH, HEIGHT = 13.333, 7.5
_EDGE, _TITLE_TOP, _TITLE_HEIGHT = 0.6, 0.4, 1.0
_PICTURE_TOP, _PICTURE_HEIGHT = 1.5, 4.85
_SMALL_TOP = 6.5
_TITLE_ONLY = 5
_FONT, _ACCENT, _QUIET = "Arial", "1B4F72", "565D6B"
_TITLE_SIZE, _SMALL_SIZE = 26, 11
_LONG_TITLE = 130
"""Letters from which on a title is set smaller, so that it keeps to two lines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slide:
    """One chart for a presentation.

    Parameters
    ----------
    title : str
        The finding.
    picture : bytes
        PNG, without the finding above it.
    alt, caption, source : str
    notes : sequence of str
        Paragraphs for the speaker.
    """

    title: str
    picture: bytes
    alt: str
    caption: str
    source: str
    notes: Sequence[str]


def pptx(slides: Sequence[Slide], *, title: str, author: str = "", language: str = "en") -> bytes:
    """Return a presentation, the same bytes for the same slides.

    Parameters
    ----------
    slides : sequence of Slide
    title, author, language : str
        Properties of the document.

    Raises
    ------
    MissingFormError
        python-pptx is not there.
    """
    require(["pptx"])
    from pptx import Presentation
    from pptx.util import Inches

    deck = Presentation()
    deck.slide_width, deck.slide_height = Inches(WIDTH), Inches(HEIGHT)
    for slide in slides:
        page = deck.slides.add_slide(deck.slide_layouts[_TITLE_ONLY])
        _title(page, slide.title, language)
        _picture(page, slide)
        _small_type(page, slide, language)
        page.notes_slide.notes_text_frame.text = "\n".join(slide.notes)
    written = io.BytesIO()
    deck.save(written)
    parts = read_parts(written.getvalue())
    parts[CORE_PART] = core_properties(title=title, author=author, language=language)
    return write_parts(parts)


def _title(page: Page, text: str, language: str) -> None:
    from pptx.enum.text import MSO_ANCHOR
    from pptx.util import Inches

    shape = page.shapes.title
    shape.left, shape.top = Inches(_EDGE), Inches(_TITLE_TOP)
    shape.width, shape.height = Inches(WIDTH - 2 * _EDGE), Inches(_TITLE_HEIGHT)
    shape.text_frame.vertical_anchor = MSO_ANCHOR.TOP
    shape.text_frame.word_wrap = True
    size = _TITLE_SIZE - 6 * (len(text) > _LONG_TITLE)
    _write(shape.text_frame, [text], size=size, color=_ACCENT, language=language, bold=True)


def _picture(page: Page, slide: Slide) -> None:
    """Put the picture in the middle, as large as the slide has room for, with its description."""
    from pptx.util import Inches

    picture = page.shapes.add_picture(io.BytesIO(slide.picture), 0, 0)
    scale = min(Inches(WIDTH - 2 * _EDGE) / picture.width, Inches(_PICTURE_HEIGHT) / picture.height)
    picture.width, picture.height = round(picture.width * scale), round(picture.height * scale)
    picture.left, picture.top = round((Inches(WIDTH) - picture.width) / 2), Inches(_PICTURE_TOP)
    picture.name = "Chart"
    picture._element.nvPicPr.cNvPr.set("descr", slide.alt)


def _small_type(page: Page, slide: Slide, language: str) -> None:
    from pptx.util import Inches

    place = (Inches(_EDGE), Inches(_SMALL_TOP), Inches(WIDTH - 2 * _EDGE), Inches(HEIGHT - _SMALL_TOP - 0.2))
    box = page.shapes.add_textbox(*place)
    box.name = "Caption and source"
    box.text_frame.word_wrap = True
    lines = [line for line in (slide.caption, slide.source) if line]
    _write(box.text_frame, lines, size=_SMALL_SIZE, color=_QUIET, language=language)


def _write(
    frame: TextFrame, lines: Sequence[str], *, size: int, color: str, language: str, bold: bool = False
) -> None:
    from pptx.dml.color import RGBColor
    from pptx.enum.text import PP_ALIGN
    from pptx.util import Pt

    frame.text = "\n".join(lines)
    for paragraph in frame.paragraphs:
        paragraph.alignment = PP_ALIGN.LEFT
        for run in paragraph.runs:
            run.font.name, run.font.size, run.font.bold = _FONT, Pt(size), bold
            run.font.color.rgb = RGBColor.from_string(color)
            run._r.get_or_add_rPr().set("lang", "en-US" if language == "en" else language)
