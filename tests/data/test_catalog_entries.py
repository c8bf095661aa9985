"""The facts in the catalogue: complete, well formed, and in agreement with the files where those are at hand."""

from __future__ import annotations

import json
import sys
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from matterlearn.core.errors import ArgumentError, DataError
from matterlearn.data.catalog import dataset_file, describe_dataset, list_datasets
from matterlearn.data.catalog.entry import CatalogEntry, read_entries
from matterlearn.data.catalog.home import data_home as home_folder
from matterlearn.data.catalog.registry import packaged_entries

ENTRIES = list(packaged_entries().values())
PUBLIC = [entry for entry in ENTRIES if entry.origin == "public"]
LOCAL = [entry for entry in ENTRIES if entry.origin == "local"]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MATTERLEARN_DATA", str(tmp_path))
    return tmp_path


def test_every_entry_is_listed_once(home: Path) -> None:
    names = [info.entry.name for info in list_datasets()]
    assert len(names) == len(set(names)) == len(ENTRIES)
    assert Counter(entry.origin for entry in ENTRIES) == {"embedded": 1, "made": 1, "local": 17, "public": 45}
    assert len({entry.file for entry in ENTRIES}) == len(ENTRIES)
    assert len({entry.sha256 for entry in PUBLIC}) == len({entry.url for entry in PUBLIC}) == 45


def test_a_sample_has_another_name_than_its_public_set() -> None:
    # One name, one table: the answer must not depend on what lies on the disk.
    names = {entry.name for entry in PUBLIC}
    for entry in LOCAL:
        assert entry.name not in names
        if entry.name.startswith("matbench_"):
            assert entry.name.removesuffix("_sample") in names
            assert entry.rows < packaged_entries()[entry.name.removesuffix("_sample")].rows
            assert entry.name.removesuffix("_sample") in str(entry.note)
            assert entry.name in str(packaged_entries()[entry.name.removesuffix("_sample")].note)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_the_facts_are_complete(entry: CatalogEntry) -> None:
    assert entry.about.endswith(".")
    assert len(entry.about.split()) >= 4
    assert len(entry.title) < 90
    assert len(entry.citation) > 8
    assert entry.rows_published is None or entry.rows_published >= entry.rows
    assert len({target.name for target in entry.targets}) == len(entry.targets)
    for target in entry.targets:
        assert target.unit is None or target.task == "regression", "a class has no unit"
    assert not set(entry.inputs or ()) & {entry.target}
    if entry.origin == "local":
        assert entry.licence, "a local set is shipped by a person: its licence must be stated, if only as 'none stated'"


@pytest.mark.parametrize("entry", PUBLIC, ids=lambda entry: entry.name)
def test_columns_of_public_sets_exist(entry: CatalogEntry) -> None:
    columns = set(entry.columns)
    assert len(columns) == len(entry.columns) > 1
    assert {target.name for target in entry.targets} <= columns
    assert set(entry.groups) | set(entry.kinds) <= columns
    assert entry.inputs is not None
    if "formula" not in columns and any("structure" in name for name in columns):
        columns.add("formula")  # made from the structures by the reader
    assert set(entry.inputs) <= columns


@pytest.mark.parametrize("entry", LOCAL, ids=lambda entry: entry.name)
def test_the_files_beside_a_local_set_exist(entry: CatalogEntry, data_home: Path) -> None:
    assert describe_dataset(entry.name).state == "ready"
    for beside in entry.beside:
        assert dataset_file(entry.name, beside).stat().st_size > 0


def test_units_agree_between_a_sample_and_its_public_set() -> None:
    for sample, public in (
        ("matbench_steels_sample", "matbench_steels"),
        ("matbench_expt_gap_sample", "matbench_expt_gap"),
        ("perov5_gap", "castelli_perovskites"),
        ("double_perovskite_gap", "double_perovskites_gap"),
        ("abo3_perovskites_oqmd", "wolverton_oxides"),
    ):
        first, second = packaged_entries()[sample].targets[0], packaged_entries()[public].targets[0]
        assert (first.unit, first.task) == (second.unit, second.task)


def test_the_home_is_a_variable_or_the_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MATTERLEARN_DATA", "~/sets")
    assert home_folder() == Path.home() / "sets"
    monkeypatch.setenv("MATTERLEARN_DATA", "")  # set to nothing is not set
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    expected = {"linux": tmp_path / "matterlearn", "darwin": Path.home() / "Library" / "Caches" / "matterlearn"}
    assert home_folder() == expected.get(sys.platform, home_folder())
    assert "matterlearn" in home_folder().parts


