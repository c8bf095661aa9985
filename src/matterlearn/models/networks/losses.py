"""What a network is to make small, row by row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import torch
from torch import Tensor
from torch.nn import functional

HUBER_DELTA = 1.0
"""Error, in units of the target, from which Huber's loss grows in proportion to it."""


def _cross_entropy(output: Tensor, target: Tensor) -> Tensor:
    classes = output.log_softmax(-1)
    return -classes.gather(-1, target[..., None])[..., 0]


LOSSES: Mapping[str, Callable[[Tensor, Tensor], Tensor]] = MappingProxyType(
    {
        "squared": lambda output, target: functional.mse_loss(output[..., 0], target, reduction="none"),
        "absolute": lambda output, target: functional.l1_loss(output[..., 0], target, reduction="none"),
        "huber": lambda output, target: functional.huber_loss(
            output[..., 0], target, reduction="none", delta=HUBER_DELTA
        ),
        "cross-entropy": _cross_entropy,
    }
)
"""From outputs (..., n_samples, n_outputs) and targets (..., n_samples) to a loss for each row (..., n_samples)."""


def dtype_of(precision: str) -> torch.dtype:
    """Return torch's type of a precision."""
    return torch.float64 if precision == "float64" else torch.float32
