from __future__ import annotations

import io
import struct
import warnings
import xml.etree.ElementTree as ET
from dataclasses import replace

import matplotlib as mpl
import matplotlib.image
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from matter_tables import METALS
from perovskite_evidence import perovskites
from planted_evidence import planted

from matterlearn.chemistry.elements import SYMBOLS
from matterlearn.report.facts import Facts
from matterlearn.report.figures.calibration_curve import calibration_curve
from matterlearn.report.figures.coverage_by_element import coverage_by_element
from matterlearn.report.figures.coverage_in_bins import coverage_in_bins
from matterlearn.report.figures.domain_errors import domain_errors
from matterlearn.report.figures.held_out import MOST as MOST_HELD_OUT
from matterlearn.report.figures.held_out import held_out
from matterlearn.report.figures.importance import importance, importance_table
from matterlearn.report.figures.interval_widths import interval_widths
from matterlearn.report.figures.learning_curve import learning_curve, mean_curve, power_law
from matterlearn.report.figures.parity import parity
from matterlearn.report.figures.parity_of_split import parity_limits, parity_of_split
from matterlearn.report.figures.partial_dependence import partial_dependence
from matterlearn.report.figures.periodic_table import periodic_table, places
from matterlearn.report.figures.residual_distribution import residual_distribution
from matterlearn.report.figures.residuals import residuals
from matterlearn.report.figures.scatter import density_scatter
from matterlearn.report.figures.split_errors import split_errors
from matterlearn.report.figures.style import BLUE, ORANGE, new_figure, page_image, save_figure, style
from matterlearn.validation.breakdown import by_domain, by_size

EVIDENCE = planted(
    {"random": {"a": 0.5, "b": 0.7}, "element": {"Na": 0.8, "Cl, Br": 2.0, "K": 1.2}},
    baselines={"mean": 3.0, "1-nn": 1.5},
    training=0.1,
)
FACTS = Facts(EVIDENCE)
MANY = perovskites(800)


def panels(n: int = 50) -> dict:
    y = np.linspace(-1, 1, n)
    return {"random rows": (y, y + 0.1), "unseen elements": (y, -y)}


FIGURES = {
    "split errors": lambda: split_errors(FACTS.scores, "eV"),
    "held out": lambda: held_out(FACTS.by_fold("element"), level=0.9, unit="eV", random=0.6),
    "parity": lambda: parity(panels(), unit="eV", target="gap"),
    "dense parity": lambda: parity(panels(500), unit="eV", target="gap"),
    "a few beyond the axes": lambda: parity({"x": ([0.0, 1.0], [0.0, 99.0])}, unit="eV", target="gap"),
    "parity of a split": lambda: parity_of_split(EVIDENCE, "random"),
    "parity of training rows": lambda: parity_of_split(EVIDENCE, "training rows"),
    "dense parity of a split": lambda: parity_of_split(MANY, "element"),
    "residuals": lambda: residuals(EVIDENCE, "element"),
    "dense residuals": lambda: residuals(MANY, "element"),
    "residual distribution": lambda: residual_distribution(MANY),
    "interval widths": lambda: interval_widths(EVIDENCE),
    "importance": lambda: importance(EVIDENCE, "property"),
    "learning curve": lambda: learning_curve(EVIDENCE),
    "partial dependence": lambda: partial_dependence(EVIDENCE, EVIDENCE.diagnostics["partial_dependence"][0]),
    "domain errors": lambda: domain_errors(MANY, "random"),
    "calibration": lambda: calibration_curve(EVIDENCE),
    "coverage by size": lambda: coverage_in_bins({"random": by_size(MANY.predictions, "random")}, level=0.9, label="p"),
    "coverage by distance": lambda: coverage_in_bins(
        {"random": by_domain(MANY.predictions, "random")[:5]}, level=0.9, label="distance"
    ),
    "coverage by element": lambda: coverage_by_element(Facts(MANY).by_element("element"), level=0.9, split="element"),
    "periodic table": lambda: periodic_table({"O": 0.3, "Fe": 1.0}, {"O": 5, "Fe": 40_000}, label="error", unit="eV"),
}
SHARES = {"calibration", "coverage by size", "coverage by distance", "coverage by element"}


def texts(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.findobj(mpl.text.Text) if text.get_text()]


def labels(figure: Figure) -> list[str]:
    return [axis.get_xlabel() for axis in figure.axes] + [axis.get_ylabel() for axis in figure.axes]


