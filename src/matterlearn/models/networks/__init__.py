"""Networks of fully connected layers in PyTorch: one, or many trained as one."""

from __future__ import annotations

from matterlearn.core.lazy import lazy_exports

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
