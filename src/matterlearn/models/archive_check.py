"""What a stored estimator may consist of, checked before any of it is built.

skops builds objects from JSON nodes. It trusts every class of scikit-learn and asks only whether types are trusted;
here the list of types is short and explicit, and what is built from them while reading is checked as well: shapes of
arrays before they are allocated, sizes that constructors take on trust, and that nothing stands in two places in a
way that makes reading take exponential time.
"""

from __future__ import annotations

import io
import json
import math
import re
import zipfile
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final, NoReturn

import numpy as np
from numpy.lib import format as npy

from matterlearn.core.container import bytes_to_json
from matterlearn.core.errors import ModelFileError

SCHEMA: Final = "schema.json"
OLDEST_PROTOCOL: Final = 2
"""Nodes of older skops protocols have other readers; none of our files has them."""

MAX_DEPTH: Final = 120
"""Levels of JSON: a blend of pipelines has 40, and skops takes several Python calls for each."""

MAX_FEATURES: Final = 1_000_000
MAX_OUTPUTS: Final = 10_000

_MAX_SCHEMA_BYTES: Final = 64 * 1024**2
_MAX_INT: Final = 2**200  # seeds have 128 bits
_LABELS: Final = frozenset({"__id__", "file"})  # name a content, wherever it is written
_FILE: Final = re.compile(r"[A-Za-z0-9\-]{1,64}\.(npy|npz|bin)|schema\.json")
_NUMBERS: Final = ("bool", *(f"{s}int{b}" for s in ("", "u") for b in (8, 16, 32, 64)), "float32", "float64")
_SCALARS: Final = frozenset(f"numpy.{name}" for name in (*_NUMBERS, "str_"))
_KEYS: Final = frozenset({"builtins.str", "builtins.int", "builtins.float", "builtins.bool"})
_KEYS_AND_SCALARS: Final = _KEYS | _SCALARS
_LOSSES: Final = frozenset(
    f"sklearn._loss._loss.Cy{name}"
    for name in (
        "HalfSquaredError",
        "AbsoluteError",
        "PinballLoss",
        "HuberLoss",
        "HalfPoissonLoss",
        "HalfGammaLoss",
        "HalfBinomialLoss",
        "HalfMultinomialLoss",
    )
)


def check_archive(data: bytes, types: Collection[str], *, vouched: Collection[str] = ()) -> None:
    """Raise a ModelFileError unless an estimator can be built from the bytes without harm.

    Parameters
    ----------
    data : bytes
        What `estimator_to_bytes` returned, or what somebody made of it.
    types : collection of str
        Classes of the objects that may be in it, as "module.Class".
    vouched : collection of str
        Further types and functions that the reader vouches for; what is built from them is not checked here.

    Raises
    ------
    ModelFileError
        If it cannot be read, holds other types, or what would be built is not what `estimator_to_bytes` writes.
    """
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        _check_entries(archive, len(data))
        schema = bytes_to_json(archive.read(SCHEMA), max_depth=MAX_DEPTH)
        protocol = schema.get("protocol") if isinstance(schema, dict) else None
        if type(protocol) is not int or protocol < OLDEST_PROTOCOL:
            _refuse(f"it is of the skops protocol {str(protocol)[:20]}, which is not read")
        check = _Check(archive, frozenset(types), frozenset(vouched))
        check.visit(schema)
    if check.unknown:
        _refuse_types(sorted(check.unknown))


def _check_entries(archive: zipfile.ZipFile, size: int) -> None:
    """Nothing is packed within the archive: the container around it packs it once, and bounds what comes out."""
    infos = archive.infolist()
    names = [info.orig_filename for info in infos]
    if SCHEMA not in names or len(set(names)) < len(names) or not all(_FILE.fullmatch(name) for name in names):
        _refuse("it is no stored estimator")
    if any(info.compress_type != zipfile.ZIP_STORED or info.flag_bits & 0x1 for info in infos):
        _refuse("an estimator is packed within its part")
    if sum(info.file_size for info in infos) > size or archive.getinfo(SCHEMA).file_size > _MAX_SCHEMA_BYTES:
        _refuse("an estimator unpacks to more than it is")


