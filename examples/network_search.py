"""Search the settings of a network on the embedded set, and ask on other compositions whether it was worth it.

python examples/network_search.py
"""

from sklearn.compose import TransformedTargetRegressor
from sklearn.metrics import mean_absolute_error
from sklearn.model_selection import GroupKFold, GroupShuffleSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import matterlearn as ml
from matterlearn.search import Choice, Float


def main() -> None:
    table = ml.load_dataset("intermetallics").frame.dropna(subset="bulk_modulus_GPa")
    # A composition may stand in several rows, as other structures: all of them are on one side.
    train, test = next(GroupShuffleSplit(1, test_size=0.2, random_state=0).split(table, groups=table["formula"]))
    known, new = table.iloc[train], table.iloc[test]

    network = ml.MLPRegressor((64, 64), batch_size=64, epochs=60, schedule="cosine", device="cpu", random_state=0)
    model = make_pipeline(
        ml.CompositionDescriptors(), StandardScaler(), TransformedTargetRegressor(network, transformer=StandardScaler())
    )
    place = "transformedtargetregressor__regressor__"
    space = {
        f"{place}hidden_widths": Choice([(32, 32), (64, 64), (128, 128)]),
        f"{place}learning_rate": Float(3e-4, 1e-2, log=True),
        f"{place}weight_decay": Float(1e-4, 1e-1, log=True),
    }
    # Four trials are proposed at a time; their networks, on all folds, are trained as one program.
    search = ml.TPESearch(model, space, n_trials=12, batch_size=4, cv=GroupKFold(3), scoring="neg_mean_absolute_error")
    search.fit(known["formula"], known["bulk_modulus_GPa"], groups=known["formula"])
    chosen = {name.removeprefix(place): value for name, value in search.best_params_.items()}
    print(f"chosen: {chosen}")
    print(f"{-search.best_score_:.1f} GPa on the folds that chose it, which is too kind")
    for name, fitted in {
        "searched": search,
        "as it was": model.fit(known["formula"], known["bulk_modulus_GPa"]),
    }.items():
        error = mean_absolute_error(new["bulk_modulus_GPa"], fitted.predict(new["formula"]))
        print(f"{error:.1f} GPa on new compositions: {name}")


if __name__ == "__main__":
    main()
