"""Whole studies: pages, numbers and figures that belong together."""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from matterlearn.data.catalog import load_dataset
from matterlearn.data.dataset import Dataset
from matterlearn.studies import cases, registry
from matterlearn.studies.alloy_search_models import Effort
from matterlearn.studies.registry import run_study
from matterlearn.studies.run import StudyRun

TYPES = ("B1", "B2", "L1_0", "L1_2")
"""Structure types of the embedded set that the whole runs below are made on, so that they take seconds."""

PLAIN = {"0", "1", "2", "3", "95"}
"""Numbers that stand in the sentences themselves: in reactions, "between −1 and 1", "95 % interval"."""


@pytest.fixture
def few_alloys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let demonstrations use a few structure types, in this process."""

    def load(name: str, **arguments: Any) -> Dataset:
        whole = load_dataset(name, **arguments)
        return replace(whole, frame=whole.frame[whole.frame["prototype"].isin(TYPES)])

    monkeypatch.setattr(cases, "load_dataset", load)
    monkeypatch.setattr(registry, "available_workers", lambda: 1)


@pytest.fixture
def little_training(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let networks in PyTorch learn for a few epochs, search few of them, and leave few elements out."""
    monkeypatch.setattr("matterlearn.studies.torch_models.QUICK_EPOCHS", 40)
    monkeypatch.setattr("matterlearn.studies.search_models.QUICK_EPOCHS", 4)
    monkeypatch.setattr("matterlearn.studies.search_models.N_QUICK_FOLDS", 2)
    monkeypatch.setattr("matterlearn.studies.alloy_search_models.QUICK", Effort(4, 2, 8, 2))
    monkeypatch.setattr("matterlearn.studies.parts.alloy_network.QUICK_ELEMENTS", 4)
    grid = {"hidden_widths": ((32, 16), (16, 8)), "learning_rate": (0.01, 1e-3), "weight_decay": (0.01, 0.001)}
    for module in ("search_models", "parts.search_grid"):
        monkeypatch.setattr(f"matterlearn.studies.{module}.GRID", grid)


