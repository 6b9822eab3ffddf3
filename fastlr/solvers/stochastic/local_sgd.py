"""Local SGD: several threads train on copies of the weights, which are merged a few times per epoch; deterministic.

Between two merges, of which an epoch has one to a few, each thread takes the steps of its share of the rows on a copy
of the weights. Then the updates of all threads are added up, each weight's times a factor between 1 and ``1 / n`` for
``n`` threads. Adding them unscaled (Ma et al. 2015, "Adding vs. averaging in distributed primal-dual optimization") is
right for a feature that few rows have: in one thread, their steps would have come one after the other, and would hardly
have affected each other. Averaging them (Stich 2019, "Local SGD converges fast and communicates little") is right for a
weight that has converged in every thread: added, the updates would overshoot by ``n - 1`` times their length. Steps
whose rates sum up to ``r`` move a weight along which the loss has curvature ``h`` by about ``rh / (1 + rh)`` of its way
to the minimum. The factor takes the sum of the updates, exactly for two threads, to where the same steps would have led
one after the other: ``(1 + rh / 2) / (1 + n rh / 2)``.

Here ``h`` is the mean of ``s x_f^2`` over a sample of the rows, times an estimate of ``p_k (1 - p_k)``, plus the
strength of L2. Probabilities that are right on average leave at most ``q_k (1 - q_k)`` of it, where ``q_k`` is the
share of class ``k``, or ``1 / n_classes`` if that is more; but among the rows of a feature that separates classes it
may be up to 1/4. The estimate is the geometric mean of the two. The test log-loss is that of one thread or lower: .972
to .999 of it with two threads, .994 to 1.005 with sixteen (abstracts in 2 and 20 classes, Zipf). Averages have 1.05 to
1.07 with two threads, and sums diverge. An L1 penalty leaves about 3% more non-zero weights.

Threads that write to the same weights at any moment make no better model, and a different one each time: see
``hogwild``.

For a given number of threads, results are bit-identical: nothing depends on thread scheduling.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from fastlr.data.passes import summed
from fastlr.data.problem import Problem
from fastlr.kernels.sources.state import LOSS, N_STEPS, OWED, SCALE
from fastlr.objective.penalties import ElasticNet
from fastlr.solvers.stochastic import thread_shares
from fastlr.solvers.stochastic.optimizer import StepSlice
from fastlr.solvers.stochastic.sgd import LazySGD
from fastlr.solvers.stochastic.thread_shares import OutputCurvatures, sample, split_steps
from fastlr.utils.parallel import Team
from fastlr.utils.sums import sum_of
from fastlr.utils.time_slices import TimeSlices

# Non-zeros per thread, feature and merge; with this many, a merge costs a tenth of the time.
ENTRIES_PER_MERGE = 40
# With fewer non-zeros per thread and feature, threads would spend half of their time on merges.
LEAST_ENTRIES = 4
# With fewer steps per thread and merge, a thread's update is noise rather than progress.
FEW_STEPS = 256
# Merges per epoch, where they cost next to nothing: more make no better model.
MANY = 4


def merges_per_epoch(problem: Problem, n_threads: int, batch_size: int) -> int:
    """Return how often ``n_threads`` threads are to be merged in an epoch; 0 if the rows are not worth that many."""
    nonzeros, n_features = problem.n_nonzeros, problem.shape[1]
    n_steps = -(-problem.n_active // batch_size)
    least = max(n_threads // 2, 1)  # for four threads and more, one merge per epoch is too few
    enough_rows = nonzeros >= least * n_threads * max(thread_shares.FEW, LEAST_ENTRIES * n_features)
    if not enough_rows or n_steps < FEW_STEPS * least * n_threads:
        return 0
    affordable = nonzeros // (ENTRIES_PER_MERGE * n_threads * n_features)
    return min(max(affordable, least), max(MANY, least))


class LocalSGD:
    """Takes steps in ``n_threads`` threads, which are merged ``n_merges`` times per epoch.

    The optimizer stays as it is between two merges.
    """

    def __init__(self, optimizer: LazySGD, problem: Problem, n_threads: int, n_merges: int) -> None:
        self.optimizer = optimizer
        self.n_merges = n_merges
        if optimizer.clock[SCALE] != 1.0 or optimizer.clock[OWED] != 0.0:
            optimizer.apply_penalties()
        self.copies = np.empty((n_threads, *optimizer.weights.shape), optimizer.weights.dtype)
        self.clocks = np.zeros((n_threads, LOSS + 1))
        self.apart = [optimizer.apart(copy, clock) for copy, clock in zip(self.copies, self.clocks, strict=True)]
        self.time_slices = [TimeSlices() for _ in range(n_threads)]
        self.outputs = OutputCurvatures.of(problem)
        self.squares = np.zeros(problem.rows.shape[1])
        rows, sampled = problem.rows, sample(problem)
        optimizer.kernels.add_squares(
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
        """Cut where the threads are to be merged, whatever the start."""
        n_steps = -(-stop // batch_size)
        for merge in range(self.n_merges):
            end = min((merge + 1) * n_steps // self.n_merges * batch_size, stop)
            if end > start:
                yield start, end
                start = end

    def run(self, steps: StepSlice) -> None:
        """Take the steps, split among the threads, and merge. On Ctrl-C, the steps taken so far are merged."""
        optimizer, shares = self.optimizer, split_steps(steps, self.team.size)
        _ = steps.problem.largest  # computed once, before the threads need it
        for clock in self.clocks:
            clock[:] = 0.0
            clock[SCALE], clock[N_STEPS] = 1.0, optimizer.n_steps

        def train(k: int) -> None:
            apart, own = self.apart[k], shares[k]
            if not self.copied:
                apart.weights[...] = optimizer.weights
            apart.bias[:] = optimizer.bias
            for start, stop in self.time_slices[k].slices(own.start, own.stop, own.batch_size):
                if self.team.stopping:
                    break
                first, last = (start - own.start) // own.batch_size, -(-(stop - own.start) // own.batch_size)
                apart.run(own._replace(start=start, stop=stop, rates=own.rates[first:last]))

        try:
            self.team.run(train)
        except KeyboardInterrupt:
            self._merge(shares, steps.penalty, steps.intercept_rate)
            raise
        self._merge(shares, steps.penalty, steps.intercept_rate)

    def _merge(self, shares: list[StepSlice], penalty: ElasticNet, intercept_rate: float) -> None:
        """Merge the threads' weights, as far as each has come."""
        self.copied = True
        optimizer = self.optimizer
        n_done = self.clocks[:, N_STEPS] - optimizer.n_steps
        rate = sum_of([sum_of(own.rates[: int(n)]) for own, n in zip(shares, n_done, strict=True)]) / self.team.size
        call = optimizer.kernels
        moved = summed(apart.bias - optimizer.bias for apart in self.apart)
        factors = self.outputs.intercept_shares(rate, intercept_rate, self.team.size)

        def merge(k: int) -> None:
            call.merge(
                optimizer.weights, self.copies, self.clocks, self.squares, self.outputs.curvature, rate,
                penalty.l2 * self.outputs.mean_weight, self.bounds[k], self.bounds[k + 1],
                np.empty((3, optimizer.n_outputs)),
            )  # fmt: skip

        try:
            self.team.run(merge)
        finally:  # on Ctrl-C too, every thread has finished by now
            optimizer.bias += factors * moved
            optimizer.clock[N_STEPS] += sum_of(n_done)
            optimizer.clock[LOSS] += sum_of(self.clocks[:, LOSS])
