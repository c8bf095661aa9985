from __future__ import annotations

import subprocess
import sys

import pytest

from matterlearn.core.progress import clock_time, progress_bar
from matterlearn.core.time_left import TimeLeft

SHOWN = """
import sys
from matterlearn.core.progress import progress_bar
from matterlearn.core.time_left import TimeLeft

left = TimeLeft([2.0, 1.0])
with progress_bar(left, sys.argv[1] or None):
    left.done(0, 0.001)
    left.done(1, 0.001)
print(left.n_done, "rich" in sys.modules)
"""


def on_terminal(label: str) -> tuple[str, str]:
    """Run SHOWN with standard error on a pseudo-terminal; return standard output and what the terminal got."""
    import os

    pty = pytest.importorskip("pty", reason="no pseudo-terminals on this system")
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", SHOWN, label],
        stdout=subprocess.PIPE,
        stderr=theirs,
        text=True,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "100"},
    )
    os.close(theirs)
    shown = b""
    while True:
        try:
            block = os.read(ours, 4096)
        except OSError:  # Linux: the other end is closed
            break
        if not block:
            break
        shown += block
    os.close(ours)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    return out, shown.decode()


def test_a_bar_on_a_terminal():
    out, shown = on_terminal("folding")
    assert out == "2 True\n"
    assert "folding" in shown
    assert "2/2 0:00 left" in shown
    assert "━" in shown or "-" in shown


def test_no_label_no_bar_on_a_terminal():
    assert on_terminal("") == ("2 False\n", "")


def test_silence_off_the_terminal():
    done = subprocess.run([sys.executable, "-c", SHOWN, "folding"], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("2 False\n", "")


def test_silence_without_standard_error(monkeypatch):
    monkeypatch.setattr(sys, "stderr", None)  # as under pythonw
    with progress_bar(TimeLeft([1.0]), "folding"):
        pass


@pytest.mark.parametrize("label", [None, "folding"])
def test_what_the_block_raises_passes(label):
    with pytest.raises(ZeroDivisionError), progress_bar(TimeLeft([1.0]), label):
        _ = 1 // 0


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00"), (0.6, "0:01"), (59.6, "1:00"), (3599.4, "59:59"), (3600, "1:00:00")]
)
def test_seconds_as_a_clock_shows_them(seconds, text):
    assert clock_time(seconds) == text
