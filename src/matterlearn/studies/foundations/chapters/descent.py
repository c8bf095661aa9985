"""Chapter: linear regression by gradient descent."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from matterlearn.core.parallel import item_seed
from matterlearn.studies.case_page import CasePage
from matterlearn.studies.figures.foundations.descent import descent_landscape
from matterlearn.studies.foundations import descent
from matterlearn.studies.foundations.descent import Floats, closed_form, curvatures, descend, in_units, standardised
from matterlearn.studies.page import Column
from matterlearn.studies.run import StudyRun

EQUAL = 1e-8
"""Relative difference of weights that counts as none."""

BEYOND = 1.05
"""Of the largest rate that converges: what is tried to see it fail."""

N_BEYOND = 60
"""Epochs beyond it."""


def add_descent(part: CasePage, run: StudyRun) -> None:
    """Write the chapter.

    Parameters
    ----------
    part : CasePage
        Gets a new section.
    run : StudyRun
        With the seed.
    """
    X, y = descent.strain_readings(item_seed(run.seed, "strain"))
    scaled = standardised(X)
    exact, exact_scaled = closed_form(X, y), closed_form(scaled, y)
    eigenvalues, raw_eigenvalues = curvatures(scaled), curvatures(X)
    best_rate = 2 / (eigenvalues[0] + eigenvalues[-1])
    contraction, raw_contraction = (_contraction(values) for values in (eigenvalues, raw_eigenvalues))
    start = np.random.default_rng(item_seed(run.seed, "start")).normal(size=2)
    predicted = math.ceil(math.log(EQUAL) / math.log(contraction))
    rate, epochs = descent.WORKSHOP_RATE, descent.WORKSHOP_EPOCHS
    runs = {
        "inputs as they are": descend(X, y, start, rate=rate, n_epochs=epochs),
        "inputs scaled": descend(scaled, y, start, rate=rate, n_epochs=epochs),
        "inputs scaled, best rate": descend(scaled, y, start, rate=best_rate, n_epochs=2 * predicted),
    }
    raw, slow, fast = runs.values()
    beyond = descend(scaled, y, start, rate=BEYOND * 2 / eigenvalues[-1], n_epochs=N_BEYOND)
    off = np.abs(np.column_stack([fast.weights, fast.bias]) - exact_scaled).max(axis=1) / np.abs(exact_scaled).max()
    ends = {
        "inputs as they are: start": np.append(start, 0.0),
        "inputs as they are": np.append(raw.weights[-1], raw.bias[-1]),
        "inputs scaled: start": in_units(np.append(start, 0.0), X),
        "inputs scaled": in_units(np.append(slow.weights[-1], slow.bias[-1]), X),
        "inputs scaled, best rate": in_units(np.append(fast.weights[-1], fast.bias[-1]), X),
        "closed form": exact,
    }
    rates = {"inputs as they are": rate, "inputs scaled": rate, "inputs scaled, best rate": best_rate}
    lines: list[dict[str, Any]] = [
        {
            "run": name,
            "rate": rates.get(name),
            "epochs": len(runs[name].loss) - 1 if name in runs else None,
            "loss": float(np.mean((X @ end[:2] + end[2] - y) ** 2)),
            "modulus": 1e6 / end[0],
            "expansion": end[1],
            "zero": end[2],
        }
        for name, end in ends.items()
    ]
    at = {line["run"]: line for line in lines}
    by_hand = descent.gradient(X, y, start, 0.0)
    least = at["closed form"]["loss"]
    moved = float(np.linalg.norm(slow.weights[-1] - start) / np.linalg.norm(exact_scaled[:2] - start))
    reached = int(np.argmax(off <= EQUAL)) if np.any(off <= EQUAL) else None
    part.add(
        n_rows=len(y),
        modulus=descent.MODULUS,
        expansion=descent.EXPANSION,
        noise=descent.NOISE,
        zero=descent.ZERO,
        most_stress=descent.MOST_STRESS,
        most_heat=descent.MOST_HEAT,
        heat_noise=descent.HEAT_NOISE,
        correlation=float(np.corrcoef(X[:, 0], X[:, 1])[0, 1]),
        rate=rate,
        epochs=epochs,
        gradient_off=float(np.abs(_autograd(X, y, start) - by_hand).max() / np.abs(by_hand).max()),
        raw_stress_moved=abs(raw.weights[-1, 0] - start[0]) / abs(exact[0] - start[0]),
        raw_modulus=at["inputs as they are"]["modulus"],
        raw_expansion=at["inputs as they are"]["expansion"],
        scaled_moved=moved,
        scaled_loss_left=(slow.loss[-1] - least) / (slow.loss[0] - least),
        eigenvalues=eigenvalues,
        condition=eigenvalues[-1] / eigenvalues[0],
        raw_condition=raw_eigenvalues[-1] / raw_eigenvalues[0],
        best_rate=best_rate,
        limit=2 / eigenvalues[-1],
        contraction=contraction,
        predicted=predicted,
        raw_predicted=math.log(EQUAL) / math.log(raw_contraction),
        equal=EQUAL,
        reached=reached,
        off=off[-1],
        fast_modulus=at["inputs scaled, best rate"]["modulus"],
        closed_modulus=at["closed form"]["modulus"],
        beyond_rate=BEYOND * 2 / eigenvalues[-1],
        beyond_epochs=N_BEYOND,
        beyond_growth=beyond.loss[-1] / beyond.loss[0],
    )
    _write(part, lines, is_equal=reached is not None, diverges=beyond.loss[-1] > beyond.loss[0])
    part.figure(
        "landscape",
        descent_landscape(
            scaled,
            y,
            exact_scaled,
            {"inputs scaled": slow, "inputs scaled, best rate": fast},
            {name: run.loss - _least(run, lines) for name, run in runs.items()},
            contraction,
        ),
        "Left: contours of equal mean loss over the two weights of the scaled inputs, half a power of ten apart, with"
        " the path of the best rate (diamonds) and of the first rate (squares, on top of each other near zero). Right:"
        " mean loss above its minimum; dotted: {_contraction:.3f} of the distance is left by each epoch.",
    )
    part.text(_verdict(is_equal=reached is not None))


def _write(part: CasePage, lines: list[dict[str, Any]], *, is_equal: bool, diverges: bool) -> None:
    part.section("Linear regression by gradient descent")
    part.text(
        "A straight line has a closed form. What does gradient descent make of it, with gradients by automatic"
        " differentiation, and on what does it depend whether it arrives?"
    )
    part.formula("mean loss: L(w, b) = mean of (x·w + b − y)²;   one epoch: w ← w − η ∂L/∂w, b ← b − η ∂L/∂b")
    part.text(
        "Data by physics: the strain of an aluminium rod, in millionths, is stress / E + α · temperature rise + zero of"
        " the gauge; E = {_modulus:g} GPa, α = {_expansion:g} millionths per kelvin, zero {_zero:g}, noise {_noise:g}"
        " (standard deviation). {_n_rows} readings at 0 to {_most_stress:g} GPa. The machine warms the rod, by up to"
        " {_most_heat:g} K ± {_heat_noise:g}, so the two inputs go together (correlation {_correlation:.2f}), and their"
        " sizes differ: a tenth of a gigapascal, a hundred kelvin. Weights start from a normal distribution, the"
        " constant at 0: the same numbers in every run, which mean other weights of the rod where inputs are scaled."
        " First with the learning rate {_rate:g} and {_epochs:,} epochs.",
        "Gradients by PyTorch and by hand differ by {_gradient_off:.0e} of the largest.",
    )
    part.table(
        "runs",
        lines,
        [
            Column("run", "run"),
            Column("rate", "rate η", ".3g"),
            Column("epochs", "epochs", ",d"),
            Column("loss", "mean loss (10⁻¹²)", ",.1f"),
            Column("modulus", "E (GPa)", ",.1f"),
            Column("expansion", "α (10⁻⁶/K)", ".4f"),
            Column("zero", "zero (10⁻⁶)", ".3f"),
        ],
        "All weights in the units of the inputs; both runs on scaled inputs have one start. The last loss is the"
        " smallest there is.",
    )
    part.text(
        "With inputs as they are, the weight of the temperature settles, at {_raw_expansion:.1f}: it takes over what is"
        " the stress's. The weight of the stress moves {_raw_stress_moved:.0e} of its way in {_epochs:,} epochs, and"
        " the rod would have a modulus of {_raw_modulus:,.0f} GPa. With scaled inputs and the same rate nothing"
        " settles: the weights move {_scaled_moved:.2%} of their way, and {_scaled_loss_left:.1%} of the mean loss"
        " above its minimum is left."
    )
    part.text(
        "Why: along each eigenvector of the second derivative, an epoch multiplies the distance from the minimum by"
        " 1 − η λ. It shrinks if η < 2 / λ for the largest eigenvalue, and fastest for all of them together with"
        " η = 2 / (smallest + largest), when (K − 1) / (K + 1) is left, K being their ratio. Here, scaled, the"
        " eigenvalues are {_eigenvalues:.3f}: the best rate is {_best_rate:.3f}, and each epoch leaves"
        " {_contraction:.3f}, so {_predicted} epochs should take the distance to {_equal:.0e} of what it was.",
        "With inputs as they are K is {_raw_condition:.1e} instead of {_condition:.1f}, and even the best rate would"
        " need {_raw_predicted:.0e} epochs.",
        "At {_beyond_rate:.3f}, a little above the limit {_limit:.3f}, the mean loss "
        + ("grows" if diverges else "changes")
        + " by a factor of {_beyond_growth:.1e} in {_beyond_epochs} epochs.",
    )


def _verdict(*, is_equal: bool) -> str:
    if not is_equal:
        return "What it shows: the best rate ends {_off:.1e} away from the closed form, which is not equal."
    return (
        "What it shows: with scaled inputs and the best rate, the weights equal the closed form to {_equal:.0e} after"
        " {_reached} epochs ({_off:.0e} in the end): E = {_fast_modulus:.2f} GPa. The learning rate means nothing by"
        " itself; it has to be seen beside the curvature of the loss, which is a matter of how the inputs are scaled."
    )


def _contraction(eigenvalues: Floats) -> float:
    ratio = eigenvalues[-1] / eigenvalues[0]
    return float((ratio - 1) / (ratio + 1))


def _autograd(X: Floats, y: Floats, start: Floats) -> Floats:
    """Return the gradient at the start as one epoch of rate 1 shows it."""
    one = descend(X, y, start, rate=1.0, n_epochs=1)
    return np.append(one.weights[0] - one.weights[1], one.bias[0] - one.bias[1])


def _least(run: descent.Descent, lines: list[dict[str, Any]]) -> float:
    return float(min(lines[-1]["loss"], run.loss.min()))
