"""One entry of the catalogue: the facts about a data set, read from JSON and checked."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path, PurePosixPath
from typing import Any

from matterlearn.core.errors import DataError, did_you_mean

ORIGINS = ("embedded", "made", "local", "public")
TASKS = ("regression", "classification")

_NAME = re.compile(r"[a-z0-9]+(_[a-z0-9]+)*")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_DOI = re.compile(r"10\.\d{4,9}/[^\s/]+(/[^\s/]+)*")  # prefix/suffix as in the DOI handbook, 2.2


@dataclass(frozen=True)
class TargetFacts:
    """A column that can be predicted.

    Parameters
    ----------
    name : str
        Name of the column.
    unit : str or None
        Unit; none for classes, for pure numbers, and where the source states none.
    task : {"regression", "classification"}
        Whether it holds numbers or classes.
    """

    name: str
    unit: str | None = None
    task: str = "regression"


@dataclass(frozen=True)
class CatalogEntry:
    """The facts about a data set; the data themselves lie elsewhere.

    Parameters
    ----------
    name : str
        What `load_dataset` takes. One name always means the same rows.
    title : str
        Readable title.
    about : str
        What it is, in a sentence.
    origin : {"embedded", "made", "local", "public"}
        Part of the package, computed on this machine when it is first loaded, a file that a person puts into the data
        home, or fetched from its published address.
    file : str
        Place below the data home (below the package for embedded sets), with forward slashes. For a set that is made,
        its folder in the data home: the name follows from what is asked for.
    rows : int
        Number of rows of that file; for a set that is made, with the libraries it was tried with.
    targets : tuple of TargetFacts
        Columns that can be predicted; the first is the default.
    citation : str
        What to cite.
    rows_published : int or None
        Number of rows of the published set, if the file is a sample of it.
    inputs : tuple of str or None
        Columns that are the inputs by default; None takes every column but the targets and `not_inputs`.
    not_inputs : tuple of str
        Columns left out where `inputs` is None: identifiers, and numbers that would give the answer away.
    kinds : mapping of str to str
        Kinds of input columns where detection could go wrong.
    repeats : tuple of str
        Sites, of which an empty one holds what the one before it holds: an element has one sublattice, an alloy more.
    groups : tuple of str
        Columns along which a split makes sense.
    folds : str or None
        Column with the official test fold of each row.
    columns : tuple of str
        All columns, as far as they are known without the file.
    doi : str or None
        DOI of the publication.
    licence : str or None
        Licence as the source states it; None if it is not known here.
    note : str or None
        What one should know before using it.
    beside : tuple of str
        Further files of the set, in the folder of `file`.
    url : str or None
        Address of a public set.
    sha256 : str or None
        Checksum of the file of a public set.
    made_by : mapping of str to object
        Arguments of `make_conformers` that give a set of origin "made".
    """

    name: str
    title: str
    about: str
    origin: str
    file: str
    rows: int
    targets: tuple[TargetFacts, ...]
    citation: str
    rows_published: int | None = None
    inputs: tuple[str, ...] | None = None
    not_inputs: tuple[str, ...] = ()
    kinds: Mapping[str, str] = field(default_factory=dict)
    repeats: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    folds: str | None = None
    columns: tuple[str, ...] = ()
    doi: str | None = None
    licence: str | None = None
    note: str | None = None
    beside: tuple[str, ...] = ()
    url: str | None = None
    sha256: str | None = None
    made_by: Mapping[str, Any] = field(default_factory=dict)

    @property
    def target(self) -> str:
        """Name of the default target."""
        return self.targets[0].name

    @property
    def units(self) -> dict[str, str]:
        """Unit of each target that has one."""
        return {target.name: target.unit for target in self.targets if target.unit is not None}


def read_entries(path: Path, *, origin: str | None = None) -> tuple[CatalogEntry, ...]:
    """Read the entries of a JSON file: a list of objects with the fields of `CatalogEntry`.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    origin : str, optional
        Origin of all entries; without it each entry states its own.

    Returns
    -------
    tuple of CatalogEntry
        In the order of the file.

    Raises
    ------
    DataError
        If the file is not such a list, or an entry lacks a field, has an unknown one or an impossible value.
    """
    try:
        listed = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise DataError(f"cannot be read as JSON: {error}", where=str(path)) from error
    if not isinstance(listed, list) or not all(isinstance(facts, dict) for facts in listed):
        raise DataError("must be a list of objects, one per data set", where=str(path))
    stated = {} if origin is None else {"origin": origin}
    return tuple(
        _entry({**facts, **stated}, f"{path}, entry {facts.get('name', number)!r}")
        for number, facts in enumerate(listed, start=1)
    )


def _entry(facts: Mapping[str, Any], where: str) -> CatalogEntry:
    facts = _with_place(facts)
    known = {f.name: f for f in fields(CatalogEntry)}
    for key in facts:
        if key not in known:
            raise DataError(f"unknown field {key!r}", where=where, fix=did_you_mean(key, known))
    required = [name for name, f in known.items() if f.default is MISSING and f.default_factory is MISSING]
    missing = [name for name in required if name not in facts]
    if missing:
        raise DataError(f"lacks {', '.join(missing)}", where=where)
    try:
        tuples = {key: _tuple(facts[key]) for key in _LISTS if facts.get(key) is not None}
        targets = tuple(TargetFacts(**target) for target in facts["targets"])
    except TypeError as error:
        raise DataError(
            f"targets must be objects with name, unit, task, and columns must be lists: {error}", where=where
        ) from error
    entry = CatalogEntry(**{**facts, **tuples, "targets": targets})
    problem = _problem(entry)
    if problem:
        raise DataError(problem, where=where)
    return entry


_LISTS = ("inputs", "not_inputs", "repeats", "groups", "columns", "beside")


def _with_place(facts: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give public sets their place in the data home, which follows from their name."""
    if facts.get("origin") == "public" and "file" not in facts and _is_text(facts.get("name")):
        return {**facts, "file": f"public/{facts['name']}.json.gz"}
    return facts


