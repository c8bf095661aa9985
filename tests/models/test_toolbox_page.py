"""The page on the toolbox says what there is, and its examples run."""

from __future__ import annotations

import importlib
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import sklearn

from matterlearn.core.parallel import single_thread

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "toolbox.md").read_text(encoding="utf-8")
EXAMPLE = ROOT / "examples" / "course_toolbox.py"

OURS = {
    "matterlearn.models.density": ["KernelDensityClassifier", "GaussianMixtureClassifier", "choose_components"],
    "matterlearn.models.pruned_tree": ["PrunedTreeClassifier", "PrunedTreeRegressor"],
    "matterlearn.features.basis": ["GaussianBasis"],
    "matterlearn.features.selection": ["BestSubset", "PearsonFilter"],
    "matterlearn.validation.assessment": ["bias_variance", "complexity_curve", "three_way_split"],
}


def test_its_examples_run_one_after_the_other(capsys):
    names: dict[str, object] = {}
    with single_thread():
        for code in re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL):
            exec(compile(code, "toolbox.md", "exec"), names)
    printed = capsys.readouterr().out
    assert [float(value) > 0.9 for value in re.findall(r"accuracy (\S+)\n", printed)] == [True, True]
    assert re.search(r"s\d went for s\d, r = ", printed)
    assert "'bmi'" in printed
    assert "\n221 111 110\n" in printed or "\n221 110 111\n" in printed
    total, bias, variance = map(int, re.search(r"(\d+) = (\d+) \+ (\d+)\n", printed).groups())
    assert abs(total - bias - variance) <= 1


def test_every_class_it_names_exists():
    found = set()
    for module in pkgutil.iter_modules(sklearn.__path__):
        if not module.name.startswith("_") and module.name not in ("conftest", "tests", "externals", "experimental"):
            found |= set(dir(importlib.import_module(f"sklearn.{module.name}")))
    for module, names in OURS.items():
        assert all(hasattr(importlib.import_module(module), name) for name in names)
        found |= set(names)
        assert all(name in PAGE for name in names)
    named = set(re.findall(r"`(?:matterlearn\.)?([A-Z][A-Za-z]+[a-z][A-Z]?[A-Za-z]*)\b", PAGE))
    assert len(named) > 35
    assert named - found - {"MLPRegressor", "MLPClassifier", "Pipeline", "Plan", "Protocol"} == set()


def test_its_links_lead_somewhere():
    assert all((ROOT / "docs" / link).exists() for link in re.findall(r"\]\(([a-z-]+\.md)\)", PAGE))


def test_the_example_runs(tmp_path):
    done = subprocess.run(
        [sys.executable, "-W", "error", str(EXAMPLE), str(tmp_path)], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert {path.name for path in tmp_path.glob("*.png")} == {
        *("bias-variance.png", "complexity.png", "dendrogram.png", "mixture.png")
    }
    accuracies = re.findall(r"^ *\S.*? +(\d\.\d+) +0\.\d+$", done.stdout, flags=re.MULTILINE)
    assert len(accuracies) == 15
    assert min(map(float, accuracies)) > 0.85
