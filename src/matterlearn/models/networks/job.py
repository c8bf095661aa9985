"""What it takes to train one network, alone or in a stack: plain data, checked and complete."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from matterlearn.models.networks.layers import Array, starting_layers

SCHEDULES: Mapping[str, Callable[[float], float]] = MappingProxyType(
    {
        "constant": lambda part: 1.0,
        "cosine": lambda part: 0.5 * (1.0 + float(np.cos(np.pi * part))),
        "linear": lambda part: 1.0 - part,
    }
)
"""Factor of the learning rate by which part of the epochs is over."""


class Rows(NamedTuple):
    """Rows that a network learns from.

    Attributes
    ----------
    X : array-like, shape (n_samples, n_features)
        Features. Networks whose `Rows` hold the same array share it in memory.
    y : array-like, shape (n_samples,)
        Target.
    sample_weight : array-like of float, shape (n_samples,), optional
        Weights of the rows.
    validation : (X, y), optional
        Rows that are only watched.
    """

    X: Any
    y: Any
    sample_weight: ArrayLike | None = None
    validation: tuple[Any, Any] | None = None


@dataclass(frozen=True)
class Settings:
    """How a network is built and trained; see `MLPRegressor` for the meaning of each."""

    sizes: tuple[int, ...]
    activation: str
    loss: str
    optimizer: str
    learning_rate: float
    weight_decay: float
    momentum: float
    dropout: float
    batch_size: int
    epochs: int
    schedule: str
    patience: int | None
    precision: str

    def rate(self, epoch: int) -> float:
        """Return the learning rate of an epoch, counted from 0."""
        return self.learning_rate * SCHEDULES[self.schedule](epoch / self.epochs)


@dataclass(frozen=True)
class Job:
    """One network to be trained.

    Attributes
    ----------
    settings : Settings
        Its hyper-parameters.
    seed : int
        Source of its starting weights, of the order of its rows and of what dropout leaves out.
    X : ndarray, shape (n_rows, n_features)
        Features, of these and possibly of other rows.
    rows : ndarray of int, shape (n_train,)
        Rows of `X` that it learns from.
    y : ndarray, shape (n_train,)
        Their targets: numbers, or numbers of classes.
    weights : ndarray of float, shape (n_train,), or None
        Their weights, of mean 1.
    validation : (ndarray, ndarray) or None
        Features and targets of rows that are only watched.
    start : list of (ndarray, ndarray) or None
        Layers to go on from; None for fresh ones.
    epochs_before : int
        Epochs that `start` has seen, so that their orders of rows are not drawn again.
    """

    settings: Settings
    seed: int
    X: Array
    rows: NDArray[np.intp]
    y: Array
    weights: NDArray[np.float64] | None = None
    validation: tuple[Array, Array] | None = None
    start: list[tuple[Array, Array]] | None = None
    epochs_before: int = 0

    @property
    def n_batches(self) -> int:
        """Batches of an epoch; the last one may be smaller."""
        return -(-len(self.rows) // self.settings.batch_size)

    def first_layers(self) -> list[tuple[Array, Array]]:
        """Return the layers that training begins with."""
        return self.start or starting_layers(self.settings.sizes, np.random.default_rng([self.seed, 0]))

    def orders(self) -> Iterator[NDArray[np.intp]]:
        """Yield for every epoch the order in which the rows are drawn: positions in `rows`."""
        for epoch in count(self.epochs_before):
            yield np.random.default_rng([self.seed, 1, epoch]).permutation(len(self.rows))

    @property
    def dropout_seed(self) -> int:
        """Seed of what dropout leaves out."""
        return int(np.random.default_rng([self.seed, 2, self.epochs_before]).integers(2**63 - 1))


@dataclass(frozen=True)
class Trained:
    """What training gave.

    Attributes
    ----------
    layers : list of (ndarray, ndarray)
        Weights and intercepts.
    loss_curve : list of float
        Mean over the batches, per epoch.
    validation_curve : list of float or None
        Loss of the watched rows after each epoch.
    best_epoch : int
        The epoch, counted from 1, whose weights these are.
    failed : bool
        Whether the loss was no number in the last of these epochs.
    """

    layers: list[tuple[Array, Array]]
    loss_curve: list[float]
    validation_curve: list[float] | None
    best_epoch: int
    failed: bool = False
