"""Several networks of one kind whose mean is the prediction, and whose spread says how much they agree."""

from __future__ import annotations

from numbers import Integral
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, RegressorMixin, clone
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from matterlearn.models.networks.job import Rows
from matterlearn.models.networks.regressor import MLPRegressor


class EnsembleRegressor(RegressorMixin, BaseEstimator):
    """Mean of networks that are trained together from different starting weights (a deep ensemble).

    The spread is how far they disagree. It tells easy rows from hard ones but is no error bar: within the protocol,
    conformal calibration makes intervals of it.

    Parameters
    ----------
    network : MLPRegressor or None
        What each of them is; its `random_state` is replaced. None for `MLPRegressor()`.
    n_networks : int
        How many.
    bootstrap : bool
        Whether each learns from rows drawn with replacement instead of all.
    random_state : int, RandomState or None
        Of all draws.

    Attributes
    ----------
    networks_ : list of MLPRegressor
        The fitted networks.

    References
    ----------
    B. Lakshminarayanan, A. Pritzel and C. Blundell, Simple and scalable predictive uncertainty estimation using deep
    ensembles, NeurIPS (2017).

    Examples
    --------
    >>> X = np.linspace(-1, 1, 64)[:, None]
    >>> network = MLPRegressor((16,), learning_rate=0.01, batch_size=16, epochs=40, device="cpu")
    >>> mean, spread = EnsembleRegressor(network, 4, random_state=0).fit(X, X[:, 0]).predict_with_spread([[0.0], [9.0]])
    >>> bool(spread[1] > spread[0])
    True
    """

    __module__ = "matterlearn.models.networks.ensemble"

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "network": [MLPRegressor, None],
        "n_networks": [Interval(Integral, 1, None, closed="left")],
        "bootstrap": ["boolean"],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        network: MLPRegressor | None = None,
        n_networks: int = 8,
        *,
        bootstrap: bool = False,
        random_state: Any = None,
    ) -> None:
        self.network = network
        self.n_networks = n_networks
        self.bootstrap = bootstrap
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Train the networks.

        Parameters
        ----------
        X : array-like of float, shape (n_samples, n_features)
            Features.
        y : array-like of float, shape (n_samples,)
            Target.
        sample_weight : array-like of float, shape (n_samples,), optional
            Weights of the rows.

        Returns
        -------
        EnsembleRegressor
            Itself.

        Raises
        ------
        TrainingError
            If a network fails.
        """
        from matterlearn.models.networks.fitting import fit_networks  # torch, which prediction does without

        self._validate_params()
        rows, target = validate_data(self, X, y, dtype=np.float64, y_numeric=True)
        weights = np.asarray(_check_sample_weight(sample_weight, rows, ensure_non_negative=True))
        used = np.flatnonzero(weights)
        random = check_random_state(self.random_state)
        kind = MLPRegressor() if self.network is None else self.network
        networks = [clone(kind).set_params(random_state=int(random.randint(2**31 - 1))) for _ in range(self.n_networks)]
        data = [Rows(rows, target, None if sample_weight is None else weights)] * self.n_networks
        if self.bootstrap:  # a row that is drawn twice counts twice
            drawn = [np.bincount(random.choice(used, len(used)), minlength=len(rows)) for _ in networks]
            data = [Rows(rows, target, times * weights) for times in drawn]
        fitted = fit_networks(networks, data)
        for found in fitted:
            if isinstance(found, Exception):
                raise found
        self.networks_ = fitted
        return self

    def predict_members(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return what each network predicts, shape (n_samples, n_networks)."""
        check_is_fitted(self)
        rows = validate_data(self, X, dtype=np.float64, reset=False)
        return np.column_stack([network.predict(rows) for network in self.networks_])

    def predict(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return the mean of the networks, shape (n_samples,)."""
        return self.predict_with_spread(X)[0]

    def predict_with_spread(self, X: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return mean and standard deviation over the networks.

        Parameters
        ----------
        X : array-like of float, shape (n_samples, n_features)
            Features.

        Returns
        -------
        tuple of ndarray of float, each of shape (n_samples,)
            Both in the unit of the target.
        """
        members = self.predict_members(X)
        return members.mean(axis=1), members.std(axis=1)
