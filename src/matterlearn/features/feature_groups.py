"""Which physical property, site and unit stand behind each column of a feature matrix."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder

from matterlearn.core.errors import ArgumentError
from matterlearn.data.units import guess_unit
from matterlearn.features.base import MatterTransformer
from matterlearn.features.feature_facts import BIT


class Feature(NamedTuple):
    """One line of the table that `feature_groups` returns."""

    name: str
    property: str
    site: str = ""
    unit: str = ""
    statistic: str = ""
    label: str = ""
    input: str = ""


def feature_groups(
    transformer: Any, *, units: Mapping[str, str] | None = None, n_features: int | None = None
) -> pd.DataFrame:
    """Return what each feature of a fitted transformer is about, so that features can be grouped by it.

    Transformers of matter say it themselves (`feature_facts`). A column of numbers is its own property, and so is a
    column of categories with all its bits. Any other transformer has one property per feature.

    Parameters
    ----------
    transformer : transformer
        Fitted: what `table_features` makes, a pipeline or `ColumnTransformer` around such parts, or any other.
    units : mapping of str to str, optional
        Units of the columns of numbers; where none is stated, the end of the column's name may tell.
    n_features : int, optional
        Number of features, for a transformer that has no names for them.

    Returns
    -------
    DataFrame
        One line per feature, in the order of the feature matrix: `name` (as `get_feature_names_out` gives it),
        `property`, `site` (site or column of the formula, empty where there is none), `unit` (empty for pure numbers),
        `statistic` ("mean", "bit", ...; empty for a plain value), `label` (the feature for people, without site) and
        `input` (the input column it is made from, empty where unknown).

    Raises
    ------
    ArgumentError
        If the transformer names no features and `n_features` is not given.

    Examples
    --------
    >>> from matterlearn.features.table_features import table_features
    >>> inputs = pd.DataFrame({"A": ["Ca", "Ba"], "B": ["Ti", "Zr"], "pressure_GPa": [1.0, 2.0]})
    >>> kinds = {"A": "site", "B": "site", "pressure_GPa": "number"}
    >>> features = table_features(list(kinds), kinds, representation="fractions").fit(inputs)
    >>> feature_groups(features)[["property", "site", "unit"]].iloc[[0, 3, 4]].to_numpy().tolist()
    [['amount of element', 'A', ''], ['amount of element', 'B', ''], ['pressure_GPa', '', 'GPa']]
    """
    columns = [str(name) for name in getattr(transformer, "feature_names_in_", ())]
    return _table(_set_apart(_features(transformer, columns, units or {}, n_features)))


def column_groups(columns: Sequence[str], *, units: Mapping[str, str] | None = None) -> pd.DataFrame:
    """Return what the columns of a table are about that a model takes as they are: each is its own property.

    Parameters
    ----------
    columns : sequence of str
        Their names.
    units : mapping of str to str, optional
        Units of those that are numbers; where none is stated, the end of the name may tell.

    Returns
    -------
    DataFrame
        As from `feature_groups`.

    Examples
    --------
    >>> column_groups(["T_K"])[["property", "unit"]].to_numpy().tolist()
    [['T_K', 'K']]
    """
    return _table(_of_numbers(columns, units or {}))


def column_names(columns: Any, known: Sequence[str]) -> list[str]:
    """Return the names of the columns that a `ColumnTransformer` gives to one of its parts.

    Parameters
    ----------
    columns : str, int, sequence, slice or mask
        As in `ColumnTransformer.transformers_`.
    known : sequence of str
        Names of all columns; empty if they have none.

    Returns
    -------
    list of str
        Empty where columns without names are chosen by position.

    Examples
    --------
    >>> column_names([1], ["A", "B"]), column_names("A", ["A", "B"])
    (['B'], ['A'])
    """
    if isinstance(columns, str):
        return [columns]
    if isinstance(columns, slice) or not known:
        return list(known[columns]) if isinstance(columns, slice) else [c for c in columns if isinstance(c, str)]
    chosen = np.atleast_1d(np.asarray(columns, dtype=object)).tolist()
    if chosen and all(isinstance(choice, bool | np.bool_) for choice in chosen):
        return [name for name, choice in zip(known, chosen, strict=True) if choice]
    return [choice if isinstance(choice, str) else known[choice] for choice in chosen]


def _table(features: Sequence[Feature]) -> pd.DataFrame:
    return pd.DataFrame(features, columns=list(Feature._fields)).astype("str")


def _features(transformer: Any, columns: list[str], units: Mapping[str, str], n_features: int | None) -> list[Feature]:
    if isinstance(transformer, ColumnTransformer):
        return _of_columns(transformer, columns, units)
    if isinstance(transformer, Pipeline):
        return _of_pipeline(transformer, columns, units, n_features)
    if isinstance(transformer, MatterTransformer):
        return _of_matter(transformer, columns)
    names = _names(transformer, columns, n_features)
    if isinstance(transformer, OneHotEncoder):
        counts = [len(values) for values in transformer.categories_]
        if len(counts) == len(columns) and sum(counts) == len(names):  # else categories were dropped or pooled
            return _of_categories(transformer, columns, names)
    if names == columns:  # passed on, or scaled one by one
        return _of_numbers(columns, units)
    return [Feature(name, name, label=name, input=_only(columns)) for name in names]


def _of_columns(transformer: ColumnTransformer, columns: list[str], units: Mapping[str, str]) -> list[Feature]:
    found: dict[int, Feature] = {}  # by position in the feature matrix
    for name, part, chosen in transformer.transformers_:
        place = transformer.output_indices_[name]
        if place.stop > place.start and part != "drop":
            features = _features(part, column_names(chosen, columns), units, place.stop - place.start)
            found.update(zip(range(place.start, place.stop), features, strict=True))
    features = [found[position] for position in sorted(found)]
    try:
        names = [str(name) for name in transformer.get_feature_names_out()]  # with the parts' names, where it adds them
    except (AttributeError, ValueError):  # one of its parts has no names
        return features
    return [feature._replace(name=name) for feature, name in zip(features, names, strict=True)]


def _of_pipeline(
    pipeline: Pipeline, columns: list[str], units: Mapping[str, str], n_features: int | None
) -> list[Feature]:
    steps = [step for _, step in pipeline.steps if step not in (None, "passthrough")]
    if not steps:
        return _of_numbers(columns, units)
    counts = [*(getattr(step, "n_features_in_", None) for step in steps[1:]), n_features]  # what each step gives
    features = _features(steps[0], columns, units, counts[0])
    for step, count in zip(steps[1:], counts[1:], strict=True):
        known = {feature.name: feature for feature in features}
        names = _names(step, list(known), count)
        features = [known.get(name, Feature(name, name, label=name, input=_only(columns))) for name in names]
    return features


def _of_matter(transformer: MatterTransformer, columns: list[str]) -> list[Feature]:
    facts = transformer.feature_facts()
    names = transformer.get_feature_names_out()
    return [
        Feature(str(name), of.property, of.site, of.unit, of.statistic, of.label, of.site or _only(columns))
        for name, of in zip(names, facts, strict=True)
    ]


def _of_numbers(columns: Sequence[str], units: Mapping[str, str]) -> list[Feature]:
    return [Feature(name, name, unit=_unit(name, units), label=name, input=name) for name in columns]


def _of_categories(encoder: OneHotEncoder, columns: list[str], names: list[str]) -> list[Feature]:
    bits = [(column, value) for column, values in zip(columns, encoder.categories_, strict=True) for value in values]
    return [
        Feature(name, column, statistic=BIT, label=f"{column} is {value}", input=column)
        for name, (column, value) in zip(names, bits, strict=True)
    ]


def _names(transformer: Any, columns: list[str], n_features: int | None) -> list[str]:
    if transformer == "passthrough":
        return columns
    if hasattr(transformer, "get_feature_names_out"):
        try:
            names = transformer.get_feature_names_out(columns or None)
        except ValueError:  # it knows other names: a step before it does not say what it returns
            names = transformer.get_feature_names_out()
        return [str(name) for name in names]
    if n_features is None:
        raise ArgumentError(
            f"{type(transformer).__name__} does not name its features", where="features", fix="give n_features"
        )
    return [f"feature {i + 1}" for i in range(n_features)]


def _unit(column: str, units: Mapping[str, str]) -> str:
    return units.get(column) or guess_unit(column) or ""


def _only(columns: list[str]) -> str:
    return columns[0] if len(columns) == 1 else ""


def _set_apart(features: list[Feature]) -> list[Feature]:
    """Rename a column of the table that is called as a property of the elements: "group", "period"."""
    of_elements = {feature.property for feature in features if feature.site}
    return [
        feature._replace(property=f"{feature.property} (column)")
        if not feature.site and feature.property in of_elements
        else feature
        for feature in features
    ]
