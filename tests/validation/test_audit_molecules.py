"""Models of molecules that break one symmetry each are caught, and the others hold."""

from __future__ import annotations

import json
import re

import numpy as np
import pandas as pd
import pytest
from molecules_for_tests import conformers_of
from scipy.spatial.distance import pdist, squareform
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from matterlearn.chemistry.molecules import Conformers, read_conformer, to_atoms, to_mol, to_mol_block
from matterlearn.chemistry.molecules.conformers import coordinate_names
from matterlearn.core.errors import ArgumentError, RowError
from matterlearn.validation.audits import Audit, audit
from matterlearn.validation.audits.changes import LIKE_ATOMS

N = 8
ALL = {"translation", "rotation", "reflection", LIKE_ATOMS, "permutation"}


def batch() -> Conformers:
    return conformers_of("OCC(F)Cl", N)


def invariant(one) -> float:
    """A sum over pairs of atoms: the physics of a force field without bonds."""
    numbers = np.array(one.graph.numbers, dtype=float)
    far = squareform(pdist(one.positions))
    return float((np.outer(numbers, numbers) * np.exp(-far / 2)).sum())


def each(function):
    """A model of a batch from a function of one conformer, beside what is invariant."""
    return lambda conformers: [
        0.01 * invariant(one) + function(one, one.positions - one.positions.mean(0)) for one in conformers
    ]


def hand(one, r) -> float:
    """A number that no turn and no order of the atoms changes, and a mirror does: the sense of three moments."""
    weights = np.array(one.graph.numbers, dtype=float)
    length = np.linalg.norm(r, axis=1)
    return float(np.linalg.det([(weights * length**k) @ r for k in (0, 1, 2)])) / 1e3


PLANTED = {
    "nothing": (lambda one, r: 0.0, set()),
    "where it is": (lambda one, r: one.positions.mean(axis=0)[0], {"translation"}),
    "how it lies": (lambda one, r: np.abs(r[:, 0]).sum(), {"rotation"}),
    "its hand": (hand, {"reflection"}),
    "the distance of two hydrogen atoms by number": (
        lambda one, r: np.linalg.norm(r[-1] - r[-2]),
        {LIKE_ATOMS, "permutation"},
    ),
    "what the first atom is": (lambda one, r: one.graph.numbers[0], {"permutation"}),
    "which numbers the bonds join": (
        lambda one, r: sum(i * j for i, j, _ in one.graph.bonds),
        {LIKE_ATOMS, "permutation"},
    ),
}


@pytest.mark.parametrize("planted", PLANTED)
def test_what_is_planted_is_found_and_nothing_else(planted):
    function, broken = PLANTED[planted]
    found = audit(each(function), batch(), n_changes=3)
    assert set(found.broken) == broken
    assert set(found.held) == ALL - broken
    assert found.holds == (not broken)
    for check in found.checks:
        assert check.n_rows == N
        if check.verdict == "holds":
            assert check.largest <= found.limit
            assert check.share_beyond == 0
        else:
            assert check.largest > 1e-3
            assert f"{check.symmetry.capitalize()} is broken" in found.text


def test_the_sense_of_three_moments_is_seen():
    values = [hand(one, one.positions - one.positions.mean(0)) for one in batch()]
    assert np.abs(values).max() > 0.1


