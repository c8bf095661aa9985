"""A real model file with every kind of estimator in it, and means to change it as somebody who means harm would."""

from __future__ import annotations

import copy
import hashlib
import io
import json
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matter_tables import binaries
from sklearn.compose import TransformedTargetRegressor
from sklearn.dummy import DummyRegressor
from sklearn.ensemble import (
    BaggingRegressor,
    ExtraTreesRegressor,
    GradientBoostingRegressor,
    HistGradientBoostingRegressor,
)
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import Ridge
from sklearn.neighbors import KNeighborsRegressor
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR
from sklearn.tree import DecisionTreeRegressor
from small_fit import quick

import matterlearn
from matterlearn.core.container import Container, read_container
from matterlearn.models.blend import Blend
from matterlearn.workflow.fit import fit
from matterlearn.workflow.model import KIND, Model

SOURCE = Path(matterlearn.__file__).parents[1]
INPUTS = ["formula", "family", "T_K"]


def table(n_rows: int, *, seed: int = 0) -> pd.DataFrame:
    frame = binaries(n_rows, seed=seed)
    frame["T_K"] = 300.0 + np.arange(n_rows) % 7
    return frame


NEW_ROWS = table(20, seed=3)[INPUTS]


@cache
def zoo() -> Model:
    """A blend of one estimator of each kind, fitted through the front door: formulas, categories and numbers in."""
    networks = MLPRegressor(hidden_layer_sizes=(4,), max_iter=40, n_iter_no_change=4, tol=1e9)  # ends after five epochs
    members = {
        "tree": DecisionTreeRegressor(max_depth=3),
        "forest": ExtraTreesRegressor(2),
        "stages": GradientBoostingRegressor(n_estimators=2),
        "boosting": HistGradientBoostingRegressor(max_iter=2, min_samples_leaf=3, early_stopping=False),
        "machine": TransformedTargetRegressor(SVR(), transformer=StandardScaler()),
        "kernel": KernelRidge(kernel="laplacian"),
        "neighbours": KNeighborsRegressor(3, weights="distance", algorithm="brute"),
        "networks": BaggingRegressor(networks, 1, bootstrap=False),
        "line": make_pipeline(StandardScaler(), Ridge()),
        "mean": DummyRegressor(),
    }
    blend = Blend(list(members.items()), [1 / len(members)] * len(members))
    return fit(table(24), "gap_eV", inputs=INPUTS, models={"zoo": blend}, **quick(candidates=("zoo",), seed=2)).model


@cache
def zoo_bytes() -> bytes:
    """The file of the zoo."""
    with tempfile.TemporaryDirectory() as folder:
        return zoo().save(Path(folder) / "model.mlz").read_bytes()


@cache
def whole() -> Container:
    """What the file of the zoo holds."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.mlz"
        path.write_bytes(zoo_bytes())
        return read_container(path, KIND)


def head(parts: Mapping[str, bytes], content: Mapping[str, Any]) -> dict[str, Any]:
    """Return a manifest whose sizes and sums fit the parts."""
    listed = {name: {"size": len(part), "sha256": hashlib.sha256(part).hexdigest()} for name, part in parts.items()}
    return {"format": "matterlearn", "kind": KIND, "schema_version": 1, "parts": listed, "content": content}


def packed(
    path: Path,
    parts: Mapping[str, bytes],
    content: Mapping[str, Any],
    *,
    says: Mapping[str, Any] | None = None,
    method: int = zipfile.ZIP_STORED,
) -> Path:
    """Write a container by other means than the library's, with a manifest that fits unless told what it says."""
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr("manifest.json", json.dumps({**head(parts, content), **(says or {})}))
        for name, part in parts.items():
            archive.writestr(name, part)
    return path


def rewritten(
    path: Path, parts: Mapping[str, bytes | None] | None = None, change: Callable[[dict[str, Any]], Any] | None = None
) -> Path:
    """Write the file of the zoo with other parts (None leaves one out) or a changed manifest, sums and all."""
    content = copy.deepcopy(whole().manifest)
    if change is not None:
        change(content)
    kept = {name: part for name, part in {**whole().parts, **(parts or {})}.items() if part is not None}
    return packed(path, kept, content)


