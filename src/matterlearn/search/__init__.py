"""Search of hyper-parameters: every combination of a grid, or a sampler that learns from the trials before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matterlearn.core.lazy import lazy_exports

if TYPE_CHECKING:
    from matterlearn.search.grid_search import GridSearch
    from matterlearn.search.importance import parameter_importance
    from matterlearn.search.space import Choice, Float, Integer
    from matterlearn.search.tpe_search import TPESearch

__all__ = ["Choice", "Float", "GridSearch", "Integer", "TPESearch", "parameter_importance"]

__getattr__, __dir__ = lazy_exports(
    __name__,
    {
        "Choice": "matterlearn.search.space",
        "Float": "matterlearn.search.space",
        "GridSearch": "matterlearn.search.grid_search",
        "Integer": "matterlearn.search.space",
        "TPESearch": "matterlearn.search.tpe_search",
        "parameter_importance": "matterlearn.search.importance",
    },
)
