"""Changes to a stored estimator that must be refused before it predicts: name -> (change, words of the refusal)."""

from __future__ import annotations

import io
import json
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
from model_tampering import Stored, node, scalar

Change = Callable[[Stored], Any]
CRAFTED: dict[str, tuple[Change, str]] = {}

OUTSIDE = "points outside itself; do not use this file"
OTHER = "the stored estimator is not as it was written; do not use this file"
UNTRUSTED = "it holds types that are not trusted: "


def crafted(words: str, **named: Change) -> None:
    for name, change in named.items():
        assert name not in CRAFTED
        CRAFTED[name] = (change, words)


def ones(*shape: int, dtype: Any = np.float64) -> np.ndarray:
    return np.ones(shape, dtype=dtype)


# Trees: of their own, in a forest and in stages of boosting


def tree(stored: Stored, owner: str, number: int = 0) -> dict[str, Any]:
    return stored.attribute(owner, "tree_", number)


def edit_nodes(owner: str, number: int, change: Callable[[np.ndarray], Any]) -> Change:
    def edit(stored: Stored) -> None:
        found = tree(stored, owner, number)["content"]["content"]["nodes"]
        nodes = stored.array(found)
        assert nodes["left_child"][0] == 1  # the root has children
        changed = change(nodes)
        stored.set_array(found, nodes if changed is None else changed)

    return edit


def put(field: str, at: int, value: float) -> Callable[[np.ndarray], None]:
    def change(nodes: np.ndarray) -> None:
        nodes[field][at] = value

    return change


PLACES = {
    "tree": ("DecisionTreeRegressor", 0),
    "forest": ("ExtraTreeRegressor", 1),
    "stage": ("DecisionTreeRegressor", 2),
}
BAD_NODES = {
    "left_beyond": put("left_child", 0, 10**6),
    "right_beyond": put("right_child", 0, 10**6),
    "left_negative": put("left_child", 0, -7),
    "half_a_leaf": put("left_child", 0, -1),
    "child_is_itself": put("left_child", 1, 1),
    "circle": put("right_child", 0, 0),
    "two_parents": put("right_child", 0, 1),
    "feature_beyond": put("feature", 0, 10**6),
    "feature_negative": put("feature", 0, -5),
    "threshold_unknown": put("threshold", 0, np.nan),
}
for name, change in BAD_NODES.items():
    for place, (owner, number) in PLACES.items():
        if place == "tree" or name in ("left_beyond", "circle", "feature_beyond"):
            crafted(f"a decision tree in it {OUTSIDE}", **{f"{place}_{name}": edit_nodes(owner, number, change)})
crafted(
    OTHER,
    tree_of_floats=edit_nodes("DecisionTreeRegressor", 0, lambda nodes: ones(len(nodes))),
    tree_without_nodes=edit_nodes("DecisionTreeRegressor", 0, lambda nodes: nodes[:0]),
    tree_cut_short=edit_nodes("DecisionTreeRegressor", 0, lambda nodes: nodes[:2]),
    tree_of_tables=edit_nodes("DecisionTreeRegressor", 0, lambda nodes: nodes.reshape(1, -1)),
)


def edit_tree(change: Callable[[dict[str, Any], list[Any], Stored], Any]) -> Change:
    def edit(stored: Stored) -> None:
        found = tree(stored, "DecisionTreeRegressor")
        change(found["content"]["content"], found["__reduce__"]["args"]["content"], stored)

    return edit


def argument(at: int, value: Any) -> Change:
    return edit_tree(lambda state, arguments, stored: arguments[at].update(content=json.dumps(value)))


def state(name: str, value: Any) -> Change:
    return edit_tree(lambda state, arguments, stored: state[name].update(content=json.dumps(value)))


crafted(
    OTHER,
    tree_counts_too_many=state("node_count", 10**9),
    tree_counts_too_few=state("node_count", 1),
    tree_counts_none=state("node_count", 0),
    tree_deeper_than_nodes=state("max_depth", 10**12),
    tree_of_all_memory=argument(2, 10**12),
    tree_of_negative_outputs=argument(2, -1),
    tree_of_text=argument(0, "9"),
    tree_classes=edit_tree(lambda state, arguments, stored: stored.set_array(arguments[1], ones(9, dtype=np.int64))),
    tree_values=edit_tree(lambda state, arguments, stored: stored.set_array(state["values"], ones(3, 1, 1))),
    tree_values_single=edit_tree(
        lambda state, arguments, stored: stored.set_array(
            state["values"], stored.array(state["values"]).astype(np.float32)
        )
    ),
)
crafted(
    f"a decision tree in it {OUTSIDE}",
    tree_of_more_features=argument(0, 10**5),
    tree_values_unknown=edit_tree(
        lambda state, arguments, stored: stored.set_array(state["values"], stored.array(state["values"]) * np.nan)
    ),
    forest_of_more_features=lambda s: s.attribute("ExtraTreesRegressor", "n_features_in_").update(content="7"),
    forest_of_nothing=lambda s: s.attribute("ExtraTreesRegressor", "estimators_").update(content=[]),
    forest_of_many_outputs=lambda s: s.attribute("ExtraTreesRegressor", "n_outputs_").update(content="1000000000"),
)


