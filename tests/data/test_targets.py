"""Several targets with gaps, logarithms."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matterlearn.core.errors import ArgumentError, DataError, RowError
from matterlearn.data.dataset import Dataset, make_dataset, parse_inputs

FORMULAS = ("TiO2", "SiO2", "GeO2", "SnO2", "PbO2", "Xx", "CaO", "MgO")
FRAME = pd.DataFrame(
    {
        "formula": FORMULAS,
        "gap_eV": ["3.0", "9.0", "unknown", "", "n/a", "1.0", "7.0", "inf"],
        "k_GPa": ["200", "", "100", "90", "-", "?", "zero", "160"],
    }
)


def test_a_row_needs_one_target() -> None:
    dataset = make_dataset(FRAME, ["gap_eV", "k_GPa"])
    assert dataset.frame.index.tolist() == [1, 2, 3, 4, 7, 8]
    np.testing.assert_array_equal(
        dataset.y, [[3.0, 200.0], [9.0, np.nan], [np.nan, 100.0], [np.nan, 90.0], [7.0, np.nan], [np.nan, 160.0]]
    )
    used = "; the row is used for its other targets"
    assert list(dataset.rejected.itertuples(index=False, name=None)) == [
        (3, "gap_eV", "unknown", f"'unknown' is not a number{used}"),
        (5, "gap_eV", "n/a", "no value ('n/a')"),
        (5, "k_GPa", "-", "no value ('-')"),
        (6, "formula", "Xx", "unknown element 'Xx' at character 1; elements are H to Lr"),
        (6, "k_GPa", "?", "'?' is not a number"),
        (7, "k_GPa", "zero", f"'zero' is not a number{used}"),
        (8, "gap_eV", "inf", f"the number is not finite{used}"),
    ]
    assert dataset.n_rejected == 2  # rows 5 and 6
    assert "Of 6 rows as many have a value: gap_eV 3, k_GPa 4." in dataset.notes


def test_one_of_the_targets() -> None:
    frame = FRAME.assign(k_ref="A. Author (2020)")
    dataset = make_dataset(frame, ["gap_eV", "k_GPa"], units={"k_GPa": "kbar"}, log="k_GPa", groups="k_ref", name="o")
    one = dataset.of("k_GPa")
    assert one.targets == ("k_GPa",)
    assert one.frame.index.tolist() == one.X.index.tolist() == [1, 3, 4, 8]
    np.testing.assert_allclose(one.y, np.log10([200.0, 100.0, 90.0, 160.0]), rtol=1e-15)
    assert (one.log, one.y_unit("k_GPa"), one.name, one.groups) == (("k_GPa",), "log10(kbar)", "o", ("k_ref",))
    assert one.sha256 == dataset.sha256
    assert one.rejected["row"].tolist() == [2, 5, 6, 6, 7]
    assert one.rejected["column"].tolist() == ["k_GPa", "k_GPa", "formula", "k_GPa", "k_GPa"]
    assert one.rejected["reason"].tolist()[-1] == "'zero' is not a number"
    assert (len(one), one.n_rejected) == (4, 4)
    assert not any("as many have a value" in note for note in one.notes)
    assert one.of("k_GPa") is one
    assert len(one.element_sets()) == 4
    assert one.schema == {**dataset.schema, **{key: one.schema[key] for key in ("targets", "kinds", "units")}}
    gap = dataset.of("gap_eV")
    assert (gap.log, gap.y.tolist(), gap.y_unit("gap_eV")) == ((), [3.0, 9.0, 7.0], "eV")
    with pytest.raises(ArgumentError, match="target: 'gap' is no target; did you mean 'gap_eV'"):
        dataset.of("gap")
    with pytest.raises(ArgumentError, match="is no target"):
        gap.y_unit("k_GPa")


def test_notes_of_one_target_are_about_its_own_rows() -> None:
    frame = pd.DataFrame(
        {"formula": ["TiO2", "SiO2", "GeO2"], "lab": ["a", None, "b"], "y": [1.0, 1.0, None], "z": [0.0, None, 1.0]}
    )
    dataset = make_dataset(frame, ["y", "z"], groups="lab")
    constant, binary = "y has the same value in all rows.", "z is 0 or 1; state the kind"
    assert constant in dataset.notes
    assert any(note.startswith(binary) for note in dataset.notes)
    assert dataset.of("y").notes == (constant, "The group column lab is empty in 1 rows.")
    (note,) = dataset.of("z").notes
    assert note.startswith(binary)


def test_strict_takes_gaps_but_no_faults() -> None:
    gaps = FRAME.loc[[0, 1, 3]]
    assert make_dataset(gaps, ["gap_eV", "k_GPa"], strict=True).n_rejected == 0
    with pytest.raises(RowError) as caught:
        make_dataset(FRAME.loc[[0, 1, 2, 6]], ["gap_eV", "k_GPa"], strict=True)
    assert str(caught.value) == (
        "table, row 3, column 'gap_eV', value 'unknown': 'unknown' is not a number (2 of 4 rows cannot be used);"
        " mend the table, or leave out 'strict' to reject such rows"
    )


def test_a_target_that_hardly_any_row_has() -> None:
    frame = FRAME.assign(rare=["", "1", "", "?", "", "2", "", ""])
    with pytest.raises(DataError) as caught:
        make_dataset(frame, ["gap_eV", "rare"], kinds={"rare": "number"})
    assert str(caught.value) == (
        "table: the target 'rare' can be used in 1 of 8 rows; the first where it cannot: row 1, column 'rare':"
        " the cell is empty; mend the table, or leave this target out"
    )


def test_logarithms() -> None:
    frame = pd.DataFrame({"formula": FORMULAS[:5], "s_S_m": [1e-7, 1e3, 0.0, -2.0, 10.0]})
    dataset = make_dataset(frame, "s_S_m", units="S/m", log=True)
    np.testing.assert_allclose(dataset.y, [-7.0, 3.0, 1.0], rtol=0, atol=1e-15)
    assert dataset.target_values[:, 0].tolist() == [1e-7, 1e3, 10.0]
    assert (dataset.log, dataset.units["s_S_m"], dataset.y_unit("s_S_m")) == (("s_S_m",), "S/m", "log10(S/m)")
    assert dataset.rejected["reason"].tolist() == ["the value is not above 0, and its logarithm is to be learned"] * 2
    assert dataset.rejected["value"].tolist() == ["0.0", "-2.0"]
    assert "s_S_m is learned as its decimal logarithm." in dataset.notes
    assert repr(dataset) == "Dataset(unnamed: 3 rows, 2 rejected, regression, formula -> log10(s_S_m))"
    assert make_dataset(frame, "s_S_m", log=["s_S_m"]).y_unit("s_S_m") == "log10"
    assert make_dataset(frame, "s_S_m", log=False).log == ()
    assert make_dataset(frame, "s_S_m").y_unit("s_S_m") == ""


def test_a_logarithm_that_does_not_exist_leaves_the_other_targets() -> None:
    frame = pd.DataFrame({"formula": FORMULAS[:3], "gap_eV": [0.0, 1.0, 2.0], "k": [10.0, 0.0, 1000.0]})
    dataset = make_dataset(frame, ["gap_eV", "k"], log="k")
    np.testing.assert_array_equal(dataset.y, [[0.0, 1.0], [1.0, np.nan], [2.0, 3.0]])
    assert dataset.rejected["reason"].tolist() == [
        "the value is not above 0, and its logarithm is to be learned; the row is used for its other targets"
    ]
    assert dataset.n_rejected == 0
    assert make_dataset(frame, ["gap_eV", "k"], log=["k", "gap_eV"]).log == ("gap_eV", "k")


def test_schema_and_pickle() -> None:
    dataset = make_dataset(FRAME, ["gap_eV", "k_GPa"], log="k_GPa")
    schema = json.loads(json.dumps(dataset.schema))
    assert (schema["version"], schema["targets"], schema["log"]) == (1, ["gap_eV", "k_GPa"], ["k_GPa"])
    assert schema["weights"] is None
    assert parse_inputs(FRAME, schema).ok.tolist() == [name != "Xx" for name in FORMULAS]
    copy = pickle.loads(pickle.dumps(dataset))
    np.testing.assert_array_equal(copy.of("k_GPa").y, dataset.of("k_GPa").y)


def test_a_real_table_with_gaps(data_home: Path) -> None:
    path = data_home / "abo3_perovskites_oqmd" / "abo3_perovskites_oqmd.csv"
    targets = ["O_vacancy_energy_eV", "stability_eV_atom"]
    dataset = make_dataset(path, targets)
    alone = [make_dataset(path, name) for name in targets]
    assert len(alone[0]) == 3941
    for name, expected in zip(targets, alone, strict=True):
        pd.testing.assert_frame_equal(dataset.of(name).frame, expected.frame)
        np.testing.assert_array_equal(dataset.of(name).y, expected.y)
    assert len(dataset) == len(alone[0].frame.index.union(alone[1].frame.index))
    assert int(np.isnan(dataset.y[:, 0]).sum()) == len(dataset) - 3941


NUMBERS = st.floats(-100, 100).map(lambda number: str(round(number, 2)))
CELLS = NUMBERS | st.sampled_from(["", "n/a", "unknown", "inf", "0"])
ROWS = st.lists(st.tuples(st.sampled_from(FORMULAS), CELLS, CELLS, CELLS), min_size=2, max_size=10)
KINDS = {"formula": "formula", "a": "number", "b": "number", "c": "number"}


def _made(frame: pd.DataFrame, target: Any, log: Any) -> Dataset | None:
    try:
        return make_dataset(frame, target, kinds=KINDS, log=log)
    except DataError:
        return None


@settings(max_examples=120, deadline=None)
@given(rows=ROWS, log=st.sets(st.sampled_from("abc")))
def test_many_targets_are_as_good_as_each_alone(rows: list[tuple[str, ...]], log: set[str]) -> None:
    """The oracle of the gaps: a table read for each target by itself."""
    frame = pd.DataFrame(rows, columns=list(KINDS))
    alone = {name: _made(frame, name, sorted(log & {name})) for name in "abc"}
    dataset = _made(frame, list("abc"), sorted(log))
    if dataset is None:
        assert None in alone.values()
        return
    assert None not in alone.values()
    every_row = set()
    for j, name in enumerate("abc"):
        expected, one = alone[name], dataset.of(name)
        assert expected is not None
        every_row |= set(expected.frame.index)
        pd.testing.assert_frame_equal(one.frame, expected.frame)
        pd.testing.assert_frame_equal(one.X, expected.X)
        np.testing.assert_array_equal(one.y, expected.y)
        np.testing.assert_array_equal(one.y, dataset.y[~np.isnan(dataset.y[:, j]), j])
        assert set(one.rejected["row"]) == set(expected.rejected["row"])
        assert one.n_rejected == expected.n_rejected == len(rows) - len(one)
        assert one.schema == expected.schema
    assert set(dataset.frame.index) == every_row
    assert dataset.n_rejected == len(rows) - len(dataset)
    # A cell that is listed although its row is used says so, and no gap of such a row is listed.
    for row, column, value, reason in dataset.rejected.itertuples(index=False):
        is_used = row in dataset.frame.index
        assert reason.endswith("; the row is used for its other targets") is is_used
        if is_used:
            assert value not in ("", "n/a")
            assert np.isnan(dataset.y[dataset.frame.index.get_loc(row), "abc".index(column)])
