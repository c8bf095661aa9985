"""Changes of a structure that change nothing: what a prediction of a scalar property must not depend on."""

from __future__ import annotations

TRANSLATION = "translation"
"""The whole molecule or crystal is moved."""

ROTATION = "rotation"
"""It is turned."""

REFLECTION = "reflection"
"""It is replaced by its mirror image: energies stay, the sign of an optical rotation does not."""

PERMUTATION = "permutation"
"""Atoms are listed in another order; what belongs to an atom (its bonds, its charge) goes with it."""

MOLECULE_SYMMETRIES = (TRANSLATION, ROTATION, REFLECTION, PERMUTATION)
"""Those of a molecule."""

CELL_CHOICE = "cell choice"
"""A crystal is described by another cell of the same lattice and size."""

SUPERCELL = "supercell"
"""A crystal is described by several of its cells: intensive properties stay."""

WRAPPING = "wrapping"
"""Atoms of a crystal are moved by whole lattice vectors."""

CRYSTAL_SYMMETRIES = (TRANSLATION, ROTATION, REFLECTION, PERMUTATION, WRAPPING, CELL_CHOICE, SUPERCELL)
"""Those of a crystal."""
