"""What a model has seen: the elements it was trained on and where its training rows lie."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.ensemble import ExtraTreesRegressor
from sklearn.neighbors import NearestNeighbors

from matterlearn.chemistry.elements import PRESETS, SYMBOLS, atomic_number, is_element, property_values
from matterlearn.core.errors import ArgumentError, ModelFileError

N_NEIGHBORS = 5
"""Neighbours whose mean distance is a row's distance to the training data."""

WITHIN = 0.95
"""Share of the training rows that are near by definition: distance 1 is this quantile of their own distances."""

MOST_REFERENCE_ROWS = 5_000
"""Training rows kept for distances; more make the model file large and the answer no different."""

N_TREES = 25
"""Trees that tell how much each feature matters for the target; a distance needs no fine weights."""


@dataclass(frozen=True)
class Assessment:
    """How rows lie to the training rows.

    Attributes
    ----------
    distance : ndarray of float, shape (n_samples,)
        Mean distance to the nearest training rows, in units of the distance that 95 % of them have to each other.
    neighbors : ndarray of int, shape (n_samples, n_neighbors)
        The nearest reference rows: positions in `Domain.reference_rows_`.
    novel : ndarray of bool, shape (n_samples,)
        Whether a row holds an element that no training row holds.
    unseen : list of str
        Which element, category or number lies outside what was seen; empty if none does.
    """

    distance: NDArray[np.float64]
    neighbors: NDArray[np.intp]
    novel: NDArray[np.bool_]
    unseen: list[str]


