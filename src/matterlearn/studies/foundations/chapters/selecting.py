"""Chapter: feature selection."""

from __future__ import annotations

import numpy as np

from matterlearn.core.parallel import item_seed
from matterlearn.studies.case_page import CasePage
from matterlearn.studies.figures.foundations.selecting import optimism
from matterlearn.studies.foundations import selecting
from matterlearn.studies.foundations.selecting import Found, correlations, judge_ways, noise_scores, selectors
from matterlearn.studies.page import Column, listed
from matterlearn.studies.run import StudyRun

N_SETS, N_QUICK_SETS = 30, 8
"""Data sets on which the ways choose."""

N_REPEATS, N_QUICK_REPEATS = 24, 8
"""Data sets of pure noise."""

N_COLUMNS = 500
"""Columns of noise."""

NUMBERS = (10, 30, 100, 300, 1000)
"""Columns of noise that a filter chooses from: the fewer ones are the first of the more."""


def add_selecting(part: CasePage, run: StudyRun) -> None:
    """Write the chapter.

    Parameters
    ----------
    part : CasePage
        Gets a new section.
    run : StudyRun
        With the seed.
    """
    n_sets, n_repeats = (N_QUICK_SETS, N_QUICK_REPEATS) if run.quick else (N_SETS, N_REPEATS)
    seeds = [item_seed(run.seed, "diffusion", k) for k in range(n_sets + 1)]
    found = judge_ways(n_sets, seeds, seed=run.seed)
    kinds = {
        name: np.array([noise_scores(way, N_COLUMNS, seed=item_seed(run.seed, "noise", k)) for k in range(n_repeats)])
        for name, way in selectors().items()
    }
    of_filter = selectors()["filter"]
    by_number = np.array(
        [[noise_scores(of_filter, n, seed=item_seed(run.seed, "noise", k)) for k in range(n_repeats)] for n in NUMBERS]
    )
    by_differences = by_number[:, :, 0] - by_number[:, :, 1]  # (n_numbers, n_repeats)
    differences = by_differences.mean(axis=1)
    outside, inside = {name: s[:, 0].mean() for name, s in kinds.items()}, {n: s[:, 1].mean() for n, s in kinds.items()}
    part.add(
        spreads=list(selecting.SPREADS.values()),
        n_true=selecting.N_TRUE,
        likeness=selecting.LIKENESS,
        n_others=selecting.N_OTHERS,
        noise=selecting.NOISE,
        n_train=selecting.N_TRAIN,
        n_test=selecting.N_TEST,
        n_sets=n_sets,
        low="10th",
        high="90th",
        weak_correlation=correlations()["temperature"],
        copy_correlation=correlations()["viscosity again"],
        chance=1 / np.sqrt(selecting.N_TRAIN - 1),
        n_noise_rows=selecting.N_NOISE_ROWS,
        n_noise_columns=N_COLUMNS,
        n_chosen=selecting.N_CHOSEN,
        n_folds=selecting.N_FOLDS,
        n_repeats=n_repeats,
        least_outside=min(outside.values()),
        most_outside=max(outside.values()),
        least_inside=min(inside.values()),
        most_inside=max(inside.values()),
        optimism=np.mean([outside[name] - inside[name] for name in kinds]),
        fewest=NUMBERS[0],
        fewest_optimism=differences[0],
        numbers=list(NUMBERS),
        n_kinds=len(kinds),
        most=NUMBERS[-1],
        most_optimism=differences[-1],
    )
    _write(part, found)
    part.table(
        "noise_kinds",
        [
            {
                "kind": name,
                "outside": scores[:, 0].mean(),
                "outside_sd": scores[:, 0].std(ddof=1),
                "inside": scores[:, 1].mean(),
                "inside_sd": scores[:, 1].std(ddof=1),
                "optimism": (scores[:, 0] - scores[:, 1]).mean(),
            }
            for name, scores in kinds.items()
        ],
        [
            Column("kind", "kind"),
            Column("outside", "R², chosen on all rows", ".3f"),
            Column("outside_sd", "spread", ".3f"),
            Column("inside", "R², chosen in each fold", ".3f"),
            Column("inside_sd", "spread", ".3f"),
            Column("optimism", "difference", ".3f"),
        ],
        "Pure noise: {_n_noise_columns} columns, {_n_noise_rows} rows, {_n_chosen} columns chosen, {_n_repeats} data"
        " sets. In expectation, no model has an R² above 0 on new rows.",
    )
    part.figure(
        "optimism",
        optimism(kinds, NUMBERS, by_number),
        "R² over {_n_folds} folds on pure noise. Left: {_n_noise_columns} columns, single data sets and means. Right: a"
        " filter that keeps {_n_chosen} of so many columns; bands from the {_low} to the {_high} percentile.",
    )
    part.table(
        "noise_numbers",
        [
            {
                "number": number,
                "outside": by_number[k, :, 0].mean(),
                "inside": by_number[k, :, 1].mean(),
                "optimism": differences[k],
                "optimism_se": by_differences[k].std(ddof=1) / np.sqrt(n_repeats),
            }
            for k, number in enumerate(NUMBERS)
        ],
        [
            Column("number", "columns to choose from", ",d"),
            Column("outside", "R², chosen on all rows", ".3f"),
            Column("inside", "R², chosen in each fold", ".3f"),
            Column("optimism", "difference", ".3f"),
            Column("optimism_se", "its standard error", ".3f"),
        ],
        "The filter on the same {_n_repeats} data sets, of which it sees the first columns.",
    )
    grows = bool(np.all(np.diff(differences) > 0))
    part.text(_verdict(found, grows=grows, is_worse=part["most_inside"] < 0))


