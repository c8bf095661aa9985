"""Leaks: reasons why a score may be kinder than what a model will meet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matterlearn.core.lazy import lazy_exports

if TYPE_CHECKING:
    from matterlearn.validation.leaks.finder import find_leaks
    from matterlearn.validation.leaks.leak import Leak

__all__ = ["Leak", "find_leaks"]

__getattr__, __dir__ = lazy_exports(
    __name__,
    {
        "find_leaks": "matterlearn.validation.leaks.finder",
        "Leak": "matterlearn.validation.leaks.leak",
    },
)
