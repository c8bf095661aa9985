"""The rules for estimators that learn from a batch of molecules, as checks that any of them can run."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import KFold, cross_val_predict

from matterlearn.core.errors import MatterlearnError

ROUNDING = 1e-9
"""Difference of predictions, over their spread, that may come from sums in another order."""


def check_batch_estimator(estimator: Any, batch: Any, y: ArrayLike) -> None:
    """Check that an estimator of batches keeps the rules, as scikit-learn's checks do for those of matrices.

    scikit-learn's own checks need numeric matrices; these take their place. They run on clones of the estimator and
    copies of the rows; what is passed stays as it was.

    - The constructor only stores its arguments, and `clone` makes an equal, unfitted estimator.
    - `predict` before `fit` raises `NotFittedError`; `fit` returns the estimator and leaves its arguments alone.
    - `fit` and `predict` do not change rows or targets.
    - Predictions are finite, one for each row, and tell rows apart.
    - Fitting twice, or after fitting something else, and predicting twice give the same bits.
    - A prediction does not depend on the other rows or on their order, up to rounding.
    - A list of the rows gives the same bits as the batch.
    - `cross_val_predict` takes the batch, and predicts as by hand.
    - Weights of 1 are no weights, and a row of weight 0 counts as left out, where `fit` takes weights.
    - Targets of another length, and no rows at all, raise a `ValueError`.
    - Pickling gives back the same estimator.

    Parameters
    ----------
    estimator : estimator
        A regressor or classifier, fitted or not, whose `random_state`, if it has one, is an int.
    batch : Conformers, or another batch with a length that can be indexed by rows
        At least eight rows that differ; two thirds of them must do for a fit.
    y : array-like, shape (n_samples,)
        Targets.

    Raises
    ------
    AssertionError
        If a rule is broken; the text says which, and where.

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> from matterlearn.chemistry.molecules import Conformers, MoleculeGraph
    >>> from matterlearn.models.augmentation import AugmentedRegressor
    >>> places = np.random.default_rng(0).normal(size=(12, 2, 3))
    >>> hydrogen = Conformers.of_one(MoleculeGraph((1, 1), ((0, 1, 1.0),)), places)
    >>> check_batch_estimator(AugmentedRegressor(Ridge(), random_state=0), hydrogen, np.arange(12.0))
    """
    target = np.asarray(y)
    if len(batch) < 8 or len(target) != len(batch):
        raise AssertionError(f"at least eight rows with targets are needed, got {len(batch)} and {len(target)}")
    for rule, check in _CHECKS.items():
        try:
            check(clone(estimator), deepcopy(batch), target.copy())
        except Exception as error:  # whatever an estimator raises where it should not is a broken rule
            what = str(error) if isinstance(error, AssertionError) else f"{type(error).__name__}: {error}"
            raise AssertionError(f"{type(estimator).__name__} breaks a rule, {rule}: {what}") from error


def _check_constructor(estimator: Any, batch: Any, y: NDArray[Any]) -> None:
    parameters = estimator.get_params(deep=False)
    rebuilt = type(estimator)(**parameters)
    for name, value in parameters.items():
        _require(getattr(rebuilt, name) is value, f"argument {name!r} is not stored as it was passed")
    extra = sorted(set(vars(rebuilt)) - set(parameters))
    _require(not extra, f"the constructor sets {', '.join(extra)}")
    _require(is_regressor(estimator) or is_classifier(estimator), "it says to be neither regressor nor classifier")


def _check_fit(estimator: Any, batch: Any, y: NDArray[Any]) -> None:
    _raises(NotFittedError, lambda: estimator.predict(batch), "predict before fit")
    before = estimator.get_params(deep=False)
    frozen = pickle.dumps(before)
    _require(estimator.fit(batch, y) is estimator, "fit returns something else")
    for name, value in estimator.get_params(deep=False).items():
        _require(before[name] is value, f"fit replaces the argument {name!r}")
    _require(pickle.dumps(before) == frozen, "fit changes an argument")
    _raises(NotFittedError, lambda: clone(estimator).predict(batch), "predict of the clone")


def _check_inputs_stay(estimator: Any, batch: Any, y: NDArray[Any]) -> None:
    rows, targets = _content(batch), y.copy()
    estimator.fit(batch, y).predict(batch)
    _require(_content(batch) == rows, "the rows change")
    _require(np.array_equal(y, targets), "the targets change")


def _check_predictions(estimator: Any, batch: Any, y: NDArray[Any]) -> None:
    found = estimator.fit(batch, y).predict(batch)
    _require(isinstance(found, np.ndarray) and found.shape == (len(batch),), "not one prediction for each row")
    _require(found.dtype.kind != "f" or bool(np.isfinite(found).all()), "a prediction is not finite")
    _require(len(np.unique(found)) > 1, "all rows get the same prediction")


def _check_repeats(estimator: Any, batch: Any, y: NDArray[Any]) -> None:
    first = estimator.fit(batch, y).predict(batch)
    _same(first, estimator.predict(batch), "predicting twice")
    _same(first, clone(estimator).fit(batch, y).predict(batch), "another fit of a clone")
    half = np.arange(len(batch)) % 3 > 0
    _same(first, estimator.fit(batch[half], y[half]).fit(batch, y).predict(batch), "a fit after another one")


def _check_rows(estimator: Any, batch: Any, y: NDArray[Any]) -> None:
    found = estimator.fit(batch, y).predict(batch)
    order = np.random.default_rng(0).permutation(len(batch))
    _close(found[order], estimator.predict(batch[order]), "another order of the rows")
    alone = np.concatenate([estimator.predict(batch[row : row + 1]) for row in range(len(batch))])
    _close(found, alone, "rows one by one")


def _check_list(estimator: Any, batch: Any, y: NDArray[Any]) -> None:
    found = estimator.fit(batch, y).predict(batch)
    rows = [batch[row] for row in range(len(batch))]
    _same(found, estimator.predict(rows), "a list of the rows in predict")
    _same(found, clone(estimator).fit(rows, list(y)).predict(rows), "a list of the rows in fit")


def _check_folds(estimator: Any, batch: Any, y: NDArray[Any]) -> None:
    folds = KFold(3)
    by_hand = np.empty_like(estimator.fit(batch, y).predict(batch))
    for known, new in folds.split(np.empty(len(batch))):
        by_hand[new] = clone(estimator).fit(batch[known], y[known]).predict(batch[new])
    _same(by_hand, cross_val_predict(estimator, batch, y, cv=folds), "cross_val_predict")


def _check_weights(estimator: Any, batch: Any, y: NDArray[Any]) -> None:
    try:
        weighted = clone(estimator).fit(batch, y, sample_weight=np.ones(len(y)))
    except (TypeError, MatterlearnError):  # it takes none, or what is within it takes none
        return
    _close(estimator.fit(batch, y).predict(batch), weighted.predict(batch), "weights of 1")
    weights = (np.arange(len(y)) % 4 > 0).astype(float)
    left = weights > 0
    without = clone(estimator).fit(batch[left], y[left]).predict(batch)
    _close(without, clone(estimator).fit(batch, y, sample_weight=weights).predict(batch), "weights of 0")


def _check_errors(estimator: Any, batch: Any, y: NDArray[Any]) -> None:
    _raises(ValueError, lambda: clone(estimator).fit(batch, y[:-1]), "fit with a target too few")
    _raises(ValueError, lambda: clone(estimator).fit(batch[:0], y[:0]), "fit without rows")
    estimator.fit(batch, y)
    _raises(ValueError, lambda: estimator.predict(batch[:0]), "predict without rows")


def _check_pickle(estimator: Any, batch: Any, y: NDArray[Any]) -> None:
    found = estimator.fit(batch, y).predict(batch)
    _same(found, pickle.loads(pickle.dumps(estimator)).predict(batch), "the pickled estimator")


_CHECKS: dict[str, Callable[[Any, Any, NDArray[Any]], None]] = {
    "the constructor only stores": _check_constructor,
    "fit and clone": _check_fit,
    "what is passed stays": _check_inputs_stay,
    "one finite prediction for each row": _check_predictions,
    "the same bits again": _check_repeats,
    "rows are independent": _check_rows,
    "list and batch are the same": _check_list,
    "cross-validation": _check_folds,
    "weights of rows": _check_weights,
    "errors": _check_errors,
    "pickle": _check_pickle,
}


def _content(batch: Any) -> bytes:
    return pickle.dumps([np.asarray(value) for value in vars(batch).values() if isinstance(value, np.ndarray)])


def _require(kept: Any, what: str) -> None:
    if not kept:
        raise AssertionError(what)


def _raises(kind: type[Exception], call: Callable[[], Any], what: str) -> None:
    try:
        call()
    except kind:
        return
    except Exception as error:
        raise AssertionError(f"{what} raises {type(error).__name__} ({error}), no {kind.__name__}") from error
    raise AssertionError(f"{what} raises nothing")


def _same(expected: Any, found: Any, what: str) -> None:
    _require(np.array_equal(expected, found), f"{what} gives other predictions")


def _close(expected: Any, found: Any, what: str) -> None:
    if np.asarray(expected).dtype.kind != "f":
        _same(expected, found, what)
        return
    tolerance = ROUNDING * max(float(np.ptp(expected)), float(np.abs(expected).max()))
    worst = float(np.abs(np.asarray(expected) - found).max())
    _require(worst <= tolerance, f"{what} changes predictions by {worst:.3g}, over {tolerance:.3g}")
