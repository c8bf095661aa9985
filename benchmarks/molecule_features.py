"""How fast conformers become features, one thread, and DScribe or RDKit beside each family in the same run.

    python benchmarks/molecule_features.py

RDKit makes the conformers here, with a fixed seed: 3,000 of C12H26O, 39 atoms, embedded by ETKDG and not minimised.
They are kept in a temporary folder for the next run. Both sides get what they read (a batch of conformers; ASE Atoms or
an RDKit molecule) before the clock starts, compute the same features with the same parameters on one thread, and their
values are compared. Where a library gives values of atoms, summing them over the atoms of each element belongs to its
time, as it belongs to ours; the time of its call alone stands beside it. Times are the best of two passes over wall
time. What would take a library more than half a minute is timed on 300 conformers (`n_timed`) and scaled. Numbers go
to `benchmarks/results/molecule_features.json`.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from ase import Atoms
from dscribe import descriptors
from dscribe.core.system import System
from rdkit import Chem
from rdkit.Chem import AllChem, rdMolTransforms

from matterlearn.chemistry.molecules import Conformers, to_atoms
from matterlearn.chemistry.molecules.convert import graph_of_mol
from matterlearn.chemistry.molecules.topology import angles, dihedrals
from matterlearn.core.parallel import single_thread
from matterlearn.features.molecule.bag_of_bonds import BagOfBonds
from matterlearn.features.molecule.base import MoleculeTransformer
from matterlearn.features.molecule.coulomb import CoulombMatrix
from matterlearn.features.molecule.distances import Distances
from matterlearn.features.molecule.histograms import AngleDistribution, PairDistribution
from matterlearn.features.molecule.internal import InternalCoordinates
from matterlearn.features.molecule.memory import MEMORY
from matterlearn.features.molecule.soap import SoapPowerSpectrum
from matterlearn.features.molecule.symmetry_functions import SymmetryFunctions, default_angular, default_radial

RESULTS = Path(__file__).parent / "results" / "molecule_features.json"
SMILES = "CC(CCC)CC(C)(CCCC)O"
SEED = 7
REPEATS = 2
COMPARED = 100  # conformers whose values are compared
FEW, LONG = 300, 30.0  # conformers that are timed where all would take a library longer than this, in seconds
CHUNK = 100  # conformers a library gets at a time: its values of every atom would fill the memory

Create = Callable[[Any], np.ndarray]


@dataclass
class Family:
    """A transformer and who computes the same.

    Attributes
    ----------
    name : str
        What is computed.
    transformer : MoleculeTransformer
        Ours.
    peer : str
        Library, and what it does.
    create : callable
        From some conformers in the form of the library to its values.
    features : callable
        From its values to our features, one row per conformer: what numpy has to add to the library.
    items : sequence
        All conformers in the form of the library.
    """

    name: str
    transformer: MoleculeTransformer
    peer: str
    create: Create
    features: Create
    items: Any


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--conformers", type=int, default=3_000)
    options = parser.parse_args()
    mol, batch = conformers(options.conformers)
    MEMORY.most_bytes = 0  # features that were computed before are to be computed again
    results: dict[str, Any] = {
        "what": f"{len(batch)} conformers of {batch.graphs[0].formula} to features, one thread, seconds",
        "n_conformers": len(batch),
        "n_atoms": len(batch.graphs[0]),
        "families": {},
    }
    with single_thread(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for family in families(mol, batch):
            found = measured(family, batch)
            results["families"][family.name] = found
            print(
                f"{family.name}: {found['seconds']:.3f} s, {found['peer']} {found['peer_seconds']:.1f} s "
                f"({found['n_timed']} timed), ratio {found['ratio']:.1f}, largest relative difference "
                f"{found['largest_relative_difference']:.1e}",
                flush=True,
            )
    results["smallest_ratio"] = min(found["ratio"] for found in results["families"].values())
    results["machine"] = {
        "cpus": os.cpu_count(),
        "python": platform.python_version(),
        **{name: version(name) for name in ("numpy", "numba", "dscribe", "rdkit")},
    }
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(rounded(results), indent=2) + "\n", encoding="utf-8")


def measured(family: Family, batch: Conformers) -> dict[str, Any]:
    """Time both sides, and compare their values."""
    transformer = family.transformer.fit(batch)
    transformer.transform(batch[:2])  # kernels are compiled or loaded:
    transformer.transform(batch[:CHUNK])  # those of few conformers and of many
    seconds = best(lambda: transformer.transform(batch))
    expected = family.features(family.create(family.items[:COMPARED]))
    found = transformer.transform(batch[: len(expected)])
    first = best(lambda: family.create(family.items[:CHUNK])) * len(batch) / CHUNK
    n_timed = min(FEW, len(batch)) if first > LONG else len(batch)
    chunks = [family.items[start : min(start + CHUNK, n_timed)] for start in range(0, n_timed, CHUNK)]

    def library() -> None:
        for chunk in chunks:
            family.create(chunk)

    def peer() -> None:
        for chunk in chunks:
            family.features(family.create(chunk))

    scale = len(batch) / n_timed
    peer_seconds = best(peer) * scale
    return {
        "seconds": seconds,
        "peer": family.peer,
        "peer_seconds": peer_seconds,
        "library_call_alone_seconds": best(library) * scale,
        "n_timed": n_timed,
        "ratio": peer_seconds / seconds,
        "n_features": found.shape[1],
        "largest_relative_difference": difference(found, expected),
    }


def best(function: Callable[[], object]) -> float:
    """Return the shortest of some times in seconds."""
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return min(times)


def difference(found: np.ndarray, expected: np.ndarray) -> float:
    """Return the largest difference relative to the largest value of its feature.

    Features that stay below 1e-6 of the largest are compared with that: they are sums of next to nothing.
    """
    scales = np.maximum(np.abs(expected).max(axis=0), 1e-6 * np.abs(expected).max())
    return float((np.abs(found - expected) / scales).max())


def conformers(n: int) -> tuple[Any, Conformers]:
    """Return the molecule with its conformers, and these as a batch; made once, then read from a temporary folder."""
    mol = Chem.AddHs(Chem.MolFromSmiles(SMILES))
    file = Path(tempfile.gettempdir()) / "matterlearn-benchmarks" / f"conformers-{n}-{SEED}-{version('rdkit')}.npy"
    if not file.exists():
        parameters = AllChem.ETKDGv3()
        parameters.randomSeed = SEED
        AllChem.EmbedMultipleConfs(mol, n, parameters)
        file.parent.mkdir(parents=True, exist_ok=True)
        np.save(file, [place.GetPositions() for place in mol.GetConformers()])
        mol.RemoveAllConformers()
    batch = Conformers.of_one(graph_of_mol(mol), np.load(file))
    for conformer in batch:
        place = Chem.Conformer(len(conformer.graph))
        for atom, (x, y, z) in enumerate(conformer.positions.tolist()):
            place.SetAtomPosition(atom, (x, y, z))
        mol.AddConformer(place, assignId=True)
    return mol, batch


def families(mol: Any, batch: Conformers) -> Iterator[Family]:
    """Yield what is measured."""
    atoms = [to_atoms(conformer) for conformer in batch]
    numbers = range(len(batch))
    graph = batch.graphs[0]
    n_atoms, elements = len(graph), ["H", "C", "O"]
    symbols = np.array(graph.symbols)
    holds = (symbols == np.array(elements)[:, None]).astype(float)  # (n_elements, n_atoms)
    upper, beyond = np.triu_indices(n_atoms), np.triu_indices(n_atoms, 1)

    def matrices(which: Any) -> np.ndarray:
        return np.array([Chem.Get3DDistanceMatrix(mol, confId=number) for number in which])

    def sums(values: np.ndarray) -> np.ndarray:
        return (holds @ values).reshape(len(values), -1)

    yield Family(
        "Distances",
        Distances(),
        "RDKit Get3DDistanceMatrix",
        matrices,
        lambda values: values[:, *beyond],
        numbers,
    )
    for form, permutation in (("eigenvalues", "eigenspectrum"), ("sorted rows", "sorted_l2"), ("atoms", "none")):
        coulomb = descriptors.CoulombMatrix(n_atoms_max=n_atoms, permutation=permutation)
        flat = form == "eigenvalues"
        yield Family(
            f"CoulombMatrix, {form}",
            CoulombMatrix(form),  # type: ignore[arg-type]
            f"DScribe CoulombMatrix, {permutation}",
            coulomb.create,
            (lambda values: values) if flat else lambda values: values.reshape(-1, n_atoms, n_atoms)[:, *upper],
            atoms,
        )
    yield bags(atoms, symbols)
    yield from histograms(atoms)
    for name, radial, angular in (
        ("SymmetryFunctions", default_radial(6.0), default_angular(6.0)),
        ("SymmetryFunctions, 4 radial and 4 angular", default_radial(6.0, 4), default_angular(6.0)[::6]),
    ):
        acsf = descriptors.ACSF(r_cut=6.0, g2_params=radial, g4_params=angular, species=elements)
        firsts = np.arange(len(elements)) * (1 + len(radial))  # DScribe puts the sum of the cutoff function first
        yield Family(
            name,
            SymmetryFunctions(cutoff=6.0, radial=radial, angular=angular),
            "DScribe ACSF",
            acsf.create,
            lambda values, firsts=firsts: sums(np.delete(values, firsts, axis=2)),  # type: ignore[misc]
            atoms,
        )
    for fading in (True, False):
        weighting = {"function": "poly", "r0": 5.0, "c": 1, "m": 1} if fading else {}
        soap = descriptors.SOAP(r_cut=5.0, n_max=6, l_max=4, sigma=0.3, species=elements, weighting=weighting)
        yield Family(
            "SoapPowerSpectrum" + ("" if fading else ", not fading"),
            SoapPowerSpectrum(cutoff=5.0, n_max=6, l_max=4, sigma=0.3, fading=fading),
            "DScribe SOAP",
            soap.create,
            sums,
            atoms,
        )
    yield internal(mol, batch)


def bags(atoms: list[Atoms], symbols: np.ndarray) -> Family:
    """Return the bag of bonds: nobody computes it, so DScribe's matrix is sorted into bags by numpy."""
    matrix = descriptors.CoulombMatrix(n_atoms_max=len(symbols), permutation="none")
    elements = ("H", "C", "O")
    diagonal = [np.flatnonzero(symbols == element) for element in elements]
    pairs = [
        [(i, j) for i in range(len(symbols)) for j in range(i) if {symbols[i], symbols[j]} == {one, two}]
        for k, one in enumerate(elements)
        for two in elements[k:]
    ]
    places = [np.array(bag) for bag in pairs if bag]

    def create(some: list[Atoms]) -> np.ndarray:
        rows = []
        for one in some:
            values = matrix.create(one).reshape(len(symbols), len(symbols))
            parts = [values[which, which] for which in diagonal]
            parts += [np.sort(values[bag[:, 0], bag[:, 1]])[::-1] for bag in places]
            rows.append(np.concatenate(parts))
        return np.array(rows)

    return Family("BagOfBonds", BagOfBonds(), "DScribe CoulombMatrix, sorted by numpy", create, np.asarray, atoms)


