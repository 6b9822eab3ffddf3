"""Features with values, weights of texts, and Vowpal Wabbit's lines, which have both."""

import itertools
import json
import math

import numpy as np
import pytest
from helpers.command_line import refused, run

import fastlr
from fastlr.text import Documents, Hasher
from fastlr.text.classifier import TextClassifier
from fastlr.text.corpus import chunked, hash_rows
from fastlr.text.document_source import scaled_weights
from fastlr.text.ngrams import column_of, hash_word
from fastlr.text.valued_documents import ValuedDocuments
from fastlr.training.holdout import hold_out
from fastlr.training.penalty_search import training_weight

HASHER = Hasher(ngram_range=(1, 2), n_features=2**12, signed=False, weighting="log", norm=None, dtype=np.float32)
SMALL = {"n_features": 2**12, "n_threads": 1, "max_iter": 4, "alpha": 1e-6}


def column(word):
    return column_of(hash_word(word), HASHER.n_features)


def valued(texts, features):
    """Texts with features of each, a list of pairs a text."""
    pairs = [(row, name, value) for row, own in enumerate(features) for name, value in own]
    rows, names, values = zip(*pairs, strict=True)
    return ValuedDocuments(
        Documents.from_texts(texts), Documents.from_texts(names), np.array(rows), np.array(values, np.float32)
    )


def test_values_by_hand(backend):
    """Words count 1 + log(count), values as they are; of one name they add up, and what adds up to 0 is gone."""
    documents = valued(["a a b", "", "b"], [[("a", 0.5), ("C", -2.0), ("c", 3.0)], [("x", 7.0)], [("b", -1.0)]])
    indptr, indices, data = hash_rows(HASHER, documents, backend)
    rows = [dict(zip(indices[a:b].tolist(), data[a:b].tolist(), strict=True)) for a, b in itertools.pairwise(indptr)]
    first = {column("a"): 1.5 + math.log(2), column("b"): 1.0, column("c"): 1.0}
    assert {key: rows[0][key] for key in first} == pytest.approx(first)
    assert len(rows[0]) == len(first) + 2  # "a a" and "a b"
    assert rows[1:] == [{column("x"): 7.0}, {}]
    assert (indptr.dtype, indices.dtype, data.dtype) == (np.int32, np.int32, np.float32)


def test_parts_are_the_rows_of_the_whole(monkeypatch, backend):
    documents = valued(["a b", "c", "", "d e f"] * 5, [[("x", 1.0)], [], [("y", 2.0), ("x", 3.0)], []] * 5)
    whole = hash_rows(HASHER, documents, backend)
    monkeypatch.setattr("fastlr.text.corpus.CHUNK_BYTES", 7)
    parts = [hash_rows(HASHER, part, backend) for part in chunked(documents)]
    assert len(parts) > 3
    assert np.array_equal(np.concatenate([np.diff(part[0]) for part in parts]), np.diff(whole[0]))
    for k in (1, 2):
        assert np.array_equal(np.concatenate([part[k] for part in parts]), whole[k])


def test_a_name_is_one_word(backend):
    with pytest.raises(ValueError, match="not one word"):
        hash_rows(HASHER, valued(["a"], [[("two words", 1.0)]]), backend)


def test_backends_make_the_same_rows(backend):
    rng = np.random.default_rng(0)
    texts = [" ".join(rng.choice(list("abcdefgh"), 5)) for _ in range(30)]
    features = [[(f"x{j}", rng.normal()) for j in range(rng.integers(1, 4))] for _ in texts]
    documents, y = valued(texts, features), np.arange(30) % 2
    models = [
        TextClassifier(**SMALL, validation_fraction=0, backend=one).fit(documents, y) for one in ("numpy", backend)
    ]
    assert np.allclose(*(model.predict_proba(documents) for model in models), atol=1e-4)


def test_weights_are_those_of_the_objective(backend):
    """A text with three times the weight in one class as in the other has about 3/4 of the probability in it."""
    texts, y = ["a b", "a b", "c"] * 40, [1, 0, 0] * 40
    weights = np.array([3.0, 1.0, 1.0] * 40)
    fit = TextClassifier(**{**SMALL, "max_iter": 20}, validation_fraction=0, backend=backend).fit
    p = fit(texts, y, sample_weight=weights).predict_proba(["a b", "c"])[:, 1]
    assert p[0] == pytest.approx(0.75, abs=0.1)
    assert p[1] < 0.1
    for scale in (1000, 1e-320, 1e300):
        same = fit(texts, y, sample_weight=scale * weights).predict_proba(["a b", "c"])[:, 1]
        np.testing.assert_allclose(same, p, rtol=1e-2)  # 1e-320 has three digits


