"""Others who work in the same folders while a fit runs."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from outputs import difference, read_output
from real_runs import PATIENCE_S, results_kept, start, wait_until
from warm_runs import SOURCE


def test_two_runs_into_one_folder(undisturbed, run, tmp_path):
    """The second is refused at its start; the first, which is halted meanwhile, is not harmed."""
    out, lock = tmp_path / "out", tmp_path / ".out.lock"
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(run, *undisturbed.arguments(out))
        wait_until(lambda: first.done() or results_kept(out) > 0)
        process = int(lock.read_text().split()[0])
        os.kill(process, signal.SIGSTOP)
        try:
            second = start(*undisturbed.arguments(out, seed=1))
            printed, err = second.communicate(timeout=PATIENCE_S)
            kept = results_kept(out)
        finally:
            os.kill(process, signal.SIGCONT)
        assert first.result().code == 0, first.result().printed
    assert second.returncode == 2
    assert printed == ""
    assert re.fullmatch(
        rf"matterlearn: {out}: another run \(process {process}, since \d\d:\d\d\) writes here; "
        "wait for it, or name another folder with --out\n",
        err,
    )
    assert kept > 0  # the second has not discarded what the first had kept
    assert difference(read_output(out), undisturbed.new_output) == []
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("removed", ["output", "output and journal", "working directory"])
def test_folders_that_are_removed_meanwhile(undisturbed, run, tmp_path, removed):
    work = tmp_path / "work"
    work.mkdir()
    out = work / "out"
    with ThreadPoolExecutor(1) as pool:
        # The last one is named from the working directory.
        place = Path("out") if removed == "working directory" else shutil.copytree(undisturbed.old, out)
        going = pool.submit(run, *undisturbed.arguments(place), folder=work)
        wait_until(lambda: going.done() or results_kept(out) > 0)
        if removed == "working directory":
            shutil.rmtree(work)
        else:
            shutil.rmtree(out)
        if removed == "output and journal":
            shutil.rmtree(work / ".out.run")
        ended = going.result()
    assert ended.code == 0, ended.printed
    assert difference(read_output(out), undisturbed.new_output) == []
    assert [path.name for path in work.iterdir()] == ["out"]


def test_started_where_nothing_is_any_more(tmp_path):
    (tmp_path / "gone").mkdir()
    code = "import os; os.rmdir(os.getcwd()); from matterlearn.cli.main import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, "fit", "table.csv", "--target", "gap_eV"],
        cwd=tmp_path / "gone",
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    assert re.fullmatch(r"matterlearn: .*no such file.*\n", done.stderr)
