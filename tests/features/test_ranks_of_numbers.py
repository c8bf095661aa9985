"""Numbers by their rank."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.preprocessing import QuantileTransformer
from sklearn.utils.estimator_checks import parametrize_with_checks

from matterlearn.features.ranks import Ranks
from matterlearn.models.persistence import estimator_from_bytes, estimator_to_bytes


@parametrize_with_checks([Ranks(n_quantiles=20)])
def test_sklearn_contract(estimator, check):
    check(estimator)


@pytest.mark.parametrize("n_rows", [5, 20, 300])
def test_quantiles_of_scikit_learn_without_a_warning(n_rows):
    X = np.random.default_rng(0).lognormal(size=(n_rows, 3)).round(1)
    ours = Ranks(n_quantiles=20).fit(X)
    theirs = QuantileTransformer(n_quantiles=min(20, n_rows)).fit(X)
    np.testing.assert_array_equal(ours.transform(X), theirs.transform(X))
    again = estimator_from_bytes(estimator_to_bytes(ours))
    np.testing.assert_array_equal(again.transform(X * 2), ours.transform(X * 2))
