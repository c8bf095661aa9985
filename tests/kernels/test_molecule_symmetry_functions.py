"""Symmetry functions: DScribe's values, the formulas, and what must come out of any sum over neighbours."""

from __future__ import annotations

import math
from itertools import combinations

import numba
import numpy as np
import pytest
from ase import Atoms
from ase.neighborlist import neighbor_list
from dscribe.descriptors import ACSF
from molecules_for_tests import small_molecules

from matterlearn.chemistry.molecules import Conformer, to_atoms
from matterlearn.core.errors import ArgumentError
from matterlearn.kernels.molecule.elementary import exponential, fade
from matterlearn.kernels.molecule.symmetry_functions import (
    SymmetryFunctionSet,
    list_symmetry_functions,
    molecule_symmetry_functions,
)

RADIAL = [(0.0, 0.0), (0.5, 0.0), (4.0, 1.1), (4.0, 1.6), (9.0, 2.5)]
NARROW = [(0.01, 1.0, 1.0), (0.01, 4.0, -1.0), (0.2, 5.0, 1.0), (0.2, 2.5, -1.0), (0.07, 90.0, 1.0)]
WIDE = [(0.01, 2.0, 1.0), (0.1, 16.0, -1.0)]
FUNCTIONS = SymmetryFunctionSet(3.2, RADIAL, NARROW, WIDE)


def dscribe_values(functions: SymmetryFunctionSet, atoms: Atoms, species: list[str]) -> np.ndarray:
    """Return DScribe's values of each atom, without the sum of the cutoff function that it puts first."""
    oracle = ACSF(
        r_cut=functions.cutoff,
        g2_params=functions.radial,
        g4_params=functions.angular,
        g5_params=functions.wide_angular,
        species=species,
        periodic=bool(atoms.pbc.any()),
    )
    values = oracle.create(atoms)
    width = 1 + len(functions.radial)
    firsts = np.arange(len(species)) * width
    return np.delete(values, firsts, axis=1)


def own_values(functions: SymmetryFunctionSet, atoms: Atoms, numbers: list[int]) -> np.ndarray:
    kinds = np.searchsorted(numbers, atoms.numbers)
    each = np.arange(len(atoms))
    return molecule_symmetry_functions(functions, atoms.positions[None], kinds, len(numbers), each, len(atoms))[0]


def list_values(functions: SymmetryFunctionSet, atoms: Atoms, numbers: list[int], reach: float, seed: int = 0):
    """Return the values from ASE's list of neighbours, each atom's in random order."""
    i, j, vectors = neighbor_list("ijD", atoms, reach)
    order = np.lexsort((np.random.default_rng(seed).random(len(i)), i))
    i, j, vectors = i[order], j[order], vectors[order]
    offsets = np.concatenate(([0], np.cumsum(np.bincount(i, minlength=len(atoms)))))
    kinds = np.searchsorted(numbers, atoms.numbers)[j]
    return list_symmetry_functions(functions, offsets, vectors, kinds, len(numbers))


@pytest.fixture(scope="module")
def molecules() -> list[Conformer]:
    return [molecule for molecule in small_molecules() if len(molecule.graph) > 1]


def species_of(molecules: list[Conformer]) -> tuple[list[str], list[int]]:
    found = sorted({pair for m in molecules for pair in zip(m.graph.numbers, m.graph.symbols, strict=True)})
    return [symbol for _, symbol in found], [number for number, _ in found]


def test_molecules_have_the_values_of_dscribe(molecules: list[Conformer]) -> None:
    species, numbers = species_of(molecules)
    assert len(species) >= 6
    for molecule in molecules:
        atoms = to_atoms(molecule)
        expected = dscribe_values(FUNCTIONS, atoms, species)
        np.testing.assert_allclose(own_values(FUNCTIONS, atoms, numbers), expected, rtol=1e-10, atol=1e-13)
    assert np.abs(expected).max() > 0.5


