"""Measure the processor time of one fit of each candidate family: what plans are made from.

    python benchmarks/candidate_costs.py [numbers] [classes]

Fits every family on 500 and 2,000 rows of two sites, made by drawing elements at random, and prints seconds per 1,000
rows and the power with which they grow. The target is a number, or for classifiers whether it is above its median.
Writes benchmarks/results/candidate_costs.json; what is not named keeps its earlier figures.
"""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from matterlearn.chemistry.elements import SYMBOLS, property_values
from matterlearn.core.parallel import single_thread
from matterlearn.models.candidates import FAMILIES, Family, make_candidates
from matterlearn.models.class_candidates import CLASS_FAMILIES

SIZES = (500, 2_000)
RESULT = Path(__file__).parent / "results" / "candidate_costs.json"


PARTS: Mapping[str, Mapping[str, Family]] = {"numbers": FAMILIES, "classes": CLASS_FAMILIES}
KEYS = {"numbers": "families", "classes": "class_families"}


def main(parts: list[str]) -> None:
    table, y = made_up_table(SIZES[1], np.random.default_rng(0))
    stored = json.loads(RESULT.read_text()) if RESULT.exists() else {}
    for part in parts or list(PARTS):
        target = y if part == "numbers" else y > np.median(y)
        stored |= {"sizes": SIZES, KEYS[part]: _costs(PARTS[part], table, target)}
        RESULT.write_text(json.dumps(stored, indent=1) + "\n")


def _costs(families: Mapping[str, Family], table: pd.DataFrame, y: np.ndarray) -> dict[str, dict[str, float]]:
    kinds = {"A": "site", "B": "site"}
    result = {}
    for name in families:
        seconds = []
        for size in SIZES:
            model = make_candidates([name], ["A", "B"], kinds, families=families)[name]
            with single_thread():
                start = time.process_time()
                model.fit(table.iloc[:size], y[:size])
                model.predict(table.iloc[: size // 4])
                seconds.append(time.process_time() - start)
        power = math.log(seconds[1] / seconds[0]) / math.log(SIZES[1] / SIZES[0])
        result[name] = {"seconds_per_1000_rows": round(seconds[0] * 2**power, 3), "power": round(power, 2)}
        print(f"{name:24s}{result[name]['seconds_per_1000_rows']:8.2f} s{power:7.2f}", flush=True)
    return result


def made_up_table(n_rows: int, rng: np.random.Generator) -> tuple[pd.DataFrame, np.ndarray]:
    """Return sites with one to three elements each and a target that follows their electronegativity, with noise."""
    electronegativity = property_values(["electronegativity"])[:, 0]
    sites = {}
    y = 0.1 * rng.normal(size=n_rows)
    for site in ("A", "B"):
        cells = []
        for i in range(n_rows):
            elements = rng.choice(80, size=rng.integers(1, 4), replace=False)
            fractions = rng.dirichlet(np.ones(len(elements)))
            cells.append({SYMBOLS[z]: float(f) for z, f in zip(elements, fractions, strict=True)})
            y[i] += float(fractions @ electronegativity[elements]) ** 2
        sites[site] = cells
    return pd.DataFrame(sites), y


if __name__ == "__main__":
    main(sys.argv[1:])
