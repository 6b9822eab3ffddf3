"""Input that a command cannot use is refused in one line, or counted."""

import pytest
from helpers.command_line import CSV, refused, run, train

import fastlr


def test_a_block_of_nothing_but_bad_lines(folder, tmp_path):
    data, lines = tmp_path / "bad.txt", "__label__fruit an apple\n__label__tool a saw\n" * 50
    data.write_text(lines + "junk\n" * 10**6 + lines)
    options = ("--format", "fasttext", "--skip-bad-lines", "-q")
    for out in ("out.store", "out.parquet"):
        run("convert", data, tmp_path / out, "--model", folder / "two.fastlr", *options)
        assert "accuracy            100.00%" in run("evaluate", folder / "two.fastlr", data, *options).stdout
    assert fastlr.open_store(tmp_path / "out.store").shape[0] == 200
    run("train", data, "-o", tmp_path / "model.fastlr", "--memory", "500M", *options)


def test_bad_lines(folder):
    path = folder / "bad.tsv"
    path.write_text((folder / "two.tsv").read_text() + "lonely\n")
    said = refused("train", path, "-o", folder / "bad.fastlr", "-q")
    assert "1 bad line: line 201 (fewer than 2 columns)" in said
    assert not (folder / "bad.fastlr").exists()
    said = train("bad.tsv", folder, "bad", "--skip-bad-lines")
    assert "skipped 1 bad line: line 201" in said


HOSTILE = {
    "empty": (b"", "is empty"),
    "one class": (b"a\tone\na\ttwo\n", "cannot detect the label column: no column has short"),
    "binary": (bytes(range(256)) * 10, "zero bytes"),
    "cut off": (b"\x1f\x8b\x08\x00", "truncated"),
    "words": (b"no labels here\nnone at all\n", "without labels"),
}


HOSTILE |= {
    "no labels": (CSV.replace("good", "").replace("bad", "").encode(), "18 bad lines: line 2 (empty label)"),
    "one row": (b"label,text\na,x\n", "at least two classes; found 1: ['a']"),
    "header alone": (b"label,text\n", "contains no documents"),
    "a line of cp1252": ((CSV + "good,café\n").encode() + b"good,caf\xe9\n", "line 21 (not UTF-8, perhaps cp1252)"),
    "open quote": (CSV.encode() + b'good,"fine\n', "line 20 (a quote that is never closed)"),
}


@pytest.mark.parametrize(("content", "message"), HOSTILE.values(), ids=HOSTILE)
def test_hostile_files_are_refused_in_a_line(folder, content, message):
    (folder / "hostile").write_bytes(content)
    assert message in refused("train", folder / "hostile", "-o", folder / "hostile.fastlr", "-q")
    assert not (folder / "hostile.fastlr").exists()


def test_what_people_do_and_works(folder):
    """Windows' line ends and byte order mark; line ends and commas within quotes; labels that are numbers."""
    rows = [("good", "fine film"), ("bad", "dull film")] * 9
    quoted = "label,text\r\n" + "".join(f'{label},"{text},\n""so"" it is"\r\n' for label, text in rows)
    for content in (CSV.replace("\n", "\r\n").encode("utf-8-sig"), quoted.encode()):
        (folder / "windows.csv").write_bytes(content)
        train("windows.csv", folder, "windows")
        said = run("predict", folder / "windows.fastlr", folder / "windows.csv", "-q").stdout.splitlines()
        assert said == [label for label, _ in rows]
    (folder / "stars.csv").write_text(CSV.replace("good", "4.5").replace("bad", "1.0"))
    train("stars.csv", folder, "stars")
    assert fastlr.load(folder / "stars.fastlr").classes_.tolist() == ["1.0", "4.5"]


@pytest.mark.parametrize("command", ["predict", "evaluate", "convert"])
def test_a_model_is_no_text(folder, command):
    model = folder / "two.fastlr"
    arguments = [model, folder / "x.tsv"] if command == "convert" else [model, model]
    assert "two.fastlr: is a model file, not data" in refused(command, *arguments, "-q")
