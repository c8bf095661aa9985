from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matter_tables import binaries
from small_fit import quick, small_fit, two_target_fit, two_targets

import matterlearn
from matterlearn.core.container import arrays_to_bytes, bytes_to_arrays, read_container, write_container
from matterlearn.core.errors import MatterlearnError, ModelFileError
from matterlearn.models.persistence import estimator_from_bytes, estimator_to_bytes
from matterlearn.workflow.fit import fit
from matterlearn.workflow.model import KIND, N_PROBES, Model, load_model

TABLE = pd.DataFrame({"formula": [*binaries(30)["formula"], "AuI", "Xx", "Na", "LiNaKRbCsO"]})


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return small_fit().model.save(tmp_path_factory.mktemp("model") / "model.mlz")


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    return two_target_fit().model.save(tmp_path_factory.mktemp("two") / "two.mlz")


@pytest.mark.parametrize("one", [small_fit, two_target_fit])
def test_the_file_predicts_as_the_model_did(one, tmp_path):
    before = one().model.predict(TABLE)
    after = load_model(one().model.save(tmp_path / "model.mlz")).predict(TABLE)
    pd.testing.assert_frame_equal(before, after, check_exact=True)


@pytest.mark.parametrize("one", [small_fit, two_target_fit])
def test_saved_again_it_is_the_same_file(one, tmp_path):
    first = one().model.save(tmp_path / "first.mlz")
    again = load_model(first).save(tmp_path / "again.mlz")
    assert again.read_bytes() == first.read_bytes()


def test_what_the_file_says_of_the_model(path):
    model, known = load_model(path), small_fit().model
    assert model.schema == known.schema
    assert model.targets == ("gap_eV",)
    assert model.output_columns == ("prediction", "lower", "upper", "in_domain", "reason")
    assert model.card["plan"]["chosen"]["weights"] == {"ridge": 1.0}
    assert model.card["data"]["target"] == "gap_eV"
    assert model.card["headline"] == known.card["headline"]
    assert model.card["headline"]["gap_eV"][0].startswith("Mean absolute error: random rows ")
    scores = small_fit().evidence.scores()
    assert [line["mae"] for line in model.card["scores"]] == pytest.approx(scores["mae"].tolist(), abs=1e-6)
    assert "timings" not in json.dumps(model.card)
    found, expected = model.fitted[0].reliability, known.fitted[0].reliability
    assert found.domain.elements_ == expected.domain.elements_
    assert found.facts() == expected.facts()


def test_what_the_file_says_of_several_targets(two):
    model = load_model(two)
    assert model.targets == ("gap_eV", "k_GPa")
    assert model.output_columns[5:] == tuple(
        f"{name} k_GPa" for name in ("prediction", "lower", "upper", "in_domain", "reason")
    )
    assert set(model.card["headline"]) == set(model.card["plan"]["chosen_by_target"]) == set(model.targets)
    assert model.schema["log"] == ["k_GPa"]
    assert model.schema["weights"] == "n_runs"


def test_no_training_data_are_needed(two, tmp_path):
    """Another process, an empty folder, the file and a table of formulas: no target, no weight, no rows of training."""
    (tmp_path / "model.mlz").write_bytes(two.read_bytes())
    TABLE.to_csv(tmp_path / "new.csv", index=False)
    code = "import matterlearn; matterlearn.predict('model.mlz', 'new.csv').to_parquet('out.parquet')"
    source = str(Path(matterlearn.__file__).parents[1])
    subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": source, "OMP_NUM_THREADS": "1"},
        check=True,
        timeout=200,
    )
    found = pd.read_parquet(tmp_path / "out.parquet").drop(columns="formula").reset_index(drop=True)
    expected = two_target_fit().model.predict(TABLE)
    pd.testing.assert_frame_equal(found, expected, check_exact=True, check_dtype=False, check_index_type=False)


def test_probes_are_training_rows_with_their_predictions(path):
    probes = load_model(path).probes
    frame = pd.DataFrame(probes["rows"])
    assert len(frame) == N_PROBES
    assert set(frame["formula"]) <= set(binaries(42)["formula"])
    assert probes["prediction"] == {"gap_eV": small_fit().model.predict(frame)["prediction"].tolist()}


def test_probes_of_every_target_in_its_unit(two):
    probes = load_model(two).probes
    found = two_target_fit().model.predict(pd.DataFrame(probes["rows"]))
    assert probes["prediction"] == {name: found[f"prediction {name}"].tolist() for name in ("gap_eV", "k_GPa")}
    known = two_targets().set_index("formula")["k_GPa"]
    error = np.log10(np.array(probes["prediction"]["k_GPa"]) / known[probes["rows"]["formula"]].to_numpy())
    assert np.nanmax(np.abs(error)) < 1


