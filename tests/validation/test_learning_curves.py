"""Learning curves: measured on the rows they should use, theory against measurement, exponents that were planted."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.dummy import DummyRegressor
from sklearn.ensemble import ExtraTreesRegressor
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.metrics.pairwise import laplacian_kernel, rbf_kernel

from matterlearn.chemistry.molecules.conformers import Conformers
from matterlearn.chemistry.molecules.graph import MoleculeGraph
from matterlearn.core.errors import ArgumentError
from matterlearn.models.kernel_machines import KernelRegressor
from matterlearn.report.figures.learning_curves import learning_curves
from matterlearn.report.figures.style import GREY, save_figure
from matterlearn.validation.learning_curves import (
    LearningCurve,
    fit_power_law,
    kernel_learning_curve,
    learning_curve,
    spectrum_learning_curve,
)


class Memory(RegressorMixin, BaseEstimator):
    """Predicts its number of rows, and keeps what it was given where the test can see it."""

    seen: list[tuple[int, ...]] = []  # noqa: RUF012

    def __init__(self, random_state=None):
        self.random_state = random_state

    def fit(self, X, y):
        self.n_ = len(y)
        Memory.seen.append(tuple(int(v) for v in y))
        return self

    def predict(self, X):
        return np.full(len(X), float(self.n_))


def test_parts_are_nested_and_test_rows_stay_out():
    Memory.seen = []
    y = np.arange(100.0)
    curve = learning_curve(Memory(), y[:, None], y, [10, 40, 20], repeats=3, test=0.2, seed=1)
    parts = [set(part) for part in Memory.seen]
    assert [len(part) for part in parts] == [10, 20, 40] * 3
    for k in range(0, 9, 3):
        assert parts[k] < parts[k + 1] < parts[k + 2]
    assert parts[2] != parts[5]
    assert not set().union(*parts) & set(curve.test_rows.tolist())
    assert curve.n_test == len(curve.test_rows) == 20
    errors = np.array([10, 20, 40])[:, None] - y[curve.test_rows]
    np.testing.assert_allclose(curve.table["mae"], np.abs(errors).mean(axis=1))
    np.testing.assert_allclose(curve.table["rmse"], np.sqrt((errors**2).mean(axis=1)))
    np.testing.assert_allclose(curve.table["mae_sd"], 0.0, atol=1e-12)
    assert len(curve.runs) == 9


def test_numbers_depend_on_the_seed_alone_and_spread_is_that_of_the_repeats():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(120, 3)), rng.normal(size=120)
    trees = ExtraTreesRegressor(5)
    first, again, other = (
        learning_curve(trees, X, y, [20, 60], repeats=3, seed=seed).runs.drop(columns="seconds") for seed in (0, 0, 1)
    )
    pd.testing.assert_frame_equal(first, again)
    assert not np.allclose(first["mae"], other["mae"])
    frame = learning_curve(trees, pd.DataFrame(X, columns=list("abc")), y, [20, 60], repeats=3)
    np.testing.assert_array_equal(frame.runs["mae"], first["mae"])
    spread = first.groupby("n_train")["mae"].std(ddof=1)
    np.testing.assert_allclose(frame.table["mae_sd"], spread)
    assert learning_curve(trees, X, y, [20], repeats=1).table["mae_sd"].isna().all()


def test_conformers_are_rows_and_given_test_rows_are_kept():
    class Height(RegressorMixin, BaseEstimator):
        def fit(self, X, y):
            assert isinstance(X, Conformers)
            self.line_ = LinearRegression().fit(X.flat()[:, [5]], y)
            return self

        def predict(self, X):
            return self.line_.predict(X.flat()[:, [5]])

    z = np.random.default_rng(0).normal(size=30)
    positions = np.zeros((30, 2, 3))
    positions[:, 1, 2] = z
    batch = Conformers.of_one(MoleculeGraph((8, 1), ((0, 1, 1.0),)), positions)
    curve = learning_curve(Height(), batch, 3 * z, [5, 20], repeats=2, test=[1, 2, 29])
    np.testing.assert_allclose(curve.table["mae"], 0.0, atol=1e-9)
    assert curve.test_rows.tolist() == [1, 2, 29]


class Site:
    """A piece of matter that is a sequence itself, as a Structure and an Atoms are."""

    def __init__(self, height):
        self.height = height

    def __len__(self):
        return 2

    def __getitem__(self, index):
        return (0.0, self.height)[index]


def test_objects_in_a_list_stay_objects_and_rows_of_numbers_become_an_array():
    class Height(RegressorMixin, BaseEstimator):
        def fit(self, X, y):
            assert X.dtype == object
            assert X.ndim == 1
            return self

        def predict(self, X):
            return np.array([3.0 * item.height for item in X])

    heights = np.random.default_rng(0).normal(size=30)
    sites = [Site(height) for height in heights]
    for batch in (sites, tuple(sites)):
        curve = learning_curve(Height(), batch, 3.0 * heights, [5, 20], repeats=2)
        np.testing.assert_array_equal(curve.table["mae"], 0.0)
    formulas = [f"H{k + 1}" for k in range(30)]
    learning_curve(Memory(), formulas, heights, [5], repeats=1)
    rows = [[float(height), 1.0] for height in heights]
    assert learning_curve(LinearRegression(), rows, heights, [5], repeats=1).table["mae"][0] < 1e-9


def test_test_rows_are_a_share_a_number_or_a_list():
    X, y = np.zeros((100, 1)), np.zeros(100)

    def rows(test, **options):
        return learning_curve(DummyRegressor(), X, y, [10], repeats=1, test=test, **options).test_rows

    assert len(rows(10)) == len(rows(np.int64(10))) == len(rows(0.1)) == 10
    np.testing.assert_array_equal(rows(np.float32(0.25)), rows(0.25))
    np.testing.assert_array_equal(rows(25), rows(0.25))
    assert len(rows(1)) == 1
    assert rows([10]).tolist() == [10]
    assert 10 <= len(rows(10, groups=np.arange(100) // 4)) <= 12


def test_groups_stand_on_one_side():
    Memory.seen = []
    y = np.arange(60.0)
    curve = learning_curve(Memory(), y[:, None], y, [30], groups=(y // 3).astype(int), test=0.25)
    assert not {row // 3 for row in curve.test_rows.tolist()} & {
        int(v) // 3 for v in set().union(*map(set, Memory.seen))
    }


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"sizes": [0, 5]}, "sizes: 0 is not between 1 and 75"),
        ({"sizes": [76]}, "sizes: 76 is not between"),
        ({"sizes": []}, "whole numbers"),
        ({"sizes": [2.5]}, "whole numbers"),
        ({"repeats": 0}, "repeats: must be at least 1"),
        ({"repeats": 1.5}, "repeats: a whole number is needed, got 1.5"),
        ({"repeats": True}, "repeats: a whole number is needed"),
        ({"test": 0}, "test: 0 of 100 rows leaves none on one side"),
        ({"test": 100}, "test: 100 of 100 rows"),
        ({"test": np.float32(1.5)}, "test: a share"),
        ({"test": True}, "test: a share, a number of rows or a list"),
        ({"test": "half"}, "test: a share, a number of rows or a list"),
        ({"test": 1.0}, "test: a share"),
        ({"test": [100]}, "numbers of rows from 0 to 99"),
        ({"estimator": LogisticRegression()}, "LogisticRegression is a classifier"),
        ({"y": np.zeros(99)}, "100 rows but 99 targets"),
        ({"y": np.full(100, np.nan)}, "one finite number per row"),
        ({"groups": [0, 1]}, "2 groups for 100 rows"),
    ],
)
def test_what_cannot_be_measured_is_refused(changes, words):
    options = {"estimator": DummyRegressor(), "X": np.zeros((100, 1)), "y": np.zeros(100), "sizes": [10], **changes}
    with pytest.raises(ArgumentError, match=words):
        learning_curve(**options)


def on_a_sphere(n_rows, dimensions=5, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n_rows, dimensions))
    X /= np.linalg.norm(X, axis=1)[:, None]
    return X, np.sin(3 * X[:, 0]) + 2 * X[:, 1] * X[:, 2] + 2.0


def measured(K, y, n, alpha, noise, repeats=8):
    """Mean squared errors of scikit-learn's kernel ridge on training and test rows, noise in both."""
    rng, found = np.random.default_rng(1), []
    for _ in range(repeats):
        order = rng.permutation(len(y))
        train, test = order[:n], order[n:]
        z = y + np.sqrt(noise) * rng.normal(size=len(y))
        model = KernelRidge(alpha=alpha, kernel="precomputed").fit(K[np.ix_(train, train)], z[train])
        errors = [np.mean((model.predict(K[np.ix_(rows, train)]) - z[rows]) ** 2) for rows in (train, test)]
        found.append(errors)
    return np.mean(found, axis=0)