def test_streams_may_have_weights():
    texts, y, weights = ["a b", "c d", "a c", "b d"] * 20, [0, 1, 0, 1] * 20, np.arange(80.0)
    weights[:30] = 1.0
    model = TextClassifier(**SMALL)
    whole = model.fit(texts, y, sample_weight=weights).predict_proba(texts)
    batches = [(texts[:30], y[:30]), (texts[30:50], y[30:50], weights[30:50]), (texts[50:], y[50:], weights[50:])]
    assert np.array_equal(model.fit_stream(batches).predict_proba(texts), whole)


def test_the_accuracy_is_weighted():
    model = TextClassifier(**SMALL, validation_fraction=0).fit(["a", "b"] * 9, [0, 1] * 9)
    assert model.score(["a", "b"], [0, 0], sample_weight=[3, 1]) == 0.75
    assert model.score(["a", "b"], [0, 0]) == 0.5
    for weights, message in (
        ([1], "expected .2,."),
        ([1, -1], "0 or more"),
        ([0, 0], "sum above 0"),
        ([1e308, 1e308], "finite sum"),
    ):
        with pytest.raises(ValueError, match=message):
            model.score(["a", "b"], [0, 0], sample_weight=weights)


def test_texts_of_weight_0_train_nothing():
    texts, y = ["a b", "c d", "a c", "b d"] * 20, np.array([0, 1, 0, 1] * 20)
    weights = np.array([1.0, 2.0, 0.0, 1.0] * 20)
    models = [
        TextClassifier(**SMALL, validation_fraction=0).fit(texts, labels, sample_weight=weights)
        for labels in (y, np.where(weights > 0, y, 1 - y))
    ]
    assert np.array_equal(models[0]._model.weights, models[1]._model.weights)
    assert models[0].n_texts_ == 80
    held_out = hold_out(y, weights, 0.5, np.random.default_rng(0))
    assert (weights[held_out] > 0).all()
    assert len(held_out) == pytest.approx(30, abs=2)
    weights, held_out = np.array([1.0, 3.0, 0.0, 8.0]), np.array([3])
    assert training_weight(weights, held_out, 4) == 4.0
    assert scaled_weights(weights).tolist() == [0.25, 0.75, 0.0, 2.0]


def test_rows_on_disk_keep_their_weights():
    texts, y = ["a b", "a b", "c d e"] * 100, [1, 0, 0] * 100
    model = TextClassifier(**{**SMALL, "max_iter": 20}, memory=20_000, validation_fraction=0)
    model.fit(texts, y, sample_weight=[3.0, 1.0, 1.0] * 100)
    assert model.predict_proba(["a b"])[0, 1] == pytest.approx(0.75, abs=0.1)


