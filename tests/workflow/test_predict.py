from __future__ import annotations

import gzip
import json

import numpy as np
import pandas as pd
import pytest
from matter_tables import binaries, sites
from openpyxl import load_workbook
from small_fit import quick, small_fit, two_target_fit

from matterlearn.core.errors import ArgumentError, DataError, ModelFileError
from matterlearn.data.cells import is_missing
from matterlearn.data.tables import read_table
from matterlearn.workflow.fit import fit
from matterlearn.workflow.model import OUTPUT, Model
from matterlearn.workflow.predict import WRITERS, check_output, predict, write_table

ROWS = pd.DataFrame(
    {
        "note": ["seen", "bad", "new element", "far", "other order", "empty"],
        "formula": ["NaCl", "Xx2", "AuI", "Cs9F", "ClNa", None],
    }
)


@pytest.fixture(scope="module")
def model() -> Model:
    return small_fit().model


@pytest.fixture(scope="module")
def result(model) -> pd.DataFrame:
    return predict(model, ROWS)


def test_rows_in_order_with_columns_added(result):
    assert list(result.columns) == ["note", "formula", *OUTPUT]
    pd.testing.assert_frame_equal(result[["note", "formula"]], ROWS)
    assert result["in_domain"].dtype == bool
    assert ROWS.columns.tolist() == ["note", "formula"]  # the given table is untouched


def test_the_prediction_is_the_model_s(model, result):
    readable = ROWS.loc[[0, 2, 3, 4], ["formula"]]
    estimator = model.fitted[0].estimator
    np.testing.assert_array_equal(result.loc[readable.index, "prediction"], estimator.predict(readable))
    assert result["prediction"][0] == pytest.approx(result["prediction"][4], rel=1e-12)  # NaCl is ClNa
    wide = result["upper"] - result["prediction"]
    assert (wide.dropna() > 0).all()
    assert wide[2] > wide[0]  # where gold is new, more is open
    assert wide[0] == pytest.approx(wide[4])


def test_bad_rows_stay_with_the_reason(result):
    bad = result.loc[[1, 5]]
    assert bad[["prediction", "lower", "upper"]].isna().all(axis=None)
    assert not bad["in_domain"].any()
    assert bad["reason"][1].startswith("not read: column 'formula': unknown element 'Xx'")
    assert bad["reason"][5].startswith("not read: column 'formula': ")


def test_where_the_model_should_not_be_believed(result):
    assert result["in_domain"].tolist() == [True, False, False, False, True, False]
    assert result["reason"][0] == ""
    assert result["reason"][2].startswith("Au not in training; nearest: ")
    assert result["reason"][3].startswith("far from the training rows: ")


def test_rows_do_not_depend_on_each_other(model, result):
    backwards = predict(model, ROWS[::-1])
    pd.testing.assert_frame_equal(backwards[::-1], result, check_exact=True)
    alone = predict(model, ROWS[2:3])
    pd.testing.assert_frame_equal(alone, result[2:3])


def test_labels_of_the_rows_are_kept(model):
    frame = ROWS.set_axis(["a", "b", "b", "c", "a", "d"])
    found = predict(model, frame)
    assert found.index.tolist() == frame.index.tolist()
    np.testing.assert_array_equal(found["prediction"], predict(model, ROWS)["prediction"])


def test_nothing_can_be_read(model):
    found = predict(model, pd.DataFrame({"formula": ["Xx", "", "?"]}))
    assert found["prediction"].isna().all()
    assert found["reason"].str.startswith("not read").all()
    assert not found["in_domain"].any()


def test_no_rows(model):
    found = predict(model, pd.DataFrame({"formula": pd.Series([], dtype="str")}))
    assert list(found.columns) == ["formula", *OUTPUT]
    assert len(found) == 0


def test_formulas_that_look_like_missing_values(model):
    found = predict(model, pd.DataFrame({"formula": ["NaN", "No", "NO"]}))
    assert found["prediction"].notna().tolist() == [True, True, True]
    assert "No not in training" in found["reason"][1]


