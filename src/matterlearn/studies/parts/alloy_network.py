"""A small network on site fractions: as stated, with its target scaled, and on elements it has not seen."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from matterlearn.report.figures.parity import parity
from matterlearn.studies.alloy_models import (
    DESCRIPTORS,
    FRACTIONS,
    KERNEL_DESCRIPTORS,
    KERNEL_FRACTIONS,
    LONG,
    N_SPLITS,
    NETWORK,
    OTHER_UNIT,
    SCALED,
    SCALED_LONG,
    STATED,
    AlloyResults,
    make_encodings,
)
from matterlearn.studies.cases import Case
from matterlearn.studies.figures.errors_by_element import errors_by_element
from matterlearn.studies.fits import network_in
from matterlearn.studies.left_out_elements import compare, leave_each_element_out
from matterlearn.studies.network_layers import count_parameters, layer_table
from matterlearn.studies.page import Column, StudyPage
from matterlearn.studies.parts.ridge_and_network import TITLES, convergence
from matterlearn.studies.run import StudyRun
from matterlearn.validation.metrics import r2

POOR = 0.2
"""R2 on the rows it learned from below which a network has learned next to nothing."""

TAIL = 0.01
"""Share of the test rows whose part in the squared error is told."""

QUICK_ELEMENTS = 16
"""Elements that are left out in a quick study."""


def add_stated(page: StudyPage, case: Case, results: AlloyResults) -> None:
    """Write the section on the network with the hyper-parameters of the exercise and nothing else.

    Parameters
    ----------
    page : StudyPage
        Gets a new section.
    case : Case
        The data.
    results : AlloyResults
        Of all variants.
    """
    fitted = results.fitted[STATED]
    network = network_in(fitted.model)
    if network is None:
        raise RuntimeError("the model as stated is no network")
    mean = np.full(len(results.rows["test"]), case.y[results.rows["train"]].mean())
    page.section("The network as stated")
    page.add(
        n_train=len(results.rows["train"]),
        n_test=len(results.rows["test"]),
        hidden_width=NETWORK["hidden_layer_sizes"][0],
        activation=NETWORK["activation"],
        alpha=NETWORK["alpha"],
        solver=NETWORK["solver"],
        max_iter=network.max_iter,
        stated_iterations=fitted.iterations,
        stated_converged=fitted.converged,
        stated_train_r2=results.r2(STATED, "train"),
        stated_test_r2=results.r2(STATED, "test"),
        stated_test_mae=results.mae(STATED, "test"),
        mean_test_r2=r2(case.y[results.rows["test"]], mean),
        n_parameters=count_parameters(network),
    )
    page.text(
        "{n_train} rows at random to learn from, {n_test} to test on. A multi-layer perceptron with one hidden layer of"
        " {hidden_width} neurons, {activation} activation, penalty alpha = {alpha}, solver {solver}, no early stopping;"
        " everything else as scikit-learn sets it."
    )
    page.table(
        "layers",
        layer_table(network),
        [
            Column("layer", "layer"),
            Column("read", "numbers read", ",d"),
            Column("to", "neurons", ",d"),
            Column("weights", "weights", ",d"),
            Column("intercepts", "intercepts", ",d"),
            Column("total", "parameters", ",d"),
        ],
        "{n_parameters:,} parameters, as many as the fitted arrays hold.",
    )
    page.text(
        "R² = {stated_train_r2:.3f} on the rows it learned from and {stated_test_r2:.3f} on the test rows, mean"
        " absolute"
        " error {stated_test_mae:.3g} {unit}. The mean of the training rows has R² = {mean_test_r2:.3f} on the test"
        " rows.",
        convergence("stated_iterations", fitted.converged),
        "It has learned next to nothing; the next section says why." if results.r2(STATED, "train") < POOR else "",
    )
    page.figure(
        "parity-as-stated",
        parity(
            {TITLES[part]: results.pair(STATED, part) for part in ("train", "test")}, unit=case.unit, target="E_hull"
        ),
        "The network as stated: rows it learned from (left) and test rows (right).",
    )


def add_variants(page: StudyPage, case: Case, results: AlloyResults) -> None:
    """Write the section on what the unit of the target does to a network.

    Parameters
    ----------
    page : StudyPage
        Gets a new section.
    case : Case
        The data.
    results : AlloyResults
        Of all variants.
    """
    in_mev = case.unit.startswith("meV")
    other = "eV/atom" if in_mev else "meV/atom"
    labels = {
        STATED: f"as stated, target in {case.unit}",
        OTHER_UNIT: f"target in {other}",
        SCALED: "target scaled to mean 0 and variance 1",
        SCALED_LONG: f"scaled, up to {LONG:,} passes",
    }
    actual, predicted = results.pair(SCALED_LONG, "test")
    squares = np.sort((predicted - actual) ** 2)
    n_tail = math.ceil(TAIL * len(squares))
    page.section("The unit of the target matters")
    page.add(
        other_unit=other,
        other_unit_test_r2=results.r2(OTHER_UNIT, "test"),
        scaled_test_r2=results.r2(SCALED, "test"),
        long_train_r2=results.r2(SCALED_LONG, "train"),
        long_test_r2=results.r2(SCALED_LONG, "test"),
        long_test_mae=results.mae(SCALED_LONG, "test"),
        long_iterations=results.fitted[SCALED_LONG].iterations,
        long_limit=LONG,
        n_tail=n_tail,
        tail_share=float(squares[-n_tail:].sum() / squares.sum()),
    )
    page.text(
        "A tanh neuron passes on numbers between −1 and 1, and adam changes each weight by about a thousandth per step."
        " A target in the hundreds is therefore far away from where training starts, while a target around 1 is near:"
    )
    page.table(
        "variants",
        [
            {
                "variant": labels[name],
                "train_r2": results.r2(name, "train"),
                "test_r2": results.r2(name, "test"),
                "test_mae": results.mae(name, "test"),
                "iterations": results.fitted[name].iterations,
                "converged": "yes" if results.fitted[name].converged else "no",
            }
            for name in (STATED, OTHER_UNIT, SCALED, SCALED_LONG)
        ],
        [
            Column("variant", "the same network"),
            Column("train_r2", "R², rows learned from", ".3f"),
            Column("test_r2", "R², test rows", ".3f"),
            Column("test_mae", f"MAE, test rows ({case.unit})", ".3g"),
            Column("iterations", "passes", ",d"),
            Column("converged", "converged"),
        ],
        "Predictions are turned back into {unit} before they are scored. A network has converged if training stopped by"
        " itself.",
    )
    page.text(
        "Nothing but the unit differs between the first two lines, and it decides between R² = {stated_test_r2:.3f} and"
        " {other_unit_test_r2:.3f} on the test rows. Scaling the target, which scikit-learn's network does not do by"
        " itself, takes the choice away ({scaled_test_r2:.3f}).",
        "With up to {long_limit:,} passes, of which it used {long_iterations:,}, it reaches R² = {long_train_r2:.3f} on"
        " the rows it learned from and {long_test_r2:.3f} on the test rows, where its mean absolute error is"
        " {long_test_mae:.3g} {unit}.",
        "R² hangs on few rows: the {n_tail} worst of {n_test} make up {tail_share:.0%} of the sum of squared errors.",
    )
    page.figure(
        "parity-scaled",
        parity(
            {TITLES[part]: results.pair(SCALED_LONG, part) for part in ("train", "test")},
            unit=case.unit,
            target="E_hull",
        ),
        "The same network with scaled target and up to {long_limit:,} passes: rows it learned from (left) and test rows"
        " (right).",
    )


def add_transfer_of_alloys(page: StudyPage, case: Case, run: StudyRun, results: AlloyResults) -> None:
    """Write the section on other splits and unseen elements.

    Parameters
    ----------
    page : StudyPage
        Gets a new section.
    case : Case
        The data.
    run : StudyRun
        With the seed.
    results : AlloyResults
        Of all variants.
    """
    others = np.array([r2(case.y[rows], fitted.predictions["test"]) for rows, fitted in results.splits])
    left_out = leave_each_element_out(
        make_encodings(case, run),
        case.X,
        case.y,
        case.elements,
        seed=run.seed,
        workers=run.workers,
        at_most=QUICK_ELEMENTS if run.quick else None,
    )
    fractions, descriptors = left_out.errors(FRACTIONS), left_out.errors(KERNEL_DESCRIPTORS)
    pooled = left_out.summary.set_index("model")["r2"]
    network_gain = compare(fractions, left_out.errors(DESCRIPTORS), seed=run.seed)
    kernel_gain = compare(left_out.errors(KERNEL_FRACTIONS), descriptors, seed=run.seed)
    some = len(fractions) < len(case.vocabulary)
    page.section("How far it can be believed")
    page.add(
        n_splits=N_SPLITS,
        splits_mean_r2=others.mean(),
        splits_sd_r2=others.std(ddof=1),
        splits_min_r2=others.min(),
        splits_max_r2=others.max(),
        n_left_out=len(fractions),
        left_out_fractions_r2=pooled[FRACTIONS],
        left_out_kernel_descriptors_r2=pooled[KERNEL_DESCRIPTORS],
        left_out_worst=descriptors.idxmax(),
        left_out_worst_mae=descriptors.max(),
        left_out_by_element=left_out.lines,
        **{f"network_gain_{name}": value for name, value in network_gain.items()},
        **{f"kernel_gain_{name}": value for name, value in kernel_gain.items()},
    )
    page.text(
        "A single split is a draw: over {n_splits} other random splits the network with scaled target has R² ="
        " {splits_mean_r2:.3f} ± {splits_sd_r2:.3f} on the test rows, between {splits_min_r2:.3f} and"
        " {splits_max_r2:.3f}.",
        "And a random split leaves near relatives of every test row among the rows to learn from. So"
        + (
            " {n_left_out} of the {n_elements} elements, drawn at random to be quick, are"
            if some
            else " every element is"
        )
        + " left out in turn, on fractions and, beside them, on descriptors of the elements on"
        " each site (the mean of each property, and where a site is mixed its spread, minimum and maximum); for the"
        " network, and for kernel ridge, which has few settings:",
    )
    page.table(
        "left_out_summary",
        left_out.summary_lines,
        [
            Column("model", "model"),
            Column("r2", "R², all rows", ".3f"),
            Column("mae", "MAE, all rows", ".3g"),
            Column("median_mae", "MAE, median element", ".3g"),
            Column("worst", "worst element"),
            Column("worst_mae", "its MAE", ".3g"),
            Column("better", "elements better than the mean", ".0%"),
        ],
        "Networks with scaled target and at most {max_iter} passes. Errors in {unit}; a row counts once for each of its"
        " elements.",
    )
    page.figure(
        "left-out-elements",
        errors_by_element(pd.DataFrame({FRACTIONS: fractions, KERNEL_DESCRIPTORS: descriptors}), unit=case.unit),
        "Mean absolute error on the rows of each left-out element, sorted by kernel ridge on descriptors.",
    )
    page.text(
        "An element that no row to learn from holds has amounts of 0 everywhere, and a model on fractions cannot know"
        " what it does.",
        "From fractions to descriptors the error of the network falls for {network_gain_wins} of {n_left_out} elements;"
        " the mean change is {network_gain_mean:.3g} {unit} (95 % interval over elements: {network_gain_low:.3g} to"
        " {network_gain_high:.3g}). That of kernel ridge falls for {kernel_gain_wins}, with a mean change of"
        " {kernel_gain_mean:.3g} ({kernel_gain_low:.3g} to {kernel_gain_high:.3g}).",
        _lesson(network_gain, kernel_gain),
    )


def _lesson(network: dict[str, float], kernel: dict[str, float]) -> str:
    """Return what the changes of the two models mean together; an interval below 0 is a gain."""
    if network["high"] < 0 and kernel["high"] < 0:
        return "Descriptors carry over to new elements with both."
    if kernel["high"] < 0:
        return (
            "Descriptors carry over to new elements with kernel ridge, and not for certain with this network: with so"
            " many inputs and a weak penalty it fits what it sees and errs where it has seen nothing."
        )
    return "Whether descriptors help on new elements cannot be told from so few."
