"""Statistics of the elements' properties over a composition, as Magpie defines them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matterlearn.chemistry.elements import PROPERTIES, is_imputed, property_sources, property_values
from matterlearn.features.arguments import checked_names
from matterlearn.features.composition_base import CompositionTransformer
from matterlearn.features.feature_facts import FeatureFacts, property_and_unit
from matterlearn.features.flat import FlatCompositions
from matterlearn.features.properties import choose_properties, statistic_name
from matterlearn.kernels.statistics import STATISTICS, weighted_norms, weighted_statistics

MAGPIE_STATISTICS = ("minimum", "maximum", "range", "mean", "average deviation", "mode")

_NORMS = (0, 2, 3, 5, 7, 10)  # Ward et al. 2016
_ORBITALS = ("s", "p", "d", "f")
_VALENCE = tuple(f"n_{orbital}_valence" for orbital in _ORBITALS)
_MAGPIE = (
    "L. Ward, A. Agrawal, A. Choudhary, C. Wolverton: A general-purpose machine learning framework for predicting "
    "properties of inorganic materials. npj Comput. Mater. 2, 16028 (2016), doi 10.1038/npjcompumats.2016.28"
)


class CompositionDescriptors(CompositionTransformer):
    """Statistics of element properties over a composition: the descriptors of Magpie [1]_.

    For each property, with atomic fractions `f` and values `v` of the elements: minimum, maximum, range, mean
    `m = sum(f v)`, average deviation `sum(f |v - m|)`, and mode: the value of the most abundant element, of several
    equally abundant ones the smallest. Then the norms of the fractions (`sum(f**p)**(1/p)` for p = 2, 3, 5, 7, 10, and
    the number of elements for p = 0) and the share of s, p, d and f electrons among the valence electrons.

    Parameters
    ----------
    properties : str or sequence of str
        Name of a preset ("magpie", "perovskite16", "extended") or keys of the element table.
    statistics : sequence of str
        Out of "minimum", "maximum", "range", "mean", "average deviation", "standard deviation", "mode".
    stoichiometry : bool
        Whether to add the norms of the fractions.
    valence_orbitals : bool
        Whether to add the shares of s, p, d and f among the valence electrons.

    Attributes
    ----------
    properties_ : tuple of str
        Keys of the properties.
    values_ : ndarray of shape (n_elements, n_properties)
        The values used, the row of an element being its atomic number less one. They are kept with the fitted
        transformer, so that a saved model does not change with the element table.

    References
    ----------
    .. [1] L. Ward, A. Agrawal, A. Choudhary, C. Wolverton, npj Comput. Mater. 2, 16028 (2016).

    Examples
    --------
    >>> descriptors = CompositionDescriptors(["electronegativity"], stoichiometry=False, valence_orbitals=False)
    >>> descriptors.set_output(transform="pandas").fit_transform(["NaCl"]).T.round(3)
                                                0
    minimum electronegativity               0.930
    maximum electronegativity               3.160
    range of electronegativity              2.230
    mean electronegativity                  2.045
    average deviation of electronegativity  1.115
    mode of electronegativity               0.930
    """

    __module__ = "matterlearn.features.composition_descriptors"

    def __init__(
        self,
        properties: str | Sequence[str] = "magpie",
        statistics: Sequence[str] = MAGPIE_STATISTICS,
        stoichiometry: bool = True,
        valence_orbitals: bool = True,
    ) -> None:
        self.properties = properties
        self.statistics = statistics
        self.stoichiometry = stoichiometry
        self.valence_orbitals = valence_orbitals

    def imputed_features(self, X: Any) -> NDArray[np.bool_]:
        """Tell which features of which samples rest on an imputed value of an element.

        Parameters
        ----------
        X : sequence of formulas or mappings
            One composition per sample.

        Returns
        -------
        ndarray of bool, shape (n_samples, n_features)
            True where the element table knows no value for one of the sample's elements and a stand-in was used.

        Raises
        ------
        RowError
            If a sample cannot be read.
        NotFittedError
            If `fit` was not called.

        Examples
        --------
        >>> descriptors = CompositionDescriptors(["electronegativity"]).fit(["XeF2"])
        >>> descriptors.imputed_features(["XeF2", "HeF2"]).any(axis=1).tolist()
        [False, True]
        """
        return self._compute(X, self._imputed, np.bool_)

    def citations(self) -> list[str]:
        """Return what to cite for the features: definitions and sources of data.

        Returns
        -------
        list of str
            Each source once.
        """
        keys = [*choose_properties(self.properties), *(_VALENCE if self.valence_orbitals else ())]
        return [_MAGPIE, *property_sources(keys)]

    def _check_parameters(self) -> None:
        choose_properties(self.properties)
        checked_names(self.statistics, argument="statistics", what="statistic", known=STATISTICS)

    def _learn(self, objects: NDArray[np.object_]) -> None:
        self.properties_ = choose_properties(self.properties)
        self.values_ = property_values(self.properties_)
        self.valence_values_ = property_values(_VALENCE)

    def _features(self, objects: NDArray[np.object_], first_row: int) -> NDArray[np.float64]:
        flat = self._flatten(objects, first_row)
        parts = [weighted_statistics(self.values_, *flat, self.statistics).reshape(len(objects), -1)]
        if self.stoichiometry:
            parts.append(weighted_norms(flat.amounts, flat.offsets, _NORMS))
        if self.valence_orbitals:
            electrons = weighted_statistics(self.valence_values_, *flat, ["mean"])[:, :, 0]  # (n_samples, 4)
            s, p, d, f = electrons.T
            parts.append(electrons / (s + p + d + f)[:, None])
        return np.hstack(parts)

    def _imputed(self, objects: NDArray[np.object_], first_row: int) -> NDArray[np.bool_]:
        flat = self._flatten(objects, first_row)
        parts = [np.repeat(_any_imputed(self.properties_, flat), len(self.statistics), axis=1)]
        if self.stoichiometry:
            parts.append(np.zeros((len(objects), len(_NORMS)), dtype=bool))
        if self.valence_orbitals:
            parts.append(np.repeat(_any_imputed(_VALENCE, flat).any(axis=1, keepdims=True), len(_ORBITALS), axis=1))
        return np.hstack(parts)

    def _names(self) -> list[str]:
        names = [statistic_name(s, PROPERTIES[key].label) for key in self.properties_ for s in self.statistics]
        if self.stoichiometry:
            names += ["number of elements", *(f"{p}-norm of the fractions" for p in _NORMS[1:])]
        if self.valence_orbitals:
            names += [f"fraction of {orbital} valence electrons" for orbital in _ORBITALS]
        return names

    def _facts(self) -> list[FeatureFacts]:
        column, facts = self._column(), []
        for key in self.properties_:
            name, unit = property_and_unit(key)
            facts += [FeatureFacts(name, statistic_name(s, name), column, unit, s) for s in self.statistics]
        others = self._names()[len(facts) :]
        n_norms = len(_NORMS) if self.stoichiometry else 0
        facts += [FeatureFacts("stoichiometry", name, column) for name in others[:n_norms]]
        return facts + [FeatureFacts("orbitals of the valence electrons", name, column) for name in others[n_norms:]]


def _any_imputed(keys: Sequence[str], flat: FlatCompositions) -> NDArray[np.bool_]:
    """Tell which properties are imputed for any element of each sample, shape (n_samples, n_properties)."""
    return np.logical_or.reduceat(is_imputed(keys)[flat.codes], flat.offsets[:-1], axis=0)
