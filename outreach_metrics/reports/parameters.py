"""Parameters of a notebook: papermill only warns of a misspelt one, so the notebook itself refuses it."""

from __future__ import annotations

from collections.abc import Mapping

from outreach_metrics.errors import OutreachMetricsError, UnknownNameError

_PLAIN = (str, int, float, bool, list, dict, type(None))
_OF_IPYTHON = frozenset({"In", "Out", "exit", "quit", "get_ipython", "open"})


class ParameterError(OutreachMetricsError, TypeError):
    """A parameter that is missing, or of a kind that it cannot be."""


def check_parameters(namespace: Mapping[str, object], *known: str) -> None:
    """Refuse parameters that the notebook does not take, lacks, or that are no text.

    Plain values (text, numbers, lists, dictionaries, None) whose names do not begin with an underscore are
    taken for parameters; modules, functions and the library's own objects are not, so that the cell can be
    run again after the whole notebook.

    Parameters
    ----------
    namespace : mapping of str to object
        ``globals()`` of the notebook.
    *known : str
        The parameters that the notebook takes; each is text.

    Raises
    ------
    UnknownNameError
        A name that is not known; the message lists those that are, and the nearest one.
    ParameterError
        A parameter is missing or no text.

    Examples
    --------
    >>> check_parameters({"study": "data/sample", "outcome": ""}, "study", "outcome")
    >>> check_parameters({"study": "data/sample", "outcom": "burglary", "outcome": ""}, "study", "outcome")
    Traceback (most recent call last):
        ...
    outreach_metrics.errors.UnknownNameError: Unknown parameter 'outcom'. Did you mean 'outcome'? Known: ...
    """
    for name, value in namespace.items():
        plain = type(value) in _PLAIN and not name.startswith("_") and name not in _OF_IPYTHON
        if plain and name not in known:
            raise UnknownNameError("parameter", name, known)
    for name in known:
        if name not in namespace:
            raise ParameterError(f"Parameter {name!r} is missing. Known: {', '.join(sorted(known))}.")
        if not isinstance(namespace[name], str):
            kind = type(namespace[name]).__name__
            raise ParameterError(f"Parameter {name!r} has to be text, but is {namespace[name]!r} ({kind}).")
