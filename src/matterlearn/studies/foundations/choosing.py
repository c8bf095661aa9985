"""What the lowest validation error promises, when it was the lowest of many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matterlearn.studies.foundations.planck import N_INPUTS, NOISE, log_radiance

Floats = NDArray[np.float64]

GAMMAS = (0.3, 1.0, 2.0, 4.0, 8.0, 16.0)
"""Inverse squared widths of the kernel, inputs being between 0 and 1."""

ALPHAS = tuple(10.0**k for k in np.arange(-6, 1.01, 0.5))
"""Strengths of the penalty."""

N_TRAIN, N_VALIDATION, N_TEST, N_NEW = 60, 20, 60, 1_000
"""Rows to learn from, to choose by, to be asked once; and rows that stand for the risk."""


@dataclass(frozen=True)
class Errors:
    """Mean squared errors of every combination of hyper-parameters, on every draw; shape (n_draws, n_gammas, n_alphas).

    Attributes
    ----------
    train, validation, test : ndarray
        On rows learned from, chosen by, and asked once.
    new : ndarray
        On many new rows of the same draw, without noise, plus the variance of the noise: the risk, nearly.
    """

    train: Floats
    validation: Floats
    test: Floats
    new: Floats


@dataclass(frozen=True)
class Choices:
    """What becomes of the combination with the lowest validation error; means over the draws.

    Attributes
    ----------
    n_candidates : tuple of int
        Combinations that are compared.
    validation, test, risk, least : ndarray, shape (n_counts,)
        Of the chosen one: its validation error, its test error, its risk; and the lowest risk among those compared.
    """

    n_candidates: tuple[int, ...]
    validation: Floats
    test: Floats
    risk: Floats
    least: Floats


def measure_errors(n_draws: int, *, seed: int) -> Errors:
    """Fit kernel ridge with every combination, on several draws of the data.

    Parameters
    ----------
    n_draws : int
        Draws of all rows.
    seed : int
        Of the draws.

    Returns
    -------
    Errors
        Of every combination.
    """
    rng = np.random.default_rng(seed)
    sizes = np.cumsum([N_TRAIN, N_VALIDATION])
    found = np.empty((4, n_draws, len(GAMMAS), len(ALPHAS)))
    for draw in range(n_draws):
        X = rng.random((N_TRAIN + N_VALIDATION + N_TEST, N_INPUTS))
        y = log_radiance(X) + NOISE * rng.normal(size=len(X))
        new = rng.random((N_NEW, N_INPUTS))
        truth = log_radiance(new)
        everywhere = np.vstack([X, new])
        distances = _squared_distances(everywhere, X[:N_TRAIN])
        for g, gamma in enumerate(GAMMAS):
            predicted = _predictions(np.exp(-gamma * distances), y[:N_TRAIN])  # (n_rows, n_alphas)
            wrong = (predicted - np.append(y, truth)[:, None]) ** 2
            parts = np.split(wrong, [*sizes, len(X)])
            found[:, draw, g] = [part.mean(axis=0) for part in parts]
    return Errors(found[0], found[1], found[2], found[3] + NOISE**2)


def choose(errors: Errors, counts: Sequence[int], *, seed: int) -> Choices:
    """Choose the lowest validation error among some combinations, drawn at random for every draw of the data.

    Parameters
    ----------
    errors : Errors
        Of every combination.
    counts : sequence of int
        Numbers of combinations.
    seed : int
        Which ones.

    Returns
    -------
    Choices
        Means over the draws.
    """
    validation, test, new = (
        part.reshape(len(part), -1) for part in (errors.validation, errors.test, errors.new)
    )  # (n_draws, n_combinations)
    n_draws, n_combinations = validation.shape
    order = np.argsort(np.random.default_rng(seed).random((n_draws, n_combinations)), axis=1)
    rows = np.arange(n_draws)
    found = []
    for count in counts:
        tried = order[:, :count]
        chosen = tried[rows, np.take_along_axis(validation, tried, axis=1).argmin(axis=1)]
        least = np.take_along_axis(new, tried, axis=1).min(axis=1)
        found.append([part.mean() for part in (validation[rows, chosen], test[rows, chosen], new[rows, chosen], least)])
    return Choices(tuple(counts), *np.array(found).T)


def _predictions(kernel: Floats, y: Floats) -> Floats:
    """Return predictions of kernel ridge around the mean for every strength, shape (n_rows, n_alphas).

    One decomposition of the training kernel, the first rows, serves all strengths.
    """
    values, vectors = np.linalg.eigh(kernel[: len(y)])
    centre = y.mean()
    turned = vectors.T @ (y - centre)
    weights = vectors @ (turned[:, None] / (np.maximum(values, 0)[:, None] + np.array(ALPHAS)))
    return np.asarray(kernel @ weights + centre)


def _squared_distances(one: Floats, other: Floats) -> Floats:
    return np.asarray(((one[:, None, :] - other[None, :, :]) ** 2).sum(axis=2))
