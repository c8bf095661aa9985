"""The rules of the house, read from the source: who may import whom, and what no module may do.

`violations` reads a tree without importing it. It is applied to the package, and to planted trees that break one rule
each.
"""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import matterlearn

ROOT = Path(matterlearn.__file__).parent
PACKAGE = "matterlearn"

# One direction: a floor imports itself and floors of lower rank. Equal rank: siblings, which do not know each other.
FLOORS = {
    "core": 0,
    "chemistry": 1,
    "kernels": 1,
    "data": 2,
    "features": 3,
    "models": 4,
    "validation": 5,
    "search": 6,
    "report": 7,
    "workflow": 8,
    "studies": 9,
    "cli": 10,
}
PUBLIC_FACE = ("__init__", "__main__")

# Kernels: arrays in, arrays out.
NOT_IN_KERNELS = re.compile(
    r"pandas|pyarrow|sklearn|pymatgen|ase|torch|matplotlib"
    r"|io|os|pathlib|shutil|tempfile|csv|json|gzip|zipfile|sqlite3|pooch|openpyxl"
)
FILE_CALLS = re.compile(
    r"open|.*\.(open|read_text|read_bytes|write_text|write_bytes|tofile)"
    r"|numpy\.(load|loadtxt|genfromtxt|fromfile|memmap|save|savez|savez_compressed|savetxt)"
)
# What is read is data (contract 10).
# Checks that transformers and models survive pickling; they read nothing from outside.
MAY_PICKLE = (("features", "checks"), ("models", "batch_checks"))
PICKLES = re.compile(r"_?c?pickle|dill|cloudpickle|shelve|marshal", re.IGNORECASE)
RUNS_WHAT_IT_READS = re.compile(
    r"(builtins\.)?(eval|exec)|joblib\.(load|dump)|torch\.(load|save)|pandas\.(read|to)_pickle"
)
# One place for parallel work (contract 12), and one for compiled kernels (contract 13).
STARTS_WORKERS = re.compile(r"(joblib|multiprocessing|concurrent\.futures)(\..*)?|threading\.Thread|os\.fork")
COMPILES = re.compile(r"numba\.(jit|njit|vectorize|guvectorize|cfunc|stencil)")


@dataclass(frozen=True)
class Source:
    """One module of the tree."""

    root: Path
    path: Path
    tree: ast.Module

    @property
    def parts(self) -> tuple[str, ...]:
        """Path below the package without suffix: ("features", "site_one_hot")."""
        return self.path.relative_to(self.root).with_suffix("").parts

    @property
    def floor(self) -> str:
        """Folder of the module; empty for the public face."""
        return self.parts[0] if len(self.parts) > 1 else ""


Found = Iterator[tuple[int, str]]


def violations(root: Path) -> list[str]:
    """Return every breach of the rules in the package at `root`, as `path:line: what`."""
    found = []
    for path in sorted(root.rglob("*.py")):
        source = Source(root, path, ast.parse(path.read_text(encoding="utf-8"), filename=str(path)))
        for check in (places, layers, kernels, safety, one_place, prints, docstrings, lazy_names):
            found += [f"{path.relative_to(root).as_posix()}:{line}: {what}" for line, what in check(source)]
    return found


def places(source: Source) -> Found:
    """A module stands on a floor; only the public face stands outside."""
    if source.floor and source.floor not in FLOORS:
        yield 1, f"{source.floor} is no floor"
    if not source.floor and source.parts[0] not in PUBLIC_FACE:
        yield 1, "a module outside the floors"


def layers(source: Source) -> Found:
    """A floor imports itself and floors to its left; the public face imports core, and names the rest."""
    for line, module in [*imports(source), *attributes_of_the_face(source), *named_modules(source)]:
        head, _, rest = module.partition(".")
        other = rest.partition(".")[0]
        # The version is the one name of the public face that a floor may read.
        if head != PACKAGE or module == PACKAGE or other == "__version__":
            continue
        if other not in FLOORS:
            yield line, f"imports {module}, which is on no floor"
        elif not source.floor:
            if other != "core" and (source.parts[0], other) != ("__main__", "cli"):
                yield line, f"the public face imports {module} at once"
        elif other != source.floor and FLOORS[other] >= FLOORS.get(source.floor, 0):
            yield line, f"{source.floor} imports {module}"


def kernels(source: Source) -> Found:
    """Kernels know arrays and nothing else."""
    if source.floor == "kernels":
        for line, module in imports(source):
            if NOT_IN_KERNELS.fullmatch(module.partition(".")[0]):
                yield line, f"a kernel imports {module}"
        for line, name in calls(source):
            if FILE_CALLS.fullmatch(name):
                yield line, f"a kernel handles files: {name}"


def safety(source: Source) -> Found:
    """No pickle, and nothing that executes what it reads."""
    for line, module in imports(source):
        if PICKLES.fullmatch(module.partition(".")[0]) and source.parts not in MAY_PICKLE:
            yield line, f"imports {module}"
    for line, name in names(source):  # called or handed on
        if RUNS_WHAT_IT_READS.fullmatch(name):
            yield line, f"uses {name}"
    for node in keywords(source, "allow_pickle"):
        if not (isinstance(node, ast.Constant) and node.value is False):
            yield node.lineno, "allows pickle"


def one_place(source: Source) -> Found:
    """Workers are started by core.parallel, and compilers called by core.jit."""
    used = [*imports(source), *names(source)]
    if source.parts != ("core", "parallel"):
        for line, name in used:
            if STARTS_WORKERS.fullmatch(name):
                yield line, f"uses {name}: workers are started by core.parallel"
        for node in keywords(source, "n_jobs"):
            if not (isinstance(node, ast.Constant) and node.value in (1, None)):
                yield node.lineno, "sets n_jobs: workers are started by core.parallel"
    if source.parts != ("core", "jit"):
        for line, name in used:
            if COMPILES.fullmatch(name):
                yield line, f"uses {name}: kernels are compiled by core.jit"


def prints(source: Source) -> Found:
    """Only the command line prints."""
    if source.floor != "cli":
        for line, name in names(source):
            if name in ("print", "builtins.print"):
                yield line, "prints"


def docstrings(source: Source) -> Found:
    """Every module and every public function, class and method says what it is."""
    if ast.get_docstring(source.tree) is None:
        yield 1, "the module has no docstring"
    yield from _undescribed(source.tree.body, "")


def lazy_names(source: Source) -> Found:
    """A lazy name is not also a module: once the module is imported, the name would be the module."""
    for line, name in lazy_keys(source):
        beside = source.path.parent / name
        if beside.with_suffix(".py").exists() or beside.is_dir():
            yield line, f"the lazy name {name} is also a module"


def _undescribed(body: list[ast.stmt], prefix: str) -> Found:
    for node in body:
        if isinstance(node, ast.If | ast.Try):  # definitions under a condition
            yield from _undescribed([*node.body, *node.orelse], prefix)
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) or node.name.startswith("_"):
            continue
        marks = {dotted(mark).rpartition(".")[2] for mark in node.decorator_list}
        if ast.get_docstring(node) is None and not marks & {"overload", "override", "setter", "deleter"}:
            yield node.lineno, f"{prefix}{node.name} has no docstring"
        if isinstance(node, ast.ClassDef):
            yield from _undescribed(node.body, f"{prefix}{node.name}.")


# Reading of the source


def imports(source: Source) -> Found:
    """Yield all that is imported anywhere: at the top, in functions, for types only.

    `from a import b` gives `a.b`: b may be a module. Relative imports are written out.
    """
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(source, node)
            yield from ((node.lineno, f"{base}.{alias.name}") for alias in node.names)


def attributes_of_the_face(source: Source) -> Found:
    """Yield what `import matterlearn` is used for: `matterlearn.fit`."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Attribute) and dotted(node.value) == PACKAGE:
            yield node.lineno, dotted(node)


def named_modules(source: Source) -> Found:
    """Yield modules of ours that a text names, for `lazy_exports` or `import_module`.

    Not for the public face, which is there to name every floor by text.
    """
    if source.floor:
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                match = re.fullmatch(rf"{PACKAGE}\.(\w+)(\.\w+)*", node.value)
                if match and match[1] in FLOORS:
                    yield node.lineno, node.value


def names(source: Source) -> Found:
    """Yield every name and attribute in full: after `import numpy as np`, `np.load` is `numpy.load`."""
    known = _imported_names(source)
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Name | ast.Attribute):
            yield node.lineno, _full(node, known)


def calls(source: Source) -> Found:
    """Yield what is called, in full."""
    known = _imported_names(source)
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call):
            yield node.lineno, _full(node.func, known)


def keywords(source: Source, name: str) -> Iterator[ast.expr]:
    """Yield the values that are passed under a keyword."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.keyword) and node.arg == name:
            yield node.value


