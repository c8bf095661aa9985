"""What a model file says of its model, read without building the model."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from matterlearn.core.container import SCHEMA_VERSION, read_container
from matterlearn.core.errors import ModelFileError

KIND: Final = "model"  # of `workflow.model`, which takes seconds to import
_MEAN: Final = "mean"  # name of the baseline that guesses the mean of the training rows
_SHARES: Final = "class shares"  # name of the one that states how frequent the classes are among them
_CLASSES: Final = "classification"  # task of a model whose targets are classes

_SCORE: Final = (
    "n_rows",
    "mae",
    "mae_low",
    "mae_high",
    "r2",
    "coverage",
    "coverage_low",
    "coverage_high",
    "width_median",
)
_CLASS_SCORE: Final = (
    "n_rows",
    "log_loss",
    "log_loss_low",
    "log_loss_high",
    "roc_auc",
    "roc_auc_low",
    "roc_auc_high",
    "balanced_accuracy",
    "accuracy",
    "answered",
    "accuracy_answered",
    "set_coverage",
    "set_size",
)
_PLAN: Final = (
    "candidates",
    "splits",
    "n_folds",
    "n_element_groups",
    "inner_folds",
    "level",
    "seed",
    "left_out",
    "skipped",
)


def model_facts(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Return what a model file says: what it predicts, from what, trained on what, by which plan, and how well.

    The checksums of all parts are verified. No estimator is built and no prediction made, so what the file says is
    not compared with what its model does: `load_model` does that.

    Parameters
    ----------
    path : path-like
        The file.

    Returns
    -------
    dict
        Plain values, ready for JSON: `file`, `task`, `predicts`, `needs`, `trained_on`, `headline`, `evidence`, `plan`,
        `notes`, `citations`, `versions`. What the file does not say is None or empty. The entries of `predicts` and of
        `evidence` are those of numbers or, with the task "classification", of classes.

    Raises
    ------
    ModelFileError
        If the file is damaged, no model, or from a newer version.

    Examples
    --------
    See `matterlearn show`.
    """
    container = read_container(path, KIND)
    content = container.manifest
    schema, card = _dict(content.get("schema")), _dict(content.get("card"))
    data, plan = _dict(card.get("data")), _dict(card.get("plan"))
    targets = _texts(schema.get("targets"))
    task = _text(schema.get("task")) or _text(data.get("task"))
    is_class = task == _CLASSES
    return {
        "file": {
            "path": str(path),
            **_size_and_sum(Path(path)),
            "schema_version": SCHEMA_VERSION,
            "parts": {name: len(part) for name, part in container.parts.items()},
        },
        "task": task,
        "predicts": [(_class_target if is_class else _target)(name, schema, data) for name in targets],
        "needs": [_input(name, schema) for name in _texts(schema.get("inputs"))],
        "trained_on": {
            **{key: _text(data.get(key)) for key in ("name", "sha256", "citation", "licence")},
            **{key: _number(data.get(key)) for key in ("n_rows", "n_rejected")},
            "elements": _texts(data.get("elements")),
        },
        "headline": _headline(card.get("headline"), targets),
        "evidence": list(_evidence(card.get("scores"), targets, is_class)),
        "plan": {**{key: plan.get(key) for key in _PLAN}, "chosen": _chosen(plan, targets)},
        "notes": _texts(card.get("notes")),
        "citations": _texts(plan.get("citations")),
        "versions": {name: text for name, text in _dict(card.get("versions")).items() if isinstance(text, str)},
    }


def _size_and_sum(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as stream:
            size, digest = os.fstat(stream.fileno()).st_size, hashlib.file_digest(stream, "sha256")
    except OSError as error:  # it could be read a moment ago
        raise ModelFileError(f"cannot be read: {error.strerror or error}", where=str(path)) from error
    return {"bytes": size, "sha256": digest.hexdigest()}


def _target(name: str, schema: Mapping[str, Any], data: Mapping[str, Any]) -> dict[str, Any]:
    facts = _dict(_dict(data.get("targets")).get(name)) or data
    summary = _dict(facts.get("target_summary"))
    return {
        "target": name,
        "unit": _text(_dict(schema.get("units")).get(name)),
        "log": name in _texts(schema.get("log")),
        "n_rows": _number(facts.get("n_rows")),
        **{key: _number(summary.get(key)) for key in ("mean", "sd", "min", "max")},
    }


def _class_target(name: str, schema: Mapping[str, Any], data: Mapping[str, Any]) -> dict[str, Any]:
    facts = _dict(_dict(data.get("targets")).get(name)) or data
    counts = {label: _number(n) for label, n in _dict(facts.get("class_counts")).items()}
    return {
        "target": name,
        "unit": None,
        "log": False,
        "n_rows": _number(facts.get("n_rows")),
        "classes": _texts(facts.get("classes")),
        "class_counts": {label: n for label, n in counts.items() if n is not None},
        "positive": _text(facts.get("positive")),
    }


def _input(name: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "column": name,
        "kind": _text(_dict(schema.get("kinds")).get(name)),
        "unit": _text(_dict(schema.get("units")).get(name)),
    }


def _headline(headline: Any, targets: list[str]) -> dict[str, list[str]]:
    """Return the sentences by target; a bare list is that of the first."""
    if isinstance(headline, list):
        headline = {targets[0] if targets else "": headline}
    return {target: _texts(sentences) for target, sentences in _dict(headline).items()}


def _evidence(scores: Any, targets: list[str], is_class: bool) -> Iterator[dict[str, Any]]:
    """Yield one record per target and split: the model's scores, and the error of guessing.

    Guessing is to name the mean of the training rows, or to state how frequent the classes are among them.
    """
    names, error, baseline, ending = (
        (_CLASS_SCORE, "log_loss", _SHARES, "shares") if is_class else (_SCORE, "mae", _MEAN, "mean")
    )
    lines = [line for line in scores if isinstance(line, dict)] if isinstance(scores, list) else []
    first = targets[0] if targets else None
    for line in lines:
        if line.get("role") != "model" or not isinstance(line.get("split"), str):
            continue
        target = line.get("target", first)
        same = (other for other in lines if (other.get("target", first), other.get("split")) == (target, line["split"]))
        guess = next((other.get(error) for other in same if other.get("model") == baseline), None)
        yield {
            "target": _text(target),
            "split": line["split"],
            **{key: _number(line.get(key)) for key in names},
            f"{error}_of_{ending}": _number(guess),
        }


def _chosen(plan: Mapping[str, Any], targets: list[str]) -> dict[str, dict[str, float]]:
    """Return the weights of the candidates in the final model of each target."""
    chosen = _dict(plan.get("chosen_by_target"))
    if not chosen and targets:
        chosen = {targets[0]: plan.get("chosen")}
    weights = {target: _dict(_dict(facts).get("weights")) for target, facts in chosen.items()}
    return {target: {name: w for name, w in of.items() if _number(w) is not None} for target, of in weights.items()}


# A file can say anything. What is of another type than it should be counts as not said.


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _texts(value: Any) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _number(value: Any) -> float | int | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if abs(value) < 2**53 else float(value)
