"""The search over networks of the study of alloys, and the network that is trained by hand."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone

from matterlearn.data.catalog import load_dataset
from matterlearn.data.dataset import Dataset
from matterlearn.models.networks import MLPRegressor
from matterlearn.studies import alloy_search_models as models
from matterlearn.studies import cases
from matterlearn.studies.even_widths import EvenWidths
from matterlearn.studies.page import StudyPage
from matterlearn.studies.parts.alloy_headline import add_headline
from matterlearn.studies.parts.alloy_search import CONFIRMED, OPEN, REFUTED
from matterlearn.studies.run import StudyRun

RUN = StudyRun("perovskite-alloys", quick=True, demo=True, seed=0, workers=1, say=lambda message: None)


@pytest.fixture(scope="module")
def case() -> cases.Case:
    """Binary alloys of two structure types."""

    def load(name: str, **arguments: Any) -> Dataset:
        whole = load_dataset(name, **arguments)
        return replace(whole, frame=whole.frame[whole.frame["prototype"].isin(["B1", "B2"])])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cases, "load_dataset", load)
        return cases.alloyed_perovskites(RUN)


def test_even_widths_are_two_parameters_of_a_network() -> None:
    network = MLPRegressor(EvenWidths(1, 50), epochs=1, device="cpu", random_state=0)
    other = clone(network).set_params(hidden_widths__n_layers=3, hidden_widths__width=7)
    assert tuple(network.hidden_widths) == (50,)
    assert tuple(other.hidden_widths) == (7, 7, 7) == other.hidden_widths[:]
    X = np.random.default_rng(0).random((20, 4))
    same = MLPRegressor((7, 7, 7), epochs=1, device="cpu", random_state=0).fit(X, X[:, 0])
    np.testing.assert_array_equal(other.fit(X, X[:, 0]).predict(X), same.predict(X))


def test_the_space_holds_the_baseline_and_what_is_searched() -> None:
    space = models.search_space()
    assert list(space) == list(models.BASELINE)
    outside = [name for name, value in models.BASELINE.items() if not space[name].holds(value)]
    assert outside == ["weight_decay"]  # next to none
    assert models.BASELINE["weight_decay"] * models.BATCH_SIZE / 2 == pytest.approx(1e-4)


def test_a_search(case: cases.Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "QUICK", models.Effort(n_trials=3, n_startup=2, epochs=4, n_starts=2))
    train, test = case.random_split(0)
    found = models.search_alloys(case, RUN, {"train": train, "test": test})
    space = models.search_space()
    assert all(space[name].holds(value) for name, value in found.best.items())
    assert len(found.searches[models.FOUND].cv_results_["params"]) == 3
    for which in (models.BASE, models.FOUND):
        search = found.searches[which]
        assert found.fold_scores(which).mean() == pytest.approx(search.best_score_)
        assert found.starts[which].shape == (2,)
        assert np.ptp(found.starts[which]) > 0
        y, prediction = found.pair(which, "test")
        np.testing.assert_array_equal(y, case.y[test])
        np.testing.assert_array_equal(prediction, search.predict(found.X[test]))
    assert found.n_parameters(models.BASE) == (found.X.shape[1] + 1) * 50 + 51
    assert (
        tuple(found.searches[models.FOUND].best_estimator_.regressor_.hidden_widths) == found.settings["hidden_widths"]
    )
    low, high = found.interval_of_gain(0)
    assert low < found.r2(models.FOUND, "test") - found.r2(models.BASE, "test") < high


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_the_network_by_hand(case: cases.Case, optimizer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from matterlearn.studies import alloy_torch_models

    used: list[Any] = []
    train_epoch = alloy_torch_models.train_epoch

    def watched(module: Any, batches: Any, optimizer: Any) -> float:
        used.append(optimizer)
        return train_epoch(module, batches, optimizer)

    monkeypatch.setattr(alloy_torch_models, "train_epoch", watched)
    monkeypatch.setattr(alloy_torch_models, "QUICK_EPOCHS", 12)
    monkeypatch.setattr(alloy_torch_models, "BATCH_SIZE", 16)
    train, test = case.random_split(0)
    settings = {"hidden_widths": (32, 32), "activation": "tanh", "optimizer": optimizer}
    fit = alloy_torch_models.fit_in_torch(case, RUN, {"train": train, "test": test}, settings)
    assert fit.n_learned + fit.n_validation == len(train)
    assert fit.n_validation == pytest.approx(0.1 * len(train), abs=3)
    assert sum(rows for rows, _ in fit.batch_shapes) == fit.n_learned
    assert {rows for rows, _ in fit.batch_shapes[:-1]} == {16}
    assert len(used) == fit.epochs == len(fit.curves["training"]) == len(fit.curves["validation"]) == 12
    assert type(used[0]).__name__.lower() == optimizer
    assert used[0].param_groups[0]["lr"] == 1e-3
    assert used[0].param_groups[0]["weight_decay"] == 0
    # The target has variance 1 on the rows learned from, so a loss starts near 1; and it falls.
    assert 0.5 < fit.curves["training"][0] < 2
    assert fit.curves["training"][-1] < fit.curves["training"][0]
    np.testing.assert_array_equal(fit.pairs["test"][0], case.y[test])
    assert fit.r2("train") > 0


@pytest.mark.parametrize(
    ("verdict", "said"), [(CONFIRMED, "an improvement."), (REFUTED, "a loss."), (OPEN, "not certain to be")]
)
def test_the_headline_says_what_the_interval_says(verdict: str, said: str) -> None:
    run = replace(RUN, demo=False)
    page = StudyPage("Alloys", run)
    names = (
        "stated_test_r2 other_unit_test_r2 long_test_r2 search_base_test_r2 search_best_test_r2 search_test_gain"
        " search_test_gain_low search_test_gain_high torch_test_r2 left_out_fractions_r2 left_out_kernel_descriptors_r2"
        " left_out_worst_mae"
    )
    page.add(
        unit="meV/atom",
        other_unit="eV/atom",
        search_n_trials=6,
        search_epochs=30,
        torch_epochs=60,
        n_left_out=5,
        n_elements=9,
        left_out_worst="Tc",
        search_verdict=verdict,
        **dict.fromkeys(names.split(), 0.25),
    )
    add_headline(page, run)
    lines = ["".join(piece.text for piece in line) for line in page._headline]
    assert said in lines[1]
    assert "5 of 9 elements" in lines[-1]
    assert not any("Type of the gap" in line for line in lines)  # none were computed


@pytest.mark.parametrize(
    ("validation", "said"),
    [
        ([1.0, 0.8, 0.6, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5], "have not done harm"),
        ([1.0, 0.4, 0.5, 0.6, 0.7, 0.7, 0.8, 0.8, 0.9, 0.9], "at the cost of others"),
        ([1.0, 0.9, 0.9, 0.8, 0.8, 0.8, 0.7, 0.7, 0.3, 0.9], "up and down"),
    ],
)
def test_what_is_said_of_the_curves(validation: list[float], said: str) -> None:
    from matterlearn.studies.parts.alloy_torch import _on_curves

    page = StudyPage("Alloys", RUN)
    fit: Any = SimpleNamespace(curves={"training": validation, "validation": validation}, epochs=len(validation))
    sentences = " ".join(_on_curves(page, fit))
    assert said in sentences
    assert page.numbers["torch_best_epoch"] == int(np.argmin(validation)) + 1
