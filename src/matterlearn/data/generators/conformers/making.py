"""Make conformers of molecules with the energies of a force field, in batches that survive a kill."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from matterlearn.chemistry.molecules.conformers import Conformers
from matterlearn.core.container import arrays_to_bytes, bytes_to_arrays
from matterlearn.core.errors import ArgumentError, DataError, MatterlearnError, did_you_mean
from matterlearn.core.journal import Journal
from matterlearn.core.locking import one_at_a_time
from matterlearn.core.parallel import available_workers, is_single_thread, item_seed
from matterlearn.core.progress import progress_bar
from matterlearn.core.time_left import TimeLeft
from matterlearn.core.writing import as_data_error
from matterlearn.data.generators.conformers.conformer_set import ENERGY, UFF_ENERGY, ConformerSet
from matterlearn.data.generators.conformers.embedding import compared_atoms, embed
from matterlearn.data.generators.conformers.force_fields import FORCE_FIELDS, energies, knows, minimise, with_conformers
from matterlearn.data.generators.conformers.molecules import STEREO, Isomer, Recipe, name_of_isomer, read_recipe
from matterlearn.data.generators.conformers.request import BATCH, make_request, place_of_set, request_key
from matterlearn.data.generators.conformers.storing import read_set, write_set
from matterlearn.data.rejects import BadCell, rejected_table
from matterlearn.kernels.molecule.superposition import DistinctSets


def make_conformers(
    smiles: str | Sequence[str],
    n: int = 10_000,
    *,
    force_field: str = "MMFF94",
    steps: int = 0,
    prune: float = 0.2,
    stereo: str = "any",
    seed: int = 0,
    workers: int | None = None,
    folder: str | os.PathLike[str] | None = None,
    progress: bool | None = None,
) -> ConformerSet:
    """Make conformers of molecules, with the energy of a force field for each.

    Hydrogen atoms are added, RDKit embeds the molecule with ETKDG (experimental torsions, basic knowledge, chirality
    enforced), and a conformer is left out that lies closer than `prune` to one made before. The distance is the root
    mean square one of the heavy atoms after the best superposition, the smallest over all orders of like atoms: the
    comparison of RDKit's own pruning, here over the whole set and within each stereoisomer. Two conformers that differ
    by the direction of an OH are therefore one.

    The set is kept and found again when the same one is asked for. A run that was killed goes on from its last batch
    and ends with the same set. The number of workers changes nothing in it either.

    Parameters
    ----------
    smiles : str or sequence of str
        One molecule or several.
    n : int
        Conformers that are tried of each molecule; pruning leaves fewer.
    force_field : {"MMFF94", "UFF"}
        Gives the energies, and the steps downhill.
    steps : int
        Most steps of minimisation of each conformer. With them, pruning is repeated on the minimised positions, since
        many end in the same minimum.
    prune : float
        Distance in angstrom; 0 keeps all.
    stereo : {"any", "enumerate", "fix"}
        What is done with stereocentres and double bonds that the SMILES leaves open: mixed isomers as they come, an
        equal number of conformers tried for each isomer, or only the first isomer in RDKit's order.
    seed : int
        From 0 on.
    workers : int, optional
        Threads; by default one for each processor.
    folder : path-like, optional
        Where sets are kept; by default the folder `made` in the data home. If that cannot be written to, nothing is
        kept, and a note says so.
    progress : bool, optional
        Show a progress bar on a terminal; by default it is shown.

    Returns
    -------
    ConformerSet

    Raises
    ------
    ArgumentError
        If an argument has no sense.
    MatterlearnError
        If the one molecule, or each of several, cannot be used; of several, the others are made, and `rejected` has
        the reasons.

    Examples
    --------
    >>> made = make_conformers("CCCO", n=20)
    >>> made.conformers.graphs[0].formula, bool(made.energies.min() > 0)
    ('C3H8O', True)
    """
    listed = [smiles] if isinstance(smiles, str) else list(smiles)
    _check_arguments(listed, n, force_field, steps, prune, stereo, seed, workers)
    request = make_request(listed, n, force_field=force_field, steps=steps, prune=prune, stereo=stereo, seed=seed)
    threads = 1 if is_single_thread() else available_workers() if workers is None else int(workers)
    wanted = place_of_set(request, folder)
    with _held(wanted, required=folder is not None) as (place, problem):
        if place is not None:
            found = read_set(place, request)
            if found is not None:
                return found
        recipes, rejected = _recipes(listed, n, force_field, stereo)
        journal = None if place is None else Journal(place, request_key(request))
        label = "making conformers" if progress is None or progress else None
        made = _make(recipes, rejected, request, threads, journal, label)
        if place is None or journal is None:
            return made.with_note(f"The set is not kept for the next time: {problem}.")
        write_set(place, request, made)
        journal.discard()
        return made


def _check_arguments(
    smiles: list[Any], n: int, force_field: str, steps: int, prune: float, stereo: str, seed: int, workers: int | None
) -> None:
    if not smiles:
        raise ArgumentError("no molecule is given", where="smiles", fix="pass a SMILES")
    for name, value, known in (("force_field", force_field, FORCE_FIELDS), ("stereo", stereo, STEREO)):
        if value not in known:
            raise ArgumentError(f"unknown {value!r}", where=name, fix=did_you_mean(str(value), known))
    least: dict[str, tuple[Any, int]] = {
        "n": (n, 1),
        "steps": (steps, 0),
        "seed": (seed, 0),
        "workers": (1 if workers is None else workers, 1),
    }
    for name, (number, bound) in least.items():
        if isinstance(number, bool) or not isinstance(number, int | np.integer) or number < bound:
            raise ArgumentError(f"must be a whole number from {bound} on, got {number!r}", where=name)
    if isinstance(prune, bool) or not isinstance(prune, int | float | np.number) or not 0 <= prune < math.inf:
        raise ArgumentError(f"must be a distance in angstrom from 0 on, got {prune!r}", where="prune")


@contextmanager
def _held(place: Path, *, required: bool) -> Iterator[tuple[Path | None, str]]:
    """Hold the place of the set for this process, or say why there is none. Others wait, and then find the set."""
    lock = place.with_name(f".{place.stem}.lock")
    try:
        with as_data_error(place.parent):
            place.parent.mkdir(parents=True, exist_ok=True)
            with open(lock, "ab"):
                pass
    except DataError as error:
        if required:
            raise
        yield None, str(error)
        return
    with one_at_a_time(lock):
        yield place, ""


def _recipes(smiles: list[Any], n: int, force_field: str, stereo: str) -> tuple[list[Recipe], pd.DataFrame]:
    recipes: list[Recipe] = []
    bad: list[BadCell] = []
    seen: dict[str, int] = {}
    for position, text in enumerate(smiles):
        try:
            recipe = read_recipe(text, force_field=force_field, stereo=stereo)
            if recipe.smiles in seen:
                raise MatterlearnError(f"the same molecule as in row {seen[recipe.smiles]}")
            if n < len(recipe.isomers):
                raise MatterlearnError(_shortage(n, recipe), fix="raise n")
        except MatterlearnError as error:
            if len(smiles) == 1:
                raise MatterlearnError(error.what, where=f"SMILES {text!r}", fix=error.fix) from error
            bad.append(BadCell(position, "smiles", text, str(error)))
            continue
        seen[recipe.smiles] = position + 1
        recipes.append(recipe)
    if not recipes:
        raise MatterlearnError(
            f"none of the {len(smiles)} molecules can be used; the first: {bad[0].reason}", where="smiles"
        )
    return recipes, rejected_table(bad, pd.RangeIndex(1, len(smiles) + 1))


def _shortage(n: int, recipe: Recipe) -> str:
    return f"{n} conformer{'s' if n > 1 else ''} for {len(recipe.isomers)} isomers"


@dataclass(frozen=True)
class _Batch:
    """Conformers of one isomer that are tried together."""

    molecule: int
    isomer: int
    number: int
    size: int


def _batches(recipes: list[Recipe], n: int) -> list[_Batch]:
    found = []
    for molecule, recipe in enumerate(recipes):
        share, more = divmod(n, len(recipe.isomers))
        for isomer in range(len(recipe.isomers)):
            left = share + (isomer < more)
            found += [
                _Batch(molecule, isomer, number, min(BATCH, left - start))
                for number, start in enumerate(range(0, left, BATCH))
            ]
    return found


def _make(
    recipes: list[Recipe],
    rejected: pd.DataFrame,
    request: dict[str, Any],
    threads: int,
    journal: Journal | None,
    label: str | None,
) -> ConformerSet:
    batches = _batches(recipes, request["n"])
    makers = [_Maker(recipe, request, threads) for recipe in recipes]
    costs = [batch.size * len(recipes[batch.molecule].graph) ** 2 * 1e-5 for batch in batches]
    left = TimeLeft(costs)
    with progress_bar(left, label):
        for number, batch in enumerate(batches):
            start = time.perf_counter()
            entry = f"molecule {batch.molecule} isomer {batch.isomer} batch {batch.number}"
            kept = None if journal is None else journal.get(entry)
            arrays = None if kept is None else _unpacked(kept)
            if arrays is None:
                arrays = makers[batch.molecule].make(batch)
                if journal is not None:
                    journal.put(entry, {_ARRAYS: arrays_to_bytes(arrays)})
                seconds: float | None = time.perf_counter() - start
            else:
                makers[batch.molecule].recall(batch, arrays)
                seconds = None
            makers[batch.molecule].take(batch, arrays)
            left.done(number, seconds)
    return _joined([maker.end() for maker in makers], rejected, request)


_ARRAYS: Final = "arrays.safetensors"


def _unpacked(parts: dict[str, bytes]) -> dict[str, NDArray[Any]] | None:
    return bytes_to_arrays(parts[_ARRAYS]) if _ARRAYS in parts else None


@dataclass(frozen=True, eq=False)
class _Made:
    """All of one molecule."""

    recipe: Recipe
    positions: NDArray[np.float64]
    facts: pd.DataFrame
    n_tried: int
    n_embedded: int


class _Maker:
    """The conformers of one molecule so far: what a batch keeps depends on those before it."""

    def __init__(self, recipe: Recipe, request: dict[str, Any], threads: int) -> None:
        self.recipe = recipe
        self._request = request
        self._threads = threads
        self._compared, self._orders = compared_atoms(recipe.isomers[0].mol)
        self._seen = self._distinct()
        self._names: dict[str, int] = {}
        self._positions: list[NDArray[np.float64]] = []
        self._isomers: list[NDArray[np.int64]] = []
        self._converged: list[NDArray[np.bool_]] = []
        self.n_tried = self.n_embedded = 0

    def make(self, batch: _Batch) -> dict[str, NDArray[Any]]:
        """Embed a batch and leave out what was seen before; with steps, minimise the rest."""
        isomer = self.recipe.isomers[batch.isomer]
        request = self._request
        seed = 1 + item_seed(request["seed"], "conformers", self.recipe.smiles, batch.isomer, batch.number) // 2
        positions = embed(isomer.mol, batch.size, seed, self._threads, isomer.random_start)
        new = positions[self._new(self._seen, positions, self._named(isomer, positions))]
        arrays: dict[str, NDArray[Any]] = {"embedded": new, "n_embedded": np.array([len(positions)])}
        if request["steps"]:
            ends = minimise(request["force_field"], isomer.mol, new, request["steps"], self._threads)
            arrays["minimised"], arrays["converged"] = ends
        return arrays

    def recall(self, batch: _Batch, arrays: dict[str, NDArray[Any]]) -> None:
        """Let a batch that was made before the run was cut off count as seen."""
        positions = arrays["embedded"]
        self._new(self._seen, positions, self._named(self.recipe.isomers[batch.isomer], positions))

    def take(self, batch: _Batch, arrays: dict[str, NDArray[Any]]) -> None:
        """Add what a batch made."""
        positions = arrays["minimised" if self._request["steps"] else "embedded"]
        self._positions.append(positions)
        self._isomers.append(self._named(self.recipe.isomers[batch.isomer], positions))
        if self._request["steps"]:
            self._converged.append(arrays["converged"])
        self.n_tried += batch.size
        self.n_embedded += int(arrays["n_embedded"][0])

    def end(self) -> _Made:
        """Return all that is kept, with its energies."""
        field = self._request["force_field"]
        mol = self.recipe.isomers[0].mol
        positions = np.concatenate(self._positions)
        isomers = np.concatenate(self._isomers)
        rows = np.flatnonzero(np.isfinite(positions).all(axis=(1, 2)))
        if self._request["steps"]:  # many end in one minimum
            rows = rows[self._new(self._distinct(), positions[rows], isomers[rows])]
        energy = energies(field, mol, positions[rows])
        rows, energy = rows[np.isfinite(energy)], energy[np.isfinite(energy)]
        facts: dict[str, Any] = {
            "molecule": [self.recipe.smiles] * len(rows),
            "isomer": [list(self._names)[number] for number in isomers[rows]],
            ENERGY: energy,
        }
        if field != "UFF":
            known = knows("UFF", mol)
            facts[UFF_ENERGY] = energies("UFF", mol, positions[rows]) if known else np.full(len(rows), np.nan)
        if self._converged:
            facts["converged"] = np.concatenate(self._converged)[rows]
        return _Made(self.recipe, positions[rows], pd.DataFrame(facts), self.n_tried, self.n_embedded)

    def _named(self, isomer: Isomer, positions: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return the number of the isomer that each conformer is."""
        if isomer.name is not None:
            names = [isomer.name] * len(positions)
        else:
            mol = with_conformers(isomer.mol, positions)
            names = [name_of_isomer(mol, k) for k in range(len(positions))]
        return np.array([self._names.setdefault(name, len(self._names)) for name in names], dtype=np.int64)

    def _distinct(self) -> DistinctSets:
        return DistinctSets(self._orders, self._request["prune"])

    def _new(self, seen: DistinctSets, positions: NDArray[np.float64], isomers: NDArray[np.int64]) -> NDArray[np.bool_]:
        if self._request["prune"] == 0:
            return np.ones(len(positions), dtype=bool)
        return seen.add(positions[:, self._compared], isomers)


