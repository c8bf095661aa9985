"""The study `perovskite-search`: which rows are where, scores of the grid, and sentences that follow the numbers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from matterlearn.search import GridSearch
from matterlearn.studies import cases, search_models
from matterlearn.studies.figures.grid_heat import grid_heat
from matterlearn.studies.figures.loss_curves import loss_curves
from matterlearn.studies.page import StudyPage
from matterlearn.studies.parts import search_tests
from matterlearn.studies.run import StudyRun

RUN = StudyRun("perovskite-search", quick=True, demo=True, seed=1, workers=1, say=lambda message: None)


def check_rows(case: cases.Case, run: StudyRun) -> None:
    rows = search_models.search_rows(case, run)
    assert sorted(np.concatenate(list(rows.values()))) == list(range(len(case.y)))
    np.testing.assert_array_equal(rows["test"], case.random_split(run.seed)[1])
    assert case.held_out[rows["second test"]].all()
    assert len(rows["second test"]) == pytest.approx(0.2 * case.held_out.sum(), abs=2)
    unseen = set(case.unseen)
    assert all(unseen.isdisjoint(case.elements[row]) for row in rows["test"])
    assert not all(unseen.isdisjoint(case.elements[row]) for row in rows["train"])
    groups = [set(case.duplicates[part]) for part in rows.values()]
    assert sum(map(len, groups)) == len(set.union(*groups))


def test_rows_of_the_demonstration() -> None:
    check_rows(cases.unalloyed_perovskites(RUN), RUN)


def test_rows_of_the_perovskites(data_home: Path) -> None:
    run = StudyRun("perovskite-search", quick=True, demo=False, seed=0, workers=1, say=lambda message: None)
    case = cases.unalloyed_perovskites(run)
    check_rows(case, run)
    assert [len(part) for part in search_models.search_rows(case, run).values()] == [1238, 277, 34]


def test_combinations_are_sorted_and_their_spread_is_over_folds() -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(30, 4))
    y = X[:, 0] + 0.5 * rng.normal(size=30)
    search = GridSearch(Ridge(), {"alpha": [1e3, 1.0, 1e-3]}, cv=3, scoring="r2").fit(X, y)
    lines = search_models.combinations(search)
    assert [line["rank"] for line in lines] == [1, 2, 3]
    assert lines[0]["alpha"] == search.best_params_["alpha"]
    assert lines[0]["mean"] == search.best_score_
    for line in lines:
        scores = [search.cv_results_[f"split{fold}_test_score"][line["index"]] for fold in range(3)]
        assert line["spread"] == pytest.approx(np.std(scores, ddof=1))


@pytest.mark.parametrize(
    ("low", "high", "spread", "said"),
    [
        (0.01, 0.09, 0.02, "improved, by more than the difference varies over folds."),
        (0.01, 0.09, 0.20, "improved, by no more than the difference varies over folds."),
        (-0.01, 0.11, 0.02, "no improvement that this test can show."),
        (-0.11, 0.01, 0.02, "no improvement."),
        (-0.09, -0.01, 0.02, "worse, by more than the difference varies over folds."),
        (-0.09, -0.01, 0.20, "worse, by no more than the difference varies over folds."),
    ],
)
def test_verdicts(low: float, high: float, spread: float, said: str) -> None:
    page = StudyPage("Example", RUN)
    page.add(
        test_gain=(low + high) / 2,
        test_gain_low=low,
        test_gain_high=high,
        fold_gain_spread=spread,
        test_tuned_r2=0.8,
        test_untuned_r2=0.75,
    )
    text = "".join(piece.text for piece in page.pieces(search_tests._verdict(page, "test", "the first test")))
    assert text.startswith("On the first test R² is 0.800 tuned and 0.750 not tuned (difference ")
    assert text.endswith(f"): {said}")


def test_a_heat_map_frames_the_best_and_leaves_what_failed_empty() -> None:
    scores = [[[0.2, np.nan], [-7.0, 0.9]], [[0.9001, 0.1], [-0.0001, 0.3]]]
    figure = grid_heat(scores, ["a", "b"], ["x", "y"], ["u", "v"], row_name="row", column_name="column", score="R²")
    first, second, bar = figure.get_axes()
    assert [text.get_text() for text in first.texts] == ["0.200", "−7.000", "0.900"]
    assert [text.get_text() for text in second.texts] == ["0.900", "0.100", "0.000", "0.300"]
    assert (len(first.patches), len(second.patches)) == (0, 1)
    assert bar.get_ylim() == pytest.approx((-0.0999, 0.9001))  # the outlier does not decide the colours


def test_loss_curves_are_logarithmic_where_losses_differ_much() -> None:
    low, high = [2.0, 1.5], [3.0, 2.5]
    linear = loss_curves({"one": {"training": [low, high]}}, unit="eV²").get_axes()[0]
    assert linear.get_yscale() == "linear"
    assert linear.get_lines()[-1].get_ydata() == pytest.approx([2.5, 2.0])
    figure = loss_curves({"one": {"training": [[9.0, 0.1]]}, "two": {"training": [low]}}, unit="eV²")
    assert [axis.get_yscale() for axis in figure.get_axes()] == ["log", "log"]


@pytest.mark.parametrize(("gain", "said"), [(0.02, "is ahead of the"), (-0.02, "is behind the")])
def test_the_folds_may_speak_for_the_untuned_network(gain: float, said: str) -> None:
    page = StudyPage("Example", RUN)
    page.add(fold_gain=gain, fold_difference=abs(gain), fold_gain_spread=0.01, fold_wins=2, n_folds=5)
    text = "".join(piece.text for piece in page.pieces(search_tests._on_folds(page)))
    assert text.startswith(f"On the folds the tuned network {said} one that was not tuned by 0.020 ± 0.010")
    assert ("flatters" in text) == (gain > 0)
