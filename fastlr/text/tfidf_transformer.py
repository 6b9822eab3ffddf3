"""Counts to tf-idf, as a scikit-learn transformer."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from fastlr import kernels
from fastlr.data.rows import Rows
from fastlr.data.validation import check_rows, to_csr
from fastlr.kernels.backend import resolve_backend
from fastlr.text.base import as_csr, csr_type
from fastlr.text.hasher import LOGS, NORMS
from fastlr.utils.arrays import frozen
from fastlr.utils.checks import one_of, true_or_false
from fastlr.utils.elementary import log
from fastlr.utils.time_slices import TimeSlices


class TfidfTransformer(OneToOneFeatureMixin, TransformerMixin, BaseEstimator, auto_wrap_output_keys=None):  # type: ignore[call-arg]
    """Weights counts by inverse document frequency: scikit-learn's transformer of this name, with the same formula.

    A count ``tf`` of a column that occurs in ``df`` of ``n`` rows becomes ``tf * idf``, where
    ``idf = log((1 + n) / (1 + df)) + 1``. Then each row is divided by its norm. See the guide on text vectorizers.

    Parameters
    ----------
    norm : {"l2", "l1", None}, default="l2"
        Norm that each row is scaled to have; None does not scale.
    use_idf : bool, default=True
        Whether to multiply by idf.
    smooth_idf : bool, default=True
        Whether to add 1 to ``n`` and ``df``, which avoids infinite weights; otherwise ``idf = log(n / df) + 1``.
    sublinear_tf : bool, default=False
        Whether to replace ``tf`` by ``1 + log(tf)``.
    backend : {None, "auto", "cython", "numba", "numpy"}, default=None
        Kernels to run; None follows `fastlr.get_backend`.

    Attributes
    ----------
    idf_ : ndarray of shape (n_features,)
        Inverse document frequencies; only if ``use_idf``.
    n_features_in_ : int
        Number of columns in `fit`.

    Examples
    --------
    >>> from fastlr.text import CountVectorizer, TfidfTransformer
    >>> counts = CountVectorizer().fit_transform(["good film", "bad, bad film"])
    >>> TfidfTransformer().fit_transform(counts).toarray().round(3)
    array([[0.   , 0.58 , 0.815],
           [0.942, 0.335, 0.   ]])
    """

    def __init__(
        self,
        *,
        norm: str | None = "l2",
        use_idf: bool = True,
        smooth_idf: bool = True,
        sublinear_tf: bool = False,
        backend: str | None = None,
    ) -> None:
        self.norm = norm
        self.use_idf = use_idf
        self.smooth_idf = smooth_idf
        self.sublinear_tf = sublinear_tf
        self.backend = backend

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

    def _check_parameters(self) -> None:
        one_of("norm", self.norm, NORMS)
        for name in ("use_idf", "smooth_idf", "sublinear_tf"):
            true_or_false(name, getattr(self, name))

    def _check_rows(self, X: Any, reset: bool) -> Rows:
        if sp.issparse(X):
            X = to_csr(X)
        X = validate_data(self, X, reset=reset, accept_sparse="csr", dtype=[np.float64, np.float32])
        return check_rows(X)

    def fit(self, X: Any, y: Any = None) -> TfidfTransformer:
        """Learn the document frequency of each column.

        Parameters
        ----------
        X : sparse matrix or array of shape (n_samples, n_features)
            Counts.
        y : None
            Ignored.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If a parameter is out of range, or ``X`` is malformed or contains NaN or infinity.
        """
        self._check_parameters()
        rows = self._check_rows(X, reset=True)
        if self.use_idf:
            df = np.bincount(rows.indices, minlength=rows.shape[1]) + float(self.smooth_idf)
            empty = np.count_nonzero(df == 0)
            if empty:
                warnings.warn(
                    f"divide by zero: {empty} of {len(df)} columns occur in no row, so their idf is infinite. "
                    "smooth_idf=True avoids it.",
                    RuntimeWarning,
                    stacklevel=2,
                )
            with np.errstate(divide="ignore"):
                idf = log((rows.shape[0] + float(self.smooth_idf)) / df) + 1.0
            self.idf_ = idf.astype(rows.data.dtype)
        elif hasattr(self, "idf_"):
            del self.idf_
        return self

    def transform(self, X: Any, copy: bool = True) -> Any:
        """Return the weighted rows.

        Parameters
        ----------
        X : sparse matrix or array of shape (n_samples, n_features)
            Counts.
        copy : bool, default=True
            False writes the weights into ``X``, if it is a CSR matrix of float32 or float64.

        Returns
        -------
        CSR matrix of shape (n_samples, n_features)
            A ``csr_array`` with ``sklearn.set_config(sparse_interface="sparray")``.

        Raises
        ------
        ValueError
            If ``X`` is malformed, contains NaN or infinity, or has another number of features than in `fit`, or, with
            ``sublinear_tf``, a stored value is not positive.
        sklearn.exceptions.NotFittedError
            Before `fit`.
        """
        check_is_fitted(self)
        self._check_parameters()
        rows = self._check_rows(X, reset=False)
        if self.sublinear_tf and len(rows.data) and rows.data.min() <= 0:
            raise ValueError(
                "sublinear_tf=True needs positive stored values, because it takes logarithms; X contains "
                f"{rows.data.min():g}."
            )
        idf = np.asarray(getattr(self, "idf_", np.zeros(0)), np.float64)
        if np.isinf(idf).any() and np.isinf(idf[rows.indices]).any():
            raise ValueError(
                "X contains a column whose idf is infinite, because it occurred in no row of fit. Use smooth_idf=True."
            )
        inplace = not copy and sp.issparse(X) and X.format == "csr" and np.may_share_memory(X.data, rows.data)
        out = X.data if inplace else np.empty_like(rows.data)
        weigh = kernels.load(resolve_backend(self.backend)).weigh_rows
        for start, stop in TimeSlices().slices(0, rows.shape[0]):
            weigh(
                rows.indptr, rows.indices, rows.data, frozen(idf), bool(self.sublinear_tf), NORMS.index(self.norm),
                LOGS, start, stop, out,
            )  # fmt: skip
        if inplace:
            return X if isinstance(X, csr_type()) else csr_type()(X)
        return as_csr(rows.indptr.copy(), rows.indices.copy(), out, rows.shape[1])
