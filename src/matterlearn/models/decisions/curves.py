"""Curves that map probabilities to calibrated ones: what each method of calibration learns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Final, Protocol, Self

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import expit, softmax
from sklearn.isotonic import IsotonicRegression

from matterlearn.core.errors import ModelFileError

TINY: Final = 1e-12
"""Probabilities below are taken for 0."""

FLATTEST: Final = 0.01
SHARPEST: Final = 10.0
"""Bounds of the power of temperature scaling. Rows that are all right would ask for an infinite one."""

_MOST_ODDS: Final = 30.0  # logarithm; 1 - expit of more rounds to 0
_SAME: Final = 1e-9  # logarithms this close do not differ
_MOST_STEPS: Final = 100
_HALVINGS: Final = 40

Array = NDArray[np.float64]


class Curve(Protocol):
    """A map of probabilities."""

    def __call__(self, P: Array) -> Array:
        """Return calibrated probabilities, shape (n_samples, n_classes)."""

    def to_arrays(self) -> dict[str, Array]:
        """Return the numbers of the curve by name."""

    @classmethod
    def fit(cls, P: Array, codes: NDArray[np.intp], weights: Array) -> Self:
        """Learn from probabilities and classes of rows with weights above 0."""

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array], n_classes: int) -> Self:
        """Rebuild from `to_arrays`; a ModelFileError if the numbers make no sense."""


def fit_curve(method: str, P: Array, codes: NDArray[np.intp], weights: Array) -> Curve:
    """Learn the curve of a method.

    Parameters
    ----------
    method : str
        One of `METHODS`.
    P : ndarray of float, shape (n_samples, n_classes)
        Probabilities.
    codes : ndarray of int, shape (n_samples,)
        Classes.
    weights : ndarray of float, shape (n_samples,)
        Row weights, all above 0.

    Examples
    --------
    >>> fit_curve("none", np.array([[0.5, 0.5]]), np.array([0]), np.ones(1))(np.array([[0.2, 0.8]]))
    array([[0.2, 0.8]])
    """
    return METHODS[method].fit(P, codes, weights)


@dataclass(frozen=True, eq=False)
class Identity:
    """Nothing is changed."""

    def __call__(self, P: Array) -> Array:
        """Return a copy."""
        return P.copy()

    def to_arrays(self) -> dict[str, Array]:
        """Return nothing."""
        return {}

    @classmethod
    def fit(cls, P: Array, codes: NDArray[np.intp], weights: Array) -> Self:
        """Learn nothing."""
        return cls()

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array], n_classes: int) -> Self:
        """Rebuild it; there may be no numbers."""
        _require(len(arrays) == 0)
        return cls()


@dataclass(frozen=True, eq=False)
class Temperature:
    """One power for all probabilities: softmax(power log P), 1 over the temperature of Guo et al.

    Attributes
    ----------
    power : float
        Above 1 it makes surer, below less sure.
    floor : float
        Smaller probabilities count as this.
    """

    power: float
    floor: float

    def __call__(self, P: Array) -> Array:
        """Return softmax(power log P), shape (n_samples, n_classes)."""
        return np.asarray(softmax(self.power * np.log(np.maximum(P, self.floor)), axis=1))

    def to_arrays(self) -> dict[str, Array]:
        """Return the two numbers."""
        return {"power": np.array([self.power]), "floor": np.array([self.floor])}

    @classmethod
    def fit(cls, P: Array, codes: NDArray[np.intp], weights: Array) -> Self:
        """Minimise the log loss, which is convex in the power: find where its slope changes sign."""
        floor = _floor(P)
        logs = np.log(np.maximum(P, floor))
        of_true = logs[np.arange(len(codes)), codes]

        def slope(power: float) -> float:
            expected = np.sum(softmax(power * logs, axis=1) * logs, axis=1)
            return float(np.sum(weights * (expected - of_true)))

        if np.ptp(logs, axis=1).max() <= _SAME:  # any power will do
            power = 1.0
        elif slope(FLATTEST) >= 0:
            power = FLATTEST
        elif slope(SHARPEST) <= 0:
            power = SHARPEST
        else:
            power = float(brentq(slope, FLATTEST, SHARPEST, xtol=1e-13, rtol=1e-13))
        return cls(power, floor)

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array], n_classes: int) -> Self:
        """Rebuild it; the power must lie within its bounds."""
        power, floor = _columns(arrays, ("power", "floor"), 1)
        _require(FLATTEST <= power[0] <= SHARPEST and TINY <= floor[0] < 1)
        return cls(float(power[0]), float(floor[0]))


@dataclass(frozen=True, eq=False)
class Sigmoid:
    """A logistic curve of the log-odds per class; for two classes one.

    Attributes
    ----------
    slope, offset : ndarray of float, shape (n_curves,)
        P' = expit(slope log-odds + offset); no slope is negative, for a calibration reverses no order.
    floor : float
        Smaller probabilities, of the class or of the rest, count as this.
    """

    slope: Array
    offset: Array
    floor: float

    def __call__(self, P: Array) -> Array:
        """Return the curves' values, made to sum to 1, shape (n_samples, n_classes)."""
        odds = self.slope * _log_odds(P, self.floor) + self.offset
        return _joined(expit(np.clip(odds, -_MOST_ODDS, _MOST_ODDS)), P.shape[1])

    def to_arrays(self) -> dict[str, Array]:
        """Return slopes, offsets and the floor."""
        return {"slope": self.slope, "offset": self.offset, "floor": np.array([self.floor])}

    @classmethod
    def fit(cls, P: Array, codes: NDArray[np.intp], weights: Array) -> Self:
        """Fit Platt's curve to each column of log-odds."""
        floor = _floor(P)
        odds = _log_odds(P, floor)  # (n_samples, n_curves)
        curves = [_platt(odds[:, j], _is_class(codes, j, P.shape[1]), weights) for j in range(odds.shape[1])]
        return cls(np.array([a for a, _ in curves]), np.array([b for _, b in curves]), floor)

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array], n_classes: int) -> Self:
        """Rebuild it; as many curves as there must be, none of them falling."""
        slope, offset = _columns({k: arrays.get(k) for k in arrays if k != "floor"}, ("slope", "offset"), None)
        (floor,) = _columns({"floor": arrays.get("floor")}, ("floor",), 1)
        _require(len(slope) == len(offset) == _n_curves(n_classes) and np.all(slope >= 0) and TINY <= floor[0] < 1)
        return cls(slope, offset, float(floor[0]))


