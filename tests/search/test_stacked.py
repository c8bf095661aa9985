"""Networks of all configurations and folds, trained together: the same as one by one."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.linear_model import Ridge
from sklearn.metrics import make_scorer, mean_absolute_error
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from matterlearn.core.errors import ArgumentError, TrainingError
from matterlearn.models.networks import MLPClassifier, MLPRegressor
from matterlearn.search import Choice, Float, GridSearch, TPESearch
from matterlearn.search import evaluate as evaluate_module
from matterlearn.search.stacked import can_stack, network_path

rng = np.random.default_rng(0)
X = rng.normal(size=(45, 3)) * [1.0, 10.0, 0.1] + 5.0
y = 100.0 + 3.0 * X[:, 0] - 0.5 * X[:, 1] + rng.normal(size=45)


def network(**settings):
    return MLPRegressor((5,), epochs=4, batch_size=16, precision="float64", device="cpu", **settings)


def scaled(regressor):
    return TransformedTargetRegressor(regressor, transformer=StandardScaler())


WHERE = {
    "network": (network(random_state=3), ()),
    "pipeline": (Pipeline([("scale", StandardScaler()), ("net", network())]), ("net",)),
    "target outside": (
        scaled(Pipeline([("scale", StandardScaler()), ("regressor", network())])),
        ("regressor", "regressor"),
    ),
    "target inside": (make_pipeline(StandardScaler(), scaled(network())), ("transformedtargetregressor", "regressor")),
}


@pytest.fixture
def one_by_one(monkeypatch):
    """Search as if no estimator ended in a network."""

    def switch(off: bool) -> None:
        monkeypatch.setattr(evaluate_module, "can_stack", (lambda *_: False) if off else can_stack)

    return switch


@pytest.mark.parametrize("name", list(WHERE))
@pytest.mark.parametrize("weighted", [False, True])
def test_the_stack_finds_what_single_fits_find(name, weighted, one_by_one):
    estimator, path = WHERE[name]
    assert network_path(estimator) == path
    prefix = "".join(f"{part}__" for part in path)
    grid = {f"{prefix}learning_rate": [1e-3, 1e-1], f"{prefix}hidden_widths": [(5,), (3, 2)]}
    weights = rng.integers(0, 3, size=45) if weighted else None
    found = []
    for off in (False, True):
        one_by_one(off)
        found.append(GridSearch(estimator, grid, cv=3).fit(X, y, sample_weight=weights))
        assert found[-1].stacked_ is not off
    stack, single = found
    for k in range(3):
        column = f"split{k}_test_score"
        np.testing.assert_allclose(stack.cv_results_[column], single.cv_results_[column], rtol=1e-9)
    assert stack.best_params_ == single.best_params_
    np.testing.assert_allclose(stack.predict(X), single.predict(X), rtol=1e-12)
    for one, other in zip(stack.curves_, single.curves_, strict=True):
        np.testing.assert_allclose(one["loss"], other["loss"], rtol=1e-9)
        assert one["validation"].shape == (4,)  # the test rows are watched
        assert other["validation"] is None  # nobody watches where networks are fitted one by one


class Counted(TransformerMixin, BaseEstimator):
    """Scales nothing, and counts how often it is fitted and used."""

    fits = 0
    uses = 0

    def fit(self, X, y=None):
        type(self).fits += 1
        self.fitted_ = True
        return self

    def transform(self, X):
        type(self).uses += 1
        return X


def test_what_stands_before_the_network_is_fitted_once_per_fold():
    Counted.fits = Counted.uses = 0
    model = make_pipeline(Counted(), network(random_state=0))
    search = TPESearch(
        model,
        {"mlpregressor__learning_rate": Float(1e-4, 1e-1, log=True)},
        n_trials=4,
        batch_size=2,
        n_startup_trials=2,
        cv=3,
        refit=False,
    ).fit(X, y)
    assert search.stacked_
    assert (Counted.fits, Counted.uses) == (3, 6)  # training and test rows of each fold


@pytest.mark.parametrize(
    ("estimator", "names", "expected"),
    [
        (make_pipeline(StandardScaler(), network()), ["mlpregressor__dropout"], True),
        (make_pipeline(StandardScaler(), network()), ["mlpregressor__dropout", "standardscaler__with_mean"], False),
        (make_pipeline(StandardScaler(), network()), ["mlpregressor"], False),
        (make_pipeline(StandardScaler(), Ridge()), ["ridge__alpha"], False),
        (make_pipeline(network(), Ridge()), ["mlpregressor__dropout"], False),
    ],
)
def test_networks_are_stacked_only_if_all_that_varies_is_theirs(estimator, names, expected):
    assert can_stack(estimator, names) is expected


def test_what_does_not_belong_to_the_network_is_searched_one_by_one():
    model = make_pipeline(StandardScaler(), network(random_state=0))
    search = GridSearch(model, {"standardscaler__with_mean": [True, False]}, cv=2).fit(X, y)
    assert not search.stacked_
    assert search.curves_[0]["loss"].shape == (4,)


def test_a_network_that_runs_away_is_recorded_and_ranks_last(one_by_one):
    grid = {"learning_rate": [1e-3, 1e200], "optimizer": ["sgd"]}
    for off in (False, True):
        one_by_one(off)
        search = GridSearch(network(random_state=0, momentum=0.0), grid, cv=2).fit(X / 10, y / 100)
        table = search.cv_results_
        assert table["state"].tolist() == ["complete", "failed"]
        assert table["rank_test_score"].tolist() == [1, 2]
        assert np.isnan(table["mean_test_score"][1])
        assert "learning_rate=1e+200" in table["error"][1]
        assert table["error"][0] == ""
        assert search.best_params_ == {"learning_rate": 1e-3, "optimizer": "sgd"}


def test_a_function_that_scores_gets_the_rows_as_they_are():
    seen = []

    def score(model, rows, target):
        seen.append((type(model), float(np.mean(rows))))
        return model.score(rows, target)

    model = make_pipeline(StandardScaler(), network())
    search = GridSearch(model, {"mlpregressor__learning_rate": [1e-2]}, cv=2, scoring=score).fit(X, y)
    assert not search.stacked_
    assert all(kind is Pipeline and mean > 1.0 for kind, mean in seen)
    scorer = make_scorer(mean_absolute_error, greater_is_better=False)
    assert GridSearch(model, {"mlpregressor__learning_rate": [1e-2]}, cv=2, scoring=scorer).fit(X, y).stacked_


def test_none_can_be_trained():
    model = network(random_state=0, optimizer="sgd", momentum=0.0)
    with pytest.raises(TrainingError, match=r"none of 2 configurations could be trained.*lower the learning rate"):
        TPESearch(model, {"learning_rate": Float(1e199, 1e200)}, n_trials=2, batch_size=2, cv=2).fit(X, y)


def test_early_stopping_does_not_see_the_rows_of_the_score():
    model = network(random_state=0, validation_fraction=0.2, patience=2)
    folds = [(np.arange(22, 45), np.arange(22)), (np.arange(22), np.arange(22, 45))]
    search = GridSearch(model, {"learning_rate": [1e-3]}, cv=folds).fit(X, y)
    assert search.stacked_
    for k, (train, test) in enumerate(folds):
        expected = clone(model).set_params(learning_rate=1e-3).fit(X[train], y[train]).score(X[test], y[test])
        assert search.cv_results_[f"split{k}_test_score"][0] == pytest.approx(expected, rel=1e-9)
    with pytest.raises(ArgumentError, match="early stopping needs rows to watch"):
        GridSearch(network(patience=2), {"learning_rate": [1e-3]}, cv=2).fit(X, y)


def test_a_class_that_a_training_fold_lacks():
    labels = np.array(["a", "b"] * 20 + ["c"] * 5)
    folds = [(np.arange(30), np.arange(30, 45)), (np.arange(15, 45), np.arange(15))]
    model = MLPClassifier((4,), epochs=3, device="cpu", random_state=0)
    search = GridSearch(
        make_pipeline(StandardScaler(), model), {"mlpclassifier__activation": ["relu", "tanh"]}, cv=folds
    ).fit(X, labels)
    assert search.stacked_
    assert search.classes_.tolist() == ["a", "b", "c"]
    assert search.predict_proba(X).shape == (45, 3)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


@pytest.mark.filterwarnings("ignore:invalid value encountered in log")
def test_a_target_without_a_logarithm_is_scored_but_not_watched():
    model = TransformedTargetRegressor(network(), func=np.log, inverse_func=np.exp, check_inverse=False)
    folds = [(np.arange(1, 45), [0])]
    grid = {"regressor__learning_rate": [1e-2]}
    search = GridSearch(model, grid, cv=folds, scoring="neg_mean_absolute_error", refit=False)
    search.fit(X, np.where(np.arange(45) == 0, -1.0, y))
    assert search.stacked_
    assert np.isfinite(search.best_score_)
    assert search.curves_[0]["validation"] is None


def test_choices_of_widths_go_through_the_sampler():
    space = {"hidden_widths": Choice([(4,), (3, 3)]), "learning_rate": Float(1e-3, 1e-1, log=True)}
    search = TPESearch(network(random_state=0), space, n_trials=6, batch_size=3, n_startup_trials=3, cv=2).fit(X, y)
    assert search.stacked_
    assert set(search.cv_results_["param_hidden_widths"].tolist()) <= {(4,), (3, 3)}
    assert search.best_estimator_.coefs_[0].shape[1] == search.best_params_["hidden_widths"][0]
