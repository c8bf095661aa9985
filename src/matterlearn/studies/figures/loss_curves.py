"""Loss per epoch, on rows that are learned from and on rows that are only watched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator

from matterlearn.report.figures.style import BLUE, COLUMN, FAINT, ORANGE, new_figure, style, with_unit
from matterlearn.report.words import number

LOG_FROM = 5.0
"""Ratio of the largest to the smallest loss from which the axis is logarithmic."""

_LOOKS: tuple[dict[str, Any], ...] = (
    {"color": BLUE, "linewidth": 1.2},
    {"color": ORANGE, "linewidth": 1.2, "linestyle": "--"},
)


def loss_curves(panels: Mapping[str, Mapping[str, Sequence[Sequence[float]]]], *, unit: str) -> Figure:
    """Draw the loss of networks against the epoch, one panel per kind of network, on a common axis.

    Parameters
    ----------
    panels : mapping of str to mapping of str to curves
        Title of each panel; in it at most two sets of rows by name, each with the losses of one or several networks.
    unit : str
        Unit of the loss.

    Returns
    -------
    matplotlib.figure.Figure
        The line is the mean of the networks; where there are several, each is drawn as a thin one.

    Examples
    --------
    >>> figure = loss_curves({"bits": {"training": [[4.0, 0.5]], "validation": [[5.0, 2.0]]}}, unit="eV²")
    >>> figure.get_axes()[0].get_yscale()
    'log'
    """
    values = np.concatenate(
        [np.ravel(curve) for groups in panels.values() for part in groups.values() for curve in part]
    )
    with style():
        figure, axes = new_figure(
            COLUMN * max(1.5, len(panels)), COLUMN * 0.85, ncols=len(panels), sharex=True, sharey=True, squeeze=False
        )
        for axis, (title, groups) in zip(axes[0], panels.items(), strict=True):
            for (name, curves), look in zip(groups.items(), _LOOKS, strict=False):
                _draw(axis, name, [np.asarray(curve, float) for curve in curves], look)
            axis.set_title(title)
            axis.set_xlabel("epoch")
            axis.xaxis.set_major_locator(MaxNLocator(6, integer=True))
            axis.grid(color=FAINT, linewidth=0.5, axis="y")
            axis.set_axisbelow(True)
        if values.min() > 0 and values.max() / values.min() > LOG_FROM:
            _logarithmic(axes[0, 0])
        axes[0, 0].set_ylabel(with_unit("mean squared error", unit))
        axes[0, -1].legend()
    return figure


def _logarithmic(axis: Any) -> None:
    axis.set_yscale("log")
    axis.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value)))  # and no powers of ten
    axis.set_yticks([], minor=True)


def _draw(axis: Any, name: str, curves: list[Any], look: Mapping[str, Any]) -> None:
    if len(curves) > 1:
        for curve in curves:
            axis.plot(np.arange(1, len(curve) + 1), curve, **{**look, "linewidth": 0.5, "alpha": 0.5})
    mean = np.mean(curves, axis=0)
    axis.plot(np.arange(1, len(mean) + 1), mean, label=name, **look)
