"""Numbers with commas: told apart where they can be, never guessed."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matterlearn.data.dataset import make_dataset
from matterlearn.data.number_marks import mark_fault, mark_in_number, marks_of_column


@pytest.mark.parametrize(
    ("text", "meaning", "fix"),
    [
        ("1,234.5", "thousands", "write 1234.5"),
        ("1,234,567", "thousands", "write 1234567"),
        (" -12,345. ", "thousands", "write -12345."),
        ("1,234.5e-3", "thousands", "write 1234.5e-3"),
        ("1.234.567", "thousands", "write 1234567"),
        ("1 234", "thousands", "write 1234 if it is one number"),
        ("1\u202f234.5", "thousands", "write 1234.5 if it is one number"),
        ("1'234'567", "thousands", "write 1234567 if it is one number"),
        ("1,5", "decimal", "write 1.5"),
        (",5", "decimal", "write .5"),
        ("0,123", "decimal", "write 0.123"),
        ("1234,567", "decimal", "write 1234.567"),
        ("−2,25E+3", "decimal", "write −2.25E+3"),
        ("1.234,5", "decimal", "write 1234.5"),
        ("1 234,5", "decimal", "write 1234.5"),
        ("1,000", "either", "write 1000 or 1.000"),
        ("+999,999", "either", "write +999999 or +999.999"),
    ],
)
def test_numbers_with_marks(text: str, meaning: str, fix: str) -> None:
    assert mark_in_number(text) == meaning
    fault = mark_fault(text)
    assert fault is not None
    assert fault[1] == fix
    assert repr(text.strip()) in fault[0]


@pytest.mark.parametrize("text", ["", "1234.5", "1.234", "1,2,3", "12,34,567", "1_000", "1-2", "Fe,Ni", "2020,", "1 2"])
def test_texts_without_such_marks(text: str) -> None:
    assert mark_in_number(text) is None
    assert mark_fault(text) is None


def test_the_column_tells_what_a_cell_does_not() -> None:
    assert marks_of_column(["1,000", 5.0, "2,000.5"]) == (2, "thousands", "1,000")
    assert marks_of_column(["7", "1,000", "2,5"]) == (2, "decimal", "1,000")
    assert marks_of_column(["1,000", "2,000"]) == (2, "either", "1,000")
    assert marks_of_column(["1,5", "2,000.5"]) == (2, "either", "1,5")
    assert marks_of_column(["1.5", None]) == (0, None, None)
    assert mark_fault("1,000", "thousands") == ("'1,000' has a thousands separator", "write 1000")
    assert mark_fault("1,000", "decimal") == ("'1,000' has a decimal comma", "write 1.000")
    assert mark_fault("1,5", "thousands") == ("'1,5' has a decimal comma", "write 1.5")  # the cell itself knows better


@given(st.floats(1000, 1e15))
def test_what_to_write_is_the_number(number: float) -> None:
    written = f"{number:,.3f}"
    fault = mark_fault(written)
    assert fault is not None
    assert float(fault[1].removeprefix("write ")) == float(written.replace(",", ""))
    turned = written.translate(str.maketrans(",.", ".,"))
    fault = mark_fault(turned)
    assert fault is not None
    assert float(fault[1].removeprefix("write ")) == float(written.replace(",", ""))


def test_a_few_such_cells_are_rejected_and_pointed_out() -> None:
    """Else a table would quietly lose its large values."""
    frame = pd.DataFrame(
        {"formula": ["TiO2", "SiO2", "GeO2", "SnO2", "PbO2"], "T_K": ["900", "950", "1,200.5", "1,100", "980"]}
    )
    dataset = make_dataset(frame, "T_K")
    assert dataset.y.tolist() == [900.0, 950.0, 980.0]
    assert dataset.rejected["reason"].tolist() == [
        "'1,200.5' has a thousands separator; write 1200.5",
        "in '1,100' the comma may separate thousands or decimals; write 1100 or 1.100",
    ]
    note = "2 cells of T_K cannot be read as numbers: '1,200.5' has a thousands separator (write 1200.5)."
    assert note in dataset.notes


def test_classes_may_look_like_numbers_with_commas() -> None:
    frame = pd.DataFrame({"formula": ["TiO2", "SiO2", "GeO2"], "class": ["1,5", "1,5", "2,5"]})
    assert make_dataset(frame, "class", kinds={"class": "category"}).y.tolist() == ["1,5", "1,5", "2,5"]
