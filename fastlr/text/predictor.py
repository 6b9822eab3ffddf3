"""Predicting the classes of documents with a trained model."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from fastlr import kernels
from fastlr.data.rows import Rows
from fastlr.objective.predictions import class_probabilities
from fastlr.text.column_selection import Columns
from fastlr.text.corpus import hash_rows, make_rows
from fastlr.text.documents import Documents
from fastlr.text.hasher import Hasher
from fastlr.utils.arrays import frozen


class TextPredictor(NamedTuple):
    """A trained model: the hasher, the columns that are kept, and the weights.

    Attributes
    ----------
    hasher : Hasher
    columns : Columns
        The kept columns with their idf weights.
    weights : ndarray of float32, shape (n_kept, n_outputs)
    intercept : ndarray of float64, shape (n_outputs,)
    """

    hasher: Hasher
    columns: Columns
    weights: np.ndarray
    intercept: np.ndarray

    def scores(self, rows: Rows, backend: str) -> np.ndarray:
        """Return the scores of rows over the kept columns, float32, shape (n_rows, n_outputs)."""
        out = np.empty((rows.shape[0], self.weights.shape[1]), np.float32)
        call = kernels.load(backend)
        write = call.scores_binary if out.shape[1] == 1 else call.scores_softmax
        write(rows.indptr, rows.indices, rows.data, frozen(self.weights), frozen(self.intercept), 0, len(out), out)
        return out

    def calibrated(self, scale: float, shifts: np.ndarray) -> TextPredictor:
        """Return the predictor with ``scale * scores + shifts`` for scores; the weights are changed in place."""
        np.multiply(self.weights, np.float32(scale), out=self.weights)
        return self._replace(intercept=scale * self.intercept + shifts)

    def rows(self, documents: Documents, backend: str) -> Rows:
        """Return the rows of documents over the kept columns."""
        chunk = hash_rows(self.hasher, documents, backend)
        return make_rows(self.columns.keep(chunk, backend, reuse=True), len(self.columns))


def probabilities(scores: np.ndarray, backend: str, log: bool = False) -> np.ndarray:
    """Return the probability of each class, float64, or its logarithm, for scores of one column or one per class."""
    return class_probabilities(scores, kernels.load(backend), np.float64, log)
