"""The network itself: from densities around atoms to energies, as functions of a dictionary of weights.

What surrounds an atom (`atoms.densities`) turns with the molecule. Channels are learned mixtures of it, one set for
each degree of the harmonics; squares of them, summed over the functions of a degree, do not turn any more. They and the
element decide what an atom tells its near neighbours: numbers, and its own channels, which turn with the molecule;
scalar products of what comes in with the atom's own channels know of four atoms, that is of dihedral angles. A
perceptron for each element makes the energy of the atom of all this, and the energies are summed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import silu

from matterlearn.models.molecules.atoms import Layout
from matterlearn.models.molecules.geometry import SHORTEST, smooth_cutoff

Weights = Mapping[str, Tensor]

N_MESSAGE_RADIAL = 2
"""Functions of the distance over which messages are sent; they lie in a narrow range."""


@dataclass(frozen=True)
class Shape:
    """Sizes of a network."""

    n_elements: int
    n_radial: int
    degree: int
    channels: int
    message_channels: int
    width: int

    @property
    def n_density(self) -> int:
        """Numbers around an atom for each harmonic."""
        return self.n_elements * self.n_radial

    @property
    def n_own(self) -> int:
        """Invariants of an atom's own surroundings."""
        return self.channels * (self.degree + 1)

    @property
    def n_received(self) -> int:
        """Invariants of what an atom is told."""
        return N_MESSAGE_RADIAL * (self.width + self.message_channels * self.degree)

    def learned(self) -> dict[str, tuple[int, ...]]:
        """Return names and shapes of the weights that are learned."""
        e, c, m, w = self.n_elements, self.channels, self.message_channels, self.width
        shapes: dict[str, tuple[int, ...]] = {}
        for degree in range(self.degree + 1):
            shapes[f"channels.{degree}"] = (e, self.n_density, c)
            if degree:
                shapes[f"sent.{degree}"] = (e, c, m)
                shapes[f"met.{degree}"] = (e, c, N_MESSAGE_RADIAL * m)
        n_in = self.n_own + self.n_received
        for name, sizes in {"told": (self.n_own, w), "first": (n_in, w), "second": (w, w), "last": (w, 1)}.items():
            shapes[f"{name}.weights"] = (e, *sizes)
            shapes[f"{name}.intercepts"] = (e, sizes[1])
        return shapes

    def scales(self) -> dict[str, tuple[int, ...]]:
        """Return names and shapes of the means and spreads that bring numbers to unit spread."""
        return {
            "density.mean": (self.n_elements, self.n_density),
            "density.factor": (self.n_elements, self.degree + 1, self.n_density),
            **{
                f"{name}.{part}": (self.n_elements, size)
                for name, size in (("own", self.n_own), ("received", self.n_received))
                for part in ("mean", "factor")
            },
        }


def starting_weights(shape: Shape, rng: np.random.Generator) -> dict[str, NDArray[np.float32]]:
    """Return weights to start with: normal with variance 1 over the numbers that go in; 0 for the last layer."""
    weights = {}
    for name, sizes in shape.learned().items():
        if name.endswith("intercepts") or name.startswith("last"):
            weights[name] = np.zeros(sizes, dtype=np.float32)
        else:
            weights[name] = (rng.normal(size=sizes) / np.sqrt(sizes[-2])).astype(np.float32)
    for name, sizes in shape.scales().items():
        weights[name] = np.full(sizes, float(name.endswith("factor")), dtype=np.float32)
    return weights


def standardized(density: Tensor, element: int, weights: Weights, shape: Shape) -> Tensor:
    """Return the densities (n_atoms, n_harmonics, n_density) of atoms of one element at unit spread."""
    of_degree = [2 * degree + 1 for degree in range(shape.degree + 1)]
    factors = weights["density.factor"][element].repeat_interleave(torch.tensor(of_degree, device=density.device), 0)
    first = (density[:, :1] - weights["density.mean"][element]) * factors[:1]
    return torch.cat([first, density[:, 1:] * factors[1:]], dim=1)


def message_matrix(places: Tensor, layout: Layout, cutoff: float) -> Tensor:
    """Return how much each atom hears of each other.

    Parameters
    ----------
    places : Tensor, shape (n_conformers, n_slots, 3)
        In angstrom.
    layout : Layout
        Which places hold atoms.
    cutoff : float
        In angstrom.

    Returns
    -------
    Tensor, shape (n_conformers, N_MESSAGE_RADIAL * n_slots, n_slots)
        About 1 for a bond; 0 for an atom and itself, beyond the cutoff, and where there is no atom.
    """
    holds = layout.spread(places.new_ones(len(layout.slots))) > 0
    itself = torch.eye(layout.n_slots, dtype=torch.bool, device=places.device)
    pair = holds[:, :, None] & holds[:, None, :] & ~itself
    r2 = (places[:, :, None] - places[:, None, :]).pow(2).sum(-1)
    r = torch.where(pair, r2, torch.full_like(r2, 4.0 * cutoff * cutoff)).sqrt()
    width = (cutoff - SHORTEST) / N_MESSAGE_RADIAL
    envelope = smooth_cutoff(r, cutoff)
    centres = [SHORTEST + (k + 0.5) * width for k in range(N_MESSAGE_RADIAL)]
    return torch.cat([envelope * torch.exp(-(((r - centre) / width) ** 2)) for centre in centres], dim=1)


