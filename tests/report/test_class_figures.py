"""Figures of classes: what is drawn is what scikit-learn, or a count by hand, says."""

from __future__ import annotations

import functools
import io
import math
import warnings

import matplotlib as mpl
import matplotlib.image
import numpy as np
import pytest
from class_evidence import BINARY, class_evidence
from matplotlib.figure import Figure
from sklearn.metrics import average_precision_score, confusion_matrix, roc_auc_score, roc_curve

from matterlearn.report.class_facts import ClassFacts
from matterlearn.report.figures.accuracy_coverage import accuracy_coverage
from matterlearn.report.figures.class_scores import class_scores
from matterlearn.report.figures.class_set_coverage import LEVELS, class_set_coverage
from matterlearn.report.figures.confusion import confusion
from matterlearn.report.figures.precision_recall import precision_recall
from matterlearn.report.figures.prior_shift import prior_shift, shifted_decisions
from matterlearn.report.figures.probability_histogram import MOST, probability_histogram
from matterlearn.report.figures.reliability_diagram import reliability_diagram
from matterlearn.report.figures.roc import roc
from matterlearn.report.figures.style import GREY, save_figure
from matterlearn.report.figures.threshold_cost import mean_costs, threshold_cost

MANY = [f"class {k:02d}" for k in range(30)]
EVIL = "$a_$ \\frac{ <b>&能"


@functools.cache
def facts(many: bool = False) -> ClassFacts:
    evidence = class_evidence(MANY if many else BINARY, 400, splits=("random",), skill=1.5)
    return ClassFacts(evidence.of("kind"))


def rows(many: bool = False):
    return facts(many).rows("random")


def texts(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.findobj(mpl.text.Text) if text.get_text()]


def legend(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.legends[0].get_texts()]


def one_class() -> tuple[np.ndarray, np.ndarray]:
    return rows().codes == 1, rows().P[:, 1]


FIGURES = {
    "roc": lambda: roc({"random rows": one_class()}, title=EVIL),
    "precision-recall": lambda: precision_recall({EVIL: one_class()}),
    "reliability": lambda: reliability_diagram({"a": one_class(), EVIL: one_class()}, title=EVIL),
    "accuracy": lambda: accuracy_coverage(
        {EVIL: (facts().right("random"), facts().confidence("random"))},
        chosen={EVIL: (0.8, 0.97)},
        theta=0.8,
        promised=0.95,
    ),
    "probabilities": lambda: probability_histogram(
        rows().P[:, 1], rows().codes, ["a", EVIL], label=EVIL, threshold=0.5, title=EVIL
    ),
    "scores": lambda: class_scores(facts().scores),
    "priors": lambda: prior_shift(rows().P, rows().codes, 1, [0.5, 0.5], name=EVIL),
    "cost": lambda: threshold_cost(*one_class(), cost_missed=5.0, chosen=[0.1, 0.2], name=EVIL),
    "sets": lambda: class_set_coverage({EVIL: (rows().codes, rows().level_needed)}, level=0.9),
    "confusion": lambda: confusion(
        {EVIL: (np.array(MANY)[rows(True).codes], np.array(MANY)[rows(True).decided])}, MANY
    ),
}


