"""A model that is quick enough to be tested on any folds: kernel ridge regression, inverted once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.linalg import lapack
from sklearn.base import clone

from matterlearn.validation.leaks.scaling import standardised
from matterlearn.validation.splits import GroupSplit

MOST_ROWS: Final = 1_500
"""Rows that the model is made of, drawn at random: the inversion grows with their cube (0.3 s for 1,500)."""

N_FOLDS: Final = 5
"""Folds that errors are measured in."""

_TUNING_ROWS = 400
_CLIP = 6.0  # standard deviations: a rare outlier must not be all that a distance is made of
_LENGTHS = (0.3, 1.0, 3.0)  # in units of the median distance between two rows
_NOISES = (1e-3, 1e-2, 1e-1)  # variance of the noise in units of the target's


@dataclass(frozen=True, eq=False)
class QuickModel:
    """A kernel model of one target whose error on any division into folds is known at once.

    Kernel ridge regression with an exponential or Matern 3/2 kernel on standardised descriptors. With
    `A = (K + noise I)^-1` and `a = A y`, the errors on rows `B` that are left out are `A[B, B]^-1 a[B]` exactly,
    without another fit (Rasmussen and Williams, Gaussian Processes for Machine Learning, 2006, section 5.4.2, for one
    row; the same algebra holds for blocks).

    Attributes
    ----------
    rows : ndarray of int, shape (n_sample,)
        Positions of the rows it is made of, in the order of the table.
    present : ndarray of int, shape (n_sample,)
        The same as positions among the rows that have the target.
    distances : ndarray of float, shape (n_sample, n_sample)
        Between the rows, in standardised descriptors.
    duplicates : ndarray of int, shape (n_sample,)
        Number of the group of equal rows.
    """

    rows: NDArray[np.intp]
    present: NDArray[np.intp]
    distances: NDArray[np.float64]
    duplicates: NDArray[np.intp]
    _inverse: NDArray[np.float64]
    _weights: NDArray[np.float64]  # (n_sample, n_outputs)

    @classmethod
    def make(
        cls,
        X: pd.DataFrame,
        rows: NDArray[np.intp],
        values: NDArray[np.float64],
        duplicates: NDArray[np.intp],
        descriptors: Any,
        *,
        seed: int,
    ) -> QuickModel | None:
        """Make the model of a sample of rows.

        Parameters
        ----------
        X : DataFrame, shape (n_rows, n_inputs)
            Inputs.
        rows : ndarray of int, shape (n_present,)
            Positions of the rows that have the target.
        values : ndarray of float, shape (n_present, n_outputs)
            Their target.
        duplicates : ndarray of int, shape (n_rows,)
            Group of equal rows of each row.
        descriptors : transformer
            Makes the features; cloned.
        seed : int
            Seed of the draws.

        Returns
        -------
        QuickModel or None
            None if there are fewer different rows than folds, or the sample does not vary.
        """
        rng = np.random.default_rng(seed)
        present = np.arange(len(rows))
        if len(present) > MOST_ROWS:
            present = np.sort(rng.choice(present, MOST_ROWS, replace=False))
        sample = rows[present]
        y = values[present] - values[present].mean(axis=0)
        scale = np.sqrt((y**2).mean())
        groups = duplicates[sample]
        if not np.isfinite(scale) or scale == 0 or len(np.unique(groups)) < 2 * N_FOLDS:
            return None
        matrix = np.asarray(clone(descriptors).fit_transform(X.iloc[sample]), dtype=float)
        distances = _distances(matrix)
        typical = float(np.median(distances[np.triu_indices(len(sample), 1)]))
        if typical == 0:
            return None
        few = np.sort(rng.choice(len(sample), min(len(sample), _TUNING_ROWS), replace=False))
        kernel, length, noise = _tuned(distances[np.ix_(few, few)] / typical, y[few] / scale, groups[few], seed)
        inverse = _inverted(_kernel(distances / typical, kernel, length), noise)
        return cls(sample, present, distances, groups, inverse, inverse @ y)

    def residuals(self, folds: NDArray[np.intp]) -> NDArray[np.float64]:
        """Return the errors on rows that were left out with their fold.

        Parameters
        ----------
        folds : ndarray of int, shape (n_sample,)
            Fold of each row.

        Returns
        -------
        ndarray of float, shape (n_sample, n_outputs)
            Target minus prediction.
        """
        return _block_residuals(self._inverse, self._weights, folds)

    def errors(self, folds: NDArray[np.intp]) -> NDArray[np.float64]:
        """Return the absolute errors, summed over the outputs, shape (n_sample,)."""
        return np.asarray(np.abs(self.residuals(folds)).sum(axis=1))

    def random_folds(self, seed: int) -> NDArray[np.intp]:
        """Return folds of random rows; equal rows stay together."""
        return deal_groups(self.duplicates, seed)


def deal_groups(groups: NDArray[np.intp], seed: int) -> NDArray[np.intp]:
    """Deal groups out to `N_FOLDS` folds at random and return the fold of each row.

    Examples
    --------
    >>> folds = deal_groups(np.array([0, 0, 1, 2, 3, 4]), 0)
    >>> bool(folds[0] == folds[1]), len(set(folds.tolist()))
    (True, 5)
    """
    folds = np.zeros(len(groups), dtype=np.intp)
    for k, (_, test) in enumerate(GroupSplit(N_FOLDS, random_state=seed).split(groups, groups=groups)):
        folds[test] = k
    return folds


def _distances(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    scaled = np.clip(standardised(matrix), -_CLIP, _CLIP)
    squares = (scaled**2).sum(axis=1)
    found = np.sqrt(np.maximum(squares[:, None] + squares - 2 * scaled @ scaled.T, 0))
    np.fill_diagonal(found, 0)
    return np.asarray((found + found.T) / 2)


def _kernel(distances: NDArray[np.float64], kernel: str, length: float) -> NDArray[np.float64]:
    scaled = distances / length * (np.sqrt(3) if kernel == "matern" else 1)
    return np.asarray(np.exp(-scaled) * (1 + scaled if kernel == "matern" else 1))


def _tuned(
    distances: NDArray[np.float64], y: NDArray[np.float64], groups: NDArray[np.intp], seed: int
) -> tuple[str, float, float]:
    """Return kernel, length and noise with the smallest error on folds of the tuning rows."""
    folds = deal_groups(groups, seed) if len(np.unique(groups)) >= N_FOLDS else np.arange(len(groups))
    found = []
    for kernel in ("exponential", "matern"):
        for length in _LENGTHS:
            similarity = _kernel(distances, kernel, length)
            for noise in _NOISES:
                inverse = _inverted(similarity, noise)
                error = float(np.abs(_block_residuals(inverse, inverse @ y, folds)).mean())
                found.append((error, kernel, length, noise))
    return min(found)[1:]


def _inverted(similarity: NDArray[np.float64], noise: float) -> NDArray[np.float64]:
    factor, _ = lapack.dpotrf(similarity + noise * np.eye(len(similarity)), lower=1)
    half, _ = lapack.dpotri(factor, lower=1)
    half = np.tril(half)
    return np.asarray(half + np.tril(half, -1).T)


def _block_residuals(
    inverse: NDArray[np.float64], weights: NDArray[np.float64], folds: NDArray[np.intp]
) -> NDArray[np.float64]:
    residuals = np.empty_like(weights)
    for fold in np.unique(folds):
        block = np.flatnonzero(folds == fold)
        residuals[block] = np.linalg.solve(inverse[np.ix_(block, block)], weights[block])
    return residuals
