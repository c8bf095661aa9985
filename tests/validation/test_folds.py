from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matter_tables import binaries

from matterlearn.core.errors import ArgumentError, DataError
from matterlearn.data.dataset import Dataset, make_dataset
from matterlearn.data.duplicates import duplicate_groups
from matterlearn.features.table_features import table_features
from matterlearn.validation.folds import SPLITS, Fold, make_folds

TABLE = binaries(40)
TABLE["set"] = np.where(np.arange(40) % 4 == 0, "Test ", "train")
TABLE["batch"] = pd.Series([None if i % 10 == 0 else f"b{i % 3}" for i in range(40)], dtype="str")
FEATURES = table_features(["formula"], {"formula": "formula"}, representation="descriptors")


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return make_dataset(TABLE, "gap_eV", inputs=["formula"])


def folds_of(split: str, dataset: Dataset, **arguments) -> list[Fold]:
    return make_folds(split, dataset, features=FEATURES, **arguments)


def test_every_split_divides_all_rows(dataset):
    for split in (
        "random",
        "stratified",
        "element",
        "element:each",
        "element:O,Na",
        "system",
        "cluster",
        "group:family",
        "group:batch",
        "holdout:set",
    ):
        folds = folds_of(split, dataset)
        assert [fold.number for fold in folds] == list(range(len(folds)))
        assert {fold.split for fold in folds} == {split}
        for fold in folds:
            assert sorted([*fold.train, *fold.test]) == list(range(40))
            assert fold.label
            assert fold.repeat == 0


def test_random(dataset):
    folds = folds_of("random", dataset, n_folds=4)
    assert sorted(np.concatenate([fold.test for fold in folds])) == list(range(40))
    assert {fold.label for fold in folds} == {"random rows"}
    assert [fold.test.tolist() for fold in folds] == [
        fold.test.tolist() for fold in folds_of("random", dataset, n_folds=4)
    ]
    assert folds[0].test.tolist() != folds_of("random", dataset, n_folds=4, seed=1)[0].test.tolist()


def test_repeats_deal_the_rows_out_anew(dataset):
    folds = folds_of("random:3", dataset, n_folds=4)
    assert [(fold.repeat, fold.number) for fold in folds] == [(r, k) for r in range(3) for k in range(4)]
    assert {fold.split for fold in folds} == {"random:3"}
    for repeat in range(3):
        tested = np.concatenate([fold.test for fold in folds if fold.repeat == repeat])
        assert sorted(tested) == list(range(40))
    assert len({tuple(fold.test) for fold in folds}) == 12
    assert [fold.test.tolist() for fold in folds[:4]] == [
        fold.test.tolist() for fold in folds_of("random", dataset, n_folds=4)
    ]


def test_stratified_folds_hold_low_and_high_values(dataset):
    third = np.argsort(np.argsort(dataset.y)) * 3 // 40
    for fold in folds_of("stratified", dataset, n_folds=4):
        assert set(third[fold.test]) == {0, 1, 2}


@pytest.mark.parametrize("split", ["random", "random:2", "stratified", "element", "system", "cluster", "extremes"])
def test_equal_compositions_stay_together(split):
    twice = TABLE[:30].assign(
        formula=lambda rows: rows["formula"].str.replace("Na", "Na1"), gap_eV=lambda rows: rows["gap_eV"][::-1].values
    )
    doubled = make_dataset(pd.concat([TABLE[:30], twice]), "gap_eV", inputs=["formula"])
    folds = folds_of(split, doubled)
    for fold in folds:
        assert {i % 30 for i in fold.train}.isdisjoint(i % 30 for i in fold.test)


def test_element_labels_name_what_is_held_out(dataset):
    elements = dataset.element_sets()
    folds = folds_of("element", dataset, n_element_groups=4)
    assert len(folds) == 4
    for fold in folds:
        held_out = set(fold.elements)
        assert fold.label == ", ".join(fold.elements)
        assert all(held_out.isdisjoint(elements[i]) for i in fold.train)
        assert all(not held_out.isdisjoint(elements[i]) for i in fold.test)


