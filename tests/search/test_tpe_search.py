"""Trials: what they draw, what comes of them, and how a search goes on."""

from __future__ import annotations

import logging
import time

import numpy as np
import optuna
import pytest
from sklearn.linear_model import Ridge
from sklearn.svm import SVR

from matterlearn.core.errors import ArgumentError, TrainingError
from matterlearn.search import Choice, Float, Integer, TPESearch, parameter_importance
from matterlearn.search.draw import Past, draw, is_below_median, sampler_settings
from matterlearn.search.results import FAILED
from matterlearn.search.space import ordered_space

rng = np.random.default_rng(2)
X = rng.normal(size=(36, 3))
y = X @ [1.0, -2.0, 0.5] + 0.3 * rng.normal(size=36)
SPACE = {
    "kernel": Choice(["linear", "rbf"]),
    "C": Float(1e-2, 1e2, log=True),
    "gamma": Float(1e-3, 1e1, log=True, when={"kernel": "rbf"}),
    "cache_size": Integer(50, 200, step=50),
}


def search(**arguments):
    return TPESearch(SVR(), SPACE, **{"n_trials": 14, "n_startup_trials": 4, "cv": 2, **arguments})


def same(one, other, upto=None):
    """Tell whether two searches made the same trials; times apart."""
    for name, column in one.cv_results_.items():
        if "time" not in name and "rank" not in name:
            np.testing.assert_equal(list(column)[:upto], list(other.cv_results_[name])[:upto], err_msg=name)
    return True


@pytest.fixture(scope="module")
def whole():
    return search().fit(X, y)


def test_the_same_seed_gives_the_same_trials(whole):
    assert same(search().fit(X, y), whole)
    assert search(random_state=1).fit(X, y).cv_results_["params"] != whole.cv_results_["params"]


def test_values_lie_in_the_space_and_conditions_hold(whole):
    for params in whole.cv_results_["params"]:
        assert 1e-2 <= params["C"] <= 1e2
        assert params["cache_size"] in (50, 100, 150, 200)
        assert ("gamma" in params) == (params["kernel"] == "rbf")
    masks = whole.cv_results_["param_gamma"].mask
    assert masks.any()
    assert not masks.all()
    assert whole.best_score_ == whole.cv_results_["mean_test_score"].max()


def test_it_finds_the_minimum_of_a_planted_error():
    class Planted(Ridge):
        def predict(self, X):
            return np.full(len(X), (np.log10(self.alpha) - 1.0) ** 2)

    zeros = np.zeros(len(X))
    found = TPESearch(
        Planted(), {"alpha": Float(1e-6, 1e6, log=True)}, n_trials=40, cv=2, scoring="neg_mean_absolute_error"
    ).fit(X, zeros)
    assert abs(np.log10(found.best_params_["alpha"]) - 1.0) < 0.3
    off = np.abs(np.log10(np.asarray(found.cv_results_["param_alpha"])) - 1.0)
    assert np.median(off[10:]) < 1.8  # it learned: of random draws, half would be off by 3 or more


@pytest.mark.parametrize("batch_size", [1, 4])
def test_a_journal_changes_nothing_and_a_longer_search_goes_on(tmp_path, batch_size):
    whole = search(batch_size=batch_size).fit(X, y)
    path = tmp_path / "new folder" / "trials.log"
    short = search(batch_size=batch_size, storage=path, n_trials=6).fit(X, y)
    assert same(short, whole, 6)
    before = path.read_bytes()
    assert same(search(batch_size=batch_size, storage=str(path), n_trials=6).fit(X, y), short)
    assert path.read_bytes() == before  # nothing was done again
    assert same(search(batch_size=batch_size, storage=path).fit(X, y), whole)
    assert same(search(batch_size=batch_size, storage=path, n_trials=6).fit(X, y), short)  # the first six of them


def test_a_database(tmp_path, whole):
    address = f"sqlite:///{tmp_path}/trials.db"
    search(storage=address, n_trials=2).fit(X, y)
    assert same(search(storage=address, n_trials=6).fit(X, y), whole, 6)
    with pytest.raises(ArgumentError, match="this database cannot be opened"):
        search(storage="nodatabase://x").fit(X, y)


