"""Error against complexity."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import KFold, cross_validate
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures
from sklearn.tree import DecisionTreeRegressor

from matterlearn.core.errors import ArgumentError
from matterlearn.validation.assessment import complexity_curve

rng = np.random.default_rng(0)
X = rng.uniform(-1, 1, (60, 1))
Y = np.sin(4 * X[:, 0]) + 0.2 * rng.normal(size=60)
FOLDS = KFold(5, shuffle=True, random_state=0)
POLYNOMIAL = make_pipeline(PolynomialFeatures(), LinearRegression())


def test_training_error_falls_and_test_error_turns():
    curve = complexity_curve(POLYNOMIAL, X, Y, "polynomialfeatures__degree", range(1, 14), cv=FOLDS)
    assert np.all(np.diff(curve.table["train"]) < 1e-12)
    assert 2 < curve.table["value"][curve.best] < 9
    assert curve.table["test"].iloc[-1] > 1.2 * curve.table["test"][curve.best]
    assert curve.one_se <= curve.best
    assert curve.table["train"].iloc[-1] < 0.04 < curve.table["test"][curve.best]  # noise 0.2^2


def test_numbers_are_those_of_scikit_learn():
    curve = complexity_curve(POLYNOMIAL, X, Y, "polynomialfeatures__degree", [3], cv=FOLDS)
    expected = cross_validate(
        POLYNOMIAL.set_params(polynomialfeatures__degree=3),
        *(X, Y),
        **{"cv": FOLDS, "scoring": "neg_mean_squared_error", "return_train_score": True},
    )
    np.testing.assert_allclose(curve.folds["test"], -expected["test_score"])
    np.testing.assert_allclose(curve.folds["train"], -expected["train_score"])
    assert curve.table["test"][0] == pytest.approx(-expected["test_score"].mean())
    assert curve.table["test_sd"][0] == pytest.approx(expected["test_score"].std(ddof=1))


def test_classes_and_scores_that_rise():
    rows, y = load_iris(return_X_y=True)
    curve = complexity_curve(KNeighborsClassifier(), rows, y, "n_neighbors", [75, 15, 1], scoring="accuracy")
    assert curve.error == "1 - accuracy"
    assert curve.table["train"].iloc[-1] == 0.0
    assert curve.table["value"][curve.best] == 15


def test_values_that_are_no_numbers_stay_what_they_are():
    curve = complexity_curve(DecisionTreeRegressor(random_state=0), X, Y, "max_depth", [1, None], cv=FOLDS)
    assert curve.table["value"].tolist() == [1, None]
    assert curve.folds["value"].tolist() == [1] * 5 + [None] * 5


def test_one_standard_error():
    curve = complexity_curve(POLYNOMIAL, X, Y, "polynomialfeatures__degree", range(1, 14), cv=FOLDS)
    best = curve.table.iloc[curve.best]
    limit = best["test"] + best["test_sd"] / np.sqrt(5)
    assert curve.table["test"][curve.one_se] <= limit
    assert np.all(curve.table["test"][: curve.one_se] > limit)


def test_what_cannot_be_is_said():
    with pytest.raises(ArgumentError, match="Pipeline has no parameter 'polynomialfeatures__degre'; did you mean"):
        complexity_curve(POLYNOMIAL, X, Y, "polynomialfeatures__degre", [1])
    with pytest.raises(ArgumentError, match="at least one value"):
        complexity_curve(POLYNOMIAL, X, Y, "polynomialfeatures__degree", [])
