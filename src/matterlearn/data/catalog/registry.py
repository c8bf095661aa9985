"""All entries of the catalogue, by name."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from matterlearn.core.errors import ArgumentError, DataError, did_you_mean
from matterlearn.data.catalog.entry import ORIGINS, CatalogEntry, read_entries
from matterlearn.data.catalog.home import data_home

OWN_LIST = "catalog.json"
"""Name of the file in the data home that lists a person's or a group's own sets."""

_PACKAGED = Path(__file__).parent / "entries"


def catalog() -> Mapping[str, CatalogEntry]:
    """Return every entry by its name: those of the package, then those of `catalog.json` in the data home.

    The file is a JSON list of objects with the fields of `CatalogEntry`, of origin "made", "local" or "public". It
    adds sets and cannot change those of the package.

    Returns
    -------
    mapping of str to CatalogEntry
        In the order embedded, made, local, public, own.

    Raises
    ------
    DataError
        If `catalog.json` cannot be read or takes a name twice.
    """
    entries = dict(packaged_entries())
    own = data_home() / OWN_LIST
    if own.is_file():
        for entry in read_entries(own):
            if entry.name in entries:
                raise DataError(f"the name {entry.name!r} is taken", where=str(own), fix="choose another name")
            if entry.origin == "embedded":
                raise DataError(
                    f"{entry.name!r} cannot be embedded", where=str(own), fix="use 'made', 'local' or 'public'"
                )
            entries[entry.name] = entry
    return entries


def find_entry(name: str) -> CatalogEntry:
    """Return the entry of a name.

    Parameters
    ----------
    name : str
        Name of a data set.

    Returns
    -------
    CatalogEntry
        Its facts.

    Raises
    ------
    ArgumentError
        If there is no such set; the closest name is suggested.
    """
    entries = catalog()
    if name not in entries:
        hint = did_you_mean(str(name), entries) or "see `matterlearn data list`"
        raise ArgumentError(f"there is no data set {name!r}", where="name", fix=hint)
    return entries[name]


@cache
def packaged_entries() -> Mapping[str, CatalogEntry]:
    """Return the entries that come with the package."""
    listed = [entry for origin in ORIGINS for entry in read_entries(_PACKAGED / f"{origin}.json", origin=origin)]
    return {entry.name: entry for entry in listed}
