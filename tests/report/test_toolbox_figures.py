"""Figures of the toolbox: what is drawn is what was measured."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from scipy.cluster.hierarchy import fcluster, linkage
from sklearn.datasets import load_wine
from sklearn.preprocessing import StandardScaler

from matterlearn.core.errors import ArgumentError
from matterlearn.models.density import choose_components
from matterlearn.report.figures.bias_variance import bias_variance
from matterlearn.report.figures.dendrogram import MOST_LEAVES, dendrogram, longest_step
from matterlearn.report.figures.mixture_selection import mixture_selection
from matterlearn.report.figures.model_complexity import model_complexity
from matterlearn.report.figures.style import save_figure, style
from matterlearn.validation.assessment.complexity import ComplexityCurve
from matterlearn.validation.assessment.decomposition import decompose


def curve(values, best=2, one_se=1):
    n = len(values)
    table = pd.DataFrame(
        {
            "value": pd.Series(values, dtype=object if None in values else None),
            "train": np.linspace(2.0, 0.0, n),
            "train_sd": 0.1,
            "test": 1.0 + (np.arange(n) - best) ** 2 / n,
            "test_sd": 0.3,
        }
    )
    return ComplexityCurve("tree__max_depth", "mean squared error", table, pd.DataFrame(), best, one_se)


WINE = StandardScaler().fit_transform(load_wine().data)
TREE = linkage(WINE[::6], "ward")
MIXTURE = choose_components(WINE[:, [0, 6, 9]], range(1, 6))
PARTS = {
    "line": decompose([[1.0, 2.0], [1.2, 2.2]], [0.0, 1.0], noise=0.1),
    "a tree with a very long name, so long that it is cut": decompose([[0.0, 2.0], [1.0, 0.0]], [0.0, 1.0], noise=0.1),
}
FIGURES = {
    "steps": lambda: model_complexity(curve([1, 2, 3, 5, None]), unit="eV²"),
    "log": lambda: model_complexity(curve([1e-4, 1e-3, 1e-2, 1e-1, 1.0, 10.0]), label="penalty"),
    "falling": lambda: model_complexity(curve([100, 60, 40, 30, 25, 20, 15, 12, 10, 8, 6, 4, 3, 2, 1])),
    "one value": lambda: model_complexity(curve([3], best=0, one_se=0)),
    "bias and variance": lambda: bias_variance(PARTS, unit="eV/atom"),
    "mixture": lambda: mixture_selection(MIXTURE),
    "one component": lambda: mixture_selection(choose_components(WINE[:, :2], [1])),
    "dendrogram": lambda: dendrogram(TREE, [f"a wine of some name {i}" for i in range(len(WINE[::6]))]),
    "many rows": lambda: dendrogram(linkage(WINE, "average"), cut=4.5, unit="sd"),
    "two rows": lambda: dendrogram(linkage(WINE[:2])),
}


def drawn(figure):
    with style():
        FigureCanvasAgg(figure).draw()
    return figure


def shown_labels(side):
    low, high = sorted(side.get_view_interval())
    return [
        text
        for place, text in zip(side.get_ticklocs(), side.get_ticklabels(), strict=True)
        if text.get_text() and low <= place <= high
    ]


@pytest.mark.parametrize("name", list(FIGURES))
def test_it_is_drawn_whole_and_its_labels_do_not_overlap(name):
    figure = drawn(FIGURES[name]())
    box = figure.bbox.padded(2)
    for axis in figure.axes:
        ticks = [shown_labels(side) for side in (axis.xaxis, axis.yaxis)]
        for text in [axis.xaxis.label, axis.yaxis.label, *axis.texts, *figure.texts, *ticks[0], *ticks[1]]:
            if text.get_text():
                found = text.get_window_extent()
                assert box.x0 <= found.x0 and found.x1 <= box.x1, text.get_text()  # noqa: PT018
                assert "mathdefault" not in text.get_text()
        for labels in ticks:
            shown = [t.get_window_extent().padded(-1) for t in labels]
            assert not any(a.overlaps(b) for a, b in pairwise(shown)), name


def test_files_are_the_same_each_time(tmp_path):
    first, again = (save_figure(FIGURES["mixture"](), tmp_path, "figure") for _ in range(2))
    assert first == again


def test_complexity_shows_the_errors_and_what_is_chosen():
    figure = FIGURES["steps"]()
    (axis,) = figure.axes
    np.testing.assert_allclose(axis.lines[1].get_ydata(), curve([1, 2, 3, 5, None]).table["test"])
    assert [text.get_text() for text in axis.get_xticklabels()] == ["1", "2", "3", "5", "None"]
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert labels == ["training rows", "held rows", "lowest: 3", "one standard error: 2"]
    assert figure.points[1].texts[4].startswith("tree__max_depth = None\nheld rows: mean squared error")
    falling = FIGURES["falling"]().axes[0]
    assert falling.get_xscale() == "log"
    assert falling.xaxis_inverted()  # simple on the left


def test_bars_add_up_to_the_error():
    (axis,) = FIGURES["bias and variance"]().axes
    widths = np.array([[bar.get_width() for bar in bars] for bars in axis.containers])
    np.testing.assert_allclose(widths.sum(axis=0), [parts.mse for parts in PARTS.values()])
    np.testing.assert_allclose(widths[2], 0.1)
    assert axis.get_xlabel() == "mean squared error (eV²/atom²)"


def test_mixture_marks_both_choices():
    left, right = FIGURES["mixture"]().axes
    assert left.collections[0].get_offsets()[0].tolist() == [MIXTURE.by_bic, MIXTURE.table["bic"].min()]
    assert right.collections[0].get_offsets()[0][0] == MIXTURE.by_entropy


def test_dendrogram_colours_each_cluster_below_the_cut():
    figure = FIGURES["dendrogram"]()
    (axis,) = figure.axes
    clusters = fcluster(TREE, longest_step(TREE), "distance")
    colors = {}
    for text in axis.get_yticklabels():
        row = int(text.get_text().rsplit(" ", 1)[1])
        colors.setdefault(clusters[row], set()).add(text.get_color())
    assert all(len(found) == 1 for found in colors.values())
    assert len({next(iter(found)) for found in colors.values()}) == len(colors) == clusters.max()
    assert len(figure.points[0].texts) == len(TREE)
    many = FIGURES["many rows"]().axes[0]
    counts = [text.get_text() for text in many.get_yticklabels()]
    assert len(counts) == MOST_LEAVES
    assert sum(int(text.split()[0]) if "rows" in text else 1 for text in counts) == len(WINE)


def test_what_is_no_tree_is_said():
    for wrong in ([[0, 5, 2, 2]], [[0, 0, 2, 2]], [[0, 1, -2, 2]], [[0, 1, 2, 7]], [[0, 1, 2]], [[0.5, 1, 2, 2]], []):
        with pytest.raises(ArgumentError, match="not a linkage"):
            dendrogram(wrong)
    with pytest.raises(ArgumentError, match="1 labels for 30 rows"):
        dendrogram(TREE, ["a"])