@pytest.mark.parametrize("make", FIGURES.values(), ids=FIGURES)
def test_valid_files_that_show_something_and_always_the_same(make, tmp_path):
    png = save_figure(make(), tmp_path, "figure")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["figure.png", "figure.svg"]
    save_figure(make(), tmp_path, "again")
    for ending in ("png", "svg"):
        assert (tmp_path / f"figure.{ending}").read_bytes() == (tmp_path / f"again.{ending}").read_bytes()
    assert (tmp_path / "figure.png").read_bytes() == png
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    pixels = matplotlib.image.imread(io.BytesIO(png))[..., :3]
    height, width = pixels.shape[:2]
    assert struct.unpack(">II", png[16:24]) == (width, height)
    assert width >= 700  # a journal column at 200 dots per inch
    inked = np.any(pixels < 0.9, axis=2)
    assert 0.005 < inked.mean() < 0.7
    assert inked[:, : width // 2].any()
    assert inked[:, width // 2 :].any()
    root = ET.fromstring((tmp_path / "figure.svg").read_text(encoding="utf-8"))
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert len(list(root.iter("{http://www.w3.org/2000/svg}path"))) > 5


@pytest.mark.parametrize("name", [name for name in FIGURES if name not in SHARES])
def test_every_figure_of_the_target_names_its_unit(name):
    named = [label for label in labels(FIGURES[name]()) if label]
    assert any(label.endswith(("(eV)", "(eV/atom)")) for label in named)


def test_no_unit_no_brackets():
    assert "predicted gap" in labels(parity(panels(), target="gap"))


def test_the_image_of_the_page_is_small_and_has_white_paper(tmp_path):
    png = save_figure(parity_of_split(MANY, "random"), tmp_path, "figure")
    small = page_image(png)
    assert len(small) < 0.6 * len(png)
    before, after = (matplotlib.image.imread(io.BytesIO(data))[..., :3] for data in (png, small))
    assert before.shape == after.shape
    assert after[0, 0].tolist() == [1.0, 1.0, 1.0]
    assert np.abs(before - after).mean() < 0.01


def test_split_errors_shows_what_was_scored():
    figure = split_errors(FACTS.scores, "eV")
    points = {
        series.get_label(): np.asarray(series.get_offsets())[:, 0].tolist()
        for series in figure.axes[0].collections
        if not series.get_label().startswith("_")
    }
    assert points["model"] == pytest.approx([0.6, (0.8 + 2.0 + 1.2) / 3])
    assert points["mean"] == pytest.approx([3.0, 3.0])
    assert points["1-nn"] == pytest.approx([1.5, 1.5])
    shown = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert shown == ["random rows", "unseen elements"]  # and not the training rows
    assert {"model", "mean", "1-nn"} <= set(texts(figure))


def test_a_hopeless_baseline_stands_at_the_edge():
    figure = split_errors(planted({"random": {"a": 0.5}}, baselines={"mean": 1.0, "wild": 99.0}).scores())
    end = figure.axes[0].get_xlim()[1]
    assert end < 2
    (wild,) = [series for series in figure.axes[0].collections if series.get_label() == "wild"]
    assert np.asarray(wild.get_offsets())[0, 0] == pytest.approx(end)
    assert any("MAE 99" in text for points in figure.points for text in points.texts)


def test_held_out_worst_first_and_orange_where_intervals_fail():
    figure = held_out(FACTS.by_fold("element"), level=0.9, unit="eV", random=0.6)
    axis = figure.axes[0]
    assert [label.get_text() for label in axis.get_yticklabels()] == ["Cl, Br", "K", "Na"]
    assert [patch.get_width() for patch in axis.patches] == pytest.approx([2.0, 1.2, 0.8])
    colors = [mpl.colors.to_hex(patch.get_facecolor()).upper() for patch in axis.patches]
    assert colors == [ORANGE, ORANGE, BLUE]  # intervals reach 1.0 to either side
    assert [text.get_text().strip() for text in axis.texts] == ["0% of 10", "0% of 10", "100% of 10"]
    (line,) = axis.lines
    assert line.get_xdata() == pytest.approx([0.6, 0.6])


def test_of_many_folds_the_worst_are_drawn():
    errors = {f"system {k}": 0.1 * k for k in range(1, MOST_HELD_OUT + 10)}
    figure = held_out(Facts(planted({"system": errors})).by_fold("system"), level=0.9)
    shown = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert len(shown) == MOST_HELD_OUT
    assert shown[0] == f"system {MOST_HELD_OUT + 9}"


def test_parity_counts_what_lies_beyond_the_axes():
    figure = parity({"x": ([0.0, 1.0, 2.0], [0.0, 99.0, -50.0])})
    assert "2 beyond the axes" in texts(figure)
    assert any("MAE = 50\n" in text for text in texts(figure))  # they count all the same
    assert not any("beyond" in text for text in texts(parity(panels())))


def test_parity_says_the_scores():
    (axis,) = parity({"x": ([0.0, 2.0], [0.5, 1.5])}, unit="eV").axes
    (note,) = axis.texts
    assert note.get_text() == "R² = 0.750\nMAE = 0.5 eV\nn = 2"


def test_parity_of_a_split_says_the_scores_and_counts_every_row():
    figure = parity_of_split(EVIDENCE, "random")
    assert any(text.startswith("MAE 0.6 eV\nR² ") and text.endswith("n = 20") for text in texts(figure))
    panel, above, beside = figure.axes
    assert sum(bar.get_height() ** 2 for bar in above.patches) == pytest.approx(20)  # square roots of counts
    assert sum(bar.get_width() ** 2 for bar in beside.patches) == pytest.approx(20)
    assert panel.get_xlim() == panel.get_ylim() == parity_limits(EVIDENCE)
    drawn = sum(len(series.get_offsets()) for series in panel.collections)
    assert drawn == 20


def test_limits_of_parity_leave_out_what_is_wild():
    predictions = MANY.predictions.copy()
    first = predictions.index[predictions["row_id"] == 1]
    predictions.loc[first, "y"] = 1e6
    wild = replace(MANY, predictions=predictions)
    assert parity_limits(wild)[1] < 10
    figure = parity_of_split(wild, "random")
    assert any("beyond the axes" in text for text in texts(figure))
    few = planted({"random": {"a": 0.1}})
    assert parity_limits(few) == pytest.approx((-0.45, 9.45))  # of few rows none is left out


def test_points_beyond_the_axes_stand_at_the_edge_as_triangles():
    _, axis = new_figure()
    x, y = [0.5, 0.5, 0.5, 2.0, -1.0, 2.0], [0.5, 3.0, -3.0, 0.5, 0.5, 5.0]
    assert density_scatter(axis, x, y, (0, 1), (0, 1)) == 5
    places = np.concatenate([np.asarray(series.get_offsets()) for series in axis.collections])
    expected = [(0.5, 0.5), (0.5, 1.0), (1.0, 1.0), (0.5, 0.0), (1.0, 0.5), (0.0, 0.5)]
    assert sorted(map(tuple, places.tolist())) == sorted(expected)
    markers = {series.get_paths()[0].vertices.tobytes() for series in axis.collections}
    assert len(markers) == 5


def test_the_densest_place_is_darkest():
    rng = np.random.default_rng(0)
    x = np.concatenate([rng.normal(0.3, 0.01, 400), [0.9]])
    _, axis = new_figure()
    density_scatter(axis, x, x, (0, 1), (0, 1))
    (series,) = axis.collections
    crowd = np.asarray(series.get_array())
    alone = int(np.argmax(np.asarray(series.get_offsets())[:, 0]))
    assert crowd[alone] == crowd.min() == 0
    dark = series.get_cmap()([0.0, 1.0])[:, :3] @ [0.2126, 0.7152, 0.0722]
    assert dark[1] < dark[0] < 0.6  # and what is alone still stands out on white


def test_residuals_follow_a_planted_bias():
    """Errors of +0.5 above 5 and of −0.5 below: the median line must show both."""
    evidence = planted({"random": {str(k): 0.0 for k in range(10)}})
    shifted = evidence.predictions.assign(
        prediction=evidence.predictions["y"] + np.where(evidence.predictions["y"] > 5, 0.5, -0.5)
    )
    figure = residuals(replace(evidence, predictions=shifted), "random")
    median = next(line for line in figure.axes[0].lines if line.get_linewidth() == 1.6)
    x, y = median.get_data()
    assert (np.asarray(y)[np.asarray(x) > 6] == 0.5).all()
    assert (np.asarray(y)[np.asarray(x) < 4] == -0.5).all()


def test_a_planted_power_law_is_found():
    entries = EVIDENCE.diagnostics["learning_curve"]
    curve = mean_curve(entries)
    assert curve["n_train"].tolist() == [10, 20, 40, 80]
    assert (curve["low"] < curve["mae"]).all()
    assert (curve["mae"] < curve["high"]).all()
    factor, exponent = power_law(curve)
    assert factor == pytest.approx(8.0 * 1.05)
    assert exponent == pytest.approx(-0.5)
    assert power_law(curve.head(2)) is None


def test_the_steps_of_a_learning_curve_are_written_at_its_axis():
    axis = learning_curve(EVIDENCE).axes[0]
    assert [label.get_text() for label in axis.get_xticklabels()] == ["10", "20", "40", "80"]


def test_folds_of_other_sizes_share_the_steps_of_a_learning_curve():
    entries = [
        {"repeat": 0, "fold": fold, "n_train": n + fold, "mae": 1.0} for fold in range(3) for n in (10, 100, 1000)
    ]
    assert mean_curve(entries)["n_train"].tolist() == [11, 101, 1001]


def test_importance_is_sorted_and_its_spread_is_of_folds_and_repeats():
    table = importance_table(EVIDENCE, "property")
    assert table["name"].tolist() == ["electronegativity", "covalent radius", "group"]
    assert table["mean"].tolist() == pytest.approx([0.9 * 1.05, 0.3 * 1.05, 0.01 * 1.05])
    assert table["sd"][0] == pytest.approx(np.hypot(0.045, 0.05))  # folds 0.9 and 0.99; repeats 0.05
    assert importance_table(EVIDENCE, "input").empty


def test_calibration_of_a_split_that_holds_and_one_that_fails():
    evidence = planted({"random": {"a": 0.0}, "element": {"Na": 5.0}}, half_width=1.0)
    held, failed = (line for line in calibration_curve(evidence).axes[0].lines if line.get_label()[0] != "_")
    assert set(held.get_ydata()) == {1.0}
    assert set(failed.get_ydata()) == {0.0}


def test_elements_whose_intervals_fail_are_orange_and_named():
    table = pd.DataFrame({"element": ["O", "Tc", "Os"], "n_rows": [100, 50, 4], "coverage": [0.9, 0.4, 0.75]}).assign(
        coverage_high=[0.95, 0.55, 0.99]
    )
    figure = coverage_by_element(table, level=0.9, split="random")
    assert [text.get_text() for text in figure.axes[0].texts] == ["Tc"]
    fine, failing = figure.axes[0].collections[-2:]
    assert len(fine.get_offsets()) == 2
    assert np.asarray(failing.get_offsets()).tolist() == [[50, 0.4]]


def test_the_periodic_table_has_every_element_once_and_in_its_place():
    assert set(places()) == set(SYMBOLS)
    assert len(set(places().values())) == len(SYMBOLS)
    column = {symbol: place[0] for symbol, place in places().items()}
    for group in ("Li Na K Rb Cs Fr", "F Cl Br I At", "Cu Ag Au", "Ti Zr Hf", "C Si Ge Sn Pb"):
        assert len({column[symbol] for symbol in group.split()}) == 1, group
    assert column["H"] == 1
    assert column["He"] == column["Rn"] == 18
    assert column["Hf"] == column["Ti"] == 4


def test_only_elements_with_a_value_are_coloured():
    figure = periodic_table({"O": 0.3, "Fe": 1.0, "Xx": 9.0}, {"O": 5, "Fe": 40_000}, label="error", unit="eV")
    (cells,) = figure.axes[0].collections
    colored = [symbol for symbol, color in zip(SYMBOLS, cells.get_facecolor(), strict=True) if color[:3].min() < 1]
    assert colored == ["O", "Fe"]
    assert {"5", "40k", "error (eV)"} <= {*texts(figure), *labels(figure)}


def test_names_with_dollars_and_other_scripts(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure = parity({"$a_$ {b} \\frac 化学": ([0.0, 1.0], [0.0, 1.0])}, unit="$x^", target="能隙 $$_")
        save_figure(figure, tmp_path, "figure")
    assert (tmp_path / "figure.svg").stat().st_size > 1_000


def test_long_names_are_broken():
    elements = ", ".join(METALS)
    evidence = planted({"element": {elements: 1.0, "H": 0.5}})
    figure = held_out(Facts(evidence).by_fold("element"), level=0.9)
    label = figure.axes[0].get_yticklabels()[0].get_text()
    assert max(map(len, label.splitlines())) <= 26
    assert label.replace("\n", " ") == f"{', '.join(METALS[:5])} ... ({len(METALS)})"


def test_the_user_s_settings_are_left_alone(tmp_path):
    with mpl.rc_context({"font.size": 17.0}):
        save_figure(split_errors(FACTS.scores), tmp_path, "figure")
        assert mpl.rcParams["font.size"] == 17.0
        with style():
            assert mpl.rcParams["font.size"] != 17.0


def test_a_split_of_one_fold(tmp_path):
    evidence = planted({"holdout:set": {"set = test": 0.5}})
    figure = split_errors(evidence.scores())
    save_figure(figure, tmp_path, "figure")
    assert "hold-out by set" in texts(figure)


def test_unbounded_intervals_are_counted():
    evidence = planted({"random": {"a": 0.5}}, half_width=float("inf"))
    figure = interval_widths(evidence)
    assert "10 unbounded" in texts(figure)
