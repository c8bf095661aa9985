"""How many components: criteria against their definitions, and the merging of what belongs together."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import entr
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture

from matterlearn.core.errors import ArgumentError
from matterlearn.models.density.mixture_merging import elbow, merge_components, posterior_entropy
from matterlearn.models.density.mixture_selection import choose_components, number_of_parameters

rng = np.random.default_rng(0)
BLOBS = np.concatenate([rng.normal(center, 1.0, (100, 2)) for center in ((0, 0), (9, 0), (0, 9))])
ARC = np.pi * rng.uniform(size=300)
BENT = np.concatenate(
    [10 * np.column_stack([np.cos(ARC), np.sin(ARC)]) + rng.normal(0, 0.4, (300, 2)), rng.normal((0, -8), 1, (150, 2))]
)


def test_three_heaps_are_three_components_and_three_kinds():
    choice = choose_components(BLOBS, range(1, 7))
    assert (choice.by_bic, choice.by_entropy) == (3, 3)
    labels = choice.labels(BLOBS)
    assert sorted(np.bincount(labels)) == [100, 100, 100]
    assert all(len(np.unique(labels[i : i + 100])) == 1 for i in (0, 100, 200))


def test_the_parts_of_a_bent_heap_are_merged():
    choice = choose_components(BENT, range(1, 8))
    assert choice.by_bic > 2
    assert choice.merging.groups[2].tolist().count(choice.merging.groups[2][0]) in (1, choice.by_bic - 1)
    two = np.eye(2)[choice.merging.groups[2]]
    arc = (choice.mixture.predict_proba(BENT) @ two).argmax(axis=1)
    assert len(np.unique(arc[:300])) == len(np.unique(arc[300:])) == 1
    assert choice.by_entropy < choice.by_bic


@pytest.mark.parametrize("kind", ["full", "tied", "diag", "spherical"])
def test_criteria_are_what_they_are_defined_as(kind):
    choice = choose_components(BLOBS, [2, 3], covariance_type=kind)
    for line in choice.table.itertuples():
        mixture = GaussianMixture(line.n_components, covariance_type=kind, n_init=3, random_state=0).fit(BLOBS)
        likelihood = mixture.score_samples(BLOBS).sum()
        n_parameters = number_of_parameters(line.n_components, 2, kind)
        assert line.bic == pytest.approx(n_parameters * np.log(300) - 2 * likelihood)
        assert line.aic == pytest.approx(2 * n_parameters - 2 * likelihood)
        assert line.entropy == pytest.approx(entr(mixture.predict_proba(BLOBS)).sum())


def test_merging_takes_the_pair_with_the_largest_fall_each_time():
    p = np.random.default_rng(1).dirichlet(np.ones(5), size=40)
    path = merge_components(p)
    columns = list(p.T)
    for number in (4, 3, 2, 1):  # by trying every pair in full
        tried = [
            [column for k, column in enumerate(columns) if k not in (a, b)] + [columns[a] + columns[b]]
            for a in range(len(columns))
            for b in range(a)
        ]
        columns = min(tried, key=lambda parts: entr(np.column_stack(parts)).sum())
        assert path.entropies[number] == pytest.approx(entr(np.column_stack(columns)).sum(), abs=1e-9)
        joined = p @ np.eye(number)[path.groups[number]]
        assert posterior_entropy(joined) == pytest.approx(path.entropies[number], abs=1e-9)
    assert path.entropies[1] == pytest.approx(0.0, abs=1e-9)


def test_elbow_lies_farthest_from_the_chord():
    assert elbow(range(1, 8), [0.0, 0.1, 0.2, 0.3, 5.0, 10.0, 15.0]) == 3
    assert elbow([1, 2, 3, 4], [10.0, 3.0, 2.0, 1.0]) == 1  # a falling curve
    assert elbow([1, 2, 3, 4], [0.0, 1.0, 2.0, 3.0]) == 3  # a straight one has none
    assert elbow([1, 2], [0.0, 7.0]) == 1
    assert elbow([1], [0.0]) == 0


def test_one_number_and_one_component():
    choice = choose_components(BLOBS, [1])
    assert (choice.by_bic, choice.by_entropy) == (1, 1)
    assert set(choice.labels(BLOBS)) == {0}


@pytest.mark.parametrize("numbers", [[], [0, 1], [301]])
def test_numbers_that_cannot_be(numbers):
    with pytest.raises(ArgumentError, match="n_components: whole numbers from 1 to the 300 rows"):
        choose_components(BLOBS, numbers)


def test_a_mixture_that_has_not_settled_is_said():
    with pytest.warns(ConvergenceWarning, match="had not settled after 1 steps"):
        choice = choose_components(BENT, [4], max_iter=1)
    assert choice.table["converged"].tolist() == [False]


def test_posteriors_must_be_probabilities():
    with pytest.raises(ArgumentError, match="add up to 1"):
        merge_components([[0.2, 0.2]])
