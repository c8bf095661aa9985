"""The estimators in a model file: what comes back decides as what went in."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from matterlearn.core.errors import ModelFileError
from matterlearn.models.decisions import PriorShiftClassifier, RejectingClassifier
from matterlearn.models.persistence import estimator_from_bytes, estimator_to_bytes
from matterlearn.models.soundness import check_sound

rng = np.random.default_rng(0)
X = rng.normal(size=(120, 2))
y = np.where(X[:, 0] + 0.5 * rng.normal(size=120) > 0, "metal", "insulator")


def scaled():
    return make_pipeline(StandardScaler(), LogisticRegression())


@pytest.mark.parametrize("priors", [None, {"metal": 0.1, "insulator": 0.9}, [0.9, 0.1], np.array([0.9, 0.1])])
def test_shifted_priors_come_back(priors):
    model = PriorShiftClassifier(scaled(), priors).fit(X, y)
    data = estimator_to_bytes(model)
    again = estimator_from_bytes(data)
    assert type(again) is PriorShiftClassifier
    assert again.predict_proba(X).tobytes() == model.predict_proba(X).tobytes()
    assert again.predict(X).tolist() == model.predict(X).tolist()
    assert estimator_to_bytes(model) == data


@pytest.mark.parametrize("wish", [{"error_rate": 0.1}, {"error_rate": 0.001}, {"coverage": 0.8}, {"theta": 0.7}, {}])
def test_refusals_come_back(wish):
    model = RejectingClassifier(scaled(), **wish).fit(X, y)
    again = estimator_from_bytes(estimator_to_bytes(model))
    assert type(again) is RejectingClassifier
    assert (again.theta_, again.promised_) == (model.theta_, model.promised_)  # infinite where nothing is promised
    assert again.rejected(X).tolist() == model.rejected(X).tolist()
    assert again.predict(X).tolist() == model.predict(X).tolist()


def test_one_in_the_other():
    model = RejectingClassifier(PriorShiftClassifier(scaled(), [0.7, 0.3]), error_rate=0.2).fit(X, y)
    again = estimator_from_bytes(estimator_to_bytes(model))
    assert again.predict_proba(X).tobytes() == model.predict_proba(X).tobytes()


@pytest.mark.parametrize(
    ("kind", "attribute", "value"),
    [
        (RejectingClassifier, "theta_", np.array([0.5, 0.5])),
        (RejectingClassifier, "theta_", "0.5"),
        (RejectingClassifier, "theta_", float("nan")),
        (RejectingClassifier, "theta_", -1.0),
        (RejectingClassifier, "estimator_", StandardScaler()),
        (RejectingClassifier, "error_rate", 2.0),
        (RejectingClassifier, "classes_", np.array(["a", "b", "c"])),
        (PriorShiftClassifier, "priors_", np.array([0.5, 0.0])),
        (PriorShiftClassifier, "priors_", np.array([0.5, -0.5])),
        (PriorShiftClassifier, "priors_", np.array([1.0])),
        (PriorShiftClassifier, "priors_", [0.5, 0.5]),
        (PriorShiftClassifier, "training_priors_", np.array([np.nan, 0.5])),
        (PriorShiftClassifier, "training_priors_", np.array([[0.5, 0.5]])),
    ],
)
def test_crafted_values_are_refused(kind, attribute, value):
    model = kind(scaled()).fit(X, y)
    check_sound(model)
    setattr(model, attribute, value)
    with pytest.raises(ModelFileError):
        check_sound(model)
