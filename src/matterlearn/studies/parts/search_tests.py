"""The tuned network against the one that was not tuned, on both tests."""

from __future__ import annotations

from typing import Any

import numpy as np

from matterlearn.core.parallel import item_seed
from matterlearn.report.figures.parity import parity
from matterlearn.studies.cases import Case
from matterlearn.studies.page import Column, StudyPage
from matterlearn.studies.search_models import FIRST, SECOND, TRAIN, TUNED, UNSCALED, UNTUNED, SearchResults
from matterlearn.validation.bootstrap import ResampledScores, bootstrap, percentile_interval
from matterlearn.validation.metrics import mean_absolute_error, r2

N_RESAMPLES = 2_000

MEAN = (
    "The mean of the training rows has R² = {test_mean_r2:.3f} on the first test, {second_mean_r2:.3f} on the second."
)

KEYS = {FIRST: "test", SECOND: "second"}
"""What the tests are called in the names of numbers."""


def add_tests(page: StudyPage, case: Case, results: SearchResults) -> None:
    """Write the section on both tests, and the headline of the page.

    Parameters
    ----------
    page : StudyPage
        Gets a new section and its headline.
    case : Case
        The data.
    results : SearchResults
        Of the search and of the networks that were not tuned.
    """
    page.section("Has tuning helped?")
    _add_numbers(page, case, results)
    page.text(
        "The best combination is trained once more, on all {n_train} training rows, and meets the tests for the first"
        " time. Beside it, trained on the same rows: the network as it was in the study perovskites, layers"
        " {untuned_layers}, learning rate {untuned_rate:g}, weight decay {untuned_decay:g}; once with the same scaled"
        " inputs, so that nothing but the searched settings differs, and once with the bits as they are.",
    )
    page.table("tests", _lines(case, results), _columns(case), MEAN)
    page.text(
        _on_folds(page),
        _verdict(page, "test", "the first test"),
        _verdict(page, "second", "the second test, on {unseen},"),
        "The spread over the folds, ± {best_spread:.3f} for the tuned and ± {untuned_spread:.3f} for the untuned"
        " network, is how far R² moves when other rows are drawn.",
        _starts(page),
    )
    for rows, name in KEYS.items():
        page.figure(
            f"parity-{name}",
            parity(
                {"not tuned": results.pair(UNTUNED, rows), "tuned": results.pair(TUNED, rows)},
                unit=case.unit,
                target="E_hull",
            ),
            f"{'First test' if rows == FIRST else 'Second test, rows with {unseen}'}: not tuned (left) and tuned"
            " (right).",
        )
    page.text(_scaling(page), _new_elements(page))
    _headline(page)


def _add_numbers(page: StudyPage, case: Case, results: SearchResults) -> None:
    tuned, untuned = results.fold_scores(TUNED), results.fold_scores(UNTUNED)
    gains = tuned - untuned
    page.add(
        untuned_mean=untuned.mean(),
        untuned_spread=untuned.std(ddof=1),
        unscaled_mean=results.fold_scores(UNSCALED).mean(),
        fold_gain=gains.mean(),
        fold_gain_spread=gains.std(ddof=1),
        fold_difference=abs(gains.mean()),
        fold_wins=int((gains > 0).sum()),
        n_starts=len(results.starts[TUNED][FIRST]),
    )
    for rows, key in KEYS.items():
        low, high = _interval(results, rows, item_seed(page.run.seed, "bootstrap", rows))
        mean = np.full(len(results.rows[rows]), case.y[results.rows[TRAIN]].mean())
        page.add(
            **{
                f"{key}_tuned_r2": results.r2(TUNED, rows),
                f"{key}_untuned_r2": results.r2(UNTUNED, rows),
                f"{key}_unscaled_r2": results.r2(UNSCALED, rows),
                f"{key}_mean_r2": r2(case.y[results.rows[rows]], mean),
                f"{key}_gain": results.r2(TUNED, rows) - results.r2(UNTUNED, rows),
                f"{key}_gain_low": low,
                f"{key}_gain_high": high,
            }
        )
        for name, network in (("tuned", TUNED), ("untuned", UNTUNED)):
            scores = results.starts_r2(network, rows)
            page.add(**{f"{key}_{name}_starts_min": scores.min(), f"{key}_{name}_starts_max": scores.max()})


def _interval(results: SearchResults, rows: str, seed: int) -> tuple[float, float]:
    """Return the 95 % interval of the gain in R2 over resamples of the test rows."""
    predictions = np.column_stack([results.predictions[network][rows] for network in (UNTUNED, TUNED)])
    scores = ResampledScores(results.y[results.rows[rows]], predictions)
    drawn = bootstrap(scores, np.random.default_rng(seed), n_resamples=N_RESAMPLES)["r2"]
    return percentile_interval(drawn[:, 1] - drawn[:, 0], n_units=scores.n_units)


def _lines(case: Case, results: SearchResults) -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = []
    for network in (TUNED, UNTUNED, UNSCALED):
        scores = results.fold_scores(network)
        line: dict[str, Any] = {"network": network, "folds": scores.mean(), "spread": scores.std(ddof=1)}
        for rows, key in KEYS.items():
            line |= {
                f"{key}_r2": results.r2(network, rows),
                f"{key}_mae": mean_absolute_error(*results.pair(network, rows)),
            }
        lines.append(line)
    return lines


