"""Whether what an estimator holds can be followed: by compiled code, which checks nothing, and within reason.

A trusted type is not yet a safe value. Trees hold indices of nodes and features, support vector machines sizes of
arrays, encoders numbers of columns: compiled code follows them wherever they point. The checks here stand between the
reading of an estimator and its first prediction.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from itertools import pairwise
from typing import Any, Final

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble._bagging import BaseBagging
from sklearn.ensemble._forest import BaseForest
from sklearn.ensemble._gb import BaseGradientBoosting
from sklearn.ensemble._hist_gradient_boosting.gradient_boosting import BaseHistGradientBoosting
from sklearn.ensemble._hist_gradient_boosting.predictor import TreePredictor
from sklearn.kernel_ridge import KernelRidge
from sklearn.neighbors._base import NeighborsBase
from sklearn.neural_network._multilayer_perceptron import BaseMultilayerPerceptron
from sklearn.preprocessing import OneHotEncoder
from sklearn.svm._base import BaseLibSVM
from sklearn.tree import BaseDecisionTree
from sklearn.tree._tree import Tree
from sklearn.utils._param_validation import InvalidParameterError, validate_parameter_constraints

from matterlearn.core.errors import MatterlearnError, ModelFileError
from matterlearn.models.archive_check import MAX_FEATURES, MAX_OUTPUTS
from matterlearn.models.decisions.wrapper import ProbabilityWrapper
from matterlearn.models.networks.base import NetworkEstimator
from matterlearn.models.networks.classifier import MLPClassifier
from matterlearn.models.networks.ensemble import EnsembleRegressor
from matterlearn.models.networks.regressor import MLPRegressor

MOST_JOBS: Final = 64
"""Threads or processes an estimator may ask for."""

MOST_AVERAGED: Final = 1_000
"""Changed copies of a molecule that a prediction may be the mean of."""

_METRICS: Final = frozenset(
    ("euclidean", "l2", "sqeuclidean", "manhattan", "cityblock", "l1", "minkowski", "chebyshev", "cosine")
)
_KERNELS: Final = frozenset(
    ("linear", "poly", "polynomial", "rbf", "laplacian", "sigmoid", "cosine", "chi2", "additive_chi2")
)
_SVM_KERNELS: Final = frozenset(("linear", "poly", "rbf", "sigmoid"))  # with "precomputed" vectors are indices
_MAY_BE_UNKNOWN: Final = frozenset({"categories_", "statistics_", "lambdas_"})  # arrays where NaN has a meaning


def check_sound(estimator: Any, *, vouched: Collection[str] = ()) -> None:
    """Raise a ModelFileError if using an estimator could leave its arrays, or take no end of time or memory.

    Parameters
    ----------
    estimator : estimator
        As it was read.
    vouched : collection of str
        Types, as "module.Class", that the reader vouches for: their own attributes are not checked, what stands in
        them is.

    Raises
    ------
    ModelFileError
        If something in it points outside itself, is no finite number, or has a parameter that cannot be.
    """
    parts = list(_parts(estimator))
    for part in parts:
        if f"{type(part).__module__}.{type(part).__qualname__}" not in vouched:
            _check_attributes(part)
    owned = {id(part) for part in _owned_trees(parts)}
    _require(all(id(part) in owned for part in parts if isinstance(part, Tree | TreePredictor)), "a stray tree")
    for part in parts:
        _check_of_molecules(part)
    for kind, check in _CHECKS:
        for part in parts:
            if isinstance(part, kind):
                check(part)


def _parts(root: Any) -> Iterator[Any]:
    """Yield every object reachable through attributes, lists, tuples, sets, dicts and object arrays."""
    seen: set[int] = set()
    waiting = [root]
    while waiting:
        part = waiting.pop()
        if id(part) in seen or isinstance(part, str | bytes | int | float | type):
            continue
        seen.add(id(part))
        yield part
        if isinstance(part, dict):
            waiting.extend(part.values())
        elif isinstance(part, list | tuple | set | frozenset) or (
            isinstance(part, np.ndarray) and part.dtype == object
        ):
            waiting.extend(part.ravel() if isinstance(part, np.ndarray) else part)
        elif hasattr(part, "__dict__"):
            waiting.extend(vars(part).values())


def _check_attributes(part: Any) -> None:
    """Check what holds for any object that was built from a file."""
    if not hasattr(part, "__dict__"):
        return
    name = type(part).__name__
    for key, value in vars(part).items():
        # An attribute of its own in place of a method or a constant of the class would change what the class does.
        _refuse_unless(not hasattr(type(part), key), f"a {name} in it replaces {key} of its class")
        _refuse_unless(key == "dtype" or not isinstance(value, type), f"{key} of a {name} in it is a class")
        if key not in _MAY_BE_UNKNOWN:
            finite = all(np.isfinite(array).all() for array in _number_arrays(value))
            _refuse_unless(finite, f"{key} of a {name} in it holds what is no finite number")
    jobs, memory = getattr(part, "n_jobs", None), getattr(part, "memory", None)
    _refuse_unless(jobs is None or _is_int(jobs, -MOST_JOBS, MOST_JOBS), f"a {name} in it asks for {jobs!r:.20} jobs")
    _refuse_unless(memory is None, f"a {name} in it names a place for a cache")
    if hasattr(part, "n_features_in_"):
        _require(_is_int(part.n_features_in_, 0, MAX_FEATURES), f"a {name}")
    if isinstance(part, BaseEstimator) and hasattr(part, "_parameter_constraints"):
        known = part._parameter_constraints
        try:  # not of `get_params`: an estimator of an older version may lack what it does not need to predict
            validate_parameter_constraints(known, {key: vars(part)[key] for key in known if key in vars(part)}, name)
        except InvalidParameterError as error:
            raise ModelFileError(f"a {name} in it has an impossible parameter: {_first_line(error)}") from error


def _number_arrays(value: Any) -> Iterator[np.ndarray[Any, Any]]:
    """Yield arrays of floats in a value, but not those that other objects hold."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, np.ndarray) and item.dtype.kind == "f":
            yield item
        elif isinstance(item, dict):
            waiting.extend(item.values())
        elif isinstance(item, list | tuple):
            waiting.extend(item)


