"""Work that is done in threads while its results are taken in order."""

import threading
import time

import pytest

from fastlr.utils.parallel import Team, ordered_map, resolve_n_jobs

pytestmark = pytest.mark.usefixtures("no_thread_is_left")


def test_work_is_done_in_order_and_no_more_of_it_than_asked_for():
    taken = []

    def items():
        for i in range(100):
            taken.append(i)
            yield i

    results = ordered_map(lambda i: i * i, items(), 2)
    assert next(results) == 0
    assert len(taken) <= 6
    assert list(results) == [i * i for i in range(1, 100)]
    failing = ordered_map(lambda i: 1 // i, [1, 0, 1], 2)
    with pytest.raises(ZeroDivisionError):
        list(failing)


def test_nobody_waits_for_work_that_is_no_longer_wanted():
    over = threading.Event()

    def work(i):
        if i == 0:
            raise KeyboardInterrupt
        assert over.wait(60)

    with pytest.raises(KeyboardInterrupt):
        list(ordered_map(work, [0, 1], 2, over))
    over.clear()
    assert list(ordered_map(abs, [0, 1], 2, over)) == [0, 1]
    assert not over.is_set()


def test_numbers_of_threads():
    assert resolve_n_jobs(None) == resolve_n_jobs(1) == 1
    assert resolve_n_jobs(7) == 7
    assert resolve_n_jobs(-1) >= 1
    assert resolve_n_jobs(-2) == max(resolve_n_jobs(-1) - 1, 1)
    assert resolve_n_jobs(-1000) == 1


def test_a_team_ends_with_the_first_error():
    begun = threading.Barrier(3)

    def work(k):
        begun.wait(timeout=10)
        if k:
            raise ValueError(f"thread {k}")
        while not team.stopping:
            time.sleep(0.001)
        return k

    with Team(3) as team:
        with pytest.raises(ValueError, match="thread 1"):
            team.run(work)
        assert team.run(lambda k: 2 * k) == [0, 2, 4]
