"""Which figures the report of a target of classes has, in which part of the page, and what stands beneath them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

import numpy as np

from matterlearn.report.class_facts import ClassFacts, judged_splits
from matterlearn.report.figures.accuracy_coverage import accuracy_coverage
from matterlearn.report.figures.class_scores import class_scores
from matterlearn.report.figures.class_set_coverage import class_set_coverage
from matterlearn.report.figures.confusion import MOST_WRITTEN, confusion
from matterlearn.report.figures.domain_errors import errors_by_distance
from matterlearn.report.figures.held_out import MOST as MOST_HELD_OUT
from matterlearn.report.figures.held_out import held_out
from matterlearn.report.figures.named_curves import MOST_NAMED
from matterlearn.report.figures.precision_recall import precision_recall
from matterlearn.report.figures.prior_shift import prior_shift
from matterlearn.report.figures.probability_histogram import probability_histogram
from matterlearn.report.figures.reliability_diagram import reliability_diagram
from matterlearn.report.figures.roc import roc
from matterlearn.report.figures.threshold_cost import threshold_cost
from matterlearn.report.measure import LOG_LOSS, OF_PROBABILITY, WRONG
from matterlearn.report.plate import Plate
from matterlearn.report.rows import ELEMENT, kind_and_hard, records
from matterlearn.report.shared_gallery import (
    dependence_plates,
    element_plates,
    importance_plates,
    learning_plates,
    symmetry_plates,
)
from matterlearn.report.words import LIKE_TRAINING, file_name, number, percent, split_kind, split_words
from matterlearn.validation.evidence import TRAINING

IN_SET = "whose prediction set holds their class"

MOST_SIDE_BY_SIDE = 6
"""Classes up to which confusion matrices stand side by side."""


def class_plates(facts: ClassFacts) -> Iterator[Plate]:
    """Draw all figures of one target of classes, one after the other.

    Parameters
    ----------
    facts : ClassFacts
        Of one target.

    Yields
    ------
    Plate
        In the order of the page.
    """
    evidence = facts.evidence
    typical = None if facts.kind is None else 1.0 - float(facts.model_scores[facts.kind]["accuracy"])
    return chain(
        _scores(facts),
        _curves(facts),
        _confusion(facts),
        _probabilities(facts),
        _refusal(facts),
        _decisions(facts),
        element_plates(facts, WRONG, typical=typical, held=IN_SET),
        learning_plates(evidence, LOG_LOSS),
        importance_plates(evidence, OF_PROBABILITY),
        dependence_plates(evidence),
        symmetry_plates(evidence),
        _domain(facts),
    )


def _scores(facts: ClassFacts) -> Iterator[Plate]:
    lines = facts.model_scores
    said = "; ".join(
        f"{split_words(split)} {number(lines[split]['log_loss'])} and {number(lines[split]['roc_auc'])}"
        for split in facts.splits
    )
    yield Plate(
        "errors",
        "scores-by-split",
        class_scores(facts.scores),
        f"Log loss and ROC AUC of the model and the baselines on each split. Model: {said}.",
        "Log loss (small is good) and area under the ROC curve (large is good; dashed: chance) on each split, beside "
        "what is trivial. The bar behind the model's point is its 95 % bootstrap interval.",
    )
    random = None if facts.kind is None else float(lines[facts.kind]["log_loss"])
    for split in facts.splits:
        folds = facts.by_fold(split)
        n_folds, folds = len(folds), folds[folds["log_loss"].notna() & folds["set_coverage"].notna()]
        if split_kind(split) in LIKE_TRAINING or n_folds < 2 or folds.empty:
            continue
        shown = f"{MOST_HELD_OUT} worst of {len(folds)}" if len(folds) > MOST_HELD_OUT else "worst first"
        if len(folds) < n_folds:
            shown += f"; {n_folds - len(folds)} folds with rows of one class only are left out"
        folds = folds.rename(columns={"set_coverage": "coverage", "set_coverage_high": "coverage_high"})
        yield Plate(
            "errors",
            "left-out-elements" if split == ELEMENT else f"left-out-{file_name(split)}",
            held_out(folds, level=facts.level, random=random, measure=LOG_LOSS, held=IN_SET),
            f"Log loss on each fold of {split_words(split)}, {shown}.",
            f"{split_words(split).capitalize()}: log loss where the named was left out, {shown}. Beside each bar: "
            f"how many of its rows have their class in the prediction set. Orange: surely fewer than "
            f"{percent(facts.level)}.",
        )


def _curves(facts: ClassFacts) -> Iterator[Plate]:
    if facts.positive is not None:
        name = facts.classes[facts.positive]
        splits = judged_splits(facts)[:MOST_NAMED]
        found = {split_words(split): _of_class(facts, split, facts.positive) for split in splits}
        lines = {split_words(split): line for split, line in facts.model_scores.items()}
        yield from _pair(found, _areas(lines), f"{name} against the rest", "", "")
        return
    for split in kind_and_hard(facts.evidence):
        rows = {label: _of_class(facts, split, k) for k, label in enumerate(facts.classes)}
        caption = " Of many classes, those that are told apart worst are named." if len(rows) > MOST_NAMED else ""
        words = f"each class against the others, {split_words(split)}"
        of_class = {line["class"]: line for line in records(facts.by_class(split))}
        yield from _pair(rows, _areas(of_class), words, f"-{file_name(split)}", caption, split_words(split))


def _of_class(facts: ClassFacts, split: str, k: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rows = facts.rows(split)
    return rows.codes == k, rows.P[:, k], rows.weight


def _areas(scores: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, tuple[float, float, float]]]:
    """Return the areas of the tables, with the ends of their intervals, by score and by the name of the curve."""
    return {
        score: {
            name: (line[score], line.get(f"{score}_low", math.nan), line.get(f"{score}_high", math.nan))
            for name, line in scores.items()
        }
        for score in ("roc_auc", "average_precision")
    }


def _pair(
    found: Mapping[str, tuple[np.ndarray, np.ndarray, np.ndarray]],
    areas: Mapping[str, Mapping[str, tuple[float, float, float]]],
    words: str,
    ending: str,
    caption: str,
    title: str = "",
) -> Iterator[Plate]:
    """Draw ROC and precision-recall curves of splits, or of classes on one split."""
    yield Plate(
        "curves",
        f"roc{ending}",
        roc(found, areas=areas["roc_auc"], title=title),
        f"Receiver operating characteristic: {words}.",
        f"At every threshold: what share of the class is found, at what share of false alarms among the others. Beside "
        f"each name: the area, 0.5 by chance; a mean over folds.{caption}",
    )
    yield Plate(
        "curves",
        f"precision-recall{ending}",
        precision_recall(found, areas=areas["average_precision"], title=title),
        f"Precision against recall: {words}.",
        f"At every threshold: how many of the rows decided for the class are of it, against the share of it that is "
        "found. Beside each name: average precision, a mean over folds. Dashed: chance, the share of the class."
        f"{caption}",
    )


def _confusion(facts: ClassFacts) -> Iterator[Plate]:
    names = np.array(facts.classes, dtype=object)
    drawn = {
        split_words(split): (names[facts.rows(split).codes], names[facts.rows(split).decided])
        for split in kind_and_hard(facts.evidence)
    }
    colors = "Numbers and colours" if len(names) <= MOST_WRITTEN else "Colours"
    together = [drawn] if len(names) <= MOST_SIDE_BY_SIDE else [{title: pair} for title, pair in drawn.items()]
    for k, panels in enumerate(together):
        yield Plate(
            "confusion",
            "confusion" if k == 0 else f"confusion-{k + 1}",
            confusion(panels, facts.classes),
            f"Confusion matrices of {', '.join(panels)}: rows are actual classes, columns decided ones.",
            f"Rows: actual classes, columns: what the model decides. {colors}: shares of the actual class.",
        )


def _probabilities(facts: ClassFacts) -> Iterator[Plate]:
    splits = kind_and_hard(facts.evidence)
    return chain(*(_reliability(facts, split) for split in splits), *(_histogram(facts, split) for split in splits))


def _reliability(facts: ClassFacts, split: str) -> Iterator[Plate]:
    rows, k = facts.rows(split), facts.positive
    stated = {"calibrated": rows.P}
    if np.isfinite(rows.raw).all():
        stated["before calibration"] = rows.raw
    if k is None:
        label, what = "probability of the likeliest class", "the likeliest class is the right one"
        curves = {name: (np.argmax(P, axis=1) == rows.codes, P.max(axis=1), rows.weight) for name, P in stated.items()}
    else:
        label, what = f"probability of {facts.classes[k]}", f"rows are {facts.classes[k]}"
        curves = {name: (rows.codes == k, P[:, k], rows.weight) for name, P in stated.items()}
    yield Plate(
        "probabilities",
        f"reliability-{file_name(split)}",
        reliability_diagram(curves, label=label, title=split_words(split)),
        f"Reliability diagram, {split_words(split)}: how often {what}, against the stated probability.",
        f"How often {what}, against the stated probability: on the diagonal it comes true, below it too much was "
        "promised. Bars: 95 % binomial intervals. Beneath: how often each probability is stated.",
    )


def _histogram(facts: ClassFacts, split: str) -> Iterator[Plate]:
    rows, k = facts.rows(split), facts.positive
    shown, of = rows.P[np.arange(len(rows)), rows.codes], "the actual class"
    thresholds = facts.thresholds(split)
    if k is not None:
        shown, of = rows.P[:, k], facts.classes[k]
    label = f"probability of {of}"
    yield Plate(
        "probabilities",
        f"probabilities-{file_name(split)}",
        probability_histogram(
            shown,
            rows.codes,
            rows.classes,
            label=label,
            threshold=float(np.mean(thresholds)) if k is not None and thresholds else None,
            weight=rows.weight,
            title=split_words(split),
        ),
        f"Distribution of the {label} over the rows of each class, {split_words(split)}.",
        f"Which {label} the rows of each class get; each strip has its own scale."
        + (" Dashed: from there on they are decided for it." if k is not None and thresholds else ""),
    )


def _refusal(facts: ClassFacts) -> Iterator[Plate]:
    splits = kind_and_hard(facts.evidence)
    lines = facts.model_scores
    promised = None if facts.error_rate is None else 1.0 - facts.error_rate
    chosen = {split: (float(lines[split]["answered"]), float(lines[split]["accuracy_answered"])) for split in splits}
    yield Plate(
        "refusal",
        "accuracy-coverage",
        accuracy_coverage(
            {split_words(s): (facts.right(s), facts.confidence(s), facts.rows(s).weight) for s in splits},
            chosen={split_words(split): place for split, place in chosen.items()},
            theta=(facts.theta(splits[0]) or None) if splits else None,
            promised=promised,
        ),
        "Accuracy of the answered rows against the share that is answered, on each split.",
        "How right the answered rows are when the least sure ones are refused. Large points: what was answered, by a "
        "threshold θ that was chosen inside the training rows; rows outside of the domain are refused, too.",
    )
    sets = {s: facts.rows(s) for s in splits if np.isfinite(facts.rows(s).level_needed).all()}
    if sets:
        yield Plate(
            "refusal",
            "prediction-sets",
            class_set_coverage(
                {split_words(s): (rows.codes, rows.level_needed, rows.weight) for s, rows in sets.items()},
                level=facts.level,
            ),
            "Share of rows whose prediction set holds their class, and mean size of the sets, against the promise.",
            f"Instead of one class, a set that promises to hold the right one. Left: whether it does; right: how many "
            f"classes that takes; a set is empty where no class fits. Grey: the promised {percent(facts.level)}.",
        )


def _decisions(facts: ClassFacts) -> Iterator[Plate]:
    splits = kind_and_hard(facts.evidence)
    if not splits:
        return
    split = splits[0]
    rows, k = facts.rows(split), facts.positive
    both = k is not None and 0 < int((rows.codes == k).sum()) < len(rows)
    if both and k is not None:
        yield Plate(
            "decisions",
            "threshold-cost",
            threshold_cost(
                rows.codes == k,
                rows.P[:, k],
                cost_missed=float(facts.costs[k]),
                cost_false=float(facts.costs[1 - k]),
                chosen=facts.thresholds(split),
                name=facts.classes[k],
                weight=rows.weight,
            ),
            f"Mean cost of a row against the threshold, {split_words(split)}.",
            f"What wrong decisions cost on {split_words(split)}, for every threshold. Orange: the threshold that was "
            "chosen, inside the training rows of each fold (grey lines).",
        )
    priors = facts.vector(split, "priors")
    if priors is None:
        return
    rarest = k if k is not None else int(np.argmin([facts.counts[label] for label in facts.classes]))
    of_it = rows.weight[rows.codes == rarest].sum()
    if not 0 < of_it < rows.weight.sum() or not (priors > 0).all():
        return
    name = facts.classes[rarest]
    yield Plate(
        "decisions",
        "class-priors",
        prior_shift(
            rows.P,
            rows.codes,
            rarest,
            priors,
            name=name,
            costs=facts.vector(split, "class_weights"),
            weight=rows.weight,
        ),
        f"Precision, recall and share of decisions for {name} against its assumed share, {split_words(split)}.",
        f"Were {name} rarer or more frequent than in training (grey): solid, when the probabilities are told so "
        "(re-weighted by Bayes' rule); dashed, when they are not. Precision falls with the share whatever the model; "
        "telling it keeps false alarms few, at the price of recall.",
    )


def _domain(facts: ClassFacts) -> Iterator[Plate]:
    for split in kind_and_hard(facts.evidence):
        rows = facts.errors[(facts.errors["split"] == split)]
        if rows["domain"].isna().any() or split == TRAINING:
            return
        predictions = facts.evidence.predictions
        actual = predictions[(predictions["split"] == split) & (predictions["role"] == "model")]
        actual = actual[actual["y"] == 1.0]
        yield Plate(
            "domain",
            f"domain-{file_name(split)}",
            errors_by_distance(split, actual["domain"], 1.0 - actual["prediction"], "1 − probability of actual class"),
            f"Probability that was not given to the actual class against the distance to the training rows, "
            f"{split_words(split)}.",
            "Orange: mean over rows at similar distances. Beyond the limit the model refuses to answer.",
        )
