"""`matterlearn data make conformers`: what is written and said, and a run that is killed for real."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import pandas as pd
import pytest

from matterlearn.data.generators.conformers import make_conformers, making
from matterlearn.data.generators.conformers.embedding import embed
from matterlearn.data.generators.conformers.request import BATCH

MAKE = ("data", "make", "conformers")


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """A data home of each test's own."""
    monkeypatch.setenv("MATTERLEARN_DATA", str(tmp_path / "home"))
    return tmp_path / "home"


def test_a_set_is_made_and_how_to_go_on_is_said(run, tmp_path):
    done = run(*MAKE, "--smiles", "CCC(C)O", "-n", 40)
    assert done.code == 0, done.err
    made = make_conformers("CCC(C)O", n=40)
    assert f"CCC(C)O: 40 tried, 40 embedded, {40 - len(made)} pruned, {len(made)} kept" in done.out
    assert f"{made.energies.min():.1f} to {made.energies.max():.1f} kcal/mol" in done.out
    assert "leaves 1 stereocentre open: 2 stereoisomers; they are mixed" in done.out
    assert "next: matterlearn fit conformers.parquet --target energy_kcal_mol" in done.out
    written = pd.read_parquet(tmp_path / "conformers.parquet")
    assert written["energy_kcal_mol"].tolist() == made.energies.tolist()


def test_options_reach_the_making(run, tmp_path):
    options = ("--force-field", "uff", "--steps", 3, "--stereo", "fix", "--seed", 4, "--prune", 0.5, "--workers", 1)
    done = run(*MAKE, "--smiles", "CCC(C)O", "-n", 30, *options, "--out", "set.csv")
    assert done.code == 0, done.err
    asked = {"force_field": "UFF", "steps": 3, "stereo": "fix", "seed": 4, "prune": 0.5}
    made = make_conformers("CCC(C)O", n=30, **asked)
    written = pd.read_csv(tmp_path / "set.csv")
    assert written["energy_kcal_mol"].tolist() == made.energies.tolist()
    assert written["converged"].tolist() == made.facts["converged"].tolist()


def test_molecules_of_a_file_with_bad_ones(run, tmp_path):
    (tmp_path / "list.csv").write_text("name,SMILES\npropanol,CCCO\nsalt,[Na+].[Cl-]\nnone,\nbutane,CCCC\n")
    done = run(*MAKE, "--smiles-file", "list.csv", "-n", 8, "--out", "set.sdf")
    assert done.code == 0, done.err
    assert "rejected: 2 of the molecules, see set.sdf.rejected.csv" in done.out
    rejected = pd.read_csv(tmp_path / "set.sdf.rejected.csv")
    assert rejected["row"].tolist() == [2, 3]
    assert "CCCO: 8 tried" in done.out
    assert "CCCC: 8 tried" in done.out
    assert (tmp_path / "set.sdf").read_text().count("$$$$\n") == len(make_conformers(["CCCO", "CCCC"], n=8))


def test_the_list_of_rejected_molecules_is_that_of_the_last_run(run, tmp_path):
    (tmp_path / "list.csv").write_text("smiles\nCCCO\nC.C\n")
    rejected = tmp_path / "set.sdf.rejected.csv"
    assert run(*MAKE, "--smiles-file", "list.csv", "-n", 4, "--out", "set.sdf").code == 0
    assert pd.read_csv(rejected)["row"].tolist() == [2]
    done = run(*MAKE, "--smiles", "CCCO", "-n", 4, "--out", "set.sdf")
    assert done.code == 0, done.err
    assert "rejected" not in done.out
    assert rejected.read_text() == "row,column,value,reason\n"


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        ((), "give --smiles or --smiles-file"),
        (("--smiles", "CCO", "--smiles-file", "list.csv"), "give --smiles or --smiles-file"),
        (("--smiles", "CCO", "--out", "set.json"), "use one of .parquet, .csv, .sdf, .xyz"),
        (("--smiles", "CCO", "-n", "0"), "n: must be a whole number from 1 on, got 0"),
        (("--smiles", "CC("), "no SMILES"),
        (("--smiles-file", "list.csv"), "list.csv: has no column named smiles; name the column with --column"),
        (("--smiles-file", "list.csv", "--column", "molcule"), "did you mean 'molecule'"),
        (("--smiles", "CCO", "--column", "molecule"), "--column: a column of which table?; name the table with"),
        (("--smiles-file", "list.csv", "--column", "name"), "list.csv, row 1: ethanol is no SMILES"),
        (("--smiles-file", "two.csv"), "two.csv: none of the 2 molecules can be used; the first: "),
        (("--smiles", "CCO", "--out", "no/such/set.sdf"), "no/such/set.sdf: there is no folder no/such"),
    ],
)
def test_mistakes_are_one_line(run, tmp_path, arguments, what):
    (tmp_path / "list.csv").write_text("molecule,name\nCCO,ethanol\n")
    (tmp_path / "two.csv").write_text("smiles\nCC(\nC.C\n")
    done = run(*MAKE, *arguments)
    assert done.code == 2
    assert what in done.err
    assert done.err.count("\n") == 1


def test_a_killed_run_goes_on_and_ends_with_the_same_bytes(run, tmp_path, home, monkeypatch):
    order = (*MAKE, "--smiles", "CCC(F)CO", "-n", str(8 * BATCH), "--out")
    process = subprocess.Popen([sys.executable, "-m", "matterlearn", *order, "cut.parquet"], cwd=tmp_path)
    try:
        until = time.monotonic() + 60
        while len(list(home.glob("made/.conformers-*.run/*.mlj"))) < 3:  # the head and two batches
            assert process.poll() is None, "the run ended before it was killed"
            assert time.monotonic() < until
            time.sleep(0.005)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert not (tmp_path / "cut.parquet").exists()
    finished = len(list(home.glob("made/.conformers-*.run/*.mlj"))) - 1
    made = []

    def counted(*arguments):
        made.append(arguments)
        return embed(*arguments)

    monkeypatch.setattr(making, "embed", counted)
    assert run(*order, "cut.parquet").code == 0
    assert len(made) == 8 - finished
    monkeypatch.setenv("MATTERLEARN_DATA", str(tmp_path / "other"))
    assert run(*order, "whole.parquet").code == 0
    assert len(made) == 16 - finished
    assert (tmp_path / "cut.parquet").read_bytes() == (tmp_path / "whole.parquet").read_bytes()
