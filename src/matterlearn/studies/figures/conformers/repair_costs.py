"""Error against cost, and whether the symmetries hold."""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from matterlearn.report.figures.style import INK, SERIES, new_figure, style


def repair_costs(models: Mapping[str, tuple[float, float, str, bool]]) -> Figure:
    """Draw errors against times on logarithmic axes.

    Parameters
    ----------
    models : mapping of str to (seconds, error, kind, holds)
        Of each model: time of the fit, error on test rows (kcal/mol), what mends it (each has its colour and marker),
        and whether all symmetries hold.

    Returns
    -------
    matplotlib.figure.Figure
        Filled where all symmetries hold, hollow where one is broken.
    """
    kinds = list(dict.fromkeys(kind for _, _, kind, _ in models.values()))
    with style():
        figure, axis = new_figure(6.6, 4.0)
        axis.set(xscale="log", yscale="log")
        for name, (seconds, error, kind, holds) in models.items():
            color, marker = SERIES[kinds.index(kind)]
            axis.plot(
                seconds,
                error,
                marker,
                color=color,
                markerfacecolor=color if holds else "white",
                markersize=6,
                markeredgewidth=1.3,
            )
            axis.annotate(name, (seconds, error), (6, 3), textcoords="offset points", fontsize=7.5, color=INK)
        times = [value[0] for value in models.values()]
        axis.set_xlim(min(times) / 2, max(times) * 12)
        axis.set_xlabel("time of the fit on one thread (s)")
        axis.set_ylabel("mean absolute error on test conformers (kcal/mol)")
        handles = [
            Line2D([], [], color=SERIES[k][0], marker=SERIES[k][1], linestyle="none", label=f"mended by {kind}")
            for k, kind in enumerate(kinds)
        ]
        figure.legend(handles=handles, loc="outside upper left", ncols=2)
    return figure
