"""How the score of a search and the names of its parameters are written on figures."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matterlearn.core.errors import ArgumentError
from matterlearn.report.figures.style import with_unit

_WORDS = {"r2": "R²", "neg_root_mean_squared_error": "RMSE"}


@dataclass(frozen=True)
class ShownScore:
    """A score as people read it: an error is positive, and less is better.

    Attributes
    ----------
    label : str
        For an axis, with the unit.
    sign : float
        1, or -1 if scikit-learn's score is the negative of what is shown.
    values : ndarray of float, shape (n_trials,)
        Means over the folds; of what was given up, over the folds that it was tried on; NaN of what failed.
    state : list of str
        "complete", "pruned" or "failed", of each trial.
    """

    label: str
    sign: float
    values: NDArray[np.float64]
    state: list[str]

    @property
    def complete(self) -> NDArray[np.bool_]:
        """Which trials were scored on all folds, shape (n_trials,)."""
        return np.array([state == "complete" for state in self.state], dtype=bool)

    def best(self) -> int:
        """Return the position of the best complete trial."""
        return int(np.nanargmax(np.where(self.complete, self.sign * self.values, np.nan)))

    def limits(self) -> tuple[float, float]:
        """Return what an axis has to show: all but values that lie far on the bad side.

        A few trials are often a hundred times worse than the others, and would hide all differences.
        """
        if not self.complete.any():
            raise ArgumentError("no trial is complete", where="cv_results", fix="there is nothing to draw")
        good = self.sign * self.values[self.complete]
        low, median, high = np.quantile(good, [0.0, 0.5, 1.0])
        cut = max(low, median - FAR * max(high - median, 1e-12))
        margin = 0.06 * (high - cut) or 0.05 * max(abs(high), 1e-12)
        ends = sorted((self.sign * (cut - margin), self.sign * (high + margin)))
        return float(ends[0]), float(ends[1])


FAR = 5.0
"""Distance from the median, in units of that of the best, beyond which a score is drawn at the edge."""


def shown_score(cv_results: Mapping[str, Any], scoring: str | None, unit: str) -> ShownScore:
    """Return the scores of a search as they are shown.

    Parameters
    ----------
    cv_results : mapping
        Of a search.
    scoring : str or None
        scikit-learn's name of the score.
    unit : str
        Of what is shown; empty without one.

    Examples
    --------
    >>> results = {"mean_test_score": [-0.3, -0.2], "split0_test_score": [-0.3, -0.2]}
    >>> shown = shown_score(results, "neg_mean_absolute_error", "eV")
    >>> shown.label, shown.values.tolist(), shown.best()
    ('mean absolute error (eV)', [0.3, 0.2], 1)
    """
    means = np.array(cv_results["mean_test_score"], dtype=float)
    state = list(cv_results.get("state", np.where(np.isfinite(means), "complete", "failed")))
    folds = np.array([column for name, column in cv_results.items() if _is_fold(name)], dtype=float)
    for i in np.flatnonzero([state_i == "pruned" for state_i in state]):
        tried = folds[:, i][np.isfinite(folds[:, i])]
        means[i] = tried.mean() if len(tried) else np.nan
    sign = -1.0 if scoring is not None and scoring.startswith("neg_") else 1.0
    words = "score" if scoring is None else _WORDS.get(scoring, scoring.removeprefix("neg_").replace("_", " "))
    return ShownScore(with_unit(words, unit), sign, sign * means, state)


def parameter_names(names: Sequence[str], width: int = 16) -> dict[str, str]:
    """Return parameters as a figure names them: without what they are parts of, if that is clear, on short lines.

    Examples
    --------
    >>> parameter_names(["mlpregressor__learning_rate", "mlpregressor__dropout"])
    {'mlpregressor__learning_rate': 'learning rate', 'mlpregressor__dropout': 'dropout'}
    """
    short = [name.rpartition("__")[2] for name in names]
    plain = [last if short.count(last) == 1 else name for name, last in zip(names, short, strict=True)]
    words = [" ".join(name.replace("_", " ").split()) for name in plain]
    return {name: textwrap.fill(word, width) for name, word in zip(names, words, strict=True)}


def _is_fold(name: str) -> bool:
    return name.startswith("split") and name.endswith("_test_score")
