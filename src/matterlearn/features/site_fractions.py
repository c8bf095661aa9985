"""How much of each species stands on each site."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from matterlearn.features.feature_facts import FeatureFacts
from matterlearn.features.site_vocabulary import SiteVocabularyTransformer


class SiteFractions(SiteVocabularyTransformer):
    """Amount of each species of a vocabulary on each site, as given.

    The amounts are not normalised: sites that sum to 0.2 keep that sum, and amounts per formula unit stay so.

    Parameters
    ----------
    vocabulary : sequence of str or mapping of str to sequence of str, optional
        Symbols of the elements and ions that get a feature on every site, in this order; or a mapping site ->
        symbols. By default each site has the species that were seen on it in `fit`: elements by atomic number, then
        ions.
    sites : sequence of str, optional
        Names of the sites, which choose columns of a DataFrame or entries of a mapping. By default all.
    unknown : {"error", "ignore", "other"}
        What to do with a species that is not in the vocabulary of its site: refuse the sample, leave the species out,
        or add its amount to one more feature of the site.
    ions : mapping of str to Ion, optional
        Molecular ions that may stand on a site besides the built-in ones.

    Attributes
    ----------
    sites_ : tuple of str
        Names of the sites.
    vocabulary_ : dict of str to tuple of str
        Symbols for each site, in the order of the features.

    Examples
    --------
    >>> fractions = SiteFractions(vocabulary=["Fe", "Ni", "Mn"])
    >>> fractions.fit_transform([({"Fe": 0.15, "Ni": 0.05}, {"Mn": 0.2})]).tolist()
    [[0.15, 0.05, 0.0, 0.0, 0.0, 0.2]]
    >>> fractions.get_feature_names_out()[:2].tolist()
    ['A: amount of Fe', 'A: amount of Ni']
    """

    __module__ = "matterlearn.features.site_fractions"

    def _features(self, objects: NDArray[np.object_], first_row: int) -> NDArray[np.float64]:
        return self._amounts(objects, first_row)

    def _facts(self) -> list[FeatureFacts]:
        return self._described("amount of {}", "amount of others")
