from __future__ import annotations

import heapq
import json
import os
import subprocess
import sys
import textwrap

import numpy as np
import pytest

from matterlearn.core.parallel import map_items
from matterlearn.core.time_left import TimeLeft


class Simulation:
    """Items that really take what they are told to, on a clock that is turned by hand."""

    def __init__(self, costs, durations, workers, **options):
        self.now = 100.0  # a clock begins anywhere
        self.costs, self.workers = list(costs), workers
        self.left = TimeLeft(costs, workers=workers, clock=lambda: self.now, **options)
        free = [self.now] * workers
        self.ends = []  # (end, index, seconds)
        for i, seconds in enumerate(durations):
            end = heapq.heappop(free) + seconds
            heapq.heappush(free, end)
            self.ends.append((end, i, seconds))
        self.ends.sort()
        self.total = self.ends[-1][0] - self.now

    def run(self, steps=400):
        """Return elapsed time, time that was said to be left, and time that was left, at even steps."""
        seen, begin, ends = [], self.now, iter([*self.ends, (np.inf, -1, 0.0)])
        end = next(ends)
        for moment in np.linspace(begin, begin + self.total, steps, endpoint=False):
            while end[0] <= moment:
                self.now = end[0]
                self.left.done(end[1], end[2])
                end = next(ends)
            self.now = moment
            said = self.left.left()
            seen.append((moment - begin, np.nan if said is None else said, begin + self.total - moment))
        self.now = end[0]
        self.left.done(end[1], end[2])
        return np.array(seen).T

    def first_done(self):
        return self.ends[0][0] - 100.0


UNEQUAL = [20.0, 12.0, 12.0, 5.0, 5.0, 5.0, 3.0, 1.0, 1.0, 0.5, 0.5, 0.2]


@pytest.mark.parametrize("workers", [1, 2, 3])
@pytest.mark.parametrize("costs", [[1.0] * 12, UNEQUAL, UNEQUAL[::-1], [30.0, 1.0, 1.0, 1.0, 1.0]])
def test_right_costs_make_an_estimate_that_is_right(costs, workers):
    simulation = Simulation(costs, costs, workers)
    elapsed, said, truth = simulation.run()
    # The bound of list scheduling holds at every moment, also while items are in work.
    until = elapsed < 0.9 * simulation.total
    assert np.all(said[until] <= 1.02 * truth[until])
    assert np.all(said[until] >= 0.5 * truth[until])
    assert simulation.left.left() == 0
    if workers == 1:
        np.testing.assert_allclose(said[until], truth[until], rtol=1e-9)


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("slower", [0.4, 2.0, 5.0])
def test_another_machine_is_known_after_its_first_item(slower, workers):
    costs = [3.0, 8.0, 2.0, 5.0, 5.0, 1.0, 4.0, 4.0, 6.0, 2.0]
    simulation = Simulation(costs, [slower * cost for cost in costs], workers)
    elapsed, said, truth = simulation.run()
    known = (elapsed > 1.2 * simulation.first_done()) & (elapsed < 0.9 * simulation.total)
    assert known.sum() > 200
    ratio = said[known] / truth[known]
    assert ratio.min() > 0.5
    assert ratio.max() < 1.5
    before = elapsed < 0.5 * simulation.first_done()
    assert said[before][0] == pytest.approx(sum(costs) / workers)  # until then, the expectation is all there is


@pytest.mark.parametrize("seed", range(20))
def test_noise_of_the_costs_keeps_it_within_a_factor_of_two(seed):
    """Costs are known to about a third, and the machine is slower by a factor that is not known."""
    rng = np.random.default_rng(seed)
    costs = np.sort(rng.lognormal(1.0, 0.8, size=25))[::-1]
    durations = costs * rng.lognormal(0.0, 0.3, size=25) * rng.uniform(0.5, 3.0)
    simulation = Simulation(costs.tolist(), durations.tolist(), 2)
    elapsed, said, truth = simulation.run()
    total = elapsed + said
    known = elapsed > 1.2 * simulation.first_done()
    assert np.all((total[known] > 0.5 * simulation.total) & (total[known] < 2.0 * simulation.total))
    known &= elapsed < 0.85 * simulation.total
    ratio = said[known] / truth[known]
    assert np.mean((ratio > 0.5) & (ratio < 2.0)) > 0.85


def test_one_item_that_never_ends_does_not_stand_at_nothing():
    simulation = Simulation([10.0], [1000.0], 1)
    _, said, _ = simulation.run(200)
    assert said[0] == 10
    assert np.all(said[3:] > 0)
    assert said[-1] > 50  # it grows with what is lost already


def test_workers_that_start_are_not_slow_items():
    """Workers take 4 s to start; items of 1 s then take 1 s."""
    now = 0.0
    left = TimeLeft([1.0] * 20, workers=2, clock=lambda: now)
    now = 4.9
    assert left.left() < 12
    now = 5.0
    left.done(0, 1.0)
    now = 6.0
    left.done(1, 1.0)
    now = 6.01
    assert left.left() == pytest.approx(9.0, rel=0.15)


