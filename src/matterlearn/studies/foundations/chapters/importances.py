"""Chapter: permutation importance, and how columns that go together fool it."""

from __future__ import annotations

import numpy as np

from matterlearn.core.parallel import item_seed
from matterlearn.studies.case_page import CasePage
from matterlearn.studies.figures.foundations.importances import thermometers
from matterlearn.studies.foundations import importances
from matterlearn.studies.foundations.importances import (
    AMOUNT,
    FOREST,
    LINEAR,
    NOISE,
    SECOND,
    SPREADS,
    TEMPERATURE,
    VOLUME,
    gas_readings,
    models,
    thermometer_theory,
)
from matterlearn.studies.page import Column
from matterlearn.studies.run import StudyRun

N_TRAIN, N_TEST = 500, 1_000

N_TREES, N_QUICK_TREES = 100, 30

N_REPEATS = 5

READING_NOISES = (0.05, 0.1, 0.2, 0.35, 0.5, 1.0)
"""Of two thermometers that do not read the same, in ln T."""

ONE = (AMOUNT, VOLUME, TEMPERATURE)
"""Columns with one thermometer."""

BOTH = "both thermometers"


def add_importances(part: CasePage, run: StudyRun) -> None:
    """Write the chapter.

    Parameters
    ----------
    part : CasePage
        Gets a new section.
    run : StudyRun
        With the seed.
    """
    n_trees = N_QUICK_TREES if run.quick else N_TREES
    lines = [
        line for name, model in models(n_trees, run.seed).items() for line in _of_model(name, model, 0.0, run.seed)
    ]
    copied = {
        name: {
            "alone": _value(lines, name, TEMPERATURE, "one"),
            "each": _value(lines, name, TEMPERATURE, "two"),
            "both": _value(lines, name, BOTH, "two"),
        }
        for name in (LINEAR, FOREST)
    }
    variance = SPREADS[TEMPERATURE] ** 2
    correlations = [variance / (variance + noise**2) for noise in READING_NOISES]
    noisy = [_of_model(LINEAR, models(1, 0)[LINEAR], noise, run.seed) for noise in READING_NOISES]
    measured = {
        "alone": [_value(found, LINEAR, TEMPERATURE, "one") for found in noisy],
        "each": [_value(found, LINEAR, TEMPERATURE, "two") for found in noisy],
        "both": [_value(found, LINEAR, BOTH, "two") for found in noisy],
    }
    dense = np.linspace(min(correlations), 0.9999, 80)
    theory = [thermometer_theory(float(np.sqrt(variance * (1 - r) / r))) for r in dense]
    exact = thermometer_theory(0.0)
    part.add(
        n_train=N_TRAIN,
        n_test=N_TEST,
        n_trees=n_trees,
        n_repeats=N_REPEATS,
        noise=NOISE,
        amount_spread=SPREADS[AMOUNT],
        temperature_spread=SPREADS[TEMPERATURE],
        volume_spread=SPREADS[VOLUME],
        **{f"{name}_{key}": value for name, found in copied.items() for key, value in found.items()},
        **{f"{name}_ratio": found["each"] / found["alone"] for name, found in copied.items()},
        **{f"{name}_mended": found["both"] / found["alone"] for name, found in copied.items()},
        theory_ratio=exact["each"] / exact["alone"],
        theory_alone=exact["alone"],
        linear_weights=_weights(run.seed),
        linear_amount=_value(lines, LINEAR, AMOUNT, "two"),
        linear_volume=_value(lines, LINEAR, VOLUME, "two"),
        square_ratio=_squares(run.seed),
    )
    _write(part, lines)
    part.figure(
        "thermometers",
        thermometers(
            copied,
            correlations,
            measured,
            (dense.tolist(), {key: [found[key] for found in theory] for key in measured}),
        ),
        "Increase of the mean absolute error of ln p when the thermometer's column is permuted. Right: thermometers"
        " with noise of their own; points are measured, lines are theory.",
    )
    falls_behind = part["linear_each"] < part["linear_volume"] < part["linear_alone"]
    part.text(
        "What it shows: the second thermometer tells nothing new, and takes from the first: its importance falls to"
        " {_linear_ratio:.0%} in the linear model (theory {_theory_ratio:.0%}; its weight from one to"
        " {_linear_weights:.2f}) and to {_forest_ratio:.0%} in the forest. By the squared error it would fall to"
        " {_square_ratio:.0%}, the square of the weight.",
        "The thermometer, in truth the first, then looks less important than the volume." if falls_behind else "",
        "Permuted together, the two have {_linear_mended:.0%} and {_forest_mended:.0%} of what the one had alone."
        " Importances of columns that go together belong together: grouped, or not read at all.",
    )


