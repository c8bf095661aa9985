"""The models that a fit compares, each a pipeline from a table's input columns to a number."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.dummy import DummyRegressor
from sklearn.ensemble import (
    AdaBoostRegressor,
    ExtraTreesRegressor,
    HistGradientBoostingRegressor,
    RandomForestRegressor,
)
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import ElasticNetCV, LassoCV, LinearRegression, RidgeCV
from sklearn.model_selection import KFold
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR

from matterlearn.chemistry.ions import Ion
from matterlearn.core.errors import ArgumentError, did_you_mean
from matterlearn.data.cells import MATTER_KINDS
from matterlearn.features.block_scaler import BlockScaler
from matterlearn.features.table_features import DESCRIPTOR_WEIGHT, Representation, table_features
from matterlearn.models.networks.ensemble import EnsembleRegressor
from matterlearn.models.networks.regressor import MLPRegressor
from matterlearn.models.pruned_tree import PrunedTreeRegressor

N_TREES = 200
"""Trees in a forest; more make model files large and errors hardly smaller."""

N_EPOCHS = 60
"""Passes over the training rows of a network, in which its learning rate falls to 0."""

N_NETWORKS = 3
"""Networks whose mean is one candidate: single ones differ by more than candidates do."""


@dataclass(frozen=True)
class Family:
    """A kind of model that a fit may choose.

    Attributes
    ----------
    name : str
        As on the command line.
    make : callable
        Returns a fresh estimator that takes a feature matrix.
    seconds : float
        Processor time of one fit on 1,000 rows of two sites, measured by `benchmarks/candidate_costs.py`.
    power : float
        How that time grows with the number of rows.
    representation : {"both", "fractions", "descriptors", "structures"}
        Which features it takes; or the structures themselves.
    fraction_weight : float or None
        Weight of fractions beside descriptors for models that see distances; None for trees, which see none.
    fewest_rows : int
        Rows that a table must have: a fold of a fold of it must still fill a batch of a network.
    by_default : bool
        Whether a fit compares it without being asked to; the others are there by name.
    numbers : transformer or None
        What the columns of numbers go through before they are scaled; None for nothing.
    """

    name: str
    make: Callable[[], Any]
    seconds: float
    power: float
    representation: Representation = "both"
    fraction_weight: float | None = None
    fewest_rows: int = 0
    by_default: bool = True
    numbers: Any = None

    def cost(self, n_rows: int) -> float:
        """Return the expected seconds of one fit."""
        return float(self.seconds * max(n_rows / 1_000, 0.05) ** self.power)


def _scaled_target(model: Any) -> TransformedTargetRegressor:
    """Scale the target to unit spread: what penalties, kernels and networks expect."""
    return TransformedTargetRegressor(model, transformer=StandardScaler())


def _networks() -> EnsembleRegressor:
    # On the processor also where there is a GPU: folds run side by side, and the same plan gives the same numbers.
    network = MLPRegressor(
        (256, 256),
        loss="absolute",
        weight_decay=0.005,
        schedule="cosine",
        batch_size=64,
        epochs=N_EPOCHS,
        device="cpu",
    )
    return EnsembleRegressor(network, N_NETWORKS)


def _distance_network() -> Any:
    # Loads RDKit; only tables of molecules need it.
    from matterlearn.models.molecules.distance_network import DistanceNetworkRegressor

    return DistanceNetworkRegressor(unknown="ignore", device="cpu")


def _sparse(kind: type) -> Any:
    """Lasso or elastic net whose penalty is chosen in shuffled folds: tables come sorted by composition."""
    return kind(alphas=np.logspace(-3.5, -1, 11), cv=KFold(3, shuffle=True, random_state=0), max_iter=50_000, tol=1e-2)


_ALL = (
    Family("svr", lambda: _scaled_target(SVR(C=10.0, gamma=0.05, epsilon=0.02)), 0.25, 1.8, fraction_weight=1.0),
    Family("extra-trees", lambda: ExtraTreesRegressor(N_TREES, max_features=0.2), 2.2, 1.0),
    Family(
        "mlp",
        lambda: _scaled_target(_networks()),
        6.0,
        0.8,
        fraction_weight=1.0,
        fewest_rows=400,
    ),
    Family(
        "kernel-ridge",
        lambda: _scaled_target(KernelRidge(kernel="laplacian", gamma=0.05, alpha=0.05)),
        0.4,
        1.8,
        fraction_weight=1.0,
    ),
    Family("ridge", lambda: _scaled_target(RidgeCV(np.logspace(-4, 2, 13))), 0.35, 0.8, fraction_weight=1.0),
    Family(
        "svr-fractions", lambda: _scaled_target(SVR(C=30.0, gamma=0.01, epsilon=0.02)), 0.3, 1.8, fraction_weight=4.0
    ),
    Family("knn", lambda: KNeighborsRegressor(5, weights="distance", algorithm="brute"), 0.1, 1.0, fraction_weight=1.0),
    Family(
        "mlp-descriptors",
        lambda: _scaled_target(_networks()),
        4.0,
        0.9,
        representation="descriptors",
        fraction_weight=1.0,
        fewest_rows=400,
    ),
    Family(
        "extra-trees-fractions",
        lambda: ExtraTreesRegressor(N_TREES, max_features=0.5),
        2.5,
        1.0,
        representation="fractions",
    ),
    Family(
        "boosting",
        lambda: HistGradientBoostingRegressor(max_iter=300, learning_rate=0.05, max_leaf_nodes=15),
        2.6,
        0.4,
    ),
    Family("forest", lambda: RandomForestRegressor(N_TREES, max_features=0.2), 4.0, 1.0),
    Family("least-squares", lambda: LinearRegression(), 0.2, 1.0, fraction_weight=1.0, by_default=False),
    Family("lasso", lambda: _scaled_target(_sparse(LassoCV)), 2.0, 1.0, fraction_weight=1.0, by_default=False),
    Family(
        "elastic-net", lambda: _scaled_target(_sparse(ElasticNetCV)), 2.0, 1.0, fraction_weight=1.0, by_default=False
    ),
    Family(
        "distance-network",
        _distance_network,
        20.0,
        1.0,
        representation="structures",
        fewest_rows=50,
        by_default=False,
    ),
    Family("tree", lambda: PrunedTreeRegressor(), 1.0, 1.0, by_default=False),
    Family("adaboost", lambda: AdaBoostRegressor(n_estimators=100), 3.0, 1.0, by_default=False),
)

FAMILIES: Mapping[str, Family] = MappingProxyType({family.name: family for family in _ALL})
"""Every family by name, the most worthwhile first: a small budget drops the last ones.

