"""Compressed files, pipes and standard input, in blocks of whole lines."""

import bz2
import gzip
import io
import lzma
import os

import pytest
from helpers.readers import ROWS, TSV, read, rows_of, write
from hypothesis import given, settings
from hypothesis import strategies as st

from fastlr.files import streams
from fastlr.files.reader import Reader
from fastlr.files.streams import ReadError, blocks_of_lines


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress])
@pytest.mark.parametrize("name", ["a.tsv.gz", "a"])
def test_compressed_files_by_their_content(tmp_path, compress, name):
    assert read(write(tmp_path, name, compress(TSV.encode()))) == ROWS


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress])
def test_compressed_files_that_are_cut_off_or_damaged(tmp_path, compress):
    whole = compress(TSV.encode() * 50)
    damaged = bytearray(whole)
    damaged[len(whole) // 2] ^= 0xFF
    for content in (whole[:-10], bytes(damaged)):
        with pytest.raises(ReadError, match=r"truncated|damaged"):
            read(write(tmp_path, "a.tsv", content))


def test_zstandard(tmp_path):
    """Several frames, as when files are appended to each other."""
    zstandard = pytest.importorskip("zstandard")
    compress = zstandard.ZstdCompressor(write_checksum=True).compress
    half = len(TSV) // 2
    whole = compress(TSV.encode()[:half]) + compress(TSV.encode()[half:])
    assert read(write(tmp_path, "a.tsv.zst", whole)) == ROWS
    damaged = bytearray(whole)
    damaged[10] ^= 0xFF
    for content in (whole[:-5], bytes(damaged)):
        with pytest.raises(ReadError, match=r"truncated|damaged"):
            read(write(tmp_path, "a.tsv.zst", content))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="has no named pipes")
def test_a_pipe_is_not_read_for_its_size(tmp_path):
    """As that of a shell's <(...) is; opened without a writer, it would never end."""
    os.mkfifo(tmp_path / "pipe")
    assert streams.size_of(str(tmp_path / "pipe")) is None
    assert streams.size_of(str(write(tmp_path, "file", b"twelve bytes"))) == 12


def test_standard_input(monkeypatch):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(TSV.encode()))))
    with Reader("-") as reader:
        assert rows_of(reader) == ROWS
        assert reader.name == "standard input"


@settings(max_examples=60)
@given(content=st.binary(max_size=300), block=st.integers(1, 100))
def test_blocks_are_the_file_in_whole_lines(content, block):
    blocks = list(blocks_of_lines(io.BytesIO(content), block=block))
    assert all(part.endswith(b"\n") for part in blocks)
    whole = b"".join(blocks)
    assert whole == (content if content.endswith(b"\n") or not content else content + b"\n")


def test_a_long_line_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(streams, "MAX_LINE", 1000)
    monkeypatch.setattr(streams.blocks_of_lines, "__defaults__", (False, 100))
    path = write(tmp_path, "a.tsv", "x\tshort\ny\t" + "long " * 1000 + "\n")
    with pytest.raises(ReadError, match="longer than 1,000 bytes"):
        read(path, label="1", text="2")


@pytest.mark.parametrize("end", [b"\n", b"\nmore\n", b""])
def test_how_long_a_line_may_be(monkeypatch, end):
    """To the byte, wherever the pieces end that are read."""
    monkeypatch.setattr(streams, "MAX_LINE", 1000)
    for block in (1, 100, 300, 600, 999):
        line = b"short\n" + b"x" * 1000
        assert b"".join(streams.blocks_of_lines(io.BytesIO(line + end), block=block)) == line + (end or b"\n")
        with pytest.raises(ReadError, match="longer than 1,000 bytes"):
            list(streams.blocks_of_lines(io.BytesIO(line + b"x" + end), block=block))


def test_lines_come_as_soon_as_they_are_there():
    class Pipe(io.RawIOBase):
        def __init__(self):
            self.parts = [b"one\ntw", b"o\n", b"three\n"]
            self.asked = 0

        def readable(self):
            return True

        def readinto(self, buffer):
            self.asked += 1
            part = self.parts.pop(0) if self.parts else b""
            buffer[: len(part)] = part
            return len(part)

    pipe = Pipe()
    blocks = blocks_of_lines(io.BufferedReader(pipe), eager=True)
    assert next(blocks) == b"one\n"
    assert pipe.asked == 1
    assert [bytes(block) for block in blocks] == [b"two\n", b"three\n"]