def own_invariants(density: Tensor, element: int, weights: Weights, shape: Shape) -> tuple[Tensor, list[Tensor]]:
    """Return invariants (n_atoms, n_own) and channels (n_atoms, 2 l + 1, channels) of atoms of one element."""
    channels = [
        density[:, degree * degree : (degree + 1) ** 2] @ weights[f"channels.{degree}"][element]
        for degree in range(shape.degree + 1)
    ]
    invariants = [channels[0][:, 0], *(part.pow(2).sum(1) for part in channels[1:])]
    return torch.cat(invariants, dim=1), channels


def received(told: Tensor, sent: list[Tensor], met: list[Tensor], matrix: Tensor, layout: Layout) -> Tensor:
    """Return the invariants of what atoms are told.

    Parameters
    ----------
    told : Tensor, shape (n_atoms, width)
        Numbers that each atom sends.
    sent : list of Tensor, shape (n_atoms, 2 l + 1, message_channels)
        Channels that each atom sends, for l = 1, 2, ...
    met : list of Tensor, shape (n_atoms, 2 l + 1, N_MESSAGE_RADIAL * message_channels)
        Channels of the atom itself that they are multiplied with.
    matrix : Tensor
        Of `message_matrix`.
    layout : Layout
        Where the atoms are.

    Returns
    -------
    Tensor, shape (n_atoms, n_received)
    """
    everything = torch.cat([told, *(part.flatten(1) for part in sent)], dim=1)
    heard = matrix @ layout.spread(everything)  # (n_conformers, N_MESSAGE_RADIAL * n_slots, ...)
    parts = [layout.gather(part) for part in torch.split(heard, layout.n_slots, dim=1)]
    invariants = [part[:, : told.shape[1]] for part in parts]
    start = told.shape[1]
    for own in met:
        n_functions, n_channels = own.shape[1], own.shape[2] // N_MESSAGE_RADIAL
        end = start + n_functions * n_channels
        for k, part in enumerate(parts):
            tensor = part[:, start:end].reshape(-1, n_functions, n_channels)
            invariants.append((tensor * own[:, :, k * n_channels : (k + 1) * n_channels]).sum(1))
        start = end
    return torch.cat(invariants, dim=1)


def invariants(
    density: Tensor, matrix: Tensor, layout: Layout, weights: Weights, shape: Shape
) -> tuple[list[Tensor], list[Tensor]]:
    """Return the invariants of the atoms, element by element: of their own surroundings, and of what they are told."""
    own, told, sent, met = [], [], [], []
    for element, part in enumerate(layout.by_element(density)):
        values, channels = own_invariants(part, element, weights, shape)
        values = (values - weights["own.mean"][element]) * weights["own.factor"][element]
        own.append(values)
        told.append(silu(_layer(values, "told", element, weights)))
        sent.append([a @ weights[f"sent.{d}"][element] for d, a in enumerate(channels) if d])
        met.append([a @ weights[f"met.{d}"][element] for d, a in enumerate(channels) if d])
    heard = received(
        torch.cat(told),
        [torch.cat(parts) for parts in zip(*sent, strict=True)],
        [torch.cat(parts) for parts in zip(*met, strict=True)],
        matrix,
        layout,
    )
    return own, [
        (part - weights["received.mean"][element]) * weights["received.factor"][element]
        for element, part in enumerate(layout.by_element(heard))
    ]


def atom_energies(density: Tensor, matrix: Tensor, layout: Layout, weights: Weights, shape: Shape) -> Tensor:
    """Return the energy of each atom.

    Parameters
    ----------
    density : Tensor, shape (n_atoms, n_harmonics, n_density)
        At unit spread.
    matrix : Tensor
        Of `message_matrix`.
    layout : Layout
        Where the atoms are.
    weights : mapping of str to Tensor
        As in `Shape.learned` and `Shape.scales`.
    shape : Shape
        Sizes of the network.

    Returns
    -------
    Tensor, shape (n_atoms,)
        In units of the spread of the target.
    """
    energies = []
    for element, parts in enumerate(zip(*invariants(density, matrix, layout, weights, shape), strict=True)):
        hidden = silu(_layer(torch.cat(parts, dim=1), "first", element, weights))
        hidden = silu(_layer(hidden, "second", element, weights))
        energies.append(_layer(hidden, "last", element, weights)[:, 0])
    return torch.cat(energies)


def _layer(values: Tensor, name: str, element: int, weights: Weights) -> Tensor:
    return torch.addmm(weights[f"{name}.intercepts"][element], values, weights[f"{name}.weights"][element])
