"""What every study writes: a page of text, tables and figures, and every number in it as plain data.

A sentence is a template over the numbers of the page: `"R² = {ridge_test_r2:.3f}"`. A number can reach the text only
through `numbers`, and `numbers` is what is written beside the page, so the two cannot disagree.
"""

from __future__ import annotations

import base64
import json
import math
import platform
import string
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jinja2 import Environment
from matplotlib.figure import Figure

import matterlearn
from matterlearn.core.writing import write_file
from matterlearn.report.figures.style import save_figure
from matterlearn.studies.run import StudyRun

LIBRARIES = ("numpy", "pandas", "scikit-learn", "scipy", "torch", "pymatgen-core")
"""Libraries whose versions the numbers depend on."""


class Piece(NamedTuple):
    """A part of a sentence.

    Attributes
    ----------
    text : str
        As it is read.
    value : str or None
        The whole number behind it, if the part is a number.
    """

    text: str
    value: str | None = None


class Column(NamedTuple):
    """A column of a table.

    Attributes
    ----------
    key : str
        Key of the row's value.
    title : str
        Head of the column.
    form : str or None
        Format of its numbers, such as ".3f"; None for text.
    """

    key: str
    title: str
    form: str | None = None


@dataclass
class _Section:
    title: str
    anchor: str
    blocks: list[dict[str, Any]] = field(default_factory=list)


