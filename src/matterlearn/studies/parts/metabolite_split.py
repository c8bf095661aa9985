"""80 % to learn from, 20 % to test on, and a scale that is learned from the 80 %."""

from __future__ import annotations

import numpy as np

from matterlearn.studies.case_page import CasePage
from matterlearn.studies.figures.scaled_moments import scaled_moments
from matterlearn.studies.metabolite_cases import ER, TITLES, MetaboliteCase
from matterlearn.studies.metabolite_models import SplitData
from matterlearn.studies.page import Column


def add_split(part: CasePage, case: MetaboliteCase, split: SplitData) -> None:
    """Write the section on the split and the scale.

    Parameters
    ----------
    part : CasePage
        Gets a new section.
    case : MetaboliteCase
        The table.
    split : SplitData
        The split.
    """
    part.section(f"Split and scale: {TITLES[case.key]}")
    arrays = {"X_train": split.X_train, "X_test": split.X_test, "y_train": split.y_train, "y_test": split.y_test}
    part.add(
        n_train=len(split.train),
        n_test=len(split.test),
        test_share=len(split.test) / len(case.y),
        train_positive_share=split.y_train.mean(),
        test_positive_share=split.y_test.mean(),
        n_test_positive=int(split.y_test.sum()),
        n_test_negative=int((split.y_test == 0).sum()),
    )
    part.table(
        "shapes",
        [{"array": name, "shape": str(array.shape)} for name, array in arrays.items()],
        [Column("array", "array"), Column("shape", "shape")],
        "{_test_share:.0%} of the rows are the test. The draw is stratified: {_train_positive_share:.1%} of the"
        " training and {_test_positive_share:.1%} of the test rows are {_positive}.",
    )
    _add_moments(part, case, split)


def _add_moments(part: CasePage, case: MetaboliteCase, split: SplitData) -> None:
    raw = case.values[split.train]
    varies = np.ptp(raw, axis=0) > 0
    moments = {
        name: (X.mean(axis=0)[varies], X.var(axis=0)[varies])
        for name, X in (("training", split.X_train), ("test", split.X_test))
    }
    part.add(
        raw_mean_min=raw.mean(axis=0).min(),
        raw_mean_max=raw.mean(axis=0).max(),
        raw_variance_min=raw.var(axis=0)[varies].min(),
        raw_variance_max=raw.var(axis=0).max(),
        train_mean_off=np.abs(moments["training"][0]).max(),
        train_variance_off=np.abs(moments["training"][1] - 1).max(),
        test_mean_min=moments["test"][0].min(),
        test_mean_max=moments["test"][0].max(),
        test_variance_min=moments["test"][1].min(),
        test_variance_median=np.median(moments["test"][1]),
        test_variance_max=moments["test"][1].max(),
        n_flat_train=int((~varies).sum()),
    )
    part.text(
        f"Before scaling, the means of the {case.columns_are} over the training rows run from {{_raw_mean_min:.3g}} to"
        " {_raw_mean_max:.3g} and the variances from {_raw_variance_min:.3g} to {_raw_variance_max:.3g}. A penalty on"
        " the weights would hit hardest where the numbers are small, so each column is moved to mean 0 and variance 1:",
    )
    part.formula("x′ = (x − μ) / σ,  with μ and σ² the mean and the variance of the column over the training rows")
    part.text(
        "With StandardScaler fitted on the training rows, their means are 0 to {_train_mean_off:.1e} and their"
        " variances 1 to {_train_variance_off:.1e}.",
        "The {_n_flat_train} columns that are constant there stay 0." if part["n_flat_train"] > 1 else "",
        "The test rows are moved by the same μ and σ, so their means need not be 0 (they run from {_test_mean_min:.2f}"
        " to {_test_mean_max:.2f}) nor their variances 1 (from {_test_variance_min:.2g} to {_test_variance_max:.2g},"
        " median {_test_variance_median:.2f}). That is as it must be: a patient who comes tomorrow is not there when"
        " the scale is made.",
        "In this table the source has scaled all rows together before, so something of the test rows is in the inputs"
        " already; what that can do is measured on the first table."
        if case.key == ER
        else "",
    )
    part.figure(
        "scaled-moments",
        scaled_moments(moments),
        f"Mean and variance of each of the {case.columns_are} after scaling. The training rows lie in one point by"
        " construction; the test rows scatter around it, the more the fewer and the more skewed they are.",
    )
