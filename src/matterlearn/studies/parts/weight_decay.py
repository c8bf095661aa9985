"""What "weight decay", "L2" and "alpha" mean: the same word for different penalties."""

from __future__ import annotations

from typing import Any

import numpy as np

from matterlearn.core.parallel import item_seed
from matterlearn.report.figures.parity import parity
from matterlearn.studies.cases import Case
from matterlearn.studies.fits import network_in
from matterlearn.studies.page import Column, StudyPage
from matterlearn.studies.parts.ridge_and_network import TITLES
from matterlearn.studies.penalties import Penalties, compare_penalties
from matterlearn.studies.perovskite_models import NETWORK_BITS, Results
from matterlearn.studies.torch_models import (
    BATCH,
    BITS,
    LEARNING_RATE,
    STATED_ALPHA,
    STRONG,
    WEIGHT_DECAY,
    WIDTHS,
    TorchResults,
)

STEPS = 20
"""Steps of the optimiser after which weights are compared."""

EQUAL = 1e-6
"""Largest difference of weights that counts as none."""

CONSTANT = 0.01
"""Spread of the predictions, in that of the target, below which a network predicts a constant."""


def add_weight_decay(page: StudyPage, case: Case, results: Results, torch_results: TorchResults) -> None:
    """Write the section on weight decay.

    Parameters
    ----------
    page : StudyPage
        Gets a new section.
    case : Case
        The data.
    results : Results
        With scikit-learn's network.
    torch_results : TorchResults
        Of the networks in PyTorch.

    Raises
    ------
    RuntimeError
        If Adam's weight decay is not half of it times the squared norm.
    """
    rows = torch_results.rows["train"][:BATCH]
    found = compare_penalties(
        np.asarray(torch_results.fits[BITS].encoder.transform(case.X.iloc[rows]), dtype=np.float64),
        case.y[rows],
        decay=WEIGHT_DECAY,
        learning_rate=LEARNING_RATE,
        widths=WIDTHS,
        steps=STEPS,
        seed=item_seed(page.run.seed, "penalties"),
    )
    if max(found.half, found.matched_weights_only) > EQUAL:
        raise RuntimeError(f"weight decay is not what it is said to be: {found}")
    page.section("What weight decay is")
    _steps(page, found, len(rows))
    _strong(page, case, results, torch_results)


def _steps(page: StudyPage, found: Penalties, n_rows: int) -> None:
    page.add(
        decay_rows=n_rows,
        decay_steps=STEPS,
        decay_equal=EQUAL,
        decay_moved=found.moved,
        decay_half_difference=found.half,
        decay_matched_alpha=found.matched_alpha,
        decay_matched_difference=found.matched_weights_only,
        decay_smallest_other=min(found.whole, found.decoupled, found.alpha, found.matched),
    )
    page.text(
        "“L2 regularisation” and “weight decay” are used for each other, and differ. Below, one network with the layers"
        " {hidden_sizes} takes {decay_steps} steps on {decay_rows} rows of this table, always from the same weights, in"
        " double precision, with λ = {torch_weight_decay:g}; only the penalty changes. Adam's largest change of a"
        " weight is {decay_moved:.3f} in these steps.",
    )
    lines: list[dict[str, Any]] = [
        {"penalty": "Adam, ½λ‖w‖² added to the loss", "to": "Adam, weight_decay λ", "difference": found.half},
        {"penalty": "Adam, λ‖w‖² added to the loss", "to": "Adam, weight_decay λ", "difference": found.whole},
        {"penalty": "AdamW, weight_decay λ", "to": "Adam, weight_decay λ", "difference": found.decoupled},
        {"penalty": "scikit-learn, alpha = λ", "to": "Adam, weight_decay λ", "difference": found.alpha},
        {"penalty": "scikit-learn, alpha = ½nλ", "to": "Adam, weight_decay λ", "difference": found.matched},
        {
            "penalty": "scikit-learn, alpha = ½nλ",
            "to": "Adam, weight_decay λ on the weights only",
            "difference": found.matched_weights_only,
        },
    ]
    page.table(
        "penalties",
        lines,
        [
            Column("penalty", "optimiser and penalty"),
            Column("to", "compared with"),
            Column("difference", "largest difference", ".1e"),
        ],
        "Largest difference of any weight or intercept after the same steps. n = {decay_rows} is the number of rows in"
        " the batch, ½nλ = {decay_matched_alpha:g}.",
    )
    page.text(
        "Adam's weight_decay adds λw to the gradient of every weight and intercept, which is the gradient of ½λ‖w‖²:"
        " the two differ by {decay_half_difference:.1g}, which is rounding. Without the half the penalty is twice as"
        " strong.",
        "AdamW keeps λ out of the gradient, whose size Adam divides every step by, and shrinks each weight by the"
        " learning rate times λ instead: another method under the same name.",
    )
    page.text("scikit-learn divides alpha by the n rows of the batch, and leaves the intercepts alone; its loss is")
    page.formula("½ mean squared error + ½ (alpha / n) ‖w‖²")
    page.text(
        "so alpha = ½nλ stands for λ in PyTorch. Once PyTorch leaves the intercepts alone too, the two libraries agree"
        " to {decay_matched_difference:.1g}. (For all of this Adam's ε is next to 0: the two add it in different"
        " places.)",
        "All other pairs are at least {decay_smallest_other:.2g} apart, where Adam itself has moved by"
        " {decay_moved:.2g}."
        if float(page.numbers["decay_smallest_other"]) > EQUAL
        else "",
    )


