"""What stands on each site, described by the properties of its species."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from matterlearn.chemistry.elements import PROPERTIES, property_sources
from matterlearn.chemistry.ions import Ion
from matterlearn.features.arguments import checked_names
from matterlearn.features.base import chunks
from matterlearn.features.feature_facts import FeatureFacts, property_and_unit
from matterlearn.features.properties import choose_properties, species_values, statistic_name
from matterlearn.features.site_base import SiteTransformer
from matterlearn.kernels.statistics import weighted_statistics

SITE_STATISTICS = ("mean", "spread", "minimum", "maximum")

_IN_KERNEL = {"spread": "standard deviation"}


class SiteDescriptors(SiteTransformer):
    """Mean, spread, minimum and maximum of species properties on each site.

    With the fractions `f` of the species on a site (amounts divided by their sum) and their values `v`: mean
    `m = sum(f v)`, spread `sqrt(sum(f (v - m)^2))` (the standard deviation), and minimum and maximum over the species
    that are there.

    A molecular ion has the value its own table states (its molar mass for the atomic weight), otherwise the mean over
    its atoms.

    Parameters
    ----------
    properties : str or sequence of str
        Name of a preset ("perovskite16", "magpie", "extended") or keys of the element table.
    statistics : "auto" or sequence of str
        Out of "mean", "spread", "minimum", "maximum". With "auto" a site that held a single species in every sample
        seen in `fit` gets one plain value per property, and every other site all four; an alloyed site that comes to
        `transform` later gets its mean for the plain value.
    sites : sequence of str, optional
        Names of the sites, which choose columns of a DataFrame or entries of a mapping. By default all.
    ions : mapping of str to Ion, optional
        Molecular ions that may stand on a site besides the built-in ones.

    Attributes
    ----------
    sites_ : tuple of str
        Names of the sites.
    properties_ : tuple of str
        Keys of the properties.
    is_plain_ : dict of str to bool
        Whether a site has plain values.
    species_ : tuple of str
        All elements and ions.
    values_ : ndarray of shape (n_species, n_properties)
        Their properties. They are kept with the fitted transformer, so that a saved model does not change with the
        element table.

    Examples
    --------
    >>> descriptors = SiteDescriptors(["electronegativity"])
    >>> descriptors.fit_transform([("Ca", {"Ti": 0.5, "Zr": 0.5}), ("Ba", "Ti")]).round(3).tolist()
    [[1.0, 1.435, 0.105, 1.33, 1.54], [0.89, 1.54, 0.0, 1.54, 1.54]]
    >>> descriptors.get_feature_names_out()[:3].tolist()
    ['A: electronegativity', 'B: mean electronegativity', 'B: spread of electronegativity']
    """

    __module__ = "matterlearn.features.site_descriptors"

    def __init__(
        self,
        properties: str | Sequence[str] = "perovskite16",
        statistics: Literal["auto"] | Sequence[str] = "auto",
        sites: Sequence[str] | None = None,
        ions: Mapping[str, Ion] | None = None,
    ) -> None:
        self.properties = properties
        self.statistics = statistics
        self.sites = sites
        self.ions = ions

    def imputed_features(self, X: Any) -> NDArray[np.bool_]:
        """Tell which features of which samples rest on an imputed value of an element.

        Parameters
        ----------
        X : samples
            As in `transform`.

        Returns
        -------
        ndarray of bool, shape (n_samples, n_features)
            True where the element table knows no value for one of the species and a stand-in was used.

        Raises
        ------
        RowError
            If a sample cannot be read.
        NotFittedError
            If `fit` was not called.

        Examples
        --------
        >>> descriptors = SiteDescriptors(["electronegativity"]).fit([("Xe", "F")])
        >>> descriptors.imputed_features([("Xe", "F"), ("Ar", "F")]).tolist()
        [[False, False], [True, False]]
        """
        return self._compute(X, self._imputed, np.bool_)

    def citations(self) -> list[str]:
        """Return what to cite for the features: the sources of the properties.

        Returns
        -------
        list of str
            Each source once.
        """
        return property_sources(choose_properties(self.properties))

    def _check_parameters(self) -> None:
        super()._check_parameters()
        choose_properties(self.properties)
        if self.statistics != "auto":
            checked_names(self.statistics, argument="statistics", what="statistic", known=SITE_STATISTICS)

    def _learn(self, objects: NDArray[np.object_]) -> None:
        self.properties_ = choose_properties(self.properties)
        self.species_, self.values_, self.imputed_ = species_values(self.properties_, self._all_ions())
        self.is_plain_ = dict.fromkeys(self.sites_, self.statistics == "auto")
        for row, chunk in chunks(objects):
            for site, flat in zip(self.sites_, self._flatten(chunk, row, self.species_), strict=True):
                self.is_plain_[site] &= len(flat.codes) == len(chunk)

    def _features(self, objects: NDArray[np.object_], first_row: int) -> NDArray[np.float64]:
        parts = []
        for site, flat in zip(self.sites_, self._flatten(objects, first_row, self.species_), strict=True):
            names = [_IN_KERNEL.get(name, name) for name in self._statistics(site)]
            parts.append(weighted_statistics(self.values_, *flat, names).reshape(len(objects), -1))
        return np.hstack(parts)

    def _imputed(self, objects: NDArray[np.object_], first_row: int) -> NDArray[np.bool_]:
        parts = []
        for site, flat in zip(self.sites_, self._flatten(objects, first_row, self.species_), strict=True):
            any_imputed = np.logical_or.reduceat(self.imputed_[flat.codes], flat.offsets[:-1], axis=0)
            parts.append(np.repeat(any_imputed, len(self._statistics(site)), axis=1))
        return np.hstack(parts)

    def _statistics(self, site: str) -> tuple[str, ...]:
        if self.is_plain_[site]:
            return ("mean",)
        return SITE_STATISTICS if self.statistics == "auto" else tuple(self.statistics)

    def _names(self) -> list[str]:
        names = []
        for site in self.sites_:
            for key in self.properties_:
                label = PROPERTIES[key].label
                if self.is_plain_[site]:
                    names.append(f"{site}: {label}")
                else:
                    names += [f"{site}: {statistic_name(name, label)}" for name in self._statistics(site)]
        return names

    def _facts(self) -> list[FeatureFacts]:
        facts = []
        for site in self.sites_:
            for key in self.properties_:
                name, unit = property_and_unit(key)
                if self.is_plain_[site]:
                    facts.append(FeatureFacts(name, name, site, unit))
                else:
                    facts += [
                        FeatureFacts(name, statistic_name(s, name), site, unit, s) for s in self._statistics(site)
                    ]
        return facts
