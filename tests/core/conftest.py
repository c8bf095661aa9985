"""Processes to break things in."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from rights import give_up_rights, ignores_permissions

import matterlearn

SOURCE = Path(matterlearn.__file__).parents[1]

Child = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def child() -> Child:
    """Run Python code in a fresh process: `child(code, *arguments, bound=False, **environment)`.

    With `bound`, permissions hold for the process even if the tests run as root.
    """

    def run(
        code: str, *arguments: object, bound: bool = False, **environment: str | None
    ) -> subprocess.CompletedProcess[str]:
        env = {**os.environ, "PYTHONPATH": str(SOURCE), **environment}
        return subprocess.run(
            [sys.executable, "-c", code, *map(str, arguments)],
            env={name: value for name, value in env.items() if value is not None},
            capture_output=True,
            text=True,
            timeout=120,
            preexec_fn=give_up_rights if bound and ignores_permissions() else None,
        )

    return run
