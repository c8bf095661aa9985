"""Tables of structures and of SMILES, from a fit to predictions."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from molecules_for_tests import conformers_of, shuffled, turned
from rdkit.Chem import rdForceFieldHelpers
from small_fit import quick

import matterlearn as ml
from matterlearn.chemistry.molecules import to_mol, to_mol_block
from matterlearn.chemistry.symmetries import MOLECULE_SYMMETRIES
from matterlearn.core.errors import MatterlearnError
from matterlearn.models.molecules import DistanceNetworkRegressor

PLAN = quick(splits=("random",))


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    """Conformers of propanol with their MMFF94 energies, as MOL blocks; one of them damaged."""
    batch = conformers_of("CCCO", 60)
    energies = []
    for conformer in batch:
        mol = to_mol(conformer)
        properties = rdForceFieldHelpers.MMFFGetMoleculeProperties(mol)
        energies.append(rdForceFieldHelpers.MMFFGetMoleculeForceField(mol, properties).CalcEnergy())
    frame = pd.DataFrame({"smiles": "CCCO", "structure": [to_mol_block(one) for one in batch]})
    frame["energy_kcal_mol"] = energies
    frame.loc[7, "structure"] = frame.loc[7, "structure"][:200]
    return frame


@pytest.fixture(scope="module")
def fit(table):
    return ml.fit(table, "energy_kcal_mol", **PLAN)


def test_energies_are_learned_from_structures(fit) -> None:
    scores = fit.evidence.scores().set_index(["split", "model"])["mae"]
    assert scores["random", "model"] < 0.4 * scores["random", "mean"]
    assert fit.dataset.inputs == ("structure",)
    assert fit.dataset.rejected["row"].tolist() == [8]
    assert fit.evidence.rows["label"].iloc[0] == "C3H8O"


def test_the_evidence_holds_an_audit_in_which_all_symmetries_hold(fit) -> None:
    (entry,) = fit.evidence.diagnostics["symmetries"]
    verdicts = {check["symmetry"]: check["verdict"] for check in entry["checks"]}
    assert set(MOLECULE_SYMMETRIES) <= set(verdicts)
    assert set(verdicts.values()) == {"holds"}
    assert max(check["largest_of_spread"] for check in entry["checks"]) < 1e-6


def test_the_file_predicts_the_same_wherever_the_molecule_is(fit, table, tmp_path) -> None:
    fit.model.save(tmp_path / "model.mlz")
    rows = table[["structure"]]
    found = ml.predict(tmp_path / "model.mlz", rows)
    assert found["reason"].iloc[7] != ""
    assert np.isnan(found["prediction"].iloc[7])
    good = [k for k in range(60) if k != 7]
    batch = conformers_of("CCCO", 60)[good]
    elsewhere = pd.DataFrame({"structure": pd.Series(list(shuffled(turned(batch))), dtype=object)})
    changed = ml.predict(tmp_path / "model.mlz", elsewhere)
    np.testing.assert_allclose(changed["prediction"], found["prediction"].iloc[good], rtol=1e-7)


def test_another_molecule_is_predicted_and_said_to_be_outside(fit) -> None:
    other = pd.DataFrame({"structure": pd.Series(list(conformers_of("CC(F)Cl", 2)), dtype=object)})
    found = ml.predict(fit.model, other)
    assert not found["in_domain"].any()
    assert found["reason"].str.contains("F").all()


def test_a_molecule_of_known_elements_with_unknown_bonds_is_outside(fit) -> None:
    """Positions without bond orders are read as single bonds: what the model learned of others is not asked for."""
    other = pd.DataFrame({"structure": pd.Series([conformers_of("CC=O", 1)[0]], dtype=object)})
    found = ml.predict(fit.model, other)
    assert not found["in_domain"].iloc[0]
    assert "not in training" in found["reason"].iloc[0]


def test_energies_have_no_floor(fit) -> None:
    assert not any("end at 0" in note for note in fit.evidence.notes)
    assert fit.model.fitted[0].reliability.intervals.floor is None


def test_the_page_shows_the_audit(fit, undrawn, tmp_path) -> None:
    out = ml.write_fit(fit, tmp_path / "out")
    page = (tmp_path / "out" / "report.html").read_text()
    assert out is None or page
    assert "Symmetries of physics" in page
    assert "Rotation holds" in page


def test_coordinates_are_audited_too_and_the_headline_says_what_is_broken(table) -> None:
    batch = conformers_of("CCCO", 60)
    names = [f"{axis}_{atom}" for atom in range(12) for axis in "xyz"]
    frame = pd.DataFrame(batch.flat(), columns=names).assign(energy=table["energy_kcal_mol"])
    found = ml.fit(frame, "energy", inputs=names, kinds=dict.fromkeys(names, "number"), **PLAN)
    (entry,) = found.evidence.diagnostics["symmetries"]
    verdicts = {check["symmetry"]: check["verdict"] for check in entry["checks"]}
    assert verdicts["translation"] == verdicts["rotation"] == "broken"
    assert any(
        "translation" in sentence and "broken" in sentence for sentence in found.model.card["headline"]["energy"]
    )


def test_smiles_are_learned_from() -> None:
    chains = (
        ["C" * n for n in range(1, 13)] + ["C" * n + "O" for n in range(1, 13)] + ["C" * n + "N" for n in range(1, 13)]
    )
    weights = {"C": 12.0, "O": 16.0, "N": 14.0}
    frame = pd.DataFrame({"smiles": chains, "mass": [sum(weights[symbol] for symbol in text) for text in chains]})
    found = ml.fit(frame, "mass", **PLAN)
    scores = found.evidence.scores().set_index(["split", "model"])["mae"]
    assert scores["random", "model"] < 0.3 * scores["random", "mean"]
    assert "symmetries" not in found.evidence.diagnostics
    assert ml.predict(found.model, pd.DataFrame({"smiles": ["OCC"]}))["prediction"].iloc[0] == pytest.approx(
        ml.predict(found.model, pd.DataFrame({"smiles": ["CCO"]}))["prediction"].iloc[0]
    )


def test_a_network_takes_the_structures_themselves(table, tmp_path) -> None:
    network = DistanceNetworkRegressor(channels=4, width=8, epochs=1, random_state=0)
    found = ml.fit(
        table, "energy_kcal_mol", models={"network": network}, **quick(candidates=("network",), splits=("random",))
    )
    found.model.save(tmp_path / "model.mlz")
    rows = table[["structure"]].drop(index=7)
    np.testing.assert_array_equal(
        ml.predict(tmp_path / "model.mlz", rows)["prediction"], ml.predict(found.model, rows)["prediction"]
    )
    verdicts = {check["verdict"] for check in found.evidence.diagnostics["symmetries"][0]["checks"]}
    assert verdicts == {"holds"}


def test_a_network_of_structures_takes_nothing_else() -> None:
    frame = pd.DataFrame({"formula": [f"Na{n}Cl" for n in range(1, 61)], "gap_eV": np.arange(60.0)})
    with pytest.raises(MatterlearnError, match=r"takes one column of structures, not formula \(formula\)"):
        ml.fit(frame, "gap_eV", models=["distance-network"])
