"""A progress bar that says the best score so far."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from matterlearn.core.progress import progress_bar
from matterlearn.core.time_left import TimeLeft
from matterlearn.search.task import FoldScore


@contextmanager
def watched(n_configurations: int, n_folds: int, label: str | None) -> Iterator[Watch]:
    """Draw a bar for configurations on folds; what is given to the block is to be told of what is done.

    Parameters
    ----------
    n_configurations, n_folds : int
        How many there are.
    label : str, optional
        Text before the bar; no bar without it.

    Examples
    --------
    >>> with watched(1, 2, None) as watch:
    ...     watch.scored(0, 0, FoldScore(0.5, 0.1))
    """
    watch = Watch(n_configurations, n_folds)
    with progress_bar(watch.left, label, note=watch.best.text):
        yield watch


class Watch:
    """What is known of a search while it runs.

    Attributes
    ----------
    left : TimeLeft
        Fits that are done, and the time left.
    best : BestSoFar
        The best score.
    """

    def __init__(self, n_configurations: int, n_folds: int) -> None:
        self.left = TimeLeft([1.0] * (n_configurations * n_folds), speed_known=False)
        self.best = BestSoFar(n_folds)
        self._n_folds = n_folds
        self._n_trained = 0
        self._since = time.monotonic()

    def scored(self, configuration: int, fold: int, score: FoldScore) -> None:
        """Take the score of a configuration on a fold."""
        self.best.add(configuration, score.score)
        self.left.done(configuration * self._n_folds + fold, score.seconds)

    def trained(self, count: int) -> None:
        """Take that some networks, whichever, have been trained together since the last call."""
        now = time.monotonic()
        for _ in range(count):
            self.left.done(self._n_trained, (now - self._since) / count)
            self._n_trained += 1
        self._since = now


class BestSoFar:
    """The highest mean score of the configurations that are complete.

    Parameters
    ----------
    n_folds : int
        Scores that make a configuration complete.

    Examples
    --------
    >>> best = BestSoFar(2)
    >>> best.add(0, 0.5)
    >>> best.text()
    ''
    >>> best.add(0, 0.75)
    >>> best.text()
    'best 0.625'
    """

    def __init__(self, n_folds: int) -> None:
        self._n_folds = n_folds
        self._scores: dict[int, list[float]] = {}
        self._best = -np.inf

    def add(self, configuration: int, score: float) -> None:
        """Take a score of a configuration on one fold."""
        scores = self._scores.setdefault(configuration, [])
        scores.append(score)
        if len(scores) == self._n_folds and np.isfinite(scores).all():
            self.add_mean(float(np.mean(scores)))

    def add_mean(self, score: float) -> None:
        """Take the mean score of a configuration."""
        self._best = max(self._best, score)

    def text(self) -> str:
        """Return what the bar says."""
        return f"best {self._best:.4g}" if np.isfinite(self._best) else ""
