"""Scores of metabolic pathways from the metabolites that belong to them."""

from __future__ import annotations

import csv
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from matterlearn.core.errors import ArgumentError, DataError, did_you_mean

COLUMNS = ("metabolite", "pathway")
"""Columns of a file that says which metabolite belongs to which pathway."""

ALL = "all columns"
"""Name of the one pathway where none are given."""


class PathwayScores(TransformerMixin, BaseEstimator):
    """One number per pathway: the first principal component of its metabolites.

    The members of a pathway are centred and scaled to variance 1 and projected on the direction in which they vary
    most, all learned from the rows given to `fit`. The sign of a direction is free; here it is the one for which the
    score rises with the mean of the scaled members, so that a high score means much of the metabolites of the pathway.
    A member that is constant counts for nothing.

    Parameters
    ----------
    pathways : mapping of str to sequence of str or of int, optional
        Name of each pathway and its members: names of columns, or their positions. A column may belong to several. By
        default all columns are one pathway.
    min_members : int
        Pathways of which the table has fewer members are left out.

    Attributes
    ----------
    members_ : dict of str to list of int
        Positions of the members of each pathway that is scored, in the order of the scores.
    missing_ : dict of str to list of str
        Members that the table does not have, of each pathway that lacks some.
    left_out_ : dict of str to int
        Pathways with too few members in the table, and how many they have.
    explained_ : ndarray of float, shape (n_pathways,)
        Share of the variance of the scaled members that lies along the direction; NaN where all are constant.
    directions_ : list of ndarray
        Unit vector of each pathway, shape (n_members,); zeros where all members are constant.
    mean_, scale_ : ndarray of float, shape (n_features_in_,)
        What is subtracted, and by what is divided.

    Notes
    -----
    The pathway scores of Pathifier, and of lilikoi after it, are distances along a principal curve from the normal
    samples. They need to know which samples are normal and smooth a curve through them; the score here is a straight
    line, looks at no label, and can be written down: w · (x − mean) / scale.

    References
    ----------
    Y. Drier, M. Sheffer and E. Domany, Pathway-based personalized analysis of cancer, Proc. Natl. Acad. Sci. 110, 6388
    (2013); S. Huang and others, Novel personalized pathway-based metabolomics models reveal key metabolic pathways for
    breast cancer diagnosis, Genome Med. 8, 34 (2016).

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"a": [1.0, 2.0, 3.0], "b": [10.0, 20.0, 30.0], "c": [5.0, 4.0, 9.0]})
    >>> scores = PathwayScores({"first": ["a", "b"], "second": ["b", "c", "x"]}).fit(table)
    >>> scores.get_feature_names_out().tolist(), scores.missing_
    (['first', 'second'], {'second': ['x']})
    >>> scores.transform(table)[:, 0].round(3).tolist()
    [-1.732, 0.0, 1.732]
    """

    __module__ = "matterlearn.features.pathways"

    def __init__(
        self, pathways: Mapping[str, Sequence[str] | Sequence[int]] | None = None, *, min_members: int = 2
    ) -> None:
        self.pathways = pathways
        self.min_members = min_members

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn mean, scale and direction.

        Parameters
        ----------
        X : DataFrame or array-like of float, shape (n_samples, n_features)
            Metabolites; a DataFrame where pathways name columns. At least two rows.
        y : ignored

        Returns
        -------
        PathwayScores
            Itself.

        Raises
        ------
        ArgumentError
            If the pathways are no mapping to names or positions, a position does not exist, names are given and the
            columns have none, or no pathway has enough members.
        """
        least = self.min_members
        if isinstance(least, bool) or not isinstance(least, int | np.integer) or least < 1:
            raise ArgumentError(f"must be a whole number from 1, got {least!r}", where="min_members")
        matrix = validate_data(self, X, dtype=np.float64, ensure_min_samples=2)
        self._choose_members(matrix.shape[1])
        self.mean_, spread = matrix.mean(axis=0), matrix.std(axis=0)
        varies = spread > 1e-12 * np.maximum(np.abs(self.mean_), np.finfo(float).tiny)
        self.scale_ = np.where(varies, spread, 1.0)
        standard = np.where(varies, (matrix - self.mean_) / self.scale_, 0.0)
        found = [_direction(standard[:, members]) for members in self.members_.values()]
        self.directions_ = [direction for direction, _ in found]
        self.explained_ = np.array([share for _, share in found])
        self._varies = varies
        return self

    def transform(self, X: Any) -> NDArray[np.float64]:
        """Return the scores, shape (n_samples, n_pathways).

        Parameters
        ----------
        X : DataFrame or array-like of float, shape (n_samples, n_features)
            The same columns as in `fit`.

        Returns
        -------
        ndarray of float
            In units of standard deviations of one member.
        """
        check_is_fitted(self)
        matrix = validate_data(self, X, dtype=np.float64, reset=False)
        standard = np.where(self._varies, (matrix - self.mean_) / self.scale_, 0.0)
        scores = [
            standard[:, members] @ direction
            for members, direction in zip(self.members_.values(), self.directions_, strict=True)
        ]
        return np.column_stack(scores)

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Return the names of the pathways that are scored."""
        check_is_fitted(self)
        return np.array(list(self.members_), dtype=object)

    def _choose_members(self, n_columns: int) -> None:
        names = getattr(self, "feature_names_in_", None)
        place = {} if names is None else {str(name): number for number, name in enumerate(names)}
        self.members_: dict[str, list[int]] = {}
        self.missing_: dict[str, list[str]] = {}
        self.left_out_: dict[str, int] = {}
        if self.pathways is None:
            self.members_[ALL] = list(range(n_columns))
            return
        for pathway, members in _checked(self.pathways).items():
            if all(isinstance(member, str) for member in members) and names is None:
                fix = "give a DataFrame, or the positions of the columns"
                raise ArgumentError("pathways name columns, but the columns have no names", where="X", fix=fix)
            here = [_position(member, place, n_columns, pathway) for member in dict.fromkeys(members)]
            lacking = [str(m) for m, number in zip(dict.fromkeys(members), here, strict=True) if number is None]
            found = [number for number in here if number is not None]
            if lacking:
                self.missing_[pathway] = lacking
            if len(found) < self.min_members:
                self.left_out_[pathway] = len(found)
            else:
                self.members_[pathway] = found
        if not self.members_:
            lacking = [member for members in self.missing_.values() for member in members]
            what = f"no pathway has {self.min_members} members among the {n_columns} columns"
            near = did_you_mean(lacking[0], place) if lacking and place else None
            raise ArgumentError(what, where="pathways", fix=near and f"{lacking[0]!r} is no column; {near}")


