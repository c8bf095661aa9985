"""Chapter: decision boundary, posterior and the reject option of two normal distributions."""

from __future__ import annotations

import numpy as np
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis

from matterlearn.core.parallel import item_seed
from matterlearn.models.decisions.rejection import AccuracyCoverage, accuracy_coverage
from matterlearn.studies.case_page import CasePage
from matterlearn.studies.figures.foundations.two_gaussians import boundary
from matterlearn.studies.foundations.two_gaussians import (
    PARTICLES,
    Classes,
    Floats,
    Ints,
    Refusals,
    draw,
    estimated,
    posterior,
    refusals,
    refusals_by_formula,
)
from matterlearn.studies.page import Column
from matterlearn.studies.run import StudyRun

N_TRAIN = 200

N_NEW, N_QUICK_NEW = 100_000, 30_000

THETAS = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)

SHOWN = 0.9
"""Threshold of the region that is drawn, and of the cost that is looked at."""

DISTANCE = 2.0
"""Mahalanobis' distance of the means in the case that has a closed form."""

TRUTH, QUADRATIC, LINEAR = "true posterior", "quadratic discriminant, fitted", "linear discriminant, fitted"


def add_two_gaussians(part: CasePage, run: StudyRun) -> None:
    """Write the chapter.

    Parameters
    ----------
    part : CasePage
        Gets a new section.
    run : StudyRun
        With the seed.
    """
    rows, labels = draw(PARTICLES, N_TRAIN, seed=item_seed(run.seed, "particles"))
    n_new = N_QUICK_NEW if run.quick else N_NEW
    new, truth = draw(PARTICLES, n_new, seed=item_seed(run.seed, "new particles"))
    quadratic = QuadraticDiscriminantAnalysis().fit(rows, labels)
    linear = LinearDiscriminantAnalysis().fit(rows, labels)
    by_formula = {name: posterior(estimated(rows, labels, ddof), new) for ddof, name in enumerate(("n", "n − 1"))}
    probabilities = {
        TRUTH: posterior(PARTICLES, new),
        QUADRATIC: quadratic.predict_proba(new)[:, 1],
        LINEAR: linear.predict_proba(new)[:, 1],
    }
    qda_off = {name: float(np.abs(values - probabilities[QUADRATIC]).max()) for name, values in by_formula.items()}
    divisor = min(qda_off, key=lambda name: qda_off[name])
    curves = {name: _curve(values, truth) for name, values in probabilities.items()}
    thetas = np.array(THETAS)
    both = refusals(PARTICLES, np.concatenate([thetas, np.linspace(0.5, 0.999, 500)]))
    exact, dense = (
        Refusals(both.theta[part], both.rejected[part], both.wrong[part])
        for part in (slice(len(thetas)), slice(len(thetas), None))
    )
    at = {name: [_at(values, truth, theta) for theta in THETAS] for name, values in probabilities.items()}
    cost = dense.wrong + (1 - SHOWN) * dense.rejected
    simple = Classes(np.array([[0.0, 0.0], [DISTANCE, 0.0]]), np.array([np.eye(2)] * 2), np.array([0.5, 0.5]))
    integrated, closed = refusals(simple, thetas), refusals_by_formula(DISTANCE, thetas)
    shown = THETAS.index(SHOWN)
    part.add(
        priors=PARTICLES.priors,
        n_train=N_TRAIN,
        n_new=n_new,
        qda_off=qda_off[divisor],
        qda_divisor=divisor,
        posterior_off=np.sqrt(np.mean((probabilities[QUADRATIC] - probabilities[TRUTH]) ** 2)),
        linear_posterior_off=np.sqrt(np.mean((probabilities[LINEAR] - probabilities[TRUTH]) ** 2)),
        bayes_error=exact.wrong[0],
        true_error=at[TRUTH][0][1],
        quadratic_error=at[QUADRATIC][0][1],
        linear_error=at[LINEAR][0][1],
        sampling=np.sqrt(exact.wrong[0] * (1 - exact.wrong[0]) / n_new),
        theta=SHOWN,
        one_minus_theta=1 - SHOWN,
        exact_rejected=exact.rejected[shown],
        exact_error=exact.error[shown],
        promised=1 - SHOWN,
        quadratic_rejected=at[QUADRATIC][shown][0],
        quadratic_left=at[QUADRATIC][shown][1],
        cheapest=float(dense.theta[cost.argmin()]),
        least_cost=cost.min(),
        all_cost=cost[0],
        distance=DISTANCE,
        formula_off=max(
            np.abs(integrated.rejected - closed.rejected).max(), np.abs(integrated.wrong - closed.wrong).max()
        ),
        half="1/2",
    )
    _write(part)
    part.figure(
        "boundary",
        boundary(PARTICLES, estimated(rows, labels), (rows, labels), SHOWN, dense, curves, n_new),
        "Left: {_n_train} rows with the true and the fitted boundary; where neither class reaches θ = {_theta:g}"
        " nothing is answered. Right: wrong among the answered rows, as θ falls from left to right, on {_n_new:,} new"
        " rows and by integration.",
    )
    part.table(
        "thetas",
        [
            {
                "theta": theta,
                "rejected": exact.rejected[k],
                "error": exact.error[k],
                "true_rejected": at[TRUTH][k][0],
                "true_error": at[TRUTH][k][1],
                "quadratic_rejected": at[QUADRATIC][k][0],
                "quadratic_error": at[QUADRATIC][k][1],
                "linear_rejected": at[LINEAR][k][0],
                "linear_error": at[LINEAR][k][1],
            }
            for k, theta in enumerate(THETAS)
        ],
        [
            Column("theta", "θ", "g"),
            Column("rejected", "refused, exact", ".1%"),
            Column("error", "wrong, exact", ".2%"),
            Column("true_rejected", "refused, new rows", ".1%"),
            Column("true_error", "wrong", ".2%"),
            Column("quadratic_rejected", "refused, quadratic", ".1%"),
            Column("quadratic_error", "wrong", ".2%"),
            Column("linear_rejected", "refused, linear", ".1%"),
            Column("linear_error", "wrong", ".2%"),
        ],
        "Wrong: share of the answered rows. Exact: true posterior, integrated on a grid.",
    )
    _conclude(part)


