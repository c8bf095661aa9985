"""The networks of the study `perovskite-search`: every combination of a grid, and the network as it was before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.model_selection import KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from matterlearn.core.parallel import item_seed
from matterlearn.features import SiteOneHot
from matterlearn.models.networks import MLPRegressor, MLPStack
from matterlearn.search import GridSearch
from matterlearn.studies.cases import SITES, Case
from matterlearn.studies.run import StudyRun
from matterlearn.validation.metrics import r2
from matterlearn.validation.splits import RandomSplit

GRID: Mapping[str, Sequence[Any]] = MappingProxyType(
    {
        "hidden_widths": ((512, 256, 128), (256, 128, 64), (128, 64, 32)),
        "learning_rate": (1e-3, 1e-4, 1e-5),
        "weight_decay": (0.01, 0.001, 0.0001),
    }
)
"""What is tried."""

NOT_TUNED: Mapping[str, Any] = MappingProxyType(
    {"hidden_widths": (256, 256, 256), "learning_rate": 1e-3, "weight_decay": 0.01}
)
"""The network of the study `perovskites`."""

BATCH = 256

EPOCHS, QUICK_EPOCHS = 250, 40
"""Passes over the rows in a full and in a quick study."""

N_FOLDS, N_QUICK_FOLDS = 5, 3

N_MORE_STARTS = 4
"""Further starting weights of the networks that are compared, in a full study."""

TUNED, UNTUNED, UNSCALED = "tuned", "not tuned", "not tuned, bits not scaled"
"""Names of the networks that are compared."""

TRAIN, FIRST, SECOND = "train", "test", "second test"
"""Names of the sets of rows."""

_NETWORK = "mlpregressor__"
_SECOND_SHARE = 5  # one part in five is 20 %


@dataclass(frozen=True)
class SearchResults:
    """What was searched and found.

    Attributes
    ----------
    y : ndarray
        Target of all rows.
    rows : mapping of str to ndarray of int
        Positions of `TRAIN`, `FIRST` and `SECOND`.
    searches : mapping of str to GridSearch
        By network: the search, and for the networks that are not tuned the same folds with one combination.
    predictions : mapping of str to mapping of str to ndarray
        By network and set of rows, of the network that was fitted on all training rows.
    starts : mapping of str to mapping of str to ndarray, shape (n_starts, n_rows)
        The same from several starting weights, the first as in `predictions`.
    epochs : int
        Passes over the rows.
    """

    y: NDArray[np.float64]
    rows: Mapping[str, NDArray[np.intp]]
    searches: Mapping[str, GridSearch]
    predictions: Mapping[str, Mapping[str, NDArray[np.float64]]]
    starts: Mapping[str, Mapping[str, NDArray[np.float64]]]
    epochs: int

    def pair(self, network: str, rows: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return target and prediction of a network on a set of rows."""
        return self.y[self.rows[rows]], self.predictions[network][rows]

    def r2(self, network: str, rows: str) -> float:
        """Return the coefficient of determination of a network on a set of rows."""
        return r2(*self.pair(network, rows))

    def starts_r2(self, network: str, rows: str) -> NDArray[np.float64]:
        """Return the coefficient of determination from each of several starting weights."""
        return np.array([r2(self.y[self.rows[rows]], predicted) for predicted in self.starts[network][rows]])

    def fold_scores(self, network: str) -> NDArray[np.float64]:
        """Return R2 of the best (or only) combination of a network on each fold."""
        search = self.searches[network]
        columns = (search.cv_results_[f"split{fold}_test_score"] for fold in range(search.n_splits_))
        return np.array([column[search.best_index_] for column in columns])


def search_rows(case: Case, run: StudyRun) -> dict[str, NDArray[np.intp]]:
    """Return positions of the rows to learn from and of both tests.

    Parameters
    ----------
    case : Case
        The data.
    run : StudyRun
        With the seed.

    Returns
    -------
    dict of str to ndarray of int
        Four fifths of the rows outside the hold-out and of those inside to learn from; the rest of each is a test.
        Equal inputs stay together.
    """
    train, test = case.random_split(run.seed)
    held_out = np.flatnonzero(case.held_out)
    split = RandomSplit(_SECOND_SHARE, random_state=item_seed(run.seed, SECOND))
    added, second = next(split.split(held_out, groups=case.duplicates[held_out]))
    return {TRAIN: np.concatenate([train, held_out[added]]), FIRST: test, SECOND: held_out[second]}


