"""Training on the rows of texts: with each strength of the penalty that there is to try, of which the best is kept."""

from __future__ import annotations

from threading import Event
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fastlr.data.problem import Problem
from fastlr.data.rows import Rows
from fastlr.metrics import accuracy, log_loss
from fastlr.solvers.stochastic.monitor import NullMonitor
from fastlr.text.column_selection import Columns
from fastlr.text.hasher import Hasher
from fastlr.text.predictor import TextPredictor, probabilities
from fastlr.training.config import TrainingConfig
from fastlr.training.plan import make_plan, scale_of
from fastlr.training.run import run
from fastlr.utils.parallel import ordered_map

if TYPE_CHECKING:
    from fastlr.store.problem import StoredProblem
    from fastlr.text.classifier import TextClassifier

# Rows are of length 1, so a rate needs no unit. Eight times that of `fastlr.training.defaults`: rows weighted by rarity
# squared bear it, and half the epochs do. Test log-loss at 1 / 2 / 4 / 8 / 16 times, two epochs: abstracts of 2 classes
# .204 / .168 / .142 / .129 / .135, of 20 classes - / - / .447 / .428 / .517; titles of 200 classes - / - / 2.04 / 1.93
# / 1.91.
ETA0 = 6.4

# So many steps are planned, in no fewer and no more epochs than these.
PLANNED_STEPS = 60_000
MIN_EPOCHS, MAX_EPOCHS = 2, 20

# Strengths of the penalty to choose from, where none is given, for words alone and for n-grams of words. A part of the
# texts does not tell: the fewer, the weaker is what seems best.
# N-grams, log-loss on texts held out with 1e-7 / 3e-7 / 1e-6 / 3e-6: abstracts of 2 classes .146 / .146 / .147 / .156,
# of 20 classes .471 / .468 / .463 / .492, titles of 200 classes 1.86 / 1.88 / 2.02 / 2.39. Words alone, with 3e-7 /
# 1e-6 / 3e-6 / 1e-5: .184 / .176 / .165 / .173, .608 / .570 / .512 / .526, and 1.89 / 1.89 / 2.09 / 2.70.
WORD_ALPHAS = (1e-6, 3e-6)
NGRAM_ALPHAS = (1e-7, 1e-6)


class Trained(NamedTuple):
    """Weights of one strength of the penalty, and how good they are on the rows held out, if there are any."""

    alpha: float
    weights: np.ndarray
    intercept: np.ndarray
    epochs: int
    scores: dict[str, float] | None


class _UntilOver(NullMonitor):
    """Ends a training, in whatever thread it runs, once nobody waits for it."""

    def __init__(self, over: Event) -> None:
        self._over = over

    def between_steps(self) -> None:
        """Raise KeyboardInterrupt if it is over."""
        if self._over.is_set():
            raise KeyboardInterrupt


def settings_of(classifier: TextClassifier, epochs: int) -> TrainingConfig:
    """Return what a training is asked to do; the strength of the penalty is chosen later."""
    return TrainingConfig(
        penalty=classifier.penalty, l1_ratio=float(classifier.l1_ratio), optimizer=classifier.optimizer,
        max_iter=epochs, eta0=ETA0 if classifier.optimizer == "sgd" else "auto",
    )  # fmt: skip


def choose_alphas(classifier: TextClassifier, total_weight: float) -> tuple[float, ...]:
    """Return the strengths of the penalty to try, for rows whose weights sum to ``total_weight``."""
    if classifier.C is not None:
        return (1.0 / (classifier.C * total_weight),)
    if classifier.alpha != "auto":
        return (float(classifier.alpha),)
    return WORD_ALPHAS if classifier.ngrams == 1 else NGRAM_ALPHAS


def planned_epochs(n_rows: int) -> int:
    """Return how many epochs over so many rows are made if nobody says."""
    return min(max(MIN_EPOCHS, -(-PLANNED_STEPS // max(n_rows, 1))), MAX_EPOCHS)


def train(
    problem: Problem | StoredProblem,
    validation: tuple[Rows, np.ndarray, np.ndarray | None],
    settings: TrainingConfig,
    alphas: tuple[float, ...],
    hasher: Hasher,
    columns: Columns,
    backend: str,
    n_threads: int,
    seed: int,
) -> Trained:
    """Train with each strength, in threads; return the one with the lowest log-loss on the rows to validate on.

    Without such rows, or without a penalty, the first strength is taken. ``settings`` say all but the strength.
    """
    rows, labels, s = validation
    if not len(labels) or settings.penalty is None:
        alphas = alphas[:1]
    over = Event()

    def attempt(alpha: float) -> Trained:
        own = TrainingConfig(**{**vars(settings), "alpha": alpha})
        plan = make_plan(own, problem, scale_of(own, problem, backend), backend)
        steps = own.kind(problem, backend).start()
        run(steps, problem, own, plan, seed, _UntilOver(over))
        weights, intercept = steps.finish(), np.array(steps.intercept)
        scores = None
        if len(labels):
            model = TextPredictor(hasher, columns, weights, intercept)
            p = probabilities(model.scores(rows, backend))
            scores = {"accuracy": accuracy(p, labels, s), "log_loss": log_loss(p, labels, s), "n": len(labels)}
        return Trained(alpha, weights, intercept, own.max_iter, scores)

    tried = ordered_map(attempt, alphas, min(len(alphas), n_threads), over)
    return min(tried, key=lambda trained: trained.scores["log_loss"] if trained.scores else 0.0)
