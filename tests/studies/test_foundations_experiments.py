"""The experiments of `learning-foundations`: each number against a formula, a library or a law of physics."""

from __future__ import annotations

from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.polynomial import Polynomial
from scipy.integrate import dblquad
from scipy.spatial.distance import pdist, squareform
from scipy.stats import multivariate_normal, norm
from sklearn.discriminant_analysis import QuadraticDiscriminantAnalysis
from sklearn.feature_selection import SelectKBest, f_regression
from sklearn.inspection import permutation_importance
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import log_loss
from sklearn.preprocessing import PolynomialFeatures

from matterlearn.studies.foundations import (
    choosing,
    descent,
    dimensions,
    importances,
    kernel_trick,
    likelihood,
    planck,
    risk,
    selecting,
    shrinkage,
    trade_off,
    two_gaussians,
)

# Risk


def test_both_risks_are_those_of_theory() -> None:
    sizes, n_draws = (25, 200), 200
    found = risk.measure_risks(sizes, n_draws, seed=1)
    for values, theory in ((found.empirical, risk.expected_empirical), (found.risk, risk.expected_risk)):
        for k, n in enumerate(sizes):
            error = values[k].std(ddof=1) / np.sqrt(n_draws)
            assert values[k].mean() == pytest.approx(theory(n), abs=4 * error)
            assert error < 0.1 * theory(n)
    assert (found.risk > risk.NOISE**2).all()  # nothing beats the truth
    assert (found.empirical < found.fixed).all()  # least squares fits its rows better than the truth does


def test_the_gap_of_equal_noise_has_the_same_mean() -> None:
    found = risk.measure_risks((300,), 300, seed=2)
    plain = found.risk - found.empirical
    assert found.gap.mean() == pytest.approx(plain.mean(), abs=4 * plain.std() / np.sqrt(300))
    assert found.gap.std() < 0.5 * plain.std()
    assert found.gap.mean() == pytest.approx(risk.expected_risk(300) - risk.expected_empirical(300), rel=0.1)
    assert found.fixed.std() == pytest.approx(risk.NOISE**2 * np.sqrt(2 / 300), rel=0.15)


# Gradient descent


def test_the_rate_of_the_workshop_hardly_moves_and_the_best_rate_arrives() -> None:
    X, y = descent.strain_readings(0)
    scaled = descent.standardised(X)
    exact, eigenvalues = descent.closed_form(scaled, y), descent.curvatures(scaled)
    assert exact == pytest.approx(np.append(*_linear(scaled, y)), rel=1e-12)
    start = np.array([0.3, -1.2])
    slow = descent.descend(scaled, y, start, rate=descent.WORKSHOP_RATE, n_epochs=descent.WORKSHOP_EPOCHS)
    assert len(slow.loss) == 1001
    assert slow.bias[0] == 0
    assert np.linalg.norm(slow.weights[-1] - start) < 0.005 * np.linalg.norm(exact[:2] - start)
    assert (np.diff(slow.loss) < 0).all()
    condition = eigenvalues[-1] / eigenvalues[0]
    n_epochs = int(np.ceil(np.log(1e-8) / np.log((condition - 1) / (condition + 1)))) + 1
    fast = descent.descend(scaled, y, start, rate=2 / (eigenvalues[0] + eigenvalues[-1]), n_epochs=n_epochs)
    assert np.append(fast.weights[-1], fast.bias[-1]) == pytest.approx(exact, abs=1e-8 * np.abs(exact).max())
    slope, _, zero = descent.in_units(exact, X)
    assert 1e6 / slope == pytest.approx(descent.MODULUS, rel=0.02)
    assert zero == pytest.approx(descent.ZERO, abs=3)
    assert X @ descent.in_units(exact, X)[:2] + zero == pytest.approx(scaled @ exact[:2] + exact[2], rel=1e-9)


def test_automatic_differentiation_takes_the_steps_of_the_formula() -> None:
    X, y = descent.strain_readings(3)
    w, b, rate = np.array([0.5, -0.5]), 0.0, 1e-4
    found = descent.descend(X, y, w, rate=rate, n_epochs=20)
    for epoch in range(21):
        assert found.weights[epoch] == pytest.approx(w, rel=1e-11)
        assert found.loss[epoch] == pytest.approx(np.mean((X @ w + b - y) ** 2), rel=1e-11)
        step = descent.gradient(X, y, w, b)
        w, b = w - rate * step[:2], b - rate * step[2]


