"""A Gaussian process for regression: a prediction, and how sure it is."""

from __future__ import annotations

from itertools import product
from numbers import Integral, Real
from typing import Any, ClassVar, Final, Literal, Self, overload

import numpy as np
from numpy.typing import ArrayLike
from scipy.linalg import solve_triangular
from scipy.optimize import minimize
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted, validate_data

from matterlearn.core.errors import ArgumentError
from matterlearn.models.kernel_machines.kernels import STATIONARY, Floats, closeness, kernel_values, typical_length
from matterlearn.models.kernel_machines.likelihood import Likelihood

LENGTH_BOUNDS: Final = (1e-2, 1e2)
"""Of the length scale that is fitted, in units of the median distance between rows."""

RATIO_BOUNDS: Final = (1e-9, 1e4)
"""Of the noise that is fitted, in units of the amplitude. Below, rounding looks like noise."""

AMPLITUDE_BOUNDS: Final = (1e-6, 1e6)
"""Of the amplitude that is fitted beside a given noise, in units of the most likely one at the start."""

LARGEST_TARGET: Final = 1e120
"""Beyond it, and below its inverse, squares of the target times the bounds above are no numbers of 64 bits."""

_STARTS: Final = tuple(product((0.3, 1.0, 5.0), (1e-1, 1e-4)))
"""Length scales and noise ratios, in the units above, from which the likelihood is climbed on few rows."""

_ENOUGH: Final = 1e-3
"""Gain in the logarithm of the likelihood, about, below which a climb ends."""

_MOVE: Final = 0.05
_FEW: Final = 300
_BLOCK: Final = 2**22
"""Values of the kernel that predicting holds at once: 32 MB."""


