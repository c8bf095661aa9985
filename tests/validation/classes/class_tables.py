"""Long tables of class targets for the tests: what the workflow writes, from plain arrays."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd


def class_lines(
    P,
    codes,
    classes,
    *,
    model="model",
    role="model",
    split="random",
    target="ER",
    row_id=None,
    repeat=0,
    fold=0,
    decided=None,
    rejected=False,
    level_needed=math.nan,
    weight=1.0,
    raw=math.nan,
    difficulty=math.nan,
    domain=math.nan,
    in_domain=True,
) -> pd.DataFrame:
    """One line for each prediction and class; what is given for predictions has shape (n,), for classes (n, k)."""
    P, codes = np.asarray(P, dtype=float), np.asarray(codes)
    n, k = P.shape
    decided = np.argmax(P, axis=1) if decided is None else np.asarray(decided)

    def per_row(values):
        return np.repeat(np.broadcast_to(values, n), k)

    def per_class(values):
        return np.broadcast_to(values, (n, k)).ravel()

    return pd.DataFrame(
        {
            "row_id": per_row(np.arange(1, n + 1) if row_id is None else row_id),
            "split": split,
            "repeat": per_row(repeat),
            "fold": per_row(fold),
            "model": model,
            "role": role,
            "target": target,
            "class": np.tile(np.asarray(classes, dtype=object), n),
            "y": (codes[:, None] == np.arange(k)).astype(float).ravel(),
            "prediction": P.ravel(),
            "lower": math.nan,
            "upper": math.nan,
            "level_needed": per_class(level_needed),
            "calibrated_on": "",
            "difficulty": per_row(difficulty),
            "spread": math.nan,
            "domain": per_row(domain),
            "in_domain": per_row(in_domain),
            "weight": per_row(weight),
            "raw": per_class(raw),
            "decided": (decided[:, None] == np.arange(k)).ravel(),
            "rejected": per_row(rejected),
        }
    )


def probabilities(rng: np.random.Generator, codes, k: int, skill: float = 1.0, decimals: int | None = None):
    """Probabilities that lean to the measured class; rounded ones have ties. Shape (n, k)."""
    score = rng.gumbel(size=(len(codes), k)) + skill * (np.arange(k) == np.asarray(codes)[:, None])
    if decimals is not None:
        score = np.round(score, decimals)
    P = np.exp(score)
    return P / P.sum(axis=1, keepdims=True)


def within_folds(score, is_class, p, fold, weight=None):
    """A ranked score of scikit-learn over rows of one fold each: areas by their pairs, precisions by their rows."""
    weight = np.ones(len(p)) if weight is None else np.asarray(weight, dtype=float)
    found, shares = [], []
    for number in np.unique(fold):
        rows = np.flatnonzero((fold == number) & (weight > 0))
        members, others = (weight[rows][np.asarray(is_class)[rows] == side].sum() for side in (True, False))
        if members and others:
            found.append(score(np.asarray(is_class)[rows], p[rows], sample_weight=weight[rows]))
            shares.append(members * (others if score.__name__ == "roc_auc_score" else 1))
    return float(np.average(found, weights=shares))
