"""Kernel ridge regression that chooses its penalty and length scale inside the training rows."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any, ClassVar, Final, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, MultiOutputMixin, RegressorMixin
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted, validate_data

from matterlearn.core.errors import ArgumentError
from matterlearn.models.kernel_machines.kernels import KERNELS, Floats, closeness, kernel_values, typical_length
from matterlearn.models.kernel_machines.leave_one_out import Path, Solution, solve
from matterlearn.models.kernel_machines.rows import distinct_rows
from matterlearn.models.weighting import checked_weights

LENGTHS: Final = 2.0 ** np.arange(-3, 7)
"""Length scales that "cv" tries, in units of the median distance between rows."""

PENALTIES: Final = 10.0 ** np.arange(-9, 4.1, 0.5)
"""Penalties that "cv" tries, in units of the mean eigenvalue of the centred kernel matrix."""

LEAST_PENALTY: Final = 1e-9
"""Of those that "cv" tries, in units of the largest kernel value. Weights of rows grow as penalties shrink, and cancel:
with smaller ones, rounding is seen in the seventh digit of a prediction."""

_STEP: Final = 10.0**0.5
_BLOCK: Final = 2**22
"""Values of the kernel that predicting holds at once: 32 MB."""


class KernelRegressor(MultiOutputMixin, RegressorMixin, BaseEstimator):
    """Kernel ridge regression with an intercept, its penalty and length scale chosen by leaving out each row in turn.

    What the fit to all other rows says of a row follows from one decomposition of the kernel matrix (closed form, with
    the intercept fitted again too), so the choice needs no folds. It looks at all penalties for each of some length
    scales on at most `search_rows` rows; on all rows, only the penalty is taken further downhill, since more rows may
    want a smaller one. The squared errors of several targets are added in units of their variances: they share the
    kernel matrix.

    Equal rows are merged first, with the mean of their targets and the sum of their weights, which changes nothing in
    the solution; but a row whose copy stays is not left out. The features are centred, which matters to products of
    rows only. They are not scaled: distances must mean something.

    Parameters
    ----------
    kernel : str
        With d the Euclidean distance and l the length scale: "linear" x.x'/l^2, "polynomial" (1 + x.x'/l^2)^degree,
        "rbf" exp(-d^2 / 2 l^2), "laplacian" exp(-|x - x'|_1 / l), "matern12" exp(-d/l),
        "matern32" (1 + s) exp(-s) with s = sqrt(3) d/l, "matern52" (1 + s + s^2/3) exp(-s) with s = sqrt(5) d/l.
    length_scale : "cv", "median" or float
        In the unit of the features. "median" is the median distance between two rows, in the metric of the kernel (of
        products: the root mean square length of the centred rows); "cv" chooses among 1/8 to 64 times that. For the
        linear kernel it is a matter of units alone, and "cv" takes the median.
    alpha : "cv" or float
        Penalty of the squared norm of the function, beside the weighted sum of squared errors.
    degree : int
        Of the polynomial.
    search_rows : int
        Rows, drawn at random, on which the length scale is chosen.
    random_state : int
        Of that draw.

    Attributes
    ----------
    length_scale_, alpha_ : float
        What was taken.
    left_out_rmse_ : float or ndarray of float, shape (n_targets,)
        Root mean square error on rows that are left out, unit of the target. Of the chosen penalty it is a little
        too low, since that was chosen by it. The mean that is taken off the features, and a length scale that was taken
        from the rows, stay those of all rows; with "polynomial" and a fit that leaves the row out of its mean too, the
        number differs a little (with the other kernels the mean does not matter).
    tried_ : ndarray of float, shape (n_lengths, 3)
        Length scales that were tried on the search rows, the best penalty of each, and its mean squared error in units
        of the variance of the target; empty where nothing was chosen.
    mean_ : ndarray of float, shape (n_features,)
        Mean of the training rows.
    rows_ : ndarray of float, shape (n_rows, n_features)
        The distinct training rows, less that mean.
    dual_coef_ : ndarray of float, shape (n_rows,) or (n_rows, n_targets)
        Weight of each row.
    intercept_ : float or ndarray of float, shape (n_targets,)
        What is added.

    References
    ----------
    G. Wahba, Spline Models for Observational Data, SIAM (1990), chapter 4: leaving out in closed form. R. Rifkin and
    R. Lippert, Notes on regularized least squares, MIT-CSAIL-TR-2007-025 (2007): for all penalties at once.

    Examples
    --------
    >>> X = np.linspace(0, 6, 30)[:, None]
    >>> model = KernelRegressor().fit(X, np.sin(X[:, 0]))
    >>> model.predict([[1.0], [2.5]]).round(3).tolist(), bool(model.left_out_rmse_ < 0.001)
    ([0.841, 0.598], True)
    """

    __module__ = "matterlearn.models.kernel_machines.kernel_regressor"

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "kernel": [StrOptions(set(KERNELS))],
        "length_scale": [StrOptions({"cv", "median"}), Interval(Real, 0, None, closed="neither")],
        "alpha": [StrOptions({"cv"}), Interval(Real, 0, None, closed="neither")],
        "degree": [Interval(Integral, 1, None, closed="left")],
        "search_rows": [Interval(Integral, 2, None, closed="left")],
        "random_state": [Interval(Integral, 0, None, closed="left")],
    }

    def __init__(
        self,
        kernel: str = "matern52",
        *,
        length_scale: str | float = "cv",
        alpha: str | float = "cv",
        degree: int = 3,
        search_rows: int = 1_000,
        random_state: int = 0,
    ) -> None:
        self.kernel = kernel
        self.length_scale = length_scale
        self.alpha = alpha
        self.degree = degree
        self.search_rows = search_rows
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Choose what is to be chosen and solve for the weights of the rows.

        Parameters
        ----------
        X : array-like of float, shape (n_samples, n_features)
            Features.
        y : array-like of float, shape (n_samples,) or (n_samples, n_targets)
            Targets.
        sample_weight : array-like of float, shape (n_samples,), optional
            Weights of the squared errors; a weight of 2 is the same as the row twice.

        Returns
        -------
        KernelRegressor
            Itself.

        Raises
        ------
        ArgumentError
            If the penalty is so small that it is lost in rounding.
        """
        self._validate_params()
        given, targets = validate_data(self, X, y, dtype=np.float64, multi_output=True, y_numeric=True)
        flat = targets.ndim == 1
        weights = checked_weights(sample_weight, given)
        rows, values, weights = distinct_rows(given, targets.reshape(len(targets), -1).astype(np.float64), weights)
        self.mean_ = np.average(rows, axis=0, weights=weights)
        self.rows_ = rows - self.mean_
        # The solution follows the target: without its mean, and in units of its spread, rounding is that of numbers
        # about 1, and several targets count alike.
        middle = np.average(values, axis=0, weights=weights)
        spread = np.sqrt(np.average((values - middle) ** 2, axis=0, weights=weights))
        spread[~(spread > 0)] = 1.0
        scaled = (values - middle) / spread
        between = closeness(self.rows_, None, self.kernel)
        solution = self._choose(between, scaled, weights)
        errors = np.sqrt(np.average(solution.left_out**2, axis=0, weights=weights)) if len(rows) > 1 else 0.0 * spread
        dual_coef, errors = solution.dual_coef * spread, errors * spread
        intercept = middle + solution.intercept * spread
        self.dual_coef_ = dual_coef[:, 0] if flat else dual_coef
        self.intercept_ = float(intercept[0]) if flat else intercept
        self.left_out_rmse_ = float(errors[0]) if flat else errors
        return self

    def predict(self, X: ArrayLike) -> Floats:
        """Return predictions.

        Parameters
        ----------
        X : array-like of float, shape (n_samples, n_features)
            Features.

        Returns
        -------
        ndarray of float, shape (n_samples,) or (n_samples, n_targets)
        """
        check_is_fitted(self)
        rows = validate_data(self, X, dtype=np.float64, reset=False) - self.mean_
        size = max(1, _BLOCK // len(self.rows_))
        parts = [
            self._kernel(closeness(rows[i : i + size], self.rows_, self.kernel), self.length_scale_) @ self.dual_coef_
            for i in range(0, len(rows), size)
        ]
        return np.asarray(np.concatenate(parts) + self.intercept_)

    def _kernel(self, between: Floats, length_scale: float) -> Floats:
        return kernel_values(between, self.kernel, length_scale, self.degree)

    def _choose(self, between: Floats, y: Floats, weights: Floats) -> Solution:
        """Set length scale and penalty, and return the solution on all rows."""
        typical = typical_length(between, self.kernel)
        searched = self.length_scale == "cv" and self.kernel != "linear"
        given = typical if isinstance(self.length_scale, str) else float(self.length_scale)
        lengths = typical * LENGTHS if searched else np.array([given])
        tried: list[tuple[float, float, float]] = []
        if (searched or self.alpha == "cv") and len(y) > 1:
            chosen: Any = slice(None)
            if len(y) > self.search_rows:
                chosen = np.random.default_rng(self.random_state).choice(len(y), self.search_rows, replace=False)
            part, of_part, weights_of_part = between[chosen][:, chosen], y[chosen], weights[chosen]
            for length in lengths:
                tried.append(self._best_penalty(self._kernel(part, length), of_part, weights_of_part, length))
        self.tried_ = np.array(tried).reshape(-1, 3)
        best = self.tried_[self.tried_[:, 2].argmin()] if tried else (lengths[0], 1.0, 0.0)
        self.length_scale_ = float(best[0])
        self.alpha_ = float(best[1] if isinstance(self.alpha, str) else self.alpha)
        K = self._kernel(between, self.length_scale_)
        if self.alpha == "cv" and len(y) > self.search_rows:
            return self._downhill(K, y, weights)
        try:
            return solve(K, y, weights, self.alpha_)
        except np.linalg.LinAlgError as error:
            raise ArgumentError(
                f"a penalty of {self.alpha_:g} is lost in rounding beside kernel values of {K.diagonal().max():g}",
                where="alpha",
                fix="take a larger one",
            ) from error

    def _best_penalty(self, K: Floats, y: Floats, weights: Floats, length: float) -> tuple[float, float, float]:
        path = Path(K, weights)
        alphas = np.array([float(self.alpha)]) if self.alpha != "cv" else PENALTIES * (path.scale or 1.0)
        if self.alpha == "cv":
            alphas = np.unique(np.maximum(alphas, LEAST_PENALTY * K.diagonal().max()))
        errors = path.left_out(y, alphas).sum(axis=1)
        # Where an error is no number, rounding has won; of equal errors the largest penalty is the simplest answer.
        best = len(errors) - 1 - int(np.nan_to_num(errors[::-1], nan=np.inf).argmin())
        return length, float(alphas[best]), float(errors[best])

    def _downhill(self, K: Floats, y: Floats, weights: Floats) -> Solution:
        """Change the penalty in steps as long as that lowers the error on rows that are left out."""
        least = LEAST_PENALTY * K.diagonal().max()
        solution, error = self._error(K, y, weights, self.alpha_)
        for step in (1.0 / _STEP, _STEP):
            moved = False
            while self.alpha_ * step >= least:
                next_solution, next_error = self._error(K, y, weights, self.alpha_ * step)
                if not next_error < error:
                    break
                solution, error, moved = next_solution, next_error, True
                self.alpha_ *= step
            if moved:
                break
        if solution is None:
            raise ArgumentError("the kernel matrix of these rows is singular", where="X", fix="give a larger alpha")
        return solution

    @staticmethod
    def _error(K: Floats, y: Floats, weights: Floats, alpha: float) -> tuple[Solution | None, float]:
        try:
            solution = solve(K, y, weights, alpha)
        except np.linalg.LinAlgError:
            return None, np.inf
        return solution, float(np.average((solution.left_out**2).sum(axis=1), weights=weights))
