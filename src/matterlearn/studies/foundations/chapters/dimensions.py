"""Chapter: the curse of dimensionality."""

from __future__ import annotations

import numpy as np

from matterlearn.core.parallel import item_seed
from matterlearn.studies.case_page import CasePage
from matterlearn.studies.figures.foundations import dimensions as figures
from matterlearn.studies.foundations import dimensions, planck
from matterlearn.studies.foundations.dimensions import (
    K,
    distances,
    edge,
    edge_spread,
    expected_edge,
    expected_variation,
    measured_edges,
    neighbour_errors,
    variation,
    variation_with_zeros,
)
from matterlearn.studies.page import Column
from matterlearn.studies.run import StudyRun

CUBES = (1, 2, 3, 5, 10, 30, 100, 300, 1000)
"""Dimensions in which cubes are measured."""

CUBE_COST, QUICK_CUBE_COST = 2_000, 500
"""Dimensions times draws: what the measured cubes of one number of dimensions may take."""

MOST_DRAWS = 200

DISTANCES = (2, 5, 10, 100, 10_000)
"""Dimensions of the exercise."""

INPUTS = (2, 3, 5, 10, 30, 100)
"""Numbers of inputs of nearest neighbours."""

N_TRAIN, N_TEST = 1_000, 300

N_DRAWS, N_QUICK_DRAWS = 5, 2