def _owned_trees(parts: list[Any]) -> Iterator[Any]:
    """Yield the trees that belong to an estimator whose check covers them."""
    for part in parts:
        if isinstance(part, BaseDecisionTree) and hasattr(part, "tree_"):
            yield part.tree_
        elif isinstance(part, BaseHistGradientBoosting) and hasattr(part, "_predictors"):
            yield from (predictor for of_iteration in part._predictors for predictor in of_iteration)


def _check_decision_tree(part: Any) -> None:
    what = "a decision tree"
    if not hasattr(part, "tree_"):
        return
    tree = part.tree_
    _require(isinstance(tree, Tree) and tree.node_count > 0 and tree.n_features == part.n_features_in_, what)
    _require(_is_int(part.n_outputs_, 1, MAX_OUTPUTS) and tree.n_outputs == part.n_outputs_, what)
    left, right, feature = tree.children_left, tree.children_right, tree.feature
    inner = left != -1
    _require(np.array_equal(inner, right != -1) and _is_tree(left[inner], right[inner], np.flatnonzero(inner)), what)
    _require(tree.node_count == 2 * inner.sum() + 1, what)
    _require(np.all(feature[inner] >= 0) and np.all(feature[inner] < tree.n_features), what)
    _require(not np.isnan(tree.threshold[inner]).any() and np.isfinite(tree.value).all(), what)


def _is_tree(left: Any, right: Any, parents: Any) -> bool:
    """Tell whether every node but the first is the child of one node, which stands before it: every walk ends."""
    children = np.sort(np.concatenate([left, right]).astype(np.int64))
    return bool(
        np.all(left > parents) and np.all(right > parents) and np.array_equal(children, np.arange(1, len(children) + 1))
    )


