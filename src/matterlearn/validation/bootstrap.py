"""How far scores would move had other rows been measured: percentile bootstrap of all scores at once."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, stdtrit

from matterlearn.core.errors import ArgumentError
from matterlearn.validation.ranks import RankCorrelation, RankOrder

Floats = NDArray[np.float64]

RESAMPLED = ("mae", "rmse", "r2", "spearman", "relative_mae")
"""Scores that are resampled, by their short names."""

LEVEL = 0.95
"""Confidence of the intervals of scores."""

CHUNK = 1_000_000
"""Numbers in one array of a chunk of resamples (8 MB): large enough for numpy, small enough for any machine."""


class ResampledScores:
    """Scores of several models on the same rows, for any number of copies of each row.

    Everything that does not depend on the copies is worked out once: sums of errors within each unit, and the order of
    the values. A resample is then a column of counts, and many are scored by one matrix product.

    Parameters
    ----------
    y : array-like of float, shape (n_samples,)
        Measured values.
    prediction : array-like of float, shape (n_samples, n_models) or (n_samples,)
        Predictions of each model.
    unit : array-like of int, shape (n_samples,), optional
        What is drawn as a whole: numbers from 0 to n_units - 1. Each sample by itself if not given.
    weight : array-like of float, shape (n_samples,), optional
        How much each sample counts, not negative.
    baseline : array-like of float, shape (n_samples,), optional
        Predictions that `relative_mae` compares with; NaN where there is none, and then the sample is left out of it.

    Raises
    ------
    ArgumentError
        If shapes differ, units are not numbered from 0, or a measured or predicted value is not finite.

    Examples
    --------
    >>> scores = ResampledScores([0.0, 1.0, 2.0], [0.0, 1.0, 5.0])
    >>> once, first_twice = scores(np.array([[1, 2], [1, 1], [1, 0]]))["mae"][:, 0]
    >>> float(once), float(first_twice)
    (1.0, 0.0)
    """

    def __init__(
        self,
        y: ArrayLike,
        prediction: ArrayLike,
        *,
        unit: ArrayLike | None = None,
        weight: ArrayLike | None = None,
        baseline: ArrayLike | None = None,
    ) -> None:
        values = np.asarray(y, dtype=float)
        n_samples = len(values)
        predicted = np.asarray(prediction, dtype=float)
        predicted = predicted[:, None] if predicted.ndim == 1 else predicted
        weights = np.ones(n_samples) if weight is None else np.asarray(weight, dtype=float)
        units = np.arange(n_samples) if unit is None else np.asarray(unit, dtype=np.intp)
        trivial = np.full(n_samples, np.nan) if baseline is None else np.asarray(baseline, dtype=float)
        for name, part in {"weight": weights, "unit": units, "baseline": trivial, "prediction": predicted}.items():
            if len(part) != n_samples:
                raise ArgumentError(f"{len(part)} values for {n_samples} of y", where=name)
        if not (np.isfinite(values).all() and np.isfinite(predicted).all()):
            raise ArgumentError("values of y or prediction are not finite")
        self.n_units = int(units.max(initial=-1)) + 1
        if n_samples and (units.min() < 0 or np.bincount(units, minlength=self.n_units).min() == 0):
            raise ArgumentError("units are not numbered from 0 without a gap", where="unit")

        order = np.argsort(values, kind="stable")  # in the order of y its ranks need no sorting back
        values, predicted, units = values[order], predicted[order], units[order]
        weights, trivial = weights[order], trivial[order]
        self.n_samples, self.n_models = predicted.shape
        self._unit = None if np.array_equal(units, np.arange(n_samples)) else units
        self._weight = None if (weights == 1).all() else weights
        self._order_of_y = RankOrder(values)
        self._order_of_predictions = [RankOrder(column) for column in predicted.T]

        # Sums of each unit. y is centred, or the variance of a resample would drown in rounding.
        centred = values - np.average(values, weights=weights if weights.sum() > 0 else None) if n_samples else values
        error = np.abs(predicted - values[:, None])  # (n_samples, n_models)
        compared = np.where(np.isfinite(trivial), weights, 0.0)
        trivial_error = np.abs(np.where(np.isfinite(trivial), trivial, values) - values)
        parts = [
            np.stack([weights, weights * centred, weights * centred**2, compared * trivial_error], axis=1),
            weights[:, None] * error,
            weights[:, None] * error**2,
            compared[:, None] * error,
        ]
        terms = np.concatenate(parts, axis=1)  # (n_samples, n_terms)
        self._sums = np.stack([np.bincount(units, column, minlength=self.n_units) for column in terms.T], axis=1)

    def __call__(self, counts: NDArray[np.integer] | Floats) -> dict[str, Floats]:
        """Return the scores for each column of counts.

        Parameters
        ----------
        counts : ndarray, shape (n_units, n_resamples)
            How often each unit is in each resample.

        Returns
        -------
        dict of str to ndarray, shape (n_resamples, n_models)
            `RESAMPLED` names the scores. NaN where a score does not exist: R2 of equal values, for one.
        """
        copies = np.asarray(counts, dtype=float)
        totals = copies.T @ self._sums  # (n_resamples, n_terms)
        total, first, second, trivial = (column[:, None] for column in totals[:, :4].T)
        absolute, squared, compared = np.split(totals[:, 4:], 3, axis=1)  # each (n_resamples, n_models)
        spearman, constant = self._spearman(copies)
        with np.errstate(invalid="ignore", divide="ignore"):
            variation = np.where(constant[:, None], np.nan, second - first**2 / total)
            return {
                "mae": absolute / total,
                "rmse": np.sqrt(squared / total),
                "r2": 1.0 - squared / np.where(variation > 0, variation, np.nan),
                "spearman": spearman,
                "relative_mae": compared / np.where(trivial > 0, trivial, np.nan),
            }

    def _spearman(self, copies: Floats) -> tuple[Floats, NDArray[np.bool_]]:
        """Return rank correlations, shape (n_resamples, n_models), and whether all y of a resample are equal."""
        weight = copies if self._unit is None else copies[self._unit]  # (n_samples, n_resamples)
        if self._weight is not None:
            weight = weight * self._weight[:, None]
        correlation = RankCorrelation(self._order_of_y, weight)
        return np.stack([correlation.to(order) for order in self._order_of_predictions], axis=1), correlation.constant


def bootstrap(
    scores: ResampledScores, rng: np.random.Generator, *, n_resamples: int = 1000, n_drawn: int | None = None
) -> dict[str, Floats]:
    """Return the scores of resamples: as many units as there are, drawn with replacement.

    Parameters
    ----------
    scores : ResampledScores
        Rows and predictions.
    rng : numpy.random.Generator
        Source of the draws.
    n_resamples : int
        Number of resamples.
    n_drawn : int, optional
        Units in a resample, where they are not all independent.

    Returns
    -------
    dict of str to ndarray, shape (n_resamples, n_models)
        All NaN with fewer than two units, from which nothing can be drawn.

    References
    ----------
    B. Efron and R. J. Tibshirani, An Introduction to the Bootstrap, Chapman & Hall (1993), chapter 13.

    Examples
    --------
    >>> scores = ResampledScores(np.arange(50.0), np.arange(50.0) + np.tile([0.0, 1.0], 25))
    >>> low, high = percentile_interval(bootstrap(scores, np.random.default_rng(0))["mae"][:, 0])
    >>> bool(0.3 < low < 0.5 < high < 0.7)
    True
    """
    if scores.n_units < 2:
        return {name: np.full((n_resamples, scores.n_models), np.nan) for name in RESAMPLED}
    chunk = max(1, CHUNK // max(scores.n_samples, scores.n_units))
    parts = [scores(counts) for counts in resample_counts(scores.n_units, n_resamples, rng, n_drawn, chunk=chunk)]
    return {name: np.concatenate([part[name] for part in parts]) for name in RESAMPLED}


def resample_counts(
    n_units: int, n_resamples: int, rng: np.random.Generator, n_drawn: int | None = None, *, chunk: int = 50
) -> Iterator[Floats]:
    """Yield how often each unit is drawn, some resamples at a time.

    Parameters
    ----------
    n_units : int
        Units to draw from, at least 1.
    n_resamples : int
        Number of resamples.
    rng : numpy.random.Generator
        Source of the draws. What is drawn does not depend on `chunk`.
    n_drawn : int, optional
        Units in a resample; `n_units` if not given.
    chunk : int
        Most resamples at a time.

    Yields
    ------
    ndarray of float, shape (n_units, n_chunk)
        Whole numbers; each column sums to `n_drawn`.

    Examples
    --------
    >>> [part.shape for part in resample_counts(5, 3, np.random.default_rng(0), chunk=2)]
    [(5, 2), (5, 1)]
    """
    for start in range(0, n_resamples, chunk):
        n_chunk = min(chunk, n_resamples - start)
        drawn = rng.integers(0, n_units, size=(n_chunk, n_drawn or n_units))
        drawn += n_units * np.arange(n_chunk)[:, None]
        counts = np.bincount(drawn.ravel(), minlength=n_chunk * n_units).reshape(n_chunk, n_units)
        yield np.ascontiguousarray(counts.T, dtype=float)


def percentile_interval(values: ArrayLike, level: float = LEVEL, *, n_units: float = np.inf) -> tuple[float, float]:
    """Return the ends between which the middle of the resampled values lies, expanded where few units were drawn.

    Resamples of n units vary too little, by (n - 1) / n in the variance, and the tails of so few are those of Student's
    t. So the percentiles are those at which a normal distribution has the width that t demands: for 95 % the 0.1st and
    99.9th with five units, the 0.9th and 99.1st with ten, the 2.5th and 97.5th with many.

    Parameters
    ----------
    values : array-like of float, shape (n_resamples,)
        Values of one score. Resamples in which it does not exist (NaN) are left out.
    level : float
        Confidence, strictly between 0 and 1.
    n_units : float
        Units in a resample.

    Returns
    -------
    low, high : float
        NaN if no resample has the score, or there are fewer than two units.

    Raises
    ------
    ArgumentError
        If the level is not strictly between 0 and 1.

    References
    ----------
    T. C. Hesterberg, What teachers should know about the bootstrap, Am. Stat. 69, 371 (2015): expanded percentile
    interval.

    Examples
    --------
    >>> percentile_interval(range(101), level=0.5)
    (25.0, 75.0)
    >>> low, high = percentile_interval(range(101), level=0.5, n_units=5)
    >>> round(low, 1), round(high, 1)
    (20.4, 79.6)
    """
    if not 0 < level < 1:
        raise ArgumentError(f"must be strictly between 0 and 1, got {level}", where="level")
    known = np.asarray(values, dtype=float)
    known = known[~np.isnan(known)]
    if len(known) == 0 or n_units < 2:
        return float("nan"), float("nan")
    tail = 0.5 * (1 - level)
    if np.isfinite(n_units):
        tail = ndtr(np.sqrt(n_units / (n_units - 1)) * stdtrit(n_units - 1, tail))
    low, high = np.quantile(known, [tail, 1 - tail])
    return float(low), float(high)