def stray(stored: Stored) -> None:
    found = tree(stored, "DecisionTreeRegressor")
    stored.set_attribute("Ridge", "tree_", dict(found))
    found.clear()
    found.update(scalar(None))


crafted(f"a stray tree in it {OUTSIDE}", stray_tree=stray)


# Boosting


def predictor(stored: Stored) -> dict[str, Any]:
    return stored.attribute("TreePredictor", "nodes", 1)


def edit_predictor(change: Callable[[np.ndarray], Any]) -> Change:
    def edit(stored: Stored) -> None:
        nodes = stored.array(predictor(stored))
        assert not nodes["is_leaf"][0]
        changed = change(nodes)
        stored.set_array(predictor(stored), nodes if changed is None else changed)

    return edit


def set_attribute_array(kind: str, name: str, values: Any) -> Change:
    return lambda stored: stored.set_array(stored.attribute(kind, name), values)


crafted(
    f"a boosted tree in it {OUTSIDE}",
    boosting_left_beyond=edit_predictor(put("left", 0, 10**6)),
    boosting_right_beyond=edit_predictor(put("right", 0, 10**6)),
    boosting_circle=edit_predictor(put("right", 0, 0)),
    boosting_two_parents=edit_predictor(put("left", 0, 2)),
    boosting_no_leaf=edit_predictor(put("is_leaf", -1, 0)),
    boosting_feature_beyond=edit_predictor(put("feature_idx", 0, 10**6)),
    boosting_feature_negative=edit_predictor(put("feature_idx", 0, -1)),
    boosting_threshold_unknown=edit_predictor(put("num_threshold", 0, np.nan)),
    boosting_value_unknown=edit_predictor(put("value", -1, np.nan)),
    boosting_category_of_a_number=edit_predictor(put("is_categorical", 0, 1)),
    boosting_without_nodes=edit_predictor(lambda nodes: nodes[:0]),
    boosting_narrow_bits=set_attribute_array("TreePredictor", "raw_left_cat_bitsets", ones(1, 1, dtype=np.uint32)),
    boosting_fewer_features=set_attribute_array("_BinMapper", "is_categorical_", ones(1, dtype=np.uint8)),
    boosting_more_columns=lambda s: s.attribute("HistGradientBoostingRegressor", "n_trees_per_iteration_").update(
        content="1000000000"
    ),
    stages_in_more_columns=lambda s: s.attribute("GradientBoostingRegressor", "n_trees_per_iteration_").update(
        content="3"
    ),
    stages_from_another_start=lambda s: s.attribute("GradientBoostingRegressor", "init_").update(
        s.attribute("BaggingRegressor", "estimators_")["content"][0]
    ),
)
crafted(OUTSIDE, stages_from_no_column=lambda s: s.set_attribute("DummyRegressor", "n_outputs_", 0))


# Support vectors, neighbours, kernels, networks, encoders, bags


def sv(name: str, values: Any) -> Change:
    return set_attribute_array("SVR", name, values)


def grown(kind: str, name: str, rows: int = 0, columns: int = 0) -> Change:
    """Change the shape of a matrix."""

    def edit(stored: Stored) -> None:
        matrix = stored.array(stored.attribute(kind, name))
        stored.set_array(
            stored.attribute(kind, name), np.resize(matrix, (matrix.shape[0] + rows, matrix.shape[1] + columns))
        )

    return edit


