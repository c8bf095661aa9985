from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from matter_tables import binaries
from sklearn.base import BaseEstimator, RegressorMixin
from small_fit import small_fit, two_target_fit

import matterlearn
from matterlearn.data.catalog import list_datasets, load_dataset
from matterlearn.data.tables import read_table
from matterlearn.workflow.featurize import featurize
from matterlearn.workflow.predict import predict

ROWS = pd.DataFrame({"note": ["seen", "bad", "new"], "formula": ["NaCl", "Xx", "AuI"]})


class Mine(RegressorMixin, BaseEstimator):
    """An estimator of the user's own."""

    def fit(self, X, y):
        self.value_ = float(np.mean(y))
        return self

    def predict(self, X):
        return np.full(len(X), self.value_)


def refused(done, *words: str) -> None:
    assert done.code == 2
    assert done.out == ""
    lines = done.err.splitlines()
    assert len(lines) == 1, done.err
    assert lines[0].startswith("matterlearn: ")
    for word in words:
        assert word in lines[0]


@pytest.fixture
def model(tmp_path):
    return small_fit().model.save(tmp_path / "model.mlz")


@pytest.fixture
def rows(tmp_path):
    ROWS.to_csv(tmp_path / "rows.csv", index=False)
    return tmp_path / "rows.csv"


