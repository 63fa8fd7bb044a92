"""A second language is one more file: pages, charts and files with charts are told in it."""

import re
from dataclasses import replace

import pytest
from bs4 import BeautifulSoup
from bs4.element import NavigableString

from outreach_metrics import load_study, words
from outreach_metrics.evaluation import evaluate_program
from outreach_metrics.plots import page as chart
from outreach_metrics.reports import pages
from outreach_metrics.reports.exhibits import crime_forest
from outreach_metrics.reports.export import chart_text
from outreach_metrics.reports.quality_page import quality_html
from outreach_metrics.reports.render import Cover, render
from outreach_metrics.reports.words import missing_words, translated
from outreach_metrics.study import loading
from outreach_metrics.words import WORDS, Phrasebook, Words, languages, read_words
from tests.reports.making_notebooks import executed, figure_output, html_output, small_study

SPANISH = Phrasebook(
    {
        "recorded {what} fell {size} relative to {frame} ({ends}).": "{frame}: {what} bajó {size} ({ends}).",
        "the comparison areas": "zonas de comparación",
        "burglary": "robo",
        "95% interval: {low} to {high}": "intervalo del 95%: de {low} a {high}",
        "a {size} fall": "una baja del {size}",
        "an {size} fall": "una baja del {size}",
        "Trust": "Confianza",
    }
)


class Marked(Phrasebook):
    """A language in which everything is said between brackets, so that nothing can be left in English."""

    def __bool__(self):
        return True

    def say(self, text):
        return f"[{text.strip(' []')}]" if text.strip() else text


@pytest.fixture
def marked(monkeypatch):
    """Let every page and chart be in the language of brackets."""
    english = read_words("en")
    found = Words(
        language="es",
        page={name: label if "{" in label else f"[{label}]" for name, label in english.page.items()},
        glossary=(),
        phrasebook=Marked(),
    )
    for place in (words, pages, render_module()):
        monkeypatch.setattr(place, "read_words", lambda language: found)


def render_module():
    import outreach_metrics.reports.render as module

    return module


def in_english(html):
    """Return the texts of a page that are not between brackets, but for those that are data or numbered."""
    soup = BeautifulSoup(html, "html.parser")
    for tag in soup(["style", "pre", "code", "svg", "footer"]):
        tag.decompose()
    for tag in soup.select("h1, .byline, .number, .source, title"):
        tag.decompose()
    texts = [text.strip() for text in soup.find_all(string=True) if type(text) is NavigableString]
    labels = [tag[name] for tag in soup.find_all(True) for name in ("alt", "title") if tag.get(name)]
    return [text for text in [*texts, *labels] if text and not re.fullmatch(r"\[.*\]", text, re.DOTALL)]


def test_sentences_are_told_part_by_part():
    told = SPANISH.say(
        "Recorded burglary fell 22% relative to the comparison areas (95% interval: a 34% fall to an 8% fall)"
        "."
    )
    assert told == (
        "Zonas de comparación: robo bajó 22% (intervalo del 95%: de una baja del 34% a una baja del 8%)."
    )
    assert SPANISH.say("  Trust ") == "  Confianza "
    assert SPANISH.say("Trust. Burglary. Nothing.") == "Trust. Burglary. Nothing."
    assert SPANISH.say("Nothing\n else") == "Nothing\n else"


@pytest.mark.parametrize(
    "pair", [("{what}", "{what}"), ("a {b}", "a {c}"), ("a {b}", "a"), ("a {b} {b}", "{b}")]
)
def test_a_sentence_needs_the_same_places_in_both_languages(pair):
    with pytest.raises(ValueError, match="same places"):
        Phrasebook(dict([pair]))


def test_an_empty_phrasebook_says_what_it_is_told():
    assert not Phrasebook()
    assert Phrasebook().say("As  it\nis.") == "As  it\nis."
    assert translated("<p>A &amp; b<br></p>", read_words("en")) == "<p>A &amp; b<br></p>"


