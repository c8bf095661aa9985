"""Fitted models audited with the rows of a table: columns of structures, columns of coordinates, classes."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from molecules_for_tests import conformers_of

from matterlearn.chemistry.molecules import to_mol_block
from matterlearn.chemistry.molecules.conformers import coordinate_names
from matterlearn.core.errors import ArgumentError, DataError
from matterlearn.data.inputs import parse_inputs
from matterlearn.validation.audits.changes import LIKE_ATOMS
from matterlearn.workflow.audit import audit_model, write_audit
from matterlearn.workflow.model import Model

N = 6
NAMES = coordinate_names(3)


class Planted(Model):
    """A model whose predictions are stated: a function of read inputs."""

    def __init__(self, function, kinds, *, classes=(), targets=("energy",)) -> None:
        units = dict.fromkeys(targets, "kcal/mol")
        schema = {"inputs": list(kinds), "kinds": dict(kinds), "targets": list(targets), "units": units}
        super().__init__((), schema, {}, {})
        object.__setattr__(self, "function", function)
        object.__setattr__(self, "names", classes)

    @property
    def targets(self):
        return tuple(self.schema["targets"])

    @property
    def classes(self):
        return self.names

    def column(self, name, target):
        return name if len(self.targets) == 1 else f"{name} {target}"

    def predict(self, table, *, priors=None):
        parsed = parse_inputs(table, self.schema)
        columns = {}
        for target in self.targets:
            columns[self.column("reason", target)] = [f"not read: {why}" if why else "" for why in parsed.reasons]
            values = self.function(parsed.X)
            if self.names:
                columns |= {f"probability {name}": values[:, k] for k, name in enumerate(self.names)}
            else:
                columns[self.column("prediction", target)] = values
        return pd.DataFrame(columns)


def conformers():
    return conformers_of("O", N)


def bond(X):
    return [float(np.linalg.norm(one.positions[1] - one.positions[0])) for one in X["structure"]]


def structures() -> pd.DataFrame:
    blocks = [to_mol_block(one) for one in conformers()]
    return pd.DataFrame({"structure": blocks, "energy": bond({"structure": conformers()})})


def coordinates() -> pd.DataFrame:
    return pd.DataFrame(conformers().flat(), columns=NAMES)


def test_a_column_of_structures():
    model = Planted(bond, {"structure": "structure"})
    (found,) = audit_model(model, structures()).values()
    assert found.broken == (LIKE_ATOMS, "permutation")
    assert found.error == pytest.approx(0, abs=1e-9)
    assert found.unit == "kcal/mol"
    assert found.n_rows == N


def test_columns_of_coordinates_with_and_without_elements():
    model = Planted(lambda X: X["x_1"] - X["x_0"], dict.fromkeys(NAMES, "number"))
    bare = audit_model(model, coordinates())["energy"]
    assert bare.broken == ("rotation", "reflection")
    assert bare.check(LIKE_ATOMS).verdict == "not tested"
    assert "a column of structures" in bare.check(LIKE_ATOMS).reason
    assert np.isnan(bare.error)
    known = audit_model(model, coordinates().assign(molecule=structures()["structure"]))["energy"]
    assert known.broken == ("rotation", "reflection", LIKE_ATOMS)
    assert known.check("rotation") == bare.check("rotation")


def test_other_inputs_stay_with_their_rows():
    kinds = {"structure": "structure", "label": "number"}
    labels = np.arange(float(N))

    def model(X):
        # The bond of each row is known by its label: a change that mixed rows up would be seen.
        known = np.array(bond({"structure": conformers()}))
        return np.abs(np.array(bond(X)) - known[X["label"].astype(int)]) + X["label"]

    found = audit_model(Planted(model, kinds), structures().assign(label=labels), symmetries=["rotation"])["energy"]
    assert found.held == ("rotation",)


def test_structures_and_their_coordinates_change_together():
    kinds = {"structure": "structure", **dict.fromkeys(NAMES, "number")}

    def model(X):
        return [
            np.abs(one.positions.ravel() - row).max()
            for one, row in zip(X["structure"], X[NAMES].to_numpy(), strict=True)
        ]

    table = pd.concat([structures(), coordinates()], axis=1)
    assert audit_model(Planted(lambda X: np.round(model(X), 6), kinds), table)["energy"].holds


def test_rows_with_measured_values_are_taken_and_bad_rows_are_not():
    table = structures()
    table.loc[0, "structure"] = "no molecule"
    table.loc[1:2, "energy"] = np.nan
    found = audit_model(Planted(bond, {"structure": "structure"}), table)["energy"]
    assert found.n_rows == N - 3
    assert np.isfinite(found.error)
    few = audit_model(Planted(bond, {"structure": "structure"}), table.drop(columns="energy"), n=3)["energy"]
    assert few.n_rows == 3
    assert np.isnan(few.error)


def test_classes_and_several_targets():
    def shares(X):
        p = 1 / (1 + np.exp(-np.array([one.positions[0, 0] for one in X["structure"]]) * 20))
        return np.column_stack([p, 1 - p])

    table = structures().assign(energy=["up", "down"] * (N // 2))
    found = audit_model(Planted(shares, {"structure": "structure"}, classes=("up", "down")), table)["energy"]
    assert found.kind == "probability"
    assert set(found.broken) == {"translation", "rotation", "reflection", "permutation"}
    assert 0 <= found.error <= 1
    both = audit_model(Planted(bond, {"structure": "structure"}, targets=("energy", "gap")), structures())
    assert [np.isfinite(audit.error) for audit in both.values()] == [True, False]  # the table has no gap
    assert both["gap"].broken == both["energy"].broken


@pytest.mark.parametrize(
    ("kinds", "said"),
    [
        ({"formula": "formula"}, "a formula has no positions: nothing to audit"),
        ({"A": "site", "T": "number"}, "a number and site has no positions"),
        ({"x_0": "number", "y_0": "number"}, "'z_0'"),
        ({"one": "structure", "two": "structure"}, "takes several structures"),
    ],
)
def test_models_that_cannot_be_audited(kinds, said):
    with pytest.raises(ArgumentError, match=said):
        audit_model(Planted(bond, kinds), structures())


def test_tables_that_cannot_be_used():
    model = Planted(bond, {"structure": "structure"})
    with pytest.raises(DataError, match="input column 'structure' is missing"):
        audit_model(model, coordinates())
    with pytest.raises(DataError, match="no row can be read"):
        audit_model(model, pd.DataFrame({"structure": ["", "H2O"]}))
    with pytest.raises(ArgumentError, match="at least 1"):
        audit_model(model, structures(), n=0)


def test_what_is_written_is_what_was_found(tmp_path):
    found = audit_model(
        Planted(bond, {"structure": "structure"}, targets=("E (kcal)", "gap")), structures(), n_changes=2
    )
    folder = write_audit(found, tmp_path / "audit")
    names = sorted(path.name for path in folder.iterdir())
    assert names == [
        *("audit-e-kcal.png", "audit-e-kcal.svg", "audit-gap.png", "audit-gap.svg", "audit.json"),
        *("changes-e-kcal.csv", "changes-gap.csv", "rejected.csv"),
    ]
    content = json.loads((folder / "audit.json").read_text())
    assert [check["verdict"] for check in content["gap"]["checks"]] == [check.verdict for check in found["gap"].checks]
    lines = pd.read_csv(folder / "changes-gap.csv")
    np.testing.assert_allclose(lines["difference"], found["gap"].changes["difference"])
    write_audit({"gap": found["gap"]}, folder)  # replaced as a whole
    assert sorted(path.name for path in folder.iterdir()) == ["audit.json", "audit.png", "audit.svg", "changes.csv"]
    other = tmp_path / "other"
    other.mkdir()
    (other / "thesis.txt").write_text("mine")
    with pytest.raises(DataError):
        write_audit(found, other)
    assert (other / "thesis.txt").read_text() == "mine"


def test_rows_that_are_left_out_are_counted_and_listed(tmp_path):
    table = structures()
    table.loc[0, "structure"] = "no molecule"
    table.loc[1, "energy"] = np.nan
    found = audit_model(Planted(bond, {"structure": "structure"}), table, n_changes=1)
    assert found.rows.text == "4 of 6 rows usable; 1 not read, 1 without energy"
    folder = write_audit(found, tmp_path / "audit")
    assert json.loads((folder / "audit.json").read_text())["energy"]["rows"]["not_read"] == 1
    rejected = pd.read_csv(folder / "rejected.csv")
    assert rejected[["row", "column"]].values.tolist() == [[1, "structure"], [2, "energy"]]
    assert rejected["reason"].tolist()[1] == "the cell is empty"
    whole = audit_model(Planted(bond, {"structure": "structure"}), structures(), n=4, n_changes=1)
    assert whole.rows.text == "6 of 6 rows usable; 4 of the usable rows drawn"
    assert whole.rejected.empty
    bare = audit_model(Planted(bond, {"structure": "structure"}), table.drop(columns="energy"), n_changes=1)
    assert bare.rows.text == "5 of 6 rows usable; 1 not read"
