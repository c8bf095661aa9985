"""What makes the start slow is not loaded: the untimed form of the claim that `benchmarks/startup.py` measures."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

import matterlearn

HEAVY = (
    "ase jinja2 joblib matplotlib numba numpy optuna pandas pooch pyarrow pymatgen scipy skops sklearn spglib torch"
    " vesin"
)
LOADED = f"""
import sys
heavy = sorted({{name.partition(".")[0] for name in sys.modules}} & set("{HEAVY}".split()))
print("loaded:", *heavy, file=sys.stderr)
"""


def loaded_by(code: str) -> list[str]:
    """Heavy packages that a fresh interpreter holds after the code has run."""
    done = subprocess.run(
        [sys.executable, "-c", code + LOADED],
        env={**os.environ, "PYTHONPATH": str(Path(matterlearn.__file__).parents[1])},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    line = done.stderr.splitlines()[-1]
    assert line.startswith("loaded:")
    return line.split()[1:]


def test_import_loads_nothing_heavy():
    assert loaded_by("import matterlearn\nmatterlearn.__version__; dir(matterlearn)") == []


def test_a_model_is_read_without_torch():
    assert "torch" not in loaded_by("import matterlearn.workflow.model, matterlearn.workflow.predict")


def test_the_measure_sees_what_is_loaded():
    assert "numpy" in loaded_by("import matterlearn.core.objects")


FLOORS = sorted(path.parent.name for path in Path(matterlearn.__file__).parent.glob("*/__init__.py"))


@pytest.mark.parametrize("floor", FLOORS)
def test_a_floor_itself_loads_nothing_heavy(floor):
    assert loaded_by(f"import matterlearn.{floor}") == []


COMMAND = """
import sys
from matterlearn.cli.main import main
sys.argv = ["matterlearn", *{arguments!r}]
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
"""


@pytest.mark.skipif(importlib.util.find_spec("matterlearn.cli.main") is None, reason="there is no command line yet")
@pytest.mark.parametrize(
    "arguments", [["--help"], ["--version"], ["fit", "--help"], ["predict", "--help"]], ids=" ".join
)
def test_help_loads_nothing_heavy(arguments):
    assert loaded_by(COMMAND.format(arguments=arguments)) == []
