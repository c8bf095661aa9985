"""What becomes of decisions where a class is rarer, or more frequent, than it was in training."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from matterlearn.models.decisions.priors import shift_priors
from matterlearn.models.decisions.thresholds import decide
from matterlearn.report.figures.points import PointedFigure
from matterlearn.report.figures.style import BLUE, COLUMN, FAINT, GREEN, GREY, ORANGE, new_figure, style
from matterlearn.report.words import percent, shortened

SHARES = tuple(np.r_[np.geomspace(0.001, 0.5, 28), 1 - np.geomspace(0.5, 0.01, 18)[1:]].tolist())
"""Assumed shares of the class: 0.1 % to 99 %."""

TICKS = (0.001, 0.01, 0.1, 0.5, 0.9, 0.99)

QUANTITIES = (("precision", BLUE, "o"), ("recall", ORANGE, "s"), ("share decided for it", GREEN, "D"))


def prior_shift(
    P: ArrayLike,
    codes: ArrayLike,
    position: int,
    priors: ArrayLike,
    *,
    name: str,
    costs: ArrayLike | None = None,
    weight: ArrayLike | None = None,
    shares: Sequence[float] = SHARES,
) -> PointedFigure:
    """Draw precision, recall and the share of positive decisions against the assumed share of a class.

    Probabilities are re-weighted to the assumed share (Saerens, Latinne and Decaestecker 2002), rows are decided anew,
    and the test rows are weighted as if they had that share, too. The shares of the other classes among themselves stay
    as they are. What a row looks like, given its class, is taken to be the same.

    Parameters
    ----------
    P : array-like of float, shape (n_rows, n_classes)
        Probabilities.
    codes : array-like of int, shape (n_rows,)
        Class of each row, as a column of `P`.
    position : int
        The class that becomes rarer or more frequent.
    priors : array-like of float, shape (n_classes,)
        Shares of the classes among the training rows.
    name : str
        Name of the class.
    costs : array-like of float, shape (n_classes,), optional
        Cost of missing a row of each class, by which rows are decided.
    weight : array-like of float, shape (n_rows,), optional
        How much each row counts.
    shares : sequence of float
        Assumed shares of the class.

    Returns
    -------
    PointedFigure
        Solid: probabilities follow the assumed share. Dashed: the model as it was trained. The grey line is the share
        in training.

    Examples
    --------
    >>> P = [[0.9, 0.1], [0.4, 0.6], [0.3, 0.7], [0.2, 0.8]]
    >>> figure = prior_shift(P, [0, 0, 1, 1], 1, [0.5, 0.5], name="yes")
    >>> [text.get_text() for text in figure.legends[0].get_texts()]
    ['precision', 'recall', 'share decided for it', 'as trained']
    """
    old = np.asarray(priors, dtype=float) / np.sum(np.asarray(priors, dtype=float))
    tables = shifted_decisions(P, codes, position, old, costs=costs, weight=weight, shares=shares)
    x = _logit(np.asarray(shares))
    with style():
        figure, axis = new_figure(COLUMN, 1.05 * COLUMN)
        axis.axvline(_logit(old[position]), color=FAINT, linewidth=4, zorder=0)
        for (words, color, marker), adapted, fixed in zip(QUANTITIES, tables[0], tables[1], strict=True):
            axis.plot(x, fixed, color=color, linewidth=1, linestyle="--", zorder=2)
            look = {"color": color, "marker": marker, "markevery": 6, "markersize": 4, "linewidth": 1.6}
            axis.plot(x, adapted, label=words, zorder=3, **look)
            texts = [
                f"{words}\n{name} assumed to be {percent(share)} of the rows\n"
                f"{percent(one)}; as trained {percent(other) or 'none'}"
                for share, one, other in zip(shares, adapted, fixed, strict=True)
                if one == one
            ]
            known = ~np.isnan(adapted)
            figure.point_texts(axis, x[known], adapted[known], texts)
        axis.plot([], [], color=GREY, linewidth=1, linestyle="--", label="as trained")
        ticks = [tick for tick in TICKS if min(shares) <= tick <= max(shares)]
        axis.set_xticks(_logit(np.array(ticks)), [f"{100 * tick:g}%" for tick in ticks])
        axis.set_xlim(x.min(), x.max())
        axis.set_ylim(0, 1.01)
        axis.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
        axis.set_xlabel(f"assumed share of {shortened(name, 24)}")
        figure.legend(loc="outside upper left", ncols=2)
    return figure


def shifted_decisions(
    P: ArrayLike,
    codes: ArrayLike,
    position: int,
    priors: ArrayLike,
    *,
    costs: ArrayLike | None = None,
    weight: ArrayLike | None = None,
    shares: Sequence[float] = SHARES,
) -> tuple[list[NDArray[np.float64]], list[NDArray[np.float64]]]:
    """Return what is drawn: precision, recall and share of positive decisions, re-weighted and as trained.

    Parameters
    ----------
    P, codes, position, priors, costs, weight, shares
        As of `prior_shift`.

    Returns
    -------
    adapted, fixed : list of ndarray, each of shape (n_shares,)
        NaN where no row is decided for the class.
    """
    stated, of = np.asarray(P, dtype=float), np.asarray(codes, dtype=int)
    old = np.asarray(priors, dtype=float) / np.sum(np.asarray(priors, dtype=float))
    weights = np.ones(len(of)) if weight is None else np.asarray(weight, dtype=float)
    cost = np.ones(stated.shape[1]) if costs is None else np.asarray(costs, dtype=float)
    is_class = of == position
    as_trained = decide(stated, cost) == position
    adapted, fixed = [], []
    for share in shares:
        new = old * (1 - share) / (1 - old[position])
        new[position] = share
        decided = decide(shift_priors(stated, old, new), cost) == position
        adapted.append(_rates(decided, is_class, weights, share))
        fixed.append(_rates(as_trained, is_class, weights, share))
    return list(np.array(adapted).T), list(np.array(fixed).T)


def _rates(
    decided: NDArray[np.bool_], is_class: NDArray[np.bool_], weights: NDArray[np.float64], share: float
) -> tuple[float, float, float]:
    """Return precision, recall and share decided for the class, were the class this share of the rows."""
    recall = float(np.average(decided[is_class], weights=weights[is_class]))
    alarm = float(np.average(decided[~is_class], weights=weights[~is_class]))
    positive = share * recall + (1 - share) * alarm
    return (share * recall / positive if positive > 0 else float("nan"), recall, positive)


def _logit(share: NDArray[np.float64] | float) -> NDArray[np.float64]:
    return np.asarray(np.log(np.asarray(share) / (1 - np.asarray(share))))
