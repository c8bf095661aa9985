"""A study's page as one of several tables writes on it: its numbers have names of their own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure

from matterlearn.studies.page import Column, StudyPage


class CasePage:
    """Part of a page where `{_name}` in a sentence is the number `name` of one table.

    Parameters
    ----------
    page : StudyPage
        The whole page.
    key : str
        The names of the table's numbers, tables and figures begin with it.

    Examples
    --------
    >>> from matterlearn.studies.run import StudyRun
    >>> page = StudyPage("An example", StudyRun("example", quick=True, demo=True, seed=0, workers=1, say=print))
    >>> part = CasePage(page, "plasma")
    >>> part.add(n_rows=207)
    >>> part["n_rows"], page.numbers
    (207, {'plasma_n_rows': 207})
    >>> [piece.text for piece in page.pieces(part.whole("{_n_rows} rows"))]
    ['207', ' rows']
    """

    def __init__(self, page: StudyPage, key: str) -> None:
        self.page = page
        self.key = key

    def __getitem__(self, name: str) -> Any:
        return self.page.numbers[f"{self.key}_{name}"]

    def whole(self, template: str) -> str:
        """Return a template with the names as the whole page knows them."""
        return template.replace("{_", f"{{{self.key}_")

    def add(self, **numbers: Any) -> None:
        """Make numbers of the table known by name."""
        self.page.add(**{f"{self.key}_{name}": value for name, value in numbers.items()})

    def section(self, title: str) -> None:
        """Begin a section."""
        self.page.section(title)

    def text(self, *templates: str) -> None:
        """Add a paragraph."""
        self.page.text(*map(self.whole, templates))

    def formula(self, template: str) -> None:
        """Add a line that stands by itself."""
        self.page.formula(self.whole(template))

    def table(self, name: str, rows: Iterable[Mapping[str, Any]], columns: Sequence[Column], caption: str = "") -> None:
        """Add a table, and its rows to the numbers."""
        self.page.table(f"{self.key}_{name}", rows, columns, self.whole(caption))

    def figure(self, name: str, figure: Figure, caption: str) -> None:
        """Add a figure."""
        self.page.figure(f"{self.key}-{name}", figure, self.whole(caption))
