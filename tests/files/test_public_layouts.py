"""Files laid out as well-known public data sets are: the right columns, or a question."""

import bz2
import csv
import io
import json

import pyarrow as pa
import pyarrow.parquet
import pytest
from helpers.public_layouts import (
    KINDS,
    LAYOUTS,
    N_ROWS,
    TEXTS,
    columns_of,
    content_of,
    labelled,
    rows_to_write,
    style_of,
)
from helpers.readers import read, rows_of

from fastlr.files.reader import Reader
from fastlr.files.streams import ReadError


@pytest.mark.parametrize("public", LAYOUTS, ids=lambda public: public.id)
def test_layout(tmp_path, public):
    path = tmp_path / public.name
    path.parent.mkdir(exist_ok=True)
    rows, label = rows_to_write(public)
    path.write_bytes(content_of(public, rows))
    names, kinds = columns_of(public)
    texts = [place for place, kind in enumerate(kinds) if kind.removeprefix("?") in TEXTS]
    either = [place for place, kind in enumerate(kinds) if kind.startswith("%")]
    try:
        with Reader(str(path)) as reader:
            layout, found = reader.layout, rows_of(reader)
    except ReadError as error:
        message = str(error)
        assert public.asks or public.may_ask, message
        for name in public.asks or (names[label] if public.header else f"column {label + 1}",):
            assert name in message
        return
    assert not public.asks, layout
    place_of = {
        place: names.index(name) if names.count(name) == 1 else place for place, name in enumerate(layout.names)
    }
    read_label, *read_texts = (place_of.get(place, place) for place in (layout.label, *layout.text))
    assert [row[read_label] for row in rows] == [row[label] for row in rows], str(layout)  # columns may be the same
    assert [place for place in read_texts if place not in either] == texts, str(layout)
    assert layout.header == (public.header and not public.name.endswith((".json", ".jsonl")))
    assert found == [(row[label], " ".join(row[place] or "" for place in read_texts)) for row in rows]


def test_financial_phrase_bank(tmp_path):
    """A text, an @ and the label, in latin-1."""
    rows = labelled(["neutral", "positive", "negative"])
    path = tmp_path / "Sentences_50Agree.txt"
    path.write_bytes("".join(f"{text} £ .@{label}\r\n" for label, text in rows).encode("latin-1"))
    assert read(path) == [(label, f"{text} £ .") for label, text in rows]


def test_trec_questions(tmp_path):
    """Their labels are a part of the text."""
    path = tmp_path / "train_5500.label"
    path.write_text(
        "".join(f"{label} {text} ?\n" for label, text in labelled(["DESC:manner", "ENTY:cremat", "HUM:ind"]))
    )
    with pytest.raises(ReadError, match="plain text without labels"):
        read(path)


def test_clinc_intents(tmp_path):
    """An object of lists is no table."""
    pairs = [[text, label] for label, text in labelled(["translate", "transfer", "timer"])]
    path = tmp_path / "data_full.json"
    path.write_text(json.dumps({"oos_train": pairs[:9], "train": pairs}))
    with pytest.raises(ReadError):
        read(path)


def test_amazon_reviews_of_fasttext(tmp_path):
    rows = labelled(["1", "2"])
    path = tmp_path / "train.ft.txt.bz2"
    path.write_bytes(bz2.compress("".join(f"__label__{label} Great: {text}\n" for label, text in rows).encode()))
    assert read(path) == [(label, f"Great: {text}") for label, text in rows]


@pytest.mark.parametrize("separator", ["\t", ","])
def test_go_emotions(tmp_path, separator):
    """One label or several for a text, and an id."""
    file, style = io.StringIO(), style_of(28)
    writer = csv.writer(file, delimiter=separator, lineterminator="\n")
    for i in range(N_ROWS):
        codes = style.rng.sample(range(28), style.rng.choice([1, 1, 1, 1, 2, 3]))
        writer.writerow([style.text(codes[0]), ",".join(map(str, codes)), KINDS["hex"](style.rng, i)[:7]])
    path = tmp_path / "train.tsv"
    path.write_text(file.getvalue())
    with pytest.raises(ReadError, match="several labels"):
        read(path)


@pytest.mark.parametrize("name", ["ag_news.parquet", "ag_news.arrow"])
def test_news_in_parquet(tmp_path, name):
    rows = labelled([0, 1, 2, 3])
    table = pa.table({"text": [text for _, text in rows], "label": [label for label, _ in rows]})
    if name.endswith(".parquet"):
        pyarrow.parquet.write_table(table, tmp_path / name)
    else:
        with pa.ipc.new_stream(tmp_path / name, table.schema) as writer:
            writer.write_table(table)
    assert read(tmp_path / name) == [(str(label), text) for label, text in rows]


def test_emotions_in_parquet(tmp_path):
    style = style_of(28)
    codes = [style.rng.sample(range(28), style.rng.choice([1, 1, 2])) for _ in range(N_ROWS)]
    texts = [style.text(several[0]) for several in codes]
    table = pa.table({"text": texts, "labels": codes, "id": list(map(str, range(N_ROWS)))})
    pyarrow.parquet.write_table(table, tmp_path / "simplified.parquet")
    with pytest.raises(ReadError, match="labels"):
        read(tmp_path / "simplified.parquet")


def test_natural_language_inference_in_json(tmp_path):
    """Two texts and their parses, and a list of labels besides the label."""
    rows, others = labelled(["neutral", "entailment", "contradiction"]), labelled(["x", "y"])
    path = tmp_path / "snli_1.0_train.jsonl"
    with path.open("w") as file:
        for i, ((label, text), (_, other)) in enumerate(zip(rows, others, strict=True)):
            record = {
                "annotator_labels": [label], "captionID": f"{3416050480 + i}.jpg#4", "gold_label": label,
                "pairID": f"{3416050480 + i}.jpg#4r1n", "sentence1": text, "sentence2": other,
            }  # fmt: skip
            print(json.dumps(record), file=file)
    expected = [(label, f"{text} {other}") for (label, text), (_, other) in zip(rows, others, strict=True)]
    assert read(path) == expected


@pytest.mark.parametrize(
    "names", [("pos", "neg"), ("rec.autos", "sci.med", "talk.politics.misc")], ids=["IMDB", "newsgroups"]
)
def test_a_folder_per_class(tmp_path, names):
    rows = labelled(names)
    for i, (label, text) in enumerate(rows):
        path = tmp_path / "data" / label / (f"{i}_7.txt" if len(names) == 2 else str(50000 + i))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(f"Subject: Öl\n\n{text}\n".encode("latin-1"))
    found = read(tmp_path / "data")
    assert sorted((label, text.strip()) for label, text in found) == sorted((a, f"Subject: Öl\n\n{b}") for a, b in rows)