def test_each_element_is_left_out_in_turn(dataset):
    elements = dataset.element_sets()
    folds = folds_of("element:each", dataset)
    assert [fold.elements for fold in folds] == sorted((element,) for element in set().union(*elements))
    for fold in folds:
        assert fold.test.tolist() == [i for i in range(40) if fold.elements[0] in elements[i]]


def test_named_elements_are_left_out_in_turn(dataset):
    elements = dataset.element_sets()
    oxygen, sodium = folds_of("element:O, Na", dataset)
    assert (oxygen.number, oxygen.label, oxygen.elements) == (0, "O", ("O",))
    assert (sodium.number, sodium.label, sodium.elements) == (1, "Na", ("Na",))
    assert oxygen.test.tolist() == [i for i in range(40) if "O" in elements[i]]


def oxides(n_oxides: int, n_others: int) -> Dataset:
    metals = ["Li", "Na", "K", "Rb", "Cs", "Mg", "Ca", "Sr", "Ba", "Zn", "Cd", "Cu", "Ag", "Ni", "Co", "Fe", "Mn", "Cr"]
    formulas = [f"{metal}O" for metal in metals[:n_oxides]] + [f"{metal}S" for metal in metals[:n_others]]
    table = pd.DataFrame({"formula": formulas, "y": np.arange(float(len(formulas)))})
    return make_dataset(table, "y")


def test_a_frequent_element_is_left_out_if_it_is_named_and_enough_rows_do_without_it():
    (fold,) = folds_of("element:O", oxides(18, 10))
    assert (len(fold.train), len(fold.test)) == (10, 18)
    assert all("O" not in fold.elements for fold in folds_of("element:each", oxides(18, 10)))
    with pytest.raises(ArgumentError, match="with 'O' held out 9 different rows are left to train on; leave 10"):
        folds_of("element:O", oxides(18, 9))


def test_elements_that_leave_too_few_different_rows_are_passed_over():
    table = pd.DataFrame({"formula": ["NaCl"] * 12 + [f"{m}F" for m in ("Li", "K", "Rb", "Cs")] * 2 + ["MgO"] * 12})
    table["y"] = np.arange(32.0)
    with pytest.raises(ArgumentError, match="whichever element is left out, fewer than 10 different rows are left"):
        folds_of("element:each", make_dataset(table, "y"))


def test_chemical_systems_are_tested_whole_and_once():
    formulas = [f"{a}{n}{b}" for a, b in [("Na", "Cl"), ("K", "Br"), ("Mg", "O")] for n in range(1, 8)]
    dataset = make_dataset(pd.DataFrame({"formula": formulas, "y": np.arange(21.0)}), "y")
    folds = folds_of("system", dataset)
    assert [fold.label for fold in folds] == ["Br-K", "Cl-Na", "Mg-O"]
    assert [fold.test.tolist() for fold in folds] == [list(range(7, 14)), list(range(7)), list(range(14, 21))]


def test_labels_name_a_few_of_many_systems(dataset):
    folds = folds_of("system", dataset, n_folds=3)
    assert len(folds) == 3
    assert all(fold.label.endswith((" and 5 more", " and 6 more")) for fold in folds)
    assert all(fold.label.count(",") == 7 for fold in folds)


def test_extremes(dataset):
    highest, lowest = folds_of("extremes", dataset)
    assert (highest.label, lowest.label) == ("highest values of gap_eV", "lowest values of gap_eV")
    assert len(highest.test) == len(lowest.test) == 4
    y = dataset.y
    assert y[highest.train].max() < y[highest.test].min()
    assert y[lowest.test].max() < y[lowest.train].min()
    assert np.array_equal(highest.train, lowest.train)


