"""What a model says of structures, as one matrix, whatever the model is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from matterlearn.core.errors import ArgumentError

Method = Literal["predict", "predict_proba", "transform", "call"]
"""Which method of a model is audited."""

Kind = Literal["prediction", "probability", "class", "features"]
"""What comes out: one number, probabilities of classes, a class without probability, or several numbers."""


@dataclass(frozen=True, eq=False)
class Outputs:
    """What a model said of some structures.

    Parameters
    ----------
    values : ndarray, shape (n_rows, n_outputs)
        Float; labels (objects) of the kind "class".
    kind : Kind
        What they are.
    names : tuple of str, length n_outputs
        What each column is.
    labels : tuple of objects, length n_outputs
        Of probabilities: the classes as the model has them.
    """

    values: NDArray[Any]
    kind: Kind
    names: tuple[str, ...]
    labels: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Asked:
    """A model, and the method that is audited.

    Parameters
    ----------
    model : object
        The model.
    method : Method
        How it is asked.
    """

    model: Any
    method: Method

    def __call__(self, objects: Any, n_rows: int) -> Outputs:
        """Return what the model says.

        Raises
        ------
        ArgumentError
            If it is not one row of numbers, or one class, per structure.
        """
        function = self.model if self.method == "call" else getattr(self.model, self.method)
        values = _as_matrix(function(objects))
        if values.ndim != 2 or len(values) != n_rows or not values.shape[1]:
            shape = values.shape[:1] if values.ndim == 2 and values.shape[1] == 1 else values.shape
            raise ArgumentError(f"gave shape {shape} for {n_rows} structures", where="model", fix="one row for each")
        if self.method == "predict_proba":
            names = _names(self.model, "classes_", values.shape[1])
            classes = getattr(self.model, "classes_", None)
            labels = names if classes is None or len(classes) != len(names) else tuple(classes)
            return Outputs(values.astype(np.float64), "probability", names, labels)
        if _is_class(self, values):
            return Outputs(values.astype(object), "class", ("class",))
        numbers = values.astype(np.float64)
        if self.method == "transform" or numbers.shape[1] > 1:
            names = _names(self.model, "get_feature_names_out" if self.method == "transform" else "", numbers.shape[1])
            return Outputs(numbers, "features", names)
        return Outputs(numbers, "prediction", ("prediction",))


def how_to_ask(model: Any, method: str | None) -> Asked:
    """Return how a model is asked.

    Parameters
    ----------
    model : object
        With `predict_proba`, `predict` or `transform`, or a callable.
    method : Method, optional
        Which of them; None for the first it has, in this order. Probabilities of regressors are no such method.

    Returns
    -------
    Asked

    Raises
    ------
    ArgumentError
        If it has none of them.

    Examples
    --------
    >>> how_to_ask(len, None).method
    'call'
    """
    if method is not None:
        if method not in get_args(Method):
            raise ArgumentError(f"{method!r} is unknown", where="method", fix=f"one of {', '.join(get_args(Method))}")
        if not (callable(model) if method == "call" else hasattr(model, method)):
            raise ArgumentError(f"a {type(model).__name__} has no {method}", where="method")
        known: Method = next(name for name in get_args(Method) if name == method)
        return Asked(model, known)
    found: Method
    for found in ("predict_proba", "predict", "transform"):
        if hasattr(model, found):
            return Asked(model, found)
    if callable(model):
        return Asked(model, "call")
    raise ArgumentError(
        f"a {type(model).__name__} has neither predict nor transform and cannot be called", where="model"
    )


def _as_matrix(values: Any) -> NDArray[Any]:
    if hasattr(values, "toarray"):
        values = values.toarray()
    array = np.asarray(values)
    return array[:, None] if array.ndim == 1 else array


def _is_class(asked: Asked, values: NDArray[Any]) -> bool:
    if values.shape[1] > 1 or asked.method not in ("predict", "call"):
        return False
    return values.dtype.kind not in "iuf" or (asked.method == "predict" and hasattr(asked.model, "classes_"))


def _names(model: Any, attribute: str, n: int) -> tuple[str, ...]:
    found: Any = getattr(model, attribute, None) if attribute else None
    try:
        given: Sequence[Any] = found() if callable(found) else found
        names = tuple(str(name) for name in given)
    # A pipeline without names of features raises what its steps raise; numbers then do.
    except (TypeError, ValueError, AttributeError):
        names = ()
    return names if len(names) == n else tuple(f"output {k}" for k in range(n))
