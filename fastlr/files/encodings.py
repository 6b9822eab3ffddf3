"""Files that are not text in UTF-8, recognised by how they begin."""

from __future__ import annotations

from fastlr.files.streams import ReadError

# What a fastlr model file holds after the eight bytes of a length.
MODEL = b'{"__metadata__"'

# Control characters are rare in text. Zeros among letters are accepted, and separate words; but if a file with zeros
# has more than this share of control characters, it is not text: compressed data have a tenth.
CONTROLS = bytes({*range(32), 127} - {*b"\t\n\v\f\r\x1b"})
MAX_CONTROLS = 0.05

UTF_16 = (b"\xff\xfe", b"\xfe\xff")


def refuse_foreign(head: bytes) -> None:
    """Raise ReadError if a file that begins with ``head`` is not text that can be read, saying what it is."""
    if head[8 : 8 + len(MODEL)] == MODEL:
        raise ReadError("is a model file, not data")
    if head.startswith(UTF_16) or _zeros_alternate(head[:200]):
        raise ReadError("is UTF-16, not UTF-8; convert it with: iconv -f UTF-16 -t UTF-8")
    if b"\0" in head and len(head) - len(head.translate(None, CONTROLS)) > MAX_CONTROLS * len(head):
        raise ReadError("contains zero bytes, so it is not text")
    if b"\n" not in head[:-1] and head.count(b"\r") > 1:
        raise ReadError("has carriage returns instead of line feeds; convert it with: tr '\\r' '\\n'")


def _zeros_alternate(head: bytes) -> bool:
    """Tell whether (nearly) every other byte is zero and no others are, as in UTF-16 of Latin letters."""
    zeros = head[::2].count(0), head[1::2].count(0)
    return min(zeros) == 0 and max(zeros) > 0.4 * len(head)
