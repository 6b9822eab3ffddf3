"""Compiling the kernels ahead of their first use."""

import os
import subprocess
import sys
import textwrap

import pytest

import fastlr
from fastlr import compilation, kernels
from fastlr.kernels.bind import ENTRY_POINTS

# Compiles the kernels for one of the sets of types, as all of them would take a minute.
WARMUP = """
import numpy as np
from fastlr import compilation

compilation.TYPES = ((np.float64, np.int32),)
print(compilation.warmup("numba", verbose=0).cache)
"""

# Other parameters, estimators and data than those that the kernels are compiled with.
OTHER_USES = """
import warnings
import numpy as np
import scipy.sparse as sp
import fastlr

warnings.simplefilter("ignore")
y = np.arange(90) % 3
X = sp.random(90, 40, 0.2, format="csr", random_state=0)
for labels in (y, y > 0):
    for settings in (
        dict(penalty="elasticnet", early_stopping=True),
        dict(penalty="l1", average=7, batch_size=16),
        dict(penalty=None, optimizer="ftrl", learning_rate="constant", eta0=0.1, class_weight="balanced"),
    ):
        model = fastlr.SGDClassifier(max_iter=3, **settings).fit(X, labels, sample_weight=1.0 + y)
        model.predict_proba(X.toarray())
        model.score(X, labels)
    fastlr.SGDClassifier().partial_fit(X[:50], labels[:50], np.unique(labels)).partial_fit(X, labels)
    fastlr.SGDClassifier(batch_size="full", penalty="l1", tol=0.1).fit(X, labels)
    for settings in (dict(), dict(l1_ratio=1.0), dict(l1_ratio=0.5, C=0.1), dict(solver="lbfgs")):
        exact = fastlr.LogisticRegression(**settings).fit(X, labels, sample_weight=1.0 + y)
        exact.predict(X)
    fastlr.duality_gap(exact, X, labels)
fastlr.LogisticRegressionCV(Cs=3, cv=2).fit(X, y).predict(X)
fastlr.regularization_path(X, y, Cs=3, l1_ratio=1.0)
texts = ["one good day", "two bad days", "three more"] * 30
classifier = fastlr.TextClassifier(ngrams=1).fit(texts, y > 0, sample_weight=1.0 + y)
classifier.predict_proba(texts)
words = [f"w{i % 40} w{i % 7}" for i in range(600)]
on_disk = fastlr.TextClassifier(ngrams=1, n_features=2**12, memory=3000, alpha=1e-6)
on_disk.fit_stream([(words, [i % 40 < 20 for i in range(600)])])
fastlr.text.HashingVectorizer(analyzer="char_wb", ngram_range=(2, 4)).fit_transform(texts)
counts = fastlr.text.CountVectorizer(dtype=np.float64).fit_transform(texts)
fastlr.text.TfidfTransformer(norm="l1").fit_transform(counts)
"""

FIRST_FIT = """
import fastlr
fastlr.SGDClassifier(backend="numba").fit([[0.0], [1.0]] * 9, [0, 1] * 9).predict([[1.0]])
"""

# Prints the names of the functions that code compiles.
COMPILED = """
from numba.core import event

with event.install_recorder("numba:compile") as recorder:
{code}
print(sorted({{item.data["dispatcher"].py_func.__name__ for _, item in recorder.buffer}}))
"""


def start(code, **environment):
    return subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
    )


def compiled_by(code, **environment):
    """The names of the functions that code compiles in a process of its own."""
    return run(COMPILED.format(code=textwrap.indent(code, "    ")), **environment)


def run(code, **environment):
    with start(code, **environment) as process:
        output, error = process.communicate()
    assert process.returncode == 0, error
    return output.strip()


@pytest.fixture
def compiling(compiled):
    """A backend that compiles at run time."""
    if not kernels.load(compiled).compiles:
        pytest.skip(f"{compiled} compiles nothing at run time")
    return compiled


def test_afterwards_no_process_compiles_anything(compiling, tmp_path):
    environment = {"NUMBA_CACHE_DIR": str(tmp_path), "FASTLR_BACKEND": compiling}
    assert run(WARMUP, **environment).startswith(str(tmp_path))
    assert compiled_by(OTHER_USES, **environment) == "[]"


@pytest.mark.filterwarnings("ignore")
def test_every_kernel_is_called(compiled, monkeypatch):
    called = set()
    load = kernels.load

    class Recorder:
        def __init__(self, *args):
            self.kernels = load(*args)

        def __getattr__(self, name):
            called.add(name)
            return getattr(self.kernels, name)

    monkeypatch.setattr(kernels, "load", Recorder)
    for use in compilation._uses(compiled):
        use()
    assert called >= {name for names in ENTRY_POINTS.values() for name in names}


def test_backends_that_compile_nothing_at_run_time(backend):
    if not kernels.load(backend).compiles:
        assert fastlr.warmup(backend) == (backend, False, None, 0.0)


@pytest.mark.parametrize("verbose", [0, 1])
def test_progress(compiling, verbose, monkeypatch, capsys):
    monkeypatch.setattr(compilation, "_uses", lambda backend: iter([lambda: None] * 7))
    fastlr.warmup(compiling, verbose=verbose)
    assert ("7.00/7.00" in capsys.readouterr().err) == bool(verbose)


def test_without_a_cache_directory(compiling):
    said = run(
        "import warnings\n"
        "from numba.core import caching\n"
        "caching.CacheImpl._locator_classes = []\n"  # as if none were writable
        "import fastlr\n"
        "from fastlr import compilation\n"
        "compilation._uses = lambda backend: []\n"
        "with warnings.catch_warnings(record=True) as caught:\n"
        "    print(fastlr.warmup('numba', verbose=0).cache)\n"
        "print(*[warning.message for warning in caught])"
    )
    assert said.startswith("None\nNo cache directory is writable")


def test_processes_that_fill_the_same_cache(compiling, tmp_path):
    cache = {"NUMBA_CACHE_DIR": str(tmp_path)}
    for process in [start(FIRST_FIT, **cache) for _ in range(3)]:
        assert process.communicate()[1] == ""
        assert process.returncode == 0
    assert compiled_by(FIRST_FIT, **cache) == "[]"


def test_numba_is_told_to_compile_nothing(compiling):
    without = {"NUMBA_DISABLE_JIT": "1"}
    predict = FIRST_FIT.replace("fastlr.SGD", "print(fastlr.SGD").replace("[[1.0]])", "[[1.0]]))")
    assert run(predict, **without) == "[1]"
    assert run("import fastlr\nprint(fastlr.warmup('numba').compiles)", **without) == "False"