def test_validation_is_weighted():
    texts, y = ["a b", "c d"] * 20, [0, 1] * 20
    others = (["a b", "a b"], [0, 1])
    model = TextClassifier(**SMALL).fit_batches(
        [(Documents.from_texts(texts), np.array(y, np.int32))],
        lambda: [0, 1],
        [(Documents.from_texts(others[0]), np.array(others[1], np.int32), np.array([3.0, 1.0]))],
    )
    assert model.validation_["accuracy"] == 0.75
    assert TextClassifier(**SMALL).fit(texts, y, eval_set=(*others, [3, 1])).validation_ == model.validation_
    p = model.predict_proba(["a b"])[0]
    assert model.validation_["log_loss"] == pytest.approx(-(3 * np.log(p[0]) + np.log(p[1])) / 4, rel=1e-5)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([1.0], r"sample_weight.shape == \(1,\), expected \(2,\)"),
        ([1.0, -1.0], "finite and 0 or more"),
        ([1.0, np.nan], "finite and 0 or more"),
        (["a", "b"], "sample_weight must contain real numbers"),
        ([0.0, 0.0], "finite sum above 0"),
    ],
)
def test_weights_that_are_refused(weights, message):
    with pytest.raises(ValueError, match=message):
        TextClassifier(**SMALL, validation_fraction=0).fit(["a", "b"], [0, 1], sample_weight=weights)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Lines whose class is told by one value, or by which namespace a word is in."""
    folder, rng = tmp_path_factory.mktemp("vw"), np.random.default_rng(0)
    with open(folder / "values.vw", "w") as file:
        for x in rng.random(300):
            file.write(f"{'high' if x > 0.5 else 'low'} | x:{x:.4f}\n")
    with open(folder / "spaces.vw", "w") as file:
        for k in rng.integers(0, 2, 100):
            file.write(f"{k + 1} |title {'red' if k else 'blue'} |body {'blue' if k else 'red'}\n")
    with open(folder / "weights.vw", "w") as file:
        file.write("1 3 | a b\n2 1 | a b\n2 | c\n" * 60)
    return folder


def train(folder, name, *options):
    run("train", folder / f"{name}.vw", "-o", folder / f"{name}.fastlr", "-q", *options)
    return folder / f"{name}.fastlr"


def test_one_value_tells_the_class(folder):
    """As the constant keeps what dividing a row by its length would lose."""
    model = train(folder, "values", "--passes", "20", "--alpha", "1e-6")
    said = run("predict", model, "-", "-q", "--format", "vw", input="|x:1 nothing\n| x:0.9\n| x:0.1\n").stdout.split()
    assert said[1:] == ["high", "low"]
    scores = json.loads(run("evaluate", model, folder / "values.vw", "--json", "-q").stdout)
    assert scores["accuracy"] > 0.9


def test_namespaces_tell_words_apart(folder):
    model = train(folder, "spaces")
    lines = "|title red |body blue\n|title blue |body red\n|body red |title blue\n"
    assert run("predict", model, "-", "-q", "--format", "vw", input=lines).stdout.split() == ["2", "1", "1"]
    assert "title__red" in run("inspect", model).stdout
    scaled = (folder / "spaces.vw").read_text().replace("|body", "|body:0.001")
    (folder / "scaled.vw").write_text(scaled)
    model = train(folder, "scaled")
    assert run("predict", model, "-", "-q", "--format", "vw", input="|title red |body red\n").stdout == "2\n"


def test_importance_weighs(folder):
    model = train(folder, "weights", "--passes", "20", "--alpha", "1e-6", "--valid", "0")
    p = float(run("predict", model, "-", "-q", "--format", "vw", "--proba", input="| a b\n").stdout.split()[2])
    assert p == pytest.approx(0.75, abs=0.1)
    scores = json.loads(run("evaluate", model, folder / "weights.vw", "--json", "-q").stdout)
    assert scores["n"] == 180
    assert scores["accuracy"] == pytest.approx(4 / 5)  # (3 + 1) of 5, and not 2 of 3
    assert scores["confusion"] == [[180.0, 0.0], [60.0, 60.0]]
    said = run("evaluate", model, folder / "weights.vw", "-q").stdout
    assert "80.00%" in said
    assert "120.0" in said


def test_weights_and_values_where_there_is_no_place_for_them(folder):
    for name in ("weights", "values"):
        said = refused("convert", folder / f"{name}.vw", folder / "x.tsv", "-q")
        assert "cannot hold weights and feature values" in said
        assert not (folder / "x.tsv").exists()
    run("convert", folder / "weights.vw", folder / "rows.store", "-q")
    assert fastlr.open_store(folder / "rows.store").weights()[:3].tolist() == [3, 1, 1]
    assert "cannot hold the weights" in refused("convert", folder / "weights.vw", folder / "x.svm", "-q")
    run("convert", folder / "values.vw", folder / "values.store", "-q")
    X = fastlr.open_store(folder / "values.store").to_csr()
    first = float((folder / "values.vw").read_text().split("x:")[1].split()[0])
    assert sorted(X[[0]].toarray()[X[[0]].toarray() != 0].tolist()) == pytest.approx([first, 1.0])


def test_lines_that_are_not_read_are_counted(folder):
    path = folder / "bad.vw"
    path.write_text((folder / "spaces.vw").read_text() + "1 1 0.5 | a\n1,2 | b\n1 | c:inf\n")
    said = refused("train", path, "-o", folder / "bad.fastlr", "-q")
    assert "3 bad lines: line 101 (initial prediction 0.5" in said
    said = run("train", path, "-o", folder / "bad.fastlr", "--skip-bad-lines").stderr
    assert "skipped 3 bad lines: line 101 " in said
