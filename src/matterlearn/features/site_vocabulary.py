"""What transformers with one feature per site and species have in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import compress

import numpy as np
from numpy.typing import NDArray

from matterlearn.chemistry.ions import Ion
from matterlearn.core.errors import ArgumentError
from matterlearn.features.arguments import Unknown, check_unknown, checked_names
from matterlearn.features.base import chunks
from matterlearn.features.feature_facts import AMOUNT, FeatureFacts
from matterlearn.features.site_base import SiteTransformer
from matterlearn.features.vocabulary import amounts_over


class SiteVocabularyTransformer(SiteTransformer):
    """Base of the transformers whose features are the species of a vocabulary, site by site."""

    __module__ = "matterlearn.features.site_vocabulary"

    def __init__(
        self,
        vocabulary: Sequence[str] | Mapping[str, Sequence[str]] | None = None,
        sites: Sequence[str] | None = None,
        unknown: Unknown = "error",
        ions: Mapping[str, Ion] | None = None,
    ) -> None:
        self.vocabulary = vocabulary
        self.sites = sites
        self.unknown = unknown
        self.ions = ions

    def _check_parameters(self) -> None:
        super()._check_parameters()
        check_unknown(self.unknown)
        lists = self.vocabulary.values() if isinstance(self.vocabulary, Mapping) else [self.vocabulary]
        for symbols in lists:
            if self.vocabulary is not None:
                checked_names(symbols, argument="vocabulary", what="species", known=self._species())

    def _learn(self, objects: NDArray[np.object_]) -> None:
        if self.vocabulary is None:
            self.vocabulary_ = self._seen(objects)
        elif isinstance(self.vocabulary, Mapping):
            missing = [site for site in self.sites_ if site not in self.vocabulary]
            if missing:
                raise ArgumentError(f"has no entry for site {missing[0]!r}", where="vocabulary", fix="add one")
            self.vocabulary_ = {site: tuple(self.vocabulary[site]) for site in self.sites_}
        else:
            self.vocabulary_ = dict.fromkeys(self.sites_, tuple(self.vocabulary))

    def _seen(self, objects: NDArray[np.object_]) -> dict[str, tuple[str, ...]]:
        species = self._species()
        is_seen = np.zeros((len(self.sites_), len(species)), dtype=bool)
        for row, chunk in chunks(objects):
            for s, flat in enumerate(self._flatten(chunk, row, species)):
                is_seen[s, flat.codes] = True
        return {site: tuple(compress(species, on_site)) for site, on_site in zip(self.sites_, is_seen, strict=True)}

    def _amounts(self, objects: NDArray[np.object_], first_row: int) -> NDArray[np.float64]:
        """Return the amount of each species of the vocabulary on each site, side by side."""
        species = self._species()
        index = {symbol: code for code, symbol in enumerate(species)}
        parts = [
            amounts_over(
                self.vocabulary_[site],
                flat,
                index,
                unknown=self.unknown,
                cells=objects[:, s],
                first_row=first_row,
                column=site,
            )
            for s, (site, flat) in enumerate(zip(self.sites_, self._flatten(objects, first_row, species), strict=True))
        ]
        return np.hstack(parts)

    def _names(self) -> list[str]:
        return [f"{facts.site}: {facts.label}" for facts in self._facts()]

    def _described(self, species: str, others: str, statistic: str = "") -> list[FeatureFacts]:
        """Return what each feature is about; `species` is a label with a place for the symbol."""
        facts = []
        for site in self.sites_:
            labels = [species.format(symbol) for symbol in self.vocabulary_[site]]
            labels += [others] if self.unknown == "other" else []
            facts += [FeatureFacts(AMOUNT, label, site, statistic=statistic) for label in labels]
        return facts
