"""Weights of documents and of classes in `fastlr train` and `fastlr evaluate`."""

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import scipy.sparse as sp
from helpers.command_line import draw, refused, run, write_csv

import fastlr


def draw_weighted(n=160, seed=0):
    rng = np.random.default_rng(seed)
    labels, texts = zip(*draw(n, ["fruit", "tool"], seed), strict=True)
    return list(labels), list(texts), rng.choice([0.0, 0.5, 1.0, 4.0], n).tolist()


def train(folder, data, *options):
    run("train", folder / data, "-o", folder / "out.fastlr", "-q", *options)
    return fastlr.load(folder / "out.fastlr")


def weights_of(model):
    return np.asarray(model._model.weights)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("weights")
    labels, texts, weights = draw_weighted()
    rows = list(zip(weights, texts, labels, strict=True))
    write_csv(folder / "a.csv", ["mass", "text", "label"], rows)
    (folder / "a.tsv").write_text("".join(f"{w}\t{text}\t{label}\n" for w, text, label in rows))
    objects = [{"mass": w, "text": text, "label": label} for w, text, label in rows]
    (folder / "a.jsonl").write_text("".join(json.dumps(one) + "\n" for one in objects))
    pq.write_table(pa.table({"mass": weights, "text": texts, "label": labels}), folder / "a.parquet")
    (folder / "a.vw").write_text("".join(f"{label} {w} | {text}\n" for w, text, label in rows))
    return folder


@pytest.mark.parametrize(
    ("data", "column"), [("a.csv", "mass"), ("a.tsv", "1"), ("a.jsonl", "mass"), ("a.parquet", "mass")]
)
def test_a_column_holds_the_weights(folder, data, column):
    """The model is that of the classifier with these sample weights, and differs from that without."""
    labels, texts, weights = draw_weighted()
    model = train(folder, data, "--weight", column)
    same = fastlr.TextClassifier().fit(texts, labels, sample_weight=weights)
    assert np.array_equal(weights_of(model), weights_of(same))
    assert model.validation_ == same.validation_
    assert not np.array_equal(weights_of(model), weights_of(fastlr.TextClassifier().fit(texts, labels)))


def test_evaluate_takes_the_weights(folder):
    train(folder, "a.vw")
    options = ("--json", "-q")
    said = json.loads(run("evaluate", folder / "out.fastlr", folder / "a.csv", "--weight", "mass", *options).stdout)
    assert said == json.loads(run("evaluate", folder / "out.fastlr", folder / "a.vw", *options).stdout)
    assert said != json.loads(run("evaluate", folder / "out.fastlr", folder / "a.csv", *options).stdout)
    assert sum(map(sum, said["confusion"])) == pytest.approx(sum(draw_weighted()[2]))


def test_weights_that_cannot_be_read_stop_training(folder):
    write_csv(folder / "bad.csv", ["mass", "text", "label"], [(1, "a", "x"), (-2, "b", "y"), ("much", "c", "x")])
    said = refused("train", folder / "bad.csv", "-o", folder / "no.fastlr", "--weight", "mass", "-q")
    assert "2 bad lines: line 3 (weight '-2' is not a finite number of 0 or more), line 4 (weight 'much'" in said
    assert not (folder / "no.fastlr").exists()
    zero = refused("train", folder / "a.vw", "-o", folder / "no.fastlr", "--weight", "mass", "-q")
    assert "--weight does not apply to this format (Vowpal Wabbit)" in zero


def test_weights_of_classes_are_those_of_the_classifier(folder):
    labels, texts, weights = draw_weighted()
    labels, texts, weights = labels[:100], texts[:100], weights[:100]
    write_csv(folder / "b.csv", ["mass", "text", "label"], zip(weights, texts, labels, strict=True))
    for given, class_weight in (("balanced", "balanced"), ("tool=3", {"tool": 3.0}), ("tool=3, fruit=.5", None)):
        model = train(folder, "b.csv", "--class-weight", given, "--weight", "mass")
        class_weight = class_weight or {"tool": 3.0, "fruit": 0.5}
        same = fastlr.TextClassifier(class_weight=class_weight).fit(texts, labels, sample_weight=weights)
        assert model.class_weight == class_weight
        assert np.array_equal(weights_of(model), weights_of(same))
        assert model.validation_ == same.validation_


