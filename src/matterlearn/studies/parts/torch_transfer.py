"""The networks in PyTorch meet elements they have never seen."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from matterlearn.report.figures.parity import parity
from matterlearn.studies.cases import Case
from matterlearn.studies.page import StudyPage
from matterlearn.studies.parts.hold_out import FADED
from matterlearn.studies.parts.ridge_and_network import TITLES
from matterlearn.studies.torch_models import BITS, DESCRIPTORS, TorchFit, TorchResults


def add_torch_transfer(page: StudyPage, case: Case, results: TorchResults) -> None:
    """Write the section on the hold-out, on bits and on descriptors.

    Parameters
    ----------
    page : StudyPage
        Gets a new section.
    case : Case
        The data.
    results : TorchResults
        Of the networks in PyTorch.
    """
    sizes, unseen, seen = _reading_weights(results.fits[BITS], case, results)
    page.section("PyTorch: unseen elements")
    page.add(
        torch_bits_hold_out_r2=results.r2(BITS, "hold-out"),
        torch_bits_hold_out_mae=results.mae(BITS, "hold-out"),
        torch_descriptors_train_r2=results.r2(DESCRIPTORS, "train"),
        torch_descriptors_test_r2=results.r2(DESCRIPTORS, "test"),
        torch_descriptors_test_mae=results.mae(DESCRIPTORS, "test"),
        torch_descriptors_hold_out_r2=results.r2(DESCRIPTORS, "hold-out"),
        torch_descriptors_hold_out_mae=results.mae(DESCRIPTORS, "hold-out"),
        torch_descriptors_n_parameters=results.fits[DESCRIPTORS].n_parameters,
        torch_unseen_weight_ratio=sizes[unseen].mean() / sizes[seen].mean(),
        torch_n_distinct=len(np.unique(np.round(results.fits[BITS].predictions["hold-out"], 6))),
    )
    page.text(
        "On the {n_hold_out} rows with {unseen} the network on bits has R² = {torch_bits_hold_out_r2:.3f} (mean"
        " absolute error {torch_bits_hold_out_mae:.3f} {unit}); on the test rows it was {torch_bits_test_r2:.3f}"
        " ({torch_bits_test_mae:.3f}).",
        _generalises(page),
        "The weights that read the {n_unseen_bits} bits of these elements have shrunk to less than {faded:.0%} of the"
        " mean size of the others: no loss ever pulled at them, and the decay did all the time. To the network a new"
        " element is no element, and the rows share {torch_n_distinct} predictions."
        if float(page.numbers["torch_unseen_weight_ratio"]) < FADED
        else "The weights that read the {n_unseen_bits} bits of these elements have {torch_unseen_weight_ratio:.0%} of"
        " the mean size of the others: what the decay has left of random starting values.",
    )
    page.text(
        "Now the same network, trained in the same way on the {n_properties} properties of each element; their scale"
        " (mean 0, variance 1) is learned from the {torch_n_train} training rows only. With"
        " {torch_descriptors_n_parameters:,} parameters it has R² = {torch_descriptors_train_r2:.3f} on the rows it"
        " learned from, {torch_descriptors_test_r2:.3f} on the test rows (mean absolute error"
        " {torch_descriptors_test_mae:.3f} {unit}) and {torch_descriptors_hold_out_r2:.3f} on the hold-out"
        " ({torch_descriptors_hold_out_mae:.3f} {unit}).",
    )
    page.figure(
        "parity-torch-descriptors",
        parity(
            {TITLES[part]: results.pair(DESCRIPTORS, part) for part in ("train", "test")},
            unit=case.unit,
            target="E_hull",
        ),
        "The network in PyTorch, on descriptors: rows it learned from (left) and test rows (right).",
    )
    page.figure(
        "parity-torch-hold-out",
        parity(
            {"on bits": results.pair(BITS, "hold-out"), "on descriptors": results.pair(DESCRIPTORS, "hold-out")},
            unit=case.unit,
            target="E_hull",
        ),
        "Unseen elements: the network in PyTorch on bits (left) and on descriptors (right).",
    )
    page.text(_improved(page))


def _reading_weights(
    fit: TorchFit, case: Case, results: TorchResults
) -> tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.bool_]]:
    """Return the mean size of the weights that read each input, and which of these are unseen or seen bits."""
    first: Any = fit.network.layers[0]
    sizes = np.abs(first.weight.detach().cpu().numpy()).mean(axis=0).astype(np.float64)
    names = [str(name) for name in fit.encoder.get_feature_names_out()]
    unseen = np.array([name.endswith(tuple(f": is {element}" for element in case.unseen)) for name in names])
    learned = np.asarray(fit.encoder.transform(case.X.iloc[results.rows["train"]]))
    return sizes, unseen, ~unseen & (learned.sum(axis=0) > 0)


def _generalises(page: StudyPage) -> str:
    test, hold_out = (float(page.numbers[f"torch_bits_{rows}_r2"]) for rows in ("test", "hold_out"))
    if hold_out < test / 2:
        return "It does not generalise to elements that it has not seen."
    return "It loses some of its skill." if hold_out < test else "It loses nothing there."


def _improved(page: StudyPage) -> str:
    n = page.numbers
    gain = float(n["torch_descriptors_hold_out_r2"]) - float(n["torch_bits_hold_out_r2"])
    smaller = float(n["torch_descriptors_hold_out_mae"]) < float(n["torch_bits_hold_out_mae"])
    page.add(torch_hold_out_gain=gain)
    if gain > 0 and smaller:
        return (
            "So the hold-out has improved: R² by {torch_hold_out_gain:.2f}, and the mean absolute error from"
            " {torch_bits_hold_out_mae:.3f} to {torch_descriptors_hold_out_mae:.3f} {unit}. A bit of its own makes"
            " every element a stranger to every other, and the bit of a new one was never set. A radius or an"
            " ionisation energy is a number that other elements have nearly the same of, so what was learned from them"
            " applies."
        )
    if gain > 0 or smaller:
        return (
            "So the hold-out has improved by one measure only: R² changed by {torch_hold_out_gain:.2f}, the mean"
            " absolute error from {torch_bits_hold_out_mae:.3f} to {torch_descriptors_hold_out_mae:.3f} {unit}."
        )
    return (
        "So the hold-out has not improved: R² changed by {torch_hold_out_gain:.2f}. The properties place the new"
        " elements where the network has seen too little to go by."
    )
