"""Tasks in processes of this machine, with nothing but the standard library.

A partition belongs to one process, which keeps the results of its tasks. Tasks begin when results are gathered: by then
it is known which of them are needed, and how many partitions there are. If a process ends, for example because it was
killed or the machine ran out of memory, another one takes its place, and runs the tasks whose results are lost and
still needed. Results do not depend on that, because tasks are pure functions.
"""

from __future__ import annotations

import multiprocessing
import signal
import weakref
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from itertools import count
from typing import Any, NamedTuple

from fastlr.distributed.driver import call

# So often may a process end while it runs the same task.
MAX_LOSSES = 3

# In a process that runs tasks: the results that are there, by the numbers of their tasks.
_results: dict[int, Any] = {}


class Reference(NamedTuple):
    """Stands for a result that the process has."""

    number: int


def _leave_ctrl_c() -> None:
    """Leave Ctrl-C to the process that gathers the results."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _run(
    number: int, partition: int, function: Callable[..., Any] | None, arguments: tuple[Any, ...],
    sent: dict[int, Any], dropped: list[int], returns: bool,
) -> Any:  # fmt: skip
    """Run a task, unless the result is here; keep the result, and return it if that is asked for."""
    for old in dropped:
        del _results[old]
    _results.update(sent)
    if number not in _results and function is not None:
        values = [_results[each.number] if isinstance(each, Reference) else each for each in arguments]
        _results[number] = call(partition, function, *values)
    return _results[number] if returns else None


class Task:
    """A task, or a value of the gathering process if there is no function.

    Attributes
    ----------
    number : int
    partition : int
    function : callable or None
    arguments : tuple
        Tasks stand for their results.
    wanted : bool
        Whether there is a handle of it.
    places : set of int
        The processes that have the result.
    value : list
        The result, if the gathering process has it; otherwise empty.
    """

    __slots__ = ("arguments", "function", "number", "partition", "places", "value", "wanted")

    def __init__(
        self, number: int, partition: int, function: Callable[..., Any] | None, arguments: tuple[Any, ...]
    ) -> None:
        self.number, self.partition, self.function, self.arguments = number, partition, function, arguments
        self.wanted = True
        self.places: set[int] = set()
        self.value: list[Any] = []

    @property
    def needs(self) -> list[Task]:
        """The tasks whose results it takes."""
        return [each for each in self.arguments if isinstance(each, Task)]

    def let_go(self) -> None:
        """Note that there is no handle any more."""
        self.wanted = False


class TaskHandle:
    """What the user of the driver holds: as long as it exists, the result is kept."""

    def __init__(self, task: Task) -> None:
        self.task = task
        weakref.finalize(self, task.let_go).atexit = False


class Sending(NamedTuple):
    """A task that a process has been sent.

    Attributes
    ----------
    task : Task
    process : int
    sent : list of Task
        Those whose results it has been sent, too.
    dropped : list of int
        The results that it is to drop.
    returns : bool
        Whether the result will be returned.
    """

    task: Task
    process: int
    sent: list[Task]
    dropped: list[int]
    returns: bool


class LocalProcesses:
    """Runs tasks in processes of this machine: a `fastlr.distributed.driver.Driver`.

    Use it in a ``with`` block, at whose end the processes end, or call `close`. The processes import the
    main module, so a script that uses them needs ``if __name__ == "__main__":``.

    Parameters
    ----------
    n_processes : int

    Attributes
    ----------
    n_bytes : int
        Size of the arrays sent to processes and returned from them so far.
    """

    def __init__(self, n_processes: int) -> None:
        self._numbers = count()
        self._pools = [_new_pool() for _ in range(n_processes)]
        self._held: list[dict[int, Task]] = [{} for _ in range(n_processes)]  # whose results are there
        self._dropped: list[list[int]] = [[] for _ in range(n_processes)]  # numbers of results to be dropped there
        self._running: dict[Future[Any], Sending] = {}
        self._losses: Counter[int] = Counter()
        self._n_partitions = 1

    def __enter__(self) -> LocalProcesses:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """End the processes, after the tasks that they are running."""
        for pool in self._pools:
            pool.shutdown(cancel_futures=True)

    def put(self, value: Any) -> TaskHandle:
        """Return a handle of a value, which is sent once to each process that needs it."""
        handle = TaskHandle(Task(next(self._numbers), -1, None, ()))
        handle.task.value.append(value)
        return handle

    def submit(self, function: Callable[..., Any], *arguments: Any, partition: int) -> TaskHandle:
        """Return the handle of a task. It begins when its result is gathered, or that of a task that needs it."""
        self._n_partitions = max(self._n_partitions, partition + 1)
        inner = tuple(each.task if isinstance(each, TaskHandle) else each for each in arguments)
        return TaskHandle(Task(next(self._numbers), partition, function, inner))

    def gather(self, handles: Sequence[TaskHandle]) -> list[Any]:
        """Run the tasks that are needed, and return the results.

        Raises
        ------
        Exception
            The error of a task.
        RuntimeError
            If processes have ended again and again while they ran the same task.
        KeyboardInterrupt
            On Ctrl-C. Tasks that have not begun are cancelled.
        """
        targets = [handle.task for handle in handles]
        try:
            while plan := self._plan(targets):
                for task in sorted(plan, key=lambda task: task.number):
                    self._begin(task, plan[task])
                done, _ = wait(self._running, return_when=FIRST_COMPLETED)
                for future in sorted(done, key=lambda future: self._running[future].task.number):
                    if future in self._running:  # otherwise its process has ended
                        self._end(future, plan)
            return [task.value[0] for task in targets]
        finally:
            self._cancel()
            self._drop()

    def _process_of(self, task: Task) -> int:
        """Return the task's process. Neighbouring partitions, whose sums meet first, share one."""
        return task.partition * len(self._pools) // self._n_partitions

    def _plan(self, targets: list[Task]) -> dict[Task, bool]:
        """Return the tasks that must run, and whether their results must be returned."""
        plan: dict[Task, bool] = {}
        open_tasks = [(task, True) for task in targets]
        while open_tasks:
            task, returns = open_tasks.pop()
            if task.value or (not returns and self._process_of(task) in task.places):
                continue
            known = task in plan
            plan[task] = returns or plan.get(task, False)
            if not known:
                process = self._process_of(task)
                open_tasks += [(need, self._process_of(need) != process) for need in task.needs]
        return plan

    def _begin(self, task: Task, returns: bool) -> None:
        """Send a task to its process if all that it needs is there, or will be when its turn comes."""
        process = self._process_of(task)
        coming = {}
        for sending in self._running.values():
            if sending.process == process:
                coming.update({each.number: False for each in sending.sent})
                coming[sending.task.number] = sending.returns
        if task.number in coming and (coming[task.number] or not returns):
            return
        here = process in task.places or task.number in coming
        absent = [] if here else [n for n in task.needs if process not in n.places and n.number not in coming]
        if not all(need.value for need in absent):
            return
        sending = Sending(task, process, absent, self._dropped[process], returns)
        self._dropped[process] = []
        arguments = tuple(Reference(each.number) if isinstance(each, Task) else each for each in task.arguments)
        values = {need.number: need.value[0] for need in absent}
        try:
            future = self._pools[process].submit(
                _run, task.number, task.partition, task.function, arguments, values, sending.dropped, returns
            )
        except BrokenProcessPool as error:
            self._replace(sending, error)
        else:
            self._running[future] = sending

    def _end(self, future: Future[Any], plan: dict[Task, bool]) -> None:
        """Take the result of a task that has ended."""
        sending = self._running.pop(future)
        task, process = sending.task, sending.process
        try:
            value = future.result()
        except BrokenProcessPool as error:
            self._replace(sending, error)
            return
        except Exception:
            if task in plan:
                raise
            return  # an earlier call has raised it, or it follows from that
        for each in (task, *sending.sent):
            each.places.add(process)
            self._held[process][each.number] = each
        if sending.returns and not task.value:
            task.value.append(value)

    def _replace(self, lost: Sending, error: BrokenProcessPool) -> None:
        """Start another process in the place of one that has ended; its results are lost."""
        process = lost.process
        others = [future for future, sending in self._running.items() if sending.process == process]
        for future in others:
            del self._running[future]
        for task in self._held[process].values():
            task.places.discard(process)
        self._held[process], self._dropped[process] = {}, []
        self._pools[process].shutdown(wait=False)
        self._pools[process] = _new_pool()
        self._losses[lost.task.number] += 1
        if self._losses[lost.task.number] == MAX_LOSSES:
            raise RuntimeError(
                f"Partition {lost.task.partition}: the process that worked on it has ended {MAX_LOSSES} times. If the "
                "machine ran out of memory, use more partitions or fewer processes."
            ) from error

    def _cancel(self) -> None:
        """Cancel tasks that have not begun."""
        for future, sending in list(self._running.items()):
            if future.cancel():
                del self._running[future]
                self._dropped[sending.process] += sending.dropped

    def _drop(self) -> None:
        """Let go of results that nobody holds a handle of; where they are, this happens before the next task."""
        for process, held in enumerate(self._held):
            for task in [task for task in held.values() if not task.wanted]:
                del held[task.number]
                task.places.discard(process)
                self._dropped[process].append(task.number)
                if task.function is not None:
                    task.value.clear()


def _new_pool() -> ProcessPoolExecutor:
    """Return a pool of one process, which `concurrent.futures` watches over."""
    # A fork of a server that has imported everything starts in a twentieth of a second, a new process in two. A fork of
    # this process might hold locks of its threads.
    forks = "forkserver" in multiprocessing.get_all_start_methods()
    context = multiprocessing.get_context("forkserver" if forks else "spawn")
    if forks:
        context.set_forkserver_preload(["fastlr.distributed.partition"])
    return ProcessPoolExecutor(1, context, _leave_ctrl_c)
