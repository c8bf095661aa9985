"""Numbers of rows at which an error is asked for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from matterlearn.core.errors import ArgumentError


def checked_sizes(sizes: Sequence[int], most: int, what: str) -> list[int]:
    """Return numbers of rows, rising and each once.

    Parameters
    ----------
    sizes : sequence of int
        As they were given.
    most : int
        The largest one that is possible.
    what : str
        What there are no more of.

    Returns
    -------
    list of int

    Raises
    ------
    ArgumentError
        If there are none, or one is not a whole number from 1 to `most`.

    Examples
    --------
    >>> checked_sizes([20, 10, 20], 100, "rows")
    [10, 20]
    """
    numbers = np.asarray(sizes)
    if numbers.ndim != 1 or not len(numbers) or numbers.dtype.kind not in "iu":
        raise ArgumentError(f"whole numbers are needed, got {sizes!r:.80}", where="sizes")
    if numbers.min() < 1 or numbers.max() > most:
        wrong = numbers[(numbers < 1) | (numbers > most)][0]
        raise ArgumentError(f"{wrong} is not between 1 and {most}, the {what} there are", where="sizes")
    return [int(number) for number in np.unique(numbers)]
