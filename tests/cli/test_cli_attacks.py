"""A model file that cannot be trusted, seen from the shell: one line of error, exit code 2, nothing written."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import zipfile

import pytest
from model_tampering import NEW_ROWS, SOURCE, node, packed, rewritten, with_estimator, zoo_bytes

UNTRUSTED = node("FunctionNode", "os.system")
ATTACKS = {
    "a pickle": lambda path: path.write_bytes(pickle.dumps(print)),
    "empty": lambda path: path.touch(),
    "missing": lambda path: None,
    "a folder": lambda path: path.mkdir(),
    "truncated": lambda path: path.write_bytes(zoo_bytes()[:5000]),
    "tampered": lambda path: path.write_bytes(zoo_bytes()[:5000] + b"\0\0\0\0" + zoo_bytes()[5004:]),
    "a bomb": lambda path: packed(path, {"a": bytes(10**7)}, {}, method=zipfile.ZIP_DEFLATED),
    "a way out": lambda path: rewritten(path, {"../../evil": b"x"}),
    "newer": lambda path: packed(path, {}, {}, says={"schema_version": 2}),
    "a function": lambda path: with_estimator(
        path, lambda estimator: estimator.set_attribute("Blend", "a_", UNTRUSTED)
    ),
    "a crafted tree": lambda path: with_estimator(
        path, lambda estimator: estimator.attribute("ExtraTreesRegressor", "n_outputs_").update(content="1000000")
    ),
    "another schema": lambda path: rewritten(path, change=lambda content: content.update(schema={"inputs": 1})),
    "wrong probes": lambda path: rewritten(path, {"probes.json": b'{"rows": {}, "prediction": {}}'}),
}


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_a_file_that_cannot_be_trusted(run, tmp_path, attack):
    model = tmp_path / "model.mlz"
    attack(model)
    NEW_ROWS.to_csv(tmp_path / "rows.csv", index=False)
    done = run("predict", model, "rows.csv", "--out", "found.csv")
    assert done.code == 2
    assert done.out == ""
    assert len(done.err.splitlines()) == 1, done.err
    assert done.err.startswith(f"matterlearn: {model}: ")
    assert len(done.err) < 1000
    assert not (tmp_path / "found.csv").exists()


def test_from_the_shell(tmp_path):
    """The real command, once: no traceback, no warning of a library."""
    with_estimator(tmp_path / "model.mlz", lambda estimator: estimator.set_attribute("Blend", "a_", UNTRUSTED))
    NEW_ROWS.to_csv(tmp_path / "rows.csv", index=False)
    done = subprocess.run(
        [sys.executable, "-m", "matterlearn", "predict", "model.mlz", "rows.csv", "--out", "found.csv"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == (
        "matterlearn: model.mlz: it holds types that are not trusted: os.system; "
        "if you know where the file comes from, name them in `trusted` (--trust)\n"
    )
