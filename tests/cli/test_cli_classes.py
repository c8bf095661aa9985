"""A fit of classes from the shell, and what it predicts."""

from __future__ import annotations

import io
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, replace

import pandas as pd
import pytest
from small_class_fit import kinds_of_binaries, quick_classes

from matterlearn.cli.main import main
from matterlearn.workflow.model import load_model
from matterlearn.workflow.output import OURS


@dataclass(frozen=True)
class Done:
    """What a command left behind."""

    code: int
    out: str
    err: str


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("classes")
    kinds_of_binaries().assign(sample_id=range(120), T_K=300.0).to_csv(folder / "table.csv", index=False)
    (folder / "plan.json").write_text(replace(quick_classes()["plan"], n_explained=1).to_text(), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def done(place):
    arguments = [
        "fit", place / "table.csv", "--target", "kind", "--plan", place / "plan.json", "--workers", "1",
        "--costs", "metal=5,insulator=1", "--error-rate", "0.2", "--positive", "metal",
    ]  # fmt: skip
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.chdir(place)
        patch.setattr(sys, "argv", ["matterlearn", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            main()
    return Done(int(end.value.code or 0), out.getvalue(), err.getvalue())


def test_a_fit_tells_how_good_it_is(done, place):
    assert done.code == 0, done.err
    assert "ROC AUC" in done.out
    assert "class shares" in done.out
    assert "nan" not in done.out.casefold()
    folder = place / "table-fit"
    assert {path.name for path in folder.iterdir()} == OURS
    evidence = load_model(folder / "model.mlz").card["plan"]
    assert evidence["decision"] == {"costs": {"metal": 5.0, "insulator": 1.0}, "error_rate": 0.2, "positive": "metal"}
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "metal" in page
    assert ">nan" not in page.casefold()


def test_predictions_with_and_without_other_shares(done, run, place, tmp_path):
    assert done.code == 0, done.err
    new = tmp_path / "new.csv"
    pd.DataFrame({"formula": ["NaCl", "??", "U3O8", "RbF"]}).to_csv(new, index=False)
    model, out = place / "table-fit" / "model.mlz", tmp_path / "out.csv"
    said = run("predict", model, new, "-o", out)
    assert said.code == 0, said.err
    assert said.out.startswith("4 rows: 1 not read, ")
    found = pd.read_csv(out)
    assert pd.isna(found["prediction"][1])
    assert found["rejected"].tolist()[1:3] == [True, True]
    assert found["reason"][2].startswith("U not in training")
    rare = tmp_path / "rare.csv"
    assert run("predict", model, new, "-o", rare, "--priors", "metal=0.001,insulator=0.999").code == 0
    assert pd.read_csv(rare)["probability metal"].sum() < found["probability metal"].sum()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--costs", "metal"], "'metal' is no class with a number"),
        (["--costs", "metal=much"], "'metal=much' is no class with a number"),
        (["--costs", "gold=2"], "unknown class 'gold'"),
        (["--error-rate", "2"], "error_rate: must be between 0 and 1"),
        (["--positive", "gold"], "no class 'gold'"),
        (["--inputs", "Z*"], "no column of numbers or categories fits 'Z*'"),
    ],
)
def test_options_that_make_no_sense(run, place, options, message):
    failed = run("fit", place / "table.csv", "--target", "kind", *options)
    assert failed.code == 2
    assert message in failed.err
    assert failed.err.count("\n") == 1


def test_shares_that_make_no_sense(done, run, place, tmp_path):
    assert done.code == 0, done.err
    failed = run("predict", place / "table-fit" / "model.mlz", place / "table.csv", "-o", tmp_path / "o.csv",
                 "--priors", "metal=0.1")  # fmt: skip
    assert failed.code == 2
    assert "no share is stated for 'insulator'" in failed.err
