"""The network that the search found, written out in PyTorch: a dataset, loaders, a module and a loop over epochs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from matterlearn.core.parallel import item_seed, single_thread
from matterlearn.features import SiteFractions
from matterlearn.models.networks.devices import choose_device
from matterlearn.models.networks.epochs import train_epoch, validate_epoch
from matterlearn.models.networks.site_dataset import SiteDataset, make_loader
from matterlearn.studies.cases import SITES, Case
from matterlearn.studies.run import StudyRun
from matterlearn.studies.torch_network import Perceptron
from matterlearn.validation.metrics import mean_absolute_error, r2
from matterlearn.validation.splits import RandomSplit

EPOCHS, QUICK_EPOCHS = 400, 60
"""Passes over the rows, and those of a quick study."""

BATCH_SIZE = 256
"""Rows of a step."""

LEARNING_RATE = 1e-3
"""Size of the steps, whatever the search found."""

MOMENTUM = 0.9
"""Of SGD, as in the search."""

VALIDATION_SHARE = 0.1
"""Part of the training rows that is only watched."""


@dataclass(frozen=True)
class TorchFit:
    """A network trained in PyTorch.

    Attributes
    ----------
    n_learned, n_validation : int
        Rows that it learned from, and rows that were only watched.
    epochs : int
        Passes over the rows.
    batch_shapes : list of tuple of int
        Shape of the inputs of every batch of an epoch.
    curves : mapping of str to list of float
        "training" and "validation": mean loss over the batches, per epoch, in units of the variance of the target.
    pairs : mapping of str to (ndarray, ndarray)
        Target and prediction of "train", the validation rows included, and "test".
    device : str
        Where it was trained.
    """

    n_learned: int
    n_validation: int
    epochs: int
    batch_shapes: list[tuple[int, ...]]
    curves: Mapping[str, list[float]]
    pairs: Mapping[str, tuple[NDArray[np.float64], NDArray[np.float64]]]
    device: str

    def r2(self, rows: str) -> float:
        """Return the coefficient of determination."""
        return r2(*self.pairs[rows])

    def mae(self, rows: str) -> float:
        """Return the mean absolute error."""
        return mean_absolute_error(*self.pairs[rows])


def fit_in_torch(
    case: Case, run: StudyRun, rows: Mapping[str, NDArray[np.intp]], settings: Mapping[str, Any]
) -> TorchFit:
    """Train a network with the layers, activation and optimiser that were found, the learning rate fixed, no penalty.

    Parameters
    ----------
    case : Case
        The data.
    run : StudyRun
        With the seed. A quick study makes fewer passes.
    rows : mapping of str to ndarray of int
        Positions of "train" and "test".
    settings : mapping of str to Any
        `hidden_widths`, `activation` and `optimizer`.

    Returns
    -------
    TorchFit
        Curves and predictions.
    """
    train = rows["train"]
    split = RandomSplit(round(1 / VALIDATION_SHARE), random_state=item_seed(run.seed, "validation"))
    learned, watched = next(iter(split.split(train, groups=case.duplicates[train])))
    learned, watched = train[learned], train[watched]
    mean, spread = case.y[learned].mean(), case.y[learned].std()
    encoder = case.features(SiteFractions(vocabulary=case.vocabulary, sites=SITES)).fit(case.X.iloc[learned])

    def dataset(part: NDArray[np.intp]) -> SiteDataset:
        return SiteDataset(case.X.iloc[part], (case.y[part] - mean) / spread, encoder)

    loaders = [
        make_loader(dataset(part), batch_size=BATCH_SIZE, shuffle=True, seed=item_seed(run.seed, "order", name))
        for name, part in (("training", learned), ("validation", watched))
    ]
    shapes = [tuple(inputs.shape) for inputs, _ in loaders[0]]
    device = choose_device("auto")
    network = Perceptron(
        shapes[0][1], settings["hidden_widths"], settings["activation"], seed=item_seed(run.seed, "torch")
    ).to(device)
    optimizer: torch.optim.Optimizer
    if settings["optimizer"] == "sgd":
        optimizer = torch.optim.SGD(network.parameters(), lr=LEARNING_RATE, momentum=MOMENTUM)
    else:
        optimizer = torch.optim.Adam(network.parameters(), lr=LEARNING_RATE)
    epochs = QUICK_EPOCHS if run.quick else EPOCHS
    curves: dict[str, list[float]] = {"training": [], "validation": []}
    with single_thread():  # small products are slower on two
        for _ in range(epochs):
            curves["training"].append(train_epoch(network, loaders[0], optimizer))
            curves["validation"].append(validate_epoch(network, loaders[1]))

    def predict(part: NDArray[np.intp]) -> NDArray[np.float64]:
        network.eval()
        with torch.no_grad(), single_thread():
            scaled = network(dataset(part).X.to(device)).cpu().numpy()
        return np.asarray(mean + spread * scaled.astype(np.float64))

    return TorchFit(
        n_learned=len(learned),
        n_validation=len(watched),
        epochs=epochs,
        batch_shapes=shapes,
        curves=curves,
        pairs={name: (case.y[part], predict(part)) for name, part in rows.items()},
        device=str(device),
    )
