"""Headings that the tools themselves write, in other languages than English -> their English names."""

from __future__ import annotations

from collections.abc import Sequence

LEAST_SIGNS = 2
_ENGLISH = {
    "Spanish": {
        "hora de inicio": "Start time", "hora de finalización": "Completion time",
        "hora de la última modificación": "Last modified time", "puntuación total": "Total points",
        "id del encuestado": "Respondent ID", "id de encuestado": "Respondent ID",
        "identificación del encuestado": "Respondent ID", "id del recopilador": "Collector ID",
        "id de recopilador": "Collector ID", "identificación del recopilador": "Collector ID",
        "fecha de inicio": "Start Date", "fecha de finalización": "End Date", "fecha final": "End Date",
        "dirección ip": "IP Address", "tipo de respuesta": "Status", "id de respuesta": "ResponseId",
        "fecha registrada": "RecordedDate", "fecha de registro": "RecordedDate", "progreso": "Progress",
        "pedido n.º": "Order #", "n.º de pedido": "Order #", "fecha del pedido": "Order Date",
        "tipo de entrada": "Ticket Type", "estado del asistente": "Attendee Status",
        "n.º de asistente": "Attendee #", "nombre (nombre original)": "Name (Original Name)",
        "duración (minutos)": "Duration (Minutes)",
    },
    "French": {
        "heure de début": "Start time", "heure de fin": "Completion time",
        "heure de la dernière modification": "Last modified time",
        "id du répondant": "Respondent ID", "identifiant du répondant": "Respondent ID",
        "id du collecteur": "Collector ID", "identifiant du collecteur": "Collector ID",
        "date de début": "Start Date", "date de fin": "End Date", "adresse ip": "IP Address",
        "type de réponse": "Status", "id de réponse": "ResponseId", "progression": "Progress",
        "identifiant de réponse": "ResponseId", "date enregistrée": "RecordedDate",
        "date d'enregistrement": "RecordedDate", "n° de commande": "Order #",
        "commande n°": "Order #", "date de la commande": "Order Date", "type de billet": "Ticket Type",
        "statut du participant": "Attendee Status", "nom (nom d'origine)": "Name (Original Name)",
        "nom (nom original)": "Name (Original Name)", "durée (minutes)": "Duration (Minutes)",
    },
    "German": {
        "startzeit": "Start time", "fertigstellungszeit": "Completion time",
        "zeitpunkt der letzten änderung": "Last modified time", "gesamtpunktzahl": "Total points",
        "teilnehmer id": "Respondent ID", "befragten id": "Respondent ID",
        "umfrageteilnehmer id": "Respondent ID", "anfangsdatum": "Start Date", "startdatum": "Start Date",
        "enddatum": "End Date", "ip adresse": "IP Address", "antworttyp": "Status",
        "fortschritt": "Progress", "dauer (in sekunden)": "Duration (in seconds)", "beendet": "Finished",
        "aufgezeichnetes datum": "RecordedDate", "antwort id": "ResponseId",
        "bestellnummer": "Order #", "bestellung nr": "Order #", "bestelldatum": "Order Date",
        "tickettyp": "Ticket Type", "teilnehmerstatus": "Attendee Status",
        "name (originalname)": "Name (Original Name)", "name (ursprünglicher name)": "Name (Original Name)",
        "dauer (minuten)": "Duration (Minutes)",
    },
    "Portuguese": {
        "hora de início": "Start time", "hora de conclusão": "Completion time",
        "hora da última modificação": "Last modified time", "id do respondente": "Respondent ID",
        "id do coletor": "Collector ID", "data de início": "Start Date", "data de término": "End Date",
        "endereço ip": "IP Address", "tipo de resposta": "Status", "id da resposta": "ResponseId",
        "pedido nº": "Order #", "data do pedido": "Order Date", "tipo de ingresso": "Ticket Type",
        "status do participante": "Attendee Status", "nome (nome original)": "Name (Original Name)",
        "duração (minutos)": "Duration (Minutes)",
    },
    "Italian": {
        "ora di inizio": "Start time", "ora di completamento": "Completion time",
        "ora dell'ultima modifica": "Last modified time", "id rispondente": "Respondent ID",
        "id del rispondente": "Respondent ID", "id collettore": "Collector ID",
        "data di inizio": "Start Date", "data di fine": "End Date", "indirizzo ip": "IP Address",
        "tipo di risposta": "Status", "id risposta": "ResponseId", "numero d'ordine": "Order #",
        "data dell'ordine": "Order Date", "tipo di biglietto": "Ticket Type",
        "stato partecipante": "Attendee Status", "nome (nome originale)": "Name (Original Name)",
        "durata (minuti)": "Duration (Minutes)",
    },
    "Dutch": {
        "begintijd": "Start time", "tijd van voltooien": "Completion time", "voltooiingstijd":
        "Completion time", "tijd van laatste wijziging": "Last modified time",
        "begindatum": "Start Date", "einddatum": "End Date",
        "ip adres": "IP Address", "type antwoord": "Status", "antwoord id": "ResponseId",
        "bestelnummer": "Order #", "besteldatum": "Order Date", "tickettype": "Ticket Type",
        "naam (oorspronkelijke naam)": "Name (Original Name)", "duur (minuten)": "Duration (Minutes)",
    },
}  # fmt: skip


def foreign_headings(cells: Sequence[str]) -> tuple[str, dict[str, str]]:
    """Return the language of the headings, and heading -> English name; "" where they are English.

    Two headings that are no English ones tell a language.

    Examples
    --------
    >>> foreign_headings(["ID", "Startzeit", "Fertigstellungszeit", "E-Mail", "Name"])
    ('German', {'Startzeit': 'Start time', 'Fertigstellungszeit': 'Completion time'})
    >>> foreign_headings(["ID", "Start time", "Completion time"])
    ('', {})
    """
    best: tuple[str, dict[str, str]] = ("", {})
    for language, names in _ENGLISH.items():
        found = {}
        for cell in cells:
            plain = " ".join(cell.casefold().replace("-", " ").replace("’", "'").split()).strip(" :*")
            english = names.get(plain, "")
            if english and plain != english.casefold():
                found[cell] = english
        if len(found) >= LEAST_SIGNS and len(found) > len(best[1]):
            best = (language, found)
    return best
