"""A model of one target fitted on all rows, with what tells how far to believe it, and both as plain bytes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestRegressor

from matterlearn.core.container import arrays_to_bytes, bytes_to_arrays
from matterlearn.core.errors import ModelFileError
from matterlearn.models.persistence import estimator_from_bytes, estimator_to_bytes
from matterlearn.validation.classes.fitted import FittedClasses
from matterlearn.validation.conformal import Intervals
from matterlearn.validation.difficulty import SIGNS, Difficulty
from matterlearn.validation.domain import Domain
from matterlearn.validation.reliability import Reliability


@dataclass(frozen=True, eq=False)
class FittedTarget:
    """A fitted model of one target.

    Attributes
    ----------
    target : str
        Name of the target.
    estimator : estimator
        Pipeline from input columns to a prediction.
    reliability : Reliability
        Expected errors, intervals and domain.
    """

    target: str
    estimator: Any
    reliability: Reliability

    def to_parts(self) -> tuple[dict[str, bytes], dict[str, Any]]:
        """Return the model as named parts of bytes, and what JSON can hold of it."""
        reliability = self.reliability
        parts = {
            "estimator.skops": estimator_to_bytes(self.estimator),
            "features.skops": estimator_to_bytes(reliability.domain.features_),
            "domain.safetensors": arrays_to_bytes(
                {
                    **reliability.domain.to_arrays(),
                    "target of reference": reliability.neighbor_targets,
                    "error of reference": reliability.neighbor_errors,
                }
            ),
            "intervals.safetensors": arrays_to_bytes(reliability.intervals.to_arrays()),
        }
        if reliability.difficulty.forest_ is not None:
            parts["difficulty.skops"] = estimator_to_bytes(reliability.difficulty.forest_)
        content = {
            "target": self.target,
            "elements": sorted(reliability.domain.elements_),
            "seen": reliability.domain.seen_,
            "level": reliability.intervals.level,
            "floor": reliability.intervals.floor,
            "mean_error": reliability.difficulty.mean_,
            "errors_differ": reliability.difficulty.forest_ is not None,
            "most_expected": _finite(reliability.most_expected),
            "most_distant": _finite(reliability.most_distant),
        }
        return parts, content

    @classmethod
    def from_parts(
        cls, parts: Mapping[str, bytes], content: Mapping[str, Any], *, trusted: Sequence[str] = ()
    ) -> FittedTarget:
        """Rebuild a model from what `to_parts` returned.

        Raises
        ------
        ModelFileError
            If a part is missing, unsafe or makes no sense.
        """
        # What is quickly checked comes first.
        target = str(_entry(content, "target"))
        limits = {name: _limit(_entry(content, name)) for name in ("most_expected", "most_distant")}
        scores = bytes_to_arrays(_part(parts, "intervals.safetensors"))
        intervals = Intervals.from_arrays(_entry(content, "level"), _entry(content, "floor"), scores)
        arrays = bytes_to_arrays(_part(parts, "domain.safetensors"))
        targets, errors = (arrays.pop(f"{what} of reference", None) for what in ("target", "error"))
        features = estimator_from_bytes(_part(parts, "features.skops"), trusted=trusted)
        domain = Domain.from_arrays(features, _entry(content, "elements"), _entry(content, "seen"), arrays)
        neighbor_targets = _per_reference(targets, len(arrays["reference"]), -math.inf)
        neighbor_errors = _per_reference(errors, len(arrays["reference"]), 0.0)
        difficulty = _difficulty(parts, content)
        estimator = estimator_from_bytes(_part(parts, "estimator.skops"), trusted=trusted)
        reliability = Reliability(domain, difficulty, intervals, neighbor_targets, neighbor_errors, **limits)
        return cls(target, estimator, reliability)


def fitted_from_parts(
    parts: Mapping[str, bytes], content: Mapping[str, Any], *, trusted: Sequence[str] = ()
) -> FittedTarget | FittedClasses:
    """Rebuild a model of numbers or of classes from what its `to_parts` returned.

    Raises
    ------
    ModelFileError
        If a part is missing, unsafe or makes no sense.
    """
    kind = FittedClasses if "classes" in content else FittedTarget
    return kind.from_parts(parts, content, trusted=trusted)


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _limit(value: Any) -> float:
    if value is None:
        return math.inf
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
        raise ModelFileError("one of its limits makes no sense", fix="do not use this file")
    return float(value)


def _difficulty(parts: Mapping[str, bytes], content: Mapping[str, Any]) -> Difficulty:
    difficulty = Difficulty()
    difficulty.mean_, difficulty.forest_ = _limit(_entry(content, "mean_error")), None
    sound = 0 < difficulty.mean_ < math.inf
    if sound and _entry(content, "errors_differ"):
        forest = difficulty.forest_ = estimator_from_bytes(_part(parts, "difficulty.skops"))
        sound = isinstance(forest, RandomForestRegressor) and hasattr(forest, "estimators_")
        sound = sound and forest.n_features_in_ == len(SIGNS) and forest.n_outputs_ == 1
    if not sound:
        raise ModelFileError("what it expects of errors makes no sense", fix="do not use this file")
    return difficulty


def _entry(content: Mapping[str, Any], name: str) -> Any:
    if name not in content:
        raise ModelFileError(f"it does not say {name!r}", fix="do not use this file")
    return content[name]


def _part(parts: Mapping[str, bytes], name: str) -> bytes:
    if name not in parts:
        raise ModelFileError(f"the part {name!r} is missing", fix="do not use this file")
    return parts[name]


LARGEST = 1e100
"""Largest target or error of a reference row: squares of larger ones overflow."""


def _per_reference(values: Any, n_reference: int, least: float) -> NDArray[np.float64]:
    known = values is not None and values.dtype == np.float64 and values.shape == (n_reference,)
    if not known or not np.all((values >= least) & (np.abs(values) <= LARGEST)):
        raise ModelFileError("the numbers of its reference rows make no sense", fix="do not use this file")
    return np.asarray(values)
