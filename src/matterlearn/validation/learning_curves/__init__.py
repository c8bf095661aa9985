"""Errors against the number of training rows: measured, from theory, and the power law in them."""

from __future__ import annotations

from matterlearn.core.lazy import lazy_exports

__getattr__, __dir__ = lazy_exports(
    __name__,
    {
        "LearningCurve": "matterlearn.validation.learning_curves.measured",
        "PowerLaw": "matterlearn.validation.learning_curves.power_law",
        "fit_power_law": "matterlearn.validation.learning_curves.power_law",
        "kernel_learning_curve": "matterlearn.validation.learning_curves.theory",
        "learning_curve": "matterlearn.validation.learning_curves.measured",
        "spectrum_learning_curve": "matterlearn.validation.learning_curves.theory",
    },
)
