"""Every table of a study as data: its columns, their kinds and rules, for reading, checking and the docs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["id", "text", "date", "period", "integer", "number", "boolean"]

PROGRAM_TYPES: tuple[str, ...] = (
    "community_policing",
    "neighborhood_watch",
    "coffee_with_a_cop",
    "youth_engagement",
    "school_resource_officer",
    "citizen_academy",
    "public_safety_education",
    "crisis_intervention",
    "street_outreach",
    "safety_campaign",
    "safety_audit",
    "emergency_drill",
    "tip_line",
    "digital_outreach",
    "other",
)
ASSIGNMENTS: tuple[str, ...] = ("self_selected", "targeted", "random")
ROLES: tuple[str, ...] = ("treatment", "comparison", "displacement", "displacement_comparison")
COST_SOURCES: tuple[str, ...] = ("grant", "budget", "in_kind", "sponsor")
OFFENSE_GROUPS: tuple[str, ...] = ("reporting_sensitive", "always_recorded")


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column: its name, what kind of value it holds, and the rules that the value keeps.

    A value may be `minimum` or `maximum` itself, but not `above`. `personal` marks what identifies a person:
    it serves linkage while reading and is then dropped.
    """

    name: str
    kind: Kind = "text"
    required: bool = False
    choices: tuple[str, ...] = ()
    minimum: float | None = None
    above: float | None = None
    maximum: float | None = None
    personal: bool = False
    about: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """`column` must be found in `table`.`target`."""

    column: str
    table: str
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One table: columns, the columns that together are unique (`key`), references to other tables."""

    name: str
    about: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    references: tuple[Reference, ...] = ()

    def column(self, name: str) -> Column:
        """Return the column of that name."""
        return next(column for column in self.columns if column.name == name)

    @property
    def holds_people(self) -> bool:
        """Whether rows are people: a shifted cell of any column may then hold a name or a phone number."""
        return any(column.personal for column in self.columns)

    @property
    def required(self) -> tuple[str, ...]:
        """Names of the columns that must be there."""
        return tuple(column.name for column in self.columns if column.required)


def _id(name: str, about: str, *, required: bool = True, personal: bool = False) -> Column:
    return Column(name=name, kind="id", required=required, personal=personal, about=about)


def _text(name: str, about: str, *, required: bool = False, **rules) -> Column:
    return Column(name=name, kind="text", required=required, about=about, **rules)


def _date(name: str, about: str, *, required: bool = False) -> Column:
    return Column(name=name, kind="date", required=required, about=about)


def _number(name: str, about: str, *, required: bool = False, minimum: float | None = 0) -> Column:
    return Column(name=name, kind="number", required=required, minimum=minimum, about=about)


def _integer(name: str, about: str, *, required: bool = False, minimum: float | None = 0) -> Column:
    return Column(name=name, kind="integer", required=required, minimum=minimum, about=about)


def _boolean(name: str, about: str) -> Column:
    return Column(name=name, kind="boolean", about=about)


_PROGRAM = Reference(column="program_id", table="programs", target="program_id")
_EVENT = Reference(column="event_id", table="events", target="event_id")
_AREA = Reference(column="area_id", table="areas", target="area_id")

_TABLES = (
    Table(
        name="programs",
        about="One row a program.",
        key=("program_id",),
        columns=(
            _id("program_id", "Short name that every other table uses."),
            _text("name", "Name as it is printed.", required=True),
            _text("type", "Kind of outreach.", required=True, choices=PROGRAM_TYPES),
            _date("start_date", "First day of the program.", required=True),
            _date("end_date", "Last day; empty while it goes on."),
            _text("lead_agency", "Agency that answers for the program."),
            _text("description", "What the program does, in a sentence."),
            _text("assignment", "How its areas or people were chosen.", choices=ASSIGNMENTS),
        ),
    ),
    Table(
        name="program_areas",
        about="Which areas a program worked in, and which it is compared with.",
        key=("program_id", "area_id", "role"),
        references=(_PROGRAM, _AREA),
        columns=(
            _id("program_id", "The program."),
            _id("area_id", "The area."),
            _text("role", "What the area is to the program.", required=True, choices=ROLES),
            _date("start_date", "The area's own start, where it differs from the program's."),
        ),
    ),
    Table(
        name="areas",
        about="One row an area, or one row an area and year where populations by year are known.",
        key=("area_id", "year"),
        columns=(
            _id("area_id", "Beat, tract or neighborhood; text, so 0112 stays 0112."),
            _number("population", "Residents.", required=True),
            _text("name", "Name as it is printed."),
            Column(name="year", kind="integer", minimum=1900, maximum=2200, about="Year of the population."),
        ),
    ),
    Table(
        name="incidents",
        about="One row an incident, or one row an offense of an incident.",
        columns=(
            _id("incident_id", "Number of the incident; rows that repeat it are counted once an outcome."),
            _date("occurred_at", "Date, or date and time.", required=True),
            _text("offense", "Offense label as the department writes it.", required=True),
            _id("area_id", "The area; or give latitude and longitude.", required=False),
            Column(name="latitude", kind="number", minimum=-90, maximum=90, about="Degrees north (WGS 84)."),
            Column(
                name="longitude", kind="number", minimum=-180, maximum=180, about="Degrees east (WGS 84)."
            ),
        ),
    ),
    Table(
        name="counts",
        about="Counts by area, period and outcome; a missing cell inside the covered span is 0.",
        key=("area_id", "period", "outcome"),
        references=(_AREA,),
        columns=(
            _id("area_id", "The area."),
            Column(
                name="period",
                kind="period",
                required=True,
                about="2024-03, 2024-Q1, 2024-W07, 2024 or a date.",
            ),
            _text("outcome", "What was counted.", required=True),
            _integer("count", "How many.", required=True),
        ),
    ),
    Table(
        name="harm_weights",
        about="How much harm an offense does; stands in place of the weights that come with the package.",
        key=("offense",),
        columns=(
            _text("offense", "Offense label as the incidents or counts write it.", required=True),
            Column(name="weight", kind="number", required=True, above=0, about="Harm of one offense."),
            _text("unit", "What the weight counts, the same in every row (2008 US dollars, days in prison)."),
            _text("source", "Where the weight is from, with year or version."),
        ),
    ),
    Table(
        name="crime_costs",
        about="What an offense costs society; stands in place of the costs that come with the package.",
        key=("offense",),
        columns=(
            _text("offense", "Offense label as the incidents or counts write it.", required=True),
            _text("category", "Kind of crime that the source gives a cost for."),
            _number("tangible", "Cost in money: victims, police, courts, prisons, lost work."),
            _number("intangible", "Pain, suffering and lost life, in money."),
            Column(
                name="total",
                kind="number",
                required=True,
                above=0,
                about="All of it, each loss counted once; it may be less than the sum of both parts.",
            ),
            Column(
                name="price_year",
                kind="integer",
                required=True,
                minimum=1900,
                maximum=2200,
                about="Year of the prices.",
            ),
            _text("source", "Where the costs are from, with year."),
        ),
    ),
    Table(
        name="price_index",
        about="How prices rose; stands in place of the US consumer prices that come with the package.",
        key=("year",),
        columns=(
            Column(
                name="year", kind="integer", required=True, minimum=1900, maximum=2200, about="Calendar year."
            ),
            Column(name="index", kind="number", required=True, above=0, about="Level of prices in the year."),
            _text("source", "Which index, and who publishes it."),
        ),
    ),
    Table(
        name="offense_groups",
        about="Offenses by whether the police come to know; stands in place of the package's own groups.",
        key=("offense",),
        columns=(
            _text("offense", "Offense label as the incidents or counts write it.", required=True),
            _text("group", "Whether reporting decides.", required=True, choices=OFFENSE_GROUPS),
            _text("source", "What shows it, with year."),
        ),
    ),
    Table(
        name="events",
        about="One row an event.",
        key=("event_id",),
        references=(_PROGRAM, _AREA),
        columns=(
            _id("event_id", "Short name that attendance uses."),
            _id("program_id", "The program."),
            _date("date", "Day of the event.", required=True),
            _text("name", "Name as it is printed."),
            _text("kind", "Kind of event (forum, class, patrol walk)."),
            _id("area_id", "The area where it took place.", required=False),
            _integer("capacity", "Seats."),
            _integer("registered", "People who registered."),
            _integer("headcount", "People counted in the room."),
            _number("staff_hours", "Paid and volunteer staff hours."),
            _number("hours", "Length of the event in hours."),
            _number("cost", "Cost of the event."),
        ),
    ),
    Table(
        name="attendance",
        about="One row a person and event; any further columns are demographic.",
        references=(_EVENT,),
        columns=(
            _id("event_id", "The event."),
            _id("attendee_id", "An id, or the name as signed.", personal=True),
            _boolean(
                "checked_in", "Whether the person came; empty or absent means that signing in is coming."
            ),
            Column(name="name", personal=True, about="Name; serves linkage alone."),
            Column(name="email", personal=True, about="E-mail address; serves linkage alone."),
            Column(name="phone", personal=True, about="Phone number; serves linkage alone."),
        ),
    ),
    Table(
        name="responses",
        about="One row a person and survey wave; a column an item; any further columns are demographic.",
        key=("respondent_id", "program_id", "wave"),
        references=(_PROGRAM,),
        columns=(
            _id("respondent_id", "The person; the same in every wave.", personal=True),
            _id("program_id", "The program."),
            _text("wave", "Name of the survey wave; waves are ordered by their dates.", required=True),
            _date("date", "Day of the answer."),
            _text("arm", "program (the default), comparison or partner."),
            _number("weight", "Survey weight."),
            _text("stratum", "Sampling stratum."),
            _text("cluster", "Primary sampling unit."),
            Column(name="comment", personal=True, about="Free text; redacted before it is shown."),
        ),
    ),
    Table(
        name="items",
        about="The codebook: one row a survey item.",
        key=("item",),
        columns=(
            _id("item", "Column name in responses."),
            _text("construct", "What the item measures (trust, perceived_safety).", required=True),
            _text("text", "The question as asked."),
            _number("low", "Lowest code of the answer scale.", required=True, minimum=None),
            _number("high", "Highest code of the answer scale.", required=True, minimum=None),
            _boolean("reversed", "Whether a high answer means less of the construct."),
            _number(
                "favourable_from", "Lowest code, after turning, that is a favourable answer.", minimum=None
            ),
            _text(
                "missing_codes",
                "Codes that are no answer (don't know, refused), separated by spaces or semicolons.",
            ),
        ),
    ),
    Table(
        name="benchmarks",
        about="The community's make-up, for representation and raking.",
        key=("variable", "category", "area_id"),
        columns=(
            _text("variable", "Demographic column.", required=True),
            _text("category", "Its category.", required=True),
            _number("count", "Residents in the category.", required=True),
            _id("area_id", "The area; empty for all.", required=False),
        ),
    ),
    Table(
        name="partnerships",
        about="Which agencies worked on a program.",
        references=(_PROGRAM,),
        columns=(
            _id("program_id", "The program."),
            _id("agency", "The agency."),
            _text("sector", "Sector (schools, health, faith)."),
            _text("role", "What the agency does in it."),
            _date("start_date", "Joined."),
            _date("end_date", "Left; empty while it goes on."),
            _number("hours", "Hours given."),
            _number("amount", "Money given."),
        ),
    ),
    Table(
        name="event_partners",
        about="Which agencies held an event together.",
        key=("event_id", "agency"),
        references=(_EVENT,),
        columns=(_id("event_id", "The event."), _id("agency", "The agency.")),
    ),
    Table(
        name="referrals",
        about="One row a hand-off from one agency to another.",
        key=("referral_id",),
        references=(_PROGRAM,),
        columns=(
            _id("referral_id", "The referral."),
            _id("program_id", "The program."),
            _date("date", "Day it was made.", required=True),
            _id("from_agency", "Agency that referred."),
            _id("to_agency", "Agency that was to serve."),
            _text("need", "What the person needed."),
            _date("completed_date", "Day the service began; empty while open."),
        ),
    ),
    Table(
        name="costs",
        about="One row a cost; in-kind contributions at their value.",
        references=(_PROGRAM,),
        columns=(
            _id("program_id", "The program."),
            _date("date", "Day or first day of the month.", required=True),
            _text("category", "What it was spent on.", required=True),
            _number("amount", "Amount in the study's currency.", required=True, minimum=None),
            _text("source", "Who paid.", choices=COST_SOURCES),
        ),
    ),
    Table(
        name="concerns",
        about="One row a concern that residents raised.",
        key=("concern_id",),
        references=(_PROGRAM,),
        columns=(
            _id("concern_id", "The concern."),
            _id("program_id", "The program."),
            _date("raised_on", "Day it was raised.", required=True),
            _text("topic", "What it is about."),
            _text("status", "Where it stands."),
            _date("resolved_on", "Day it was resolved; empty while open."),
        ),
    ),
    Table(
        name="channels",
        about="Reach of newsletters, social media, apps and tip lines.",
        references=(_PROGRAM,),
        columns=(
            _id("program_id", "The program."),
            _date("date", "Day or first day of the month.", required=True),
            _text("channel", "social, newsletter, app, tip_line, ...", required=True),
            _integer("reach", "People reached."),
            _integer("engagements", "Answers, shares, clicks, tips."),
        ),
    ),
    Table(
        name="training",
        about="Scores of trainees before and after a training.",
        key=("trainee_id", "program_id", "date"),
        references=(_PROGRAM,),
        columns=(
            _id("trainee_id", "The trainee.", personal=True),
            _id("program_id", "The program."),
            _date("date", "Day of the training."),
            _number("pre", "Score before.", minimum=None),
            _number("post", "Score after.", minimum=None),
        ),
    ),
    Table(
        name="codes",
        about="Themes that people gave to comments.",
        key=("comment_id", "coder", "theme"),
        columns=(
            _id("comment_id", "The comment: respondent_id/wave.", personal=True),
            _id("coder", "Who coded it."),
            _text("theme", "The theme.", required=True),
        ),
    ),
)

TABLES: dict[str, Table] = {table.name: table for table in _TABLES}
