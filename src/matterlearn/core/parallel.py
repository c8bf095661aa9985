"""The one place for parallel work: spawned workers with one thread each, results in order, seeds that belong to items.

Two networks of a few thousand weights are slower on two threads than on one, and sums that are split over threads
differ in the last bits. So every worker, and the calling process while it computes, runs one thread for BLAS, OpenMP,
numba and torch alike, and the same seed gives the same numbers for any number of workers.
"""

from __future__ import annotations

import hashlib
import os
import signal
import sys
import threading
import time
import uuid
import warnings
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from typing import Any, Final, TypeVar, overload

from matterlearn.core.errors import ArgumentError
from matterlearn.core.progress import progress_bar
from matterlearn.core.time_left import TimeLeft

Item = TypeVar("Item")
Result = TypeVar("Result")


@overload
def map_items(
    function: Callable[[Item], Result],
    items: Sequence[Item],
    *,
    workers: int = 1,
    label: str | None = None,
    costs: Sequence[float] | None = None,
    deadline: None = None,
    essential: int = 0,
    keep: Callable[[int, Result], None] | None = None,
    time_left: TimeLeft | None = None,
) -> list[Result]: ...


@overload
def map_items(
    function: Callable[[Item], Result],
    items: Sequence[Item],
    *,
    workers: int = 1,
    label: str | None = None,
    costs: Sequence[float] | None = None,
    deadline: float | None,
    essential: int = 0,
    keep: Callable[[int, Result], None] | None = None,
    time_left: TimeLeft | None = None,
) -> list[Result | None]: ...


def map_items(
    function: Callable[[Item], Result],
    items: Sequence[Item],
    *,
    workers: int = 1,
    label: str | None = None,
    costs: Sequence[float] | None = None,
    deadline: float | None = None,
    essential: int = 0,
    keep: Callable[[int, Result], None] | None = None,
    time_left: TimeLeft | None = None,
) -> list[Any]:
    """Apply a function to every item and return the results in the order of the items.

    Parameters
    ----------
    function : callable
        Takes one item. With more than one worker it is sent to other processes, with its item.
    items : sequence
        The items. They are begun in this order.
    workers : int
        Processes; 1 computes in this one. Workers are fresh processes, not forks: a fork after numba's threads have
        started kills the child. A joblib backend from elsewhere (Dask, say) that is set by `joblib.parallel_config`
        is used instead; joblib's own for threads and forks are not. Within a worker there are no further workers.
    label : str, optional
        Text of the progress bar; none without it.
    costs : sequence of float, optional
        Seconds that each item is expected to take. They weigh the progress bar, and decide what a deadline allows.
    deadline : float, optional
        Moment, as `time.time()` counts, by which all should be done. An item whose expected end lies beyond it, at the
        speed measured so far, is not begun. Without it all items are computed, and no result depends on a clock.
    essential : int
        How many of the first items are computed whatever the deadline.
    keep : callable, optional
        Called in this process with index and result as soon as an item is done, in any order.
    time_left : TimeLeft, optional
        Is told of the items as they are done, and drawn by the progress bar. By default one made from `costs`.

    Returns
    -------
    list
        `[function(item) for item in items]`; None in the place of an item that was not begun.

    Raises
    ------
    ArgumentError
        If `workers` is not at least 1, if `costs` are not as many as the items or negative, or if there is a deadline
        without costs.

    Examples
    --------
    >>> map_items(abs, [-1, 2, -3])
    [1, 2, 3]
    >>> import time
    >>> map_items(abs, [-1, 2, -3], costs=[0.1, 1000, 0.1], deadline=time.time() + 100)
    [1, None, 3]
    """
    if workers < 1:
        raise ArgumentError(f"must be at least 1, got {workers}", where="workers")
    if costs is not None and (len(costs) != len(items) or not all(cost >= 0 for cost in costs)):
        raise ArgumentError(f"must be {len(items)} numbers that are not negative, got {costs}", where="costs")
    if costs is None and deadline is not None:
        raise ArgumentError("with a deadline, the costs of the items must be known", where="costs")
    workers = max(1, min(workers, len(items)))
    expected = [1.0] * len(items) if costs is None else [float(cost) for cost in costs]
    if time_left is None:
        time_left = TimeLeft(expected, workers=workers, speed_known=costs is not None)
    time_left.start(None if deadline is None else deadline - time.time())
    speed = _Speed()
    jobs = (
        _Job(function, i, item, expected[i], deadline, must=i < essential, speed=speed) for i, item in enumerate(items)
    )
    results: list[Any] = [None] * len(items)
    with progress_bar(time_left, label), closing(_each_done(jobs, workers)) as stream:
        for done in stream:
            if done.seconds is not None:
                speed.add(done.seconds, expected[done.index])
                results[done.index] = done.result
                if keep is not None:
                    keep(done.index, done.result)
            time_left.done(done.index, done.seconds)
    return results