def test_proposals_of_a_batch_lie_apart():
    space = ordered_space({"x": Float(0.0, 1.0)})
    settings = sampler_settings(space, 4)
    past = [Past({"x": x}, "complete", -abs(x - 0.5)) for x in np.linspace(0, 1, 12)]
    known, blind = list(past), []
    for number in range(12, 18):
        known.append(Past(draw(space, settings, 0, number, known), "running"))
        blind.append(draw(space, settings, 0, number, past)["x"])
    told = [trial.drawn["x"] for trial in known[12:]]
    assert told != blind  # running trials count
    assert np.std(told) > np.std(blind)


def test_trials_that_failed_are_avoided():
    space = ordered_space({"x": Float(0.0, 1.0)})
    settings = sampler_settings(space, 4)
    good = [Past({"x": x}, "complete", x) for x in np.linspace(0.0, 0.5, 8)]
    bad = [Past({"x": x}, FAILED) for x in np.linspace(0.55, 1.0, 8)]
    draws = [draw(space, settings, 0, number, good + bad)["x"] for number in range(16, 36)]
    assert np.mean(np.array(draws) < 0.55) > 0.8


class Breaking(Ridge):
    def fit(self, X, y, sample_weight=None):
        if self.alpha > 1.0:
            raise TrainingError("the loss is no number any more")
        return super().fit(X, y, sample_weight)


def test_failed_trials_are_recorded_and_rank_last():
    found = TPESearch(Breaking(), {"alpha": Float(1e-2, 1e2, log=True)}, n_trials=12, cv=2).fit(X, y)
    table = found.cv_results_
    failed = np.asarray(table["param_alpha"]) > 1.0
    assert 0 < failed.sum() < 12
    assert [state == "failed" for state in table["state"]] == failed.tolist()
    assert np.isnan(table["mean_test_score"][failed]).all()
    assert table["rank_test_score"][failed].min() == (~failed).sum() + 1
    assert set(table["error"][failed]) == {"the loss is no number any more"}
    with pytest.raises(TrainingError, match="none of 3 configurations could be trained; of the first: the loss"):
        TPESearch(Breaking(), {"alpha": Float(2, 3)}, n_trials=3, cv=2).fit(X, y)


def test_the_median_rule():
    past = [Past({}, "complete", 0.0, {0: 0.9, 1: score}) for score in (0.1, 0.2, 0.3, 0.4, 0.5)]
    assert is_below_median(past, 1, 0.25, 5)
    assert not is_below_median(past, 1, 0.35, 5)
    assert not is_below_median(past[:4], 1, 0.0, 5)  # too few to judge


def test_pruned_trials_have_the_folds_that_they_were_tried_on():
    found = search(pruner="median", n_trials=20, cv=3).fit(X, y)
    table = found.cv_results_
    pruned = table["state"] == "pruned"
    assert 0 < pruned.sum() < 15
    assert np.isfinite(table["split0_test_score"]).all()
    assert np.isnan(table["split2_test_score"][pruned]).all()
    assert np.isnan(table["mean_test_score"][pruned]).all()
    assert np.isfinite(table["mean_test_score"][~pruned]).all()
    for i in np.flatnonzero(pruned & np.isnan(table["split1_test_score"])):  # given up after the first fold
        earlier = table["split0_test_score"][:i][~pruned[:i]]
        assert table["split0_test_score"][i] < np.median(earlier)


