from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matter_tables import binaries, sites

from matterlearn.data.dataset import make_dataset
from matterlearn.validation.data_card import data_card, row_table
from matterlearn.validation.evidence import ROW_COLUMNS, plain

TABLE = binaries(30)


def test_data_card():
    table = pd.concat([TABLE, TABLE[:1].assign(gap_eV=99.0), pd.DataFrame({"formula": ["Xx"], "gap_eV": [1.0]})])
    dataset = make_dataset(table, "gap_eV", inputs=["formula"], name="halides", citation="Somebody 2020")
    card = data_card(dataset)
    assert (card["name"], card["target"], card["unit"], card["task"]) == ("halides", "gap_eV", "eV", "regression")
    assert (card["n_rows"], card["n_rejected"], card["n_contradictions"]) == (31, 1, 1)
    assert card["inputs"] == {"formula": "formula"}
    assert card["target_summary"]["max"] == 99.0
    assert card["target_summary"]["sd"] == pytest.approx(np.std(dataset.y))
    assert {"Na", "Cl"} <= set(card["elements"])
    assert card["log"] is False
    assert card["weights"] is None
    assert plain(card) == card


def test_each_target_has_its_own_facts():
    table = TABLE.assign(k_GPa=np.arange(1.0, 31.0), n=2.0)
    table.loc[:4, "k_GPa"] = np.nan
    table.loc[29, "gap_eV"] = np.nan
    doubled = pd.concat([table, table[10:13].assign(k_GPa=50.0)])
    card = data_card(make_dataset(doubled, ["gap_eV", "k_GPa"], inputs=["formula"], log=["k_GPa"], weights="n"))
    gap, k = card["targets"]["gap_eV"], card["targets"]["k_GPa"]
    assert (gap["n_rows"], k["n_rows"]) == (32, 28)
    assert (gap["n_contradictions"], k["n_contradictions"]) == (0, 3)
    assert (gap["unit"], k["unit"]) == ("eV", "log10(GPa)")
    assert k["target_summary"]["max"] == pytest.approx(np.log10(50))
    assert card["weights"] == "n"
    assert {name: card[name] for name in gap} == gap  # those of the first stand at the top
    assert plain(card) == card


def test_rows_are_named_by_their_formula_or_their_sites():
    rows = row_table(make_dataset(TABLE, "gap_eV", inputs=["formula"]))
    assert dict(rows.dtypes.astype(str)) == ROW_COLUMNS
    assert rows["label"].tolist() == TABLE["formula"].tolist()
    table = sites(12)
    found = row_table(make_dataset(table, "gap_eV"))
    assert found["row_id"].tolist() == list(range(1, 13))
    for label, elements, A, X in zip(found["label"], found["elements"], table["A"], table["X"], strict=True):
        assert elements.split() == sorted({*A, *X})
        assert all(symbol in label for symbol in (*A, *X))
    mixed = next(i for i, cell in enumerate(table["A"]) if len(cell) == 2)
    assert f"Na{table['A'][mixed]['Na']:g}" in found["label"][mixed]


def test_long_and_odd_cells_stay_one_short_line():
    table = pd.DataFrame({"route": ["sol\ngel " * 40, "flux"] * 15, "T_K": np.arange(30.0), "y_eV": np.arange(30.0)})
    rows = row_table(make_dataset(table, "y_eV", inputs=["route", "T_K"], kinds={"route": "category"}))
    assert all(len(label) <= 100 and "\n" not in label for label in rows["label"])
