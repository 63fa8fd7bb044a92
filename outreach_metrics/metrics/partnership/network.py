"""The network of a program's agencies: density, centralization, brokers, ties past the police, change."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import pandas as pd

from outreach_metrics.estimate import Estimate
from outreach_metrics.inference.network import LEAST_EVENTS, Network, density_change
from outreach_metrics.metrics.partnership.case import (
    agency_names,
    partner_case,
    program_part,
    records_end,
    sentences,
    template,
)
from outreach_metrics.registry import metric
from outreach_metrics.study import Study

HELD, ELSEWHERE = "events held together", "other programs shared"
WHOLE = "Every tie on record is counted: the network is known whole and has no sampling interval."
COMPLETE = "The network is complete: every agency has a tie to every other."
LEAST_AGENCIES = 3
_METHODS = {
    HELD: "ties of agencies that held an event together, the lead among those of every shared event",
    ELSEWHERE: "ties of agencies that are both listed in another program of the study",
}


class Ties(NamedTuple):
    """A network by one kind of tie: how often each two have it, and why there is none."""

    kind: str
    names: list[str]
    count: np.ndarray
    reason: str

    @property
    def network(self) -> Network:
        """The ties without their number."""
        one, other = np.nonzero(np.triu(self.count, 1))
        pairs = [(self.names[i], self.names[j]) for i, j in zip(one, other, strict=True)]
        return Network(self.names, pairs)

    @property
    def complete(self) -> bool:
        """Whether nobody lacks a tie."""
        return self.network.density == 1


@lru_cache(maxsize=32)
def _ties(study: Study, program_id: str) -> tuple[Ties, Ties]:
    """Return the ties of the program's agencies by events, and by other programs."""
    case = partner_case(study, program_id)
    small = ""
    if len(case.names) < LEAST_AGENCIES:
        small = f"A network takes {LEAST_AGENCIES} agencies or more; the program has {len(case.names)}."
    unsaid = "The study does not say which agencies held this program's events (event_partners)."
    others = _memberships(study, case.names, leave_out=program_id)
    count = others.T.astype(int) @ others.astype(int)
    np.fill_diagonal(count, 0)
    alone = "" if len(others) else "No other program of the study lists its agencies."
    return (
        Ties(HELD, case.names, case.together, small or ("" if case.recorded else unsaid)),
        Ties(ELSEWHERE, case.names, count, small or alone),
    )


@lru_cache(maxsize=4)
def _listed(study: Study) -> dict[str, frozenset[str]]:
    """Return the agencies that the table partnerships lists for each program."""
    rows, known = study.table("partnerships"), agency_names(study)
    names = rows["agency"].map(known).groupby(rows["program_id"]).agg(frozenset)
    return names.to_dict()


def _memberships(study: Study, names: list[str], *, leave_out: str) -> np.ndarray:
    """Which of the agencies take part in each other program, shape (programs, agencies)."""
    others = [listed for program, listed in sorted(_listed(study).items()) if program != leave_out]
    member = [[name in listed for name in names] for listed in others]
    return np.array(member, dtype=bool).reshape(len(others), len(names))


def _each(study: Study, program_id: str, name: str, unit: str, what: str) -> Iterator[tuple[Estimate, Ties]]:
    """Yield the estimate of each network before it is made, and its ties."""
    for ties in _ties(study, program_id):
        method = f"{what}; {_METHODS[ties.kind]}"
        yield replace(template(program_id, name, unit, method), group=ties.kind), ties


@metric("partnership_density", strand="partnership")
def partnership_density(study: Study, program_id: str) -> list[Estimate]:
    """Share of the pairs of agencies that have a tie: by events held together, and by other programs shared.

    All agencies count, those without a tie too. Fewer than 3 agencies: no number.
    """
    made = []
    for empty, ties in _each(study, program_id, "partnership_density", "share", "ties / pairs of agencies"):
        if ties.reason:
            made.append(empty.declined(ties.reason))
            continue
        note = sentences(WHOLE, COMPLETE if ties.complete else "")
        n = float(len(ties.names))
        made.append(replace(empty, estimate=ties.network.density, n_after=n, note=note))
    return made


