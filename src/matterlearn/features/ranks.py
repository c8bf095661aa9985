"""Numbers by their rank among the training rows."""

from __future__ import annotations

import warnings
from typing import Any, Self

from sklearn.preprocessing import QuantileTransformer


class Ranks(QuantileTransformer):
    """Replace each number by the share of training rows below it: scikit-learn's quantiles, in few steps.

    Skewed columns, and piles of equal smallest values, become even; a new number beyond all others is 0 or 1.
    Parameters are those of `QuantileTransformer`; with fewer rows than `n_quantiles`, which folds of small tables have,
    there are as many quantiles as rows, without a warning.

    Examples
    --------
    >>> Ranks(n_quantiles=20).fit_transform([[1.0], [10.0], [1000.0]]).ravel().tolist()
    [0.0, 0.5, 1.0]
    """

    __module__ = "matterlearn.features.ranks"

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn the quantiles of each column.

        Parameters
        ----------
        X : array-like of float, shape (n_samples, n_features)
            Training rows.
        y : ignored
        """
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "n_quantiles", UserWarning)
            super().fit(X, y)
        return self
