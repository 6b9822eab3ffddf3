"""`fastlr convert` of texts and of their models."""

import json
import pickle
import re

import numpy as np
import pytest
from helpers.command_line import WORDS, draw, refused, run, write_tsv

import fastlr


@pytest.mark.parametrize("name", ["out.tsv", "out.csv", "out.jsonl", "out.fasttext", "out.vw"])
def test_convert_texts_there_and_back(folder, name):
    run("convert", folder / "train.tsv", folder / name)
    run("convert", folder / name, folder / "back.tsv")
    assert (folder / "back.tsv").read_text() == (folder / "train.tsv").read_text()


def test_convert_texts_to_rows(folder):
    numbered = [(str(len(label)), text) for label, text in draw(40, ["fruit", "tool"])]
    write_tsv(folder / "numbered.tsv", numbered)
    run("convert", folder / "numbered.tsv", folder / "rows.svm", "--model", folder / "two.fastlr")
    run("convert", folder / "numbered.tsv", folder / "rows.store", "--model", folder / "two.fastlr")
    X, y = fastlr.read_svmlight(folder / "rows.svm")
    store = fastlr.open_store(folder / "rows.store")
    assert y.astype(int).astype(str).tolist() == store.labels().tolist() == [label for label, _ in numbered]
    assert abs(X - store.to_csr()[:, : X.shape[1]]).max() < 1e-6
    assert np.allclose(np.sqrt(X.multiply(X).sum(axis=1)), 1.0)
    assert "svmlight labels must be whole numbers" in refused("convert", folder / "two.tsv", folder / "x.svm", "-q")
    assert not (folder / "x.svm").exists()


@pytest.mark.parametrize("name", ["rows.svm", "rows.store", "rows.parquet"])
def test_hashed_words_are_rows_of_numbers(folder, name):
    """Which are trained on as such, and which no model of texts takes."""
    if name.endswith("parquet"):
        pytest.importorskip("pyarrow")
    source = write_tsv(folder / "rows.tsv", [("1", "plum"), ("2", "saw"), ("1", "pear")] * 5)
    run("convert", source, folder / name, "-q")
    run("train", folder / name, "-o", folder / "rows.fastlr", "-q", "--passes", "3", "--valid", "0")
    assert run("predict", folder / "rows.fastlr", folder / name, "-q").stdout.split() == ["1", "2", "1"] * 5
    assert "expected documents, but the file seems to hold numeric features" in refused(
        "predict", folder / "two.fastlr", folder / name, "-q"
    )


def test_convert_what_a_format_has_no_place_for(folder):
    source = write_tsv(folder / "odd.tsv", [("x", "__label__y plum"), ("y", "a:b|c"), ("x", "fig")])
    for name, texts in (("odd.fasttext", ["y plum", "a:b|c", "fig"]), ("odd.vw", ["__label__y plum", "a b c", "fig"])):
        run("convert", source, folder / name, "-q")
        run("convert", folder / name, folder / "back.tsv", "-q")
        lines = (folder / "back.tsv").read_text().splitlines()
        assert [line.partition("\t") for line in lines] == [
            (c, "\t", text) for c, text in zip("xyx", texts, strict=True)
        ]
    assert "labels must be whole numbers; found 'x'" in refused("convert", source, folder / "odd.svm", "-q")
    assert not (folder / "odd.svm").exists()
    assert "only a model can be converted to a scikit-learn pickle" in refused(
        "convert", source, folder / "odd.pkl", "-q"
    )


