"""How long the grid search of the perovskite exercise takes: as one program, and network after network.

    python benchmarks/mlp_stack.py [--device cuda]

The grid: hidden layers (512, 256, 128), (256, 128, 64), (128, 64, 32); learning rates 1e-3, 1e-4, 1e-5; weight decays
0.01, 0.001, 0.0001; each on the training rows of 5 folds: 135 networks, batches of 256, 250 epochs, Adam. The rows are
drawn here in the shape of the exercise's: one bit for each of two sites, 68 elements. Compared are

- `stack`: `fit_networks`, all of its epochs;
- `loader`: the loop every course shows (`DataLoader` over a `Dataset`, torch's own Adam), on one thread and on all;
- `single`: `MLPRegressor.fit`, one network after the other, on one thread.

The last two do the same work in every epoch, so they run fewer epochs (`--epochs-one-by-one`) of all 135 networks and
their times are scaled; the first epoch of each network is included. That the weights come out equal is what
`tests/models/test_network_stack.py` shows. Numbers go to `benchmarks/results/mlp_stack.json`, or `mlp_stack_cuda.json`.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import time
from collections.abc import Callable
from importlib.metadata import version
from itertools import pairwise, product
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sklearn.model_selection import KFold
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from matterlearn.models.networks import MLPRegressor, Rows, fit_networks, train_epoch

RESULTS = Path(__file__).parent / "results"
WIDTHS = ((512, 256, 128), (256, 128, 64), (128, 64, 32))
RATES = (1e-3, 1e-4, 1e-5)
DECAYS = (0.01, 0.001, 0.0001)
BATCH = 256
N_ROWS, N_ELEMENTS = 1_233, 68
N_FOLDS = 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--epochs", type=int, default=250, help="epochs of the stack")
    parser.add_argument("--epochs-one-by-one", type=int, default=10, help="epochs of the two loops")
    parser.add_argument("--device", default="cpu")
    options = parser.parse_args()

    X, y = one_hot_rows()
    folds = [(X[train], y[train]) for train, _ in KFold(N_FOLDS, shuffle=True, random_state=0).split(X)]
    grid = list(product(WIDTHS, RATES, DECAYS))
    threads = torch.get_num_threads()
    factor = options.epochs / options.epochs_one_by_one
    fit_stack(grid, folds, 1, options.device)  # loads what is loaded on first use
    seconds = {"stack": timed(lambda: fit_stack(grid, folds, options.epochs, options.device))}
    seconds["loader"], by_threads = float("inf"), {}
    for count in sorted({1, threads}):
        torch.set_num_threads(count)
        taken = factor * timed(lambda: fit_loaders(grid, folds, options.epochs_one_by_one, options.device))
        by_threads[str(count)] = taken
        seconds["loader"] = min(seconds["loader"], taken)
    torch.set_num_threads(threads)
    seconds["single"] = factor * timed(lambda: fit_singles(grid, folds, options.epochs_one_by_one, options.device))
    results = {
        "what": f"{len(grid)} networks x {N_FOLDS} folds, {options.epochs} epochs, seconds",
        "seconds": seconds,
        "loader_by_threads": by_threads,
        "ratio_to_loader": seconds["loader"] / seconds["stack"],
        "ratio_to_single": seconds["single"] / seconds["stack"],
        "epochs_measured": {
            "stack": options.epochs,
            "loader": options.epochs_one_by_one,
            "single": options.epochs_one_by_one,
        },
        "machine": {
            "device": torch.cuda.get_device_name() if options.device.startswith("cuda") else "processor",
            "cpus": os.cpu_count(),
            "threads": threads,
            "python": platform.python_version(),
            "torch": version("torch").partition("+")[0],
        },
    }
    name = "mlp_stack.json" if options.device == "cpu" else "mlp_stack_cuda.json"
    (RESULTS / name).write_text(json.dumps(rounded(results), indent=2) + "\n")
    print(json.dumps(rounded(results), indent=2))


def one_hot_rows() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    sites = rng.integers(N_ELEMENTS, size=(N_ROWS, 2))
    X = np.zeros((N_ROWS, 2 * N_ELEMENTS))
    X[np.arange(N_ROWS), sites[:, 0]] = 1.0
    X[np.arange(N_ROWS), N_ELEMENTS + sites[:, 1]] = 1.0
    return X, X @ rng.normal(size=X.shape[1]) + 0.3 * rng.normal(size=N_ROWS)


def network(widths: tuple[int, ...], rate: float, decay: float, epochs: int, device: str) -> MLPRegressor:
    return MLPRegressor(
        widths, learning_rate=rate, weight_decay=decay, batch_size=BATCH, epochs=epochs, device=device, random_state=0
    )


def fit_stack(grid: Any, folds: Any, epochs: int, device: str) -> None:
    data = [Rows(*fold) for fold in folds]
    jobs = [(network(*point, epochs, device), rows) for point in grid for rows in data]
    fit_networks([job for job, _ in jobs], [rows for _, rows in jobs], device=device)


def fit_singles(grid: Any, folds: Any, epochs: int, device: str) -> None:
    for point in grid:
        for X, y in folds:
            network(*point, epochs, device).fit(X, y)


def fit_loaders(grid: Any, folds: Any, epochs: int, device: str) -> None:
    for widths, rate, decay in grid:
        for X, y in folds:
            rows = TensorDataset(*(torch.tensor(part, dtype=torch.float32) for part in (X, y[:, None])))
            loader = DataLoader(rows, BATCH, shuffle=True)
            sizes = (X.shape[1], *widths)
            parts = [layer for a, b in pairwise(sizes) for layer in (nn.Linear(a, b), nn.ReLU())]
            module = nn.Sequential(*parts, nn.Linear(widths[-1], 1)).to(device)
            optimizer = torch.optim.Adam(module.parameters(), rate, weight_decay=decay)
            for _ in range(epochs):
                train_epoch(module, loader, optimizer)


def timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: rounded(entry) for key, entry in value.items()}
    return float(f"{value:.4g}") if isinstance(value, float) else value


if __name__ == "__main__":
    main()
