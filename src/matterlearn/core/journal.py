"""What a run has finished so far, on disk, so that a run that was killed goes on from there.

The journal of an output folder `out` is the folder `.out.run` beside it: one container per entry, each written whole.
An entry states the key of the run it belongs to (what names data, arguments and version), so that results of another
run are never taken for this one's. Entries are data and are never unpickled; a damaged one counts as missing.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from matterlearn.core.container import read_container, write_container
from matterlearn.core.errors import ModelFileError
from matterlearn.core.writing import as_data_error

KIND: Final = "journal"
_HEAD: Final = "head"
_TEXT: Final = "text"


class Journal:
    """The finished items of a run.

    Two runs must not share a journal: hold `matterlearn.core.locking.folder_lock` of the folder while it is open.

    Parameters
    ----------
    folder : path-like
        The output folder of the run, which may not exist yet. A link is followed.
    key : str
        What the results depend on: a checksum of data, arguments and versions. Entries with another key are
        discarded.

    Raises
    ------
    DataError
        If the journal cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as parent:
    ...     Journal(f"{parent}/out", "run 1").put("fold 3", {"table": b"123"})
    ...     again = Journal(f"{parent}/out", "run 1")
    ...     print(again.get("fold 3"), again.get("fold 4"), Journal(f"{parent}/out", "run 2").get("fold 3"))
    {'table': b'123'} None None
    """

    def __init__(self, folder: str | os.PathLike[str], key: str) -> None:
        target = Path(os.path.realpath(folder))
        self.path = target.with_name(f".{target.name}.run")
        self.key = key
        self._where = str(folder)
        if self.get(_HEAD) is None:
            self.discard()
        else:
            for partial in self.path.glob(".*.part"):  # of a write that was cut off
                partial.unlink(missing_ok=True)

    def get(self, name: str) -> dict[str, bytes] | None:
        """Return the parts of an entry; None if there is none, or it is damaged or of another run."""
        try:
            found = read_container(self._file(name), KIND)
        except ModelFileError:
            return None
        return found.parts if found.manifest == self._manifest(name) else None

    def put(self, name: str, parts: Mapping[str, bytes]) -> None:
        """Write an entry; one of the same name is replaced.

        Parameters
        ----------
        name : str
            Any text.
        parts : mapping of str to bytes
            Names are made of letters, digits, `_`, `-`, `.` and `/`.

        Raises
        ------
        DataError
            If it cannot be written.
        """
        if not self.path.exists():
            with as_data_error(self._where):
                self.path.mkdir(parents=True, exist_ok=True)
            self.put(_HEAD, {})
        with as_data_error(self._where, only_below=self.path):
            write_container(self._file(name), KIND, parts, self._manifest(name))

    def get_text(self, name: str) -> str | None:
        """Return a text that was written by `put_text`, or None."""
        parts = self.get(name)
        return None if parts is None or _TEXT not in parts else parts[_TEXT].decode()

    def put_text(self, name: str, text: str) -> None:
        """Write an entry of one text: the plan, say."""
        self.put(name, {_TEXT: text.encode()})

    def discard(self) -> None:
        """Remove all entries: the run is over, or they are of another one."""
        with as_data_error(self._where):
            if self.path.exists():
                shutil.rmtree(self.path)

    def _file(self, name: str) -> Path:
        return self.path / f"{hashlib.sha256(name.encode()).hexdigest()[:32]}.mlj"

    def _manifest(self, name: str) -> dict[str, str]:
        return {"name": name, "key": self.key}
