"""Where the trials of a search are kept: in memory, in a journal file, or in a database."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import optuna
from optuna.storages import BaseStorage, InMemoryStorage, JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend

from matterlearn.core.errors import ArgumentError, DataError
from matterlearn.core.locking import one_at_a_time
from matterlearn.core.writing import as_data_error


@dataclass(frozen=True)
class Store:
    """An open storage.

    Attributes
    ----------
    storage : optuna.storages.BaseStorage
        The storage.
    locked : callable
        Returns a block in which no other process changes it; does nothing for a database.
    """

    storage: BaseStorage
    locked: Callable[[], AbstractContextManager[None]]


@contextmanager
def opened(storage: str | os.PathLike[str] | None) -> Iterator[Store]:
    """Open the storage of a search for the block.

    Parameters
    ----------
    storage : str, path-like or None
        None for memory, an address such as `sqlite:///trials.db` for a database, otherwise the path of a journal file,
        which is made if it is not there.

    Raises
    ------
    ArgumentError
        If the file is another one than a journal, or the database cannot be opened.
    DataError
        If the file is damaged or cannot be written.
    """
    if storage is None:
        yield Store(InMemoryStorage(), nullcontext)
    elif isinstance(storage, str) and "://" in storage:
        database = _database(storage)
        try:
            yield Store(database, nullcontext)
        finally:
            database.remove_session()
            database.engine.dispose()
    else:
        yield _journal(Path(os.path.realpath(storage)), str(storage))


def _database(address: str) -> RDBStorage:
    from sqlalchemy.exc import SQLAlchemyError

    try:
        return RDBStorage(address)
    except (SQLAlchemyError, ImportError, optuna.exceptions.StorageInternalError) as error:
        raise ArgumentError(f"this database cannot be opened: {error}", where=f"storage {address}") from error


def _journal(path: Path, where: str) -> Store:
    with as_data_error(where):
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists():
            _check_is_journal(path, where)
        lock = ProcessLock(path)
        with lock.held():
            pass  # mends a line that was cut off
        try:
            locked: Any = lock  # all that the backend asks for are `acquire` and `release`
            storage = JournalStorage(JournalFileBackend(str(path), lock_obj=locked))
        except (ValueError, KeyError, TypeError, AssertionError) as error:
            raise DataError("a line of this journal cannot be read", where=where, fix="take another file") from error
    return Store(storage, lock.held)


def _check_is_journal(path: Path, where: str) -> None:
    """Raise before anything is written if a file does not begin as a journal does."""
    if path.is_dir():
        raise ArgumentError("is a folder", where=f"storage {where}", fix="name a file")
    with open(path, "rb") as file:
        head = file.read(len(_HEAD))
    if head != _HEAD[: len(head)]:
        raise ArgumentError("is no journal of a search", where=f"storage {where}", fix="name another file")


_HEAD = b'{"op_code":'


class ProcessLock:
    """The lock of a journal file, which ends with the process that holds it.

    Optuna's own is a link or file beside the journal. A process that is killed while it writes leaves that behind, and
    the next one waits for half a minute. This one is released by the system. What was written in part, a line
    without an end, is cut off before anything is added.

    Parameters
    ----------
    path : pathlib.Path
        The journal file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._beside = path.with_name(f".{path.name}.lock")
        self._depth = 0
        self._stack = ExitStack()

    def acquire(self) -> bool:
        """Wait for the lock. It may be held several times over by its holder."""
        if not self._depth:
            self._stack.enter_context(one_at_a_time(self._beside))
            _mend(self._path)
        self._depth += 1
        return True

    def release(self) -> None:
        """Give the lock back."""
        self._depth -= 1
        if not self._depth:
            self._stack.close()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the lock in a block."""
        self.acquire()
        try:
            yield
        finally:
            self.release()


def _mend(path: Path) -> None:
    """Cut off a last line without an end. Only who holds the lock may do so: it could be one that is being written."""
    if not path.exists():
        return
    with open(path, "rb+") as file:
        size = file.seek(0, os.SEEK_END)
        end = size
        while end:
            start = max(0, end - _BLOCK)
            file.seek(start)
            found = file.read(end - start).rfind(b"\n")
            if found >= 0:
                end = start + found + 1
                break
            end = start
        if end < size:
            file.truncate(end)


_BLOCK = 1 << 16
