"""A network as a torch module, and the optimiser of its weights."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from matterlearn.models.networks.job import Settings
from matterlearn.models.networks.layers import Array
from matterlearn.models.networks.losses import dtype_of

MODULES = {"relu": nn.ReLU, "tanh": nn.Tanh, "silu": nn.SiLU, "gelu": nn.GELU}
"""The activations as modules."""


class SeededDropout(nn.Module):
    """Dropout that draws from a generator of its own network, so that it does not matter what else is trained.

    Parameters
    ----------
    share : float
        Part of the numbers that is set to 0 in training; the others grow by 1 / (1 - share).
    generator : torch.Generator
        Source of the draws.
    """

    def __init__(self, share: float, generator: torch.Generator) -> None:
        super().__init__()
        self.share = share
        self.generator = generator

    def forward(self, x: Tensor) -> Tensor:
        """Return the numbers that are kept, scaled; all of them, as they are, in evaluation."""
        return x * kept(x.shape, self.share, self.generator, x) if self.training else x


def kept(shape: Sequence[int], share: float, generator: torch.Generator, like: Tensor) -> Tensor:
    """Return 0 where a number is left out, else the factor of what is kept."""
    draws = torch.rand(shape, generator=generator, device=like.device, dtype=like.dtype)
    return (draws >= share).to(like.dtype) / (1.0 - share)


def make_module(
    layers: Sequence[tuple[Array, Array]], settings: Settings, *, generator: torch.Generator | None = None
) -> nn.Sequential:
    """Return a network with given weights.

    Parameters
    ----------
    layers : sequence of (weights, intercepts)
        Weights of shape (n_in, n_out).
    settings : Settings
        Activation, precision and dropout.
    generator : torch.Generator, optional
        Of the dropout; without one there is none.

    Returns
    -------
    torch.nn.Sequential
        `Linear` layers with activations in between.
    """
    dtype = dtype_of(settings.precision)
    parts: list[nn.Module] = []
    for number, (weights, intercepts) in enumerate(layers, start=1):
        n_in, n_out = weights.shape
        # Left empty at first: drawing weights would move torch's own random state.
        linear = nn.utils.skip_init(nn.Linear, n_in, n_out, dtype=dtype)  # type: ignore[no-untyped-call]
        with torch.no_grad():
            linear.weight.copy_(torch.as_tensor(weights.T.copy()))
            linear.bias.copy_(torch.as_tensor(intercepts.copy()))
        parts.append(linear)
        if number < len(layers):
            parts.append(MODULES[settings.activation]())
            if settings.dropout and generator is not None:
                parts.append(SeededDropout(settings.dropout, generator))
    return nn.Sequential(*parts)


def layers_of(module: nn.Sequential) -> list[tuple[Array, Array]]:
    """Return the weights (n_in, n_out) and intercepts of the layers of a module, as copies."""
    return [
        (part.weight.detach().cpu().numpy().T.copy(), part.bias.detach().cpu().numpy().copy())
        for part in module
        if isinstance(part, nn.Linear)
    ]


def make_optimizer(settings: Settings, parameters: Iterable[Any]) -> torch.optim.Optimizer:
    """Return torch's optimiser of a name.

    Parameters
    ----------
    settings : Settings
        Name, learning rate, weight decay, momentum.
    parameters : iterable of Parameter, or of dict
        As torch takes them.

    Returns
    -------
    torch.optim.Optimizer
        With torch's own defaults for what is not among the settings.
    """
    rates = {"lr": settings.learning_rate, "weight_decay": settings.weight_decay, "fused": True}
    if settings.optimizer == "sgd":
        return torch.optim.SGD(parameters, momentum=settings.momentum, **rates)  # type: ignore[arg-type]
    kind = torch.optim.AdamW if settings.optimizer == "adamw" else torch.optim.Adam
    return kind(parameters, **rates)  # type: ignore[arg-type]
