from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from matter_tables import METALS, NONMETALS, binaries
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import ExtraTreesRegressor
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder

from matterlearn.chemistry.elements import SYMBOLS
from matterlearn.core.container import arrays_to_bytes, bytes_to_arrays
from matterlearn.core.errors import ArgumentError, ModelFileError
from matterlearn.data.elements_of import element_sets
from matterlearn.features.table_features import table_features
from matterlearn.validation import domain as module
from matterlearn.validation.domain import MOST_REFERENCE_ROWS, N_NEIGHBORS, Domain, nearest_element

KINDS = {"formula": "formula"}


def formulas(*texts: str) -> tuple[pd.DataFrame, list[frozenset[str]]]:
    frame = pd.DataFrame({"formula": list(texts)})
    return frame, element_sets(frame, KINDS)


def descriptors():
    return table_features(["formula"], KINDS, representation="descriptors")


TABLE = binaries(60)
TRAINING = formulas(*TABLE["formula"])
TARGET = TABLE["gap_eV"].to_numpy()


@pytest.fixture(scope="module")
def fitted() -> Domain:
    return Domain(descriptors()).fit(TRAINING[0], TARGET, TRAINING[1])


def numeric(X, y=None, *, seed: int = 0) -> Domain:
    """Return a domain of plain numbers; where no target is given all of them matter alike."""
    X = np.asarray(X, dtype=float)
    y = np.zeros(len(X)) if y is None else np.asarray(y, dtype=float)
    return Domain(FunctionTransformer(), random_state=seed).fit(X, y, [{"Na"}] * len(X))


def distance(domain: Domain, rows) -> np.ndarray:
    return domain.assess(np.asarray(rows, dtype=float), [{"Na"}] * len(rows)).distance


# Distances


def test_distance_is_measured_in_what_matters(fitted):
    """Worked out here row by row: standardised, weighted by importance, five nearest others, 95 % of them."""
    matrix = np.asarray(descriptors().fit_transform(TRAINING[0]), dtype=float)
    scale = np.where(matrix.std(axis=0) > 1e-9, matrix.std(axis=0), 1.0)
    importance = (fitted.weight_ * scale) ** 2
    assert importance.sum() == pytest.approx(1.0)
    forest = ExtraTreesRegressor(200, max_features=0.2, min_samples_leaf=3, random_state=1).fit(matrix, TARGET)
    assert np.corrcoef(importance, forest.feature_importances_)[0, 1] > 0.8

    weighted = (matrix - matrix.mean(axis=0)) / scale * np.sqrt(importance)
    between = np.linalg.norm(weighted[:, None] - weighted, axis=2)
    np.fill_diagonal(between, np.inf)
    to_others = np.sort(between, axis=1)[:, :N_NEIGHBORS].mean(axis=1)
    assert fitted.limit_ == pytest.approx(np.quantile(to_others, 0.95))
    assert np.mean(to_others <= fitted.limit_) == pytest.approx(0.95, abs=0.02)
    new = formulas("NaCl", "CsF", "Na", "LiNaKRbCsO")
    raw = (np.asarray(fitted.features_.transform(new[0]), dtype=float) - matrix.mean(axis=0)) / scale
    raw *= np.sqrt(importance)
    expected = np.sort(np.linalg.norm(raw[:, None] - weighted, axis=2), axis=1)[:, :N_NEIGHBORS].mean(axis=1)
    np.testing.assert_allclose(fitted.assess(*new).distance, expected / fitted.limit_, rtol=1e-6)


def test_neighbours_are_training_rows(fitted):
    found = fitted.assess(*TRAINING)
    assert found.neighbors.shape == (60, N_NEIGHBORS)
    np.testing.assert_array_equal(fitted.reference_rows_[found.neighbors[:, 0]], np.arange(60))  # each is its nearest


