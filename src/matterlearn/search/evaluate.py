"""Many configurations on all inner folds: networks together, other estimators one by one in parallel."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from matterlearn.core.parallel import map_items
from matterlearn.search.plain import fit_and_score
from matterlearn.search.stacked import StackedFolds, can_stack
from matterlearn.search.task import Configuration, FoldScore, Task

Done = Callable[[int, int, FoldScore], None]


class Evaluator:
    """Scores configurations of one task.

    Parameters
    ----------
    task : Task
        Estimator, rows and folds.
    names : sequence of str
        Names of all parameters that may vary. If they belong to a network at the end of the estimator, the networks
        of all configurations and folds are trained together, unless a function of the user computes the score: it is
        to get the whole estimator and the rows as they are.
    workers : int
        Processes, where there are no such networks.
    one_by_one : bool
        Never train networks together: for who looks at the score after each fold.

    Attributes
    ----------
    stacked : bool
        Whether networks are trained together.
    """

    def __init__(self, task: Task, names: Sequence[str], *, workers: int = 1, one_by_one: bool = False) -> None:
        self.task = task
        self.workers = workers
        alone = one_by_one or task.scoring.looks_at_rows
        self.stacked = not alone and can_stack(task.estimator, names)
        self._stack = StackedFolds(task) if self.stacked else None

    def scores(
        self, configurations: Sequence[Configuration], done: Done, *, trained: Callable[[int], object] = int
    ) -> list[list[FoldScore]]:
        """Return the scores of all configurations on all folds.

        Parameters
        ----------
        configurations : sequence of mapping
            Parameters to set.
        done : callable
            Called with the position of the configuration, the number of the fold and the score, in any order.
        trained : callable
            Called with the number of networks that have just been trained, before any of them is scored.

        Returns
        -------
        list of list of FoldScore
            One list per configuration, with one entry per fold.
        """
        if self._stack is not None:
            return self._stack.scores(configurations, done, trained)
        n_folds = len(self.task.folds)
        items = [(configuration, fold) for configuration in configurations for fold in range(n_folds)]
        flat = map_items(
            partial(_one, self.task),
            items,
            workers=self.workers,
            keep=lambda i, score: done(i // n_folds, i % n_folds, score),
        )
        return [flat[first : first + n_folds] for first in range(0, len(flat), n_folds)]


def _one(task: Task, item: tuple[Configuration, int]) -> FoldScore:
    return fit_and_score(task, *item)