def _check_forest(part: Any) -> None:
    """Check that the trees, which get the rows unchecked, are trees for these rows."""
    if not hasattr(part, "estimators_"):
        return
    trees = np.asarray(part.estimators_, dtype=object).ravel()
    _require(
        len(trees) > 0
        and all(isinstance(tree, BaseDecisionTree) and hasattr(tree, "tree_") for tree in trees)
        and all(tree.n_features_in_ == part.n_features_in_ for tree in trees)
        and all(tree.n_outputs_ == getattr(part, "n_outputs_", 1) for tree in trees),
        "a decision tree",
    )


def _check_gradient_boosting(part: Any) -> None:
    """Check the columns into which the trees of each stage are added: as many as the first guess has."""
    if not hasattr(part, "estimators_"):
        return
    trees, init = np.asarray(part.estimators_, dtype=object), part.init_
    _require(
        trees.ndim == 2
        and _is_int(part.n_trees_per_iteration_, 1, MAX_OUTPUTS)
        and trees.shape[1] == part.n_trees_per_iteration_
        and ((isinstance(init, str) and init == "zero") or isinstance(init, DummyRegressor | DummyClassifier))
        and (not isinstance(init, DummyRegressor) or (init.n_outputs_ == 1 and trees.shape[1] == 1)),
        "a boosted tree",
    )


def _check_dummy(part: Any) -> None:
    if hasattr(part, "constant_"):
        shape = np.shape(part.constant_)
        _require(_is_int(part.n_outputs_, 1, MAX_OUTPUTS) and shape == (1, part.n_outputs_), "a constant")


def _check_hist_gradient_boosting(part: Any) -> None:
    if not hasattr(part, "_predictors"):
        return
    what, n_features = "a boosted tree", part.n_features_in_
    if part._preprocessor is not None:  # it may change the number of columns
        n_features = part._preprocessor.transform(np.zeros((1, n_features))).shape[1]
    is_categorical = np.asarray(part._bin_mapper.is_categorical_)
    _require(is_categorical.shape == (n_features,) and is_categorical.dtype.kind in "bu", what)
    _require(np.isin(is_categorical, (0, 1)).all() and len(part._bin_mapper.bin_thresholds_) == n_features, what)
    _require(all(len(of_iteration) == part.n_trees_per_iteration_ for of_iteration in part._predictors), what)
    for of_iteration in part._predictors:
        for predictor in of_iteration:
            _require(isinstance(predictor, TreePredictor), what)
            _check_predictor(predictor.nodes, predictor.raw_left_cat_bitsets, is_categorical.astype(bool))


def _check_predictor(nodes: Any, bitsets: Any, is_categorical: Any) -> None:
    inner = nodes["is_leaf"] == 0
    feature = nodes["feature_idx"][inner]
    sound = (
        nodes.ndim == 1
        and len(nodes) == 2 * inner.sum() + 1
        and _is_tree(nodes["left"][inner], nodes["right"][inner], np.flatnonzero(inner))
        and np.all(feature >= 0)
        and np.all(feature < len(is_categorical))
        and not np.isnan(nodes["num_threshold"][inner]).any()
        and np.isfinite(nodes["value"]).all()
    )
    _require(sound, "a boosted tree")
    of_category = nodes["is_categorical"][inner] != 0
    _require(
        bitsets.ndim == 2
        and bitsets.shape[1] == 8  # 256 bits
        and bitsets.dtype == np.uint32
        and np.all(is_categorical[feature[of_category]])
        and np.all(nodes["bitset_idx"][inner][of_category] < len(bitsets)),
        "a boosted tree",
    )


def _check_support_vectors(part: Any) -> None:
    """Check the sizes that libsvm takes on trust."""
    if not hasattr(part, "support_"):
        return
    n_vectors, counts = len(part.support_), np.asarray(part._n_support)
    n_pairs = len(counts) * (len(counts) - 1) // 2
    _require(
        isinstance(part.kernel, str)
        and part.kernel in _SVM_KERNELS
        and part._sparse is False
        and counts.ndim == 1
        and len(counts) == (len(part.classes_) if hasattr(part, "classes_") else 2)
        and len(counts) >= 2
        and part.support_.shape == (n_vectors,)
        and part.support_vectors_.shape == (n_vectors, part.n_features_in_)
        and part._dual_coef_.shape == (len(counts) - 1, n_vectors)
        and part._intercept_.shape == (n_pairs,)
        and {len(part._probA), len(part._probB)} <= {0, n_pairs}
        and np.all(counts >= 0)
        and part.n_support_.sum() == n_vectors,
        "a support vector machine",
    )