def test_a_shift_is_measured_against_the_spread_and_the_error():
    conformers = batch()
    y = conformers.flat()[:, 0] + np.where(np.arange(N) % 2, 0.5, -0.5)
    found = audit(lambda given: 2 * given.flat()[:, 0], conformers, y=y, unit="kcal/mol", symmetries=["translation"])
    check, values = found.check("translation"), 2 * conformers.flat()[:, 0]
    assert found.spread == pytest.approx(values.std())
    assert found.error == pytest.approx(np.abs(values - y).mean())
    assert check.first_median == pytest.approx(2.0)  # 1 angstrom in x, times 2
    assert check.first_median_of_spread == pytest.approx(2 / values.std())
    assert check.first_median_of_error == pytest.approx(2 / found.error)
    assert "moving a molecule by (1, 1, 1) angstrom changes the prediction by 2 kcal/mol in the median" in found.text
    assert found.changes.query("number == 1")["difference"].max() > 50  # 100 angstrom in any direction
    differences = found.changes["difference"].to_numpy()
    np.testing.assert_allclose(differences, np.abs(found.changes["after"] - found.changes["before"]))
    assert check.largest == differences.max()
    assert check.median == pytest.approx(np.median(differences))
    assert check.error_after > found.error


def test_a_model_that_reads_rotation_through_one_conformer_in_many_is_caught():
    conformers = batch()
    first = conformers[0].positions

    def model(given):
        return [1.0 + 5.0 * np.allclose(pdist(one.positions), pdist(first)) * one.positions[0, 0] for one in given]

    found = audit(model, conformers, symmetries=["rotation"])
    assert found.broken == ("rotation",)
    assert found.check("rotation").share_beyond == pytest.approx(1 / N)
    assert "of 12 % of the molecules, by " in found.text


def test_coordinates_in_their_columns():
    conformers = batch()
    y = np.array([invariant(one) for one in conformers])
    model = make_pipeline(StandardScaler(), Ridge()).fit(conformers.flat(), y)
    found = audit(model, conformers, y, takes="coordinates")
    assert set(found.broken) == ALL - {"permutation"}  # of unlike atoms no column of coordinates can tell
    assert found.check("translation").first_median > 0
    # The same with names of columns, and from a matrix, which does not say which atoms are alike.
    frame = pd.DataFrame(
        conformers.flat(), columns=[f"{axis}_{k}" for k in range(len(conformers[0].graph)) for axis in "xyz"]
    )
    named = make_pipeline(StandardScaler(), Ridge()).fit(frame, y)
    again = audit(named, conformers, y, takes="coordinates")
    assert [check.largest for check in again.checks] == pytest.approx([check.largest for check in found.checks])
    bare = audit(named, frame, takes="coordinates")
    assert bare.check(LIKE_ATOMS).verdict == "not tested"
    assert "which atoms are of one element is not known" in bare.text
    assert bare.check("rotation").largest == pytest.approx(found.check("rotation").largest)
    asked = audit(model, conformers, takes="coordinates", symmetries=["permutation"])
    assert [check.symmetry for check in asked.checks] == [LIKE_ATOMS]


def molecules_of_pymatgen(conformers):
    from pymatgen.core import Molecule

    return [Molecule([int(z) for z in one.graph.numbers], one.positions) for one in conformers]


def xyz(one) -> str:
    lines = [
        f"{symbol} {x!r} {y!r} {z!r}"
        for symbol, (x, y, z) in zip(one.graph.symbols, one.positions.tolist(), strict=True)
    ]
    return "\n".join([str(len(lines)), "", *lines, ""])


TYPES = {
    "Conformers": lambda conformers: conformers,
    "list": list,
    "array": lambda conformers: np.array(pd.Series(list(conformers), dtype=object)),
    "Series": lambda conformers: pd.Series(list(conformers), dtype=object, index=range(5, 5 + len(conformers))),
    "frame": lambda conformers: pd.DataFrame({"structure": pd.Series(list(conformers), dtype=object)}),
    "Mol": lambda conformers: [to_mol(one) for one in conformers],
    "Atoms": lambda conformers: [to_atoms(one) for one in conformers],
    "Molecule": molecules_of_pymatgen,
    "MOL": lambda conformers: [to_mol_block(one) for one in conformers],
    "XYZ": lambda conformers: [xyz(one) for one in conformers],
}


