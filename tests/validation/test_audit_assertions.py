"""What tests of models call: invariances asserted, and what transformers declare proved and disproved."""

from __future__ import annotations

import numpy as np
import pytest
from molecules_for_tests import conformers_of
from scipy.spatial.distance import pdist

from matterlearn.chemistry.symmetries import MOLECULE_SYMMETRIES, PERMUTATION, REFLECTION, ROTATION, TRANSLATION
from matterlearn.core.errors import ArgumentError
from matterlearn.features.molecule.base import MoleculeTransformer
from matterlearn.validation.audits import assert_invariant, check_declared_symmetries


class Pairs(MoleculeTransformer):
    """Distances between atoms, in the order of the atoms or sorted."""

    symmetries = frozenset({TRANSLATION, ROTATION, REFLECTION})

    def __init__(self, sort: bool = False) -> None:
        self.sort = sort

    def _learn(self, conformers):
        self.width_ = max(len(graph) * (len(graph) - 1) // 2 for graph in conformers.graphs)

    def _block(self, block):
        rows = np.array([pdist(positions) for positions in block.positions])
        return np.sort(rows, axis=1) if self.sort else rows

    def _names(self):
        return [f"pair {k}" for k in range(self.width_)]


class Sorted(Pairs):
    """Declared as it is."""

    symmetries = frozenset(MOLECULE_SYMMETRIES)


class Places(Pairs):
    """Coordinates, which hold nothing, declared to hold translation."""

    symmetries = frozenset({TRANSLATION})

    def _block(self, block):
        return block.positions[:, :2].reshape(len(block.rows), -1)

    def _names(self):
        return [f"place {k}" for k in range(6)]


class Count(Pairs):
    """Number of atoms, which nothing changes."""

    symmetries = frozenset(MOLECULE_SYMMETRIES)

    def _block(self, block):
        return np.full((len(block.rows), 1), float(len(block.graph)))

    def _names(self):
        return ["atoms"]


def molecules():
    return conformers_of("OCC(F)Cl", 5)


def test_what_is_declared_is_proved_and_the_rest_seen_broken():
    found = check_declared_symmetries(Pairs(), molecules())
    assert set(found.held) == {TRANSLATION, ROTATION, REFLECTION}
    assert PERMUTATION in found.broken
    assert check_declared_symmetries(Sorted(sort=True).fit(molecules()), molecules()).holds


@pytest.mark.parametrize(
    ("transformer", "said"),
    [
        (Sorted(), "Sorted declares permutation, and breaks it."),
        (Pairs(sort=True), "Pairs does not declare permutation, and never breaks it."),
        (Places(), "Places declares translation, and breaks it."),
    ],
    ids=["declares too much", "declares too little", "declares what it breaks"],
)
def test_a_false_declaration_is_found(transformer, said):
    with pytest.raises(AssertionError) as caught:
        check_declared_symmetries(transformer, molecules())
    assert said in str(caught.value)
    assert "Translation" in str(caught.value)  # the audit stands below


def test_structures_that_show_nothing_prove_nothing():
    with pytest.raises(AssertionError, match="declares rotation, which these structures cannot test"):
        check_declared_symmetries(Count(), conformers_of("[He]", 1))


def test_a_declaration_of_something_else_is_refused():
    class Odd(Pairs):
        symmetries = frozenset({"supercell"})

    for odd in (Odd(), object()):
        with pytest.raises(ArgumentError, match="transformer: declares"):
            check_declared_symmetries(odd, molecules())


def test_an_assertion_says_what_is_broken_and_by_how_much():
    def model(given):
        return given.flat()[:, 0]

    with pytest.raises(
        AssertionError, match=r"Translation is broken: moving a molecule by \(1, 1, 1\) angstrom changes"
    ):
        assert_invariant(model, molecules(), symmetries=["translation", "permutation"])
    loose = assert_invariant(lambda given: 1e3 + model(given), molecules(), ["rotation"], tolerance=100)
    assert loose.check("rotation").largest > 0.01


def test_an_assertion_does_not_pass_untested():
    with pytest.raises(AssertionError, match="Rotation was not tested"):
        assert_invariant(lambda given: [1.0], conformers_of("[He]", 1), ["translation", "rotation"])
    assert assert_invariant(lambda given: [1.0], conformers_of("[He]", 1)).held == ("translation",)
