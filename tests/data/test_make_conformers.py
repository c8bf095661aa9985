"""Conformers made here: RDKit's own numbers on the stored positions, its own pruning, and runs that are cut off."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from rdkit import Chem
from rdkit.Chem import AllChem, rdDistGeom, rdMolAlign

from matterlearn.chemistry.molecules import read_conformer, to_mol
from matterlearn.core.errors import ArgumentError, MatterlearnError
from matterlearn.data.generators.conformers import ConformerSet, make_conformers, making
from matterlearn.data.generators.conformers.embedding import compared_atoms, embed
from matterlearn.data.generators.conformers.request import BATCH
from matterlearn.data.tables import read_table
from matterlearn.kernels.molecule.superposition import DistinctSets, smallest_distance

ETHER = "CCC[C@H](C)COC"
THREE_BATCHES = 2 * BATCH + 50


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("made")


@pytest.fixture(scope="module")
def made(folder) -> ConformerSet:
    return make_conformers(ETHER, n=THREE_BATCHES, folder=folder)


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch) -> None:
    """A data home of each test's own."""
    monkeypatch.setenv("MATTERLEARN_DATA", str(tmp_path / "home"))


def equal(one: ConformerSet, other: ConformerSet) -> bool:
    """Whether two sets are the same, bit for bit."""
    pd.testing.assert_frame_equal(one.facts, other.facts, check_exact=True)
    pd.testing.assert_frame_equal(one.counts, other.counts)
    assert one.notes == other.notes
    return np.array_equal(one.conformers.positions, other.conformers.positions)


# What is in a set


def test_the_energies_are_those_of_rdkit_at_the_stored_positions(made):
    for row in range(0, len(made), 9):
        mol = to_mol(made.conformers[row])
        mmff = AllChem.MMFFGetMoleculeForceField(mol, AllChem.MMFFGetMoleculeProperties(mol)).CalcEnergy()
        uff = AllChem.UFFGetMoleculeForceField(mol).CalcEnergy()
        assert made.energies[row] == pytest.approx(mmff, rel=1e-9)
        assert made.facts["uff_kcal_mol"][row] == pytest.approx(uff, rel=1e-9)


def test_the_table_has_structures_and_coordinates(made):
    table = made.table
    assert list(table.columns[:5]) == ["molecule", "isomer", "structure", "energy_kcal_mol", "uff_kcal_mol"]
    assert table["structure"][3] == made.conformers[3]
    assert table.loc[3, "x_0":].tolist() == made.conformers[3].positions.ravel().tolist()
    assert made.counts.values.tolist() == [[ETHER, THREE_BATCHES, THREE_BATCHES, len(made)]]


def test_no_two_conformers_of_an_isomer_are_closer_than_the_threshold(made):
    heavy = [Chem.RemoveHs(to_mol(conformer)) for conformer in made.conformers]
    closest = min(rdMolAlign.AlignMol(Chem.Mol(a), b) for k, a in enumerate(heavy) for b in heavy[:k])
    assert len(made) < THREE_BATCHES
    assert closest >= 0.2


def test_every_tried_conformer_is_kept_without_pruning():
    every = make_conformers(ETHER, n=40, prune=0)
    assert len(every) == 40


def test_hydrogen_atoms_alone_are_compared_where_there_is_nothing_else():
    assert len(make_conformers("[H][H]", n=5, force_field="UFF")) == 1


@pytest.mark.parametrize(
    "smiles", ["CCCCO", "CC(C)CC(=O)[O-]", "C[N+](=O)[O-]", "CC(C)(C)CCO", "NC(=O)CC(C)C", "c1ccccc1CCO"]
)
def test_pruning_is_that_of_rdkit(smiles):
    mol = Chem.AddHs(Chem.MolFromSmiles(smiles))
    every = embed(mol, 60, 11, 1, False)
    parameters = rdDistGeom.EmbedParameters()
    parameters.ETversion, parameters.randomSeed, parameters.maxIterations = 2, 11, 1000
    parameters.useExpTorsionAnglePrefs = parameters.useBasicKnowledge = True
    parameters.pruneRmsThresh = 0.2
    kept = rdDistGeom.EmbedMultipleConfs(mol, 60, parameters)
    theirs = np.array([mol.GetConformer(number).GetPositions() for number in kept])
    atoms, orders = compared_atoms(mol)
    ours = every[DistinctSets(orders, 0.2).add(every[:, atoms], np.zeros(60))]
    assert 1 <= len(ours) < 60
    np.testing.assert_array_equal(ours, theirs)


