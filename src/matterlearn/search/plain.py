"""One configuration on one fold: clone, fit, score."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from sklearn.compose import TransformedTargetRegressor
from sklearn.pipeline import Pipeline

from matterlearn.core.errors import TrainingError
from matterlearn.models.weighting import fit_weighted
from matterlearn.search.stacked import network_path
from matterlearn.search.task import Configuration, FoldScore, Task


def fit_and_score(task: Task, configuration: Configuration, fold: int) -> FoldScore:
    """Fit an estimator on the training rows of a fold and score it on its test rows.

    Parameters
    ----------
    task : Task
        Estimator, rows and folds.
    configuration : mapping of str to object
        Parameters to set.
    fold : int
        Number of the fold.

    Returns
    -------
    FoldScore
        With an error and NaN where the numbers of training ran away. Other errors are raised: a parameter that
        cannot be used is no result.
    """
    train, test = task.folds[fold]
    X, y, weights = task.rows(train)
    model = task.configured(configuration, "fold", fold)
    start = time.perf_counter()
    try:
        fit_weighted(model, X, y, weights)
    except NUMERICAL as error:
        return FoldScore(np.nan, time.perf_counter() - start, error=str(error) or type(error).__name__)
    seconds = time.perf_counter() - start
    X, y, weights = task.rows(test)
    network = _network_of(model)
    return FoldScore(
        task.scoring(model, X, y, weights),
        seconds,
        loss=curve_of(network, "loss_curve_"),
        validation=curve_of(network, "validation_curve_"),
    )


NUMERICAL = (TrainingError, np.linalg.LinAlgError, ArithmeticError)
"""What may happen to a configuration that is merely bad."""


def curve_of(network: Any, name: str) -> tuple[float, ...] | None:
    """Return a curve of a fitted network; None where there is none."""
    curve = getattr(network, name, None)
    return None if curve is None else tuple(float(value) for value in curve)


def _network_of(model: Any) -> Any:
    """Return the fitted network at the end of a model, if one is there."""
    if network_path(model) is None:
        return None
    while isinstance(model, Pipeline | TransformedTargetRegressor):
        model = model.steps[-1][1] if isinstance(model, Pipeline) else model.regressor_
    return model