class StudyPage:
    """The text of a study, written part by part.

    Parameters
    ----------
    title : str
        Title of the page.
    run : StudyRun
        What was asked for.

    Attributes
    ----------
    numbers : dict
        Every number of the page by name, and every table as a list of rows.

    Examples
    --------
    >>> run = StudyRun("example", quick=True, demo=True, seed=0, workers=1, say=print)
    >>> page = StudyPage("An example", run)
    >>> page.section("Score")
    >>> page.add(r2=0.66291)
    >>> page.text("R² is {r2:.2f}.")
    >>> [piece.text for piece in page.pieces("R² is {r2:.2f}.")]
    ['R² is ', '0.66', '.']
    """

    def __init__(self, title: str, run: StudyRun) -> None:
        self.title = title
        self.run = run
        self.numbers: dict[str, Any] = {}
        self._headline: list[list[Piece]] = []
        self._sections: list[_Section] = []
        self._figures: list[tuple[str, Figure]] = []
        self._provenance: dict[str, str] = {}

    def add(self, **numbers: Any) -> None:
        """Make numbers, texts and lists of texts known by name.

        Parameters
        ----------
        **numbers : int, float, str, bool, or lists and mappings of them
            By name. A name cannot get a second value.

        Raises
        ------
        KeyError
            If a name is taken.
        """
        for name, value in numbers.items():
            if name in self.numbers:
                raise KeyError(f"the number {name!r} is taken")
            self.numbers[name] = plain(value)

    def headline(self, template: str) -> None:
        """Add a sentence to the box at the top of the page."""
        self._headline.append(self.pieces(template))

    def section(self, title: str) -> None:
        """Begin a section."""
        self._sections.append(_Section(title, f"part-{len(self._sections) + 1}"))

    def text(self, *templates: str) -> None:
        """Add a paragraph of sentences in which `{name:format}` stands for a number; empty ones are left out."""
        self._block("text", pieces=self.pieces(" ".join(filter(None, templates))))

    def formula(self, template: str) -> None:
        """Add a line that stands by itself, such as a reaction."""
        self._block("formula", pieces=self.pieces(template))

    def table(self, name: str, rows: Iterable[Mapping[str, Any]], columns: Sequence[Column], caption: str = "") -> None:
        """Add a table, and its rows to the numbers.

        Parameters
        ----------
        name : str
            Name among the numbers.
        rows : iterable of mappings
            One per line. A missing value (None, NaN) is an empty cell.
        columns : sequence of Column
            What is shown.
        caption : str
            Template of the text below.
        """
        self.add(**{name: [dict(row) for row in rows]})
        lines = [[_piece(row.get(column.key), column.form or "") for column in columns] for row in self.numbers[name]]
        self._block("table", columns=columns, lines=lines, caption=self.pieces(caption))

    def figure(self, name: str, figure: Figure, caption: str) -> None:
        """Add a figure, which is also written as `figures/NAME.png` and `.svg`.

        Parameters
        ----------
        name : str
            Name of the files.
        figure : matplotlib.figure.Figure
            The figure.
        caption : str
            Template of the text below.
        """
        pieces = self.pieces(caption)
        self._figures.append((name, figure))
        width = round(figure.get_figwidth() * 96)  # CSS pixels per inch
        self._block("figure", name=name, caption=pieces, alt="".join(piece.text for piece in pieces), width=width)

    def source(self, **facts: str | None) -> None:
        """Say where the data come from; facts that are None are left out."""
        self._provenance.update({name: text for name, text in facts.items() if text})

    def pieces(self, template: str) -> list[Piece]:
        """Fill a template with the numbers of the page.

        Parameters
        ----------
        template : str
            Text with `{name}` or `{name:format}`.

        Returns
        -------
        list of Piece
            Text and numbers in turn.

        Raises
        ------
        KeyError
            If a name is not among the numbers.
        """
        pieces = []
        for literal, name, form, _ in string.Formatter().parse(template):
            if literal:
                pieces.append(Piece(literal))
            if name is not None:
                pieces.extend(_pieces(self.numbers[name], form or ""))
        return pieces

    def write(self, folder: Path) -> None:
        """Write the page, the numbers and the figures.

        Parameters
        ----------
        folder : pathlib.Path
            Must exist.
        """
        figures = folder / "figures"
        figures.mkdir(exist_ok=True)
        png = {name: base64.b64encode(save_figure(figure, figures, name)).decode() for name, figure in self._figures}
        provenance = {
            **self._provenance,
            "command": self.run.command,
            "versions": ", ".join(
                f"{name} {found}"
                for name, found in {
                    "matterlearn": matterlearn.__version__,
                    "Python": platform.python_version(),
                    **{library: version(library) for library in LIBRARIES},
                }.items()
            ),
        }
        content = {"study": self.run.name, "numbers": self.numbers, "provenance": provenance}
        write_file(folder / "numbers.json", json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n")
        html = _template().render(
            title=self.title,
            headline=self._headline,
            sections=self._sections,
            png=png,
            provenance=provenance,
        )
        write_file(folder / "study.html", html)

    def _block(self, kind: str, **content: Any) -> None:
        self._sections[-1].blocks.append({"kind": kind, **content})


def plain(value: Any) -> Any:
    """Return a value as JSON knows it: Python numbers, NaN and infinity as None.

    Examples
    --------
    >>> plain({"r2": np.float64(0.5), "empty": float("nan"), "bits": np.array([1, 0])})
    {'r2': 0.5, 'empty': None, 'bits': [1, 0]}
    """
    if isinstance(value, Mapping):
        return {str(key): plain(entry) for key, entry in value.items()}
    if isinstance(value, np.ndarray | np.generic):
        return plain(value.tolist())
    if isinstance(value, list | tuple):
        return [plain(entry) for entry in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def listed(words: Sequence[object]) -> str:
    """Return words as a sentence lists them.

    Examples
    --------
    >>> listed(["Ba", "Er", "Li"]), listed(["Ba"])
    ('Ba, Er and Li', 'Ba')
    """
    texts = [str(word) for word in words]
    return " and ".join(texts) if len(texts) < 3 else f"{', '.join(texts[:-1])} and {texts[-1]}"


def _pieces(value: Any, form: str) -> list[Piece]:
    """Return a value as pieces; a list is written out in words with each number a piece of its own."""
    if not isinstance(value, list):
        return [_piece(value, form)]
    found: list[Piece] = []
    for number, entry in enumerate(value):
        if number:
            found.append(Piece(" and " if number == len(value) - 1 else ", "))
        found.append(_piece(entry, form))
    return found


def _piece(value: Any, form: str) -> Piece:
    if isinstance(value, str) or value is None:
        return Piece(value or "")
    return Piece(_shown(value, form), repr(value))


def _shown(value: float, form: str) -> str:
    text = format(value, form)
    if text.startswith("-"):
        text = "−" + text[1:] if any(digit in text for digit in "123456789") else text[1:]  # no "−0.00"
    return text


@cache
def _template() -> Any:
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(files("matterlearn.studies").joinpath("page.html").read_text(encoding="utf-8"))
