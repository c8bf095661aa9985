"""A set of conformers with their energies: as a table, as a batch, as a file, ready to learn from."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from matterlearn.chemistry.molecules.conformers import Conformers, coordinate_names
from matterlearn.core.objects import as_objects
from matterlearn.data.dataset import Dataset, make_dataset
from matterlearn.data.generators.conformers.files import write_conformers
from matterlearn.data.tables import Table

ENERGY: Final = "energy_kcal_mol"
"""Column of the energies of the force field."""

UFF_ENERGY: Final = "uff_kcal_mol"
"""Column of the energies of UFF at the same positions."""


@dataclass(frozen=True, eq=False, repr=False)
class ConformerSet:
    """Conformers with the energies of a force field; made by `make_conformers`.

    Parameters
    ----------
    conformers : Conformers
        Molecule after molecule, each in the order in which its conformers were made.
    facts : DataFrame
        One row per conformer: `molecule` and `isomer` (SMILES), `energy_kcal_mol`, `uff_kcal_mol` where UFF is not the
        force field itself, `converged` if there were steps of minimisation.
    counts : DataFrame
        One row per molecule: `molecule`, how many conformers were `tried`, `embedded` and `kept` after pruning.
    notes : tuple of str
        What a user should know, one sentence each.
    rejected : DataFrame
        `row`, `column`, `value`, `reason` of the molecules that could not be used.
    """

    __module__ = "matterlearn.data.generators.conformers.conformer_set"

    conformers: Conformers
    facts: pd.DataFrame
    counts: pd.DataFrame
    notes: tuple[str, ...]
    rejected: pd.DataFrame

    def __len__(self) -> int:
        return len(self.conformers)

    def __repr__(self) -> str:
        formulas = ", ".join(graph.formula for graph in self.conformers.graphs[:3])
        more = ", ..." if len(self.conformers.graphs) > 3 else ""
        return f"ConformerSet({len(self)} of {formulas}{more})"

    @property
    def energies(self) -> NDArray[np.float64]:
        """Energies of the force field in kcal/mol, shape (n_conformers,)."""
        return self.facts[ENERGY].to_numpy(dtype=np.float64, copy=True)

    @cached_property
    def table(self) -> pd.DataFrame:
        """The facts with a column `structure` of `Conformer` objects, and the coordinates in angstrom.

        The columns x_0, y_0, z_0, x_1, ... are there where all molecules have one number of atoms.
        """
        facts = self.facts.copy()
        facts.insert(2, "structure", as_objects(self.conformers))
        if len(np.unique(self.conformers.sizes)) != 1:
            return facts
        flat = pd.DataFrame(self.conformers.flat(), columns=coordinate_names(int(self.conformers.sizes[0])))
        return pd.concat([facts, flat], axis=1)

    def dataset(self) -> Dataset:
        """Return the set ready to learn from: the structures are the inputs, the energies the target.

        Returns
        -------
        Dataset
        """
        return make_dataset(
            self.as_table(),
            ENERGY,
            ["structure"],
            {"structure": "structure"},
            {ENERGY: "kcal/mol"},
            name="conformers",
            citation=CITATION,
            licence="computed here",
        )

    def as_table(self, path: str | os.PathLike[str] = "conformers") -> Table:
        """Return the set as if it had been read from a file.

        Parameters
        ----------
        path : path-like
            The file; it names the set in messages, and need not exist.

        Returns
        -------
        Table
            Its checksum is that of positions and energies.
        """
        frame = self.table.set_index(pd.RangeIndex(1, len(self) + 1, name="row"))
        digest = hashlib.sha256(self.conformers.positions.tobytes() + self.energies.tobytes()).hexdigest()
        return Table(frame, Path(path), digest, "made", self.notes)

    def write(self, path: str | os.PathLike[str]) -> Path:
        """Write the set as a file, whole or not at all.

        Parameters
        ----------
        path : path-like
            .parquet and .csv hold the table, with a MOL block as text for each structure; .sdf holds MOL blocks with
            the facts as properties, .xyz extended XYZ frames with the facts as keys.

        Returns
        -------
        pathlib.Path
            The path written.

        Raises
        ------
        ArgumentError
            If the suffix is another one, or there is no such folder.
        DataError
            If it cannot be written.
        """
        return write_conformers(self.conformers, self.facts, path)

    def with_note(self, note: str) -> ConformerSet:
        """Return the same set with one more note."""
        return replace(self, notes=(*self.notes, note))


CITATION: Final = (
    "Computed by matterlearn with RDKit; ETKDG: S. Riniker, G. A. Landrum, J. Chem. Inf. Model. 55, 2562 (2015);"
    " MMFF94: T. A. Halgren, J. Comput. Chem. 17, 490 (1996)"
)
"""What to cite."""