def test_of_several_targets_the_first_counts_and_may_be_missing():
    table = TABLE.assign(other=np.arange(40.0))
    table.loc[::4, "gap_eV"] = np.nan
    both = make_dataset(table, ["gap_eV", "other"], inputs=["formula"])
    missing = np.arange(0, 40, 4)
    for fold in folds_of("stratified", both):
        assert len(np.intersect1d(fold.test, missing)) == 2
    for fold in folds_of("extremes", both):
        assert np.isin(missing, fold.train).all()
        assert len(fold.test) == 3
    tested = np.concatenate([fold.test for fold in folds_of("random", both)])
    assert sorted(tested) == list(range(40))


def test_clusters_are_tested_whole_and_once(dataset):
    folds = folds_of("cluster", dataset)
    assert 2 <= len(folds) <= 10
    assert sorted(np.concatenate([fold.test for fold in folds])) == list(range(40))
    assert all(fold.label.startswith("cluster ") for fold in folds)


def test_values_of_a_column(dataset):
    families = TABLE["family"].to_numpy()
    folds = folds_of("group:family", dataset, n_folds=20)
    assert [fold.label for fold in folds] == sorted(set(families))
    for fold in folds:
        assert set(families[fold.test]) == {fold.label}
        assert fold.label not in families[fold.train]


def test_empty_cells_are_a_group_of_their_own(dataset):
    folds = folds_of("group:batch", dataset, n_folds=10)
    assert [fold.label for fold in folds] == ["(empty)", "b0", "b1", "b2"]
    assert folds[0].test.tolist() == [0, 10, 20, 30]


def test_holdout_by_the_usual_words(dataset):
    (fold,) = folds_of("holdout:set", dataset)
    assert fold.test.tolist() == list(range(0, 40, 4))
    assert fold.label == "set = Test"


def test_holdout_by_a_value(dataset):
    (fold,) = folds_of("holdout:family=O-compounds", dataset)
    assert fold.test.tolist() == np.flatnonzero(TABLE["family"] == "O-compounds").tolist()
    assert fold.label == "family = O-compounds"


@pytest.mark.parametrize("marks", [[1, 0], [1.0, 0.0], [True, False], ["yes", "no"], ["VAL", None]], ids=str)
def test_marks_of_a_holdout(marks):
    table = TABLE.assign(mark=[marks[0] if i < 8 else marks[1] for i in range(40)])
    (fold,) = folds_of("holdout:mark", make_dataset(table, "gap_eV", inputs=["formula"]))
    assert fold.test.tolist() == list(range(8))


def test_enough_rows_must_be_left_to_train_on():
    table = TABLE.assign(mark=[1] * 32 + [0] * 8)
    with pytest.raises(ArgumentError, match="with 'mark = 1' held out 8 different rows are left to train on; leave 10"):
        folds_of("holdout:mark", make_dataset(table, "gap_eV", inputs=["formula"]))


@pytest.mark.parametrize(
    ("split", "what"),
    [
        ("holdout:family", r"marks 0 of 40 rows as hold-out \(values: .*holdout:family=VALUE"),
        ("holdout:set=nothing", "marks 0 of 40 rows"),
        ("holdout:batch", r"marks 0 of 40 rows as hold-out \(values: '', 'b0', 'b1', 'b2'\)"),
        ("holdout:famly", "no column 'famly'; did you mean 'family'"),
        ("group:famly", "no column 'famly'; did you mean 'family'"),
        ("group:", "'group:' is no split; write group:COLUMN"),
        ("element:", "'element:' is no split; write element or element:each or element:SYMBOLS"),
        ("element:Xx", "no row holds 'Xx'; the elements of the rows are Ag, Ba, .*, Zn"),
        ("element:na", "no row holds 'na'; the elements .*; did you mean 'Na'"),
        ("element:O,", "no row holds ''"),
        ("random:", "'random:' is no split; write random or random:REPEATS"),
        ("random:0", "split: '0' is no number of repeats; write random:3"),
        ("random:two", "'two' is no number of repeats"),
        ("random:-1", "'-1' is no number of repeats"),
        ("stratified:3", "'stratified:3' is no split; write stratified$"),
        ("system:O", "'system:O' is no split; write system$"),
        ("group", "'group' is no split; write group:COLUMN"),
        ("holdout", "'holdout' is no split; write holdout:COLUMN or holdout:COLUMN=VALUE"),
        ("file", "'file' is no split; write file:FOLDS"),
        ("elements", f"unknown split 'elements'; use one of {', '.join(SPLITS)}"),
        ("Random", "unknown split 'Random'"),
        ("", "unknown split ''"),
    ],
)
def test_names_that_cannot_be_used(dataset, split, what):
    with pytest.raises(ArgumentError, match=what):
        folds_of(split, dataset)


