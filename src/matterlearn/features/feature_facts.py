"""What a feature is about, as data: the property behind it, where it is measured, and in which unit."""

from __future__ import annotations

from typing import NamedTuple

from matterlearn.chemistry.elements import PROPERTIES

AMOUNT = "amount of element"
"""Property behind every feature that says how much of an element there is, as amount, fraction or bit."""

BIT = "bit"
"""Statistic of a feature that is 1 where its label holds and 0 elsewhere."""

PLAIN = ("", "mean", BIT)
"""Statistics that a reader understands at once: where several features say the same, one of these is shown."""

_PURE_NUMBERS = ("1", "electrons", "e")  # counts of electrons and charges: the label says what is counted
_SCALE = " scale"


class FeatureFacts(NamedTuple):
    """What one feature is about.

    Attributes
    ----------
    property : str
        Physical property: "melting point". Features that share it belong together.
    label : str
        The feature for people, without its site: "mean melting point".
    site : str
        Site, or column of the formula; empty where there is none.
    unit : str
        Unit of the values; empty for pure numbers.
    statistic : str
        "mean", "minimum", ... over the species; "bit" for yes and no; empty for a plain value.
    """

    property: str
    label: str
    site: str = ""
    unit: str = ""
    statistic: str = ""


def property_and_unit(key: str) -> tuple[str, str]:
    """Return the name of an element property for people, and its unit, empty for pure numbers.

    A scale that is no unit becomes part of the name.

    Parameters
    ----------
    key : str
        Key of the element table.

    Returns
    -------
    tuple of str
        Name and unit.

    Examples
    --------
    >>> property_and_unit("electronegativity"), property_and_unit("melting_point")
    (('electronegativity (Pauling)', ''), ('melting point', 'K'))
    """
    known = PROPERTIES[key]
    if known.unit.endswith(_SCALE):
        return f"{known.label} ({known.unit.removesuffix(_SCALE)})", ""
    return known.label, "" if known.unit in _PURE_NUMBERS else known.unit
