"""The page on networks says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sklearn.base import BaseEstimator

from matterlearn.core.parallel import single_thread
from matterlearn.models.networks import EnsembleRegressor, MLPClassifier, MLPRegressor, MLPStack

PAGE = (Path(__file__).parents[2] / "docs" / "networks.md").read_text(encoding="utf-8")


def test_its_examples_run_one_after_the_other(capsys):
    names: dict[str, object] = {}
    with single_thread():
        for code in re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL):
            exec(compile(code, "networks.md", "exec"), names)
    printed = capsys.readouterr().out
    assert float(re.search(r"R2 = (.*) on rows", printed)[1]) > 0.8
    parameters, epochs, best = map(int, re.search(r"(\d+) parameters, .* (\d+) epochs, .* (\d+)\n", printed).groups())
    assert parameters == (142 + 1) * 64 + 65 * 64 + 65
    assert best <= epochs
    errors = dict(re.findall(r"learning rate (\S+): error (\S+)\n", printed))
    assert list(errors) == ["0.01", "0.001", "0.0001"]
    assert float(errors["0.01"]) < float(errors["0.0001"])
    least, most = map(float, re.search(r"spread from (\S+) to (\S+)\n", printed).groups())
    assert 2 * least < most
    assert "3 batches, the first one (256, 21) and (256,)\n" in printed
    assert float(re.search(r"loss (\S+), of watched", printed)[1]) < 0.5


def defaults(kind: type[BaseEstimator]) -> dict[str, object]:
    return kind([]).get_params() if kind is MLPStack else kind().get_params()


@pytest.mark.parametrize(
    ("heading", "expected"),
    [
        ("parameter", {**defaults(MLPRegressor), **defaults(MLPClassifier)}),
        ("parameter of `MLPStack`", {"device": "auto", "memory": None}),
        ("parameter of `EnsembleRegressor`", defaults(EnsembleRegressor)),
    ],
)
def test_its_tables_show_every_parameter_and_its_default(heading, expected):
    table = PAGE.partition(f"| {heading} | meaning |\n| --- | --- |\n")[2].partition("\n\n")[0]
    shown = dict(pair.split("=", 1) for pair in re.findall(r"^\| `(\w+=.*?)` \|", table, flags=re.MULTILINE))
    assert {name: eval(value) for name, value in shown.items()} == expected


def test_what_it_calls_one_program_is_one():
    """The list of what may differ within a program and the list of what may not name each parameter that matters."""
    text = PAGE.partition("Networks may differ in")[2].partition("combination")[0]
    within, _, without = text.partition("Those that differ in")
    named = re.findall(r"`(\w+)`", within), re.findall(r"`(\w+)`", without)
    training = set(MLPRegressor().get_params()) - {"validation_fraction", "device", "warm_start"}
    assert set(named[0]) | set(named[1]) == training
    assert not set(named[0]) & set(named[1])