@metric("partnership_centralization", strand="partnership")
def partnership_centralization(study: Study, program_id: str) -> list[Estimate]:
    """How far ties run through one agency: 0 where all have as many, 1 where all go through one.

    Freeman LC (1979) Soc Networks 1:215, by the number of ties. Fewer than 3 agencies: no number.
    R: `igraph::centr_degree(graph, loops = FALSE)$centralization`.
    """
    made = []
    unit = "centralization (0-1)"
    for empty, ties in _each(
        study, program_id, "partnership_centralization", unit, "Freeman degree centralization"
    ):
        if ties.reason:
            made.append(empty.declined(ties.reason))
            continue
        note = sentences(WHOLE, COMPLETE if ties.complete else "")
        n, found = float(len(ties.names)), ties.network.degree_centralization
        made.append(replace(empty, estimate=found, n_after=n, note=note))
    return made


@metric("partnership_betweenness", strand="partnership")
def partnership_betweenness(study: Study, program_id: str) -> list[Estimate]:
    """Share of the pairs of other agencies that each agency lies between, by events held together.

    Lying between is being on the shortest way (Freeman 1979); several such ways share a pair. An agency above
    0 is a broker. R: `igraph::betweenness(graph, normalized = TRUE)`.
    """
    ties = _ties(study, program_id)[0]
    how = f"betweenness / pairs of other agencies; {_METHODS[HELD]}"
    empty = template(program_id, "partnership_betweenness", "share", how)
    if ties.reason:
        return [empty.declined(ties.reason)]
    shares, n = ties.network.betweenness_share, float(len(ties.names))
    note = sentences(WHOLE, COMPLETE if ties.complete else "")
    ranked = sorted(shares, key=lambda name: (-shares[name], name))
    return [replace(empty, group=name, estimate=shares[name], n_after=n, note=note) for name in ranked]


@metric("partnership_beyond_police", strand="partnership")
def partnership_beyond_police(study: Study, program_id: str) -> list[Estimate]:
    """Share of the agencies other than the police that have a tie to another one that is not the police.

    The police are the agencies of the sector law enforcement; without one, those whose names say so; without
    any sectors, the lead agency. The note says which.
    """
    police = partner_case(study, program_id).agencies["police"].to_numpy(bool)
    how = partner_case(study, program_id).police_by
    what = "agencies with a tie that does not run through the police / agencies other than the police"
    made = []
    for empty, ties in _each(study, program_id, "partnership_beyond_police", "share", what):
        size = int((~police).sum())
        if ties.reason or size < 2:
            made.append(empty.declined(ties.reason or f"Fewer than 2 agencies are not the police. {how}"))
            continue
        tied = (ties.count[np.ix_(~police, ~police)] > 0).any(axis=1)
        share = float(tied.mean())
        made.append(replace(empty, estimate=share, n_after=float(size), note=sentences(WHOLE, how)))
    return made


@metric("partnership_density_change", strand="partnership")
def partnership_density_change(study: Study, program_id: str) -> list[Estimate]:
    """Change in density from before the program's start to after it, of the same agencies.

    By events: densities expected at the smaller number of events (Hurlbert 1971), as more events show more
    ties; p-value by permutation of the events over both sides, which has no interval. At least 4 events on
    each side. By other programs: the day before the start against the last day of the records; both are
    known whole, so that there is nothing to test. Nobody without the program is compared.
    """
    unit = "change in share"
    held, elsewhere = _each(study, program_id, "partnership_density_change", unit, "after less before")
    return [_held_change(study, program_id, *held), _elsewhere_change(study, program_id, *elsewhere)]


def _held_change(study: Study, program_id: str, empty: Estimate, ties: Ties) -> Estimate:
    case = partner_case(study, program_id)
    if ties.reason:
        return empty.declined(ties.reason)
    earlier = case.dates < np.datetime64(study.program(program_id).start)
    sides = case.held[earlier], case.held[~earlier & ~np.isnat(case.dates)]
    if min(map(len, sides)) < LEAST_EVENTS:
        found = f"{len(sides[0])} before the start and {len(sides[1])} after"
        return empty.declined(f"It takes {LEAST_EVENTS} events on each side; the study has {found}.")
    change = density_change(*sides)
    note = (
        f"Densities at {change.size} events on each side; a permutation test has no interval. It takes the "
        "events for independent of each other."
    )
    numbers = {"n_before": float(len(sides[0])), "n_after": float(len(sides[1])), "note": note}
    return replace(empty, estimate=change.change.estimate, p_value=change.change.p_value, **numbers)