def test_the_distance_of_two_sets_of_points_is_that_of_an_explicit_superposition():
    rng = np.random.default_rng(5)
    for n_points in (2, 3, 4, 13):
        for flat in (False, True):
            a, b = rng.normal(size=(2, n_points, 3)) * ([1, 1, 0] if flat else 1)
            a, b = a - a.mean(axis=0), b - b.mean(axis=0)
            u, _, v = np.linalg.svd(a.T @ b)
            turned = a @ (u @ np.diag([1, 1, np.linalg.det(u @ v)]) @ v)
            expected = np.sqrt(((turned - b) ** 2).sum() / n_points)
            assert smallest_distance(a + 3.0, b - 1.0) == pytest.approx(expected, abs=1e-7)


def test_sets_are_compared_within_their_group_only():
    rods = [[[0, 0, 0], [1.0, 0, 0]]] * 3
    assert DistinctSets([[0, 1]], 0.1).add(rods, [0, 1, 0]).tolist() == [True, True, False]


# The same set again


def test_the_number_of_threads_changes_nothing(made, tmp_path):
    assert equal(make_conformers(ETHER, n=THREE_BATCHES, workers=1, folder=tmp_path), made)


def test_another_seed_gives_other_conformers(made, tmp_path):
    other = make_conformers(ETHER, n=20, seed=1, folder=tmp_path)
    same = make_conformers(ETHER, n=20, folder=tmp_path)
    assert np.array_equal(same.conformers.positions, made.conformers.positions[: len(same.conformers.positions)])
    assert not np.isin(other.conformers.positions, made.conformers.positions).any()


def test_batches_draw_different_conformers(made):
    assert len(np.unique(made.conformers.flat(), axis=0)) == len(made)


def refuse(*arguments: object) -> None:
    raise AssertionError("it was computed again")


def test_a_set_that_was_made_is_found_again(made, folder, monkeypatch):
    monkeypatch.setattr(making, "embed", refuse)
    assert equal(make_conformers(ETHER, n=THREE_BATCHES, folder=folder), made)


@pytest.mark.parametrize("change", [{"seed": 3}, {"prune": 0.3}, {"force_field": "UFF"}, {"steps": 1}, {"n": 6}])
def test_another_request_is_another_set(tmp_path, change):
    make_conformers("CCCO", n=5, folder=tmp_path)
    make_conformers("CCCO", **{"n": 5, "folder": tmp_path, **change})
    assert len(list(tmp_path.glob("conformers-*.mlc"))) == 2


@pytest.mark.parametrize(
    "damage", [lambda data: data[:-40], lambda data: data[:700] + bytes([data[700] ^ 1]) + data[701:], len]
)
def test_a_damaged_set_is_made_again(tmp_path, damage):
    first = make_conformers("CC(C)CO", n=8, folder=tmp_path)
    [place] = tmp_path.glob("conformers-*.mlc")
    whole = place.read_bytes()
    broken = damage(whole)
    place.write_bytes(broken if isinstance(broken, bytes) else b"x" * broken)
    assert place.read_bytes() != whole
    assert equal(make_conformers("CC(C)CO", n=8, folder=tmp_path), first)
    assert place.read_bytes() == whole


@pytest.mark.parametrize("steps", [0, 5])
def test_a_run_that_was_cut_off_repeats_its_last_batch_only(tmp_path, monkeypatch, steps):
    request = {"n": THREE_BATCHES, "steps": steps, "stereo": "any"}
    smiles = "CCC(F)CO"  # isomers are mixed
    whole = make_conformers(smiles, **request, folder=tmp_path / "whole")
    calls = []

    def third_fails(*arguments):
        calls.append(arguments)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return embed(*arguments)

    monkeypatch.setattr(making, "embed", third_fails)
    with pytest.raises(KeyboardInterrupt):
        make_conformers(smiles, **request, folder=tmp_path / "cut")
    assert not list((tmp_path / "cut").glob("*.mlc"))
    resumed = make_conformers(smiles, **request, folder=tmp_path / "cut")
    assert len(calls) == 4
    assert equal(resumed, whole)
    [one], [other] = ((tmp_path / name).glob("*.mlc") for name in ("whole", "cut"))
    assert one.read_bytes() == other.read_bytes()
    assert not list((tmp_path / "cut").glob(".*.run"))


