"""What is audited, in whatever type it came: read once, changed as arrays, and handed to the model in its own type."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from numbers import Real
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from matterlearn.chemistry.crystal_transforms import Crystal
from matterlearn.chemistry.molecules.conformers import Conformer, Conformers, coordinate_names
from matterlearn.chemistry.molecules.graph import MoleculeGraph
from matterlearn.core.errors import ArgumentError, MatterlearnError, RowError
from matterlearn.core.objects import as_objects
from matterlearn.features.flat import shown
from matterlearn.validation.audits.objects import (
    is_crystal,
    read_bare,
    read_crystal,
    rebuilt_crystal,
    rebuilt_molecule,
    rewritten,
)

Takes = Literal["structures", "coordinates"]
"""What a model takes: objects, or flat coordinates x_0, y_0, z_0, x_1, ..."""

Pack = Callable[[list[Any]], Any]
"""Puts objects into the container they came in."""


@dataclass(frozen=True, eq=False)
class Molecules:
    """Molecules under audit.

    Parameters
    ----------
    conformers : Conformers
        Where their atoms are.
    write : callable
        From molecules under audit to what the model takes.
    species_known : bool
        Whether the atomic numbers are those of the molecules.
    takes : {"structures", "coordinates"}
        What the model takes.
    originals : tuple of objects
        What they came as, where this is no conformer: objects of other programs, texts, rows of a table.
    orders : tuple of ndarray, or None
        For each molecule the place that each of its atoms had at first; None if all have theirs.
    mirrored : bool
        Whether they are mirror images of what came.
    """

    conformers: Conformers
    write: Callable[[Molecules], Any]
    species_known: bool = True
    takes: Takes = "structures"
    originals: tuple[Any, ...] = ()
    orders: tuple[NDArray[np.intp], ...] | None = None
    mirrored: bool = False

    def __len__(self) -> int:
        return len(self.conformers)

    @property
    def noun(self) -> str:
        """One of them, in words."""
        return "molecule"

    @property
    def sizes(self) -> NDArray[np.intp]:
        """Number of atoms of each."""
        return self.conformers.sizes

    def rows(self, rows: NDArray[np.intp]) -> Molecules:
        """Return some of them."""
        return replace(
            self,
            conformers=self.conformers[rows],
            originals=tuple(self.originals[row] for row in rows) if self.originals else (),
            orders=None if self.orders is None else tuple(self.orders[row] for row in rows),
        )

    def given(self) -> Any:
        """Return them as the model takes them."""
        return self.write(self)


@dataclass(frozen=True, eq=False)
class Crystals:
    """Crystals under audit.

    Parameters
    ----------
    crystals : tuple of Crystal
        Lattices and sites.
    originals : tuple of objects
        What they came as.
    pack : callable
        From a list of objects to what the model takes.
    """

    crystals: tuple[Crystal, ...]
    originals: tuple[Any, ...]
    pack: Pack

    def __len__(self) -> int:
        return len(self.crystals)

    @property
    def noun(self) -> str:
        """One of them, in words."""
        return "crystal"

    @property
    def sizes(self) -> NDArray[np.intp]:
        """Number of sites of each."""
        return np.array([len(crystal) for crystal in self.crystals], dtype=np.intp)

    def rows(self, rows: NDArray[np.intp]) -> Crystals:
        """Return some of them."""
        return replace(
            self,
            crystals=tuple(self.crystals[row] for row in rows),
            originals=tuple(self.originals[row] for row in rows),
        )

    def given(self) -> Any:
        """Return them as the model takes them."""
        return self.pack([rebuilt_crystal(*pair) for pair in zip(self.originals, self.crystals, strict=True)])


Samples = Molecules | Crystals


def read_samples(structures: Any, *, takes: Takes, columns: Sequence[str] | None = None) -> Samples:
    """Read what is to be audited.

    Parameters
    ----------
    structures : Conformers, sequence of objects, matrix, Molecules or Crystals
        Molecules or crystals, all of one kind; with `takes="coordinates"` molecules of one size, or their coordinates
        as a matrix or DataFrame of shape (n_molecules, 3 * n_atoms). The columns of a DataFrame are told by their
        names x_0, y_0, z_0, x_1, ..., in whatever order; the model gets them in the order given.
    takes : {"structures", "coordinates"}
        What the model takes.
    columns : sequence of str, optional
        With `takes="coordinates"`: names of the columns that the model was fitted with.

    Returns
    -------
    Molecules or Crystals

    Raises
    ------
    ArgumentError
        If there are none, crystals where coordinates are to be passed, or columns that are no coordinates.
    RowError
        If one cannot be read.
    """
    if isinstance(structures, Molecules | Crystals):
        return structures
    if takes not in get_args(Takes):
        raise ArgumentError(f"{takes!r} is unknown", where="takes", fix=f"one of {', '.join(get_args(Takes))}")
    if not isinstance(structures, Conformers) and takes == "coordinates" and _is_matrix(structures):
        return _of_matrix(_array_of_lists(structures) if isinstance(structures, list | tuple) else structures)
    samples = (
        Molecules(structures, lambda changed: changed.conformers)
        if isinstance(structures, Conformers)
        else _of_objects(structures)
    )
    if not len(samples):
        raise ArgumentError("there are none", where="structures", fix="pass at least one")
    if takes == "structures":
        return samples
    if isinstance(samples, Crystals):
        raise ArgumentError("a crystal has no flat coordinates", where="takes", fix='pass takes="structures"')
    samples.conformers.flat()  # molecules of different sizes are told before anything is changed
    names = coordinate_names(int(samples.sizes[0]))
    as_frame = columns is not None and len(columns) == len(names)
    if as_frame:
        _check_names(list(columns or names), names, where="model", what="was fitted with columns")
    return Molecules(samples.conformers, _writer_of_matrix(list(columns or names) if as_frame else None), takes=takes)


def _of_objects(structures: Any) -> Samples:
    objects = as_objects(structures, name="structures")
    pack = _packer(structures)
    if not len(objects):
        raise ArgumentError("there are none", where="structures", fix="pass at least one")
    if all(is_crystal(cell) for cell in objects):
        crystals = [_read(read_crystal, cell, row) for row, cell in enumerate(objects)]
        return Crystals(tuple(crystals), tuple(objects), pack)
    for row, cell in enumerate(objects):
        if is_crystal(cell):
            raise RowError("a crystal among molecules", row=row, value=cell, fix="audit them apart")
    if all(isinstance(cell, Conformer) for cell in objects):
        return Molecules(Conformers.of(objects), lambda changed: pack(list(changed.conformers)))
    if all(isinstance(cell, str) for cell in objects):
        from matterlearn.chemistry.molecules.convert import read_conformer

        read = Conformers.of(_read(read_conformer, cell, row) for row, cell in enumerate(objects))
        return Molecules(read, _writer_of_texts(pack), originals=tuple(objects))
    read = Conformers.of(_read(read_bare, cell, row) for row, cell in enumerate(objects))
    return Molecules(read, _writer_of_objects(pack), originals=tuple(objects))


def _of_matrix(structures: Any) -> Molecules:
    is_frame = hasattr(type(structures), "columns")
    try:
        matrix = np.asarray(structures, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ArgumentError("a coordinate is no number", where="structures", fix="pass numbers, in angstrom") from error
    if matrix.ndim != 2 or matrix.shape[1] % 3 or not matrix.size:
        raise ArgumentError(f"shape {matrix.shape} is not (n_molecules, 3 * n_atoms)", where="structures")
    n_atoms = matrix.shape[1] // 3
    columns: list[str] | None = None
    if is_frame:
        columns, names = list(structures.columns), coordinate_names(n_atoms)
        # Numbers name no column: they stand where they stand.
        if any(isinstance(name, str) for name in columns):
            _check_names(columns, names, where="structures", what="has columns")
            matrix = structures[names].to_numpy(dtype=np.float64)
    unknown = MoleculeGraph((6,) * n_atoms)  # the kinds of the atoms are not known; none is handed to the model
    write = _writer_of_matrix(columns)
    conformers = Conformers.of_one(unknown, matrix.reshape(-1, n_atoms, 3))
    return Molecules(conformers, write, species_known=False, takes="coordinates")


def _is_matrix(structures: Any) -> bool:
    if hasattr(type(structures), "columns"):
        return len(structures.columns) != 1
    if isinstance(structures, list | tuple):
        return bool(structures) and all(_is_row(row) for row in structures)
    return isinstance(structures, np.ndarray) and structures.ndim == 2


def _is_row(row: Any) -> bool:
    if isinstance(row, np.ndarray):
        return row.ndim == 1 and row.dtype.kind in "iuf"
    return isinstance(row, list | tuple) and all(isinstance(value, Real) for value in row)


def _array_of_lists(rows: Sequence[Any]) -> NDArray[np.float64]:
    lengths = [len(row) for row in rows]
    if len(set(lengths)) > 1:
        raise ArgumentError(
            f"rows of {min(lengths)} and of {max(lengths)} coordinates", where="structures", fix="audit them apart"
        )
    return np.array(rows, dtype=np.float64)


def _check_names(columns: Sequence[Any], names: Sequence[str], *, where: str, what: str) -> None:
    if sorted(map(str, columns)) != sorted(names):
        odd = next((name for name in columns if name not in names), columns[0])
        raise ArgumentError(
            f"{what} such as {odd!r}, which tells no coordinate of an atom",
            where=where,
            fix=f"name them {', '.join(names[:4])}, ..., or use an array in this order",
        )


def _writer_of_matrix(columns: list[str] | None) -> Callable[[Molecules], Any]:
    def write(changed: Molecules) -> Any:
        matrix = changed.conformers.flat()
        if columns is None:
            return matrix
        import pandas as pd

        names = coordinate_names(matrix.shape[1] // 3)
        if set(columns) == set(names):
            return pd.DataFrame(matrix, columns=names)[columns]
        return pd.DataFrame(matrix, columns=columns)

    return write


def _writer_of_texts(pack: Pack) -> Callable[[Molecules], Any]:
    def write(changed: Molecules) -> Any:
        return pack([rewritten(*pair) for pair in zip(changed.originals, changed.conformers, strict=True)])

    return write


def _writer_of_objects(pack: Pack) -> Callable[[Molecules], Any]:
    def write(changed: Molecules) -> Any:
        orders = changed.orders or tuple(np.arange(size) for size in changed.sizes)
        rows = zip(changed.originals, changed.conformers, orders, strict=True)
        return pack(
            [rebuilt_molecule(cell, new.positions, order, mirrored=changed.mirrored) for cell, new, order in rows]
        )

    return write


def _packer(structures: Any) -> Pack:
    """Return the function that puts objects into a container like the one they came in."""
    if hasattr(type(structures), "iloc"):
        import pandas as pd

        names = list(structures.columns) if hasattr(type(structures), "columns") else None
        if names:
            return lambda objects: pd.DataFrame({names[0]: pd.Series(objects, dtype=object)})
        return lambda objects: pd.Series(objects, dtype=object, name=structures.name)
    if isinstance(structures, np.ndarray):
        return as_objects
    return list


def _read(how: Callable[[Any], Any], cell: Any, row: int) -> Any:
    try:
        return how(cell)
    except MatterlearnError as error:
        raise RowError(f"cannot use {shown(cell)}: {error.what}", row=row, value=cell, fix=error.fix) from error
