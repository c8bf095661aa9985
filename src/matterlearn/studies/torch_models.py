"""The network of the study `perovskites` in PyTorch: on bits, on descriptors, and with alpha as weight decay."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from matterlearn.core.parallel import item_seed
from matterlearn.features import SiteDescriptors, SiteOneHot
from matterlearn.models.networks import SiteDataset, make_loader
from matterlearn.models.networks.devices import choose_device
from matterlearn.studies.cases import SITES, Case
from matterlearn.studies.perovskite_models import NETWORK, PRESET
from matterlearn.studies.run import StudyRun
from matterlearn.studies.torch_network import Losses, Perceptron, predict, train
from matterlearn.validation.metrics import mean_absolute_error, r2
from matterlearn.validation.splits import RandomSplit

WIDTHS: tuple[int, ...] = NETWORK["hidden_layer_sizes"]
"""Neurons of each hidden layer."""

LEARNING_RATE, WEIGHT_DECAY, BATCH = 1e-3, 0.01, 256

EPOCHS, QUICK_EPOCHS = 250, 100
"""Passes over the rows in a full and in a quick study."""

STATED_ALPHA: float = NETWORK["alpha"]
"""Penalty that the exercise's table states, in scikit-learn's words."""

BITS, DESCRIPTORS, STRONG = "bits", "descriptors", "bits, strong decay"
"""The three networks."""

_VALIDATION_SHARE = 10  # one part in ten is 10 %


@dataclass(frozen=True)
class TorchFit:
    """A trained network.

    Attributes
    ----------
    encoder : transformer
        Fitted on the rows that were learned from.
    network : Perceptron
        Trained.
    losses : Losses
        Of every epoch.
    predictions : mapping of str to ndarray
        By the names of the sets of rows.
    """

    encoder: Any
    network: Perceptron
    losses: Losses
    predictions: Mapping[str, NDArray[np.float64]]

    @property
    def n_parameters(self) -> int:
        """Numbers that the network has learned."""
        return sum(parameter.numel() for parameter in self.network.parameters())


@dataclass(frozen=True)
class TorchResults:
    """What the networks predict.

    Attributes
    ----------
    y : ndarray
        Target of all rows.
    rows : mapping of str to ndarray of int
        Positions of "train" (that is learned from), "validation", "test" and "hold-out".
    fits : mapping of str to TorchFit
        Networks by name.
    epochs : int
        Passes over the rows.
    device : torch.device
        Where they were trained.
    """

    y: NDArray[np.float64]
    rows: Mapping[str, NDArray[np.intp]]
    fits: Mapping[str, TorchFit]
    epochs: int
    device: torch.device

    def pair(self, network: str, rows: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return target and prediction of a network on a set of rows."""
        return self.y[self.rows[rows]], self.fits[network].predictions[rows]

    def r2(self, network: str, rows: str) -> float:
        """Return the coefficient of determination of a network on a set of rows."""
        return r2(*self.pair(network, rows))

    def mae(self, network: str, rows: str) -> float:
        """Return the mean absolute error of a network on a set of rows."""
        return mean_absolute_error(*self.pair(network, rows))


def torch_rows(case: Case, run: StudyRun) -> dict[str, NDArray[np.intp]]:
    """Return positions of the rows to learn from, to watch, to test on, and of the hold-out.

    Parameters
    ----------
    case : Case
        The data.
    run : StudyRun
        With the seed.

    Returns
    -------
    dict of str to ndarray of int
        "train" and "validation" are 90 % and 10 % of what the other models of the study learn from; equal inputs stay
        together.
    """
    learned, test = case.random_split(run.seed)
    split = RandomSplit(_VALIDATION_SHARE, random_state=item_seed(run.seed, "validation"))
    train_rows, validation = next(split.split(learned, groups=case.duplicates[learned]))
    return {
        "train": learned[train_rows],
        "validation": learned[validation],
        "test": test,
        "hold-out": np.flatnonzero(case.held_out),
    }


def datasets(case: Case, rows: Mapping[str, NDArray[np.intp]], encoder: Any) -> dict[str, SiteDataset]:
    """Return each set of rows as a torch `Dataset`."""
    return {name: SiteDataset(case.X.iloc[part], case.y[part], encoder) for name, part in rows.items()}


def fit_torch(case: Case, run: StudyRun) -> TorchResults:
    """Train the networks.

    Parameters
    ----------
    case : Case
        The data.
    run : StudyRun
        With the seed. A quick study trains for fewer epochs.

    Returns
    -------
    TorchResults
        Predictions of all sets of rows.
    """
    rows = torch_rows(case, run)
    learned = case.X.iloc[rows["train"]]
    bits = case.features(SiteOneHot(vocabulary=case.vocabulary, sites=SITES)).fit(learned)
    scaled = make_pipeline(case.features(SiteDescriptors(PRESET, sites=SITES)), StandardScaler()).fit(learned)
    epochs = QUICK_EPOCHS if run.quick else EPOCHS
    device = choose_device("auto")
    fits = {
        name: _fit(datasets(case, rows, encoder), encoder, epochs, weight_decay, device, item_seed(run.seed, "torch"))
        for name, encoder, weight_decay in (
            (BITS, bits, WEIGHT_DECAY),
            (DESCRIPTORS, scaled, WEIGHT_DECAY),
            (STRONG, bits, STATED_ALPHA),
        )
    }
    return TorchResults(case.y, rows, fits, epochs, device)


def _fit(
    sets: Mapping[str, SiteDataset], encoder: Any, epochs: int, weight_decay: float, device: torch.device, seed: int
) -> TorchFit:
    network = Perceptron(sets["train"].X.shape[1], WIDTHS, seed=seed).to(device)
    losses = train(
        network,
        make_loader(sets["train"], batch_size=BATCH, seed=seed),
        make_loader(sets["validation"], batch_size=BATCH, shuffle=False),
        epochs=epochs,
        learning_rate=LEARNING_RATE,
        weight_decay=weight_decay,
    )
    return TorchFit(encoder, network, losses, {name: predict(network, part.X) for name, part in sets.items()})