def test_a_data_home_that_cannot_be_written_to_is_told_and_no_error(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("MATTERLEARN_DATA", str(tmp_path / "file"))
    found = make_conformers("CCCO", n=4)
    assert "not kept" in found.notes[-1]
    with pytest.raises(MatterlearnError, match="cannot write"):
        make_conformers("CCCO", n=4, folder=tmp_path / "file")


# Ctrl-C

EMBEDS_FOR_LONG = """
import os, signal, sys
from rdkit import Chem
from matterlearn.data.generators.conformers.embedding import embed

signal.signal(signal.SIGINT, signal.default_int_handler)
mol = Chem.AddHs(Chem.MolFromSmiles("CC(C)CCCCCCCCCC"))
print("ready", flush=True)
try:
    found = embed(mol, 20_000, 1, int(sys.argv[1]), False)
except KeyboardInterrupt:
    print("interrupted")
else:
    print("swallowed, with", len(found))
"""


@pytest.mark.skipif(os.name != "posix", reason="SIGINT cannot be sent to one process here")
@pytest.mark.parametrize("threads", [1, 2])
def test_ctrl_c_while_rdkit_embeds_ends_the_run(threads):
    order = [sys.executable, "-c", EMBEDS_FOR_LONG, str(threads)]
    blas = {"OPENBLAS_NUM_THREADS": str(threads)}  # with two, one thread is not ours, and may get the signal
    with subprocess.Popen(order, stdout=subprocess.PIPE, text=True, env={**os.environ, **blas}) as process:
        assert process.stdout.readline() == "ready\n"
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=60)
    assert said == "interrupted\n"


@pytest.mark.parametrize("threads", [1, 2])
def test_attempts_that_all_failed_are_no_ctrl_c(threads):
    mol = Chem.AddHs(Chem.MolFromSmiles("C1#CC1"))
    assert embed(mol, 5, 1, threads, False).shape == (0, 5, 3)


# Minimisation


def test_steps_lower_the_energy_and_leave_minima_once(made, tmp_path):
    ends = make_conformers(ETHER, n=60, steps=2000, folder=tmp_path)
    assert ends.facts["converged"].all()
    assert ends.energies.max() < np.median(made.energies)
    assert len(ends) < ends.counts["embedded"][0] / 2
    mol = to_mol(ends.conformers[0])
    field = AllChem.MMFFGetMoleculeForceField(mol, AllChem.MMFFGetMoleculeProperties(mol))
    assert np.abs(field.CalcGrad()).max() < 0.01
    assert not make_conformers(ETHER, n=5, steps=1, folder=tmp_path).facts["converged"].any()


def test_uff_as_the_force_field_is_the_only_energy(tmp_path):
    found = make_conformers("CCCB(C)C", n=5, force_field="UFF", folder=tmp_path)
    assert "uff_kcal_mol" not in found.facts
    mol = to_mol(found.conformers[0])
    assert found.energies[0] == pytest.approx(AllChem.UFFGetMoleculeForceField(mol).CalcEnergy(), rel=1e-9)


# Several molecules, and those that cannot be used


