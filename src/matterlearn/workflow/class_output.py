"""What a model of classes tells of each row of a table."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from matterlearn.core.errors import ArgumentError, did_you_mean
from matterlearn.core.parallel import single_thread
from matterlearn.models.class_blend import class_probabilities
from matterlearn.validation.classes.fitted import FittedClasses

BETWEEN = " | "
"""What stands between the classes of a prediction set."""


def class_columns(classes: Sequence[str]) -> tuple[str, ...]:
    """Return the columns that tell of a row.

    Examples
    --------
    >>> class_columns(["metal", "none"])
    ('prediction', 'probability metal', 'probability none', 'possible', 'in_domain', 'rejected', 'reason')
    """
    return ("prediction", *(f"probability {name}" for name in classes), "possible", "in_domain", "rejected", "reason")


def predict_classes(
    part: FittedClasses,
    X: pd.DataFrame,
    elements: Sequence[frozenset[str]],
    *,
    priors: NDArray[np.float64] | None,
) -> dict[str, tuple[Any, NDArray[Any]]]:
    """Return for each column what stands where a row could not be read, and the values of the rows that could.

    Parameters
    ----------
    part : FittedClasses
        The model.
    X : DataFrame, shape (n_samples, n_inputs)
        Rows, maybe none.
    elements : sequence of frozenset of str, shape (n_samples,)
        Elements of each.
    priors : ndarray of float, shape (n_classes,), or None
        Shares of the classes where the rows come from.

    Returns
    -------
    dict
        In the order of `class_columns`.
    """
    classes = np.array(part.classes, dtype=object)
    n_classes = len(classes)
    if len(X) == 0:
        P, decided, possible = np.zeros((0, n_classes)), np.zeros(0, dtype=int), np.zeros((0, n_classes), dtype=bool)
        inside = rejected = np.zeros(0, dtype=bool)
        reasons: Sequence[str] = []
    else:
        with single_thread():
            raw = class_probabilities(part.estimator, X, np.arange(n_classes))
            verdict = part.reliability.judge(X, elements, raw, priors=priors)
        P, decided = verdict.probabilities, verdict.decided
        possible = verdict.level_needed <= part.reliability.level
        possible[np.arange(len(X)), decided] = True  # where no class looks usual, the answer itself is left
        inside, rejected, reasons = verdict.inside, verdict.rejected, verdict.reasons
    sets = np.array([BETWEEN.join(classes[row]) for row in possible], dtype=object)
    return {
        "prediction": (None, classes[decided]),
        **{f"probability {name}": (math.nan, P[:, k]) for k, name in enumerate(part.classes)},
        "possible": (None, sets),
        "in_domain": (False, inside),
        "rejected": (True, rejected),
        "reason": ("", np.array(reasons, dtype=object)),
    }


def checked_priors(priors: Mapping[str, float], classes: Sequence[str]) -> NDArray[np.float64]:
    """Return shares of all classes as an array; they need not sum to 1.

    Raises
    ------
    ArgumentError
        If a class is unknown or has no share, or a share is not a number above 0.

    Examples
    --------
    >>> checked_priors({"ill": 1, "well": 3}, ["ill", "well"])
    array([0.25, 0.75])
    """
    if not isinstance(priors, Mapping):
        raise ArgumentError(f"must be shares by class, got {priors!r:.40}", where="priors", fix="write {class: share}")
    for name in priors:
        if name not in classes:
            raise ArgumentError(f"no class {name!r}", where="priors", fix=did_you_mean(str(name), list(classes)))
    missing = [name for name in classes if name not in priors]
    if missing:
        raise ArgumentError(f"no share is stated for {missing[0]!r}", where="priors", fix="state one for each class")
    for name, share in priors.items():
        number = isinstance(share, int | float | np.number) and not isinstance(share, bool)
        if not number or not 0 < share < math.inf:
            raise ArgumentError(f"the share of {name!r} must be a number above 0, got {share!r}", where="priors")
    shares = np.array([float(priors[name]) for name in classes])
    with np.errstate(over="ignore", under="ignore"):
        found = shares / shares.sum()
    if not np.all((found > 0) & (found < 1)) and len(classes) > 1:
        raise ArgumentError("the shares differ too much to be told from 0 and 1", where="priors")
    return np.asarray(found)


def worst_probability(found: pd.DataFrame, stored: Mapping[str, Sequence[float]], classes: Sequence[str]) -> float:
    """Return the largest difference of a probability from the stored one; infinite where one cannot be compared."""
    if set(stored) != set(classes):
        return math.inf
    worst = 0.0
    for name in classes:
        difference = np.abs(found[f"probability {name}"].to_numpy(dtype=float) - np.asarray(stored[name], dtype=float))
        worst = max(worst, float(difference.max()) if np.isfinite(difference).all() else math.inf)
    return worst


ANSWERS = ("prediction", "possible", "rejected")
"""What is decided for a probe row, and must be decided again."""


def same_answers(found: pd.DataFrame, probes: Mapping[str, Any]) -> bool:
    """Tell whether probe rows get the answers again that are stored with them."""
    return all(found[name].tolist() == list(probes["answers"][name]) for name in ANSWERS)
