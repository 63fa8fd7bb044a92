"""Several outcomes at once."""

from __future__ import annotations

import numpy as np


def benjamini_hochberg(p_values: np.ndarray) -> np.ndarray:
    """Return p-values adjusted for the false discovery rate; NaN stay NaN and are not counted.

    Parameters
    ----------
    p_values : ndarray, shape (m,)

    Notes
    -----
    Benjamini Y & Hochberg Y (1995) JRSS B 57:289. R: ``p.adjust(p, "BH")``.

    Examples
    --------
    >>> benjamini_hochberg(np.array([0.01, 0.04, np.nan, 0.03])).round(3).tolist()
    [0.03, 0.04, nan, 0.04]
    """
    from statsmodels.stats.multitest import multipletests

    p_values = np.asarray(p_values, dtype=float)
    adjusted = np.full(p_values.shape, np.nan)
    held = ~np.isnan(p_values)
    if held.any():
        adjusted[held] = multipletests(p_values[held], method="fdr_bh")[1]
    return adjusted
