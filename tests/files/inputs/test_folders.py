"""Which files of a folder are read: by what they are for, and a folder for each label."""

import pytest
from helpers.archives import TABLE, WRITERS, write_folder
from helpers.readers import ROWS, read, rows_of

from fastlr.files.inputs.folders import use_of
from fastlr.files.reader import Reader
from fastlr.files.streams import ReadError

ONE = "label,text\nx,{}\n"


def texts(path, use, **options):
    with Reader(str(path), label="label", text="text", use=use, **options) as reader:
        return [text for _, text in rows_of(reader)], reader.has_validation


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize(
    "names",
    [
        ("train.csv", "valid.csv", "test.csv"),
        ("set_train.csv", "set_dev.csv", "set_test.csv"),
        ("data/train/part-0.csv", "data/validation/part-0.csv", "data/test/part-0.csv"),
        ("a-train-00000-of-00001.csv", "a-val-00000-of-00001.csv", "a-test-00000-of-00001.csv"),
    ],
)
def test_names_tell_what_files_are_for(tmp_path, name, names):
    members = {member: ONE.format(use) for member, use in zip(names, ("train", "valid", "test"), strict=True)}
    path = WRITERS[name](tmp_path / name, members)
    assert texts(path, "train") == (["train"], True)
    assert texts(path, "valid") == (["valid"], False)
    assert texts(path, "test") == (["test"], False)
    with pytest.raises(ReadError, match=r"has files for test, train, valid; name those to read: "):
        texts(path, "all")


def test_files_to_test_on_are_never_trained_on(tmp_path):
    path = write_folder(tmp_path / "a", {"reviews.csv": ONE.format("own"), "test.csv": ONE.format("test")})
    assert texts(path, "train") == (["own"], False)
    assert texts(path, "test") == (["test"], False)
    path = write_folder(tmp_path / "b", {"test.csv": ONE.format("test")})
    with pytest.raises(ReadError, match=r"has files for test; name those to read: test\.csv"):
        texts(path, "train")
    assert texts(path, "all") == (["test"], False)


def test_names_that_only_hold_such_words_say_nothing():
    names = ["contest.csv", "trainers.csv", "latest.csv", "develop.csv", "train_test.csv"]
    assert [use_of(name) for name in names] == [None] * 5


TREE = {
    f"set/{use}/{label}/{i}.txt": f"{use} {label} {i}\nsecond line"
    for use in ("train", "test")
    for label in ("neg", "pos")
    for i in range(2)
}


@pytest.mark.parametrize("name", WRITERS)
def test_a_folder_for_each_label(tmp_path, name):
    """A file is a document; what is beside them, above the folders or without a label, is none."""
    beside = {"set/README": "words", "set/vocabulary": "a\nb\n", "set/train/unsup/1.txt": "no label"}
    path = WRITERS[name](tmp_path / name, {**beside, **TREE})
    expected = [(label, f"train {label} {i}\nsecond line") for label in ("neg", "pos") for i in range(2)]
    with Reader(str(path), use="train") as reader:
        assert str(reader.layout) == "text files of a document each; the label is its folder: neg, pos"
        assert rows_of(reader) == expected
    if name != "folder":
        assert read(path / "set" / "train" / "pos", with_labels=False) == [(None, text) for _, text in expected[2:]]


def test_the_folder_of_a_label_does_not_tell_what_files_are_for(tmp_path):
    path = write_folder(tmp_path / "a", {"sci.test/1": "one", "sci.dev/1": "two", "train/1": "three"})
    expected = [("sci.dev", "two"), ("sci.test", "one"), ("train", "three")]
    with Reader(str(path), use="train") as reader:
        assert rows_of(reader) == expected


def test_files_without_a_suffix_as_in_newsgroups(tmp_path):
    members = {f"sci.space/{i}": f"Subject: orbit {i}\n\nwords\n".encode() for i in range(3)}
    members |= {f"alt.atheism/{i}": f"From: café {i}\n".encode("latin-1") for i in range(3)}
    with Reader(str(write_folder(tmp_path / "a", members))) as reader:
        rows = rows_of(reader)
        assert reader.encoding == "cp1252"
    assert rows[:1] + rows[-1:] == [("alt.atheism", "From: café 0\n"), ("sci.space", "Subject: orbit 2\n\nwords\n")]


def test_documents_that_cannot_be_decoded_are_named(tmp_path):
    path = write_folder(tmp_path / "a", {"x/1": "one", "y/1": b"two\x81", "y/2": "three"})
    with pytest.raises(ReadError, match=r"1 bad line: line 2 \(y/1 is not cp1252\)"):
        read(path, encoding="cp1252")
    assert read(path, encoding="cp1252", skip_bad_lines=True) == [("x", "one"), ("y", "three")]


