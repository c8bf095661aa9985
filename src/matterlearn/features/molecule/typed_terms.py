"""The terms of a force field in a molecule, each with its type: what its atoms are and how they are bonded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from matterlearn.chemistry.molecules.graph import MoleculeGraph
from matterlearn.chemistry.molecules.topology import (
    AROMATIC,
    angles,
    atom_types,
    bond_distances,
    dihedrals,
    planar_centres,
)

ATOM, BOND, ANGLE, STRETCH_BEND, TORSION, OUT_OF_PLANE, PAIR_14, PAIR = (
    "atom",
    "bond",
    "angle",
    "stretch-bend",
    "torsion",
    "out of plane",
    "1-4 pair",
    "pair",
)
"""Kinds of terms."""

KINDS = (ATOM, BOND, ANGLE, STRETCH_BEND, TORSION, OUT_OF_PLANE, PAIR_14, PAIR)
"""All of them, in the order of the features."""

# Terms of so many graphs are kept: the molecules of a set come again in each fold and each search.
_KEPT = 2048

_MARKS = {1.0: "-", 2.0: "=", 3.0: "#", AROMATIC: ":"}


class Terms(NamedTuple):
    """The terms of one kind in one molecule.

    Attributes
    ----------
    atoms : ndarray of int, shape (n_terms, atoms of a term)
        Atoms of each term.
    types : tuple of str
        Those that occur, in the order of letters.
    which : ndarray of int, shape (n_terms,)
        Type of each term.
    """

    atoms: NDArray[np.int64]
    types: tuple[str, ...]
    which: NDArray[np.int64]


@lru_cache(maxsize=_KEPT)
def typed_terms(graph: MoleculeGraph) -> Mapping[str, Terms]:
    """Find the terms of a force field in a molecule.

    Parameters
    ----------
    graph : MoleculeGraph
        The molecule.

    Returns
    -------
    mapping of str to Terms
        For each of `KINDS`. A type names the types of its atoms (`atom_types`) and, of a bond, its order; of the two
        ways to read a chain the first in the order of letters. Stretch-bend terms are pairs of an angle and the bond
        from its first atom to its centre; 1-4 pairs have three bonds between them, pairs more or none at all.

    Examples
    --------
    >>> water = MoleculeGraph((8, 1, 1), ((0, 1, 1.0), (0, 2, 1.0)))
    >>> typed_terms(water)["bond"].types, typed_terms(water)["angle"].types
    (('H(O)-O2',), ('H(O)-O2-H(O)',))
    """
    names = atom_types(graph)
    apart = bond_distances(graph)
    first, second = np.triu_indices(len(graph), 1)
    between = apart[first, second]
    pairs = np.stack([first, second], axis=1).astype(np.int64)
    bends = angles(graph)
    centres = planar_centres(graph)
    arms = np.stack([bends, bends[:, ::-1]], axis=1).reshape(-1, 3)
    return {
        ATOM: _terms(np.arange(len(graph), dtype=np.int64)[:, None], names),
        BOND: _terms(
            graph.bond_pairs,
            (_MARKS.get(order, "~").join(sorted((names[i], names[j]))) for i, j, order in graph.bonds),
        ),
        ANGLE: _terms(bends, _chains(bends, names)),
        STRETCH_BEND: _terms(arms, (f"[{names[i]}-{names[j]}]-{names[k]}" for i, j, k in arms)),
        TORSION: _terms(dihedrals(graph), _chains(dihedrals(graph), names)),
        OUT_OF_PLANE: _terms(
            centres, (f"{names[c]}({','.join(sorted(names[end] for end in ends))})" for c, *ends in centres)
        ),
        PAIR_14: _terms(pairs[between == 3], _ends(pairs[between == 3], names)),
        PAIR: _terms(pairs[(between > 3) | (between < 0)], _ends(pairs[(between > 3) | (between < 0)], names)),
    }


@lru_cache(maxsize=_KEPT)
def term_names(graph: MoleculeGraph) -> tuple[str, ...]:
    """Return what occurs in a molecule, for people: the types of its atoms, bonds, angles, dihedrals and 1-4 pairs.

    Parameters
    ----------
    graph : MoleculeGraph
        The molecule.

    Returns
    -------
    tuple of str
        Pairs of atoms further apart are left out: of these a large molecule has more kinds than a small one.

    Examples
    --------
    >>> term_names(MoleculeGraph((8, 1, 1), ((0, 1, 1.0), (0, 2, 1.0))))
    ('atom H(O)', 'atom O2', 'bond H(O)-O2', 'angle H(O)-O2-H(O)')
    """
    terms = typed_terms(graph)
    kinds = (ATOM, BOND, ANGLE, TORSION, OUT_OF_PLANE, PAIR_14)
    return tuple(f"{kind} {name}" for kind in kinds for name in terms[kind].types)


def _terms(atoms: NDArray[np.int64], labels: Iterable[str]) -> Terms:
    """Return terms with their types numbered; the arrays are read only."""
    given = list(labels)
    types = tuple(sorted(set(given)))
    numbers = {name: number for number, name in enumerate(types)}
    which = np.array([numbers[name] for name in given], dtype=np.int64)
    atoms = np.ascontiguousarray(atoms)
    for array in (atoms, which):
        array.flags.writeable = False
    return Terms(atoms, types, which)


def _chains(atoms: NDArray[np.int64], names: tuple[str, ...]) -> Iterable[str]:
    for chain in atoms.tolist():
        there = [names[atom] for atom in chain]
        yield "-".join(min(there, there[::-1]))


def _ends(atoms: NDArray[np.int64], names: tuple[str, ...]) -> Iterable[str]:
    return ("..".join(sorted((names[i], names[j]))) for i, j in atoms.tolist())