crafted(
    f"a support vector machine in it {OUTSIDE}",
    machine_counts_more=sv("_n_support", np.array([10**6, 10**6], dtype=np.int32)),
    machine_counts_negative=sv("_n_support", np.array([-1, -1], dtype=np.int32)),
    machine_of_one_class=sv("_n_support", np.array([1], dtype=np.int32)),
    machine_of_no_class=sv("_n_support", np.zeros(0, dtype=np.int32)),
    machine_without_weights=sv("_dual_coef_", ones(1, 1)),
    machine_without_intercept=sv("_intercept_", ones(0)),
    machine_of_fewer_columns=grown("SVR", "support_vectors_", columns=-1),
    machine_of_more_columns=grown("SVR", "support_vectors_", columns=1),
    machine_of_fewer_vectors=grown("SVR", "support_vectors_", rows=-1),
    machine_of_more_numbers=sv("support_", np.arange(100, dtype=np.int32)),
    machine_that_guesses=sv("_probA", ones(7)),
    machine_of_indices=lambda s: s.set_attribute("SVR", "kernel", "precomputed"),
    machine_sparse=lambda s: s.attribute("SVR", "_sparse").update(content="true"),
)
crafted(
    "a SVR in it replaces _impl of its class; do not use this file",
    machine_of_another_kind=lambda s: s.set_attribute("SVR", "_impl", "c_svc"),
)


def knn(name: str, value: Any) -> Change:
    return lambda stored: stored.set_attribute("KNeighborsRegressor", name, value)


crafted(
    f"a model of neighbours in it {OUTSIDE}",
    neighbours_more_than_rows=lambda s: [knn("n_neighbors", 10**6)(s), knn("n_samples_fit_", 10**6)(s)],
    neighbours_than_there_are=knn("n_neighbors", 10**6),
    neighbours_of_fewer_columns=grown("KNeighborsRegressor", "_fit_X", columns=-1),
    neighbours_of_fewer_rows=grown("KNeighborsRegressor", "_fit_X", rows=-1),
    neighbours_of_fewer_values=set_attribute_array("KNeighborsRegressor", "_y", ones(2)),
    neighbours_of_integers=set_attribute_array("KNeighborsRegressor", "_fit_X", ones(24, 5, dtype=np.int64)),
    neighbours_in_a_tree=knn("_fit_method", "kd_tree"),
    neighbours_by_index=lambda s: [knn("metric", "precomputed")(s), knn("effective_metric_", "precomputed")(s)],
)
crafted(
    OUTSIDE, kernel_of_fewer_columns=grown("KernelRidge", "X_fit_", columns=-1)
)  # the neighbours have the same array
crafted(
    f"a kernel in it {OUTSIDE}",
    kernel_of_fewer_weights=set_attribute_array("KernelRidge", "dual_coef_", ones(1)),
    kernel_by_index=lambda s: s.set_attribute("KernelRidge", "kernel", "precomputed"),
)
crafted(
    f"an encoder in it {OUTSIDE}",
    encoder_of_fewer_columns=lambda s: s.attribute("OneHotEncoder", "_n_features_outs")["content"][0].update(
        content="1"
    ),
    encoder_of_negative_columns=lambda s: s.attribute("OneHotEncoder", "_n_features_outs")["content"][0].update(
        content="-1"
    ),
    encoder_of_rare_values=lambda s: s.set_attribute("OneHotEncoder", "_infrequent_enabled", True),
    encoder_that_drops=lambda s: s.set_attribute(
        "OneHotEncoder", "_drop_idx_after_grouping", {**s.attribute("Ridge", "coef_")}
    ),
)
crafted(
    f"a network in it {OUTSIDE}", network_of_more_layers=lambda s: s.set_attribute("MLPRegressor", "n_layers_", 10**9)
)
crafted(
    f"a bag of models in it {OUTSIDE}", bag_of_more=lambda s: s.set_attribute("BaggingRegressor", "n_estimators", 10**9)
)
crafted(
    f"a bag of models in it {OUTSIDE}",
    bag_of_repeated_columns=lambda s: s.set_array(
        s.attribute("BaggingRegressor", "estimators_features_")["content"][0], np.zeros(10**6, dtype=np.int64)
    ),
)


# Parameters and attributes of any estimator

crafted(
    "a BaggingRegressor in it asks for 1000000000 jobs",
    jobs_many=lambda s: s.set_attribute("BaggingRegressor", "n_jobs", 10**9),
)
crafted(
    "a BaggingRegressor in it asks for -1000000000 jobs",
    jobs_all_but_many=lambda s: s.set_attribute("BaggingRegressor", "n_jobs", -(10**9)),
)
crafted(
    "in it has an impossible parameter",
    parameter_of_another_type=lambda s: s.set_attribute("SVR", "C", "1"),
    parameter_out_of_range=lambda s: s.set_attribute("KernelRidge", "alpha", -1.0),
    parameter_that_is_missing=lambda s: s.nodes("ObjectNode", "SVR")[-1]["content"]["content"]["C"].update(
        content="null"
    ),
    parameter_with_a_nul=lambda s: s.set_attribute("SVR", "kernel", "rbf\0"),
)
crafted(
    "is a class; do not use this file",
    parameter_that_is_a_class=knn("metric", node("TypeNode", "numpy.float64")),
    kernel_that_is_a_class=lambda s: s.set_attribute("KernelRidge", "kernel", node("TypeNode", "builtins.float")),
)
crafted("names a place for a cache", cache_of_a_pipeline=lambda s: s.set_attribute("Pipeline", "memory", "/tmp/cache"))
crafted("a Ridge in it replaces predict of its class", method_replaced=lambda s: s.set_attribute("Ridge", "predict", 1))
crafted(
    "holds what is no finite number; do not use this file",
    weights_unknown=lambda s: s.set_array(
        s.attribute("Ridge", "coef_"), s.array(s.attribute("Ridge", "coef_")) * np.nan
    ),
    vectors_infinite=lambda s: s.set_array(
        s.attribute("SVR", "support_vectors_"), s.array(s.attribute("SVR", "support_vectors_")) + np.inf
    ),
)


