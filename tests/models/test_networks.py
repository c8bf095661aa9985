"""One network: scikit-learn's contract, what training gives, what is said when it goes wrong, and its file."""

from __future__ import annotations

import copy
import io
import os
import pickle
import subprocess
import sys
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
import torch
from model_tampering import Stored
from sklearn.base import clone
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

import matterlearn as ml
from matterlearn.core.errors import ArgumentError, ModelFileError, TrainingError
from matterlearn.core.parallel import single_thread
from matterlearn.features import SiteOneHot
from matterlearn.models.networks import (
    EnsembleRegressor,
    MLPClassifier,
    MLPRegressor,
    SiteDataset,
    make_loader,
    train_epoch,
    validate_epoch,
)
from matterlearn.models.networks.layers import ACTIVATIONS
from matterlearn.models.networks.module import MODULES
from matterlearn.models.persistence import estimator_from_bytes, estimator_to_bytes

rng = np.random.default_rng(0)
X = rng.normal(size=(60, 4))
Y = np.sin(X[:, 0]) + X[:, 1] * X[:, 2] + 0.1 * rng.normal(size=60)
CLASSES = np.array(["metal", "indirect", "direct"])[np.digitize(Y, [-0.5, 0.5])]
SMALL = {"hidden_widths": (8,), "epochs": 5, "device": "cpu", "precision": "float64", "random_state": 0}


def regressor(**changes):
    return MLPRegressor(**{**SMALL, **changes})


def classifier(**changes):
    return MLPClassifier(**{**SMALL, **changes})


def arrays(network):
    return [*network.coefs_, *network.intercepts_]


def assert_equal(one, other):
    for left, right in zip(arrays(one), arrays(other), strict=True):
        np.testing.assert_array_equal(left, right)


@pytest.fixture(autouse=True)
def one_thread():
    """Small products are slower on two."""
    with single_thread():
        yield


# In float64, because a weight of 2 and a row twice are summed in another order, and Adam lets rounding grow.
CHECKED = {"hidden_widths": (16,), "learning_rate": 0.1, "epochs": 15, "precision": "float64", "device": "cpu"}


@parametrize_with_checks(
    [
        MLPRegressor(**CHECKED, random_state=0),
        MLPClassifier(**CHECKED, random_state=0),
        EnsembleRegressor(MLPRegressor(**CHECKED), 2, random_state=0),
    ]
)
def test_contract_of_scikit_learn(estimator, check):
    check(estimator)


# ---------------------------------------------------------------- training


def test_layers_and_number_of_parameters():
    network = regressor(hidden_widths=[8, 3]).fit(X, Y)
    assert [(line["layer"], line["read"], line["to"]) for line in network.layers_] == [
        ("hidden 1", 4, 8),
        ("hidden 2", 8, 3),
        ("output", 3, 1),
    ]
    assert (
        network.n_parameters_ == (4 * 8 + 8) + (8 * 3 + 3) + (3 + 1) == sum(line["total"] for line in network.layers_)
    )
    assert network.n_parameters_ == sum(part.numel() for part in network.to_module().parameters())
    linear = regressor(hidden_widths=()).fit(X, Y)
    np.testing.assert_allclose(linear.predict(X), X @ linear.coefs_[0][:, 0] + linear.intercepts_[0])
    assert classifier().fit(X, CLASSES).coefs_[-1].shape == (8, 3)


def test_the_loss_curve_is_the_mean_over_batches():
    """With steps too small to matter, it is the mean of what the batches have, which are of unequal sizes."""
    network = regressor(learning_rate=1e-15, batch_size=16, epochs=1).fit(X, Y)
    errors = (network.predict(X) - Y) ** 2
    order = next(clone(network)._job(X, Y).orders())
    batches = [errors[order[begin : begin + 16]].mean() for begin in range(0, 60, 16)]
    np.testing.assert_allclose(network.loss_curve_, [np.mean(batches)], rtol=1e-9)
    assert abs(np.mean(batches) - errors.mean()) > 1e-3


