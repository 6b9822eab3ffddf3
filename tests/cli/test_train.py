"""`fastlr train` on texts."""

import re

import pytest
from helpers.command_line import WORDS, draw, refused, run, train, write_csv, write_tsv

import fastlr


def test_train_says_what_it_does(folder):
    said = train("train.tsv", folder, "said").splitlines()
    assert said[0].endswith("train.tsv: TSV without a header; label in column 1, text in column 2")
    assert said[1] == "300 documents read (0 empty): 270 trained on, 30 held out and later trained on, 0 skipped"
    assert re.fullmatch(r"3 classes, [\d,]+ features, 0.0 MB", said[2])
    assert said[3].startswith("validation on 30 documents: accuracy ")
    assert float(said[3].split("accuracy ")[1].split("%")[0]) > 90
    assert "said.fastlr: written after" in said[4]
    assert train("train.tsv", folder, "said", "--quiet") == ""


@pytest.mark.parametrize(
    "options",
    [
        ["--penalty", "l1", "--alpha", "1e-4"],
        ["--penalty", "none", "--ngrams", "1"],
        ["--penalty", "elasticnet", "--C", "10"],
        ["--optimizer", "adagrad", "--passes", "3"],
        ["--valid", "0"],
        ["--valid", "test.tsv"],
        ["--memory", "500M", "--threads", "2", "--seed", "3"],
    ],
)
@pytest.mark.parametrize("data", ["train.tsv", "two.tsv"])
def test_options_of_train(folder, data, options, monkeypatch):
    monkeypatch.chdir(folder)
    if options[-1] == "test.tsv":
        write_tsv(folder / "test.tsv", draw(60, WORDS if data == "train.tsv" else ["fruit", "tool"], seed=1))
    train(data, folder, "options", *options)
    model = fastlr.load("options.fastlr")
    rows = list(draw(60, WORDS if data == "train.tsv" else ["fruit", "tool"], seed=2))
    assert model.score([text for _, text in rows], [label for label, _ in rows]) > 0.9
    assert (model.validation_ is None) == ("0" in options)


def test_same_seed_same_model_whatever_the_threads(folder):
    files = []
    for threads in (1, 2):
        train("train.tsv", folder, f"threads{threads}", "--threads", threads, "--seed", "5")
        files.append((folder / f"threads{threads}.fastlr").read_bytes())
    assert files[0] == files[1]


def test_validation_is_read_as_the_training(folder):
    rows = [(k % 2, label, text) for k, (label, text) in enumerate(draw(60, WORDS))]
    write_csv(folder / "a.csv", ("class", "kind", "text"), rows)
    write_csv(folder / "b.csv", ("class", "text", "kind"), [(n, text, label) for n, label, text in rows])
    said = train("a.csv", folder, "validated", "--label", "kind", "--valid", folder / "b.csv")
    assert "b.csv: CSV with a header; label in 'kind', text in 'text'" in said
    assert "validation on 60 documents" in said


def test_validation_on_nothing_is_said(folder):
    path = write_tsv(folder / "few.tsv", [("a", "plum"), ("b", "saw"), ("a", "fig"), ("b", "file")])
    said = train("few.tsv", folder, "few", "--valid", "0.01")
    assert "no validation: 1% of 4 documents rounds to zero per class\n" in said
    assert fastlr.load(folder / "few.fastlr").validation_ is None
    assert "validation" not in train("few.tsv", folder, "few", "--valid", "0")
    (folder / "header.tsv").write_text("label\ttext\n")
    options = ("-o", folder / "few.fastlr", "-q", "--valid")
    assert "header.tsv: contains no documents" in refused("train", path, *options, folder / "header.tsv")
    assert "--valid -: standard input is the training data already" in refused("train", "-", *options, "-")


@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_importance_whose_sum_is_too_large(folder):
    (folder / "huge.vw").write_text("fruit 1e308 | plum\ntool 1e308 | saw\nfruit 1 | fig\ntool 1 | file\n" * 9)
    assert "must have a finite sum" in refused("train", folder / "huge.vw", "-o", folder / "huge.fastlr", "-q")
    options = ("-o", folder / "huge.fastlr", "-q", "--valid", folder / "huge.vw")
    assert "must have a finite sum" in refused("train", folder / "two.tsv", *options)
    assert "must have a finite sum" in refused("evaluate", folder / "two.fastlr", folder / "huge.vw", "-q")


def test_one_class_when_columns_are_said(folder):
    path = write_tsv(folder / "one.tsv", [("a", "x"), ("a", "y")])
    said = refused("train", path, "-o", folder / "one.fastlr", "--label", "1", "--text", "2", "-q")
    assert "at least two classes" in said


@pytest.mark.parametrize("size", ["0", "1", "20M", "499.9MB"])
def test_too_little_memory_is_refused_with_the_least(size):
    said = run("train", "x", "-o", "y", "--memory", size, code=2).stderr
    assert said.endswith(f"Invalid value for '--memory': '{size}' is too little for training; use at least 500M.\n")
