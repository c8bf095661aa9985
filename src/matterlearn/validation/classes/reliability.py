"""How far the probabilities of a classifier can be believed, what it decides, and when it refuses."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import clone

from matterlearn.core.parallel import item_seed
from matterlearn.models.class_blend import class_probabilities
from matterlearn.models.decisions.calibration import ProbabilityCalibrator
from matterlearn.models.decisions.priors import class_shares, shift_priors
from matterlearn.models.decisions.rejection import Theta, theta_for_error
from matterlearn.models.decisions.sets import ConformalSets
from matterlearn.models.decisions.thresholds import class_costs, decide, threshold_for_cost
from matterlearn.models.weighting import fit_weighted
from matterlearn.validation.conformal import ELEMENTS, RANDOM
from matterlearn.validation.domain import Domain, far_from_training
from matterlearn.validation.reliability import calibration_folds, limit_of

N_CROSS = 5
"""Parts in which calibration rows are dealt, so that what is chosen after calibration sees rows new to it."""

FEWEST_UNSEEN = 30
"""Rows with unseen elements below which their probabilities are calibrated like those of other rows."""


@dataclass(frozen=True)
class Decision:
    """What a user wants of decisions.

    Attributes
    ----------
    costs : mapping of str to float, "balanced" or None
        Cost of missing a row of each class; 1 each by default.
    error_rate : float
        Share of wrong answers that the model may give; it refuses to answer the rest.
    positive : str or None
        Which of two classes is looked for; guessed from the labels by default.
    """

    costs: Mapping[str, float] | str | None = None
    error_rate: float = 0.1
    positive: str | None = None


@dataclass(frozen=True)
class ClassVerdict:
    """What is known about predictions; arrays have shape (n_samples,) or (n_samples, n_classes).

    Attributes
    ----------
    probabilities, raw : ndarray of float, shape (n_samples, n_classes)
        After and before calibration.
    decided : ndarray of int, shape (n_samples,)
        Position of the class decided for.
    confidence : ndarray of float, shape (n_samples,)
        Its probability.
    level_needed : ndarray of float, shape (n_samples, n_classes)
        Smallest level whose prediction set holds the class.
    calibrated_on : ndarray of object, shape (n_samples,)
        Errors that calibrated the row.
    distance : ndarray of float, shape (n_samples,)
        Distance to the training rows; 1 is what 95 % of them have to each other.
    inside : ndarray of bool, shape (n_samples,)
        Whether the row lies in the domain.
    rejected : ndarray of bool, shape (n_samples,)
        Whether no answer is given: outside of the domain, or not sure enough.
    reasons : list of str
        Why a row is refused, empty if it is not.
    """

    probabilities: NDArray[np.float64]
    raw: NDArray[np.float64]
    decided: NDArray[np.intp]
    confidence: NDArray[np.float64]
    level_needed: NDArray[np.float64]
    calibrated_on: NDArray[np.object_]
    distance: NDArray[np.float64]
    inside: NDArray[np.bool_]
    rejected: NDArray[np.bool_]
    reasons: list[str]


@dataclass(frozen=True, eq=False)
class ClassReliability:
    """What a classifier's probabilities on rows it had not seen tell about a new prediction.

    Attributes
    ----------
    domain : Domain
        What the training rows hold, and distances to them.
    calibrators : mapping of str to ProbabilityCalibrator
        From raw probabilities to calibrated ones: on "random folds" and, where elements could be left out, on "element
        groups", for rows with an element that training does not hold.
    sets : mapping of str to ConformalSets
        Prediction sets, the same way.
    class_weights : ndarray of float, shape (n_classes,)
        Factors on the probabilities in deciding; they stand for costs.
    theta : Theta
        Confidence below which no answer is given.
    priors : ndarray of float, shape (n_classes,)
        Shares of the classes among the training rows.
    most_distant : float
        Largest distance that is inside.
    level : float
        Of the prediction sets.
    error_rate : float
        What theta promises.
    """

    domain: Domain
    calibrators: Mapping[str, ProbabilityCalibrator]
    sets: Mapping[str, ConformalSets]
    class_weights: NDArray[np.float64]
    theta: Theta
    priors: NDArray[np.float64]
    most_distant: float
    level: float = 0.9
    error_rate: float = 0.1
    expected: Mapping[str, float] = field(default_factory=dict)

    def judge(
        self,
        X: pd.DataFrame,
        elements: Sequence[Collection[str]],
        raw: NDArray[np.float64],
        *,
        priors: NDArray[np.float64] | None = None,
    ) -> ClassVerdict:
        """Judge predictions.

        Parameters
        ----------
        X : DataFrame, shape (n_samples, n_inputs)
            Rows; at least one.
        elements : sequence of collections of str, shape (n_samples,)
            Elements of each row.
        raw : ndarray of float, shape (n_samples, n_classes)
            Probabilities by the model.
        priors : ndarray of float, shape (n_classes,), optional
            Shares of the classes where the rows come from, if they differ from those in training. Probabilities and
            decisions follow (Bayes' rule); prediction sets that hold class by class do not depend on shares.

        Returns
        -------
        ClassVerdict
            In the order of the rows.
        """
        seen = self.domain.assess(X, elements)
        used = np.where(seen.novel & (ELEMENTS in self.calibrators), ELEMENTS, RANDOM).astype(object)
        trained, level_needed = np.empty_like(raw), np.empty_like(raw)
        for kind, calibrator in self.calibrators.items():
            rows = used == kind
            if rows.any():
                trained[rows] = calibrator.transform(raw[rows])
                level_needed[rows] = self.sets[kind].level_needed(trained[rows])
        probabilities = trained if priors is None else shift_priors(trained, self.priors, priors)
        decided = decide(probabilities, self.class_weights)
        confidence = probabilities[np.arange(len(decided)), decided]
        outside = [
            unseen or ("" if distance <= self.most_distant else far_from_training(float(distance)))
            for unseen, distance in zip(seen.unseen, seen.distance, strict=True)
        ]
        sure = confidence >= self.theta.theta
        reasons = [
            reason or ("" if answered else self._not_sure(float(share), shifted=priors is not None))
            for reason, answered, share in zip(outside, sure, confidence, strict=True)
        ]
        inside = np.array([not reason for reason in outside], dtype=bool)
        return ClassVerdict(
            probabilities=probabilities,
            raw=raw,
            decided=decided,
            confidence=confidence,
            level_needed=level_needed,
            calibrated_on=used,
            distance=seen.distance,
            inside=inside,
            rejected=~inside | ~sure,
            reasons=reasons,
        )

    def without(
        self,
        X: pd.DataFrame,
        codes: NDArray[np.intp],
        elements: Sequence[Collection[str]],
        *,
        features: Any,
        kinds: Mapping[str, str],
        seed: int,
    ) -> ClassReliability:
        """Return the same expectations for a model that knows only the given rows: nothing is calibrated again."""
        domain = Domain(features, kinds, random_state=item_seed(seed, "domain"))
        return replace(self, domain=domain.fit(X, indicators(codes, len(self.priors)), elements))

    def facts(self) -> dict[str, Any]:
        """Return what sets probabilities, decisions and refusals, as plain values."""
        binary = len(self.class_weights) == 2
        return {
            "calibrated_on": {name: len(_scores_of(sets)) for name, sets in self.sets.items()},
            "calibration": {name: calibrator.method_ for name, calibrator in self.calibrators.items()},
            "sets_by_class": {name: sets.by_class for name, sets in self.sets.items()},
            "class_weights": self.class_weights.tolist(),
            # Of the second class; the report turns it round where the first is the positive one.
            "threshold": float(self.class_weights[0] / self.class_weights.sum()) if binary else None,
            "theta": self.theta.theta if math.isfinite(self.theta.theta) else None,
            "theta_coverage": self.theta.coverage,
            "theta_promised": self.theta.promised,
            "error_rate": self.error_rate,
            "priors": self.priors.tolist(),
            "most_distant": self.most_distant if math.isfinite(self.most_distant) else None,
            **self.expected,
        }

    def _not_sure(self, confidence: float, *, shifted: bool) -> str:
        if not self.theta.promised:
            return f"no threshold promises at most {self.error_rate:.0%} wrong answers: too few are right"
        if shifted:
            return (
                f"probability {confidence:.2f} below {self.theta.theta:.2f}, the threshold for the shares in training"
            )
        return (
            f"probability {confidence:.2f} below {self.theta.theta:.2f}, from where on at most {self.error_rate:.0%} "
            "of the answers are wrong"
        )


def learn_class_reliability(
    model: Any,
    X: pd.DataFrame,
    codes: NDArray[np.intp],
    *,
    classes: Sequence[str],
    elements: Sequence[frozenset[str]],
    duplicates: NDArray[np.intp],
    features: Any,
    kinds: Mapping[str, str],
    decision: Decision,
    weight: NDArray[np.float64] | None = None,
    level: float = 0.9,
    n_random: int = 5,
    n_groups: int = 5,
    seed: int = 0,
) -> ClassReliability:
    """Measure a classifier's probabilities on rows and elements left out of its training rows.

    Probabilities are calibrated on the rows of the inner folds. Threshold, theta and prediction sets are then chosen on
    probabilities that calibrators of other rows gave, five parts in turn.

    Parameters
    ----------
    model : estimator
        Classifier; cloned and fitted on each inner fold.
    X : DataFrame, shape (n_samples, n_inputs)
        Training rows.
    codes : ndarray of int, shape (n_samples,)
        Positions of their classes.
    classes : sequence of str
        Labels.
    elements : sequence of frozenset of str, shape (n_samples,)
        Elements of each row.
    duplicates : ndarray of int, shape (n_samples,)
        Duplicate group of each row.
    features : transformer
        Descriptors in which distances are measured.
    kinds : mapping of str to str
        Kinds of the input columns.
    decision : Decision
        Costs and the error rate that is wanted.
    weight : ndarray of float, shape (n_samples,), optional
        Weights of the rows; those with weight 0 count for nothing here.
    level, n_random, n_groups, seed
        As in `matterlearn.validation.reliability.learn_reliability`.

    Returns
    -------
    ClassReliability
        For predictions of the model fitted on all of the rows.
    """
    if weight is not None and not weight.all():
        used = np.flatnonzero(weight)
        X, codes, weight, duplicates = X.iloc[used], codes[used], weight[used], duplicates[used]
        elements = [elements[int(i)] for i in used]
    weights = np.ones(len(codes)) if weight is None else weight
    n_classes = len(classes)
    columns = indicators(codes, n_classes)
    plans = calibration_folds(
        X,
        elements=elements,
        duplicates=duplicates,
        level=level,
        n_random=n_random,
        n_groups=n_groups,
        seed=seed,
        classes=codes,
    )
    kind_of, rows_of, raw_of, distance_of = [], [], [], []
    for number, (kind, train, test) in enumerate(plans):
        fitted = fit_weighted(clone(model), X.iloc[train], codes[train], None if weight is None else weight[train])
        domain = Domain(features, random_state=item_seed(seed, "domain", number))
        domain.fit(X.iloc[train], columns[train], [elements[i] for i in train])
        distance_of.append(domain.assess(X.iloc[test], [elements[i] for i in test]).distance)
        raw_of.append(class_probabilities(fitted, X.iloc[test], np.arange(n_classes)))
        kind_of.append(np.full(len(test), kind, dtype=object))
        rows_of.append(test)
    kinds_of_row, rows, distance = np.concatenate(kind_of), np.concatenate(rows_of), np.concatenate(distance_of)
    raw = np.concatenate(raw_of)

    calibrators, sets = {}, {}
    calibrated = np.empty_like(raw)
    for kind in dict.fromkeys(kinds_of_row):
        part = np.flatnonzero(kinds_of_row == kind)
        if kind != RANDOM and len(part) < FEWEST_UNSEEN:
            continue
        truth, of_part = codes[rows[part]], weights[rows[part]]
        calibrators[str(kind)] = ProbabilityCalibrator().fit(raw[part], truth, of_part)
        calibrated[part] = _cross_calibrated(raw[part], truth, of_part, rows[part])
        sets[str(kind)] = ConformalSets.fit(calibrated[part], truth, of_part)
    usual = np.flatnonzero(kinds_of_row == RANDOM)
    found, truth, of_usual = calibrated[usual], codes[rows[usual]], weights[rows[usual]]
    priors = _shares(codes, n_classes, weights)
    class_weights = _class_weights(found, truth, class_costs(decision.costs, classes, priors), of_usual)
    decided = decide(found, class_weights)
    right = decided == truth
    confidence = found[np.arange(len(found)), decided]
    theta = theta_for_error(right, confidence, decision.error_rate, of_usual)
    error = 1.0 - raw[usual, truth]
    domain = Domain(features, kinds, random_state=item_seed(seed, "domain")).fit(X, columns, elements)
    return ClassReliability(
        domain=domain,
        calibrators=calibrators,
        sets=sets,
        class_weights=class_weights,
        theta=theta,
        priors=priors,
        most_distant=min(limit_of(distance[usual], error), max(float(distance.max()), 1.0)),
        level=level,
        error_rate=decision.error_rate,
        expected={"inner_error": float(np.average(~right, weights=of_usual))},
    )


def indicators(codes: NDArray[np.intp], n_classes: int) -> NDArray[np.float64]:
    """Return one column of ones and zeros for each class, shape (n_samples, n_classes).

    Examples
    --------
    >>> indicators(np.array([0, 2]), 3).tolist()
    [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]
    """
    return np.eye(n_classes)[codes]


def _cross_calibrated(
    raw: NDArray[np.float64], codes: NDArray[np.intp], weights: NDArray[np.float64], rows: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Return calibrated probabilities of rows that their calibrator has not seen."""
    part = np.searchsorted(np.unique(rows), rows) % N_CROSS  # a row that was tested twice lies in one part
    calibrated = np.empty_like(raw)
    for k in range(N_CROSS):
        test = part == k
        if not test.any():
            continue
        train = ~test if (~test).any() else test
        calibrated[test] = ProbabilityCalibrator().fit(raw[train], codes[train], weights[train]).transform(raw[test])
    return calibrated


def _class_weights(
    P: NDArray[np.float64], codes: NDArray[np.intp], costs: NDArray[np.float64], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the factors on the probabilities by which costs are least.

    With calibrated probabilities they are the costs themselves (Bayes). Between two classes another threshold is taken
    where it would have cost clearly less: by more than two standard errors of the difference, row by row.
    """
    if len(costs) != 2:
        return costs
    is_second = codes == 1
    usual = costs[0] / costs.sum()
    best = threshold_for_cost(is_second, P[:, 1], costs[1], costs[0], weights)
    if not 0 < best < 1:
        return costs
    paid = [costs[codes] * ((P[:, 1] >= threshold) != is_second) * weights for threshold in (usual, best)]
    difference = paid[0] - paid[1]
    if difference.mean() <= 2 * difference.std() / math.sqrt(len(difference)):
        return costs
    return np.array([best, 1.0 - best])


def _shares(codes: NDArray[np.intp], n_classes: int, weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the shares of the classes; one that is missing here counts as half a row."""
    shares = np.maximum(class_shares(codes, n_classes, weights), 0.5 / len(codes))
    return np.asarray(shares / shares.sum())


def _scores_of(sets: ConformalSets) -> NDArray[np.float64]:
    return np.concatenate([values for values, _ in sets.scores])
