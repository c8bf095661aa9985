"""A search over networks: what was tried, what was found, and whether it is better than what one starts from."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from matterlearn.core.errors import ArgumentError
from matterlearn.report.figures.parity import parity
from matterlearn.report.figures.search_history import search_history
from matterlearn.report.figures.search_importance import search_importance
from matterlearn.studies.alloy_search_models import (
    BASE,
    BASELINE,
    BATCH_SIZE,
    FOUND,
    FULL,
    N_FOLDS,
    AlloySearch,
    parameter_of,
    search_space,
)
from matterlearn.studies.cases import Case
from matterlearn.studies.page import Column, StudyPage
from matterlearn.studies.parts.ridge_and_network import TITLES
from matterlearn.studies.run import StudyRun

LABELS: Mapping[str, str] = MappingProxyType(
    {
        "hidden_widths__n_layers": "hidden layers",
        "hidden_widths__width": "width of all layers",
        "activation": "activation",
        "weight_decay": "weight decay (alpha)",
        "optimizer": "optimizer (solver)",
        "learning_rate": "learning rate",
    }
)
"""What the parameters are called on the page."""

CONFIRMED, REFUTED, OPEN = "an improvement", "a loss", "open"
"""What the interval of the gain says."""


def add_search(page: StudyPage, case: Case, run: StudyRun, found: AlloySearch) -> None:
    """Write the section on the search.

    Parameters
    ----------
    page : StudyPage
        Gets a new section.
    case : Case
        The data.
    run : StudyRun
        With the seed; a quick study says that it computed less.
    found : AlloySearch
        The search and the network it is compared with.
    """
    page.section("A search over networks")
    _add_numbers(page, run, found)
    page.text(
        "The tree of Parzen estimators proposes the settings of one network after another: {search_startup} at random,"
        " then those that are likely among the better trials so far and unlikely among the worse. Each of"
        " {search_n_trials} proposals is judged by its mean R² over {search_n_folds} folds of the {n_train} rows to"
        " learn from; the test rows are not looked at. A minimiser would be given the negative of that.",
        "This quick study makes {search_n_trials} evaluations of {search_epochs} passes instead of {search_full_trials}"
        " of {search_full_epochs}, so it shows the steps and not what a search can find."
        if run.quick
        else "",
        "The target is scaled to mean 0 and variance 1 on the rows that a network learns from, in every fold anew."
        " Steps are made on {search_batch} rows at most, and every network gets {search_epochs} passes.",
    )
    _add_space(page, found)
    page.text(
        "Weight decay is what stands for alpha: the optimizer adds it times each weight to the gradient of the mean"
        " squared error. scikit-learn's network halves the squared error, divides alpha by the rows of a step and"
        " spares the intercepts: alpha there is weight decay times half the rows of a step here. With"
        " {search_batch} rows its alpha = {alpha} is a weight decay of {search_base_decay:.1e}, which the baseline has,"
        " and the weight decay that was found, {search_best_decay:.1e}, is an alpha of {search_best_alpha:.2g}."
    )
    _add_figures(page, run, found)
    page.text(*_on_folds(page, found))
    _add_scores(page, case, found)
    page.text(*_on_test_rows(page, found))
    page.figure(
        "parity-search",
        parity({TITLES[part]: found.pair(FOUND, part) for part in ("train", "test")}, unit=case.unit, target="E_hull"),
        "The network that was found: rows it learned from (left) and test rows (right).",
    )


def _add_numbers(page: StudyPage, run: StudyRun, found: AlloySearch) -> None:
    results, effort = found.searches[FOUND].cv_results_, found.effort
    means = np.asarray(results["mean_test_score"], dtype=float)
    base, best = (found.fold_scores(which) for which in (BASE, FOUND))
    gain = best - base
    low, high = found.interval_of_gain(run.seed)
    page.add(
        search_n_trials=effort.n_trials,
        search_startup=effort.n_startup,
        search_epochs=effort.epochs,
        search_full_trials=FULL.n_trials,
        search_full_epochs=FULL.epochs,
        search_n_folds=N_FOLDS,
        search_batch=BATCH_SIZE,
        search_base_decay=BASELINE["weight_decay"],
        search_best_decay=found.best["weight_decay"],
        search_best_alpha=found.best["weight_decay"] * BATCH_SIZE / 2,
        search_best_layers=found.best["hidden_widths__n_layers"],
        search_best_width=found.best["hidden_widths__width"],
        search_best_activation=found.best["activation"],
        search_best_optimizer=found.best["optimizer"],
        search_best_rate=found.best["learning_rate"],
        search_best_trial=found.searches[FOUND].best_index_ + 1,
        search_n_failed=int(np.isnan(means).sum()),
        search_median_r2=np.nanmedian(means),
        search_worst_r2=np.nanmin(means),
        search_base_cv_r2=base.mean(),
        search_base_cv_sd=base.std(ddof=1),
        search_best_cv_r2=best.mean(),
        search_best_cv_sd=best.std(ddof=1),
        search_cv_gain=gain.mean(),
        search_cv_gain_sd=gain.std(ddof=1),
        search_cv_wins=int(np.sum(gain > 0)),
        search_base_test_r2=found.r2(BASE, "test"),
        search_best_test_r2=found.r2(FOUND, "test"),
        search_test_gain=found.r2(FOUND, "test") - found.r2(BASE, "test"),
        search_test_gain_low=low,
        search_test_gain_high=high,
        search_verdict=CONFIRMED if low > 0 else REFUTED if high < 0 else OPEN,
        search_n_starts=effort.n_starts,
        search_sampler={name: str(value) for name, value in found.searches[FOUND].sampler_settings_.items()},
        search_trials=[
            {
                **{LABELS[name]: parameters[parameter_of(name)] for name in BASELINE},
                "mean_r2": mean,
                "sd_r2": sd,
            }
            for parameters, mean, sd in zip(results["params"], means, results["std_test_score"], strict=True)
        ],
        **{
            f"search_{short}_starts_{name}": value
            for short, which in (("base", BASE), ("best", FOUND))
            for name, value in (("mean", found.starts[which].mean()), ("sd", found.starts[which].std(ddof=1)))
        },
    )


def _add_space(page: StudyPage, found: AlloySearch) -> None:
    page.table(
        "search_space",
        [
            {
                "parameter": LABELS[name],
                "tried": _tried(dimension),
                "baseline": _shown(BASELINE[name]),
                "found": _shown(found.best[name]),
            }
            for name, dimension in search_space().items()
        ],
        [
            Column("parameter", "parameter"),
            Column("tried", "tried"),
            Column("baseline", "baseline"),
            Column("found", "found"),
        ],
        "What the search varies. The baseline is the network (50) with tanh of the sections above, with scaled target.",
    )


def _add_figures(page: StudyPage, run: StudyRun, found: AlloySearch) -> None:
    from matterlearn.search import parameter_importance

    results = found.searches[FOUND].cv_results_
    page.figure(
        "search-history",
        search_history(results, scoring="r2"),
        "Mean R² over the folds of every trial, and the best so far.",
    )
    try:
        shares = parameter_importance(results, random_state=run.seed)
    except ArgumentError:  # too few trials that could be trained, or none that differ
        page.text("These trials are too few or too much alike to tell which parameter they depend on.")
        return
    named = {LABELS[name]: shares[parameter_of(name)] for name in BASELINE if parameter_of(name) in shares}
    ordered = dict(sorted(named.items(), key=lambda item: -item[1][0]))
    first, last = next(iter(ordered)), next(reversed(ordered))
    page.add(
        search_importance=[
            {"parameter": name, "share": mean, "sd": spread} for name, (mean, spread) in ordered.items()
        ],
        search_first=first,
        search_first_share=ordered[first][0],
        search_last=last,
        search_last_share=ordered[last][0],
    )
    page.figure(
        "search-importance",
        search_importance(ordered),
        "Share of the variance of the score that each parameter accounts for by itself (fANOVA), within what was tried:"
        " from {search_first_share:.0%} for “{search_first}” to {search_last_share:.0%} for “{search_last}”. From"
        " {search_n_trials} trials, which the sampler does not spread evenly, these are rough numbers.",
    )


def _on_folds(page: StudyPage, found: AlloySearch) -> list[str]:
    numbers = page.numbers
    return [
        "Trial {search_best_trial} is the best: {search_best_layers} hidden "
        + ("layer" if numbers["search_best_layers"] == 1 else "layers")
        + " of {search_best_width} neurons, {search_best_activation}, {search_best_optimizer}, learning rate"
        " {search_best_rate:.2g}. Over the folds its R² is {search_best_cv_r2:.3f} ± {search_best_cv_sd:.3f}; the"
        " median trial has {search_median_r2:.3f} and the worst {search_worst_r2:.3f}.",
        "{search_n_failed} of {search_n_trials} could not be trained, their loss ran away."
        if numbers["search_n_failed"]
        else "",
        "On the same folds the baseline has {search_base_cv_r2:.3f} ± {search_base_cv_sd:.3f}. Fold by fold the"
        " difference is {search_cv_gain:.3f} ± {search_cv_gain_sd:.3f}, and above 0 in {search_cv_wins} of"
        " {search_n_folds}.",
        "That is a little too kind: the best of {search_n_trials} is chosen by these very scores, part of which are"
        " luck."
        if numbers["search_cv_gain"] > 0
        else "",
    ]


def _add_scores(page: StudyPage, case: Case, found: AlloySearch) -> None:
    labels = {BASE: "baseline (50), tanh", FOUND: "the network that was found"}
    page.table(
        "search_scores",
        [
            {
                "model": labels[which],
                "cv_r2": found.fold_scores(which).mean(),
                "train_r2": found.r2(which, "train"),
                "test_r2": found.r2(which, "test"),
                "test_mae": found.mae(which, "test"),
                "starts_mean": found.starts[which].mean(),
                "starts_sd": found.starts[which].std(ddof=1),
                "parameters": found.n_parameters(which),
            }
            for which in (BASE, FOUND)
        ],
        [
            Column("model", "network"),
            Column("cv_r2", "R², mean of folds", ".3f"),
            Column("train_r2", "R², rows learned from", ".3f"),
            Column("test_r2", "R², test rows", ".3f"),
            Column("test_mae", f"MAE, test rows ({case.unit})", ".3g"),
            Column("starts_mean", "R², test rows, mean of starts", ".3f"),
            Column("starts_sd", "± over starts", ".3f"),
            Column("parameters", "parameters", ",d"),
        ],
        "Fitted again on all {n_train} rows to learn from; the last R² is the mean over {search_n_starts} other draws"
        " of the starting weights.",
    )


def _on_test_rows(page: StudyPage, found: AlloySearch) -> list[str]:
    numbers = page.numbers
    verdict = {
        CONFIRMED: "So the search is an improvement, by more than the draw of the test rows explains.",
        REFUTED: "So the search made it worse, by more than the draw of the test rows explains: what is best on the"
        " folds need not be best elsewhere.",
        OPEN: "So it may be an improvement and may be none: the draw of the test rows alone could make that difference."
        if numbers["search_test_gain"] > 0
        else "So there is no improvement on the test rows, and the draw of the rows could make that difference.",
    }[numbers["search_verdict"]]
    longer = numbers["long_test_r2"]
    best = numbers["search_best_test_r2"]
    return [
        "On the test rows, which the search has not seen, R² is {search_best_test_r2:.3f} against"
        " {search_base_test_r2:.3f} of the baseline: a difference of {search_test_gain:.3f}, with a 95 % interval of"
        " {search_test_gain_low:.3f} to {search_test_gain_high:.3f} from drawing the test rows again.",
        verdict,
        "Other starting weights move R² by ± {search_best_starts_sd:.3f} (baseline ± {search_base_starts_sd:.3f}).",
        "Patience alone "
        + ("does more" if longer > best else "does less")
        + ": the small network of scikit-learn with up to {long_limit:,} passes has {long_test_r2:.3f}.",
    ]


def _tried(dimension: Any) -> str:
    if hasattr(dimension, "options"):
        return ", ".join(map(str, dimension.options))
    return f"{_shown(dimension.low)} to {_shown(dimension.high)}" + (", logarithmic" if dimension.log else "")


def _shown(value: Any) -> str:
    return f"{value:.2g}" if isinstance(value, float) else str(value)
