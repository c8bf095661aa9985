"""A cheaper energy as a feature, and learning only what it lacks."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
from rdkit import Chem
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from matterlearn.chemistry.molecules.convert import to_mol
from matterlearn.core.parallel import single_thread
from matterlearn.data.generators.conformers.embedding import embed
from matterlearn.data.generators.conformers.force_fields import energies
from matterlearn.features.molecule.coordinates import Coordinates
from matterlearn.features.molecule.histograms import PairDistribution
from matterlearn.models.kernel_machines.kernel_regressor import KernelRegressor
from matterlearn.studies.figures.conformers.learning import learning
from matterlearn.studies.molecules.data import ConformerData, Floats
from matterlearn.studies.molecules.fitting import SIZES, SIZES_QUICK
from matterlearn.studies.molecules.learners import PENALTIES
from matterlearn.studies.page import Column, StudyPage
from matterlearn.studies.run import StudyRun
from matterlearn.validation.metrics import mean_absolute_error

N_TIMED = 200
"""Conformers that labels and features are timed on."""

WAYS = ("direct", "UFF as a feature", "difference to UFF")
"""Learn the energy from the structure; from the structure and the UFF energy; learn what UFF lacks."""


def add_cheaper(page: StudyPage, data: ConformerData, run: StudyRun) -> None:
    """Write the section on cheaper computations.

    Parameters
    ----------
    page : StudyPage
        Gets a new section.
    data : ConformerData
        The conformers.
    run : StudyRun
        What was asked for.
    """
    page.section("Cheaper computations")
    run.say("cheaper computations: UFF as a feature, and the difference to it")
    sizes = SIZES_QUICK if run.quick else SIZES
    linear = make_pipeline(StandardScaler(), RidgeCV(PENALTIES)).fit(data.uff[: data.n_train, None], data.y_train)
    page.add(
        uff_correlation=float(np.corrcoef(data.uff, data.energies)[0, 1]),
        uff_linear_mae=mean_absolute_error(data.y_test, linear.predict(data.uff[data.n_train :, None])),
        difference_sd=float(np.std(data.energies - data.uff)),
    )
    page.text(
        "UFF is an older force field for all elements, with other terms and parameters. Its energy of the same"
        " positions stands for any cheap computation beside a dear one: a force field beside density functional theory,"
        " or a small basis beside a large one. Here the two correlate with r = {uff_correlation:.2f}; a straight line"
        " from UFF to MMFF94 alone errs by {uff_linear_mae:.2f} kcal/mol.",
        "The cheap energy can be used in two ways: as one more feature, or as a baseline whose error is learned.",
    )
    curves: dict[str, tuple[dict[int, float], str]] = {}
    rows = []
    for name, transformer, make in _representations(run.seed):
        matrices = _matrices(transformer, data)
        for way in WAYS:
            curve = {size: _error(way, make, matrices, data, size) for size in sizes}
            curves[f"{name}: {way}"] = (curve, name)
            rows.append({"features": name, "way": way, **{f"n{size}": error for size, error in curve.items()}})
    page.table(
        "cheaper",
        rows,
        [
            Column("features", "learns from"),
            Column("way", "way"),
            *(Column(f"n{size}", f"{size:,} conformers", ".2f") for size in sizes),
        ],
        "Mean absolute error on the test conformers, kcal/mol, against the number of MMFF94 energies that were"
        " learned from. All three ways of one line of features have the same model.",
    )
    page.figure(
        "cheaper",
        learning(curves, unit="kcal/mol", label="number of MMFF94 energies"),
        "Error against the number of labels, both axes logarithmic.",
    )
    page.text(_verdict(rows, sizes))
    _add_costs(page, data)


def _representations(seed: int) -> list[tuple[str, Any, Any]]:
    return [
        ("coordinates", Coordinates(), lambda: HistGradientBoostingRegressor(random_state=seed % 2**32)),
        (
            "histogram of distances",
            PairDistribution(),
            lambda: make_pipeline(StandardScaler(), KernelRegressor("matern52")),
        ),
    ]


def _matrices(transformer: Any, data: ConformerData) -> tuple[Floats, Floats]:
    """Return features of the training and of the test rows; what the transformer learns are names and widths."""
    with single_thread():
        fitted = transformer.fit(data.train)
        return fitted.transform(data.train), fitted.transform(data.test)


def _error(way: str, make: Any, matrices: tuple[Floats, Floats], data: ConformerData, size: int) -> float:
    train, test = matrices[0][:size], matrices[1]
    y, uff, uff_test = data.y_train[:size], data.uff[:size], data.uff[data.n_train :]
    if way == WAYS[1]:
        train, test = np.column_stack([train, uff]), np.column_stack([test, uff_test])
    base, base_test = (uff, uff_test) if way == WAYS[2] else (np.zeros(size), np.zeros(len(uff_test)))
    with single_thread():
        model = make().fit(train, y - base)
        return mean_absolute_error(data.y_test, model.predict(test) + base_test)


def _verdict(rows: Sequence[dict[str, Any]], sizes: Sequence[int]) -> str:
    said = []
    for name in dict.fromkeys(row["features"] for row in rows):
        of_name = {row["way"]: row for row in rows if row["features"] == name}
        direct = of_name[WAYS[0]]
        last, first = f"n{sizes[-1]}", f"n{sizes[0]}"
        best = min(WAYS[1:], key=lambda way: of_name[way][last])
        gain = 1 - of_name[best][last] / direct[last]
        early = 1 - min(of_name[way][first] for way in WAYS[1:]) / direct[first]
        words = [f"{abs(100 * part):.0f} % {'off' if part > 0 else 'on to'} the error" for part in (early, gain)]
        said.append(
            f"From the {name}, the better of the two ways takes {words[0]} at {sizes[0]:,} labels and {words[1]} at"
            f" {sizes[-1]:,} ({best})."
        )
    return " ".join(said)


def _add_costs(page: StudyPage, data: ConformerData) -> None:
    """Time what a label and a feature cost per conformer."""
    chosen = data.conformers[:N_TIMED]
    mol = Chem.Mol(to_mol(chosen[0]))
    places = chosen.positions.reshape(len(chosen), -1, 3)
    mol.RemoveAllConformers()
    jobs: dict[str, Any] = {
        "positions (ETKDG)": lambda: embed(mol, 20, 1, 1, False),
        "MMFF94 energy": lambda: energies("MMFF94", mol, places),
        "UFF energy": lambda: energies("UFF", mol, places),
        "histogram of distances": lambda: PairDistribution().fit(chosen).transform(chosen),
    }
    rows: list[dict[str, Any]] = []
    with single_thread():
        for name, job in jobs.items():
            job()  # what is compiled or looked up once is not part of the cost
            begun = time.perf_counter()
            job()
            n = 20 if name.startswith("positions") else len(chosen)
            rows.append({"what": name, "ms": 1000 * (time.perf_counter() - begun) / n})
    ms = {row["what"]: float(row["ms"]) for row in rows}
    ratio = ms["MMFF94 energy"] / ms["UFF energy"]
    page.add(cost_ratio=ratio)
    page.table(
        "costs",
        rows,
        [Column("what", "what"), Column("ms", "ms per conformer", ".3f")],
        "On one thread. One MMFF94 energy costs as much as {cost_ratio:.1f} UFF energies"
        + (
            ", so that here the cheap computation saves nothing: the example shows the way, not a gain. With density"
            " functional theory in the place of MMFF94 the ratio is about a million."
            if ratio < 10
            else "."
        ),
    )