@pytest.mark.parametrize("language", languages())
def test_every_language_can_be_read_and_has_labels_with_the_same_places(language):
    english, own = read_words("en"), read_words(language)
    for name, label in own.page.items():
        assert re.findall(r"{\w+}", label) == re.findall(r"{\w+}", english.page[name]), name


def test_a_page_is_told_in_its_language_with_its_contents_and_glossary(tmp_path, monkeypatch):
    (tmp_path / "en.toml").write_text((WORDS / "en.toml").read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "es.toml").write_text(
        '[page]\ncontents = "Índice"\n[[glossary]]\nterm = "Robo"\nforms = ["robo"]\nmeaning = "Un delito."\n'
        '[sentences]\n"The answer" = "La respuesta"\n"Burglary fell." = "El robo bajó."\n',
        encoding="utf-8",
    )
    monkeypatch.setattr(render_module(), "read_words", lambda code: read_words(code, tmp_path))
    cells = executed(
        "# Program", "## The answer", html_output("<p>Burglary fell.</p>"), "## More\n\n- Burglary fell."
    )
    html, _ = render(cells, Cover(title="Watch", language="es"))
    assert '<html lang="es">' in html
    soup = BeautifulSoup(html, "html.parser")
    assert [a.text for a in soup.select("nav a")][:2] == ["La respuesta", "More"]
    assert soup.select_one("section > h2").text.strip("¶") == "La respuesta"
    assert soup.find("section").p.text == "El robo bajó."
    assert soup.find("li", string="El robo bajó.")
    assert soup.select_one(".glossary dt").text == "Robo"


@pytest.mark.usefixtures("marked")
def test_no_text_of_a_report_stays_behind():
    row = '<tr><th scope="row">Forum</th><td>A &lt; b <b>c</b></td></tr>'
    table = f"<table><caption>Events</caption>{row}</table>"
    cells = executed(
        "# Title\n\nIntro.", "## A\n\n1. One\n2. Two", html_output(table), figure_output(), "### Sub"
    )
    html, _ = render(cells, Cover(title="Watch", agency="City", language="es"))
    assert in_english(html) == []
    assert "A &lt; b" in html


@pytest.mark.usefixtures("marked")
def test_no_text_of_a_page_over_the_study_stays_behind(sample):
    assert in_english(quality_html(sample, "outreach_metrics")) == []


@pytest.mark.usefixtures("marked")
def test_charts_and_what_goes_with_them_are_told_in_the_language(sample):
    evaluation = evaluate_program(sample, "harbor-watch")
    figure = crime_forest(evaluation)
    chart.png(figure.axes)
    texts = [text.get_text() for text in figure.axes.figure.findobj(chart.Text)]
    assert [text for text in texts if re.search("[a-z]{2}", text) and not text.startswith("[")] == []
    frame = figure.axes.figure.bbox
    for text in figure.axes.figure.findobj(chart.Text):
        if text.get_text().startswith("["):
            assert text.get_window_extent().x1 <= frame.x1 + 1
    lines = [line for line in chart_text(evaluation, figure).splitlines() if line]
    assert all(line.startswith("[") for line in lines)


def test_the_language_of_charts_is_that_of_the_study_read_last(tmp_path, monkeypatch):
    study = small_study(tmp_path / "town")
    (study.folder / "study.toml").touch()
    spanish = replace(study, settings=replace(study.settings, language="es"))
    monkeypatch.setattr(words, "read_words", lambda language: language)
    for known, language in ((spanish, "es"), (study, "en")):
        monkeypatch.setattr(loading, "_known", {study.folder.resolve(): known})
        assert load_study(study.folder) is known
        assert words.in_use() == language


def test_what_is_still_to_be_told_is_listed_once():
    known = Words(
        language="es", page={}, glossary=(), phrasebook=Phrasebook({"Trust fell.": "x", "{n} ran.": "{n}"})
    )
    html = (
        "<p>Trust fell. Crime rose.</p><p>9 ran. <b>Crime rose.</b> 12%</p><pre>code</pre><style>p{}</style>"
    )
    assert missing_words(html, known) == ["Crime rose."]
