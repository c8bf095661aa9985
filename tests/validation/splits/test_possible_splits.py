"""Where leaving elements out asks a question that the rows can answer."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matterlearn.data.catalog import load_dataset
from matterlearn.data.dataset import make_dataset
from matterlearn.validation.splits import ElementGroupSplit, no_element_split, why_no_element_split

REAL = {
    "unalloyed": ("perovskite_oxides_unalloyed/perovskite_oxides_unalloyed.csv", "e_above_hull_eV_atom"),
    "alloyed": ("perovskite_oxides_alloyed/perovskite_oxides_alloyed.csv", "e_above_hull_meV_atom"),
    "halides": ("halide_perovskite_alloys/halide_alloys_pbe.csv", "band_gap_eV"),
    "halides_hse": ("halide_perovskite_alloys/halide_alloys_hse.csv", "decomposition_energy_eV"),
    "oqmd": ("abo3_perovskites_oqmd/abo3_perovskites_oqmd.csv", "O_vacancy_energy_eV"),
    "expt_gap": ("matbench_expt_gap/matbench_expt_gap.csv", "gap_expt_eV"),
    "perov5": ("perov5_gap/perov5.csv", "heat_all"),
    "co": ("co_adsorption_dband/co_adsorption_dband.csv", "dE_CO_eV"),
    "elements": ("double_perovskite_gap/element_lumo.csv", "lumo_eV"),
}


@pytest.mark.parametrize("name", REAL)
def test_tables_whose_rows_differ_in_their_elements_have_one(data_home, name):
    path, target = REAL[name]
    assert why_no_element_split(make_dataset(data_home / path, target).element_sets()) == ""


def test_intermetallics_have_one():
    assert why_no_element_split(load_dataset("intermetallics").element_sets()) == ""


def test_steels_have_none_and_it_says_why(data_home):
    steels = make_dataset(data_home / "matbench_steels/matbench_steels.csv", "yield_strength_MPa").element_sets()
    assert ElementGroupSplit(10).make_groups(steels) == [("N",), ("W",)]  # two groups can be made
    reason = (
        "no element split: of 14 elements, 8 occur in every row (Al, Co, Cr, Fe, Mn, Mo, Ni, Si) and 4 in more than "
        "half (C, Nb, Ti, V); only 2 can be left out and leave half of the rows to train on (N, W), and 203 of 250 "
        "rows hold none of them and would never be tested"
    )
    assert why_no_element_split(steels) == no_element_split(steels) == reason


def rows(*counted) -> list[set[str]]:
    return [set(elements.split()) for elements, count in counted for _ in range(count)]


@pytest.mark.parametrize(
    ("elements", "reason"),
    [
        (rows(("Ca O", 2), ("Sr O", 2), ("Ba O", 2)), ""),
        (rows(("Fe C", 12), ("Fe Ni", 4), ("Fe Co", 4), ("Fe Mo", 4)), ""),  # exactly half are tested
        (
            rows(("Fe C", 13), ("Fe Ni", 4), ("Fe Co", 4), ("Fe Mo", 4)),
            "of 5 elements, 1 occurs in every row (Fe) and 1 in more than half (C); only 3 can be left out and leave "
            "half of the rows to train on (Co, Mo, Ni), and 13 of 25 rows hold none of them and would never be tested",
        ),
        (
            rows(("Ca Ti O", 5), ("Sr Ti O", 5)),
            "of 4 elements, 2 occur in every row (O, Ti); only 2 can be left out and leave half of the rows to train "
            "on (Ca, Sr), too few to calibrate on the others while one is tested",
        ),
        (
            rows(("C N H Pb I", 4), ("Cs Pb I", 5)),
            "of 6 elements, 2 occur in every row (I, Pb) and 1 in more than half (Cs); only 3 can be left out and "
            "leave half of the rows to train on (C, H, N), which always occur together, and 5 of 9 rows hold none of "
            "them and would never be tested",
        ),
        (
            rows(("Fe", 5), ("Fe Ni", 2)),
            "of 2 elements, 1 occurs in every row (Fe); only 1 can be left out and leave half of the rows to train on "
            "(Ni), and 5 of 7 rows do not hold it and would never be tested",
        ),
        (
            rows(("Fe", 5)),
            "of 1 element, 1 occurs in every row (Fe); none can be left out and leave half of the rows to train on",
        ),
        (
            rows(("Fe Ni", 2), ("Ni Co", 2), ("Co Fe", 2)),
            "of 3 elements, none occurs in every row and 3 in more than half (Co, Fe, Ni); none can be left out and "
            "leave half of the rows to train on",
        ),
        ([set()] * 4, "the inputs tell no elements"),
        ([], "the inputs tell no elements"),
    ],
)
def test_the_rule_and_its_words(elements, reason):
    assert why_no_element_split(elements) == (f"no element split: {reason}" if reason else "")


def test_long_lists_are_cut():
    elements = rows(("Fe H B C N O F P S K", 5), ("Fe", 1))
    assert "9 in more than half (B, C, F, H, K, N, O, P and 1 more)" in no_element_split(elements)


@settings(deadline=None, max_examples=200)
@given(st.lists(st.frozensets(st.sampled_from(("Li", "Na", "K", "O", "S", "Cl")), max_size=3), min_size=1))
def test_where_no_reason_is_given_at_least_three_groups_test_at_least_half_of_the_rows(elements):
    reason = why_no_element_split(elements)
    if reason:
        assert reason == no_element_split(elements)
        return
    split = ElementGroupSplit(10)
    pairs = list(split.split(elements, groups=elements))
    assert len(pairs) >= 3
    tested = {int(i) for _, test in pairs for i in test}
    assert 2 * len(tested) >= len(elements)