@pytest.mark.parametrize(
    ("loss", "of_row"),
    [
        ("squared", lambda e: e**2),
        ("absolute", np.abs),
        ("huber", lambda e: np.where(np.abs(e) < 1, 0.5 * e**2, np.abs(e) - 0.5)),
    ],
)
def test_losses_and_weights(loss, of_row):
    weights = rng.uniform(0.2, 2.0, 60)
    watched = (X[:20] + 0.5, 3.0 * Y[:20])
    network = regressor(loss=loss, learning_rate=1e-15, epochs=1).fit(X, Y, weights, validation=watched)
    errors = of_row(network.predict(X) - Y)
    np.testing.assert_allclose(network.loss_curve_, [(errors * weights).sum() / weights.sum()], rtol=1e-9)
    unweighted = of_row(network.predict(watched[0]) - watched[1]).mean()
    np.testing.assert_allclose(network.validation_curve_, [unweighted], rtol=1e-9)


@pytest.mark.parametrize("power", [-1000, 1015])
def test_only_the_ratios_of_weights_matter(power):
    weights = rng.uniform(0.2, 2.0, 60)
    one, other = (regressor(epochs=2).fit(X, Y, w) for w in (weights, np.ldexp(weights, power)))
    assert one.loss_curve_ == other.loss_curve_
    with np.errstate(all="raise"):  # their sum would overflow
        assert regressor(epochs=1).fit(X, Y, np.full(60, 1e308)).loss_curve_[0] > 0


def test_cross_entropy_and_class_weights():
    network = classifier(learning_rate=1e-15, epochs=1, class_weight={"metal": 3.0, "indirect": 1.0, "direct": 0.0})
    network.fit(X, CLASSES)
    chosen = network.predict_proba(X)[np.arange(60), np.searchsorted(network.classes_, CLASSES)]
    weights = np.select([CLASSES == "metal", CLASSES == "indirect"], [3.0, 1.0], 0.0)
    np.testing.assert_allclose(network.loss_curve_, [-(weights * np.log(chosen)).sum() / weights.sum()], rtol=1e-9)
    rare = np.where(np.arange(60) < 6, "rare", "often")
    rarely = {
        w: (
            classifier(class_weight=w, hidden_widths=(), epochs=100, learning_rate=0.1).fit(X, rare).predict(X)
            == "rare"
        ).sum()
        for w in (None, "balanced")
    }
    assert rarely["balanced"] > rarely[None] + 5
    by_hand = classifier(epochs=3).fit(X, rare, np.where(rare == "rare", 5.0, 60 / 108))
    np.testing.assert_allclose(classifier(epochs=3, class_weight="balanced").fit(X, rare).coefs_[0], by_hand.coefs_[0])


def test_what_weight_decay_does_where_the_data_say_nothing():
    rows, silent = np.zeros((10, 1)), {"hidden_widths": (), "learning_rate": 0.01, "momentum": 0.0, "epochs": 10}
    start = regressor(**silent, optimizer="sgd").fit(rows, rows[:, 0]).coefs_[0][0, 0]
    assert abs(start) > 0.15
    left = {
        optimizer: regressor(**silent, optimizer=optimizer, weight_decay=0.5).fit(rows, rows[:, 0]).coefs_[0][0, 0]
        for optimizer in ("sgd", "adamw", "adam")
    }
    shrunk = start * (1 - 0.01 * 0.5) ** 10
    assert [left["sgd"], left["adamw"]] == pytest.approx([shrunk, shrunk], rel=1e-12)
    assert left["adam"] == pytest.approx(start - np.sign(start) * 0.01 * 10, abs=0.01)  # ten steps of full size


def test_fitting_again_goes_on_with_warm_start():
    """Without momentum SGD has no memory, so twice five epochs are ten."""
    plain = {"optimizer": "sgd", "momentum": 0.0, "batch_size": 16, "warm_start": True, "validation_fraction": 0.2}
    once = regressor(**plain, epochs=10).fit(X, Y)
    twice = regressor(**plain, epochs=5).fit(X, Y)
    first = list(twice.loss_curve_)
    twice.fit(X, Y)
    assert_equal(once, twice)
    assert twice.loss_curve_ == once.loss_curve_
    assert twice.loss_curve_[:5] == first
    assert twice.validation_curve_ == once.validation_curve_
    assert (twice.n_epochs_, twice.best_epoch_) == (10, 10)
    cold = regressor(**{**plain, "warm_start": False}).fit(X, Y)
    assert_equal(cold, clone(cold).fit(X, Y).fit(X, Y))
    with pytest.raises(ArgumentError, match="warm_start"):
        twice.set_params(hidden_widths=(9,)).fit(X, Y)
    known = classifier(warm_start=True).fit(X, CLASSES)
    assert known.fit(X, np.where(CLASSES == "direct", "metal", "direct")).classes_.tolist() == [
        "direct",
        "indirect",
        "metal",
    ]
    with pytest.raises(ArgumentError, match="not in training: \\['superconductor'\\]"):
        known.fit(X, np.where(CLASSES == "metal", "superconductor", "direct"))