def test_one_group_cannot_be_left_out(dataset):
    table = TABLE.assign(family="one")
    with pytest.raises(ArgumentError, match="at least two groups"):
        folds_of("group:family", make_dataset(table, "gap_eV", inputs=["formula"]))


METALS = ("Fe", "Co", "Ni", "Cu", "Zn")


def table_of(formulas, y=None) -> Dataset:
    frame = pd.DataFrame({"formula": formulas, "y": np.arange(float(len(formulas))) if y is None else y})
    return make_dataset(frame, "y", inputs=["formula"], kinds={"formula": "formula", "y": "number"})


STEELS = [f"Fe{90 - i}C{10 + i}" for i in range(12)] + [f"Fe{80 - i}C{10 + i}N" for i in range(3)]


@pytest.mark.parametrize(
    ("split", "dataset", "what"),
    [
        ("system", table_of([f"Fe{i}Ni" for i in range(1, 21)]), r"all rows are of one chemical system \(Fe-Ni\)"),
        ("system", table_of(STEELS), "with 'C-Fe' held out 3 different rows are left to train on"),
        ("element", table_of(STEELS), "split: no element split: of 3 elements, 2 occur in every row .*; use another"),
        ("element:each", table_of([f"Fe{i}C" for i in range(1, 21)]), "split: no element split: of 2 elements"),
        ("element:C", table_of(STEELS), "split: C occurs in every row: without it no row is left"),
        ("extremes", table_of(STEELS, np.repeat([1.0, 2.0], [7, 8])), "split: y: extremes need at least three diff"),
        ("extremes", table_of(STEELS, np.repeat([1.0, 2.0, 3.0], 5)), "values of y' held out 5 different rows"),
        ("random", table_of(list(METALS[:4]) * 5), "5 folds need at least as many different rows, got 4; take fewer"),
        ("stratified", table_of(list(METALS[:4]) * 5), "5 folds need at least as many different rows, got 4"),
    ],
)
def test_data_that_allow_no_such_split(split, dataset, what):
    with pytest.raises(ArgumentError, match=what):
        folds_of(split, dataset)


def test_classes_are_stratified_and_have_no_extremes():
    table = TABLE.assign(kind=["metal", "insulator"] * 20)
    classes = make_dataset(table, "kind", inputs=["formula"])
    for fold in folds_of("stratified", classes):
        assert (classes.y[fold.test] == "metal").sum() == 4
    with pytest.raises(ArgumentError, match="split: classes have no extremes; use stratified"):
        folds_of("extremes", classes)


def test_a_table_of_elements():
    """Every formula is an element: one row per system."""
    symbols = [*METALS, "H", "Li", "Be", "B", "C", "N", "O", "F", "Na", "Mg", "Al", "Si", "P", "S", "Cl", "K", "Ca"]
    elements = table_of(symbols)
    assert len(folds_of("element", elements)) == 10
    assert [fold.label for fold in folds_of("element:each", elements)] == sorted(symbols)
    assert len(folds_of("system", elements)) == 5
    assert all(len(fold.test) == 1 for fold in folds_of("element:each", elements))


formulas = st.lists(st.sampled_from(METALS), min_size=1, max_size=3, unique=True).map("".join)
numbers = st.sampled_from([0.0, 1.0, 2.0]) | st.floats(-5, 5)


