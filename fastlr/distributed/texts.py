"""Training a `fastlr.TextClassifier` on documents in partitions.

Every partition hashes its documents once and keeps the rows. One reduction counts in how many documents each column
occurs; then the rows are weighted where they are, trained on by `fastlr.distributed.sgd`, and calibrated by those held
out. Results depend on the partitions alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from fastlr import kernels
from fastlr.data.labels import as_labels, encode_labels, find_classes, join_classes
from fastlr.data.problem import Problem, class_mass, combine_weights
from fastlr.data.row_buffer import RowBuffer
from fastlr.data.row_scale import RowScale
from fastlr.data.rows import Rows
from fastlr.data.weights import check_sample_weight
from fastlr.distributed import sgd_partition
from fastlr.distributed.driver import Driver, Handle
from fastlr.distributed.partition import read
from fastlr.distributed.sgd import Training, train
from fastlr.distributed.sgd_problem import Partitions
from fastlr.distributed.tree import fold, tree_sum
from fastlr.kernels.backend import resolve_backend
from fastlr.metrics import Outcome
from fastlr.solvers.stochastic.epochs import Epoch
from fastlr.solvers.stochastic.spec import create_optimizer
from fastlr.text.calibration import MAX_DOCUMENTS, Calibration, calibrate
from fastlr.text.classifier import TextClassifier
from fastlr.text.column_selection import Columns
from fastlr.text.corpus import chunked, hash_rows, make_rows
from fastlr.text.document_source import WEIGHTS_SHARE, C, training_config, without_new_columns
from fastlr.text.documents import Documents
from fastlr.text.feature_names import Sample, important_words
from fastlr.text.hasher import Hasher
from fastlr.text.parameters import LONGEST_NGRAMS, check_parameters, seed_of
from fastlr.text.predictor import TextPredictor, probabilities
from fastlr.training.config import TrainingConfig
from fastlr.training.holdout import hold_out
from fastlr.training.plan import make_plan
from fastlr.utils.arrays import Csr, frozen
from fastlr.utils.sums import sum_of


class Hashed(NamedTuple):
    """The documents of a partition as rows over the hashed columns, with their labels and weights."""

    rows: Csr
    labels: np.ndarray
    weights: np.ndarray | None


class Survey(NamedTuple):
    """What must be known of every partition before any is encoded."""

    n: int
    classes: np.ndarray
    mass: np.ndarray


class Counts(NamedTuple):
    """In how many documents columns occur.

    Attributes
    ----------
    columns : ndarray of int32
        Increasing.
    counts : ndarray of int64
    """

    columns: np.ndarray
    counts: np.ndarray


class Coded(NamedTuple):
    """The documents of a partition, and which of them are held out.

    Attributes
    ----------
    rows : Csr
        Over the hashed columns.
    codes : ndarray of int32
        Class codes.
    weights : ndarray of float64 or None
        Times those of the classes.
    held_out : ndarray of intp
        Numbers of documents, increasing.
    """

    rows: Csr
    codes: np.ndarray
    weights: np.ndarray | None
    held_out: np.ndarray


class Prepared(NamedTuple):
    """The rows of a partition over the kept columns: all to train on, and those held out."""

    piece: sgd_partition.Piece
    held_out: np.ndarray
    validation: Rows
    codes: np.ndarray
    weights: np.ndarray | None


def hash_block(hasher: Hasher, backend: str, block: tuple[Any, Any, Any]) -> Hashed:
    """Return the rows of a block of documents."""
    X, y, sample_weight = block
    documents, buffer = Documents.from_texts(X), RowBuffer()
    if y is None:
        raise ValueError("the documents have no labels: y is None.")
    labels = as_labels(y)
    if labels.shape != (len(documents),):
        raise ValueError(f"there are {len(documents)} documents, and y has the shape {labels.shape}.")
    weights = check_sample_weight(sample_weight, len(labels))
    for chunk in chunked(documents):
        buffer.append(hash_rows(hasher, chunk, backend))
    return Hashed(buffer.take(), labels, weights)


def sample_block(block: tuple[Any, Any, Any]) -> Sample:
    """Return a sample of the documents, for their words."""
    sample = Sample()
    for chunk in chunked(Documents.from_texts(block[0])):
        sample.add(chunk)
    return sample


def survey(hashed: Hashed) -> Survey:
    """Return what the other partitions must know of this one."""
    classes = find_classes(hashed.labels) if len(hashed.labels) else hashed.labels
    codes = encode_labels(hashed.labels, classes)
    return Survey(len(codes), classes, class_mass(codes, hashed.weights, len(classes)))


def count(hashed: Hashed) -> Counts:
    """Return in how many documents of a partition each column occurs."""
    return Counts(*np.unique(hashed.rows[1], return_counts=True))


def add_counts(a: Counts, b: Counts) -> Counts:
    """Return the counts of two partitions together."""
    columns = np.union1d(a.columns, b.columns)
    counts = np.zeros(len(columns), np.int64)
    for each in (a, b):
        counts[np.searchsorted(columns, each.columns)] += each.counts
    return Counts(columns, counts)


def encode(
    classes: np.ndarray, class_weight: Any, mass: np.ndarray, fraction: float, seed: int, hashed: Hashed
) -> Coded:
    """Encode the labels of a partition and choose the documents to hold out."""
    codes = encode_labels(hashed.labels, classes)
    weights = combine_weights(hashed.weights, class_weight, classes, codes, mass)
    held_out = hold_out(codes, weights, fraction, np.random.default_rng(seed))
    return Coded(hashed.rows, codes, weights, held_out)


def totals(coded: Coded) -> np.ndarray:
    """Return the sum of the weights, the number of documents with a weight, and the number of those held out."""
    n, weights = len(coded.codes), coded.weights
    whole = [float(n), n] if weights is None else [sum_of(weights), np.count_nonzero(weights)]
    return np.array([*whole, len(coded.held_out)], np.float64)


def count_held_out(coded: Coded) -> Counts:
    """Return in how many of the documents held out each column occurs."""
    rows = make_rows(coded.rows, int(coded.rows[1].max(initial=0)) + 1).take(coded.held_out)
    return Counts(*np.unique(rows.indices, return_counts=True))


def prepare(
    backend: str, n_classes: int, mean_weight: float, columns: Columns, counts: np.ndarray, coded: Coded
) -> Prepared:
    """Return the rows of a partition over the kept columns, weighted.

    Parameters
    ----------
    mean_weight : float
        Weights are divided by it.
    columns : Columns
    counts : ndarray of shape (n_kept,)
        In how many documents that are not held out, of all partitions, each kept column occurs.
    """
    rows = make_rows(columns.keep(coded.rows, backend), len(columns))
    weights = None if coded.weights is None else frozen(coded.weights / mean_weight)
    problem = Problem.make(rows, frozen(coded.codes), weights, n_classes)
    held_out = rows.take(coded.held_out)
    own = np.bincount(held_out.indices, minlength=len(columns))
    validation = without_new_columns(held_out, counts + own)
    weights = None if coded.weights is None else coded.weights[coded.held_out]
    return Prepared(sgd_partition.make_piece(problem), coded.held_out, validation, coded.codes[coded.held_out], weights)


def all_rows(prepared: Prepared) -> sgd_partition.Piece:
    """Return all documents."""
    return prepared.piece


def rows_not_held_out(prepared: Prepared) -> sgd_partition.Piece:
    """Return the documents that are not held out."""
    return sgd_partition.not_held_out(prepared.piece, prepared.held_out)


def held_out_scores(
    backend: str, step: int, predictor: TextPredictor, prepared: Prepared
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Return the scores, codes and weights of every ``step``-th document held out."""
    chosen = np.arange(0, len(prepared.codes), step)
    scores = predictor.scores(prepared.validation.take(chosen), backend)
    return scores, prepared.codes[chosen], None if prepared.weights is None else prepared.weights[chosen]