def test_rows_unlike_all_others_are_far(fitted):
    near, far = fitted.assess(*TRAINING).distance, fitted.assess(*formulas("Na", "LiNaKRbCsO")).distance
    assert np.all(near < 1.5)
    assert np.all(far > 1)


def test_a_feature_that_does_not_matter_separates_no_rows():
    rng = np.random.default_rng(0)
    X = rng.uniform(-1, 1, (300, 2))
    domain = numeric(X, np.sin(3 * X[:, 0]))
    matters, does_not = distance(domain, [[3.0, 0.0], [0.0, 3.0]])
    assert matters > 3
    assert does_not < 0.5 * matters
    both = numeric(X, X.sum(axis=1))
    one, other = distance(both, [[3.0, 0.0], [0.0, 3.0]])
    assert one == pytest.approx(other, rel=0.3)
    assert other > 2 * does_not


def test_where_nothing_tells_of_the_target_all_features_count_alike():
    rng = np.random.default_rng(0)
    X = np.column_stack([rng.uniform(-1, 1, (40, 2)), np.full(40, 300.0)])
    weight = numeric(X, np.full(40, 0.7)).weight_ * np.r_[X[:, :2].std(axis=0), 1.0]
    assert weight == pytest.approx([1.0, 1.0, 0.0])  # how far 400 K is nobody can tell


def test_an_importance_that_rounding_left_below_zero_is_none(monkeypatch):
    class Rounded(ExtraTreesRegressor):
        @property
        def feature_importances_(self):
            return np.array([1.0, -1e-20])

    monkeypatch.setattr(module, "ExtraTreesRegressor", Rounded)
    X = np.random.default_rng(0).normal(size=(30, 2))
    assert numeric(X, X[:, 0]).weight_[1] == 0


@pytest.mark.parametrize("factor", [1e-20, 1e-3, 1e80])
def test_the_unit_of_the_target_does_not_matter(factor):
    rng = np.random.default_rng(0)
    X, new = rng.normal(size=(80, 3)), rng.normal(size=(30, 3))
    y = 5 + X[:, 0] + X[:, 1] ** 2
    np.testing.assert_allclose(distance(numeric(X, factor * y), new), distance(numeric(X, y), new), rtol=1e-4)


@pytest.mark.parametrize("factor", [1e-12, 1e-3, 1e5, 1e30])
def test_the_unit_of_a_column_does_not_matter(factor):
    rng = np.random.default_rng(0)
    X, new = rng.normal(size=(80, 3)), rng.normal(size=(30, 3))
    y = X[:, 0] + X[:, 1] ** 2
    units = np.array([1.0, factor, 1.0])
    np.testing.assert_allclose(distance(numeric(X * units, y), new * units), distance(numeric(X, y), new), rtol=1e-4)


def test_the_zero_of_a_column_does_not_matter():
    rng = np.random.default_rng(0)
    X, new = rng.normal(size=(80, 3)), rng.normal(size=(30, 3))
    y = X[:, 0] + X[:, 1] ** 2
    np.testing.assert_allclose(distance(numeric(X + 1e6, y), new + 1e6), distance(numeric(X, y), new), rtol=1e-4)


def test_the_order_of_rows_does_not_matter():
    rng = np.random.default_rng(0)
    X, order, new = rng.normal(size=(60, 3)), rng.permutation(60), rng.normal(size=(20, 3))
    one, two = numeric(X, X[:, 0]), numeric(X[order], X[order, 0])
    np.testing.assert_allclose(distance(one, new), distance(two, new), rtol=1e-9)
    np.testing.assert_array_equal(one.reference_rows_, order[two.reference_rows_])


def test_a_column_that_never_varies_is_none():
    """0.1 summed and divided is not 0.1: a spread of 1e-17 is none."""
    rng = np.random.default_rng(0)
    X, new = rng.normal(size=(50, 2)), rng.normal(size=(10, 2))
    constant = np.column_stack([X, np.full(50, 0.1)])
    far = np.column_stack([new, np.full(10, 0.2)])
    for y in (X[:, 0], np.zeros(50)):
        assert np.all(numeric(constant, y).weight_[2] * 0.1 < 1)
        np.testing.assert_array_less(distance(numeric(constant, y), far), 20)


