"""Files and folders that are written whole or not at all.

A file is written beside its place and renamed into it. A folder is staged beside its place and swapped in; a swap that
was cut off is finished or undone by `recover_folder` at the next start.

States of a folder `out` and what a start finds and does:

==================  =======================================  ==============================
cut off             on disk                                  `recover_folder`
==================  =======================================  ==============================
while staging       out (old), .out.staging-PID              removes the staging folder
before the swap     out (old), .out.ready                    finishes the swap
within the swap     .out.previous, .out.ready                finishes the swap
after the swap      out (new), .out.previous                 removes the previous one
==================  =======================================  ==============================
"""

from __future__ import annotations

import errno
import glob
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from matterlearn.core.errors import DataError


def write_file(path: str | os.PathLike[str], content: bytes | str) -> Path:
    """Write a file so that its place holds the old content or the whole new content, never a part.

    Parameters
    ----------
    path : path-like
        Where the file goes. Its folder must exist.
    content : bytes or str
        The whole content; text is written as UTF-8.

    Returns
    -------
    pathlib.Path
        The path written.

    Raises
    ------
    DataError
        If the folder does not exist or cannot be written to.
    """
    target = Path(path)
    data = content.encode() if isinstance(content, str) else content
    with replacing(target) as partial:
        partial.write_bytes(data)
    return target


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yield a temporary path beside `path`; what was written there replaces `path` when the block ends well.

    Parameters
    ----------
    path : path-like
        Final place of the file. A link is followed: the file it names is replaced, and keeps its rights.

    Yields
    ------
    pathlib.Path
        Where to write. Removed if the block raises.

    Raises
    ------
    DataError
        If the folder does not exist or cannot be written to, the disk is full, or `path` is a folder or a device.
        What the block raises for other reasons passes unchanged.
    """
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_file():  # renaming onto /dev/null would replace the device
        raise DataError("is not an ordinary file", where=str(path), fix="name a file")
    with as_data_error(path):
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent)
        os.close(handle)
    partial = Path(name)
    try:
        with as_data_error(path, only_below=partial):
            yield partial
        with as_data_error(path):
            _sync(partial)
            # mkstemp makes private files
            os.chmod(partial, target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~_umask())
            os.replace(partial, target)
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def staged_folder(path: str | os.PathLike[str], *, known_by: str | None = None) -> Iterator[Path]:
    """Yield an empty folder; when the block ends well it takes the place of `path` as a whole.

    Parameters
    ----------
    path : path-like
        Final place of the folder. What stood there before is replaced. A link is followed.
    known_by : str, optional
        Name of a file that every result holds. A folder that is not empty is then replaced only if it holds this
        file, so that a slip in a path does not delete a folder of something else.

    Yields
    ------
    pathlib.Path
        The staging folder. Removed if the block raises; then `path` is as it was.

    Raises
    ------
    DataError
        If the folder cannot be created, the disk is full, or `path` cannot be replaced: a file, a mount point, a
        folder that holds the working directory, a folder of something else. What the block raises for other reasons
        passes unchanged.
    """
    target = Path(os.path.realpath(path))
    recover_folder(target)
    _check_replaceable(target, str(path), known_by)
    staging = target.with_name(f".{target.name}.staging-{os.getpid()}")
    with as_data_error(path):
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(staging, ignore_errors=True)
        staging.mkdir()
    try:
        with as_data_error(path, only_below=staging):
            yield staging
        with as_data_error(path):
            for file in staging.rglob("*"):
                if file.is_file():
                    _sync(file)
            os.replace(staging, _ready(target))
            _finish_swap(target)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def recover_folder(path: str | os.PathLike[str]) -> None:
    """Finish or undo a swap of `path` that was cut off, and remove what dead runs left beside it.

    Parameters
    ----------
    path : path-like
        The folder that `staged_folder` was to write.

    Raises
    ------
    DataError
        If the folders cannot be renamed or removed.
    """
    target = Path(os.path.realpath(path))
    if not target.name:  # the root has no place beside it
        return
    with as_data_error(path):
        if _ready(target).exists():
            _finish_swap(target)
        elif _previous(target).exists():
            if target.exists():
                shutil.rmtree(_previous(target))
            else:
                os.replace(_previous(target), target)
    for leftover in target.parent.glob(f".{glob.escape(target.name)}.staging-*"):
        owner = leftover.name.rpartition("-")[2]
        if owner.isdecimal() and int(owner) != os.getpid() and not _is_alive(int(owner)):
            shutil.rmtree(leftover, ignore_errors=True)


def holds_working_directory(folder: Path) -> bool:
    """Return whether the working directory is this folder, given by its real path, or lies in it.

    A working directory that somebody has removed lies nowhere.
    """
    try:
        return Path.cwd().is_relative_to(folder)
    except FileNotFoundError:
        return False


def _check_replaceable(target: Path, where: str, known_by: str | None) -> None:
    if not target.name or os.path.ismount(target):
        raise DataError("is a mount point and cannot be replaced", where=where, fix="name a folder inside it")
    if not target.exists():
        return
    if not target.is_dir():
        raise DataError("is a file", where=where, fix="name a folder")
    if holds_working_directory(target):
        raise DataError("holds the working directory and cannot be replaced", where=where, fix="name a new folder")
    with as_data_error(where):
        if known_by and not (target / known_by).exists() and any(target.iterdir()):
            raise DataError(
                f"is not empty and holds no {known_by}, so it is not an earlier result",
                where=where,
                fix="name a new folder, or remove this one",
            )


def _finish_swap(target: Path) -> None:
    ready, previous = _ready(target), _previous(target)
    if target.exists():
        if previous.exists():
            shutil.rmtree(previous)
        os.replace(target, previous)
    os.replace(ready, target)
    if previous.exists():
        shutil.rmtree(previous)


def _ready(target: Path) -> Path:
    return target.with_name(f".{target.name}.ready")


def _previous(target: Path) -> Path:
    return target.with_name(f".{target.name}.previous")


def _is_alive(process: int) -> bool:
    if os.name == "nt":  # there, signal 0 is Ctrl+C: what cannot be asked counts as alive
        return True
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


def _sync(file: Path) -> None:
    """Bring a file to the disk before it is renamed; some file systems cannot, and then the rename must do."""
    with open(file, "rb") as stream, suppress(OSError):
        os.fsync(stream.fileno())


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


@contextmanager
def as_data_error(path: str | os.PathLike[str], *, only_below: Path | None = None) -> Iterator[None]:
    """Turn what goes wrong while a path is written into a `DataError`.

    Parameters
    ----------
    path : path-like
        What the block writes, as the user knows it.
    only_below : pathlib.Path, optional
        With it, the block is a caller's: a full disk and failures of paths below it are about writing, the rest (a
        file that could not be read, a connection that broke) is not ours to explain.

    Raises
    ------
    DataError
        In the place of the `OSError` that the block raised.
    """
    try:
        yield
    except DataError as error:
        if only_below is None or not _is_below(error.where, only_below):
            raise
        raise DataError(error.what, where=str(path), fix=error.fix) from error  # the user knows no place below it
    except OSError as error:
        if only_below is not None and error.errno not in _DISK and not _is_below(error.filename, only_below):
            raise
        raise DataError(
            f"cannot write: {error.strerror or error}",
            where=str(path),
            fix="check the folder, its rights and the space left",
        ) from error


_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS)


def _is_below(name: object, folder: Path) -> bool:
    return isinstance(name, str | os.PathLike) and Path(name).is_relative_to(folder)
