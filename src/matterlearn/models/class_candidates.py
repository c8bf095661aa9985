"""The classifiers that a fit compares, each a pipeline from a table's input columns to probabilities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import (
    AdaBoostClassifier,
    ExtraTreesClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.linear_model import LogisticRegression, LogisticRegressionCV
from sklearn.model_selection import StratifiedKFold
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from matterlearn.chemistry.ions import Ion
from matterlearn.features.block_scaler import BlockScaler
from matterlearn.features.ranks import Ranks
from matterlearn.models.candidates import N_TREES, Family
from matterlearn.models.density.gaussian_mixture_classifier import GaussianMixtureClassifier
from matterlearn.models.density.kernel_density_classifier import KernelDensityClassifier
from matterlearn.models.kernel_ridge_classifier import KernelRidgeClassifier
from matterlearn.models.networks.classifier import MLPClassifier
from matterlearn.models.pruned_tree import PrunedTreeClassifier

N_EPOCHS = 40
"""Passes over the training rows of a network, in which its learning rate falls to 0."""

INNER_FOLDS = StratifiedKFold(3, shuffle=True, random_state=0)
"""Folds of the training rows in which a penalty is chosen, or scores become probabilities.

Shuffled: tables come sorted by composition or by class, and folds of neighbouring rows would ask for extrapolation.
"""

PENALTIES = tuple(float(c) for c in np.logspace(-0.5, 2.5, 7))
"""Inverse penalties that models with L1 choose from. Scaled columns have small values, hence the large numbers."""

RIDGE_PENALTIES = tuple(float(c) for c in np.logspace(-1, 3, 9))


def _logistic(l1_ratio: float) -> LogisticRegressionCV:
    l1 = l1_ratio > 0
    return LogisticRegressionCV(
        Cs=PENALTIES if l1 else RIDGE_PENALTIES,
        l1_ratios=(l1_ratio,),
        cv=INNER_FOLDS,
        scoring="neg_log_loss",
        solver="saga" if l1 else "lbfgs",
        # Weak L1 penalties converge slowly, and are never chosen: the tolerance need not be finer than the folds.
        tol=1e-3 if l1 else 1e-4,
        max_iter=3_000,
        use_legacy_attributes=False,
    )


def _probable(machine: Any) -> CalibratedClassifierCV:
    """Turn scores into probabilities by one factor, fitted to the scores of rows in inner folds.

    A sigmoid has a shift too, which folds of different shares can drive so far that its slope changes sign.
    """
    return CalibratedClassifierCV(machine, method="temperature", cv=INNER_FOLDS, ensemble=False)


def _main_directions() -> PCA:
    """Densities need many rows per column: keep the directions that hold most of what varies."""
    return PCA(0.8, svd_solver="full")


def _mixture() -> GaussianMixtureClassifier:
    return GaussianMixtureClassifier("bic", covariance_type="tied", reg_covar=1e-3)


def _network() -> Pipeline:
    # On the processor also where there is a GPU: folds run side by side, and the same plan gives the same numbers.
    network = MLPClassifier(
        (256, 256), weight_decay=0.001, schedule="cosine", batch_size=64, epochs=N_EPOCHS, device="cpu"
    )
    # Classes change more abruptly with the inputs than numbers do: wider inputs let a network follow.
    return make_pipeline(BlockScaler(4.0, standardise=False), network)


RANKS = Ranks(n_quantiles=20)
"""Numbers by their rank among the training rows: skewed ones, and piles of equal smallest values, become even.

