"""Metal, indirect or direct gap: a network as classifier where one type outnumbers the others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from matterlearn.core.errors import TrainingError
from matterlearn.report.figures.confusion import confusion
from matterlearn.studies.band_type_models import (
    N_FOLDS,
    PLAIN,
    SETS,
    WEIGHTED,
    BandTypes,
    Judged,
    band_types,
    judge,
    scores,
)
from matterlearn.studies.page import Column, StudyPage, listed
from matterlearn.studies.run import StudyRun
from matterlearn.validation.binomial import binomial_interval

PREFIXES: Mapping[str, str] = MappingProxyType({"perovskite_oxides_unalloyed": "oxides_", "perov5_gap": "perov5_"})
"""How the numbers of each table begin."""

LABELS: Mapping[str, str] = MappingProxyType(
    {"perovskite_oxides_unalloyed": "Oxides ABO₃", "perov5_gap": "Perov-5 ABX₃"}
)
"""What the tables are called in figures and titles."""

RELIABLE = 2.8
"""Mean change over the folds, in standard errors, from which it counts as more than chance: Student's t for 95 %."""


@dataclass(frozen=True)
class _Found:
    """One table and what the networks make of it."""

    name: str
    types: BandTypes
    judged: Mapping[str, Judged]

    @property
    def prefix(self) -> str:
        return PREFIXES[self.name]


def add_band_types(page: StudyPage, run: StudyRun, settings: Mapping[str, Any]) -> None:
    """Write the section on the classifier.

    Parameters
    ----------
    page : StudyPage
        Gets a new section.
    run : StudyRun
        With the seed. The embedded set has no band types.
    settings : mapping of str to Any
        Arguments of `MLPClassifier`: what the search has found.
    """
    page.section("Metal, indirect or direct gap")
    if run.demo:
        page.text(
            "Left out in a demonstration: the energies of the embedded set come from an interatomic potential, which"
            " knows no electrons, so its crystals have no bands and no types of gap."
        )
        return
    found = {name: types for name in SETS if (types := band_types(name)) is not None}
    page.text(
        "The alloyed table states no type of gap. The same network, as a classifier, therefore learns from other tables"
        f" that do: {listed(list(found)) or 'none of which is in the data home'}."
        + "".join(f" {name} is not in the data home and left out." for name in SETS if name not in found),
        "A metal has no gap. A gap is direct if the highest occupied and the lowest empty state have the same wave"
        " vector, so that light alone lifts an electron across; else it is indirect.",
    )
    if not found:
        return
    page.source(**{f"band types, {LABELS[name]}": _source(types) for name, types in found.items()})
    page.add(band_folds=N_FOLDS, band_test_share=1 / N_FOLDS)
    page.text(
        "The network has the settings that the search has found, with one output for each type, and its loss is the"
        " cross-entropy. {band_test_share:.0%} of the rows are the test, drawn so that it holds the same share of every"
        " type. With class weights a row of a rare type counts more in the loss, so that every type has the same weight"
        " in all."
    )
    for name, types in found.items():
        run.say(f"band types of {name}")
        _add_set(page, name, types, judge(types, settings, run))


def _add_set(page: StudyPage, name: str, types: BandTypes, judged: Mapping[str, Judged | TrainingError]) -> None:
    good = {variant: result for variant, result in judged.items() if isinstance(result, Judged)}
    found = _Found(name, types, good)
    _add_rows(page, found)
    for variant, result in judged.items():
        if isinstance(result, TrainingError):
            page.text(f"The {variant}, cannot be trained with these settings ({result.what}); it is left out.")
    if not good:
        return
    _add_scores(page, found)
    page.figure(
        f"confusion-{name.replace('_', '-')}",
        confusion(
            {
                f"{rows}{', class weights' if variant == WEIGHTED else ''}": result.pairs[part]
                for variant, result in good.items()
                for part, rows in (("train", "learned from"), ("test", "test rows"))
            },
            types.classes,
        ),
        f"{LABELS[name]}: number of rows, and their share of the actual type, on the rows learned from (left) and the"
        " test rows (right)" + (", without (top) and with class weights (bottom)." if len(good) > 1 else "."),
    )
    page.text(*(_in_set(sentence, found) for sentence in (_against_majority(found), _rare(page, found))))
    if len(good) > 1:
        page.text(*(_in_set(sentence, found) for sentence in (_counts(page, found), _trade(page, found))))