def _write(part: CasePage, lines: list[dict[str, object]]) -> None:
    part.section("Permutation importance and columns that go together")
    part.text(
        "How important is a column? Shuffle its values among new rows and see how much the error grows. What does that"
        " say of a column that has a copy?"
    )
    part.text(
        "Data by physics: the ideal gas, ln p = ln n + ln T − ln V + constant. The logarithms of amount, temperature"
        " and volume are normal with standard deviations {_amount_spread:g}, {_temperature_spread:g} and"
        " {_volume_spread:g}, ln p has noise of {_noise:g}. The temperature is read by one thermometer, or by two that"
        " read the same. Least squares, and a forest of {_n_trees} trees; {_n_train} training rows, {_n_test:,} new"
        " ones, {_n_repeats} permutations. For normal columns in a linear model there is a formula:"
    )
    part.formula(
        "increase = √(2/π) (√(s² + 2 wᵀ C w) − s);   w, C: weights and covariance of the group, s: the residual"
    )
    part.table(
        "importances",
        lines,
        [
            Column("model", "model"),
            Column("column", "permuted"),
            Column("one", "one thermometer", ".3f"),
            Column("two", "two thermometers", ".3f"),
        ],
        "Increase of the mean absolute error of ln p. Theory for the thermometer alone: {_theory_alone:.3f}.",
    )


def _of_model(name: str, model: object, reading_noise: float, seed: int) -> list[dict[str, object]]:
    """Return the importance of every group, with one thermometer and with two."""
    X, y = gas_readings(N_TRAIN, reading_noise, seed=item_seed(seed, "gas", reading_noise))
    X_new, y_new = gas_readings(N_TEST, reading_noise, seed=item_seed(seed, "new gas", reading_noise))
    found = {}
    for key, columns in (("one", ONE), ("two", (*ONE, SECOND))):
        groups: dict[str, tuple[str, ...]] = {column: (column,) for column in columns}
        if key == "two":
            groups[BOTH] = (TEMPERATURE, SECOND)
        fitted = model.fit(X[list(columns)], y)  # type: ignore[attr-defined]
        found[key] = importances.importances(
            fitted, X_new[list(columns)], y_new, groups, n_repeats=N_REPEATS, seed=item_seed(seed, "permutations")
        )
    return [
        {"model": name, "column": column, "one": found["one"].get(column), "two": two}
        for column, two in found["two"].items()
    ]


def _value(lines: list[dict[str, object]], model: str, column: str, key: str) -> float:
    (line,) = (line for line in lines if (line["model"], line["column"]) == (model, column))
    return float(str(line[key]))


def _weights(seed: int) -> list[float]:
    """Return the weights that least squares gives to two thermometers that read the same."""
    X, y = gas_readings(N_TRAIN, 0.0, seed=item_seed(seed, "gas", 0.0))
    fitted = models(1, 0)[LINEAR].fit(X, y)
    return [float(weight) for column, weight in zip(X, fitted.coef_, strict=True) if column in (TEMPERATURE, SECOND)]


def _squares(seed: int) -> float:
    """Return the part of the increase of the squared error that a thermometer keeps beside its copy, linear model."""
    return float(np.mean(_weights(seed)) ** 2)
