"""Site compositions as torch has it: a `Dataset` of encoded rows, and the loader that makes batches of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from matterlearn.core.errors import ArgumentError


class SiteDataset(Dataset[tuple[Tensor, Tensor]]):
    """Rows of a table of site compositions as tensors of features and target.

    Parameters
    ----------
    table : DataFrame or sequence
        Whatever the encoder takes: columns of sites, say.
    y : array-like of float, shape (n_rows,)
        Target.
    encoder : fitted transformer
        From the table to features, such as a fitted `SiteOneHot` or `SiteFractions`. It is applied once, here.

    Attributes
    ----------
    X : Tensor of float32, shape (n_rows, n_features)
        Features.
    y : Tensor of float32, shape (n_rows,)
        Target.

    Raises
    ------
    ArgumentError
        If the numbers of rows and targets differ.

    Examples
    --------
    >>> from matterlearn.features import SiteOneHot
    >>> sites = [("Ba", "Ti"), ("Sr", "Ti"), ("Ba", "Zr")]
    >>> rows = SiteDataset(sites, [0.0, 0.1, 0.2], SiteOneHot().fit(sites))
    >>> len(rows), rows[0][0].shape, rows[2][1]
    (3, torch.Size([4]), tensor(0.2000))
    """

    def __init__(self, table: Any, y: ArrayLike, encoder: Any) -> None:
        features, target = np.asarray(encoder.transform(table)), np.asarray(y)
        if len(features) != len(target):
            raise ArgumentError(f"{len(features)} rows but {len(target)} targets", where="y")
        self.X = torch.tensor(features, dtype=torch.float32)
        self.y = torch.tensor(target, dtype=torch.float32)

    def __len__(self) -> int:
        return len(self.y)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        return self.X[index], self.y[index]


def make_loader(
    dataset: Dataset[Any], *, batch_size: int = 256, shuffle: bool = True, seed: int = 0
) -> DataLoader[tuple[Tensor, ...]]:
    """Return a loader that yields the rows of a dataset in batches.

    Parameters
    ----------
    dataset : torch.utils.data.Dataset
        The rows.
    batch_size : int
        Rows of a batch; the last one may be smaller.
    shuffle : bool
        Whether each pass has an order of its own.
    seed : int
        Of these orders.

    Returns
    -------
    torch.utils.data.DataLoader
        Yields pairs of tensors of shapes (n_batch, n_features) and (n_batch,).
    """
    generator = torch.Generator().manual_seed(seed)
    return DataLoader(dataset, batch_size=batch_size, shuffle=shuffle, generator=generator)
