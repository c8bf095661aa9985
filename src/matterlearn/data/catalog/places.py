"""Where the file of a data set lies."""

from __future__ import annotations

from pathlib import Path

import matterlearn.data
from matterlearn.core.errors import ArgumentError, DataError, did_you_mean
from matterlearn.data.catalog.entry import CatalogEntry
from matterlearn.data.catalog.home import HOME_VARIABLE, data_home
from matterlearn.data.catalog.registry import find_entry
from matterlearn.data.generators.conformers.request import make_request, place_of_set


def place_of(entry: CatalogEntry) -> Path:
    """Return where the file of an entry is, or would be.

    Parameters
    ----------
    entry : CatalogEntry
        The facts about the set.

    Returns
    -------
    pathlib.Path
        In the package for an embedded set, else in the data home.

    Raises
    ------
    DataError
        If what makes a set of one's own is not stated as it must be.
    """
    if entry.origin == "made":
        try:
            return place_of_set(make_request(**entry.made_by))
        except (TypeError, ValueError) as error:
            what = f"made_by of {entry.name!r} does not hold the arguments of make_conformers: {error}"
            raise DataError(what, where="catalogue", fix="correct its entry") from error
    root = Path(matterlearn.data.__path__[0]) if entry.origin == "embedded" else data_home()
    return root / entry.file


def dataset_file(name: str, beside: str | None = None) -> Path:
    """Return the path of a file of a data set that is at hand.

    Parameters
    ----------
    name : str
        Name of a data set.
    beside : str, optional
        One of the further files of the set (`CatalogEntry.beside`), such as a vocabulary or the structures; without
        it the table itself.

    Returns
    -------
    pathlib.Path
        An existing file.

    Raises
    ------
    ArgumentError
        If there is no such set, or it has no such file.
    DataError
        If the file is not there.
    """
    entry = find_entry(name)
    path = place_of(entry)
    if beside is not None:
        if beside not in entry.beside:
            raise ArgumentError(
                f"{name!r} has no file {beside!r}", where="beside", fix=did_you_mean(beside, entry.beside)
            )
        path = path.with_name(beside)
    if path.is_file():
        return path
    if entry.origin == "public":
        raise DataError("not fetched yet", where=str(path), fix=f"run `matterlearn data fetch {name}`")
    if entry.origin == "made":
        raise DataError("not made yet", where=str(path), fix=f"load {name!r}, which makes it")
    if entry.origin == "embedded":
        raise DataError("missing from the installation", where=str(path), fix="install matterlearn again")
    raise DataError(
        f"data set {name!r} is not in the data home: there is no such file",
        where=str(path),
        fix=f"set {HOME_VARIABLE} to the folder that holds {entry.file}",
    )
