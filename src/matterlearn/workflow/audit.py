"""Does a fitted model keep the symmetries of molecules? Asked with the rows of a table."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from matterlearn.chemistry.molecules.conformers import Conformers, coordinate_names
from matterlearn.chemistry.molecules.graph import MoleculeGraph
from matterlearn.core.errors import ArgumentError, DataError, MatterlearnError
from matterlearn.core.parallel import item_seed
from matterlearn.core.writing import staged_folder, write_file
from matterlearn.data.cells import IS_MISSING, ParsedFrame, is_missing
from matterlearn.data.inputs import parse_inputs
from matterlearn.data.rejects import BadCell, rejected_table, write_rejected
from matterlearn.data.structure_cells import looks_like_structure, read_structure_cell
from matterlearn.data.tables import read_table
from matterlearn.report.figures.style import save_figure
from matterlearn.report.figures.symmetry_audit import symmetry_audit
from matterlearn.report.words import file_name
from matterlearn.validation.audits.auditing import audit
from matterlearn.validation.audits.result import Audit
from matterlearn.validation.audits.samples import Molecules
from matterlearn.validation.leaks.words import listed
from matterlearn.workflow.model import Model

STRUCTURE: Final = "structure"
"""Kind of the columns that hold atoms with their positions."""

MARK: Final = "audit.json"
"""File that every output folder of an audit holds."""


@dataclass(frozen=True)
class RowCounts:
    """How many rows of a table an audit could use.

    Parameters
    ----------
    given : int
        Rows of the table.
    usable : int
        Rows that are read and, where any row has measured values, have them.
    not_read : int
        Rows with an input that cannot be read.
    without_target : int
        Rows that are read, but have no measured value although others do.
    audited : int
        Rows that were audited: the usable ones, or those that were drawn of them.
    targets : tuple of str
        The targets of the model.
    """

    given: int
    usable: int
    not_read: int
    without_target: int
    audited: int
    targets: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """One line.

        Examples
        --------
        >>> RowCounts(60, 57, 2, 1, 50, ("E",)).text
        '57 of 60 rows usable; 2 not read, 1 without E; 50 of the usable rows drawn'
        """
        left_out = [f"{self.not_read} not read"] if self.not_read else []
        left_out += [f"{self.without_target} without {listed(self.targets)}"] if self.without_target else []
        parts = [f"{self.usable} of {self.given} rows usable", ", ".join(left_out)]
        parts.append(f"{self.audited} of the usable rows drawn" if self.audited < self.usable else "")
        return "; ".join(part for part in parts if part)

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain values, with its line."""
        return {**asdict(self), "targets": list(self.targets), "text": self.text}


class ModelAudits(dict[str, Audit]):
    """For each target of a model what its audit found, and what became of the rows of the table.

    Parameters
    ----------
    found : mapping of str to Audit
        For each target what was found.
    rows : RowCounts
        How many rows could be used.
    rejected : DataFrame
        The cells for which rows were left out, as `Dataset.rejected`.

    Attributes
    ----------
    rows, rejected
        As given.
    """

    def __init__(self, found: Mapping[str, Audit], rows: RowCounts, rejected: pd.DataFrame) -> None:
        super().__init__(found)
        self.rows = rows
        self.rejected = rejected

    def to_dict(self) -> dict[str, dict[str, Any]]:
        """Return for each target `Audit.to_dict`, with the counts of the rows as "rows"."""
        rows = self.rows.to_dict()
        return {target: {"rows": rows, **result.to_dict()} for target, result in self.items()}


def audit_model(
    model: Model | str | os.PathLike[str],
    table: pd.DataFrame | str | os.PathLike[str],
    *,
    n: int | None = 200,
    symmetries: Sequence[str] | None = None,
    n_changes: int = 8,
    tolerance: float = 1e-6,
    seed: int = 0,
    trusted: Sequence[str] = (),
) -> ModelAudits:
    """Find out which symmetries a fitted model breaks, and by how much.

    Parameters
    ----------
    model : Model or path-like
        A fitted model, or its file. Its inputs hold a column of structures or the coordinates x_0, y_0, z_0, x_1, ...;
        other inputs stay as they are.
    table : DataFrame or path-like
        Rows with the model's input columns. A column with the target tells the model's error. Where the model takes
        coordinates, a column of structures tells which atoms are alike.
    n : int, optional
        Rows that are audited, drawn at random; None for all.
    symmetries : sequence of str, optional
        Some of `matterlearn.validation.audits.changes.ALL_SYMMETRIES`; all that molecules have by default.
    n_changes : int
        Changes of each molecule per symmetry, at most.
    tolerance : float
        Change that counts as rounding, relative to the spread of the predictions.
    seed : int
        Of the rows and of the changes.
    trusted : sequence of str
        Types of your own that the model file holds, as "module.Class".

    Returns
    -------
    ModelAudits
        For each target what was found; how many rows could be used, and the cells for which others could not.

    Raises
    ------
    ArgumentError
        If the model takes no structure, or an argument cannot be used.
    DataError
        If the table cannot be used, or no row of it can be read.
    ModelFileError
        If the model file cannot be used.

    Examples
    --------
    See `matterlearn audit`.
    """
    fitted = model if isinstance(model, Model) else Model.load(model, trusted=trusted)
    places = _places(fitted.schema)
    if n is not None and n < 1:
        raise ArgumentError(f"must be at least 1, got {n}", where="n")
    frame = table if isinstance(table, pd.DataFrame) else read_table(table).frame
    rows = _Rows.of(fitted, frame, places, n=n, seed=seed)
    found = {
        target: audit(
            _Predicted(fitted, target, fitted.classes),
            rows.molecules,
            rows.measured.get(target),
            symmetries=symmetries,
            n_changes=n_changes,
            tolerance=tolerance,
            unit=str(fitted.schema.get("units", {}).get(target) or ""),
            random_state=seed,
        )
        for target in fitted.targets
    }
    return ModelAudits(found, rows.counts, rows.rejected)