class GaussianProcess(RegressorMixin, BaseEstimator):
    """Regression by a Gaussian process whose parameters are the most likely ones.

    The target is a draw of a process with a constant mean and the covariance `amplitude * kernel`, plus independent
    noise. The prediction is its mean given the training rows; the standard deviation is right where the target is such
    a draw, and otherwise as good as that assumption: check its coverage on held-out rows.

    Length scale and noise are found by climbing the marginal likelihood with its exact slopes (L-BFGS); the mean and,
    unless the noise is given, the amplitude are the most likely ones for these in closed form. The climb starts at
    several places on 300 rows, goes on with the best on `search_rows`, and ends on all rows.

    A target that does not vary, such as that of a single row, says nothing of how far the process strays elsewhere:
    where the amplitude is to be fitted to one, the standard deviation is unknown, and infinite. Give an amplitude, or
    more rows.

    Parameters
    ----------
    kernel : str
        "rbf", "laplacian", "matern12", "matern32" or "matern52", as `KernelRegressor` has them: all are 1 at distance
        0, and one length scale holds for all features.
    length_scale : "fit" or float
        In the unit of the features.
    amplitude : "fit" or float
        Variance of the process, squared unit of the target.
    noise : "fit" or float
        Variance of the noise, squared unit of the target.
    mean : "fit" or float
        Mean of the process. One that is fitted widens the standard deviation as it should (ordinary kriging).
    search_rows : int
        Rows, drawn at random, on which the likelihood is climbed before all rows are taken.
    max_evaluations : int
        Likelihoods on all rows, at most: each takes n^3 operations.
    random_state : int
        Of the rows that are drawn.

    Attributes
    ----------
    length_scale_, amplitude_, noise_, mean_ : float
        What was taken. The amplitude is 0 where it was to be fitted to a target that does not vary.
    log_marginal_likelihood_ : float
        Natural logarithm of the density of the training targets.
    n_evaluations_ : int
        Likelihoods with slopes on all rows; 0 where nothing was to be fitted.
    center_ : ndarray of float, shape (n_features,)
        Mean of the training rows.
    rows_ : ndarray of float, shape (n_samples, n_features)
        The training rows, less that mean.
    dual_coef_ : ndarray of float, shape (n_samples,)
        Weight of each row.
    factor_ : ndarray of float, shape (n_samples, n_samples)
        Lower Cholesky factor of the covariance of the training rows divided by the amplitude; makes large files.
    of_one_ : ndarray of float, shape (n_samples,)
        The inverse of that covariance times ones; zeros where the mean is given.

    References
    ----------
    C. E. Rasmussen and C. K. I. Williams, Gaussian Processes for Machine Learning, MIT Press (2006): algorithm 2.1,
    equations 2.42 (mean) and 5.9 (slopes).

    Examples
    --------
    >>> X = np.linspace(0, 6, 20)[:, None]
    >>> model = GaussianProcess("rbf").fit(X, np.sin(X[:, 0]))
    >>> mean, sd = model.predict([[1.0], [30.0]], return_std=True)
    >>> mean.round(3).tolist()[0], bool(sd[0] < 0.001), bool(sd[1] > 0.5)
    (0.841, True, True)
    """

    __module__ = "matterlearn.models.kernel_machines.gaussian_process"

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "kernel": [StrOptions(set(STATIONARY))],
        "length_scale": [StrOptions({"fit"}), Interval(Real, 0, None, closed="neither")],
        "amplitude": [StrOptions({"fit"}), Interval(Real, 0, None, closed="neither")],
        "noise": [StrOptions({"fit"}), Interval(Real, 0, None, closed="left")],
        "mean": [StrOptions({"fit"}), Interval(Real, None, None, closed="neither")],
        "search_rows": [Interval(Integral, 2, None, closed="left")],
        "max_evaluations": [Interval(Integral, 1, None, closed="left")],
        "random_state": [Interval(Integral, 0, None, closed="left")],
    }

    def __init__(
        self,
        kernel: str = "matern52",
        *,
        length_scale: str | float = "fit",
        amplitude: str | float = "fit",
        noise: str | float = "fit",
        mean: str | float = "fit",
        search_rows: int = 1_000,
        max_evaluations: int = 30,
        random_state: int = 0,
    ) -> None:
        self.kernel = kernel
        self.length_scale = length_scale
        self.amplitude = amplitude
        self.noise = noise
        self.mean = mean
        self.search_rows = search_rows
        self.max_evaluations = max_evaluations
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Find the most likely parameters and learn the process.

        Parameters
        ----------
        X : array-like of float, shape (n_samples, n_features)
            Features, scaled so that distances mean something.
        y : array-like of float, shape (n_samples,)
            Target.

        Returns
        -------
        GaussianProcess
            Itself.

        Raises
        ------
        ArgumentError
            If a given noise is so small that it is lost in rounding, or the target so large or so small that its
            variance is no number.
        """
        self._validate_params()
        rows, target = validate_data(self, X, y, dtype=np.float64, y_numeric=True)
        target = np.asarray(target, dtype=np.float64)
        mean = None if self.mean == "fit" else float(self.mean)
        varies = _varies(target, mean)
        self.center_ = rows.mean(axis=0)
        self.rows_ = rows - self.center_
        between = closeness(self.rows_, None, self.kernel)
        climb = _Climb(self.length_scale, self.amplitude, self.noise, typical_length(between, self.kernel))
        self.n_evaluations_ = 0
        if climb.is_free and np.ptp(target) > 0:
            order = np.random.default_rng(self.random_state).permutation(len(target))
            sizes = [n for n in (_FEW, self.search_rows) if n < len(target)] + [len(target)]
            for stage, size in enumerate(sizes):
                part = order[:size] if size < len(target) else slice(None)
                likelihood = Likelihood(between[part][:, part], target[part], self.kernel, mean)
                limit = self.max_evaluations if size == len(target) else 60
                self.n_evaluations_ = climb.go(likelihood, all_starts=stage == 0, limit=limit)
                if size < len(target):
                    climb.measure(likelihood)
        likelihood = Likelihood(between, target, self.kernel, mean)
        try:
            found = likelihood.posterior(*climb.taken(likelihood))
        except np.linalg.LinAlgError as error:
            raise ArgumentError(
                "the noise is so small beside the amplitude that it is lost in rounding",
                where="noise",
                fix="give a larger one, or a shorter length scale",
            ) from error
        length_scale, ratio, _ = climb.taken(likelihood)
        self.length_scale_ = float(length_scale)
        self.amplitude_ = found.amplitude if varies or self.amplitude != "fit" else 0.0
        self.noise_ = float(ratio * self.amplitude_) if self.noise == "fit" else float(self.noise)
        self.mean_ = found.mean
        self.log_marginal_likelihood_ = found.log_likelihood
        self.dual_coef_, self.factor_ = found.dual_coef, np.ascontiguousarray(found.factor)
        self.of_one_ = found.of_one if mean is None else np.zeros(len(target))
        return self

    @overload
    def predict(self, X: ArrayLike, return_std: Literal[False] = False, *, with_noise: bool = True) -> Floats: ...

    @overload
    def predict(self, X: ArrayLike, return_std: Literal[True], *, with_noise: bool = True) -> tuple[Floats, Floats]: ...

    def predict(
        self, X: ArrayLike, return_std: bool = False, *, with_noise: bool = True
    ) -> Floats | tuple[Floats, Floats]:
        """Return predictions and, if asked, how sure they are.

        Parameters
        ----------
        X : array-like of float, shape (n_samples, n_features)
            Features.
        return_std : bool
            Whether to return standard deviations as well.
        with_noise : bool
            Whether they are those of a new measurement, or of the process without its noise.

        Returns
        -------
        ndarray of float, shape (n_samples,), or a tuple of two
            Predictions, and standard deviations in the unit of the target; infinite where they are unknown.
        """
        check_is_fitted(self)
        rows = validate_data(self, X, dtype=np.float64, reset=False) - self.center_
        size = max(1, _BLOCK // len(self.rows_))
        parts = [self._predict(rows[i : i + size], return_std) for i in range(0, len(rows), size)]
        mean = np.concatenate([part[0] for part in parts])
        if not return_std:
            return mean
        if self.amplitude_ == 0:  # nothing says how far the process strays
            return mean, np.full(len(mean), np.inf)
        variance = self.amplitude_ * np.maximum(np.concatenate([part[1] for part in parts]), 0.0)
        return mean, np.sqrt(variance + self.noise_ if with_noise else variance)

    def _predict(self, rows: Floats, with_variance: bool) -> tuple[Floats, Floats]:
        values = kernel_values(closeness(rows, self.rows_, self.kernel), self.kernel, self.length_scale_)
        mean = np.asarray(values @ self.dual_coef_ + self.mean_)
        if not with_variance:
            return mean, mean
        solved = solve_triangular(self.factor_, values.T, lower=True, check_finite=False)
        variance = 1.0 - np.einsum("ij,ij->j", solved, solved)
        total = self.of_one_.sum()
        if total > 0:  # the mean itself is uncertain
            variance += (1.0 - values @ self.of_one_) ** 2 / total
        return mean, np.asarray(variance)


def _varies(target: Floats, mean: float | None) -> bool:
    """Tell whether the target differs from the mean that is given, or within itself; refuse what cannot be squared."""
    with np.errstate(over="ignore"):
        peak, spread = np.abs(target).max(), np.ptp(target) if mean is None else np.abs(target - mean).max()
    if not max(peak, spread) < LARGEST_TARGET or 0 < spread < 1.0 / LARGEST_TARGET:
        value = peak if peak >= LARGEST_TARGET else spread
        raise ArgumentError(
            f"a target of size {value:.3g} has a variance beyond the numbers of a computer",
            where="y",
            fix="take another unit",
        )
    return bool(spread > 0)


class _Climb:
    """Where the parameters stand on their way up, as logarithms of length scale, noise ratio and amplitude."""

    def __init__(self, length_scale: Any, amplitude: Any, noise: Any, typical: float) -> None:
        self.length_scale, self.amplitude, self.noise = (
            None if value == "fit" else float(value) for value in (length_scale, amplitude, noise)
        )
        self.typical = typical
        self.is_free = length_scale == "fit" or noise == "fit" or amplitude == "fit"
        self.at = self._start(1.0, 1e-2)
        self.units: dict[str, float] = {}

    def _start(self, length: float, ratio: float) -> dict[str, float]:
        """Return the parameters that are climbed; an amplitude only where the noise is given and it is not."""
        at = {}
        if self.length_scale is None:
            at["length"] = float(np.log(length * self.typical))
        if self.noise is None:
            at["ratio"] = float(np.log(ratio))
        elif self.amplitude is None:
            at["amplitude"] = np.nan
        return at

    def taken(self, likelihood: Likelihood) -> tuple[float, float, float | None]:
        """Return length scale, noise ratio, and amplitude, None for the most likely one."""
        return self._values(self.at, likelihood)

    def _values(self, at: dict[str, float], likelihood: Likelihood) -> tuple[float, float, float | None]:
        length = float(np.exp(at["length"])) if self.length_scale is None else self.length_scale
        if self.noise is None:
            return length, float(np.exp(at["ratio"])), self.amplitude
        amplitude = self.amplitude
        if amplitude is None:
            known = at["amplitude"]
            amplitude = float(np.exp(known)) if np.isfinite(known) else max(float(likelihood.y.var()), 1e-300)
        return length, self.noise / amplitude, amplitude

    def go(self, likelihood: Likelihood, *, all_starts: bool, limit: int) -> int:
        """Climb from where it stands or from all starts; return the number of evaluations of the best climb."""
        starts = [self._start(*start) for start in _STARTS] if all_starts else [self.at]
        best, evaluations = np.inf, 0
        tried: list[list[float]] = []
        for start in starts:
            names = list(start)
            if "amplitude" in start and not np.isfinite(start["amplitude"]):
                start["amplitude"] = float(np.log(max(likelihood.y.var(), 1e-300)))
            first = [start[name] for name in names]
            if first in tried:  # starts that differ in what is given
                continue
            tried.append(first)
            units = np.array([self.units.get(name, 1.0) for name in names])
            bounds = np.array([self._bounds(name, start[name]) for name in names])
            found = minimize(
                lambda point, names=names, units=units: self._descent(point * units, names, likelihood, units),
                first / units,
                jac=True,
                method="L-BFGS-B",
                bounds=bounds / units[:, None],
                options={"maxfun": limit, "ftol": _ENOUGH / len(likelihood.y), "gtol": 1e-5},
            )
            if found.fun < best or not np.isfinite(best):
                best, evaluations = float(found.fun), int(found.nfev)
                self.at = dict(zip(names, map(float, found.x * units), strict=True))
        return evaluations

    def measure(self, likelihood: Likelihood) -> None:
        """Measure the curvature where it stands, so that the next steps are of the right size."""
        names, point = list(self.at), np.array(list(self.at.values()))
        slopes = self._descent(point, names, likelihood)[1]
        for k, name in enumerate(names):
            moved = point.copy()
            moved[k] += _MOVE if point[k] + _MOVE < self._bounds(name, point[k])[1] else -_MOVE
            curvature = (self._descent(moved, names, likelihood)[1][k] - slopes[k]) / (moved[k] - point[k])
            self.units[name] = float(np.clip(curvature, 0.01, 10.0) ** -0.5)

    def _bounds(self, name: str, start: float) -> tuple[float, float]:
        if name == "amplitude":
            low, high = np.log(AMPLITUDE_BOUNDS) + start
        else:
            low, high = np.log(LENGTH_BOUNDS) + np.log(self.typical) if name == "length" else np.log(RATIO_BOUNDS)
        return float(low), float(high)

    def _descent(
        self, point: Floats, names: list[str], likelihood: Likelihood, units: Floats | float = 1.0
    ) -> tuple[float, Floats]:
        """Return minus the logarithm of the likelihood per row, and its slopes by the parameters in their units."""
        values = self._values(dict(zip(names, map(float, point), strict=True)), likelihood)
        try:
            found, (by_length, by_ratio, by_amplitude) = likelihood.slopes(*values)
        except np.linalg.LinAlgError:
            return 1e10, np.zeros(len(names))  # as unlikely as can be: the search steps back
        slopes = {"length": by_length, "ratio": by_ratio, "amplitude": by_amplitude - by_ratio}
        n = len(likelihood.y)
        return -found.log_likelihood / n, -np.array([slopes[name] for name in names]) * units / n
