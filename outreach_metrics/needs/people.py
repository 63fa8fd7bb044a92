"""Low trust, low reach and groups that are not reached: by area where the data say where people are."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pandas as pd

from outreach_metrics.inference.design_based import contrast, wilson
from outreach_metrics.inference.multiplicity import benjamini_hochberg
from outreach_metrics.metrics.attendance.case import attendance_case
from outreach_metrics.metrics.attendance.protection import hidden_cells
from outreach_metrics.metrics.sentiment import construct_scores
from outreach_metrics.metrics.sentiment.answers import sampled
from outreach_metrics.needs.areas import area_names
from outreach_metrics.registry import get_metric
from outreach_metrics.study import Study

NAN = math.nan
LEVEL = 0.95
AREA_COLUMNS = ("area_id", "area")
"""Columns of responses that say where a respondent lives, the first that is there."""

_TRUST = [
    "program_id", "wave", "kind", "group", "construct", "people", "score", "conf_low", "conf_high",
    "difference", "p_adjusted", "standing", "reason",
]  # fmt: skip
_REACH = [
    "area_id", "name", "residents", "events", "people", "share", "conf_low", "conf_high", "standing",
    "reason",
]  # fmt: skip
_GROUPS = ["program_id", "variable", "group", "ratio", "conf_low", "conf_high", "p_adjusted", "standing"]


def trust_by_group(study: Study) -> pd.DataFrame:
    """Return the scores of every survey's last wave by area, or by stratum where nobody says where they live.

    Parameters
    ----------
    study : Study
        Its respondents carry a column `area_id` or `area`, or `stratum`.

    Returns
    -------
    pandas.DataFrame
        One row a program, construct and group: `program_id`, `wave`, `kind` ("area" or "stratum"), `group`,
        `construct`, `people`, `score` (0-100) with `conf_low` and `conf_high`, `difference` from the others
        of the same survey, `p_adjusted` (Benjamini-Hochberg over all rows), `standing` ("below", "unclear",
        "above" the others; empty without a test) and `reason` where there is no number. Only the program's
        own respondents, not those of a comparison group. Empty where no survey has two groups.
    """
    found = [row for program in study.programs for row in _scores(study, program)]
    frame = pd.DataFrame(found, columns=[name for name in _TRUST if name != "standing"])
    frame["p_adjusted"] = benjamini_hochberg(frame["p_adjusted"].to_numpy(dtype=float))
    clear = frame["p_adjusted"] < round(1 - LEVEL, 12)
    way = np.where(frame["difference"] < 0, "below", "above")
    frame["standing"] = np.where(frame["p_adjusted"].isna(), "", np.where(clear, way, "unclear"))
    return frame[_TRUST]


def _scores(study: Study, program_id: str) -> Iterator[dict[str, object]]:
    scores = construct_scores(study, program_id)
    scores = scores[scores["arm"] == "program"]
    if scores.empty:
        return
    wave = scores["wave"].cat.remove_unused_categories().cat.categories[-1]
    kind, scores = _placed(study, program_id, scores[scores["wave"] == wave])
    if scores["place"].nunique() < 2:
        return
    for construct, part in scores.groupby("construct", observed=True, sort=False):
        people = part.groupby("place")["respondent_id"].nunique()
        hidden = hidden_cells(people.to_numpy(), study.settings.min_cell)
        for (place, count), few in zip(people.items(), hidden, strict=True):
            row: dict[str, object] = {
                "program_id": program_id,
                "wave": str(wave),
                "kind": kind,
                "group": str(place),
            }
            row |= {"construct": str(construct), "people": NAN, "score": NAN, "reason": ""}
            if few:
                yield row | {"reason": "Suppressed: a group of few people, or one that would give it away."}
                continue
            yield row | {"people": float(count)} | _compared(part, part["place"] == place)


def _placed(study: Study, program_id: str, scores: pd.DataFrame) -> tuple[str, pd.DataFrame]:
    """Return the scores with the place of each respondent, and whether that is an area or a stratum."""
    rows = study.table("responses")
    column = next((name for name in AREA_COLUMNS if name in rows and rows[name].notna().any()), "")
    if column:
        where = rows.loc[rows["program_id"] == program_id, ["respondent_id", "wave", column]]
        where = where.drop_duplicates(["respondent_id", "wave"]).astype({"wave": str})
        placed = scores.astype({"wave": str}).merge(where, on=["respondent_id", "wave"], how="left")
        if placed[column].notna().any():
            names = area_names(study)
            place = placed[column].map(lambda area: names.get(area, area), na_action="ignore")
            return "area", placed.assign(place=place).dropna(subset=["place"])
    return "stratum", scores.assign(place=scores["stratum"]).dropna(subset=["place"])


def _compared(part: pd.DataFrame, own: pd.Series) -> dict[str, float]:
    """Return the mean of a group with its interval, and its difference from the others with a p-value.

    A stratum that is the group itself is none within it, so that strata are left out of the design.
    """
    cells = [part[own].assign(stratum=None), part[~own].assign(stratum=None)]
    alone = sampled(cells[:1], "score", rakes=False)
    mean = contrast(coefficients=[1.0], small_sample=True, **alone.parts).result(LEVEL)
    both = sampled(cells, "score", rakes=False)
    apart = contrast(coefficients=[1.0, -1.0], small_sample=True, **both.parts).result(LEVEL)
    return {
        "score": mean.estimate,
        "conf_low": max(mean.conf_low, 0.0) if math.isfinite(mean.conf_low) else NAN,
        "conf_high": min(mean.conf_high, 100.0) if math.isfinite(mean.conf_high) else NAN,
        "difference": apart.estimate,
        "p_adjusted": apart.p_value,
    }


def reach_by_area(study: Study) -> pd.DataFrame:
    """Return how many different people came to the events in each area, of its residents.

    Parameters
    ----------
    study : Study

    Returns
    -------
    pandas.DataFrame
        One row an area: `area_id`, `name`, `residents`, `events`, `people` (over all programs, each once an
        area), `share` with `conf_low` and `conf_high` (Wilson), `standing` ("below", "unclear", "above" the
        share of all areas with events together) and `reason` where there is no share. Empty without events
        that say in which area they were.

    Notes
    -----
    Who comes to an event need not live in its area; a share is of those who came, divided by residents.
    Areas where 1 to `min_cell` - 1 people came are suppressed.
    """
    events = study.table("events")
    if "area_id" not in events or not events["area_id"].notna().any() or not study.has("areas"):
        return pd.DataFrame(columns=_REACH)
    names, areas = area_names(study), _residents(study)
    held = events["area_id"].value_counts()
    people = _people_by_area(study)
    rows = []
    for area, residents in areas.items():
        count, meetings = people.get(area, 0), int(held.get(area, 0))
        row = {"area_id": area, "name": names.get(area, area), "residents": residents, "events": meetings}
        reason = _unreached(count, meetings, residents, study.settings.min_cell)
        made = {} if reason else {"people": float(count), **_share(count, residents)}
        rows.append(row | {"people": NAN, "share": NAN, "conf_low": NAN, "conf_high": NAN} | made)
        rows[-1]["reason"] = reason
    frame = pd.DataFrame(rows)
    known = frame["reason"] == ""
    overall = frame.loc[known, "people"].sum() / max(frame.loc[known, "residents"].sum(), 1)
    low, high = frame["conf_high"] < overall, frame["conf_low"] > overall
    frame["standing"] = np.select([~known, low, high], ["", "below", "above"], "unclear")
    return frame.sort_values("share", ascending=False, ignore_index=True, na_position="last")[_REACH]


def _residents(study: Study) -> dict[str, float]:
    """Return the residents of every area, of the last year that is known."""
    areas = study.table("areas")
    order = areas.sort_values("year", na_position="first") if "year" in areas else areas
    last = order.drop_duplicates("area_id", keep="last").set_index("area_id")["population"]
    return last.reindex(dict.fromkeys(areas["area_id"])).astype(float).to_dict()


def _people_by_area(study: Study) -> dict[str, int]:
    """Count the different people who came to events of any program, by area."""
    where = study.table("events").dropna(subset=["area_id"]).set_index("event_id")["area_id"]
    parts = []
    for program in study.programs:
        case = attendance_case(study, program)
        area = case.events["event_id"].map(where).to_numpy(dtype=object)
        parts.append(pd.DataFrame({"area": area[case.event[case.came]], "person": case.person[case.came]}))
    everybody = pd.concat(parts, ignore_index=True).dropna(subset=["area"]).drop_duplicates()
    return everybody["area"].value_counts().to_dict()


def _unreached(people: int, events: int, residents: float, min_cell: int) -> str:
    """Return why an area has no share; empty where it has one."""
    if not events:
        return "No event was held there."
    if not people:
        return "Nobody is recorded by name at the events there."
    if people < min_cell:
        return f"Suppressed: fewer than {min_cell} people."
    if not residents >= min_cell:
        return "The residents are not known, or few."
    return "More people came than live there." if people > residents else ""


def _share(people: int, residents: float) -> dict[str, float]:
    result = wilson(people, residents, LEVEL)
    return {"share": result.estimate, "conf_low": result.conf_low, "conf_high": result.conf_high}


def underserved_groups(study: Study) -> pd.DataFrame:
    """Return which groups came less often than their share of the community, program by program.

    Parameters
    ----------
    study : Study

    Returns
    -------
    pandas.DataFrame
        One row a program and group with a number: `program_id`, `variable`, `group`, `ratio` (share of those
        who came / share of the community) with `conf_low` and `conf_high`, `p_adjusted` (Benjamini-Hochberg
        over all rows) and `standing` ("under", "unclear", "over"). Numbers that are kept back stay so.
    """
    metric = get_metric("attendance_representation").function
    made = [e for program in study.programs for e in metric(study, program) if e.made]
    rows = [[e.program_id, e.outcome, e.group, e.estimate, e.conf_low, e.conf_high, e.p_value] for e in made]
    frame = pd.DataFrame(rows, columns=_GROUPS[:-1])
    frame["p_adjusted"] = benjamini_hochberg(frame["p_adjusted"].to_numpy(dtype=float))
    clear = (frame["p_adjusted"] < round(1 - LEVEL, 12)) & ~frame["conf_low"].isna()
    way = np.where(frame["ratio"] < 1, "under", "over")
    frame["standing"] = np.where(clear, way, "unclear")
    return frame