@settings(deadline=None, max_examples=60)
@given(
    rows=st.lists(st.tuples(formulas, st.integers(1, 3), numbers), min_size=12, max_size=40),
    split=st.sampled_from(["random:2", "stratified", "element", "element:each", "element:Fe", "system", "extremes"]),
)
def test_any_table_is_split_or_the_reason_is_one_line(rows, split):
    dataset = table_of([f"{formula}{n}" for formula, n, _ in rows], [y for *_, y in rows])
    groups, elements = duplicate_groups(dataset.X, dataset.kinds), dataset.element_sets()
    try:
        folds = folds_of(split, dataset)
    except ArgumentError as error:
        text = str(error)
        assert text
        assert "\n" not in text
        return
    keys = [(fold.repeat, fold.number) for fold in folds]
    assert keys == sorted(set(keys))
    assert all(b[1] == a[1] + 1 or b == (a[0] + 1, 0) for a, b in pairwise(keys))
    for fold in folds:
        assert len(fold.train) > 0
        assert len(fold.test) > 0
        assert set(fold.train).isdisjoint(fold.test)
        assert set(groups[fold.train]).isdisjoint(groups[fold.test])
        assert bool(fold.elements) == split.startswith("element")
        assert all(elements[i].isdisjoint(fold.elements) for i in fold.train)
        if fold.elements:
            assert all(not elements[i].isdisjoint(fold.elements) for i in fold.test)


class TestRealTables:
    """What the splits make of tables of the field."""

    @pytest.fixture
    def gaps(self, data_home) -> Dataset:
        return make_dataset(data_home / "matbench_expt_gap/matbench_expt_gap.csv", "gap_expt_eV")

    def test_oxygen_left_out_of_measured_gaps(self, gaps):
        (fold,) = folds_of("element:O", gaps)
        elements = gaps.element_sets()
        assert len(fold.test) == sum("O" in held for held in elements)
        assert len(fold.train) + len(fold.test) == len(gaps) == 3683
        assert not any("O" in elements[i] for i in fold.train)

    def test_metals_are_the_low_end_of_measured_gaps(self, gaps):
        highest, lowest = folds_of("extremes", gaps)
        assert (gaps.y[lowest.test] == 0).all()
        # A metal that is trained on was also measured with a gap: such rows go by their mean.
        groups = duplicate_groups(gaps.X, gaps.kinds)
        metals = lowest.train[gaps.y[lowest.train] == 0]
        assert 0 < len(metals) < 20
        assert all(gaps.y[groups == group].mean() > 0 for group in groups[metals])
        assert len(highest.test) == pytest.approx(0.1 * 3683, rel=0.05)

    def test_systems_and_elements(self, gaps):
        systems = np.array(["-".join(sorted(held)) for held in gaps.element_sets()])
        folds = folds_of("system", gaps)
        assert sorted(np.concatenate([fold.test for fold in folds])) == list(range(len(gaps)))
        for fold in folds:
            assert set(systems[fold.train]).isdisjoint(systems[fold.test])
        assert len(folds_of("element:each", gaps)) == len(set().union(*gaps.element_sets()))

    def test_steels(self, data_home):
        steels = make_dataset(data_home / "matbench_steels/matbench_steels.csv", "yield_strength_MPa")
        with pytest.raises(ArgumentError, match=r"only 2 can be left out .* \(N, W\), and 203 of 250 rows hold none"):
            folds_of("element", steels)
        assert [fold.elements for fold in folds_of("element:W,N", steels)] == [("W",), ("N",)]
        assert [len(fold.test) for fold in folds_of("stratified", steels)] == [50] * 5