@pytest.mark.parametrize("kind", TYPES)
def test_each_type_goes_through_as_itself(kind):
    given = TYPES[kind](batch()[:2])
    seen = set()

    def model(structures):
        cells = structures["structure"] if isinstance(structures, pd.DataFrame) else structures
        seen.add((type(structures), type(next(iter(cells)))))
        return [invariant(read_conformer(cell)) for cell in cells]

    found = audit(model, given, n_changes=2)
    assert found.held == ("translation", "rotation", "reflection", LIKE_ATOMS, "permutation")
    assert len(seen) == 1
    assert next(iter(seen))[0] is type(given)
    broken = audit(
        lambda structures: [read_conformer(cell).positions[-1, 0] for cell in structures],
        list(given) if kind != "frame" else given["structure"],
        n_changes=2,
    )
    assert set(broken.broken) == ALL


def test_what_belongs_to_an_atom_goes_with_it():
    from ase import Atoms
    from rdkit import Chem

    atoms = [to_atoms(one) for one in batch()[:3]]
    for one in atoms:
        one.set_initial_charges(np.arange(len(one)) / 10)

    def charges(structures):
        assert all(type(one) is Atoms for one in structures)
        return [
            float((one.get_initial_charges() * np.linalg.norm(one.positions - one.positions.mean(0), axis=1)).sum())
            for one in structures
        ]

    assert audit(charges, atoms, n_changes=2).holds

    def handed(structures):
        return ["".join(label for _, label in Chem.FindMolChiralCenters(mol)) for mol in structures]

    found = audit(handed, [to_mol(one) for one in batch()], n_changes=2)
    assert found.kind == "class"
    assert found.broken == ("reflection",)
    assert found.check("reflection").share_of_classes == 1
    assert "changes the class in 100 % of the cases" in found.text


def test_a_classifier_is_asked_for_its_probabilities():
    conformers = batch()
    y = np.array(["up" if one.positions[0, 0] > 0 else "down" for one in conformers])
    flat = FunctionTransformer(lambda given: given.flat())
    model = make_pipeline(flat, StandardScaler(), LogisticRegression()).fit(conformers, y)
    found = audit(model, conformers, y, symmetries=["translation", "rotation"])
    assert found.kind == "probability"
    assert found.broken == ("translation", "rotation")
    check = found.check("rotation")
    assert 0 < check.share_of_classes < 1
    assert 0.1 < check.largest <= 1
    assert check.error_after > found.error == pytest.approx(np.mean(model.predict(conformers) != y))
    assert set(found.changes["output"]) <= {"up", "down"}
    assert "another class becomes the most probable one" in found.text
    same = audit(DummyClassifier().fit(conformers, y), conformers, y)
    assert same.holds


def test_a_transformer_by_the_spread_of_each_feature():
    conformers = batch()
    flat = FunctionTransformer(lambda given: np.column_stack([given.flat()[:, 0], np.full(len(given), 7.0)]))
    found = audit(flat, conformers, symmetries=["translation", "rotation"])
    assert found.kind == "features"
    check = found.check("translation")
    assert check.first_median == pytest.approx(1 / conformers.flat()[:, 0].std())
    assert check.output == "output 0"
    with pytest.raises(ArgumentError, match="y: several outputs"):
        audit(flat, conformers, y=np.zeros(N))


def test_a_feature_that_is_zero_by_cancellation_is_not_broken_by_rounding():
    def features(conformers):
        parts = [one.positions - one.positions.mean(0) for one in conformers]
        return [[r.sum(), np.linalg.norm(r)] for r in parts]  # the first is zero but for rounding

    assert audit(features, batch()).holds


def test_a_change_that_makes_the_model_fail_is_a_finding():
    numbers = batch()[0].graph.numbers

    def picky(conformers):
        for one in conformers:
            if one.graph.numbers != numbers:
                raise ValueError("atoms\nin another order")
        return [invariant(one) for one in conformers]

    found = audit(picky, batch())
    assert found.broken == ("permutation",)
    check = found.check("permutation")
    assert (check.n_failed, check.share_beyond) == (N, 1)
    assert np.isnan(check.largest)
    assert "makes the model fail for every molecule (ValueError: atoms in another order)" in found.text
    assert found.changes.query("symmetry == 'permutation'")["beyond"].all()


