"""Which species stand on each site, as bits."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from matterlearn.features.feature_facts import BIT, FeatureFacts
from matterlearn.features.site_vocabulary import SiteVocabularyTransformer


class SiteOneHot(SiteVocabularyTransformer):
    """One bit per site and species of a vocabulary: 1 where the species stands on the site.

    A site with one species has one bit set, as scikit-learn's `LabelBinarizer` would (whose columns are sorted by
    symbol, while here the vocabulary decides). A site with several species has one bit for each, whatever their
    amounts; `SiteFractions` keeps the amounts.

    Parameters
    ----------
    vocabulary : sequence of str or mapping of str to sequence of str, optional
        Symbols of the elements and ions that get a bit on every site, in this order; or a mapping site -> symbols. By
        default each site has the species that were seen on it in `fit`: elements by atomic number, then ions.
    sites : sequence of str, optional
        Names of the sites, which choose columns of a DataFrame or entries of a mapping. By default all.
    unknown : {"error", "ignore", "other"}
        What to do with a species that is not in the vocabulary of its site: refuse the sample, set no bit, or set one
        more bit of the site.
    ions : mapping of str to Ion, optional
        Molecular ions that may stand on a site besides the built-in ones.

    Attributes
    ----------
    sites_ : tuple of str
        Names of the sites.
    vocabulary_ : dict of str to tuple of str
        Symbols for each site, in the order of the bits.

    Examples
    --------
    >>> one_hot = SiteOneHot(vocabulary=["Fe", "Ni", "Mn"])
    >>> one_hot.fit_transform([("Fe", "Ni"), ("Mn", "Ni"), ("Fe", "Fe")]).astype(int).tolist()
    [[1, 0, 0, 0, 1, 0], [0, 0, 1, 0, 1, 0], [1, 0, 0, 1, 0, 0]]
    >>> one_hot.get_feature_names_out()[:2].tolist()
    ['A: is Fe', 'A: is Ni']
    """

    __module__ = "matterlearn.features.site_one_hot"

    def _features(self, objects: NDArray[np.object_], first_row: int) -> NDArray[np.float64]:
        return (self._amounts(objects, first_row) > 0).astype(np.float64)

    def _facts(self) -> list[FeatureFacts]:
        return self._described("is {}", "is another species", BIT)
