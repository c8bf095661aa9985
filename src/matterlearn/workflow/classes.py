"""What a fit asks of a target that holds classes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from matterlearn.core.errors import ArgumentError, DataError, did_you_mean
from matterlearn.data.dataset import Dataset
from matterlearn.models.decisions.thresholds import class_costs
from matterlearn.validation.classes.reliability import Decision

FEWEST_OF_CLASS = 10
"""Rows that a class must have: five folds, and inner folds in each, must all hold some to learn from and to test."""

MOST_CLASSES = 100
"""Classes that are told apart; more are no classes but names."""


def without_rare_classes(dataset: Dataset, *, strict: bool) -> Dataset:
    """Return a data set without the rows of classes that are too rare to be learned and judged.

    Parameters
    ----------
    dataset : Dataset
        Its target holds classes.
    strict : bool
        Stop instead.

    Returns
    -------
    Dataset
        The rows that were left out are among the rejected ones.

    Raises
    ------
    DataError
        If `strict` and a class is too rare, or there are more classes than rows to learn them from.
    """
    target = dataset.targets[0]
    y = dataset.y
    classes = np.unique(y)
    counted = y if dataset.weights is None else y[dataset.weights > 0]
    counts = np.array([(counted == name).sum() for name in classes])
    rare = {str(name): int(n) for name, n in zip(classes, counts, strict=True) if n < FEWEST_OF_CLASS}
    if len(classes) - len(rare) > MOST_CLASSES:
        raise DataError(
            f"{target} has {len(classes)} classes", fix=f"bring at most {MOST_CLASSES}, or put some together"
        )
    if not rare:
        return dataset
    if strict or len(classes) - len(rare) < 2:
        named = ", ".join(f"{name!r} ({n})" for name, n in list(rare.items())[:5])
        more = f" and {len(rare) - 5} more" if len(rare) > 5 else ""
        what = f"classes of {target} with fewer than {FEWEST_OF_CLASS} rows cannot be judged: {named}{more}"
        raise DataError(what, fix="bring more of them, leave them out, or put classes together")
    out = np.isin(y, list(rare))
    frame = dataset.frame
    lines = pd.DataFrame(
        {
            "row": frame.index[out].to_numpy(),
            "column": target,
            "value": y[out],
            "reason": [f"its class has {rare[str(name)]} rows, fewer than {FEWEST_OF_CLASS}" for name in y[out]],
        }
    )
    rejected = pd.concat([dataset.rejected, lines[list(dataset.rejected.columns)]]) if len(dataset.rejected) else lines
    words = "1 class is" if len(rare) == 1 else f"{len(rare)} classes are"
    note = f"{words} too rare to be judged ({', '.join(list(rare)[:5])}{', ...' if len(rare) > 5 else ''})."
    return replace(
        dataset,
        frame=frame[~out],
        rejected=rejected.sort_values("row", kind="stable", ignore_index=True),
        notes=(*dataset.notes, note),
    )


def checked_decision(costs: Any, error_rate: Any, positive: Any, dataset: Dataset) -> Decision:
    """Return what is wanted of decisions after checking it against the classes.

    Raises
    ------
    ArgumentError
        If costs or the positive class name unknown classes, or the error rate is no share; or if any of them is given
        for a target of numbers.
    """
    if dataset.task != "classification":
        given = {"costs": costs is not None, "positive": positive is not None, "error_rate": error_rate != 0.1}
        for name, is_given in given.items():
            if is_given:
                raise ArgumentError("is about classes, and the target holds numbers", where=name, fix="leave it out")
        return Decision()
    classes, counts = np.unique(dataset.y, return_counts=True)
    names = [str(name) for name in classes]
    if isinstance(costs, Mapping):
        for name, cost in costs.items():
            if isinstance(cost, bool) or not isinstance(cost, int | float | np.number):
                raise ArgumentError(f"the cost of {str(name)!r} must be a number, got {cost!r}", where="costs")
        costs = {str(name): float(cost) for name, cost in costs.items()}
    class_costs(costs, names, counts / counts.sum())
    is_share = isinstance(error_rate, int | float | np.number) and not isinstance(error_rate, bool)
    if not is_share or not 0 < error_rate < 1:
        raise ArgumentError(
            f"must be between 0 and 1, got {error_rate!r}", where="error_rate", fix="write 0.1 for 10 %"
        )
    if positive is not None:
        if len(names) != 2:
            raise ArgumentError(f"there are {len(names)} classes: none is looked for alone", where="positive")
        if positive not in names:
            raise ArgumentError(f"no class {positive!r}", where="positive", fix=did_you_mean(str(positive), names))
    return Decision(costs, float(error_rate), positive)
