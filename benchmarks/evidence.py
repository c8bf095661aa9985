"""What a fit says of real tables: errors on random rows, left-out groups and elements, coverage, domain, time, memory.

    MATTERLEARN_DATA=../shared/data python benchmarks/evidence.py [--budget 5m] [TABLE ...]

Runs `matterlearn fit TABLE --budget ...` as a user would, one table after the other, and writes what the evidence says
to benchmarks/results/evidence/TABLE.json: scores with intervals, elements, domain, headline, seconds, peak memory of
all its processes, and how right the expected time was. Nothing of it names a value of the table.

The aims: on random rows the binomial interval of the coverage contains 90 %; on left-out groups of elements at least 85
% are covered, where such a split exists; rows called outside the domain have at least twice the mean error of those
inside; the time is at most 20 % above the budget.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np

from matterlearn.report.headline import headline
from matterlearn.validation.breakdown import by_domain, by_element
from matterlearn.validation.evidence import Evidence, plain
from matterlearn.workflow.plan import parse_duration

RESULTS = Path(__file__).parent / "results" / "evidence"

TABLES = (
    "perovskite_oxides_unalloyed",
    "perovskite_oxides_alloyed",
    "halide_perovskite_alloys_pbe",
    "halide_perovskite_alloys_hse",
    "abo3_perovskites_oqmd",
    "matbench_steels_sample",
    "matbench_expt_gap_sample",
)
COLUMNS = [
    "split",
    "model",
    "role",
    "n_rows",
    "n_predictions",
    "mae",
    "mae_low",
    "mae_high",
    "median_ae",
    "rmse",
    "r2",
    "spearman",
    "relative_mae",
    "coverage",
    "coverage_low",
    "coverage_high",
    "width",
    "resampled",
]
FEWEST_OUTSIDE = 10
"""Rows outside of the domain below which the ratio of errors says nothing."""

N_ELEMENTS = 12
"""Elements that are named: those with the largest errors when left out."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tables", nargs="*", default=TABLES)
    parser.add_argument("--budget", default="5m")
    arguments = parser.parse_args()
    RESULTS.mkdir(parents=True, exist_ok=True)
    for table in arguments.tables or TABLES:
        result = measure(table, arguments.budget)
        file = RESULTS / f"{table}.json"
        file.write_text(json.dumps(plain(result), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        print(table, json.dumps(plain(result["aims"])), f"{result['seconds']:.0f} s", flush=True)


def measure(table: str, budget: str) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "fit"
        command = [sys.executable, "-m", "matterlearn", "fit", table, "--budget", budget, "--out", str(out)]
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        peak = PeakMemory(process.pid)
        if process.wait() != 0:
            raise SystemExit(f"{table}: the fit failed")
        seconds = time.perf_counter() - start
        evidence = Evidence.load(out)
        sizes = {file.name: file.stat().st_size for file in (out / "report.html", out / "model.mlz")}
    return summary(evidence) | {
        "command": f"matterlearn fit {table} --budget {budget}",
        "seconds": seconds,
        "budget_s": parse_duration(budget),
        "peak_memory_bytes": peak.stop(),
        "file_bytes": sizes,
        "machine": {"processor": platform.machine(), "processors": len(os.sched_getaffinity(0))},
    }


def summary(evidence: Evidence) -> dict[str, Any]:
    scores = evidence.scores()
    model = {line["split"]: line for line in scores[scores["role"] == "model"][COLUMNS].round(6).to_dict("records")}
    random, element = model["random"], model.get("element")
    domain = {split: domain_of(evidence, split) for split in model}
    elements = {}
    if element is not None:
        table = by_element(evidence.predictions, evidence.rows, evidence.folds, "element")
        table = table[table["n_rows"] >= 5]
        largest = table.sort_values("n_rows", ascending=False).head(N_ELEMENTS)
        elements = {
            "hardest": table.head(N_ELEMENTS).round(4).to_dict("records"),
            "most frequent": largest.round(4).to_dict("records"),
        }
    aims = {
        "random coverage": [random["coverage"], random["coverage_low"], random["coverage_high"]],
        "random interval contains 90 %": random["coverage_low"] <= 0.9 <= random["coverage_high"],
        "element coverage": None if element is None else element["coverage"],
        "error outside / inside, random rows": domain["random"]["ratio"],
    }
    return {
        "data": {key: evidence.data[key] for key in ("name", "sha256", "n_rows", "target", "unit", "n_contradictions")},
        "aims": aims,
        "headline": headline(evidence),
        "notes": evidence.notes,
        "scores": scores[COLUMNS].round(6).to_dict("records"),
        "left-out groups": evidence.by_fold("element", "model").round(4).to_dict("records") if element else None,
        "elements left out": elements,
        "domain": domain,
        "leaks": [
            {key: leak[key] for key in ("check", "severity", "text", "n")} for leak in evidence.diagnostics["leaks"]
        ],
        "plan": {
            key: evidence.plan[key]
            for key in [
                "candidates",
                "splits",
                "n_folds",
                "n_element_groups",
                "inner_folds",
                "calibration_folds",
                "calibration_splits",
                "seed",
                "expected_s",
                "left_out",
                "skipped",
            ]
        },
        "chosen": evidence.plan["chosen"].get("weights"),
        "expected_time": how_right(evidence.timings["progress"]),
        "timings": {key: evidence.timings[key] for key in ("evidence_s", "total_s")},
        "versions": evidence.versions,
    }


def domain_of(evidence: Evidence, split: str) -> dict[str, Any]:
    table = by_domain(evidence.predictions, split).set_index("part")
    sides = {name: table.loc[name] for name in ("inside", "outside") if name in table.index}
    found: dict[str, Any] = {
        name: {key: side[key] for key in ("n_predictions", "mae", "coverage") if key in side}
        for name, side in sides.items()
    }
    enough = len(sides) == 2 and sides["outside"]["n_predictions"] >= FEWEST_OUTSIDE
    found["ratio"] = sides["outside"]["mae"] / sides["inside"]["mae"] if enough else None
    return found


def how_right(samples: list[list[float]]) -> dict[str, Any]:
    """Return the time left that was shown, divided by the time that it then took, over the run."""
    end = samples[-1][0]
    shares = np.array([(then / end, (total - then) / (end - then)) for then, total in samples if then < 0.95 * end])
    return {
        "shown_over_true": [[round(float(at), 3), round(float(ratio), 3)] for at, ratio in shares],
        "within_factor_2": bool(np.all((shares[:, 1] > 0.5) & (shares[:, 1] < 2.0))),
    }


class PeakMemory:
    """Largest sum of resident memory of a process and all of its children, sampled."""

    def __init__(self, process: int) -> None:
        self.peak = 0
        self._process, self._done = process, threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> int:
        """End the sampling and return the largest sum, bytes."""
        self._done.set()
        self._thread.join()
        return self.peak

    def _watch(self) -> None:
        while not self._done.wait(0.5):
            self.peak = max(self.peak, sum(map(resident_bytes, family(self._process))))


def family(process: int) -> list[int]:
    """Return a process and its descendants, from /proc."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:  # it ended meanwhile
            continue
        parents.setdefault(parent, []).append(int(entry.name))
    found, i = [process], 0
    while i < len(found):
        found += parents.get(found[i], [])
        i += 1
    return found


def resident_bytes(process: int) -> int:
    try:
        return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError):
        return 0


if __name__ == "__main__":
    main()
