from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

import matterlearn
from matterlearn.core.errors import DataError
from matterlearn.core.locking import folder_lock, one_at_a_time

SOURCE = Path(matterlearn.__file__).parents[1]


def beside(path: Path) -> list[str]:
    return sorted(other.name for other in path.parent.iterdir() if other != path)


HOLDS = """
import sys, time
from matterlearn.core.locking import folder_lock

with folder_lock(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.readline()
"""


def holder(folder: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDS, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_a_folder_is_held_and_given_back(tmp_path):
    out = tmp_path / "deep" / "out"
    with folder_lock(out):
        assert beside(out) == [".out.lock"]
    assert beside(out) == []
    with folder_lock(out):
        pass
    assert beside(out) == []
    assert not out.exists()


def test_a_second_run_is_told_who_writes_here(tmp_path):
    out = tmp_path / "out"
    first = holder(out)
    try:
        with pytest.raises(DataError) as caught, folder_lock(out):
            pytest.fail("the block must not run")
        assert re.fullmatch(
            rf"{out}: another run \(process {first.pid}, since \d\d:\d\d\) writes here; "
            "wait for it, or name another folder with --out",
            str(caught.value),
        )
        with folder_lock(tmp_path / "other"):
            pass
    finally:
        first.communicate("go\n", timeout=60)
    assert first.returncode == 0
    with folder_lock(out):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_lock_ends_with_its_process(tmp_path):
    out = tmp_path / "out"
    first = holder(out)
    first.kill()
    first.communicate()
    assert beside(out) == [".out.lock"]  # what a killed run leaves
    with folder_lock(out):
        assert (tmp_path / ".out.lock").read_text().split()[0] == str(os.getpid())
    assert list(tmp_path.iterdir()) == []


def test_what_a_lock_file_holds_is_no_lock(tmp_path):
    for text in ("1 0\n", "", "words of somebody else " * 100, "\x00\xff"):
        (tmp_path / ".out.lock").write_text(text)
        with folder_lock(tmp_path / "out"):
            pass
        assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "who"),
    [
        ("", "another run writes here"),
        ("what\n", "another run writes here"),
        ("12 0\n", r"another run \(process 12, since 19(70|69)-\d\d-\d\d \d\d:\d\d\) writes here"),
    ],
)
def test_whoever_holds_it_is_told_as_well_as_it_is_known(tmp_path, text, who):
    with folder_lock(tmp_path / "out"):
        (tmp_path / ".out.lock").write_text(text)
        with pytest.raises(DataError, match=f"out: {who}; wait"), folder_lock(tmp_path / "out"):
            pytest.fail("the block must not run")


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_a_block_that_raises_gives_the_folder_back(tmp_path, error):
    with pytest.raises(error), folder_lock(tmp_path / "out"):
        raise error
    with folder_lock(tmp_path / "out"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_link_and_its_folder_are_one(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with (
        folder_lock(tmp_path / "link"),
        pytest.raises(DataError, match="another run"),
        folder_lock(tmp_path / "real"),
    ):
        pytest.fail("the block must not run")


def test_a_place_that_cannot_be_written_is_one_clear_line(tmp_path):
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(DataError, match=r"file/out: cannot write: .*; check the folder"),
        folder_lock(tmp_path / "file" / "out"),
    ):
        pytest.fail("the block must not run")


def test_the_root_has_no_place_for_a_lock():
    before = os.listdir("/")
    with folder_lock("/"):
        assert os.listdir("/") == before


MANY = """
import sys
from matterlearn.core.errors import DataError
from matterlearn.core.locking import folder_lock

folder, marks = sys.argv[1:]
held = 0
while held < 150:
    try:
        with folder_lock(folder):
            with open(marks, "x"):  # fails if anybody else is in the block
                pass
            import os
            os.unlink(marks)
            held += 1
    except DataError:
        pass
print(held)
"""


def test_never_two_at_once_also_while_lock_files_come_and_go(tmp_path):
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", MANY, str(tmp_path / "out"), str(tmp_path / "mark")],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(SOURCE)},
        )
        for _ in range(3)
    ]
    for run in runs:
        out, err = run.communicate(timeout=120)
        assert (out, err) == ("150\n", "")
    assert list(tmp_path.iterdir()) == []


def test_a_process_that_is_started_within_does_not_inherit_the_lock(tmp_path):
    """Workers outlive a killed run for a moment; they may not hold its folder."""
    code = HOLDS.replace("print(", "import subprocess; print(").replace(
        'print("held"', 'p = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]); print(p.pid'
    )
    run = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "out")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
    )
    assert run.stdout is not None
    child = int(run.stdout.readline())
    try:
        run.kill()
        run.wait()
        os.kill(child, 0)  # it lives
        with folder_lock(tmp_path / "out"):
            pass
    finally:
        os.kill(child, signal.SIGKILL)
        run.communicate()


def test_one_waits_for_the_other(tmp_path):
    inside, order = threading.Event(), []

    def other():
        inside.wait(10)
        with one_at_a_time(tmp_path / "lock"):
            order.append("second")

    thread = threading.Thread(target=other)
    thread.start()
    with one_at_a_time(tmp_path / "lock"):
        inside.set()
        time.sleep(0.2)
        order.append("first")
    thread.join(10)
    assert order == ["first", "second"]