def test_values_beyond_all_measure_are_far_and_nothing_else():
    domain = numeric(np.random.default_rng(0).normal(size=(50, 2)))
    found = distance(domain, [[1e300, 0.0], [-1e200, 1e308], [0.0, 0.0]])
    assert np.all(np.isfinite(found))
    assert np.all(found[:2] > 1e3)
    assert found[2] < 1


# Copies


@pytest.mark.parametrize("copies", [6, np.arange(40) % 4 + 1], ids=["six of each", "one to four"])
def test_copies_of_rows_do_not_change_the_domain(copies):
    rng = np.random.default_rng(0)
    X, new = rng.normal(size=(40, 3)), rng.normal(size=(40, 3))
    y = X[:, 0] + 0.1 * rng.normal(size=40)
    once, often = numeric(X, y), numeric(np.repeat(X, copies, axis=0), np.repeat(y, copies))
    assert often.limit_ == pytest.approx(once.limit_)
    np.testing.assert_allclose(distance(often, new), distance(once, new))
    assert len(often.to_arrays()["reference"]) == 40


def test_copies_that_differ_by_rounding_are_copies():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(40, 3))
    often = np.concatenate([X, X * (1 + 1e-14), X + 1e-15])
    assert numeric(often).limit_ == pytest.approx(numeric(X).limit_)


def test_copies_everywhere_do_not_refuse_their_like():
    X = np.repeat(np.array([[0.0, 1.0], [3.0, 4.0]]), 10, axis=0)
    like, unlike = distance(numeric(X), [[0.0, 1.0], [9.0, 9.0]])
    assert like <= 1 < unlike


def test_rows_that_are_all_alike_have_no_domain():
    with pytest.raises(ArgumentError, match="all alike"):
        numeric(np.ones((5, 2)))


def test_two_rows_are_enough():
    assert distance(numeric([[0.0], [1.0]]), [[0.5]])[0] <= 1


def test_many_rows_are_thinned():
    rng = np.random.default_rng(0)
    n = MOST_REFERENCE_ROWS + 1_000
    X, new = rng.normal(size=(n, 2)), rng.normal(size=(300, 2))
    elements = [frozenset({"Na"})] * (n - 1) + [frozenset({"Cl"})]
    domain = Domain(FunctionTransformer(), random_state=1).fit(X, X[:, 0], elements)
    arrays = domain.to_arrays()
    assert arrays["reference"].shape == (MOST_REFERENCE_ROWS, 2)
    assert len(set(domain.reference_rows_)) == MOST_REFERENCE_ROWS
    np.testing.assert_array_equal(arrays["reference"], domain._scaled(X[domain.reference_rows_]))
    assert domain.elements_ == {"Na", "Cl"}  # of all rows
    assert np.mean(distance(domain, new) <= 1) == pytest.approx(0.95, abs=0.04)
    assert distance(domain, [[50.0, 50.0]])[0] > 10
    again = Domain(FunctionTransformer(), random_state=1).fit(X, X[:, 0], elements).to_arrays()
    assert {name: part.tobytes() for name, part in again.items()} == {n: part.tobytes() for n, part in arrays.items()}


# What was seen


def test_an_unseen_element_is_named_with_the_nearest_known_one(fitted):
    found = fitted.assess(*formulas("NaCl", "BeO", "AuTe"))
    assert found.novel.tolist() == [False, True, True]
    assert found.unseen[0] == ""
    assert found.unseen[1].startswith("Be not in training; nearest: ")
    assert found.unseen[1].rpartition(" ")[2] in METALS
    assert found.unseen[2].startswith("Au, Te not in training; nearest: ")
    assert set(found.unseen[2].rpartition(": ")[2].split(", ")) <= {*METALS, *NONMETALS}


