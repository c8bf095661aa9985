"""Random changes that know the format: what comes out reads as a model file, up to where it does not."""

from __future__ import annotations

import copy
import json
from typing import Any, Protocol

import numpy as np
from hypothesis import strategies as st
from model_tampering import Stored, scalar, walk, whole

from matterlearn.core.container import arrays_to_bytes, bytes_to_arrays

NUMBERS = (0, -1, 1, 2, 7, 255, 10**6, 2**31, 2**63, -(2**63), 10**30, 10**400, 0.5, -0.0, 1e-320, 1e308)
VALUES: tuple[Any, ...] = (
    *NUMBERS, None, True, False, "", "x", "a\0b", "precomputed", "\u202e", "Fe", [], {}, [[]], [1, 2], ["x"], {"x": 1},
)  # fmt: skip
FLOATS = (np.nan, np.inf, -np.inf, 0.0, -1.0, 1e300, -1e300, 1e-310)
INTEGERS = (-1, 0, 1, 2, 255, 10**6, 2**31 - 1, -(2**31), 2**63 - 1)
TYPES = ("<f8", "<f4", ">f8", "<i8", "<i4", "<u1", "|b1", "<U3")


class Draw(Protocol):
    """What hypothesis hands to a composite strategy."""

    def __call__(self, strategy: st.SearchStrategy[Any]) -> Any: ...


def mutated_parts(draw: Draw) -> tuple[str, dict[str, bytes], dict[str, Any]]:
    """Return what was changed, the parts and the manifest of the zoo with one to three changes in one place."""
    parts, content = dict(whole().parts), copy.deepcopy(whole().manifest)
    name = draw(st.sampled_from([*sorted(parts), "manifest", *(["0-estimator.skops"] * 4)]))
    told = []
    if name.endswith(".skops"):
        stored = Stored(parts[name])
        for _ in range(draw(st.integers(1, 3))):
            told.append(mutate_stored(draw, stored))
        parts[name] = stored.data()
    elif name.endswith(".safetensors"):
        arrays = bytes_to_arrays(parts[name])
        key = draw(st.sampled_from(sorted(arrays)))
        arrays[key] = mutated_array(draw, arrays[key], told)
        if arrays[key].dtype.kind == "U" or draw(st.integers(0, 9)) == 0:
            told.append(f"without {key}")
            del arrays[key]
        parts[name] = arrays_to_bytes(arrays)
    else:
        value = content if name == "manifest" else json.loads(parts[name])
        told.append(mutate_json(draw, value))
        if name != "manifest":
            parts[name] = json.dumps(value).encode()
    return f"{name}: {'; '.join(told)}", parts, content


def mutate_json(draw: Draw, value: Any) -> str:
    """Change, remove or add one thing somewhere in a JSON value."""
    path = []
    while True:
        keys = list(value) if isinstance(value, dict) else list(range(len(value)))
        key = draw(st.sampled_from(keys))
        path.append(key)
        inner = value[key]
        if not (isinstance(inner, dict | list) and inner) or draw(st.integers(0, 5)) == 0:
            break
        value = inner
    kind = draw(st.sampled_from(["put", "put", "put", "remove", "nest", "text"]))
    if kind == "remove":
        del value[key]
    elif kind == "nest":
        value[key] = nested(draw(st.integers(1, 40)))
    elif kind == "text":
        value[key] = draw(st.text(max_size=20))
    else:
        value[key] = draw(st.sampled_from(VALUES))
    return f"{kind} at {path}: {value.get(key) if isinstance(value, dict) else value!r:.100}"


def nested(depth: int) -> Any:
    value: Any = []
    for _ in range(depth):
        value = [value]
    return value


def mutate_stored(draw: Draw, stored: Stored) -> str:
    kind = draw(st.sampled_from(["scalar", "scalar", "array", "array", "array", "swap", "name", "key", "list", "file"]))
    nodes = list(walk(stored.schema))
    if kind == "scalar":
        found = draw(st.sampled_from([node for node in nodes if node["__loader__"] == "JsonNode"]))
        before = found["content"]
        value = draw(st.sampled_from([value for value in VALUES if not isinstance(value, list | dict)]))
        found.update(scalar(value))
        return f"scalar {before} -> {value!r}"
    if kind == "array":
        file = draw(st.sampled_from(sorted(stored.files)))
        told: list[str] = [file]
        node = {"file": file}
        stored.set_array(node, mutated_array(draw, stored.array(node), told))
        return " ".join(told)
    found = draw(st.sampled_from(nodes))
    name = f"{found['__loader__']} {found['__class__']}"
    other = draw(st.sampled_from(nodes))
    if kind == "swap":
        replaced = copy.deepcopy(other)
        found.clear()
        found.update(replaced)
    elif kind == "name":
        key = draw(st.sampled_from(["__class__", "__module__", "__loader__", "__id__"]))
        found[key] = other.get(key)
    elif kind == "key":
        key = draw(st.sampled_from(sorted(found)))
        found[key] = draw(st.sampled_from([None, *VALUES, copy.deepcopy(other)]))
    elif kind == "list":
        content = found.get("content")
        if isinstance(content, list) and content:
            content.extend(copy.deepcopy(content[:1])) if draw(st.booleans()) else content.pop()
    elif "file" in found:
        found["file"] = draw(st.sampled_from(sorted(stored.files)))
    return f"{kind} of {name} <- {other['__loader__']} {other['__class__']}"


def mutated_array(draw: Draw, values: np.ndarray, told: list[str]) -> np.ndarray:
    """Return an array with another entry, shape or type."""
    values = values.copy()
    kind = draw(st.sampled_from(["entry", "entry", "entry", "all", "longer", "shorter", "reshape", "type"]))
    told.append(f"{kind} of {values.dtype} {values.shape}")
    if kind in ("entry", "all") and values.size:
        field = draw(st.sampled_from(values.dtype.names)) if values.dtype.names else None
        target = values if field is None else values[field]
        at = draw(st.integers(0, values.size - 1)) if kind == "entry" else slice(None)
        if target.dtype.kind in "fiu":
            value = draw(st.sampled_from(FLOATS if target.dtype.kind == "f" else INTEGERS))
            told.append(f"{field}[{at}] = {value}")
            with np.errstate(over="ignore"):
                flat = target.reshape(-1)
                flat[at] = np.array(value).astype(target.dtype)
                target[...] = flat.reshape(target.shape)
    elif kind == "longer":
        values = np.resize(values, (values.shape[0] + 1 if values.ndim else 2, *values.shape[1:]))
    elif kind == "shorter" and values.ndim:
        values = values[:-1] if draw(st.booleans()) else values[..., :0]
    elif kind == "reshape":
        values = values.reshape(draw(st.sampled_from([(-1,), (1, -1), (-1, 1)])))
    elif kind == "type" and values.dtype.kind != "V":
        with np.errstate(all="ignore"):
            kind = draw(st.sampled_from(TYPES))
            if values.dtype.kind != "U" or kind.endswith("U3"):
                values = values.astype(kind)
    return values
