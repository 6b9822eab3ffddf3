"""Hogwild: several threads train the same weights without a lock (Niu et al. 2011).

Each thread takes the steps of its share of the rows, and reads and writes weights while others do. Where two write to
one weight at the same time, one of the updates may be lost; rows that share few features, as text does, seldom collide.
So no thread keeps a copy of the weights, and no merge is needed, which with many features would cost more than it
saves. But the model depends on thread scheduling: it differs from run to run. Its test log-loss is that of one thread:
.998 to 1.005 of it, where ``local_sgd`` has .972 to .997 (abstracts in 2 and 20 classes).

Deferred penalties would not survive threads whose clocks differ: one would apply more to a feature than another has
deferred. So all clocks stand still for a round of steps, and between two rounds, when no thread is at work, they
advance by what all steps of the round defer. L1 and L2 come once per round, as in truncated gradient (Langford, Li and
Zhang 2009), and are applied lazily as always. A feature whose penalty two threads apply at the same moment may be
penalised twice, or lose one thread's gradient; neither leaves the range of numbers. Rounds are so short that their
penalty moves a row's score by little. L1 that comes in fewer and larger amounts leaves fewer non-zero weights than
steps in one thread do, which is nearer to the optimum: for abstracts in two classes 1,300 to 3,300 instead of 9,000,
where the optimum has 427.

Each thread has intercepts of its own for a round, as every row moves them; their updates are added up with the factors
of ``local_sgd``.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from fastlr.data.problem import Problem
from fastlr.kernels.sources.state import LOSS, N_STEPS, OWED, SCALE
from fastlr.objective.penalties import NO_PENALTY, ElasticNet
from fastlr.solvers.stochastic import thread_shares
from fastlr.solvers.stochastic.optimizer import StepSlice
from fastlr.solvers.stochastic.sgd import LARGE_BATCH, LazySGD
from fastlr.solvers.stochastic.thread_shares import OutputCurvatures, sample, split_steps
from fastlr.utils.elementary import exp, log1p
from fastlr.utils.parallel import Team, unshared
from fastlr.utils.sums import mean_of, sum_of
from fastlr.utils.time_slices import TimeSlices

# Non-zeros per thread in a round: 2 ms or more, a twentieth of which it takes to start the next one.
ROUND = 1 << 19
# The penalty of a round takes away at most this share of the weights by L2, or this much of a row's score by L1.
PENALTY_PER_ROUND = 0.25
# Rounds of fewer steps per thread would cost more than they save.
FEW_STEPS = 256


def supports(batch_size: int, n_outputs: int) -> bool:
    """Return whether a batch is one kernel call: larger ones update all weights, which one thread alone must not do."""
    return batch_size * n_outputs <= LARGE_BATCH


def is_worthwhile(problem: Problem, n_threads: int, batch_size: int) -> bool:
    """Return whether an epoch over the rows is long enough for ``n_threads`` threads."""
    enough_rows = problem.n_nonzeros >= n_threads * thread_shares.FEW
    return enough_rows and -(-problem.n_active // batch_size) >= FEW_STEPS * n_threads


class Hogwild:
    """Takes steps in ``n_threads`` threads on the weights of one optimizer."""

    def __init__(self, optimizer: LazySGD, problem: Problem, n_threads: int) -> None:
        self.optimizer = optimizer
        self.clocks = [unshared(LOSS + 1) for _ in range(n_threads)]
        self.sharing = [optimizer.apart(optimizer.weights, clock) for clock in self.clocks]
        self.outputs = OutputCurvatures.of(problem)
        sampled = problem.rows.csr[sample(problem)]
        with np.errstate(over="ignore"):
            self.mean_norm = sum_of(np.abs(sampled.data)) / sampled.shape[0]  # the L1 norm
        self.n_rows = max(int(ROUND * n_threads * problem.n_active / max(problem.n_nonzeros, 1)), 1)
        self.time_slices = TimeSlices()
        self.team = Team(n_threads)

    def __enter__(self) -> Hogwild:
        self.team.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self.team.__exit__(*error)

    def slices(self, start: int, stop: int, batch_size: int) -> Iterator[tuple[int, int]]:
        """Cut by time."""
        return self.time_slices.slices(start, stop, batch_size)

    def run(self, steps: StepSlice) -> None:
        """Take the steps in rounds; in one thread, if the penalty is too strong for rounds of a useful length."""
        penalty, rates, batch_size = steps.penalty, steps.rates, steps.batch_size
        per_rate = penalty.l2 + (penalty.l1 and penalty.l1 * self.mean_norm)
        strength = mean_of(rates) * self.outputs.mean_weight * per_rate
        most = PENALTY_PER_ROUND / strength if strength > 0.0 else np.inf
        if most < min(FEW_STEPS * self.team.size, len(rates)):
            self.optimizer.run(steps)
            return
        n_steps = max(int(min(most, self.n_rows // batch_size)), self.team.size)
        for first in range(0, len(rates), n_steps):
            start = steps.start + first * batch_size
            stop = min(start + n_steps * batch_size, steps.stop)
            self._round(steps._replace(start=start, stop=stop, rates=rates[first : first + n_steps]))

    def _round(self, steps: StepSlice) -> None:
        """Take the steps of a round, split among the threads; then advance the optimizer's clock."""
        optimizer, n = self.optimizer, self.team.size
        shares = split_steps(steps._replace(penalty=NO_PENALTY), n)
        _ = steps.problem.largest  # computed once, before the threads need it
        for sharing, clock in zip(self.sharing, self.clocks, strict=True):
            sharing.bias[:] = optimizer.bias
            clock[:] = optimizer.clock
            clock[LOSS] = 0.0

        def train(k: int) -> None:
            if len(shares[k].rates):
                self.sharing[k].run(shares[k])

        try:
            self.team.run(train)
        finally:  # on Ctrl-C, and if a step would overflow, too: the steps taken count
            n_done = [int(clock[N_STEPS]) - optimizer.n_steps for clock in self.clocks]
            rates = [own.rates[:m] for own, m in zip(shares, n_done, strict=True)]
            due = np.concatenate([rates[k] * mean_weights(shares[k], n_done[k]) for k in range(n)])
            factors = self.outputs.intercept_shares(sum_of(np.concatenate(rates)) / n, steps.intercept_rate, n)
            optimizer.bias += factors * sum(sharing.bias - optimizer.bias for sharing in self.sharing)
            self._advance(due, steps.penalty, sum(n_done))

    def _advance(self, due: np.ndarray, penalty: ElasticNet, n_done: int) -> None:
        """Advance the optimizer's clock by ``n_done`` steps, whose rates times weights are ``due``."""
        optimizer, places = self.optimizer, [SCALE, OWED, N_STEPS, LOSS]
        scale, deferred, n_steps, loss = optimizer.clock[places]
        # Weights of single rows may be of any size.
        after = max(scale * exp(-sum_of(log1p(due * penalty.l2))), np.finfo(np.float64).tiny)
        with np.errstate(over="ignore"):  # the steps' own scales lie between these two, and about evenly
            deferred += penalty.l1 * sum_of(due) * (0.5 / scale + 0.5 / after)
        loss += sum(clock[LOSS] for clock in self.clocks)
        optimizer.clock[places] = after, deferred, n_steps + n_done, loss  # at once: Ctrl-C cannot come in between
        if after < optimizer.smallest_scale or deferred > optimizer.largest:  # here, as no kernel may do it by itself
            optimizer.apply_penalties()


def mean_weights(steps: StepSlice, n_steps: int) -> np.ndarray | float:
    """Return the mean weight of the rows of each of the first ``n_steps`` batches."""
    problem, batch_size = steps.problem, steps.batch_size
    if not len(problem.sample_weight):
        return 1.0
    order = steps.order[steps.start : steps.stop]
    s = problem.sample_weight[order[: n_steps * batch_size]]
    if batch_size == 1:
        return s
    begins = np.arange(0, len(s), batch_size)
    return np.add.reduceat(s, begins) / np.diff(np.append(begins, len(s))) if n_steps else s
