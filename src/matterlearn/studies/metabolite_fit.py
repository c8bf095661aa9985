"""The best candidate of `fit` on a table of metabolites, and the models of the exercise on the same folds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from matterlearn.studies.auc_interval import auc
from matterlearn.studies.metabolite_cases import MetaboliteCase, Split
from matterlearn.studies.metabolite_models import Floats, FoldScores, fold_models, on_folds
from matterlearn.studies.run import StudyRun
from matterlearn.validation.evidence import Evidence
from matterlearn.workflow.fit import fit

SPLIT = "random"


@dataclass(frozen=True)
class BestOfFit:
    """What `fit` finds, on rows that chose nothing.

    Attributes
    ----------
    evidence : Evidence
        Of the whole procedure.
    folds : sequence of (ndarray, ndarray)
        Training and test positions of its outer folds.
    auc : ndarray, shape (n_folds,)
        Area under the ROC curve on each.
    beside : dict of str to FoldScores
        The models of the exercise on the same folds.
    """

    evidence: Evidence
    folds: Sequence[Split]
    auc: Floats
    beside: dict[str, FoldScores]


def best_of_fit(case: MetaboliteCase, run: StudyRun, models: Sequence[str] | None = None) -> BestOfFit:
    """Let `fit` choose a model, and fit the models of the exercise on its outer folds.

    Parameters
    ----------
    case : MetaboliteCase
        The table.
    run : StudyRun
        With seed and processes.
    models : sequence of str, optional
        Families of candidates; all that `fit` has by default.

    Returns
    -------
    BestOfFit
        Of the full plan: no clock decides, so the same seed gives the same numbers.
    """
    frame = case.X.reset_index(drop=True).assign(**{_label(case): case.labels})
    table = case.dataset if case.dataset is not None else frame
    target, inputs = (None, None) if case.dataset is not None else (_label(case), case.names)
    found = fit(
        table,
        target,
        inputs=inputs,
        positive=case.positive,
        budget=None,
        models=models,
        seed=run.seed,
        workers=run.workers,
    )
    lines = _lines(found.evidence, case)
    place = {int(row): number for number, row in enumerate(found.dataset.frame.index)}
    folds, areas = [], []
    for _, part in lines.groupby(["repeat", "fold"], sort=True):
        test = np.array([place[int(row)] for row in part["row_id"]], dtype=np.intp)
        folds.append((np.setdiff1d(np.arange(len(case.y)), test), test))
        areas.append(auc(case.y[test], part["prediction"].to_numpy(dtype=float)))
    beside = {name: on_folds(model, case.values, case.y, folds) for name, model in fold_models(run.quick).items()}
    return BestOfFit(found.evidence, folds, np.array(areas), beside)


def _label(case: MetaboliteCase) -> str:
    """Return a name for the labels that no column has."""
    return "label" if "label" not in case.X.columns else "label of the row"


def _lines(evidence: Evidence, case: MetaboliteCase) -> pd.DataFrame:
    """Return the probability of the class that is looked for, of each test row."""
    table: Any = evidence.predictions
    wanted = (table["role"] == "model") & (table["split"] == SPLIT) & (table["class"] == case.positive)
    return pd.DataFrame(table[wanted])
