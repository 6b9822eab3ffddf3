"""Pickles made before the modules moved into packages still load, predict the same and go on training."""

import importlib
import json
import pickle
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp

import fastlr
from fastlr import solvers
from fastlr.kernels.backend import resolve_backend
from fastlr.persistence import legacy_pickles

GOLDEN = Path(__file__).parent / "golden"
EXPECTED = json.loads((GOLDEN / "expected.json").read_text())
X, y, PROBE = sp.csr_matrix(EXPECTED["X"]), np.array(EXPECTED["y"]), np.array(EXPECTED["probe"])


def predictions(name, model):
    if name.endswith("_stream"):  # what a stream depends on is in the pickle too
        return model.partial_fit(X, y).predict_proba(PROBE)
    if name.startswith("text_"):
        return model.predict_proba(["good plot"])
    if name.endswith("vectorizer"):
        return model.transform(["good bad plot"]).toarray()
    return model.transform(PROBE).toarray() if name == "tfidftransformer" else model.predict_proba(PROBE)


@pytest.mark.parametrize("name", EXPECTED["predictions"])
def test_a_pickle_of_the_flat_modules_loads_and_predicts_the_same(name):
    pytest.importorskip("numpy._core", reason="the pickles are of NumPy 2, whose arrays NumPy 1.25 cannot read")
    backend = name.split("_")[0]
    if backend in ("numba", "cython"):
        try:
            resolve_backend(backend)
        except ImportError as error:
            pytest.skip(str(error))
    model = pickle.loads((GOLDEN / f"{name}.pkl").read_bytes())
    first = model[0] if name == "text_pipeline" else model
    assert type(first).__module__.count(".") >= 2  # it is of the class in its new place
    np.testing.assert_allclose(predictions(name, model), EXPECTED["predictions"][name], rtol=1e-12)


def test_parameters_that_came_later_have_their_defaults(tmp_path):
    pytest.importorskip("numpy._core", reason="the pickles are of NumPy 2, whose arrays NumPy 1.25 cannot read")
    model = pickle.loads((GOLDEN / "text_classifier.pkl").read_bytes())
    assert {name: model.get_params()[name] for name in ("analyzer", "class_weight")} == {
        "analyzer": "word",
        "class_weight": None,
    }
    fastlr.save(model, tmp_path / "model")
    again, texts = fastlr.load(tmp_path / "model"), ["good C++ plot!", "😀 bad"]
    np.testing.assert_array_equal(again.predict_proba(texts), model.predict_proba(texts))


@pytest.mark.parametrize("old", legacy_pickles.MOVED)
def test_every_old_name_is_found(old):
    module, name = old
    found = legacy_pickles.find_moved(module, name)
    assert (found.__module__, found.__qualname__) == legacy_pickles.MOVED[old]


def test_other_old_names_are_not():
    with pytest.raises(AttributeError, match=r"'fastlr\.solvers' has no attribute 'nonsense'"):
        solvers.nonsense  # noqa: B018
    with pytest.raises(ImportError, match="no_such_module"):
        importlib.import_module("fastlr.no_such_module")
