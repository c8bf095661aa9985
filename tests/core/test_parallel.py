from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time

import joblib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joblib.parallel import BACKENDS

from matterlearn.core.errors import ArgumentError, FormulaError, MatterlearnError, RowError
from matterlearn.core.parallel import (
    available_workers,
    is_single_thread,
    item_seed,
    map_items,
    single_thread,
)

needs_two = pytest.mark.skipif(available_workers() < 2, reason="one processor: one thread is all there is")


def heavy(item: int) -> str:
    """Much BLAS and LAPACK on numbers that belong to the item; every bit of the result counts."""
    rng = np.random.default_rng(item_seed(0, "heavy", item))
    a = rng.normal(size=(320, 320))
    u, s, vt = np.linalg.svd(a @ a.T @ a)
    values = np.linalg.eigvalsh(a + a.T)
    solution = np.linalg.solve(a, rng.normal(size=(320, 40)))
    digest = hashlib.sha256()
    for part in (u, s, vt, values, solution):
        digest.update(np.ascontiguousarray(part).tobytes())
    return digest.hexdigest()


def fitted(item: int) -> bytes:
    """A forest, an MLP and a kernel ridge: reductions of scikit-learn's own threads."""
    import warnings

    from sklearn.ensemble import RandomForestRegressor
    from sklearn.kernel_ridge import KernelRidge
    from sklearn.neural_network import MLPRegressor

    seed = item_seed(1, item)
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(300, 12))
    y = x[:, 0] + x[:, 1] ** 2
    models = (
        RandomForestRegressor(10, random_state=seed),
        MLPRegressor(hidden_layer_sizes=(64,), max_iter=15, random_state=seed, tol=0.0, solver="lbfgs"),
        KernelRidge(kernel="rbf"),
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # 15 iterations do not converge, and need not
        return b"".join(model.fit(x, y).predict(x).tobytes() for model in models)


def threads(libraries: tuple[str, ...]) -> dict[str, object]:
    """How many threads each library uses here, after each has been loaded and used."""
    import importlib

    import threadpoolctl

    np.linalg.svd(np.eye(50))
    found: dict[str, object] = {"process": os.getpid()}
    for name in libraries:
        library = importlib.import_module(name)
        if hasattr(library, "get_num_threads"):
            found[name] = library.get_num_threads()
    for pool in threadpoolctl.threadpool_info():
        found[pool["filepath"]] = pool["num_threads"]
    return found


LIBRARIES = ("numba", "scipy.linalg", "sklearn.ensemble", "torch")


def installed(*names: str) -> tuple[str, ...]:
    from importlib.util import find_spec

    return tuple(name for name in names if find_spec(name.partition(".")[0]))


# Results


def test_results_come_in_the_order_of_the_items():
    items = list(range(20))
    assert map_items(str, items) == [str(i) for i in items]
    assert map_items(str, items, workers=2) == [str(i) for i in items]


def test_no_items_no_workers_no_results():
    assert map_items(str, [], workers=2) == []


@pytest.mark.parametrize("workers", [0, -1])
def test_workers_are_counted_from_one(workers):
    with pytest.raises(ArgumentError, match=f"^workers: must be at least 1, got {workers}$"):
        map_items(str, [1], workers=workers)


@pytest.mark.parametrize("function", [heavy, fitted])
def test_the_same_bits_for_any_number_of_workers(function):
    alone = map_items(function, range(4))
    assert alone == map_items(function, range(4), workers=2)
    assert len(set(alone)) == 4  # else equality would say nothing
    assert alone[2:] == map_items(function, range(2, 4), workers=2)  # and for any share of the items


def test_one_worker_is_this_process_and_two_are_others():
    assert set(map_items(_pid, range(3))) == {os.getpid()}
    assert os.getpid() not in map_items(_pid, range(3), workers=2)


def _pid(item: int) -> int:
    return os.getpid()


def test_a_function_made_on_the_spot_reaches_the_workers():
    offset = 10
    assert map_items(lambda i: i + offset, [1, 2, 3], workers=2) == [11, 12, 13]


def test_workers_are_no_forks():
    # a fork would find what this process has changed in its modules
    joblib.this_process_only = True
    try:
        assert map_items(lambda i: hasattr(__import__("joblib"), "this_process_only"), [0, 1], workers=2) == [False] * 2
    finally:
        del joblib.this_process_only


# Deadlines


def nap(seconds: float) -> float:
    time.sleep(seconds)
    return seconds


LONG_FIRST = [1.4, 1.0, 0.8, 0.6, 0.6, 0.3, 0.3]


@pytest.mark.parametrize("workers", [1, 2])
def test_without_a_deadline_all_is_computed_whatever_it_costs(workers):
    costs = [1e9, 0.0, 1e-9, 5.0]
    assert map_items(str, range(4), workers=workers, costs=costs) == ["0", "1", "2", "3"]


@pytest.mark.parametrize("workers", [1, 2])
def test_nothing_is_begun_that_would_end_too_late(workers):
    map_items(abs, range(2), workers=workers)  # the workers are there
    share = 2.5 if workers == 1 else 1.9  # all together take 5 s of one worker
    end = time.time() + share
    found = map_items(nap, LONG_FIRST, workers=workers, costs=LONG_FIRST, deadline=end)
    assert time.time() < end + 0.6
    assert [a for a, b in zip(found, LONG_FIRST, strict=True) if a is not None and a != b] == []
    assert found[0] == LONG_FIRST[0]  # they are begun in order
    assert None in found
    assert sum(seconds is not None for seconds in found) >= 2  # the time is used


def test_a_long_item_that_does_not_fit_does_not_hold_up_a_short_one():
    costs = [0.1, 60.0, 0.1]
    assert map_items(nap, [0.1, 0.2, 0.1], costs=costs, deadline=time.time() + 5) == [0.1, None, 0.1]


@pytest.mark.parametrize("workers", [1, 2])
def test_the_speed_that_was_measured_decides(workers):
    """Costs promise a fifth of what naps take: by them all would fit."""
    map_items(abs, range(2), workers=workers)
    naps = [1.0] * 6
    end = time.time() + 2.3
    found = map_items(nap, naps, workers=workers, costs=[0.2] * 6, deadline=end)
    assert time.time() < end + 1.0
    assert 1 <= sum(seconds is not None for seconds in found) <= 2 * workers


@pytest.mark.parametrize("workers", [1, 2])
def test_a_deadline_that_is_over_leaves_all_out(workers):
    assert map_items(nap, [0.1] * 3, workers=workers, costs=[0.1] * 3, deadline=time.time() - 1) == [None] * 3


@pytest.mark.parametrize("workers", [1, 2])
def test_what_is_essential_is_computed_whatever_the_deadline(workers):
    found = map_items(nap, [0.1] * 4, workers=workers, costs=[0.1] * 4, deadline=time.time() - 1, essential=2)
    assert found == [0.1, 0.1, None, None]


def test_a_far_deadline_changes_no_result():
    alone = map_items(heavy, range(3), workers=1)
    assert alone == map_items(heavy, range(3), workers=2, costs=[1.0] * 3, deadline=time.time() + 1000)


@pytest.mark.parametrize("costs", [[1.0], [1.0, -1.0], [1.0, float("nan")], [1.0] * 3])
def test_costs_are_one_number_for_each_item(costs):
    with pytest.raises(ArgumentError, match=r"^costs: must be 2 numbers that are not negative"):
        map_items(abs, [1, 2], costs=costs)


def test_a_deadline_needs_costs():
    with pytest.raises(ArgumentError, match=r"^costs: with a deadline, the costs of the items must be known"):
        map_items(abs, [1, 2], deadline=time.time())


# What is kept on the way


@pytest.mark.parametrize("workers", [1, 2])
def test_each_result_is_handed_over_here_as_soon_as_it_is_done(workers):
    kept, moments = {}, {}

    def keep(i, result):
        assert os.getpid() == here
        kept[i] = result
        moments[i] = time.monotonic()

    here = os.getpid()
    map_items(abs, range(2), workers=workers)
    naps = [0.8, 0.05, 0.05, 0.05]
    start = time.monotonic()
    assert map_items(nap, naps, workers=workers, keep=keep) == naps
    assert kept == dict(enumerate(naps))
    if workers == 2:
        assert moments[1] - start < 0.6  # it did not wait for the first
    else:
        assert list(kept) == [0, 1, 2, 3]


def test_what_was_not_begun_is_not_kept():
    kept = {}
    map_items(nap, [0.0, 1.0], costs=[0.1, 99.0], deadline=time.time() + 3, keep=kept.__setitem__)
    assert kept == {0: 0.0}


@pytest.mark.parametrize("workers", [1, 2])
def test_what_was_kept_before_an_error_stays(workers):
    kept = {}
    with pytest.raises(FormulaError):
        map_items(stop_late, [0, 1, 2], workers=workers, keep=kept.__setitem__)
    assert kept == {0: 0, 1: 1}


def stop_late(item: int) -> int:
    time.sleep(0.4 if item == 2 else 0.0)
    return stop(item)


@pytest.mark.parametrize("workers", [1, 2])
def test_an_error_of_keeping_stops_the_work(workers):
    def keep(i, result):
        raise MatterlearnError("the disk is full")

    start = time.monotonic()
    with pytest.raises(MatterlearnError, match="the disk is full"):
        map_items(nap, [0.1] * 100, workers=workers, keep=keep)
    assert time.monotonic() - start < 5
    assert map_items(abs, [-1, -2], workers=workers) == [1, 2]


# Errors


def stop(item: int) -> int:
    if item == 2:
        raise FormulaError("unknown element 'Xx'", formula="FeXx", position=2, fix="correct the symbol")
    if item == 5:
        error = RowError("negative fraction -0.1", row=item, column="A", value={"Fe": -0.1})
        error.hint = ["kept"]
        raise error
    return item


@pytest.mark.parametrize("workers", [1, 2])
def test_errors_keep_type_text_and_attributes(workers):
    with pytest.raises(FormulaError) as caught:
        map_items(stop, [0, 1, 2, 3], workers=workers)
    assert str(caught.value) == "formula 'FeXx' at character 3: unknown element 'Xx'; correct the symbol"
    assert (caught.value.formula, caught.value.position) == ("FeXx", 2)
    with pytest.raises(RowError) as caught:
        map_items(stop, [3, 4, 5], workers=workers)
    assert str(caught.value) == "row 5, column 'A': negative fraction -0.1"
    assert caught.value.__dict__ == {
        "row": 5, "column": "A", "value": {"Fe": -0.1}, "hint": ["kept"],
        "what": "negative fraction -0.1", "where": "row 5, column 'A'", "fix": None,
    }  # fmt: skip


@pytest.mark.parametrize("workers", [1, 2])
def test_the_workers_go_on_after_an_error(workers):
    with pytest.raises(MatterlearnError):
        map_items(stop, [2, 2, 2], workers=workers)
    assert map_items(stop, [0, 1], workers=workers) == [0, 1]


# Threads


@needs_two
def test_a_worker_has_one_thread_for_everything():
    found = map_items(threads, [installed(*LIBRARIES)] * 2, workers=2)
    for counts in found:
        assert counts.pop("process") != os.getpid()
        assert set(counts) >= {"numba"} | set(installed("torch"))
        assert len(counts) > 3  # BLAS and OpenMP were found too
        assert set(counts.values()) == {1}, counts


@needs_two
def test_a_block_has_one_thread_and_gives_the_others_back():
    libraries = installed(*LIBRARIES)
    before = threads(libraries)
    assert max(count for name, count in before.items() if name != "process") > 1  # else there is nothing to show
    with single_thread():
        inside = threads(libraries)
        with single_thread():
            assert threads(libraries) == inside
        assert threads(libraries) == inside
    assert {count for name, count in inside.items() if name != "process"} == {1}
    assert threads(libraries) == before


@needs_two
def test_a_block_that_raises_gives_the_threads_back_too():
    before = threads(installed(*LIBRARIES))
    environment = dict(os.environ)
    with pytest.raises(ZeroDivisionError), single_thread():
        _ = 1 // 0
    assert threads(installed(*LIBRARIES)) == before
    assert dict(os.environ) == environment
    assert not is_single_thread()


LOADED_INSIDE = """
import importlib, json, sys
from matterlearn.core.parallel import map_items

def load(names):
    for name in names:
        importlib.import_module(name)
    import threadpoolctl
    counts = {pool["filepath"]: pool["num_threads"] for pool in threadpoolctl.threadpool_info()}
    counts |= {name: sys.modules[name].get_num_threads() for name in ("torch",) if name in sys.modules}

    from matterlearn.core.jit import jit
    import numba, numpy
    @jit(parallel=True)
    def used(ids):
        for i in numba.prange(len(ids)):
            ids[i] = numba.get_thread_id()
    ids = numpy.full(100_000, -1)
    used(ids)
    counts["numba"] = len(set(ids))
    return counts

print(json.dumps(map_items(load, [sys.argv[1:]])[0]))
"""


@needs_two
def test_a_library_first_loaded_by_an_item_starts_with_one_thread(child, tmp_path):
    # else the first item would compute with two threads here, and with one in a worker
    free = {variable: None for variable in os.environ if variable.endswith("_NUM_THREADS")}
    libraries = installed("numpy", "scipy.linalg", "sklearn.ensemble", "torch")
    done = child(LOADED_INSIDE, *libraries, **free, NUMBA_CACHE_DIR=str(tmp_path))
    assert done.returncode == 0, done.stderr
    counts = json.loads(done.stdout)
    assert len(counts) > len(libraries)  # theirs, OpenMP of their own, and numba
    assert set(counts.values()) == {1}, counts


def test_a_block_is_known():
    assert not is_single_thread()
    with single_thread():
        assert is_single_thread()
        with single_thread():
            assert is_single_thread()
        assert is_single_thread()
    assert not is_single_thread()


# Other backends


def inner(item: int) -> list[int]:
    return map_items(_pid, range(4), workers=2)


def test_a_worker_starts_no_workers():
    for processes in map_items(inner, range(2), workers=2):
        assert len(set(processes)) == 1
        assert os.getpid() not in processes


@pytest.mark.parametrize("backend", ["threading", "multiprocessing"])
def test_threads_and_forks_of_joblib_are_not_used(backend):
    with joblib.parallel_config(backend=backend):
        assert os.getpid() not in map_items(_pid, range(3), workers=2)
        assert map_items(_first_argument, range(2), workers=2) == [sys.argv[0]] * 2


def _first_argument(item: int) -> str:
    return sys.argv[0]


class Elsewhere(BACKENDS["loky"]):
    """A backend that is not joblib's own, as Dask's is."""

    sent = 0

    def submit(self, *args, **kwargs):
        Elsewhere.sent += 1
        return super().submit(*args, **kwargs)


def test_a_backend_from_elsewhere_is_used(monkeypatch):
    monkeypatch.setitem(BACKENDS, "elsewhere", Elsewhere)
    Elsewhere.sent = 0
    assert map_items(abs, [-1, -2, -3], workers=2) == [1, 2, 3]
    assert Elsewhere.sent == 0
    with joblib.parallel_config(backend="elsewhere"):
        assert map_items(abs, [-1, -2, -3], workers=2) == [1, 2, 3]
    assert Elsewhere.sent == 3


# Workers whose owner is gone

OWNER = """
import os, time
from matterlearn.core.parallel import map_items

def work(i):
    print(os.getpid(), flush=True)
    time.sleep(0.2)

map_items(work, range(1000), workers=2)
"""


@pytest.mark.skipif(os.name == "nt", reason="there, a process does not learn that its parent is gone")
def test_workers_end_with_a_run_that_is_killed():
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER], stdout=subprocess.PIPE, text=True, stderr=subprocess.DEVNULL
    )
    assert owner.stdout is not None
    workers: set[int] = set()
    while len(workers) < 2:
        workers.add(int(owner.stdout.readline()))
    owner.kill()
    owner.wait()
    owner.stdout.close()
    until = time.monotonic() + 20
    while any(map(lives, workers)) and time.monotonic() < until:
        time.sleep(0.05)
    assert not any(map(lives, workers))


def lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


# Seeds

keys = st.lists(st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.text(max_size=5), max_size=3)


@given(seed=st.integers(-5, 2**70), keys=keys)
def test_a_seed_is_one_that_everything_takes(seed, keys):
    value = item_seed(seed, *keys)
    assert 0 <= value < 2**31
    assert type(value) is int
    np.random.RandomState(value)
    np.random.default_rng(value)


@given(seed=st.integers(0, 100), keys=keys, other=keys)
@settings(max_examples=300)
def test_other_names_give_other_seeds(seed, keys, other):
    different = [*map(repr, keys)] != [*map(repr, other)]
    assert (item_seed(seed, *keys) != item_seed(seed, *other)) == different
    assert item_seed(seed, *keys) != item_seed(seed + 1, *keys)


def test_numpy_numbers_name_what_the_python_numbers_name():
    assert item_seed(np.int64(3), np.int32(7), np.str_("ridge"), np.float64(0.5), np.True_) == item_seed(
        3, 7, "ridge", 0.5, True
    )


def test_seeds_are_what_they_were():
    # these numbers are part of every stored result: they may not change
    seeds = [item_seed(0), item_seed(0, "random", 3), item_seed(42, "trial", 17)]
    assert seeds == [1291971400, 1058530422, 1794696379]


def test_an_object_whose_text_may_change_names_nothing():
    with pytest.raises(TypeError, match="a object cannot name an item"):
        item_seed(0, object())


def test_seeds_are_spread_evenly():
    values = np.array([item_seed(0, "fold", i) for i in range(4000)])
    counts, _ = np.histogram(values, bins=16, range=(0, 2**31))
    # chi-squared with 15 degrees of freedom: above 37.7 once in a thousand, and these draws are fixed
    assert ((counts - 250) ** 2 / 250).sum() < 37.7
    assert len(set(values)) == len(values)


def test_workers_are_the_processors_this_process_may_use():
    assert 1 <= available_workers() <= (os.cpu_count() or 1)
    if hasattr(os, "sched_setaffinity"):
        allowed = os.sched_getaffinity(0)
        os.sched_setaffinity(0, {min(allowed)})
        try:
            assert available_workers() == 1
        finally:
            os.sched_setaffinity(0, allowed)
