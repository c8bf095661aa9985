"""Transformers of molecules as bytes: each comes back as it was, and what no fit would leave in one is refused."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from model_tampering import Stored, node, scalar
from molecules_for_tests import conformers_of, small_molecules
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline

import matterlearn
from matterlearn.chemistry.molecules.conformers import Conformers
from matterlearn.core.errors import ModelFileError
from matterlearn.features.molecule.internal import InternalCoordinates
from matterlearn.models.persistence import TRUSTED_TYPES, estimator_from_bytes, estimator_to_bytes

PACKAGE = "matterlearn.features.molecule."
CLASSES = {name.rpartition(".")[2]: name for name in TRUSTED_TYPES if name.startswith(PACKAGE)}

# One bond that turns, a ring of three, rotating ends.
SMILES = "NCC1CC1"

FITTED = {
    **{name: (name, {}) for name in CLASSES},
    "Distances sorted": ("Distances", {"order": "sorted"}),
    "Distances inverse": ("Distances", {"order": "sorted", "form": "inverse"}),
    "CoulombMatrix rows": ("CoulombMatrix", {"form": "sorted rows"}),
    "CoulombMatrix atoms": ("CoulombMatrix", {"form": "atoms"}),
    "SoapPowerSpectrum molecule": ("SoapPowerSpectrum", {"per": "molecule", "n_max": 2}),
    "SymmetryFunctions wide": ("SymmetryFunctions", {"radial": [(4.0, 1.0)], "wide_angular": [(0.1, 1.0, 1.0)]}),
    "InternalCoordinates cos": ("InternalCoordinates", {"dihedrals": "cos"}),
    "TorsionFingerprint spec": ("TorsionFingerprint", {"max_deviation": "spec", "weighted": False}),
}


def make(name):
    kind, parameters = FITTED[name]
    module, _, attribute = CLASSES[kind].rpartition(".")
    return getattr(importlib.import_module(module), attribute)(**parameters)


@pytest.fixture(scope="module", params=FITTED)
def fitted(request):
    return make(request.param).fit(conformers_of(SMILES, 3))


def test_every_transformer_comes_back(fitted):
    rows = conformers_of(SMILES, 3)
    again = estimator_from_bytes(estimator_to_bytes(fitted))
    assert again.transform(rows).tobytes() == fitted.transform(rows).tobytes()
    assert again.get_feature_names_out().tolist() == fitted.get_feature_names_out().tolist()
    assert estimator_to_bytes(again) == estimator_to_bytes(fitted)


def test_width_is_the_number_of_features(fitted):
    fitted._check_learned()
    n_features = len(fitted.get_feature_names_out())
    if isinstance(fitted, InternalCoordinates):
        assert n_features <= fitted._width() < 2 * n_features
    else:
        assert fitted._width() == n_features


@pytest.mark.parametrize(
    "name", ["BagOfBonds", "Distances sorted", "ForceFieldTerms", "AtomCounts", "AngleDistribution"]
)
def test_molecules_of_many_sizes_come_back_in_a_pipeline(name):
    molecules = Conformers.of(small_molecules())
    model = make_pipeline(make(name), Ridge()).fit(molecules, np.arange(len(molecules), dtype=float))
    again = estimator_from_bytes(estimator_to_bytes(model))
    assert again.predict(molecules).tobytes() == model.predict(molecules).tobytes()


def test_molecules_with_charges_come_back():
    rows = conformers_of("CC(=O)[O-]", 2)
    fitted = InternalCoordinates().fit(rows)
    again = estimator_from_bytes(estimator_to_bytes(fitted))
    assert again.graph_ == fitted.graph_ == rows.graphs[0]
    assert any(again.charges_)


# What somebody who means harm would write instead.


def stored_value(value):
    """Return the node of a value, as skops would write it."""
    if isinstance(value, tuple | list):
        name = f"builtins.{type(value).__name__}"
        loader = "TupleNode" if isinstance(value, tuple) else "ListNode"
        return node(loader, name, content=[stored_value(item) for item in value])
    if isinstance(value, dict):
        keys = node("ListNode", "builtins.list", content=[node("TypeNode", "builtins.str") for _ in value])
        content = {key: stored_value(item) for key, item in value.items()}
        return node("DictNode", "builtins.dict", key_types=keys, content=content)
    return {**scalar(value), "content": json.dumps(value)}


ELEMENTS = {
    "none": (),
    "unknown": ("H", "Zz"),
    "twice": ("H", "C", "C"),
    "order": ("C", "H"),
    "numbers": (1, 6),
    "text": "HC",
    "list": ["H", "C"],
    "null": None,
    "a thousand": ("H", "C", "N", *["He"] * 1000),
}
BY_ELEMENT = ("AtomCounts", "PairDistribution", "AngleDistribution", "SoapPowerSpectrum", "SymmetryFunctions")
BONDS = ((0, 1, 1.0),)
ROOMS = {
    "pair beyond": {"pair_room_": {"H-C": 10**12}},
    "pair wide": {"pair_room_": {"H-H": 600_000, "H-C": 600_000}},
    "pair negative": {"pair_room_": {"H-C": -1}},
    "pair half": {"pair_room_": {"H-C": 1.5}},
    "pair true": {"pair_room_": {"H-C": True}},
    "pair unknown": {"pair_room_": {"C-Zz": 1}},
    "pair of no atoms": {"pair_room_": {"C-F": 1}},
    "pair backwards": {"pair_room_": {"C-H": 1}},
    "pair list": {"pair_room_": [1]},
    "atoms none": {"atom_room_": {}},
    "atoms beyond": {"atom_room_": {"H": 10**12, "C": 1, "N": 1}},
    "atoms unknown": {"atom_room_": {"Zz": 1}},
    "atoms null": {"atom_room_": None},
    "bags replaced": {"bags_": ()},
}
GRAPHS = {
    "numbers beyond": {"numbers_": (1, 104), "bonds_": BONDS},
    "numbers none": {"numbers_": (), "bonds_": ()},
    "numbers halves": {"numbers_": (1.0, 1.0), "bonds_": BONDS},
    "numbers too many": {"numbers_": (1,) * 1001, "bonds_": BONDS},
    "bond beyond": {"numbers_": (1, 1), "bonds_": ((0, 10**6, 1.0),)},
    "bond negative": {"numbers_": (1, 1), "bonds_": ((-1, 1, 1.0),)},
    "bond half": {"numbers_": (1, 1), "bonds_": ((0.0, 1, 1.0),)},
    "bond twice": {"numbers_": (1, 1), "bonds_": BONDS * 2},
    "bond short": {"numbers_": (1, 1), "bonds_": ((0, 1),)},
    "bonds null": {"bonds_": None},
    "charges few": {"charges_": (1,)},
    "graph replaced": {"graph_": ()},
}
# Each atom of one half is bonded to each of the other: 2,500 bonds, 6 million chains.
DENSE = {"numbers_": (6,) * 100, "bonds_": tuple((i, j, 1.0) for i in range(50) for j in range(50, 100))}
TORSIONS = {
    "beyond": {"torsions_": (((0, 1, 2, 10**9),), ((0, 1, 2, 3),))},
    "negative": {"torsions_": (((0, 1, 2, -100),), ((0, 1, 2, 3),))},
    "half": {"torsions_": (((0, 1, 2, 3.5),), ((0, 1, 2, 3),))},
    "short": {"torsions_": (((0, 1, 2),), ((0, 1, 2, 3),))},
    "hollow": {"torsions_": ((), ((0, 1, 2, 3),))},
    "none": {"torsions_": ()},
    "flat": {"torsions_": ((0, 1, 2, 3),)},
    "of fewer": {"torsions_": (((0, 1, 2, 3),),)},
    "of more": {"torsions_": (((0, 1, 2, 3),),) * 9},
    "of fewer atoms": {"numbers_": (1, 1), "bonds_": BONDS},
    "rings beyond": {"n_rings_": 10},
    "rings negative": {"n_rings_": -1},
    "rings half": {"n_rings_": 0.5},
    "weights null": {"weights_": None},
    "scales a number": {"scales_": 180.0},
}
TYPES = {
    "types null": {"types_": None},
    "types none": {"types_": {}},
    "types tuple": {"types_": ()},
    "types of one kind": {"types_": {"atom": ("C",)}},
    "lengths null": {"lengths_": None},
    "lengths none": {"lengths_": {}},
    "lengths of others": {"lengths_": {"C-C": 1.5}},
    "angles tuple": {"angles_": ()},
    "angles a number": {"angles_": 3},
}
CRAFTED = [
    *((kind, {"elements_": value}, name) for kind in BY_ELEMENT for name, value in ELEMENTS.items()),
    *(
        (kind, {"n_atoms_": value}, repr(value))
        for kind in ("CoulombMatrix", "Distances", "Coordinates")
        for value in (0, -1, 1001, 10**12, 1.5, "x", None, True)
    ),
    *((kind, change, name) for kind in ("BagOfBonds", "Distances sorted") for name, change in ROOMS.items()),
    *(
        (kind, change, name)
        for kind in ("InternalCoordinates", "TorsionFingerprint")
        for name, change in GRAPHS.items()
    ),
    ("InternalCoordinates", DENSE, "dense"),
    *(("TorsionFingerprint", change, name) for name, change in TORSIONS.items()),
    *(("ForceFieldTerms", change, name) for name, change in TYPES.items()),
    ("Distances", {"order": "sorted"}, "other order"),
    ("Distances sorted", {"order": "atoms"}, "other order"),
]
_BYTES: dict[str, bytes] = {}


def stored(name):
    if name not in _BYTES:
        _BYTES[name] = estimator_to_bytes(make(name).fit(conformers_of(SMILES, 3)))
    return Stored(_BYTES[name])


@pytest.mark.parametrize(("name", "change", "label"), CRAFTED, ids=[f"{name}: {label}" for name, _, label in CRAFTED])
def test_what_no_fit_would_leave_is_refused(name, change, label):
    crafted = stored(name)
    for attribute, value in change.items():
        crafted.set_attribute(FITTED[name][0], attribute, stored_value(value))
    with pytest.raises(ModelFileError, match="do not use this file"):
        estimator_from_bytes(crafted.data())


@pytest.mark.parametrize("name", sorted({name for name, _, _ in CRAFTED}))
def test_what_fit_left_is_read_when_written_the_same_way(name):
    """Otherwise the crafted ones could be refused for how they are written."""
    fitted, crafted = make(name).fit(conformers_of(SMILES, 3)), stored(name)
    for attribute, value in vars(fitted).items():
        if attribute.endswith("_") and not isinstance(value, np.ndarray):
            crafted.set_attribute(FITTED[name][0], attribute, stored_value(value))
    rows = conformers_of(SMILES, 3)
    assert estimator_from_bytes(crafted.data()).transform(rows).tobytes() == fitted.transform(rows).tobytes()


@pytest.mark.parametrize("name", ["BagOfBonds", "InternalCoordinates", "TorsionFingerprint", "ForceFieldTerms"])
def test_nothing_may_be_missing(name):
    kind = FITTED[name][0]
    state = stored(name).nodes("ObjectNode", kind)[0]["content"]["content"]
    attributes = [key for key in state if key.endswith("_") and key != "n_features_in_" and not key.startswith("_")]
    assert attributes
    for attribute in attributes:
        crafted = stored(name)
        content = crafted.nodes("ObjectNode", kind)[0]["content"]
        del content["content"][attribute]
        content["key_types"]["content"].pop()
        with pytest.raises(ModelFileError, match="do not use this file"):
            estimator_from_bytes(crafted.data())


@pytest.mark.parametrize("kind", ["atom", "bond", "pair"])
@pytest.mark.parametrize("types", [("b", "a"), ("a", "a"), (1,), "ab", None])
def test_types_are_texts_in_order(kind, types):
    crafted = stored("ForceFieldTerms")
    crafted.attribute("ForceFieldTerms", "types_")["content"][kind] = stored_value(types)
    with pytest.raises(ModelFileError, match="types_ is nothing that fit would learn"):
        estimator_from_bytes(crafted.data())


@pytest.mark.parametrize("value", ["NaN", "Infinity", '"x"', "1", "null"])
def test_lengths_are_finite_numbers(value):
    crafted = stored("ForceFieldTerms")
    lengths = crafted.attribute("ForceFieldTerms", "lengths_")["content"]
    lengths[next(iter(lengths))].update(content=value)
    with pytest.raises(ModelFileError):
        estimator_from_bytes(crafted.data())


@pytest.mark.parametrize("name", ["weights_", "scales_"])
@pytest.mark.parametrize("change", [lambda v: v[:-1], lambda v: -v, lambda v: v * np.nan, lambda v: v.astype(int)])
def test_weights_are_one_positive_number_of_each_torsion(name, change):
    crafted = stored("TorsionFingerprint")
    array = crafted.attribute("TorsionFingerprint", name)
    crafted.set_array(array, change(crafted.array(array)))
    with pytest.raises(ModelFileError, match="do not use this file"):
        estimator_from_bytes(crafted.data())


def test_many_elements_of_wide_histograms_are_refused():
    """All elements are known, and yet their histograms would take a million columns for each row."""
    from matterlearn.chemistry.elements import SYMBOLS

    crafted = stored("AngleDistribution")
    crafted.set_attribute("AngleDistribution", "elements_", stored_value(SYMBOLS))
    with pytest.raises(ModelFileError, match="features, which is beyond reason"):
        estimator_from_bytes(crafted.data())


def test_models_without_molecules_load_neither_rdkit_nor_torch():
    code = """
import json, sys
from sklearn.linear_model import Ridge
from matterlearn.models.persistence import estimator_from_bytes, estimator_to_bytes
estimator_from_bytes(estimator_to_bytes(Ridge().fit([[0.0], [1.0]], [0.0, 1.0])))
print(json.dumps([name for name in ("rdkit", "torch") if name in sys.modules]))
"""
    environment = {**os.environ, "PYTHONPATH": str(Path(matterlearn.__file__).parents[1])}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == []
