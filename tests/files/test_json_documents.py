"""JSON over several lines: arrays, objects, columns, and keys of objects in objects."""

import io
import json

import pytest
from helpers.readers import ROWS, read, write

from fastlr.files import json_documents
from fastlr.files.json_documents import as_lines
from fastlr.files.streams import ReadError, blocks_of_lines

RECORDS = [{"text": f'{text} "x", [y] {{z}}\n', "label": label} for label, text in ROWS]
EXPECTED = [(record["label"], record["text"]) for record in RECORDS]
COLUMNS = {key: [record[key] for record in RECORDS] for key in ("label", "text")}

DOCUMENTS = {
    "array": json.dumps(RECORDS),
    "array of UTF-8": json.dumps(RECORDS, ensure_ascii=False),
    "indented array": json.dumps(RECORDS, indent=2),
    "an object per line of an array": "[\n" + ",\n".join(map(json.dumps, RECORDS)) + "\n]\n",
    "array behind blank lines": "\n \n" + json.dumps(RECORDS, indent=1),
    "objects over several lines": "\n".join(json.dumps(record, indent=4) for record in RECORDS),
    "data": json.dumps({"version": 1, "data": RECORDS}),
    "indented data": json.dumps({"version": 1, "data": RECORDS}, indent=2),
    "columns": json.dumps(COLUMNS),
    "indented columns": json.dumps(COLUMNS, indent=2),
    "pandas": json.dumps({key: {str(i): value for i, value in enumerate(column)} for key, column in COLUMNS.items()}),
    "pandas, index": json.dumps({str(i): record for i, record in enumerate(RECORDS)}),
    "pandas, split": json.dumps(
        {"columns": list(COLUMNS), "index": [0, 1, 2, 3], "data": list(map(list, zip(*COLUMNS.values(), strict=True)))}
    ),
    "pandas, table": json.dumps({"schema": {"fields": [{"name": "text"}], "pandas_version": "1"}, "data": RECORDS}),
}


@pytest.mark.parametrize("name", ["a.json", "a.jsonl", "a"])
@pytest.mark.parametrize("document", DOCUMENTS.values(), ids=DOCUMENTS)
def test_documents_of_rows(tmp_path, name, document):
    assert read(write(tmp_path, name, document)) == EXPECTED
    assert read(write(tmp_path, name, document), format="jsonl") == EXPECTED


@pytest.mark.parametrize("document", ["array", "indented array", "objects over several lines"])
@pytest.mark.parametrize("block", [7, 64, 1000])
def test_values_may_be_cut_anywhere(monkeypatch, document, block):
    monkeypatch.setattr(json_documents, "BLOCK", 50)
    blocks = blocks_of_lines(io.BytesIO(DOCUMENTS[document].encode()), block=block)
    found = b"".join(as_lines(blocks)).decode().split("\n")
    assert [json.loads(line) for line in found[:-1]] == RECORDS


def test_a_line_with_lists_is_a_row(tmp_path):
    """Unless it is the only one, and holds columns."""
    rows = [{"label": label, "text": text, "tags": ["a", "b"], "of": {"n": [1, 2]}} for label, text in ROWS]
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    assert read(write(tmp_path, "a", lines)) == ROWS
    assert read(write(tmp_path, "a", lines.split("\n")[0]), label="label", text="text") == ROWS[:1]
    assert read(write(tmp_path, "a", json.dumps(rows[0], indent=1)), label="label", text="text") == ROWS[:1]


def test_rows_of_an_array_are_bad_one_by_one(tmp_path):
    path = write(tmp_path, "a.json", json.dumps([*RECORDS, {"label": "x", "text": None}, 7, RECORDS[0]], indent=1))
    with pytest.raises(ReadError, match=r"2 bad lines: line 5 \(no text in 'text'\), line 6 \(not a JSON object\)"):
        read(path)
    assert read(path, skip_bad_lines=True) == [*EXPECTED, EXPECTED[0]]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (json.dumps(RECORDS, indent=1)[:-20], "the JSON is not valid in or behind line 1[0-9]"),
        (json.dumps(RECORDS)[:-1], "the JSON is cut off"),
        (
            json.dumps(RECORDS, indent=1).replace('"label": "bad"', '"label": bad', 1),
            "is not valid in or behind line 6",
        ),
        (json.dumps(RECORDS) + json.dumps(RECORDS), "the JSON goes on behind its array"),
        ('{\n "label": "x",\n "text"', "the JSON is not valid in or behind line 1"),
    ],
)
def test_damage_is_an_error(tmp_path, content, message):
    with pytest.raises(ReadError, match=message):
        read(write(tmp_path, "a.json", content), label="label", text="text")


def test_keys_of_objects_in_objects(tmp_path):
    rows = [{"id": i, "review": {"body": text, "of": {"stars": label}}} for i, (label, text) in enumerate(ROWS)]
    path = write(tmp_path, "a.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    assert read(path, label="review.of.stars", text="review.body") == ROWS
    with pytest.raises(ReadError, match=r"the value of 'review' must be a text or a number, and is an object"):
        read(path, label="review.of.stars", text="review")
    rows = [{"a.b": text, "a": {"b": "other"}, "label": label} for label, text in ROWS]
    path = write(tmp_path, "b.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    assert read(path, label="label", text="a.b") == ROWS


def test_prose_in_brackets_is_no_json(tmp_path):
    assert read(write(tmp_path, "a", "[Verse]\n{chorus}\n"), with_labels=False) == [
        (None, "[Verse]"),
        (None, "{chorus}"),
    ]
    assert read(write(tmp_path, "a", "{\nchorus\n"), with_labels=False) == [(None, "{"), (None, "chorus")]
