"""Several files, folders and archives as arguments of the commands."""

import re

import pytest
from helpers.archives import write_folder, write_zip
from helpers.command_line import WORDS, draw, refused, run


def table(rows):
    return "label,text\n" + "".join(f"{label},{text}\n" for label, text in rows)


@pytest.fixture(scope="module")
def parts():
    rows = list(draw(300, WORDS))
    return {"train.csv": table(rows[:200]), "dev.csv": table(rows[200:240]), "test.csv": table(rows[240:])}


@pytest.mark.parametrize("kind", ["folder", "zip", "pipe"])
def test_files_are_used_by_their_names(tmp_path, monkeypatch, parts, kind):
    path = write_folder(tmp_path / "set", parts) if kind == "folder" else write_zip(tmp_path / "a.zip", parts)
    source, content = ("-", path.read_bytes()) if kind == "pipe" else (path, None)
    said = run("train", source, "-o", tmp_path / "m", input=content).stderr
    assert "200 documents read (0 empty): 200 trained on, 0 held out, 0 skipped" in said
    assert "40 documents read (0 empty): 40 validated on, 0 skipped" in said
    assert "60 documents read" in run("evaluate", tmp_path / "m", source, input=content).stderr
    said = run("train", source, "-o", tmp_path / "m", "--valid", "0.5", input=content).stderr
    assert "validated on" not in said
    assert " 0 held out" not in said
    if kind != "pipe":
        said = refused("predict", tmp_path / "m", path)
        assert f"{path}: has files for test, train, valid; name those to read: " in said or (kind == "zip")


def test_predictions_are_in_the_order_of_the_files(folder, tmp_path):
    write_folder(tmp_path, {"a.txt": "plum\nsaw\n", "b.txt": "fig\n"})
    paths = [tmp_path / "b.txt", tmp_path / "a.txt"]
    assert run("predict", folder / "two.fastlr", *paths).stdout == "fruit\nfruit\ntool\n"
    assert run("predict", folder / "two.fastlr", *paths[::-1]).stdout == "fruit\ntool\nfruit\n"


def test_bad_lines_of_several_files_have_empty_predictions(folder, tmp_path):
    lines = '{"text": "plum"}\n{"text": null}\n'
    write_folder(tmp_path, {"a.jsonl": lines, "b.jsonl": lines + lines})
    paths = [tmp_path / "a.jsonl", tmp_path / "b.jsonl"]
    result = run("predict", folder / "two.fastlr", *paths, "--skip-bad-lines")
    assert result.stdout == "fruit\n\n" * 3
    assert f"line 2 of {paths[0]} (no text in 'text'), line 2 of {paths[1]} (" in result.stderr


def test_training_files_are_joined_whatever_their_format(tmp_path):
    rows = list(draw(100, WORDS))
    lines = "".join(f'{{"text": "{text}", "label": "{label}"}}\n' for label, text in rows[50:])
    write_folder(tmp_path, {"a.csv": table(rows[:50]), "b.jsonl": lines, "all.csv": table(rows)})
    run("train", tmp_path / "a.csv", tmp_path / "b.jsonl", "-o", tmp_path / "two", "-q")
    run("train", tmp_path / "all.csv", "-o", tmp_path / "one", "-q")
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_several_files_are_converted_to_one(tmp_path, parts):
    path = write_zip(tmp_path / "a.zip", parts)
    members = [path / name for name in ("train.csv", "dev.csv")]
    said = run("convert", *members, tmp_path / "all.csv").stderr
    assert "240 documents read" in said
    assert (tmp_path / "all.csv").read_text() == (parts["train.csv"] + parts["dev.csv"][len("label,text\n") :])


def test_archives_are_not_overwritten(tmp_path, parts):
    path = write_zip(tmp_path / "a.zip", parts)
    assert "the model would overwrite the data" in refused("train", path / "train.csv", "-o", path)
    assert "input and output are the same file" in refused("convert", path / "train.csv", path, "--to", "csv")


def test_encodings_are_printed(tmp_path):
    rows = [(label, f"{text} Größe") for label, text in draw(100, WORDS)]
    (tmp_path / "a.csv").write_bytes(table(rows).encode("cp1252"))
    assert (
        "a.csv: encoding cp1252; --encoding decides\n" in run("train", tmp_path / "a.csv", "-o", tmp_path / "m").stderr
    )
    said = run("train", tmp_path / "a.csv", "-o", tmp_path / "m", "--encoding", "cp1250").stderr
    assert "encoding cp1252" not in said
    rows = [(label, f"{text} ačiū šiandien") for label, text in draw(100, WORDS)]
    (tmp_path / "a.csv").write_bytes(table(rows).encode("cp1257"))
    said = run("train", tmp_path / "a.csv", "-o", tmp_path / "m").stderr
    assert re.search(r"a\.csv: encoding cp1252, or .*cp1257; --encoding decides\n", said)


def test_marks_by_name(tmp_path):
    rows = list(draw(100, WORDS))
    (tmp_path / "a").write_text("".join(f"{label}\t'{text}'\n" for label, text in rows))
    said = run("train", tmp_path / "a", "-o", tmp_path / "m", "--sep", "tab", "--quote", "'").stderr
    assert 'quoted TSV quoted by "\'" without a header' in said
    result = run("train", tmp_path / "a", "-o", tmp_path / "m", "--sep", "semicolon", code=2)
    assert "'semicolon' is not one character, nor one of: tab, \\t, space" in result.stderr


@pytest.mark.parametrize("suffix", ["svm", "store", "parquet"])
def test_several_files_of_rows(tmp_path, suffix):
    """The second one has more features."""
    if suffix == "parquet":
        pytest.importorskip("pyarrow")
    (tmp_path / "a.svm").write_text("1 1:1 2:1\n0 2:1\n" * 20)
    (tmp_path / "b.svm").write_text("1 1:1\n0 2:1 3:1\n" * 20)
    paths = [tmp_path / f"{name}.{suffix}" for name in "ab"]
    if suffix != "svm":
        for path in paths:
            run("convert", path.with_suffix(".svm"), path)
    said = run("train", *paths, "-o", tmp_path / "m").stderr
    assert f"{paths[0]} and 1 more: " in said
    assert "80 rows read (0 empty): 72 trained on, 8 held out, 0 skipped" in said
    assert "2 classes, 3 features" in said
    assert "100.00%" in run("evaluate", tmp_path / "m", *paths).stdout
