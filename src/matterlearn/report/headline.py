"""The sentences a hurried reader can trust."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from matterlearn.report.rows import ELEMENT, kind_and_hard, tested_splits
from matterlearn.report.words import (
    LIKE_TRAINING,
    in_unit,
    leading_split,
    named,
    number,
    percent,
    short_list,
    short_number,
    split_kind,
    split_words,
    times,
)
from matterlearn.validation.breakdown import by_domain, by_element
from matterlearn.validation.evidence import TRAINING, Evidence
from matterlearn.validation.protocol import MODEL

MANY_TIMES = 3.0
"""Error of an element, in units of the error on random rows, from which on the model is no use for it."""

FEWEST_ROWS = 5
"""Rows with an element from which on its error means something."""


def headline(evidence: Evidence, scores: pd.DataFrame | None = None) -> list[str]:
    """Return sentences that say how good the model is, where not, and how sure.

    Parameters
    ----------
    evidence : Evidence
        Of one target.
    scores : DataFrame, optional
        `evidence.scores()`, where it is known already.

    Returns
    -------
    list of str
        The first is the shortest honest summary.
    """
    scores = evidence.scores() if scores is None else scores
    scores = scores[scores["split"] != TRAINING]
    model = scores[scores["model"] == MODEL]
    mae = dict(zip(model["split"], model["mae"].astype(float), strict=True))
    coverage = dict(zip(model["split"], model["coverage"].astype(float), strict=True))
    kind = leading_split(list(mae), LIKE_TRAINING)
    sentences = [_errors(evidence, mae, kind), *_warnings(evidence), *_skill(model)]
    if kind is not None:
        sentences += [
            f"The {split_words(split)} is easier than random rows: it proves little."
            for split, value in mae.items()
            if split_kind(split) not in (*LIKE_TRAINING, ELEMENT) and value < mae[kind]
        ]
        hard = next((split for split in mae if split_kind(split) == ELEMENT), None)
        if hard is not None:
            sentences += _unseen_elements(evidence, kind, hard, mae)
    sentences += _against_baselines(scores, mae)
    sentences += _intervals(evidence, coverage)
    sentences += _domain(evidence)
    return sentences


def useless_elements(evidence: Evidence, random: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return elements whose rows have at least three times the error on random rows.

    Parameters
    ----------
    evidence : Evidence
        Of one target.
    random : float
        Mean absolute error on random rows.

    Returns
    -------
    known, unseen : DataFrame
        Elements that training rows hold, and others that it lacked: `element`, `n_rows`, `times`, the worst first. An
        element stands in one of them only.
    """
    splits = tested_splits(evidence)
    known = _many_times(evidence, [leading_split(splits, LIKE_TRAINING)], random)
    unseen = _many_times(evidence, [split for split in splits if split_kind(split) == ELEMENT], random)
    return known, unseen[~unseen["element"].isin(known["element"])].reset_index(drop=True)


def _many_times(evidence: Evidence, splits: list[str | None], random: float) -> pd.DataFrame:
    tables = [by_element(evidence.predictions, evidence.rows, evidence.folds, split) for split in splits if split]
    if not tables or not random > 0:
        return pd.DataFrame({"element": [], "n_rows": [], "times": []})
    table = pd.concat(tables)
    table = table[table["n_rows"] >= FEWEST_ROWS].assign(times=lambda part: part["mae"] / random)
    table = table[table["times"] >= MANY_TIMES].sort_values("times", ascending=False, kind="stable")
    return table.drop_duplicates("element")[["element", "n_rows", "times"]].reset_index(drop=True)


def _errors(evidence: Evidence, mae: Mapping[str, float], kind: str | None) -> str:
    """Return the first sentence: the error on each split, and the elements to keep away from."""
    unit = evidence.data["unit"]
    parts = []
    for split, value in mae.items():
        text = f"{split_words(split)} {in_unit(short_number(value), '' if parts else unit)}"
        if evidence.data.get("log"):
            text += f" (a factor of {short_number(10**value)})"
        parts.append(text)
    if kind is not None:
        known, unseen = useless_elements(evidence, mae[kind])
        if len(known):
            parts.append(f"do not use for {named(known['element'].tolist())}: error {_typical(known)}")
        if len(unseen):
            those = "them" if len(unseen) > 1 else "it"
            start = "nor for" if len(known) else "do not use for"
            names = named(unseen["element"].tolist())
            parts.append(f"{start} {names} if training lacks {those}: error {_typical(unseen)}")
    return f"Mean absolute error: {'; '.join(parts)}."


