"""Conformers with facts as files: tables with MOL blocks, SDF, extended XYZ."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from matterlearn.chemistry.molecules.conformers import Conformer, Conformers, coordinate_names
from matterlearn.chemistry.molecules.convert import to_mol_block
from matterlearn.core.errors import ArgumentError
from matterlearn.core.writing import write_file


def check_place(path: str | os.PathLike[str]) -> str:
    """Return the suffix of a file that conformers can be written to.

    Raises
    ------
    ArgumentError
        If they cannot, because of its suffix or its folder.
    """
    suffix = Path(path).suffix.casefold()
    if suffix not in _WRITERS:
        what = f"conformers cannot be written as {suffix or 'a file without suffix'}"
        raise ArgumentError(what, where=str(path), fix=f"use one of {', '.join(_WRITERS)}")
    folder = Path(path).parent
    if not folder.is_dir():
        raise ArgumentError(f"there is no folder {folder}", where=str(path), fix="make it, or name another")
    return suffix


def write_conformers(conformers: Conformers, facts: pd.DataFrame, path: str | os.PathLike[str]) -> Path:
    """Write conformers with facts about each, whole or not at all.

    Parameters
    ----------
    conformers : Conformers
        The conformers.
    facts : DataFrame
        Columns of texts, numbers and truth values, one row per conformer.
    path : path-like
        With the suffix .parquet, .csv, .sdf or .xyz.

    Returns
    -------
    pathlib.Path
        The path written.

    Raises
    ------
    ArgumentError
        If the suffix is another one, or there is no such folder.
    DataError
        If it cannot be written.
    """
    return write_file(path, _WRITERS[check_place(path)](conformers, facts))


def _flat_table(conformers: Conformers, facts: pd.DataFrame) -> pd.DataFrame:
    table = facts.reset_index(drop=True).copy()
    table["structure"] = pd.array([to_mol_block(conformer) for conformer in conformers], dtype="str")
    if len(np.unique(conformers.sizes)) == 1:
        names = coordinate_names(int(conformers.sizes[0]))
        table = pd.concat([table, pd.DataFrame(conformers.flat(), columns=names)], axis=1)
    return table


def _parquet(conformers: Conformers, facts: pd.DataFrame) -> bytes:
    stream = io.BytesIO()
    _flat_table(conformers, facts).to_parquet(stream, index=False)
    return stream.getvalue()


def _csv(conformers: Conformers, facts: pd.DataFrame) -> str:
    return str(_flat_table(conformers, facts).to_csv(index=False, lineterminator="\n"))


def _sdf(conformers: Conformers, facts: pd.DataFrame) -> str:
    lines: list[str] = []
    for conformer, row in zip(conformers, facts.itertuples(index=False), strict=True):
        lines.append(to_mol_block(conformer))
        for name, value in zip(facts.columns, row, strict=True):
            if not _is_missing(value):
                lines.append(f">  <{name}>\n{_text(value)}\n\n")
        lines.append("$$$$\n")
    return "".join(lines)


def _xyz(conformers: Conformers, facts: pd.DataFrame) -> str:
    return "".join(
        _frame(conformer, dict(zip(facts.columns, row, strict=True)))
        for conformer, row in zip(conformers, facts.itertuples(index=False), strict=True)
    )


def _frame(conformer: Conformer, facts: dict[str, Any]) -> str:
    keys = ["Properties=species:S:1:pos:R:3", 'pbc="F F F"']
    keys += [f"{name}={_quoted(value)}" for name, value in facts.items() if not _is_missing(value)]
    atoms = [
        f"{symbol} {x!r} {y!r} {z!r}"
        for symbol, (x, y, z) in zip(conformer.graph.symbols, conformer.positions.tolist(), strict=True)
    ]
    return "\n".join([str(len(atoms)), " ".join(keys), *atoms, ""])


def _quoted(value: Any) -> str:
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return {True: "T", False: "F"}[bool(value)] if isinstance(value, bool | np.bool_) else _text(value)


def _text(value: Any) -> str:
    return repr(float(value)) if isinstance(value, float | np.floating) else str(value)


def _is_missing(value: Any) -> bool:
    return value is None or (isinstance(value, float | np.floating) and bool(np.isnan(value)))


_WRITERS: dict[str, Callable[[Conformers, pd.DataFrame], bytes | str]] = {
    ".parquet": _parquet,
    ".csv": _csv,
    ".sdf": _sdf,
    ".xyz": _xyz,
}
