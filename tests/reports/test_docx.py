"""Word documents of a report: headings, tables, captions, notes, described pictures, the same bytes."""

import io
import time
import zipfile
from base64 import b64encode

import pytest

from outreach_metrics.reports.forms import MissingFormError, require
from outreach_metrics.reports.forms.docx import docx
from outreach_metrics.reports.render import Cover, render
from tests.reports.making_notebooks import HOSTILE, executed, figure_output, html_output, png

try:
    require(["docx"])
except MissingFormError as error:
    pytest.skip(str(error), allow_module_level=True)

word = pytest.importorskip("docx")

TABLE = """\
<table class="exhibit"><caption>Events &amp; people</caption>
<thead><tr><th scope="col">Kind</th>
<th class="number" scope="col">Held<br><small>a year</small></th></tr></thead>
<tbody><tr><th scope="row">Forum</th><td class="number">7<sup>a</sup></td></tr>
<tr><th scope="row">Walk</th><td class="number">12</td></tr></tbody>
<tfoot><tr><td colspan="2"><p class="fact">All were counted.<br><sup>a</sup> One in the rain.</p></td></tr>
</tfoot></table>"""
COVER = Cover(
    title=HOSTILE, agency="City & Co", study="Study", software="outreach_metrics 1", home="../index.html"
)
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


@pytest.fixture(scope="module")
def page():
    cells = (
        "# Program evaluation\n\nWhat is this?",
        "## The answer",
        html_output('<p class="answer">Burglary &lt; before.</p>'),
        "## Crime",
        figure_output("A line that falls."),
        html_output(TABLE),
        "After the table: a 95% interval, no clear change.",
        "### Deeper",
        figure_output("A row of dots."),
        html_output("<ul><li>One</li><li>Two</li></ul><dl><dt>Mean</dt><dd>The average.</dd></dl>"),
    )
    return render(executed(*cells), COVER)[0]


@pytest.fixture(scope="module")
def made(page):
    return docx(page)


@pytest.fixture(scope="module")
def document(made):
    return word.Document(io.BytesIO(made))


def styled(document, style):
    return [part.text for part in document.paragraphs if part.style.name == style]


def test_headings_are_headings_and_the_title_stands_once(document):
    assert styled(document, "Title") == [HOSTILE]
    assert styled(document, "Heading 1")[:2] == ["The answer", "Crime"]
    assert styled(document, "Heading 2") == ["Deeper"]
    assert styled(document, "Kicker") == ["Program evaluation"]
    assert styled(document, "Byline") == ["City & Co · Study"]
    assert styled(document, "Answer") == ["Burglary < before."]
    assert sum(HOSTILE in part.text for part in document.paragraphs) == 1


def test_contents_are_a_field_that_word_can_update(made):
    body = word.Document(io.BytesIO(made)).element.body
    (block,) = body.iter(f"{W}sdt")
    kinds = [mark.get(f"{W}fldCharType") for mark in block.iter(f"{W}fldChar")]
    assert kinds == ["begin", "separate", "end"]
    assert [field.text for field in block.iter(f"{W}instrText")] == [r' TOC \o "1-1" \h \z ']
    entries = ["".join(text.text for text in link.iter(f"{W}t")) for link in block.iter(f"{W}hyperlink")]
    assert entries == ["The answer", "Crime", "Glossary"]
    aims = {link.get(f"{W}anchor") for link in block.iter(f"{W}hyperlink")}
    assert aims <= {mark.get(f"{W}name") for mark in body.iter(f"{W}bookmarkStart")}
    assert not list(block.iter(f"{W}rStyle")), "a list of contents is not underlined"


def test_the_glossary_ends_a_document_in_two_columns(document):
    assert styled(document, "Glossary Term")
    assert len(styled(document, "Glossary Term")) == len(styled(document, "Glossary"))
    columns = [
        section._sectPr.find(f"{W}cols").get(f"{W}num")
        if section._sectPr.find(f"{W}cols") is not None
        else "1"
        for section in document.sections
    ]
    assert columns == ["1", "2", "1"]
    others = list(document.sections)[1:]
    assert all(section.start_type == word.enum.section.WD_SECTION.CONTINUOUS for section in others)
    assert all(section.header.is_linked_to_previous for section in others)


