"""Molecules: what is bonded to what, where the atoms are, and many of them as flat arrays."""

from __future__ import annotations

from matterlearn.core.lazy import lazy_exports

_EXPORTS = {
    "Conformer": "matterlearn.chemistry.molecules.conformers",
    "Conformers": "matterlearn.chemistry.molecules.conformers",
    "MoleculeGraph": "matterlearn.chemistry.molecules.graph",
    "read_conformer": "matterlearn.chemistry.molecules.convert",
    "read_molecule": "matterlearn.chemistry.molecules.convert",
    "to_atoms": "matterlearn.chemistry.molecules.convert",
    "to_mol": "matterlearn.chemistry.molecules.convert",
    "to_mol_block": "matterlearn.chemistry.molecules.convert",
}

__getattr__, __dir__ = lazy_exports(__name__, _EXPORTS)
__all__ = list(_EXPORTS)