def test_documents_without_labels(tmp_path):
    path = write_folder(tmp_path / "a", {"2.txt": "two\nlines", "1.txt": "one"})
    assert read(path, with_labels=False) == [(None, "one"), (None, "two\nlines")]
    path = write_folder(tmp_path / "b", {"x/1.txt": "one", "x/2.txt": "two"})
    with pytest.raises(ReadError, match="plain text without labels"):
        read(path)


def test_parts_of_a_table_without_names(tmp_path):
    """As Spark writes them, with the mark of success and checksums."""
    lines = "".join(f"{label}\t{text}\n" for label, text in ROWS)
    members = {"part-00001": lines, "part-00000": lines, "_SUCCESS": "", ".part-00000.crc": b"\0"}
    assert read(write_folder(tmp_path / "a", members)) == ROWS * 2


def test_columns_are_found_by_their_names(tmp_path):
    write_folder(tmp_path, {"a.csv": TABLE, "b.csv": "id,other\n1,x\n2,y\n", "c.csv": "pos,one\nneg,two\npos,three\n"})
    a = str(tmp_path / "a.csv")
    with pytest.raises(ReadError, match=r"b\.csv: "):
        read_all([a, str(tmp_path / "b.csv")])
    with pytest.raises(ReadError, match=r"c\.csv: has other columns than .*a\.csv: CSV without a header"):
        read_all([a, str(tmp_path / "c.csv")])


def read_all(paths, **options):
    with Reader(paths, **options) as reader:
        return rows_of(reader)


def test_several_files_share_labels_and_count_bad_lines(tmp_path):
    write_folder(tmp_path, {"a.tsv": "x\tone\ny\ttwo\nx\tthree\nbad\n", "b.tsv": "y\tfour\nbad\nz\tfive\nz\tsix\n"})
    paths = [str(tmp_path / "a.tsv"), str(tmp_path / "b.tsv")]
    options = {"label": "1", "text": "2", "header": False, "skip_bad_lines": True}
    with Reader(paths, **options) as reader:
        assert reader.name == f"{paths[0]} and 1 more"
        assert [label for label, _ in rows_of(reader)] == ["x", "y", "x", "y", "z", "z"]
        assert reader.labels.names == ["x", "y", "z"]
        first, second = f"line 4 of {paths[0]}", f"line 2 of {paths[1]}"
        assert str(reader.bad) == f"2 bad lines: {first} (fewer than 2 columns), {second} (fewer than 2 columns)"
    with pytest.raises(ReadError, match=r"^.*b\.tsv: 1 bad line: line 2 \("):
        read_all([paths[1], paths[0]], label="1", text="2", header=False)


def test_patterns(tmp_path):
    write_folder(tmp_path, {"b.csv": TABLE, "a.csv": TABLE, "c.txt": "words", "[x].csv": TABLE})
    assert read(tmp_path / "?.csv") == ROWS * 2
    assert read(tmp_path / "**" / "[ab].csv") == ROWS * 2
    assert read(tmp_path / "[x].csv") == ROWS  # the file itself
    with pytest.raises(OSError, match="No such file"):
        read(tmp_path / "z*.csv")


@pytest.mark.parametrize("suffix", [".parquet", ""])
def test_columns_in_the_names_of_folders(tmp_path, suffix):
    """As Hive and Spark write them."""
    pa = pytest.importorskip("pyarrow")
    import pyarrow.parquet

    for label, texts in (("very%20good", ["one", "two"]), ("__HIVE_DEFAULT_PARTITION__", ["three"]), ("bad", ["four"])):
        folder = tmp_path / "set" / "year=2020" / f"label={label}"
        folder.mkdir(parents=True)
        pyarrow.parquet.write_table(pa.table({"text": texts}), folder / f"part-0{suffix}")
    with pytest.raises(
        ReadError, match=r"label=__HIVE_DEFAULT_PARTITION__/part-0.*: 1 bad line: line 1 \(empty label\)"
    ):
        read(tmp_path / "set", label="label", text="text")
    rows = read(tmp_path / "set", label="label", text="text", skip_bad_lines=True)
    assert rows == [("bad", "four"), ("very good", "one"), ("very good", "two")]
    assert read(tmp_path / "set", label="year", text="text") == [
        ("2020", text) for text in ("three", "four", "one", "two")
    ]