def _joined(made: list[_Made], rejected: pd.DataFrame, request: dict[str, Any]) -> ConformerSet:
    sizes = [len(one.positions) for one in made]
    conformers = Conformers(
        [one.recipe.graph for one in made],
        np.repeat(np.arange(len(made)), sizes),
        np.concatenate([one.positions.reshape(-1, 3) for one in made]),
    )
    facts = pd.concat([one.facts for one in made], ignore_index=True)
    if not len(facts):
        raise MatterlearnError("all attempts to find positions failed", where="smiles")
    counts = pd.DataFrame(
        [(one.recipe.smiles, one.n_tried, one.n_embedded, len(one.positions)) for one in made],
        columns=["molecule", "tried", "embedded", "kept"],
    )
    return ConformerSet(conformers, facts, counts, tuple(_notes(made, rejected, request, facts)), rejected)


def _notes(made: list[_Made], rejected: pd.DataFrame, request: dict[str, Any], facts: pd.DataFrame) -> Iterator[str]:
    field, steps = request["force_field"], request["steps"]
    minimised = f"after at most {steps} steps downhill" if steps else "as embedded, not minimised"
    yield (
        f"Positions by ETKDG of RDKit {request['rdkit']}, {minimised}; energies of {field} in kcal/mol: a force field,"
        " no quantum chemistry."
    )
    if request["prune"]:
        yield (
            f"A conformer is left out whose heavy atoms lie within {request['prune']:g} angstrom (root mean square) of"
            " those of an earlier one of the same isomer."
        )
    for one in made:
        if one.recipe.note is not None:
            yield one.recipe.note
        failed = one.n_tried - one.n_embedded
        if failed:
            yield f"{one.recipe.smiles}: {failed:,} of {one.n_tried:,} attempts found no positions."
        if any(isomer.random_start for isomer in one.recipe.isomers):
            yield f"{one.recipe.smiles} was embedded from random coordinates, since it cannot be from distances."
        if UFF_ENERGY in one.facts and one.facts[UFF_ENERGY].isna().any():
            yield f"{one.recipe.smiles}: UFF has no parameters for it, so {UFF_ENERGY} is missing."
    if "converged" in facts:
        yield f"{int(facts['converged'].sum()):,} of {len(facts):,} conformers reached a minimum within {steps} steps."
    if len(rejected):
        yield f"Rejected: {len(rejected)} of the molecules, each with its reason."
