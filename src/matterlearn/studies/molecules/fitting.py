"""Fits of the learners at growing numbers of training rows, timed, with their audits."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from matterlearn.core.parallel import single_thread
from matterlearn.studies.molecules.data import ConformerData, Floats
from matterlearn.studies.molecules.learners import Learner
from matterlearn.studies.run import StudyRun
from matterlearn.validation.audits import Audit, audit
from matterlearn.validation.metrics import mean_absolute_error

SIZES = (100, 300, 1_000, 3_000)
"""Training rows of the learning curves; each smaller set is part of the larger one."""

SIZES_QUICK = (100, 300, 800)

N_AUDITED = 50
"""Test conformers of an audit."""

N_CHANGES = 4
"""Changes of each conformer and symmetry."""


@dataclass(frozen=True, eq=False)
class Fitted:
    """A learner on all training rows.

    Attributes
    ----------
    learner : Learner
        Which.
    model : estimator
        Fitted.
    prediction : ndarray of float, shape (n_test,)
        Of the test rows, kcal/mol.
    fit_s : float
        Seconds of the fit, on one thread.
    predict_ms : float
        Milliseconds per predicted conformer.
    audit : Audit
        Of test rows.
    curve : dict of int to float
        Training rows -> mean absolute error on the test rows.
    """

    learner: Learner
    model: Any
    prediction: Floats
    fit_s: float
    predict_ms: float
    audit: Audit
    curve: dict[int, float] = field(default_factory=dict)

    @property
    def test_mae(self) -> float:
        """Mean absolute error on the test rows, kcal/mol."""
        return self.curve[max(self.curve)]


def fit_all(found: Sequence[Learner], data: ConformerData, run: StudyRun) -> dict[str, Fitted]:
    """Fit every learner at every size.

    Parameters
    ----------
    found : sequence of Learner
        What to fit.
    data : ConformerData
        The conformers.
    run : StudyRun
        What was asked for.

    Returns
    -------
    dict of str to Fitted
        By key.
    """
    fitted = {}
    for learner in found:
        run.say(f"learning from {learner.name}")
        fitted[learner.key] = _fit(learner, data, SIZES_QUICK if run.quick else SIZES, run.seed)
    return fitted


def _fit(learner: Learner, data: ConformerData, sizes: Sequence[int], seed: int) -> Fitted:
    test = learner.inputs(data.test)
    curve: dict[int, float] = {}
    with single_thread():
        for size in sizes:
            begun = time.perf_counter()
            model = learner.make().fit(learner.inputs(data.train[:size]), data.y_train[:size])
            fit_s = time.perf_counter() - begun
            begun = time.perf_counter()
            prediction = np.asarray(model.predict(test), dtype=float)
            predict_ms = 1000 * (time.perf_counter() - begun) / len(data.y_test)
            curve[size] = mean_absolute_error(data.y_test, prediction)
        # Of a molecule's own structure the model may take what it likes: the audit hands coordinates to those that
        # take coordinates.
        checked = audit(
            model,
            data.test[:N_AUDITED],
            data.y_test[:N_AUDITED],
            takes=learner.takes,
            n_changes=N_CHANGES,
            unit="kcal/mol",
            random_state=seed,
        )
    return Fitted(learner, model, prediction, fit_s, predict_ms, checked, curve)
