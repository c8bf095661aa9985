"""How a study is run: what the user chose, handed from part to part."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

LARGEST_SEED: Final = 2**32 - 1
"""The largest seed that numpy's legacy generators, and so scikit-learn, accept."""


@dataclass(frozen=True)
class StudyRun:
    """What was asked for.

    Attributes
    ----------
    name : str
        Name of the study.
    quick : bool
        Cheaper models where many are fitted.
    demo : bool
        The embedded set instead of the one in the data home.
    seed : int
        Seed of every draw.
    workers : int
        Processes.
    say : callable
        Gets one line of text as each part begins.
    pathways : pathlib.Path, optional
        File that says which metabolite belongs to which pathway.
    """

    name: str
    quick: bool
    demo: bool
    seed: int
    workers: int
    say: Callable[[str], object]
    pathways: Path | None = None

    @property
    def command(self) -> str:
        """The command line that repeats the study."""
        flags = [flag for flag, wanted in (("--quick", self.quick), ("--demo", self.demo)) if wanted]
        files = [] if self.pathways is None else [f"--map {shlex.quote(str(self.pathways))}"]
        return " ".join(["matterlearn study", self.name, *flags, *files, f"--seed {self.seed}"])
