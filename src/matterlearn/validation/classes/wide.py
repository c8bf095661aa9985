"""Predictions of classes, one line for each prediction instead of one for each class of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from matterlearn.core.errors import ArgumentError
from matterlearn.validation.scores import KEY

Floats = NDArray[np.float64]

ONE_OF_EACH = ("target", "split", "model")
"""Columns that must hold one value only."""


@dataclass(frozen=True)
class ClassRows:
    """Predictions of one model on one split, in the order of repeat, fold and row.

    Attributes
    ----------
    classes : tuple of str
        Labels, sorted; n_classes of them.
    row_id, repeat, fold : ndarray of int, shape (n_samples,)
        What was predicted, and where. A row of data may be predicted several times.
    codes : ndarray of int, shape (n_samples,)
        Position of the measured class in `classes`.
    P, raw : ndarray of float, shape (n_samples, n_classes)
        Probabilities, and those before calibration (NaN for baselines).
    decided : ndarray of int, shape (n_samples,)
        Position of the class that the model decides for.
    rejected, in_domain : ndarray of bool, shape (n_samples,)
        Whether the model refuses to answer, and whether it said that it may be believed.
    level_needed : ndarray of float, shape (n_samples, n_classes)
        Smallest level whose prediction set holds the class (NaN for baselines).
    difficulty : ndarray of float, shape (n_samples,)
        Expected probability that the decision is wrong (NaN for baselines).
    domain : ndarray of float, shape (n_samples,)
        Distance to the training rows in units of the limit (NaN for baselines).
    weight : ndarray of float, shape (n_samples,)
        How much each prediction counts.
    """

    classes: tuple[str, ...]
    row_id: NDArray[np.int64]
    repeat: NDArray[np.int64]
    fold: NDArray[np.int64]
    codes: NDArray[np.intp]
    P: Floats
    raw: Floats
    decided: NDArray[np.intp]
    rejected: NDArray[np.bool_]
    in_domain: NDArray[np.bool_]
    level_needed: Floats
    difficulty: Floats
    domain: Floats
    weight: Floats

    def __len__(self) -> int:
        return len(self.codes)

    @property
    def n_classes(self) -> int:
        """Number of classes."""
        return len(self.classes)

    @property
    def counted(self) -> ClassRows:
        """The rows whose weight is not zero."""
        return self if (self.weight != 0).all() else self.where(self.weight != 0)

    @property
    def fold_number(self) -> NDArray[np.intp]:
        """Number of the fold of each prediction over all repeats, shape (n_samples,): one model made it."""
        return np.unique(np.stack([self.repeat, self.fold], axis=1), axis=0, return_inverse=True)[1].astype(np.intp)

    def where(self, chosen: NDArray[np.bool_]) -> ClassRows:
        """Return some of the rows.

        Parameters
        ----------
        chosen : ndarray of bool, shape (n_samples,)
            Which.

        Returns
        -------
        ClassRows
            With all classes, even those that none of these rows has.
        """
        parts = {name: part[chosen] for name, part in vars(self).items() if name != "classes"}
        return ClassRows(classes=self.classes, **parts)

    def key(self) -> NDArray[np.int64]:
        """Return what names each prediction: repeat, fold and row, shape (n_samples, 3)."""
        return np.stack([self.repeat, self.fold, self.row_id], axis=1)


def class_rows(predictions: pd.DataFrame) -> ClassRows:
    """Return the predictions of one model on one split, one line for each.

    Parameters
    ----------
    predictions : DataFrame
        Lines of the long table (`matterlearn.validation.evidence.COLUMNS`) of one target, split and model: one for
        each prediction and class, in any order.

    Returns
    -------
    ClassRows
        Arrays. Without a line there is no class either.

    Raises
    ------
    ArgumentError
        If there are several targets, splits or models; if a class of a prediction is missing or stands twice, or lines
        are about no class at all (regression); or if a prediction has not exactly one measured class and one decision.

    Examples
    --------
    >>> common = {"target": "ER", "split": "random", "model": "model", "repeat": 0, "fold": 0, "in_domain": True}
    >>> empty = dict.fromkeys(["raw", "level_needed", "difficulty", "domain"], float("nan"))
    >>> lines = pd.DataFrame({
    ...     **common, **empty, "row_id": [1, 1, 2, 2], "class": ["neg", "pos", "pos", "neg"], "y": [0.0, 1.0, 0.0, 1.0],
    ...     "prediction": [0.3, 0.7, 0.4, 0.6], "decided": [False, True, False, True], "rejected": False, "weight": 1.0,
    ... })
    >>> rows = class_rows(lines)
    >>> rows.classes, rows.codes.tolist(), rows.P[:, 1].tolist(), rows.decided.tolist()
    (('neg', 'pos'), [1, 0], [0.7, 0.4], [1, 0])
    """
    for name in ONE_OF_EACH:
        if predictions[name].nunique() > 1:
            found = ", ".join(map(str, predictions[name].unique()))
            raise ArgumentError(f"there is more than one {name}: {found}", where="predictions", fix="choose one")
    number, labels = pd.factorize(predictions["class"].astype(str), sort=True)
    if "" in labels:
        raise ArgumentError("lines are about no class: this is no classification", where="predictions")
    keys = predictions[KEY].to_numpy(dtype=np.int64)  # (n_lines, 3)
    order = np.lexsort([number, *keys.T[::-1]])
    lines, keys, number = predictions.iloc[order], keys[order], number[order]
    n_classes = max(1, len(labels))
    whole = len(lines) % n_classes == 0 and bool((number.reshape(-1, n_classes) == np.arange(n_classes)).all())
    if not whole or (keys.reshape(-1, n_classes, len(KEY)) != keys[::n_classes, None]).any():
        raise ArgumentError(f"not every prediction has each of the {len(labels)} classes once", where="predictions")

    def numbers(name: str) -> Floats:
        return lines[name].to_numpy(dtype=float).reshape(-1, n_classes)

    def flags(name: str) -> NDArray[np.bool_]:
        return lines[name].to_numpy(dtype=bool).reshape(-1, n_classes)

    measured, decided = numbers("y"), flags("decided")
    for name, chosen in (("measured class", measured == 1), ("decision", decided)):
        n_wrong = int((chosen.sum(axis=1) != 1).sum())
        if n_wrong:
            raise ArgumentError(f"{n_wrong} predictions have not exactly one {name}", where="predictions")
    repeat, fold, row_id = keys[::n_classes].T
    return ClassRows(
        classes=tuple(str(label) for label in labels),
        row_id=row_id,
        repeat=repeat,
        fold=fold,
        codes=np.argmax(measured, axis=1).astype(np.intp) if len(labels) else np.zeros(0, dtype=np.intp),
        P=numbers("prediction"),
        raw=numbers("raw"),
        decided=np.argmax(decided, axis=1).astype(np.intp) if len(labels) else np.zeros(0, dtype=np.intp),
        rejected=flags("rejected")[:, 0],
        in_domain=flags("in_domain")[:, 0],
        level_needed=numbers("level_needed"),
        difficulty=numbers("difficulty")[:, 0],
        domain=numbers("domain")[:, 0],
        weight=numbers("weight")[:, 0],
    )
