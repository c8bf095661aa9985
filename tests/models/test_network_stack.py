"""Networks trained together go the way each would go alone, and that is the way plain PyTorch goes."""

from __future__ import annotations

import copy
import math

import numpy as np
import pytest
import sklearn.neural_network
import torch
from sklearn.base import clone
from torch import nn

from matterlearn.core.errors import ArgumentError, TrainingError
from matterlearn.core.parallel import single_thread
from matterlearn.models.networks import MLPClassifier, MLPRegressor, MLPStack, Rows, fit_networks, fitting, stack

rng = np.random.default_rng(0)
X = rng.normal(size=(60, 5))
Y = np.sin(X[:, 0]) + X[:, 1] * X[:, 2] + 0.1 * rng.normal(size=60)
CLASSES = np.array(["metal", "indirect", "direct"])[np.digitize(Y, [-0.5, 0.5])]


@pytest.fixture(autouse=True)
def one_thread():
    """Small products are slower on two."""
    with single_thread():
        yield


def network(kind=MLPRegressor, **changes):
    """A network whose 60 rows make three full batches and a short one."""
    small = {
        "hidden_widths": (7, 6),
        "batch_size": 16,
        "epochs": 20,
        "device": "cpu",
        "precision": "float64",
        "learning_rate": 1e-2,
        "random_state": 0,
    }
    return kind(**{**small, **changes})


def assert_same(found, expected):
    assert (found.seed_, found.n_epochs_, found.best_epoch_) == (
        expected.seed_,
        expected.n_epochs_,
        expected.best_epoch_,
    )
    for one, other in zip([*found.coefs_, *found.intercepts_], [*expected.coefs_, *expected.intercepts_], strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-10)
    np.testing.assert_allclose(found.loss_curve_, expected.loss_curve_, rtol=0, atol=1e-10)
    assert (found.validation_curve_ is None) == (expected.validation_curve_ is None)
    if found.validation_curve_ is not None:
        np.testing.assert_allclose(found.validation_curve_, expected.validation_curve_, rtol=0, atol=1e-10)


def assert_as_alone(networks, data, **options):
    """Train together and one after the other; return what was trained together."""
    together = fit_networks(networks, data, device="cpu", **options)
    for one, rows, found in zip(networks, data, together, strict=True):
        alone = clone(one).fit(rows.X, rows.y, rows.sample_weight, validation=rows.validation)
        assert_same(found, alone)
    return together


# ---------------------------------------------------------------- one network is what PyTorch does


def plain_pytorch(one, X, y):
    """The loop of any course, from the same weights and with the same order of rows."""
    job = one._job(X, y)
    parts = []
    for weights, intercepts in job.first_layers():
        linear = nn.Linear(*weights.shape, dtype=torch.float64)
        linear.weight.data = torch.tensor(weights.T.copy())
        linear.bias.data = torch.tensor(intercepts)
        parts += [linear, nn.Tanh()]
    module = nn.Sequential(*parts[:-1])
    rate, decay = one.learning_rate, one.weight_decay
    if one.optimizer == "sgd":
        optimizer = torch.optim.SGD(module.parameters(), lr=rate, weight_decay=decay, momentum=one.momentum)
    else:
        kind = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[one.optimizer]
        optimizer = kind(module.parameters(), lr=rate, weight_decay=decay)
    factor = {
        "constant": lambda part: 1.0,
        "linear": lambda part: 1.0 - part,
        "cosine": lambda part: 0.5 + 0.5 * math.cos(math.pi * part),
    }[one.schedule]
    rows, target = torch.tensor(X), torch.tensor(y)
    curve = []
    for epoch, order in zip(range(one.epochs), job.orders(), strict=False):
        optimizer.param_groups[0]["lr"] = rate * factor(epoch / one.epochs)
        losses = []
        for begin in range(0, len(y), one.batch_size):
            chosen = order[begin : begin + one.batch_size]
            optimizer.zero_grad()
            loss = ((module(rows[chosen])[:, 0] - target[chosen]) ** 2).mean()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        curve.append(sum(losses) / len(losses))
    return [part for part in module if isinstance(part, nn.Linear)], curve


