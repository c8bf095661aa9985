"""Networks beside trees: energy above hull of perovskite oxides, on the folds of the other scripts here.

    MATTERLEARN_DATA=FOLDER python benchmarks/accuracy/networks.py [unalloyed | alloyed]

Unalloyed: random 5-fold over the rows of `source_split == "train"`; and trained on these, tested on "val", whose Ba,
Er, Li and Mg they do not hold. Alloyed: random 5-fold over all rows. Compared on the same rows:

- `network`: one network of the candidate `mlp` (for unseen elements also `network on descriptors`);
- `ensemble`: the mean of 8 of them, trained together;
- `tuned network`, `tuned ensemble`: widths, learning rate, weight decay, dropout and loss from 16 trials of `TPESearch`
  on 3 inner folds of the training rows (for unseen elements 5 that leave groups of elements out), proposed and trained
  8 at a time; one network, and 8;
- `extra trees` (the anchors of the other scripts), `forest` and `boosting` of the candidates.

What `fit` makes of all candidates is in `perovskites_unalloyed.py` and `perovskites_alloyed.py`. The settings of the
candidates were found on other random folds of the same tables (seed 101). "val" took no part in any choice.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from harness import anchor_trees, paired_difference, score, write
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor, make_column_transformer
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from matterlearn.core.parallel import item_seed
from matterlearn.data.catalog import load_dataset
from matterlearn.data.dataset import Dataset
from matterlearn.data.duplicates import duplicate_groups
from matterlearn.features.site_descriptors import SiteDescriptors
from matterlearn.features.site_fractions import SiteFractions
from matterlearn.features.table_features import table_features
from matterlearn.models.candidates import make_candidates
from matterlearn.models.networks import EnsembleRegressor, MLPRegressor
from matterlearn.search import Choice, Float, TPESearch
from matterlearn.validation.splits import ElementGroupSplit, RandomSplit

N_NETWORKS = 8
N_TRIALS = 16
INNER_FOLDS, INNER_ELEMENT_GROUPS = 3, 5
NETWORK = MLPRegressor(
    (256, 256),
    loss="absolute",
    weight_decay=0.005,
    schedule="cosine",
    batch_size=64,
    epochs=60,
    device="cpu",
)
SPACE = {
    "hidden_widths": Choice([(128, 128), (256, 256), (256, 256, 256)]),
    "learning_rate": Float(3e-4, 3e-3, log=True),
    "weight_decay": Float(5e-4, 5e-2, log=True),
    "dropout": Float(0.0, 0.3),
    "loss": Choice(["squared", "absolute", "huber"]),
}


def main() -> None:
    wanted = sys.argv[1:] or ["unalloyed", "alloyed"]
    if "unalloyed" in wanted:
        unalloyed()
    if "alloyed" in wanted:
        alloyed()


def unalloyed() -> None:
    dataset = load_dataset("perovskite_oxides_unalloyed")
    train = np.flatnonzero(dataset.frame["source_split"] == "train")
    val = np.flatnonzero(dataset.frame["source_split"] == "val")
    duplicates = duplicate_groups(dataset.X, dataset.kinds)
    folds = [(train[a], train[b]) for a, b in RandomSplit(5, random_state=0).split(train, groups=duplicates[train])]
    anchor = anchor_trees(SiteDescriptors())
    random, chosen = run(dataset, folds, anchor, "random 5-fold")
    unseen, chosen_unseen = run(dataset, [(train, val)], anchor, "unseen elements", by_element=True)
    write(
        "networks_unalloyed",
        (__doc__ or "").strip(),
        {"unit": "eV/atom", "random": facts(random, chosen), "unseen_elements": facts(unseen, chosen_unseen)},
    )


def alloyed() -> None:
    dataset = load_dataset("perovskite_oxides_alloyed")
    rows = np.arange(len(dataset.X))
    duplicates = duplicate_groups(dataset.X, dataset.kinds)
    folds = list(RandomSplit(5, random_state=0).split(rows, groups=duplicates))
    sites = list(dataset.inputs)
    anchor = anchor_trees(make_column_transformer((SiteDescriptors(), sites), (SiteFractions(unknown="ignore"), sites)))
    random, chosen = run(dataset, folds, anchor, "random 5-fold")
    write("networks_alloyed", (__doc__ or "").strip(), {"unit": "meV/atom", "random": facts(random, chosen)})


def facts(table: pd.DataFrame, chosen: list[dict[str, Any]]) -> dict[str, Any]:
    models = [name for name in table.columns if name not in ("position", "fold", "y")]
    return {
        "n_rows": len(table),
        "scores": score(table, models),
        "difference_to_extra_trees": {
            name: paired_difference(table, name) for name in models if name not in ("extra trees", "mean")
        },
        "tuned": chosen,
    }


def run(
    dataset: Dataset, folds: list[tuple[np.ndarray, np.ndarray]], anchor: Any, label: str, *, by_element: bool = False
) -> tuple[pd.DataFrame, list[dict[str, Any]]]:
    """Return one line per tested row with the predictions of all models, and what each search chose."""
    X, y = dataset.X, np.asarray(dataset.y, dtype=float)
    tables, chosen = [], []
    for number, (train, test) in enumerate(folds):
        start = time.perf_counter()
        seed = item_seed(0, label, number)
        table = {"position": test, "y": y[test]}
        for name, model in models(dataset, train, seed, by_element=by_element, chosen=chosen):
            table[name] = model.fit(X.iloc[train], y[train]).predict(X.iloc[test])
        table["extra trees"] = clone(anchor).fit(X.iloc[train], y[train]).predict(X.iloc[test])
        table["mean"] = np.full(len(test), y[train].mean())
        tables.append(pd.DataFrame(table).assign(fold=number))
        print(f"{label}, fold {number + 1}: {time.perf_counter() - start:.0f} s", flush=True)
    return pd.concat(tables, ignore_index=True), chosen


def models(
    dataset: Dataset, train: np.ndarray, seed: int, *, by_element: bool, chosen: list[dict[str, Any]]
) -> Iterator[tuple[str, Any]]:
    one = clone(NETWORK).set_params(random_state=seed)
    yield "network", pipeline(dataset, one)
    if by_element:
        yield "network on descriptors", pipeline(dataset, one, representation="descriptors")
    yield "ensemble", pipeline(dataset, EnsembleRegressor(one, N_NETWORKS, random_state=seed))
    best = tuned(dataset, train, seed, by_element=by_element)
    chosen.append({name: value if isinstance(value, float) else str(value) for name, value in best.items()})
    own = clone(one).set_params(**best)
    representation = "descriptors" if by_element else "both"
    yield "tuned network", pipeline(dataset, own, representation=representation)
    ensemble = EnsembleRegressor(own, N_NETWORKS, random_state=seed)
    yield "tuned ensemble", pipeline(dataset, ensemble, representation=representation)
    trees = make_candidates(["forest", "boosting"], dataset.inputs, dataset.kinds, ions=dataset.ions)
    for name, model in trees.items():
        last = model.steps[-1][0]
        yield name, model.set_params(**{f"{last}__random_state": seed})


def tuned(dataset: Dataset, train: np.ndarray, seed: int, *, by_element: bool) -> dict[str, Any]:
    """Return the settings that a search in the training rows finds best."""
    X, y = dataset.X.iloc[train], np.asarray(dataset.y, dtype=float)[train]
    elements = dataset.element_sets()
    if by_element:
        cv: Any = ElementGroupSplit(INNER_ELEMENT_GROUPS, random_state=seed)
        groups: Any = [elements[i] for i in train]
    else:
        cv = GroupKFold(INNER_FOLDS, shuffle=True, random_state=seed)
        groups = duplicate_groups(X, dataset.kinds, ions=dataset.ions)
    estimator = pipeline(
        dataset, clone(NETWORK).set_params(random_state=seed), representation="descriptors" if by_element else "both"
    )
    prefix = "transformedtargetregressor__regressor__"
    search = TPESearch(
        estimator,
        {prefix + name: dimension for name, dimension in SPACE.items()},
        n_trials=N_TRIALS,
        cv=cv,
        scoring="neg_mean_absolute_error",
        batch_size=8,
        n_startup_trials=8,
        refit=False,
        random_state=seed,
    ).fit(X, y, groups=groups)
    return {name.removeprefix(prefix): value for name, value in search.best_params_.items()}


def pipeline(dataset: Dataset, network: Any, *, representation: Any = "both") -> Any:
    features = table_features(
        dataset.inputs, dataset.kinds, representation=representation, ions=dataset.ions, fraction_weight=1.0
    )
    return make_pipeline(features, TransformedTargetRegressor(network, transformer=StandardScaler()))


if __name__ == "__main__":
    main()
