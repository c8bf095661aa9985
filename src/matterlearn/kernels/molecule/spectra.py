"""Eigenvalues of many small symmetric matrices at once.

A library such as LAPACK works on one matrix at a time, whose rows are too short to fill a processor. Here `LANES`
matrices stand side by side, element by element, and every step is one step of all of them. No step of one lane looks
at another one: the eigenvalues of a matrix are the same bit for bit whatever its neighbours are.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from matterlearn.core.jit import jit

LANES = 32
"""Matrices side by side."""

_SMALL = 2.0**-53
_MOST_SWEEPS = 60  # for one eigenvalue; two are usual


def symmetric_spectra(matrices: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the eigenvalues of symmetric matrices by falling absolute value.

    Householder reflections make each matrix tridiagonal; QL sweeps without square roots (Pal, Walker and Kahan) find
    its eigenvalues [1]_, exact to some 1e-15 of the largest one.

    Parameters
    ----------
    matrices : ndarray of shape (n_matrices, size, size)
        Symmetric; the lower triangles are read. Elements between about 1e-150 and 1e150, or 0.

    Returns
    -------
    ndarray of shape (n_matrices, size)
        Each row depends on its matrix only.

    References
    ----------
    .. [1] B. N. Parlett, The Symmetric Eigenvalue Problem, SIAM (1998), sections 7.4 and 8.15.

    Examples
    --------
    >>> symmetric_spectra(np.array([[[1.0, 2.0], [2.0, 1.0]]])).round(12).tolist()
    [[3.0, -1.0]]
    """
    out = np.empty(matrices.shape[:2])
    _fill_spectra(np.ascontiguousarray(matrices), out)
    return out


