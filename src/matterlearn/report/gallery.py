"""Which figures a report has, in which part of the page, and what stands beneath them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

import pandas as pd

from matterlearn.report.facts import Facts
from matterlearn.report.figures.calibration_curve import calibration_curve
from matterlearn.report.figures.coverage_by_element import coverage_by_element
from matterlearn.report.figures.coverage_in_bins import coverage_in_bins
from matterlearn.report.figures.domain_errors import domain_errors
from matterlearn.report.figures.held_out import MOST as MOST_HELD_OUT
from matterlearn.report.figures.held_out import held_out
from matterlearn.report.figures.interval_widths import interval_widths
from matterlearn.report.figures.parity_of_split import parity_limits, parity_of_split
from matterlearn.report.figures.residual_distribution import residual_distribution
from matterlearn.report.figures.residuals import residuals
from matterlearn.report.figures.split_errors import split_errors
from matterlearn.report.figures.style import label_without_unit, with_unit
from matterlearn.report.measure import absolute_error
from matterlearn.report.plate import Plate
from matterlearn.report.rows import ELEMENT, has_training_rows, kind_and_hard
from matterlearn.report.shared_gallery import (
    dependence_plates,
    element_plates,
    importance_plates,
    learning_plates,
    symmetry_plates,
)
from matterlearn.report.words import (
    LIKE_TRAINING,
    file_name,
    in_unit,
    number,
    percent,
    split_kind,
    split_words,
)
from matterlearn.validation.breakdown import by_domain, by_size
from matterlearn.validation.evidence import TRAINING, Evidence
from matterlearn.validation.protocol import MODEL


def plates(facts: Facts) -> Iterator[Plate]:
    """Draw all figures of one target, one after the other.

    Parameters
    ----------
    facts : Facts
        Of one target.

    Yields
    ------
    Plate
        In the order of the page.
    """
    return chain(
        _errors(facts),
        _parity(facts),
        _elements(facts),
        _residuals(facts),
        learning_plates(facts.evidence, absolute_error(facts.unit)),
        importance_plates(facts.evidence, absolute_error(facts.unit)),
        dependence_plates(facts.evidence),
        symmetry_plates(facts.evidence),
        _calibration(facts),
        _domain(facts),
    )


def _errors(facts: Facts) -> Iterator[Plate]:
    said = "; ".join(f"{split_words(split)} {in_unit(number(facts.mae(split)), facts.unit)}" for split in facts.splits)
    yield Plate(
        "errors",
        "errors-by-split",
        split_errors(facts.scores, facts.unit),
        f"Mean absolute error of the model and the baselines on each split. Model: {said}.",
        "Mean absolute error on each split, beside what is trivial. The bar behind the model's point is its 95 % "
        "bootstrap interval.",
    )
    random = None if facts.kind is None else facts.mae(facts.kind)
    for split in facts.splits:
        n_folds = sum(fold["split"] == split for fold in facts.evidence.folds)
        if split_kind(split) in LIKE_TRAINING or n_folds < 2:
            continue
        shown = f"{MOST_HELD_OUT} worst of {n_folds}" if n_folds > MOST_HELD_OUT else "worst first"
        yield Plate(
            "errors",
            "left-out-elements" if split == ELEMENT else f"left-out-{file_name(split)}",
            held_out(facts.by_fold(split), level=facts.level, unit=facts.unit, random=random),
            f"Mean absolute error on each fold of {split_words(split)}, {shown}.",
            f"{split_words(split).capitalize()}: error where the named was left out, {shown}. Beside each bar: "
            f"how many of its rows lie within their interval. Orange: surely fewer than {percent(facts.level)}.",
        )


def _parity(facts: Facts) -> Iterator[Plate]:
    limits = parity_limits(facts.evidence)
    for split in (*facts.splits, *([TRAINING] if has_training_rows(facts.evidence) else [])):
        line = facts.model_scores[split]
        score = f"MAE {in_unit(number(line['mae']), facts.unit)}, R² {line['r2']:.3f}"
        yield Plate(
            "parity",
            f"parity-{file_name(split)}",
            parity_of_split(facts.evidence, split, limits),
            f"Predicted against actual values, {split_words(split)}, {line['n_predictions']} predictions: {score}.",
        )


def _elements(facts: Facts) -> Iterator[Plate]:
    measure, mark = absolute_error(facts.unit), None if facts.kind is None else facts.mae(facts.kind)
    return element_plates(facts, measure, typical=mark, held="within their interval")


def _residuals(facts: Facts) -> Iterator[Plate]:
    evidence = facts.evidence
    for split in kind_and_hard(evidence):
        yield Plate(
            "residuals",
            f"residuals-{file_name(split)}",
            residuals(evidence, split),
            f"Errors against predictions, {split_words(split)}.",
            "Above zero the model predicts too much. Orange: median of rows with similar predictions; between the "
            "dashed lines lie 80 % of them.",
        )
    yield Plate(
        "residuals",
        "residual-distribution",
        residual_distribution(evidence),
        "Distribution of errors on each split.",
        "How errors are distributed; those beyond the axis count in its last bins.",
    )


def _calibration(facts: Facts) -> Iterator[Plate]:
    evidence = facts.evidence
    model = evidence.predictions[evidence.predictions["model"] == MODEL]
    if model["level_needed"].isna().any():
        return
    level, unit = facts.level, facts.unit
    target = label_without_unit(evidence.data["target"], unit)
    yield Plate(
        "calibration",
        "calibration-curve",
        calibration_curve(evidence),
        "Share of rows within their interval against what the interval promises, for each split.",
        "On the diagonal intervals hold what they promise; below it they promise too much. Bands: 95 % binomial "
        f"intervals. Grey: the promised {percent(level)}.",
    )
    yield Plate(
        "calibration",
        "interval-widths",
        interval_widths(evidence),
        f"Widths of the {percent(level)} intervals on each split.",
        "Point: median width. Thick: the middle half of the rows. Thin: 90 % of them.",
    )
    splits = kind_and_hard(evidence)
    yield Plate(
        "calibration",
        "coverage-by-size",
        coverage_in_bins(
            {split: by_size(evidence.predictions, split) for split in splits},
            level=level,
            label=with_unit(f"predicted {target}", unit),
        ),
        "Share of rows within their interval, by size of the prediction.",
        "Do intervals hold for small and for large predictions? Bars: 95 % binomial intervals.",
    )
    for split in splits:
        table = facts.by_element(split)
        if len(table) > 1:
            yield Plate(
                "calibration",
                f"coverage-by-element-{file_name(split)}",
                coverage_by_element(table, level=level, split=split),
                f"Share of rows within their interval for each element, {split_words(split)}.",
                "Elements within the grey funnel differ from the promise by chance alone; below it intervals fail.",
            )


def _domain(facts: Facts) -> Iterator[Plate]:
    evidence = facts.evidence
    model = evidence.predictions[evidence.predictions["model"] == MODEL]
    if model["domain"].isna().any():
        return
    splits = kind_and_hard(evidence)
    for split in splits:
        yield Plate(
            "domain",
            f"domain-{file_name(split)}",
            domain_errors(evidence, split),
            f"Absolute errors against the distance to the training rows, {split_words(split)}.",
            "Orange: mean error of rows at similar distances. Beyond the limit the model says that it should not be "
            "believed.",
        )
    if model["lower"].notna().all():
        yield Plate(
            "domain",
            "coverage-by-distance",
            coverage_in_bins(
                {split: _distances(evidence, split) for split in splits},
                level=facts.level,
                label="distance to the training rows / limit",
            ),
            "Share of rows within their interval, by distance to the training rows.",
            "Do intervals hold far from the training rows?",
        )


def _distances(evidence: Evidence, split: str) -> pd.DataFrame:
    table = by_domain(evidence.predictions, split)
    return table[table["part"] == "distance"]
