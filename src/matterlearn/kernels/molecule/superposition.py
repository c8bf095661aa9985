"""Which of many conformers lie closer than a distance to one kept before, after the best superposition.

The smallest root mean square distance of two sets of points under rotation follows from the largest root of a quartic
(quaternion method). Newton's steps from above the largest root fall towards it, so a pair is known to be far as soon
as a step passes below the value that the threshold asks for. Most pairs need no step, since the singular values of the
points bound the distance; the few that are left are settled by the singular values of their product.

References
----------
D. L. Theobald, Acta Crystallographica A 61, 478 (2005); L. Mirsky, Quarterly Journal of Mathematics 11, 50 (1960).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from matterlearn.core.jit import jit


class DistinctSets:
    """Sets of points that are kept one after the other, unless one kept before is closer than a threshold.

    Parameters
    ----------
    orders : array-like of int, shape (n_orders, n_points)
        Orders of the points that count as the same set: the smallest distance over all of them is taken.
    threshold : float
        Root mean square distance in the unit of the points; a set at this distance or farther is kept.

    Examples
    --------
    >>> rods = DistinctSets([[0, 1]], 0.2)
    >>> rods.add([[[0, 0, 0], [1.0, 0, 0]], [[0, 1.1, 0], [0, 0, 0]], [[0, 0, 0], [0, 0, 2.0]]], [0, 0, 0])
    array([ True, False,  True])
    """

    def __init__(self, orders: ArrayLike, threshold: float) -> None:
        self._orders = np.ascontiguousarray(orders, dtype=np.int64)
        self._threshold = float(threshold)
        n_points = self._orders.shape[1]
        self._points = np.empty((0, n_points, 3))
        self._sizes = np.empty((0, 3))
        self._groups = np.empty(0, dtype=np.int64)

    def add(self, points: ArrayLike, groups: ArrayLike) -> NDArray[np.bool_]:
        """Keep those sets that are not close to one of the same group that was kept before, in their order.

        Parameters
        ----------
        points : array-like of float, shape (n_sets, n_points, 3)
            The sets.
        groups : array-like of int, shape (n_sets,)
            Sets of different groups are never close.

        Returns
        -------
        ndarray of bool, shape (n_sets,)
            Which are kept.
        """
        array = np.asarray(points, dtype=np.float64)
        labels = np.ascontiguousarray(groups, dtype=np.int64)
        centred = np.ascontiguousarray(array - array.mean(axis=1, keepdims=True))
        sizes = np.linalg.svd(centred, compute_uv=False) if len(centred) else np.empty((0, 3))
        if sizes.shape[1] < 3:  # fewer points than axes
            sizes = np.pad(sizes, ((0, 0), (0, 3 - sizes.shape[1])))
        kept = _greedy(
            centred, sizes, labels, self._points, self._sizes, self._groups, self._orders, self._threshold
        )  # fmt: skip
        self._points = np.concatenate([self._points, centred[kept]])
        self._sizes = np.concatenate([self._sizes, sizes[kept]])
        self._groups = np.concatenate([self._groups, labels[kept]])
        return np.asarray(kept)


def smallest_distance(first: ArrayLike, second: ArrayLike) -> float:
    """Return the root mean square distance of two sets of points after the best translation and rotation.

    Parameters
    ----------
    first, second : array-like of float, shape (n_points, 3)
        Points that belong together stand at the same place.

    Returns
    -------
    float
        In the unit of the points.

    Examples
    --------
    >>> round(smallest_distance([[0, 0, 0], [1.0, 0, 0]], [[5, 1, 0], [5, 2.2, 0]]), 6)
    0.1
    """
    a, b = (np.asarray(points, dtype=np.float64) for points in (first, second))
    a, b = np.ascontiguousarray(a - a.mean(axis=0)), np.ascontiguousarray(b - b.mean(axis=0))
    squared = _squared(a, b, np.arange(len(a)), np.sum(a * a), np.sum(b * b), np.inf)
    return float(np.sqrt(squared / len(a)))


@jit()
def _greedy(
    new: NDArray[np.float64],
    new_sizes: NDArray[np.float64],
    new_groups: NDArray[np.int64],
    old: NDArray[np.float64],
    old_sizes: NDArray[np.float64],
    old_groups: NDArray[np.int64],
    orders: NDArray[np.int64],
    threshold: float,
) -> Any:
    n_points = new.shape[1]
    limit = n_points * threshold * threshold
    kept = np.zeros(len(new), dtype=np.bool_)
    for i in range(len(new)):
        alone = True
        for j in range(len(old)):
            if old_groups[j] == new_groups[i] and _is_close(
                new[i], new_sizes[i], old[j], old_sizes[j], orders, limit
            ):  # fmt: skip
                alone = False
                break
        if alone:
            for j in range(i):
                if (
                    kept[j]
                    and new_groups[j] == new_groups[i]
                    and _is_close(new[i], new_sizes[i], new[j], new_sizes[j], orders, limit)
                ):
                    alone = False
                    break
        kept[i] = alone
    return kept


@jit()
def _is_close(
    a: NDArray[np.float64],
    a_sizes: NDArray[np.float64],
    b: NDArray[np.float64],
    b_sizes: NDArray[np.float64],
    orders: NDArray[np.int64],
    limit: float,
) -> bool:
    bound = 0.0
    for k in range(3):
        bound += (a_sizes[k] - b_sizes[k]) ** 2
    if bound > limit * (1.0 + 1e-9) + 1e-12:  # no rotation and no order brings them closer
        return False
    a_squared, b_squared = 0.0, 0.0
    for k in range(3):
        a_squared += a_sizes[k] ** 2
        b_squared += b_sizes[k] ** 2
    for order in orders:  # noqa: SIM110 (numba compiles no generator)
        if _squared(a, b, order, a_squared, b_squared, limit) < limit:
            return True
    return False


@jit()
def _squared(
    a: NDArray[np.float64],
    b: NDArray[np.float64],
    order: NDArray[np.int64],
    a_squared: float,
    b_squared: float,
    limit: float,
) -> float:
    """Return the smallest sum of squared distances, or a value that is not below the limit if that is so."""
    m = np.zeros((3, 3))
    for k in range(len(a)):
        for x in range(3):
            for y in range(3):
                m[x, y] += a[order[k], x] * b[k, y]
    # The largest eigenvalue of Horn's 4 x 4 matrix, whose trace is 0: root of x^4 + c2 x^2 + c1 x + c0.
    xx, xy, xz = m[0, 0], m[0, 1], m[0, 2]
    yx, yy, yz = m[1, 0], m[1, 1], m[1, 2]
    zx, zy, zz = m[2, 0], m[2, 1], m[2, 2]
    c2 = -2.0 * (xx * xx + xy * xy + xz * xz + yx * yx + yy * yy + yz * yz + zx * zx + zy * zy + zz * zz)
    c1 = -8.0 * (xx * (yy * zz - yz * zy) - xy * (yx * zz - yz * zx) + xz * (yx * zy - yy * zx))
    # rows of Horn's matrix
    n11, n12, n13, n14 = xx + yy + zz, yz - zy, zx - xz, xy - yx
    n22, n23, n24 = xx - yy - zz, xy + yx, zx + xz
    n33, n34, n44 = -xx + yy - zz, yz + zy, -xx - yy + zz
    s0, s1, s2 = n33 * n44 - n34 * n34, n23 * n44 - n24 * n34, n23 * n34 - n24 * n33
    s3, s4, s5 = n13 * n44 - n14 * n34, n13 * n34 - n14 * n33, n13 * n24 - n14 * n23
    c0 = (
        n11 * (n22 * s0 - n23 * s1 + n24 * s2)
        - n12 * (n12 * s0 - n23 * s3 + n24 * s4)
        + n13 * (n12 * s1 - n22 * s3 + n24 * s5)
        - n14 * (n12 * s2 - n22 * s4 + n23 * s5)
    )
    half = 0.5 * (a_squared + b_squared)
    needed = half - 0.5 * limit  # the root must lie above it for the pair to be close
    root = half
    for _ in range(50):
        value = ((root * root + c2) * root + c1) * root + c0
        slope = (4.0 * root * root + 2.0 * c2) * root + c1
        if slope < 1e-6 * half**3:  # at a multiple root (points on a line), where rounding decides
            break
        step = value / slope
        root -= step
        if root < needed - 1e-9 * half:
            return limit
        if step <= 1e-9 * half:
            break
    sigma = np.linalg.svd(m)[1]
    handed = xx * (yy * zz - yz * zy) - xy * (yx * zz - yz * zx) + xz * (yx * zy - yy * zx)
    best = sigma[0] + sigma[1] + (sigma[2] if handed >= 0.0 else -sigma[2])
    return float(max(0.0, 2.0 * (half - best)))
