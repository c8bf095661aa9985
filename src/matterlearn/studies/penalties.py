"""What the word "weight decay" means in one place and another: the same steps, and by how much the weights differ."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.neural_network import MLPRegressor
from torch import Tensor, nn
from torch.nn.functional import mse_loss

from matterlearn.core.parallel import single_thread
from matterlearn.models.networks.epochs import train_epoch
from matterlearn.studies.fits import FitJob, fit_one

EPSILON = 1e-30
"""Added to the denominator of Adam's step, next to 0: torch and scikit-learn add it in different places."""

NO_STEP = 1e-300
"""A learning rate that changes no weight: scikit-learn's fit then returns the weights that it starts from."""

Layers = list[tuple[NDArray[np.float64], NDArray[np.float64]]]


@dataclass(frozen=True)
class Penalties:
    """Largest differences between weights or intercepts of networks after the same steps from the same start.

    Attributes
    ----------
    moved : float
        From the start to Adam with `weight_decay`.
    half : float
        From Adam with `weight_decay` to Adam with half lambda times the squared norm in the loss.
    whole : float
        To Adam with lambda times the squared norm, without the half.
    decoupled : float
        To AdamW with the same `weight_decay`.
    alpha : float
        To scikit-learn's network with `alpha` = lambda.
    matched_alpha : float
        `alpha` that stands for lambda: rows of the batch times lambda / 2.
    matched : float
        To scikit-learn's network with that `alpha`.
    matched_weights_only : float
        From the same to Adam whose `weight_decay` spares the intercepts.
    """

    moved: float
    half: float
    whole: float
    decoupled: float
    alpha: float
    matched_alpha: float
    matched: float
    matched_weights_only: float


def compare_penalties(
    X: NDArray[np.float64],
    y: NDArray[np.float64],
    *,
    decay: float,
    learning_rate: float,
    widths: tuple[int, ...],
    steps: int,
    seed: int,
) -> Penalties:
    """Train one network a few steps with each kind of penalty, in float64, all rows being one batch.

    Parameters
    ----------
    X : ndarray, shape (n_rows, n_inputs)
        What goes in.
    y : ndarray, shape (n_rows,)
        Target.
    decay : float
        Lambda.
    learning_rate : float
        Of Adam.
    widths : tuple of int
        Neurons of each hidden layer.
    steps : int
        Steps of the optimiser.
    seed : int
        Of the starting weights, which are scikit-learn's for all.

    Returns
    -------
    Penalties
        Largest differences.
    """

    def scikit_learn(alpha: float, rate: float = learning_rate) -> Layers:
        network = MLPRegressor(
            hidden_layer_sizes=widths,
            alpha=alpha,
            learning_rate_init=rate,
            epsilon=EPSILON,
            batch_size=len(X),
            shuffle=False,
            max_iter=steps,
            n_iter_no_change=steps + 1,
            random_state=seed,
        )
        fitted = fit_one(FitJob(network, X, y, {})).model  # which does not warn that it has not converged
        return list(zip(fitted.coefs_, fitted.intercepts_, strict=True))

    start = scikit_learn(decay, NO_STEP)
    batch = (torch.tensor(X), torch.tensor(y)[:, None])  # (n_rows, n_inputs), (n_rows, 1)

    def adam(parameters: Any, kind: type[torch.optim.Optimizer] = torch.optim.Adam, **settings: Any) -> Any:
        return kind(parameters, lr=learning_rate, eps=EPSILON, **settings)  # type: ignore[call-arg]

    def torch_steps(
        optimizer: Callable[[nn.Sequential], torch.optim.Optimizer],
        penalty: Callable[[Iterable[Tensor]], Tensor | float] = lambda parameters: 0.0,
    ) -> Layers:
        network = _network(start)
        chosen = optimizer(network)
        for _ in range(steps):
            train_epoch(network, [batch], chosen, lambda p, t: mse_loss(p, t) + penalty(network.parameters()))
        return _layers(network)

    with single_thread():
        reference = torch_steps(lambda net: adam(net.parameters(), weight_decay=decay))
        weights_only = torch_steps(lambda net: adam(_decaying_weights(net, decay)))
        matched_alpha = decay * len(X) / 2
        matched = scikit_learn(matched_alpha)
        return Penalties(
            moved=_largest_difference(reference, start),
            half=_largest_difference(
                reference,
                torch_steps(lambda net: adam(net.parameters()), lambda parameters: decay / 2 * _squares(parameters)),
            ),
            whole=_largest_difference(
                reference,
                torch_steps(lambda net: adam(net.parameters()), lambda parameters: decay * _squares(parameters)),
            ),
            decoupled=_largest_difference(
                reference, torch_steps(lambda net: adam(net.parameters(), torch.optim.AdamW, weight_decay=decay))
            ),
            alpha=_largest_difference(reference, scikit_learn(decay)),
            matched_alpha=matched_alpha,
            matched=_largest_difference(reference, matched),
            matched_weights_only=_largest_difference(weights_only, matched),
        )


def _network(layers: Layers) -> nn.Sequential:
    parts: list[nn.Module] = []
    for weights, intercepts in layers:
        n_in, n_out = weights.shape
        linear = nn.Linear(n_in, n_out, dtype=torch.float64)
        linear.load_state_dict({"weight": torch.tensor(weights.T), "bias": torch.tensor(intercepts)})
        parts += [linear, nn.ReLU()]
    return nn.Sequential(*parts[:-1])


def _decaying_weights(network: nn.Sequential, decay: float) -> list[dict[str, Any]]:
    linear = [part for part in network if isinstance(part, nn.Linear)]
    return [
        {"params": [part.weight for part in linear], "weight_decay": decay},
        {"params": [part.bias for part in linear], "weight_decay": 0.0},
    ]


def _layers(network: nn.Sequential) -> Layers:
    linear = [part for part in network if isinstance(part, nn.Linear)]
    return [(part.weight.detach().numpy().T, part.bias.detach().numpy()) for part in linear]


def _squares(parameters: Iterable[Tensor]) -> Tensor:
    return torch.stack([(part**2).sum() for part in parameters]).sum()


def _largest_difference(one: Layers, other: Layers) -> float:
    pairs = zip((array for layer in one for array in layer), (array for layer in other for array in layer), strict=True)
    return max(float(np.abs(a - b).max()) for a, b in pairs)
