"""What is known of real tables is found, and nothing is called a leak in clean ones."""

from __future__ import annotations

import time
from functools import cache
from typing import Any

import numpy as np
import pytest

from matterlearn.core.errors import ArgumentError
from matterlearn.data.catalog import load_dataset
from matterlearn.data.dataset import Dataset, make_dataset
from matterlearn.features.table_features import table_features
from matterlearn.validation.folds import Fold, make_folds
from matterlearn.validation.leaks import Leak, find_leaks
from matterlearn.validation.leaks.identifier import find_identifiers
from matterlearn.validation.leaks.sibling import find_siblings
from matterlearn.validation.leaks.subject import Subject

SMALL = [
    ("perovskite_oxides_unalloyed", "e_above_hull_eV_atom"),
    ("perovskite_oxides_alloyed", "e_above_hull_meV_atom"),
    ("halide_perovskite_alloys_pbe", "band_gap_eV"),
    ("double_perovskite_gap", "gap_gllbsc_eV"),
    ("matbench_steels_sample", "yield_strength_MPa"),
    ("co_adsorption_dband", "dE_CO_eV"),
    ("mp20_sample", "formation_energy_per_atom"),
    ("wbm_random", "corrected_formation_energy_per_atom"),
]


@cache
def table(name: str, target: str | None = None) -> Dataset:
    """A set of the catalogue, read once: several tests look at the same one, and none changes it."""
    return load_dataset(name, target, fetch=False)


def folds_of(dataset: Dataset, features: Any, splits: Any) -> list[Fold]:
    folds = []
    for split in splits:
        try:
            folds += make_folds(split, dataset, features=features)
        except ArgumentError:
            assert split == "element"  # not every table has one
    return folds


def leaks_of(dataset: Dataset, splits: Any = ("random", "element"), seed: int = 0) -> list[Leak]:
    features = table_features(dataset.inputs, dataset.kinds, representation="descriptors", ions=dataset.ions)
    return find_leaks(dataset, folds_of(dataset, features, splits), descriptors=features, seed=seed)


def subject_of(dataset: Dataset) -> Subject:
    """The table alone: without folds and features, for the checks of columns."""
    return Subject(dataset, [], None, 0)


def of(found: list[Leak], check: str, severity: str | None = None) -> list[Leak]:
    return [leak for leak in found if leak.check == check and severity in (None, leak.severity)]


# Clean data


@pytest.mark.parametrize("target", ["formation_energy_eV_atom", "e_above_hull_eV_atom", "bulk_modulus_GPa"])
@pytest.mark.parametrize("splits", [("random",), ("random", "element")])
def test_the_embedded_set_has_no_warning(target, splits):
    dataset = table("intermetallics", target)
    found = leaks_of(dataset, splits)
    assert [leak.text for leak in found if leak.severity == "warning"] == []
    notes = of(found, "groups")
    assert notes[0].column == "prototype"  # a structure type that was never seen is another question
    assert len(notes) <= 2


@pytest.mark.parametrize(("name", "target"), SMALL)
def test_a_shuffled_target_has_no_warning(data_home, name, target):
    dataset = table(name, target)
    frame = dataset.frame.copy()
    frame[target] = np.random.default_rng(0).permutation(frame[target].to_numpy())
    kinds = {name: dataset.kinds[name] for name in (*dataset.inputs, target)}
    shuffled = make_dataset(frame, target, dataset.inputs, kinds, groups=dataset.groups, ions=dataset.ions)
    found = leaks_of(shuffled)
    assert [leak.text for leak in found if leak.severity == "warning"] == []
    assert {leak.check for leak in found} <= {"contradictions", "near_duplicates"}


# Duplicates


def test_polymorphs_across_bravais_lattices(data_home):
    dataset = table("mp_crystals", "e_above_hull")
    (leak,) = of(leaks_of(dataset, ("random", "group:bravais")), "duplicates")
    assert leak.severity == "warning"
    assert "In the split group:bravais" in leak.text
    assert 0.1 < leak.value < 0.5


def test_alloys_that_are_listed_twice(data_home):
    (leak,) = of(leaks_of(table("perovskite_oxides_alloyed")), "contradictions")
    assert (leak.n, leak.value) == (56, pytest.approx(5.2, abs=0.1))
    assert 55 in leak.rows


# Nearly equal rows


def test_steels_repeat_each_other(data_home):
    (leak,) = of(leaks_of(table("matbench_steels_sample")), "near_duplicates")
    assert leak.severity == "warning"
    assert 0.5 < leak.value < 0.7


