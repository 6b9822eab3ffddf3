"""`fastlr train --analyzer`, and what `inspect` says of its models."""

import re

import pytest
from helpers.command_line import run, train, write_tsv

import fastlr

CHINESE = [("good", "这本书很好"), ("bad", "这部电影很差")] * 20
MARKED = [("good", "so well written 😀 C++ :)"), ("bad", "so well meant 👎🏿 C# :(")] * 20
NOTE = "most letters are of scripts without spaces, so n-grams of letters are used; --analyzer chooses others"


@pytest.mark.parametrize("rows", [CHINESE, MARKED])
def test_scripts_without_spaces_are_pointed_out(tmp_path, rows):
    write_tsv(tmp_path / "data.tsv", rows)
    said = train("data.tsv", tmp_path, "model").splitlines()
    assert [line for line in said if line.endswith(f"data.tsv: {NOTE}")] == said[1:2] * (rows is CHINESE)
    for options in (["--analyzer", "word"], ["--analyzer", "char"], ["--quiet"]):
        assert NOTE not in train("data.tsv", tmp_path, "model", *options)


@pytest.mark.parametrize(
    ("rows", "options", "words"),
    [
        (MARKED, [], ["😀", "C++", ":)", "written 😀", "Well Written"]),
        (MARKED, ["--ngrams", "1"], ["😀", "C++", ":)"]),
        (MARKED, ["--analyzer", "whitespace"], ["😀", "C++", ":) "]),
        (MARKED, ["--analyzer", "char_wb"], ["wri", "C++", " :) "]),
        (MARKED, ["--analyzer", "char", "--ngrams", "6"], ["ritten", "n 😀 c"]),
        (CHINESE, [], ["好", "书很好", "本书很好"]),
        (CHINESE, ["--analyzer", "whitespace"], ["这本书很好"]),
    ],
)
def test_inspect_finds_words_of_every_kind(tmp_path, rows, options, words):
    write_tsv(tmp_path / "data.tsv", rows)
    train("data.tsv", tmp_path, "model", *options)
    asked = [argument for word in words for argument in ("--word", word)]
    weights = re.findall(r"[+-]\d+\.\d+", run("inspect", tmp_path / "model.fastlr", *asked).stdout)
    assert len(weights) == 2 * len(words)
    assert all(map(float, weights))


def test_inspect_names_the_kind_of_ngrams(tmp_path):
    write_tsv(tmp_path / "data.tsv", MARKED)
    for analyzer, kind in (
        ("word", "1 to 2   words"),
        ("char", "1 to 5   characters"),
        ("char_wb", "1 to 5   characters within white space"),
        ("whitespace", "1 to 2   tokens between white space"),
    ):
        train("data.tsv", tmp_path, "model", "--analyzer", analyzer)
        assert kind in run("inspect", tmp_path / "model.fastlr").stdout
        assert fastlr.load(tmp_path / "model.fastlr").analyzer == analyzer


def test_numeric_features_have_no_analyzer(tmp_path):
    (tmp_path / "data.svm").write_text("1 1:1\n-1 2:1\n" * 9)
    said = run("train", tmp_path / "data.svm", "-o", tmp_path / "model", "--analyzer", "char", code=1).stderr
    assert "--analyzer does not apply to numeric features" in said
