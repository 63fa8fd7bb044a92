"""How every number was made, and whose methods they are."""

from __future__ import annotations

import re
from collections.abc import Iterable

from outreach_metrics.evaluation import Evaluation
from outreach_metrics.evidence.design import LEVELS, SCALE
from outreach_metrics.evidence.wording import label
from outreach_metrics.registry import registered_metrics
from outreach_metrics.reports.exhibits.cells import TOLD_ABOVE, merged
from outreach_metrics.reports.exhibits.kinds import Prose, bullets, definitions

MEASURES: dict[str, tuple[str, str]] = {
    "crime_rate_before": (
        "Rate before",
        "Recorded incidents a year before the start, for the number of residents.",
    ),
    "crime_rate_after": (
        "Rate after",
        "Recorded incidents a year after the start, for the number of residents.",
    ),
    "crime_rate_ratio": (
        "Change in rate",
        "The rate after the start compared with the rate before, in the program areas alone.",
    ),
    "crime_relative_effect": (
        "Change relative to comparison",
        "The change in the program areas compared with the change in the comparison areas, in percent.",
    ),
    "crime_difference": (
        "Incidents more or fewer",
        "How many incidents more or fewer there were than if both had changed alike per resident.",
    ),
    "crime_displacement": (
        "Displacement quotient",
        "The change in the neighboring areas for each unit of fall in the program areas.",
    ),
    "crime_harm_change": (
        "Change in harm",
        "Incidents more or fewer, where a grave offense counts for more than a slight one.",
    ),
    "crime_its_level": (
        "Step at the start",
        "How far crime jumped when the program started, seen against its trend and season before.",
    ),
    "crime_its_slope": (
        "Change in trend",
        "How the yearly trend after the start compares with the one before.",
    ),
    "crime_synthetic_effect": (
        "Change against a mix of areas",
        "The rate compared with that of the mix of comparison areas that came closest before the start.",
    ),
    "crime_att": (
        "Change over all programs of this type",
        "Incidents compared with what was expected, over every area with such a program.",
    ),
    "crime_event_study": (
        "Change by time since the start",
        "Incidents compared with what was expected, half year by half year, before and after the start.",
    ),
    "attendance_total": ("Attendances", "Everybody at every event added up; who comes twice counts twice."),
    "attendance_events": ("Events held", "How many events are recorded."),
    "attendance_unique": ("Different people", "How many people came at least once."),
    "attendance_mean": ("People per event", "Attendances divided by events."),
    "attendance_reach": ("Share of residents who came", "Different people, of all residents of the areas."),
    "attendance_repeat_share": ("Share who came more than once", "Of the people who signed in."),
    "attendance_trend": ("Change in attendance per year", "Whether events drew more or fewer people."),
    "attendance_concentration": (
        "How unevenly people come (Gini)",
        "0 where everybody came equally often; near 1 where a few people make up nearly all attendances.",
    ),
    "attendance_dosage": ("Events per person", "How many events a person came to, on average."),
    "attendance_hours": ("Hours per person", "How many hours of events a person came to, on average."),
    "attendance_retention": (
        "Still coming",
        "How many people were still seen so many months after their first event.",
    ),
    "attendance_show_rate": ("Share of the registered who came", "Of the people who had registered."),
    "attendance_walk_in_share": (
        "Share who came without registering",
        "Of the people on the sheets of events with registration.",
    ),
    "attendance_capacity_use": ("Share of the seats taken", "People who came, of the seats there were."),
    "attendance_staff_hours": ("Staff hours per attendee", "Hours that staff worked, for each attendance."),
    "attendance_contact_hours": ("Contact hours", "People at an event times its length, added up."),
    "attendance_representation": (
        "Who was reached, and who was missed",
        "A group’s share of the people who came, divided by its share of the residents: 1 is in proportion.",
    ),
    "attendance_imbalance": (
        "Standardized difference from the community",
        "How far the make-up of the people who came is from that of the residents; 0 is the same.",
    ),
    "attendance_r_indicator": (
        "Evenness of reach (R-indicator)",
        "1 where every group of residents was as likely to be reached.",
    ),
    "attendance_dose_response": (
        "Attendance and views of the same people",
        "How far people who came to one event more answered otherwise: an association, not an effect.",
    ),
    "sentiment_response_count": ("Number of people", "How many people answered, in each wave."),
    "sentiment_score": ("Mean score", "The average of the answers, from 0 (lowest) to 100 (highest)."),
    "sentiment_favourable": ("Share of favorable answers", "How many of the answers were favorable."),
    "sentiment_change": (
        "Change in the program group",
        "How far the mean score moved from the first wave to a later one.",
    ),
    "sentiment_relative_change": (
        "Relative to the comparison group",
        "How much further the program group moved than the comparison group.",
    ),
    "sentiment_equivalence": (
        "Is the change shown to be small?",
        "Whether a change large enough to matter can be ruled out.",
    ),
    "sentiment_effect_size": (
        "Size of the change",
        "The change measured against how much people differ: 0.2 is small, 0.5 medium, 0.8 large.",
    ),
    "sentiment_dominance": (
        "Higher more often than lower",
        "How much more often a later answer is above an earlier one than below.",
    ),
    "sentiment_trend": ("Change per year", "How far the mean score moved in a year, over all waves."),
    "sentiment_item_change": (
        "Odds of a more favorable answer",
        "For a single question, how the odds of a more favorable answer changed.",
    ),
    "sentiment_item_favourable_change": (
        "Change in favorable answers",
        "For a single question, how the share of favorable answers changed.",
    ),
    "sentiment_item_shift": (
        "Rose less fell",
        "For a single question, the share of people who rose less the share who fell.",
    ),
    "sentiment_reliability": (
        "Reliability (alpha)",
        "How well the questions of one measure go together, from 0 to 1; 0.7 is usually asked for.",
    ),
    "sentiment_comment_count": ("Comments", "How many people wrote something, in each wave."),
    "sentiment_comment_theme": (
        "Themes of comments",
        "How many of the coded comments are about a theme, as people judged them.",
    ),
    "sentiment_comment_agreement": (
        "Agreement of coders (alpha)",
        "How far people who gave themes to the same comments agree beyond chance: 1 is fully, 0 is chance.",
    ),
    "sentiment_comment_polarity": (
        "Favorable words in comments, by computer",
        "For exploration alone: a computer counts favorable and unfavorable words.",
    ),
    "training_gain": ("Gain by training", "How many points higher trainees scored afterwards."),
    "training_effect_size": ("Size of the gain", "The gain measured against how much gains differ."),
    "training_threshold_share": ("Reached the score asked for", "Of the trainees, after the training."),
    "training_threshold_gain": (
        "Change in who reached the score",
        "How the share of trainees with the score asked for changed.",
    ),
}
"""What the tables call each metric, and what it is in plain words."""

