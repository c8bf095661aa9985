"""The studies by name, and how one is run."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from matterlearn.core.errors import ArgumentError, did_you_mean
from matterlearn.core.parallel import available_workers
from matterlearn.core.writing import staged_folder
from matterlearn.studies.run import LARGEST_SEED, StudyRun

STUDIES: Mapping[str, str] = MappingProxyType(
    {
        "perovskites": "energy above hull of ABO3 oxides: one-hot bits against descriptors, on unseen elements",
        "perovskite-search": "a network on one-hot bits, its hyper-parameters searched on a grid with folds",
        "perovskite-alloys": "energy above hull of alloyed perovskite oxides from site fractions with a small network",
        "metabolomics": "breast cancer from metabolites: classifiers judged properly, the confounder first",
        "conformers": "a force field learned from conformers: why it fails, the audit that shows it, what mends it",
        "learning-foundations": "what learning rests on: eleven experiments whose answers are known, no data needed",
    }
)
"""Name of each study and what it shows."""

PAGE = "study.html"
"""A folder that holds this file was written by a study and may be replaced."""

_MODULES: Mapping[str, str] = MappingProxyType(
    {
        "perovskites": "matterlearn.studies.perovskites",
        "perovskite-search": "matterlearn.studies.perovskite_search",
        "perovskite-alloys": "matterlearn.studies.perovskite_alloys",
        "metabolomics": "matterlearn.studies.metabolomics",
        "conformers": "matterlearn.studies.conformers",
        "learning-foundations": "matterlearn.studies.learning_foundations",
    }
)

_OF_METABOLITES = ("metabolomics",)


def run_study(
    name: str,
    out: str | os.PathLike[str],
    *,
    quick: bool = False,
    demo: bool = False,
    seed: int = 0,
    say: Callable[[str], object] = lambda message: None,
    pathways: str | os.PathLike[str] | None = None,
) -> Path:
    """Run a study and write its page, its numbers and its figures into a folder.

    Parameters
    ----------
    name : str
        One of `STUDIES`.
    out : path-like
        The folder, which gets `study.html`, `numbers.json` and `figures/`. An earlier study there is replaced.
    quick : bool
        About a minute instead of several: cheaper models where many are fitted, and the page says which.
    demo : bool
        Use the embedded set instead of the one in the data home.
    seed : int
        The same seed gives the same numbers on one machine.
    say : callable
        Gets one line of text as each part begins.
    pathways : path-like, optional
        CSV file with the columns `metabolite` and `pathway`, for a study of metabolites.

    Returns
    -------
    pathlib.Path
        The folder.

    Raises
    ------
    ArgumentError
        If there is no such study, the seed is out of range, or the study has no metabolites and gets pathways.
    DataError
        If the data set is not in the data home, or the folder cannot be written or holds something else.

    Examples
    --------
    >>> run_study("perovskits", "out")
    Traceback (most recent call last):
    matterlearn.core.errors.ArgumentError: study: there is none named 'perovskits'; did you mean 'perovskites'?
    """
    if name not in STUDIES:
        raise ArgumentError(f"there is none named {name!r}", where="study", fix=did_you_mean(name, STUDIES))
    if not 0 <= seed <= LARGEST_SEED:
        raise ArgumentError(f"must be between 0 and {LARGEST_SEED}, got {seed}", where="seed")
    if pathways is not None and name not in _OF_METABOLITES:
        fix = f"leave it out; these take one: {', '.join(_OF_METABOLITES)}"
        raise ArgumentError(f"the study {name!r} has no metabolites", where="map", fix=fix)
    run = StudyRun(
        name=name,
        quick=quick,
        demo=demo,
        seed=seed,
        workers=available_workers(),
        say=say,
        pathways=None if pathways is None else Path(pathways),
    )
    with staged_folder(out, known_by=PAGE) as staging:
        importlib.import_module(_MODULES[name]).build(run).write(staging)
    return Path(out)
