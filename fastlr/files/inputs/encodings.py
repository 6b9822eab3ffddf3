"""Text in any encoding as UTF-8 with line feeds: what a file is encoded in, and a file of the same text in UTF-8."""

from __future__ import annotations

import codecs
import re
from typing import IO, Any, NamedTuple

from fastlr.files.inputs.latin import as_likely, choose_latin
from fastlr.files.streams import ReadError, damage_errors

UTF_8 = "utf-8"

# What a fastlr model file holds after the eight bytes of a length.
MODEL = b'{"__metadata__"'

# What stands for a file of Git LFS that was not fetched.
POINTER = b"version https://git-lfs.github.com/spec/"

# Control characters are rare in text. Zeros among letters are accepted, and separate words; but if a file with zeros
# has more than this share of control characters, it is not text: compressed data have a tenth.
CONTROLS = bytes({*range(32), 127} - {*b"\t\n\v\f\r\x1b"})
MAX_CONTROLS = 0.05

# The longest first, because the mark of UTF-32 begins like that of UTF-16.
MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, UTF_8),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

# Without a mark, places among four bytes that (nearly) always hold a zero.
ZEROS = {"utf-32-le": (1, 2, 3), "utf-32-be": (0, 1, 2), "utf-16-le": (1, 3), "utf-16-be": (0, 2)}
MOST_ZEROS = 0.8

# In UTF-16 of other letters, only spaces, punctuation and digits have zeros: more than this share of the bytes.
FEWEST_ZEROS = 0.01

# Bytes that an encoding is detected from, and how many of the lines beyond ASCII among them.
SAMPLE = 1 << 18
EVIDENCE = 20_000

# Encodings that hold the same characters in the same places, and more: those may follow. (chardet's own option also
# takes ISO 8859-2 for cp1250, which has some letters in other places.)
SUPERSETS = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "big5": "cp950",
    "euc_kr": "cp949",
    "shift_jis": "cp932",
    "shift_jis_2004": "cp932",
    "shift_jisx0213": "cp932",
}

# Others are rare: by default, chardet takes English text with a few words of French for ISO 8859-3.
COMMON = (
    *(f"cp{number}" for number in (850, 866, 874, 932, 949, 1250, 1251, 1252, 1253, 1254, 1255, 1256, 1257, 1258)),
    *(f"iso8859-{number}" for number in (1, 2, 5, 6, 7, 8, 9, 15)),
    *("koi8-r", "koi8-u", "mac-roman", "gb18030", "big5", "shift_jis_2004", "euc_jis_2004", "iso2022_jp_2", "euc_kr"),
)

# The most common encoding of Latin letters is taken if its confidence is at least this share of the best one.
CLOSE = 0.8

# Others that are named have at least this share of its confidence.
AS_LIKELY = 0.95

# As many bytes beyond ASCII, if they look like Latin letters, are taken for the most common encoding.
FEW = 3

# Begins text in the encodings of ISO 2022, whose bytes are all ASCII.
ESCAPE = rb"\x1b\$[@B()]"

# Words with bytes beyond ASCII, up to the next word without, or the next separator.
FOREIGN = rb"[^\s,;|]*[\x80-\xff][^\s,;|]*(?: [^\s,;|]*[\x80-\xff][^\s,;|]*)*"

HIGH = rb"[\x80-\xff]"

# Of the bytes of such words, a larger share is beyond ASCII if their letters are not Latin.
MIXED = 0.5

# The first letter beyond the Latin alphabet.
BEYOND_LATIN = "\u0250"

# What stands for bytes that cannot be decoded, once "surrogateescape" has encoded it: no UTF-8.
codecs.register_error("fastlr.undecodable", lambda error: ("\udc80", error.end))  # type: ignore[attr-defined]


def codec_of(name: str) -> str:
    """Return the name by which Python knows an encoding of text.

    Raises
    ------
    ReadError
        If there is no such encoding.
    """
    try:
        "".encode(name)
        return codecs.lookup(name).name
    except (LookupError, ValueError) as error:
        raise ReadError(
            f"--encoding {name!r} is unknown; use a name such as utf-8, cp1252, utf-16 or gb18030"
        ) from error


class Detected(NamedTuple):
    """The encoding of text.

    Attributes
    ----------
    encoding : str or None
        The most likely one; None if there is none.
    others : tuple of str
        Those that are as likely, and make other words of the bytes.
    """

    encoding: str | None
    others: tuple[str, ...] = ()


