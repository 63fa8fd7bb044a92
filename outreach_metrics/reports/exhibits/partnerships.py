"""Together with whom: the answer, the network, the agencies and what they gave, what partners think."""

from __future__ import annotations

import pandas as pd

from outreach_metrics import plots
from outreach_metrics.estimate import Estimate
from outreach_metrics.evaluation import Evaluation
from outreach_metrics.evidence.claims import supported
from outreach_metrics.evidence.wording import MISSING, label, listing, number, p_value, percent, plural
from outreach_metrics.metrics.partnership import (
    ELSEWHERE,
    HELD,
    NO_POLICE,
    ON_RECORD,
    WHOLE,
    agency_table,
    network_drawing,
)
from outreach_metrics.reports.exhibits.cells import (
    TOLD_ABOVE,
    alt_text,
    amount_cell,
    change_cell,
    change_text,
    first,
    level_heading,
    limits,
    nothing,
    source,
)
from outreach_metrics.reports.exhibits.drawn import columns_drawn
from outreach_metrics.reports.exhibits.kinds import Cell, Column, Figure, Prose, Table, bullets, paragraphs
from outreach_metrics.reports.exhibits.referrals import referral_sentences

MOST_DRAWN = 25
"""Agencies in a chart; those with the most ties, or the longest in the program, come first."""
_TABLES = ("partnerships", "event_partners", "events")
_TIED = {HELD: "by events held together", ELSEWHERE: "by other programs shared"}
_MEASURES: dict[str, str] = {
    "partnership_agencies": "Agencies",
    "partnership_sectors": "Sectors",
    "partnership_hours": "Hours given",
    "partnership_money": "Money given",
    "partnership_retention": "Still in",
    "partnership_density": "Pairs of agencies with a tie",
    "partnership_centralization": "How far ties run through one agency (0 to 1)",
    "partnership_beyond_police": "Agencies with a tie beside that to the police",
    "partnership_density_change": "Change in pairs with a tie since the start",
}
_WHOLE = (WHOLE, ON_RECORD)


def partnership_answer(evaluation: Evaluation) -> Prose:
    """Return the answer: how many agencies, how they are tied, what became of referrals."""
    told = [*_agency_sentences(evaluation), *_network_sentences(evaluation), *referral_sentences(evaluation)]
    if not told:
        told = ["This study cannot tell who worked together: it names no partners and holds no referrals."]
    return paragraphs(" ".join(told), kind="answer")


def _agency_sentences(evaluation: Evaluation) -> list[str]:
    agencies, sectors, kept = (
        first(evaluation.estimates, metric=f"partnership_{name}")
        for name in ("agencies", "sectors", "retention")
    )
    if agencies is None or not agencies.made:
        return []
    count = plural(int(agencies.estimate), "agency").replace("agencys", "agencies")
    of = f" of {plural(int(sectors.estimate), 'sector')}" if sectors is not None and sectors.made else ""
    told = [f"{count}{of} took part."]
    if kept is not None and kept.made:
        told.append(f"{_kept(kept)} were still in a year after they joined.")
    return told


def _kept(kept: Estimate) -> str:
    """Return the share still in with its interval; where all were, that few agencies tell little."""
    if kept.estimate == 1 and limits(kept) == MISSING:
        return "All of them (too few to give an interval)"
    return f"Of these, {change_text(kept)}"


def _network_sentences(evaluation: Evaluation) -> list[str]:
    density = first(evaluation.estimates, metric="partnership_density", group=HELD)
    beyond = first(evaluation.estimates, metric="partnership_beyond_police", group=HELD)
    if density is None or not density.made:
        return []
    told = [_tied(density)]
    brokers = _brokers(evaluation)
    if brokers:
        told.append(f"Others are linked most often through {brokers[0]}.")
    guessed = ("taken for the police", NO_POLICE)
    if beyond is not None and beyond.made and not any(words in beyond.note for words in guessed):
        who = (
            "Every agency other than the police has"
            if beyond.estimate == 1
            else f"{percent(beyond.estimate)} of the agencies other than the police have"
        )
        told.append(f"{who} a tie that does not run through the police.")
    return told


def _tied(density: Estimate) -> str:
    if density.estimate == 1:
        return "Every pair of agencies held an event together."
    if density.estimate == 0:
        return "No two agencies held an event together."
    return f"{percent(density.estimate)} of the pairs of agencies held an event together."


