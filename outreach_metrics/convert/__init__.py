"""Foreign exports -> the contract's tables; what was read, used, left out, and is still to complete."""

from outreach_metrics.convert.kinds import KINDS, Kind, get_kind, register
from outreach_metrics.convert.model import Converted, Options, WrongUseError

__all__ = ["KINDS", "Converted", "Kind", "Options", "WrongUseError", "get_kind", "register"]
