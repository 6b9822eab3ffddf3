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


def zstandard_compress(content):
    zstandard = pytest.importorskip("zstandard")
    return zstandard.ZstdCompressor(write_checksum=True).compress(content)


COMPRESSED = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress, "zst": zstandard_compress}


@pytest.mark.parametrize("suffix", COMPRESSED)
def test_compressed_files_that_are_cut_off_or_damaged(tmp_path, suffix):
    whole = COMPRESSED[suffix](TSV.encode() * 50)
    damaged = bytearray(whole)
    damaged[len(whole) // 2] ^= 0xFF
    for content in (whole[:-5], bytes(damaged)):
        with pytest.raises(ReadError, match=r"truncated|damaged"):
            read(write(tmp_path, "a.tsv", content))


@pytest.mark.parametrize("padding", [0, 4, 8, 4 << 17])
@pytest.mark.parametrize("suffix", COMPRESSED)
def test_compressed_streams_one_after_another(tmp_path, suffix, padding):
    """As parallel compressors and ``cat`` write them, with padding between and behind them."""
    compress, half, zeros = COMPRESSED[suffix], len(TSV) // 2, b"\0" * padding
    parts = [compress(TSV.encode()[:half]), compress(b""), compress(TSV.encode()[half:])]
    assert read(write(tmp_path, f"a.tsv.{suffix}", zeros.join([*parts, b""]))) == ROWS


@pytest.mark.parametrize("suffix", COMPRESSED)
def test_a_broken_second_stream_is_an_error(tmp_path, suffix):
    """Wherever it breaks: nothing behind the first stream is lost without an error."""
    first, second = (COMPRESSED[suffix](TSV.encode() * n) for n in (1, 50))
    rest = [second[:1], second[:-1], b"garbage", b"\0\0\0\0garbage"]
    rest += [
        second[:i] + bytes([second[i] ^ 1]) + second[i + 1 :] for i in (0, 1, 2, len(second) // 2, len(second) - 3)
    ]
    for content in rest:
        with pytest.raises(ReadError, match=r"truncated|damaged"):
            read(write(tmp_path, "a.tsv", first + content))


def test_padding_of_xz_is_a_multiple_of_four_bytes(tmp_path):
    for n in (1, 2, 3, 5):
        with pytest.raises(ReadError, match="damaged: the padding is no multiple of 4 bytes"):
            read(write(tmp_path, "a.tsv", lzma.compress(TSV.encode()) + b"\0" * n))


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
