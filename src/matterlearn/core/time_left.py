"""How long work will still take, from what its items were expected to cost and what they took."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from threading import Lock


class TimeLeft:
    """Estimate the time left of items that are worked on in order by some workers.

    What is left is the larger of two times: the remaining cost shared by all workers, and the longest item that
    remains; items handed out in order never take longer than both together (R. L. Graham, SIAM J. Appl. Math. 17
    (1969) 416), so the estimate is within a factor of two if the costs are right. They are corrected by the speed
    measured so far; items that run for longer than expected count before they are done.

    Parameters
    ----------
    costs : sequence of float
        Expected seconds of each item, in the order in which they are begun; in any unit if `speed_known` is False.
    workers : int
        How many items are worked on at once.
    after : float
        Expected seconds of what one worker does when all items are done.
    speed_known : bool
        Whether the costs are seconds, so that there is an estimate before the first item is done.
    clock : callable
        Returns seconds.

    Attributes
    ----------
    samples : list of (float, float)
        Elapsed seconds and the total that was expected then: at the start, whenever an item was done, and between
        as often as `left` was called, but not more often than every 2 % of the time elapsed.
    n_done, n_items : int
        Items done (or left out) and items in all.

    Examples
    --------
    >>> now = 0.0
    >>> left = TimeLeft([4.0, 2.0, 2.0], clock=lambda: now)
    >>> left.left()
    8.0
    >>> now = 8.0  # the machine is half as fast as expected
    >>> left.done(0, 8.0)
    >>> round(left.left(), 3)
    8.0
    """

    def __init__(
        self,
        costs: Sequence[float],
        *,
        workers: int = 1,
        after: float = 0.0,
        speed_known: bool = True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.samples: list[tuple[float, float]] = []
        self.n_items = len(costs)
        self.n_done = 0
        self._costs = [float(cost) for cost in costs]
        self._workers = max(workers, 1)
        self._after = after
        self._speed_known = speed_known
        self._clock = clock
        self._lock = Lock()  # the bar asks from a thread of its own
        self._total = math.fsum(self._costs) + after
        self._finished: set[int] = set()
        self._finished_cost = 0.0
        self._measured_s = self._measured_cost = 0.0
        self._shown: tuple[float, float] | None = None  # when, and the expected total
        self._next = 0
        self._begun: dict[int, float] = {}  # items in work: since when
        self._start = clock()
        self._within = math.inf
        self._begin_next(self._start)
        self._first = set(self._begun)
        self._estimate(self._start, smooth=False)

    def start(self, within: float | None = None) -> None:
        """Begin to count now instead of when the object was made.

        Parameters
        ----------
        within : float, optional
            Seconds after which the items end in any case: what does not fit is left out.
        """
        with self._lock:
            self._start = self._clock()
            self._within = math.inf if within is None else max(within, 0.0)
            self._begun = dict.fromkeys(self._begun, self._start)
            self.samples.clear()
            self._shown = None
            self._estimate(self._start, smooth=False)

    def done(self, index: int, seconds: float | None) -> None:
        """Tell that an item is done and how long it took; None for an item that was left out."""
        with self._lock:
            now = self._clock()
            self._begun.pop(index, None)
            if index in self._finished:
                return
            self._finished.add(index)
            self.n_done += 1
            self._finished_cost += self._costs[index]
            if seconds is not None:
                if not self._measured_cost:  # before that, workers were starting
                    for other in self._first & set(self._begun):
                        self._begun[other] = max(self._begun[other], now - seconds)
                self._measured_s += seconds
                self._measured_cost += self._costs[index]
            self._begin_next(now)
            self._estimate(now, smooth=True, record=True)

    def left(self) -> float | None:
        """Return the seconds left; None if nothing is known yet."""
        with self._lock:
            now = self._clock()
            total = self._estimate(now, smooth=True)
            return None if total is None else max(total - (now - self._start), 0.0)

    def share_done(self) -> float:
        """Return the share of the total cost that is done, counting what is in work, in [0, 1]."""
        with self._lock:
            now, speed = self._clock(), self._speed(self._clock())
            inside = sum(self._costs[i] - self._rest(i, now, speed) / speed for i in self._begun) if speed else 0.0
            return min((self._finished_cost + inside) / self._total, 1.0) if self._total else 1.0

    def _begin_next(self, now: float) -> None:
        while len(self._begun) < self._workers and self._next < self.n_items:
            if self._next not in self._finished:
                self._begun[self._next] = now
            self._next += 1

    def _estimate(self, now: float, *, smooth: bool, record: bool = False) -> float | None:
        """Return the expected total; move smoothly to it from what was last shown."""
        elapsed = now - self._start
        speed = self._speed(now)
        if speed is None:
            return None
        waiting = [self._costs[i] * speed for i in range(self._next, self.n_items) if i not in self._finished]
        working = [self._rest(i, now, speed) for i in self._begun]
        shared = (math.fsum(waiting) + math.fsum(working)) / self._workers
        left = max(shared, max(waiting, default=0.0), max(working, default=0.0))
        if elapsed < self._within:  # what would end later is not begun
            left = min(left, self._within - elapsed)
        total = elapsed + left + self._after * speed
        at_work = bool(waiting or working)
        if smooth and self._shown is not None and elapsed > 0 and at_work:
            then, before = self._shown
            total = before + (total - before) * -math.expm1((then - elapsed) / (SMOOTHING * elapsed))
        if self._shown is None or record or elapsed - self.samples[-1][0] >= SAMPLING * elapsed > 0:
            self.samples.append((elapsed, total))
        self._shown = (elapsed, total)
        return total

    def _speed(self, now: float) -> float | None:
        """Return measured seconds per expected second; an item that takes longer than expected is counted as it is."""
        if not self._measured_cost and not self._speed_known:
            return None
        seconds, cost = self._measured_s, self._measured_cost
        for i in self._begun:
            if self._late(i, now) > 0:
                seconds += self._age(i, now)
                cost += self._costs[i]
        return seconds / cost if cost else 1.0

    def _rest(self, index: int, now: float, speed: float) -> float:
        late = self._late(index, now)
        return LATE_SHARE * late if late > 0 else max(self._costs[index] * speed - self._age(index, now), 0.0)

    def _late(self, index: int, now: float) -> float:
        """Return for how long an item has been worked on beyond the time that was measured on others."""
        known = self._measured_s / self._measured_cost if self._measured_cost else 1.0
        starting = 0.0 if self._measured_cost or self._workers == 1 else STARTING
        return self._age(index, now) - self._costs[index] * known - starting

    def _age(self, index: int, now: float) -> float:
        return now - self._begun[index]


SMOOTHING = 0.05
"""Time in which a change of the estimate is taken up, as a share of the time elapsed."""

SAMPLING = 0.02
"""Time between two samples, as a share of the time elapsed."""

STARTING = 5.0
"""Seconds in which a worker may start and import before an item that is not done counts as late."""

LATE_SHARE = 0.5
"""What an item that should be done by now will still take, as a share of its delay."""