@pytest.mark.parametrize("noise", [0.0, 0.1])
@pytest.mark.parametrize("alpha", [1e-3, 0.3])
def test_theory_meets_measured_errors_of_kernel_ridge(alpha, noise):
    X, y = on_a_sphere(400)
    K = laplacian_kernel(X, gamma=1.0)
    curve = kernel_learning_curve(K, y, [25, 60, 150, 300], alpha, noise)
    for line in curve.itertuples():
        train, test = measured(K, y, line.n_train, alpha, noise)
        assert line.rmse == pytest.approx(np.sqrt(test), rel=0.12)
        assert np.sqrt(line.train_mse) == pytest.approx(np.sqrt(train), rel=0.15)


def test_theory_with_an_intercept_meets_our_own_model():
    X, y = on_a_sphere(400)
    y = y + 30.0
    K = rbf_kernel(X, gamma=0.5)
    curve = kernel_learning_curve(K, y, [40, 160], 0.1, intercept=True)
    found = learning_curve(KernelRegressor("rbf", length_scale=1.0, alpha=0.1), X, y, [40, 160], repeats=10, test=0.5)
    np.testing.assert_allclose(curve["rmse"], found.table["rmse"], rtol=0.12)
    np.testing.assert_allclose(
        curve["rmse"], kernel_learning_curve(K, y - 1e3, [40, 160], 0.1, intercept=True)["rmse"], rtol=1e-6
    )