def write_audit(found: Mapping[str, Audit], path: str | os.PathLike[str]) -> Path:
    """Write what was found into a folder: audit.json, and for each target changes.csv, audit.png and audit.svg.

    What `audit_model` returned tells of its rows, too: their counts stand in audit.json, and the cells for which rows
    were left out in rejected.csv.

    Parameters
    ----------
    found : mapping of str to Audit
        For each target what was found.
    path : path-like
        The folder. An earlier audit there is replaced as a whole. With several targets the names of the files end in
        that of the target.

    Returns
    -------
    pathlib.Path
        The folder.

    Raises
    ------
    DataError
        If it cannot be written, or holds something else.
    """
    with staged_folder(path, known_by=MARK) as folder:
        for number, (target, result) in enumerate(found.items()):
            ending = "" if len(found) == 1 else f"-{file_name(target) or number}"
            result.changes.to_csv(folder / f"changes{ending}.csv", index=False)
            save_figure(symmetry_audit(result), folder, f"audit{ending}")
        if isinstance(found, ModelAudits):
            write_rejected(found.rejected, folder / "rejected.csv")
            content = found.to_dict()
        else:
            content = {target: result.to_dict() for target, result in found.items()}
        write_file(folder / MARK, json.dumps(content, ensure_ascii=False, indent=1))
    return Path(path)


@dataclass(frozen=True)
class _Places:
    """Where a model finds the atoms: columns of structures, and names of coordinates."""

    structures: tuple[str, ...]
    coordinates: tuple[str, ...]


def has_positions(schema: Mapping[str, Any]) -> bool:
    """Tell whether the inputs of a model hold positions of atoms that can be changed as a whole.

    Parameters
    ----------
    schema : mapping
        `Model.schema`.

    Returns
    -------
    bool
    """
    try:
        _places(schema)
    except ArgumentError:
        return False
    return True


def _places(schema: Mapping[str, Any]) -> _Places:
    names, kinds = list(schema["inputs"]), schema["kinds"]
    structures = tuple(name for name in names if kinds[name] == STRUCTURE)
    present = {name for name in names if kinds[name] == "number" and re.fullmatch(r"[xyz]_[0-9]+", name)}
    coordinates = coordinate_names(1 + max(int(name[2:]) for name in present)) if present else []
    missing = [name for name in coordinates if name not in present]
    if len(structures) > 1:
        raise ArgumentError(f"takes several structures: {', '.join(structures)}", where="model")
    if missing and not structures:
        raise ArgumentError(
            f"takes coordinates, but not {missing[0]!r}: its atoms cannot be moved as a whole", where="model"
        )
    if not structures and not coordinates:
        used = " and ".join(sorted({str(kinds[name]) for name in names}))
        raise ArgumentError(f"a {used} has no positions: nothing to audit", where="model")
    return _Places(structures, () if missing else tuple(coordinates))


