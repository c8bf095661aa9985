from __future__ import annotations

import gzip
import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from matter_tables import binaries, sites
from small_fit import SEED, SMALLEST, small_fit, two_target_fit, two_targets, with_bad_rows

import matterlearn
from matterlearn.validation.evidence import Evidence
from matterlearn.workflow.output import OURS
from matterlearn.workflow.plan import Plan, read_plan

QUICK = ("--models", "ridge", "--budget", "0.01s", "--workers", "1")
"""Options of what is refused before anything is computed."""

LEAST = replace(SMALLEST, splits=("random",), n_folds=2)
"""Two folds of random rows, for what says nothing about elements."""

SOURCE = Path(matterlearn.__file__).parents[1]


@pytest.fixture
def table(tmp_path) -> Path:
    with_bad_rows().to_csv(tmp_path / "table.csv", index=False)
    return tmp_path / "table.csv"


@pytest.fixture
def following(tmp_path_factory):
    """Options of the least that is a fit: a plan in a file that lies elsewhere."""

    def options(plan: Plan = LEAST, **changes: Any) -> tuple[object, ...]:
        folder = tmp_path_factory.mktemp("plan")
        (folder / "plan.json").write_text(replace(plan, **changes).to_text())
        return ("--plan", folder / "plan.json", "--workers", "1")

    return options


@pytest.fixture
def no_figures(monkeypatch):
    """The page and its figures take seconds."""

    def write(evidence, folder, *, rejected):
        (folder / "figures").mkdir()
        (folder / "report.html").write_text("<html></html>")

    monkeypatch.setattr("matterlearn.workflow.output.write_report", write)


