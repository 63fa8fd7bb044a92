"""What the event kinds share: who registered and who came -> attendance, events."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import pandas as pd

from outreach_metrics.convert import headings
from outreach_metrics.convert.benchmarks import benchmark_column
from outreach_metrics.convert.model import Converted, Options, WrongUseError
from outreach_metrics.convert.sheets import Sheet, plain_heading
from outreach_metrics.convert.survey import person_id
from outreach_metrics.errors import StudyError
from outreach_metrics.study.identity import read_signatures, same_people
from outreach_metrics.study.tables import TABLES
from outreach_metrics.study.wording import listing, plural

ATTENDANCE_COLUMNS = ["event_id", "attendee_id", "checked_in", "name", "email", "phone"]
MOST_PEOPLE = 1000
"""Most people that a row stands for; a larger number is a slip, or another thing."""
EVENT_COLUMNS = ["event_id", "program_id", "date", "name", "registered", "headcount", "hours"]


@dataclass(slots=True, kw_only=True)
class Gathering:
    """One event as a file has it.

    `people` has the columns name, email, phone, came (bool) and party (how many the row stands for, the
    named person among them), rows (of the file; 1 when absent), and any further columns by name. Rows without
    a name and an address are counted, and nothing more. `registers`: whether the export knows who registered;
    where it does not, to be in it is to have come, and nobody is ticked.
    """

    file: str
    event_id: str
    people: pd.DataFrame
    date: str = ""
    name: str = ""
    hours: str = ""
    ids: pd.Series | None = None
    registers: bool = True
    left_out: list[str] = field(default_factory=list)


def assemble(gatherings: Iterable[Gathering], options: Options, result: Converted) -> Converted:
    """Return the tables attendance and events; without tables when no file can be used."""
    attendance, events, left_out = [], [], []
    for gathering in gatherings:
        attendance.append(_attendance(gathering, result))
        events.append(_event(gathering, options, result))
        left_out += gathering.left_out
    if not events:
        return result
    _one_event_each([event["event_id"] for event in events])
    people = pd.concat(attendance, ignore_index=True).fillna("")
    if options.person:
        people = _with_hashes(people, options, result)
    kept = [name for name in people if name in ("event_id", "attendee_id") or (people[name] != "").any()]
    people = people[kept]
    table = pd.DataFrame(events, columns=EVENT_COLUMNS, dtype=object)
    empty = [name for name in ("name", "registered", "headcount", "hours") if not (table[name] != "").any()]
    result.tables = {"attendance": people, "events": table.drop(columns=empty)}
    others = [name for name in people if name not in ATTENDANCE_COLUMNS]
    if others:
        result.notes.append(f"kept beside each person: {listing(others, most=12)}")
    if left_out:
        result.notes.append(
            f"left out, because nothing needs it: {listing(dict.fromkeys(left_out), most=20)}"
        )
    return result


def gather(
    sheets: Iterable[Sheet], make: Callable[[Sheet], Iterable[Gathering]], result: Converted
) -> Iterator[Gathering]:
    """Yield the events of every sheet; a sheet that cannot be used is told, and its rows are counted."""
    for sheet in sheets:
        before = result.dropped.total()
        try:
            made = list(make(sheet))
        except StudyError as error:
            result.problems += error.problems
            counted = result.dropped.total() - before
            result.dropped["file cannot be used"] += len(sheet.frame) - counted
            continue
        yield from made


def event_id(sheet: Sheet, options: Options) -> str:
    """Return the event of a file: as the user says, else the file's name."""
    return options.event or headings.safe_name(sheet.stem) or sheet.stem


def further_columns(
    sheet: Sheet, own: set[str], frame: pd.DataFrame, options: Options, result: Converted
) -> tuple[pd.DataFrame, list[str]]:
    """Return the columns that tell what people are like, and the headings of those left out.

    Parameters
    ----------
    sheet : Sheet
    own : set of str
        Plain headings that the kind reads, or that nothing needs.
    frame : DataFrame
        The rows of the sheet that are used.
    options : Options
        `benchmarks`: their variables give a column its name.
    result : Converted
        Told what a column was taken for.
    """
    kept: dict[str, pd.Series] = {}
    left_out = []
    for number, heading in enumerate(sheet.header):
        cells = frame[number]
        if not heading or plain_heading(heading) in own or not (cells != "").any():
            continue
        taken = {column.name for column in TABLES["attendance"].columns} | set(kept)
        if headings.is_personal(heading) or headings.holds_people(cells):
            left_out.append(heading)
        elif known := benchmark_column(heading, cells, taken, options, result):
            kept[known[0]] = known[1]
        elif headings.is_open(heading, cells):
            left_out.append(heading)
        else:
            kept[headings.free_name(headings.safe_name(heading) or "column", taken)] = cells
    return pd.DataFrame(kept, index=frame.index, dtype=object), left_out


