"""The network in PyTorch: what it computes, on which rows it learns, and what the penalties are."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np
import pytest
import torch

from matterlearn.models.networks import make_loader
from matterlearn.studies import cases, torch_models
from matterlearn.studies.page import StudyPage
from matterlearn.studies.parts.devices import add_device
from matterlearn.studies.penalties import compare_penalties
from matterlearn.studies.run import StudyRun
from matterlearn.studies.torch_network import Perceptron, predict, train

RNG = np.random.default_rng(0)
X = RNG.normal(size=(24, 3))
Y = X @ [0.5, -1.0, 0.25] + 0.3
RUN = StudyRun("perovskites", quick=True, demo=True, seed=2, workers=1, say=lambda message: None)


def test_a_network_computes_what_its_layers_say() -> None:
    network = Perceptron(3, (5, 4), seed=1)
    state = {name: value.numpy() for name, value in network.state_dict().items()}
    hidden = np.maximum(X.astype(np.float32) @ state["layers.0.weight"].T + state["layers.0.bias"], 0)
    hidden = np.maximum(hidden @ state["layers.2.weight"].T + state["layers.2.bias"], 0)
    expected = (hidden @ state["layers.4.weight"].T + state["layers.4.bias"])[:, 0]
    np.testing.assert_allclose(predict(network, X), expected, atol=1e-6)
    assert sum(part.numel() for part in network.parameters()) == 4 * 5 + 6 * 4 + 5
    assert network(torch.zeros(7, 3)).shape == (7,)
    np.testing.assert_array_equal(predict(Perceptron(3, (5, 4), seed=1), X), predict(network, X))
    assert not np.array_equal(predict(Perceptron(3, (5, 4), seed=2), X), predict(network, X))


def test_training_learns_and_a_strong_decay_leaves_a_constant() -> None:
    rows = torch.utils.data.TensorDataset(torch.tensor(X, dtype=torch.float32), torch.tensor(Y, dtype=torch.float32))
    loader, watched = make_loader(rows, batch_size=8), make_loader(rows, batch_size=24, shuffle=False)
    network = Perceptron(3, (16,), seed=0)
    losses = train(network, loader, watched, epochs=60, learning_rate=0.02, weight_decay=0.0)
    assert len(losses.training) == len(losses.validation) == 60
    assert losses.validation[-1] < 0.1 * losses.validation[0]
    assert losses.validation[-1] == pytest.approx(np.mean((predict(network, X) - Y) ** 2), rel=1e-4)
    strong = Perceptron(3, (16,), seed=0)
    train(strong, loader, watched, epochs=60, learning_rate=0.02, weight_decay=50.0)
    assert np.ptp(predict(strong, X)) < 1e-3 < np.ptp(Y)


@pytest.mark.parametrize("decay", [0.02, 0.0])
def test_penalties(decay: float) -> None:
    settings: dict[str, Any] = {"learning_rate": 1e-2, "widths": (8, 6), "steps": 8, "seed": 3}
    found = compare_penalties(X, Y, decay=decay, **settings)
    same = {"half", "matched_weights_only"}
    assert found.matched_alpha == decay * len(X) / 2
    assert found.moved > 0.02
    for name, difference in asdict(found).items():
        if name in ("moved", "matched_alpha"):
            continue
        if name in same or decay == 0:  # without a penalty all of them are Adam
            assert difference < 1e-12, name
        else:
            assert difference > 1e-4, name


@pytest.fixture(scope="module")
def case() -> cases.Case:
    return cases.unalloyed_perovskites(RUN)


def test_rows_and_scales(case: cases.Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch_models, "QUICK_EPOCHS", 1)
    monkeypatch.setattr(torch_models, "WIDTHS", (4,))
    results = torch_models.fit_torch(case, RUN)
    rows = results.rows
    learned, test = case.random_split(RUN.seed)
    assert sorted(np.concatenate([rows["train"], rows["validation"]])) == sorted(learned)
    np.testing.assert_array_equal(rows["test"], test)
    np.testing.assert_array_equal(rows["hold-out"], np.flatnonzero(case.held_out))
    assert len(rows["validation"]) == pytest.approx(0.1 * len(learned), abs=2)
    for name, fit in results.fits.items():
        for part, positions in rows.items():
            inputs = np.asarray(fit.encoder.transform(case.X.iloc[positions]))
            np.testing.assert_allclose(fit.predictions[part], predict(fit.network, inputs), atol=1e-6, err_msg=name)
    scaled = results.fits[torch_models.DESCRIPTORS].encoder
    assert np.abs(scaled.transform(case.X.iloc[rows["train"]]).mean(axis=0)).max() < 1e-9
    assert np.abs(scaled.transform(case.X.iloc[rows["test"]]).mean(axis=0)).max() > 1e-3


def test_the_device_check() -> None:
    page = StudyPage("Example", RUN)
    page.section("Device")
    add_device(page, torch.device("cpu"), torch.arange(6.0).reshape(2, 3))
    assert page.numbers == {
        "torch_device": "cpu",
        "torch_device_is_gpu": False,
        "torch_moved_shape": "(2, 3)",
        "torch_n_moved": 6,
    }
    assert "no graphics processor" in page._sections[0].blocks[0]["pieces"][0].text
