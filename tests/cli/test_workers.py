"""`fastlr train --workers`: files are partitions, and the model is that of the same partitions in one process."""

import numpy as np
import pytest
from helpers.command_line import WORDS, draw, run, write_tsv

import fastlr
from fastlr import TextClassifier
from fastlr.distributed.driver import ThisProcess
from fastlr.distributed.texts import fit_texts
from fastlr.files.file_block import FileBlock
from fastlr.kernels.backend import resolve_backend

pytestmark = pytest.mark.skipif(resolve_backend() == "numpy", reason="for the compiled backends")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("parts")
    for k in range(3):
        write_tsv(folder / f"part-{k}.tsv", draw(100 + k, WORDS, seed=k))
    return folder


def test_workers(folder):
    said = run("train", folder / "part-*.tsv", "-o", folder / "model", "--workers", "2", "--seed", "5").stderr
    assert "documents: accuracy " in said
    model = fastlr.load(folder / "model")
    blocks = [FileBlock(str(folder / f"part-{k}.tsv"), rows=False) for k in range(3)]
    expected = fit_texts(TextClassifier(random_state=5), ThisProcess(), blocks)
    assert np.array_equal(model._model.weights, expected._model.weights)
    assert np.array_equal(model._model.intercept, expected._model.intercept)
    assert model.n_texts_ == 303
    assert model.validation_["accuracy"] > 0.9
    run("predict", folder / "model", folder / "part-0.tsv", "-o", folder / "classes")  # which looks for its columns
    assert len((folder / "classes").read_text().splitlines()) == 100


def test_refused(folder, tmp_path):
    (tmp_path / "rows.svm").write_text("1 1:2\n0 2:1\n" * 9)
    write_tsv(tmp_path / "bad.tsv", [("fruit", "apple"), ("metal", "iron")] * 9)
    with open(tmp_path / "bad.tsv", "a") as file:
        file.write("metal\tiron\ttoo many\n")
    part = folder / "part-0.tsv"
    for arguments, messages in [
        ([tmp_path / "rows.svm"], ["--workers trains on documents; for numeric features use fastlr.dask"]),
        ([part, "--valid", folder / "part-1.tsv"], ["--valid must be a share"]),
        ([part, tmp_path / "bad.tsv"], ["Partition 1: ", "bad.tsv", "1 bad line"]),
    ]:
        said = run("train", *arguments, "-o", tmp_path / "model", "--workers", "1", code=1).stderr
        assert all(message in said for message in messages), said
        assert not (tmp_path / "model").exists()
    both = run("train", part, "-o", tmp_path / "model", "--workers", "1", "--dask", "tcp://localhost:1", code=2)
    assert "mutually exclusive" in both.stderr
