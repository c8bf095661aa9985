"""Importances: impurity importance beside permutation importance."""

from __future__ import annotations

import numpy as np
from scipy.stats import spearmanr

from matterlearn.core.parallel import item_seed
from matterlearn.studies.auc_interval import auc
from matterlearn.studies.case_page import CasePage
from matterlearn.studies.figures.importances import importances
from matterlearn.studies.metabolite_cases import TITLES, MetaboliteCase
from matterlearn.studies.metabolite_models import Floats, forest, positive
from matterlearn.studies.page import Column
from matterlearn.studies.run import StudyRun

N_SHUFFLES, N_QUICK_SHUFFLES = 30, 5
"""Times that each column is shuffled in each fold, in a full and in a quick study."""

N_SHOWN = 10

ALIKE = 0.8
"""Correlation from which two columns can stand in for each other."""


def forest_importances(case: MetaboliteCase, seed: int, n_shuffles: int) -> tuple[Floats, Floats]:
    """Return both importances of each column on each fold.

    Parameters
    ----------
    case : MetaboliteCase
        The table.
    seed : int
        Seed of the folds, the forests and the shuffles.
    n_shuffles : int
        Times that each column is shuffled.

    Returns
    -------
    impurity, permutation : ndarray, shape (n_folds, n_columns)
        Share of the fall of the Gini impurity on the training rows; and fall of the AUC on the test rows when the
        column is shuffled among them. A column that no tree asks for has 0 in both.
    """
    impurity, permutation = [], []
    for number, (train, test) in enumerate(case.folds(seed)):
        model = forest(number).fit(case.values[train], case.y[train])
        rng = np.random.default_rng(item_seed(seed, "shuffles", number))
        X, y = case.values[test], case.y[test]
        whole = auc(y, positive(model, X))
        falls = np.zeros(X.shape[1])
        for column in np.flatnonzero(model.feature_importances_):
            shuffled = np.tile(X, (n_shuffles, 1))
            shuffled[:, column] = np.concatenate([rng.permutation(X[:, column]) for _ in range(n_shuffles)])
            p = positive(model, shuffled).reshape(n_shuffles, len(X))
            falls[column] = np.mean([whole - auc(y, row) for row in p])
        impurity.append(model.feature_importances_)
        permutation.append(falls)
    return np.array(impurity), np.array(permutation)


def add_importance(part: CasePage, case: MetaboliteCase, run: StudyRun) -> None:
    """Write the section on importances.

    Parameters
    ----------
    part : CasePage
        Gets a new section.
    case : MetaboliteCase
        The table.
    run : StudyRun
        With the seed. A quick study shuffles less often.
    """
    impurity, permutation = forest_importances(case, run.seed, N_QUICK_SHUFFLES if run.quick else N_SHUFFLES)
    part.section(f"Importances: {TITLES[case.key]}")
    order = np.argsort(-impurity.mean(axis=0), kind="stable")[:N_SHOWN]
    used = impurity.any(axis=0)
    varies = np.ptp(case.values, axis=0) > 0
    ranks = spearmanr(case.values[:, varies]).statistic
    closest = np.zeros(len(varies))
    np.fill_diagonal(ranks, 0)
    closest[varies] = np.abs(ranks).max(axis=1)
    by_permutation = np.argsort(-permutation.mean(axis=0), kind="stable")[:N_SHOWN]
    part.add(
        n_used=int(used.sum()),
        n_shuffles=N_QUICK_SHUFFLES if run.quick else N_SHUFFLES,
        n_in_both=len(set(order.tolist()) & set(by_permutation.tolist())),
        n_important_shown=N_SHOWN,
        n_alike=int(np.sum(closest[order] >= ALIKE)),
        alike=ALIKE,
        importance_agreement=spearmanr(impurity.mean(axis=0)[used], permutation.mean(axis=0)[used]).statistic,
        largest_fall=permutation.mean(axis=0).max(),
    )
    part.text(
        "Two ways to ask what matters. Impurity: how much of the separation of the training rows is due to splits on a"
        " column, which sums to one whether or not anything was learned. Permutation: how far the AUC on the test rows"
        f" falls if a column is shuffled among them ({{_n_shuffles}} times in each of {{n_folds}} folds). The forest"
        f" asks {{_n_used}} of the {{_n_columns}} {case.columns_are} at all.",
    )
    part.table(
        "importance",
        [
            {
                "metabolite": case.names[column],
                "impurity": impurity[:, column].mean(),
                "impurity_sd": impurity[:, column].std(ddof=1),
                "permutation": permutation[:, column].mean(),
                "permutation_sd": permutation[:, column].std(ddof=1),
                "closest": closest[column],
            }
            for column in order
        ],
        [
            Column("metabolite", case.column_is),
            Column("impurity", "impurity", ".3f"),
            Column("impurity_sd", "spread", ".3f"),
            Column("permutation", "fall of the AUC", ".4f"),
            Column("permutation_sd", "spread", ".4f"),
            Column("closest", "correlation with the nearest other", ".2f"),
        ],
        "The first {_n_important_shown} by impurity; means and standard deviations over the folds. The correlation is"
        " Spearman's, without sign.",
    )
    part.figure(
        "importance",
        importances([case.names[column] for column in order], impurity[:, order], permutation[:, order]),
        "Impurity importance (left) and fall of the AUC when shuffled (right) of the same columns; bars reach one"
        " standard deviation over the folds.",
    )
    part.text(
        "{_n_in_both} of the first {_n_important_shown} by impurity are also among the first by permutation; over all"
        " that the forest uses, the two rankings have a rank correlation of {_importance_agreement:.2f}.",
        "The largest fall is {_largest_fall:.3f}: no single column carries the forest, whose trees ask {_n_used} of"
        " them, and where columns are alike others stand in for the one that is shuffled ({_n_alike} of those shown"
        " have"
        f" a correlation of {{_alike:.1f}} or more with another column). So a small fall does not mean that a"
        f" {case.column_is} has nothing to do with the label."
        if part["largest_fall"] < 0.1
        else "",
    )
