"""Inputs named by patterns."""

from __future__ import annotations

import pandas as pd
import pytest

from matterlearn.core.errors import ArgumentError
from matterlearn.data.dataset import make_dataset
from matterlearn.data.input_names import expand_names

KINDS = {
    "sample": "text",
    "label": "category",
    "age": "number",
    "sex": "category",
    "1,2,4-benzenetriol": "number",
    "X - 1": "number",
    "a*b": "number",
    "!odd": "number",
}


def expanded(*names, reserved=("label",)):
    return list(expand_names(names, list(KINDS), KINDS, reserved=reserved))


def test_patterns_stand_for_numbers_and_categories():
    assert expanded("*") == ["age", "sex", "1,2,4-benzenetriol", "X - 1", "a*b", "!odd"]
    assert expanded("X - ?", "1*") == ["X - 1", "1,2,4-benzenetriol"]
    assert expanded("*", "!age", "!X*") == ["sex", "1,2,4-benzenetriol", "a*b", "!odd"]
    assert expanded("!age", "*") == ["sex", "1,2,4-benzenetriol", "X - 1", "a*b", "!odd"]  # in any order


def test_the_name_of_a_column_is_no_pattern():
    assert expanded("a*b") == ["a*b"]
    assert expanded("!odd") == ["!odd"]
    assert expanded("*", "!!odd") == ["age", "sex", "1,2,4-benzenetriol", "X - 1", "a*b"]
    assert expanded("label") == ["label"]  # named outright; whoever checks the target says so
    assert expanded("nothing") == ["nothing"]
    assert expanded() == []


def test_what_fits_nothing_is_told():
    with pytest.raises(ArgumentError, match="no column of numbers or categories fits 'Z\\*'"):
        expanded("Z*")
    with pytest.raises(ArgumentError, match="all columns are left out again"):
        expanded("age", "!age")
    frame = pd.DataFrame({"Lysine": [1.0, 2.0, 3.0], "t": ["a", "b", "a"]})
    with pytest.raises(ArgumentError, match="no column 'Lysin'"):
        make_dataset(frame, "t", inputs=["Lysin"])


def test_a_table_of_measurements():
    frame = pd.DataFrame(
        {
            "sample": ["s1", "s2", "s3"],
            "label": ["ill", "well", "ill"],
            "w": [1.0, 2.0, 1.0],
            "batch": [1, 1, 2],
            "m1": [0.1, 0.2, 0.3],
            "m2": [3.0, 2.0, 1.0],
        }
    )
    dataset = make_dataset(frame, "label", inputs=["*", "!sample"], weights="w", groups="batch")
    assert dataset.inputs == ("m1", "m2")
    assert dataset.task == "classification"


def test_numbers_of_rows_are_no_pattern():
    frame = pd.DataFrame(
        {
            "sample_id": [3, 1, 2, 4],
            "Row": [1, 2, 3, 4],
            "solid": [1, 2, 3, 4],
            "m": [1.5, 2.0, 0.1, 1.0],
            "t": list("abab"),
        }
    )
    assert make_dataset(frame, "t", inputs="*").inputs == ("solid", "m")
    assert make_dataset(frame, "t", inputs=["*", "sample_id"]).inputs == ("solid", "m", "sample_id")
