"""The page of `learning-foundations`: complete, its numbers written, its sentences those of the numbers."""

from __future__ import annotations

import json
import re
import warnings
from pathlib import Path
from typing import Any

import pytest
from test_studies_run import Page, check_folder

from matterlearn.report.figures.style import INK, new_figure, style
from matterlearn.studies.figures.foundations.axes import logarithmic
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
