from __future__ import annotations

import importlib
import inspect
import io
import os
import subprocess
import sys
import time
import warnings
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import sklearn
from matter_tables import binaries, sites
from sklearn.base import BaseEstimator, RegressorMixin, is_classifier
from sklearn.ensemble import ExtraTreesRegressor, GradientBoostingRegressor, HistGradientBoostingRegressor
from sklearn.linear_model import Ridge
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler
from sklearn.svm import SVC, SVR
from sklearn.tree import DecisionTreeRegressor
from sklearn.tree._tree import Tree

import matterlearn
from matterlearn.chemistry.ions import Ion
from matterlearn.core.errors import ModelFileError
from matterlearn.features.block_scaler import BlockScaler
from matterlearn.features.table_features import table_features
from matterlearn.models.archive_check import check_archive
from matterlearn.models.blend import Blend
from matterlearn.models.candidates import FAMILIES, make_candidates
from matterlearn.models.persistence import TRUSTED_TYPES, estimator_from_bytes, estimator_to_bytes

rng = np.random.default_rng(0)
X = rng.normal(size=(40, 3))
y = X[:, 0] - 2 * X[:, 1] + 0.1 * rng.normal(size=40)


def round_trip(estimator, **trust):
    return estimator_from_bytes(estimator_to_bytes(estimator), **trust)


def cheap(estimator):
    """Make what takes long small: few trees, networks and epochs."""
    small = {"n_estimators": 3, "max_iter": 3, "hidden_layer_sizes": (4,)}
    names = {key: small[key.rpartition("__")[2]] for key in estimator.get_params() if key.rpartition("__")[2] in small}
    seeds = {key: 0 for key in estimator.get_params() if key.rpartition("__")[2] == "random_state"}
    return estimator.set_params(**names, **seeds)


@pytest.mark.filterwarnings("ignore")  # three epochs do not converge, and need not
@pytest.mark.parametrize("name", [name for name, kind in FAMILIES.items() if kind.representation != "structures"])
def test_every_family_comes_back(name):
    table = sites(24)
    model = cheap(make_candidates([name], ["A", "X"], {"A": "site", "X": "site"})[name])
    model.fit(table[["A", "X"]], table["gap_eV"].to_numpy())
    again = round_trip(model)
    assert again.predict(table[["A", "X"]]).tobytes() == model.predict(table[["A", "X"]]).tobytes()
    assert estimator_to_bytes(model) == estimator_to_bytes(again)


def test_blend_formulas_numbers_and_categories_come_back():
    table = binaries(24)
    table["T_K"] = np.arange(24.0)
    kinds = {"formula": "formula", "T_K": "number", "family": "category"}
    features = table_features(list(kinds), kinds)
    members = [("trees", make_pipeline(features, ExtraTreesRegressor(3, random_state=0))), ("ridge", None)]
    members[1] = ("ridge", make_pipeline(features, BlockScaler(), Ridge()))
    blend = Blend(members, [0.5, 0.5], 0.0).fit(table[list(kinds)], table["gap_eV"])
    again = round_trip(blend)
    assert again.predict(table[list(kinds)]).tobytes() == blend.predict(table[list(kinds)]).tobytes()


def test_own_ions_come_back():
    ion = Ion("DEA", "diethylammonium", "(C2H5)2NH2", 1, {"electronegativity": 2.5})
    table = sites(20)
    table.at[0, "A"] = {"DEA": 1.0}
    features = table_features(["A"], {"A": "site"}, representation="fractions", ions={"DEA": ion})
    again = round_trip(features.fit(table[["A"]]))
    assert again.transform(table[["A"]]).tobytes() == features.transform(table[["A"]]).tobytes()