def test_glasses_repeat_each_other_but_not_across_elements(data_home):
    random, element = of(leaks_of(table("matbench_glass_sample")), "near_duplicates")
    assert (random.severity, element.severity) == ("warning", "note")
    assert random.value > 5 * element.value
    assert "believe the split element" in random.text


def test_few_measured_gaps_are_of_nearly_equal_compounds(data_home):
    found = of(leaks_of(table("matbench_expt_gap_sample"), ("random",)), "near_duplicates")
    assert [leak.severity for leak in found] == ["note"]
    assert 0.005 < found[0].value < 0.05


# Siblings


@pytest.mark.parametrize(
    ("name", "target", "column"),
    [
        ("halide_perovskite_alloys_pbe", "band_gap_eV", "pv_figure_of_merit"),
        ("perov5_gap", "heat_all", "heat_ref"),
        ("perov5_gap", "dir_gap_eV", "ind_gap_eV"),
        ("wbm_random", "corrected_formation_energy_per_atom", "formation_energy_per_atom"),
        ("mp_crystals", "k_vrh", "k_vrh_mp2018"),
        ("perovskite_oxides_unalloyed", "band_gap_eV", "gap_class"),
    ],
)
def test_siblings(data_home, name, target, column):
    dataset = table(name, target)
    assert ("note", column) in [(leak.severity, leak.column) for leak in find_siblings(subject_of(dataset))]
    inputs = [*dataset.inputs, column]
    with_it = make_dataset(dataset.frame, target, inputs, dict(dataset.kinds), ions=dataset.ions)
    assert column in [leak.column for leak in of(find_siblings(subject_of(with_it)), "sibling", "warning")]


def test_two_halides_give_the_third(data_home):
    dataset = table("halide_perovskite_alloys_pbe")
    asked = make_dataset(dataset.frame, "f_Cl", ["A", "B", "f_Br", "f_I"], dict(dataset.kinds))
    (leak,) = of(find_siblings(subject_of(asked)), "sibling", "warning")
    assert (leak.column, leak.value) == ("f_Br, f_I", pytest.approx(1))


# Identifiers and order


def test_sample_numbers_tell_tumours(data_home):
    dataset = table("breast_cancer_tumor_normal")
    (leak,) = find_identifiers(subject_of(dataset))
    assert (leak.severity, leak.column) == ("note", "sample_id")
    assert leak.value > 0.9
    few = make_dataset(dataset.frame, "label", ["sample_id", "lactate"], {"label": "category"})
    (leak,) = find_identifiers(subject_of(few))
    assert (leak.severity, leak.column) == ("warning", "sample_id")


def test_a_table_sorted_by_formation_energy(data_home):
    dataset = table("halide_perovskite_alloys_hse", "formation_energy_eV")
    (leak,) = of(leaks_of(dataset), "row_order")
    assert leak.value > 0.99
    assert "sorted by formation_energy_eV" in leak.text


def test_adsorption_energies_come_in_batches(data_home):
    (leak,) = of(leaks_of(table("co_adsorption_dband")), "row_order")
    assert "batches" in leak.text


# Groups


def test_the_host_of_an_adsorption_site(data_home):
    dataset = table("co_adsorption_dband")
    (leak,) = of(leaks_of(dataset), "groups")
    assert (leak.severity, leak.column, leak.n) == ("warning", "host", 6)
    assert leak.value > 2.5
    answered = of(leaks_of(dataset, ("random", "group:host")), "groups")
    assert [(leak.severity, "believe the split group:host" in leak.text) for leak in answered] == [("note", True)]


def test_how_a_halide_is_mixed(data_home):
    dataset = table("halide_perovskite_alloys_hse", "formation_energy_eV")
    leak = of(leaks_of(dataset), "groups")[0]
    assert (leak.severity, leak.column) == ("warning", "mixing")
    assert leak.value > 3


def test_site_of_double_perovskites_is_chemistry(data_home):
    (leak,) = of(leaks_of(table("double_perovskite_gap")), "groups")
    assert (leak.severity, leak.column) == ("note", "B2")


# Time and determinism


def test_quick_enough(data_home):
    dataset = table("abo3_perovskites_oqmd")
    features = table_features(dataset.inputs, dataset.kinds, representation="descriptors")
    folds = folds_of(dataset, features, ("random", "element"))
    start = time.process_time()
    find_leaks(dataset, folds, descriptors=features)
    assert len(dataset) > 4_000
    assert time.process_time() - start < 10


def test_the_same_seed_gives_the_same_findings(data_home):
    first = leaks_of(load_dataset("mp20_sample", "band_gap", fetch=False), seed=3)
    assert leaks_of(load_dataset("mp20_sample", "band_gap", fetch=False), seed=3) == first
