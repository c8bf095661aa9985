"""One process at a time, by locks that end with the process that holds them."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from matterlearn.core.errors import DataError
from matterlearn.core.writing import as_data_error


@contextmanager
def folder_lock(path: str | os.PathLike[str]) -> Iterator[None]:
    """Hold a folder for one run, or say which other run holds it.

    The lock is on a file beside the folder, which may not exist yet. It holds the process and its start for the text
    of the error, and is removed at the end; what a killed run left is taken over. On a file system without locks the
    block runs without one.

    Parameters
    ----------
    path : path-like
        The folder. A link is followed.

    Raises
    ------
    DataError
        If another run holds the folder, or the lock file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as parent, folder_lock(f"{parent}/out"):
    ...     os.listdir(parent)
    ['.out.lock']
    """
    target = Path(os.path.realpath(path))
    if not target.name:  # the root has no place beside it, and cannot be replaced anyway
        yield
        return
    lock = target.with_name(f".{target.name}.lock")
    with as_data_error(path):
        target.parent.mkdir(parents=True, exist_ok=True)
        file = _take(lock, str(path))
        try:
            file.truncate(0)
            file.write(f"{os.getpid()} {time.time():.0f}\n".encode())
            file.flush()
        except OSError:
            _release(file, lock)
            raise
    try:
        yield
    finally:
        _release(file, lock)


@contextmanager
def one_at_a_time(path: Path) -> Iterator[None]:
    """Wait until no other process or thread is in a block with the same lock file, and hold the lock in the block.

    The lock file stays; it is empty. On a file system without locks the block runs without one.

    Parameters
    ----------
    path : pathlib.Path
        The lock file. Its folder must exist.
    """
    with open(path, "ab") as file:
        with suppress(OSError):
            _lock(file.fileno(), wait=True)
        yield


def _take(lock: Path, where: str) -> BinaryIO:
    """Return the lock file, open and locked."""
    while True:
        file = open(lock, "ab+", buffering=0)  # noqa: SIM115 (it stays open as long as it is locked)
        try:
            _lock(file.fileno(), wait=False)
        except (BlockingIOError, PermissionError) as error:
            with file:
                raise DataError(
                    f"another run {_holder(file)}writes here",
                    where=where,
                    fix="wait for it, or name another folder with --out",
                ) from error
        except OSError:  # no locks here
            return file
        if _is_current(file, lock):
            return file
        file.close()  # its holder removed it after we had opened it


def _release(file: BinaryIO, lock: Path) -> None:
    """Remove the file while it is locked, so that nobody's lock is on a file that others no longer see."""
    if os.name != "nt":
        lock.unlink(missing_ok=True)
    file.close()
    if os.name == "nt":  # there an open file cannot be removed, and one that others have opened stays
        with suppress(OSError):
            lock.unlink()


def _is_current(file: BinaryIO, lock: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file.fileno()), lock.stat())
    except FileNotFoundError:
        return False


def _holder(file: BinaryIO) -> str:
    """Return who holds the lock, or nothing if it has not been written yet."""
    file.seek(0)
    words = file.read(100).decode(errors="replace").split()
    if len(words) != 2 or not all(word.isdecimal() for word in words):
        return ""
    since = time.localtime(int(words[1]))
    today = time.strftime("%Y-%m-%d", since) == time.strftime("%Y-%m-%d")
    return f"(process {words[0]}, since {time.strftime('%H:%M' if today else '%Y-%m-%d %H:%M', since)}) "


if sys.platform == "win32":
    import msvcrt

    BEYOND = 1 << 30
    """Byte that is locked: there, locked bytes cannot be read, and the text must be."""

    def _lock(descriptor: int, *, wait: bool) -> None:
        os.lseek(descriptor, BEYOND, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(descriptor: int, *, wait: bool) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
