"""Files of plain text whose names tell their label."""

import pytest
from helpers.archives import write_folder, write_zip
from helpers.readers import read, rows_of

from fastlr.files.inputs.file_labels import labels_of_files
from fastlr.files.reader import Reader
from fastlr.files.streams import ReadError

TEXTS = {"neg": "a dull film\nboring, with a bad plot\n", "pos": "a fine film\n\nfine acting, indeed\n"}
ROWS = [
    ("neg", "a dull film"),
    ("neg", "boring, with a bad plot"),
    ("pos", "a fine film"),
    ("pos", "fine acting, indeed"),
]


@pytest.mark.parametrize(
    ("names", "labels"),
    [
        (["pos.txt", "neg.txt"], ["pos", "neg"]),
        (["a/rt-polarity.neg.gz", "b/rt-polarity.pos"], ["neg", "pos"]),
        (["train_spam.txt", "train_ham.txt", "train_other_mail.txt"], ["spam", "ham", "other_mail"]),
        (["part-00000", "part-00001"], None),
        (["train.txt", "dev.txt"], None),
        (["train_good.txt", "test_good.txt"], None),
        (["reviews1.txt", "reviews2.txt"], None),
        (["a/x.txt", "b/x.txt"], None),
        (["pos.txt"], None),
        ([f"file {chr(k)}" for k in range(256, 512)], None),
    ],
)
def test_what_differs_between_names(names, labels):
    assert labels_of_files(names) == labels


@pytest.mark.parametrize("name", ["{}.txt", "rt-polarity.{}", "train.{}"])
def test_a_file_for_each_label(tmp_path, name):
    parts = {name.format(label): text for label, text in TEXTS.items()}
    folder, archive = write_folder(tmp_path / "data", parts), write_zip(tmp_path / "a.zip", parts)
    files = [str(folder / name.format(label)) for label in ("neg", "pos")]
    for data in (str(folder), str(archive), files):
        with Reader(data, use="train") as reader:
            assert str(reader.layout) == "plain text; the label is its file: neg, pos"
            assert rows_of(reader) == ROWS


def test_names_that_are_no_labels(tmp_path):
    folder = write_folder(tmp_path / "data", {"1.txt": TEXTS["pos"], "2.txt": TEXTS["neg"]})
    with pytest.raises(ReadError, match=r"1\.txt: is plain text without labels"):
        read(folder)


def test_files_with_labels_keep_them(tmp_path):
    rows = "".join(f"{label}\t{text}\n" for label, text in ROWS)
    folder = write_folder(tmp_path / "data", {"north.tsv": rows, "south.tsv": rows})
    assert read(folder) == ROWS * 2
