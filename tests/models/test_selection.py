from __future__ import annotations

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.base import BaseEstimator, RegressorMixin, clone
from sklearn.dummy import DummyRegressor
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import Ridge
from sklearn.model_selection import GroupKFold, KFold, cross_val_score
from sklearn.neighbors import KNeighborsRegressor
from sklearn.tree import DecisionTreeRegressor
from sklearn.utils.estimator_checks import parametrize_with_checks

from matterlearn.core.errors import ArgumentError
from matterlearn.models.blend import Blend
from matterlearn.models.selection import CandidateSelector, blend_weights


@parametrize_with_checks(
    [CandidateSelector([("ridge", Ridge()), ("kernel", KernelRidge(kernel="rbf", gamma=0.1))], cv=2)]
)
def test_scikit_learn_contract(estimator, check):
    check(estimator)


class Shifted(RegressorMixin, BaseEstimator):
    """The truth, x of the first column, plus a constant: what is learned from the rows does not matter."""

    def __init__(self, shift: float = 0.0) -> None:
        self.shift = shift

    def fit(self, X, y):
        self.n_rows_ = len(X)
        return self

    def predict(self, X):
        return np.asarray(X)[:, 0] + self.shift


X = np.random.default_rng(0).normal(size=(30, 2)) + 5.0
y = X[:, 0].copy()


def test_the_planted_best_candidate_is_chosen():
    selector = CandidateSelector([("off", Shifted(3.0)), ("truth", Shifted()), ("near", Shifted(0.5))]).fit(X, y)
    assert selector.weights_ == {"truth": 1.0}
    assert selector.scores_ == pytest.approx({"off": 3.0, "truth": 0.0, "near": 0.5}, abs=1e-12)
    assert selector.blend_score_ == pytest.approx(0.0, abs=1e-12)
    np.testing.assert_allclose(selector.predict(X), y, rtol=0, atol=1e-12)


def test_a_blend_of_opposite_biases_beats_both():
    candidates = [("high", Shifted(1.0)), ("low", Shifted(-1.0))]
    selector = CandidateSelector(candidates).fit(X, y)
    assert selector.weights_ == {"high": 0.5, "low": 0.5}
    assert selector.blend_score_ < 1e-12 < min(selector.scores_.values())
    np.testing.assert_allclose(selector.predict(X), y, rtol=0, atol=1e-12)
    single = CandidateSelector(candidates, blend=False).fit(X, y)
    assert single.weights_ == {"high": 1.0}  # of equals the first
    assert single.blend_score_ == pytest.approx(1.0)


def test_one_candidate_needs_no_inner_folds():
    selector = CandidateSelector([("only", Shifted(2.0))], cv="no splitter").fit(X, y)
    assert selector.weights_ == {"only": 1.0}
    assert selector.scores_ == {}
    np.testing.assert_allclose(selector.predict(X), y + 2.0)


def test_what_is_chosen_is_fitted_on_all_rows():
    model = CandidateSelector([("truth", Shifted()), ("off", Shifted(3.0))], cv=3).fit(X, y).model_
    assert isinstance(model, Blend)
    assert [member.n_rows_ for _, member in model.members_] == [len(X)]


def test_chosen_is_fresh_and_chooses_no_more():
    selector = CandidateSelector([("high", Shifted(1.0)), ("low", Shifted(-1.0))]).fit(X, y)
    chosen = selector.chosen()
    assert not hasattr(chosen, "members_")
    np.testing.assert_allclose(chosen.fit(X[:3], y[:3] + 7.0).predict(X), y, rtol=0, atol=1e-12)


def test_predictions_of_a_target_that_is_never_negative_are_not_either():
    rows = np.linspace(-3.0, 3.0, 31).reshape(-1, 1)
    selector = CandidateSelector([("line", Ridge(1e-6)), ("mean", DummyRegressor())])
    assert selector.fit(rows, np.abs(rows[:, 0])).predict(np.array([[1e6]]))[0] >= 0
    line = CandidateSelector([("line", Ridge(1e-6))])
    assert line.fit(rows, rows[:, 0] + 3.0).predict(np.array([[-10.0]])) == 0.0
    assert line.fit(rows, rows[:, 0]).predict(np.array([[-10.0]]))[0] == pytest.approx(-10.0, rel=1e-3)


class Recording:
    """A splitter that notes what it was given."""

    def split(self, X, y=None, groups=None):
        self.groups = groups
        yield from GroupKFold(2).split(X, y, groups)


