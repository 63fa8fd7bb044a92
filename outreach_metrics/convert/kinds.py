"""Kinds of export -> the module that converts them. A module is loaded when its kind is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType

from outreach_metrics.convert.model import SURVEY_OPTIONS
from outreach_metrics.errors import UnknownNameError

DATES = ("date_format", "day_first")
EVENTS = ("event", "date", "person", *DATES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of export.

    `module` has two functions: `convert(files, options)` gives a `Converted`, and `recognizes(rows)` tells
    from the first records whether a file is of the kind. `needs` and `takes` name fields of `Options`.
    """

    name: str
    summary: str
    module: str
    needs: tuple[str, ...] = ("program",)
    takes: tuple[str, ...] = ()

    def load(self) -> ModuleType:
        """Return the module of the kind."""
        return import_module(self.module)


KINDS: dict[str, Kind] = {}


def register(kind: Kind) -> Kind:
    """Add a kind and return it.

    Raises
    ------
    ValueError
        The name is taken.
    """
    if kind.name in KINDS:
        raise ValueError(f"kind {kind.name!r} is registered already")
    KINDS[kind.name] = kind
    return kind


def get_kind(name: str) -> Kind:
    """Return the kind of that name.

    Raises
    ------
    UnknownNameError
        No kind has that name; the message suggests one and lists those there are.

    Examples
    --------
    >>> get_kind("qualtrics").summary
    'Qualtrics survey, CSV (three header records, or two in legacy exports)'
    """
    plain = name.casefold().replace("-", "_").replace(" ", "_")
    if plain not in KINDS:
        raise UnknownNameError("kind of export", plain, KINDS)
    return KINDS[plain]


def recognized(rows: Sequence[list[str]], but: str = "") -> str:
    """Return the name of the kind that the first records of a file are of, "" when none is certain."""
    found = [name for name, kind in KINDS.items() if name != but and kind.load().recognizes(rows)]
    return found[0] if found else ""


for _name, _summary, _takes in (
    ("google_forms", "Google Forms answers, CSV or XLSX", SURVEY_OPTIONS),
    ("surveymonkey", "SurveyMonkey survey, CSV or XLSX (two header records)", SURVEY_OPTIONS),
    ("qualtrics", "Qualtrics survey, CSV (three header records, or two in legacy exports)", SURVEY_OPTIONS),
    ("microsoft_forms", "Microsoft Forms answers, XLSX or CSV", SURVEY_OPTIONS),
    ("eventbrite", "Eventbrite attendee report, CSV or XLSX", EVENTS),
    ("zoom", "Zoom participants report, CSV", (*EVENTS, "least_minutes")),
    ("meetup", "Meetup attendee list of an event (.xls that is tab-separated text)", EVENTS),
    ("sign_in", "a plain sign-in sheet, CSV or XLSX: name, e-mail, phone, ...", EVENTS),
):
    register(Kind(name=_name, summary=_summary, module=f"outreach_metrics.convert.{_name}", takes=_takes))
