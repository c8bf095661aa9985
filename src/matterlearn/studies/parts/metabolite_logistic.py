"""Logistic regression three times: without penalty, with L2, with L1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog
from sklearn.metrics import average_precision_score, log_loss

from matterlearn.report.figures.confusion import confusion
from matterlearn.report.figures.precision_recall import precision_recall
from matterlearn.report.figures.roc import roc
from matterlearn.studies.auc_interval import auc, auc_interval
from matterlearn.studies.case_page import CasePage
from matterlearn.studies.figures.coefficients import coefficients
from matterlearn.studies.metabolite_cases import TITLES, MetaboliteCase
from matterlearn.studies.metabolite_models import (
    LASSO,
    RIDGE,
    UNPENALISED,
    Floats,
    SplitData,
    lasso,
    lasso_saga,
    positive,
    ridge,
    unpenalised,
)
from matterlearn.studies.page import Column

SETS = ("training", "test")

TOLERANCES = (1e-2, 1e-4, 1e-6, 1e-8)
"""Gradients at which training without penalty is stopped, to show where it goes."""

KEYS = {UNPENALISED: "none", RIDGE: "ridge", LASSO: "lasso"}
"""What the models are called in the names of numbers."""


@dataclass(frozen=True)
class Logistic:
    """The three models on one split.

    Attributes
    ----------
    models : dict of str to LogisticRegression
        Fitted, by name.
    probability : dict of str to dict of str to ndarray
        Of the class that is looked for, by name and set of rows.
    """

    models: dict[str, Any]
    probability: dict[str, dict[str, Floats]]


def fit_logistic(split: SplitData, *, saga: bool) -> Logistic:
    """Fit the three models on the training rows.

    Parameters
    ----------
    split : SplitData
        The rows.
    saga : bool
        Whether L1 is solved by saga, as the exercise asks, or by coordinate descent, which finds the same.

    Returns
    -------
    Logistic
        The models and their probabilities.
    """
    models = {UNPENALISED: unpenalised(), RIDGE: ridge(), LASSO: lasso_saga() if saga else lasso()}
    for model in models.values():
        model.fit(split.X_train, split.y_train)
    rows = dict(zip(SETS, (split.X_train, split.X_test), strict=True))
    probability = {name: {part: positive(model, X) for part, X in rows.items()} for name, model in models.items()}
    return Logistic(models, probability)


def add_logistic(part: CasePage, case: MetaboliteCase, split: SplitData, fitted: Logistic, *, saga: bool) -> None:
    """Write the section on the three models.

    Parameters
    ----------
    part : CasePage
        Gets a new section.
    case : MetaboliteCase
        The table.
    split : SplitData
        The split.
    fitted : Logistic
        What `fit_logistic` returns for it.
    saga : bool
        As handed to `fit_logistic`.
    """
    part.section(f"Logistic regression: {TITLES[case.key]}")
    y = dict(zip(SETS, (split.y_train, split.y_test), strict=True))
    _add_numbers(part, fitted, y)
    part.text(
        "The same model three times, on the same scaled rows: without penalty, with the L2 penalty that scikit-learn"
        " adds by default (C = 1), and with L1 (C = 1), "
        + (
            "solved by saga."
            if saga
            else "solved by coordinate descent (liblinear), which is much faster here than saga and minimises the same"
            " sum."
        ),
        "Areas are computed from probabilities, not from labels.",
    )
    _add_scores(part, fitted, y)
    part.text(_verdict(part))
    curves = {
        f"{name}, {rows}": (y[rows], fitted.probability[name][rows]) for name in fitted.models for rows in SETS[::-1]
    }
    part.figure(
        "roc",
        roc(curves, title="ROC"),
        "True against false positives at every threshold, with the area under each curve. On the rows they have learned"
        " from the models are (nearly) perfect, which says nothing; a test of {_n_test} rows gives a curve of few"
        " steps.",
    )
    part.figure(
        "precision-recall",
        precision_recall(curves, title="Precision and recall"),
        "The share of the rows called {_positive} that are, against the share of the {_positive} rows that are found,"
        " with the average precision. Here chance is the share of {_positive}, not one half.",
    )
    names = np.array([case.negative, case.positive])
    part.figure(
        "confusion",
        confusion(
            {
                f"{name}, {rows}": (names[y[rows]], names[(fitted.probability[name][rows] >= 0.5).astype(int)])
                for rows in SETS
                for name in fitted.models
            },
            [case.negative, case.positive],
            n_columns=len(fitted.models),
        ),
        "Rows by actual and predicted class, on the training rows (top) and the test rows (bottom).",
    )
    _add_coefficients(part, case, fitted, is_first=saga)


def _add_numbers(part: CasePage, fitted: Logistic, y: dict[str, NDArray[np.intp]]) -> None:
    for name, model in fitted.models.items():
        interval = auc_interval(y["test"], fitted.probability[name]["test"])
        weights = model.coef_[0]
        part.add(
            **{
                f"{KEYS[name]}_train_auc": auc(y["training"], fitted.probability[name]["training"]),
                f"{KEYS[name]}_test_auc": interval.auc,
                f"{KEYS[name]}_test_auc_low": interval.low,
                f"{KEYS[name]}_test_auc_high": interval.high,
                f"{KEYS[name]}_n_nonzero": int(np.sum(weights != 0)),
                f"{KEYS[name]}_norm": float(np.linalg.norm(weights)),
                f"{KEYS[name]}_largest": float(np.abs(weights).max()),
                f"{KEYS[name]}_steps": int(np.max(model.n_iter_)),
            }
        )


def _add_scores(part: CasePage, fitted: Logistic, y: dict[str, NDArray[np.intp]]) -> None:
    lines = []
    for name in fitted.models:
        line: dict[str, Any] = {"model": name, "n_nonzero": part[f"{KEYS[name]}_n_nonzero"]}
        for rows in SETS:
            p = fitted.probability[name][rows]
            line |= {
                f"{rows}_auc": auc(y[rows], p),
                f"{rows}_precision": average_precision_score(y[rows], p),
                f"{rows}_accuracy": np.mean((p >= 0.5) == y[rows]),
                f"{rows}_loss": log_loss(y[rows], p, labels=[0, 1]),
            }
        low, high = (part[f"{KEYS[name]}_test_auc_{end}"] for end in ("low", "high"))
        lines.append({**line, "interval": f"{low:.2f} to {high:.2f}"})
    part.table(
        "logistic",
        lines,
        [
            Column("model", "penalty"),
            Column("n_nonzero", "weights not 0", "d"),
            Column("training_auc", "AUC, training", ".3f"),
            Column("test_auc", "AUC, test", ".3f"),
            Column("interval", "95 % interval"),
            Column("test_precision", "average precision, test", ".3f"),
            Column("training_accuracy", "accuracy, training", ".3f"),
            Column("test_accuracy", "accuracy, test", ".3f"),
            Column("test_loss", "log loss, test", ".3f"),
        ],
        "The interval is DeLong's, for the draw of {_n_test_positive} {_positive} and {_n_test_negative} {_negative}"
        " test rows.",
    )


def _verdict(part: CasePage) -> str:
    lows, highs = ([part[f"{key}_test_auc_{end}"] for key in KEYS.values()] for end in ("low", "high"))
    areas = [part[f"{key}_test_auc"] for key in KEYS.values()]
    if max(lows) <= min(areas) and min(highs) >= max(areas):
        return (
            "Each model lies within the intervals of the others: this one test cannot rank them. The repeated folds"
            " below can do better."
        )
    best = list(KEYS)[int(np.argmax(areas))]
    return f"On this one draw the best is {best}; whether that lasts, the repeated folds below tell."


def _add_coefficients(part: CasePage, case: MetaboliteCase, fitted: Logistic, *, is_first: bool) -> None:
    part.figure(
        "coefficients",
        coefficients({name: model.coef_[0] for name, model in fitted.models.items()}),
        f"Weights of the {{_n_columns}} {case.columns_are} on a common axis; the bar of those that are exactly 0 is cut"
        " off, and their number written beside it.",
    )
    part.text(
        "Without penalty {_none_n_nonzero} weights are in use, the largest {_none_largest:.2f}; L2 makes them"
        " smaller (largest {_ridge_largest:.2f}) and leaves {_ridge_n_nonzero} in use; L1 keeps {_lasso_n_nonzero} and"
        f" sets the others to exactly 0. Why, the figure of contours {'below' if is_first else 'above'} shows.",
    )


def add_separable(part: CasePage, split: SplitData) -> None:
    """Say what happens without penalty where a plane separates the classes.

    Parameters
    ----------
    part : CasePage
        Gets paragraphs and a table.
    split : SplitData
        The split.
    """
    separable = is_separable(split.X_train, split.y_train)
    part.add(is_separable=separable)
    if not separable:
        part.text(
            "No plane separates the two classes of the training rows (a linear program says so), so that the model"
            " without penalty has a minimum."
        )
        return
    lines = []
    for tol in TOLERANCES:
        model = unpenalised(tol).fit(split.X_train, split.y_train)
        lines.append(
            {
                "tol": tol,
                "steps": int(np.max(model.n_iter_)),
                "norm": float(np.linalg.norm(model.coef_)),
                "loss": log_loss(split.y_train, positive(model, split.X_train)),
                "test_auc": auc(split.y_test, positive(model, split.X_test)),
                "test_loss": log_loss(split.y_test, positive(model, split.X_test), labels=[0, 1]),
            }
        )
    part.add(
        norm_first=lines[0]["norm"],
        norm_last=lines[-1]["norm"],
        test_loss_first=lines[0]["test_loss"],
        test_loss_last=lines[-1]["test_loss"],
    )
    part.text(
        "A plane separates the two classes of the training rows: a linear program finds one"
        + (
            ", as it must with more columns than rows."
            if split.X_train.shape[1] >= len(split.X_train) - 1
            else ", though there are more rows than columns."
        ),
        "Then logistic regression without penalty has no solution. Twice the weights always fit better, the loss falls"
        " towards 0 and the weights grow without bound; what is returned is where the solver gave up. No warning says"
        " so, because the gradient does become small.",
    )
    part.table(
        "tolerances",
        lines,
        [
            Column("tol", "stopped at a gradient of", ".0e"),
            Column("steps", "steps", "d"),
            Column("norm", "length of the weights", ".1f"),
            Column("loss", "log loss, training", ".1e"),
            Column("test_auc", "AUC, test", ".3f"),
            Column("test_loss", "log loss, test", ".2f"),
        ],
        "The longer it is trained, the longer the weights (from {_norm_first:.1f} to {_norm_last:.1f}) and the surer"
        " the model of its mistakes: the log loss on the test rows goes from {_test_loss_first:.2f} to"
        " {_test_loss_last:.2f}. A penalty ends this; so does stopping early, by accident of the tolerance.",
    )


def is_separable(X: Floats, y: NDArray[np.intp]) -> bool:
    """Return whether a plane has all rows of class 1 on one side and all of class 0 on the other.

    Parameters
    ----------
    X : ndarray, shape (n_rows, n_columns)
        Inputs.
    y : ndarray of int, shape (n_rows,)
        1 or 0.

    Returns
    -------
    bool
        Whether weights w and an intercept b exist with ±(w·x + b) ≥ 1 for every row.

    Examples
    --------
    >>> is_separable(np.array([[0.0], [1.0], [2.0]]), np.array([0, 0, 1]))
    True
    >>> is_separable(np.array([[0.0], [1.0], [2.0]]), np.array([0, 1, 0]))
    False
    """
    sign = np.where(y == 1, 1.0, -1.0)
    rows = -sign[:, None] * np.hstack([X, np.ones((len(X), 1))])
    n_unknown = rows.shape[1]
    found = linprog(np.zeros(n_unknown), A_ub=rows, b_ub=-np.ones(len(X)), bounds=[(None, None)] * n_unknown)
    return bool(found.status == 0)