def whole_numbers(sheet: Sheet, cells: pd.Series, least: int, column: str, result: Converted) -> pd.Series:
    """Return numbers of people, `least` where there is none; what cannot be a number of people is told."""
    numbers = pd.to_numeric(cells, errors="coerce")
    wrong = (cells != "") & ~numbers.between(0, MOST_PEOPLE)
    if wrong.any():
        message = f"{plural(int(wrong.sum()), 'cell')} cannot be a number of people; {least} is taken"
        result.tell(sheet.file, message, "number", row=int(cells.index[wrong][0]), column=column)
    return numbers.where(~wrong).fillna(least).clip(lower=least).astype(int)


def _attendance(gathering: Gathering, result: Converted) -> pd.DataFrame:
    """Return one row a named person; a tick only where the export tells who of those registered came."""
    people = gathering.people
    named = (people["name"] != "") | (people["email"] != "")
    _note_uncounted(gathering, named, result)
    people = people[named]
    ids = people["name"].where(people["name"] != "", people["email"])
    if gathering.ids is not None:
        own = gathering.ids.reindex(people.index)
        ids = own.where(own != "", ids)
    table = people.drop(columns=["came", "party", "rows"], errors="ignore").assign(
        event_id=gathering.event_id,
        attendee_id=ids,
        checked_in=people["came"].map({True: "true", False: "false"}) if gathering.registers else "",
    )
    return table[[*ATTENDANCE_COLUMNS, *(name for name in table if name not in ATTENDANCE_COLUMNS)]]


def _with_hashes(people: pd.DataFrame, options: Options, result: Converted) -> pd.DataFrame:
    """Name people by the keyed hash of their e-mail address, as survey kinds do; name and address stay.

    An address that several people share tells nobody apart, and a name with several addresses may be one
    person: there the name stays, and the study finds out who is who.
    """
    if plain_heading(options.person) != "email":
        raise WrongUseError("--person of an event can only be email")
    signed = read_signatures(people.reindex(columns=["attendee_id", "name", "email"], fill_value=""))
    rows = pd.DataFrame(
        {"person": same_people(signed).of_row, "mail": signed.mails, "name": signed.full}, index=people.index
    )
    mailed = rows[rows["mail"] >= 0]
    alone = mailed.groupby("mail")["person"].transform("nunique") == 1
    one_address = mailed.groupby("name")["mail"].transform("nunique").eq(1) | (mailed["name"] < 0)
    sure = mailed.index[alone & one_address]
    hashes = {text: person_id(text, options.key) for text in people.loc[sure, "email"].unique()}
    result.note(
        f"{plural(len(sure), 'row')} named by the hash of the e-mail address; {len(people) - len(mailed):,} "
        f"have no address, and {len(mailed) - len(sure):,} share it or have several: these keep the name"
    )
    ids = people["attendee_id"].copy()
    ids[sure] = people.loc[sure, "email"].map(hashes)
    return people.assign(attendee_id=ids)


def _note_uncounted(gathering: Gathering, named: pd.Series, result: Converted) -> None:
    party = gathering.people["party"]
    nameless, guests = int(party[~named].sum()), int((party[named] - 1).sum())
    for count, words in ((nameless, "without a readable name"), (guests, "who came with somebody")):
        if count:
            result.note(
                f"{gathering.file}: {plural(count, 'person', 'people')} {words}, counted and not named"
            )
    result.used += (
        len(gathering.people) if "rows" not in gathering.people else int(gathering.people["rows"].sum())
    )


def _event(gathering: Gathering, options: Options, result: Converted) -> dict[str, str]:
    people = gathering.people
    came = int(people.loc[people["came"], "party"].sum())
    if gathering.registers and not came and len(people):
        message = (
            "nobody is marked as having come: it tells who registered, not who attended; check people in, "
            "or give "
            "headcount in events.csv"
        )
        result.tell(gathering.file, message, "nobody_came")
    day = options.date or gathering.date
    if not day:
        message = f"the day of {gathering.event_id} is not known: give --date, or write it into events.csv"
        result.tell(gathering.file, message, "no_date")
    return {
        "event_id": gathering.event_id,
        "program_id": options.program,
        "date": day,
        "name": gathering.name,
        "registered": str(int(people["party"].sum())) if gathering.registers else "",
        "headcount": str(came) if came or not gathering.registers else "",
        "hours": gathering.hours,
    }


def _one_event_each(ids: list[str]) -> None:
    twice = sorted({name for name in ids if ids.count(name) > 1})
    if twice:
        raise WrongUseError(
            f"two events would be called {listing(twice)}: convert one file at a time, each with its --event"
        )
