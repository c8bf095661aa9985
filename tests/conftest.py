"""What all tests share, and in which order several processes run them."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # as our networks do, for tests that load torch themselves

settings.register_profile("untimed", deadline=None)  # how long an example takes says how busy the machine is
settings.load_profile("untimed")

HERE = Path(__file__).parent

LONG = ("survival", "workflow", "search", "studies", "report", "validation", "models", "cli", "core")
"""Folders whose files take longest, first: what begins late must be short, or a process idles at the end."""

TOGETHER = ("survival", "workflow/attacks", "report", "features/molecule", "kernels")
"""Folders whose files share fixtures, or compiled code, that are dear."""


def share_of(path: str) -> str:
    """Return what runs in one process: a file, whose fixtures are then made once, or a folder in `TOGETHER`."""
    return next((folder for folder in TOGETHER if path.startswith(f"tests/{folder}/")), path)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with what takes longest, where several processes share the tests."""
    if hasattr(config, "workerinput"):
        rank = {name: number for number, name in enumerate(LONG)}
        items.sort(key=lambda item: rank.get(item.path.relative_to(HERE).parts[0], len(rank)))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Give whole shares to the processes, in the order of the tests, unless a distribution is asked for."""
    if config.getvalue("dist") != "load":
        return None
    from xdist.scheduler import LoadScopeScheduling

    class Shares(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return share_of(nodeid.partition("::")[0])

    config.option.loadscopereorder = False  # by the number of tests, it would be
    return Shares(config, log)


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let reports have their figures by name only: drawing them takes longer than all else of a page."""

    def save(figure: object, folder: Path, name: str) -> bytes:
        from PIL import Image

        point = io.BytesIO()
        Image.new("RGB", (1, 1)).save(point, "PNG")
        for ending in ("png", "svg"):
            (folder / f"{name}.{ending}").write_bytes(point.getvalue())
        return point.getvalue()

    monkeypatch.setattr("matterlearn.report.page.save_figure", save)


@pytest.fixture
def data_home() -> Path:
    """Folder with the real data sets, or a skip that says why."""
    home = os.environ.get("MATTERLEARN_DATA")
    if not home or not Path(home).is_dir():
        pytest.skip("MATTERLEARN_DATA does not name a folder with the real data sets")
    return Path(home)
