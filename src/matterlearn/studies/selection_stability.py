"""How much sets of chosen columns agree that were chosen on different rows."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri

from matterlearn.core.errors import ArgumentError


class Stability(NamedTuple):
    """An index of stability.

    Attributes
    ----------
    value : float
        1 if the same columns are chosen every time, around 0 if they are drawn at random.
    low, high : float
        Ends of its interval.
    """

    value: float
    low: float
    high: float


def selection_stability(chosen: ArrayLike, level: float = 0.95) -> Stability:
    """Return the stability of a selection of columns.

    With M selections among d columns, p_f the share of selections that hold column f, and k the mean number of chosen
    columns, the index is

        1 - [mean over f of M / (M - 1) p_f (1 - p_f)] / [k / d (1 - k / d)] ,

    one minus the variance that was found over the variance of a random choice of as many columns. It does not depend on
    how many columns are chosen, which makes selections of different sizes comparable.

    Parameters
    ----------
    chosen : array-like of bool, shape (n_selections, n_columns)
        What each selection holds; at least two selections.
    level : float
        Confidence of the interval, strictly between 0 and 1.

    Returns
    -------
    Stability
        The interval is the asymptotic one of the source, for selections that are independent. NaN where all columns or
        none are chosen every time: then nothing was selected.

    Raises
    ------
    ArgumentError
        If there are fewer than two selections, or no columns.

    References
    ----------
    S. Nogueira, K. Sechidis and G. Brown, On the stability of feature selection algorithms, Journal of Machine Learning
    Research 18, 174 (2018).

    Examples
    --------
    >>> selection_stability([[1, 1, 0, 0], [1, 1, 0, 0]]).value
    1.0
    >>> round(selection_stability([[1, 1, 0, 0], [1, 0, 1, 0]]).value, 12)
    0.0
    """
    if not 0 < level < 1:
        raise ArgumentError(f"must be strictly between 0 and 1, got {level}", where="level")
    Z = np.asarray(chosen)
    if Z.ndim != 2 or Z.shape[0] < 2 or Z.shape[1] < 1:
        raise ArgumentError(f"needs at least two selections of columns, got shape {Z.shape}", where="chosen")
    Z = Z.astype(bool).astype(float)
    n_selections, n_columns = Z.shape
    share = Z.mean(axis=0)  # (n_columns,)
    size = Z.sum(axis=1) / n_columns  # (n_selections,), share of the columns
    mean_size = float(size.mean())
    random_variance = mean_size * (1 - mean_size)
    if random_variance == 0:
        return Stability(float("nan"), float("nan"), float("nan"))
    index = float(1 - n_selections / (n_selections - 1) * np.mean(share * (1 - share)) / random_variance)
    # How much each selection pulls at the index; what is the same for all of them falls out of the variance.
    pull = (Z @ share / n_columns - size * mean_size + index / 2 * (2 * size * mean_size - size)) / random_variance
    reach = float(ndtri((1 + level) / 2) * 2 / n_selections * np.sqrt(np.sum((pull - pull.mean()) ** 2)))
    return Stability(index, index - reach, index + reach)
