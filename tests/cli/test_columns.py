"""Which columns of a table hold the text and the label, in every command."""

import json

import numpy as np
import pytest
from helpers.command_line import CSV, WORDS, draw, refused, run, train, write_csv

import fastlr


def test_columns_are_found_again_by_their_names(folder):
    """Detected again, the text would be in "title", and the label in "class"."""
    rows = [(k % 2, label, "a long title that says nothing", text) for k, (label, text) in enumerate(draw(60, WORDS))]
    source = write_csv(folder / "named.csv", ("class", "kind", "title", "words"), rows)
    train("named.csv", folder, "named", "--label", "kind", "--text", "words")
    model = fastlr.load(folder / "named.fastlr")
    texts = [row[-1] for row in rows]
    expected = model.predict(texts).tolist()
    said = run("predict", folder / "named.fastlr", source)
    assert said.stdout.splitlines() == expected
    assert said.stderr.splitlines()[0].endswith("named.csv: CSV with a header; text in 'words'")
    said = json.loads(run("evaluate", folder / "named.fastlr", source, "--json", "-q").stdout)
    assert said["accuracy"] == np.mean([row[1] == label for row, label in zip(rows, expected, strict=True)])
    assert "text in 'words', label in 'kind'\n" in run("inspect", folder / "named.fastlr").stdout
    # Whatever the order, the other columns and the format.
    other = write_csv(folder / "other.csv", ("title", "words"), [row[2:] for row in rows])
    assert run("predict", folder / "named.fastlr", other, "-q").stdout.splitlines() == expected
    lines = folder / "named.jsonl"
    lines.write_text("".join(json.dumps({"title": row[2], "words": row[3], "kind": row[1]}) + "\n" for row in rows))
    assert run("predict", folder / "named.fastlr", lines, "-q").stdout.splitlines() == expected
    assert run("predict", folder / "named.fastlr", "-", input=other.read_text()).stdout.splitlines() == expected
    # The options override the columns that the model knows.
    said = run("predict", folder / "named.fastlr", source, "--text", "title").stderr
    assert "CSV with a header; text in 'title'\n" in said
    said = run("predict", folder / "named.fastlr", source, "--text", "kind,words", "-q").stdout
    assert said.splitlines() == model.predict([f"{row[1]} {row[3]}" for row in rows]).tolist()


def test_columns_that_are_not_there_are_guessed(folder):
    rows = [(label, text) for label, text in draw(60, WORDS)]
    write_csv(folder / "said.csv", ("kind", "words"), rows)
    train("said.csv", folder, "said", "--text", "words")
    other = write_csv(folder / "unsaid.csv", ("id", "text"), enumerate(text for _, text in rows))
    said = run("predict", folder / "said.fastlr", other)
    told, guessed, _ = said.stderr.splitlines()
    assert told.endswith("unsaid.csv: CSV with a header; text in 'text'")
    assert guessed.endswith("unsaid.csv: has no column 'words' as in training; the text column was detected instead")
    assert said.stdout.splitlines() == fastlr.load(folder / "said.fastlr").predict([text for _, text in rows]).tolist()
    said = run("predict", folder / "said.fastlr", folder / "test.tsv").stderr  # without a header
    assert "test.tsv: TSV without a header; text in column 2\n" in said


def test_numbers_of_columns_are_those_of_training(folder):
    """Where columns have no names, if there are as many of them."""
    rows = [(f"the {text} title", label, text) for label, text in draw(60, WORDS)]
    path = folder / "numbers.tsv"
    path.write_text("".join("\t".join(row) + "\n" for row in rows))
    train("numbers.tsv", folder, "numbers", "--label", "2", "--text", "3")
    assert "text in column 3, label in column 2" in run("inspect", folder / "numbers.fastlr").stdout
    assert run("predict", folder / "numbers.fastlr", path).stderr.startswith(
        f"{path}: TSV without a header; text in column 3\n"
    )
    assert "label in column 2, text in column 3" in run("evaluate", folder / "numbers.fastlr", path).stderr
    assert "header; text in column 2\n" in run("predict", folder / "numbers.fastlr", folder / "test.tsv").stderr
    said = run("convert", path, folder / "numbers.store", "--model", folder / "numbers.fastlr").stderr
    assert "label in column 2, text in column 3" in said


