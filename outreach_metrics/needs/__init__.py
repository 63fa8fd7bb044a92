"""Where a city needs outreach, as far as its data tell: crime, trust, reach, groups; never a bare ranking."""

from outreach_metrics.needs.areas import AreaNeeds, area_needs
from outreach_metrics.needs.hours import BLOCK, HourNeeds, hour_needs
from outreach_metrics.needs.people import reach_by_area, trust_by_group, underserved_groups
from outreach_metrics.needs.program import ProgramNeed, program_need

__all__ = [
    "BLOCK",
    "AreaNeeds",
    "HourNeeds",
    "ProgramNeed",
    "area_needs",
    "hour_needs",
    "program_need",
    "reach_by_area",
    "trust_by_group",
    "underserved_groups",
]
