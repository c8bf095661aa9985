"""What transformers of whole compositions have in common: formulas or mappings in, flat arrays out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matterlearn.chemistry.elements import SYMBOLS
from matterlearn.chemistry.formulas import parse_formula
from matterlearn.chemistry.sites import parse_site
from matterlearn.core.errors import MatterlearnError
from matterlearn.features.base import MatterTransformer
from matterlearn.features.flat import FlatCompositions, flatten

ELEMENT_CODES: Mapping[str, int] = {symbol: code for code, symbol in enumerate(SYMBOLS)}


class CompositionTransformer(MatterTransformer):
    """Base of the transformers of formulas and of mappings element -> amount."""

    __module__ = "matterlearn.features.composition_base"

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.dict = True
        return tags

    def _column(self) -> str:
        """Return the name of the column of formulas, empty where it came without one."""
        return str(self.feature_names_in_[0]) if hasattr(self, "feature_names_in_") else ""

    def _flatten(self, objects: NDArray[np.object_], first_row: int) -> FlatCompositions:
        return flatten(objects, _read_composition, ELEMENT_CODES, first_row=first_row)


def _read_composition(value: Any) -> Mapping[str, float]:
    """Read a formula, or a mapping whose keys are symbols or have one (pymatgen's elements do)."""
    if isinstance(value, str):
        return parse_formula(value)
    if isinstance(value, Mapping):
        return parse_site({getattr(key, "symbol", key): amount for key, amount in value.items()}, ions={})
    raise MatterlearnError(f"a {type(value).__name__} is neither a formula nor a mapping element -> amount")
