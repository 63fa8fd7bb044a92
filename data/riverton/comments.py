"""Comments that residents write on the form, and the themes that two coders gave to some of them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

SHARE = 0.15
_WARM = (
    ("Officers know us by name now.", "contact"),
    ("The officer listened and came back with an answer.", "fairness"),
    ("I feel safer walking home from the bus.", "safety"),
    ("I would call them now. I would not have two years ago.", "trust"),
    ("Thank you for fixing the light at the corner.", "upkeep"),
    ("Good to see the same faces every week.", "contact"),
    ("El oficial fue muy amable con mi familia.", "fairness"),
    ("Me siento más segura caminando de noche.", "safety"),
)
_COLD = (
    ("They never show up when we call.", "response"),
    ("They don't treat us with respect.", "fairness"),
    ("Too many cars are broken into on our street.", "safety"),
    ("Nothing has changed here.", "trust"),
    ("The alley behind the shops is still dark.", "upkeep"),
    ("It took two hours before anybody came.", "response"),
    ("Nadie contesta cuando llamamos en español.", "response"),
    ("More meetings will not help if nobody follows up.", "trust"),
)
_PERSONAL = (
    " Call me at 555-01{number:02d}.",
    " My neighbor Wanda Thistlewick saw it too.",
    " Write to fern.hollowby{number:02d}@example.org.",
    " (555) 010-01{number:02d}, evenings",
)
PERSONAL_MARKS = ("555", "Wanda Thistlewick", "@example.org")


def write_comment(answers: list[object], rng: np.random.Generator) -> str:
    """Return a comment in keeping with the answers, mostly none; one in twelve holds personal data."""
    if rng.random() >= SHARE:
        return ""
    given = [answer for answer in answers[:2] if answer in (1, 2, 3, 4, 5)]
    warm = rng.random() < (0.15 + 0.17 * (sum(given) / len(given) - 1) if given else 0.5)
    choices = _WARM if warm else _COLD
    text = choices[int(rng.integers(len(choices)))][0]
    if rng.random() < 1 / 12:
        text += _PERSONAL[int(rng.integers(len(_PERSONAL)))].format(number=int(rng.integers(100)))
    return text


def is_spanish(comment: str) -> bool:
    """Whether the comment is one of the Spanish ones."""
    return comment.startswith(("El oficial", "Me siento", "Nadie contesta"))


def is_personal(comment: str) -> bool:
    """Whether the comment holds a planted name, phone or e-mail address."""
    return any(mark in comment for mark in PERSONAL_MARKS)


def code_comments(
    responses: list[dict[str, object]], rng: np.random.Generator
) -> Iterator[dict[str, object]]:
    """Yield two coders' themes of every third comment; they agree on about five in six."""
    theme_of = dict(_WARM + _COLD)
    themes = sorted(set(theme_of.values()))
    written = [row for row in responses if row["comment"]]
    for row in written[::3]:
        comment_id = f"{row['respondent_id']}/{row['wave']}"
        theme = next(theme for text, theme in theme_of.items() if str(row["comment"]).startswith(text))
        for coder in ("coder A", "coder B"):
            given = theme if rng.random() < 0.91 else str(rng.choice(themes))
            yield {"comment_id": comment_id, "coder": coder, "theme": given}
