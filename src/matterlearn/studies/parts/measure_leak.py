"""What it does to a score if scaling, or the choice of columns, sees the test rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.preprocessing import StandardScaler

from matterlearn.core.parallel import item_seed
from matterlearn.studies.auc_interval import auc
from matterlearn.studies.case_page import CasePage
from matterlearn.studies.corrected_test import corrected_test
from matterlearn.studies.figures.leak import leak
from matterlearn.studies.metabolite_cases import MetaboliteCase, Split
from matterlearn.studies.metabolite_models import Floats, positive, ridge
from matterlearn.studies.page import Column
from matterlearn.studies.parts.metabolite_folds import N_REPEATS
from matterlearn.studies.run import StudyRun

N_CHOSEN = 10
"""Columns that a selection keeps."""

N_SHUFFLED, N_QUICK_SHUFFLED = 20, 6
"""Times that the labels are shuffled, in a full and in a quick study."""

HONEST, LEAKY = "training rows", "all rows"

SCALING, LOGS, SELECTION = "scaling", "scaling of logarithms", "selection"

KEYS = {SCALING: "scaling", LOGS: "logs", SELECTION: "selection"}
"""What they are called in the names of numbers."""

FELT = 0.005
"""Change of the AUC from which a leak is felt."""

Prepare = Callable[[Floats, NDArray[np.intp], Split, bool], tuple[Floats, Floats]]
"""From inputs, labels, a fold and whether to look at all rows to prepared training and test inputs."""


def add_leak(part: CasePage, case: MetaboliteCase, run: StudyRun) -> None:
    """Write the section on the leak.

    Parameters
    ----------
    part : CasePage
        Gets a new section.
    case : MetaboliteCase
        The table.
    run : StudyRun
        With the seed. A quick study shuffles the labels less often.
    """
    part.section("What leaks")
    n_shuffled = N_QUICK_SHUFFLED if run.quick else N_SHUFFLED
    part.add(n_chosen=N_CHOSEN, n_shuffled=n_shuffled)
    found = {name: _measured(case, run, prepare, n_shuffled) for name, prepare in PREPARATIONS.items()}
    lines = []
    for name, (real, shuffled) in found.items():
        gain = corrected_test(real[LEAKY] - real[HONEST], part["test_per_train"])
        key = KEYS[name]
        part.add(
            **{
                f"{key}_gain": gain.mean,
                f"{key}_gain_low": gain.low,
                f"{key}_gain_high": gain.high,
                f"{key}_honest": real[HONEST].mean(),
                f"{key}_leaky": real[LEAKY].mean(),
                f"{key}_shuffled_honest": shuffled[HONEST].mean(),
                f"{key}_shuffled_leaky": shuffled[LEAKY].mean(),
            }
        )
        lines += [
            {
                "what": f"{name} learned from {rows}",
                "auc": real[rows].mean(),
                "shuffled": shuffled[rows].mean(),
                "shuffled_sd": shuffled[rows].std(ddof=1),
            }
            for rows in (HONEST, LEAKY)
        ]
    part.text(
        "What is learned from test rows is a leak, but not every leak is felt. Measured with the L2 model on the"
        " repeated folds: the scale of the columns, the same of their logarithms, and the choice of the {_n_chosen}"
        " columns whose means differ most between the classes, each learned from the training rows of a fold or from"
        " all rows of the table. And since the true AUC is not known, all again with labels that are shuffled"
        " {_n_shuffled} times: then nothing can be learned and every AUC above one half is chance or false.",
    )
    part.table(
        "leak",
        lines,
        [
            Column("what", "what"),
            Column("auc", "AUC, real labels", ".3f"),
            Column("shuffled", "AUC, shuffled labels", ".3f"),
            Column("shuffled_sd", "spread over shuffles", ".3f"),
        ],
        "Means over {n_all_folds} folds of the real labels, and over {_n_shuffled} shuffles with {n_folds} folds each.",
    )
    part.figure(
        "leak",
        leak({name: shuffled for name, (_, shuffled) in found.items()}),
        "AUC with shuffled labels, one point for each shuffle. One half is the truth.",
    )
    part.text(
        "The leak of the scale changes the AUC by {_scaling_gain:.4f} [{_scaling_gain_low:.4f},"
        " {_scaling_gain_high:.4f}]; with shuffled labels it gives {_scaling_shuffled_leaky:.3f} instead of"
        " {_scaling_shuffled_honest:.3f}. Mean and variance of a column do not depend on the labels, so what leaks is"
        " where the test rows lie, not what they are.",
        "Why it is felt nevertheless: the columns are skewed. A rare large value in a test row is many standard"
        " deviations out if the scale has not seen it, and sweeps the other weights aside; if it has, the value is"
        " tamed by itself. On logarithms, where nothing sticks out, the same leak is worth {_logs_gain:.4f}, and the"
        " honest AUC is {_logs_honest:.3f} instead of {_scaling_honest:.3f}: the cure is a better scale, not a peek."
        if abs(part["scaling_gain"]) >= FELT and abs(part["logs_gain"]) < FELT
        else "Here it is hardly felt. It is forbidden all the same, because nobody can scale with patients who have not"
        " come yet.",
    )
    part.text(
        "The leak of the choice changes it by {_selection_gain:.3f} [{_selection_gain_low:.3f},"
        " {_selection_gain_high:.3f}], and makes {_selection_shuffled_leaky:.2f} out of nothing where an honest choice"
        " has {_selection_shuffled_honest:.2f}: the columns are chosen because they fit the test rows. On real labels"
        " it shows less, because there is something to find.",
        "The more columns there are for each row, the larger this leak."
        if part["selection_shuffled_leaky"] > 0.6
        else "With many rows for each column, as here, it is small; with hundreds of columns and few rows it is not.",
    )


def most_different(X: Floats, y: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return the columns with the largest difference of the class means in units of their standard error."""
    one, zero = X[y == 1], X[y == 0]
    error = np.sqrt(one.var(axis=0, ddof=1) / len(one) + zero.var(axis=0, ddof=1) / len(zero))
    difference = np.abs(one.mean(axis=0) - zero.mean(axis=0))
    t = np.divide(difference, error, out=np.zeros_like(difference), where=error > 0)
    return np.argsort(-t, kind="stable")[:N_CHOSEN]