@pytest.mark.parametrize(
    ("changed", "part"),
    [
        ({"estimator": SVR(epsilon=0.5)}, "estimator"),
        ({"space": {**SPACE, "C": Float(1e-2, 1e3, log=True)}}, "space"),
        ({"cv": 3}, "folds"),
        ({"scoring": "neg_mean_absolute_error"}, "scoring"),
        ({"random_state": 1}, "folds, random_state"),
        ({"n_startup_trials": 5}, "sampler"),
        ({"batch_size": 2}, "batch_size"),
        ({"pruner": "median"}, "pruner"),
    ],
)
def test_another_search_in_the_same_file_is_refused(tmp_path, changed, part):
    path = tmp_path / "trials.log"
    search(storage=path, n_trials=1).fit(X, y)
    before = path.read_text().count("drawn")
    with pytest.raises(ArgumentError, match=f"belongs to another search: other {part}; take another file"):
        search(storage=path, n_trials=1).set_params(**changed).fit(X, y)
    assert path.read_text().count("drawn") == before


def test_other_data_are_another_search_and_another_name_is_free(tmp_path):
    path = tmp_path / "trials.log"
    first = search(storage=path, n_trials=2).fit(X, y)
    with pytest.raises(ArgumentError, match="belongs to another search: other data"):
        search(storage=path, n_trials=2).fit(X, y + 1e-9)
    search(storage=path, n_trials=3, study_name="shifted").fit(X, y + 1e-9)
    assert same(search(storage=path, n_trials=2).fit(X, y), first)


def test_optuna_reads_the_journal(tmp_path, whole):
    path = tmp_path / "trials.log"
    search(storage=path).fit(X, y)
    backend = optuna.storages.journal.JournalFileBackend(str(path))
    study = optuna.load_study(study_name="search", storage=optuna.storages.JournalStorage(backend))
    assert study.best_value == whole.best_score_
    assert study.best_params == whole.best_params_


def test_the_settings_of_the_sampler_are_recorded(whole):
    assert whole.sampler_settings_ == {
        "sampler": "TPESampler",
        "optuna": optuna.__version__,
        "n_startup_trials": 4,
        "n_ei_candidates": 24,
        "multivariate": True,
        "group": True,  # there is a condition
        "constant_liar": True,
        "seed": 'item_seed(0, "trial", number)',
    }


def test_it_says_nothing_and_leaves_optuna_as_it_was(capfd, caplog):
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.INFO)
    try:
        with caplog.at_level(logging.INFO):
            search(n_trials=2).fit(X, y)
        assert optuna.logging.get_verbosity() == optuna.logging.INFO
    finally:
        optuna.logging.set_verbosity(before)
    captured = capfd.readouterr()
    assert (captured.out, captured.err, caplog.text) == ("", "", "")


def test_an_interrupted_trial_is_done_by_the_next_start_in_the_same_process(tmp_path, whole):
    calls = []

    class Interrupted(SVR):
        def fit(self, X, y, sample_weight=None):
            calls.append(1)
            if len(calls) == 9:  # within the fifth trial
                raise KeyboardInterrupt
            return super().fit(X, y, sample_weight)

    Interrupted.__module__, Interrupted.__qualname__ = SVR.__module__, "SVR"
    path = tmp_path / "trials.log"
    stopped = TPESearch(Interrupted(), SPACE, n_trials=14, n_startup_trials=4, cv=2, storage=path)
    with pytest.raises(KeyboardInterrupt):
        stopped.fit(X, y)
    start = time.monotonic()
    assert same(search(storage=path).fit(X, y), whole)
    assert time.monotonic() - start < 25.0  # it does not wait for a lock that nobody holds


def test_the_parameter_that_matters_is_found():
    strong, weak = rng.uniform(0, 1, 30), rng.uniform(0, 1, 30)
    table = {
        "mean_test_score": 10 * (strong - 0.3) ** 2 + 0.1 * weak,
        "param_a__weak": weak,
        "param_a__strong": strong,
        "param_same": np.ones(30),
        "param_sometimes": np.ma.MaskedArray(weak, mask=weak > 0.5),
    }
    shares = parameter_importance(table, n_forests=2)
    assert list(shares) == ["a__strong", "a__weak"]
    assert shares["a__strong"][0] > 0.9
    assert sum(mean for mean, _ in shares.values()) == pytest.approx(1.0)
    with pytest.raises(ArgumentError, match="3 complete trials with 2 parameters"):
        parameter_importance({name: column[:3] for name, column in table.items()})