CHILD = """
import sys
import numpy as np
from matterlearn.models.persistence import estimator_to_bytes
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.linear_model import Ridge
from sklearn.naive_bayes import GaussianNB
X = np.arange(12.0).reshape(6, 2) ** 2
model = make_pipeline(StandardScaler(), Ridge()).fit(X, X[:, 0])
model.noted_ = {"colours": {"red", "green", "blue", "violet"}}
sys.stdout.buffer.write(estimator_to_bytes(model))
"""


def test_the_same_estimator_gives_the_same_bytes_in_every_process():
    """Neither addresses in memory, nor the time of day, nor the order of a set get into the file."""
    source = Path(matterlearn.__file__).parents[1]
    found = [
        subprocess.run(
            [sys.executable, "-c", CHILD],
            env={**os.environ, "PYTHONPATH": str(source), "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
            timeout=600,
        ).stdout
        for seed in ("1", "2")
    ]
    assert found[0] == found[1]
    assert len(found[0]) > 500


@pytest.mark.parametrize("name", TRUSTED_TYPES)
def test_every_trusted_type_is_where_its_name_says(name):
    module, _, kind = name.rpartition(".")
    found = getattr(importlib.import_module(module), kind)
    assert f"{found.__module__}.{found.__qualname__}" == name
    if name.startswith("matterlearn."):  # else moving a file would break saved models
        assert "__module__ = " in inspect.getsource(found)


SPECIAL = {
    "ColumnTransformer": lambda kind: kind([("a", StandardScaler(), [0, 1]), ("b", "passthrough", slice(2, 3))]),
    "FeatureUnion": lambda kind: kind([("a", StandardScaler()), ("b", BlockScaler())]),
    "KNeighborsRegressor": lambda kind: kind(algorithm="brute"),
    "MLPRegressor": lambda kind: kind(hidden_layer_sizes=(3,), max_iter=20, n_iter_no_change=2, tol=1e9),
    "MLPClassifier": lambda kind: kind(hidden_layer_sizes=(3,), max_iter=20, n_iter_no_change=2, tol=1e9),
    "NearestNeighbors": lambda kind: kind(algorithm="brute"),
    "Pipeline": lambda kind: kind([("a", StandardScaler()), ("b", Ridge())]),
    "QuantileTransformer": lambda kind: kind(n_quantiles=20),
    "SVC": lambda kind: kind(),
    "StackingRegressor": lambda kind: kind([("a", Ridge()), ("b", SVR())], final_estimator=Ridge(), cv=2),
    "VotingRegressor": lambda kind: kind([("a", Ridge()), ("b", SVR())]),
    "VotingClassifier": lambda kind: kind([("a", GaussianNB()), ("b", SVC())]),
    "KNeighborsClassifier": lambda kind: kind(algorithm="brute"),
    "LogisticRegressionCV": lambda kind: kind(Cs=2, l1_ratios=(0.0,), use_legacy_attributes=False, scoring="accuracy"),
    "LinearDiscriminantAnalysis": lambda kind: kind(solver="lsqr", shrinkage=0.1),
    "QuadraticDiscriminantAnalysis": lambda kind: kind(reg_param=0.1),
}
ESTIMATORS = [
    kind
    for name in TRUSTED_TYPES
    for kind in [getattr(importlib.import_module(name.rpartition(".")[0]), name.rpartition(".")[2])]
    if hasattr(kind, "fit") and name.startswith("sklearn.") and not name.rpartition(".")[2].startswith("_")
]


@pytest.mark.parametrize("kind", ESTIMATORS, ids=lambda kind: kind.__name__)
def test_every_trusted_estimator_comes_back(kind):
    """What the checks demand of an estimator is what scikit-learn's own fits give."""
    model = SPECIAL.get(kind.__name__, lambda kind: kind())(kind)
    if "n_estimators" in model.get_params():
        model.set_params(n_estimators=3)
    if "random_state" in model.get_params():
        model.set_params(random_state=0)  # the order in which some solvers go decides whether they converge
    labels = kind.__name__ in ("LabelBinarizer", "LabelEncoder")
    model.fit(*([y > 0] if labels else [X, y > 0 if is_classifier(model) else y]))
    if labels:
        assert round_trip(model).transform([True]).tolist() == model.transform([True]).tolist()
        return
    again = round_trip(model)
    method = next(name for name in ("predict", "transform", "kneighbors") if hasattr(model, name))
    found, expected = (getattr(estimator, method)(X) for estimator in (again, model))
    if method == "kneighbors":
        found, expected = found[0], expected[0]
    elif hasattr(found, "toarray"):
        found, expected = found.toarray(), expected.toarray()
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    assert estimator_to_bytes(again) == estimator_to_bytes(model)


@pytest.mark.parametrize("loss", ["absolute_error", "gamma", "poisson", "quantile"])
def test_boosting_by_other_losses_comes_back(loss):
    model = HistGradientBoostingRegressor(loss=loss, quantile=0.5, max_iter=2, min_samples_leaf=3)
    model.set_params(early_stopping=False).fit(X, np.exp(y))
    assert round_trip(model).predict(X).tobytes() == model.predict(X).tobytes()


def test_what_is_stored_is_not_packed():
    """The container packs it once, and bounds what comes out."""
    data = estimator_to_bytes(DecisionTreeRegressor().fit(X, y))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert all(info.compress_type == zipfile.ZIP_STORED for info in archive.infolist())


def test_another_version_of_scikit_learn_is_no_noise():
    """The probe rows of a model file decide whether it predicts the same, not a warning on every object."""
    with zipfile.ZipFile(io.BytesIO(estimator_to_bytes(Ridge().fit(X, y)))) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    schema = contents.pop("schema.json").decode()
    assert sklearn.__version__ in schema
    older = packed(**{"schema.json": schema.replace(sklearn.__version__, "1.2.0")}, **contents)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert estimator_from_bytes(older).predict(X[:1]) == Ridge().fit(X, y).predict(X[:1])


class Mine(RegressorMixin, BaseEstimator):
    def fit(self, X, y):
        self.mean_ = float(np.mean(y))
        return self

    def predict(self, X):
        return np.full(len(X), self.mean_)


def test_an_unknown_type_is_refused_unless_the_reader_vouches_for_it():
    data = estimator_to_bytes(Mine().fit(X, y))
    name = f"{Mine.__module__}.Mine"
    with pytest.raises(ModelFileError, match="not trusted") as caught:
        estimator_from_bytes(data)
    assert name in str(caught.value)
    assert estimator_from_bytes(data, trusted=[name]).predict(X[:2]).tolist() == [y.mean()] * 2


@pytest.mark.parametrize("function", [os.system, eval, np.load], ids=lambda function: function.__name__)
def test_functions_are_refused(function):
    with pytest.raises(ModelFileError, match="not trusted"):
        round_trip(FunctionTransformer(function))


def test_a_method_of_another_object_is_refused():
    """Else a crafted tree could hide behind it."""
    model = Ridge().fit(X, y)
    model.predict = DecisionTreeRegressor().fit(X, y).predict
    with pytest.raises(ModelFileError, match="not trusted"):
        round_trip(model)


def packed(**members: str | bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no zip at all",
        estimator_to_bytes(Ridge())[:-30],
        packed(other="{}"),
        packed(**{"schema.json": "not JSON"}),
        packed(**{"schema.json": "[]"}),
        packed(**{"schema.json": "{}"}),
        packed(**{"schema.json": '{"protocol": 99}'}),
    ],
    ids=["empty", "text", "cut off", "no schema", "broken schema", "list", "no content", "newer"],
)
def test_garbage_is_refused_in_one_line(data):
    with pytest.raises(ModelFileError) as caught:
        estimator_from_bytes(data)
    assert "\n" not in str(caught.value)


