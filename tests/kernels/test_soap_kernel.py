"""The power spectrum: DScribe's values, integrals on a grid, and what must come out of any power spectrum."""

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np
import pytest
from ase import Atoms
from dscribe.descriptors import SOAP
from molecules_for_tests import random_rotation, small_molecules

from matterlearn.chemistry.molecules import Conformer, to_atoms
from matterlearn.core.errors import ArgumentError
from matterlearn.kernels.molecule.soap import SoapBasis, molecule_power_spectrum

SPECIES = {"H": 1, "He": 2, "C": 6, "N": 7, "O": 8, "F": 9, "Cl": 17}


def own_values(basis: SoapBasis, molecule: Conformer) -> np.ndarray:
    kinds = np.searchsorted(list(SPECIES.values()), molecule.graph.atomic_numbers)
    each = np.arange(len(kinds))
    return molecule_power_spectrum(basis, molecule.positions[None], kinds, len(SPECIES), each, len(kinds))[0]


@pytest.mark.parametrize(
    ("basis", "sizes"),
    [
        (SoapBasis(3.0, 4, 3, 0.4), (1, 2, 9)),
        (SoapBasis(2.5, 2, 9, 0.25), (3, 9, 11)),
        (SoapBasis(6.0, 1, 0, 1.0), (1, 9, 11)),
        (SoapBasis(3.0, 4, 3, 0.5, fading=True), (1, 2, 9, 11)),
    ],
    ids=["usual", "high degrees", "one function", "fading"],
)
def test_molecules_have_the_values_of_dscribe(basis: SoapBasis, sizes: tuple[int, ...]) -> None:
    weighting: dict[str, Any] = {"function": "poly", "r0": basis.cutoff, "c": 1, "m": 1} if basis.fading else {}
    oracle = SOAP(
        r_cut=basis.cutoff,
        n_max=basis.n_max,
        l_max=basis.l_max,
        sigma=basis.sigma,
        weighting=weighting,
        species=list(SPECIES),
    )
    chosen = [molecule for molecule in small_molecules() if len(molecule.graph) in sizes]
    assert len(chosen) >= len(sizes)
    for molecule in chosen:
        expected = oracle.create(to_atoms(molecule))
        scale = np.abs(expected).max()
        assert scale > 0.01
        np.testing.assert_allclose(own_values(basis, molecule), expected, rtol=1e-8, atol=1e-12 * scale)


def test_more_pairs_and_functions_than_fit_in_a_run_have_the_values_of_dscribe() -> None:
    rng = np.random.default_rng(1)
    grid = np.stack(np.meshgrid(*[np.arange(3)] * 3), axis=-1).reshape(-1, 3)[:20] * 1.6
    cluster = Atoms("Ar9Ne11", positions=grid + rng.normal(scale=0.15, size=(20, 3)))
    basis = SoapBasis(6.0, 9, 2, 0.5)
    expected = SOAP(r_cut=6.0, n_max=9, l_max=2, sigma=0.5, species=["Ne", "Ar"]).create(cluster)
    kinds = np.searchsorted([10, 18], cluster.numbers)
    found = molecule_power_spectrum(basis, cluster.positions[None], kinds, 2, np.arange(20), 20)[0]
    np.testing.assert_allclose(found, expected, rtol=1e-8, atol=1e-9 * np.abs(expected).max())


def test_integrals_on_a_grid() -> None:
    """The coefficients of degree 0, from their definition: density times radial function over all space."""
    basis = SoapBasis(3.0, 2, 0, 0.4)
    places = np.array([[[0.0, 0.0, 0.0], [0.0, 0.0, 1.1]]])
    found = molecule_power_spectrum(basis, places, np.zeros(2, int), 1, np.arange(2), 2)[0, 0]
    r = np.linspace(0, 8, 1601)
    z, weights = np.polynomial.legendre.leggauss(80)
    square = r[:, None] ** 2 + 1.1**2 - 2 * 1.1 * r[:, None] * z  # to the neighbour
    density = (np.exp(-square / (2 * 0.4**2)) @ weights) / 2 + np.exp(-(r**2) / (2 * 0.4**2))
    # Orbitals that fall to 0.001 at 1 and 3 angstrom; S^(-1/2) by the definition of a matrix's square root.
    orbitals = np.exp(math.log(1e-3) * (r / np.array([[1.0], [3.0]])) ** 2)
    overlaps = np.trapezoid(orbitals[:, None] * orbitals * r**2, r)
    values, vectors = np.linalg.eigh(overlaps)
    radial = vectors @ np.diag(values**-0.5) @ vectors.T @ orbitals
    c = np.trapezoid(radial * density * r**2, r) * math.sqrt(4 * math.pi)  # Y_00 = 1 / sqrt(4 pi)
    expected = math.pi * math.sqrt(8) * np.array([c[0] * c[0], c[0] * c[1], c[1] * c[1]])
    np.testing.assert_allclose(found, expected, rtol=1e-9)


