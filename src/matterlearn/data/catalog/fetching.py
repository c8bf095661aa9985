"""Fetch a public data set into the data home: checked, cached, resumable."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pooch

from matterlearn.core.errors import ArgumentError, DataError, NetworkError
from matterlearn.core.locking import one_at_a_time
from matterlearn.data.catalog.byte_progress import byte_bar
from matterlearn.data.catalog.downloader import READ_TIMEOUT_S, DownloadError, ResumingDownloader
from matterlearn.data.catalog.entry import CatalogEntry
from matterlearn.data.catalog.places import place_of
from matterlearn.data.catalog.registry import find_entry

MIRROR_VARIABLE = "MATTERLEARN_MIRROR"


def fetch_dataset(
    name: str, *, progress: bool = True, base_url: str | None = None, timeout: float = READ_TIMEOUT_S
) -> Path:
    """Bring the file of a public data set into the data home, unless it is there.

    The file is named as such only when it is complete and its sha256 is the one of the catalogue. A download that is
    cut off goes on from where it stopped, in the same call or the next, if the server can do that.

    Parameters
    ----------
    name : str
        Name of a public data set.
    progress : bool
        Show a progress bar if standard error is a terminal.
    base_url : str, optional
        Address of a mirror whose files are `NAME.json.gz`; by default what the environment variable
        `MATTERLEARN_MIRROR` says, else the published address. The checksum is the same.
    timeout : float
        Seconds without a byte after which a connection counts as broken. There are three attempts.

    Returns
    -------
    pathlib.Path
        The file in the data home.

    Raises
    ------
    ArgumentError
        If there is no such set, or it is not a public one.
    NetworkError
        If the file cannot be fetched, or what came has another checksum.
    DataError
        If the data home cannot be written to.
    """
    entry = find_entry(name)
    if entry.origin != "public":
        raise ArgumentError(f"{name!r} is {_LIES[entry.origin]}: there is nothing to fetch", where="name")
    if not timeout > 0:
        raise ArgumentError(f"must be positive, got {timeout}", where="timeout")
    path, url = place_of(entry), _address(entry, base_url)
    if is_whole(entry, path):
        return path
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with one_at_a_time(path.with_name(f".{path.name}.lock")):
            _retrieve(entry, path, url, progress=progress, timeout=timeout)
    except OSError as error:
        what = f"cannot be written: {error.strerror or error}"
        raise DataError(what, where=str(path), fix="check the data home, its rights and the space left") from error
    return path


def is_whole(entry: CatalogEntry, path: Path) -> bool:
    """Tell whether the file of a public set is there with the checksum of the catalogue.

    Parameters
    ----------
    entry : CatalogEntry
        The facts about the set.
    path : pathlib.Path
        The file.

    Returns
    -------
    bool
        False also where there is no file.
    """
    return path.is_file() and pooch.file_hash(str(path)) == entry.sha256


_LIES = {
    "embedded": "part of the package",
    "made": "computed on this machine when it is loaded",
    "local": "a local set that you put into the data home",
}


def _address(entry: CatalogEntry, base_url: str | None) -> str:
    mirror = base_url or os.environ.get(MIRROR_VARIABLE)
    return f"{mirror.rstrip('/')}/{entry.name}.json.gz" if mirror else str(entry.url)


def _retrieve(entry: CatalogEntry, path: Path, url: str, *, progress: bool, timeout: float) -> None:
    partial = path.with_name(f".{path.name}.part")
    while True:
        downloader = ResumingDownloader(partial, timeout=timeout, bar=byte_bar(entry.name, shown=progress))
        try:
            with _quiet_pooch():
                pooch.retrieve(url, f"sha256:{entry.sha256}", fname=path.name, path=path.parent, downloader=downloader)
            return
        except DownloadError as error:
            kept = partial.is_file() and partial.stat().st_size > 0
            fix = "check the connection and run it again" + (": it goes on from what came" if kept else "")
            raise NetworkError(str(error), where=url, fix=fix) from error
        except ValueError as error:  # pooch: the checksum is another one; what came is removed
            # The bytes an earlier call had left may be those of another file: then fetch it once more from its start.
            if not downloader.resumed:
                what = "what came has another sha256 than the catalogue states, so it was not kept"
                raise NetworkError(what, where=url, fix="try later, or from another mirror") from error


@contextmanager
def _quiet_pooch() -> Iterator[None]:
    """Keep pooch from announcing each download on standard error; the bar does."""
    logger = pooch.get_logger()
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)
