"""Errors against the number of training rows, many models at once."""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter

from matterlearn.report.figures.style import INK, SERIES, new_figure, style, with_unit
from matterlearn.report.words import number

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
        places = _apart({name: curve[max(curve)] for name, (curve, _) in curves.items()}, low, high)
        for name, (curve, kind) in curves.items():
            axis.annotate(
                name,
                (max(curve), curve[max(curve)]),
                (1.03, places[name]),
                textcoords="axes fraction",
                va="center",
                fontsize=7.5,
                color=INK,
                annotation_clip=False,
                arrowprops={"arrowstyle": "-", "color": SERIES[kinds.index(kind) % len(SERIES)][0], "linewidth": 0.6},
            )
        axis.set_xticks(sizes, [f"{size:,}" for size in sizes])
        axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value)))
        for of in (axis.xaxis, axis.yaxis):
            of.set_minor_formatter(NullFormatter())
        axis.set_xlabel(label)
        axis.set_ylabel(with_unit("mean absolute error on test conformers", unit))
    return figure


def _apart(ends: Mapping[str, float], low: float, high: float, gap: float = 0.052) -> dict[str, float]:
    """Return heights of the names, in parts of the axis, in the order of the ends and at least `gap` apart."""
    from math import log

    wanted = {name: log(end / low) / log(high / low) for name, end in ends.items()}
    order = sorted(wanted, key=wanted.__getitem__)
    places: dict[str, float] = {}
    for k, name in enumerate(order):
        places[name] = max(wanted[name], places[order[k - 1]] + gap) if k else max(wanted[name], 0.0)
    beyond = places[order[-1]] - 1.0
    if beyond > 0:  # push down from the top
        places[order[-1]] = 1.0
        for k in range(len(order) - 2, -1, -1):
            places[order[k]] = min(places[order[k]], places[order[k + 1]] - gap)
    return places