class TestPredict:
    @pytest.mark.parametrize("option", ["-o", "--out"])
    def test_rows_in_order(self, run, model, rows, tmp_path, option):
        done = run("predict", model, rows, option, "out.csv")
        assert done.code == 0
        assert done.err == ""
        assert done.out == "3 rows: 1 not read, 1 outside the model's domain; written: out.csv\n"
        found = pd.read_csv(tmp_path / "out.csv", keep_default_na=False, na_values={"prediction": [""]})
        assert found.columns.tolist() == [
            *("note", "formula", "prediction", "lower", "upper", "in_domain", "reason"),
        ]
        expected = predict(small_fit().model, ROWS)
        np.testing.assert_array_equal(found["prediction"], expected["prediction"])
        assert found["reason"].tolist() == expected["reason"].tolist()

    def test_mistakes(self, run, model, rows, tmp_path):
        refused(run("predict", "nothing.mlz", rows, "-o", "out.csv"), "nothing.mlz", "no such file")
        refused(run("predict", rows, rows, "-o", "out.csv"), "rows.csv", "not a model file")
        refused(run("predict", model, "nothing.csv", "-o", "out.csv"), "nothing.csv", "no such file")
        refused(run("predict", model, rows, "-o", "out.doc"), "out.doc", "names no format")
        refused(run("predict", model, rows, "-o", "nowhere/out.csv"), "nowhere/out.csv", "cannot write")
        refused(run("predict", model, rows), "--out")
        refused(run("predict", model), "table")
        ROWS.rename(columns={"formula": "fromula"}).to_csv(tmp_path / "other.csv", index=False)
        refused(run("predict", model, "other.csv", "-o", "out.csv"), "'formula' is missing", "did you mean 'fromula'")
        ROWS.assign(prediction=1).to_csv(tmp_path / "again.csv", index=False)
        refused(run("predict", model, "again.csv", "-o", "out.csv"), "already has a column 'prediction'")
        (tmp_path / "empty.csv").write_text("formula\n")
        refused(run("predict", model, "empty.csv", "-o", "out.csv"), "empty.csv", "no rows")
        assert not (tmp_path / "out.csv").exists()

    def test_several_targets(self, run, rows, tmp_path):
        two_target_fit().model.save(tmp_path / "two.mlz")
        done = run("predict", "two.mlz", rows, "-o", "out.xlsx")
        assert done.code == 0, done.err
        assert done.out == (
            "3 rows: 1 not read, 1 outside the model's domain of gap_eV, 1 outside the model's domain of k_GPa; "
            "written: out.xlsx\n"
        )
        found = read_table(tmp_path / "out.xlsx").frame
        expected = predict(tmp_path / "two.mlz", rows)
        assert found.columns.tolist() == expected.columns.tolist()
        for name in ("prediction gap_eV", "lower k_GPa"):
            np.testing.assert_array_equal(pd.to_numeric(found[name]), expected[name])

    def test_a_damaged_model(self, run, model, rows):
        data = model.read_bytes()
        model.write_bytes(data[: len(data) // 2])
        refused(run("predict", model, rows, "-o", "out.csv"), "model.mlz", "damaged")

    def test_types_of_one_s_own_are_named(self, run, rows, tmp_path):
        small = small_fit().model
        fitted = replace(small.fitted[0], estimator=Mine().fit(ROWS, [1.0]))
        own = replace(small, fitted=(fitted,), probes={**small.probes, "prediction": {"gap_eV": [1.0] * 8}})
        own.save(tmp_path / "own.mlz")
        name = f"{Mine.__module__}.Mine"
        refused(run("predict", "own.mlz", rows, "-o", "out.csv"), "not trusted", name)
        done = run("predict", "own.mlz", rows, "-o", "out.csv", "--trust", name)
        assert done.code == 0, done.err
        assert pd.read_csv(tmp_path / "out.csv")["prediction"].tolist()[::2] == [1.0, 1.0]


class TestFeaturize:
    def test_features_rejected_rows_and_sources(self, run, rows, tmp_path):
        table = pd.concat([ROWS, binaries(20)[["formula"]]]).assign(note="x")
        table.to_csv(rows, index=False)
        done = run("featurize", rows, "-o", "out.parquet")
        assert done.code == 0
        assert done.err == ""
        expected = featurize(table).table
        assert f"22 rows, {expected.shape[1]} features" in done.out
        assert "written: out.parquet, out.parquet.rejected.csv, out.parquet.citations.txt" in done.out
        found = pd.read_parquet(tmp_path / "out.parquet").set_index("row").drop(columns="formula")
        pd.testing.assert_frame_equal(found, expected, check_exact=True)
        assert pd.read_csv(tmp_path / "out.parquet.rejected.csv")["row"].tolist() == [2]
        assert (tmp_path / "out.parquet.citations.txt").read_text().strip()

    def test_a_data_set_by_its_name(self, run, tmp_path):
        done = run("featurize", "intermetallics", "-o", "out.parquet")
        assert done.code == 0, done.err
        dataset = load_dataset("intermetallics")
        found = pd.read_parquet(tmp_path / "out.parquet")
        assert found["row"].tolist() == dataset.frame.index.tolist()
        assert set(dataset.inputs) <= set(found.columns)
        refused(run("featurize", "intermetalics", "-o", "out.csv"), "no such file", "did you mean 'intermetallics'")

    def test_damaged_formulas_do_not_become_categories_in_silence(self, run, tmp_path):
        pd.DataFrame({"formula": ["rock", "TiO2", "clay", "sand", "SiO2", "loam"] * 4}).to_csv(
            tmp_path / "rocks.csv", index=False
        )
        done = run("featurize", "rocks.csv", "-o", "out.csv", "--inputs", "formula")
        assert done.code == 0, done.err
        assert "note: formula is taken for a category with 6 values; state its kind if it describes matter." in done.out
        stated = run("featurize", "rocks.csv", "-o", "out.csv", "--inputs", "formula", "--kinds", "formula=category")
        assert "is taken for" not in stated.out
        matter = run("featurize", "rocks.csv", "-o", "out.csv", "--kinds", "formula=formula")
        assert "8 rows" in matter.out
        assert "rejected: 16" in matter.out

    def test_fractions_of_named_inputs(self, run, tmp_path):
        binaries(20).to_csv(tmp_path / "table.csv", index=False)
        done = run("featurize", "table.csv", "-o", "out.csv", "--inputs", "formula,gap_eV", "--features", "fractions")
        assert done.code == 0, done.err
        names = pd.read_csv(tmp_path / "out.csv").columns.tolist()
        assert {"row", "formula", "gap_eV"} <= set(names)
        assert not any("electronegativity" in name for name in names)

    def test_mistakes(self, run, rows, tmp_path):
        table = pd.concat([ROWS, binaries(20)[["formula"]]])
        table.to_csv(rows, index=False)
        refused(run("featurize", rows, "-o", "out.csv", "--strict"), "row 2", "'formula'", "Xx")
        refused(run("featurize", rows, "-o", "out.txt"), "out.txt", "names no format")
        refused(run("featurize", rows), "--out")
        refused(run("featurize", rows, "-o", "out.csv", "--features", "all"), "--features", "'fractions'")
        refused(run("featurize", rows, "-o", "out.csv", "--inputs", "formla"), "did you mean 'formula'")
        refused(run("featurize", "nothing.csv", "-o", "out.csv"), "nothing.csv", "no such file")
        (tmp_path / "numbers.csv").write_text("x\n1.5\n2.5\n")
        refused(run("featurize", "numbers.csv", "-o", "out.csv"), "no column describes matter")
        assert not (tmp_path / "out.csv").exists()


class TestData:
    def test_list(self, run):
        done = run("data", "list")
        assert done.code == 0
        for info in list_datasets():
            assert info.entry.name in done.out
            assert f"{info.entry.rows:,}" in done.out

    def test_show(self, run):
        done = run("data", "show", "intermetallics")
        assert done.code == 0
        entry = next(info.entry for info in list_datasets() if info.entry.name == "intermetallics")
        for fact in (entry.title, f"{entry.rows:,}", entry.targets[0].name, *entry.inputs):
            assert fact in done.out

    def test_an_embedded_set_needs_no_fetching(self, run):
        refused(run("data", "fetch", "intermetallics"), "'intermetallics'", "nothing to fetch")

    def test_fetch(self, run, monkeypatch, tmp_path):
        """What happens on the way is tested with the catalogue, against a real server."""
        asked = []
        monkeypatch.setattr(
            "matterlearn.data.catalog.fetch_dataset", lambda name: asked.append(name) or tmp_path / "set.csv"
        )
        done = run("data", "fetch", "some_set")
        assert (done.code, done.out) == (0, f"ready: {tmp_path / 'set.csv'}\n")
        assert asked == ["some_set"]

    @pytest.mark.parametrize("verb", ["show", "fetch"])
    def test_a_misspelt_name(self, run, verb):
        refused(run("data", verb, "intermetalics"), "intermetalics", "did you mean 'intermetallics'")

    def test_verbs(self, run):
        refused(run("data", "shw"), "'shw'", "show", "matterlearn data --help")
        refused(run("data", "show"), "name", "matterlearn data show --help")


class TestStudy:
    def test_without_a_name_they_are_listed(self, run):
        done = run("study")
        assert done.code == 0
        assert "perovskites: " in done.out

    def test_a_misspelt_name(self, run, tmp_path):
        refused(run("study", "perovskits"), "perovskits", "perovskites")
        assert list(tmp_path.iterdir()) == []


def test_version(run):
    done = run("--version")
    assert (done.code, done.out) == (0, f"matterlearn {matterlearn.__version__}\n")


def test_unknown_verb(run):
    refused(run("fitt"), "'fitt'", "fit", "matterlearn --help")
    refused(run("--verbose"), "--verbose", "matterlearn --help")


@pytest.mark.parametrize(
    "command",
    [[], ["fit"], ["predict"], ["show"], ["featurize"], ["compare"], ["data"], ["data", "show"], ["study"]],
    ids=" ".join,
)
def test_help(run, command):
    done = run(*command, "--help")
    assert done.code == 0
    assert done.err == ""
    assert f"matterlearn {' '.join(command)}".strip() in " ".join(done.out.split())


def test_no_arguments_show_the_verbs(run):
    done = run()
    assert done.code == 2
    assert all(verb in done.out + done.err for verb in ("fit", "predict", "show", "featurize", "data", "study"))


def test_the_scores_are_those_of_the_model_card(run, model):
    card = matterlearn.load_model(model).card
    assert json.loads(json.dumps(card)) == json.loads(json.dumps(small_fit().model.card))
