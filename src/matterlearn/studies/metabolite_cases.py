"""Tables of metabolites with two classes: plasma and two tissues, or a table that scikit-learn brings along."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.datasets import load_breast_cancer

from matterlearn.core.errors import DataError
from matterlearn.core.parallel import item_seed
from matterlearn.data.catalog import dataset_file, load_dataset
from matterlearn.data.dataset import Dataset
from matterlearn.studies.run import StudyRun
from matterlearn.validation.splits import StratifiedSplit

PLASMA, ER, TUMOUR, BUNDLED = "plasma", "er", "tumour", "bundled"
"""The tables; the names of their numbers begin so."""

SETS: Mapping[str, str] = MappingProxyType(
    {PLASMA: "breast_cancer_plasma", ER: "breast_cancer_er_status", TUMOUR: "breast_cancer_tumor_normal"}
)
"""Names in the catalogue."""

POSITIVE: Mapping[str, str] = MappingProxyType({PLASMA: "Cancer", ER: "ERn", TUMOUR: "TUMOR", BUNDLED: "malignant"})
"""The class that is looked for; of the receptor, its absence, which is the rarer."""

TITLES: Mapping[str, str] = MappingProxyType(
    {PLASMA: "plasma", ER: "receptor status", TUMOUR: "tumour or normal", BUNDLED: "cell nuclei"}
)
"""What the tables are called in titles."""

N_FOLDS = 5
"""Folds; one part in five is the test of 20 %."""

Split = tuple[NDArray[np.intp], NDArray[np.intp]]
"""Positions of the rows to learn from and of the rows to test on."""

_NOT_RACES = ("unknown", "")
_SAME_RACE: Mapping[str, str] = MappingProxyType(
    {"C": "White", "B": "Black", "Oriental": "Asian"}  # two sources, two spellings; "L" has no second one
)


@dataclass(frozen=True)
class MetaboliteCase:
    """A table with two classes.

    Attributes
    ----------
    key : str
        One of `PLASMA`, `ER`, `TUMOUR`, `BUNDLED`.
    dataset : Dataset or None
        Clean rows; None for the bundled table.
    X : DataFrame, shape (n_rows, n_columns)
        Numbers, one column per metabolite.
    labels : ndarray of str, shape (n_rows,)
        The two classes.
    groups : ndarray, shape (n_rows,)
        Rows with equal values are of one patient and stay together.
    facts : DataFrame
        Further columns of the rows, which are no inputs; may have none.
    citation, licence, sha256 : str or None
        Where the table comes from.
    """

    key: str
    dataset: Dataset | None
    X: pd.DataFrame
    labels: NDArray[np.str_]
    groups: NDArray[np.str_]
    facts: pd.DataFrame = field(default_factory=pd.DataFrame)
    citation: str | None = None
    licence: str | None = None
    sha256: str | None = None

    @property
    def is_demo(self) -> bool:
        """Whether this is the bundled table."""
        return self.key == BUNDLED

    @property
    def positive(self) -> str:
        """The class that is looked for."""
        return POSITIVE[self.key]

    @cached_property
    def negative(self) -> str:
        """The other class."""
        return str(np.unique(self.labels[self.labels != self.positive])[0])

    @cached_property
    def y(self) -> NDArray[np.intp]:
        """1 for the class that is looked for, else 0."""
        return np.asarray(self.labels == self.positive, dtype=np.intp)

    @cached_property
    def values(self) -> NDArray[np.float64]:
        """The numbers as a matrix."""
        return self.X.to_numpy(dtype=float, copy=True)

    @property
    def names(self) -> list[str]:
        """Names of the metabolites."""
        return [str(name) for name in self.X.columns]

    @property
    def columns_are(self) -> str:
        """What the columns are, in words."""
        return "measurements" if self.is_demo else "metabolites"

    @property
    def column_is(self) -> str:
        """What a column is, in a word."""
        return "measurement" if self.is_demo else "metabolite"

    @cached_property
    def ages(self) -> NDArray[np.float64] | None:
        """Age of each patient in years, if the table states it."""
        return self.facts["age_years"].to_numpy(dtype=float) if "age_years" in self.facts else None

    @cached_property
    def races(self) -> NDArray[np.str_] | None:
        """Race as published, with the spellings of one made equal; empty where it is not stated."""
        if "race" not in self.facts:
            return None
        stated = ["" if cell in _NOT_RACES else str(cell) for cell in self.facts["race"].fillna("")]
        return np.array([_SAME_RACE.get(name, name) for name in stated])

    @cached_property
    def disputed(self) -> NDArray[np.bool_]:
        """Rows for which the two published columns of labels disagree."""
        if "label_in_metabolite_file" not in self.facts:
            return np.zeros(len(self.y), dtype=bool)
        return np.asarray(self.facts["label_in_metabolite_file"].to_numpy(dtype=str) != self.labels)

    def folds(self, seed: int, repeat: int = 0) -> list[Split]:
        """Return folds with the same share of both classes in each; the samples of one patient stay together."""
        splitter = StratifiedSplit(N_FOLDS, random_state=item_seed(seed, "folds", repeat))
        return list(splitter.split(self.values, self.labels, groups=self.groups))

    def repeated_folds(self, seed: int, n_repeats: int) -> list[Split]:
        """Return the folds of several draws, the first draw first."""
        return [fold for repeat in range(n_repeats) for fold in self.folds(seed, repeat)]

    def random_split(self, seed: int, number: int = 0) -> Split:
        """Return 80 % and 20 % of the rows, with the same share of both classes."""
        splitter = StratifiedSplit(N_FOLDS, random_state=item_seed(seed, "split", number))
        return next(splitter.split(self.values, self.labels, groups=self.groups))


def metabolite_cases(run: StudyRun) -> list[MetaboliteCase]:
    """Return the tables of a study, the first case first.

    Parameters
    ----------
    run : StudyRun
        `run.demo` chooses the table that scikit-learn brings along.

    Returns
    -------
    list of MetaboliteCase
        Plasma and the tissue tables that are in the data home, or the bundled table alone.

    Raises
    ------
    DataError
        If a table that is in the data home cannot be used.
    """
    return [bundled_case()] if run.demo else [_case(key) for key in SETS if _is_there(SETS[key])]


def with_data_at_hand(run: StudyRun) -> StudyRun:
    """Return what was asked for, on the bundled table where the plasma table is not in the data home; say so then.

    Parameters
    ----------
    run : StudyRun
        What was asked for.
    """
    if run.demo or _is_there(SETS[PLASMA]):
        return run
    run.say(
        f"{SETS[PLASMA]} is not in the data home (MATTERLEARN_DATA): the same study on scikit-learn's own table of "
        "cell nuclei instead, as with --demo"
    )
    return replace(run, demo=True)


def bundled_case() -> MetaboliteCase:
    """Return scikit-learn's table of cell nuclei: 569 tumours, 30 measurements, no metabolites."""
    table = load_breast_cancer(as_frame=True)
    names = np.asarray(table.target_names, dtype=str)
    labels = names[table.target.to_numpy()]
    return MetaboliteCase(
        BUNDLED,
        None,
        table.data,
        labels,
        np.arange(len(labels)).astype(str),
        citation="W. N. Street, W. H. Wolberg and O. L. Mangasarian, Proc. SPIE 1905, 861 (1993)",
    )


