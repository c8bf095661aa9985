"""A model that can be read, in place of one that cannot: what it says, and how much worse it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import clone
from sklearn.model_selection import KFold
from sklearn.utils import _safe_indexing

from matterlearn.core.errors import ArgumentError
from matterlearn.core.parallel import item_seed
from matterlearn.features.feature_facts import PLAIN
from matterlearn.features.feature_groups import feature_groups
from matterlearn.features.unscaled import dense
from matterlearn.validation.explain.importance import drawn_rows
from matterlearn.validation.explain.rules import MOST_LEAVES, RuleList, fit_rules
from matterlearn.validation.explain.sparse_linear import MOST_TERMS, SparseLinear, fit_linear
from matterlearn.validation.explain.wording import labels_with_sites

MOST_ROWS = 1_500
"""Training rows that a surrogate is fitted on: a few rules need no more, and the winner must predict them all."""

SIMPLER = 1.02
"""Of surrogates whose errors differ by no more than this factor, the shortest is taken."""

_LEAVES = (2, 3, 4, 5, 6, MOST_LEAVES)
_N_FOLDS = 3
_EQUAL = 0.9999  # correlation above which two features are one, written twice


@dataclass(frozen=True)
class Surrogate:
    """A readable model that follows another one.

    Attributes
    ----------
    kind : str
        "rules" or "linear".
    text : tuple of str
        The whole model, line by line.
    transformer : transformer
        Makes its features from the inputs.
    columns : ndarray of int
        Those of the features it was offered.
    reader : RuleList or SparseLinear
        From these to predictions.
    """

    kind: str
    text: tuple[str, ...]
    transformer: Any
    columns: NDArray[np.intp]
    reader: RuleList | SparseLinear

    @property
    def n_terms(self) -> int:
        """Number of rules, or of terms."""
        return self.reader.n_terms

    def predict(self, X: Any) -> NDArray[np.float64]:
        """Return the predictions by the numbers as they are printed, shape (n_rows,)."""
        return self.reader.predict(dense(self.transformer.transform(X))[:, self.columns])


def fit_surrogate(
    model: Any,
    X: Any,
    descriptors: Any,
    *,
    seed: int,
    target: str,
    unit: str = "",
    units: Mapping[str, str] | None = None,
    max_rows: int = MOST_ROWS,
) -> Surrogate:
    """Fit a few rules and a linear model of a few terms to a model's predictions, and return what follows them better.

    Parameters
    ----------
    model : estimator
        Fitted.
    X : DataFrame, shape (n_rows, n_inputs)
        The rows it was fitted on. How many rules or terms, and which of the two, is decided on folds of them.
    descriptors : transformer
        Unscaled features with names for people; cloned and fitted on X.
    seed : int
        Sets rows, folds, and which of equally good splits a tree takes.
    target : str
        Name of what is predicted, for the text.
    unit : str
        Its unit.
    units : mapping of str to str, optional
        Units of the input columns that are numbers.
    max_rows : int
        Rows used at most; more are drawn from.

    Returns
    -------
    Surrogate
        At most 8 rules or 6 terms.

    Raises
    ------
    ArgumentError
        If there are fewer than two rows.

    References
    ----------
    M. W. Craven, J. W. Shavlik, Extracting tree-structured representations of trained networks, NIPS 8 (1995).

    Examples
    --------
    >>> from sklearn.linear_model import LinearRegression
    >>> from sklearn.preprocessing import FunctionTransformer
    >>> columns = FunctionTransformer(feature_names_out="one-to-one")
    >>> X = pd.DataFrame({"T_K": np.linspace(300.0, 500.0, 41)})
    >>> model = LinearRegression().fit(X, 0.01 * X["T_K"])
    >>> fit_surrogate(model, X, columns, seed=0, target="gap", unit="eV").text
    ('gap = 4 eV', '+ 0.01 eV per K × (T_K − 400 K)')
    """
    if len(X) < 2:
        raise ArgumentError(f"{len(X)} rows are too few for a surrogate", where="surrogate", fix="bring 2")
    X = _safe_indexing(X, drawn_rows(len(X), max_rows, seed=item_seed(seed, "rows")))
    transformer = clone(descriptors).fit(X)
    matrix = dense(transformer.transform(X))
    features = feature_groups(transformer, units=units, n_features=matrix.shape[1])
    columns = _offered(matrix, features)
    matrix, features = matrix[:, columns], features.iloc[columns].reset_index(drop=True)
    values = np.asarray(model.predict(X), dtype=np.float64)
    kind, size = _choose(matrix, values, features, seed)
    reader: RuleList | SparseLinear
    if kind == "rules":
        reader = fit_rules(matrix, values, n_leaves=size, seed=item_seed(seed, "tree"))
    else:
        reader = _stage(fit_linear(matrix, values, features), size)
    text = reader.text(labels_with_sites(features), features, target, unit)
    return Surrogate(kind, tuple(text), transformer, columns, reader)


def score_surrogate(
    surrogate: Surrogate, model: Any, X: Any, y: ArrayLike, *, weight: ArrayLike | None = None
) -> dict[str, Any]:
    """Return how a surrogate does on rows that neither it nor its model has seen.

    Parameters
    ----------
    surrogate : Surrogate
        What is judged.
    model : estimator
        The model that it follows.
    X : DataFrame, shape (n_rows, n_inputs)
        The rows.
    y : array-like of float, shape (n_rows,)
        Their targets.
    weight : array-like of float, shape (n_rows,), optional
        Weights of the rows.

    Returns
    -------
    dict
        `kind`, `text` (list), `n_terms`, `mae` against the targets, `model_mae` of the model on the same rows, and
        `fidelity_r2`: the share of the variance of the model's predictions that the surrogate explains (None where
        these do not vary).
    """
    truth, prediction = np.asarray(y, dtype=np.float64), np.asarray(model.predict(X), dtype=np.float64)
    weights = np.ones(len(truth)) if weight is None or not np.any(weight) else np.asarray(weight, dtype=np.float64)
    follows = surrogate.predict(X)
    variance = np.average((prediction - np.average(prediction, weights=weights)) ** 2, weights=weights)
    missed = np.average((prediction - follows) ** 2, weights=weights)
    return {
        "kind": surrogate.kind,
        "text": list(surrogate.text),
        "n_terms": surrogate.n_terms,
        "mae": float(np.average(np.abs(follows - truth), weights=weights)),
        "model_mae": float(np.average(np.abs(prediction - truth), weights=weights)),
        "fidelity_r2": float(1 - missed / variance) if variance > 0 else None,
    }


def summarise_surrogate(folds: Sequence[Mapping[str, Any]], final: Surrogate, *, target: str) -> dict[str, Any]:
    """Return the text of the surrogate of the final model with the scores of those of the folds.

    Parameters
    ----------
    folds : sequence of mapping
        Scores by `score_surrogate`, one per fold; they judge how surrogates are made, of which `final` is one.
    final : Surrogate
        Of the final model.
    target : str
        What is predicted.

    Returns
    -------
    dict
        `target`, `kind`, `text`, `n_terms`; means over the folds `mae`, `model_mae`, `fidelity_r2`, and the standard
        deviation `mae_sd` (None for what no fold tells), and `n_folds`.
    """
    means: dict[str, float | None] = {}
    for key in ("mae", "model_mae", "fidelity_r2"):
        known = [fold[key] for fold in folds if fold[key] is not None]
        means[key] = float(np.mean(known)) if known else None
    sd = float(np.std([fold["mae"] for fold in folds], ddof=1)) if len(folds) > 1 else None
    about = {"target": target, "kind": final.kind, "text": list(final.text), "n_terms": final.n_terms}
    return {**about, **means, "mae_sd": sd, "n_folds": len(folds)}


def _offered(matrix: NDArray[np.float64], features: pd.DataFrame) -> NDArray[np.intp]:
    """Return the features that vary, one of those that say the same: the mean rather than another statistic."""
    spread = matrix.std(axis=0)
    varies = np.flatnonzero(spread > 1e-12 * np.maximum(np.abs(matrix.mean(axis=0)), 1.0))
    if len(varies) < 2:
        return varies
    is_plain = features["statistic"].isin(PLAIN).to_numpy()
    order = np.concatenate([varies[is_plain[varies]], varies[~is_plain[varies]]])
    correlation = np.abs(np.corrcoef(matrix[:, order], rowvar=False))
    kept: list[int] = []
    for place in range(len(order)):
        if not kept or correlation[place, kept].max() < _EQUAL:
            kept.append(place)
    return order[kept]


def _choose(
    matrix: NDArray[np.float64], values: NDArray[np.float64], features: pd.DataFrame, seed: int
) -> tuple[str, int]:
    """Return the kind and size of the surrogate that follows the values best on rows left out."""
    errors: dict[tuple[str, int], float] = {}
    folds = KFold(min(_N_FOLDS, len(values)), shuffle=True, random_state=item_seed(seed, "folds"))
    for train, test in folds.split(matrix):
        lines = fit_linear(matrix[train], values[train], features)
        found: dict[tuple[str, int], RuleList | SparseLinear] = {
            ("linear", size): _stage(lines, size) for size in range(MOST_TERMS + 1)
        }
        for size in _LEAVES if matrix.shape[1] else ():
            found["rules", size] = fit_rules(matrix[train], values[train], n_leaves=size, seed=item_seed(seed, "tree"))
        for key, reader in found.items():
            error = np.sum(np.abs(reader.predict(matrix[test]) - values[test]))
            errors[key] = errors.get(key, 0.0) + float(error)
    limit = SIMPLER * min(errors.values()) + 1e-12 * float(np.sum(np.abs(values)))
    best = min(errors, key=lambda key: errors[key])
    # First which kind is better, then how little of it will do.
    return min((key for key in errors if key[0] == best[0] and errors[key] <= limit), key=lambda key: key[1])


def _stage(lines: Sequence[SparseLinear], size: int) -> SparseLinear:
    return lines[min(size, len(lines) - 1)]
