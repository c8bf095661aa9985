"""What columns hold, by content and name."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pandas as pd
import pytest

from matterlearn.chemistry.elements import SYMBOLS
from matterlearn.chemistry.ions import Ion
from matterlearn.data.kinds import detect_kinds, kind_of_named, near_miss


def _kind(name: str, cells: list[Any]) -> str:
    return detect_kinds(pd.DataFrame({name: pd.Series(cells, dtype=object)}))[name]


@pytest.mark.parametrize(
    ("name", "cells", "kind"),
    [
        # numbers
        ("gap", ["1.5", "-", "NaN", "", "2e-3", "n/a"], "number"),
        ("fold", [0, 1, 2], "number"),
        ("B", ["0.1", "0.2"], "number"),
        ("gap", ["1.5"] * 9 + ["metal"], "number"),
        ("gap", ["1.5"] * 8 + ["metal", "metal"], "category"),
        ("gap", [None, None], "text"),
        # sites
        ("A", ["Ca", "Sr", "Ba"], "site"),
        ("X", ["O", "O", "O"], "site"),
        ("X", ["N3", "OFN", "O2N"], "site"),
        ("A1", ["Ag", "K"], "site"),
        ("A", ["MA", "FA", "Cs"], "site"),
        ("cation", ["MA", "FA"], "site"),
        ("host", ["Cu", "Ag"], "site"),
        ("second_metal", ["Ni", "Pd", "Cu"], "site"),
        ("whatever", ["Ni", "Pd", "Cu"], "site"),
        ("whatever", ['{"Fe": 0.5, "Ni": 0.5}', "{'Mn': 1}"], "site"),
        ("whatever", [{"Fe": 0.5, "Ni": 0.5}, {"Mn": 1.0}], "site"),
        ("A", ['{"Fe": 0.5, "Xx": 0.5}', '{"Mn": 1}', "Ca"], "site"),
        # formulas
        ("formula", ["NaN", "No"], "formula"),
        ("composition", ["Al", "Al2O3", "Cu"], "formula"),
        ("chemical_formula", ["TiO2", "SiO2", "what?"], "formula"),
        ("whatever", ["TiO2", "SiO2", "Al(NiB)2"], "formula"),
        ("composition", [{"Fe": 0.5, "O": 0.5}, {"Mn": 1.0}], "formula"),
        # what could be read as matter and is not
        ("class", ["C", "N", "P"] * 4, "category"),
        ("known", ["No", "Yes", "No"], "category"),
        ("known", ["No", "No", "No"], "category"),
        ("lattice", ["BCC", "FCC", "HCP"] * 5, "category"),
        ("structure", ["CUBIC", "cubic", "hexagonal"], "category"),
        ("code", ["VASP", "VASP"], "category"),
        ("mbid", [f"mb-expt-gap-{i:04d}" for i in range(1, 40)], "text"),
        ("pearson", ["hP2", "cF4", "tI14", "oP8"], "category"),
        ("space_group", ["P222", "C222", "F222", "I222", "C2", "P1"], "category"),
        ("sample", [f"S{i}" for i in range(1, 40)], "text"),
        ("patient", [f"PN{i:05d}" for i in range(1, 40)], "text"),
        ("alloy", ["Ni@Cu", "Cu-Sc@Cu", "Cu3Ti@Cu"], "category"),
        ("X", ["yes", "no"], "category"),
        ("D", ["C", "D", "E", "D"], "category"),
        # structures: one is enough, and so are records of a file
        ("atoms", ["2\n\nH 0 0 0\nH 0 0 0.74\n", "rock", "clay"], "structure"),
        ("atoms", ["water\n\n\n  0  0  0     0  0            999 V3000\nM  END\n", "rock", "clay"], "structure"),
        ("structure", ["cut off\n", "damaged\n"], "structure"),
        ("structure", ["cut off\n", "hexagonal"], "category"),
        ("remark", ["2024\nmeasured again\nV2000 used", "M  END reached", "good"], "category"),
        # the rest
        ("in_literature", [True, False], "category"),
        ("system", ["cubic", "cubic", "tetragonal"], "category"),
        ("cell", ["[[1, 0, 0]]"], "category"),
        ("cif", ["data_x\n" + "loop_\n" * 200] * 3, "text"),
        ("species", [["Fe", "O"], ["Ti", "O"]], "text"),
        ("date", [pd.Timestamp("2020-01-01")], "text"),
        ("lattice", ['{"a": 3.9, "b": 4.0}', '{"a": 3.8, "b": 4.1}'], "category"),
    ],
)
def test_kinds(name: str, cells: list[Any], kind: str) -> None:
    assert _kind(name, cells) == kind


def test_types_of_columns() -> None:
    frame = pd.DataFrame(
        {
            "flag": [True, False],
            "whole": [1, 2],
            "nullable": pd.array([1, None], dtype="Int64"),
            "empty": [np.nan, np.nan],
            "complex": [1j, 2j],
            "category": pd.Categorical(["sol", "flux"]),
            "formula": pd.Categorical(["TiO2", "SiO2"]),
        }
    )
    kinds = ["category", "number", "number", "number", "text", "category", "formula"]
    assert list(detect_kinds(frame).values()) == kinds


def test_a_few_bad_cells_do_not_change_the_kind() -> None:
    rng = np.random.default_rng(0)
    formulas = [f"{a}{b}O3" for a, b in rng.choice(SYMBOLS, (200, 2))]
    sites = list(rng.choice(SYMBOLS, 200))
    numbers = [str(number) for number in rng.normal(size=200)]
    for cells in (formulas, sites, numbers):
        for i in rng.choice(200, 18, replace=False):
            cells[i] = "?!"
    frame = pd.DataFrame({"matter": formulas, "atom": sites, "y": numbers})
    assert detect_kinds(frame) == {"matter": "formula", "atom": "site", "y": "number"}


def test_ions_of_the_user() -> None:
    frame = pd.DataFrame({"A": ["BZA", "BZA", "Cs"]})
    ions = {"BZA": Ion("BZA", "benzylammonium", "C7H10N", 1)}
    assert detect_kinds(frame) == {"A": "category"}
    assert detect_kinds(frame, ions=ions) == {"A": "site"}


def test_a_name_repeated_in_rows_is_a_category_and_otherwise_text() -> None:
    cells = [f"sample {i % 25}" for i in range(100)]
    assert _kind("sample", cells) == "text"
    assert _kind("sample", cells + cells) == "category"


def test_a_column_that_was_named() -> None:
    assert kind_of_named(pd.Series(["1.5", "metal"] * 3), "category") == "number"
    assert kind_of_named(pd.Series(["1.5", "metal", "metal"]), "category") == "category"
    assert kind_of_named(pd.Series([f"label {i % 15}" for i in range(30)]), "text") == "category"
    assert kind_of_named(pd.Series([f"label {i}" for i in range(30)]), "text") == "text"
    assert kind_of_named(pd.Series([None, None]), "text") == "text"
    assert kind_of_named(pd.Series(["Ca", "Sr"]), "site") == "site"


def test_near_misses() -> None:
    text = near_miss("A", pd.Series(["Cs", "GA", "GA"]))
    assert text is not None
    assert "67% of its cells cannot be read as a site ('GA'" in text
    assert near_miss("route", pd.Series(["Cs", "GA", "GA"])) is None
    assert near_miss("formula", pd.Series(["rock", "clay"])) is None
    assert near_miss("formula", pd.Series(["TiO2", "SiO2"])) is None
    assert near_miss("formula", pd.Series([None, None])) is None


def test_a_hundred_thousand_rows_in_seconds() -> None:
    rng = np.random.default_rng(0)
    pairs = rng.choice(SYMBOLS, (100_000, 2))
    shares = rng.random(100_000)
    frame = pd.DataFrame(
        {
            "id": [f"m-{i}" for i in range(100_000)],
            "formula": [f"{a}{x:.4f}{b}O3" for (a, b), x in zip(pairs, shares, strict=True)],
            "A": [f'{{"{a}": {x:.4f}}}' for (a, _), x in zip(pairs, shares, strict=True)],
            "y": [str(x) for x in shares],
            "route": rng.choice(["sol", "flux"], 100_000),
        }
    )
    start = time.process_time()
    kinds = detect_kinds(frame)
    assert time.process_time() - start < 2  # seconds of the processor; about 0.2
    assert kinds == {"id": "text", "formula": "formula", "A": "site", "y": "number", "route": "category"}
