"""Stochastic gradient descent in several threads on the same weights, without a lock: Hogwild (Niu et al. 2011).

Each thread takes the steps of its share of the rows, and reads and writes weights while others do. Where two write to
one weight at the same time, one of the moves may be lost; rows that share few features, as text does, seldom meet. So
no thread keeps a copy of the weights, and threads need not meet to make one model of many, which with many features
would cost more than it saves. But a model depends on who came first: it is another one each time. Its test log-loss is
that of one thread: .998 to 1.005 of it, where ``local`` has .972 to .997 (abstracts in 2 and 20 classes).

What features owe would not survive threads whose clocks differ: one would settle a feature by more than what another
has paid. So the clocks of all stand still for a round of steps, and between two rounds, when no thread is at work, they
move on by what all steps of the round are due: L1 and L2 come once a round, as in truncated gradient (Langford, Li and
Zhang 2009), and are paid lazily as ever. A feature that two threads let pay at the same moment may pay twice, or lose
one thread's gradient; neither leaves the range of numbers. Rounds are so short that their penalty moves a row's score
by little. That L1 comes in fewer and larger amounts leaves fewer weights that are not 0 than steps in one thread do,
which is nearer to the optimum: of abstracts in two classes 1,300 to 3,300 instead of 9,000, where it has 427.

Each thread has intercepts of its own for a round, as every row moves them; their moves are added up by shares, as in
``local``.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from fastlr.data.problem import Problem
from fastlr.solvers.stochastic.optimizer import StepRule
from fastlr.solvers.stochastic.sgd import LARGE_BATCH, LazySGD
from fastlr.solvers.stochastic.thread_shares import OutputCurvatures, sample, split_steps
from fastlr.utils.parallel import Team, unshared
from fastlr.utils.time_slices import TimeSlices

# Non-zeros a thread goes through in a round: 2 ms or more, a twentieth of which it takes to begin the next one.
ROUND = 1 << 19
# The penalty of a round takes away this share of the weights by L2, or this much of a row's score by L1, or less.
CHARGE = 0.25
# Rounds of fewer steps a thread would cost more than they save.
FEW_STEPS = 256


def takes(batch_size: int, n_outputs: int) -> bool:
    """Tell whether a batch is one kernel call: larger ones settle weights, which one thread must not do by itself."""
    return batch_size * n_outputs <= LARGE_BATCH


class Hogwild:
    """Takes steps in ``n_threads`` threads on the weights of ``steps``."""

    def __init__(self, steps: LazySGD, problem: Problem, n_threads: int) -> None:
        self.clocks = [unshared(4) for _ in range(n_threads)]
        self.sharing = [steps.apart(steps.weights, clock) for clock in self.clocks]
        self.outputs = OutputCurvatures(problem)
        sampled = problem.rows.csr[sample(problem)]
        with np.errstate(over="ignore"):
            self.mean_norm = float(np.abs(sampled.data).sum(dtype=np.float64)) / sampled.shape[0]  # of L1
        self.n_rows = max(int(ROUND * n_threads * problem.n_active / max(problem.n_nonzeros, 1)), 1)
        self.pace = TimeSlices()
        self.team = Team(n_threads)

    def __enter__(self) -> Hogwild:
        self.team.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self.team.__exit__(*error)

    def slices(self, start: int, stop: int, batch_size: int) -> Iterator[tuple[int, int]]:
        """Cut as time will have it."""
        return self.pace.slices(start, stop, batch_size)

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
        """Take the steps, in rounds; by one thread, if the penalty is too strong for rounds worth the name."""
        strength = float(rates.mean()) * self.outputs.mean_weight * (rule.l2 + (rule.l1 and rule.l1 * self.mean_norm))
        most = CHARGE / strength if strength > 0.0 else np.inf
        if most < min(FEW_STEPS * self.team.size, len(rates)):
            steps.run(problem, order, start, stop, rates, batch_size, rule)
            return
        n_steps = max(int(min(most, self.n_rows // batch_size)), self.team.size)
        for first in range(0, len(rates), n_steps):
            begin = start + first * batch_size
            own = rates[first : first + n_steps]
            self._round(steps, problem, order, begin, min(begin + n_steps * batch_size, stop), own, batch_size, rule)

    def _round(
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
        """Take the steps of a round, each thread those of as many rows next to each other; then move the clocks on.

        The rates are dealt out, so that those of a thread fall as all of them do.
        """
        n = self.team.size
        dealt, begins = split_steps(rates, start, stop, batch_size, n)
        penalties = rule._replace(l1=0.0, l2=0.0)
        _ = problem.largest  # computed once, not by each
        for sharing, clock in zip(self.sharing, self.clocks, strict=True):
            sharing.bias[:] = steps.bias
            clock[:] = *steps.clock[:2], steps.n_steps, 0.0

        def train(k: int) -> None:
            if len(dealt[k]):
                self.sharing[k].run(problem, order, begins[k], begins[k + 1], dealt[k], batch_size, penalties)

        try:
            self.team.run(train)
        finally:  # on Ctrl-C, and if a step would overflow, too: what was done counts
            made = [int(clock[2]) - steps.n_steps for clock in self.clocks]
            dealt = [own[:m] for own, m in zip(dealt, made, strict=True)]
            due = np.concatenate(
                [own * mean_weights(problem, order[begin:stop], len(own), batch_size)
                 for own, begin in zip(dealt, begins[:n], strict=True)]
            )  # fmt: skip
            shares = self.outputs.intercept_shares(float(sum(map(np.sum, dealt))) / n, rule, n)
            steps.bias += shares * sum(sharing.bias - steps.bias for sharing in self.sharing)
            self._charge(steps, due, rule, sum(made))

    def _charge(self, steps: LazySGD, due: np.ndarray, rule: StepRule, n_made: int) -> None:
        """Let the clock go on by ``n_made`` steps, whose rates times weights are ``due``."""
        scale, owed, n_steps, loss = steps.clock
        # Weights of single rows may be of any size.
        after = max(scale * float(np.exp(-np.log1p(due * rule.l2).sum())), np.finfo(np.float64).tiny)
        with np.errstate(over="ignore"):  # the steps' own scales lie between these two, and about evenly
            owed += rule.l1 * float(due.sum()) * (0.5 / scale + 0.5 / after)
        steps.clock[:] = after, owed, n_steps + n_made, loss + sum(clock[3] for clock in self.clocks)
        if after < steps.smallest_scale or owed > steps.largest:  # here, as no kernel may settle by itself
            steps.settle()


def mean_weights(problem: Problem, order: np.ndarray, n_steps: int, batch_size: int) -> np.ndarray | float:
    """Return the mean weight of the rows of each of the first ``n_steps`` batches of ``order``."""
    if not len(problem.sample_weight):
        return 1.0
    s = problem.sample_weight[order[: n_steps * batch_size]]
    if batch_size == 1:
        return s
    begins = np.arange(0, len(s), batch_size)
    return np.add.reduceat(s, begins) / np.diff(np.append(begins, len(s))) if n_steps else s
