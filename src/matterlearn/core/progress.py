"""A progress bar on a terminal, silence elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matterlearn.core.time_left import TimeLeft


@contextmanager
def progress_bar(time_left: TimeLeft, label: str | None, *, note: Callable[[], str] = lambda: "") -> Iterator[None]:
    """Show how far the work is, and the time left, on standard error for as long as the block runs.

    Parameters
    ----------
    time_left : TimeLeft
        What is told of the work; the block reports to it what is done.
    label : str, optional
        Text before the bar. Without it, and where no person looks, there is no bar.
    note : callable
        Returns what stands behind the bar: the best score so far, say. It is asked several times a second.

    Examples
    --------
    >>> from matterlearn.core.time_left import TimeLeft
    >>> left = TimeLeft([3.0, 1.0])
    >>> with progress_bar(left, "folding"):
    ...     left.done(0, 3.1)
    >>> left.n_done
    1
    """
    if label is None or sys.stderr is None or not sys.stderr.isatty():
        yield
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn
    from rich.text import Text

    class Left(ProgressColumn):
        """Items done, and the time left. Rich asks for it several times a second, from a thread of its own."""

        def render(self, task: Task) -> Text:
            seconds = time_left.left()
            task.completed = time_left.share_done() * FULL
            left = "" if seconds is None else f" {clock_time(seconds)} left"
            return Text(f"{time_left.n_done}/{time_left.n_items}{left}", style="progress.remaining")

    class Note(ProgressColumn):
        """What the caller has to say."""

        def render(self, task: Task) -> Text:
            return Text(note())

    columns = (TextColumn("{task.description}"), Left(), BarColumn(), Note())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        bar.add_task(label, total=FULL)
        yield
        bar.refresh()


FULL = 1.0
"""Total of the bar: its parts are shares of the cost, not items."""


def clock_time(seconds: float) -> str:
    """Return seconds as people read a clock.

    Examples
    --------
    >>> clock_time(7.4), clock_time(65), clock_time(7265)
    ('0:07', '1:05', '2:01:05')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
