"""What data sets there are, as plain data that a command can print."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from matterlearn.data.catalog.entry import CatalogEntry
from matterlearn.data.catalog.places import place_of
from matterlearn.data.catalog.registry import catalog, find_entry


@dataclass(frozen=True)
class DatasetInfo:
    """The facts about a data set and whether its file is at hand.

    Parameters
    ----------
    entry : CatalogEntry
        The facts.
    path : pathlib.Path
        Where its file is, or would be.
    present : bool
        Whether the file is there.
    """

    entry: CatalogEntry
    path: Path
    present: bool

    @property
    def state(self) -> str:
        """What can be done with it: "ready", "to fetch", "to make", or "not in the data home"."""
        if self.present:
            return "ready"
        return {"public": "to fetch", "made": "to make"}.get(self.entry.origin, "not in the data home")


def list_datasets() -> tuple[DatasetInfo, ...]:
    """Return all data sets of the catalogue.

    Returns
    -------
    tuple of DatasetInfo
        Embedded sets first, then those made here, local, public and own ones.

    Raises
    ------
    DataError
        If `catalog.json` in the data home cannot be read.

    Examples
    --------
    >>> "matbench_steels" in [info.entry.name for info in list_datasets()]
    True
    """
    return tuple(_info(entry) for entry in catalog().values())


def describe_dataset(name: str) -> DatasetInfo:
    """Return the facts about one data set.

    Parameters
    ----------
    name : str
        Name of a data set.

    Returns
    -------
    DatasetInfo
        Its facts, where its file is, and whether it is there.

    Raises
    ------
    ArgumentError
        If there is no such set; the closest name is suggested.

    Examples
    --------
    >>> describe_dataset("matbench_steels").entry.units
    {'yield strength': 'MPa'}
    """
    return _info(find_entry(name))


def _info(entry: CatalogEntry) -> DatasetInfo:
    path = place_of(entry)
    return DatasetInfo(entry=entry, path=path, present=path.is_file())
