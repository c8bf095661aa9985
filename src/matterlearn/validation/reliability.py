"""How far each prediction can be believed: its expected error, its interval, and whether it lies in the domain."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import clone

from matterlearn.core.parallel import item_seed
from matterlearn.models.weighting import fit_weighted
from matterlearn.validation.conformal import ELEMENTS, RANDOM, TRUST, Intervals, make_scores
from matterlearn.validation.difficulty import Difficulty
from matterlearn.validation.domain import Assessment, Domain, far_from_training
from matterlearn.validation.splits import ElementGroupSplit, RandomSplit, StratifiedSplit

N_PARTS = 10
"""Parts into which rows are dealt: a model that lacks a tenth of them errs little more than one that has them all."""

FEWEST_CLASS_PARTS = 5
"""The same where the target is a class: with five folds every row tells how right a probability is."""

FEWEST_BEYOND = 3.0
"""Errors that should lie outside the intervals in calibration: small tables are dealt into fewer and larger parts."""

OUTSIDE_ERROR = 2.5
"""Error of the rows outside the domain, at least, in units of that inside, where the limits are set.

More than the 2 that is asked for: limits that are chosen as the lowest that do look better than they are."""

WITHIN_LIMITS = 0.9
"""Share of the calibration rows that lie within each limit, at least."""

FEWEST_OUTSIDE = 10
"""Calibration rows beyond a limit, at least: fewer prove nothing."""


@dataclass(frozen=True)
class Verdict:
    """What is known about predictions beside their values; all arrays have shape (n_samples,).

    Attributes
    ----------
    lower, upper : ndarray of float
        Ends of the intervals, unit of the target.
    expected : ndarray of float
        Expected absolute error, unit of the target.
    novel : ndarray of bool
        Whether the row holds an element that training does not hold.
    calibrated_on : ndarray of object
        Errors that set the row's interval.
    distance : ndarray of float
        Distance to the training rows; 1 is what 95 % of them have to each other.
    inside : ndarray of bool
        Whether the model may be believed there.
    reasons : list of str
        Why a row is outside, empty if it is inside.
    """

    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    expected: NDArray[np.float64]
    novel: NDArray[np.bool_]
    calibrated_on: NDArray[np.object_]
    distance: NDArray[np.float64]
    inside: NDArray[np.bool_]
    reasons: list[str]


@dataclass(frozen=True, eq=False)
class Reliability:
    """What a model's errors on rows it had not seen tell about a new prediction.

    Attributes
    ----------
    domain : Domain
        What the training rows hold, and distances to them.
    difficulty : Difficulty
        Expected error of a row.
    intervals : Intervals
        Widths in units of the expected error.
    neighbor_targets, neighbor_errors : ndarray of float, shape (n_reference,)
        Target of each reference row of the domain, and the error there when it was not in training.
    most_expected, most_distant : float
        Limits of the expected error and of the distance: beyond them a row is outside. The expected error has none
        (infinite) where calibration shows none beyond which errors are large; the distance then ends at the largest
        one in calibration.
    """

    domain: Domain
    difficulty: Difficulty
    intervals: Intervals
    neighbor_targets: NDArray[np.float64]
    neighbor_errors: NDArray[np.float64]
    most_expected: float
    most_distant: float

    def judge(
        self,
        X: pd.DataFrame,
        elements: Sequence[Collection[str]],
        prediction: NDArray[np.float64],
        spread: NDArray[np.float64],
    ) -> Verdict:
        """Judge predictions.

        Parameters
        ----------
        X : DataFrame, shape (n_samples, n_inputs)
            Rows; at least one.
        elements : sequence of collections of str, shape (n_samples,)
            Elements of each row.
        prediction, spread : ndarray of float, shape (n_samples,)
            Predictions, and the standard deviation over the members of the model.

        Returns
        -------
        Verdict
            In the order of the rows.
        """
        seen = self.domain.assess(X, elements)
        signs = _signs(seen, self.neighbor_targets, self.neighbor_errors, prediction, spread)
        expected = self.difficulty.predict(signs)
        lower, upper = self.intervals.around(prediction, expected, seen.novel)
        reasons = [
            self._reason(unseen, float(error), float(distance))
            for unseen, error, distance in zip(seen.unseen, expected, seen.distance, strict=True)
        ]
        return Verdict(
            lower=lower,
            upper=upper,
            expected=expected,
            novel=seen.novel,
            calibrated_on=self.intervals.calibrated_on(seen.novel),
            distance=seen.distance,
            inside=np.array([not reason for reason in reasons], dtype=bool),
            reasons=reasons,
        )

    def without(
        self,
        X: pd.DataFrame,
        y: NDArray[np.float64],
        elements: Sequence[Collection[str]],
        *,
        features: Any,
        kinds: Mapping[str, str],
        seed: int,
    ) -> Reliability:
        """Return the same expectations for a model that knows only the given rows: nothing is calibrated again."""
        domain = Domain(features, kinds, random_state=item_seed(seed, "domain")).fit(X, y, elements)
        usual = np.full(len(domain.reference_rows_), self.difficulty.mean_)
        return replace(self, domain=domain, neighbor_targets=y[domain.reference_rows_], neighbor_errors=usual)

    def facts(self) -> dict[str, Any]:
        """Return what sets the intervals and limits, as plain values."""
        return {
            "calibrated_on": {name: len(scores.values) for name, scores in self.intervals.scores.items()},
            "inflation": {name: scores.inflation for name, scores in self.intervals.scores.items()},
            "mean_error": self.difficulty.mean_,
            "most_expected": self.most_expected if math.isfinite(self.most_expected) else None,
            "most_distant": self.most_distant if math.isfinite(self.most_distant) else None,
        }

    def _reason(self, unseen: str, expected: float, distance: float) -> str:
        if unseen:
            return unseen
        if distance > self.most_distant:
            return far_from_training(distance)
        if expected > self.most_expected:
            return f"an error of {expected:.2g} is expected; beyond {self.most_expected:.2g} few predictions are good"
        return ""


def learn_reliability(
    model: Any,
    X: pd.DataFrame,
    y: NDArray[np.float64],
    *,
    elements: Sequence[frozenset[str]],
    duplicates: NDArray[np.intp],
    features: Any,
    kinds: Mapping[str, str],
    weight: NDArray[np.float64] | None = None,
    level: float = 0.9,
    n_random: int = 5,
    n_groups: int = 5,
    seed: int = 0,
) -> Reliability:
    """Measure a model's errors on rows and elements left out of its training rows.

    Parameters
    ----------
    model : estimator
        Regressor; cloned and fitted on each inner fold.
    X : DataFrame, shape (n_samples, n_inputs)
        Training rows.
    y : ndarray of float, shape (n_samples,)
        Target.
    elements : sequence of frozenset of str, shape (n_samples,)
        Elements of each row.
    duplicates : ndarray of int, shape (n_samples,)
        Duplicate group of each row.
    features : transformer
        Descriptors in which distances are measured.
    kinds : mapping of str to str
        Kinds of the input columns.
    weight : ndarray of float, shape (n_samples,), optional
        Weights of the rows. Those with weight 0 are no training rows: they count for nothing here.
    level : float
        Coverage that intervals promise.
    n_random, n_groups : int
        How many of ten parts of the rows, drawn at random, and how many groups of elements are left out in turn. Small
        tables are dealt into fewer parts, so that there are 3 / (1 - level) errors. Where no elements can be left out,
        the intervals of all rows rest on random folds.
    seed : int
        Seed of the folds.

    Returns
    -------
    Reliability
        For predictions of the model fitted on all of the rows.
    """
    if weight is not None and not weight.all():
        used = np.flatnonzero(weight)
        X, y, weight, duplicates = X.iloc[used], y[used], weight[used], duplicates[used]
        elements = [elements[int(i)] for i in used]
    weights = np.ones(len(y)) if weight is None else weight
    plans = calibration_folds(
        X,
        elements=elements,
        duplicates=duplicates,
        level=level,
        n_random=n_random,
        n_groups=n_groups,
        seed=seed,
    )

    parts = []
    for number, (kind, train, test) in enumerate(plans):
        fitted = fit_weighted(clone(model), X.iloc[train], y[train], None if weight is None else weight[train])
        domain = Domain(features, random_state=item_seed(seed, "domain", number))
        domain.fit(X.iloc[train], y[train], [elements[i] for i in train])
        seen = domain.assess(X.iloc[test], [elements[i] for i in test])
        prediction, spread = predict_with_spread(fitted, X.iloc[test])
        neighbors = train[domain.reference_rows_][seen.neighbors]
        parts.append(_Part(kind, number, test, np.abs(prediction - y[test]), prediction, spread, seen, neighbors))

    tested = np.concatenate([part.errors for part in parts if part.kind == RANDOM])
    errors = np.full(len(y), tested.mean())  # of each row in the random fold that tested it, if one did
    for part in parts:
        if part.kind == RANDOM:
            errors[part.rows] = part.errors
    signs = np.concatenate([part.signs(y, errors) for part in parts])
    kinds_of_fold = np.concatenate([np.full(len(part.rows), part.kind, dtype=object) for part in parts])
    fold = np.concatenate([np.full(len(part.rows), part.number) for part in parts])
    rows = np.concatenate([part.rows for part in parts])
    error = np.concatenate([part.errors for part in parts])
    difficulty = Difficulty(item_seed(seed, "difficulty")).fit(signs, error)
    expected = difficulty.expected_
    scores = {
        name: make_scores(
            error[kinds_of_fold == name],
            expected[kinds_of_fold == name],
            weights[rows[kinds_of_fold == name]],
            groups=fold[kinds_of_fold == name] if name == ELEMENTS else None,
            trust=TRUST[name],
            level=level,
        )
        for name in dict.fromkeys(kinds_of_fold)
    }
    domain = Domain(features, kinds, random_state=item_seed(seed, "domain")).fit(X, y, elements)
    distance = np.concatenate([part.seen.distance for part in parts])
    usual = kinds_of_fold == RANDOM
    return Reliability(
        domain=domain,
        difficulty=difficulty,
        intervals=Intervals(level, scores, getattr(model, "floor", None)),
        neighbor_targets=y[domain.reference_rows_],
        neighbor_errors=errors[domain.reference_rows_],
        most_expected=limit_of(expected[usual], error[usual]),
        # Where no distance is known to be too far, none was ever tried beyond the largest one; 1 is near by definition.
        most_distant=min(limit_of(distance[usual], error[usual]), max(float(distance.max()), 1.0)),
    )


def calibration_folds(
    X: pd.DataFrame,
    *,
    elements: Sequence[frozenset[str]],
    duplicates: NDArray[np.intp],
    level: float,
    n_random: int,
    n_groups: int,
    seed: int,
    classes: NDArray[np.intp] | None = None,
) -> list[tuple[str, NDArray[np.intp], NDArray[np.intp]]]:
    """Return the inner folds on which errors are measured.

    Parameters
    ----------
    X, elements, duplicates, level, n_random, n_groups, seed
        As in `learn_reliability`.
    classes : ndarray of int, shape (n_samples,), optional
        Class of each row: folds of random rows then hold the same share of each, and every fold leaves at least two
        classes to train on.

    Returns
    -------
    list of (str, ndarray of int, ndarray of int)
        "random folds" or "element groups", training rows, test rows.
    """
    n_parts = int(np.clip(n_random * len(X) * (1 - level) / FEWEST_BEYOND + 1e-9, n_random, max(n_random, N_PARTS)))
    n_parts = min(n_parts, len(np.unique(duplicates)))
    seed_of_random = item_seed(seed, "random")
    random: Any = RandomSplit(n_parts, random_state=seed_of_random)
    if classes is not None:
        # Curves and thresholds ask for many rows rather than for a model that lacks few.
        n_parts = min(max(n_random, FEWEST_CLASS_PARTS), len(np.unique(duplicates)), int(np.bincount(classes).max()))
        random = StratifiedSplit(n_parts, random_state=seed_of_random)
    by_element = ElementGroupSplit(n_groups, random_state=item_seed(seed, "element"))
    pairs = random.split(X, None if classes is None else classes.astype(str), groups=duplicates)
    plans = [(RANDOM, train, test) for train, test in islice(pairs, n_random)]
    if by_element.get_n_splits(groups=elements) >= 2:
        # Without an element that many different rows share, copies of one may be all that is left.
        groups = [(train, test) for train, test in by_element.split(X, groups=elements) if _differ(duplicates[train])]
        plans += [(ELEMENTS, train, test) for train, test in groups if len(groups) >= 2]
    if classes is None:
        return plans
    return [plan for plan in plans if len(np.unique(classes[plan[1]])) > 1]


def _differ(duplicates: NDArray[np.intp]) -> bool:
    return len(np.unique(duplicates)) > 1


@dataclass(frozen=True)
class _Part:
    """One inner fold."""

    kind: str
    number: int
    rows: NDArray[np.intp]
    errors: NDArray[np.float64]
    prediction: NDArray[np.float64]
    spread: NDArray[np.float64]
    seen: Assessment
    neighbors: NDArray[np.intp]

    def signs(self, y: NDArray[np.float64], errors: NDArray[np.float64]) -> NDArray[np.float64]:
        return _signs_of(self.seen.distance, y[self.neighbors], errors[self.neighbors], self.prediction, self.spread)


def _signs(
    seen: Assessment,
    targets: NDArray[np.float64],
    errors: NDArray[np.float64],
    prediction: NDArray[np.float64],
    spread: NDArray[np.float64],
) -> NDArray[np.float64]:
    return _signs_of(seen.distance, targets[seen.neighbors], errors[seen.neighbors], prediction, spread)


def _signs_of(
    distance: NDArray[np.float64],
    neighbor_targets: NDArray[np.float64],
    neighbor_errors: NDArray[np.float64],
    prediction: NDArray[np.float64],
    spread: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return signs in the order of `SIGNS`, shape (n_samples, 5)."""
    return np.column_stack([distance, neighbor_errors.mean(axis=1), neighbor_targets.std(axis=1), spread, prediction])


def predict_with_spread(model: Any, X: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return predictions and the standard deviation over members, NaN for a model without members."""
    if hasattr(model, "predict_with_spread"):
        prediction, spread = model.predict_with_spread(X)
        return np.asarray(prediction, dtype=float), np.asarray(spread, dtype=float)
    prediction = np.asarray(model.predict(X), dtype=float)
    return prediction, np.full(len(prediction), math.nan)


def limit_of(signs: NDArray[np.float64], errors: NDArray[np.float64]) -> float:
    """Return the lowest limit of a sign beyond which errors are `OUTSIDE_ERROR` times those within, on average."""
    order = np.argsort(signs, kind="stable")
    ordered, sums = signs[order], np.cumsum(errors[order])
    first, last = math.ceil(WITHIN_LIMITS * len(signs)), len(signs) - FEWEST_OUTSIDE
    for n_within in range(first, last + 1):
        if n_within < 1 or ordered[n_within - 1] == ordered[n_within]:
            continue
        within, beyond = sums[n_within - 1] / n_within, (sums[-1] - sums[n_within - 1]) / (len(signs) - n_within)
        if beyond >= OUTSIDE_ERROR * within and beyond > 0:
            return float(ordered[n_within - 1])
    return math.inf