def test_without_floor_and_with(tmp_path):
    """Targets that are never negative have a floor; their logarithms have none."""
    table = binaries(30).assign(gap_eV=lambda rows: rows["gap_eV"] ** 2 + 1e-3)
    floors = []
    for log in (False, True):
        path = fit(table, "gap_eV", log=log, **quick(splits=("random",), n_folds=2)).model.save(tmp_path / "model.mlz")
        floors.append(load_model(path).fitted[0].reliability.intervals.floor)
    assert floors == [0.0, None]


def changed(path: Path, out: Path, parts=None, **manifest) -> Path:
    """Write a file again with some parts or some of the manifest changed, sums and all."""
    whole = read_container(path, KIND)
    kept = {name: part for name, part in {**whole.parts, **(parts or {})}.items() if part is not None}
    return write_container(out, KIND, kept, {**whole.manifest, **manifest})


def with_probe(path: Path, out: Path, target: str, change) -> Path:
    probes = json.loads(read_container(path, KIND).parts["probes.json"])
    probes["prediction"][target] = change(probes["prediction"][target])
    return changed(path, out, {"probes.json": json.dumps(probes).encode()})


@pytest.fixture
def estimators_read_once(monkeypatch):
    """Estimators whose bytes were read before are not read again: the files here differ in little else."""
    monkeypatch.setattr("matterlearn.validation.fitted.estimator_from_bytes", read_once)


@cache
def read_once(data: bytes, *, trusted: tuple[str, ...] = ()) -> Any:
    return estimator_from_bytes(data, trusted=trusted)


OTHERWISE = "predicts its probe rows differently"
FAILS = "probe rows cannot be predicted"


@pytest.mark.usefixtures("estimators_read_once")
class TestProbes:
    def test_the_change_itself_is_sound(self, two, tmp_path):
        same = with_probe(two, tmp_path / "same.mlz", "k_GPa", list)
        assert load_model(same).predict(TABLE).equals(two_target_fit().model.predict(TABLE))

    @pytest.mark.parametrize("target", ["gap_eV", "k_GPa"])
    @pytest.mark.parametrize(
        ("change", "what"),
        [
            (lambda values: [1.01 * value for value in values], OTHERWISE),
            (lambda values: [*values[:-1], values[-1] * (1 + 1e-4)], OTHERWISE),
            (lambda values: [-value for value in values], OTHERWISE),
            (lambda values: [0.0] * len(values), OTHERWISE),
            (lambda values: [math.nan, *values[1:]], "NaN is not JSON"),
            (lambda values: [None, *values[1:]], f"{OTHERWISE}|{FAILS}"),
            (lambda values: values[:3], FAILS),
            (lambda values: [], FAILS),
            (lambda values: "x", FAILS),
            (lambda values: {"a": 1}, FAILS),
        ],
    )
    def test_are_checked_for_every_target(self, two, tmp_path, target, change, what):
        file = with_probe(two, tmp_path / "other.mlz", target, change)
        with pytest.raises(ModelFileError, match=what) as caught:
            load_model(file)
        assert str(file) in str(caught.value)
        assert "\n" not in str(caught.value)

    def test_are_compared_on_the_scale_that_is_learned(self, two, tmp_path):
        """A relative difference of 1e-8 in the smallest value is nothing, as it is in the largest."""
        for factor, refused in ((1 + 1e-8, False), (1 + 1e-3, True)):
            file = with_probe(
                two, tmp_path / "m.mlz", "k_GPa", lambda values, f=factor: [value * f for value in values]
            )
            if refused:
                with pytest.raises(ModelFileError, match=OTHERWISE):
                    load_model(file)
            else:
                load_model(file)

    @pytest.mark.parametrize(
        "probes",
        [
            {"rows": {"formula": ["Xx"] * N_PROBES}},
            {"rows": {"A": ["Na"] * N_PROBES}},
            {"rows": {}},
            {"prediction": {}},
            {"prediction": None},
        ],
        ids=str,
    )
    def test_rows_that_are_none(self, two, tmp_path, probes):
        stored = json.loads(read_container(two, KIND).parts["probes.json"])
        content = json.dumps({**stored, **probes}).encode()
        with pytest.raises(ModelFileError, match=f"{OTHERWISE}|{FAILS}"):
            load_model(changed(two, tmp_path / "m.mlz", {"probes.json": content}))

    def test_a_target_without_probes(self, two, tmp_path):
        stored = json.loads(read_container(two, KIND).parts["probes.json"])
        del stored["prediction"]["gap_eV"]
        with pytest.raises(ModelFileError, match=OTHERWISE):
            load_model(changed(two, tmp_path / "m.mlz", {"probes.json": json.dumps(stored).encode()}))


