"""The progress bar, and scikit-learn's callbacks."""

import io
import pickle
import re
import subprocess
import sys
import threading

import numpy as np
import pytest
from conftest import random_labels, random_rows
from sklearn.base import clone
from sklearn.metrics import log_loss
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MaxAbsScaler

from fastlr import LogisticRegression, SGDClassifier, progress

X, Y = random_rows(), random_labels(60, 3)

pytestmark = pytest.mark.filterwarnings("ignore:max_iter")


def lines_of(text):
    return [line for line in text.split("\n") if line]


@pytest.mark.parametrize("batch_size", [1, 8, "full"])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_a_log_file_gets_lines(backend, capsys, monkeypatch, batch_size, n_classes):
    monkeypatch.setattr(progress, "LIVE_SECONDS", 0.0)
    monkeypatch.setattr(progress, "LOG_SECONDS", 0.0)
    y = random_labels(60, n_classes)
    model = SGDClassifier(max_iter=3, verbose=1, batch_size=batch_size, random_state=0, backend=backend).fit(X, y)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "\r" not in captured.err
    lines = lines_of(captured.err)
    assert all(line.startswith("SGDClassifier:") for line in lines)
    assert captured.err.isascii()
    assert "SGDClassifier:   0%" in lines[0]
    assert "SGDClassifier: 100%" in lines[-1]
    assert "180/180" in lines[-1]
    found = re.search(r"epoch=(\d+)/(\d+), loss=([\d.]+), rate=([\d.e-]+)", lines[-1])
    assert found[1] == found[2] == "3"
    assert float(found[3]) == pytest.approx(model.history_["training_loss"][-1], abs=1e-4)
    if batch_size == 1:  # the last step's
        assert float(found[4]) == pytest.approx(model.history_["learning_rate"][0] / 180, rel=1e-2)


def test_a_terminal_gets_one_live_line(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr(progress, "LIVE_SECONDS", 0.0)
    SGDClassifier(max_iter=3, verbose=1, random_state=0).fit(X, Y)
    text = terminal.getvalue()
    assert text.count("\n") == 1
    assert text.endswith("\n")
    assert text.count("\r") > 3
    assert "100%" in text


def test_a_notebook_gets_a_widget():
    code = """
import sys, types
import IPython
sys.modules["ipykernel.zmqshell"] = types.ModuleType("zmqshell")  # by this tqdm knows a notebook, or by the other
IPython.get_ipython = lambda: types.SimpleNamespace(config={"IPKernelApp": {}})
import fastlr.progress
bar = fastlr.progress.make_bar("fit", 10, " rows")
print(type(bar).__mro__)
"""
    pytest.importorskip("ipywidgets")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "tqdm_notebook" in done.stdout


def test_the_end_shown_is_the_soonest_there_may_be(backend, capsys, monkeypatch):
    monkeypatch.setattr(progress, "LIVE_SECONDS", 0.0)
    monkeypatch.setattr(progress, "LOG_SECONDS", 0.0)
    model = SGDClassifier(early_stopping=True, n_iter_no_change=2, verbose=1, random_state=0, backend=backend)
    model.fit(X, Y)
    lines = lines_of(capsys.readouterr().err)
    assert "SGDClassifier: 100%" in lines[-1]
    ends = [int(re.search(r"epoch=\d+/(\d+)", line)[1]) for line in lines if "epoch=" in line]
    assert ends[-1] == model.n_iter_
    assert all(end <= model.n_iter_ + 2 for end in ends)
    assert f"validation={model.history_['validation_loss'][-1]:.4f}" in lines[-1]


def test_the_bar_is_seldom_moved(monkeypatch):
    """However often it is told of rows: moving it is what costs."""
    moves = []
    bar = progress.Progress("fit", 1000, " rows")
    monkeypatch.setattr(bar.bar, "update", moves.append)
    for _ in range(1000):
        bar.add(1)
        if bar.is_due():
            bar.move(loss="1")
    bar.close()
    assert len(moves) < 20
    assert sum(moves) == 1000


def test_the_exact_model_has_the_bar_too(capsys):
    LogisticRegression(verbose=1, solver="newton").fit(X, Y)
    lines = lines_of(capsys.readouterr().err)
    assert all(line.startswith("LogisticRegression:") for line in lines)


def test_without_verbose_nothing_is_shown(capsys):
    SGDClassifier(max_iter=2).fit(X, Y, eval_set=(X, Y))
    assert capsys.readouterr() == ("", "")


# Callbacks. The suite runs with scikit-learn 1.6 and later, which has them since 1.9.

callback = pytest.importorskip("sklearn.callback")


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
