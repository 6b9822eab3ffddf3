"""Peak memory beyond X: at most 3 times the weights plus 40 bytes a row."""

import tracemalloc

import numpy as np
import pytest
import scipy.sparse as sp

from fastlr import SGDClassifier

SLACK = 1 << 20  # Python objects and the pieces that checks go by


def peak(call):
    """The memory that a call takes; it is made twice, as the first may compile kernels."""
    call()
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def text(n_rows, n_features, per_row, dtype):
    rng = np.random.default_rng(0)
    indices = rng.integers(0, n_features, n_rows * per_row).astype(np.int32)
    indices = np.sort(indices.reshape(n_rows, per_row), axis=1).ravel()
    indptr = np.arange(0, n_rows * per_row + 1, per_row).astype(np.int32)
    return sp.csr_matrix((np.ones(len(indices), dtype), indices, indptr), shape=(n_rows, n_features))


@pytest.mark.parametrize("penalty", ["l2", "l1"])
@pytest.mark.parametrize("batch_size", [1, 64, 20_000, "full"])
@pytest.mark.parametrize("shape", [(200_000, 50, 2), (1000, 1_000_000, 2), (30_000, 20_000, 20)])
@pytest.mark.filterwarnings("ignore:Training stopped")
def test_peak_of_fit(compiled, penalty, batch_size, shape):
    n_rows, n_features, n_classes = shape
    X = text(n_rows, n_features, 5, np.float64)
    y = np.arange(n_rows) % n_classes
    weights = np.random.default_rng(0).random(n_rows)
    parameters = {"penalty": penalty, "batch_size": batch_size, "class_weight": "balanced", "backend": compiled}
    size = 8 * n_features * (1 if n_classes == 2 else n_classes)
    assert peak(lambda: SGDClassifier(max_iter=1, **parameters).fit(X, y, sample_weight=weights)) < (
        3 * size + 40 * n_rows + SLACK
    )


def test_float32_weights_are_half_the_size(compiled):
    X = text(1000, 1_000_000, 5, np.float32)
    y = np.arange(1000) % 2
    assert peak(lambda: SGDClassifier(penalty="l1", max_iter=1, backend=compiled).fit(X, y)) < 3 * 4_000_000 + SLACK


def test_looking_between_calls_of_partial_fit(compiled):
    X = text(1000, 1_000_000, 5, np.float64)
    y = np.arange(1000) % 2

    def train():
        model = SGDClassifier(penalty="l1", backend=compiled)
        for _ in range(3):
            model.partial_fit(X, y, classes=[0, 1])
            assert model.coef_.shape == (1, 1_000_000)

    assert peak(train) < 3 * 8_000_000 + 40 * 1000 + SLACK


@pytest.mark.parametrize("penalty", ["l2", "l1"])
@pytest.mark.parametrize("shape", [(200_000, 50, 2), (1000, 1_000_000, 2), (30_000, 20_000, 20)])
def test_early_stopping_keeps_two_more_weights(compiled, penalty, shape):
    """The best ones and those that are being looked at; the rows held out are not copied."""
    n_rows, n_features, n_classes = shape
    X = text(n_rows, n_features, 5, np.float64)
    y = np.arange(n_rows) % n_classes
    parameters = {"penalty": penalty, "early_stopping": True, "history": "full", "backend": compiled}
    size = 8 * n_features * (1 if n_classes == 2 else n_classes)
    assert peak(lambda: SGDClassifier(max_iter=3, **parameters).fit(X, y)) < 5 * size + 60 * n_rows + 3 * SLACK
