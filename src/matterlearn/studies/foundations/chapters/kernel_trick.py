"""Chapter: the kernel trick."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import Ridge

from matterlearn.core.parallel import item_seed
from matterlearn.studies.case_page import CasePage
from matterlearn.studies.figures.foundations.kernel_trick import kernel_costs
from matterlearn.studies.foundations import kernel_trick
from matterlearn.studies.foundations.kernel_trick import (
    PENALTY,
    Floats,
    drawn_chains,
    dual_weights,
    explicit_features,
    explicit_ridge,
    kernel_ridge,
    n_features,
    polynomial_kernel,
)
from matterlearn.studies.page import Column
from matterlearn.studies.run import StudyRun

DEGREES, QUICK_DEGREES = (1, 2, 3, 4, 5, 6, 7, 8), (1, 2, 3, 4, 5, 6)

TRUE_DEGREE = 4
"""Of the energy."""

N_ATOMS = 39
"""Atoms of a molecule: what the same products of its coordinates would cost."""

EQUAL = 1e-5
"""Largest difference, in parts of the spread of the target, that counts as none."""


def add_kernel_trick(part: CasePage, run: StudyRun) -> None:
    """Write the chapter.

    Parameters
    ----------
    part : CasePage
        Gets a new section.
    run : StudyRun
        With the seed.
    """
    X, y = drawn_chains(kernel_trick.N_TRAIN, seed=item_seed(run.seed, "chains"))
    X_new, y_new = drawn_chains(kernel_trick.N_TEST, seed=item_seed(run.seed, "new chains"))
    spread = y_new.std()
    lines: list[dict[str, Any]] = []
    for degree in QUICK_DEGREES if run.quick else DEGREES:
        explicit, kernel = explicit_ridge(X, y, X_new, degree), kernel_ridge(X, y, X_new, degree)
        library = KernelRidge(alpha=PENALTY, kernel="polynomial", degree=degree, gamma=1.0, coef0=1.0).fit(X, y)
        lines.append(
            {
                "degree": degree,
                "n_features": n_features(X.shape[1], degree),
                "difference": np.abs(explicit.predicted - kernel.predicted).max() / spread,
                "library": np.abs(library.predict(X_new) - kernel.predicted).max() / spread,
                "explicit_error": _error(explicit.predicted, y_new),
                "kernel_error": _error(kernel.predicted, y_new),
                "explicit_seconds": explicit.seconds,
                "kernel_seconds": kernel.seconds,
            }
        )
    features = explicit_features(X, TRUE_DEGREE)
    written, products = features @ features.T, polynomial_kernel(X, X, TRUE_DEGREE)
    by_hand = X.T @ dual_weights(X @ X.T, y)
    ridge = Ridge(alpha=PENALTY, fit_intercept=False, solver="cholesky").fit(X, y)
    quicker = [line["degree"] for line in lines if line["explicit_seconds"] < line["kernel_seconds"]]
    best = min(lines, key=lambda line: float(line["kernel_error"]))
    at_true = next(line for line in lines if line["degree"] == TRUE_DEGREE)
    part.add(
        n_masses=X.shape[1],
        cubic=kernel_trick.CUBIC,
        quartic=kernel_trick.QUARTIC,
        spread=kernel_trick.SPREAD,
        n_train=len(y),
        n_test=len(y_new),
        penalty=PENALTY,
        true_degree=TRUE_DEGREE,
        kernel_off=np.abs(written - products).max() / products.max(),
        most_difference=max(line["difference"] for line in lines),
        most_library=max(line["library"] for line in lines),
        ridge_off=np.abs(by_hand - ridge.coef_).max() / np.abs(ridge.coef_).max(),
        best=best["degree"],
        best_error=best["kernel_error"],
        below_error=next(line["kernel_error"] for line in lines if line["degree"] == TRUE_DEGREE - 1),
        true_error=at_true["kernel_error"],
        n_true_features=at_true["n_features"],
        highest=lines[-1]["degree"],
        n_highest=lines[-1]["n_features"],
        features_quicker_at=quicker,
        highest_ratio=lines[-1]["explicit_seconds"] / lines[-1]["kernel_seconds"],
        n_runs=kernel_trick.N_RUNS,
        n_atoms=N_ATOMS,
        n_coordinates=3 * N_ATOMS,
        n_of_molecule=n_features(3 * N_ATOMS, TRUE_DEGREE),
    )
    part.section("The kernel trick")
    part.text(
        "A linear model of all products of inputs is a polynomial, and the products soon are too many to write out."
        " Ridge needs only inner products of rows, and those have a short formula. Are the predictions the same, and"
        " what does each way cost?"
    )
    part.formula("features: w = (Fᵀ F + λ)⁻¹ Fᵀ y,  prediction φ(x)·w")
    part.formula("kernel: a = (K + λ)⁻¹ y,  K = F Fᵀ = (1 + x·z)ᵖ,  prediction Σ aᵢ k(xᵢ, x);  w = Fᵀ a")
    part.text(
        "Data by physics: the energy of {_n_masses} masses between two walls on the anharmonic springs of Fermi, Pasta,"
        " Ulam and Tsingou, x²/2 + a x³/3 + b x⁴/4 with a = {_cubic:g} and b = {_quartic:g}; displacements normal with"
        " {_spread:g}, no noise. The energy is a polynomial of degree {_true_degree}. {_n_train} training and {_n_test}"
        " test rows, λ = {_penalty:g}, no intercept (the features hold a constant). Each product of features has the"
        " weight that the multinomial theorem asks for."
    )
    part.figure(
        "costs",
        kernel_costs(lines, (X.shape[1], 20, 3 * N_ATOMS)),
        "Left: unknowns, the products of up to so many inputs against the rows. Middle: time for features or kernel,"
        " solution and prediction, the fastest of {_n_runs} runs. Right: test error of both ways (squares: features;"
        " circles: kernel); dotted: the degree of the energy.",
    )
    part.table(
        "degrees",
        lines,
        [
            Column("degree", "degree", "d"),
            Column("n_features", "features", ",d"),
            Column("difference", "largest difference of both ways", ".0e"),
            Column("library", "of kernel and scikit-learn's", ".0e"),
            Column("kernel_error", "test RMSE / spread", ".2e"),
            Column("explicit_seconds", "features (s)", ".4f"),
            Column("kernel_seconds", "kernel (s)", ".4f"),
        ],
        "Differences of predictions in parts of the spread of the energy. Times are the fastest of"
        " {_n_runs} runs on the computer of this study; they differ from study to study.",
    )
    same = max(part["most_difference"], part["most_library"]) <= EQUAL
    part.text(
        "What it shows: inner products of the written features equal the kernel to {_kernel_off:.0e}, and "
        + ("both ways predict the same" if same else "the two ways differ")
        + " (largest difference {_most_difference:.0e} of the spread; to scikit-learn's KernelRidge"
        " {_most_library:.0e}). With the plain inner product x·z, ridge by the rows gives Ridge's weights to"
        " {_ridge_off:.0e}.",
        (
            "The error falls from {_below_error:.1%} to {_true_error:.2%} of the spread when the degree reaches that of"
            " the energy."
            if part["true_error"] < part["below_error"]
            else "The error does not fall when the degree reaches that of the energy: {_below_error:.1%} becomes"
            " {_true_error:.2%}."
        ),
        "" if part["best"] == TRUE_DEGREE else "It is least at degree {_best} ({_best_error:.2%}).",
        "Features number {_n_true_features} then and {_n_highest:,} at degree {_highest}, where writing them out takes"
        " {_highest_ratio:.3g} times as long as the kernel, which always has {_n_train} equations to solve.",
        f"At degree{'s' if len(quicker) > 1 else ''} {{_features_quicker_at:d}} the features were the quicker way in"
        " this run."
        if quicker
        else "",
        "Of the {_n_coordinates} coordinates of a molecule of {_n_atoms} atoms there would be {_n_of_molecule:,}.",
    )


def _error(predicted: Floats, truth: Floats) -> float:
    return float(np.sqrt(np.mean((predicted - truth) ** 2)) / truth.std())
