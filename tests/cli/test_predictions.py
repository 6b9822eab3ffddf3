"""The forms in which `fastlr predict` writes predictions, and the ids that it carries through."""

import csv
import io
import json
import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import scipy.sparse as sp
from helpers.command_line import COMMAND, WORDS, draw, refused, run, train, write_csv, write_tsv

import fastlr
from fastlr.cli import _scoring
from fastlr.files import streams

N = 30
FORMS = ("lines", "csv", "tsv", "jsonl", "parquet")


@pytest.fixture(scope="module")
def data(folder):
    """The same documents in every format with columns; the third has no text where it can lack one."""
    texts = [text for _, text in draw(N, WORDS, seed=4)]
    ids = [f"r/{i}" for i in range(N)]
    write_csv(folder / "new.csv", ["key", "text"], zip(ids, texts, strict=True))
    (folder / "new.tsv").write_text("".join(f"{id}\t{text}\n" for id, text in zip(ids, texts, strict=True)))
    records = [{"key": i, "text": None if i == 2 else text} for i, text in enumerate(texts)]
    (folder / "new.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    pq.write_table(pa.table({"key": list(range(N)), "text": [r["text"] for r in records]}), folder / "new.parquet")
    model = fastlr.load(folder / "model.fastlr")
    return texts, model.predict_proba(texts), model.classes_.tolist()


def predict(folder, data, *options):
    return run("predict", folder / "model.fastlr", folder / data, "-q", *options).stdout


def table(folder, form, data, *options):
    """Return the predictions as a data frame."""
    path = folder / f"out.{form}"
    assert predict(folder, data, "-o", path, *options) == ""
    match form:
        case "csv":
            return pd.read_csv(path)
        case "tsv":
            return pd.read_csv(path, sep="\t")
        case "parquet":
            return pd.read_parquet(path)
    return pd.read_json(path, lines=True)


@pytest.mark.parametrize("form", ["csv", "tsv", "parquet"])
def test_columns_of_tables(folder, data, form):
    _, p, names = data
    plain = table(folder, form, "new.csv")
    assert plain.columns.tolist() == ["label"]
    assert plain["label"].tolist() == [names[k] for k in p.argmax(axis=1)]
    order = np.argsort(-p, axis=1, kind="stable")
    top = table(folder, form, "new.csv", "--top", 2)
    assert top.columns.tolist() == ["label", "probability", "label_2", "probability_2"]
    assert top["label_2"].tolist() == [names[k] for k in order[:, 1]]
    assert np.allclose(top["probability_2"], p[range(N), order[:, 1]], rtol=1e-5)
    assert table(folder, form, "new.csv", "--top", 9).shape == (N, 6)
    every = table(folder, form, "new.csv", "--proba", "--id", "key")
    assert every.columns.tolist() == ["key", *names]
    assert every["key"].tolist() == [f"r/{i}" for i in range(N)]
    assert np.allclose(every[names], p, rtol=1e-5, atol=1e-9)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("options", [(), ("--top", "1"), ("--proba",)])
def test_a_row_out_for_a_row_in(folder, data, form, options):
    """Bad rows are empty or null in every form, and the ids stay beside their predictions, also those of bad rows."""
    _, p, names = data
    for name in ("new.jsonl", "new.parquet"):
        path = folder / f"out.{form}"
        predict(folder, name, "--id", "key", "--skip-bad-lines", "-o", path, "--to", form, *options)
        good = [i for i in range(N) if i != 2]
        if form == "lines":
            lines = path.read_text().split("\n")[bool(options == ("--proba",)) : -1]
            assert lines[2].strip("\t") == "2"
            rows = [line.split("\t") for line in lines]
            assert len(rows[2]) == len(rows[0])
            ids = [row[0] for row in rows]
            values = [rows[i][-1] for i in good]
        else:
            frame = {
                "csv": pd.read_csv, "tsv": lambda path: pd.read_csv(path, sep="\t"), "parquet": pd.read_parquet,
                "jsonl": lambda path: pd.read_json(path, lines=True),
            }[form](path)  # fmt: skip
            assert len(frame) == N
            assert frame.drop(columns=["row", "key"], errors="ignore").loc[2].isna().all()
            ids = frame["key"].astype(str).tolist()
            last = frame.iloc[:, -1][good]
            if form == "jsonl" and options:
                last = [one[names[k]] for one, k in zip(last, p[good].argmax(axis=1), strict=True)]
            values = list(last)
        assert ids == list(map(str, range(N)))
        if not options:
            assert values == [names[k] for k in p[good].argmax(axis=1)]
        elif form == "jsonl" or options == ("--top", "1"):
            assert np.allclose(np.array(values, float), p[good].max(axis=1), rtol=1e-5)
        else:
            assert np.allclose(np.array(values, float), p[good, -1], rtol=1e-4)


def test_ids_of_bad_rows_in_every_chunk(folder, data, monkeypatch):
    """Wherever batches and chunks end, at both ends of the file, and of lines that are no objects."""
    monkeypatch.setattr(streams.blocks_of_lines, "__defaults__", (False, 60))
    monkeypatch.setattr(_scoring, "MAX_PROBABILITIES", 3)
    keys = [f"k{i}" for i in range(17)]
    bad = {0, 5, 6, 11, 16}
    rows = [json.dumps({"key": key, "text": None if i in bad else "plum"}) for i, key in enumerate(keys)]
    rows[6] = "no object"
    (folder / "gaps.jsonl").write_text("".join(row + "\n" for row in rows))
    said = predict(folder, "gaps.jsonl", "--id", "key", "--skip-bad-lines", "--json")
    found = [json.loads(row) for row in said.splitlines()]
    assert [row["key"] for row in found] == [None if i == 6 else key for i, key in enumerate(keys)]
    assert [row["label"] for row in found] == [None if i in bad else "fruit" for i in range(17)]
    assert [row["row"] for row in found] == list(range(1, 18))


def test_the_only_column_besides_the_ids_is_the_text(folder):
    """Even if its values repeat, as labels do."""
    write_csv(folder / "only.csv", ["key", "words"], [(i, ["plum", "saw"][i % 2]) for i in range(20)])
    said = predict(folder, "only.csv", "--id", "key").splitlines()
    assert said == [f"{i}\t{['fruit', 'tool'][i % 2]}" for i in range(20)]


def test_lines_with_ids(folder, data):
    _, p, names = data
    labels = [names[k] for k in p.argmax(axis=1)]
    lines = predict(folder, "new.csv", "--id", "key").splitlines()
    assert lines == [f"r/{i}\t{label}" for i, label in enumerate(labels)]
    assert predict(folder, "new.tsv", "--id", "1", "--text", "2").splitlines() == lines
    assert predict(folder, "new.csv", "--id", "1", "--proba").splitlines()[0].split("\t") == ["key", *names]
    assert predict(folder, "new.csv", "--id", "1", "--top", "1").startswith(f"{lines[0]}\t0.")


def test_ids_keep_their_name_and_their_type(folder, data):
    unnamed = ("new.tsv", "--id", "1", "--text", "2")
    assert predict(folder, *unnamed, "--to", "csv").startswith("id,label\nr/0,")
    assert json.loads(predict(folder, *unnamed, "--json").splitlines()[0])["id"] == "r/0"
    skip = "--skip-bad-lines"
    assert json.loads(predict(folder, "new.jsonl", "--id", "key", "--json", skip).splitlines()[1])["key"] == 1
    predict(folder, "new.jsonl", "--id", "key", skip, "-o", folder / "out.parquet")
    assert pq.read_schema(folder / "out.parquet").field("key").type == pa.int64()


def test_ids_that_parquet_cannot_hold(folder):
    keys = [1] * 40 + ["x"]
    (folder / "mixed.jsonl").write_text("".join(json.dumps({"key": key, "text": "plum"}) + "\n" for key in keys))
    arguments = "predict", folder / "model.fastlr", folder / "mixed.jsonl", "-q", "--id", "key"
    assert "--id: Parquet needs ids of one type" in refused(*arguments, "-o", folder / "mixed.parquet")
    assert not (folder / "mixed.parquet").exists()
    assert run(*arguments, "--to", "csv").stdout.endswith("x,fruit\n")


def test_ids_that_have_the_name_of_another_column(folder):
    write_csv(folder / "names.csv", ["label", "fruit", "row", "text"], [("a", "b", "c", "plum")])
    arguments = "predict", folder / "model.fastlr", folder / "names.csv", "-q"
    for id, options in (("label", ["--to", "csv"]), ("fruit", ["--proba"]), ("row", ["--json"])):
        assert f"--id: '{id}' is also the name of a column of predictions" in refused(*arguments, "--id", id, *options)
    assert run(*arguments, "--id", "fruit", "--to", "csv").stdout == "fruit,label\nb,fruit\n"
    assert run(*arguments, "--id", "label").stdout == "a\tfruit\n"  # lines have no header


def test_cells_with_separators_are_quoted(folder):
    rows = [("a\nb", "plum fig pear"), ('c\t"d",\r\0e', "saw drill file")] * 10
    (folder / "odd.jsonl").write_text("".join(json.dumps({"label": c, "text": text}) + "\n" for c, text in rows))
    train("odd.jsonl", folder, "odd")
    for form, mark in (("csv", ","), ("tsv", "\t")):
        said = run("predict", folder / "odd.fastlr", folder / "odd.jsonl", "-q", "--id", "label", "--to", form, code=1)
        assert "also the name of a column" in said.stderr
        arguments = "predict", folder / "odd.fastlr", folder / "odd.jsonl", "-q", "--id", "text", "--to", form
        if sys.version_info < (3, 11):
            assert "Python 3.10 cannot write zero bytes" in run(*arguments, code=1).stderr
            continue
        said = run(*arguments).stdout
        header, *found = csv.reader(io.StringIO(said, newline=""), delimiter=mark)
        assert header == ["text", "label"]
        assert found == [[text, label] for label, text in rows]


def test_the_name_of_the_file_decides_on_the_format(folder, data):
    for name, form in (("p.csv", "csv"), ("p.TSV", "tsv"), ("p.ndjson", "jsonl"), ("p", "lines"), ("p.txt", "lines")):
        predict(folder, "new.csv", "--id", "key", "-o", folder / name)
        assert (folder / name).read_text() == predict(folder, "new.csv", "--id", "key", "--to", form)
    predict(folder, "new.csv", "--to", "jsonl", "-o", folder / "p.csv")
    assert (folder / "p.csv").read_text() == predict(folder, "new.csv", "--json")
    arguments = "predict", folder / "model.fastlr", folder / "new.csv"
    for options, said in (
        (["-o", "p.xlsx"], "Cannot tell the format from the name 'p.xlsx': pass --to."),
        (["-o", "p.vw"], "Cannot tell the format from the name 'p.vw': pass --to."),
        (["-o", "p.csv.gz"], "Predictions are not compressed: leave out the last suffix of 'p.csv.gz'."),
        (["--json", "--to", "csv"], "--json and --to csv are mutually exclusive."),
    ):
        assert said in run(*arguments, *options, code=2).stderr
        assert not os.path.exists(options[-1])


def test_files_appear_once_they_are_complete(folder, data):
    path = folder / "kept.csv"
    path.write_text("what was there\n")
    write_csv(folder / "bad.csv", ["key", "text"], [(1, "plum"), (2, "plum,fig")])
    refused("predict", folder / "model.fastlr", folder / "bad.csv", "-q", "-o", path)
    assert path.read_text() == "what was there\n"
    for name in ("model.fastlr", "new.csv"):
        before = (folder / name).read_bytes()
        said = refused("predict", folder / "model.fastlr", folder / "new.csv", "-q", "--to", "csv", "-o", folder / name)
        assert "the predictions would overwrite the" in said
        assert (folder / name).read_bytes() == before


def test_no_rows(folder):
    write_csv(folder / "none.csv", ["key", "text"], [])
    for form, expected in (("csv", "key,label\n"), ("lines", ""), ("jsonl", "")):
        assert predict(folder, "none.csv", "--id", "key", "--to", form) == expected
    assert table(folder, "parquet", "none.csv", "--id", "key").columns.tolist() == ["key", "label"]


def test_ids_of_numeric_rows(folder):
    columns = {"indices": [[0], [1]] * 10, "values": [[1.0], [2.0]] * 10, "label": [3, 4] * 10}
    pq.write_table(pa.table(columns), folder / "rows.parquet")
    run("train", folder / "rows.parquet", "-o", folder / "rows.fastlr", "-q", "--passes", "2")
    columns = {"indices": [[0], None, [1]], "values": [[1.0], [1.0], [2.0]], "key": ["a", "b", "c"]}
    pq.write_table(pa.table(columns), folder / "keyed.parquet")
    options = ("--id", "key", "--skip-bad-lines", "--to", "csv", "-q")
    assert run("predict", folder / "rows.fastlr", folder / "keyed.parquet", *options).stdout == (
        "key,label\na,3\nb,\nc,4\n"
    )
    fastlr.write_svmlight(folder / "rows.svm", sp.csr_array(np.eye(2)), [3, 4])
    said = refused("predict", folder / "rows.fastlr", folder / "rows.svm", "--id", "1", "-q")
    assert "--id does not apply to this format (svmlight)" in said


def test_ids_of_texts_that_are_not_utf8(folder):
    write_tsv(folder / "bytes.tsv", [("1", "plum"), ("2", "saw")])
    raw = (folder / "bytes.tsv").read_bytes().replace(b"2", b"\xff")
    (folder / "bytes.tsv").write_bytes(raw)
    options = ("--id", "1", "--text", "2", "--no-header", "--encoding", "utf-8", "--skip-bad-lines")
    assert predict(folder, "bytes.tsv", *options) == "1\tfruit\n\n"
    assert predict(folder, "bytes.tsv", *options, "--to", "csv") == "id,label\n1,fruit\n,\n"


def test_ids_of_text_files_are_their_names(folder):
    for name, text in (("a/1.txt", b"plum"), ("b/2.txt", b"saw"), ("b/3.txt", b"\xff")):
        path = folder / "files" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text)
    options = ("--skip-bad-lines", "--encoding", "utf-8")
    said = predict(folder, "files", "--id", "file", "--to", "csv", *options)
    assert said == "file,label\na/1.txt,fruit\nb/2.txt,tool\nb/3.txt,\n"
    wrong = refused("predict", folder / "model.fastlr", folder / "files", "-q", "--id", "name", *options)
    assert "there is no column 'name'; --id file gives the names of the files" in wrong


