"""Features that were computed before are not computed again: in a fit every row comes in many folds.

A row's features depend on that row and on what its transformer learned, on nothing else; so they can be kept.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Final

import numpy as np
from numpy.typing import NDArray

from matterlearn.chemistry.molecules.conformers import Block

MOST_BYTES: Final = 256 * 2**20
"""Features and positions that are kept in a process; the ones that were not asked for longest make room."""


class RowMemory:
    """Rows of features by what they were computed of.

    Parameters
    ----------
    most_bytes : int
        Size beyond which the oldest rows are forgotten.

    Examples
    --------
    >>> from matterlearn.chemistry.molecules import Conformers, MoleculeGraph
    >>> batch = Conformers.of_one(MoleculeGraph((1, 1)), np.arange(12.0).reshape(2, 2, 3))
    >>> block, memory, asked = next(batch.blocks()), RowMemory(), []
    >>> def height(positions):
    ...     asked.append(len(positions))
    ...     return positions[:, :, 2].max(axis=1, keepdims=True)
    >>> [memory.rows("height", block, height).tolist() for _ in range(2)], asked
    ([[[5.0], [11.0]], [[5.0], [11.0]]], [2])
    """

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self.most_bytes = most_bytes
        self._rows: OrderedDict[tuple[Hashable, Hashable, bytes], NDArray[np.float64]] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()

    def rows(
        self, key: Hashable, block: Block, compute: Callable[[NDArray[np.float64]], NDArray[np.float64]]
    ) -> NDArray[np.float64]:
        """Return the features of the conformers of a block, computing those that are not kept.

        Parameters
        ----------
        key : hashable
            All that the features depend on beside graph and positions.
        block : Block
            Conformers of one graph.
        compute : callable
            From positions of shape (n_rows, n_atoms, 3) to features of shape (n_rows, n_features), each row by itself.

        Returns
        -------
        ndarray of shape (n_rows, n_features)
            A new array.
        """
        keys = [(key, block.graph, positions.tobytes()) for positions in block.positions]
        with self._lock:
            found = {row: self._rows[one] for row, one in enumerate(keys) if one in self._rows}
            for row in found:
                self._rows.move_to_end(keys[row])
        missing = np.array([row for row in range(len(keys)) if row not in found], dtype=np.intp)
        if len(missing) == len(keys):
            out = compute(block.positions)
        else:
            out = np.empty((len(keys), len(next(iter(found.values())))))
            for row, values in found.items():
                out[row] = values
            if len(missing):
                out[missing] = compute(np.ascontiguousarray(block.positions[missing]))
        with self._lock:
            for row in missing:
                self._keep(keys[row], out[row].copy())
        return out

    def _keep(self, key: tuple[Hashable, Hashable, bytes], values: NDArray[np.float64]) -> None:
        if key not in self._rows:
            self._rows[key] = values
            self._bytes += values.nbytes + len(key[2])
        while self._bytes > self.most_bytes and self._rows:
            (_, _, positions), old = self._rows.popitem(last=False)
            self._bytes -= old.nbytes + len(positions)


MEMORY: Final = RowMemory()
"""The memory of the process."""


def parameter_key(value: object) -> Hashable:
    """Return what a parameter is compared by: sequences of numbers by all their numbers.

    Parameters
    ----------
    value : object
        Number, text, None, or sequence of numbers.

    Returns
    -------
    hashable

    Examples
    --------
    >>> parameter_key([(1.0, 2.0)]) == parameter_key(((1, 2),)), parameter_key(None)
    (True, None)
    """
    if value is None or isinstance(value, str | int | float | np.number):
        return value
    array = np.asarray(value, dtype=np.float64)
    return (array.shape, array.tobytes())
