"""The output folder of a fit; that it survives being killed is tested in `tests/survival`."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from small_fit import small_fit

from matterlearn.core.errors import MatterlearnError
from matterlearn.core.writing import recover_folder
from matterlearn.validation.evidence import Evidence
from matterlearn.workflow.model import load_model
from matterlearn.workflow.output import OURS, check_folder, write_fit
from matterlearn.workflow.plan import read_plan


@pytest.fixture(autouse=True)
def _no_figures(monkeypatch):
    """The page and its figures take seconds; they are tested in `tests/report`, and once more in `test_fit.py`."""

    def write(evidence, folder, *, rejected):
        (folder / "figures").mkdir()
        (folder / "report.html").write_text("<html></html>")

    monkeypatch.setattr("matterlearn.workflow.output.write_report", write)


@pytest.fixture
def written(tmp_path) -> Path:
    return write_fit(small_fit(), tmp_path / "elsewhere" / "written")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def is_whole(folder: Path) -> bool:
    load_model(folder / "model.mlz")
    Evidence.load(folder)
    read_plan(folder)
    return set(names(folder)) == OURS and "</html>" in (folder / "report.html").read_text()


def test_written_and_replaced_as_a_whole(tmp_path):
    folder = write_fit(small_fit(), tmp_path / "new" / "out")
    assert folder == tmp_path / "new" / "out"
    assert is_whole(folder)
    (folder / "report.html").write_text("from the last run")
    write_fit(small_fit(), folder)
    assert is_whole(folder)
    assert names(folder.parent) == ["out"]


def test_an_output_to_which_something_was_added_is_not_replaced(written, tmp_path):
    folder = shutil.move(written, tmp_path / "out")
    (folder / "my notes.txt").write_text("precious")
    with pytest.raises(MatterlearnError, match=r"the folder also holds 'my notes\.txt'"):
        write_fit(small_fit(), folder)
    assert (folder / "my notes.txt").read_text() == "precious"
    assert names(tmp_path) == ["elsewhere", "out"]


def test_the_place_is_named_whatever_becomes_of_the_working_directory(tmp_path, monkeypatch):
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    place = check_folder("out")
    assert place == work / "out"
    work.rmdir()  # as somebody else may do while a fit runs
    assert check_folder(place) == place
    assert is_whole(write_fit(small_fit(), place))
    monkeypatch.chdir(tmp_path)


def test_a_link_is_followed(tmp_path):
    (tmp_path / "disk").mkdir()
    (tmp_path / "out").symlink_to(tmp_path / "disk" / "out")
    assert check_folder(tmp_path / "out") == tmp_path / "disk" / "out"
    write_fit(small_fit(), tmp_path / "out")
    assert (tmp_path / "out").is_symlink()
    assert is_whole(tmp_path / "disk" / "out")


@pytest.mark.parametrize("place", [".", "..", "/"])
def test_the_folder_one_works_in_is_not_replaced(tmp_path, monkeypatch, place):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    with pytest.raises(MatterlearnError, match="holds the working directory"):
        check_folder(place)
    assert names(tmp_path) == ["here"]


def test_a_place_that_cannot_be_written_is_told_before_the_fit(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(MatterlearnError, match="cannot write"):
        check_folder(tmp_path / "file" / "out")


def test_an_empty_folder_is_taken(tmp_path):
    (tmp_path / "out").mkdir()
    assert is_whole(write_fit(small_fit(), tmp_path / "out"))


def test_folders_of_something_else_are_not_touched(tmp_path):
    mine = tmp_path / "thesis"
    mine.mkdir()
    (mine / "chapter.txt").write_text("precious")
    for attempt in (lambda: check_folder(mine), lambda: write_fit(small_fit(), mine)):
        with pytest.raises(MatterlearnError, match="thesis"):
            attempt()
    assert names(mine) == ["chapter.txt"]
    assert (mine / "chapter.txt").read_text() == "precious"
    assert names(tmp_path) == ["thesis"]


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "out").write_text("precious")
    with pytest.raises(MatterlearnError, match="is a file"):
        check_folder(tmp_path / "out")
    with pytest.raises(MatterlearnError, match="is a file"):
        write_fit(small_fit(), tmp_path / "out")
    assert (tmp_path / "out").read_text() == "precious"


def test_what_fails_while_writing_leaves_the_old_output(written, tmp_path, monkeypatch):
    folder = shutil.move(written, tmp_path / "out")
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    def fail(*arguments: object, **named: object) -> None:
        raise RuntimeError("out of ink")

    monkeypatch.setattr("matterlearn.workflow.output.write_report", fail)
    with pytest.raises(RuntimeError, match="out of ink"):
        write_fit(small_fit(), folder)
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    assert names(tmp_path) == ["elsewhere", "out"]


@pytest.mark.parametrize("moment", ["before the swap", "within the swap", "after the swap"])
def test_an_interrupted_swap_is_finished(written, tmp_path, moment):
    folder, new = (shutil.copytree(written, tmp_path / name) for name in ("out", "new"))
    (folder / "old.txt").write_text("old")
    if moment == "before the swap":
        os.replace(new, tmp_path / ".out.ready")
    elif moment == "within the swap":
        os.replace(folder, tmp_path / ".out.previous")
        os.replace(new, tmp_path / ".out.ready")
    else:
        os.replace(folder, tmp_path / ".out.previous")
        os.replace(new, folder)
    recover_folder(folder)
    assert "old.txt" not in names(folder)
    assert check_folder(folder) == folder
    assert is_whole(folder)
    assert names(tmp_path) == ["elsewhere", "out"]