def test_early_stopping_takes_the_best_weights():
    """They are those of a training that ends there, and the watched rows have their smallest loss with them."""
    watched = (X[:15], Y[:15])
    network = regressor(learning_rate=0.05, epochs=100, patience=4).fit(X[15:], Y[15:], validation=watched)
    curve = network.validation_curve_
    assert 1 < network.best_epoch_ == int(np.argmin(curve)) + 1 == network.n_epochs_ - 4 < 96
    assert len(curve) == len(network.loss_curve_) == network.n_epochs_
    np.testing.assert_allclose(np.mean((network.predict(watched[0]) - watched[1]) ** 2), min(curve))
    assert_equal(network, regressor(learning_rate=0.05, epochs=network.best_epoch_).fit(X[15:], Y[15:]))


def test_a_fraction_is_watched():
    part = regressor(validation_fraction=0.25).fit(X, Y)
    learned, watched = part._split(60, Y, part.seed_)
    assert (len(learned), len(watched)) == (45, 15)
    assert sorted([*learned, *watched]) == list(range(60))
    given = regressor().fit(X[learned], Y[learned], validation=(X[watched], Y[watched]))
    assert_equal(part, given)
    np.testing.assert_allclose(part.validation_curve_, given.validation_curve_)
    assert regressor().fit(X, Y).validation_curve_ is None
    codes = np.repeat([0, 1, 2], [40, 19, 1])
    learned, watched = classifier(validation_fraction=0.25)._split(60, codes, 0)
    assert np.bincount(codes[watched]).tolist() == [10, 5]  # of each class a quarter, but not the only row of one
    assert len({tuple(classifier(validation_fraction=0.25)._split(60, codes, seed)[1]) for seed in range(3)}) == 3


def test_dropout_is_only_in_training():
    network = regressor(dropout=0.5, hidden_widths=(64,)).fit(X, Y)
    assert not np.array_equal(network.coefs_[0], regressor(hidden_widths=(64,)).fit(X, Y).coefs_[0])
    assert network.predict(X).tolist() == network.predict(X).tolist()
    watched = regressor(dropout=0.5).fit(X, Y, validation=(X, Y))
    np.testing.assert_allclose(watched.validation_curve_[-1], np.mean((watched.predict(X) - Y) ** 2))
    part = torch.zeros(1_000_000)
    kept = ml.models.networks.module.kept(part.shape, 0.3, torch.Generator().manual_seed(0), part)
    assert abs(float((kept == 0).float().mean()) - 0.3) < 3e-3
    assert abs(float(kept.mean()) - 1.0) < 5e-3


@pytest.mark.parametrize("activation", sorted(ACTIVATIONS))
def test_numpy_and_torch_compute_the_same(activation):
    x = np.linspace(-8.0, 8.0, 1001)
    np.testing.assert_allclose(ACTIVATIONS[activation](x), MODULES[activation]()(torch.tensor(x)).numpy(), atol=1e-14)
    network = regressor(activation=activation, hidden_widths=(8, 5), dropout=0.2, epochs=2).fit(X, Y)
    module = network.to_module()
    assert not module.training
    with torch.no_grad():
        np.testing.assert_allclose(module(torch.tensor(X))[:, 0].numpy(), network.predict(X), atol=1e-13)
        module[0].weight.zero_()  # of its own
    assert network.coefs_[0].any()
    names = [type(part).__name__.lower() for part in module]
    assert names == ["linear", activation, "linear", activation, "linear"]


