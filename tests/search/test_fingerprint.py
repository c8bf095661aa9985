"""Checksums: equal for equal things, in other processes too; different for different ones."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array
from sklearn.linear_model import Ridge
from sklearn.model_selection import KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from matterlearn.search import Choice, Float
from matterlearn.search.fingerprint import fingerprint

TABLE = pd.DataFrame({"formula": ["CaTiO3", None], "T": [1.0, np.nan]})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (np.array([1.0, 2.0]), np.array([1.0, np.nextafter(2.0, 3.0)])),
        (np.zeros((2, 3)), np.zeros((3, 2))),
        (np.array([1, 0]), np.array([1, 0], dtype="int32")),
        (TABLE, TABLE.rename(columns={"T": "K"})),
        (TABLE, TABLE.iloc[::-1]),
        ([{"Ca": 1.0}], [{"Ca": 0.5}]),
        (["ab", "c"], ["a", "bc"]),
        (csr_array(np.eye(2)), csr_array(2 * np.eye(2))),
        (make_pipeline(StandardScaler(), Ridge(1.0)), make_pipeline(StandardScaler(), Ridge(2.0))),
        (FunctionTransformer(np.log), FunctionTransformer(np.exp)),
        ({"a": Float(1, 2)}, {"a": Float(1, 2, log=True)}),
        (Choice(["a"]), Choice(["b"])),
        (KFold(3), KFold(4)),
        ("1", 1),
    ],
)
def test_different_things_have_different_checksums(one, other):
    assert fingerprint(one) != fingerprint(other)
    assert fingerprint(one) == fingerprint(one)


CODE = """
import numpy as np
from sklearn.ensemble import BaggingRegressor
from sklearn.model_selection import KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from matterlearn.search.fingerprint import fingerprint

class Odd:
    pass

text = {"b", "a", "c"}
model = make_pipeline(FunctionTransformer(np.log), BaggingRegressor())
print(fingerprint([model, KFold(3), text, Odd(), np.array([{"a": 1}, "x", None], dtype=object)]))
"""


def test_they_are_the_same_in_every_process(capsys):
    there = subprocess.run([sys.executable, "-W", "error", "-c", CODE], capture_output=True, text=True, check=True)
    exec(CODE, {"__name__": "__main__"})
    assert capsys.readouterr().out == there.stdout
