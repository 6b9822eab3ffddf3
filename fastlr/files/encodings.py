"""Files that are no UTF-8 text in lines, told by how they begin."""

from __future__ import annotations

from fastlr.files.streams import ReadError

# What fastlr's own files have behind the eight bytes of a length.
MODEL = b'{"__metadata__"'

# Bytes that texts have few of. A zero among letters is read wherever it stands, and separates words; but of a file with
# zeros in which more than this share of bytes are such ones, none is text: compressed data have a tenth.
CONTROLS = bytes({*range(32), 127} - {*b"\t\n\v\f\r\x1b"})
MAX_CONTROLS = 0.05

UTF_16 = (b"\xff\xfe", b"\xfe\xff")


def refuse_foreign(head: bytes) -> None:
    """Raise ReadError that says what a file is, by its beginning, if it is no text, or none that can be read."""
    if head[8 : 8 + len(MODEL)] == MODEL:
        raise ReadError("it is a model, where texts are wanted")
    if head.startswith(UTF_16) or _zeros_alternate(head[:200]):
        raise ReadError("it is UTF-16, where UTF-8 is wanted: iconv -f UTF-16 -t UTF-8 makes it so")
    if b"\0" in head and len(head) - len(head.translate(None, CONTROLS)) > MAX_CONTROLS * len(head):
        raise ReadError("it holds zero bytes: it is no text")
    if b"\n" not in head[:-1] and head.count(b"\r") > 1:
        raise ReadError("its lines end in carriage returns alone: tr '\\r' '\\n' makes line feeds of them")


def _zeros_alternate(head: bytes) -> bool:
    """Tell whether every other byte is zero, or nearly so, and none of the rest: as in UTF-16 of Latin letters."""
    zeros = head[::2].count(0), head[1::2].count(0)
    return min(zeros) == 0 and max(zeros) > 0.4 * len(head)