def _add_rows(page: StudyPage, found: _Found) -> None:
    types = found.types
    counts = types.counts
    page.add(
        **{
            found.prefix + name: value
            for name, value in {
                "n_rows": len(types.y),
                "n_inputs": types.X.shape[1],
                "majority": types.majority,
                "majority_share": counts[types.majority] / len(types.y),
                **{f"n_{kind}": count for kind, count in counts.items()},
                **{f"share_{kind}": count / len(types.y) for kind, count in counts.items()},
            }.items()
        }
    )
    kinds = listed([f"{{_n_{kind}}} {kind} ({{_share_{kind}:.1%}})" for kind in types.classes])
    sentences = [f"{LABELS[found.name]}: {{_n_rows:,}} rows, {kinds}."]
    if "X" in types.sites:
        mixed, ambiguous = _without_anions(types)
        page.add(**{f"{found.prefix}n_pairs_mixed": mixed, f"{found.prefix}n_pairs_ambiguous": ambiguous})
        sentences.append(
            "Here the anions differ, too, and are inputs beside A and B ({_n_inputs} numbers): {_n_pairs_mixed} pairs"
            " of A and B stand with more than one anion, and {_n_pairs_ambiguous} of them have more than one type of"
            " gap."
        )
    else:
        sentences.append("Inputs are the {_n_inputs} bits of the elements on A and B; the anion is always oxygen.")
    page.text(*(_in_set(sentence, found) for sentence in sentences))


def _add_scores(page: StudyPage, found: _Found) -> None:
    types = found.types
    (y_train, _), (y, _) = (next(iter(found.judged.values())).pairs[part] for part in ("train", "test"))
    page.add(**{f"{found.prefix}n_train": len(y_train), f"{found.prefix}n_test": len(y)})
    pairs: dict[str, Any] = {f"always {types.majority}": {"test": (y, np.full(len(y), types.majority))}}
    pairs |= {variant: result.pairs for variant, result in found.judged.items()}
    lines = []
    for name, parts in pairs.items():
        test = scores(parts["test"], types.classes)
        line = {"model": name, "accuracy": test["accuracy"], "balanced": test["balanced"]}
        line |= {f"recall_{kind}": value for kind, value in zip(types.classes, test["recall"], strict=True)}
        line["train_balanced"] = scores(parts["train"], types.classes)["balanced"] if "train" in parts else None
        lines.append(line)
    page.table(
        f"{found.prefix}scores",
        lines,
        [
            Column("model", "model"),
            Column("accuracy", "accuracy", ".3f"),
            Column("balanced", "balanced accuracy", ".3f"),
            *(Column(f"recall_{kind}", f"recall, {kind}", ".2f") for kind in types.classes),
            Column("train_balanced", "balanced, rows learned from", ".3f"),
        ],
        _in_set(
            "On {_n_test:,} test rows; {_n_train:,} rows to learn from. Recall is the share of the rows of a type that"
            " get it; balanced accuracy is the mean recall of the types.",
            found,
        ),
    )
    short = {f"always {types.majority}": "majority", PLAIN: "plain", WEIGHTED: "weighted"}
    page.add(
        **{
            f"{found.prefix}{short[line['model']]}_{key}": line[key]
            for line in lines
            for key in ("accuracy", "balanced", "train_balanced")
        }
    )


def _against_majority(found: _Found) -> str:
    """Return what accuracy is worth where one class outnumbers the others."""
    kind = "plain" if PLAIN in found.judged else "weighted"
    _, prediction = found.judged[PLAIN if PLAIN in found.judged else WEIGHTED].pairs["test"]
    return (
        "Accuracy says little here: who always says {_majority} is right for {_majority_accuracy:.1%} of the test rows,"
        f" the network for {{_{kind}_accuracy:.1%}}. In balanced accuracy it is {{_majority_balanced:.2f}} against"
        f" {{_{kind}_balanced:.2f}}."
        + (
            " The network itself has become one that always says {_majority}."
            if np.all(prediction == found.types.majority)
            else ""
        )
    )


def _rare(page: StudyPage, found: _Found) -> str:
    """Return how little is known of the rarest type."""
    y, prediction = found.judged[WEIGHTED if WEIGHTED in found.judged else PLAIN].pairs["test"]
    kind = min(found.types.counts, key=found.types.counts.__getitem__)
    rows = y == kind
    if not rows.any():
        return f"No test row is {kind}."
    hits = int(np.sum(prediction[rows] == kind))
    low, high = binomial_interval(hits / rows.sum(), rows.sum())
    page.add(
        **{
            f"{found.prefix}rare_{name}": value
            for name, value in {"type": kind, "hits": hits, "rows": rows.sum(), "low": low, "high": high}.items()
        }
    )
    with_weights = "With class weights, " if WEIGHTED in found.judged else ""
    return (
        f"{with_weights}{{_rare_hits}} of the {{_rare_rows}} test rows that are {{_rare_type}} get their type, a share"
        " that so few rows leave anywhere between {_rare_low:.0%} and {_rare_high:.0%} (95 % interval)."
    )