@pytest.mark.parametrize("optimizer", ["adam", "adamw", "sgd"])
@pytest.mark.parametrize("schedule", ["constant", "cosine", "linear"])
def test_one_network_is_plain_pytorch(optimizer, schedule):
    one = network(activation="tanh", optimizer=optimizer, schedule=schedule, weight_decay=0.02)
    one.fit(X, Y)
    linears, curve = plain_pytorch(clone(one), X, Y)
    assert len(linears) == len(one.coefs_) == 3
    for linear, weights, intercepts in zip(linears, one.coefs_, one.intercepts_, strict=True):
        np.testing.assert_allclose(weights, linear.weight.detach().numpy().T, rtol=0, atol=1e-10)
        np.testing.assert_allclose(intercepts, linear.bias.detach().numpy(), rtol=0, atol=1e-10)
    np.testing.assert_allclose(one.loss_curve_, curve, rtol=0, atol=1e-10)  # means over batches


def in_scikit_learn(one, alpha, **changes):
    """A network of scikit-learn with the weights of ours, its optimiser fresh."""
    theirs = sklearn.neural_network.MLPRegressor(
        hidden_layer_sizes=(7, 6),
        activation="tanh",
        alpha=alpha,
        batch_size=len(X),
        shuffle=False,
        max_iter=1,
        warm_start=True,
        momentum=0.0,
        nesterovs_momentum=False,
        **changes,
    ).fit(X, Y)
    for mine, their in zip([*one.coefs_, *one.intercepts_], [*theirs.coefs_, *theirs.intercepts_], strict=True):
        their[...] = mine
    return theirs


