"""The words of a page: its text in the language of the report, and what style sheets say.

Which words there are in a language is a matter of `outreach_metrics.words`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from nbconvert.preprocessors import Preprocessor
from nbformat import NotebookNode

from outreach_metrics.words import Words

if TYPE_CHECKING:
    from bs4 import BeautifulSoup, NavigableString

_TOLD = {"alt", "caption"}
_SPOKEN = ("alt", "aria-label", "title")
_NO_WORDS = ("style", "script", "code", "pre", "svg")
_MARKDOWN = re.compile(r"^(\s*(?:#+|[-*]|\d+\.)?\s*)(.*)$")


def page_style(words: Words, title: str, kicker: str = "", imprint: str = "") -> str:
    r"""Return the CSS that reports differ in: what runs along printed pages, their size, a hint on tables.

    Parameters
    ----------
    words : Words
    title, kicker : str
        What the running header of printed pages says, on the left and on the right; the first has none.
    imprint : str
        What stands below every page, beside its number.

    Examples
    --------
    >>> from outreach_metrics.words import read_words
    >>> print(page_style(read_words("en"), "A & B").splitlines()[1])
    @page { @top-left { content: "A \26  B" } @top-right { content: "" } @bottom-left { content: "" } }
    """
    number = re.split(r"({page}|{pages})", words.page["page_number"])
    counters = {"{page}": "counter(page)", "{pages}": "counter(pages)"}
    numbered = " ".join(counters.get(part, _css_string(part)) for part in number if part)
    runs = {"top-left": title, "top-right": kicker, "bottom-left": imprint}
    boxes = " ".join(f"@{box} {{ content: {_css_string(text)} }}" for box, text in runs.items())
    return (
        f":root {{ --scroll-hint: {_css_string(words.page['scroll_hint'])} }}\n"
        f"@page {{ {boxes} }}\n"
        f"@page {{ @bottom-right {{ content: {numbered} }} }}\n"
        "@page :first { @top-left { content: none } @top-right { content: none } }"
    )


def _css_string(text: str) -> str:
    """Quote a text for CSS inside of HTML: everything but letters, digits and spaces is escaped."""
    return '"' + "".join(c if c.isalnum() or c == " " else f"\\{ord(c):x} " for c in text) + '"'


class Translate(Preprocessor):
    """Say what a notebook shows in the language of the report; charts were drawn in it."""

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        """Change Markdown, tables and prose, and the texts of figures."""
        words: Words = resources["words"]
        if not words.phrasebook:
            return nb, resources
        for cell in nb.cells:
            if cell.cell_type == "markdown":
                cell.source = "\n".join(_markdown(line, words) for line in cell.source.split("\n"))
            for output in cell.get("outputs", []):
                if "text/html" in output.get("data", {}):
                    output.data["text/html"] = translated(output.data["text/html"], words)
                figure = output.get("metadata", {}).get("image/png", {})
                figure.update({name: words.phrasebook.say(figure[name]) for name in _TOLD & figure.keys()})
        return nb, resources


def _markdown(line: str, words: Words) -> str:
    mark, text = _MARKDOWN.match(line).groups()
    return mark + words.phrasebook.say(text)


def translated(html: str, words: Words) -> str:
    """Return HTML whose text, alternative texts and labels are in the language of the words.

    Examples
    --------
    >>> from outreach_metrics.words import Phrasebook
    >>> spanish = Words(language="es", page={}, glossary=(), phrasebook=Phrasebook({"crime": "delito"}))
    >>> translated('<p title="Crime">Crime</p><pre>crime</pre>', spanish)
    '<p title="Delito">Delito</p><pre>crime</pre>'
    """
    if not words.phrasebook:
        return html
    page, texts = _texts(html)
    for text in texts:
        text.replace_with(words.phrasebook.say(text))
    for tag in page.find_all(True):
        tag.attrs |= {name: words.phrasebook.say(tag[name]) for name in _SPOKEN if tag.get(name)}
    return str(page)


def missing_words(html: str, words: Words) -> list[str]:
    """Return the sentences of a page that its language does not know, each once, in their order.

    For whoever writes the file of a language: what a report says, and is still to be told.
    """
    _, texts = _texts(html)
    return list(dict.fromkeys(sentence for text in texts for sentence in words.phrasebook.missing(text)))


def _texts(html: str) -> tuple[BeautifulSoup, Iterator[NavigableString]]:
    from bs4 import BeautifulSoup
    from bs4.element import NavigableString

    page = BeautifulSoup(html, "html.parser")
    texts = (text for text in page.find_all(string=True) if type(text) is NavigableString and text.strip())
    return page, iter([text for text in texts if not text.find_parent(_NO_WORDS)])