def _check_neighbors(part: Any) -> None:
    if not hasattr(part, "_fit_X"):
        return
    rows, n_rows = part._fit_X, part.n_samples_fit_
    power = part.effective_metric_params_.get("p", 2)
    _require(
        isinstance(rows, np.ndarray)
        and rows.dtype in (np.float64, np.float32)
        and _is_int(n_rows, 1, len(rows))
        and rows.shape == (n_rows, part.n_features_in_)
        and _is_int(part.n_neighbors, 1, n_rows)
        and part._fit_method == "brute"
        and all(isinstance(name, str) and name in _METRICS for name in (part.metric, part.effective_metric_))
        and part.effective_metric_params_.keys() <= {"p"}
        and isinstance(power, int | float)
        and power >= 1
        and len(getattr(part, "_y", rows)) == n_rows
        and getattr(part, "weights", "uniform") in ("uniform", "distance"),
        "a model of neighbours",
    )
    if hasattr(part, "classes_"):  # compiled code counts the classes of neighbours
        codes, n_classes = part._y, len(part.classes_)
        _require(codes.dtype.kind == "i" and np.all((codes >= 0) & (codes < n_classes)), "a model of neighbours")


def _check_kernel_ridge(part: Any) -> None:
    _require(isinstance(part.kernel, str) and part.kernel in _KERNELS and part.kernel_params is None, "a kernel")
    if hasattr(part, "X_fit_"):
        n_rows = len(part.dual_coef_)
        _require(part.X_fit_.shape == (n_rows, part.n_features_in_) and n_rows > 0, "a kernel")


def _check_one_hot(part: Any) -> None:
    """Check the columns into which ones are written."""
    if not hasattr(part, "categories_"):
        return
    _require(
        len(part.categories_) == part.n_features_in_
        and all(np.ndim(known) == 1 and len(known) > 0 for known in part.categories_)
        and list(part._n_features_outs) == [len(known) for known in part.categories_]
        # Numbers are looked up by bisection, texts by name.
        and all(known.dtype.kind in "OU" or np.all(known[:-1] < known[1:]) for known in part.categories_)
        and part._infrequent_enabled is False
        and part.drop is part.drop_idx_ is part._drop_idx_after_grouping is None,
        "an encoder",
    )


def _check_network(part: Any) -> None:
    if hasattr(part, "coefs_"):
        _require(len(part.coefs_) == len(part.intercepts_) == part.n_layers_ - 1, "a network")


def _check_layers(part: Any) -> None:
    """Check that each layer reads what the one before it gives."""
    if not hasattr(part, "coefs_"):
        return
    n_outputs = len(part.classes_) if isinstance(part, MLPClassifier) else 1
    arrays = [*part.coefs_, *part.intercepts_]
    _require(arrays and all(isinstance(array, np.ndarray) and array.dtype.kind == "f" for array in arrays), "a network")
    sizes = [part.n_features_in_, *(intercepts.size for intercepts in part.intercepts_)]
    _require(
        [weights.shape for weights in part.coefs_] == list(pairwise(sizes))
        and all(intercepts.ndim == 1 for intercepts in part.intercepts_)
        and sizes[-1] == n_outputs,
        "a network",
    )


def _check_of_molecules(part: Any) -> None:
    """Check sizes that transformers and networks of molecules allocate by; told by their modules, which load RDKit."""
    module = type(part).__module__
    if module.startswith("matterlearn.features.molecule."):
        try:
            part._check_parameters()
        except MatterlearnError as error:
            raise ModelFileError(f"a parameter in it cannot be ({error})", fix="do not use this file") from error
        sizes = [value for value in vars(part).values() if isinstance(value, int) and not isinstance(value, bool)]
        _refuse_unless(all(abs(size) <= MAX_FEATURES for size in sizes), "a size in it is beyond reason")
        _check_learned_of_molecules(part)
    elif module == "matterlearn.models.augmentation" and hasattr(part, "estimator_"):
        _refuse_unless(_is_int(part.average, 0, MOST_AVERAGED), "a number of copies in it is beyond reason")
        _refuse_unless(_is_int(part.seed_, 0, 2**31), "a seed in it cannot be")
    elif module == "matterlearn.models.molecules.distance_network":
        from matterlearn.models.molecules.distance_network import check_sizes

        _require(check_sizes(part), "a network")


