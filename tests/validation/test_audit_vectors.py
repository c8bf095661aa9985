"""Forces and dipole moments turn with their molecules; those that do not are caught."""

from __future__ import annotations

import numpy as np
import pytest
from ase.build import bulk
from ase.calculators.lj import LennardJones
from molecules_for_tests import conformers_of, small_molecules

from matterlearn.chemistry.molecules import Conformers, to_atoms
from matterlearn.core.errors import ArgumentError
from matterlearn.validation.audits import assert_equivariant, audit_vectors
from matterlearn.validation.audits.changes import LIKE_ATOMS


def batch() -> Conformers:
    return Conformers.of([*conformers_of("OCC(F)Cl", 3), *conformers_of("O", 2)])


def pair_forces(one) -> np.ndarray:
    """Coulomb forces between bare nuclei: numbers in place of charges."""
    numbers = np.array(one.graph.numbers, dtype=float)
    gaps = one.positions[:, None] - one.positions[None]
    far = np.linalg.norm(gaps, axis=2) + np.eye(len(numbers))
    return ((np.outer(numbers, numbers) / far**3)[..., None] * gaps).sum(axis=1)


def dipole(one) -> np.ndarray:
    return (np.array(one.graph.numbers, dtype=float)[:, None] * (one.positions - one.positions.mean(0))).sum(axis=0)


SHAPES = {
    "list": lambda parts: parts,
    "flat": np.concatenate,
}


@pytest.mark.parametrize("shape", SHAPES)
def test_forces_turn_and_go_with_their_atoms(shape):
    found = assert_equivariant(lambda given: SHAPES[shape]([pair_forces(one) for one in given]), batch(), n_changes=3)
    assert len(found.held) == 5
    assert found.kind == "vectors"
    one = conformers_of("O", 4)
    assert_equivariant(lambda given: np.stack([pair_forces(one) for one in given]), one, n_changes=2)


def test_a_dipole_moment_turns_as_one():
    assert_equivariant(lambda given: np.array([dipole(one) for one in given]), batch(), n_changes=3)
    assert_equivariant(lambda given: [dipole(one) for one in given], batch(), n_changes=3)


def test_forces_of_a_crystal_in_other_words():
    def forces(structures):
        for one in structures:
            one.calc = LennardJones(sigma=2.2, epsilon=1.0, rc=5.0, smooth=True)
        return [one.get_forces() for one in structures]

    crystal = bulk("NaCl", "rocksalt", a=5.6) * (1, 1, 2)
    crystal.rattle(0.2, seed=1)
    assert np.abs(forces([crystal])[0]).max() > 0.01
    assert len(assert_equivariant(forces, [crystal], n_changes=3).held) == 7


def axial(one) -> np.ndarray:
    """An angular momentum: cross products change no sign in a mirror where vectors do."""
    r = one.positions - one.positions.mean(0)
    v = pair_forces(one)
    return np.cross(r, v * np.linalg.norm(r, axis=1, keepdims=True)).sum(axis=0)


PLANTED = {
    "forces in a fixed direction": (lambda one: pair_forces(one) + np.array([0, 0, 1.0]), {"rotation", "reflection"}),
    "forces by number of the atom": (
        lambda one: pair_forces(one) * (1 + np.arange(len(one.graph)))[:, None],
        {LIKE_ATOMS, "permutation"},
    ),
    "a dipole that is no dipole": (lambda one: dipole(one) + one.positions.sum(axis=0), {"translation"}),
    "an axial vector": (axial, {"reflection"}),
    "lengths in place of vectors": (lambda one: np.abs(pair_forces(one)), {"rotation", "reflection"}),
}


@pytest.mark.parametrize("planted", PLANTED)
def test_what_is_planted_is_found(planted):
    function, broken = PLANTED[planted]
    found = audit_vectors(lambda given: [function(one) for one in given], batch(), n_changes=3, unit="eV/angstrom")
    assert set(found.broken) == broken
    with pytest.raises(AssertionError, match="seen from the molecule"):
        assert_equivariant(lambda given: [function(one) for one in given], batch(), n_changes=3)


def test_an_axial_vector_may_be_declared():
    assert_equivariant(lambda given: [axial(one) for one in given], batch(), axial=True, n_changes=3)


def test_a_failure_and_another_shape_are_findings():
    numbers = batch()[0].graph.numbers

    def picky(given):
        if any(one.graph.numbers != numbers for one in given):
            raise KeyError("H")
        return [pair_forces(one) for one in given]

    found = audit_vectors(picky, conformers_of("OCC(F)Cl", 3), n_changes=2)
    assert found.broken == ("permutation",)
    assert "makes the model fail for every molecule (KeyError: 'H')" in found.text
    started = []

    def fewer(given):
        started.append(1)
        return [dipole(one) if len(started) > 1 else pair_forces(one) for one in given]

    assert "1 vectors in place of 9" in audit_vectors(fewer, conformers_of("OCC(F)Cl", 2), n_changes=1).text


def test_single_atoms_have_one_vector_each():
    helium = [to_atoms(small_molecules()[0])]
    found = audit_vectors(lambda given: [one.positions for one in given], helium, symmetries=["translation"])
    assert found.broken == ("translation",)


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (lambda given: np.zeros((4, 3)), "gave 4 arrays"),
        (lambda given: [np.zeros((5, 2))] * len(given), "one vector per atom"),
        (lambda given: np.full((len(given), 3), np.nan), "not finite"),
    ],
)
def test_what_is_no_vector_is_refused(function, said):
    with pytest.raises(ArgumentError, match=said):
        audit_vectors(function, batch())
    with pytest.raises(ArgumentError, match="at least 1"):
        audit_vectors(function, batch(), n_changes=0)


def test_forces_that_cancel_are_not_judged():
    rng = np.random.default_rng(0)
    found = audit_vectors(lambda given: [1e-17 * rng.normal(size=(len(one.graph), 3)) for one in given], batch())
    assert (found.broken, found.held, found.holds) == ((), (), False)
    assert "long at most, and no change can be told from rounding" in found.text
    with pytest.raises(ArgumentError, match="n_changes: must be a whole number"):
        audit_vectors(lambda given: [pair_forces(one) for one in given], batch(), n_changes=2.5)
