"""By how much descriptors helped, on one hold-out and on every element left out in turn."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from matterlearn.studies.cases import Case
from matterlearn.studies.figures.errors_by_element import errors_by_element
from matterlearn.studies.left_out_elements import MEAN, LeftOut, compare, leave_each_element_out
from matterlearn.studies.page import Column, StudyPage, listed
from matterlearn.studies.perovskite_models import (
    KERNEL_BITS,
    KERNEL_DESCRIPTORS,
    NETWORK_BITS,
    NETWORK_DESCRIPTORS,
    RIDGE_BITS,
    Results,
    make_models,
)
from matterlearn.studies.run import StudyRun
from matterlearn.validation.metrics import mean_absolute_error, r2

SIMILAR = 0.15
"""Relative difference below which two errors count as similar."""

ALIKE = 0.1
"""Relative difference of the errors on random rows below which two encodings count as alike there."""


def add_transfer(page: StudyPage, case: Case, run: StudyRun, results: Results) -> None:
    """Write the closing sections and the headline of the page.

    Parameters
    ----------
    page : StudyPage
        Gets two new sections and its headline.
    case : Case
        The data.
    run : StudyRun
        A quick study leaves the networks out where every element is left out.
    results : Results
        Of all models.
    """
    # Networks on bits would double the time of the full study to tell what ridge on bits tells as well.
    skipped = {NETWORK_BITS, NETWORK_DESCRIPTORS} if run.quick else {NETWORK_BITS}
    models = {name: model for name, model in make_models(case, run).items() if name not in skipped}
    left_out = leave_each_element_out(models, case.X, case.y, case.elements, seed=run.seed, workers=run.workers)
    bits, descriptors = (RIDGE_BITS, KERNEL_DESCRIPTORS) if run.quick else (RIDGE_BITS, NETWORK_DESCRIPTORS)
    _add_numbers(page, case, run, results, left_out, bits, descriptors)
    _every_element(page, case, run, left_out, bits, descriptors)
    _closing(page, case, run, results, left_out)
    _headline(page, run)


def _add_numbers(
    page: StudyPage, case: Case, run: StudyRun, results: Results, left_out: LeftOut, bits: str, descriptors: str
) -> None:
    errors = left_out.errors(descriptors)
    ranks = errors.rank(method="first")
    gain = compare(left_out.errors(bits), errors, seed=run.seed)
    kernel_gain = compare(left_out.errors(KERNEL_BITS), left_out.errors(KERNEL_DESCRIPTORS), seed=run.seed)
    page.add(
        n_left_out=len(errors),
        bits_model=bits,
        descriptors_model=descriptors,
        descriptors_random_mae=results.mae(descriptors, "test"),
        left_out_median_mae=errors.median(),
        left_out_best=errors.idxmin(),
        left_out_best_mae=errors.min(),
        left_out_worst=errors.idxmax(),
        left_out_worst_mae=errors.max(),
        n_unseen_elements=len(case.unseen),
        unseen_ranks=[int(ranks[element]) for element in case.unseen],
        unseen_median_mae=errors[list(case.unseen)].median(),
        **{f"gain_{name}": value for name, value in gain.items()},
        **{f"kernel_gain_{name}": value for name, value in kernel_gain.items()},
        network_test_gain=results.r2(NETWORK_DESCRIPTORS, "test") - results.r2(NETWORK_BITS, "test"),
        networks_alike_on_random_rows=_are_alike(results),
        r2_gain=results.r2(NETWORK_DESCRIPTORS, "hold-out") - results.r2(NETWORK_BITS, "hold-out"),
    )
    for name, model in (("network_bits", NETWORK_BITS), ("network_descriptors", NETWORK_DESCRIPTORS)):
        scores = np.array(
            [r2(case.y[results.rows["hold-out"]], fitted.predictions["hold-out"]) for fitted in results.starts[model]]
        )
        page.add(**{f"{name}_starts_min_r2": scores.min(), f"{name}_starts_max_r2": scores.max()})
    page.add(n_starts=len(results.starts[NETWORK_BITS]))


def _every_element(page: StudyPage, case: Case, run: StudyRun, left_out: LeftOut, bits: str, descriptors: str) -> None:
    page.section("Every element left out in turn")
    page.text(
        "{unseen} are one choice of elements. So each of the {n_left_out} elements is left out in turn: the models"
        " learn"
        " from all rows without it, those of the hold-out included, and are tested on all rows with it.",
        "In this quick study kernel ridge stands for the networks, which take minutes here."
        if run.quick
        else "The network on bits is left out to save time; ridge and kernel ridge stand for the bits.",
    )
    page.table(
        "left_out_summary",
        left_out.summary_lines,
        [
            Column("model", "model"),
            Column("r2", "R², all rows", ".3f"),
            Column("mae", "MAE, all rows", ".3f"),
            Column("median_mae", "MAE, median element", ".3f"),
            Column("worst", "worst element"),
            Column("worst_mae", "its MAE", ".3f"),
            Column("better", "elements better than the mean", ".0%"),
        ],
        f"Errors in {case.unit}. A row counts once for each of its elements.",
    )
    page.add(left_out_by_element=left_out.lines)
    page.figure(
        "left-out-elements",
        errors_by_element(
            pd.DataFrame({bits: left_out.errors(bits), descriptors: left_out.errors(descriptors)}),
            unit=case.unit,
            random=float(page.numbers["descriptors_random_mae"]),
            marked=case.unseen,
        ),
        "Mean absolute error on the rows of each left-out element, sorted by “{descriptors_model}”. Dashed: its error"
        " on"
        " random test rows, {descriptors_random_mae:.3f} {unit}. Bold: the elements of the hold-out.",
    )
    page.text(
        "From “{bits_model}” to “{descriptors_model}” the error falls for {gain_wins} of {n_left_out} elements; the"
        " mean change is {gain_mean:.3f} {unit} (95 % interval over elements: {gain_low:.3f} to {gain_high:.3f}).",
        "With kernel ridge on both sides it falls for {kernel_gain_wins} elements; the mean change is"
        " {kernel_gain_mean:.3f} ({kernel_gain_low:.3f} to {kernel_gain_high:.3f}).",
        "With “{descriptors_model}” it is {left_out_best_mae:.3f} {unit} for the easiest element, {left_out_best}, and"
        " {left_out_worst_mae:.3f} for the hardest, {left_out_worst}; the median is {left_out_median_mae:.3f}. Among"
        f" the {{n_left_out}}, easiest first, {listed(case.unseen)} have rank {{unseen_ranks}}.",
    )


def _closing(page: StudyPage, case: Case, run: StudyRun, results: Results, left_out: LeftOut) -> None:
    page.section("What carried over, and why")
    pooled = {line["model"]: line for line in left_out.summary_lines}
    mean = case.y[results.rows["train"]].mean()
    lines: list[dict[str, Any]] = []
    for name in (MEAN, *reversed(list(results.fitted))):
        line: dict[str, Any] = {"model": name}
        for rows in ("test", "hold-out"):
            actual = case.y[results.rows[rows]]
            pair = (actual, np.full(len(actual), mean)) if name == MEAN else results.pair(name, rows)
            line |= {f"{rows}_r2": r2(*pair), f"{rows}_mae": mean_absolute_error(*pair)}
        lines.append(line | {f"left_out_{key}": pooled.get(name, {}).get(key) for key in ("r2", "mae")})
    page.table(
        "closing",
        lines,
        [
            Column("model", "model, inputs"),
            Column("test_r2", "R², random rows", ".3f"),
            Column("test_mae", "MAE", ".3f"),
            Column("hold-out_r2", f"R², {listed(case.unseen)}", ".3f"),
            Column("hold-out_mae", "MAE", ".3f"),
            Column("left_out_r2", "R², every element", ".3f"),
            Column("left_out_mae", "MAE", ".3f"),
        ],
        f"MAE in {case.unit}. An empty cell was not computed.",
    )
    helped = float(page.numbers["r2_gain"]) > 0
    page.text(
        "On {unseen} ({n_hold_out} rows) the descriptors "
        + ("raised" if helped else "lowered")
        + " R² of the network, by {r2_gain:.2f} from {network_bits_hold_out_r2:.3f} to"
        " {network_descriptors_hold_out_r2:.3f}; its mean absolute error went from {network_bits_hold_out_mae:.3f} to"
        " {network_descriptors_hold_out_mae:.3f} {unit}"
        + (
            ", because a bit that was never set says nothing about an element, while its descriptors say which known"
            " elements it resembles."
            if helped
            else ": the known elements resemble the unseen ones too little for descriptors to help."
        ),
        "On random rows, where every element is known, its gain is"
        f" {{network_test_gain:.3f}} in R²: {_on_random(results)}.",
        ""
        if run.quick
        else "Over {n_starts} starting weights R² on the hold-out lies between {network_bits_starts_min_r2:.3f} and"
        " {network_bits_starts_max_r2:.3f} with bits and between {network_descriptors_starts_min_r2:.3f} and"
        " {network_descriptors_starts_max_r2:.3f} with descriptors.",
    )
    page.text(
        "One hold-out of {n_unseen_elements} elements proves little: over all {n_left_out} elements the error of"
        " “{descriptors_model}” spreads from {left_out_best_mae:.3f} ({left_out_best}) to {left_out_worst_mae:.3f}"
        " {unit}"
        " ({left_out_worst}), and the median of those of the hold-out is {unseen_median_mae:.3f} where that of all is"
        " {left_out_median_mae:.3f}.",
        _lesson(page),
    )


def _are_alike(results: Results) -> bool:
    """Tell whether random rows show next to no difference between the network on bits and on descriptors."""
    bits, descriptors = (results.mae(model, "test") for model in (NETWORK_BITS, NETWORK_DESCRIPTORS))
    return abs(descriptors / bits - 1) < ALIKE


def _on_random(results: Results) -> str:
    if _are_alike(results):
        return "there the encoding hardly matters to the network, and only a test on new elements tells the two apart"
    gain = results.r2(NETWORK_DESCRIPTORS, "test") - results.r2(NETWORK_BITS, "test")
    return "there the descriptors help too" if gain > 0 else "there the bits are the better encoding"


def _lesson(page: StudyPage) -> str:
    low, high = float(page.numbers["gain_low"]), float(page.numbers["gain_high"])
    ratio = float(page.numbers["unseen_median_mae"]) / float(page.numbers["left_out_median_mae"])
    if high < 0:
        gain = "The gain itself holds over all elements."
    elif low > 0:
        gain = "Over all elements the descriptors did harm."
    else:
        gain = "Over all elements a gain is not certain."
    if abs(ratio - 1) < SIMILAR:
        kind = "These elements are about as hard as the median element: for another one expect a similar error,"
    else:
        kind = f"These elements are {'easier' if ratio < 1 else 'harder'} than the median element: for another one"
        kind += " expect the median error rather than theirs,"
    return f"{gain} {kind} and at worst that of {{left_out_worst}}."


def _headline(page: StudyPage, run: StudyRun) -> None:
    page.headline(
        "On elements never seen ({unseen}), a network reaches R² = {network_bits_hold_out_r2:.2f} when elements are"
        " bits, and {network_descriptors_hold_out_r2:.2f} when they are {n_properties} descriptors each."
    )
    page.headline(
        "On random rows the same two reach {network_bits_test_r2:.2f} and {network_descriptors_test_r2:.2f}: a random"
        " split does not show the difference."
        if page.numbers["networks_alike_on_random_rows"]
        else "On random rows the same two reach {network_bits_test_r2:.2f} and {network_descriptors_test_r2:.2f}."
    )
    page.headline(
        "Over all {n_left_out} elements, each left out in turn, descriptors beat bits for {gain_wins} (“{bits_model}”"
        " against “{descriptors_model}”); the error ranges from {left_out_best_mae:.2f} to {left_out_worst_mae:.2f}"
        " {unit}, against {descriptors_random_mae:.2f} on random rows."
    )
    page.headline(
        "In PyTorch, with Adam and weight decay {torch_weight_decay:g}, the same layers reach R² ="
        " {torch_bits_hold_out_r2:.2f} on the unseen elements with bits and {torch_descriptors_hold_out_r2:.2f} with"
        " descriptors."
        + (
            " With the {alpha:g} that is a mild penalty in scikit-learn, Adam's weight decay leaves a constant."
            if page.numbers["strong_predicts_a_constant"]
            else ""
        )
    )
    if run.demo:
        page.headline(
            "Demonstration on binary alloys computed with an interatomic potential, not on perovskites and not DFT."
        )
    if run.quick:
        page.headline(
            "Quick study: each network fitted once, for {torch_epochs} epochs in PyTorch; kernel ridge in its place"
            " where every element is left out."
        )