def _brokers(evaluation: Evaluation) -> list[str]:
    """Return the agencies that others are linked through, the strongest first."""
    found = [e for e in evaluation.select(metric="partnership_betweenness") if e.made and e.estimate > 0]
    return [e.group for e in sorted(found, key=lambda e: (-e.estimate, e.group))]


def partnership_network_chart(evaluation: Evaluation) -> Figure | Prose:
    """Return the drawn network of the agencies that held events together."""
    nodes, ties = network_drawing(evaluation.study, evaluation.program.program_id)
    agencies = first(evaluation.estimates, metric="partnership_agencies")
    if nodes.empty and (agencies is None or not agencies.made):
        return TOLD_ABOVE
    if nodes.empty:
        return nothing("the network of agencies", evaluation.select(metric="partnership_density")[:1])
    drawn, between = _drawn(nodes, ties)
    title = _network_title(evaluation)
    subtitle = "Agencies of the program, joined where they held an event together"
    axes = plots.network_chart(drawn, between, title=title, subtitle=subtitle)
    left = len(nodes) - len(drawn)
    more = f" The {left} agencies with the fewest ties are not drawn." if left else ""
    alone = int((nodes["ties"] == 0).sum())
    apart = f" {alone} without a line held no event with another." if alone else ""
    return Figure(
        axes=axes,
        name="partner-network",
        title=title,
        data=_ties_drawn(drawn, between),
        strand="partnership",
        alt=_network_alt(title, _strongest_ties(nodes, ties)),
        caption="Where an agency stands in the drawing has no meaning; agencies that are tied stand nearer. "
        f"The lead agency counts as having held every event that another held.{apart}{more}",
        source=source(evaluation.study, *_TABLES),
    )


