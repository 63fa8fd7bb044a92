"""`Check`, the result of one named test of whether a number can be read as the program's effect."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from outreach_metrics.showing import in_words

Verdict = Literal["clear", "caution", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One named check of one program and outcome. Nothing in it is rounded.

    Parameters
    ----------
    program_id, name : str
        What was checked for whom; `evidence.checks` holds the words of every name.
    outcome : str
        Crime outcome; empty for the program as a whole.
    verdict : {"clear", "caution", "unknown"}
        Whether the data speak against the threat, for it, or cannot tell.
    values : mapping of str to float
        The numbers behind the verdict.
    reason : str
        Why nothing can be told; empty otherwise.

    Examples
    --------
    >>> Check(program_id="watch", name="season", verdict="clear").values
    mappingproxy({})
    """

    program_id: str
    name: str
    outcome: str = ""
    verdict: Verdict = "unknown"
    values: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    reason: str = ""

    def __repr__(self) -> str:
        name = " ".join(filter(None, [self.program_id, self.name, self.outcome]))
        return f"<Check {name}: {self.verdict}>"

    def _repr_html_(self) -> str:
        return in_words(self)