def tampered(model: DecisionTreeRegressor, **changes: object) -> DecisionTreeRegressor:
    """Give the tree other nodes: `field=(node, value)`; or another number of features."""
    _, arguments, state = model.tree_.__reduce__()
    nodes = state["nodes"].copy()
    n_features = changes.pop("n_features", arguments[0])
    for field, (node, value) in changes.items():
        nodes[field][node] = value
    tree = Tree(n_features, *arguments[1:])
    tree.__setstate__({**state, "nodes": nodes})
    model.tree_ = tree
    return model


CRAFTED_TREES = {
    "left child beyond the end": {"left_child": (0, 10_000)},
    "right child beyond the end": {"right_child": (0, 10_000)},
    "negative child": {"left_child": (0, -7)},
    "half a leaf": {"left_child": (0, -1)},
    "child is itself": {"left_child": (1, 1)},
    "cycle": {"right_child": (2, 0)},
    "feature beyond the end": {"feature": (0, 3)},
    "negative feature": {"feature": (0, -5)},
    "more features than rows have": {"n_features": 10_000},
    "feature of more than rows have": {"n_features": 10_000, "feature": (0, 9_999)},
}


@pytest.mark.parametrize("changes", CRAFTED_TREES.values(), ids=CRAFTED_TREES)
def test_crafted_trees_are_refused(changes):
    sound = DecisionTreeRegressor(max_depth=4, random_state=0).fit(X, y)
    assert np.all(sound.tree_.children_left[:3] != -1)  # what the changes below assume
    assert round_trip(sound).predict(X).tolist() == sound.predict(X).tolist()
    bad = tampered(sound, **changes)
    with pytest.raises(ModelFileError, match="a decision tree in it points outside itself"):
        round_trip(bad)
    forest = ExtraTreesRegressor(2, random_state=0).fit(X, y)
    forest.estimators_[1] = bad
    hidden = Blend([], []).set_params(members=[("forest", make_pipeline(forest))])
    with pytest.raises(ModelFileError, match="points outside itself"):
        round_trip(hidden)


