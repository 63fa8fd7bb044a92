"""Who came: events, attendances, people, how often and how long they come, and who was missed."""

# Metrics are registered, and shown, in this order.
# isort: off
from outreach_metrics.metrics.attendance.case import FULL_COUNT, attendance_by_event
from outreach_metrics.metrics.attendance.counts import (
    attendance_events,
    attendance_mean,
    attendance_reach,
    attendance_total,
    attendance_trend,
    attendance_trend_line,
    attendance_unique,
)
from outreach_metrics.metrics.attendance.people import (
    attendance_concentration,
    attendance_dosage,
    attendance_hours,
    attendance_repeat_share,
)
from outreach_metrics.metrics.attendance.retention import attendance_retention, retention_curve
from outreach_metrics.metrics.attendance.turnout import (
    attendance_capacity_use,
    attendance_contact_hours,
    attendance_show_rate,
    attendance_staff_hours,
    attendance_walk_in_share,
)
from outreach_metrics.metrics.attendance.representation import (
    attendance_imbalance,
    attendance_r_indicator,
    attendance_representation,
)
from outreach_metrics.metrics.attendance.dose import attendance_dose_response, dose_bins

# isort: on

__all__ = [
    "FULL_COUNT",
    "attendance_by_event",
    "attendance_capacity_use",
    "attendance_concentration",
    "attendance_contact_hours",
    "attendance_dosage",
    "attendance_dose_response",
    "attendance_events",
    "attendance_hours",
    "attendance_imbalance",
    "attendance_mean",
    "attendance_r_indicator",
    "attendance_reach",
    "attendance_repeat_share",
    "attendance_representation",
    "attendance_retention",
    "attendance_show_rate",
    "attendance_staff_hours",
    "attendance_total",
    "attendance_trend",
    "attendance_trend_line",
    "attendance_unique",
    "attendance_walk_in_share",
    "dose_bins",
    "retention_curve",
]
