"""Hidden layers that are all of one width, as two numbers that a search can vary."""

from __future__ import annotations

from collections.abc import Sequence
from typing import overload

from sklearn.base import BaseEstimator


class EvenWidths(BaseEstimator, Sequence[int]):
    """Widths of hidden layers: `n_layers` times `width`, in the place of a tuple.

    As a part of a network its two parameters have names that scikit-learn knows, such as `hidden_widths__width`.

    Parameters
    ----------
    n_layers : int
        Number of hidden layers.
    width : int
        Neurons of each.

    Examples
    --------
    >>> from matterlearn.models.networks import MLPRegressor
    >>> network = MLPRegressor(EvenWidths(1, 50)).set_params(hidden_widths__n_layers=2)
    >>> tuple(network.hidden_widths)
    (50, 50)
    """

    def __init__(self, n_layers: int = 1, width: int = 64) -> None:
        self.n_layers = n_layers
        self.width = width

    def __len__(self) -> int:
        return self.n_layers

    @overload
    def __getitem__(self, index: int) -> int: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[int, ...]: ...

    def __getitem__(self, index: int | slice) -> int | tuple[int, ...]:
        return ((self.width,) * self.n_layers)[index]