@pytest.fixture
def few_repetitions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let studies of the real data draw fewer folds and splits, grow fewer trees and shuffle less often."""
    for module in ("perovskite_models", "parts.ridge_and_network", "alloy_models", "parts.alloy_network"):
        monkeypatch.setattr(f"matterlearn.studies.{module}.N_SPLITS", 3)
    for module in ("metabolite_models", "parts.metabolite_folds"):
        monkeypatch.setattr(f"matterlearn.studies.{module}.QUICK_EXTRA_TREES", 10)
    for module in ("metabolite_confounder", "metabolite_folds", "metabolite_pathways", "measure_leak"):
        monkeypatch.setattr(f"matterlearn.studies.parts.{module}.N_REPEATS", 2)
    for name, few in (
        ("metabolite_confounder.QUICK_AGE_TREES", 10),
        ("metabolite_confounder.QUICK_PAIR_REPEATS", 3),
        ("metabolite_marker_ranks.N_QUICK_SPLITS", 8),
        ("metabolite_importance.N_QUICK_SHUFFLES", 2),
        ("measure_leak.N_QUICK_SHUFFLED", 3),
    ):
        monkeypatch.setattr(f"matterlearn.studies.parts.{name}", few)


def test_a_quick_demonstration(
    few_alloys: None, little_training: None, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    said: list[str] = []
    folder = run_study("perovskites", tmp_path / "out", quick=True, demo=True, say=said.append)
    assert folder == tmp_path / "out"
    assert len(said) >= 3
    assert capfd.readouterr() == ("", "")
    check_folder(folder)
    check_demonstration(folder)


def test_a_quick_demonstration_of_a_search(
    few_alloys: None, little_training: None, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = run_study("perovskite-search", tmp_path / "out", quick=True, demo=True, seed=5)
    assert capfd.readouterr() == ("", "")
    check_folder(folder)
    check_demonstration(folder)
    numbers = json.loads((folder / "numbers.json").read_text(encoding="utf-8"))["numbers"]
    lines = numbers["combinations"]
    assert len(lines) == numbers["n_combinations"] == 8
    assert lines[0]["mean"] == numbers["best_mean"] == max(line["mean"] for line in lines)
    assert numbers["n_networks"] == 8 * numbers["n_folds"] == 16
    scores = {line["network"]: line for line in numbers["tests"]}
    assert scores["tuned"]["folds"] == pytest.approx(numbers["best_mean"])
    for test in ("test", "second"):
        gain = scores["tuned"][f"{test}_r2"] - scores["not tuned"][f"{test}_r2"]
        assert numbers[f"{test}_gain"] == pytest.approx(gain)
        assert numbers[f"{test}_gain_low"] <= gain <= numbers[f"{test}_gain_high"]
    assert sum(line["n_rows"] for line in numbers["row_sets"]) == numbers["n_rows"]


def test_a_demonstration_of_alloys_gives_the_same_numbers_twice(
    few_alloys: None, few_repetitions: None, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    for name in ("one", "two"):
        run_study("perovskite-alloys", tmp_path / name, quick=True, demo=True, seed=3)
    assert capfd.readouterr() == ("", "")  # no warning of a network that did not converge
    check_folder(tmp_path / "one")
    check_demonstration(tmp_path / "one")
    one, two = ((tmp_path / name / "numbers.json").read_bytes() for name in ("one", "two"))
    assert one == two
    assert '"converged": "no"' in one.decode()
    case = cases.alloyed_perovskites(run(3))
    assert set(case.random_split(3)[1]) != set(case.random_split(4)[1])


def test_the_hold_out_of_the_demonstration(few_alloys: None) -> None:
    found = [cases.unalloyed_perovskites(run(seed)) for seed in (0, 1, 2)]
    for seed, case in enumerate(found):
        assert len(case.unseen) == cases.N_UNSEEN
        for elements, out in zip(case.elements, case.held_out, strict=True):
            assert out == (not elements.isdisjoint(case.unseen))
        check_split(case, seed)
    assert len({case.unseen for case in found}) > 1


def test_amounts_of_the_demonstration_are_shares_of_all_atoms(few_alloys: None) -> None:
    case = cases.alloyed_perovskites(run(0))
    for row, (a, b) in zip(case.dataset.frame.to_dict("records"), case.X[["A", "B"]].to_numpy(), strict=True):
        (share_a,), (share_b,) = a.values(), b.values()
        assert share_a + share_b == pytest.approx(1, abs=1e-5)
        assert share_a / share_b == pytest.approx(row["amount_A"] / row["amount_B"], rel=1e-4)


def test_the_hold_out_of_the_perovskites(data_home: Path) -> None:
    case = cases.unalloyed_perovskites(run(0, demo=False))
    assert set(case.unseen) == {"Ba", "Er", "Li", "Mg"}
    assert case.held_out.sum() == (case.dataset.frame["source_split"] == "val").sum() == 167
    assert len(case.vocabulary) == 73
    check_split(case, 0)


def test_the_alloyed_perovskites(data_home: Path) -> None:
    case = cases.alloyed_perovskites(run(0, demo=False))
    assert case.unit == "meV/atom"
    assert not case.held_out.any()
    check_split(case, 0)


@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", ["perovskites", "perovskite-search", "perovskite-alloys", "metabolomics"])
@pytest.mark.usefixtures("data_home", "little_training", "few_repetitions")
def test_a_quick_study_of_real_data(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if name != "perovskites":  # the one that sends its jobs to other processes, which cost seconds each to start
        monkeypatch.setattr(registry, "available_workers", lambda: 1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        folder = run_study(name, tmp_path / "out", quick=True)
    check_folder(folder)
    numbers = json.loads((folder / "numbers.json").read_text(encoding="utf-8"))["numbers"]
    if name == "perovskites":
        assert numbers["n_parameters"] == 169_473
        assert numbers["network_descriptors_hold_out_r2"] > numbers["network_bits_hold_out_r2"] + 0.3
        assert numbers["ridge_largest_unseen"] < 1e-9
        assert numbers["gain_high"] < 0
        assert numbers["torch_n_parameters"] == 169_473
        assert (numbers["torch_n_train"], numbers["torch_n_validation"], numbers["torch_n_batches"]) == (994, 111, 4)
        assert numbers["torch_descriptors_hold_out_r2"] > numbers["torch_bits_hold_out_r2"] + 0.3
        assert numbers["decay_half_difference"] < 1e-6 < numbers["decay_smallest_other"]
        assert numbers["strong_predicts_a_constant"]
        assert -0.2 < numbers["strong_test_r2"] < 0.01
    elif name == "perovskite-search":
        assert [line["n_rows"] for line in numbers["row_sets"]] == [1238, 277, 34]
        assert [line["n_with_unseen"] for line in numbers["row_sets"]] == [133, 0, 34]
        assert numbers["best_rate"] == 0.01
    elif name == "metabolomics":
        assert numbers["plasma_age_forest_auc"] > 0.97
        assert numbers["plasma_like_age"] == 0.5
        assert numbers["plasma_exact_pairs"] == 10
        assert numbers["plasma_is_separable"]
    else:
        assert numbers["stated_test_r2"] < 0.2 < numbers["long_test_r2"]
        assert not numbers["stated_converged"]


def check_demonstration(folder: Path) -> None:
    text = Page(folder).text
    assert "interatomic potential" in text
    assert "not on perovskites" in text
    assert not re.search(r"\bnan\b|\bNone\b|\binf\b", text)


def run(seed: int, demo: bool = True) -> StudyRun:
    return StudyRun("perovskites", quick=True, demo=demo, seed=seed, workers=1, say=lambda message: None)


def check_split(case: cases.Case, seed: int) -> None:
    train, test = case.random_split(seed)
    everything = np.concatenate([train, test])
    assert sorted(everything) == np.flatnonzero(~case.held_out).tolist()
    assert len(test) == pytest.approx(0.2 * len(everything), abs=2)
    assert set(case.duplicates[train]).isdisjoint(case.duplicates[test])


class Page(HTMLParser):
    """Reads a study's page: numbers with what they show, and the text between them."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.numbers: list[tuple[str, str]] = []  # value, as shown
        self.text = ""
        self.prose = ""  # text of paragraphs and captions outside numbers
        self._tags: list[str] = []
        self._value: str | None = None
        self.feed((folder / "study.html").read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("meta", "img"):
            self._tags.append(tag)
        if tag == "data":
            self._value = dict(attrs)["value"]

    def handle_endtag(self, tag: str) -> None:
        assert self._tags.pop() == tag, "the page is not well formed"

    def handle_data(self, data: str) -> None:
        if "style" in self._tags:
            return
        self.text += data
        if self._tags[-1:] == ["data"]:
            assert self._value is not None
            self.numbers.append((self._value, data))
        elif {"p", "figcaption"} & set(self._tags):
            self.prose += data


def check_folder(folder: Path) -> None:
    """Every number that is read is a number that is written, rounded; every figure is there twice."""
    assert {entry.name for entry in folder.iterdir()} == {"study.html", "numbers.json", "figures"}
    content = json.loads((folder / "numbers.json").read_text(encoding="utf-8"))
    leaves = list(leaves_of(content["numbers"]))
    known = {repr(leaf) for leaf in leaves if isinstance(leaf, int | float)}
    page = Page(folder)
    assert len(page.numbers) > 60
    for value, text in page.numbers:
        assert value in known, f"{text} is not in numbers.json"
        assert as_number(text) == pytest.approx(float(value), abs=half_a_digit(text)), (value, text)
    said = " ".join(leaf for leaf in leaves if isinstance(leaf, str))
    said += " ".join(content["provenance"].values())
    for number in re.findall(r"[0-9]+(?:[.,][0-9]+)*", page.prose):
        assert number in PLAIN or number in said, f"{number} stands in a sentence and not in numbers.json"
    figures = {path.name for path in (folder / "figures").iterdir()}
    assert len(figures) == 2 * (folder / "study.html").read_text(encoding="utf-8").count("<img")
    assert {name.removesuffix(".png") for name in figures if name.endswith(".png")} == {
        name.removesuffix(".svg") for name in figures if name.endswith(".svg")
    }


def leaves_of(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for entry in value:
            yield from leaves_of(entry)
    else:
        yield value


def as_number(text: str) -> float:
    scale = 0.01 if text.endswith("%") else 1.0
    return scale * float(text.replace("−", "-").replace(",", "").rstrip("%"))


def half_a_digit(text: str) -> float:
    """Return by how much rounding to what is shown can change a number."""
    digits, _, exponent = text.rstrip("%").partition("e")
    decimals = len(digits.partition(".")[2]) - int(exponent or 0) + (2 if text.endswith("%") else 0)
    return 0.5001 * 10.0**-decimals
