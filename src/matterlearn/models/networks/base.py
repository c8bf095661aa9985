"""What the estimators of one network have in common."""

from __future__ import annotations

from itertools import pairwise
from numbers import Integral, Real
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from matterlearn.core.errors import ArgumentError, TrainingError
from matterlearn.models.networks.job import SCHEDULES, Job, Settings, Trained
from matterlearn.models.networks.layers import ACTIVATIONS, Array, layer_table, outputs

_Validation = tuple[Any, Any] | None


class NetworkEstimator(BaseEstimator):
    """A network of fully connected layers: checks, training and what was learned.

    Derived classes say what the loss is, what the targets are, and what predictions are made of the outputs.
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "hidden_widths": ["array-like"],
        "activation": [StrOptions(set(ACTIVATIONS))],
        "optimizer": [StrOptions({"adam", "adamw", "sgd"})],
        "learning_rate": [Interval(Real, 0, None, closed="neither")],
        "weight_decay": [Interval(Real, 0, None, closed="left")],
        "momentum": [Interval(Real, 0, 1, closed="left")],
        "dropout": [Interval(Real, 0, 1, closed="left")],
        "batch_size": [Interval(Integral, 1, None, closed="left")],
        "epochs": [Interval(Integral, 1, None, closed="left")],
        "schedule": [StrOptions(set(SCHEDULES))],
        "validation_fraction": [Interval(Real, 0, 1, closed="left")],
        "patience": [Interval(Integral, 1, None, closed="left"), None],
        "device": [str],
        "precision": [StrOptions({"float32", "float64"})],
        "warm_start": ["boolean"],
        "random_state": ["random_state"],
    }

    hidden_widths: Any
    activation: str
    optimizer: str
    learning_rate: float
    weight_decay: float
    momentum: float
    dropout: float
    batch_size: int
    epochs: int
    schedule: str
    validation_fraction: float
    patience: int | None
    device: str
    precision: str
    warm_start: bool
    random_state: Any

    coefs_: list[Array]
    intercepts_: list[Array]
    loss_curve_: list[float]
    validation_curve_: list[float] | None
    seed_: int

    def fit(
        self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None, *, validation: _Validation = None
    ) -> Self:
        """Train the network.

        Parameters
        ----------
        X : array-like of float, shape (n_samples, n_features)
            Features, best scaled to unit spread.
        y : array-like, shape (n_samples,)
            Target; for a number, best scaled to unit spread.
        sample_weight : array-like of float, shape (n_samples,), optional
            Weights of the rows in the loss, non-negative. Only their ratios matter; rows with weight 0 are left out.
        validation : (X, y), optional
            Rows that are watched (and decide when to stop, with `patience`) instead of a part of the training rows.

        Returns
        -------
        estimator
            Itself.

        Raises
        ------
        TrainingError
            If the loss is no number any more; the text names the epoch and the likely cause.
        ArgumentError
            If a parameter does not fit the others or the data, or the device is not there.
        """
        from matterlearn.models.networks.devices import choose_device
        from matterlearn.models.networks.single import train

        job = self._job(X, y, sample_weight, validation)
        device = choose_device(self.device)
        return self._finish(job, train(job, device), str(device))

    def to_module(self) -> Any:
        """Return the network as a module for use in PyTorch.

        Returns
        -------
        torch.nn.Sequential
            `Linear` layers and activations in evaluation mode, on the processor; it shares nothing with the estimator.
        """
        from matterlearn.models.networks.module import make_module

        check_is_fitted(self)
        sizes = (self.n_features_in_, *(len(intercepts) for intercepts in self.intercepts_))
        return make_module(self._layers(), self._settings(sizes)).eval()

    @property
    def n_parameters_(self) -> int:
        """Numbers that were learned: weights and intercepts."""
        return int(sum(array.size for array in (*self.coefs_, *self.intercepts_)))

    @property
    def layers_(self) -> list[dict[str, Any]]:
        """One line for each layer: `layer`, `read`, `to`, `weights`, `intercepts`, `total`."""
        return layer_table([self.n_features_in_, *(len(intercepts) for intercepts in self.intercepts_)])

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "coefs_")

    def _outputs(self, X: ArrayLike) -> Array:
        check_is_fitted(self)
        rows = validate_data(self, X, dtype=np.float64, reset=False)
        return outputs(rows, self._layers(), self.activation)

    def _layers(self) -> list[tuple[Array, Array]]:
        return list(zip(self.coefs_, self.intercepts_, strict=True))

    def _loss_name(self) -> str:
        raise NotImplementedError

    def _encode(self, y: Any) -> tuple[Array, NDArray[np.float64] | None]:
        """Learn what the targets are; return them as the loss takes them, and factors for the weights of the rows."""
        raise NotImplementedError

    def _encode_watched(self, y: Any) -> Array:
        """Return further targets as the loss takes them."""
        raise NotImplementedError

    def _n_outputs(self) -> int:
        raise NotImplementedError

    def _split(self, n_rows: int, y: Array, seed: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Return which rows are learned from and which are watched."""
        order = np.random.default_rng([seed, 3]).permutation(n_rows)
        n_watched = max(1, round(self.validation_fraction * n_rows))
        return np.sort(order[n_watched:]), np.sort(order[:n_watched])

    def _job(
        self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None, validation: _Validation = None
    ) -> Job:
        """Check everything and return what is to be done."""
        self._validate_params()
        if any(not isinstance(width, Integral) or isinstance(width, bool) or width < 1 for width in self.hidden_widths):
            raise ArgumentError(f"needs positive integers, got {self.hidden_widths}", where="hidden_widths")
        before = self._layers() if self.warm_start and hasattr(self, "coefs_") else None
        rows, y = validate_data(self, X, y, dtype=np.float64, y_numeric=self._is_number, reset=before is None)
        weights = None
        if sample_weight is not None:
            weights = np.asarray(_check_sample_weight(sample_weight, rows, ensure_non_negative=True))
            used = np.flatnonzero(weights)
            # By a power of two, which rounds nothing: their sum stays finite.
            weights = np.ldexp(weights, -np.frexp(weights.max())[1])
            rows, y, weights = rows[used], np.asarray(y)[used], weights[used]
        target, factors = self._encode(y)
        if factors is not None:
            weights = factors if weights is None else weights * factors
        seed = self.seed_ if before else int(check_random_state(self.random_state).randint(2**31 - 1))
        learned: NDArray[np.intp] = np.arange(len(rows))
        watched = None
        if validation is not None:
            watched = self._watched(validation)
        elif self.validation_fraction:
            learned, other = self._split(len(rows), target, seed)
            if not (len(learned) and len(other)):
                raise ArgumentError(
                    f"{self.validation_fraction:g} of {len(rows)} rows leaves no row to"
                    f" {'watch' if len(learned) else 'learn from'}",
                    where="validation_fraction",
                )
            watched = (rows[other], target[other])
        if self.patience is not None and watched is None:
            raise ArgumentError(
                "early stopping needs rows to watch", where="patience", fix="set validation_fraction, such as 0.1"
            )
        if weights is not None:
            weights = weights[learned] / weights[learned].mean()
        self.seed_ = seed
        sizes = (rows.shape[1], *(int(width) for width in self.hidden_widths), self._n_outputs())
        if before and [part.shape for part, _ in before] != list(pairwise(sizes)):
            raise ArgumentError(f"cannot go on with layers {sizes} where there were others", where="warm_start")
        return Job(
            self._settings(sizes),
            seed,
            rows,
            learned,
            target[learned],
            weights,
            watched,
            before,
            len(self.loss_curve_) if before else 0,
        )

    def _watched(self, validation: tuple[Any, Any]) -> tuple[Array, Array]:
        if not isinstance(validation, tuple | list) or len(validation) != 2:
            raise ArgumentError(f"needs a pair (X, y), got {type(validation).__name__}", where="validation")
        rows, y = validate_data(self, *validation, dtype=np.float64, y_numeric=self._is_number, reset=False)
        return rows, self._encode_watched(y)

    @property
    def _is_number(self) -> bool:
        """Whether the target is a number, and no class."""
        return self._loss_name() != "cross-entropy"

    def _settings(self, sizes: tuple[int, ...]) -> Settings:
        return Settings(
            sizes=sizes,
            activation=self.activation,
            loss=self._loss_name(),
            optimizer=self.optimizer,
            learning_rate=float(self.learning_rate),
            weight_decay=float(self.weight_decay),
            momentum=float(self.momentum),
            dropout=float(self.dropout),
            batch_size=int(self.batch_size),
            epochs=int(self.epochs),
            schedule=self.schedule,
            patience=self.patience,
            precision=self.precision,
        )

    def _finish(self, job: Job, trained: Trained, device: str) -> Self:
        """Take over what was learned, or say what went wrong."""
        if trained.failed:
            raise self._why(job, len(trained.loss_curve))
        before = self.loss_curve_ if job.start else []
        watched_before = (self.validation_curve_ or []) if job.start else []
        self.coefs_ = [weights for weights, _ in trained.layers]
        self.intercepts_ = [intercepts for _, intercepts in trained.layers]
        self.loss_curve_ = [*before, *trained.loss_curve]
        watched = trained.validation_curve
        self.validation_curve_ = None if watched is None else [*watched_before, *watched]
        self.n_epochs_ = len(self.loss_curve_)
        self.best_epoch_ = len(before) + trained.best_epoch
        self.device_ = device
        return self

    def _why(self, job: Job, epoch: int) -> TrainingError:
        watched = [] if job.validation is None else [job.validation[0]]
        largest = max(float(np.abs(part).max(initial=0.0)) for part in (job.X[job.rows], *watched))
        target = float(np.abs(job.y).max(initial=0.0)) if self._is_number else 0.0
        where = f"{type(self).__name__}, epoch {epoch}"
        if largest > LARGE:
            return TrainingError(
                f"the loss is no number any more; features reach {largest:.3g}",
                where=where,
                fix="scale them, such as with StandardScaler",
            )
        if target > LARGE:
            return TrainingError(
                f"the loss is no number any more; targets reach {target:.3g}",
                where=where,
                fix="scale them, such as with TransformedTargetRegressor(..., transformer=StandardScaler())",
            )
        return TrainingError(
            f"the loss is no number any more: learning_rate={self.learning_rate:g}, optimizer={self.optimizer!r}",
            where=where,
            fix="lower the learning rate",
        )


LARGE = 1e3
"""Size of features or targets that is more likely than the learning rate to be why a loss overflows."""
