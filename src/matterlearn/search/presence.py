"""Whether the process that works on a trial is still there."""

from __future__ import annotations

import socket
import tempfile
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from matterlearn.core.errors import DataError
from matterlearn.core.locking import folder_lock

Owner = dict[str, Any]
"""Who works on a trial: the machine, a lock that ends with the process, and when it began."""

FEWEST_S = 60.0
"""Seconds after which a trial on another machine may count as cut off."""

TIMES_LONGEST = 10.0
"""Times the longest finished trial after which it does."""


@contextmanager
def present() -> Iterator[str]:
    """Hold a lock for the block, or as long as the process lives, and give its path."""
    path = str(Path(tempfile.gettempdir()) / f"matterlearn-search-{uuid.uuid4().hex}")
    with folder_lock(path):
        yield path


def owner_record(path: str) -> Owner:
    """Return what a trial is marked with when a process begins it."""
    return {"host": socket.gethostname(), "lock": path, "since": time.time()}


def is_gone(owner: Mapping[str, Any] | None, longest_s: float) -> bool:
    """Tell whether nobody works on a trial any more.

    Parameters
    ----------
    owner : mapping or None
        What the trial was marked with.
    longest_s : float
        Duration of the longest finished trial. A process on another machine cannot be looked at: its trial counts as
        cut off after ten times that, at least a minute. To repeat a trial that is still worked on does no harm: it
        draws the same and the first result stays.

    Examples
    --------
    >>> with present() as path:
    ...     is_gone(owner_record(path), 1.0)
    False
    >>> is_gone(owner_record(path), 1.0)
    True
    """
    if not owner:
        return True
    if owner["host"] != socket.gethostname():
        return bool(time.time() - owner["since"] > max(FEWEST_S, TIMES_LONGEST * longest_s))
    lock = Path(owner["lock"])
    if not lock.with_name(f".{lock.name}.lock").exists():
        return True
    try:
        with folder_lock(lock):
            return True
    except DataError:  # it is held
        return False
