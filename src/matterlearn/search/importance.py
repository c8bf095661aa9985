"""Which of the varied parameters the score depends on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import optuna
from numpy.typing import NDArray
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution
from optuna.trial import TrialState, create_trial

from matterlearn.core.errors import ArgumentError
from matterlearn.core.parallel import item_seed
from matterlearn.search.draw import quiet_optuna
from matterlearn.search.space import option_label

FEWEST = 4
"""Complete trials that are needed to say anything."""

N_FORESTS = 5
"""Forests whose importances are averaged: a single one depends on its seed."""


def parameter_importance(
    cv_results: Mapping[str, Any], *, n_forests: int = N_FORESTS, random_state: int = 0
) -> dict[str, tuple[float, float]]:
    """Return the share of the variance of the score that each parameter explains by itself (fANOVA).

    A random forest is fitted to the scores of the complete trials, and the variance of its prediction over the whole
    ranges that were tried is split up by parameter, by Optuna's `FanovaImportanceEvaluator`. Numbers that span a
    factor of ten or more count by their logarithm. The shares are those of single parameters, scaled to the sum 1:
    what only combinations explain is left out.

    Parameters
    ----------
    cv_results : mapping
        Of a search.
    n_forests : int
        Forests, with different seeds.
    random_state : int
        Seed of the forests.

    Returns
    -------
    dict of str to (float, float)
        Parameter -> mean and standard deviation over the forests; the most important first. Parameters that have
        a condition, and so no value in some trials, or only one value, are left out.

    Raises
    ------
    ArgumentError
        If fewer than 4 trials are complete, or their scores or parameters do not differ.

    References
    ----------
    F. Hutter, H. Hoos, K. Leyton-Brown, An efficient approach for assessing hyperparameter importance, ICML 2014.

    Examples
    --------
    >>> alpha = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
    >>> results = {"mean_test_score": -alpha, "param_alpha": alpha, "param_other": np.array([1, 2, 1, 2, 1, 2])}
    >>> list(parameter_importance(results))
    ['alpha', 'other']
    """
    scores = np.asarray(cv_results["mean_test_score"], dtype=float)
    complete = np.isfinite(scores)
    columns = {
        name.removeprefix("param_"): np.ma.asarray(column)[complete]
        for name, column in cv_results.items()
        if name.startswith("param_")
    }
    varied = {name: v for name, column in columns.items() if (v := _varied(column)) is not None}
    if complete.sum() < FEWEST or not varied or np.ptp(scores[complete]) == 0:
        raise ArgumentError(
            f"{complete.sum()} complete trials with {len(varied)} parameters that differ in all of them say nothing "
            "about importance",
            where="cv_results",
            fix=f"at least {FEWEST} trials with different scores are needed",
        )
    with quiet_optuna():
        study = optuna.create_study(direction="maximize", sampler=optuna.samplers.RandomSampler(seed=0))
        for i, score in enumerate(scores[complete]):
            study.add_trial(
                create_trial(
                    state=TrialState.COMPLETE,
                    value=float(score),
                    params={name: values[i] for name, (values, _) in varied.items()},
                    distributions={name: kind for name, (_, kind) in varied.items()},
                )
            )
        shares = [
            optuna.importance.get_param_importances(
                study,
                evaluator=optuna.importance.FanovaImportanceEvaluator(seed=item_seed(random_state, "forest", k)),
            )
            for k in range(n_forests)
        ]
    table = {name: np.array([share[name] for share in shares]) for name in varied}
    ordered = sorted(table, key=lambda name: -float(table[name].mean()))
    return {name: (float(table[name].mean()), float(table[name].std())) for name in ordered}


def is_logarithmic(values: NDArray[np.float64]) -> bool:
    """Tell whether numbers are spread over orders of magnitude: all above 0, and the largest ten times the smallest.

    Examples
    --------
    >>> is_logarithmic(np.array([1e-4, 1e-2])), is_logarithmic(np.array([0.0, 1.0]))
    (True, False)
    """
    return bool(len(values) and values.min() > 0 and values.max() >= 10 * values.min())


def _varied(column: np.ma.MaskedArray[Any, Any]) -> tuple[list[Any], BaseDistribution] | None:
    """Return the values of a parameter and what they were drawn from; None if it is not there or does not vary."""
    if np.ma.getmaskarray(column).any():
        return None
    if column.dtype.kind in "iuf":
        numbers = np.asarray(column, dtype=float)
        if np.ptp(numbers) == 0:
            return None
        log = is_logarithmic(numbers)
        return numbers.tolist(), FloatDistribution(float(numbers.min()), float(numbers.max()), log=log)
    labels = [option_label(value) for value in column.tolist()]
    return None if len(set(labels)) < 2 else (labels, CategoricalDistribution(sorted(set(labels))))