@pytest.mark.filterwarnings("ignore:Stochastic Optimizer:sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize(("optimizer", "steps", "atol"), [("sgd", 5, 1e-12), ("adam", 1, 1e-12), ("adam", 5, 1e-6)])
def test_steps_of_scikit_learn(optimizer, steps, atol):
    """Its squared error has a half that ours has not: for SGD that is half of the rate, and Adam does not mind.

    Adam's epsilon is added there before the second moment is corrected, so that the first step alone is equal.
    """
    one = network(activation="tanh", optimizer=optimizer, momentum=0.0, batch_size=60, epochs=steps, warm_start=True)
    one.fit(X, Y)
    epsilon = 1e-8 * math.sqrt(1 - 0.999) / 2
    theirs = in_scikit_learn(one, 0.0, solver=optimizer, learning_rate_init=0.01, epsilon=epsilon)
    one.set_params(learning_rate=0.005 if optimizer == "sgd" else 0.01).fit(X, Y)
    theirs.set_params(max_iter=steps).fit(X, Y)
    for mine, their in zip([*one.coefs_, *one.intercepts_], [*theirs.coefs_, *theirs.intercepts_], strict=True):
        np.testing.assert_allclose(mine, their, rtol=0, atol=atol)


@pytest.mark.filterwarnings("ignore:Stochastic Optimizer:sklearn.exceptions.ConvergenceWarning")
def test_alpha_is_a_weight_decay_of_twice_alpha_by_rows():
    """As the description of `weight_decay` says; the intercepts are spared there, so one step is compared."""
    alpha = 3.0
    one = network(activation="tanh", optimizer="sgd", momentum=0.0, batch_size=60, epochs=1, warm_start=True).fit(X, Y)
    theirs = in_scikit_learn(one, alpha, solver="sgd", learning_rate_init=0.01).fit(X, Y)
    without = copy.deepcopy(one).set_params(learning_rate=0.005).fit(X, Y)
    one.set_params(learning_rate=0.005, weight_decay=2 * alpha / 60).fit(X, Y)
    for mine, their, plain in zip(one.coefs_, theirs.coefs_, without.coefs_, strict=True):
        np.testing.assert_allclose(mine, their, rtol=0, atol=1e-12)
        assert np.abs(plain - their).max() > 1e-4
    for mine, their in zip(without.intercepts_, theirs.intercepts_, strict=True):
        np.testing.assert_allclose(mine, their, rtol=0, atol=1e-12)


# ---------------------------------------------------------------- together is as alone


@pytest.mark.parametrize("optimizer", ["adam", "adamw", "sgd"])
def test_networks_that_differ_in_everything_but_shape(optimizer):
    """Rows of folds that cross a batch boundary (48, 49), one batch only (15), other features, targets and weights."""
    networks = [
        network(optimizer=optimizer, random_state=1),
        network(optimizer=optimizer, random_state=2, learning_rate=3e-3, weight_decay=0.1),
        network(optimizer=optimizer, random_state=3, learning_rate=3e-3, weight_decay=0.1, dropout=0.3),
        network(optimizer=optimizer, random_state=4, epochs=13, schedule="linear"),
        network(optimizer=optimizer, random_state=5, schedule="cosine", dropout=0.5),
        network(optimizer=optimizer, random_state=5, epochs=1),
    ]
    data = [
        Rows(X, Y),
        Rows(X[:48], Y[:48]),
        Rows(X[5:54], 3.0 * Y[5:54]),
        Rows(X, X[:, 3] ** 2),
        Rows(X[:15] + 1.0, Y[:15]),
        Rows(X[:49], Y[:49]),
    ]
    counts = []
    found = assert_as_alone(networks, data, done=counts.append)
    assert counts == [6]  # one program
    assert len({fitted.coefs_[0][0, 0] for fitted in found}) == 6
    weights = [rng.uniform(0.1, 2.0, len(rows.y)) for rows in data]
    weights[1][::3] = 0.0  # rows that are left out
    assert_as_alone(networks, [rows._replace(sample_weight=part) for rows, part in zip(data, weights, strict=True)])


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_networks_that_stop_early_leave_the_others_alone(optimizer):
    """They stop one after the other, so that those that go on are packed together several times."""
    networks = [
        network(optimizer=optimizer, learning_rate=rate, epochs=60, patience=patience, random_state=k, dropout=part)
        for k, (rate, patience, part) in enumerate(
            [(0.05, 1, 0.0), (0.1, 1, 0.1), (0.02, 2, 0.0), (0.05, 5, 0.2), (0.05, 20, 0.0), (1e-3, 60, 0.0)]
        )
    ]
    watched = [(X[:n], Y[:n] + k) for k, n in enumerate([12, 9, 12, 20, 5, 7])]
    found = assert_as_alone(networks, [Rows(X[20:], Y[20:], None, pair) for pair in watched])
    stops = [fitted.n_epochs_ for fitted in found]
    assert len(set(stops)) >= 4, stops
    assert 60 in stops, stops
    assert any(fitted.best_epoch_ < fitted.n_epochs_ for fitted in found)


def test_watched_rows_of_each_network_without_early_stopping():
    networks = [network(validation_fraction=0.2, random_state=k) for k in range(3)]
    assert_as_alone(networks, [Rows(X, Y)] * 3)


def test_classes():
    networks = [
        network(MLPClassifier, random_state=0, dropout=0.2),
        network(MLPClassifier, random_state=1, learning_rate=0.03, validation_fraction=0.2, patience=3),
        network(MLPClassifier, random_state=2, class_weight="balanced"),
        network(MLPClassifier, random_state=3),
    ]
    data = [Rows(X, CLASSES)] * 3 + [Rows(X[:50], CLASSES[:50] == "metal")]
    found = assert_as_alone(networks, data)
    assert [len(fitted.classes_) for fitted in found] == [3, 3, 3, 2]
    np.testing.assert_allclose(found[0].predict_proba(X).sum(axis=1), 1.0)


def test_what_cannot_be_one_program_is_several():
    """They come back in the order in which they were given."""
    networks = [
        network(hidden_widths=(4,)),
        network(MLPClassifier),
        network(hidden_widths=()),
        network(activation="silu", loss="huber", optimizer="adamw"),
        network(hidden_widths=(4,), random_state=9),
        network(activation="gelu", loss="absolute", optimizer="sgd", momentum=0.5),
        network(activation="tanh", batch_size=7, optimizer="sgd"),
    ]
    counts = []
    data = [Rows(X, CLASSES if isinstance(one, MLPClassifier) else Y) for one in networks]
    found = assert_as_alone(networks, data, done=counts.append)
    assert sorted(counts) == [1, 1, 1, 1, 1, 2]
    assert [fitted.get_params() for fitted in found] == [one.get_params() for one in networks]


def test_networks_on_one_array_share_it(monkeypatch):
    seen = []
    real = fitting.train_stack
    monkeypatch.setattr(
        fitting, "train_stack", lambda jobs, *rest, **more: seen.extend(jobs) or real(jobs, *rest, **more)
    )
    rows = X.astype(np.float32)  # is converted for each of them
    fit_networks([network(epochs=1)] * 3, [Rows(rows, Y), Rows(rows, Y[::-1]), Rows(X, Y)], device="cpu")
    assert seen[0].X is seen[1].X
    assert seen[2].X is not seen[0].X


def test_the_number_of_threads_does_not_matter():
    networks = [network(epochs=8, random_state=k, hidden_widths=(40, 30)) for k in range(4)]
    before = torch.get_num_threads()
    found = []
    try:
        for threads in (1, 3):
            torch.set_num_threads(threads)
            found.append(fit_networks(networks, [Rows(X, Y)] * 4, device="cpu"))
    finally:
        torch.set_num_threads(before)
    for one, other in zip(*found, strict=True):
        assert_same(one, other)


# ---------------------------------------------------------------- failures and memory


def test_a_network_that_fails_does_not_disturb_the_others():
    networks = [
        network(random_state=0),
        network(random_state=1, optimizer="sgd", learning_rate=1e9),
        network(random_state=2),
        network(random_state=3, optimizer="sgd", dropout=0.2),
        network(random_state=4, optimizer="sgd"),
    ]
    stacked = MLPStack(networks, device="cpu").fit(X, Y)
    assert list(stacked.failures_) == [1]
    assert stacked.networks_[1] is None
    with pytest.raises(TrainingError) as alone:
        clone(networks[1]).fit(X, Y)
    assert str(stacked.failures_[1]) == str(alone.value)
    for k in (0, 2, 3, 4):
        assert_same(stacked.networks_[k], clone(networks[k]).fit(X, Y))
    lines = stacked.predict(X)
    assert lines.shape == (5, 60)
    assert np.isnan(lines[1]).all()
    np.testing.assert_array_equal(lines[2], stacked.networks_[2].predict(X))


def test_a_classifier_that_failed_cannot_predict():
    networks = [network(MLPClassifier, optimizer="sgd", learning_rate=rate) for rate in (0.01, 1e200)]
    stacked = MLPStack(networks, device="cpu").fit(X, CLASSES)
    assert list(stacked.failures_) == [1]
    with pytest.raises(TrainingError, match="MLPClassifier, epoch"):
        stacked.predict(X)


def test_little_memory_makes_small_programs():
    networks = [network(epochs=6, random_state=k, learning_rate=10.0 ** -(k % 2 + 2)) for k in range(5)]
    counts = []
    data = [Rows(X[: 60 - k], Y[: 60 - k]) for k in range(5)]
    assert_as_alone(networks, data, memory=1, done=counts.append)
    assert counts == [1] * 5
    counts.clear()
    fit_networks(networks, data, device="cpu", memory=60_000, done=counts.append)
    assert sum(counts) == 5
    assert 1 < len(counts) < 5


def out_of_memory_above(limit, monkeypatch):
    """Let programs of more networks fail in the middle of training, as on a GPU that is too small."""
    real = stack._Program._learn
    tried = []

    def learn(self):
        real(self)
        if len(self.networks) > limit:
            tried.append(len(self.networks))
            raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(stack._Program, "_learn", learn)
    return tried


def test_out_of_memory_halves_the_chunk_and_goes_on(monkeypatch):
    tried = out_of_memory_above(2, monkeypatch)
    networks = [network(epochs=4, random_state=k, dropout=0.1 * k) for k in range(9)]
    counts = []
    assert_as_alone(networks, [Rows(X, Y)] * 9, done=counts.append)
    assert tried == [9, 4]
    assert counts == [2, 2, 2, 2, 1]


def test_a_network_that_does_not_fit_by_itself_is_named(monkeypatch):
    tried = out_of_memory_above(0, monkeypatch)
    with pytest.raises(ArgumentError, match=r"layers \(5, 7, 6, 1\) does not fit into the memory of cpu.*narrower"):
        fit_networks([network()] * 3, [Rows(X, Y)] * 3, device="cpu")
    assert tried == [3, 1]


# ---------------------------------------------------------------- the estimator


def test_lists_give_each_network_its_own():
    networks = [network(random_state=k) for k in range(2)]
    parts = [np.arange(40), np.arange(60) >= 25]
    found = MLPStack(networks, device="cpu").fit(X, [Y, -Y], rows=parts).networks_
    assert_same(found[0], clone(networks[0]).fit(X[:40], Y[:40]))
    assert_same(found[1], clone(networks[1]).fit(X[25:], -Y[25:]))
    weights = rng.uniform(0.5, 1.5, 60)
    watched = [(X[:9], Y[:9]), (X[:7], Y[:7])]
    found = MLPStack(networks, device="cpu").fit([X, 2 * X], Y, sample_weight=weights, validation=watched).networks_
    assert_same(found[0], clone(networks[0]).fit(X, Y, weights, validation=watched[0]))
    assert_same(found[1], clone(networks[1]).fit(2 * X, Y, weights, validation=watched[1]))


@pytest.mark.parametrize(
    ("networks", "arguments", "message"),
    [
        ([], {}, "networks: needs a list of at least one"),
        ([network()], {"rows": [[0], [1]]}, "rows: 2 for 1 networks"),
        ([network()] * 3, {"y": [Y, Y]}, "y: 2 for 3 networks"),
        ([network(), None], {}, "networks: needs MLPRegressor or MLPClassifier, got NoneType"),
        ([network()], {"validation": []}, "validation: 0 for 1 networks"),
    ],
)
def test_what_does_not_fit_together_is_said(networks, arguments, message):
    with pytest.raises(ArgumentError, match=message):
        MLPStack(networks, device="cpu").fit(**{"X": X, "y": Y, **arguments})


def test_as_many_networks_as_rows():
    assert fit_networks([], []) == []
    with pytest.raises(ArgumentError, match="2 networks but rows for 1"):
        fit_networks([network()] * 2, [Rows(X, Y)])


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")
def test_on_a_gpu_as_alone_and_as_on_the_processor():
    networks = [network(random_state=k, dropout=0.2 * (k > 1), learning_rate=1e-3 * (k + 1)) for k in range(4)]
    networks = [one.set_params(device="cuda") for one in networks]
    together = fit_networks(networks, [Rows(X[k:], Y[k:]) for k in range(4)])
    for k, (one, found) in enumerate(zip(networks, together, strict=True)):
        assert_same(found, clone(one).fit(X[k:], Y[k:]))
        if not one.dropout:  # a GPU has other random numbers
            assert_same(found, clone(one).set_params(device="cpu").fit(X[k:], Y[k:]))


def test_what_no_stack_can_be_made_of():
    X, y = np.linspace(-1, 1, 12)[:, None], np.arange(12) % 2
    one = MLPRegressor((2,), epochs=1, device="cpu")
    for networks in (one, [], None):
        with pytest.raises(ArgumentError, match="networks: needs a list of at least one"):
            MLPStack(networks).fit(X, y)
    with pytest.raises(ArgumentError, match="memory: must be a positive number of bytes, got 0"):
        MLPStack([one], memory=0).fit(X, y)
    mixed = MLPStack([one, MLPClassifier((2,), epochs=1, device="cpu")], device="cpu").fit(X, y)
    with pytest.raises(ArgumentError, match="some predict numbers and others classes"):
        mixed.predict(X)
