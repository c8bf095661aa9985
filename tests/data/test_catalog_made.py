"""Sets of the catalogue that are computed when they are first loaded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from matterlearn.core.errors import ArgumentError, DataError
from matterlearn.data.catalog import describe_dataset, fetch_dataset, list_datasets, load_dataset
from matterlearn.data.generators.conformers import make_conformers, making

OWN: dict[str, Any] = {
    "name": "our_ethers",
    "title": "Our ethers",
    "about": "Conformers of two ethers that we like.",
    "origin": "made",
    "file": "made",
    "made_by": {"smiles": ["CCOC", "CCCOC"], "n": 20},
    "rows": 8,
    "targets": [{"name": "energy_kcal_mol", "unit": "kcal/mol"}, {"name": "uff_kcal_mol", "unit": "kcal/mol"}],
    "inputs": ["structure"],
    "kinds": {"structure": "structure"},
    "citation": "unpublished",
    "note": "Ethers.",
}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MATTERLEARN_DATA", str(tmp_path))
    return tmp_path


def test_the_set_of_the_package_is_to_make_and_stated_as_it_is_made(home: Path) -> None:
    info = describe_dataset("conformers")
    assert info.state == "to make"
    assert info.path.parent == home / "made"
    assert info.entry.made_by["smiles"] == "CC(CCC)CC(C)(CCCC)O"
    with pytest.raises(ArgumentError, match="computed on this machine"):
        fetch_dataset("conformers")


def test_a_set_is_made_when_it_is_first_loaded(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "catalog.json").write_text(json.dumps([OWN]))
    assert describe_dataset("our_ethers").state == "to make"
    dataset = load_dataset("our_ethers", progress=False)
    made = make_conformers(**OWN["made_by"])
    assert dataset.y.tolist() == made.energies.tolist()
    assert dataset.inputs == ("structure",)
    assert dataset.units["energy_kcal_mol"] == "kcal/mol"
    assert dataset.notes[0] == "Ethers."
    assert set(made.notes) <= set(dataset.notes)
    assert describe_dataset("our_ethers").state == "ready"
    assert list_datasets()[-1].present

    def refuse(*arguments: object) -> None:
        raise AssertionError("it was computed again")

    monkeypatch.setattr(making, "embed", refuse)
    again = load_dataset("our_ethers", "uff_kcal_mol")
    assert again.sha256 == dataset.sha256
    assert again.y.tolist() == made.facts["uff_kcal_mol"].tolist()


def test_unknown_arguments_in_an_own_entry_are_one_clear_line(home: Path) -> None:
    (home / "catalog.json").write_text(json.dumps([{**OWN, "made_by": {"smiles": "CCO", "size": 4}}]))
    with pytest.raises(DataError, match=r"made_by of 'our_ethers'.*'size'") as error:
        load_dataset("our_ethers")
    assert "\n" not in str(error.value)
