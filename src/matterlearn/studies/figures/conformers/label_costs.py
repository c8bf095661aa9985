"""Error against what labels, features and fit cost together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter

from matterlearn.report.figures.style import SERIES, new_figure, style
from matterlearn.report.words import number
from matterlearn.studies.figures.conformers.learning import DASHES


def label_costs(panels: Mapping[str, Mapping[str, tuple[Sequence[float], Sequence[float], str]]]) -> Figure:
    """Draw errors against processor time, one panel per cost of a label, on logarithmic axes.

    Parameters
    ----------
    panels : mapping of str to mapping of str to (seconds, errors, kind)
        Title of each panel -> name of each curve -> its points, and its kind, which has one colour and marker.

    Returns
    -------
    matplotlib.figure.Figure
    """
    kinds = list(dict.fromkeys(kind for curves in panels.values() for _, _, kind in curves.values()))
    with style():
        figure, axes = new_figure(7.0, 3.6, ncols=len(panels), sharey=True, squeeze=False)
        for axis, (title, curves) in zip(axes[0], panels.items(), strict=True):
            axis.set(xscale="log", yscale="log", title=title)
            seen = dict.fromkeys(kinds, 0)
            for name, (seconds, errors, kind) in curves.items():
                color, marker = SERIES[kinds.index(kind) % len(SERIES)]
                dash = DASHES[seen[kind] % len(DASHES)]
                axis.plot(seconds, errors, color=color, marker=marker, markersize=4, linestyle=dash, label=name)
                seen[kind] += 1
            axis.set_xlabel("labels, features and fit (s)")
            axis.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))
            axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value)))
            for of in (axis.xaxis, axis.yaxis):
                of.set_minor_formatter(NullFormatter())
        axes[0, 0].set_ylabel("mean absolute error (kcal/mol)")
        handles, names = axes[0, 0].get_legend_handles_labels()
        figure.legend(handles, names, loc="outside upper left", ncols=2)
    return figure
