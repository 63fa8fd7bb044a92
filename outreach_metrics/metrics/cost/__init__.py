"""What it cost, what a unit cost, and whether it paid."""

# Metrics are registered, and shown, in this order.
# isort: off
from outreach_metrics.metrics.cost.case import EVENTS_ALONE
from outreach_metrics.metrics.cost.spending import cost_in_kind_share, cost_total
from outreach_metrics.metrics.cost.unit_costs import (
    cost_per_attendee,
    cost_per_contact_hour,
    cost_per_event,
    cost_per_person,
)
from outreach_metrics.metrics.cost.effectiveness import cost_per_incident_averted, cost_per_point
from outreach_metrics.metrics.cost.benefit import (
    account,
    benefit_cost_ratio,
    cost_break_even_incidents,
    cost_break_even_reduction,
    cost_harm_averted,
    net_present_value,
)
from outreach_metrics.metrics.cost.prices import Prices, prices
from outreach_metrics.metrics.cost.sensitivity import Assumption, benefit_cost_sensitivity

# isort: on

__all__ = [
    "EVENTS_ALONE",
    "Assumption",
    "Prices",
    "account",
    "benefit_cost_ratio",
    "benefit_cost_sensitivity",
    "cost_break_even_incidents",
    "cost_break_even_reduction",
    "cost_harm_averted",
    "cost_in_kind_share",
    "cost_per_attendee",
    "cost_per_contact_hour",
    "cost_per_event",
    "cost_per_incident_averted",
    "cost_per_person",
    "cost_per_point",
    "cost_total",
    "net_present_value",
    "prices",
]