def test_rows_that_fail_are_told_from_those_that_do_not():
    conformers = batch()
    first = pdist(conformers[0].positions)

    def picky(given):
        for one in given:
            if one.positions.mean() > 0.9 and np.allclose(pdist(one.positions), first):
                raise RuntimeError("too far")
        return [np.nan if one.positions.mean() > 50 else invariant(one) for one in given]

    found = audit(picky, conformers, symmetries=["translation"], n_changes=2)
    lines = found.changes.query("reason != ''")
    assert set(lines.query("number == 0")["row"]) == {0}
    assert lines["reason"].iloc[0] == "RuntimeError: too far"
    far = lines.query("number == 1 and row != 0")["reason"]
    assert set(far) <= {"what it says is not finite"}
    assert f"fails for {found.check('translation').n_failed} of {N} molecules" in found.text.replace(
        "fail for", "fails for"
    )


def test_a_model_that_fails_before_any_change_fails():
    def model(conformers):
        raise RuntimeError("no model at all")

    with pytest.raises(RuntimeError, match="no model at all"):
        audit(model, batch())
    with pytest.raises(ArgumentError, match="structure 3 is not finite"):
        audit(lambda given: np.where(np.arange(len(given)) == 3, np.nan, 1.0), batch())
    with pytest.raises(ArgumentError, match=r"gave shape \(3,\) for 8 structures"):
        audit(lambda given: [1.0, 2.0, 3.0], batch())


def test_molecules_without_a_change_are_not_tested():
    found = audit(lambda given: [1.0] * len(given), conformers_of("[He]", 1))
    assert found.held == ("translation",)
    assert {check.symmetry: check.verdict for check in found.checks}["rotation"] == "not tested"
    assert "Rotation was not tested: a single atom has no direction." in found.text
    mixed = Conformers.of([*conformers_of("[He]", 1), *conformers_of("O", 2)])
    counts = {check.symmetry: check.n_rows for check in audit(lambda given: [0.0] * len(given), mixed).checks}
    assert counts == {"translation": 3, "rotation": 2, "reflection": 2, LIKE_ATOMS: 2, "permutation": 2}


def test_the_same_seed_gives_the_same_audit_and_plain_data_give_it_back():
    model = each(PLANTED["how it lies"][0])
    y = np.arange(float(N))
    found = audit(model, batch(), y, n_changes=3, unit="eV", random_state=5)
    again = audit(model, batch(), y, n_changes=3, unit="eV", random_state=5)
    pd.testing.assert_frame_equal(found.changes, again.changes)
    other = audit(model, batch(), y, n_changes=3, unit="eV", random_state=6)
    assert not found.changes["after"].equals(other.changes["after"])
    alone = audit(model, batch(), y, n_changes=3, unit="eV", random_state=5, symmetries="rotation")
    assert alone.check("rotation") == found.check("rotation")
    back = Audit.from_dict(json.loads(found.to_json(changes=True)))
    assert (back.text, back.held) == (found.text, found.held)
    pd.testing.assert_frame_equal(back.changes, found.changes)
    assert "changes" not in json.loads(found.to_json())


