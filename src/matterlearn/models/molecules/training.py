"""The training of a network on distances."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import huber_loss, l1_loss, mse_loss

from matterlearn.chemistry.molecules.conformers import Conformers
from matterlearn.models.molecules.atoms import Layout, atoms_of, densities_of, lay_out
from matterlearn.models.molecules.network import (
    Shape,
    atom_energies,
    invariants,
    message_matrix,
    standardized,
    starting_weights,
)

LOSSES: Mapping[str, Callable[..., Tensor]] = MappingProxyType(
    {"squared": mse_loss, "absolute": l1_loss, "huber": huber_loss}
)
WARM_UP = 0.1
"""Part of the steps in which the learning rate rises; afterwards it falls as a cosine."""

MOST_BYTES = 2 * 1024**3
"""Densities of all rows are kept up to this size, and else computed for every batch again."""

N_MEASURED = 512
"""Rows at most from which means and spreads are taken."""

LARGEST_GRADIENT = 10.0
"""Norm to which gradients are cut: the first steps on strained conformers are steep."""


@dataclass(frozen=True)
class Task:
    """What to train on what.

    Attributes
    ----------
    shape : Shape
        Sizes of the network.
    cutoff, message_cutoff : float
        In angstrom.
    conformers : Conformers
        Of all rows, those that are watched among them.
    elements : ndarray of int, shape (n_atoms of all,)
        Number of the element of each atom.
    y : ndarray of float, shape (n_rows,)
        Targets less the linear start, at unit spread.
    weights : ndarray of float, shape (n_rows,), or None
        Of the rows, with mean 1 among those that are learned from.
    learned, watched : ndarray of int
        Rows to learn from, and rows that are only watched.
    """

    shape: Shape
    cutoff: float
    message_cutoff: float
    conformers: Conformers
    elements: NDArray[np.intp]
    y: NDArray[np.float64]
    weights: NDArray[np.float64] | None
    learned: NDArray[np.intp]
    watched: NDArray[np.intp]
    learning_rate: float
    weight_decay: float
    batch_size: int
    epochs: int
    loss: str
    patience: int | None
    seed: int


@dataclass(frozen=True)
class Outcome:
    """What training gave: weights, mean loss per epoch, loss of the watched rows, the epoch of the weights."""

    weights: dict[str, NDArray[np.float32]]
    loss_curve: list[float]
    validation_curve: list[float] | None
    best_epoch: int
    failed: bool = False


def train(task: Task, device: torch.device) -> Outcome:
    """Train a network.

    Parameters
    ----------
    task : Task
        What to train on what.
    device : torch.device
        Where.

    Returns
    -------
    Outcome
        With watched rows the weights of the epoch that did best on them, else the last ones.
    """
    start = {
        name: torch.from_numpy(values).to(device)
        for name, values in starting_weights(task.shape, np.random.default_rng([task.seed, 0])).items()
    }
    rows = _Rows(task, start, device)
    _measure(task, rows, start)
    learned = [start[name].requires_grad_() for name in task.shape.learned()]
    optimizer = torch.optim.AdamW(learned, lr=task.learning_rate, weight_decay=task.weight_decay)
    per_epoch = -(-len(task.learned) // task.batch_size)
    losses: list[float] = []
    watched: list[float] = []
    best, weights = 0, _arrays(start)
    for epoch in range(task.epochs):
        values = []
        order = np.random.default_rng([task.seed, 1, epoch]).permutation(task.learned)
        for number, batch in enumerate(_pieces(order, task.batch_size)):
            for group in optimizer.param_groups:
                group["lr"] = task.learning_rate * _rate((epoch * per_epoch + number) / (task.epochs * per_epoch))
            optimizer.zero_grad()
            value = rows.loss(batch, start)
            value.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(learned, LARGEST_GRADIENT)
            optimizer.step()
            values.append(value.detach())
        losses.append(float(torch.stack(values).mean()))
        if len(task.watched):
            with torch.no_grad():
                parts = [float(rows.loss(part, start)) * len(part) for part in _pieces(task.watched, task.batch_size)]
            watched.append(sum(parts) / len(task.watched))
        if not np.isfinite([losses[-1], *watched[-1:]]).all():
            return Outcome(weights, losses, watched or None, best, failed=True)
        if not watched or watched[-1] < min(watched[:-1], default=math.inf):
            best, weights = epoch + 1, _arrays(start)
        elif task.patience is not None and epoch + 1 - best >= task.patience:
            break
    return Outcome(weights, losses, watched or None, best)


def _rate(part: float) -> float:
    """Return the factor of the learning rate when a part of the steps is over."""
    if part < WARM_UP:
        return 0.05 + 0.95 * part / WARM_UP
    return 0.5 * (1.0 + math.cos(math.pi * (part - WARM_UP) / (1.0 - WARM_UP)))


def _pieces(rows: NDArray[np.intp], size: int) -> Iterator[NDArray[np.intp]]:
    for start in range(0, len(rows), size):
        yield rows[start : start + size]


def _arrays(weights: Mapping[str, Tensor]) -> dict[str, NDArray[np.float32]]:
    return {name: values.detach().cpu().numpy().copy() for name, values in weights.items()}


def _measure(task: Task, rows: _Rows, weights: dict[str, Tensor]) -> None:
    """Set the means and factors that bring densities and invariants to unit spread, from some rows."""
    some = np.random.default_rng([task.seed, 2]).permutation(task.learned)[:N_MEASURED]
    shape = task.shape
    layout, density, matrix = rows.batch(np.sort(some))
    for element, part in enumerate(layout.by_element(density)):
        if len(part):
            weights["density.mean"][element] = part[:, 0].mean(0)
            centred = torch.cat([part[:, :1] - part[:, :1].mean(0), part[:, 1:]], dim=1).pow(2).mean(0)
            for degree in range(shape.degree + 1):
                spread = centred[degree * degree : (degree + 1) ** 2].sum(0).sqrt()
                weights["density.factor"][element, degree] = _inverse(spread, part)
    rows.standardize(weights)
    density = torch.cat([standardized(p, k, weights, shape) for k, p in enumerate(layout.by_element(density))])
    # The messages are made of the own invariants at unit spread, so those come first.
    for name, number in (("own", 0), ("received", 1)):
        for element, values in enumerate(invariants(density, matrix, layout, weights, shape)[number]):
            if len(values) > 1:
                weights[f"{name}.mean"][element] = values.mean(0)
                weights[f"{name}.factor"][element] = _inverse(values.std(0), values)


def _inverse(spread: Tensor, values: Tensor) -> Tensor:
    """Return what brings values to unit spread, and less where they vary much less than the others, or not at all."""
    least = max(LEAST_SHARE * float(spread.max()), ROUNDING * float(values.abs().max()))
    return 1.0 / spread.clamp(min=least) if least > 0 else torch.zeros_like(spread)


LEAST_SHARE = 0.1
"""Part of the largest spread up to which numbers are scaled: what hardly varied in the training would be blown up by a
new molecule."""

ROUNDING = 1e-4
"""Part of the largest value below which a spread may be rounding."""


class _Rows:
    """The rows of a task on their device."""

    def __init__(self, task: Task, weights: Mapping[str, Tensor], device: torch.device) -> None:
        self._task, self._device = task, device
        self._y = torch.from_numpy(task.y.astype(np.float32)).to(device)
        self._weights = None if task.weights is None else torch.from_numpy(task.weights.astype(np.float32)).to(device)
        self._loss = LOSSES[task.loss]
        self._places = torch.from_numpy(task.conformers.positions.astype(np.float32)).to(device)
        n_atoms, shape = len(task.elements), task.shape
        self._standard: Mapping[str, Tensor] = weights
        small = 4 * n_atoms * (shape.degree + 1) ** 2 * shape.n_density <= MOST_BYTES
        self._kept = self._densities(np.arange(len(task.conformers))).to(device) if small else None
        self._is_standard = False

    def _densities(self, rows: NDArray[np.intp]) -> Tensor:
        task, shape = self._task, self._task.shape
        return densities_of(
            task.conformers[rows],
            task.elements[atoms_of(task.conformers.offsets, rows)],
            shape.n_elements,
            cutoff=task.cutoff,
            n_radial=shape.n_radial,
            degree=shape.degree,
        )

    def standardize(self, weights: Mapping[str, Tensor]) -> None:
        """Bring all densities to unit spread from now on."""
        self._standard, self._is_standard = weights, True
        if self._kept is not None:
            for element in range(self._task.shape.n_elements):
                atoms = torch.from_numpy(np.flatnonzero(self._task.elements == element)).to(self._device)
                for part in torch.split(atoms, 4096):
                    self._kept[part] = standardized(self._kept[part], element, weights, self._task.shape)

    def batch(self, rows: NDArray[np.intp]) -> tuple[Layout, Tensor, Tensor]:
        """Return layout, densities and messages of some rows."""
        task, shape = self._task, self._task.shape
        layout = lay_out(task.elements, task.conformers.offsets, rows, shape.n_elements).to(self._device)
        if self._kept is not None:
            density = self._kept.index_select(0, layout.atoms)
        else:
            density = self._densities(rows).to(self._device).index_select(0, layout.order)
            if self._is_standard:
                parts = layout.by_element(density)
                density = torch.cat([standardized(p, k, self._standard, shape) for k, p in enumerate(parts)])
        matrix = message_matrix(layout.spread(self._places.index_select(0, layout.atoms)), layout, task.message_cutoff)
        return layout, density, matrix

    def loss(self, rows: NDArray[np.intp], weights: Mapping[str, Tensor]) -> Tensor:
        """Return the mean loss of some rows."""
        layout, density, matrix = self.batch(rows)
        energies = layout.spread(atom_energies(density, matrix, layout, weights, self._task.shape)).sum(1)
        which = torch.from_numpy(rows).to(self._device)
        if self._weights is None:
            return self._loss(energies, self._y[which])
        return (self._loss(energies, self._y[which], reduction="none") * self._weights[which]).mean()
