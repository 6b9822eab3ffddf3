"""Tasks in processes of this machine, some of which end before their time."""

import signal
import threading
import time

import pytest
from helpers.partitions import add, count_calls, end_process, end_process_once, fail, slowly


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


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs a timer")
def test_ctrl_c_cancels_what_has_not_begun(processes):
    processes.gather([processes.submit(add, 1, 1, partition=k) for k in range(3)])
    slow = [processes.submit(slowly, 0.5, k, partition=0) for k in range(20)]
    threading.Timer(0.2, signal.raise_signal, [signal.SIGINT]).start()
    begun = time.perf_counter()
    with pytest.raises(KeyboardInterrupt):
        processes.gather(slow)
    assert processes.gather([processes.submit(add, 1, 1, partition=0)]) == [2]
    assert time.perf_counter() - begun < 8.0
