"""The bar of a search says the best score so far, on a terminal."""

from __future__ import annotations

import io
import sys

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from matterlearn.models.networks import MLPRegressor
from matterlearn.search import Float, GridSearch, TPESearch
from matterlearn.search.task import FoldScore
from matterlearn.search.watching import watched

X = np.random.default_rng(0).normal(size=(20, 2))
y = X[:, 0]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def shown_by(search, monkeypatch) -> str:
    """Fit a search and return what a terminal shows meanwhile."""
    terminal = Terminal()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stderr", terminal)
        search.fit(X, y)
    return terminal.getvalue()


@pytest.mark.parametrize(
    ("search", "said"),
    [
        (GridSearch(Ridge(), {"alpha": [1.0, 2.0]}, cv=3, progress=True), ["grid search", "6/6"]),
        (TPESearch(Ridge(), {"alpha": Float(1, 2)}, n_trials=4, cv=2, progress=True), ["search", "4/4"]),
        (
            GridSearch(MLPRegressor((2,), epochs=1, device="cpu"), {"dropout": [0.0, 0.1]}, cv=2, progress=True),
            ["4/4"],
        ),
    ],
    ids=["grid", "tpe", "networks"],
)
def test_the_bar(monkeypatch, search, said):
    shown = shown_by(search, monkeypatch)
    for text in [*said, f"best {search.best_score_:.4g}"]:
        assert text in shown


def test_no_bar_without_being_asked(monkeypatch):
    assert shown_by(GridSearch(Ridge(), {"alpha": [1.0]}, cv=2), monkeypatch) == ""


def test_scores_of_incomplete_and_failed_configurations_do_not_count():
    with watched(3, 2, None) as watch:
        watch.trained(6)
        assert watch.left.n_done == 6
        for configuration, scores in enumerate([(0.5, 0.7), (0.9, np.nan), (0.95,)]):
            for fold, score in enumerate(scores):
                watch.scored(configuration, fold, FoldScore(score, 0.1))
    assert watch.best.text() == "best 0.6"
