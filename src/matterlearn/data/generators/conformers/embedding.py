"""Positions in space from a molecule's graph: RDKit's distance geometry with experimental torsions (ETKDG).

References
----------
S. Riniker, G. A. Landrum, Journal of Chemical Information and Modeling 55, 2562 (2015).
"""

from __future__ import annotations

import signal
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from rdkit import Chem, rdBase
from rdkit.Chem import rdDistGeom

from matterlearn.data.generators.conformers.force_fields import positions_of

MAX_ATTEMPTS: Final = 1000
"""Attempts to embed one conformer before it is given up."""

PROBE_ATTEMPTS: Final = 200
"""Attempts after which a molecule or isomer counts as impossible to embed."""

MOST_ORDERS: Final = 1000
"""Orders of like atoms that are tried when conformers are compared; RDKit stops there as well."""


def embed(mol: Any, n: int, seed: int, threads: int, random_start: bool) -> NDArray[np.float64]:
    """Embed conformers.

    Parameters
    ----------
    mol : rdkit.Chem.Mol
        With its hydrogen atoms.
    n : int
        How many are tried.
    seed : int
        From 1 on: RDKit multiplies it by the number of the conformer.
    threads : int
        Threads; they change nothing in the result.
    random_start : bool
        Start from random coordinates instead of distances.

    Returns
    -------
    ndarray of float, shape (n_embedded, n_atoms, 3)
        In angstrom; fewer than `n` where attempts failed.

    Raises
    ------
    KeyboardInterrupt
        At Ctrl-C, if that is what the process does at it.
    """
    return _embedded(mol, n, _parameters(seed, threads, random_start))


def embeds(mol: Any, random_start: bool) -> bool:
    """Return whether a molecule can be embedded at all."""
    parameters = _parameters(1, 1, random_start)
    parameters.maxIterations = PROBE_ATTEMPTS
    return len(_embedded(mol, 1, parameters)) == 1


def _embedded(mol: Any, n: int, parameters: Any) -> NDArray[np.float64]:
    """Embed, and hand on a Ctrl-C that RDKit took.

    While it embeds, RDKit has a handler of its own: at Ctrl-C it returns no conformers, as if all attempts had failed,
    and raises nothing. To block the signal in this thread would not do, since another thread (of BLAS) then gets it.
    """
    parameters.trackFailures = True
    while True:
        work = Chem.Mol(mol)
        with rdBase.BlockLogs():
            rdDistGeom.EmbedMultipleConfs(work, n, parameters)
        n_failures = sum(parameters.GetFailureCounts())  # one for each attempt that failed, of this call
        if work.GetNumConformers() or n_failures >= n * parameters.maxIterations or not _begins(mol, parameters):
            return positions_of(work)
        signal.raise_signal(signal.SIGINT)  # where it is ignored, all is done again


def _begins(mol: Any, like: Any) -> bool:
    """Return whether there are attempts at all: for bounds that contradict each other RDKit makes none."""
    parameters = _parameters(1, 1, like.useRandomCoords)
    parameters.maxIterations, parameters.trackFailures = 1, True
    work = Chem.Mol(mol)
    with rdBase.BlockLogs():
        rdDistGeom.EmbedMultipleConfs(work, 1, parameters)
    return bool(work.GetNumConformers() or sum(parameters.GetFailureCounts()))


def compared_atoms(mol: Any) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the atoms that are compared between conformers, and all orders of them that the molecule allows.

    Parameters
    ----------
    mol : rdkit.Chem.Mol
        With its hydrogen atoms.

    Returns
    -------
    atoms : ndarray of int, shape (n_compared,)
        Heavy atoms, as RDKit's pruning has them (all atoms where there are none).
    orders : ndarray of int, shape (n_orders, n_compared)
        Positions in `atoms`; first as they stand. The ends of a conjugated group (the oxygens of a carboxyl or nitro
        group) count as alike.
    """
    heavy = [atom.GetIdx() for atom in mol.GetAtoms() if atom.GetAtomicNum() != 1]
    if not heavy:
        return np.arange(mol.GetNumAtoms()), np.arange(mol.GetNumAtoms())[None]
    skeleton = Chem.RWMol(Chem.RemoveAllHs(mol, sanitize=False))
    _make_ends_alike(skeleton)
    found = skeleton.GetSubstructMatches(skeleton, uniquify=False, useChirality=False, maxMatches=MOST_ORDERS)
    first = tuple(range(len(heavy)))
    return np.array(heavy), np.array([first, *sorted(set(found) - {first})])


def _make_ends_alike(skeleton: Any) -> None:
    """Write the conjugated ends O and N of a group with one kind of bond and without charge."""
    for first, _ in skeleton.GetSubstructMatches(_CONJUGATED_ENDS):
        atom = skeleton.GetAtomWithIdx(first)
        atom.SetFormalCharge(0)
        for bond in atom.GetBonds():
            bond.SetBondType(Chem.BondType.SINGLE)


_CONJUGATED_ENDS: Final = Chem.MolFromSmarts("[O,N;D1;$([D1]-[*]=[O,N;D1]),$([D1]=[*]-[O,N;D1])]~[*]")


def _parameters(seed: int, threads: int, random_start: bool) -> Any:
    parameters: Any = rdDistGeom.EmbedParameters()
    parameters.ETversion = 2
    parameters.useExpTorsionAnglePrefs = True
    parameters.useBasicKnowledge = True
    parameters.enforceChirality = True
    parameters.maxIterations = MAX_ATTEMPTS
    parameters.pruneRmsThresh = -1.0  # conformers of all calls are compared, and not those of each
    parameters.randomSeed = seed
    parameters.numThreads = threads
    parameters.useRandomCoords = random_start
    return parameters