def test_a_forest_whose_trees_expect_other_rows_is_refused():
    forest = ExtraTreesRegressor(2, random_state=0).fit(X, y)
    forest.estimators_[1] = DecisionTreeRegressor().fit(rng.normal(size=(40, 30)), y)  # sound by itself
    with pytest.raises(ModelFileError, match="a decision tree in it points outside itself"):
        round_trip(forest)


def test_trees_of_gradient_boosting_are_checked():
    boosted = GradientBoostingRegressor(n_estimators=2, random_state=0).fit(X, y)
    assert round_trip(boosted).predict(X).tobytes() == boosted.predict(X).tobytes()
    tampered(boosted.estimators_[1, 0], left_child=(0, 10_000))
    with pytest.raises(ModelFileError, match="points outside itself"):
        round_trip(boosted)


def test_a_tree_without_an_owner_is_refused():
    model = Ridge().fit(X, y)
    model.tree_ = DecisionTreeRegressor().fit(X, y).tree_
    with pytest.raises(ModelFileError, match="a stray tree"):
        round_trip(model)


def boosting(**arguments: object) -> HistGradientBoostingRegressor:
    return HistGradientBoostingRegressor(
        max_iter=2, max_depth=3, min_samples_leaf=3, early_stopping=False, random_state=0, **arguments
    ).fit(X, y)


CRAFTED_PREDICTORS = {
    "left child beyond the end": ("left", 0, 10_000),
    "right child beyond the end": ("right", 0, 10_000),
    "child is itself": ("left", 1, 1),
    "cycle": ("right", 1, 0),
    "feature beyond the end": ("feature_idx", 0, 3),
    "negative feature": ("feature_idx", 0, -1),
    "category of a number": ("is_categorical", 0, 1),
}


@pytest.mark.parametrize(("field", "node", "value"), CRAFTED_PREDICTORS.values(), ids=CRAFTED_PREDICTORS)
def test_crafted_boosted_trees_are_refused(field, node, value):
    model = boosting()
    assert round_trip(model).predict(X).tobytes() == model.predict(X).tobytes()
    nodes = model._predictors[1][0].nodes
    assert not nodes["is_leaf"][node]
    nodes[field][node] = value
    with pytest.raises(ModelFileError, match="a boosted tree in it points outside itself"):
        round_trip(model)