@pytest.mark.parametrize("n", [40, 100, 400])
def test_linear_ridge_meets_measured_errors(n):
    rng = np.random.default_rng(0)
    widths = 1.0 / np.sqrt(np.arange(1, 61))
    w, alpha, noise, errors = rng.normal(size=60), 5.0, 0.5, []
    for _ in range(30):
        X = rng.normal(size=(n, 60)) * widths
        model = Ridge(alpha=alpha, fit_intercept=False).fit(X, X @ w + np.sqrt(noise) * rng.normal(size=n))
        errors.append(np.sum(((model.coef_ - w) * widths) ** 2) + noise)  # the exact mean over new rows
    line = spectrum_learning_curve(widths**2, widths * w, [n], alpha, noise).iloc[0]
    assert line["mse"] == pytest.approx(np.mean(errors), rel=0.05)


def test_least_squares_has_the_exact_formula_and_double_descent():
    d, noise = 200, 0.3
    v = np.ones(d) / np.sqrt(d)
    sizes = [50, 150, 200, 300, 2_000]
    curve = spectrum_learning_curve(np.ones(d), v, sizes, 0.0, noise)
    # Of Gaussian features, exactly: n > d + 1 and n < d - 1 rows (Belkin, Hsu and Xu, 2020).
    exact = {n: noise * (1 + d / (n - d - 1)) for n in (300, 2_000)}
    exact |= {n: (1 - n / d) + noise * (1 + n / (d - n - 1)) for n in (50, 150)}
    found = dict(zip(curve["n_train"], curve["mse"], strict=True))
    for n, mse in exact.items():
        assert found[n] == pytest.approx(mse, rel=0.03)
    assert found[200] == np.inf
    np.testing.assert_allclose(curve["learned"], np.minimum(sizes, d), rtol=1e-6)
    np.testing.assert_allclose(curve["train_mse"], [0, 0, 0, noise * (1 - 200 / 300), noise * 0.9], atol=1e-9)
    few = spectrum_learning_curve(np.ones(d), v, [300], 0.0, noise, intercept=True)
    assert few["mse"][0] == pytest.approx(noise * 300 / (300 - 201))


def test_ridge_on_even_features_has_the_closed_form():
    """Of even eigenvalues kappa solves a quadratic equation."""
    d, n, alpha, noise = 300, 200, 40.0, 0.2
    curve = spectrum_learning_curve(np.ones(d), np.full(d, 0.1), [n], alpha, noise).iloc[0]
    b = n - d - alpha
    kappa = (-b + np.sqrt(b**2 + 4 * n * alpha)) / (2 * n)
    learned = 1 / (1 + kappa)
    assert curve["kappa"] == pytest.approx(kappa)
    assert curve["mse"] == pytest.approx((d * 0.01 * (1 - learned) ** 2 + noise) / (1 - d * learned**2 / n))
    assert curve["train_mse"] == pytest.approx((alpha / (n * kappa)) ** 2 * curve["mse"])


