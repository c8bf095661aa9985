"""How large an error is to be expected for a row, learned from errors on rows that the model did not see."""

from __future__ import annotations

from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestRegressor

SIGNS: Final = ("distance", "error of neighbours", "scatter of neighbours", "spread of members", "prediction")
"""What the expected error of a row is learned from."""

FEWEST_ERRORS = 60
"""Errors below which every row gets the same expected error: fewer teach nothing about differences."""

SMALLEST = 0.05
"""Smallest expected error, as a share of the mean error: no row is taken for certain."""

N_TREES = 100
"""Trees of the forest; each row is unseen by a third of them."""

LARGEST_SIGN = 1e30
"""Larger signs are cut: trees hold numbers of single precision."""


class Difficulty:
    """Expected absolute error of a row: a small random forest on signs of trouble.

    The signs are the distance to the training rows, the errors and the scatter of the targets of the nearest ones, how
    far the members of the model disagree, and the prediction itself.

    Parameters
    ----------
    random_state : int
        Seed of the forest.

    Attributes
    ----------
    mean_ : float
        Mean error in calibration, unit of the target.
    forest_ : RandomForestRegressor or None
        Takes signs, gives the error in units of `mean_`; None where too few errors were at hand.
    expected_ : ndarray of float, shape (n_rows,)
        Expected errors of the calibration rows themselves, each by the trees that have not seen it.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> signs = rng.uniform(0, 1, (400, len(SIGNS)))
    >>> errors = np.abs(rng.normal(0, 0.1 + signs[:, 0]))  # far rows are harder
    >>> near, far = Difficulty().fit(signs, errors).predict([[0.1] + [0.5] * 4, [0.9] + [0.5] * 4])
    >>> bool(far > 2 * near)
    True
    """

    __module__ = "matterlearn.validation.difficulty"

    def __init__(self, random_state: int = 0) -> None:
        self.random_state = random_state

    def fit(self, signs: NDArray[np.float64], errors: NDArray[np.float64]) -> Self:
        """Learn from calibration rows.

        Parameters
        ----------
        signs : ndarray of float, shape (n_rows, 5)
            In the order of `SIGNS`.
        errors : ndarray of float, shape (n_rows,)
            Absolute errors, unit of the target.
        """
        self.mean_ = float(np.mean(errors)) or 1.0
        self.forest_, self.expected_ = None, np.full(len(errors), self.mean_)
        if len(errors) >= FEWEST_ERRORS:
            # Few and large leaves: what is wanted is the mean error of many rows, not the error of one.
            self.forest_ = RandomForestRegressor(
                N_TREES,
                max_features=0.5,
                max_leaf_nodes=32,
                min_samples_leaf=10,
                oob_score=True,
                random_state=self.random_state,
            ).fit(_table(signs), errors / self.mean_)
            self.expected_ = self.mean_ * np.maximum(self.forest_.oob_prediction_, SMALLEST)
            del self.forest_.oob_prediction_  # as long as the calibration, and of no use in a model file
        return self

    def predict(self, signs: Any) -> NDArray[np.float64]:
        """Return expected absolute errors, shape (n_rows,), unit of the target."""
        if self.forest_ is None:
            return np.full(len(signs), self.mean_)
        return np.asarray(self.mean_ * np.maximum(self.forest_.predict(_table(signs)), SMALLEST))


def _table(signs: Any) -> NDArray[np.float64]:
    """Return signs as a forest takes them: a spread that is unknown in all rows says nothing."""
    return np.asarray(np.clip(np.nan_to_num(np.asarray(signs, dtype=float), nan=0.0), -LARGEST_SIGN, LARGEST_SIGN))