def test_trees_on_distances_hold_and_on_coordinates_do_not():
    conformers = batch()
    y = np.array([invariant(one) for one in conformers])
    sorted_distances = FunctionTransformer(lambda given: np.array([np.sort(pdist(one.positions)) for one in given]))
    assert audit(
        make_pipeline(sorted_distances, LinearRegression()).fit(conformers, y), conformers, y, n_changes=3
    ).holds


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"symmetries": ["rotations"]}, "did you mean 'rotation'"),
        ({"symmetries": ["supercell"]}, "a molecule has no supercell"),
        ({"symmetries": []}, "none is named"),
        ({"n_changes": 0}, "must be at least 1"),
        ({"n_changes": 2.5}, "n_changes: must be a whole number, got 2.5"),
        ({"random_state": None}, "random_state: must be a whole number, got None"),
        ({"tolerance": "small"}, "must be a number from 0"),
        ({"y": ["a"] * N}, "y: not numbers"),
        ({"tolerance": -1.0}, "must be a number from 0"),
        ({"tolerance": float("nan")}, "must be a number from 0"),
        ({"property": "total"}, "intensive or extensive"),
        ({"takes": "matrix"}, "one of structures, coordinates"),
        ({"method": "guess"}, "one of predict"),
        ({"method": "transform"}, "has no transform"),
        ({"y": [1.0]}, "shape"),
        ({"y": [np.nan] * N}, "not finite"),
    ],
)
def test_arguments_that_cannot_be_used(options, said):
    with pytest.raises(ArgumentError, match=said):
        audit(lambda given: [1.0] * len(given), batch(), **options)


def test_structures_that_cannot_be_read():
    with pytest.raises(ArgumentError, match="neither predict nor transform"):
        audit(3, batch())
    with pytest.raises(ArgumentError, match="there are none"):
        audit(len, [])
    with pytest.raises(RowError, match="row 1"):
        audit(len, [batch()[0], "no molecule"])
    with pytest.raises(ArgumentError, match="no common coordinates"):
        audit(len, Conformers.of([*conformers_of("O", 1), *conformers_of("CCO", 1)]), takes="coordinates")
    with pytest.raises(ArgumentError, match="3 \\* n_atoms"):
        audit(len, np.zeros((2, 4)), takes="coordinates")


def test_a_large_total_energy_hides_no_change():
    def places(given):
        return np.array([0.3 * np.tanh(one.positions[0, 0]) for one in given])

    found = audit(lambda given: -1e6 + places(given), batch(), symmetries=["translation"])
    assert found.broken == ("translation",)
    assert found.check("translation").largest_of_spread > 1
    # An invariant of the same size is rounded, and holds; the text says how small the change is against the spread.
    held = audit(lambda given: [-1e6 + 0.01 * invariant(one) for one in given], batch(), n_changes=2)
    assert set(held.held) == ALL
    assert held.limit < 1e-6 * held.spread * 1.001 + 1e-7
    slightly = audit(each(lambda one, r: 1e-10 * one.positions[0, 0]), batch(), n_changes=2)
    assert slightly.holds
    assert re.search(r"changes the prediction by \S+ at most, \S+ of the spread of the predictions", slightly.text)
    # Where predictions do not vary there is no spread, and the change is seen all the same.
    alone = audit(lambda given: [-1e6 + 1e-3 * one.positions[0, 0] for one in given], batch()[:1])
    assert "rotation" in alone.broken
    assert audit(lambda given: [-1e6 + 0.01 * invariant(one) for one in given], batch()[:1]).holds


def test_a_small_output_is_not_hidden_by_a_large_one():
    def features(given):
        return [[1e-4 * one.positions[0, 0], 1e9 * invariant(one) / 1e3] for one in given]

    found = audit(features, batch(), symmetries=["translation", "rotation"])
    assert found.broken == ("translation", "rotation")
    assert found.check("rotation").output == "output 0"


def test_what_is_zero_but_for_rounding_is_not_judged():
    def cancelled(given):
        return [float((one.positions - one.positions.mean(0)).sum()) for one in given]

    found = audit(cancelled, batch(), symmetries=["rotation"])
    assert (found.broken, found.held, found.holds) == ((), (), False)
    assert "no change can be told from rounding" in found.text
    # Zero before and not after is a change.
    centred = batch().with_positions(np.concatenate([one.positions - one.positions.mean(0) for one in batch()]))
    far = audit(lambda given: [one.positions[:, 0].mean() for one in given], centred, symmetries=["translation"])
    assert far.broken == ("translation",)
    beside = audit(
        lambda given: [[x, invariant(one)] for x, one in zip(cancelled(given), given, strict=True)],
        batch(),
        n_changes=2,
    )
    assert beside.holds
    assert "Output 'output 0' is zero but for rounding and was not judged." in beside.text


