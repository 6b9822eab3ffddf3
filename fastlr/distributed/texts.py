"""Training a `fastlr.TextClassifier` on documents in partitions.

Every partition hashes its documents once and keeps the rows. One reduction counts in how many documents each column
occurs; then the rows are weighted where they are, trained on by `fastlr.distributed.sgd`, and calibrated by those held
out. Results depend on the partitions alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from fastlr import kernels
from fastlr.distributed import text_partition as of_one
from fastlr.distributed.driver import Driver, Handle
from fastlr.distributed.partition import all_classes, among_all, read
from fastlr.distributed.sgd_problem import Partitions
from fastlr.distributed.text_epochs import shared_epochs
from fastlr.distributed.text_partition import Counts, Survey, add_counts
from fastlr.distributed.tree import fold, tree_sum
from fastlr.kernels.backend import resolve_backend
from fastlr.text.calibration import Calibration, calibrate, most_documents, relative_loss
from fastlr.text.classifier import TextClassifier
from fastlr.text.column_selection import Columns
from fastlr.text.document_source import WEIGHTS_SHARE, C, training_config
from fastlr.text.feature_names import important_words
from fastlr.text.hasher import Hasher
from fastlr.text.parameters import LONGEST_NGRAMS, check_parameters, seed_of
from fastlr.text.predictor import TextPredictor
from fastlr.text.shared_epochs import Weights, n_visits
from fastlr.utils.arrays import joined_weights


def fit_texts(model: TextClassifier, driver: Driver, blocks: Sequence[Handle]) -> TextClassifier:
    """Fit a classifier on documents in partitions.

    Parameters
    ----------
    model : TextClassifier
        With the optimizer "sgd". Changed in place.
    driver : Driver
    blocks : sequence of Handle
        Of each partition's documents, labels and weights: a `fastlr.distributed.partition.Block`, or an object whose
        ``read`` returns one where the task runs.

    Returns
    -------
    model

    Raises
    ------
    ValueError, TypeError
        As ``model.fit``.
    """
    backend, hasher = _checked(model), _hasher(model)
    corpus = PartitionedCorpus(model, driver, blocks, hasher, backend)
    columns, n_held_out = corpus.columns, corpus.n_held_out
    alpha = 1.0 / (C * corpus.n_active) if model.alpha == "auto" else float(model.alpha)
    if model.C is not None:
        alpha = 1.0 / (model.C * corpus.total_weight)
    config = replace(training_config(model.get_params(), corpus.n_active), alpha=alpha)

    def relative_loss_of(found: Weights) -> float:
        return relative_loss(*corpus.held_out_scores(TextPredictor(hasher, columns, *found)), backend)

    without, own = corpus.problems(int(config.max_iter or 1))
    weights = shared_epochs(without, own, config, backend, corpus.seed, relative_loss_of if n_held_out else None)
    predictors = [TextPredictor(hasher, columns, *found) for found in weights]
    predictor, validation = predictors[0], None
    if n_held_out:
        calibration = calibrate(*corpus.held_out_scores(predictors[1]), backend)
        predictor = predictor.calibrated(*calibration)
        accuracy, log_loss = corpus.validate(predictors[1], calibration)
        validation = {"accuracy": accuracy, "log_loss": log_loss, "n": n_held_out}
    words = important_words(predictor, corpus.n_documents, corpus.sample.terms(hasher, backend))
    vars(model).update(
        classes_=corpus.classes, alpha_=alpha, n_iter_=int(config.max_iter or 0), validation_=validation,
        n_texts_=corpus.n_documents, data_columns_=None, _model=predictor, words_=words,
    )  # fmt: skip
    return model


def _checked(model: TextClassifier) -> str:
    """Return the backend of a classifier whose parameters are valid for documents in partitions."""
    check_parameters(model.get_params())
    if model.optimizer != "sgd":
        raise ValueError(f"optimizer={model.optimizer!r} needs all documents in one process; use 'sgd'.")
    backend = resolve_backend(model.backend)
    if not kernels.load(backend).supports("local_sgd"):
        raise ValueError(f"Documents in partitions need backend='cython' or 'numba'; found {backend!r}.")
    return backend


def _hasher(model: TextClassifier) -> Hasher:
    longest = LONGEST_NGRAMS[model.analyzer] if model.ngrams is None else int(model.ngrams)
    return Hasher(
        analyzer=model.analyzer, symbols=model.analyzer == "word", ngram_range=(1, longest),
        n_features=int(model.n_features), signed=False, weighting="log", norm=None, dtype=np.float32,
    )  # fmt: skip


class PartitionedCorpus:
    """Documents in partitions, hashed and weighted where they are.

    Parameters
    ----------
    model : TextClassifier
    driver : Driver
    blocks : sequence of Handle
        As for `fit_texts`.
    hasher : Hasher
    backend : str

    Attributes
    ----------
    classes : ndarray of shape (n_classes,)
        Sorted.
    columns : Columns
    n_documents, n_active, n_held_out : int
        Numbers of documents, of those with a weight, and of those held out.
    total_weight : float
    sample : Sample
        Of documents, for their words.
    seed : int
    """

    def __init__(
        self, model: TextClassifier, driver: Driver, blocks: Sequence[Handle], hasher: Hasher, backend: str
    ) -> None:
        self.driver, self.backend, self.seed = driver, backend, int(seed_of(model.random_state))
        each = self._each
        blocks = each(read, blocks)
        sample = driver.submit(of_one.sample_block, blocks[0], partition=0)
        hashed = each(partial(of_one.hash_block, hasher, backend), blocks)
        del blocks
        coded = self._encode(model, hashed)
        found, total, self.sample = driver.gather(
            [
                tree_sum(driver, each(of_one.count, hashed), add_counts),
                tree_sum(driver, each(of_one.totals, coded), np.add),
                sample,
            ]
        )
        del hashed
        self.total_weight, self.n_active, self.n_held_out = float(total[0]), int(total[1]), int(total[2])
        if not 0.0 < self.total_weight < np.inf:
            raise ValueError("The weights of the documents to train on must have a finite sum above 0.")
        counts = np.zeros(hasher.n_features, np.int64)
        counts[found.columns] = found.counts
        n_outputs = 1 if len(self.classes) == 2 else len(self.classes)
        self.columns = Columns.choose(counts, self.n_documents, _max_columns(model, n_outputs))
        held: Counts = driver.gather([tree_sum(driver, each(of_one.count_held_out, coded), add_counts)])[0]
        counts[held.columns] -= held.counts
        shared = driver.put(self.columns), driver.put(counts[self.columns.kept])
        mean_weight = self.total_weight / self.n_active
        self._ready = each(partial(of_one.prepare, backend, len(self.classes), mean_weight), coded, *shared)

    def _each(self, function: Any, handles: Sequence[Handle], *shared: Any) -> list[Handle]:
        return [self.driver.submit(function, *shared, handle, partition=k) for k, handle in enumerate(handles)]

    def _encode(self, model: TextClassifier, hashed: Sequence[Handle]) -> list[Handle]:
        """Find the classes, encode the labels, and choose the documents to hold out."""
        surveys: list[Survey] = self.driver.gather(self._each(of_one.survey, hashed))
        self.n_documents = sum(found.n for found in surveys)
        if not self.n_documents:
            raise ValueError("There are no documents to train on.")
        self.classes = classes = all_classes({k: found.classes for k, found in enumerate(surveys) if found.n})
        mass = fold([among_all(found.classes, found.mass, classes) for found in surveys], np.add)
        fraction = float(model.validation_fraction)
        return [
            self.driver.submit(
                partial(of_one.encode, classes, model.class_weight, mass, fraction, self.seed + k),
                handle,
                partition=k,
            )
            for k, handle in enumerate(hashed)
        ]

    def problems(self, n_epochs: int) -> tuple[Partitions, list[Partitions]]:
        """Return the documents of the common epochs, and those of each training's own epochs."""
        shape, n_classes, dtype = (self.n_documents, len(self.columns)), len(self.classes), np.dtype(np.float32)
        whole = Partitions(
            self.driver,
            self._each(partial(of_one.with_visits, n_visits(n_epochs)), self._ready),
            shape,
            dtype,
            n_classes,
        )
        if not self.n_held_out:
            return whole, [whole]
        pieces = self._each(of_one.rows_not_held_out, self._ready)
        without = Partitions(self.driver, pieces, shape, dtype, n_classes, like=whole)
        return without, [whole, without]

    def held_out_scores(self, predictor: TextPredictor) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
        """Return the scores, codes and weights of enough documents held out."""
        step = -(-self.n_held_out // most_documents(predictor.weights.shape[1]))
        tasks = self._each(partial(of_one.held_out_scores, self.backend, step), self._ready, self.driver.put(predictor))
        scores, codes, weights = zip(*self.driver.gather(tasks), strict=True)
        return np.concatenate(scores), np.concatenate(codes), joined_weights(weights, codes)

    def validate(self, predictor: TextPredictor, calibration: Calibration) -> tuple[float, float]:
        """Return the accuracy and the mean log-loss on the documents held out."""
        tasks = self._each(partial(of_one.outcome, self.backend), self._ready, self.driver.put(predictor), calibration)
        total, right, lost = fold([np.array(found) for found in self.driver.gather(tasks)], np.add)
        return float(right / total), float(lost / total)


def _max_columns(model: TextClassifier, n_outputs: int) -> int | None:
    """Return how many columns the weights may have under the limit on memory."""
    return None if model.memory is None else max(int(WEIGHTS_SHARE * model.memory) // (4 * n_outputs), 1)
