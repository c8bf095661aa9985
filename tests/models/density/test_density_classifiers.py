"""Bayes' rule on densities: against scipy and discriminant analysis, far from all rows, and with few of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import gaussian_kde, multivariate_normal
from sklearn.base import clone
from sklearn.datasets import load_iris, load_wine
from sklearn.discriminant_analysis import QuadraticDiscriminantAnalysis
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.neighbors import KernelDensity
from sklearn.preprocessing import StandardScaler
from sklearn.utils._param_validation import InvalidParameterError
from sklearn.utils.estimator_checks import parametrize_with_checks

from matterlearn.core.errors import ArgumentError, ModelFileError
from matterlearn.models.density import GaussianMixtureClassifier, KernelDensityClassifier
from matterlearn.models.density.kernel_density_classifier import KERNELS, log_densities
from matterlearn.models.persistence import estimator_from_bytes, estimator_to_bytes

IRIS_X, IRIS_Y = load_iris(return_X_y=True)
IRIS_NAMES = load_iris().target_names[IRIS_Y]
BOTH = [KernelDensityClassifier(), GaussianMixtureClassifier(random_state=0)]


@parametrize_with_checks(
    [
        KernelDensityClassifier(),
        KernelDensityClassifier("scott", kernel="tophat"),
        GaussianMixtureClassifier(),
        GaussianMixtureClassifier("bic", covariance_type="diag"),
    ]
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_scikit_learn_contract(estimator, check):
    check(estimator)


def two_classes(n_rows=60, n_features=1, seed=0):
    rng = np.random.default_rng(seed)
    y = np.repeat(["a", "b"], [n_rows // 3, n_rows - n_rows // 3])
    X = rng.normal(size=(n_rows, n_features)) * np.where(y == "a", 1.0, 2.5)[:, None] + (y == "b")[:, None]
    return X, y


def test_one_column_by_scott_is_the_density_of_scipy():
    X, y = two_classes()
    model = KernelDensityClassifier("scott").fit(X, y)
    places = np.linspace(-5, 8, 40)
    found = model.class_log_densities(places[:, None])
    for k, label in enumerate("ab"):
        np.testing.assert_allclose(found[:, k], gaussian_kde(X[y == label, 0]).logpdf(places), rtol=0, atol=1e-9)
    joint = np.exp(found) * [1 / 3, 2 / 3]
    np.testing.assert_allclose(
        model.predict_proba(places[:, None]), joint / joint.sum(axis=1, keepdims=True), atol=1e-12
    )
    np.testing.assert_allclose(model.score_samples(places[:, None]), np.log(joint.sum(axis=1)), atol=1e-12)


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("n_features", [1, 3])
def test_each_kernel_is_that_of_scikit_learn(kernel, n_features):
    X, y = two_classes(n_features=n_features)
    parts, places = [X[y == "a"], X[y == "b"]], X[::7] + 0.1
    widths = np.array([[0.7, 1.4], [3.0, 2.0]])
    found = log_densities(places, parts, widths, kernel)
    for i in range(2):
        for k in range(2):
            expected = KernelDensity(bandwidth=widths[i, k], kernel=kernel).fit(parts[k]).score_samples(places)
            np.testing.assert_allclose(found[i, :, k], expected, atol=1e-9)


def test_blocks_of_distances_make_no_difference(monkeypatch):
    X, y = two_classes(n_features=2)
    whole = KernelDensityClassifier(0.5).fit(X, y).class_log_densities(X)
    monkeypatch.setattr("matterlearn.models.density.kernel_density_classifier._BLOCK", 100)
    np.testing.assert_allclose(KernelDensityClassifier(0.5).fit(X, y).class_log_densities(X), whole, rtol=1e-13)


def test_the_cross_validated_width_scores_no_worse_on_other_rows_than_rules_do():
    X, y = load_wine(return_X_y=True)
    X = StandardScaler().fit_transform(X)
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    losses = {
        width: -cross_val_score(KernelDensityClassifier(width), X, y, cv=folds, scoring="neg_log_loss").mean()
        for width in ("cv", "scott", 0.05, 5.0)
    }
    assert losses["cv"] < losses["scott"] + 0.03
    assert 3 * losses["cv"] < min(losses[0.05], losses[5.0])
    model = KernelDensityClassifier().fit(X, y)
    np.testing.assert_array_equal(model.tried_[model.log_loss_.argmin()], model.bandwidths_)


def test_one_component_is_quadratic_discriminant_analysis():
    ours = GaussianMixtureClassifier(1, reg_covar=1e-12, random_state=0).fit(IRIS_X, IRIS_NAMES)
    theirs = QuadraticDiscriminantAnalysis(solver="eigen").fit(IRIS_X, IRIS_NAMES)  # covariances with 1/n, too
    np.testing.assert_allclose(ours.predict_proba(IRIS_X), theirs.predict_proba(IRIS_X), atol=1e-6)
    assert ours.predict(IRIS_X).tolist() == theirs.predict(IRIS_X).tolist()
    for k, label in enumerate(ours.classes_):
        rows = IRIS_X[label == IRIS_NAMES]
        density = multivariate_normal(rows.mean(axis=0), np.cov(rows.T, ddof=0)).logpdf(IRIS_X)
        np.testing.assert_allclose(ours.class_log_densities(IRIS_X)[:, k], density, atol=1e-6)


def test_a_class_of_two_kinds_wants_two_components():
    rng = np.random.default_rng(0)
    X = np.concatenate([rng.normal(-4, 1, (80, 2)), rng.normal(4, 1, (80, 2)), rng.normal(0, 1, (80, 2))])
    y = np.repeat(["edge", "edge", "middle"], 80)
    one, several = (GaussianMixtureClassifier(n, random_state=0).fit(X, y) for n in (1, "bic"))
    assert [len(mixture.weights_) for mixture in several.mixtures_] == [2, 1]
    assert several.score(X, y) > 0.99 > one.score(X, y)


@pytest.mark.parametrize("model", BOTH, ids=lambda model: type(model).__name__)
@settings(deadline=None, max_examples=15)
@given(distance=st.floats(1, 1e200), n_features=st.integers(1, 6))
def test_probabilities_add_up_far_from_all_rows(model, distance, n_features):
    X, y = two_classes(30, n_features)
    p = model.fit(X, y).predict_proba(np.array([[distance] * n_features, [-distance] * n_features]))
    np.testing.assert_allclose(p.sum(axis=1), 1.0, rtol=1e-12)
    assert np.isfinite(p).all()


def test_out_of_reach_of_every_kernel_there_are_the_priors():
    X, y = two_classes()
    model = KernelDensityClassifier(0.5, kernel="tophat").fit(X, y)
    np.testing.assert_allclose(model.predict_proba([[100.0]]), [[1 / 3, 2 / 3]])
    assert model.score_samples([[100.0]]).tolist() == [-np.inf]


@pytest.mark.parametrize("model", BOTH, ids=lambda model: type(model).__name__)
def test_more_columns_than_rows(model):
    X, y = two_classes(20, 50)
    p = model.fit(X, y).predict_proba(X)
    np.testing.assert_allclose(p.sum(axis=1), 1.0)
    assert model.score(X, y) > 0.9


@pytest.mark.parametrize("model", BOTH, ids=lambda model: type(model).__name__)
def test_priors_move_the_probabilities_as_bayes_says(model):
    X, y = two_classes()
    own = clone(model).fit(X, y).predict_proba(X)
    for priors in ({"a": 9, "b": 1}, [0.9, 0.1]):
        moved = clone(model).set_params(priors=priors).fit(X, y).predict_proba(X)
        expected = own * (np.array([0.9, 0.1]) / [1 / 3, 2 / 3])
        np.testing.assert_allclose(moved, expected / expected.sum(axis=1, keepdims=True), atol=1e-9)


@pytest.mark.parametrize("priors", [{"a": 1.0}, {"a": 1, "c": 1}, [1.0], [1.0, 0.0], [np.nan, 1.0]])
def test_priors_that_do_not_fit_are_named(priors):
    with pytest.raises(ArgumentError, match="priors"):
        KernelDensityClassifier(1.0, priors=priors).fit(*two_classes())


def test_a_class_of_one_row():
    X, y = np.array([[0.0], [0.1], [5.0]]), ["a", "a", "b"]
    assert KernelDensityClassifier().fit(X, y).predict([[4.9]]).tolist() == ["b"]  # by Scott's rule
    with pytest.raises(ArgumentError, match=r"class 'b' has 1 row\(s\), its mixture needs 2"):
        GaussianMixtureClassifier().fit(X, y)


def test_a_covariance_without_inverse_is_named():
    X, y = two_classes(12, 8)
    with pytest.raises(ArgumentError, match=r"class 'a' .* reg_covar=0; scale the columns, raise it"):
        GaussianMixtureClassifier(reg_covar=0.0).fit(X * 1e6, y)


@pytest.mark.parametrize("change", [{"bandwidth": 0.0}, {"bandwidth": "silverman"}, {"kernel": "cubic"}, {"cv": 1}])
def test_parameters_that_cannot_be(change):
    with pytest.raises(InvalidParameterError):
        KernelDensityClassifier(**change).fit(*two_classes())


@pytest.mark.parametrize(
    "model",
    [*BOTH, KernelDensityClassifier(0.3, kernel="cosine"), GaussianMixtureClassifier("bic", random_state=1)],
    ids=str,
)
def test_bytes_round_trip(model):
    model.fit(IRIS_X, IRIS_NAMES)
    again = estimator_from_bytes(estimator_to_bytes(model))
    np.testing.assert_array_equal(again.predict_proba(IRIS_X), model.predict_proba(IRIS_X))
    assert again.get_params().keys() == model.get_params().keys()


def test_a_crafted_file_is_refused_or_fails_in_python():
    model = KernelDensityClassifier(0.5).fit(*two_classes())
    model.bandwidths_ = np.array([np.nan, 1.0])
    with pytest.raises(ModelFileError, match="no finite number"):
        estimator_from_bytes(estimator_to_bytes(model))
    model = KernelDensityClassifier(0.5, kernel="tophat").fit(*two_classes())
    model.rows_ = [np.zeros((3, 7)), np.zeros((0, 1))]  # other columns, no rows
    with pytest.raises(ValueError, match="features"):
        estimator_from_bytes(estimator_to_bytes(model)).predict_proba([[0.0]])
