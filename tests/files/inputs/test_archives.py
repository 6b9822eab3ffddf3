"""Folders and archives of one table, of several, and of what is none."""

import gzip
import io
import os
import zipfile

import pytest
from helpers.archives import TABLE, WRITERS, write_folder, write_tar, write_zip
from helpers.readers import ROWS, read, rows_of, write

from fastlr.files.reader import Reader
from fastlr.files.streams import ReadError


@pytest.mark.parametrize("name", WRITERS)
def test_one_table(tmp_path, name):
    """Whatever the name of the archive; files that describe the data, and hidden ones, are none."""
    beside = {"README.md": "words", "__MACOSX/._a.csv": b"\0", ".DS_Store": b"\0", "data/LICENSE.txt": "words"}
    path = WRITERS[name](tmp_path / name, {"data/a.csv": TABLE, **beside})
    assert read(path) == ROWS
    with Reader(str(path)) as reader:
        assert reader.name == f"{path}/data/a.csv"


@pytest.mark.parametrize("name", [name for name in WRITERS if name != "folder"])
def test_archives_in_a_pipe(tmp_path, monkeypatch, name):
    path = WRITERS[name](tmp_path / name, {"a.csv": TABLE})
    with open(path, "rb") as file:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(file))
        with Reader("-") as reader:
            assert rows_of(reader) == ROWS
            folder = os.path.dirname(reader.arguments[0])
            assert os.path.isdir(folder)
        assert not os.path.exists(folder)


@pytest.mark.parametrize("name", WRITERS)
def test_several_tables_are_one_after_the_other(tmp_path, name):
    """In archives in their order there; other columns between, and compressed members."""
    other = "id,text,label\n" + "".join(f'7,"{text}",{label}\n' for label, text in ROWS[:2])
    members = {"a/1.csv": TABLE, "a/2.csv": other, "b.csv.gz": gzip.compress(TABLE.encode())}
    assert read(WRITERS[name](tmp_path / name, members)) == ROWS + ROWS[:2] + ROWS


@pytest.mark.parametrize("name", WRITERS)
def test_a_member_is_named_behind_the_archive(tmp_path, name):
    members = {"a/1.csv": TABLE, "a/2.jsonl": '{"label": "x", "text": "one"}\n' * 3, "b/1.csv": TABLE}
    path = WRITERS[name](tmp_path / name, members)
    assert read(path / "a/2.jsonl") == [("x", "one")] * 3
    assert read(path / "b") == ROWS
    with pytest.raises(ReadError, match=r"has files of several formats; name those to read: a/1\.csv, a/2\.jsonl"):
        read(path)
    if name != "folder":
        with pytest.raises(ReadError, match=r"has no member 'c\.csv'; it has: a/1\.csv, a/2\.jsonl, b/1\.csv"):
            read(path / "c.csv")


def test_members_are_never_written_to_their_names(tmp_path, monkeypatch):
    """Names lead out of the folder, in which nothing appears."""
    (tmp_path / "inside").mkdir()
    monkeypatch.chdir(tmp_path / "inside")
    for name, writer in (("a.zip", write_zip), ("a.tar", write_tar)):
        path = writer(tmp_path / name, {"../out.csv": TABLE, "/tmp/../out2.csv": TABLE})
        assert read(path) == ROWS * 2
    assert sorted(os.listdir(tmp_path)) == ["a.tar", "a.zip", "inside"]
    assert not os.listdir(tmp_path / "inside")


def test_a_member_is_not_a_file_of_its_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write(tmp_path, "a.csv", b"PAR1 something else")
    assert read(write_zip(tmp_path / "data.zip", {"a.csv": TABLE})) == ROWS


def _damaged(path):
    content = bytearray(path.read_bytes())
    content[60] ^= 255
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("name", ["data.zip", "data.tgz", "data.tar.xz", "data.tar.bz2"])
def test_damaged_archives_are_an_error(tmp_path, name):
    path = WRITERS[name](tmp_path / name, {"a.csv": TABLE * 100})
    with pytest.raises(ReadError, match=f"^{path}.*(damaged|no zip archive|not supported)"):
        read(_damaged(path), label="1", text="2", skip_bad_lines=True)


def test_encrypted_members_need_a_password(tmp_path):
    path = write_zip(tmp_path / "a.zip", {"a.csv": TABLE})
    content = bytearray(path.read_bytes())
    content[6] |= 1
    content[content.rindex(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)
    with pytest.raises(ReadError, match=r"a\.zip/a\.csv: needs a password: unpack the archive"):
        read(path)


def test_archives_without_data(tmp_path):
    with pytest.raises(ReadError, match=r"a\.zip: has no files with data"):
        read(write_zip(tmp_path / "a.zip", {"README.md": "words"}))
    with pytest.raises(ReadError, match="folder: has no files with data"):
        read(write_folder(tmp_path / "folder", {".hidden": "words"}))


def test_a_large_member_is_read_block_by_block(tmp_path):
    """A hundred megabytes are one of the archive."""
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("a.tsv", "w") as member:
        for _ in range(25):
            member.write(b"x\tone\ny\ttwo\n" * 10_000)
    with Reader(str(path), label="1", text="2") as reader:
        sizes = [batch.n_bytes for batch in reader]
    assert sum(sizes) == 25 * 120_000
    assert max(sizes) <= 1 << 21
