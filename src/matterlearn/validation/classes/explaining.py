"""What explains a classifier: on one fold, and for the final model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matterlearn.core.parallel import item_seed
from matterlearn.models.class_blend import class_probabilities
from matterlearn.models.class_selection import ClassSelector
from matterlearn.validation.classes.metrics import log_loss
from matterlearn.validation.classes.positive import positive_class
from matterlearn.validation.explain.fold import explain_final, explain_fold
from matterlearn.validation.explain.importance import permutation_importance
from matterlearn.validation.explain.learning_curve import learning_curve
from matterlearn.validation.explain.parts import OneClass
from matterlearn.validation.jobs import FoldJob, Rows
from matterlearn.validation.seeding import chosen_model, fit_seeded

FEWEST_OF_CLASS = 5
"""Rows of the rarest class that a part of the training rows must hold to be a point of the learning curve."""

MOST_CLASSES = 5
"""Classes, the most frequent ones, over which an importance is averaged where there are more than two."""


def probability_name(label: str) -> str:
    """Return how the probability of a class is called where a model of it is explained.

    Examples
    --------
    >>> probability_name("metal")
    'P(metal)'
    """
    return f"P({label})"


def looked_for(classes: Sequence[str], codes: NDArray[np.intp], positive: str | None) -> int | None:
    """Return the position of the positive class of two, None for more than two."""
    counts = {name: float((codes == k).sum()) for k, name in enumerate(classes)}
    label = positive if positive is not None else positive_class(classes, counts)
    return None if label is None else list(classes).index(label)


def explain_class_fold(job: FoldJob, model: Any, train: Rows, test: Rows, seed: int) -> dict[str, list[dict[str, Any]]]:
    """Explain the classifier of one fold by rows that it has not seen.

    Parameters
    ----------
    job : FoldJob
        Whose settings and fold are asked for.
    model : estimator
        Fitted on the training rows.
    train, test : Rows
        Rows of the fold.
    seed : int
        Seed of the fold.

    Returns
    -------
    dict of str to list of dict
        "learning_curve": log loss against the number of training rows. "importance": rise of the mean absolute error of
        the probability when features are shuffled. "surrogate", of two classes: how well rules or a short formula
        follow the probability of the positive one.
    """
    estimator = model.model_ if isinstance(model, ClassSelector) else model
    about = {"target": test.target, "split": job.fold.split, "repeat": job.fold.repeat, "fold": job.fold.number}
    weight = test.weight if test.weight is not None and test.weight.any() else None
    n_classes = len(test.classes)

    def error(fitted: Any) -> float:
        P = class_probabilities(fitted, test.X, np.arange(n_classes))
        floored = np.maximum(P, 0.5 / len(P))  # so few rows cannot tell less from 0, which would cost without limit
        return log_loss(test.codes, floored / floored.sum(axis=1, keepdims=True), weight)

    curve = learning_curve(
        chosen_model(model),
        train.X,
        train.codes,
        test.X,
        test.codes,
        fit=fit_seeded,
        duplicates=train.duplicates,
        seed=seed,
        full_mae=error(estimator),
        sample_weight=train.weight,
        error=error,
        name="log_loss",
        fewest_of_class=FEWEST_OF_CLASS,
    )
    found = {"learning_curve": [{**about, **point} for point in curve]}
    chosen = looked_for(test.classes, train.codes, job.settings.decision.positive)
    if chosen is not None:
        explained = explain_fold(
            OneClass(estimator, chosen),
            train.X,
            test.X,
            (test.codes == chosen).astype(float),
            descriptors=job.settings.features,
            seed=seed,
            target=test.target,
            fold=job.fold.number,
            units=test.units,
            weight=weight,
        )
        return {**found, **explained}
    importance = _mean_importance(estimator, test, weight, seed)
    return {
        **found,
        "importance": [{"target": test.target, "fold": job.fold.number, **entry} for entry in importance],
    }


def explain_final_classes(
    estimator: Any,
    rows: Rows,
    *,
    descriptors: Any,
    seed: int,
    positive: str | None,
    importance: Sequence[Mapping[str, Any]],
    surrogates: Sequence[Mapping[str, Any]],
) -> dict[str, list[dict[str, Any]]]:
    """Explain the final classifier: how the probability of the positive class follows the leading features.

    Parameters
    ----------
    estimator : estimator
        Fitted on all rows.
    rows : Rows
        These rows.
    descriptors : transformer
        Unscaled features with names for people.
    seed : int
        Seed of the final model.
    positive : str or None
        As the user named it.
    importance, surrogates : sequence of mapping
        Entries of `explain_class_fold` of this target.

    Returns
    -------
    dict of str to list of dict
        "partial_dependence" and "surrogate"; nothing where there are more than two classes.
    """
    chosen = looked_for(rows.classes, rows.codes, positive)
    if chosen is None:
        return {}
    name = probability_name(rows.classes[chosen])
    found = explain_final(
        OneClass(estimator, chosen),
        rows.X,
        descriptors=descriptors,
        seed=seed,
        target=name,
        units=rows.units,
        importance=[{**entry, "target": name} for entry in importance],
        surrogates=[{**entry, "target": name} for entry in surrogates],
    )
    about = {"target": rows.target, "of": name}
    return {kind: [{**entry, **about} for entry in entries] for kind, entries in found.items()}


def _mean_importance(estimator: Any, test: Rows, weight: NDArray[np.float64] | None, seed: int) -> list[dict[str, Any]]:
    """Return the importances averaged over the most frequent classes, weighted by how frequent they are."""
    counts = np.bincount(test.codes, minlength=len(test.classes))
    leading = [int(k) for k in np.argsort(-counts, kind="stable")[:MOST_CLASSES] if counts[k]]
    share = counts[leading] / counts[leading].sum()
    sums: dict[tuple[str, str], dict[str, Any]] = {}
    for k, part in zip(leading, share, strict=True):
        entries = permutation_importance(
            OneClass(estimator, k),
            test.X,
            (test.codes == k).astype(float),
            weight=weight,
            seed=item_seed(seed, "importance"),
            units=test.units,
        )
        for entry in entries:
            key = (entry["by"], entry["name"])
            total = sums.setdefault(key, {**entry, "mean": 0.0, "sd": 0.0, "mae": 0.0})
            for name in ("mean", "sd", "mae"):
                total[name] += float(part) * entry[name]
    return list(sums.values())