def histograms(atoms: list[Atoms]) -> Iterator[Family]:
    """Yield the distributions of distances and angles beside the many-body tensor representation."""
    # DScribe 2.1 hands over arguments by position, in an order that newer versions of ASE do not have.
    System.from_atoms = staticmethod(lambda some: System(symbols=some.numbers, positions=some.positions))
    elements = ["H", "C", "O"]
    pairs = [(one, two) for k, one in enumerate(elements) for two in elements[k:]]

    def mbtr(geometry: str, low: float, high: float, weighting: dict[str, Any] | None) -> Any:
        step = (high - low) / 63
        return descriptors.MBTR(
            species=elements,
            geometry={"function": geometry},
            grid={"min": low, "max": high, "n": 64, "sigma": 2 * step},
            weighting=weighting,
            normalize_gaussians=True,
            normalization="none",
            periodic=False,
        )

    def family(name: str, transformer: MoleculeTransformer, oracle: Any, keys: list[tuple[str, ...]]) -> Family:
        columns = np.concatenate([np.arange(oracle.get_number_of_features())[oracle.get_location(k)] for k in keys])
        return Family(name, transformer, "DScribe MBTR", oracle.create, lambda values: values[:, columns], atoms)

    distances = mbtr("distance", 0.7, 8.0, None)
    yield family("PairDistribution", PairDistribution(r_min=0.7, r_max=8.0, n_bins=64), distances, list(pairs))
    keys = [(one, middle, two) for middle in elements for one, two in pairs]
    smooth = {"function": "smooth_cutoff", "r_cut": 4.0, "sharpness": 2}
    yield family("AngleDistribution", AngleDistribution(), mbtr("angle", 0.0, 180.0, smooth), list(keys))
    smooth_cosine = AngleDistribution(geometry="cosine")
    yield family("AngleDistribution, cosine", smooth_cosine, mbtr("cosine", -1.0, 1.0, smooth), list(keys))