def test_a_document_opens_in_the_mode_of_todays_word(made):
    with zipfile.ZipFile(io.BytesIO(made)) as parts:
        assert 'w:name="compatibilityMode"' in parts.read("word/settings.xml").decode()


def test_what_only_a_screen_needs_is_left_out(document):
    text = "\n".join(part.text for part in document.paragraphs)
    for words in ("Skip to the report", "All programs of this study"):
        assert words not in text


def test_tables_can_be_edited_and_their_headings_repeat(document):
    (table,) = document.tables
    assert [[cell.text for cell in row.cells] for row in table.rows] == [
        ["Kind", "Held\na year"],
        ["Forum", "7a"],
        ["Walk", "12"],
    ]
    assert styled(document, "Table Caption") == ["Table 1. Events & people"]
    assert styled(document, "Table Note") == ["All were counted.\na One in the rain."]
    first, *others = table.rows
    assert first._tr.find(f"{W}trPr/{W}tblHeader") is not None
    assert all(row._tr.find(f"{W}trPr/{W}tblHeader") is None for row in others)
    assert all(row._tr.find(f"{W}trPr/{W}cantSplit") is not None for row in table.rows)
    for row in table.rows:
        assert row.cells[1].paragraphs[0].alignment == word.enum.text.WD_ALIGN_PARAGRAPH.RIGHT
    assert others[0].cells[1].paragraphs[0].runs[1].font.superscript


def table_of(*rows, head="<th>Area</th><th class=number>Change</th><th>Why</th>"):
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return word.Document(io.BytesIO(docx(f"<html><body>{table}</body></html>"))).tables[0]


def kept(row):
    return {part.paragraph_format.keep_with_next for cell in row.cells for part in cell.paragraphs} == {True}


def test_a_short_table_stays_whole_and_a_long_one_breaks_with_rows_enough_on_either_side():
    row = "<th>North</th><td class=number>3</td><td>Few</td>"
    assert [kept(made) for made in table_of(*[row] * 6).rows] == [True] * 6 + [False]
    long = [kept(made) for made in table_of(*[row] * 20).rows]
    assert long == [True] * 3 + [False] * 15 + [True] * 2 + [False]
    tall = row.replace("Few", "Some words that take more than one line of the column. " * 12)
    assert not all(kept(made) for made in table_of(*[tall] * 7).rows[:-1]), "lines count, not rows"


def test_an_interval_is_never_broken_and_a_text_keeps_away_from_a_number_beside_it():
    row = table_of("<th>North</th><td class=number>−7% (−13% to +0.2%)</td><td>Few (or more)</td>").rows[1]
    change, why = row.cells[1:]
    assert change.text == "−7% (−13%\N{NO-BREAK SPACE}to\N{NO-BREAK SPACE}+0.2%)"
    assert why.text == "Few (or more)"
    assert change.paragraphs[0].paragraph_format.left_indent is None
    assert why.paragraphs[0].paragraph_format.left_indent.inches > 0.1


def test_units_and_headings_of_texts_are_not_broken_by_hand():
    unit = "<small>points, 95%<br>interval</small>"
    head = f"<th scope=col>Why it<br>matters</th><th class=number scope=col>Score of<br>all<br>{unit}</th>"
    (first,) = table_of("<td>Few</td><td class=number>3</td>", head=head).rows[:1]
    assert [cell.text for cell in first.cells] == ["Why it matters", "Score of\nall\npoints, 95% interval"]


def test_a_text_that_leads_to_a_list_stays_with_it():
    text = "<h2>A</h2><p>Alone.</p><h2>B</h2><p>Long.</p><p>These:</p><ul><li>One</li></ul>"
    html = f"<html><body>{text}</body></html>"
    parts = word.Document(io.BytesIO(docx(html))).paragraphs
    assert [part.text for part in parts if part.paragraph_format.keep_with_next] == ["These:"]


