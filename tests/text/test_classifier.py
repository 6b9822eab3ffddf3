import copy
import json
import os
import threading
from concurrent.futures import wait
from pathlib import Path

import numpy as np
import pytest
from sklearn.base import clone, is_classifier
from sklearn.model_selection import cross_val_score

import fastlr
from fastlr.data.row_buffer import RowBuffer
from fastlr.files import text_model
from fastlr.files.known_columns import KnownColumns
from fastlr.kernels.backend import resolve_backend
from fastlr.metrics import calibration, confusion, log_loss, per_class
from fastlr.objective import probabilities as exact_probabilities
from fastlr.persistence import tensor_file
from fastlr.text import corpus
from fastlr.text.classifier import TextClassifier
from fastlr.text.column_selection import Columns, count_columns
from fastlr.text.documents import Documents
from fastlr.text.feature_names import MAX_BYTES, Sample
from fastlr.text.predictor import probabilities
from fastlr.text.sklearn_pipeline import pipeline_of
from fastlr.text.trainer import _UntilOver
from fastlr.utils.parallel import ordered_map

GOLDEN = Path(__file__).parents[1] / "files" / "golden"
SMALL = {"n_features": 2**12, "n_threads": 2}


def draw(n, n_classes=3, seed=0):
    """Texts in whose words the classes overlap by half."""
    rng = np.random.default_rng(seed)
    words = np.array([f"w{i}" for i in range(40 * (n_classes + 1))])
    labels = rng.integers(0, n_classes, n)
    return [" ".join(rng.choice(words[40 * k : 40 * k + 80], 8)) for k in labels], labels


@pytest.fixture(scope="module")
def fitted():
    return TextClassifier(**SMALL).fit(*draw(400))


@pytest.mark.parametrize("n_classes", [2, 3, 7])
def test_learns_what_the_words_say(n_classes):
    model = TextClassifier(**SMALL).fit(*draw(600, n_classes))
    texts, labels = draw(200, n_classes, seed=1)
    assert model.score(texts, labels) > 0.8
    proba = model.predict_proba(texts)
    assert proba.shape == (200, n_classes)
    assert np.allclose(proba.sum(axis=1), 1.0)
    assert np.array_equal(model.classes_[proba.argmax(axis=1)], model.predict(texts))
    assert model.validation_["n"] == pytest.approx(60, abs=n_classes)
    assert model.decision_function(texts).shape == ((200,) if n_classes == 2 else (200, n_classes))


def test_backends_train_the_same_model():
    texts, labels = draw(150)
    models = []
    for backend in {"numpy", resolve_backend("auto")}:
        models.append(TextClassifier(**SMALL, alpha=1e-5, max_iter=2, backend=backend).fit(texts, labels))
    for model in models[1:]:
        assert np.array_equal(model._model.columns.kept, models[0]._model.columns.kept)
        assert np.allclose(model._model.weights, models[0]._model.weights, atol=1e-4)
        assert np.allclose(model.predict_proba(texts), models[0].predict_proba(texts), atol=1e-4)


def joined(chunks):
    rows = RowBuffer()
    for chunk in chunks:
        rows.append(chunk)
    return rows.take()


