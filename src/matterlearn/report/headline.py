"""The sentences a hurried reader can trust."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from matterlearn.report.class_headline import class_headline
from matterlearn.report.facts import Facts
from matterlearn.report.rows import ELEMENT, kind_and_hard, records
from matterlearn.report.sentences import broken_symmetries, by_split, data_warnings, them
from matterlearn.report.words import (
    LIKE_TRAINING,
    UNNESTED,
    in_unit,
    named,
    number,
    percent,
    short_list,
    short_number,
    split_kind,
    split_words,
    times,
)
from matterlearn.validation.breakdown import by_domain
from matterlearn.validation.evidence import Evidence

__all__ = ["headline", "number", "short_list", "split_words", "useless_elements"]

FEWEST_OUTSIDE = 10
"""Rows outside of the domain below which their error says nothing."""

MANY_TIMES = 3.0
"""Error of an element, in units of the error on random rows, from which on the model is no use for it."""

FEWEST_ROWS = 5
"""Rows with an element from which on its error means something."""

MOST_NAMED = 6
"""Elements that are named in a sentence; more are counted."""


def headline(evidence: Evidence, facts: Facts | None = None) -> list[str]:
    """Return sentences that say how good the model is, where not, and how sure.

    Parameters
    ----------
    evidence : Evidence
        Of one target.
    facts : Facts, optional
        Of the same evidence, where they are known already.

    Returns
    -------
    list of str
        The first is the shortest honest summary.
    """
    if evidence.is_class:
        return class_headline(evidence)
    facts = facts or Facts(evidence)
    return [
        _errors(facts),
        *data_warnings(evidence),
        *broken_symmetries(evidence),
        *_against_baselines(facts),
        *_easier(facts),
        *_unseen_elements(facts),
        *_intervals(facts),
        *_domain(facts),
    ]


def useless_elements(facts: Facts) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return elements whose rows have at least three times the error on random rows.

    Parameters
    ----------
    facts : Facts
        Of one target.

    Returns
    -------
    known, unseen : DataFrame
        Elements that training rows hold, and others that they lacked: `element`, `n_rows`, `times`, the worst first.
        An element stands in one of them only.
    """
    if facts.kind is None or not facts.mae(facts.kind) > 0:
        return _many_times(facts, []), _many_times(facts, [])
    known, unseen = _many_times(facts, [facts.kind]), _many_times(facts, facts.element_splits)
    return known, unseen[~unseen["element"].isin(known["element"])].reset_index(drop=True)


def _many_times(facts: Facts, splits: Sequence[str]) -> pd.DataFrame:
    tables = [facts.by_element(split) for split in splits]
    if not tables or facts.kind is None:
        return pd.DataFrame({"element": [], "n_rows": [], "times": []})
    table = pd.concat(tables)
    table = table[table["n_rows"] >= FEWEST_ROWS].assign(times=lambda part: part["mae"] / facts.mae(str(facts.kind)))
    table = table[table["times"] >= MANY_TIMES].sort_values("times", ascending=False, kind="stable")
    return table.drop_duplicates("element")[["element", "n_rows", "times"]].reset_index(drop=True)


def _errors(facts: Facts) -> str:
    """Return the first sentence: the error on each split, and the elements to keep away from."""
    parts: list[str] = []
    for split in facts.splits:
        mae = facts.mae(split)
        text = f"{split_words(split)} {in_unit(short_number(mae), '' if parts else facts.unit)}"
        parts.append(f"{text} (a factor of {short_number(10**mae)})" if facts.evidence.data.get("log") else text)
    known, unseen = useless_elements(facts)
    if len(known):
        parts.append(f"do not use for {named(known['element'].tolist(), MOST_NAMED)}: error {_typical(known)}")
    if len(unseen):
        start = "nor" if len(known) else "do not use"
        names = named(unseen["element"].tolist(), MOST_NAMED)
        parts.append(f"{start} for {names} where training lacks {them(len(unseen))}: error {_typical(unseen)}")
    return f"Mean absolute error: {'; '.join(parts)}."


def _typical(table: pd.DataFrame) -> str:
    return times(float(np.average(table["times"], weights=table["n_rows"])))


