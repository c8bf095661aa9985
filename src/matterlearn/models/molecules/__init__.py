"""Networks over conformers in PyTorch."""

from __future__ import annotations

from matterlearn.core.lazy import lazy_exports
from matterlearn.models import networks as networks  # it says how torch's threads are to wait, before torch is loaded

__getattr__, __dir__ = lazy_exports(
    __name__,
    {"DistanceNetworkRegressor": "matterlearn.models.molecules.distance_network"},
)