def add_dimensions(part: CasePage, run: StudyRun) -> None:
    """Write the chapter.

    Parameters
    ----------
    part : CasePage
        Gets a new section.
    run : StudyRun
        With the seed.
    """
    part.section("The curse of dimensionality")
    cost = QUICK_CUBE_COST if run.quick else CUBE_COST
    n_draws = {d: min(MOST_DRAWS, max(2, cost // d)) for d in CUBES}
    cubes = {d: measured_edges(d, n_draws[d], seed=item_seed(run.seed, "cubes", d)) for d in CUBES}
    found = {d: distances(d, seed=item_seed(run.seed, "distances", d)) for d in DISTANCES}
    draws = N_QUICK_DRAWS if run.quick else N_DRAWS
    errors, alike = neighbour_errors(INPUTS, N_TRAIN, N_TEST, draws, seed=item_seed(run.seed, "neighbours"))
    off = max(
        abs(edges.mean() - expected_edge(d)) / (edge_spread(d) / np.sqrt(len(edges))) for d, edges in cubes.items()
    )
    last = DISTANCES[-1]
    part.add(
        k=K,
        n_points=dimensions.N_POINTS,
        n_distant=dimensions.N_DISTANT,
        n_pairs=len(found[last]),
        edge_two=edge(2),
        edge_ten=edge(10),
        edge_hundred=edge(100),
        edge_thousand=edge(1000),
        ten=10,
        hundred=100,
        thousand=1000,
        edges_off=off,
        mean_square="d/6",
        variance_of_square="7d/180",
        rule="√(7 / (20 d))",
        last=last,
        last_cv=variation(found[last]),
        last_theory=expected_variation(last),
        last_off=abs(variation(found[last]) / expected_variation(last) - 1),
        last_zeros=variation_with_zeros(found[last]),
        first=DISTANCES[0],
        first_cv=variation(found[DISTANCES[0]]),
        zeros_factor=variation_with_zeros(found[last]) / variation(found[last]),
        n_train=N_TRAIN,
        n_test=N_TEST,
        n_draws=draws,
        noise=planck.NOISE,
        few=INPUTS[0],
        many=INPUTS[-1],
        few_error=errors[0].mean(),
        many_error=errors[-1].mean(),
        few_alike=alike[0].mean(),
        many_alike=alike[-1].mean(),
    )
    part.text(
        "Nearest neighbours need neighbours that are near. How large is the part of space that holds {_k} of"
        " {_n_points:,} points, how different are distances, and what becomes of the prediction?"
    )
    part.formula("lᵈ = k / n,   l = (k / n)^(1/d)")
    part.text(
        "Data by formula: points uniform in the unit cube of d dimensions. For the edge l, the smallest cube around the"
        " middle that holds {_k} of {_n_points:,} points is measured; for the distances, {_n_distant:,} points as in"
        " the exercise, each pair once. The squared distance is a sum of d terms with the mean {_mean_square} and the"
        " variance {_variance_of_square} in all; its root has half the relative spread, so that the coefficient of"
        " variation (cv) tends to {_rule}."
    )
    part.table(
        "edges",
        [
            {"d": d, "formula": edge(d), "expected": expected_edge(d), "measured": edges.mean(), "draws": len(edges)}
            for d, edges in cubes.items()
        ],
        [
            Column("d", "dimensions d", ",d"),
            Column("formula", "(k / n)^(1/d)", ".4f"),
            Column("expected", "exact mean", ".4f"),
            Column("measured", "measured", ".4f"),
            Column("draws", "sets of points", "d"),
        ],
        "Edge of the smallest cube around the middle. Its volume has a beta distribution, whose mean edge is the exact"
        " one; measured means lie within {_edges_off:.1f} standard errors of it.",
    )
    part.table(
        "distances",
        [
            {
                "d": d,
                "mean": values.mean(),
                "mean_theory": np.sqrt(d / 6),
                "sd": values.std(),
                "cv": variation(values),
                "theory": expected_variation(d),
                "zeros": variation_with_zeros(values),
            }
            for d, values in found.items()
        ],
        [
            Column("d", "dimensions d", ",d"),
            Column("mean", "mean distance", ".4f"),
            Column("mean_theory", "√(d / 6)", ".4f"),
            Column("sd", "spread", ".4f"),
            Column("cv", "cv", ".4f"),
            Column("theory", "large d: √(7 / (20 d))", ".4f"),
            Column("zeros", "cv of the whole matrix", ".4f"),
        ],
        "The whole matrix, as the exercise has it, holds the distance 0 of each point from itself.",
    )
    part.figure(
        "distances",
        figures.distance_histograms(found),
        "Distances of {_n_pairs:,} pairs in parts of their mean.",
    )
    part.figure(
        "edges",
        figures.edges_and_errors(CUBES, [edges.mean() for edges in cubes.values()], INPUTS, errors, alike, least=1.0),
        "Left: the edge of the cube that holds {_k} of {_n_points:,} points. Right: {_k} nearest neighbours among"
        " {_n_train:,} rows, on the radiance of a black body (the target of the chapter on hyper-parameters) with"
        " inputs that have no effect beside the two that have.",
    )
    part.table(
        "neighbours",
        [
            {"inputs": d, "error": errors[i].mean(), "alike": alike[i].mean(), "r2": 1 - np.mean(errors[i] ** 2)}
            for i, d in enumerate(INPUTS)
        ],
        [
            Column("inputs", "inputs", "d"),
            Column("error", "error / spread", ".3f"),
            Column("r2", "R²", ".3f"),
            Column("alike", "nearest / mean distance", ".3f"),
        ],
        "Error at the true values, {_n_test} new rows, {_n_draws} data sets; training rows have a noise of {_noise:g}"
        " decades.",
    )
    part.text(
        "What it shows: in two dimensions the neighbourhood is {_edge_two:.1%} of an edge wide, in {_ten} dimensions"
        " {_edge_ten:.0%}, in {_hundred} {_edge_hundred:.0%}, in {_thousand:,} {_edge_thousand:.1%}: neighbours are"
        " everywhere. Distances become alike: their coefficient of variation falls from {_first_cv:.2f} in {_first}"
        " dimensions to {_last_cv:.4f} in {_last:,} (theory {_last_theory:.4f}, {_last_off:.1%} away). The exercise's"
        " matrix says {_last_zeros:.4f} there, {_zeros_factor:.1f} times as much: what is left is its diagonal of"
        " zeros.",
        "With {_many} inputs instead of {_few}, of which the same two matter, the nearest of {_n_train:,} rows is"
        " {_many_alike:.0%} of the mean distance away instead of {_few_alike:.0%}, and the error rises from"
        " {_few_error:.2f} to {_many_error:.2f} of the target's spread.",
    )
