"""Dense matrices as rows: their blocks, and predictions for them."""

import numpy as np
import pytest
from helpers import random_labels, random_rows

from fastlr import SGDClassifier
from fastlr.data import dense_rows
from fastlr.data.dense_rows import DenseRows


def test_blocks_are_the_matrix(monkeypatch):
    X = np.arange(35.0, dtype=np.float32).reshape(7, 5)
    for size in (1, 10, 14, 1000):
        monkeypatch.setattr(dense_rows, "BLOCK_SIZE", size)
        blocks = list(DenseRows(X).blocks())
        assert [block.first for block in blocks] == [0, *np.cumsum([b.rows.shape[0] for b in blocks])[:-1]]
        np.testing.assert_array_equal(np.vstack([block.rows.csr.toarray() for block in blocks]), X)
        squares = [block.rows.csr.toarray() for block in DenseRows(X).squared().blocks()]
        np.testing.assert_array_equal(np.vstack(squares), X.astype(np.float64) ** 2)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_predictions_do_not_depend_on_blocks_threads_or_layout(backend, monkeypatch, n_classes, dtype):
    X, y = random_rows(dtype=dtype), random_labels(60, n_classes)
    model = SGDClassifier(max_iter=2, random_state=0, backend=backend).fit(X, y)
    scores = model.decision_function(X.toarray())
    np.testing.assert_allclose(scores, model.decision_function(X), rtol=1e-5, atol=1e-5)
    monkeypatch.setattr(dense_rows, "BLOCK_SIZE", 100)
    for A in (X.toarray(), X.toarray(order="F"), np.repeat(X.toarray(), 2, axis=0)[::2]):
        np.testing.assert_array_equal(model.decision_function(A), scores)
    np.testing.assert_array_equal(model.set_params(n_jobs=2).decision_function(X.toarray()), scores)
    assert scores.dtype == dtype


def test_a_value_too_large_for_the_weights_is_an_error(backend):
    X, y = random_rows(dtype=np.float32), random_labels(60, 2)
    model = SGDClassifier(max_iter=2, random_state=0, backend=backend).fit(X, y)
    with pytest.raises(ValueError, match="too large for float32"):
        model.predict(np.full((1, X.shape[1]), 1e300))
