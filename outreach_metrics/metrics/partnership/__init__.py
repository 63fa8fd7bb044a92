"""Together with whom: agencies, their network, what partners think, and what becomes of referrals."""

# Metrics are registered, and shown, in this order.
# isort: off
from outreach_metrics.metrics.partnership.case import NO_AGENCIES, NO_POLICE, ON_RECORD
from outreach_metrics.metrics.partnership.agencies import (
    agency_table,
    partnership_agencies,
    partnership_hours,
    partnership_money,
    partnership_retention,
    partnership_sector_share,
    partnership_sectors,
)
from outreach_metrics.metrics.partnership.network import (
    COMPLETE,
    ELSEWHERE,
    HELD,
    WHOLE,
    network_drawing,
    partnership_betweenness,
    partnership_beyond_police,
    partnership_centralization,
    partnership_density,
    partnership_density_change,
)
from outreach_metrics.metrics.partnership.survey import partnership_score
from outreach_metrics.metrics.partnership.referrals import (
    NEED,
    PAIR,
    WITHIN_DAYS,
    referral_completion,
    referral_completion_gap,
    referral_curve,
    referral_days,
)

# isort: on

__all__ = [
    "COMPLETE",
    "ELSEWHERE",
    "HELD",
    "NEED",
    "NO_AGENCIES",
    "NO_POLICE",
    "ON_RECORD",
    "PAIR",
    "WHOLE",
    "WITHIN_DAYS",
    "agency_table",
    "network_drawing",
    "partnership_agencies",
    "partnership_betweenness",
    "partnership_beyond_police",
    "partnership_centralization",
    "partnership_density",
    "partnership_density_change",
    "partnership_hours",
    "partnership_money",
    "partnership_retention",
    "partnership_score",
    "partnership_sector_share",
    "partnership_sectors",
    "referral_completion",
    "referral_completion_gap",
    "referral_curve",
    "referral_days",
]
