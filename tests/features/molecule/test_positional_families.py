"""What all features of positions have in common: the rules of transformers, and their symmetries as declared."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from molecules_for_tests import conformers_of, moved, shuffled, small_molecules, swapped_like_atoms, turned
from sklearn.base import clone

from matterlearn.chemistry.molecules.conformers import Conformers
from matterlearn.chemistry.molecules.graph import MoleculeGraph
from matterlearn.chemistry.symmetries import MOLECULE_SYMMETRIES, PERMUTATION, REFLECTION, ROTATION, TRANSLATION
from matterlearn.core.errors import ArgumentError, RowError
from matterlearn.features import check_matter_transformer
from matterlearn.features.molecule.bag_of_bonds import BagOfBonds
from matterlearn.features.molecule.coordinates import Coordinates
from matterlearn.features.molecule.coulomb import CoulombMatrix
from matterlearn.features.molecule.distances import Distances
from matterlearn.features.molecule.histograms import AngleDistribution, PairDistribution

OF_ONE_SIZE = [Coordinates(), Distances(), Distances("inverse")]
OF_ANY_SIZE = [
    Distances("plain", "sorted"),
    Distances("inverse", "sorted"),
    CoulombMatrix("eigenvalues"),
    CoulombMatrix("sorted rows"),
    CoulombMatrix("atoms"),
    BagOfBonds(),
    PairDistribution(n_bins=6),
    PairDistribution(n_bins=5, width=0.05, geometry="inverse distance", weight="inverse square"),
    PairDistribution(n_bins=6, weight="exponential", decay=1.0),
    AngleDistribution(n_bins=4),
    AngleDistribution(n_bins=4, geometry="cosine", weight="exponential"),
    AngleDistribution(n_bins=4, weight="none"),
]
EVERY = OF_ONE_SIZE + OF_ANY_SIZE

CHANGES = {
    TRANSLATION: moved,
    ROTATION: turned,
    REFLECTION: lambda conformers: turned(conformers, mirrored=True),
    PERMUTATION: swapped_like_atoms,
}


def samples(transformer: Any) -> Conformers:
    """A batch that the transformer takes."""
    is_of_one_size = any(type(transformer) is type(other) and transformer is other for other in OF_ONE_SIZE)
    return conformers_of("OCC(F)Cl", 5) if is_of_one_size else Conformers.of(small_molecules())


def difference(a: Any, b: Any) -> float:
    """Largest difference of two matrices of features, relative to the largest value in the row."""
    largest = np.abs(a).max(axis=1)  # 0 where a single atom has no distances
    return float((np.abs(a - b).max(axis=1) / np.where(largest > 0, largest, 1.0)).max())


@pytest.mark.parametrize("transformer", EVERY, ids=str)
def test_the_rules_of_transformers_are_kept(transformer: Any) -> None:
    objects = samples(transformer)
    check_matter_transformer(transformer, list(objects if transformer in OF_ONE_SIZE else objects[::2]))


@pytest.mark.parametrize("transformer", EVERY, ids=str)
@pytest.mark.parametrize("symmetry", MOLECULE_SYMMETRIES)
def test_symmetries_are_those_declared(transformer: Any, symmetry: str) -> None:
    objects = samples(transformer)
    fitted = clone(transformer).fit(objects)
    change = difference(fitted.transform(objects), fitted.transform(CHANGES[symmetry](objects)))
    if symmetry in fitted.symmetries:
        assert change <= 1e-10
    else:
        assert change > 1e-2, f"{symmetry} is not declared, but changes nothing"


@pytest.mark.parametrize("transformer", [t for t in OF_ANY_SIZE if PERMUTATION in t.symmetries], ids=str)
def test_no_order_of_the_elements_matters_either(transformer: Any) -> None:
    objects = Conformers.of(small_molecules())
    fitted = clone(transformer).fit(objects)
    assert difference(fitted.transform(objects), fitted.transform(shuffled(objects))) <= 1e-10
    again = clone(transformer).fit(shuffled(objects))
    assert again.get_feature_names_out().tolist() == fitted.get_feature_names_out().tolist()


@pytest.mark.parametrize("transformer", EVERY, ids=str)
def test_facts_name_every_feature_with_its_unit(transformer: Any) -> None:
    fitted = clone(transformer).fit(samples(transformer))
    facts = fitted.feature_facts()
    assert [fact.label for fact in facts] == fitted.get_feature_names_out().tolist()
    has_no_unit = getattr(transformer, "geometry", "") == "cosine"
    assert all(bool(fact.unit) != has_no_unit for fact in facts)


@pytest.mark.parametrize("transformer", OF_ANY_SIZE, ids=str)
def test_smaller_molecules_than_those_of_fit_are_welcome(transformer: Any) -> None:
    fitted = clone(transformer).fit(Conformers.of(small_molecules()))
    alone = fitted.transform([small_molecules()[2]])
    np.testing.assert_array_equal(alone[0], fitted.transform(Conformers.of(small_molecules()))[2])


@pytest.mark.parametrize("transformer", [t for t in EVERY if type(t) is not Coordinates], ids=str)
def test_atoms_at_one_place_are_refused_by_their_row(transformer: Any) -> None:
    places = np.zeros((3, 2, 3))
    places[:, 1, 2] = [0.7, 0.0, 0.8]
    batch = Conformers.of_one(MoleculeGraph((1, 1)), places)
    fitted = clone(transformer).fit(batch[[0, 2]])
    with pytest.raises(RowError, match=r"row 1: .*atoms 0 and 1 are 0 angstrom apart") as caught:
        fitted.transform(batch)
    assert caught.value.row == 1


@pytest.mark.parametrize("transformer", [Coordinates(), Distances(), Distances("inverse")], ids=str)
def test_one_size_is_asked_for(transformer: Any) -> None:
    water, ethanol = small_molecules()[2], small_molecules()[3]
    with pytest.raises(RowError, match=r"row 2: .*9 atoms, the first molecule has 3") as caught:
        transformer.fit([water, water, ethanol])
    assert caught.value.row == 2
    with pytest.raises(RowError, match=r"row 1: .*9 atoms, the molecules seen in fit have 3"):
        transformer.fit([water]).transform([water, ethanol])


@pytest.mark.parametrize(
    ("transformer", "reason"),
    [
        (Distances("plain", "sorted"), "28 pairs H-H, in fit there were at most 15"),
        (BagOfBonds(), "28 pairs H-H, in fit there were at most 15"),
        (CoulombMatrix(), "10 atoms, the largest molecule seen in fit has 9"),
    ],
)
def test_larger_molecules_than_those_of_fit_are_refused(transformer: Any, reason: str) -> None:
    ethanol, larger = conformers_of("CCO", 1)[0], conformers_of("C1CC1C", 1)[0]
    if isinstance(transformer, CoulombMatrix):
        larger = conformers_of("CCN", 1)[0]
    with pytest.raises(RowError, match=f"row 1: .*{reason}"):
        transformer.fit([ethanol]).transform([ethanol, larger])


@pytest.mark.parametrize("transformer", [Distances("plain", "sorted"), BagOfBonds(), PairDistribution()], ids=str)
def test_elements_never_seen_are_refused(transformer: Any) -> None:
    with pytest.raises(RowError, match=r"row 0: .*no molecule seen in fit holds N"):
        transformer.fit([conformers_of("CCO", 1)[0]]).transform([conformers_of("CN", 1)[0]])


@pytest.mark.parametrize(
    ("transformer", "where"),
    [
        (Distances(form="squared"), "form"),  # type: ignore[arg-type]
        (Distances(order=None), "order"),  # type: ignore[arg-type]
        (CoulombMatrix(form="eigenvectors"), "form"),  # type: ignore[arg-type]
        (PairDistribution(r_min=-0.1), "r_min"),
        (PairDistribution(r_min=0.0, geometry="inverse distance"), "r_min"),
        (PairDistribution(r_max=0.7), "r_max"),
        (PairDistribution(r_max=float("inf")), "r_max"),
        (PairDistribution(n_bins=1), "n_bins"),
        (PairDistribution(n_bins=10.0), "n_bins"),  # type: ignore[arg-type]
        (PairDistribution(width=0.0), "width"),
        (PairDistribution(width=1e-9), "width"),
        (PairDistribution(width=100.0), "width"),
        (PairDistribution(weight="cutoff"), "weight"),  # type: ignore[arg-type]
        (PairDistribution(geometry="angle"), "geometry"),  # type: ignore[arg-type]
        (PairDistribution(decay=-1.0), "decay"),
        (AngleDistribution(cutoff=0.0), "cutoff"),
        (AngleDistribution(sharpness=True), "sharpness"),
        (AngleDistribution(threshold=float("nan")), "threshold"),
        (AngleDistribution(weight="inverse square"), "weight"),  # type: ignore[arg-type]
    ],
    ids=str,
)
def test_arguments_that_cannot_be_used_are_named(transformer: Any, where: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        transformer.fit(list(small_molecules()))
    assert caught.value.where == where
