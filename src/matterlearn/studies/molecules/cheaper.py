"""A cheaper energy as a feature, and learning only what it lacks."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
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
from matterlearn.studies.figures.conformers.label_costs import label_costs
from matterlearn.studies.figures.conformers.learning import learning
from matterlearn.studies.molecules.data import ConformerData, Floats
from matterlearn.studies.molecules.fitting import SIZES, SIZES_QUICK
from matterlearn.studies.molecules.learners import PENALTIES
from matterlearn.studies.page import Column, StudyPage
from matterlearn.studies.run import StudyRun
from matterlearn.validation.metrics import mean_absolute_error

N_TIMED = 200
"""Conformers that labels and features are timed on."""

N_EMBEDDED = 20
"""Conformers that the making of positions is timed on."""

STATED_LABEL_S = 60.0
"""Seconds of a dear label, stated and not measured."""

POSITIONS, MMFF, UFF, FEATURES = "positions (ETKDG)", "MMFF94 energy", "UFF energy", "histogram of distances"
"""What is timed."""

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
    page.add(
        uff_correlation=float(np.corrcoef(data.uff, data.energies)[0, 1]),
        uff_linear_mae=_line(data, data.n_train),
        difference_sd=float(np.std(data.energies - data.uff)),
    )
    page.text(
        "UFF is an older force field for all elements, with other terms and parameters. Its energy of the same"
        " positions stands for any cheap computation beside a dear one: a force field beside density functional theory,"
        " or a small basis beside a large one. Here the two correlate with r = {uff_correlation:.2f}; a straight line"
        " from UFF to MMFF94 alone errs by {uff_linear_mae:.2f} kcal/mol.",
        "The cheap energy can be used in two ways: as one more feature, or as a baseline whose error is learned.",
    )
    costs = _costs(data)
    alone = {size: _line(data, size) for size in sizes}
    curves: dict[str, tuple[dict[int, float], str]] = {"UFF alone, a straight line": (alone, "no structure")}
    rows: list[dict[str, Any]] = [
        {"features": "no structure", "way": "UFF alone, a straight line", **_of_sizes(alone), "fit_s": 0.0}
    ]
    seconds: dict[str, dict[int, float]] = {"UFF alone, a straight line": dict.fromkeys(sizes, 0.0)}
    for name, transformer, make in _representations(run.seed):
        matrices = _matrices(transformer, data)
        for way in WAYS:
            found = {size: _fitted(way, make, matrices, data, size) for size in sizes}
            curve = {size: error for size, (error, _) in found.items()}
            curves[f"{name}: {way}"] = (curve, name)
            seconds[f"{name}: {way}"] = {size: fit_s for size, (_, fit_s) in found.items()}
            rows.append({"features": name, "way": way, **_of_sizes(curve), "fit_s": found[sizes[-1]][1]})
    page.table(
        "cheaper",
        rows,
        [
            Column("features", "learns from"),
            Column("way", "way"),
            *(Column(f"n{size}", f"{size:,} labels", ".2f") for size in sizes),
            Column("fit_s", "last fit (s)", ".1f"),
        ],
        "Mean absolute error on the test conformers, kcal/mol, against the number of MMFF94 energies that were"
        " learned from. All three ways of one line of features have the same model. Unlike above, columns are scaled to"
        " one spread, since an energy stands beside distances. The first line is the straight line from UFF.",
    )
    page.figure(
        "cheaper",
        learning(curves, unit="kcal/mol", label="number of MMFF94 energies"),
        "Error against the number of labels, both axes logarithmic.",
    )
    page.text(_verdict(rows, sizes))
    page.text(
        "The difference to UFF has a spread of {difference_sd:.1f} kcal/mol, the energy itself of {energy_sd:.1f}: as"
        " the two force fields have other curvatures, the difference depends on the structure much as the energy does,"
        " while a feature may enter with a factor."
    )
    _add_costs(page, costs, curves, seconds)


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


def _of_sizes(curve: Mapping[int, float]) -> dict[str, float]:
    return {f"n{size}": error for size, error in curve.items()}


def _line(data: ConformerData, size: int) -> float:
    """Return the error of a straight line from the UFF energy."""
    model = RidgeCV(PENALTIES).fit(data.uff[:size, None], data.y_train[:size])
    return mean_absolute_error(data.y_test, model.predict(data.uff[data.n_train :, None]))


def _fitted(
    way: str, make: Any, matrices: tuple[Floats, Floats], data: ConformerData, size: int
) -> tuple[float, float]:
    """Return the error on the test rows and the seconds of the fit."""
    train, test = matrices[0][:size], matrices[1]
    y, uff, uff_test = data.y_train[:size], data.uff[:size], data.uff[data.n_train :]
    if way == WAYS[1]:
        train, test = np.column_stack([train, uff]), np.column_stack([test, uff_test])
    base, base_test = (uff, uff_test) if way == WAYS[2] else (np.zeros(size), np.zeros(len(uff_test)))
    with single_thread():
        begun = time.perf_counter()
        model = make().fit(train, y - base)
        fit_s = time.perf_counter() - begun
        return mean_absolute_error(data.y_test, model.predict(test) + base_test), fit_s


def _verdict(rows: Sequence[Mapping[str, Any]], sizes: Sequence[int]) -> str:
    said = []
    last, first = f"n{sizes[-1]}", f"n{sizes[0]}"
    alone = rows[0][last]
    for name in dict.fromkeys(row["features"] for row in rows[1:]):
        of_name = {row["way"]: row for row in rows if row["features"] == name}
        direct = of_name[WAYS[0]]
        best = min(WAYS[1:], key=lambda way: of_name[way][last])
        gain = 1 - of_name[best][last] / direct[last]
        early = 1 - min(of_name[way][first] for way in WAYS[1:]) / direct[first]
        words = [f"{abs(100 * part):.0f} % {'off' if part > 0 else 'on to'} the error" for part in (early, gain)]
        beyond = 1 - of_name[best][last] / alone
        adds = f"{100 * beyond:.0f} % less" if beyond > 0 else f"{-100 * beyond:.0f} % more"
        said.append(
            f"With the {name}, the better of the two ways takes {words[0]} at {sizes[0]:,} labels and {words[1]} at"
            f" {sizes[-1]:,} ({best}); that is {adds} than the straight line from UFF, which knows no structure."
        )
    return " ".join(said)


def _costs(data: ConformerData) -> dict[str, float]:
    """Return what a label and a feature cost, seconds per conformer on one thread."""
    chosen = data.conformers[:N_TIMED]
    mol = Chem.Mol(to_mol(chosen[0]))
    places = chosen.positions.reshape(len(chosen), -1, 3)
    mol.RemoveAllConformers()
    jobs: dict[str, Any] = {
        POSITIONS: lambda: embed(mol, N_EMBEDDED, 1, 1, False),
        MMFF: lambda: energies("MMFF94", mol, places),
        UFF: lambda: energies("UFF", mol, places),
        FEATURES: lambda: PairDistribution().fit(chosen).transform(chosen),
    }
    found = {}
    with single_thread():
        for name, job in jobs.items():
            times = []
            for _ in range(3):  # what is compiled or looked up once is no part of the cost
                begun = time.perf_counter()
                job()
                times.append(time.perf_counter() - begun)
            found[name] = min(times) / (N_EMBEDDED if name == POSITIONS else len(chosen))
    return found


def _add_costs(
    page: StudyPage,
    costs: Mapping[str, float],
    curves: Mapping[str, tuple[Mapping[int, float], str]],
    seconds: Mapping[str, Mapping[int, float]],
) -> None:
    """Write what labels and features cost, and draw errors against the whole."""
    page.add(cost_ratio=costs[MMFF] / costs[UFF], stated_label_s=STATED_LABEL_S)
    page.table(
        "costs",
        [{"what": name, "ms": 1000 * cost} for name, cost in costs.items()],
        [Column("what", "what"), Column("ms", "ms per conformer", ".3f")],
        "On one thread, best of three. One MMFF94 energy costs as much as {cost_ratio:.1f} UFF energies.",
    )
    panels = {
        title: {
            name: (*_points(name, label_s, costs, curve, seconds[name]), kind) for name, (curve, kind) in curves.items()
        }
        for title, label_s in (
            ("a label costs what MMFF94 costs", costs[MMFF]),
            (f"a label costs {STATED_LABEL_S:g} s", STATED_LABEL_S),
        )
    }
    page.figure(
        "label-costs",
        label_costs(panels),
        "Error against the processor time of labels, features (UFF among them) and fit. Left: measured costs, where the"
        " label is about as cheap as the cheap energy, and the time is that of the fit. Right: if a label cost"
        " {stated_label_s:g} s, as a quantum-chemical energy may, the number of labels would be all that counts.",
    )


def _points(
    name: str,
    label_s: float,
    costs: Mapping[str, float],
    curve: Mapping[int, float],
    fits: Mapping[int, float],
) -> tuple[list[float], list[float]]:
    feature_s = costs[FEATURES] if name.startswith(FEATURES) else 0.0
    cheap_s = 0.0 if name.endswith(WAYS[0]) else costs[UFF]
    return [n * (label_s + feature_s + cheap_s) + fits[n] for n in curve], list(curve.values())
