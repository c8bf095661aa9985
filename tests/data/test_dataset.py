"""Tables made ready to learn from; bad rows set apart, never lost."""

from __future__ import annotations

import json
import math
import pickle
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymatgen.core import Composition, Lattice, Structure

from matterlearn.chemistry.elements import SYMBOLS
from matterlearn.chemistry.ions import Ion
from matterlearn.core.errors import ArgumentError, DataError, RowError
from matterlearn.data.dataset import make_dataset, parse_inputs
from matterlearn.data.tables import read_table


def _csv(folder: Path, text: str) -> Path:
    path = folder / "gaps.csv"
    path.write_text(text, encoding="utf-8")
    return path


BAD_ROWS = """formula,T_K,gap_eV
CaTiO3,300,3.5
Xx2O3,300,1.0
,300,1.0
NaN,300,1.5
SrTiO3,300,inf
BaTiO3,300,
Ca(OH,300,2.0
No,300,0.5
Fe-0.5O,300,2.0
SiO2,hot,8.9
Xx,,nan
ZnO,310,3.3
MgO,320,7.8
"""


def test_bad_rows_are_listed_with_row_column_value_and_reason(tmp_path: Path) -> None:
    dataset = make_dataset(_csv(tmp_path, BAD_ROWS), "gap_eV", ["formula", "T_K"])
    assert dataset.frame["formula"].tolist() == ["CaTiO3", "NaN", "No", "ZnO", "MgO"]
    assert dataset.frame.index.tolist() == [1, 4, 8, 12, 13]
    assert dataset.frame.index.name == "row"
    assert dataset.y.tolist() == [3.5, 1.5, 0.5, 3.3, 7.8]
    assert dataset.X.index.tolist() == [1, 4, 8, 12, 13]
    rejected = [
        (2, "formula", "Xx2O3", "unknown element 'Xx' at character 1; elements are H to Lr"),
        (3, "formula", "", "the cell is empty"),
        (5, "gap_eV", "inf", "the number is not finite"),
        (6, "gap_eV", "", "the cell is empty"),
        (7, "formula", "Ca(OH", "bracket '(' is not closed at character 3; add ')'"),
        (
            9,
            "formula",
            "Fe-0.5O",
            "a negative amount or a charge at character 3; amounts are positive; leave a charge out",
        ),
        (10, "T_K", "hot", "'hot' is not a number"),
        (11, "formula", "Xx", "unknown element 'Xx' at character 1; elements are H to Lr"),
        (11, "T_K", "", "the cell is empty"),
        (11, "gap_eV", "nan", "no value ('nan')"),
    ]
    assert list(dataset.rejected.itertuples(index=False, name=None)) == rejected
    assert dataset.n_rejected == 8
    assert len(dataset) + dataset.n_rejected == 13


def test_strict_stops_at_the_first_bad_row(tmp_path: Path) -> None:
    path = _csv(tmp_path, BAD_ROWS)
    with pytest.raises(RowError) as caught:
        make_dataset(path, "gap_eV", strict=True)
    assert caught.value.row == 1
    assert caught.value.column == "formula"
    assert str(caught.value) == (
        f"{path}, row 2, column 'formula', value 'Xx2O3': unknown element 'Xx' at character 1; elements are H to Lr"
        " (7 of 13 rows cannot be used); mend the table, or leave out 'strict' to reject such rows"
    )
    copy = pickle.loads(pickle.dumps(caught.value))
    assert str(copy) == str(caught.value)


def test_strict_is_silent_on_a_clean_table() -> None:
    frame = pd.DataFrame({"formula": ["TiO2", "SiO2"], "y": [1.0, 2.0]})
    assert make_dataset(frame, "y", strict=True).n_rejected == 0