def test_boosted_trees_of_another_shape_are_refused():
    model = boosting()
    model._predictors[0][0].nodes = np.zeros(3)
    with pytest.raises(ModelFileError):
        round_trip(model)


def test_boosting_on_categories_comes_back_and_is_checked():
    rows = np.column_stack([rng.integers(0, 4, size=80), rng.normal(size=80)]).astype(float)
    model = HistGradientBoostingRegressor(
        categorical_features=[0], max_iter=3, min_samples_leaf=3, early_stopping=False, random_state=0
    ).fit(rows, rows[:, 0] % 2 + rows[:, 1])
    trusted = ["functools.partial", "sklearn.utils.validation.check_array"]
    assert round_trip(model, trusted=trusted).predict(rows).tobytes() == model.predict(rows).tobytes()
    nodes = model._predictors[0][0].nodes
    node = int(np.flatnonzero(nodes["is_categorical"] * (1 - nodes["is_leaf"]))[0])
    nodes["bitset_idx"][node] = 10_000
    with pytest.raises(ModelFileError, match="a boosted tree"):
        round_trip(model, trusted=trusted)


CRAFTED_MACHINES = {
    "fewer weights than vectors": ("_dual_coef_", np.zeros((1, 1))),
    "other number of vectors": ("_n_support", np.array([10_000, 10_000], dtype=np.int32)),
    "negative numbers": ("_n_support", np.array([-1, -1], dtype=np.int32)),
    "fewer columns": ("support_vectors_", np.zeros((1, 1))),
    "no intercept": ("_intercept_", np.zeros(0)),
    "kernel that takes indices": ("kernel", "precomputed"),
}


@pytest.mark.parametrize(("name", "value"), CRAFTED_MACHINES.values(), ids=CRAFTED_MACHINES)
def test_crafted_support_vector_machines_are_refused(name, value):
    model = SVR().fit(X, y)
    assert round_trip(model).predict(X).tobytes() == model.predict(X).tobytes()
    setattr(model, name, value)
    with pytest.raises(ModelFileError, match="a support vector machine in it points outside itself"):
        round_trip(model)


def test_machines_that_classify_come_back():
    model = SVC().fit(X, np.arange(40) % 3)
    assert round_trip(model).predict(X).tolist() == model.predict(X).tolist()


def test_unfitted_estimators_come_back():
    for estimator in (DecisionTreeRegressor(), ExtraTreesRegressor(), HistGradientBoostingRegressor(), SVR()):
        assert round_trip(estimator).get_params() == estimator.get_params()


def test_an_encoder_with_texts_comes_back():
    rows = np.array([["b"], ["a"], ["c"]], dtype=object)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        encoder = round_trip(OneHotEncoder(handle_unknown="ignore").fit(rows))
    assert encoder.transform([["a"], ["z"]]).toarray().tolist() == [[1, 0, 0], [0, 0, 0]]


def test_threads_read_one_after_the_other(monkeypatch):
    """The header of an array is read with `ast`, which fails in Python 3.11 if another thread reads one too."""
    data, check, reading, seen = estimator_to_bytes(Ridge().fit([[0.0], [1.0]], [0.0, 1.0])), check_archive, [], []

    def slow(*arguments, **options):
        reading.append(None)
        time.sleep(0.02)
        check(*arguments, **options)
        seen.append(len(reading))
        reading.pop()

    monkeypatch.setattr("matterlearn.models.persistence.check_archive", slow)
    with ThreadPoolExecutor(4) as pool:
        models = list(pool.map(estimator_from_bytes, [data] * 8))
    assert [float(model.predict([[0.5]])[0]) for model in models] == [0.5] * 8
    assert seen == [1] * 8
