"""Many networks fitted at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.base import clone

from matterlearn.core.errors import ArgumentError, TrainingError
from matterlearn.models.networks.base import NetworkEstimator
from matterlearn.models.networks.devices import choose_device
from matterlearn.models.networks.job import Job, Rows
from matterlearn.models.networks.stack import train_stack


def fit_networks(
    networks: Sequence[NetworkEstimator],
    data: Sequence[Rows],
    *,
    device: str | None = None,
    memory: int | None = None,
    done: Callable[[int], object] = int,
) -> list[Any]:
    """Fit clones of networks, each on its own rows, as few programs on one device.

    Parameters
    ----------
    networks : sequence of MLPRegressor or MLPClassifier
        What to fit. They may differ in everything; those of equal widths, activation, loss, optimiser, momentum, batch
        size and precision are trained together.
    data : sequence of Rows
        For each network its rows. The same objects are shared in memory.
    device : str, optional
        Where; the device of the first network if None.
    memory : int, optional
        Bytes that networks trained together may take. None: 256 MB on a processor, half of a GPU.
    done : callable
        Gets the number of networks that have just been finished.

    Returns
    -------
    list of estimator or TrainingError
        Fitted clones. Where the loss was no number any more, the error takes the place of the network.

    Raises
    ------
    ArgumentError
        If the numbers of networks and rows differ, or one is no network.

    Examples
    --------
    >>> from matterlearn.models.networks import MLPRegressor
    >>> X = np.linspace(-1, 1, 32)[:, None]
    >>> networks = [MLPRegressor((8,), epochs=3, random_state=seed) for seed in range(4)]
    >>> fitted = fit_networks(networks, [Rows(X, X[:, 0])] * 4, device="cpu")
    >>> [network.n_epochs_ for network in fitted]
    [3, 3, 3, 3]
    """
    if len(networks) != len(data):
        raise ArgumentError(f"{len(networks)} networks but rows for {len(data)}", where="data")
    others = [type(network).__name__ for network in networks if not isinstance(network, NetworkEstimator)]
    if others:
        raise ArgumentError(f"needs MLPRegressor or MLPClassifier, got {others[0]}", where="networks")
    if not networks:
        return []
    where = choose_device(networks[0].device if device is None else device)
    fitted = [clone(network) for network in networks]
    known: dict[int, Any] = {}
    jobs = [_shared(network._job(*rows), rows, known) for network, rows in zip(fitted, data, strict=True)]
    found: list[Any] = []
    for network, job, trained in zip(fitted, jobs, train_stack(jobs, where, memory=memory, done=done), strict=True):
        try:
            found.append(network._finish(job, trained, str(where)))
        except TrainingError as error:
            found.append(error)
    return found


def _shared(job: Job, rows: Rows, known: dict[int, Any]) -> Job:
    """Return a job with the array of features that an earlier one made of the same object, if it is equal."""
    first = known.setdefault(id(rows.X), job.X)
    return job if first is job.X or not np.array_equal(first, job.X) else replace(job, X=first)
