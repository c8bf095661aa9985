"""The sentences on a model of classes that a hurried reader can trust."""

from __future__ import annotations

import numpy as np

from matterlearn.report.class_facts import ClassFacts
from matterlearn.report.rows import ELEMENT, kind_and_hard, records
from matterlearn.report.sentences import broken_symmetries, by_split, data_warnings
from matterlearn.report.words import LIKE_TRAINING, percent, short_list, short_number, split_kind, split_words, times
from matterlearn.validation.breakdown import by_domain
from matterlearn.validation.classes.metrics import expected_calibration_error
from matterlearn.validation.classes.scores import CLASS_SHARES
from matterlearn.validation.evidence import Evidence

N_DRAWS = 300
"""Times that classes are drawn from the stated probabilities, to see what calibration error chance gives."""

FEWEST_OUTSIDE = 10
"""Rows outside of the domain below which their errors say nothing."""

NEAREST = "1-nearest neighbour"


def class_headline(evidence: Evidence, facts: ClassFacts | None = None) -> list[str]:
    """Return sentences that say how well classes are told apart, where not, and how sure.

    Parameters
    ----------
    evidence : Evidence
        Of one target of classes.
    facts : ClassFacts, optional
        Of the same evidence, where they are known already.

    Returns
    -------
    list of str
        The first is the shortest honest summary.
    """
    facts = facts or ClassFacts(evidence)
    return [
        _scores(facts),
        *data_warnings(evidence),
        *broken_symmetries(evidence),
        *_confounders(evidence),
        *([facts.imbalance] if facts.imbalance else []),
        *_against_baselines(facts),
        *_easier(facts),
        *_unseen_elements(facts),
        *_probabilities(facts),
        *_refusal(facts),
        *_sets(facts),
        *_domain(facts),
    ]


def _confounders(evidence: Evidence) -> list[str]:
    """Name the columns that are no inputs and tell the class alone: the inputs may tell them instead."""
    leaks = evidence.diagnostics.get("leaks", [])
    named = [str(leak["column"]) for leak in leaks if leak["check"] == "sibling" and leak["severity"] == "note"]
    if not named:
        return []
    what, them = ("is no input and tells", "it") if len(named) == 1 else ("are no inputs and each tell", "them")
    told = f"{short_list(', '.join(named))} {what} {evidence.data['target']} alone"
    return [f"{told}: what the inputs tell may be told by {them}."]


def _scores(facts: ClassFacts) -> str:
    """Return the first sentence: how well classes are told apart on each split, beside guessing."""
    parts = []
    for split in facts.splits:
        line = facts.model_scores[split]
        if line["balanced_accuracy"] != line["balanced_accuracy"]:
            right = f" (right {percent(line['accuracy'])})" if line["accuracy"] == line["accuracy"] else ""
            parts.append(f"{split_words(split)}: rows of one class only, which tell nothing apart{right}")
            continue
        said = [f"ROC AUC {_decimals(line['roc_auc'])}", f"balanced accuracy {percent(line['balanced_accuracy'])}"]
        said.append(f"log loss {short_number(line['log_loss'])}{_guessing(facts, split)}")
        parts.append(f"{split_words(split)}: {', '.join(text for text in said if not text.endswith(' '))}")
    found = "; ".join(parts)
    return f"{found[:1].upper()}{found[1:]}." if found else "The model was not judged on rows it had not seen."


def _guessing(facts: ClassFacts, split: str) -> str:
    scores = facts.scores
    lines = scores[(scores["split"] == split) & (scores["model"] == CLASS_SHARES)]
    return f" (guessing {short_number(lines['log_loss'].iloc[0])})" if len(lines) else ""


def _against_baselines(facts: ClassFacts) -> list[str]:
    """Say what the baselines reach, and where something trivial is as good."""
    relative = by_split({split: facts.model_scores[split]["relative_log_loss"] for split in facts.splits})
    sentences = [f"Of the log loss of guessing by the class shares, that is: {relative}."] if relative else []
    for split in facts.splits:
        model, words = facts.model_scores[split], split_words(split)
        others = facts.scores[(facts.scores["split"] == split) & (facts.scores["role"] == "baseline")]
        lines = {str(line["model"]): line for line in records(others)}
        best = min(lines, key=lambda name: lines[name]["log_loss"], default=None)
        if model["log_loss"] != model["log_loss"]:
            continue
        if best is not None and model["log_loss"] >= lines[best]["log_loss"]:
            losses = f"log loss {short_number(lines[best]['log_loss'])}, the model {short_number(model['log_loss'])}"
            sentences.append(f"No better than a trivial baseline on {words}: {best} has {losses}.")
        elif NEAREST in lines and lines[NEAREST]["balanced_accuracy"] >= model["balanced_accuracy"]:
            sentences.append(
                f"To name the class of the most similar training row decides as well on {words}: balanced accuracy "
                f"{percent(lines[NEAREST]['balanced_accuracy'])}, the model {percent(model['balanced_accuracy'])}."
            )
    return sentences


def _easier(facts: ClassFacts) -> list[str]:
    if facts.kind is None:
        return []
    usual = facts.model_scores[facts.kind]["log_loss"]
    return [
        f"The {split_words(split)} is easier than random rows: it proves little."
        for split in facts.splits
        if split_kind(split) not in (*LIKE_TRAINING, ELEMENT) and facts.model_scores[split]["log_loss"] < usual
    ]


