"""The programs of Riverton and what each one truly does: the plan that every maker follows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

CONSTRUCTS = ("trust", "procedural_justice", "perceived_safety", "willingness_to_report", "satisfaction")
POOL = ("0204", "0205", "0304", "0305", "0405", "0504", "0505", "0805")


@dataclass(frozen=True, slots=True, kw_only=True)
class Crime:
    """Areas by role, and the factor on each offense's rate in treatment and displacement areas.

    `headline` is the outcome that the program is judged by.
    """

    headline: str
    treatment: tuple[str, ...]
    comparison: tuple[str, ...] = ()
    displacement: tuple[str, ...] = ()
    displacement_comparison: tuple[str, ...] = ()
    effects: Mapping[str, float] = field(default_factory=dict)
    displacement_effects: Mapping[str, float] = field(default_factory=dict)
    area_starts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gatherings:
    """Events: how many, how many people come, and how sign-in works.

    `growth` is the change of the logarithm of turnout a month; `absent` the share of registered people who
    stay away (None: nobody registers); `people` the residents who may come; `older` how much
    likelier people of 55 and over are to be among them (under 0.2: young people instead).
    """

    events: int
    turnout: float
    people: int
    kinds: tuple[str, ...]
    growth: float = 0.0
    absent: float | None = None
    ids: bool = False
    sheets: bool = True
    older: float = 1.0
    hours: float = 2.0
    capacity: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """Three waves: shifts on the 1-5 scale in the last wave; the wave between has 60 % of them.

    `stays` is the share that answers the next wave too (None: a new sample every wave); `loyal` makes people
    with high trust likelier to stay.
    """

    program: int
    comparison: int
    stays: float | None = None
    loyal: float = 0.0
    shifts: Mapping[str, float] = field(default_factory=dict)
    comparison_shifts: Mapping[str, float] = field(default_factory=dict)
    sampled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One program: the row of programs.csv, its verdict, and its crime, gatherings and survey."""

    program_id: str
    code: str
    name: str
    type: str
    start: str
    verdict: str
    story: str
    description: str
    agency: str = "Riverton Police Department"
    assignment: str = "targeted"
    end: str = ""
    gatherings: Gatherings
    crime: Crime | None = None
    survey: Survey | None = None
    monthly_cost: int = 3000
    referrals: int = 0
    served: float = 0.0
    lost: Mapping[str, float] = field(default_factory=dict)  # need -> factor on `served`
    concerns: int = 0
    channels: tuple[str, ...] = ()
    trainees: int = 0


def _all(shift: float) -> dict[str, float]:
    return dict.fromkeys(CONSTRUCTS, shift)