def test_the_estimate_moves_smoothly():
    now = 0.0
    left = TimeLeft([10.0] * 10, clock=lambda: now)
    now = 40.0  # four times as long
    before = 40.0 + left.left()
    left.done(0, 40.0)
    said = []
    for now in np.arange(40.0, 50.0, 0.1):
        said.append(now + left.left())
    assert abs(np.diff([before, *said])).max() < 0.06 * 400  # no leap of a tenth of a second
    assert said[-1] == pytest.approx(400, rel=0.05)


def test_what_is_left_out_is_not_waited_for():
    now = 0.0
    left = TimeLeft([10.0, 50.0, 10.0], clock=lambda: now)
    left.start(within=30.0)
    assert left.left() == 30  # the deadline bounds what will be done
    now = 10.0
    left.done(0, 10.0)
    left.done(1, None)
    now = 11.0
    assert left.left() == pytest.approx(9.0, rel=0.2)
    now = 20.0
    left.done(2, 10.0)
    assert (left.left(), left.n_done, left.share_done()) == (0.0, 3, 1.0)


def test_what_comes_after_the_items_counts():
    now = 0.0
    left = TimeLeft([4.0, 4.0], workers=2, after=6.0, clock=lambda: now)
    assert left.left() == 10
    now = 8.0
    left.done(0, 8.0)
    left.done(1, 8.0)
    now = 9.0
    assert left.left() == pytest.approx(11, rel=0.1)
    assert left.share_done() == pytest.approx(8 / 14)


def test_costs_without_a_unit_tell_nothing_before_the_first():
    now = 0.0
    left = TimeLeft([1.0] * 4, speed_known=False, clock=lambda: now)
    assert left.left() is None
    assert left.samples == []
    now = 3.0
    left.done(0, 3.0)
    assert left.left() == pytest.approx(9.0)


def test_items_without_cost_and_no_items():
    assert TimeLeft([]).left() == 0
    nothing = TimeLeft([0.0, 0.0], clock=lambda: 0.0)
    assert (nothing.left(), nothing.share_done()) == (0.0, 1.0)
    nothing.done(0, 0.0)
    assert nothing.left() == 0


def test_the_share_never_falls_while_costs_are_right():
    simulation = Simulation(UNEQUAL, UNEQUAL, 2)
    shares, ends = [], iter(simulation.ends)
    end = next(ends)
    for moment in np.linspace(100, 100 + simulation.total, 300, endpoint=False):
        while end[0] <= moment:
            simulation.now = end[0]
            simulation.left.done(end[1], end[2])
            end = next(ends)
        simulation.now = moment
        shares.append(simulation.left.share_done())
    assert shares[0] == 0
    assert np.all(np.diff(shares) > -1e-9)
    assert shares[-1] > 0.95


def test_samples_tell_how_right_it_was():
    simulation = Simulation(UNEQUAL, [2 * cost for cost in UNEQUAL], 2)
    simulation.run(5000)
    samples = np.array(simulation.left.samples)
    assert samples[0].tolist() == [0.0, sum(UNEQUAL) / 2]
    assert np.all(np.diff(samples[:, 0]) >= 0)
    assert 30 < len(samples) < 400  # not one for every time the bar is drawn
    assert samples[-1] == pytest.approx([simulation.total, simulation.total])
    half = samples[samples[:, 0] > simulation.total / 2]
    assert np.all(np.abs(half[:, 1] / simulation.total - 1) < 0.3)


def nap(seconds: float) -> int:
    import time

    time.sleep(seconds)
    return os.getpid()


@pytest.mark.parametrize("workers", [1, 2])
def test_with_real_items(workers):
    """Naps of twice the expected length."""
    costs = [0.3, 0.2, 0.2, 0.15, 0.1, 0.1, 0.05, 0.05]
    left = TimeLeft(costs, workers=workers)
    map_items(nap, [2 * cost for cost in costs], workers=workers, costs=costs, time_left=left)
    samples = np.array(left.samples)
    total = samples[-1, 0]
    assert left.n_done == len(costs)
    assert left.left() == 0
    late = samples[samples[:, 0] > 0.6 * total]
    assert len(late) >= 2
    assert np.all((late[:, 1] > 0.5 * total) & (late[:, 1] < 2 * total))


ON_TERMINAL = """
import sys, time
from matterlearn.core.parallel import map_items

if __name__ == "__main__":
    costs = [1.2, 0.2, 0.2, 0.2, 0.2]
    map_items(time.sleep, costs, costs=costs, label="judging")
"""


def test_the_bar_is_weighted_by_cost():
    pty = pytest.importorskip("pty", reason="no pseudo-terminals on this system")
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(ON_TERMINAL)],
        stderr=theirs,
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
    assert process.wait(timeout=60) == 0
    text = shown.decode()
    assert "judging" in text
    assert "0/5 0:02 left" in text
    assert "1/5 0:01 left" in text
    assert "5/5" in text
    # Just before the first of five is done, most of the bar is full.
    bars = [line for line in text.replace("\r", "\n").splitlines() if "0/5" in line]
    assert bars, json.dumps(text)
