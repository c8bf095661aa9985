"""Running a study: names, seeds, folders and missing data."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from matterlearn.core.errors import ArgumentError, DataError
from matterlearn.studies.registry import STUDIES, run_study

OF_PEROVSKITES = ("perovskites", "perovskite-search", "perovskite-alloys")
"""Studies that cannot do without a table; the others bring or make their own."""


def test_names() -> None:
    assert list(STUDIES) == [*OF_PEROVSKITES, "metabolomics", "conformers", "learning-foundations"]
    for name, about in STUDIES.items():
        assert "\n" not in about
        assert importlib.import_module(f"matterlearn.studies.{name.replace('-', '_')}").build


def test_an_unknown_name_is_one_line_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match="did you mean 'perovskite-alloys'") as caught:
        run_study("perovskite-aloys", tmp_path / "out")
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("seed", [-1, 2**32])
def test_a_seed_out_of_range(seed: int, tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match="seed: must be between 0 and"):
        run_study("perovskites", tmp_path / "out", seed=seed)


@pytest.mark.parametrize("name", OF_PEROVSKITES)
def test_missing_data_names_the_way_out(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MATTERLEARN_DATA", str(tmp_path / "home"))
    with pytest.raises(DataError, match=r"set MATTERLEARN_DATA .* --demo") as caught:
        run_study(name, tmp_path / "out")
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []  # no half-written folder


def test_a_folder_of_something_else_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(DataError, match=r"holds no study.html"):
        run_study("perovskites", tmp_path, demo=True)
    assert (tmp_path / "thesis.tex").read_text() == "years of work"


def test_a_damaged_list_of_elements_is_a_clear_error(
    data_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "home" / "perovskite_oxides_unalloyed"
    here.mkdir(parents=True)
    name = "perovskite_oxides_unalloyed.csv"
    (here / name).symlink_to(data_home / here.name / name)
    monkeypatch.setenv("MATTERLEARN_DATA", str(here.parent))
    for content, what in (('{"A": 1}', "is not a list"), ("[", "cannot be read as JSON")):
        (here / "elements.json").write_text(content)
        with pytest.raises(DataError, match=what):
            run_study("perovskites", tmp_path / "out")
