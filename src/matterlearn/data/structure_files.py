r"""Read files of molecules as tables: SDF, MOL, XYZ with one or several frames, extended XYZ.

Each record becomes a row: its text in the column `structure`, its title in the column `title`, its properties as
further columns of text. Nothing is interpreted. A damaged record stays a row with its text as it is, so that it can be
rejected with row and reason when the cell is read; records are split so that one that is damaged spoils no other.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Final

import pandas as pd

from matterlearn.core.errors import DataError

STRUCTURE: Final = "structure"
"""Column of the text of each record."""

TITLE: Final = "title"
"""Column of the title line, where a record has one."""


@dataclass(frozen=True)
class Record:
    r"""One molecule as it stands in a file.

    Parameters
    ----------
    structure : str
        Its text: a MOL block or an XYZ frame, with line ends as "\n".
    title : str
        Its title; may be empty.
    properties : dict of str to str
        What stands with it.
    """

    structure: str
    title: str = ""
    properties: dict[str, str] = field(default_factory=dict)


def split_sdf(text: str) -> list[Record]:
    r"""Split an SDF text, or one MOL block, into its records.

    A record ends at a line `$$$$`, at the end of the text, or where another begins. Its structure goes from three lines
    before the line of counts up to `M  END`; its properties are the items `> <NAME>`, each up to the next one, without
    empty lines. Of a property that stands twice, the first is taken. What stands elsewhere is a record by itself.

    Parameters
    ----------
    text : str
        The text, with any line ends.

    Returns
    -------
    list of Record

    Examples
    --------
    >>> [record] = split_sdf("water\n\n\n  0  0  0\nM  END\n> <E_eV>\n-1.5\n\n$$$$\n")
    >>> record.title, record.properties, record.structure
    ('water', {'E_eV': '-1.5'}, 'water\n\n\n  0  0  0\nM  END\n')
    """
    records = []
    lines: list[str] = []
    for line in _lines(text):
        if line.rstrip() == "$$$$":
            records += _sdf_records(lines)
            lines = []
        else:
            lines.append(line)
    if lines and lines[-1].rstrip() in ("$", "$$", "$$$"):  # the text is cut off there
        lines.pop()
    if any(line.strip() for line in lines):
        records += _sdf_records(lines)
    return records


def split_xyz(text: str) -> list[Record]:
    r"""Split an XYZ text, plain or extended, into its frames.

    A frame is a line with the number of atoms, a line of comment and as many lines of atoms. `key=value` in the comment
    gives properties (arrays, the cell and the layout of the columns do not); what else stands in it is the title. A
    frame that is cut short ends where the next one begins, and what stands between frames is a record by itself.

    Parameters
    ----------
    text : str
        The text, with any line ends.

    Returns
    -------
    list of Record

    Examples
    --------
    >>> text = "2\nenergy=-1.17\nH 0 0 0\nH 0 0 0.74\n1\nhelium\nHe 0 0 0\n"
    >>> [(record.title, record.properties) for record in split_xyz(text)]
    [('', {'energy': '-1.17'}), ('helium', {})]
    """
    lines = _lines(text)
    records: list[Record] = []
    stray: list[str] = []
    at = 0
    while at < len(lines):
        if not _is_count(lines[at]):
            if lines[at].strip() or stray:
                stray.append(lines[at])
            at += 1
            continue
        _add_stray(records, stray)
        stray = []
        end = _end_of_frame(lines, at)
        comment = lines[at + 1] if at + 1 < end else ""
        title, properties = read_comment(comment)
        records.append(Record("\n".join([*lines[at:end], ""]), title, properties))
        at = end
    _add_stray(records, stray)
    return records


def read_comment(comment: str) -> tuple[str, dict[str, str]]:
    """Read the comment of an XYZ frame.

    Parameters
    ----------
    comment : str
        Plain words, or `key=value` with values quoted where they hold blanks.

    Returns
    -------
    title : str
        What is not `key=value`.
    properties : dict of str to str
        The values that are no arrays. `Properties`, `Lattice` and `pbc` belong to the structure.

    Examples
    --------
    >>> read_comment('relaxed energy=-1.5 smiles="C C" pbc="F F F" dipole="0 0 1.8"')
    ('relaxed', {'energy': '-1.5', 'smiles': 'C C'})
    """
    properties: dict[str, str] = {}
    for match in _PAIR.finditer(comment):
        key, value = match["key"], match["value"]
        if value[0] in "\"'" and len(value) > 1:
            value = re.sub(r"\\(.)", r"\1", value[1:-1])
        if key.casefold() not in _OF_THE_STRUCTURE and not _is_array(value):
            properties.setdefault(key, value)
    return " ".join(_PAIR.sub(" ", comment).split()), properties


def structure_columns(records: list[Record], where: str) -> tuple[list[tuple[str, Any]], list[str]]:
    """Turn records into columns of a table.

    Parameters
    ----------
    records : list of Record
        The records.
    where : str
        The file, for errors.

    Returns
    -------
    columns : list of (str, array of str)
        `structure`, then `title` if a record has one, then the properties in the order of their first appearance.
    notes : list of str
        Sentences for the user.

    Raises
    ------
    DataError
        If there are no records.
    """
    if not records:
        raise DataError("the file holds no molecules", where=where, fix="check what was written to it")
    columns: dict[str, list[str | None]] = {STRUCTURE: [record.structure for record in records]}
    if any(record.title for record in records):
        columns[TITLE] = [record.title or None for record in records]
    notes = []
    names = {name: name for name in dict.fromkeys(name for record in records for name in record.properties)}
    for name in names:
        given = name
        while names[name] in columns:
            names[name] += "_property"
        if names[name] != given:
            notes.append(f"The property {given!r} is the column {names[name]!r}.")
        columns[names[name]] = [record.properties.get(given) or None for record in records]
    return [(name, pd.array(values, dtype="str")) for name, values in columns.items()], notes


def _lines(text: str) -> list[str]:
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _sdf_records(lines: list[str]) -> list[Record]:
    """Return the record between two lines `$$$$`; several where such a line is missing."""
    starts, ended = [0], False
    for k, line in enumerate(lines):
        if line.rstrip() == _END:
            ended = True
        elif ended and _COUNTS.search(line):
            starts.append(max(k - 3, starts[-1] + 1))
            ended = False
    records: list[Record] = []
    for start, stop in zip(starts, [*starts[1:], len(lines)], strict=True):
        _add_sdf_record(records, lines[start:stop])
    return records


def _add_sdf_record(records: list[Record], lines: list[str]) -> None:
    end = next((k for k, line in enumerate(lines) if line.rstrip() == _END), None)
    if end is None:  # damaged: up to the first property, or all of it
        end = next((k - 1 for k, line in enumerate(lines) if line.startswith(">")), len(lines) - 1)
    counts = next((k for k, line in enumerate(lines[: end + 1]) if _COUNTS.search(line)), 0)
    start = max(counts - 3, 0)
    _add_stray(records, lines[:start])
    properties: dict[str, list[str]] = {}
    stray: list[str] = []
    item = stray
    for line in lines[end + 1 :]:
        if line.startswith(">"):
            match = _NAME.search(line)
            name = (match["name"] if match else line.strip("> \t")).strip()
            item = [] if name in properties else properties.setdefault(name, [])
        elif line.strip():
            item.append(line)
    texts = {name: "\n".join(value) for name, value in properties.items() if name}
    block = lines[start : end + 1]
    if not any(line.strip() for line in block):  # properties of nothing: their text, so that the row can be told
        records.append(Record("\n".join([*lines, ""]), "", texts))
        return
    records.append(Record("\n".join([*block, ""]), block[0].strip(), texts))
    _add_stray(records, stray)


def _end_of_frame(lines: list[str], at: int) -> int:
    """Return the line behind a frame: fewer atoms than it states where the text or the frame is cut off."""
    end = min(at + 2 + int(lines[at]), len(lines))
    return next((k for k in range(at + 2, end) if _is_count(lines[k])), end)


def _is_count(line: str) -> bool:
    return re.fullmatch(r"\s*[0-9]{1,9}\s*", line) is not None


def _add_stray(records: list[Record], stray: list[str]) -> None:
    while stray and not stray[-1].strip():
        stray.pop()
    if stray:
        records.append(Record("\n".join([*stray, ""])))


def _is_array(value: str) -> bool:
    return value[:1] in ("[", "{") or (len(words := value.split()) > 1 and all(map(_NUMBER.fullmatch, words)))


_END: Final = "M  END"
_COUNTS: Final = re.compile(r"^\s*\d+\s+\d+.*V[23]000\s*$")
_NAME: Final = re.compile(r"<(?P<name>[^>]+)>")
_PAIR: Final = re.compile(
    r"(?P<key>[A-Za-z_][\w.\-]*)\s*=\s*"
    r"(?P<value>\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|\{[^{}]*\}|\[[^\n]*\](?=\s|$)|[^\s\"']\S*)"
)
_NUMBER: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eEdD][+-]?\d+)?|[TF]|nan|inf")
_OF_THE_STRUCTURE: Final = ("properties", "lattice", "pbc")