@pytest.mark.parametrize(("share", "falls"), [(0.99, True), (1.01, False)])
def test_two_over_the_largest_curvature_is_the_limit(share: float, falls: bool) -> None:
    X, y = descent.strain_readings(1)
    scaled = descent.standardised(X)
    rate = share * 2 / descent.curvatures(scaled)[-1]
    found = descent.descend(scaled, y, np.array([1.0, -1.0]), rate=rate, n_epochs=400)
    least = np.mean((scaled @ descent.closed_form(scaled, y)[:2] + y.mean() - y) ** 2)
    assert (found.loss[-1] - least < 0.01 * (found.loss[0] - least)) == falls
    assert (found.loss[-1] < found.loss[0]) == falls


def _linear(X: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, float]:
    fitted = LinearRegression().fit(X, y)
    return fitted.coef_, fitted.intercept_


# Likelihood


def test_negative_log_likelihoods() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=30), rng.normal(size=30)
    expected = -norm(loc=2 * x - 1, scale=0.7).logpdf(y).sum()
    assert likelihood.normal_nll(x, y, 2.0, -1.0, 0.7) == pytest.approx(expected)
    classes = (y > 0).astype(float)
    expected = log_loss(classes, 1 / (1 + np.exp(-(2 * x - 1))), normalize=False)
    assert likelihood.bernoulli_nll(x, classes, 2.0, -1.0) == pytest.approx(expected)


def test_the_minimum_of_normal_noise_is_least_squares() -> None:
    force, lengths = likelihood.spring_lengths(12, 1, seed=5)
    found = likelihood.fit_normal(force, lengths[0])
    line = Polynomial.fit(force, lengths[0], 1).convert().coef
    assert (found.constant, found.slope) == pytest.approx(tuple(line), rel=1e-7)
    (squares,) = likelihood.residual_squares(force, lengths)
    assert squares == pytest.approx(np.sum((lengths[0] - line[0] - line[1] * force) ** 2))
    assert found.sigma == pytest.approx(np.sqrt(squares / 12), rel=1e-6)


def test_the_minimum_of_classes_is_logistic_regression_and_a_thermometer() -> None:
    energy, occupied = likelihood.occupied_states(3000, seed=1)
    found = likelihood.fit_bernoulli(energy, occupied)
    library = LogisticRegression(C=np.inf, tol=1e-10, max_iter=10_000).fit(energy[:, None], occupied)
    assert found.slope == pytest.approx(library.coef_[0, 0], rel=1e-6)
    assert found.constant == pytest.approx(library.intercept_[0], abs=1e-6)
    assert -1 / (likelihood.BOLTZMANN * found.slope) == pytest.approx(likelihood.TEMPERATURE, rel=0.15)
    assert likelihood.occupation(np.array([likelihood.FERMI_LEVEL])) == pytest.approx([0.5])
    holes = likelihood.occupation(np.array([0.2])) + likelihood.occupation(np.array([-0.2]))
    assert holes == pytest.approx([1.0])  # as many electrons above the level as holes below


def test_the_variance_needs_n_minus_p() -> None:
    n, n_sets = 12, 20_000
    force, lengths = likelihood.spring_lengths(n, n_sets, seed=2)
    squares = likelihood.residual_squares(force, lengths) / likelihood.NOISE**2
    degrees = n - likelihood.N_PARAMETERS
    assert squares.mean() == pytest.approx(degrees, abs=4 * np.sqrt(2 * degrees / n_sets))  # chi square
    assert squares.var() == pytest.approx(2 * degrees, rel=0.05)
    widths = np.sqrt(squares / degrees)  # the root of a mean that is right is too small in the mean
    error = widths.std() / np.sqrt(n_sets)
    assert widths.mean() == pytest.approx(likelihood.expected_width(degrees), abs=4 * error)
    assert likelihood.expected_width(degrees) < 1 - 10 * error


# Bias and variance


@pytest.mark.parametrize("degree", [1, 4, 9])
def test_bias_and_variance_are_those_of_theory(degree: int) -> None:
    measured = trade_off.energies(1500, seed=4)
    found = trade_off.of_fresh_sets(measured, degree)
    bias, variance = trade_off.by_theory(degree)
    assert found.variance == pytest.approx(variance, rel=0.06)
    assert found.bias_squared == pytest.approx(bias + variance / 1500, rel=0.05, abs=4e-5)
    assert found.mse == pytest.approx(found.bias_squared + found.variance)