def _problem(entry: CatalogEntry) -> str | None:
    texts = {
        "name": entry.name,
        "title": entry.title,
        "about": entry.about,
        "citation": entry.citation,
        "file": entry.file,
    }
    for key, text in texts.items():
        if not _is_text(text):
            return f"{key} must be a text, got {text!r}"
    if not _NAME.fullmatch(entry.name):
        return f"name {entry.name!r} must be lower-case words of letters and digits joined by underscores"
    if entry.origin not in ORIGINS:
        return f"origin must be one of {', '.join(ORIGINS)}, got {entry.origin!r}"
    for key in _LISTS:
        names = getattr(entry, key)
        if names is not None and not all(isinstance(name, str) for name in names):
            return f"{key} must be a list of names"
    if any(_leaves(place) for place in (entry.file, *entry.beside)):
        return "file and the files beside it must be relative paths that stay in the folder"
    if not isinstance(entry.kinds, Mapping):
        return f"kinds must be an object column -> kind, got {entry.kinds!r}"
    if isinstance(entry.rows, bool) or not isinstance(entry.rows, int) or entry.rows < 1:
        return f"rows must be a positive number, got {entry.rows!r}"
    if not entry.targets or any(not _is_text(t.name) or t.task not in TASKS for t in entry.targets):
        return f"needs targets with a name and a task of {', '.join(TASKS)}"
    if entry.doi is not None and not _DOI.fullmatch(str(entry.doi)):
        return f"doi {entry.doi!r} does not look like 10.1000/182"
    if entry.origin == "made" and not (isinstance(entry.made_by, Mapping) and "smiles" in entry.made_by):
        return f"made_by must be an object with the arguments of make_conformers, got {entry.made_by!r}"
    if entry.origin == "public":
        if not str(entry.url).startswith(("https://", "http://")):
            return f"url must begin with https:// or http://, got {entry.url!r}"
        if not _SHA256.fullmatch(str(entry.sha256)):
            return "sha256 must be 64 hexadecimal digits in lower case"
    return None


def _tuple(names: Any) -> tuple[Any, ...]:
    return (None,) if isinstance(names, str) else tuple(names)  # a bare text would fall into letters


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _leaves(place: str) -> bool:
    path = PurePosixPath(place)
    return path.is_absolute() or ".." in path.parts or "\\" in place or ":" in place
