"""Every combination of the grid, and which hyper-parameter matters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from matterlearn.studies.figures.grid_heat import grid_heat
from matterlearn.studies.figures.loss_curves import loss_curves
from matterlearn.studies.page import Column, StudyPage
from matterlearn.studies.search_models import (
    BATCH,
    EPOCHS,
    GRID,
    N_FOLDS,
    NOT_TUNED,
    TRAIN,
    TUNED,
    UNTUNED,
    SearchResults,
    combinations,
)

_WORDS: Mapping[str, str] = {
    "hidden_widths": "layers",
    "learning_rate": "learning rate",
    "weight_decay": "weight decay",
}

_CHOICES: Mapping[str, str] = {word: "choice of layers" if word == "layers" else word for word in _WORDS.values()}

NEAR = 1.0
"""Spreads of the best combination within which another is called as good."""


def add_grid(page: StudyPage, results: SearchResults) -> None:
    """Write the section on the search.

    Parameters
    ----------
    page : StudyPage
        Gets a new section.
    results : SearchResults
        Of the search.
    """
    search = results.searches[TUNED]
    lines = combinations(search)
    best = lines[0]
    trained = [line for line in lines if np.isfinite(line["mean"])]
    page.section("The search")
    page.add(
        n_combinations=len(lines),
        n_failed=len(lines) - len(trained),
        n_folds=search.n_splits_,
        n_networks=len(lines) * search.n_splits_,
        full_folds=N_FOLDS,
        epochs=results.epochs,
        full_epochs=EPOCHS,
        batch_size=BATCH,
        n_steps=results.epochs * -(-len(results.rows[TRAIN]) * (search.n_splits_ - 1) // search.n_splits_ // BATCH),
        smallest_rate=min(GRID["learning_rate"]),
        best_layers=_layers(best["hidden_widths"]),
        best_rate=best["learning_rate"],
        best_decay=best["weight_decay"],
        best_mean=best["mean"],
        best_spread=best["spread"],
        n_near=sum(best["mean"] - line["mean"] <= NEAR * best["spread"] for line in trained),
        median_mean=trained[len(trained) // 2]["mean"],
        worst_mean=trained[-1]["mean"],
    )
    page.add(smallest_reach=page.numbers["n_steps"] * page.numbers["smallest_rate"])
    page.text(
        "Three settings are searched together: the hidden layers, the learning rate of Adam and its weight decay,"
        " {n_combinations} combinations in all. Each is trained on {n_folds} folds of the {n_train} training rows for"
        " {epochs} epochs in batches of {batch_size}, and judged on the rows that its fold leaves out. The inputs are"
        " scaled to mean 0 and variance 1; the scale is learned from the training rows of a fold and applied to the"
        " rows that are left out.",
        "Neither test is looked at.",
        "The {n_networks} networks are trained together as one program; each is the network that it would be alone.",
        "In this quick study there are {n_folds} folds and {epochs} epochs; the full one has {full_folds} and"
        " {full_epochs}."
        if page.run.quick
        else "",
    )
    page.table(
        "combinations",
        [
            {
                "rank": line["rank"],
                "layers": _layers(line["hidden_widths"]),
                "learning_rate": line["learning_rate"],
                "weight_decay": line["weight_decay"],
                "mean": line["mean"],
                "spread": line["spread"],
                **_last_losses(search.curves_[line["index"]]),
            }
            for line in lines
        ],
        [
            Column("rank", "rank", "d"),
            Column("layers", "layers"),
            Column("learning_rate", "learning rate", "g"),
            Column("weight_decay", "weight decay", "g"),
            Column("mean", "R², mean over folds", ".3f"),
            Column("spread", "spread", ".3f"),
            Column("loss", "loss, learned from", ".4f"),
            Column("validation", "loss, left out", ".4f"),
        ],
        "All combinations, the best first. Spread: standard deviation over the {n_folds} folds. Losses are mean squared"
        " errors after the last epoch, means over the folds."
        + (" {n_failed} could not be trained and have no score." if page.numbers["n_failed"] else ""),
    )
    page.figure("grid", _heat(lines), "Mean R² over the folds; the best combination is framed.")
    _what_matters(page, trained)
    _curves(page, results, lines)


def _layers(widths: Sequence[int]) -> str:
    return ",\u00a0".join(map(str, widths))  # in one line


def _last_losses(curves: Mapping[str, Any]) -> dict[str, float | None]:
    return {name: None if curves[name] is None else float(curves[name][-1]) for name in ("loss", "validation")}


def _heat(lines: Sequence[Mapping[str, Any]]) -> Any:
    scores = {(line["hidden_widths"], line["learning_rate"], line["weight_decay"]): line["mean"] for line in lines}
    return grid_heat(
        [
            [[scores[widths, rate, decay] for decay in GRID["weight_decay"]] for rate in GRID["learning_rate"]]
            for widths in GRID["hidden_widths"]
        ],
        [_layers(widths) for widths in GRID["hidden_widths"]],
        [f"{rate:g}" for rate in GRID["learning_rate"]],
        [f"{decay:g}" for decay in GRID["weight_decay"]],
        row_name="learning rate",
        column_name="weight decay",
        score="R², mean over folds",
    )


def _what_matters(page: StudyPage, trained: Sequence[Mapping[str, Any]]) -> None:
    lines: list[dict[str, Any]] = []
    for name, values in GRID.items():
        for value in values:
            means = [line["mean"] for line in trained if line[name] == value]
            shown = _layers(value) if name == "hidden_widths" else f"{value:g}"
            best = max(means, default=None)
            average = float(np.mean(means)) if means else None
            lines.append({"setting": _WORDS[name], "value": shown, "best": best, "average": average})
    ranges = {}
    for word in _WORDS.values():
        averages = [line["average"] for line in lines if line["setting"] == word and line["average"] is not None]
        ranges[word] = max(averages) - min(averages)
    order = sorted(ranges, key=lambda word: -ranges[word])
    page.add(
        setting_order=order,
        first_setting=_CHOICES[order[0]],
        last_setting=_CHOICES[order[-1]],
        first_setting_range=ranges[order[0]],
        last_setting_range=ranges[order[-1]],
        setting_ranges=ranges,
    )
    page.text(
        "The best combination is layers {best_layers}, learning rate {best_rate:g}, weight decay {best_decay:g}, with"
        " R² = {best_mean:.3f} ± {best_spread:.3f} over the folds; the median combination has {median_mean:.3f}, the"
        " worst {worst_mean:.3f}.",
        "{n_near} of the {n_combinations} lie within one spread of the best: which of them comes first is a matter of"
        " the draw of the folds."
        if int(page.numbers["n_near"]) > 1
        else "No other lies within one spread of it.",
        "The {first_setting} matters most: averaged over the other two settings R² varies by {first_setting_range:.3f}"
        " with it, and by {last_setting_range:.3f} with the {last_setting}.",
    )
    page.table(
        "settings",
        lines,
        [
            Column("setting", "setting"),
            Column("value", "value"),
            Column("best", "best R² with it", ".3f"),
            Column("average", "average R²", ".3f"),
        ],
        "Over all combinations with that value.",
    )


def _curves(page: StudyPage, results: SearchResults, lines: Sequence[Mapping[str, Any]]) -> None:
    search, before = results.searches[TUNED], results.searches[UNTUNED]
    trained = [line for line in lines if np.isfinite(line["mean"])]
    shown = {
        "the best": search.curves_[trained[0]["index"]],
        "the median": search.curves_[trained[len(trained) // 2]["index"]],
        "not tuned": before.curves_[before.best_index_],
    }
    best = np.array(shown["the best"]["validation"])
    page.add(
        best_curve_lowest_epoch=int(best.argmin()) + 1,
        best_curve_last=best[-1],
        best_curve_lowest=best.min(),
        slowest_is_falling=_is_falling(results, trained),
        median_layers=_layers(trained[len(trained) // 2]["hidden_widths"]),
        median_rate=trained[len(trained) // 2]["learning_rate"],
        median_decay=trained[len(trained) // 2]["weight_decay"],
        untuned_layers=_layers(NOT_TUNED["hidden_widths"]),
        untuned_rate=NOT_TUNED["learning_rate"],
        untuned_decay=NOT_TUNED["weight_decay"],
    )
    page.figure(
        "search-losses",
        loss_curves(
            {
                name: {"rows learned from": [curves["loss"]], "rows left out": [curves["validation"]]}
                for name, curves in shown.items()
            },
            unit=f"({page.numbers['unit']})²",
        ),
        "Learning curves, means over the folds: the best combination; the median one (layers {median_layers}, learning"
        " rate {median_rate:g}, weight decay {median_decay:g}); and the network that was not tuned (layers"
        " {untuned_layers}, learning rate {untuned_rate:g}, weight decay {untuned_decay:g}).",
    )
    page.text(
        "With the best combination the loss on the rows left out is lowest after epoch {best_curve_lowest_epoch}"
        " ({best_curve_lowest:.4f}) and {best_curve_last:.4f} at the end.",
        "In a step Adam moves a weight by about the learning rate. In the {n_steps:,} steps of this training a learning"
        " rate of {smallest_rate:g} gets no further than about {smallest_reach:.2g}"
        + (
            ", and the best network with it is still improving when training ends: so small a rate needs more epochs."
            if page.numbers["slowest_is_falling"]
            else "."
        ),
    )


def _is_falling(results: SearchResults, trained: Sequence[Mapping[str, Any]]) -> bool:
    """Return whether the best combination with the smallest learning rate has its lowest loss in the last epoch."""
    slow = [line["index"] for line in trained if line["learning_rate"] == min(GRID["learning_rate"])]
    curve = np.array(results.searches[TUNED].curves_[slow[0]]["validation"]) if slow else np.zeros(2)
    return bool(curve.argmin() + 1 == len(curve))