With 20 steps, between which it interpolates, it takes any table that can be judged at all.
"""

_ALL = (
    Family("extra-trees", lambda: ExtraTreesClassifier(N_TREES), 0.6, 1.0),
    Family("logistic", lambda: _logistic(0.0), 0.3, 0.7, fraction_weight=1.0, numbers=RANKS),
    Family(
        "kernel-ridge", lambda: KernelRidgeClassifier(0.2, gamma=0.12), 0.4, 2.0, fraction_weight=4.0, numbers=RANKS
    ),
    # With many columns to choose from at each split, trees find the few that count; with few they differ more.
    Family("extra-trees-wide", lambda: ExtraTreesClassifier(N_TREES, max_features=0.7), 1.7, 1.1),
    Family("forest", lambda: RandomForestClassifier(N_TREES), 0.9, 1.1),
    Family("logistic-elastic", lambda: _logistic(0.5), 3.1, 1.0, fraction_weight=1.0, numbers=RANKS),
    Family("svm", lambda: _probable(SVC(C=10.0, gamma=0.3)), 0.3, 1.5, fraction_weight=8.0, numbers=RANKS),
    Family(
        "boosting",
        lambda: HistGradientBoostingClassifier(
            max_iter=150, learning_rate=0.15, min_samples_leaf=10, l2_regularization=5.0, max_features=0.3
        ),
        1.0,
        0.7,
    ),
    Family(
        "lda",
        lambda: LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto"),
        0.1,
        0.8,
        fraction_weight=1.0,
        by_default=False,
        numbers=RANKS,
    ),
    Family("mlp", _network, 3.0, 0.8, fraction_weight=4.0, fewest_rows=400, numbers=RANKS),
    Family(
        "logistic-plain",
        lambda: LogisticRegression(C=np.inf, max_iter=3_000, tol=1e-3),
        0.5,
        1.0,
        fraction_weight=1.0,
        by_default=False,
        numbers=RANKS,
    ),
    Family("logistic-l1", lambda: _logistic(1.0), 4.3, 1.0, fraction_weight=1.0, by_default=False, numbers=RANKS),
    Family(
        "knn",
        lambda: KNeighborsClassifier(10, weights="distance", algorithm="brute"),
        0.1,
        1.0,
        fraction_weight=1.0,
        by_default=False,
        numbers=RANKS,
    ),
    Family(
        "qda",
        lambda: make_pipeline(_main_directions(), QuadraticDiscriminantAnalysis(solver="eigen", shrinkage=0.3)),
        0.2,
        1.0,
        fraction_weight=1.0,
        by_default=False,
        numbers=RANKS,
    ),
    Family(
        "kernel-density",
        lambda: make_pipeline(_main_directions(), KernelDensityClassifier()),
        0.3,
        1.5,
        fraction_weight=1.0,
        by_default=False,
        numbers=RANKS,
    ),
    Family(
        "gaussian-mixture",
        lambda: _probable(make_pipeline(_main_directions(), _mixture())),
        0.5,
        0.9,
        fraction_weight=1.0,
        by_default=False,
        numbers=RANKS,
    ),
    Family(
        "tree",
        lambda: PrunedTreeClassifier(min_samples_leaf=5),
        0.4,
        1.0,
        by_default=False,
    ),
    Family("adaboost", lambda: AdaBoostClassifier(n_estimators=100), 0.7, 1.0, by_default=False),
)

CLASS_FAMILIES: Mapping[str, Family] = MappingProxyType({family.name: family for family in _ALL})
"""Every family of classifiers by name, the most worthwhile first: a small budget drops the last ones.

Their settings were chosen on other folds than those any accuracy is quoted for. All give probabilities.
"""


def make_class_baselines(
    features: Any,
    inputs: Sequence[str],
    kinds: Mapping[str, str],
    *,
    ions: Mapping[str, Ion] | None = None,
) -> dict[str, Any]:
    """Return what every classifier must beat.

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
        By the names used in the evidence: "class shares", the shares of the classes among the training rows as
        probabilities; "majority", the most frequent class with certainty; "1-nearest neighbour", the class of the
        nearest row with certainty. The nearest neighbour takes no weights of rows, the others do.

    Examples
    --------
    >>> from matterlearn.features.table_features import table_features
    >>> kinds = {"formula": "formula"}
    >>> list(make_class_baselines(table_features(["formula"], kinds), ["formula"], kinds))
    ['class shares', 'majority', '1-nearest neighbour']
    """
    return {
        "class shares": DummyClassifier(strategy="prior"),
        "majority": DummyClassifier(strategy="most_frequent"),
        "1-nearest neighbour": make_pipeline(clone(features), StandardScaler(), KNeighborsClassifier(1)),
    }
