"""Errors against the number of training rows, many models at once."""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter

from matterlearn.report.figures.style import SERIES, new_figure, style, with_unit
from matterlearn.report.words import number
from matterlearn.studies.figures.conformers.side_names import names_at_the_side

DASHES = ("-", (0, (4, 2)), (0, (1, 1.3)), (0, (6, 2, 1, 2)))
"""Lines of one kind are told apart by their dashes."""


def learning(
    curves: Mapping[str, tuple[Mapping[int, float], str]], *, unit: str, label: str = "number of training conformers"
) -> Figure:
    """Draw learning curves on logarithmic axes.

    Parameters
    ----------
    curves : mapping of str to (curve, kind)
        Of each model: training rows -> error, and its kind, which has one colour and marker.
    unit : str
        Of the errors.
    label : str
        Of the horizontal axis.

    Returns
    -------
    matplotlib.figure.Figure
        Names stand at the ends of the lines, moved apart where they would overlap.
    """
    kinds = list(dict.fromkeys(kind for _, kind in curves.values()))
    with style():
        figure, axis = new_figure(6.9, 4.4)
        axis.set(xscale="log", yscale="log")
        seen = dict.fromkeys(kinds, 0)
        for curve, kind in curves.values():
            color, marker = SERIES[kinds.index(kind) % len(SERIES)]
            dash = DASHES[seen[kind] % len(DASHES)]
            axis.plot(list(curve), list(curve.values()), color=color, marker=marker, markersize=4, linestyle=dash)
            seen[kind] += 1
        sizes = sorted({size for curve, _ in curves.values() for size in curve})
        errors = [error for curve, _ in curves.values() for error in curve.values()]
        low, high = min(errors) / 1.3, max(errors) * 1.3
        axis.set(xlim=(sizes[0] / 1.15, sizes[-1] * 1.1), ylim=(low, high))
        colors = {name: SERIES[kinds.index(kind) % len(SERIES)][0] for name, (_, kind) in curves.items()}
        ends = {name: (max(curve), curve[max(curve)]) for name, (curve, _) in curves.items()}
        names_at_the_side(axis, ends, (low, high), colors)
        axis.set_xticks(sizes, [f"{size:,}" for size in sizes])
        axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value)))
        for of in (axis.xaxis, axis.yaxis):
            of.set_minor_formatter(NullFormatter())
        axis.set_xlabel(label)
        axis.set_ylabel(with_unit("mean absolute error on test conformers", unit))
    return figure