def test_turned_mirrored_and_relisted_molecules_have_the_same_spectrum() -> None:
    rng = np.random.default_rng(0)
    basis = SoapBasis(4.0, 4, 6, 0.3)
    places = rng.normal(scale=1.5, size=(1, 9, 3))
    kinds = np.arange(9) % 2
    expected = molecule_power_spectrum(basis, places, kinds, 2, kinds, 2)
    order = rng.permutation(9)
    for mirrored in (False, True):
        turned = places @ random_rotation(1, mirrored=mirrored).T + [1.0, -2.0, 0.5]
        found = molecule_power_spectrum(basis, turned[:, order], kinds[order], 2, kinds[order], 2)
        np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-12 * np.abs(expected).max())


def test_atoms_fade_out_or_jump_a_little() -> None:
    def change(basis: SoapBasis, distance: float) -> float:
        places = np.array([[[0.0, 0.0, 0.0], [0.0, 0.3, distance - 1e-7]], [[0.0, 0.0, 0.0], [0.0, 0.3, distance]]])
        places[:, 1, 2] = np.sqrt(np.array([distance - 1e-7, distance + 1e-7]) ** 2 - 0.09)
        found = molecule_power_spectrum(basis, places, np.array([0, 1]), 2, np.array([0, 0]), 1)[:, 0]
        return float(np.abs(found[1] - found[0]).max() / np.abs(found).max())

    assert change(SoapBasis(3.0, 4, 3, 0.5, fading=True), 3.0) < 1e-12
    beyond = 3.0 + 0.5 * math.sqrt(2 * math.log(1000))
    assert 1e-9 < change(SoapBasis(3.0, 4, 3, 0.5), beyond) < 1e-3


def test_the_same_bits_for_any_number_of_threads_and_any_batch() -> None:
    basis = SoapBasis(4.0, 3, 3, 0.4, fading=True)
    positions = np.random.default_rng(3).normal(scale=2.0, size=(9, 12, 3))
    kinds = np.arange(12) % 3
    before = numba.get_num_threads()
    results = []
    try:
        for threads in (1, min(2, numba.config.NUMBA_NUM_THREADS)):
            numba.set_num_threads(threads)
            results.append(molecule_power_spectrum(basis, positions, kinds, 3, kinds, 3))
    finally:
        numba.set_num_threads(before)
    np.testing.assert_array_equal(results[0], results[1])
    alone = [molecule_power_spectrum(basis, places[None], kinds, 3, kinds, 3)[0] for places in positions]
    np.testing.assert_array_equal(results[0], alone)


@pytest.mark.parametrize(
    ("arguments", "where"),
    [
        ((1.0, 3, 3, 0.5), "cutoff"),
        ((math.inf, 3, 3, 0.5), "cutoff"),
        ((5.0, 0, 3, 0.5), "n_max"),
        ((5.0, 3, -1, 0.5), "l_max"),
        ((5.0, 3, 21, 0.5), "l_max"),
        ((5.0, 3, 3, 0.0), "sigma"),
        ((1.5, 20, 3, 0.5), "n_max"),  # twenty functions between 1 and 1.5 angstrom are nearly the same
    ],
)
def test_bad_parameters_are_named(arguments: tuple[Any, ...], where: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        SoapBasis(*arguments)
    assert caught.value.where == where


def test_arrays_that_do_not_fit_are_refused() -> None:
    basis = SoapBasis(3.0, 2, 1, 0.5)
    with pytest.raises(ArgumentError, match="not from 0 to 0"):
        molecule_power_spectrum(basis, np.zeros((1, 2, 3)), np.array([0, 1]), 1, np.zeros(2, int), 1)
    with pytest.raises(ArgumentError, match="do not fit"):
        molecule_power_spectrum(basis, np.zeros((1, 3, 3)), np.zeros(2, int), 1, np.zeros(2, int), 1)