def test_training_leaves_the_random_numbers_of_others_alone():
    torch.manual_seed(1)
    np.random.seed(1)
    expected = torch.rand(3).tolist(), np.random.rand(3).tolist()
    torch.manual_seed(1)
    np.random.seed(1)
    regressor(dropout=0.1).fit(X, Y)
    classifier().fit(X, CLASSES).to_module()
    assert (torch.rand(3).tolist(), np.random.rand(3).tolist()) == expected


def test_single_precision_is_the_default_and_near():
    one = MLPRegressor((8,), epochs=5, device="cpu", random_state=0).fit(X, Y)
    assert one.coefs_[0].dtype == np.float32
    assert one.predict(X).dtype == np.float64
    np.testing.assert_allclose(one.predict(X), regressor().fit(X, Y).predict(X), atol=1e-4)
    assert one.device_ == "cpu"


# ---------------------------------------------------------------- what goes wrong


@pytest.mark.parametrize(
    ("X", "y", "changes", "message"),
    [
        (X * 1e200, Y, {}, r"MLPRegressor, epoch 1: .*features reach \d.*e\+200; scale them.*StandardScaler"),
        (X, Y * 1e200, {}, r"epoch \d+: .*targets reach .*e\+200; scale them.*TransformedTargetRegressor"),
        (X, Y, {"optimizer": "sgd", "learning_rate": 1e9}, r"epoch \d+: .*learning_rate=1e\+09.*lower the learning"),
    ],
    ids=["features", "targets", "rate"],
)
def test_a_loss_that_is_no_number_says_when_and_why(X, y, changes, message):
    network = regressor(**changes)
    with pytest.raises(TrainingError, match=message):
        network.fit(X, y)
    with pytest.raises(Exception, match="not fitted yet"):
        network.predict(X)


def test_watched_rows_may_be_the_cause():
    with pytest.raises(TrainingError, match=r"features reach \d.*e\+200"):
        regressor().fit(X, Y, validation=(X * 1e200, Y))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"hidden_widths": (8, 0)}, r"hidden_widths: needs positive integers, got \(8, 0\)"),
        ({"hidden_widths": (8, 2.5)}, "hidden_widths: needs positive integers"),
        ({"hidden_widths": ["8"]}, "hidden_widths: needs positive integers"),
        ({"hidden_widths": [True]}, "hidden_widths: needs positive integers"),
        ({"hidden_widths": "256"}, "The 'hidden_widths' parameter .* must be an array-like. Got '256'"),
        ({"hidden_widths": 256}, "The 'hidden_widths' parameter .* must be an array-like. Got 256"),
        ({"hidden_widths": None}, "The 'hidden_widths' parameter .* must be an array-like. Got None"),
        ({"activation": "rellu"}, "The 'activation' parameter .* a str among .*'silu'.* Got 'rellu'"),
        ({"optimizer": "lbfgs"}, "The 'optimizer' parameter .* a str among .*'adamw'.* Got 'lbfgs'"),
        ({"learning_rate": 0.0}, r"The 'learning_rate' parameter .* in the range \(0.0, inf\)"),
        ({"learning_rate": float("inf")}, "The 'learning_rate' parameter"),
        ({"weight_decay": -1.0}, "The 'weight_decay' parameter"),
        ({"dropout": 1.0}, r"The 'dropout' parameter .* in the range \[0.0, 1.0\)"),
        ({"epochs": 0}, "The 'epochs' parameter"),
        ({"batch_size": 0}, "The 'batch_size' parameter"),
        ({"schedule": "plateau"}, "The 'schedule' parameter"),
        ({"precision": "float16"}, "The 'precision' parameter"),
        ({"loss": "cross-entropy"}, "The 'loss' parameter"),
        ({"validation_fraction": 1.0}, "The 'validation_fraction' parameter"),
        ({"validation_fraction": 0.999}, "validation_fraction: 0.999 of 60 rows leaves no row to learn from"),
        ({"patience": 3}, "patience: early stopping needs rows to watch; set validation_fraction"),
        ({"device": "cuda:99"}, "device: 'cuda:99' cannot be used here .*; use 'auto' or 'cpu'"),
        ({"device": "meta"}, "device: 'meta' cannot be used here"),
        ({"device": "gpu"}, "device: torch knows no 'gpu'; use 'auto' or 'cpu'"),
    ],
)
def test_parameters_that_cannot_be(changes, message):
    with pytest.raises(ValueError if "The '" in message else ArgumentError, match=message):
        regressor(**changes).fit(X, Y)


