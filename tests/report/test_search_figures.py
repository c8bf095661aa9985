"""Figures of a search: what is drawn is what was scored."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection

from matterlearn.core.errors import ArgumentError
from matterlearn.report.figures.search_curves import search_curves
from matterlearn.report.figures.search_history import search_history
from matterlearn.report.figures.search_importance import search_importance
from matterlearn.report.figures.search_parallel import search_parallel
from matterlearn.report.figures.search_score import parameter_names, shown_score
from matterlearn.report.figures.style import save_figure, style

N = 12
RATES = np.geomspace(1e-4, 1e-1, N)
MEANS = -np.array([0.5, 0.4, 0.6, 0.3, 40.0, 0.35, np.nan, 0.25, 0.45, np.nan, 0.28, 0.3])
RESULTS = {
    "mean_test_score": MEANS,
    "split0_test_score": np.where(np.arange(N) == 9, -0.55, MEANS),
    "split1_test_score": MEANS,
    "state": ["failed" if i == 6 else "pruned" if i == 9 else "complete" for i in range(N)],
    "param_net__learning_rate": np.ma.MaskedArray(RATES, mask=np.zeros(N)),
    "param_net__hidden_widths": np.ma.MaskedArray(np.array([None] * N, dtype=object), mask=np.zeros(N)),
    "param_net__momentum": np.ma.MaskedArray(np.linspace(0.5, 0.9, N), mask=np.arange(N) % 2 == 0),
    "param_net__constant": np.ma.MaskedArray(np.ones(N), mask=np.zeros(N)),
    "params": [{"net__learning_rate": rate} for rate in RATES],
}
for i in range(N):
    RESULTS["param_net__hidden_widths"][i] = [(64,), (32, 32)][i % 2]
CURVES = [{"loss": np.geomspace(1, 0.1, 9) + k, "validation": np.geomspace(1, 0.2, 9) + k} for k in range(N)]
ERROR = {"scoring": "neg_mean_absolute_error", "unit": "eV"}
FIGURES = {
    "history": lambda: search_history(RESULTS, **ERROR),
    "importance": lambda: search_importance({"net__learning_rate": (0.8, 0.1), "net__momentum": (0.2, 0.05)}),
    "parallel": lambda: search_parallel(RESULTS, **ERROR),
    "curves": lambda: search_curves(RESULTS, CURVES, **ERROR),
    "one trial": lambda: search_history({"mean_test_score": [0.5], "split0_test_score": [0.5]}),
    "parallel of one trial": lambda: search_parallel({"mean_test_score": [0.5], "param_a": np.ma.array([1.0])}),
    "curves of one trial": lambda: search_curves({"mean_test_score": [0.5]}, [{"loss": [1.0, 0.5], "validation": None}])
}  # fmt: skip


def drawn(figure):
    """Draw a figure, so that all of it has its place."""
    with style():
        FigureCanvasAgg(figure).draw()
    return figure


@pytest.mark.parametrize("name", list(FIGURES))
def test_it_is_drawn_whole_and_the_same_each_time(name, tmp_path):
    first, again = (save_figure(FIGURES[name](), tmp_path, "figure") for _ in range(2))
    assert first == again
    figure = drawn(FIGURES[name]())
    box = figure.bbox.padded(2)
    for axis in figure.axes:
        for text in [axis.xaxis.label, axis.yaxis.label, *axis.texts, *figure.texts]:
            if text.get_text():
                found = text.get_window_extent()
                assert box.x0 <= found.x0 and found.x1 <= box.x1, text.get_text()  # noqa: PT018
                assert box.y0 <= found.y0 and found.y1 <= box.y1, text.get_text()  # noqa: PT018


def test_names_of_axes_do_not_overlap():
    figure = drawn(FIGURES["parallel"]())
    heads = [text.get_window_extent() for text in figure.axes[0].texts if text.get_position()[1] > 1.0]
    assert len(heads) == 4  # learning rate, widths, momentum, score; what is constant is not drawn
    assert not any(a.overlaps(b) for i, a in enumerate(heads) for b in heads[:i])


def test_history_shows_errors_as_errors_and_the_best_so_far():
    figure = FIGURES["history"]()
    (axis,) = figure.axes
    assert axis.get_ylabel() == "mean absolute error (eV)"
    (line,) = axis.lines
    expected = [0.5, 0.4, 0.4, 0.3, 0.3, 0.3, 0.3, 0.25, 0.25, 0.25, 0.25, 0.25]
    np.testing.assert_allclose(line.get_ydata(), expected)
    low, high = axis.get_ylim()
    assert 0.1 < low < 0.25 < 0.6 < high < 5.0  # 40 would hide the others
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert labels == ["best so far", "trial", "given up", "beyond", "failed"]
    (points,) = figure.points
    assert points.texts[9].splitlines()[1] == "mean absolute error (eV) 0.55"  # of the fold that it was tried on
    assert points.texts[6].splitlines()[1] == "failed"


def test_parallel_lines_pass_where_the_values_are():
    figure = FIGURES["parallel"]()
    (axis,) = figure.axes
    (collection,) = [
        artist for artist in axis.collections if isinstance(artist, LineCollection) and len(artist.get_paths()) > 1
    ]
    best = axis.lines[0].get_ydata()
    assert len(collection.get_paths()) == 9  # ten complete trials, and the best apart
    assert best[0] == pytest.approx(7 / 11)  # logarithmic: the eighth of twelve steps
    assert best[-1] < 0.1  # the lowest error at the foot
    assert sum(path.vertices[2, 1] < 0 for path in collection.get_paths()) == 5  # trials without a momentum
    texts = [text.get_text() for text in axis.texts]
    assert {"10⁻⁴", "10⁻³", "0.01", "0.1", "64", "32, 32", "not varied"} <= set(texts)


def test_curves_of_the_best_and_the_median_trial():
    figure = FIGURES["curves"]()
    (axis,) = figure.axes
    assert axis.get_yscale() == "log"
    best, watched, median, _ = axis.lines
    np.testing.assert_allclose(best.get_ydata(), CURVES[7]["loss"])
    np.testing.assert_allclose(watched.get_ydata(), CURVES[7]["validation"])
    complete = [i for i in range(N) if RESULTS["state"][i] == "complete"]
    ranked = sorted(complete, key=lambda i: -MEANS[i])
    np.testing.assert_allclose(median.get_ydata(), CURVES[ranked[len(ranked) // 2]]["loss"])
    with pytest.raises(ArgumentError, match="no complete trial has a learning curve; search a network"):
        search_curves(RESULTS, [{"loss": None, "validation": None}] * N)


def test_importance_is_in_the_order_given():
    (axis,) = FIGURES["importance"]().axes
    assert [text.get_text() for text in axis.get_yticklabels()] == ["learning rate", "momentum"]


def test_scores_and_names():
    assert shown_score({"mean_test_score": [0.1]}, "r2", "").label == "R²"
    assert shown_score({"mean_test_score": [0.1]}, None, "").label == "score"
    assert parameter_names(["a__alpha", "b__alpha"]) == {"a__alpha": "a alpha", "b__alpha": "b alpha"}
    with pytest.raises(ArgumentError, match="no trial is complete"):
        search_history({"mean_test_score": [np.nan]})
