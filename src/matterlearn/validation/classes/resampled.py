"""How far scores of classes would move had other rows been measured: bootstrap of all scores and models at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array

from matterlearn.core.errors import ArgumentError
from matterlearn.validation.bootstrap import resample_counts
from matterlearn.validation.classes.counts import balanced_accuracy_of, f1_of, matthews_of
from matterlearn.validation.classes.metrics import checked_codes, checked_probabilities, row_brier, row_log_loss
from matterlearn.validation.classes.ranked import RankedFolds

Floats = NDArray[np.float64]

SCORES = ("log_loss", "brier", "roc_auc", "average_precision", "accuracy", "balanced_accuracy", "f1", "matthews")
"""Scores of a classification by their short names, in the order of the report."""

RANKED = ("roc_auc", "average_precision")
"""Those that follow from the order of the probabilities: the slow ones where there are many classes."""

RESAMPLED = (*SCORES, "relative_log_loss")
"""Scores that are resampled."""

CHUNK = 120_000
"""Numbers in one array of a chunk of resamples (1 MB): what a processor keeps at hand, twice as fast as 8 MB."""

MOST_RANKED = 3e9
"""Rows times models, classes and resamples for which ranked scores are resampled: some 5 to 10 s on one core. Beyond
that they are resampled less often than the other scores, but not less than `FEWEST_RANKED` times."""

FEWEST_RANKED = 200
"""Resamples of the ranked scores, where it would take too long to take more."""


class ResampledClassScores:
    """Scores of several models on the same rows, for any number of copies of each row.

    What does not depend on the copies is worked out once: sums within each unit, and the order of the probabilities of
    each class. A resample is then a column of counts.

    Parameters
    ----------
    codes : array-like of int, shape (n_samples,)
        Measured classes.
    P : array-like of float, shape (n_samples, n_models, n_classes)
        Probabilities by each model.
    decided : array-like of int, shape (n_samples, n_models)
        Decisions of each model.
    unit : array-like of int, shape (n_samples,), optional
        What is drawn as a whole: numbers from 0 to n_units - 1. Each sample by itself if not given.
    weight : array-like of float, shape (n_samples,), optional
        How much each sample counts, not negative.
    baseline : array-like of float, shape (n_samples,), optional
        Log loss of each sample by what `relative_log_loss` compares with; NaN where there is none, and then the sample
        is left out of it.
    positive : int, optional
        Class that F1, the area under the ROC curve and the average precision are about; their means over the classes
        if not given.
    fold : array-like of int, shape (n_samples,), optional
        Fold of each sample: only samples of one fold are ranked among each other; all are if not given.

    Raises
    ------
    ArgumentError
        If shapes differ, units are not numbered from 0, classes have no column, or a value is no probability.

    Examples
    --------
    >>> P = np.array([[0.9, 0.1], [0.6, 0.4], [0.2, 0.8]])
    >>> scores = ResampledClassScores([0, 1, 1], P[:, None], np.argmax(P, axis=1)[:, None])
    >>> once, without_second = scores(np.array([[1, 1], [1, 0], [1, 1]]))["balanced_accuracy"][:, 0]
    >>> float(once), float(without_second)
    (0.75, 1.0)
    """

    def __init__(
        self,
        codes: ArrayLike,
        P: ArrayLike,
        decided: ArrayLike,
        *,
        unit: ArrayLike | None = None,
        weight: ArrayLike | None = None,
        baseline: ArrayLike | None = None,
        positive: int | None = None,
        fold: ArrayLike | None = None,
    ) -> None:
        measured, probability = checked_codes(codes), np.asarray(P, dtype=float)
        n_samples = len(measured)
        if probability.ndim != 3 or len(probability) != n_samples:
            raise ArgumentError(
                f"shape {probability.shape}, want (n_samples, n_models, n_classes) of {n_samples} samples", where="P"
            )
        _, self.n_models, self.n_classes = probability.shape
        checked_probabilities(probability.reshape(-1, self.n_classes))
        chosen = np.asarray(decided, dtype=np.intp)
        if chosen.shape != (n_samples, self.n_models):
            raise ArgumentError(f"shape {chosen.shape}, want ({n_samples}, {self.n_models})", where="decided")
        if max(measured.max(), chosen.max(initial=0), positive or 0) >= self.n_classes or chosen.min(initial=0) < 0:
            raise ArgumentError(f"a class is not among {self.n_classes}, counted from 0", where="codes")
        weights = np.ones(n_samples) if weight is None else np.asarray(weight, dtype=float)
        units = np.arange(n_samples) if unit is None else np.asarray(unit, dtype=np.intp)
        trivial = np.full(n_samples, np.nan) if baseline is None else np.asarray(baseline, dtype=float)
        folds = np.zeros(n_samples, dtype=np.intp) if fold is None else np.asarray(fold, dtype=np.intp)
        for name, part in {"weight": weights, "unit": units, "baseline": trivial, "fold": folds}.items():
            if part.shape != (n_samples,):
                raise ArgumentError(f"shape {part.shape}, want ({n_samples},)", where=name)
        if units.min() < 0 or np.bincount(units).min() == 0:
            raise ArgumentError("units are not numbered from 0 without a gap", where="unit")
        if not (np.isfinite(weights).all() and weights.min() >= 0):
            raise ArgumentError("some are negative or not finite", where="weight")

        self.n_samples, self.n_units, self.positive = n_samples, int(units.max()) + 1, positive
        compared = np.where(np.isfinite(trivial), weights, 0.0)
        losses = [row_log_loss(measured, probability[:, model]) for model in range(self.n_models)]
        parts = [
            weights,
            compared * np.where(np.isfinite(trivial), trivial, 0.0),
            *(weights * loss for loss in losses),
            *(compared * loss for loss in losses),
            *(weights * row_brier(measured, probability[:, model]) for model in range(self.n_models)),
        ]
        self._sums = np.stack([np.bincount(units, part, self.n_units) for part in parts])  # (n_terms, n_units)
        self._measured = self._by_class(measured[:, None], weights[:, None], units)
        self._decided = self._by_class(chosen, np.repeat(weights[:, None], self.n_models, axis=1), units)
        self._right = self._by_class(chosen, weights[:, None] * (chosen == measured[:, None]), units)
        self._ranked = [
            [
                RankedFolds(measured == number, probability[:, model, number], weights, units, self.n_units, folds)
                for number in (range(self.n_classes) if positive is None else (positive,))
            ]
            for model in range(self.n_models)
        ]

    def __call__(self, counts: NDArray[np.integer] | Floats, *, ranked: bool = True) -> dict[str, Floats]:
        """Return the scores for each column of counts.

        Parameters
        ----------
        counts : ndarray, shape (n_units, n_resamples)
            How often each unit is in each resample.
        ranked : bool
            Whether to work out those of `RANKED`, which are NaN if not.

        Returns
        -------
        dict of str to ndarray, shape (n_resamples, n_models)
            `RESAMPLED` names the scores. NaN where a score does not exist, as for the functions of the same names.
        """
        copies = np.ascontiguousarray(counts, dtype=float)
        totals = (self._sums @ copies).T  # (n_resamples, n_terms)
        total, trivial = totals[:, :1], totals[:, 1:2]
        loss, compared, squared = np.split(totals[:, 2:], 3, axis=1)  # each (n_resamples, n_models)
        measured, decided, right = (
            self._of_classes(part, copies) for part in (self._measured, self._decided, self._right)
        )
        areas, precisions = self._ranks(copies) if ranked else (np.full(loss.shape, np.nan),) * 2
        with np.errstate(invalid="ignore", divide="ignore"):
            return {
                "log_loss": loss / total,
                "brier": squared / total,
                "roc_auc": areas,
                "average_precision": precisions,
                "accuracy": right.sum(axis=-1) / total,
                "balanced_accuracy": balanced_accuracy_of(measured, decided, right),
                "f1": f1_of(measured, decided, right, self.positive),
                "matthews": matthews_of(measured, decided, right),
                "relative_log_loss": compared / np.where(trivial > 0, trivial, np.nan),
            }

    def _by_class(self, codes: NDArray[np.intp], weight: Floats, unit: NDArray[np.intp]) -> csr_array:
        """Return the weight of each unit for each column of codes and class, shape (n_columns * n_classes, n_units)."""
        n_columns = codes.shape[1]
        cell = codes + self.n_classes * np.arange(n_columns)
        units = np.repeat(unit[:, None], n_columns, axis=1)
        shape = (n_columns * self.n_classes, self.n_units)
        return csr_array((weight.ravel(), (cell.ravel(), units.ravel())), shape=shape)

    def _of_classes(self, sums: csr_array, copies: Floats) -> Floats:
        """Return weights of classes, shape (n_resamples, n_columns, n_classes)."""
        found: Floats = np.ascontiguousarray((sums @ copies).T)
        return found.reshape(copies.shape[1], -1, self.n_classes)

    def _ranks(self, copies: Floats) -> tuple[Floats, Floats]:
        """Return areas under the ROC curve and average precisions, each of shape (n_resamples, n_models)."""
        found = np.array([[order(copies) for order in orders] for orders in self._ranked])
        known = ~np.isnan(found)  # (n_models, n_ranked, 2, n_resamples)
        with np.errstate(invalid="ignore"):
            mean = np.where(known, found, 0.0).sum(axis=1) / known.sum(axis=1)
        return mean[:, 0].T, mean[:, 1].T


def bootstrap_classes(
    scores: ResampledClassScores, rng: np.random.Generator, *, n_resamples: int = 1000, n_drawn: int | None = None
) -> dict[str, Floats]:
    """Return the scores of resamples: as many units as there are, drawn with replacement.

    Where there are many rows and many classes the ranked scores are worked out for the first resamples only, see
    `MOST_RANKED`, and are NaN for the others.

    Parameters
    ----------
    scores : ResampledClassScores
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

    Examples
    --------
    >>> from matterlearn.validation.bootstrap import percentile_interval
    >>> codes = np.arange(50) % 2
    >>> P = np.where(np.arange(2) == codes[:, None], 0.8, 0.2)
    >>> P[:10] = P[:10, ::-1]
    >>> scores = ResampledClassScores(codes, P[:, None], np.argmax(P, axis=1)[:, None])
    >>> low, high = percentile_interval(bootstrap_classes(scores, np.random.default_rng(0))["accuracy"][:, 0])
    >>> bool(0.6 < low < 0.8 < high < 0.95)
    True
    """
    if scores.n_units < 2:
        return {name: np.full((n_resamples, scores.n_models), np.nan) for name in RESAMPLED}
    chunk = max(1, CHUNK // max(scores.n_samples, scores.n_units))
    n_ranked = ranked_resamples(scores, n_resamples)
    parts, done = [], 0
    for counts in resample_counts(scores.n_units, n_resamples, rng, n_drawn, chunk=chunk):
        parts.append(scores(counts, ranked=done < n_ranked))
        done += counts.shape[1]
    return {name: np.concatenate([part[name] for part in parts]) for name in RESAMPLED}


def ranked_resamples(scores: ResampledClassScores, n_resamples: int) -> int:
    """Return how many of the resamples the ranked scores are worked out for.

    Examples
    --------
    >>> scores = ResampledClassScores([0, 1], [[[0.5, 0.5]], [[0.1, 0.9]]], [[0], [1]])
    >>> ranked_resamples(scores, 1000)
    1000
    """
    n_ranked = scores.n_classes if scores.positive is None else 1
    affordable = int(MOST_RANKED / (scores.n_samples * max(1, scores.n_models) * n_ranked))
    return min(n_resamples, max(FEWEST_RANKED, affordable))
