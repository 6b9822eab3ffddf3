"""Tasks in processes of this machine, with nothing but the standard library.

A partition belongs to one process, which keeps the results of its tasks. Tasks begin when results are gathered: by then
it is known which of them are needed, and how many partitions there are. If a process ends, for example because it was
killed or the machine ran out of memory, another one takes its place, and runs the tasks whose results are lost and
still needed. Results do not depend on that, because tasks are pure functions.
"""

from __future__ import annotations

import weakref
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import count
from multiprocessing.connection import wait
from typing import Any

from fastlr.distributed.task_process import Batch, Call, Reference, TaskProcess

# So often may a process end while it runs the same task.
MAX_LOSSES = 3
# Ctrl-C that does not end a wait, because another thread got the signal, is noticed after so many seconds.
LONGEST_WAIT = 0.2


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


class LocalProcesses:
    """Runs tasks in processes of this machine: a `fastlr.distributed.driver.Driver`.

    Use it in a ``with`` block, at whose end the processes end, or call `close`. The processes import the
    main module, so a script that uses them needs ``if __name__ == "__main__":``.

    Parameters
    ----------
    n_processes : int

    Attributes
    ----------
    n_messages : int
        Number of messages to processes and from them so far.
    n_bytes : int
        Their size.
    """

    def __init__(self, n_processes: int) -> None:
        self._numbers = count()
        self._processes = [TaskProcess() for _ in range(n_processes)]
        self._held: list[dict[int, Task]] = [{} for _ in range(n_processes)]  # whose results are there
        self._dropped: list[list[int]] = [[] for _ in range(n_processes)]  # numbers of results to be dropped there
        # What processes work on, and the tasks that it names.
        self._working: dict[int, tuple[Batch, dict[int, Task]]] = {}
        self._losses: Counter[int] = Counter()
        self._n_partitions = 1
        self._of_ended = [0, 0]  # messages and bytes of processes that have ended
        self._closed = False

    def __enter__(self) -> LocalProcesses:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    @property
    def n_messages(self) -> int:
        """Number of messages to processes and from them so far."""
        return self._of_ended[0] + sum(process.channel.n_messages for process in self._processes)

    @property
    def n_bytes(self) -> int:
        """Size of the messages to processes and from them so far."""
        return self._of_ended[1] + sum(process.channel.n_bytes for process in self._processes)

    def close(self) -> None:
        """End the processes, after the tasks that they are running."""
        self._closed = True
        for process in self._processes:
            process.end()

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
        if self._closed:
            raise RuntimeError("The processes have ended, so they run no more tasks.")
        try:
            while plan := self._plan(targets):
                for k in range(len(self._processes)):
                    if k not in self._working:
                        self._begin(k, plan)
                connections: dict[Any, int] = {self._processes[k].channel.connection: k for k in self._working}
                for connection in wait(list(connections), LONGEST_WAIT):
                    self._end(connections[connection], plan)
            return [task.value[0] for task in targets]
        finally:
            self._stop()
            self._drop()

    def _process_of(self, task: Task) -> int:
        """Return the task's process. Neighbouring partitions, whose sums meet first, share one."""
        return task.partition * len(self._processes) // self._n_partitions

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

    def _begin(self, k: int, plan: dict[Task, bool]) -> None:
        """Send a process all its tasks whose needs are there, or will be when their turn comes."""
        batch, named = Batch(self._dropped[k], {}, [], []), {}
        for task in sorted(plan, key=lambda task: task.number):
            if self._process_of(task) != k:
                continue
            if k not in task.places:
                assert task.function is not None  # values of this process are here
                absent = [need for need in task.needs if k not in need.places and need.number not in named]
                if not all(need.value for need in absent):
                    continue
                if batch.calls and (self._losses[task.number] or self._losses[batch.calls[0].number]):
                    break  # a task that may have ended the process runs alone, so that it is known whether it did
                batch.sent.update({need.number: need.value[0] for need in absent})
                named.update({each.number: each for each in (task, *absent)})
                arguments = tuple(Reference(each.number) if isinstance(each, Task) else each for each in task.arguments)
                batch.calls.append(Call(task.number, task.partition, task.function, arguments))
            if plan[task]:
                named[task.number] = task
                batch.returned.append(task.number)
        if not named:
            return
        try:
            self._processes[k].send(batch)
        except OSError as error:
            self._count_loss(k, batch, error)
        else:
            self._working[k] = batch, named
            self._dropped[k] = []

    def _end(self, k: int, plan: dict[Task, bool]) -> None:
        """Take the results of a batch."""
        batch, named = self._working.pop(k)
        try:
            reply = self._processes[k].receive()
        except (EOFError, OSError) as error:
            self._count_loss(k, batch, error)
            return
        for number in reply.kept:
            named[number].places.add(k)
            self._held[k][number] = named[number]
        for number, value in reply.values.items():
            if not named[number].value:
                named[number].value.append(value)
        # The error of a task that is not in the plan has been raised by an earlier call, or follows from that.
        if reply.error is not None and (reply.failed is None or named[reply.failed] in plan):
            raise reply.error from RuntimeError(reply.trace)

    def _count_loss(self, k: int, batch: Batch, error: Exception) -> None:
        """Replace a process that has ended."""
        self._replace(k)
        for task in batch.calls:
            self._losses[task.number] += 1
            if self._losses[task.number] == MAX_LOSSES:
                raise RuntimeError(
                    f"Partition {task.partition}: the process that worked on it has ended {MAX_LOSSES} times. If the "
                    "machine ran out of memory, use more partitions or fewer processes."
                ) from error

    def _replace(self, k: int) -> None:
        """Start another process in the place of one; its results are lost."""
        for task in self._held[k].values():
            task.places.discard(k)
        self._held[k], self._dropped[k] = {}, []
        self._working.pop(k, None)
        old, self._processes[k] = self._processes[k], TaskProcess()
        self._of_ended = [self._of_ended[0] + old.channel.n_messages, self._of_ended[1] + old.channel.n_bytes]
        old.end()

    def _stop(self) -> None:
        """Have processes leave out the tasks that have not begun."""
        for k, process in enumerate(self._processes):
            if process.interrupted:
                self._replace(k)
            elif k in self._working:
                process.stop()

    def _drop(self) -> None:
        """Let go of results that nobody holds a handle of; where they are, this happens before the next task."""
        for process, held in enumerate(self._held):
            for task in [task for task in held.values() if not task.wanted]:
                del held[task.number]
                task.places.discard(process)
                self._dropped[process].append(task.number)
                if task.function is not None:
                    task.value.clear()
