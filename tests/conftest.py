import os
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp

from fastlr.data import passes
from fastlr.kernels.backend import resolve_backend
from fastlr.objective import full_batch
from fastlr.solvers.stochastic import hogwild, local_sgd


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


@pytest.fixture(autouse=True)
def _seed():
    """What draws from NumPy's own generator, as ``random_state=None`` does, draws the same in every run."""
    np.random.seed(0)  # noqa: NPY002 - a Generator is not what scikit-learn draws from


@pytest.fixture(params=backends())
def backend(request):
    return request.param


@pytest.fixture(params=backends(compiled=True))
def compiled(request):
    return request.param


@pytest.fixture
def eager_threads(monkeypatch):
    """Let several threads work on however few rows."""
    monkeypatch.setattr(local_sgd, "FEW", 1)
    monkeypatch.setattr(local_sgd, "FEW_STEPS", 1)
    monkeypatch.setattr(local_sgd, "DEAR", 1)
    monkeypatch.setattr(local_sgd, "TOO_DEAR", 0)
    monkeypatch.setattr(hogwild, "FEW_STEPS", 1)
    monkeypatch.setattr(hogwild, "ROUND", 64)
    monkeypatch.setattr(passes, "FEW", 1)
    monkeypatch.setattr(passes, "DENSE", 0)
    monkeypatch.setattr(full_batch, "FEW", 1)


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


@pytest.fixture(scope="session")
def text_data():
    """The folder of the real corpora; the test is skipped where it is absent."""
    folder = Path(os.environ.get("FASTLR_DATA", Path(__file__).parents[2] / "shared" / "data"))
    if not (folder / "arxiv.tsv.xz").exists():
        pytest.skip(f"no corpora in {folder}; FASTLR_DATA names their folder")
    return folder
