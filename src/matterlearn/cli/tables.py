"""What a TABLE on the command line means: a file, or the name of a data set."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from matterlearn.core.errors import DataError, did_you_mean


def find_table(table: str, **stated: Any) -> tuple[Any, str]:
    """Return a path or a `Dataset`, and a name for the output.

    Parameters
    ----------
    table : str
        Path of a file or name of a data set of the catalogue.
    **stated
        What `matterlearn.data.catalog.load_dataset` takes beside the name: target, inputs, kinds and others. A data
        set has defaults for them; for a file they are of no use here.

    Returns
    -------
    tuple
        Path or `Dataset`, and the name.

    Raises
    ------
    DataError
        If there is neither such a file nor such a data set.
    """
    path = Path(table)
    if os.path.exists(path):  # False, too, for what cannot be a path, such as a name too long
        return path, path.name.split(".")[0]
    from matterlearn.data.catalog import list_datasets, load_dataset

    names = [info.entry.name for info in list_datasets()]
    if table not in names:
        raise DataError("no such file", where=table, fix=did_you_mean(table, names) or "see matterlearn data list")
    return load_dataset(table, **stated), table
