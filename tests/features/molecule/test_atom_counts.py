"""Numbers of atoms: of molecules in space and of graphs alike."""

from __future__ import annotations

import numpy as np
import pytest
from molecules_for_tests import SMILES, conformers_of, shuffled, small_molecules
from rdkit.Chem.rdMolDescriptors import CalcMolFormula

from matterlearn.chemistry.molecules import Conformers, read_molecule
from matterlearn.chemistry.symmetries import MOLECULE_SYMMETRIES
from matterlearn.core.errors import RowError
from matterlearn.features.checks import check_matter_transformer
from matterlearn.features.molecule.atom_counts import AtomCounts


@pytest.mark.parametrize("objects", [list(SMILES), list(small_molecules())], ids=["smiles", "space"])
def test_the_rules_are_kept(objects) -> None:
    check_matter_transformer(AtomCounts(), objects)


def test_counts_are_those_of_the_formula() -> None:
    transformer = AtomCounts().fit(list(SMILES))
    of_graph = transformer.transform(list(SMILES))
    of_space = transformer.transform(Conformers.of(small_molecules()[: len(SMILES)]))
    np.testing.assert_array_equal(of_graph, of_space)
    ethanol = dict(zip(transformer.elements_, of_graph[SMILES.index("CCO")], strict=True))
    assert CalcMolFormula(read_molecule("CCO")) == "C2H6O"
    assert (ethanol["C"], ethanol["H"], ethanol["O"]) == (2, 6, 1)


def test_the_order_of_atoms_does_not_matter() -> None:
    batch = conformers_of("CC(=O)[O-]", 2)
    transformer = AtomCounts().fit(batch)
    np.testing.assert_array_equal(transformer.transform(batch), transformer.transform(shuffled(batch)))
    assert transformer.symmetries == frozenset(MOLECULE_SYMMETRIES)


def test_a_bad_row_is_named() -> None:
    with pytest.raises(RowError, match="row 1: cannot use 'rock'"):
        AtomCounts().fit(["CCO", "rock"])
