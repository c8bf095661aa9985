"""By how much predictions change where they must not, symmetry by symmetry."""

from __future__ import annotations

import textwrap
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matterlearn.report.figures.points import PointedFigure
from matterlearn.report.figures.style import BLUE, FAINT, GREY, INK, ORANGE, new_figure, style, with_unit
from matterlearn.report.words import in_unit, number, percent
from matterlearn.validation.audits.result import Audit, SymmetryCheck

WIDTH = 6.0
"""Inches."""

MOST_POINTS = 400
"""Points of one symmetry that are drawn; the bars are those of all."""

QUANTILES = (0.25, 0.5, 0.75)

SMALLEST = 1e-18
"""Changes below are drawn as zeros: they are below what any sum of doubles can tell."""

LABELS = {
    "prediction": "|change of the prediction|",
    "probability": "largest change of a probability",
    "class": "changed class (1) or not (0)",
    "features": "largest change of an output / its spread",
    "vectors": "|change of the vectors|",
}


def symmetry_audit(audit: Audit) -> PointedFigure:
    """Draw how predictions change under each symmetry, beside their spread and the model's error.

    Parameters
    ----------
    audit : Audit
        What was found.

    Returns
    -------
    PointedFigure
        One line per symmetry: small points are single changes, the bar is the middle half, the large point the median,
        the tick the largest. The axis is logarithmic; changes of exactly nothing stand in a column of their own at its
        left. Shaded is what the tolerance counts as rounding.
    """
    checks = audit.checks
    values = {check.symmetry: _differences(audit, check.symmetry) for check in checks}
    low, high = _range(audit, values)
    zero = low / 10**0.8
    with style():
        figure, axis = new_figure(WIDTH, 1.25 + 0.44 * max(len(checks), 2))
        axis.set_xscale("log")
        limit = audit.tolerance if audit.kind == "features" else audit.limit
        if np.isfinite(limit) and limit > zero:
            axis.axvspan(zero / 10**0.6, limit, color=FAINT, alpha=0.45, linewidth=0, zorder=0)
            axis.axvline(limit, color=GREY, linewidth=0.8, zorder=1, label="tolerance")
        if audit.kind in ("prediction", "vectors") and audit.spread > 0:
            words = "spread of the predictions" if audit.kind == "prediction" else "usual length"
            axis.axvline(audit.spread, color=INK, linewidth=1.1, linestyle=(0, (6, 2)), zorder=1, label=words)
        elif audit.kind == "features":
            axis.axvline(1.0, color=INK, linewidth=1.1, linestyle=(0, (6, 2)), zorder=1, label="spread of the output")
        if audit.kind == "prediction" and audit.error > 0:
            axis.axvline(audit.error, color=INK, linewidth=1.1, linestyle=":", zorder=1, label="model's error (MAE)")
        places: list[float] = []
        for row, check in enumerate(checks):
            places.append(_draw(axis, row, check, values[check.symmetry], zero))
        texts = [_told(audit, check) for check in checks]
        figure.point_texts(axis, places, range(len(checks)), texts)
        axis.axvline(low / 10**0.35, color=FAINT, linewidth=0.8, zorder=1)
        axis.set_xlim(zero / 10**0.6, high)
        _ticks(axis, zero, low, high)
        axis.set_yticks(np.arange(len(checks)), [textwrap.fill(check.symmetry, 20) for check in checks])
        axis.set_ylim(len(checks) - 0.45, -0.6)
        axis.tick_params(axis="y", length=0)
        axis.spines["left"].set_visible(False)
        axis.set_xlabel(with_unit(LABELS[audit.kind], audit.unit))
        if axis.get_legend_handles_labels()[0]:
            figure.legend(loc="outside upper left", ncols=3)
    return figure


def _draw(axis: Any, row: int, check: SymmetryCheck, values: NDArray[np.float64], zero: float) -> float:
    """Draw one symmetry and return where its median lies."""
    color, marker = {"holds": (BLUE, "o"), "broken": (ORANGE, "s")}.get(check.verdict, (GREY, "d"))
    said: str = check.verdict
    if check.n_failed:
        share = check.n_failed / check.n_rows
        said = "model fails" if share == 1 else f"fails for {percent(share)}"
    axis.annotate(
        said,
        (1.01, row),
        xycoords=("axes fraction", "data"),
        va="center",
        fontsize=8,
        color=color,
        fontweight="bold" if check.verdict == "broken" else "normal",
        annotation_clip=False,
    )
    if not len(values):
        return zero
    drawn = np.where(values > SMALLEST, values, zero)
    rng = np.random.default_rng(0)
    chosen = rng.permutation(len(drawn))[:MOST_POINTS]
    jitter = rng.uniform(-0.26, 0.26, len(chosen))
    axis.plot(drawn[chosen], row + jitter, ".", color=color, markersize=3, alpha=0.25, markeredgewidth=0, zorder=2)
    low, median, high = np.quantile(drawn, QUANTILES, method="lower")
    axis.hlines(row, low, high, color=color, linewidth=5, alpha=0.45, zorder=3)
    axis.plot(drawn.max(), row, "|", color=color, markersize=11, markeredgewidth=1.6, zorder=4)
    axis.plot(median, row, marker, color=color, markersize=6.5, markeredgecolor="white", markeredgewidth=0.7, zorder=5)
    return float(median)


def _differences(audit: Audit, symmetry: str) -> NDArray[np.float64]:
    found = audit.changes.loc[audit.changes["symmetry"] == symmetry, "difference"].to_numpy(dtype=np.float64)
    return np.asarray(found[np.isfinite(found)])


def _range(audit: Audit, values: dict[str, NDArray[np.float64]]) -> tuple[float, float]:
    """Return the ends of the logarithmic axis: all changes, and what they are compared with."""
    seen = np.concatenate([*values.values(), [audit.spread, audit.error, audit.limit]])
    if audit.kind == "features":
        seen = np.append(seen, [1.0, audit.tolerance])
    seen = seen[np.isfinite(seen) & (seen > SMALLEST)]
    if not len(seen):
        return 1e-3, 10.0
    return 10 ** np.floor(np.log10(seen.min())), 10 ** (np.log10(seen.max()) + 0.3)


def _ticks(axis: Any, zero: float, low: float, high: float) -> None:
    first, last = round(np.log10(low)), int(np.floor(np.log10(high)))
    step = max(1, -(-(last - first) // 7))
    powers = np.arange(last, first - 1, -step)[::-1]
    axis.set_xticks([zero, *(10.0**powers)], ["0", *(_power(int(power)) for power in powers)])
    axis.set_xticks([], minor=True)


def _power(power: int) -> str:
    if -3 <= power <= 3:
        return f"{10.0**power:g}"
    digits = str(power).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"10{digits}"


def _told(audit: Audit, check: SymmetryCheck) -> str:
    if check.verdict == "not tested":
        return f"{check.symmetry}\nnot tested: {check.reason}"
    lines = [f"{check.symmetry}: {check.verdict}"]
    if np.isfinite(check.largest):
        lines.append(f"median {in_unit(number(check.median), audit.unit)}")
        lines.append(f"largest {in_unit(number(check.largest), audit.unit)}, {audit.noun} {check.largest_change}")
    if check.n_failed:
        lines.append(f"the model fails for {check.n_failed} of {check.n_rows}: {check.reason}")
    return "\n".join(lines)
