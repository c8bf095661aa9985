from __future__ import annotations

import errno
import os
import random
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from matterlearn.core.errors import DataError
from matterlearn.core.writing import recover_folder, replacing, staged_folder, write_file

FILES = 5


def beside(path: Path) -> list[str]:
    return sorted(other.name for other in path.parent.iterdir() if other != path)


def write_version(folder: Path, version: int) -> None:
    (folder / "figures").mkdir()
    for i in range(FILES):
        (folder / "figures" / f"{i}.txt").write_text(f"{version}\n" * 2000)


def version_of(folder: Path) -> int:
    """The version a folder holds, after checking that it holds nothing else and all of it."""
    assert [p.name for p in folder.iterdir()] == ["figures"]
    files = sorted((folder / "figures").iterdir())
    assert [p.name for p in files] == [f"{i}.txt" for i in range(FILES)]
    words = [p.read_text().split() for p in files]
    assert {len(w) for w in words} == {2000}
    assert len({w for line in words for w in line}) == 1
    return int(words[0][0])


def write_half(path: Path, error: type[BaseException]) -> None:
    path.write_text("half of the n")
    raise error


# Files


@pytest.mark.parametrize("content", [b"\x00\xff", "Ångström α\n", ""])
def test_write_file_writes_the_whole_content(tmp_path, content):
    path = write_file(tmp_path / "a.txt", content)
    assert path == tmp_path / "a.txt"
    assert path.read_bytes() == (content if isinstance(content, bytes) else content.encode())
    assert beside(path) == []


def test_a_block_that_raises_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(RuntimeError), replacing(path) as partial:
        write_half(partial, RuntimeError)
    assert path.read_text() == "old"
    assert beside(path) == []


