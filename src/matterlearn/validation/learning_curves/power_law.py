"""The exponent with which an error falls, and how well it is known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import least_squares
from scipy.stats import t as student

from matterlearn.core.errors import ArgumentError

Floats = NDArray[np.float64]

FEWEST: Final = 3
FEWEST_FOR_FLOOR: Final = 6
"""Sizes that are needed for a line, and before a floor is asked about."""

SHARES: Final = (0.3, 0.8)
"""Of the lowest error, from which the search for a floor starts."""

LARGEST: Final = 700.0
"""Logarithm of a factor beyond which it is hardly a number of 64 bits."""

_ROUNDING: Final = 1e-24
"""Squared scatter below which laws differ by rounding alone."""


@dataclass(frozen=True)
class PowerLaw:
    """error = floor + factor * n^-exponent.

    Attributes
    ----------
    factor : float
        Unit of the error.
    exponent : float
        Positive where the error falls.
    interval : (float, float)
        Of the exponent, by Student's t on the scatter of the points about the law; at the level asked for. It knows
        nothing of what is common to all sizes, such as the test rows, and not whether the law goes on.
    floor : float
        What more rows do not mend, unit of the error; 0 unless the points ask for it.
    scatter : float
        Standard deviation of the logarithms of the errors about the law: 0.05 is 5 %.
    n_sizes : int
        Points.
    """

    factor: float
    exponent: float
    interval: tuple[float, float]
    floor: float
    scatter: float
    n_sizes: int

    def predict(self, sizes: ArrayLike) -> Floats:
        """Return the error by the law at some numbers of rows, shape of `sizes`."""
        n = np.asarray(sizes, dtype=np.float64)
        return np.asarray(self.floor + self.factor * n**-self.exponent)

    def rows_for(self, error: float) -> float:
        """Return how many rows the law wants for an error; infinite at the floor, or where the error does not fall."""
        if error <= self.floor or self.exponent <= 0:
            return np.inf
        return float(((error - self.floor) / self.factor) ** (-1.0 / self.exponent))


def fit_power_law(sizes: ArrayLike, errors: ArrayLike, *, level: float = 0.95) -> PowerLaw:
    """Fit a power law to a learning curve, by least squares of the logarithms.

    A floor is added only where it lowers Akaike's criterion, corrected for few points, by more than 2, and where there
    are six points at least: with fewer, a bent curve is no evidence for one.

    Parameters
    ----------
    sizes : array-like of float, shape (n_sizes,)
        Numbers of training rows; three different ones at least.
    errors : array-like of float, shape (n_sizes,) or (n_sizes, n_repeats)
        Errors above 0; of repeats the mean is taken.
    level : float
        Of the interval.

    Returns
    -------
    PowerLaw
        The law.

    Raises
    ------
    ArgumentError
        If there are too few points, a number is not above 0, or the factor is beyond the numbers of a computer.

    Examples
    --------
    >>> law = fit_power_law([100, 200, 400, 800], [8.1, 3.9, 2.05, 1.0])
    >>> round(law.exponent, 2), law.floor, bool(law.interval[0] < 1.0 < law.interval[1]), round(law.rows_for(0.5), -1)
    (1.0, 0.0, True, 1610.0)
    """
    n, e = np.asarray(sizes, dtype=np.float64), np.asarray(errors, dtype=np.float64)
    if e.ndim == 2:
        with np.errstate(over="ignore"):  # an infinite mean is refused below
            e = e.mean(axis=1)
    if n.ndim != 1 or n.shape != e.shape:
        raise ArgumentError(f"{n.shape} sizes but {np.shape(errors)} errors", where="errors")
    if not (np.isfinite(n).all() and np.isfinite(e).all() and np.all(n > 0) and np.all(e > 0)):
        raise ArgumentError("must all be finite and above 0", where="sizes, errors")
    if len(np.unique(n)) < FEWEST:
        raise ArgumentError(f"{FEWEST} different sizes are needed, got {len(np.unique(n))}", where="sizes")
    if not 0 < level < 1:
        raise ArgumentError(f"must lie between 0 and 1, got {level}", where="level")
    center = float(np.exp(np.log(n).mean()))  # factor and exponent are told apart best in the middle
    unit = float(np.exp(np.log(e).mean()))  # squares of very small or large errors are no numbers
    e = e / unit
    x, z = np.log(n / center), np.log(e)
    design = np.column_stack([np.ones(len(n)), -x])
    start, *_ = np.linalg.lstsq(design, z)
    best = start, float(np.sum((z - design @ start) ** 2)), design
    floor = 0.0
    if len(np.unique(n)) >= FEWEST_FOR_FLOOR and start[1] > 0:

        def bent(p: Floats) -> Floats:
            return np.asarray(np.log(p[2] + np.exp(p[0] - p[1] * x)) - z)

        lowest = float(e.min())
        bounds = [(-np.inf, np.inf), (0.0, np.inf), (0.0, lowest)]
        with_floor = min(
            (_fitted(bent, np.array([start[0], start[1] / (1 - share), share * lowest]), bounds) for share in SHARES),
            key=lambda found: found[1],
        )
        if _criterion(with_floor[1], len(n), 3) < _criterion(best[1], len(n), 2) - 2.0:
            best, floor = with_floor, float(with_floor[0][2])
    p, squares, jacobian = best
    free = len(n) - len(p)
    variance = squares / free
    covariance = np.linalg.pinv(jacobian.T @ jacobian) * variance
    margin = float(student.ppf(0.5 + level / 2, free) * np.sqrt(covariance[1, 1]))
    exponent = float(p[1])
    logarithm = float(p[0]) + exponent * np.log(center) + np.log(unit)
    if not abs(logarithm) < LARGEST:
        raise ArgumentError(f"the law has a factor of exp({logarithm:.0f})", where="sizes, errors")
    return PowerLaw(
        factor=float(np.exp(p[0] + exponent * np.log(center)) * unit),
        exponent=exponent,
        interval=(exponent - margin, exponent + margin),
        floor=floor * unit,
        scatter=float(np.sqrt(variance)),
        n_sizes=len(n),
    )


def _fitted(
    residuals: Callable[[Floats], Floats], start: Floats, bounds: list[tuple[float, float]]
) -> tuple[Floats, float, Floats]:
    """Return parameters, sum of squares and slopes of the residuals."""
    low, high = np.array(bounds).T
    found = least_squares(residuals, start, bounds=(low, high), x_scale="jac", max_nfev=60)
    return found.x, float(2.0 * found.cost), found.jac


def _criterion(squares: float, n: int, n_parameters: int) -> float:
    """Return Akaike's criterion with the correction for few points; the scatter is a parameter, too."""
    k = n_parameters + 1
    return float(n * np.log(max(squares / n, _ROUNDING)) + 2 * k + 2 * k * (k + 1) / (n - k - 1))
