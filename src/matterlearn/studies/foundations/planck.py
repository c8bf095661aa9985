"""Planck's law as a target of two inputs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SECOND_CONSTANT = 14_387.768775
"""hc/k, micrometre kelvin (CODATA 2018)."""

SHORTEST, LONGEST = 1.0, 10.0
"""Wavelengths, micrometre; the first input goes along their logarithm."""

COLDEST, HOTTEST = 800.0, 3000.0
"""Temperatures, K; the second input goes along them."""

N_INPUTS = 2

NOISE = 0.1
"""Standard deviation of a measured radiance, in powers of ten."""


def log_radiance(inputs: Floats) -> Floats:
    """Return the spectral radiance of a black body as a power of ten of c1/um^5, c1 being the first constant.

    Parameters
    ----------
    inputs : ndarray, shape (n_rows, 2 or more)
        First the wavelength, from the shortest (0) to the longest (1) by its logarithm; then the temperature, from the
        coldest (0) to the hottest (1). Further columns change nothing.

    Returns
    -------
    ndarray, shape (n_rows,)
        log10 of wavelength^-5 / (exp(c2 / (wavelength T)) - 1).

    Examples
    --------
    >>> log_radiance(np.array([[1.0, 1.0]])).round(3).tolist()
    [-4.789]
    """
    wavelength = SHORTEST * (LONGEST / SHORTEST) ** inputs[:, 0]
    temperature = COLDEST + (HOTTEST - COLDEST) * inputs[:, 1]
    x = SECOND_CONSTANT / (wavelength * temperature)
    return np.asarray(-5 * np.log10(wavelength) - (x + np.log1p(-np.exp(-x))) / np.log(10))
