"""Fit a model to the embedded set, look at the evidence, save it, and predict new alloys.

python examples/fit_and_predict.py
"""

import tempfile
from dataclasses import replace
from pathlib import Path

import pandas as pd
from sklearn.ensemble import ExtraTreesRegressor

import matterlearn as ml


def main() -> None:
    dataset = ml.load_dataset("intermetallics")
    result = ml.fit(dataset, models=["ridge", "svr"], budget="60s")
    scores = result.evidence.scores()
    print(scores[["split", "model", "mae", "mae_low", "mae_high", "coverage"]].to_string(index=False))

    # The same plan gives the same numbers; another model on the same folds can be compared row by row.
    other = ml.fit(dataset, models={"trees": ExtraTreesRegressor(50)}, plan=replace(result.plan, candidates=("trees",)))
    differences = ml.compare({"chosen": result.evidence, "trees": other.evidence})
    print(
        differences[["other", "split", "difference", "difference_low", "difference_high", "verdict"]].to_string(
            index=False
        )
    )

    with tempfile.TemporaryDirectory() as folder:
        path = result.model.save(Path(folder) / "model.mlz")
        new = dataset.frame[list(dataset.inputs)].sample(5, random_state=1)
        predictions: pd.DataFrame = ml.predict(path, new)
    print(predictions.to_string(index=False))


if __name__ == "__main__":
    main()
