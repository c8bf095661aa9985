"""Regression by kernels: kernel ridge that chooses its penalty, and a Gaussian process that says how sure it is."""

from __future__ import annotations

from matterlearn.core.lazy import lazy_exports

__getattr__, __dir__ = lazy_exports(
    __name__,
    {
        "GaussianProcess": "matterlearn.models.kernel_machines.gaussian_process",
        "KernelRegressor": "matterlearn.models.kernel_machines.kernel_regressor",
    },
)
