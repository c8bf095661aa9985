"""How many components a mixture needs, and how many kinds of rows they are."""

from __future__ import annotations

import numpy as np

from matterlearn.models.density.mixture_selection import MixtureChoice
from matterlearn.report.figures.points import PointedFigure
from matterlearn.report.figures.style import BLUE, COLUMN, GREEN, GREY, INK, ORANGE, new_figure, style
from matterlearn.report.words import number


def mixture_selection(choice: MixtureChoice) -> PointedFigure:
    """Draw BIC and AIC against the number of components, and the entropy while components are merged.

    Parameters
    ----------
    choice : MixtureChoice
        What `choose_components` found.

    Returns
    -------
    PointedFigure
        Left the criteria, lower is better, with a ring at the lowest BIC; right the entropy of that mixture as its
        components are merged, with the chord between its ends and a ring at the elbow.
    """
    table = choice.table
    numbers = table["n_components"].to_numpy()
    clusters = np.array(sorted(choice.merging.entropies))
    entropies = np.array([choice.merging.entropies[k] for k in clusters])
    with style():
        figure, (left, right) = new_figure(2 * COLUMN, 0.8 * COLUMN, ncols=2)
        for name, color, marker in (("bic", BLUE, "o"), ("aic", ORANGE, "s")):
            values = table[name].to_numpy()
            left.plot(numbers, values, color=color, marker=marker, markersize=4, linewidth=1.3, label=name.upper())
            figure.point_texts(
                left,
                numbers,
                values,
                [f"{k} components\n{name.upper()} {number(v)}" for k, v in zip(numbers, values, strict=True)],
            )
        best = table["bic"].min()
        left.scatter(
            choice.by_bic, best, s=90, facecolors="none", edgecolors=INK, zorder=3, label=f"lowest: {choice.by_bic}"
        )
        left.set(xlabel="components", ylabel="criterion", title="Mixture")
        right.plot(clusters, entropies, color=GREEN, marker="D", markersize=4, linewidth=1.3, label="entropy")
        figure.point_texts(
            right,
            clusters,
            entropies,
            [f"{k} clusters\nentropy {number(v)}" for k, v in zip(clusters, entropies, strict=True)],
        )
        right.plot(clusters[[0, -1]], entropies[[0, -1]], color=GREY, linestyle="--", linewidth=1, label="chord")
        chosen = choice.merging.entropies[choice.by_entropy]
        right.scatter(
            *(choice.by_entropy, chosen),
            s=90,
            facecolors="none",
            edgecolors=INK,
            zorder=3,
            label=f"chosen: {choice.by_entropy}",
        )
        right.set(xlabel="clusters after merging", ylabel="entropy (nats, all rows)")
        right.set_title("Kinds of rows" if choice.by_entropy < choice.by_bic else "Kinds of rows: nothing to merge")
        for axis, ticks in ((left, numbers), (right, clusters)):
            axis.set_xticks(ticks[:: max(1, -(-len(ticks) // 12))])
            axis.set_xlim(ticks[0] - 0.4, ticks[-1] + 0.4)
            axis.legend(loc="best")
    return figure
