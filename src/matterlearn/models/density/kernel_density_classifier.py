"""A classifier of kernel densities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from numbers import Integral, Real
from typing import Any, ClassVar, Final

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist
from scipy.special import logsumexp
from sklearn.model_selection import StratifiedKFold
from sklearn.neighbors import KernelDensity
from sklearn.utils._param_validation import Interval, StrOptions

from matterlearn.models.density.bayes_rule import DensityClassifier, Floats

KERNELS: Final = ("gaussian", "tophat", "epanechnikov", "exponential", "linear", "cosine")

FACTORS: Final = np.geomspace(0.05, 3.0, 16)
"""Bandwidths that "cv" tries, in units of the spread within the classes, and again of the width by Scott's rule of each
class: the score changes little from one step to the next."""

_BLOCK: Final = 2**21
"""Distances that are held at once: 16 MB."""

_FLOOR: Final = 1e-15
"""Least probability that the log loss counts, so that one row that no kernel reaches does not decide alone."""


class KernelDensityClassifier(DensityClassifier):
    """Bayes' rule on a kernel density of each class.

    The density of a class is a bump on each of its rows; the probability of a class is its share of the density, times
    its prior. One bandwidth holds for all columns: scale them. Densities need many rows per column; beyond five columns
    or so, nearest neighbours or a Gaussian mixture ask for less.

    Parameters
    ----------
    bandwidth : "cv", "scott" or float
        Width of a bump, in the unit of the features. "scott" is n^(-1/(d + 4)) times the spread of a class of n rows
        in d columns (Scott, Multivariate Density Estimation, 1992), which aims at the density and not at the boundary.
        "cv" takes the widths with the lowest log loss in cross-validation within the rows of `fit`: among widths that
        all classes share, and multiples of "scott". Where a class has a single row, it is "scott".
    kernel : str
        Shape of a bump: gaussian, tophat, epanechnikov, exponential, linear, cosine. Only the first and the
        exponential reach everywhere.
    priors : sequence of float, mapping of class to float, or None
        Of the classes, in their sorted order or by name; None takes their shares of the rows.
    cv : int
        Folds of "cv", at most the rows of the smallest class.
    random_state : int
        Of the folds.

    Attributes
    ----------
    classes_ : ndarray, shape (n_classes,)
        The classes, sorted.
    priors_ : ndarray of float, shape (n_classes,)
        The priors, adding up to 1.
    bandwidths_ : ndarray of float, shape (n_classes,)
        Width of the bumps of each class.
    rows_ : list of ndarray of float, shape (n_rows_of_class, n_features)
        The rows of each class.
    tried_ : ndarray of float, shape (n_tried, n_classes)
        Bandwidths that "cv" tried; none otherwise.
    log_loss_ : ndarray of float, shape (n_tried,)
        What they scored.

    Examples
    --------
    >>> X, y = [[0.0], [0.2], [0.4], [3.0], [3.1], [3.4]], ["metal"] * 3 + ["insulator"] * 3
    >>> model = KernelDensityClassifier(bandwidth=0.5).fit(X, y)
    >>> model.predict([[0.1], [2.5]]).tolist()
    ['metal', 'insulator']
    >>> model.classes_.tolist(), model.predict_proba([[1.75], [900.0]]).round(3).tolist()
    (['insulator', 'metal'], [[0.671, 0.329], [1.0, 0.0]])
    """

    __module__ = "matterlearn.models.density.kernel_density_classifier"

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **DensityClassifier._parameter_constraints,
        "bandwidth": [StrOptions({"cv", "scott"}), Interval(Real, 0, None, closed="neither")],
        "kernel": [StrOptions(set(KERNELS))],
        "cv": [Interval(Integral, 2, None, closed="left")],
        "random_state": [Interval(Integral, 0, None, closed="left")],
    }

    rows_: list[Floats]
    bandwidths_: Floats

    def __init__(
        self,
        bandwidth: str | float = "cv",
        *,
        kernel: str = "gaussian",
        priors: Sequence[float] | Mapping[Any, float] | None = None,
        cv: int = 5,
        random_state: int = 0,
    ) -> None:
        self.bandwidth = bandwidth
        self.kernel = kernel
        self.priors = priors
        self.cv = cv
        self.random_state = random_state

    def _fit_densities(self, rows: Floats, codes: NDArray[np.intp]) -> None:
        counts = np.bincount(codes)
        self.rows_ = [rows[codes == code] for code in range(len(counts))]
        self.tried_, self.log_loss_ = np.empty((0, len(counts))), np.empty(0)
        if not isinstance(self.bandwidth, str):
            self.bandwidths_ = np.full(len(counts), float(self.bandwidth))
        elif self.bandwidth == "scott" or counts.min() < 2:
            self.bandwidths_ = scott_bandwidths(self.rows_)
        else:
            shared = np.full(len(counts), spread_within(self.rows_))
            self.tried_ = np.concatenate([np.outer(FACTORS, unit) for unit in (shared, scott_bandwidths(self.rows_))])
            folds = StratifiedKFold(min(self.cv, int(counts.min())), shuffle=True, random_state=self.random_state)
            self.log_loss_ = np.mean(
                [self._losses(rows, codes, known, held) for known, held in folds.split(rows, codes)], axis=0
            )
            self.bandwidths_ = self.tried_[self.log_loss_.argmin()]

    def _losses(self, rows: Floats, codes: NDArray[np.intp], known: NDArray[np.intp], held: NDArray[np.intp]) -> Floats:
        """Return the log loss on held rows for each bandwidth that is tried."""
        parts = [rows[known[codes[known] == code]] for code in range(len(self.rows_))]
        # Held rows come with the shares of the classes here, whatever the priors of later rows are.
        log_priors = np.log([len(part) / len(rows) for part in self.rows_])
        joint = log_priors + log_densities(rows[held], parts, self.tried_, self.kernel)  # (n_widths, n_held, n_classes)
        joint[~np.isfinite(joint).any(axis=2)] = log_priors
        log_p = np.take_along_axis(joint, codes[held][None, :, None], axis=2)[..., 0] - logsumexp(joint, axis=2)
        return np.asarray(-np.maximum(log_p, np.log(_FLOOR)).mean(axis=1))

    def _log_densities(self, rows: Floats) -> Floats:
        return np.asarray(log_densities(rows, self.rows_, self.bandwidths_[None], self.kernel)[0])


def log_densities(rows: Floats, known: Sequence[Floats], widths: Floats, kernel: str) -> Floats:
    """Return the log density of each class at each row, for several bandwidths at once.

    Parameters
    ----------
    rows : ndarray of float, shape (n_samples, n_features)
        Where.
    known : sequence of ndarray of float, shape (n_rows_of_class, n_features)
        Rows of each class.
    widths : ndarray of float, shape (n_widths, n_classes)
        Bandwidths of each class.
    kernel : str
        Name of a kernel of scikit-learn's `KernelDensity`.

    Returns
    -------
    ndarray of float, shape (n_widths, n_samples, n_classes)
        Natural logarithms; minus infinity out of reach of a kernel.

    Examples
    --------
    >>> log_densities(np.zeros((1, 1)), [np.zeros((4, 1))], np.array([[2.0]]), "tophat").round(4).tolist()  # ln(1/4)
    [[[-1.3863]]]
    """
    of_class = _gaussian if kernel == "gaussian" else partial(_other, kernel=kernel)
    return np.stack([of_class(rows, part, width) for part, width in zip(known, widths.T, strict=True)], axis=2)


def _gaussian(rows: Floats, part: Floats, widths: Floats) -> Floats:
    """Return the log density for every bandwidth, shape (n_widths, n_samples), with each distance computed once."""
    found = np.empty((len(widths), len(rows)))
    constants = np.log(len(part)) + part.shape[1] * (np.log(widths) + 0.5 * np.log(2.0 * np.pi))
    step = max(1, _BLOCK // len(part))
    for start in range(0, len(rows), step):
        # A distance beyond the largest number is infinite, and the density there 0.
        squares = cdist(rows[start : start + step], part, "sqeuclidean")  # (n_block, n_rows_of_class)
        nearest = squares.min(axis=1, keepdims=True)
        reachable = np.isfinite(nearest)
        beyond = np.where(reachable, squares, 0.0) - np.where(reachable, nearest, 0.0)
        for i, width in enumerate(widths):
            scale = -0.5 / width**2
            sums = np.log(np.exp(scale * beyond).sum(axis=1))
            found[i, start : start + step] = scale * nearest[:, 0] + sums - constants[i]
    return found


def _other(rows: Floats, part: Floats, widths: Floats, kernel: str) -> Floats:
    """Return the same from scikit-learn.

    The search tree is made anew each time, which is cheap beside the sums: a fitted model then holds arrays alone,
    and no compiled tree that a model file would have to vouch for.
    """
    trees = (KernelDensity(bandwidth=float(width), kernel=kernel).fit(part) for width in widths)
    return np.stack([tree.score_samples(rows) for tree in trees])


def spread_within(known: Sequence[Floats]) -> float:
    """Return the standard deviation within classes, root mean square over the columns; 1 where nothing varies.

    Examples
    --------
    >>> spread_within([np.array([[0.0], [2.0]]), np.array([[10.0], [12.0], [11.0]])]).__round__(6)
    1.154701
    """
    squares = sum(((part - part.mean(axis=0)) ** 2).sum(axis=0) for part in known)  # (n_features,)
    degrees = sum(len(part) for part in known) - len(known)
    spread = float(np.sqrt(np.mean(squares) / degrees)) if degrees > 0 else 0.0
    return spread if spread > 0 else 1.0


def scott_bandwidths(known: Sequence[Floats]) -> Floats:
    """Return the bandwidth of each class by Scott's rule; a class without spread takes the common one.

    Examples
    --------
    >>> scott_bandwidths([np.arange(32.0)[:, None]]).round(6).tolist()  # 9.380832 / 2
    [4.690416]
    """
    common = spread_within(known)
    widths = []
    for part in known:
        n_rows, n_features = part.shape
        own = float(np.sqrt(np.mean(part.var(axis=0, ddof=1)))) if n_rows > 1 else 0.0
        widths.append((own if own > 0 else common) * n_rows ** (-1.0 / (n_features + 4)))
    return np.array(widths)