def _counts(page: StudyPage, found: _Found) -> str:
    """Return what class weights change, in rows."""
    numbers: dict[str, Any] = {}
    for short, variant in (("plain", PLAIN), ("weighted", WEIGHTED)):
        y, prediction = found.judged[variant].pairs["test"]
        rare = y != found.types.majority
        numbers |= {
            "n_rare": rare.sum(),
            "n_common": np.sum(~rare),
            f"{short}_found": np.sum(prediction[rare] == y[rare]),
            f"{short}_lost": np.sum(prediction[~rare] != y[~rare]),
        }
    page.add(**{found.prefix + name: value for name, value in numbers.items()})
    return (
        "With class weights {_weighted_found} of the {_n_rare} test rows that are not {_majority} get their own type,"
        " against {_plain_found} without; and {_weighted_lost} of the {_n_common} that are {_majority} get a wrong one,"
        " against {_plain_lost}."
    )


def _trade(page: StudyPage, found: _Found) -> str:
    """Return whether class weights pay: on these test rows, and over all folds where they were fitted."""
    numbers = page.numbers
    gain = numbers[f"{found.prefix}weighted_balanced"] - numbers[f"{found.prefix}plain_balanced"]
    cost = numbers[f"{found.prefix}plain_accuracy"] - numbers[f"{found.prefix}weighted_accuracy"]
    page.add(**{f"{found.prefix}balanced_gain": gain, f"{found.prefix}accuracy_cost": cost})
    if gain > 0 and cost > 0:
        said = (
            "So weights buy {_balanced_gain:.3f} of balanced accuracy for {_accuracy_cost:.3f} of accuracy: whoever"
            " looks for the rare types takes them and checks more false alarms; whoever wants few wrong labels does"
            " not."
        )
    elif gain > 0:
        said = "So on these test rows weights gain {_balanced_gain:.3f} of balanced accuracy and cost no accuracy."
    elif cost > 0:
        said = "So on these test rows weights do not pay: they cost accuracy and gain no balanced accuracy."
    else:
        said = "So on these test rows weights gain no balanced accuracy, and cost no accuracy either."
    return f"{said} {_over_folds(page, found)}"


def _over_folds(page: StudyPage, found: _Found) -> str:
    """Return by how much the balanced accuracy changes over the folds."""
    plain, weighted = (np.array(found.judged[variant].balanced) for variant in (PLAIN, WEIGHTED))
    if len(plain) < 2:
        return "How far another draw of the test would change that is not computed in a quick study."
    change = weighted - plain
    mean, sd = float(change.mean()), float(change.std(ddof=1))
    page.add(
        **{
            f"{found.prefix}folds_{name}": value
            for name, value in {
                "plain": plain.mean(),
                "plain_sd": plain.std(ddof=1),
                "weighted": weighted.mean(),
                "weighted_sd": weighted.std(ddof=1),
                "change": mean,
                "change_sd": sd,
                "wins": np.sum(change > 0),
            }.items()
        }
    )
    sure = abs(mean) > RELIABLE * sd / np.sqrt(len(change))
    verdict = ("a gain" if mean > 0 else "a loss") if sure else "which the draw of the rows may explain"
    return (
        "With each fifth of the rows as the test in turn, balanced accuracy is {_folds_plain:.2f} ±"
        " {_folds_plain_sd:.2f} without and {_folds_weighted:.2f} ± {_folds_weighted_sd:.2f} with weights; the change"
        " is {_folds_change:.3f} ± {_folds_change_sd:.3f} and above 0 in {_folds_wins} of {band_folds}: "
        f"{verdict}."
    )


def _without_anions(types: BandTypes) -> tuple[int, int]:
    """Return pairs of A and B with more than one anion, and those of them with more than one band type."""
    by_pair: dict[str, set[str]] = {}
    n_rows: dict[str, int] = {}
    cells = types.dataset.X
    for a, b, kind in zip(cells["A"], cells["B"], types.y.tolist(), strict=True):
        pair = f"{sorted(a)}{sorted(b)}"
        by_pair.setdefault(pair, set()).add(kind)
        n_rows[pair] = n_rows.get(pair, 0) + 1
    mixed = [pair for pair, n in n_rows.items() if n > 1]
    return len(mixed), sum(len(by_pair[pair]) > 1 for pair in mixed)


def _in_set(sentence: str, found: _Found) -> str:
    """Let the numbers whose names begin with _ be those of a table."""
    return sentence.replace("{_", "{" + found.prefix)


def _source(types: BandTypes) -> str:
    dataset = types.dataset
    parts = (dataset.name, dataset.citation, f"licence: {dataset.licence}" if dataset.licence else None)
    return "; ".join(filter(None, [*parts, f"sha256 {dataset.sha256}" if dataset.sha256 else None]))