Their settings were chosen on other folds than those any accuracy is quoted for.
"""


def make_candidates(
    names: Sequence[str],
    inputs: Sequence[str],
    kinds: Mapping[str, str],
    *,
    features: Any = None,
    ions: Mapping[str, Ion] | None = None,
    families: Mapping[str, Family] = FAMILIES,
) -> dict[str, Pipeline]:
    """Return pipelines from input columns to predictions.

    Parameters
    ----------
    names : sequence of str
        Names of families.
    inputs : sequence of str
        Names of the input columns.
    kinds : mapping of str to str
        Kind of each.
    features : transformer, optional
        The user's own features, used instead of what each family takes.
    ions : mapping of str to Ion, optional
        The user's own molecular ions.
    families : mapping of str to Family, optional
        Where the names are looked up: `FAMILIES` for numbers, `CLASS_FAMILIES` for classes.

    Returns
    -------
    dict of str to Pipeline
        In the order of the names.

    Raises
    ------
    ArgumentError
        If a name is unknown.

    Examples
    --------
    >>> make_candidates(["ridge"], ["formula"], {"formula": "formula"})["ridge"].steps[0][0]
    'columntransformer'
    """
    pipelines = {}
    for name in names:
        kind = family(name, families)
        if features is not None:
            scaling = [] if kind.fraction_weight is None else [BlockScaler(DESCRIPTOR_WEIGHT)]
            pipelines[name] = make_pipeline(clone(features), *scaling, kind.make())
            continue
        made = table_features(
            inputs, kinds, representation=kind.representation, ions=ions, fraction_weight=kind.fraction_weight
        )
        if kind.numbers is not None:
            made = _with_numbers_through(kind.numbers, made)
        pipelines[name] = make_pipeline(made, kind.make())
    return pipelines


def family(name: str, families: Mapping[str, Family] = FAMILIES) -> Family:
    """Return the family of a name, or an error that names the closest one."""
    if name not in families:
        fix = did_you_mean(name, families) or f"known: {', '.join(families)}"
        raise ArgumentError(f"unknown model {name!r}", where="models", fix=fix)
    return families[name]


def default_names(families: Mapping[str, Family] = FAMILIES) -> list[str]:
    """Return the names of the families that a fit compares without being asked to."""
    return [name for name, kind in families.items() if kind.by_default]


def _with_numbers_through(transformer: Any, features: ColumnTransformer) -> ColumnTransformer:
    parts = [
        (name, _after(transformer, part) if name == "numbers" else part, of) for name, part, of in features.transformers
    ]
    return clone(features).set_params(transformers=parts)


def _after(transformer: Any, part: Any) -> Any:
    first = clone(transformer)
    return first if part == "passthrough" else make_pipeline(first, part)


LINEAR_ALPHAS = tuple(float(alpha) for alpha in np.logspace(-4, 2, 13))
"""Penalties that the linear baseline chooses from by leaving out one row at a time."""


def make_baselines(
    features: Any,
    inputs: Sequence[str],
    kinds: Mapping[str, str],
    *,
    ions: Mapping[str, Ion] | None = None,
) -> dict[str, Any]:
    """Return what every model must beat.

    Parameters
    ----------
    features : transformer
        Descriptors in which "nearest" is measured.
    inputs : sequence of str
        Names of the input columns.
    kinds : mapping of str to str
        Kind of each.
    ions : mapping of str to Ion, optional
        The user's own molecular ions.

    Returns
    -------
    dict of str to estimator
        By the names used in the evidence: "mean", the mean of the training rows; "1-nearest neighbour", the value of
        the nearest one; "linear on fractions", a ridge on how much of each element there is, beside scaled numbers and
        categories (called "linear" where no input describes matter). An element that was not in training counts for
        nothing. The nearest neighbour takes no weights of rows, the others do.

    Examples
    --------
    >>> kinds = {"formula": "formula"}
    >>> list(make_baselines(table_features(["formula"], kinds), ["formula"], kinds))
    ['mean', '1-nearest neighbour', 'linear on fractions']
    """
    nearest = make_pipeline(clone(features), StandardScaler(), KNeighborsRegressor(1))
    has_matter = any(kinds[name] in MATTER_KINDS for name in inputs)
    fractions = table_features(inputs, kinds, representation="fractions", ions=ions, fraction_weight=1.0)
    return {
        "mean": DummyRegressor(),
        "1-nearest neighbour": nearest,
        "linear on fractions" if has_matter else "linear": make_pipeline(fractions, RidgeCV(LINEAR_ALPHAS)),
    }