def test_fewer_than_two_rows_left(tmp_path: Path) -> None:
    path = _csv(tmp_path, "formula,gap\nTiO2,3.0\nSiO2,\nXx,1\n")
    with pytest.raises(
        DataError, match="2 of 3 rows cannot be used; the first: row 2, column 'gap': the cell is empty"
    ):
        make_dataset(path, "gap")
    with pytest.raises(DataError, match="one row is not enough"):
        make_dataset(_csv(tmp_path, "formula,gap\nTiO2,3.0\n"), "gap")


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"target": "gap_ev"}, DataError, "there is no target column 'gap_ev'; did you mean 'gap_eV'?"),
        ({"target": ()}, ArgumentError, "target: no column is named"),
        ({"target": "id"}, DataError, "the target 'id' holds free text or identifiers, neither numbers nor categories"),
        ({"target": "formula"}, DataError, "the target 'formula' holds formulas, neither numbers nor categories"),
        ({"target": "A"}, DataError, "the target 'A' holds sites, neither numbers nor categories"),
        ({"target": ["gap_eV", "class"]}, DataError, "'class' holds categories, and there are several targets"),
        ({"target": "empty"}, DataError, "table, column 'empty': the target has no values"),
        ({"target": "comma"}, DataError, "table, column 'comma': '1,5' has a decimal comma; write 1.5"),
        ({"inputs": "comma"}, DataError, "table, column 'comma': '1,5' has a decimal comma; write 1.5"),
        ({"weights": "comma"}, DataError, "table, column 'comma': '1,5' has a decimal comma; write 1.5"),
        ({"target": "thousands"}, DataError, "column 'thousands': '1,000' has a thousands separator; write 1000"),
        ({"target": "either"}, DataError, "in '1,000' the comma may separate thousands or decimals; write 1000 or 1.0"),
        ({"log": "T"}, ArgumentError, "log: 'T' is no target; known: gap_eV"),
        ({"target": "class", "log": True}, ArgumentError, "log: 'class' holds categories, which have no logarithm"),
        ({"weights": "t"}, ArgumentError, "weights: no column 't'; did you mean 'T'?"),
        ({"weights": [1.0] * 30}, ArgumentError, "weights: must be the name of a column, got a list"),
        ({"weights": "gap_eV"}, ArgumentError, "weights: 'gap_eV' is a target; weights cannot be a target"),
        ({"weights": "T", "inputs": ["T"]}, ArgumentError, "weights: 'T' is an input; weights cannot be an input"),
        ({"weights": "class", "groups": "class"}, ArgumentError, "weights: 'class' is a group column"),
        ({"weights": "class"}, DataError, "table, column 'class': the weights are no numbers"),
        ({"inputs": "formul"}, ArgumentError, "inputs: no column 'formul'; did you mean 'formula'?"),
        ({"inputs": ["A", "gap_eV"]}, ArgumentError, "inputs: 'gap_eV' is a target"),
        ({"groups": "clas"}, ArgumentError, "groups: no column 'clas'; did you mean 'class'?"),
        ({"kinds": {"clas": "text"}}, ArgumentError, "kinds: no column 'clas'; did you mean 'class'?"),
        ({"kinds": {"class": "categorie"}}, ArgumentError, "unknown kind 'categorie' of column 'class'; did you mean"),
        ({"units": {"gap": "eV"}}, ArgumentError, "units: no column 'gap'; did you mean 'gap_eV'?"),
        ({"target": ["gap_eV", "T"], "units": "eV"}, ArgumentError, "units: one unit for several targets"),
    ],
)
def test_wrong_arguments(options: dict[str, Any], error: type[Exception], message: str) -> None:
    n = 30
    frame = pd.DataFrame(
        {
            "id": [f"m-{i:03d}" for i in range(n)],
            "formula": [f"TiO{i}" for i in range(2, n + 2)],
            "A": ["Ca", "Sr", "Ba"] * 10,
            "class": ["metal", "insulator"] * 15,
            "comma": ["1,5", "2,5", "3,5"] * 10,
            "thousands": ["1,000", "2,500", "12,500.5"] * 10,
            "either": ["1,000", "2,500", "3,500"] * 10,
            "empty": [None] * n,
            "T": range(n),
            "gap_eV": np.linspace(0, 3, n),
        }
    )
    with pytest.raises(error) as caught:
        make_dataset(frame, **{"target": "gap_eV", **options})
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_frame_is_copied_and_may_hold_objects() -> None:
    structure = Structure(Lattice.cubic(4.0), ["Na"], [[0, 0, 0]])
    compositions = [Composition("TiO2"), Composition("SiO2"), Composition("O2Ti")]
    frame = pd.DataFrame(
        {
            "composition": pd.Series(compositions, dtype=object),
            "structure": pd.Series([structure] * 3, dtype=object),
            "y": [1.0, 2.0, math.nan],
        }
    ).set_axis([7, 8, 9])
    before = frame.copy()
    dataset = make_dataset(frame, "y")
    assert dataset.X["composition"].tolist() == ["TiO2", "SiO2"]
    assert dataset.frame.index.tolist() == [1, 2]
    assert dataset.kinds["structure"] == "text"
    dataset.frame.loc[1, "y"] = 9.0
    pd.testing.assert_frame_equal(frame, before)
    assert frame.index.tolist() == [7, 8, 9]