SOURCES: dict[str, str] = {
    "crime_rate_before": "Interval of a rate: Garwood F (1936) Biometrika 28:437.",
    "crime_rate_ratio": "Counts that vary more than by chance: McCullagh P & Nelder JA (1989) Generalized "
    "Linear Models, section 6.2.",
    "crime_relative_effect": "Relative effect: Farrington DP et al. (2007) Journal of Experimental "
    "Criminology 3:21.",
    "crime_difference": "Weighted displacement difference: Wheeler AP & Ratcliffe JH (2018) Crime Science "
    "7:11.",
    "crime_displacement": "Displacement quotient: Bowers KJ & Johnson SD (2003) Journal of Quantitative "
    "Criminology 19:275.",
    "crime_its_level": "Interrupted time series: Lopez Bernal J, Cummins S & Gasparrini A (2017) "
    "International Journal of Epidemiology 46:348; with a comparison, 47:2082 (2018).",
    "crime_synthetic_effect": "Synthetic control: Abadie A, Diamond A & Hainmueller J (2010) Journal of the "
    "American Statistical Association 105:493.",
    "crime_att": "Starts at different times: Callaway B & Sant'Anna PHC (2021) Journal of Econometrics "
    "225:200.",
    "attendance_reach": "Reach: Glasgow RE, Vogt TM & Boles SM (1999) American Journal of Public Health "
    "89:1322 (RE-AIM).",
    "attendance_unique": "People across sheets: Fellegi IP & Sunter AB (1969) Journal of the American "
    "Statistical Association 64:1183.",
    "attendance_trend": "Counts that vary more than by chance: Venables WN & Ripley BD (2002) Modern Applied "
    "Statistics with S, section 7.4.",
    "attendance_retention": "Time until people are lost: Kaplan EL & Meier P (1958) Journal of the American "
    "Statistical Association 53:457.",
    "attendance_representation": "Interval of a share: Wilson EB (1927) Journal of the American Statistical "
    "Association 22:209.",
    "attendance_imbalance": "Standardized difference: Austin PC (2009) Statistics in Medicine 28:3083.",
    "attendance_r_indicator": "R-indicator: Schouten B, Cobben F & Bethlehem J (2009) Survey Methodology "
    "35:101.",
    "attendance_dose_response": "Attendance and views: MacKinnon JG & White H (1985) Journal of Econometrics "
    "29:305.",
    "sentiment_score": "Standard errors of a survey: Binder DA (1983) International Statistical Review "
    "51:279.",
    "sentiment_equivalence": "Changes shown to be small: Schuirmann DJ (1987) Journal of Pharmacokinetics "
    "and Biopharmaceutics 15:657.",
    "sentiment_effect_size": "Size of a change: Cohen J (1988) Statistical Power Analysis, 2nd ed.; Hedges "
    "LV (1981) Journal of Educational Statistics 6:107.",
    "sentiment_dominance": "Higher more often than lower: Cliff N (1993) Psychological Bulletin 114:494.",
    "sentiment_item_change": "Odds of a more favorable answer: McCullagh P (1980) Journal of the Royal "
    "Statistical Society B 42:109.",
    "sentiment_item_shift": "Answers of the same people: Stuart A (1955) Biometrika 42:412; Maxwell AE "
    "(1970) British Journal of Psychiatry 116:651.",
    "sentiment_reliability": "Reliability: Cronbach LJ (1951) Psychometrika 16:297; its interval: Feldt LS "
    "(1965) Psychometrika 30:357.",
    "sentiment_comment_agreement": "Agreement of coders: Krippendorff K (2004) Content Analysis, 2nd ed.",
    "sentiment_comment_polarity": "Favorable words: Hutto CJ & Gilbert E (2014) International Conference on "
    "Weblogs and Social Media 8:216.",
}
"""Where the method of a metric comes from."""