def _drawn(nodes: pd.DataFrame, ties: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the best tied agencies and the ties between them, numbered anew."""
    if len(nodes) <= MOST_DRAWN:
        return nodes, ties
    ranked = nodes.reset_index(drop=True).sort_values(
        ["lead", "ties", "events"], ascending=False, kind="stable"
    )
    kept = sorted(ranked.index[:MOST_DRAWN])
    place = {old: new for new, old in enumerate(kept)}
    inside = ties[ties["first"].isin(kept) & ties["second"].isin(kept)]
    renamed = inside.assign(first=inside["first"].map(place), second=inside["second"].map(place))
    return nodes.reset_index(drop=True).loc[kept], renamed


def _ties_drawn(nodes: pd.DataFrame, ties: pd.DataFrame) -> pd.DataFrame:
    """Return a row a tie, and a row an agency without any."""
    names, tied = nodes["agency"].to_list(), {*ties["first"], *ties["second"]}
    rows = [(names[tie.first], names[tie.second], tie.events) for tie in ties.itertuples()]
    rows += [(name, "", 0) for place, name in enumerate(names) if place not in tied]
    return pd.DataFrame(rows, columns=["agency", "other_agency", "events_together"])


def _network_title(evaluation: Evaluation) -> str:
    density = first(evaluation.estimates, metric="partnership_density", group=HELD)
    told = _tied(density)[:-1] if density is not None and density.made else "Who held events together"
    brokers = _brokers(evaluation)
    return f"{told}; {brokers[0]} links the others most" if brokers else told


def _network_alt(title: str, ties: list[str]) -> str:
    """Return the alt text with as many of the strongest ties as it has room for."""
    told = [alt_text(title, "Network of the agencies.", ties[:most]) for most in range(len(ties), 0, -1)]
    fitting = [text for text in told if ties[0] in text]
    return fitting[0] if fitting else f"{title}. Network of the agencies."


def _strongest_ties(nodes: pd.DataFrame, ties: pd.DataFrame) -> list[str]:
    names = nodes["agency"].to_list()
    most = ties.sort_values("events", ascending=False, kind="stable").head(3)
    return [
        f"{names[tie.first]} and {names[tie.second]}: {plural(int(tie.events), 'event')}"
        for tie in most.itertuples()
    ]


def partnership_network_table(evaluation: Evaluation) -> Table | Prose:
    """Return for each agency how many events and ties it has, and how often it lies between others."""
    nodes, _ = network_drawing(evaluation.study, evaluation.program.program_id)
    if nodes.empty:
        return TOLD_ABOVE
    between = {e.group: e.estimate for e in evaluation.select(metric="partnership_betweenness")}
    rows = [
        [
            f"{place}  {row.agency}",
            label(row.sector) or MISSING,
            number(row.events),
            number(row.ties),
            percent(between[row.agency]),
        ]
        for place, row in enumerate(nodes.itertuples(), start=1)
    ]
    columns = [
        Column("Agency", number=False),
        Column("Sector", number=False),
        Column("Events held with another"),
        Column("Agencies tied to"),
        Column("Lies between", "of pairs of others"),
    ]
    notes = [
        "Lies between: of the pairs of other agencies, those whose shortest link runs through this one.",
        WHOLE,
    ]
    caption = "The network, agency by agency; numbers as in the drawing"
    return Table(caption=caption, columns=columns, rows=rows, notes=notes[: 2 if len(nodes) else 1])


def partnership_agency_table(evaluation: Evaluation) -> Table | Prose:
    """Return the agencies, what each does and gave, and from when to when."""
    table = agency_table(evaluation.study, evaluation.program.program_id)
    agencies = first(evaluation.estimates, metric="partnership_agencies")
    if agencies is None or not agencies.made:
        return nothing("the agencies of this program", [agencies] if agencies else [])
    if _names_alone(table):
        return paragraphs(
            "Only the names of the agencies are known, from the events that they held. The study has no rows "
            "of partnerships for this program, so that sectors, roles, hours, money and days are missing."
        )
    rows = [
        [
            row.agency,
            label(row.sector) or MISSING,
            label(row.role) or MISSING,
            number(row.hours),
            number(row.amount),
            _month(row.start),
            _until(row),
        ]
        for row in table.itertuples()
    ]
    columns = [
        *(Column(name, number=False) for name in ("Agency", "Sector", "Role")),
        Column("Hours given"),
        Column("Money given", evaluation.study.settings.currency),
        Column("Joined"),
        Column("Left"),
    ]
    back = [f"{listing(table.loc[table['returned'], 'agency'].to_list())} left and came back."]
    return Table(
        caption="Agencies of the program",
        columns=columns,
        rows=rows,
        notes=back * bool(table["returned"].any()),
    )


def _names_alone(table: pd.DataFrame) -> bool:
    """Whether nothing but their names is known of the agencies."""
    details = table[["sector", "role", "hours", "amount", "start"]]
    return bool((details.isna() | (details == "")).all(axis=None))


def _month(day: pd.Timestamp) -> str:
    return MISSING if pd.isna(day) else f"{day:%b} {day.year}"


def _until(row) -> str:
    if pd.isna(row.start):
        return MISSING
    return _month(row.until) if row.left else "still in"


def partnership_retention_chart(evaluation: Evaluation) -> Figure | Prose:
    """Return from when to when each agency took part, the share still in after a year in the title."""
    table = agency_table(evaluation.study, evaluation.program.program_id)
    agencies = first(evaluation.estimates, metric="partnership_agencies")
    if agencies is None or not agencies.made:
        return TOLD_ABOVE
    if _names_alone(table):
        return TOLD_ABOVE
    kept = first(evaluation.estimates, metric="partnership_retention")
    if table["start"].isna().all():
        return nothing("how long agencies stay", [kept] if kept else [])
    title = "How long agencies took part"
    if kept is not None and kept.made:
        share = "All" if kept.estimate == 1 else f"{percent(kept.estimate)} of the"
        title = f"{share} agencies were still in a year after they joined"
    order = table.sort_values(["lead", "start", "agency"], ascending=[False, True, True], kind="stable")
    drawn = order.head(MOST_DRAWN)
    axes = plots.agency_stay(drawn, title=title, subtitle="From when to when each agency took part")
    interval = (
        f"; {level_heading([kept])} {limits(kept)}" if kept is not None and limits(kept) != MISSING else ""
    )
    more = f" {len(order) - len(drawn)} more agencies are not drawn." if len(order) > len(drawn) else ""
    left = table[table["left"]]
    told = [f"{row.agency} left in {row.until:%B} {row.until.year}" for row in left.itertuples()]
    return Figure(
        axes=axes,
        name="partner-retention",
        title=title,
        data=columns_drawn(drawn, "agency", "until", "left", joined="start"),
        strand="partnership",
        alt=alt_text(title, "Bars of the time that each agency took part.", told or ["No agency left"]),
        caption="An agency that was in when the program or the records ended has not left (Kaplan-Meier"
        f"{interval}).{more}",
        source=source(evaluation.study, "partnerships"),
    )


def partnership_table(evaluation: Evaluation) -> Table | Prose:
    """Return every measure of the partnership with its interval, and why one could not be made."""
    known = [e for metric in _MEASURES for e in evaluation.select(metric=metric)]
    if not any(e.made for e in known):
        return TOLD_ABOVE
    rows = []
    for e in known:
        words = ", ".join(filter(None, [_MEASURES[e.metric], _TIED.get(e.group, e.group)]))
        words = words.replace("Still in, after", "Still in after")
        whole = e.made and any(sentence in e.note for sentence in _WHOLE)
        note = e.note
        for sentence in _WHOLE:
            note = note.replace(sentence, "").strip()
        rows.append([words, _amount(e, evaluation, note), "full count" if whole else limits(e)])
    columns = [Column("Measure", number=False), Column("Value"), Column(level_heading(known))]
    tested = [e for e in known if e.metric == "partnership_density_change" and p_value(e.p_value) != MISSING]
    clear = [
        f"The change by events held together is {'clear' if e.significant else 'not clear'} "
        f"(p {p_value(e.p_value)})."
        for e in tested
    ]
    return Table(caption="The partnership in numbers", columns=columns, rows=rows, notes=clear)


def _amount(estimate: Estimate, evaluation: Evaluation, note: str) -> Cell:
    if not estimate.made:
        return amount_cell(estimate, evaluation.study)
    if estimate.metric == "partnership_money":
        return Cell(f"{number(estimate.estimate)} {estimate.unit}", note)
    if estimate.metric in ("partnership_agencies", "partnership_sectors"):
        return Cell(number(estimate.estimate), note)
    if estimate.metric == "partnership_centralization":
        return Cell(number(estimate.estimate, 2), note)
    if estimate.metric == "partnership_density_change":
        return Cell(f"{amount_cell(estimate, evaluation.study).text} points", note)
    return Cell(amount_cell(estimate, evaluation.study).text, note)


def partnership_score_table(evaluation: Evaluation) -> Table | Prose:
    """Return what people of partner agencies think, by measure and wave."""
    estimates = evaluation.select(metric="partnership_score")
    if not any(e.outcome for e in estimates):
        return nothing("what partners think of working together", estimates)
    columns = [
        Column("Measure", number=False),
        Column("Wave", number=False),
        Column("Mean score", f"0 to 100, {level_heading(estimates)}"),
        Column("People"),
    ]
    rows = [
        [label(e.outcome), e.group, change_cell(e, evaluation.study), number(e.n_after)] for e in estimates
    ]
    notes = ["A person rates the partnership as a whole, not each agency in it."]
    return Table(caption="What people of partner agencies think", columns=columns, rows=rows, notes=notes)


def partnership_limits(evaluation: Evaluation) -> Prose:
    """Return what the numbers on partners and referrals do not bear, each with its reason."""
    made = {e.metric for e in evaluation.select(strand="partnership") if e.made}
    told = {
        "partnership_density": "Do not say that more ties make a program work better: nothing here compares "
        "programs with more and fewer ties.",
        "partnership_betweenness": "Do not say that an agency is more important because others are linked "
        "through it: only events on record count, not what was done there.",
        "partnership_density_change": "Do not say that the program brought the agencies together: no "
        "agencies without the program are compared.",
        "partnership_hours": "Do not take what is missing for nothing: hours and money that nobody wrote "
        "down are not in the sums.",
        "referral_completion": "Do not say that people were helped: a completed referral is a service that "
        "began, not what came of it.",
    }
    found = [text for metric, text in told.items() if metric in made]
    gaps = [e for e in evaluation.select(metric="referral_completion_gap") if e.made]
    if gaps and not any(supported(e) for e in gaps):
        found.append(
            "Do not name a pair of agencies or a need as worst: none differs clearly from the others."
        )
    return bullets(found) if found else TOLD_ABOVE