def test_columns_are_as_wide_as_their_words_and_share_the_page():
    cells = (
        "Moderate",
        "9",
        "It holds only if both sides would have changed alike without the program. " * 3,
    )
    body = f'<th scope="row">{cells[0]}</th><td class="number">{cells[1]}</td><td>{cells[2]}</td>'
    head = '<th scope="col">Strength</th><th class="number" scope="col">Programs</th><th scope="col">Why</th>'
    html = f"<html><table><thead><tr>{head}</tr></thead><tbody><tr>{body}</tr></tbody></table></html>"
    (table,) = word.Document(io.BytesIO(docx(html))).tables
    widths = [column.width.inches for column in table.columns]
    assert sum(widths) == pytest.approx(6.5, abs=0.02)
    assert widths[2] > 3 * max(widths[:2])
    assert min(widths[:2]) > 0.55, "no word is broken"


def test_pictures_are_described_and_fit_the_page(document):
    pictures = document.inline_shapes
    described = [picture._inline.docPr.get("descr") for picture in pictures]
    assert described == ["A line that falls.", "A row of dots."]
    names = [picture._inline.graphic.graphicData.pic.nvPicPr.cNvPr.get("descr") for picture in pictures]
    assert names == described
    assert all(picture.width.inches <= 6.5 for picture in pictures)
    captions = styled(document, "Image Caption")
    assert captions == [f"Figure {n}. Crime & time\nincidents.csv" for n in (1, 2)]


@pytest.mark.parametrize(("width", "height"), [(1344, 672), (672, 1344), (672, 672)])
def test_a_large_picture_is_made_smaller_in_proportion_and_leaves_room_for_its_caption(width, height):
    picture = f'width="{width}" height="{height}" src="data:image/png;base64,{b64encode(png()).decode()}"'
    html = f'<html><figure><img alt="a" {picture}></figure></html>'
    shape = word.Document(io.BytesIO(docx(html))).inline_shapes[0]
    assert shape.width.inches <= 6
    assert shape.height.inches <= 7.5
    assert shape.width / shape.height == pytest.approx(width / height, rel=0.01)


def test_title_author_and_language_are_told_and_no_date(made, document):
    properties = document.core_properties
    assert properties.title == f"{HOSTILE} – City & Co"
    assert (properties.author, properties.language) == ("City & Co", "en")
    assert properties.created is None
    language = document.styles.element.find(f"{W}docDefaults/{W}rPrDefault/{W}rPr/{W}lang")
    assert language.get(f"{W}val") == "en-US"


def test_pages_are_numbered_and_have_a_running_title_but_for_the_first(document):
    section = document.sections[0]
    assert section.different_first_page_header_footer
    for footer in (section.footer, section.first_page_footer):
        fields = [field.get(f"{W}instr").strip() for field in footer._element.iter(f"{W}fldSimple")]
        assert fields == ["PAGE", "NUMPAGES"]
        assert footer.paragraphs[0].text == "City & Co · Study · outreach_metrics 1\tPage  of "
    assert section.header.paragraphs[0].text == f"{HOSTILE} – City & Co"
    assert "".join(part.text for part in section.first_page_header.paragraphs) == ""


@pytest.mark.parametrize(("size", "inches"), [("letter", (8.5, 11.0)), ("A4", (8.27, 11.69))])
def test_the_page_has_the_size_asked_for(page, size, inches):
    section = word.Document(io.BytesIO(docx(page, size))).sections[0]
    assert (section.page_width.inches, section.page_height.inches) == pytest.approx(inches, abs=0.01)


def test_lists_and_terms_are_kept(document):
    text = [part.text for part in document.paragraphs]
    assert {"One", "Two", "Mean", "The average."} <= set(text)
    assert styled(document, "Definition Term")[0] == "Mean"


def test_the_same_page_gives_the_same_bytes_at_another_time(page, made):
    time.sleep(2.1)  # the time of an archive goes in steps of two seconds
    assert docx(page) == made


def test_no_part_holds_a_picture_as_text_or_a_path(made):
    with zipfile.ZipFile(io.BytesIO(made)) as parts:
        for name in parts.namelist():
            if name.endswith((".xml", ".rels")):
                text = parts.read(name).decode()
                assert "base64" not in text
                assert "/tmp" not in text
