"""Choosing columns: by their correlations, or by trying every subset."""

from __future__ import annotations

from matterlearn.core.lazy import lazy_exports

__getattr__, __dir__ = lazy_exports(
    __name__,
    {
        "BestSubset": "matterlearn.features.selection.best_subset",
        "PearsonFilter": "matterlearn.features.selection.pearson_filter",
    },
)