def test_a_named_index_is_a_column() -> None:
    frame = pd.DataFrame({"y": [1.0, 2.0]}, index=pd.Index(["TiO2", "SiO2"], name="formula"))
    assert make_dataset(frame, "y").X["formula"].tolist() == ["TiO2", "SiO2"]


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (pd.DataFrame({0: [1], "y": [1]}), "the column name 0 is not text"),
        (pd.DataFrame([[1, 2]], columns=["y", "y"]), "two columns are named 'y'"),
        (pd.DataFrame({"y": []}), "the table has no rows"),
    ],
)
def test_frames_that_are_no_table(frame: pd.DataFrame, message: str) -> None:
    with pytest.raises(DataError, match=message):
        make_dataset(frame, "y")


def test_what_is_no_table() -> None:
    with pytest.raises(ArgumentError, match="cannot use a int; give a file or a DataFrame"):
        make_dataset(3, "y")  # type: ignore[arg-type]


def test_file_table_and_frame_give_the_same(tmp_path: Path) -> None:
    path = _csv(tmp_path, BAD_ROWS)
    table = read_table(path)
    from_path, from_table, from_frame = (make_dataset(source, "gap_eV") for source in (path, table, table.frame))
    assert from_path.sha256 == from_table.sha256 == table.sha256
    assert from_path.name == "gaps"
    assert from_frame.name is None
    for other in (from_table, from_frame):
        pd.testing.assert_frame_equal(from_path.frame, other.frame)
        pd.testing.assert_frame_equal(from_path.rejected, other.rejected)
        assert from_path.y.tolist() == other.y.tolist()
    assert make_dataset(table.frame, "gap_eV").sha256 == from_frame.sha256
    assert make_dataset(table.frame.iloc[::-1], "gap_eV").sha256 != from_frame.sha256


def test_several_targets_units_and_origin() -> None:
    formulas = ["TiO2", "SiO2", "GeO2", "SnO2"]
    frame = pd.DataFrame({"formula": formulas, "gap_eV": [3.0, 9.0, 5.0, None], "k": [200, 100, None, None]})
    dataset = make_dataset(
        frame, ["gap_eV", "k"], units={"k": "GPa"}, name="oxides", citation="A. Author (2020)", licence="CC0"
    )
    np.testing.assert_array_equal(dataset.y, [[3.0, 200.0], [9.0, 100.0], [5.0, np.nan]])
    assert dataset.units == {"gap_eV": "eV", "k": "GPa"}
    assert (dataset.name, dataset.citation, dataset.licence) == ("oxides", "A. Author (2020)", "CC0")
    assert repr(dataset) == "Dataset(oxides: 3 rows, 1 rejected, regression, formula -> gap_eV, k)"
    assert make_dataset(frame, "gap_eV", units="meV").units["gap_eV"] == "meV"