@jit(parallel=True)
def _fill_spectra(matrices: NDArray[np.float64], out: NDArray[np.float64]) -> None:
    n_matrices, size = out.shape
    for group in numba.prange((n_matrices + LANES - 1) // LANES):
        first = group * LANES
        a = np.zeros((size, size, LANES))
        for lane in range(min(LANES, n_matrices - first)):
            for i in range(size):
                for j in range(i + 1):
                    a[i, j, lane] = matrices[first + lane, i, j]
        diagonal, squares = np.empty((size, LANES)), np.zeros((size, LANES))
        _make_tridiagonal(a, diagonal, squares)
        _sweep(diagonal, squares)
        for lane in range(min(LANES, n_matrices - first)):
            row = out[first + lane]
            for i in range(size):  # sorted by insertion
                value, place = diagonal[i, lane], i
                while place > 0 and abs(row[place - 1]) < abs(value):
                    row[place] = row[place - 1]
                    place -= 1
                row[place] = value


@jit()
def _make_tridiagonal(a: NDArray[np.float64], diagonal: NDArray[np.float64], squares: NDArray[np.float64]) -> None:
    """Reduce lower triangles `a` (size, size, LANES); `squares[i]` are of the elements between rows i and i + 1."""
    size = len(a)
    v, p = np.zeros((size, LANES)), np.zeros((size, LANES))
    inverse, factor, total = np.zeros(LANES), np.zeros(LANES), np.zeros(LANES)
    for i in range(size - 1, 0, -1):
        last = i - 1
        # The reflection that leaves only the last element of row i, along v.
        for lane in range(LANES):
            total[lane] = 0.0
        for k in range(last):
            for lane in range(LANES):
                total[lane] += a[i, k, lane] * a[i, k, lane]
                v[k, lane] = a[i, k, lane]
        for lane in range(LANES):
            end = a[i, last, lane]
            norm = np.sqrt(total[lane] + end * end)
            new = -norm if end > 0.0 else norm
            is_done = total[lane] == 0.0
            half = total[lane] + end * end - end * new  # half the square of the length of v
            v[last, lane] = 0.0 if is_done else end - new
            inverse[lane] = 0.0 if is_done else 1.0 / (1.0 if is_done else half)
            squares[last, lane] = end * end if is_done else norm * norm
            factor[lane] = 0.0
        if last == 0:
            break
        for k in range(i):  # p = A v
            for lane in range(LANES):
                p[k, lane] = 0.0
        for j in range(i):
            for lane in range(LANES):
                total[lane] = a[j, j, lane] * v[j, lane]
            for k in range(j):
                for lane in range(LANES):
                    total[lane] += a[j, k, lane] * v[k, lane]
                    p[k, lane] += a[j, k, lane] * v[j, lane]
            for lane in range(LANES):
                p[j, lane] += total[lane]
        for j in range(i):
            for lane in range(LANES):
                p[j, lane] *= inverse[lane]
                factor[lane] += p[j, lane] * v[j, lane]
        for j in range(i):
            for lane in range(LANES):
                p[j, lane] -= 0.5 * factor[lane] * inverse[lane] * v[j, lane]
        for j in range(i):
            for k in range(j + 1):
                for lane in range(LANES):
                    a[j, k, lane] -= v[j, lane] * p[k, lane] + p[j, lane] * v[k, lane]
    for i in range(size):
        for lane in range(LANES):
            diagonal[i, lane] = a[i, i, lane]


@jit()
def _sweep(d: NDArray[np.float64], squares: NDArray[np.float64]) -> None:
    """Turn the diagonals `d` (size, LANES) of tridiagonal matrices into their eigenvalues."""
    size = len(d)
    negligible = np.zeros(LANES)  # square of what is nothing beside the largest element
    for i in range(size):
        for lane in range(LANES):
            negligible[lane] = max(negligible[lane], d[i, lane] * d[i, lane], squares[i, lane])
    for lane in range(LANES):
        negligible[lane] *= _SMALL * _SMALL
    shift, cosine, sine = np.zeros(LANES), np.zeros(LANES), np.zeros(LANES)
    gamma, p, active = np.zeros(LANES), np.zeros(LANES), np.zeros(LANES)
    for low in range(size - 1):
        for _ in range(_MOST_SWEEPS):
            n_active = 0.0
            for lane in range(LANES):
                active[lane] = 1.0 if squares[low, lane] > negligible[lane] else 0.0
                n_active += active[lane]
            if n_active == 0.0:
                break
            for lane in range(LANES):  # Wilkinson's shift
                root = np.sqrt(squares[low, lane]) if active[lane] > 0.0 else 1.0
                ratio = (d[low + 1, lane] - d[low, lane]) / (2.0 * root)
                length = np.sqrt(ratio * ratio + 1.0)
                shift[lane] = d[low, lane] - root / (ratio + (length if ratio >= 0.0 else -length))
                cosine[lane], sine[lane] = 1.0, 0.0
                gamma[lane] = d[size - 1, lane] - shift[lane]
                p[lane] = gamma[lane] * gamma[lane]
            for i in range(size - 2, low - 1, -1):
                for lane in range(LANES):
                    goes = active[lane] > 0.0
                    square, old_cosine, old_gamma = squares[i, lane], cosine[lane], gamma[lane]
                    length = p[lane] + square
                    inverse = 1.0 / (length if length > 0.0 else 1.0)
                    new_cosine = p[lane] * inverse if length > 0.0 else 1.0
                    # The element of the last rotation; there is none before the first, whose place is not read.
                    squares[i + 1, lane] = sine[lane] * length if goes else squares[i + 1, lane]
                    new_sine = square * inverse
                    new_gamma = new_cosine * (d[i, lane] - shift[lane]) - new_sine * old_gamma
                    d[i + 1, lane] = old_gamma + (d[i, lane] - new_gamma) if goes else d[i + 1, lane]
                    divisor = new_cosine if new_cosine > 0.0 else 1.0
                    p[lane] = new_gamma * new_gamma / divisor if new_cosine > 0.0 else old_cosine * square
                    cosine[lane], sine[lane], gamma[lane] = new_cosine, new_sine, new_gamma
            for lane in range(LANES):
                goes = active[lane] > 0.0
                squares[low, lane] = sine[lane] * p[lane] if goes else squares[low, lane]
                d[low, lane] = shift[lane] + gamma[lane] if goes else d[low, lane]
