"""Confusion matrices as figures: what is written in the cells is what scikit-learn counts."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix

from matterlearn.report.figures.confusion import confusion
from matterlearn.report.figures.style import save_figure

CLASSES = ["metal", "indirect", "direct"]


def draw(n_rows: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    y = rng.choice(CLASSES, n_rows, p=[0.8, 0.15, 0.05])
    return y, np.where(rng.random(n_rows) < 0.7, y, rng.choice(CLASSES, n_rows))


def test_cells_hold_counts_and_shares_of_rows(tmp_path) -> None:
    panels = {"rows learned from": draw(400, 0), "test rows": draw(100, 1)}
    figure = confusion(panels, CLASSES)
    assert len(figure.get_axes()) == 2
    for axis, (title, (y, prediction)) in zip(figure.get_axes(), panels.items(), strict=True):
        counts = confusion_matrix(y, prediction, labels=CLASSES)
        assert axis.get_title("left") == title
        assert [label.get_text() for label in axis.get_yticklabels()] == CLASSES
        assert [int(text.get_text().split("\n")[0]) for text in axis.texts] == counts.ravel().tolist()
        shares = [float(text.get_text().split("\n")[1].split("\xa0")[0]) for text in axis.texts]
        np.testing.assert_allclose(shares, (100 * counts / counts.sum(axis=1, keepdims=True)).ravel(), atol=0.5)
        np.testing.assert_allclose(np.asarray(axis.images[0].get_array()).sum(axis=1), 1)
    assert save_figure(figure, tmp_path, "confusion").startswith(b"\x89PNG")


def test_a_class_without_rows_has_no_shares() -> None:
    figure = confusion({"test": (["metal", "metal"], ["metal", "direct"])}, CLASSES)
    (axis,) = figure.get_axes()
    assert [text.get_text() for text in axis.texts][3:] == ["0\nno rows"] * 6


@pytest.mark.parametrize(("n_panels", "expected"), [(1, (1, 1)), (3, (2, 2)), (4, (2, 2))])
def test_panels_fill_lines(n_panels: int, expected: tuple[int, int]) -> None:
    figure = confusion({str(number): draw(30, number) for number in range(n_panels)}, CLASSES)
    assert len(figure.get_axes()) == n_panels
    assert (figure.axes[0].get_gridspec().nrows, figure.axes[0].get_gridspec().ncols) == expected
