"""The READMEs' numbers are those of the stored results, and the races' judge agrees with the library's certificate."""

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from fastlr import LogisticRegression, duality_gap
from fastlr.datasets import make_bag_of_words

ROOT = Path(__file__).parents[1]
BENCHMARKS = ROOT / "benchmarks"

pytestmark = pytest.mark.skipif(not BENCHMARKS.exists(), reason="the benchmarks are not there")


def load(name):
    spec = importlib.util.spec_from_file_location(Path(name).name, BENCHMARKS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_readmes_are_written_from_the_results(tmp_path):
    shutil.copytree(BENCHMARKS / "results", tmp_path / "benchmarks" / "results")
    shutil.copy(ROOT / "README.md", tmp_path)
    subprocess.run(
        [sys.executable, BENCHMARKS / "write_readme.py"],
        env={**os.environ, "FASTLR_RESULTS": str(tmp_path / "benchmarks" / "results"), "PYTHONPATH": str(ROOT)},
        check=True,
    )
    for name in ("README.md", "benchmarks/README.md"):
        assert (tmp_path / name).read_text() == (ROOT / name).read_text()


@pytest.mark.parametrize("l1_ratio", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("n_classes", [2, 4])
def test_judge_agrees_with_the_certificate(n_classes, l1_ratio):
    gap = load("races/judge")
    X, y = make_bag_of_words(300, 400, n_classes=n_classes, mean_length=30, random_state=0)
    model = LogisticRegression(C=3.0, l1_ratio=l1_ratio, tol=1e-6, fit_intercept=False, random_state=0).fit(X, y)
    best = gap.primal(model.coef_.T, 0.0, X, y, 3.0, l1_ratio)
    model.coef_ = 0.9 * model.coef_  # some way from the optimum
    W = model.coef_.T
    objective, bound = gap.primal(W, 0.0, X, y, 3.0, l1_ratio), gap.dual(W, X, y, 3.0, l1_ratio)
    expected = duality_gap(model, X, y)
    np.testing.assert_allclose([objective / 900, bound / 900], [expected.primal, expected.dual], rtol=1e-9)
    assert bound < best < objective