def _columns(case: Case) -> list[Column]:
    return [
        Column("network", "network"),
        Column("folds", "R², mean over folds", ".3f"),
        Column("spread", "spread", ".3f"),
        Column("test_r2", "R², first test", ".3f"),
        Column("test_mae", f"MAE ({case.unit})", ".3f"),
        Column("second_r2", "R², second test", ".3f"),
        Column("second_mae", f"MAE ({case.unit})", ".3f"),
    ]


def _on_folds(page: StudyPage) -> str:
    ahead = float(page.numbers["fold_gain"]) > 0
    text = f"On the folds the tuned network is {'ahead of' if ahead else 'behind'} the one that was not tuned by"
    text += (
        " {fold_difference:.3f} ± {fold_gain_spread:.3f} in R², and the better one on {fold_wins} of {n_folds} folds."
    )
    if ahead:
        text += " That flatters it, as it was chosen for doing well on these folds; the tests did not choose it."
    return text


def _verdict(page: StudyPage, key: str, where: str) -> str:
    """Return whether tuning helped on a test, against the spread over folds and the draw of the test rows."""
    gain, low, high = (float(page.numbers[f"{key}_{name}"]) for name in ("gain", "gain_low", "gain_high"))
    text = f"On {where} R² is {{{key}_tuned_r2:.3f}} tuned and {{{key}_untuned_r2:.3f}} not tuned (difference"
    text += f" {{{key}_gain:.3f}}, 95 % interval over its rows {{{key}_gain_low:.3f}} to {{{key}_gain_high:.3f}}): "
    beyond = abs(gain) > float(page.numbers["fold_gain_spread"])
    if low > 0 and beyond:
        return text + "improved, by more than the difference varies over folds."
    if high < 0 and beyond:
        return text + "worse, by more than the difference varies over folds."
    if low > 0 or high < 0:
        how = "improved" if gain > 0 else "worse"
        return text + f"{how}, by no more than the difference varies over folds."
    return text + "no improvement that this test can show." if gain > 0 else text + "no improvement."


def _starts(page: StudyPage) -> str:
    if int(page.numbers["n_starts"]) < 2:
        return ""
    return (
        "From {n_starts} starting weights each, R² lies between {test_tuned_starts_min:.3f} and"
        " {test_tuned_starts_max:.3f} tuned and between {test_untuned_starts_min:.3f} and {test_untuned_starts_max:.3f}"
        " not tuned on the first test, and between {second_tuned_starts_min:.3f} and {second_tuned_starts_max:.3f}, and"
        " {second_untuned_starts_min:.3f} and {second_untuned_starts_max:.3f}, on the second."
    )


def _scaling(page: StudyPage) -> str:
    scaled, raw = float(page.numbers["untuned_mean"]), float(page.numbers["unscaled_mean"])
    text = "Scaling is part of the search because the exercise asks for it. A bit that few rows have becomes a large"
    text += " number by it, and a rare element weighs as much as a common one. Without it the untuned network has R² ="
    text += " {unscaled_mean:.3f} on the folds instead of {untuned_mean:.3f}"
    if abs(scaled - raw) <= float(page.numbers["untuned_spread"]):
        return text + ", a difference within the spread over folds."
    return text + (": for bits, scaling does harm." if raw > scaled else ": here scaling helps.")


def _new_elements(page: StudyPage) -> str:
    second, mean = (float(page.numbers[f"second_{name}_r2"]) for name in ("tuned", "mean"))
    if second > mean:
        return (
            "With {n_added} rows of them to learn from, rows with {unseen} are predicted with R² ="
            " {second_tuned_r2:.3f} by the tuned network, above the {second_mean_r2:.3f} of the mean; the second test"
            " has {n_second_test} rows only."
        )
    return (
        "Even with {n_added} rows of them to learn from, the tuned network predicts rows with {unseen} no better than"
        " the mean does (R² = {second_tuned_r2:.3f}); the second test has {n_second_test} rows only."
    )


def _headline(page: StudyPage) -> None:
    better = {key: _outcome(page, key) for key in KEYS.values()}
    page.headline(
        "Of {n_combinations} networks the best on {n_folds} folds (layers {best_layers}, learning rate {best_rate:g},"
        " weight decay {best_decay:g}) has R² = {best_mean:.3f} ± {best_spread:.3f} there, the untuned one"
        " {untuned_mean:.3f} ± {untuned_spread:.3f}."
    )
    page.headline(
        "On the first test it is {test_tuned_r2:.3f} against {test_untuned_r2:.3f}, "
        + better["test"]
        + "; on the second, rows with {unseen}, {second_tuned_r2:.3f} against {second_untuned_r2:.3f}, "
        + better["second"]
        + "."
    )
    if page.run.demo:
        page.headline(
            "Demonstration on binary alloys computed with an interatomic potential, not on perovskites and not DFT."
        )
    if page.run.quick:
        page.headline("Quick study: {n_folds} folds and {epochs} epochs instead of {full_folds} and {full_epochs}.")


def _outcome(page: StudyPage, key: str) -> str:
    low, high = (float(page.numbers[f"{key}_gain_{end}"]) for end in ("low", "high"))
    return "an improvement" if low > 0 else "a loss" if high < 0 else "no sure difference"
