"""One cell by the kind of its column."""

from __future__ import annotations

import math
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymatgen.core import Composition

from matterlearn.chemistry.ions import Ion
from matterlearn.data.cells import ParsedFrame, is_missing, is_no_number, parse_cells


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        ("1.5", 1.5),
        (" 2e-3 ", 0.002),
        ("\u22121.5", -1.5),
        (".5", 0.5),
        ("5.", 5.0),
        (3, 3.0),
        (np.float32(0.5), 0.5),
        (Decimal("0.25"), 0.25),
        (True, 1.0),
    ],
)
def test_numbers(cell: object, number: float) -> None:
    parsed = parse_cells(pd.Series([cell], dtype=object), "number")
    assert parsed.values.tolist() == [number]
    assert parsed.reasons == {}


@pytest.mark.parametrize("cell", ["", " ", "NaN", "nan", "NA", "N/A", "null", "None", "-", "--", None, math.nan, pd.NA])
def test_missing_numbers(cell: object) -> None:
    assert is_no_number(cell)
    is_text = isinstance(cell, str) and cell.strip() != ""
    expected = f"no value ({cell!r})" if is_text else "the cell is empty"
    assert parse_cells(pd.Series([cell], dtype=object), "number").reasons == {0: expected}


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("1,5", "'1,5' has a decimal comma; write 1.5"),
        ("1,234.5", "'1,234.5' has a thousands separator; write 1234.5"),
        ("−1,000", "in '-1,000' the comma may separate thousands or decimals; write -1000 or -1.000"),
        ("1,2,3", "'1,2,3' is not a number"),
        ("1_000", "'1_000' is not a number"),
        ("٣", "'٣' is not a number"),
        ("0x10", "'0x10' is not a number"),
        ("inf", "the number is not finite"),
        ("-Infinity", "the number is not finite"),
        ("1e999", "the number is not finite"),
        pytest.param(10**400, "the number is not finite", id="a large integer"),
        (["a"], "a list is not a number"),
    ],
)
def test_no_numbers(cell: object, reason: str) -> None:
    parsed = parse_cells(pd.Series([cell], dtype=object), "number")
    assert parsed.reasons == {0: reason}
    assert math.isnan(parsed.values[0])


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_written_as_text_comes_back_exactly(number: float) -> None:
    assert parse_cells(pd.Series([repr(number)]), "number").values[0] == number


def test_columns_of_numbers() -> None:
    parsed = parse_cells(pd.Series([1.0, np.inf, np.nan]), "number")
    assert parsed.reasons == {1: "the number is not finite", 2: "the cell is empty"}
    assert np.isnan(parsed.values[1:]).all()
    nullable = parse_cells(pd.Series(pd.array([1, None], dtype="Int64")), "number")
    assert nullable.values[0] == 1.0
    assert nullable.reasons == {1: "the cell is empty"}
    nullable.values[0] = 2.0  # a copy that may be written to


def test_formulas_are_no_missing_values() -> None:
    parsed = parse_cells(pd.Series(["NaN", "No", "  CaTiO3 ", "", None]), "formula")
    assert parsed.values.tolist() == ["NaN", "No", "CaTiO3", None, None]
    assert parsed.amounts[0] == {"Na": 1.0, "N": 1.0}
    assert parsed.reasons == {3: "the cell is empty", 4: "the cell is empty"}


def test_formulas_as_mappings() -> None:
    cells = [Composition("Fe2O3"), {"Fe": 2, "O": 3, "@module": "x"}, '{"Fe": 2, "O": 3}', 5]
    parsed = parse_cells(pd.Series(cells, dtype=object), "formula")
    assert parsed.values.tolist() == ["Fe2O3", "Fe2O3", "Fe2O3", None]
    assert parsed.reasons == {3: "a int is not a formula"}


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("Ca(OH", "bracket '(' is not closed at character 3; add ')'"),
        ("Xx2", "unknown element 'Xx' at character 1; elements are H to Lr"),
        ("Fe-0.5O", "a negative amount or a charge at character 3; amounts are positive; leave a charge out"),
    ],
)
def test_reasons_name_what_and_where(cell: str, reason: str) -> None:
    assert parse_cells(pd.Series([cell]), "formula").reasons == {0: reason}


def test_sites() -> None:
    cells = ["Ca", '{"Fe": 0.25, "Mn": 0.75}', "{'MA': 1}", {"Pb": 1.0}, "OFN", '{"Fe": -0.5}', None, "Xx", 5]
    parsed = parse_cells(pd.Series(cells, dtype=object), "site")
    assert parsed.values[:5].tolist() == [
        {"Ca": 1.0},
        {"Fe": 0.25, "Mn": 0.75},
        {"MA": 1.0},
        {"Pb": 1.0},
        {"O": 1.0, "F": 1.0, "N": 1.0},
    ]
    assert parsed.reasons[5] == "the amount of Fe is negative: -0.5"
    assert parsed.reasons[6] == "the cell is empty"
    assert sorted(parsed.reasons) == [5, 6, 7, 8]


def test_ions_of_the_user() -> None:
    ions = {"BZA": Ion("BZA", "benzylammonium", "C7H10N", 1)}
    cells = pd.Series(["BZA", "MA"])
    assert sorted(parse_cells(cells, "site").reasons) == [0]
    assert parse_cells(cells, "site", ions=ions).reasons == {}


def test_categories() -> None:
    cells = pd.Series([" sol ", 1, 1.0, 2.5, True, "NaN", None], dtype=object)
    parsed = parse_cells(cells, "category")
    assert parsed.values.tolist() == ["sol", "1", "1", "2.5", "True", "NaN", None]
    assert parsed.reasons == {6: "the cell is empty"}


def test_nothing_is_missing_but_nothing() -> None:
    assert not any(is_missing(cell) for cell in ("NaN", "No", "-", 0, False, [], {}))
    assert all(is_missing(cell) for cell in (None, math.nan, np.float64("nan"), pd.NaT, pd.NA, "", "\t"))


def test_a_column_is_read_once() -> None:
    parsed = ParsedFrame(pd.DataFrame({"A": ["Ca", "Ca"]}), {"A": "site"})
    assert parsed["A"] is parsed["A"]
    assert parsed["A"].values[0] is parsed["A"].values[1]
    assert len(parsed) == 2