@pytest.mark.parametrize("make", FIGURES.values(), ids=FIGURES)
def test_files_that_show_something(make, tmp_path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure = make()
        png = save_figure(figure, tmp_path, "figure")
    assert (tmp_path / "figure.svg").stat().st_size > 3_000
    pixels = matplotlib.image.imread(io.BytesIO(png))[..., :3]
    assert pixels.shape[1] >= 700  # a journal column at 200 dots per inch
    assert 0.005 < np.any(pixels < 0.9, axis=2).mean() < 0.7
    assert figure.points
    assert not any("nan" in text.split() for points in figure.points for text in points.texts)


def test_roc_is_that_of_scikit_learn() -> None:
    is_class, p = one_class()
    figure = roc({"test": (is_class, p)})
    curve = next(line for line in figure.axes[0].lines if line.get_label().startswith("test"))
    false, true, _ = roc_curve(is_class, p, drop_intermediate=False)
    np.testing.assert_allclose(curve.get_xydata(), np.stack([false, true], axis=1), atol=1e-12)
    assert legend(figure) == [f"test  {roc_auc_score(is_class, p):.3f}"]
    weight = np.arange(len(p)) % 3 + 1.0
    weighted = roc({"test": (is_class, p, weight)})
    assert legend(weighted) == [f"test  {roc_auc_score(is_class, p, sample_weight=weight):.3f}"]
    assert legend(roc({"test": (is_class, p)}, areas={"test": (0.9, 0.8, 0.95)})) == ["test  0.900 (0.800–0.950)"]
    assert legend(roc({"test": (is_class, p)}, areas={"test": (0.9, math.nan, math.nan)})) == ["test  0.900"]


def test_precision_recall_has_the_average_precision_and_chance() -> None:
    is_class, p = one_class()
    figure = precision_recall({"test": (is_class, p)})
    assert legend(figure) == [f"test  {average_precision_score(is_class, p):.3f}"]
    share = is_class.mean()
    assert f"chance {100 * share:.0f}\N{NO-BREAK SPACE}%" in texts(figure)
    (guide,) = [lines for lines in figure.axes[0].collections if "LineCollection" in type(lines).__name__]
    assert guide.get_segments()[0][0, 1] == pytest.approx(share)


def test_curves_without_both_kinds_are_left_out() -> None:
    figure = roc({"none": ([False, False], [0.1, 0.2]), "some": ([False, True], [0.1, 0.2])})
    assert legend(figure) == ["some  1.000"]
    assert "no rows of both kinds" in texts(roc({"none": ([True, True], [0.1, 0.2])}))
    assert "no rows of both kinds" in texts(precision_recall({"none": ([False, False], [0.1, 0.2])}))


def test_of_thirty_classes_the_worst_are_named() -> None:
    curves = {label: (rows(True).codes == k, rows(True).P[:, k]) for k, label in enumerate(MANY)}
    figure = roc(curves)
    areas = {label: roc_auc_score(*curve) for label, curve in curves.items()}
    worst = sorted(areas, key=areas.__getitem__)[:6]
    assert [text.split("  ")[0] for text in legend(figure)[:6]] == worst
    assert legend(figure)[6].startswith("24 others (")
    assert sum(line.get_color() == GREY and line.get_linewidth() < 0.7 for line in figure.axes[0].lines) == 24


def test_reliability_of_planted_bins() -> None:
    """Of 100 rows stated 15 %, 40 are of the class; of 50 stated 95 %, all."""
    p = np.repeat([0.15, 0.95], [100, 50])
    is_class = np.r_[np.arange(100) < 40, np.ones(50, dtype=bool)]
    figure = reliability_diagram({"after": (is_class, p)})
    curve = figure.axes[0].lines[1].get_xydata()
    np.testing.assert_allclose(curve, [[0.15, 0.4], [0.95, 1.0]])
    bars = figure.axes[0].collections[0].get_segments()
    assert bars[0][0, 1] < 0.4 < bars[0][1, 1]
    assert bars[1][1, 1] == 1.0
    (histogram,) = figure.axes[1].patches
    assert np.sort(histogram.get_data().values)[-2:].tolist() == pytest.approx([1 / 3, 2 / 3])


def test_accuracy_against_coverage() -> None:
    """The 50 surest rows are right, of the other 50 half."""
    right = np.r_[np.ones(50, dtype=bool), np.arange(50) % 2 == 0]
    sure = np.r_[np.full(50, 0.9), np.full(50, 0.6)]
    figure = accuracy_coverage({"test": (right, sure)}, chosen={"test": (0.5, 1.0)}, theta=0.8, promised=0.9)
    curve, point, promise = figure.axes[0].lines
    np.testing.assert_allclose(curve.get_xydata(), [[0.5, 1.0], [1.0, 0.75]])
    assert point.get_xydata().tolist() == [[0.5, 1.0]]
    assert promise.get_ydata()[0] == 0.9
    assert {"θ = 0.8", "wanted 90\N{NO-BREAK SPACE}%"} <= set(texts(figure))


def test_histograms_hold_every_row() -> None:
    figure = probability_histogram([0.0, 0.5, 1.0, 1.0], [0, 0, 1, 1], ["no", "yes", "never"], label="p")
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["no", "yes"]
    drawn = [points.texts for points in figure.points]
    assert [len(part) for part in drawn] == [2, 1]
    assert drawn[1][0].startswith("yes\n100\N{NO-BREAK SPACE}% of 2 rows")
    many = probability_histogram(rows(True).P[np.arange(400), rows(True).codes], rows(True).codes, MANY, label="p")
    assert len(many.axes[0].get_yticklabels()) == MOST


def test_scores_stand_where_they_are() -> None:
    figure = class_scores(facts().scores)
    for axis, score in zip(figure.axes, ("log_loss", "roc_auc"), strict=True):
        found = {
            points.get_label(): float(np.asarray(points.get_offsets())[0, 0])
            for points in axis.collections
            if not points.get_label().startswith("_")
        }
        expected = facts().scores.query("split == 'random'").set_index("model")[score]
        assert found == pytest.approx(np.clip(expected, *axis.get_xlim()).to_dict())


def test_priors_change_decisions_as_bayes_says() -> None:
    P = np.array([[0.9, 0.1], [0.45, 0.55], [0.3, 0.7], [0.05, 0.95]])
    codes = np.array([0, 0, 1, 1])
    adapted, fixed = shifted_decisions(P, codes, 1, [0.5, 0.5], shares=[0.5, 0.2])
    # At a half nothing changes: rows 2 to 4 are decided for; one of them wrongly.
    for table in (adapted, fixed):
        assert [values[0] for values in table] == pytest.approx([2 / 3, 1.0, 0.75])
    # At one fifth odds are a quarter: only 0.95 stays above one half (19 / 4 against 1).
    assert [values[1] for values in adapted] == pytest.approx([1.0, 0.5, 0.1])
    # Without being told, half of the other rows are false alarms: 0.2 of 0.2 + 0.8 / 2.
    assert [values[1] for values in fixed] == pytest.approx([0.2 / 0.6, 1.0, 0.6])


def test_nothing_decided_has_no_precision() -> None:
    (precision, recall, share), _ = shifted_decisions([[0.6, 0.4], [0.9, 0.1]], [1, 0], 1, [0.5, 0.5], shares=[0.1])
    assert math.isnan(precision[0])
    assert (recall[0], share[0]) == (0.0, 0.0)


def test_costs_are_counted() -> None:
    is_positive, p = one_class()
    thresholds = np.array([0.0, 0.3, 0.5, 0.9, 1.0])
    found = mean_costs(thresholds, is_positive, p, cost_missed=5.0, cost_false=2.0)
    counts = [confusion_matrix(is_positive, p >= threshold) for threshold in thresholds[:-1]]
    expected = [(5.0 * matrix[1, 0] + 2.0 * matrix[0, 1]) / len(p) for matrix in counts]
    np.testing.assert_allclose(found[:-1], expected)
    assert found[-1] == pytest.approx(5.0 * is_positive.mean())
    figure = threshold_cost(is_positive, p, chosen=[0.2, 0.4])
    assert "chosen: 0.3" in texts(figure)


def test_sets_are_counted() -> None:
    needed = np.array([[0.55, 0.95], [0.99, 0.65]])
    figure = class_set_coverage({"test": ([0, 0], needed)}, level=0.9)
    held, size = figure.axes[0].lines[1], figure.axes[1].lines[0]
    np.testing.assert_allclose(held.get_ydata(), np.where(LEVELS >= 0.55, 0.5, 0.0))
    expected = (needed[..., None] <= LEVELS).sum(axis=(0, 1)) / 2
    np.testing.assert_allclose(size.get_ydata(), expected)


def test_large_confusion_matrices_answer_without_numbers() -> None:
    figure = FIGURES["confusion"]()
    (axis,) = figure.axes
    assert not axis.texts
    (points,) = figure.points
    assert len(points.texts) == len(MANY) ** 2
    counts = confusion_matrix(rows(True).codes, rows(True).decided)
    assert points.texts[1].endswith(f"{counts[0, 1]} rows, {100 * counts[0, 1] / counts[0].sum():.0f}\xa0% of class 00")
    assert (points.x[1], points.y[1]) == (1, 0)  # predicted to the right, actual downwards
    assert max(figure.get_size_inches()) < 8
