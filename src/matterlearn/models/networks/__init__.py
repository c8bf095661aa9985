"""Networks of fully connected layers in PyTorch: one, or many trained as one."""

from __future__ import annotations

import os

from matterlearn.core.lazy import lazy_exports

# Read when torch is loaded. Its threads would wait for each other busily, and where other programs want the processors
# too, everything takes ten times as long.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

__getattr__, __dir__ = lazy_exports(
    __name__,
    {
        "EnsembleRegressor": "matterlearn.models.networks.ensemble",
        "MLPClassifier": "matterlearn.models.networks.classifier",
        "MLPRegressor": "matterlearn.models.networks.regressor",
        "MLPStack": "matterlearn.models.networks.mlp_stack",
        "Rows": "matterlearn.models.networks.job",
        "SiteDataset": "matterlearn.models.networks.site_dataset",
        "fit_networks": "matterlearn.models.networks.fitting",
        "make_loader": "matterlearn.models.networks.site_dataset",
        "train_epoch": "matterlearn.models.networks.epochs",
        "validate_epoch": "matterlearn.models.networks.epochs",
    },
)
