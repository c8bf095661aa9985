"""Fit our Gaussian process and scikit-learn's on the same rows: seconds, and how likely what they find is.

    python benchmarks/gaussian_process.py [ROWS ...]

The target is a smooth law of six hidden numbers with noise; the features are 50 mixtures of them. Both fit amplitude,
one length scale and noise of a Matern 5/2 kernel by L-BFGS with exact slopes, from one start for scikit-learn and from
several on few rows for ours. One thread; processor time, which other programs disturb least. By default 300, 1,000 and
2,000 rows, and 3,000 for ours alone, with 700 features. Writes benchmarks/results/gaussian_process.json.
"""

from __future__ import annotations

import json
import os
import platform
import sys
import time
import warnings
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel

from matterlearn.core.parallel import single_thread
from matterlearn.models.kernel_machines import GaussianProcess, KernelRegressor

RESULT = Path(__file__).parent / "results" / "gaussian_process.json"


def main(sizes: list[int]) -> None:
    results: dict[str, Any] = {"features": 50, "sizes": {}}
    for n in sizes:
        X, y, new, truth = law(n, 50)
        center = y.mean()  # scikit-learn's has no mean of its own
        ours, seconds = timed(lambda X=X, y=y: GaussianProcess().fit(X, y))
        kernel = ConstantKernel(y.var(), (1e-3, 1e4)) * Matern(10.0, (0.1, 1e4), nu=2.5) + WhiteKernel(0.1, (1e-6, 1e2))
        theirs, their_seconds = timed(
            lambda X=X, y=y, c=center, kernel=kernel: GaussianProcessRegressor(kernel, alpha=0.0).fit(X, y - c)
        )
        results["sizes"][n] = {
            "seconds": round(seconds, 2),
            "scikit_learn_seconds": round(their_seconds, 2),
            "ratio": round(their_seconds / seconds, 1),
            "log_likelihood": round(ours.log_marginal_likelihood_, 2),
            "scikit_learn_log_likelihood": round(theirs.log_marginal_likelihood_value_, 2),
            "mae": round(float(np.abs(ours.predict(new) - truth).mean()), 4),
            "scikit_learn_mae": round(float(np.abs(theirs.predict(new) + center - truth).mean()), 4),
        }
        print(n, results["sizes"][n], flush=True)
    X, y, new, truth = law(3_000, 700)
    wide: dict[str, Any] = {"rows": 3_000, "features": 700}
    for name, model in (("gaussian_process", GaussianProcess()), ("kernel_regressor", KernelRegressor())):
        fitted, wide[f"{name}_seconds"] = timed(lambda model=model: model.fit(X, y))
        wide[f"{name}_mae"] = round(float(np.abs(fitted.predict(new) - truth).mean()), 4)
    mean, sd = GaussianProcess().fit(X[:1_000], y[:1_000]).predict(new, return_std=True, with_noise=False)
    wide["share_within_90_percent_1000_rows"] = round(float(np.mean(np.abs(mean - truth) < 1.645 * sd)), 3)
    results["wide"] = {key: round(value, 3) for key, value in wide.items()}
    results["machine"] = {
        "cpus": os.cpu_count(),
        "python": platform.python_version(),
        "sklearn": version("scikit-learn"),
    }
    RESULT.write_text(json.dumps(results, indent=1) + "\n")
    print(json.dumps(results["wide"]))


def law(n: int, n_features: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    Z = rng.normal(size=(n + 500, 6))
    X = Z @ rng.normal(size=(6, n_features)) / 3 + 0.02 * rng.normal(size=(n + 500, n_features))
    f = np.sin(Z[:, 0]) + Z[:, 1] * Z[:, 2] + np.cos(2 * Z[:, 3])
    return X[:n], f[:n] + 0.1 * rng.normal(size=n), X[n:], f[n:]


def timed(fit: Callable[..., Any]) -> tuple[Any, float]:
    with single_thread(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of bounds that were met
        start = time.process_time()
        fitted = fit()
        return fitted, time.process_time() - start


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]] or [300, 1_000, 2_000])
