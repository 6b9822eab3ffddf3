"""Rows of texts, in memory and on disk, however the texts come."""

import os
import threading
from concurrent.futures import wait

import numpy as np
import pytest
from helpers.texts import SMALL, draw, interrupt

import fastlr
from fastlr.data.row_buffer import RowBuffer
from fastlr.kernels.backend import resolve_backend
from fastlr.text import corpus
from fastlr.text.classifier import TextClassifier
from fastlr.text.column_selection import Columns, count_columns
from fastlr.text.documents import Documents
from fastlr.text.sklearn_pipeline import pipeline_of


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
    columns = Columns.choose(counts, 26, max_columns=7)
    assert len(columns) == 7
    assert counts[columns.kept].min() >= np.sort(counts)[-7]
    dense = np.zeros((26, 30))
    dense[np.repeat(np.arange(26), np.diff(indptr)), indices] = data
    expected = dense[:, columns.kept] * (1 + np.log(27 / (1 + counts[columns.kept]))) ** columns.power
    norms = np.linalg.norm(expected, axis=1, keepdims=True)
    expected = np.divide(expected, norms, out=np.zeros_like(expected), where=norms > 0)
    monkeypatch.setattr(fastlr.text.column_selection, "SLICE_ENTRIES", 5)
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
    monkeypatch.setattr(fastlr.data.row_buffer, "BLOCK_SIZE", room)
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
    with pytest.raises(ValueError, match="There are no documents to validate on"):
        model.fit_batches([some], lambda: ["p", "n"], [none])


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


def test_a_batch_of_any_size_is_cut(monkeypatch, small_text_model):
    """And errors number its texts as the caller does."""
    texts, labels = draw(300)
    whole = TextClassifier(**SMALL).fit_stream([(texts, labels)])
    monkeypatch.setattr(corpus, "CHUNK_BYTES", 1000)
    assert np.array_equal(TextClassifier(**SMALL).fit_stream([(texts, labels)])._model.weights, whole._model.weights)
    rows = pipeline_of(small_text_model)[0].transform(texts)
    monkeypatch.undo()
    assert (rows != pipeline_of(small_text_model)[0].transform(texts)).nnz == 0
    monkeypatch.setattr(corpus, "CHUNK_BYTES", 1000)
    texts[250] = b"\xff"
    for use in (small_text_model.predict, lambda texts: TextClassifier(**SMALL).fit(texts, labels)):
        with pytest.raises(ValueError, match="document 250 is not UTF-8"):
            use(texts)
