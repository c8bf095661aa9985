"""The output folder of a fit, written whole or not at all."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from matterlearn.core.errors import ArgumentError
from matterlearn.core.writing import holds_working_directory, recover_folder, staged_folder, write_file
from matterlearn.data.rejects import write_rejected
from matterlearn.report.page import write_report
from matterlearn.workflow.fit import Fit

MARK = "evidence.json"
"""A folder that holds this file was written by us and may be replaced."""

OURS = frozenset(
    {MARK, "model.mlz", "plan.json", "report.html", "predictions.parquet", "rows.parquet", "rejected.csv", "figures"}
)
"""What an output folder holds; with anything else in it, it is not replaced."""


def check_folder(path: str | os.PathLike[str]) -> Path:
    """Return the folder if it may be written, after finishing or undoing a write that was cut off.

    Parameters
    ----------
    path : path-like
        The output folder.

    Returns
    -------
    pathlib.Path
        Its real path, which names the same place whatever becomes of the working directory.

    Raises
    ------
    ArgumentError
        If it is a file, or holds something that is not ours.
    DataError
        If it cannot be written.
    """
    folder = Path(os.path.realpath(path))
    if holds_working_directory(folder):
        raise ArgumentError("holds the working directory", where=str(path), fix="name a new folder with --out")
    recover_folder(folder)
    if folder.exists() and not folder.is_dir():
        raise ArgumentError("is a file", where=str(path), fix="name a folder")
    found = {entry.name for entry in folder.iterdir()} if folder.is_dir() else set()
    others = sorted(found - OURS)
    if others or (found and MARK not in found):
        named = others[0] if others else sorted(found)[0]
        raise ArgumentError(f"the folder also holds {named!r}", where=str(path), fix="name a new folder with --out")
    with staged_folder(folder.with_name(f".{folder.name}.try")) as attempt:  # better now than after the fit
        attempt.joinpath(MARK).touch()
    shutil.rmtree(folder.with_name(f".{folder.name}.try"))
    return folder


def write_fit(result: Fit, path: str | os.PathLike[str]) -> Path:
    """Write model, report, evidence, predictions, rejected rows and figures into a folder.

    Parameters
    ----------
    result : Fit
        What `fit` returned.
    path : path-like
        The folder. An earlier output there is replaced as a whole.

    Returns
    -------
    pathlib.Path
        The folder.

    Raises
    ------
    ArgumentError
        If the folder holds something that is not ours.
    DataError
        If it cannot be written.
    """
    folder = check_folder(path)
    with staged_folder(folder, known_by=MARK) as staging:
        result.model.save(staging / "model.mlz")
        result.evidence.save(staging)
        write_file(staging / "plan.json", result.plan.to_text())
        write_rejected(result.dataset.rejected, staging / "rejected.csv")
        write_report(result.evidence, staging, rejected=result.dataset.rejected)
    return folder