class TestFile:
    def folds(self, folder, text: str, dataset: Dataset) -> list[Fold]:
        path = folder / "folds.csv"
        path.write_text(text)
        return folds_of(f"file:{path}", dataset)

    def test_one_line_per_row(self, tmp_path, dataset):
        folds = self.folds(tmp_path, "fold\n" + "".join(f"{i % 3}\n" for i in range(40)), dataset)
        assert [fold.label for fold in folds] == ["fold 0", "fold 1", "fold 2"]
        assert [fold.test.tolist() for fold in folds] == [list(range(k, 40, 3)) for k in range(3)]

    def test_by_row_numbers_in_any_order(self, tmp_path, dataset):
        lines = [f"{i + 1},{'a' if i < 12 else 'b'}" for i in range(40)]
        folds = self.folds(tmp_path, "row,fold\n" + "\n".join([*lines[::-1], "1000,c"]), dataset)
        assert [fold.label for fold in folds] == ["fold a", "fold b"]
        assert folds[0].test.tolist() == list(range(12))

    def test_numbers_stand_in_their_order_before_words(self, tmp_path, dataset):
        names = ["10", "9", "b", "2.5"]
        folds = self.folds(tmp_path, "fold\n" + "".join(f"{names[i % 4]}\n" for i in range(40)), dataset)
        assert [fold.label for fold in folds] == ["fold 2.5", "fold 9", "fold 10", "fold b"]
        assert folds[1].test.tolist() == list(range(1, 40, 4))

    def test_the_fold_minus_one_is_never_tested(self, tmp_path, dataset):
        folds = self.folds(tmp_path, "fold\n" + "".join(f"{i % 3 - 1}\n" for i in range(40)), dataset)
        assert [fold.label for fold in folds] == ["fold 0", "fold 1"]
        assert all(set(range(0, 40, 3)) <= set(fold.train) for fold in folds)

    def test_rejected_rows_keep_their_number(self, tmp_path):
        table = TABLE.copy()
        table.loc[[3, 7], "formula"] = "Xx"
        clean = make_dataset(table, "gap_eV", inputs=["formula"])
        folds = self.folds(tmp_path, "fold\n" + "".join(f"{int(i < 15)}\n" for i in range(40)), clean)
        assert folds[1].test.tolist() == list(range(13))  # fifteen rows, two of them rejected

    @pytest.mark.parametrize(
        ("text", "what"),
        [
            ("folds\n1\n2\n", "no column 'fold'"),
            ("fold\n" + "1\n" * 40, "all rows of the data are in the fold '1'; give two"),
            ("fold\n1\n2\n", r"38 rows of the data have no fold \(first: row 3\)"),
            ("row,fold\n" + "".join(f"{i},1\n" for i in range(2, 42)), r"1 rows of the data have no fold \(first: ro"),
            ("row,fold\n" + "".join(f"{i},{'' if i == 5 else i % 2}\n" for i in range(1, 41)), "first: row 5"),
            ("row,fold\n" + "".join(f"r{i},1\n" for i in range(1, 41)), "40 rows of the data have no fold"),
        ],
        ids=["column", "one fold", "short", "row missing", "empty cell", "no numbers"],
    )
    def test_files_that_cannot_be_used(self, tmp_path, dataset, text, what):
        with pytest.raises(DataError, match=what) as caught:
            self.folds(tmp_path, text, dataset)
        assert "folds.csv" in str(caught.value)

    def test_missing_file(self, tmp_path, dataset):
        with pytest.raises(DataError, match="no such file"):
            folds_of(f"file:{tmp_path / 'nothing.csv'}", dataset)


def test_k_folds_up_to_one_row_each():
    table = binaries(24)
    dataset = make_dataset(pd.concat([table, table.iloc[:2]]), "gap_eV", inputs=["formula"])
    features = table_features(dataset.inputs, dataset.kinds)
    ten, each = (make_folds(f"kfold:{k}", dataset, features=features) for k in ("10", "N"))
    assert (len(ten), len(each)) == (10, 24)
    assert sorted(np.concatenate([fold.test for fold in each]).tolist()) == list(range(26))
    assert sorted(len(fold.test) for fold in each) == [1] * 22 + [2, 2]  # copies of a row stay together
    for wrong in ("kfold:1", "kfold:ten", "kfold:", "kfold", "kfold:25"):
        with pytest.raises(ArgumentError):
            make_folds(wrong, dataset, features=features)