def _typical(table: pd.DataFrame) -> str:
    return times(float(np.average(table["times"], weights=table["n_rows"])))


def _warnings(evidence: Evidence) -> list[str]:
    n = sum(entry["severity"] == "warning" for entry in evidence.diagnostics.get("leaks", []))
    if not n:
        return []
    return [f"{n} warning{'s' if n > 1 else ''} about the data may make these numbers too good: read {_them(n)} first."]


def _them(n: int) -> str:
    return "them" if n > 1 else "it"


def _skill(model: pd.DataFrame) -> list[str]:
    if "relative_mae" not in model:
        return []
    known = model[model["relative_mae"].notna()]
    shares = [
        f"{split_words(split)} {percent(share)}"
        for split, share in zip(known["split"], known["relative_mae"].astype(float), strict=True)
    ]
    return [f"Of the error of always predicting the mean, that is: {'; '.join(shares)}."] if shares else []


def _unseen_elements(evidence: Evidence, kind: str, hard: str, mae: Mapping[str, float]) -> list[str]:
    if mae[hard] < mae[kind]:
        return [
            "Here unseen elements are no harder than random rows, which is unusual: trust it for similar tables only."
        ]
    folds = evidence.by_fold(hard, MODEL)
    worst = in_unit(number(folds["mae"].iloc[0]), evidence.data["unit"])
    shares = {
        split: np.mean([fold["n_train"] / evidence.data["n_rows"] for fold in evidence.folds if fold["split"] == split])
        for split in (kind, hard)
    }
    ratio = mae[hard] / mae[kind] if mae[kind] > 0 else np.inf
    return [
        f"With elements left out, the error is {ratio:.1f} times that on random rows "
        f"(trained on {percent(shares[hard])} of the rows, against {percent(shares[kind])}).",
        f"Worst left out: {short_list(folds['held_out'].iloc[0])} ({worst}).",
    ]


def _against_baselines(scores: pd.DataFrame, mae: Mapping[str, float]) -> list[str]:
    baselines = scores[scores["role"] == "baseline"].sort_values("mae").drop_duplicates("split")
    return [
        f"No better than a trivial baseline on {split_words(split)}: {name} reaches {number(best)}, "
        f"the model {number(mae[split])}."
        for split, name, best in zip(baselines["split"], baselines["model"], baselines["mae"], strict=True)
        if mae[split] >= best
    ]


def _intervals(evidence: Evidence, coverage: Mapping[str, float]) -> list[str]:
    level = float(evidence.plan["level"])
    held = "; ".join(f"{split_words(split)} {percent(share)}" for split, share in coverage.items() if share == share)
    if not held:
        return []
    sentences = [f"Intervals that promise {percent(level)} held: {held}."]
    splits = [split for split in coverage if split_kind(split) == ELEMENT]
    tables = [table for split in splits if len(table := evidence.by_fold(split, MODEL))]
    folds = pd.concat(tables) if tables else pd.DataFrame({"n_rows": [], "coverage": []})
    folds = folds[folds["n_rows"] >= FEWEST_ROWS].sort_values("coverage", kind="stable")
    if len(folds) and folds["coverage"].iloc[0] < level - 0.1:
        share, held_out = float(folds["coverage"].iloc[0]), folds["held_out"].iloc[0]
        sentences.append(f"With {short_list(held_out)} left out, {percent(level)} intervals hold {percent(share)}.")
    return sentences


def _domain(evidence: Evidence) -> list[str]:
    sentences = []
    for split in kind_and_hard(evidence)[-1:]:
        table = by_domain(evidence.predictions, split).set_index("part")
        if not {"inside", "outside"} <= set(table.index):
            continue
        inside, outside = table.loc["inside"], table.loc["outside"]
        share = outside["n_predictions"] / (inside["n_predictions"] + outside["n_predictions"])
        if inside["mae"] > 0:
            sentences.append(
                f"Where the model says that it should not be believed ({percent(share)} of {split_words(split)}), "
                f"its error is {outside['mae'] / inside['mae']:.1f} times that elsewhere."
            )
    return sentences
