from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matter_tables import binaries

from matterlearn.core.errors import ArgumentError
from matterlearn.data.elements_of import element_sets
from matterlearn.validation.splits import ElementGroupSplit, ElementSplit, chemical_system, no_element_split

TABLE = binaries(60)
ELEMENTS = element_sets(TABLE[["formula"]], {"formula": "formula"})
SOME = ("H", "Li", "Na", "K", "Mg", "Ca", "O", "S", "Cl")
element_rows = st.lists(st.frozensets(st.sampled_from(SOME), max_size=4), min_size=4)


def times_tested(pairs) -> Counter[int]:
    return Counter(int(i) for _, test in pairs for i in test)


def check(elements, groups, pairs):
    """No training row holds what is left out, every test row does."""
    for group, (train, test) in zip(groups, pairs, strict=True):
        assert len(train) > 0
        assert len(test) > 0
        assert sorted([*train, *test]) == list(range(len(elements)))
        assert all(elements[i].isdisjoint(group) for i in train)
        assert all(not elements[i].isdisjoint(group) for i in test)


class TestGroups:
    @settings(deadline=None, max_examples=200)
    @given(elements=element_rows, n_splits=st.integers(2, 12), seed=st.integers(0, 9))
    def test_no_training_row_holds_a_held_out_element(self, elements, n_splits, seed):
        split = ElementGroupSplit(n_splits, random_state=seed)
        n_groups = split.get_n_splits(groups=elements)
        if n_groups < 2:
            with pytest.raises(ArgumentError, match="no element split"):
                list(split.split(elements, groups=elements))
            return
        counts = Counter(element for row in elements for element in row)
        pairs = list(split.split(elements, groups=elements))
        assert len(pairs) == len(split.element_groups_) == n_groups <= n_splits
        held_out = [element for group in split.element_groups_ for element in group]
        assert len(held_out) == len(set(held_out))  # each element once
        assert all(2 * counts[element] <= len(elements) for element in held_out)  # ubiquitous ones never
        check(elements, split.element_groups_, pairs)

    def test_oxygen_of_oxides_is_never_held_out(self):
        elements = [frozenset({metal, "O"}) for metal in ("Ca", "Sr", "Ba", "Mg", "Zn", "Ca")]
        for n_splits in (2, 3, 10):
            split = ElementGroupSplit(n_splits)
            pairs = list(split.split(elements, groups=elements))
            assert all("O" not in group for group in split.element_groups_)
            assert times_tested(pairs) == dict.fromkeys(range(6), 1)

    def test_many_groups_leave_one_element_out(self):
        split = ElementGroupSplit(100)
        pairs = list(split.split(ELEMENTS, groups=ELEMENTS))
        everything = set().union(*ELEMENTS)
        assert sorted(split.element_groups_) == sorted((element,) for element in everything)
        assert sum(times_tested(pairs).values()) == 2 * len(ELEMENTS)  # of each compound either element

    def test_folds_are_of_similar_size(self):
        sizes = [len(test) for _, test in ElementGroupSplit(5).split(ELEMENTS, groups=ELEMENTS)]
        assert len(sizes) == 5
        assert max(sizes) <= 2 * min(sizes)

    def test_the_seed_decides_between_equals_only(self):
        def groups(seed: int) -> list[tuple[str, ...]]:
            return ElementGroupSplit(4, random_state=seed).make_groups(ELEMENTS)

        assert groups(0) == groups(0)
        assert any(groups(0) != groups(seed) for seed in range(1, 6))

    @pytest.mark.parametrize(
        "elements", [[{"Fe"}] * 5, [{"Fe", "C"}] * 4 + [{"Fe", "C", "Ni"}], [set()] * 5], ids=["one", "steel", "none"]
    )
    def test_no_split_possible(self, elements):
        with pytest.raises(ArgumentError, match="no element split") as caught:
            list(ElementGroupSplit(3).split(elements, groups=elements))
        assert str(caught.value) == no_element_split(elements)


