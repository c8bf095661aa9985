"""Checksums of what a search depends on: estimators, tables, folds, objects that describe matter."""

from __future__ import annotations

import hashlib
import inspect
import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import partial
from typing import Any

import numpy as np


def fingerprint(value: Any) -> str:
    """Return a checksum that is equal for equal values, in this process and in any other.

    Parameters
    ----------
    value : object
        Numbers, texts, arrays, tables, estimators, functions, dataclasses, and collections of such. Other objects,
        crystal structures for instance, count by their text.

    Returns
    -------
    str
        The first 32 digits of a sha256.

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> fingerprint(Ridge(1.0)) == fingerprint(Ridge()), fingerprint(Ridge(1.0)) == fingerprint(Ridge(2.0))
    (True, False)
    >>> fingerprint(np.arange(3)) == fingerprint([0, 1, 2])
    False
    """
    digest = hashlib.sha256()
    for part in _parts(value):
        digest.update(len(part).to_bytes(8, "little") + part)
    return digest.hexdigest()[:32]


def _parts(value: Any) -> Iterator[bytes]:
    """Yield a value as bytes; of a collection, its kind, its size and then its members."""
    if value is None or isinstance(value, bool | int | float | complex | str | bytes):
        yield f"{type(value).__name__} {value!r}".encode()
    elif isinstance(value, np.ndarray | np.generic):
        yield from _array_parts(np.asarray(value))
    elif hasattr(value, "dtypes") and hasattr(value, "iloc"):  # a table or a column, without importing pandas
        yield f"{type(value).__name__} {value.shape}".encode()
        columns = [value[name] for name in value.columns] if hasattr(value, "columns") else [value]
        for column in columns:
            yield from _parts(column.name)
            yield from _array_parts(np.asarray(column))
    elif hasattr(value, "tocsr") and hasattr(value, "nnz"):  # a sparse matrix
        matrix = value.tocsr()
        for member in (value.shape, matrix.data, matrix.indices, matrix.indptr):
            yield from _parts(member)
    elif isinstance(value, Mapping):
        yield f"mapping {len(value)}".encode()
        for key in sorted(value, key=repr):
            yield from _parts(key)
            yield from _parts(value[key])
    elif isinstance(value, list | tuple):
        yield f"{type(value).__name__} {len(value)}".encode()
        for member in value:
            yield from _parts(member)
    elif isinstance(value, set | frozenset):
        yield from _parts(sorted(repr(member) for member in value))
    elif isinstance(value, partial):
        yield from _parts(("partial", value.func, value.args, value.keywords))
    elif isinstance(value, type) or inspect.isroutine(value):
        yield f"{getattr(value, '__module__', '')}.{getattr(value, '__qualname__', repr(value))}".encode()
    elif hasattr(value, "get_params"):
        yield from _parts((_kind(value), value.get_params(deep=False)))
    elif is_dataclass(value):
        yield from _parts((_kind(value), {field.name: getattr(value, field.name) for field in fields(value)}))
    else:
        yield f"{_kind(value)} {_ADDRESS.sub('', repr(value))}".encode()


_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")  # differs from process to process


def _array_parts(array: np.ndarray[Any, Any]) -> Iterator[bytes]:
    yield f"array {array.dtype.kind} {array.shape}".encode()
    if array.dtype == object:
        for member in array.ravel():
            yield from _parts(member)
    else:
        yield str(array.dtype.newbyteorder("=")).encode()
        yield np.ascontiguousarray(array).tobytes()


def _kind(value: Any) -> str:
    return f"{type(value).__module__}.{type(value).__qualname__}"