class _Check:
    """One walk over the JSON of an archive."""

    def __init__(self, archive: zipfile.ZipFile, types: frozenset[str], vouched: frozenset[str]) -> None:
        self.archive = archive
        self.types = types
        self.vouched = vouched
        self.unknown: set[str] = set()
        self.content_of: dict[int, int] = {}  # number of an object -> its content
        self.owner_of: dict[str, int] = {}  # file -> number of the object it belongs to
        self._headers: dict[str, tuple[tuple[int, ...], np.dtype[Any]]] = {}
        self._contents: dict[Any, int] = {}  # what was seen -> a small integer for it
        self._checks: Mapping[str, Callable[[Any, str], bool]] = {
            "DictNode": self._dict,
            "ListNode": lambda node, name: name == "builtins.list",
            "TupleNode": lambda node, name: name == "builtins.tuple",
            "SetNode": lambda node, name: name == "builtins.set",
            "JsonNode": self._json,
            "SliceNode": self._slice,
            "TypeNode": lambda node, name: name in _KEYS_AND_SCALARS,
            "NdArrayNode": self._array,
            "ObjectNode": self._object,
            "TreeNode": self._tree,
            "LossNode": lambda node, name: name in _LOSSES,
            "DTypeNode": lambda node, name: name == "numpy.dtype" and node["content"]["__loader__"] == "NdArrayNode",
            "RandomStateNode": self._random_state,
            "RandomGeneratorNode": self._generator,
        }

    def visit(self, value: Any) -> int:
        """Check all nodes within a value and return an integer that is the same for the same content."""
        if isinstance(value, list):
            return self._known((list, *map(self.visit, value)))
        if not isinstance(value, dict):
            return self._known((type(value), value))
        content = self._known((dict, *((key, self.visit(item)) for key, item in value.items() if key not in _LABELS)))
        if "__loader__" in value or "__id__" in value:
            self._node(value, content)
        return content

    def _known(self, content: Any) -> int:
        return self._contents.setdefault(content, len(self._contents))

    def _node(self, node: dict[str, Any], content: int) -> None:
        loader, module, kind, number = (node.get(key) for key in ("__loader__", "__module__", "__class__", "__id__"))
        _require(isinstance(loader, str) and isinstance(module, str) and isinstance(kind, str))
        if number is not None:
            # A number stands for one object wherever it appears, and its content is written each time. Were it left
            # out, few nodes could stand for exponentially many, or for a circle.
            _require(type(number) is int and number > 0 and self.content_of.setdefault(number, content) == content)
        name = f"{module}.{kind}"
        if loader == "MethodNode":  # of an object of that class
            name = f"{name}.{node['content']['func']}"
        check = self._checks.get(str(loader))
        if name in self.vouched and loader != "CachedNode":
            return
        if check is None or not check(node, name):
            _require(name not in self.types)  # a known type, built in another way
            self.unknown.add(name)

    def _json(self, node: Any, name: str) -> bool:
        _scalar(node)
        return True

    def _dict(self, node: Any, name: str) -> bool:
        keys = node["key_types"]
        _require(
            keys["__loader__"] == "ListNode"
            and len(keys["content"]) == len(node["content"])
            and all(_name(kind) in _KEYS_AND_SCALARS for kind in keys["content"])
        )
        return name in ("builtins.dict", "sklearn.utils._bunch.Bunch")

    def _slice(self, node: Any, name: str) -> bool:
        ends = node["content"]
        _require(ends.keys() == {"start", "stop", "step"})
        _require(all(end is None or isinstance(end, str) or type(end) is int for end in ends.values()))
        return name == "builtins.slice"

    def _object(self, node: Any, name: str) -> bool:
        if name not in self.types:
            return False
        content = node.get("content")
        if content is not None and content["__loader__"] != "JsonNode":
            _require(content["__loader__"] == "DictNode")
            _require(all(_name(kind) == "builtins.str" for kind in content["key_types"]["content"]))
            _require(all(key.isidentifier() and not key.startswith("__") for key in content["content"]))
        elif content is not None:
            _require(_scalar(content) is None)
        return True

    def _array(self, node: Any, name: str) -> bool:
        if node["type"] == "json":
            shape = tuple(_scalar(length) for length in node["shape"]["content"])
            _require(len(shape) == 1 or math.prod(shape) == _count(node["content"], len(shape)))
        else:
            _require(node["type"] == "numpy")
            shape, _ = self._header(node)
        return name == "numpy.ndarray" or (name in _SCALARS and shape == ())

    def _header(self, node: Any) -> tuple[tuple[int, ...], np.dtype[Any]]:
        """Return shape and type of a stored array whose file holds just as many bytes."""
        file, number = node["file"], node["__id__"]
        _require(node["type"] == "numpy" and self.owner_of.setdefault(file, number) == number)  # else read many times
        if file not in self._headers:
            self._headers[file] = self._read_header(file)
        return self._headers[file]

    def _read_header(self, file: str) -> tuple[tuple[int, ...], np.dtype[Any]]:
        with self.archive.open(file) as stream:
            version = npy.read_magic(stream)
            _require(version in ((1, 0), (2, 0)))
            read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
            shape, _, dtype = read(stream)
            rest = self.archive.getinfo(file).file_size - stream.tell()
        fields = [dtype] if dtype.names is None else [dtype[name] for name in dtype.names]
        _require(
            all(field.kind == "U" or field.name in _NUMBERS for field in fields)
            and dtype.itemsize > 0
            and all(length >= 0 for length in shape)
            and math.prod(shape) * dtype.itemsize == rest
            and max(shape, default=0) <= max(rest, MAX_FEATURES)  # an empty array can claim any number of columns
        )
        return shape, dtype

    def _tree(self, node: Any, name: str) -> bool:
        """Check what the constructor of a tree allocates and copies."""
        n_features, n_classes, n_outputs = node["__reduce__"]["args"]["content"]
        state = node["content"]["content"]
        nodes, record = self._header(state["nodes"])
        values, value = self._header(state["values"])
        classes, _ = self._header(n_classes)
        n_nodes = nodes[0]
        _require(
            _is_int(_scalar(n_features), 1, MAX_FEATURES)
            and _is_int(_scalar(n_outputs), 1, MAX_OUTPUTS)
            and classes == (_scalar(n_outputs),)
            and nodes == (n_nodes,)
            and n_nodes > 0
            and record.names is not None
            and len(values) == 3
            and values[:2] == (n_nodes, _scalar(n_outputs))
            and value == np.float64
            and _scalar(state["node_count"]) == n_nodes
            and _is_int(_scalar(state["max_depth"]), 0, n_nodes)
        )
        return name == "sklearn.tree._tree.Tree"

    def _random_state(self, node: Any, name: str) -> bool:
        content = node["content"]["content"]
        state = content["state"]["content"]
        _require(_scalar(content["bit_generator"]) == "MT19937")
        _require(self._header(state["key"])[0] == (624,) and _is_int(_scalar(state["pos"]), 0, 624))
        return name == "numpy.random.mtrand.RandomState"

    def _generator(self, node: Any, name: str) -> bool:
        content = node["content"]
        _require(_scalar(content["bit_generator"]["content"]["bit_generator"]) == "PCG64")
        _require(_scalar(content["seed_seq"]["content"]["pool_size"]) == 4)  # what it has always been; it is allocated
        return name == "numpy.random._generator.Generator"


