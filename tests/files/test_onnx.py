"""Models as ONNX files: a runtime gives the probabilities that the model gives."""

import sys

import numpy as np
import pytest
from helpers.command_line import run

import fastlr
from fastlr.files import onnx

LABELS = {
    "two words": ["ham", "spam"],
    "three words": ["eggs", "ham", "späm"],
    "two numbers": [-1, 1],
    "three numbers": [5, 2**40, 7],
    "flags": [False, True],
    "whole floats": [1.0, 2.0, 4.0],
}


@pytest.fixture
def runtime():
    pytest.importorskip("skl2onnx")
    return pytest.importorskip("onnxruntime")


def outputs(runtime, path, X):
    session = runtime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return session.run(["label", "probabilities"], {"X": X.astype(np.float32)})


def draw(labels, n=40):
    rng = np.random.default_rng(0)
    codes = np.r_[: len(labels), rng.integers(0, len(labels), n - len(labels))]
    return rng.normal(size=(n, 6)) + codes[:, None], np.array(labels)[codes]


@pytest.mark.parametrize("labels", LABELS.values(), ids=LABELS)
def test_linear_models(runtime, tmp_path, labels):
    X, y = draw(labels)
    model = fastlr.SGDClassifier(random_state=0).fit(X, y)
    fastlr.save(model, tmp_path / "m.fastlr")
    said = run("convert", tmp_path / "m.fastlr", tmp_path / "m.onnx").stderr
    assert said.endswith("m.onnx: ONNX, of rows of 6 numbers\n")
    found, p = outputs(runtime, tmp_path / "m.onnx", X)
    assert found.tolist() == model.predict(X).tolist()
    np.testing.assert_allclose(p, model.predict_proba(X), rtol=0, atol=1e-5)


def test_sparse_weights_and_one_feature(runtime, tmp_path):
    X, y = draw([0, 1, 2])
    model = fastlr.SGDClassifier(penalty="l1", alpha=0.05, random_state=0).fit(X, y).sparsify()
    one = fastlr.LogisticRegression().fit(X[:, :1], y)
    for k, (fitted, rows) in enumerate([(model, X), (one, X[:, :1])]):
        onnx.write_onnx(fitted, tmp_path / f"{k}.onnx")
        np.testing.assert_allclose(
            outputs(runtime, tmp_path / f"{k}.onnx", rows)[1], fitted.predict_proba(rows), rtol=0, atol=1e-5
        )
    before = (tmp_path / "1.onnx").read_bytes()
    onnx.write_onnx(one, tmp_path / "1.onnx")
    assert (tmp_path / "1.onnx").read_bytes() == before


@pytest.mark.parametrize("labels", [["good", "bad"], ["good", "bad", "so-so"]])
def test_linear_part_of_models_of_texts(runtime, tmp_path, labels):
    texts = [f"{label} film and {word} plot" for label in labels for word in ("fine", "long", "good", "bad")] * 3
    model = fastlr.TextClassifier(validation_fraction=0.0).fit(texts, np.repeat(labels, 4).tolist() * 3)
    fastlr.save(model, tmp_path / "m.fastlr")
    said = run("convert", tmp_path / "m.fastlr", tmp_path / "m.onnx").stderr
    assert f"the linear part, of rows of {model.n_features_} hashed columns: ONNX cannot hash" in said
    rows = model.to_sklearn()[0].transform(texts).toarray()
    found, p = outputs(runtime, tmp_path / "m.onnx", rows)
    assert found.tolist() == model.predict(texts).tolist()
    np.testing.assert_allclose(p, model.predict_proba(texts), rtol=0, atol=1e-5)


def test_what_onnx_has_no_place_for(tmp_path, monkeypatch):
    pytest.importorskip("skl2onnx")
    model = fastlr.TextClassifier(validation_fraction=0.0).fit(["a b", "c d"] * 3, [1, 2] * 3)
    model.classes_ = np.array([1.0, 2.5])
    with pytest.raises(ValueError, match=r"must be strings or integers; found 2\.5"):
        onnx.write_onnx(model, tmp_path / "m.onnx")
    model.classes_ = np.array([1, 2**64 - 1], np.uint64)
    with pytest.raises(ValueError, match="fit into 64 bits"):
        onnx.write_onnx(model, tmp_path / "m.onnx")
    model.classes_ = np.array(["a", "b"])
    monkeypatch.setattr(onnx, "MAX_BYTES", 20)
    with pytest.raises(ValueError, match="can hold 20 bytes of weights; "):
        onnx.write_onnx(model, tmp_path / "m.onnx")
    assert not list(tmp_path.iterdir())


def test_without_skl2onnx_it_is_one_line(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "skl2onnx", None)
    fastlr.save(fastlr.LogisticRegression().fit([[0.0], [1.0]], [0, 1]), tmp_path / "m.fastlr")
    said = run("convert", tmp_path / "m.fastlr", tmp_path / "m.onnx", code=1).stderr
    assert said == "Error: ONNX needs skl2onnx: pip install 'fastlr[onnx]'.\n"
    assert not (tmp_path / "m.onnx").exists()


def test_options_of_texts_are_refused(tmp_path):
    for options in (["--label", "1"], ["--model", "other"], ["--no-header"], ["--skip-bad-lines"]):
        assert (
            "Only a model can be converted to ONNX" in run("convert", "m", tmp_path / "m.onnx", *options, code=2).stderr
        )
