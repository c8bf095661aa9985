"""A network that predicts a class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import softmax
from sklearn.base import ClassifierMixin
from sklearn.utils import compute_class_weight
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import column_or_1d

from matterlearn.core.errors import ArgumentError
from matterlearn.models.networks.base import NetworkEstimator
from matterlearn.models.networks.layers import Array


class MLPClassifier(ClassifierMixin, NetworkEstimator):
    """Multi-layer perceptron for classes, trained with PyTorch on the cross-entropy.

    Parameters
    ----------
    hidden_widths : sequence of int
        Neurons of each hidden layer.
    class_weight : "balanced", mapping of class to float, or None
        Weights of the rows by class; "balanced" gives every class the same sum. They shift what is predicted towards
        rare classes, at the price of the probabilities, which then follow the weights and not the rows.
    activation, optimizer, learning_rate, weight_decay, momentum, dropout, batch_size, epochs, schedule, \
validation_fraction, patience, device, precision, warm_start, random_state
        As for `MLPRegressor`. Watched rows are drawn from each class in proportion.

    Attributes
    ----------
    classes_ : ndarray, shape (n_classes,)
        The classes, sorted.
    coefs_, intercepts_, loss_curve_, validation_curve_, n_epochs_, best_epoch_, device_, seed_
        As for `MLPRegressor`.

    Examples
    --------
    >>> import numpy as np
    >>> X = np.linspace(-1, 1, 60)[:, None]
    >>> y = np.where(np.abs(X[:, 0]) < 0.5, "metal", "insulator")
    >>> network = MLPClassifier((16,), learning_rate=0.02, batch_size=20, epochs=60, device="cpu", random_state=0)
    >>> network.fit(X, y).predict([[0.0], [0.9]]).tolist()
    ['metal', 'insulator']
    """

    __module__ = "matterlearn.models.networks.classifier"

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **NetworkEstimator._parameter_constraints,
        "class_weight": [StrOptions({"balanced"}), dict, None],
    }

    def __init__(
        self,
        hidden_widths: Sequence[int] = (256, 256, 256),
        *,
        class_weight: str | Mapping[Any, float] | None = None,
        activation: str = "relu",
        optimizer: str = "adam",
        learning_rate: float = 1e-3,
        weight_decay: float = 0.0,
        momentum: float = 0.9,
        dropout: float = 0.0,
        batch_size: int = 256,
        epochs: int = 250,
        schedule: str = "constant",
        validation_fraction: float = 0.0,
        patience: int | None = None,
        device: str = "auto",
        precision: str = "float32",
        warm_start: bool = False,
        random_state: Any = None,
    ) -> None:
        self.hidden_widths = hidden_widths
        self.class_weight = class_weight
        self.activation = activation
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.momentum = momentum
        self.dropout = dropout
        self.batch_size = batch_size
        self.epochs = epochs
        self.schedule = schedule
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.device = device
        self.precision = precision
        self.warm_start = warm_start
        self.random_state = random_state

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return the probability of each class.

        Parameters
        ----------
        X : array-like of float, shape (n_samples, n_features)
            Features.

        Returns
        -------
        ndarray of float, shape (n_samples, n_classes)
            In the order of `classes_`; each row adds up to 1.
        """
        return np.asarray(softmax(self._outputs(X), axis=1))

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Return the most probable class of each row, shape (n_samples,)."""
        chosen = self._outputs(X).argmax(axis=1)  # first: it says so where nothing is fitted yet
        return np.asarray(self.classes_[chosen])

    def _loss_name(self) -> str:
        return "cross-entropy"

    def _encode(self, y: Any) -> tuple[Array, NDArray[np.float64] | None]:
        labels = column_or_1d(y, warn=True)
        check_classification_targets(labels)
        classes, codes = np.unique(labels, return_inverse=True)
        if self.warm_start and hasattr(self, "coefs_"):
            return self._encode_watched(labels), self._factors(labels)
        if len(classes) < 2:
            raise ArgumentError(f"needs at least two classes, got one class: {classes.tolist()[0]!r}", where="y")
        self.classes_ = classes
        return codes, self._factors(labels)

    def _factors(self, labels: Array) -> NDArray[np.float64] | None:
        if self.class_weight is None:
            return None
        present = np.unique(labels)
        weights = compute_class_weight(self.class_weight, classes=present, y=labels)
        if not ((weights >= 0).all() and weights.any()):
            raise ArgumentError(
                f"needs weights of at least 0, and one above, got {self.class_weight}", where="class_weight"
            )
        return np.asarray(weights[np.searchsorted(present, labels)], dtype=np.float64)

    def _encode_watched(self, y: Any) -> Array:
        labels = column_or_1d(y)
        unknown = sorted(set(np.unique(labels).tolist()) - set(self.classes_.tolist()), key=str)
        if unknown:
            raise ArgumentError(f"classes that were not in training: {unknown}", where="y")
        return np.asarray(np.searchsorted(self.classes_, labels))

    def _n_outputs(self) -> int:
        return len(self.classes_)

    def _split(self, n_rows: int, y: Array, seed: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        order = np.random.default_rng([seed, 3]).permutation(n_rows)
        watched = []
        for code in np.unique(y):  # of each class its part, but never its only row
            members = order[y[order] == code]
            watched.append(members[: min(round(self.validation_fraction * len(members)), len(members) - 1)])
        chosen = np.sort(np.concatenate(watched))
        return np.setdiff1d(np.arange(n_rows), chosen), chosen
