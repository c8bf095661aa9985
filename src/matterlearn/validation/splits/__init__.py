"""Ways to divide rows into what a model learns from and what it is tested on.

Every class is a scikit-learn splitter: it has `split(X, y, groups)` and `get_n_splits(X, y, groups)` and goes into
`cross_val_score`, `cross_validate` and `GridSearchCV`. `groups` are what a split leaves out together: the number of
each row's duplicate group, values of a column, or, for the splits by element, the set of elements of each row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from matterlearn.core.lazy import lazy_exports

if TYPE_CHECKING:
    from matterlearn.validation.splits.chemical_systems import chemical_system
    from matterlearn.validation.splits.clusters import ClusterSplit
    from matterlearn.validation.splits.element_groups import ElementGroupSplit
    from matterlearn.validation.splits.extremes import ExtremesSplit
    from matterlearn.validation.splits.group_values import GroupSplit
    from matterlearn.validation.splits.possible import no_element_split, why_no_element_split
    from matterlearn.validation.splits.random_rows import RandomSplit
    from matterlearn.validation.splits.single_elements import ElementSplit
    from matterlearn.validation.splits.stratified import StratifiedSplit

__all__ = [
    "ClusterSplit",
    "ElementGroupSplit",
    "ElementSplit",
    "ExtremesSplit",
    "GroupSplit",
    "RandomSplit",
    "StratifiedSplit",
    "chemical_system",
    "no_element_split",
    "why_no_element_split",
]

__getattr__, __dir__ = lazy_exports(
    __name__,
    {
        "ClusterSplit": "matterlearn.validation.splits.clusters",
        "ElementGroupSplit": "matterlearn.validation.splits.element_groups",
        "ElementSplit": "matterlearn.validation.splits.single_elements",
        "ExtremesSplit": "matterlearn.validation.splits.extremes",
        "GroupSplit": "matterlearn.validation.splits.group_values",
        "RandomSplit": "matterlearn.validation.splits.random_rows",
        "StratifiedSplit": "matterlearn.validation.splits.stratified",
        "chemical_system": "matterlearn.validation.splits.chemical_systems",
        "no_element_split": "matterlearn.validation.splits.possible",
        "why_no_element_split": "matterlearn.validation.splits.possible",
    },
)
