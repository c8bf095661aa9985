"""Real tables of the field: which columns become inputs, what they hold, how many rows are lost."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest

from matterlearn.data.dataset import Dataset, make_dataset
from matterlearn.data.duplicates import contradictions, duplicate_groups
from matterlearn.data.kinds import detect_kinds
from matterlearn.data.tables import Table, read_table

FILES = {
    "alloyed": "perovskite_oxides_alloyed/perovskite_oxides_alloyed.csv",
    "unalloyed": "perovskite_oxides_unalloyed/perovskite_oxides_unalloyed.csv",
    "halides": "halide_perovskite_alloys/halide_alloys_pbe.csv",
    "halides_hse": "halide_perovskite_alloys/halide_alloys_hse.csv",
    "perov5": "perov5_gap/perov5.csv",
    "double": "double_perovskite_gap/double_perovskite_gap.csv",
    "lumo": "double_perovskite_gap/element_lumo.csv",
    "oqmd": "abo3_perovskites_oqmd/abo3_perovskites_oqmd.csv",
    "expt_gap": "matbench_expt_gap/matbench_expt_gap.csv",
    "steels": "matbench_steels/matbench_steels.csv",
    "glass": "matbench_glass/matbench_glass.csv",
    "co": "co_adsorption_dband/co_adsorption_dband.csv",
    "crystals": "mp_crystals/mp_crystals.jsonl.gz",
    "plasma": "breast_cancer_metabolomics/plasma.csv",
}


@cache
def _read(path: Path) -> Table:
    """A table of the folder, read once: several tests make sets of the same one."""
    return read_table(path)


def _make(data_home: Path, name: str, target: Any, inputs: Any = None, **options: Any) -> Dataset:
    return make_dataset(_read(data_home / FILES[name]), target, inputs, **options)


@pytest.mark.parametrize(
    ("name", "target", "inputs", "unit", "n_rows", "n_rejected"),
    [
        ("alloyed", "e_above_hull_meV_atom", ("A", "B"), "meV/atom", 1543, 0),
        ("unalloyed", "e_above_hull_eV_atom", ("A", "B"), "eV/atom", 1549, 0),
        ("halides", "band_gap_eV", ("A", "B", "X"), "eV", 440, 0),
        ("halides_hse", "decomposition_energy_eV", ("A", "B", "X"), "eV", 240, 0),
        ("perov5", "heat_all", ("A", "B", "X"), None, 6058, 0),
        ("double", "gap_gllbsc_eV", ("A1", "B1", "A2", "B2"), "eV", 1306, 0),
        ("lumo", "lumo_eV", ("element",), "eV", 55, 0),
        ("oqmd", "O_vacancy_energy_eV", ("A", "B"), "eV", 3941, 322),
        ("expt_gap", "gap_expt_eV", ("composition",), "eV", 3683, 0),
        ("steels", "yield_strength_MPa", ("composition",), "MPa", 250, 0),
        ("glass", "glass_forming", ("composition",), None, 4544, 0),
        ("co", "dE_CO_eV", ("host", "second_metal"), "eV", 298, 0),
        ("crystals", "band_gap", ("formula",), None, 4504, 72),
    ],
)
def test_inputs_are_found(
    data_home: Path, name: str, target: str, inputs: tuple[str, ...], unit: str | None, n_rows: int, n_rejected: int
) -> None:
    dataset = _make(data_home, name, target)
    assert dataset.inputs == inputs
    assert dataset.units.get(target) == unit
    assert (len(dataset), dataset.n_rejected) == (n_rows, n_rejected)
    assert dataset.X.shape == (n_rows, len(inputs))
    assert dataset.y.shape == (n_rows,)
    assert all(dataset.element_sets())
    assert not any("different elements" in note for note in dataset.notes)


KINDS = {
    "alloyed": {
        "site": "A B X A1 A2 A3 B1 B2 B3",
        "formula": "composition",
    },
    "unalloyed": {"site": "A B X", "formula": "formula", "category": "gap_class source_split"},
    "halides": {"site": "A B X", "text": "formula", "category": "mixing"},
    "perov5": {"site": "A B X", "formula": "formula", "category": "gap_class source_split"},
    "double": {"site": "A1 B1 A2 B2", "formula": "formula"},
    "oqmd": {
        "site": "A B",
        "formula": "formula",
        "category": "in_literature valence_A valence_B lowest_distortion",
    },
    "expt_gap": {"formula": "composition", "text": "mbid"},
    "steels": {"formula": "composition", "text": "mbid"},
    "glass": {"formula": "composition", "text": "mbid"},
    "co": {"site": "host second_metal", "text": "alloy", "category": "type"},
    "crystals": {
        "formula": "formula",
        "text": "id lattice species frac_coords",
        "category": "structure_source bravais",
    },
    "plasma": {"text": "patient_id", "category": "label label_in_metabolite_file race"},
}


@pytest.mark.parametrize("name", KINDS)
def test_kinds_are_found(data_home: Path, name: str) -> None:
    frame = _read(data_home / FILES[name]).frame
    expected = {column: kind for kind, columns in KINDS[name].items() for column in columns.split()}
    assert detect_kinds(frame) == {column: expected.get(column, "number") for column in frame.columns}


def test_what_is_left_out_is_said(data_home: Path) -> None:
    assert _make(data_home, "unalloyed", "e_above_hull_eV_atom").notes == (
        "X is left out: it is the same in every row (O).",
        "formula is left out: A, B and X describe the same matter; name it among the inputs to use it.",
        "Amounts are per site (every site sums to 1) in all 1549 rows.",
    )


def test_molecular_ions_and_amounts_per_formula_unit(data_home: Path) -> None:
    dataset = _make(data_home, "halides", "band_gap_eV")
    assert dataset.amounts == "per formula unit"
    assert {"MA", "FA"} <= {species for site in dataset.X["A"] for species in site}
    assert sum("MA" in site or "FA" in site for site in dataset.X["A"]) == 225
    assert {"C", "N", "H"} <= dataset.element_sets()[0]


def test_formula_like_sites(data_home: Path) -> None:
    dataset = _make(data_home, "perov5", "dir_gap_eV")
    assert {tuple(sorted(site.items())) for site in dataset.X["X"]} == {
        (("O", 3.0),),
        (("N", 3.0),),
        (("N", 1.0), ("O", 2.0)),
        (("N", 2.0), ("O", 1.0)),
        (("F", 1.0), ("O", 2.0)),
        (("O", 2.0), ("S", 1.0)),
        (("F", 1.0), ("N", 1.0), ("O", 1.0)),
    }


def test_classes(data_home: Path) -> None:
    dataset = _make(data_home, "unalloyed", "gap_class")
    assert dataset.task == "classification"
    assert set(dataset.y) == {"metal", "direct", "indirect"}
    glass = _make(data_home, "glass", "glass_forming", kinds={"glass_forming": "category"})
    assert set(glass.y) == {"0", "1"}


def test_numbers_beside_or_instead_of_matter(data_home: Path) -> None:
    beside = _make(data_home, "oqmd", "stability_eV_atom", ["radius_A_ang", "lowest_distortion"])
    assert beside.inputs == ("A", "B", "radius_A_ang", "lowest_distortion")
    kinds = {"host": "category", "second_metal": "category"}
    instead = _make(data_home, "co", "dE_CO_eV", ["d_center_eV", "d_filling", "type"], kinds=kinds)
    assert instead.inputs == ("d_center_eV", "d_filling", "type")
    assert instead.X.dtypes.astype(str).tolist() == ["float64", "float64", "object"]
    plasma = _make(data_home, "plasma", "label", ["age_years", "Lysine"])
    assert (plasma.task, plasma.inputs, len(plasma)) == ("classification", ("age_years", "Lysine"), 207)


def test_a_group_column(data_home: Path) -> None:
    dataset = _make(data_home, "steels", "yield_strength_MPa", groups="fold")
    assert dataset.groups == ("fold",)
    assert dataset.inputs == ("composition",)


def test_duplicates(data_home: Path) -> None:
    # 57 alloys occur twice, once as Ba4Ca4..., once as Ca4Ba4...: all but one pair with energies some meV/atom apart.
    dataset = _make(data_home, "alloyed", "e_above_hull_meV_atom")
    groups = duplicate_groups(dataset.X, dataset.kinds)
    assert len(groups) - len(set(groups.tolist())) == 57
    found = contradictions(dataset)
    assert len(found) == 56
    assert found.loc[0, "rows"] == "55, 414"
    for name, target in (("unalloyed", "e_above_hull_eV_atom"), ("perov5", "heat_all"), ("double", "gap_gllbsc_eV")):
        assert contradictions(_make(data_home, name, target)).empty
