"""study.toml -> `Settings`. Every wrong key, type or value is a problem that names the key."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from outreach_metrics.errors import Problem
from outreach_metrics.study.model import Settings
from outreach_metrics.study.wording import suggestion
from outreach_metrics.words import languages

FILE = "study.toml"
UNITS = ("month", "week", "quarter", "year")
PAPERS = ("letter", "A4")
INCIDENT_COLUMNS = ("incident_id", "occurred_at", "offense", "area_id", "latitude", "longitude")


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("must be text in quotation marks")
    return value


def _one_of(*choices: str) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if value not in choices:
            raise ValueError(f"{value!r} is not one of {', '.join(choices)}{suggestion(str(value), choices)}")
        return value

    return read


def _one_of_in_any_case(*choices: str) -> Callable[[Any], str]:
    known = {choice.casefold(): choice for choice in choices}
    read = _one_of(*choices)
    return lambda value: read(known.get(value.casefold(), value) if isinstance(value, str) else value)


def _whole(minimum: int) -> Callable[[Any], int]:
    def read(value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or value < minimum:
            raise ValueError(f"must be a whole number of {minimum} or more, not {value!r}")
        return value

    return read


def _number(value: Any) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not abs(value) < float("inf"):
        raise ValueError(f"must be a number, not {value!r}")
    return float(value)


def _above_zero(value: Any) -> float:
    if _number(value) <= 0:
        raise ValueError(f"must be above 0, not {value!r}")
    return float(value)


def _rate(value: Any) -> float:
    if not 0 <= _number(value) < 1:
        raise ValueError(f"must be a share of 0 or more and below 1, as in 0.03 for 3 %, not {value!r}")
    return float(value)


def _scale(value: Any) -> tuple[float, float]:
    if not isinstance(value, list) or len(value) != 2:
        raise ValueError("must be the lowest and the highest code, as in [1, 5]")
    low, high = _number(value[0]), _number(value[1])
    if low >= high:
        raise ValueError(f"the lowest code ({low:g}) must be below the highest ({high:g})")
    return low, high


def _formats(value: Any) -> tuple[str, ...]:
    formats = [value] if isinstance(value, str) else value
    if not isinstance(formats, list) or not formats or not all(isinstance(f, str) for f in formats):
        raise ValueError('must be a date format in quotation marks, as in "%m/%d/%Y", or a list of them')
    for text in formats:
        if not re.search(r"%[YyGcx]", text):
            raise ValueError(f'{text!r} is not a date format: it names no year (as in "%m/%d/%Y")')
    return tuple(formats)


def _columns(value: Any) -> dict[str, str]:
    if not isinstance(value, dict) or not all(isinstance(header, str) for header in value.values()):
        raise ValueError('must name columns, as in { occurred_at = "Date", offense = "Primary Type" }')
    for name in value:
        if name not in INCIDENT_COLUMNS:
            known = ", ".join(INCIDENT_COLUMNS)
            raise ValueError(
                f"{name!r} is not a column of incidents{suggestion(name, INCIDENT_COLUMNS)}: {known}"
            )
    return dict(value)


def _labels(value: Any) -> tuple[str, ...]:
    labels = [value] if isinstance(value, str) else value
    if not isinstance(labels, list) or not labels or not all(isinstance(label, str) for label in labels):
        raise ValueError('must be a list of offense labels, as in ["BURGLARY"], or ["*"] for every offense')
    return tuple(labels)


def _names(value: Any) -> tuple[str, ...]:
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ValueError('must be a list of outcomes, as in ["fraud"]')
    return tuple(dict.fromkeys(names))


def _variables(value: Any) -> tuple[str, ...]:
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ValueError('must be a list of variables of benchmarks, as in ["age_group", "gender"]')
    return tuple(dict.fromkeys(names))


def _above_one(value: Any) -> float:
    if _number(value) <= 1:
        raise ValueError(f"must be above 1 (times the mean weight), not {value!r}")
    return float(value)


def _not_yet(instead: str) -> Callable[[Any], None]:
    def read(value: Any) -> None:
        raise ValueError(f"is not supported yet; {instead}")

    return read


_KEYS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "study.title": ("title", _text),
    "study.agency": ("agency", _text),
    "study.currency": ("currency", _text),
    "study.language": ("language", _one_of(*languages())),
    "study.paper": ("paper", _one_of_in_any_case(*PAPERS)),
    "periods.unit": ("unit", _one_of(*UNITS)),
    "periods.before": ("before", _whole(1)),
    "periods.after": ("after", _whole(1)),
    "periods.transition": ("transition", _whole(0)),
    "crime.rate_per": ("rate_per", _above_zero),
    "crime.placebo_outcomes": ("placebo_outcomes", _names),
    "survey.scale": ("scale", _scale),
    "survey.favourable_from": ("favourable_from", _number),
    "survey.minimum_responses": ("minimum_responses", _whole(0)),
    "survey.rake": ("rake", _variables),
    "survey.weight_limit": ("weight_limit", _above_one),
    "survey.equivalence_margin": ("equivalence_margin", _above_zero),
    "training.threshold": ("training_threshold", _number),
    "cost.discount_rate": ("discount_rate", _rate),
    "cost.price_year": ("price_year", _whole(1900)),
    "cost.outcomes": ("cost_outcomes", _names),
    "privacy.min_cell": ("min_cell", _whole(1)),
}
_INCIDENT_KEYS: dict[str, Callable[[Any], Any]] = {
    "path": _text,
    "date_format": _formats,
    "columns": _columns,
    "preset": _not_yet("name the columns in incidents.columns"),
    "source": _not_yet("export the incidents to CSV or Parquet and name the file in incidents.path"),
}
_COUNTED_KEYS: dict[str, Callable[[Any], str]] = {
    "wanted": _one_of("rise", "fall", "none"),
    "share_of": _text,
}
_SECTIONS = ("study", "periods", "crime", "outcomes", "incidents", "survey", "training", "cost", "privacy")


def _problem(key: str, message: str, rule: str = "setting", severity: str = "error") -> Problem:
    return Problem(severity=severity, file=FILE, column=key, message=message, rule=rule)


def read_settings(path: Path) -> tuple[Settings, list[Problem]]:
    """Read study.toml.

    Parameters
    ----------
    path : pathlib.Path
        The file; it may be absent.

    Returns
    -------
    settings : Settings
        Defaults stand where a key is absent or wrong.
    problems : list of Problem
        Wrong values are errors, unknown keys warnings; `column` is the dotted key.
    """
    if not path.is_file():
        message = "there is no such file; a study needs one, if only with the line [periods]"
        return Settings(), [_problem("", message, "missing_file")]
    try:
        document = tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except UnicodeDecodeError:
        return Settings(), [_problem("", "is not UTF-8 text: save it again as UTF-8", "encoding")]
    except tomllib.TOMLDecodeError as error:
        return Settings(), [_problem("", f"cannot be read as TOML: {error}", "toml")]
    return settings_from(document)


def settings_from(document: Mapping[str, Any]) -> tuple[Settings, list[Problem]]:
    """Turn the parsed study.toml into settings and problems.

    Examples
    --------
    >>> settings, problems = settings_from({"periods": {"unit": "quarters", "befor": 12}})
    >>> for problem in problems: print(problem)
    study.toml, periods.unit: 'quarters' is not one of month, week, quarter, year (did you mean 'quarter'?)
    study.toml, periods.befor: is not a known key and is not used (did you mean 'before'?)
    """
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for section, keys in document.items():
        if section not in _SECTIONS:
            problems.append(_unknown(section, section, _SECTIONS))
        elif not isinstance(keys, dict):
            problems.append(_problem(section, f"must be a section: write [{section}] on a line of its own"))
        elif section == "outcomes":
            _read_counted(keys, values, problems)
        else:
            _read_section(section, keys, values, problems)
    _check_together(values, problems)
    for key in ("crime.placebo_outcomes", "cost.outcomes"):
        _check_names(key, values, problems)
    _check_counted(values, problems)
    return Settings(**values), problems


def _read_section(section: str, keys: dict[str, Any], values: dict, problems: list[Problem]) -> None:
    incidents: dict[str, Any] = {}
    known = {key.partition(".")[2]: reader for key, reader in _KEYS.items() if key.startswith(f"{section}.")}
    for key, value in keys.items():
        dotted = f"{section}.{key}"
        if dotted == "crime.outcomes":
            values["outcomes"] = _read_outcomes(value, problems)
            continue
        field, reader = known[key] if key in known else (key, _INCIDENT_KEYS.get(key))
        if key not in known and (section != "incidents" or reader is None):
            options = _INCIDENT_KEYS if section == "incidents" else known
            problems.append(_unknown(dotted, key, options))
            continue
        try:
            (values if key in known else incidents)[field] = reader(value)
        except ValueError as error:
            problems.append(_problem(dotted, str(error)))
    if section == "incidents":
        values["incidents"] = incidents


def _unknown(dotted: str, key: str, known: Any) -> Problem:
    message = f"is not a known key and is not used{suggestion(key, known)}"
    return _problem(dotted, message, "unknown_key", "warning")


def _read_outcomes(value: Any, problems: list[Problem]) -> dict[str, tuple[str, ...]]:
    if not isinstance(value, dict):
        problems.append(
            _problem("crime.outcomes", "must be a section of outcome names and their offense labels")
        )
        return {}
    outcomes = {}
    for name, labels in value.items():
        try:
            outcomes[name] = _labels(labels)
        except ValueError as error:
            problems.append(_problem(f"crime.outcomes.{name}", str(error)))
    return outcomes


def _read_counted(sections: dict[str, Any], values: dict[str, Any], problems: list[Problem]) -> None:
    """Read [outcomes.NAME]: the way each counted outcome is wanted to go, and what it is a share of."""
    wanted: dict[str, str] = {}
    share_of: dict[str, str] = {}
    for name, keys in sections.items():
        if not isinstance(keys, dict):
            message = f'must be a section: write [outcomes.{name}] and, below it, wanted = "fall"'
            problems.append(_problem(f"outcomes.{name}", message))
            continue
        wanted[name] = "none"
        for key, value in keys.items():
            dotted = f"outcomes.{name}.{key}"
            if key not in _COUNTED_KEYS:
                problems.append(_unknown(dotted, key, _COUNTED_KEYS))
                continue
            try:
                (wanted if key == "wanted" else share_of)[name] = _COUNTED_KEYS[key](value)
            except ValueError as error:
                problems.append(_problem(dotted, str(error)))
    values |= {"wanted": wanted, "share_of": share_of}


def _check_counted(values: dict[str, Any], problems: list[Problem]) -> None:
    for name in values.get("wanted", {}):
        if name in values.get("outcomes", {}):
            message = "is an outcome of [crime.outcomes] too: an outcome is either crime or another count"
            problems.append(_problem(f"outcomes.{name}", message))
    for name, whole in values.get("share_of", {}).items():
        if name == whole:
            problems.append(
                _problem(f"outcomes.{name}.share_of", "is a share of itself: name another outcome")
            )


def _check_together(values: dict[str, Any], problems: list[Problem]) -> None:
    formats = values.get("incidents", {}).get("date_format", ())
    if values.get("unit") == "week" and any(not names_day(text) for text in formats):
        message = "names no day, so incidents cannot be counted by week; choose another periods.unit"
        problems.append(_problem("incidents.date_format", message))
    scale, favourable = values.get("scale"), values.get("favourable_from")
    if scale and favourable is not None and not scale[0] <= favourable <= scale[1]:
        message = f"{favourable:g} lies outside survey.scale ({scale[0]:g} to {scale[1]:g})"
        problems.append(_problem("survey.favourable_from", message))


def _check_names(key: str, values: dict[str, Any], problems: list[Problem]) -> None:
    """Tell and leave out the names of a key that are no outcomes."""
    outcomes, field = values.get("outcomes", {}), _KEYS[key][0]
    names = values.get(field, ())
    for name in names:
        if name not in outcomes:
            message = f"{name!r} is not an outcome of [crime.outcomes]{suggestion(name, outcomes)}"
            problems.append(_problem(key, message))
    values[field] = tuple(name for name in names if name in outcomes)


def names_day(date_format: str) -> bool:
    """Whether a strptime format names the day; '%Y-%m' does not."""
    return bool(re.search(r"%-?[dejcxu]", date_format))