def test_the_same_polynomial_two_ways() -> None:
    r = trade_off.train_distances()
    model = trade_off.polynomial(6).fit(trade_off.scaled(r), trade_off.morse(r))
    found = trade_off.of_fresh_sets(trade_off.morse(r)[None, :], 6).predictions[0]
    assert model.predict(trade_off.scaled(trade_off.test_distances())) == pytest.approx(found, abs=1e-9)


def test_the_morse_curve_has_its_depth_minimum_and_force_constant() -> None:
    bond, step = trade_off.BOND, 1e-4
    left, middle, right = trade_off.morse(np.array([bond - step, bond, bond + step]))
    assert middle == 0
    assert (left + right) / step**2 == pytest.approx(2 * trade_off.DEPTH * trade_off.STEEPNESS**2, rel=1e-5)


# Hyper-parameters


def test_one_decomposition_gives_kernel_ridge_for_every_penalty() -> None:
    rng = np.random.default_rng(0)
    X, X_new = rng.random((40, 2)), rng.random((7, 2))
    y = planck.log_radiance(X)
    kernel = np.exp(-2.0 * choosing._squared_distances(np.vstack([X, X_new]), X))
    found = choosing._predictions(kernel, y)
    for k in (4, 9, 14):
        model = KernelRidge(alpha=choosing.ALPHAS[k], kernel="rbf", gamma=2.0).fit(X, y - y.mean())
        assert found[40:, k] == pytest.approx(model.predict(X_new) + y.mean(), abs=1e-6)


def test_the_lowest_of_more_candidates_promises_more() -> None:
    errors = choosing.measure_errors(12, seed=3)
    found = choosing.choose(errors, (1, 5, 20, 90), seed=0)
    assert (np.diff(found.validation) < 0).all()
    assert (np.diff(found.least) <= 0).all()
    assert (found.least <= found.risk).all()
    assert found.risk[-1] > 1.2 * found.validation[-1]
    assert (errors.new >= planck.NOISE**2).all()
    one = choosing.choose(errors, (90,), seed=1)
    assert one.validation[0] == pytest.approx(errors.validation.reshape(12, -1).min(axis=1).mean())


def test_the_radiance_peaks_where_wien_says() -> None:
    place = np.linspace(0, 1, 20_001)
    for temperature in (900.0, 2000.0):
        height = np.full_like(place, (temperature - planck.COLDEST) / (planck.HOTTEST - planck.COLDEST))
        peak = place[planck.log_radiance(np.column_stack([place, height])).argmax()]
        wavelength = planck.SHORTEST * (planck.LONGEST / planck.SHORTEST) ** peak
        assert wavelength * temperature == pytest.approx(2897.77, rel=1e-3)  # µm K, Wien's constant


# Penalties


@pytest.mark.parametrize("strength", [0.02, 0.1])
def test_penalties_on_orthogonal_columns_follow_their_rules(strength: float) -> None:
    X, y = shrinkage.orthogonal_design(1)
    rule = shrinkage.shrunk_by_rule(X.T @ y / len(y), strength)
    library = shrinkage.shrunk_by_library(X, y, strength)
    assert rule.keys() == library.keys()
    for name, weights in library.items():
        assert weights == pytest.approx(rule[name], abs=1e-10)
    assert np.any(library["L1"] == 0)
    assert np.all(library["L2"] != 0)


def test_paths_of_weights() -> None:
    X, y = shrinkage.two_classes(0)
    assert np.corrcoef(X[:, 4], X[:, 5])[0, 1] == pytest.approx(shrinkage.LIKENESS, abs=0.2)
    found = shrinkage.weight_paths(X, y, (0.001, 0.1, 1.0, 100.0))
    assert np.all(found["L1"][0] == 0)
    assert np.all(found["L2"] != 0)
    for weights, norm_of in ((found["L1"], 1), (found["L2"], 2)):
        lengths = np.linalg.norm(weights, ord=norm_of, axis=1)
        assert all(a < b for a, b in pairwise(lengths))  # what is penalised grows as the penalty weakens


# Kernels


