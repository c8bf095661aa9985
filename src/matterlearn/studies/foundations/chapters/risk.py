"""Chapter: the empirical risk and the risk it stands for."""

from __future__ import annotations

import numpy as np

from matterlearn.core.parallel import item_seed
from matterlearn.studies.case_page import CasePage
from matterlearn.studies.figures.foundations.risk import risk_curves
from matterlearn.studies.foundations.risk import NOISE, WEIGHTS, expected_empirical, expected_risk, measure_risks
from matterlearn.studies.page import Column
from matterlearn.studies.run import StudyRun

SIZES = (20, 30, 50, 100, 200, 500, 1000)
"""Rows that are learned from."""

N_DRAWS, N_QUICK_DRAWS = 400, 100
"""Data sets of each size, in a full and in a quick study."""

ASYMPTOTIC = 100
"""Rows from which the slope of the gap is fitted."""


def add_risk(part: CasePage, run: StudyRun) -> None:
    """Write the chapter.

    Parameters
    ----------
    part : CasePage
        Gets a new section.
    run : StudyRun
        With the seed.
    """
    n_draws = N_QUICK_DRAWS if run.quick else N_DRAWS
    found = measure_risks(SIZES, n_draws, seed=item_seed(run.seed, "risk"))
    gap = found.gap
    lines = [
        {
            "n": n,
            "empirical": found.empirical[k].mean(),
            "empirical_theory": expected_empirical(n),
            "risk": found.risk[k].mean(),
            "risk_theory": expected_risk(n),
            "gap": gap[k].mean(),
            "optimistic": np.mean(found.risk[k] > found.empirical[k]),
            "fixed": found.fixed[k].mean(),
            "fixed_sd": found.fixed[k].std(ddof=1),
            "fixed_sd_theory": NOISE**2 * np.sqrt(2 / n),
        }
        for k, n in enumerate(SIZES)
    ]
    theory = np.array([expected_risk(n) - expected_empirical(n) for n in SIZES])
    off = np.abs(gap.mean(axis=1) - theory) / (gap.std(axis=1, ddof=1) / np.sqrt(n_draws))
    large = np.array(SIZES) >= ASYMPTOTIC
    slope = np.polyfit(np.log(np.array(SIZES)[large]), np.log(gap.mean(axis=1)[large]), 1)[0]
    part.add(
        p=len(WEIGHTS),
        low="5th",
        high="95th",
        noise=NOISE,
        least=NOISE**2,
        n_draws=n_draws,
        smallest=SIZES[0],
        largest=SIZES[-1],
        first_empirical=lines[0]["empirical"],
        first_risk=lines[0]["risk"],
        first_ratio=lines[0]["risk"] / lines[0]["empirical"],
        first_optimistic=lines[0]["optimistic"],
        last_gap=lines[-1]["gap"],
        slope=slope,
        slope_from=ASYMPTOTIC,
        most_off=off.max(),
    )
    part.section("Empirical risk and the risk it stands for")
    part.text(
        "A loss says what a wrong answer costs on one row; here it is the squared error. Learning means: find the"
        " function whose expected loss on a new row, the risk, is smallest. The distribution is not known, so the mean"
        " of the losses of the rows at hand, the empirical risk, is made small instead. How far is the"
        " one from the other?"
    )
    part.formula("risk: R(f) = E[(f(x) − y)²];   empirical risk: R̂(f) = mean over the rows of (f(xᵢ) − yᵢ)²")
    part.text(
        "Data by formula, so that the risk is known exactly: {_p} independent standard normal inputs, y = Σ xⱼ / j +"
        " noise of standard deviation σ = {_noise:g}. Weights v have the risk σ² + |v − w|², w being the true ones. No"
        " function does better than σ² = {_least:g}. Least squares without intercept, {_n_draws} data sets of each"
        " size."
    )
    part.figure(
        "curves",
        risk_curves(found),
        "Left: mean over {_n_draws} data sets, bars from the {_low} to the {_high} percentile of the data sets, lines"
        " by theory: σ² (1 − p / n) and σ² (1 + p / (n − p − 1)) for p inputs and n rows. Right: the gap, its noise"
        " reduced: both risks less those of the true function on the same rows, which differ by 0 in the mean.",
    )
    part.table(
        "sizes",
        lines,
        [
            Column("n", "rows n", ",d"),
            Column("empirical", "empirical risk", ".4f"),
            Column("empirical_theory", "theory", ".4f"),
            Column("risk", "risk", ".4f"),
            Column("risk_theory", "theory", ".4f"),
            Column("gap", "gap", ".4f"),
            Column("optimistic", "empirical is lower in", ".0%"),
            Column("fixed", "fixed function: empirical", ".4f"),
            Column("fixed_sd", "its spread", ".4f"),
            Column("fixed_sd_theory", "σ² √(2 / n)", ".4f"),
        ],
        "The fixed function is the true one; it has learned nothing from the rows, so its empirical risk is right in"
        " the mean and only scatters.",
    )
    part.text(
        "What it shows: learned from {_smallest} rows, the model has an empirical risk of {_first_empirical:.3f} and a"
        " risk of {_first_risk:.3f}, {_first_ratio:.1f} times as much; the empirical one is the lower in"
        " {_first_optimistic:.0%} of the data sets. With {_largest:,} rows the gap is {_last_gap:.4f}. From"
        " {_slope_from} rows on it falls with the power {_slope:.2f} of their number"
        + (" (theory: −1)." if abs(slope + 1) < 0.15 else ", where theory has −1."),
        "No mean gap is more than {_most_off:.1f} standard errors from the theory.",
        "The rows that a function was fitted to flatter it; rows that had no part in the fit do not.",
    )