def test_an_unknown_name_gets_a_suggestion(home: Path) -> None:
    with pytest.raises(ArgumentError, match="did you mean 'perovskite_oxides_alloyed'"):
        describe_dataset("perovskite_oxide_alloyed")
    with pytest.raises(ArgumentError, match="matterlearn data list"):
        describe_dataset("qqqq")


def test_a_set_that_is_not_there_says_where_it_was_looked_for(home: Path) -> None:
    assert describe_dataset("mp_crystals").state == "not in the data home"
    with pytest.raises(DataError, match="MATTERLEARN_DATA") as caught:
        dataset_file("mp_crystals")
    assert str(home / "mp_crystals" / "mp_crystals.jsonl.gz") in str(caught.value)
    with pytest.raises(DataError, match="matterlearn data fetch matbench_steels"):
        dataset_file("matbench_steels")
    with pytest.raises(ArgumentError, match=r"did you mean 'elements\.json'"):
        dataset_file("perovskite_oxides_unalloyed", "element.json")


OWN: dict[str, Any] = {
    "name": "our_alloys",
    "title": "Our alloys",
    "about": "Hardness of the alloys we made.",
    "origin": "local",
    "file": "ours/alloys.csv",
    "rows": 3,
    "targets": [{"name": "hardness_HV", "unit": "HV"}],
    "citation": "unpublished",
}


def test_a_group_can_list_its_own_sets(home: Path) -> None:
    (home / "catalog.json").write_text(json.dumps([OWN]))
    info = describe_dataset("our_alloys")
    assert info.entry.units == {"hardness_HV": "HV"}
    assert info.path == home / "ours" / "alloys.csv"
    assert list_datasets()[-1] == info


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"name": "matbench_steels"}, "is taken"),
        ({"name": "../up"}, "lower-case"),
        ({"name": 5}, "name must be a text"),
        ({"origin": "embedded"}, "cannot be embedded"),
        ({"origin": "made"}, "made_by must be an object"),
        ({"origin": "made", "made_by": {"n": 5}}, "made_by must be an object"),
        ({"origin": "nowhere"}, "origin must be one of"),
        ({"origin": "public", "sha256": "0" * 64}, "url must begin with"),
        ({"origin": "public", "url": "ftp://x/y", "sha256": "0" * 64}, "url must begin with"),
        ({"origin": "public", "url": "https://x/y", "sha256": "0" * 63}, "64 hexadecimal"),
        ({"file": "../outside.csv"}, "stay in the folder"),
        ({"file": "/etc/passwd"}, "stay in the folder"),
        ({"file": "C:\\x.csv"}, "stay in the folder"),
        ({"beside": ["../x"]}, "stay in the folder"),
        ({"rows": 0}, "rows must be"),
        ({"rows": True}, "rows must be"),
        ({"targets": []}, "needs targets"),
        ({"targets": [{"name": "y", "task": "guess"}]}, "needs targets"),
        ({"targets": [{"nom": "y"}]}, "targets must be objects"),
        ({"targets": 3}, "targets must be objects"),
        ({"inputs": 3}, "columns must be lists"),
        ({"inputs": "formula"}, "inputs must be a list"),
        ({"inputs": [1]}, "inputs must be a list"),
        ({"beside": "x.csv"}, "beside must be a list"),
        ({"kinds": ["a"]}, "kinds must be"),
        ({"doi": "doi:10.1/x"}, "does not look like"),
        ({"tittle": "x"}, "did you mean 'title'"),
    ],
)
def test_a_wrong_own_list_is_one_clear_line(home: Path, change: dict[str, Any], reason: str) -> None:
    (home / "catalog.json").write_text(json.dumps([{**OWN, **change}]))
    with pytest.raises(DataError, match=reason) as caught:
        list_datasets()
    assert "catalog.json" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "{}", "[1]", "\ufffe", '[{"name": "x"}]'])
def test_a_list_that_is_none(home: Path, text: str) -> None:
    (home / "catalog.json").write_text(text)
    with pytest.raises(DataError, match=r"catalog\.json"):
        list_datasets()


def test_a_name_is_taken_once(home: Path) -> None:
    (home / "catalog.json").write_text(json.dumps([OWN, OWN]))
    with pytest.raises(DataError, match="'our_alloys' is taken"):
        list_datasets()


def test_an_entry_comes_back_from_its_own_json(tmp_path: Path) -> None:
    path = tmp_path / "list.json"
    path.write_text(json.dumps([asdict(entry) for entry in ENTRIES]))
    assert list(read_entries(path)) == ENTRIES
