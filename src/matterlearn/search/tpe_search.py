"""A search that learns from the trials before, and that can be killed."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from contextlib import nullcontext
from numbers import Integral
from typing import Any

import optuna

from matterlearn.core.errors import ArgumentError, did_you_mean
from matterlearn.core.progress import progress_bar
from matterlearn.core.time_left import TimeLeft
from matterlearn.search.base import BaseSearch, Searched
from matterlearn.search.draw import draw, is_below_median, quiet_optuna, sampler_settings
from matterlearn.search.evaluate import Evaluator
from matterlearn.search.fingerprint import fingerprint
from matterlearn.search.names import check_names
from matterlearn.search.plain import fit_and_score
from matterlearn.search.presence import present
from matterlearn.search.results import FAILED, PRUNED, Result, result_of
from matterlearn.search.space import Choice, Dimension, ordered_space, parameters_of
from matterlearn.search.storage import opened
from matterlearn.search.task import Configuration, FoldScore, Task
from matterlearn.search.trials import Claimed, Trials, wait
from matterlearn.search.watching import BestSoFar


class TPESearch(BaseSearch):
    """Try configurations that a tree-structured Parzen estimator proposes, and fit the best one on all rows.

    A trial draws from what the trials before it scored; what it draws depends on its number and on these, and on
    nothing else. With a storage, a search that was killed goes on where it was: finished trials are kept, a trial that
    was cut off draws the same again, and the end is the one of a search that never stopped. Several processes may work
    on one storage. A trial then sees what the others have finished by then, so that the search depends on their
    speed; results of trials that draw the same are the same in any case.

    Parameters
    ----------
    estimator : estimator
        It is cloned, not fitted itself. Parts whose `random_state` is None get a seed for each fold, the same for all
        trials.
    space : mapping of str to Integer, Float or Choice
        Name of a parameter as `set_params` takes it -> what it may be.
    n_trials : int
        Number of trials, those in the storage included.
    cv, scoring, refit, random_state, workers, progress
        As in `GridSearch`. `random_state` is also the seed of what the trials draw. `workers` share the folds of the
        trials that are proposed together.
    batch_size : int
        Trials that are proposed together, before any of them has a score; until then each counts as a bad one for
        those after it ("constant liar"). If all that varies belongs to a network, the networks of these trials and of
        all folds are trained together.
    n_startup_trials : int
        Trials drawn at random before the sampler begins to learn.
    pruner : None or "median"
        Whether a trial is given up when the mean of its folds so far is below the median of the complete trials after
        as many folds, once there are 5. It needs the folds one by one: networks are then not trained together,
        `workers` have nothing to share, and `batch_size` must be 1.
    storage : path or str, optional
        Path of a journal file, or the address of a database as Optuna takes it (`sqlite:///trials.db`). In memory
        without it. A file states which search it belongs to: another estimator, space, data, folds, score or sampler
        is refused.
    study_name : str, optional
        Name in the storage, which may hold several searches.

    Attributes
    ----------
    cv_results_ : dict
        As in `GridSearch`, one entry per trial in the order of their numbers. The state is "complete", "pruned" or
        "failed".
    best_params_, best_score_, best_index_, best_estimator_, refit_time_, curves_, stacked_, scorer_, n_splits_
        As in `GridSearch`.
    sampler_settings_ : dict
        All parameters of Optuna's `TPESampler`, its version, and how it is seeded.

    References
    ----------
    J. Bergstra, R. Bardenet, Y. Bengio, B. Kégl, Algorithms for hyper-parameter optimization, NeurIPS 2011.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import Ridge
    >>> from matterlearn.search import Float
    >>> X = np.arange(12.0).reshape(-1, 1)
    >>> search = TPESearch(Ridge(), {"alpha": Float(1e-3, 1e3, log=True)}, n_trials=5, cv=3).fit(X, 2 * X[:, 0])
    >>> len(search.cv_results_["params"]), search.best_score_ > 0.99
    (5, True)
    """

    __module__ = "matterlearn.search.tpe_search"

    def __init__(
        self,
        estimator: Any,
        space: Mapping[str, Dimension],
        *,
        n_trials: int = 40,
        cv: Any = 5,
        scoring: Any = None,
        refit: bool = True,
        batch_size: int = 1,
        n_startup_trials: int = 10,
        pruner: str | None = None,
        storage: str | os.PathLike[str] | None = None,
        study_name: str | None = None,
        random_state: int = 0,
        workers: int = 1,
        progress: bool = False,
    ) -> None:
        self.estimator = estimator
        self.space = space
        self.n_trials = n_trials
        self.cv = cv
        self.scoring = scoring
        self.refit = refit
        self.batch_size = batch_size
        self.n_startup_trials = n_startup_trials
        self.pruner = pruner
        self.storage = storage
        self.study_name = study_name
        self.random_state = random_state
        self.workers = workers
        self.progress = progress

    def _check_parameters(self) -> None:
        for name, least in (("n_trials", 1), ("batch_size", 1), ("n_startup_trials", 0)):
            value = getattr(self, name)
            if not isinstance(value, Integral) or isinstance(value, bool) or value < least:
                raise ArgumentError(f"must be a whole number of at least {least}, got {value!r}", where=name)
        if self.pruner not in (None, "median"):
            fix = did_you_mean(str(self.pruner), ["median"])
            raise ArgumentError(f"must be None or 'median', got {self.pruner!r}", where="pruner", fix=fix)
        if self.pruner is not None and self.batch_size > 1:
            raise ArgumentError(
                f"a trial is given up between its folds, and with batch_size={self.batch_size} the folds of all trials "
                "of a batch are trained together",
                where="pruner",
                fix="leave out one of the two",
            )
        space = ordered_space(self.space)
        options = {name: d.options if isinstance(d, Choice) else () for name, d in space.items()}
        check_names(self.estimator, options, "space")

    def _names(self) -> list[str]:
        return list(self.space)

    def _search(self, task: Task) -> Searched:
        space = ordered_space(self.space)
        settings = sampler_settings(space, self.n_startup_trials)
        evaluator = Evaluator(task, self._names(), workers=self.workers, one_by_one=self.pruner is not None)
        identity = self._identity(task, settings)
        label = "search" if self.progress else None
        alone = self.storage is None
        with quiet_optuna(), opened(self.storage) as store, nullcontext("") if alone else present() as presence:
            trials = Trials(
                store,
                self.study_name or "search",
                identity,
                space,
                n_trials=int(self.n_trials),
                together=int(self.batch_size),
                presence=presence,
            )
            before = trials.n_finished()
            left = TimeLeft([1.0] * (int(self.n_trials) - before), speed_known=False)
            best = BestSoFar(len(task.folds))
            for score in trials.scores():
                best.add_mean(score)
            with progress_bar(left, label, note=best.text):
                while (claimed := trials.claim()) is not None:
                    if not claimed:
                        wait()
                        continue
                    start = time.perf_counter()
                    results = self._judge(trials, claimed, evaluator, space, settings)
                    seconds = (time.perf_counter() - start) / len(claimed)
                    for trial, result in zip(claimed, results, strict=True):
                        trials.finish(trial, result)
                        left.done(min(max(trial.number - before, 0), left.n_items - 1), seconds)
                        if result.mean == result.mean:
                            best.add_mean(result.mean)
            results = trials.results()
        self.sampler_settings_ = {
            "sampler": "TPESampler",
            "optuna": optuna.__version__,
            **settings,
            "seed": f'item_seed({int(self.random_state)}, "trial", number)',
        }
        return Searched(results, evaluator.stacked)

    def _judge(
        self,
        trials: Trials,
        claimed: list[Claimed],
        evaluator: Evaluator,
        space: Mapping[str, Dimension],
        settings: Mapping[str, Any],
    ) -> list[Result]:
        """Return the results of trials that are proposed together."""
        configurations: list[Configuration] = []
        for trial in claimed:  # one after the other: each is to know what those before it have drawn
            drawn = trial.drawn
            if drawn is None:
                drawn = draw(space, settings, int(self.random_state), trial.number, trials.past(trial.number))
            configurations.append(parameters_of(space, trials.start(trial, drawn)))
        if self.pruner is not None:
            return [
                self._fold_by_fold(trials, trial, evaluator.task, configuration)
                for trial, configuration in zip(claimed, configurations, strict=True)
            ]
        scores = evaluator.scores(configurations, _nothing)
        return [result_of(c, folds) for c, folds in zip(configurations, scores, strict=True)]

    def _fold_by_fold(self, trials: Trials, trial: Claimed, task: Task, configuration: Configuration) -> Result:
        past = trials.past(trial.number)
        folds: list[FoldScore] = []
        for fold in range(len(task.folds)):
            folds.append(fit_and_score(task, configuration, fold))
            result = result_of(configuration, folds)
            if result.state == FAILED:
                return result
            last = fold + 1 == len(task.folds)
            if not last and is_below_median(past, fold, result.mean, PRUNER_STARTUP_TRIALS):
                return Result(configuration, folds, PRUNED)
        return result_of(configuration, folds)

    def _identity(self, task: Task, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Return what the results depend on; the number of trials does not belong to it, so that one can go on."""
        return {
            "estimator": fingerprint(task.estimator),
            "space": fingerprint(dict(self.space)),
            "data": fingerprint((task.X, task.y, task.weights)),
            "folds": fingerprint(list(task.folds)),
            "scoring": fingerprint(self.scoring),
            "random_state": int(self.random_state),
            "sampler": fingerprint(dict(settings)),
            "batch_size": int(self.batch_size),
            "pruner": self.pruner,
        }


def _nothing(configuration: int, fold: int, score: FoldScore) -> None:
    """Take no notice of single folds."""


PRUNER_STARTUP_TRIALS = 5
"""Complete trials before a trial may be given up; as Optuna's `MedianPruner` has it."""
