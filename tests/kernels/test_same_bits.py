"""Every compiler's kernels, and every estimator on any of them, give the same bits."""

import contextlib
import functools
import itertools
import threading

import numpy as np
import pytest
from helpers import backends, random_labels, random_rows
from helpers.texts import SMALL, draw

from fastlr import LogisticRegression, SGDClassifier, duality_gap, kernels
from fastlr.kernels.backend import resolve_backend
from fastlr.kernels.bind import ENTRY_POINTS, entry_points
from fastlr.kernels.compilers import cython
from fastlr.kernels.compilers.python import bind_sources
from fastlr.kernels.kernel_set import KernelSet
from fastlr.solvers.stochastic import sgd
from fastlr.text import CountVectorizer, HashingVectorizer, TfidfTransformer
from fastlr.text.classifier import TextClassifier


def is_missing(backend):
    try:
        resolve_backend(backend)
    except ImportError:
        return True
    return False


pytestmark = [
    pytest.mark.filterwarnings("ignore:Training stopped", "ignore:Solver"),
    pytest.mark.skipif(any(p.marks for p in backends(compiled=True)), reason="compares the compiled backends"),
    pytest.mark.skipif(is_missing("numba") or is_missing("cython"), reason="compares Numba with Cython"),
]

TYPES = list(itertools.product((np.float32, np.float64), (np.int32, np.int64)))
PENALTIES = ("l2", "l1", "elasticnet")
EVERY_KERNEL = {name for group in ENTRY_POINTS.values() for name in group}


@functools.cache
def compilers():
    """The kernels of Numba, and those of Cython for the levels that were compiled and that this processor has."""
    kernel_sets = {"numba": kernels.load("numba"), "baseline": cython.load("log_loss", "baseline")}
    with contextlib.suppress(ImportError):
        kernel_sets["v3"] = cython.load("log_loss", "v3")
    return kernel_sets


def outcome(kernel, arguments):
    """What a kernel returns, and the arrays that it may write, after a call with copies of them."""
    copies = [a.copy() if isinstance(a, np.ndarray) and a.flags.writeable else a for a in arguments]
    result = kernel(*copies)
    return {"result": np.asarray(result, float)} | {
        i: a for i, a in enumerate(copies) if isinstance(a, np.ndarray) and a.flags.writeable
    }


def same(kernel_sets, name, *arguments):
    """Call a kernel of every compiler; return one outcome if all are the same to the bit."""
    compilers, kernels = zip(*kernel_sets.items(), strict=True)
    outcomes = [outcome(getattr(k, name), arguments) for k in kernels]
    for compiler, other in zip(compilers, outcomes, strict=True):
        for what, a in outcomes[0].items():
            if a.tobytes() != other[what].tobytes():
                np.testing.assert_array_equal(a, other[what], err_msg=f"{name}, {what}: {compilers[0]} and {compiler}")
                raise AssertionError(f"{name}, {what}: signs of zeros of {compilers[0]} and {compiler}")
    return outcomes[0]


def run_everywhere(kernel_sets, monkeypatch):
    """Run every kernel on every compiler, whatever the backend; return the set of those that will have been called."""
    called = set()
    one_at_a_time = threading.Lock()  # as they copy what another thread writes

    def call(name, *arguments):
        with one_at_a_time:
            called.add(name)
            (_, result), *written = same(kernel_sets, name, *arguments).items()
            for i, array in written:
                arguments[i][...] = array
            return result[()]

    entries = {name: functools.partial(call, name) for name in EVERY_KERNEL}
    monkeypatch.setattr(kernels, "_load", lambda *_: KernelSet("cython", "log_loss", entries, threads=True))
    return called


def problems(dtype, index=np.int32):
    """Random rows with some large values, labels of two, three and 20 classes, and weights."""
    for n_classes, weighted in itertools.product((2, 3, 20), (False, True)):
        X = random_rows(90, 30, 0.4, seed=n_classes, dtype=dtype, index=index)
        X.data[::17] *= 30
        s = np.random.default_rng(1).exponential(size=90) * (np.arange(90) % 7 != 0)
        yield X, random_labels(90, n_classes), s if weighted else None


SGD = [
    {"penalty": penalty, "batch_size": batch_size, "average": average}
    for penalty, batch_size, average in itertools.product((None, *PENALTIES), (1, 7, 100, "full"), (False, True))
]
ADAPTIVE = [
    {"optimizer": optimizer, "penalty": penalty, "batch_size": batch_size}
    for optimizer, penalty, batch_size in itertools.product(("adagrad", "ftrl"), PENALTIES, (1, 7))
]
THREADS = [{"penalty": penalty, "n_jobs": 2} for penalty in PENALTIES]
EXACT = [
    {"solver": "newton"},
    {"solver": "sdca"},
    {"solver": "sdca", "l1_ratio": 0.5},
    {"solver": "coordinate", "l1_ratio": 1.0},
    {"solver": "nesterov", "l1_ratio": 0.5},
]