def _elsewhere_change(study: Study, program_id: str, empty: Estimate, ties: Ties) -> Estimate:
    start, last = pd.Timestamp(study.program(program_id).start), records_end(study)
    if ties.reason:
        return empty.declined(ties.reason)
    if pd.isna(last) or last < start:
        return empty.declined("Nothing is recorded after the start of the program.")
    spells = _spells(study, program_id)
    if not (spells["from"] < start).any():
        return empty.declined("No other program of the study lists agencies from before the start.")
    densities = [
        _shared_on(spells, ties.names, day) for day in (start - pd.Timedelta(days=1), last.normalize())
    ]
    note = sentences(WHOLE, "An agency without dates is taken to be in for as long as that program lasts.")
    n = float(len(ties.names))
    return replace(empty, estimate=densities[1] - densities[0], n_before=n, n_after=n, note=note)


def _spells(study: Study, leave_out: str) -> pd.DataFrame:
    """Return from when to when each agency took part in each other program."""
    known, frames = agency_names(study), []
    for other, program in study.programs.items():
        rows = program_part(study, "partnerships", other)
        if other == leave_out or not len(rows):
            continue
        dates = {
            name: pd.to_datetime(rows[column]) if column in rows else pd.Series(pd.NaT, index=rows.index)
            for name, column in (("from", "start_date"), ("to", "end_date"))
        }
        over = pd.Timestamp(program.end) if program.end else pd.Timestamp("2262-01-01")
        frame = pd.DataFrame(dates).assign(agency=rows["agency"].map(known), program=other)
        frames.append(frame.fillna({"from": pd.Timestamp(program.start), "to": over}))
    return pd.concat(frames, ignore_index=True)


def _shared_on(spells: pd.DataFrame, names: list[str], day: pd.Timestamp) -> float:
    """Share of the pairs of agencies that both take part in some other program on a day."""
    there = spells[(spells["from"] <= day) & (day <= spells["to"])]
    member = np.array([np.isin(names, part["agency"]) for _, part in there.groupby("program")], dtype=int)
    if not len(member):
        return 0.0
    together = np.triu(member.T @ member, 1) > 0
    return float(together.sum() / math.comb(len(names), 2))


def network_drawing(study: Study, program_id: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the network by events held together, placed for a drawing.

    Parameters
    ----------
    study : Study
    program_id : str

    Returns
    -------
    nodes : pandas.DataFrame
        One row an agency, the lead first, then by name: `agency`, `sector` ("" where not given), `lead`, `x`,
        `y` (-1 to 1), `ties` (agencies it held events with), `events` (that it held with another).
    ties : pandas.DataFrame
        `first`, `second` (rows of `nodes`), `events` (held together).
        Both are empty where `partnership_density` declines.
    """
    case, ties = partner_case(study, program_id), _ties(study, program_id)[0]
    nodes = case.agencies[["agency", "sector", "lead"]]
    columns = ["first", "second", "events"]
    if ties.reason:
        numbers = {"x": 0.0, "y": 0.0, "ties": 0, "events": 0}
        return nodes.iloc[:0].assign(**numbers), pd.DataFrame(columns=columns, dtype=int)
    places = ties.network.layout()
    shared = case.held & (case.held.sum(axis=1) > 1)[:, None]
    nodes = nodes.assign(
        x=[places[name][0] for name in ties.names],
        y=[places[name][1] for name in ties.names],
        ties=(ties.count > 0).sum(axis=1),
        events=shared.sum(axis=0),
    )
    one, other = np.nonzero(np.triu(ties.count, 1))
    return nodes, pd.DataFrame({"first": one, "second": other, "events": ties.count[one, other]})
