"""How the error of a model is measured: hold-outs, error against complexity, bias and variance."""

from __future__ import annotations

from matterlearn.core.lazy import lazy_exports

__getattr__, __dir__ = lazy_exports(
    __name__,
    {
        "BiasVariance": "matterlearn.validation.assessment.decomposition",
        "ComplexityCurve": "matterlearn.validation.assessment.complexity",
        "HoldOut": "matterlearn.validation.assessment.hold_out",
        "bias_variance": "matterlearn.validation.assessment.decomposition",
        "complexity_curve": "matterlearn.validation.assessment.complexity",
        "three_way_split": "matterlearn.validation.assessment.hold_out",
    },
)
