"""What a table of metabolites holds."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.stats import skew

from matterlearn.studies.case_page import CasePage
from matterlearn.studies.metabolite_cases import BUNDLED, ER, PLASMA, TITLES, TUMOUR, MetaboliteCase
from matterlearn.studies.page import Column

N_EXAMPLES = 6
"""Columns that are shown."""

SKEWED = 2.0
"""Skewness from which a column counts as strongly skewed: that of an exponential distribution."""

ROWS_ARE = {
    PLASMA: "Blood plasma: {_n_positive} samples of patients with breast cancer ({_positive}) and {_n_negative} of"
    " controls ({_negative}), {_n_columns} metabolites each. The source states no unit; the numbers are relative"
    " signals.",
    ER: "Tumour tissue: {_n_positive} tumours without oestrogen receptors ({_positive}) and {_n_negative} with"
    " ({_negative}), {_n_columns} metabolites each, which the source has centred and scaled over all rows, the later"
    " test rows among them.",
    TUMOUR: "Tissue: {_n_positive} samples of tumours ({_positive}) and {_n_negative} of normal breast ({_negative}),"
    " {_n_columns} metabolites each, as intensities relative to a typical value of one. Where nothing was measured the"
    " source has put the smallest value of the metabolite.",
    BUNDLED: "No metabolites: images of cell nuclei from {_n_rows} tumours, {_n_positive} of them malignant and"
    " {_n_negative} benign, with {_n_columns} measurements of size, shape and texture each.",
}
"""What the rows and columns are."""


def add_describe(part: CasePage, case: MetaboliteCase) -> None:
    """Write the section on a table.

    Parameters
    ----------
    part : CasePage
        Gets a new section.
    case : MetaboliteCase
        The table.
    """
    values = case.values
    constant = np.ptp(values, axis=0) == 0
    with np.errstate(invalid="ignore"):
        skewness = np.where(constant, 0.0, skew(np.where(constant, np.arange(len(values))[:, None], values), axis=0))
    n_positive = int(case.y.sum())
    part.section(f"The data: {TITLES[case.key]}")
    part.add(
        n_rows=len(case.y),
        n_columns=values.shape[1],
        positive=case.positive,
        negative=case.negative,
        n_positive=n_positive,
        n_negative=len(case.y) - n_positive,
        positive_share=n_positive / len(case.y),
        n_missing=int(np.isnan(values).sum()),
        n_rejected=case.dataset.n_rejected if case.dataset else 0,
        n_constant=int(constant.sum()),
        constant=[name for name, flat in zip(case.names, constant, strict=True) if flat],
        n_zeros=int((values == 0).sum()),
        n_piled=int(_piled(values)[~constant].sum()),
        value_min=values.min(),
        value_median=np.median(values),
        value_max=values.max(),
        n_skewed=int((skewness > SKEWED).sum()),
        skewed=SKEWED,
        n_unnamed=sum(name.startswith("X -") for name in case.names),
        majority_accuracy=max(n_positive, len(case.y) - n_positive) / len(case.y),
        n_patients=len(np.unique(case.groups)),
    )
    part.text(
        ROWS_ARE[case.key],
        "The matrix of inputs has the shape ({_n_rows}, {_n_columns}), the labels the shape ({_n_rows}).",
        "{_positive_share:.0%} of the rows are {_positive}, the class that is looked for; who always names the larger"
        " class is right for {_majority_accuracy:.0%}.",
    )
    part.text(
        "{_n_missing} cells are empty." if part["n_missing"] else "No cell is empty.",
        "{_n_zeros} cells are 0." if part["n_zeros"] else "",
        "The numbers run from {_value_min:.3g} to {_value_max:.3g} with a median of {_value_median:.3g}.",
        f"{{_n_skewed}} {case.columns_are} are strongly skewed to the right (skewness above {{_skewed:.0f}}): a few"
        " large values stand above many small ones."
        if part["n_skewed"]
        else "",
        _constant_columns(part, case),
        f"In {{_n_piled}} {case.columns_are} more than half of the rows have the same smallest value."
        if part["n_piled"]
        else "",
        "{_n_unnamed} columns, whose names begin with X, are compounds that nobody has identified."
        if part["n_unnamed"]
        else "",
    )
    part.table(
        "columns",
        _columns(case),
        [
            Column("column", "column"),
            Column("role", "what it is"),
            Column("low", "smallest", ".3g"),
            Column("middle", "median", ".3g"),
            Column("high", "largest", ".3g"),
        ],
        f"The columns that are no inputs, and the first {case.columns_are}.",
    )
    _add_patients(part, case)


def _constant_columns(part: CasePage, case: MetaboliteCase) -> str:
    if part["n_constant"] == 1:
        return f"One {case.column_is}, {{_constant}}, is the same in all rows and can tell nothing."
    return f"{{_n_constant}} {case.columns_are} are the same in all rows." if part["n_constant"] else ""


def _piled(values: Any) -> Any:
    return (values == values.min(axis=0)).mean(axis=0) > 0.5


def _columns(case: MetaboliteCase) -> list[dict[str, Any]]:
    roles = {
        "patient_id": "number of the patient; no input",
        "sample_id": "number of the sample; no input",
        "label_in_metabolite_file": "label in the file of the metabolites; no input",
        "age_years": "age; no input, but see below",
        "race": "race as published; no input",
    }
    lines: list[dict[str, Any]] = [{"column": "label", "role": "what is to be told from the inputs"}]
    for name in case.facts.columns:
        numbers = case.ages if name == "age_years" else None
        lines.append({"column": str(name), "role": roles.get(str(name), "no input"), **_range(numbers)})
    for name in case.names[:N_EXAMPLES]:
        lines.append({"column": name, "role": f"{case.column_is}; input", **_range(case.X[name].to_numpy(dtype=float))})
    return lines


def _range(values: Any) -> dict[str, Any]:
    return {} if values is None else {"low": values.min(), "middle": np.median(values), "high": values.max()}


def _add_patients(part: CasePage, case: MetaboliteCase) -> None:
    """Say what the rows themselves say against the labels, and which are of one patient."""
    part.add(n_disputed=int(case.disputed.sum()), n_twice=len(case.y) - len(np.unique(case.groups)))
    if part["n_disputed"]:
        rows = np.flatnonzero(case.disputed)
        part.table(
            "disputed",
            [
                {
                    "row": int(row) + 1,
                    "age": float(case.ages[row]) if case.ages is not None else None,
                    "label": str(case.labels[row]),
                    "other": str(case.facts["label_in_metabolite_file"].iloc[row]),
                }
                for row in rows
            ],
            [
                Column("row", "row", "d"),
                Column("age", "age (years)", ".0f"),
                Column("label", "label in the file of the patients, used here"),
                Column("other", "label in the file of the metabolites"),
            ],
            "{_n_disputed} rows have two published labels that disagree. The study follows the file of the patients, as"
            " the course does, and says below what these rows change.",
        )
    if part["n_twice"]:
        part.text(
            "The {_n_rows} rows are of {_n_patients} patients: {_n_twice} gave a second sample, which stays on the side"
            " of the first one in every split."
        )
