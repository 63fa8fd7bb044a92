"""Short remarks: English is never taken for another language, other languages never for English."""

import pytest

from outreach_metrics.text import language
from outreach_metrics.text.words import read_rows

ENGLISH = """\
Good job
ok
Thanks officer Ramirez
Great
Too slow
Awesome event!!
they never come
idk
Not safe
none
no
Police come late
More patrols
Officer Nguyen is the best
no comment
Rude
So so
Me and my son are safe
thx
N/A
Great job!
no comments
Streetlights
Fix the lights on La Salle
El Paso street is dark
I dont trust em""".splitlines()
OTHERS = {
    "es": ["Muchas gracias", "Muy amable", "No me ayudaron", "Nadie contesta cuando llamamos.", "todo bien",
           "Gracias", "bueno", "Perfecto", "ninguna queja", "ruido", "más seguridad"],
    "pt": ["Muito obrigado", "A polícia nunca vem", "Não confio neles"],
    "fr": ["Merci beaucoup", "La police ne vient jamais", "on a peur la nuit"],
    "ht": ["Mèsi anpil", "Lapolis pa janm vini", "Yo pa respekte nou"],
    "so": ["Mahadsanid", "Booliska waligood ma yimaadaan", "Xaafadda waa nabad hadda"],
    "tl": ["Maraming salamat po", "Mabait ang mga pulis", "Ligtas na kami ngayon"],
    "vi": ["Cảm ơn", "Cảnh sát không bao giờ đến", "khong ai giup chung toi"],
    "zh": ["谢谢", "警察从来不来"],
    "ar": ["شكرا", "الشرطة لا تأتي أبدا"],
    "ko": ["감사합니다"],
    "ru": ["Спасибо большое"],
    "ja": ["警察はとても親切です"],
}  # fmt: skip


@pytest.mark.parametrize("text", ENGLISH)
def test_short_english_is_no_other_language(text):
    assert language(text) in ("en", "")


@pytest.mark.parametrize(("code", "text"), [(code, text) for code, texts in OTHERS.items() for text in texts])
def test_other_languages(code, text):
    assert language(text) == code


def test_english_comments_are_english():
    found = [language(row["comment"]) for row in read_rows("labelled_comments.csv")]
    assert set(found) <= {"en", ""}
    assert found.count("en") >= 0.99 * len(found)


@pytest.mark.parametrize("text", ["", "   ", "5/5", "👍", "[phone]", "Qwxz brmpf", "nada", "N/A", "bien"])
def test_nothing_tells(text):
    assert language(text) == ""


def test_half_in_another_language_is_not_english():
    text = "Me siento más segura caminando de noche. My neighbor saw it too."
    assert language(text) == "es"