def search_networks(case: Case, run: StudyRun) -> SearchResults:
    """Search the grid on inner folds, and fit the best combination and the untuned networks on all training rows.

    Parameters
    ----------
    case : Case
        The data.
    run : StudyRun
        With the seed. A quick study has fewer folds, epochs and starting weights.

    Returns
    -------
    SearchResults
        Searches, and predictions of both tests.
    """
    rows = search_rows(case, run)
    epochs = QUICK_EPOCHS if run.quick else EPOCHS
    folds = KFold(N_QUICK_FOLDS if run.quick else N_FOLDS, shuffle=True, random_state=run.seed)
    one = {name: (value,) for name, value in NOT_TUNED.items()}
    searches = {}
    for name, scaled, grid in ((TUNED, True, GRID), (UNTUNED, True, one), (UNSCALED, False, one)):
        encoder = case.features(SiteOneHot(vocabulary=case.vocabulary, sites=SITES))
        steps = [encoder, StandardScaler()] if scaled else [encoder]
        search = GridSearch(
            make_pipeline(*steps, MLPRegressor(batch_size=BATCH, epochs=epochs)),
            {_NETWORK + parameter: values for parameter, values in grid.items()},
            cv=folds,
            scoring="r2",
            random_state=run.seed,
            progress=name == TUNED,
        )
        searches[name] = search.fit(case.X.iloc[rows[TRAIN]], case.y[rows[TRAIN]])
    seeds = [item_seed(run.seed, "start", number) for number in range(0 if run.quick else N_MORE_STARTS)]
    predictions = {
        name: {part: search.predict(case.X.iloc[positions]) for part, positions in rows.items()}
        for name, search in searches.items()
    }
    starts = {
        name: _from_other_starts(search.best_estimator_, case, rows, predictions[name], seeds)
        for name, search in searches.items()
    }
    return SearchResults(case.y, rows, searches, predictions, starts, epochs)


def combinations(search: GridSearch) -> list[dict[str, Any]]:
    """Return every combination with its scores, the best first.

    Returns
    -------
    list of dict
        The names of `GRID`; `mean` and `spread` (standard deviation) of R2 over the folds, NaN where training failed;
        `rank`; `index` in `cv_results_`.
    """
    results = search.cv_results_
    scores = np.array([results[f"split{fold}_test_score"] for fold in range(search.n_splits_)])  # (n_folds, n_trials)
    lines = [
        {
            **{name.removeprefix(_NETWORK): value for name, value in params.items()},
            "mean": float(results["mean_test_score"][index]),
            "spread": float(scores[:, index].std(ddof=1)),
            "rank": int(results["rank_test_score"][index]),
            "index": index,
        }
        for index, params in enumerate(results["params"])
    ]
    return sorted(lines, key=lambda line: (line["rank"], line["index"]))


def _from_other_starts(
    fitted: Any,
    case: Case,
    rows: Mapping[str, NDArray[np.intp]],
    first: Mapping[str, NDArray[np.float64]],
    seeds: Sequence[int],
) -> dict[str, NDArray[np.float64]]:
    """Return predictions of a fitted pipeline and of its network from other starting weights."""
    if not seeds:
        return {name: predicted[None, :] for name, predicted in first.items()}
    inputs = {name: fitted[:-1].transform(case.X.iloc[part]) for name, part in rows.items()}
    stack = MLPStack([clone(fitted[-1]).set_params(random_state=seed) for seed in seeds])
    stack.fit(inputs[TRAIN], case.y[rows[TRAIN]])
    for failure in stack.failures_.values():
        raise failure
    return {name: np.vstack([first[name], stack.predict(part)]) for name, part in inputs.items()}