def _is_there(name: str) -> bool:
    try:
        dataset_file(name)
    except DataError:
        return False
    return True


def _case(key: str) -> MetaboliteCase:
    dataset = load_dataset(SETS[key])
    kinds = set(np.unique(np.asarray(dataset.y, dtype=str)).tolist())
    if len(kinds) != 2 or POSITIVE[key] not in kinds:
        where, fix = str(dataset_file(SETS[key])), "put the published file back"
        raise DataError(f"the labels are {sorted(kinds)}, not two with {POSITIVE[key]!r}", where=where, fix=fix)
    facts = dataset.frame[[name for name in dataset.frame if name not in (*dataset.inputs, *dataset.targets)]]
    samples = facts.iloc[:, 0].to_numpy(dtype=str)
    return MetaboliteCase(
        key,
        dataset,
        dataset.X,
        np.asarray(dataset.y, dtype=str),
        np.array([_patient(sample) for sample in samples]) if key == PLASMA else samples,
        facts,
        dataset.citation,
        dataset.licence,
        dataset.sha256,
    )


def _patient(sample: str) -> str:
    """Return the patient of a sample: samples of one patient are numbered, as in PN00614-1 and PN00614-2."""
    stem, dash, number = sample.rpartition("-")
    return stem if dash and number.isdigit() else sample