def test_a_missing_column_is_named_with_the_nearest(model):
    with pytest.raises(DataError, match="input column 'formula' is missing; did you mean 'Formula'"):
        predict(model, ROWS.rename(columns={"formula": "Formula"}))


@pytest.mark.parametrize("name", OUTPUT)
def test_a_table_that_has_such_a_column_is_refused(model, name):
    with pytest.raises(ArgumentError, match=f"already has a column '{name}'; rename it"):
        predict(model, ROWS.assign(**{name: 1.0}))


def test_target_and_unknown_columns_are_not_looked_at(model, result):
    found = predict(model, ROWS.assign(gap_eV="secret", family=[{}] * 6))
    pd.testing.assert_series_equal(found["prediction"], result["prediction"])


def test_several_targets_each_with_columns_of_its_own():
    found = predict(two_target_fit().model, ROWS)
    expected = [f"{name} {target}" for target in ("gap_eV", "k_GPa") for name in OUTPUT]
    assert found.columns.tolist() == ["note", "formula", *expected]
    assert (found["reason gap_eV"] == found["reason k_GPa"]).loc[[1, 5]].all()
    assert found["prediction k_GPa"].isna().tolist() == [False, True, False, False, False, True]
    assert (found["lower k_GPa"].dropna() > 0).all()
    with pytest.raises(ArgumentError, match="already has a column 'upper k_GPa'; rename it"):
        predict(two_target_fit().model, ROWS.assign(**{"upper k_GPa": 1.0}))
    predict(two_target_fit().model, ROWS.assign(prediction=1.0))  # a name that several targets do not take


@pytest.mark.parametrize("ending", [".csv", ".csv.gz", ".tsv", ".json", ".jsonl", ".parquet", ".xlsx"])
def test_tables_of_every_format(model, result, tmp_path, ending):
    path = tmp_path / f"rows{ending}"
    if ending == ".csv.gz":
        path.write_bytes(gzip.compress(ROWS.to_csv(index=False, lineterminator="\r\n").encode()))
    else:
        write_table(ROWS, path)
    found = predict(model, path)
    np.testing.assert_array_equal(found["prediction"], result["prediction"])
    assert found["reason"].tolist() == result["reason"].tolist()


@pytest.mark.parametrize("ending", WRITERS)
def test_what_is_written_can_be_read(result, tmp_path, ending):
    path = write_table(result, tmp_path / f"out{ending}")
    again = read_table(path).frame.reset_index(drop=True)
    assert again.columns.tolist() == result.columns.tolist()
    np.testing.assert_array_equal(pd.to_numeric(again["prediction"]), result["prediction"])
    assert [str(cell) == "True" for cell in again["in_domain"]] == result["in_domain"].tolist()
    assert ["" if is_missing(reason) else reason for reason in again["reason"]] == result["reason"].tolist()


def test_sites_come_through_every_format(tmp_path):
    table = sites(25)
    result = fit(table, "gap_eV", **quick(splits=("random",)))
    expected = predict(result.model, table)
    for ending in WRITERS:
        path = write_table(table, tmp_path / f"sites{ending}")
        found = predict(result.model, path)
        assert found["reason"].tolist() == expected["reason"].tolist(), ending
        np.testing.assert_array_equal(found["prediction"], expected["prediction"], err_msg=ending)


def test_columns_of_mixed_cells_are_written(tmp_path):
    table = pd.DataFrame({"note": [1, "a", None], "cell": [{"Fe": 0.5}, [1], "x"]})
    written = pd.read_parquet(write_table(table, tmp_path / "mixed.parquet"))
    assert written["note"].tolist()[:2] == ["1", "a"]
    assert pd.isna(written["note"][2])
    assert written["cell"].tolist() == ["{'Fe': 0.5}", "[1]", "x"]
    assert table["note"].tolist() == [1, "a", None]


