"""The wait before a first result, measured in processes of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "fastlr"]

# The estimator is imported within the time: so is what it requires.
FIRST_FIT = """
import json, time
import scipy.sparse as sp
X = sp.random(1000, 500, 0.05, format="csr", random_state=0)
begun = time.perf_counter()
{make}
model.fit(X, [0, 1] * 500)
fitted = time.perf_counter()
model.predict(X)
print(json.dumps(dict(fit=fitted - begun, predict=time.perf_counter() - fitted)))
"""
ESTIMATORS = {
    "SGDClassifier": "from fastlr import SGDClassifier; model = SGDClassifier(random_state=0)",
    "LogisticRegression": "from fastlr import LogisticRegression; model = LogisticRegression()",
    "scikit-learn SGDClassifier": (
        "from sklearn.linear_model import SGDClassifier; model = SGDClassifier(loss='log_loss', random_state=0)"
    ),
    "scikit-learn LogisticRegression": (
        "from sklearn.linear_model import LogisticRegression; model = LogisticRegression(solver='liblinear')"
    ),
}
COUNT_COMPILED = """
import json
from numba.core import event
with event.install_recorder("numba:compile") as recorder:
{code}
print(json.dumps(sum(item.is_start for _, item in recorder.buffer)))
"""
IMPORT = "import json, time, numpy; begun = time.perf_counter(); import fastlr; print(time.perf_counter() - begun)"


def _environment(added: dict[str, str]) -> dict[str, str]:
    """Return this process's environment and more; Python may keep compiled modules, as it does for users."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"} | added


def run_python(code: str, **environment: str) -> object:
    """Run code in a process of its own; return what its last line of output says in JSON."""
    child = subprocess.run(
        [sys.executable, "-c", code],
        env=_environment(environment),
        capture_output=True,
        text=True,
        check=True,
        timeout=250,
    )
    return json.loads(child.stdout.splitlines()[-1])


def seconds_of_import() -> float:
    """Return what ``import fastlr`` adds to the import of NumPy."""
    return run_python(IMPORT)


def seconds_of_command(*arguments: object, **environment: str) -> float:
    """Return the seconds of one run of the command ``fastlr``, from the start of its process to the end."""
    begun = time.perf_counter()
    subprocess.run([*COMMAND, *map(str, arguments)], env=_environment(environment), check=True, capture_output=True)
    return time.perf_counter() - begun


def first_fit(estimator: str, backend: str = "auto", cache: str = "") -> dict[str, float]:
    """Return the seconds of the first fit, the import included, and of the first prediction.

    ``cache`` is the folder where Numba keeps what it compiled.
    """
    code = FIRST_FIT.format(make=ESTIMATORS[estimator])
    return run_python(code, FASTLR_BACKEND=backend, NUMBA_CACHE_DIR=cache)


def count_compiled(estimator: str) -> int:
    """Return how many functions Numba compiles for a first fit and prediction."""
    code = FIRST_FIT.format(make=ESTIMATORS[estimator])
    code = COUNT_COMPILED.format(code="".join(f"    {line}\n" for line in code.splitlines()))
    with tempfile.TemporaryDirectory() as cache:
        return run_python(code, FASTLR_BACKEND="numba", NUMBA_CACHE_DIR=cache)


def build_wheel() -> tuple[float, float]:
    """Build the wheel of the working tree; return the seconds and its size in megabytes.

    The tree is copied without what is ignored, so that nothing is there yet. pip downloads what the build requires
    unless it has it.
    """
    with tempfile.TemporaryDirectory() as folder:
        files = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            check=True,
            capture_output=True,
        ).stdout
        subprocess.run(["tar", "-cf", f"{folder}/tree.tar", "--null", "-T", "-"], cwd=ROOT, input=files, check=True)
        os.mkdir(f"{folder}/tree")
        subprocess.run(["tar", "-xf", f"{folder}/tree.tar", "-C", f"{folder}/tree"], check=True)
        begun = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", folder, f"{folder}/tree"],
            check=True,
            capture_output=True,
        )
        seconds = time.perf_counter() - begun
        (wheel,) = Path(folder).glob("*.whl")
        return seconds, wheel.stat().st_size / 1e6