class Domain:
    """What a model has seen: elements, categories, ranges, and where its training rows lie in feature space.

    Features are standardised and weighted by the square root of their importance for the target in a small forest, so
    that rows which differ in what matters are far apart.

    Parameters
    ----------
    features : transformer
        From input rows to a float array; cloned. Descriptors of elements serve well: in them a new element is near
        to similar ones.
    kinds : mapping of str to str, optional
        Kinds of the input columns: unseen values of a "category" and a "number" beyond its range are outside.
    random_state : int
        Seed of the forest and of the draw of reference rows, if there are more than 5,000.

    Attributes
    ----------
    elements_ : frozenset of str
        Elements of the training rows.
    reference_rows_ : ndarray of int, shape (n_reference,)
        Positions of the training rows that distances are measured to; of equal ones the first.
    limit_ : float
        Distance in feature space that is called 1.
    seen_ : dict of str to list
        Range of each input that is a number, values of each that is a category.
    """

    __module__ = "matterlearn.validation.domain"

    def __init__(self, features: Any, kinds: Mapping[str, str] | None = None, *, random_state: int = 0) -> None:
        self.features = features
        self.kinds = kinds
        self.random_state = random_state

    def fit(self, X: Any, y: NDArray[np.float64], elements: Sequence[Collection[str]]) -> Self:
        """Learn the domain from training rows.

        Parameters
        ----------
        X : DataFrame, shape (n_samples, n_inputs)
            Training inputs; at least two rows.
        y : ndarray of float, shape (n_samples,)
            Target, by which features are weighted.
        elements : sequence of collections of str, shape (n_samples,)
            Elements of each row.

        Returns
        -------
        Domain
            Itself.
        """
        self.elements_ = frozenset(element for row in elements for element in row)
        self.features_ = clone(self.features).fit(X)
        matrix = np.asarray(self.features_.transform(X), dtype=float)
        forest = ExtraTreesRegressor(N_TREES, max_features=0.2, min_samples_leaf=3, random_state=self.random_state)
        importance = forest.fit(matrix, y).feature_importances_
        weight = np.sqrt(importance if importance.any() else np.ones(len(importance)))
        scale = np.where(matrix.std(axis=0) > 0, matrix.std(axis=0), 1.0)
        self._set_scale(matrix.mean(axis=0), weight / scale)
        # Copies of a row are no neighbours: with five of each the limit would be zero and every new row far.
        reference, rows = np.unique(self._scaled(matrix), axis=0, return_index=True)
        if len(reference) < 2:
            raise ArgumentError("the training rows are all alike: nothing tells what is far from them", where="X")
        if len(reference) > MOST_REFERENCE_ROWS:
            kept = np.random.default_rng(self.random_state).choice(len(reference), MOST_REFERENCE_ROWS, replace=False)
            reference, rows = reference[np.sort(kept)], rows[np.sort(kept)]
        self.reference_rows_ = rows
        self._set_reference(reference)
        among_training = self.neighbors_.kneighbors(n_neighbors=min(N_NEIGHBORS, len(reference) - 1))[0].mean(axis=1)
        self.limit_ = float(np.quantile(among_training, WITHIN))
        self.seen_ = _seen(X, self.kinds or {})
        return self

    def assess(self, X: Any, elements: Sequence[Collection[str]]) -> Assessment:
        """Say for each row how near the training rows are and what of it they do not hold.

        Parameters
        ----------
        X : DataFrame, shape (n_samples, n_inputs)
            Rows to judge; at least one.
        elements : sequence of collections of str, shape (n_samples,)
            Elements of each row.

        Returns
        -------
        Assessment
            In the order of the rows.
        """
        matrix = self._scaled(np.asarray(self.features_.transform(X), dtype=float))
        distances, neighbors = self.neighbors_.kneighbors(matrix)
        unknown = [frozenset(row) - self.elements_ for row in elements]
        unseen = [
            self._not_in_training(new) if new else value
            for new, value in zip(unknown, _unseen(X, self.seen_), strict=True)
        ]
        return Assessment(
            distances.mean(axis=1) / self.limit_, neighbors, np.array([bool(new) for new in unknown]), unseen
        )

    def to_arrays(self) -> dict[str, NDArray[np.float64]]:
        """Return the learned numbers, for a model file; the fitted `features_` are kept by whoever keeps the model."""
        return {
            "reference": self.neighbors_._fit_X,
            "scale": np.vstack([self.mean_, self.weight_]),
            "limit": np.array([self.limit_]),
        }

    @classmethod
    def from_arrays(
        cls,
        features: Any,
        elements: Collection[str],
        seen: Mapping[str, list[Any]],
        arrays: Mapping[str, NDArray[np.float64]],
    ) -> Domain:
        """Rebuild a domain from fitted features, known elements, seen values and the arrays of `to_arrays`.

        Raises
        ------
        ModelFileError
            If the numbers cannot be those of a domain.
        """
        _check_arrays(elements, arrays)
        domain = cls(features)
        domain.features_, domain.elements_, domain.seen_ = features, frozenset(elements), dict(seen)
        domain._set_scale(*arrays["scale"])
        domain._set_reference(arrays["reference"])
        domain.limit_ = float(arrays["limit"][0])
        return domain

    def _set_scale(self, mean: NDArray[np.float64], weight: NDArray[np.float64]) -> None:
        self.mean_, self.weight_ = mean, weight

    def _scaled(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        return (matrix - self.mean_) * self.weight_

    def _set_reference(self, reference: NDArray[np.float64]) -> None:
        self.neighbors_ = NearestNeighbors(n_neighbors=min(N_NEIGHBORS, len(reference)), algorithm="brute")
        self.neighbors_.fit(reference)

    def _not_in_training(self, unknown: Collection[str]) -> str:
        named = sorted(unknown)
        if not self.elements_:
            return f"{', '.join(named)} not in training"
        nearest = ", ".join(dict.fromkeys(nearest_element(element, self.elements_) for element in named))
        return f"{', '.join(named)} not in training; nearest: {nearest}"


def _seen(X: pd.DataFrame, kinds: Mapping[str, str]) -> dict[str, list[Any]]:
    """Return the range of each column of numbers and the values of each column of categories."""
    seen: dict[str, list[Any]] = {}
    for name, kind in kinds.items():
        if name in X and kind == "number":
            seen[name] = [float(X[name].min()), float(X[name].max())]
        elif name in X and kind == "category":
            seen[name] = sorted(set(X[name]))
    return seen


def _unseen(X: pd.DataFrame, seen: Mapping[str, list[Any]]) -> list[str]:
    """Return for each row which number or category lies outside what was seen, or an empty text."""
    reasons = [""] * len(X)
    for name, known in seen.items():
        for i, cell in enumerate(X[name]):
            if reasons[i]:
                continue
            if isinstance(known[0], str):
                if cell not in known:
                    reasons[i] = f"{name} = {cell!r} not in training"
            elif not known[0] <= cell <= known[1]:
                reasons[i] = f"{name} = {cell:g} outside training ({known[0]:g} to {known[1]:g})"
    return reasons


def _check_arrays(elements: Collection[str], arrays: Mapping[str, NDArray[np.float64]]) -> None:
    reference, scale, limit = arrays["reference"], arrays["scale"], arrays["limit"]
    sound = (
        all(is_element(element) for element in elements)
        and all(array.dtype == np.float64 and np.all(np.isfinite(array)) for array in (reference, scale, limit))
        and reference.ndim == 2
        and len(reference) > 0
        and scale.shape == (2, reference.shape[1])
        and np.all(scale[1] >= 0)
        and limit.shape == (1,)
        and limit[0] > 0
    )
    if not sound:
        raise ModelFileError("the numbers of its domain make no sense", fix="do not use this file")


def nearest_element(element: str, known: Collection[str]) -> str:
    """Return the known element that is most similar in the 22 Magpie properties, each scaled to unit spread.

    Parameters
    ----------
    element : str
        Symbol.
    known : collection of str
        Symbols to choose from; at least one.

    Returns
    -------
    str
        Symbol.

    Examples
    --------
    >>> nearest_element("Tc", ["Fe", "Re", "O"])
    'Re'
    """
    values = property_values(PRESETS["magpie"])
    scaled = (values - values.mean(axis=0)) / np.where(values.std(axis=0) > 0, values.std(axis=0), 1.0)
    candidates = sorted(atomic_number(symbol) - 1 for symbol in known)
    distances = np.linalg.norm(scaled[candidates] - scaled[atomic_number(element) - 1], axis=1)
    return SYMBOLS[candidates[int(np.argmin(distances))]]
