"""Exports in other languages are refused with what to do, whatever kind is asked for."""

import pytest

EXPORTS = {
    "spanish_forms": [
        "Id",
        "Hora de inicio",
        "Hora de finalización",
        "Correo electrónico",
        "Nombre",
        "¿Edad?",
    ],
    "french_forms": ["ID", "Heure de début", "Heure de fin", "Adresse de messagerie", "Nom", "Âge"],
    "german_forms": ["ID", "Startzeit", "Fertigstellungszeit", "E-Mail", "Name", "Alter"],
    "spanish_monkey": ["ID del encuestado", "ID del recopilador", "Fecha de inicio", "Fecha final", "Q"],
    "french_monkey": ["ID du répondant", "ID du collecteur", "Date de début", "Date de fin", "Q"],
    "german_qualtrics": ["Anfangsdatum", "Enddatum", "Antworttyp", "IP-Adresse", "Fortschritt", "Antwort-ID"],
    "portuguese_forms": ["ID", "Hora de início", "Hora de conclusão", "Email", "Nome"],
}


@pytest.mark.parametrize("export", EXPORTS)
@pytest.mark.parametrize("kind", ["microsoft_forms", "surveymonkey", "qualtrics", "google_forms", "sign_in"])
def test_refused_with_what_to_do(export, kind, write, converted):
    header = EXPORTS[export]
    result = converted(kind, write("a.csv", [header, ["x"] * len(header)]))
    assert not result.tables
    (problem,) = result.problems
    assert problem.rule == "foreign_headings"
    assert export.split("_")[0].capitalize() in problem.message
    assert "set the tool to English and export again" in problem.message
    assert f"{header[1]!r} is " in problem.message


def test_google_forms_in_spanish_are_read_without_names(write, converted, table):
    header = ["Marca temporal", "Dirección de correo electrónico", "Nombre completo", "The police listen."]
    rows = [["13/10/2026 3:00:00 p. m.", "ann@x.org", "Ann Lee", "Agree"]] * 2
    assert converted("google_forms", write("a.csv", [header, *rows])).used == 2
    assert not any("Ann" in cell or "@" in cell for row in table("responses") for cell in row.values())
    assert table("responses")[0]["date"] == "2026-10-13"


def test_a_spanish_sign_in_sheet_is_read(write, converted, table):
    rows = [["Fecha", "Nombre", "Apellidos", "Teléfono"], ["13/10/2026", "Ann", "Lee", "555 010 0100"]]
    converted("sign_in", write("a.csv", rows))
    assert table("attendance")[0]["attendee_id"] == "Ann Lee"
    assert table("events")[0]["date"] == "2026-10-13"


def test_localized_labels_below_english_names_are_fine(write, converted):
    from tests.convert import test_surveys

    rows = [test_surveys.qualtrics_row(1, "Agree")]
    assert converted("qualtrics", write("a.csv", [*test_surveys.QUALTRICS, *rows])).used == 1