def test_classes_stay_text() -> None:
    frame = pd.DataFrame({"formula": ["TiO2", "SiO2", "GeO2"], "class": ["metal", None, "direct"], "flag": [0, 1, 1]})
    dataset = make_dataset(frame, "class")
    assert dataset.task == "classification"
    assert dataset.y.tolist() == ["metal", "direct"]
    assert dataset.y.dtype.kind == "U"
    as_class = make_dataset(frame, "flag")
    assert as_class.task == "classification"
    assert as_class.y.tolist() == ["0", "1", "1"]
    note = "flag is 0 or 1 and predicted as two classes; state the kind 'number' if it is a number."
    assert note in as_class.notes
    as_number = make_dataset(frame, "flag", kinds={"flag": "number"})
    assert as_number.y.tolist() == [0.0, 1.0, 1.0]
    assert "flag is 0 or 1; state the kind 'category', and predict it alone, to have classes." in as_number.notes


def test_a_target_with_many_bad_cells_is_still_numbers() -> None:
    frame = pd.DataFrame({"formula": ["TiO2", "SiO2", "GeO2", "ZnO"], "gap": ["3.0", "metal", "none", "1.0"]})
    dataset = make_dataset(frame, "gap")
    assert dataset.y.tolist() == [3.0, 1.0]
    assert dataset.rejected["reason"].tolist() == ["'metal' is not a number", "no value ('none')"]


def test_process_columns_stand_beside_the_formula() -> None:
    frame = pd.DataFrame(
        {
            "formula": ["TiO2", "SiO2", "GeO2"],
            "T_K": ["300", "N/A", "500"],
            "route": ["sol", "flux", " sol"],
            "y": [1, 2, 3],
        }
    )
    dataset = make_dataset(frame, "y", ["T_K", "route"])
    assert dataset.inputs == ("formula", "T_K", "route")
    assert dataset.X.to_dict("list") == {"formula": ["TiO2", "GeO2"], "T_K": [300.0, 500.0], "route": ["sol", "sol"]}
    assert dataset.X.dtypes.astype(str).tolist() == ["object", "float64", "object"]


def test_amounts_are_detected_and_rows_that_deviate_named() -> None:
    sites = [{"Fe": 0.5, "Ni": 0.5}] * 6
    frame = pd.DataFrame({"A": pd.Series([*sites, {"Fe": 0.3, "Ni": 0.5}], dtype=object), "y": range(7)})
    frame.loc[2, "y"] = None
    dataset = make_dataset(frame, "y")
    assert len(dataset) == 6  # a sum other than 1 is no error
    assert dataset.amounts == "per site"
    assert "Amounts are per site (A sums to 1) in 5 of 6 rows; otherwise in row 7." in dataset.notes


def test_rows_whose_formula_and_sites_contradict_are_named() -> None:
    frame = pd.DataFrame(
        {
            "formula": ["CaTiO3", "SrTiO3", "BaTiO3", "CaZrO3", "CaHfO3", "Xx"],
            "A": ["Ca", "Sr", "Sr", "Ca", "Ca", "Ca"],
            "B": ["Ti", "Ti", "Ti", "Zr", "Ti", "Ti"],
            "X": ["O"] * 6,
            "y": [None, 1, 2, 3, 4, 5],
        }
    )
    dataset = make_dataset(frame, "y", ["A", "B"])
    assert "formula and A, B, X name different elements in 2 rows (3, 5)." in dataset.notes
    assert len(dataset) == 5  # none of them is rejected


def test_notes_on_groups_and_constant_targets() -> None:
    frame = pd.DataFrame({"formula": ["TiO2", "SiO2"], "lab": ["a", None], "y": [1.0, 1.0]})
    notes = make_dataset(frame, "y", groups="lab").notes
    assert "The group column lab is empty in 1 rows." in notes
    assert "y has the same value in all rows." in notes


