"""Errors that say what is wrong, where, and what to do.

Every error a user can cause is a `MatterlearnError`. It derives from `ValueError`, so code written against
scikit-learn keeps working, and its text is one line, so the command line can print it as it is.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class MatterlearnError(ValueError):
    """Something the user can mend.

    Parameters
    ----------
    what : str
        What is wrong, with the value that was found.
    where : str, optional
        The place: a file, a column, a row, an argument.
    fix : str, optional
        What to do about it.

    Examples
    --------
    >>> print(MatterlearnError("unknown element 'Xx'", where="row 7, column 'formula'", fix="correct the symbol"))
    row 7, column 'formula': unknown element 'Xx'; correct the symbol
    """

    __module__ = "matterlearn.core.errors"

    def __init__(self, what: str, *, where: str | None = None, fix: str | None = None) -> None:
        self.what = what
        self.where = where
        self.fix = fix
        super().__init__(what)

    def __str__(self) -> str:
        text = f"{self.where}: {self.what}" if self.where else self.what
        text = f"{text}; {self.fix}" if self.fix else text
        return " ".join(text.splitlines())  # a cell or another library's message may hold line breaks

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (type(self), self.what, self.where, self.fix, self.__dict__))


def _rebuild(
    kind: type[MatterlearnError], what: str, where: str | None, fix: str | None, state: dict[str, object]
) -> MatterlearnError:
    """Make an error again in another process (exceptions with keyword arguments do not pickle by themselves)."""
    error = kind.__new__(kind)
    MatterlearnError.__init__(error, what, where=where, fix=fix)
    error.__dict__.update(state)
    return error


class ArgumentError(MatterlearnError):
    """An argument or option has a value that cannot be used."""


class DataError(MatterlearnError):
    """A file or table as a whole cannot be used."""


class RowError(MatterlearnError):
    """One row cannot be used.

    Parameters
    ----------
    what : str
        What is wrong with the value.
    row : int
        Position of the row, counted from 0.
    column : str, optional
        Name of the column.
    value : object, optional
        The value as it was found.
    fix : str, optional
        What to do about it.
    """

    def __init__(
        self, what: str, *, row: int, column: str | None = None, value: object = None, fix: str | None = None
    ) -> None:
        self.row = row
        self.column = column
        self.value = value
        where = f"row {row}" + (f", column {column!r}" if column else "")
        super().__init__(what, where=where, fix=fix)


class FormulaError(MatterlearnError):
    """A chemical formula or site composition cannot be read.

    Parameters
    ----------
    what : str
        What is wrong.
    formula : str
        The text that was read.
    position : int, optional
        Character at which reading stopped, counted from 0.
    fix : str, optional
        What to do about it.
    """

    def __init__(self, what: str, *, formula: str, position: int | None = None, fix: str | None = None) -> None:
        self.formula = formula
        self.position = position
        place = "" if position is None else f" at character {position + 1}"
        super().__init__(what, where=f"formula {formula!r}{place}", fix=fix)


class ModelFileError(MatterlearnError):
    """A model file is damaged, unsafe, or from another version."""


class NetworkError(MatterlearnError):
    """A data set could not be fetched."""


class TrainingError(MatterlearnError):
    """The training of a network went wrong: its loss is no longer a number."""


def did_you_mean(name: str, known: Iterable[str]) -> str | None:
    """Return a hint that names the closest known word, or the known words if there are few.

    Examples
    --------
    >>> did_you_mean("e_abov_hull", ["e_above_hull", "band_gap"])
    "did you mean 'e_above_hull'?"
    >>> did_you_mean("colour", ["gap", "hull"])
    'known: gap, hull'
    """
    names = list(known)
    folded = {other.casefold(): other for other in reversed(names)}
    close = difflib.get_close_matches(name.casefold(), folded, n=1, cutoff=0.6)
    if close:
        return f"did you mean {folded[close[0]]!r}?"
    return f"known: {', '.join(names)}" if 0 < len(names) <= 12 else None