class TestSingle:
    @settings(deadline=None, max_examples=200)
    @given(elements=element_rows)
    def test_every_element_that_can_be_is_left_out_once(self, elements):
        counts = Counter(element for row in elements for element in row)
        free = {element for element, count in counts.items() if 2 * count <= len(elements)}
        split = ElementSplit()
        if not free:
            with pytest.raises(ArgumentError, match="no element split"):
                list(split.split(elements, groups=elements))
            return
        pairs = list(split.split(elements, groups=elements))
        assert len(pairs) == split.get_n_splits(groups=elements)
        assert sorted(element for group in split.element_groups_ for element in group) == sorted(free)
        check(elements, split.element_groups_, pairs)
        tests = [tuple(test) for _, test in pairs]
        assert len(set(tests)) == len(tests)  # no fold twice

    def test_elements_that_always_occur_together_are_one_fold(self):
        cations = [{"C", "N", "H"}, {"Cs"}, {"Rb"}, {"C", "N", "H"}]
        elements = [frozenset(cation | {"Pb", "I"}) for cation in cations]
        split = ElementSplit()
        assert [test.tolist() for _, test in split.split(elements, groups=elements)] == [[0, 3], [1], [2]]
        assert split.element_groups_ == [("C", "H", "N"), ("Cs",), ("Rb",)]

    def test_named_elements_in_the_order_of_their_names_however_frequent(self):
        elements = [frozenset(row) for row in (["Ca", "O"], ["Sr", "O"], ["Ba", "O"], ["Ba", "S"])]
        split = ElementSplit(["O", "Ba", "O"])
        pairs = list(split.split(elements, groups=elements))
        assert [test.tolist() for _, test in pairs] == [[0, 1, 2], [2, 3]]
        assert split.element_groups_ == [("O",), ("Ba",)]
        assert split.get_n_splits() == split.get_n_splits(groups=elements) == 2
        check(elements, split.element_groups_, pairs)

    @pytest.mark.parametrize(
        ("named", "what"),
        [
            (["N"], "elements: no row holds 'N'; the elements of the rows are Ba, Ca, O$"),
            (["ba"], "no row holds 'ba'; the elements of the rows are Ba, Ca, O; did you mean 'Ba'"),
            (["Ca", "O"], "elements: O occurs in every row: without it no row is left to train on"),
            ([], r"must be a list of symbols, got \[\]; write \['O', 'N'\]"),
            ("Ca", "must be a list of symbols, got 'Ca'"),
        ],
    )
    def test_names_that_cannot_be_left_out(self, named, what):
        elements = [{"Ca", "O"}, {"Ba", "O"}, {"Ba", "O"}]
        with pytest.raises(ArgumentError, match=what):
            list(ElementSplit(named).split(elements, groups=elements))

    def test_without_names_the_number_depends_on_the_rows(self):
        with pytest.raises(ArgumentError, match="the sets of elements are needed"):
            ElementSplit().get_n_splits()


@pytest.mark.parametrize("split", [ElementGroupSplit(2), ElementSplit(), ElementSplit(["O"])], ids=repr)
@pytest.mark.parametrize(
    ("groups", "what"),
    [
        (None, "groups: the sets of elements are needed"),
        (["CaO", "BaO", "MgO"], "row 0 has 'CaO' in place of a set of elements; .*element_sets makes the sets"),
        ([{"Ca"}, 7, {"O"}], "row 1 has 7 in place"),
        ([{"Ca", "O"}, {"Ba", "O"}], "groups: 2 values for 3 rows"),
    ],
)
def test_groups_are_sets_of_elements(split, groups, what):
    with pytest.raises(ArgumentError, match=what):
        list(split.split(np.zeros(3), groups=groups))


def test_chemical_system():
    assert chemical_system(frozenset({"Ti", "O", "Ba"})) == chemical_system(["O", "Ba", "Ti", "O"]) == "Ba-O-Ti"
    assert chemical_system({"Fe"}) == "Fe"
    assert chemical_system(set()) == ""
    with pytest.raises(ArgumentError, match="must be a set of symbols, got the text 'Ba'"):
        chemical_system("Ba")
