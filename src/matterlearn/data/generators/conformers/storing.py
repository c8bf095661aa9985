"""Sets of conformers as they are kept for the next time: found by what was asked for, checked when they are read."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from matterlearn.chemistry.molecules.conformers import Conformers
from matterlearn.chemistry.molecules.graph import MoleculeGraph
from matterlearn.core.container import arrays_to_bytes, bytes_to_arrays, read_container, write_container
from matterlearn.core.errors import MatterlearnError
from matterlearn.data.generators.conformers.conformer_set import ConformerSet

KIND: Final = "conformers"


def write_set(path: Path, request: dict[str, Any], made: ConformerSet) -> None:
    """Keep a set.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    request : dict
        What was asked for, as JSON data.
    made : ConformerSet
        What came of it.

    Raises
    ------
    DataError
        If it cannot be written.
    """
    texts: dict[str, list[str]] = {}
    arrays: dict[str, Any] = {"which": made.conformers.which, "positions": made.conformers.positions}
    for name in made.facts.columns:
        values = made.facts[name]
        if name in _TEXTS:
            texts[name] = list(dict.fromkeys(values))
            arrays[f"facts/{name}"] = pd.Categorical(values, texts[name]).codes.astype(np.int64)
        else:
            arrays[f"facts/{name}"] = values.to_numpy()
    manifest: dict[str, Any] = {
        "request": request,
        "facts": list(made.facts.columns),
        "texts": texts,
        "graphs": [
            {"numbers": graph.numbers, "bonds": graph.bonds, "charges": graph.charges}
            for graph in made.conformers.graphs
        ],
        "counts": made.counts.to_dict("list"),
        "notes": made.notes,
        "rejected": made.rejected.to_dict("list"),
    }
    write_container(path, KIND, {_ARRAYS: arrays_to_bytes(arrays)}, manifest)


def read_set(path: Path, request: dict[str, Any]) -> ConformerSet | None:
    """Return a set that was kept; None if there is none, or it is damaged or of another request.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    request : dict
        What is asked for.

    Returns
    -------
    ConformerSet or None
    """
    try:
        found = read_container(path, KIND)
        manifest = found.manifest
        if manifest["request"] != request:
            return None
        arrays = bytes_to_arrays(found.parts[_ARRAYS])
        graphs = [
            MoleculeGraph(
                tuple(graph["numbers"]),
                tuple((int(i), int(j), float(order)) for i, j, order in graph["bonds"]),
                tuple(graph["charges"]),
            )
            for graph in manifest["graphs"]
        ]
        facts = {}
        for name in manifest["facts"]:
            values: Any = arrays[f"facts/{name}"]
            facts[name] = np.array(manifest["texts"][name], dtype=object)[values] if name in _TEXTS else values
        frame = pd.DataFrame(facts).astype(dict.fromkeys(_TEXTS, "str"))
        conformers = Conformers(graphs, arrays["which"], arrays["positions"])
        if len(frame) != len(conformers):
            return None
        counts, rejected = pd.DataFrame(manifest["counts"]), pd.DataFrame(manifest["rejected"])
        return ConformerSet(conformers, frame, counts, tuple(manifest["notes"]), rejected)
    except (MatterlearnError, KeyError, TypeError, IndexError, ValueError):
        return None  # it is made again


_ARRAYS: Final = "arrays.safetensors"
_TEXTS: Final = ("molecule", "isomer")
