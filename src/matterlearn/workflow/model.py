"""A fitted model with what it needs to be believed: its inputs, its intervals, its domain and its evidence."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from matterlearn.core.container import bytes_to_json, read_container, write_container
from matterlearn.core.errors import ArgumentError, ModelFileError
from matterlearn.core.parallel import single_thread
from matterlearn.data.elements_of import element_sets
from matterlearn.data.inputs import ions_of, parse_inputs
from matterlearn.data.structure_cells import cell_as_text
from matterlearn.validation.classes.fitted import FittedClasses
from matterlearn.validation.evidence import plain
from matterlearn.validation.fitted import FittedTarget, fitted_from_parts
from matterlearn.validation.reliability import predict_with_spread
from matterlearn.workflow.class_output import (
    ANSWERS,
    checked_priors,
    class_columns,
    predict_classes,
    same_answers,
    worst_probability,
)

KIND = "model"

N_PROBES = 8
"""Training rows whose predictions are stored, to be computed again when the file is read."""

PROBE_TOLERANCE = 1e-6
"""Largest difference of a probe's prediction between machines, relative to the spread of the target."""


@dataclass(frozen=True)
class Model:
    """A fitted model.

    Attributes
    ----------
    fitted : tuple of FittedTarget, or of one FittedClasses
        For each target its estimator with expected errors, intervals and domain; of classes with calibration, decisions
        and prediction sets.
    schema : dict
        Input columns with their kinds, the targets with their units, molecular ions of the user: `Dataset.schema`.
    card : dict
        What the model is: data, plan, scores, headline, versions.
    probes : dict
        Some training rows and their predictions.
    """

    fitted: tuple[FittedTarget | FittedClasses, ...]
    schema: dict[str, Any]
    card: dict[str, Any]
    probes: dict[str, Any]

    @property
    def targets(self) -> tuple[str, ...]:
        """Names of what is predicted."""
        return tuple(part.target for part in self.fitted)

    @property
    def output_columns(self) -> tuple[str, ...]:
        """Columns that `predict` returns."""
        names = class_columns(self.classes) if self.classes else OUTPUT
        return tuple(self.column(name, target) for target in self.targets for name in names)

    @property
    def classes(self) -> tuple[str, ...]:
        """Labels of the classes; none if numbers are predicted."""
        return next((part.classes for part in self.fitted if isinstance(part, FittedClasses)), ())

    def predict(self, table: pd.DataFrame, *, priors: Mapping[str, float] | None = None) -> pd.DataFrame:
        """Predict the rows of a table.

        Parameters
        ----------
        table : DataFrame
            Holds the input columns; others are ignored.
        priors : mapping of str to float, optional
            Of classes: their shares where the rows come from, if these are not those of the training rows.
            Probabilities and decisions follow by Bayes' rule; the error rate is then no longer promised.

        Returns
        -------
        DataFrame
            Index of `table`, columns `prediction`, `lower`, `upper` (unit of the target), `in_domain` and `reason`:
            why a row is outside the domain, or why it could not be read (then the numbers are NaN). With several
            targets each has columns of its own, with the target's name behind: `prediction gap_eV`.

            Of classes: `prediction` (the class), `probability CLASS` for each class, `possible` (the classes of the
            prediction set, at the model's level, separated by " | "), `in_domain`, `rejected` (no answer should be
            taken from this row) and `reason`. For a row that could not be read the class is missing.

        Raises
        ------
        DataError
            If an input column is missing.
        ArgumentError
            If the priors do not give each class a share above 0, or numbers are predicted.
        """
        shares = self._checked_priors(priors)
        parsed = parse_inputs(table, self.schema)
        ok = np.asarray(parsed.ok, dtype=bool)
        unread = [f"not read: {reason}" if reason else "" for reason in parsed.reasons]
        X = parsed.X[ok]
        elements = element_sets(X, self.schema["kinds"], ions=ions_of(self.schema))
        columns: dict[str, Any] = {}
        for part in self.fitted:
            if isinstance(part, FittedClasses):
                values = predict_classes(part, X, elements, priors=shares)
            else:
                values = _predict_one(part, X, elements, is_log=part.target in self.schema.get("log", ()))
            for name, (empty, found) in values.items():
                column = np.full(len(table), empty, dtype=found.dtype)
                column[ok] = found
                columns[self.column(name, part.target)] = column
            reasons = columns[self.column("reason", part.target)]
            reasons[~ok] = [text for text, read in zip(unread, ok, strict=True) if not read]
        return pd.DataFrame(columns, index=table.index)

    def _checked_priors(self, priors: Mapping[str, float] | None) -> NDArray[np.float64] | None:
        if priors is None:
            return None
        if not self.classes:
            raise ArgumentError("are about classes, and this model predicts numbers", where="priors")
        return checked_priors(priors, self.classes)

    def column(self, name: str, target: str) -> str:
        """Return the name under which `predict` tells something of a target: "lower", or "lower gap_eV"."""
        return name if len(self.fitted) == 1 else f"{name} {target}"

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the model to a file that holds data only, no code.

        Parameters
        ----------
        path : path-like
            The file, `.mlz` by custom.

        Returns
        -------
        pathlib.Path
            The path written.
        """
        parts = {"probes.json": json.dumps(self.probes).encode()}
        contents = []
        for number, fitted in enumerate(self.fitted):
            found, content = fitted.to_parts()
            parts |= {f"{number}-{name}": part for name, part in found.items()}
            contents.append(content)
        content = {"schema": self.schema, "targets": contents, "card": plain(self.card)}
        return write_container(path, KIND, parts, content)

    @classmethod
    def load(cls, path: str | os.PathLike[str], *, trusted: Sequence[str] = ()) -> Model:
        """Read a model file; nothing in it is run.

        Parameters
        ----------
        path : path-like
            The file.
        trusted : sequence of str
            Types of your own that the model holds, as "module.Class".

        Returns
        -------
        Model
            Whose probe rows give the stored predictions again.

        Raises
        ------
        ModelFileError
            If the file is damaged, unsafe, from a newer version, or predicts other values than it was stored with.
        """
        container = read_container(path, KIND)
        content = container.manifest
        if "targets" not in content:
            raise ModelFileError("was made by an older matterlearn", where=str(path), fix="run the fit again")
        try:
            model = cls(
                fitted=tuple(
                    fitted_from_parts(_parts_of(container.parts, number), part, trusted=trusted)
                    for number, part in enumerate(content["targets"])
                ),
                schema=content["schema"],
                card=content["card"],
                probes=bytes_to_json(container.parts["probes.json"]),
            )
            if not model.fitted or list(model.targets) != list(model.schema["targets"]):
                raise ModelFileError("its targets are not those of its schema", fix="do not use this file")
        except ModelFileError as error:
            raise ModelFileError(error.what, where=str(path), fix=error.fix) from error
        except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
            raise ModelFileError(f"its content is not that of a model ({_short(error)})", where=str(path)) from error
        model._check_probes(str(path))
        return model

    def _check_probes(self, path: str) -> None:
        worst = 0.0
        try:
            rows = pd.DataFrame(self.probes["rows"])
            if not 0 < len(rows) <= N_PROBES:
                raise ValueError(f"{len(rows)} rows")
            found = self.predict(rows)
            if self.classes:
                worst = worst_probability(found, self.probes["probability"], self.classes)
                worst = worst if same_answers(found, self.probes) else math.inf
            for target, expected in self.probes["prediction"].items():
                if self.classes:
                    continue
                column = found[self.column("prediction", target)].to_numpy()
                scale = float(self.card["data"]["targets"][target]["target_summary"]["sd"]) or 1.0
                if target in self.schema.get("log", ()):
                    # A stored value that has no logarithm is refused below.
                    with np.errstate(divide="ignore", invalid="ignore"):
                        column, expected = np.log10(column), np.log10(expected)
                difference = np.abs(column - np.asarray(expected, dtype=float)) / scale
                worst = max(worst, float(np.max(difference)) if np.all(np.isfinite(difference)) else math.inf)
            complete = set(self.probes["prediction"]) == set(self.targets)
        # A file whose parts do not fit together can fail in any of the libraries below.
        except Exception as error:
            raise ModelFileError(f"its probe rows cannot be predicted ({_short(error)})", where=path) from error
        if not complete or not worst <= PROBE_TOLERANCE:
            raise ModelFileError(
                f"it predicts its probe rows differently than when stored, by {worst:.2g} of the target's spread",
                where=path,
                fix="use the library versions in its card",
            )


OUTPUT = ("prediction", "lower", "upper", "in_domain", "reason")
"""What is told of every row and target."""


def _predict_one(
    part: FittedTarget, X: pd.DataFrame, elements: Sequence[frozenset[str]], *, is_log: bool
) -> dict[str, tuple[Any, NDArray[Any]]]:
    """Return for each output what stands where a row could not be read, and the values of the rows that could."""
    if len(X) == 0:
        numbers = {name: (np.nan, np.zeros(0)) for name in OUTPUT[:3]}
        return {**numbers, "in_domain": (False, np.zeros(0, dtype=bool)), "reason": ("", np.zeros(0, dtype=object))}
    with single_thread():
        prediction, spread = predict_with_spread(part.estimator, X)
        verdict = part.reliability.judge(X, elements, prediction, spread)
    values = [prediction, verdict.lower, verdict.upper]
    if is_log:
        with np.errstate(over="ignore"):  # an end without limit stays one
            values = [10.0**value for value in values]
    numbers = {name: (np.nan, value) for name, value in zip(OUTPUT, values, strict=False)}
    reasons = np.array(verdict.reasons, dtype=object)
    return {**numbers, "in_domain": (False, verdict.inside), "reason": ("", reasons)}


def _short(error: Exception) -> str:
    """Return an error as it may stand in a message: on one line and not endless."""
    return " ".join(repr(error).split())[:200]


def _parts_of(parts: Mapping[str, bytes], number: int) -> dict[str, bytes]:
    start = f"{number}-"
    return {name.removeprefix(start): part for name, part in parts.items() if name.startswith(start)}


def make_probes(model: Model, X: pd.DataFrame) -> dict[str, Any]:
    """Return some rows of read inputs as plain values, with the model's predictions."""
    chosen = X.iloc[np.linspace(0, len(X) - 1, min(N_PROBES, len(X))).round().astype(int)]
    rows = {name: [_plain(cell) for cell in chosen[name]] for name in chosen.columns}
    found = model.predict(pd.DataFrame(rows))
    predictions = {target: found[model.column("prediction", target)].tolist() for target in model.targets}
    if model.classes:
        probabilities = {name: found[f"probability {name}"].tolist() for name in model.classes}
        answers = {name: found[name].tolist() for name in ANSWERS}
        return {"rows": rows, "prediction": predictions, "probability": probabilities, "answers": answers}
    return {"rows": rows, "prediction": predictions}


def _plain(cell: Any) -> Any:
    if isinstance(cell, Mapping):
        return {str(key): float(value) for key, value in cell.items()}
    return cell.item() if hasattr(cell, "item") else cell_as_text(cell)


def load_model(path: str | os.PathLike[str], *, trusted: Sequence[str] = ()) -> Model:
    """Read a model file; see `Model.load`."""
    return Model.load(path, trusted=trusted)
