"""What a model has seen: the elements it was trained on and where its training rows lie."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.ensemble import ExtraTreesRegressor
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import StandardScaler

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

MOST_BEYOND = 0.1
"""Columns in which a row like the training rows lies beyond their range, on average, up to which one such is a sign.

With hundreds of metabolites nearly every row is beyond some range; there their number is what tells."""

DIGITS = 6
"""Decimals of standardised features in which copies of a row agree; sums in another order differ in the 15th."""

FARTHEST = 1e8
"""Largest standardised feature: what lies beyond is as far as can be, and squares do not overflow."""


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


def far_from_training(distance: float) -> str:
    """Say how far a row lies, as a reason to refuse it.

    Examples
    --------
    >>> far_from_training(3.0)
    'far from the training rows: 3.0 times the distance that 95% of them have'
    """
    return f"far from the training rows: {distance:.1f} times the distance that {WITHIN:.0%} of them have"


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
        Kinds of the input columns: unseen values of a "category", unseen kinds of bonds, angles or dihedrals in a
        "structure", and a "number" beyond its range are outside.
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
        Range of each input that is a number, values of each that is a category, kinds of bonds, angles, dihedrals and
        so on of each that holds structures.
    most_beyond_ : int
        Inputs in which a row may lie beyond these ranges.
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
        y : ndarray of float, shape (n_samples,) or (n_samples, n_outputs)
            Target, by which features are weighted; of classes one column of ones and zeros each.
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
        # Copies of a row count once and are no neighbours: with five of each every new row would be far.
        rows, copy_of = _different(StandardScaler().fit_transform(matrix))
        scaler = StandardScaler().fit(matrix[rows])
        # A forest takes a feature that differs by less than 1e-7 and a target by less than 1e-8 for constant.
        outputs = [np.bincount(copy_of, column) / np.bincount(copy_of) for column in np.atleast_2d(y.T)]
        target = StandardScaler().fit_transform(np.column_stack(outputs))
        target = target[:, 0] if y.ndim == 1 else target
        weight = self._weights(scaler.transform(matrix[rows]), target)
        self._set_scale(scaler.mean_, weight / scaler.scale_)
        reference = self._scaled(matrix[rows])
        kept, _ = _different(reference)  # rows that only differ in what does not matter are copies, too
        if len(kept) < 2:
            raise ArgumentError("the training rows are all alike: nothing tells what is far from them", where="X")
        if len(kept) > MOST_REFERENCE_ROWS:
            rng = np.random.default_rng(self.random_state)
            kept = kept[np.sort(rng.choice(len(kept), MOST_REFERENCE_ROWS, replace=False))]
        self.reference_rows_ = rows[kept]
        self._set_reference(reference[kept])
        among_training = self.neighbors_.kneighbors(n_neighbors=min(N_NEIGHBORS, len(kept) - 1))[0].mean(axis=1)
        self.limit_ = float(np.quantile(among_training, WITHIN))
        self.seen_, self.most_beyond_ = _seen(X, self.kinds or {}), _most_beyond(X, self.kinds or {})
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
        of_elements = {new: self._not_in_training(new) if new else "" for new in set(unknown)}
        unseen = [
            of_elements[new] or value
            for new, value in zip(unknown, _unseen(X, self.seen_, self.most_beyond_), strict=True)
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
            "most beyond": np.array([float(self.most_beyond_)]),
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
        _check_arrays(arrays)
        _check_seen(elements, seen)
        domain = cls(features)
        domain.features_, domain.elements_, domain.seen_ = features, frozenset(elements), dict(seen)
        domain._set_scale(*arrays["scale"])
        domain._set_reference(arrays["reference"])
        domain.limit_, domain.most_beyond_ = float(arrays["limit"][0]), int(arrays["most beyond"][0])
        return domain

    def _set_scale(self, mean: NDArray[np.float64], weight: NDArray[np.float64]) -> None:
        self.mean_, self.weight_ = mean, weight

    def _scaled(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        with np.errstate(over="ignore"):
            return np.asarray(np.clip((matrix - self.mean_) * self.weight_, -FARTHEST, FARTHEST))

    def _weights(self, standard: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the factor on each standardised feature; all that vary are equal where none tells of the target."""
        forest = ExtraTreesRegressor(N_TREES, max_features=0.2, min_samples_leaf=3, random_state=self.random_state)
        importance = np.maximum(forest.fit(standard, y).feature_importances_, 0.0)  # rounding leaves some below 0
        return np.asarray(np.sqrt(importance) if importance.any() else (standard.std(axis=0) > 0.5).astype(float))

    def _set_reference(self, reference: NDArray[np.float64]) -> None:
        self.neighbors_ = NearestNeighbors(n_neighbors=min(N_NEIGHBORS, len(reference)), algorithm="brute")
        self.neighbors_.fit(reference)

    def _not_in_training(self, unknown: Collection[str]) -> str:
        named = sorted(unknown)
        if not self.elements_:
            return f"{', '.join(named)} not in training"
        nearest = ", ".join(dict.fromkeys(nearest_element(element, self.elements_) for element in named))
        return f"{', '.join(named)} not in training; nearest: {nearest}"