_PLACE_BASED = (
    Plan(
        program_id="harbor-watch",
        code="HW",
        name="Harbor Neighborhood Watch",
        type="neighborhood_watch",
        start="2022-03-01",
        verdict="works",
        story="Burglary falls by 30 % in four beats; no displacement; people feel safer.",
        description="Block captains, property marking and a monthly meeting with the beat officer.",
        crime=Crime(
            headline="burglary",
            treatment=("0101", "0102", "0103", "0104"),
            comparison=POOL[:6],
            displacement=("0105",),
            displacement_comparison=POOL[6:],
            effects={"BURGLARY": 0.70},
        ),
        gatherings=Gatherings(
            events=34, turnout=17, people=130, kinds=("watch meeting", "patrol walk"), growth=0.005, older=1.6
        ),
        survey=Survey(
            program=180,
            comparison=180,
            stays=0.86,
            shifts={"perceived_safety": 0.40, "willingness_to_report": 0.25},
        ),
        monthly_cost=2600,
        concerns=70,
    ),
    Plan(
        program_id="oakridge-watch",
        code="OW",
        name="Oakridge Neighborhood Watch",
        type="neighborhood_watch",
        start="2022-09-12",
        verdict="looks_effective",
        assignment="self_selected",
        story="Does nothing: crime falls as it falls everywhere, and opinion rises as it rises everywhere.",
        description="Residents asked for a watch; signs, a phone tree and a quarterly meeting.",
        crime=Crime(
            headline="all",
            treatment=("0701", "0702", "0703"),
            comparison=POOL,
            area_starts={"0702": "2022-11-01"},
        ),
        gatherings=Gatherings(
            events=18, turnout=12, people=70, kinds=("watch meeting",), growth=-0.02, older=1.8
        ),
        survey=Survey(program=150, comparison=150, shifts=_all(0.28), comparison_shifts=_all(0.28)),
        monthly_cost=900,
        concerns=25,
    ),
    Plan(
        program_id="coffee-eastside",
        code="CE",
        name="Coffee with a Cop, Eastside",
        type="coffee_with_a_cop",
        start="2022-02-15",
        verdict="reporting_rises",
        story="Trust grows, so people report more: simple assault and vandalism rise by 30 %, nothing else.",
        description="Two hours of open talk in cafes, twice a month, no agenda.",
        crime=Crime(
            headline="assault_and_vandalism",
            treatment=("0201", "0202", "0203"),
            comparison=POOL,
            effects={"SIMPLE ASSAULT": 1.30, "VANDALISM": 1.30},
        ),
        gatherings=Gatherings(
            events=60, turnout=19, people=330, kinds=("coffee",), growth=0.012, older=1.3, capacity=45
        ),
        survey=Survey(
            program=190,
            comparison=190,
            shifts={
                "trust": 0.48,
                "procedural_justice": 0.45,
                "willingness_to_report": 0.45,
                "satisfaction": 0.30,
            },
        ),
        monthly_cost=1400,
        concerns=90,
        channels=("social",),
    ),
    Plan(
        program_id="northgate-beats",
        code="NB",
        name="Northgate Community Beats",
        type="community_policing",
        start="2021-11-01",
        verdict="works",
        story="Disorder falls by 38 %; only 22 months of data lie before the start.",
        description="The same officers walk the same beats and solve problems with shops and residents.",
        crime=Crime(
            headline="disorder",
            treatment=("0301", "0302", "0303"),
            comparison=POOL,
            effects={"DISORDERLY CONDUCT": 0.62, "DRUG OFFENSE": 0.62},
        ),
        gatherings=Gatherings(
            events=40, turnout=21, people=260, kinds=("forum", "beat walk"), older=1.3, capacity=60
        ),
        survey=Survey(
            program=200, comparison=160, shifts={"perceived_safety": 0.45, "trust": 0.20}, sampled=True
        ),
        monthly_cost=14500,
        referrals=90,
        served=0.60,
        concerns=120,
    ),
    Plan(
        program_id="bridge-outreach",
        code="BO",
        name="Bridges Street Outreach",
        type="street_outreach",
        start="2022-04-01",
        verdict="works",
        agency="Riverton Office of Violence Prevention",
        story="Robbery, aggravated assault and homicide fall by 36 %.",
        description="Outreach workers mediate disputes and hand young adults on to jobs and counseling.",
        crime=Crime(
            headline="violent_crime",
            treatment=("0401", "0402", "0403", "0404"),
            comparison=POOL,
            effects={"HOMICIDE": 0.64, "ROBBERY": 0.64, "AGGRAVATED ASSAULT": 0.64},
        ),
        gatherings=Gatherings(
            events=30, turnout=16, people=160, kinds=("peace walk", "job clinic"), older=0.5, hours=3
        ),
        monthly_cost=21000,
        referrals=260,
        served=0.68,
        lost={"counseling": 0.6},
        concerns=40,
    ),
    Plan(
        program_id="lock-it",
        code="LI",
        name="Lock It or Lose It",
        type="safety_campaign",
        start="2022-10-01",
        verdict="works",
        story="Theft of and from vehicles falls by 32 %.",
        description="Posters, windshield report cards and steering-lock handouts at lots and garages.",
        crime=Crime(
            headline="vehicle_crime",
            treatment=("0501", "0502", "0503"),
            comparison=POOL,
            effects={"MOTOR VEHICLE THEFT": 0.68, "THEFT FROM VEHICLE": 0.68},
        ),
        gatherings=Gatherings(
            events=24, turnout=28, people=420, kinds=("lock giveaway", "parking-lot booth")
        ),
        monthly_cost=3900,
        channels=("social", "app"),
    ),
    Plan(
        program_id="light-audit",
        code="LA",
        name="Mill District Safety Audits",
        type="safety_audit",
        start="2022-01-10",
        verdict="works_displaces",
        agency="Riverton Public Works",
        story="Burglary falls by 40 % in three beats and rises by 20 % in the two beats next to them.",
        description="Night walks with residents; lights, locks and sight lines mended within ninety days.",
        crime=Crime(
            headline="burglary",
            treatment=("0601", "0602", "0603"),
            comparison=POOL[:6],
            displacement=("0604", "0605"),
            displacement_comparison=POOL[6:],
            effects={"BURGLARY": 0.60},
            displacement_effects={"BURGLARY": 1.20},
        ),
        gatherings=Gatherings(
            events=22, turnout=14, people=120, kinds=("night audit",), absent=0.22, capacity=25
        ),
        monthly_cost=5200,
        concerns=110,
    ),
    Plan(
        program_id="youth-nights",
        code="YN",
        name="Riverton Youth Nights",
        type="youth_engagement",
        start="2022-05-01",
        end="2024-02-29",
        verdict="nothing",
        agency="Riverton Parks and Recreation",
        story="Does nothing to crime or opinion, but people with high trust stay in the survey. Ended early.",
        description="Friday basketball, music and tutoring with officers from four to ten.",
        crime=Crime(headline="disorder", treatment=("0703", "0704", "0705"), comparison=POOL),
        gatherings=Gatherings(
            events=58,
            turnout=22,
            people=300,
            kinds=("sports night", "tutoring"),
            absent=0.25,
            ids=True,
            older=0.05,
            hours=4,
            capacity=60,
        ),
        survey=Survey(program=170, comparison=150, stays=0.62, loyal=1.1),
        monthly_cost=6800,
        referrals=110,
        served=0.55,
    ),
    Plan(
        program_id="school-liaison",
        code="SL",
        name="School Liaison Officers",
        type="school_resource_officer",
        start="2022-08-15",
        verdict="nothing",
        story="Does nothing to recorded crime; there are no comparison areas to show it.",
        description="Two officers at the Westfield middle and high schools; classes and restorative circles.",
        crime=Crime(headline="violent_crime", treatment=("0801", "0802")),
        gatherings=Gatherings(
            events=26, turnout=20, people=180, kinds=("class visit", "parent evening"), older=0.1
        ),
        monthly_cost=9800,
        concerns=30,
    ),
    Plan(
        program_id="crisis-team",
        code="CT",
        name="Crisis Co-response Team",
        type="crisis_intervention",
        start="2024-02-05",
        verdict="too_early",
        agency="Riverton Health Department",
        story="Started eleven months before the data end: the window after is too short to tell.",
        description="A clinician and an officer answer mental-health calls together.",
        crime=Crime(headline="disorder", treatment=("0803", "0804"), comparison=POOL[:5]),
        gatherings=Gatherings(events=8, turnout=15, people=60, kinds=("training day",), absent=0.1, hours=6),
        monthly_cost=23500,
        referrals=150,
        served=0.74,
        trainees=48,
    ),
)
_CITY_WIDE = (
    Plan(
        program_id="citizen-academy",
        code="CA",
        name="Citizen Police Academy",
        type="citizen_academy",
        start="2021-09-07",
        verdict="opinion_only",
        assignment="self_selected",
        story="Trust and procedural justice rise among people who chose to come; no areas, no crime result.",
        description="Ten Tuesday evenings a term, from patrol to the courts.",
        gatherings=Gatherings(
            events=50,
            turnout=22,
            people=150,
            kinds=("class",),
            absent=0.14,
            ids=True,
            older=1.7,
            hours=3,
            capacity=30,
        ),
        survey=Survey(
            program=120, comparison=130, stays=0.80, shifts={"trust": 0.55, "procedural_justice": 0.50}
        ),
        monthly_cost=2400,
        trainees=140,
    ),
    Plan(
        program_id="safe-seniors",
        code="SS",
        name="Safe Seniors Workshops",
        type="public_safety_education",
        start="2022-01-20",
        verdict="nothing",
        story="Well attended and well liked from the first day on; opinion does not change.",
        description="Workshops on scams, falls and home safety in libraries and senior centers.",
        gatherings=Gatherings(
            events=44, turnout=18, people=240, kinds=("workshop",), absent=0.18, older=9.0, capacity=30
        ),
        survey=Survey(program=140, comparison=120),
        monthly_cost=1100,
    ),
    Plan(
        program_id="ready-riverton",
        code="RR",
        name="Ready Riverton Flood Drills",
        type="emergency_drill",
        start="2023-02-01",
        verdict="not_measured",
        agency="Riverton Emergency Management",
        story="Counted heads, few sign-in sheets; what it could change is not in the data.",
        description="Quarterly evacuation and shelter drills with schools and volunteers.",
        gatherings=Gatherings(
            events=8, turnout=85, people=400, kinds=("drill",), sheets=False, hours=5, capacity=200
        ),
        monthly_cost=4200,
        trainees=60,
    ),
    Plan(
        program_id="tip-line",
        code="TL",
        name="Riverton Tip Line",
        type="tip_line",
        start="2021-07-01",
        verdict="not_measured",
        story="Tips grow by about 2 % a month; no areas, so no crime result.",
        description="Anonymous tips by phone, text and web, in English and Spanish.",
        gatherings=Gatherings(events=10, turnout=26, people=200, kinds=("launch booth",)),
        monthly_cost=3100,
        channels=("tip_line", "app"),
    ),
    Plan(
        program_id="riverton-connect",
        code="RC",
        name="Riverton Connect Newsletter",
        type="digital_outreach",
        start="2022-01-01",
        verdict="not_measured",
        story="Reach grows, the share who answer falls; no areas and no survey.",
        description="A monthly e-mail and social posts with beat-level figures and names of beat officers.",
        gatherings=Gatherings(
            events=12, turnout=16, people=120, kinds=("online question hour",), absent=0.35, hours=1
        ),
        monthly_cost=1700,
        channels=("newsletter", "social"),
    ),
    Plan(
        program_id="porch-talks",
        code="PT",
        name="Porch Talks",
        type="other",
        start="2022-06-01",
        verdict="too_small",
        assignment="self_selected",
        story="Seven people in all: every count of people is below the smallest cell that may be shown.",
        description="An officer and a few neighbors on one porch, once a season.",
        gatherings=Gatherings(events=10, turnout=4, people=7, kinds=("porch talk",), older=2.0),
        survey=Survey(program=7, comparison=0, shifts={"trust": 0.3}),
        monthly_cost=120,
    ),
)

PROGRAMS: tuple[Plan, ...] = _PLACE_BASED + _CITY_WIDE
