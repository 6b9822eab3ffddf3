"""What is computed of one partition of documents: functions without state, which a driver runs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from fastlr.data.labels import as_labels, encode_labels, find_classes
from fastlr.data.problem import Problem, class_mass, combine_weights
from fastlr.data.row_buffer import RowBuffer
from fastlr.data.rows import Rows
from fastlr.data.weights import check_sample_weight
from fastlr.distributed import sgd_partition
from fastlr.metrics import Outcome
from fastlr.text.calibration import Calibration
from fastlr.text.column_selection import Columns
from fastlr.text.corpus import chunked, hash_rows, make_rows
from fastlr.text.document_source import without_new_columns
from fastlr.text.documents import Documents
from fastlr.text.feature_names import Sample
from fastlr.text.hasher import Hasher
from fastlr.text.predictor import TextPredictor, probabilities
from fastlr.training.holdout import hold_out
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


def with_visits(n_visits: int, prepared: Prepared) -> sgd_partition.Piece:
    """Return all documents; an epoch visits those held out so many times."""
    piece = prepared.piece
    return replace(piece, problem=piece.problem.repeat(prepared.held_out, n_visits))


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
