"""A model of one target fitted on all rows, with what tells how far to believe it, and both as plain bytes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matterlearn.core.container import arrays_to_bytes, bytes_to_arrays
from matterlearn.core.errors import ModelFileError
from matterlearn.models.persistence import estimator_from_bytes, estimator_to_bytes
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
        arrays = bytes_to_arrays(_part(parts, "domain.safetensors"))
        targets, errors = (arrays.pop(f"{what} of reference", None) for what in ("target", "error"))
        features = estimator_from_bytes(_part(parts, "features.skops"), trusted=trusted)
        domain = Domain.from_arrays(features, content["elements"], content["seen"], arrays)
        neighbor_targets, neighbor_errors = (
            _per_reference(values, len(arrays["reference"])) for values in (targets, errors)
        )
        difficulty = Difficulty()
        difficulty.mean_ = _positive(content["mean_error"])
        difficulty.forest_ = None
        if "difficulty.skops" in parts:
            difficulty.forest_ = estimator_from_bytes(parts["difficulty.skops"])
            if getattr(difficulty.forest_, "n_features_in_", None) != len(SIGNS):
                raise ModelFileError("what it expects of errors makes no sense", fix="do not use this file")
        level, floor = float(content["level"]), content["floor"]
        if not 0 < level < 1 or not (floor is None or math.isfinite(floor)):
            raise ModelFileError("the level of its intervals makes no sense", fix="do not use this file")
        return cls(
            target=str(content["target"]),
            estimator=estimator_from_bytes(_part(parts, "estimator.skops"), trusted=trusted),
            reliability=Reliability(
                domain=domain,
                difficulty=difficulty,
                intervals=Intervals.from_arrays(level, floor, bytes_to_arrays(_part(parts, "intervals.safetensors"))),
                neighbor_targets=neighbor_targets,
                neighbor_errors=neighbor_errors,
                most_expected=_limit(content["most_expected"]),
                most_distant=_limit(content["most_distant"]),
            ),
        )


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _limit(value: Any) -> float:
    return math.inf if value is None else _positive(value)


def _positive(value: Any) -> float:
    if not isinstance(value, int | float) or not 0 < value < math.inf:
        raise ModelFileError("one of its limits is no positive number", fix="do not use this file")
    return float(value)


def _part(parts: Mapping[str, bytes], name: str) -> bytes:
    if name not in parts:
        raise ModelFileError(f"the part {name!r} is missing", fix="do not use this file")
    return parts[name]


def _per_reference(values: Any, n_reference: int) -> NDArray[np.float64]:
    if values is None or values.dtype != np.float64 or values.shape != (n_reference,) or not np.isfinite(values).all():
        raise ModelFileError("the numbers of its reference rows make no sense", fix="do not use this file")
    return np.asarray(values)
