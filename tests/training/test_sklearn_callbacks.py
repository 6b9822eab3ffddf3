"""scikit-learn's callbacks, which it has since version 1.9."""

import pickle
import threading

import numpy as np
import pytest
from helpers import random_labels, random_rows
from sklearn.base import clone
from sklearn.metrics import log_loss
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MaxAbsScaler

from fastlr import LogisticRegression, SGDClassifier

callback = pytest.importorskip("sklearn.callback")

X, Y = random_rows(), random_labels(60, 3)

pytestmark = pytest.mark.filterwarnings("ignore:Training stopped")


class Recorder:
    """Notes what it is told."""

    def __init__(self, stop_at=None):
        self.events, self.models, self.rows = [], [], []
        self.stop_at = stop_at

    def setup(self, estimator, context):
        self.events.append("setup")

    def teardown(self, estimator, context):
        self.events.append("teardown")

    def on_fit_task_begin(self, estimator, context):
        self.events.append(("begin", context.task_name, context.task_id))

    def on_fit_task_end(self, estimator, context, *, X=None, y=None, metadata=None, fitted_estimator=None):
        self.events.append(("end", context.task_name, context.task_id))
        self.models.append(fitted_estimator)
        self.rows.append((X, y, metadata))
        return context.task_name == "epoch" and context.task_id == self.stop_at


@pytest.mark.parametrize("batch_size", [1, "full"])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_callbacks_see_the_model_after_each_epoch(backend, batch_size, n_classes):
    y = np.array(["a", "b", "c"])[random_labels(60, n_classes)]
    parameters = {
        "max_iter": 3, "batch_size": batch_size, "random_state": 0, "backend": backend, "penalty": "l1",
        "learning_rate": "constant", "eta0": 0.1,
    }  # fmt: skip
    recorder = Recorder()
    model = SGDClassifier(**parameters).set_callbacks(recorder).fit(X, y)
    epochs = [(what, "epoch", k) for k in range(3) for what in ("begin", "end")]
    assert recorder.events == ["setup", ("begin", "fit", 0), *epochs, ("end", "fit", 0), "teardown"]
    for n_epochs, seen in zip((1, 2, 3, 3), recorder.models, strict=True):
        alone = SGDClassifier(**{**parameters, "max_iter": n_epochs}).fit(X, y)
        np.testing.assert_array_equal(seen.coef_, alone.coef_)
        np.testing.assert_array_equal(seen.predict_proba(X), alone.predict_proba(X))
        np.testing.assert_array_equal(seen.predict(X), alone.predict(X))
    plain = SGDClassifier(**parameters).fit(X, y)
    np.testing.assert_array_equal(model.coef_, plain.coef_)
    assert not [name for name in vars(model) if "callback" in name and name != "_skl_callbacks"]
    assert clone(model)._skl_callbacks == [recorder]


def test_callbacks_see_the_rows_trained_on(backend):
    recorder = Recorder()
    weights = np.linspace(1, 2, 60)
    model = SGDClassifier(early_stopping=True, max_iter=2, n_iter_no_change=2, random_state=0, backend=backend)
    model.set_callbacks(recorder).fit(X, Y, sample_weight=weights)
    rest = np.setdiff1d(np.arange(60), model.validation_indices_)
    for A, y, metadata in recorder.rows:
        np.testing.assert_array_equal(A.toarray(), X[rest].toarray())
        np.testing.assert_array_equal(y, Y[rest])
        np.testing.assert_array_equal(metadata["sample_weight"], weights[rest])
    np.testing.assert_array_equal(recorder.models[-2].coef_, model.coef_)


def test_callbacks_see_a_number_as_the_weight_of_every_row():
    for model in (SGDClassifier(max_iter=2), LogisticRegression(tol=0.1)):
        recorder = Recorder()
        model.set_callbacks(recorder).fit(X, Y, sample_weight=2)
        for *_, metadata in recorder.rows:
            np.testing.assert_array_equal(metadata["sample_weight"], np.full(60, 2.0))


def test_a_callback_may_stop_the_training(backend):
    model = SGDClassifier(max_iter=9, random_state=0, backend=backend).set_callbacks(Recorder(stop_at=3)).fit(X, Y)
    assert model.n_iter_ == 4
    assert model.t_ == 240


def test_callbacks_are_torn_down_after_an_error(backend):
    class Faulty(Recorder):
        def on_fit_task_begin(self, estimator, context):
            super().on_fit_task_begin(estimator, context)
            if context.task_name == "epoch":
                raise RuntimeError("faulty")

    model = SGDClassifier(max_iter=2, random_state=0, backend=backend).fit(X, Y)
    before = pickle.dumps(model.coef_)
    recorder = Faulty()
    model.set_callbacks(recorder)
    with pytest.raises(RuntimeError, match="faulty"):
        model.fit(X, Y)
    assert recorder.events[-1] == "teardown"
    assert pickle.dumps(model.coef_) == before
    assert not hasattr(model, "_callback_fit_ctx")
    with pytest.raises(ValueError, match="1 class"):
        model.fit(X, np.zeros(60))


def test_scikit_learns_own_callbacks(backend, capsys):
    monitor = callback.ScoringMonitor(scoring="neg_log_loss")
    bars = [callback.ProgressBar()] if pytest.importorskip("rich") else []
    model = SGDClassifier(max_iter=4, random_state=0, backend=backend).set_callbacks(monitor, *bars).fit(X, Y)
    log = monitor.get_logs().data
    epochs = [row for row in log if row["task_name"] == "epoch"]
    assert [row["task_id"] for row in epochs] == [0, 1, 2, 3]
    assert epochs[-1]["neg_log_loss"] == pytest.approx(-log_loss(Y, model.predict_proba(X)))
    assert epochs[0]["neg_log_loss"] < epochs[-1]["neg_log_loss"]
    assert "SGDClassifier" in capsys.readouterr().out
    assert "RichProgressMonitor" not in {type(thread).__name__ for thread in threading.enumerate()}


def test_callbacks_reach_it_through_pipelines_and_searches():
    monitor = callback.ScoringMonitor(scoring="accuracy")
    pipeline = make_pipeline(MaxAbsScaler(), SGDClassifier(max_iter=2, random_state=0).set_callbacks(monitor))
    pipeline.fit(X, Y)
    assert sum(row["task_name"] == "epoch" for row in monitor.get_logs().data) == 2
    search = GridSearchCV(pipeline, {"sgdclassifier__penalty": ["l2", "l1"]}, cv=2).fit(X, Y)
    assert search.best_score_ > 0