def test_json_has_null_for_what_is_unknown(result, tmp_path):
    lines = write_table(result, tmp_path / "out.jsonl").read_text().splitlines()
    assert json.loads(lines[1])["prediction"] is None


class TestWorkbook:
    CELLS = ("=1+1", "#N/A", "007", "1e5", "TRUE", "Ü €", "-", "NaN", "1.5", "'quoted", "@x")

    def test_text_stays_text(self, tmp_path):
        """Neither a formula nor a number nor an error is made of a text."""
        table = pd.DataFrame({"text": self.CELLS})
        path = write_table(table, tmp_path / "text.xlsx")
        assert read_table(path).frame["text"].tolist() == list(self.CELLS)
        [sheet] = load_workbook(path).worksheets
        assert {cell.data_type for (cell,) in sheet.iter_rows(min_row=2)} == {"s"}

    def test_numbers_keep_every_digit(self, tmp_path):
        rng = np.random.default_rng(0)
        values = np.concatenate([rng.normal(size=20) * 10.0 ** rng.integers(-300, 300, 20), [0.1, 1 / 3, 5e-324]])
        table = pd.DataFrame({"x": values, "n": np.arange(23), "yes": values > 0})
        found = read_table(write_table(table, tmp_path / "x.xlsx")).frame
        assert found["x"].astype(float).tolist() == values.tolist()
        assert [str(cell) for cell in found["yes"]] == [str(cell) for cell in table["yes"]]
        endless = pd.DataFrame({"x": [np.inf, -np.inf, np.nan, 1.0]})
        cells = read_table(write_table(endless, tmp_path / "inf.xlsx")).frame["x"].tolist()
        assert [float("nan" if is_missing(cell) else cell) for cell in cells] == pytest.approx(
            endless["x"].tolist(), nan_ok=True
        )

    @pytest.mark.parametrize("cell", ["a\x00b", "bell \x07", "x" * 40_000], ids=["nul", "bell", "long"])
    def test_what_excel_cannot_hold_is_told(self, tmp_path, cell):
        table = pd.DataFrame({"good": ["a", "b"], "odd": ["a", cell]})
        with pytest.raises(DataError, match=r"row 2, column 'odd': .*write \.csv"):
            write_table(table, tmp_path / "out.xlsx")
        assert list(tmp_path.iterdir()) == []

    def test_more_columns_than_a_sheet_has(self, tmp_path):
        with pytest.raises(DataError, match=r"1 rows and 16,385 columns do not fit into a sheet of Excel; write \.csv"):
            write_table(pd.DataFrame(np.zeros((1, 16_385))), tmp_path / "out.xlsx")


@pytest.mark.parametrize("name", ["out.xls", "out", "out.csv.gz", "out.txt"])
def test_output_needs_a_known_ending(name, tmp_path):
    with pytest.raises(ArgumentError, match=r"names no format; use \.csv, \.tsv"):
        check_output(tmp_path / name)


def test_output_folder_must_exist(result, tmp_path):
    with pytest.raises(DataError, match="cannot write"):
        write_table(result, tmp_path / "nowhere" / "out.csv")


def test_files_that_are_missing(model, tmp_path):
    with pytest.raises(DataError, match="no such file"):
        predict(model, tmp_path / "nothing.csv")
    with pytest.raises(ModelFileError, match="no such file"):
        predict(tmp_path / "nothing.mlz", ROWS)


def test_numbers_and_categories_as_inputs():
    table = binaries(30).assign(T_K=np.linspace(300, 900, 30))
    result = fit(table, "gap_eV", inputs=["formula", "T_K", "family"], **quick(splits=("random",)))
    rows = pd.DataFrame(
        {
            "formula": ["NaCl", "NaCl", "NaCl", "NaCl"],
            "T_K": ["400", "1e3", "hot", ""],
            "family": ["Cl-compounds", "never seen", "Cl-compounds", "Cl-compounds"],
        }
    )
    found = predict(result.model, rows)
    assert found["prediction"].notna().tolist() == [True, True, False, False]
    assert "column 'T_K'" in found["reason"][2]
