"""The network that the search found, trained by hand in PyTorch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from matterlearn.report.figures.parity import parity
from matterlearn.studies.cases import Case
from matterlearn.studies.figures.loss_curves import loss_curves
from matterlearn.studies.page import StudyPage
from matterlearn.studies.parts.ridge_and_network import TITLES
from matterlearn.studies.run import StudyRun

if TYPE_CHECKING:
    from matterlearn.studies.alloy_search_models import AlloySearch
    from matterlearn.studies.alloy_torch_models import TorchFit

RISEN = 0.05
"""Relative rise of the validation loss from its least value that counts as one."""

LAST = 0.1
"""Part of the epochs at the end, over which losses are averaged."""


def add_torch(page: StudyPage, case: Case, run: StudyRun, found: AlloySearch) -> None:
    """Write the section on the network in PyTorch.

    Parameters
    ----------
    page : StudyPage
        Gets a new section.
    case : Case
        The data.
    run : StudyRun
        With the seed; a quick study makes fewer passes.
    found : AlloySearch
        Whose layers, activation and optimiser are taken over.
    """
    from matterlearn.studies import alloy_torch_models as models  # with torch, which takes seconds to load

    fit = models.fit_in_torch(case, run, found.rows, found.settings)
    page.section("The same network in PyTorch")
    page.add(
        torch_n_learned=fit.n_learned,
        torch_n_validation=fit.n_validation,
        torch_validation_share=models.VALIDATION_SHARE,
        torch_batch=models.BATCH_SIZE,
        torch_first_rows=fit.batch_shapes[0][0],
        torch_n_inputs=fit.batch_shapes[0][1],
        torch_last_rows=fit.batch_shapes[-1][0],
        torch_n_batches=len(fit.batch_shapes),
        torch_epochs=fit.epochs,
        torch_full_epochs=models.EPOCHS,
        torch_rate=models.LEARNING_RATE,
        torch_optimizer={"adam": "Adam", "sgd": "SGD"}[found.best["optimizer"]],
        torch_momentum=models.MOMENTUM,
        torch_device=fit.device,
        torch_train_r2=fit.r2("train"),
        torch_test_r2=fit.r2("test"),
        torch_test_mae=fit.mae("test"),
        torch_minus_search=fit.r2("test") - found.r2("found", "test"),
        torch_training_loss=fit.curves["training"],
        torch_validation_loss=fit.curves["validation"],
    )
    page.text(
        "Of the rows to learn from, {torch_validation_share:.0%} are set apart to watch: {torch_n_learned} remain, and"
        " {torch_n_validation} are the validation rows. A Dataset turns site compositions into tensors, and a"
        " DataLoader draws shuffled batches of {torch_batch} of them: {torch_n_batches} batches in an epoch, the first"
        " with inputs of shape ({torch_first_rows}, {torch_n_inputs}), the last with {torch_last_rows} rows.",
    )
    page.text(
        "The network has the layers and the activation that the search found, as a module;"
        " torch.optim.{torch_optimizer} makes steps of {torch_rate}"
        + (" with momentum {torch_momentum}" if found.best["optimizer"] == "sgd" else "")
        + ", without a penalty, on the mean squared error of the target scaled to variance 1. After each of"
        " {torch_epochs} epochs"
        + (" (instead of {torch_full_epochs}, to be quick)" if run.quick else "")
        + " the loss of the validation rows is computed. It ran on the device {torch_device}.",
    )
    page.figure(
        "torch-losses",
        loss_curves(
            {"": {"rows learned from": [fit.curves["training"]], "validation rows": [fit.curves["validation"]]}},
            unit="variance",
        ),
        "Loss of every epoch: mean over the batches, in units of the variance of the target.",
    )
    page.text(*_on_curves(page, fit), _on_test(page))
    page.figure(
        "parity-torch",
        parity(
            {TITLES["train"] + " or watched": fit.pairs["train"], TITLES["test"]: fit.pairs["test"]},
            unit=case.unit,
            target="E_hull",
        ),
        "The network in PyTorch: rows it learned from or was watched on (left) and test rows (right).",
    )


def _on_curves(page: StudyPage, fit: TorchFit) -> list[str]:
    training, validation = (np.array(fit.curves[name]) for name in ("training", "validation"))
    best = int(validation.argmin())
    n_last = max(1, round(LAST * fit.epochs))
    page.add(
        torch_best_epoch=best + 1,
        torch_least_validation=validation[best],
        torch_last_share=LAST,
        torch_last_training=training[-n_last:].mean(),
        torch_last_validation=validation[-n_last:].mean(),
    )
    over = validation[-n_last:].mean() / validation[best]
    sentences = [
        "Over the last {torch_last_share:.0%} of the epochs the loss is {torch_last_training:.3f} on the rows learned"
        " from and {torch_last_validation:.3f} on the validation rows; their least is {torch_least_validation:.3f}, in"
        " epoch {torch_best_epoch}."
    ]
    if over <= 1 + RISEN:
        sentences.append("So more passes have not done harm, and the weights of the last epoch are taken.")
    elif best + 1 < fit.epochs - n_last:
        sentences.append(
            "After that the network learns its own rows at the cost of others; stopping there would have been better by"
            " this measure. The exercise goes on to the end, and so the weights of the last epoch are taken."
        )
    else:
        sentences.append("The validation loss goes up and down from epoch to epoch; the last weights are taken.")
    return sentences


def _on_test(page: StudyPage) -> str:
    change = page.numbers["torch_minus_search"]
    spread = page.numbers["search_best_starts_sd"]
    within = spread is not None and abs(change) <= 2 * spread
    return (
        "On the test rows R² = {torch_test_r2:.3f}, and the mean absolute error is {torch_test_mae:.3g} {unit}. Against"
        " the network of the search that is a change of {torch_minus_search:.3f}; it has fewer rows to learn from,"
        " another size of steps, another number of them and no penalty. "
        + (
            "Twice the spread over starting weights is as much, so it means little."
            if within
            else "That is more than twice the spread over starting weights."
        )
    )