@dataclass(frozen=True, eq=False)
class Isotonic:
    """A rising curve of straight pieces per class; for two classes one.

    Attributes
    ----------
    knots, values : ndarray of float, shape (n_knots,)
        Ends of the pieces, curve after curve.
    sizes : ndarray of float, shape (n_curves,)
        Knots of each curve.
    low, high : ndarray of float, shape (n_curves,)
        What takes the place of values below and above.
    """

    knots: Array
    values: Array
    sizes: Array
    low: Array
    high: Array

    def __call__(self, P: Array) -> Array:
        """Return the curves' values, made to sum to 1, shape (n_samples, n_classes)."""
        ends = np.cumsum(self.sizes).astype(int)[:-1]
        columns = P[:, 1:] if P.shape[1] == 2 else P
        parts = zip(np.split(self.knots, ends), np.split(self.values, ends), strict=True)
        found = [np.interp(columns[:, j], knots, values) for j, (knots, values) in enumerate(parts)]
        return _joined(np.clip(np.column_stack(found), self.low, self.high), P.shape[1])

    def to_arrays(self) -> dict[str, Array]:
        """Return knots, values, sizes and ends."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @classmethod
    def fit(cls, P: Array, codes: NDArray[np.intp], weights: Array) -> Self:
        """Fit the best rising curve to each column."""
        columns = P[:, 1:] if P.shape[1] == 2 else P
        knots, values, low, high = [], [], [], []
        for j in range(columns.shape[1]):
            is_class = _is_class(codes, j, P.shape[1]).astype(float)
            curve = IsotonicRegression(out_of_bounds="clip").fit(columns[:, j], is_class, sample_weight=weights)
            knots.append(np.asarray(curve.X_thresholds_, dtype=float))
            values.append(np.clip(np.asarray(curve.y_thresholds_, dtype=float), 0.0, 1.0))
            ends = _inner_ends(np.interp(columns[:, j], knots[-1], values[-1]), weights)
            low.append(ends[0])
            high.append(ends[1])
        sizes = np.array([len(part) for part in knots], dtype=float)
        return cls(np.concatenate(knots), np.concatenate(values), sizes, np.array(low), np.array(high))

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array], n_classes: int) -> Self:
        """Rebuild it; every curve must rise between 0 and 1."""
        knots, values, sizes, low, high = _columns(arrays, [field.name for field in fields(cls)], None)
        _require(len(sizes) == len(low) == len(high) == _n_curves(n_classes) and len(knots) == len(values))
        _require(np.all(sizes >= 1) and np.all(sizes == np.floor(sizes)) and sizes.sum() == len(knots))
        _require(np.all(low > 0) and np.all(low <= high) and np.all(high < 1))
        ends = np.cumsum(sizes).astype(int)[:-1]
        for part in (*np.split(knots, ends), *np.split(values, ends)):
            _require(np.all(np.diff(part) >= 0) and part[0] >= 0 and part[-1] <= 1 + 1e-6)
        return cls(knots, values, sizes, low, high)


METHODS: Final[Mapping[str, type[Curve]]] = {
    "none": Identity,
    "temperature": Temperature,
    "sigmoid": Sigmoid,
    "isotonic": Isotonic,
}
"""Methods of calibration, the simplest first."""


def _floor(P: Array) -> float:
    """Return what a probability of 0 counts as: half the smallest other one, so that it stays the smallest."""
    above = P[P > TINY]
    return max(0.5 * float(above.min()), TINY) if len(above) < P.size else TINY


def _log_odds(P: Array, floor: float) -> Array:
    """Return the log-odds of each class against the rest, of two classes only those of the second."""
    if P.shape[1] == 2:
        pair = np.log(np.maximum(P, floor))
        return np.asarray(pair[:, 1:] - pair[:, :1])
    return np.asarray(np.log(np.maximum(P, floor)) - np.log(np.maximum(1.0 - P, floor)))


def _n_curves(n_classes: int) -> int:
    return 1 if n_classes == 2 else n_classes


def _is_class(codes: NDArray[np.intp], curve: int, n_classes: int) -> NDArray[np.bool_]:
    return np.asarray(codes == (1 if n_classes == 2 else curve))


def _joined(columns: Array, n_classes: int) -> Array:
    """Return probabilities of all classes, made to sum to 1; no column is 0."""
    if n_classes == 2:
        return np.column_stack([1.0 - columns[:, 0], columns[:, 0]])
    return np.asarray(columns / columns.sum(axis=1, keepdims=True))


def _platt(odds: Array, is_class: NDArray[np.bool_], weights: Array) -> tuple[float, float]:
    """Return slope and offset of the logistic curve with Platt's targets, which no finite curve overshoots.

    Newton's method on a convex loss of two parameters, with halved steps where a full one does not go down.
    """
    of_class, rest = float(weights[is_class].sum()), float(weights[~is_class].sum())
    target = np.where(is_class, (of_class + 1) / (of_class + 2), 1 / (rest + 2))
    flat = (0.0, float(_logit(np.average(target, weights=weights))))
    center = float(np.average(odds, weights=weights))
    scale = float(np.sqrt(np.average((odds - center) ** 2, weights=weights)))
    if scale <= _SAME * max(1.0, abs(center)):  # one probability for all rows has no slope
        return flat
    design = np.column_stack([(odds - center) / scale, np.ones(len(odds))])  # (n_samples, 2)

    def loss(parameters: Array) -> float:
        value = design @ parameters
        return float(np.sum(weights * (np.logaddexp(0.0, value) - target * value)))

    parameters = np.array([0.0, flat[1]])
    now = loss(parameters)
    for _ in range(_MOST_STEPS):
        p = expit(design @ parameters)
        gradient = design.T @ (weights * (p - target))
        curvature = (design * (weights * p * (1 - p))[:, None]).T @ design
        step = np.linalg.lstsq(curvature, gradient, rcond=None)[0]
        size = 1.0
        for _ in range(_HALVINGS):
            proposed = loss(parameters - size * step)
            if proposed < now:
                break
            size *= 0.5
        else:
            break  # rounding leaves nothing to gain
        parameters, now = parameters - size * step, proposed
    slope = float(parameters[0]) / scale
    return (slope, float(parameters[1]) - slope * center) if slope > 0 else flat


def _logit(p: Any) -> Any:
    return np.log(p) - np.log1p(-p)


def _inner_ends(fitted: Array, weights: Array) -> tuple[float, float]:
    """Return what takes the place of fitted values of 0 and of 1: the rule of succession, unless the next is closer."""
    zero, one = fitted <= TINY, fitted >= 1 - TINY
    between = fitted[~(zero | one)]
    low, high = 1 / (weights[zero].sum() + 2), 1 - 1 / (weights[one].sum() + 2)
    if len(between):
        low, high = min(low, between.min()), max(high, between.max())
    return float(low), float(high)


def _columns(arrays: Mapping[str, Any], names: Any, length: int | None) -> list[Array]:
    """Return arrays by name after checking that there are just these, of finite numbers."""
    _require(set(arrays) == set(names))
    found = [arrays[name] for name in names]
    for array in found:
        _require(isinstance(array, np.ndarray) and array.dtype == np.float64 and array.ndim == 1 and len(array) > 0)
        _require(np.isfinite(array).all() and (length is None or len(array) == length))
    return found


def _require(sound: Any) -> None:
    if not sound:
        raise ModelFileError("the calibration of its probabilities makes no sense", fix="do not use this file")