def _unseen_elements(facts: ClassFacts) -> list[str]:
    kind, hard = facts.kind, next(iter(facts.element_splits), None)
    if kind is None or hard is None:
        return []
    wrong, usual = (1.0 - facts.model_scores[split]["accuracy"] for split in (hard, kind))
    if wrong != wrong:  # rows of one class only
        return []
    worst = facts.by_fold(hard).iloc[0]
    hardest = ""
    if worst["log_loss"] == worst["log_loss"]:
        left_out = short_list(str(worst["held_out"]))
        hardest = f"; log loss is largest without {left_out}: {short_number(worst['log_loss'])}"
    lines = facts.left_out_elements
    lines = lines[lines["n_rows"] >= FEWEST_OUTSIDE]
    named = ", ".join(f"{line['element']} {percent(line['mae'])}" for line in records(lines.head(3)))
    return [
        f"With elements left out, {percent(wrong)} of the decisions are wrong, on random rows {percent(usual)}"
        f"{hardest}" + (f". Elements with most wrong decisions where training lacks them: {named}." if named else ".")
    ]


def calibration_by_chance(facts: ClassFacts, split: str) -> tuple[float, float]:
    """Return the calibration error of a split, and one that chance alone exceeds in one of a hundred draws.

    The error is not 0 for probabilities that are exactly right, because shares of few rows differ from them. So classes
    are drawn from the stated probabilities, for every row the same in all its predictions.

    Parameters
    ----------
    facts : ClassFacts
        Of one target.
    split : str
        Name of the split.

    Returns
    -------
    measured, chance : float
    """
    rows = facts.rows(split).counted
    rng = np.random.default_rng(0)
    limits = np.cumsum(rows.P, axis=1)[:, :-1]  # (n_samples, n_classes - 1)
    _, number = np.unique(rows.row_id, return_inverse=True)
    drawn = []
    for _ in range(N_DRAWS):
        codes = (rng.random(number.max(initial=-1) + 1)[number, None] > limits).sum(axis=1)
        drawn.append(expected_calibration_error(codes, rows.P, rows.weight, positive=facts.positive))
    measured = expected_calibration_error(rows.codes, rows.P, rows.weight, positive=facts.positive)
    return measured, float(np.quantile(drawn, 0.99))


def _probabilities(facts: ClassFacts) -> list[str]:
    """Say on which splits probabilities come true, and in which direction they do not."""
    believed, doubted = [], []
    for split in kind_and_hard(facts.evidence):
        measured, chance = calibration_by_chance(facts, split)
        off, by_chance = (f"{100 * value:.1f}\N{NO-BREAK SPACE}%" for value in (measured, chance))
        words = f"{split_words(split)} (off by {off} on average; by chance up to {by_chance})"
        if measured <= chance:
            believed.append(words)
            continue
        rows = facts.rows(split).counted
        right = np.argmax(rows.P, axis=1) == rows.codes
        sure = np.average(rows.P.max(axis=1) - right, weights=rows.weight) > 0
        doubted.append(f"{words}: they are too {'sure' if sure else 'careful'}")
    said = [f"Probabilities come true on {' and on '.join(believed)}."] if believed else []
    return said + ([f"Probabilities do not come true on {'; nor on '.join(doubted)}."] if doubted else [])


def _refusal(facts: ClassFacts) -> list[str]:
    """Say how many rows are refused, and how right the answers are beside what was wanted."""
    said, short = [], []
    wanted = None if facts.error_rate is None else 1.0 - facts.error_rate
    for split in kind_and_hard(facts.evidence):
        line = facts.model_scores[split]
        refused = 1.0 - line["answered"]
        if not line["answered"] > 0:
            said.append(f"on {split_words(split)} all rows")
            continue
        ends = f"{percent(line['accuracy_answered_low'])} to {percent(line['accuracy_answered_high'])}"
        said.append(
            f"on {split_words(split)} {percent(refused)} of the rows, and {percent(line['accuracy_answered'])} of the "
            f"answers are right ({ends})"
        )
        if wanted is not None and line["accuracy_answered_high"] < wanted:
            short.append(split_words(split))
    if not said:
        return []
    sentence = f"The model refuses {'; '.join(said)}."
    if wanted is not None:
        sentence += f" Wanted were {percent(wanted)}" + (f": fewer on {' and on '.join(short)}." if short else ".")
    promised = facts.of_folds(facts.splits[0], "theta_promised")
    if promised and not any(promised):
        sentence += " No threshold could promise that on so few rows."
    return [sentence]


def _sets(facts: ClassFacts) -> list[str]:
    lines = {split: facts.model_scores[split] for split in kind_and_hard(facts.evidence)}
    held = by_split({split: line["set_coverage"] for split, line in lines.items()})
    if not held:
        return []
    sizes = ", ".join(f"{line['set_size']:.1f}" for line in lines.values() if line["set_size"] == line["set_size"])
    return [f"Sets of classes that promise {percent(facts.level)} held: {held}; classes in a set on average: {sizes}."]


def _domain(facts: ClassFacts) -> list[str]:
    """Say whether decisions outside of the domain are worse, on the hardest split that has some and others."""
    for split in reversed(kind_and_hard(facts.evidence)):
        sides = {line["part"]: line for line in records(by_domain(facts.errors, split))}
        inside, outside = sides.get("inside"), sides.get("outside")
        if inside is None or outside is None or not inside["mae"] > 0:
            continue
        if outside["n_predictions"] < FEWEST_OUTSIDE:
            continue
        ratio = outside["mae"] / inside["mae"]
        verdict = "" if ratio >= 1.2 else ": the domain does not tell good from bad here"
        return [
            f"Outside of its domain {percent(outside['mae'])} of the decisions are wrong ({split_words(split)}), "
            f"{times(ratio)} as many as inside{verdict}."
        ]
    return []


def _decimals(value: float) -> str:
    return f"{value:.3f}" if value == value else ""
