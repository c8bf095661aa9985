from __future__ import annotations

import json

import pytest
from small_fit import small_fit

from matterlearn.cli.show import show
from matterlearn.core.container import read_container, write_container
from matterlearn.workflow.model import KIND
from matterlearn.workflow.show import model_facts


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return small_fit().model.save(tmp_path_factory.mktemp("model") / "model.mlz")


def shown(capsys, path, as_json=False) -> str:
    show(path, as_json)
    printed = capsys.readouterr()
    assert printed.err == ""
    return printed.out


def test_what_a_person_sees(path, capsys):
    out = shown(capsys, path)
    lines = out.splitlines()
    assert lines[0] == f"{path}: predicts gap_eV (eV) from formula"
    sentences = small_fit().model.card["headline"]["gap_eV"]
    assert lines[2].strip() == sentences[0].replace("\N{NO-BREAK SPACE}", " ")  # first what matters most
    for words in (
        "40 rows, 2 rejected",
        "formula (formula)",
        "100% ridge",
        "seed 7",
        "random rows",
        "unseen elements",
        "MAE (eV)",
        small_fit().dataset.sha256,
        model_facts(path)["file"]["sha256"],
        "sums of all parts fit; the model itself was not run",
    ):
        assert words in out, words
    score = small_fit().evidence.scores().query("model == 'model' and split == 'element'")
    line = next(line for line in lines if line.startswith("unseen elements"))
    assert f"{score['mae'].item():.3g}" in line
    assert len(out.splitlines()) < 60


def test_what_a_program_sees(path, capsys):
    assert json.loads(shown(capsys, path, True)) == model_facts(path)


def test_texts_of_a_file_are_texts(path, tmp_path, capsys):
    """Markup means nothing and escape sequences do not get through to the terminal."""
    container = read_container(path, KIND)
    card = {
        **container.manifest["card"],
        "headline": {"gap_eV": ["[bold]not[/bold] :smile: \x1b[31mred \u202edesrever"]},
    }
    file = write_container(tmp_path / "m.mlz", KIND, container.parts, {**container.manifest, "card": card})
    out = shown(capsys, file)
    assert "[bold]not[/bold] :smile: ?[31mred ?desrever" in out
    assert "\x1b" not in shown(capsys, file, True)
    assert "\u202e" not in shown(capsys, file, True)


def test_several_targets_have_tables_of_their_own(path, tmp_path, capsys):
    container = read_container(path, KIND)
    schema = {**container.manifest["schema"], "targets": ["gap_eV", "K_GPa"], "log": ["K_GPa"]}
    schema["units"] = {**schema["units"], "K_GPa": "GPa"}
    scores = container.manifest["card"]["scores"]
    card = {
        **container.manifest["card"],
        "scores": scores + [{**line, "target": "K_GPa"} for line in scores],
        "headline": {"gap_eV": ["good"], "K_GPa": ["bad"]},
    }
    content = {**container.manifest, "schema": schema, "card": card}
    out = shown(capsys, write_container(tmp_path / "m.mlz", KIND, container.parts, content))
    assert "predicts gap_eV (eV), K_GPa (GPa) from formula" in out
    assert "MAE (eV)" in out
    assert "(log10(GPa))" in out
    assert out.count("unseen elements") == 2
