"""What explains a model: on one fold, and for the final model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from numpy.typing import ArrayLike

from matterlearn.core.parallel import item_seed
from matterlearn.validation.explain.importance import N_REPEATS, permutation_importance, summarise_importance
from matterlearn.validation.explain.partial_dependence import partial_dependence
from matterlearn.validation.explain.surrogate import fit_surrogate, score_surrogate, summarise_surrogate


def explain_fold(
    model: Any,
    X_train: Any,
    X_test: Any,
    y_test: ArrayLike,
    *,
    descriptors: Any,
    seed: int,
    target: str,
    fold: int,
    unit: str = "",
    units: Mapping[str, str] | None = None,
    weight: ArrayLike | None = None,
    n_repeats: int = N_REPEATS,
) -> dict[str, list[dict[str, Any]]]:
    """Explain the model of one fold by rows that it has not seen.

    Parameters
    ----------
    model : estimator
        Fitted on the training rows.
    X_train, X_test : DataFrame, shape (n_rows, n_inputs)
        Training and test rows of the fold.
    y_test : array-like of float, shape (n_test,)
        Targets of the test rows.
    descriptors : transformer
        Unscaled features with names for people, for the surrogate.
    seed : int
        Seed of the fold.
    target : str
        What is predicted.
    fold : int
        Number of the fold, for the entries.
    unit : str
        Unit of the target.
    units : mapping of str to str, optional
        Units of the input columns that are numbers.
    weight : array-like of float, shape (n_test,), optional
        Weights of the test rows.
    n_repeats : int
        Permutations of each group.

    Returns
    -------
    dict of str to list of dict
        "importance": entries of `permutation_importance` with `target` and `fold`; "surrogate": one entry of
        `score_surrogate` with `target` and `fold`. All are plain values.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from sklearn.linear_model import LinearRegression
    >>> from sklearn.preprocessing import FunctionTransformer
    >>> X = pd.DataFrame({"T_K": np.linspace(300.0, 500.0, 41)})
    >>> model = LinearRegression().fit(X[::2], 0.01 * X["T_K"][::2])
    >>> columns = FunctionTransformer(feature_names_out="one-to-one")
    >>> found = explain_fold(model, X[::2], X[1::2], 0.01 * X["T_K"][1::2], descriptors=columns, seed=0, target="gap",
    ...                      fold=0, unit="eV")
    >>> found["importance"][0]["name"], round(found["surrogate"][0]["fidelity_r2"], 6)
    ('T_K', 1.0)
    """
    importance = permutation_importance(
        model, X_test, y_test, weight=weight, seed=item_seed(seed, "importance"), n_repeats=n_repeats, units=units
    )
    surrogate = fit_surrogate(
        model, X_train, descriptors, seed=item_seed(seed, "surrogate"), target=target, unit=unit, units=units
    )
    score = score_surrogate(surrogate, model, X_test, y_test, weight=weight)
    about = {"target": target, "fold": fold}
    return {"importance": [{**about, **entry} for entry in importance], "surrogate": [{**about, **score}]}


def explain_final(
    model: Any,
    X: Any,
    *,
    descriptors: Any,
    seed: int,
    target: str,
    unit: str = "",
    units: Mapping[str, str] | None = None,
    importance: Sequence[Mapping[str, Any]] = (),
    surrogates: Sequence[Mapping[str, Any]] = (),
) -> dict[str, list[dict[str, Any]]]:
    """Explain the final model: how it follows the leading features, and what it says in short.

    Parameters
    ----------
    model : estimator
        Fitted on all rows.
    X : DataFrame, shape (n_rows, n_inputs)
        These rows.
    descriptors : transformer
        Unscaled features with names for people, for the surrogate.
    seed : int
        Seed of the final model.
    target : str
        What is predicted.
    unit : str
        Unit of the target.
    units : mapping of str to str, optional
        Units of the input columns that are numbers.
    importance, surrogates : sequence of mapping
        Entries of `explain_fold` of this target: they decide which properties lead, and score the surrogate. Without
        them the properties that move the model's own predictions most lead, and the surrogate has no score.

    Returns
    -------
    dict of str to list of dict
        "partial_dependence": entries of `partial_dependence` with `target`; "surrogate": one entry of
        `summarise_surrogate`.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from sklearn.linear_model import LinearRegression
    >>> from sklearn.preprocessing import FunctionTransformer
    >>> X = pd.DataFrame({"T_K": np.linspace(300.0, 500.0, 41)})
    >>> model = LinearRegression().fit(X, 0.01 * X["T_K"])
    >>> columns = FunctionTransformer(feature_names_out="one-to-one")
    >>> explain_final(model, X, descriptors=columns, seed=0, target="gap", unit="eV")["surrogate"][0]["text"]
    ['gap = 4 eV', '+ 0.01 eV per K × (T_K − 400 K)']
    """
    leading = [entry["name"] for entry in summarise_importance(importance) if entry["by"] == "property"]
    curves = partial_dependence(
        model, X, seed=item_seed(seed, "partial dependence"), properties=leading if importance else None, units=units
    )
    surrogate = fit_surrogate(
        model, X, descriptors, seed=item_seed(seed, "surrogate"), target=target, unit=unit, units=units
    )
    return {
        "partial_dependence": [{"target": target, **curve} for curve in curves],
        "surrogate": [summarise_surrogate(surrogates, surrogate, target=target)],
    }