def test_more_triples_than_fit_in_a_run_have_the_values_of_dscribe() -> None:
    rng = np.random.default_rng(1)
    grid = np.stack(np.meshgrid(*[np.arange(4)] * 3), axis=-1).reshape(-1, 3)[:50] * 1.4
    cluster = Atoms("Ar30Ne20", positions=grid + rng.normal(scale=0.15, size=(50, 3)))
    functions = SymmetryFunctionSet(6.0, RADIAL, NARROW, WIDE)
    expected = dscribe_values(functions, cluster, ["Ne", "Ar"])
    np.testing.assert_allclose(own_values(functions, cluster, [10, 18]), expected, rtol=1e-10, atol=1e-13)


def test_lists_of_neighbours_give_the_same(molecules: list[Conformer]) -> None:
    _, numbers = species_of(molecules)
    for molecule in molecules:
        atoms = to_atoms(molecule)
        expected = own_values(FUNCTIONS, atoms, numbers)
        # Neighbours beyond the cutoff add nothing.
        for reach in (3.2, 5.0):
            found = list_values(FUNCTIONS, atoms, numbers, reach)
            np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-14)


def test_periodic_lists_have_the_values_of_dscribe() -> None:
    rng = np.random.default_rng(2)
    crystal = Atoms("NaClNaCl", scaled_positions=rng.random((4, 3)), cell=[[3.5, 0, 0], [0.4, 4.1, 0], [0, 1, 3.9]])
    crystal.pbc = True
    expected = dscribe_values(FUNCTIONS, crystal, ["Na", "Cl"])
    found = list_values(FUNCTIONS, crystal, [11, 17], 3.2)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)


def test_formulas_by_hand() -> None:
    """A triangle: every sum has one term."""
    places = np.array([[0.0, 0.0, 0.0], [1.2, 0.0, 0.0], [0.3, 0.9, 0.0]])
    functions = SymmetryFunctionSet(2.0, [(0.7, 0.4)], [(0.3, 3.0, -1.0)], [(0.3, 3.0, -1.0)])
    kinds = np.array([0, 0, 1])
    found = molecule_symmetry_functions(functions, places[None], kinds, 2, np.arange(3), 3)[0, 0]

    def f(r: float) -> float:
        return (math.cos(math.pi * r / 2.0) + 1) / 2

    r01, r02, r12 = (float(np.linalg.norm(places[i] - places[j])) for i, j in combinations(range(3), 2))
    cosine = float(places[1] @ places[2]) / (r01 * r02)
    wide = 2**-2 * (1 - cosine) ** 3 * math.exp(-0.3 * (r01**2 + r02**2)) * f(r01) * f(r02)
    narrow = wide * math.exp(-0.3 * r12**2) * f(r12)
    radial = [math.exp(-0.7 * (r - 0.4) ** 2) * f(r) for r in (r01, r02)]
    # Radial functions of kinds 0 and 1; then of the pairs 0-0, 1-0, 1-1 the narrow and the wide one.
    np.testing.assert_allclose(found, [*radial, 0, 0, narrow, wide, 0, 0], rtol=1e-14)


def test_far_atoms_and_one_atom_give_zero() -> None:
    far = np.array([[[0.0, 0.0, 0.0], [3.2, 0.0, 0.0]]])
    found = molecule_symmetry_functions(FUNCTIONS, far, np.zeros(2, int), 1, np.arange(2), 2)
    assert found.shape == (1, 2, FUNCTIONS.n_columns(1))
    assert not found.any()
    alone = molecule_symmetry_functions(FUNCTIONS, np.ones((3, 1, 3)), np.zeros(1, int), 1, np.zeros(1, int), 1)
    assert not alone.any()
    assert not list_symmetry_functions(FUNCTIONS, np.array([0, 0]), np.empty((0, 3)), np.empty(0, int), 2).any()


def test_values_and_slopes_fade_out_at_the_cutoff() -> None:
    """Of a third atom that leaves along a line, the value goes as the square of what is left of the way."""
    step = 1e-4

    def value(distance: float) -> np.ndarray:
        places = np.array([[[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, distance, 0.0]]])
        return molecule_symmetry_functions(FUNCTIONS, places, np.zeros(3, int), 1, np.arange(3), 3)[0, 0]

    outside = value(3.2 + step)
    np.testing.assert_array_equal(value(3.2), outside)
    inside, twice = value(3.2 - step) - outside, value(3.2 - 2 * step) - outside
    assert np.abs(inside).max() > 0
    assert np.abs(inside).max() / step < 1e-3  # the slope at the cutoff
    changed = np.abs(inside) > 1e-11
    np.testing.assert_allclose(twice[changed] / inside[changed], 4.0, rtol=0.01)


