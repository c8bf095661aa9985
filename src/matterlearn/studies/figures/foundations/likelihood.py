"""Estimates of the width of the noise, and the logistic function as the law of Fermi and Dirac."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from matterlearn.report.figures.points import PointedFigure
from matterlearn.report.figures.style import BLUE, COLUMN, GREY, INK, ORANGE, new_figure, style
from matterlearn.studies.foundations.likelihood import NOISE, Floats, occupation

N_BINS = 16


def likelihood_fits(
    variances: Mapping[str, Floats], energy: Floats, occupied: Floats, temperature: float, level: float
) -> PointedFigure:
    """Draw estimates of a variance over many data sets (left), and occupied states with the fit (right).

    Parameters
    ----------
    variances : mapping of str to ndarray, shape (n_sets,)
        Two estimates of the variance of the noise, by name, mm².
    energy, occupied : ndarray, shape (n_states,)
        Energies (eV), and 1 or 0.
    temperature, level : float
        Of the fit: K, eV.

    Returns
    -------
    PointedFigure
        Vertical lines are means.
    """
    with style():
        figure, (left, right) = new_figure(2 * COLUMN, 0.85 * COLUMN, ncols=2)
        bins = np.linspace(0, max(float(np.percentile(values, 99.5)) for values in variances.values()), 45)
        looks: tuple[tuple[str, dict[str, Any], str], ...] = (
            (BLUE, {"alpha": 0.45}, "-"),
            (ORANGE, {"histtype": "step", "linewidth": 1.4}, "--"),
        )
        for (name, values), (color, look, line) in zip(variances.items(), looks, strict=True):
            share = np.full(len(values), 100 / len(values))
            left.hist(values, bins=bins, weights=share, color=color, label=name, **look)
            left.axvline(values.mean(), color=color, linestyle=line, linewidth=1.6)
        left.axvline(NOISE**2, color=INK, linewidth=1, linestyle=":", label="true variance")
        left.set_xlabel("estimated variance of the noise (mm²)")
        left.set_ylabel("share of the data sets (%)")
        left.legend()
        jitter = np.random.default_rng(0).uniform(-0.03, 0.03, len(energy))
        right.plot(energy, occupied + jitter, ".", color=GREY, markersize=2, alpha=0.6, label="states")
        edges = np.linspace(energy[0], energy[-1], N_BINS + 1)
        place = np.clip(np.digitize(energy, edges) - 1, 0, N_BINS - 1)
        shares = [occupied[place == k].mean() for k in range(N_BINS)]
        right.plot((edges[1:] + edges[:-1]) / 2, shares, "o", color=BLUE, markersize=4, label="share, in bins")
        dense = np.linspace(energy[0], energy[-1], 300)
        right.plot(dense, occupation(dense), color=INK, linestyle=":", linewidth=1.4, label="law")
        right.plot(dense, occupation(dense, temperature, level), color=ORANGE, linewidth=1.3, label="fit")
        right.set_xlabel("energy − Fermi level (eV)")
        right.set_ylabel("probability of being occupied")
        right.legend(loc="center right")
    return figure
