"""Classes by their densities: Bayes' rule on what each class looks like, and how many kinds of rows there are."""

from __future__ import annotations

from matterlearn.core.lazy import lazy_exports

__getattr__, __dir__ = lazy_exports(
    __name__,
    {
        "GaussianMixtureClassifier": "matterlearn.models.density.gaussian_mixture_classifier",
        "KernelDensityClassifier": "matterlearn.models.density.kernel_density_classifier",
        "MixtureChoice": "matterlearn.models.density.mixture_selection",
        "choose_components": "matterlearn.models.density.mixture_selection",
        "merge_components": "matterlearn.models.density.mixture_merging",
    },
)