def detect(content: bytes) -> Detected:
    """Return the most likely encoding of text that is not UTF-8.

    Only lines with bytes beyond ASCII say something. If they look like a language in the Latin alphabet, but have words
    nearly all beyond ASCII, these are looked at alone: there may be few of them in English text. Among encodings of the
    Latin alphabet, one is preferred that makes words of the bytes.

    Of 44 pairs of a language and an encoding, this finds 43 from 3 kB of native text, against 29 by charset-normalizer
    3.5 and 35 by faust-cchardet 3.2. Of 42, with a word in a hundred of English text, it finds 31 (9 from the whole
    text, 23 without the second look), against 22 and 33. It prefers cp1252, which nearly all others are taken for.
    """
    # chardet takes carriage returns for a sign of Mac OS Roman, even if other encodings are as likely.
    lines = [line for line in content.replace(b"\r", b"\n").split(b"\n") if not line.isascii()]
    evidence, size = [], 0
    for line in lines or [content]:
        if size and size + len(line) > EVIDENCE:
            break
        evidence.append(line[:EVIDENCE])
        size += len(line)
    whole = b"\n".join(evidence)
    likely = _likely(whole)
    found = _best(whole, likely)
    foreign, high = re.findall(FOREIGN, whole), re.findall(HIGH, whole)
    n_high = len(high)
    if not n_high or found is None:
        return Detected(found)
    words = b"\n".join(foreign)
    mixed = n_high <= MIXED * sum(len(word.replace(b" ", b"")) for word in foreign)
    if len(set(high)) == 1 or (n_high <= FEW and (mixed or _is_latin(whole, found))):
        found = "cp1252"  # such as a pound sign, or one letter with an accent
    elif not mixed and _is_latin(whole, found):
        other = _best(words, _likely(words))
        if other is not None and not _is_latin(words, other):
            return Detected(other)
    if not _is_latin(whole, found):
        return Detected(found)
    found = choose_latin(words, likely, found)
    return Detected(found, as_likely(words, likely, found, AS_LIKELY))


def _likely(text: bytes) -> dict[str, float]:
    """Return the encodings that chardet finds, and how likely each is."""
    import chardet  # here, because it takes longer than reading most files

    likely: dict[str, float] = {}
    for found in chardet.detect_all(text, compat_names=False, include_encodings=COMMON):
        if found["encoding"] is not None:
            name = codecs.lookup(found["encoding"]).name
            likely.setdefault(SUPERSETS.get(name, name), found["confidence"])
    return likely


def _best(text: bytes, likely: dict[str, float]) -> str | None:
    """Return the likeliest encoding, or cp1252 if that is about as likely."""
    best = max(likely, key=lambda name: likely[name], default=None)
    if best is not None and _is_latin(text, best) and likely.get("cp1252", 0.0) > CLOSE * likely[best]:
        return "cp1252"
    return best


def _is_latin(content: bytes, encoding: str) -> bool:
    """Tell whether at least half of the letters beyond ASCII are Latin."""
    letters = [c for c in content.decode(encoding, "ignore") if not c.isascii() and c.isalpha()]
    return 2 * sum(c < BEYOND_LATIN for c in letters) >= len(letters)


def refuse_foreign(head: bytes) -> None:
    """Raise ReadError if a file that begins with ``head`` is not text, saying what it is."""
    if head[8 : 8 + len(MODEL)] == MODEL:
        raise ReadError("is a model file, not data")
    if head.startswith(POINTER):
        raise ReadError("is a pointer of Git LFS, not the file itself: git lfs pull fetches it")
    if b"\0" in head and len(head) - len(head.translate(None, CONTROLS)) > MAX_CONTROLS * len(head):
        raise ReadError("contains zero bytes, so it is not text")