def refused(done, *words: str) -> str:
    """A user's mistake: exit code 2, nothing on standard output, one line on standard error with these words."""
    assert done.code == 2
    assert done.out == ""
    lines = done.err.splitlines()
    assert len(lines) == 1, done.err
    assert lines[0].startswith("matterlearn: ")
    for word in words:
        assert word in lines[0]
    return lines[0]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_from_the_shell_as_from_python(table, tmp_path, following):
    """The one run of the real command; its files are, byte for byte, those of the Python function."""
    options = following(small_fit().plan)
    done = subprocess.run(
        [sys.executable, "-m", "matterlearn", "fit", table, "--target", "gap_eV", *map(str, options), "--out", "o"],
        env={**os.environ, "PYTHONPATH": str(SOURCE), "PYTHONHASHSEED": "123", "OMP_NUM_THREADS": "1"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    printed = " ".join(done.stdout.replace("\N{NO-BREAK SPACE}", " ").split())
    assert printed.startswith("plan: ridge; splits random, element; 3 folds, at most 3 groups of elements 40 rows,")
    assert "40 rows, 2 rejected; inputs: formula (formula)" in printed
    for sentence in small_fit().model.card["headline"]["gap_eV"]:
        assert " ".join(sentence.replace("\N{NO-BREAK SPACE}", " ").split()) in printed
    for words in ("random rows", "unseen elements", "shuffled targets", "MAE, 95 % interval (eV)", "model: 100% ridge"):
        assert words in printed
    assert printed.endswith("written: o/ (open o/report.html)")
    assert names(tmp_path) == ["o", "table.csv"]  # neither lock nor journal
    small_fit().evidence.predictions.to_parquet(tmp_path / "python.parquet", index=False)
    assert (tmp_path / "o" / "predictions.parquet").read_bytes() == (tmp_path / "python.parquet").read_bytes()
    model = small_fit().model
    # The table's name and checksum differ: here it was a file.
    card = json.loads(json.dumps(model.card))
    stored = matterlearn.load_model(tmp_path / "o" / "model.mlz")
    assert stored.card["data"].pop("name") == "table"
    assert len(stored.card["data"].pop("sha256")) == 64
    card["data"].pop("name")
    card["data"].pop("sha256")
    assert stored.card == card
    frame = pd.DataFrame({"formula": ["NaCl", "AuI"]})
    pd.testing.assert_frame_equal(stored.predict(frame), model.predict(frame), check_exact=True)


@pytest.mark.usefixtures("no_figures")
class TestOutput:
    def test_beside_the_table_by_default_and_followed_again(self, run, table, tmp_path, following):
        done = run("fit", table, "--target", "gap_eV", *following(seed=5))
        assert done.code == 0
        assert done.err == ""
        folder = tmp_path / "table-fit"
        assert set(names(folder)) == OURS
        assert names(tmp_path) == ["table-fit", "table.csv"]
        rejected = pd.read_csv(folder / "rejected.csv")
        assert rejected["row"].tolist() == [4, 11]
        assert rejected["value"].tolist() == ["Xx2O", "unknown"]
        assert read_plan(folder) == replace(LEAST, seed=5)
        first = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
        # The plan of the folder is read before its output is replaced.
        again = run("fit", table, "--target", "gap_eV", "--plan", folder, "--workers", "1")
        assert again.code == 0, again.err
        for name in sorted(first.keys() - {"evidence.json"}):  # which tells how long it took
            assert (folder / name).read_bytes() == first[name], name

    def test_json(self, run, table, following):
        splits = ("group:family", "random", "element")
        done = run("fit", table, "--target", "gap_eV", *following(splits=splits), "--json")
        assert done.code == 0, done.err

        def refuse(constant: str) -> None:
            raise AssertionError(f"{constant} is no JSON")

        card = json.loads(done.out, parse_constant=refuse)
        assert card["data"]["n_rejected"] == 2
        assert {line["split"] for line in card["scores"]} == {*splits, "training rows"}
        assert card["plan"]["splits"] == list(splits)
        assert card["headline"]["gap_eV"]

    def test_a_budget_that_cannot_be_kept(self, run, table, tmp_path):
        done = run("fit", table, "--target", "gap_eV", *QUICK, "--split", "element:O")
        assert done.code == 0, done.err
        printed = " ".join(done.out.split())
        start = "plan: ridge; splits element:O, random, element; 3 folds, at most 3 groups of elements; "
        assert re.match(start + r"about [\d.]+ (s|min) ", printed)
        assert not re.search(r"about 0 ", printed)
        assert re.search(r"note: the smallest plan takes about [\d.]+ (s|min), more than the budget of 0.01 s", printed)
        assert "note: 2 of 3 folds of the split random were computed in the time given" in printed
        for left_out in ("3 of 5 folds", "3 of 10 groups of elements", "0 of 3 explained folds"):
            assert f"reduced to keep the budget: {left_out}" in printed
        plan = read_plan(tmp_path / "table-fit")
        assert plan.skipped == ("gap_eV/random/0/2", "gap_eV/element/0/2")
        folds = Evidence.load(tmp_path / "table-fit").folds
        assert [fold["elements"] for fold in folds if fold["split"] == "element:O"] == [["O"]]

    def test_several_targets_a_logarithm_and_weights(self, run, tmp_path, following):
        two_targets().to_csv(tmp_path / "two.csv", index=False)
        options = ("--target", "gap_eV, k_GPa", "--log", "k_GPa", "--weights", "n_runs")
        done = run("fit", "two.csv", *options, *following(SMALLEST, seed=SEED))
        assert done.code == 0, done.err
        printed = " ".join(done.out.replace("\N{NO-BREAK SPACE}", " ").split())
        expected = two_target_fit()
        for target in expected.evidence.targets:
            assert f"{target}: Mean absolute error:" in printed
            assert expected.model.card["headline"][target][0].replace("\N{NO-BREAK SPACE}", " ") in printed
        assert "MAE, 95 % interval (eV)" in printed
        assert "log10(GPa)" in printed
        assert "note: knn: no candidate, since it takes no weights of rows" in printed
        found = Evidence.load(tmp_path / "two-fit")
        pd.testing.assert_frame_equal(found.predictions, expected.evidence.predictions, check_exact=True)
        model = matterlearn.load_model(tmp_path / "two-fit" / "model.mlz")
        pd.testing.assert_frame_equal(model.predict(two_targets()), expected.model.predict(two_targets()))

    def test_inputs_and_ions(self, run, tmp_path, following):
        table = sites(25).assign(T_K=range(25))
        table["A"] = [{"DEA": 1.0}, *table["A"][1:]]
        table.to_json(tmp_path / "sites.jsonl", orient="records", lines=True)
        ions = {"DEA": {"name": "diethylammonium", "formula": "(C2H5)2NH2", "charge": 1}}
        (tmp_path / "ions.json").write_text(json.dumps(ions))
        options = following(splits=("random",))
        done = run("fit", "sites.jsonl", "--target", "gap_eV", *options, "--inputs", "A, X,T_K", "--ions", "ions.json")
        assert done.code == 0, done.err
        assert "25 rows, 0 rejected; inputs: A (site), X (site), T_K (number)" in " ".join(done.out.split())

    def test_names_that_look_like_markup_are_shown_as_they_are(self, run, tmp_path, following):
        table = binaries(25).rename(columns={"formula": "[bold]formula[/bold]", "gap_eV": "[red]gap[/x]"})
        table["[/i]"] = table["family"]
        table.to_csv(tmp_path / "[table].csv", index=False)
        options = following(splits=("group:[/i]", "random"), n_folds=3)
        done = run("fit", "[table].csv", "--target", "[red]gap[/x]", *options, "--out", "[out]")
        assert done.code == 0, done.err
        assert "inputs: [bold]formula[/bold]" in done.out
        assert "[red]gap[/x]:" in done.out
        assert "values of [/i]" in " ".join(done.out.split())
        assert "written: [out]/" in done.out


def test_strict(run, table, tmp_path):
    done = run("fit", table, "--target", "gap_eV", *QUICK, "--strict")
    refused(done, "table.csv", "row 4", "'formula'", "Xx2O", "2 of 42 rows cannot be used")
    assert names(tmp_path) == ["table.csv"]


def test_a_script_in_a_cell_stays_text_in_the_report(run, tmp_path, following):
    evil = "<script>alert(1)</script>"
    table = binaries(30)
    table.loc[0, "formula"] = evil
    table["family"] = table["family"].replace("O-compounds", evil)
    table = table.rename(columns={"gap_eV": f"gap {evil}"})
    table.to_csv(tmp_path / "table.csv", index=False)
    done = run("fit", "table.csv", "--target", f"gap {evil}", *following(splits=("group:family",), n_folds=3))
    assert done.code == 0, done.err
    page = (tmp_path / "table-fit" / "report.html").read_text()
    assert evil not in page
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;") >= 3
    rejected = pd.read_csv(tmp_path / "table-fit" / "rejected.csv")
    assert rejected["value"].tolist() == [evil]


class Stopped(Exception):
    """The run is not wanted."""


@pytest.fixture
def called(monkeypatch):
    """Arguments with which the function is called, which then stops."""
    found: list[tuple[Any, dict[str, Any]]] = []

    def stop(table, **arguments):
        found.append((table, arguments))
        raise Stopped

    monkeypatch.setattr("matterlearn.workflow.fit.fit", stop)
    return found


def arguments_of(run, called, *options: object) -> tuple[Any, dict[str, Any]]:
    with pytest.raises(Stopped):
        run("fit", *options)
    return called[-1]


class TestOptions:
    """What is written on the command line is what the function is called with."""

    @pytest.mark.parametrize(
        ("options", "expected"),
        [
            ((), {"target": None, "budget": "5m", "split": "random", "seed": 0, "plan": None, "models": None}),
            (("--budget", "full"), {"budget": None}),
            (("--budget", "1h"), {"budget": "1h"}),
            (("--target", "a"), {"target": ["a"]}),
            (("--target", "a, b"), {"target": ["a", "b"]}),
            (("--log", "a,b"), {"log": ["a", "b"]}),
            (("--weights", "w"), {"weights": "w"}),
            (("--inputs", "A,B"), {"inputs": ["A", "B"]}),
            (("--kinds", "A=site,r=category"), {"kinds": {"A": "site", "r": "category"}}),
            (("--split", "element:each"), {"split": "element:each"}),
            (("--plan", "some/folder"), {"plan": Path("some/folder")}),
            (("--models", "ridge,knn"), {"models": ["ridge", "knn"]}),
            (("--seed", "3", "--workers", "2", "--strict"), {"seed": 3, "workers": 2, "strict": True}),
        ],
        ids=str,
    )
    def test_of_a_file(self, run, called, table, options, expected):
        source, arguments = arguments_of(run, called, table, *options)
        assert source == table
        assert expected.items() <= arguments.items()

    def test_of_a_data_set(self, run, called, tmp_path):
        options = ("--target", "formation_energy_eV_atom,volume_A3_atom", "--log", "volume_A3_atom", "--seed", "2")
        source, arguments = arguments_of(run, called, "intermetallics", *options)
        assert source.targets == ("formation_energy_eV_atom", "volume_A3_atom")
        assert source.log == ("volume_A3_atom",)
        assert source.name == "intermetallics"
        assert arguments["seed"] == 2
        assert not arguments.keys() & {"target", "log", "inputs", "weights"}
        demo, _ = arguments_of(run, called, "--demo")
        assert demo.targets == ("formation_energy_eV_atom",)
        assert demo.sha256 == source.sha256

    @pytest.mark.parametrize(
        "option", [("--split", "random"), ("--budget", "5m"), ("--models", "knn"), ("--seed", "0")]
    )
    def test_that_a_plan_states_already(self, run, table, option):
        line = refused(run("fit", table, "--target", "gap_eV", "--plan", "plan.json", *option), option[0])
        assert f"a plan states its {option[0].removeprefix('--')}; leave it out, or change the plan" in line


FILES: dict[str, tuple[str, bytes, tuple[str, ...]]] = {
    # case: name of the file, its bytes, what the line must say
    "empty": ("table.csv", b"", ("table.csv", "empty")),
    "header only": ("table.csv", b"formula,gap_eV\n", ("table.csv", "no rows")),
    "binary": ("table.csv", bytes(range(256)) * 20, ("table.csv", "binary")),
    "another format": ("table.csv", b"PAR1" + b"\x00" * 50, ("table.csv", "Parquet")),
    "not UTF-8": ("table.csv", "formula,gap_eV\nNaCl,1\n".encode("utf-16"), ("table.csv", "UTF-8")),
    "Latin letters": ("table.csv", "formula,größe\nNaCl,1\n".encode("latin-1"), ("table.csv", "0xF6", "UTF-8")),
    "ragged": ("table.csv", b"formula,gap_eV\nNaCl,1\nKBr\n", ("table.csv", "line 3")),
    "broken gzip": ("table.csv.gz", gzip.compress(b"formula,gap_eV\n")[:-9], ("table.csv.gz", "gzip")),
    "broken JSON": ("table.json", b'[{"formula": ', ("table.json", "JSON")),
    "broken Parquet": ("table.parquet", b"PAR1 nothing", ("table.parquet",)),
    "broken Excel": ("table.xlsx", b"PK\x03\x04 nothing", ("table.xlsx",)),
    "unknown kind": ("table.doc", b"formula,gap_eV\n", ("table.doc", ".doc")),
    "column twice": ("table.csv", b"gap_eV,gap_eV\n1,2\n", ("table.csv", "gap_eV")),
    "no matter column": (
        "table.csv",
        b"x,gap_eV\n" + b"".join(b"%d.5,%d\n" % (i, i) for i in range(30)),
        ("no column describes matter",),
    ),
    "too few rows": ("table.csv", b"formula,gap_eV\nNaCl,1\nKBr,2\n", ("2 usable rows are too few",)),
}


@pytest.mark.parametrize(("name", "content", "words"), FILES.values(), ids=FILES)
def test_files_that_cannot_be_used(run, tmp_path, name, content, words):
    (tmp_path / name).write_bytes(content)
    refused(run("fit", name, "--target", "gap_eV", *QUICK), *words)
    assert names(tmp_path) == [name]


ARGUMENTS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "no such file": (("tabel.csv", "--target", "gap_eV"), ("tabel.csv: no such file",)),
    "a folder": ((".", "--target", "gap_eV"), ("is a folder",)),
    "near a data set": (("intermetalics",), ("no such file", "did you mean 'intermetallics'")),
    "a path too long": (("x" * 300, "--target", "gap_eV"), ("no such file",)),
    "no target": (("table.csv",), ("target", "which column")),
    "misspelt target": (("table.csv", "--target", "gap_ev"), ("table.csv", "'gap_ev'", "did you mean 'gap_eV'")),
    "target of rare words": (("table.csv", "--target", "family"), ("classes of family with fewer than 10 rows",)),
    "misspelt input": (("table.csv", "--target", "gap_eV", "--inputs", "formul"), ("did you mean 'formula'",)),
    "unknown split": (("table.csv", "--target", "gap_eV", "--split", "elements"), ("unknown split 'elements'",)),
    "split without column": (("table.csv", "--target", "gap_eV", "--split", "group:famly"), ("'family'",)),
    "no fold file": (("table.csv", "--target", "gap_eV", "--split", "file:f.csv"), ("f.csv: no such file",)),
    "unknown model": (("table.csv", "--target", "gap_eV", "--models", "ridge,rigde"), ("'rigde'", "mean 'ridge'")),
    "no model": (("table.csv", "--target", "gap_eV", "--models", ","), ("no model is named",)),
    "bad budget": (("table.csv", "--target", "gap_eV", "--budget", "soon"), ("'soon' is no duration",)),
    "no plan": (("table.csv", "--target", "gap_eV", "--plan", "plan.json"), ("plan.json: no plan that can be read",)),
    "no plan in the folder": (("table.csv", "--target", "gap_eV", "--plan", "."), ("plan.json: no plan",)),
    "a plan of nonsense": (("table.csv", "--target", "gap_eV", "--plan", "table.csv"), ("table.csv: is no plan",)),
    "log of no target": (("table.csv", "--target", "gap_eV", "--log", "gap"), ("log: 'gap' is no target",)),
    "no weights": (("table.csv", "--target", "gap_eV", "--weights", "w"), ("weights: no column 'w'",)),
    "weights of words": (("table.csv", "--target", "gap_eV", "--weights", "family"), ("the weights are no numbers",)),
    "an element that is not there": (
        ("table.csv", "--target", "gap_eV", "--split", "element:Au"),
        ("split: ", "Au"),
    ),
    "no budget": (("table.csv", "--target", "gap_eV", "--budget", "0s"), ("budget: must be positive",)),
    "bad seed": (("table.csv", "--target", "gap_eV", "--seed", "x"), ("--seed", "matterlearn fit --help")),
    "no workers": (("table.csv", "--target", "gap_eV", "--workers", "0"), ("--workers", "matterlearn fit --help")),
    "unknown option": (("table.csv", "--tragte", "gap_eV"), ("--tragte", "matterlearn fit --help")),
    "table and demo": (("table.csv", "--demo"), ("give a table, or --demo",)),
    "neither": ((), ("give a table, or --demo",)),
    "no ions file": (("table.csv", "--target", "gap_eV", "--ions", "ions.json"), ("ions.json",)),
    "foreign folder": (("table.csv", "--target", "gap_eV", "--out", "."), ("holds the working directory",)),
    "kind without column": (("table.csv", "--target", "gap_eV", "--kinds", "site"), ("'site' states no kind",)),
    "unknown kind": (("table.csv", "--target", "gap_eV", "--kinds", "formula=fromula"), ("mean 'formula'",)),
    "negative seed": (("table.csv", "--target", "gap_eV", "--seed", "-1"), ("--seed", "matterlearn fit --help")),
    "a file as folder": (("table.csv", "--target", "gap_eV", "--out", "table.csv"), ("table.csv: is a file",)),
    "target of a data set": (("intermetallics", "--target", "colour"), ("colour",)),
}


@pytest.mark.parametrize(("arguments", "words"), ARGUMENTS.values(), ids=ARGUMENTS)
def test_arguments_that_cannot_be_used(run, table, tmp_path, arguments, words):
    stated = {*arguments, *(("--models", "--budget") if "--plan" in arguments else ())}
    quick = [option for pair in zip(QUICK[::2], QUICK[1::2], strict=True) if pair[0] not in stated for option in pair]
    refused(run("fit", *arguments, *quick), *words)
    assert names(tmp_path) == ["table.csv"]


def test_the_shell_sees_one_line_and_no_traceback(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "matterlearn", "fit", "nothing.csv", "--target", "y"],
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert re.fullmatch(r"matterlearn: nothing\.csv: no such file.*\n", done.stderr)
