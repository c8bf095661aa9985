"""Fitting a model on a fold so that its numbers depend on the fold's seed alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import clone

from matterlearn.core.parallel import item_seed
from matterlearn.models.class_selection import ClassSelector
from matterlearn.models.selection import CandidateSelector
from matterlearn.models.weighting import fit_weighted
from matterlearn.validation.splits import RandomSplit, StratifiedSplit


def fit_seeded(
    model: Any,
    X: pd.DataFrame,
    y: NDArray[Any],
    *,
    seed: int,
    duplicates: NDArray[np.intp],
    inner_groups: Sequence[Any] | None = None,
    sample_weight: NDArray[np.float64] | None = None,
) -> Any:
    """Clone a model, give each of its random parts a seed of its own, and fit it.

    Parameters
    ----------
    model : estimator
        Regressor or classifier, possibly a `CandidateSelector` or `ClassSelector`.
    X : DataFrame, shape (n_samples, n_inputs)
        Inputs.
    y : ndarray, shape (n_samples,)
        Target.
    seed : int
        Seed of the item (the fold).
    duplicates : ndarray of int, shape (n_samples,)
        Rows that stay together in inner folds of random rows.
    inner_groups : sequence, shape (n_samples,), optional
        What the selector's splitter leaves out: sets of elements, or groups. Random inner folds are used without it,
        and where these rows have fewer than two groups.
    sample_weight : ndarray of float, shape (n_samples,), optional
        Weights of the rows.

    Returns
    -------
    estimator
        Fitted.
    """
    if not isinstance(model, CandidateSelector | ClassSelector):
        return fit_weighted(_seeded(model, seed), X, y, sample_weight)
    cv, groups = model.cv, inner_groups
    kept_together: Any = groups
    if groups is None or cv.get_n_splits(groups=groups) < 2:
        n_splits = cv if isinstance(cv, int) else cv.n_splits
        # Of classes each fold holds the same share; a number is not cut into ranges for that.
        kind = StratifiedSplit if isinstance(model, ClassSelector) else RandomSplit
        cv, kept_together = kind(n_splits, random_state=item_seed(seed, "inner folds")), duplicates
    options = {
        **model.get_params(deep=False),
        "candidates": [(name, _seeded(candidate, seed, name)) for name, candidate in model.candidates],
        "cv": cv,
        "random_state": item_seed(seed, "inner folds"),
    }
    selector = model.__class__(**options)
    return selector.fit(X, y, groups=kept_together, sample_weight=sample_weight)


def _seeded(model: Any, seed: int, *names: str) -> Any:
    part = clone(model)
    states = sorted(key for key in part.get_params() if key.rpartition("__")[2] == "random_state")
    return part.set_params(**{key: item_seed(seed, *names, key) for key in states})


def chosen_model(model: Any) -> Any:
    """Return the model to fit again on other rows: what a selector chose, or the model itself, unfitted."""
    return model.chosen() if isinstance(model, CandidateSelector | ClassSelector) else clone(model)


def selection_facts(model: Any) -> dict[str, Any]:
    """Return what was chosen and how the candidates scored in the inner folds; empty for a single model."""
    if not isinstance(model, CandidateSelector | ClassSelector):
        return {}
    if not model.scores_:  # one candidate is not scored
        return {"weights": model.weights_}
    score = "inner_log_loss" if isinstance(model, ClassSelector) else "inner_mae"
    return {"weights": model.weights_, score: model.scores_, f"{score}_chosen": model.blend_score_}