def _different(standard: NDArray[np.float64]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the first of each set of equal rows, and for each row the number of its set."""
    _, first, copy_of = np.unique(standard.round(DIGITS), axis=0, return_index=True, return_inverse=True)
    return first, copy_of


def _seen(X: pd.DataFrame, kinds: Mapping[str, str]) -> dict[str, list[Any]]:
    """Return the range of each column of numbers, the values of each column of categories, the terms of structures."""
    seen: dict[str, list[Any]] = {}
    for name, kind in kinds.items():
        if name in X and kind == "number":
            seen[name] = [float(X[name].min()), float(X[name].max())]
        elif name in X and kind == "category":
            seen[name] = sorted(set(X[name]))
        elif name in X and kind == "structure":
            graphs = {cell.graph for cell in X[name]}
            seen[name] = sorted({term for graph in graphs for term in _terms(graph)})
    return seen


def _terms(graph: Any) -> tuple[str, ...]:
    """Return the kinds of bonds, angles and so on in a molecule, as text."""
    from matterlearn.features.molecule.typed_terms import term_names  # loads what only tables of molecules need

    return term_names(graph)


def _most_beyond(X: pd.DataFrame, kinds: Mapping[str, str]) -> int:
    """Return in how many columns of numbers a row may lie beyond the range of the training rows.

    A row like the others is beyond the range of one column with probability 2 / (n_samples + 1). Where columns are few
    for the rows, one is a sign. Where they are many, the training rows tell what is usual: each of them would be beyond
    the range of the others in those columns where it alone holds the largest or the smallest value, and a new row that
    is like them exceeds the largest such number with probability 1 / (n_samples + 1) only.
    """
    names = [name for name, kind in kinds.items() if name in X and kind == "number"]
    if 2 * len(names) <= MOST_BEYOND * (len(X) + 1):
        return 0
    values = X[names].to_numpy(dtype=float)
    beyond = np.zeros(values.shape, dtype=bool)
    for ends in (values.min(axis=0), values.max(axis=0)):
        at_end = values == ends
        beyond |= at_end & (at_end.sum(axis=0) == 1)
    return int(beyond.sum(axis=1).max())


def _unseen(X: pd.DataFrame, seen: Mapping[str, list[Any]], most_beyond: int) -> list[str]:
    """Return for each row which category or numbers lie outside what was seen, or an empty text."""
    reasons, first, n_beyond = [""] * len(X), [""] * len(X), np.zeros(len(X), dtype=int)
    n_numbers = 0
    for name, known in seen.items():
        if isinstance(known[0], str):
            values = frozenset(known)
            for i, cell in enumerate(X[name]):
                if hasattr(cell, "graph"):
                    new = next((term for term in _terms(cell.graph) if term not in values), "")
                    reasons[i] = reasons[i] or (f"{new} not in training" if new else "")
                elif not reasons[i] and cell not in values:
                    reasons[i] = f"{name} = {cell!r} not in training"
            continue
        n_numbers += 1
        cells = X[name].to_numpy(dtype=float)
        for i in np.flatnonzero(~((known[0] <= cells) & (cells <= known[1]))).tolist():
            n_beyond[i] += 1
            first[i] = first[i] or f"{name} = {cells[i]:g} outside training ({known[0]:g} to {known[1]:g})"
    for i in np.flatnonzero(n_beyond > most_beyond).tolist():
        more = f", as {n_beyond[i] - 1} more of {n_numbers} inputs; at most {most_beyond} are usual" * (most_beyond > 0)
        reasons[i] = reasons[i] or first[i] + more
    return reasons


def _check_arrays(arrays: Mapping[str, NDArray[np.float64]]) -> None:
    names = ("reference", "scale", "limit", "most beyond")
    found = [array for name in names if (array := arrays.get(name)) is not None]
    sound = len(found) == len(names) and all(part.dtype == np.float64 and np.all(np.isfinite(part)) for part in found)
    if sound:
        reference, scale, limit, beyond = found
        sound = bool(
            reference.ndim == 2
            and len(reference) > 0
            and np.all(np.abs(reference) <= FARTHEST)
            and scale.shape == (2, reference.shape[1])
            and np.all(scale[1] >= 0)
            and limit.shape == (1,)
            and limit[0] > 0
            and beyond.shape == (1,)
            and 0 <= beyond[0] < FARTHEST
        )
    if not sound:
        raise ModelFileError("the numbers of its domain make no sense", fix="do not use this file")


def _check_seen(elements: Any, seen: Any) -> None:
    if not isinstance(elements, list | frozenset) or not all(
        isinstance(name, str) and is_element(name) for name in elements
    ):
        raise ModelFileError("the elements of its domain are none", fix="do not use this file")
    if not isinstance(seen, Mapping) or not all(isinstance(name, str) and _is_seen(seen[name]) for name in seen):
        raise ModelFileError("what it has seen of its inputs makes no sense", fix="do not use this file")


def _is_seen(known: Any) -> bool:
    """Tell whether this can be the values of a category, or the range of a number."""
    if not isinstance(known, list) or not known:
        return False
    if all(isinstance(value, str) for value in known):
        return True
    numbers = all(isinstance(value, int | float) and math.isfinite(value) for value in known)
    return numbers and len(known) == 2 and known[0] <= known[1]


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
