"""The search for a better network on site fractions, and the small network that it is measured by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from sklearn.compose import TransformedTargetRegressor
from sklearn.preprocessing import StandardScaler

from matterlearn.core.parallel import item_seed
from matterlearn.features import SiteFractions
from matterlearn.studies.cases import SITES, Case
from matterlearn.studies.even_widths import EvenWidths
from matterlearn.studies.run import StudyRun
from matterlearn.validation.bootstrap import ResampledScores, bootstrap, percentile_interval
from matterlearn.validation.metrics import mean_absolute_error, r2
from matterlearn.validation.splits import RandomSplit

if TYPE_CHECKING:
    from matterlearn.search import GridSearch, TPESearch

N_FOLDS = 5
"""Folds of the training rows that every trial is scored on."""

BATCH_SIZE = 256
"""Rows of a step, in every network."""

BASELINE: Mapping[str, Any] = MappingProxyType(
    {
        "hidden_widths__n_layers": 1,
        "hidden_widths__width": 50,
        "activation": "tanh",
        "weight_decay": 2 * 1e-4 / BATCH_SIZE,  # what scikit-learn's alpha = 0.0001 is in torch
        "optimizer": "adam",
        "learning_rate": 1e-3,
    }
)
"""The network of the exercise in the parameters that the search varies."""

BASE, FOUND = "baseline", "found"

_PATH = "regressor__"
"""Where the network is within the model."""


@dataclass(frozen=True)
class Effort:
    """How much is computed.

    Attributes
    ----------
    n_trials : int
        Evaluations of the search.
    n_startup : int
        How many of them are drawn at random before the sampler learns from them.
    epochs : int
        Passes over the rows of every network.
    n_starts : int
        Starting weights that show how far a score depends on them.
    """

    n_trials: int
    n_startup: int
    epochs: int
    n_starts: int


FULL, QUICK = Effort(40, 10, 200, 8), Effort(6, 3, 30, 3)


@dataclass(frozen=True)
class AlloySearch:
    """What the search found, and what it is compared with.

    Attributes
    ----------
    case : Case
        The data.
    X : ndarray, shape (n_rows, n_inputs)
        Site fractions of all rows.
    rows : mapping of str to ndarray of int
        Positions of "train" and "test".
    effort : Effort
        How much was computed.
    searches : mapping of str to search
        The baseline, as a search of one, and the search; both fitted on the training rows with the same folds.
    starts : mapping of str to ndarray, shape (n_starts,)
        R2 on the test rows of either network from other starting weights.
    """

    case: Case
    X: NDArray[np.float64]
    rows: Mapping[str, NDArray[np.intp]]
    effort: Effort
    searches: Mapping[str, Any]
    starts: Mapping[str, NDArray[np.float64]]

    @cached_property
    def best(self) -> dict[str, Any]:
        """Parameters that were found, by the names in `BASELINE`."""
        found = self.searches[FOUND].best_params_
        return {name: found[parameter_of(name)] for name in BASELINE}

    @property
    def settings(self) -> dict[str, Any]:
        """Arguments of a network with the parameters that were found."""
        named = {name: value for name, value in self.best.items() if not name.startswith("hidden_widths")}
        widths = (self.best["hidden_widths__width"],) * self.best["hidden_widths__n_layers"]
        return {"hidden_widths": widths, **named, "batch_size": BATCH_SIZE, "epochs": self.effort.epochs}

    def fold_scores(self, which: str) -> NDArray[np.float64]:
        """Return R2 of the best trial on each fold."""
        search = self.searches[which]
        results, best = search.cv_results_, search.best_index_
        return np.array([results[f"split{fold}_test_score"][best] for fold in range(search.n_splits_)])

    def pair(self, which: str, rows: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return target and prediction of a network fitted on all training rows."""
        positions = self.rows[rows]
        return self.case.y[positions], self.predictions[which][rows]

    @cached_property
    def predictions(self) -> dict[str, dict[str, NDArray[np.float64]]]:
        """What either network predicts on the training and the test rows."""
        return {
            which: {name: search.predict(self.X[part]) for name, part in self.rows.items()}
            for which, search in self.searches.items()
        }

    def r2(self, which: str, rows: str) -> float:
        """Return the coefficient of determination."""
        return r2(*self.pair(which, rows))

    def mae(self, which: str, rows: str) -> float:
        """Return the mean absolute error."""
        return mean_absolute_error(*self.pair(which, rows))

    def n_parameters(self, which: str) -> int:
        """Return how many numbers a network has learned."""
        return int(self.searches[which].best_estimator_.regressor_.n_parameters_)

    def interval_of_gain(self, seed: int) -> tuple[float, float]:
        """Return the 95 % interval of what R2 on the test rows gains, from resampling them; equal inputs as one."""
        y, base = self.pair(BASE, "test")
        both = np.column_stack([base, self.pair(FOUND, "test")[1]])
        groups = np.unique(self.case.duplicates[self.rows["test"]], return_inverse=True)[1]
        scores = ResampledScores(y, both, unit=groups)
        rng = np.random.default_rng(item_seed(seed, "gain of the search"))
        drawn = bootstrap(scores, rng, n_resamples=2000)["r2"]
        return percentile_interval(drawn[:, 1] - drawn[:, 0], n_units=scores.n_units)


