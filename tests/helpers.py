"""What tests of several subjects use: the backends to run on, and random problems."""

import os

import numpy as np
import pytest
import scipy.sparse as sp

from fastlr.kernels.backend import resolve_backend


def backends(*, compiled=False):
    """The backends to test: that of FASTLR_BACKEND if it names one, otherwise all; missing ones are skipped by name."""
    chosen = os.environ.get("FASTLR_BACKEND", "auto")
    names = ["numba", "cython"] if compiled else ["numba", "cython", "numpy"]
    parameters = []
    for name in names if chosen == "auto" else [chosen]:
        marks = []
        try:
            resolve_backend(name)
        except ImportError as error:
            marks = [pytest.mark.skip(reason=str(error))]
        if name not in names:
            marks = [pytest.mark.skip(reason=f"for the compiled backends, not {name}")]
        parameters.append(pytest.param(name, marks=marks))
    return parameters


def random_rows(n_rows=60, n_features=40, density=0.15, seed=0, dtype=np.float64, index=np.int32):
    """Random CSR with empty rows, an empty column, explicit zeros, unsorted and duplicate indices."""
    rng = np.random.default_rng(seed)
    lengths = rng.binomial(n_features, density, n_rows)
    lengths[rng.integers(0, n_rows, 3)] = 0
    indptr = np.r_[0, np.cumsum(lengths)].astype(index)
    indices = rng.integers(0, n_features - 1, indptr[-1]).astype(index)
    data = rng.normal(size=indptr[-1]).astype(dtype)
    data[rng.random(len(data)) < 0.05] = 0.0
    X = sp.csr_matrix((n_rows, n_features), dtype=dtype)
    X.indptr, X.indices, X.data = indptr, indices, data
    return X


def random_labels(n_rows, n_classes, seed=0):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, n_classes, n_rows)
    y[:n_classes] = np.arange(n_classes)
    return y


def short_slices(self, start, stop, multiple=1):
    """Slices to stop between in the midst of an epoch, as long ones have them."""
    size = max(17 // multiple, 1) * multiple
    for begin in range(start, stop, size):
        yield begin, min(begin + size, stop)
