"""Which columns become inputs, and what the user is told about it."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from matterlearn.core.errors import ArgumentError, DataError
from matterlearn.data.columns import Inputs, choose_inputs, detect_kinds


def _choose(columns: dict[str, list[Any]], named: Any = None, **options: Any) -> Inputs:
    frame = pd.DataFrame({**columns, "y": range(len(next(iter(columns.values()))))})
    return choose_inputs(frame, detect_kinds(frame), "y", named, **options)


PEROVSKITES = {
    "formula": ["CaTiO3", "SrTiO3", "BaZrO3"],
    "A": ["Ca", "Sr", "Ba"],
    "B": ["Ti", "Ti", "Zr"],
    "X": ["O", "O", "O"],
    "route": ["sol", "flux", "sol"],
    "T_K": [300, 400, 500],
    "id": ["sample-1", "sample-2", "sample-3"],
}


def test_sites_go_before_the_formula_and_a_constant_site_is_left_out() -> None:
    chosen = _choose(PEROVSKITES)
    assert chosen.columns == ("A", "B")
    assert chosen.notes == (
        "X is left out: it is the same in every row (O).",
        "formula is left out: A, B and X describe the same matter; name it among the inputs to use it.",
    )


def test_a_site_that_varies_is_an_input() -> None:
    columns = {"A": ["Cs", "MA"], "B": ["Pb", "Sn"], "X": ["I", "Br"]}
    assert _choose(columns).columns == ("A", "B", "X")


def test_a_site_is_constant_whatever_the_spelling() -> None:
    columns = {"A": ["Ca", "Sr", "Ba"], "X": ["O", '{"O": 1.0}', {"O": 1}]}
    assert _choose(columns).columns == ("A",)


def test_bad_cells_do_not_make_a_site_vary() -> None:
    columns = {"A": ["Ca", "Sr", "Ba", "Ca"], "X": ["O", "O", "O", "?"]}
    assert _choose(columns).columns == ("A",)


def test_numbers_and_categories_only_when_named() -> None:
    chosen = _choose(PEROVSKITES, named=["T_K", "route"])
    assert chosen.columns == ("A", "B", "T_K", "route")
    assert chosen.notes[-1] == (
        "A and B are used beside the named inputs, since they describe matter;"
        " state the kind 'text' to leave such a column out."
    )


def test_named_columns_with_matter_stand_as_they_are() -> None:
    assert _choose(PEROVSKITES, named="formula").columns == ("formula",)
    assert _choose(PEROVSKITES, named=["T_K", "X", "formula", "T_K"]).columns == ("T_K", "X", "formula")


def test_stated_text_leaves_a_column_out() -> None:
    frame = pd.DataFrame({"host": ["Cu", "Ag"], "d_center": [1.0, 2.0], "y": [1.0, 2.0]})
    kinds = {**detect_kinds(frame), "host": "text"}
    assert choose_inputs(frame, kinds, "y", "d_center").columns == ("d_center",)


def test_letters_before_other_sites() -> None:
    columns = {"A": ["Ca", "Sr"], "B": ["Ti", "Zr"], "A1": ["Ca", "Sr"], "dopant": ["La", "Nb"]}
    chosen = _choose(columns)
    assert chosen.columns == ("A", "B")
    assert chosen.notes == ("A1 and dopant are left out: the sites are read from A and B.",)


def test_without_letters_all_filled_sites() -> None:
    columns = {"A1": ["Ag"] * 10 + ["K"] * 10, "B1": [*["Nb"] * 9, None, *["Ta"] * 10], "A3": [None] * 19 + ["La"]}
    chosen = _choose(columns)
    assert chosen.columns == ("A1", "B1")  # one cell of B1 is empty: a row to reject, not a column to leave out
    assert chosen.notes == ("A3 is left out: the sites are read from A1 and B1.",)


def test_sites_with_many_gaps_if_there_is_nothing_else() -> None:
    assert _choose({"A1": ["Ag", None, "K", None]}).columns == ("A1",)


def test_sites_with_many_gaps_give_way_to_a_formula() -> None:
    chosen = _choose({"formula": ["AgCl", "TiO2", "KCl", "SiO2"], "A1": ["Ag", None, "K", None]})
    assert chosen.columns == ("formula",)
    assert chosen.notes == ("A1 is left out: formula says more.",)


def test_sites_that_do_not_determine_the_formula_leave_it_the_input() -> None:
    columns = {"formula": ["FeO", "Fe2O3", "Fe3O4", "NiO"], "metal": ["Fe", "Fe", "Fe", "Ni"]}
    chosen = _choose(columns)
    assert chosen.columns == ("formula",)
    assert chosen.notes == ("metal is left out: formula says more.",)


def test_sites_with_other_elements_than_the_formula_leave_it_the_input() -> None:
    columns = {"formula": ["TiO2", "SiO2", "GeO2"], "substrate_element": ["Pt", "Au", "Ag"]}
    assert _choose(columns).columns == ("formula",)


def test_one_of_several_formulas() -> None:
    columns = {
        "precursor": ["TiCl4", "SiCl4", "GeCl4"],
        "composition": ["TiO2", "SiO2", "TiO2"],
        "formula": ["TiO2", "SiO2", "Ti2O3"],
    }
    chosen = _choose(columns)
    assert chosen.columns == ("formula",)
    assert chosen.notes == ("precursor and composition are left out: the composition is read from formula.",)


def test_a_constant_formula_is_left_out() -> None:
    columns = {"formula": ["TiO2", "O2Ti", "Ti2O4"], "T_K": [300, 400, 500]}
    chosen = _choose(columns, named="T_K")
    assert chosen.columns == ("T_K",)
    assert chosen.notes == ("formula is left out: it is the same in every row (TiO2).",)


def test_target_and_groups_are_no_inputs() -> None:
    frame = pd.DataFrame({"A": ["Ca", "Sr"], "B": ["Ti", "Zr"], "y": [1.0, 2.0]})
    kinds = detect_kinds(frame)
    assert choose_inputs(frame, kinds, "A").columns == ("B",)
    chosen = choose_inputs(frame, kinds, "y", groups=["A"])
    assert chosen.columns == ("B",)
    assert chosen.notes[0].startswith("A is a group column and therefore no input;")
    assert choose_inputs(frame, kinds, "y", ["A", "B"], groups=["A"]).columns == ("A", "B")
    assert choose_inputs(frame, kinds, ()).columns == ("A", "B")


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ("rout", "inputs: no column 'rout'; did you mean 'route'?"),
        (["A", "y"], "inputs: 'y' is a target; a target cannot be an input"),
        ("id", "inputs: 'id' holds free text or identifiers; state its kind"),
    ],
)
def test_named_columns_that_cannot_be_inputs(named: Any, message: str) -> None:
    frame = pd.DataFrame({**PEROVSKITES, "y": [1.0, 2.0, 3.0]})
    kinds = {**detect_kinds(frame), "id": "text"}
    with pytest.raises(ArgumentError) as caught:
        choose_inputs(frame, kinds, "y", named)
    assert str(caught.value).startswith(message)


def test_no_matter() -> None:
    with pytest.raises(DataError, match="no column describes matter; name the inputs"):
        _choose({"T_K": [300, 400]})
    with pytest.raises(
        DataError, match=r"no column describes matter: X is left out: it is the same in every row \(O\); "
    ):
        _choose({"X": ["O", "O"]})


def test_a_structure_that_cannot_be_read_is_no_input() -> None:
    cells = ["2\n\nH 0 0 0\n", "2\n\nH 0 0 0\n"]
    with pytest.raises(DataError, match=r"column 'xyz': none of 2 rows can be used; the first: the XYZ block"):
        _choose({"xyz": cells})
    chosen = _choose({"xyz": cells, "formula": ["TiO2", "SiO2"]})
    assert chosen.columns == ("formula",)
    assert chosen.notes[0].startswith("xyz is left out: none of its cells can be read (the first: the XYZ block")


def test_no_matter_names_the_column_that_nearly_was() -> None:
    with pytest.raises(DataError, match=r"no column describes matter: column 'A' is not used: 75% .*'GA'"):
        _choose({"A": ["Cs", "GA", "GA", "GA"]})
    chosen = _choose({"A": ["Cs", "GA", "GA", "GA"], "B": ["Pb", "Sn", "Ge", "Pb"]})
    assert chosen.columns == ("B",)
    assert chosen.notes[0].startswith("Column 'A' is not used: 75% of its cells cannot be read as a site")
