"""Models of crystals that break one symmetry each are caught, and the others hold."""

from __future__ import annotations

import numpy as np
import pytest
from ase import Atoms
from ase.neighborlist import neighbor_list
from pymatgen.core import Lattice, Structure
from pymatgen.io.ase import AseAtomsAdaptor

from matterlearn.chemistry.symmetries import CRYSTAL_SYMMETRIES
from matterlearn.core.errors import ArgumentError, RowError
from matterlearn.validation.audits import assert_invariant, audit

ALL = {"translation", "rotation", "reflection", "permutation", "wrapping", "cell choice", "supercell"}
ROCK_SALT = Structure.from_spacegroup("Fm-3m", Lattice.cubic(5.64), ["Na", "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]])
RUTILE = Structure.from_spacegroup(
    "P4_2/mnm", Lattice.tetragonal(4.6, 2.95), ["Ti", "O"], [[0, 0, 0], [0.305, 0.305, 0]]
)
HANDED = Structure(
    Lattice.from_parameters(4, 5, 6, 80, 95, 102),
    ["Si", "O", "O"],
    [[0.1, 0.2, 0.3], [0.7, 0.35, 0.9], [0.4, 0.8, 0.55]],
)
CRYSTALS = [ROCK_SALT, RUTILE, HANDED]


def neighbours(one: Structure) -> list[tuple[int, np.ndarray, np.ndarray]]:
    """Atomic number of each site, vectors to its neighbours within 4 angstrom, and their atomic numbers."""
    i, j, image, _ = one.get_neighbor_list(4.0)
    numbers = np.array([site.specie.Z for site in one])
    vectors = one.cart_coords[j] + image @ one.lattice.matrix - one.cart_coords[i]
    return [(int(numbers[k]), vectors[i == k], numbers[j[i == k]]) for k in range(len(one))]


def radial(one: Structure) -> float:
    """A smooth sum over pairs of atoms, per atom."""
    return float(np.mean([z * (zs * np.exp(-np.linalg.norm(v, axis=1))).sum() for z, v, zs in neighbours(one)])) / 100


def hand(one: Structure) -> float:
    def of_site(v, zs):
        far = np.linalg.norm(v, axis=1)
        return np.linalg.det([(zs * np.exp(-far) * far**k) @ v for k in (0, 1, 2)])

    return float(np.mean([of_site(v, zs) for _, v, zs in neighbours(one)]))


def amplitudes(one: Structure) -> tuple[np.ndarray, np.ndarray]:
    """Structure factors per atom, and the lengths of their vectors, up to 4 per angstrom."""
    lattice = one.lattice.reciprocal_lattice
    points = lattice.get_points_in_sphere([[0, 0, 0]], [0, 0, 0], 4.0, zip_results=False)
    vectors = points[0] @ lattice.matrix
    numbers = np.array([site.specie.Z for site in one])
    return np.exp(1j * one.cart_coords @ vectors.T).T @ numbers / len(one), np.linalg.norm(vectors, axis=1)


def phases(one: Structure) -> float:
    factors, lengths = amplitudes(one)
    return float((factors.real * np.exp(-(lengths**2))).sum() / one.volume * len(one))


def intensities(one: Structure) -> float:
    factors, lengths = amplitudes(one)
    return float((np.abs(factors) ** 2 * np.exp(-(lengths**2))).sum())


def without_images(one: Structure) -> float:
    """Distances as if the crystal ended at its cell: the classic fault."""
    r = one.cart_coords
    return float(np.linalg.norm(r[:, None] - r[None], axis=2).mean())


PLANTED = {
    "density": (lambda one: one.density, set()),
    "neighbours": (radial, set()),
    "intensities of diffraction": (intensities, set()),
    "phases of diffraction": (phases, {"translation"}),
    "how it lies": (lambda one: np.mean([np.abs(v[:, 0]).sum() for _, v, _ in neighbours(one)]), {"rotation"}),
    "its hand": (hand, {"reflection"}),
    "what comes first": (lambda one: one[0].specie.Z, {"permutation"}),
    "distances without images": (without_images, {"wrapping", "supercell"}),
    "lengths of the cell": (lambda one: sum(one.lattice.abc), {"cell choice", "supercell"}),
    "volume": (lambda one: one.volume, {"supercell"}),
    "fractional coordinates": (lambda one: one.frac_coords[0].sum(), ALL - {"rotation"}),
}


@pytest.mark.parametrize("planted", PLANTED)
def test_what_is_planted_is_found_and_nothing_else(planted):
    function, broken = PLANTED[planted]
    found = audit(lambda structures: [function(one) for one in structures], CRYSTALS, n_changes=2)
    assert set(found.broken) == broken
    assert set(found.held) == ALL - broken
    assert found.noun == "crystal"
    assert all(f"{name.capitalize()} is broken" in found.text for name in broken)


def test_an_extensive_property_grows_with_the_cell():
    def volumes(structures):
        return [one.volume for one in structures]

    assert audit(volumes, CRYSTALS, property="extensive", n_changes=2).holds
    lines = audit(volumes, CRYSTALS, property="extensive", symmetries=["supercell"]).changes
    first = lines.query("change == 'in its primitive cell'")
    assert first["row"].tolist() == [0]  # of rock salt alone
    assert (first["after"] / first["before"]).tolist() == pytest.approx([0.25])
    others = lines.query("number > 0")
    grown = np.where(others["change"] == "as 3 x 1 x 1 cells", 3, 2)
    assert set(grown) == {2, 3}
    assert np.allclose(others["after"] / others["before"], grown)
    densities = audit(
        lambda structures: [one.density for one in structures],
        CRYSTALS,
        property="extensive",
        symmetries=["permutation", "supercell"],
        n_changes=2,
    )
    assert densities.broken == ("supercell",)


def test_atoms_of_ase_stay_atoms_and_a_slab_repeats_in_its_plane():
    slab = Atoms("PtPtO", [[0, 0, 0], [1.4, 1.4, 2], [0, 0, 3.5]], cell=[2.8, 2.8, 15], pbc=(True, True, False))
    cell = Atoms("CsCl", [[0, 0, 0], [2.06, 2.06, 2.06]], cell=[4.12] * 3, pbc=True)
    seen = set()

    def nearest(structures):
        seen.update((type(one), tuple(one.pbc.tolist())) for one in structures)
        lists = [neighbor_list("d", one, 3.0) for one in structures]
        return [np.exp(-far).sum() / len(one) for far, one in zip(lists, structures, strict=True)]

    found = audit(nearest, [slab, cell], n_changes=4)
    assert found.held == tuple(name for name in CRYSTAL_SYMMETRIES)
    assert seen == {(Atoms, (True, True, False)), (Atoms, (True, True, True))}
    cells = found.changes.query("symmetry == 'supercell' and row == 0")["change"].unique().tolist()
    assert cells == ["as 2 x 1 x 1 cells", "as 1 x 2 x 1 cells", "as 3 x 1 x 1 cells"]

    def height(structures):
        return [np.ptp(one.positions[:, 2]) for one in structures]

    assert audit(height, [slab], symmetries=["wrapping", "cell choice", "supercell"]).holds


def test_a_wire_has_no_other_cell():
    wire = Atoms("AuAu", [[0, 0, 0], [0, 0, 2.9]], cell=[20, 20, 5.8], pbc=(False, False, True))
    found = audit(lambda structures: [1.0] * len(structures), [wire])
    assert "Cell choice was not tested: it repeats along one direction only." in found.text


def test_what_belongs_to_a_site_goes_with_it():
    charged = HANDED.copy(site_properties={"magmom": [1.0, -2.0, 0.5]})
    charged.set_charge(2)

    def moments(structures):
        return [sum(site.properties["magmom"] * site.specie.Z for site in one) / len(one) for one in structures]

    assert audit(moments, [charged], n_changes=6).holds
    assert audit(lambda structures: [one._charge for one in structures], [charged], property="extensive").holds
    # Two sites of one element that differ in their moments are no smaller cell.
    pair = Structure(Lattice.cubic(3), ["Fe", "Fe"], [[0, 0, 0], [0.5, 0.5, 0.5]], site_properties={"magmom": [1, -1]})
    changes = audit(moments, [pair], symmetries=["supercell"]).changes["change"]
    assert "in its primitive cell" not in set(changes)
    pair.add_site_property("magmom", [1, 1])
    assert "in its primitive cell" in set(audit(moments, [pair], symmetries=["supercell"]).changes["change"])


def test_as_an_assertion():
    assert_invariant(lambda structures: [radial(one) for one in structures], CRYSTALS, n_changes=2)
    with pytest.raises(AssertionError, match="Wrapping is broken: moving atoms by whole lattice vectors changes"):
        assert_invariant(lambda structures: [without_images(one) for one in structures], CRYSTALS, ["wrapping"])


def test_molecules_and_crystals_are_audited_apart():
    with pytest.raises(RowError, match="row 1: a crystal among molecules"):
        audit(len, [Atoms("H2", [[0, 0, 0], [0, 0, 0.74]]), AseAtomsAdaptor.get_atoms(RUTILE)])
    with pytest.raises(ArgumentError, match="no flat coordinates"):
        audit(len, CRYSTALS, takes="coordinates")
    with pytest.raises(ArgumentError, match="has no permutation of like atoms"):
        audit(len, CRYSTALS, symmetries=["permutation of like atoms"])


def test_a_model_that_only_three_cells_catch_is_caught():
    crystal = Structure(Lattice.from_parameters(3, 4, 5, 80, 95, 102), ["Si", "O"], [[0, 0, 0], [0.3, 0.6, 0.4]])
    thirds = audit(lambda structures: [len(one) % 3 == 0 for one in structures], [crystal], symmetries=["supercell"])
    assert set(thirds.changes.query("beyond")["change"]) == {"as 3 x 1 x 1 cells"}


def test_left_handed_and_relabelled_cells_are_tried():
    def turned(structures):
        return [float(np.sign(np.linalg.det(one.lattice.matrix))) for one in structures]

    def first(structures):
        return [one.lattice.a for one in structures]

    lines = audit(turned, [HANDED], symmetries=["cell choice"]).changes
    assert set(lines.query("beyond")["change"]) == {"with one lattice vector turned round, left-handed"}
    lines = audit(first, [HANDED], symmetries=["cell choice"]).changes
    assert "with its lattice vectors in another order" in set(lines.query("beyond")["change"])
    same = audit(lambda structures: [sum(one.lattice.abc) for one in structures], [HANDED], symmetries=["cell choice"])
    assert same.changes.query("number in (2, 3)")["difference"].max() < 1e-12
    assert audit(lambda structures: [radial(one) for one in structures], CRYSTALS, symmetries=["cell choice"]).holds
