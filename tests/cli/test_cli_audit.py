"""`matterlearn audit`: what is printed, what is written, and which exit code says what."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from molecules_for_tests import conformers_of
from small_fit import QUICK

from matterlearn.chemistry.molecules import to_mol_block
from matterlearn.chemistry.molecules.conformers import coordinate_names
from matterlearn.workflow.fit import fit

N = 24


@pytest.fixture(scope="module")
def shelf(tmp_path_factory):
    """A model of the coordinates of water, and its table."""
    place = tmp_path_factory.mktemp("audits")
    conformers = conformers_of("O", N)
    names = coordinate_names(3)
    table = pd.DataFrame(conformers.flat(), columns=names)
    far = np.linalg.norm(conformers.flat()[:, 3:6] - conformers.flat()[:, 6:], axis=1)
    table["energy_kcal_mol"] = 50 * far + conformers.flat()[:, 0]
    fit(table, "energy_kcal_mol", inputs=names, **QUICK).model.save(place / "water.mlz")
    table.to_csv(place / "water.csv", index=False)
    table.assign(structure=[to_mol_block(one) for one in conformers]).to_parquet(place / "both.parquet", index=False)
    return place


def test_a_model_of_coordinates_is_broken(run, shelf):
    done = run("audit", shelf / "water.mlz", shelf / "both.parquet", "--changes", 3, "--out", "found")
    assert done.code == 1
    assert done.err == ""
    for name in ("translation", "rotation", "reflection", "permutation of like atoms"):
        assert f"{name.capitalize()} is broken" in done.out
    assert "energy_kcal_mol (kcal/mol)" in done.out
    assert "of the spread of the predictions" in done.out.replace("times the", "of the")
    assert "model's error" in done.out
    assert "written: found" in done.out
    with open("found/audit.json", encoding="utf-8") as stream:
        content = json.load(stream)["energy_kcal_mol"]
    assert content["n_rows"] == N
    assert content["error"] > 0


def test_without_elements_like_atoms_are_not_told(run, shelf):
    done = run(
        "audit", shelf / "water.mlz", shelf / "water.csv", "--symmetry", "rotation,permutation", "--n", 5, "--json"
    )
    assert done.code == 1
    checks = json.loads(done.out)["energy_kcal_mol"]["checks"]
    assert [(check["symmetry"], check["verdict"], check["n_rows"]) for check in checks] == [
        ("rotation", "broken", 5),
        ("permutation of like atoms", "not tested", 0),
    ]


def test_a_tolerance_that_allows_everything(run, shelf):
    done = run("audit", shelf / "water.mlz", shelf / "water.csv", "--symmetry", "rotation", "--tolerance", 10)
    assert done.code == 0
    assert "Rotation holds" in done.out


def test_what_cannot_be_audited_is_one_line(run, shelf):
    done = run("audit", shelf / "water.mlz", shelf / "water.csv", "--symmetry", "turning")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("matterlearn: symmetries: 'turning' is unknown; ")
    assert done.err.count("\n") == 1
    assert run("audit", shelf / "water.mlz", shelf / "none.csv").code == 2
    assert run("audit", shelf / "water.mlz", shelf / "water.csv", "--n", 0).code == 2


def test_what_was_not_tested_is_no_success(run, shelf):
    done = run("audit", shelf / "water.mlz", shelf / "water.csv", "--symmetry", "permutation", "--n", 5)
    assert done.code == 2
    assert done.err.startswith("matterlearn: energy_kcal_mol: no symmetry was tested (which atoms are of one element")
    assert done.err.count("\n") == 1
    one = run(
        *("audit", shelf / "water.mlz", shelf / "water.csv", "--symmetry", "rotation,permutation", "--n", 5),
        *("--tolerance", 100),
    )
    assert one.code == 2
    assert "not tested: permutation of like atoms" in one.err


def test_rows_that_cannot_be_used_are_told(run, shelf):
    table = pd.read_csv(shelf / "water.csv")
    table["x_0"] = table["x_0"].astype(object)
    table.loc[3, "x_0"] = "left"
    table.loc[4:5, "energy_kcal_mol"] = np.nan
    table.to_csv("spoiled.csv", index=False)
    done = run(
        *("audit", shelf / "water.mlz", "spoiled.csv", "--symmetry", "rotation", "--changes", 1, "--out", "spoiled")
    )
    assert done.out.startswith("21 of 24 rows usable; 1 not read, 2 without energy_kcal_mol.\n")
    assert pd.read_csv("spoiled/rejected.csv")["row"].tolist() == [4, 5, 6]
