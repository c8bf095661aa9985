"""Features and numbers as a chemist would write them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

DIGITS = 3
"""Significant digits of what is printed."""


def labels_with_sites(features: pd.DataFrame) -> list[str]:
    """Return what to call each feature: "electronegativity (Pauling), A".

    Parameters
    ----------
    features : DataFrame
        As from `feature_groups`.

    Returns
    -------
    list of str
        With the site where there is more than one.

    Examples
    --------
    >>> labels_with_sites(pd.DataFrame({"label": ["melting point", "T_K"], "site": ["A", ""]}))
    ['melting point', 'T_K']
    """
    several = features.loc[features["site"] != "", "site"].nunique() > 1
    pairs = zip(features["label"], features["site"], strict=True)
    return [f"{label}, {site}" if several and site else str(label) for label, site in pairs]


def rounded(value: float, digits: int = DIGITS) -> float:
    """Return a number rounded to significant digits.

    Examples
    --------
    >>> rounded(0.0012345), rounded(1234.5)
    (0.00123, 1230.0)
    """
    return float(f"{value:.{digits - 1}e}")


def resolution(values: ArrayLike) -> Callable[[float], float]:
    """Return a function that rounds to three digits of the spread of some values, however large they are.

    Examples
    --------
    >>> round_value = resolution([8429.0, 8431.0, 8433.0])
    >>> round_value(8431.2749)
    8431.27
    """
    spread = float(np.std(np.asarray(values, dtype=float)))
    decimals = DIGITS - 1 - int(np.floor(np.log10(spread))) if spread > 0 else DIGITS
    return lambda value: float(round(float(value), decimals))


def text_of(value: float) -> str:
    """Return a rounded number as text, without an exponent where it can be read.

    Examples
    --------
    >>> text_of(1230.0), text_of(0.00123), text_of(-1e-7), text_of(0.0)
    ('1230', '0.00123', '−1e-07', '0')
    """
    size = abs(value)
    plain = size == 0 or 1e-5 <= size < 1e7
    text = np.format_float_positional(size, trim="-") if plain else f"{size:g}"
    return f"−{text}" if value < 0 else text


def with_unit(text: str, unit: str) -> str:
    """Return a number with its unit: "1230 K".

    Examples
    --------
    >>> with_unit("1230", "K"), with_unit("1.2", "")
    ('1230 K', '1.2')
    """
    return f"{text} {unit}".rstrip()