@pytest.mark.usefixtures("estimators_read_once")
class TestParts:
    @pytest.mark.parametrize(
        ("name", "content"),
        [
            ("0-estimator.skops", None),
            ("1-estimator.skops", None),
            ("0-estimator.skops", estimator_to_bytes({"no": "estimator"})),
            ("1-features.skops", estimator_to_bytes([1, 2])),
            ("1-domain.safetensors", None),
            ("1-domain.safetensors", arrays_to_bytes({"limit": np.ones(1)})),
            ("0-intervals.safetensors", None),
            ("0-intervals.safetensors", arrays_to_bytes({})),
            ("probes.json", None),
        ],
    )
    def test_that_are_missing_or_something_else(self, two, tmp_path, name, content):
        assert name in read_container(two, KIND).parts
        with pytest.raises(ModelFileError) as caught:
            load_model(changed(two, tmp_path / "m.mlz", {name: content}))
        assert "\n" not in str(caught.value)

    def test_of_another_target(self, two, tmp_path):
        parts = read_container(two, KIND).parts
        swapped = {f"{new}-estimator.skops": parts[f"{old}-estimator.skops"] for new, old in ((0, 1), (1, 0))}
        with pytest.raises(ModelFileError, match=OTHERWISE):
            load_model(changed(two, tmp_path / "m.mlz", swapped))

    def test_of_another_model(self, path, tmp_path):
        other = fit(binaries(25, seed=5), "gap_eV", **quick(splits=("random",), n_folds=2)).model.save(
            tmp_path / "other.mlz"
        )
        part = read_container(other, KIND).parts["0-estimator.skops"]
        with pytest.raises(ModelFileError, match=OTHERWISE):
            load_model(changed(path, tmp_path / "m.mlz", {"0-estimator.skops": part}))

    def test_a_domain_that_believes_everything(self, path, tmp_path):
        arrays = bytes_to_arrays(read_container(path, KIND).parts["0-domain.safetensors"])
        part = arrays_to_bytes({**arrays, "limit": np.array([math.nan])})
        with pytest.raises(ModelFileError, match="make no sense"):
            load_model(changed(path, tmp_path / "m.mlz", {"0-domain.safetensors": part}))

    def test_the_estimator_reads_formulas(self, path):
        estimator = estimator_from_bytes(read_container(path, KIND).parts["0-estimator.skops"])
        assert np.isfinite(estimator.predict(pd.DataFrame({"formula": ["NaCl"]}))).all()


def manifests(path: Path) -> dict[str, dict[str, object]]:
    """Manifests that make no sense."""
    good = read_container(path, KIND).manifest
    first, second = good["targets"]
    schema, card = good["schema"], good["card"]
    return {
        "no schema": {"schema": {}},
        "null for a schema": {"schema": None},
        "another input": {"schema": {**schema, "inputs": ["A"]}},
        "another kind": {"schema": {**schema, "kinds": {**schema["kinds"], "formula": "number"}}},
        "no kinds": {"schema": {**schema, "kinds": {}}},
        "an ion without formula": {"schema": {**schema, "ions": {"Q": {"formula": "?"}}}},
        "targets in another order": {"targets": [second, first]},
        "one target less": {"targets": [first]},
        "one target twice": {"targets": [first, first]},
        "no target": {"targets": []},
        "a level above one": {"targets": [first, {**second, "level": 1.5}]},
        "a floor of words": {"targets": [first, {**second, "floor": "low"}]},
        "an element that is none": {"targets": [{**first, "elements": ["Qq"]}, second]},
        "no elements": {"targets": [{**first, "elements": None}, second]},
        "an error below zero": {"targets": [{**first, "mean_error": -1.0}, second]},
        "no logarithm": {"schema": {**schema, "log": []}},
        "another logarithm": {"schema": {**schema, "log": ["gap_eV", "k_GPa"]}},
        "no card": {"card": {}},
        "a spread of words": {"card": {**card, "data": {"targets": {"gap_eV": {"target_summary": {"sd": "x"}}}}}},
    }


@pytest.mark.usefixtures("estimators_read_once")
def test_a_manifest_that_makes_no_sense_is_refused(two, tmp_path):
    for name, manifest in manifests(two).items():
        file = changed(two, tmp_path / f"{name}.mlz", **manifest)
        with pytest.raises(ModelFileError) as caught:
            load_model(file)
        assert "\n" not in str(caught.value), name
        assert file.name in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"formula,gap\nNaCl,1\n", b"PK\x03\x04", b"\x00" * 1000], ids=len)
def test_files_that_are_no_models(tmp_path, content):
    file = tmp_path / "model.mlz"
    file.write_bytes(content)
    with pytest.raises(ModelFileError, match=r"model\.mlz"):
        load_model(file)


def test_a_container_of_another_kind(tmp_path):
    file = write_container(tmp_path / "other.mlz", "study", {}, {})
    with pytest.raises(ModelFileError, match="is of the kind 'study', not 'model'"):
        load_model(file)


def test_a_model_that_cannot_be_stored_says_so(tmp_path):
    model: Model = replace(small_fit().model, card={"data": object()})
    with pytest.raises(MatterlearnError, match="not a JSON type"):
        model.save(tmp_path / "model.mlz")
    assert list(tmp_path.iterdir()) == []
