"""A trained `TextClassifier` as a scikit-learn pipeline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.sparse as sp
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline

from fastlr.data.row_buffer import RowBuffer
from fastlr.kernels.backend import resolve_backend
from fastlr.text.corpus import chunked, make_rows
from fastlr.text.documents import Documents
from fastlr.text.predictor import TextPredictor

if TYPE_CHECKING:
    from fastlr.text.classifier import TextClassifier


class TextRows(TransformerMixin, BaseEstimator):
    """A vectorizer with the columns and weights of a trained `TextClassifier`; there is nothing to fit.

    Parameters
    ----------
    model : TextPredictor
    backend : {None, "auto", "cython", "numba", "numpy"}, default=None
        Kernels to run; None follows `fastlr.get_backend`.
    """

    def __init__(self, model: TextPredictor, backend: str | None = None) -> None:
        self.model = model
        self.backend = backend

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def fit(self, texts: Any, y: Any = None) -> TextRows:
        """Return self."""
        return self

    def transform(self, texts: Any) -> sp.csr_array:
        """Return the rows of documents, shape (n_documents, n_features)."""
        backend, rows = resolve_backend(self.backend), RowBuffer()
        for chunk in chunked(Documents.from_texts(texts)):
            part = self.model.rows(chunk, backend)
            rows.append((part.indptr, part.indices, part.data))
        return make_rows(rows.take(), len(self.model.columns)).csr


def pipeline_of(classifier: TextClassifier) -> Pipeline:
    """Return a fitted scikit-learn pipeline that predicts the same."""
    linear = classifier._fitted()
    model = LogisticRegression()
    model.coef_ = np.array(linear.weights.T, np.float64)
    model.intercept_ = np.array(linear.intercept)
    model.classes_ = classifier.classes_.copy()
    model.n_features_in_ = len(linear.columns)
    model.n_iter_ = np.array([classifier.n_iter_], np.int32)
    return make_pipeline(TextRows(linear), model)
