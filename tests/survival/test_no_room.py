"""A disk that is full, and folders that cannot be written to."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from outputs import difference, read_output
from real_runs import PATIENCE_S, start
from rights import give_up_rights, ignores_permissions
from warm_runs import Ended


def refused(ended: Ended, text: str) -> None:
    """A user's trouble: exit code 2, and one line that names the place and the remedy."""
    assert ended.code == 2, ended.printed
    assert "Traceback" not in ended.printed
    line = ended.printed.splitlines()[-1]
    assert line == f"matterlearn: {text}; check the folder, its rights and the space left"


def leftovers(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} - {"out"}


@pytest.mark.parametrize("largest_file", [300, 5_000, 80_000, 200_000])
def test_a_file_that_may_not_grow(undisturbed, run, tmp_path, largest_file):
    """Fails at the head of the journal, at a result, at a figure, at the report."""
    out = shutil.copytree(undisturbed.old, tmp_path / "out")
    refused(run(*undisturbed.arguments(out), largest_file=largest_file), f"{out}: cannot write: File too large")
    assert difference(read_output(out), undisturbed.old_output) == []
    assert leftovers(tmp_path) <= {".out.run"}


@pytest.fixture
def small_disk(tmp_path) -> Iterator[Path]:
    """A file system of 16 MiB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if (
        not shutil.which("mount")
        or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", disk], capture_output=True).returncode
    ):
        pytest.skip("only root can mount a file system")
    yield disk
    subprocess.run(["umount", disk], check=True)


@pytest.mark.parametrize("free", [0, 24_576, 600_000])
def test_a_disk_that_is_full(undisturbed, run, small_disk, free):
    """Full at the start, while results are kept, while the output is written."""
    out = shutil.copytree(undisturbed.old, small_disk / "out")
    fill(small_disk, free)
    refused(run(*undisturbed.arguments(out)), f"{out}: cannot write: No space left on device")
    assert difference(read_output(out), undisturbed.old_output) == []
    assert leftovers(small_disk) <= {".out.run", "filled"}
    (small_disk / "filled").unlink()
    rerun = run(*undisturbed.arguments(out))
    assert rerun.code == 0, rerun.printed
    assert difference(read_output(out), undisturbed.new_output) == []
    assert leftovers(small_disk) == set()


def fill(disk: Path, free: int) -> None:
    """Leave so many bytes free."""
    found = os.statvfs(disk)
    (disk / "filled").write_bytes(bytes(found.f_bavail * found.f_frsize - free))


def test_a_read_only_folder_is_told_before_the_fit(undisturbed, tmp_path):
    folder = tmp_path / "locked"
    out = shutil.copytree(undisturbed.old, folder / "out")
    folder.chmod(0o555)
    try:
        run = start(*undisturbed.arguments(out), preexec=give_up_rights if ignores_permissions() else None)
        printed, err = run.communicate(timeout=PATIENCE_S)
        assert run.returncode == 2
        assert printed == ""
        assert err == (
            f"matterlearn: {out}: cannot write: Permission denied; check the folder, its rights and the space left\n"
        )
        assert [path.name for path in folder.iterdir()] == ["out"]
    finally:
        folder.chmod(0o755)
    assert difference(read_output(out), undisturbed.old_output) == []