def test_rows_are_kept_weighted_and_of_length_1(monkeypatch):
    rng = np.random.default_rng(0)
    chunks = []
    for n in (5, 1, 0, 20):
        lengths = rng.integers(0, 9, n)
        indptr = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
        indices = np.concatenate([np.empty(0, int), *(rng.permutation(30)[:k] for k in lengths)]).astype(np.int32)
        chunks.append((indptr, indices, rng.random(len(indices)).astype(np.float32) + 0.5))
    indptr, indices, data = joined(chunks)
    backend, counts = resolve_backend(None), np.zeros(30, np.int32)
    for chunk in chunks:
        count_columns(chunk, counts, backend)
    assert np.array_equal(counts, np.bincount(indices, minlength=30))
    columns = Columns.choose(counts, 26)
    assert np.array_equal(columns.kept, np.flatnonzero(counts))
    columns = Columns.choose(counts, 26, most=7)
    assert len(columns) == 7
    assert counts[columns.kept].min() >= np.sort(counts)[-7]
    dense = np.zeros((26, 30))
    dense[np.repeat(np.arange(26), np.diff(indptr)), indices] = data
    expected = dense[:, columns.kept] * (1 + np.log(27 / (1 + counts[columns.kept]))) ** 2
    norms = np.linalg.norm(expected, axis=1, keepdims=True)
    expected = np.divide(expected, norms, out=np.zeros_like(expected), where=norms > 0)
    monkeypatch.setattr(fastlr.text.column_selection, "PART", 5)
    for new in (
        joined([columns.keep(chunk, backend) for chunk in chunks]),
        columns.keep(joined(chunks), backend, n_threads=2),
        columns.keep(joined(chunks), backend, reuse=True, n_threads=3),
    ):
        found = np.zeros((26, 7))
        found[np.repeat(np.arange(26), np.diff(new[0])), new[1]] = new[2]
        assert np.allclose(found, expected, atol=1e-6)


@pytest.mark.parametrize("room", [1, 5, 100])
def test_rows_that_come_in_chunks(monkeypatch, room):
    monkeypatch.setattr(fastlr.data.row_buffer, "ROOM", room)
    rows = RowBuffer()
    for _ in range(2):  # what was taken is not changed by what comes then
        indptr, indices, data = rows.take()
        assert indptr.tolist() == [0]
        assert len(indices) == len(data) == 0
        numbers = np.arange(9, dtype=np.int32)
        rows.append((np.array([0, 2, 2, 4], np.int32), numbers[:4], numbers[:4].astype(np.float32)))
        rows.append((np.array([0], np.int32), numbers[:0], numbers[:0].astype(np.float32)))
        rows.append((np.array([0, 5], np.int32), numbers[4:], numbers[4:].astype(np.float32)))
        numbers[:] = 0
        indptr, indices, data = rows.take()
        assert indptr.tolist() == [0, 2, 2, 4, 9]
        assert indices.tolist() == data.tolist() == list(range(9))
        assert (indptr.dtype, indices.dtype, data.dtype) == (np.int32, np.int32, np.float32)


def test_texts_without_a_word_in_common():
    texts = [f"w{i}" for i in range(150)]
    with pytest.raises(ValueError, match="No word of the texts is in 2 of them or more"):
        TextClassifier().fit(texts, ["a", "b"] * 75)
    with pytest.raises(ValueError, match="No word of the texts is in 1 of them or more"):
        TextClassifier().fit(["", "..."] * 9, ["a", "b"] * 9)


def test_words_are_the_same_whoever_reads_the_texts():
    texts, labels = ["A good film, é", "a bad film (ü)", "good; good"] * 30, ["a", "b", "c"] * 30
    found = [TextClassifier(ngrams=3, backend=b, alpha=0.0).fit(texts, labels).words_ for b in ("numpy", "auto")]
    assert found[0] == found[1]
    assert set(found[0].values()) == {
        *("a", "good", "film", "é", "bad", "ü", "a good", "good film", "film é", "a bad", "bad film", "film ü"),
        *("good good", "a good film", "good film é", "a bad film", "bad film ü"),
    }


@pytest.mark.parametrize("letter", ["a", "é", "e\u0301", "語", "𝔞"])
@pytest.mark.parametrize("shift", range(4))
def test_of_a_long_text_some_whole_words_are_looked_at(letter, shift):
    """However long it is; and none of them is cut, nor is a character."""
    word = 5 * letter
    sample = Sample()
    for _ in range(50):
        sample.add(Documents.from_texts([" " * shift + f"{word} " * MAX_BYTES, "more"]))
    assert 0.9 * MAX_BYTES < sample.n_bytes <= MAX_BYTES
    assert {found for text in sample.texts for found in text.decode().split()} == {word}