def test_groups_reach_the_splitter():
    cv, groups = Recording(), [i // 10 for i in range(len(X))]
    CandidateSelector([("a", Shifted()), ("b", Shifted(1.0))], cv=cv).fit(X, y, groups=groups)
    assert cv.groups == groups


def test_inner_predictions_are_those_of_the_chosen_blend_for_rows_it_had_not_seen():
    rng = np.random.default_rng(2)
    target = np.maximum(y - 5.0 + 0.3 * rng.normal(size=len(y)), 0.0)
    cv = KFold(3, shuffle=True, random_state=1)
    candidates = [("ridge", Ridge(1.0)), ("near", KNeighborsRegressor(3)), ("mean", DummyRegressor())]
    selector = CandidateSelector(candidates, cv=cv).fit(X, target)
    assert len(selector.weights_) > 1
    inner = selector.inner_
    assert sorted(inner.rows) == list(range(len(X)))
    assert inner.y.tolist() == target[inner.rows].tolist()
    for train, test in cv.split(X):
        blend = selector.chosen().fit(X[train], target[train])
        at = np.flatnonzero(np.isin(inner.rows, test))
        prediction, spread = blend.predict_with_spread(X[inner.rows[at]])
        np.testing.assert_allclose(inner.prediction[at], prediction, rtol=0, atol=1e-12)
        np.testing.assert_allclose(inner.spread[at], spread, rtol=0, atol=1e-12)
    assert inner.prediction.min() == 0.0  # the floor


def test_inner_predictions_of_one_candidate():
    best = CandidateSelector([("off", Shifted(3.0)), ("truth", Shifted())], cv=GroupedTwice()).fit(X, y).inner_
    assert best.rows.tolist() == [0, 1, 0, 2]  # rows may be tested twice, or never
    assert best.prediction.tolist() == best.y.tolist() == y[[0, 1, 0, 2]].tolist()
    assert np.isnan(best.spread).all()
    assert CandidateSelector([("only", Shifted())]).fit(X, y).inner_ is None


class GroupedTwice:
    """Tests row 0 twice and most rows never."""

    def split(self, X, y=None, groups=None):
        yield np.arange(5, 30), np.array([0, 1])
        yield np.arange(5, 30), np.array([0, 2])


def test_weights_decide_what_is_chosen():
    """One candidate knows the rows on the left, the other those on the right: who is chosen depends on the weights."""
    sides = np.where(np.arange(30) < 15, -1.0, 1.0)
    rows = np.column_stack([sides, X])
    left, right = OneSide(-1.0), OneSide(1.0)
    for heavy, chosen in ((-1.0, "left"), (1.0, "right")):
        weights = np.where(sides == heavy, 5.0, 1.0)
        selector = CandidateSelector([("left", left), ("right", right)], blend=False)
        selector.fit(rows, np.zeros(30), sample_weight=weights)
        assert selector.weights_ == {chosen: 1.0}
        assert selector.scores_[chosen] == pytest.approx(1 / 6)
        assert selector.blend_score_ == pytest.approx(1 / 6)


class OneSide(RegressorMixin, BaseEstimator):
    """Right on one side, off by 1 on the other; takes weights and forgets them."""

    def __init__(self, side: float = 1.0) -> None:
        self.side = side

    def fit(self, X, y, sample_weight=None):
        self.fitted_ = True
        return self

    def predict(self, X):
        return (np.asarray(X)[:, 0] != self.side).astype(float)


def test_rows_without_weight_count_for_nothing():
    rng = np.random.default_rng(3)
    weights = np.r_[rng.uniform(0.5, 2.0, 24), np.zeros(6)]
    folds = [(np.arange(12, 30), np.arange(12)), (np.r_[np.arange(12), 24:30], np.arange(12, 24))]
    candidates = [("ridge", Ridge()), ("tree", DecisionTreeRegressor(max_depth=3, random_state=0))]
    noisy = y + 0.5 * rng.normal(size=30)
    spoilt = np.r_[noisy[:24], np.full(6, -1e6)]
    one = CandidateSelector(candidates, cv=folds).fit(X, noisy, sample_weight=weights)
    two = CandidateSelector(candidates, cv=folds).fit(X, spoilt, sample_weight=weights)
    assert one.scores_ == two.scores_
    assert one.floor_ == two.floor_ == 0.0
    assert one.predict(X).tobytes() == two.predict(X).tobytes()


def test_candidates_that_take_no_weights_are_named():
    selector = CandidateSelector([("ridge", Ridge()), ("near", KNeighborsRegressor(3))])
    with pytest.raises(ArgumentError, match="no weights of rows can be given to near; leave such candidates out"):
        selector.fit(X, y, sample_weight=np.arange(30.0))


def test_inner_folds_must_test_rows_that_count():
    selector = CandidateSelector([("a", Ridge()), ("b", Ridge(2.0))], cv=[(np.arange(10, 30), np.arange(10))])
    with pytest.raises(ArgumentError, match="every row that the inner folds test has weight 0"):
        selector.fit(X, y, sample_weight=np.r_[np.zeros(10), np.ones(20)])


def test_deterministic():
    def fitted(seed: int) -> CandidateSelector:
        rng = np.random.default_rng(5)
        noisy = y + rng.normal(size=len(y))
        candidates = [("ridge", Ridge(3.0)), ("near", KNeighborsRegressor(3)), ("mean", DummyRegressor())]
        return CandidateSelector(candidates, random_state=seed).fit(X, noisy)

    one, two, other = fitted(0), fitted(0), fitted(1)
    assert one.scores_ == two.scores_
    assert one.weights_ == two.weights_
    assert one.predict(X).tobytes() == two.predict(X).tobytes()
    assert one.scores_ != other.scores_  # the seed draws the inner folds


def test_clone_pickle_and_cross_val_score():
    selector = CandidateSelector([("ridge", Ridge()), ("near", KNeighborsRegressor(3))], cv=2, random_state=3)
    copy = clone(selector)
    assert copy is not selector
    assert copy.get_params(deep=False).keys() == selector.get_params(deep=False).keys()
    fitted = copy.fit(X, y)
    again = pickle.loads(pickle.dumps(fitted))
    assert again.predict(X).tobytes() == fitted.predict(X).tobytes()
    assert cross_val_score(selector, X, y, cv=3).min() > 0.9


@pytest.mark.parametrize("candidates", [[], [("a", Ridge()), ("a", Ridge(2.0))]], ids=["none", "same name"])
def test_candidates_need_different_names(candidates):
    with pytest.raises(ArgumentError, match="at least one candidate and different names"):
        CandidateSelector(candidates).fit(X, y)


values = st.floats(-10, 10).map(lambda number: round(number, 3))


@settings(deadline=None, max_examples=60)
@given(
    truth=arrays(float, 7, elements=values), predictions=arrays(float, (7, 3), elements=values), steps=st.integers(1, 6)
)
def test_weights_are_non_negative_sum_to_one_and_never_lose_to_the_best(truth, predictions, steps):
    weights = blend_weights(truth, predictions, steps=steps)
    assert weights.min() >= 0
    assert weights.sum() == pytest.approx(1.0)
    singles = np.mean(np.abs(predictions - truth[:, None]), axis=0)
    blended = np.mean(np.abs(predictions @ weights - truth))
    assert blended <= singles.min() + 1e-9
    if steps == 1:
        assert sorted(weights) == [0, 0, 1]
        assert singles[np.argmax(weights)] == singles.min()


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 10_000), counts=arrays(int, 7, elements=st.integers(0, 3)).filter(lambda c: c.any()))
def test_whole_weights_are_repeated_rows(seed, counts):
    rng = np.random.default_rng(seed)
    truth = rng.normal(size=7)
    predictions = truth[:, None] + rng.normal(size=(7, 3))
    weighted = blend_weights(truth, predictions, sample_weight=counts.astype(float))
    repeated = blend_weights(np.repeat(truth, counts), np.repeat(predictions, counts, axis=0))
    np.testing.assert_allclose(weighted, repeated, atol=1e-12)


def greedy(truth: np.ndarray, predictions: np.ndarray, steps: int) -> list[int]:
    """Brute force: at each step try every candidate on the plain mean of those chosen so far; keep the best stage."""
    chosen: list[int] = []
    stages = []
    while len(chosen) < steps:
        errors = [
            np.mean(np.abs(np.mean([predictions[:, i] for i in (*chosen, k)], axis=0) - truth))
            for k in range(predictions.shape[1])
        ]
        chosen.append(int(np.argmin(errors)))
        stages.append(min(errors))
    return chosen[: int(np.argmin(stages)) + 1]


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 10_000), n_candidates=st.integers(1, 4), steps=st.integers(1, 8))
def test_weights_are_those_of_the_greedy_choice(seed, n_candidates, steps):
    rng = np.random.default_rng(seed)
    truth = rng.normal(size=9)
    predictions = truth[:, None] + rng.normal(size=(9, n_candidates))
    chosen = greedy(truth, predictions, steps)
    expected = np.bincount(chosen, minlength=n_candidates) / len(chosen)
    np.testing.assert_allclose(blend_weights(truth, predictions, steps=steps), expected, atol=1e-12)
