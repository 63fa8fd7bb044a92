"""What the tables call each metric, what it is in plain words, and where its method comes from."""

from __future__ import annotations

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
    "partnership_agencies": ("Agencies", "How many agencies took part at any time, the lead included."),
    "partnership_sectors": (
        "Sectors",
        "How many kinds of agencies there are (schools, health, faith and so on).",
    ),
    "partnership_sector_share": ("Share of each sector", "Agencies of a sector, of all agencies."),
    "partnership_hours": ("Hours given", "Hours that agencies wrote down, added up."),
    "partnership_money": ("Money given", "Amounts that agencies wrote down, added up."),
    "partnership_retention": ("Agencies still in after a year", "Counted from the day each agency joined."),
    "partnership_density": (
        "Pairs of agencies with a tie",
        "Of all pairs of agencies, those that work together.",
    ),
    "partnership_centralization": (
        "How far ties run through one agency",
        "0 where all have as many ties; 1 where all run through one.",
    ),
    "partnership_betweenness": (
        "Who links the others",
        "Of the pairs of other agencies, those linked through this one.",
    ),
    "partnership_beyond_police": (
        "Ties beside that to the police",
        "Agencies with a tie to another that is not the police.",
    ),
    "partnership_density_change": (
        "Change in ties since the start",
        "Pairs with a tie after the start less before it.",
    ),
    "partnership_score": (
        "What partners think",
        "The average answer of people of partner agencies, from 0 to 100.",
    ),
    "referral_completion": (
        "Referrals completed",
        "Of the referrals made, those in which the service began.",
    ),
    "referral_completion_gap": (
        "Against all others",
        "How far a group's share completed is from that of all others.",
    ),
    "referral_days": (
        "Days until half were completed",
        "Counted from the day a referral was made, open ones included.",
    ),
    "cost_total": ("What it cost", "Everything that was spent or given, added up."),
    "cost_in_kind_share": (
        "Share given in kind",
        "Rooms, hours and goods that were given, of all costs with a stated source.",
    ),
    "cost_per_event": ("Cost of an event", "All costs divided by the events held."),
    "cost_per_attendee": (
        "Cost of an attendance",
        "All costs divided by attendances; who comes twice counts twice.",
    ),
    "cost_per_person": ("Cost of a person who came", "All costs divided by the different people who came."),
    "cost_per_contact_hour": (
        "Cost of an hour of contact",
        "All costs divided by the hours that people were at events.",
    ),
    "cost_per_incident_averted": (
        "Cost of an incident averted",
        "Costs up to the end of the window, divided by the incidents that were fewer than to be expected.",
    ),
    "cost_per_point": (
        "Cost of a point of a score",
        "Costs up to a survey wave, divided by the points that a score rose.",
    ),
    "cost_harm_averted": (
        "Worth of the crime averted",
        "What the offenses that were fewer than to be expected would have cost society.",
    ),
    "net_present_value": (
        "Net present value",
        "The worth of the crime averted less the costs, both as of the start of the program.",
    ),
    "benefit_cost_ratio": (
        "Benefit for each unit of cost",
        "The worth of the crime averted, divided by the costs: above 1 it is more than was spent.",
    ),
    "cost_break_even_incidents": (
        "Incidents to break even",
        "How many incidents would have to be averted to be worth what the program cost.",
    ),
    "cost_break_even_reduction": (
        "Fall to break even",
        "The same, as a share of the incidents to be expected.",
    ),
    "concern_count": ("Concerns raised", "How many concerns residents raised."),
    "concern_rate": ("Concerns raised a month", "Over the whole months of the program."),
    "concern_trend": ("Change in concerns raised per year", "Whether more or fewer concerns were raised."),
    "concern_resolution_share": (
        "Share resolved",
        "Of the concerns raised, to date and within a number of days; open ones count as far as they go.",
    ),
    "concern_days_to_resolve": (
        "Days until half were resolved",
        "Counted from the day a concern was raised, open ones included.",
    ),
    "concern_follow_up_share": (
        "Events followed up",
        "Forums, audits and drills after which a concern was resolved within 90 days.",
    ),
    "channel_reach": ("Contacts", "What the channels report to have reached, added up."),
    "channel_engagement_rate": (
        "Answers of contacts",
        "Engagements (shares, clicks, tips) for each contact.",
    ),
    "channel_reach_trend": ("Change in contacts per year", "Whether a month reached more or fewer."),
    "channel_engagement_trend": (
        "Change in answers of contacts per year",
        "Whether a larger or smaller share of the contacts answered.",
    ),
    "outcome_rate_before": ("Rate before", "Counts a year before the start, for the number of residents."),
    "outcome_rate_after": ("Rate after", "Counts a year after the start, for the number of residents."),
    "outcome_rate_ratio": (
        "Change in rate",
        "The rate after the start compared with the rate before, in the program areas alone.",
    ),
    "outcome_relative_effect": (
        "Change relative to comparison",
        "The change in the program areas compared with the change in the comparison areas, in percent.",
    ),
    "outcome_difference": (
        "Counts more or fewer",
        "How many more or fewer there were than if both had changed alike per resident.",
    ),
    "outcome_displacement": (
        "Displacement quotient",
        "The change in the neighboring areas for each unit of fall in the program areas.",
    ),
    "outcome_its_level": (
        "Step at the start",
        "How far the count jumped when the program started, seen against its trend and season before.",
    ),
    "outcome_its_slope": (
        "Change in trend",
        "How the yearly trend after the start compares with the one before.",
    ),
    "outcome_synthetic_effect": (
        "Change against a mix of areas",
        "The rate compared with that of the mix of comparison areas that came closest before the start.",
    ),
    "outcome_att": (
        "Change over all programs of this type",
        "Counts compared with what was expected, over every area with such a program.",
    ),
    "outcome_event_study": (
        "Change by time since the start",
        "Counts compared with what was expected, half year by half year, before and after the start.",
    ),
    "outcome_share_before": ("Share before", "One count as a share of another before the start."),
    "outcome_share_after": ("Share after", "One count as a share of another after the start."),
    "outcome_share_ratio": ("Change in the share", "The share after the start compared with that before."),
    "outcome_share_relative_effect": (
        "Change in the share relative to comparison",
        "The change in the program areas compared with the change in the comparison areas, in percent.",
    ),
}
"""What the tables call each metric, and what it is in plain words."""

