"""matterlearn: from a table of matter to a prediction you can trust."""

from __future__ import annotations

from matterlearn.core.lazy import lazy_exports

__version__ = "0.1.0"

_EXPORTS = {
    "fit": "matterlearn.workflow.fit",
    "write_fit": "matterlearn.workflow.output",
    "predict": "matterlearn.workflow.predict",
    "compare": "matterlearn.validation.comparison",
    "featurize": "matterlearn.workflow.featurize",
    "load_model": "matterlearn.workflow.model",
    "ClassSelector": "matterlearn.models.class_selection",
    "RejectingClassifier": "matterlearn.models.decisions.rejection",
    "PriorShiftClassifier": "matterlearn.models.decisions.priors",
    "KernelDensityClassifier": "matterlearn.models.density.kernel_density_classifier",
    "GaussianMixtureClassifier": "matterlearn.models.density.gaussian_mixture_classifier",
    "PrunedTreeClassifier": "matterlearn.models.pruned_tree",
    "PrunedTreeRegressor": "matterlearn.models.pruned_tree",
    "PearsonFilter": "matterlearn.features.selection.pearson_filter",
    "BestSubset": "matterlearn.features.selection.best_subset",
    "GaussianBasis": "matterlearn.features.basis",
    "choose_components": "matterlearn.models.density.mixture_selection",
    "three_way_split": "matterlearn.validation.assessment.hold_out",
    "complexity_curve": "matterlearn.validation.assessment.complexity",
    "bias_variance": "matterlearn.validation.assessment.decomposition",
    "MLPRegressor": "matterlearn.models.networks.regressor",
    "MLPClassifier": "matterlearn.models.networks.classifier",
    "EnsembleRegressor": "matterlearn.models.networks.ensemble",
    "MLPStack": "matterlearn.models.networks.mlp_stack",
    "GridSearch": "matterlearn.search.grid_search",
    "TPESearch": "matterlearn.search.tpe_search",
    "fit_networks": "matterlearn.models.networks.fitting",
    "KernelRegressor": "matterlearn.models.kernel_machines.kernel_regressor",
    "GaussianProcess": "matterlearn.models.kernel_machines.gaussian_process",
    "AugmentedRegressor": "matterlearn.models.augmentation",
    "DistanceNetworkRegressor": "matterlearn.models.molecules.distance_network",
    "Conformers": "matterlearn.chemistry.molecules.conformers",
    "make_conformers": "matterlearn.data.generators.conformers.making",
    "audit": "matterlearn.validation.audits.auditing",
    "audit_model": "matterlearn.workflow.audit",
    "assert_invariant": "matterlearn.validation.audits.asserting",
    "assert_equivariant": "matterlearn.validation.audits.asserting",
    "learning_curve": "matterlearn.validation.learning_curves.measured",
    "kernel_learning_curve": "matterlearn.validation.learning_curves.theory",
    "load_dataset": "matterlearn.data.catalog",
    "list_datasets": "matterlearn.data.catalog",
    "make_dataset": "matterlearn.data.dataset",
    "Dataset": "matterlearn.data.dataset",
    "Evidence": "matterlearn.validation.evidence",
    "Plan": "matterlearn.workflow.plan",
    "MatterlearnError": "matterlearn.core.errors",
    "parse_formula": "matterlearn.chemistry.formulas",
    "CompositionDescriptors": "matterlearn.features.composition_descriptors",
    "CompositionFractions": "matterlearn.features.composition_fractions",
    "SiteDescriptors": "matterlearn.features.site_descriptors",
    "SiteFractions": "matterlearn.features.site_fractions",
    "SiteOneHot": "matterlearn.features.site_one_hot",
    "check_matter_transformer": "matterlearn.features.checks",
}

__getattr__, __dir__ = lazy_exports(__name__, _EXPORTS)
__all__ = ["__version__", *_EXPORTS]
