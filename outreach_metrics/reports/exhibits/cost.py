"""What it cost, what a unit cost, whether it paid: charts, tables and careful words."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence

import pandas as pd

from outreach_metrics.estimate import Estimate
from outreach_metrics.evaluation import Evaluation
from outreach_metrics.evidence.claims import outcome_name
from outreach_metrics.evidence.wording import (
    MISSING,
    interval_level,
    label,
    listing,
    money,
    number,
    percent,
    plural,
)
from outreach_metrics.metrics.cost import EVENTS_ALONE, Prices, account, benefit_cost_sensitivity, prices
from outreach_metrics.plots.cost import CostBar, cost_bars
from outreach_metrics.plots.tornado import TornadoBar, tornado
from outreach_metrics.reports.exhibits.cells import (
    TOLD_ABOVE,
    alt_text,
    first,
    hidden,
    level_heading,
    measure,
    nothing,
    privacy,
    source,
)
from outreach_metrics.reports.exhibits.kinds import Cell, Column, Figure, Prose, Table, paragraphs
from outreach_metrics.reports.exhibits.responsiveness import days_in_words

_UNITS: dict[str, str] = {
    "cost_per_event": "An event",
    "cost_per_attendee": "An attendance",
    "cost_per_person": "A different person who came",
    "cost_per_contact_hour": "An hour of contact",
}
_KINDS = {"category": "By category", "source": "By who paid", "year": "By year"}
_SOURCES = {"in_kind": "given in kind", "grant": "grant", "budget": "budget", "sponsor": "sponsor"}
_ARMS = {"": "All costs of crime", "tangible": "Costs in money alone (tangible)"}
NO_LIMITS = "cannot be bounded"
_LEAST = re.compile(r"a unit costs ([\d,]+) or more")
SEVERAL = "Once we allow for having looked at several outcomes, the effect is not clear."


def _currency(evaluation: Evaluation) -> str:
    return evaluation.study.settings.currency


def _total(evaluation: Evaluation) -> Estimate | None:
    found = first(evaluation.estimates, metric="cost_total", group="")
    return found if found and found.made else None


def cost_answer(evaluation: Evaluation) -> Prose:
    """Return what it cost, what a unit cost and whether it paid, in three sentences."""
    total = _total(evaluation)
    if total is None:
        return nothing("costs", evaluation.select(metric="cost_total"))
    told = [_spent(evaluation, total), _unit_words(evaluation), cost_verdict(evaluation)[0]]
    return paragraphs(" ".join(filter(None, told)), kind="answer")


def _spent(evaluation: Evaluation, total: Estimate) -> str:
    years = [e.group.removeprefix("year: ") for e in _parts(evaluation, "year")]
    when = f" in {years[0]}" if len(years) == 1 else f" from {years[0]} to {years[-1]}"
    share = first(evaluation.estimates, metric="cost_in_kind_share")
    gifts = share.estimate if share and share.made else 0.0
    kind = f", {percent(gifts)} of it given in kind" if gifts else ""
    amount = money(total.estimate, _currency(evaluation))
    if _events_alone(evaluation):
        return (
            f"The program's events cost {amount}{when}. There is no table of costs, so that what the program "
            "cost in all, staff included, is not known."
        )
    return f"The program cost {amount}{when}{kind}."


def _events_alone(evaluation: Evaluation) -> bool:
    """Whether nothing but what single events cost is on record: no sum to set against an effect."""
    total = _total(evaluation)
    return total is not None and EVENTS_ALONE in total.note


def _unit_words(evaluation: Evaluation) -> str:
    made = [(name, first(evaluation.estimates, metric=metric)) for metric, name in _UNITS.items()]
    told = [
        f"{name[0].lower()}{name[1:]}{' cost' * (at == 0)} {money(e.estimate, _currency(evaluation))}"
        for at, (name, e) in enumerate((name, e) for name, e in made if e is not None and e.made)
    ]
    return f"On average, {listing(told)}." if told else ""


def _parts(evaluation: Evaluation, kind: str) -> list[Estimate]:
    return [e for e in evaluation.select(metric="cost_total") if e.made and e.group.startswith(f"{kind}: ")]


def cost_chart(evaluation: Evaluation) -> Figure | Prose:
    """Return the bars of what the money was spent on, who paid it, and when."""
    total = _total(evaluation)
    if total is None:
        return TOLD_ABOVE
    currency = _currency(evaluation)
    bars = [
        CostBar(
            kind=heading,
            name=_part_name(kind, e),
            amount=e.estimate,
            words=money(e.estimate, currency),
            share=percent(e.estimate / total.estimate) if total.estimate > 0 else "",
        )
        for kind, heading in _KINDS.items()
        for e in _parts(evaluation, kind)
    ]
    title = _largest(evaluation, total)
    if _events_alone(evaluation):
        title = title.replace("The program cost", "The program's events cost")
    axes = cost_bars(bars, title=title, subtitle=f"Costs as recorded, {currency}, and their share of all")
    values = [f"{bar.name}: {bar.words}" for bar in bars if bar.kind != _KINDS["year"]]
    return Figure(
        axes=axes,
        name="costs",
        title=title,
        data=pd.DataFrame(
            {"kind": bar.kind, "name": bar.name, "amount": bar.amount, "currency": currency} for bar in bars
        ),
        strand="cost",
        alt=alt_text(title, "Bars of the costs by category, by who paid, and by year.", values),
        caption=f"Each kind of bars adds up to {money(total.estimate, currency)}. {_record(total)}".strip(),
        source=source(evaluation.study, "costs" if evaluation.study.has("costs") else "events"),
    )


def _part_name(kind: str, estimate: Estimate) -> str:
    name = estimate.group.removeprefix(f"{kind}: ")
    return label(_SOURCES.get(name, name)) if kind == "source" else label(name)


def _largest(evaluation: Evaluation, total: Estimate) -> str:
    """Return the largest category with its share; the total where that tells nothing."""
    parts, words = _parts(evaluation, "category"), money(total.estimate, _currency(evaluation))
    if len(parts) < 2 or not 0 < parts[0].estimate <= total.estimate:
        return f"The program cost {words}"
    name = _part_name("category", parts[0]).lower()
    return f"The program cost {words}, {percent(parts[0].estimate / total.estimate)} of it for {name}"


def _record(total: Estimate) -> str:
    """Return what the note of the total tells beyond that it is no sample."""
    return total.note.partition("interval.")[2].strip()


def cost_unit_table(evaluation: Evaluation) -> Table | Prose:
    """Return what an event, an attendance, a person and an hour of contact cost."""
    if _total(evaluation) is None:
        return TOLD_ABOVE
    currency, rows, notes = _currency(evaluation), [], []
    for metric, name in _UNITS.items():
        for e in evaluation.select(metric=metric):
            rows.append([name, _unit_cell(evaluation, e), number(e.n_after)])
            notes += [e.note] if e.made else []
    if not rows:
        return TOLD_ABOVE
    return Table(
        caption="What a unit of activity cost",
        columns=[Column("Unit", number=False), Column("Cost", currency), Column("Units")],
        rows=rows,
        notes=_common(notes),
    )


def _unit_cell(evaluation: Evaluation, estimate: Estimate) -> Cell:
    if estimate.made:
        return Cell(money(estimate.estimate, _currency(evaluation)))
    if hidden(estimate):
        return Cell("not shown", privacy(evaluation.study))
    return Cell(MISSING, estimate.note)


def _common(notes: Sequence[str]) -> list[str]:
    """Return the sentences of notes, each once."""
    parts = [part for note in notes for part in note.replace(". ", ".\n").split("\n")]
    return [" ".join(dict.fromkeys(filter(None, parts)))] if any(parts) else []


def cost_effect_table(evaluation: Evaluation) -> Table | Prose:
    """Return what an incident averted and a point of a score cost; no limits where there may be no effect."""
    rows, notes = [], []
    for metric, words in (
        ("cost_per_incident_averted", "An incident averted"),
        ("cost_per_point", "A point of 100"),
    ):
        for e in evaluation.select(metric=metric):
            if not e.outcome or (metric == "cost_per_point" and e.group != _last_wave(evaluation, e)):
                continue
            rows.append([f"{words}: {_measured(e)}", _ratio_cell(evaluation, e), _limits(evaluation, e)])
            notes += [e.note.partition("more. ")[2] or e.note] if e.made else []
    if not rows or _total(evaluation) is None or _events_alone(evaluation):
        return TOLD_ABOVE
    made = [e for e in evaluation.select(strand="cost") if e.made and not math.isnan(e.conf_low)]
    return Table(
        caption="What a unit of effect cost, each as if all costs had gone into it alone",
        columns=[
            Column("Unit", number=False),
            Column("Cost", _currency(evaluation)),
            Column(level_heading(made)),
        ],
        rows=rows,
        notes=[
            "The costs of one line must not be added to those of another: it is the same money.",
            f"“{NO_LIMITS}”: the effect may be zero, so that the data fit any cost from the amount shown "
            "up, and no effect at all.",
            "Incidents averted are those of the page on crime: as if both sides had changed alike per "
            "resident, neighboring areas counted where given.",
            *_common([days_in_words(note) for note in notes if "counted" in note][:1]),
        ],
    )


def _measured(estimate: Estimate) -> str:
    """Return what a unit of effect is about, within a sentence."""
    incidents = estimate.metric == "cost_per_incident_averted"
    return (measure_of(estimate) if incidents else measure(estimate)).lower()


def _last_wave(evaluation: Evaluation, estimate: Estimate) -> str:
    """Return the last change of the same construct, so that each construct has one line."""
    same = [e.group for e in evaluation.select(metric=estimate.metric, outcome=estimate.outcome)]
    return same[-1]


def _ratio_cell(evaluation: Evaluation, estimate: Estimate) -> Cell:
    if not estimate.made:
        return Cell(MISSING, privacy(evaluation.study) if hidden(estimate) else estimate.note)
    unclear = ""
    if estimate.metric == "cost_per_incident_averted" and not math.isnan(estimate.conf_low):
        effect = first(evaluation.estimates, metric="crime_difference", outcome=estimate.outcome)
        unclear = SEVERAL if effect is not None and not effect.significant else ""
    return Cell(money(estimate.estimate, _currency(evaluation)), unclear)


def _limits(evaluation: Evaluation, estimate: Estimate) -> str:
    if not estimate.made:
        return MISSING
    if math.isnan(estimate.conf_low):
        least = _LEAST.search(estimate.note)
        if least is None:
            return NO_LIMITS
        amount = money(float(least[1].replace(",", "")), _currency(evaluation))
        return f"from {amount} up; {NO_LIMITS}"
    low, high = (money(end, _currency(evaluation)) for end in (estimate.conf_low, estimate.conf_high))
    return f"{low} to {high}"


def cost_verdict(evaluation: Evaluation) -> tuple[str, ...]:
    """Return whether it paid, as the intervals of the benefit-cost ratio bear it, and what that rests on."""
    if _events_alone(evaluation):
        return ("It cannot be told whether it paid: only what single events cost is on record.",)
    ratios = {e.group: e for e in evaluation.select(metric="benefit_cost_ratio")}
    total, tangible = (ratios.get(arm) for arm in _ARMS)
    if total is None or not total.made:
        note = total.note if total is not None else ""
        return (f"It cannot be told whether it paid. {note}".strip(),)
    both = [e for e in (total, tangible) if e is not None and e.made]
    below = " (below 0: there was more)" if min(total.estimate, total.conf_low) < 0 else ""
    worth = (
        f"for each {_one(evaluation)} spent, the crime averted{below} was worth {_worth(evaluation, total)}"
    )
    alone = f", in costs in money alone {_worth(evaluation, tangible)}" if len(both) > 1 else ""
    sides = {_side(e) for e in both}
    side = sides.pop() if len(sides) == 1 else "mixed"
    verdict = _VERDICTS["leaning" if side == "more" and _no_clear_change(evaluation) else side]
    weighed = _weighed(evaluation) if side == "more" else ""
    return (f"{verdict}: {worth}{alone}.{weighed}", _rests_on(total))


_VERDICTS = {
    "more": "If the fall in crime, weighed by what each offense costs, is the program's doing, it was worth "
    "more than the program cost",
    "leaning": "The sum speaks for the program, but no outcome of crime changed clearly once we allow for "
    "having looked at several",
    "less": "The crime averted was worth less than the program cost",
    "unknown": "It cannot be told whether it paid, as the data fit both a gain and a loss",
    "mixed": "Whether it paid depends on which costs of crime are counted",
}


def _weighed(evaluation: Evaluation) -> str:
    """Return which outcomes clearly fell where the number of all incidents did not."""
    effects = [e for e in evaluation.select(metric="crime_difference") if e.made]
    whole = next((e for e in effects if e.outcome == "all"), None)
    fell = [outcome_name(e) for e in effects if e.significant and e.estimate < 0]
    if whole is None or whole.significant or not fell:
        return ""
    return (
        f" The number of incidents as a whole did not clearly change; {listing(fell)} clearly fell, and the "
        "sum stands on that."
    )


def _no_clear_change(evaluation: Evaluation) -> bool:
    """Whether no outcome of crime changed clearly, so that a sum over offenses must not say more."""
    found = [e for e in evaluation.select(metric="crime_difference") if e.made]
    return bool(found) and not any(e.significant for e in found)


def _side(estimate: Estimate) -> str:
    """Return which side of 1 the whole interval lies on."""
    if estimate.conf_low > 1:
        return "more"
    return "less" if estimate.conf_high < 1 else "unknown"


def _one(evaluation: Evaluation) -> str:
    return "$1" if _currency(evaluation) == "USD" else f"1 {_currency(evaluation)}"


def _worth(evaluation: Evaluation, ratio: Estimate) -> str:
    """Return a benefit-cost ratio as money for each unit of money, with its interval."""
    ends = (ratio.estimate, ratio.conf_low, ratio.conf_high)
    shown = [_one(evaluation).replace("1", _ratio(abs(end))) for end in ends]
    signed = [f"−{words}" if end < 0 else words for words, end in zip(shown, ends, strict=True)]
    if math.isnan(ratio.conf_low):
        return signed[0]
    return f"{signed[0]} ({interval_level(ratio)} {signed[1]} to {signed[2]})"


def _ratio(amount: float) -> str:
    return number(amount, 2 if abs(amount) < 9.995 else 0)


def _rests_on(ratio: Estimate) -> str:
    return (
        "This stands on the change in crime relative to the comparison areas, with the same doubts, and on "
        "average prices of crime. Nothing but crime is counted as a benefit: whatever else the program "
        f"brought is not in it. {days_in_words(ratio.note)}"
    )


def cost_benefit(evaluation: Evaluation) -> Prose:
    """Return whether it paid, and what that rests on."""
    if _total(evaluation) is None:
        return TOLD_ABOVE
    return paragraphs(*cost_verdict(evaluation))


def cost_benefit_table(evaluation: Evaluation) -> Table | Prose:
    """Return worth of the crime averted, net present value and benefit-cost ratio, for both arms."""
    found = account(evaluation.study, evaluation.program.program_id)
    if isinstance(found, str) or _events_alone(evaluation):
        return TOLD_ABOVE
    rows = []
    for arm, words in _ARMS.items():
        for metric, name in (
            ("cost_harm_averted", "Crime averted"),
            ("net_present_value", "Net present value"),
            ("benefit_cost_ratio", "Benefit for each unit of cost"),
        ):
            e = next((e for e in evaluation.select(metric=metric) if e.group == arm), None)
            if e is not None:
                rows.append([f"{name}: {words.lower()}", *_worth_cells(evaluation, e)])
    made = [e for e in evaluation.select(metric="benefit_cost_ratio") if e.made]
    cost = money(found.worth(0.0).costs, _currency(evaluation))
    return Table(
        caption="What the crime averted was worth, against what the program cost",
        columns=[
            Column("Measure", number=False),
            Column("Value", f"{_currency(evaluation)} of {found.prices.year}"),
            Column(level_heading(made)),
        ],
        rows=rows,
        notes=[
            f"Costs counted: {cost} in prices of {found.prices.year}, discounted at {percent(found.rate)} a "
            "year to the start of the program. The intervals are those of the effect on crime; costs and "
            "prices are taken as known.",
            days_in_words(found.matched.note),
        ],
    )


def _worth_cells(evaluation: Evaluation, estimate: Estimate) -> list[Cell | str]:
    if not estimate.made:
        return [Cell(MISSING, estimate.note), MISSING]
    ratio = estimate.metric == "benefit_cost_ratio"
    ends = (estimate.estimate, estimate.conf_low, estimate.conf_high)
    shown = [_ratio(end) if ratio else money(end, _currency(evaluation)) for end in ends]
    return [Cell(shown[0]), MISSING if math.isnan(estimate.conf_low) else f"{shown[1]} to {shown[2]}"]


def cost_sensitivity_chart(evaluation: Evaluation) -> Figure | Prose:
    """Return the tornado chart of the benefit-cost ratio."""
    found = benefit_cost_sensitivity(evaluation.study, evaluation.program.program_id)
    ratio = first(evaluation.estimates, metric="benefit_cost_ratio", group="")
    if not found or ratio is None or not ratio.made or _events_alone(evaluation):
        return TOLD_ABOVE
    bars = [TornadoBar(one.name, one.settings, one.ratios) for one in found]
    title = _tornado_title([end for one in found for end in one.ratios], bars[0].name)
    large = max(abs(end) for one in found for end in one.ratios) >= 10
    axes = tornado(
        bars,
        result=ratio.estimate,
        title=title,
        subtitle="Worth of the crime averted for each unit of cost, one assumption changed at a time",
        even=1.0,
        even_name="1, where it pays",
        digits=0 if large else 1,
    )
    values = [
        f"{one.name}, {words}: {_ratio(end)}"
        for one in found
        for words, end in zip(one.settings, one.ratios, strict=True)
        if words
    ]
    return Figure(
        axes=axes,
        name="cost-sensitivity",
        title=title,
        data=pd.DataFrame(
            {"assumption": one.name, "setting": setting, "benefit_cost_ratio": end}
            for one in found
            for setting, end in zip(one.settings, one.ratios, strict=True)
        ),
        strand="cost",
        alt=alt_text(title, "Bars of the benefit-cost ratio by assumption.", values),
        caption="Each bar changes one assumption and leaves the others as stated. Together they may do more.",
        source=source(evaluation.study, "costs", "incidents", "counts"),
    )


def _tornado_title(ratios: Iterable[float], most: str) -> str:
    """Return whether any setting turns the answer, and what matters most."""
    sides = {ratio > 1 for ratio in ratios}
    lead = {
        frozenset({True}): "With every setting tried the crime averted is worth more than the costs",
        frozenset({False}): "With no setting tried is the crime averted worth the costs",
    }.get(frozenset(sides), "Whether it paid turns on the assumptions")
    return f"{lead}, most of all on the {most.lower()}" if len(sides) > 1 else lead


def cost_break_even(evaluation: Evaluation) -> Prose:
    """Return the sentence on what would have to be true for the program to pay by one outcome alone."""
    shares = [e for e in evaluation.select(metric="cost_break_even_reduction") if e.made]
    if not shares or _events_alone(evaluation):
        return TOLD_ABOVE
    chosen = next((e for e in shares if e.outcome == evaluation.outcome), shares[0])
    needed = first(evaluation.estimates, metric="cost_break_even_incidents", outcome=chosen.outcome)
    name = outcome_name(Estimate(program_id="", strand="crime", metric="", outcome=chosen.outcome))
    if chosen.estimate > 1:
        return paragraphs(f"It could not pay by {name} alone: more would have to be averted than happens.")
    incidents = plural(math.ceil(needed.estimate), "incident")
    return paragraphs(
        f"To pay by {name} alone, the program would have to avert {incidents} "
        f"({percent(chosen.estimate, 1)} of those to be expected) in the time that was measured."
    )


def _count(incidents: float) -> str:
    return number(incidents, 1 if incidents < 10 else 0)


def cost_break_even_table(evaluation: Evaluation) -> Table | Prose:
    """Return for each outcome what would have to be true to break even, beside what was found."""
    rows = []
    for e in evaluation.select(metric="cost_break_even_incidents"):
        share = first(evaluation.estimates, metric="cost_break_even_reduction", outcome=e.outcome)
        averted = first(evaluation.estimates, metric="crime_difference", outcome=e.outcome)
        if not e.outcome:
            continue
        if not e.made or share is None:
            rows.append([measure_of(e), Cell(MISSING, e.note), MISSING, _averted(averted)])
            continue
        fall = percent(share.estimate, 1) if share.made and share.estimate <= 1 else "more than all"
        rows.append([measure_of(e), _count(e.estimate), fall, _averted(averted)])
    if not rows or _events_alone(evaluation):
        return TOLD_ABOVE
    return Table(
        caption="What would have to be true for the program to pay by one outcome alone",
        columns=[
            Column("Outcome", number=False),
            Column("Incidents to avert"),
            Column("Fall needed"),
            Column("Incidents averted", "estimate and interval"),
        ],
        rows=rows,
        notes=[
            "Averted below 0: there were more incidents than to be expected. Offenses without a price, and "
            "those too few to count, are worth 0 here, so that less would do if they had one.",
        ],
    )


def measure_of(estimate: Estimate) -> str:
    """Return the crime outcome of an estimate of cost as a row of a table names it."""
    return "All crime" if estimate.outcome == "all" else label(estimate.outcome)


def _averted(effect: Estimate | None) -> str:
    if effect is None or not effect.made:
        return MISSING
    ends = (
        "" if math.isnan(effect.conf_low) else f" ({number(-effect.conf_high)} to {number(-effect.conf_low)})"
    )
    return f"{number(-effect.estimate)}{ends}"


def cost_price_table(evaluation: Evaluation) -> Table | Prose:
    """Return the price of each offense, what kind of crime it is taken for, and who says so."""
    found = prices(evaluation.study, evaluation.program.program_id)
    if found.reason or _total(evaluation) is None or _events_alone(evaluation):
        return TOLD_ABOVE
    currency = _currency(evaluation)
    rows = [
        [
            label(name),
            cost.category,
            money(cost.total, currency),
            _moved(found, name, currency),
            money(found.tangible.get(name, math.nan), currency) if name in found.total else MISSING,
        ]
        for name, cost in found.categories.items()
    ]
    years = listing([str(year) for year in sorted({cost.year for cost in found.categories.values()})])
    missing = f"Without a price, and not counted: {listing(list(found.unpriced))}." if found.unpriced else ""
    return Table(
        caption="What an offense is taken to cost society",
        columns=[
            Column("Offense in the data", number=False),
            Column("Taken as", number=False),
            Column("Total", f"{currency} of {years}"),
            Column("Total", f"{currency} of {found.year}"),
            Column("Tangible", f"{currency} of {found.year}"),
        ],
        rows=rows,
        notes=[note for note in (missing, f"{found.basis[0].upper()}{found.basis[1:]}.") if note],
    )


def _moved(found: Prices, name: str, currency: str) -> Cell | str:
    if name in found.total:
        return money(found.total[name], currency)
    return Cell("not counted", "Too few incidents in the program areas: one more or less would decide.")
