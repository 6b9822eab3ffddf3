"""scikit-learn's callbacks on the exact estimators."""

import threading
import warnings

import numpy as np
import pytest
from helpers import weighted_problem
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV, KFold

from fastlr import LogisticRegression, LogisticRegressionCV
from fastlr.kernels.backend import resolve_backend

callback = pytest.importorskip("sklearn.callback")


class Recorder:
    """Notes what it is told, and stops the task of a name and number."""

    def __init__(self, stop_at=None):
        self.began, self.starts, self.ended, self.models, self.rows = [], [], [], [], []
        self.torn_down = False
        self.stop_at, self.lock = stop_at, threading.Lock()

    def setup(self, estimator, context):
        pass

    def teardown(self, estimator, context):
        self.torn_down = True

    def on_fit_task_begin(self, estimator, context, *, fitted_estimator=None):
        with self.lock:
            self.began.append((context.task_name, context.task_id))
            self.starts.append(fitted_estimator)

    def on_fit_task_end(self, estimator, context, *, X=None, y=None, metadata=None, fitted_estimator=None):
        with self.lock:
            self.ended.append((context.task_name, context.task_id))
            self.models.append(fitted_estimator)
            self.rows.append((X, y, metadata))
        return (context.task_name, context.task_id) == self.stop_at


@pytest.mark.skipif(resolve_backend() == "numpy", reason="the reference lacks some of these solvers")
@pytest.mark.parametrize(
    ("solver", "l1_ratio"), [("newton", 0), ("lbfgs", 0), ("sdca", 0), ("coordinate", 1), ("nesterov", 1)]
)
@pytest.mark.parametrize("n_classes", [2, 3])
def test_each_iteration_is_a_task(solver, l1_ratio, n_classes):
    X, y, s = weighted_problem(n_classes)
    y = np.array(["a", "b", "c"])[y]
    parameters = {"solver": solver, "l1_ratio": l1_ratio, "random_state": 0, "C": 0.5}
    recorder = Recorder()
    model = LogisticRegression(**parameters).set_callbacks(recorder).fit(X, y, s)
    plain = LogisticRegression(**parameters).fit(X, y, s)
    np.testing.assert_array_equal(model.coef_, plain.coef_)
    iterations = [("iteration", k) for k in range(model.n_iter_[0])]
    assert recorder.began[: len(iterations) + 1] == [("fit", 0), *iterations]
    assert sorted(recorder.ended) == sorted(recorder.began)
    assert recorder.ended[-1] == ("fit", 0)
    assert recorder.models[-1].score(X, y) == model.score(X, y)
    seen = recorder.models[model.n_iter_[0] - 1]
    np.testing.assert_allclose(seen.coef_, model.coef_, atol=5e-3)
    assert seen.predict_proba(X).shape == (90, n_classes)
    assert not recorder.starts[1].coef_.any()
    for k, start in enumerate(recorder.starts[2:]):  # each iteration starts where the last one ended
        np.testing.assert_array_equal(start.coef_, recorder.models[k].coef_)
    np.testing.assert_array_equal(recorder.rows[0][1], y)
    np.testing.assert_array_equal(recorder.rows[0][2]["sample_weight"], s)
    assert recorder.torn_down
    assert not [name for name in vars(model) if "callback" in name and name != "_skl_callbacks"]
    assert clone(model)._skl_callbacks == [recorder]


@pytest.mark.parametrize("C", [1.0, np.inf])
def test_a_callback_may_stop_the_training(C):
    X, y, s = weighted_problem(3)
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)  # who stops a training needs no warning
        model = LogisticRegression(C=C, solver="gd", tol=1e-8)
        model.set_callbacks(Recorder(("iteration", 4))).fit(X, y, s)
    assert model.n_iter_[0] == 5
    assert not model.converged_
    assert np.isfinite(model.objective_)
    with pytest.warns(ConvergenceWarning):
        alone = LogisticRegression(C=C, solver="gd", tol=1e-8, max_iter=5).fit(X, y, s)
    np.testing.assert_array_equal(model.coef_, alone.coef_)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("C", [1.0, np.inf])
