"""Error against cost, and whether the symmetries hold."""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, NullFormatter

from matterlearn.report.figures.style import SERIES, new_figure, style
from matterlearn.report.words import number
from matterlearn.studies.figures.conformers.side_names import names_at_the_side


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
        figure, axis = new_figure(6.9, 4.4)
        axis.set(xscale="log", yscale="log")
        for seconds, error, kind, holds in models.values():
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
        times = [seconds for seconds, _, _, _ in models.values()]
        errors = [error for _, error, _, _ in models.values()]
        limits = (min(errors) / 1.5, max(errors) * 1.5)
        axis.set(xlim=(min(times) / 1.5, max(times) * 1.5), ylim=limits)
        colors = {name: SERIES[kinds.index(kind)][0] for name, (_, _, kind, _) in models.items()}
        names_at_the_side(
            axis, {name: (seconds, error) for name, (seconds, error, _, _) in models.items()}, limits, colors
        )
        for of in (axis.xaxis, axis.yaxis):
            of.set_major_formatter(FuncFormatter(lambda value, _: number(value)))
            of.set_minor_formatter(NullFormatter())
        axis.set_xlabel("time of the fit on one thread (s)")
        axis.set_ylabel("mean absolute error on test conformers (kcal/mol)")
        handles = [
            Line2D([], [], color=SERIES[k][0], marker=SERIES[k][1], linestyle="none", label=f"mended by {kind}")
            for k, kind in enumerate(kinds)
        ]
        figure.legend(handles=handles, loc="outside upper left", ncols=2)
    return figure