@pytest.mark.parametrize("degree", [1, 2, 4])
def test_features_written_out_have_the_kernel_as_inner_products(degree: int) -> None:
    X, y = kernel_trick.drawn_chains(60, seed=0)
    features = kernel_trick.explicit_features(X, degree)
    n_columns = PolynomialFeatures(degree).fit(X).n_output_features_
    assert features.shape == (60, n_columns) == (60, kernel_trick.n_features(6, degree))
    kernel = kernel_trick.polynomial_kernel(X, X, degree)
    assert features @ features.T == pytest.approx(kernel, rel=1e-12)
    rows = kernel_trick.dual_weights(kernel, y)
    assert features.T @ rows == pytest.approx(kernel_trick.primal_weights(features, y), abs=1e-7)
    X_new, _ = kernel_trick.drawn_chains(9, seed=1)
    library = KernelRidge(alpha=kernel_trick.PENALTY, kernel="poly", degree=degree, gamma=1.0, coef0=1.0).fit(X, y)
    for way in (kernel_trick.explicit_ridge, kernel_trick.kernel_ridge):
        found = way(X, y, X_new, degree)
        assert found.predicted == pytest.approx(library.predict(X_new), abs=1e-8)
        assert found.seconds > 0


def test_the_time_is_that_of_the_fastest_run(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([0.0, 5.0, 10.0, 11.0, 20.0, 23.0])  # runs of 5, 1 and 3 s
    watch = SimpleNamespace(perf_counter=lambda: next(clock))
    monkeypatch.setattr("matterlearn.studies.foundations.kernel_trick.time", watch)
    X, y = kernel_trick.drawn_chains(10, seed=0)
    assert kernel_trick.kernel_ridge(X, y, X, 1).seconds == 1.0


def test_the_energy_of_a_chain_is_a_polynomial_of_degree_four() -> None:
    X, y = kernel_trick.drawn_chains(400, seed=0)
    X_new, y_new = kernel_trick.drawn_chains(100, seed=1)
    errors = [np.std(kernel_trick.kernel_ridge(X, y, X_new, d).predicted - y_new) / y_new.std() for d in (3, 4)]
    assert errors[0] > 0.1
    assert errors[1] < 0.002
    mirrored = kernel_trick.chain_energy(-X_new[:, ::-1])  # seen from behind, the chain is the same
    assert mirrored == pytest.approx(y_new)
    assert kernel_trick.chain_energy(np.zeros((1, 6))) == pytest.approx([0.0])


# Importances


def test_importances_agree_with_scikit_learn() -> None:
    X, y = importances.gas_readings(400, 0.2, seed=0)
    model = importances.models(10, 0)["forest"].fit(X, y)
    groups = {str(name): (str(name),) for name in X}
    found = importances.importances(model, X, y, groups, n_repeats=10, seed=0)
    library = permutation_importance(model, X, y, scoring="neg_mean_absolute_error", n_repeats=10, random_state=0)
    for place, name in enumerate(X):
        assert found[str(name)] == pytest.approx(library.importances_mean[place], rel=0.1, abs=0.005)


def test_a_copy_halves_an_importance_and_the_group_has_it_all() -> None:
    X, y = importances.gas_readings(4000, 0.0, seed=0)
    one, two = X.drop(columns=importances.SECOND), X
    first, second = importances.TEMPERATURE, importances.SECOND
    model = importances.models(1, 0)["linear"]
    alone = importances.importances(model.fit(one, y), one, y, {first: (first,)}, n_repeats=5, seed=1)[first]
    fitted = model.fit(two, y)
    assert dict(zip(two, fitted.coef_, strict=True)) == pytest.approx(
        {"amount": 1, "volume": -1, first: 0.5, second: 0.5}, abs=0.01
    )
    found = importances.importances(fitted, two, y, {first: (first,), "both": (first, second)}, n_repeats=5, seed=1)
    assert found["both"] == pytest.approx(alone, rel=1e-6)
    theory = importances.thermometer_theory(0.0)
    assert theory["both"] == pytest.approx(theory["alone"])
    assert alone == pytest.approx(theory["alone"], rel=0.03)
    assert found[first] == pytest.approx(theory["each"], rel=0.03)
    assert found[first] / alone == pytest.approx(0.47, abs=0.03)


def test_the_theory_of_noisy_thermometers() -> None:
    X, y = importances.gas_readings(6000, 0.35, seed=3)
    fitted = importances.models(1, 0)["linear"].fit(X, y)
    groups = {"each": (importances.TEMPERATURE,), "both": (importances.TEMPERATURE, importances.SECOND)}
    found = importances.importances(fitted, X, y, groups, n_repeats=5, seed=1)
    theory = importances.thermometer_theory(0.35)
    assert found["each"] == pytest.approx(theory["each"], rel=0.08)
    assert found["both"] == pytest.approx(theory["both"], rel=0.08)


# Selection


def test_columns_of_the_law_have_the_correlations_of_the_formula() -> None:
    X, y = selecting.diffusion(20_000, seed=0)
    found = np.abs([np.corrcoef(column, y)[0, 1] for column in X.T])
    expected = selecting.correlations()
    assert list(expected)[:3] == list(selecting.SPREADS)
    assert found[:6] == pytest.approx(list(expected.values()), abs=0.02)
    assert found[6:] == pytest.approx(0, abs=0.03)


def test_a_choice_that_saw_the_test_rows_finds_something_in_noise() -> None:
    for name, selector in selecting.selectors().items():
        scores = np.array([selecting.noise_scores(selector, 400, seed=k) for k in range(2)])
        assert scores[:, 0].mean() > scores[:, 1].mean() + 0.3, name
        assert scores[:, 1].mean() < 0.1, name
    everything = selecting.noise_scores(selecting.selectors()["filter"], selecting.N_CHOSEN, seed=0)
    assert everything[0] == pytest.approx(everything[1])  # all columns are kept: nothing was chosen


def test_fewer_columns_of_noise_are_the_first_of_more() -> None:
    seen: list[tuple[np.ndarray, np.ndarray]] = []

    class First(SelectKBest):
        def fit(self, X: np.ndarray, y: np.ndarray) -> First:
            seen.append((X.copy(), y.copy()))
            super().fit(X, y)
            return self

    for n_columns in (12, 30):
        selecting.noise_scores(First(f_regression, k=5), n_columns, seed=4)
    few, more = seen[0], seen[selecting.N_FOLDS + 1]
    assert few[0].shape == (selecting.N_NOISE_ROWS, 12)
    assert (more[0][:, :12] == few[0]).all()
    assert (more[1] == few[1]).all()


def test_ways_to_choose() -> None:
    found = selecting.judge_ways(3, [1, 2, 3, 4], seed=0)
    assert found["none: all columns"].n_chosen == 12
    assert found["filter: strongest correlations"].n_chosen == 3
    assert found["filter: strongest correlations"].all_true < 1
    best = found["wrapper: best of all subsets (BIC)"]
    assert best.n_true == 3
    assert selecting.NOISE < best.error < found["filter: strongest correlations"].error
    X, y = selecting.diffusion(60, seed=1)
    pipeline = selecting.ways(0)["filter: the same, copies dropped first"].fit(X, y)
    names = pipeline.get_feature_names_out([f"x{k}" for k in range(12)])
    assert [f"x{k}" for k in np.flatnonzero(selecting._support(pipeline, X))] == sorted(names, key=lambda n: int(n[1:]))


# Dimensions


def test_edges_of_cubes() -> None:
    for d in (1, 3, 40):
        assert dimensions.N_POINTS * dimensions.edge(d) ** d == pytest.approx(dimensions.K)
    assert dimensions.expected_edge(1) == pytest.approx(5 / 10_001)
    # In one dimension the edge has a beta distribution itself.
    assert dimensions.edge_spread(1) == pytest.approx(np.sqrt(5 * 9996 / (10_001**2 * 10_002)), rel=1e-6)
    for d in (2, 10):
        found = dimensions.measured_edges(d, 40, seed=d)
        assert found.mean() == pytest.approx(
            dimensions.expected_edge(d), abs=4 * dimensions.edge_spread(d) / np.sqrt(40)
        )


def test_distances_two_ways(monkeypatch: pytest.MonkeyPatch) -> None:
    products = dimensions.distances(300, 40, seed=0)
    monkeypatch.setattr(dimensions, "_FEW", 1000)
    assert dimensions.distances(300, 40, seed=0) == pytest.approx(products, rel=1e-12)
    points = np.random.default_rng(0).random((40, 300))
    assert products == pytest.approx(pdist(points), rel=1e-12)
    matrix = squareform(products)
    assert dimensions.variation_with_zeros(products, 40) == pytest.approx(matrix.std() / matrix.mean())


def test_distances_become_alike_by_the_rule() -> None:
    square = dblquad(lambda x, z: (x - z) ** 2, 0, 1, 0, 1)[0]
    fourth = dblquad(lambda x, z: (x - z) ** 4, 0, 1, 0, 1)[0]
    assert square == pytest.approx(dimensions.MEAN_SQUARE)
    assert fourth - square**2 == pytest.approx(dimensions.VARIANCE_OF_SQUARE)
    assert dimensions.expected_variation(50) == pytest.approx(np.sqrt(7 / (20 * 50)))
    found = dimensions.distances(2000, 300, seed=1)
    assert dimensions.variation(found) == pytest.approx(dimensions.expected_variation(2000), rel=0.03)
    with_zeros = dimensions.variation_with_zeros(found, 300)
    assert with_zeros**2 == pytest.approx(1 / 299 + dimensions.variation(found) ** 2 * 300 / 299, rel=1e-9)


def test_neighbours_drown_in_inputs_without_effect() -> None:
    errors, alike = dimensions.neighbour_errors((2, 10, 60), 300, 80, 1, seed=0)
    assert errors[0, 0] < 0.25 < errors[1, 0] < errors[2, 0]
    assert alike[0, 0] < alike[1, 0] < alike[2, 0] < 1


# Two normal distributions


def test_the_posterior_is_bayes_rule_and_quadratic_discriminant_analysis() -> None:
    classes = two_gaussians.PARTICLES
    rows, labels = two_gaussians.draw(classes, 500, seed=0)
    dense = [
        prior * multivariate_normal(mean, covariance).pdf(rows)
        for mean, covariance, prior in zip(classes.means, classes.covariances, classes.priors, strict=True)
    ]
    assert two_gaussians.posterior(classes, rows) == pytest.approx(dense[1] / sum(dense), abs=1e-12)
    library = QuadraticDiscriminantAnalysis().fit(rows, labels).predict_proba(rows)[:, 1]
    differences = [
        np.abs(two_gaussians.posterior(two_gaussians.estimated(rows, labels, ddof), rows) - library).max()
        for ddof in (0, 1)
    ]
    assert min(differences) < 1e-10 < max(differences)  # it divides by n or by n - 1, by its version
    found = two_gaussians.estimated(*two_gaussians.draw(classes, 100_000, seed=1))
    assert found.means == pytest.approx(classes.means, abs=0.02)
    assert found.covariances == pytest.approx(classes.covariances, abs=0.03)
    assert found.priors == pytest.approx(classes.priors, abs=0.01)


def test_refusals_by_integration_by_formula_and_by_counting() -> None:
    thetas = np.array([0.5, 0.7, 0.9, 0.99])
    simple = two_gaussians.Classes(np.array([[0.0, 0.0], [1.5, 0.0]]), np.array([np.eye(2)] * 2), np.array([0.5, 0.5]))
    found, formula = two_gaussians.refusals(simple, thetas), two_gaussians.refusals_by_formula(1.5, thetas)
    assert found.rejected == pytest.approx(formula.rejected, abs=5e-4)
    assert found.wrong == pytest.approx(formula.wrong, abs=5e-4)
    assert formula.wrong[0] == pytest.approx(norm.cdf(-0.75))
    classes, n_rows = two_gaussians.PARTICLES, 40_000
    exact = two_gaussians.refusals(classes, thetas)
    rows, labels = two_gaussians.draw(classes, n_rows, seed=3)
    probability = two_gaussians.posterior(classes, rows)
    sure = np.maximum(probability, 1 - probability)
    for k, theta in enumerate(thetas):
        answered = sure >= theta
        assert 1 - answered.mean() == pytest.approx(exact.rejected[k], abs=4 * 0.5 / np.sqrt(n_rows))
        wrong = np.mean(answered & ((probability > 0.5) != labels))
        assert wrong == pytest.approx(exact.wrong[k], abs=4 * np.sqrt(exact.wrong[0] / n_rows))
    assert (exact.error <= 1 - thetas).all()


def test_the_cheapest_threshold_is_chows() -> None:
    thetas = np.linspace(0.5, 0.999, 500)
    found = two_gaussians.refusals_by_formula(2.0, thetas)
    for cost in (0.05, 0.2):
        assert thetas[(found.wrong + cost * found.rejected).argmin()] == pytest.approx(1 - cost, abs=0.002)
