from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small_fit import small_fit

import matterlearn
from matterlearn.core.container import read_container, write_container
from matterlearn.core.errors import ModelFileError
from matterlearn.workflow import model, show
from matterlearn.workflow.show import model_facts


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return small_fit().model.save(tmp_path_factory.mktemp("model") / "model.mlz")


def test_it_reads_the_kind_that_models_are_written_as():
    assert show.KIND == model.KIND


def test_the_facts_are_those_of_the_fit(path):
    facts, fit = model_facts(path), small_fit()
    data = path.read_bytes()
    assert facts["file"]["bytes"] == len(data)
    assert facts["file"]["sha256"] == hashlib.sha256(data).hexdigest()
    assert facts["predicts"][0] | {"mean": 0, "sd": 0, "min": 0, "max": 0} == {
        "target": "gap_eV", "unit": "eV", "log": False, "n_rows": 40, "mean": 0, "sd": 0, "min": 0, "max": 0,
    }  # fmt: skip
    assert facts["predicts"][0]["mean"] == pytest.approx(fit.dataset.y.mean())
    assert facts["needs"] == [{"column": "formula", "kind": "formula", "unit": None}]
    assert facts["trained_on"]["n_rows"] == len(fit.dataset.frame)
    assert facts["trained_on"]["n_rejected"] == 2
    assert facts["trained_on"]["sha256"] == fit.dataset.sha256
    assert facts["plan"]["chosen"] == {"gap_eV": {"ridge": 1.0}}
    assert facts["plan"]["seed"] == 7
    assert facts["headline"] == fit.model.card["headline"]
    assert facts["versions"]["matterlearn"] == matterlearn.__version__


def test_the_evidence_is_that_of_the_fit(path):
    scores = small_fit().evidence.scores()
    found = {line["split"]: line for line in model_facts(path)["evidence"]}
    assert list(found) == ["random", "element"]
    for split, line in found.items():
        of_split = scores[scores["split"] == split].set_index("model")
        assert line["mae"] == pytest.approx(of_split.loc["model", "mae"], abs=1e-6)
        assert line["coverage"] == pytest.approx(of_split.loc["model", "coverage"], abs=1e-6)
        assert line["mae_of_mean"] == pytest.approx(of_split.loc["mean", "mae"], abs=1e-6)
        assert line["mae_low"] < line["mae"] < line["mae_high"]


def test_the_facts_are_json(path):
    facts = model_facts(path)
    assert json.loads(json.dumps(facts, allow_nan=False)) == facts


def with_content(path: Path, target: Path, **changes: object) -> Path:
    container = read_container(path, model.KIND)
    return write_container(target, model.KIND, container.parts, {**container.manifest, **changes})


def test_a_card_that_says_nothing_shows_nothing(path, tmp_path):
    facts = model_facts(with_content(path, tmp_path / "m.mlz", card={}))
    assert facts["predicts"][0]["target"] == "gap_eV"
    assert (facts["headline"], facts["evidence"], facts["versions"]) == ({}, [], {})
    facts = model_facts(write_container(tmp_path / "empty.mlz", model.KIND, {}, {}))
    assert (facts["predicts"], facts["needs"]) == ([], [])


def test_a_headline_without_targets_is_that_of_the_first(path, tmp_path):
    facts = model_facts(with_content(path, tmp_path / "m.mlz", card={"headline": ["good", 3, "enough"]}))
    assert facts["headline"] == {"gap_eV": ["good", "enough"]}


def test_a_damaged_file_is_refused(path, tmp_path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    (tmp_path / "m.mlz").write_bytes(data)
    with pytest.raises(ModelFileError, match=r"m\.mlz: "):
        model_facts(tmp_path / "m.mlz")


values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["", "model", "random", "gap_eV", "[red]x[/]", "\x1b[2J", "a\nb"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(
        ["target", "split", "role", "model", "mae", "weights", "gap_eV", "level", "unit", "target_summary", "min"]
    ), inner, max_size=4),
    max_leaves=8,
)  # fmt: skip
CARD = ["data", "plan", "scores", "notes", "versions", "headline"]
DEEPER = [
    "targets",
    "candidates",
    "chosen",
    "chosen_by_target",
    "seed",
    "level",
    "left_out",
    "elements",
    "name",
    "n_rows",
]
cards = st.fixed_dictionaries(
    {}, optional={key: values | st.dictionaries(st.sampled_from(DEEPER), values) for key in CARD}
)
schemas = st.fixed_dictionaries({}, optional=dict.fromkeys(["inputs", "targets", "kinds", "units", "log"], values))


@given(card=cards | values, schema=schemas | values)
@settings(deadline=None, suppress_health_check=list(HealthCheck), max_examples=150)
def test_whatever_a_file_says_it_is_shown(tmp_path, capsys, card, schema):
    from matterlearn.cli.show import show

    path = write_container(tmp_path / "m.mlz", model.KIND, {}, {"card": card, "schema": schema})
    for as_json in (True, False):
        show(path, as_json)
        out = capsys.readouterr().out
        assert out.replace("\n", "").isprintable()
        assert "\x1b" not in out
    json.dumps(model_facts(path), allow_nan=False)


CHILD = """
import sys
from matterlearn.workflow.show import model_facts
model_facts(sys.argv[1])
print([name for name in ("sklearn", "skops", "pandas", "scipy", "safetensors") if name in sys.modules])
"""


def test_nothing_is_imported_that_could_build_the_model(path):
    done = subprocess.run(
        [sys.executable, "-c", CHILD, path],
        env={**os.environ, "PYTHONPATH": str(Path(matterlearn.__file__).parents[1])},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "[]\n", "")
