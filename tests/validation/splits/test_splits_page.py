"""The page on splits says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import matterlearn.validation.splits as splits
from matterlearn.validation.folds import SPLITS

PAGE = (Path(__file__).parents[3] / "docs" / "splits.md").read_text(encoding="utf-8")


def test_its_example_runs_and_shows_that_unseen_elements_are_harder(capsys):
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
    exec(compile(code, "splits.md", "exec"), {})
    printed = capsys.readouterr().out
    known, unseen = map(float, re.findall(r"([0-9.]+) eV", printed))
    assert unseen > 1.5 * known > 0
    assert printed.endswith("40 systems\n")


def test_its_first_table_names_every_split():
    named = re.findall(r"^\| `([a-z]+(?::[^`]*)?)` \|", PAGE, flags=re.MULTILINE)
    assert named == [name.replace("SYMBOLS", "O,N") for name in SPLITS]


@pytest.mark.parametrize("call", re.findall(r"^\| `(\w+Split\(.*?\))` \|", PAGE, flags=re.MULTILINE))
def test_its_second_table_shows_the_defaults(call):
    name = call.partition("(")[0]
    assert repr(eval(call, vars(splits))) == repr(getattr(splits, name)())


def test_its_second_table_names_every_class():
    named = set(re.findall(r"^\| `(\w+Split)\(", PAGE, flags=re.MULTILINE))
    assert named == {name for name in splits.__all__ if name.endswith("Split")}
