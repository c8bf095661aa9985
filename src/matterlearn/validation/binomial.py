"""How sure a share is that was counted on few rows."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betaincinv

from matterlearn.core.errors import ArgumentError


def binomial_interval(share: ArrayLike, n: ArrayLike, level: float = 0.95) -> tuple[Any, Any]:
    """Return the exact interval of a probability of which a share was observed.

    Parameters
    ----------
    share : array-like of float
        Observed share of successes, between 0 and 1; NaN gives NaN.
    n : array-like of float
        Number of independent trials. It need not be whole: with weights the effective number of rows is not.
    level : float
        Confidence, strictly between 0 and 1.

    Returns
    -------
    low, high : ndarray of float
        Ends, of the broadcast shape of `share` and `n`; numpy scalars for scalars. From 0 to 1 without a trial.

    Raises
    ------
    ArgumentError
        If the level is not strictly between 0 and 1.

    References
    ----------
    C. J. Clopper and E. S. Pearson, The use of confidence or fiducial limits illustrated in the case of the binomial,
    Biometrika 26, 404 (1934).

    Examples
    --------
    >>> low, high = binomial_interval(0.9, 100)
    >>> round(float(low), 3), round(float(high), 3)
    (0.824, 0.951)
    """
    if not 0 < level < 1:
        raise ArgumentError(f"must be strictly between 0 and 1, got {level}", where="level")
    trials = np.asarray(n, dtype=float)
    held = np.asarray(share, dtype=float) * trials
    tail = 0.5 * (1.0 - level)
    with np.errstate(invalid="ignore"):
        low = np.where(held > 0, betaincinv(held, trials - held + 1, tail), 0.0)
        high = np.where(held < trials, betaincinv(held + 1, trials - held, 1 - tail), 1.0)
    unknown = np.isnan(held)
    return np.where(unknown, np.nan, low)[()], np.where(unknown, np.nan, high)[()]
