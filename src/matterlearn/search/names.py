"""Whether the parameters that a search varies are parameters of its estimator."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from matterlearn.core.errors import ArgumentError, did_you_mean


def check_names(estimator: Any, options: Mapping[str, Iterable[Any]], where: str) -> None:
    """Say which parameter an estimator does not have.

    Parameters
    ----------
    estimator : estimator
        What is searched.
    options : mapping of str to iterable
        Name of each varied parameter -> the values that it may take, where they can be listed. A value may be an
        estimator, which brings parameters of its own.
    where : str
        Name of the argument, for the error.

    Raises
    ------
    ArgumentError
        If there is no such parameter.

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> check_names(Ridge(), {"alfa": [1.0]}, "grid")
    Traceback (most recent call last):
    matterlearn.core.errors.ArgumentError: grid: Ridge has no parameter 'alfa'; did you mean 'alpha'?
    """
    if isinstance(estimator, type) or not hasattr(estimator, "get_params") or not hasattr(estimator, "fit"):
        raise ArgumentError(f"must be an estimator, got {estimator!r}", where="estimator")
    known = set(estimator.get_params(deep=True))
    for prefix, values in options.items():
        for value in values:
            if hasattr(value, "get_params") and not isinstance(value, type):
                known |= {f"{prefix}__{name}" for name in value.get_params(deep=True)}
    for name in options:
        if name not in known:
            fix = did_you_mean(str(name), sorted(known))
            raise ArgumentError(f"{type(estimator).__name__} has no parameter {name!r}", where=where, fix=fix)
