"""The layers of a network: their starting weights, what they compute, and how many numbers they hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import erf, expit

Array = NDArray[Any]

ACTIVATIONS: Mapping[str, Callable[[Array], Array]] = MappingProxyType(
    {
        "relu": lambda x: np.maximum(x, 0.0),
        "tanh": np.tanh,
        "silu": lambda x: x * expit(x),
        "gelu": lambda x: 0.5 * x * (1.0 + erf(x / np.sqrt(2.0))),
    }
)
"""What stands between the layers; torch has each under the same name in capitals."""


def starting_layers(sizes: Sequence[int], rng: np.random.Generator) -> list[tuple[Array, Array]]:
    """Return the weights and intercepts that training begins with.

    Both are uniform between -1/sqrt(n) and 1/sqrt(n) for a layer that reads n numbers, as `torch.nn.Linear` draws them.

    Parameters
    ----------
    sizes : sequence of int
        Numbers that go in, widths of the hidden layers, numbers that come out.
    rng : numpy.random.Generator
        Source of the draws.

    Returns
    -------
    list of (ndarray of shape (n_in, n_out), ndarray of shape (n_out,))
        One pair per layer.

    Examples
    --------
    >>> [weights.shape for weights, _ in starting_layers([4, 3, 1], np.random.default_rng(0))]
    [(4, 3), (3, 1)]
    """
    layers = []
    for n_in, n_out in pairwise(sizes):
        bound = 1.0 / np.sqrt(n_in)
        layers.append((rng.uniform(-bound, bound, (n_in, n_out)), rng.uniform(-bound, bound, n_out)))
    return layers


def outputs(X: Array, layers: Sequence[tuple[Array, Array]], activation: str) -> Array:
    """Return what a network computes, in float64.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_in)
        What goes in.
    layers : sequence of (weights, intercepts)
        As `starting_layers` returns them.
    activation : str
        A key of `ACTIVATIONS`; it follows every layer but the last.

    Returns
    -------
    ndarray of float64, shape (n_samples, n_out)
        What comes out.

    Examples
    --------
    >>> layers = [(np.array([[1.0, -1.0]]), np.zeros(2)), (np.ones((2, 1)), np.zeros(1))]
    >>> outputs(np.array([[-3.0], [2.0]]), layers, "relu").ravel().tolist()
    [3.0, 2.0]
    """
    hidden: Array = np.asarray(X, dtype=np.float64)
    for number, (weights, intercepts) in enumerate(layers, start=1):
        hidden = hidden @ np.asarray(weights, dtype=np.float64) + np.asarray(intercepts, dtype=np.float64)
        if number < len(layers):
            hidden = ACTIVATIONS[activation](hidden)
    return hidden


def layer_table(sizes: Sequence[int]) -> list[dict[str, Any]]:
    """Return how many weights and intercepts each layer has.

    A layer of `to` neurons that reads `read` numbers has one weight for each pair and one intercept for each neuron.

    Parameters
    ----------
    sizes : sequence of int
        Numbers that go in, widths of the hidden layers, numbers that come out.

    Returns
    -------
    list of dict
        One per layer: `layer`, `read`, `to`, `weights`, `intercepts`, `total`.

    Examples
    --------
    >>> [line["total"] for line in layer_table([2, 3, 1])]
    [9, 4]
    """
    names = [*(f"hidden {number}" for number in range(1, len(sizes) - 1)), "output"]
    return [
        {
            "layer": name,
            "read": read,
            "to": to,
            "weights": read * to,
            "intercepts": to,
            "total": read * to + to,
        }
        for name, (read, to) in zip(names, pairwise(sizes), strict=True)
    ]
