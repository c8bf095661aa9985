"""All checks on one data set."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matterlearn.core.parallel import single_thread
from matterlearn.data.dataset import Dataset
from matterlearn.validation.folds import Fold
from matterlearn.validation.leaks.duplicates import find_contradictions, find_duplicates
from matterlearn.validation.leaks.groups import find_groups
from matterlearn.validation.leaks.identifier import find_identifiers
from matterlearn.validation.leaks.leak import CHECKS, Leak
from matterlearn.validation.leaks.near_duplicates import find_near_duplicates
from matterlearn.validation.leaks.row_order import find_row_order
from matterlearn.validation.leaks.sibling import find_siblings
from matterlearn.validation.leaks.subject import Subject


def find_leaks(dataset: Dataset, folds: Sequence[Fold], *, descriptors: Any, seed: int = 0) -> list[Leak]:
    """Look for what makes the scores on these folds kinder than what a model will meet.

    Looks for equal and nearly equal rows on both sides of a fold, equal rows with different targets, columns that give
    the target away, identifiers that predict it, an order of the table that tells it, and groups of rows that random
    folds ignore.

    Parameters
    ----------
    dataset : Dataset
        Clean rows; several targets with missing values may be among them.
    folds : sequence of Fold
        Folds of all splits that are scored.
    descriptors : transformer
        From the input columns to a float array; cloned.
    seed : int
        Seed of all draws: the same seed gives the same findings.

    Returns
    -------
    list of Leak
        Warnings first, then in the order of `CHECKS`.

    Examples
    --------
    >>> import pandas as pd
    >>> from matterlearn.data.dataset import make_dataset
    >>> from matterlearn.features.table_features import table_features
    >>> from matterlearn.validation.folds import make_folds
    >>> metals = ["Li", "Na", "K", "Rb", "Cs", "Mg", "Ca", "Sr", "Ba", "Zn"]
    >>> rows = [(a + x, i * j % 7.0) for i, a in enumerate(metals) for j, x in enumerate(["F", "Cl", "S"])]
    >>> table = pd.DataFrame(rows, columns=["formula", "gap_eV"])
    >>> dataset = make_dataset(table.assign(hull=table["gap_eV"] ** 3), "gap_eV", inputs=["formula", "hull"])
    >>> features = table_features(dataset.inputs, dataset.kinds, representation="descriptors")
    >>> found = find_leaks(dataset, make_folds("random", dataset, features=features), descriptors=features)
    >>> found[0].check, found[0].severity, found[0].column
    ('sibling', 'warning', 'hull')
    """
    subject = Subject(dataset, folds, descriptors, seed)
    with single_thread():
        found = [
            *find_duplicates(subject),
            *find_contradictions(subject),
            *find_near_duplicates(subject),
            *find_siblings(subject),
            *find_identifiers(subject),
            *find_row_order(subject),
            *find_groups(subject),
        ]
    return sorted(found, key=lambda leak: (leak.severity != "warning", CHECKS.index(leak.check)))
