"""The training of many networks as one program.

The weights of a layer of all networks are one array (n_networks, n_in, n_out), and one batched product computes the
layer for all of them, each on a batch of its own. torch's own optimisers do the steps: networks with equal rates lie
side by side, and each such block is one parameter. So every network goes the way it would go alone, up to rounding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby, pairwise
from types import MappingProxyType
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from matterlearn.models.networks.devices import does_not_fit
from matterlearn.models.networks.job import Job, Trained
from matterlearn.models.networks.layers import Array
from matterlearn.models.networks.losses import LOSSES, dtype_of
from matterlearn.models.networks.module import kept, make_optimizer
from matterlearn.models.networks.single import tensor

MEMORY_CPU = 2**28
"""Bytes that the networks of one program may take on a processor; larger programs are no faster there."""

SHARE_OF_GPU = 0.5
"""Part of a GPU's memory that they may take there."""

RETIRED = 0.25
"""Part of the networks that must have finished before the others are packed together again."""

_ACTIVATIONS: Mapping[str, Callable[[Tensor], Tensor]] = MappingProxyType(
    {"relu": torch.relu, "tanh": torch.tanh, "silu": functional.silu, "gelu": functional.gelu}
)


def train_stack(
    jobs: Sequence[Job], device: torch.device, *, memory: int | None = None, done: Callable[[int], object] = int
) -> list[Trained]:
    """Train networks together.

    Networks whose arrays have the same shapes, and that share activation, loss, optimiser and batch size, are one
    program; others follow one after the other. A program that does not fit into memory is split.

    Parameters
    ----------
    jobs : sequence of Job
        What to train on what.
    device : torch.device
        Where.
    memory : int, optional
        Bytes that one program may take; the constants above if None.
    done : callable
        Gets the number of networks that have just been finished.

    Returns
    -------
    list of Trained
        One per job, in their order.

    Raises
    ------
    ArgumentError
        If a single network does not fit into the memory of a GPU.
    """
    allowed = memory or _memory_of(device)
    found: dict[int, Trained] = {}
    for numbers in _programs(jobs):
        waiting = numbers
        size = max(1, allowed // _bytes_of_one([jobs[number] for number in numbers]))
        while waiting:
            chunk = waiting[:size]
            trained = _together([jobs[number] for number in chunk], device)
            if trained is None:
                size = len(chunk) // 2
                continue
            found.update(zip(chunk, trained, strict=True))
            done(len(chunk))
            waiting = waiting[len(chunk) :]
    return [found[number] for number in range(len(jobs))]


def _programs(jobs: Sequence[Job]) -> Iterator[list[int]]:
    """Yield the positions of the jobs that can be one program, those side by side that share a block."""

    def key(number: int) -> tuple[Any, ...]:
        job = jobs[number]
        s = job.settings
        return (
            (s.sizes, s.activation, s.loss, s.optimizer, s.momentum, s.batch_size, s.precision),
            (job.X.shape[1], job.validation is None, job.weights is None, s.patience is None),
            (-job.n_batches, s.learning_rate, s.weight_decay, s.schedule, s.epochs),
        )

    for _, group in groupby(sorted(range(len(jobs)), key=key), key=lambda number: key(number)[:2]):
        yield list(group)


def _together(jobs: Sequence[Job], device: torch.device) -> list[Trained] | None:
    """Train the networks of one program; None if they do not fit into the memory of the device together."""
    try:
        return _Program(jobs, device).run()
    except torch.OutOfMemoryError as error:
        if len(jobs) == 1:
            raise does_not_fit(jobs[0].settings.sizes, device) from error
    torch.cuda.empty_cache()  # not above, where the error still holds the arrays
    return None


def _memory_of(device: torch.device) -> int:
    if device.type != "cuda":
        return MEMORY_CPU
    return int(SHARE_OF_GPU * torch.cuda.get_device_properties(device).total_memory)


def _bytes_of_one(jobs: Sequence[Job]) -> int:
    """Estimate what one network of a program takes.

    That is weights, gradients, two moments and the best weights; its batch and the watched rows in each layer; and its
    part of the arrays of rows, which several may share.
    """
    s = jobs[0].settings
    n_weights = sum(a * b + b for a, b in pairwise(s.sizes))
    batch = max(min(s.batch_size, len(job.rows)) for job in jobs)
    watched = max(0 if job.validation is None else len(job.validation[1]) for job in jobs)
    arrays = {id(job.X): job.X.size for job in jobs}
    numbers = 5 * n_weights + (4 * batch + 2 * watched) * sum(s.sizes) + sum(arrays.values()) // len(jobs)
    return numbers * (8 if s.precision == "float64" else 4)


@dataclass
class _Network:
    """What is known of one network while it is trained."""

    job: Job
    orders: Iterator[NDArray[np.intp]]
    generator: torch.Generator
    losses: list[float] = field(default_factory=list)
    watched: list[float] = field(default_factory=list)
    best: int = 0
    result: Trained | None = None

    @property
    def block(self) -> tuple[Any, ...]:
        """What networks must share to be one parameter of the optimiser."""
        s = self.job.settings
        return (self.job.n_batches, s.learning_rate, s.weight_decay, s.schedule, s.epochs)


class _Program:
    """Networks of equal shapes that are trained side by side."""

    def __init__(self, jobs: Sequence[Job], device: torch.device) -> None:
        self.device = device
        self.settings = jobs[0].settings
        self.dtype = dtype_of(self.settings.precision)
        self.networks = [
            _Network(job, job.orders(), torch.Generator(device).manual_seed(job.dropout_seed)) for job in jobs
        ]
        self.alive = list(self.networks)
        self.rows = _StackedRows(jobs, self.dtype, device)
        first = [job.first_layers() for job in jobs]
        # Per layer weights (n_networks, n_in, n_out) and intercepts (n_networks, 1, n_out).
        self.arrays = [
            torch.tensor(np.stack(parts), dtype=self.dtype, device=device).requires_grad_()
            for layer in zip(*first, strict=True)
            for parts in ([weights for weights, _ in layer], [intercepts[None] for _, intercepts in layer])
        ]
        self.best = [array.detach().clone() for array in self.arrays] if self._patient else None
        self.optimizer, self.blocks = self._optimizer()

    @property
    def _patient(self) -> bool:
        return self.settings.patience is not None

    def run(self) -> list[Trained]:
        epoch = 0
        while self.alive:
            for group, (start, _) in zip(self.optimizer.param_groups, self.blocks, strict=True):
                group["lr"] = self.alive[start].job.settings.rate(epoch)
            self._learn()
            epoch += 1
            self._look(epoch)
        return [network.result for network in self.networks if network.result is not None]

    def _learn(self) -> None:
        """Do one epoch; note the mean loss of each network over its batches."""
        batches = [network.job.n_batches for network in self.alive]  # descending
        orders = self.rows.orders([next(network.orders) for network in self.alive])
        total = torch.zeros(len(self.alive), dtype=self.dtype, device=self.device)
        for step in range(batches[0]):
            active = sum(n > step for n in batches)
            batch = slice(step * self.settings.batch_size, (step + 1) * self.settings.batch_size)
            order = orders[:active, batch]
            X, y, share = self.rows.batch(order)
            losses = self._losses(X, y, share, drawn=order >= 0)
            gradients = torch.autograd.grad(losses.sum(), self.arrays)
            for group, (start, stop) in zip(self.optimizer.param_groups, self.blocks, strict=True):
                for parameter, gradient in zip(group["params"], gradients, strict=True):
                    parameter.grad = gradient[start:stop] if start < active else None  # a block is active as a whole
            self.optimizer.step()
            total[:active] += losses.detach()
        means = total / torch.tensor(batches, dtype=self.dtype, device=self.device)
        for network, loss in zip(self.alive, means.tolist(), strict=True):
            network.losses.append(loss)

    def _losses(self, X: Tensor, y: Tensor, share: Tensor, *, drawn: Tensor | None = None) -> Tensor:
        """Return the loss of each network (n_networks,) on its batch (n_networks, n_batch, n_features).

        In training, `drawn` tells the rows of a batch (n_networks, n_batch) from what fills up a shorter one.
        """
        active = len(X)
        hidden = X
        for number in range(0, len(self.arrays), 2):
            weights, intercepts = (array[:active] for array in self.arrays[number : number + 2])
            hidden = torch.baddbmm(intercepts, hidden, weights)  # (n_networks, n_batch, n_out)
            if number + 2 < len(self.arrays):
                hidden = _ACTIVATIONS[self.settings.activation](hidden)
                if drawn is not None:
                    hidden = self._dropped(hidden, drawn)
        losses: Tensor = (LOSSES[self.settings.loss](hidden, y) * share).sum(1)
        return losses

    def _dropped(self, hidden: Tensor, drawn: Tensor) -> Tensor:
        parts = [network.job.settings.dropout for network in self.alive[: len(hidden)]]
        if not any(parts):
            return hidden
        factors = torch.ones_like(hidden)
        sizes = drawn.sum(1).tolist()
        for k, (network, part, size) in enumerate(zip(self.alive, parts, sizes, strict=False)):
            if part:  # each draws as it would alone
                factors[k, :size] = kept((size, hidden.shape[2]), part, network.generator, hidden)
        return hidden * factors

    def _look(self, epoch: int) -> None:
        """See which networks have finished after an epoch, and pack the others together."""
        watched: Sequence[float | None] = [None] * len(self.alive)
        if self.rows.validation is not None:
            with torch.no_grad():
                watched = self._losses(*self.rows.validation).tolist()
        better = []
        for k, (network, value) in enumerate(zip(self.alive, watched, strict=True)):
            if network.result is not None:
                continue
            settings = network.job.settings
            if value is not None:
                network.watched.append(value)
            failed = not np.isfinite([network.losses[-1], *network.watched[-1:]]).all()
            if not failed and self._patient and network.watched[-1] < min(network.watched[:-1], default=np.inf):
                network.best = epoch
                better.append(k)
            waited = settings.patience is not None and epoch - network.best >= settings.patience
            if failed or waited or epoch == settings.epochs:
                self._finish(k, network, epoch, failed=failed, better=k in better)
        if self.best is not None and better:
            for kept_array, array in zip(self.best, self.arrays, strict=True):
                kept_array[better] = array.detach()[better]
        going = [k for k, network in enumerate(self.alive) if network.result is None]
        if len(going) <= (1 - RETIRED) * len(self.alive):
            self._keep(going)

    def _finish(self, k: int, network: _Network, epoch: int, *, failed: bool, better: bool) -> None:
        from_best = self.best is not None and not failed and not better
        arrays = self.best if from_best and self.best is not None else self.arrays
        parts: list[Array] = [array[k].detach().cpu().numpy().copy() for array in arrays]
        layers = [(weights, intercepts[0]) for weights, intercepts in zip(parts[::2], parts[1::2], strict=True)]
        best = network.best if self._patient and not failed else epoch
        # Copies: until the others are packed together it runs on with them.
        network.result = Trained(layers, [*network.losses], [*network.watched] or None, best, failed)

    def _keep(self, going: list[int]) -> None:
        """Leave out the networks that have finished, and take the state of the optimiser along for the others."""
        states = [
            {
                name: value[[k - start for k in going if start <= k < stop]] if value.dim() else value
                for name, value in self.optimizer.state[parameter].items()
                if value is not None
            }
            for group, (start, stop) in zip(self.optimizer.param_groups, self.blocks, strict=True)
            for parameter in group["params"]
            if any(start <= k < stop for k in going)
        ]
        self.alive = [self.alive[k] for k in going]
        if not going:
            return
        self.rows.keep(going)
        self.arrays = [array.detach()[going].requires_grad_() for array in self.arrays]
        self.best = None if self.best is None else [array[going] for array in self.best]
        self.optimizer, self.blocks = self._optimizer()
        parameters = [parameter for group in self.optimizer.param_groups for parameter in group["params"]]
        for parameter, state in zip(parameters, states, strict=True):
            self.optimizer.state[parameter] = state

    def _optimizer(self) -> tuple[torch.optim.Optimizer, list[tuple[int, int]]]:
        """Return the optimiser, and where the block of each of its groups begins and ends."""
        blocks, groups = [], []
        start = 0
        for _, members in groupby(self.alive, key=lambda network: network.block):
            stop = start + len(list(members))
            settings = self.alive[start].job.settings
            blocks.append((start, stop))
            groups.append(
                {
                    "params": [nn.Parameter(array.detach()[start:stop]) for array in self.arrays],
                    "lr": settings.learning_rate,
                    "weight_decay": settings.weight_decay,
                }
            )
            start = stop
        return make_optimizer(self.settings, groups), blocks


class _StackedRows:
    """The rows of all networks, arrays that several share lying on the device once."""

    def __init__(self, jobs: Sequence[Job], dtype: torch.dtype, device: torch.device) -> None:
        self._dtype, self._device = dtype, device
        shared = list({id(job.X): job.X for job in jobs}.values())
        places = {id(X): place for place, X in enumerate(shared)}
        n_rows, n_features = max(len(X) for X in shared), shared[0].shape[1]
        stacked = np.zeros((len(shared), n_rows, n_features))
        for place, X in enumerate(shared):
            stacked[place, : len(X)] = X
        self._X = tensor(stacked, dtype, device)  # (n_arrays, n_rows, n_features)
        self._place = torch.tensor([places[id(job.X)] for job in jobs], device=device)[:, None]
        self._size = [len(job.rows) for job in jobs]
        longest = max(self._size)
        self._rows = tensor(_padded([job.rows for job in jobs], longest), dtype, device)  # (n_networks, n_train)
        self._y = tensor(_padded([job.y for job in jobs], longest), dtype, device)
        self._weights = None
        if jobs[0].weights is not None:
            self._weights = tensor(_padded([np.asarray(job.weights) for job in jobs], longest), dtype, device)
        self._batch_size = jobs[0].settings.batch_size
        self.validation = self._watched(jobs)

    def _watched(self, jobs: Sequence[Job]) -> tuple[Tensor, Tensor, Tensor] | None:
        pairs = [job.validation for job in jobs if job.validation is not None]
        if not pairs:
            return None
        longest = max(len(y) for _, y in pairs)
        X = np.zeros((len(pairs), longest, pairs[0][0].shape[1]))
        share = np.zeros((len(pairs), longest))
        for k, (part, y) in enumerate(pairs):
            X[k, : len(y)] = part
            share[k, : len(y)] = 1.0 / len(y)
        y = _padded([y for _, y in pairs], longest)
        return tuple(tensor(values, self._dtype, self._device) for values in (X, y, share))  # type: ignore[return-value]

    def orders(self, orders: Sequence[NDArray[np.intp]]) -> Tensor:
        """Return the orders of an epoch (n_networks, n_longest); shorter ones end in -1."""
        longest = max(self._size)
        padded = np.full((len(orders), longest), -1)
        for k, order in enumerate(orders):
            padded[k, : len(order)] = order
        return torch.as_tensor(padded, device=self._device)

    def batch(self, order: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return features, targets and each row's share of the mean loss, for the first networks."""
        active = len(order)
        real = order >= 0
        chosen = order.clamp(min=0)  # (n_networks, n_batch)
        X = self._X[self._place[:active], self._rows[:active].gather(1, chosen)]  # (n_networks, n_batch, n_features)
        share = real.to(self._dtype) / real.sum(1, keepdim=True)
        if self._weights is not None:
            share = share * self._weights[:active].gather(1, chosen)
        return X, self._y[:active].gather(1, chosen), share

    def keep(self, going: list[int]) -> None:
        """Leave out the rows of networks that have finished."""
        self._place, self._rows, self._y = self._place[going], self._rows[going], self._y[going]
        self._size = [self._size[k] for k in going]
        if self._weights is not None:
            self._weights = self._weights[going]
        if self.validation is not None:
            self.validation = tuple(part[going] for part in self.validation)  # type: ignore[assignment]


def _padded(parts: Sequence[Array], longest: int) -> Array:
    padded = np.zeros((len(parts), longest), dtype=parts[0].dtype)
    for k, part in enumerate(parts):
        padded[k, : len(part)] = part
    return padded
