"""One pass over the rows, the way every course shows it: a loop over batches."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss

Loss = Callable[..., Tensor]
Batches = Iterable[tuple[Tensor, ...]]


def squared_error(output: Tensor, target: Tensor) -> Tensor:
    """Return the mean squared error of outputs (n, 1) or (n,) for as many targets of either shape.

    torch's own would compare each output of shape (n, 1) with every target of shape (n,).

    Parameters
    ----------
    output, target : Tensor
        As many numbers each.

    Returns
    -------
    Tensor
        One number.

    Examples
    --------
    >>> squared_error(torch.tensor([[1.0], [2.0]]), torch.tensor([1.0, 4.0]))
    tensor(2.)
    """
    return mse_loss(output, target.view_as(output))


def train_epoch(
    module: nn.Module, batches: Batches, optimizer: torch.optim.Optimizer, loss: Loss = squared_error
) -> float:
    """Learn from every batch once.

    Parameters
    ----------
    module : torch.nn.Module
        The network; its weights change.
    batches : iterable of tuple of Tensor
        Inputs, then what the loss takes beside the output (targets, possibly weights): a `DataLoader`, say. They are
        moved to the device of the network where they are elsewhere.
    optimizer : torch.optim.Optimizer
        Of the parameters of the network.
    loss : callable
        From output and the rest of a batch to one number.

    Returns
    -------
    float
        Mean of the loss over the batches, each taken before its step.

    Examples
    --------
    >>> line = nn.Linear(1, 1)
    >>> batch = (torch.tensor([[1.0]]), torch.tensor([[2.0]]))
    >>> sgd = torch.optim.SGD(line.parameters(), lr=0.1)
    >>> train_epoch(line, [batch], sgd) > validate_epoch(line, [batch])
    True
    """
    module.train()
    device = next(module.parameters()).device
    losses = []
    for batch in batches:
        inputs, *rest = (part.to(device) for part in batch)
        optimizer.zero_grad()
        value = loss(module(inputs), *rest)
        value.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        losses.append(value.detach())
    return float(torch.stack(losses).mean())


def validate_epoch(module: nn.Module, batches: Batches, loss: Loss = squared_error) -> float:
    """Return the mean of the loss over batches without learning from them.

    Parameters
    ----------
    module : torch.nn.Module
        The network.
    batches : iterable of tuple of Tensor
        As for `train_epoch`.
    loss : callable
        As for `train_epoch`.

    Returns
    -------
    float
        Mean over the batches.
    """
    module.eval()
    device = next(module.parameters()).device
    losses = []
    with torch.no_grad():
        for batch in batches:
            inputs, *rest = (part.to(device) for part in batch)
            losses.append(loss(module(inputs), *rest))
    return float(torch.stack(losses).mean())
