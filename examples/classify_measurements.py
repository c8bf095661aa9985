"""Tell benign from malignant tumours by thirty measured numbers, refuse doubtful cases, and move to another clinic.

python examples/classify_measurements.py
"""

import tempfile
from pathlib import Path

import pandas as pd
from sklearn.datasets import load_breast_cancer

import matterlearn as ml


def main() -> None:
    bunch = load_breast_cancer(as_frame=True)
    table = bunch.frame.assign(target=[bunch.target_names[code] for code in bunch.target])
    seen, new = table.iloc[:-60], table.iloc[-60:]

    # Missing a malignant tumour costs five times a false alarm; of the answers 3 % may be wrong.
    result = ml.fit(
        seen,
        "target",
        inputs=["*"],
        models=["logistic", "extra-trees"],
        costs={"malignant": 5},
        error_rate=0.03,
        budget="60s",
    )
    scores = result.evidence.scores()
    columns = ["model", "log_loss", "roc_auc", "balanced_accuracy", "answered", "accuracy_answered"]
    print(scores.query("role != 'train'")[columns].round(3).to_string(index=False))
    for sentence in result.model.card["headline"]["target"]:
        print(sentence)

    with tempfile.TemporaryDirectory() as folder:
        path = result.model.save(Path(folder) / "model.mlz")
        predictions: pd.DataFrame = ml.predict(path, new)
        screening = ml.predict(path, new, priors={"malignant": 0.01, "benign": 0.99})
    answered = ~predictions["rejected"]
    right = (predictions["prediction"] == predictions["target"])[answered].mean()
    print(f"{answered.sum()} of {len(new)} new rows answered, {right:.0%} of them right")
    doubt = (predictions["probability malignant"] - 0.5).abs()
    columns = ["target", "prediction", "probability malignant", "possible", "rejected", "reason"]
    print(predictions.loc[doubt.nsmallest(6).index, columns].to_string(index=False))
    alarms = [(found["prediction"] == "malignant").sum() for found in (predictions, screening)]
    print(f"called malignant: {alarms[0]} with the shares of the study, {alarms[1]} where 1 % are")


if __name__ == "__main__":
    main()
