"""Several threads: predictions, full batches, refusals, errors, and nothing left running."""

import copy
import signal
import time

import numpy as np
import pytest
from helpers import assert_same_bits, random_labels, random_rows
from joblib import Parallel, delayed

from fastlr import LogisticRegression, SGDClassifier
from fastlr.solvers.stochastic import local_sgd
from fastlr.utils import time_slices as pace_module

pytestmark = pytest.mark.usefixtures("no_thread_is_left")


@pytest.mark.parametrize("n_classes", [2, 3])
def test_predictions_do_not_depend_on_threads(compiled, eager_threads, n_classes):
    X, y = random_rows(500), random_labels(500, n_classes)
    for model in (SGDClassifier(max_iter=2, random_state=0, backend=compiled), LogisticRegression(backend=compiled)):
        model.fit(X, y)
        expected = model.decision_function(X), model.predict(X), model.predict_proba(X), model.predict_log_proba(X)
        for n_jobs in (2, 3, -1):
            model.set_params(n_jobs=n_jobs)
            found = model.decision_function(X), model.predict(X), model.predict_proba(X), model.predict_log_proba(X)
            for one, other in zip(found, expected, strict=True):
                np.testing.assert_array_equal(one, other)
            model.decision_function(X[:1])  # fewer rows than threads


@pytest.mark.parametrize("n_classes", [2, 4])
@pytest.mark.parametrize("penalty", ["l2", "elasticnet"])
def test_full_batches_in_threads(compiled, eager_threads, penalty, n_classes):
    X, y = random_rows(400), random_labels(400, n_classes)
    model = SGDClassifier(batch_size="full", penalty=penalty, max_iter=20, tol=1e-12, backend=compiled)
    with pytest.warns(UserWarning, match="max_iter"):
        alone = copy.deepcopy(model).fit(X, y)
    for n_jobs in (2, 3):
        for _ in range(2):
            with pytest.warns(UserWarning, match="max_iter"):
                model.set_params(n_jobs=n_jobs).fit(X, y)
            np.testing.assert_allclose(model.coef_, alone.coef_, atol=1e-12)
            np.testing.assert_allclose(model.history_["training_loss"], alone.history_["training_loss"], atol=1e-12)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"average": True}, "average=True supports only n_jobs=None"),
        ({"average": True, "deterministic": False}, "average=True supports only n_jobs=None"),
        ({"optimizer": "ftrl", "deterministic": False}, "optimizer='ftrl' supports only n_jobs=None"),
        ({"deterministic": "no"}, "deterministic"),
        ({"average": 10, "n_jobs": 3}, r"average=10 supports only n_jobs=None \(one thread\); got 3"),
        ({"optimizer": "adagrad"}, "optimizer='adagrad' supports only n_jobs=None"),
        ({"optimizer": "ftrl"}, "optimizer='ftrl' supports only n_jobs=None"),
        ({"n_jobs": 0}, "n_jobs must not be 0"),
        ({"n_jobs": 1.5}, "n_jobs"),
    ],
)
def test_what_one_thread_must_do_is_refused(compiled, parameters, message):
    X, y = random_rows(), random_labels(60, 2)
    model = SGDClassifier(**{"n_jobs": 2, "backend": compiled, **parameters})
    for fit in (model.fit, lambda X, y: model.partial_fit(X, y, classes=[0, 1])):
        with pytest.raises(ValueError, match=message):
            fit(X, y)
        assert not hasattr(model, "classes_")


@pytest.mark.parametrize("parameters", [{"average": True}, {"optimizer": "ftrl"}])
def test_a_stream_of_one_thread_refuses_more(compiled, eager_threads, parameters):
    X, y = random_rows(), random_labels(60, 2)
    model = SGDClassifier(backend=compiled, **parameters).partial_fit(X, y, classes=[0, 1]).set_params(n_jobs=2)
    with pytest.raises(ValueError, match="supports only n_jobs=None"):
        model.partial_fit(X, y)
    assert model.t_ == 60


def test_the_naive_path_refuses_threads():
    with pytest.raises(ValueError, match="backend='numpy' supports only n_jobs=None"):
        SGDClassifier(n_jobs=2, backend="numpy").fit(random_rows(), random_labels(60, 2))


@pytest.mark.parametrize("deterministic", [True, False])
def test_divergence_in_a_thread_is_that_of_the_fit(compiled, eager_threads, deterministic):
    X, y = random_rows(600), random_labels(600, 2)
    X.data[-1] = 1e300
    model = SGDClassifier(
        n_jobs=2, deterministic=deterministic, max_iter=2, eta0=1e200, learning_rate="constant", backend=compiled
    )
    with pytest.raises(ValueError, match="Training diverged"):
        model.fit(X, y)
    assert not hasattr(model, "classes_")


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("penalty", ["l2", "l1"])
@pytest.mark.parametrize("deterministic", [True, False])
def test_ctrl_c_keeps_what_the_threads_have_done(
    compiled, eager_threads, ctrl_c, monkeypatch, n_classes, penalty, deterministic
):
    X, y = random_rows(3000), random_labels(3000, n_classes)
    monkeypatch.setattr(pace_module.TimeSlices, "__init__", lambda self: setattr(self, "rows", 7))
    model = SGDClassifier(
        n_jobs=2, deterministic=deterministic, max_iter=50, penalty=penalty, random_state=0, backend=compiled
    )
    copy.deepcopy(model).fit(X[:100], y[:100])  # compiles the kernels
    run, n_calls = local_sgd.LazySGD.run, []

    def slow(*args):
        n_calls.append(1)
        if len(n_calls) == 20:
            signal.raise_signal(signal.SIGINT)
        time.sleep(0.001)
        return run(*args)

    monkeypatch.setattr(local_sgd.LazySGD, "run", slow)
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, y)
    assert 100 < model.t_ < 50 * 3000
    assert len(n_calls) < 50
    assert np.isfinite(model.predict_proba(X)).all()
    assert model.coef_.any()


def test_fits_in_threads_within_threads(compiled, eager_threads):
    X, y = random_rows(600), random_labels(600, 2)
    model = SGDClassifier(n_jobs=2, max_iter=2, random_state=0, backend=compiled).fit(X, y)
    with Parallel(n_jobs=2, backend="threading") as parallel:
        for other in parallel(delayed(lambda: copy.deepcopy(model).fit(X, y))() for _ in range(4)):
            assert_same_bits(other, model)
