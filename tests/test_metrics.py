"""The metrics are those of scikit-learn."""

import numpy as np
import pytest

from fastlr.metrics import calibration, confusion, log_loss, per_class


def test_metrics_are_those_of_scikit_learn():
    from sklearn import metrics

    rng = np.random.default_rng(0)
    p, y = rng.dirichlet(np.ones(4), 200), rng.integers(0, 3, 200)  # of a fourth class there is no row
    assert log_loss(p, y) == pytest.approx(metrics.log_loss(y, p, labels=range(4)))
    matrix = confusion(p.argmax(axis=1), y, 4)
    assert np.array_equal(matrix, metrics.confusion_matrix(y, p.argmax(axis=1), labels=range(4)))
    expected = metrics.precision_recall_fscore_support(y, p.argmax(axis=1), labels=range(4), zero_division=0)
    for found, column in zip(per_class(matrix).values(), expected, strict=True):
        assert np.allclose(found, column)
    sure = calibration(np.ones(10), np.arange(10) < 7)
    assert sure == {"confidence": [1.0], "accuracy": [0.7], "count": [10], "error": pytest.approx(0.3)}