# What a stored estimator may consist of


def add(value: dict[str, Any]) -> Change:
    """Add something as an attribute of the estimator."""
    return lambda stored: stored.set_attribute("Blend", "extra_", value)


PICKLE = pickle.dumps(print)
FUNCTION = node("FunctionNode", "os.system")
NOTHING = node("TupleNode", "builtins.tuple", content=[])
PARTIAL = dict.fromkeys(("func", "args", "kwds", "namespace"), FUNCTION)
RIDGE = "sklearn.linear_model._ridge.Ridge"
crafted(
    UNTRUSTED,
    function=add(FUNCTION),
    builtin=add(node("TypeNode", "builtins.eval")),
    function_of_numpy=add(node("FunctionNode", "numpy.load")),
    function_of_arrays=lambda s: s.set_attribute("KNeighborsRegressor", "metric", node("FunctionNode", "numpy.add")),
    partial=add(node("PartialNode", "functools.partial", content=PARTIAL)),
    cached=add(node("CachedNode", "builtins.list", __id__=10**6)),
    operator=add(node("OperatorFuncNode", "operator.methodcaller", attrs=NOTHING)),
    constructor=add(node("ConstructorFromReduceNode", "subprocess.Popen", content=NOTHING)),
    reduced=add(node("ReduceNode", "os.system", __reduce__={"args": NOTHING})),
    method=add(node("MethodNode", RIDGE, content={"func": "fit", "obj": node("ObjectNode", RIDGE)})),
    unknown_object=add(node("ObjectNode", "subprocess.Popen")),
    estimator_not_listed=add(node("ObjectNode", "sklearn.preprocessing._polynomial.SplineTransformer")),
    exception=add(node("ObjectNode", "builtins.SystemExit")),
    default=add(node("DefaultDictNode", "collections.defaultdict", content={"default_factory": FUNCTION})),
    sparse=add(node("SparseMatrixNode", "scipy.sparse._csr.csr_matrix", type="scipy", file="1.npy")),
    raw_bytes=add(node("BytesNode", "builtins.bytes", file="1.npy")),
    void=lambda s: s.attribute("DummyRegressor", "constant_").update(__class__="void"),
    name_to_steer_a_terminal=add(node("ObjectNode", "a.\x1b[2J\nmatterlearn: all is well")),
)
crafted(
    "it was made by another version of matterlearn: this one knows no matterlearn.features.gone.BlockScaler; "
    "use the version that made it",
    moved_class=add(node("ObjectNode", "matterlearn.features.gone.BlockScaler")),
)


def old_protocol(stored: Stored) -> None:
    stored.schema["protocol"] = 0
    add({**node("FunctionNode", "numpy.add"), "content": {"module_path": "os", "function": "system"}})(stored)


crafted("it is of the skops protocol 0, which is not read", old_protocol=old_protocol)
crafted("cannot be read", newer_protocol=lambda s: s.schema.update(protocol=99))


def doubling(stored: Stored) -> None:
    """2**60 lists, by 60 that hold the one before twice."""
    inner = node("ListNode", "builtins.list", content=[], __id__=10**6)
    for number in range(1, 30):
        inner = node(
            "ListNode", "builtins.list", content=[inner, {"__id__": 10**6 + number - 1}], __id__=10**6 + number
        )
    add(inner)(stored)


def circle(stored: Stored) -> None:
    inner = node("ListNode", "builtins.list", content=[], __id__=10**6)
    add(node("ListNode", "builtins.list", content=[inner], __id__=10**6))(stored)


def deep(stored: Stored) -> None:
    inner = node("ListNode", "builtins.list", content=[])
    for _ in range(100):
        inner = node("ListNode", "builtins.list", content=[inner])
    add(inner)(stored)


