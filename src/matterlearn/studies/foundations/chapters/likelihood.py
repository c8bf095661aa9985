"""Chapter: squared error and cross-entropy from the likelihood."""

from __future__ import annotations

import numpy as np
from sklearn.linear_model import LinearRegression, LogisticRegression

from matterlearn.core.parallel import item_seed
from matterlearn.studies.case_page import CasePage
from matterlearn.studies.figures.foundations.likelihood import likelihood_fits
from matterlearn.studies.foundations import likelihood
from matterlearn.studies.foundations.likelihood import (
    BOLTZMANN,
    N_PARAMETERS,
    NOISE,
    Fitted,
    bernoulli_nll,
    expected_width,
    fit_bernoulli,
    fit_normal,
    normal_nll,
    residual_squares,
)
from matterlearn.studies.page import Column
from matterlearn.studies.run import StudyRun

N_ROWS = 12
"""Readings of the spring: few, so that n and n - p differ."""

N_SETS, N_QUICK_SETS = 20_000, 4_000

N_STATES = 2_000

EQUAL = 1e-5
"""Relative difference of parameters that counts as none: minimisers stop where the loss is flat."""

FAR = 4
"""Standard errors from which on a difference is hardly chance."""


def add_likelihood(part: CasePage, run: StudyRun) -> None:
    """Write the chapter.

    Parameters
    ----------
    part : CasePage
        Gets a new section.
    run : StudyRun
        With the seed.
    """
    n_sets = N_QUICK_SETS if run.quick else N_SETS
    force, lengths = likelihood.spring_lengths(N_ROWS, n_sets, seed=item_seed(run.seed, "spring"))
    squares = residual_squares(force, lengths)
    by_n, by_degrees = squares / N_ROWS, squares / (N_ROWS - N_PARAMETERS)
    line = fit_normal(force, lengths[0])
    least = LinearRegression().fit(force[:, None], lengths[0])
    energy, occupied = likelihood.occupied_states(N_STATES, seed=item_seed(run.seed, "states"))
    logit = fit_bernoulli(energy, occupied)
    library = LogisticRegression(C=np.inf, tol=1e-10, max_iter=10_000).fit(energy[:, None], occupied)
    squared = Fitted(
        float(least.coef_[0]),
        float(least.intercept_),
        float(np.sqrt(by_n[0])),
        normal_nll(force, lengths[0], float(least.coef_[0]), float(least.intercept_), float(np.sqrt(by_n[0]))),
    )
    crossed = Fitted(
        float(library.coef_[0, 0]),
        float(library.intercept_[0]),
        float("nan"),
        bernoulli_nll(energy, occupied, float(library.coef_[0, 0]), float(library.intercept_[0])),
    )
    line_off, logit_off = _difference(line, squared), _difference(logit, crossed)
    temperature, temperature_se = _temperature(energy, logit)
    by_n_se, by_degrees_se = (float(values.std(ddof=1) / np.sqrt(n_sets)) for values in (by_n, by_degrees))
    part.add(
        n=N_ROWS,
        p=N_PARAMETERS,
        n_sets=n_sets,
        stiffness=likelihood.SPRING,
        length=likelihood.LENGTH,
        noise=NOISE,
        variance=NOISE**2,
        most_force=likelihood.MOST_FORCE,
        n_states=N_STATES,
        temperature=likelihood.TEMPERATURE,
        window=likelihood.WINDOW,
        line_off=line_off,
        logit_off=logit_off,
        equal=EQUAL,
        first_sigma_n=np.sqrt(by_n[0]),
        first_sigma=np.sqrt(by_degrees[0]),
        by_n=by_n.mean(),
        by_degrees=by_degrees.mean(),
        by_n_ratio=by_n.mean() / NOISE**2,
        by_degrees_ratio=by_degrees.mean() / NOISE**2,
        expected_ratio=1 - N_PARAMETERS / N_ROWS,
        by_n_ratio_se=by_n_se / NOISE**2,
        by_degrees_ratio_se=by_degrees_se / NOISE**2,
        ratio_off=abs(by_n.mean() - NOISE**2 * (1 - N_PARAMETERS / N_ROWS)) / by_n_se,
        degrees_off=abs(by_degrees.mean() - NOISE**2) / by_degrees_se,
        width_ratio=np.sqrt(by_degrees).mean() / NOISE,
        width_theory=expected_width(N_ROWS - N_PARAMETERS),
        fitted_temperature=temperature,
        temperature_se=temperature_se,
        temperature_off=abs(temperature - likelihood.TEMPERATURE) / temperature_se,
        fitted_level=1e3 * -logit.constant / logit.slope,
    )
    part.section("Squared error and cross-entropy from the likelihood")
    part.text(
        "Why the squared error, and why the cross-entropy? Both are what is left of one principle: take the parameters"
        " under which what was measured is most probable."
    )
    part.text("Numbers with normal noise of width σ around f(x), measured independently:")
    part.formula("p(y | x) = Π exp(−(yᵢ − f(xᵢ))² / 2σ²) / √(2πσ²)")
    part.formula("−ln p = Σ (yᵢ − f(xᵢ))² / 2σ² + n ln σ + n ln √(2π)")
    part.text(
        "Whatever σ is, f is best where the sum of squared errors is least. Where the derivative by σ vanishes, σ² = Σ"
        " (yᵢ − f(xᵢ))² / n. The line was fitted to these rows, which makes the sum too small; the sum divided by n −"
        " p, with p fitted parameters, is σ² in the mean. Classes 0 and 1 with the probability q(x) of class 1:"
    )
    part.formula("p(y | x) = Π q(xᵢ)^yᵢ (1 − q(xᵢ))^(1 − yᵢ)")
    part.formula("−ln p = −Σ [yᵢ ln q(xᵢ) + (1 − yᵢ) ln(1 − q(xᵢ))],   the cross-entropy")
    part.text(
        "Data by physics. A spring of {_stiffness:g} N/m and {_length:g} mm under {_n} forces up to {_most_force:g} N,"
        " lengths read with σ = {_noise:g} mm (Hooke's law). And {_n_states:,} electron states within {_window:g} eV of"
        " the Fermi level, each occupied with the probability of Fermi and Dirac at {_temperature:,.0f} K, which is a"
        " logistic function: −1 / kT is its slope, so that logistic regression is a thermometer. The sums above are"
        " minimised numerically (BFGS), knowing nothing of least squares."
    )
    part.table(
        "fits",
        [
            _row("−ln p of normal noise, minimised", line),
            _row("least squares (scikit-learn)", squared),
            _row("cross-entropy, minimised", logit),
            _row("logistic regression without penalty (scikit-learn)", crossed),
        ],
        [
            Column("fit", "fit"),
            Column("slope", "slope", ".6f"),
            Column("constant", "constant", ".6f"),
            Column("sigma", "σ (mm)", ".6f"),
            Column("nll", "−ln p", ".6f"),
        ],
        "Slopes in mm/N for the spring and in 1/eV for the states; constants in mm and without unit.",
    )
    part.figure(
        "fits",
        likelihood_fits(
            {"sum of squares / n": by_n, "sum of squares / (n − p)": by_degrees},
            energy,
            occupied,
            temperature,
            -logit.constant / logit.slope,
        ),
        "Left: the variance of the noise as {_n_sets:,} sets of {_n} readings tell it; vertical lines are the means."
        " Right: states, occupied (at one) or empty (at zero), with the law they were drawn from and the fit.",
    )
    same = max(line_off, logit_off) <= EQUAL
    part.text(
        "What it shows: "
        + (
            "the minima of the two likelihoods are least squares and logistic regression (parameters differ by"
            " {_line_off:.0e} and {_logit_off:.0e} of their size)."
            if same
            else "the minima differ from least squares and logistic regression by {_line_off:.0e} and {_logit_off:.0e}."
        ),
        "The fitted width is σ̂ = {_first_sigma_n:.2f} mm by n and {_first_sigma:.2f} mm by n − p in the first set."
        " Its square, the variance, is over {_n_sets:,} sets {_by_n_ratio:.3f} ± {_by_n_ratio_se:.3f} (standard error)"
        " of the true one with n, where theory has 1 − p / n = {_expected_ratio:.3f}, and {_by_degrees_ratio:.3f} ±"
        " {_by_degrees_ratio_se:.3f} with n − p, where theory has 1, {_degrees_off:.1f} standard"
        " errors away"
        + ("" if part["degrees_off"] < FAR else ", too far to be chance")
        + ". The width itself is {_width_ratio:.3f} of the true one with"
        " n − p (theory {_width_theory:.3f}), for the mean of roots lies below the root of the mean.",
        "The thermometer reads {_fitted_temperature:,.0f} ± {_temperature_se:.0f} K, {_temperature_off:.1f} standard"
        " errors from the truth, and puts the Fermi level at {_fitted_level:.1f} meV.",
    )


