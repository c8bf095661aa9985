"""Chapter: hyper-parameters and validation."""

from __future__ import annotations

import numpy as np

from matterlearn.core.parallel import item_seed
from matterlearn.studies.case_page import CasePage
from matterlearn.studies.figures.foundations import choosing as figures
from matterlearn.studies.foundations import choosing, planck
from matterlearn.studies.foundations.choosing import ALPHAS, GAMMAS, choose, measure_errors
from matterlearn.studies.page import Column
from matterlearn.studies.run import StudyRun

COUNTS = (5, 10, 20, 45, 90)
"""Combinations that are compared."""

N_DRAWS, N_QUICK_DRAWS = 150, 40

DRAWN = 1
"""Place of the kernel whose errors are drawn."""


def add_choosing(part: CasePage, run: StudyRun) -> None:
    """Write the chapter.

    Parameters
    ----------
    part : CasePage
        Gets a new section.
    run : StudyRun
        With the seed.
    """
    n_draws = N_QUICK_DRAWS if run.quick else N_DRAWS
    errors = measure_errors(n_draws, seed=item_seed(run.seed, "planck"))
    found = choose(errors, COUNTS, seed=item_seed(run.seed, "combinations"))
    rows = np.arange(n_draws)
    flat, risks, tests = (values.reshape(n_draws, -1) for values in (errors.validation, errors.new, errors.test))
    best = flat.argmin(axis=1)
    optimism = risks[rows, best] - flat[rows, best]
    test_off = tests[rows, best] - risks[rows, best]
    curve = {
        "train": errors.train[:, DRAWN].mean(axis=0),
        "validation": errors.validation[:, DRAWN].mean(axis=0),
        "risk": errors.new[:, DRAWN].mean(axis=0),
    }
    part.add(
        shortest=planck.SHORTEST,
        longest=planck.LONGEST,
        coldest=planck.COLDEST,
        hottest=planck.HOTTEST,
        noise=planck.NOISE,
        least=planck.NOISE**2,
        n_train=choosing.N_TRAIN,
        n_validation=choosing.N_VALIDATION,
        n_test=choosing.N_TEST,
        n_new=choosing.N_NEW,
        n_draws=n_draws,
        n_gammas=len(GAMMAS),
        n_alphas=len(ALPHAS),
        n_combinations=flat.shape[1],
        gamma=GAMMAS[DRAWN],
        alpha_validation=ALPHAS[int(curve["validation"].argmin())],
        alpha_risk=ALPHAS[int(curve["risk"].argmin())],
        training_least_at=ALPHAS[int(curve["train"].argmin())],
        validation_error=found.validation[-1],
        test_error=found.test[-1],
        risk=found.risk[-1],
        least_risk=found.least[-1],
        understated=1 - found.validation[-1] / found.risk[-1],
        first_count=COUNTS[0],
        first_understated=1 - found.validation[0] / found.risk[0],
        optimism=optimism.mean(),
        optimism_se=optimism.std(ddof=1) / np.sqrt(n_draws),
        test_off=test_off.mean(),
        test_se=test_off.std(ddof=1) / np.sqrt(n_draws),
        optimistic=np.mean(optimism > 0),
    )
    part.section("Hyper-parameters and validation")
    part.text(
        "The penalty and the width of a kernel cannot be learned from the training rows, whose error they can push down"
        " as far as they like. Other rows choose them. What does the lowest of many validation errors promise?"
    )
    part.text(
        "Data by physics: the spectral radiance of a black body (Planck's law) from {_shortest:g} to {_longest:g} µm"
        " and {_coldest:g} to {_hottest:,.0f} K, as a power of ten, measured with a noise of {_noise:g} decades; both"
        " inputs uniform between 0 and 1. Kernel ridge with a Gaussian kernel: {_n_gammas} widths and {_n_alphas}"
        " penalties, {_n_combinations} combinations. {_n_train} training, {_n_validation} validation and {_n_test} test"
        " rows, {_n_draws} times; {_n_new:,} new rows stand for the risk, which is not below {_least:.2f}."
    )
    part.figure(
        "choosing",
        figures.choosing(errors, DRAWN, found),
        "Left: errors of the kernel exp(−γ d²), γ = {_gamma:g}, against the penalty; thin lines are validation errors"
        " of single draws. Right: the combination with the lowest validation error of several. Dotted: the noise.",
    )
    part.table(
        "counts",
        [
            {
                "count": count,
                "validation": found.validation[k],
                "test": found.test[k],
                "risk": found.risk[k],
                "least": found.least[k],
                "understated": 1 - found.validation[k] / found.risk[k],
            }
            for k, count in enumerate(COUNTS)
        ],
        [
            Column("count", "combinations", "d"),
            Column("validation", "validation error of the chosen", ".4f"),
            Column("test", "its test error", ".4f"),
            Column("risk", "its risk", ".4f"),
            Column("understated", "validation understates by", ".0%"),
            Column("least", "lowest risk of all", ".4f"),
        ],
        "Means over {_n_draws} draws, in decades².",
    )
    weakest = part["training_least_at"] == ALPHAS[0]
    part.text(
        "What it shows: the training error is lowest at α = {_training_least_at:.0e}"
        + (", the weakest penalty there is" if weakest else "")
        + "; the mean validation error at {_alpha_validation:.0e}, the risk at {_alpha_risk:.0e}. The lowest of"
        " {_n_combinations} validation errors is {_validation_error:.4f}, where the chosen combination has a risk of"
        " {_risk:.4f}: it understates by {_understated:.0%} (of {_first_count}: {_first_understated:.0%}), by"
        " {_optimism:.4f} ± {_optimism_se:.4f} in the mean, and in {_optimistic:.0%} of the draws.",
        "The test rows, which chose nothing, are "
        + ("right in the mean" if abs(part["test_off"]) < 4 * part["test_se"] else "off as well")
        + ": {_test_error:.4f}, off by {_test_off:.4f} ± {_test_se:.4f}.",
        "So: fit on training rows, choose on validation rows, and ask the test rows once.",
    )
