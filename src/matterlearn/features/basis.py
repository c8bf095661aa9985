"""A column as a row of bumps: what is curved becomes linear."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import _check_feature_names_in, check_is_fitted, validate_data


class GaussianBasis(TransformerMixin, BaseEstimator):
    """Expand each column into Gaussian radial basis functions exp(-(x - c)^2 / (2 s^2)).

    A linear model on top bends as far as the bumps allow; a penalty (`RidgeCV`) keeps it smooth. Far from all
    centres every function is 0, and the model answers with its intercept. scikit-learn has the other expansions:
    `PolynomialFeatures`, and `SplineTransformer` for cubic splines.

    Parameters
    ----------
    n_centers : int
        Bumps for each column, at most as many as the column has different values.
    width : float
        Standard deviation of a bump, in units of the mean distance of a column's neighbouring centres.
    centers : "quantile" or "uniform"
        Where they stand: at quantiles, so that each bump covers as many rows, or at equal distances.

    Attributes
    ----------
    centers_ : list of ndarray of float, shape (n_centers_of_column,)
        Centres of each column, ascending.
    widths_ : ndarray of float, shape (n_features,)
        Standard deviation of the bumps of each column, in its unit.

    Examples
    --------
    >>> basis = GaussianBasis(3, centers="uniform").fit([[0.0], [1.0], [2.0], [4.0]])
    >>> basis.centers_[0].tolist(), basis.transform([[2.0]]).round(3).tolist()
    ([0.0, 2.0, 4.0], [[0.607, 1.0, 0.607]])
    >>> basis.get_feature_names_out(["x"]).tolist()
    ['x near 0', 'x near 2', 'x near 4']
    """

    __module__ = "matterlearn.features.basis"

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "n_centers": [Interval(Integral, 2, None, closed="left")],
        "width": [Interval(Real, 0, None, closed="neither")],
        "centers": [StrOptions({"quantile", "uniform"})],
    }

    def __init__(self, n_centers: int = 8, width: float = 1.0, *, centers: str = "quantile") -> None:
        self.n_centers = n_centers
        self.width = width
        self.centers = centers

    def fit(self, X: Any, y: Any = None) -> Self:
        """Place the centres.

        Parameters
        ----------
        X : array-like of float, shape (n_samples, n_features)
            Columns.
        y : ignored

        Returns
        -------
        GaussianBasis
            Itself.
        """
        self._validate_params()
        matrix = validate_data(self, X, dtype=np.float64)
        self.centers_ = [self._centers_of(column) for column in matrix.T]
        # A constant column has one centre, and any width will do.
        steps = [float((c[-1] - c[0]) / (len(c) - 1)) if len(c) > 1 else 1.0 for c in self.centers_]
        self.widths_ = self.width * np.array(steps)
        return self

    def transform(self, X: Any) -> NDArray[np.float64]:
        """Return the bumps, those of the first column first, shape (n_samples, n_centers of all columns)."""
        check_is_fitted(self)
        matrix = validate_data(self, X, dtype=np.float64, reset=False)
        with np.errstate(over="ignore"):  # very far from all centres: the bumps are 0
            blocks = [
                np.exp(-0.5 * ((column[:, None] - centers) / width) ** 2)  # (n_samples, n_centers_of_column)
                for column, centers, width in zip(matrix.T, self.centers_, self.widths_, strict=True)
            ]
        return np.hstack(blocks)

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Return a name for each bump: that of the column and the place of the centre."""
        check_is_fitted(self)
        columns = _check_feature_names_in(self, input_features)
        names = []
        for column, centers in zip(columns, self.centers_, strict=True):
            digits = next((d for d in range(4, 17) if len({f"{c:.{d}g}" for c in centers}) == len(centers)), 17)
            names += [f"{column} near {center:.{digits}g}" for center in centers]
        return np.asarray(names, dtype=object)

    def _centers_of(self, column: NDArray[np.float64]) -> NDArray[np.float64]:
        values = np.unique(column)
        number = min(self.n_centers, len(values))
        if number == 1:
            return values
        if self.centers == "uniform":
            return np.linspace(values[0], values[-1], number)
        places = np.unique(np.quantile(column, np.linspace(0.0, 1.0, number)))
        # Where most rows share one value, quantiles fall together.
        return places if len(places) == number else np.quantile(values, np.linspace(0.0, 1.0, number))
