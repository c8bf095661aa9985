"""From probabilities to decisions: priors, costs, refusals, calibration and sets of classes.

`P` is everywhere an array of probabilities, shape (n_samples, n_classes), whose rows sum to 1; a code is the position
of a class in its columns. Row weights are optional: None means 1 for every row, and a row with weight 0 counts nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from matterlearn.core.lazy import lazy_exports

if TYPE_CHECKING:
    from matterlearn.models.decisions.calibration import ProbabilityCalibrator
    from matterlearn.models.decisions.priors import PriorShiftClassifier, class_shares, shift_priors
    from matterlearn.models.decisions.rejection import (
        AccuracyCoverage,
        RejectingClassifier,
        Theta,
        accuracy_coverage,
        theta_for_coverage,
        theta_for_error,
    )
    from matterlearn.models.decisions.sets import ConformalSets
    from matterlearn.models.decisions.thresholds import class_costs, decide, expected_cost, threshold_for_cost

__all__ = [
    "AccuracyCoverage",
    "ConformalSets",
    "PriorShiftClassifier",
    "ProbabilityCalibrator",
    "RejectingClassifier",
    "Theta",
    "accuracy_coverage",
    "class_costs",
    "class_shares",
    "decide",
    "expected_cost",
    "shift_priors",
    "theta_for_coverage",
    "theta_for_error",
    "threshold_for_cost",
]

__getattr__, __dir__ = lazy_exports(
    __name__,
    {
        "AccuracyCoverage": "matterlearn.models.decisions.rejection",
        "ConformalSets": "matterlearn.models.decisions.sets",
        "PriorShiftClassifier": "matterlearn.models.decisions.priors",
        "ProbabilityCalibrator": "matterlearn.models.decisions.calibration",
        "RejectingClassifier": "matterlearn.models.decisions.rejection",
        "Theta": "matterlearn.models.decisions.rejection",
        "accuracy_coverage": "matterlearn.models.decisions.rejection",
        "class_costs": "matterlearn.models.decisions.thresholds",
        "class_shares": "matterlearn.models.decisions.priors",
        "decide": "matterlearn.models.decisions.thresholds",
        "expected_cost": "matterlearn.models.decisions.thresholds",
        "shift_priors": "matterlearn.models.decisions.priors",
        "theta_for_coverage": "matterlearn.models.decisions.rejection",
        "theta_for_error": "matterlearn.models.decisions.rejection",
        "threshold_for_cost": "matterlearn.models.decisions.thresholds",
    },
)
