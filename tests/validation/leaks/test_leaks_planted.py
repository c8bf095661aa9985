"""Every check finds what was planted for it, and says nothing where it was taken away."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import KFold

from matterlearn.data.dataset import Dataset, make_dataset
from matterlearn.features.table_features import table_features
from matterlearn.validation.folds import Fold, make_folds
from matterlearn.validation.leaks import Leak, find_leaks
from matterlearn.validation.leaks.leak import CHECKS, MOST_ROWS

METALS = [
    "Li",
    "Na",
    "K",
    "Rb",
    "Cs",
    "Mg",
    "Ca",
    "Sr",
    "Ba",
    "Zn",
    "Al",
    "Ga",
    "In",
    "Ti",
    "Zr",
    "Fe",
    "Co",
    "Ni",
    "Cu",
]
NONMETALS = ["F", "Cl", "Br", "I", "O", "S", "Se", "N", "P"]


def compounds(n_rows: int, seed: int = 0) -> pd.DataFrame:
    """Different binary compounds in random order, with a target that follows from the composition but for noise."""
    rng = np.random.default_rng(seed)
    names = [f"{m}{i}{x}{j}" for m in METALS for x in NONMETALS for i, j in ((1, 1), (1, 2), (2, 1), (2, 3))]
    chosen = rng.choice(len(names), n_rows, replace=False)
    strength = {symbol: k for k, symbol in enumerate([*METALS, *NONMETALS])}
    metal = np.array(
        [strength[next(m for m in sorted(METALS, key=len)[::-1] if names[i].startswith(m))] for i in chosen]
    )
    return pd.DataFrame(
        {
            "formula": [names[i] for i in chosen],
            "gap_eV": 0.2 * metal + chosen % 4 + rng.normal(scale=0.1, size=n_rows),
        }
    )


def features_of(dataset: Dataset) -> Any:
    return table_features(dataset.inputs, dataset.kinds, representation="descriptors", ions=dataset.ions)


def leaks_of(
    table: pd.DataFrame, inputs: Any = None, target: Any = "gap_eV", *, splits: Any = ("random",), **options: Any
) -> list[Leak]:
    dataset = make_dataset(table, target, inputs, **options)
    features = features_of(dataset)
    folds = [fold for split in splits for fold in make_folds(split, dataset, features=features)]
    return find_leaks(dataset, folds, descriptors=features)


def only(found: list[Leak], check: str) -> list[Leak]:
    return [leak for leak in found if leak.check == check]


def summary(found: list[Leak], check: str) -> list[tuple[str, str]]:
    return [(leak.severity, leak.column) for leak in only(found, check)]


def test_a_clean_table_has_no_finding():
    table = compounds(300).assign(lab=np.arange(300) % 7, x=np.random.default_rng(1).normal(size=300))
    assert leaks_of(table, ["formula", "x"], splits=("random", "element")) == []


# Equal rows


def test_duplicates_across_naive_folds():
    table = compounds(100)
    table = pd.concat([table, table[:30].assign(formula=lambda t: [f"({name})2" for name in t["formula"]])])
    dataset = make_dataset(table, "gap_eV")
    pairs = KFold(5, shuffle=True, random_state=0).split(np.zeros(130))
    folds = [Fold("naive", k, "rows", *pair) for k, pair in enumerate(pairs)]
    composition = [i % 100 if i >= 100 else i for i in range(130)]
    shared = {i for fold in folds for i in fold.test if composition[i] in {composition[j] for j in fold.train}}
    (leak,) = only(find_leaks(dataset, folds, descriptors=features_of(dataset)), "duplicates")
    assert (leak.target, leak.severity, leak.n) == ("", "warning", len(shared))
    assert leak.value == pytest.approx(len(shared) / 130)
    assert leak.rows == tuple(sorted(i + 1 for i in shared))[:MOST_ROWS]
    assert f"{len(shared)} test rows of 130" in leak.text


def test_duplicates_that_stay_together_are_none():
    table = compounds(100)
    found = leaks_of(pd.concat([table, table[:30]]))
    assert only(found, "duplicates") == only(found, "contradictions") == []


def test_contradictions():
    table = compounds(60)
    other = table[:10].assign(gap_eV=lambda t: t["gap_eV"] + 2.0)
    (leak,) = only(leaks_of(pd.concat([table, other])), "contradictions")
    assert (leak.target, leak.severity, leak.n) == ("gap_eV", "note", 10)
    assert leak.value == pytest.approx(1.0)  # each is 1 eV from the mean of its pair
    assert leak.rows == (*range(1, 11), *range(61, 71))


# Nearly equal rows


def doped(n_hosts: int, seed: int = 0) -> pd.DataFrame:
    """Ternary alloys, half of them once more with an atom in 500 exchanged."""
    rng = np.random.default_rng(seed)
    rows = []
    for i in range(n_hosts):
        share = rng.integers(10, 90)
        value = share / 10 + rng.normal(scale=0.05)
        rows.append((f"Fe{share}Ni{100 - share}Cr{50 + i}", value))
        if i % 2 == 0:
            rows.append((f"Fe{share + 0.2}Ni{100 - share}Cr{50 + i - 0.2:.1f}", value + rng.normal(scale=0.05)))
    order = rng.permutation(len(rows))
    return pd.DataFrame([rows[i] for i in order], columns=["formula", "gap_eV"])


def test_near_duplicates_are_a_warning_where_their_targets_are_alike():
    table = doped(60)
    (leak,) = only(leaks_of(table), "near_duplicates")
    assert (leak.target, leak.severity) == ("gap_eV", "warning")
    # Both of a pair count unless they share their fold.
    assert 0.75 * 60 <= leak.n <= 60
    assert leak.value == pytest.approx(leak.n / 90)


def test_near_duplicates_whose_targets_differ_are_a_note():
    table = doped(60)
    table["gap_eV"] = np.random.default_rng(5).permutation(table["gap_eV"].to_numpy())
    (leak,) = only(leaks_of(table), "near_duplicates")
    assert leak.severity == "note"
    assert "near rows differ as any rows do" in leak.text


def test_a_split_that_keeps_near_duplicates_together_is_recommended():
    table = doped(60)
    table["host"] = [name.partition("Ni")[0].partition(".")[0] for name in table["formula"]]
    leak = only(leaks_of(table, splits=("random", "group:host")), "near_duplicates")[0]
    assert leak.severity == "warning"
    assert "believe the split group:host" in leak.text


def test_equal_rows_are_no_near_duplicates():
    table = compounds(60)
    dataset = make_dataset(pd.concat([table, table]), "gap_eV")
    folds = [Fold("naive", 0, "rows", np.arange(60), np.arange(60, 120))]
    found = find_leaks(dataset, folds, descriptors=features_of(dataset))
    assert [leak.check for leak in found] == ["duplicates"]


@pytest.mark.parametrize(("scale", "n_found"), [(1e-9, 1), (0.5, 0)])
def test_near_duplicates_of_numbers_alone(scale, n_found):
    rng = np.random.default_rng(0)
    first = rng.normal(size=(60, 3))
    table = pd.DataFrame(np.vstack([first, first + rng.normal(scale=scale, size=(60, 3))]), columns=["a", "b", "c"])
    table["gap_eV"] = (table["a"] + rng.normal(scale=0.3, size=120)).to_numpy()
    assert len(only(leaks_of(table, ["a", "b", "c"]), "near_duplicates")) == n_found


def test_rows_under_other_conditions_are_no_near_duplicates():
    table = compounds(60)
    table = pd.concat([table.assign(T_K=300), table.assign(T_K=400)])
    found = leaks_of(table.sample(frac=1, random_state=0), ["formula", "T_K"])
    assert only(found, "near_duplicates") == []


# Siblings of the target


def test_an_input_that_orders_the_target():
    table = compounds(200)
    table["hull"] = np.exp(table["gap_eV"])
    (leak,) = only(leaks_of(table, ["formula", "hull"]), "sibling")
    assert (leak.severity, leak.column, leak.value) == ("warning", "hull", pytest.approx(1))
    (left_out,) = only(leaks_of(table, ["formula"]), "sibling")
    assert (left_out.severity, left_out.column) == ("note", "hull")


def test_an_input_that_predicts_along_a_curve():
    rng = np.random.default_rng(0)
    table = compounds(400)
    x = rng.uniform(-1, 1, 400)
    table = table.assign(x=x, gap_eV=x**2 + rng.normal(scale=0.01, size=400))
    assert abs(table["x"].corr(table["gap_eV"], method="spearman")) < 0.2
    assert summary(leaks_of(table, ["formula", "x"]), "sibling") == [("warning", "x")]
    noisy = table.assign(gap_eV=x**2 + rng.normal(scale=0.3, size=400))
    assert only(leaks_of(noisy, ["formula", "x"]), "sibling") == []


def test_two_inputs_that_give_the_target_together():
    rng = np.random.default_rng(0)
    table = compounds(200).assign(
        total=rng.normal(size=200), reference=rng.normal(size=200), other=rng.normal(size=200)
    )
    table["gap_eV"] = table["total"] - table["reference"]
    found = leaks_of(table, ["formula", "total", "reference", "other"])
    assert summary(found, "sibling") == [("warning", "total, reference")]
    assert summary(leaks_of(table, ["formula", "total"]), "sibling") == [("note", "total, reference")]
    noisy = table.assign(gap_eV=table["gap_eV"] + rng.normal(scale=0.1, size=200))
    assert only(leaks_of(noisy, ["formula", "total", "reference"]), "sibling") == []


def test_a_small_difference_of_large_numbers():
    rng = np.random.default_rng(0)
    table = compounds(200)
    table["total"] = rng.uniform(-2000, -100, 200)
    table["reference"] = table["total"] - table["gap_eV"]
    assert abs(table["total"].corr(table["reference"])) > 0.999
    assert summary(leaks_of(table), "sibling") == [("note", "total, reference")]


@pytest.mark.parametrize("log", [False, True])
def test_a_product_of_powers(log):
    rng = np.random.default_rng(0)
    table = compounds(200).assign(seebeck=rng.lognormal(size=200), sigma=rng.lognormal(size=200))
    table["gap_eV"] = table["seebeck"] ** 2 * table["sigma"]
    (leak,) = only(leaks_of(table, ["formula", "seebeck", "sigma"], log=log), "sibling")
    assert (leak.severity, leak.column) == ("warning", "seebeck, sigma")
    assert "product or ratio" in leak.text


def test_pairs_are_compared_on_the_rows_that_both_fill():
    rng = np.random.default_rng(0)
    table = compounds(200).assign(total=rng.normal(size=200), reference=rng.normal(size=200))
    table["gap_eV"] = table["total"] - table["reference"]
    table.loc[rng.choice(200, 40, replace=False), "total"] = np.nan
    table.loc[rng.choice(200, 40, replace=False), "reference"] = np.nan
    (leak,) = only(leaks_of(table), "sibling")
    assert leak.column == "total, reference"
    assert leak.n == table[["total", "reference"]].notna().all(axis=1).sum()


def test_a_category_that_tells_the_target():
    rng = np.random.default_rng(0)
    level = rng.integers(0, 4, 200)
    table = compounds(200).assign(phase=[f"phase {k}" for k in level], gap_eV=level + rng.normal(scale=0.05, size=200))
    assert summary(leaks_of(table, ["formula", "phase"]), "sibling") == [("warning", "phase")]
    assert summary(leaks_of(table), "sibling") == [("note", "phase")]


def test_weights_and_other_targets_are_no_siblings():
    table = compounds(200)
    table = table.assign(copy_eV=table["gap_eV"] * 2, weight=table["gap_eV"] - table["gap_eV"].min() + 1)
    assert leaks_of(table, target=["gap_eV", "copy_eV"], weights="weight") == []


# Identifiers and order


def with_identifiers(table: pd.DataFrame) -> pd.DataFrame:
    is_low = table["gap_eV"] < table["gap_eV"].median()
    names = [f"{'old' if low else 'new'}-{7919 * i % 10007}" for i, low in enumerate(is_low)]
    return table.assign(sample_id=np.arange(1, len(table) + 1), name=names)


def test_an_identifier_that_predicts_the_target():
    table = with_identifiers(compounds(300).sort_values("gap_eV"))
    shuffled = table.sample(frac=1, random_state=0)
    found = leaks_of(shuffled, ["formula", "sample_id"])
    assert summary(found, "identifier") == [("warning", "sample_id"), ("note", "name")]
    assert only(found, "sibling") == only(found, "row_order") == []
    assert "beginning" in only(found, "identifier")[1].text
    assert summary(leaks_of(shuffled), "identifier") == [("note", "sample_id"), ("note", "name")]


def test_identifiers_that_predict_nothing():
    table = compounds(300)
    table = table.assign(sample_id=np.arange(300), name=[f"s{i}" for i in range(300)])
    assert leaks_of(table, ["formula", "sample_id"]) == []


def test_measured_whole_numbers_are_no_identifiers():
    table = compounds(100).assign(T_K=np.random.default_rng(0).permutation(np.arange(300, 400)))
    table["gap_eV"] = table["T_K"] + np.random.default_rng(1).normal(scale=20, size=100)
    assert only(leaks_of(table, ["formula", "T_K"]), "identifier") == []


def test_a_table_that_is_sorted():
    table = compounds(300).sort_values("gap_eV")
    assert summary(leaks_of(table), "row_order") == [("note", "")]
    halves = pd.concat([table[::2], table[1::2][::-1]])
    (leak,) = only(leaks_of(halves), "row_order")
    assert "in blocks" in leak.text


def test_rows_in_batches():
    rng = np.random.default_rng(0)
    table = compounds(300)
    batch = np.arange(300) // 10
    table["gap_eV"] += rng.normal(scale=2.0, size=30)[batch]
    (leak,) = only(leaks_of(table), "row_order")
    assert "batches" in leak.text
    assert only(leaks_of(table.sample(frac=1, random_state=0)), "row_order") == []


# Groups


def papers(seed: int = 0) -> pd.DataFrame:
    """Forty papers, each on one family of alloys, with an offset of its own."""
    rng = np.random.default_rng(seed)
    rows = []
    for paper in range(40):
        metal, other = rng.choice(METALS, 2, replace=False)
        offset = rng.normal(scale=2.0)
        for _ in range(8):
            share = rng.integers(2, 9) * 10 + rng.integers(10)
            rows.append((f"{metal}{share}{other}{100 - share}", offset + 0.01 * share, f"paper {paper}"))
    table = pd.DataFrame(rows, columns=["formula", "gap_eV", "paper"]).drop_duplicates("formula")
    return table.sample(frac=1, random_state=seed)


def test_a_group_that_random_folds_ignore():
    (leak,) = only(leaks_of(papers()), "groups")
    assert (leak.severity, leak.column, leak.n) == ("warning", "paper", 40)
    assert leak.value > 2
    assert "--split group:paper" in leak.text


def test_a_stated_group_counts_first():
    table = papers().assign(year=lambda t: [int(name.split()[1]) // 2 for name in t["paper"]])
    found = only(leaks_of(table, groups="year"), "groups")
    assert [leak.column for leak in found if leak.severity == "warning"] == ["year"]


def test_a_group_that_a_split_leaves_out_is_a_note():
    found = only(leaks_of(papers(), splits=("random", "group:paper")), "groups")
    assert {leak.severity for leak in found} == {"note"}
    assert any("believe the split group:paper" in leak.text for leak in found)


def test_a_group_that_means_nothing():
    table = papers()
    table["paper"] = np.random.default_rng(0).permutation(table["paper"].to_numpy())
    assert "paper" not in [leak.column for leak in only(leaks_of(table), "groups")]


def test_chemistry_is_a_note():
    found = only(leaks_of(papers().drop(columns="paper")), "groups")
    assert "warning" not in {leak.severity for leak in found}
    assert any("chemical system" in leak.text for leak in found)


def test_one_material_under_several_conditions():
    rng = np.random.default_rng(0)
    table = compounds(80)
    table["gap_eV"] = rng.normal(size=80)
    hot = [table.assign(T_K=T, gap_eV=table["gap_eV"] + 0.001 * T) for T in (300, 400, 500, 600)]
    found = only(leaks_of(pd.concat(hot).sample(frac=1, random_state=0), ["formula", "T_K"]), "groups")
    assert (found[0].severity, found[0].column, found[0].n) == ("warning", "formula", 80)
    assert "same composition (80 groups)" in found[0].text


def test_families_without_a_column():
    rng = np.random.default_rng(0)
    centre = np.repeat(rng.normal(scale=10, size=(40, 3)), 5, axis=0)
    table = pd.DataFrame(centre + rng.normal(scale=0.02, size=(200, 3)), columns=["a", "b", "c"])
    table["gap_eV"] = np.repeat(rng.normal(size=40), 5) + rng.normal(scale=0.05, size=200)
    (leak,) = only(leaks_of(table.sample(frac=1, random_state=0), ["a", "b", "c"]), "groups")
    assert (leak.severity, leak.n) == ("warning", 40)
    assert "--split cluster" in leak.text


def test_classes_of_the_target_are_no_groups():
    table = compounds(200)
    table["gap_class"] = pd.qcut(table["gap_eV"], 8, labels=[f"class {k}" for k in range(8)]).astype(str)
    found = leaks_of(table)
    assert summary(found, "sibling") == [("note", "gap_class")]
    assert only(found, "groups") == []


# All together


def test_several_targets_with_missing_values():
    table = compounds(200)
    table["hull"] = table["gap_eV"] ** 3
    rng = np.random.default_rng(0)
    table["hardness"] = rng.normal(size=200)
    table.loc[:99, "gap_eV"] = np.nan
    table.loc[150:, "hardness"] = np.nan
    table["gap_copy"] = 2 * table["hull"]
    found = leaks_of(table, ["formula", "hull"], ["gap_eV", "hardness"])
    assert summary(found, "sibling") == [("warning", "hull"), ("note", "gap_copy")]
    assert {leak.target for leak in found} == {"gap_eV"}
    assert only(found, "sibling")[0].n == 100


def test_classes():
    table = compounds(200)
    table["kind"] = np.where(table["gap_eV"] > 2, "insulator", "metal")
    found = leaks_of(table.sort_values("kind"), ["formula", "gap_eV"], "kind")
    assert summary(found, "sibling") == [("warning", "gap_eV")]
    assert len(only(found, "row_order")) == 1


def everything() -> pd.DataFrame:
    table = with_identifiers(papers().sort_values("gap_eV"))
    table = table.assign(hull=table["gap_eV"] ** 3)
    return pd.concat([table, table[:20].assign(gap_eV=lambda t: t["gap_eV"] + 0.1)], ignore_index=True)


def test_the_same_seed_gives_the_same_findings_whatever_is_asked_in_between():
    first = leaks_of(everything(), ["formula", "hull"], splits=("random", "element"))
    leaks_of(papers())
    assert leaks_of(everything(), ["formula", "hull"], splits=("random", "element")) == first
    assert len(first) >= 5


def test_findings_are_plain_data_and_in_order():
    found = leaks_of(everything(), ["formula", "hull"], splits=("random", "element"))
    entries = [leak.to_dict() for leak in found]
    assert json.loads(json.dumps(entries)) == entries
    assert [set(entry) for entry in entries] == [
        {"target", "check", "severity", "text", "column", "value", "n", "rows"}
    ] * len(entries)
    assert [leak.severity for leak in found] == sorted((leak.severity for leak in found), reverse=True)
    for level in ("warning", "note"):
        places = [CHECKS.index(leak.check) for leak in found if leak.severity == level]
        assert places == sorted(places)
    for leak in found:
        assert leak.text[0].isupper()
        assert leak.text.endswith(".")
        assert "\n" not in leak.text
        assert len(leak.to_dict()["rows"]) <= MOST_ROWS
    assert max(Counter((leak.target, leak.check, leak.column, leak.text) for leak in found).values()) == 1


def test_a_value_that_is_no_number_becomes_none():
    assert Leak("y", "sibling", "note", "Text.").to_dict()["value"] is None


def test_the_data_are_not_changed():
    table = everything()
    dataset = make_dataset(table, "gap_eV", ["formula", "hull"])
    before = dataset.frame.copy(deep=True), dataset.X.copy(deep=True), dataset.y.copy()
    features = features_of(dataset)
    find_leaks(dataset, make_folds("random", dataset, features=features), descriptors=features)
    pd.testing.assert_frame_equal(dataset.frame, before[0])
    pd.testing.assert_frame_equal(dataset.X, before[1])
    np.testing.assert_array_equal(dataset.y, before[2])
    assert not hasattr(features, "transformers_")
