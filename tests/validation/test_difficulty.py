from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import spearmanr

from matterlearn.validation.difficulty import FEWEST_ERRORS, SIGNS, SMALLEST, Difficulty


def planted(n: int, seed: int, *, of: int = 0):
    """Signs of which one tells how large errors are on average: ten times as large at its end."""
    rng = np.random.default_rng(seed)
    signs = rng.uniform(0, 1, (n, len(SIGNS)))
    scale = 0.1 + 0.9 * signs[:, of]
    return signs, np.abs(rng.normal(0, scale)), scale


@pytest.mark.parametrize("of", range(len(SIGNS)), ids=SIGNS)
def test_learns_which_rows_are_hard(of):
    signs, errors, _ = planted(600, 0, of=of)
    new, _, scale = planted(300, 1, of=of)
    found = Difficulty().fit(signs, errors).predict(new)
    assert spearmanr(found, scale).statistic > 0.9
    mean_error = scale * np.sqrt(2 / np.pi)  # of normal errors
    assert np.mean(np.abs(found - mean_error)) < 0.25 * mean_error.mean()


def test_errors_of_calibration_rows_are_judged_by_trees_that_have_not_seen_them():
    """In noise such trees find nothing; trees that had seen the rows would."""
    rng = np.random.default_rng(0)
    signs, errors = rng.uniform(0, 1, (600, len(SIGNS))), rng.lognormal(size=600)
    difficulty = Difficulty().fit(signs, errors)
    assert abs(spearmanr(difficulty.expected_, errors).statistic) < 0.1
    assert spearmanr(difficulty.predict(signs), errors).statistic > 0.2


def test_expected_errors_are_right_on_average():
    signs, errors, _ = planted(800, 2)
    difficulty = Difficulty().fit(signs, errors)
    assert difficulty.expected_.mean() == pytest.approx(errors.mean(), rel=0.05)
    assert difficulty.mean_ == pytest.approx(errors.mean())
    hard = difficulty.expected_ > np.median(difficulty.expected_)
    for half in (hard, ~hard):
        assert difficulty.expected_[half].mean() == pytest.approx(errors[half].mean(), rel=0.2)


def test_more_of_a_bad_sign_is_no_better():
    signs, errors, _ = planted(2_000, 3)
    ladder = np.full((10, len(SIGNS)), 0.5)
    ladder[:, 0] = np.linspace(0.05, 0.95, 10)
    found = Difficulty().fit(signs, errors).predict(ladder)
    assert spearmanr(found, ladder[:, 0]).statistic > 0.95
    assert found[-1] > 3 * found[0]


def test_few_errors_teach_nothing_about_differences():
    signs, errors, _ = planted(FEWEST_ERRORS - 1, 0)
    difficulty = Difficulty().fit(signs, errors)
    assert difficulty.forest_ is None
    assert difficulty.predict(signs[:4]).tolist() == [errors.mean()] * 4
    assert difficulty.expected_.tolist() == [errors.mean()] * len(errors)
    assert Difficulty().fit(*planted(FEWEST_ERRORS, 0)[:2]).forest_ is not None


def test_no_row_is_taken_for_certain():
    signs, errors, _ = planted(400, 0)
    errors[signs[:, 0] < 0.6] = 0.0
    difficulty = Difficulty().fit(signs, errors)
    smallest = SMALLEST * errors.mean()
    assert difficulty.expected_.min() == pytest.approx(smallest)
    assert difficulty.predict(signs).min() == pytest.approx(smallest)
    assert np.all(difficulty.predict(signs) >= smallest * (1 - 1e-12))


@pytest.mark.parametrize("n", [10, 200])
def test_a_perfect_model_is_no_division_by_zero(n):
    signs = planted(n, 0)[0]
    difficulty = Difficulty().fit(signs, np.zeros(n))
    assert difficulty.mean_ == 1.0
    for found in (difficulty.expected_, difficulty.predict(signs)):
        assert np.all(np.isfinite(found) & (found > 0))
        assert np.ptp(found) == 0


def test_an_unknown_spread_says_nothing():
    signs, errors, _ = planted(300, 0)
    signs[:, 3] = np.nan
    without = signs.copy()
    without[:, 3] = 0.0
    one, two = Difficulty().fit(signs, errors), Difficulty().fit(without, errors)
    assert one.predict(signs).tobytes() == two.predict(without).tobytes()
    assert np.all(np.isfinite(one.predict(signs)))


def test_signs_beyond_all_measure_count_as_large():
    signs, errors, _ = planted(300, 0)
    difficulty = Difficulty().fit(signs, errors)
    far, farthest = np.full((2, len(SIGNS)), 0.5)
    far[0], farthest[0] = 1e20, np.inf
    assert difficulty.predict([far])[0] == difficulty.predict([farthest])[0] > errors.mean()
    farthest[4] = -1e300
    assert np.isfinite(difficulty.predict([farthest])[0])


def test_the_unit_of_the_target_goes_through():
    signs, errors, _ = planted(300, 0)
    in_eV, in_meV = Difficulty().fit(signs, errors), Difficulty().fit(signs, 1000 * errors)
    np.testing.assert_allclose(in_meV.predict(signs), 1000 * in_eV.predict(signs), rtol=1e-6)


def test_the_same_seed_gives_the_same():
    signs, errors, _ = planted(300, 0)
    one, two, other = (Difficulty(seed).fit(signs, errors).predict(signs) for seed in (0, 0, 1))
    assert one.tobytes() == two.tobytes() != other.tobytes()


def test_what_only_calibration_needs_is_not_kept_in_the_forest():
    signs, errors, _ = planted(300, 0)
    forest = Difficulty().fit(signs, errors).forest_
    assert not any(len(value) >= 300 for value in vars(forest).values() if isinstance(value, np.ndarray))