def parameter_of(name: str) -> str:
    """Return the name that a parameter of the network has as a parameter of the model."""
    return _PATH + name


def search_space() -> dict[str, Any]:
    """Return what the search varies, by the names in `BASELINE`."""
    from matterlearn.search import Choice, Float, Integer

    return {
        "hidden_widths__n_layers": Integer(1, 4),
        "hidden_widths__width": Integer(16, 256, log=True),
        "activation": Choice(["tanh", "relu"]),
        "weight_decay": Float(1e-6, 1e-2, log=True),
        "optimizer": Choice(["adam", "sgd"]),
        "learning_rate": Float(1e-4, 3e-2, log=True),
    }


def search_alloys(case: Case, run: StudyRun, rows: Mapping[str, NDArray[np.intp]]) -> AlloySearch:
    """Search on the training rows, fit the best network on all of them, and the baseline beside it.

    Parameters
    ----------
    case : Case
        The data.
    run : StudyRun
        With the seed. A quick study tries fewer networks and trains them for a shorter time.
    rows : mapping of str to ndarray of int
        Positions of "train" and "test".

    Returns
    -------
    AlloySearch
        Fitted.
    """
    from matterlearn.search import GridSearch, TPESearch

    effort = QUICK if run.quick else FULL
    train = rows["train"]
    fractions = case.features(SiteFractions(vocabulary=case.vocabulary, sites=SITES))
    X = np.asarray(fractions.fit(case.X.iloc[train]).transform(case.X), dtype=float)  # once: nothing here is scaled
    model = _model(effort)
    split = RandomSplit(N_FOLDS, random_state=run.seed)
    folds = list(split.split(train, groups=case.duplicates[train]))  # the same for both; equal inputs on one side
    of_one = {parameter_of(name): [value] for name, value in BASELINE.items()}
    searches: dict[str, GridSearch | TPESearch] = {
        BASE: GridSearch(model, of_one, cv=folds, scoring="r2", random_state=run.seed, workers=run.workers),
        FOUND: TPESearch(
            model,
            {parameter_of(name): dimension for name, dimension in search_space().items()},
            n_trials=effort.n_trials,
            n_startup_trials=effort.n_startup,
            cv=folds,
            scoring="r2",
            random_state=run.seed,
            workers=run.workers,
        ),
    }
    for search in searches.values():
        search.fit(X[train], case.y[train])
    starts = {
        which: _other_starts(model, search.best_params_, X, case.y, rows, effort, run)
        for which, search in searches.items()
    }
    return AlloySearch(case, X, rows, effort, searches, starts)


def _model(effort: Effort) -> Any:
    """Return the network, its target scaled on the rows it learns from."""
    from matterlearn.models.networks import MLPRegressor

    network = MLPRegressor(EvenWidths(), batch_size=BATCH_SIZE, epochs=effort.epochs)
    return TransformedTargetRegressor(network, transformer=StandardScaler())


def _other_starts(
    model: Any,
    parameters: Mapping[str, Any],
    X: NDArray[np.float64],
    y: NDArray[np.float64],
    rows: Mapping[str, Any],
    effort: Effort,
    run: StudyRun,
) -> NDArray[np.float64]:
    """Return R2 on the test rows from other starting weights, as a grid over seeds; nothing is chosen by it."""
    from matterlearn.search import GridSearch

    seeds = [item_seed(run.seed, "start of the search", number) for number in range(effort.n_starts)]
    grid = {**{name: [value] for name, value in parameters.items()}, parameter_of("random_state"): seeds}
    one_fold = [(rows["train"], rows["test"])]
    search = GridSearch(model, grid, cv=one_fold, scoring="r2", refit=False, random_state=run.seed, workers=run.workers)
    scores = np.asarray(search.fit(X, y).cv_results_["mean_test_score"], dtype=float)
    return np.asarray(scores[np.isfinite(scores)])  # without those whose loss ran away