@dataclass
class _Speed:
    """What items took, and what they were expected to take; copied into each job when it is sent."""

    run: str = field(default_factory=lambda: uuid.uuid4().hex)
    seconds: float = 0.0
    cost: float = 0.0

    def add(self, seconds: float, cost: float) -> None:
        self.seconds += seconds
        self.cost += cost


@dataclass(frozen=True)
class _Job:
    function: Callable[[Any], Any]
    index: int
    item: Any
    cost: float
    deadline: float | None
    must: bool  # whatever the deadline
    speed: _Speed
    owner: int | None = None  # process that a worker of ours belongs to


@dataclass(frozen=True)
class _Done:
    index: int
    seconds: float | None  # None if the item was not begun
    result: Any = None


def _each_done(jobs: Iterable[_Job], workers: int) -> Generator[_Done, None, None]:
    """Yield what is done as soon as it is."""
    if workers <= 1:
        yield from map(_do, jobs)
        return
    from multiprocessing import resource_tracker

    from joblib import Parallel, delayed, parallel_config
    from joblib.externals.loky.backend import resource_tracker as loky_tracker
    from joblib.parallel import BACKENDS, get_active_backend

    active, _ = get_active_backend()
    if active.nesting_level:  # this is a worker itself
        yield from map(_do, jobs)
        return
    ours = type(active) in [BACKENDS[name] for name in ("loky", "multiprocessing", "threading", "sequential")]
    with parallel_config(backend="loky", inner_max_num_threads=1) if ours else nullcontext():
        with _environment({"PYTHONWARNINGS": _quiet_tracker()}):
            for tracker in (loky_tracker, resource_tracker):
                tracker.ensure_running()  # first, since a tracker lets interrupts through once it has started
        with _interrupts_held():  # this starts the workers
            found = Parallel(n_jobs=workers, return_as="generator_unordered", batch_size=1)(
                delayed(_do)(replace(job, owner=os.getpid()) if ours else job) for job in jobs
            )
        try:
            for done in found:  # noqa: UP028 (`yield from` would close it outside of the block below)
                yield done
        finally:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)  # joblib's, of items that are no longer wanted
                found.close()


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Let Ctrl-C wait until the end of the block, and never reach the processes that are started in it.

    A terminal sends it to every process of a run. A worker would print a traceback; its owner ends it anyway.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _quiet_tracker() -> str:
    """Return `PYTHONWARNINGS` with which loky's process that cleans up says nothing of what was cleaned up before.

    When a run is stopped while workers start, that process misses the word that a semaphore is gone, and warns.
    """
    return ",".join(filter(None, [os.environ.get("PYTHONWARNINGS"), "ignore:resource_tracker:UserWarning"]))


def _do(job: _Job) -> _Done:
    """Compute one item, unless it would end too late.

    The worker decides, and not the process that sends the items, because those lie in queues for a while.
    """
    if job.owner is not None:
        _end_with(job.owner)
    if job.deadline is not None and not job.must and time.time() + job.cost * _slowness(job.speed) > job.deadline:
        return _Done(job.index, None)
    start = time.perf_counter()
    with single_thread():
        result = job.function(job.item)
    seconds = time.perf_counter() - start
    if job.deadline is not None:  # else a run within a run would forget what the outer one measured
        _here(job.speed.run).add(seconds, job.cost)
    return _Done(job.index, seconds, result)


