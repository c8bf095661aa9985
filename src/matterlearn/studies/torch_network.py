"""A network written the way every PyTorch course shows it: a module, an optimiser, a loop over epochs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor, nn
from torch.utils.data import DataLoader

from matterlearn.core.parallel import single_thread
from matterlearn.models.networks.epochs import train_epoch, validate_epoch
from matterlearn.models.networks.layers import starting_layers
from matterlearn.models.networks.module import MODULES

Loader = DataLoader[Any]


class Perceptron(nn.Module):
    """Fully connected layers with an activation after each hidden one, and one number that comes out.

    Parameters
    ----------
    n_inputs : int
        Numbers that go in.
    widths : sequence of int
        Neurons of each hidden layer.
    activation : {"relu", "tanh", "silu", "gelu"}
        What follows each hidden layer.
    seed : int
        Source of the starting weights, which are distributed as `torch.nn.Linear` draws them.

    Examples
    --------
    >>> network = Perceptron(6, (4, 4), seed=0)
    >>> network(torch.zeros(3, 6)).shape
    torch.Size([3])
    """

    def __init__(self, n_inputs: int, widths: Sequence[int], activation: str = "relu", *, seed: int) -> None:
        super().__init__()
        parts: list[nn.Module] = []
        for weights, intercepts in starting_layers((n_inputs, *widths, 1), np.random.default_rng(seed)):
            linear = nn.Linear(*weights.shape)
            linear.load_state_dict({"weight": torch.tensor(weights.T), "bias": torch.tensor(intercepts)})
            parts += [linear, MODULES[activation]()]
        self.layers = nn.Sequential(*parts[:-1])  # nothing follows the last layer

    def forward(self, inputs: Tensor) -> Tensor:
        """Return the prediction for each row of a batch, shape (n_rows,)."""
        outputs: Tensor = self.layers(inputs)  # (n_rows, 1)
        return outputs[:, 0]  # as the targets; else a loss would compare every row with every row


class Losses(NamedTuple):
    """Loss of every epoch, each the mean over the batches.

    Attributes
    ----------
    training : list of float
        On the rows that are learned from, each batch before its step.
    validation : list of float
        On rows that are only watched, after the epoch.
    """

    training: list[float]
    validation: list[float]


def train(
    network: nn.Module, training: Loader, validation: Loader, *, epochs: int, learning_rate: float, weight_decay: float
) -> Losses:
    """Train a network with Adam and record both losses of every epoch.

    Parameters
    ----------
    network : nn.Module
        Its weights change.
    training, validation : DataLoader
        Batches of rows to learn from, and of rows that are only watched.
    epochs : int
        Passes over the rows.
    learning_rate, weight_decay : float
        As `torch.optim.Adam` takes them.

    Returns
    -------
    Losses
        One number per epoch each.
    """
    adam = torch.optim.Adam(network.parameters(), lr=learning_rate, weight_decay=weight_decay, fused=True)
    losses = Losses([], [])
    with single_thread():  # small products are slower on two
        for _ in range(epochs):
            losses.training.append(train_epoch(network, training, adam))
            losses.validation.append(validate_epoch(network, validation))
    return losses


def predict(network: nn.Module, inputs: ArrayLike) -> NDArray[np.float64]:
    """Return what a network predicts for the rows of an array, as an array.

    Parameters
    ----------
    network : nn.Module
        On any device.
    inputs : array-like, shape (n_rows, n_inputs)
        What goes in.

    Returns
    -------
    ndarray of float64, shape (n_rows,)
        The predictions, back on the processor.
    """
    weight = next(network.parameters())
    network.eval()
    with torch.no_grad(), single_thread():
        output: Tensor = network(torch.tensor(np.asarray(inputs), dtype=weight.dtype, device=weight.device))
    return np.asarray(output.cpu().numpy(), dtype=np.float64)