@pytest.mark.parametrize("max_iter", [0, 1, 3])
def test_training_that_max_iter_ends(max_iter, C):
    X, y, s = weighted_problem(3)
    recorder = Recorder()
    parameters = {"C": C, "solver": "gd", "tol": 1e-12}
    LogisticRegression(max_iter=max_iter, **parameters).set_callbacks(recorder).fit(X, y, s)
    assert recorder.began == [("fit", 0), *(("iteration", k) for k in range(max_iter))]
    for k, seen in enumerate(recorder.models[:-1]):
        alone = LogisticRegression(max_iter=k + 1, **parameters).fit(X, y, s)  # at its end its weights sum to 0
        np.testing.assert_allclose(seen.coef_ - seen.coef_.mean(axis=0), alone.coef_, rtol=0, atol=1e-12)


def test_callbacks_are_torn_down_after_an_error():
    X, y, _ = weighted_problem(2)

    class Faulty(Recorder):
        def on_fit_task_begin(self, estimator, context):
            if context.task_name in ("iteration", "C"):
                raise RuntimeError("faulty")

    for model in (LogisticRegression(), LogisticRegressionCV(Cs=[1.0], cv=2)):
        before = model.fit(X, y).coef_
        recorder = Faulty()
        with pytest.raises(RuntimeError, match="faulty"):
            model.set_callbacks(recorder).fit(X, y)
        assert recorder.torn_down
        assert model.coef_ is before
        assert not hasattr(model, "_callback_fit_ctx")


@pytest.mark.parametrize("n_jobs", [None, 2])
@pytest.mark.parametrize("refit", [False, True])
def test_folds_and_candidates_are_tasks(n_jobs, refit):
    X, y, s = weighted_problem(3)
    recorder = Recorder()
    parameters = {"Cs": [0.1, 1.0], "l1_ratios": [0.0, 0.5], "cv": KFold(3), "n_jobs": n_jobs, "refit": refit}
    model = LogisticRegressionCV(**parameters, random_state=0).set_callbacks(recorder).fit(X, y, s)
    plain = LogisticRegressionCV(**parameters, random_state=0).fit(X, y, s)
    np.testing.assert_array_equal(model.coef_, plain.coef_)
    expected = [("fit", 0), *(("fold", k) for k in range(6)), *(("C", k) for k in range(2) for _ in range(6))]
    if refit:
        expected += [("refit", 6), *(("iteration", k) for k in range(len(model.history_["iteration"])))]
    assert set(expected) <= set(recorder.began)
    assert sorted(recorder.ended) == sorted(recorder.began)
    train = [rows for rows, _ in KFold(3).split(X)]
    for (name, _), fitted, (A, labels, metadata) in zip(recorder.ended, recorder.models, recorder.rows, strict=True):
        if name == "C":
            fold = next(k for k in range(3) if np.array_equal(labels, y[train[k]]) and A.shape[0] == len(train[k]))
            at = list(model.l1_ratios_).index(fitted.l1_ratio_), list(model.Cs_).index(fitted.C_)
            np.testing.assert_array_equal(fitted.coef_, model.coefs_paths_[(fold, *at)][:, :-1])
            np.testing.assert_array_equal(metadata["sample_weight"], s[train[fold]])
            assert fitted.predict(A).shape == labels.shape


def test_scikit_learns_own_callbacks_and_searches():
    X, y, _ = weighted_problem(2)
    monitor = callback.ScoringMonitor(scoring="neg_log_loss")
    model = LogisticRegression(solver="gd").set_callbacks(monitor).fit(X, y)
    log = [row for row in monitor.get_logs().data if row["task_name"] == "iteration"]
    assert len(log) >= model.n_iter_[0]
    assert log[0]["neg_log_loss"] < log[model.n_iter_[0] - 1]["neg_log_loss"]
    monitor = callback.ScoringMonitor(scoring="accuracy")
    search = GridSearchCV(LogisticRegression().set_callbacks(monitor), {"C": [0.1, 1.0]}, cv=2).fit(X, y)
    assert search.best_score_ > 0
    monitor = callback.ScoringMonitor(scoring="neg_log_loss")
    LogisticRegressionCV(Cs=[0.1, 1.0], cv=2).set_callbacks(monitor).fit(X, y)
    assert sum(row["task_name"] == "C" for row in monitor.get_logs().data) == 4
