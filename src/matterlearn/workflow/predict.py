"""Predictions for the rows of a new table."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pandas as pd
import pyarrow as pa

from matterlearn.core.errors import ArgumentError
from matterlearn.core.writing import replacing
from matterlearn.data.cells import is_missing
from matterlearn.data.tables import read_table
from matterlearn.validation.evidence import plain
from matterlearn.workflow.model import Model
from matterlearn.workflow.workbook import write_workbook


def predict(
    model: Model | str | os.PathLike[str],
    table: pd.DataFrame | str | os.PathLike[str],
    *,
    trusted: Sequence[str] = (),
    priors: Mapping[str, float] | None = None,
) -> pd.DataFrame:
    """Predict every row of a table, with an interval and whether the model may be believed there.

    Parameters
    ----------
    model : Model or path-like
        A fitted model, or its file.
    table : DataFrame or path-like
        Rows with the model's input columns.
    trusted : sequence of str
        Types of your own that the model file holds, as "module.Class".
    priors : mapping of str to float, optional
        Of classes: their shares where the rows come from, if these are not those of the training rows.

    Returns
    -------
    DataFrame
        The rows of the table in order, with `prediction`, `lower`, `upper`, `in_domain` and `reason` added, for each
        of several targets with its name behind (`prediction gap_eV`). A row that cannot be read stays, with NaN and
        the reason. A model of classes adds `prediction`, `probability CLASS` for each class, `possible`, `in_domain`,
        `rejected` and `reason`; see `Model.predict`.

    Raises
    ------
    ArgumentError
        If the table already has one of the columns to be added.
    DataError
        If the table cannot be used.
    ModelFileError
        If the model file cannot be used.

    Examples
    --------
    See `matterlearn.fit`.
    """
    fitted = model if isinstance(model, Model) else Model.load(model, trusted=trusted)
    frame = table if isinstance(table, pd.DataFrame) else read_table(table).frame
    taken = [name for name in fitted.output_columns if name in frame.columns]
    if taken:
        raise ArgumentError(f"the table already has a column {taken[0]!r}", where="table", fix="rename it")
    return pd.concat([frame, fitted.predict(frame, priors=priors)], axis=1)


WRITERS: Mapping[str, Callable[[pd.DataFrame, Path], None]] = {
    ".csv": lambda table, path: table.to_csv(path, index=False),
    ".tsv": lambda table, path: table.to_csv(path, index=False, sep="\t"),
    ".jsonl": lambda table, path: _write_text(path, "".join(f"{record}\n" for record in _records(table))),
    ".json": lambda table, path: _write_text(path, "[\n" + ",\n".join(_records(table)) + "\n]\n"),
    ".parquet": lambda table, path: _unmixed(table).to_parquet(path, index=False),
    ".xlsx": lambda table, path: write_workbook(table, path),
}
"""How a table is written, by the ending of the file."""


def write_table(table: pd.DataFrame, path: str | os.PathLike[str]) -> Path:
    """Write a table whole, in the format that the ending of the file names.

    Parameters
    ----------
    table : DataFrame
        What to write.
    path : path-like
        Ends in .csv, .tsv, .json, .jsonl, .parquet or .xlsx.

    Returns
    -------
    pathlib.Path
        The path written.

    Raises
    ------
    ArgumentError
        If the ending is another.
    DataError
        If the file cannot be written.
    """
    target = check_output(path)
    with replacing(target) as partial:
        WRITERS[target.suffix.casefold()](table, partial)
    return target


def _records(table: pd.DataFrame) -> Iterator[str]:
    """Yield the rows as JSON with every digit of their numbers, which pandas cuts off after the tenth decimal."""
    names = list(map(str, table.columns))
    for row in zip(*(table.iloc[:, i].tolist() for i in range(len(names))), strict=True):
        record = {name: None if _is_null(cell) else plain(cell) for name, cell in zip(names, row, strict=True)}
        yield json.dumps(record, ensure_ascii=False, allow_nan=False, default=str)


def _write_text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def _unmixed(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with columns of mixed types as text: a Parquet column has one type."""
    unmixed = table.copy(deep=False)
    for name in [name for name, dtype in table.dtypes.items() if dtype == "object"]:
        try:
            pa.array(table[name], from_pandas=True)
        except (pa.ArrowInvalid, pa.ArrowTypeError):
            unmixed[name] = [None if _is_null(cell) else str(cell) for cell in table[name]]
    return unmixed


def _is_null(cell: object) -> bool:
    return is_missing(cell) and not isinstance(cell, str)


def check_output(path: str | os.PathLike[str]) -> Path:
    """Return the path of an output table, or raise if its ending names no format."""
    target = Path(path)
    if target.suffix.casefold() not in WRITERS:
        raise ArgumentError(
            f"the ending {target.suffix!r} names no format", where=str(path), fix=f"use {', '.join(WRITERS)}"
        )
    return target
