"""Molecules as graphs."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matterlearn.chemistry.molecules.graph import MoleculeGraph
from matterlearn.core.errors import ArgumentError

ETHANE = MoleculeGraph((6, 6, *[1] * 6), ((0, 1, 1.0), *((k // 3, 2 + k, 1.0) for k in range(6))))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (((),), "without atoms"),
        (((0,),), "0 is no atomic number"),
        (((104,),), "104 is no atomic number"),
        (((1, 1), ((1, 0, 1.0),)), "(1, 0, 1.0) is no bond"),
        (((1, 1), ((0, 2, 1.0),)), "(0, 2, 1.0) is no bond"),
        (((1, 1), ((0, 1, 0.0),)), "(0, 1, 0.0) is no bond"),
        (((1, 1), ((0, 1, 1.0), (0, 1, 2.0))), "a pair stands twice"),
        (((1, 8, 1), ((1, 2, 1.0), (0, 1, 1.0))), "not in rising order"),
        (((1, 1), (), (1,)), "1 charges of 2 atoms"),
    ],
)
def test_what_is_no_molecule_is_refused(arguments, message) -> None:
    with pytest.raises(ArgumentError) as caught:
        MoleculeGraph(*arguments)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("numbers", "formula"),
    [((1, 8, 1), "H2O"), ((8, 6, 1, 1, 1, 1), "CH4O"), ((17, 11), "ClNa"), ((6,), "C"), ((35, 6, 17), "CBrCl")],
)
def test_formulas_are_in_the_order_of_hill(numbers, formula) -> None:
    assert MoleculeGraph(numbers).formula == formula


@settings(max_examples=30, deadline=None)
@given(st.permutations(range(8)))
def test_bonds_go_with_their_atoms(order) -> None:
    moved = ETHANE.permuted(order)
    assert [moved.numbers[k] for k in range(8)] == [ETHANE.numbers[atom] for atom in order]
    back = {tuple(sorted((order[i], order[j]))) for i, j, _ in moved.bonds}
    assert back == {(i, j) for i, j, _ in ETHANE.bonds}
    inverse = [order.index(atom) for atom in range(8)]
    assert moved.permuted(inverse) == ETHANE
    assert hash(moved.permuted(inverse)) == hash(ETHANE)


def test_charges_go_with_their_atoms() -> None:
    ion = MoleculeGraph((8, 1), ((0, 1, 1.0),), (-1, 0))
    assert ion.permuted([1, 0]).charges == (0, -1)


@pytest.mark.parametrize("order", [[0, 0, 1], [0, 1], [0, 1, 3]])
def test_an_order_that_is_no_permutation_is_refused(order) -> None:
    with pytest.raises(ArgumentError, match="no permutation of 3 atoms"):
        MoleculeGraph((8, 1, 1)).permuted(order)


def test_arrays_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="read-only"):
        ETHANE.bond_pairs[0, 0] = 3
    with pytest.raises(ValueError, match="read-only"):
        ETHANE.atomic_numbers[0] = 3