def _strong(page: StudyPage, case: Case, results: Results, torch_results: TorchResults) -> None:
    predicted = torch_results.fits[STRONG].predictions
    everything = np.concatenate([predicted[name] for name in ("train", "test")])
    target = case.y[torch_results.rows["train"]]
    spread = float(everything.std())
    is_constant = spread < CONSTANT * float(target.std())
    network = network_in(results.fitted[NETWORK_BITS].model)
    # scikit-learn's batch_size="auto"
    n_batch = min(200, len(results.rows["train"]))
    page.add(
        strong_test_r2=torch_results.r2(STRONG, "test"),
        strong_train_r2=torch_results.r2(STRONG, "train"),
        strong_spread=spread,
        strong_mean=everything.mean(),
        strong_target_spread=target.std(),
        strong_target_mean=target.mean(),
        strong_predicts_a_constant=is_constant,
        scikit_learn_batch=n_batch,
        scikit_learn_decay=2 * STATED_ALPHA / n_batch,
        scikit_learn_weaker=n_batch / 2,
    )
    if network is None:
        raise RuntimeError("the model on bits is no network")
    page.text(
        "This matters for the exercise, whose table says alpha = {alpha:g} and whose text says {torch_weight_decay:g}."
        " As scikit-learn's alpha, with batches of {scikit_learn_batch} rows, {alpha:g} is a λ of"
        " {scikit_learn_decay:.2g}. Handed to Adam as weight_decay it is {scikit_learn_weaker:g} times as strong:",
        "after the same {torch_epochs} epochs it predicts a constant, {strong_mean:.3f} {unit} for every row (the"
        " standard deviation of the predictions is {strong_spread:.1g}, that of the target"
        f" {{strong_target_spread:.2f}}), and R² is {{strong_test_r2:.3f}} on the test rows. {_why_constant(page)}"
        if is_constant
        else "after the same {torch_epochs} epochs the predictions spread by {strong_spread:.2g} {unit}, those of the"
        " target by {strong_target_spread:.2g}, and R² is {strong_test_r2:.3f} on the test rows, against"
        " {torch_bits_test_r2:.3f} with λ = {torch_weight_decay:g}.",
    )
    page.figure(
        "parity-torch-strong-decay",
        parity(
            {TITLES[part]: torch_results.pair(STRONG, part) for part in ("train", "test")},
            unit=case.unit,
            target="E_hull",
        ),
        "The network in PyTorch with weight decay {alpha:g}: rows it learned from (left) and test rows (right).",
    )


def _why_constant(page: StudyPage) -> str:
    why = "The pull of the data on a single weight is weaker than λ times the weight, so the weights go to 0 and the"
    why += " last intercept alone is left"
    if float(page.numbers["strong_mean"]) < float(page.numbers["strong_target_mean"]):
        return (
            why + ", which decays too and so stays below the mean of the rows learned from, {strong_target_mean:.3f}."
        )
    return why + "; the mean of the rows learned from is {strong_target_mean:.3f}."