def test_several_files(folder, data):
    """The rows are numbered on, and the ids of each file are carried through."""
    (folder / "more.csv").write_text("text,key\nplum,x\n")
    arguments = "predict", folder / "model.fastlr", folder / "new.csv", folder / "more.csv", "-q", "--id", "key"
    rows = [json.loads(row) for row in run(*arguments, "--json").stdout.splitlines()]
    assert [row["row"] for row in rows] == list(range(1, N + 2))
    assert rows[-1] == {"row": N + 1, "key": "x", "label": "fruit"}


def test_ids_that_are_nan_are_none(folder):
    pq.write_table(pa.table({"key": [1.5, np.nan, None], "text": ["plum"] * 3}), folder / "nan.parquet")
    rows = predict(folder, "nan.parquet", "--id", "key", "--json").splitlines()
    assert [json.loads(row, parse_constant=pytest.fail)["key"] for row in rows] == [1.5, None, None]
    assert predict(folder, "nan.parquet", "--id", "key", "--to", "csv") == "key,label\n1.5,fruit\n,fruit\n,fruit\n"


def test_parquet_needs_pyarrow(folder, data, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    said = refused("predict", folder / "model.fastlr", folder / "new.csv", "-q", "-o", folder / "none.parquet")
    assert "need pyarrow: pip install 'fastlr[arrow]'" in said
    assert not (folder / "none.parquet").exists()


def test_parquet_in_a_pipe(folder, data):
    command = [*COMMAND, "predict", str(folder / "model.fastlr"), str(folder / "new.csv"), "-q", "--to", "parquet"]
    said = subprocess.run(command, check=True, capture_output=True).stdout
    assert pq.read_table(pa.BufferReader(said)).num_rows == N