class Stored:
    """A stored estimator taken apart: the JSON that describes it, and its arrays."""

    def __init__(self, data: bytes) -> None:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            self.files = {name: archive.read(name) for name in archive.namelist()}
        self.schema = json.loads(self.files.pop("schema.json"))

    def nodes(self, loader: str = "", kind: str = "") -> list[dict[str, Any]]:
        """Return the nodes of a loader and a class, as they stand in the file."""
        found = walk(self.schema)
        return [node for node in found if loader in ("", node["__loader__"]) and kind in ("", node["__class__"])]

    def attribute(self, kind: str, name: str, number: int = 0) -> dict[str, Any]:
        """Return the node of an attribute of the numbered object of a class that has it."""
        owners = [node["content"]["content"] for node in self.nodes("ObjectNode", kind) if node.get("content")]
        return [owner for owner in owners if name in owner][number][name]

    def array(self, node: Mapping[str, Any]) -> np.ndarray:
        return np.load(io.BytesIO(self.files[node["file"]]), allow_pickle=False)

    def set_array(self, node: Mapping[str, Any], values: Any) -> None:
        out = io.BytesIO()
        np.save(out, values, allow_pickle=True)
        self.files[node["file"]] = out.getvalue()

    def set_attribute(self, kind: str, name: str, value: Any) -> None:
        """Give every object of a class an attribute: a node, or a plain value."""
        node = value if isinstance(value, dict) else scalar(value)
        for owner in self.nodes("ObjectNode", kind):
            state = owner["content"]
            if name not in state["content"]:
                state["key_types"]["content"].append(key_type())
            state["content"][name] = node

    def data(self, method: int = zipfile.ZIP_STORED) -> bytes:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", method) as archive:
            archive.writestr("schema.json", json.dumps(self.schema))
            for name, content in self.files.items():
                archive.writestr(name, content)
        return out.getvalue()


def walk(value: Any) -> Iterator[dict[str, Any]]:
    """Yield every node in a piece of the JSON, the outer ones first."""
    if isinstance(value, dict):
        if "__loader__" in value:
            yield value
        for item in value.values():
            yield from walk(item)
    elif isinstance(value, list):
        for item in value:
            yield from walk(item)


def scalar(value: Any) -> dict[str, Any]:
    content = value if isinstance(value, str) and value[:1] in "{[" else json.dumps(value)
    return {"__class__": "str", "__module__": "builtins", "__loader__": "JsonNode", "content": content, "is_json": True}


def key_type() -> dict[str, Any]:
    return {"__class__": "str", "__module__": "builtins", "__loader__": "TypeNode"}


def node(loader: str, name: str, **more: Any) -> dict[str, Any]:
    module, _, kind = name.rpartition(".")
    return {"__class__": kind, "__module__": module, "__loader__": loader, **more}


def part_names(ending: str) -> list[str]:
    """Return the names of the parts with an ending."""
    return sorted(name for name in whole().parts if name.endswith(ending))


def stored() -> Stored:
    """Return the estimator of the zoo, taken apart."""
    return Stored(whole().parts[part_names("estimator.skops")[0]])


def with_estimator(path: Path, change: Callable[[Stored], Any]) -> Path:
    """Write the file of the zoo with its estimator changed, sums and all."""
    estimator = stored()
    change(estimator)
    return rewritten(path, {part_names("estimator.skops")[0]: estimator.data()})


@dataclass(frozen=True)
class Outcome:
    """What came of reading a file and predicting with it."""

    refused: str | None = None
    error: str | None = None
    same: bool = False


CHILD = Path(__file__).parent / "workflow" / "attacks" / "attempt_child.py"


def attempt(files: Sequence[Path], folder: Path, *, timeout: int = 900) -> dict[str, Outcome]:
    """Read each file in another process, which may neither crash, nor hang, nor take 2 GiB; return what came of it."""
    (folder / "good.mlz").write_bytes(zoo_bytes())
    NEW_ROWS.to_csv(folder / "rows.csv", index=False)
    done = subprocess.run(
        [sys.executable, str(CHILD), str(folder), *map(str, files)],
        env={**os.environ, "PYTHONPATH": str(SOURCE), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=timeout,
    )
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    begun = [line["begun"] for line in lines if "begun" in line]
    assert done.returncode == 0, f"{begun[-1:]} ended the process with {done.returncode}: {done.stderr[-500:]}"
    assert done.stderr == "", done.stderr[-500:]
    return {line.pop("name"): Outcome(**line) for line in lines if "name" in line}
