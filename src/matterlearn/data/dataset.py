"""A table made ready to learn from: inputs, targets, units and origin, with the rows that cannot be used set apart."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from matterlearn.chemistry.ions import Ion
from matterlearn.core.errors import ArgumentError, DataError, RowError, did_you_mean
from matterlearn.data.agreement import compare_elements
from matterlearn.data.cells import KINDS, ParsedFrame, is_missing, is_no_number
from matterlearn.data.columns import choose_parsed_inputs
from matterlearn.data.elements_of import element_sets
from matterlearn.data.input_names import expand_names, is_empty, numbers_rows
from matterlearn.data.inputs import ParsedInputs, parse_inputs, read_inputs, site_amounts
from matterlearn.data.keys import are_all_equal
from matterlearn.data.kinds import detect_kinds, kind_of_named
from matterlearn.data.number_marks import mark_fault, marks_of_column
from matterlearn.data.rejects import BadCell, rejected_table
from matterlearn.data.structure_cells import frame_as_text
from matterlearn.data.tables import Table, read_table
from matterlearn.data.targets import TargetCells, cells_to_list, log_targets, read_targets
from matterlearn.data.units import guess_units
from matterlearn.data.weights import bad_weights, check_weights_name, relative_weights

__all__ = ["Dataset", "ParsedInputs", "make_dataset", "parse_inputs"]


@dataclass(frozen=True, eq=False, repr=False)
class Dataset:
    """Rows of matter with known properties; made by `make_dataset`.

    Parameters
    ----------
    frame : DataFrame
        The rows that can be used, all columns, cells as they stand in the table. The index is named "row" and holds the
        row numbers of the table, counted from 1, with gaps where rows were rejected.
    targets : tuple of str
        Columns to predict.
    inputs : tuple of str
        Columns to learn from.
    kinds : mapping of str to str
        Column -> one of `KINDS`.
    task : str
        "regression" or "classification".
    units : mapping of str to str
        Column -> unit of its cells, where known. `y_unit` tells the unit of `y`.
    groups : tuple of str
        Columns that rows belong together by.
    log : tuple of str
        Targets that are learned as their decimal logarithm.
    weight_column : str, optional
        Column of the weights of the rows.
    name, citation, licence : str, optional
        Where the data come from.
    sha256 : str, optional
        Checksum of the file, or of the table written as CSV if it came from memory.
    rejected : DataFrame
        `row`, `column`, `value`, `reason` of the cells that make their rows unusable. With several targets also of
        those that cannot be used, though not empty, in rows that are used for their other targets; the reason says so.
    notes : tuple of str
        What a user should know, one sentence each.
    ions : mapping of str to Ion
        The user's own ions.
    amounts : str, optional
        How the amounts on the sites are meant; see `chemistry.sites.Amounts`.
    """

    __module__ = "matterlearn.data.dataset"

    frame: pd.DataFrame
    targets: tuple[str, ...]
    inputs: tuple[str, ...]
    kinds: Mapping[str, str]
    task: str
    units: Mapping[str, str] = field(default_factory=dict)
    groups: tuple[str, ...] = ()
    log: tuple[str, ...] = ()
    weight_column: str | None = None
    name: str | None = None
    citation: str | None = None
    licence: str | None = None
    sha256: str | None = None
    rejected: pd.DataFrame = field(default_factory=lambda: rejected_table((), pd.RangeIndex(0)))
    notes: tuple[str, ...] = ()
    ions: Mapping[str, Ion] = field(default_factory=dict)
    amounts: str | None = None

    def __len__(self) -> int:
        return len(self.frame)

    def __repr__(self) -> str:
        return (
            f"Dataset({self.name or 'unnamed'}: {len(self)} rows, {self.n_rejected} rejected, {self.task},"
            f" {', '.join(self.inputs[:8])}{f' and {len(self.inputs) - 8} more' if len(self.inputs) > 8 else ''} ->"
            f" {', '.join(f'log10({name})' if name in self.log else name for name in self.targets)}"
            f"{f', weighted by {self.weight_column}' if self.weight_column else ''})"
        )

    @cached_property
    def X(self) -> pd.DataFrame:
        """Inputs with read cells, shape (n_rows, n_inputs); see `ParsedInputs.X`. Read them, do not change them."""
        return parse_inputs(self.frame, self.schema).X

    @cached_property
    def target_values(self) -> NDArray[Any]:
        """Targets as the table holds them, shape (n_rows, n_targets): float, NaN where missing; text for classes."""
        return read_targets(ParsedFrame(self.frame, self.kinds), self.targets, self.log).values

    @cached_property
    def y(self) -> NDArray[Any]:
        """What is learned: float (n_rows,), or (n_rows, n_targets) if there are several; text (n_rows,) for classes.

        Targets in `log` are decimal logarithms. Of several targets a row may lack some, which are NaN; see `of`.
        """
        if self.task == "classification":
            return np.asarray(self.target_values[:, 0].tolist(), dtype=str)
        y = self.target_values.astype(float)
        is_log = [name in self.log for name in self.targets]
        y[:, is_log] = np.log10(y[:, is_log])
        return y[:, 0] if len(self.targets) == 1 else y

    @cached_property
    def weights(self) -> NDArray[np.float64] | None:
        """Weights of the rows, shape (n_rows,), relative to a mean of 1 over the rows that count; None without."""
        if self.weight_column is None:
            return None
        return relative_weights(ParsedFrame(self.frame, self.kinds)[self.weight_column].values)

    def y_unit(self, target: str) -> str:
        """Return the unit of a target in `y`.

        Parameters
        ----------
        target : str
            One of the targets.

        Returns
        -------
        str
            The unit of the column, "log10(GPa)" where its logarithm is learned ("log10" if the unit is not known), or
            empty.

        Raises
        ------
        ArgumentError
            If it is no target.

        Examples
        --------
        >>> frame = pd.DataFrame({"formula": ["TiO2", "SiO2"], "k_GPa": [200.0, 40.0]})
        >>> make_dataset(frame, "k_GPa", log=True).y_unit("k_GPa")
        'log10(GPa)'
        """
        self._check_target(target)
        unit = self.units.get(target, "")
        return unit if target not in self.log else f"log10({unit})" if unit else "log10"

    def of(self, target: str) -> Dataset:
        """Return the rows that have one of the targets, with that target alone.

        Parameters
        ----------
        target : str
            One of the targets.

        Returns
        -------
        Dataset
            As if the table had been read for this target; the rows keep their numbers. Itself, if it has no other
            target.

        Raises
        ------
        ArgumentError
            If it is no target.

        Examples
        --------
        >>> values = {"gap": [3.0, 9.0, None], "k": [None, 40.0, 20.0]}
        >>> frame = pd.DataFrame({"formula": ["TiO2", "SiO2", "GeO2"], **values})
        >>> dataset = make_dataset(frame, ["gap", "k"])
        >>> dataset.y.shape, dataset.of("k").y.tolist(), dataset.of("k").frame.index.tolist()
        ((3, 2), [40.0, 20.0], [2, 3])
        """
        self._check_target(target)
        if len(self.targets) == 1:
            return self
        log = tuple(name for name in self.log if name == target)
        cells = read_targets(ParsedFrame(self.frame, self.kinds), [target], log)
        others = set(self.targets) - {target}
        earlier = self.rejected[
            ~self.rejected["row"].isin(self.frame.index) & ~self.rejected["column"].isin(list(others))
        ]
        missing = rejected_table(cells.bad_cells, self.frame.index)
        has_value = cells.usable[:, 0]
        one = replace(
            self,
            frame=self.frame.loc[has_value],
            targets=(target,),
            log=log,
            rejected=_by_row(earlier, missing),
            notes=(),
        )
        shared = [note for note in self.notes if note not in _value_notes(self)]
        one = replace(one, notes=(*shared, *_value_notes(one)))
        one.__dict__["X"] = self.X.loc[has_value]
        return one

    def _check_target(self, target: str) -> None:
        if target not in self.targets:
            raise ArgumentError(f"{target!r} is no target", where="target", fix=did_you_mean(str(target), self.targets))

    @property
    def n_rejected(self) -> int:
        """Number of rows that were rejected."""
        return int(self.rejected.loc[~self.rejected["row"].isin(self.frame.index), "row"].nunique())

    @property
    def schema(self) -> dict[str, Any]:
        """What is needed to read the same inputs from another table, as plain JSON data."""
        own = {
            symbol: {
                "name": ion.name,
                "formula": ion.formula,
                "charge": ion.charge,
                "properties": dict(ion.properties),
            }
            for symbol, ion in self.ions.items()
        }
        named = (*self.inputs, *self.targets)
        return {
            "version": 1,
            "inputs": list(self.inputs),
            "targets": list(self.targets),
            "task": self.task,
            "kinds": {name: self.kinds[name] for name in named},
            "units": {name: self.units[name] for name in named if name in self.units},
            "groups": list(self.groups),
            "log": list(self.log),
            "weights": self.weight_column,
            "amounts": self.amounts,
            "ions": own,
        }

    def element_sets(self) -> list[frozenset[str]]:
        """Return the elements of each row, over the inputs that describe matter.

        Returns
        -------
        list of frozenset of str
            One per row. What is the same in all rows and therefore no input, such as the oxygen of oxides given by
            their sites, is not in them.
        """
        return element_sets(self.X, self.kinds, ions=self.ions)


def make_dataset(
    table: Table | pd.DataFrame | str | os.PathLike[str],
    target: str | Sequence[str],
    inputs: str | Sequence[str] | None = None,
    kinds: Mapping[str, str] | None = None,
    units: Mapping[str, str] | str | None = None,
    groups: str | Sequence[str] = (),
    strict: bool = False,
    ions: Mapping[str, Ion] | None = None,
    *,
    log: bool | str | Sequence[str] = (),
    weights: str | None = None,
    name: str | None = None,
    citation: str | None = None,
    licence: str | None = None,
) -> Dataset:
    """Make a table ready to learn from.

    Rows whose inputs or targets cannot be used are set apart: an unreadable formula, an unknown element, a negative
    amount, a missing input, a missing or not finite target. Of several targets a row needs one.

    Parameters
    ----------
    table : Table, DataFrame or path-like
        The data. A frame may hold objects (mappings for sites); it is copied.
    target : str or sequence of str
        Columns to predict: numbers, which may be missing in some rows if there are several, or one category.
    inputs : str or sequence of str, optional
        Columns to learn from; see `choose_inputs`. Patterns stand for all numbers and categories that fit them, and `!`
        leaves columns out: `["*", "!age_years"]`; see `expand_names`.
    kinds : mapping of str to str, optional
        Kinds of columns where the detected one is not meant.
    units : mapping of str to str, or str, optional
        Units of columns, or of the one target. Others are taken from the ends of the names (`gap_eV`).
    groups : str or sequence of str
        Columns that rows belong together by.
    strict : bool
        Stop at rows that cannot be used.
    ions : mapping of str to Ion, optional
        The user's own ions, beside the built-in ones.
    log : bool, str or sequence of str
        Targets to learn as their decimal logarithm, True for all: quantities above 0 that span orders of magnitude.
    weights : str, optional
        Column of numbers, not negative, that say how much each row counts. Only their ratios matter. A row with
        weight 0 is kept and counts for nothing.
    name, citation, licence : str, optional
        Where the data come from.

    Returns
    -------
    Dataset
        Rows that can be used, and the rejected ones.

    Raises
    ------
    DataError
        If the file cannot be read, the target does not exist or is neither numbers nor categories, no column describes
        matter, fewer than two rows are left for a target, or fewer than two have a weight above 0.
    ArgumentError
        If a named column or kind does not exist, or the weights are also a target, an input or a group column.
    RowError
        If `strict` and a row cannot be used.

    Examples
    --------
    >>> frame = pd.DataFrame({"formula": ["TiO2", "Xx2O", "SiO2"], "gap_eV": ["3.0", "1.0", "9.0"]})
    >>> dataset = make_dataset(frame, "gap_eV")
    >>> dataset.y.tolist(), dataset.units, dataset.rejected["reason"].tolist()
    ([3.0, 9.0], {'gap_eV': 'eV'}, ["unknown element 'Xx' at character 1; elements are H to Lr"])
    """
    source = _source(table)
    frame, where = source.frame, source.where
    targets, group_names, input_names = _names(target), _names(groups), _names(inputs or ())
    _check_target_names(targets, frame, where)
    _check_known(group_names, frame, "groups")
    if weights is not None:
        check_weights_name(weights, list(frame.columns), targets, input_names, group_names)
    reserved = (*targets, *group_names, *([weights] if weights is not None else []))
    plain = [name for name in input_names if name in frame.columns]
    all_kinds = _all_kinds(frame, kinds, [name for name in (*targets, *plain, weights) if name is not None], ions)
    all_kinds = _kinds_with_classes(frame, targets, all_kinds, kinds)
    useless = [name for name in frame.columns if numbers_rows(name, frame[name]) or is_empty(frame[name])]
    input_names = expand_names(input_names, list(frame.columns), all_kinds, reserved=(*reserved, *useless))
    named = [name for name in (*targets, *input_names, weights) if name is not None]
    _check_marks(frame, [name for name in named if name in frame and name not in (kinds or {})], all_kinds, where)
    task = _task(frame, targets, all_kinds, where)
    parsed = ParsedFrame(frame, all_kinds, ions=ions)
    chosen = choose_parsed_inputs(parsed, targets, input_names or None, groups=group_names)
    dataset = Dataset(
        frame,
        targets,
        chosen.columns,
        all_kinds,
        task,
        units={**guess_units(frame.columns), **_stated_units(units, targets, frame)},
        groups=group_names,
        log=log_targets(log, targets, task),
        weight_column=weights,
        name=name or source.name,
        citation=citation,
        licence=licence,
        sha256=source.sha256,
        ions=dict(ions or {}),
    )
    read = read_inputs(parsed, chosen.columns)
    cells = read_targets(parsed, targets, dataset.log)
    bad = [*read.bad_cells, *(bad_weights(parsed, weights, where) if weights is not None else ())]
    rest_ok = np.ones(len(frame), dtype=bool)
    rest_ok[[cell.position for cell in bad]] = False
    good = rest_ok & cells.usable.any(axis=1)
    if strict and (listed := [*bad, *cells_to_list(cells, np.zeros_like(rest_ok))]):
        raise _first_as_error(listed, frame, where)
    bad += cells_to_list(cells, rest_ok)
    _check_rows_left(bad, good, frame, where)
    _check_each_target(dataset, cells, good, parsed, where)
    kept, X = frame.loc[good], read.X.loc[good]
    amounts = site_amounts(X, all_kinds)
    notes = [*source.notes, *chosen.notes, *_mark_notes(bad, all_kinds)]
    if amounts is not None:
        notes.append(_amounts_note(amounts.text, amounts.deviating, kept.index))
    notes += _contradiction_notes(parsed, dataset, good)
    dataset = replace(
        dataset,
        frame=kept,
        rejected=rejected_table(bad, frame.index),
        amounts=amounts.convention if amounts else None,
    )
    dataset = replace(dataset, notes=(*notes, *_value_notes(dataset)))
    dataset.__dict__["X"] = X  # what the property would read again
    return dataset


@dataclass(frozen=True, eq=False)
class _Source:
    """A table on its way in: rows counted from 1, names checked."""

    frame: pd.DataFrame
    where: str
    name: str | None
    sha256: str
    notes: tuple[str, ...]


def _source(table: Table | pd.DataFrame | str | os.PathLike[str]) -> _Source:
    if isinstance(table, pd.DataFrame):
        frame = _own_frame(table, "table")
        text = frame_as_text(frame).to_csv(index=False)
        digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
        return _Source(frame, "table", None, digest, ())
    if isinstance(table, str | os.PathLike):
        table = read_table(table)
    if not isinstance(table, Table):
        raise ArgumentError(f"cannot use a {type(table).__name__}", where="table", fix="give a file or a DataFrame")
    name = table.path.name.split(".")[0]
    return _Source(_own_frame(table.frame, str(table.path)), str(table.path), name, table.sha256, table.notes)


def _own_frame(frame: pd.DataFrame, where: str) -> pd.DataFrame:
    """Return a copy with rows counted from 1; an index with a name of its own becomes a column."""
    labels = list(frame.columns)
    for label in labels:
        if not isinstance(label, str):
            raise DataError(f"the column name {label!r} is not text", where=where, fix="rename it")
        if labels.count(label) > 1:
            raise DataError(f"two columns are named {label!r}", where=where, fix="rename or remove one")
    named = frame.index.name
    if isinstance(named, str) and named not in ("row", *labels) and not isinstance(frame.index, pd.RangeIndex):
        own = frame.reset_index()
    else:
        own = frame.copy()
    if len(own) < 2:
        what = "one row is not enough to learn from" if len(own) else "the table has no rows"
        raise DataError(what, where=where, fix="give more rows")
    own.index = pd.RangeIndex(1, len(own) + 1, name="row")
    return own


def _names(names: str | Sequence[str]) -> tuple[str, ...]:
    # Names out of an array are numpy's own texts, which scikit-learn does not take for names of columns.
    found = (names,) if isinstance(names, str) else tuple(dict.fromkeys(names))
    return tuple(str(name) if isinstance(name, str) else name for name in found)


def _check_target_names(targets: tuple[str, ...], frame: pd.DataFrame, where: str) -> None:
    if not targets:
        raise ArgumentError("no column is named", where="target", fix="name the column to predict")
    for name in targets:
        if name not in frame.columns:
            raise DataError(f"there is no target column {name!r}", where=where, fix=did_you_mean(name, frame.columns))


def _check_known(names: Sequence[str], frame: pd.DataFrame, where: str) -> None:
    for name in names:
        if name not in frame.columns:
            raise ArgumentError(f"no column {name!r}", where=where, fix=did_you_mean(name, frame.columns))


def _all_kinds(
    frame: pd.DataFrame, stated: Mapping[str, str] | None, named: Sequence[str], ions: Mapping[str, Ion] | None
) -> dict[str, str]:
    """Return the kinds, stated or detected; in a column that the user named, bad cells may be many."""
    stated = dict(stated or {})
    _check_known(list(stated), frame, "kinds")
    for name, kind in stated.items():
        if kind not in KINDS:
            fix = did_you_mean(str(kind), KINDS)
            raise ArgumentError(f"unknown kind {kind!r} of column {name!r}", where="kinds", fix=fix)
    others = frame[[name for name in frame.columns if name not in stated]]
    found = detect_kinds(others, ions=ions)
    found |= {name: kind_of_named(frame[name], found[name]) for name in named if name in found}
    found.update(stated)
    return {name: found[name] for name in frame.columns}


def _kinds_with_classes(
    frame: pd.DataFrame, targets: tuple[str, ...], kinds: dict[str, str], stated: Mapping[str, str] | None
) -> dict[str, str]:
    """Return the kinds with a single target of zeros and ones as a category, unless its kind is stated."""
    name = targets[0]
    if len(targets) > 1 or kinds[name] != "number" or name in (stated or {}):
        return kinds
    found = {cell for cell in ParsedFrame(frame[[name]], {name: "number"})[name].values.tolist() if cell == cell}
    return {**kinds, name: "category"} if found == {0.0, 1.0} else kinds


def _task(frame: pd.DataFrame, targets: tuple[str, ...], kinds: Mapping[str, str], where: str) -> str:
    for name in targets:
        if kinds[name] != "number":
            _check_target_cells(frame[name], where)
    if all(kinds[name] == "number" for name in targets):
        return "regression"
    if len(targets) == 1 and kinds[targets[0]] == "category":
        return "classification"
    name = next(name for name in targets if kinds[name] != "number")
    if len(targets) > 1 and kinds[name] == "category":
        what, fix = f"{name!r} holds categories, and there are several targets", "predict classes one at a time"
    else:
        what = f"the target {name!r} holds {_HOLDS[kinds[name]]}, neither numbers nor categories"
        fix = f"state the kind 'number' or 'category' for {name!r} if it is one"
    raise DataError(what, where=where, fix=fix)


_HOLDS = {
    "structure": "structures",
    "molecule": "molecules",
    "formula": "formulas",
    "site": "sites",
    "text": "free text or identifiers",
    "category": "categories",
}


def _check_target_cells(column: pd.Series[Any], where: str) -> None:
    """Stop where a target that is no column of numbers is empty."""
    if all(is_no_number(cell) for cell in column):
        raise DataError(
            "the target has no values", where=f"{where}, column {column.name!r}", fix="choose another target"
        )


def _check_marks(frame: pd.DataFrame, names: Sequence[str], kinds: Mapping[str, str], where: str) -> None:
    """Stop where a column that the user named holds numbers with decimal commas or thousands separators."""
    for name in names:
        if kinds[name] in ("category", "text"):
            cells = [cell for cell in frame[name] if not is_no_number(cell)]
            n_marked, meaning, first = marks_of_column(cells)
            fault = mark_fault(first, meaning) if first is not None and n_marked > len(cells) / 2 else None
            if fault is not None:
                raise DataError(fault[0], where=f"{where}, column {name!r}", fix=fault[1])


def _stated_units(
    units: Mapping[str, str] | str | None, targets: tuple[str, ...], frame: pd.DataFrame
) -> Mapping[str, str]:
    if isinstance(units, str):
        if len(targets) > 1:
            raise ArgumentError("one unit for several targets", where="units", fix="give a mapping column -> unit")
        return {targets[0]: units}
    _check_known(list(units or {}), frame, "units")
    return dict(units or {})


def _first_as_error(bad: Sequence[BadCell], frame: pd.DataFrame, where: str) -> RowError:
    first = min(bad, key=lambda cell: cell.position)
    n_bad = len({cell.position for cell in bad})
    error = RowError(
        f"{first.reason} ({n_bad} of {len(frame)} rows cannot be used)",
        row=first.position,
        column=first.column,
        value=first.value,
        fix="mend the table, or leave out 'strict' to reject such rows",
    )
    error.where = f"{where}, {_place(first)}"  # a reader counts rows from 1
    return error


def _check_rows_left(bad: Sequence[BadCell], good: NDArray[np.bool_], frame: pd.DataFrame, where: str) -> None:
    n_good = int(good.sum())
    if n_good >= 2:
        return
    first = min(bad, key=lambda cell: cell.position)
    what = f"{len(frame) - n_good} of {len(frame)} rows cannot be used; the first: {_place(first)}: {first.reason}"
    raise DataError(what, where=where, fix="mend the table, or choose other columns")


def _check_each_target(
    dataset: Dataset, cells: TargetCells, good: NDArray[np.bool_], parsed: ParsedFrame, where: str
) -> None:
    """Stop where fewer than two rows are left for one of several targets, or have a weight above 0."""
    counts = good if dataset.weight_column is None else good & (parsed[dataset.weight_column].values > 0)
    for name, usable in zip(dataset.targets, cells.usable.T, strict=True):
        n_usable, n_counting = int((usable & good).sum()), int((usable & counts).sum())
        if n_usable < 2:
            first = next(cell for cell in cells.bad_cells if cell.column == name)
            what = (
                f"the target {name!r} can be used in {n_usable} of {len(good)} rows; the first where it cannot:"
                f" {_place(first)}: {first.reason}"
            )
            raise DataError(what, where=where, fix="mend the table, or leave this target out")
        if n_counting < 2:
            found = f"only {n_counting} row has a weight above 0" if n_counting else "all weights are 0"
            of_target = f" where {name!r} is known" if len(dataset.targets) > 1 else ""
            place = f"{where}, column {dataset.weight_column!r}"
            raise DataError(found + of_target, where=place, fix="choose other weights, or none")


def _place(cell: BadCell) -> str:
    shown = "" if is_missing(cell.value) else f", value {str(cell.value)[:60]!r}"
    return f"row {cell.position + 1}, column {cell.column!r}{shown}"


def _amounts_note(text: str, deviating: tuple[int, ...], index: pd.Index[Any]) -> str:
    """Return the sentence on amounts with the row numbers of the table instead of those of the rows that are left."""
    sentence = text.partition("; not in row")[0]
    return f"{sentence[0].upper()}{sentence[1:]}{_in_rows(deviating, index, '; otherwise in')}."


def _contradiction_notes(parsed: ParsedFrame, dataset: Dataset, good: NDArray[np.bool_]) -> list[str]:
    """Say in which rows the formula and the sites name different elements."""
    formulas = [name for name, kind in dataset.kinds.items() if kind == "formula" and name not in dataset.targets]
    sites = [name for name, kind in dataset.kinds.items() if kind == "site" and name not in dataset.targets]
    used = [name for name in sites if name in dataset.inputs]
    if not formulas or not used:
        return []
    # A site that is the same in every row is no input, but belongs to the formula.
    compared = [name for name in sites if name in used or are_all_equal(parsed[name], "site")]
    notes = []
    for formula in formulas:
        found = compare_elements(parsed, compared, formula)
        # Where most rows differ, the formula describes something else, and there is nothing to point out.
        if len(found.contradicting) < len(found.agreeing):
            rows = _in_rows([i for i in found.contradicting if good[i]], parsed.frame.index, " in")
            notes += [f"{formula} and {', '.join(compared)} name different elements{rows}."] if rows else []
    return notes


def _mark_notes(bad: Sequence[BadCell], kinds: Mapping[str, str]) -> list[str]:
    """Say where numbers with marks in them were rejected: often the large ones, so that small ones are left."""
    notes = []
    for name in dict.fromkeys(cell.column for cell in bad if kinds[cell.column] == "number"):
        n_marked, meaning, first = marks_of_column(cell.value for cell in bad if cell.column == name)
        fault = None if first is None else mark_fault(first, meaning)
        if fault is not None:
            cells = "1 cell" if n_marked == 1 else f"{n_marked} cells"
            notes.append(f"{cells} of {name} cannot be read as numbers: {fault[0]} ({fault[1]}).")
    return notes


def _by_row(*rejected: pd.DataFrame) -> pd.DataFrame:
    return pd.concat(rejected).sort_values("row", kind="stable", ignore_index=True)


def _in_rows(positions: Sequence[int], index: pd.Index[Any], before: str) -> str:
    if not positions:
        return ""
    if len(positions) == 1:
        return f"{before} row {index[positions[0]]}"
    first = ", ".join(str(index[i]) for i in positions[:5])
    return f"{before} {len(positions)} rows ({first}{', ...' if len(positions) > 5 else ''})"


def _value_notes(dataset: Dataset) -> list[str]:
    notes, n_known = [], []
    for name, values in zip(dataset.targets, dataset.target_values.T, strict=True):
        known = values[~np.isnan(values)] if dataset.task == "regression" else values.astype(str)
        n_known.append(f"{name} {len(known)}")
        found = set(np.unique(known))
        if len(found) == 1:
            notes.append(f"{name} has the same value in all rows.")
        elif found == {0.0, 1.0}:
            notes.append(f"{name} is 0 or 1; state the kind 'category', and predict it alone, to have classes.")
        elif found == {"0", "1"}:
            notes.append(f"{name} is 0 or 1 and predicted as two classes; state the kind 'number' if it is a number.")
        if name in dataset.log:
            notes.append(f"{name} is learned as its decimal logarithm.")
    if len(dataset.targets) > 1:
        notes.append(f"Of {len(dataset)} rows as many have a value: {', '.join(n_known)}.")
    if dataset.weights is not None and not dataset.weights.all():
        notes.append(f"Weight 0, so that they count for nothing, have {int(np.sum(dataset.weights == 0))} rows.")
    for name in dataset.groups:
        n_missing = sum(is_missing(cell) for cell in dataset.frame[name])
        if n_missing:
            notes.append(f"The group column {name} is empty in {n_missing} rows.")
    return notes
