"""Training with several strengths of the penalty, of which the one with the lowest log-loss on held-out rows is kept.

This is how `fastlr.TextClassifier` trains on documents, and ``fastlr train`` on numeric rows. Each of them is a
`TrainingSource`, and the steps are written once, in `search_penalty`: collect the rows, hold some out, train with each
candidate, compare them.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from threading import Event
from typing import Any, Generic, Protocol, TypeVar

import numpy as np

from fastlr.metrics import Outcome
from fastlr.training.holdout import hold_out
from fastlr.utils.parallel import ordered_map
from fastlr.utils.sums import sum_of

Data = TypeVar("Data", contravariant=True)
Model = TypeVar("Model")

# Parameters of a training that differ from the common ones, by name: the strength of the penalty above all.
Candidate = Mapping[str, Any]

# Share of the memory for training that collected rows may take; if there are more, they are written to disk.
ROWS_SHARE = 0.25

# The class codes of some rows, and their weights; None if all weights are 1.
WeightedCodes = tuple[np.ndarray, np.ndarray | None]


class TrainingSource(Protocol[Data, Model]):
    """Labelled rows, and how a model is trained on them. The methods are called in the order they have here."""

    @property
    def noun(self) -> str:
        """What errors call the rows, such as "documents"."""

    def collect(self, data: Data) -> WeightedCodes:
        """Take in all rows to train on; return their class codes and weights."""

    def class_names(self) -> Sequence[Any]:
        """Return the labels, for error messages."""

    def max_fraction(self) -> float:
        """Return the largest fraction of the rows that may be held out."""

    def prepare(self, held_out: np.ndarray, total_weight: float) -> None:
        """Prepare to train on all rows but those held out, whose numbers increase.

        ``total_weight`` is the sum of the weights of the rows to train on.
        """

    def collect_validation(self, data: Data) -> WeightedCodes:
        """Take in separate rows to validate on, in place of rows held out; return their class codes and weights."""

    def candidates(self) -> Sequence[Candidate]:
        """Return the candidates to try, at least one."""

    def train(self, candidate: Candidate, cancelled: Event) -> Model:
        """Return the model of a candidate; raise KeyboardInterrupt once ``cancelled`` is set."""

    def probabilities(self, model: Model) -> Iterator[np.ndarray]:
        """Yield the class probabilities of the rows to validate on, some rows at a time."""

    def further_candidates(self, best: Model) -> Sequence[Candidate]:
        """Return the candidates that are known only once a model is trained."""


@dataclass(frozen=True)
class SearchResult(Generic[Model]):
    """The best model.

    Attributes
    ----------
    model : Model
    scores : dict or None
        ``"accuracy"`` and ``"log_loss"`` on the rows to validate on, and their number, ``"n"``; None if there are none.
    n_rows : int
        Number of rows collected, including those held out.
    """

    model: Model
    scores: dict[str, float] | None
    n_rows: int


def search_penalty(
    source: TrainingSource[Data, Model],
    data: Data,
    validation: Data | None,
    *,
    fraction: float,
    random: np.random.Generator,
    n_threads: int,
) -> SearchResult[Model]:
    """Train with each candidate; return the model with the lowest log-loss on the rows to validate on.

    Without such rows only the first candidate is trained.

    Parameters
    ----------
    source : TrainingSource
    data, validation : whatever the source collects
        Rows to train on, and separate rows to validate on. If the latter is None, rows are held out.
    fraction : float
        Fraction of the rows of each class to hold out, 0 or more and less than 1.
    random : Generator
        Chooses the rows to hold out.
    n_threads : int
        Number of candidates to train at a time.

    Raises
    ------
    ValueError
        If there are no rows, only one class, or weights whose sum is not positive and finite.
    """
    codes, weights = source.collect(data)
    if not len(codes):
        raise ValueError(f"There are no {source.noun} to train on.")
    names = source.class_names()
    if len(names) < 2:
        raise ValueError(f"A classifier needs at least two classes; found 1: {list(names)}.")
    held_out = np.empty(0, np.intp)
    if validation is None:
        held_out = hold_out(codes, weights, min(fraction, source.max_fraction()), random)
    source.prepare(held_out, training_weight(weights, held_out, len(codes), source.noun))
    if validation is None:
        targets = codes[held_out], None if weights is None else weights[held_out]
    else:
        targets = source.collect_validation(validation)
        _check_validation(targets, source.noun)
    validates = len(targets[0]) > 0
    cancelled = Event()

    def attempt(candidate: Candidate) -> SearchResult[Model]:
        model = source.train(candidate, cancelled)
        scores = _scores(source.probabilities(model), targets) if validates else None
        return SearchResult(model, scores, len(codes))

    def log_loss(result: SearchResult[Model]) -> float:
        return 0.0 if result.scores is None else result.scores["log_loss"]

    candidates = source.candidates()[: None if validates else 1]
    n_threads = min(n_threads, len(candidates))
    results = map(attempt, candidates) if n_threads == 1 else ordered_map(attempt, candidates, n_threads, cancelled)
    best = min(results, key=log_loss)
    if validates:  # no more than the best model and one other are in memory
        best = min(itertools.chain([best], map(attempt, source.further_candidates(best.model))), key=log_loss)
    return best


def check_known(unknown: Sequence[Any]) -> None:
    """Raise ValueError if validation data has these labels, which training data lacks."""
    if unknown:
        raise ValueError(f"The validation data has labels that are not in the training data: {list(unknown[:5])}.")


def training_weight(weights: np.ndarray | None, held_out: np.ndarray, n: int, noun: str = "rows") -> float:
    """Return the sum of the weights of the rows to train on.

    Raises
    ------
    ValueError
        If the sum is 0 or not finite.
    """
    if weights is None:
        return float(n - len(held_out))
    trained_on = weights.copy()
    trained_on[held_out] = 0.0
    total = sum_of(trained_on)
    if not 0.0 < total < np.inf:
        raise ValueError(f"The weights of the {noun} to train on must have a finite sum above 0.")
    return total


def _check_validation(targets: WeightedCodes, noun: str) -> None:
    codes, weights = targets
    if weights is not None and not 0.0 < sum_of(weights) < np.inf:
        raise ValueError(f"The weights of the {noun} to validate on must have a finite sum above 0.")
    if not len(codes):
        raise ValueError(f"There are no {noun} to validate on.")


def _scores(chunks: Iterable[np.ndarray], targets: WeightedCodes) -> dict[str, float]:
    """Return how good probabilities are that come some rows at a time."""
    codes, weights = targets
    parts, first = [], 0
    for p in chunks:
        chunk = slice(first, first + len(p))
        parts.append(Outcome.of(p, codes[chunk], None if weights is None else weights[chunk]))
        first = chunk.stop
    outcome = Outcome.joined(parts)
    return {"accuracy": outcome.accuracy, "log_loss": outcome.log_loss, "n": len(codes)}
