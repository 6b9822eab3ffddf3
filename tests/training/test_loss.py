"""The loss that a training is configured for is the one it minimises, plans with, and reports."""

import numpy as np
import pytest
from helpers import make_problem, random_labels, random_rows

from fastlr.objective.losses import LOSSES, LogLoss
from fastlr.training.config import TrainingConfig
from fastlr.training.pilot import pilot_loss
from fastlr.training.plan import scale_of
from fastlr.training.session import TrainingSession


class Doubled(LogLoss):
    """Twice the log-loss: the same steps as the log-loss, at half the rate."""

    name = "doubled"

    def value(self, scores, labels):
        return 2.0 * super().value(scores, labels)

    def value_and_derivative(self, scores, labels):
        value, derivative = super().value_and_derivative(scores, labels)
        return 2.0 * value, 2.0 * derivative

    def curvature_bound(self, n_outputs):
        return 2.0 * super().curvature_bound(n_outputs)


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("batch_size", [1, 7, "full"])
@pytest.mark.parametrize("learning_rate", ["auto", "lipschitz"])
def test_another_loss(monkeypatch, n_classes, batch_size, learning_rate):
    monkeypatch.setitem(LOSSES, "doubled", Doubled())
    problem = make_problem(random_rows(), random_labels(60, n_classes))
    weights, rows = [], []
    for loss in ("log_loss", "doubled"):
        config = TrainingConfig(
            loss=loss, penalty=None, learning_rate=learning_rate, batch_size=batch_size, max_iter=3, tol=0.0
        )
        session = TrainingSession(config, problem, "numpy", seed=0, evaluation_sets={"validation": problem})
        session.start()
        weights.append(session.run().weights)
        rows.append(session.monitor.history.rows[-1])
    np.testing.assert_allclose(weights[1], weights[0], rtol=1e-12)
    assert rows[1]["learning_rate"] == pytest.approx(rows[0]["learning_rate"] / 2)
    assert rows[1]["training_loss"] == pytest.approx(2 * rows[0]["training_loss"])
    assert rows[1]["validation_loss"] == pytest.approx(2 * rows[0]["validation_loss"])
    assert rows[1]["validation_accuracy"] == rows[0]["validation_accuracy"]


def test_a_pilot_run_minimises_the_loss(monkeypatch):
    class Constant(Doubled):
        def value_and_derivative(self, scores, labels):
            return np.ones(len(labels)), np.zeros_like(scores)

    monkeypatch.setitem(LOSSES, "doubled", Constant())
    problem = make_problem(random_rows(), np.arange(60, dtype=np.int32) % 2)
    config = TrainingConfig(loss="doubled")
    assert pilot_loss(config, problem, scale_of(config, problem, "numpy"), "numpy") == pytest.approx(1 / np.log(2))
