from __future__ import annotations

import errno
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

import matterlearn
from matterlearn.core.errors import ArgumentError, DataError
from matterlearn.core.journal import Journal

SOURCE = Path(matterlearn.__file__).parents[1]


@pytest.fixture
def journal(tmp_path) -> Journal:
    return Journal(tmp_path / "out", "run 1")


PARTS = {"table.parquet": b"\x00\xff" * 500, "facts.json": b'{"a": 1}', "empty": b""}


def test_what_was_put_is_there_at_the_next_start(tmp_path, journal):
    journal.put("random/0/3", PARTS)
    journal.put_text("plan", '{"α": "±"}\n')
    again = Journal(tmp_path / "out", "run 1")
    assert again.get("random/0/3") == PARTS
    assert again.get_text("plan") == '{"α": "±"}\n'
    assert again.get("random/0/4") is None
    assert again.get_text("other") is None


def test_nothing_is_made_before_there_is_something_to_keep(tmp_path, journal):
    assert journal.get("x") is None
    assert list(tmp_path.iterdir()) == []
    journal.put("x", {})
    assert [path.name for path in tmp_path.iterdir()] == [".out.run"]
    assert journal.get("x") == {}


def test_entries_of_another_run_are_discarded(tmp_path, journal):
    journal.put("x", PARTS)
    other = Journal(tmp_path / "out", "run 2")
    assert other.get("x") is None
    assert list(tmp_path.iterdir()) == []
    other.put("x", {"a": b"2"})
    assert other.get("x") == {"a": b"2"}
    assert Journal(tmp_path / "out", "run 1").get("x") is None


def test_an_entry_of_another_run_that_slipped_in_is_not_taken(tmp_path, journal):
    """A file copied from another journal carries the key of its run."""
    journal.put("x", PARTS)
    other = Journal(tmp_path / "other", "run 2")
    other.put("x", {"a": b"2"})
    name = journal._file("x").name
    (other.path / name).replace(journal.path / name)
    assert journal.get("x") is None


def test_an_entry_under_the_name_of_another_is_not_taken(journal):
    journal.put("x", PARTS)
    journal._file("x").rename(journal._file("y"))
    assert journal.get("y") is None


@pytest.mark.parametrize("name", ["a/b", "../../x", "x" * 500, "group:Raumgruppe α", "", ".", "plan"])
def test_any_text_names_an_entry_and_no_file_outside(tmp_path, journal, name):
    journal.put(name, {"a": name.encode()})
    assert journal.get(name) == {"a": name.encode()}
    assert [path.name for path in tmp_path.iterdir()] == [".out.run"]


def test_a_put_replaces(journal):
    journal.put("x", {"a": b"1"})
    journal.put("x", {"b": b"2"})
    assert journal.get("x") == {"b": b"2"}


def damaged(content: bytes) -> dict[str, bytes]:
    middle = len(content) // 2
    return {
        "empty": b"",
        "cut off": content[: middle + 10],
        "one bit": content[:80] + bytes([content[80] ^ 1]) + content[81:],
        "something else": b"PK nothing",
        "a pickle": b"cos\nsystem\n(S'false'\ntR.",
    }


@pytest.mark.parametrize("how", damaged(b"x" * 200))
def test_a_damaged_entry_is_missing_and_can_be_put_again(tmp_path, journal, how):
    journal.put("x", PARTS)
    journal.put("y", PARTS)
    file = journal._file("x")
    file.write_bytes(damaged(file.read_bytes())[how])
    again = Journal(tmp_path / "out", "run 1")
    assert again.get("x") is None
    assert again.get("y") == PARTS  # the others stay
    again.put("x", PARTS)
    assert again.get("x") == PARTS


def test_every_flipped_byte_is_found_or_harmless(journal):
    journal.put("x", {"a": bytes(range(64))})
    file = journal._file("x")
    content = file.read_bytes()
    for i in range(len(content)):
        file.write_bytes(content[:i] + bytes([content[i] ^ 0x10]) + content[i + 1 :])
        assert journal.get("x") in (None, {"a": bytes(range(64))})


def test_a_damaged_head_discards_the_journal(tmp_path, journal):
    journal.put("x", PARTS)
    journal._file("head").write_bytes(b"")
    assert Journal(tmp_path / "out", "run 1").get("x") is None
    assert list(tmp_path.iterdir()) == []


def test_discarding_leaves_nothing(tmp_path, journal):
    journal.put("x", PARTS)
    journal.discard()
    assert list(tmp_path.iterdir()) == []
    journal.discard()
    journal.put("x", PARTS)  # and it can be used again
    assert journal.get("x") == PARTS


def test_parts_of_writes_that_were_cut_off_are_removed(tmp_path, journal):
    journal.put("x", PARTS)
    (journal.path / ".abc.mlj.123.part").write_bytes(b"half")
    Journal(tmp_path / "out", "run 1")
    assert not list(journal.path.glob(".*"))


def test_a_part_that_cannot_be_named_is_refused(journal):
    with pytest.raises(ArgumentError, match="cannot name a part"):
        journal.put("x", {"../a": b""})


def test_a_place_that_cannot_be_written_is_one_clear_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match=r"file/out: cannot write: .*; check the folder"):
        Journal(tmp_path / "file" / "out", "run 1").put("x", PARTS)


def test_a_disk_that_is_full_is_told_as_the_folder(tmp_path, journal, monkeypatch):
    journal.put("x", PARTS)

    def full(*arguments: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("matterlearn.core.writing.os.replace", full)
    with pytest.raises(DataError, match=r"/out: cannot write: No space left on device; check"):
        journal.put("y", PARTS)
    monkeypatch.undo()
    assert Journal(tmp_path / "out", "run 1").get("x") == PARTS


REPEATED = """
import sys
from matterlearn.core.journal import Journal

journal = Journal(sys.argv[1], "run")
print("started", flush=True)
for i in range(1_000_000):
    if journal.get(str(i)) is None:
        journal.put(str(i), {"number": str(i).encode() * 5000})
"""


def test_kills_at_random_moments(tmp_path):
    """After each kill the entries are a beginning of all, whole, and the next start goes on behind it."""
    moments = random.Random(0)
    before = 0
    for _ in range(6):
        process = subprocess.Popen(
            [sys.executable, "-c", REPEATED, str(tmp_path / "out")],
            stdout=subprocess.PIPE,
            text=True,
            env={"PYTHONPATH": str(SOURCE), "PATH": ""},
        )
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "started\n"
            time.sleep(moments.uniform(0.02, 0.3))
        finally:
            process.kill()
            process.wait()
            process.stdout.close()
        journal = Journal(tmp_path / "out", "run")
        count = 0
        while (parts := journal.get(str(count))) is not None:
            assert parts == {"number": str(count).encode() * 5000}
            count += 1
        assert count >= before
        assert journal.get(str(count + 1)) is None
        assert not list(journal.path.glob(".*"))
        before = count
    assert before > 0
