"""Energies of conformers: raw coordinates, augmentation, invariant features, an invariant network.

    python benchmarks/accuracy/conformers.py [LEARNER ...]

10,000 conformers of CC(CCC)CC(C)(CCCC)O are asked of RDKit (ETKDG, pruned at 0.2 angstrom), their MMFF94 energies are
the target. Three random splits into 3,000 training conformers and the rest; penalties and length scales are chosen
inside the training rows. Each model is audited on 50 test conformers. The set is made anew, in a temporary folder, and
timed; then comes one fit of all rows by `matterlearn fit` with its default models and a budget of five minutes, so
that the whole way of a user is timed once. Results: benchmarks/results/accuracy_conformers.json.
"""

from __future__ import annotations

import argparse
import json
import platform
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from harness import RESULTS, rounded

import matterlearn as ml
from matterlearn.core.parallel import available_workers, single_thread
from matterlearn.data.generators.conformers.conformer_set import ENERGY, ConformerSet
from matterlearn.studies.molecules.data import MOLECULE, in_mev_per_atom
from matterlearn.studies.molecules.learners import learners

RESULT = RESULTS / "accuracy_conformers.json"
REQUESTED = 10_000
N_TRAIN = 3_000
SPLITS = (0, 1, 2)
N_AUDITED = 50
BUDGET = "5m"


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("learners", nargs="*", help="keys of learners; all if none is named")
    wanted = parser.parse_args().learners
    with tempfile.TemporaryDirectory() as folder:
        begun = time.perf_counter()
        made = ml.make_conformers(MOLECULE, REQUESTED, folder=folder)
        make_s = time.perf_counter() - begun
        result: dict[str, Any] = {
            "molecule": MOLECULE,
            "requested": REQUESTED,
            "kept": len(made),
            "n_train": N_TRAIN,
            "splits": len(SPLITS),
            "target_sd": float(made.energies.std()),
            "make_s": make_s,
            "models": {},
        }
        earlier = json.loads(RESULT.read_text(encoding="utf-8")) if wanted and RESULT.exists() else {}
        result["models"] |= earlier.get("models", {})
        for learner in learners(quick=False, seed=0):
            if not wanted or learner.key in wanted:
                result["models"][learner.name] = measured(learner, made)
                print(f"{learner.name:45s}", result["models"][learner.name], flush=True)
        result["fit"] = earlier.get("fit") if wanted else whole_way(made, make_s, Path(folder))
        result["machine"] = {
            "cores": available_workers(),
            "python": platform.python_version(),
            **{name: version(name) for name in ("numpy", "scikit-learn", "torch", "rdkit")},
        }
    RESULT.write_text(json.dumps(rounded(result), indent=1) + "\n", encoding="utf-8")


def measured(learner: Any, made: ConformerSet) -> dict[str, Any]:
    """Return the errors of a learner over the splits, its time and its audit."""
    errors, seconds, rmse = [], [], []
    with single_thread():
        for split in SPLITS:
            order = np.random.default_rng(split).permutation(len(made))
            train, test = order[:N_TRAIN], order[N_TRAIN:]
            begun = time.perf_counter()
            model = learner.make().fit(learner.inputs(made.conformers[train]), made.energies[train])
            seconds.append(time.perf_counter() - begun)
            wrong = np.asarray(model.predict(learner.inputs(made.conformers[test]))) - made.energies[test]
            errors.append(float(np.abs(wrong).mean()))
            rmse.append(float(np.sqrt(np.square(wrong).mean())))
        audit = ml.audit(model, made.conformers[test[:N_AUDITED]], takes=learner.takes, n_changes=4, unit="kcal/mol")
    return {
        "mended_by": learner.repair,
        "own_terms": learner.own_terms,
        "mae": float(np.mean(errors)),
        "mae_sd": float(np.std(errors, ddof=1)),
        "mae_mev_per_atom": in_mev_per_atom(float(np.mean(errors)), len(made.conformers.graphs[0])),
        "rmse": float(np.mean(rmse)),
        "fit_s": float(np.mean(seconds)),
        "broken": list(audit.broken),
        "largest_change_of_spread": {check.symmetry: check.largest_of_spread for check in audit.checks},
    }


def whole_way(made: ConformerSet, make_s: float, folder: Path) -> dict[str, Any]:
    """Return what `matterlearn fit` does with the file of the set, and how long all of it takes."""
    begun = time.perf_counter()
    path = made.write(folder / "conformers.parquet")
    fit = ml.fit(path, ENERGY, budget=BUDGET)
    ml.write_fit(fit, folder / "fit")
    fit_s = time.perf_counter() - begun
    scores = fit.evidence.scores().set_index(["split", "model"])
    (entry,) = fit.evidence.diagnostics["symmetries"]
    return {
        "write_and_fit_s": fit_s,
        "all_s": make_s + fit_s,
        "n_rows": len(fit.dataset),
        "chosen": fit.evidence.plan["chosen"].get("weights"),
        "random_mae": float(scores.loc[("random", "model"), "mae"]),
        "coverage": float(scores.loc[("random", "model"), "coverage"]),
        "broken": [check["symmetry"] for check in entry["checks"] if check["verdict"] == "broken"],
    }


if __name__ == "__main__":
    main()
