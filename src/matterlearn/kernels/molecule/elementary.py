"""Functions of one number, written so that a loop over many of them becomes vector instructions.

The library functions that numba calls take one number at a time. These consist of additions and multiplications alone;
without `fastmath` each number comes out with the same bits wherever it stands in the loop.
"""

from __future__ import annotations

import math

import numpy as np

from matterlearn.core.jit import jit

_LOG2E = 1 / math.log(2)
# ln 2 in two parts: a product of the first with a whole number below 2^20 has no rounding error.
_LN2_HIGH = 6.93147180369123816490e-01
_LN2_LOW = 1.90821492927058770002e-10
# Added to a number below 2^51, it leaves its nearest whole number in the last bits.
_WHOLE = 1.5 * 2.0**52
_WHOLE_BITS = int(np.float64(_WHOLE).view(np.int64))
_SMALLEST = -708.0  # exp of less has no full precision
_E = tuple(1 / math.factorial(k) for k in range(14))
_S = tuple((-1.0) ** k * (math.pi / 2) ** (2 * k + 1) / math.factorial(2 * k + 1) for k in range(11))


@jit()
def exponential(x: float) -> float:
    """Return exp(x) for x from -708 to 700, within 2 units in the last place; exp(-708) = 3e-308 below.

    Parameters
    ----------
    x : float
        Exponent.

    Returns
    -------
    float

    Examples
    --------
    >>> exponential(-1.0), exponential(0.0)
    (0.36787944117144233, 1.0)
    """
    x = max(x, _SMALLEST)
    shifted = x * _LOG2E + _WHOLE
    k = shifted - _WHOLE
    r = (x - k * _LN2_HIGH) - k * _LN2_LOW  # |r| <= ln(2) / 2
    p = _E[12] + r * _E[13]
    p = p * r + _E[11]
    p = p * r + _E[10]
    p = p * r + _E[9]
    p = p * r + _E[8]
    p = p * r + _E[7]
    p = p * r + _E[6]
    p = p * r + _E[5]
    p = p * r + _E[4]
    p = p * r + _E[3]
    p = p * r + _E[2]
    p = p * r + 1.0
    p = p * r + 1.0
    bits = (np.float64(shifted).view(np.int64) - _WHOLE_BITS + 1023) << 52  # those of 2^k
    return p * np.int64(bits).view(np.float64)


@jit()
def fade(fraction: float) -> float:
    """Return (1 + cos(pi x)) / 2 up to x = 1 and 0 beyond: the cosine cutoff of Behler and Parrinello.

    Parameters
    ----------
    fraction : float
        x, distance over cutoff, not negative.

    Returns
    -------
    float
        With an absolute error below 1e-15; its slope is 0 at both ends.

    Examples
    --------
    >>> fade(0.0), round(fade(0.5), 15), fade(1.0), fade(2.0)
    (1.0, 0.5, 0.0, 0.0)
    """
    y = max(1.0 - fraction, 0.0)
    square = y * y
    s = _S[10]
    s = s * square + _S[9]
    s = s * square + _S[8]
    s = s * square + _S[7]
    s = s * square + _S[6]
    s = s * square + _S[5]
    s = s * square + _S[4]
    s = s * square + _S[3]
    s = s * square + _S[2]
    s = s * square + _S[1]
    s = s * square + _S[0]
    s = s * y  # sin(pi y / 2), and (1 + cos(pi x)) / 2 is its square
    return s * s