def test_data_that_cannot_be():
    with pytest.raises(ArgumentError, match=r"validation: needs a pair \(X, y\), got ndarray"):
        regressor().fit(X, Y, validation=X)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        regressor().fit(X, Y, validation=(X, Y[:5]))
    with pytest.raises(ValueError, match="y contains NaN"):
        regressor().fit(X, Y, validation=(X[:2], [0.0, np.nan]))
    with pytest.raises(ValueError, match="2 features"):
        regressor().fit(X, Y, validation=(X[:, :2], Y))
    with pytest.raises(ArgumentError, match="not in training"):
        classifier().fit(X, CLASSES, validation=(X[:1], ["semimetal"]))
    with pytest.raises(ArgumentError, match="one class: 'metal'"):
        classifier().fit(X, ["metal"] * 60)
    with pytest.raises(ArgumentError, match="leaves no row to watch"):
        classifier(validation_fraction=0.1).fit(X[:4], ["a", "b", "a", "b"])
    with pytest.raises(ArgumentError, match="class_weight: needs weights of at least 0"):
        classifier(class_weight={"metal": -1.0, "direct": 1.0, "indirect": 1.0}).fit(X, CLASSES)
    with pytest.raises(ValueError, match=r"[Nn]egative"):
        regressor().fit(X, Y, -np.ones(60))


# ---------------------------------------------------------------- an ensemble


def test_an_ensemble_is_the_mean_of_networks():
    ensemble = EnsembleRegressor(regressor(dropout=0.1), 3, random_state=0).fit(X, Y)
    members = ensemble.predict_members(X)
    assert members.shape == (60, 3)
    mean, spread = ensemble.predict_with_spread(X)
    np.testing.assert_array_equal(mean, ensemble.predict(X))
    np.testing.assert_allclose(mean, members.mean(axis=1))
    np.testing.assert_allclose(spread, members.std(axis=1))
    assert spread.min() > 0
    for member in ensemble.networks_:  # each of them can be had alone
        np.testing.assert_allclose(clone(member).fit(X, Y).coefs_[0], member.coefs_[0], atol=1e-10)


def test_bootstrap_draws_rows_in_proportion_to_nothing_but_chance():
    ensemble = EnsembleRegressor(regressor(), 2, bootstrap=True, random_state=0)
    half = np.arange(60.0) >= 30
    left_out = clone(ensemble).fit(X, Y, half)
    np.testing.assert_allclose(left_out.predict(X), clone(ensemble).fit(X[30:], Y[30:]).predict(X), atol=1e-10)
    one, other = left_out.networks_
    with pytest.raises(AssertionError):  # they saw other rows
        np.testing.assert_allclose(
            clone(one).set_params(random_state=1).fit(X[30:], Y[30:]).predict(X), other.predict(X)
        )


def test_an_ensemble_of_what_cannot_be():
    for arguments in ({"network": Ridge()}, {"n_networks": 0}, {"bootstrap": "yes"}):
        with pytest.raises(ValueError, match=f"'{next(iter(arguments))}' parameter of EnsembleRegressor"):
            EnsembleRegressor(**{"network": regressor(), **arguments}).fit(X, Y)
    with pytest.raises(TrainingError, match="learning_rate"):
        EnsembleRegressor(regressor(optimizer="sgd", learning_rate=1e9), 2).fit(X, Y)


# ---------------------------------------------------------------- the way of PyTorch


SITES = pd.DataFrame({"A": ["Ba", "Sr", "Ca"] * 7, "B": ["Ti"] * 10 + ["Zr"] * 11})


