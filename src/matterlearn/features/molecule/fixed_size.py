"""Transformers whose features belong to the atoms one by one: all molecules must have one size."""

from __future__ import annotations

from matterlearn.chemistry.molecules.conformers import Conformers
from matterlearn.chemistry.molecules.graph import MoleculeGraph
from matterlearn.core.errors import MatterlearnError
from matterlearn.features.flat import bad_row


def one_size(conformers: Conformers) -> int:
    r"""Return the number of atoms of molecules that all have the same.

    Parameters
    ----------
    conformers : Conformers
        At least one.

    Returns
    -------
    int

    Raises
    ------
    RowError
        If a molecule has another number of atoms than the first.

    Examples
    --------
    >>> from matterlearn.features.molecule.base import as_conformers
    >>> one_size(as_conformers(["1\n\nHe 0 0 0\n"]))
    1
    """
    size = int(conformers.sizes[0])
    for row, other in enumerate(conformers.sizes.tolist()):
        if other != size:
            reason = f"{other} atoms, the first molecule has {size}"
            raise bad_row(conformers[row], MatterlearnError(reason, fix=_FIX), row=row, column=None)
    return size


def check_size(graph: MoleculeGraph, size: int) -> None:
    """Raise a MatterlearnError if a molecule has another number of atoms than those of `fit`.

    Parameters
    ----------
    graph : MoleculeGraph
        The molecule.
    size : int
        Number of atoms of those of `fit`.
    """
    if len(graph) != size:
        raise MatterlearnError(f"{len(graph)} atoms, the molecules seen in fit have {size}", fix=_FIX)


_FIX = "these features need molecules of one size"