def read_pathways(path: str | os.PathLike[str]) -> dict[str, list[str]]:
    """Return the pathways of a CSV file with the columns `metabolite` and `pathway`.

    Parameters
    ----------
    path : path-like
        One line for each metabolite of each pathway; UTF-8.

    Returns
    -------
    dict of str to list of str
        Members of each pathway, in the order of the file.

    Raises
    ------
    DataError
        If the file cannot be read, lacks a column, has an empty cell or no line.
    """
    where = str(path)
    fix = "write a CSV file with the columns metabolite and pathway"
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
        lines = list(csv.DictReader(text.splitlines(), strict=True))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"cannot be read: {error}", where=where, fix=fix) from None
    pathways: dict[str, list[str]] = {}
    for number, line in enumerate(lines, start=2):
        absent = [column for column in COLUMNS if column not in line]
        if absent:
            raise DataError(f"there is no column {absent[0]!r}", where=where, fix=fix)
        metabolite, pathway = ((line[column] or "").strip() for column in COLUMNS)
        if not metabolite or not pathway:
            raise DataError("a cell is empty", where=f"{where}, line {number}", fix="fill it, or delete the line")
        pathways.setdefault(pathway, []).append(metabolite)
    if not pathways:
        raise DataError("holds no pathway", where=where, fix=fix)
    return pathways


def _checked(pathways: Any) -> Mapping[str, Sequence[str] | Sequence[int]]:
    what = "must map names of pathways to sequences of names or positions of columns"
    if not isinstance(pathways, Mapping) or not pathways:
        raise ArgumentError(f"{what}, got {pathways!r}", where="pathways")
    for name, members in pathways.items():
        is_sequence = isinstance(members, Sequence | np.ndarray) and not isinstance(members, str)
        if not isinstance(name, str) or not is_sequence or len(members) == 0:
            raise ArgumentError(f"{what}, got {name!r}: {members!r}", where="pathways")
    return pathways


def _position(member: Any, place: Mapping[str, int], n_columns: int, pathway: str) -> int | None:
    if isinstance(member, str):
        return place.get(member)
    if isinstance(member, bool) or not isinstance(member, int | np.integer):
        raise ArgumentError(f"{member!r} is neither a name nor a position", where=f"pathways, {pathway!r}")
    if not 0 <= member < n_columns:
        raise ArgumentError(f"there is no column {member}, but {n_columns}", where=f"pathways, {pathway!r}")
    return int(member)


def _direction(standard: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """Return the unit vector along which scaled members vary most, and its share of their variance."""
    if not standard.any():
        return np.zeros(standard.shape[1]), float("nan")
    _, sizes, axes = np.linalg.svd(standard, full_matrices=False)
    direction = axes[0]
    with_mean = float((standard @ direction) @ standard.mean(axis=1))
    # Where the score has nothing to do with the mean, the largest weight decides, so that the sign is never left to
    # the library of linear algebra.
    tiny = 1e-9 * sizes[0] * np.linalg.norm(standard.mean(axis=1))
    decides = with_mean if abs(with_mean) > tiny else direction[int(np.argmax(np.abs(direction)))]
    return np.asarray(-direction if decides < 0 else direction), float(sizes[0] ** 2 / np.sum(sizes**2))