@dataclass(frozen=True, eq=False)
class _Rows:
    """The rows that are audited."""

    molecules: Molecules
    measured: dict[str, Any]
    counts: RowCounts
    rejected: pd.DataFrame

    @classmethod
    def of(cls, model: Model, frame: pd.DataFrame, places: _Places, *, n: int | None, seed: int) -> _Rows:
        parsed = parse_inputs(frame, model.schema)
        ok = np.asarray(parsed.ok, dtype=bool)
        if not ok.any():
            reason = parsed.reasons[0] if len(frame) else "there are no rows"
            raise DataError(f"no row can be read ({reason})", where="table")
        measured = {target: _measured(frame, target, bool(model.classes)) for target in model.targets}
        known = np.logical_and.reduce([values[1] for values in measured.values()])
        # Rows with a measured value tell the model's error; without any, the audit goes without it.
        wanted = bool(np.any(ok & known))
        usable = np.flatnonzero(ok & known) if wanted else np.flatnonzero(ok)
        bad = [*parsed.bad_cells]
        if wanted:
            bad += [cell for values in measured.values() for cell in values[2] if ok[cell.position]]
        n_usable = len(usable)
        if n is not None and n < len(usable):
            rng = np.random.default_rng(item_seed(seed, "audited rows"))
            usable = np.sort(rng.choice(usable, n, replace=False))
        inputs = parsed.X.iloc[usable].reset_index(drop=True)
        told = {target: values[usable] for target, (values, filled, _) in measured.items() if filled[usable].all()}
        counts = RowCounts(
            given=len(frame),
            usable=n_usable,
            not_read=int((~ok).sum()),
            without_target=int(ok.sum()) - n_usable,
            audited=len(usable),
            targets=tuple(model.targets),
        )
        rejected = rejected_table(bad, pd.RangeIndex(1, len(frame) + 1))
        return cls(_molecules(inputs, frame.iloc[usable], places), told, counts, rejected)


def _measured(
    frame: pd.DataFrame, target: str, is_class: bool
) -> tuple[NDArray[Any], NDArray[np.bool_], list[BadCell]]:
    """Return the measured values of all rows, which rows have one, and the cells of those that have none."""
    columns = [str(name) for name in frame.columns]
    if target not in columns:
        return np.full(len(frame), np.nan), np.zeros(len(frame), dtype=bool), []
    cells = ParsedFrame(frame, {target: "category" if is_class else "number"})[target]
    values = np.asarray(cells.values)
    filled = np.array([not is_missing(value) for value in values], dtype=bool)
    if not is_class:
        filled &= np.isfinite(values.astype(np.float64))
    given = frame.iloc[:, columns.index(target)].tolist()
    reasons = cells.reasons
    bad = [BadCell(int(k), target, given[k], reasons.get(int(k), IS_MISSING)) for k in np.flatnonzero(~filled)]
    return values, filled, bad


def _molecules(inputs: pd.DataFrame, frame: pd.DataFrame, places: _Places) -> Molecules:
    """Return the molecules of some rows, which write themselves into these rows."""
    coordinates = list(places.coordinates)

    def write(changed: Molecules) -> pd.DataFrame:
        table = inputs.iloc[[int(row) for row in changed.originals]].reset_index(drop=True)
        for name in places.structures:
            table[name] = pd.Series(list(changed.conformers), dtype=object)
        if coordinates:
            table[coordinates] = changed.conformers.flat()
        return table

    rows = tuple(range(len(inputs)))
    if places.structures:
        conformers = Conformers.of(inputs[places.structures[0]])
        return Molecules(conformers, write, originals=rows)
    n_atoms = len(coordinates) // 3
    positions = inputs[coordinates].to_numpy(dtype=np.float64)
    graphs = _graphs(frame, n_atoms)
    if graphs is None:
        bare = Conformers.of_one(MoleculeGraph((6,) * n_atoms), positions.reshape(-1, n_atoms, 3))
        return Molecules(bare, write, species_known=False, takes="coordinates", originals=rows)
    numbers: dict[MoleculeGraph, int] = {}
    which = [numbers.setdefault(graph, len(numbers)) for graph in graphs]
    return Molecules(Conformers(numbers, which, positions.reshape(-1, 3)), write, takes="coordinates", originals=rows)


def _graphs(frame: pd.DataFrame, n_atoms: int) -> list[MoleculeGraph] | None:
    """Return the molecules of some rows from a column of structures; None where there is none that fits."""
    for name in frame.columns:
        cells = frame[name].tolist()
        if not all(looks_like_structure(cell) for cell in cells):
            continue
        try:
            graphs = [read_structure_cell(cell).graph for cell in cells]
        except MatterlearnError:
            continue
        if all(len(graph) == n_atoms for graph in graphs):
            return graphs
    return None


class _Predicted:
    """One target of a model, asked as an estimator is asked."""

    def __init__(self, model: Model, target: str, classes: tuple[str, ...]) -> None:
        self.model = model
        self.target = target
        if classes:
            self.classes_ = classes
            self.predict_proba = self._probabilities

    def predict(self, table: pd.DataFrame) -> NDArray[np.float64]:
        """Return the predictions of one target."""
        return self._read(table)[self.model.column("prediction", self.target)].to_numpy(dtype=np.float64)

    def _probabilities(self, table: pd.DataFrame) -> NDArray[np.float64]:
        names = [self.model.column(f"probability {name}", self.target) for name in self.classes_]
        return self._read(table)[names].to_numpy(dtype=np.float64)

    def _read(self, table: pd.DataFrame) -> pd.DataFrame:
        found = self.model.predict(table)
        reasons = found[self.model.column("reason", self.target)].tolist()
        unread = [reason for reason in reasons if reason.startswith("not read: ")]
        if unread:
            raise DataError(unread[0].removeprefix("not read: "))
        return found