def _write(part: CasePage) -> None:
    part.section("Decision boundary, posterior and the right to refuse")
    part.text(
        "Where the distributions of two classes are known, so is the best decision. How close does a fitted model come,"
        " and what does it bring to refuse the doubtful rows?"
    )
    part.formula("P(1 | x) = π₁ N(x; μ₁, Σ₁) / (π₀ N(x; μ₀, Σ₀) + π₁ N(x; μ₁, Σ₁))")
    part.text(
        "Data by formula: two kinds of particles give two normal readings of a detector, with different means and"
        " covariances and the shares {_priors:g}. The log odds are a quadratic function of the readings, so the"
        " boundary P = {_half} is a conic section. Rule: answer where the larger probability reaches θ, refuse"
        " elsewhere."
    )
    part.text(
        "The formula with means, covariances (divided by {_qda_divisor}) and shares estimated from {_n_train} rows"
        " gives scikit-learn's quadratic discriminant to {_qda_off:.0e}. The integration is checked where there is a"
        " closed form, equal priors and covariances at Mahalanobis' distance {_distance:g}: it differs from Φ by at"
        " most {_formula_off:.0e}."
    )


def _conclude(part: CasePage) -> None:
    part.text(
        "What it shows: no decision has a lower error than {_bayes_error:.2%}; on {_n_new:,} new rows the true"
        " posterior has {_true_error:.2%} (± {_sampling:.2%}), the quadratic discriminant fitted to {_n_train} rows"
        " {_quadratic_error:.2%}, the linear one, whose boundary is straight, {_linear_error:.2%}. Their probabilities"
        " are {_posterior_off:.3f} and {_linear_posterior_off:.3f} off (root mean square).",
        "With θ = {_theta:g} the true posterior refuses {_exact_rejected:.1%} and errs in {_exact_error:.2%} of the"
        " rest (less than 1 − θ, since most rows are surer than θ); the fitted one refuses {_quadratic_rejected:.1%}"
        " and errs in {_quadratic_left:.2%}."
        if part["exact_error"] < part["promised"]
        else "With θ = {_theta:g} the true posterior refuses {_exact_rejected:.1%} and errs in {_exact_error:.2%} of"
        " the rest; the fitted one refuses {_quadratic_rejected:.1%} and errs in {_quadratic_left:.2%}.",
        "If a refusal costs {_one_minus_theta:.1f} of an error, the total cost is least at θ = {_cheapest:.3f}, as"
        " Chow's rule θ = 1 − cost says: {_least_cost:.4f} per row instead of {_all_cost:.4f} if all are answered."
        if abs(part["cheapest"] - SHOWN) < 0.01
        else "If a refusal costs {_one_minus_theta:.1f} of an error, the total cost is least at θ = {_cheapest:.3f}.",
    )


def _curve(probability: Floats, truth: Ints) -> AccuracyCoverage:
    decided = (probability > 0.5).astype(int)
    return accuracy_coverage(decided == truth, np.maximum(probability, 1 - probability))


def _at(probability: Floats, truth: Ints, theta: float) -> tuple[float, float]:
    """Return the share that is refused, and the share of wrong rows among the answered."""
    answered = np.maximum(probability, 1 - probability) >= theta
    wrong = (probability > 0.5) != truth
    return float(1 - answered.mean()), float(wrong[answered].mean())
