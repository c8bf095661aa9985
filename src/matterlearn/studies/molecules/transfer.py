"""Molecules that were never seen, of another size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from matterlearn.chemistry.molecules.conformers import Conformers
from matterlearn.core.errors import MatterlearnError
from matterlearn.core.parallel import single_thread
from matterlearn.data.generators.conformers.conformer_set import ENERGY
from matterlearn.data.generators.conformers.making import make_conformers
from matterlearn.studies.molecules.data import MOLECULE, ConformerData, Floats
from matterlearn.studies.molecules.fitting import Fitted
from matterlearn.studies.molecules.learners import Learner
from matterlearn.studies.page import Column, StudyPage
from matterlearn.studies.run import StudyRun

SMALLER = "CC(CC)CC(C)(CC)O"
"""The molecule without the ends of its chains."""

FAMILY = ("CCC(C)(C)O", "CCCC(C)O", "CC(C)CC(C)O", "CCCCC(C)(C)O", "CC(CC)CC", "CCCCCO")
"""Smaller molecules of the same kinds of atoms, to learn from together."""

USEFUL = 0.5
"""Part of the error of one energy for all below which a model has carried something over."""

N_EACH, N_EACH_QUICK = 600, 150
"""Conformers that are tried of each molecule."""

Set = tuple[Conformers, Floats]


def add_transfer(page: StudyPage, data: ConformerData, fitted: Mapping[str, Fitted], run: StudyRun) -> None:
    """Write the section on molecules that were never seen.

    Parameters
    ----------
    page : StudyPage
        Gets a new section.
    data : ConformerData
        The conformers.
    fitted : mapping of str to Fitted
        By key.
    run : StudyRun
        What was asked for.
    """
    page.section("A molecule that was never seen")
    n_each = N_EACH_QUICK if run.quick else N_EACH
    smaller = _set([SMALLER], n_each, run)
    family = _set(FAMILY, n_each, run)
    target = (data.test, data.y_test)
    rows = []
    for one in fitted.values():
        run.say(f"another molecule: {one.learner.name}")
        line = {
            "model": one.learner.name,
            **_judged("down", one.model, one.learner, smaller),
            **_judged("up", _trained(one.learner, family), one.learner, target),
        }
        reasons = [f"{way}: {line[f'{way}_why']}" for way in ("down", "up") if f"{way}_why" in line]
        rows.append({**line, "why": "; ".join(reasons)})
    page.add(
        smaller_smiles=SMALLER,
        smaller_atoms=int(smaller[0].sizes[0]),
        n_smaller=len(smaller[1]),
        family_smiles=", ".join(FAMILY),
        n_family=len(family[1]),
        fewest_family_atoms=int(family[0].sizes.min()),
        most_family_atoms=int(family[0].sizes.max()),
        smaller_spread=_spread(smaller[1]),
        target_spread=_spread(data.y_test),
    )
    page.text(
        "Two questions to models that may be asked of a molecule of another size. Down: learned from {molecule} alone,"
        " predicting {n_smaller} conformers of {smaller_smiles} ({smaller_atoms} atoms). Up: learned from {n_family}"
        " conformers of six smaller molecules ({family_smiles}; {fewest_family_atoms} to {most_family_atoms} atoms),"
        " predicting the {n_test} test conformers of {molecule} ({n_atoms} atoms).",
        "Which conformer is lower, and by how much, is what chemistry asks; so errors are of energies about their mean"
        " over the molecule, and the error of that mean stands beside.",
    )
    page.table(
        "transfer",
        rows,
        [
            Column("model", "learns from"),
            Column("down_mae", "down: MAE (kcal/mol)", ".2f"),
            Column("down_shift", "error of the mean", "+.1f"),
            Column("up_mae", "up: MAE (kcal/mol)", ".2f"),
            Column("up_shift", "error of the mean", "+.1f"),
            Column("why", "where there is no number"),
        ],
        "Saying that all conformers have one energy errs by {smaller_spread:.2f} (down) and {target_spread:.2f}"
        " kcal/mol (up): a model that does not come below has learned nothing that carries over. A representation whose"
        " width is that of one molecule refuses another one.",
    )
    _add_verdict(page, rows)


def _add_verdict(page: StudyPage, rows: Sequence[Mapping[str, Any]]) -> None:
    """Say which models carry over, and by how much the means are off."""
    for way, spread, words in (
        ("down", page.numbers["smaller_spread"], "to the smaller molecule"),
        ("up", page.numbers["target_spread"], "from smaller ones to the larger"),
    ):
        known = [row for row in rows if row.get(f"{way}_mae") is not None]
        useful = sorted(
            (row for row in known if row[f"{way}_mae"] < USEFUL * spread), key=lambda row: row[f"{way}_mae"]
        )
        names = "; ".join(f"{row['model']} ({row[f'{way}_mae']:.2f})" for row in useful) or "none"
        shifts = [abs(row[f"{way}_shift"]) for row in useful]
        means = f" Their means are off by {min(shifts):.1f} to {max(shifts):.1f} kcal/mol." if shifts else ""
        page.add(**{f"{way}_useful": [row["model"] for row in useful], f"{way}_refused": len(rows) - len(known)})
        page.text(
            f"{words[0].upper()}{words[1:]}, {len(useful)} of {len(known)} models that can be asked err by less than"
            f" half of what one energy for all errs by: {names}.{means}"
        )
    page.text(
        "The energy of a molecule as a whole needs more molecules than these: in a few of them the numbers of atoms, of"
        " bonds and of angles go together, so that nothing tells what each is worth."
    )


def _spread(energies: Floats) -> float:
    """Return the mean absolute deviation from the mean, what one energy for all errs by."""
    return float(np.mean(np.abs(energies - energies.mean())))


def _set(smiles: Sequence[str], n: int, run: StudyRun) -> Set:
    # Small molecules have few different conformers; unpruned ones still differ in bond lengths and angles.
    made = make_conformers(list(smiles), n, prune=0, seed=run.seed, workers=run.workers, progress=False)
    return made.conformers, made.facts[ENERGY].to_numpy(dtype=float)


def _trained(learner: Learner, family: Set) -> Any:
    """Return the learner after the family, or why it cannot learn from it."""
    try:
        with single_thread():
            return learner.make().fit(learner.inputs(family[0]), family[1])
    except MatterlearnError as error:
        return error


def _judged(key: str, model: Any, learner: Learner, test: Set) -> dict[str, Any]:
    conformers, energies = test
    try:
        if isinstance(model, MatterlearnError):
            raise model
        with single_thread():
            prediction = np.asarray(model.predict(learner.inputs(conformers)), dtype=float)
    except (MatterlearnError, ValueError) as error:  # ValueError: scikit-learn's, of a matrix of another width
        what = error.what if isinstance(error, MatterlearnError) else str(error)
        return {f"{key}_mae": None, f"{key}_shift": None, f"{key}_why": _short(what)}
    shift = float(np.mean(prediction) - np.mean(energies))
    return {f"{key}_mae": float(np.mean(np.abs(prediction - energies - shift))), f"{key}_shift": shift}


def _short(text: str) -> str:
    sentence = text.rpartition("): ")[2].splitlines()[0].partition("; ")[0].partition(", but")[0]
    return sentence if len(sentence) <= 110 else f"{sentence[:107]}..."


__all__ = ["FAMILY", "MOLECULE", "SMALLER", "add_transfer"]
