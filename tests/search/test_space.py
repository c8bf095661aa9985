"""What may vary, and what is said of a space that cannot be used."""

from __future__ import annotations

import copy

import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.pipeline import Pipeline
from sklearn.svm import SVR

from matterlearn.core.errors import ArgumentError
from matterlearn.search import Choice, Float, Integer
from matterlearn.search.names import check_names
from matterlearn.search.space import is_active, ordered_space, parameters_of


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Integer(5, 5), "Integer, low: must be below high=5, got 5"),
        (lambda: Integer(1, 2.5), "Integer, high: must be a whole number, got 2.5"),
        (lambda: Integer(True, 3), "Integer, low: must be a whole number, got True"),
        (lambda: Integer(0, 8, log=True), "a logarithmic range needs bounds above 0, got 0"),
        (lambda: Integer(1, 8, log=True, step=2), "Integer, step: a logarithmic range takes no step, got 2"),
        (lambda: Integer(1, 8, step=2), "steps of 2 from 1 do not reach 8; say high=7"),
        (lambda: Integer(1, 8, step=0), "Integer, step: must be at least 1, got 0"),
        (lambda: Float(2, 1), "Float, low: must be below high=1.0, got 2.0"),
        (lambda: Float(0, np.inf), "Float, high: must be a finite number, got inf"),
        (lambda: Float("a", 1), "Float, low: must be a finite number, got 'a'"),
        (lambda: Choice([]), "Choice: needs at least one option"),
        (lambda: Choice("relu"), "Choice: needs a list of options, got 'relu'"),
        (lambda: Choice({"relu", "tanh"}), "Choice: needs a list of options, got {"),  # another order in each process
        (lambda: Choice(["1", 1]), "two options are written 1; give each option once"),
    ],
)
def test_bad_bounds_are_named(make, said):
    with pytest.raises(ArgumentError) as error:
        make()
    assert said in str(error.value)


@pytest.mark.parametrize(
    ("space", "said"),
    [
        ({}, "space: needs at least one parameter"),
        ({"a": [1, 2]}, "space, a: must be an Integer, Float or Choice, got [1, 2]; write Choice([...]) around a list"),
        ({"a": Float(0, 1, when={"kernl": "rbf"}), "kernel": Choice(["rbf"])}, "did you mean 'kernel'?"),
        ({"a": Float(0, 1, when={"k": "rfb"}), "k": Choice(["rbf"])}, "'k' cannot be 'rfb'; did you mean 'rbf'?"),
        ({"a": Float(0, 1, when={"n": 9}), "n": Integer(1, 3)}, "space, a, when: 'n' cannot be 9"),
        ({"a": Float(0, 1, when={"b": 0.5}), "b": Float(0, 1)}, "'b' is a Float, which hardly ever equals a value"),
        ({"a": Float(0, 1, when="b"), "b": Choice(["x"])}, "must be a dict of name -> value, got 'b'"),
        (
            {"a": Choice(["x"], when={"b": "x"}), "b": Choice(["x"], when={"a": "x"})},
            "the conditions of a, b wait for each other",
        ),
    ],
)  # fmt: skip
def test_a_space_that_cannot_be_used(space, said):
    with pytest.raises(ArgumentError) as error:
        ordered_space(space)
    assert said in str(error.value)


def test_parameters_follow_those_they_depend_on():
    space = {
        "c": Integer(1, 3, when={"b": [2, 3]}),
        "b": Integer(1, 3, when={"a": "on"}),
        "a": Choice(["on", "off"]),
        "z": Float(0, 1),
    }
    assert list(ordered_space(space)) == ["a", "b", "c", "z"]
    assert is_active(space["c"], {"a": "on", "b": 3})
    assert not is_active(space["c"], {"a": "on", "b": 1})
    assert not is_active(space["c"], {"a": "off"})  # what it depends on is not there


def test_options_are_given_back_as_they_are():
    options = [None, (64, 32), True, 0.5, np.float64(0.25), "relu", SVR(C=2.0)]
    choice = Choice(options)
    for option, label in zip(options, choice.labels, strict=True):
        assert parameters_of({"x": choice}, {"x": label})["x"] is option
    assert choice.labels[4] == "0.25"
    assert copy.deepcopy(choice).labels == choice.labels


def test_unknown_parameters_are_named_with_the_nearest():
    model = Pipeline([("scale", "passthrough"), ("model", Ridge())])
    with pytest.raises(ArgumentError, match=r"Pipeline has no parameter 'model__alhpa'; did you mean 'model__alpha'?"):
        check_names(model, {"model__alhpa": ()}, "space")
    check_names(model, {"model": [Ridge(), SVR()], "model__C": [1.0]}, "space")  # SVR brings C along
    with pytest.raises(ArgumentError, match="estimator: must be an estimator, got 3"):
        check_names(3, {}, "space")