def _end_with(owner: int) -> None:
    """End this worker when its owner is gone: one that was killed cannot stop it, and it would wait for minutes."""
    global _owner
    if _owner != owner and os.name != "nt":  # there, the number of the parent never changes
        _owner = owner
        threading.Thread(target=_watch, args=(owner,), daemon=True).start()


def _watch(owner: int) -> None:
    while os.getppid() == owner:
        time.sleep(1.0)
    os._exit(1)


_owner: int | None = None


def _slowness(sent: _Speed) -> float:
    """Return measured seconds per expected second, from what was known when the job was sent and what was done here."""
    here = _here(sent.run)
    return (PRIOR_S + sent.seconds + here.seconds) / (PRIOR_S + sent.cost + here.cost)


def _here(run: str) -> _Speed:
    if _speeds.run != run:
        _speeds.run, _speeds.seconds, _speeds.cost = run, 0.0, 0.0
    return _speeds


PRIOR_S = 0.5
"""Seconds of work that the expectation weighs against measured ones: a first item of milliseconds proves little."""

_speeds = _Speed()  # of the run that this process works for


@contextmanager
def single_thread() -> Iterator[None]:
    """Run the block with one thread for BLAS, OpenMP, numba and torch, and give the threads back afterwards.

    threadpoolctl alone leaves numba and torch at their own numbers. A library that is first loaded within the block
    starts with one thread and keeps it, so that the first item computes as the others do (numba: if it is loaded for
    one of our kernels).
    """
    from threadpoolctl import threadpool_limits

    global _single
    with ExitStack() as stack:
        stack.enter_context(threadpool_limits(1))
        stack.enter_context(_environment(dict.fromkeys(_THREAD_VARIABLES, "1")))
        for module in ("numba", "torch"):
            library: Any = sys.modules.get(module)
            if library is not None and hasattr(library, "set_num_threads"):
                stack.callback(library.set_num_threads, library.get_num_threads())
                library.set_num_threads(1)
        _single += 1
        try:
            yield
        finally:
            _single -= 1


def is_single_thread() -> bool:
    """Return whether the caller runs within `single_thread`."""
    return _single > 0


# Read by OpenMP, OpenBLAS, MKL, BLIS and Accelerate when they are loaded. NUMBA_NUM_THREADS is not here: numba
# raises if it changes once numba's threads run.
_THREAD_VARIABLES: Final = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)
_single = 0  # how many blocks of `single_thread` are open


@contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def item_seed(seed: int, *keys: object) -> int:
    """Return the seed of one item (a fold, a trial, a network) from the run's seed and what names the item.

    A seed that belongs to the item and not to the worker is what makes results independent of who computed them
    and in which order.

    Parameters
    ----------
    seed : int
        Seed of the run.
    *keys : int, float, str, bool or None
        What names the item. A numpy number counts as the Python number it equals.

    Returns
    -------
    int
        In [0, 2**31), as scikit-learn wants it.

    Raises
    ------
    TypeError
        If a key is of another type: the text of an object need not be the same in the next run.

    Examples
    --------
    >>> item_seed(0, "random", 3) == item_seed(0, "random", 3), item_seed(0, "random", 3) == item_seed(0, "random", 4)
    (True, False)
    """
    plain: list[Any] = [key.item() if hasattr(key, "item") else key for key in (int(seed), *keys)]
    for key in plain:
        if not (key is None or type(key) in (int, float, str, bool)):
            raise TypeError(f"a {type(key).__name__} cannot name an item of work")
    digest = hashlib.sha256(repr(tuple(plain)).encode()).digest()
    return int.from_bytes(digest[:4], "little") >> 1


def available_workers() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
