from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from planted_evidence import planted

ERRORS = {
    "random": {"random rows": 0.5, "others": 0.5},
    "element": dict.fromkeys(("Na", "K", "Cl", "Br", "I"), 0.5),
}


def saved(folder: Path, factor: float = 1.0, **arguments) -> Path:
    """A run whose errors are half a unit times a factor, the first row's excepted."""
    evidence = planted(ERRORS, **arguments)
    table = evidence.predictions
    factors = (table["row_id"] == 1).map({True: 1.0, False: factor})
    table = table.assign(prediction=table["y"] + factors * (table["prediction"] - table["y"]))
    folder.mkdir(parents=True)
    replace(evidence, predictions=table).save(folder)
    return folder


@pytest.fixture(scope="module")
def shelf(tmp_path_factory) -> Path:
    """Runs that several tests compare."""
    place = tmp_path_factory.mktemp("runs")
    saved(place / "old")
    saved(place / "new", 0.4)
    saved(place / "worse", 1.6)
    saved(place / "hardness", target="HV")
    saved(place / "meV", unit="meV")
    for name in ("broken", "half", "other", "retrained"):
        shutil.copytree(place / "old", place / name)
    (place / "empty").mkdir()
    (place / "broken" / "evidence.json").write_text("{")
    (place / "half" / "predictions.parquet").write_bytes(b"PAR1")
    change(place / "other", lambda content: content["data"].update(sha256="1" * 64))
    rows = planted(ERRORS).rows
    rows.assign(label=rows["label"].iloc[::-1].to_numpy()).to_parquet(place / "other" / "rows.parquet", index=False)
    change(place / "retrained", lambda content: [fold.update(n_train=99) for fold in content["folds"]])
    return place


def change(folder: Path, how: Callable[[dict[str, Any]], Any]) -> None:
    path = folder / "evidence.json"
    content = json.loads(path.read_text())
    how(content)
    path.write_text(json.dumps(content))


@pytest.fixture
def runs(shelf, tmp_path) -> None:
    """The runs under their names in the folder where the command runs."""
    for folder in shelf.iterdir():
        (tmp_path / folder.name).symlink_to(folder)


def refused(done, *words: str) -> None:
    """A user's mistake: exit code 2, nothing on standard output, one line on standard error with these words."""
    assert done.code == 2
    assert done.out == ""
    assert len(done.err.splitlines()) == 1, done.err
    assert done.err.startswith("matterlearn: ")
    for word in words:
        assert word in done.err


def test_a_table_for_people(run, runs):
    done = run("compare", "old", "new", "worse")
    assert (done.code, done.err) == (0, "")
    lines = [" ".join(line.split()) for line in done.out.splitlines()]
    assert lines[0] == "gap_eV, on the rows that both runs predicted, against old"
    for heading in ("tested on", "rows", "MAE (eV)", "difference (95 %)", "in interval", "width"):
        assert heading in lines[1]
    at = lines.index("random rows")
    assert lines[at + 1] == "old 20 0.5 100 % 2"
    assert re.fullmatch(r"new 20 0.215 -57 % \(-60 to -[45][0-9]\) better 100 % 2", lines[at + 2])
    assert re.fullmatch(r"worse 20 0.785 \+57 % \(\+[45][0-9] to \+60\) worse 100 % 2", lines[at + 3])
    assert any(line.startswith("old 50 0.5") for line in lines)  # the split of elements
    assert lines[-1].startswith("difference (95 %): bootstrap of paired rows; of whole folds on unseen elements")
    assert max(map(len, done.out.splitlines()[:-1])) <= 80


def test_json(run, runs):
    done = run("compare", "old", "new", "worse", "--json")

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    lines = json.loads(done.out, parse_constant=refuse)
    assert [(line["first"], line["other"], line["split"]) for line in lines] == [
        ("old", "new", "random"),
        ("old", "new", "element"),
        ("old", "worse", "random"),
        ("old", "worse", "element"),
    ]
    assert lines[0]["difference"] == pytest.approx(-0.3 * 19 / 20)
    assert [line["verdict"] for line in lines] == ["better", "better", "worse", "worse"]


def test_equals_are_unclear(run, runs, tmp_path):
    (tmp_path / "again").symlink_to(tmp_path / "meV")  # a link to a run is that run
    refused(run("compare", "meV", "again"), "meV: is named twice")
    shutil.copytree(tmp_path / "old", tmp_path / "copy")
    done = run("compare", "old", "copy")
    assert done.code == 0
    assert done.out.count("unclear") == 3  # on both splits, and what it means
    assert "the interval holds 0" in done.out


def test_what_must_be_known_is_said_once(run, runs):
    done = run("compare", "old", "retrained")
    notes = [line for line in done.out.splitlines() if line.startswith("note: ")]
    assert len(notes) == 1
    assert notes[0].startswith("note: retrained on random rows; retrained on unseen elements: The folds were not the")


def test_several_targets_have_a_table_each(run, tmp_path):
    others = {"modulus_GPa": {"random": {"random rows": 2.0}}}
    done = run("compare", saved(tmp_path / "a", others=others), saved(tmp_path / "b", others=others))
    assert "gap_eV, on the rows" in done.out
    assert "modulus_GPa, on the rows" in done.out


def test_folders_of_one_name_are_told_apart_by_their_path(run, runs, tmp_path):
    (tmp_path / "deep").mkdir()
    shutil.copytree(tmp_path / "new", tmp_path / "deep" / "old")
    done = run("compare", "old", "deep/old", "--json")
    assert {(line["first"], line["other"]) for line in json.loads(done.out)} == {("old", "deep/old")}


def test_names_that_look_like_markup(run, tmp_path):
    saved(tmp_path / "[red]a[", target="[bold]gap[/]")
    saved(tmp_path / "[b", target="[bold]gap[/]")
    done = run("compare", "[red]a[", "[b")
    assert (done.code, done.err) == (0, "")
    assert "[bold]gap[/], on the rows that both runs predicted, against [red]a[" in " ".join(done.out.split())


MISTAKES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "one run": (("old",), ("name at least two output folders", "matterlearn compare --help")),
    "no run": ((), ("RUN", "matterlearn compare --help")),
    "twice": (("old", "./old"), ("old: is named twice",)),
    "no folder": (("old", "nwe"), ("nwe: no such folder; name an output folder of matterlearn fit",)),
    "a file": (("old", "old/evidence.json"), ("old/evidence.json: is a file", "output folder")),
    "no evidence": (("old", "empty"), ("empty: holds no evidence.json; name an output folder of matterlearn fit",)),
    "broken evidence": (("old", "broken"), ("broken: no evidence that can be read",)),
    "half of it": (("old", "half"), ("half: no evidence that can be read",)),
    "another target": (("old", "hardness"), ("old and hardness: the runs predict different targets: gap_eV and HV",)),
    "other data": (
        ("old", "other"),
        ("old and other: the runs come from different data", "fit both on the same table"),
    ),
    "another unit": (("old", "meV"), ("different units of 'gap_eV': eV and meV",)),
    "unknown option": (("old", "new", "--jsn"), ("--jsn", "matterlearn compare --help")),
}


@pytest.mark.parametrize(("arguments", "words"), MISTAKES.values(), ids=MISTAKES)
def test_mistakes(run, runs, arguments, words):
    refused(run("compare", *arguments), *words)
