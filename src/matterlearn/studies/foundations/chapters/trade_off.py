"""Chapter: the trade-off of bias and variance."""

from __future__ import annotations

import numpy as np
from sklearn.model_selection import KFold

from matterlearn.core.parallel import item_seed
from matterlearn.studies.case_page import CasePage
from matterlearn.studies.figures.foundations import trade_off as figures
from matterlearn.studies.foundations import trade_off
from matterlearn.studies.foundations.trade_off import NOISE, by_theory, morse, of_fresh_sets, polynomial, scaled
from matterlearn.studies.page import Column
from matterlearn.studies.run import StudyRun
from matterlearn.validation.assessment import bias_variance, complexity_curve

DEGREES = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12)

SHOWN = (2, 6, 12)
"""Degrees whose fits are drawn: too simple, about right, too complex."""

N_SETS = 400
"""Data sets drawn anew."""

N_RESAMPLES, N_QUICK_RESAMPLES = 100, 25
"""Bootstrap resamples of one data set."""

N_FOLDS = 5


def add_trade_off(part: CasePage, run: StudyRun) -> None:
    """Write the chapter.

    Parameters
    ----------
    part : CasePage
        Gets a new section.
    run : StudyRun
        With the seed.
    """
    measured = trade_off.energies(N_SETS, seed=item_seed(run.seed, "morse"))
    found = {degree: of_fresh_sets(measured, degree) for degree in DEGREES}
    theory = {degree: by_theory(degree) for degree in DEGREES}
    X, X_new = scaled(trade_off.train_distances()), scaled(trade_off.test_distances())
    truth = morse(trade_off.test_distances())
    n_resamples = N_QUICK_RESAMPLES if run.quick else N_RESAMPLES
    resampled = {
        degree: bias_variance(
            polynomial(degree), X, measured[0], X_new, truth, n_resamples=n_resamples, random_state=run.seed
        )
        for degree in SHOWN
    }
    folds = KFold(N_FOLDS, shuffle=True, random_state=run.seed)
    curve = complexity_curve(polynomial(), X, measured[0], "polynomialfeatures__degree", DEGREES, cv=folds)
    lines = [
        {
            "degree": degree,
            "bias": parts.bias_squared,
            "bias_theory": theory[degree][0],
            "variance": parts.variance,
            "variance_theory": theory[degree][1],
            "error": parts.mse + NOISE**2,
            "train": curve.table["train"].iloc[k],
            "folds": curve.table["test"].iloc[k],
            "resampled_bias": resampled[degree].bias_squared if degree in resampled else None,
            "resampled_variance": resampled[degree].variance if degree in resampled else None,
        }
        for k, (degree, parts) in enumerate(found.items())
    ]
    best = min(lines, key=lambda line: float(line["error"]))
    off = max(
        abs(line[name] - line[f"{name}_theory"]) / (line["bias_theory"] + line["variance_theory"])
        for line in lines
        for name in ("bias", "variance")
    )
    chosen = DEGREES[curve.best]
    part.add(
        depth=trade_off.DEPTH,
        steepness=trade_off.STEEPNESS,
        bond=trade_off.BOND,
        nearest=trade_off.NEAREST,
        farthest=trade_off.FARTHEST,
        noise=NOISE,
        noise_variance=NOISE**2,
        n_rows=trade_off.N_ROWS,
        n_sets=N_SETS,
        n_resamples=n_resamples,
        n_folds=N_FOLDS,
        best=best["degree"],
        best_error=best["error"],
        best_bias=best["bias"],
        best_variance=best["variance"],
        simple=DEGREES[0],
        simple_share=lines[0]["bias"] / (lines[0]["bias"] + lines[0]["variance"]),
        complex=DEGREES[-1],
        complex_share=lines[-1]["variance"] / (lines[-1]["bias"] + lines[-1]["variance"]),
        theory_off=off,
        parameters_error=NOISE**2 * (best["degree"] + 1) / trade_off.N_ROWS,
        chosen=chosen,
        chosen_error=found[chosen].mse + NOISE**2,
        chosen_folds=curve.table["test"].iloc[curve.best],
        training_falls=bool(np.all(np.diff(curve.table["train"]) <= 1e-9)),
    )
    _write(part, lines, training_falls=part["training_falls"])
    part.figure(
        "fits",
        figures.fits(measured, {degree: found[degree] for degree in SHOWN}),
        "Polynomials fitted to data sets drawn anew. Where the mean of all fits leaves the truth there is bias; how far"
        " the thin lines spread is the variance.",
    )
    part.figure(
        "parts",
        figures.parts_by_degree(DEGREES, list(found.values()), list(theory.values())),
        "Points: over {_n_sets} data sets; lines: theory of least squares. A measured bias² does not fall below the"
        " variance of the mean of so many fits.",
    )
    part.text(_verdict(picks_best=chosen == best["degree"]))


