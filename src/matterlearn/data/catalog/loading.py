"""Load a data set of the catalogue by its name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from matterlearn.chemistry.ions import Ion
from matterlearn.core.errors import DataError
from matterlearn.data.catalog.entry import CatalogEntry
from matterlearn.data.catalog.fetching import fetch_dataset, is_whole
from matterlearn.data.catalog.places import dataset_file, place_of
from matterlearn.data.catalog.registry import find_entry
from matterlearn.data.catalog.split_json import read_split_json
from matterlearn.data.dataset import Dataset, make_dataset
from matterlearn.data.tables import Table, read_table


def load_dataset(
    name: str,
    target: str | Sequence[str] | None = None,
    inputs: str | Sequence[str] | None = None,
    kinds: Mapping[str, str] | None = None,
    groups: str | Sequence[str] | None = None,
    strict: bool = False,
    ions: Mapping[str, Ion] | None = None,
    *,
    log: bool | str | Sequence[str] = (),
    weights: str | None = None,
    fetch: bool = True,
    progress: bool = True,
) -> Dataset:
    """Load a data set of the catalogue, ready to learn from; one that is made here is made when it is first loaded.

    Parameters
    ----------
    name : str
        Name of the set; `list_datasets` tells them.
    target : str or sequence of str, optional
        Columns to predict; by default the first target of the entry.
    inputs : str or sequence of str, optional
        Columns to learn from; by default those of the entry.
    kinds : mapping of str to str, optional
        Kinds of columns, beside those the entry states.
    groups : str or sequence of str, optional
        Columns that rows belong together by; by default those of the entry.
    strict : bool
        Stop at rows that cannot be used instead of setting them apart.
    ions : mapping of str to Ion, optional
        The user's own ions, beside the built-in ones.
    log : bool, str or sequence of str
        Targets to learn as their decimal logarithm, True for all.
    weights : str, optional
        Column of the weights of the rows.
    fetch : bool
        Fetch a public set that is not in the data home.
    progress : bool
        Show a progress bar while fetching or making, on a terminal.

    Returns
    -------
    Dataset
        With the units, citation, licence and note of the catalogue, and the checksum of the file.

    Raises
    ------
    ArgumentError
        If there is no such set (the closest name is suggested), or a named column does not exist.
    DataError
        If a local set is not in the data home, or the file cannot be used.
    NetworkError
        If a public set cannot be fetched.
    RowError
        If `strict` and a row cannot be used.

    Examples
    --------
    >>> load_dataset("intermetallics").targets
    ('formation_energy_eV_atom',)
    """
    entry = find_entry(name)
    table = _with_repeats(_table(entry, fetch, progress), entry)
    targets = (entry.target,) if target is None else (target,) if isinstance(target, str) else tuple(target)
    columns = [str(column) for column in table.frame.columns]
    if groups is None:
        groups = [column for column in entry.groups if column in columns and column not in targets]
    dataset = make_dataset(
        table,
        targets,
        _inputs(entry, columns, targets) if inputs is None else inputs,
        {**_kinds(entry, columns), **(kinds or {})},
        {column: unit for column, unit in entry.units.items() if column in columns},
        groups,
        strict,
        ions,
        log=log,
        weights=weights,
        name=entry.name,
        citation=entry.citation if entry.doi is None else f"{entry.citation}, doi:{entry.doi}",
        licence=entry.licence,
    )
    return dataset if entry.note is None else replace(dataset, notes=(entry.note, *dataset.notes))


def _table(entry: CatalogEntry, fetch: bool, progress: bool) -> Table:
    if entry.origin == "public":
        return _public_table(entry, fetch, progress)
    if entry.origin == "made":
        return _made_table(entry, progress)
    return read_table(dataset_file(entry.name))


def _made_table(entry: CatalogEntry, progress: bool) -> Table:
    from matterlearn.data.generators.conformers import make_conformers

    path = place_of(entry)  # checks what makes it
    return make_conformers(**entry.made_by, progress=progress).as_table(path)


def _public_table(entry: CatalogEntry, fetch: bool, progress: bool) -> Table:
    if fetch:
        path = fetch_dataset(entry.name, progress=progress)  # checks the sum of a file that is there
    else:
        path = dataset_file(entry.name)
        if not is_whole(entry, path):
            fix = f"run `matterlearn data fetch {entry.name}`"
            raise DataError("the file has another sha256 than the catalogue states", where=str(path), fix=fix)
    return Table(read_split_json(path), path, str(entry.sha256), "json")


def _with_repeats(table: Table, entry: CatalogEntry) -> Table:
    """Let an empty site hold what the site before it holds, where the entry says so."""
    if not entry.repeats:
        return table
    frame = table.frame.copy()
    for before, site in zip(entry.repeats, entry.repeats[1:], strict=False):
        frame[site] = frame[site].where(frame[site].notna(), frame[before])
    return replace(table, frame=frame)


def _inputs(entry: CatalogEntry, columns: Sequence[str], targets: Sequence[str]) -> Sequence[str]:
    if entry.inputs is not None:
        return [column for column in entry.inputs if column not in targets]
    left_out = {*entry.not_inputs, *targets, *entry.groups, *(target.name for target in entry.targets)}
    return [column for column in columns if column not in left_out]


def _kinds(entry: CatalogEntry, columns: Sequence[str]) -> dict[str, str]:
    """Return the kinds the entry states: what a class is and what a number is follows from the task of a target."""
    tasks = {"regression": "number", "classification": "category"}
    kinds = {target.name: tasks[target.task] for target in entry.targets} | dict(entry.kinds)
    return {column: kind for column, kind in kinds.items() if column in columns}
