"""Atomic fractions of a composition."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import compress

import numpy as np
from numpy.typing import NDArray

from matterlearn.chemistry.elements import SYMBOLS
from matterlearn.features.arguments import Unknown, check_unknown, checked_names
from matterlearn.features.base import chunks
from matterlearn.features.composition_base import ELEMENT_CODES, CompositionTransformer
from matterlearn.features.feature_facts import AMOUNT, FeatureFacts
from matterlearn.features.vocabulary import amounts_over


class CompositionFractions(CompositionTransformer):
    """Atomic fraction of each element of a vocabulary.

    Parameters
    ----------
    vocabulary : sequence of str, optional
        Symbols of the elements that get a feature, in this order. By default the elements seen in `fit`, by atomic
        number.
    unknown : {"error", "ignore", "other"}
        What to do with an element that is not in the vocabulary: refuse the sample, leave it out (the fractions then
        sum to less than 1), or add it to a last feature.

    Attributes
    ----------
    vocabulary_ : tuple of str
        Symbols, in the order of the features.

    Examples
    --------
    >>> fractions = CompositionFractions().fit(["Fe2O3", "TiO2"])
    >>> fractions.vocabulary_
    ('O', 'Ti', 'Fe')
    >>> fractions.transform(["Fe2O3"]).tolist()
    [[0.6, 0.0, 0.4]]
    """

    __module__ = "matterlearn.features.composition_fractions"

    def __init__(self, vocabulary: Sequence[str] | None = None, unknown: Unknown = "error") -> None:
        self.vocabulary = vocabulary
        self.unknown = unknown

    def _check_parameters(self) -> None:
        check_unknown(self.unknown)
        if self.vocabulary is not None:
            checked_names(self.vocabulary, argument="vocabulary", what="element", known=SYMBOLS)

    def _learn(self, objects: NDArray[np.object_]) -> None:
        if self.vocabulary is not None:
            self.vocabulary_ = tuple(self.vocabulary)
            return
        is_seen = np.zeros(len(SYMBOLS), dtype=bool)
        for row, chunk in chunks(objects):
            is_seen[self._flatten(chunk, row).codes] = True
        self.vocabulary_ = tuple(compress(SYMBOLS, is_seen))

    def _features(self, objects: NDArray[np.object_], first_row: int) -> NDArray[np.float64]:
        flat = self._flatten(objects, first_row)
        amounts = amounts_over(
            self.vocabulary_,
            flat,
            ELEMENT_CODES,
            unknown=self.unknown,
            cells=objects,
            first_row=first_row,
            column=None,
        )
        return amounts / np.add.reduceat(flat.amounts, flat.offsets[:-1])[:, None]

    def _names(self) -> list[str]:
        names = [f"fraction of {symbol}" for symbol in self.vocabulary_]
        return [*names, "fraction of other elements"] if self.unknown == "other" else names

    def _facts(self) -> list[FeatureFacts]:
        return [FeatureFacts(AMOUNT, name, self._column()) for name in self._names()]
