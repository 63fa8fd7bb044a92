"""The city itself: areas, offenses, calendar, people's make-up. Nothing here is drawn at random."""

from __future__ import annotations

import pandas as pd

MONTHS = pd.period_range("2020-01", "2024-12", freq="M")
LAST_DAY = MONTHS[-1].end_time.normalize()
EXPECTED_INCIDENTS = 80_000
POPULATION = 200_000

DISTRICTS = {
    "01": ("Harbor", ("Dockside", "Lantern Quay", "Ropewalk", "Saltmarket", "Breakwater")),
    "02": ("Eastside", ("Sunrise Terrace", "Maple Row", "Brickyard", "Cannery Flats", "Eastgate")),
    "03": ("Northgate", ("Station Square", "Northgate Center", "Foundry", "Upper Northgate", "Reservoir")),
    "04": ("Bridges", ("Iron Bridge", "Stone Bridge", "Ferry Landing", "Southbank", "Bridge Heights")),
    "05": ("Market", ("Arcade", "Clocktower", "Mercer Lots", "Garden Market", "College Hill")),
    "06": ("Mill", ("Old Mill", "Weavers Lane", "Spindle Park", "Millrace", "Dyeworks")),
    "07": ("Oakridge", ("Oakridge North", "Oakridge South", "Acorn Hollow", "Ridgeline", "Timber Court")),
    "08": ("Westfield", ("Orchard", "Schoolhouse", "Fairground", "Airfield", "Westfield Edge")),
}
# Crime per resident against the city's mean: programs were put where crime was high, as cities do.
DISTRICT_RISK = {
    "01": 1.20,
    "02": 1.30,
    "03": 1.25,
    "04": 1.30,
    "05": 1.25,
    "06": 1.20,
    "07": 0.75,
    "08": 0.70,
}

# Offense -> (share of all incidents, height of the season, month of the season's top)
OFFENSES = {
    "LARCENY": (0.150, 0.08, 7),
    "THEFT FROM VEHICLE": (0.130, 0.06, 10),
    "SIMPLE ASSAULT": (0.120, 0.15, 7),
    "VANDALISM": (0.120, 0.10, 6),
    "BURGLARY": (0.120, 0.14, 8),
    "MOTOR VEHICLE THEFT": (0.090, 0.08, 11),
    "DISORDERLY CONDUCT": (0.085, 0.20, 7),
    "DRUG OFFENSE": (0.065, 0.05, 4),
    "AGGRAVATED ASSAULT": (0.060, 0.18, 7),
    "ROBBERY": (0.0442, 0.12, 12),
    "FRAUD": (0.015, 0.05, 1),
    "HOMICIDE": (0.0008, 0.15, 7),
}
OUTCOMES = {
    "all": ("*",),
    "burglary": ("BURGLARY",),
    "vehicle_crime": ("MOTOR VEHICLE THEFT", "THEFT FROM VEHICLE"),
    "violent_crime": ("HOMICIDE", "ROBBERY", "AGGRAVATED ASSAULT"),
    "disorder": ("DISORDERLY CONDUCT", "DRUG OFFENSE"),
    "assault_and_vandalism": ("SIMPLE ASSAULT", "VANDALISM"),
}

TREND_FROM = "2021-10"
TREND_PER_YEAR = -0.11  # change of the logarithm, everywhere and for every offense
CITY_SHOCK = 0.04  # standard deviation of the logarithm, a month, whole city
AREA_MONTH_SPREAD = 0.14  # coefficient of variation, an area and month, all offenses together
DISPERSION = 1.30  # variance / mean of an offense's count in an area and month, given the above

DEMOGRAPHICS = {
    "age_group": {"under 18": 0.21, "18-34": 0.27, "35-54": 0.29, "55 and over": 0.23},
    "race_ethnicity": {
        "White": 0.44,
        "Black": 0.22,
        "Hispanic or Latino": 0.23,
        "Asian": 0.07,
        "Another or several": 0.04,
    },
    "gender": {"female": 0.51, "male": 0.48, "another gender": 0.01},
}


def area_names() -> dict[str, str]:
    """Return area_id -> name, in order: 40 beats such as 0101."""
    return {
        f"{district}{number:02d}": name
        for district, (_, names) in DISTRICTS.items()
        for number, name in enumerate(names, start=1)
    }


def labels_of(outcome: str) -> list[str]:
    """Return the offense labels that an outcome counts."""
    labels = OUTCOMES[outcome]
    return list(OFFENSES) if labels == ("*",) else list(labels)