def _scale(X: Floats, y: NDArray[np.intp], fold: Split, leaky: bool) -> tuple[Floats, Floats]:
    train, test = fold
    scaler = StandardScaler().fit(X if leaky else X[train])
    return scaler.transform(X[train]), scaler.transform(X[test])


def _scale_logs(X: Floats, y: NDArray[np.intp], fold: Split, leaky: bool) -> tuple[Floats, Floats]:
    known = X[fold[0]]  # half the smallest value above 0 stands for 0
    smallest = np.where(known > 0, known, np.inf).min(axis=0)
    floor = np.where(np.isfinite(smallest), smallest / 2, 1.0)
    return _scale(np.log(np.maximum(X, 0) + floor), y, fold, leaky)


def _select(X: Floats, y: NDArray[np.intp], fold: Split, leaky: bool) -> tuple[Floats, Floats]:
    train, _ = fold
    columns = most_different(X, y) if leaky else most_different(X[train], y[train])
    return _scale(X[:, columns], y, fold, leaky=False)


PREPARATIONS: dict[str, Prepare] = {SCALING: _scale, LOGS: _scale_logs, SELECTION: _select}


def _measured(case: MetaboliteCase, run: StudyRun, prepare: Prepare, n_shuffled: int) -> tuple[Any, Any]:
    """Return areas on all folds with real labels, and the mean area of each shuffle, by what was looked at."""
    looks = {HONEST: False, LEAKY: True}
    folds = case.repeated_folds(run.seed, N_REPEATS)
    real = {rows: _areas(case.values, case.y, folds, prepare, leaky) for rows, leaky in looks.items()}
    shuffled: dict[str, list[float]] = {rows: [] for rows in looks}
    for number in range(n_shuffled):
        rng = np.random.default_rng(item_seed(run.seed, "shuffled labels", number))
        y = rng.permutation(case.y)
        for rows, leaky in looks.items():
            shuffled[rows].append(float(_areas(case.values, y, case.folds(run.seed, number), prepare, leaky).mean()))
    return real, {rows: np.array(areas) for rows, areas in shuffled.items()}


def _areas(X: Floats, y: NDArray[np.intp], folds: list[Split], prepare: Prepare, leaky: bool) -> Floats:
    areas = []
    for fold in folds:
        X_train, X_test = prepare(X, y, fold, leaky)
        areas.append(auc(y[fold[1]], positive(ridge().fit(X_train, y[fold[0]]), X_test)))
    return np.array(areas)
