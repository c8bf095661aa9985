"""The page of `learning-foundations`: complete, its numbers written, its sentences those of the numbers."""

from __future__ import annotations

import json
import re
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.contour import ContourSet
from test_studies_run import Page, check_folder

from matterlearn.report.figures.style import INK, new_figure, style
from matterlearn.studies.figures.foundations.axes import counting, logarithmic
from matterlearn.studies.figures.foundations.penalty_touch import contour_edge, penalty_touch
from matterlearn.studies.foundations.chapters import likelihood
from matterlearn.studies.registry import run_study

FEW: dict[str, Any] = {
    "chapters.risk.N_QUICK_DRAWS": 40,
    "chapters.likelihood.N_QUICK_SETS": 500,
    "chapters.trade_off.N_QUICK_RESAMPLES": 3,
    "chapters.trade_off.DEGREES": (1, 2, 4, 6, 9, 12),
    "chapters.choosing.N_QUICK_DRAWS": 30,
    "chapters.shrinkage.N_NEW": 5,
    "chapters.shrinkage.STRENGTHS": (0.01, 0.3, 1.0, 10.0),
    "chapters.kernel_trick.QUICK_DEGREES": (1, 2, 3, 4, 5),
    "chapters.importances.N_QUICK_TREES": 5,
    "chapters.importances.READING_NOISES": (0.1, 0.5),
    "chapters.selecting.N_QUICK_SETS": 2,
    "chapters.selecting.N_QUICK_REPEATS": 3,
    "chapters.selecting.N_COLUMNS": 200,
    "chapters.selecting.NUMBERS": (10, 100),
    "chapters.dimensions.QUICK_CUBE_COST": 60,
    "chapters.dimensions.DISTANCES": (2, 10, 1000),
    "chapters.dimensions.INPUTS": (2, 10, 30),
    "chapters.two_gaussians.N_QUICK_NEW": 5_000,
}

