"""Choosing a backend; what importing fastlr costs; packaging."""

import os
import subprocess
import sys
import threading
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest
from helpers import backends

import fastlr
from fastlr import SGDClassifier
from fastlr.kernels.backend import resolve_backend
from fastlr.kernels.compilers import python as python_compiler
from fastlr.kernels.compilers.python import bind_sources
from fastlr.kernels.sources.losses import log_loss


@pytest.fixture(autouse=True)
def clean(monkeypatch):
    from fastlr.kernels import backend

    monkeypatch.delenv("FASTLR_BACKEND", raising=False)
    monkeypatch.setattr(backend, "_chosen", None)


def test_the_order_of_precedence(monkeypatch):
    assert fastlr.get_backend() == "auto"
    monkeypatch.setenv("FASTLR_BACKEND", "numpy")
    assert fastlr.get_backend() == "numpy"
    fastlr.set_backend("cython")
    assert fastlr.get_backend() == "cython"
    with fastlr.use_backend("numba"):
        assert fastlr.get_backend() == "numba"
        with fastlr.use_backend("numpy"):
            assert fastlr.get_backend() == "numpy"
            assert SGDClassifier(max_iter=1).fit([[0.0], [1.0]], [0, 1]).backend_ == "numpy"
        assert fastlr.get_backend() == "numba"
    assert fastlr.get_backend() == "cython"


@pytest.mark.parametrize("name", backends())
def test_an_estimators_own_backend_comes_first(name):
    with fastlr.use_backend("numpy" if name != "numpy" else "auto"):
        assert SGDClassifier(max_iter=1, backend=name).fit([[0.0], [1.0]], [0, 1]).backend_ == name


def test_use_backend_is_for_its_thread_alone():
    seen = []
    with fastlr.use_backend("numpy"):
        thread = threading.Thread(target=lambda: seen.append(fastlr.get_backend()))
        thread.start()
        thread.join()
    assert seen == ["auto"]


def test_unknown_names(monkeypatch):
    for call in (fastlr.set_backend, resolve_backend):
        with pytest.raises(ValueError, match=r"backend must be one of 'auto', .* got 'cuda'"):
            call("cuda")
    with pytest.raises(ValueError, match="got 'cuda'"), fastlr.use_backend("cuda"):
        pass
    monkeypatch.setenv("FASTLR_BACKEND", "cuda")
    with pytest.raises(ValueError, match="environment variable FASTLR_BACKEND must be one of"):
        SGDClassifier(max_iter=1).fit([[0.0], [1.0]], [0, 1])


@pytest.mark.parametrize("name", [["cython"], {}, 3])
def test_what_is_not_a_name(name):
    for call in (fastlr.set_backend, resolve_backend):
        with pytest.raises(ValueError, match="backend must be one of"):
            call(name)


def test_a_missing_backend_says_what_to_install(monkeypatch):
    from fastlr.kernels import backend

    monkeypatch.setattr(backend, "_why_missing", lambda name: f"no {name} here")
    with pytest.raises(ImportError, match=r"no cython here.*a C compiler.*no numba here.*pip install numba"):
        resolve_backend("auto")
    with pytest.raises(ImportError, match="install it with: pip install numba"):
        SGDClassifier(backend="numba").fit([[0.0], [1.0]], [0, 1])
    assert resolve_backend("numpy") == "numpy"
    monkeypatch.setattr(backend, "_why_missing", lambda name: "gone" if name == "cython" else None)
    assert resolve_backend("auto") == "numba"
    monkeypatch.setattr(backend, "_why_missing", lambda name: None)
    assert resolve_backend("auto") == "cython"  # it is ready


def run(code, **environment):
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env={**os.environ, **environment}
    )


def test_importing_is_light():
    result = run(
        "import fastlr, sys; fastlr.SGDClassifier; fastlr.set_backend\n"
        "print(sorted({'numba', 'matplotlib', 'tqdm'} & set(sys.modules)))"
    )
    assert result.stdout.strip() == "[]", result.stderr
    assert run("import fastlr, sys; print('sklearn' in sys.modules)").stdout.strip() == "False"


def test_an_unwritable_cache_directory_is_survived(tmp_path):
    if os.environ.get("FASTLR_BACKEND", "auto") not in ("auto", "numba"):
        pytest.skip("numba is not being tested")
    pytest.importorskip("numba")
    result = run(
        "from numba.core import caching\n"
        "caching.CacheImpl._locator_classes = []\n"
        "import fastlr; print(fastlr.SGDClassifier(max_iter=1, backend='numba').fit([[0.], [1.]], [0, 1]).coef_.shape)"
    )
    assert result.stdout.strip() == "(1, 1)", result.stderr


def test_version_and_types():
    assert fastlr.__version__ == version("fastlr")
    assert (np.array([(__import__("pathlib").Path(fastlr.__file__).parent / "py.typed").exists()])).all()
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        fastlr.nonsense  # noqa: B018
    assert set(fastlr.__all__) <= set(dir(fastlr))


def test_a_change_in_any_kernel_source_renames_them_all_for_numbas_cache(monkeypatch, tmp_path):
    """A cached kernel holds the code of functions in other files, whose change Numba would not notice."""

    def name():
        return bind_sources().sgd_binary.__qualname__

    before = name()
    assert name() == before
    changed = tmp_path / "log_loss.py"
    changed.write_text(Path(log_loss.__file__).read_text() + "\n")
    monkeypatch.setattr(log_loss, "__file__", str(changed))
    assert name() != before


def test_a_change_in_the_primitives_of_a_compiler_renames_its_kernels(monkeypatch, tmp_path):
    before = bind_sources().sgd_binary.__qualname__
    folder = Path(python_compiler.__file__).parent
    for file in folder.glob("*.py"):
        (tmp_path / file.name).write_text(file.read_text() + ("\n" if file.name == "numpy.py" else ""))
    monkeypatch.setattr(python_compiler, "__file__", str(tmp_path / "python.py"))
    assert bind_sources().sgd_binary.__qualname__ != before