def internal(mol: Any, batch: Conformers) -> Family:
    """Return internal coordinates beside loops over RDKit's functions."""
    graph = batch.graphs[0]
    bonds, corners, chains = (table.tolist() for table in (graph.bond_pairs, angles(graph), dihedrals(graph)))

    def create(which: Any) -> np.ndarray:
        rows = []
        for number in which:
            place = mol.GetConformer(number)
            row = [rdMolTransforms.GetBondLength(place, i, j) for i, j in bonds]
            row += [rdMolTransforms.GetAngleRad(place, i, j, k) for i, j, k in corners]
            turns = np.array([rdMolTransforms.GetDihedralRad(place, *chain) for chain in chains])
            rows.append(np.concatenate([row, np.column_stack([np.cos(turns), np.sin(turns)]).ravel()]))
        return np.array(rows)

    name = "RDKit GetBondLength, GetAngleRad, GetDihedralRad"
    return Family("InternalCoordinates", InternalCoordinates(), name, create, np.asarray, range(len(batch)))


def rounded(value: Any) -> Any:
    """Return numbers with four digits."""
    if isinstance(value, dict):
        return {key: rounded(entry) for key, entry in value.items()}
    return float(f"{value:.4g}") if isinstance(value, float) else value


if __name__ == "__main__":
    main()