def test_columns_that_contradict_each_other(folder):
    (folder / "x.csv").write_text(CSV)
    output = ("-o", folder / "m", "-q")
    assert "is named twice" in refused("train", folder / "x.csv", *output, "--text", "text,text")
    assert "must not also be a text column" in refused(
        "train", folder / "x.csv", *output, "--label", "text", "--text", "text"
    )
    for option in ("--label", "--text"):
        for name in ("labl", "0", "3", ""):
            said = refused("train", folder / "x.csv", *output, option, name)
            assert f"there is no column {name!r}; the 2 columns are: label, text" in said


def test_several_text_columns(folder):
    """The option is given again, or names are separated by commas, and spaces; a comma may belong to a name."""
    rows = [(f"{text.split()[0]}", text, label) for label, text in draw(40, ["fruit", "tool"])]
    write_csv(folder / "several.csv", ("title", "body", "label"), rows)
    (folder / "several.jsonl").write_text(
        "".join(json.dumps(dict(zip(("title", "body", "label"), row, strict=True))) + "\n" for row in rows)
    )
    for name in ("several.csv", "several.jsonl"):
        for options in (["--text", "title", "--text", "body"], ["--text", "title,body"], ["--text", "title, body"]):
            assert "text in 'title', 'body'\n" in train(name, folder, "several", *options)
    assert "text in 'title', 'body'\n" in train(
        "several.csv", folder, "several", "--text", "1", "--text", "2", "--header"
    )
    write_csv(folder / "comma.csv", ('"text, raw"', "label"), [row[1:] for row in rows])
    assert "text in 'text, raw'\n" in train("comma.csv", folder, "several", "--text", "text, raw")


def test_several_text_columns_of_parquet(folder):
    pa = pytest.importorskip("pyarrow")
    import pyarrow.parquet

    rows = [(text.split()[0], text, label) for label, text in draw(40, ["fruit", "tool"])]
    write_csv(folder / "same.csv", ("title", "body", "label"), rows)
    columns = dict(zip(("title", "body", "label"), map(list, zip(*rows, strict=True)), strict=True))
    pyarrow.parquet.write_table(pa.table(columns), folder / "same.parquet")
    for name in ("same.parquet", "same.csv"):
        said = train(name, folder, name, "--text", "title", "--text", "body", "--label", "label")
        assert "text in 'title', 'body'\n" in said
    assert (folder / "same.parquet.fastlr").read_bytes() == (folder / "same.csv.fastlr").read_bytes()
    assert "text in 'title', 'body'\n" in run("predict", folder / "same.csv.fastlr", folder / "same.parquet").stderr


def test_labels_alike_are_pointed_out_once(folder):
    """They train a class each, because they may mean what they say."""
    rows = [
        (("Fruit" if k % 5 == 0 else "fruit") if label == "fruit" else label, text)
        for k, (label, text) in enumerate(draw(80, ["fruit", "tool"]))
    ]
    write_csv(folder / "alike.csv", ("label", "text"), rows)
    said = train("alike.csv", folder, "alike")
    assert said.count("labels that may mean the same count as different classes: 'fruit' and 'Fruit'") == 1
    assert "3 classes" in said
    other = write_csv(folder / "numbers.csv", ("label", "text"), [(label.lower(), text) for label, text in rows])
    said = run(
        "evaluate",
        folder / "two.fastlr",
        write_csv(
            folder / "upper.csv",
            ("label", "text"),
            [(label.upper() if k == 0 else label.lower(), text) for k, (label, text) in enumerate(rows)],
        ),
    ).stderr
    assert "may mean the same" in said
    assert "may mean the same" not in run("evaluate", folder / "two.fastlr", other).stderr


def test_texts_of_unknown_words_are_counted(folder):
    path = folder / "unknown.txt"
    path.write_text("an apple\nxyzzy plugh\n\n!!\nthe hammer\n")
    said = run("predict", folder / "two.fastlr", path).stderr
    assert "unknown.txt: 2 of 5 documents have no word that the model knows\n" in said
    path.write_text("an apple\n\n")
    assert "no word" not in run("predict", folder / "two.fastlr", path).stderr
