"""Every split does what scikit-learn's own do."""

from __future__ import annotations

import numpy as np
import pytest
import sklearn
from matter_tables import binaries
from sklearn.base import clone
from sklearn.dummy import DummyRegressor
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV, check_cv, cross_val_predict, cross_val_score, cross_validate

import matterlearn.validation.splits as splits
from matterlearn.data.elements_of import element_sets
from matterlearn.validation.splits import (
    ClusterSplit,
    ElementGroupSplit,
    ElementSplit,
    ExtremesSplit,
    GroupSplit,
    RandomSplit,
    StratifiedSplit,
)

TABLE = binaries(60)
ELEMENTS = element_sets(TABLE[["formula"]], {"formula": "formula"})
X = np.random.default_rng(0).normal(size=(60, 3))
Y = TABLE["gap_eV"].to_numpy()
PAIRS = np.repeat(np.arange(30), 2)
MAE = "neg_mean_absolute_error"  # defined for a test of one row
CASES = [
    (RandomSplit(3, n_repeats=2), None),
    (RandomSplit(3), PAIRS),
    (StratifiedSplit(4), None),
    (StratifiedSplit(4), PAIRS),
    (ElementGroupSplit(4), ELEMENTS),
    (ElementSplit(), ELEMENTS),
    (ElementSplit(["O", "Na"]), ELEMENTS),
    (GroupSplit(3), TABLE["family"]),
    (ClusterSplit(4), None),
    (ClusterSplit(4), PAIRS),
    (ExtremesSplit(0.2), None),
    (ExtremesSplit(0.2), PAIRS),
]
every = pytest.mark.parametrize(
    ("cv", "groups"), CASES, ids=[f"{i}-{type(cv).__name__}" for i, (cv, _) in enumerate(CASES)]
)


def same(first, second) -> bool:
    pairs = zip(first, second, strict=True)
    return all(np.array_equal(a, b) for one, other in pairs for a, b in zip(one, other, strict=True))


@every
def test_cross_validation(cv, groups):
    n_splits = cv.get_n_splits(X, Y, groups)
    assert n_splits == len(list(cv.split(X, Y, groups)))
    scores = cross_val_score(DummyRegressor(), X, Y, scoring=MAE, cv=cv, groups=groups)
    assert len(scores) == n_splits
    assert np.all(np.isfinite(scores))
    found = cross_validate(Ridge(), X, Y, cv=cv, groups=groups, scoring=MAE, return_indices=True)["indices"]
    assert same(zip(found["train"], found["test"], strict=True), cv.split(X, Y, groups))


@every
def test_search(cv, groups):
    search = GridSearchCV(Ridge(), {"alpha": [0.1, 10.0]}, scoring=MAE, cv=cv).fit(X, Y, groups=groups)
    assert search.n_splits_ == cv.get_n_splits(X, Y, groups)
    assert np.all(np.isfinite(search.cv_results_["mean_test_score"]))


@every
def test_groups_are_routed(cv, groups):
    with sklearn.config_context(enable_metadata_routing=True):
        params = {} if groups is None else {"groups": groups}
        routed = cross_val_score(DummyRegressor(), X, Y, scoring=MAE, cv=cv, params=params)
        nested = GridSearchCV(Ridge(), {"alpha": [0.1, 10.0]}, scoring=MAE, cv=cv).fit(X, Y, **params)
    assert np.array_equal(routed, cross_val_score(DummyRegressor(), X, Y, scoring=MAE, cv=cv, groups=groups))
    assert nested.n_splits_ == cv.get_n_splits(X, Y, groups)


def test_nested_with_groups_inside_and_outside():
    with sklearn.config_context(enable_metadata_routing=True):
        search = GridSearchCV(Ridge(), {"alpha": [0.1, 10.0]}, scoring=MAE, cv=ElementGroupSplit(3))
        outer = ElementGroupSplit(4)
        scores = cross_val_score(search, X, Y, scoring=MAE, cv=outer, params={"groups": ELEMENTS})
    assert len(scores) == 4


def test_predictions_of_every_row_where_each_is_tested_once():
    for cv, groups in [(RandomSplit(3), PAIRS), (StratifiedSplit(3), PAIRS), (GroupSplit(3), TABLE["family"])]:
        assert cross_val_predict(Ridge(), X, Y, cv=cv, groups=groups).shape == (60,)


@every
def test_a_split_is_copied_with_its_estimator_and_says_what_it_is(cv, groups):
    again = clone(GridSearchCV(Ridge(), {"alpha": [1.0]}, cv=cv)).cv
    assert again is not cv
    assert repr(again) == repr(cv)
    assert eval(repr(cv), vars(splits)).__dict__.keys() >= {  # the text is an expression that makes it again
        name for name in vars(cv) if not name.endswith("_")
    }
    assert same(again.split(X, Y, groups), cv.split(X, Y, groups))
    assert check_cv(cv) is cv


def test_representation():
    assert repr(RandomSplit(3, random_state=7)) == "RandomSplit(n_repeats=1, n_splits=3, random_state=7)"
    assert repr(ElementSplit(["O"])) == "ElementSplit(elements=['O'])"


@every
def test_twice_the_same(cv, groups):
    assert same(cv.split(X, Y, groups), cv.split(X, Y, groups))


@every
def test_no_row_is_in_training_and_test(cv, groups):
    for train, test in cv.split(X, Y, groups):
        assert len(train) > 0
        assert len(test) > 0
        assert set(train).isdisjoint(test)
        if groups is PAIRS:
            assert set(PAIRS[train]).isdisjoint(PAIRS[test])


def test_public_classes_have_one_address():
    for name in splits.__all__:
        part = getattr(splits, name)
        if isinstance(part, type):
            assert part.__module__ == "matterlearn.validation.splits"
            assert f"{part.__module__}.{part.__qualname__}" == f"matterlearn.validation.splits.{name}"
