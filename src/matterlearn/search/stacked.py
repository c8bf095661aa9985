"""Networks of all configurations and folds, trained together.

Where everything that varies belongs to the network at the end of an estimator, what stands before it (features,
scaling, and the scaling of the target) is the same for all configurations: it is fitted once on the training rows of
each fold. The networks of all configurations and folds are then trained as one.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, RegressorMixin, clone, is_classifier
from sklearn.compose import TransformedTargetRegressor
from sklearn.pipeline import Pipeline
from sklearn.utils import _safe_indexing

from matterlearn.core.errors import TrainingError
from matterlearn.search.task import Configuration, FoldScore, Task

MOST = 512
"""Networks that are kept in memory at once, unless a single configuration has more folds."""


def network_path(estimator: Any) -> tuple[str, ...] | None:
    """Return where the network at the end of an estimator is; None if there is none.

    Parameters
    ----------
    estimator : estimator
        A network of ours, a pipeline that ends in one, a scaled target around either, or pipelines that end in those.

    Returns
    -------
    tuple of str or None
        Names of the parts that lead to it, as in the names of its parameters.

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from matterlearn.models.networks import MLPRegressor
    >>> network_path(make_pipeline(StandardScaler(), MLPRegressor())), network_path(Ridge())
    (('mlpregressor',), None)
    """
    if isinstance(estimator, Pipeline):
        name, last = estimator.steps[-1]
        path = network_path(last)
        return None if path is None else (name, *path)
    if isinstance(estimator, TransformedTargetRegressor):
        path = network_path(estimator.regressor)
        return None if path is None else ("regressor", *path)
    return () if _is_network(estimator) else None


def can_stack(estimator: Any, names: Sequence[str]) -> bool:
    """Tell whether everything that varies belongs to the network at the end of an estimator.

    Parameters
    ----------
    estimator : estimator
        What is searched.
    names : sequence of str
        Names of the varied parameters.

    Examples
    --------
    >>> from matterlearn.models.networks import MLPRegressor
    >>> can_stack(MLPRegressor(), ["learning_rate"])
    True
    """
    path = network_path(estimator)
    if path is None:
        return False
    prefix = "".join(f"{part}__" for part in path)
    return all(name.startswith(prefix) for name in names)


class StackedFolds:
    """The folds of a task, ready for networks: what stands before them is fitted once per fold.

    Parameters
    ----------
    task : Task
        Its estimator must end in a network.
    """

    def __init__(self, task: Task) -> None:
        self.task = task
        self._prefix = "".join(f"{part}__" for part in network_path(task.estimator) or ())
        self._sides: list[_Side] = []

    def scores(
        self,
        configurations: Sequence[Configuration],
        done: Callable[[int, int, FoldScore], None],
        trained: Callable[[int], object] = int,
    ) -> list[list[FoldScore]]:
        """Train the networks of all configurations and folds together, and score them.

        Parameters
        ----------
        configurations : sequence of mapping
            Parameters to set; all belong to the network.
        done : callable
            Called with the position of the configuration, the number of the fold and the score.
        trained : callable
            Called with the number of networks that have just been trained.

        Returns
        -------
        list of list of FoldScore
            One list per configuration, with one entry per fold.
        """
        if not self._sides:
            self._sides = [_side(self.task, fold) for fold in range(len(self.task.folds))]
        at_once = max(1, MOST // len(self._sides))
        found: list[list[FoldScore]] = []
        for first in range(0, len(configurations), at_once):
            found += self._together(configurations[first : first + at_once], first, done, trained)
        return found

    def _together(
        self,
        configurations: Sequence[Configuration],
        first: int,
        done: Callable[[int, int, FoldScore], None],
        trained: Callable[[int], object],
    ) -> list[list[FoldScore]]:
        from matterlearn.models.networks import fit_networks

        networks, data = [], []
        for configuration in configurations:
            own = {name.removeprefix(self._prefix): value for name, value in configuration.items()}
            for side in self._sides:
                network = clone(side.network).set_params(**own)
                networks.append(network)
                data.append(side.rows(network))
        start = time.perf_counter()
        fitted = fit_networks(networks, data, done=trained)
        seconds = (time.perf_counter() - start) / len(networks)
        found = []
        for k in range(len(configurations)):
            scores = []
            for fold, side in enumerate(self._sides):
                scores.append(side.score(fitted[k * len(self._sides) + fold], self.task, seconds))
                done(first + k, fold, scores[-1])
            found.append(scores)
        return found


@dataclass(frozen=True, eq=False)
class _Side:
    """One fold as a network sees it."""

    network: Any  # unfitted, seeded for this fold
    train: tuple[Any, Any, NDArray[np.float64] | None]  # rows, target, weights: transformed
    test: tuple[Any, Any, NDArray[np.float64] | None]  # rows transformed, target as it was
    watched: tuple[Any, Any]  # rows and target of the test rows, both transformed
    whole: Callable[[Any], Any]  # a fitted network -> what predicts the target from transformed rows

    def rows(self, network: Any) -> Any:
        """Return what a network is fitted on."""
        from matterlearn.models.networks import Rows

        # Early stopping must not look at the rows that the score is computed on, and a share of the training rows that
        # the network keeps for its curve is what was asked for. Otherwise the test rows are watched, to no effect.
        free = network.patience is None and not network.validation_fraction and self._all_known()
        X, y, weights = self.train
        return Rows(X, y, weights, self.watched if free else None)

    def score(self, network: Any, task: Task, seconds: float) -> FoldScore:
        """Return the score of a fitted network, or what went wrong with it."""
        if isinstance(network, TrainingError):
            return FoldScore(np.nan, seconds, error=str(network))
        X, y, weights = self.test
        curves = [getattr(network, name) for name in ("loss_curve_", "validation_curve_")]
        loss, validation = (None if curve is None else tuple(map(float, curve)) for curve in curves)
        return FoldScore(task.scoring(self.whole(network), X, y, weights), seconds, loss=loss, validation=validation)

    def _all_known(self) -> bool:
        """Return whether the network can say what its loss on the test rows is.

        Not for a class that it has never seen, or for a target that has no logarithm.
        """
        y = np.asarray(self.watched[1])
        if is_classifier(self.network):
            return set(y.tolist()) <= set(np.asarray(self.train[1]).tolist())
        return y.dtype.kind not in "fc" or bool(np.isfinite(y).all())


def _side(task: Task, fold: int) -> _Side:
    train, test = task.folds[fold]
    X, y, weights = task.rows(train)
    if weights is not None:
        if np.all(weights == 1):  # the same as none, as `fit_weighted` has it
            weights = None
        elif not weights.all():  # these rows are seen by nothing
            used = np.flatnonzero(weights)
            X, y, weights = _safe_indexing(X, used), _safe_indexing(y, used), weights[used]
    X_test, y_test, test_weights = task.rows(test)
    found = _peel(task.configured({}, "fold", fold), X, y, X_test, y_test)
    return _Side(
        found.network,
        (found.X, found.y, weights),
        (found.X_test, y_test, test_weights),
        (found.X_test, found.y_test),
        found.whole,
    )


@dataclass(frozen=True, eq=False)
class _Peeled:
    network: Any
    X: Any
    y: Any
    X_test: Any
    y_test: Any
    whole: Callable[[Any], Any]


def _peel(estimator: Any, X: Any, y: Any, X_test: Any, y_test: Any) -> _Peeled:
    """Fit what stands before a network, layer by layer, and transform rows and targets by it."""
    if isinstance(estimator, Pipeline):
        if len(estimator.steps) > 1:
            before = estimator[:-1]
            X = before.fit_transform(X, y)
            X_test = before.transform(X_test)
        return _peel(estimator.steps[-1][1], X, y, X_test, y_test)
    if isinstance(estimator, TransformedTargetRegressor):
        scaled = clone(estimator).set_params(regressor=_Given())
        scaled.fit(X, y)
        target = np.asarray(y_test, dtype=np.float64)
        watched = scaled.transformer_.transform(target.reshape(len(target), -1))
        inner = _peel(estimator.regressor, X, scaled.regressor_.y_, X_test, np.asarray(watched).reshape(target.shape))
        return _Peeled(
            inner.network, inner.X, inner.y, inner.X_test, inner.y_test, lambda network: _with(scaled, inner, network)
        )
    return _Peeled(estimator, X, y, X_test, y_test, lambda network: network)


def _with(scaled: Any, inner: _Peeled, network: Any) -> Any:
    """Return a fitted scaled target around a network that takes transformed rows."""
    whole = copy.copy(scaled)
    whole.regressor_ = inner.whole(network)
    return whole


class _Given(RegressorMixin, BaseEstimator):
    """In the place of a network: keeps the target that it would have been given."""

    def fit(self, X: Any, y: Any) -> Any:
        self.y_ = y
        return self

    def predict(self, X: Any) -> Any:
        return np.zeros(len(X))


def _is_network(estimator: Any) -> bool:
    if not type(estimator).__module__.startswith("matterlearn.models.networks"):  # most are not: torch stays unloaded
        return False
    from matterlearn.models.networks import MLPClassifier, MLPRegressor

    return type(estimator) in (MLPClassifier, MLPRegressor)
