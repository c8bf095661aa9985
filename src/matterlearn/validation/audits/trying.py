"""Models asked about changed structures, and why they fail where they do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from matterlearn.validation.audits.samples import Samples

Ask = Callable[[Samples], Sequence[Any]]
"""From structures to what a model says of each; raises a MatterlearnError where this cannot be compared."""


class Tried(NamedTuple):
    """What a model said of some structures.

    Attributes
    ----------
    values : list
        For each structure; None where the model failed.
    reasons : list of str
        Why it failed; empty where it did not.
    """

    values: list[Any]
    reasons: list[str]


def tried(ask: Ask, samples: Samples, *, hopeless: bool) -> Tried:
    """Ask a model about changed structures; one by one if it fails for all together.

    Parameters
    ----------
    ask : callable
        The model.
    samples : Molecules or Crystals
        The structures.
    hopeless : bool
        Whether it failed for every one of them at the change before: it is then not asked one by one again.

    Returns
    -------
    Tried
        Of a model that fails for all together but for none alone, that it fails for all.
    """
    n = len(samples)
    try:
        return Tried(list(ask(samples)), [""] * n)
    # Models are the user's: whatever they raise when a structure is changed is the finding.
    except Exception as error:
        whole = said(error)
    if hopeless or n == 1:
        return Tried([None] * n, [whole] * n)
    values: list[Any] = []
    reasons = []
    for row in range(n):
        try:
            values += ask(samples.rows(np.array([row])))
            reasons.append("")
        except Exception as error:  # as above
            values.append(None)
            reasons.append(said(error))
    return Tried(values, reasons) if any(reasons) else Tried([None] * n, [whole] * n)


def said(error: Exception) -> str:
    """Return an error as it may stand in a sentence: on one line and not endless.

    Examples
    --------
    >>> said(KeyError("Xx"))
    "KeyError: 'Xx'"
    """
    text = " ".join(f"{type(error).__name__}: {error}".split())
    return text if len(text) <= 200 else f"{text[:197]}..."
