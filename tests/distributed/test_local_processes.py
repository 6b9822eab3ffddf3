"""Tasks in processes of this machine, some of which end before their time."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from helpers.partitions import (
    Interrupting,
    add,
    count_calls,
    end_process,
    end_process_once,
    fail,
    fail_strangely,
    function_of,
    slowly,
)

from fastlr.distributed.local_processes import LocalProcesses
from fastlr.distributed.passes import plus
from fastlr.distributed.tree import tree_sum


def test_tasks_take_results_of_other_partitions(processes):
    ones = [processes.submit(add, 1, k, partition=k) for k in range(7)]
    total = processes.submit(add, *ones, processes.put(100), partition=3)
    assert processes.gather([total, ones[6], total]) == [128, 7, 128]
    assert processes.gather([processes.submit(add, total, ones[0], partition=6)]) == [129]


def test_a_task_runs_once(processes, tmp_path):
    calls = tmp_path / "calls"
    task = processes.submit(count_calls, str(calls), 5, partition=0)
    for partition in range(5):
        assert processes.gather([processes.submit(add, task, task, partition=partition)]) == [10]
    assert calls.read_text() == "."


def test_results_without_a_handle_are_dropped(processes):
    task = processes.submit(add, processes.submit(add, 1, 2, partition=0), 3, partition=4)
    processes.gather([task])
    held = {number for held in processes._held for number in held}
    assert task.task.number in held
    assert task.task.arguments[0].number not in held


def test_an_error_names_the_partition(processes):
    after = processes.submit(add, processes.submit(fail, 7, partition=2), 1, partition=4)
    with pytest.raises(ValueError, match=r"^Partition 2: 7 is a bad number$"):
        processes.gather([after])
    assert processes.gather([processes.submit(add, 1, 1, partition=2)]) == [2]


def test_results_that_are_lost_are_computed_again(processes, tmp_path):
    calls = tmp_path / "calls"
    before = [processes.submit(count_calls, str(calls), k, partition=k) for k in range(3)]
    processes.gather([processes.submit(add, number, 1, partition=k) for k, number in enumerate(before)])
    assert len(calls.read_text()) == 3
    sums = [processes.submit(add, number, 10, partition=k) for k, number in enumerate(before)]
    sums[1] = processes.submit(end_process_once, str(tmp_path / "ended"), sums[1], partition=1)
    assert processes.gather(sums) == [10, 11, 12]
    assert len(calls.read_text()) > 3


def test_a_process_that_ends_again_and_again_is_an_error(processes):
    with pytest.raises(RuntimeError, match="Partition 1: the process that worked on it has ended 3 times"):
        processes.gather([processes.submit(end_process, 1, partition=1)])
    assert processes.gather([processes.submit(add, 1, 1, partition=1)]) == [2]


def test_ctrl_c_cancels_what_has_not_begun(ctrl_c, processes, tmp_path):
    calls = tmp_path / "calls"
    slow = []
    for k in range(20):
        begun = processes.submit(count_calls, str(calls), k, partition=0)
        slow.append(processes.submit(slowly, 0.2, begun, partition=0))

    def interrupt():
        while not calls.exists():
            time.sleep(0.01)
        signal.raise_signal(signal.SIGINT)

    threading.Thread(target=interrupt).start()
    with pytest.raises(KeyboardInterrupt):
        processes.gather(slow)
    assert processes.gather([processes.submit(add, 1, 1, partition=0)]) == [2]
    assert 0 < len(calls.read_text()) < 20


def test_messages_of_a_round():
    """Each process takes the steps of its partitions and adds them up; the first one adds the other's sum."""
    with LocalProcesses(2) as driver:
        weights, n = driver.put(np.arange(100_000.0)), driver.n_messages
        tasks = [driver.submit(add, weights, k, partition=k) for k in range(4)]
        total = driver.gather([tree_sum(driver, tasks, plus)])[0]
        assert driver.n_messages - n == 2 * 3
        # The weights go to two processes, and the sums from one to the other and back.
        assert 5 * weights.task.value[0].nbytes < driver.n_bytes < 5 * weights.task.value[0].nbytes + 10_000
    assert np.array_equal(total, 4 * np.arange(100_000.0) + 6)


def test_what_cannot_be_pickled_is_an_error(processes):
    with pytest.raises(Exception, match="pickle"):
        processes.gather([processes.submit(function_of, 1, partition=0)])
    with pytest.raises(RuntimeError, match="StrangeError: two arguments 1"):
        processes.gather([processes.submit(fail_strangely, 1, partition=0)])
    assert processes.gather([processes.submit(add, 1, 1, partition=0)]) == [2]


def test_ctrl_c_in_a_message(processes, tmp_path):
    calls = tmp_path / "calls"
    kept = processes.submit(count_calls, str(calls), 5, partition=0)
    processes.gather([processes.submit(add, kept, 1, partition=0)])
    with pytest.raises(KeyboardInterrupt):
        processes.gather([processes.submit(add, kept, processes.put(Interrupting()), partition=0)])
    assert processes.gather([processes.submit(add, kept, 2, partition=0)]) == [7]
    assert calls.read_text() == ".."


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_lost_processes_leave_nothing(processes, tmp_path):
    def left():
        """Return how many files of common memory are open here; it is gone once nobody has them open."""
        files = [path for path in Path("/proc/self/fd").iterdir() if path.is_symlink()]
        return sum("memfd:fastlr" in os.readlink(path) for path in files)

    array = processes.put(np.zeros(1_000_000))
    processes.gather([processes.submit(np.shape, array, partition=k) for k in range(3)])
    before = left()
    for n in range(2):
        number = processes.submit(end_process_once, str(tmp_path / str(n)), 1, partition=n)
        processes.gather([processes.submit(add, array, number, partition=n)])
    assert left() == before


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_processes_end_with_the_one_that_drives_them():
    """Even if that is killed."""
    script = Path(__file__).parent.parent / "helpers" / "driving.py"
    with subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True) as driving:
        pids = [int(pid) for pid in driving.stdout.readline().split()]
        driving.kill()
    deadline = time.monotonic() + 20.0
    while any(map(is_running, pids)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert len(pids) == 2
    assert not any(map(is_running, pids))


def is_running(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_after_close():
    with LocalProcesses(1) as driver:
        task = driver.submit(add, 1, 2, partition=0)
    with pytest.raises(RuntimeError, match="The processes have ended"):
        driver.gather([task])
