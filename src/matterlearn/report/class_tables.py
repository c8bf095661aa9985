"""The tables of the page of a target of classes, as plain lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np

from matterlearn.report.class_facts import ClassFacts
from matterlearn.report.rows import kind_and_hard, label_of, records
from matterlearn.report.tables import WORST, WORST_SPLITS
from matterlearn.report.words import number, percent, split_words
from matterlearn.validation.binomial import binomial_interval
from matterlearn.validation.breakdown import by_domain
from matterlearn.validation.classes.metrics import confusion_counts

MOST_CONFUSED = 8
"""Confusions of each split that are listed."""

MOST_NUMBERS = 6
"""Classes up to which costs and shares are listed in a line."""


def balance_lines(facts: ClassFacts) -> list[dict[str, Any]]:
    """Return the classes with their rows and shares, the most frequent first."""
    lines = [{"class": label, "n": n, "share": facts.shares[label]} for label, n in facts.counts.items()]
    return sorted(lines, key=lambda line: -line["n"])


def class_lines(facts: ClassFacts) -> list[list[dict[str, Any]]]:
    """Return how well each class is told from the others, split by split."""
    return [
        [{"split": split, **line} for line in records(facts.by_class(split))] for split in kind_and_hard(facts.evidence)
    ]


def confused_lines(facts: ClassFacts) -> list[dict[str, Any]]:
    """Return the most frequent wrong decisions of each split: actual class, the one decided for, and how often."""
    lines: list[dict[str, Any]] = []
    for split in kind_and_hard(facts.evidence):
        rows = facts.rows(split)
        counts = confusion_counts(rows.codes, rows.decided, rows.n_classes)
        totals = counts.sum(axis=1)
        wrong = np.where(np.eye(rows.n_classes, dtype=bool), 0, counts)
        order = np.argsort(-wrong, axis=None, kind="stable")[:MOST_CONFUSED]
        for actual, decided in zip(*np.unravel_index(order, wrong.shape), strict=True):
            if wrong[actual, decided] > 0:
                share = wrong[actual, decided] / totals[actual]
                names = {"actual": rows.classes[actual], "decided": rows.classes[decided]}
                lines.append({"split": split, **names, "n": int(wrong[actual, decided]), "share": float(share)})
    return lines


def refusal_lines(facts: ClassFacts) -> list[dict[str, Any]]:
    """Return how much is refused on each split, why, and how right the answers are."""
    lines = []
    for split in facts.splits:
        rows = facts.rows(split)
        outside = rows.rejected & ~rows.in_domain
        lines.append(
            {
                **facts.model_scores[split],
                "outside": float(outside.mean()),
                "unsure": float((rows.rejected & ~outside).mean()),
                "theta": facts.theta(split),
            }
        )
    return lines


def decision_facts(facts: ClassFacts) -> list[tuple[str, str]]:
    """Return what sets probabilities and decisions, as label and value; folds are summed up."""
    split = next(iter(kind_and_hard(facts.evidence)), None)
    if split is None:
        return []
    found = [
        ("probabilities", _methods(facts, split)),
        ("costs of a miss", _by_class(facts, facts.costs) if (facts.costs != facts.costs[0]).any() else "equal"),
        ("shares in training", _by_class(facts, facts.vector(split, "priors"), share=True)),
    ]
    if facts.positive is not None:
        name = facts.classes[facts.positive]
        found.append((f"decided for {name}", f"from a probability of {_spread(facts.thresholds(split))} on"))
    thetas = [float(value) for value in facts.of_folds(split, "theta")]
    refused = f"below a probability of {_spread(thetas)}" if thetas else ""
    if facts.error_rate is not None and refused:
        refused += f", so that at most {percent(facts.error_rate)} of the answers are wrong"
        if not any(thetas):
            refused = f"none for want of certainty: at most {percent(facts.error_rate)} of all answers would be wrong"
    promised = facts.of_folds(split, "theta_promised")
    if not all(promised):
        without = f"all rows in {promised.count(False)} of {len(promised)} folds, where nothing can be promised"
        refused += f"{'; ' if refused else ''}{without}"
    found.append(("refused", refused))
    return [(label, value) for label, value in found if value and "unknown" not in value]


def domain_lines(facts: ClassFacts) -> list[dict[str, Any]]:
    """Return how many decisions are wrong inside and outside the domain, split by split."""
    lines: list[dict[str, Any]] = []
    for split in facts.splits:
        sides = by_domain(facts.errors, split)
        sides = sides[sides["part"] != "distance"]
        total = sides["n_predictions"].sum()
        for line in records(sides):
            low, high = binomial_interval(line["mae"], line["n_rows"])
            ends = {"mae_low": float(low), "mae_high": float(high)}
            lines.append({"split": split, "share": line["n_predictions"] / total, **line, **ends})
    return lines


def worst_lines(facts: ClassFacts) -> list[dict[str, Any]]:
    """Return the wrong decisions of each split that the model was surest of, every row once per split."""
    labels = label_of(facts.evidence)
    lines: list[dict[str, Any]] = []
    for split in facts.splits[:WORST_SPLITS]:
        rows, confidence = facts.rows(split), facts.confidence(split)
        wrong = np.flatnonzero(~facts.right(split))
        order = wrong[np.argsort(-confidence[wrong], kind="stable")]
        seen: set[int] = set()
        for i in order:
            row = int(rows.row_id[i])
            if row in seen or len(seen) == WORST:
                continue
            seen.add(row)
            lines.append(
                {
                    "split": split,
                    "row_id": row,
                    "label": labels.get(row, ""),
                    "actual": rows.classes[rows.codes[i]],
                    "p_actual": float(rows.P[i, rows.codes[i]]),
                    "decided": rows.classes[rows.decided[i]],
                    "p_decided": float(confidence[i]),
                    "refused": bool(rows.rejected[i]),
                    "in_domain": bool(rows.in_domain[i]),
                }
            )
    return lines


def _methods(facts: ClassFacts, split: str) -> str:
    """Return how probabilities were calibrated in the folds, and how often each way was taken."""
    used: Counter[str] = Counter()
    for method in facts.of_folds(split, "calibration"):
        named = method.items() if isinstance(method, Mapping) else [("", method)]
        used.update(f"{how} on {rows}" if rows else str(how) for rows, how in named)
    if not used:
        return ""
    total = len(facts.of_folds(split, "calibration"))
    said = ", ".join(f"{words} ({n} of {total} folds)" for words, n in sorted(used.items(), key=lambda item: -item[1]))
    return f"calibrated inside the training rows of each fold of {split_words(split)}: {said}"


def _by_class(facts: ClassFacts, values: Any, *, share: bool = False) -> str:
    if values is None:
        return ""
    in_words = percent if share else number
    said = [f"{label} {in_words(value)}" for label, value in zip(facts.classes, values, strict=True)]
    more = len(said) - MOST_NUMBERS
    return ", ".join(said[:MOST_NUMBERS]) + (f" and {more} more" if more > 0 else "")


def _spread(values: list[float]) -> str:
    """Return the mean of values of folds, and their range where they differ."""
    if not values:
        return "unknown"
    low, high, mean = min(values), max(values), float(np.mean(values))
    return number(mean) + (f" ({number(low)} to {number(high)} over the folds)" if high - low > 1e-9 else "")
