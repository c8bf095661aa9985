"""A classifier fitted on all rows, with what tells how far to believe it, and both as plain bytes."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matterlearn.core.container import arrays_to_bytes, bytes_to_arrays, bytes_to_json
from matterlearn.core.errors import ModelFileError
from matterlearn.models.decisions.calibration import ProbabilityCalibrator
from matterlearn.models.decisions.rejection import Theta
from matterlearn.models.decisions.sets import ConformalSets
from matterlearn.models.persistence import estimator_from_bytes, estimator_to_bytes
from matterlearn.validation.classes.reliability import ClassReliability
from matterlearn.validation.conformal import ELEMENTS, RANDOM
from matterlearn.validation.domain import Domain

MOST_CLASSES = 10_000
"""Classes that a file may name."""


PARTS = ("estimator.skops", "features.skops", "domain.safetensors", "decisions.safetensors", "decisions.json")
"""What a fitted classifier is made of in a model file."""


@dataclass(frozen=True, eq=False)
class FittedClasses:
    """A fitted classifier of one target.

    Attributes
    ----------
    target : str
        Name of the target.
    classes : tuple of str
        Labels; the estimator knows them by their positions.
    estimator : estimator
        Pipeline from input columns to class probabilities.
    reliability : ClassReliability
        Calibration, decisions, refusal, prediction sets and domain.
    """

    target: str
    classes: tuple[str, ...]
    estimator: Any
    reliability: ClassReliability

    def to_parts(self) -> tuple[dict[str, bytes], dict[str, Any]]:
        """Return the model as named parts of bytes, and what JSON can hold of it."""
        reliability = self.reliability
        arrays: dict[str, NDArray[np.float64]] = {
            "class weights": reliability.class_weights,
            "priors": reliability.priors,
        }
        facts: dict[str, Any] = {}
        for kind in reliability.calibrators:
            parts_of_kind: dict[str, Any] = {
                "calibration": reliability.calibrators[kind],
                "sets": reliability.sets[kind],
            }
            for what, part in parts_of_kind.items():
                numbers, facts[f"{kind}/{what}"] = part.to_arrays()
                arrays |= {f"{kind}/{what}/{name}": array for name, array in numbers.items()}
        theta = reliability.theta
        parts = {
            "estimator.skops": estimator_to_bytes(self.estimator),
            "features.skops": estimator_to_bytes(reliability.domain.features_),
            "domain.safetensors": arrays_to_bytes(reliability.domain.to_arrays()),
            "decisions.safetensors": arrays_to_bytes(arrays),
            "decisions.json": json.dumps(facts).encode(),
        }
        content = {
            "target": self.target,
            "classes": list(self.classes),
            "elements": sorted(reliability.domain.elements_),
            "seen": reliability.domain.seen_,
            "level": reliability.level,
            "error_rate": reliability.error_rate,
            "theta": theta.theta if theta.promised else None,
            "theta_coverage": theta.coverage,
            "theta_error": theta.error if math.isfinite(theta.error) else None,
            "expected": dict(reliability.expected),
            "most_distant": reliability.most_distant if math.isfinite(reliability.most_distant) else None,
        }
        return parts, content

    @classmethod
    def from_parts(
        cls, parts: Mapping[str, bytes], content: Mapping[str, Any], *, trusted: Sequence[str] = ()
    ) -> FittedClasses:
        """Rebuild a model from what `to_parts` returned.

        Raises
        ------
        ModelFileError
            If a part is missing, unsafe or makes no sense.
        """
        for name in PARTS:
            _require(name in parts, f"the part {name!r} is missing")
        # What is quickly checked comes first.
        labels: Any = content.get("classes")
        known = isinstance(labels, list) and 2 <= len(labels) <= MOST_CLASSES
        _require(known and all(isinstance(name, str) for name in labels), "its classes make no sense")
        classes = tuple(labels)
        _require(list(classes) == sorted(set(classes)), "its classes make no sense")
        arrays = bytes_to_arrays(parts["decisions.safetensors"])
        facts = bytes_to_json(parts["decisions.json"])
        calibrators, sets = {}, {}
        for kind in (RANDOM, ELEMENTS):
            if f"{kind}/sets" not in facts:
                continue
            calibrators[kind] = ProbabilityCalibrator.from_arrays(
                _named(arrays, f"{kind}/calibration/"), facts[f"{kind}/calibration"]
            )
            sets[kind] = ConformalSets.from_arrays(_named(arrays, f"{kind}/sets/"), facts[f"{kind}/sets"])
            sound = calibrators[kind].n_classes_ == len(classes) == sets[kind].n_classes
            _require(sound, "the calibration of its probabilities makes no sense")
        _require(RANDOM in sets, "the calibration of its probabilities is missing")
        theta = _number(content, "theta", 0.0, 1.0 + 1e-9)
        error = _number(content, "theta_error", 0.0, 1.0)
        coverage = _number(content, "theta_coverage", 0.0, 1.0 + 1e-9)
        expected = content.get("expected")
        sound = isinstance(expected, Mapping) and all(_is_number(value) for value in expected.values())
        _require(sound, "what it expects of errors makes no sense")
        domain_arrays = bytes_to_arrays(parts["domain.safetensors"])
        features = estimator_from_bytes(parts["features.skops"], trusted=trusted)
        reliability = ClassReliability(
            domain=Domain.from_arrays(features, content["elements"], content["seen"], domain_arrays),
            calibrators=calibrators,
            sets=sets,
            class_weights=_shares(arrays.get("class weights"), len(classes)),
            theta=Theta(
                math.inf if theta is None else theta,
                coverage or 0.0,
                math.nan if error is None else error,
                promised=theta is not None,
            ),
            priors=_shares(arrays.get("priors"), len(classes)),
            most_distant=_or_infinite(_number(content, "most_distant", 0.0, math.inf)),
            level=_share(content, "level"),
            error_rate=_share(content, "error_rate"),
            expected=dict(expected or {}),
        )
        estimator = estimator_from_bytes(parts["estimator.skops"], trusted=trusted)
        codes = np.asarray(getattr(estimator, "classes_", []))
        # The estimator may have met fewer classes than the target has, as positions of them.
        sound = codes.ndim == 1 and codes.dtype.kind == "i" and len(codes) > 0
        sound = sound and bool(np.all((codes >= 0) & (codes < len(classes)) & (np.diff(codes, prepend=-1) > 0)))
        _require(sound, "its classes make no sense")
        return cls(str(content["target"]), classes, estimator, reliability)


def _named(arrays: Mapping[str, NDArray[Any]], start: str) -> dict[str, NDArray[Any]]:
    return {name.removeprefix(start): array for name, array in arrays.items() if name.startswith(start)}


def _shares(values: Any, n_classes: int) -> NDArray[np.float64]:
    sound = values is not None and values.dtype == np.float64 and values.shape == (n_classes,)
    _require(sound and np.all(np.isfinite(values)) and np.all(values > 0), "its weights of classes make no sense")
    return np.asarray(values, dtype=np.float64)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _number(content: Mapping[str, Any], name: str, least: float, most: float) -> float | None:
    value = content.get(name)
    _require(value is None or (_is_number(value) and least <= value <= most), f"its {name!r} makes no sense")
    return None if value is None else float(value)


def _share(content: Mapping[str, Any], name: str) -> float:
    value = _number(content, name, 0.0, 1.0)
    _require(value is not None and 0 < value < 1, f"its {name!r} makes no sense")
    return value or 0.0


def _or_infinite(value: float | None) -> float:
    return math.inf if value is None else value


def _require(sound: Any, what: str) -> None:
    if not sound:
        raise ModelFileError(what, fix="do not use this file")
