"""Documents as a source of training rows: hashed, held out, and trained on with each strength of the penalty."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from threading import Event
from typing import Any, NamedTuple

import numpy as np

from fastlr.data.labels import as_labels, as_values
from fastlr.data.problem import class_mass, combine_weights
from fastlr.data.row_buffer import RowBuffer
from fastlr.text.column_selection import Columns
from fastlr.text.corpus import HashedCorpus, LabelledBatch, hash_rows, make_rows, unpacked
from fastlr.text.hasher import Hasher
from fastlr.text.predictor import TextPredictor, probabilities
from fastlr.training.config import TrainingConfig
from fastlr.training.penalty_search import ROWS_SHARE, Candidate, WeightedCodes, check_known
from fastlr.training.session import TrainingSession
from fastlr.utils.arrays import Csr, joined_weights
from fastlr.utils.parallel import ordered_map

# Rows are of length 1, so a rate needs no unit. Eight times that of `fastlr.training.defaults`: rows weighted by rarity
# squared bear it, and half the epochs do. Test log-loss at 1 / 2 / 4 / 8 / 16 times, two epochs: abstracts of 2 classes
# .204 / .168 / .142 / .129 / .135, of 20 classes - / - / .447 / .428 / .517; titles of 200 classes - / - / 2.04 / 1.93
# / 1.91.
ETA0 = 6.4

# By default so many steps are planned, in a number of epochs between these.
PLANNED_STEPS = 60_000
MIN_EPOCHS, MAX_EPOCHS = 2, 20

# Strengths of the penalty to choose from, for words alone and for n-grams of words. They cannot be chosen on a part of
# the documents: the fewer documents, the weaker the penalty that seems best.
# N-grams, log-loss on documents held out with 1e-7 / 3e-7 / 1e-6 / 3e-6: abstracts of 2 classes .146 / .146 / .147 /
# .156, of 20 classes .471 / .468 / .463 / .492, titles of 200 classes 1.86 / 1.88 / 2.02 / 2.39. Words alone, with
# 3e-7 / 1e-6 / 3e-6 / 1e-5: .184 / .176 / .165 / .173, .608 / .570 / .512 / .526, and 1.89 / 1.89 / 2.09 / 2.70.
WORD_ALPHAS = (1e-6, 3e-6)
NGRAM_ALPHAS = (1e-7, 1e-6)

# Share of the memory for training that the weights may take, of which there are as many as strengths are tried at a
# time. Besides them and the hashed rows (`ROWS_SHARE`) there are a copy of the rows held out, and the documents that
# are being hashed.
WEIGHTS_SHARE = 0.2


class TrainedPredictor(NamedTuple):
    """A predictor, with the strength of the penalty and the number of epochs that it was trained with."""

    predictor: TextPredictor
    alpha: float
    n_iter: int


class DocumentSource:
    """Labelled documents that a `fastlr.TextClassifier` is trained on; see `TrainingSource` for its methods.

    Parameters
    ----------
    parameters : mapping
        Those of the classifier.
    hasher : Hasher
    labels : callable
        Returns the labels by code; called once all documents have been collected.
    random : Generator
        Chooses the seed of the training, after the rows to hold out.
    backend : {"numba", "cython", "numpy"}
    n_threads : int

    Attributes
    ----------
    classes : ndarray of shape (n_classes,)
        Sorted labels.
    columns : Columns
        Set by `prepare`, as are the problem and its seed.
    """

    noun = "documents"

    def __init__(
        self,
        parameters: Mapping[str, Any],
        hasher: Hasher,
        labels: Callable[[], Sequence[Any] | np.ndarray],
        random: np.random.Generator,
        backend: str,
        n_threads: int,
    ) -> None:
        self.parameters, self.hasher, self.labels = parameters, hasher, labels
        self.random, self.backend, self.n_threads = random, backend, n_threads
        self.memory: int | None = parameters["memory"]
        self.corpus = HashedCorpus(hasher.n_features, None if self.memory is None else int(ROWS_SHARE * self.memory))

    def __enter__(self) -> DocumentSource:
        return self

    def __exit__(self, *error: object) -> None:
        self.corpus.close()

    def collect(self, data: Iterable[LabelledBatch]) -> WeightedCodes:
        """Hash documents as they come, in threads; return their codes among the sorted labels, and their weights."""
        corpus = self.corpus.collect(data, self.hasher, self.backend, self.n_threads)
        labels = as_labels(self.labels())
        order = np.argsort(labels, kind="stable")
        self._ranks = np.empty(len(labels), np.int32)
        self._ranks[order] = np.arange(len(labels))
        self.classes = labels[order]
        self._codes, weights = self._ranks[corpus.codes()], corpus.all_weights()
        self._mass = class_mass(self._codes, weights, len(labels))
        self._weights = self._weighted(weights, self._codes)
        return self._codes, self._weights

    def _weighted(self, weights: np.ndarray | None, codes: np.ndarray) -> np.ndarray | None:
        """Return the weights of documents times those of their classes."""
        return combine_weights(weights, self.parameters["class_weight"], self.classes, codes, self._mass)

    def class_names(self) -> Sequence[Any]:
        """Return the labels."""
        return as_values(self.classes)

    def max_fraction(self) -> float:
        """Return 1, or less if rows were written to disk, because those held out are in memory."""
        return self.corpus.max_fraction_in_memory

    def prepare(self, held_out: np.ndarray, total_weight: float) -> None:
        """Choose the columns and make the rows over them, weighted so that the mean weight is 1.

        The first learning rate is that of documents of weight 1.
        """
        max_columns, n_classes = None, len(self.classes)
        if self.memory is not None:
            max_columns = max(int(WEIGHTS_SHARE * self.memory) // (4 * (1 if n_classes == 2 else n_classes)), 1)
        self.columns = Columns.choose(self.corpus.counts, len(self.corpus), max_columns)
        weights = None if self._weights is None else scaled_weights(self._weights, held_out, total_weight)
        self.problem, self._validation_rows = self.corpus.problem(
            self.columns, self._codes, weights, n_classes, held_out, self.backend, self.n_threads
        )
        self._seed = int(self.random.integers(2**31))
        self._total_weight = total_weight

    def collect_validation(self, data: Iterable[LabelledBatch]) -> WeightedCodes:
        """Hash documents to validate on; return their codes among the sorted labels, and their weights."""
        rows, codes, weights = RowBuffer(), [], []

        def hashed_batch(batch: LabelledBatch) -> tuple[Csr, np.ndarray, np.ndarray | None]:
            documents, labels, own = unpacked(batch)
            chunk = hash_rows(self.hasher, documents, self.backend)
            return self.columns.keep(chunk, self.backend, reuse=True), labels, own

        for chunk, labels, own in ordered_map(hashed_batch, data, self.n_threads):
            rows.append(chunk)
            codes.append(labels)
            weights.append(own)
        self._validation_rows = make_rows(rows.take(), len(self.columns))
        all_codes = np.concatenate([np.empty(0, np.int32), *codes])
        if len(all_codes) and all_codes.max() >= len(self.classes):
            check_known(list(self.labels())[len(self.classes) :])
        ranks = self._ranks[all_codes]
        return ranks, self._weighted(joined_weights(weights, codes), ranks)

    def candidates(self) -> Sequence[Candidate]:
        """Return the strength that the parameters give, or the default ones."""
        C, alpha = self.parameters["C"], self.parameters["alpha"]
        if C is not None:
            return [{"alpha": 1.0 / (C * self._total_weight)}]
        if alpha != "auto":
            return [{"alpha": float(alpha)}]
        alphas: tuple[float, ...] = WORD_ALPHAS if self.hasher.ngram_range[1] == 1 else NGRAM_ALPHAS
        if self.parameters["penalty"] is None:
            alphas = alphas[:1]
        return [{"alpha": alpha} for alpha in alphas]

    def train(self, candidate: Candidate, cancelled: Event) -> TrainedPredictor:
        """Return the predictor of a strength of the penalty."""
        config = replace(training_config(self.parameters, self.problem.n_active), **candidate)
        session = TrainingSession(config, self.problem, self.backend, self._seed)
        session.monitor.cancelled = cancelled
        session.start()
        result = session.run()
        if result.interrupted:
            raise KeyboardInterrupt
        predictor = TextPredictor(self.hasher, self.columns, result.weights, np.array(result.intercept))
        return TrainedPredictor(predictor, candidate["alpha"], int(config.max_iter or 0))

    def probabilities(self, model: TrainedPredictor) -> Iterator[np.ndarray]:
        """Yield the probabilities of all rows to validate on."""
        yield probabilities(model.predictor.scores(self._validation_rows, self.backend), self.backend)

    def further_candidates(self, best: TrainedPredictor) -> Sequence[Candidate]:
        """Return none: all strengths are known beforehand."""
        return []


def scaled_weights(weights: np.ndarray, held_out: np.ndarray, total_weight: float) -> np.ndarray:
    """Return weights whose mean is 1 over the rows to train on that have a weight; ``total_weight`` is their sum."""
    n_active = np.count_nonzero(weights) - np.count_nonzero(weights[held_out])
    return weights / (total_weight / n_active)


def training_config(parameters: Mapping[str, Any], n_rows: int) -> TrainingConfig:
    """Return the configuration of a training on so many rows, but for the strength of the penalty."""
    optimizer = parameters["optimizer"]
    return TrainingConfig(
        penalty=parameters["penalty"], l1_ratio=float(parameters["l1_ratio"]), optimizer=optimizer,
        max_iter=int(parameters["max_iter"] or planned_epochs(n_rows)), eta0=ETA0 if optimizer == "sgd" else "auto",
    )  # fmt: skip


def planned_epochs(n_rows: int) -> int:
    """Return the number of epochs over so many rows, unless ``max_iter`` gives it."""
    return min(max(MIN_EPOCHS, -(-PLANNED_STEPS // max(n_rows, 1))), MAX_EPOCHS)