def _row(name: str, fit: Fitted) -> dict[str, object]:
    return {"fit": name, "slope": fit.slope, "constant": fit.constant, "sigma": fit.sigma, "nll": fit.value}


def _difference(one: Fitted, other: Fitted) -> float:
    """Return the largest difference of slope, constant and width in parts of the slope, constant or width, not below 1.

    The constant of a symmetric law is near 0, where a relative difference says nothing.
    """
    pairs = [(one.slope, other.slope), (one.constant, other.constant)]
    if np.isfinite(one.sigma):
        pairs.append((one.sigma, other.sigma))
    return float(max(abs(a - b) / max(abs(b), 1.0) for a, b in pairs))


def _temperature(energy: np.ndarray, fit: Fitted) -> tuple[float, float]:
    """Return the temperature that a slope stands for and its standard error, from Fisher's information."""
    q = 1 / (1 + np.exp(-(fit.slope * energy + fit.constant)))
    with_one = np.column_stack([energy, np.ones(len(energy))])
    information = with_one.T @ (with_one * (q * (1 - q))[:, None])
    slope_se = np.sqrt(np.linalg.inv(information)[0, 0])
    temperature = -1 / (BOLTZMANN * fit.slope)
    return float(temperature), float(temperature * slope_se / abs(fit.slope))
