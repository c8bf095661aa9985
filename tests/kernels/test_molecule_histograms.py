"""Smooth histograms against error functions, integrals and sums over loops in Python."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.special import ndtr

from matterlearn.kernels.molecule.histograms import (
    ANGLE,
    COSINE,
    DISTANCE,
    EXPONENTIAL,
    INVERSE_DISTANCE,
    INVERSE_SQUARE,
    NO_WEIGHT,
    PRECISION,
    SMOOTH_CUTOFF,
    Bins,
    angle_histograms,
    make_bins,
    pair_histograms,
)


def two_atoms(distances: NDArray[np.float64]) -> NDArray[np.float64]:
    """Conformers of two atoms."""
    positions = np.zeros((len(distances), 2, 3))
    positions[:, 1, 0] = distances
    return positions


def spread(value: float, bins: Bins) -> NDArray[np.float64]:
    """What one value adds, by the integral of the normal distribution."""
    low, high = bins.centres - bins.step / 2, bins.centres + bins.step / 2
    left = value < bins.centres  # on that side the integrals are near 1: mirrored
    a, b = (low - value) / bins.width, (high - value) / bins.width
    return np.where(left, ndtr(-a) - ndtr(-b), ndtr(b) - ndtr(a)) / bins.step


@settings(max_examples=60)
@given(
    low=st.floats(-5, 5),
    extent=st.floats(0.1, 20),
    n_bins=st.integers(2, 60),
    relative_width=st.floats(1e-3, 2),
    power=st.sampled_from([0, 1]),  # width relative to all bins, to one bin
    where=st.floats(-1, 2),
)
def test_every_width_and_place_is_exact(
    low: float, extent: float, n_bins: int, relative_width: float, power: int, where: float
) -> None:
    bins = make_bins(low, low + extent, n_bins, relative_width * extent / (n_bins - 1) ** power)
    value = low + where * extent
    if value <= 0:
        return
    found = pair_histograms(
        np.zeros(2, dtype=np.int64), 1, two_atoms(np.array([value])), bins, geometry=DISTANCE, weight=NO_WEIGHT
    )
    # The place within a bin is known as well as the value is: that much of it may be off.
    noise = 1e-14 * (abs(value) + abs(low) + extent) / bins.width
    np.testing.assert_allclose(found[0] * bins.width, spread(value, bins) * bins.width, rtol=0, atol=PRECISION + noise)


def test_pairs_are_the_sum_over_pairs() -> None:
    rng = np.random.default_rng(0)
    kinds, positions = np.array([0, 2, 1, 2, 0]), 2 * rng.normal(size=(3, 5, 3))
    places = {(0, 0): 0, (0, 1): 1, (0, 2): 2, (1, 1): 3, (1, 2): 4, (2, 2): 5}
    for geometry, ends in ((DISTANCE, (0.5, 6.0)), (INVERSE_DISTANCE, (0.1, 2.0))):
        bins = make_bins(*ends, 20, 0.2)
        for weight in (NO_WEIGHT, INVERSE_SQUARE, EXPONENTIAL):
            expected = np.zeros((3, 6, 20))
            for c, (i, j) in ((c, pair) for c in range(3) for pair in combinations(range(5), 2)):
                r = float(np.linalg.norm(positions[c, i] - positions[c, j]))
                factor = {NO_WEIGHT: 1.0, INVERSE_SQUARE: r**-2, EXPONENTIAL: np.exp(-0.7 * r)}[weight]
                place = places[min(kinds[i], kinds[j]), max(kinds[i], kinds[j])]
                expected[c, place] += factor * spread(1 / r if geometry == INVERSE_DISTANCE else r, bins)
            found = pair_histograms(kinds, 3, positions, bins, geometry=geometry, weight=weight, decay=0.7)
            np.testing.assert_allclose(found.reshape(3, 6, 20), expected, rtol=0, atol=1e-11)


def test_angles_are_the_sum_over_triples() -> None:
    rng = np.random.default_rng(1)
    kinds, positions = np.array([0, 1, 1, 0, 1]), 2 * rng.normal(size=(2, 5, 3))
    places = {(0, 0): 0, (0, 1): 1, (1, 1): 2}
    for geometry, ends, width in ((ANGLE, (0.0, 180.0), 8.0), (COSINE, (-1.0, 1.0), 0.1)):
        bins = make_bins(*ends, 15, width)
        for weight in (NO_WEIGHT, EXPONENTIAL, SMOOTH_CUTOFF):
            expected = np.zeros((2, 2, 3, 15))
            triples = [(j, i, k) for j in range(5) for i, k in combinations(range(5), 2) if j not in (i, k)]
            for c, (j, i, k) in product(range(2), triples):
                a, b = positions[c, i] - positions[c, j], positions[c, k] - positions[c, j]
                r, q = np.linalg.norm(a), np.linalg.norm(b)
                around = r + q + np.linalg.norm(a - b)
                fall = [max(0.0, 1 + 3 * min(x / 3.5, 1) ** 4 - 4 * min(x / 3.5, 1) ** 3) for x in (r, q)]
                factor = {NO_WEIGHT: 1.0, EXPONENTIAL: np.exp(-0.3 * around), SMOOTH_CUTOFF: fall[0] * fall[1]}[weight]
                if weight == EXPONENTIAL and factor < 0.02:
                    continue
                cosine = a @ b / (r * q)
                value = np.degrees(np.arccos(cosine)) if geometry == ANGLE else cosine
                place = places[min(kinds[i], kinds[k]), max(kinds[i], kinds[k])]
                expected[c, kinds[j], place] += factor * spread(float(value), bins)
            found = angle_histograms(
                kinds,
                2,
                positions,
                bins,
                geometry=geometry,
                weight=weight,
                decay=0.3,
                threshold=0.02 if weight == EXPONENTIAL else 0.0,
                cutoff=3.5,
                sharpness=3.0,
            )
            np.testing.assert_allclose(found.reshape(2, 2, 3, 15), expected, rtol=0, atol=1e-11)


@pytest.mark.parametrize("degrees", [0.0, 1e-7, 1e-3, 17.0, 19.0, 90.0, 161.0, 163.0, 179.999, 180 - 1e-7, 180.0])
def test_an_angle_keeps_its_digits_where_atoms_lie_in_line(degrees: float) -> None:
    """The cosine of a small angle is 1 to sixteen digits: the angle must not come from it."""
    bins = make_bins(0.0, 180.0, 181, 0.5)
    angle = np.radians(degrees)
    positions = np.array([[[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [2 * np.cos(angle), 2 * np.sin(angle), 0.0]]])
    found = angle_histograms(np.array([0, 1, 1]), 2, positions, bins, geometry=ANGLE, weight=NO_WEIGHT)
    np.testing.assert_allclose(found.reshape(2, 3, -1)[0, 2], spread(degrees, bins), rtol=0, atol=2e-12)


def test_the_smooth_cutoff_lets_atoms_leave_without_a_jump() -> None:
    bins = make_bins(0.0, 180.0, 30, 10.0)

    def total(reach: float) -> float:
        positions = np.array([[[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, reach, 0.0]]])
        found = angle_histograms(
            np.array([0, 1, 1]), 2, positions, bins, geometry=ANGLE, weight=SMOOTH_CUTOFF, cutoff=3.0
        )
        return float(found.reshape(2, 3, -1)[0, 2].sum())

    # f falls as the square of what is left to the cutoff: value and slope end in 0.
    assert total(1.0) > 0.4 * total(0.01)
    assert 0 < total(3.0 - 1e-4) < 1e-8 * total(0.01)
    assert total(3.0) == total(3.5) == 0.0


def test_a_row_depends_on_its_conformer_only() -> None:
    rng = np.random.default_rng(2)
    kinds, positions = np.array([0, 1, 1, 0]), rng.normal(size=(9, 4, 3))
    rows = rng.permutation(9)[:4]
    bins = make_bins(0.0, 3.0, 12, 0.3)
    pairs = pair_histograms(kinds, 2, positions, bins, geometry=DISTANCE, weight=NO_WEIGHT)
    angles = angle_histograms(kinds, 2, positions, bins, geometry=COSINE, weight=SMOOTH_CUTOFF, cutoff=3.0)
    np.testing.assert_array_equal(
        pair_histograms(kinds, 2, positions[rows], bins, geometry=DISTANCE, weight=NO_WEIGHT), pairs[rows]
    )
    np.testing.assert_array_equal(
        angle_histograms(kinds, 2, positions[rows], bins, geometry=COSINE, weight=SMOOTH_CUTOFF, cutoff=3.0),
        angles[rows],
    )