def test_element_sets() -> None:
    frame = pd.DataFrame({"A": ["MA", "Cs"], "B": ["Pb", "Sn"], "y": [1, 2]})
    assert make_dataset(frame, "y").element_sets() == [frozenset({"C", "N", "H", "Pb"}), frozenset({"Cs", "Sn"})]
    numbers_only = make_dataset(frame.assign(T=[1, 2]), "y", "T", kinds={"A": "text", "B": "text"})
    assert numbers_only.element_sets() == [frozenset(), frozenset()]


def test_schema_is_json_and_reads_the_same_inputs(tmp_path: Path) -> None:
    ions = {"BZA": Ion("BZA", "benzylammonium", "C7H10N", 1)}
    frame = pd.DataFrame(
        {"A": ["BZA", "Cs", "MA"], "X": [{"I": 3}, {"Br": 3}, {"I": 3}], "T_K": [1, 2, 3], "y": [1, 2, 3]}
    )
    dataset = make_dataset(frame, "y", ["A", "X", "T_K"], ions=ions)
    schema = json.loads(json.dumps(dataset.schema))
    assert schema["inputs"] == ["A", "X", "T_K"]
    assert schema["kinds"] == {"A": "site", "X": "site", "T_K": "number", "y": "number"}
    assert schema["units"] == {"T_K": "K"}
    assert schema["amounts"] == "per formula unit"
    parsed = parse_inputs(frame, schema)
    assert parsed.ok.all()
    assert parsed.X.to_dict("list") == dataset.X.to_dict("list")
    assert dataset.element_sets()[0] == {"C", "H", "N", "I"}


def test_a_dataset_can_be_pickled() -> None:
    frame = pd.DataFrame({"formula": ["TiO2", "SiO2"], "y": [1.0, 2.0]})
    dataset = make_dataset(frame, "y")
    copy = pickle.loads(pickle.dumps(dataset))
    pd.testing.assert_frame_equal(copy.X, dataset.X)
    assert copy.y.tolist() == [1.0, 2.0]


FORMULAS = st.builds(lambda a, b, n: f"{a}{n}{b}O3", *[st.sampled_from([*SYMBOLS[:90], "Xx"])] * 2, st.integers(1, 9))
TARGETS = st.floats(-1e6, 1e6).map(str) | st.sampled_from(["", "nan", "inf", "-", "1_0"])


@settings(max_examples=60, deadline=None)
@given(rows=st.lists(st.tuples(FORMULAS, TARGETS), min_size=1, max_size=12))
def test_every_row_is_kept_or_rejected(rows: list[tuple[str, str]]) -> None:
    frame = pd.DataFrame(rows, columns=["formula", "y"])
    good = [
        i for i, (formula, y) in enumerate(rows, start=1) if "Xx" not in formula and y[-1:].isdigit() and y != "1_0"
    ]
    kinds = {"formula": "formula", "y": "number"}
    compositions = {Composition(formula) for formula, _ in rows if "Xx" not in formula}
    if len(good) < 2 or len(compositions) < 2:
        with pytest.raises(DataError):
            make_dataset(frame, "y", kinds=kinds)
        return
    dataset = make_dataset(frame, "y", kinds=kinds)
    assert dataset.frame.index.tolist() == good
    assert sorted({*good, *dataset.rejected["row"]}) == list(range(1, len(rows) + 1))
    assert dataset.y.tolist() == [float(rows[i - 1][1]) for i in good]


def test_a_hundred_thousand_rows_in_seconds(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    pairs, shares = rng.choice(SYMBOLS[2:80], (100_000, 2)), np.round(rng.random(100_000), 4) + 0.01
    formulas = [f"{a}{x:.4f}{b}O3" for (a, b), x in zip(pairs, shares, strict=True)]
    formulas[::100] = ["Xx2"] * 1000
    path = tmp_path / "big.csv"
    pd.DataFrame({"formula": formulas, "gap_eV": shares}).to_csv(path, index=False)
    start = time.process_time()
    dataset = make_dataset(path, "gap_eV")
    assert time.process_time() - start < 6  # seconds of the processor; about 1.5
    assert len(dataset) == 99_000
    assert dataset.n_rejected == 1000
