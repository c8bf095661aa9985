"""What is asked for when conformers are made, what names it, and where the set is kept."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from matterlearn.data.catalog.home import data_home

BATCH: Final = 100
"""Conformers that are tried in one batch: what a killed run repeats at most."""

FOLDER: Final = "made"
"""Folder of the data home in which sets are kept that were computed here."""

LAYOUT: Final = 2
"""Counted up when the same request would give another set or another file."""


def make_request(
    smiles: str | Sequence[object],
    n: int = 10_000,
    *,
    force_field: str = "MMFF94",
    steps: int = 0,
    prune: float = 0.2,
    stereo: str = "any",
    seed: int = 0,
) -> dict[str, Any]:
    """Return all that a set depends on, as JSON data: the arguments of `make_conformers`, and versions."""
    import rdkit  # not its chemistry, which takes long to load

    listed = [smiles] if isinstance(smiles, str) else list(smiles)
    return {
        "smiles": [text if isinstance(text, str) else repr(text) for text in listed],
        "n": int(n),
        "force_field": force_field,
        "steps": int(steps),
        "prune": float(prune),
        "stereo": stereo,
        "seed": int(seed),
        "batch": BATCH,
        "layout": LAYOUT,
        "rdkit": rdkit.__version__,
    }


def request_key(request: dict[str, Any]) -> str:
    """Return what names a request: its checksum."""
    return hashlib.sha256(json.dumps(request, sort_keys=True).encode()).hexdigest()


def place_of_set(request: dict[str, Any], folder: str | os.PathLike[str] | None = None) -> Path:
    """Return where the set of a request is kept, or would be.

    Parameters
    ----------
    request : dict
        What `make_request` returned.
    folder : path-like, optional
        Its folder; by default `made` in the data home.

    Returns
    -------
    pathlib.Path
    """
    root = data_home() / FOLDER if folder is None else Path(folder)
    return root / f"conformers-{request_key(request)[:16]}.mlc"