def _write(part: CasePage, found: dict[str, Found]) -> None:
    part.section("Feature selection, inside and outside the folds")
    part.text(
        "Filters look at columns by themselves, wrappers try subsets with a model, embedded ways leave it to a penalty."
        " Which find the columns of a law? And what if the choice is made before the folds are?"
    )
    part.formula("ln D = ln T − ln viscosity − ln radius + constant")
    part.text(
        "Data by physics: the logarithm of a diffusion coefficient by Stokes and Einstein; temperature, viscosity and"
        " radius with standard deviations {_spreads:g} of their logarithms, a second reading of each (correlation"
        " {_likeness:g}), {_n_others} columns without effect, noise {_noise:g}; {_n_train} rows, {_n_sets} data sets."
        " Least squares on what was chosen, judged on {_n_test:,} new rows."
    )
    part.table(
        "ways",
        [
            {
                "way": name,
                "n_chosen": way.n_chosen,
                "n_true": way.n_true,
                "all_true": way.all_true,
                "error": way.error,
                "excess": way.error / selecting.NOISE - 1,
            }
            for name, way in found.items()
        ],
        [
            Column("way", "way to choose"),
            Column("n_chosen", "columns", ".1f"),
            Column("n_true", "of the law", ".1f"),
            Column("all_true", "all of the law in", ".0%"),
            Column("error", "RMSE of ln D", ".4f"),
            Column("excess", "above the noise", ".1%"),
        ],
        "Means over the data sets.",
    )


def _verdict(found: dict[str, Found], *, grows: bool, is_worse: bool) -> str:
    complete = [name for name, way in found.items() if way.all_true == 1 and not name.startswith("none")]
    failing = [name for name, way in found.items() if way.all_true < 0.5]
    best = min(found, key=lambda name: found[name].error)
    return (
        "What it shows: "
        + (f"the whole law is always found by {_named(complete)}. " if complete else "no way always finds the law. ")
        + (
            f"In most data sets it is missed by {_named(failing)}: the temperature has a correlation of"
            " {_weak_correlation:.2f} with the target (without sign), the second reading of the viscosity"
            " {_copy_correlation:.2f}, and by chance any column of {_n_train} rows has {_chance:.2f}. "
            if failing
            else ""
        )
        + f"Lowest error: {best}. On pure noise, a choice on all rows reaches an R² of"
        " {_least_outside:.2f} to {_most_outside:.2f} in folds that seem honest; made inside each fold it has"
        " {_least_inside:.2f} to {_most_inside:.2f}, which is true: noise predicts nothing"
        + (", and a fit to it is worse than the mean" if is_worse else "")
        + ". The difference, {_optimism:.2f} in the mean of the {_n_kinds} kinds, is what the choice has seen of the"
        " test rows. "
        + (
            "For the filter it grows with every step of what there is to choose from"
            if grows
            else "For the filter it does not grow with every step of what there is to choose from"
        )
        + " ({_numbers:,} columns): {_fewest_optimism:.2f} with {_fewest} columns, of which all are kept,"
        " {_most_optimism:.2f} with {_most:,}. The choice is part of the model and belongs inside the folds."
    )


def _named(names: list[str]) -> str:
    return listed([f"“{name}”" for name in names])