def _check_learned_of_molecules(part: Any) -> None:
    """Check what `fit` left in a transformer of molecules: indices of atoms, and how wide its features are."""
    if not any(name.endswith("_") and not name.startswith("_") for name in vars(part)):
        return
    name = type(part).__name__
    try:
        part._check_learned()
        width = part._width()
    except (MatterlearnError, AttributeError) as error:  # something is not as `fit` leaves it, or is not there
        raise ModelFileError(
            f"what a {name} in it learned cannot be ({_first_line(error)})", fix="do not use this file"
        ) from error
    _refuse_unless(width <= MAX_FEATURES, f"a {name} in it has {width:,} features, which is beyond reason")


def _check_ensemble(part: Any) -> None:
    if hasattr(part, "networks_"):
        _require(
            len(part.networks_) > 0
            and all(isinstance(network, MLPRegressor) and hasattr(network, "coefs_") for network in part.networks_)
            and all(network.n_features_in_ == part.n_features_in_ for network in part.networks_),
            "an ensemble",
        )


def _check_bagging(part: Any) -> None:
    if hasattr(part, "estimators_"):
        _require(
            _is_int(part.n_estimators, 1, len(part.estimators_))
            and len(part.estimators_features_) == len(part.estimators_)
            and all(len(columns) <= part.n_features_in_ for columns in part.estimators_features_),
            "a bag of models",
        )


def _check_decisions(part: Any) -> None:
    """Check that what is worked on probabilities fits the classes, and that a threshold is one."""
    if not hasattr(part, "estimator_"):
        return
    what = "a decision"
    n_classes, wrapped = np.size(part.classes_), part.estimator_
    _require(hasattr(wrapped, "predict_proba") and np.shape(wrapped.classes_) == (n_classes,), what)
    for shares in (getattr(part, name) for name in ("training_priors_", "priors_") if hasattr(part, name)):
        _require(isinstance(shares, np.ndarray) and shares.dtype == np.float64 and shares.shape == (n_classes,), what)
        _require(np.isfinite(shares).all() and np.all(shares > 0), what)
    _require(isinstance(getattr(part, "theta_", 0.0), float) and getattr(part, "theta_", 0.0) >= 0, what)


# In this order: the last one asks a transformer for its columns, which must be sound before it is used.
_CHECKS: Final[tuple[tuple[type, Callable[[Any], None]], ...]] = (
    (BaseDecisionTree, _check_decision_tree),
    (BaseForest, _check_forest),
    (BaseGradientBoosting, _check_forest),
    (BaseGradientBoosting, _check_gradient_boosting),
    (DummyRegressor, _check_dummy),
    (BaseLibSVM, _check_support_vectors),
    (NeighborsBase, _check_neighbors),
    (KernelRidge, _check_kernel_ridge),
    (OneHotEncoder, _check_one_hot),
    (BaseMultilayerPerceptron, _check_network),
    (NetworkEstimator, _check_layers),
    (EnsembleRegressor, _check_ensemble),
    (BaseBagging, _check_bagging),
    (ProbabilityWrapper, _check_decisions),
    (BaseHistGradientBoosting, _check_hist_gradient_boosting),
)


def _is_int(value: Any, least: int, most: int) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool) and bool(least <= value <= most)


def _require(sound: Any, what: str) -> None:
    _refuse_unless(sound, f"{what} in it points outside itself")


def _refuse_unless(sound: Any, what: str) -> None:
    if not sound:
        raise ModelFileError(what, fix="do not use this file")


def _first_line(error: BaseException) -> str:
    text = (str(error) or type(error).__name__).partition("\n")[0][:200]
    return "".join(sign if sign.isprintable() else "?" for sign in text)
