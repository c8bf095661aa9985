"""Conformers of molecules with the energies of a force field: data computed on the spot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matterlearn.core.lazy import lazy_exports

if TYPE_CHECKING:
    from matterlearn.data.generators.conformers.conformer_set import ConformerSet
    from matterlearn.data.generators.conformers.making import make_conformers

__all__ = ["ConformerSet", "make_conformers"]

__getattr__, __dir__ = lazy_exports(
    __name__,
    {
        "ConformerSet": "matterlearn.data.generators.conformers.conformer_set",
        "make_conformers": "matterlearn.data.generators.conformers.making",
    },
)
