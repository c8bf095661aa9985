"""A network that predicts a number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import RegressorMixin
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.validation import column_or_1d

from matterlearn.models.networks.base import NetworkEstimator
from matterlearn.models.networks.layers import Array


class MLPRegressor(RegressorMixin, NetworkEstimator):
    """Multi-layer perceptron for a number, trained with PyTorch.

    Features and target should be scaled to unit spread first (`StandardScaler`, `TransformedTargetRegressor`), as for
    every network. `MLPStack` trains many of these at once.

    Parameters
    ----------
    hidden_widths : sequence of int
        Neurons of each hidden layer. Without any the model is linear.
    activation : {"relu", "tanh", "silu", "gelu"}
        What stands between the layers.
    optimizer : {"adam", "adamw", "sgd"}
        How weights follow the gradient.
    learning_rate : float
        Size of the steps.
    weight_decay : float
        L2 penalty as torch means it: with "adam" and "sgd" `weight_decay * w` is added to the gradient, which is
        the gradient of half of it times the squared norm, of intercepts too; "adamw" shrinks the weights instead.
        scikit-learn divides its `alpha` by the rows of a batch, counts half of the squared error, and spares the
        intercepts: its `alpha` is a weight decay of 2 `alpha` / `batch_size`.
    momentum : float
        Of "sgd".
    dropout : float
        Part of the numbers behind each hidden layer that is left out in training.
    batch_size : int
        Rows of a step. The rows of an epoch are drawn in a new order, and the last batch may be smaller.
    epochs : int
        Passes over the rows.
    schedule : {"constant", "cosine", "linear"}
        How the learning rate falls to 0 over the epochs, if at all.
    loss : {"squared", "absolute", "huber"}
        Error of a row; Huber's is half the square below 1 and grows in proportion above.
    validation_fraction : float
        Part of the rows that is only watched, for `validation_curve_` and `patience`.
    patience : int or None
        Stop after so many epochs in which the watched rows did no better, and take the best weights. None: all epochs,
        and the last weights.
    device : str
        "auto" is a GPU where there is one; or a name such as "cpu", "cuda:1".
    precision : {"float32", "float64"}
        Of the training; predictions are computed in float64.
    warm_start : bool
        A further `fit` goes on from the weights there are, with a new optimiser.
    random_state : int, RandomState or None
        Of starting weights, order of the rows, dropout and watched rows.

    Attributes
    ----------
    coefs_, intercepts_ : list of ndarray, shapes (n_in, n_out) and (n_out,)
        One per layer.
    loss_curve_ : list of float
        Mean of the loss over the batches of each epoch.
    validation_curve_ : list of float or None
        Loss of the watched rows after each epoch.
    n_epochs_, best_epoch_ : int
        Epochs done, and the one whose weights these are.
    device_ : str
        Where it was trained.
    seed_ : int
        What `random_state` gave.

    References
    ----------
    D. P. Kingma and J. Ba, Adam: a method for stochastic optimization, arXiv:1412.6980 (2014).
    I. Loshchilov and F. Hutter, Decoupled weight decay regularization, arXiv:1711.05101 (2017).

    Examples
    --------
    >>> import numpy as np
    >>> X = np.linspace(-1, 1, 64)[:, None]
    >>> network = MLPRegressor((16,), learning_rate=0.01, batch_size=16, epochs=60, device="cpu", random_state=0)
    >>> network.fit(X, np.abs(X[:, 0])).score(X, np.abs(X[:, 0])) > 0.95
    True
    >>> network.n_parameters_
    49
    """

    __module__ = "matterlearn.models.networks.regressor"

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **NetworkEstimator._parameter_constraints,
        "loss": [StrOptions({"squared", "absolute", "huber"})],
    }

    def __init__(
        self,
        hidden_widths: Sequence[int] = (256, 256, 256),
        *,
        activation: str = "relu",
        optimizer: str = "adam",
        learning_rate: float = 1e-3,
        weight_decay: float = 0.0,
        momentum: float = 0.9,
        dropout: float = 0.0,
        batch_size: int = 256,
        epochs: int = 250,
        schedule: str = "constant",
        loss: str = "squared",
        validation_fraction: float = 0.0,
        patience: int | None = None,
        device: str = "auto",
        precision: str = "float32",
        warm_start: bool = False,
        random_state: Any = None,
    ) -> None:
        self.hidden_widths = hidden_widths
        self.activation = activation
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.momentum = momentum
        self.dropout = dropout
        self.batch_size = batch_size
        self.epochs = epochs
        self.schedule = schedule
        self.loss = loss
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.device = device
        self.precision = precision
        self.warm_start = warm_start
        self.random_state = random_state

    def predict(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return predictions.

        Parameters
        ----------
        X : array-like of float, shape (n_samples, n_features)
            Features.

        Returns
        -------
        ndarray of float, shape (n_samples,)
            In the unit of the target.
        """
        return np.asarray(self._outputs(X)[:, 0])

    def _loss_name(self) -> str:
        return self.loss

    def _encode(self, y: Any) -> tuple[Array, None]:
        return self._encode_watched(y), None

    def _encode_watched(self, y: Any) -> Array:
        return np.asarray(column_or_1d(y, dtype=np.float64, warn=True))

    def _n_outputs(self) -> int:
        return 1