def test_where_nothing_was_tested_nothing_holds():
    found = audit(lambda given: [1.0] * len(given), conformers_of("[He]", 1), symmetries=["rotation"])
    assert (found.broken, found.held, found.holds) == ((), (), False)


@pytest.mark.parametrize("kind", [int, float, bool, str])
def test_the_error_of_a_classifier_does_not_ask_for_the_type_of_its_classes(kind):
    conformers = batch()
    y = np.arange(N) % 2
    flat = FunctionTransformer(lambda given: given.flat())
    model = make_pipeline(flat, DummyClassifier(strategy="most_frequent")).fit(conformers, np.ones(N, dtype=int))
    assert audit(model, conformers, y.astype(kind), symmetries=["rotation"]).error == 0.5
    labels = audit(model, conformers, y.astype(kind), symmetries=["rotation"], method="predict")
    assert labels.error == 0.5


def test_columns_of_coordinates_are_told_by_their_names():
    conformers = conformers_of("O", N)
    names = coordinate_names(3)
    frame = pd.DataFrame(conformers.flat(), columns=names)[sorted(names)]  # x_0, x_1, x_2, y_0, ...
    seen = set()

    def bond(table):
        seen.add(tuple(table.columns))
        first, second = (table[[f"{axis}_{k}" for axis in "xyz"]].to_numpy() for k in (0, 1))
        return np.linalg.norm(first - second, axis=1)

    assert audit(bond, frame, takes="coordinates", n_changes=3).held == ("translation", "rotation", "reflection")
    assert seen == {tuple(sorted(names))}
    # The same for a model that was fitted with such columns, asked with conformers.
    fitted = LinearRegression().fit(frame, frame["x_1"] - frame["x_0"])
    assert "translation" in audit(fitted, conformers, takes="coordinates").held
    with pytest.raises(ArgumentError, match="'oxygen', which tells no coordinate"):
        audit(bond, frame.rename(columns={"x_0": "oxygen"}), takes="coordinates")
    with pytest.raises(ArgumentError, match="model: was fitted with columns such as 'oxygen'"):
        audit(
            LinearRegression().fit(frame.rename(columns={"x_0": "oxygen"}), frame["x_1"]),
            conformers,
            takes="coordinates",
        )


def test_lists_of_coordinates_are_a_matrix():
    rows = conformers_of("O", 4).flat()
    found = audit(lambda matrix: matrix[:, 3] - matrix[:, 0], rows.tolist(), takes="coordinates", n_changes=2)
    assert found.broken == ("rotation", "reflection")
    with pytest.raises(ArgumentError, match="rows of 8 and of 9 coordinates"):
        audit(len, [rows[0].tolist(), rows[1].tolist()[:-1]], takes="coordinates")


def test_the_largest_change_is_compared_with_the_error_too():
    conformers = batch()
    found = audit(lambda given: given.flat()[:, 0], conformers, conformers.flat()[:, 0] + 0.5, n_changes=2)
    check = found.check("translation")
    assert check.largest_of_error == pytest.approx(check.largest / 0.5)
    assert "largest_of_error" in found.table.columns


def test_some_orders_are_one_for_all_and_some_each_molecules_own():
    seen: list[list[tuple[int, ...]]] = []

    def model(given):
        seen.append([one.graph.numbers for one in given])
        return [invariant(one) for one in given]

    assert audit(model, batch(), symmetries=["permutation"], n_changes=4).holds
    assert [len(set(orders)) for orders in seen[1::2]] == [1, 1]
    assert all(len(set(orders)) > N // 2 for orders in seen[2::2])
