"""The container of model files: a zip of named parts and a manifest, and nothing in it that runs.

Layout of the zip::

    manifest.json    {"format": "matterlearn", "kind": ..., "schema_version": 1,
                      "parts": {name: {"size": bytes, "sha256": hex}}, "content": {...}}
    NAME             one entry per part, names sorted, stored with a fixed date

The same content gives the same bytes. A part is JSON, safetensors (`arrays_to_bytes`), or bytes in another format
whose reader is safe; reading a container unpickles and executes nothing.

A container may come from anybody. What it declares is checked before anything is unpacked, no more is unpacked than
was declared, a small file unpacks to little, and every failure is one `ModelFileError`. The sha256 of a part finds
damage, not forgery: who changes a part can change its sum. Whether the content of a part is safe and sensible is for
its reader to check.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
import sys
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NoReturn, TypeAlias

import numpy as np
from numpy.typing import NDArray

from matterlearn.core.errors import ArgumentError, ModelFileError
from matterlearn.core.writing import replacing

JSON: TypeAlias = "Mapping[str, JSON] | Sequence[JSON] | str | int | float | bool | None"

FORMAT: Final = "matterlearn"
SCHEMA_VERSION: Final = 1
MAX_BYTES: Final = 4 * 1024**3  # 4 GiB: far above any model we write, and still a bound
MAX_PARTS: Final = 10_000
MAX_RATIO: Final = 200
"""Bytes that one byte of the file may unpack to. Deflate reaches 1,032; matrices full of zeros stay below 100."""

MAX_JSON_DEPTH: Final = 64
_FREE_BYTES: Final = 1024**2  # what any file may unpack to, whatever its size
_LARGEST: Final = sys.float_info.max  # a larger integer cannot become a float
_MANIFEST: Final = "manifest.json"
_MAX_MANIFEST_BYTES: Final = 16 * 1024**2
_DATE: Final = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can hold
_NAME: Final = re.compile(r"[A-Za-z0-9_\-][A-Za-z0-9_.\-]*(/[A-Za-z0-9_\-][A-Za-z0-9_.\-]*)*")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_ENCRYPTED: Final = 0x1  # bit of the flags of a zip entry


@dataclass(frozen=True)
class Container:
    """What a container holds.

    Parameters
    ----------
    manifest : dict
        The manifest that was given to `write_container`.
    parts : dict of str to bytes
        The parts by name.
    """

    manifest: dict[str, Any]
    parts: dict[str, bytes]


def write_container(
    path: str | os.PathLike[str], kind: str, parts: Mapping[str, bytes], manifest: Mapping[str, JSON]
) -> Path:
    """Write a container whole or not at all; the same content gives the same bytes.

    Parameters
    ----------
    path : path-like
        Where the file goes. Its folder must exist.
    kind : str
        What the container is, `"model"` for instance. Reading asks for the same kind.
    parts : mapping of str to bytes
        The parts. A name is made of letters, digits, `_`, `-` and `.`, with `/` between folders.
    manifest : mapping
        Description of the content in JSON: string keys, finite numbers. Its order is kept; tuples become lists.

    Returns
    -------
    pathlib.Path
        The path written.

    Raises
    ------
    ArgumentError
        If a name, a part or the manifest cannot be stored so that reading gives it back.
    DataError
        If the file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = write_container(f"{folder}/m.mlz", "model", {"a.bin": b"123"}, {"target": "gap"})
    ...     read_container(path, "model")
    Container(manifest={'target': 'gap'}, parts={'a.bin': b'123'})
    """
    target = Path(path)
    _check_parts(parts)
    content = _plain(manifest, "manifest")
    head: dict[str, Any] = {
        "format": FORMAT,
        "kind": kind,
        "schema_version": SCHEMA_VERSION,
        "parts": {name: {"size": len(parts[name]), "sha256": _sha256(parts[name])} for name in sorted(parts)},
        "content": content,
    }
    try:
        text = json.dumps(head, ensure_ascii=False, allow_nan=False, indent=1).encode()
        _parsed_json(text)
    except (ValueError, RecursionError) as error:  # a lone surrogate, an integer of hundreds of digits, deep nesting
        raise ArgumentError(f"cannot be written as JSON: {error}", where="manifest") from error
    if len(text) > _MAX_MANIFEST_BYTES:
        raise ArgumentError(f"takes {len(text)} bytes, at most {_MAX_MANIFEST_BYTES} fit", where="manifest")
    total = len(text) + sum(map(len, parts.values()))
    with replacing(target) as partial:
        # What deflates so well that a reader would take it for a bomb is stored as it is.
        for method in (zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED):
            with zipfile.ZipFile(partial, "w") as archive:
                _add(archive, _MANIFEST, text, method)
                for name in sorted(parts):
                    _add(archive, name, parts[name], method)
            if total <= _most_unpacked(partial.stat().st_size):
                break
    return target


def read_container(path: str | os.PathLike[str], kind: str, *, max_bytes: int = MAX_BYTES) -> Container:
    """Read a container after checking everything it says about itself.

    Parameters
    ----------
    path : path-like
        The file.
    kind : str
        What the container must be.
    max_bytes : int
        Most bytes that the file, and its unpacked parts together, may have.

    Returns
    -------
    Container
        Manifest and parts, every part of the size and sha256 that the manifest states. The sum finds damage, not
        forgery.

    Raises
    ------
    ModelFileError
        If the file cannot be read, is no zip, is truncated or damaged, is of another format or kind or from a newer
        version, has parts that are missing, unlisted, doubled, badly named, links or encrypted, is larger than
        `max_bytes` or unpacks to more than `MAX_RATIO` times its size.
    """
    where = str(path)
    try:
        mode = os.stat(path).st_mode
        if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):  # opening a pipe would wait for its other end
            _refuse(where, "is not a regular file")
        with open(path, "rb") as stream:
            size = os.fstat(stream.fileno()).st_size
            if size > max_bytes:
                _refuse(where, f"has {size} bytes, more than the {max_bytes} allowed")
            with zipfile.ZipFile(stream) as archive:
                return _read(archive, kind, size, max_bytes, where)
    except ModelFileError:
        raise
    except zipfile.BadZipFile as error:
        raise ModelFileError(
            f"not a model file, or damaged: {_first_line(error)}", where=where, fix="copy or fetch it again"
        ) from error
    except FileNotFoundError as error:
        raise ModelFileError("no such file", where=where, fix="check the path") from error
    # What zipfile raises for offsets, flags and streams that make no sense has no type of its own.
    except Exception as error:
        raise ModelFileError(f"cannot be read: {_first_line(error)}", where=where) from error


def bytes_to_json(data: bytes, *, max_depth: int = MAX_JSON_DEPTH) -> Any:
    """Read a part that is JSON, and nothing that would break its reader later.

    Parameters
    ----------
    data : bytes
        JSON in UTF-8.
    max_depth : int
        Most levels of lists and objects within each other.

    Returns
    -------
    dict, list, str, int, float, bool or None
        Its value: finite numbers, integers within the range of floats, texts that can be printed and stored. Nothing is
        said about its types and keys: whoever uses them checks them.

    Raises
    ------
    ModelFileError
        If the bytes are anything else.

    Examples
    --------
    >>> bytes_to_json(b'{"level": 0.9}')
    {'level': 0.9}
    """
    try:
        return _parsed_json(data, max_depth)
    except (ValueError, RecursionError) as error:
        raise ModelFileError(f"a part is not valid JSON: {_first_line(error)}") from error


def arrays_to_bytes(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """Pack named arrays of numbers as safetensors; order in memory and byte order of the arrays do not matter.

    Parameters
    ----------
    arrays : mapping of str to ndarray
        Arrays of bool, integer, float or complex64.

    Returns
    -------
    bytes
        The same for the same names and values.

    Raises
    ------
    ArgumentError
        If an array is of another type or named `__metadata__`.

    Examples
    --------
    >>> bytes_to_arrays(arrays_to_bytes({"w": np.eye(2)}))["w"]
    array([[1., 0.],
           [0., 1.]])
    """
    import safetensors
    import safetensors.numpy

    packed = {}
    for name in sorted(arrays):
        if name == "__metadata__":  # safetensors keeps this name for itself and could not read it back
            raise ArgumentError(f"{name!r} cannot name an array", where="arrays")
        array = np.asarray(arrays[name])
        if array.dtype.newbyteorder("=").name not in _ARRAY_TYPES:
            raise ArgumentError(
                f"has type {array.dtype}", where=f"array {name!r}", fix=f"use one of {', '.join(_ARRAY_TYPES)}"
            )
        # safetensors reads the memory of an array from its first byte on, whatever its strides are.
        packed[name] = np.array(array, dtype=array.dtype.newbyteorder("="), order="C")
    try:
        return bytes(safetensors.numpy.save(packed))
    except safetensors.SafetensorError as error:
        raise ArgumentError(f"cannot be packed: {_first_line(error)}", where="arrays") from error


def bytes_to_arrays(data: bytes) -> dict[str, NDArray[Any]]:
    """Unpack what `arrays_to_bytes` packed.

    Parameters
    ----------
    data : bytes
        A safetensors file.

    Returns
    -------
    dict of str to ndarray
        Arrays that own their memory and can be written to. Nothing is said about their values: whoever uses them as
        indices or sizes checks them.

    Raises
    ------
    ModelFileError
        If the bytes are not safetensors, or hold a type that `arrays_to_bytes` does not write.
    """
    import safetensors.numpy

    try:
        arrays = safetensors.numpy.load(bytes(data))
    except KeyError as error:
        raise ModelFileError(f"an array has the unknown type {error}") from error
    # A header that makes no sense fails there, shapes that no array can have fail in numpy, each in its own way.
    except Exception as error:
        raise ModelFileError(f"not a pack of arrays, or damaged: {_first_line(error)}") from error
    for name, array in arrays.items():
        if array.dtype.name not in _ARRAY_TYPES:
            raise ModelFileError(f"an array has the unknown type {array.dtype}: {name[:100]!r}")
    return {name: np.array(array) for name, array in sorted(arrays.items())}


_ARRAY_TYPES: Final = (
    "bool",
    *(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)),
    "float16",
    "float32",
    "float64",
    "complex64",
)


def _add(archive: zipfile.ZipFile, name: str, data: bytes, method: int) -> None:
    entry = zipfile.ZipInfo(name, _DATE)
    entry.compress_type = method
    entry.create_system = 3  # Unix everywhere, so that the bytes do not tell where they were written
    entry.external_attr = 0o644 << 16
    archive.writestr(entry, data)


def _check_parts(parts: Mapping[str, bytes]) -> None:
    for name, data in parts.items():
        if not isinstance(name, str) or not _NAME.fullmatch(name) or name == _MANIFEST:
            raise ArgumentError(
                f"{name!r} cannot name a part", where="parts", fix="use letters, digits, '_', '-' and '.'"
            )
        if not isinstance(data, bytes):
            raise ArgumentError(f"is {type(data).__name__}, not bytes", where=f"part {name!r}")
    total = sum(map(len, parts.values()))
    if total > MAX_BYTES or len(parts) > MAX_PARTS:
        raise ArgumentError(
            f"{len(parts)} parts of {total} bytes together; at most {MAX_PARTS} of {MAX_BYTES} fit", where="parts"
        )


def _plain(value: object, where: str) -> Any:
    """Return the value in the types of JSON, and refuse what JSON would store as something else."""
    if isinstance(value, Mapping):
        for key in value:
            if not isinstance(key, str):
                raise ArgumentError(f"the key {key!r} is not a string", where=where)
        return {key: _plain(item, f"{where}[{key!r}]") for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item, f"{where}[{i}]") for i, item in enumerate(value)]
    if not (value is None or isinstance(value, str | int | float)):
        raise ArgumentError(f"{type(value).__name__} is not a JSON type", where=where, fix="convert it")
    if isinstance(value, float) and not np.isfinite(value):
        raise ArgumentError(f"{value} cannot be stored in JSON", where=where, fix="use null")
    return value


def _most_unpacked(size: int) -> int:
    """Return how many bytes a file of a size may unpack to."""
    return _FREE_BYTES + MAX_RATIO * size


def _parsed_json(data: bytes, max_depth: int = MAX_JSON_DEPTH) -> Any:
    """Return the value of a JSON text; a ValueError or RecursionError if it breaks the promises of `bytes_to_json`."""
    value = json.loads(data.decode(), parse_constant=_no_constant)
    level: list[Any] = [value]
    for _ in range(max_depth + 1):  # below the last list or object is a level of other things, or of nothing
        below: list[Any] = []
        nested = False
        for item in level:
            if isinstance(item, dict):
                nested = True
                "".join(item).encode()  # a lone surrogate can be neither printed nor stored
                below.extend(item.values())
            elif isinstance(item, list):
                nested = True
                below.extend(item)
            elif isinstance(item, str):
                item.encode()
            elif isinstance(item, int | float) and not -_LARGEST <= item <= _LARGEST:  # 1e999 reads as infinity
                raise ValueError("a number is too large")
        if not nested:
            return value
        level = below
    raise ValueError(f"it is nested more than {max_depth} levels deep")


def _read(archive: zipfile.ZipFile, kind: str, file_size: int, max_bytes: int, where: str) -> Container:
    entries = _entries(archive, where)
    unpacked = sum(entry.file_size for entry in entries.values())
    head = _manifest(archive, entries, kind, min(_MAX_MANIFEST_BYTES, _most_unpacked(file_size)), where)
    declared = _declared(head, where)

    found = set(entries) - {_MANIFEST}
    if missing := sorted(set(declared) - found):
        _refuse(where, f"the part {missing[0]!r} is missing", "copy or fetch it again")
    if unlisted := sorted(found - set(declared)):
        _refuse(where, f"the part {unlisted[0]!r} is not in the manifest")
    total = sum(size for size, _ in declared.values())
    if total > max_bytes:
        _refuse(where, f"unpacks to {total} bytes, more than the {max_bytes} allowed")
    if unpacked > _most_unpacked(file_size):
        _refuse(where, f"unpacks to {unpacked} bytes, more than {MAX_RATIO} times its {file_size}: no model does")
    for name, (size, _) in declared.items():
        if entries[name].file_size != size:
            _refuse(where, f"the part {name!r} has {entries[name].file_size} bytes, the manifest says {size}")

    parts = {}
    for name, (size, digest) in declared.items():
        parts[name] = _unpack(archive, entries[name], size, where)
        if _sha256(parts[name]) != digest:
            _refuse(where, f"the part {name!r} is damaged (sha256 differs)", "copy or fetch it again")
    return Container(head["content"], parts)


def _entries(archive: zipfile.ZipFile, where: str) -> dict[str, zipfile.ZipInfo]:
    infos = archive.infolist()
    if len(infos) > MAX_PARTS + 1:
        _refuse(where, f"has {len(infos)} parts, more than the {MAX_PARTS} allowed")
    entries: dict[str, zipfile.ZipInfo] = {}
    for info in infos:
        name = info.orig_filename  # as it stands in the file; `filename` is cut at a NUL
        if not _NAME.fullmatch(name):
            _refuse(where, f"holds a part with the unsafe name {name[:100]!r}")
        if name in entries:
            _refuse(where, f"holds the part {name!r} twice")
        if info.flag_bits & _ENCRYPTED or info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            _refuse(where, f"the part {name!r} is encrypted or packed in an unknown way")
        if stat.S_IFMT(info.external_attr >> 16) not in (0, stat.S_IFREG):
            _refuse(where, f"the part {name!r} is a link or another special file")
        entries[name] = info
    return entries


def _manifest(
    archive: zipfile.ZipFile, entries: dict[str, zipfile.ZipInfo], kind: str, max_bytes: int, where: str
) -> dict[str, Any]:
    info = entries.get(_MANIFEST)
    if info is None:
        _refuse(where, f"is no {FORMAT} file: it has no {_MANIFEST}")
    if info.file_size > max_bytes:
        _refuse(where, f"the manifest has {info.file_size} bytes, more than the {max_bytes} allowed")
    text = _unpack(archive, info, info.file_size, where)
    try:
        head = _parsed_json(text)
    except (ValueError, RecursionError) as error:
        _refuse(where, f"the manifest is not valid JSON: {_first_line(error)}")
    if not isinstance(head, dict) or head.get("format") != FORMAT:
        _refuse(where, f"is no {FORMAT} file: the manifest does not say so")
    version = head.get("schema_version")
    if type(version) is not int or version < 1:
        _refuse(where, f"the manifest has no valid schema_version: {version!r:.100}")
    if version > SCHEMA_VERSION:
        _refuse(
            where,
            f"was made by a newer {FORMAT}: schema version {str(version)[:20]}, this one reads up to {SCHEMA_VERSION}",
            f"update {FORMAT}",
        )
    if head.get("kind") != kind:
        _refuse(where, f"is of the kind {head.get('kind')!r:.100}, not {kind!r}")
    if not isinstance(head.get("content"), dict):
        _refuse(where, "the manifest has no content")
    return head


def _declared(head: dict[str, Any], where: str) -> dict[str, tuple[int, str]]:
    """Return name -> (size, sha256) as the manifest states them."""
    parts = head.get("parts")
    if not isinstance(parts, dict):
        _refuse(where, "the manifest lists no parts")
    declared = {}
    for name, entry in parts.items():
        size, digest = (entry.get("size"), entry.get("sha256")) if isinstance(entry, dict) else (None, None)
        if type(size) is not int or size < 0 or not isinstance(digest, str) or not _SHA256.fullmatch(digest):
            _refuse(where, f"the manifest states no valid size and sha256 of the part {name[:100]!r}")
        declared[name] = (size, digest)
    return declared


def _unpack(archive: zipfile.ZipFile, info: zipfile.ZipInfo, size: int, where: str) -> bytes:
    """Unpack one entry up to the size that was declared, whatever its stream holds."""
    with archive.open(info) as stream:
        data = stream.read(size)
    if len(data) != size:
        _refuse(where, f"the part {info.orig_filename!r} ends after {len(data)} of {size} bytes")
    return data


def _refuse(where: str, what: str, fix: str | None = None) -> NoReturn:
    raise ModelFileError(what, where=where, fix=fix)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _first_line(error: BaseException) -> str:
    text = str(getattr(error, "strerror", None) or str(error) or type(error).__name__).partition("\n")[0][:200]
    return "".join(sign if sign.isprintable() else "?" for sign in text)  # a file must not steer a terminal


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
