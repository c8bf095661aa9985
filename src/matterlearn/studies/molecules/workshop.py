"""The workshop's first force field: boosted trees on raw coordinates, and what becomes of it elsewhere in space."""

from __future__ import annotations

import numpy as np

from matterlearn.report.figures.symmetry_audit import symmetry_audit
from matterlearn.studies.figures.conformers.joint_parity import joint_parity
from matterlearn.studies.molecules.data import ConformerData
from matterlearn.studies.molecules.fitting import N_AUDITED, Fitted
from matterlearn.studies.page import Column, StudyPage
from matterlearn.validation.audits.changes import FIRST_SHIFT
from matterlearn.validation.metrics import mean_absolute_error, r2

EXCHANGED = 8
"""Pairs of hydrogen atoms whose places are exchanged."""


def add_workshop(page: StudyPage, data: ConformerData, fitted: Fitted) -> None:
    """Write the section on the first model.

    Parameters
    ----------
    page : StudyPage
        Gets a new section.
    data : ConformerData
        The conformers.
    fitted : Fitted
        The workshop's learner.
    """
    page.section("A first force field, and why it fails")
    n_atoms = len(data.conformers.graphs[0])
    train = np.asarray(fitted.model.predict(data.train.flat()))
    page.add(
        workshop_train_mae=mean_absolute_error(data.y_train, train),
        workshop_test_mae=fitted.test_mae,
        workshop_test_r2=r2(data.y_test, fitted.prediction),
        mean_test_mae=mean_absolute_error(data.y_test, np.full(len(data.y_test), data.y_train.mean())),
    )
    page.text(
        f"The model of the workshop: histogram gradient boosting with the settings of the library, on the {3 * n_atoms}"
        " coordinates x_0, y_0, z_0, x_1, ... of the atoms.",
        "On the rows it has learned from it looks like a force field: an error of {workshop_train_mae:.2f} kcal/mol."
        " On conformers it has not seen the error is {workshop_test_mae:.2f} kcal/mol, where the mean of the training"
        " rows errs by {mean_test_mae:.2f}.",
    )
    page.figure(
        "workshop-parity",
        joint_parity(
            {"training rows": (data.y_train, train), "test rows": (data.y_test, fitted.prediction)}, unit="kcal/mol"
        ),
        "Predicted against actual energies, with the distribution of each along its side (heights on a square-root"
        " scale). The denser the points, the darker.",
    )
    _add_changed(page, data, fitted)


def _add_changed(page: StudyPage, data: ConformerData, fitted: Fitted) -> None:
    """Predict the training rows again, moved, turned, and with atoms exchanged."""
    places = data.train.flat().reshape(data.n_train, -1, 3)
    turn = np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    hydrogen = np.flatnonzero(data.conformers.graphs[0].atomic_numbers == 1)
    order = np.arange(places.shape[1])
    for first, second in zip(hydrogen[:EXCHANGED], hydrogen[::-1][:EXCHANGED], strict=True):
        order[[first, second]] = order[[second, first]]
    changed = {
        "moved by (1, 1, 1) Å": places + np.array(FIRST_SHIFT),
        "turned by 90° about z": places @ turn.T,
        f"{EXCHANGED} pairs of H exchanged": places[:, order],
    }
    rows, panels = [], {}
    before = np.asarray(fitted.model.predict(data.train.flat()))
    for name, moved in changed.items():
        prediction = np.asarray(fitted.model.predict(moved.reshape(data.n_train, -1)))
        panels[name] = (data.y_train, prediction)
        rows.append(
            {
                "change": name,
                "mae": mean_absolute_error(data.y_train, prediction),
                "r2": r2(data.y_train, prediction),
                "shift": float(np.median(np.abs(prediction - before))),
            }
        )
    page.add(moved_mae=rows[0]["mae"], turned_mae=rows[1]["mae"], exchanged_mae=rows[2]["mae"])
    page.text(
        "The energy of a molecule does not depend on where it is, which way it looks, or which of its hydrogen atoms is"
        " called the first. The model's answer does: of the very conformers it has learned, moved by 1 Å along each"
        " axis, the error is {moved_mae:.1f} kcal/mol; turned, {turned_mae:.1f}; with hydrogen atoms exchanged,"
        " {exchanged_mae:.1f}."
    )
    page.figure(
        "workshop-changed",
        joint_parity(panels, unit="kcal/mol"),
        "The training rows again, after changes that leave every energy as it is: the same rows that the figure above"
        " shows on its left. Points beyond the axes, if any, stand as orange triangles at the edge.",
    )
    page.table(
        "workshop_changed",
        rows,
        [
            Column("change", "training rows"),
            Column("mae", "MAE (kcal/mol)", ".2f"),
            Column("r2", "R²", ".2f"),
            Column("shift", "median change of the prediction (kcal/mol)", ".2f"),
        ],
    )
    page.text(
        f"An audit asks this of any model, with random changes of {N_AUDITED} conformers that the model has not seen;"
        " its error on these few is not quite that on all test rows."
    )
    page.figure(
        "workshop-audit",
        symmetry_audit(fitted.audit),
        "How much the prediction changes where it must not, for each symmetry: each point is a test conformer and a"
        " change; the bar is the middle half, the large point the median.",
    )
    page.add(workshop_audit=fitted.audit.text.splitlines())
    for sentence in fitted.audit.sentences:
        page.text(sentence.replace("{", "{{").replace("}", "}}"))
