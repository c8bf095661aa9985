"""Scores of pathways in place of single metabolites, from a map that the user supplies."""

from __future__ import annotations

import numpy as np
from sklearn.pipeline import make_pipeline

from matterlearn.features.pathways import PathwayScores, read_pathways
from matterlearn.studies.auc_interval import auc
from matterlearn.studies.case_page import CasePage
from matterlearn.studies.corrected_test import corrected_test
from matterlearn.studies.metabolite_cases import TITLES, MetaboliteCase
from matterlearn.studies.metabolite_models import FoldScores, positive, ridge, scaled
from matterlearn.studies.page import Column, listed
from matterlearn.studies.parts.metabolite_folds import N_REPEATS
from matterlearn.studies.run import StudyRun

MOST_SHOWN = 15
"""Pathways in the table of the page."""


def add_pathways(part: CasePage, case: MetaboliteCase, run: StudyRun, logistic: FoldScores) -> None:
    """Write the section on pathways; without a map, say how one is given.

    Parameters
    ----------
    part : CasePage
        Gets a new section.
    case : MetaboliteCase
        The table.
    run : StudyRun
        With the file of the map, if there is one.
    logistic : FoldScores
        Of the logistic pipeline on the metabolites themselves, on the repeated folds.
    """
    part.section(f"Pathways: {TITLES[case.key]}")
    part.add(has_map=run.pathways is not None)
    if run.pathways is None:
        part.text(
            "The source of the plasma table does not learn from single metabolites but from scores of pathways, one"
            " number for all metabolites of a pathway. That needs a map of metabolites to pathways, which comes with no"
            " table here: a CSV file with the columns metabolite and pathway, handed over as --map FILE. Left out in"
            " this run."
        )
        return
    pathways = read_pathways(run.pathways)
    scores = PathwayScores(pathways).fit(case.X)
    part.add(
        n_pathways=len(pathways),
        n_scored=len(scores.members_),
        n_too_small=len(scores.left_out_),
        n_missing_members=len({name for names in scores.missing_.values() for name in names}),
        missing_members=sorted({name for names in scores.missing_.values() for name in names}),
        n_mapped=len({column for members in scores.members_.values() for column in members}),
    )
    _add_table(part, case, scores)
    _add_score(part, case, pathways, logistic)


def _add_table(part: CasePage, case: MetaboliteCase, scores: PathwayScores) -> None:
    values = scores.transform(case.X)
    lines = [
        {
            "pathway": name,
            "members": len(members),
            "missing": len(scores.missing_.get(name, [])),
            "explained": scores.explained_[number],
            "auc": auc(case.y, values[:, number]),
        }
        for number, (name, members) in enumerate(scores.members_.items())
    ]
    lines.sort(key=lambda line: -abs(float(line["auc"]) - 0.5))
    shown = part["missing_members"][:MOST_SHOWN]
    part.text(
        "The map names {_n_pathways} pathways. {_n_scored} have at least two members in the table and are scored, with"
        f" {{_n_mapped}} of the {{_n_columns}} {case.columns_are};"
        + (" {_n_too_small} have fewer and are left out." if part["n_too_small"] else " none has fewer."),
        f"The table lacks {{_n_missing_members}} members of the map: {listed(shown)}"
        + (" and others." if part["n_missing_members"] > len(shown) else ".")
        if shown
        else "All members of the map are in the table.",
        "The score of a pathway is the first principal component of its scaled members, with the sign for which it"
        " rises with their mean. (The source paper uses the distance along a principal curve from the normal samples;"
        " the straight line looks at no label and can be written down.)",
    )
    part.table(
        "pathways",
        lines[:MOST_SHOWN],
        [
            Column("pathway", "pathway"),
            Column("members", "members in the table", "d"),
            Column("missing", "missing", "d"),
            Column("explained", "share of their variance", ".0%"),
            Column("auc", "AUC of the score alone", ".2f"),
        ],
        "The pathways whose score by itself tells most, here learned from all rows (without labels). An AUC below one"
        " half means a lower score in {_positive}.",
    )


def _add_score(part: CasePage, case: MetaboliteCase, pathways: dict[str, list[str]], logistic: FoldScores) -> None:
    areas = []
    for train, test in case.repeated_folds(part.page.run.seed, N_REPEATS):
        model = make_pipeline(PathwayScores(pathways), scaled(ridge())).fit(case.X.iloc[train], case.y[train])
        areas.append(auc(case.y[test], positive(model, case.X.iloc[test])))
    found = corrected_test(np.array(areas) - logistic.auc, part["test_per_train"])
    part.add(
        pathway_auc=np.mean(areas),
        pathway_sd=np.std(areas, ddof=1),
        pathway_gain=found.mean,
        pathway_gain_low=found.low,
        pathway_gain_high=found.high,
    )
    part.text(
        "Logistic regression (L2) on the {_n_scored} scores, learned inside each fold, has an AUC of {_pathway_auc:.3f}"
        f" ± {{_pathway_sd:.3f}} over {{n_all_folds}} folds; on the {{_n_columns}} {case.columns_are} themselves it has"
        " {_logistic_all_mean:.3f}. The difference is {_pathway_gain:.3f} [{_pathway_gain_low:.3f},"
        " {_pathway_gain_high:.3f}]: "
        + (
            "the folds do not show one."
            if found.low <= 0 <= found.high
            else "the scores are better."
            if found.mean > 0
            else "the scores lose something."
        ),
    )