CHAPTERS = (
    "risk", "gradient descent", "likelihood", "Bias", "Hyper-parameters", "penalty", "kernel", "importance",
    "selection", "dimensionality", "refuse",
)  # fmt: skip


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A quick study with few draws, run once without data at hand; figures are made, and not drawn."""
    home = tmp_path_factory.mktemp("foundations")
    patch = pytest.MonkeyPatch()
    patch.delenv("MATTERLEARN_DATA", raising=False)
    for name, value in FEW.items():
        patch.setattr(f"matterlearn.studies.foundations.{name}", value)
    patch.setattr("matterlearn.studies.penalty_geometry.N_PLACES", 40)
    patch.setattr("matterlearn.studies.page.save_figure", _named_only)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        folder = run_study("learning-foundations", home / "out", quick=True, seed=1)
    patch.undo()
    return folder, json.loads((folder / "numbers.json").read_text(encoding="utf-8"))


def _named_only(figure: object, folder: Path, name: str) -> bytes:
    for ending in ("png", "svg"):
        (folder / f"{name}.{ending}").write_bytes(b"")
    return b""


def test_every_number_that_is_read_is_written(study: tuple[Path, dict[str, Any]]) -> None:
    folder, content = study
    check_folder(folder)
    text = Page(folder).text
    assert not re.search(r"\bnan\b|\bNone\b|\binf\b|\{_", text)
    assert "Quick study" in text
    assert content["provenance"]["command"] == "matterlearn study learning-foundations --quick --seed 1"


def test_the_chapters_stand_in_their_order(study: tuple[Path, dict[str, Any]]) -> None:
    html = (study[0] / "study.html").read_text(encoding="utf-8")
    titles = re.findall(r'<h2 id="part-\d+">\d+\. (.*)</h2>', html)
    assert len(titles) == len(CHAPTERS)
    for title, word in zip(titles, CHAPTERS, strict=True):
        assert word in title
    assert html.count("What it shows") == len(CHAPTERS)
    assert html.count("<img") == 15


def test_the_numbers_say_what_the_chapters_are_about(study: tuple[Path, dict[str, Any]]) -> None:
    numbers = study[1]["numbers"]
    assert numbers["risk_first_risk"] > numbers["risk_least"] > numbers["risk_first_empirical"]
    assert (numbers["descent_rate"], numbers["descent_epochs"]) == (1e-6, 1000)
    assert numbers["descent_scaled_moved"] < 0.01
    assert numbers["descent_reached"] <= numbers["descent_predicted"]
    assert numbers["descent_off"] < 1e-8
    assert numbers["descent_beyond_growth"] > 1
    assert max(numbers["likelihood_line_off"], numbers["likelihood_logit_off"]) < 1e-5
    assert numbers["likelihood_by_n_ratio"] < 0.9 < numbers["likelihood_by_degrees_ratio"]
    assert numbers["tradeoff_training_falls"]
    assert 4 <= numbers["tradeoff_best"] <= 8
    assert numbers["choosing_understated"] > 0
    assert max(numbers["penalty_rule_lasso_off"], numbers["penalty_rule_ridge_off"]) < 1e-10
    assert numbers["kernel_most_difference"] < 1e-6
    assert numbers["kernel_best"] == numbers["kernel_true_degree"] == 4
    assert numbers["importance_linear_ratio"] == pytest.approx(numbers["importance_theory_ratio"], abs=0.05)
    assert numbers["importance_linear_mended"] == pytest.approx(1, abs=1e-6)
    assert numbers["selection_least_outside"] > 0 > numbers["selection_most_inside"]
    assert numbers["dimensions_last_zeros"] > 1.5 * numbers["dimensions_last_cv"]
    assert numbers["dimensions_many_error"] > 3 * numbers["dimensions_few_error"]
    assert numbers["decision_qda_off"] < 1e-10
    assert numbers["decision_formula_off"] < 1e-3
    assert numbers["decision_cheapest"] == pytest.approx(0.9, abs=0.01)


def test_each_start_of_gradient_descent_stands_before_its_runs(study: tuple[Path, dict[str, Any]]) -> None:
    folder, content = study
    runs = {line["run"]: line for line in content["numbers"]["descent_runs"]}
    assert [name for name in runs if name.endswith("start")] == ["inputs as they are: start", "inputs scaled: start"]
    as_they_are, scaled = (runs[name] for name in ("inputs as they are: start", "inputs scaled: start"))
    assert as_they_are["zero"] == 0  # the constant starts at 0 in the units of its own run
    assert abs(as_they_are["modulus"]) > 10 * abs(
        scaled["modulus"]
    )  # the same number, in parts of a spread of 0.03 GPa
    assert runs["inputs scaled"]["loss"] == pytest.approx(scaled["loss"], rel=0.01)  # it hardly left its start
    moved = abs(1e6 / runs["inputs as they are"]["modulus"] - 1e6 / as_they_are["modulus"])
    way = abs(1e6 / runs["closed form"]["modulus"] - 1e6 / as_they_are["modulus"])
    assert moved / way == pytest.approx(content["numbers"]["descent_raw_stress_moved"], rel=1e-6)
    text = Page(folder).text
    assert "With scaled inputs, a learning rate of 1e-06 moves the weights" in text
    assert "e+0" not in text.split("mean loss (10⁻¹²)")[1].split("With inputs as they are")[0]


def test_a_difference_of_noise_is_judged_by_its_standard_error(study: tuple[Path, dict[str, Any]]) -> None:
    folder, content = study
    numbers, text = content["numbers"], Page(folder).text
    ratio, error = numbers["likelihood_by_degrees_ratio"], numbers["likelihood_by_degrees_ratio_se"]
    assert error == pytest.approx(np.sqrt(2 / (likelihood.N_ROWS - 2) / numbers["likelihood_n_sets"]), rel=0.2)
    assert numbers["likelihood_degrees_off"] == pytest.approx(abs(ratio - 1) / error)
    away = f"{numbers['likelihood_degrees_off']:.1f} standard errors away."
    assert f"{ratio:.3f} ± {error:.3f} with n − p, where theory has 1, {away}" in text
    lines = numbers["selection_noise_numbers"]
    differences = [line["optimism"] for line in lines]
    assert differences[0] == pytest.approx(0, abs=1e-12)  # all columns are kept
    assert differences[-1] == pytest.approx(lines[-1]["outside"] - lines[-1]["inside"])
    grows = bool(np.all(np.diff(differences) > 0))
    assert ("For the filter it grows with every step" in text) == grows
    assert "in the mean of the 3 kinds" in text


def test_no_contour_leaves_the_panel() -> None:
    """A long slanted ellipse; its part beyond the minimum is as long as the one before it."""
    turned = np.array([[2.0, -1.7], [-1.7, 2.0]])

    def loss(weights: np.ndarray) -> np.ndarray:
        off = weights - free
        return np.asarray(np.einsum("ki,ij,kj->k", off, turned, off))

    free = np.array([1.5, 0.8])
    diamond, circle = np.array([0.6, 0.0]), np.array([0.45, 0.1])
    figure = penalty_touch(loss, free, diamond, circle, ("one", "two"))
    for axis in figure.axes:
        (left, right), (bottom, top) = axis.get_xlim(), axis.get_ylim()
        contours = [artist for artist in axis.collections if isinstance(artist, ContourSet)]
        paths = [path for contour in contours for path in contour.get_paths()]
        assert len(paths) == 4
        for path in paths:
            vertices = np.asarray(path.vertices)
            x, y = vertices.T
            assert left < x.min() < x.max() < right
            assert bottom < y.min() < y.max() < top
            assert vertices[0] == pytest.approx(vertices[-1])  # closed
    edge = contour_edge(loss, free, float(loss(diamond[None, :])[0]))
    assert loss(edge) == pytest.approx(np.full(len(edge), loss(diamond[None, :])[0]))


def test_counts_are_labelled_at_whole_numbers() -> None:
    with style():
        figure, axis = new_figure()
        axis.plot([1, 2], [0, 3], color=INK)
        counting(axis)
        figure.canvas.draw()
    assert all(float(place).is_integer() for place in axis.get_yticks())


def test_labels_of_logarithmic_axes() -> None:
    with style():
        figure, axis = new_figure()
        axis.plot([1, 3], [1e-7, 2e4], color=INK)
        logarithmic(axis, "y")
        logarithmic(axis, "x", at=(1, 2, 3))
        figure.canvas.draw()
    assert [label.get_text() for label in axis.get_xticklabels()] == ["1", "2", "3"]
    labels = [label.get_text() for label in axis.get_yticklabels()]
    assert "10⁻⁶" in labels
    assert not any("$" in label for label in labels)
