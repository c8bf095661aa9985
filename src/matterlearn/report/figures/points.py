"""Figures that know where their points lie, so that a page can answer to the pointer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray

Quantity = Literal["y", "prediction", "error", "absolute error", "distance"]
"""What an axis shows of a prediction: the actual value, the predicted one, predicted less actual, its absolute value,
or the distance to the training rows in units of the limit."""


@dataclass(frozen=True)
class RowPoints:
    """Every prediction of the model on one split, as points of a panel.

    Attributes
    ----------
    axis : matplotlib.axes.Axes
        The panel. Points beyond its limits stand at its edge.
    split : str
        Name of the split.
    x, y : Quantity
        What the axes show.
    """

    axis: Axes
    split: str
    x: Quantity
    y: Quantity


@dataclass(frozen=True)
class TextPoints:
    """Points of a panel that each have a text of their own.

    Attributes
    ----------
    axis : matplotlib.axes.Axes
        The panel.
    x, y : ndarray of float, shape (n_points,)
        Places in the coordinates of the panel.
    texts : sequence of str
        What each point says; the first line is its name.
    """

    axis: Axes
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    texts: Sequence[str]


class PointedFigure(Figure):
    """A matplotlib figure with a list of the points that a reader may ask about.

    Attributes
    ----------
    points : list of RowPoints or TextPoints
        Empty for a figure without such points.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.points: list[RowPoints | TextPoints] = []

    def point_rows(self, axis: Axes, split: str, x: Quantity, y: Quantity) -> None:
        """Say that a panel shows all predictions of a split."""
        self.points.append(RowPoints(axis, split, x, y))

    def point_texts(self, axis: Axes, x: ArrayLike, y: ArrayLike, texts: Sequence[str]) -> None:
        """Give texts to points of a panel."""
        self.points.append(TextPoints(axis, np.asarray(x, dtype=float), np.asarray(y, dtype=float), texts))
