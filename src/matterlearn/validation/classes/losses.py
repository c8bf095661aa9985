"""Predictions of classes as if they were of numbers with an error: for what compares errors row by row."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd


def prediction_losses(predictions: pd.DataFrame, classes: Sequence[str], level: float) -> pd.DataFrame:
    """Return one line for each prediction, with its log loss as `error`.

    Parameters
    ----------
    predictions : DataFrame
        Lines of the long table (`matterlearn.validation.evidence.COLUMNS`): one for each prediction and class.
    classes : sequence of str
        Labels.
    level : float
        Level of the prediction sets.

    Returns
    -------
    DataFrame
        The lines of the class that each row has. `y` is its position in `classes`; the interval from `lower` to
        `upper` holds it where the prediction set does, and is as wide as there are classes in the set.

    Examples
    --------
    >>> lines = pd.DataFrame({
    ...     "target": "ER", "split": "random", "repeat": 0, "fold": 0, "row_id": 1, "class": ["neg", "pos"],
    ...     "y": [0.0, 1.0], "prediction": [0.5, 0.5], "level_needed": [0.8, 0.95],
    ... })
    >>> prediction_losses(lines, ["neg", "pos"], 0.9)[["y", "error", "lower", "upper"]].round(3).values.tolist()
    [[1.0, 0.693, 2.0, 3.0]]
    """
    key = ["target", "split", "repeat", "fold", "row_id"]
    in_set = (predictions["level_needed"] <= level).where(predictions["level_needed"].notna())
    size = in_set.astype(float).groupby([predictions[name] for name in key]).sum(min_count=1).rename("size")
    of_row = predictions[predictions["y"] == 1.0].join(size, on=key)
    position = {label: k for k, label in enumerate(classes)}
    y = of_row["class"].map(position).astype(float)
    smallest = np.finfo(float).eps
    held = (of_row["level_needed"] <= level).to_numpy()
    lower = (y + np.where(held, 0.0, 1.0)).where(of_row["size"].notna())
    return of_row.assign(
        y=y,
        error=-np.log(of_row["prediction"].clip(smallest, 1.0 - smallest)),
        lower=lower,
        upper=lower + of_row["size"],
    ).drop(columns="size")