def _name(node: Any) -> str:
    return f"{node['__module__']}.{node['__class__']}"


def _scalar(node: Any) -> Any:
    """Return the value of a JsonNode: one number, text, truth value or None."""
    _require(node["__loader__"] == "JsonNode")
    value = json.loads(node["content"])
    _require(value is None or isinstance(value, str | float | bool) or _is_int(value, -_MAX_INT, _MAX_INT))
    if isinstance(value, str):
        value.encode()  # a lone surrogate can be neither printed nor stored
    return value


def _is_int(value: Any, least: int, most: int) -> bool:
    return type(value) is int and least <= value <= most


def _count(content: list[Any], n_dimensions: int) -> int:
    """Return how many entries the nested lists of an array of objects hold."""
    entries = content
    for _ in range(n_dimensions - 1):
        entries = [entry for row in entries for entry in row["content"]]
    return len(entries)


def _require(sound: Any) -> None:
    if not sound:
        _refuse("the stored estimator is not as it was written")


def _refuse(what: str) -> NoReturn:
    raise ModelFileError(what, fix="do not use this file")


def _refuse_types(names: list[str]) -> NoReturn:
    shown = ", ".join("".join(sign if sign.isprintable() else "?" for sign in name[:100]) for name in names[:5])
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    if all(name.startswith("matterlearn.") for name in names):
        raise ModelFileError(
            f"it was made by another version of matterlearn: this one knows no {shown}{more}",
            fix="use the version that made it",
        )
    raise ModelFileError(
        f"it holds types that are not trusted: {shown}{more}",
        fix="if you know where the file comes from, name them in `trusted` (--trust)",
    )