def _encoding_of_beginning(head: bytes) -> str | None:
    """Return the encoding that a byte order mark, zeros or escapes tell; None if there are none.

    Latin letters in UTF-16 and UTF-32 have zeros in the same places of all characters. Text in other letters has
    them in its spaces and line ends.
    """
    for mark, encoding in MARKS:
        if head.startswith(mark):
            return encoding
    n = len(head[:1024]) // 4
    shares = [head[k : 4 * n : 4].count(0) / max(n, 1) for k in range(4)]
    for encoding, zeros in ZEROS.items():
        if all(share > MOST_ZEROS if k in zeros else share < 1.0 - MOST_ZEROS for k, share in enumerate(shares)):
            return encoding
    for encoding, place in (("utf-16-le", 1), ("utf-16-be", 0)):
        n_zeros, n_others = (head[k::2].count(0) for k in (place, 1 - place))
        if (
            n_zeros > FEWEST_ZEROS * len(head)
            and n_others < n_zeros  # a few letters have a zero in the other place
            and _is_text(head[: 2 * (SAMPLE // 128)], encoding)
        ):
            return encoding
    return detect(head).encoding if b"\x1b$" in head and re.search(ESCAPE, head) else None


def _is_text(head: bytes, encoding: str) -> bool:
    """Tell whether bytes decode to lines, or to JSON, of characters that text has."""
    import unicodedata

    text = head.decode(encoding, "replace")
    strange = sum(unicodedata.category(c) in ("Cc", "Cn", "Co", "Cs") and c not in "\t\r\n" for c in text)
    has_form = "\n" in text or "\r" in text or text.startswith(("[", "{"))
    return has_form and strange + text.count("\ufffd") < MAX_CONTROLS * len(text)


def _is_utf_8(content: bytes) -> bool:
    """Tell whether most lines with bytes beyond ASCII are UTF-8; the last line may end within a character."""
    good = bad = 0
    for line in content.split(b"\n"):
        if not line.isascii():
            try:
                codecs.utf_8_decode(line, "strict", False)
                good += 1
            except UnicodeDecodeError:
                bad += 1
    return good >= bad


class DecodedFile:
    """A binary file of the text of another one, in UTF-8 with line feeds at the ends of its lines.

    UTF-8 passes through as it is, except for a byte order mark. Without a mark, bytes of ASCII pass through until the
    first others tell what the encoding is.

    Parameters
    ----------
    file : binary file
        With ``read1`` and ``readinto``.
    encoding : str or None, default=None
        None detects it.
    eager : bool, default=False
        Whether to detect it from what a pipe has to give for now.

    Attributes
    ----------
    encoding : str or None
        None as long as there is nothing but ASCII.
    detected : bool
        Whether the encoding was detected rather than given, and is not UTF-8.
    others : tuple of str
        Encodings that are as likely as the one that was detected.
    """

    def __init__(self, file: IO[bytes], encoding: str | None = None, eager: bool = False) -> None:
        self._file: Any = file
        self._eager = eager
        self._decoder: Any = None
        self.encoding: str | None = None
        self.detected = False
        self.others: tuple[str, ...] = ()
        self._line_end = b"\n"
        head = self._sample(b"")
        self._set(_encoding_of_beginning(head) if encoding is None else codec_of(encoding))
        if self._decoder is None:
            refuse_foreign(head)
        head = self._decoded(head).removeprefix(codecs.BOM_UTF8)
        if b"\n" not in head and head.count(b"\r") > 1:  # as on old Macintosh computers
            self._line_end = b"\r"
        self._pending = memoryview(head.replace(self._line_end, b"\n"))

    def _set(self, encoding: str | None) -> None:
        """Decode from here on."""
        self.encoding = encoding
        if encoding not in (None, UTF_8):
            self._decoder = codecs.getincrementaldecoder(encoding)("fastlr.undecodable")

    def _sample(self, data: bytes) -> bytes:
        """Return data and what follows, up to `SAMPLE` bytes."""
        parts, size = [data], len(data)
        with damage_errors():
            while size < SAMPLE and not (size and self._eager) and (more := self._file.read1(SAMPLE - size)):
                parts.append(more)
                size += len(more)
        return b"".join(parts)

    def _decoded(self, data: bytes) -> bytes:
        """Return the next bytes, or what is left at the end of the file, in UTF-8."""
        if self.encoding is None and not data.isascii():
            data = self._sample(data)
            found = Detected(None) if _is_utf_8(data) else detect(data)
            self.detected, self.others = found.encoding is not None, found.others
            self._set(found.encoding or UTF_8)
        if self._decoder is None:
            return data
        return self._decoder.decode(data, not data).encode("utf-8", "surrogateescape")

    def read1(self, size: int) -> bytes:
        """Return the next bytes, at most ``size``; none at the end of the file."""
        while not self._pending:
            data = self._file.read1(size)
            self._pending = memoryview(self._decoded(data))
            if self._line_end != b"\n":
                self._pending = memoryview(bytes(self._pending).replace(self._line_end, b"\n"))
            if not data:
                break
        found, self._pending = bytes(self._pending[:size]), self._pending[size:]
        return found

    def read(self) -> bytes:
        """Return the rest."""
        parts = []
        while data := self.read1(SAMPLE):
            parts.append(data)
        return b"".join(parts)

    def readinto(self, view: memoryview) -> int:
        """Read at most as many bytes as the view has; return how many."""
        if not self._pending and self._decoder is None and self._line_end == b"\n":
            n = self._file.readinto(view)
            if self.encoding == UTF_8 or (data := bytes(view[:n])).isascii():
                return n
            self._pending = memoryview(self._decoded(data))
        data = self.read1(len(view))
        view[: len(data)] = data
        return len(data)

    def close(self) -> None:
        """Close the file."""
        self._file.close()
