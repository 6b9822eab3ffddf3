"""Documents as a source of training rows: hashed, held out, trained on, and calibrated."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from threading import Event
from typing import Any, NamedTuple

import numpy as np

from fastlr.data.labels import as_labels, as_values
from fastlr.data.problem import class_mass, combine_weights
from fastlr.data.row_buffer import RowBuffer
from fastlr.data.rows import Rows
from fastlr.text.calibration import calibrate, relative_loss
from fastlr.text.column_selection import Columns
from fastlr.text.corpus import HashedCorpus, LabelledBatch, hash_rows, make_rows, unpacked
from fastlr.text.hasher import Hasher
from fastlr.text.predictor import TextPredictor, probabilities
from fastlr.text.shared_epochs import SharedEpochs, Weights
from fastlr.training.config import TrainingConfig
from fastlr.training.penalty_search import ROWS_SHARE, Candidate, WeightedCodes, check_known
from fastlr.utils.arrays import Csr, joined_weights
from fastlr.utils.parallel import ordered_map
from fastlr.utils.sums import sum_of

# Rows are of length 1, so a rate needs no unit. Four times that of `fastlr.training.defaults`: rows weighted by rarity
# bear it, and a few epochs do. Test log-loss at half / once / twice this rate, calibrated: 2,000 titles of 20 classes
# 1.21 / 1.22 / 1.26, 6,000 abstracts .555 / .561 / .582, 48,000 descriptions of 58 classes - / .919 / .956.
ETA0 = 3.2

# See `planned_epochs`. Test log-loss with 2 / 3 / 4 epochs in units of the best exact model's: 48,000 descriptions of
# 58 classes 1.02 / 1.00 / 1.01, 72,000 of 119 classes 1.08 / 1.01 / -, 48,000 titles of which 1% are of one class 1.07
# / 1.02 / 1.03, 51,000 docstrings 1.01 / .97 / .96.
PLANNED_ROUNDS = 13_500
MAX_ROUNDS = 4

# The default strength of the penalty for ``n`` documents is ``1 / (C * n)``. It matters little for calibrated scores.
# Test log-loss with C = 30 / 100 / 300 in units of the best exact model's: 500 abstracts .88 / .87 / .86, 6,000
# docstrings of 42 classes .96 / .96 / .96, 2,000 titles .88 / .88 / .88, 6,000 reviews of which a quarter has the wrong
# label 1.003 / 1.003 / 1.004.
C = 100.0

# Share of the memory for training that the weights of a model may take; two are trained at a time. Besides them and the
# hashed rows (`ROWS_SHARE`) there are a copy of the rows held out, and the documents that are being hashed.
WEIGHTS_SHARE = 0.2


class TrainedPredictor(NamedTuple):
    """A predictor, how it was trained, and its scores on the documents to validate on.

    Attributes
    ----------
    predictor : TextPredictor
    alpha : float
        Strength of the penalty.
    n_iter : int
        Number of epochs.
    validation_scores : ndarray of float32, shape (n_validation, n_outputs), or None
        Of documents that were held out, by a predictor that was trained on the others; calibrated.
    """

    predictor: TextPredictor
    alpha: float
    n_iter: int
    validation_scores: np.ndarray | None


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
        weights = None if self._weights is None else scaled_weights(self._weights)
        self.problem, rows = self.corpus.problem(
            self.columns, self._codes, weights, n_classes, held_out, self.backend, self.n_threads
        )
        self._held_out = held_out
        self._validation: tuple[Rows, np.ndarray, np.ndarray | None] | None = None
        if len(held_out):
            rows = without_new_columns(rows, self.corpus.counts[self.columns.kept])
            own = None if self._weights is None else self._weights[held_out]
            self._validation = rows, self._codes[held_out], own
        self._seed = int(self.random.integers(2**31))

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
        all_codes = np.concatenate([np.empty(0, np.int32), *codes])
        if len(all_codes) and all_codes.max() >= len(self.classes):
            check_known(list(self.labels())[len(self.classes) :])
        ranks = self._ranks[all_codes]
        targets = ranks, self._weighted(joined_weights(weights, codes), ranks)
        self._validation = make_rows(rows.take(), len(self.columns)), *targets
        return targets

    def candidates(self) -> Sequence[Candidate]:
        """Return the strength that the parameters give, or the default one."""
        n = self.problem.n_active  # also the sum of the weights in the problem
        if self.parameters["C"] is not None:
            total = n if self._weights is None else sum_of(self._weights)
            return [{"alpha": 1.0 / (self.parameters["C"] * total)}]
        alpha = self.parameters["alpha"]
        return [{"alpha": 1.0 / (C * n) if alpha == "auto" else float(alpha)}]

    def train(self, candidate: Candidate, cancelled: Event) -> TrainedPredictor:
        """Return the predictor that is trained on all documents, calibrated by those to validate on.

        If documents are held out, their scores are those of a second predictor, which is trained on the others.
        """
        config = replace(training_config(self.parameters, self.problem.n_active), **candidate)
        measure = None if self._validation is None else self._relative_loss
        training = SharedEpochs(config, self.backend, self._seed, cancelled, measure)
        predictors = [
            TextPredictor(self.hasher, self.columns, *found)
            for found in training.train(self.problem, self._held_out, self.n_threads)
        ]
        predictor, scores = predictors[0], None
        if self._validation is not None:
            rows, codes, weights = self._validation
            scores = predictors[-1].scores(rows, self.backend)
            calibration = calibrate(scores, codes, weights, self.backend)
            scores, predictor = calibration.apply(scores), predictor.calibrated(*calibration)
        return TrainedPredictor(predictor, candidate["alpha"], int(config.max_iter or 0), scores)

    def _relative_loss(self, found: Weights) -> float:
        """Return the relative log-loss of weights on the documents to validate on."""
        assert self._validation is not None
        rows, codes, weights = self._validation
        scores = TextPredictor(self.hasher, self.columns, *found).scores(rows, self.backend)
        return relative_loss(scores, codes, weights, self.backend)

    def probabilities(self, model: TrainedPredictor) -> Iterator[np.ndarray]:
        """Yield the probabilities of all rows to validate on."""
        assert model.validation_scores is not None
        yield probabilities(model.validation_scores, self.backend)

    def further_candidates(self, best: TrainedPredictor) -> Sequence[Candidate]:
        """Return none: all strengths are known beforehand."""
        return []


def scaled_weights(weights: np.ndarray) -> np.ndarray:
    """Return weights whose mean is 1 over the rows that have a weight."""
    return weights / (sum_of(weights) / np.count_nonzero(weights))


def without_new_columns(rows: Rows, counts: np.ndarray) -> Rows:
    """Return rows held out, over the columns that other rows have: each is divided by its length over these.

    A new document has n-grams that no document of the training had, and which are dropped. In rows held out they are
    columns, because all documents are counted. They have no weight in a model of the other rows, but they count in the
    length, and would make all scores smaller than those of new documents.

    Parameters
    ----------
    rows : Rows
        Of length 1.
    counts : ndarray of int, shape (n_columns,)
        Number of documents in which each column occurs, in the held out ones and the others.
    """
    elsewhere = counts > np.bincount(rows.indices, minlength=len(counts))
    squares = np.square(rows.data, dtype=np.float64) * elsewhere[rows.indices]
    sizes = np.diff(rows.indptr)
    lengths = np.sqrt(np.bincount(np.repeat(np.arange(len(sizes)), sizes), squares, minlength=len(sizes)))
    data = rows.data / np.repeat(np.where(lengths > 0.0, lengths, 1.0), sizes)
    return make_rows((rows.indptr, rows.indices, data.astype(np.float32)), len(counts))


def training_config(parameters: Mapping[str, Any], n_rows: int) -> TrainingConfig:
    """Return the configuration of a training on so many rows, but for the strength of the penalty."""
    optimizer = parameters["optimizer"]
    return TrainingConfig(
        penalty=parameters["penalty"], l1_ratio=float(parameters["l1_ratio"]), optimizer=optimizer,
        max_iter=int(parameters["max_iter"] or planned_epochs(n_rows)), eta0=ETA0 if optimizer == "sgd" else "auto",
    )  # fmt: skip


def planned_epochs(n_rows: int) -> int:
    """Return the number of epochs over so many rows, unless ``max_iter`` gives it: 3 for many rows, up to 12 for few.

    It is a multiple of 3: see `fastlr.text.shared_epochs`.
    """
    return 3 * min(1 + PLANNED_ROUNDS // max(n_rows, 1), MAX_ROUNDS)
