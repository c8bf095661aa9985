"""How fast this machine is at the moment."""

from __future__ import annotations

import time

import numpy as np
from sklearn.ensemble import ExtraTreesRegressor

from matterlearn.core.parallel import single_thread

REFERENCE_S = 0.30
"""Seconds of the probe on the processor that the costs of the candidates were measured on."""

N_TIMES = 2
"""How often it is measured; the fastest counts, since the first run loads code."""


def slowness() -> float:
    """Return how many times longer a small task takes here, now, than where the costs were measured.

    Examples
    --------
    >>> slowness() > 0
    True
    """
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(400, 50)), rng.normal(size=400)
    taken = []
    with single_thread():
        for _ in range(N_TIMES):
            start = time.perf_counter()
            ExtraTreesRegressor(100, max_features=0.2, random_state=0).fit(X, y).predict(X)
            taken.append(time.perf_counter() - start)
    return min(taken) / REFERENCE_S