def outcome(
    backend: str, predictor: TextPredictor, calibration: Calibration, prepared: Prepared
) -> tuple[float, float, float]:
    """Return the weight of the documents held out, of those predicted correctly, and the sum of their log-losses."""
    scores, codes, weights = held_out_scores(backend, 1, predictor, prepared)
    if not len(codes):
        return 0.0, 0.0, 0.0
    found = Outcome.of(probabilities(calibration.apply(scores), backend), codes, weights)
    total = float(len(codes)) if weights is None else sum_of(weights)
    return (total, total * found.accuracy, total * found.log_loss) if total else (0.0, 0.0, 0.0)


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
    parameters = model.get_params()
    check_parameters(parameters)
    if parameters["optimizer"] != "sgd":
        raise ValueError(f"optimizer={parameters['optimizer']!r} needs all documents in one process; use 'sgd'.")
    backend, seed = resolve_backend(model.backend), int(seed_of(model.random_state))
    if not kernels.load(backend).supports("local_sgd"):
        raise ValueError(f"Documents in partitions need backend='cython' or 'numba'; found {backend!r}.")
    longest = LONGEST_NGRAMS[model.analyzer] if model.ngrams is None else int(model.ngrams)
    hasher = Hasher(
        analyzer=model.analyzer, symbols=model.analyzer == "word", ngram_range=(1, longest),
        n_features=int(model.n_features), signed=False, weighting="log", norm=None, dtype=np.float32,
    )  # fmt: skip

    def each(function: Any, handles: Sequence[Handle], *shared: Any) -> list[Handle]:
        return [driver.submit(function, *shared, handle, partition=k) for k, handle in enumerate(handles)]

    blocks = each(read, blocks)
    sample = driver.submit(sample_block, blocks[0], partition=0)
    hashed = each(partial(hash_block, hasher, backend), blocks)
    del blocks
    surveys: list[Survey] = driver.gather(each(survey, hashed))
    classes = surveys[0].classes
    for k, found in enumerate(surveys[1:], 1):
        try:
            classes = join_classes(classes, found.classes)
        except ValueError as error:
            raise ValueError(f"Partition {k}: {error}") from error
    classes = np.sort(classes)
    n_documents, n_outputs = sum(found.n for found in surveys), 1 if len(classes) == 2 else len(classes)
    if not n_documents:
        raise ValueError("There are no documents to train on.")
    if len(classes) < 2:
        raise ValueError(f"A classifier needs at least two classes; found 1: {classes.tolist()}.")
    mass = fold([_spread(found, classes) for found in surveys], np.add)
    fraction = float(model.validation_fraction)
    coded = [
        driver.submit(partial(encode, classes, model.class_weight, mass, fraction, seed + k), handle, partition=k)
        for k, handle in enumerate(hashed)
    ]
    found_counts, total, sample = driver.gather(
        [tree_sum(driver, each(count, hashed), add_counts), tree_sum(driver, each(totals, coded), np.add), sample]
    )
    del hashed
    total_weight, n_active, n_held_out = float(total[0]), int(total[1]), int(total[2])
    if not 0.0 < total_weight < np.inf:
        raise ValueError("The weights of the documents to train on must have a finite sum above 0.")
    counts = np.zeros(hasher.n_features, np.int64)
    counts[found_counts.columns] = found_counts.counts
    columns = Columns.choose(counts, n_documents, _max_columns(model, n_outputs))
    held: Counts = driver.gather([tree_sum(driver, each(count_held_out, coded), add_counts)])[0]
    counts[held.columns] -= held.counts
    shared = driver.put(columns), driver.put(counts[columns.kept])
    ready = each(partial(prepare, backend, len(classes), total_weight / n_active), coded, *shared)
    del coded, shared

    alpha = 1.0 / (C * n_active) if model.alpha == "auto" else float(model.alpha)
    if model.C is not None:
        alpha = 1.0 / (model.C * total_weight)
    config = replace(training_config(parameters, n_active), alpha=alpha)
    shape = n_documents, len(columns)
    problems = [Partitions(driver, each(all_rows, ready), shape, np.dtype(np.float32), len(classes))]
    if n_held_out:
        pieces = each(rows_not_held_out, ready)
        problems.append(Partitions(driver, pieces, shape, np.dtype(np.float32), len(classes), like=problems[0]))
    trainings = [_training(problem, config, backend, seed) for problem in problems]
    train(trainings, int(config.max_iter or 0))
    optimizers = [training.optimizer for training in trainings]
    predictors = [TextPredictor(hasher, columns, one.finish(), one.intercept) for one in optimizers]
    predictor, validation = predictors[0], None
    if n_held_out:
        other = driver.put(predictors[-1])
        step = -(-n_held_out // MAX_DOCUMENTS)
        parts = driver.gather(each(partial(held_out_scores, backend, step), ready, other))
        scores, codes = (np.concatenate([part[i] for part in parts]) for i in (0, 1))
        weights = None if parts[0][2] is None else np.concatenate([part[2] for part in parts])
        calibration = calibrate(scores, codes, weights, backend)
        predictor = predictor.calibrated(*calibration)
        sums = fold(
            [np.array(found) for found in driver.gather(each(partial(outcome, backend), ready, other, calibration))],
            np.add,
        )
        validation = {"accuracy": float(sums[1] / sums[0]), "log_loss": float(sums[2] / sums[0]), "n": n_held_out}
    words = important_words(predictor, n_documents, sample.terms(hasher, backend))
    vars(model).update(
        classes_=classes, alpha_=alpha, n_iter_=int(config.max_iter or 0), validation_=validation, n_texts_=n_documents,
        data_columns_=None, _model=predictor, words_=words,
    )  # fmt: skip
    return model


def _training(problem: Any, config: TrainingConfig, backend: str, seed: int) -> Training:
    """Return a training that nothing but the configuration plans."""
    plan = make_plan(config, problem, RowScale(), backend)
    optimizer: Any = create_optimizer(config.optimizer_config(problem, backend))
    epoch = Epoch(problem, plan.schedule, config.rows_per_step(problem), plan.penalty, plan.intercept_rate)
    return Training(problem, optimizer, epoch, seed)


def _spread(found: Survey, classes: np.ndarray) -> np.ndarray:
    """Return the masses of a partition's classes as those of all classes."""
    mass = np.zeros(len(classes))
    mass[encode_labels(found.classes, classes)] = found.mass
    return mass


def _max_columns(model: TextClassifier, n_outputs: int) -> int | None:
    """Return how many columns the weights may have under the limit on memory."""
    return None if model.memory is None else max(int(WEIGHTS_SHARE * model.memory) // (4 * n_outputs), 1)
