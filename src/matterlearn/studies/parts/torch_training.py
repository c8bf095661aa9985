"""The network in PyTorch: what it learns, how the losses went, and how well it predicts."""

from __future__ import annotations

from typing import Any

import numpy as np
from torch import nn

from matterlearn.report.figures.parity import parity
from matterlearn.studies.cases import Case
from matterlearn.studies.figures.loss_curves import loss_curves
from matterlearn.studies.page import Column, StudyPage
from matterlearn.studies.parts.ridge_and_network import TITLES
from matterlearn.studies.torch_models import (
    BITS,
    DESCRIPTORS,
    EPOCHS,
    LEARNING_RATE,
    WEIGHT_DECAY,
    TorchFit,
    TorchResults,
)

OVERFITTED = 2.0
"""Ratio of the losses on validation rows and on rows learned from above which the difference is explained."""

LONG_AGO = 0.8
"""Share of the epochs: a smallest loss that was reached before it is called early."""


def add_training(page: StudyPage, case: Case, results: TorchResults) -> None:
    """Write the section on the network, its training and its predictions on random rows.

    Parameters
    ----------
    page : StudyPage
        Gets a new section.
    case : Case
        The data.
    results : TorchResults
        Of the networks in PyTorch.
    """
    fit = results.fits[BITS]
    page.section("PyTorch: the network and its training")
    _layers(page, fit)
    _losses(page, case, results)
    page.add(
        torch_bits_train_r2=results.r2(BITS, "train"),
        torch_bits_test_r2=results.r2(BITS, "test"),
        torch_bits_test_mae=results.mae(BITS, "test"),
    )
    page.text(
        "The predictions come back as a numpy array. R² = {torch_bits_train_r2:.3f} on the rows it learned from and"
        " {torch_bits_test_r2:.3f} on the test rows, mean absolute error {torch_bits_test_mae:.3f} {unit} on the test"
        " rows.",
        _against_scikit_learn(page),
    )
    page.figure(
        "parity-torch-bits",
        parity({TITLES[part]: results.pair(BITS, part) for part in ("train", "test")}, unit=case.unit, target="E_hull"),
        "The network in PyTorch, on bits: rows it learned from (left) and test rows (right).",
    )


def _layers(page: StudyPage, fit: TorchFit) -> None:
    linear = [part for part in fit.network.layers if isinstance(part, nn.Linear)]
    lines: list[dict[str, Any]] = [
        {
            "layer": "output" if number == len(linear) else f"hidden {number}",
            "weights": f"{layer.out_features} × {layer.in_features}",
            "intercepts": layer.out_features,
            "total": sum(parameter.numel() for parameter in layer.parameters()),
        }
        for number, layer in enumerate(linear, start=1)
    ]
    page.add(
        torch_n_parameters=fit.n_parameters,
        torch_learning_rate=LEARNING_RATE,
        torch_weight_decay=WEIGHT_DECAY,
    )
    page.text(
        "The network is an nn.Module: linear layers of {hidden_sizes} neurons with {activation} behind each, and one"
        " linear layer to the prediction. What it learns is counted in its tensors:",
    )
    page.table(
        "torch_layers",
        lines,
        [
            Column("layer", "layer"),
            Column("weights", "shape of the weights"),
            Column("intercepts", "intercepts", ",d"),
            Column("total", "parameters", ",d"),
        ],
        "PyTorch stores a weight matrix as neurons × numbers read. Together {torch_n_parameters:,} parameters"
        + (
            ", as many as in scikit-learn's network."
            if page.numbers["torch_n_parameters"] == page.numbers["n_parameters"]
            else "; scikit-learn's network has {n_parameters:,}."
        ),
    )


def _losses(page: StudyPage, case: Case, results: TorchResults) -> None:
    losses, watched = (np.array(part) for part in results.fits[BITS].losses)
    best = int(watched.argmin())
    page.add(
        torch_epochs=results.epochs,
        torch_full_epochs=EPOCHS,
        torch_train_loss=losses[-1],
        torch_validation_loss=watched[-1],
        torch_loss_ratio=watched[-1] / losses[-1],
        torch_best_epoch=best + 1,
        torch_best_validation_loss=watched[best],
        torch_loss_curve=losses,
        torch_validation_curve=watched,
    )
    page.text(
        "An epoch is one pass over the batches: predict, take the mean squared error, compute its gradient, and let"
        " Adam (learning rate {torch_learning_rate:g}, weight decay {torch_weight_decay:g}) change every weight a"
        " little. After each of the {torch_epochs} epochs the loss of the validation rows is computed without learning"
        " from them. Both are means over the batches.",
        "This is a quick study; the full one has {torch_full_epochs} epochs." if page.run.quick else "",
    )
    page.figure(
        "torch-losses",
        loss_curves(
            {
                f"network on {name}": {
                    "rows learned from": [results.fits[key].losses.training],
                    "validation rows": [results.fits[key].losses.validation],
                }
                for key, name in ((BITS, "bits"), (DESCRIPTORS, "descriptors"))
            },
            unit=f"({case.unit})²",
        ),
        "Loss of every epoch: on bits (left), and on descriptors, of which the next section tells (right).",
    )
    page.text(
        "On bits the loss ends at {torch_train_loss:.4f} on the rows learned from and {torch_validation_loss:.4f} on"
        " the validation rows, in the square of {unit}.",
        "The validation rows do {torch_loss_ratio:.1f} times as badly: the network knows its own rows better than the"
        " rule behind them."
        if watched[-1] > OVERFITTED * losses[-1]
        else "",
        "They were at their best after epoch {torch_best_epoch}, with {torch_best_validation_loss:.4f}; the epochs that"
        " followed did not help them."
        if best + 1 < LONG_AGO * len(watched)
        else "They were at their best after epoch {torch_best_epoch}, with {torch_best_validation_loss:.4f}, near the"
        " end.",
    )


def _against_scikit_learn(page: StudyPage) -> str:
    difference = float(page.numbers["torch_bits_test_r2"]) - float(page.numbers["network_bits_test_r2"])
    page.add(torch_minus_scikit_learn=difference, torch_beside_scikit_learn=abs(difference))
    text = "scikit-learn's network above, with its own penalty and {n_train} rows to learn from, has R² ="
    text += " {network_bits_test_r2:.3f} there: "
    if abs(difference) < float(page.numbers["ridge_splits_sd_r2"]):
        return text + "a difference of {torch_beside_scikit_learn:.3f}, smaller than the spread of ridge over splits."
    return text + f"{'less' if difference > 0 else 'more'} by {{torch_beside_scikit_learn:.3f}}."