def test_rows_as_a_dataset_and_their_batches():
    y = np.arange(21.0)
    rows = SiteDataset(SITES, y, SiteOneHot().fit(SITES))
    assert len(rows) == 21
    assert (rows.X.shape, rows.X.dtype, rows.y.dtype) == ((21, 5), torch.float32, torch.float32)
    assert rows.X.sum(1).tolist() == [2.0] * 21
    loader = make_loader(rows, batch_size=8, seed=1)
    shapes = [(tuple(inputs.shape), tuple(target.shape)) for inputs, target in loader]
    assert shapes == [((8, 5), (8,)), ((8, 5), (8,)), ((5, 5), (5,))]
    passes = [torch.cat([target for _, target in loader]).tolist() for _ in range(2)]
    assert sorted(passes[0]) == sorted(passes[1]) == y.tolist()
    assert passes[0] != passes[1]
    again = make_loader(rows, batch_size=8, seed=1)
    list(again)
    assert [torch.cat([target for _, target in again]).tolist() for _ in range(2)] == passes
    in_order = make_loader(rows, shuffle=False)
    assert [target.tolist() for _, target in in_order] == [y.tolist()]
    with pytest.raises(ArgumentError, match="21 rows but 3 targets"):
        SiteDataset(SITES, y[:3], SiteOneHot().fit(SITES))


@pytest.mark.parametrize("squeeze", [False, True])
def test_an_epoch_by_hand(squeeze):
    """Outputs (n, 1) beside targets (n,) are compared row by row, as outputs (n,) are."""
    rows = SiteDataset(SITES, np.sin(np.arange(21.0)), SiteOneHot().fit(SITES))
    linear = torch.nn.Linear(5, 1)
    module = torch.nn.Sequential(linear, torch.nn.Flatten(0)) if squeeze else linear
    expected = [
        ((linear(inputs)[:, 0] - target) ** 2).mean().item() for inputs, target in make_loader(rows, batch_size=8)
    ]
    assert len(expected) == 3
    assert validate_epoch(module, make_loader(rows, batch_size=8)) == pytest.approx(np.mean(expected), rel=1e-6)
    assert not module.training
    before = linear.weight.tolist()
    still = torch.optim.SGD(module.parameters(), lr=0.0)
    assert train_epoch(module, make_loader(rows, batch_size=8), still) == pytest.approx(np.mean(expected), rel=1e-6)
    assert module.training
    assert linear.weight.tolist() == before
    adam = torch.optim.Adam(module.parameters(), lr=0.1)
    losses = [train_epoch(module, make_loader(rows, batch_size=8), adam) for _ in range(20)]
    assert losses[-1] < losses[0]
    absolute = validate_epoch(linear, [(rows.X, rows.y[:, None])], torch.nn.functional.l1_loss)
    assert absolute == pytest.approx((linear(rows.X)[:, 0] - rows.y).abs().mean().item())


# ---------------------------------------------------------------- copies and files


CHILD = """
import io, sys
import numpy as np
from matterlearn.models.persistence import estimator_from_bytes
with np.load(sys.argv[1], allow_pickle=False) as stored:
    X, files = stored["X"], [stored[name].tobytes() for name in ("network", "classes", "ensemble")]
predictions = [estimator_from_bytes(data).predict(X).tolist() for data in files]
assert "torch" not in sys.modules, "torch"
from matterlearn import MLPRegressor
network = MLPRegressor((8,), epochs=5, device="cpu", random_state=0, dropout=0.2).fit(X, X[:, 0])
print(repr([*predictions, network.predict(X).tolist()]))
"""


def test_a_fresh_process_predicts_without_torch_and_trains_to_the_same_numbers(tmp_path):
    fitted = [
        regressor().fit(X, Y),
        classifier().fit(X, CLASSES),
        EnsembleRegressor(regressor(), 2, random_state=0).fit(X, Y),
    ]
    files = [np.frombuffer(estimator_to_bytes(one), dtype=np.uint8) for one in fitted]
    np.savez(tmp_path / "stored.npz", X=X, **dict(zip(("network", "classes", "ensemble"), files, strict=True)))
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(tmp_path / "stored.npz")],
        env={**os.environ, "PYTHONPATH": str(Path(ml.__file__).parents[1]), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=250,
    )
    assert done.returncode == 0, done.stderr[-500:]
    trained = MLPRegressor((8,), epochs=5, device="cpu", random_state=0, dropout=0.2).fit(X, X[:, 0])
    assert done.stdout.strip() == repr([one.predict(X).tolist() for one in (*fitted, trained)])


