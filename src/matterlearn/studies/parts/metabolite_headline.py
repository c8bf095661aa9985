"""What the study has found, and what its table cannot show."""

from __future__ import annotations

from collections.abc import Sequence

from matterlearn.studies.case_page import CasePage
from matterlearn.studies.metabolite_cases import ER, PLASMA, TUMOUR, MetaboliteCase
from matterlearn.studies.page import StudyPage
from matterlearn.studies.parts.metabolite_confounder import TELLING

TOLD = {
    ER: "Receptor status from tumour tissue",
    TUMOUR: "Tumour or normal tissue",
}
"""What the further tables tell."""


def add_headline(page: StudyPage, cases: Sequence[MetaboliteCase]) -> None:
    """Write the headline.

    Parameters
    ----------
    page : StudyPage
        Complete; gets its headline.
    cases : sequence of MetaboliteCase
        The first case first.
    """
    first = CasePage(page, cases[0].key)
    if first.key == PLASMA:
        _plasma(page, first)
    else:
        page.headline(
            "Demonstration without metabolites: scikit-learn's table of cell nuclei in images of {bundled_n_rows}"
            " breast tumours, in place of the plasma table. It shows the steps, not the finding."
        )
        page.headline(
            first.whole(
                "Malignant against benign, over {n_all_folds} folds: AUC {_logistic_all_mean:.3f} ±"
                " {_logistic_all_sd:.3f} by logistic regression, {_forest_all_mean:.3f} ± {_forest_all_sd:.3f} by the"
                " forest. The table states no age, so what may stand behind the classes cannot be looked for."
            )
        )
    for case in cases[1:]:
        part = CasePage(page, case.key)
        page.headline(
            part.whole(
                f"{TOLD[case.key]} ({{_n_rows}} samples): AUC {{_logistic_all_mean:.3f}} ± {{_logistic_all_sd:.3f}} by"
                " logistic regression, {_forest_all_mean:.3f} ± {_forest_all_sd:.3f} by the forest; nothing but the"
                " label is known of these samples, so no confounder can be excluded."
            )
        )
    if page.run.quick:
        page.headline(
            first.whole(
                "Quick study: {_n_splits} random splits, {extra_n_trees} extra trees and fewer shuffles; the full study"
                " has more."
            )
        )


def _plasma(page: StudyPage, part: CasePage) -> None:
    page.headline(
        part.whole(
            "Age alone tells patients from controls with an AUC of {_age_forest_auc:.3f}; the {_n_columns} metabolites"
            " reach {_forest_all_mean:.3f} ± {_forest_all_sd:.3f} (forest) and {_logistic_all_mean:.3f} ±"
            " {_logistic_all_sd:.3f} (logistic regression). No control is aged {_gap_low:.0f} to {_gap_high:.0f},"
            " {_n_in_gap} of {_n_positive} patients are."
        )
    )
    low = min(part["like_logistic_low"], part["like_forest_low"])
    page.headline(
        part.whole(
            "Among persons of the same age, {_n_shared_positive} patients and {_n_shared_negative} controls, it is"
            " {_like_logistic:.2f} [{_like_logistic_low:.2f}, {_like_logistic_high:.2f}] (logistic regression) and"
            " {_like_forest:.2f} [{_like_forest_low:.2f}, {_like_forest_high:.2f}] (forest). "
            + (
                "So the metabolites differ between the two groups beyond age; "
                if low > 0.5
                else "Whether the metabolites tell anything beyond age is not settled; "
            )
            + "what this table cannot show is how well they would detect cancer at {_gap_low:.0f} to {_gap_high:.0f},"
            " where no control is, nor whether it is the cancer that they see"
            + (
                ": the number under which a patient was registered tells the classes, too (AUC {_number_auc:.2f})."
                if page.numbers.get("plasma_number_auc", 0) > TELLING
                else "."
            )
        )
    )