def texts():
    """Documents, some words of which come often, and their labels."""
    documents, labels = draw(200)
    return [d + (" " + d.split()[0]) * (i % 40) for i, d in enumerate(documents)], labels


@pytest.mark.parametrize(("dtype", "index"), TYPES)
def test_kernels(monkeypatch, eager_threads, dtype, index):
    called = run_everywhere(compilers(), monkeypatch)
    for X, y, s in problems(dtype, index):
        for settings in SGD + ADAPTIVE + THREADS:
            SGDClassifier(max_iter=2, alpha=0.01, random_state=0, **settings).fit(X, y, sample_weight=s)
        with monkeypatch.context() as patch:
            patch.setattr(sgd, "LARGE_BATCH", 0)
            for settings in SGD:
                SGDClassifier(max_iter=2, alpha=0.01, random_state=0, **settings).fit(X, y, sample_weight=s)
        for settings in EXACT:
            model = LogisticRegression(max_iter=20, random_state=0, **settings).fit(X, y, sample_weight=s)
            model.predict_proba(X), model.predict_log_proba(X)
    documents, labels = texts()
    TextClassifier(**SMALL).fit(documents, labels)
    HashingVectorizer(dtype=dtype).transform(documents)
    counts = CountVectorizer(dtype=dtype).fit_transform(documents)
    for norm, sublinear in itertools.product((None, "l1", "l2"), (False, True)):
        TfidfTransformer(sublinear_tf=sublinear, norm=norm).fit_transform(counts)
    assert called == EVERY_KERNEL


@pytest.mark.parametrize("n_classes", [2, 4])
def test_the_source_as_cpython_runs_it(monkeypatch, eager_threads, n_classes):
    """In double precision."""
    interpreted = KernelSet("python", "log_loss", entry_points(bind_sources()), threads=False)
    run_everywhere({"python": interpreted, **compilers()}, monkeypatch)
    X, y = random_rows(20), random_labels(20, n_classes)
    for settings in SGD + ADAPTIVE + THREADS:
        SGDClassifier(max_iter=1, alpha=0.01, random_state=0, **settings).fit(X, y)
    for settings in EXACT:
        model = LogisticRegression(max_iter=3, random_state=0, **settings).fit(X, y)
        model.predict_proba(X), model.predict_log_proba(X)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n_outputs", [1, 4])
def test_scores_of_any_size(dtype, n_outputs):
    """Also those whose exponentials overflow, or vanish, or that are not numbers."""
    rng = np.random.default_rng(0)
    n, n_classes = 400, max(n_outputs, 2)
    scores = (rng.normal(size=(n, n_outputs)) * 10.0 ** rng.integers(-20, 4, (n, n_outputs))).astype(dtype)
    scores[:8, 0] = [0.0, -0.0, 1e30, -1e30, np.inf, -np.inf, 709.5, -744.5]
    labels = random_labels(n, n_classes).astype(np.int32)
    arguments = np.zeros(n_outputs), labels, np.empty(0), 0, n
    p = np.zeros((n, n_classes))
    with np.errstate(all="ignore"):
        out = same(
            compilers(),
            "losses_binary" if n_outputs == 1 else "losses_softmax",
            scores,
            *arguments,
            p,
            np.zeros(n_classes),
            np.zeros((0, n_classes)),
        )
    p = out[6]
    p[4:6] = np.eye(n_classes)[0]
    for share in (0.0, 1e-300, 0.3, 1.0):
        same(compilers(), "mixed_entropy", labels, np.empty(0), 0, n, share, p, np.zeros(100))


def fitted(model, X, y, s):
    """All numbers of a fitted model."""
    model.fit(X, y, sample_weight=s)
    gap = duality_gap(model, X, y, sample_weight=s) if isinstance(model, LogisticRegression) else ()
    predictions = model.predict_proba(X), model.predict_log_proba(X), model.decision_function(X.toarray())
    return model.coef_, model.intercept_, *predictions, np.array(gap), np.array(model.n_iter_)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_estimators(eager_threads, dtype):
    for X, y, s in problems(dtype):
        makes = [functools.partial(SGDClassifier, **settings) for settings in SGD + ADAPTIVE + THREADS]
        makes += [functools.partial(LogisticRegression, **settings) for settings in EXACT]
        for make in makes:
            one, other = (fitted(make(random_state=0, backend=name), X, y, s) for name in ("numba", "cython"))
            for a, b in zip(one, other, strict=True):
                assert a.tobytes() == b.tobytes(), make