@pytest.mark.parametrize("validation", ["0", "0.2", "a file"])
def test_weights_of_classes_of_rows(folder, validation):
    """They multiply the weights of the rows, in training and in validation; the keys are labels as files have them."""
    rng = np.random.default_rng(0)
    X = sp.random(150, 6, density=0.5, random_state=rng, format="csr", dtype=np.float32)
    y = np.where(X.toarray()[:, 0] + 0.3 * rng.random(150) > 0.5, 2, 1)
    fastlr.write_svmlight(folder / "rows.svm", X[:100], y[:100])
    fastlr.write_svmlight(folder / "other.svm", X[100:], y[100:])
    shares = {"a file": (folder / "other.svm", folder / "other.store")}
    own, stored = (("--valid", one, "--passes", "4") for one in shares.get(validation, (validation, validation)))
    given = train(folder, "rows.svm", "--class-weight", "2=5,1=.5", *own)
    s = np.where(y == 2, 5.0, 0.5)
    fastlr.write_store(folder / "rows.store", X[:100], y[:100], s[:100])
    fastlr.write_store(folder / "other.store", X[100:], y[100:], s[100:])
    same = train(folder, "rows.store", *stored)
    assert np.allclose(given.coef_, same.coef_, rtol=1e-5)
    counts = np.bincount(y[:100])[1:]
    balanced = train(folder, "rows.svm", "--class-weight", "balanced", *own)
    by_hand = ",".join(f"{k}={100 / (2 * n)!r}" for k, n in zip((1, 2), counts.tolist(), strict=True))
    assert np.allclose(balanced.coef_, train(folder, "rows.svm", "--class-weight", by_hand, *own).coef_, rtol=1e-5)
    assert not np.allclose(given.coef_, balanced.coef_, rtol=1e-2)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("auto", "'auto' is neither balanced nor weights such as spam=5,ham=1."),
        ("spam=5,ham", "'ham' is neither"),
        ("spam=-1", "'spam=-1' is neither"),
        ("spam=inf", "'spam=inf' is neither"),
        ("spam=1e999", "'spam=1e999' is neither"),
        ("spam=1,spam=2", "the class 'spam' has two weights"),
        ("", "it is empty"),
    ],
)
def test_weights_of_classes_that_cannot_be_read(folder, given, said):
    result = run("train", folder / "a.csv", "-o", folder / "no.fastlr", "--class-weight", given, code=2)
    assert said in result.stderr


def test_classes_that_are_not_there(folder):
    said = refused("train", folder / "a.csv", "-o", folder / "no.fastlr", "--class-weight", "tol=5", "-q")
    assert "names the class 'tol', but the classes are ['fruit', 'tool']" in said


def test_labels_with_commas_and_equals_signs(folder):
    labels, texts, _ = draw_weighted()
    lines = "".join(f"{ {'tool': 'a,b', 'fruit': 'x=1'}[k] }\t{text}\n" for k, text in zip(labels, texts, strict=True))
    (folder / "odd.tsv").write_text(lines)
    assert train(folder, "odd.tsv", "--class-weight", "a,b=2,x=1=3").class_weight == {"a,b": 2.0, "x=1": 3.0}


def test_weights_that_nobody_asks_for_are_mentioned_and_not_used(folder):
    labels, texts, weights = draw_weighted()
    rows = [(w, text, label) for w, text, label in zip(weights, texts, labels, strict=True)]
    write_csv(folder / "named.csv", ["sample_weight", "text", "label"], rows)
    command = ("train", folder / "named.csv", "-o", folder / "out.fastlr")
    said = "named.csv: 'sample_weight' is not used as a weight; --weight decides\n"
    assert said in run(*command).stderr
    assert np.array_equal(
        weights_of(fastlr.load(folder / "out.fastlr")), weights_of(fastlr.TextClassifier().fit(texts, labels))
    )
    assert "is not used" not in run(*command, "--weight", "sample_weight").stderr
    assert said in run("evaluate", folder / "out.fastlr", folder / "named.csv").stderr
    assert "is not used" not in run("predict", folder / "out.fastlr", folder / "named.csv").stderr
