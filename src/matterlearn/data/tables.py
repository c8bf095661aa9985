"""Read a table from a file, every cell as it stands: CSV, TSV, JSON, JSON lines, Parquet, Excel, SDF, XYZ; or gzip."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import warnings
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow
import pyarrow.parquet

from matterlearn.core.errors import DataError, did_you_mean
from matterlearn.data.delimited import parse_delimited
from matterlearn.data.structure_files import split_sdf, split_xyz, structure_columns


@dataclass(frozen=True, eq=False)
class Table:
    """A table as it stands in a file.

    Parameters
    ----------
    frame : DataFrame
        The cells, nothing interpreted: text in CSV and TSV, the stored values elsewhere. The index is named "row" and
        counts from 1 = first row of data.
    path : pathlib.Path
        The file.
    sha256 : str
        Checksum of the bytes of the file, as they lie on disk (compressed or not).
    format : str
        "csv", "tsv", "json", "jsonl", "parquet", "excel", "sdf" or "xyz".
    notes : tuple of str
        What a user should know about the reading, one sentence each.
    """

    frame: pd.DataFrame
    path: Path
    sha256: str
    format: str
    notes: tuple[str, ...] = ()


def read_table(path: str | os.PathLike[str]) -> Table:
    r"""Read a table from a file.

    The format is taken from the suffix (.csv, .tsv, .tab, .json, .jsonl, .ndjson, .parquet, .pq, .xlsx, .xlsm, .sdf,
    .sd, .mol, .xyz, .extxyz, each with or without .gz) and checked against the content. In CSV and TSV every cell is
    text, and only an empty cell is missing: `NaN` and `No` may be formulas. A .csv file whose header has no comma but
    semicolons or tabs is read with those.
    JSON may be a list of records, a mapping column -> values, or a mapping with "columns" and "data" (lists of rows).
    Of an Excel file the first sheet is read. In a file of molecules each record is a row; see
    `matterlearn.data.structure_files`.

    Parameters
    ----------
    path : path-like
        The file.

    Returns
    -------
    Table
        The cells and where they came from.

    Raises
    ------
    DataError
        If the file is missing, a folder, empty, without rows, not in the format of its suffix, damaged, not UTF-8,
        ragged, or has a column name twice.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "gaps.csv"
    >>> _ = file.write_text("formula,gap_eV\nNaN,1.5\nNo,\n")
    >>> read_table(file).frame.loc[1].tolist()
    ['NaN', '1.5']
    """
    path = Path(path)
    name, compressed = path.name.casefold(), False
    if name.endswith(".gz"):
        name, compressed = name.removesuffix(".gz"), True
    format = _format_of(path, Path(name).suffix)
    data = _read_bytes(path)
    digest = hashlib.sha256(data).hexdigest()
    if compressed:
        data = _decompress(data, path)
    _check_content(data, format, path)
    columns, notes = _PARSERS[format](data, str(path))
    return Table(_frame(columns, str(path)), path, digest, format, tuple(notes))


# What a parser returns: (name as it stands, values) for each column, and notes. Names may be empty or repeated still.
_Columns = list[tuple[Any, Any]]

_FORMATS = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".xlsx": "excel",
    ".xlsm": "excel",
    ".sdf": "sdf",
    ".sd": "sdf",
    ".mol": "sdf",
    ".xyz": "xyz",
    ".extxyz": "xyz",
}
_TITLES = {
    "csv": "CSV",
    "tsv": "TSV",
    "json": "JSON",
    "jsonl": "JSON lines",
    "parquet": "Parquet",
    "excel": "an Excel workbook",
    "sdf": "SDF",
    "xyz": "XYZ",
}

# How a file begins -> (the format it can be read as or None, its name in a message, what to do)
_BEGINNINGS: tuple[tuple[bytes, str | None, str, str], ...] = (
    (b"\x1f\x8b", None, "gzip", "add .gz to the name of the file"),
    (b"PAR1", "parquet", "Parquet", "name the file .parquet"),
    (b"PK\x03\x04", "excel", "an Excel workbook or a zip archive", "name a workbook .xlsx, unpack an archive"),
    (b"\xd0\xcf\x11\xe0", None, "an old or encrypted Excel workbook", "save it as .xlsx without a password"),
    (b"\xff\xfe", None, "UTF-16 text", "save the file as UTF-8"),
    (b"\xfe\xff", None, "UTF-16 text", "save the file as UTF-8"),
    (b"\x89HDF", None, "HDF5", "save the table as CSV or Parquet"),
    (b"SQLite format 3", None, "an SQLite data base", "save the table as CSV or Parquet"),
    (b"%PDF", None, "a PDF document", "save the table as CSV"),
    (b"version https://git-lfs", None, "a Git LFS pointer", "fetch the file itself with 'git lfs pull'"),
    (b"<!doctype html", None, "a web page", "download the file itself"),
    (b"<html", None, "a web page", "download the file itself"),
)


def _format_of(path: Path, suffix: str) -> str:
    if suffix in _FORMATS:
        return _FORMATS[suffix]
    if path.is_dir():
        raise DataError("is a folder, not a file", where=str(path), fix="name the file in it")
    if suffix == ".xls":
        raise DataError("old Excel workbooks cannot be read", where=str(path), fix="save it as .xlsx")
    what = f"unknown kind of file {suffix!r}" if suffix else "the name of the file has no suffix"
    raise DataError(what, where=str(path), fix=f"use one of {', '.join(_FORMATS)} (or with .gz)")


def _read_bytes(path: Path) -> bytes:
    if path.is_dir():
        raise DataError("is a folder, not a file", where=str(path), fix="name the file in it")
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise DataError("no such file", where=str(path), fix=_near_file(path)) from error
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror or error}", where=str(path)) from error
    if not data:
        raise DataError("the file is empty", where=str(path), fix="give a table with a header and rows")
    return data


def _near_file(path: Path) -> str:
    try:
        files = [other.name for other in path.parent.iterdir() if other.is_file()]
    except OSError:
        return "check the path"
    hint = did_you_mean(path.name, files) or ""
    return hint if hint.startswith("did") else "check the path"


def _decompress(data: bytes, path: Path) -> bytes:
    if not data.startswith(b"\x1f\x8b"):
        raise DataError("is not gzip, as its name says", where=str(path), fix="remove .gz from the name of the file")
    try:
        return gzip.decompress(data)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"broken gzip: {_one_line(error)}", where=str(path), fix="fetch or write it again") from error


def _check_content(data: bytes, format: str, path: Path) -> None:
    """Refuse a file whose first bytes belong to another format than its name, with the way out."""
    title = _TITLES[format]
    if not data.strip():
        raise DataError("the file is empty", where=str(path), fix="give a table with a header and rows")
    is_binary = b"\x00" in data
    head = data[:64]
    plain = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    for beginning, readable, found, fix in _BEGINNINGS:
        if beginning == b"PAR1" and not is_binary:
            continue  # a column may be named so
        if readable != format and (head.startswith(beginning) or plain.startswith(beginning)):
            raise DataError(f"the content is {found}, not {title}", where=str(path), fix=fix)
    if format not in ("parquet", "excel") and is_binary:
        what = f"the content is binary, not {title}: a zero byte at position {data.index(0)}"
        raise DataError(what, where=str(path), fix="save the table as UTF-8 text")


def _parse_text(data: bytes, where: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # `error.object` has lost the byte order mark, if there was one, so the line is counted in it.
        line = error.object.count(b"\n", 0, error.start) + 1
        what = f"byte 0x{error.object[error.start]:02X} in line {line} is not UTF-8"
        raise DataError(what, where=where, fix="save the file as UTF-8") from error


def _parse_csv(data: bytes, where: str) -> tuple[_Columns, list[str]]:
    text = _parse_text(data, where)
    separator = _separator(text)
    notes = [] if separator == "," else [f"The cells are separated by {_SEPARATORS[separator]}."]
    return list(parse_delimited(text, separator, where)), notes


def _parse_tsv(data: bytes, where: str) -> tuple[_Columns, list[str]]:
    return list(parse_delimited(_parse_text(data, where), "\t", where)), []


_SEPARATORS = {";": "semicolons", "\t": "tabs"}


def _separator(text: str) -> str:
    """Return the separator that the header uses: a comma, unless it has none but has another."""
    header = next((line for line in io.StringIO(text) if line.strip()), "")
    if "," not in header:
        for separator in _SEPARATORS:
            if separator in header:
                return separator
    return ","


def _parse_json(data: bytes, where: str) -> tuple[_Columns, list[str]]:
    text = _parse_text(data, where)
    try:
        content = json.loads(text, object_pairs_hook=lambda pairs: _unique_keys(pairs, where))
    except json.JSONDecodeError as error:
        fix = "write the file again as a whole"
        if error.msg == "Extra data" and text.lstrip().startswith("{"):
            fix = "if it holds one record per line, name it .jsonl"
        raise _broken_json(error, where, error.lineno, fix) from error
    except RecursionError as error:
        raise DataError("the JSON is nested too deeply", where=where, fix="give a list of records") from error
    if isinstance(content, list):
        return _from_records(content, where), []
    if isinstance(content, dict) and isinstance(content.get("columns"), list) and isinstance(content.get("data"), list):
        return _from_rows(content["columns"], content["data"], where), []
    if isinstance(content, dict):
        return _from_columns(content, where), []
    raise DataError(
        f"the JSON holds one {type(content).__name__}, not a table",
        where=where,
        fix="give a list of records or a mapping column -> values",
    )


def _parse_jsonl(data: bytes, where: str) -> tuple[_Columns, list[str]]:
    records = []
    lines = _parse_text(data, where).split("\n")  # not splitlines: text may hold other separators of lines
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line, object_pairs_hook=lambda pairs: _unique_keys(pairs, where))
        except json.JSONDecodeError as error:
            fix = "write one record per line; a file that is one JSON text is named .json"
            raise _broken_json(error, where, number, fix) from error
        except RecursionError as error:
            raise DataError(f"line {number} is nested too deeply", where=where) from error
        if not isinstance(record, dict):
            what = f"line {number} holds a {type(record).__name__}, not a record"
            raise DataError(what, where=where, fix="write one record {column: value, ...} per line")
        records.append(record)
    return _from_records(records, where), []


def _broken_json(error: json.JSONDecodeError, where: str, line: int, fix: str) -> DataError:
    return DataError(f"broken JSON in line {line}, character {error.colno}: {error.msg}", where=where, fix=fix)


def _unique_keys(pairs: Sequence[tuple[str, Any]], where: str) -> dict[str, Any]:
    record = dict(pairs)
    if len(record) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise DataError(f"the name {twice!r} occurs twice in one record", where=where, fix="rename or remove one")
    return record


def _from_records(records: Sequence[Any], where: str) -> _Columns:
    for row, record in enumerate(records, start=1):
        if not isinstance(record, dict):
            what = f"row {row} is a {type(record).__name__}, not a record"
            raise DataError(what, where=where, fix="give a list of records {column: value, ...}")
    names = list(dict.fromkeys(name for record in records for name in record))
    return [(name, _values([record.get(name) for record in records], name, where)) for name in names]


def _from_rows(names: Sequence[Any], rows: Sequence[Any], where: str) -> _Columns:
    for row, cells in enumerate(rows, start=1):
        if not isinstance(cells, list) or len(cells) != len(names):
            found = f"{len(cells)} cells" if isinstance(cells, list) else f"a {type(cells).__name__}"
            raise DataError(f"row {row} has {found}, the header has {len(names)} columns", where=where)
    return [(name, _values([cells[i] for cells in rows], name, where)) for i, name in enumerate(names)]


def _from_columns(content: Mapping[str, Any], where: str) -> _Columns:
    """Turn {column: [values]} or {column: {row label: value}} into columns."""
    labels: dict[str, None] = {}
    for name, values in content.items():
        if not isinstance(values, list | dict):
            raise DataError(
                f"{name!r} holds one {type(values).__name__}, not the values of a column",
                where=where,
                fix="give a list of records or a mapping column -> values",
            )
        labels.update(dict.fromkeys(values if isinstance(values, dict) else map(str, range(len(values)))))
    columns: _Columns = []
    for name, values in content.items():
        if isinstance(values, dict):
            values = [values.get(label) for label in labels]
        elif len(values) != len(labels):
            what = f"column {name!r} has {len(values)} values, another has {len(labels)}"
            raise DataError(what, where=where, fix="give all columns the same length")
        columns.append((name, _values(values, name, where)))
    return columns


def _values(values: list[Any], name: object, where: str) -> Any:
    """Hold plain text and plain numbers as such and everything else as objects; never turn an integer into a float."""
    types = {type(value) for value in values} - {type(None)}
    try:
        if types == {str}:
            return pd.array(values, dtype="str")
        if types == {float}:
            return np.asarray([np.nan if value is None else value for value in values], dtype=float)
        if types == {int} and None not in values:
            return np.asarray(values, dtype=np.int64)
    except UnicodeEncodeError as error:
        raise DataError(f"column {name!r} holds half a character", where=where, fix="save it as UTF-8") from error
    except OverflowError:
        pass  # whole numbers beyond 64 bits stay objects
    return _objects(values)


def _objects(values: Sequence[Any]) -> np.ndarray[Any, Any]:
    out = np.empty(len(values), dtype=object)
    for i, value in enumerate(values):
        out[i] = value
    return out


def _parse_parquet(data: bytes, where: str) -> tuple[_Columns, list[str]]:
    try:
        table = pyarrow.parquet.read_table(io.BytesIO(data))
        columns: _Columns = []
        for name, column in zip(table.column_names, table.columns, strict=True):
            if name.startswith("__index_level_"):
                continue  # the row numbers of a pandas frame
            if pyarrow.types.is_dictionary(column.type):
                column = column.cast(column.type.value_type)
            if pyarrow.types.is_struct(column.type):
                # A struct has every key in every row: a site dict comes back with None for what it does not hold.
                columns.append((name, _objects([_without_none(value) for value in column.to_pylist()])))
            elif pyarrow.types.is_map(column.type):
                columns.append((name, _objects([None if v is None else dict(v) for v in column.to_pylist()])))
            elif pyarrow.types.is_integer(column.type) and column.null_count:
                columns.append((name, _objects(column.to_pylist())))
            else:
                columns.append((name, column.to_pandas()))
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        raise DataError(f"broken Parquet: {_one_line(error)}", where=where, fix="fetch or write it again") from error
    return columns, []


def _without_none(value: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if value is None else {key: held for key, held in value.items() if held is not None}


def _parse_excel(data: bytes, where: str) -> tuple[_Columns, list[str]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl warns of styles and extensions that have nothing to do with cells
        try:
            with pd.ExcelFile(io.BytesIO(data), engine="openpyxl") as book:
                sheets = [str(name) for name in book.sheet_names]
                cells = book.parse(0, header=None, dtype=object, keep_default_na=False, na_values=[""])
        except Exception as error:  # a damaged workbook makes zipfile, xml and openpyxl raise almost anything
            what = f"broken Excel workbook: {_one_line(error)}"
            raise DataError(what, where=where, fix="save it again as .xlsx") from error
    if cells.empty:
        raise DataError(f"the first sheet {sheets[0]!r} is empty", where=where, fix="put the table on the first sheet")
    rows = cells.iloc[1:]
    columns = [
        ("" if pd.isna(name) else name, _values([None if pd.isna(v) else v for v in rows[i]], name, where))
        for i, name in enumerate(cells.iloc[0])
    ]
    notes = [f"The workbook has {len(sheets)} sheets; the first, {sheets[0]!r}, was read."] if len(sheets) > 1 else []
    return columns, notes


def _parse_sdf(data: bytes, where: str) -> tuple[_Columns, list[str]]:
    columns, notes = structure_columns(split_sdf(_parse_text(data, where)), where)
    return list(columns), notes


def _parse_xyz(data: bytes, where: str) -> tuple[_Columns, list[str]]:
    columns, notes = structure_columns(split_xyz(_parse_text(data, where)), where)
    return list(columns), notes


_PARSERS: dict[str, Callable[[bytes, str], tuple[_Columns, list[str]]]] = {
    "csv": _parse_csv,
    "tsv": _parse_tsv,
    "json": _parse_json,
    "jsonl": _parse_jsonl,
    "parquet": _parse_parquet,
    "excel": _parse_excel,
    "sdf": _parse_sdf,
    "xyz": _parse_xyz,
}


def _frame(columns: _Columns, where: str) -> pd.DataFrame:
    """Put the columns together under clean, unique names, with rows counted from 1."""
    named: dict[str, Any] = {}
    for position, (raw, values) in enumerate(columns, start=1):
        name = str(raw).strip()
        if not name:
            if bool(pd.isna(pd.Series(values)).all()):
                continue  # an empty column at the end of an exported sheet
            name = f"column_{position}"
        if name in named:
            raise DataError(f"two columns are named {name!r}", where=where, fix="rename or remove one")
        named[name] = values
    n_rows = len(columns[0][1]) if columns else 0
    if n_rows == 0:
        raise DataError("the table has no rows", where=where, fix="give at least one row below the header")
    frame = pd.DataFrame(named, index=pd.RangeIndex(n_rows))
    frame.index = pd.RangeIndex(1, n_rows + 1, name="row")
    return frame


def _one_line(error: BaseException) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= 160 else text[:157] + "..."
