"""The figure of an audit shows what the audit found."""

from __future__ import annotations

import numpy as np
import pytest
from molecules_for_tests import conformers_of

from matterlearn.report.figures.style import save_figure
from matterlearn.report.figures.symmetry_audit import symmetry_audit
from matterlearn.validation.audits import audit, audit_vectors

N = 6


def batch():
    return conformers_of("O", N)


def lengths(given):
    return [float(np.linalg.norm(one.positions[0] - one.positions[1])) + 0 * one.graph.numbers[0] for one in given]


def places(given):
    return given.flat()[:, 0]


def picky(given):
    if any(one.graph.numbers[0] != 8 for one in given):
        raise ValueError("not as in training")
    return places(given)


def texts(axis) -> list[str]:
    return [text.get_text() for text in axis.texts]


def test_each_symmetry_has_a_line_and_a_verdict():
    found = audit(lengths, batch(), np.full(N, 0.9), unit="angstrom")
    figure = symmetry_audit(found)
    (axis,) = figure.axes
    assert [label.get_text().replace("\n", " ") for label in axis.get_yticklabels()] == [
        check.symmetry for check in found.checks
    ]
    assert texts(axis) == [check.verdict for check in found.checks]
    assert "broken" in texts(axis)
    assert "holds" in texts(axis)
    assert axis.get_xlabel() == "|change of the prediction| (angstrom)"
    labels = axis.get_legend_handles_labels()[1]
    assert labels == ["tolerance", "spread of the predictions", "model's error (MAE)"]
    lines = {line.get_label(): line.get_xdata()[0] for line in axis.lines if not line.get_label().startswith("_")}
    assert lines["spread of the predictions"] == pytest.approx(found.spread)
    assert lines["model's error (MAE)"] == pytest.approx(found.error)
    assert lines["tolerance"] == pytest.approx(found.limit)


def test_medians_and_largest_stand_where_they_are_and_zeros_apart():
    found = audit(places, batch(), symmetries=["translation", "permutation of like atoms"], n_changes=3)
    figure = symmetry_audit(found)
    (axis,) = figure.axes
    ticks = {line.get_ydata()[0]: line.get_xdata()[0] for line in axis.lines if line.get_marker() == "|"}
    assert ticks[0] == pytest.approx(found.check("translation").largest)
    assert found.check("permutation of like atoms").largest == 0  # the first atom is oxygen
    zero = axis.get_xticks()[0]
    assert ticks[1] == zero
    assert axis.get_xticklabels()[0].get_text() == "0"
    positive = found.changes.query("difference > 0")["difference"].min()
    assert zero < positive
    (points,) = figure.points
    assert points.texts[0].startswith("translation: broken\nmedian ")
    assert "largest 0," in points.texts[1]


def test_a_model_that_fails_and_what_was_not_tested():
    found = audit(picky, batch(), n_changes=2)
    assert texts(symmetry_audit(found).axes[0])[-1] == "model fails"
    bare = audit(lambda matrix: matrix[:, 0], batch().flat(), takes="coordinates")
    assert texts(symmetry_audit(bare).axes[0])[-1] == "not tested"


@pytest.mark.parametrize(
    "found",
    [
        lambda: audit(lambda given: [1.0] * len(given), batch()),
        lambda: audit(lambda given: given.flat()[:, :3], batch()),
        lambda: audit(lambda given: ["a" if x > 0 else "b" for x in places(given)], batch()),
        lambda: audit_vectors(lambda given: [one.positions for one in given], batch()),
    ],
    ids=["constant", "features", "class", "vectors"],
)
def test_every_kind_of_audit_can_be_drawn(found, tmp_path):
    assert save_figure(symmetry_audit(found()), tmp_path, "audit").startswith(b"\x89PNG")
