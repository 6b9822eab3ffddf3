"""Validation: the loss and accuracy of weights on rows held out of training."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from fastlr.data.protocols import TrainingProblem
from fastlr.data.stratify import stratified_parts
from fastlr.kernels.kernel_set import KernelSet
from fastlr.objective.full_batch import scores_of
from fastlr.objective.functions import most_probable
from fastlr.objective.losses import LOSSES
from fastlr.training.partitioned import PartitionedProblem
from fastlr.utils.arrays import chunked_slices
from fastlr.utils.sums import dot, sum_of

# This many rows are copied at a time.
CHUNK_ROWS = 4096


class ValidationScore(NamedTuple):
    """The weighted mean of the loss and the weighted share of correct predictions."""

    loss: float
    accuracy: float


def evaluate(
    problem: TrainingProblem, weights: np.ndarray, intercept: np.ndarray, kernels: KernelSet
) -> ValidationScore:
    """Return the loss and accuracy over a problem's rows of weights, shape (n_features, n_outputs), and intercepts."""
    if isinstance(problem, PartitionedProblem):
        sums = problem.score_sums(weights, intercept, kernels)
    else:
        sums = score_sums(problem, weights, intercept, kernels)
    loss_sum, correct, total = sums.tolist()
    return ValidationScore(loss_sum / total, correct / total)


def score_sums(problem: TrainingProblem, weights: np.ndarray, intercept: np.ndarray, kernels: KernelSet) -> np.ndarray:
    """Return the sums over a problem's rows of their losses, of the weights of correct predictions, and of weights."""
    loss_sum = correct = total = 0.0
    for part in problem.parts():
        for chunk in chunked_slices(len(part.active_rows), CHUNK_ROWS):
            chosen = part.active_rows[chunk]
            labels, s = part.labels[chosen], part.weights(chosen)
            scores = scores_of(part.take(chosen), weights, kernels) + intercept
            loss_sum += dot(s, LOSSES[kernels.loss].value(scores, labels))
            correct += dot(s, most_probable(scores) == labels)
            total += sum_of(s)
    return np.array([loss_sum, correct, total])


def held_out_rows(problem: TrainingProblem, fraction: float, random: np.random.RandomState) -> np.ndarray:
    """Return the numbers of a random fraction of the rows, stratified by class, in increasing order.

    There are none if each row is the only one of its class.
    """
    numbers = [np.empty(0, np.intp)]
    for first, labels, active in problem.targets():
        if len(active):
            size = max(1, round(fraction * len(active)))
            held_out = stratified_parts(labels[active], (size,), random)[1]
            numbers.append(first + active[held_out])
    return np.concatenate(numbers)


def refuse_none(n_held_out: int, n_rows: int) -> None:
    """Raise ValueError if there are no rows to stop by."""
    if n_held_out == 0:
        raise ValueError(
            f"early_stopping has no rows to hold out: each of the {n_rows} rows is the only one of its class. Pass an "
            "eval_set."
        )