def _write(part: CasePage, lines: list[dict[str, object]], *, training_falls: bool) -> None:
    part.section("Bias and variance")
    part.text(
        "A model that is too simple is wrong in the same way on every data set; one that is too complex is wrong in"
        " another way on each. How much of the error is the one, how much the other, and where is their sum least?"
    )
    part.formula("E[(prediction − y)²] = bias² + variance + noise")
    part.text(
        "Data by physics: energies of a diatomic molecule by the Morse curve, depth {_depth:g} eV, steepness"
        " {_steepness:g} per ångström, bond length {_bond:g} Å (about H₂), at {_n_rows} distances from {_nearest:g} to"
        " {_farthest:g} Å, measured with {_noise:g} eV of noise; {_n_sets} data sets. Polynomials by least squares."
        " Bias and variance are taken at the true energies. In practice there is one data set: its errors over"
        " {_n_folds} folds, and {_n_resamples} bootstrap resamples of it, stand beside."
    )
    falls = f"The training error {'falls' if training_falls else 'does not fall'} with every degree."
    part.table(
        "degrees",
        lines,
        [
            Column("degree", "degree", "d"),
            Column("bias", "bias² (eV²)", ".4f"),
            Column("bias_theory", "theory", ".4f"),
            Column("variance", "variance", ".4f"),
            Column("variance_theory", "theory", ".4f"),
            Column("error", "sum with noise", ".4f"),
            Column("train", "one set: training", ".4f"),
            Column("folds", "folds", ".4f"),
            Column("resampled_bias", "bootstrap: bias²", ",.3g"),
            Column("resampled_variance", "variance", ",.3g"),
        ],
        falls + " The bootstrap redraws the rows of one data set. What the noise of that data set does to every"
        " resample counts as bias; and a resample holds fewer different distances, so that at high degrees the variance"
        " is far too large."
        if float(str(lines[-1]["resampled_variance"])) > 2 * float(str(lines[-1]["variance"]))
        else falls + " The bootstrap redraws the rows of one data set. What the noise of that data set does to every"
        " resample counts as bias.",
    )


def _verdict(*, picks_best: bool) -> str:
    return (
        "What it shows: at degree {_simple} bias makes {_simple_share:.0%} of the error above the noise, at degree"
        " {_complex} variance makes {_complex_share:.0%}. The sum is least at degree {_best}: {_best_error:.4f} eV², of"
        " which {_noise_variance:.2f} is noise, {_best_bias:.4f} bias and {_best_variance:.4f} variance (about noise ·"
        " parameters / rows = {_parameters_error:.4f}). Measured parts differ from theory by at most {_theory_off:.1%}"
        " of the error. The folds of one data set choose degree {_chosen}, "
        + (
            "the best one."
            if picks_best
            else "whose true error is {_chosen_error:.4f}, where the folds say {_chosen_folds:.4f}."
        )
    )