def test_until_the_block_ends_readers_see_the_old_file(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with replacing(path) as partial:
        partial.write_text("new")
        assert path.read_text() == "old"
        assert partial.parent == path.parent  # else the rename would be a copy
    assert path.read_text() == "new"


@pytest.mark.parametrize("mask", [0o022, 0o077])
def test_a_new_file_has_the_rights_that_open_would_give(tmp_path, mask):
    before = os.umask(mask)
    try:
        path = write_file(tmp_path / "a.txt", "x")
        (tmp_path / "b.txt").write_text("x")
    finally:
        assert os.umask(before) == mask  # and the mask is as it was
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE((tmp_path / "b.txt").stat().st_mode)


def test_a_replaced_file_keeps_its_rights(tmp_path):
    path = tmp_path / "private.txt"
    path.write_text("old")
    path.chmod(0o600)
    write_file(path, "new")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_link_is_followed_and_stays_a_link(tmp_path):
    (tmp_path / "real").mkdir()
    real, link = tmp_path / "real" / "a.txt", tmp_path / "link.txt"
    link.symlink_to(real)
    write_file(link, "new")
    assert link.is_symlink()
    assert real.read_text() == "new"


def test_a_device_or_folder_is_not_replaced(tmp_path):
    for path in (Path(os.devnull), tmp_path):
        before = path.stat()
        with pytest.raises(DataError, match="is not an ordinary file; name a file"):
            write_file(path, "x")
        assert (path.stat().st_ino, path.stat().st_mode) == (before.st_ino, before.st_mode)


def test_a_missing_folder_is_one_clear_line(tmp_path):
    with pytest.raises(DataError) as caught:
        write_file(tmp_path / "nowhere" / "a.txt", "x")
    text = str(caught.value)
    assert text.startswith(f"{tmp_path / 'nowhere' / 'a.txt'}: cannot write: No such file or directory; check")
    assert "\n" not in text


def test_a_full_disk_is_a_data_error_and_leaves_the_old_file(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(DataError, match="No space left"), replacing(path):
        Path("/dev/full").write_text("x") if Path("/dev/full").exists() else _full()
    assert path.read_text() == "old"
    assert beside(path) == []


def _full() -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize(
    "error", [ConnectionResetError(errno.ECONNRESET, "reset"), FileNotFoundError(errno.ENOENT, "no", "input.csv")]
)
def test_what_goes_wrong_with_other_things_is_not_called_writing(tmp_path, error):
    with pytest.raises(type(error)) as caught, replacing(tmp_path / "a.txt"):
        raise error
    assert caught.value is error
    with pytest.raises(type(error)) as caught, staged_folder(tmp_path / "out"):
        raise error
    assert caught.value is error
    assert list(tmp_path.iterdir()) == []


def test_a_file_of_a_staging_folder_that_cannot_be_written_is_told_as_the_folder(tmp_path):
    with (
        pytest.raises(DataError, match=r"/out: cannot write: No such file or directory; check"),
        staged_folder(tmp_path / "out") as folder,
    ):
        write_file(folder / "no such folder" / "a.txt", "x")
    with pytest.raises(DataError, match=r"^table\.csv: is empty$"), staged_folder(tmp_path / "out"):
        raise DataError("is empty", where="table.csv")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_made_in_the_staging_folder_is_called_writing(tmp_path):
    with pytest.raises(DataError, match="cannot write"), staged_folder(tmp_path / "out") as folder:
        (folder / "no such folder" / "a.txt").write_text("x")
    assert list(tmp_path.iterdir()) == []


READ_ONLY = """
import sys
from matterlearn.core.errors import DataError
from matterlearn.core.writing import staged_folder, write_file

for act in (lambda: write_file(sys.argv[1] + "/a.txt", "x"), lambda: staged_folder(sys.argv[1] + "/out").__enter__()):
    try:
        act()
        print("written")
    except DataError as error:
        print(error)
"""


def test_a_read_only_folder_is_one_clear_line(tmp_path, child):
    folder = tmp_path / "locked"
    folder.mkdir()
    folder.chmod(0o555)
    done = child(READ_ONLY, folder, bound=True)
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    fix = "cannot write: Permission denied; check the folder, its rights and the space left"
    assert lines == [f"{folder}/a.txt: {fix}", f"{folder}/out: {fix}"]
    assert list(folder.iterdir()) == []


# Folders


def test_a_folder_is_swapped_in_whole(tmp_path):
    out = tmp_path / "deep" / "out"
    for version in (1, 2):
        with staged_folder(out) as folder:
            write_version(folder, version)
            assert not out.exists() or version_of(out) == version - 1
        assert version_of(out) == version
        assert beside(out) == []


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_a_block_that_raises_leaves_the_old_folder(tmp_path, error):
    out = tmp_path / "out"
    with staged_folder(out) as folder:
        write_version(folder, 1)
    with pytest.raises(error), staged_folder(out) as folder:
        write_half(folder / "half", error)
    assert version_of(out) == 1
    assert beside(out) == []


def test_a_link_to_a_folder_is_followed(tmp_path):
    real, link = tmp_path / "disk" / "real", tmp_path / "out"
    real.mkdir(parents=True)
    link.symlink_to(real)
    for version in (1, 2):
        with staged_folder(link) as folder:
            write_version(folder, version)
    assert link.is_symlink()
    assert version_of(real) == 2
    assert beside(real) == []


def test_a_file_in_the_place_of_the_folder_is_kept(tmp_path):
    out = tmp_path / "out"
    out.write_text("mine")
    with pytest.raises(DataError, match="out: is a file; name a folder"), staged_folder(out):
        pytest.fail("the block must not run")
    assert out.read_text() == "mine"


@pytest.mark.parametrize("place", [".", "..", "../.."])
def test_the_working_directory_is_not_replaced(tmp_path, monkeypatch, place):
    work = tmp_path / "a" / "b"
    work.mkdir(parents=True)
    (work / "table.csv").write_text("x")
    monkeypatch.chdir(work)
    with pytest.raises(DataError, match="holds the working directory"), staged_folder(place):
        pytest.fail("the block must not run")
    assert (work / "table.csv").read_text() == "x"


def test_a_working_directory_that_was_removed_is_in_no_way(tmp_path, monkeypatch):
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    (tmp_path / "work").rmdir()
    for version in (1, 2):
        with staged_folder(tmp_path / "out") as folder:
            write_version(folder, version)
    assert version_of(tmp_path / "out") == 2


def test_a_mount_point_is_not_replaced():
    mount = next(path for path in ("/proc", "/dev", "/") if os.path.ismount(path))
    for place in (mount, "/"):
        with pytest.raises(DataError, match="is a mount point"), staged_folder(place):
            pytest.fail("the block must not run")


def test_a_folder_of_something_else_is_kept(tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    with staged_folder(out, known_by="evidence.json") as folder:  # empty: nothing to lose
        (folder / "evidence.json").write_text("1")
    with staged_folder(out, known_by="evidence.json") as folder:  # an earlier result
        (folder / "evidence.json").write_text("2")
    assert (out / "evidence.json").read_text() == "2"
    (out / "evidence.json").rename(out / "thesis.txt")
    with (
        pytest.raises(DataError, match=r"is not empty and holds no evidence\.json"),
        staged_folder(out, known_by="evidence.json"),
    ):
        pytest.fail("the block must not run")
    assert (out / "thesis.txt").read_text() == "2"


# Runs that are killed

KILLED = """
import os, signal, sys
from pathlib import Path
from matterlearn.core import writing

out, moment = Path(sys.argv[1]), sys.argv[2]
moments = iter(["ready", "old away", "new in place"])

def die():
    os.kill(os.getpid(), signal.SIGKILL)

def replace(source, target, replace=os.replace):
    replace(source, target)
    if next(moments) == moment:
        die()

def rmtree(path, ignore_errors=False, rmtree=writing.shutil.rmtree):
    if moment == "removing the old" and Path(path).name == ".out.previous":
        next(p for p in Path(path).rglob("*") if p.is_file()).unlink()
        die()
    rmtree(path, ignore_errors=ignore_errors)

with writing.staged_folder(out) as folder:
    writing.os.replace = replace
    writing.shutil.rmtree = rmtree
    (folder / "figures").mkdir()
    for i in range(5):
        (folder / "figures" / f"{i}.txt").write_text("2\\n" * 2000)
        if moment == "staging" and i == 2:
            die()
"""
ON_DISK = {
    "staging": [".out.staging-PID", "out"],
    "ready": [".out.ready", "out"],
    "old away": [".out.previous", ".out.ready"],
    "new in place": [".out.previous", "out"],
    "removing the old": [".out.previous", "out"],
}


@pytest.mark.parametrize("moment", ON_DISK)
@pytest.mark.parametrize("next_start", ["recover", "write"])
def test_a_kill_in_every_state_leaves_the_old_or_the_new_whole(tmp_path, child, moment, next_start):
    out = tmp_path / "out"
    with staged_folder(out) as folder:
        write_version(folder, 1)
    done = child(KILLED, out, moment)
    assert done.returncode == -signal.SIGKILL, done.stderr
    names = sorted(path.name for path in tmp_path.iterdir())
    assert [name.rstrip("0123456789") + "PID" if "staging" in name else name for name in names] == ON_DISK[moment]

    if next_start == "recover":
        recover_folder(out)
        assert version_of(out) == (1 if moment == "staging" else 2)
        recover_folder(out)  # once more changes nothing
        assert version_of(out) == (1 if moment == "staging" else 2)
    else:
        with staged_folder(out) as folder:
            assert version_of(out) == (1 if moment == "staging" else 2)
            write_version(folder, 3)
        assert version_of(out) == 3
    assert beside(out) == []


def test_a_kill_of_the_first_run_leaves_nothing_or_the_whole(tmp_path, child):
    out = tmp_path / "out"
    assert child(KILLED, out, "staging").returncode == -signal.SIGKILL
    recover_folder(out)
    assert list(tmp_path.iterdir()) == []
    assert child(KILLED, out, "ready").returncode == -signal.SIGKILL
    recover_folder(out)
    assert version_of(out) == 2


REPEATED = """
import sys
from pathlib import Path
from matterlearn.core.writing import staged_folder

for version in range(10, 1_000_000):
    with staged_folder(sys.argv[1]) as folder:
        (folder / "figures").mkdir()
        for i in range(5):
            (folder / "figures" / f"{i}.txt").write_text(f"{version}\\n" * 2000)
    if version == 10:
        print("started", flush=True)
"""


def test_kills_at_random_moments(tmp_path):
    out = tmp_path / "out"
    moments = random.Random(0)
    seen = set()
    for _ in range(8):
        process = subprocess.Popen([sys.executable, "-c", REPEATED, str(out)], stdout=subprocess.PIPE, text=True)
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "started\n"
            time.sleep(moments.uniform(0.0, 0.05))
        finally:
            process.kill()
            process.wait()
            process.stdout.close()
        recover_folder(out)
        seen.add(version_of(out))
        assert beside(out) == []
    assert min(seen) >= 10


def test_a_swap_that_was_undone_half_way_is_undone(tmp_path):
    previous = tmp_path / ".out.previous"
    previous.mkdir()
    write_version(previous, 1)
    recover_folder(tmp_path / "out")
    assert version_of(tmp_path / "out") == 1
    assert beside(tmp_path / "out") == []


def test_the_staging_folder_of_a_live_run_is_left_alone(tmp_path):
    other = tmp_path / f".out.staging-{os.getppid()}"
    other.mkdir()
    strangers = [tmp_path / name for name in (".out.staging-notes", ".other.staging-1", ".o[u]t.staging-1")]
    for folder in strangers:
        folder.mkdir()
    recover_folder(tmp_path / "out")
    assert sorted(tmp_path.iterdir()) == sorted([other, *strangers])


def test_brackets_in_a_name_are_no_pattern(tmp_path, child):
    out = tmp_path / "out[1]"
    dead = subprocess.Popen([sys.executable, "-c", "pass"])
    dead.wait()
    ours, other = tmp_path / f".out[1].staging-{dead.pid}", tmp_path / f".out1.staging-{dead.pid}"
    ours.mkdir()
    other.mkdir()
    recover_folder(out)
    assert list(tmp_path.iterdir()) == [other]


def test_what_cannot_be_recovered_is_one_clear_line(tmp_path, child):
    folder = tmp_path / "locked"
    (folder / ".out.ready").mkdir(parents=True)
    folder.chmod(0o555)
    code = (
        "import sys\nfrom matterlearn.core.writing import recover_folder\n"
        "try:\n    recover_folder(sys.argv[1])\nexcept ValueError as error:\n    print(error)"
    )
    done = child(code, folder / "out", bound=True)
    assert done.stderr == ""
    assert done.stdout.startswith(f"{folder / 'out'}: cannot write: Permission denied; check")
