"""What the error of models is made of."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from matterlearn.report.figures.points import PointedFigure
from matterlearn.report.figures.style import BLUE, COLUMN, GREY, ORANGE, new_figure, style, with_unit
from matterlearn.report.words import number, shortened
from matterlearn.validation.assessment.decomposition import BiasVariance


def bias_variance(models: Mapping[str, BiasVariance], *, unit: str = "") -> PointedFigure:
    """Draw squared bias, variance and, where it is known, noise of each model as one bar.

    Parameters
    ----------
    models : mapping of str to BiasVariance
        Name of each model and what `bias_variance` found, on the same test rows; from top to bottom.
    unit : str
        Unit of the target; the axis has its square.

    Returns
    -------
    PointedFigure
        The length of a bar is the mean squared error. Where the noise of the measurement is not known, it is part of
        the bias.
    """
    names = list(models)
    rows = np.arange(len(names))
    squared = "/".join(f"{part}²" for part in unit.split("/")) if unit else ""
    known = all(parts.noise is not None for parts in models.values())
    noise = np.array([min(parts.noise or 0.0, parts.bias_squared) if known else 0.0 for parts in models.values()])
    bias = np.array([parts.bias_squared for parts in models.values()]) - noise
    variance = np.array([parts.variance for parts in models.values()])
    series = [("bias²" if known else "bias² and noise", bias, BLUE, ""), ("variance", variance, ORANGE, "////")]
    if known:
        series.append(("noise", noise, GREY, "...."))
    with style():
        figure, axis = new_figure(1.25 * COLUMN, 0.7 + 0.3 * len(names))
        start = np.zeros(len(names))
        for words, lengths, color, hatch in series:
            axis.barh(
                rows, lengths, 0.62, left=start, color=color, hatch=hatch, edgecolor="white", linewidth=0, label=words
            )
            start = start + lengths
        texts = [
            f"{name}\nmean squared error {number(parts.mse)}\nbias² {number(b)}, variance {number(parts.variance)}"
            for (name, parts), b in zip(models.items(), bias, strict=True)
        ]
        figure.point_texts(axis, start, rows, texts)
        for row, end in zip(rows, start, strict=True):
            axis.annotate(number(end), (end, row), xytext=(3, 0), textcoords="offset points", va="center", fontsize=8)
        axis.set_yticks(rows, [shortened(name, 28) for name in names])
        axis.set(ylim=(len(names) - 0.5, -0.5), xlim=(0, 1.14 * start.max() or 1.0))
        axis.tick_params(axis="y", length=0)
        axis.set_xlabel(with_unit("mean squared error", squared))
        figure.legend(loc="outside upper left", ncols=len(series))
    return figure