def lazy_keys(source: Source) -> Found:
    """Yield the names of `lazy_exports(__name__, {...})`; the mapping may be given by a variable."""
    mappings = {
        dotted(target): node.value
        for node in source.tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and dotted(node.func).endswith("lazy_exports") and len(node.args) == 2:
            mapping = mappings.get(dotted(node.args[1]), node.args[1])
            assert isinstance(mapping, ast.Dict), f"{source.path}: the names of lazy_exports cannot be read"
            for key in mapping.keys:
                assert isinstance(key, ast.Constant), f"{source.path}: the names of lazy_exports cannot be read"
                yield key.lineno, key.value


def dotted(node: ast.expr | None) -> str:
    """Return `a.b.c` for such an expression; what has no name becomes an empty part."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def _full(node: ast.expr, known: dict[str, str]) -> str:
    head, dot, rest = dotted(node).partition(".")
    return known.get(head, head) + dot + rest


def _imported_names(source: Source) -> dict[str, str]:
    known = {}
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                known[alias.asname or alias.name.partition(".")[0]] = (
                    alias.name if alias.asname else alias.name.partition(".")[0]
                )
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                known[alias.asname or alias.name] = f"{_absolute(source, node)}.{alias.name}"
    return known


def _absolute(source: Source, node: ast.ImportFrom) -> str:
    here = (PACKAGE, *source.parts)[: -node.level] if node.level else ()
    return ".".join([*here, *([node.module] if node.module else [])])


# The package


def test_the_package_keeps_the_rules():
    assert violations(ROOT) == []


def test_the_package_was_read():
    assert {path.name for path in ROOT.iterdir() if path.is_dir()} - {"__pycache__"} <= set(FLOORS)
    assert len(list(ROOT.rglob("*.py"))) > 20


def lazy_exports_of_the_package() -> list[tuple[str, str]]:
    found = []
    for path in sorted(ROOT.rglob("__init__.py")):
        package = ".".join([PACKAGE, *path.relative_to(ROOT).parent.parts])
        source = Source(ROOT, path, ast.parse(path.read_text(encoding="utf-8")))
        found += [(package, name) for _, name in lazy_keys(source)]
    return found


@pytest.mark.parametrize(("package", "name"), lazy_exports_of_the_package())
def test_every_lazy_name_loads(package, name):
    assert getattr(importlib.import_module(package), name) is not None


# Planted violations: every rule is broken once


def planted(root: Path, modules: dict[str, str]) -> list[str]:
    """Write modules into an empty tree and return its violations."""
    for name, text in modules.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f'"""A module."""\n{text}\n')
    return violations(root)


CLEAN = {
    "core/a.py": "import numpy as np\nfrom matterlearn.core import b\nfrom . import c",
    "core/parallel.py": "from joblib import Parallel\nParallel(n_jobs=2)",
    "core/jit.py": "import numba\nnumba.njit",
    "chemistry/a.py": "from matterlearn.core.errors import DataError",
    "kernels/a.py": "import numpy as np\nfrom numba import prange\nfrom matterlearn.core.jit import jit\nnp.zeros(3)",
    "data/a.py": "from matterlearn.chemistry import elements\nimport matterlearn.kernels.b\nopen('x')",
    "models/a.py": (
        "from matterlearn import __version__\nfrom ..features import x\n"
        "def fit(model):\n    'Fit.'\n    model.eval()\n    return model.load(n_jobs=1)"
    ),
    "report/a.py": "import matterlearn\nversion = matterlearn.__version__",
    "studies/a.py": "from matterlearn.workflow.fit import fit_table",
    "cli/main.py": "import matterlearn.studies.a\nfrom matterlearn.workflow import fit_table\nprint('done')",
}


def test_a_clean_tree_has_no_violations(tmp_path):
    face = (
        "from matterlearn.core.lazy import lazy_exports\n"
        "__getattr__, __dir__ = lazy_exports(__name__, {'fit': 'matterlearn.workflow.fit'})"
    )
    (tmp_path / "__init__.py").write_text(f'"""Face."""\n{face}\n')
    (tmp_path / "__main__.py").write_text('"""Run."""\nfrom matterlearn.cli.main import main\n')
    assert planted(tmp_path, CLEAN) == []


BROKEN = [
    # to the right, however it is written
    ("core/a.py", "from matterlearn.data import tables", "core/a.py:2: core imports matterlearn.data.tables"),
    ("core/a.py", "import matterlearn.chemistry", "core/a.py:2: core imports matterlearn.chemistry"),
    ("features/a.py", "from matterlearn import models", "features/a.py:2: features imports matterlearn.models"),
    ("features/a.py", "from ..models import mlp", "features/a.py:2: features imports matterlearn.models.mlp"),
    ("features/a.py", "from .. import models", "features/a.py:2: features imports matterlearn.models"),
    (
        "features/__init__.py",
        "from ..models import mlp",
        "features/__init__.py:2: features imports matterlearn.models.mlp",
    ),
    ("data/deep/a.py", "from ...models import mlp", "data/deep/a.py:2: data imports matterlearn.models.mlp"),
    (
        "models/a.py",
        "def f():\n    'F.'\n    import matterlearn.cli.main",
        "models/a.py:4: models imports matterlearn.cli.main",
    ),
    (
        "models/a.py",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from matterlearn.report import figures",
        "models/a.py:4: models imports matterlearn.report.figures",
    ),
    (
        "data/__init__.py",
        "x = {'fit': 'matterlearn.workflow.fit'}",
        "data/__init__.py:2: data imports matterlearn.workflow.fit",
    ),
    ("studies/a.py", "from matterlearn.cli import main", "studies/a.py:2: studies imports matterlearn.cli.main"),
    ("search/a.py", "from matterlearn.workflow import fit", "search/a.py:2: search imports matterlearn.workflow.fit"),
    (
        "data/a.py",
        "import matterlearn\nmatterlearn.models.x()",
        "data/a.py:3: data imports matterlearn.models",
    ),
    # siblings
    ("chemistry/a.py", "import matterlearn.kernels.rdf", "chemistry/a.py:2: chemistry imports matterlearn.kernels.rdf"),
    ("kernels/a.py", "import matterlearn.chemistry.x", "kernels/a.py:2: kernels imports matterlearn.chemistry.x"),
    # the public face
    (
        "data/a.py",
        "import matterlearn\nmatterlearn.fit(1)",
        "data/a.py:3: imports matterlearn.fit, which is on no floor",
    ),
    ("data/a.py", "from matterlearn import fit", "data/a.py:2: imports matterlearn.fit, which is on no floor"),
    (
        "__init__.py",
        "from matterlearn.data import x",
        "__init__.py:2: the public face imports matterlearn.data.x at once",
    ),
    ("__main__.py", "import matterlearn.data", "__main__.py:2: the public face imports matterlearn.data at once"),
    ("helpers.py", "", "helpers.py:1: a module outside the floors"),
    ("utils/a.py", "", "utils/a.py:1: utils is no floor"),
    # kernels
    ("kernels/a.py", "import pandas as pd", "kernels/a.py:2: a kernel imports pandas"),
    ("kernels/a.py", "from sklearn.base import clone", "kernels/a.py:2: a kernel imports sklearn.base.clone"),
    ("kernels/a.py", "from pathlib import Path", "kernels/a.py:2: a kernel imports pathlib.Path"),
    ("kernels/a.py", "x = open('x')", "kernels/a.py:2: a kernel handles files: open"),
    ("kernels/a.py", "import numpy as np\nnp.load('x')", "kernels/a.py:3: a kernel handles files: numpy.load"),
    (
        "kernels/a.py",
        "from numpy import savetxt\nsavetxt('x', 1)",
        "kernels/a.py:3: a kernel handles files: numpy.savetxt",
    ),
    ("kernels/a.py", "def f(p):\n    'F.'\n    p.read_text()", "kernels/a.py:4: a kernel handles files: p.read_text"),
    # safety
    ("data/a.py", "import pickle", "data/a.py:2: imports pickle"),
    ("data/a.py", "def f():\n    'F.'\n    from dill import loads", "data/a.py:4: imports dill.loads"),
    ("models/a.py", "import torch\ntorch.load('x')", "models/a.py:3: uses torch.load"),
    ("models/a.py", "from torch import load as read\nread('x')", "models/a.py:3: uses torch.load"),
    ("core/parallel.py", "import joblib\njoblib.load('x')", "core/parallel.py:3: uses joblib.load"),
    ("data/a.py", "import pandas as pd\nread = pd.read_pickle", "data/a.py:3: uses pandas.read_pickle"),
    ("data/a.py", "eval('1')", "data/a.py:2: uses eval"),
    ("data/a.py", "import builtins\nbuiltins.exec('1')", "data/a.py:3: uses builtins.exec"),
    ("data/a.py", "import numpy as np\nnp.load('x', allow_pickle=True)", "data/a.py:3: allows pickle"),
    # one place
    ("models/a.py", "import joblib", "models/a.py:2: uses joblib: workers are started by core.parallel"),
    (
        "models/a.py",
        "from concurrent.futures import ProcessPoolExecutor",
        "models/a.py:2: uses concurrent.futures.ProcessPoolExecutor: workers are started by core.parallel",
    ),
    ("models/a.py", "f(n_jobs=-1)", "models/a.py:2: sets n_jobs: workers are started by core.parallel"),
    (
        "models/a.py",
        "def g(jobs):\n    'G.'\n    f(n_jobs=jobs)",
        "models/a.py:4: sets n_jobs: workers are started by core.parallel",
    ),
    ("kernels/a.py", "from numba import njit", "kernels/a.py:2: uses numba.njit: kernels are compiled by core.jit"),
    (
        "kernels/a.py",
        "import numba as nb\nf = nb.jit",
        "kernels/a.py:3: uses numba.jit: kernels are compiled by core.jit",
    ),
    # prints and docstrings
    ("workflow/a.py", "print('x')", "workflow/a.py:2: prints"),
    ("studies/a.py", "def f(say=print):\n    'F.'", "studies/a.py:2: prints"),
    ("data/a.py", "def f(): pass", "data/a.py:2: f has no docstring"),
    ("data/a.py", "class A: pass", "data/a.py:2: A has no docstring"),
    ("data/a.py", "class A:\n    'A.'\n    def f(self): pass", "data/a.py:4: A.f has no docstring"),
    (
        "data/a.py",
        "try:\n    import x\nexcept ImportError: pass\nelse:\n    def f(): pass",
        "data/a.py:6: f has no docstring",
    ),
]


@pytest.mark.parametrize(("name", "text", "what"), BROKEN)
def test_a_planted_violation_is_found(tmp_path, name, text, what):
    assert what in planted(tmp_path, {name: text})


def test_a_planted_violation_is_found_among_clean_modules_and_only_it(tmp_path):
    assert planted(tmp_path, {**CLEAN, "data/b.py": "import pickle"}) == ["data/b.py:2: imports pickle"]


def test_a_module_without_docstring_is_found(tmp_path):
    (tmp_path / "core").mkdir()
    (tmp_path / "core" / "a.py").write_text("x = 1\n")
    assert violations(tmp_path) == ["core/a.py:1: the module has no docstring"]


@pytest.mark.parametrize("mapping", ["{'fit': 'matterlearn.workflow.fit'}", "NAMES"])
def test_a_lazy_name_that_is_also_a_module_is_found(tmp_path, mapping):
    text = (
        "from matterlearn.core.lazy import lazy_exports\nNAMES = {'fit': 'matterlearn.workflow.fit'}\n"
        f"__getattr__, __dir__ = lazy_exports(__name__, {mapping})"
    )
    assert planted(tmp_path, {"workflow/__init__.py": text}) == []
    found = planted(tmp_path, {"workflow/fit.py": ""})
    assert [line.partition(": ")[2] for line in found] == ["the lazy name fit is also a module"]


def test_why_a_lazy_name_may_not_be_a_module(tmp_path, monkeypatch):
    (tmp_path / "twofold").mkdir()
    (tmp_path / "twofold" / "__init__.py").write_text(
        "from matterlearn.core.lazy import lazy_exports\n"
        "__getattr__, __dir__ = lazy_exports(__name__, {'fit': 'twofold.fit'})\n"
    )
    (tmp_path / "twofold" / "fit.py").write_text("def fit():\n    return 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    importlib.import_module("twofold.fit")
    from twofold import fit

    assert not callable(fit)  # the module, where the function was meant
