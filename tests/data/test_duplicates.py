"""Rows that are equal over all inputs."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymatgen.core import Composition

from matterlearn.chemistry.formulas import format_formula, parse_formula
from matterlearn.data.cells import parse_cells
from matterlearn.data.dataset import make_dataset
from matterlearn.data.duplicates import contradictions, duplicate_groups
from matterlearn.data.keys import are_all_equal, cell_keys


def test_formulas_are_compared_as_compositions() -> None:
    frame = pd.DataFrame({"formula": ["TiO2", "Ti2O4", "SiO2", "O2Ti", "Ti2O3", "Ti0.5O1", "TiO2.0000000001"]})
    assert duplicate_groups(frame).tolist() == [0, 0, 1, 0, 2, 0, 0]


def test_sites_are_compared_without_order() -> None:
    frame = pd.DataFrame(
        {
            "A": [{"Fe": 0.5, "Ni": 0.5}, {"Ni": 0.5, "Fe": 0.5}, {"Fe": 1.0}, '{"Fe": 1, "Ni": 0}', "Fe", {"Fe": 2}],
            "B": ["Ti"] * 6,
        }
    )
    assert duplicate_groups(frame).tolist() == [0, 0, 1, 1, 1, 2]


def test_numbers_and_categories_count() -> None:
    frame = pd.DataFrame(
        {"formula": ["TiO2"] * 5, "T": [0.0, -0.0, 1.0, 0.0, 0.0], "route": ["sol", "sol", "sol", "flux", " sol"]}
    )
    kinds = {"formula": "formula", "T": "number", "route": "category"}
    assert duplicate_groups(frame, kinds).tolist() == [0, 0, 1, 2, 0]
    assert duplicate_groups(frame[["route"]], kinds).tolist() == [0, 0, 0, 1, 0]


def test_unread_rows_equal_none() -> None:
    frame = pd.DataFrame({"formula": ["Xx", "Xx", "TiO2", "TiO2"]})
    assert duplicate_groups(frame, {"formula": "formula"}).tolist() == [0, 1, 2, 2]


def test_no_columns() -> None:
    assert duplicate_groups(pd.DataFrame(index=range(3))).tolist() == [0, 0, 0]


AMOUNTS = st.dictionaries(st.sampled_from(["Fe", "O", "Ti", "Ba"]), st.integers(1, 9).map(float), min_size=1)


@given(st.lists(AMOUNTS, min_size=2, max_size=8), st.integers(1, 7))
def test_the_same_as_pymatgen_finds(compositions: list[dict[str, float]], factor: int) -> None:
    scaled = {element: amount * factor for element, amount in reversed(compositions[0].items())}
    formulas = [format_formula(amounts) for amounts in (*compositions, scaled)]
    groups = duplicate_groups(pd.DataFrame({"formula": formulas}), {"formula": "formula"})
    expected = [Composition(parse_formula(formula)).fractional_composition for formula in formulas]
    for i, one in enumerate(expected):
        for j, other in enumerate(expected):
            assert (groups[i] == groups[j]) == one.almost_equals(other, rtol=0, atol=1e-6)
    assert groups[-1] == groups[0] == 0


def test_contradictions() -> None:
    frame = pd.DataFrame(
        {
            "formula": ["TiO2", "SiO2", "Ti2O4", "bad?", "O2Ti", "Si2O4", "GeO2"],
            "gap_eV": [3.0, 9.0, 3.4, 1.0, 2.9, 9.0 * (1 + 1e-12), 5.0],
            "k_GPa": [200.0, 100.0, 200.0, 1.0, 200.0, 90.0, 5.0],
        }
    )
    found = contradictions(make_dataset(frame, ["gap_eV", "k_GPa"]))
    assert found.columns.tolist() == ["group", "n_rows", "rows", "target", "minimum", "maximum"]
    assert list(found.itertuples(index=False, name=None)) == [
        (0, 3, "1, 3, 5", "gap_eV", 2.9, 3.4),
        (1, 2, "2, 6", "k_GPa", 90.0, 100.0),
    ]
    assert contradictions(make_dataset(frame[["formula", "gap_eV"]].iloc[[1, 5, 6]], "gap_eV")).empty


def test_only_rows_with_a_value_contradict() -> None:
    frame = pd.DataFrame(
        {
            "formula": ["TiO2", "O2Ti", "Ti2O4", "SiO2", "Si2O4"],
            "gap_eV": [3.0, None, 3.4, 9.0, None],
            "k_GPa": [None, 100.0, None, 1.0, 1000.0],
        }
    )
    found = contradictions(make_dataset(frame, ["gap_eV", "k_GPa"], log="k_GPa"))
    assert list(found.itertuples(index=False, name=None)) == [
        (0, 2, "1, 3", "gap_eV", 3.0, 3.4),
        (1, 2, "4, 5", "k_GPa", 1.0, 1000.0),  # not their logarithms
    ]


def test_contradicting_classes() -> None:
    frame = pd.DataFrame({"formula": ["TiO2", "O2Ti", "SiO2"], "class": ["metal", "direct", "direct"]})
    found = contradictions(make_dataset(frame, "class"))
    assert found.loc[0, ["minimum", "maximum"]].tolist() == ["direct", "metal"]


@pytest.mark.parametrize(
    ("cells", "kind", "equal"),
    [
        (["O", '{"O": 1}', "", "?"], "site", True),
        (["O", "N"], "site", False),
        (["TiO2", "Ti2O4"], "formula", True),
        (["1", "1.0"], "number", True),
        (["a", "b"], "category", False),
        (["", ""], "category", True),
    ],
)
def test_all_equal(cells: list[str], kind: str, equal: bool) -> None:
    parsed = parse_cells(pd.Series(cells), kind)
    assert are_all_equal(parsed, kind) is equal
    keys = [key for key in cell_keys(parsed, kind) if key is not None]
    assert (len(set(keys)) <= 1) is equal
    assert len(cell_keys(parsed, kind)) == len(cells)
