"""Errors against a hyper-parameter, and what the lowest of many promises."""

from __future__ import annotations

import numpy as np

from matterlearn.report.figures.points import PointedFigure
from matterlearn.report.figures.style import BLUE, COLUMN, GREEN, GREY, INK, ORANGE, new_figure, style
from matterlearn.studies.figures.foundations.axes import logarithmic
from matterlearn.studies.foundations.choosing import ALPHAS, Choices, Errors
from matterlearn.studies.foundations.planck import NOISE


def choosing(errors: Errors, gamma: int, choices: Choices) -> PointedFigure:
    """Draw errors of one kernel against the penalty (left), and of the chosen combination against their number (right).

    Parameters
    ----------
    errors : Errors
        Of every combination.
    gamma : int
        Place of the kernel that is drawn.
    choices : Choices
        What becomes of the chosen one.

    Returns
    -------
    PointedFigure
        Means over the draws; thin lines are the validation errors of single draws.
    """
    with style():
        figure, (left, right) = new_figure(2 * COLUMN, 0.9 * COLUMN, ncols=2)
        left.plot(ALPHAS, errors.validation[:20, gamma].T, color=ORANGE, linewidth=0.4, alpha=0.4)
        for name, values, color, marker in (
            ("training rows", errors.train, BLUE, "o"),
            ("validation rows", errors.validation, ORANGE, "s"),
            ("risk (many new rows)", errors.new, INK, "D"),
        ):
            left.plot(ALPHAS, values[:, gamma].mean(axis=0), color=color, marker=marker, markersize=4, label=name)
        left.set_ylim(0.3 * NOISE**2, 30 * NOISE**2)
        left.set_xlabel("strength of the penalty α")
        left.set_ylabel("mean squared error (decades²)")
        left.set_xlim(ALPHAS[0], ALPHAS[-1])
        logarithmic(left, "x")
        logarithmic(left, "y")
        for name, curve, color, marker, line in (
            ("validation error of the chosen", choices.validation, ORANGE, "s", "-"),
            ("test error of the chosen", choices.test, GREEN, "^", "none"),
            ("risk of the chosen", choices.risk, INK, "D", "-"),
            ("lowest risk of those compared", choices.least, GREY, "v", "--"),
        ):
            right.plot(
                choices.n_candidates, curve, color=color, marker=marker, markersize=5, linestyle=line, label=name
            )
        logarithmic(right, "x", at=choices.n_candidates)
        right.set_ylim(0, 1.1 * float(np.max([choices.validation, choices.risk, choices.test])))
        right.set_xlabel("combinations that are compared")
        right.set_ylabel("mean squared error (decades²)")
        for axis in (left, right):
            axis.axhline(NOISE**2, color=GREY, linestyle=":", linewidth=1)
        left.legend(loc="upper left", fontsize=7)
        right.legend(loc="lower right", fontsize=7)
    return figure
