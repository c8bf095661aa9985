"""Features of the rows of a table, for use elsewhere."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from matterlearn.chemistry.ions import Ion
from matterlearn.core.errors import ArgumentError, DataError, RowError
from matterlearn.core.writing import replacing, write_file
from matterlearn.data.columns import choose_inputs, detect_kinds
from matterlearn.data.dataset import Dataset
from matterlearn.data.inputs import ParsedInputs, parse_inputs
from matterlearn.data.kinds import kind_of_named
from matterlearn.data.rejects import rejected_table, write_rejected
from matterlearn.data.structure_cells import frame_as_text
from matterlearn.data.tables import read_table
from matterlearn.features.table_features import Representation, citations_of, table_features

CHUNK = 16_384
"""Rows whose features are held at a time when a file is written."""

WRITERS = {".csv": pa.csv.CSVWriter, ".parquet": pa.parquet.ParquetWriter}
"""How features are written piece by piece, by the ending of the file."""


@dataclass(frozen=True)
class Features:
    """Features of a table.

    Attributes
    ----------
    table : DataFrame
        One column per feature; the index, named "row", holds the number of the row, counted from 1.
    rejected : DataFrame
        Rows that could not be read: row, column, value, reason.
    citations : list of str
        Sources of the values that were used.
    notes : list of str
        What was detected, in sentences.
    """

    table: pd.DataFrame
    rejected: pd.DataFrame
    citations: list[str]
    notes: list[str]


@dataclass(frozen=True)
class Written:
    """What `featurize_file` wrote.

    Attributes
    ----------
    n_rows, n_features, n_rejected : int
        Rows and features in the file, rows that could not be read.
    notes : list of str
        What was detected, in sentences.
    paths : tuple of pathlib.Path
        The files.
    """

    n_rows: int
    n_features: int
    n_rejected: int
    notes: list[str]
    paths: tuple[Path, ...]


def featurize(
    table: Dataset | pd.DataFrame | str | os.PathLike[str],
    *,
    inputs: Sequence[str] | None = None,
    kinds: Mapping[str, str] | None = None,
    representation: Representation = "descriptors",
    strict: bool = False,
    ions: Mapping[str, Ion] | None = None,
) -> Features:
    """Return the features of every row that can be read.

    Parameters
    ----------
    table : Dataset, DataFrame or path-like
        Rows with formulas or site compositions.
    inputs : sequence of str, optional
        Input columns; by default those of the data set, or those that describe matter.
    kinds : mapping of str to str, optional
        Kinds of columns where the detected one is not meant.
    representation : {"descriptors", "fractions", "both"}
        How matter is described.
    strict : bool
        Stop at the first bad row.
    ions : mapping of str to Ion, optional
        Molecular ions of your own.

    Returns
    -------
    Features
        Table, rejected rows, citations and notes.

    Raises
    ------
    DataError
        If the table cannot be used, or no row can be read.
    RowError
        If `strict` and a row is bad.

    Examples
    --------
    >>> features = featurize(pd.DataFrame({"formula": ["CaTiO3", "TiO2", "Xx"]}))
    >>> features.table.index.tolist(), features.rejected["row"].tolist()
    ([1, 2], [3])
    """
    job = _prepare(table, inputs, kinds, representation, strict, ions)
    return Features(pd.concat(list(job.chunks())), job.rejected, job.citations, job.notes)


def featurize_file(
    table: Dataset | pd.DataFrame | str | os.PathLike[str],
    out: str | os.PathLike[str],
    *,
    inputs: Sequence[str] | None = None,
    kinds: Mapping[str, str] | None = None,
    representation: Representation = "descriptors",
    strict: bool = False,
    ions: Mapping[str, Ion] | None = None,
) -> Written:
    """Write the features of a table to a file, piece by piece: memory does not grow with them.

    Beside `out` come `out`.rejected.csv and `out`.citations.txt. Columns of `out`: `row`, counted from 1 in the
    table, the inputs as they stood there, and the features.

    Parameters
    ----------
    table : Dataset, DataFrame or path-like
        Rows with formulas or site compositions.
    out : path-like
        Ends in .csv or .parquet.
    inputs, kinds, representation, strict, ions
        As in `featurize`.

    Returns
    -------
    Written
        Counts and paths.

    Raises
    ------
    ArgumentError
        If the ending of `out` names no format.
    DataError
        If the table cannot be used or a file cannot be written.
    """
    target = Path(out)
    writer_class = WRITERS.get(target.suffix.casefold())
    if writer_class is None:
        raise ArgumentError(
            f"the ending {target.suffix!r} names no format", where=str(target), fix=f"use {' or '.join(WRITERS)}"
        )
    job = _prepare(table, inputs, kinds, representation, strict, ions)
    if "row" in job.parsed.X.columns:
        raise ArgumentError("the input column 'row' has the name of the row numbers", where="inputs", fix="rename it")
    with replacing(target) as partial:
        chunks = job.chunks(with_inputs=True)
        first = next(chunks)
        schema = pa.Table.from_pandas(first).schema.remove_metadata()
        with writer_class(str(partial), schema) as writer:
            for chunk in chain([first], chunks):
                writer.write_table(pa.Table.from_pandas(chunk, schema=schema))
    beside = [target.with_name(f"{target.name}.{ending}") for ending in ("rejected.csv", "citations.txt")]
    write_rejected(job.rejected, beside[0])
    write_file(beside[1], "".join(f"{line}\n" for line in job.citations))
    return Written(
        n_rows=int(job.parsed.ok.sum()),
        n_features=len(job.transformer.get_feature_names_out()),
        n_rejected=int((~job.parsed.ok).sum()),
        notes=job.notes,
        paths=(target, *beside),
    )


@dataclass(frozen=True)
class _Job:
    frame: pd.DataFrame  # its index holds the numbers of the rows
    parsed: ParsedInputs
    transformer: Any
    rejected: pd.DataFrame
    citations: list[str]
    notes: list[str]

    def chunks(self, *, with_inputs: bool = False) -> Iterator[pd.DataFrame]:
        positions = np.flatnonzero(self.parsed.ok)
        names = self.transformer.get_feature_names_out()
        for start in range(0, len(positions), CHUNK):
            part = positions[start : start + CHUNK]
            X = self.parsed.X.iloc[part]
            index = pd.Index(self.frame.index[part], name="row")
            features = pd.DataFrame(self.transformer.transform(X), columns=names, index=index)
            if with_inputs:
                # A number is an input and a feature; it stands there once.
                inputs = [name for name in X.columns if name not in names]
                given = frame_as_text(self.frame[inputs].iloc[part]).astype(str).set_axis(index)
                features = pd.concat([given, features], axis=1).reset_index()
            yield features


def _prepare(
    table: Dataset | pd.DataFrame | str | os.PathLike[str],
    inputs: Sequence[str] | None,
    kinds: Mapping[str, str] | None,
    representation: Representation,
    strict: bool,
    ions: Mapping[str, Ion] | None,
) -> _Job:
    frame, found = _frame_and_kinds(table, inputs, ions)
    all_kinds = {**found, **(kinds or {})}
    if isinstance(table, Dataset):
        inputs, ions = table.inputs if inputs is None else inputs, {**table.ions, **(ions or {})}
    chosen = choose_inputs(frame, all_kinds, (), inputs, ions=ions)
    used = {name: all_kinds[name] for name in chosen.columns}
    own = {symbol: {"name": i.name, "formula": i.formula, "charge": i.charge} for symbol, i in (ions or {}).items()}
    parsed = parse_inputs(frame, {"inputs": list(chosen.columns), "kinds": used, "ions": own})
    rejected = rejected_table(parsed.bad_cells, frame.index)
    if strict and len(rejected):
        bad = parsed.bad_cells[0]
        number = int(frame.index[bad.position])
        raise RowError(bad.reason, row=number, column=bad.column, value=bad.value, fix="mend the row")
    if not parsed.ok.any():
        raise DataError("no row can be read", fix=f"the first: {rejected['reason'].iloc[0]}" if len(rejected) else None)
    transformer = table_features(list(chosen.columns), used, representation=representation, ions=ions)
    transformer.fit(parsed.X[parsed.ok])
    try:
        transformer.get_feature_names_out()
    except ValueError as error:
        raise ArgumentError(f"an input has the name of a feature ({error})", where="inputs", fix="rename it") from error
    notes = [*chosen.notes, *_category_notes(frame, used, kinds or {}), *parsed.notes]
    return _Job(frame, parsed, transformer, rejected, citations_of(transformer), notes)


def _frame_and_kinds(
    table: Dataset | pd.DataFrame | str | os.PathLike[str],
    inputs: Sequence[str] | None,
    ions: Mapping[str, Ion] | None,
) -> tuple[pd.DataFrame, Mapping[str, str]]:
    """Return the rows under their numbers, and what their columns hold."""
    if isinstance(table, Dataset):
        return table.frame, table.kinds
    frame = table if isinstance(table, pd.DataFrame) else read_table(table).frame
    kinds = detect_kinds(frame, ions=ions)
    kinds |= {name: kind_of_named(frame[name], kinds[name]) for name in inputs or () if name in kinds}
    return frame.set_axis(pd.RangeIndex(1, len(frame) + 1, name="row")), kinds


def _category_notes(frame: pd.DataFrame, used: Mapping[str, str], stated: Mapping[str, str]) -> list[str]:
    """Say which inputs became categories although nobody said so: a column of damaged formulas would, too."""
    return [
        f"{name} is taken for a category with {frame[name].nunique()} values; state its kind if it describes matter."
        for name, kind in used.items()
        if kind == "category" and name not in stated
    ]