def test_of_a_word_that_is_too_long_nothing_is_looked_at():
    sample = Sample()
    sample.add(Documents.from_texts(["a" * MAX_BYTES]))
    assert sample.n_bytes == 0


def test_rows_on_disk_train_as_rows_in_memory():
    texts, labels = draw(400)
    kept = TextClassifier(**SMALL, memory=10**8, alpha=1e-6).fit(texts, labels)
    spilled = TextClassifier(**SMALL, memory=30_000, alpha=1e-6).fit_stream(
        (texts[i : i + 50], labels[i : i + 50]) for i in range(0, 400, 50)
    )
    assert spilled.n_features_ < kept.n_features_  # as the weights of all would have been too many
    assert spilled.n_features_ == 0.2 * 30_000 // 12
    assert spilled.validation_["accuracy"] > 0.8
    # The rows held out stay in memory, so they are no more than an eighth of it holds; a tenth of the others is.
    assert kept.validation_["n"] == pytest.approx(40, abs=2)
    assert 0 < spilled.validation_["n"] < 35
    assert spilled.score(*draw(200, seed=1)) == pytest.approx(kept.score(*draw(200, seed=1)), abs=0.05)


def test_rows_on_disk_are_the_same_however_the_texts_come():
    """Which and how many are held out, too."""
    texts, labels = [f"w{i % 40}" for i in range(600)], [i % 40 < 20 for i in range(600)]
    options = {**SMALL, "ngrams": 1, "memory": 3000, "alpha": 1e-6}
    whole = TextClassifier(**options).fit(texts, labels)
    for size in (1, 50):
        stream = ((texts[i : i + size], labels[i : i + size]) for i in range(0, 600, size))
        model = TextClassifier(**options).fit_stream(stream)
        assert model.validation_ == whole.validation_
        assert np.array_equal(model._model.weights, whole._model.weights)


@pytest.mark.parametrize("memory", [None, 1000])
def test_batches_of_nothing_count_for_nothing(memory):
    none = Documents.from_texts([]), np.empty(0, np.int32)
    some = Documents.from_texts(["good film", "bad film"] * 20), np.array([0, 1] * 20, np.int32)
    model = TextClassifier(n_features=1024, memory=memory)
    assert model.fit_batches([none, some, none, some, none], lambda: ["p", "n"]).n_texts_ == 80
    with pytest.raises(ValueError, match="There are no texts to validate on"):
        model.fit_batches([some], lambda: ["p", "n"], [none])


def test_an_interrupt_at_the_end_leaves_the_model_there_was(monkeypatch, tmp_path, fitted):
    model = copy.deepcopy(fitted)
    monkeypatch.setattr(Sample, "terms", interrupt)
    with pytest.raises(KeyboardInterrupt):
        model.fit(["nice plot", "awful plot"] * 10, ["p", "n"] * 10)
    fastlr.save(model, tmp_path / "model")
    fastlr.save(fitted, tmp_path / "fitted")
    assert (tmp_path / "model").read_bytes() == (tmp_path / "fitted").read_bytes()


def interrupt(*_):
    raise KeyboardInterrupt


