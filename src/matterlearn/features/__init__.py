"""Scikit-learn transformers that turn what describes matter into numbers."""

from __future__ import annotations

from matterlearn.core.lazy import lazy_exports

__getattr__, __dir__ = lazy_exports(
    __name__,
    {
        "CompositionDescriptors": "matterlearn.features.composition_descriptors",
        "CompositionFractions": "matterlearn.features.composition_fractions",
        "CompositionTransformer": "matterlearn.features.composition_base",
        "GaussianBasis": "matterlearn.features.basis",
        "MatterTransformer": "matterlearn.features.base",
        "PathwayScores": "matterlearn.features.pathways",
        "SiteDescriptors": "matterlearn.features.site_descriptors",
        "SiteFractions": "matterlearn.features.site_fractions",
        "SiteOneHot": "matterlearn.features.site_one_hot",
        "SiteTransformer": "matterlearn.features.site_base",
        "SiteVocabularyTransformer": "matterlearn.features.site_vocabulary",
        "check_matter_transformer": "matterlearn.features.checks",
    },
)
