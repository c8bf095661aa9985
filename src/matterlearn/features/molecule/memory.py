"""Features that were computed before are not computed again: in a fit every row comes in many folds.

A row's features depend on that row and on what its transformer learned, on nothing else; so they can be kept.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from threading import Lock
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

MOST_BYTES: Final = 256 * 2**20
"""Features and positions that are kept in a process; the ones that were not asked for longest make room."""


OVERHEAD: Final = 1_500
"""Bytes of a key, about: positions of forty atoms, and what Python adds."""


class RowMemory:
    """Rows of features by what they were computed of.

    Parameters
    ----------
    most_bytes : int
        Size beyond which the oldest rows are forgotten.

    Examples
    --------
    >>> memory, asked = RowMemory(), []
    >>> def squares(rows):
    ...     asked.append(rows.tolist())
    ...     return np.square([[1.0], [2.0]])[rows]
    >>> [memory.rows(["one", "two"], squares).tolist() for _ in range(2)], asked
    ([[[1.0], [4.0]], [[1.0], [4.0]]], [[0, 1]])
    """

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self.most_bytes = most_bytes
        self._rows: OrderedDict[Hashable, NDArray[np.float64]] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._rows)

    def rows(
        self, keys: Sequence[Hashable | None], compute: Callable[[NDArray[np.intp]], NDArray[np.float64]]
    ) -> NDArray[np.float64]:
        """Return the features of some rows, computing those that are not kept.

        Parameters
        ----------
        keys : sequence of hashable, length n_rows, at least 1
            All that the features of each row depend on; None for a row that is never kept. Equal keys are computed
            once.
        compute : callable
            From the numbers of rows to their features, shape (n, n_features), each row by itself.

        Returns
        -------
        ndarray of shape (n_rows, n_features)
            A new array.
        """
        with self._lock:
            found = {key: self._rows[key] for key in keys if key is not None and key in self._rows}
            for key in found:
                self._rows.move_to_end(key)
        first = {key: row for row, key in reversed(list(enumerate(keys))) if key is not None and key not in found}
        missing = np.array(
            sorted([*first.values(), *(row for row, key in enumerate(keys) if key is None)]), dtype=np.intp
        )
        computed = compute(missing) if len(missing) else None
        width = next(iter(found.values())).size if computed is None else computed.shape[1]
        out = np.empty((len(keys), width))
        if computed is not None:
            out[missing] = computed
        with self._lock:
            for row in missing:
                key = keys[row]
                if key is not None:
                    found[key] = out[row].copy()
                    self._keep(key, found[key])
        for row, key in enumerate(keys):
            if key is not None:
                out[row] = found[key]
        return out

    def _keep(self, key: Hashable, values: NDArray[np.float64]) -> None:
        if key not in self._rows:
            self._rows[key] = values
            self._bytes += values.nbytes + OVERHEAD
        while self._bytes > self.most_bytes and self._rows:
            _, old = self._rows.popitem(last=False)
            self._bytes -= old.nbytes + OVERHEAD


MEMORY: Final = RowMemory()
"""The memory of the process."""


def parameter_keys(transformer: Any) -> Hashable:
    """Return what tells transformers apart: their class and their parameters, sequences of numbers by all numbers.

    Parameters
    ----------
    transformer : transformer
        With parameters that are numbers, texts, None, or sequences of numbers or texts.

    Returns
    -------
    hashable

    Examples
    --------
    >>> from matterlearn.features.molecule.fingerprints import MorganFingerprint
    >>> parameter_keys(MorganFingerprint(2)) == parameter_keys(MorganFingerprint(3))
    False
    """
    parameters = sorted(transformer.get_params(deep=False).items())
    return (type(transformer), *((name, _key(value)) for name, value in parameters))


def _key(value: object) -> Hashable:
    if value is None or isinstance(value, str | int | float | np.number):
        return (type(value).__name__, value)  # True is not 1
    array = np.asarray(value)
    return (array.shape, array.dtype.str, array.tobytes()) if array.dtype.kind in "biuf" else repr(list(array.flat))