@pytest.mark.parametrize("name", ["odd.tsv", "odd.csv", "odd.jsonl", "odd.fasttext", "odd.vw"])
def test_what_is_converted_is_read_again(folder, name):
    """Whatever is in labels and texts: as many of them, and whole but for what there is no place for."""
    rows = [
        (f"a{mark}b", f"plum{mark}fig")
        for mark in ["\n", "\t", "\r", "\0", "|", ":", "'", ",", '"', "\f", "\u2028", "\x1d"]
    ]
    rows += [("'a", "'plum"), ("1,2", "1,2"), ("\n", "\n"), ("\0", "\0"), ("__label__a", "__label__b"), ('"', '"')]
    (folder / "odd.jsonl").write_text("".join(json.dumps({"label": c, "text": text}) + "\n" for c, text in rows))
    run("convert", folder / "odd.jsonl", folder / f"again.{name}", "-q")
    columns = ("--label", "1", "--text", "2") if name in ("odd.tsv", "odd.csv") else ()
    run("convert", folder / f"again.{name}", folder / "again.jsonl", "-q", *columns)
    found = [json.loads(line) for line in (folder / "again.jsonl").read_bytes().splitlines()]
    assert len(found) == len(rows)
    for (label, text), again in zip(rows, found, strict=True):
        assert len(again["label"]) == len(label)
        assert all(new in (old, "_") for new, old in zip(again["label"], label, strict=True))
        words = text.replace("__label__", " ") if name == "odd.fasttext" else text
        assert re.findall(r"\w+", again["text"]) == re.findall(r"\w+", words)
        if name in ("odd.csv", "odd.jsonl") and "\0" not in label:
            assert (again["label"], again["text"]) == (label, text)


def test_rows_of_svmlight_have_whole_numbers_as_labels(folder):
    for label in ("0.5", "1_0", "nan"):
        source = write_tsv(folder / "halves.tsv", [(label, "plum"), ("1", "saw")] * 4)
        said = refused("convert", source, folder / "halves.svm", "-q")
        assert f"svmlight labels must be whole numbers; found {label!r}" in said
        assert not (folder / "halves.svm").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("own.tsv own.tsv", "own.tsv: input and output are the same file"),
        ("own.tsv ./own.tsv --to jsonl", "input and output are the same file"),
        ("own.fastlr own.fastlr --to pickle", "input and output are the same file"),
        ("own.tsv own.fastlr --to svmlight --model own.fastlr", "the output would overwrite the model"),
    ],
)
def test_convert_takes_the_place_of_nothing_that_it_reads(folder, monkeypatch, arguments, said):
    monkeypatch.chdir(folder)
    write_tsv(folder / "own.tsv", [("1", "plum"), ("2", "saw")] * 4)
    (folder / "own.fastlr").write_bytes((folder / "two.fastlr").read_bytes())
    before = [(folder / name).read_bytes() for name in ("own.tsv", "own.fastlr")]
    assert said in refused("convert", *arguments.split(), "-q")
    assert [(folder / name).read_bytes() for name in ("own.tsv", "own.fastlr")] == before


@pytest.mark.parametrize("name", ["model", "two"])
def test_convert_model_to_scikit_learn(folder, name):
    said = run("convert", folder / f"{name}.fastlr", folder / "model.pkl").stderr
    assert said.endswith("model.pkl: a scikit-learn pickle, a pipeline\n")
    pipeline = pickle.loads((folder / "model.pkl").read_bytes())
    rows = [(label, text) for label, text in draw(20, WORDS, seed=8)]
    texts = [text for _, text in rows]
    model = fastlr.load(folder / f"{name}.fastlr")
    assert pipeline.predict(texts).tolist() == model.predict(texts).tolist()
    new = write_tsv(folder / "pickled.tsv", rows)
    _, *said = run("predict", folder / f"{name}.fastlr", new, "--text", "2", "--proba").stdout.splitlines()
    printed = [[float(p) for p in line.split("\t")] for line in said]
    assert np.allclose(pipeline.predict_proba(texts), printed, rtol=0, atol=1e-5)


def test_convert_linear_model_to_scikit_learn(folder):
    X = np.random.default_rng(0).normal(size=(30, 4))
    model = fastlr.SGDClassifier(random_state=0).fit(X, X.argmax(axis=1))
    fastlr.save(model, folder / "linear.fastlr")
    run("convert", folder / "linear.fastlr", folder / "linear.pkl")
    theirs = pickle.loads((folder / "linear.pkl").read_bytes())
    np.testing.assert_allclose(theirs.predict_proba(X), model.predict_proba(X), rtol=0, atol=1e-12)