SOURCES: dict[str, str] = {
    "crime_rate_before": "Interval of a rate: Garwood F (1936) Biometrika 28:437.",
    "crime_rate_ratio": "Counts that vary more than by chance: McCullagh P & Nelder JA (1989) "
    "Generalized Linear Models, section 6.2.",
    "crime_relative_effect": "Relative effect: Farrington DP et al. (2007) Journal of Experimental "
    "Criminology 3:21.",
    "crime_difference": "Weighted displacement difference: Wheeler AP & Ratcliffe JH (2018) Crime "
    "Science 7:11.",
    "crime_displacement": "Displacement quotient: Bowers KJ & Johnson SD (2003) Journal of "
    "Quantitative Criminology 19:275.",
    "crime_its_level": "Interrupted time series: Lopez Bernal J, Cummins S & Gasparrini A (2017) "
    "International Journal of Epidemiology 46:348; with a comparison, 47:2082 "
    "(2018).",
    "crime_synthetic_effect": "Synthetic control: Abadie A, Diamond A & Hainmueller J (2010) Journal "
    "of the American Statistical Association 105:493.",
    "crime_att": "Starts at different times: Callaway B & Sant'Anna PHC (2021) Journal of "
    "Econometrics 225:200.",
    "attendance_reach": "Reach: Glasgow RE, Vogt TM & Boles SM (1999) American Journal of Public "
    "Health 89:1322 (RE-AIM).",
    "attendance_unique": "People across sheets: Fellegi IP & Sunter AB (1969) Journal of the American"
    " Statistical Association 64:1183.",
    "attendance_trend": "Counts that vary more than by chance: Venables WN & Ripley BD (2002) Modern "
    "Applied Statistics with S, section 7.4.",
    "attendance_retention": "Time until people are lost: Kaplan EL & Meier P (1958) Journal of the "
    "American Statistical Association 53:457.",
    "attendance_representation": "Interval of a share: Wilson EB (1927) Journal of the American "
    "Statistical Association 22:209.",
    "attendance_imbalance": "Standardized difference: Austin PC (2009) Statistics in Medicine 28:3083.",
    "attendance_r_indicator": "R-indicator: Schouten B, Cobben F & Bethlehem J (2009) Survey "
    "Methodology 35:101.",
    "attendance_dose_response": "Attendance and views: MacKinnon JG & White H (1985) Journal of "
    "Econometrics 29:305.",
    "sentiment_score": "Standard errors of a survey: Binder DA (1983) International Statistical "
    "Review 51:279.",
    "sentiment_equivalence": "Changes shown to be small: Schuirmann DJ (1987) Journal of "
    "Pharmacokinetics and Biopharmaceutics 15:657.",
    "sentiment_effect_size": "Size of a change: Cohen J (1988) Statistical Power Analysis, 2nd ed.; "
    "Hedges LV (1981) Journal of Educational Statistics 6:107.",
    "sentiment_dominance": "Higher more often than lower: Cliff N (1993) Psychological Bulletin 114:494.",
    "sentiment_item_change": "Odds of a more favorable answer: McCullagh P (1980) Journal of the "
    "Royal Statistical Society B 42:109.",
    "sentiment_item_shift": "Answers of the same people: Stuart A (1955) Biometrika 42:412; Maxwell "
    "AE (1970) British Journal of Psychiatry 116:651.",
    "sentiment_reliability": "Reliability: Cronbach LJ (1951) Psychometrika 16:297; its interval: "
    "Feldt LS (1965) Psychometrika 30:357.",
    "sentiment_comment_agreement": "Agreement of coders: Krippendorff K (2004) Content Analysis, 2nd ed.",
    "sentiment_comment_polarity": "Favorable words: Hutto CJ & Gilbert E (2014) International "
    "Conference on Weblogs and Social Media 8:216.",
    "partnership_retention": "Time until agencies leave: Kaplan EL & Meier P (1958) Journal of the "
    "American Statistical Association 53:457.",
    "partnership_centralization": "Centralization and betweenness: Freeman LC (1979) Social Networks 1:215.",
    "partnership_density_change": "Densities at one number of events: Hurlbert SH (1971) Ecology "
    "52:577; permutation p-values: Phipson B & Smyth GK (2010) "
    "Statistical Applications in Genetics and Molecular Biology 9:39.",
    "partnership_score": "Trust and value among partners: Varda DM & Retrum JH (2012) Journal of "
    "Public Health Research 1:170.",
    "referral_completion": "Interval of a share: Wilson EB (1927) Journal of the American Statistical"
    " Association 22:209.",
    "referral_completion_gap": "Difference of shares: Newcombe RG (1998) Statistics in Medicine 17:873.",
    "referral_days": "Median time: Brookmeyer R & Crowley J (1982) Biometrics 38:29.",
    "cost_per_incident_averted": "Interval of a ratio: Fieller EC (1954) Journal of the Royal "
    "Statistical Society B 16:175.",
    "cost_harm_averted": "Costs of crime: McCollister KE, French MT & Fang H (2010) Drug and Alcohol "
    "Dependence 108:98; sums of intervals: Zou GY & Donner A (2008) Statistics "
    "in Medicine 27:1693.",
    "net_present_value": "Discount rates: US Office of Management and Budget, Circulars A-94 (1992) "
    "and A-4 (2003).",
    "concern_resolution_share": "Share resolved: Wilson EB (1927) Journal of the American Statistical "
    "Association 22:209; with concerns still open: Kaplan EL & Meier P (1958) 53:457.",
    "concern_days_to_resolve": "Median days: Brookmeyer R & Crowley J (1982) Biometrics 38:29.",
    "concern_trend": "Counts that vary more than by chance: Venables WN & Ripley BD (2002) Modern Applied "
    "Statistics with S, section 7.4.",
    "channel_engagement_rate": "Ratio of sums: Cochran WG (1977) Sampling Techniques, section 2.11.",
    "outcome_relative_effect": "Designs for other counts are those of crime: see the crime report.",
    "outcome_share_ratio": "Shares that vary more than by chance: McCullagh P & Nelder JA (1989) Generalized "
    "Linear Models, section 4.5.",
}
"""Where the method of a metric comes from."""
