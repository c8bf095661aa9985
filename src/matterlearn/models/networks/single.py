"""The training of one network."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor

from matterlearn.core.parallel import single_thread
from matterlearn.models.networks.devices import does_not_fit
from matterlearn.models.networks.epochs import train_epoch, validate_epoch
from matterlearn.models.networks.job import Job, Trained
from matterlearn.models.networks.losses import LOSSES, dtype_of
from matterlearn.models.networks.module import layers_of, make_module, make_optimizer


def train(job: Job, device: torch.device) -> Trained:
    """Train one network by itself.

    The rows lie on the device from the beginning, and a batch is drawn from them by index.

    Parameters
    ----------
    job : Job
        What to train on what.
    device : torch.device
        Where.

    Returns
    -------
    Trained
        Weights and curves.

    Raises
    ------
    ArgumentError
        If it does not fit into the memory of a GPU.
    """
    try:
        return _train(job, device)
    except torch.OutOfMemoryError as error:
        raise does_not_fit(job.settings.sizes, device) from error


def _train(job: Job, device: torch.device) -> Trained:
    settings = job.settings
    generator = torch.Generator(device).manual_seed(job.dropout_seed)
    module = make_module(job.first_layers(), settings, generator=generator).to(device)
    optimizer = make_optimizer(settings, module.parameters())
    data = _Data(job, device)
    losses: list[float] = []
    watched: list[float] = []
    best, best_layers = 0, layers_of(module)
    with single_thread():  # small products are slower on two
        for epoch, order in zip(range(settings.epochs), job.orders(), strict=False):
            for group in optimizer.param_groups:
                group["lr"] = settings.rate(epoch)
            losses.append(train_epoch(module, data.batches(order), optimizer, data.loss))
            if data.validation is not None:
                watched.append(validate_epoch(module, [data.validation], data.loss))
            if not np.isfinite([losses[-1], *watched[-1:]]).all():
                return Trained(layers_of(module), losses, watched or None, epoch + 1, failed=True)
            if settings.patience is not None:
                if watched[-1] < min(watched[:-1], default=np.inf):
                    best, best_layers = epoch + 1, layers_of(module)
                elif epoch + 1 - best >= settings.patience:
                    break
    if settings.patience is not None:
        return Trained(best_layers, losses, watched, best)
    return Trained(layers_of(module), losses, watched or None, len(losses))


class _Data:
    """The rows of a job on its device."""

    def __init__(self, job: Job, device: torch.device) -> None:
        dtype = dtype_of(job.settings.precision)
        self._row_loss = LOSSES[job.settings.loss]
        self._size = job.settings.batch_size
        self.columns = [tensor(job.X[job.rows], dtype, device), tensor(job.y, dtype, device)]
        if job.weights is not None:
            self.columns.append(tensor(job.weights, dtype, device))
        watched = job.validation
        self.validation = None if watched is None else tuple(tensor(part, dtype, device) for part in watched)

    def batches(self, order: Any) -> Iterator[tuple[Tensor, ...]]:
        positions = torch.as_tensor(order, device=self.columns[0].device)
        for batch in torch.split(positions, self._size):
            yield tuple(column[batch] for column in self.columns)

    def loss(self, output: Tensor, target: Tensor, weights: Tensor | None = None) -> Tensor:
        losses = self._row_loss(output, target)
        return losses.mean() if weights is None else (losses * weights).mean()


def tensor(values: Any, dtype: torch.dtype, device: torch.device) -> Tensor:
    """Return an array as a tensor: numbers in the given type, classes as integers. What is read-only is copied."""
    array = np.asarray(values)
    kind = torch.int64 if array.dtype.kind in "iu" else dtype
    return torch.tensor(array, dtype=kind, device=device)
