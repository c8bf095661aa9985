"""Error on seen and unseen rows as a model grows more complex."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.metrics import get_scorer
from sklearn.model_selection import validation_curve

from matterlearn.core.errors import ArgumentError, did_you_mean

_ERRORS: Final = {
    "neg_mean_squared_error": "mean squared error",
    "neg_root_mean_squared_error": "root mean squared error",
    "neg_mean_absolute_error": "mean absolute error",
    "neg_log_loss": "log loss",
    "neg_brier_score": "Brier score",
}


@dataclass(frozen=True)
class ComplexityCurve:
    """Error against a parameter.

    Attributes
    ----------
    parameter : str
        Name of the parameter.
    error : str
        What the numbers are: "mean squared error", "1 - accuracy" ...
    table : DataFrame
        One line per value, in the order given: `value`, `train`, `train_sd`, `test`, `test_sd`; means over the folds
        and standard deviations between them. Lower is better.
    folds : DataFrame
        One line per value and fold: `value`, `fold`, `train`, `test`.
    best : int
        Line of the lowest test error.
    one_se : int
        First line whose test error lies within one standard error of the lowest: the simplest model that is not
        clearly worse, if values are given from simple to complex.
    """

    parameter: str
    error: str
    table: pd.DataFrame
    folds: pd.DataFrame
    best: int
    one_se: int


def complexity_curve(
    estimator: Any,
    X: Any,
    y: ArrayLike,
    parameter: str,
    values: Sequence[Any],
    *,
    cv: Any = 5,
    scoring: str = "neg_mean_squared_error",
    groups: ArrayLike | None = None,
) -> ComplexityCurve:
    """Measure training and test error for each value of a parameter.

    The training error falls with complexity, always; the test error falls and rises again. Where both are high the
    model is too simple, where they part it is too complex.

    Parameters
    ----------
    estimator : estimator
        Model; cloned.
    X : sequence or table, shape (n_samples, ...)
        Whatever it takes.
    y : array-like, shape (n_samples,)
        Target.
    parameter : str
        Name of the parameter, as `set_params` takes it: "knn__n_neighbors".
    values : sequence
        Its values, from simple to complex.
    cv : int or splitter
        Folds, as scikit-learn means it: an int takes contiguous folds, stratified for classes. Rows in an order want
        `KFold(5, shuffle=True, random_state=0)`.
    scoring : str
        A name of scikit-learn's. Scores "neg_..." are turned into errors, others (accuracy, r2) into 1 less the score.
    groups : array-like, shape (n_samples,), optional
        For the splitter.

    Returns
    -------
    ComplexityCurve
        Errors by value.

    Raises
    ------
    ArgumentError
        If the estimator has no such parameter, there are no values, or a fold could not be scored.

    Examples
    --------
    >>> from sklearn.neighbors import KNeighborsRegressor
    >>> X = np.linspace(0, 1, 40)[:, None]
    >>> curve = complexity_curve(KNeighborsRegressor(), X[::-1], X[:, 0] ** 2, "n_neighbors", [20, 5, 1], cv=4)
    >>> curve.table["train"].round(4).tolist()[-1], curve.error
    (0.0, 'mean squared error')
    """
    known = estimator.get_params()
    if parameter not in known:
        raise ArgumentError(
            f"{type(estimator).__name__} has no parameter {parameter!r}",
            where="parameter",
            fix=did_you_mean(parameter, known),
        )
    if len(values) == 0:
        raise ArgumentError("at least one value is needed", where="values")
    get_scorer(scoring)  # says so where there is no such score
    scores = validation_curve(
        estimator, X, y, param_name=parameter, param_range=values, cv=cv, scoring=scoring, groups=groups
    )
    name, (train, test) = _as_errors(scoring, scores)  # each (n_values, n_folds)
    if not (np.isfinite(train).all() and np.isfinite(test).all()):
        raise ArgumentError(f"a fold has no {name}", where="cv", fix="take fewer folds, or another score")
    n_values, n_folds = test.shape
    plain = all(isinstance(value, Real) and not isinstance(value, bool) for value in values)
    column = pd.Series(list(values), dtype=None if plain else object)  # None, texts and widths stay what they are
    means, spread = test.mean(axis=1), _sd(test)
    best = int(means.argmin())
    table = pd.DataFrame(
        {
            "value": column,
            "train": train.mean(axis=1),
            "train_sd": _sd(train),
            "test": means,
            "test_sd": spread,
        }
    )
    folds = pd.DataFrame(
        {
            "value": column.repeat(n_folds).to_numpy(),
            "fold": np.tile(np.arange(n_folds), n_values),
            "train": train.ravel(),
            "test": test.ravel(),
        }
    )
    within = means <= means[best] + np.nan_to_num(spread[best]) / np.sqrt(n_folds)
    return ComplexityCurve(parameter, name, table, folds, best, int(within.argmax()))


def _as_errors(scoring: str, scores: Sequence[Any]) -> tuple[str, list[Any]]:
    if scoring.startswith("neg_"):
        # Minus 0 becomes 0.
        return _ERRORS.get(scoring, scoring.removeprefix("neg_").replace("_", " ")), [0.0 - score for score in scores]
    return f"1 - {scoring.replace('_', ' ')}", [1.0 - score for score in scores]


def _sd(values: Any) -> Any:
    """Return the standard deviation between folds; NaN for a single one."""
    return values.std(axis=1, ddof=1) if values.shape[1] > 1 else np.full(len(values), np.nan)
