import pytest

from outreach_metrics.words import WORDS, read_words

ENGLISH = read_words("en")
OTHER = """
[page]
contents = "Inhalt"
page_number = "Seite {page}"
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "en.toml").write_text((WORDS / "en.toml").read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "de.toml").write_text(OTHER, encoding="utf-8")
    return tmp_path


def test_a_second_language_is_one_more_file_and_english_fills_its_gaps(folder):
    words = read_words("de-AT", folder)
    assert (words.language, words.page["contents"]) == ("de", "Inhalt")
    assert words.page["glossary"] == ENGLISH.page["glossary"]
    assert words.glossary == ENGLISH.glossary


@pytest.mark.parametrize("language", ["fr", "", "../secret", "en/../de"])
def test_without_a_file_a_page_is_english_and_says_so(folder, language):
    (folder.parent / "secret.toml").write_text(OTHER, encoding="utf-8")
    words = read_words(language, folder)
    assert (words.language, words.page["contents"]) == ("en", "Contents")


def test_labels_with_a_number_have_a_place_for_it():
    assert ENGLISH.page["figure"].format(number=3) == "Figure 3"
    assert ENGLISH.page["table"].format(number=3) == "Table 3"
    assert "{page}" in ENGLISH.page["page_number"]


def test_the_glossary_is_in_order_without_twins():
    terms = [term.term.casefold() for term in ENGLISH.glossary]
    assert terms == sorted(terms)
    anchors = [term.anchor for term in ENGLISH.glossary]
    forms = [form.casefold() for term in ENGLISH.glossary for form in term.forms]
    assert len(set(anchors)) == len(anchors)
    assert len(set(forms)) == len(forms)


@pytest.mark.parametrize("term", ENGLISH.glossary, ids=lambda term: term.anchor)
def test_every_term_is_a_sentence_that_is_found_by_each_of_its_forms(term):
    assert term.meaning.endswith(".")
    assert all(term.used_in(f"See ({form.upper()}).") for form in term.forms)
    assert not any(term.used_in(f"x{form}x") for form in term.forms)