def often(stored: Stored) -> None:
    """One array of a few bytes, a thousand times."""
    coef = stored.attribute("Ridge", "coef_")
    add(node("ListNode", "builtins.list", content=[{**coef, "__id__": 10**6 + i} for i in range(1000)]))(stored)


crafted(
    OTHER,
    constructor_of_ours=add(node("ConstructorFromReduceNode", "matterlearn.models.blend.Blend", content=scalar(1))),
    no_loader=lambda s: s.nodes("ObjectNode", "Ridge")[0].pop("__loader__"),
)


def within(loader: str, path: str, value: Any) -> Change:
    """Change the plain value at the end of a path of keys from the first node of a loader."""

    def edit(stored: Stored) -> None:
        found = stored.nodes(loader)[0]
        for key in path.split():
            found = found[key]
        assert found["__loader__"] == "JsonNode"
        found.update(content=json.dumps(value))

    return edit


def key_types(stored: Stored) -> list[dict[str, Any]]:
    return stored.nodes("ObjectNode", "Ridge")[0]["content"]["key_types"]["content"]


crafted(OTHER, doubling=doubling, circle=circle, read_often=often)
crafted("a part is not valid JSON: it is nested more than 120 levels deep", deep=deep)
crafted(
    OTHER,
    random_state_beyond=within("RandomStateNode", "content content state content pos", 10**5),
    generator_of_all_memory=within("RandomGeneratorNode", "content seed_seq content pool_size", 2 * 10**9),
    generator_of_a_function=within("RandomGeneratorNode", "content bit_generator content bit_generator", "seed"),
    integer_of_many_digits=add(scalar(10**100)),
    list_in_a_number=add({**scalar(1), "content": "[1, 2]"}),
    attribute_with_underscores=lambda s: s.set_attribute("Ridge", "__class__", 1),
    keys_of_another_type=lambda s: key_types(s)[0].update(__class__="void", __module__="numpy"),
    fewer_keys=lambda s: key_types(s).pop(),
    number_that_is_text=lambda s: s.nodes("ObjectNode", "Ridge")[0].update(__id__="1"),
    class_that_is_a_number=lambda s: s.nodes("ObjectNode", "Ridge")[0].update(__class__=1),
)
crafted(
    "the estimator cannot be read (ValueError: Exceeds the limit",
    integer_of_thousands_of_digits=add({**scalar(1), "content": "9" * 5000}),
)


# Arrays


def npy(header: str, data: bytes = b"") -> Change:
    def edit(stored: Stored) -> None:
        text = header.encode() + b" " * 20 + b"\n"
        found = stored.attribute("Ridge", "coef_")
        stored.files[found["file"]] = b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + data

    return edit


def raw(data: bytes) -> Change:
    return lambda stored: stored.files.update({stored.attribute("Ridge", "coef_")["file"]: data})


def zipped() -> bytes:
    out = io.BytesIO()
    np.savez_compressed(out, np.zeros(10**6))
    return out.getvalue()


crafted(
    OTHER,
    array_of_all_memory=npy("{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000,)}"),
    array_of_no_bytes=npy("{'descr': '|V0', 'fortran_order': False, 'shape': (1000000000000000000,)}"),
    array_of_no_rows=npy("{'descr': '<f8', 'fortran_order': False, 'shape': (0, 1000000000000000000)}"),
    array_of_negative_rows=npy("{'descr': '<f8', 'fortran_order': False, 'shape': (-1, -2)}", bytes(16)),
    array_of_objects=npy("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}", PICKLE),
    array_of_records_of_objects=npy("{'descr': [('a', '|O')], 'fortran_order': False, 'shape': (1,)}", PICKLE),
    array_of_dates=npy("{'descr': '<M8[s]', 'fortran_order': False, 'shape': (1,)}", bytes(8)),
    array_that_goes_on=npy("{'descr': '<f8', 'fortran_order': False, 'shape': (1,)}", bytes(16)),
    array_that_ends=npy("{'descr': '<f8', 'fortran_order': False, 'shape': (2,)}", bytes(8)),
)
crafted(
    "the estimator cannot be read (",
    array_that_is_a_pickle=raw(PICKLE),
    array_that_is_a_zip=raw(zipped()),
    array_of_nothing=raw(b""),
    array_of_code=npy("{'descr': __import__('os').system('true'), 'fortran_order': False, 'shape': (1,)}", bytes(8)),
    array_with_a_long_header=npy("{'descr': '<f8', 'fortran_order': False, 'shape': (" + "1, " * 9000 + ")}", bytes(8)),
    array_that_is_missing=lambda s: s.files.pop(s.attribute("Ridge", "coef_")["file"]),
)
