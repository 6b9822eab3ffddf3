"""Stochastic gradient descent in several threads that meet now and then: local SGD, deterministic.

Between two meetings, of which an epoch has one to a few, each thread takes the steps of its share of the rows on
weights of its own. Then the moves of all threads are added up, weight by weight, each times a share that lies between 1
and ``1 / n`` for ``n`` threads. To add them as they are (Ma et al. 2015, "Adding vs. averaging in distributed
primal-dual optimization") is right for a feature that few rows have: in one thread their steps would have come one
after the other, and would hardly have known of each other. To average them (Stich 2019, "Local SGD converges fast and
communicates little") is right for a feature that has come to rest in every thread: added, it would overshoot by
``n - 1`` times its way. A weight along which the loss curves by ``h`` goes, in steps whose rates sum up to ``r``, about
``rh / (1 + rh)`` of its way to rest; the share is that which takes the sum of the moves, exactly for two threads, to
where such steps would have led one after the other: ``(1 + rh / 2) / (1 + n rh / 2)``.

Here ``h`` is the mean of ``s x_f^2`` over a sample of the rows, times a guess of ``p_k (1 - p_k)``, plus the strength
of L2. Probabilities that are right on average leave at most ``q_k (1 - q_k)`` of it, where ``q_k`` is the share of
class ``k``, or ``1 / n_classes`` if that is more; but among the rows of a feature that tells classes apart there may
be as much as 1/4. The guess is the geometric mean of the two. The test log-loss is that of one thread or lower: .972 to
.999 of it with two, .994 to 1.005 with sixteen (abstracts in 2 and 20 classes, Zipf), where averages have 1.05 to 1.07
with two, and sums diverge. An L1 penalty leaves about 3% more weights that are not 0.

Threads that write to the same weights at any moment make no better model, and another one each time: see ``hogwild``.

Given the number of threads, results are the same to the bit: nothing depends on who comes first.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext

import numpy as np

from fastlr import kernels
from fastlr.data.problem import Problem
from fastlr.solvers.stochastic.hogwild import Hogwild, takes
from fastlr.solvers.stochastic.optimizer import Optimizer, StepRule
from fastlr.solvers.stochastic.serial import Runner, Serial
from fastlr.solvers.stochastic.sgd import LazySGD
from fastlr.solvers.stochastic.thread_shares import OutputCurvatures, sample, split_steps
from fastlr.utils.parallel import Team
from fastlr.utils.time_slices import TimeSlices

# There are no more meetings than leave each thread this many non-zeros for every feature: a meeting costs a tenth then.
DEAR = 40
# With fewer than these, threads would spend half of their time on meetings.
TOO_DEAR = 4
# Fewer non-zeros than these are trained on by one thread before a meeting is due.
FEW = 1 << 16
# So many steps at least make the moves of a thread from noise to a way.
FEW_STEPS = 256
# Meetings in an epoch, where they cost next to nothing: more make no better model.
MANY = 4


def choose_runner(
    steps: Optimizer, problem: Problem, n_jobs: int, batch_size: int, deterministic: bool
) -> AbstractContextManager[Runner]:
    """Return what takes the steps of a pass over the rows: up to ``n_jobs`` threads, as many as the rows are worth.

    To be used in a ``with`` block, which its threads end with.
    """
    n_active, nonzeros, n_features = problem.n_active, problem.n_nonzeros, problem.shape[1]
    n_steps = -(-n_active // batch_size)
    shared = not deterministic and takes(batch_size, problem.n_outputs)
    for n in range(n_jobs, 1, -1):
        if shared:
            if nonzeros >= n * FEW and n_steps >= FEW_STEPS * n:
                return Hogwild(steps, problem, n)
            continue
        least = max(n // 2, 1)  # of four threads and more, one meeting an epoch is too few
        affordable = nonzeros // (DEAR * n * n_features)
        if nonzeros >= least * n * max(FEW, TOO_DEAR * n_features) and n_steps >= FEW_STEPS * least * n:
            return LocalSGD(steps, problem, n, min(max(affordable, least), max(MANY, least)))
    return nullcontext(Serial())


class LocalSGD:
    """Takes steps in ``n_threads`` threads, which meet ``n_meetings`` times in an epoch.

    ``steps`` stay as they are between two meetings.
    """

    def __init__(self, steps: LazySGD, problem: Problem, n_threads: int, n_meetings: int) -> None:
        self.n_meetings = n_meetings
        if steps.clock[0] != 1.0 or steps.clock[1] != 0.0:
            steps.settle()
        self.copies = np.empty((n_threads, *steps.weights.shape), steps.weights.dtype)
        self.clocks = np.zeros((n_threads, 4))
        self.apart = [steps.apart(copy, clock) for copy, clock in zip(self.copies, self.clocks, strict=True)]
        self.paces = [TimeSlices() for _ in range(n_threads)]
        self.outputs = OutputCurvatures(problem)
        self.squares = np.zeros(problem.rows.shape[1])
        rows, sampled = problem.rows, sample(problem)
        kernels.load(steps.backend).add_squares(
            rows.indptr, rows.indices, rows.data, problem.sample_weight, sampled, 0, len(sampled), self.squares
        )
        self.squares = np.minimum(self.squares / len(sampled), np.finfo(np.float64).max)
        self.bounds = np.linspace(0, rows.shape[1], n_threads + 1).astype(np.intp).tolist()
        self.copied = False
        self.team = Team(n_threads)

    def __enter__(self) -> LocalSGD:
        self.team.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self.team.__exit__(*error)

    def slices(self, start: int, stop: int, batch_size: int) -> Iterator[tuple[int, int]]:
        """Cut where the threads are to meet, whatever the start."""
        n_steps = -(-stop // batch_size)
        for meeting in range(self.n_meetings):
            end = min((meeting + 1) * n_steps // self.n_meetings * batch_size, stop)
            if end > start:
                yield start, end
                start = end

    def run(
        self,
        steps: LazySGD,
        problem: Problem,
        order: np.ndarray,
        start: int,
        stop: int,
        rates: np.ndarray,
        batch_size: int,
        rule: StepRule,
    ) -> None:
        """Take the steps, each thread those of as many rows next to each other, and meet.

        The rates are dealt out, so that those of a thread fall as all of them do. On Ctrl-C what was done is kept.
        """
        dealt, begins = split_steps(rates, start, stop, batch_size, self.team.size)
        _ = problem.largest  # computed once, not by each
        for clock in self.clocks:
            clock[:] = 1.0, 0.0, steps.n_steps, 0.0

        def train(k: int) -> None:
            apart, pace, first = self.apart[k], self.paces[k], begins[k]
            if not self.copied:
                apart.weights[...] = steps.weights
            apart.bias[:] = steps.bias
            for begin, end in pace.slices(first, begins[k + 1], batch_size):
                if self.team.stopping:
                    break
                own = dealt[k][(begin - first) // batch_size : -(-(end - first) // batch_size)]
                apart.run(problem, order, begin, end, own, batch_size, rule)

        try:
            self.team.run(train)
        except KeyboardInterrupt:
            self._meet(steps, dealt, rule)
            raise
        self._meet(steps, dealt, rule)

    def _meet(self, steps: LazySGD, dealt: list[np.ndarray], rule: StepRule) -> None:
        """Make the weights apart one; what each has done counts."""
        self.copied = True
        made = self.clocks[:, 2] - steps.n_steps
        rate = sum(float(own[: int(n)].sum()) for own, n in zip(dealt, made, strict=True)) / self.team.size
        call = kernels.load(steps.backend)
        moved = sum(apart.bias - steps.bias for apart in self.apart)
        shares = self.outputs.intercept_shares(rate, rule, self.team.size)

        def merge(k: int) -> None:
            call.merge(
                steps.weights, self.copies, self.clocks, self.squares, self.outputs.curvature, rate,
                rule.l2 * self.outputs.mean_weight, self.bounds[k], self.bounds[k + 1], np.empty((3, steps.n_outputs)),
            )  # fmt: skip

        try:
            self.team.run(merge)
        finally:  # on Ctrl-C too, all of it is done by now
            steps.bias += shares * moved
            steps.clock[2] += made.sum()
            steps.clock[3] += self.clocks[:, 3].sum()