RAKING = (
    "Weights raked to the community: Deming WE & Stephan FF (1940) Annals of Mathematical Statistics 11:427; "
    "Deville JC & Särndal CE (1992) Journal of the American Statistical Association 87:376."
)
STRENGTH = (
    "Strength of evidence: Farrington DP, Gottfredson DC, Sherman LW & Welsh BC (2002) in Evidence-Based "
    "Crime Prevention."
)
SEVERAL = (
    "Several outcomes: Benjamini Y & Hochberg Y (1995) Journal of the Royal Statistical Society B 57:289."
)
OTHER_WAYS = "Other ways to ask: Simonsohn U, Simmons JP & Nelson LD (2020) Nature Human Behaviour 4:1208."

_ALWAYS: dict[str, tuple[str, ...]] = {
    "crime": (STRENGTH, SEVERAL, OTHER_WAYS),
    "sentiment": (STRENGTH, SEVERAL),
    "attendance": (SEVERAL,),
}


def sources(evaluation: Evaluation, strand: str = "crime") -> Prose:
    """Return whose methods the estimates of a strand are made by.

    Parameters
    ----------
    evaluation : Evaluation
    strand : {"crime", "attendance", "sentiment"}
    """
    made = {e.metric for e in evaluation.select(strand=strand) if e.made}
    found = [text for metric, text in SOURCES.items() if metric in made]
    if not found:
        return TOLD_ABOVE
    raking = [RAKING] * (strand == "sentiment" and _raked(evaluation))
    return bullets([*found, *raking, *_ALWAYS[strand]], lead="The methods come from:")


def _raked(evaluation: Evaluation) -> bool:
    """Whether answers were weighted to the community, for the estimates or to check them."""
    checked = any(c.name == "nonresponse" and c.verdict != "unknown" for c in evaluation.checks)
    return checked or any("raked" in e.method for e in evaluation.select(strand="sentiment"))


SHOWN = (
    *(
        f"crime_{name}"
        for name in ("rate_before", "rate_after", "rate_ratio", "relative_effect", "difference")
    ),
    *(
        f"attendance_{name}"
        for name in ("events", "total", "mean", "unique", "reach", "repeat_share", "trend")
    ),
    *(f"attendance_{name}" for name in ("show_rate", "capacity_use", "staff_hours", "representation")),
    *(f"sentiment_{name}" for name in ("score", "change", "relative_change", "equivalence")),
    *(f"training_{name}" for name in ("gain", "effect_size", "threshold_share", "threshold_gain")),
)
"""Metrics that the program report shows."""


def methods(evaluation: Evaluation, strand: str = "", *, brief: bool = False) -> Prose:
    """Return how every number in the report was made, and what its notes say.

    Methods and notes that differ in numbers alone between outcomes or waves are told once, with the range.

    Parameters
    ----------
    evaluation : Evaluation
    strand : {"", "crime", "attendance", "sentiment"}
        Empty for every strand.
    brief : bool
        Only what the program report shows.
    """
    known = registered_metrics()
    entries = []
    chosen = dict.fromkeys(e.metric for e in evaluation.select(strand=strand) if e.made)
    for metric in (name for name in chosen if name in SHOWN or not brief):
        made = [e for e in evaluation.select(metric=metric) if e.made]
        summary = known[metric].summary if metric in known else ""
        heading, plain = MEASURES.get(metric, (label(metric), summary))
        technical = [summary if plain != summary else "", *merged(e.method for e in made)]
        technical += merged(e.note for e in made)
        entries.append((heading, [plain, *_told_once(technical, heading, plain)]))
    several = "P-values are adjusted for several outcomes by the Benjamini-Hochberg procedure."
    if strand == "attendance":
        return definitions([*entries, ("Chance", [several])]) if entries else TOLD_ABOVE
    levels = "; ".join(f"{level} {words}" for level, words in LEVELS.items())
    scale = f"Strength of evidence is the {SCALE}: {levels}."
    return definitions([*entries, ("Strength of evidence and chance", [f"{scale} {several}"])])


def _told_once(texts: Iterable[str], *told: str) -> list[str]:
    """Return the sentences of texts without those whose every word is in one told before."""
    before = [_words(text) for text in told]
    kept = []
    for sentence in (part for text in texts for part in re.split(r"(?<=[.!?]) (?=[A-Z])", text)):
        found = _words(sentence)
        if not any(found <= other for other in before):
            kept.append(f"{sentence[:1].upper()}{sentence[1:].removesuffix('.')}.")
            before.append(found)
    return kept


def _words(text: str) -> set[str]:
    return set(re.findall(r"[\w.]*\w", text.lower()))