FITTED = {
    "regressor": regressor(validation_fraction=0.2, patience=2, hidden_widths=(8, 5)).fit(X, Y),
    "classifier": classifier(class_weight="balanced").fit(X, CLASSES.astype(object)),
    "ensemble": EnsembleRegressor(regressor(), 2, random_state=0).fit(X, Y),
    "pipeline": make_pipeline(StandardScaler(), MLPRegressor((8,), epochs=2, random_state=0)).fit(X, Y),
}


@pytest.mark.parametrize("name", FITTED)
def test_copies_predict_the_same(name):
    one = FITTED[name]
    buffer = io.BytesIO()
    joblib.dump(one, buffer)
    buffer.seek(0)
    data = estimator_to_bytes(one)
    read = estimator_from_bytes(data)
    for other in (pickle.loads(pickle.dumps(one)), joblib.load(buffer), copy.deepcopy(one), read):
        np.testing.assert_array_equal(other.predict(X), one.predict(X))
    assert estimator_to_bytes(read) == data
    if name != "pipeline":
        assert estimator_to_bytes(clone(one).fit(X, CLASSES.astype(object) if name == "classifier" else Y)) == data


def attribute(kind, name, change, number=0):
    """Change an array among those that an attribute lists."""

    def apply(stored):
        node = stored.attribute(kind, name)["content"][number]
        stored.set_array(node, change(stored.array(node)))

    return apply


def fewer(kind, name):
    def apply(stored):
        stored.attribute(kind, name)["content"].pop()

    return apply


CRAFTED = {
    "a layer that reads too much": ("regressor", attribute("MLPRegressor", "coefs_", lambda a: np.vstack([a, a]), 1)),
    "a layer for other rows": ("regressor", attribute("MLPRegressor", "coefs_", lambda a: a[:-1])),
    "weights that are a vector": ("regressor", attribute("MLPRegressor", "coefs_", lambda a: a.ravel())),
    "weights that are a stack": ("regressor", attribute("MLPRegressor", "coefs_", lambda a: np.stack([a] * 9))),
    "weights that are texts": ("regressor", attribute("MLPRegressor", "coefs_", lambda a: a.astype("U20"))),
    "weights that are whole": ("regressor", attribute("MLPRegressor", "coefs_", lambda a: a.astype(np.int64))),
    "weights that are no numbers": ("regressor", attribute("MLPRegressor", "coefs_", lambda a: a * np.nan)),
    "intercepts that fill the memory": (
        "regressor",
        attribute("MLPRegressor", "intercepts_", lambda a: np.zeros((5000, len(a)))),
    ),
    "intercepts of nothing": ("regressor", attribute("MLPRegressor", "intercepts_", lambda a: a[:0], 2)),
    "a layer without intercepts": ("regressor", fewer("MLPRegressor", "intercepts_")),
    "two outputs": ("regressor", fewer("MLPRegressor", "coefs_")),
    "an activation that is none": (
        "regressor",
        lambda stored: stored.set_attribute("MLPRegressor", "activation", "exec"),
    ),
    "more features than there are": (
        "regressor",
        lambda stored: stored.set_attribute("MLPRegressor", "n_features_in_", 10),
    ),
    "a method of its own": ("regressor", lambda stored: stored.set_attribute("MLPRegressor", "predict", 1)),
    "more outputs than classes": (
        "classifier",
        attribute("MLPClassifier", "coefs_", lambda a: np.hstack([a, a]), 1),
    ),
    "an ensemble of nothing": (
        "ensemble",
        lambda stored: stored.attribute("EnsembleRegressor", "networks_").update(content=[]),
    ),
    "an ensemble with other rows": (
        "ensemble",
        lambda stored: stored.set_attribute("EnsembleRegressor", "n_features_in_", 3),
    ),
}


@pytest.mark.parametrize("name", CRAFTED)
def test_crafted_networks_are_refused(name):
    which, change = CRAFTED[name]
    stored = Stored(estimator_to_bytes(FITTED[which]))
    np.testing.assert_array_equal(estimator_from_bytes(stored.data()).predict(X), FITTED[which].predict(X))
    change(stored)
    with pytest.raises(ModelFileError) as caught:
        estimator_from_bytes(stored.data())
    assert "\n" not in str(caught.value)