def test_many_rows_lead_from_the_matrix_to_the_spectrum():
    """With n far below the rows of the matrix, drawing without replacement is drawing from a law."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(800, 8))
    of_matrix = kernel_learning_curve(X @ X.T, X @ np.ones(8), [12, 60], 2.0, 0.5)
    of_law = spectrum_learning_curve(np.ones(8), np.ones(8), [12, 60], 2.0, 0.5)
    np.testing.assert_allclose(of_matrix["mse"], of_law["mse"], rtol=0.05)


def test_what_theory_cannot_take_is_refused():
    K, y = np.eye(10), np.ones(10)
    for options, words in (
        ({"kernel_matrix": K[:5]}, "square"),
        ({"kernel_matrix": np.triu(np.ones((10, 10)))}, "symmetric"),
        ({"y": np.ones(9)}, "10 finite numbers"),
        ({"alpha": -1.0}, "alpha: must be finite and not negative"),
        ({"noise": np.nan}, "noise: must be finite"),
        ({"sizes": [10]}, "10 is not between 1 and 9"),
        ({"sizes": [1], "intercept": True}, "2 rows at least"),
    ):
        with pytest.raises(ArgumentError, match=words):
            kernel_learning_curve(**{"kernel_matrix": K, "y": y, "sizes": [5], "alpha": 0.1, **options})
    with pytest.raises(ArgumentError, match="not negative"):
        spectrum_learning_curve([-1.0], [1.0], [5], 0.1)
    with pytest.raises(ArgumentError, match="not those of modes"):
        spectrum_learning_curve([1.0], [1.0, 2.0], [5], 0.1)


def test_a_planted_exponent_lies_in_its_interval_as_often_as_it_should():
    rng, n = np.random.default_rng(0), np.geomspace(50, 800, 5)
    hits = []
    for _ in range(200):
        law = fit_power_law(n, 9.0 * n**-0.4 * np.exp(0.05 * rng.normal(size=5)), level=0.9)
        hits.append(law.interval[0] < 0.4 < law.interval[1])
    assert np.mean(hits) == pytest.approx(0.9, abs=0.07)


def test_a_floor_is_found_where_there_is_one_and_only_there():
    n = np.geomspace(30, 10_000, 9)
    wobble = np.exp(0.01 * np.random.default_rng(0).normal(size=9))
    bent = fit_power_law(n, (0.5 + 40.0 / n) * wobble)
    assert bent.floor == pytest.approx(0.5, rel=0.05)
    assert bent.interval[0] < 1.0 < bent.interval[1]
    np.testing.assert_allclose(bent.predict(n), 0.5 + 40.0 / n, rtol=0.05)
    assert bent.rows_for(0.4) == np.inf
    assert bent.rows_for(0.9) == pytest.approx(100, rel=0.2)
    straight = fit_power_law(n, 40.0 / n * wobble)
    assert straight.floor == 0.0
    assert fit_power_law(n[:5], (0.5 + 40.0 / n[:5])).floor == 0.0  # too few points to tell
    assert fit_power_law(n, 3.0 * n**-0.25).exponent == pytest.approx(0.25)
    rising = fit_power_law(n, 0.1 * n**0.2 * wobble)
    assert rising.exponent < 0
    assert rising.rows_for(1e-3) == np.inf


def test_repeats_are_averaged_and_bad_points_refused():
    errors = np.array([[4.0, 6.0], [2.0, 3.0], [1.0, 1.5]])
    assert fit_power_law([10, 20, 40], errors) == fit_power_law([10, 20, 40], errors.mean(axis=1))
    for sizes, values, words in (
        ([10, 20], [1.0, 0.5], "3 different sizes"),
        ([10, 20, 40], [1.0, 0.5, 0.0], "above 0"),
        ([10, 20, 40], [1.0, 0.5], "sizes but"),
    ):
        with pytest.raises(ArgumentError, match=words):
            fit_power_law(sizes, values)
    with pytest.raises(ArgumentError, match="level"):
        fit_power_law([10, 20, 40], [1.0, 0.5, 0.2], level=1.0)


@pytest.mark.parametrize("unit", [1e-300, 1e-200, 1e200])
@pytest.mark.parametrize("floor", [0.0, 0.3])
def test_the_law_does_not_depend_on_the_unit(unit, floor):
    """Warnings are errors here: nothing overflows."""
    n = 10.0 * 2.0 ** np.arange(7)
    errors = floor + n**-0.5
    law, same = fit_power_law(n, errors * unit), fit_power_law(n, errors)
    assert law.exponent == pytest.approx(same.exponent, rel=1e-9)
    assert law.factor / unit == pytest.approx(same.factor, rel=1e-9)
    assert law.floor / unit == pytest.approx(same.floor, rel=1e-9)
    np.testing.assert_allclose(law.predict(n), errors * unit, rtol=1e-9)


def test_a_factor_that_is_no_number_is_refused():
    with pytest.raises(ArgumentError, match=r"a factor of exp\(7\d\d\)"):
        fit_power_law([1e4, 2e4, 4e4], [1e290, 1e290 / 2**12, 1e290 / 2**24])


def test_theory_says_too_little_of_a_normal_cloud_as_the_docstring_warns():
    """Three dimensions, no noise, small penalty: several times less than is measured; with noise it meets."""
    X = np.random.default_rng(0).normal(size=(400, 3))
    K, y = rbf_kernel(X, gamma=0.5), np.sin(X[:, 0]) + 0.1 * (X**2).sum(axis=1)
    off = measured(K, y, 200, 1e-3, 0.0)[1] / kernel_learning_curve(K, y, [200], 1e-3)["mse"][0]
    assert 2.5 < np.sqrt(off) < 35.0
    off = measured(K, y, 200, 0.1, 0.1)[1] / kernel_learning_curve(K, y, [200], 0.1, 0.1)["mse"][0]
    assert 0.95 < np.sqrt(off) < 1.25
    assert "35 times" in kernel_learning_curve.__doc__


def planted(factor):
    runs = pd.DataFrame(
        {"n_train": np.repeat([50, 100, 200, 400], 2), "repeat": [0, 1] * 4, "mae": 1.0, "rmse": 1.0, "seconds": 0.1}
    )
    table = pd.DataFrame({"n_train": [50, 100, 200, 400], "mae": factor / np.array([1.0, 2.0, 4.0, 8.0])})
    table = table.assign(mae_sd=0.1 * table["mae"], rmse=1.3 * table["mae"], rmse_sd=np.nan, seconds=0.1)
    return LearningCurve(table, runs, 30, np.arange(30))


def test_the_figure_shows_means_spread_and_theory(tmp_path):
    theory = spectrum_learning_curve(np.ones(20), np.ones(20), [30, 100, 400], 1.0, 0.1)
    name = "a model with a very long name $x_$, so long that it has to be cut somewhere"
    curves = {"ridge": planted(4.0), name: planted(2.0)}
    figure = learning_curves(curves, theory={"ridge": theory}, error="rmse", unit="kcal/mol")
    assert save_figure(figure, tmp_path, "curves")
    axis = figure.axes[0]
    assert (axis.get_xscale(), axis.get_yscale()) == ("log", "log")
    np.testing.assert_allclose(axis.lines[0].get_ydata(), 1.3 * 4.0 / np.array([1, 2, 4, 8]))
    assert any(np.allclose(line.get_ydata(), theory["rmse"]) for line in axis.lines if line.get_linestyle() == "--")
    assert axis.get_ylabel() == "root mean square error (kcal/mol)"
    figure = learning_curves(curves, unit="kcal/mol", power_laws=True)
    FigureCanvasAgg(figure).draw()
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert legend[0] == "ridge  n^−1.00"
    assert len(figure.axes[0].collections) >= 2  # bands of the spread
    laws = [line for line in figure.axes[0].lines if line.get_color() == GREY]
    np.testing.assert_allclose(laws[0].get_ydata()[0], 4.0, rtol=1e-6)
    assert "50 training rows" in figure.points[0].texts[0]
    with pytest.raises(ArgumentError, match="nothing to draw"):
        learning_curves({})
    with pytest.raises(ArgumentError, match="error: 'mea'"):
        learning_curves(curves, error="mea")
    with pytest.raises(ArgumentError, match="of no curve"):
        learning_curves(curves, theory={"rigde": theory})
    with pytest.raises(ArgumentError, match="theory"):
        learning_curves(curves, theory={"ridge": theory})  # which knows no mean absolute error
