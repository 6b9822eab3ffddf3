"""Documents on a cluster: the bits of the same partitions in this process, whatever they come in."""

import pickle
from itertools import pairwise

import dask
import dask.bag as db
import dask.dataframe as dd
import numpy as np
import pandas as pd
import pytest
from dask import delayed
from helpers.command_line import run
from helpers.texts import draw

import fastlr
from fastlr.dask import TextClassifier
from fastlr.dask.driver import DaskDriver
from fastlr.dask.inputs import blocks_of
from fastlr.distributed.driver import ThisProcess
from fastlr.distributed.partition import Block
from fastlr.distributed.texts import fit_texts
from fastlr.kernels.backend import resolve_backend

compiled = pytest.mark.skipif(resolve_backend() == "numpy", reason="for the compiled backends")

BOUNDS = [0, 200, 300, 400]


def cut(values):
    return [values[start:stop] for start, stop in pairwise(BOUNDS)]


@pytest.fixture(scope="module")
def corpus():
    texts, labels = draw(400, n_classes=2)
    return texts, np.array(["spam", "ham"])[labels]


def gathered(client, *arguments):
    driver = DaskDriver(client)
    return driver.gather(driver.load(blocks_of(*arguments, of_texts=True)))


def test_inputs(client, corpus, tmp_path):
    texts, labels = corpus
    frames = [pd.DataFrame({"text": x, "label": y}) for x, y in zip(cut(texts), cut(labels), strict=True)]
    frame = dd.from_delayed([delayed(part) for part in frames], meta=frames[0][:0])
    bags = [db.from_delayed([delayed(part) for part in cut(values)]) for values in (texts, labels.tolist())]
    paths = [tmp_path / f"{k}.tsv" for k in range(3)]
    for path, part in zip(paths, frames, strict=True):
        part.to_csv(path, sep="\t", index=False)
    for given in [(frame["text"], frame["label"]), (frame[["text"]], frame["label"]), bags, (paths, None)]:
        blocks = gathered(client, *given, None)
        assert [len(block.X) for block in blocks] == [200, 100, 100]
        assert [text.decode() for block in blocks for text in block.X] == texts
        assert [label for block in blocks for label in block.y] == labels.tolist()
    with pytest.raises(ValueError, match=r"Partition 1: X must be one column of documents; got.*'label'"):
        gathered(client, [delayed(cut(texts)[0]), delayed(frames[1])], [labels[:200], labels[:100]], None)


@compiled
def test_bits_and_predictions(client, corpus):
    texts, labels = corpus
    parts = [Block(*part) for part in zip(cut(texts), cut(labels), strict=True)]
    expected = fit_texts(fastlr.TextClassifier(max_iter=2), ThisProcess(), parts)
    X, y = list(map(delayed, cut(texts))), list(map(delayed, cut(labels)))
    model = TextClassifier(max_iter=2).fit(X, y)
    assert np.array_equal(model._model.weights, expected._model.weights)
    assert np.array_equal(model._model.intercept, expected._model.intercept)
    assert model.validation_ == expected.validation_
    lazy = model.predict_proba(db.from_sequence(texts, npartitions=3))
    assert np.isnan(lazy.shape[0])
    assert np.array_equal(lazy.compute(), expected.predict_proba(texts))
    assert model.predict(X).compute().tolist() == expected.predict(texts).tolist()
    assert model.score(X, y) == pytest.approx(expected.score(texts, labels), rel=1e-15)
    local = model.to_local()
    assert type(local) is fastlr.TextClassifier
    assert repr(model) == repr(local) == "TextClassifier(max_iter=2)"
    assert pickle.loads(pickle.dumps(model)).predict(["w1"]).tolist() == local.predict(["w1"]).tolist()
    with pytest.raises(TypeError, match="Partition 1: documents must be str or bytes"):
        model.fit([X[0], delayed([1, 2])], [y[0], labels[:2]])
    assert np.array_equal(model._model.weights, expected._model.weights)


@compiled
def test_command_line(cluster, client, tmp_path):
    frames = [draw(60, n_classes=2, seed=k) for k in range(2)]
    for k, (texts, labels) in enumerate(frames):
        pd.DataFrame({"text": texts, "label": labels}).to_csv(tmp_path / f"{k}.tsv", sep="\t", index=False)
    command = ["train", tmp_path / "*.tsv", "-o", tmp_path / "model", "--passes", "1", "--dask"]
    run(*command, cluster.scheduler_address)
    model = fastlr.load(tmp_path / "model")
    parts = [Block(texts, labels.astype(str)) for texts, labels in frames]
    expected = fit_texts(fastlr.TextClassifier(max_iter=1), ThisProcess(), parts)
    assert np.array_equal(model._model.weights, expected._model.weights)
    with dask.config.set({"distributed.comm.timeouts.connect": "100ms"}):
        said = run(*command, "tcp://127.0.0.1:1", code=1).stderr
    assert "there is no Dask scheduler at 'tcp://127.0.0.1:1'" in said
