"""Every combination of given values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sklearn.model_selection import ParameterGrid

from matterlearn.core.errors import ArgumentError
from matterlearn.search.base import BaseSearch, Searched
from matterlearn.search.evaluate import Evaluator
from matterlearn.search.names import check_names
from matterlearn.search.results import result_of
from matterlearn.search.task import Task
from matterlearn.search.watching import watched


class GridSearch(BaseSearch):
    """Try every combination of values on inner folds, and fit the best one on all rows.

    If all that varies belongs to a network at the end of the estimator, the networks of all combinations and folds
    are trained together, on features and targets scaled by the training rows of each fold; each is the network that
    it would be alone. Other estimators are fitted one by one, by `workers` processes.

    Parameters
    ----------
    estimator : estimator
        It is cloned, not fitted itself. Parts whose `random_state` is None get a seed for each fold, the same for all
        combinations.
    grid : mapping of str to sequence, or list of such
        Name of a parameter as `set_params` takes it -> values. Of a list, each mapping is a grid of its own.
    cv : int, splitter or iterable
        Inner folds: a number of random folds, stratified for classifiers, that keep groups together; an object with
        scikit-learn's `split(X, y, groups)`; or pairs of training and test positions.
    scoring : str or callable, optional
        One score of scikit-learn, of which more is better; the estimator's own if None (R2, or accuracy). A function
        `score(estimator, X, y)` of yours gets the whole estimator, which is then fitted one by one.
    refit : bool
        Whether the best combination is fitted on all rows.
    random_state : int
        Seed of the folds, and of parts of the estimator that have none.
    workers : int
        Processes; networks that are trained together need none.
    progress : bool
        Whether a bar with the best score so far is drawn, on a terminal.

    Attributes
    ----------
    cv_results_ : dict
        One entry per combination in every column; see `matterlearn.search.results.result_table`. A combination that
        cannot be trained, because its loss runs away, has the state "failed", an `error`, and ranks last.
    best_params_, best_score_, best_index_ : dict, float, int
        The combination with the highest mean score, the first of equals.
    best_estimator_ : estimator
        It, fitted on all rows; with `refit_time_` in seconds.
    curves_ : list of dict
        For each combination, means over the folds of `loss` and `validation` of its network after each epoch; None
        where there are none. The rows watched are the test rows of the fold, unless the network keeps its own.
    stacked_ : bool
        Whether networks were trained together.
    scorer_, n_splits_ : callable, int
        The score, and the number of inner folds.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import Ridge
    >>> X = np.arange(12.0).reshape(-1, 1)
    >>> search = GridSearch(Ridge(), {"alpha": [0.1, 100.0]}, cv=3).fit(X, 2 * X[:, 0])
    >>> search.best_params_, search.predict([[6.0]]).round(2).tolist()
    ({'alpha': 0.1}, [12.0])
    """

    __module__ = "matterlearn.search.grid_search"

    def __init__(
        self,
        estimator: Any,
        grid: Mapping[str, Sequence[Any]] | Sequence[Mapping[str, Sequence[Any]]],
        *,
        cv: Any = 5,
        scoring: Any = None,
        refit: bool = True,
        random_state: int = 0,
        workers: int = 1,
        progress: bool = False,
    ) -> None:
        self.estimator = estimator
        self.grid = grid
        self.cv = cv
        self.scoring = scoring
        self.refit = refit
        self.random_state = random_state
        self.workers = workers
        self.progress = progress

    def _check_parameters(self) -> None:
        for grid in self._grids():
            for name, values in grid.items():
                is_list = hasattr(values, "__len__") and getattr(values, "ndim", 1) == 1
                if not is_list or isinstance(values, str | bytes | Mapping | set):
                    raise ArgumentError(f"must be a list of values, got {values!r}", where=f"grid, {name}")
                if not len(values):
                    raise ArgumentError("needs at least one value", where=f"grid, {name}")
        check_names(self.estimator, self._values(), "grid")

    def _grids(self) -> list[Mapping[str, Sequence[Any]]]:
        grids = [self.grid] if isinstance(self.grid, Mapping) else self.grid
        if not isinstance(grids, list | tuple) or not all(isinstance(grid, Mapping) for grid in grids):
            raise ArgumentError(f"must map names to lists of values, got {self.grid!r}", where="grid")
        if not any(grids):
            raise ArgumentError("needs at least one parameter", where="grid")
        return list(grids)

    def _values(self) -> dict[str, list[Any]]:
        found: dict[str, list[Any]] = {}
        for grid in self._grids():
            for name, values in grid.items():
                found.setdefault(name, []).extend(values)
        return found

    def _names(self) -> list[str]:
        return list(self._values())

    def _search(self, task: Task) -> Searched:
        configurations = list(ParameterGrid([dict(grid) for grid in self._grids()]))
        evaluator = Evaluator(task, self._names(), workers=self.workers)
        n_folds = len(task.folds)
        with watched(len(configurations), n_folds, "grid search" if self.progress else None) as watch:
            scores = evaluator.scores(configurations, watch.scored, trained=watch.trained)
        results = [result_of(c, folds) for c, folds in zip(configurations, scores, strict=True)]
        return Searched(results, evaluator.stacked)
