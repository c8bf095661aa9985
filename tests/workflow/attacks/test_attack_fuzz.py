"""Random changes of a model file that know its format: it is refused or predicts; nothing crashes, hangs or swells."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from model_tampering import NEW_ROWS, SOURCE, zoo_bytes

EXAMPLES = os.environ.get("MATTERLEARN_FUZZ", "40")
"""Changes to try; a longer run (MATTERLEARN_FUZZ=5000) also tries other ones each time."""


@pytest.mark.timeout(900 + 20 * int(EXAMPLES))
def test_any_change_of_a_model_file_is_refused_or_predicts(tmp_path):
    (tmp_path / "good.mlz").write_bytes(zoo_bytes())
    NEW_ROWS.to_csv(tmp_path / "rows.csv", index=False)
    here = Path(__file__).parent
    done = subprocess.run(
        [sys.executable, here / "fuzz_child.py", tmp_path, EXAMPLES, *(["random"] if int(EXAMPLES) > 100 else [])],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(SOURCE), str(here.parents[1])]), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
    )
    last = (tmp_path / "last.txt").read_text() if (tmp_path / "last.txt").exists() else "nothing"
    assert done.returncode == 0, f"ended with {done.returncode} after {last}: {done.stdout[-500:]}{done.stderr[-3000:]}"
    counts = json.loads(done.stdout)
    assert sum(counts.values()) == int(EXAMPLES)
    assert counts["refused"] > 0
    assert counts["read"] > 0  # else the changes are so coarse that they test nothing but the first check