def test_technetium_is_nearest_to_rhenium():
    domain = Domain(FunctionTransformer()).fit(np.eye(3), np.arange(3.0), [{"Fe", "O"}, {"Re", "O"}, {"W"}])
    found = domain.assess(np.eye(3)[:1], [{"Tc", "O"}])
    assert found.unseen == ["Tc not in training; nearest: Re"]


def test_a_model_of_no_elements_knows_none():
    domain = Domain(FunctionTransformer()).fit(np.eye(3), np.arange(3.0), [set()] * 3)
    assert domain.assess(np.eye(3)[:1], [set()]).novel.tolist() == [False]
    assert domain.assess(np.eye(3)[:1], [{"Tc"}]).unseen == ["Tc not in training"]


def routes() -> tuple[Domain, pd.DataFrame]:
    X = pd.DataFrame({"route": ["sol", "flux"] * 10, "T_K": np.linspace(300.0, 900.0, 20)})
    features = ColumnTransformer(
        [
            ("route", OneHotEncoder(handle_unknown="ignore", sparse_output=False), ["route"]),
            ("T", "passthrough", ["T_K"]),
        ]
    )
    kinds = {"route": "category", "T_K": "number", "absent": "number"}
    return Domain(features, kinds).fit(X, X["T_K"].to_numpy(), [set()] * 20), X


def test_an_unseen_category_and_a_number_beyond_its_range_are_outside():
    domain, X = routes()
    assert domain.seen_ == {"route": ["flux", "sol"], "T_K": [300.0, 900.0]}
    new = pd.DataFrame({"route": ["sol", "melt", "flux", "gas"], "T_K": [600.0, 600.0, 1200.0, 1e300]})
    assert domain.assess(new, [set()] * 4).unseen == [
        "",
        "route = 'melt' not in training",
        "T_K = 1200 outside training (300 to 900)",
        "route = 'gas' not in training",
    ]
    assert domain.assess(X, [set()] * 20).unseen == [""] * 20  # the ends of the range are in it


def test_an_unseen_element_is_said_before_a_number_beyond_its_range():
    domain, X = routes()
    row = X.iloc[:1].assign(T_K=1e4)
    assert domain.assess(row, [{"Tc"}]).unseen == ["Tc not in training"]


@pytest.mark.parametrize(
    ("element", "known", "nearest"),
    [("Sr", ["Ca", "O", "Fe"], "Ca"), ("I", ["Na", "Br", "W"], "Br"), ("Tb", ["Dy", "C", "Al"], "Dy")],
)
def test_nearest_element_is_the_chemist_s(element, known, nearest):
    assert nearest_element(element, known) == nearest
    assert nearest_element(nearest, known) == nearest


def test_every_element_is_nearest_to_itself():
    assert [nearest_element(symbol, SYMBOLS) for symbol in SYMBOLS] == list(SYMBOLS)


# Files


def test_arrays_give_the_same_domain_back(fitted):
    arrays = bytes_to_arrays(arrays_to_bytes(fitted.to_arrays()))
    again = Domain.from_arrays(fitted.features_, sorted(fitted.elements_), fitted.seen_, arrays)
    rows = formulas("NaCl", "BeO", "Na", "CsF2", *TRAINING[0]["formula"])
    one, two = fitted.assess(*rows), again.assess(*rows)
    assert one.distance.tobytes() == two.distance.tobytes()
    assert one.neighbors.tolist() == two.neighbors.tolist()
    assert one.novel.tolist() == two.novel.tolist()
    assert one.unseen == two.unseen
    assert again.limit_ == fitted.limit_
    assert again.elements_ == fitted.elements_


def test_ranges_and_categories_come_back_from_json():
    domain, X = routes()
    seen = json.loads(json.dumps(domain.seen_))
    again = Domain.from_arrays(domain.features_, [], seen, domain.to_arrays())
    new = pd.concat([X, X.assign(T_K=np.nextafter(900.0, 1e4), route="melt")], ignore_index=True)
    assert again.assess(new, [set()] * 40).unseen == domain.assess(new, [set()] * 40).unseen