def test_the_same_bits_for_any_number_of_threads_and_any_batch() -> None:
    rng = np.random.default_rng(3)
    positions = rng.normal(scale=2.0, size=(9, 12, 3))
    kinds = np.arange(12) % 3
    before = numba.get_num_threads()
    results = []
    try:
        for threads in (1, min(2, numba.config.NUMBA_NUM_THREADS)):
            numba.set_num_threads(threads)
            results.append(molecule_symmetry_functions(FUNCTIONS, positions, kinds, 3, kinds, 3))
    finally:
        numba.set_num_threads(before)
    np.testing.assert_array_equal(results[0], results[1])
    alone = [molecule_symmetry_functions(FUNCTIONS, places[None], kinds, 3, kinds, 3)[0] for places in positions]
    np.testing.assert_array_equal(results[0], alone)


def test_elementary_functions_are_exact_to_rounding() -> None:
    exponents = np.concatenate((-np.geomspace(1e-12, 700, 400), np.linspace(0, 700, 100)))
    found = np.array([exponential(x) for x in exponents.tolist()])
    np.testing.assert_allclose(found, np.exp(exponents), rtol=5e-16)
    assert 0 < exponential(-1e6) < 1e-300
    fractions = np.linspace(0, 1, 300)
    faded = np.array([fade(x) for x in fractions.tolist()])
    np.testing.assert_allclose(faded, (np.cos(np.pi * fractions) + 1) / 2, rtol=0, atol=1e-15)
    assert fade(1.0) == fade(7.0) == 0.0


@pytest.mark.parametrize(
    ("arguments", "where"),
    [
        ({"cutoff": 0.0, "radial": [(1.0, 1.0)]}, "cutoff"),
        ({"cutoff": math.nan, "radial": [(1.0, 1.0)]}, "cutoff"),
        ({"cutoff": 6.0}, "radial"),
        ({"cutoff": 6.0, "radial": [(-1.0, 1.0)]}, "radial"),
        ({"cutoff": 6.0, "radial": [(1.0, 1.0, 1.0)]}, "radial"),
        ({"cutoff": 6.0, "radial": [(1.0, 1.0), (1, 1)]}, "radial"),
        ({"cutoff": 6.0, "radial": "many"}, "radial"),
        ({"cutoff": 6.0, "angular": [(1.0, 0.0, 1.0)]}, "angular"),
        ({"cutoff": 6.0, "angular": [(1.0, 1.0, 1.5)]}, "angular"),
        ({"cutoff": 6.0, "wide_angular": [(math.inf, 1.0, 1.0)]}, "wide_angular"),
    ],
)
def test_bad_parameters_are_named(arguments: dict[str, object], where: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        SymmetryFunctionSet(**arguments)  # type: ignore[arg-type]
    assert caught.value.where == where


def test_arrays_that_do_not_fit_are_refused() -> None:
    functions = SymmetryFunctionSet(3.0, [(1.0, 1.0)])
    with pytest.raises(ArgumentError, match="not from 0 to 0"):
        molecule_symmetry_functions(functions, np.zeros((1, 2, 3)), np.array([0, 1]), 1, np.zeros(2, int), 1)
    with pytest.raises(ArgumentError, match="do not fit"):
        molecule_symmetry_functions(functions, np.zeros((1, 3, 3)), np.zeros(2, int), 1, np.zeros(2, int), 1)
    with pytest.raises(ArgumentError, match="offsets"):
        list_symmetry_functions(functions, np.array([0, 2, 1]), np.zeros((1, 3)), np.zeros(1, int), 1)
    with pytest.raises(ArgumentError, match="2 neighbours"):
        list_symmetry_functions(functions, np.array([0, 2]), np.zeros((1, 3)), np.zeros(1, int), 1)
