"""A fit that is killed at any moment: the output folder holds the old or the new output whole, and a rerun finishes.

MATTERLEARN_KILLS says how many kills there are to be: 500 for a release.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import pytest
from outputs import difference, read_output
from warm_runs import WarmRuns, warm_runs

from matterlearn.core.writing import recover_folder

KILLS = int(os.environ.get("MATTERLEARN_KILLS", "16"))
AT_ONCE = 2
"""Runs at the same time, each in a folder of its own."""

IN_A_ROW = 5
"""Kills, each of the rerun of the one before, until a rerun is let finish."""


@dataclass
class Seen:
    """What the kills hit."""

    kills: int = 0
    staging: int = 0
    swapping: int = 0
    kept: int = 0
    old: int = 0
    new: int = 0


@pytest.mark.timeout(600 + 60 * KILLS)
def test_killed_at_random_moments(undisturbed, run, modules, tmp_path):
    seen = [Seen() for _ in range(AT_ONCE)]

    def attack(number: int) -> None:
        folder = tmp_path / str(number)
        folder.mkdir()
        moments = random.Random(number)
        with nullcontext(run) if number == 0 else warm_runs(modules) as start:
            while seen[number].kills < KILLS / AT_ONCE:
                kill_and_finish(start, undisturbed, folder, moments, seen[number])

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(attack, range(AT_ONCE)))
    total = {name: sum(getattr(part, name) for part in seen) for name in vars(Seen())}
    assert total["kills"] >= KILLS
    # They were spread: over the computing, where results are kept, and the writing, before and after the swap.
    assert total["kept"] > 0.2 * KILLS, total
    assert total["staging"] > 0.1 * KILLS, total
    assert total["old"] > 0.5 * KILLS, total
    assert total["new"] > 0 or KILLS < 200, total  # among few kills, chance alone may miss the moment


def kill_and_finish(run: WarmRuns, undisturbed, folder: Path, moments: random.Random, seen: Seen) -> None:
    """Kill a run over an old output, then its reruns; check what lies there each time; let the last rerun finish."""
    out = folder / "out"
    shutil.rmtree(out, ignore_errors=True)
    shutil.copytree(undisturbed.old, out)
    kept: dict[str, tuple[int, int]] = {}
    story = ""
    for _ in range(IN_A_ROW):
        after, once = moment(undisturbed, folder, moments, resumed=bool(kept))
        ended = run(*undisturbed.arguments(out), after=after, once=once)
        story += f"; killed {after:.3f} s after {once.name if once else 'the start'}"
        assert ended.code in (0, -signal.SIGKILL), f"{story}: ended with {ended.code}: {ended.printed}"
        if ended.code == 0:
            break
        kept = check(undisturbed, folder, kept, seen, story)
    ended = run(*undisturbed.arguments(out))
    assert ended.code == 0, f"{story}; rerun: {ended.printed}"
    assert difference(read_output(out), undisturbed.new_output) == [], f"{story}; rerun"
    assert [path.name for path in folder.iterdir()] == ["out"], f"{story}; rerun"


def check(undisturbed, folder: Path, before: dict[str, tuple[int, int]], seen: Seen, story: str):
    """Check that the old or the new output lies there whole, and return what the journal keeps."""
    out = folder / "out"
    names = sorted(path.name for path in folder.iterdir())
    seen.kills += 1
    seen.staging += any(name.startswith(".out.staging") for name in names)
    if not out.exists():  # between the two renames of the swap; the next start finishes it
        seen.swapping += 1
        assert {".out.ready", ".out.previous"} <= set(names), f"{story}: {names}"
        recover_folder(out)
    found = read_output(out)
    not_old, not_new = difference(found, undisturbed.old_output), difference(found, undisturbed.new_output)
    assert not not_old or not not_new, f"{story}: neither old ({not_old}) nor new ({not_new})"
    seen.old += not not_old
    seen.new += not not_new
    kept = entries(folder / ".out.run")
    # What was computed once is not computed again; when the new output is in place, the journal has done its work.
    if not_new:
        assert before.items() <= kept.items(), f"{story}: results that were kept are gone or were computed again"
    seen.kept += len(kept) > 1
    return kept


def moment(undisturbed, folder: Path, moments: random.Random, *, resumed: bool) -> tuple[float, Path | None]:
    """Draw when to kill: mostly at any moment, often while the output is written, sometimes around the swap."""
    kind = moments.random()
    writing = undisturbed.seconds - undisturbed.staged
    if kind < 0.65:
        return moments.uniform(0.0, writing if resumed else undisturbed.seconds), None
    if kind < 0.8:
        return moments.uniform(0.0, writing), folder / ".out.staging-*"
    # Some of these at once, around the two renames; some later, when the run cleans up behind itself.
    return moments.uniform(0.0, 0.01 if kind < 0.88 else 0.1), folder / ".out.ready"


def entries(journal: Path) -> dict[str, tuple[int, int]]:
    """Return which file each entry of the journal is, and when it was written."""
    if not journal.exists():
        return {}
    return {path.name: (path.stat().st_ino, path.stat().st_mtime_ns) for path in journal.glob("[!.]*")}
