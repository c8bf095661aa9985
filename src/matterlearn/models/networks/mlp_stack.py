"""Many networks that are trained and asked as one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, is_classifier
from sklearn.utils import _safe_indexing
from sklearn.utils.validation import check_is_fitted

from matterlearn.core.errors import ArgumentError, TrainingError
from matterlearn.models.networks.base import NetworkEstimator
from matterlearn.models.networks.job import Rows


class MLPStack(BaseEstimator):
    """Train networks that differ in whatever they like in one batched program.

    Each comes out as if it had been fitted alone with its `random_state`, up to rounding: to 1e-10 in float64. In
    float32 the rounding of Adam's first steps grows, and weights may differ by 1e-2 after many epochs; that is as true
    for one network on two machines.

    Parameters
    ----------
    networks : sequence of MLPRegressor or MLPClassifier
        They may differ in `random_state`, `learning_rate`, `weight_decay`, `dropout`, `epochs`, `patience`, and in the
        rows and targets they get, and are still one program. Those that differ in `hidden_widths`, `activation`,
        `optimizer`, `momentum`, `loss`, `batch_size` or `precision` become one program for each.
    device : str
        "auto" is a GPU where there is one.
    memory : int or None
        Bytes that a program may take; a larger one is split. None: 256 MB on a processor, half of a GPU. What still
        does not fit on a GPU is split further by itself.

    Attributes
    ----------
    networks_ : list of estimator or None
        The fitted networks; None where training failed.
    failures_ : dict of int to TrainingError
        What went wrong, by position.

    Examples
    --------
    >>> from matterlearn.models.networks import MLPRegressor
    >>> X = np.linspace(-1, 1, 48)[:, None]
    >>> y = X[:, 0] ** 2
    >>> rates = [MLPRegressor((16,), learning_rate=rate, epochs=5, random_state=0) for rate in (1e-1, 1e-3)]
    >>> MLPStack(rates, device="cpu").fit(X, y).predict(X).shape
    (2, 48)
    """

    __module__ = "matterlearn.models.networks.mlp_stack"

    def __init__(self, networks: Sequence[NetworkEstimator], device: str = "auto", memory: int | None = None) -> None:
        self.networks = networks
        self.device = device
        self.memory = memory

    def fit(
        self,
        X: Any,
        y: Any,
        *,
        rows: Sequence[Any] | None = None,
        sample_weight: Any = None,
        validation: Sequence[tuple[Any, Any] | None] | None = None,
    ) -> Self:
        """Train all networks.

        Parameters
        ----------
        X : array-like of float, shape (n_samples, n_features), or list of them
            Features; a list has one array for each network, of as many features.
        y : array-like, shape (n_samples,), or list of them
            Target; a list has one for each network.
        rows : sequence of array of int, optional
            For each network the rows it learns from. All if None.
        sample_weight : array-like of float, shape (n_samples,), or list of them, optional
            Weights of the rows.
        validation : sequence of (X, y), optional
            For each network rows that are only watched.

        Returns
        -------
        MLPStack
            Itself.

        Raises
        ------
        ArgumentError
            If `networks` is no list of networks, a list has another length, or `memory` is no positive number.
        """
        if not isinstance(self.networks, Sequence) or not self.networks:
            raise ArgumentError(f"needs a list of at least one, got {self.networks!r}", where="networks")
        if self.memory is not None and self.memory <= 0:
            raise ArgumentError(f"must be a positive number of bytes, got {self.memory}", where="memory")
        count = len(self.networks)
        columns = [
            _each(values, count, name) for name, values in (("X", X), ("y", y), ("sample_weight", sample_weight))
        ]
        chosen = [None] * count if rows is None else _of_length(rows, count, "rows")
        watched = [None] * count if validation is None else _of_length(validation, count, "validation")
        parts: dict[tuple[int, int], Any] = {}

        def part(values: Any, index: Any) -> Any:
            if values is None or index is None:
                return values
            return parts.setdefault((id(values), id(index)), _safe_indexing(values, index))

        data = [
            Rows(part(X_k, index), part(y_k, index), part(weights, index), other)
            for X_k, y_k, weights, index, other in zip(*columns, chosen, watched, strict=True)
        ]
        from matterlearn.models.networks.fitting import fit_networks  # torch, which prediction does without

        fitted = fit_networks(self.networks, data, device=self.device, memory=self.memory)
        self.failures_ = {k: found for k, found in enumerate(fitted) if isinstance(found, TrainingError)}
        self.networks_ = [None if k in self.failures_ else found for k, found in enumerate(fitted)]
        return self

    def predict(self, X: Any) -> NDArray[Any]:
        """Return what each network predicts.

        Parameters
        ----------
        X : array-like of float, shape (n_samples, n_features)
            Features.

        Returns
        -------
        ndarray, shape (n_networks, n_samples)
            Predictions; NaN for a regressor whose training failed.

        Raises
        ------
        TrainingError
            If the training of a classifier failed, which has no such value.
        ArgumentError
            If some networks predict numbers and others classes.
        """
        check_is_fitted(self)
        if len({is_classifier(network) for network in self.networks}) > 1:
            raise ArgumentError(
                "some predict numbers and others classes", where="networks", fix="ask those in `networks_` themselves"
            )
        n_samples = len(X)
        lines = []
        for k, network in enumerate(self.networks_):
            if network is None and is_classifier(self.networks[k]):
                raise self.failures_[k]
            lines.append(np.full(n_samples, np.nan) if network is None else network.predict(X))
        return np.stack(lines)


def _each(values: Any, count: int, name: str) -> list[Any]:
    """Return one array per network: a list of arrays is one each, anything else is for all."""
    if isinstance(values, list) and values and np.ndim(values[0]) >= (2 if name == "X" else 1):
        return _of_length(values, count, name)
    return [values] * count


def _of_length(values: Sequence[Any], count: int, name: str) -> list[Any]:
    if len(values) != count:
        raise ArgumentError(f"{len(values)} for {count} networks", where=name)
    return list(values)