def test_bad_molecules_among_several_are_rejected_with_row_and_reason(tmp_path):
    smiles = ["CCCO", "C.C", "CC(", "OCCC", "C[Pt]", None, "C1#CC1", "CCC=O"]
    found = make_conformers(smiles, n=10, folder=tmp_path)
    assert found.rejected["row"].tolist() == [2, 3, 4, 5, 6, 7]
    reasons = found.rejected.set_index("row")["reason"]
    assert "2 fragments" in reasons[2]
    assert "no SMILES" in reasons[3]
    assert "same molecule as in row 1" in reasons[4]
    assert "atom 1 (Pt)" in reasons[5]
    assert reasons[6] == "the cell is empty"
    assert "no positions in space" in reasons[7]
    assert found.facts["molecule"].unique().tolist() == ["CCCO", "CCC=O"]
    assert "x_0" not in found.table
    alone = make_conformers("CCC=O", n=10, folder=tmp_path)  # its seeds are its own
    assert np.array_equal(alone.conformers.positions, found.conformers.positions[-len(alone) * 10 :])
    again = make_conformers(smiles, n=10, folder=tmp_path)
    assert equal(again, found)
    assert again.rejected.values.tolist() == found.rejected.values.tolist()


@pytest.mark.parametrize(
    ("smiles", "what"),
    [
        ("CB(C)C", "MMFF94 has no parameters for atom 1 (B); use UFF, which has them"),
        ("CCC[Ge](C)C", "MMFF94 has no parameters for atom 3 (Ge); use UFF"),
        ("CCS(F)(F)(F)(F)F", "atom 2 (S); nor has UFF"),
        ("CC(", "SMILES 'CC(': CC( is no SMILES"),
        ("C1#CC1", "RDKit finds no positions in space"),
        ("[Na+].[Cl-]", "2 fragments"),
        ("C*", "a placeholder"),
        ("", "the cell is empty"),
    ],
)
def test_a_molecule_that_cannot_be_used_is_one_clear_line(smiles, what, tmp_path):
    with pytest.raises(MatterlearnError) as error:
        make_conformers(smiles, n=5, folder=tmp_path)
    assert what in str(error.value)
    assert "\n" not in str(error.value)


def test_an_error_if_no_molecule_is_left(tmp_path):
    with pytest.raises(MatterlearnError, match="none of the 2 molecules"):
        make_conformers(["C.C", "B("], n=5, folder=tmp_path)


@pytest.mark.parametrize(
    ("argument", "what"),
    [
        ({"n": 0}, "n: must be a whole number from 1 on"),
        ({"n": 2.5}, "n: must be a whole number"),
        ({"steps": -1}, "steps: must be"),
        ({"seed": -1}, "seed: must be"),
        ({"workers": 0}, "workers: must be"),
        ({"prune": -0.1}, "prune: must be a distance"),
        ({"prune": float("nan")}, "prune: must be a distance"),
        ({"force_field": "MMFF"}, "did you mean 'MMFF94'"),
        ({"stereo": "fixed"}, "did you mean 'fix'"),
        ({"smiles": []}, "no molecule"),
    ],
)
def test_impossible_arguments_are_told(argument, what):
    with pytest.raises(ArgumentError) as error:
        make_conformers(**{"smiles": "CCO", **argument})
    assert what in str(error.value)


# Files


@pytest.mark.parametrize("suffix", [".parquet", ".csv", ".sdf", ".xyz"])
def test_a_written_set_is_read_back_to_the_last_decimals(made, tmp_path, suffix):
    path = made.write(tmp_path / f"set{suffix}")
    frame = read_table(path).frame
    assert len(frame) == len(made)
    assert frame["energy_kcal_mol"].astype(float).tolist() == made.energies.tolist()
    assert frame["isomer"].tolist() == made.facts["isomer"].tolist()
    for row in (0, len(made) - 1):
        found = read_conformer(frame["structure"].iloc[row])
        assert found.graph.numbers == made.conformers.graphs[0].numbers
        assert [bond[:2] for bond in found.graph.bonds] == [bond[:2] for bond in made.conformers.graphs[0].bonds]
        np.testing.assert_allclose(found.positions, made.conformers[row].positions, atol=2e-15)


def test_another_suffix_is_refused(made, tmp_path):
    with pytest.raises(ArgumentError, match=r"\.parquet, \.csv, \.sdf, \.xyz"):
        made.write(tmp_path / "set.json")


def test_the_data_set_learns_energies_from_structures(made):
    dataset = made.dataset()
    assert dataset.inputs == ("structure",)
    assert dataset.y.tolist() == made.energies.tolist()
    assert dataset.y_unit("energy_kcal_mol") == "kcal/mol"
    assert set(made.notes) <= set(dataset.notes)
