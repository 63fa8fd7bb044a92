"""Files -> checked tables -> a `Study`. The only room that reads files."""

from outreach_metrics.study.model import (
    EVERY_OFFENSE,
    CountPanel,
    InputFile,
    Program,
    Settings,
    Study,
    TableQuality,
)

__all__ = [
    "EVERY_OFFENSE",
    "CountPanel",
    "InputFile",
    "Program",
    "Settings",
    "Study",
    "TableQuality",
    "load_study",
]


def __getattr__(name: str):
    if name == "load_study":
        from outreach_metrics.study.loading import load_study

        return load_study
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
