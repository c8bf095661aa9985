"""Estimators crafted to crash, hang, fill the memory or run code, in a real model file with fitting sums."""

from __future__ import annotations

import pytest
from crafted_estimators import CRAFTED
from model_tampering import attempt, with_estimator

pytestmark = pytest.mark.timeout(1000)  # seconds where nothing else runs


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    """What came of each file, read in another process: a crash there fails here, and is named."""
    folder = tmp_path_factory.mktemp("crafted")
    files = [with_estimator(folder / f"{name}.mlz", change) for name, (change, _) in CRAFTED.items()]
    files.append(with_estimator(folder / "unchanged.mlz", lambda stored: None))
    return attempt(files, folder)


def test_the_crafting_itself_is_sound(outcomes):
    assert outcomes["unchanged"].same


@pytest.mark.parametrize("name", CRAFTED)
def test_crafted_estimators_are_refused_in_one_line(outcomes, name):
    found = outcomes[name]
    assert found.error is None
    assert found.refused is not None, "it was read"
    assert f"{name}.mlz: " in found.refused
    assert CRAFTED[name][1] in found.refused
    assert found.refused.isprintable()
    assert len(found.refused) < 700
