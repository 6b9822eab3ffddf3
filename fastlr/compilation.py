"""Compiling every kernel ahead of its first use, for containers, notebooks and servers."""

from __future__ import annotations

import itertools
import time
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp

from fastlr import kernels
from fastlr.kernels.backend import resolve_backend
from fastlr.linear_model.logistic_regression import LogisticRegression
from fastlr.linear_model.sgd_classifier import SGDClassifier
from fastlr.solvers.stochastic.sgd import LARGE_BATCH
from fastlr.text.classifier import TextClassifier
from fastlr.text.count_vectorizer import CountVectorizer
from fastlr.text.hashing_vectorizer import HashingVectorizer
from fastlr.text.tfidf_transformer import TfidfTransformer
from fastlr.utils.progress_bar import ProgressBar

# Just enough rows for two threads to be worthwhile.
N_ROWS, N_FEATURES = 600, 256

TYPES = tuple(itertools.product((np.float32, np.float64), (np.int32, np.int64)))

# Parameters of `SGDClassifier`: between them they call each of its kernels with every set of types. The types of the
# averaging kernels depend on whether there is an L1 penalty.
AVERAGES: tuple[dict[str, Any], ...] = ({}, {"average": True}, {"average": True, "penalty": "l1"})
SGD: tuple[dict[str, Any], ...] = (
    *({"batch_size": size, **average} for size, average in itertools.product((1, 2, "full"), AVERAGES)),
    {"n_jobs": 2},
    {"optimizer": "adagrad"},
    {"optimizer": "adagrad", "batch_size": 2},
)

# Parameters of `LogisticRegression`.
EXACT: tuple[dict[str, Any], ...] = (
    {"solver": "sdca"},
    {"solver": "newton"},
    {"solver": "coordinate", "l1_ratio": 1.0},
)


class Warmup(NamedTuple):
    """What `warmup` did.

    Attributes
    ----------
    backend : str
    compiles : bool
        Whether the backend compiles kernels at their first call; otherwise there was nothing to do.
    cache : str or None
        The folder from which later processes load the kernels; None if there is none.
    seconds : float
    """

    backend: str
    compiles: bool
    cache: str | None
    seconds: float


def warmup(backend: str | None = None, verbose: int = 1) -> Warmup:
    """Compile every kernel and store it in the compiler's cache, so that later processes compile nothing.

    Only Numba compiles at run time. With a full cache, this takes seconds.

    Parameters
    ----------
    backend : {None, "auto", "cython", "numba", "numpy"}, default=None
        As for the estimators; None means `fastlr.get_backend()`.
    verbose : int, default=1
        Whether to show a progress bar on standard error.

    Returns
    -------
    Warmup
        The backend, whether it ``compiles`` at run time, the folder of its ``cache`` and the ``seconds``.

    Warns
    -----
    RuntimeWarning
        If no directory is writable, so that the kernels are ready in this process only.

    Raises
    ------
    ValueError
        If there is no backend of this name.
    ImportError
        If the backend is not installed.

    Examples
    --------
    >>> import fastlr
    >>> fastlr.warmup("numpy").compiles
    False
    """
    name = resolve_backend(backend)
    compiled = kernels.load(name)
    if not compiled.compiles:
        return Warmup(name, False, None, 0.0)
    if compiled.cache is None:
        warnings.warn(
            "No cache directory is writable, so the kernels are ready in this process only. Set NUMBA_CACHE_DIR to a "
            "directory that is.",
            RuntimeWarning,
            stacklevel=2,
        )
    begun = time.perf_counter()
    uses = [*_uses(name)]
    bar = ProgressBar(f"Compiling ({name})", len(uses), " uses") if verbose else None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # none of the models has converged
            for use in uses:
                use()
                if bar is not None:
                    bar.add(1)
                    bar.move()
    finally:
        if bar is not None:
            bar.close()
    return Warmup(name, True, compiled.cache, time.perf_counter() - begun)


def _uses(backend: str) -> Iterator[Callable[[], None]]:
    """Yield functions that between them call every kernel with every set of types."""
    for dtype, index in TYPES:
        X, tall = _matrix(dtype, index), _tall_matrix(dtype, index)
        for n_classes in (2, 3):
            sgd = partial(SGDClassifier, max_iter=2, tol=1e-9, random_state=0, backend=backend)
            for settings in SGD:
                yield partial(_fit_and_predict, sgd(**settings), X, n_classes)
            for average in AVERAGES:
                yield partial(_fit_and_predict, sgd(batch_size=tall.shape[0], **average), tall, n_classes)
            for settings in EXACT:
                exact = LogisticRegression(max_iter=2, backend=backend, **settings)
                yield partial(_fit_and_predict, exact, X, n_classes)
    for dtype in dict.fromkeys(dtype for dtype, _ in TYPES):
        yield partial(_count_words, dtype, backend)
    yield partial(_classify_texts, backend)


def _matrix(dtype: Any, index: Any) -> sp.csr_matrix:
    return _with_indices(sp.csr_matrix(np.random.default_rng(0).random((N_ROWS, N_FEATURES)), dtype=dtype), index)


def _tall_matrix(dtype: Any, index: Any) -> sp.csr_matrix:
    """Return enough rows for a large batch, with even more features."""
    return _with_indices(sp.eye(LARGE_BATCH + 1, LARGE_BATCH + 2, dtype=dtype, format="csr"), index)


def _with_indices(X: sp.csr_matrix, index: Any) -> sp.csr_matrix:
    X.indices, X.indptr = X.indices.astype(index), X.indptr.astype(index)
    return X


def _fit_and_predict(model: SGDClassifier | LogisticRegression, X: sp.csr_matrix, n_classes: int) -> None:
    model.fit(X, np.arange(X.shape[0]) % n_classes)
    model.predict_proba(X)
    model.predict_log_proba(X)


TEXTS = ["an excellent film", "a dull film", "a funny film"] * 4


def _count_words(dtype: Any, backend: str) -> None:
    HashingVectorizer(dtype=dtype, backend=backend).fit_transform(TEXTS)
    counts = CountVectorizer(dtype=dtype, backend=backend)
    TfidfTransformer(backend=backend).fit_transform(counts.fit_transform(TEXTS))
    counts.transform(TEXTS)


def _classify_texts(backend: str) -> None:
    TextClassifier(backend=backend).fit(TEXTS, ["good", "bad", "good"] * 4).predict_proba(TEXTS)
