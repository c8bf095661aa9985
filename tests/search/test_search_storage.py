"""Journal files: mended where a line was cut off, refused where they are something else."""

from __future__ import annotations

import json
import os
import socket
import time

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from matterlearn.core.errors import ArgumentError, DataError
from matterlearn.search import Float, TPESearch
from matterlearn.search.presence import FEWEST_S, is_gone, owner_record, present

rng = np.random.default_rng(3)
X = rng.normal(size=(20, 2))
y = X[:, 0]


def search(path, n_trials=3):
    return TPESearch(Ridge(), {"alpha": Float(1e-2, 1e2, log=True)}, n_trials=n_trials, cv=2, storage=path).fit(X, y)


@pytest.mark.parametrize("torn", [0.0, 0.2, 0.999])
def test_a_line_that_was_cut_off_is_mended(tmp_path, torn):
    whole = search(tmp_path / "whole.log")
    lines = (tmp_path / "whole.log").read_bytes().splitlines(keepends=True)
    cut = 0 if torn == 0.0 else len(lines) // 2
    path = tmp_path / "torn.log"
    path.write_bytes(b"".join(lines[:cut]) + lines[cut][: max(1, int(torn * len(lines[cut])))])
    again = search(path)
    assert again.cv_results_["params"] == whole.cv_results_["params"]
    assert [json.loads(line)["op_code"] for line in path.read_bytes().splitlines()]


@pytest.mark.parametrize("content", ["formula,gap\nCaO,4.2\n", "notes", '{"op": 1}\n'])
def test_another_file_is_refused_and_left_alone(tmp_path, content):
    path = tmp_path / "table.csv"
    path.write_text(content)
    with pytest.raises(ArgumentError, match="is no journal of a search; name another file"):
        search(path)
    assert path.read_text() == content


def test_a_damaged_journal_and_a_folder(tmp_path):
    path = tmp_path / "trials.log"
    search(path)
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join([*lines[:4], lines[4][:9] + "\n", *lines[5:]]))
    with pytest.raises(DataError, match="a line of this journal cannot be read"):
        search(path)
    with pytest.raises(ArgumentError, match="is a folder; name a file"):
        search(tmp_path)


def test_a_lock_that_another_process_left_is_no_hindrance(tmp_path):
    path = tmp_path / "trials.log"
    search(path, 1)
    os.symlink(path, f"{path}.lock")  # what Optuna's own lock leaves when its process is killed
    start = time.monotonic()
    search(path, 2)
    assert time.monotonic() - start < 20.0  # it would be 30 s


def test_who_is_there():
    with present() as lock:
        mine = owner_record(lock)
        assert not is_gone(mine, 0.0)
        there = {**mine, "host": socket.gethostname() + "-other"}
        assert not is_gone(there, 0.0)
        assert is_gone({**there, "since": time.time() - FEWEST_S - 1}, 0.0)
        assert not is_gone({**there, "since": time.time() - FEWEST_S - 1}, FEWEST_S)  # trials are long
    assert is_gone(mine, 0.0)
    assert is_gone(None, 0.0)
