"""A force field learned from conformers, audited, saved, and asked about another molecule.

python examples/molecules.py [FOLDER]
"""

import sys
import tempfile
from pathlib import Path

import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import matterlearn as ml
from matterlearn.features import ForceFieldTerms

N_TRAIN = 240


def main(folder: Path) -> None:
    made = ml.make_conformers("CCCC(C)O", n=300, prune=0.0, seed=1, folder=folder)
    train, test = made.conformers[:N_TRAIN], made.conformers[N_TRAIN:]
    y_train, y_test = made.energies[:N_TRAIN], made.energies[N_TRAIN:]
    print(f"{len(made)} conformers, energies from {made.energies.min():.1f} to {made.energies.max():.1f} kcal/mol")

    # Raw coordinates: the model cannot know that a molecule may be moved.
    trees = HistGradientBoostingRegressor(random_state=0).fit(train.flat(), y_train)
    error = np.abs(trees.predict(test.flat()) - y_test).mean()
    print(f"\ntrees on coordinates: {error:.2f} kcal/mol on new conformers")
    print(ml.audit(trees, test, y_test, takes="coordinates", unit="kcal/mol").text)

    # Features that do not change when it is moved, and an audit that proves it.
    force_field = make_pipeline(ForceFieldTerms(), StandardScaler(), RidgeCV(np.logspace(-8, 3, 23)))
    force_field.fit(train, y_train)
    error = np.abs(force_field.predict(test) - y_test).mean()
    print(f"\nridge on terms of a force field: {error:.3f} kcal/mol on new conformers")
    ml.assert_invariant(force_field, test)

    # A network on distances, with forces.
    network = ml.DistanceNetworkRegressor(epochs=5, random_state=0).fit(train, y_train)
    forces = network.predict_forces(test[:1])[0]
    print(f"\nnetwork: {np.abs(network.predict(test) - y_test).mean():.2f} kcal/mol;", end=" ")
    print(f"largest force on an atom {np.linalg.norm(forces, axis=1).max():.0f} kcal/mol/angstrom")

    # The same from a file, with report and intervals; the domain says what the model has not seen.
    path = made.write(folder / "pentanol.sdf")
    fit = ml.fit(path, "energy_kcal_mol", models=["ridge"], budget="1m")
    fit.model.save(folder / "pentanol.mlz")
    other = ml.make_conformers("CC(F)CO", n=3, seed=1, folder=folder)
    columns = ["prediction", "lower", "upper", "in_domain", "reason"]
    print("\nanother molecule:")
    print(ml.predict(folder / "pentanol.mlz", other.table)[columns].to_string(index=False))


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(Path(sys.argv[1]))
    else:
        with tempfile.TemporaryDirectory() as place:
            main(Path(place))
