"""Scikit-learn transformers that turn what describes matter into numbers."""

from __future__ import annotations

from matterlearn.core.lazy import lazy_exports

__getattr__, __dir__ = lazy_exports(
    __name__,
    {
        "AngleDistribution": "matterlearn.features.molecule.histograms",
        "AtomCounts": "matterlearn.features.molecule.atom_counts",
        "BagOfBonds": "matterlearn.features.molecule.bag_of_bonds",
        "CompositionDescriptors": "matterlearn.features.composition_descriptors",
        "CompositionFractions": "matterlearn.features.composition_fractions",
        "CompositionTransformer": "matterlearn.features.composition_base",
        "Coordinates": "matterlearn.features.molecule.coordinates",
        "CoulombMatrix": "matterlearn.features.molecule.coulomb",
        "Distances": "matterlearn.features.molecule.distances",
        "ForceFieldTerms": "matterlearn.features.molecule.force_field_terms",
        "GaussianBasis": "matterlearn.features.basis",
        "InternalCoordinates": "matterlearn.features.molecule.internal",
        "MatterTransformer": "matterlearn.features.base",
        "MoleculeDescriptors": "matterlearn.features.molecule.molecule_descriptors",
        "MorganFingerprint": "matterlearn.features.molecule.fingerprints",
        "PairDistribution": "matterlearn.features.molecule.histograms",
        "PathwayScores": "matterlearn.features.pathways",
        "RDKitFingerprint": "matterlearn.features.molecule.fingerprints",
        "SiteDescriptors": "matterlearn.features.site_descriptors",
        "SiteFractions": "matterlearn.features.site_fractions",
        "SiteOneHot": "matterlearn.features.site_one_hot",
        "SiteTransformer": "matterlearn.features.site_base",
        "SiteVocabularyTransformer": "matterlearn.features.site_vocabulary",
        "SoapPowerSpectrum": "matterlearn.features.molecule.soap",
        "SymmetryFunctions": "matterlearn.features.molecule.symmetry_functions",
        "TorsionFingerprint": "matterlearn.features.molecule.torsion_fingerprint",
        "check_matter_transformer": "matterlearn.features.checks",
    },
)