def test_an_interrupt_leaves_no_rows_on_disk(monkeypatch, tmp_path):
    """Nor does a second one, while they are being removed."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(corpus.HashedCorpus, "problem", interrupt)
    waits = []

    def wait_once(futures):
        waits.append(len(futures))
        if len(waits) == 1:
            raise KeyboardInterrupt
        wait(futures)

    monkeypatch.setattr("fastlr.utils.temporary.wait", wait_once)
    removing = threading.Event()
    real = os.rmdir

    def rmdir(*args, **options):  # so that there is something to wait for
        removing.wait(0.2)
        real(*args, **options)

    monkeypatch.setattr(os, "rmdir", rmdir)
    with pytest.raises(KeyboardInterrupt):
        TextClassifier(**SMALL, memory=1000).fit(*draw(300))
    assert len(waits) >= 2
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("n_threads", [1, 3])
@pytest.mark.parametrize("size", [7, 70])
def test_stream_is_fit(n_threads, size):
    texts, labels = draw(300)
    names = np.array(["a", "b", "c"])[labels]
    whole = TextClassifier(**SMALL).fit(texts, names)
    stream = TextClassifier(n_features=2**12, n_threads=n_threads).fit_stream(
        (texts[i : i + size], names[i : i + size]) for i in range(0, 300, size)
    )
    assert stream.classes_.tolist() == ["a", "b", "c"]
    assert np.array_equal(stream._model.columns.weights, whole._model.columns.weights)
    assert np.array_equal(stream._model.weights, whole._model.weights)


def test_a_batch_of_any_size_is_cut(monkeypatch, fitted):
    """And errors number its texts as the caller does."""
    texts, labels = draw(300)
    whole = TextClassifier(**SMALL).fit_stream([(texts, labels)])
    monkeypatch.setattr(corpus, "PIECE", 1000)
    assert np.array_equal(TextClassifier(**SMALL).fit_stream([(texts, labels)])._model.weights, whole._model.weights)
    rows = pipeline_of(fitted)[0].transform(texts)
    monkeypatch.undo()
    assert (rows != pipeline_of(fitted)[0].transform(texts)).nnz == 0
    monkeypatch.setattr(corpus, "PIECE", 1000)
    texts[250] = b"\xff"
    for use in (fitted.predict, lambda texts: TextClassifier(**SMALL).fit(texts, labels)):
        with pytest.raises(ValueError, match="document 250 is not UTF-8"):
            use(texts)


def test_strength_is_chosen_by_the_texts_held_out(monkeypatch):
    monkeypatch.setattr("fastlr.text.trainer.NGRAM_ALPHAS", (1e-6, 1e2))
    assert TextClassifier(**SMALL).fit(*draw(300)).alpha_ == 1e-6
    assert TextClassifier(**SMALL, C=10, validation_fraction=0.0).fit(*draw(300)).alpha_ == pytest.approx(1 / 3000)


def test_held_out_texts_train_nothing():
    """Their labels, that is: whatever these are, the weights are the same."""
    texts, labels = draw(200)
    others, wrong = draw(50, seed=3)
    models = [
        TextClassifier(**SMALL, alpha=1e-5).fit(texts, labels, eval_set=(others, y)) for y in (wrong, (wrong + 1) % 3)
    ]
    assert np.array_equal(models[0]._model.weights, models[1]._model.weights)
    assert models[0].validation_["accuracy"] > 0.6 > models[1].validation_["accuracy"]


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"ngrams": 0}, "ngrams must be an integer"),
        ({"alpha": -1.0}, "alpha must be"),
        ({"C": 0.0}, "C must be"),
        ({"C": 1.0, "alpha": 1.0}, "C must be"),
        ({"validation_fraction": 1.0}, "validation_fraction must be"),
        ({"penalty": "l3"}, "penalty must be one of"),
        ({"optimizer": "adam"}, "optimizer must be one of"),
        ({"max_iter": 0}, "max_iter must be"),
        ({"random_state": None}, "random_state must be"),
        ({"l1_ratio": 1.5}, "l1_ratio must be a number between 0 and 1; got 1.5"),
        ({"l1_ratio": np.nan}, "l1_ratio must be"),
        ({"alpha": np.array([1.0, 2.0])}, "alpha must be"),
        ({"penalty": np.array(["l1", "l2"])}, "penalty must be one of"),
    ],
)
def test_parameters_out_of_range(parameters, message):
    with pytest.raises(ValueError, match=message):
        TextClassifier(**parameters).fit(["a", "b"], [0, 1])


@pytest.mark.parametrize(
    ("texts", "y", "message"),
    [
        (["a", "b"], [0], "one label a text"),
        (["a", "b"], [0, 0], "two classes or more"),
        ([], [], "no texts to train on"),
        ("text", [0], "string object"),
        (["a", "b"], [0.0, np.nan], "NaN"),
        (["a", "b"], ["x", np.nan], "none None or NaN; y holds float, str"),
        (["a", "b"], np.array(["x", None]), "none None or NaN; y holds NoneType, str"),
        (["a", "b", "c"], np.array([1.0, np.nan, 2.0], object), "none None or NaN"),
        (["a", "b"], [1, "x"], "one type.* y holds int, str"),
        (["a", "b"], [1j, 2j], "one type that has an order.* y holds complex"),
        (["a", "b"], np.array([1j, 2], object), "one type.* y holds complex, int"),
        (["a", "b"], [{}, {}], "one type that has an order.* y holds dict"),
        (["a", "b", "c"], [2**63, 2**63 + 1, 5], "y holds different labels that NumPy makes one of, as float64"),
        (["a", "b", "c"], ["a", "a\0", "b"], "y holds different labels that NumPy makes one of"),
        (["a", "b"], (k for k in [0, 1]), "y must be an array or a list.* got generator"),
        (["a", "b"], {0, 1}, "y must be an array or a list.* got set"),
        (["a", "b"], None, "y must be an array or a list.* got NoneType"),
    ],
)
def test_input_that_is_refused(texts, y, message):
    with pytest.raises(ValueError, match=message):
        TextClassifier().fit(texts, y)


TUPLES = r"must be \(texts, y\) or \(texts, y, sample_weight\); got"


@pytest.mark.parametrize(
    ("eval_set", "error", "message"),
    [
        (5, ValueError, f"eval_set {TUPLES} int"),
        ((["a"],), ValueError, f"eval_set {TUPLES} tuple of 1"),
        ((["a"], [0], [1], [2]), ValueError, f"eval_set {TUPLES} tuple of 4"),
        ("ab", ValueError, f"eval_set {TUPLES} str"),
        ((1, 2, 3), TypeError, "eval_set: documents must be an iterable"),
        ((["a"], [0, 1]), ValueError, "eval_set: y must hold one label a text"),
        ((["a"], [0], [-1]), ValueError, "eval_set: sample_weight must be finite"),
        (([b"\xff"], [0]), ValueError, "eval_set: document 0 is not UTF-8"),
        ((["a"], [2]), ValueError, "eval_set holds labels that y does not"),
    ],
    ids=str,
)
def test_texts_to_validate_on_that_are_refused(eval_set, error, message):
    with pytest.raises(error, match=message):
        TextClassifier(**SMALL).fit(["a", "b"] * 9, [0, 1] * 9, eval_set=eval_set)


@pytest.mark.parametrize(
    ("batches", "error", "message"),
    [
        (5, TypeError, "batches must be an iterable of tuples; got int"),
        ([5], ValueError, f"batch 0 {TUPLES} int"),
        ([(["a", "b"],)], ValueError, f"batch 0 {TUPLES} tuple of 1"),
        ([(["a", "b"], [0, 1]), (3, [0])], TypeError, "batch 1: documents must be an iterable"),
        ([(["a", "b"], [0, 1]), (["a"], [0], [-1])], ValueError, "batch 1: sample_weight must be finite"),
        ([(["a", "b"], [0, 1]), (["a", b"\xff"], [0, 1])], ValueError, "batch 1: document 1 is not UTF-8"),
    ],
    ids=str,
)
def test_streams_that_are_refused(batches, error, message):
    model = TextClassifier(**SMALL)
    with pytest.raises(error, match=message):
        model.fit_stream(batches)
    assert not hasattr(model, "classes_")


def test_stream_of_labels_of_several_types():
    with pytest.raises(ValueError, match=r"one type.* y holds int, str"):
        TextClassifier(**SMALL).fit_stream([(["a", "b"], [1, 2]), (["c"], ["x"])])


def test_scores_of_nothing(fitted):
    with pytest.raises(ValueError, match="one label a text; there are 2 texts"):
        fitted.score(["a", "b"], [0])
    with pytest.raises(ValueError, match="no texts to score"):
        fitted.score([], [])


def test_labels_that_no_file_holds(tmp_path):
    model = TextClassifier(**SMALL, validation_fraction=0).fit(["a", "b"], [b"x", b"y"])
    assert model.predict(["a"]).tolist() == [b"x"]
    with pytest.raises(TypeError, match="bool, float, int, str; the model has some that are bytes"):
        fastlr.save(model, tmp_path / "model")
    assert not list(tmp_path.iterdir())


def test_cross_validation_by_scikit_learn():
    texts, labels = draw(200, 2)
    assert is_classifier(TextClassifier())
    scores = cross_val_score(TextClassifier(**SMALL, validation_fraction=0), texts, labels, cv=2)
    assert scores.min() > 0.7


def test_not_fitted():
    with pytest.raises(ValueError, match="not fitted yet"):
        TextClassifier().predict(["a"])
    assert not hasattr(TextClassifier(), "n_features_")


def test_parameters_as_scikit_learn_has_them():
    model = TextClassifier(ngrams=3, alpha=0.1)
    assert clone(model).get_params() == model.get_params()
    assert repr(model) == "TextClassifier(ngrams=3, alpha=0.1)"
    with pytest.raises(ValueError, match="no parameters"):
        model.set_params(words=1)


@pytest.mark.parametrize("labels", [["a", "b"], [1, 2], [True, False], [0.5, -1.5]], ids=str)
def test_files_keep_everything(tmp_path, fitted, labels):
    texts, codes = draw(200, 2)
    model = TextClassifier(**SMALL).fit(texts, np.array(labels)[codes])
    fastlr.save(model, tmp_path / "model")
    again = fastlr.load(tmp_path / "model")
    assert again.get_params() == model.get_params()
    assert again.classes_.dtype == model.classes_.dtype
    assert again.words_ == model.words_
    assert again.validation_ == model.validation_
    assert np.array_equal(again.predict_proba(texts), model.predict_proba(texts))
    mapped = fastlr.load(tmp_path / "model", mmap=True, verify=False)
    assert np.array_equal(mapped.predict(texts), model.predict(texts))


def test_golden_file():
    """A file of format 1, written once, is read by every later version."""
    model = fastlr.load(GOLDEN / "text_classifier_1.fastlr")
    expected = json.loads((GOLDEN / "text_classifier_1.json").read_text())
    assert model.predict(expected["texts"]).tolist() == expected["labels"]
    assert np.allclose(model.predict_proba(expected["texts"]), expected["probabilities"], atol=1e-6)
    assert set(model.words_.values()) == set(expected["words"])
    assert model.data_columns_ is None  # which came later


def test_golden_file_with_columns():
    """Of format 1, too: who does not know the names of the columns of the data does without them."""
    model = fastlr.load(GOLDEN / "text_classifier_1_columns.fastlr")
    assert model.data_columns_ == KnownColumns(("title", "words"), "kind")
    assert model.predict(["fine film", "dull film"]).tolist() == ["good", "bad"]


@pytest.mark.parametrize("name", ["kept", "weights", "column_weights", "intercept", "word_places", "word_ends"])
@pytest.mark.parametrize("how", ["missing", "short", "type", "high", "low"])
def test_files_that_contradict_themselves(tmp_path, fitted, name, how):
    """With checksums that are right."""
    path = tmp_path / "model"
    fastlr.save(fitted, path)
    header, tensors = tensor_file.read(path)
    array = tensors[name].copy()
    if how == "missing":
        del tensors[name]
    elif how == "short":
        tensors[name] = array[:-1]
    elif how == "type":
        tensors[name] = array.astype(np.float16)
    else:
        value = np.inf if array.dtype.kind == "f" else 2**30
        array.reshape(-1)[-1] = value if how == "high" else -value
        tensors[name] = array
    tensor_file.write(path, header, tensors)
    with pytest.raises(ValueError, match="holds no text model that fastlr"):
        fastlr.load(path)


@pytest.mark.parametrize(
    "changes",
    [
        {"format": 2},
        {"format": "1"},
        {"classes": ["a"]},
        {"classes": "ab"},
        {"classes": [None, [], {}]},
        {"data_columns": ["text"]},
        {"data_columns": {"text": "text", "label": None, "n_columns": None}},
        {"data_columns": {"text": [], "label": None, "n_columns": None}},
        {"data_columns": {"text": ["text"], "label": 1, "n_columns": None}},
        {"data_columns": {"text": ["1"], "label": None, "n_columns": True}},
        {"hasher": None},
        {"hasher": {"ngram_range": [1, 2], "n_features": 10}},
        {"hasher": {"ngram_range": [1, 2], "colour": "red"}},
        {"parameters": {"colour": "red"}},
        {"parameters": {"alpha": "much"}},
    ],
    ids=str,
)
def test_headers_that_are_refused(tmp_path, fitted, changes):
    path = tmp_path / "model"
    fastlr.save(fitted, path)
    header, tensors = tensor_file.read(path)
    tensor_file.write(path, {**header, **changes}, tensors)
    with pytest.raises(ValueError, match="holds no text model that fastlr"):
        fastlr.load(path)


def test_other_files_are_refused(tmp_path):
    model = fastlr.SGDClassifier().fit([[0.0], [1.0]], [0, 1])
    fastlr.save(model, tmp_path / "model")
    with pytest.raises(ValueError, match="of kind 'model', not of kind 'text model'"):
        text_model.load(tmp_path / "model")
    with pytest.raises(TypeError, match="TextClassifier"):
        fastlr.save(object(), tmp_path / "model")


def test_probabilities_are_those_of_scores():
    for shape in ((50, 1), (50, 4)):
        scores = np.random.default_rng(0).normal(scale=20, size=shape)
        assert np.allclose(probabilities(scores), exact_probabilities(scores), rtol=1e-12, atol=0)
    extreme = probabilities(np.array([[1e4], [-1e4], [0.0]]))
    assert extreme.tolist() == [[0, 1], [1, 0], [0.5, 0.5]]


def test_metrics_are_those_of_scikit_learn():
    from sklearn import metrics

    rng = np.random.default_rng(0)
    p, y = rng.dirichlet(np.ones(4), 200), rng.integers(0, 3, 200)  # of a fourth class there is no row
    assert log_loss(p, y) == pytest.approx(metrics.log_loss(y, p, labels=range(4)))
    matrix = confusion(p.argmax(axis=1), y, 4)
    assert np.array_equal(matrix, metrics.confusion_matrix(y, p.argmax(axis=1), labels=range(4)))
    expected = metrics.precision_recall_fscore_support(y, p.argmax(axis=1), labels=range(4), zero_division=0)
    for found, column in zip(per_class(matrix).values(), expected, strict=True):
        assert np.allclose(found, column)
    sure = calibration(np.ones(10), np.arange(10) < 7)
    assert sure == {"confidence": [1.0], "accuracy": [0.7], "count": [10], "error": pytest.approx(0.3)}


def test_work_is_done_in_order_and_no_more_of_it_than_asked_for():
    taken = []

    def items():
        for i in range(100):
            taken.append(i)
            yield i

    results = ordered_map(lambda i: i * i, items(), 2)
    assert next(results) == 0
    assert len(taken) <= 6
    assert list(results) == [i * i for i in range(1, 100)]
    failing = ordered_map(lambda i: 1 // i, [1, 0, 1], 2)
    with pytest.raises(ZeroDivisionError):
        list(failing)


def test_nobody_waits_for_work_that_is_no_longer_wanted():
    over = threading.Event()

    def work(i):
        if i == 0:
            raise KeyboardInterrupt
        assert over.wait(60)

    with pytest.raises(KeyboardInterrupt):
        list(ordered_map(work, [0, 1], 2, over))
    with pytest.raises(KeyboardInterrupt):
        _UntilOver(over).between_steps()
