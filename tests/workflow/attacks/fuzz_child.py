"""Mutate a model file and read it, again and again, where crashing harms nobody.

Arguments: a folder with good.mlz and rows.csv, and the number of examples. Writes what it is about to try into
last.txt, and prints how many files were refused and how many read.
"""

from __future__ import annotations

import json
import sys
import warnings
from collections import Counter
from pathlib import Path

import model_tampering
import numpy as np
import pandas as pd
from attempt_child import limit_memory, limited_time
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from mutations import mutated_parts

from matterlearn.core.errors import ModelFileError
from matterlearn.workflow.model import load_model

FOLDER, N_EXAMPLES, SEED = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
ZOO = (FOLDER / "good.mlz").read_bytes()
model_tampering.zoo_bytes = lambda: ZOO  # it need not be fitted again
ROWS = pd.read_csv(FOLDER / "rows.csv")
COUNTS: Counter[str] = Counter()


@settings(
    max_examples=N_EXAMPLES,
    derandomize=not SEED,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
    report_multiple_bugs=False,
)
@given(st.data())
def any_change_is_refused_or_predicts(data: st.DataObject) -> None:
    told, parts, content = mutated_parts(data.draw)
    (FOLDER / "last.txt").write_text(told)
    path = model_tampering.packed(FOLDER / "mutated.mlz", parts, content)
    refused = None
    try:
        with limited_time():
            found = load_model(path).predict(ROWS)
    except ModelFileError as error:
        refused = str(error)
    except Exception as error:
        raise AssertionError(f"{told}: {error!r}") from error
    if refused is not None:
        assert refused.startswith(f"{path}: "), (told, refused)
        assert refused.isprintable(), (told, refused)
        COUNTS["refused"] += 1
        return
    assert len(found) == len(ROWS), told
    assert not np.isnan(found["prediction"]).any(), told
    COUNTS["read"] += 1


if __name__ == "__main__":
    warnings.simplefilter("error")
    warnings.simplefilter("ignore", RuntimeWarning)  # numbers that overflow, where one of 1e300 was put
    load_model(FOLDER / "good.mlz").predict(ROWS)
    limit_memory()
    any_change_is_refused_or_predicts()
    print(json.dumps(COUNTS))