@pytest.mark.parametrize(
    "change",
    [
        {"limit": np.array([np.nan])},
        {"limit": np.array([-1.0])},
        {"limit": np.array([0.0])},
        {"limit": np.array([1.0, 2.0])},
        {"limit": np.array([1.0], dtype=np.float32)},
        {"limit": None},
        {"scale": np.zeros((2, 2))},
        {"scale": np.array([[0.0] * 3, [1.0, 1.0, -1.0]])},
        {"scale": np.array([[0.0] * 3, [1.0, 1.0, np.inf]])},
        {"scale": None},
        {"reference": np.full((5, 3), np.nan)},
        {"reference": np.full((5, 3), 1e200)},
        {"reference": np.zeros((0, 3))},
        {"reference": np.zeros((5, 4))},
        {"reference": np.zeros(5)},
        {"reference": np.zeros((5, 3), dtype=np.int64)},
        {"reference": None},
    ],
    ids=lambda change: " ".join(f"{name} {value!r:.40}" for name, value in change.items()),
)
def test_numbers_that_make_no_sense_are_refused(change):
    domain = numeric(np.random.default_rng(0).normal(size=(20, 3)))
    arrays = {name: value for name, value in {**domain.to_arrays(), **change}.items() if value is not None}
    with pytest.raises(ModelFileError, match="make no sense"):
        Domain.from_arrays(domain.features_, ["Na"], {}, arrays)


@pytest.mark.parametrize("elements", [["Na", "Qq"], ["Na", 11], [["Na"]], [None], None, 7])
def test_elements_that_are_none_are_refused(fitted, elements):
    with pytest.raises(ModelFileError, match="elements of its domain"):
        Domain.from_arrays(fitted.features_, elements, {}, fitted.to_arrays())


@pytest.mark.parametrize(
    "seen",
    [
        *({"T": known} for known in ([], [1.0], [2.0, 1.0], [1.0, np.nan], [1.0, "2"], ["a", None], [1.0, 2.0, 3.0])),
        *({"T": known} for known in ("ab", None)),
        {3: [1.0, 2.0]},
        ["T"],
        None,
    ],
)
def test_ranges_that_make_no_sense_are_refused(fitted, seen):
    with pytest.raises(ModelFileError, match="what it has seen"):
        Domain.from_arrays(fitted.features_, ["Na"], seen, fitted.to_arrays())


def test_many_columns_are_judged_by_how_many_are_beyond_their_range():
    rng = np.random.default_rng(0)
    names = [f"m{k}" for k in range(200)]
    table = pd.DataFrame(np.exp(rng.normal(size=(400, 200))), columns=names)
    kinds, none = dict.fromkeys(names, "number"), [frozenset()] * 400
    passthrough = FunctionTransformer(feature_names_out="one-to-one")
    domain = Domain(passthrough, kinds).fit(table[:100], rng.normal(size=100), none[:100])
    reasons = domain.assess(table[100:], none[100:]).unseen
    low, high = table[:100].min(), table[:100].max()
    n_beyond = ((table[100:] < low) | (table[100:] > high)).sum(axis=1).to_numpy()
    assert np.mean(n_beyond > 0) > 0.9  # a range alone would refuse nearly all
    assert np.mean([bool(reason) for reason in reasons]) < 0.03
    strange = table[100:101] * 100.0
    (reason,) = domain.assess(strange, none[:1]).unseen
    assert f"of 200 inputs; at most {domain.most_beyond_} are usual" in reason
    again = Domain.from_arrays(domain.features_, [], domain.seen_, domain.to_arrays())
    assert again.assess(table[100:], none[100:]).unseen == reasons
    few = Domain(passthrough, {"m0": "number"}).fit(table[:100], rng.normal(size=100), none[:100])
    assert few.most_beyond_ == 0
