"""Histograms of distances and angles against dscribe, and their sum rules."""

from __future__ import annotations

import warnings
from math import comb
from typing import Any

import numpy as np
import pytest
from molecules_for_tests import conformers_of, small_molecules

from matterlearn.chemistry.molecules.convert import to_atoms
from matterlearn.features.molecule.histograms import AngleDistribution, PairDistribution

FAR = 50.0  # angstrom; dscribe asks for a cutoff of the inverse square, which no pair here reaches


@pytest.fixture
def tensor(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Features of molecules by dscribe's many-body tensor representation."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from dscribe.core import System
        from dscribe.descriptors import MBTR

    def system(atoms: Any) -> Any:
        # dscribe 2.1 hands arguments to ASE by their place, which ASE has changed: momenta arrive as velocities.
        return System(numbers=atoms.numbers, positions=atoms.positions, cell=atoms.cell, pbc=atoms.pbc)

    monkeypatch.setattr(System, "from_atoms", staticmethod(system))

    def create(molecules: Any, elements: Any, function: str, bins: Any, weighting: Any) -> Any:
        lowest, highest, n_bins, width = bins
        grid = {"min": lowest, "max": highest, "n": n_bins, "sigma": width}
        theirs = MBTR(geometry={"function": function}, grid=grid, weighting=weighting, species=list(elements))
        return theirs.create([to_atoms(one) for one in molecules])

    return create


@pytest.mark.parametrize(
    ("geometry", "function", "bins"),
    [("distance", "distance", (0.5, 6.0, 40, 0.1)), ("inverse distance", "inverse_distance", (0.2, 1.25, 30, 0.03))],
)
@pytest.mark.parametrize(
    ("weight", "weighting"),
    [
        ("none", None),
        ("inverse square", {"function": "inverse_square", "r_cut": FAR}),
        ("exponential", {"function": "exp", "scale": 0.75, "threshold": 1e-100}),
    ],
)
def test_pairs_are_those_of_dscribe(
    tensor: Any, geometry: Any, function: str, bins: Any, weight: Any, weighting: Any
) -> None:
    molecules = list(small_molecules())
    lowest, highest, n_bins, width = bins
    ends = (lowest, highest) if geometry == "distance" else (1 / highest, 1 / lowest)
    ours = PairDistribution(*ends, n_bins, width, geometry=geometry, weight=weight, decay=0.75).fit(molecules)
    expected = tensor(molecules, ours.elements_, function, bins, weighting)
    np.testing.assert_allclose(ours.transform(molecules), expected, rtol=0, atol=1e-10 * expected.max())


@pytest.mark.parametrize(
    ("geometry", "function", "bins"),
    [("angle", "angle", (0.0, 180.0, 30, 7.0)), ("cosine", "cosine", (-1.0, 1.0, 25, 0.1))],
)
@pytest.mark.parametrize(
    ("weight", "weighting"),
    [
        ("none", None),
        ("exponential", {"function": "exp", "scale": 0.6, "threshold": 5e-3}),
        ("cutoff", {"function": "smooth_cutoff", "r_cut": 2.5, "sharpness": 3}),
    ],
)
def test_angles_are_those_of_dscribe(
    tensor: Any, geometry: Any, function: str, bins: Any, weight: Any, weighting: Any
) -> None:
    molecules = list(small_molecules()[:6])
    numbers = {"cutoff": 2.5, "sharpness": 3.0, "decay": 0.6, "threshold": 5e-3}
    ours = AngleDistribution(*bins[2:], geometry=geometry, weight=weight, **numbers).fit(molecules)
    expected = tensor(molecules, ours.elements_, function, bins, weighting)
    assert expected.max() > 0
    np.testing.assert_allclose(ours.transform(molecules), expected, rtol=0, atol=1e-10 * expected.max())


def test_pair_histograms_integrate_to_the_number_of_pairs() -> None:
    molecules = list(small_molecules())
    histograms = PairDistribution(0.0, 12.0, 60, 0.25).fit(molecules)
    step = 12.0 / 59
    found = step * histograms.transform(molecules).reshape(len(molecules), -1, 60).sum(axis=2)
    names = [fact.property for fact in histograms.feature_facts()[::60]]
    for molecule, row in zip(molecules, found, strict=True):
        counts = {symbol: molecule.graph.symbols.count(symbol) for symbol in histograms.elements_}
        for name, integral in zip(names, row, strict=True):
            a, b = name.removesuffix(" pairs").split("-")
            expected = comb(counts[a], 2) if a == b else counts[a] * counts[b]
            assert integral == pytest.approx(expected, rel=1e-3)
        assert row.sum() == pytest.approx(comb(len(molecule.graph), 2), rel=1e-3)


def test_angle_histograms_integrate_to_the_number_of_angles() -> None:
    """Three for each three atoms; wide enough bins at both ends lose nothing in between."""
    ethanol = conformers_of("CCO", 3)
    found = AngleDistribution(31, 0.5, weight="none").fit_transform(ethanol)
    np.testing.assert_allclose(6.0 * found.sum(axis=1), 3 * comb(9, 3), rtol=1e-3)


def test_the_histogram_of_angles_shows_the_angle_of_water() -> None:
    bond, angle = 0.9572, np.radians(104.52)
    water = f"3\n\nO 0 0 0\nH {bond} 0 0\nH {bond * np.cos(angle)} {bond * np.sin(angle)} 0\n"
    transformer = AngleDistribution(361, 1.0, weight="none").fit([water])
    row = transformer.transform([water])[0]
    names = transformer.get_feature_names_out()
    at_oxygen = [k for k, name in enumerate(names) if name.startswith("H-O-H")]
    assert names[at_oxygen[int(np.argmax(row[at_oxygen]))]] == "H-O-H angles at 104.5 degrees"
    # The three angles of a triangle sum to 180 degrees, and so do the first moments of their histograms.
    centres = np.tile(np.arange(361) / 2, len(names) // 361)
    assert 0.5 * (centres * row).sum() == pytest.approx(180, rel=1e-9)


def test_names_tell_fine_bins_apart() -> None:
    names = PairDistribution(1.0, 1.001, 200).fit_transform(list(small_molecules())[:2]).shape[1]
    transformer = PairDistribution(1.0, 1.001, 200).fit(list(small_molecules())[:2])
    assert len(set(transformer.get_feature_names_out())) == names
