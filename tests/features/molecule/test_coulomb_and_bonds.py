"""Coulomb matrices and bags of bonds against dscribe and by hand."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from molecules_for_tests import small_molecules

from matterlearn.chemistry.molecules.convert import to_atoms
from matterlearn.features.molecule.bag_of_bonds import BagOfBonds
from matterlearn.features.molecule.coulomb import CoulombForm, CoulombMatrix


@pytest.fixture(scope="module")
def dscribe_matrix() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from dscribe.descriptors import CoulombMatrix as Theirs
    return Theirs


@pytest.mark.parametrize(
    ("form", "theirs"), [("eigenvalues", "eigenspectrum"), ("sorted rows", "sorted_l2"), ("atoms", "none")]
)
def test_coulomb_matrix_is_that_of_dscribe(dscribe_matrix: Any, form: CoulombForm, theirs: str) -> None:
    molecules = list(small_molecules())
    ours = CoulombMatrix(form).fit(molecules)
    size = ours.n_atoms_
    expected = dscribe_matrix(n_atoms_max=size, permutation=theirs).create([to_atoms(one) for one in molecules])
    if form != "eigenvalues":
        expected = expected.reshape(-1, size, size)[:, *np.triu_indices(size)]
    np.testing.assert_allclose(ours.transform(molecules), expected, rtol=1e-10, atol=1e-11)


def test_the_trace_is_the_sum_of_self_terms() -> None:
    """The sum of the eigenvalues, whatever the positions; of their squares: the squared norm of the matrix."""
    molecules = list(small_molecules())
    values = CoulombMatrix().fit_transform(molecules)
    triangles = CoulombMatrix("atoms").fit(molecules).transform(molecules)
    size = values.shape[1]
    i, j = np.triu_indices(size)
    for molecule, row, triangle in zip(molecules, values, triangles, strict=True):
        assert row.sum() == pytest.approx(0.5 * (molecule.graph.atomic_numbers**2.4).sum(), rel=1e-12)
        assert (row**2).sum() == pytest.approx((np.where(i == j, 1, 2) * triangle**2).sum(), rel=1e-12)


def test_bags_of_bonds_hold_the_elements_of_the_coulomb_matrix() -> None:
    molecules = list(small_molecules())
    bonds = BagOfBonds().fit_transform(molecules)
    triangles = CoulombMatrix("atoms").fit_transform(molecules)
    for bag, triangle in zip(bonds, triangles, strict=True):
        np.testing.assert_allclose(np.sort(bag[bag > 0]), np.sort(triangle[triangle > 0]), rtol=1e-13)


def test_bags_of_bonds_of_two_molecules_by_hand() -> None:
    water = "3\n\nH 1 0 0\nO 0 0 0\nH 0 1 0\n"
    chloride = "2\n\nCl 0 0 0\nH 0 0 1.25\n"
    bonds = BagOfBonds().fit([water, chloride])
    expected = {
        "H atom 1": (0.5, 0.5),
        "H atom 2": (0.5, 0.0),
        "O atom 1": (0.5 * 8**2.4, 0.0),
        "Cl atom 1": (0.0, 0.5 * 17**2.4),
        "H-H repulsion 1": (0.5**0.5, 0.0),
        "H-O repulsion 1": (8.0, 0.0),
        "H-O repulsion 2": (8.0, 0.0),
        "H-Cl repulsion 1": (0.0, 17 / 1.25),
    }
    assert bonds.get_feature_names_out().tolist() == list(expected)
    np.testing.assert_allclose(bonds.transform([water, chloride]).T, list(expected.values()), rtol=1e-14)