def _against_baselines(facts: Facts) -> list[str]:
    """Say how much better than guessing the mean the model is, and where something trivial is as good."""
    relative = {split: facts.model_scores[split]["relative_mae"] for split in facts.splits}
    shares = by_split(relative)
    sentences = [f"Of the error of guessing the mean of the training rows, that is: {shares}."] if shares else []
    baselines = facts.scores[facts.scores["role"] == "baseline"].sort_values("mae", kind="stable")
    best = {line["split"]: line for line in records(baselines.drop_duplicates("split"))}
    sentences += [
        f"No better than a trivial baseline on {split_words(split)}: {best[split]['model']} reaches "
        f"{number(best[split]['mae'])}, the model {number(facts.mae(split))}."
        for split in facts.splits
        if split in best and facts.mae(split) >= best[split]["mae"]
    ]
    return sentences


def _easier(facts: Facts) -> list[str]:
    if facts.kind is None:
        return []
    return [
        f"The {split_words(split)} is easier than random rows: it proves little."
        for split in facts.splits
        if split_kind(split) not in (*LIKE_TRAINING, ELEMENT) and facts.mae(split) < facts.mae(facts.kind)
    ]


def _unseen_elements(facts: Facts) -> list[str]:
    kind, hard = facts.kind, next(iter(facts.element_splits), None)
    if kind is None or hard is None:
        return []
    worst = facts.by_fold(hard).iloc[0]
    folds, n_rows = facts.evidence.folds, facts.evidence.data["n_rows"]
    shares = [
        percent(float(np.mean([fold["n_train"] / n_rows for fold in folds if fold["split"] == split])))
        for split in (hard, kind)
    ]
    ratio = f"{times(facts.mae(hard) / facts.mae(kind))} that" if facts.mae(kind) > 0 else "many times that"
    if facts.mae(hard) < 1.05 * facts.mae(kind):
        ratio = "not larger than that, which is unusual,"
    sentences = [
        f"With elements left out, the error is {ratio} on random rows "
        f"(trained on {shares[0]} of the rows, against {shares[1]}); "
        f"worst without {short_list(str(worst['held_out']))}: {in_unit(number(worst['mae']), facts.unit)}."
    ]
    if UNNESTED in facts.splits:
        sentences.append(
            "Un-nested: the model was chosen with each single left-out element in sight, so that score is too kind."
        )
    return sentences


def _intervals(facts: Facts) -> list[str]:
    held = by_split({split: facts.model_scores[split]["coverage"] for split in facts.splits})
    if not held:
        return []
    sentences = [f"Intervals that promise {percent(facts.level)} held: {held}."]
    tables = [facts.by_fold(split) for split in facts.element_splits]
    if tables:
        folds = pd.concat(tables).sort_values("coverage", kind="stable")
        folds = folds[(folds["n_rows"] >= FEWEST_ROWS) & (folds["coverage_high"] < facts.level - 0.1)]
        if len(folds):
            worst = folds.iloc[0]
            sentences.append(
                f"With {short_list(str(worst['held_out']))} left out, {percent(facts.level)} intervals hold "
                f"{percent(worst['coverage'])}."
            )
    return sentences


def _domain(facts: Facts) -> list[str]:
    """Say whether the rows outside of the domain are worse, on the hardest split that has some and others."""
    for split in reversed(kind_and_hard(facts.evidence)):
        sides = {line["part"]: line for line in records(by_domain(facts.evidence.predictions, split))}
        inside, outside = sides.get("inside"), sides.get("outside")
        if inside is None or outside is None or not inside["mae"] > 0:
            continue  # with an element left out, all of its rows are outside
        if outside["n_predictions"] < FEWEST_OUTSIDE:
            return [
                f"Only {outside['n_predictions']} of {split_words(split)} lie outside of its domain: too few to judge."
            ]
        share = outside["n_predictions"] / (inside["n_predictions"] + outside["n_predictions"])
        ratio = outside["mae"] / inside["mae"]
        verdict = "" if ratio >= 1.2 else ": the domain does not tell good from bad here"
        return [
            f"Outside of its domain ({percent(share)} of {split_words(split)}) the error is {times(ratio)} "
            f"that inside{verdict}."
        ]
    return []
